"""One suite for all back ends: what each of them has to do with every program, whatever it is made of.

A back end that is added is one line of ``WAYS``. Random programs are held against the interpretation in ``programs.py``
to the last bit, random expressions against the truth.
"""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Final, NamedTuple

import numpy as np
import optree
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from autograd import (
    AnomalyError,
    MissingDependency,
    NoKernel,
    exp,
    grad,
    hvp,
    log,
    maximum,
    mean,
    sin,
    value_and_grad,
    where,
)
from autograd.compiler import backends, ieee, kernel
from autograd.compiler.backends.backend import Backend, Procedure
from autograd.compiler.backends.by_kernel import Kernel
from autograd.compiler.backends.by_numpy import NumPy
from autograd.compiler.backends.by_python import Python
from autograd.compiler.backends.checked import Checked
from autograd.compiler.batch import vmap
from autograd.compiler.compiled import Compiled
from autograd.compiler.jitted import jit
from autograd.compiler.kernel.lower import lower
from autograd.compiler.layout import Layout
from autograd.compiler.passes.simplify import simplify
from autograd.compiler.program import SOURCES, Program, values_in
from autograd.compiler.record.arguments import Arguments
from autograd.engine.rules import RULES
from autograd.testing import Expression, gradcheck
from autograd.testing.gradients.check import ULPS
from autograd.testing.strategies import drawn
from tests import truth
from tests.compiler.compare import COARSER, NAMES, by_list, check, compiled_for
from tests.compiler.programs import (
    Case,
    assert_close,
    assert_equal,
    examples,
    interpreted,
    layout_of,
    programs,
    reference,
    spread,
)
from tests.derivatives import woven


class Way(NamedTuple):
    """A back end, and what is different about it."""

    backend: type[Backend]
    ulps: float  # how far the result of a function may be off
    few_bits: bool = True  # its arithmetic in float32 has float32's bits
    only_finite: bool = False  # it stops where an operation makes a number that isn't finite of finite ones


WAYS: Final = (
    Way(Kernel, ulps=16.0),
    Way(NumPy, ulps=16.0),
    Way(Python, ulps=4.0, few_bits=False),
    Way(Checked, ulps=16.0, only_finite=True),
)
HERE: Final = tuple(way for way in WAYS if way.backend.available())

each_way = pytest.mark.parametrize("way", HERE, ids=[way.backend.__name__ for way in HERE])
each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])
needs_kernel = pytest.mark.skipif(not kernel.available(), reason="there is no compiled kernel")

TABLE = {name: RULES[name] for name in truth.FUNCTIONS if name != "stop_gradient"}
SHARP: Final = {name: rule for name, rule in TABLE.items() if name != "inverse_mills_slope"}  # which states more ulps
SIZES: Final = (1, 2, 7, 8, 9, 33)


def test_every_back_end_is_in_the_suite() -> None:
    assert {way.backend for way in WAYS} == {*backends.BACKENDS.values(), backends.chosen(check=True)}


# --- Programs ---


def procedure(program: Program, dtype: str = "float64", threads: int = 1) -> Procedure:
    """The program as a function of a list of numbers and an array: half of them each."""
    n = program.inputs // 2
    given_ = Layout(optree.tree_structure([0] * (n + 1)), [(None, 0)] * n + [((program.inputs - n,), 0)], dtype)
    parts: list[tuple[None, int]] = [(None, program.batch_of(value)) for value in program.outputs]
    return Procedure(program, given_, Layout(optree.tree_structure([0] * len(parts)), parts, dtype), dtype, threads)


def run(way: Way, program: Program, numbers: Sequence[float], dtype: str = "float64", threads: int = 1) -> Any:
    n = program.inputs // 2
    with np.errstate(over="ignore"):
        array = np.array(numbers[n:], dtype=dtype)
    return way.backend(procedure(program, dtype, threads)).call([*map(float, numbers[:n]), array], threads)


def is_refused(way: Way, program: Program, numbers: Sequence[float]) -> bool:
    """Whether an operation makes a number that isn't finite of finite ones, and the back end stops there."""
    known = reference(program, numbers)

    def finite(value: int) -> bool:
        return all(map(math.isfinite, spread(known[value], 0)))

    return way.only_finite and any(
        head not in SOURCES and not finite(value) and all(map(finite, values_in(head, operands)))
        for value, (head, operands, _) in enumerate(program.ops, start=program.inputs)
    )


@each_way
@examples(1)
@given(case=programs(exact=True), threads=st.integers(1, 3))
def test_it_computes_what_the_program_says(way: Way, case: Case, threads: int) -> None:
    program = simplify(case.program)
    if is_refused(way, program, case.numbers):
        with pytest.raises(AnomalyError):
            run(way, program, case.numbers)
    else:
        assert_equal(case, run(way, program, case.numbers, threads=threads), program)


@each_way
@examples(2)
@given(case=programs(exact=True, recorded=False, dtype="float32"))
def test_it_computes_long_sums_with_few_bits(way: Way, case: Case) -> None:
    program, numbers = case
    assume(not is_refused(way, program, numbers))
    results = run(way, program, numbers, "float32")
    assert_equal(case, results)
    for value, result in zip(program.outputs, results):
        assert result.dtype == np.float32 if program.batch_of(value) else type(result) is float


@each_way
@examples(2)
@given(case=programs())
def test_it_has_every_function_and_infinities_and_nan(way: Way, case: Case) -> None:
    program = simplify(case.program)
    try:
        results = run(way, program, case.numbers)
    except AnomalyError:
        assert way.only_finite
    else:
        assert_close(case, results, way.ulps, note=program)


@each_way
def test_every_function_is_what_it_is_at_the_ends_of_its_domain(way: Way) -> None:
    points = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 30.0, math.inf, -math.inf, math.nan)
    for rule in ieee.NATIVE:
        program = Program(rule.arity, [(rule, tuple(range(rule.arity)), 0)], [rule.arity])
        for operands in [(a,) for a in points] if rule.arity == 1 else [(a, b) for a in points for b in points]:
            if rule.name == "pow" and operands == (-math.inf, 0.5):
                continue  # where NumPy takes the square root
            (expected,) = interpreted(program, operands)
            if is_refused(way, program, operands):
                with pytest.raises(AnomalyError, match="div gives" if rule.name == "ratio" else f"{rule.name} gives"):
                    run(way, program, operands)
            else:
                (ours,) = run(way, program, operands)
                assert_close(Case(program, operands), [ours], way.ulps)
                assert math.isnan(ours) == math.isnan(expected), f"{rule.name}{operands}: {ours}, not {expected}"


@each_way
@examples(4)
@given(case=programs(exact=True, recorded=False))
def test_it_changes_no_number_that_it_is_given(way: Way, case: Case) -> None:
    program, numbers = case
    assume(not is_refused(way, program, numbers))
    array = np.array(numbers[program.inputs // 2 :])
    way.backend(procedure(program)).call([*numbers[: program.inputs // 2], array])
    assert array.tolist() == list(numbers[program.inputs // 2 :])


# --- Functions ---


def result(way: Way, f: Callable[..., Any], *args: Any, dtype: str = "float64") -> Any:
    return compiled_for(way.backend, f, *args, dtype=dtype).run(*args)


def near(ours: Any, right: Any, rtol: float = 1e-12) -> None:
    np.testing.assert_allclose(np.asarray(ours, dtype=float), np.asarray(right, dtype=float), rtol=rtol, atol=1e-13)


@each_way
def test_structures_go_in_and_come_out(way: Way) -> None:
    def f(p: Any, pair: Any, flag: Any) -> Any:
        a, (x, y) = p["a"], pair
        return {
            "sum": [a.sum() + x, (y,)],
            "same": (a, p["none"], flag, a[0], "text", True),
            "constant": [2.5, 2, -0.0, np.float64(4.0), np.array(5.0)],
            "arrays": (a * 2, np.array([x, 7.0], dtype=object), np.array([1.0, 2.0]), np.zeros((0, 3))),
            "empty": [(), {}],
        }

    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    out = result(way, f, {"a": a, "none": None}, (0.5, 3.0), "flag")
    assert out["sum"] == [10.5, (3.0,)]
    assert out["same"][1:3] == (None, "flag")
    assert out["same"][4:] == ("text", True)
    assert [out["same"][0].tolist(), out["same"][3].tolist()] == [a.tolist(), [1.0, 2.0]]
    assert repr(out["constant"]) == "[2.5, 2.0, -0.0, 4.0, 5.0]"
    assert [x.tolist() for x in out["arrays"][:3]] == [(a * 2).tolist(), [0.5, 7.0], [1.0, 2.0]]
    assert out["arrays"][3].shape == (0, 3)
    assert out["empty"] == [(), {}]
    for nothing in (lambda: (), lambda: None, lambda: 3.0):
        assert result(way, nothing) == nothing()


@each_way
def test_arguments_by_keyword_whole_numbers_and_views(way: Way) -> None:
    def f(x: Any, *, a: Any) -> Any:
        return x + a[0, 1] * 2

    a = np.arange(6).reshape(3, 2)
    compiled = Compiled(f, Arguments((3,), {"a": a}), "float64", 1, way.backend)
    for view in (a, a[::-1], a.astype("float32"), np.asfortranarray(a)):
        assert compiled.run(np.int8(3), a=view) == 3.0 + 2.0 * view[0, 1]


@each_way
def test_a_result_is_the_callers_own(way: Way) -> None:
    a = np.array([1.0, 2.0])
    program = compiled_for(way.backend, lambda a: (a, a * 2, a, np.array([5.0])), a)
    for _ in range(2):
        out = program.run(a)
        assert [x.tolist() for x in out] == [[1.0, 2.0], [2.0, 4.0], [1.0, 2.0], [5.0]]
        for x in out:
            x[:] = 99.0
        assert a.tolist() == [1.0, 2.0]


@each_way
@pytest.mark.parametrize("n", SIZES)
def test_a_batch_is_a_loop(way: Way, n: int) -> None:
    X, T, w = np.linspace(-1.0, 1.0, 2 * n).reshape(n, 2), np.linspace(0.5, 2.0, n), 0.7

    def each(w: Any, x: Any, t: Any) -> Any:
        return where(x[0] < t, exp(w * x[0]) - x[1], t), [x * w, 3.0]

    def f(w: Any, X: Any) -> Any:
        y, rest = vmap(each, (None, 0, 0))(w, X, T)  # T is data
        m = mean(y)
        deviation = mean((y - m) ** 2)  # a second round over the samples
        return y, rest, m, deviation, vmap(lambda x: x[0] - x[1])(X[::-1])

    y, rest, m, deviation, backwards = result(way, f, w, X)
    right = np.array([each(w, x, t)[0] for x, t in zip(X, T)])
    near(y, right)
    near(rest[0], X * w)
    near(rest[1], np.full(n, 3.0))
    near([m, deviation], [right.mean(), right.var()])
    near(backwards, X[::-1, 0] - X[::-1, 1])


@each_way
def test_two_batches_and_their_gradient(way: Way) -> None:
    x, y = np.linspace(-1.0, 1.0, 5), np.linspace(0.0, 1.0, 9)

    def f(a: Any, x: Any, y: Any) -> Any:
        return mean(vmap(lambda x: sin(a * x + 1))(x)) * mean(vmap(lambda y: exp(a * y))(y))

    value, slope = result(way, value_and_grad(f), 0.5, x, y)
    left, right = np.sin(0.5 * x + 1), np.exp(0.5 * y)
    near(value, left.mean() * right.mean())
    near(slope, (x * np.cos(0.5 * x + 1)).mean() * right.mean() + left.mean() * (y * right).mean())


@each_way
@each_dtype
def test_a_gradient_over_a_batch_in_both_types(way: Way, dtype: str) -> None:
    X = np.random.default_rng(0).normal(size=(37, 3))
    w = np.array([0.3, -0.2, 1.0])

    def loss(w: Any, X: Any) -> Any:
        return mean(vmap(lambda x: log(1 + (w * x).sum() ** 2))(X))

    z = X @ w
    right = (2 * z / (1 + z * z))[:, None] * X
    slopes = result(way, grad(loss), w, X, dtype=dtype)
    assert slopes.dtype == dtype
    near(slopes, right.mean(axis=0), rtol=1e-12 if dtype == "float64" else 2e-5)


@each_way
def test_float32_is_computed_with_few_bits(way: Way) -> None:
    y, squares, x, big = result(
        way, lambda x, a: (x + 1e-9, a * a, x, x * 1e30), 1.0, np.array([3.0, 1 / 3]), dtype="float32"
    )
    assert (y, x) == (1.0, 1.0)
    assert squares.dtype == np.float32
    assert squares.tolist() == pytest.approx([9.0, 1 / 9], rel=1e-7)
    assert [type(y), big] == [float, float(np.float32(1e30))]
    small = result(way, lambda x: (1.0 + x) - 1.0 * x * 1e8 * 1e-8, 2.0**-26, dtype="float32")
    assert small == pytest.approx(1.0, abs=1e-7)
    lost = result(way, lambda x: maximum(1.0 + x, 0.0) - 1.0, 2.0**-30, dtype="float32")
    assert lost == (0.0 if way.few_bits else 2.0**-30)


@each_way
def test_what_is_beyond_float32_is_infinite(way: Way) -> None:
    f = compiled_for(way.backend, lambda x: vmap(lambda a: a * 1e30)(x), np.ones(3), dtype="float32")
    if way.only_finite:
        with pytest.raises(AnomalyError, match=r"mul gives inf at .* in sample 0"):
            f.run(np.full(3, 1e30))
    else:
        assert f.run(np.full(3, 1e30)).tolist() == [math.inf] * 3


@each_way
def test_infinite_and_missing_arguments_go_through(way: Way) -> None:
    def chosen(x: Any, y: Any, a: Any) -> Any:
        return [x, y * 2, where(y > 1, y, x), vmap(lambda b: -b)(a)]

    f = compiled_for(way.backend, chosen, 1.0, 1.0, np.ones(3))
    infinite = f.run(math.inf, 1.0, np.array([math.inf, -math.inf, 1.0]))
    assert infinite[:3] == [math.inf, 2.0, math.inf]
    assert infinite[3].tolist() == [-math.inf, math.inf, -1.0]
    missing = f.run(math.nan, 2.0, np.array([1.0, math.nan, 0.5]))
    assert math.isnan(missing[0])
    assert missing[1:3] == [4.0, 2.0]
    assert np.isnan(missing[3]).tolist() == [False, True, False]


@each_way
@pytest.mark.parametrize("index", [0.0, 0.9, 2.0, 2.99, -1.0, -0.5, -3.0, 3.0, -3.5, math.nan, math.inf])
def test_take_is_a_row_or_not_a_number(way: Way, index: float) -> None:
    f = compiled_for(way.backend, lambda i, a, b, c: autograd.take([a, b, c], i), 0.0, 1.0, 2.0, 3.0)
    if -3.0 <= index < 3.0:
        assert f.run(index, 1.0, 2.0, 3.0) == [1.0, 2.0, 3.0][math.floor(index)]
    elif way.only_finite and math.isfinite(index):
        with pytest.raises(AnomalyError, match="take gives nan"):
            f.run(index, 1.0, 2.0, 3.0)
    else:
        assert math.isnan(f.run(index, 1.0, 2.0, 3.0))


@each_way
def test_0_and_minus_0_are_two_constants(way: Way) -> None:
    zeros = result(way, lambda x: [0.0, -0.0, autograd.atan2(0.0, x), autograd.atan2(-0.0, x)], -1.0)
    assert repr(zeros) == repr([0.0, -0.0, math.pi, -math.pi])


@each_way
def test_long_sums_and_long_programs(way: Way) -> None:
    a = np.arange(6_000.0)

    def f(a: Any) -> Any:
        x = a[0]
        for _ in range(2_000):
            x = sin(x) + 0.5
        return autograd.dot(a, list(a)), x, a * 2

    total, x, doubled = result(way, f, a)
    y = 0.0
    for _ in range(2_000):
        y = math.sin(y) + 0.5
    near([total, x], [float(a @ a), y])
    near(doubled, a * 2)


# --- Repeating ---


@each_way
@pytest.mark.parametrize("n", [1, 2, 5])
def test_times_is_that_many_calls(way: Way, n: int) -> None:
    def step(state: Any, rate: Any) -> Any:
        return {"x": state["x"] - rate * state["v"], "v": state["v"] * 0.9 + 0.25, "w": state["w"][::-1] * 2, "t": "t"}

    state: Any = {"x": 0.3, "v": 1.0, "w": np.array([1.0, 2.0, 0.7]), "t": "t"}
    f = compiled_for(way.backend, step, state, 0.1)
    ours = f.call([state["v"], state["w"], state["x"], 0.1], 1, n)
    for _ in range(n):
        state = f.run(state, 0.1)
    assert [ours["x"], ours["v"], ours["t"]] == [state["x"], state["v"], "t"]
    assert ours["w"].tolist() == state["w"].tolist()


@each_way
def test_times_feeds_arguments_to_each_other_at_once(way: Way) -> None:
    assert compiled_for(way.backend, lambda s: (s[1], s[0]), (1.0, 2.0)).call([1.0, 2.0], 1, 3) == (2.0, 1.0)
    fibonacci = compiled_for(way.backend, lambda s: (s[1], s[0] + s[1]), (0.0, 1.0))
    assert fibonacci.call([0.0, 1.0], 1, 10) == (55.0, 89.0)
    backwards = compiled_for(way.backend, lambda a: a[::-1], np.arange(4.0))
    assert backwards.call([np.arange(4.0)], 1, 5).tolist() == [3.0, 2.0, 1.0, 0.0]
    assert compiled_for(way.backend, lambda s: (), ()).call([], 1, 3) == ()


@each_way
def test_times_of_a_batched_state(way: Way) -> None:
    x = np.linspace(0.1, 0.9, 11)
    right = x
    for _ in range(3):
        right = 4 * right * (1 - right)
    near(compiled_for(way.backend, vmap(lambda x: 4 * x * (1 - x)), x).call([x], 1, 3), right)


# --- As an object ---


@each_way
def test_a_call_is_the_same_before_and_after_preparing_and_each_time(way: Way) -> None:
    f = compiled_for(way.backend, lambda x, a: (x * x, a + x), 1.0, np.ones(2))
    first = f.call([3.0, np.ones(2)])
    f.backend.prepare()
    f.backend.prepare()
    again = f.call([3.0, np.ones(2)])
    assert (first[0], first[1].tolist()) == (again[0], again[1].tolist()) == (9.0, [4.0, 4.0])


@each_way
def test_several_python_threads_call_it_at_once(way: Way) -> None:
    f = compiled_for(way.backend, lambda x, a: autograd.sum(sin(x * k) * a[k % 3] for k in range(50)), 1.0, np.ones(3))
    a = np.array([0.0, 1.0, 2.0])
    right = [math.fsum(math.sin(x * k) * a[k % 3] for k in range(50)) for x in range(16)]
    barrier = threading.Barrier(4)

    def work(thread: int) -> None:
        barrier.wait()
        for x in range(thread, 16 + thread):
            near(f.call([float(x % 16), a]), right[x % 16], rtol=1e-11)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def test_the_kernel_is_chosen_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, expected in ((True, Kernel), (False, NumPy)):
        monkeypatch.setattr(kernel, "available", lambda available=available: available)
        assert backends.chosen(check=False) is expected
        assert backends.chosen(check=True) is Checked


def test_a_back_end_that_is_asked_for_is_there_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in backends.BACKENDS:
        if backends.BACKENDS[name].available():
            assert backends.named(name) is backends.BACKENDS[name]
    with pytest.raises(ValueError, match='backend is "c", "numpy" or "python", not \'fortran\''):
        backends.named("fortran")
    monkeypatch.setattr(kernel, "available", lambda: False)
    with pytest.raises(MissingDependency, match=r'"c" needs the compiled kernel.*"numpy"'):
        jit(lambda x: x).lower(1.0).run(1.0, backend="c")


# --- Random expressions ---


def spread_of_digits(e: Expression) -> bool:
    """Whether float32 holds the point and the constants, and what is computed of them."""
    return all(x == 0.0 or 1e-20 < abs(x) < 1e20 for x in map(float, e.slots(*e.point)))


def rounded(e: Expression) -> Expression | None:
    """The expression at numbers that float32 has; None where that takes it out of its domain."""
    shorter = Expression(
        tuple(float(np.float32(x)) for x in e.point), e.steps, tuple(float(np.float32(x)) for x in e.constants)
    )
    try:
        slopes = grad(shorter.apply, tuple(range(len(e.point))))(*shorter.point)
    except (ArithmeticError, ValueError):
        return None
    return shorter if spread_of_digits(shorter) and all(abs(x) < 1e9 for x in slopes) else None


def may_stop(way: Way) -> AbstractContextManager[None]:
    """Numbers on the way may not be finite, in a branch that is not taken say; one back end stops there."""
    return suppress(AnomalyError) if way.only_finite else nullcontext()


def of_point(way: Way, f: Callable[..., Any], e: Expression, dtype: str = "float64") -> Compiled:
    return compiled_for(way.backend, f, *e.point, dtype=dtype)


@each_way
@examples(8)
@given(e=drawn(SHARP, max_size=10, reach=1e100))
def test_the_gradient_is_the_truth(way: Way, e: Expression) -> None:
    compiled = of_point(way, value_and_grad(e.apply, tuple(range(len(e.point)))), e)
    with may_stop(way):
        gradcheck((e.apply, lambda *xs: compiled.run(*xs)[1]), *e.point)


@each_way
@examples(16)
@given(e=drawn(TABLE, max_size=8, reach=1e9))
def test_the_gradient_in_float32_is_the_truth_to_its_digits(way: Way, e: Expression) -> None:
    shorter = rounded(e)
    assume(shorter is not None)
    assert shorter is not None
    compiled = of_point(way, grad(shorter.apply, tuple(range(len(e.point)))), shorter, "float32")
    with may_stop(way):
        gradcheck((shorter.apply, compiled.run), *shorter.point, ulps=ULPS * COARSER["float32"])


@each_dtype
@each_way
@examples(16)
@given(e=woven(NAMES))
def test_value_and_gradient_are_the_eager_ones(way: Way, dtype: str, e: Expression) -> None:
    with may_stop(way):
        check(lambda f: value_and_grad(f, tuple(range(len(e.point)))), e, way.backend, dtype)


@each_way
@examples(12)
@given(e=woven(NAMES), v=st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4))
def test_the_hessian_times_a_direction_is_the_eager_one(way: Way, e: Expression, v: list[float]) -> None:
    with may_stop(way):
        check(by_list(lambda f: lambda xs: hvp(f, xs, v[: len(xs)])), e, way.backend)


@each_way
@pytest.mark.parametrize("name", ["silu", "gelu", "erf", "erfc", "ndtr", "atan", "tanh", "softplus"])
def test_at_large_numbers_and_infinity_a_slope_in_float32_is_its_limit(way: Way, name: str) -> None:
    slope = compiled_for(way.backend, grad(RULES[name]), 1.0, dtype="float32")
    for x in (1e17, 1e19, 1e25, 1e38, math.inf):
        for at in (x, -x):
            with may_stop(way):  # at x² on the way to exp(-x²)
                assert slope.run(at) == pytest.approx(grad(RULES[name])(at), rel=1e-6, abs=1e-34)


# --- The functions of floats, which all of them are held against ---


def test_functions_of_floats_are_those_of_ieee_754() -> None:
    """Where ``math`` raises, numpy knows."""
    points = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -2.5, 3.0, 800.0, -800.0, math.inf, -math.inf, math.nan)
    one = {
        "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
        "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
        "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "cbrt": np.cbrt,
        "acosh": np.arccosh, "atanh": np.arctanh, "abs": np.abs, "floor": np.floor,
    }  # fmt: skip
    two = {"ratio": np.divide, "pow": np.power, "hypot": np.hypot, "atan2": np.arctan2}
    with np.errstate(all="ignore"):
        for name, ufunc in {**one, **two}.items():
            for a in points:
                for b in points if name in two else (None,):
                    operands = (a,) if b is None else (a, b)
                    if name == "pow" and operands == (-math.inf, 0.5):
                        continue  # where NumPy takes the square root
                    ours, theirs = ieee.apply(RULES[name], operands), float(ufunc(*operands))
                    at = f"{name}{operands}: {ours}, not {theirs}"
                    if math.isfinite(theirs):
                        assert ours == pytest.approx(theirs, rel=1e-14), at
                    else:
                        assert repr(ours) == repr(theirs), at


# --- The kernel's blocks and threads ---


def in_c(program: Program, numbers: Sequence[float], dtype: str, width: int, threads: int) -> list[Any]:
    """The program in the kernel, with blocks of that many vectors."""
    layout = layout_of(program)
    lowered = lower(program, layout)
    sections = [
        kernel.Section(s.batch > 0, s.begin, s.end, width, s.batch, s.slots, s.accumulators, s.end)
        for s in lowered.sections
    ]
    code = kernel.Code(lowered.words, sections, lowered.memory, dtype)
    memory = np.full(lowered.memory, math.nan, dtype=dtype)  # what isn't written shows
    memory[: program.inputs] = numbers
    for start, constants in lowered.constants:
        memory[start : start + len(constants)] = constants
    code.run(memory, threads=threads)
    out = []
    for output in layout:
        at = program.inputs + output.start
        stop = at + output.stride * max(output.samples - 1, 0) + 1
        out.append(memory[at : stop : output.stride] if output.samples else float(memory[at]))
    assert np.array_equal(memory[: program.inputs], np.array(numbers, dtype=dtype), equal_nan=True)
    return out


@needs_kernel
@examples(1)
@given(case=programs(exact=True), width=st.sampled_from(kernel.WIDTHS), threads=st.integers(1, 3))
def test_at_every_width_the_kernel_computes_what_the_program_says(case: Case, width: int, threads: int) -> None:
    assert_equal(case, in_c(simplify(case.program), case.numbers, "float64", width, threads))


@needs_kernel
@examples(2)
@given(case=programs(exact=True, recorded=False, dtype="float32"), width=st.sampled_from(kernel.WIDTHS))
def test_at_every_width_the_kernel_computes_with_few_bits(case: Case, width: int) -> None:
    assert_equal(case, in_c(case.program, case.numbers, "float32", width, 1))


def test_without_the_kernel_the_first_call_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "available", lambda: False)
    monkeypatch.setattr(backends, "_first", threading.Lock())
    with pytest.warns(NoKernel, match=r"python -m autograd\.compiler\.kernel\.build") as told:
        numbers = [jit(f)(3.0) for f in (lambda x: x * x, lambda x: x * x * x)]
    assert numbers == [9.0, 27.0]
    assert len(told) == 1
    assert told[0].filename == __file__
