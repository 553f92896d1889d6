"""A right engine that never goes backward: forward mode, dual numbers carried over the recorded graph.

``backward()`` walks the graph from the leaves to the result. Each node's dual part is a short table: the derivative of
the node with respect to each leaf that it depends on. What the last table holds is added to the leaves. A table is
dropped after its last use.
"""

from __future__ import annotations

from typing import Any

from tests.zoo.arithmetic import OPERATIONS, Operators


class Value(Operators):
    """One number on the graph."""

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        self.data = float(data)
        self.grad = 0.0
        self.operands = operands
        self.partials = partials

    def _apply(self, name: str, *operands: Any) -> Value:
        value, *partials = OPERATIONS[name]
        numbers = [x.data if isinstance(x, Value) else float(x) for x in operands]
        y = value(*numbers)
        kept = [(x, d(*numbers, y)) for x, d in zip(operands, partials) if isinstance(x, Value)]
        return Value(y, tuple(x for x, _ in kept), tuple(slope for _, slope in kept))

    def backward(self) -> None:
        order, uses = _forward_order(self)
        duals: dict[Value, dict[Value, float]] = {}
        for node in order:
            if not node.operands:
                duals[node] = {node: 1.0}
                continue
            tables = []
            for operand in node.operands:
                uses[operand] -= 1
                # The last user may write in the table: a long sum costs no more than its terms.
                tables.append(duals.pop(operand) if uses[operand] == 0 else dict(duals[operand]))
            duals[node] = _combine(tables, node.partials)
        for leaf, slope in duals[self].items():
            leaf.grad += slope
        if self.operands:
            self.grad = 1.0


def _combine(tables: list[dict[Value, float]], partials: tuple[float, ...]) -> dict[Value, float]:
    """The sum of tables, each times a number: the chain rule, forwards."""
    tables_and_partials = sorted(zip(tables, partials), key=lambda pair: len(pair[0]), reverse=True)
    (result, first), *others = tables_and_partials
    if first != 1.0:
        for leaf in result:
            result[leaf] *= first
    for table, partial in others:
        for leaf, slope in table.items():
            result[leaf] = result.get(leaf, 0.0) + partial * slope
    return result


def _forward_order(output: Value) -> tuple[list[Value], dict[Value, int]]:
    """Everything that the output depends on, operands first, and how many times each is used."""
    order: list[Value] = []
    uses: dict[Value, int] = {output: 0}
    stack = [(output, iter(output.operands))]
    while stack:
        node, rest = stack[-1]
        for operand in rest:
            uses[operand] = uses.get(operand, 0) + 1
            if uses[operand] == 1:
                stack.append((operand, iter(operand.operands)))
                break
        else:
            order.append(node)
            stack.pop()
    return order, uses
