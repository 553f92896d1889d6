"""A right engine of closures: each result holds a function that hands its gradient on to its operands.

This is the best known style. What it needs to be right: ``+=``, the operands' numbers taken when the operation is
recorded, a topological order that is found without recursion, and gradients in between that start from zero in each
backward pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.zoo import arithmetic


class Value:
    """One number on the graph."""

    def __init__(self, data: float) -> None:
        self.data = float(data)
        self.grad = 0.0
        self._operands: tuple[Value, ...] = ()
        self._pull: Callable[[float], None] | None = None  # takes the result's gradient: no cycle through the result

    def _lift(self, other: Any) -> Any:
        return other if isinstance(other, Value) else type(self)(other)

    def _result(self, data: float, operands: tuple[Any, ...], pull: Callable[[float], None]) -> Any:
        result = type(self)(data)
        result._operands = operands
        result._pull = pull
        return result

    # --- Operations ---

    def __add__(self, other: Any) -> Any:
        other = self._lift(other)

        def pull(gradient: float) -> None:
            self.grad += gradient
            other.grad += gradient

        return self._result(self.data + other.data, (self, other), pull)

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data

        def pull(gradient: float) -> None:
            self.grad += gradient * b
            other.grad += gradient * a

        return self._result(a * b, (self, other), pull)

    def __sub__(self, other: Any) -> Any:
        other = self._lift(other)

        def pull(gradient: float) -> None:
            self.grad += gradient
            other.grad -= gradient

        return self._result(self.data - other.data, (self, other), pull)

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        b = other.data
        quotient = self.data / b

        def pull(gradient: float) -> None:
            self.grad += gradient / b
            other.grad -= gradient * (quotient / b)

        return self._result(quotient, (self, other), pull)

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        data = arithmetic.power(a, b)

        def pull(gradient: float) -> None:
            self.grad += gradient * arithmetic.slope_of_power(a, b)
            other.grad += gradient * arithmetic.slope_of_exponent(a, b)

        return self._result(data, (self, other), pull)

    def __radd__(self, other: Any) -> Any:
        return self._lift(other) + self

    def __rmul__(self, other: Any) -> Any:
        return self._lift(other) * self

    def __rsub__(self, other: Any) -> Any:
        return self._lift(other) - self

    def __rtruediv__(self, other: Any) -> Any:
        return self._lift(other) / self

    def __rpow__(self, other: Any) -> Any:
        return self._lift(other) ** self

    def _unary(self, data: float, slope: float) -> Any:
        def pull(gradient: float) -> None:
            self.grad += gradient * slope

        return self._result(data, (self,), pull)

    def __neg__(self) -> Any:
        return self._unary(-self.data, -1.0)

    def __abs__(self) -> Any:
        return self._unary(abs(self.data), arithmetic.sign(self.data))

    def exp(self) -> Any:
        y = math.exp(self.data)
        return self._unary(y, y)

    def log(self) -> Any:
        return self._unary(math.log(self.data), 1.0 / self.data)

    def tanh(self) -> Any:
        y = math.tanh(self.data)
        return self._unary(y, 1.0 - y * y)

    def sigmoid(self) -> Any:
        y = arithmetic.sigmoid(self.data)
        return self._unary(y, y * (1.0 - y))

    def relu(self) -> Any:
        return self._unary(arithmetic.relu(self.data), arithmetic.step(self.data))

    def sin(self) -> Any:
        return self._unary(math.sin(self.data), math.cos(self.data))

    def cos(self) -> Any:
        return self._unary(math.cos(self.data), -math.sin(self.data))

    # --- Backward ---

    def _order(self) -> list[Any]:
        """Everything that this Value was computed from, operands before results, itself last."""
        order, seen = [], {self}
        stack = [(self, iter(self._operands))]
        while stack:
            node, rest = stack[-1]
            for operand in rest:
                if operand not in seen:
                    seen.add(operand)
                    stack.append((operand, iter(operand._operands)))
                    break
            else:
                order.append(node)
                stack.pop()
        return order

    def backward(self) -> None:
        order = self._order()
        for node in order:
            if node._operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            if node._pull is not None:
                node._pull(node.grad)
