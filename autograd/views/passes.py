"""What a backward pass has left in a graph: which gradients belong to a result, in which order it went, what it sent.

A Value holds the number of the last pass that came by (``_mark``). That of the Value that ``backward()`` was called on
is negative. So a picture can tell a gradient of 0 from one that was never computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from autograd.engine.modes import stops
from autograd.engine.own import Own
from autograd.engine.rules import LEAF
from autograd.engine.value import Value

OWN: Final = "∂"  # a gradient of this result
SUM: Final = "Σ∂"  # a leaf's, to which other passes have added


class Gradients(NamedTuple):
    """What is known of the gradients in the graph of a result."""

    keys: dict[Value, str]  # the Values whose gradient can be shown, each with what stands before it
    legend: str  # what they are derivatives of
    adjoints: dict[Value, float]  # of each operation, as one backward pass of this result computes them


def gradients_of(value: Value, order: Sequence[Value]) -> Gradients:
    """See ``Gradients``.

    Args:
        value: the result.
        order: what it depends on, operands before results.
    """
    adjoints, received = _sweep(value, order)
    name = value.label or "output"
    if value._mark < 0:
        keys = {x: OWN for x in order if x is value or x._mark == -value._mark}
        keys |= {x: SUM for x in keys if x._rule is LEAF and not _agree(x._grad, received.get(x, 0.0))}
        legend = f"∂ = ∂{name} / ∂(this)"
        if SUM in keys.values():
            legend += "; Σ∂: .grad, to which more than one backward pass has added"
        return Gradients(keys, legend, adjoints)
    if value._grad == 0.0:
        return Gradients({}, "", adjoints)
    if value._mark:  # a pass that began further up
        keys = {x: OWN for x in order if x._mark == value._mark}
        return Gradients(keys, f"∂ = .grad, of a result that {name} is a part of", adjoints)
    keys = {x: OWN for x in order if x._grad != 0.0}
    return Gradients(keys, "∂ = .grad, set by hand", adjoints)


def steps(order: Sequence[Value]) -> dict[Value, int]:
    """The number of each operation in the order of the backward pass: the result is 1."""
    made = [node for node in order if node._rule is not LEAF]
    return {node: number for number, node in enumerate(reversed(made), start=1)}


def _sweep(value: Value, order: Sequence[Value]) -> tuple[dict[Value, float], dict[Value, float]]:
    """One backward pass that changes nothing: the gradient of each operation, and what each Value received.

    Below an operation of somebody's own, which has no partials, the gradients are those that the Values hold.
    """
    received = {value: 1.0}
    adjoints: dict[Value, float] = {}
    for node in reversed(order):
        if node._rule is LEAF or node not in received:
            continue
        adjoint = adjoints[node] = received[node] if received[node] == received[node] else node._grad
        for operand, partial in node._edges():
            if isinstance(operand, Value) and not (not isinstance(node._rule, Own) and stops(node, partial)):
                received[operand] = received.get(operand, 0.0) + adjoint * partial
    return adjoints, received


def _agree(a: float, b: float) -> bool:
    return not abs(a - b) > 1e-9 * max(abs(a), abs(b))  # a NaN agrees with anything
