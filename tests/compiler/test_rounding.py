"""Values are Python's to the last bit: programs of + - · / and square roots whose sums have at most four terms."""

from __future__ import annotations

import ctypes
import itertools
import math
import operator
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import dot, grad, jit, maximum, sqrt, vmap, where
from autograd.compiler import kernel
from autograd.compiler.backends.by_kernel import Kernel
from autograd.compiler.compiled import Compiled
from autograd.compiler.passes.flatten import SHORT
from autograd.compiler.record.arguments import Arguments
from tests.compiler import javascript
from tests.compiler.compare import BACKENDS, each_backend
from tests.compiler.test_source import c_function, needs_cc, run_javascript, run_source

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


def truth_of(f: Arithmetic, dtype: str) -> tuple[list[tuple[Any, ...]], list[list[float]]]:
    """Points in that type, and what Python computes there."""
    kind = np.dtype(dtype).type
    rows = [tuple(map(kind, point)) for point in f.points]
    truth = [[float(y) for y in f(*map(Plain, row))] for row in rows]
    if any(name == "/" for name, _, _ in f.steps):
        assume(all(y != 0.0 for row in truth for y in row))  # the sign of zero isn't kept
    return rows, truth


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@given(f=arithmetic())
@np.errstate(all="ignore")
def test_short_sums_are_those_of_python(dtype: str, f: Arithmetic) -> None:
    rows, truth = truth_of(f, dtype)
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


# --- On each instruction set, and as a text ---


def by_instruction_set(compiled: Compiled, name: str, *args: Any) -> Any:
    """The result of the kernel with other instructions than the machine's best."""
    backend = Kernel(compiled._procedure)
    backend.prepare()
    assert backend._once is not None
    backend._once._best = kernel.instruction_sets()[name]
    return backend.call(Arguments(args, {}).numbers)


@pytest.mark.skipif(not kernel.available(), reason="there is no compiled kernel")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("instructions", kernel.instruction_sets() if kernel.available() else [])
@given(f=arithmetic())
@np.errstate(all="ignore")
def test_short_sums_are_those_of_python_on_each_instruction_set(instructions: str, dtype: str, f: Arithmetic) -> None:
    rows, truth = truth_of(f, dtype)
    compiled = jit(f, dtype=dtype).lower(*rows[0])
    for row, expected in zip(rows, truth):
        found = by_instruction_set(compiled, instructions, *row)
        assert same(found, expected), f"{row}: {found}, not {expected}\n{compiled}"
    batch = np.array(rows * 7)  # a block of samples, and one that isn't full
    by_samples = jit(lambda xs: vmap(lambda row: f(*row))(xs), dtype=dtype).lower(batch)
    columns = by_instruction_set(by_samples, instructions, batch)
    for column, expected in zip(columns, zip(*truth * 7)):
        assert same(column, expected), f"batch: {column}, not {expected}\n{by_samples}"


OPTIONS: Final = (
    ("-O2",),
    ("-O2", "-march=native"),
    ("-O3", "-march=native", "-ffp-contract=fast"),
    ("-O0", "-march=native", "-ffp-contract=fast"),
)


each_compiler = pytest.mark.parametrize("compiler", [name for name in ("gcc", "clang") if shutil.which(name)] or ["cc"])


@needs_cc
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@each_compiler
@settings(max_examples=max(settings.default.max_examples // 5, 5))
@given(f=arithmetic(), options=st.sampled_from(OPTIONS))
@np.errstate(all="ignore")
def test_short_sums_are_those_of_python_in_generated_c(
    folder: Path, compiler: str, dtype: str, f: Arithmetic, options: tuple[str, ...]
) -> None:
    rows, truth = truth_of(f, dtype)
    compiled = jit(lambda xs: [f(*xs), vmap(lambda row: f(*row))(np.array([xs, xs]))], dtype=dtype)
    source = compiled.lower(np.array(rows[0])).to_c()
    function = c_function(source, folder, "f", *options, compiler=compiler)
    for row, expected in zip(rows, truth):
        given_, out = np.array(row, dtype=dtype), np.zeros(3 * len(expected), dtype=dtype)
        function(given_.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p))
        assert same(out, [*expected, *np.repeat(expected, 2)]), f"{row}: {out.tolist()}, not {expected}\n{source}"


@given(f=arithmetic())
@np.errstate(all="ignore")
def test_short_sums_are_those_of_python_in_generated_sources(f: Arithmetic) -> None:
    rows, truth = truth_of(f, "float64")
    compiled = jit(f).lower(*rows[0])
    for row, expected in zip(rows, truth):
        assert same(run_source(compiled, row), expected), compiled.to_python()
        if javascript.NODE is not None:
            assert same(run_javascript(compiled, row), expected), compiled.to_javascript()


@needs_cc
@each_compiler
@pytest.mark.parametrize("options", OPTIONS)
def test_in_generated_c_no_product_is_half_of_an_instruction(
    folder: Path, compiler: str, options: tuple[str, ...]
) -> None:
    def f(a: Any, b: Any, c: Any, w: Any) -> Any:
        return a * b - c * b, where(w > 0, a * b, w) - w, maximum(a * b, w) - c, c - a * b, (a * b, a * b + w)

    numbers = np.random.default_rng(0).normal(size=(200, 2)).tolist()
    function = c_function(jit(f).lower(1.0, 1.0, 1.0, 1.0).to_c(), folder, "f", *options, compiler=compiler)
    for a, b in numbers:
        out = (ctypes.c_double * 6)()
        function((ctypes.c_double * 4)(a, b, a, abs(a)), out)
        *expected, last = f(a, b, a, abs(a))
        assert list(out) == [*expected, *last]


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
