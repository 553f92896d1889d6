"""jit among modes, eager transforms, options, threads, forks, signals and pickles."""

from __future__ import annotations

import math
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import (
    AnomalyError,
    SlowWarning,
    TraceError,
    derivative,
    detect_anomaly,
    exp,
    grad,
    jit,
    log,
    no_grad,
    sin,
    sum,
    vmap,
    where,
)
from autograd.compiler import kernel
from autograd.compiler.locks import Lock
from autograd.compiler.record.arguments import Arguments

# --- Modes ---


def partly_constant(x: Any) -> Any:
    with no_grad():
        c = x * x + exp(x) + sum([x, x, x])
    return c * x


@given(x=st.floats(-2, 2))
def test_what_no_grad_records_is_a_constant(x: float) -> None:
    c = x * x + math.exp(x) + 3 * x
    for transform in (grad, derivative):
        assert jit(transform(partly_constant))(x) == pytest.approx(c, rel=1e-14, abs=1e-14)
        assert jit(transform(transform(partly_constant)))(x) == transform(transform(partly_constant))(x) == 0.0
    assert jit(partly_constant)(x) == pytest.approx(partly_constant(x))


def test_a_function_that_is_first_called_inside_no_grad_is_recorded_as_outside() -> None:
    f = jit(grad(lambda x: x**3))
    g = jit(lambda x: grad(lambda x: x**3)(x))
    with no_grad():
        assert f(2.0) == g(2.0) == 12.0
    assert f(2.0) == g(2.0) == 12.0


def test_detect_anomaly_looks_at_each_result_of_a_compiled_function() -> None:
    f = jit(lambda x: log(x) * 2)
    assert f(0.0) == -math.inf
    with detect_anomaly(), pytest.raises(AnomalyError, match="log"):
        f(0.0)
    with detect_anomaly(), pytest.raises(AnomalyError, match="log"):
        f.repeat(2)(0.0)
    assert f(0.0) == -math.inf

    @jit
    def inside(x: Any) -> Any:
        with detect_anomaly():
            return log(x)

    with pytest.raises(TraceError, match="check=True"):
        inside(1.0)


# --- Programs that run as Python after all ---


def test_a_compiled_function_in_an_eager_transform_says_that_it_is_slow() -> None:
    f = jit(lambda x: x**3)
    with pytest.warns(SlowWarning, match=r"jit\(grad\(f\)\)"):
        assert grad(f)(2.0) == 12.0
    with pytest.warns(SlowWarning):
        assert grad(f.repeat(2))(1.0) == 9.0


def test_a_compiled_function_in_a_compiled_one_is_part_of_it() -> None:
    f = jit(lambda x: x**3)
    assert jit(grad(f))(2.0) == jit(lambda x: grad(f)(x))(2.0) == 12.0
    assert jit(vmap(f))(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    assert jit(grad(f.repeat(2)))(1.0) == 9.0


@pytest.mark.parametrize("options", [{"dtype": "float32"}, {"check": True}, {"threads": 2}])
def test_options_of_a_function_inside_hold_or_are_refused(options: dict[str, Any]) -> None:
    inner = jit(lambda x: x / 3, **options)
    with pytest.raises(TraceError, match=next(iter(options))):
        jit(lambda x: inner(x))(1.0)
    assert jit(lambda x: inner(x), **options)(3.0) == 1.0


@given(mask=st.lists(st.booleans(), min_size=3, max_size=3))
def test_a_mask_may_be_an_argument(mask: list[bool]) -> None:
    x = np.array([1.0, math.nan, -2.0])
    for f in (lambda m, x: where(m, x, 0.0), lambda m, x: np.where(m, x, 2 * x)):
        np.testing.assert_array_equal(jit(f)(np.array(mask), x), f(np.array(mask), x))


# --- Numbers of other kinds answer ---


class Complex:
    def __init__(self, re: Any, im: Any) -> None:
        self.re, self.im = re, im

    def __radd__(self, other: Any) -> Complex:
        return Complex(other + self.re, self.im)

    def __rsub__(self, other: Any) -> Complex:
        return Complex(other - self.re, -self.im)

    def __rmul__(self, other: Any) -> Complex:
        return Complex(other * self.re, other * self.im)

    def __rtruediv__(self, other: Any) -> Complex:
        size = self.re * self.re + self.im * self.im
        return Complex(other * self.re / size, -other * self.im / size)

    def __rpow__(self, other: Any) -> Complex:
        return Complex(other**self.re, 0.0)


@pytest.mark.parametrize("of", [grad, derivative, lambda f: grad(grad(f)), lambda f: derivative(grad(f))])
def test_an_operand_of_another_kind_answers(of: Any) -> None:
    for f in (
        lambda x: (x * Complex(2.0, 3.0)).im,
        lambda x: (x + Complex(2.0, 3.0)).re,
        lambda x: (x - Complex(x, 3.0)).im * x,
        lambda x: (x / Complex(2.0, x)).im,
        lambda x: (x ** Complex(2.0, 0.0)).re,
    ):
        assert jit(of(f))(2.0) == pytest.approx(of(f)(2.0), rel=1e-13)
    for odd in ("a", None, object(), 1j):
        with pytest.raises(TypeError):
            of(lambda x, odd=odd: x + odd)(2.0)


# --- Threads, forks, signals, pickles ---


def test_eight_threads_compile_and_call_at_once() -> None:
    f = jit(grad(lambda xs: sum([x * x for x in xs])))
    g = jit(lambda x, n: x * n, static_argnums=1)

    def work(number: int) -> bool:
        right = True
        for turn in range(40):
            size = 1 + (turn + number) % 12
            xs = [float(number + k) for k in range(size)]
            right = right and f(xs) == [2 * x for x in xs]
            right = right and g(2.0, turn % 70) == 2.0 * (turn % 70)
        return right

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_another_thread_compiles_does_not_hang() -> None:
    f = jit(lambda x: x + 1)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with f._lock:
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if f(1.0) == 2.0 else 1)
    end = time.monotonic() + 20
    pid = status = 0
    while pid == 0 and time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    if pid == 0:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    done.set()
    thread.join()
    assert (pid, status) == (child, 0)


def test_a_lock_may_be_taken_again() -> None:
    lock = Lock()
    with lock, lock:
        pass


def deep(x: Any) -> Any:
    for k in range(300):
        x = sin(x) + k
    return x


def deeper(x: Any) -> Any:
    for _ in range(40):
        x = deep(x)
    return x


LONG: dict[str, Callable[[int], Callable[[], Any]]] = {  # each takes some 10 s, or much longer
    "repeat": lambda threads: lambda: jit(lambda x: x * 0.5 + 1.0, threads=threads).repeat(2_000_000_000)(1.0),
    "repeat of nothing": lambda threads: lambda: jit(lambda x: (), threads=threads).repeat(10**12)(()),
    "repeat of a batch": lambda threads: lambda: jit(vmap(deep), threads=threads).repeat(10**9)(np.ones(1000)),
    "a large batch": lambda threads: on_a_batch(deep, 3_000_000, threads),
    "a long program on a batch": lambda threads: on_a_batch(deeper, 100_000, threads),
    "a long program": lambda threads: lambda: jit(deeper, threads=threads).repeat(100_000)(1.0),
}


def on_a_batch(f: Callable[[Any], Any], samples: int, threads: int) -> Callable[[], Any]:
    xs = np.ones(samples)
    compiled = jit(lambda xs: sum(vmap(f)(xs)), threads=threads)
    compiled._for(Arguments((xs,), {})).backend.prepare()
    return lambda: compiled(xs)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGALRM")
@pytest.mark.skipif(not kernel.available(), reason="there is no compiled kernel")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", LONG)
def test_a_long_run_can_be_interrupted(name: str, threads: int) -> None:
    run = LONG[name](threads)
    sent: list[float] = []

    def send() -> None:
        sent.append(time.monotonic())
        signal.raise_signal(signal.SIGALRM)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    timer = threading.Timer(0.3, send)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            run()
        ended = time.monotonic()
    finally:
        timer.join()
        signal.signal(signal.SIGALRM, before)
    assert ended - sent[0] < 2.0  # 0.2 s; the machine may be busy
    assert jit(deep)(1.0) == pytest.approx(deep(1.0))


def test_a_signal_whose_handler_goes_on_changes_no_result() -> None:
    if os.name == "nt":
        pytest.skip("needs SIGALRM")
    seen: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    f = jit(lambda xs: [sum(vmap(deep)(xs)), vmap(deep)(xs)[-1]], threads=2)
    xs = np.linspace(0.0, 1.0, 300_000)
    expected = f(xs)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        found = f(xs)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert found == expected
    assert seen


@pytest.mark.parametrize(("samples", "threads"), [(1, 1), (9, 3), (1000, 2)])
def test_a_program_of_many_pieces_computes_what_it_says(samples: int, threads: int) -> None:
    """A run looks for signals between pieces of a program; what one leaves behind the next finds."""

    def f(xs: Any, w: Any) -> Any:
        ys = vmap(lambda x: deeper(x) * w)(xs)
        return sum(ys), ys, deeper(w)

    xs = np.linspace(0.0, 1.0, samples)
    compiled = jit(f, threads=threads).lower(xs, 2.0)
    total, ys, y = compiled.run(xs, 2.0)
    expected, by_numpy, alone = compiled.run(xs, 2.0, backend="numpy")
    np.testing.assert_allclose(ys, by_numpy, rtol=1e-9)
    assert (total, y) == (pytest.approx(expected), pytest.approx(alone))


def module_level(x: Any, n: int = 2) -> Any:
    return x * n


def test_what_can_be_pickled_is_and_what_cannot_says_so() -> None:
    f = pickle.loads(pickle.dumps(jit(module_level, static_argnums=1)))
    assert f(2.0, 3) == 6.0
    with pytest.raises(TypeError, match="pickle the function"):
        pickle.dumps(f.lower(2.0))
    with pytest.raises(Exception, match="lambda"):
        pickle.dumps(jit(lambda x: x))
