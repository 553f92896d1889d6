"""What a backward pass has left in a graph: which gradients belong to a result, in which order it went, what it sent.

A pass of this result leaves 1 in its ``.grad``, and in that of each operation the gradient that a sweep over the
recorded partials computes. What agrees with the sweep is a gradient of this result, whatever has been done with the
graph since. An operation that doesn't agree has met a pass of another result; a leaf that doesn't has a sum.

For a Value that is a part of a larger result there is no such sweep. There the last walk that came by (``_mark``) says
which Values were on one pass. A transform may have marked them since; then the sweep, times the Value's own gradient,
has to do.
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
    if value._grad == 0.0:
        return Gradients({}, "", adjoints)
    if value._mark == 0:  # no walk has come by
        keys = {x: OWN for x in order if x._grad != 0.0}
        return Gradients(keys, "∂ = .grad, set by hand", adjoints)
    if value._grad == 1.0:
        keys = {x: OWN for x in order if _agree(x._grad, received.get(x, 0.0))}
        keys |= {x: SUM for x in order if x._rule is LEAF and x not in keys and x._grad != 0.0}
        legend = f"∂ = ∂{name} / ∂(this)"
        if SUM in keys.values():
            legend += "; Σ∂: .grad, to which another backward pass has added"
        return Gradients(keys, legend, adjoints)
    if value._mark > 0:
        keys = {x: OWN for x in order if x._mark == value._mark}
    else:
        keys = {x: OWN for x in order if _agree(x._grad, received.get(x, 0.0) * value._grad)}
    return Gradients(keys, f"∂ = .grad, of a result that {name} is a part of", adjoints)


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
