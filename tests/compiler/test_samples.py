"""Numbers of single samples: what is picked from a batch, and put into one, has the derivatives that it has eagerly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import SlowWarning, grad, jit, jvp, sqrt, tanh, vmap, where
from autograd.compiler.program import COLUMN
from autograd.compiler.record.trace import Trace
from tests.compiler.compare import each_backend

pytestmark = pytest.mark.filterwarnings("ignore::autograd.SlowWarning")

V = np.array([0.3, -0.7, 1.1])
assert issubclass(SlowWarning, Warning)


def smooth(w: Any) -> Any:
    return vmap(lambda x: tanh(w[0] * x) * w[1])(V)


USES: dict[str, Callable[[Any], Any]] = {
    "one sample twice": lambda v: v[0] * v[0],
    "one sample thrice, another once": lambda v: v[2] * v[2] * v[2] - 2.0 * v[1],
    "a sample and the sum": lambda v: v[1] * v.sum() + v[1],
    "a slice and a sample of it": lambda v: (v[1:] * v[1:]).sum() * v[2],
    "from the end": lambda v: v[-1] * v[2] - v[-3],
    "put together in another order": lambda v: vmap(lambda x: x * x * x)(np.array([v[2], v[0], v[1]]))[1],
    "put together with constants": lambda v: (
        vmap(tanh)(np.array([v[0], 0.5, v[0]])) * np.array([1.0, 2.0, 4.0])
    ).sum(),
    "put together as they were": lambda v: (vmap(tanh)(np.array([v[0], v[1], v[2]])) * np.array([1.0, 2.0, 4.0])).sum(),
    "all but the last": lambda v: (vmap(tanh)(np.array([v[0], v[1]])) * np.array([1.0, 2.0])).sum(),
}


@each_backend
@pytest.mark.parametrize("name", USES)
def test_picks_and_lanes_have_the_derivatives_that_they_have_eagerly(name: str, backend: str) -> None:
    def f(w: Any) -> Any:
        return USES[name](smooth(w))

    w = np.array([0.8, -1.3])
    for way in (
        f,
        grad(f),
        lambda w: jvp(f, (w,), (np.array([0.5, 2.0]),))[1],
        lambda w: grad(grad(lambda a: f(a * w)))(1.0),
    ):
        assert jit(way).lower(w).run(w, backend=backend) == pytest.approx(way(w), rel=1e-12, abs=1e-14)


def roots(w: Any) -> Any:
    """√ of 0 where w is 1: an infinite slope in the second sample."""
    return vmap(lambda x: sqrt(w * x - 1.0))(np.array([2.0, 1.0, 5.0]))


BEHIND_CHOICES: dict[str, Callable[..., Any]] = {
    "two picks of one sample": lambda w, v, c: where(c[0] > 0, v[1], 0.0) + where(c[1] > 0, 2.0 * v[1], 0.0),
    "picks of two samples": lambda w, v, c: where(c[0] > 0, v[1], 0.0) + where(c[1] > 0, v[0], 0.0),
    "three picks": lambda w, v, c: (
        where(c[0] > 0, v[1], 3.0) + where(c[1] > 0, v[1], v[0]) + where(c[2] > 0, v[1] * v[2], 1.0)
    ),
    "a pick and the sum": lambda w, v, c: (
        where(c[0] > 0, v[1], 0.0) + where(c[1] > 0, v.sum(), 0.0) + where(c[2] > 0, v[0], 0.0)
    ),
    "two picks and the sum": lambda w, v, c: (
        where(c[0] > 0, v[1], 0.0) + where(c[1] > 0, v[1], 0.0) + where(c[2] > 0, v.sum(), 0.0)
    ),
    "put together": lambda w, v, c: (
        vmap(lambda x: 3.0 * x + 1.0)(np.array([where(c[0] > 0, v[1], 0.0), v[0], where(c[1] > 0, v[2], 1.0)])).sum()
        * c[2]
    ),
    "put together behind a choice": lambda w, v, c: where(
        c[0] > 0, vmap(tanh)(np.array([v[1], v[0]])).sum(), where(c[1] > 0, v[0], 0.5)
    ),
    "put together, of which one is behind a choice": lambda w, v, c: (
        lambda u: where(c[0] > 0, u[0], 0.0) + where(c[1] > 0, u[1], 0.0)
    )(vmap(lambda x: 2.0 * x)(np.array([v[1], v[0]]))),
    "two picks, the sum, and another root": lambda w, v, c: (
        where(c[0] > 0, v[1], 0.0)
        + where(c[1] > 0, v[1], 0.0)
        + where(c[2] > 0, v.sum(), 0.0)
        + where(c[0] < 0, sqrt(w - 1.0), 0.0)
    ),
}


@each_backend
@pytest.mark.parametrize("name", BEHIND_CHOICES)
def test_a_sample_that_a_choice_leaves_out_has_no_derivative(name: str, backend: str) -> None:
    def f(w: Any, c: Any) -> Any:
        return BEHIND_CHOICES[name](w, roots(w), c)

    def forward(w: Any, c: Any) -> Any:
        return jvp(lambda w: f(w, c), (w,), (1.0,))[1]

    compiled = [jit(way).lower(1.0, np.ones(3)) for way in (grad(f), forward)]
    for signs in itertools.product((1.0, -1.0), repeat=3):
        c = np.array(signs)
        truth = grad(f)(1.0, c)
        for program in compiled:
            found = program.run(1.0, c, backend=backend)
            assert found == pytest.approx(truth, rel=1e-12, nan_ok=True), signs
        assert forward(1.0, c) == pytest.approx(truth, rel=1e-12, nan_ok=True)
        assert not math.isnan(truth)


def test_what_is_picked_from_a_value_in_order_is_that_value() -> None:
    trace = Trace(6)
    v, u = (trace.append(COLUMN, (first, 1), 3) for first in (0, 3))
    of_v, of_u = ([trace.pick(x, sample) for sample in range(3)] for x in (v, u))
    assert trace.picked_from(of_v) == v
    assert trace.picked_from(of_u) == u
    (one,) = [trace.constant(1.0)]
    for numbers in (
        of_v[::-1],
        of_v[:2],
        [*of_v[:2], of_u[2]],
        [*of_v[:2], one],
        [one],
        [*of_v, one],
        [*of_v, *of_v],
        [],
    ):
        assert trace.picked_from(numbers) is None
    assert trace.picked_from(list(trace.values())[:3]) is None  # inputs, and no picks
