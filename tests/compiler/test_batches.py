"""Batches: what vmap returns is an array. Programs over such arrays give under jit what they give without it."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import optree
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import (
    SlowWarning,
    TraceError,
    Value,
    exp,
    grad,
    hessian,
    jacobian,
    jvp,
    logsumexp,
    mean,
    sqrt,
    tanh,
    vjp,
    where,
)
from autograd.compiler import jit, vmap
from tests.compiler.compare import BACKENDS, each_backend
from tests.compiler.programs import examples

Function = Callable[..., Any]

pytestmark = pytest.mark.filterwarnings("ignore::autograd.SlowWarning")


def same(ours: Any, eager: Any) -> None:
    """The same structure of numbers and arrays of the same shapes."""
    theirs, spec = optree.tree_flatten(eager)
    found, its = optree.tree_flatten(ours)
    assert its == spec
    for x, y in zip(found, theirs):
        assert np.shape(x) == np.shape(y)
        np.testing.assert_allclose(np.asarray(x, dtype=float), np.asarray(y, dtype=float), rtol=1e-9, atol=1e-9)


# --- Random programs ---


def made(choices: list[int], n: int) -> Function:
    """A function of an array w of 3 numbers and an array X of shape (n, 2), whose result is a dict of arrays."""

    def f(w: Any, X: Any) -> Any:
        known = np.linspace(-1.0, 1.0, n)
        columns = [vmap(lambda x: tanh(x[0] * w[0] - x[1] * w[1]))(X), vmap(lambda x: x[0] * w[2])(X)]
        tables = [vmap(lambda x: np.stack([x[0] * w[0], w[1] + 0 * x[1], x[1] * x[1]]))(X)]
        numbers = [w[0]]
        for choice in choices:
            u, v, s, t = columns[-1], columns[choice % len(columns)], numbers[-1], tables[-1]
            step = STEPS[choice % len(STEPS)]
            result = step(u, v, s, t, known, w, X)
            rank = np.ndim(result)
            if rank == 0:
                numbers.append(tanh(result))
            elif rank == 1 and len(result) == n:
                columns.append(result)
            elif rank == 2 and np.shape(result) == (n, 3):
                tables.append(result)
            else:
                numbers.append(tanh(autograd.sum(np.ravel(result))))
        return {"columns": columns[-2:], "table": tables[-1], "number": numbers[-1]}

    return f


STEPS: tuple[Function, ...] = (
    lambda u, v, s, t, c, w, X: u + v,
    lambda u, v, s, t, c, w, X: (u - c) ** 2,
    lambda u, v, s, t, c, w, X: c * u - s,
    lambda u, v, s, t, c, w, X: u * X[:, 0],
    lambda u, v, s, t, c, w, X: exp(-u * v),
    lambda u, v, s, t, c, w, X: autograd.maximum(u, v),
    lambda u, v, s, t, c, w, X: where(u > v, u, s),
    lambda u, v, s, t, c, w, X: where(c > 0, u, v),
    lambda u, v, s, t, c, w, X: autograd.sum(u),
    lambda u, v, s, t, c, w, X: mean(u * v),
    lambda u, v, s, t, c, w, X: u @ v,
    lambda u, v, s, t, c, w, X: np.dot(c, u),
    lambda u, v, s, t, c, w, X: autograd.dot(u, c),
    lambda u, v, s, t, c, w, X: X.T @ u,
    lambda u, v, s, t, c, w, X: np.sum(u) + u.mean(),
    lambda u, v, s, t, c, w, X: np.linalg.norm(u + 3),
    lambda u, v, s, t, c, w, X: np.stack([u, v]),
    lambda u, v, s, t, c, w, X: np.concatenate([u, w]),
    lambda u, v, s, t, c, w, X: logsumexp(u),
    lambda u, v, s, t, c, w, X: autograd.prod(u),
    lambda u, v, s, t, c, w, X: u[0] - u[-1],
    lambda u, v, s, t, c, w, X: u[::-1],
    lambda u, v, s, t, c, w, X: u[1:] - v[:-1],
    lambda u, v, s, t, c, w, X: u[c > 0.3],
    lambda u, v, s, t, c, w, X: np.cumsum(u),
    lambda u, v, s, t, c, w, X: vmap(lambda a, b: a * b + s)(u, v),
    lambda u, v, s, t, c, w, X: vmap(lambda a: a * autograd.sum(v))(u),
    lambda u, v, s, t, c, w, X: vmap(lambda x: autograd.sum(x[0] * u * v))(X),
    lambda u, v, s, t, c, w, X: vmap(lambda a: sqrt(a * a + 1))(u * 2 + c),
    lambda u, v, s, t, c, w, X: t[:, 1],
    lambda u, v, s, t, c, w, X: t * 2 - w,
    lambda u, v, s, t, c, w, X: t * u[:, None],
    lambda u, v, s, t, c, w, X: t @ w,
    lambda u, v, s, t, c, w, X: t.sum(axis=1),
    lambda u, v, s, t, c, w, X: t.sum(axis=0) * w,
    lambda u, v, s, t, c, w, X: np.mean(t, axis=0),
    lambda u, v, s, t, c, w, X: t.T @ u,
    lambda u, v, s, t, c, w, X: t[0] * t[-1],
    lambda u, v, s, t, c, w, X: vmap(lambda row, a: row * a)(t, u),
    lambda u, v, s, t, c, w, X: vmap(lambda row: row[0] - row[1] * row[2])(t),
    lambda u, v, s, t, c, w, X: vmap(lambda a: 1.5)(u),
    lambda u, v, s, t, c, w, X: vmap(lambda a: s)(u),
    lambda u, v, s, t, c, w, X: vmap(lambda a: w * 2)(u),
    lambda u, v, s, t, c, w, X: vmap(grad(lambda a: a * a * s))(u),
    lambda u, v, s, t, c, w, X: sum(u) / len(u),
    lambda u, v, s, t, c, w, X: float(u.shape[0] + t.size + t.ndim) * s,
)


def flat(result: Any) -> Any:
    """All numbers of a result as one array."""
    return np.concatenate([np.ravel(np.asanyarray(x)) for x in optree.tree_leaves(result)])


def scalar(result: Any) -> Any:
    return autograd.sum([autograd.sum(x * (i + 1.5)) for i, x in enumerate(flat(result).tolist()[:4])] or [0.0])


WAYS: dict[str, Function] = {
    "value": lambda f, w, X: f(w, X),
    "grad": lambda f, w, X: grad(lambda w: autograd.sum(flat(f(w, X))))(w),
    "jacobian": lambda f, w, X: jacobian(lambda w: f(w, X)["columns"][1])(w),
    "jacobian of a table": lambda f, w, X: jacobian(lambda w: f(w, X)["table"])(w),
    "jvp": lambda f, w, X: jvp(lambda w: f(w, X)["columns"], (w,), (np.array([1.0, 0.0, -2.0]),)),
    "vjp": lambda f, w, X: vjp(lambda w: f(w, X)["columns"][0], w)[1](np.linspace(1.0, 2.0, len(X))),
    "hessian": lambda f, w, X: hessian(lambda w: autograd.sum(f(w, X)["columns"][1] ** 2))(w),
}


@examples(6)
@given(
    choices=st.lists(st.integers(0, 10 * len(STEPS)), min_size=1, max_size=6),
    n=st.sampled_from([1, 2, 3, 9]),
    way=st.sampled_from(list(WAYS)),
    backend=st.sampled_from(BACKENDS),
)
def test_a_program_over_batches_is_the_same_under_jit(choices: list[int], n: int, way: str, backend: str) -> None:
    X, w = np.random.default_rng(n).normal(size=(n, 2)), np.array([0.7, -0.4, 1.1])
    f = made(choices, n)

    def whole(w: Any, X: Any) -> Any:
        return WAYS[way](f, w, X)

    same(jit(whole).lower(w, X).run(w, X, backend=backend), whole(w, X))


# --- Programs as people write them ---

ROWS, THREE = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([0.5, 1.5, 2.5])
LONG = np.linspace(-1.0, 1.0, 2000).reshape(1000, 2)


def residuals(w: Any, X: Any = ROWS) -> Any:
    return vmap(lambda x: x[0] * w[0] - x[1] * w[1])(X)


def roots(w: Any) -> Any:
    return vmap(lambda x: sqrt(x * w[0]))(np.array([1.0, 0.0, 2.0]))


def changed(v: Any, w: Any) -> Any:
    v[0] = w[1]
    v += THREE
    same_array = v
    same_array *= 2
    v[1:] = v[1:] + 0.5
    return v


def table(w: Any) -> Any:
    return vmap(lambda a: vmap(lambda x: x * a * w[0])(THREE))(THREE)


PROGRAMS: dict[str, Function] = {
    "least squares": lambda w: jacobian(residuals)(w),
    "Gauss-Newton": lambda w: jacobian(residuals)(w).T @ residuals(w),
    "an array of the same length": lambda w: mean((residuals(w) - THREE) ** 2),
    "np.mean": lambda w: (np.mean(residuals(w)), np.max(residuals(w)), np.ptp(residuals(w)), residuals(w).min()),
    "np.stack": lambda w: (
        np.stack([residuals(w)] * 2),
        np.hstack([residuals(w), w]),
        np.column_stack([residuals(w), THREE]),
    ),
    "spread": lambda w: (np.std(residuals(w)), residuals(w).var(), np.var(table(w), axis=0, ddof=1)),
    "products": lambda w: (
        residuals(w) @ THREE,
        THREE @ residuals(w),
        np.outer(residuals(w), THREE),
        np.einsum("i,i->", residuals(w), THREE),
    ),
    "pairs": lambda w: residuals(w)[:, None] - residuals(w)[None, :],
    "conditions": lambda w: (
        residuals(w) > 0,
        np.any(residuals(w) > 100),
        np.all(residuals(w) > -100),
        mean(residuals(w) > 0),
        (residuals(w) > -1) & (THREE > 1),
        where(THREE > 1, residuals(w), w[0]),
        where(w[0] > 0, THREE, residuals(w)),
    ),
    "indices": lambda w: (
        residuals(w)[0],
        residuals(w)[-1],
        residuals(w)[::-1],
        residuals(w)[[0, 2]],
        residuals(w)[THREE > 1],
        residuals(w)[np.int64(1)],
        table(w)[:, 1],
        table(w)[1, :],
        table(w)[..., 0],
        table(w)[0:1],
    ),
    "loops": lambda w: (
        [i * r for i, r in enumerate(residuals(w))],
        sum(residuals(w)),
        [a * b for a, b in zip(residuals(w), THREE)],
    ),
    "in place": lambda w: changed(residuals(w), w),
    "an argument of a transform": lambda w: (
        grad(lambda v: autograd.sum(v**2 * THREE))(residuals(w)),
        jacobian(tanh)(residuals(w)),
    ),
    "jit inside": lambda w: jit(lambda v: autograd.sum(v * 2))(residuals(w)),
    "lists": lambda w: (residuals(w) - [1.0, 2.0, 3.0], residuals(w) * [w[0], w[1], 1.0]),
    "matrices": lambda w: (
        table(w) @ THREE,
        THREE @ table(w),
        table(w).T,
        table(w) - table(w).mean(axis=0),
        np.linalg.norm(table(w)),
    ),
    "closed over by a vmap": lambda w: (lambda v: vmap(lambda x: (x[0] * v, autograd.sum(v) * x[1], v[0]))(ROWS))(
        residuals(w)
    ),
    "returned by a vmap": lambda w: (lambda v: vmap(lambda x: v)(ROWS))(residuals(w)),
    "one sample": lambda w: (residuals(w, ROWS[:1]), jacobian(lambda w: residuals(w, ROWS[:1]))(w)),
    "no samples": lambda w: (
        residuals(w, ROWS[:0]) * 2,
        autograd.sum(residuals(w, ROWS[:0])),
        jacobian(lambda w: residuals(w, ROWS[:0]))(w),
    ),
    "what doesn't vary": lambda w: vmap(
        lambda x: {"number": 1.0, "w": w, "slope": grad(lambda a: 3 * a)(x[0]), "none": None}
    )(ROWS),
    "one of several, beside an infinite slope": lambda w: grad(lambda w: roots(w)[0])(w),
    "some of several": lambda w: hessian(lambda w: autograd.sum(roots(w)[np.array([0, 2])]))(w),
    "lanes without a tangent": lambda w: jvp(
        lambda w: autograd.sum(vmap(sqrt)(np.array([w[0], 0.0, w[1]], dtype=object))), (w,), (w,)
    ),
    "many": lambda w: (lambda v: (np.max(v), logsumexp(v), v[1:] - v[:-1], v @ v))(residuals(w, LONG)),
    "Jacobian of many": lambda w: jacobian(lambda w: residuals(w, LONG))(w),
}


@each_backend
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_people_write_is_the_same_under_jit(name: str, backend: str) -> None:
    f, w = PROGRAMS[name], np.array([0.3, 0.7])
    same(jit(f).lower(w).run(w, backend=backend), f(w))


def test_closures_over_values_and_lifted_numbers() -> None:
    W = Value(2.0)
    result = vmap(lambda x: W * x + x * x)(THREE)
    assert result.shape == (3,)
    autograd.sum(result).backward()
    assert W.grad == THREE.sum()
    assert grad(lambda w: autograd.sum(vmap(lambda x: w * x)(THREE)))(2.0) == THREE.sum()
    assert jvp(lambda w: autograd.sum(vmap(lambda x: w * w * x)(THREE)), (2.0,), (1.0,))[1] == 4 * THREE.sum()
    assert hessian(lambda w: autograd.sum(vmap(lambda x: w[0] * w[1] * x)(THREE)))(np.ones(2)).tolist() == [
        [0, 4.5],
        [4.5, 0],
    ]
    assert vmap(grad(lambda x: W * x * x))(THREE)[1].data == 6.0


def test_a_batch_is_taken_apart_with_a_warning_that_names_the_line() -> None:
    def f(w: Any) -> Any:
        return np.max(residuals(w))

    with pytest.warns(SlowWarning, match="batch of shape") as caught:
        jit(f)(np.array([0.3, 0.7]))
    assert [(each.filename, each.lineno) for each in caught] == [(__file__, inspect.getsourcelines(f)[1] + 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jit(lambda w: (residuals(w)[0], jacobian(residuals)(w), np.linalg.norm(residuals(w))))(np.array([0.3, 0.7]))


def test_what_a_batch_refuses() -> None:
    w = np.array([0.3, 0.7])
    for f, error, message in (
        (lambda w: 1.0 if residuals(w) > 0 else 2.0, TraceError, "where"),
        (lambda w: residuals(w)[w[0]], TraceError, "take"),
        (lambda w: residuals(w)[3], IndexError, "out of bounds"),
        (lambda w: residuals(w) + np.ones(4), ValueError, "broadcast"),
        (lambda w: residuals(w).astype(int), TraceError, "floats"),
        (lambda w: residuals(w).colour, AttributeError, "colour"),
        (lambda w: math.exp(residuals(w)), TypeError, "real number"),
    ):
        with pytest.raises(error, match=message):
            jit(f)(w)
