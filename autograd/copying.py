"""Deep copies and pickles of a graph, without recursion.

A pickle writes an object's parts while it writes the object, so a chain of Values would nest as deeply as it is long.
Here the first Value that is pickled writes everything that it depends on beforehand, as a list in topological order;
each Value in that list then finds its operands already written. Values shared by several graphs, or by a graph and a
model, stay shared after the round trip.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from autograd.graph import topological_order
from autograd.rules import LEAF
from autograd.value import Value

_writing = threading.local()  # .listed: ids of the Values in the list that a pickle in this thread is writing


def copy_value(node: Value) -> Value:
    """A new Value with the same number, gradient and label, on the same operands."""
    twin = _blank()
    restore_value(twin, _fields(node))
    return twin


def deepcopy_value(root: Value, memo: dict[int, Any]) -> Value:
    """A copy of the whole graph below ``root``; what ``copy.deepcopy``'s ``memo`` has is not copied again."""
    for node in topological_order(root):
        if id(node) not in memo:
            twin = memo[id(node)] = copy_value(node)
            twin._a = None if node._a is None else memo[id(node._a)]
            twin._b = None if node._b is None else memo[id(node._b)]
    return memo[id(root)]  # type: ignore[no-any-return]


def reduce_value(node: Value) -> tuple[Callable[..., Any], tuple[()], tuple[Any, ...]]:
    """What ``Value.__reduce__`` gives to pickle."""
    if node._rule is LEAF or id(node) in getattr(_writing, "listed", ()):
        return _blank, (), _fields(node)
    return _blank, (), (_Below(node), _fields(node), _End())


def restore_value(node: Value, state: tuple[Any, ...]) -> None:
    """What ``Value.__setstate__`` does: the state is the fields alone, or they stand second of three."""
    fields = state[1] if len(state) == 3 else state
    (node._data, node._grad, node._label, node._rule, node._origin, node._a, node._b, node._da, node._db) = fields


def _blank() -> Value:
    return Value.__new__(Value)


def _fields(node: Value) -> tuple[Any, ...]:
    return (
        *(node._data, node._grad, node._label, node._rule, node._origin),
        *(node._a, node._b, node._da, node._db),
    )


class _Below:
    """Pickles as the list of Values below ``root`` in topological order, marking them as listed while it does."""

    def __init__(self, root: Value) -> None:
        self.root = root

    def __reduce__(self) -> tuple[type[list[Value]], tuple[()], None, Iterator[Value]]:
        order = topological_order(self.root)[:-1]
        _writing.listed = {id(node) for node in order}
        return list, (), None, _items(order)


def _items(order: list[Value]) -> Iterator[Value]:
    try:
        yield from order
    except GeneratorExit:  # the pickle was given up half-way
        _writing.listed = set()
        raise


class _End:
    """Pickles as False after the list has been written, and takes the marks away."""

    def __reduce__(self) -> tuple[type[bool], tuple[()]]:
        _writing.listed = set()
        return bool, ()
