"""A small autograd engine."""

from __future__ import annotations

import math
from collections.abc import Callable


class Value:
    """A number that knows what it was computed from."""

    def __init__(self, data: float, operands: tuple[Value, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self._operands = operands
        self._pull: Callable[[float], None] = lambda grad: None  # hands the result's gradient on to the operands

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other: Value | float) -> Value:
        b = lifted(other)
        out = Value(self.data + b.data, (self, b))

        def pull(grad: float) -> None:
            self.grad += grad
            b.grad += grad

        out._pull = pull
        return out

    def __mul__(self, other: Value | float) -> Value:
        b = lifted(other)
        x, y = self.data, b.data
        out = Value(x * y, (self, b))

        def pull(grad: float) -> None:
            self.grad += y * grad
            b.grad += x * grad

        out._pull = pull
        return out

    def __pow__(self, exponent: float) -> Value:
        x = self.data
        out = Value(x**exponent, (self,))

        def pull(grad: float) -> None:
            if exponent != 0:
                self.grad += exponent * x ** (exponent - 1) * grad

        out._pull = pull
        return out

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + -lifted(other)

    def __truediv__(self, other: Value | float) -> Value:
        b = lifted(other)
        x, y = self.data, b.data
        out = Value(x / y, (self, b))

        def pull(grad: float) -> None:
            self.grad += grad / y
            b.grad += -x / (y * y) * grad

        out._pull = pull
        return out

    def __radd__(self, other: float) -> Value:
        return self + other

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __rsub__(self, other: float) -> Value:
        return lifted(other) - self

    def __rtruediv__(self, other: float) -> Value:
        return lifted(other) / self

    def exp(self) -> Value:
        y = math.exp(self.data)
        out = Value(y, (self,))

        def pull(grad: float) -> None:
            self.grad += y * grad

        out._pull = pull
        return out

    def log(self) -> Value:
        x = self.data
        out = Value(math.log(x), (self,))

        def pull(grad: float) -> None:
            self.grad += grad / x

        out._pull = pull
        return out

    def tanh(self) -> Value:
        y = math.tanh(self.data)
        out = Value(y, (self,))

        def pull(grad: float) -> None:
            self.grad += (1 - y * y) * grad

        out._pull = pull
        return out

    def relu(self) -> Value:
        x = self.data
        out = Value(x if x > 0 else 0.0, (self,))

        def pull(grad: float) -> None:
            self.grad += grad if x > 0 else 0.0

        out._pull = pull
        return out

    def backward(self) -> None:
        """Add to each leaf's gradient the derivative of this number by it."""
        order: list[Value] = []
        seen: set[Value] = set()
        stack = [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((operand, False) for operand in node._operands)
        for node in order:
            if node._operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            node._pull(node.grad)


def lifted(number: Value | float) -> Value:
    """The number as a Value."""
    return number if isinstance(number, Value) else Value(number)
