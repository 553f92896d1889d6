"""A right engine that sorts no graph: each Value has a serial number, and the backward pass a priority queue.

Results are younger than their operands. So the youngest node that still has a gradient to hand on has received all of
it.
"""

from __future__ import annotations

import heapq
import itertools
from typing import Any

from tests.zoo.arithmetic import OPERATIONS, Operators

_serial = itertools.count()


class Value(Operators):
    """One number on the graph."""

    def __init__(self, data: float, edges: tuple[tuple[Any, float], ...] = ()) -> None:
        self.data = float(data)
        self.grad = 0.0
        self.edges = edges  # pairs of an operand and the partial derivative with respect to it
        self.serial = next(_serial)

    def _apply(self, name: str, *operands: Any) -> Value:
        value, *partials = OPERATIONS[name]
        numbers = [x.data if isinstance(x, Value) else float(x) for x in operands]
        y = value(*numbers)
        return Value(y, tuple((x, d(*numbers, y)) for x, d in zip(operands, partials) if isinstance(x, Value)))

    def backward(self) -> None:
        pending = {self.serial: [self, 1.0]}
        youngest = [-self.serial]
        while youngest:
            node, gradient = pending.pop(-heapq.heappop(youngest))
            node.grad = gradient if node.edges else node.grad + gradient
            for operand, partial in node.edges:
                if operand.serial not in pending:
                    pending[operand.serial] = [operand, 0.0]
                    heapq.heappush(youngest, -operand.serial)
                pending[operand.serial][1] += gradient * partial
