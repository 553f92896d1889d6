"""Arrays in lanes: products and reductions stay in lanes; where they meet numbers of other samples, they are right."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import grad, jit, tanh, vmap, where
from autograd.errors import SlowWarning

V = np.array([0.3, -0.7, 1.1])
PLAIN = np.array([[0.5, 1.0, -2.0], [1.5, 0.25, 3.0]])
MATRIX = np.array([[1.0, -2.0], [0.5, 3.0]])


def vector(w: Any) -> Any:
    """A number for each sample."""
    return vmap(lambda x: tanh(w * x))(V)


def rows(w: Any) -> Any:
    """Two numbers for each sample."""
    return vmap(lambda x: np.array([tanh(w * x), tanh(2.0 * w * x)]))(V)


IN_LANES: dict[str, Callable[[Any], Any]] = {
    "vector @ vector": lambda w: vector(w) @ vector(w + 1.0),
    "vector @ plain": lambda w: vector(w) @ V,
    "plain @ vector": lambda w: V @ vector(w),
    "plain matrix @ vector": lambda w: (PLAIN @ vector(w)).sum(),
    "vector @ matrix of samples": lambda w: (vector(w) @ rows(w)).sum(),
    "matrix of samples @ plain": lambda w: ((rows(w) @ MATRIX) ** 2).sum(),
    "matrix of samples @ numbers": lambda w: ((rows(w) @ np.array([w, 1.0])) ** 2).sum(),
    "sums along either axis": lambda w: (rows(w).sum(axis=1) * rows(w).sum(axis=0)[1]).sum(),
    "sums along the last axis": lambda w: (rows(w).sum(axis=-1) ** 2).mean(),
}


@pytest.mark.parametrize("name", IN_LANES)
def test_it_stays_in_lanes_and_is_what_it_is_without_jit(name: str) -> None:
    f = IN_LANES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", SlowWarning)
        compiled, slope = jit(f)(0.4), jit(grad(f))(0.4)
    assert compiled == pytest.approx(f(0.4), rel=1e-13)
    assert slope == pytest.approx(grad(f)(0.4), rel=1e-13)


@pytest.mark.parametrize(
    "inside",
    [
        lambda x, w, v, r: v @ np.array([1.0, x, 2.0 * x]),
        lambda x, w, v, r: np.array([1.0, x, 2.0 * x]) @ v,
        lambda x, w, v, r: (r @ np.array([1.0, x])).sum(),
        lambda x, w, v, r: (v @ r).sum() * x,
        lambda x, w, v, r: (v * x).sum(),
        lambda x, w, v, r: (v + np.array([1.0, w, 0.5])).sum() * x,
        lambda x, w, v, r: (np.array([1.0, x, w]) * v).sum(),
        lambda x, w, v, r: np.where(v > 0.0, x, np.array([1.0, w, x])).sum(),
    ],
)
@pytest.mark.parametrize("is_closed_over", [False, True])
def test_a_batch_inside_vmap_meets_numbers_of_the_other_samples(
    inside: Callable[..., Any], is_closed_over: bool
) -> None:
    def f(w: Any) -> Any:
        v, r = vector(w), rows(w)

        def of_sample(x: Any) -> Any:
            return inside(x, w, v, r) if is_closed_over else inside(x, w, vector(w), rows(w))

        return vmap(of_sample)(np.array([0.5, -1.5]))

    total = lambda w: (f(w) * np.array([1.0, -3.0])).sum()  # noqa: E731
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SlowWarning)
        assert jit(f)(0.4) == pytest.approx(f(0.4), rel=1e-13)
        assert jit(grad(total))(0.4) == pytest.approx(grad(total)(0.4), rel=1e-13)


def test_transposes_and_masks_of_numbers() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SlowWarning)
        for f in (
            lambda w: rows(w).T[1],
            lambda w: vector(w).T,
            lambda w: (rows(w).T @ rows(w))[0],
            lambda w: where(w, 2.0, 3.0),
            lambda w: where(w - 0.4, 2.0, 3.0),
            lambda w: where(-w, 2.0, 3.0),
            lambda w: where(vector(w) * 0.0 - 1.0, w, 3.0 * w),
        ):
            assert jit(f)(0.4) == pytest.approx(np.asarray(f(0.4), dtype=float), rel=1e-13)


@pytest.mark.parametrize("axis", [2, -3, (0, 2)])
@pytest.mark.parametrize("reduce", [np.sum, np.mean, np.max, np.var])
def test_an_axis_that_is_not_there_is_refused(reduce: Callable[..., Any], axis: Any) -> None:
    with pytest.raises(ValueError, match="axis"):
        reduce(np.ones((3, 2)), axis=axis)
    with pytest.raises(ValueError, match="axis"):
        jit(lambda w: reduce(rows(w), axis=axis))(0.4)


@pytest.mark.parametrize("f", [lambda x: 1.0 / x, lambda x: x**-2.0, lambda x: tanh(x) / (x + x)])
def test_a_batch_of_none_is_tried_on_a_number_that_most_functions_take(f: Callable[[Any], Any]) -> None:
    for way in (vmap(f), jit(vmap(f)), jit(lambda x: vmap(f)(2.0 * x))):
        assert np.shape(way(np.ones(0))) == (0,)


def test_truths_given_to_vmap_are_numbers_to_count_with() -> None:
    truths = np.array([True, False, True])
    for f in (lambda x: x + 1.0, lambda x: 2.0 * x - x * x, lambda x: tanh(x)):
        assert jit(vmap(f))(truths) == pytest.approx(np.array([float(f(float(x))) for x in truths]))
        assert jit(lambda w, f=f: (vmap(f)(truths) * w).sum())(2.0) == pytest.approx(
            2.0 * sum(f(float(x)) for x in truths)
        )
