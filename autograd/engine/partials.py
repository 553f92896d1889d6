"""The expressions that partials, and some definitions, are made of: where plain arithmetic would raise at the edge of a
domain, cancel, or have the wrong limit. Each is of any kind of number, as the rows of the table are that it uses.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from autograd.engine import floats, rules
from autograd.engine.kinds import choose, ground, is_symbolic, is_traced, library, like, power, where
from autograd.errors import NoExactValue


def no_derivative(*_: Any) -> Any:
    """The partial by an operand that is a constant: an order, say.

    Raises:
        TypeError: always.
    """
    raise TypeError(
        "the order of a derivative is a whole number, by which there is no derivative; write a plain number"
    )


# --- Powers ---


def by_base(a: Any, b: Any, y: Any) -> Any:
    """∂(a^b)/∂a = b · a^(b-1). For b = 0 it is 0, also at a = 0. At a = 0 it doesn't vary with b, by the table."""
    if is_symbolic(b) or is_symbolic(a):
        return b * a ** (b - 1)
    if isinstance(b, (float, int)) or not hasattr(type(b), "__apply_rule__"):
        if b == 0:
            return 0
        if not -(2.0**53) < b < 2.0**53:
            return b * choose(abs(a) <= 0, lambda: rules.power(a, b), lambda: rules.ratio(y, a))  # b - 1 would be b
        return b * (floats.power_of_all(a, b - 1) if type(a) is float else rules.power(a, b - 1))
    if not (is_traced(a) or is_traced(b)) and not -(2.0**53) < b < 2.0**53 and abs(a) > 0:
        return b * rules.ratio(y, a)
    at_zero = abs(a) <= 0
    is_none = at_zero & (abs(b) <= 0)
    b = where(at_zero, rules.stop_gradient(b), b)
    return where(is_none, 0, b * rules.power(where(is_none, like(a, 1), a), b - 1))


def by_exponent(a: Any, b: Any, y: Any) -> Any:
    """∂(a^b)/∂b = y · log a. At a = 0, where a^b is 0 for all b > 0, it is 0; below, there is no derivative."""
    if is_symbolic(a):
        return y * rules.log(a)
    if type(a) is float and type(y) is float and 0.0 < a < math.inf:  # most often, and then this is all
        return y * math.log(a)

    def inside() -> Any:
        below_infinity = where((a < math.inf) | ((y > 0) & (y < math.inf)), a, 1e30)
        return rules.xlogy(y, where(a > 0, below_infinity, like(a, 1)))

    return choose(a > 0, inside, lambda: choose(abs(a) <= 0, lambda: 0, lambda: y * math.nan))


def power_of_any_kind(a: Any, b: Any) -> Any:
    """The row power for numbers besides floats."""
    try:
        y = power(a, b)
    except ArithmeticError:
        return _of_kind(a, floats.power_of_all(float(a), float(b)))
    return like(a, math.nan) if isinstance(y, complex) or hasattr(y, "_mpc_") else y


# --- Products and quotients ---


def square(x: Any) -> Any:
    """x²."""
    return x * x


def ratio_of_any_kind(a: Any, b: Any) -> Any:
    """The row ratio for numbers besides floats."""
    try:
        return a / b
    except ArithmeticError:
        return _of_kind(b, floats.ratio(float(a), float(b)))


def _of_kind(x: Any, y: float) -> Any:
    """A limit, infinite or NaN perhaps, as a decimal beside decimals; fractions have no such numbers."""
    return like(x, y) if library(x) == "decimal" else y


def mod_of_any_kind(a: Any, b: Any) -> Any:
    """a % b with the sign of b, which decimals give the sign of a."""
    rest = a % b
    return rest + b if library(rest) == "decimal" and rest and (rest < 0) != (b < 0) else rest


def floordiv_of_any_kind(a: Any, b: Any) -> Any:
    """⌊a / b⌋, without rounding the quotient."""
    if is_symbolic(a) or is_symbolic(b):
        return rules.floor(a / b)
    return rules.round_((a - mod_of_any_kind(a, b)) / b)


# --- Choices, edges, limits ---


def at_tie(first: Any, second: Any) -> Any:
    """1 where first > second, 0 where it is less, ½ at a tie."""
    half = like(first, 1) / 2
    tie = half if is_symbolic(first) or is_symbolic(second) else where(first >= second, half, math.nan)
    return where(first > second, 1, where(first < second, 0, tie))


def tame(x: Any) -> Any:
    """x, or 1e12 where |x| is larger. It is a factor of terms that vanish there, and its powers stay finite."""
    return x if is_symbolic(x) else where(abs(x) > 1e12, 1e12, x)


def log_or_limit(x: Any) -> Any:
    """log x; -∞ at 0."""
    if is_symbolic(x):
        return rules.log(x)
    return choose(
        x > 0,
        lambda: rules.log(where(x > 0, x, like(x, 1))),
        lambda: choose(x >= 0, lambda: -math.inf, lambda: math.nan * rules.sigmoid(x)),
    )


def direction_of_any_kind(a: Any, b: Any) -> Any:
    """a / √(a² + b²), a component of the unit vector along (a, b); 0 at the origin, which has no direction."""
    length = rules.hypot(a, b)
    if is_symbolic(length):
        return a / length
    return where(abs(a) < math.inf, where(length <= 0, 0, rules.ratio(a, length)), rules.sign(a))


def log_of_sum(a: Any, b: Any) -> Any:
    """log(e^a + e^b)."""
    most = rules.maximum(a, b)
    gap = rules.abs_(a - b)
    return most + rules.log1p(rules.exp(-(gap if is_symbolic(most) else where(abs(most) < math.inf, gap, 0))))


def xlogy_of_any_kind(a: Any, b: Any) -> Any:
    """a · log b; 0 for a = 0."""
    return choose(abs(a) > 0, lambda: a * rules.log(b), lambda: 0 * a)


def share_of_sum(a: Any, b: Any, y: Any) -> Any:
    """e^a / (e^a + e^b), with y = log(e^a + e^b)."""
    if is_symbolic(y):
        return rules.sigmoid(a - b)
    return where(abs(y) >= math.inf, at_tie(a, b), rules.sigmoid(a - b))


# --- The normal distribution, and what belongs to it ---


def pi(x: Any) -> Any:
    """π, as precise as x is."""
    return rules.acos(like(x, -1))


def times_exp(b: Any, a: Any) -> Any:
    """b·e^a, also where e^a alone would be too small for a float."""
    root = rules.exp((like(b, a) if type(a) is int else a) / 2)
    return b * root * root


def gauss(x: Any) -> Any:
    """e^(-x²)."""
    x = tame(x)
    return rules.exp(-x * x)


def normal_cdf(x: Any) -> Any:
    """Φ(x), the probability that a standard normal variable is below x."""
    return rules.erfc(-x / rules.sqrt(like(x, 2))) / 2


def log_of_normal_cdf(x: Any) -> Any:
    """log Φ(x), on numbers with their own digits."""
    if is_symbolic(x):
        return rules.log(normal_cdf(x))
    return choose(x > 0, lambda: rules.log1p(-normal_cdf(-x)), lambda: rules.log(normal_cdf(x)))


def normal_density(x: Any) -> Any:
    """φ(x) = Φ'(x)."""
    x = tame(x)
    return rules.exp(-x * x / 2) / rules.sqrt(2 * pi(x))


def change_of_mills_slope(x: Any, y: Any) -> Any:
    """The derivative of y = -λ'(x): λ·(1 - y) - y·(x + λ), and far below 0, where that cancels, its series in 1 / x."""
    hazard = rules.inverse_mills(x)
    if is_symbolic(x) or library(ground(x)) == "mpmath":
        return hazard * (1 - y) - y * (x + hazard)
    near = hazard * (1 - y) - y * (tame(x) + hazard)
    r = rules.ratio(1, x)
    q = r * r
    return where(x < -60, r * q * (2 - q * (24 - q * (300 - q * (4144 - q * 63540)))), near)


# --- Functions that other libraries have in another form ---


def lgamma_of_any_kind(x: Any) -> Any:
    """log |Γ(x)|, by mpmath or SymPy."""
    home = library(x)
    if home == "mpmath":
        return x.context.loggamma(x).real
    if home == "sympy":
        sympy = sys.modules["sympy"]
        return sympy.loggamma(x) if x.is_positive else sympy.log(sympy.Abs(sympy.gamma(x)))
    raise NoExactValue


def sinc_of_any_kind(n: Any, x: Any) -> Any:
    """The n-th derivative of sin(πx) / (πx), by mpmath or SymPy."""
    home = library(x)
    order = int(n)
    if home == "sympy":
        sympy = sys.modules["sympy"]
        t = sympy.Dummy("t", real=True)
        return sympy.diff(sympy.sinc(sympy.pi * t), t, order).subs(t, x)
    if home != "mpmath":
        raise NoExactValue
    mp = x.context
    if abs(x) * 8 < order + 1:  # its Taylor series; the recurrence would cancel
        total, k = mp.zero, order + order % 2
        for more in range(4 * mp.prec):
            term = (-1) ** (k // 2) * mp.pi**k / mp.factorial(k - order) / (k + 1) * x ** (k - order)
            total += term
            if more > 3 and abs(term) <= mp.eps * abs(total):
                break
            k += 2
        return total
    with mp.extraprec(60 + 12 * order):
        z = mp.pi * x
        y = mp.sincpi(x)
        for k in range(1, order + 1):
            y = ([mp.sinpi, mp.cospi][k % 2](x) * (1 - k // 2 % 2 * 2) - k * y) / z
        y *= mp.pi**order
    return +y
