"""The blocks around a recording: no_grad, scope, detect_anomaly."""

from __future__ import annotations

import asyncio
import inspect
import math
import threading

import pytest

import autograd
from autograd import AnomalyError, Value, detect_anomaly, no_grad, scope
from autograd.engine.modes import MODES, scopes_of


@pytest.fixture(autouse=True)
def _no_block_stays_open() -> object:
    yield
    assert MODES.active == 0


def line() -> int:
    """The line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_nothing_is_recorded_inside_no_grad() -> None:
    x = Value(3.0)
    with no_grad():
        results = [x * x, 2 / x, x.exp(), autograd.hypot(x, 4.0), -x]
    assert [v.parents for v in results] == [()] * 5
    assert [v.op for v in results] == [""] * 5
    assert results[0].data == 9.0
    (results[0] * x).backward()
    assert x.grad == 9.0


def test_recording_goes_on_after_no_grad_even_if_an_exception_left_it() -> None:
    x = Value(3.0)
    with pytest.raises(ZeroDivisionError), no_grad():
        x / 0
    assert (x * x).parents == (x, x)
    with pytest.raises(KeyError), no_grad(), scope("a"):
        raise KeyError
    assert scopes_of(x * x) == ()


def test_no_grad_nests() -> None:
    x = Value(3.0)
    with no_grad():
        with no_grad():
            assert (x * x).parents == ()
        assert (x * x).parents == ()
    assert (x * x).parents == (x, x)


def test_no_grad_works_as_a_decorator() -> None:
    @no_grad()
    def square(x: Value) -> Value:
        return x * x

    x = Value(2.0)
    assert square(x).parents == square(x).parents == ()


def test_no_grad_in_one_thread_leaves_another_recording() -> None:
    x = Value(3.0)
    inside, outside = threading.Event(), threading.Event()
    seen: dict[str, int] = {}

    def quiet() -> None:
        with no_grad():
            inside.set()
            outside.wait(10)
            seen["quiet"] = len((x * x).parents)

    thread = threading.Thread(target=quiet)
    thread.start()
    assert inside.wait(10)
    seen["loud"] = len((x * x).parents)
    assert MODES.active == 1
    outside.set()
    thread.join()
    assert seen == {"quiet": 0, "loud": 2}


def test_no_grad_in_one_task_leaves_another_recording() -> None:
    x = Value(3.0)
    seen: dict[str, int] = {}

    async def quiet(ready: asyncio.Event, go: asyncio.Event) -> None:
        with no_grad():
            ready.set()
            await go.wait()
            seen["quiet"] = len((x * x).parents)

    async def loud(ready: asyncio.Event, go: asyncio.Event) -> None:
        await ready.wait()
        seen["loud"] = len((x * x).parents)
        go.set()

    async def both() -> None:
        ready, go = asyncio.Event(), asyncio.Event()
        await asyncio.gather(quiet(ready, go), loud(ready, go))

    asyncio.run(both())
    assert seen == {"quiet": 0, "loud": 2}


def test_scopes_nest_and_end() -> None:
    x = Value(1.0)
    with scope("network"):
        outer = x * 2
        with scope("layer1"):
            inner = x * 2
        after = x * 2
    assert [scopes_of(v) for v in (outer, inner, after, x * 2, x)] == [
        ("network",),
        ("network", "layer1"),
        ("network",),
        (),
        (),
    ]


def test_scope_and_no_grad_go_together() -> None:
    x = Value(1.0)
    with scope("a"), no_grad(), scope("b"):
        y = x * 2
    assert (scopes_of(y), y.parents) == (("a", "b"), ())


def test_forward_anomaly_names_operation_operands_and_the_users_line() -> None:
    x = Value(1e308, label="big")
    there = line() + 2
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        x * 10
    assert str(caught.value) == (
        f"forward: mul gives inf at 1e+308, 10.0 (operand 'big' = 1e+308), recorded at {__file__}:{there}"
    )
    assert isinstance(caught.value, ArithmeticError)


def test_forward_anomaly_inside_a_function_of_ours_names_the_users_line() -> None:
    x = Value(-math.inf)
    there = line() + 2
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        autograd.logsumexp([Value(1.0), autograd.mean([x, x])])
    assert str(caught.value).endswith(f"recorded at {__file__}:{there}")


def test_backward_anomaly_names_operation_gradient_partial_and_the_line_that_recorded_it() -> None:
    x = Value(0.0, label="x")
    with detect_anomaly():
        there = line() + 1
        y = x.sqrt() * 3
        with pytest.raises(AnomalyError) as caught:
            y.backward()
    assert str(caught.value) == (
        "backward: sqrt sends inf to operand 1: its gradient 3.0 times the partial inf, "
        f"at 0.0 (operand 'x' = 0.0), recorded at {__file__}:{there}"
    )


def test_backward_anomaly_names_the_second_operand() -> None:
    x = Value(1e-200)
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^backward: div sends -inf to operand 2: "):
        (1e-200 / x * 1e120).backward()


def test_backward_anomaly_in_a_sum_of_finite_contributions() -> None:
    x = Value(0.5, label="x")
    with detect_anomaly():
        y = x * 1e308 + x * 1e308
        with pytest.raises(AnomalyError, match="backward: "):
            y.backward()
    assert y.data == 1e308


def test_no_anomaly_no_error_and_scopes_are_kept() -> None:
    x = Value(2.0)
    with detect_anomaly(), scope("here"):
        there = line() + 1
        y = x * x
        y.backward()
    assert x.grad == 4.0
    assert y._origin is not None
    assert (y._origin.scopes, y._origin.file, y._origin.line) == (("here",), __file__, there)


def test_outside_the_block_infinities_pass() -> None:
    x = Value(1e308)
    y = x * 10
    y.backward()
    assert (y.data, x.grad) == (math.inf, 10.0)
    with detect_anomaly():
        pass
    with scope("only"):  # another block is open, but not this one
        z = Value(0.0).sqrt() * 0
        z.backward()
