"""Transforms on other numbers: fractions exactly, decimals, mpmath's to any number of digits, SymPy's as formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd import Value, derivative, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp, where
from autograd.engine.rules import RULES
from tests import truth
from tests.derivatives import (
    ALL,
    IN_SYMPY,
    SMOOTH,
    SYMPY,
    BySympy,
    by_mpmath,
    by_sympy,
    evaluator,
    examples,
    program,
    unit,
    woven,
)
from tests.expressions import Expression, is_inside, with_constants

fractions = st.fractions(-3, 3, max_denominator=12)
polynomials = st.lists(fractions, min_size=1, max_size=6)

# --- Fractions ---

ARITHMETIC = ("add", "sub", "mul", "div", "neg")
RATIONAL = ("ratio", "abs", "maximum", "minimum", "relu", "leaky_relu", "sign", "floor")


def rational(x: Any) -> Fraction:
    return Fraction(int(x.p), int(x.q))


def horner(coefficients: list[Fraction], x: Any) -> Any:
    y: Any = Fraction(0)
    for c in coefficients:
        y = y * x + c
    return y


@examples(4)
@given(polynomials, fractions, st.integers(0, 6))
def test_every_derivative_of_a_polynomial_is_exact(coefficients: list[Fraction], x: Fraction, n: int) -> None:
    t = sympy.Symbol("t")
    poly = horner([sympy.Rational(c.numerator, c.denominator) for c in coefficients], t)
    exact = sympy.diff(poly, t, n).subs(t, sympy.Rational(x.numerator, x.denominator)) if n else None
    ours = derivative(lambda a: horner(coefficients, a), n)(x)
    assert type(ours) is Fraction
    assert ours == (rational(sympy.Rational(exact)) if n else horner(coefficients, x))


@examples(4)
@given(woven(ARITHMETIC, max_steps=4))
def test_gradients_and_hessians_of_rational_functions_are_exact(expression: Expression) -> None:
    point = [Fraction(x).limit_denominator(64) for x in expression.point]
    f = program(expression, lambda c: Fraction(c).limit_denominator(64))
    n = len(point)
    symbols = sympy.symbols(f"x:{n}")
    as_rational = lambda c: sympy.Rational(*Fraction(c).limit_denominator(64).as_integer_ratio())  # noqa: E731
    formula = with_constants(expression, as_rational).apply(*symbols, engine=SYMPY)
    at = {s: sympy.Rational(*x.as_integer_ratio()) for s, x in zip(symbols, point)}
    try:
        y = f(*point)
    except (ZeroDivisionError, ValueError):
        return  # rounded to the edge of the domain
    value, slopes = value_and_grad(lambda p: f(*p))(point)
    assert value == y
    assert all(type(x) is Fraction for x in slopes)
    assert slopes == [rational(sympy.Rational(sympy.diff(formula, s).subs(at))) for s in symbols]
    h = hessian(lambda p: f(*p))(point)
    assert all(type(x) is Fraction for x in h.ravel())
    assert h.tolist() == [
        [rational(sympy.Rational(sympy.diff(formula, a, b).subs(at))) for b in symbols] for a in symbols
    ]


EXACT = tuple(name for name in (*ARITHMETIC, *RATIONAL) if name in ALL)


@examples(4)
@given(woven(EXACT, max_steps=7))
def test_what_is_rational_stays_a_fraction_and_is_what_floats_approximate(expression: Expression) -> None:
    point = [Fraction(x) for x in expression.point]
    f = program(expression, Fraction)
    slopes = grad(lambda p: f(*p))(point)
    product = hvp(lambda p: f(*p), point, [Fraction(1)] * len(point))
    assert all(type(x) is Fraction for x in (*slopes, *product))
    for i, ours in enumerate(slopes):
        exact = by_mpmath(expression, *unit(len(point), i))
        with mp.workdps(50):
            assert abs(mpf(ours.numerator) / ours.denominator - exact) <= mpf(10) ** -30 * (1 + abs(exact))


def test_every_transform_gives_fractions() -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert jvp(lambda x, y: x / y, (half, third), (Fraction(1), Fraction(0))) == (Fraction(3, 2), Fraction(3))
    assert vjp(lambda x, y: x / y, half, third)[1](Fraction(1)) == (Fraction(3), Fraction(-9, 2))
    j = jacobian(lambda p: [p[0] * p[1], p[0] / p[1], 7])([half, third])
    assert j.tolist() == [[third, half], [Fraction(3), Fraction(-9, 2)], [Fraction(0), Fraction(0)]]
    assert all(type(x) is Fraction for x in j.ravel())
    assert type(grad(lambda x: 3)(half)) is Fraction
    assert grad(lambda x: x**3)(half) == Fraction(3, 4)
    assert grad(lambda x: x**-2)(half) == -16


def test_whole_numbers_beside_a_fraction_are_exact() -> None:
    third = Fraction(1, 3)
    for f, slope, second in [
        (lambda x: x / 3, third, 0),
        (lambda x: 3 / x, -27, 162),
        (lambda x: x**3 / 7, Fraction(1, 21), Fraction(2, 7)),
        (lambda x: 1 - 2 * x, -2, 0),
        (lambda x: autograd.maximum(x, 1) + autograd.minimum(x, 0) / 3, 0, 0),
        (lambda x: autograd.mean([x, x * x, 5]), Fraction(5, 9), Fraction(2, 3)),
    ]:
        for ours, exact in (
            (grad(f)(third), slope),
            (derivative(f, 2)(third), second),
            (hessian(f)(third)[()], second),
        ):
            assert type(ours) is Fraction
            assert ours == exact


def test_nested_derivatives_stay_fractions() -> None:
    third = Fraction(1, 3)
    for ours, exact in [
        (grad(lambda a: a * grad(lambda b: b)(a))(third), Fraction(1)),
        (grad(lambda a: a * grad(lambda b: a * b * b)(a))(third), Fraction(2, 3)),
        (derivative(lambda a: a * derivative(lambda b: a + b)(a))(third), Fraction(1)),
        (hessian(lambda a: autograd.maximum(a * a, a * a) * a)(third)[()], Fraction(2)),
    ]:
        assert type(ours) is Fraction
        assert ours == exact


def test_a_tie_of_fractions_gives_exact_halves() -> None:
    slopes = grad(lambda x, y: autograd.maximum(x, y), (0, 1))(Fraction(1, 3), Fraction(1, 3))
    assert slopes == (Fraction(1, 2), Fraction(1, 2))
    assert all(type(x) is Fraction for x in slopes)


STEPS = ("mod", "floordiv", "ceil", "trunc", "round", "one_minus_square")  # exact, too
TRANSCENDENTAL = [name for name in ALL if name not in (*ARITHMETIC, *RATIONAL, *STEPS, "stop_gradient", "pow", "elu")]


@pytest.mark.parametrize("name", TRANSCENDENTAL)
def test_what_is_not_rational_says_so(name: str) -> None:
    for x in (Fraction(5, 7), Fraction(9, 7)):
        operands = (x, Fraction(2, 3))[: RULES[name].arity]
        if RULES[name].domain.contains(*operands):
            with pytest.raises(TypeError, match=r"of a Fraction has no exact value: convert to float or mpmath\.mpf"):
                grad(as_written(name))(*operands)


@pytest.mark.parametrize("f", [lambda x: x ** Fraction(1, 2), lambda x: x**x])
def test_a_power_that_is_not_rational_says_so(f: Any) -> None:
    with pytest.raises(TypeError, match="of a Fraction has no exact value"):
        grad(f)(Fraction(5, 7))


# --- Decimals ---


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * x / 3 + 1,
        lambda x: x**3 - 2 / x,
        lambda x: autograd.exp(x) * autograd.log(x),
        lambda x: autograd.sqrt(x) * autograd.sigmoid(x),
        lambda x: autograd.tanh(x) + autograd.log10(x),
        lambda x: autograd.softplus(x) / autograd.log2(x + 1),
        lambda x: x**x,
        lambda x: autograd.hypot(x, 3) * autograd.asinh(x),
        lambda x: autograd.maximum(x, x * x) - autograd.relu(-x),
    ],
)
def test_decimals_have_their_own_digits(f: Any) -> None:
    with localcontext() as context, mp.workdps(60):
        context.prec = 40
        x = Decimal("1.7")
        for n in (1, 2):
            ours = derivative(f, n)(x)
            assert type(ours) is Decimal
            exact = mp.diff(f, mpf("1.7"), n)
            assert abs(mpf(str(ours)) - exact) <= mpf(10) ** -36 * (1 + abs(exact))
        assert type(grad(f)(x)) is Decimal


def test_what_decimals_cannot_do_says_so() -> None:
    with pytest.raises(TypeError, match="sin of a Decimal has no exact value"):
        grad(autograd.sin)(Decimal(1))


# --- mpmath ---


def as_written(name: str) -> Any:
    """The primitive as a program writes it."""
    return lambda *xs: Expression((0.0,) * len(xs), ((name, tuple(range(len(xs)))),)).apply(*xs)


def inside(name: str) -> tuple[float, ...]:
    points = [(x, y) for x in (0.3, 1.7, -0.6) for y in (0.4, 1.9)]
    return next(p for p in (point[: RULES[name].arity] for point in points) if is_inside(name, p))


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_row_has_50_digits_in_derivatives_of_any_order(name: str, n: int) -> None:
    point = inside(name)
    one = Expression(point, ((name, tuple(range(len(point)))),))
    with mp.workdps(50):
        for i in range(len(point)):
            leaves = list(map(mpf, point))

            def along(x: Any, i: int = i, leaves: list[Any] = leaves) -> Any:
                return as_written(name)(*leaves[:i], x, *leaves[i + 1 :])

            exact = by_mpmath(one, *unit(len(point), *[i] * n))
            for ours in (derivative(along, n)(leaves[i]), grad(derivative(along, n - 1))(leaves[i])):
                assert isinstance(ours, mpf)
                assert abs(ours - exact) <= mpf(10) ** -45 * max(abs(exact), mpf("1e-3"))


@examples(4)
@given(woven(SMOOTH))
def test_gradients_with_200_digits(expression: Expression) -> None:
    with mp.workdps(200):
        leaves = [mpf(x) for x in expression.point]
        slopes = grad(lambda p: program(expression, mpf)(*p))(leaves)
        f = lambda *xs: with_constants(expression, mpf).apply(*xs, engine=truth.FUNCTIONS)  # noqa: E731
        for i, ours in enumerate(slopes):
            exact = mp.diff(f, tuple(leaves), unit(len(leaves), i))
            assert abs(ours - exact) <= mpf(10) ** -170 * (1 + abs(exact))


def test_mpmath_numbers_in_structures() -> None:
    with mp.workdps(50):
        third = mpf(1) / 3
        slopes = grad(lambda p: autograd.exp(p["a"]) * p["b"][0])(
            {"a": third, "b": np.array([2 * third], dtype=object)}
        )
        assert abs(slopes["a"] - mp.exp(third) * 2 * third) < mpf(10) ** -48
        assert abs(slopes["b"][0] - mp.exp(third)) < mpf(10) ** -48


def test_a_context_of_ones_own() -> None:
    context = mpmath.MPContext()
    context.dps = 70
    x = context.mpf(1) / 3
    ours = grad(lambda a: autograd.exp(a) * autograd.log2(a + 1))(x)
    exact = context.exp(x) * (context.log(x + 1) + 1 / (x + 1)) / context.log(2)
    assert abs(ours - exact) < context.mpf(10) ** -67


# --- SymPy ---

x, y = sympy.symbols("x y", real=True)
p = sympy.Symbol("p", positive=True)


@pytest.mark.parametrize(
    ("f", "formula"),
    [
        (lambda a: 3 * a**2 - 2 * a + 7, 6 * x - 2),
        (lambda a: 1 / a, -1 / x**2),
        (lambda a: a / (a * a + 1), (1 - x**2) / (1 + x**2) ** 2),
        (lambda a: 2**a, 2**x * sympy.log(2)),
        (autograd.sigmoid, sympy.exp(-x) / (1 + sympy.exp(-x)) ** 2),
        (lambda a: autograd.sin(a) * autograd.exp(a), sympy.exp(x) * (sympy.sin(x) + sympy.cos(x))),
        (autograd.tanh, 1 - sympy.tanh(x) ** 2),
        (autograd.gelu, sympy.diff(x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2, x)),
        (lambda a: autograd.logsumexp([a, 0]), 1 / (1 + sympy.exp(-x))),
    ],
)
def test_grad_of_a_symbol_is_the_formula(f: Any, formula: Any) -> None:
    for way in (grad, derivative, lambda f: lambda a: jvp(f, (a,), (1,))[1], lambda f: lambda a: jacobian(f)(a)[()]):
        ours = way(f)(x)
        assert sympy.simplify((ours - formula).rewrite(sympy.exp).rewrite(sympy.erf)) == 0


@pytest.mark.parametrize("name", IN_SYMPY)
@pytest.mark.parametrize("n", [1, 2])
def test_formulas_of_every_row_are_sympys(name: str, n: int) -> None:
    point = inside(name)
    leaves = sympy.symbols(f"x:{len(point)}", real=True)
    for i in range(len(point)):

        def along(t: Any, i: int = i) -> Any:
            return as_written(name)(*leaves[:i], t, *leaves[i + 1 :])

        theirs = sympy.diff(by_sympy(name, leaves, point), leaves[i], n)
        for ours in (
            derivative(along, n)(leaves[i]),
            hessian(along)(leaves[i])[()] if n == 2 else grad(along)(leaves[i]),
        ):
            assert isinstance(ours, sympy.Expr)
            assert not ours.atoms(sympy.Float)  # log 2 is log 2
            with mp.workdps(50):
                values = [evaluator(leaves, g)(*map(mpf, point)) for g in (ours, theirs)]
                assert abs(values[0] - values[1]) <= mpf(10) ** -40 * (1 + abs(values[1]))


@examples(8)
@given(woven(tuple(SYMPY), max_steps=3))
def test_gradients_over_symbols_are_sympys_at_50_digits(expression: Expression) -> None:
    formula = BySympy(expression)
    constants = dict(zip(expression.constants, formula.symbols[len(formula.leaves) :]))
    slopes = grad(lambda q: program(expression, constants.__getitem__)(*q))(list(formula.leaves))
    numbers = [*expression.point, *expression.constants]
    with mp.workdps(50):
        for i, slope in enumerate(slopes):
            ours = evaluator(formula.symbols, slope)(*map(mpf, numbers))
            exact = formula.derivative(i)
            assert abs(ours - exact) <= mpf(10) ** -30 * (1 + abs(exact)), str(expression)


def test_hessians_of_symbols_are_formulas() -> None:
    h = hessian(lambda q: q[0] ** 2 * q[1] / q[2])([x, y, p])
    f = x**2 * y / p
    for i, a in enumerate((x, y, p)):
        for j, b in enumerate((x, y, p)):
            assert sympy.simplify(h[i, j] - sympy.diff(f, a, b)) == 0
    assert sympy.simplify(hvp(lambda q: q**3 / p, x, y) - 6 * x * y / p) == 0


def test_conditions_on_symbols_become_piecewise() -> None:
    ours = grad(lambda a: where(a > 0, a * a, -a))(x)
    assert [ours.subs(x, v) for v in (3, -2)] == [6, -1]
    assert [grad(autograd.relu)(x).subs(x, v) for v in (3, -2, 0)] == [1, 0, 0]
    ours = hessian(lambda a: where(a > 1, a**3, a**2))(x)[()]
    assert [ours.subs(x, v) for v in (3, -2)] == [18, 2]
    ours = grad(lambda a: autograd.maximum(a, 2) * a)(x)
    assert [ours.subs(x, v) for v in (3, 1)] == [6, 2]


# --- Mixtures ---


def test_kinds_of_numbers_in_one_call_each_keep_their_own() -> None:
    def f(a: Any, b: Any) -> Any:
        return a * a * b

    by_a, by_b = grad(f, (0, 1))(2.0, Value(3.0))
    assert (float(by_a), float(by_b)) == (12.0, 4.0)
    ours = grad(f)(Fraction(1, 3), 3)
    assert (type(ours), ours) == (Fraction, 2)


@pytest.fixture
def cube() -> Any:
    @autograd.primitive(partials=lambda x, y: 3 * x * x)
    def cube_of(x: Any) -> Any:
        return x * x * x

    yield cube_of
    del RULES["cube_of"]


def test_one_new_row_serves_every_kind_of_number(cube: Callable[[Any], Any]) -> None:
    assert [derivative(cube, n)(2.0) for n in range(5)] == [8.0, 12.0, 12.0, 6.0, 0.0]
    assert [derivative(cube, n)(Fraction(1, 2)) for n in range(4)] == [Fraction(1, 8), Fraction(3, 4), 3, 6]
    assert derivative(cube, 1)(Decimal("0.1")) == Decimal("0.03")
    with mp.workdps(50):
        assert grad(cube)(mpf(1) / 3) == 3 * (mpf(1) / 3) ** 2
    assert sympy.simplify(grad(cube)(x) - 3 * x**2) == 0
    assert hessian(cube)(2.0) == 12.0
    assert grad(lambda v: cube(v).sum())(np.array([1.0, 2.0])).tolist() == [3.0, 12.0]
    v = Value(2.0)
    cube(v).backward()
    assert v.grad == 12.0
    assert math.isnan(grad(cube)(math.nan))
