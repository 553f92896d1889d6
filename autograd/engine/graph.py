"""Walks over a recorded graph. None recurses, so a chain of a million operations is no deeper than one of ten.

The graph needs no object of its own: a Value holds its operands, and everything else follows from that.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd.engine.rules import LEAF, REST

if TYPE_CHECKING:
    from autograd.engine.value import Value

Node: TypeAlias = Any  # a Value, or anything else with _rule, _a and _b

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
