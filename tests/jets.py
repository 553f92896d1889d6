"""The truth of derivatives of any order up to 4, mixed ones too, by differences of the functions of ``truth.py``.

They are taken from the values at seven points a number, -3h to 3h. The same derivative is taken from the inner five
points; where both agree, the seven are right to far more digits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from tests.truth import CONSTANT, FUNCTIONS, INTEGRANDS, NOTHING, STEPS, expm1, value

ORDERS = 4
LEVELS = ((80, 10), (160, 20), (500, 20), (1200, 100), (3200, 400))  # digits; how many of them h is below the scale
INVISIBLE = 500  # a derivative that so many digits don't show, beside the function over the scale, is 0
GOOD = mpf(10) ** -40  # the agreement of five and seven points; the seven are right to more

# For the derivative of each order: the weights of f(x - 3h) ... f(x + 3h), and what their sum is divided by.
SEVEN: tuple[tuple[tuple[int, ...], int], ...] = (
    ((0, 0, 0, 1, 0, 0, 0), 1),
    ((-1, 9, -45, 0, 45, -9, 1), 60),
    ((2, -27, 270, -490, 270, -27, 2), 180),
    ((1, -8, 13, 0, -13, 8, -1), 8),
    ((-1, 12, -39, 56, -39, 12, -1), 6),
)
FIVE: tuple[tuple[tuple[int, ...], int], ...] = (
    ((0, 0, 0, 1, 0, 0, 0), 1),
    ((0, 1, -8, 0, 8, -1, 0), 12),
    ((0, -1, 16, -30, 16, -1, 0), 12),
    ((0, -1, 2, 0, -2, 1, 0), 2),
    ((0, 1, -4, 6, -4, 1, 0), 1),
)


def _gamma_scale(x: Any) -> Any:
    return x if x > 0 else abs(x - mp.nint(x))


def _power_scale(a: Any, b: Any) -> tuple[Any, Any]:
    return abs(a) / max(1, abs(b)), 1 / max(1, abs(mp.log(abs(a))))


def _bell_scale(x: Any) -> Any:
    return 1 / (1 + min(abs(x), 100))  # farther away it is straight


def _tan_scale(x: Any) -> Any:
    return min(1, abs(mp.cos(x)))


def _round_scale(a: Any, b: Any) -> tuple[Any, Any]:
    return (max(abs(a), abs(b)),) * 2


def _branch_scale(a: Any, b: Any) -> tuple[Any, Any]:
    return mpf(1), abs(b) or 1


# How far from the operands the function is about a polynomial: h is far below that. Nothing is believed because of it;
# where it is too large or too small, more digits are taken. What isn't here has |x|, or 1 at 0.
SCALES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("exp", "expm1", "sin", "cos", "sinh", "cosh", "tanh", "sech"), lambda x: mpf(1)),
    **dict.fromkeys(
        ("sigmoid", "sigmoid_slope", "softplus", "silu", "log_sigmoid", "sinc", "one_minus_square"), lambda x: mpf(1)
    ),
    **dict.fromkeys(("atan", "asinh"), lambda x: max(1, abs(x))),
    **dict.fromkeys(("erf", "erfc", "gelu", "ndtr"), _bell_scale),
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), lambda x: 1 - abs(x)),
    **dict.fromkeys(("lgamma", "digamma"), _gamma_scale),
    **dict.fromkeys(("hypot", "atan2", "direction"), _round_scale),
    **dict.fromkeys(("pow", "power"), _power_scale),
    **dict.fromkeys(("elu", "leaky_relu"), _branch_scale),
    **dict.fromkeys(("add", "sub"), lambda a, b: (max(1, abs(a), abs(b)),) * 2),
    **dict.fromkeys(
        ("log_ndtr", "inverse_mills", "inverse_mills_slope"), lambda x: max(1, -x) if x < 0 else _bell_scale(x)
    ),
    "tan": _tan_scale,
    "log1p": lambda x: 1 + x,
    "acosh": lambda x: x - 1,
    "logit": lambda x: min(x, 1 - x),
    "logaddexp": lambda a, b: (mpf(1), mpf(1)),
    "polygamma": lambda n, x: (mpf(1), _gamma_scale(x)),
    "sinc_derivative": lambda n, x: (mpf(1), mpf(1)),
    "maximum": lambda a, b: (abs(a - b),) * 2,
    "minimum": lambda a, b: (abs(a - b),) * 2,
}


def _angle(a: Any, b: Any) -> Any:
    """atan2, continued across the jump of 2π on the negative axis."""
    return mp.pi + mp.atan2(-a, -b) if b < 0 and abs(a) < -0.3711 * b else mp.atan2(a, b)


def _real_power(a: Any, b: Any) -> Any:
    """a^b; for a < 0 the branch on which the whole number b lies, as a function of any b."""
    return mp.power(a, b) if a >= 0 else (-1) ** int(mp.nint(b)) * mp.power(-a, b)


# The same function, up to a constant, without a jump that isn't in its derivatives.
SMOOTH: dict[str, Callable[..., Any]] = {"atan2": _angle, "pow": _real_power, "power": _real_power}


class Unknown(ArithmeticError):
    """There is no derivative there, or none that differences can find."""


class Jet:
    """The derivatives of a primitive at a point, from as few digits as will do. Operands may be ``mpf``."""

    def __init__(self, name: str, operands: tuple[Any, ...]) -> None:
        self.name, self.operands = name, operands
        self.of_integrand = name in INTEGRANDS  # which is the first derivative
        self.function = INTEGRANDS.get(name) or SMOOTH.get(name) or FUNCTIONS[name]
        if name in ("elu", "leaky_relu"):  # the branch on which the point is, continued to the other side of 0
            left = (lambda a, b: b * expm1(a, mp.prec)) if name == "elu" else (lambda a, b: a * b)
            self.function = left if operands[0] <= 0 else lambda a, b: a
        self.moving = [i for i in range(len(operands)) if CONSTANT.get(name) != i]
        self.levels: dict[int, Any] = {}

    def of(self, orders: tuple[int, ...], agreement: Any = GOOD, first: int = 0, nothing: Any = NOTHING) -> Any:
        """The derivative of these orders, one for each operand; 0 where it is below ``nothing``.

        Raises:
            Unknown: differences never agree.
        """
        orders = tuple(orders[i] for i in self.moving)
        if self.of_integrand:
            orders = (orders[0] - 1,)
        for level in range(first, len(LEVELS)):
            if level not in self.levels:
                self.levels[level] = self._sampled(*LEVELS[level])
            if self.levels[level] is None:
                continue
            found = self._difference(self.levels[level], orders, LEVELS[level][0], agreement, nothing)
            if found is not None:
                return found
        raise Unknown(f"no derivative {orders} of {self.name} at {self.operands}")

    def _sampled(self, digits: int, below: int) -> Any:
        """Values around the point as whole numbers, and by which powers of 2 to multiply them and each step."""
        with mp.workdps(digits):
            x = list(map(mpf, self.operands))
            if self.name in SCALES:
                found = SCALES[self.name](*x)
                scales = found if isinstance(found, tuple) else (found,)
            else:
                scales = tuple(abs(xi) or mpf(1) for xi in x)
            if not all(scales):
                return None
            bits = [int(mp.mag(scales[i])) - int(3.33 * below) for i in self.moving]
            steps = [mp.ldexp(1, m) for m in bits]
            values: list[Any] = []
            for k in range(-3, 4):
                x[self.moving[0]] = self.operands[self.moving[0]] + k * steps[0]
                if len(self.moving) == 1:
                    values.append(self.function(*x))
                    continue
                for j in range(-3, 4):
                    x[self.moving[1]] = self.operands[self.moving[1]] + j * steps[1]
                    values.append(self.function(*x))
        if any(hasattr(y, "_mpc_") for y in values):
            return None  # out of the domain
        parts = [y._mpf_ for y in values]
        if not all(man or not exponent for _, man, exponent, _ in parts):
            return None  # infinite, or not a number
        largest = max((exponent + count for _, man, exponent, count in parts if man), default=0)
        lowest = max(largest - 20 * digits, min((exponent for _, man, exponent, _ in parts if man), default=0))
        whole = [(-1) ** sign * _shifted(man, exponent - lowest) for sign, man, exponent, _ in parts]
        rows = whole if len(self.moving) == 1 else [whole[7 * k : 7 * k + 7] for k in range(7)]
        return rows, lowest, bits, max(map(abs, whole))

    def _difference(self, sampled: Any, orders: tuple[int, ...], digits: int, agreement: Any, nothing: Any) -> Any:
        rows, lowest, bits, largest = sampled
        seven, by_seven, noise = _weighted(rows, SEVEN, orders)
        five, by_five, _ = _weighted(rows, FIVE, orders)
        exponent = lowest - sum(n * m for n, m in zip(orders, bits))
        with mp.workdps(60):
            found = mp.ldexp(mpf(seven) / by_seven, exponent)
            unsure = mp.ldexp(mpf(largest * noise) * mpf(10) ** (6 - digits), exponent) / by_seven
            if abs(found) + unsure < nothing or (abs(found) <= unsure and digits >= INVISIBLE):
                return mpf(0)
            if abs(found) * agreement < unsure:
                return None
            if abs(seven * by_five - five * by_seven) <= agreement * abs(seven * by_five):
                return found
        return None


def _shifted(man: int, by: int) -> int:
    return int(man) << by if by >= 0 else int(man) >> -by


def _weighted(rows: Any, table: Any, orders: tuple[int, ...]) -> tuple[int, int, int]:
    """The sum with the weights of these orders, its divisor, and the sum of the weights' sizes."""
    weights, divisor = table[orders[0]]
    size = sum(map(abs, weights))
    if len(orders) == 1:
        return sum(w * y for w, y in zip(weights, rows)), divisor, size
    others, other_divisor = table[orders[1]]
    total = sum(w * sum(v * y for v, y in zip(others, row) if v) for w, row in zip(weights, rows) if w)
    return total, divisor * other_divisor, size * sum(map(abs, others))


@functools.cache
def derivative(name: str, operands: tuple[float, ...], orders: tuple[int, ...]) -> Any:
    """The derivative with so many times each operand, good to at least 40 digits (0 if it is below every float).

    >>> mp.nstr(derivative("mul", (2.0, 3.0), (1, 1)), 5), mp.nstr(derivative("sin", (1.0,), (2,)), 20)
    ('1.0', '-0.84147098480789650665')

    Raises:
        Unknown: there is none, or none that differences can find.
    """
    if name in STEPS or beyond_degree(name, orders):
        return mpf(0)
    if not sum(orders):
        return value(name, operands)
    return Jet(name, operands).of(orders, GOOD, first=1)


# Polynomials, perhaps pieces of them: the degree in all operands together, and in each; beyond it derivatives are 0.
DEGREES: dict[str, tuple[int | None, tuple[int | None, ...]]] = {
    "add": (1, (1, 1)),
    "sub": (1, (1, 1)),
    "mul": (2, (1, 1)),
    "div": (None, (1, None)),
    "ratio": (None, (1, None)),
    "neg": (1, (1,)),
    "abs": (1, (1,)),
    "relu": (1, (1,)),
    "maximum": (1, (1, 1)),
    "minimum": (1, (1, 1)),
    "mod": (1, (1, 1)),
    "leaky_relu": (2, (1, 1)),
    "elu": (None, (None, 1)),
    "xlogy": (None, (1, None)),
    "one_minus_square": (2, (2,)),
}


def beyond_degree(name: str, orders: tuple[int, ...]) -> bool:
    """Whether the derivative is 0 because the row is a polynomial of a lower degree."""
    total, each = DEGREES.get(name, (None, ()))
    too_many = any(d is not None and n > d for n, d in zip(orders, each))
    return too_many or (total is not None and sum(orders) > total)
