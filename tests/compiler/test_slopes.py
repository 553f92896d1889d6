"""Partials that the table makes a choice, compiled: each branch is what its number says, 0, 1 or any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import grad, jit, jvp, primitive, vmap, where


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
