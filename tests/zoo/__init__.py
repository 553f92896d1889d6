"""The zoo: small autograd engines, some right and in different styles, the others with one planted fault each.

The engine check has to find every fault and to find nothing wrong in the right ones. ``python -m tests.zoo`` prints the
table.
"""

from __future__ import annotations

import importlib
from typing import NamedTuple


class Fault(NamedTuple):
    """An engine with a fault: where it is, what is wrong with it, and the property that has to fail."""

    engine: str
    sentence: str
    fails: str


# The right engines: where they are, and their style.
RIGHT = {
    "tests.zoo.right_closures:Value": "closures, topological sort with an explicit stack",
    "tests.zoo.right_tuples:Value": "partial derivatives in tuples, the chain rule in one place",
    "tests.zoo.right_tape:Value": "a tape (Wengert list) that is cut off when its end is out of reach",
    "tests.zoo.right_opcodes:Value": "opcodes, compiled to a program on registers",
    "tests.zoo.right_serial:Value": "serial numbers and a priority queue, no sort",
    "tests.zoo.right_dual:Value": "forward mode: dual numbers carried over the graph",
}

# The faulty ones: the property that has to fail, for each class of each module.
FAILED = {
    "faults_of_backward": {
        "AssignInAdd": "repeated operands",
        "AssignInMul": "repeated operands",
        "AssignInUnary": "diamonds",
        "AssignInTanh": "repeated operands",
        "AssignEverywhere": "repeated operands",
        "PartialsInADict": "repeated operands",
        "OperandsInASet": "repeated operands",
        "OrderOfASet": "diamonds",
        "BreadthFirst": "diamonds",
        "DepthFirst": "diamonds",
        "VisitsTwice": "diamonds",
        "EqualByNumber": "equal numbers",
        "Recursive": "deep chains",
        "NothingSeen": "time is linear",
        "PathByPath": "time is linear",
        "ListOfSeen": "time is linear",
        "GradientsInBetweenStay": "second backward",
        "SeedAdded": "second backward",
        "SeedUnlessThereIsOne": "two outputs",
        "LeafWithoutClosure": "backward on a leaf",
        "SeedIsTheNumber": "linearity",
        "NoSeed": "backward on a leaf",
        "GraphDropped": "two outputs",
        "OneTapeForAll": "two outputs",
        "KeepsEverything": "memory is freed",
        "UsersKept": "memory is freed",
        "WeakOperands": "diamonds",
        "GradientsById": "partial derivatives",
        "LateNumbers": "data changed in between",
        "LateLog": "data changed in between",
        "LatePow": "data changed in between",
        "NumberKeptTwice": "training loop",
        "EqualNumbersAreOneValue": "equal numbers",
        "InPlaceAdd": "in-place operators",
        "InPlaceMul": "in-place operators",
        "GradientRounded": "partial derivatives",
        "GradientClipped": "product rule",
        "OnlyLastTerm": "wide sums",
        "LoopOverFunctions": "partial derivatives",
    },
    "faults_of_arithmetic": {
        "NoReflectedAdd": "numbers on the left",
        "NoReflectedMul": "numbers on the left",
        "NoReflectedSub": "numbers on the left",
        "NoReflectedDiv": "numbers on the left",
        "NoReflectedPow": "numbers on the left",
        "ReflectedSubIsSub": "numbers on the left",
        "ReflectedDivIsDiv": "numbers on the left",
        "ReflectedDivByReciprocal": "numbers on the left",
        "ReflectedPowIsPow": "numbers on the left",
        "ReflectedSubLosesGradient": "numbers on the left",
        "SubReversed": "numbers on the right",
        "OnlyValues": "numbers on the right",
        "SubWithoutSign": "partial derivatives",
        "NegLosesGradient": "partial derivatives",
        "MulByItself": "partial derivatives",
        "DivWithoutSign": "partial derivatives",
        "DivWithoutSquare": "partial derivatives",
        "DivWrongOperand": "partial derivatives",
        "DivSwapped": "partial derivatives",
        "DivByConstantOnly": "partial derivatives",
        "FloorDivision": "forward pass",
        "DivWithEpsilon": "partial derivatives",
        "PowerRuleKeepsExponent": "partial derivatives",
        "PowerRuleWithoutFactor": "partial derivatives",
        "PowerRuleAtZero": "numeric edges",
        "ExponentWithoutGradient": "values as exponents",
        "ExponentWithoutLogarithm": "values as exponents",
        "PowerByLogarithm": "numeric edges",
        "AbsAlwaysPositive": "partial derivatives",
        "NegInPlace": "operands are kept",
        "ComparesValuesOnly": "comparison",
        "ComparesGradients": "comparison",
        "ReluPassesAll": "partial derivatives",
        "ReluInverted": "partial derivatives",
        "ReluOneAtZero": "kinks",
        "ReluByGradient": "partial derivatives",
        "MaximumToBoth": "partial derivatives",
        "MaximumTwiceAtTie": "kinks",
        "TanhFromInput": "partial derivatives",
        "TanhOverflows": "numeric edges",
        "SigmoidPlus": "partial derivatives",
        "SigmoidFromInput": "partial derivatives",
        "SigmoidOverflows": "numeric edges",
        "ExpByPowerRule": "partial derivatives",
        "ExpClamped": "numeric edges",
        "LogFromResult": "partial derivatives",
        "LogWithEpsilon": "partial derivatives",
        "SinWithSign": "partial derivatives",
        "CosWithoutSign": "partial derivatives",
        "WholeNumbers": "a number in, the number out",
        "WholeNumberDivision": "whole numbers",
        "SinglePrecision": "forward pass",
        "RoundedNumbers": "forward pass",
    },
}


def faults() -> dict[str, Fault]:
    """The engines with faults, by name. The sentence is the first line of the class's docstring."""
    found = {}
    for module, classes in FAILED.items():
        there = importlib.import_module(f"tests.zoo.{module}")
        for name, fails in classes.items():
            sentence = getattr(there, name).__doc__.splitlines()[0]
            found[name] = Fault(f"tests.zoo.{module}:{name}", sentence, fails)
    return found
