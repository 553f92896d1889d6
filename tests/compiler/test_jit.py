"""The compiled function as an object: its cache, its calls, repeat, check, pickling, threads, what it prints."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import functools
import gc
import itertools
import math
import pickle
import sys
import threading
import weakref
from collections import OrderedDict, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import AnomalyError, TraceError, Value, exp, grad, log, mean, sqrt, value_and_grad
from autograd.compiler import jit, kernel, vmap
from autograd.compiler.backends.by_kernel import Kernel
from autograd.compiler.compiled import Compiled
from autograd.compiler.jitted import CACHE_SIZE, Jitted
from autograd.testing import check_engine
from tests.compiler.compare import BACKENDS, each_backend
from tests.compiler.programs import examples, reference


class Counting:
    """A function that counts how often it is traced."""

    def __init__(self) -> None:
        self.traces = 0

    def __call__(self, x: Any, *rest: Any, **kwargs: Any) -> Any:
        self.traces += 1
        return x * 2


# --- The cache ---


def test_a_function_is_traced_once_for_each_structure_shape_and_static_value() -> None:
    count = Counting()
    f = jit(count)
    calls: list[Any] = [
        lambda: f(1.0),
        lambda: f(np.ones(2)),
        lambda: f(np.ones((2, 1))),
        lambda: f(1.0, 2.0),
        lambda: f(1.0, [2.0]),
        lambda: f(1.0, (2.0,)),
        lambda: f(1.0, True),
        lambda: f(1.0, False),
        lambda: f(1.0, "a"),
        lambda: f(1.0, None),
        lambda: f(1.0, y=2.0),
        lambda: f(1.0, {"y": 2.0}),
    ]
    for k, call in enumerate(calls, start=1):
        for _ in range(3):
            call()
        assert count.traces == k
    f(3)
    assert f(np.float32(3.0)) == f(np.array(3.0)) == f(np.int64(3)) == 6.0
    assert type(f(np.float64(3.0))) is float
    f(np.arange(2))
    f(np.array([True, False]))
    assert count.traces == len(calls), "other numbers, and numbers of other kinds, are no other program"


def test_what_came_before_makes_no_difference() -> None:
    """A call like the last one takes a shorter way; one that only looks like it does not."""
    np = pytest.importorskip("numpy")

    def f(p: Any, flag: Any = None) -> Any:
        total = sum(list(np.ravel(p["x"]))) if getattr(p["x"], "ndim", 0) else 2 * p["x"]
        return {"y": total * p["k"], "flag": flag}

    calls: list[tuple[Any, ...]] = [
        ({"x": 3.0, "k": 2.0},),
        ({"x": np.float64(3.0), "k": 2},),
        ({"x": np.array([1.0, 2.0]), "k": 2.0},),
        ({"x": np.array([1, 2]), "k": 2.0},),
        ({"x": np.array([True, True]), "k": 2.0},),
        ({"x": np.array([1.0, 2.0], dtype="float32"), "k": 2.0},),
        ({"x": np.array([1.0, 2.0])[::-1], "k": 2.0},),
        ({"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "k": 2.0},),
        ({"x": np.array(3.0), "k": 2.0},),
        ({"k": 2.0, "x": 3.0}, True),
        ({"k": 2.0, "x": 3.0}, None),
        ({"k": True, "x": 3.0}, None),
    ]
    compiled = jit(f)
    for call, before in itertools.product(calls, repeat=2):
        compiled(*before)
        assert compiled(*call) == f(*call)
    compiled(*calls[0])
    with pytest.raises(KeyError):
        compiled({"x": 3.0})
    with pytest.raises(TypeError, match="complex"):
        compiled({"x": np.array([1j, 2j]), "k": 2.0})


def test_kinds_of_dicts_are_told_apart() -> None:
    """Whatever came before: their order is part of some, and a function may give back what it was given."""
    kinds: list[Any] = [
        {"a": 1.0, "b": 2.0},
        OrderedDict(a=1.0, b=2.0),
        OrderedDict(b=2.0, a=1.0),
        defaultdict(float, a=1.0, b=2.0),
    ]
    same = jit(lambda p, q: [p, list(q.values())])
    for p, q in itertools.product(kinds, repeat=2):
        for before in kinds:
            same(before, before)
            result, values = same(p, q)
            assert (type(result), list(result.items())) == (type(p), list(p.items()))
            assert values == list(q.values())


def test_more_threads_than_there_can_be_are_as_many_as_there_can_be() -> None:
    assert jit(lambda x: 2.0 * x, threads=2**31)(1.5) == 3.0


def test_the_mean_of_many_float32_numbers_loses_nothing() -> None:
    numbers = np.random.default_rng(0).uniform(1.0, 2.0, 2_000_000).astype("float32")
    mean_of_all = jit(lambda x: mean(vmap(lambda a: a)(x)), dtype="float32")(numbers)
    assert mean_of_all == pytest.approx(float(numbers.mean(dtype="float64")), rel=2e-7)


def test_the_cache_is_bounded() -> None:
    count = Counting()
    f = jit(count)
    for n in range(1, CACHE_SIZE + 11):
        f(np.ones(n))
    assert len(f._compiled) == CACHE_SIZE
    f(np.ones(CACHE_SIZE + 10))
    assert count.traces == CACHE_SIZE + 10
    f(np.ones(1))  # was dropped
    assert count.traces == CACHE_SIZE + 11


def test_a_failed_trace_is_not_kept() -> None:
    count = Counting()

    @jit
    def f(x: Any) -> Any:
        count.traces += 1
        return 1.0 if count.traces > 1 else float(x)

    with pytest.raises(TraceError):
        f(1.0)
    assert f(1.0) == 1.0


def test_a_compiled_function_is_freed() -> None:
    class Model:
        pass

    model = Model()
    f = jit(lambda x: x * 2 if model else x)
    f(1.0)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


# --- What goes in and comes out ---


def test_results_of_every_kind() -> None:
    @jit
    def f(x: Any, a: Any) -> Any:
        return {
            "constant": 3.0,
            "whole": 2,
            "input": x,
            "array": a,
            "entry": a[0],
            "none": None,
            "text": "hello",
            "flag": True,
            "known": np.array([1.0, 2.0]),
            "mixed": np.array([x, 7.0], dtype=object),
            "empty": (),
            "scalar": np.float64(4.0),
            "zero_d": np.array(5.0),
        }

    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    out = f(0.5, a)
    assert [out[k] for k in ("constant", "whole", "input", "scalar", "zero_d")] == [3.0, 2.0, 0.5, 4.0, 5.0]
    assert all(type(out[k]) is float for k in ("constant", "whole", "input", "scalar"))
    assert (out["none"], out["text"], out["flag"], out["empty"]) == (None, "hello", True, ())
    assert out["array"].tolist() == a.tolist()
    assert out["entry"].tolist() == [1.0, 2.0]
    assert out["known"].tolist() == [1.0, 2.0]
    assert out["mixed"].tolist() == [0.5, 7.0]


def test_arguments_are_left_alone_and_may_be_views() -> None:
    a = np.arange(12.0).reshape(3, 4)
    f = jit(lambda a: a.sum() + a[0, 0] * 0)
    for view in (a.T, a[::-1, ::2], a[1:, 1:], np.asfortranarray(a), a.astype(np.float32)):
        assert f(view) == view.sum()
    assert a.tolist() == np.arange(12.0).reshape(3, 4).tolist()


def test_nothing_in_or_out() -> None:
    assert jit(lambda: 3.0)() == 3.0
    assert jit(lambda: None)() is None
    assert jit(lambda x: [])(1.0) == []
    assert jit(lambda a: a)(np.zeros((0, 3))).shape == (0, 3)
    assert jit(lambda a, x: (a, x + autograd.sum(a)))(np.zeros(0), 2.0)[1] == 2.0
    assert jit(lambda *xs: xs)() == ()
    for backend in BACKENDS:
        assert jit(lambda a: (a, 1.0)).lower(np.zeros(0)).run(np.zeros(0), backend=backend)[1] == 1.0


def test_methods_partials_and_callable_objects() -> None:
    class Model:
        def __init__(self, w: float) -> None:
            self.w = w
            self.compiled = jit(self.predict)

        @functools.partial(jit, static_argnums=0)
        def scaled(self, x: Any) -> Any:
            return x * self.w

        def predict(self, x: Any) -> Any:
            return x + self.w

        __hash__ = object.__hash__

    model, other = Model(3.0), Model(5.0)
    assert [model.scaled(2.0), other.scaled(2.0), Model.scaled(model, 4.0)] == [6.0, 10.0, 12.0]
    assert [model.compiled(2.0), other.compiled(2.0)] == [5.0, 7.0]
    assert jit(functools.partial(lambda a, x: a * x, 4.0))(2.0) == 8.0
    assert functools.partial(jit(lambda a, x: a * x), 4.0)(2.0) == 8.0
    assert jit(Counting())(2.0) == 4.0
    assert jit(math.hypot if False else autograd.hypot)(3.0, 4.0) == 5.0


def test_it_looks_like_the_function() -> None:
    def area(radius: Any) -> Any:
        """Of a circle."""
        return radius * radius * math.pi

    f = jit(area)
    assert (f.__name__, f.__doc__, f.__wrapped__) == ("area", "Of a circle.", area)  # type: ignore[attr-defined]
    assert "area" in repr(f)


def test_wrong_arguments_are_pythons_own_errors() -> None:
    f = jit(lambda x: x)
    with pytest.raises(TypeError):
        f()
    with pytest.raises(TypeError):
        f(1.0, 2.0)
    with pytest.raises(TypeError, match="jit takes a function"):
        jit(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="float16"):
        jit(abs, dtype="float16")
    for threads in (0, 1.5):
        with pytest.raises(ValueError, match="threads"):
            jit(abs, threads=threads)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::autograd.SlowWarning")
def test_values_and_other_transforms_go_through_it() -> None:
    f = jit(lambda x, y: x * y + exp(x))
    x = Value(0.5)
    y = f(x, 2.0)
    assert isinstance(y, Value)
    y.backward()
    assert x.grad == 2.0 + math.exp(0.5)
    assert isinstance(f(np.array(x, dtype=object), 2.0), Value)
    array = np.array([Value(1.0), Value(2.0)])
    assert f(array, 3.0)[1].data == 6.0 + math.exp(2.0)
    from mpmath import mpf

    assert grad(f)(mpf(0), mpf(2)) == 3


# --- The program ---


def test_the_program_prints_and_counts_and_runs() -> None:
    f = jit(value_and_grad(lambda w, x: (w[0] * x + w[1]) ** 2))
    program = f.lower([1.0, 2.0], 3.0)
    assert isinstance(program, Compiled)
    text = str(program)
    assert text.startswith("program (")
    assert text.splitlines()[-1].startswith("return ")
    counts = program.counts()
    assert counts["terms"] >= counts["sum"] > 0
    assert set(counts) <= {"sum", "terms", "constant", "reduce"}
    for backend in (*BACKENDS, None):
        assert program.run([1.0, 2.0], 3.0, backend=backend) == (25.0, [30.0, 10.0])
    assert f.lower([5.0, 6.0], 7.0) is program


def test_a_program_runs_on_its_shapes_only() -> None:
    program = jit(lambda p, x: p[0] * p[1] + x).lower((1.0, 2.0), 3.0)
    for args in (((1.0, 2.0),), ((1.0, 2.0, 3.0), 4.0), (np.ones(2), 3.0), ((1.0, 2.0), True), (1.0, (2.0, 3.0))):
        with pytest.raises(ValueError, match="shapes"):
            program.run(*args)
    with pytest.raises(ValueError, match="'fortran'"):
        program.run((1.0, 2.0), 3.0, backend="fortran")


def test_every_stage_of_the_making_computes_the_same() -> None:
    X = np.linspace(-1.0, 1.0, 5)
    f = jit(grad(lambda w, X: mean(vmap(lambda x: exp(w[0] * x) / w[1] + 0.0 * x)(X))))
    stages = f.stages([0.5, 2.0], X)
    assert list(stages) == ["trace", "fold", "share", "prune", "flatten"]
    assert str(stages["flatten"]) == str(f.lower([0.5, 2.0], X))
    known = [reference(p, [0.5, 2.0, *X]) for p in stages.values()]
    results = [[k[x] for x in p.outputs] for k, p in zip(known, stages.values())]
    for result in results[1:]:
        assert result == pytest.approx(results[0], rel=1e-14)


def test_long_programs_print_short() -> None:
    program = jit(lambda a: autograd.sum(a)).lower(np.ones(500))
    assert "more" in str(program).splitlines()[0]
    assert len(str(program).splitlines()[0]) < 400


def test_without_a_kernel_numpy_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "available", lambda: False)
    monkeypatch.setattr(kernel, "Code", lambda *args: pytest.fail("there is none"))
    f = jit(grad(lambda x: x**3))
    assert f(2.0) == 12.0
    assert jit(lambda x: x * 2).repeat(3)(1.0) == 8.0
    swap = jit(lambda s, a: (s[1], [s[0][0] + a, s[0][1]])).repeat(2)
    assert swap(([1.0, 2.0], [3.0, 4.0]), 5.0) == ([6.0, 2.0], [8.0, 4.0])


# --- float32 and threads ---


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_threads_share_a_batch(dtype: str) -> None:
    X = np.random.default_rng(0).normal(size=(1001, 3))
    w = np.array([0.3, -0.2, 1.0])

    def loss(w: Any, X: Any) -> Any:
        return mean(vmap(lambda x: log(1 + (w * x).sum() ** 2))(X)), vmap(lambda x: x[0] * w[1])(X)

    one, each = jit(loss, dtype=dtype)(w, X)
    for threads in (2, 3, 7):
        several, as_many = jit(loss, dtype=dtype, threads=threads)(w, X)
        assert several == pytest.approx(one, rel=1e-12 if dtype == "float64" else 1e-5)
        assert as_many.tolist() == each.tolist()


def test_threads_call_one_function_at_once() -> None:
    count = Counting()

    @jit
    def f(x: Any, a: Any) -> Any:
        count.traces += 1
        return autograd.sum(autograd.sin(x * k) * a[k % 3] for k in range(300))

    right = {x: sum(math.sin(x * k) * (k % 3) for k in range(300)) for x in range(20)}
    barrier = threading.Barrier(8)

    def work(thread: int) -> None:
        barrier.wait()
        for k in range(100):
            x = (k * 7 + thread) % 20
            assert f(float(x), np.array([0.0, 1.0, 2.0])) == pytest.approx(right[x], rel=1e-12, abs=1e-12)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert count.traces == 1


def test_threads_trace_and_repeat_at_once() -> None:
    @jit
    def step(x: Any) -> Any:
        return x * 0.5 + 1.0

    def work(n: int) -> None:
        assert step.repeat(n)(0.0) == pytest.approx(2.0 - 2.0 ** (1 - n))
        assert jit(grad(lambda x: x**n))(1.0) == n

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [1, 2, 3, 4, 5, 6, 7, 8] * 5))


# --- Pickling: by reference ---


@jit
def doubled(x: Any) -> Any:
    return x * 2


def halved(x: Any) -> Any:
    return x / 2


compiled_half = jit(halved, dtype="float32")


class Holder:
    @jit
    def tripled(self, x: Any) -> Any:
        return x * 3


def test_a_decorated_function_pickles_by_reference() -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(doubled, protocol)) is doubled
    assert doubled(2.0) == 4.0


def test_a_compiled_function_of_another_name_pickles_with_its_options() -> None:
    again = pickle.loads(pickle.dumps(compiled_half))
    assert isinstance(again, Jitted)
    assert (again.function, again.dtype, again(3.0)) == (halved, "float32", 1.5)


def test_a_method_pickles() -> None:
    assert pickle.loads(pickle.dumps(Holder.tripled)) is Holder.tripled


def test_a_compiled_lambda_does_not_pickle_and_says_so() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(jit(lambda x: x))


# --- repeat ---


@each_backend
@examples(10)
@given(n=st.sampled_from([0, 1, 2, 5]), x=st.floats(-2, 2), rate=st.floats(0, 1))
def test_repeat_is_that_many_calls(backend: str, n: int, x: float, rate: float) -> None:
    def step(state: Any, rate: Any, *, shift: Any) -> Any:
        return {"x": state["x"] - rate * state["v"], "v": state["v"] * 0.9 + shift, "w": state["w"][::-1] * 2}

    f = jit(step)
    state = {"x": x, "v": 1.0, "w": np.array([1.0, 2.0, x])}
    ours = f.repeat(n)(state, rate, shift=0.25)
    for _ in range(n):
        state = f.lower(state, rate, shift=0.25).run(state, rate, shift=0.25, backend=backend)
    assert ours["x"] == pytest.approx(state["x"], rel=1e-14, abs=1e-15)
    assert ours["v"] == pytest.approx(state["v"], rel=1e-14)
    assert ours["w"].tolist() == state["w"].tolist()


def test_repeat_0_gives_the_argument_back() -> None:
    state = [1.0, np.ones(2)]
    assert jit(lambda s: s).repeat(0)(state) is state


def test_repeat_feeds_inputs_to_each_other_at_once() -> None:
    assert jit(lambda s: (s[1], s[0])).repeat(3)((1.0, 2.0)) == (2.0, 1.0)
    assert jit(lambda s: [s[1], s[2], s[0]]).repeat(2)([1.0, 2.0, 3.0]) == [3.0, 1.0, 2.0]
    fibonacci = jit(lambda s: (s[1], s[0] + s[1]))
    assert fibonacci.repeat(10)((0.0, 1.0)) == (55.0, 89.0)
    assert jit(lambda a: a[::-1]).repeat(5)(np.arange(4.0)).tolist() == [3.0, 2.0, 1.0, 0.0]


def test_repeat_of_a_step_on_a_batch() -> None:
    X = np.linspace(-1, 1, 21)
    T = 3 * X + 0.5

    def step(w: Any, X: Any, T: Any) -> Any:
        slope = grad(lambda w: mean(vmap(lambda x, t: (w[0] * x + w[1] - t) ** 2)(X, T)))(w)
        return [w[k] - 0.3 * slope[k] for k in range(2)]

    f = jit(step)
    w = [0.0, 0.0]
    for _ in range(20):
        w = f(w, X, T)
    np.testing.assert_allclose(f.repeat(20)([0.0, 0.0], X, T), w, rtol=1e-12)
    np.testing.assert_allclose(jit(step, threads=2).repeat(20)([0.0, 0.0], X, T), w, rtol=1e-12)
    np.testing.assert_allclose(f.repeat(300)([0.0, 0.0], X, T), [3.0, 0.5], rtol=1e-9)


def test_repeat_of_a_batched_state() -> None:
    f = jit(vmap(lambda x: 4 * x * (1 - x)))
    x = np.linspace(0.1, 0.9, 11)
    right = x
    for _ in range(3):
        right = 4 * right * (1 - right)
    np.testing.assert_allclose(f.repeat(3)(x), right, rtol=1e-12)


def test_repeat_needs_the_structure_of_the_argument() -> None:
    for f, state in (
        (lambda s: (s, s), 1.0),
        (lambda s: [s[0]], [1.0, 2.0]),
        (lambda s: list(s), (1.0, 2.0)),
        (lambda s: s[:1], np.ones(2)),
        (lambda s: {"b": s["a"]}, {"a": 1.0}),
        (lambda s: None, 1.0),
    ):
        with pytest.raises(ValueError, match="structure"):
            jit(f).repeat(2)(state)
    for n in (-1, 1.5, "3"):
        with pytest.raises(ValueError, match="number of times"):
            jit(halved).repeat(n)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::autograd.SlowWarning")
def test_repeat_inside_a_derivative_is_unrolled() -> None:
    f = jit(lambda x, a: x * a)
    assert grad(lambda x: f.repeat(3)(x, 2.0))(1.0) == 8.0
    assert jit(grad(lambda a: f.repeat(3)(1.0, a)))(2.0) == 12.0


def test_repeat_with_static_parts() -> None:
    f = jit(lambda s, kind: (s[0] * (2 if kind == "double" else 3), "label"))
    assert f.repeat(2)((1.0, "label"), "double") == (4.0, "label")


# --- check ---


def anomalous(x: Any, y: Any) -> Any:
    a = x * 2
    b = log(a - y)
    return sqrt(b) + 1


LINE = anomalous.__code__.co_firstlineno


def test_check_names_the_operation_its_operands_and_the_line() -> None:
    f = jit(anomalous, check=True)
    assert f(2.0, 1.0) == math.sqrt(math.log(3.0)) + 1
    with pytest.raises(AnomalyError, match=r"log gives -inf at .* = 0\.0") as caught:
        f(1.0, 2.0)
    assert f"{__file__}:{LINE + 2}" in str(caught.value)
    with pytest.raises(AnomalyError, match=r"sqrt gives nan") as caught:
        f(1.0, 1.5)
    assert f"{__file__}:{LINE + 3}" in str(caught.value)
    assert jit(anomalous)(1.0, 2.0) != 0.0  # without check: nan, or inf


def test_check_finds_what_goes_wrong_in_a_derivative() -> None:
    f = jit(grad(lambda x: sqrt(x * x)), check=True)
    assert f(2.0) == 1.0
    with pytest.raises(AnomalyError, match="backward: the derivative of sqrt gives inf at"):
        f(0.0)


def test_check_names_the_sample() -> None:
    f = jit(vmap(lambda x: log(x) * 2), check=True)
    assert f(np.ones(3)).tolist() == [0.0] * 3
    with pytest.raises(AnomalyError, match=r"forward: log gives nan at x.* = -1\.0, in sample 2, recorded at"):
        f(np.array([1.0, 2.0, -1.0, 0.0]))


def test_check_in_float32_and_in_repeat() -> None:
    f = jit(lambda x: x * x, check=True, dtype="float32")
    with pytest.raises(AnomalyError, match="mul gives inf at x = "):
        f(1e30)
    g = jit(lambda x: x * x, check=True)
    assert g.repeat(2)(2.0) == 16.0
    with pytest.raises(AnomalyError):
        g.repeat(20)(2.0)


def test_infinite_arguments_are_no_anomaly() -> None:
    assert jit(lambda x, y: [x, y * 2], check=True)(math.inf, 1.0) == [math.inf, 2.0]


# --- The engine check on compiled code ---


def test_the_engine_check_holds_for_compiled_code() -> None:
    from tests.compiler.engine import CompiledValue

    report = check_engine(
        CompiledValue,
        effort="quick",
        isolate=False,
        only=[
            "forward pass",
            "partial derivatives",
            "values as exponents",
            "kinks",
            "repeated operands",
            "diamonds",
            "untouched leaves",
            "random expressions",
        ],
    )
    report.raise_for_failures()
    assert {row.status for row in report.rows} == {"passed"}


@pytest.mark.skipif(not kernel.available(), reason="there is no compiled kernel")
def test_the_kernel_is_what_runs_by_default() -> None:
    f = jit(lambda x: x * 2)
    f(1.0)
    assert isinstance(f.lower(1.0).backend, Kernel)
