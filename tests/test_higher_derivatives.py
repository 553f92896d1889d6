"""Second and third derivatives of every row, eager and compiled, at special points and at a few others."""

from __future__ import annotations

import functools
import itertools
import math
import random
from typing import Any

import pytest
from mpmath import mp, mpf

import autograd as ag
from autograd import derivative, grad, jit
from autograd.engine.rules import RULES
from tests import accuracy, jets, special, truth
from tests.thorough import orders

OTHERS = 8
INF, NAN = math.inf, math.nan


@functools.cache
def judges(name: str) -> list[orders.Judge]:
    """At the special points, of two numbers a few, and at others that were drawn once."""
    rule = RULES[name]
    found = [x for x in special.points(name, rule.arity, few=True) if orders.has_value(rule, x)]
    if name not in truth.CONSTANT:
        found += itertools.islice(accuracy.random_points(name, random.Random(name)), OTHERS)
    return [orders.Judge(rule, operands) for operands in found]


def report(found: orders.OfOrders) -> str:
    return "\n".join(map(str, found.wrong[:20]))


def promised(name: str) -> int:
    """Up to which order."""
    loose = special.LOOSE.get(name, lambda x, order: 1.0)
    return max(order for order in (1, 2, 3) if loose(-1.0, order) < INF)


@pytest.mark.parametrize("name", RULES)
def test_derivatives_of_three_orders_are_right(name: str) -> None:
    found = orders.check_points(judges(name), compiled=False)
    assert not found.wrong, report(found)
    assert min(found.right[: promised(name)]) > 10


@pytest.mark.parametrize("name", RULES)
def test_compiled_derivatives_of_three_orders_are_right(name: str) -> None:
    found = orders.check_points(judges(name), eager=False)
    assert not found.wrong, report(found)
    assert min(found.right[: promised(name)]) > 10


# --- What has been wrong, each as a user would write it: the function, where, by what, and what it should be. ---

EXAMPLES: list[tuple[Any, tuple[float, ...], list[int], float]] = [
    (ag.asin, (1e-17,), [0, 0], 1e-17),
    (ag.acos, (1e-17,), [0, 0], -1e-17),
    (ag.cbrt, (NAN,), [0], NAN),
    (ag.cbrt, (INF,), [0], 0.0),
    (ag.cbrt, (-INF,), [0], 0.0),
    (ag.cbrt, (1e-150,), [0, 0], -2.2222222222222222e249),
    (ag.cbrt, (-1e-150,), [0, 0], 2.2222222222222222e249),
    (ag.cbrt, (1e-300,), [0, 0], -INF),
    (lambda x: ag.elu(x, 1.5), (0.0,), [0], 1.5),
    (lambda x: ag.elu(x, 1.5), (0.0,), [0, 0], 1.5),
    (lambda x: ag.elu(x, 1.5), (0.0,), [0, 0, 0], 1.5),
    (ag.elu, (0.0, 1.5), [0, 1], 1.0),
    (ag.elu, (0.0, 1.5), [1, 0], 1.0),
    (ag.hypot, (NAN, 1.0), [0], NAN),
    (ag.hypot, (1.0, NAN), [0], NAN),
    (ag.hypot, (0.0, 0.0), [0], 0.0),
    (ag.hypot, (1e8, 1.0), [0, 0], 9.99999999999999850e-25),
    (ag.asinh, (NAN,), [0, 0], NAN),
    (lambda x: x**-1, (1e-160,), [0, 0], INF),
    (ag.silu, (INF,), [0], 1.0),
    (ag.silu, (-INF,), [0], 0.0),
    (ag.gelu, (INF,), [0], 1.0),
    (ag.gelu, (-INF,), [0], 0.0),
    (ag.silu, (INF,), [0, 0], 0.0),
    (ag.gelu, (-INF,), [0, 0], 0.0),
]


@pytest.mark.parametrize("engine", ["reverse", "forward", "jit, reverse", "jit, forward"])
@pytest.mark.parametrize(("f", "at", "by", "exact"), EXAMPLES)
def test_an_example(f: Any, at: tuple[float, ...], by: list[int], exact: float, engine: str) -> None:
    way, _ = orders.WAYS[engine.removeprefix("jit, ")]
    slope = way(lambda *xs: f(*xs), by)
    got = (jit(slope) if engine.startswith("jit") else slope)(*at)
    assert got == pytest.approx(exact, rel=1e-14, abs=1e-300, nan_ok=True)


# --- Is the truth the truth, and does the judge notice? ---


def closed_forms() -> list[tuple[str, tuple[float, ...], tuple[int, ...], Any]]:
    """Derivatives that are known by formulas."""
    with mp.workdps(60):
        x, y = mpf(0.7), mpf(2.5)
        return [
            ("exp", (0.7,), (3,), mp.exp(x)),
            ("sin", (1e300,), (3,), -mp.cos(mpf(1e300))),
            ("log", (1e-300,), (3,), 2 / mpf(1e-300) ** 3),
            ("atan", (0.7,), (2,), -2 * x / (1 + x * x) ** 2),
            ("asin", (1e-17,), (2,), mpf(1e-17) / mp.sqrt(1 - mpf(1e-17) ** 2) ** 3),
            ("tanh", (300.0,), (2,), -2 * mp.tanh(300) * mp.sech(300) ** 2),
            ("erf", (0.7,), (3,), (4 * x * x - 2) * 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
            ("mul", (0.7, 2.5), (1, 1), mpf(1)),
            ("div", (0.7, 2.5), (1, 2), 2 / y**3),
            ("pow", (0.7, 2.5), (1, 1), x ** (y - 1) * (1 + y * mp.log(x))),
            ("pow", (-3.0, 2.0), (2, 0), mpf(2)),
            ("hypot", (1e8, 1.0), (2, 0), 1 / mp.sqrt(mpf(10) ** 16 + 1) ** 3),
            ("atan2", (0.0, -2.0), (1, 1), mpf(-1) / 4),
            ("lgamma", (0.7,), (2,), mp.polygamma(1, x)),
            ("lgamma", (-0.7,), (1,), mp.digamma(-x)),
            ("digamma", (0.7,), (2,), mp.polygamma(2, x)),
            ("polygamma", (1.0, 0.7), (0, 2), mp.polygamma(3, x)),
            ("erfinv", (0.7,), (1,), mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2)),
            ("inverse_mills", (-2.5,), (1,), -(mp.npdf(y) / mp.ncdf(-y)) * (mp.npdf(y) / mp.ncdf(-y) - y)),
            ("sigmoid_slope", (0.7,), (1,), -(mp.sech(x / 2) ** 2) / 4 * mp.tanh(x / 2)),
            ("ndtr", (0.7,), (2,), -x * mp.npdf(x)),
            ("log_ndtr", (-2.5,), (1,), mp.npdf(y) / mp.ncdf(-y)),
            ("logit", (0.7,), (2,), 1 / (1 - x) ** 2 - 1 / x**2),
            ("log_sigmoid", (0.7,), (1,), 1 / (1 + mp.exp(x))),
            ("logaddexp", (0.7, 2.5), (1, 1), -1 / (2 + 2 * mp.cosh(y - x))),
            ("xlogy", (0.7, 2.5), (1, 2), -1 / y**2),
            ("sinc", (0.7,), (1,), mp.cospi(x) / x - mp.sinpi(x) / (mp.pi * x * x)),
            ("sinc", (0.0,), (2,), -(mp.pi**2) / 3),
            ("sinc_derivative", (1.0, 0.7), (0, 1), jets.derivative("sinc", (0.7,), (2,))),
            ("sinc_derivative", (2.0, 2.5), (0, 1), jets.derivative("sinc", (2.5,), (3,))),
            ("mod", (5.5, 2.5), (0, 1), mpf(-2)),
            ("direction", (0.7, 2.5), (1, 0), y * y / mp.hypot(x, y) ** 3),
            ("one_minus_square", (0.7,), (1,), -2 * x),
            ("round", (0.7,), (1,), mpf(0)),
        ]


@pytest.mark.parametrize(("name", "operands", "by", "exact"), closed_forms())
def test_derivatives_by_differences_have_40_digits(name: str, operands: Any, by: Any, exact: Any) -> None:
    with mp.workdps(60):
        assert abs(jets.derivative(name, operands, by) - exact) <= mpf(10) ** -39 * abs(exact)


@pytest.mark.parametrize("name", [name for name in RULES if name not in truth.STEPS and name != "pow"])
def test_first_derivatives_are_the_truth_of_old(name: str) -> None:
    arity = RULES[name].arity
    if name in truth.CONSTANT:
        return
    for operands in accuracy.points(name)[:: 97 if arity == 1 else 197]:
        for position in range(arity):
            if truth.has_derivative(name, operands, position):
                by = tuple(int(i == position) for i in range(arity))
                with mp.workdps(60):
                    known = truth.partial(name, operands, position)
                    off = abs(jets.derivative(name, operands, by) - known)
                    assert off <= mpf(10) ** -38 * abs(known) + truth.NOTHING, operands


@pytest.mark.parametrize(
    ("name", "operands", "by", "exact"),
    [
        ("silu", (INF,), (1,), 1),
        ("silu", (-INF,), (3,), 0),
        ("exp", (INF,), (2,), INF),
        ("sinh", (-INF,), (2,), -INF),
        ("sqrt", (-0.0,), (1,), INF),
        ("sqrt", (0.0,), (2,), -INF),
        ("cbrt", (0.0,), (3,), INF),
        ("cbrt", (0.0,), (2,), None),
        ("acos", (1.0,), (1,), -INF),
        ("hypot", (INF, 1.0), (1, 0), 1),
        ("hypot", (INF, INF), (1, 0), None),
        ("maximum", (2.0, 2.0), (0, 1), 0.5),
        ("elu", (-0.0, 3.0), (2, 0), 3),
        ("elu", (2.0, NAN), (1, 0), 1),
        ("floor", (NAN,), (1,), 0),
        ("sin", (NAN,), (2,), NAN),
        ("mul", (NAN, 2.0), (1, 0), 2),
        ("mul", (NAN, 2.0), (2, 0), 0),
        ("mul", (NAN, 2.0), (0, 1), NAN),
        ("pow", (0.0, 0.5), (1, 0), INF),
        ("pow", (0.0, 2.0), (2, 0), 2),
        ("pow", (0.0, 0.0), (1, 0), 0),
        ("pow", (0.0, 1.0), (1, 1), 0.0),
        ("ratio", (1.0, -0.0), (0, 1), -INF),
        ("ratio", (1.0, -0.0), (1, 0), -INF),
        ("log_ndtr", (-INF,), (2,), -1),
        ("log_ndtr", (-INF,), (1,), INF),
        ("inverse_mills", (-INF,), (1,), -1),
        ("lgamma", (INF,), (1,), INF),
        ("lgamma", (-INF,), (1,), None),
    ],
)
def test_at_special_points_it_is_the_limit_or_the_convention(name: str, operands: Any, by: Any, exact: Any) -> None:
    found = special.expected(name, operands, by)
    assert found is exact or float(found) == exact or (exact != exact and found != found)


def test_the_judge_allows_rounding_of_operands_and_no_more() -> None:
    for name, x, room in (("exp", 1.0, 1e-14), ("sin", 1e6, 1e-8), ("asin", 1e-17, 1e-14)):
        judge = orders.Judge(RULES[name], (x,))
        exact = float(jets.derivative(name, (x,), (2,)))
        for by in (1e-3 * room, -1e-3 * room):
            part = judge.part((2,), exact * (1 + by))
            assert part is not None
            assert part <= 1.0
        for got in (exact * (1 + room), 0.0, -exact, INF, NAN):
            part = judge.part((2,), got)
            assert part is not None
            assert part > 1.0, (name, got)


def test_derivatives_nest_to_third_order() -> None:
    assert derivative(grad(derivative(ag.exp)))(0.0) == 1.0
