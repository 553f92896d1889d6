"""Values are Python's to the last bit: programs of + - · / and square roots whose sums have at most four terms."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from autograd import dot, grad, jit, maximum, sqrt, vmap, where
from autograd.compiler.passes.flatten import SHORT
from tests.compiler.compare import BACKENDS, each_backend

STEPS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "neg": operator.neg,
    "sqrt": lambda x: x.root(),
}
NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, 0.1, math.inf, math.nan, 1e10]), st.floats(-10, 10, width=32)
)


class Plain:
    """NumPy's numbers of one kind, which divide by 0 as compiled code does."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def _by(self, how: Callable[..., Any], *others: Any) -> Plain:
        return Plain(how(self.x, *[getattr(other, "x", type(self.x)(other)) for other in others]))

    def __add__(self, other: Any) -> Plain:
        return self._by(operator.add, other)

    def __sub__(self, other: Any) -> Plain:
        return self._by(operator.sub, other)

    def __mul__(self, other: Any) -> Plain:
        return self._by(operator.mul, other)

    def __truediv__(self, other: Any) -> Plain:
        return self._by(operator.truediv, other)

    def __neg__(self) -> Plain:
        return self._by(operator.neg)

    def root(self) -> Plain:
        return self._by(np.sqrt)

    def __float__(self) -> float:
        return float(self.x)


class Arithmetic(NamedTuple):
    """Steps of one function and the numbers of two earlier values; the last ones are the results."""

    steps: tuple[tuple[str, int, int], ...]
    points: tuple[tuple[float, ...], ...]

    def __call__(self, *xs: Any) -> list[Any]:
        known = list(xs)
        terms = [1] * len(xs)  # of the sum that a value is
        for name, i, j in self.steps:
            a, b = known[i % len(known)], known[j % len(known)]
            count = 1
            if name in "+-":
                count = terms[i % len(known)] + 1
                if count > SHORT:
                    a, count = a / 3.0, 2
            if name == "sqrt":
                known.append(a.root() if isinstance(a, Plain) else sqrt(a))
            else:
                known.append(STEPS[name](a) if name == "neg" else STEPS[name](a, b))
            terms.append(count)
        return known[len(xs) :]


def arithmetic(arguments: int = 4, points: int = 3) -> st.SearchStrategy[Arithmetic]:
    near = st.integers(0, 40)
    names = st.sampled_from(["+", "-", "*", "*", "+", "-", "/", "sqrt", "neg"])
    steps = st.lists(st.tuples(names, near, near), min_size=1, max_size=14)
    row = st.tuples(*[NUMBERS] * arguments)
    return st.builds(Arithmetic, steps.map(tuple), st.lists(row, min_size=points, max_size=points).map(tuple))


def same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    pairs = zip(map(float, found), map(float, expected), strict=True)
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in pairs)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@given(f=arithmetic())
@np.errstate(all="ignore")
def test_short_sums_are_those_of_python(dtype: str, f: Arithmetic) -> None:
    kind = np.dtype(dtype).type
    rows = [tuple(map(kind, point)) for point in f.points]
    truth = [[float(y) for y in f(*map(Plain, row))] for row in rows]
    if any(name == "/" for name, _, _ in f.steps):
        assume(all(y != 0.0 for row in truth for y in row))  # the sign of zero isn't kept
    compiled = jit(f, dtype=dtype).lower(*rows[0])
    batch = np.array(rows)
    by_samples = jit(lambda xs: vmap(lambda row: f(*row))(xs), dtype=dtype).lower(batch)
    for backend in BACKENDS:
        if dtype == "float32" and backend == "python":
            continue  # its arithmetic is float64
        for row, expected in zip(rows, truth):
            found = compiled.run(*row, backend=backend)
            assert same(found, expected), f"{backend} {row}: {found}, not {expected}\n{compiled}"
        columns = by_samples.run(batch, backend=backend)
        for column, expected in zip(columns, zip(*truth)):
            assert same(column, expected), f"{backend}, batch: {column}, not {expected}\n{by_samples}"


def rows_of(f: Callable[..., Any], count: int) -> Callable[..., Any]:
    """Many of the same sums side by side, which the kernel computes as rows."""
    return lambda *columns: [f(*[column[k] for column in columns]) for k in range(count)]


PAIRS: dict[str, Callable[..., Any]] = {
    "a·b - c·d": lambda a, b, c, d: a * b - c * d,
    "a·b + c·d": lambda a, b, c, d: a * b + c * d,
    "a·b + c": lambda a, b, c, d: a * b + c,
    "c - a·b": lambda a, b, c, d: c - a * b,
    "-a·b - c·d": lambda a, b, c, d: -(a * b) - c * d,
    "three": lambda a, b, c, d: a * b + c * d - a * d,
    "four": lambda a, b, c, d: a * b - c * d + a * d - b * c,
    "on the right": lambda a, b, c, d: a - (b * c - d),
    "a number first": lambda a, b, c, d: a + b * c + c * d - a * b,
    "a number within": lambda a, b, c, d: a * b + c + c * d + a * d,
    "a number taken away": lambda a, b, c, d: a * b + c * d - c,
    "a sum second": lambda a, b, c, d: a + (b * c - b * d),
    "numbers": lambda a, b, c, d: a - b + c - d,
    "with constants": lambda a, b, c, d: a * 0.1 + 0.3 - b * 0.7 + c * d,
    "sum": lambda a, b, c, d: autograd.sum([a * b, c * d, -a * d, b]),
    "dot": lambda a, b, c, d: dot([a, b, c], [b, c, d]),
    "builtin sum": lambda a, b, c, d: sum([a * b, c * d, b * d]),
}


@each_backend
@pytest.mark.parametrize("name", PAIRS)
def test_sums_side_by_side_are_those_of_python(backend: str, name: str) -> None:
    f, rng = PAIRS[name], np.random.default_rng(1)
    for count in (1, 2, 5, 9, 40):
        columns = [rng.normal(size=count) for _ in range(4)]
        numbers = [column.tolist() for column in columns]
        expected = rows_of(f, count)(*numbers)
        assert jit(rows_of(f, count)).lower(*numbers).run(*numbers, backend=backend) == expected
        by_samples = jit(lambda *columns: vmap(f)(*columns)).lower(*columns)
        assert by_samples.run(*columns, backend=backend).tolist() == expected
        first = columns[0].tolist()

        def shared(*xs: Any, count: int = count) -> Any:  # all rows have factors in common
            return [f(xs[0], x, xs[1], y) for x, y in zip(xs[:count], xs[::-1])]

        assert jit(shared).lower(*first, 0.3, 0.7).run(*first, 0.3, 0.7, backend=backend) == shared(*first, 0.3, 0.7)


@each_backend
def test_equal_products_cancel(backend: str) -> None:
    numbers = np.random.default_rng(0).normal(size=(40, 3)).tolist()

    def f(a: Any, b: Any, c: Any) -> Any:
        tie = maximum(a * b, b * a)
        ahead = where(a * b - c * b > c * b * 0 + (a * b - c * b), 1.0, 0.0)
        return sqrt(a * b - a * b), tie - a * b, ahead

    for a, b, c in numbers:
        assert jit(f).lower(a, b, c).run(a, b, c, backend=backend) == (0.0, 0.0, 0.0)
    assert jit(grad(lambda a, b: maximum(a * b, b * a))).lower(3.1, 0.7).run(3.1, 0.7, backend=backend) == 0.7


@each_backend
@pytest.mark.parametrize("length", [2, 3, 4, 5, 9, 33])
def test_of_equal_sums_the_difference_is_0(backend: str, length: int) -> None:
    x = np.random.default_rng(length).normal(size=length).tolist()
    f = jit(lambda x, y: sqrt(dot(x, x) - dot(y, y)))
    assert f.lower(x, x).run(x, x, backend=backend) == 0.0


def test_a_sum_is_one_instruction() -> None:
    def loop(xs: Any, ys: Any) -> Any:
        total = 0.0
        for x, y in zip(xs, ys):
            total = total + x * y
        return total

    for n in (2, 3, 4, 5, 50):
        for f in (loop, dot):
            counts = jit(f).lower([1.0] * n, [1.0] * n).counts()
            assert (counts["sum"], counts["terms"]) == (1, n)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constants_are_folded_in_the_range_of_float32(dtype: str) -> None:
    f = jit(lambda x: (x * 2.0**90) * 1e30, dtype=dtype)
    assert f(1e-30) == pytest.approx(2.0**90)
    for first, second in itertools.product((2.0**90, 2.0**-90, 3.0), (1e30, 1e-30, 2.0**60)):
        x = 1 / first / second if abs(math.log2(1 / first / second)) < 120 else 1.0
        with np.errstate(over="ignore"):
            expected = np.float32(np.float32(x) * np.float32(first)) * np.float32(second)
        found = jit(lambda x, a=first, b=second: (x * a) * b, dtype="float32", static_argnums=(1, 2))(x)
        assert found == pytest.approx(float(expected), rel=1e-6)
