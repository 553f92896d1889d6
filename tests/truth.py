"""The truth, computed and not assumed: each primitive written once more for mpmath, and differentiated by differences.

Nothing here knows the rule table. A function is evaluated with many digits at x - h and x + h, where h is far smaller
than the distance from x to the next float; digits are added until two results agree to ``AGREEMENT``. What comes out
is exact for every practical purpose.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

AGREEMENT = mpf(10) ** -45
GLIMPSED = mpf(10) ** -20
NOTHING = mpf(10) ** -350  # below every float
SMALLEST = 2.0**-1074  # the smallest subnormal
DIGITS = (80, 160, 320, 800, 1600, 3200)


def _erfc(x: Any) -> Any:
    return mp.erfc(x) if x < 1e5 else mpf(0)  # far below the smallest float, and beyond what mpmath takes


def _cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.root(abs(x), 3)


def _normal_cdf(x: Any) -> Any:
    return _erfc(-x / mp.sqrt(2)) / 2


def _logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "ratio": lambda a, b: a / b,
    "pow": lambda a, b: mp.power(a, b),
    "neg": lambda x: -x,
    "abs": lambda x: mp.fabs(x),
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "sqrt": mp.sqrt,
    "cbrt": _cbrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sech": mp.sech,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "sigmoid": _logistic,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "relu": lambda x: (x + abs(x)) / 2,
    "silu": lambda x: x * _logistic(x),
    "gelu": lambda x: x * _normal_cdf(x),
    "erf": mp.erf,
    "erfc": _erfc,
    "sign": mp.sign,
    "floor": mp.floor,
    "stop_gradient": lambda x: mpf(x),
    "maximum": max,
    "minimum": min,
    "hypot": mp.hypot,
    "atan2": mp.atan2,
    "leaky_relu": lambda a, b: a if a > 0 else a * b,
    "elu": lambda a, b: a if a > 0 else b * mp.expm1(a),
}

# An integral's derivative is its integrand: no differences are needed, which take thousands of digits in the tails.
INTEGRANDS: dict[str, Callable[..., Any]] = {
    "erf": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "erfc": lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
}

# Where a partial is a sum whose terms cancel, an error is measured in ulps of the larger term.
LARGEST_TERM: dict[str, Callable[..., Any]] = {
    "silu": lambda x: max(_logistic(x), abs(x) * _logistic(x) * _logistic(-x)),
    "gelu": lambda x: max(_normal_cdf(x), abs(x) * mp.npdf(x)),
}

# Distance to the nearest point without a single derivative: a kink, a jump, the edge of a domain where it is infinite.
DISTANCE_TO_EDGE: dict[str, Callable[..., float]] = {
    "abs": abs,
    "sign": abs,
    "relu": abs,
    "sqrt": abs,
    "cbrt": abs,
    "floor": lambda x: abs(x - round(x)),
    "asin": lambda x: 1 - abs(x),
    "acos": lambda x: 1 - abs(x),
    "acosh": lambda x: x - 1,
    "maximum": lambda a, b: abs(a - b),
    "minimum": lambda a, b: abs(a - b),
    "leaky_relu": lambda a, b: abs(a),
    "elu": lambda a, b: abs(a),
    "hypot": lambda a, b: max(abs(a), abs(b)),
    "atan2": lambda a, b: abs(a) if b <= 0 else max(abs(a), b),
    "pow": lambda a, b: abs(a),
}


def has_derivative(name: str, operands: tuple[float, ...], position: int) -> bool:
    """Whether the primitive has a derivative with respect to that operand there."""
    if name == "pow" and position == 1 and operands[0] < 0:
        return False
    return name not in DISTANCE_TO_EDGE or DISTANCE_TO_EDGE[name](*operands) > 0


@functools.cache
def value(name: str, operands: tuple[float, ...]) -> Any:
    """The primitive's value, good to at least 50 digits."""
    previous = None
    for digits in DIGITS:
        with mp.workdps(digits):
            y = FUNCTIONS[name](*map(mpf, operands))
            if previous is not None and abs(y - previous) <= AGREEMENT * abs(y):
                return y
            previous = y
    raise AssertionError(f"no value of {name} at {operands}")


@functools.cache
def partial(name: str, operands: tuple[float, ...], position: int) -> Any:
    """The derivative with respect to one operand, good to at least 45 digits (0 if it is below every float)."""
    if name == "stop_gradient":
        return mpf(0)  # by definition
    if name in INTEGRANDS:
        with mp.workdps(700):  # the squares of the largest floats have more than 600
            return INTEGRANDS[name](mpf(operands[0]))
    previous = None
    for digits in DIGITS:
        with mp.workdps(digits):
            x = mpf(operands[position])
            if x == 0 and digits < 1600:
                continue
            h = abs(x) * mpf(10) ** -(digits // 3) if x else mpf(10) ** -(digits // 3)
            before, after = list(map(mpf, operands)), list(map(mpf, operands))
            before[position] -= h
            after[position] += h
            slope = (FUNCTIONS[name](*after) - FUNCTIONS[name](*before)) / (2 * h)
            if slope == 0 and digits < DIGITS[-1]:
                previous = None  # zero, or lost beside a large value: more digits tell
                continue
            if slope == 0 or (previous is not None and abs(slope - previous) <= AGREEMENT * abs(slope)):
                return slope
            if digits == DIGITS[-1] and abs(slope) < NOTHING:
                return mpf(0)
            previous = slope
    raise AssertionError(f"no derivative of {name} at {operands}")


def glimpse(name: str, operands: tuple[float, ...], position: int) -> tuple[Any, Any]:
    """Value and partial as 80 digits show them; no partial (None) where the slopes on either side differ.

    Where they agree to 20 digits, what central differences neglect is far smaller still; and they have so many digits
    if they are that much larger than the rounding of the values. A float that is near enough to this is right; where it
    isn't, or where nothing is seen, :func:`value` and :func:`partial` decide.
    """
    function = FUNCTIONS[name]
    with mp.workdps(DIGITS[0]):
        numbers = list(map(mpf, operands))
        y = function(*numbers)
        if name in INTEGRANDS:
            return y, INTEGRANDS[name](*numbers) if abs(numbers[0]) < 1e10 else None
        x = numbers[position]
        h = (abs(x) or 1) * mpf(10) ** -26
        numbers[position] = x + h
        right = function(*numbers) - y
        numbers[position] = x - h
        left = y - function(*numbers)
        rounding = abs(y) * mpf(10) ** -DIGITS[0]
        if rounding > abs(right) * GLIMPSED or not right or abs(right - left) > abs(right) * GLIMPSED:
            return y, None
        return y, (right + left) / (2 * h)


def ulp(x: Any) -> Any:
    """The distance between neighbouring floats at x; 2^-1074 among the subnormals."""
    if x == 0:
        return mpf(SMALLEST)
    return max(mpf(2) ** (mp.floor(mp.log(abs(x), 2)) - 52), mpf(SMALLEST))


def ulps_between(got: float, exact: Any, scale: Any = None) -> float:
    """The distance of a float from the exact result, in ulps of the exact result, or of ``scale`` if that is larger.

    Beyond the largest float, infinity is exact.
    """
    with mp.workdps(60):
        if math.isinf(got) and abs(exact) > mpf(1.7976931348623150e308) and (got > 0) == (exact > 0):
            return 0.0
        if not math.isfinite(got):
            return math.inf
        size = abs(exact) if scale is None else max(abs(exact), abs(scale))
        return float(abs(mpf(got) - exact) / ulp(size))
