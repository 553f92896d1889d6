"""The truth, computed and not assumed: each primitive written once more for mpmath, and differentiated by differences.

Nothing here knows the rule table. A function is evaluated with many digits at x - h and x + h, where h is far smaller
than the distance from x to the next float; digits are added until two results agree to ``AGREEMENT``. What comes out
is exact for every practical purpose.

:func:`partial` is the first derivative; ``jets.py`` has those of higher orders. Rows that the table doesn't have may be
here; a test asks for those that it has.
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


def _exp(x: Any) -> Any:
    """e^x for x <= 0, beside 1 or by itself: 0 where none of its digits can be seen, and it is below every float."""
    return mp.exp(x) if x > -20 * mp.dps else mpf(0)


def _logistic(x: Any) -> Any:
    e = _exp(-abs(x))
    return 1 / (1 + e) if x >= 0 else e / (1 + e)


def _softplus(x: Any) -> Any:
    return max(x, 0) + mp.log1p(_exp(-abs(x)))


@functools.lru_cache(8)
def expm1(x: Any, prec: int) -> Any:
    return mp.expm1(x) if x > -20 * mp.dps else mpf(-1)


def _erfcx(x: Any) -> Any:
    if x * x < 3 * mp.dps:
        with mp.extradps(20):
            return mp.exp(x * x) * mp.erfc(x)
    if x < 0:
        return 2 * mp.exp(x * x)  # less 1 / (√π |x|), which is below its last digit
    total = term = mpf(1)
    for k in range(1, 10 * mp.dps):  # 1 - 1/(2x²) + 1·3/(2x²)² - ...
        term *= -(2 * k - 1) / (2 * x * x)
        total += term
        if abs(term) < mpf(10) ** -mp.dps:
            break
    return total / (x * mp.sqrt(mp.pi))


def _log_ndtr(x: Any) -> Any:
    if x > 0:
        return mp.log1p(-_erfc(x / mp.sqrt(2)) / 2)
    return mp.log(_erfcx(-x / mp.sqrt(2)) / 2) - x * x / 2


def _inverse_mills(x: Any) -> Any:
    if x > 0:
        return _exp(-x * x / 2) / mp.sqrt(2 * mp.pi) / (1 - _erfc(x / mp.sqrt(2)) / 2)
    return mp.sqrt(2 / mp.pi) / _erfcx(-x / mp.sqrt(2))


def _sigmoid_slope(x: Any) -> Any:
    e = _exp(-abs(x))
    return e / (1 + e) ** 2


def _lgamma(x: Any) -> Any:
    if x > 0:
        return mp.loggamma(x)
    return mp.log(mp.pi / abs(mp.sinpi(x))) - mp.loggamma(1 - x)


def _erfinv(x: Any) -> Any:
    """The root of erf(y) = x, by Newton steps from what floats know, each with twice the digits."""
    if x == 0:
        return mpf(0)
    small = 1 - abs(x)
    wanted, guess = mp.dps + 10, mp.erfinv(mpf(float(abs(x)))) if small > 1e-10 else mp.sqrt(-mp.log(small))
    with mp.workdps(wanted):
        y = mpf(guess)
        for _ in range(100):
            off = small - mp.erfc(y)  # below 0 where y is too small
            step = off * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
            step = step / (1 + y * step)  # Halley's
            y -= step
            if abs(step) <= abs(y) * mpf(10) ** -(wanted // 2 + 5):
                break
        return mp.sign(x) * y


def _sinc_derivative(n: Any, x: Any) -> Any:
    """By the series near 0, by Leibniz's rule for sin(πx) · 1/(πx) farther away."""
    n = int(n)
    if n == 0:
        return mp.sincpi(x)
    with mp.extradps(20 + 2 * n):
        if abs(x) >= 2:
            waves = (mp.sinpi(x), mp.cospi(x), -mp.sinpi(x), -mp.cospi(x))
            total = mpf(0)
            for k in range(n + 1):
                total += (
                    mp.binomial(n, k)
                    * mp.pi**k
                    * waves[k % 4]
                    * (-1) ** (n - k)
                    * mp.factorial(n - k)
                    / x ** (n - k + 1)
                )
            return total / mp.pi
        total, k = mpf(0), (n + 1) // 2
        term = (-1) ** k * mp.pi ** (2 * k) * mp.factorial(2 * k) / mp.factorial(2 * k - n) / mp.factorial(2 * k + 1)
        term *= x ** (2 * k - n)
        while term and abs(term) > mpf(10) ** -(mp.dps + 5) * max(abs(total), abs(term) if not total else 0):
            total += term
            k += 1
            term *= -(mp.pi**2) * x * x / ((2 * k - n) * (2 * k - n - 1)) * (2 * k - 1) / (2 * k + 1)
        return total


def _round(x: Any) -> Any:
    return mp.nint(x)  # half to even


def _trunc(x: Any) -> Any:
    return mp.floor(x) if x > 0 else mp.ceil(x)


def _logaddexp(a: Any, b: Any) -> Any:
    return max(a, b) + mp.log1p(_exp(-abs(a - b)))


def _direction(a: Any, b: Any) -> Any:
    return a / mp.hypot(a, b) if a or b else mpf(0)


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
    "softplus": _softplus,
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
    "elu": lambda a, b: a if a > 0 else b * expm1(a, mp.prec),
    "lgamma": _lgamma,
    "digamma": mp.digamma,
    "polygamma": lambda n, x: _psi(int(n), x),
    "erfinv": _erfinv,
    "inverse_mills": _inverse_mills,
    "inverse_mills_slope": lambda x: _inverse_mills(x) * (x + _inverse_mills(x)),
    "sigmoid_slope": _sigmoid_slope,
    "ndtr": _normal_cdf,
    "log_ndtr": _log_ndtr,
    "logit": lambda x: mp.log(x) - mp.log1p(-x),
    "log_sigmoid": lambda x: -_softplus(-x),
    "logaddexp": _logaddexp,
    "xlogy": lambda a, b: a * mp.log(b) if a else mpf(0),
    "sinc": lambda x: _sinc_derivative(0, x),
    "sinc_derivative": _sinc_derivative,
    "ceil": mp.ceil,
    "round": _round,
    "trunc": _trunc,
    "mod": lambda a, b: a % b,
    "floordiv": lambda a, b: mp.floor(a / b),
    "power": lambda a, b: mp.power(a, b),
    "direction": _direction,
    "one_minus_square": lambda x: (1 - x) * (1 + x),
}

# Operands that are whole numbers and no variables: there is no derivative by them.
CONSTANT: dict[str, int] = {"polygamma": 0, "sinc_derivative": 0}

# An integral's derivative is its integrand: no differences are needed, which take thousands of digits in the tails.
INTEGRANDS: dict[str, Callable[..., Any]] = {
    "erf": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "erfc": lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "ndtr": lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
    "sinc": lambda x: _sinc_derivative(1, x),
}

# Derivatives that are functions by themselves, which mpmath has too, and slopes of straight pieces: there differences
# would take thousands of digits.
SLOPES: dict[str, tuple[Callable[..., Any], ...]] = {
    "lgamma": (lambda x: mp.digamma(x),),
    "digamma": (lambda x: _psi(1, x),),
    "polygamma": (lambda n, x: mpf(0), lambda n, x: _psi(int(n) + 1, x)),
    "sinc": (lambda x: _sinc_derivative(1, x),),
    "sinc_derivative": (lambda n, x: mpf(0), lambda n, x: _sinc_derivative(n + 1, x)),
    "mod": (lambda a, b: mpf(1), lambda a, b: -mp.floor(a / b)),
}

# Where a partial is a sum whose terms cancel, an error is measured in ulps of the larger term.
LARGEST_TERM: dict[str, Callable[..., Any]] = {
    "silu": lambda x: max(_logistic(x), abs(x) * _logistic(x) * _logistic(-x)),
    "gelu": lambda x: max(_normal_cdf(x), abs(x) * mp.npdf(x)),
    "lgamma": lambda x: _polygamma_terms(0, mpf(x)),
    "digamma": lambda x: _polygamma_terms(1, mpf(x)),
    "polygamma": lambda n, x: _polygamma_terms(int(n) + 1, mpf(x)),
    "sinc": lambda x: _sinc_terms(1, mpf(x)),
    "sinc_derivative": lambda n, x: _sinc_terms(int(n) + 1, mpf(x)),
}

# The same for values.
LARGEST_TERM_OF_VALUE: dict[str, Callable[..., Any]] = {
    "lgamma": lambda x: _lgamma_terms(mpf(x)),
    "digamma": lambda x: _polygamma_terms(0, mpf(x)),
    "polygamma": lambda n, x: _polygamma_terms(int(n), mpf(x)),
    "sinc_derivative": lambda n, x: _sinc_terms(int(n), mpf(x)),
    "logaddexp": lambda a, b: max(abs(a), abs(b), 1),
}


def _lgamma_terms(x: Any) -> Any:
    return max(abs(mp.log(mp.pi / abs(mp.sinpi(x)))), abs(mp.loggamma(1 - x))) if x < 0 else mpf(0)


def _polygamma_terms(n: int, x: Any) -> Any:
    """Below 0 it is a sum of that above 0 and of a derivative of the cotangent."""
    if x > 0:
        return mpf(0)
    return max(map(abs, _reflected(n, x)))


def _reflected(n: int, x: Any) -> tuple[Any, Any]:
    """The n-th derivative of ψ at x < 0 as two terms: by that at 1 - x, and the derivative of a cotangent."""
    near = x - mp.ceil(x)  # the cotangent repeats itself
    return mp.psi(n, 1 - x) * (-1) ** n, mp.psi(n, near) - mp.psi(n, 1 - near) * (-1) ** n


def _psi(n: int, x: Any) -> Any:
    """The n-th derivative of ψ. Far below 0, mpmath would count the way up to it."""
    return mp.psi(n, x) if x > -100 else mp.fsum(_reflected(n, x))


def _sinc_terms(n: int, x: Any) -> Any:
    z = abs(mp.pi * x)
    return mp.pi**n * min(mpf(1) / (n + 2), 1 / z) if n and z > 1 else mpf(0)


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
    "power": lambda a, b: abs(a),
    "ceil": lambda x: abs(x - round(x)),
    "round": lambda x: abs(x - math.floor(x) - 0.5),
    "trunc": lambda x: abs(x - round(x)),
    "mod": lambda a, b: _to_multiple(a, b),
    "floordiv": lambda a, b: _to_multiple(a, b),
    "lgamma": lambda x: _to_pole(x),
    "digamma": lambda x: _to_pole(x),
    "polygamma": lambda n, x: _to_pole(x),
    "erfinv": lambda x: 1 - abs(x),
    "logit": lambda x: min(x, 1 - x),
    "xlogy": lambda a, b: b,
    "direction": lambda a, b: max(abs(a), abs(b)),
}


# Rows whose derivative is 0 by definition, where they jump, too.
STEPS = frozenset({"sign", "floor", "ceil", "round", "trunc", "floordiv", "stop_gradient"})


def _to_multiple(a: float, b: float) -> float:
    """The distance from a to the nearest multiple of b."""
    return abs(math.remainder(a, b)) if b and math.isfinite(a) else 0.0


def _to_pole(x: float) -> float:
    """The distance to the nearest pole of the gamma function."""
    return x if x > 0 else abs(x - round(x))


def has_derivative(name: str, operands: tuple[float, ...], position: int) -> bool:
    """Whether the primitive has a derivative with respect to that operand there."""
    if (name in ("pow", "power") and position == 1 and operands[0] < 0) or CONSTANT.get(name) == position:
        return False
    return name not in DISTANCE_TO_EDGE or DISTANCE_TO_EDGE[name](*operands) > 0


@functools.cache
def value(name: str, operands: tuple[float, ...]) -> Any:
    """The primitive's value, good to at least 45 digits."""
    return _agreed(FUNCTIONS[name], operands, f"value of {name}")


def _agreed(function: Callable[..., Any], operands: tuple[float, ...], what: str) -> Any:
    """The function with so many digits that more don't change it."""
    previous = None
    for digits in DIGITS:
        with mp.workdps(digits):
            y = function(*map(mpf, operands))
            if previous is not None and abs(y - previous) <= AGREEMENT * abs(y):
                return y
            previous = y
    raise AssertionError(f"no {what} at {operands}")


@functools.cache
def partial(name: str, operands: tuple[float, ...], position: int) -> Any:
    """The derivative with respect to one operand, good to at least 45 digits (0 if it is below every float)."""
    if name in STEPS:
        return mpf(0)  # by definition
    if name in SLOPES:
        return _agreed(SLOPES[name][position], operands, f"derivative of {name}")
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
