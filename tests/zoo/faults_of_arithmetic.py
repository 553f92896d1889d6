"""Engines with one fault each in an operation: its number, a partial derivative, or a form in which Python calls it.

Each class is right but for the one method that it overrides. The sentence under its name says what is wrong.
"""

from __future__ import annotations

import math
import struct
from typing import Any

from tests.zoo import arithmetic, right_closures, right_tuples

Right = right_tuples.Value


# --- Forms: which operand is on which side ---


class NoReflectedAdd(Right):
    """2 + v isn't there: __radd__ is missing, so sum() of Values fails too."""

    def __radd__(self, other: Any) -> Any:
        return NotImplemented


class NoReflectedMul(Right):
    """2 * v isn't there: __rmul__ is missing."""

    def __rmul__(self, other: Any) -> Any:
        return NotImplemented


class NoReflectedSub(Right):
    """2 - v isn't there: __rsub__ is missing."""

    def __rsub__(self, other: Any) -> Any:
        return NotImplemented


class NoReflectedDiv(Right):
    """2 / v isn't there: __rtruediv__ is missing."""

    def __rtruediv__(self, other: Any) -> Any:
        return NotImplemented


class NoReflectedPow(Right):
    """2 ** v isn't there: __rpow__ is missing."""

    def __rpow__(self, other: Any) -> Any:
        return NotImplemented


class ReflectedSubIsSub(Right):
    """2 - v gives v - 2: __rsub__ calls __sub__ with the operands as they come."""

    def __rsub__(self, other: Any) -> Any:
        return self - other


class ReflectedDivIsDiv(Right):
    """2 / v gives v / 2: __rtruediv__ calls __truediv__ with the operands as they come."""

    def __rtruediv__(self, other: Any) -> Any:
        return self / other


class ReflectedDivByReciprocal(Right):
    """2 / v is computed as 1 / (v / 2), which divides by zero for 0 / v."""

    def __rtruediv__(self, other: Any) -> Any:
        return self._lift(1.0) / (self / other)


class ReflectedPowIsPow(Right):
    """2 ** v gives v ** 2: __rpow__ calls __pow__ with the operands as they come."""

    def __rpow__(self, other: Any) -> Any:
        return self**other


class ReflectedSubLosesGradient(Right):
    """2 - v is computed from v's number, not from v, so that no gradient comes back."""

    def __rsub__(self, other: Any) -> Any:
        return self._lift(other - self.data)


class SubReversed(Right):
    """a - b gives b - a."""

    def __sub__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(other.data - self.data, (self, other), (-1.0, 1.0))


class OnlyValues(Right):
    """v * 2 isn't there: multiplication takes the other operand's .data, which a plain number hasn't."""

    def __mul__(self, other: Any) -> Any:
        return self._result(self.data * other.data, (self, other), (other.data, self.data))


# --- Arithmetic: partial derivatives ---


class SubWithoutSign(Right):
    """The second operand of a - b gets +1 as its partial derivative."""

    def __sub__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(self.data - other.data, (self, other), (1.0, 1.0))


class NegLosesGradient(Right):
    """-v is a new leaf with the negative number, so that no gradient comes back."""

    def __neg__(self) -> Any:
        return type(self)(-self.data)


class MulByItself(Right):
    """In a * b each operand gets its own number as partial derivative instead of the other's."""

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(self.data * other.data, (self, other), (self.data, other.data))


class DivWithoutSign(Right):
    """The divisor's partial derivative is a/b² where it should be -a/b²."""

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        y = self.data / other.data
        return self._result(y, (self, other), (1.0 / other.data, y / other.data))


class DivWithoutSquare(Right):
    """The divisor's partial derivative is -a/b where it should be -a/b²."""

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        y = self.data / other.data
        return self._result(y, (self, other), (1.0 / other.data, -y))


class DivWrongOperand(Right):
    """The dividend's partial derivative is 1/a where it should be 1/b."""

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        y = self.data / other.data
        slope = 1.0 / self.data if self.data else 0.0
        return self._result(y, (self, other), (slope, -y / other.data))


class DivSwapped(Right):
    """The two partial derivatives of a / b are swapped."""

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        y = self.data / other.data
        return self._result(y, (self, other), (-y / other.data, 1.0 / other.data))


class DivByConstantOnly(Right):
    """a / b is a times a constant: the divisor gets no gradient."""

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(self.data / other.data, (self,), (1.0 / other.data,))


class FloorDivision(Right):
    """a / b is computed with //."""

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        y = self.data // other.data
        return self._result(y, (self, other), (1.0 / other.data, -y / other.data))


class DivWithEpsilon(Right):
    """1e-8 is added to every divisor, against division by zero."""

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        b = other.data + 1e-8
        y = self.data / b
        return self._result(y, (self, other), (1.0 / b, -y / b))


class PowerRuleKeepsExponent(Right):
    """The power rule is n·xⁿ where it should be n·xⁿ⁻¹."""

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        y = arithmetic.power(a, b)
        return self._result(y, (self, other), (b * y, arithmetic.slope_of_exponent(a, b)))


class PowerRuleWithoutFactor(Right):
    """The power rule is xⁿ⁻¹ where it should be n·xⁿ⁻¹."""

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        slope = arithmetic.slope_of_power(a, b)
        slopes = (slope / b if b else slope, arithmetic.slope_of_exponent(a, b))
        return self._result(arithmetic.power(a, b), (self, other), slopes)


class PowerRuleAtZero(Right):
    """The power rule is computed as it is written, and 0 ** 0 divides by zero for a derivative that is 0."""

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        slopes = (b * a ** (b - 1.0), arithmetic.slope_of_exponent(a, b))
        return self._result(arithmetic.power(a, b), (self, other), slopes)


class ExponentWithoutGradient(Right):
    """The exponent of a ** b, when it is a Value, gets no gradient."""

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        return self._result(arithmetic.power(a, b), (self,), (arithmetic.slope_of_power(a, b),))


class ExponentWithoutLogarithm(Right):
    """The exponent's partial derivative in a ** b is a^b where it should be a^b·log a."""

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        y = arithmetic.power(a, b)
        return self._result(y, (self, other), (arithmetic.slope_of_power(a, b), y))


class PowerByLogarithm(Right):
    """a ** b is computed as exp(b·log a), which knows no negative base and no zero."""

    def __pow__(self, other: Any) -> Any:
        return (self._lift(other) * self.log()).exp()


class AbsAlwaysPositive(Right):
    """The derivative of |x| is 1 everywhere."""

    def __abs__(self) -> Any:
        return self._result(abs(self.data), (self,), (1.0,))


class NegInPlace(Right):
    """-v changes the number of v itself."""

    def __neg__(self) -> Any:
        self.data = -self.data
        return self._result(self.data, (self,), (-1.0,))


class ComparesValuesOnly(Right):
    """v < 2 isn't there: the comparison takes the other operand's .data, which a plain number hasn't."""

    def __lt__(self, other: Any) -> bool:
        return self.data < other.data

    def __gt__(self, other: Any) -> bool:
        return self.data > other.data


class ComparesGradients(Right):
    """< and > compare gradients: the attribute's name was copied from the line above."""

    def __lt__(self, other: Any) -> bool:
        return self.grad < self._lift(other).grad

    def __gt__(self, other: Any) -> bool:
        return self.grad > self._lift(other).grad


# --- Functions ---


class ReluPassesAll(Right):
    """relu hands the gradient on for negative x too."""

    def relu(self) -> Any:
        return self._result(arithmetic.relu(self.data), (self,), (1.0,))


class ReluInverted(Right):
    """relu hands the gradient on where x is negative, and stops it where x is positive."""

    def relu(self) -> Any:
        return self._result(arithmetic.relu(self.data), (self,), (1.0 - arithmetic.step(self.data),))


class ReluOneAtZero(Right):
    """relu asks x >= 0 where the field asks x > 0: its derivative at 0 is 1."""

    def relu(self) -> Any:
        return self._result(arithmetic.relu(self.data), (self,), (1.0 if self.data >= 0.0 else 0.0,))


class ReluByGradient(right_closures.Value):
    """relu hands the gradient on where the gradient, not x, is positive."""

    def relu(self) -> Any:
        def pull(gradient: float) -> None:
            self.grad += max(gradient, 0.0)

        return self._result(arithmetic.relu(self.data), (self,), pull)


class MaximumToBoth(Right):
    """maximum hands the gradient to both operands, not to the larger one."""

    def maximum(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(max(self.data, other.data), (self, other), (1.0, 1.0))


class MaximumTwiceAtTie(Right):
    """maximum asks >= on both sides, so that at a tie each operand gets all of the gradient."""

    def maximum(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        return self._result(max(a, b), (self, other), (float(a >= b), float(b >= a)))


class TanhFromInput(Right):
    """The derivative of tanh is 1 - x², from the input, where it should be 1 - y²."""

    def tanh(self) -> Any:
        return self._result(math.tanh(self.data), (self,), (1.0 - self.data * self.data,))


class TanhOverflows(Right):
    """tanh is computed from exp(2x), which overflows beyond x = 355."""

    def tanh(self) -> Any:
        e = math.exp(2.0 * self.data)
        y = (e - 1.0) / (e + 1.0)
        return self._result(y, (self,), (1.0 - y * y,))


class SigmoidPlus(Right):
    """The derivative of the sigmoid is y·(1 + y) where it should be y·(1 - y)."""

    def sigmoid(self) -> Any:
        y = arithmetic.sigmoid(self.data)
        return self._result(y, (self,), (y * (1.0 + y),))


class SigmoidFromInput(Right):
    """The derivative of the sigmoid is x·(1 - x), from the input, where it should be y·(1 - y)."""

    def sigmoid(self) -> Any:
        y = arithmetic.sigmoid(self.data)
        return self._result(y, (self,), (self.data * (1.0 - self.data),))


class SigmoidOverflows(Right):
    """The sigmoid is computed as 1 / (1 + exp(-x)), which overflows below x = -709."""

    def sigmoid(self) -> Any:
        y = 1.0 / (1.0 + math.exp(-self.data))
        return self._result(y, (self,), (y * (1.0 - y),))


class ExpByPowerRule(Right):
    """The derivative of exp is x·exp(x): the power rule, half remembered."""

    def exp(self) -> Any:
        y = math.exp(self.data)
        return self._result(y, (self,), (self.data * y,))


class ExpClamped(Right):
    """exp takes no x above 50, against overflow: beyond it the number and the gradient are wrong."""

    def exp(self) -> Any:
        y = math.exp(min(self.data, 50.0))
        return self._result(y, (self,), (y,))


class LogFromResult(Right):
    """The derivative of log is 1/y, from the result, where it should be 1/x."""

    def log(self) -> Any:
        y = math.log(self.data)
        return self._result(y, (self,), (1.0 / y if y else 0.0,))


class LogWithEpsilon(Right):
    """log adds 1e-8 to its operand, against log of zero."""

    def log(self) -> Any:
        x = self.data + 1e-8
        return self._result(math.log(x), (self,), (1.0 / x,))


class SinWithSign(Right):
    """The derivative of sin is -cos."""

    def sin(self) -> Any:
        return self._result(math.sin(self.data), (self,), (-math.cos(self.data),))


class CosWithoutSign(Right):
    """The derivative of cos is sin where it should be -sin."""

    def cos(self) -> Any:
        return self._result(math.cos(self.data), (self,), (math.sin(self.data),))


# --- Numbers ---


class WholeNumbers(Right):
    """int() stands where float() was meant: fractions are cut off."""

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        super().__init__(int(data) if math.isfinite(data) else data, operands, partials)


class WholeNumberDivision(Right):
    """Numbers stay ints if they come as ints, and ints are divided as in C: 7 / 2 is 3."""

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        super().__init__(data, operands, partials)
        self.data = data

    def __truediv__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data
        y = a // b if isinstance(a, int) and isinstance(b, int) else a / b
        return self._result(y, (self, other), (1.0 / b, -y / b))


class SinglePrecision(Right):
    """Numbers are stored in 32 bits."""

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        in_range = abs(data) <= 3.4028234663852886e38
        super().__init__(struct.unpack("f", struct.pack("f", data))[0] if in_range else data, operands, partials)


class RoundedNumbers(Right):
    """Numbers are rounded to six places when they are stored, so that they print nicely."""

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        super().__init__(round(float(data), 6), operands, partials)
