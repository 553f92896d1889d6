"""Functions of one or two floats that ``math`` lacks, written so that neither end overflows or cancels.

Each is accurate to a few ulp wherever the true result is a normal number, takes infinities to their limits and
hands a NaN on.
"""

from __future__ import annotations

import math

SQRT_HALF = math.sqrt(0.5)


def sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), written so that neither tail overflows."""
    e = math.exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


def sigmoid_slope(x: float) -> float:
    """σ'(x) = σ(x)·σ(-x)."""
    e = math.exp(-abs(x))
    return e / ((1.0 + e) * (1.0 + e))


def sech(x: float) -> float:
    """1 / cosh x, which falls to zero where cosh itself overflows."""
    e = math.exp(-abs(x))
    return 2.0 * e / (1.0 + e * e)


def softplus(x: float) -> float:
    """log(1 + eˣ)."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def relu(x: float) -> float:
    """max(x, 0)."""
    return 0.0 if x <= 0.0 else x


def leaky_relu(x: float, slope: float) -> float:
    """x above zero, slope · x below."""
    return x if x > 0.0 else slope * x


def elu(x: float, alpha: float) -> float:
    """x above zero, alpha · (eˣ - 1) below."""
    return x if x > 0.0 else alpha * math.expm1(x)


def gelu(x: float) -> float:
    """x · Φ(x), with the standard normal distribution function Φ taken from erfc, which is accurate in the tail."""
    return 0.5 * x * math.erfc(-x * SQRT_HALF) if x != -math.inf else -0.0


def silu(x: float) -> float:
    """x · sigmoid(x)."""
    return x * sigmoid(x) if x != -math.inf else -0.0


def sign(x: float) -> float:
    """-1, 0 or 1."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x


def floor(x: float) -> float:
    """The largest whole number that is not above x."""
    return float(math.floor(x)) if math.isfinite(x) else x


def maximum(a: float, b: float) -> float:
    """The larger of the two; NaN if either is."""
    return a if a >= b or a != a else b


def minimum(a: float, b: float) -> float:
    """The smaller of the two; NaN if either is."""
    return a if a <= b or a != a else b


def ratio(a: float, b: float) -> float:
    """a / b as IEEE 754 has it: ±inf, or NaN for 0 / 0, where b is zero."""
    if b != 0.0:
        return a / b
    return math.nan if a == 0.0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """a ** b in real numbers: a negative base with a fractional exponent is a ValueError, not complex."""
    y = a**b
    if isinstance(y, complex):
        raise ValueError("a negative number has no real power with a fractional exponent")
    return float(y)


def power_at_pole(a: float, b: float) -> float:
    """a to the power b as C has it, where Python raises: at a pole, too large for a float; NaN where it isn't real.

    >>> power_at_pole(-0.0, -3.0), power_at_pole(-1e200, 2.0), power_at_pole(-8.0, 1 / 3)
    (-inf, inf, nan)
    """
    is_odd = math.isfinite(b) and math.fmod(b, 2.0) in (1.0, -1.0)
    if a == 0.0 and b < 0.0:
        return math.copysign(math.inf, a) if is_odd else math.inf
    if a < 0.0 and b % 1.0 != 0.0:
        return math.nan
    return -math.inf if a < 0.0 and is_odd else math.inf


def power_of_all(a: float, b: float) -> float:
    """a to the power b as C has it, for all floats."""
    try:
        return power(a, b)
    except (ArithmeticError, ValueError):
        return power_at_pole(a, b)


def cbrt(x: float) -> float:
    """The real cube root. C libraries are off by up to 4 ulp: a Newton step brings that below 1."""
    if x == 0.0 or not math.isfinite(x):
        return x
    y = float(math.cbrt(x)) if hasattr(math, "cbrt") else math.copysign(abs(x) ** (1.0 / 3.0), x)
    return y - (y - x / (y * y)) / 3.0


def ceil(x: float) -> float:
    """The smallest whole number that is not below x."""
    return float(math.ceil(x)) if math.isfinite(x) else x


def trunc(x: float) -> float:
    """The whole number next to x on the way to 0."""
    return float(math.trunc(x)) if math.isfinite(x) else x


def round_half_even(x: float) -> float:
    """The nearest whole number, of two the even one."""
    return float(round(x)) if math.isfinite(x) else x


def direction(a: float, b: float) -> float:
    """a / √(a² + b²), a component of the unit vector along (a, b); 0 at the origin, which has no direction."""
    if math.isinf(a):
        return math.copysign(1.0, a)
    length = math.hypot(a, b)
    if math.isinf(length) and math.isfinite(b):
        return 0.25 * a / math.hypot(0.25 * a, 0.25 * b)
    return a / length if length != 0.0 else 0.0


def ndtr(x: float) -> float:
    """Φ(x), the standard normal distribution function."""
    return 0.5 * math.erfc(-x * SQRT_HALF)


def logaddexp(a: float, b: float) -> float:
    """log(eᵃ + eᵇ)."""
    if a == b:
        return a + math.log(2.0)
    return maximum(a, b) + math.log1p(math.exp(-abs(a - b)))


def xlogy(a: float, b: float) -> float:
    """a · log b; 0 for a = 0."""
    if a == 0.0 and b == b:
        return 0.0
    return a * (math.log(b) if b > 0.0 else math.nan if b < 0.0 or b != b else -math.inf)
