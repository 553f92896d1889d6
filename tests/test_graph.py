"""Walks, copies and pickles of graphs that are deeper than any recursion could go."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given

from autograd import Value
from autograd.engine.graph import depending_on, operations, topological_order
from autograd.engine.value import PURE
from autograd.testing import Expression, expressions
from tests.forms import needs_python

# Under coverage a fifth of the million: the same tests run on the compiled form with the whole.
DEEP = 200_000 if PURE else 1_000_000
WIDE = 400 if PURE else 1_000


@contextmanager
def shallow_stack() -> Iterator[None]:
    """Room for 100 more calls, no more: whatever recurses along a graph fails."""
    limit = sys.getrecursionlimit()
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 100)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def chain(length: int) -> tuple[Value, Value]:
    """A leaf, and the result of that many operations in a row."""
    x = Value(1.0, label="x")
    y = x
    for _ in range(length // 2):
        y = (y + 1.0) * 0.5
    return x, y


def grid(width: int, depth: int) -> tuple[list[Value], Value]:
    """Leaves, rows of ``width`` additions of two neighbours in the row above, and the sum of the last row."""
    top = [Value(1.0) for _ in range(width)]
    row = top
    for _ in range(depth):
        row = [a + b for a, b in zip(row, row[1:] + row[:1])]
    return top, sum(row[1:], row[0])


@pytest.fixture(scope="module")
def deep() -> Iterator[tuple[Value, Value]]:
    gc.disable()  # a million young objects would be looked at over and over
    made = chain(DEEP)
    yield made
    with shallow_stack():
        del made
    gc.enable()


@pytest.mark.no_cover
def test_a_chain_of_a_million_is_differentiated(deep: tuple[Value, Value]) -> None:
    x, y = deep
    x.grad = 0.0
    with shallow_stack():
        y.backward()
        assert len(operations(y)) == DEEP
    assert x.grad == 0.0  # 2^-500,000
    assert y._a is not None
    assert y._a._a is not None
    assert y._a._a.grad == 0.5
    assert y.data == 1.0


@pytest.mark.no_cover
def test_a_chain_of_a_million_is_deep_copied_and_dropped(deep: tuple[Value, Value]) -> None:
    x, y = deep
    with shallow_stack():
        x2, y2 = copy.deepcopy((x, y))
        order = operations(y2)
        assert (len(order), order[0]._a, order[-1]) == (DEEP, x2, y2)
        assert x2 is not x
        del order, y2


@pytest.mark.no_cover
def test_a_chain_of_a_million_is_pickled_and_dropped(deep: tuple[Value, Value]) -> None:
    x, y = deep
    with shallow_stack():
        x2, y2 = pickle.loads(pickle.dumps((x, y), protocol=pickle.HIGHEST_PROTOCOL))
        order = operations(y2)
        assert (len(order), order[0]._a, order[-1]) == (DEEP, x2, y2)
        del order, y2


@pytest.mark.no_cover
def test_a_grid_of_a_thousand_by_a_thousand_is_differentiated_copied_pickled_and_dropped() -> None:
    gc.disable()
    try:
        with shallow_stack():
            top, y = grid(WIDE, WIDE)
            y.backward()
            assert {v.grad for v in top} == {2.0**WIDE}  # as many paths as that from the result to each of them
            count = len(operations(y))
            assert count == WIDE * WIDE + WIDE - 1
            assert len(topological_order(y)) == count + WIDE
            y2 = copy.deepcopy(y)
            assert len(operations(y2)) == count
            del y2
            y3 = pickle.loads(pickle.dumps(y))
            assert (len(operations(y3)), y3.data) == (count, y.data)
            del y3, y, top
    finally:
        gc.enable()


def roots_of_one_graph() -> list[Value]:
    row = [Value(1.0)]
    for _ in range(2_000):
        row.append(row[-1] + 1.0)
    return row


def test_many_roots_of_one_graph_are_pickled_in_space_linear_in_its_size() -> None:
    row = roots_of_one_graph()
    assert len(pickle.dumps(row)) < 3 * len(pickle.dumps(row[-1]))


@needs_python
@pytest.mark.no_cover
def test_many_roots_of_one_graph_are_copied_in_time_linear_in_its_size() -> None:
    row = roots_of_one_graph()

    def steps(roots: object) -> int:
        """How many lines of Python a deep copy runs."""
        lines = 0

        def trace(frame: object, event: str, arg: object) -> object:
            nonlocal lines
            lines += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)  # type: ignore[arg-type]
        try:
            copy.deepcopy(roots)
        finally:
            sys.settrace(before)
        return lines

    assert steps(row) < 10 * steps(row[-1])


# --- Walks ---


@given(expressions())
def test_every_walk_has_each_node_once_and_operands_first(expression: Expression) -> None:
    slots = expression.slots(*map(Value, expression.point))
    roots = [v for v in slots if isinstance(v, Value)]
    order = topological_order(*roots)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert set(roots) <= set(order)
    for node in order:
        assert all(place[x] < place[node] for x in node._operands() if isinstance(x, Value))
    assert operations(*roots) == [node for node in order if node.op]
    again = topological_order(*reversed(roots), *roots)  # a root may lie below another, or be given twice
    assert (len(again), set(again)) == (len(order), set(order))


@given(expressions())
def test_what_depends_on_a_leaf_is_what_the_leaf_lies_below(expression: Expression) -> None:
    slots = expression.slots(*map(Value, expression.point))
    order = topological_order(*(v for v in slots if isinstance(v, Value)))
    source = slots[0]
    assert depending_on([source], order) == {node for node in order if source in topological_order(node)}
    assert depending_on([], order) == set()


def test_a_walk_leaves_out_what_was_seen_and_adds_what_it_finds() -> None:
    x = Value(1.0)
    y = x * 2
    z = y + x
    seen: set[Value] = set()
    assert topological_order(y, seen=seen) == [x, y]
    assert topological_order(z, seen=seen) == [x, z]
    assert operations(z, y, seen=seen) == []
    assert seen == {y, z}


# --- Copies and pickles ---


def fields(nodes: list[Value]) -> list[tuple[object, ...]]:
    place = {node: i for i, node in enumerate(nodes)}
    return [
        (v.data, v.grad, v.label, v.op, v._origin, v._da, v._db, place.get(v._a), place.get(v._b))  # type: ignore[arg-type]
        for v in nodes
    ]


@given(expressions())
def test_copies_and_pickles_have_the_same_numbers_labels_and_shape(expression: Expression) -> None:
    slots = expression.slots(*(Value(x, label=f"x{i}") for i, x in enumerate(expression.point)))
    roots = [v for v in slots if isinstance(v, Value)]
    roots[-1].backward()
    original = topological_order(*roots)
    for again in (copy.deepcopy(roots), *(pickle.loads(pickle.dumps(roots, protocol=p)) for p in (2, 4, 5))):
        order = topological_order(*again)
        assert fields(order) == fields(original)
        assert not set(order) & set(original)


def test_a_shallow_copy_is_a_new_node_on_the_same_operands() -> None:
    x, y = Value(2.0, label="x"), Value(3.0)
    z = x * y
    twin = copy.copy(z)
    assert twin is not z
    assert (twin.data, twin.op, twin.parents) == (6.0, "mul", (x, y))
    twin.backward()
    assert (x.grad, z.grad) == (3.0, 0.0)


def test_a_deep_copy_shares_what_the_memo_has() -> None:
    x = Value(2.0)
    model = {"weights": [x], "loss": x * x, "again": (x + 1) * x}
    twin = copy.deepcopy(model)
    assert twin["loss"].parents == (twin["weights"][0],) * 2
    assert twin["again"].parents[1] is twin["weights"][0]
    assert twin["weights"][0] is not x


def test_a_pickle_keeps_sharing_between_roots_leaves_and_other_objects() -> None:
    w = Value(2.0, label="w")
    h = w.tanh()
    model = {"loss": h * h, "h": h, "weights": [w], "other": h + w}
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(model, protocol=protocol))
        assert twin["loss"].parents == (twin["h"], twin["h"])
        assert twin["other"].parents == (twin["h"], twin["weights"][0])
        twin["loss"].backward()
        assert twin["weights"][0].grad == 2 * h.data * h._da


def test_python_s_own_pickler_works_as_the_c_one_does() -> None:
    x, y = chain(5_000)
    file = io.BytesIO()
    pickle._Pickler(file).dump([x, y])  # type: ignore[attr-defined]
    x2, y2 = pickle.loads(file.getvalue())
    assert fields(topological_order(y2)) == fields(topological_order(y))
    assert topological_order(y2)[0] is x2


class Unpicklable(str):
    """A label that can't be written."""

    broken = True

    def __reduce__(self) -> str | tuple[object, ...]:
        if self.broken:
            raise pickle.PicklingError("on purpose")
        return str, (str(self),)


@pytest.mark.parametrize("pickler", [pickle.Pickler, pickle._Pickler])  # type: ignore[attr-defined]
@pytest.mark.parametrize("at", [0, 1, 2_500, 4_999, 5_000])
def test_a_pickle_given_up_halfway_leaves_the_next_one_whole(pickler: type[pickle.Pickler], at: int) -> None:
    _, y = chain(5_000)
    order = topological_order(y)
    order[at].label = Unpicklable("bad")
    kept = None
    try:
        pickler(io.BytesIO()).dump(y)
    except pickle.PicklingError as error:
        kept = error  # and with it the frames that it came through
    assert kept is not None
    order[at].label = ""
    for node in (order[-2], y):
        assert len(operations(pickle.loads(pickle.dumps(node)))) == len(operations(node))


def test_a_pickler_that_is_kept_disturbs_no_other() -> None:
    _, y = chain(5_000)
    kept = pickle.Pickler(io.BytesIO())
    kept.dump(y)
    assert len(operations(pickle.loads(pickle.dumps(y)))) == 5_000
    kept.dump(y)  # its memory of the first time makes this short
    kept.clear_memo()
    kept.dump(y)


def test_origin_and_scopes_survive_copy_and_pickle() -> None:
    from autograd import scope
    from autograd.engine.modes import scopes_of

    with scope("layer"):
        y = Value(1.0) * 2
    assert scopes_of(pickle.loads(pickle.dumps(y))) == scopes_of(copy.deepcopy(y)) == ("layer",)


def test_a_random_graph_of_many_shared_nodes_is_walked_once() -> None:
    draw = random.Random(1)
    nodes = [Value(1.0) for _ in range(10)]
    for _ in range(20_000):
        nodes.append(draw.choice(nodes[-50:]) * 0.5 + draw.choice(nodes) * 0.5)
    order = operations(*nodes)
    assert len(order) == len(set(order)) == 3 * 20_000


class Named(Value):
    """Somebody's own kind of Value."""


def test_a_copy_and_a_pickle_are_of_the_same_class() -> None:
    x = Named(2.0)
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(twin) is Named
        assert twin.data == 2.0
