"""to_sympy: the formula by which a Value was computed."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd import Value, gradient, no_grad, to_sympy
from autograd.engine.rules import RULES
from tests.derivatives import ALL, SYMPY, evaluator, examples, program, woven
from tests.expressions import Expression, is_inside, with_constants


def at(formula: Any, **numbers: float) -> Any:
    """The formula's value with 50 digits."""
    symbols = sorted(formula.free_symbols, key=str)
    with mp.workdps(50):
        return mpf(evaluator(symbols, formula)(*(mpf(numbers[s.name]) for s in symbols)))


def symbol(name: str) -> Any:
    return sympy.Symbol(name, real=True)


def test_leaves_are_symbols_and_operations_are_formulas() -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    assert to_sympy(w * x + 1) == symbol("w") * symbol("x") + 1
    assert to_sympy(x / w - x**2) == symbol("x") / symbol("w") - symbol("x") ** 2
    assert to_sympy(x**w) == symbol("x") ** symbol("w")
    assert to_sympy(2 / -x) == -2 / symbol("x")
    assert to_sympy((w * x).sigmoid()) == 1 / (1 + sympy.exp(-symbol("w") * symbol("x")))
    assert to_sympy(x) == symbol("x")
    assert to_sympy(Value(2.5)) == sympy.Rational(5, 2)


@pytest.mark.parametrize("name", ALL)
def test_every_rows_formula_has_the_rows_value(name: str) -> None:
    rule = RULES[name]
    points = [(x, y)[: rule.arity] for x in (0.3, 1.7, -0.6, 2.4) for y in (0.4, 1.9)]
    used = 0
    for point in dict.fromkeys(points):
        if is_inside(name, point):
            leaves = [Value(v, label) for v, label in zip(point, "ab")]
            y = Expression(point, ((name, tuple(range(rule.arity))),)).apply(*leaves)
            exact = at(to_sympy(y), **dict(zip("ab", point)))
            assert y.data == pytest.approx(float(exact), rel=1e-14)
            used += 1
    assert used


@examples(4)
@given(woven(tuple(SYMPY), max_steps=3))
def test_the_formula_of_a_recorded_graph_is_the_expression(expression: Expression) -> None:
    leaves = [Value(v, f"x{i}") for i, v in enumerate(expression.point)]
    y = program(expression, lambda c: Value(c, f"c{c}"))(*leaves)  # labelled too: SymPy would compute with their floats
    numbers = {f"x{i}": v for i, v in enumerate(expression.point)} | {f"c{c}": c for c in expression.constants}
    symbols = [symbol(f"x{i}") for i in range(len(leaves))]
    expected = with_constants(expression, lambda c: symbol(f"c{c}")).apply(*symbols, engine=SYMPY)
    ours, theirs = at(to_sympy(y), **numbers), at(sympy.sympify(expected), **numbers)
    assert abs(ours - theirs) <= mpf(10) ** -30 * (1 + abs(theirs))


def test_gradients_have_formulas_too() -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = (w * x).sigmoid()
    (slope,) = gradient(y, [w])
    formula = to_sympy(slope)
    second = to_sympy(gradient(slope, [x])[0])
    assert sympy.simplify(formula - sympy.diff(to_sympy(y), symbol("w"))) == 0
    assert sympy.simplify((second - sympy.diff(formula, symbol("x"))).rewrite(sympy.exp)) == 0  # it has a tanh


HOSTILE = [
    "__import__('os').system('x')",
    "x + y",
    "E",
    "I",
    "pi",
    "lambda",
    "1",
    "x y",
    "a:b",
    "x(0:3)",
    "w₁",
    "\\frac{1}{2}",
    "<b>",
    "'",
    '"',
    " ",
    "\n",
    "None",
    "S",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_are_names_only(label: str) -> None:
    formula = to_sympy(Value(2.0, label) * 3)
    (name,) = formula.free_symbols
    assert type(name) is sympy.Symbol
    assert name.name == label
    assert formula == 3 * symbol(label)


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_any_labels(first: str, second: str) -> None:
    x, y = Value(2.0, first), Value(3.0, second)
    if first == second:
        with pytest.raises(ValueError, match="two different leaves are labelled"):
            to_sympy(x * y)
    else:
        assert to_sympy(x - y) == symbol(first) - symbol(second)


def test_two_leaves_of_one_label_are_refused() -> None:
    x, also = Value(2.0, "x"), Value(2.0, "x")
    with pytest.raises(ValueError, match="two different leaves are labelled 'x'; a formula needs a name for each"):
        to_sympy(x * also)
    assert to_sympy(x * x + x) == symbol("x") ** 2 + symbol("x")  # one leaf, any number of times


def test_labels_of_operations_are_not_symbols() -> None:
    x = Value(2.0, "x")
    h = x * x
    h.label = "x"
    assert to_sympy(h + 1) == symbol("x") ** 2 + 1


@given(st.integers(-(2**52), 2**52), st.sampled_from([1, 2, 4, 8, 1024]))
def test_constants_that_are_short_fractions_are_exact(top: int, bottom: int) -> None:
    constant = to_sympy(Value(top / bottom))
    assert constant == sympy.Rational(top, bottom)
    assert isinstance(constant, sympy.Rational)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_constant_keeps_its_value(x: float) -> None:
    assert float(to_sympy(Value(x))) == x
    assert float(to_sympy(Value(1.0, "y") + x) - symbol("y")) == pytest.approx(x, rel=1e-15)


def test_constants_without_a_label_and_plain_numbers_are_numbers() -> None:
    x = Value(2.0, "x")
    assert to_sympy(x * 0.5 + 3) == symbol("x") / 2 + 3
    assert to_sympy(Value(0.5) * x + Value(3.0)) == symbol("x") / 2 + 3
    assert to_sympy(x * 0.1).coeff(symbol("x")) == sympy.Float(0.1)
    with no_grad():
        c = Value(3.0, "a") * Value(4.0, "b")
    assert to_sympy(c * x) == 12 * symbol("x")


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
def test_constants_that_are_not_finite(x: float) -> None:
    formula = to_sympy(Value(x))
    assert float(formula) == x or (math.isnan(x) and formula is sympy.nan)


def test_a_long_sum_needs_no_recursion() -> None:
    x = Value(2.0, "x")
    y = x
    for _ in range(3000):
        y = y + x
    assert to_sympy(y) == 3001 * symbol("x")


def test_without_sympy_the_error_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(autograd.MissingDependency, match=r"to_sympy needs SymPy; .*pip install sympy"):
        to_sympy(Value(2.0, "x"))
