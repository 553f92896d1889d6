"""The chain rule's loop once more, by itself: the testing kit holds engines against it, not against their own."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any


def sweep(
    steps: Sequence[tuple[Any, Iterable[tuple[Any, Any]]]],
    adjoints: dict[Any, Any],
    merge: Callable[[Any, Any], Any] = operator.add,
) -> dict[Any, Any]:
    """Reverse mode, in place: from the adjoints of results to the adjoints of everything that they were computed from.

    Args:
        steps: operations, operands before results: what is known by its adjoint, and pairs of operand and partial.
        adjoints: of the results.
        merge: of two contributions to one adjoint; their sum, unless a fault is to be planted.

    >>> sweep([("y", [("x", 3.0), ("x", 2.0)]), ("z", [("y", 10.0)])], {"z": 1.0})
    {'z': 1.0, 'y': 10.0, 'x': 50.0}
    """
    for result, edges in reversed(steps):
        if result in adjoints:
            adjoint = adjoints[result]
            for operand, partial in edges:
                sent = adjoint * partial
                adjoints[operand] = merge(adjoints[operand], sent) if operand in adjoints else sent
    return adjoints
