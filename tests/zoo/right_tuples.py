"""A right engine of tuples: each result holds its operands, and beside them the partial derivatives, as numbers.

This is the style of the 200-line GPT. No function is kept; the chain rule stands in one place, in ``backward``.
"""

from __future__ import annotations

import math
from typing import Any

from tests.zoo import arithmetic


class Value:
    """One number on the graph."""

    __slots__ = ("__weakref__", "_operands", "_partials", "data", "grad")

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        self.data = float(data)
        self.grad = 0.0
        self._operands = operands
        self._partials = partials

    def _lift(self, other: Any) -> Any:
        return other if isinstance(other, Value) else type(self)(other)

    def _result(self, data: float, operands: tuple[Any, ...], partials: tuple[float, ...]) -> Any:
        return type(self)(data, operands, partials)

    # --- Operations ---

    def __add__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        y = self.data / other.data
        return self._result(y, (self, other), (1.0 / other.data, -y / other.data))

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        slopes = (arithmetic.slope_of_power(a, b), arithmetic.slope_of_exponent(a, b))
        return self._result(arithmetic.power(a, b), (self, other), slopes)

    def __radd__(self, other: Any) -> Any:
        return self._lift(other) + self

    def __rsub__(self, other: Any) -> Any:
        return self._lift(other) - self

    def __rmul__(self, other: Any) -> Any:
        return self._lift(other) * self

    def __rtruediv__(self, other: Any) -> Any:
        return self._lift(other) / self

    def __rpow__(self, other: Any) -> Any:
        return self._lift(other) ** self

    def __neg__(self) -> Any:
        return self._result(-self.data, (self,), (-1.0,))

    def __abs__(self) -> Any:
        return self._result(abs(self.data), (self,), (arithmetic.sign(self.data),))

    def exp(self) -> Any:
        y = math.exp(self.data)
        return self._result(y, (self,), (y,))

    def log(self) -> Any:
        return self._result(math.log(self.data), (self,), (1.0 / self.data,))

    def tanh(self) -> Any:
        y = math.tanh(self.data)
        return self._result(y, (self,), (1.0 - y * y,))

    def sigmoid(self) -> Any:
        y = arithmetic.sigmoid(self.data)
        return self._result(y, (self,), (y * (1.0 - y),))

    def relu(self) -> Any:
        return self._result(arithmetic.relu(self.data), (self,), (arithmetic.step(self.data),))

    def sin(self) -> Any:
        return self._result(math.sin(self.data), (self,), (math.cos(self.data),))

    def cos(self) -> Any:
        return self._result(math.cos(self.data), (self,), (-math.sin(self.data),))

    # --- Backward ---

    def _order(self) -> list[Any]:
        """Everything that this Value was computed from, operands before results, itself last."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((operand, False) for operand in node._operands)
        return order

    def backward(self) -> None:
        order = self._order()
        for node in order:
            if node._operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += node.grad * partial
