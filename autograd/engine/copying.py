"""Deep copies and pickles of a graph, without recursion.

A pickle writes an object's parts while it writes the object, so a chain of Values would nest as deeply as it is long.
Here the first Value that is pickled writes everything that it depends on beforehand, as a list in topological order;
each Value in that list then finds its operands already written. Values shared by several graphs, or by a graph and a
model, stay shared after the round trip.

A record (``Written``) says which operations the pickle has written. It has to live as long as the pickle is being made,
and no longer. The pickler keeps every object that it has written alive, the record among them, so this file keeps only
a weak reference to it. A pickler may outlive its pickle, or be given up half-way. Then the next Value is not the one
that the record expects, and a new record is begun.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mypy_extensions import mypyc_attr

from autograd.engine.graph import belongs, topological_order
from autograd.engine.own import Own
from autograd.engine.rules import LEAF
from autograd.errors import LostDerivative

if TYPE_CHECKING:
    from autograd.engine.value import Value

NO_PICKLE: Final = (
    "a number inside a transform can't be pickled, since its derivative would be lost; return it from the function "
    "(has_aux=True hands more than the result on), or pickle float(stop_gradient(x))"
)

_writing = threading.local()  # .written: a weak reference to the record of the pickle that this thread is making


@mypyc_attr(native_class=False)  # there are weak references to it
class Written:
    """The operations that a pickle has written or is about to write, and those that it is writing now, in order."""

    def __init__(self) -> None:
        self.operations: set[Value] = set()
        self.order: list[Value] = []
        self.position = 0  # of the one in the order that comes next

    def is_next(self, node: Value) -> bool:
        """True if it is, and then the one behind it is the next."""
        if self.position == len(self.order) or self.order[self.position] is not node:
            return False
        self.position += 1
        return True

    def is_over(self, node: Value) -> bool:
        """True if a pickle that this is the record of would not ask for the operation now."""
        return self.position < len(self.order) or node in self.operations


def copy_value(node: Value) -> Value:
    """A new Value with the same number, gradient and label, on the same operands; inside a transform, the same one."""
    if belongs(node):
        return node
    if isinstance(node._rule, Own):
        node._rule.refuse_copy()
    twin = _blank(type(node))
    restore_value(twin, _fields(node))
    return twin


def deepcopy_value(root: Value, memo: dict[Any, Any]) -> Value:
    """A copy of the whole graph below ``root``; what ``copy.deepcopy``'s ``memo`` has is not copied again."""
    if belongs(root):
        return root
    seen: set[Value] = memo.setdefault("autograd: operations copied", set())
    for node in topological_order(root, seen=seen):
        if id(node) not in memo:
            twin = memo[id(node)] = copy_value(node)
            twin._a = None if node._a is None else memo[id(node._a)]
            twin._b = None if node._b is None else memo[id(node._b)]
    return memo[id(root)]  # type: ignore[no-any-return]


def reduce_value(node: Value) -> tuple[Callable[..., Any], tuple[type[Value]], tuple[Any, ...]]:
    """What ``Value.__reduce__`` gives to pickle.

    Raises:
        LostDerivative: the Value belongs to a transform that is still running.
    """
    if belongs(node):
        raise LostDerivative(NO_PICKLE)
    if node._rule is LEAF:
        return _blank, (type(node),), _fields(node)
    written = getattr(_writing, "written", Written)()
    if written is not None and written.is_next(node):
        return _blank, (type(node),), _fields(node)
    if written is None or written.is_over(node):
        written = Written()
    _writing.written = weakref.ref(written)
    below = topological_order(node, seen=written.operations)[:-1]
    written.order = [x for x in below if x._rule is not LEAF]
    written.position = 0
    return _blank, (type(node),), (_Below(below, written), _fields(node))


def restore_value(node: Value, state: tuple[Any, ...]) -> None:
    """What ``Value.__setstate__`` does: the state is the fields alone, or they stand second of two."""
    fields = state[1] if len(state) == 2 else state
    (node._value, node._grad, node._label, node._rule, node._origin, node._a, node._b, node._da, node._db) = fields
    node._mark = 0


def _blank(kind: type[Value]) -> Value:
    return kind.__new__(kind)


def _fields(node: Value) -> tuple[Any, ...]:
    return (
        *(node._value, node._grad, node._label, node._rule, node._origin),
        *(node._a, node._b, node._da, node._db),
    )


class _Below:
    """Pickles as a list of Values; the pickler keeps it, and so the record, until it is done."""

    def __init__(self, order: list[Value], written: Written) -> None:
        self.order = order
        self.written = written

    def __reduce__(self) -> tuple[type[list[Value]], tuple[()], None, Any]:
        return list, (), None, iter(self.order)
