"""The functions that a program calls: ``exp``, ``sigmoid``, ``maximum``, ``logsumexp`` ... on any kind of number.

Each takes floats (and gives a float), Values (and records the operation), traced Values, NumPy arrays of any of them
(element by element), and, as far as mathematics allows, ``Fraction``, ``Decimal``, ``mpmath.mpf`` and SymPy symbols.

On floats they raise what ``math`` raises: ``ValueError`` outside the domain, ``OverflowError`` beyond 1.8e308; the
message says which function, where, and what the domain is.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from autograd.engine import kinds, rules
from autograd.engine.modes import TAPE
from autograd.engine.value import Value

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "digamma",
    "dot",
    "elu",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "expm1",
    "floor",
    "gelu",
    "hypot",
    "leaky_relu",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_ndtr",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logit",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "mod",
    "ndtr",
    "polygamma",
    "prod",
    "relu",
    "round",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "stop_gradient",
    "sum",
    "take",
    "tan",
    "tanh",
    "trunc",
    "where",
    "xlogy",
]

Number: TypeAlias = Any  # float, Value, traced Value, Fraction, Decimal, mpf, SymPy expression, or an array of them

# --- One number ---


def exp(x: Number) -> Number:
    """e to the power x. Overflows above 709.78, as ``math.exp`` does.

    >>> exp(0.0)
    1.0
    """
    return rules.exp(x)


def expm1(x: Number) -> Number:
    """e to the power x, minus 1, without cancellation near 0.

    >>> expm1(1e-20)
    1e-20
    """
    return rules.expm1(x)


def log(x: Number, *base: Any) -> Number:
    """The natural logarithm, for x > 0.

    >>> log(1.0)
    0.0
    """
    if base:
        raise TypeError(
            f"log is the natural logarithm and takes no base, not {base[0]!r:.60}; write log10(x), log2(x), or "
            "log(x) / log(base)"
        )
    return rules.log(x)


def log1p(x: Number) -> Number:
    """log(1 + x), without cancellation near 0, for x > -1.

    >>> log1p(1e-20)
    1e-20
    """
    return rules.log1p(x)


def log2(x: Number) -> Number:
    """The logarithm to base 2, for x > 0.

    >>> log2(8.0)
    3.0
    """
    return rules.log2(x)


def log10(x: Number) -> Number:
    """The logarithm to base 10, for x > 0.

    >>> log10(1000.0)
    3.0
    """
    return rules.log10(x)


def sqrt(x: Number) -> Number:
    """The square root, for x >= 0. Its derivative at 0 is +inf.

    >>> sqrt(9.0)
    3.0
    """
    return rules.sqrt(x)


def cbrt(x: Number) -> Number:
    """The real cube root, of negative numbers too. Its derivative at 0 is +inf.

    >>> cbrt(-8.0)
    -2.0
    """
    return rules.cbrt(x)


def sin(x: Number) -> Number:
    """The sine of x radians.

    >>> sin(0.0)
    0.0
    """
    return rules.sin(x)


def cos(x: Number) -> Number:
    """The cosine of x radians.

    >>> cos(0.0)
    1.0
    """
    return rules.cos(x)


def tan(x: Number) -> Number:
    """The tangent of x radians.

    >>> tan(0.0)
    0.0
    """
    return rules.tan(x)


def asin(x: Number) -> Number:
    """The angle in radians, from -π/2 to π/2, whose sine is x.

    >>> asin(1.0) * 2 == math.pi
    True
    """
    return rules.asin(x)


def acos(x: Number) -> Number:
    """The angle in radians, from 0 to π, whose cosine is x.

    >>> acos(-1.0) == math.pi
    True
    """
    return rules.acos(x)


def atan(x: Number) -> Number:
    """The angle in radians, between -π/2 and π/2, whose tangent is x.

    >>> atan(1.0) * 4 == math.pi
    True
    """
    return rules.atan(x)


def sinh(x: Number) -> Number:
    """The hyperbolic sine.

    >>> sinh(0.0)
    0.0
    """
    return rules.sinh(x)


def cosh(x: Number) -> Number:
    """The hyperbolic cosine.

    >>> cosh(0.0)
    1.0
    """
    return rules.cosh(x)


def tanh(x: Number) -> Number:
    """The hyperbolic tangent. Its derivative sech² stays accurate where tanh has reached 1.

    >>> tanh(0.0)
    0.0
    """
    return rules.tanh(x)


def asinh(x: Number) -> Number:
    """The inverse of sinh.

    >>> asinh(0.0)
    0.0
    """
    return rules.asinh(x)


def acosh(x: Number) -> Number:
    """The inverse of cosh, for x >= 1.

    >>> acosh(1.0)
    0.0
    """
    return rules.acosh(x)


def atanh(x: Number) -> Number:
    """The inverse of tanh, for -1 < x < 1.

    >>> atanh(0.0)
    0.0
    """
    return rules.atanh(x)


def sigmoid(x: Number) -> Number:
    """σ(x) = 1 / (1 + e⁻ˣ). Neither tail overflows, and the derivative σ(x)·σ(-x) loses no digits in either.

    >>> sigmoid(0.0), sigmoid(-800.0)
    (0.5, 0.0)
    """
    return rules.sigmoid(x)


def softplus(x: Number) -> Number:
    """log(1 + eˣ), a smooth relu; its derivative is the sigmoid.

    >>> softplus(1000.0)
    1000.0
    """
    return rules.softplus(x)


def relu(x: Number) -> Number:
    """max(x, 0), with derivative 0 at 0.

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return rules.relu(x)


def silu(x: Number) -> Number:
    """x · σ(x), also called swish (Elfwing et al. 2018, arXiv:1702.03118).

    >>> silu(0.0)
    0.0
    """
    return rules.silu(x)


def gelu(x: Number) -> Number:
    """x · Φ(x) with the normal distribution function Φ, not its tanh approximation (arXiv:1606.08415).

    >>> gelu(0.0)
    0.0
    """
    return rules.gelu(x)


def sign(x: Number) -> Number:
    """-1, 0 or 1, with derivative 0.

    >>> sign(-3.0)
    -1.0
    """
    return rules.sign(x)


def floor(x: Number) -> Number:
    """The largest whole number not above x, with derivative 0.

    >>> floor(-2.5)
    -3.0
    """
    return rules.floor(x)


def ceil(x: Number) -> Number:
    """The smallest whole number not below x, with derivative 0.

    >>> ceil(-2.5)
    -2.0
    """
    return rules.ceil(x)


def trunc(x: Number) -> Number:
    """The whole number next to x on the way to 0, with derivative 0.

    >>> trunc(-2.5)
    -2.0
    """
    return rules.trunc(x)


def round(x: Number) -> Number:
    """The nearest whole number, of two the even one, with derivative 0.

    >>> round(2.5), round(-1.7)
    (2.0, -2.0)
    """
    return rules.round_(x)


def erf(x: Number) -> Number:
    """The error function 2/√π ∫₀ˣ e^(-t²) dt.

    >>> erf(0.0)
    0.0
    """
    return rules.erf(x)


def erfc(x: Number) -> Number:
    """1 - erf(x), accurate where erf has reached 1.

    >>> 0.0 < erfc(20.0) < 1e-175
    True
    """
    return rules.erfc(x)


def erfinv(x: Number) -> Number:
    """The inverse of erf, for -1 < x < 1.

    >>> erfinv(0.0)
    0.0
    """
    return rules.erfinv(x)


def ndtr(x: Number) -> Number:
    """Φ(x), the probability that a standard normal variable is below x. (SciPy's name.)

    >>> ndtr(0.0)
    0.5
    """
    return rules.ndtr(x)


def log_ndtr(x: Number) -> Number:
    """log Φ(x), accurate where Φ(x) is too small for a float, and where it has reached 1. (SciPy's name.)

    >>> log_ndtr(0.0) == -math.log(2.0)
    True
    """
    return rules.log_ndtr(x)


def lgamma(x: Number) -> Number:
    """log |Γ(x)|, the logarithm of the gamma function, for every x but 0, -1, -2 and so on. Γ(n + 1) is n!.

    >>> lgamma(1.0), lgamma(3.0) == math.log(2.0)
    (0.0, True)
    """
    return rules.lgamma(x)


def digamma(x: Number) -> Number:
    """ψ(x), the derivative of ``lgamma``. (SciPy's and JAX's name.)

    >>> digamma(2.0) - digamma(1.0)
    1.0
    """
    return rules.digamma(x)


def polygamma(n: Number, x: Number) -> Number:
    """The n-th derivative of ``digamma`` at x. n is a constant, a whole number from 0 to 100.

    >>> polygamma(1, 1.0) * 6 == math.pi**2
    True
    """
    return rules.polygamma(n, x)


def sinc(x: Number) -> Number:
    """sin(πx) / (πx), and 1 at 0, as NumPy and JAX have it.

    >>> sinc(0.0), sinc(3.0)
    (1.0, 0.0)
    """
    return rules.sinc(x)


def logit(x: Number) -> Number:
    """log(x / (1 - x)), the inverse of the sigmoid, for 0 < x < 1.

    >>> logit(0.5)
    0.0
    """
    return rules.logit(x)


def log_sigmoid(x: Number) -> Number:
    """log σ(x), accurate where σ(x) is near 0 or 1.

    >>> log_sigmoid(-1000.0)
    -1000.0
    """
    return rules.log_sigmoid(x)


def abs(x: Number) -> Number:
    """|x|, with derivative 0 at 0.

    >>> abs(-2.0)
    2.0
    """
    return rules.abs_(x)


def leaky_relu(x: Number, slope: Number = 0.01) -> Number:
    """x above zero, ``slope`` · x below; the derivative at 0 is ``slope``.

    >>> leaky_relu(-2.0, 0.25)
    -0.5
    """
    return rules.leaky_relu(x, slope)


def elu(x: Number, alpha: Number = 1) -> Number:
    """x above zero, ``alpha`` · (eˣ - 1) below (arXiv:1511.07289); the derivative at 0 is ``alpha``.

    >>> elu(3.0), elu(-1000.0)
    (3.0, -1.0)
    """
    return rules.elu(x, alpha)


def stop_gradient(x: Number) -> Number:
    """x as a constant: the same number, with derivative 0.

    >>> stop_gradient(3.0)
    3.0
    """
    return rules.stop_gradient(x)


# --- Two numbers, or three ---


def atan2(y: Number, x: Number) -> Number:
    """The angle in radians, from -π to π, of the point (x, y). At the origin its derivatives are NaN.

    >>> atan2(1.0, -1.0) * 4 == 3 * math.pi
    True
    """
    return rules.atan2(y, x)


def hypot(x: Number, y: Number) -> Number:
    """√(x² + y²), which overflows only where the result does. At the origin its derivatives are 0.

    >>> hypot(3.0, 4.0)
    5.0
    """
    return rules.hypot(x, y)


def maximum(x: Number, y: Number) -> Number:
    """The larger of two numbers; NaN if either is. At a tie each gets half of the gradient.

    >>> maximum(2.0, 3.0)
    3.0
    """
    return rules.maximum(x, y)


def minimum(x: Number, y: Number) -> Number:
    """The smaller of two numbers; NaN if either is. At a tie each gets half of the gradient.

    >>> minimum(2.0, 3.0)
    2.0
    """
    return rules.minimum(x, y)


def mod(x: Number, y: Number) -> Number:
    """x % y, with the sign of y as Python has it. The derivative by x is 1, by y -(x // y).

    >>> mod(-7.0, 3.0)
    2.0
    """
    return rules.mod(x, y)


def logaddexp(x: Number, y: Number) -> Number:
    """log(eˣ + eʸ), without overflow. (NumPy's name.)

    >>> logaddexp(1000.0, 1000.0) == 1000.0 + math.log(2.0)
    True
    """
    return rules.logaddexp(x, y)


def xlogy(x: Number, y: Number) -> Number:
    """x · log(y), and 0 where x is 0, also for y = 0. (SciPy's name.)

    >>> xlogy(0.0, 0.0)
    0.0
    """
    return rules.xlogy(x, y)


def clip(x: Number, low: Number, high: Number) -> Number:
    """x, moved to ``low`` or ``high`` where it is beyond; the derivative is 0 there, and ½ exactly at a bound.

    Raises:
        ValueError: low is above high.

    >>> clip(7.0, 0.0, 5.0)
    5.0
    """
    if _has_number(low) and _has_number(high) and low > high:
        raise ValueError(f"clip takes the lower bound first: {low!r:.60} is above {high!r:.60}")
    return rules.minimum(rules.maximum(x, low), high)


def _has_number(x: Any) -> bool:
    return isinstance(x, (float, int, Value))


def where(condition: Any, a: Number, b: Number) -> Number:
    """a if the condition holds, else b: an ``if`` that can also be traced.

    Both a and b are computed before one of them is chosen, so an operation that fails outside its domain has to be
    kept inside it by its own operand: ``where(x > 0, log(where(x > 0, x, 1)), 0)``.

    >>> where(2.0 > 1.0, 10.0, 20.0)
    10.0
    """
    if condition is None or isinstance(condition, str):
        raise TypeError(f"where takes a condition, such as x > 0, not {condition!r:.60}")
    if isinstance(condition, (list, tuple)):
        raise TypeError(
            f"where takes a condition or an array of conditions, not a {type(condition).__name__} of them: "
            f"{condition!r:.60}; write np.array(conditions), or [where(c, a, b) for c in conditions]"
        )
    return kinds.where(condition, a, b)


def take(table: Sequence[Any], index: Any) -> Any:
    """``table[index]``; the index may be a Value or a traced number. Of a fraction, the whole number below it counts.

    Raises:
        IndexError: the index is outside the table.

    >>> take([10.0, 20.0, 30.0], 1)
    20.0
    """
    if not hasattr(table, "__getitem__") or isinstance(table, (str, bytes)):
        raise TypeError(f"take takes a table first, a list or an array, not {table!r:.60}; write take(table, index)")
    if index is None or isinstance(index, str):
        raise TypeError(f"an index of take is a whole number, not {index!r:.60}")
    if kinds.is_traced(index):
        return index.__take__(table)
    at = math.floor(kinds.number(index))
    try:
        return table[at]
    except IndexError:
        raise IndexError(f"index {at} is out of range of a table of {len(table)} entries") from None


# --- Many numbers: any iterable of them ---


def sum(xs: Iterable[Number], *more: Any) -> Number:
    """The sum, added from left to right; 0.0 for none.

    >>> sum([1.0, 2.0, 3.0])
    6.0
    """
    if more:
        raise _apart("sum", xs)
    if _is_batch(xs):
        return xs.__over_batch__()  # type: ignore[attr-defined]
    numbers = _several(xs, "sum")
    tape = TAPE.get()
    if tape is not None and any(map(kinds.is_traced, numbers)):
        return tape.sum(numbers)
    return functools.reduce(operator.add, numbers) if numbers else 0.0


def prod(xs: Iterable[Number], *more: Any) -> Number:
    """The product, multiplied from left to right; 1.0 for none.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    if more:
        raise _apart("prod", xs)
    numbers = _several(xs, "prod")
    return functools.reduce(operator.mul, numbers) if numbers else 1.0


def mean(xs: Iterable[Number], *more: Any) -> Number:
    """The sum divided by how many there are.

    Raises:
        ValueError: there are none.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    if more:
        raise _apart("mean", xs)
    if _is_batch(xs):
        return sum(xs) / float(len(xs))  # type: ignore[arg-type]
    numbers = _some(xs, "mean")
    return sum(numbers) / len(numbers)


def dot(xs: Iterable[Number], ys: Iterable[Number]) -> Number:
    """x₁y₁ + x₂y₂ + ..., added from left to right; 0.0 for none.

    Raises:
        ValueError: one is longer than the other.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    if (_is_batch(xs) or _is_batch(ys)) and len(xs) == len(ys):  # type: ignore[arg-type]
        return xs @ ys  # type: ignore[operator]
    left, right = _several(xs, "dot"), _several(ys, "dot")
    if len(left) != len(right):
        raise ValueError(f"dot needs two sequences of one length, not of {len(left)} and {len(right)}")
    tape = TAPE.get()
    if tape is not None and any(map(kinds.is_traced, left + right)):
        return tape.dot(left, right)
    return sum(map(operator.mul, left, right))


def logsumexp(xs: Iterable[Number]) -> Number:
    """log(e^x₁ + e^x₂ + ...). It neither overflows nor loses a small term beside a large one.

    Raises:
        ValueError: there are no numbers.

    >>> logsumexp([1000.0, 1000.0]) == 1000.0 + math.log(2.0)
    True
    """
    numbers = _no_rows(_some(xs, "logsumexp"), "logsumexp")
    if any(map(kinds.is_traced, numbers)):
        shift, powers = _powers(numbers)
        return shift + rules.log(sum(powers))
    largest, rest = _largest_and_rest(numbers)
    return largest + rules.log1p(rest)


def log_softmax(xs: Iterable[Number]) -> list[Number]:
    """The logarithms of :func:`softmax`, accurate where a probability is near 0 or near 1.

    Raises:
        ValueError: there are no numbers.

    >>> log_softmax([1000.0, 0.0])
    [0.0, -1000.0]
    """
    numbers = _no_rows(_some(xs, "log_softmax"), "log_softmax")
    if any(map(kinds.is_traced, numbers)):
        largest, powers = _powers(numbers)
        shift = rules.log(sum(powers))
        return [(x - largest) - shift for x in numbers]
    largest, rest = _largest_and_rest(numbers)
    shift = rules.log1p(rest)
    return [(x - largest) - shift for x in numbers]


def softmax(xs: Iterable[Number]) -> list[Number]:
    """e^xᵢ / (e^x₁ + e^x₂ + ...): positive numbers that add up to 1.

    Raises:
        ValueError: there are no numbers.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    numbers = _no_rows(_some(xs, "softmax"), "softmax")
    if any(map(kinds.is_traced, numbers)):
        powers = _powers(numbers)[1]
    else:
        largest = rules.stop_gradient(numbers[_index_of_largest(numbers)])
        powers = [rules.exp(x - largest) for x in numbers]
    total = sum(powers)
    return [power / total for power in powers]


def _is_batch(xs: Any) -> bool:
    """True for what vmap returns inside a traced function: its sums are done for all samples at once."""
    return hasattr(type(xs), "is_batch")


def _apart(function: str, x: Any) -> TypeError:
    return TypeError(
        f"{function} takes its numbers in one list, not {x!r:.60} and more beside it; write {function}([a, b])"
    )


def _some(xs: Iterable[Number], function: str) -> list[Number]:
    numbers = _several(xs, function)
    if not numbers:
        raise ValueError(f"{function} needs at least one number")
    return numbers


def _several(xs: Iterable[Number], function: str) -> list[Number]:
    if not hasattr(xs, "__iter__") and not hasattr(xs, "__getitem__"):
        raise TypeError(f"{function} takes several numbers: a list, an array, or what vmap returned, not {xs!r:.60}")
    numbers = list(xs)
    types = set(map(type, numbers))
    if not types.isdisjoint(_NO_NUMBERS):
        odd = next(x for x in numbers if type(x) in _NO_NUMBERS)
        raise TypeError(f"{function} takes numbers, not {type(odd).__name__}: {odd!r:.60}")
    if any(hasattr(kind, "dtype") for kind in types):  # NumPy's scalars, which compute otherwise
        return [kinds.plain(x) for x in numbers]
    return numbers


_NO_NUMBERS: Final = frozenset((str, bytes, type(None)))


def _no_rows(numbers: list[Number], function: str) -> list[Number]:
    if any(getattr(x, "ndim", 0) or isinstance(x, (list, tuple)) for x in numbers):
        raise TypeError(
            f"{function} takes one row of numbers, not a matrix; write [{function}(row) for row in x], or "
            f"{function}(np.ravel(x)) for all its numbers"
        )
    return numbers


def _powers(numbers: list[Number]) -> tuple[Number, list[Number]]:
    """Of traced numbers: the largest, m, and e^(x - m) for each; for an infinite m, 0 and e^x."""
    largest = functools.reduce(rules.maximum, numbers)
    shift = rules.stop_gradient(where(rules.abs_(largest) < math.inf, largest, 0.0))
    return shift, [rules.exp(x - shift) for x in numbers]


def _index_of_largest(numbers: list[Number]) -> int:
    """Where the largest number is, the first of several. Symbols can't be compared: there, any will do."""
    best = 0
    if not any(map(kinds.is_symbolic, numbers)):
        for i, x in enumerate(numbers):
            if x > numbers[best]:
                best = i
    return best


def _largest_and_rest(numbers: list[Number]) -> tuple[Number, Number]:
    """The largest number m, and the sum of e^(x - m) over the others, which is all that log(1 + ...) needs."""
    at = _index_of_largest(numbers)
    largest = numbers[at]
    others = numbers[:at] + numbers[at + 1 :]
    if not kinds.is_symbolic(largest) and math.isinf(kinds.number(largest)):
        return largest, next(
            (x for x in others if math.isnan(kinds.number(x))), 0.0
        )  # e^(x - m) would be e^(inf - inf)
    return largest, sum(rules.exp(x - largest) for x in others)
