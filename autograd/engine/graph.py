"""Walks over a recorded graph. None recurses, so a chain of a million operations is no deeper than one of ten.

The graph needs no object of its own: a Value holds its operands, and everything else follows from that.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd.engine.rules import LEAF, REST, STEPS

if TYPE_CHECKING:
    from autograd.engine.value import Value

Node: TypeAlias = Any  # a Value, or anything else with _rule, _a and _b

GROUNDS: Final[set[int]] = set()  # levels of the worlds, open in any thread, whose numbers are Values

_walks = itertools.count(1)
_one_at_a_time = threading.RLock()


def operations(*roots: Node, seen: set[Node] | None = None) -> list[Node]:
    """The recorded operations that the roots depend on, each once, operands before results (a topological order).

    It is depth-first: ``path`` is the way from a root to the Value at hand. A Value is put into the order when nothing
    that it was computed from is left to visit.

    Args:
        roots: Values, or other nodes.
        seen: operations to be left out, with all below them; those that are found are added to it.
    """
    order: list[Node] = []
    seen = set() if seen is None else seen
    for root in roots:
        if root._rule is LEAF or root in seen:
            continue
        seen.add(root)
        path = [root]
        while path:
            node = path[-1]
            a = node._a
            if a is not None and a._rule is not LEAF and a not in seen:
                seen.add(a)
                path.append(a)
                continue
            b = node._b
            if b is not None and b._rule is not LEAF and b not in seen:
                seen.add(b)
                path.append(b)
                continue
            order.append(path.pop())
    return order


def marked(*roots: Value) -> tuple[list[Value], list[Value]]:
    """The operations, in the same order, and the leaves that they use: the walk of a backward pass over Values.

    It marks the Values it has seen with its own number, which is much faster than to keep them in a set. The price is
    that two such walks can't be on a graph at the same time: hence the lock.
    """
    order: list[Value] = []
    leaves: list[Value] = []
    with _one_at_a_time:
        walk = next(_walks)
        for root in roots:
            if root._rule is not LEAF and root._mark != walk:
                _walk(root, walk, order, leaves)
    return order, leaves


def _walk(node: Value, walk: int, order: list[Value], leaves: list[Value]) -> None:
    node._mark = walk
    path: list[Value] = []
    while True:
        a = node._a
        if a is not None and a._mark != walk:
            a._mark = walk
            if a._rule is not LEAF:
                path.append(node)
                node = a
                continue
            leaves.append(a)
        b = node._b
        if b is not None and b._mark != walk:
            b._mark = walk
            if b._rule is not LEAF:
                path.append(node)
                node = b
                continue
            leaves.append(b)
        order.append(node)
        if not path:
            return
        node = path.pop()


# --- Does a Value belong to a transform that is still running? ---
#
# Its leaves know (``Origin.world``). What is found out about a Value in between is kept in its mark, as a negative
# number, so that many questions about one graph take no longer than one walk over it: -1 if it depends on no open
# world, -2 if it depends on one that has ended, -(2·level + 2) if it depends on an open one only through steps such as
# floor, -(2·level + 3) if it has a derivative there.

_FREE: Final = -1
_ENDED: Final = -2


def belongs(node: Value) -> bool:
    """Whether the Value was computed from a leaf of a transform that is still open."""
    return bool(GROUNDS) and _standing(node) < _ENDED


def carries(node: Value) -> bool:
    """Whether it also has a derivative there: what was computed from ``stop_gradient(x)`` or ``floor(x)`` has none."""
    if not GROUNDS:
        return False
    standing = _standing(node)
    return standing < _ENDED and standing % 2 == 1


def is_of_ended(node: Value) -> bool:
    """Whether the Value was computed from a leaf of a transform that has ended, and that didn't give it as a result."""
    if node._rule is LEAF and node._origin is None:  # most often: a weight, say
        return False
    return _standing(node) == _ENDED


def _standing(root: Value) -> int:
    with _one_at_a_time:
        is_open = frozenset(GROUNDS)
        if root._rule is LEAF:
            return _of_leaf(root, is_open)
        path = [root] if _is_unknown(root, is_open) else []
        while path:
            node = path[-1]
            a, b = node._a, node._b
            if a is not None and _is_unknown(a, is_open):
                path.append(a)
            elif b is not None and _is_unknown(b, is_open):
                path.append(b)
            else:
                node._mark = _of_operands(node, is_open)
                path.pop()
        return root._mark


def _is_unknown(node: Value, is_open: frozenset[int]) -> bool:
    mark = node._mark
    return node._rule is not LEAF and (mark > _FREE or (mark < _ENDED and (-mark - 2) // 2 not in is_open))


def _of_leaf(leaf: Value, is_open: frozenset[int]) -> int:
    world = leaf._origin.world if leaf._origin is not None else None
    if world is None:
        return _FREE
    return -(2 * world.level + 3) if world.level in is_open else _ENDED


def _of_operands(node: Value, is_open: frozenset[int]) -> int:
    found = _FREE
    for x in (node._a, node._b):
        if x is not None:
            standing = _of_leaf(x, is_open) if x._rule is LEAF else x._mark
            if found >= _ENDED:
                found = min(found, standing)
            elif standing < _ENDED and found % 2 == 0:
                found = standing
    if found < _ENDED and found % 2 == 1 and node._rule in STEPS:
        return found + 1
    return found


def topological_order(*roots: Node, seen: set[Node] | None = None) -> list[Node]:
    """Every Value that the roots depend on, and the roots, each once: leaves first, then operations in order."""
    made = operations(*roots, seen=seen)
    leaves: dict[Node, None] = {}
    for node in made:
        for operand in (node._a, node._b):
            if operand is not None and operand._rule is LEAF:
                leaves[operand] = None
    for root in roots:
        if root._rule is LEAF:
            leaves[root] = None
    return [*leaves, *made]


def shown(order: Iterable[Node]) -> list[Node]:
    """The order without the nodes that only hold the operands of another one: the nodes that a person wants to see."""
    return [node for node in order if node._rule is not REST]


def depending_on(sources: Iterable[Node], order: Iterable[Node]) -> set[Node]:
    """The sources, and those operations of the order (operands before results) that depend on one of them."""
    found = set(sources)
    for node in order:
        if node._a in found or node._b in found:
            found.add(node)
    return found
