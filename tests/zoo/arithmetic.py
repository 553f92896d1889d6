"""What the engines of the zoo share: a few functions of floats, and the operators of Python as names of operations."""

from __future__ import annotations

import math
from typing import Any


def power(a: float, b: float) -> float:
    """a ** b in real numbers."""
    y = a**b
    if isinstance(y, complex):
        raise ValueError(f"{a!r} has no real power {b!r}")
    return y


def slope_of_power(a: float, b: float) -> float:
    """∂(a^b)/∂a = b·a^(b-1): 0 for b = 0, and infinite at a = 0 for a root."""
    if b == 0.0:
        return 0.0
    return math.inf if a == 0.0 and b < 1.0 else b * power(a, b - 1.0)


def slope_of_exponent(a: float, b: float) -> float:
    """∂(a^b)/∂b = a^b·log a: 0 for a = 0, and no number for a negative base."""
    if a > 0.0:
        return a**b * math.log(a)
    return 0.0 if a == 0.0 else math.nan


def sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), which overflows on neither side."""
    e = math.exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


def relu(x: float) -> float:
    """max(x, 0)."""
    return 0.0 if x <= 0.0 else x


def step(x: float) -> float:
    """The derivative of relu; 0 at 0."""
    return 1.0 if x > 0.0 else 0.0


def sign(x: float) -> float:
    """The derivative of |x|; 0 at 0."""
    return float((x > 0.0) - (x < 0.0))


# Each operation: its value, and the partial derivatives with respect to its operands, from the operands and the result.
OPERATIONS: dict[str, tuple[Any, ...]] = {
    "add": (lambda a, b: a + b, lambda a, b, y: 1.0, lambda a, b, y: 1.0),
    "sub": (lambda a, b: a - b, lambda a, b, y: 1.0, lambda a, b, y: -1.0),
    "mul": (lambda a, b: a * b, lambda a, b, y: b, lambda a, b, y: a),
    "div": (lambda a, b: a / b, lambda a, b, y: 1.0 / b, lambda a, b, y: -y / b),
    "pow": (power, lambda a, b, y: slope_of_power(a, b), lambda a, b, y: slope_of_exponent(a, b)),
    "neg": (lambda x: -x, lambda x, y: -1.0),
    "abs": (abs, lambda x, y: sign(x)),
    "exp": (math.exp, lambda x, y: y),
    "log": (math.log, lambda x, y: 1.0 / x),
    "tanh": (math.tanh, lambda x, y: 1.0 - y * y),
    "sigmoid": (sigmoid, lambda x, y: y * (1.0 - y)),
    "relu": (relu, lambda x, y: step(x)),
    "sin": (math.sin, lambda x, y: math.cos(x)),
    "cos": (math.cos, lambda x, y: -math.sin(x)),
}


class Operators:
    """Python's operators, each handed to ``_apply(operation, *operands)``; an operand may be a plain number."""

    def _apply(self, name: str, *operands: Any) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return self._apply("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._apply("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._apply("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._apply("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._apply("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._apply("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._apply("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._apply("div", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._apply("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._apply("pow", other, self)

    def __neg__(self) -> Any:
        return self._apply("neg", self)

    def __abs__(self) -> Any:
        return self._apply("abs", self)

    def exp(self) -> Any:
        return self._apply("exp", self)

    def log(self) -> Any:
        return self._apply("log", self)

    def tanh(self) -> Any:
        return self._apply("tanh", self)

    def sigmoid(self) -> Any:
        return self._apply("sigmoid", self)

    def relu(self) -> Any:
        return self._apply("relu", self)

    def sin(self) -> Any:
        return self._apply("sin", self)

    def cos(self) -> Any:
        return self._apply("cos", self)
