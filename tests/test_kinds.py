"""The same rows on other kinds of numbers: fractions, decimals, any precision, symbols."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd.engine import kinds, rules
from autograd.engine.rules import RULES
from tests import truth

FRACTIONS = st.fractions(-9, 9, max_denominator=100)
RATIONAL = [
    "add",
    "sub",
    "mul",
    "neg",
    "abs",
    "relu",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "round",
    "mod",
    "floordiv",
    "one_minus_square",
    "stop_gradient",
    "maximum",
    "minimum",
    "leaky_relu",
]
NOT_DECIMAL = [
    *("sin", "cos", "tan", "asin", "acos", "atan", "atan2"),
    *("gelu", "erf", "erfc", "inverse_mills", "inverse_mills_slope", "erfinv", "ndtr", "log_ndtr"),
    *("lgamma", "digamma", "polygamma", "sinc", "sinc_derivative"),
]
# Every other function is irrational at 5/7 and (5/7, 2/3).
IRRATIONAL = [name for name in RULES if name not in (*RATIONAL, "div", "ratio", "pow", "elu")]


@pytest.mark.parametrize("name", RATIONAL)
@given(data=st.data())
def test_fractions_stay_exact_in_value_and_partials(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    operands = tuple(data.draw(FRACTIONS) for _ in range(rule.arity))
    assume(rule.domain.contains(*operands))
    y = rule(*operands)
    assert isinstance(y, (Fraction, int))
    with mp.workdps(60):
        exact = truth.FUNCTIONS[name](*(mpf(x.numerator) / x.denominator for x in operands))
        assert abs(mpf(y.numerator) / y.denominator - exact) < 1e-50
    assert all(isinstance(partial(*operands, y), (Fraction, int)) for partial in rule.partials)


@given(FRACTIONS, FRACTIONS.filter(bool), st.integers(-5, 5))
def test_fractions_divide_and_take_whole_powers_exactly(a: Fraction, b: Fraction, n: int) -> None:
    assert rules.div(a, b) == a / b
    assert [partial(a, b, a / b) for partial in rules.div.partials] == [1 / b, -a / b / b]
    assert rules.pow(b, n) == b**n
    assert rules.pow.partials[0](b, n, b**n) == n * b ** (n - 1)


@pytest.mark.parametrize("name", IRRATIONAL)
def test_a_function_without_an_exact_value_refuses_fractions_and_says_what_to_do(name: str) -> None:
    first = Fraction(12, 7) if name == "acosh" else Fraction(2 if RULES[name].constant else Fraction(5, 7))
    operands = (first, Fraction(2, 3))[: RULES[name].arity]
    with pytest.raises(TypeError, match=r"of a Fraction has no exact value: convert to float or mpmath.mpf first$"):
        RULES[name](*operands)


def test_a_root_of_a_fraction_is_refused_too() -> None:
    with pytest.raises(TypeError, match="no exact value"):
        rules.pow(Fraction(5, 7), Fraction(1, 2))


def test_other_kinds_know_the_domain() -> None:
    for number in (Fraction(-1), Decimal(-1), mpf(-1)):
        with pytest.raises(ValueError, match=r"^log is undefined at .*; its domain is x > 0$"):
            autograd.log(number)
    for number in (Fraction(0), Decimal(0), mpf(0)):
        with pytest.raises(ZeroDivisionError, match="div is undefined at"):
            rules.div(type(number)(1), number)


@pytest.mark.parametrize("kind", [Fraction, Decimal, mpf])
def test_powers_of_every_kind_are_those_of_floats(kind: type[Any]) -> None:
    for a, b in itertools.product((0, 1, 2, -3), (0, 1, 2, -1, -2)):
        if a == 0 and b < 0:
            with pytest.raises((ZeroDivisionError, ValueError)):
                rules.pow(kind(a), kind(b))
        else:
            power = rules.pow(kind(a), kind(b))
            assert (type(power), float(power)) == (kind, pytest.approx(float(a) ** b, rel=1e-15))


def test_decimals_use_decimals_own_functions() -> None:
    x = Decimal("2.5")
    assert autograd.exp(x) == x.exp()
    assert autograd.log(x) == x.ln()
    assert autograd.log10(x) == x.log10()
    assert autograd.sqrt(x) == x.sqrt()
    assert autograd.sigmoid(Decimal(0)) == Decimal("0.5")
    assert autograd.maximum(x, Decimal(3)) == 3
    assert isinstance(autograd.tanh(x), Decimal)
    with pytest.raises(TypeError, match="sin of a Decimal has no exact value"):
        autograd.sin(x)


@pytest.mark.parametrize("name", [name for name in RULES if name not in NOT_DECIMAL])
@pytest.mark.parametrize("point", [(0.5, 0.25), (1.75, 0.5), (-0.625, 0.5), (-1.5, -2.0), (2.0, 2.0), (0.0, 3.0)])
def test_every_row_that_decimals_can_compute_has_their_digits(name: str, point: tuple[float, float]) -> None:
    rule, operands = RULES[name], point[: RULES[name].arity]
    if not rule.domain.contains(*operands) or (name == "power" and operands[0] < 0 and operands[1] % 1):
        return
    y = rule(*map(Decimal, operands))
    assert isinstance(y, (Decimal, int))
    with mp.workdps(50):
        exact = truth.FUNCTIONS[name](*map(mpf, operands))
        assert abs(mpf(str(y)) - exact) <= mpf("1e-25") * max(abs(exact), 1)


@pytest.mark.parametrize("name", NOT_DECIMAL)
def test_rows_that_decimals_cannot_compute_say_so(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} of a Decimal has no exact value"):
        RULES[name](*map(Decimal, ("2" if RULES[name].constant else "0.5", "0.25")[: RULES[name].arity]))


@pytest.mark.parametrize("kind", [Decimal, Fraction, mpf, float])
@given(x=st.integers(-20, 20).map(lambda n: n / 4))
def test_the_floor_of_any_kind_is_the_largest_whole_number_not_above(kind: Any, x: float) -> None:
    assert rules.floor(kind(x)) == math.floor(x)


@given(st.floats(-5, 5))
def test_mpmath_numbers_keep_their_precision(x: float) -> None:
    with mp.workdps(50):
        for name in ("sigmoid", "gelu", "softplus", "tanh", "cbrt", "elu"):
            operands = (mpf(x), mpf(2))[: RULES[name].arity]
            y = RULES[name](*operands)
            exact = truth.FUNCTIONS[name](*operands)
            assert isinstance(y, (mpf, int))
            assert abs(y - exact) <= mpf("1e-45") * max(abs(exact), mpf("1e-20"))


@pytest.mark.parametrize("name", RULES)
def test_a_rows_partials_on_symbols_are_sympys_derivatives(name: str) -> None:
    if name == "stop_gradient":
        return  # its partial is a convention
    rule = RULES[name]
    symbols = sympy.symbols("a b", real=True)[: rule.arity]
    y = None if rule.constant else rule(*symbols)
    for at in ((1.25, 2.5), (1.5, 0.75), (-2.5, 3.0), (0.3, 0.2), (-0.3, -0.4)):
        operands = at[: rule.arity]
        if rule.constant:  # an order: a plain number
            operands = (abs(round(at[0])), at[1])
            symbols = (operands[0], sympy.Symbol("b", real=True))
            y = rule(*symbols)
        if not rule.domain.contains(*operands) or (name in ("pow", "power") and at[0] < 0):
            continue
        point = dict(list(zip(symbols, operands))[len(rule.constant) :])
        assert float(sympy.N(sympy.sympify(y).subs(point))) == pytest.approx(rule(*operands), rel=1e-12, abs=1e-12)
        for position, partial in enumerate(rule.partials):
            if position in rule.constant:
                continue
            slope = sympy.sympify(partial(*symbols, y)).subs(point)
            exact = truth.partial(name, operands, position)
            assert float(sympy.N(slope)) == pytest.approx(float(exact), rel=1e-12, abs=1e-12)


def test_formulas_read_as_in_the_textbook() -> None:
    x = sympy.Symbol("x", positive=True)
    assert autograd.exp(x) == sympy.exp(x)
    assert sympy.simplify(autograd.sigmoid(x) - 1 / (1 + sympy.exp(-x))) == 0
    assert autograd.softplus(x) == sympy.log(1 + sympy.exp(x))
    assert autograd.logsumexp([x, x]) == x + sympy.log(2)
    piecewise = autograd.where(sympy.Symbol("t") > 0, 1, 2)
    assert isinstance(piecewise, sympy.Piecewise)
    assert autograd.where(sympy.true, 1, 2) == 1


def test_a_number_knows_its_library() -> None:
    assert [kinds.library(x) for x in (1.0, mpf(1), Fraction(1), Decimal(1), sympy.Integer(1))] == [
        "builtins", "mpmath", "fractions", "decimal", "sympy",
    ]  # fmt: skip
    like: list[Any] = [kinds.like(x, 2) for x in (1.0, mpf(1), Fraction(1), Decimal(1), sympy.Symbol("x"))]
    assert [type(x) for x in like] == [float, mpf, Fraction, Decimal, sympy.Integer]


def test_importing_autograd_loads_no_other_library() -> None:
    program = """
import sys
import autograd
x = autograd.Value(2.0)
(x.exp() * x + autograd.logsumexp([x, 1.0])).backward()
autograd.abs
heavy = {"numpy", "sympy", "mpmath", "graphviz", "pygraphviz", "matplotlib", "hypothesis", "typer", "sklearn"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
