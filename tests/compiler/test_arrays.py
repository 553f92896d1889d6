"""Arrays inside a compiled function: what NumPy does to whole arrays of floats, it does to arrays of traced numbers."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import optree
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import TraceError, Value, clip, exp, grad, jvp, maximum, mean, minimum, take, value_and_grad, where
from autograd.compiler import jit, vmap
from tests.compiler.compare import BACKENDS, each_backend
from tests.compiler.programs import examples

Function = Callable[..., Any]

FEW = [-2.0, -0.5, 0.0, 0.5, 1.0, 3.0]  # so that there are ties
ODD = [*FEW, math.nan, math.inf, -math.inf]
SHAPES = [(1,), (4,), (2, 3), (2, 1, 3)]


def arrays(numbers: list[float], shapes: list[tuple[int, ...]] = SHAPES, count: int = 2) -> Any:
    """Several arrays of one shape."""

    def of_shape(shape: tuple[int, ...]) -> Any:
        size = math.prod(shape)
        one = st.lists(st.sampled_from(numbers), min_size=size, max_size=size).map(lambda xs: np.reshape(xs, shape))
        return st.tuples(*[one] * count)

    return st.sampled_from(shapes).flatmap(of_shape)


def same(ours: Any, eager: Any) -> None:
    """Equal to a few ulps, NaN to NaN; arrays are plain ones of floats."""
    if isinstance(eager, (tuple, list)):
        assert len(ours) == len(eager)
        for x, y in zip(ours, eager):
            same(x, y)
        return
    assert type(ours) is (np.ndarray if np.ndim(eager) else float)
    assert np.shape(ours) == np.shape(eager)
    np.testing.assert_allclose(ours, np.asarray(eager, dtype=float), rtol=1e-14, atol=1e-15)


# --- Comparisons and choices ---

CONDITIONS: dict[str, Function] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "array < number": lambda x, y: x < 0.5,
    "number < array": lambda x, y: 0.5 < x,  # noqa: SIM300
    "number >= array": lambda x, y: np.float64(0.5) >= x,
    "array < known array": lambda x, y: x < np.linspace(-1, 1, x.size).reshape(x.shape),
    "known array < array": lambda x, y: np.linspace(-1, 1, x.size).reshape(x.shape) < x,
    "array > its element": lambda x, y: x > x.flat[0],
    "element > array": lambda x, y: x.flat[0] > y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != 0.5,
    "astype": lambda x, y: ((x > y).astype(float) > 0.5) | (y.astype(float) > 1),
    "np.less": lambda x, y: np.less(x, y),
    "np.greater_equal.outer": lambda x, y: np.greater_equal.outer(x, y),
    "broadcast": lambda x, y: x > y.ravel()[:, None].max(axis=0),
    "&": lambda x, y: (x > 0) & (y > 0),
    "|": lambda x, y: (x > 0) | (y > 0),
    "~": lambda x, y: ~(x > 0),
    "& of one": lambda x, y: (x > 0) & (y.flat[0] > 0),
    "one &": lambda x, y: (y.flat[0] > 0) & (x > 0),
    "one |": lambda x, y: (y.flat[0] > 0) | (x > 0),
    "& of known": lambda x, y: (x > 0) & (np.arange(x.size).reshape(x.shape) % 2 == 0),
    "known |": lambda x, y: (np.arange(x.size).reshape(x.shape) % 2 == 0) | (x > 0),
    "one & known": lambda x, y: (x.flat[0] > 0) & np.array([True, False]),
    "~ of known": lambda x, y: ~(np.zeros_like(x) > 0),
    "np.logical_and": lambda x, y: np.logical_and(x, y > 0),
    "np.logical_or": lambda x, y: np.logical_or(x > 0, y),
    "np.logical_not": lambda x, y: np.logical_not(x),
    "any": lambda x, y: (x > y).any(),
    "all of an axis": lambda x, y: np.all(x > y, axis=0),
    "any number": lambda x, y: x.any(),
    "np.isnan": lambda x, y: np.isnan(x),
    "np.isinf": lambda x, y: np.isinf(x),
    "np.isfinite": lambda x, y: np.isfinite(x),
}


@each_backend
@pytest.mark.parametrize("name", CONDITIONS)
@examples(20)
@given(xy=arrays(ODD))
def test_a_condition_on_whole_arrays_is_that_of_their_elements(name: str, backend: str, xy: tuple[Any, Any]) -> None:
    condition = CONDITIONS[name]

    def f(x: Any, y: Any) -> Any:
        c = condition(x, y)
        return c, where(c, 1.0, 2.0), where(~c, x.flat[0], y.flat[-1])

    same(jit(f).lower(*xy).run(*xy, backend=backend), f(*xy))


CHOICES: dict[str, Function] = {
    "where": lambda x, y: where(x > y, x, 0.5 * y),
    "where of one condition": lambda x, y: where(x.flat[0] > 0, x, y) > 0.5,
    "where of one condition and known arrays": lambda x, y: where(x.flat[0] > 0, np.ones(3), np.zeros(3)) > 0.5,
    "where of known conditions": lambda x, y: where(np.array([True, False]), x.flat[0], 1.0) > 0.5,
    "np.where": lambda x, y: np.where(x > y, x, 0.5 * y),
    "np.where of lists": lambda x, y: np.where(x.ravel()[:1] > 0, [1.0, 2.0], [3.0, 4.0]),
    "np.where of one condition": lambda x, y: np.where(x.flat[0] > 0, x, y),
    "np.where of known conditions": lambda x, y: np.where(np.arange(x.size).reshape(x.shape) > 0, x, y) > 0.5,
    "maximum": lambda x, y: maximum(x, 0),
    "minimum": lambda x, y: minimum(x, y),
    "clip": lambda x, y: clip(x, -1.0, y),
    "np.maximum": lambda x, y: np.maximum(x, 0),
    "np.minimum": lambda x, y: np.minimum(0.5, x),
    "np.clip": lambda x, y: np.clip(x, -1, 1),
    "method clip": lambda x, y: x.clip(min=0),
    "max": lambda x, y: x.max(),
    "min of an axis": lambda x, y: x.min(axis=-1, keepdims=True),
    "max of all axes": lambda x, y: np.max(x, axis=tuple(range(x.ndim)), initial=-9.0),
    "np.ptp": lambda x, y: np.ptp(x, axis=0),
    "np.maximum.accumulate": lambda x, y: np.maximum.accumulate(x),
    "np.sign": lambda x, y: np.sign(x),
    "np.floor": lambda x, y: np.floor(x * 0.7),
    "count": lambda x, y: (x > y).sum(),
    "count along an axis": lambda x, y: (x > y).cumsum(axis=0),
    "how many of": lambda x, y: np.mean(x > y, axis=0),
    "a factor": lambda x, y: (x > 0) * y + 2.0 * (y > 0) * (x > 0),
}


@each_backend
@pytest.mark.parametrize("name", CHOICES)
@examples(20)
@given(xy=arrays(FEW))
def test_a_choice_on_whole_arrays_is_that_of_their_elements(name: str, backend: str, xy: tuple[Any, Any]) -> None:
    f = CHOICES[name]
    same(jit(f).lower(*xy).run(*xy, backend=backend), f(*xy))


KEEPS: dict[str, Function] = {
    "row": lambda A: A[1],
    "slice": lambda A: A[::-1, 1:],
    "chosen rows": lambda A: A[[1, 0, 1]],
    "new axis": lambda A: A[:, None],
    "reshape": lambda A: A.reshape(3, 2),
    "ravel": lambda A: A.ravel(),
    "flatten": lambda A: A.flatten(),
    "copy": lambda A: np.copy(A),
    "T": lambda A: A.T,
    "moveaxis": lambda A: np.moveaxis(A, 0, 1),
    "iteration": lambda A: next(iter(A)),
    "arithmetic": lambda A: 2 * A - A / 3 + A**2,
    "element times known": lambda A: A[0, 0] * np.arange(3.0),
    "known times element": lambda A: np.arange(3.0) * A[0, 0],
    "-": lambda A: -A,
    "abs": lambda A: abs(A),
    "in place": lambda A: operator.iadd(A.copy(), 1),
    "@": lambda A: A @ np.arange(3.0),
    "known @": lambda A: np.arange(2.0) @ A,
    "@ of both": lambda A: A @ A.T,
    "np.dot": lambda A: np.dot(A, A[0]),
    "dot": lambda A: A.dot(A[0]),
    "np.outer": lambda A: np.outer(A[0], A[1]),
    "sum": lambda A: A.sum(axis=0),
    "mean": lambda A: A.mean(axis=1),
    "std": lambda A: A.std(axis=1) + np.var(A, axis=1, ddof=1),
    "np.stack": lambda A: np.stack([A[0], A[1], np.ones(3)]),
    "np.stack of numbers": lambda A: np.stack([A[0, 0], A[1, 2]]),
    "np.concatenate": lambda A: np.concatenate([np.zeros(2), A[0]]),
    "np.hstack": lambda A: np.hstack([A, A]),
    "np.split": lambda A: np.split(A, 2)[1],
    "np.diff": lambda A: np.diff(A),
    "np.diag": lambda A: np.diag(A[0]),
    "np.pad": lambda A: np.pad(A, 1),
    "exp": lambda A: exp(A),
    "np.exp": lambda A: np.exp(A),
    "np.hypot": lambda A: np.hypot(np.ones(3), A),
    "element and known": lambda A: maximum(A[0, 0], np.arange(3.0)),
    "take": lambda A: take(A, A[0, 0] > 0) if A.dtype == float else take(A, where(A[0, 0] > 0, 1.0, 0.0)),
    "where": lambda A: where(A > 0, A, 0.25),
    "vmap": lambda A: vmap(lambda row: row)(A + 1) if A.dtype == object else A + 1,
    "grad": lambda A: grad(lambda B: (B * B).sum())(A) if A.dtype == object else 2 * A,
}


@pytest.mark.parametrize("name", KEEPS)
@examples(20)
@given(A=arrays(FEW, [(2, 3)], 1))
def test_what_comes_of_an_array_can_be_compared_again(name: str, A: tuple[Any]) -> None:
    def f(A: Any) -> Any:
        B = KEEPS[name](A)
        return B > 0.5, np.maximum(B, 1.0)

    same(jit(f)(*A), f(*A))


def test_norms_products_and_means_are_numpys() -> None:
    A, x = np.arange(6.0).reshape(2, 3) - 2, np.array([1.0, -2.0, 3.0])
    functions: list[Function] = [
        lambda A, x: np.linalg.norm(x),
        lambda A, x: np.linalg.norm(A, axis=0),
        lambda A, x: [sum(x), x.sum(), x.mean(), x.prod(), x.std(), np.vdot(x, x)],
        lambda A, x: [np.sum(x[0]), np.sum(A[0, 0] > 0), np.maximum(x[0], 2.0), np.hypot(2.0, x[0])],
        lambda A, x: [np.trace(A), np.cumsum(x), np.inner(x, x), np.tensordot(A, x, 1), np.kron(x, x)],
        lambda A, x: [np.sqrt(x * x), np.square(x), np.tanh(x), np.fabs(x), np.arctan2(1.0, x), np.float_power(x, 2)],
    ]
    for f in functions:
        same(jit(f)(A, x), f(A, x))


# --- Derivatives and batches ---


@pytest.mark.parametrize("backend", BACKENDS)
@examples(5)
@given(xy=arrays([-2.0, -0.5, 0.3, 1.0, 3.0], [(4,), (2, 2)]))
def test_gradients_through_choices_of_arrays_are_the_eager_ones(backend: str, xy: tuple[Any, Any]) -> None:
    def f(x: Any, y: Any) -> Any:
        a = where((x > 0) & (y < 1), x * x, 0.5 * y)
        return (a + maximum(x, y) + clip(x * y, -1.2, 2.2)).sum() + where(x > y, x * y, exp(x)).mean()

    f_and_slopes = value_and_grad(f, (0, 1))
    same(jit(f_and_slopes).lower(*xy).run(*xy, backend=backend), f_and_slopes(*xy))


def test_the_gradient_of_a_maximum_goes_to_the_largest() -> None:
    x = np.array([[1.0, 5.0], [7.0, 2.0]])
    same(jit(grad(lambda x: x.max()))(x), np.array([[0.0, 0.0], [1.0, 0.0]]))
    same(jit(grad(lambda x: x.max(axis=0).sum()))(x), np.array([[0.0, 1.0], [1.0, 0.0]]))
    same(jit(grad(lambda x: x.max()))(np.array([3.0, 3.0])), np.array([0.5, 0.5]))


def test_no_gradient_comes_from_the_branch_that_was_not_taken() -> None:
    x = np.array([-1.0, 0.0, 4.0])
    slopes = jit(grad(lambda x: where(x > 0, autograd.sqrt(where(x > 0, x, 1.0)), 0.0 * x).sum()))(x)
    same(slopes, np.array([0.0, 0.0, 0.25]))


@each_backend
@examples(5)
@given(A=arrays(FEW, [(5, 3), (1, 3)], 1))
def test_in_a_batch_arrays_compare_per_sample(backend: str, A: tuple[Any]) -> None:
    def one(row: Any) -> Any:
        return where(row > row[::-1], row, -row), row.max() - row.min(), (row > 0).sum()

    choice, spread, count = jit(vmap(one)).lower(*A).run(*A, backend=backend)
    eager = [one(row) for row in A[0]]
    same([choice, spread, count], [np.array(part) for part in zip(*eager)])


def test_conditions_are_counted_over_a_batch() -> None:
    X = np.array([[1.0, 2.0], [-3.0, 1.0], [0.5, 0.0]])
    same(jit(lambda X: mean(vmap(lambda row: row.sum() > 0)(X)))(X), 2 / 3)
    same(jit(lambda X: autograd.sum(vmap(lambda row: row[1] > 0.5)(X)))(X), 2.0)


# --- What kind of arrays they are ---


def test_inside_it_is_numpys_array_and_a_leaf() -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append((isinstance(x, np.ndarray), x.dtype == object, optree.tree_leaves({"x": x})[0] is x))
        return x

    jit(f)(np.ones(3))
    jit(grad(lambda x: f(x).sum()))(np.ones(3))
    vmap(f)(np.ones((2, 3)))
    assert seen == [(True, True, True)] * 3


def test_a_copy_of_an_argument_may_be_changed() -> None:
    x = np.array([1.0, -2.0, 3.0])

    def f(x: Any) -> Any:
        x = x.copy()
        x += 1
        x[0] = 5.0
        x *= x > 0
        return x

    same(jit(f)(x), np.array([5.0, 0.0, 4.0]))
    assert x.tolist() == [1.0, -2.0, 3.0]


def test_arrays_of_values_stay_numpys_own() -> None:
    x = np.array([Value(1.0), Value(-2.0)])
    for y in (exp(x), x * 2, maximum(x, 0.0), where(x > 0, x, 0 * x)):
        assert type(y) is np.ndarray
        assert isinstance(y[0], Value)
    assert (x > 0).tolist() == [True, False]


def test_a_compiled_function_inside_another_takes_its_arrays() -> None:
    x = np.array([1.0, -2.0])
    inner = jit(lambda y: where(y > 0, y, -y))
    same(jit(lambda x: inner(x * 2))(x), np.array([2.0, 4.0]))
    same(jit(lambda x: where(x > 1, x / 2, x)).repeat(3)(np.array([8.0, 0.5])), np.array([1.0, 0.5]))


# --- What needs the numbers ---

BRANCH = r"where\(condition, a, b\)"
FUNCTIONS = r"autograd's functions"
REFUSED: dict[str, tuple[Function, str]] = {
    "if": (lambda x, y: x if x > 0 else y, BRANCH),
    "if any": (lambda x, y: x if (x > 0).any() else y, BRANCH),
    "chained comparison": (lambda x, y: where(0 < x < 1, x, y), BRANCH),
    "max of two": (lambda x, y: max(x, y), BRANCH),
    "max of elements": (lambda x, y: max(x), BRANCH),
    "sorted": (lambda x, y: sorted(x), BRANCH),
    "sort": (lambda x, y: np.sort(x), BRANCH),
    "argmax": (lambda x, y: x.argmax(), BRANCH),
    "np.median": (lambda x, y: np.median(x), BRANCH),
    "np.where of one": (lambda x, y: np.where(x > 0), BRANCH),
    "np.array": (lambda x, y: np.array([x[0], x[1]]) > 0, r"np\.stack"),
    "np.asarray": (lambda x, y: np.asarray(x) > 0, r"np\.asanyarray"),
    "np.nextafter": (lambda x, y: np.nextafter(x, y), FUNCTIONS),
    "np.heaviside": (lambda x, y: np.heaviside(x, y), FUNCTIONS),
    "np.linalg.inv": (lambda x, y: np.linalg.inv(np.outer(x, y)), FUNCTIONS),
    "np.fft": (lambda x, y: np.fft.fft(x), FUNCTIONS),
    "np.interp": (lambda x, y: np.interp(0.5, x, y), FUNCTIONS),
    "+ of conditions": (lambda x, y: (x > 0) + 1.0, r"where\(condition, 1\.0, 0\.0\)"),
    "astype of whole numbers": (lambda x, y: x.astype(int), "leave them as they are"),
    "float array in place": (lambda x, y: operator.iadd(np.ones(3), x), r"y = y \+ x"),
    "float array's element": (lambda x, y: operator.setitem(np.ones(3), 0, x[0]), "dtype=object"),
    "text": (lambda x, y: x + "1", "str"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_the_numbers_of_an_array_is_refused_with_the_line_and_the_way_out(name: str) -> None:
    f, cure = REFUSED[name]
    x = np.array([1.0, 2.0, -1.0])
    for g, args in (
        (f, (x, x[::-1])),
        (grad(lambda x, y: autograd.sum(f(x, y))), (x, x[::-1])),
        (vmap(f), (np.stack([x, -x]), np.stack([-x, x]))),
    ):
        with pytest.raises(TraceError, match=f"(?s){cure}") as caught:
            jit(g)(*args)
        assert f"{__file__}:{inspect.getsourcelines(f)[1]}" in str(caught.value)


def test_a_value_that_meets_an_array_is_refused() -> None:
    w = Value(3.0)
    functions: list[Function] = [
        lambda x: x * w,
        lambda x: w * x,
        lambda x: x > w,
        lambda x: np.less(w, x),
        lambda x: maximum(w, x),
        lambda x: where(x > 0, w, x),
    ]
    for f in functions:
        with pytest.raises(TraceError) as caught:
            jit(f)(np.ones(2))
        assert __file__ in str(caught.value)


def test_numpy_says_that_there_is_no_largest_of_none() -> None:
    with pytest.raises(ValueError, match="zero-size"):
        jit(lambda x: x[:0].max())(np.ones(2))


def test_a_value_or_a_dual_on_the_left_of_an_array_is_refused() -> None:
    x = np.array([0.5, 2.0])
    w = Value(1.0, label="w")
    for f in (lambda x: where(w < x, 1.0, 0.0), lambda x: where(w >= x, x, 0.0), lambda x: x > w):
        with pytest.raises(TraceError, match="Value"):
            jit(f)(x)
    with pytest.raises(TraceError):
        jvp(lambda z: jit(lambda x: where(z < x, x, 0.0).sum())(x), (1.0,), (1.0,))


def test_all_and_any_of_nothing() -> None:
    assert jit(lambda x: where(np.any(x[:0] > 0), 1.0, 0.0))(np.ones(3)) == 0.0
    assert jit(lambda x: where(np.all(x[:0] > 0), 1.0, 0.0))(np.ones(3)) == 1.0
