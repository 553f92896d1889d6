"""How much a node holds, and that the work grows no faster than the graph. Time is a benchmark's matter."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable

import pytest

from autograd import Value
from autograd.engine import graph
from autograd.engine.rules import Rule
from tests.forms import needs_python

NODES = 20_000


def polynomial(x: Value, y: Value) -> Value:
    z = x
    for _ in range(NODES // 2):
        z = z * y + x
    return z


def perceptrons(x: Value, w: Value) -> Value:
    z = x
    for _ in range(NODES // 8):
        z = (w * x + w * z + w * x + 0.5).tanh()  # 3 multiplications, 3 additions, 1 tanh
    return z


@pytest.mark.no_cover
@pytest.mark.parametrize("program", [polynomial, perceptrons])
def test_a_node_takes_at_most_160_bytes(program: Callable[[Value, Value], Value]) -> None:
    x, w = Value(0.5), Value(0.25)
    gc.collect()
    tracemalloc.start()
    try:
        y = program(x, w)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    count = len(graph.operations(y))
    assert count > NODES // 2
    assert size / count <= 160


def test_a_node_holds_no_dictionary_set_or_closure() -> None:
    y = perceptrons(Value(0.5), Value(0.25))
    for node in graph.topological_order(y):
        assert not hasattr(node, "__dict__")
        assert {type(x) for x in gc.get_referents(node)} <= {Value, Rule, float, int, str, type(None), type}


@needs_python
@pytest.mark.no_cover
def test_the_walk_does_the_same_work_for_each_node() -> None:
    def lines(length: int) -> int:
        x = Value(1.0)
        y = x
        for _ in range(length):
            y = y * 0.5 + y * 0.5
        count = 0

        def trace(frame: object, event: str, arg: object) -> object:
            nonlocal count
            count += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)  # type: ignore[arg-type]
        try:
            y.backward()
        finally:
            sys.settrace(before)
        return count

    assert lines(2_000) < 2.1 * lines(1_000)
