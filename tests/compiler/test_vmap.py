"""vmap: a function of one sample on a batch, against a loop over the samples."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, exp, grad, log, mean, sin, take, where
from autograd.compiler import jit, vmap
from autograd.compiler.program import COLUMN, DATA, REDUCE
from autograd.testing import Expression
from tests.compiler.compare import BACKENDS, NAMES, each_backend
from tests.compiler.programs import examples
from tests.derivatives import woven

SIZES = (1, 2, 7, 8, 9, 33)
each_size = pytest.mark.parametrize("n", SIZES)


def numbers(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(size=shape)


def near(ours: Any, right: Any) -> None:
    np.testing.assert_allclose(np.asarray(ours, dtype=float), np.asarray(right, dtype=float), rtol=1e-12, atol=1e-13)


def tree(ours: Any, right: Any) -> None:
    """Structures of arrays."""
    assert type(ours) is type(right)
    if isinstance(right, dict):
        assert ours.keys() == right.keys()
        ours, right = list(ours.values()), list(right.values())
    if isinstance(right, (tuple, list)):
        assert len(ours) == len(right)
        for a, b in zip(ours, right):
            tree(a, b)
    else:
        assert ours.shape == right.shape
        near(ours, right)


# --- A batch is a loop ---


@examples(4)
@given(e=woven(NAMES, 8), n=st.sampled_from(SIZES), backend=st.sampled_from(BACKENDS), first=st.integers(0, 3))
def test_random_expressions_on_a_batch_are_a_loop(e: Expression, n: int, backend: str, first: int) -> None:
    """All leaves but one have the numbers of the point; one has them for some samples, and is a bit off for others."""
    from tests.derivatives import program

    f = program(e)
    columns = [np.full(n, x) for x in e.point]
    k = first % len(columns)
    columns[k] = columns[k] * np.where(np.arange(n) % 2, 1.0 + 2.0**-20, 1.0)
    ours = jit(vmap(f)).lower(*columns).run(*columns, backend=backend)
    one = jit(f)
    np.testing.assert_allclose(ours, [one(*[float(c[s]) for c in columns]) for s in range(n)], rtol=1e-9, atol=1e-12)


@each_size
@each_backend
def test_structures_in_and_out(n: int, backend: str) -> None:
    def f(p: Any, x: Any, flag: Any = None) -> Any:
        return {"y": p["a"] * x[0] + p["b"], "z": [x * 2, x[1]], "same": p["b"]}

    p = {"a": numbers(n), "b": 0.5}
    x = numbers(n, 3)
    axes = ({"a": 0, "b": None}, 0)
    ours = jit(vmap(f, axes)).lower(p, x).run(p, x, backend=backend)
    assert ours.keys() == {"y", "z", "same"}
    near(ours["y"], p["a"] * x[:, 0] + 0.5)
    near(ours["z"][0], x * 2)
    near(ours["z"][1], x[:, 1])
    near(ours["same"], np.full(n, 0.5))  # it does not vary


@each_size
def test_axes_of_every_kind(n: int) -> None:
    X, w, M = numbers(n, 2), numbers(2), numbers(3, n, 2)

    def f(x: Any, w: Any) -> Any:
        return x[0] * w[1] - x[1]

    right = X[:, 0] * w[1] - X[:, 1]
    for backend in BACKENDS:
        near(jit(vmap(f, (0, None))).lower(X, w).run(X, w, backend=backend), right)
        near(jit(vmap(f, (1, None))).lower(X.T, w).run(X.T, w, backend=backend), right)
        near(jit(vmap(f, (-1, None))).lower(X.T, w).run(X.T, w, backend=backend), right)
        near(jit(vmap(lambda m: m, 1)).lower(M).run(M, backend=backend), np.moveaxis(M, 1, 0))
        near(jit(vmap(lambda m: m[2, 1], -2)).lower(M).run(M, backend=backend), M[2, :, 1])
        near(jit(vmap(lambda m: m, -1)).lower(M).run(M, backend=backend), np.moveaxis(M, -1, 0))
    near(jit(vmap(lambda p: p[0] * p[1]["b"], ((0, {"b": None}),)))((X[:, 0], {"b": 2.0})), X[:, 0] * 2.0)
    near(jit(vmap(lambda p, q: p[0] + q, (0, 0)))([X[:, 0], X[:, 1]], X[:, 1]), X.sum(axis=1))


@each_size
def test_called_by_itself_it_compiles_itself(n: int) -> None:
    x = numbers(n)
    traces = []

    def f(x: Any) -> Any:
        traces.append(1)
        return exp(x) - 1

    g = vmap(f)
    for _ in range(3):
        near(g(x), np.expm1(x))
    assert len(traces) == 1
    assert vmap(f).__name__ == "f"


def test_the_function_is_traced_once_whatever_the_size() -> None:
    traces = []
    x = numbers(1000)
    jit(vmap(lambda x: traces.append(1) or sin(x)))(x)  # type: ignore[func-returns-value]
    assert len(traces) == 1


@each_backend
@each_size
def test_mean_and_sum_reduce(n: int, backend: str) -> None:
    x, w = numbers(n, 2), numbers(2)

    def f(w: Any, X: Any) -> Any:
        y = vmap(lambda x: x[0] * w[0] + x[1])(X)
        z = vmap(lambda x: x[1] * w[1])(X)
        m = mean(y)
        return m, autograd.sum(y), log(mean(y * y) + 1), mean(y * z - 2 * m), mean((y - m) ** 2), y + z

    y, z = x[:, 0] * w[0] + x[:, 1], x[:, 1] * w[1]
    m = y.mean()
    right = m, y.sum(), math.log((y * y).mean() + 1), (y * z - 2 * m).mean(), y.var(), y + z
    for ours, expected in zip(jit(f).lower(w, x).run(w, x, backend=backend), right):
        near(ours, expected)


@pytest.mark.parametrize("n", SIZES[1:])
@each_backend
def test_a_batched_number_is_compared_with_its_mean(backend: str, n: int) -> None:
    x = numbers(n)

    def f(x: Any) -> Any:
        y = vmap(sin)(x)
        return mean(where(y > mean(y), y, -1.0)), where((y > 0) & (y < 0.5), 1.0, 0.0)

    y = np.sin(x)
    average, inside = jit(f).lower(x).run(x, backend=backend)
    near(average, np.where(y > y.mean(), y, -1.0).mean())
    near(inside, (y > 0) & (y < 0.5))


def test_two_batches_of_two_sizes_each_reduced() -> None:
    x, y = numbers(5), numbers(9)

    def f(a: Any, x: Any, y: Any) -> Any:
        return mean(vmap(lambda x: sin(a * x))(x)) * mean(vmap(lambda y: exp(a * y))(y)) + autograd.sum(vmap(abs)(y))

    right = np.sin(0.5 * x).mean() * np.exp(0.5 * y).mean() + np.abs(y).sum()
    for backend in BACKENDS:
        near(jit(f).lower(0.5, x, y).run(0.5, x, y, backend=backend), right)
    h = 1e-6
    slope = (jit(f)(0.5 + h, x, y) - jit(f)(0.5 - h, x, y)) / (2 * h)
    assert jit(grad(f))(0.5, x, y) == pytest.approx(slope, rel=1e-7)


def test_one_batch_after_another() -> None:
    """What the second vmap closes over was reduced from the first: a second round over the samples."""
    x = numbers(9)

    def f(x: Any) -> Any:
        m = mean(vmap(lambda x: x * x)(x))
        deviation = mean(vmap(lambda x: (x * x - m) ** 2)(x))
        return vmap(lambda x: (x * x - m) / deviation**0.5)(x)

    s = x * x
    for backend in BACKENDS:
        near(jit(f).lower(x).run(x, backend=backend), (s - s.mean()) / s.std())


def test_a_batched_number_is_mapped_again() -> None:
    x = numbers(8)

    def f(x: Any) -> Any:
        y = vmap(lambda x: x * 2)(x)
        return vmap(lambda y, x: y + x)(y, x)

    near(jit(f)(x), 3 * x)


def test_data_in_the_closure_goes_to_the_lanes() -> None:
    X, T = numbers(8, 2), numbers(8)

    def loss(w: Any) -> Any:
        return mean(vmap(lambda x, t: (w * x[0] + x[1] - t) ** 2)(X, T))

    program = jit(loss).lower(0.7)
    heads = [op[0] for op in program.program.ops]
    assert heads.count(DATA) == 3
    assert heads.count(REDUCE) == 1
    for backend in BACKENDS:
        near(program.run(0.7, backend=backend), ((0.7 * X[:, 0] + X[:, 1] - T) ** 2).mean())
    near(jit(grad(loss))(0.7), (2 * (0.7 * X[:, 0] + X[:, 1] - T) * X[:, 0]).mean())
    near(jit(lambda w: vmap(lambda k: w * k)(np.arange(5)))(2.0), 2.0 * np.arange(5))  # whole numbers
    near(jit(lambda w: vmap(lambda k: w * k)(np.array([True, False])))(2.0), [2.0, 0.0])


def test_a_transposed_and_a_reversed_argument_go_to_the_lanes_as_well() -> None:
    X = numbers(3, 6)
    program = jit(lambda X: (vmap(lambda x: x[0] - x[2])(X.T), vmap(sin)(X[0, ::-1]), vmap(sin)(X[1, ::2]))).lower(X)
    assert {op[0] for op in program.program.ops if op[2] and op[0] in (COLUMN, DATA)} == {COLUMN}
    for backend in BACKENDS:
        difference, backwards, every_second = program.run(X, backend=backend)
        near(difference, X[0] - X[2])
        near(backwards, np.sin(X[0, ::-1]))
        near(every_second, np.sin(X[1, ::2]))


def test_over_computed_numbers_it_is_unrolled() -> None:
    x = numbers(4)

    def f(x: Any) -> Any:
        return vmap(lambda y: sin(y))(x * 2), vmap(lambda y: y)(x[[2, 0, 3, 1]]), mean(vmap(lambda y: y * y)(x + 1))

    for backend in BACKENDS:
        ours = jit(f).lower(x).run(x, backend=backend)
        near(ours[0], np.sin(x * 2))
        near(ours[1], x[[2, 0, 3, 1]])
        near(ours[2], ((x + 1) ** 2).mean())
    near(jit(grad(lambda x: f(x)[2]))(x), 2 * (x + 1) / 4)


@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_map_inside_a_map(n: int) -> None:
    A, x = numbers(n, 4), numbers(4)

    def row(a: Any, x: Any) -> Any:
        return autograd.sum(vmap(lambda p, q: p * q)(a, x))

    for backend in BACKENDS:
        near(jit(vmap(row, (0, None))).lower(A, x).run(A, x, backend=backend), A @ x)
    inner = jit(vmap(lambda a, x: vmap(lambda p, q: sin(p * q))(a, x), (0, None)))
    near(inner(A, x), np.sin(A * x))
    near(jit(vmap(vmap(sin)))(A), np.sin(A))
    near(jit(vmap(vmap(sin, 0), 1))(A), np.sin(A.T))
    near(jit(vmap(vmap(lambda p, q: p * q, (None, 0)), (0, None)))(x, x), np.outer(x, x))


def test_a_map_inside_one_that_is_unrolled_has_its_axis_after_it() -> None:
    A, x = numbers(3, 4), numbers(4)
    near(jit(lambda A: vmap(vmap(sin))(A * 2))(A), np.sin(A * 2))
    near(jit(lambda A, x: vmap(lambda a: vmap(lambda p: p * a[0])(x))(A + 1))(A, x), np.outer(A[:, 0] + 1, x))
    near(jit(lambda A: vmap(lambda a: vmap(lambda p: p * a[0])(x))(A))(A), np.outer(A[:, 0], x))


def test_a_jitted_function_is_mapped_and_a_map_is_jitted_inside() -> None:
    x = numbers(5)
    near(jit(vmap(jit(sin)))(x), np.sin(x))
    near(vmap(jit(sin))(x), np.sin(x))
    near(jit(lambda x: jit(vmap(sin))(x) * 2)(x), np.sin(x) * 2)


def test_a_method_of_mapped_numbers_and_indices_by_sample() -> None:
    table = numbers(5)
    index = np.array([0.0, 4.0, -1.0, 2.0])
    rows = numbers(5, 2)
    for backend in BACKENDS:
        near(jit(vmap(lambda i: take(table, i))).lower(index).run(index, backend=backend), table[index.astype(int)])
        f = jit(vmap(lambda t, i: take(t, i), (None, 0))).lower(table, index)
        near(f.run(table, index, backend=backend), table[index.astype(int)])
        g = jit(vmap(lambda i: take(rows, i).sum() * 2)).lower(index)
        near(g.run(index, backend=backend), rows[index.astype(int)].sum(axis=1) * 2)
    X = numbers(4, 3)
    near(jit(vmap(lambda x, i: take(x, i)))(X, np.array([0.0, 2.0, 1.0, -1.0])), X[range(4), [0, 2, 1, -1]])
    slopes = jit(grad(lambda t: autograd.sum(vmap(lambda i: take(t, i) ** 2)(index))))(table)
    near(slopes, [2 * table[0], 0, 2 * table[2], 0, 4 * table[4]])


def test_what_does_not_vary_is_uniform() -> None:
    x = numbers(6)
    for backend in BACKENDS:
        program = jit(lambda w, x: (vmap(lambda x: w * 2)(x), mean(vmap(lambda x: x)(x)), vmap(lambda x: 3.0)(x)))
        same, average, constant = program.lower(5.0, x).run(5.0, x, backend=backend)
        tree([same, constant], [np.full(6, 10.0), np.full(6, 3.0)])
        near(average, x.mean())
    assert jit(grad(lambda w: mean(vmap(lambda x: w * x / x)(np.ones(4)))))(2.0) == 1.0


def test_the_gradient_inside_of_what_is_the_same_for_all_samples() -> None:
    """d/dw of a uniform number, taken by each sample for itself, and then added up."""
    x = numbers(6)
    f = jit(lambda w, x: autograd.sum(vmap(lambda x: grad(lambda w: w * w * 3)(w) + 0 * x)(x)))
    near(f(2.0, x), 6 * 12.0)


def test_an_array_of_batched_numbers_has_the_batch_axis_first() -> None:
    X = numbers(7, 2, 3)
    for backend in BACKENDS:
        out = jit(vmap(lambda x: x.T * 2)).lower(X).run(X, backend=backend)
        near(out, np.transpose(X, (0, 2, 1)) * 2)
    mixed = jit(lambda X: vmap(lambda x: np.array([x[0, 0], 5.0], dtype=object))(X))(X)
    near(mixed, np.stack([X[:, 0, 0], np.full(7, 5.0)], axis=1))


# --- Errors ---


def test_batches_have_to_agree() -> None:
    for args, axes, message in (
        ((np.ones(3), np.ones(4)), 0, r"sizes \[3, 4\]"),
        ((np.ones((3, 4)), np.ones(3)), (1, 0), r"sizes \[3, 4\]"),
        ((1.0, np.ones(3)), 0, "None in in_axes"),
        ((np.ones(3), np.ones(3)), (None, None), "say 0 in in_axes for one of them"),
        ((np.ones(3), np.ones(3)), (0,), "in_axes has 1 entries, and the function got 2 arguments"),
        ((np.ones(3), np.ones(3)), (0, 1), "no axis 1"),
        ((np.ones(3), np.ones(3)), (0, -2), "no axis -2"),
    ):
        with pytest.raises(ValueError, match=message):
            vmap(lambda x, y: x * y, axes)(*args)


def test_an_empty_batch_has_the_shape_of_no_samples() -> None:
    f = vmap(lambda x: {"rows": x * 2, "one": where(x[0] > 0, x[1], 1.0), "same": 3.0})
    for ours in (f(np.zeros((0, 2))), jit(lambda X: f(X))(np.zeros((0, 2)))):
        assert {name: x.shape for name, x in ours.items()} == {"rows": (0, 2), "one": (0,), "same": (0,)}
    assert jit(lambda X: autograd.sum(f(X)["one"]) + 1)(np.zeros((0, 2))) == 1.0


def test_mean_and_sum_need_a_batch() -> None:
    for function in (mean, autograd.sum):
        with pytest.raises(TypeError, match="vmap"):
            jit(lambda x, function=function: function(x))(1.0)
        with pytest.raises(TypeError, match="vmap"):
            jit(vmap(lambda x, function=function: function(x)))(np.ones(3))


def test_a_gradient_needs_one_number_not_a_batch() -> None:
    for function in (lambda f: f, jit):
        with pytest.raises(TypeError, match=r"one number, but returned an array of shape \(3,\)"):
            function(grad(lambda w: vmap(lambda x: x * w)(np.ones(3))))(1.0)


def test_samples_have_one_structure() -> None:
    counter = iter(range(10))

    def odd(x: Any) -> Any:
        return [x] * (1 + next(counter) % 2)

    with pytest.raises(ValueError, match="structures of different shapes"):
        vmap(odd)(np.array([Value(1.0), Value(2.0)]))


def test_a_batch_does_not_stay_open_after_an_error() -> None:
    def f(x: Any, fail: Any) -> Any:
        with contextlib.suppress(ZeroDivisionError):
            vmap(lambda z: 1 / 0)(x)
        return mean(vmap(lambda z: z)(x))

    assert jit(f)(np.array([1.0, 3.0]), True) == 2.0
