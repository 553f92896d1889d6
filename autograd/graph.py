"""Walks over a recorded graph. None recurses, so a chain of a million operations is no deeper than one of ten.

The graph needs no object of its own: a Value holds its operands, and everything else follows from that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autograd.rules import LEAF

if TYPE_CHECKING:
    from autograd.value import Value  # or any other node with _rule, _a and _b


def operations(*roots: Value, seen: set[Value] | None = None) -> list[Value]:
    """The recorded operations that the roots depend on, each once, operands before results (a topological order).

    It is depth-first: ``path`` is the way from a root to the Value at hand. A Value is put into the order when nothing
    that it was computed from is left to visit.

    Args:
        roots: Values.
        seen: operations to be left out, with all below them; those that are found are added to it.
    """
    order: list[Value] = []
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


def topological_order(*roots: Value, seen: set[Value] | None = None) -> list[Value]:
    """Every Value that the roots depend on, and the roots, each once: leaves first, then operations in order."""
    made = operations(*roots, seen=seen)
    leaves: dict[Value, None] = {}
    for node in made:
        for operand in (node._a, node._b):
            if operand is not None and operand._rule is LEAF:
                leaves[operand] = None
    for root in roots:
        if root._rule is LEAF:
            leaves[root] = None
    return [*leaves, *made]


def depending_on(sources: Iterable[Value], order: Iterable[Value]) -> set[Value]:
    """The sources, and those operations of the order (operands before results) that depend on one of them."""
    found = set(sources)
    for node in order:
        if node._a in found or node._b in found:
            found.add(node)
    return found
