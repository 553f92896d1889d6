"""Partials that the table makes a choice, compiled: each branch is what its number says, 0, 1 or any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import grad, jit, jvp, primitive, stop_gradient, vmap, where


def stepped(above: Any, below: Any) -> Any:
    """A function whose slope is ``above`` for x > 0 and ``below`` otherwise."""

    @primitive(partials=lambda x, y: where(x > 0, above, below))
    def ramp(x: Any) -> Any:
        return where(x > 0, float(above) * x, float(below) * x)

    return ramp


@pytest.mark.parametrize("above", [0, 0.0, 1, 1.0, -1.0, 3.0, 0.5, -2])
@pytest.mark.parametrize("below", [0, 0.0, 1, -1.0, 3.0, 0.01])
def test_a_slope_is_the_branch_that_is_taken(above: Any, below: Any) -> None:
    f = stepped(above, below)
    for x, slope in ((2.0, float(above)), (-2.0, float(below))):
        for scale in (1.0, -4.0):
            way = grad(lambda x: scale * f(x * x * x))  # noqa: B023
            assert way(x) == jit(way)(x) == scale * slope * 3.0 * x * x
            forward = lambda x: jvp(lambda x: scale * f(5.0 * x), (x,), (1.0,))[1]  # noqa: B023, E731
            assert forward(x) == jit(forward)(x) == scale * slope * 5.0
    batch = np.array([2.0, -2.0, 3.0])
    slopes = [float(above), float(below), float(above)]
    assert jit(vmap(grad(f)))(batch).tolist() == slopes


def test_a_slope_of_three_branches() -> None:
    @primitive(partials=lambda x, y: where(x > 1, 0, where(x > 0, 3.0, where(x > -1, 1, 0.25))))
    def ramp(x: Any) -> Any:
        return where(x > 1, 3.0, where(x > 0, 3.0 * x, where(x > -1, x, 0.25 * x - 0.75)))

    for x, slope in ((2.0, 0.0), (0.5, 3.0), (-0.5, 1.0), (-2.0, 0.25)):
        for way in (grad(ramp), grad(lambda x: 2.0 * ramp(x) + ramp(x) * ramp(x) - ramp(x) * ramp(x))):
            assert jit(way)(x) == pytest.approx(way(x))
        assert jit(grad(ramp))(x) == slope


@pytest.mark.parametrize("x", [1.0, 2.0, 3.0, float("nan")])
def test_every_comparison_is_pythons(x: float) -> None:
    for compared in (lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b,
                     lambda a, b: a == b, lambda a, b: a != b):  # fmt: skip
        for f in (
            lambda x, y: where(compared(x, y), 1.0, 0.0),  # noqa: B023
            lambda x, y: where(compared(x, 2.0), 1.0, 0.0),  # noqa: B023
            lambda x, y: where(compared(2.0, x), 1.0, 0.0),  # noqa: B023
            lambda x, y: where(~compared(x, y), 1.0, 0.0) if hasattr(x, "trace") else float(not compared(x, y)),  # noqa: B023
        ):
            assert jit(f)(x, 2.0) == f(x, 2.0)


@pytest.mark.parametrize("outside", [lambda y: y**0.5, lambda y: y**-1.0, lambda y: 1.0 / y])
def test_a_slope_that_is_the_whole_number_0_stops_an_infinite_adjoint(outside: Any) -> None:
    flat = stepped(3.0, 0)  # with the value 0 for x <= 0
    slope = grad(lambda x: outside(flat(x) + 0.0 * stop_gradient(x)))
    assert jit(slope)(2.0) == pytest.approx(slope(2.0))
    if outside(4.0) == 2.0:  # eager division by 0 raises
        assert jit(slope)(-1.0) == slope(-1.0) == 0.0
    twice = grad(lambda x: (flat(x) * flat(x)) ** 0.25)
    assert jit(twice)(-1.0) == twice(-1.0) == 0.0
