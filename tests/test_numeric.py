"""Derivatives by extrapolated differences, with an estimate of their error that holds."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

from autograd.numeric import difference_derivative

FUNCTIONS: list[tuple[Callable[[float], float], Callable[[float], float], tuple[float, float]]] = [
    (math.sin, math.cos, (-10.0, 10.0)),
    (math.exp, math.exp, (-5.0, 5.0)),
    (math.log, lambda x: 1 / x, (0.2, 10.0)),
    (math.sqrt, lambda x: 0.5 / math.sqrt(x), (0.2, 10.0)),
    (math.tanh, lambda x: 1 / math.cosh(x) ** 2, (-4.0, 4.0)),
    (math.atan, lambda x: 1 / (1 + x * x), (-4.0, 4.0)),
    (lambda x: x**7 - 3 * x**2, lambda x: 7 * x**6 - 6 * x, (-3.0, 3.0)),
    (lambda x: math.exp(math.sin(x)), lambda x: math.cos(x) * math.exp(math.sin(x)), (-3.0, 3.0)),
]


@pytest.mark.parametrize(("f", "slope", "interval"), FUNCTIONS)
@given(data=st.data())
def test_the_error_is_within_ten_times_its_estimate_and_the_estimate_small(
    f: Callable[[float], float],
    slope: Callable[[float], float],
    interval: tuple[float, float],
    data: st.DataObject,
) -> None:
    x = data.draw(st.floats(*interval))
    found, error = difference_derivative(f, x)
    assert abs(found - slope(x)) <= 10.0 * error + 1e-13 * (1 + abs(slope(x)))
    assert error <= 1e-6 * (1.0 + abs(slope(x)))


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-100, 100))
def test_straight_lines_are_exact_but_for_rounding(a: float, b: float, x: float) -> None:
    found, error = difference_derivative(lambda t: a * t + b, x)
    scale = abs(a) * (1 + abs(x)) + abs(b) + 1e-300
    assert abs(found - a) <= 1e-12 * scale
    assert error <= 1e-10 * scale


@pytest.mark.parametrize("step", [1e-3, 0.1, 1.0])
def test_the_first_step_may_be_given(step: float) -> None:
    steps: list[float] = []

    def f(t: float) -> float:
        steps.append(abs(t - 1.0))
        return math.sin(t)

    found, error = difference_derivative(f, 1.0, step)
    assert max(steps) == pytest.approx(step)
    assert abs(found - math.cos(1.0)) <= 10 * error + 1e-12


def test_steps_out_of_the_domain_are_passed_over() -> None:
    found, _ = difference_derivative(math.log, 0.06)  # the first steps go below 0
    assert found == pytest.approx(1 / 0.06, rel=1e-6)


def test_nothing_is_found_where_nothing_is_defined() -> None:
    found, error = difference_derivative(math.log, -1.0)
    assert math.isnan(found)
    assert error == math.inf


def test_infinities_give_nothing() -> None:
    found, error = difference_derivative(lambda x: math.inf, 1.0)
    assert math.isnan(found)
    assert error == math.inf


def test_the_estimate_tells_a_corner() -> None:
    _, error = difference_derivative(lambda x: abs(x - 1.0) * (x - 3.0) + abs(x - 1.03), 1.0)
    assert error > 1e-4


def test_noise_stops_the_refinement_early() -> None:
    calls: list[float] = []

    def coarse(x: float) -> float:
        calls.append(x)
        return round(math.sin(x), 6)

    found, error = difference_derivative(coarse, 1.0)
    assert abs(found - math.cos(1.0)) <= 1e-3
    assert error >= 1e-8
    assert len(calls) < 24


def test_against_mpmath_on_a_hard_one() -> None:
    f = lambda x: math.exp(-1 / x) / x  # noqa: E731
    with mp.workdps(30):
        exact = float(mp.diff(lambda x: mp.exp(-1 / x) / x, mp.mpf("0.3")))
    found, error = difference_derivative(f, 0.3)
    assert abs(found - exact) <= 10 * error
