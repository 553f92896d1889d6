"""What the derivatives of each row should be at special points: at ±∞, nan, kinks, edges and poles; and such points.

Elsewhere differences are the truth. Here it is a convention of the table (the head of ``rules.py``) or a limit, which
is computed from derivatives closer and closer to the point, so that no rule is used for it either.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, Final

from mpmath import mp, mpf

from tests import jets, truth

LARGEST: Final = 1.7976931348623157e308
TINY: Final = 5e-324

# The numbers that something special happens at in some row, and ordinary ones.
NUMBERS: Final = (
    *(0.0, TINY, 2.2250738585072014e-308, 1e-300, 1e-160, 1e-100, 1e-17, 1e-8, 1e-5, 0.1, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0),
    *(1.0 - 2.0**-53, 1.0 + 2.0**-52, 1.0 - 2.0**-30, 1.0 + 2.0**-30, 0.7, 5.0, 8.0, 10.0, 26.0, 30.0, 38.0, 100.0),
    *(372.0, 709.0, 745.0, 1e4, 1e5, 1e8, 1e10, 1e17, 1e100, 1e154, 1e155, 1e160, 1e200, 1e300, LARGEST, math.inf),
)
# Zeros of a row or of its derivatives, and edges of its own.
OWN_NUMBERS: Final[dict[str, tuple[float, ...]]] = {
    **dict.fromkeys(("sin", "cos", "tan"), (math.pi / 2, math.pi, 355.0, 1.5707963267948968)),
    **dict.fromkeys(("floor", "ceil", "round", "trunc"), (0.49999999999999994, 3.5, 4503599627370497.5)),
    **dict.fromkeys(("lgamma", "digamma"), (1.4616321449683623, 0.25, 0.75, 4.5, 170.0, 172.0)),
    "sech": (0.881373587019543, 1.0e-9),
    "tanh": (0.6584789484624085, 20.0),
    "sigmoid": (1.3169578969248166, 36.0, 37.0),
    "silu": (1.2784645427610738, 2.399357280515468, 712.0),
    "gelu": (0.7517915246935645, math.sqrt(2.0), 37.5),
    "erf": (math.sqrt(0.5), 5.9, 26.5),
    "erfc": (math.sqrt(0.5), 5.9, 26.5),
    "ndtr": (8.3, 37.5),
    "log_ndtr": (8.3, 37.5, 38.5),
    "logit": (0.25, 0.75, 2.0**-60),
    "acosh": (math.sqrt(1.5),),
    "sinc": (0.25, 1.4302966531242027, 4.0, 7.0),
}
PAIR_NUMBERS: Final = (
    *(0.0, TINY, 1e-300, 1e-160, 1e-17, 1e-8, 0.5, 1.0, 1.5, 2.0, 3.0, 1.0 + 2.0**-52, 10.0, 1e8, 1e17, 1e160, 1e300),
    math.inf,
)
FEW: Final = (0.0, TINY, 1e-160, 0.5, 1.0, 2.0, 3.0, 1e8, 1e300, math.inf)
CONSTANTS: Final = (0.0, 1.0, 2.0, 3.0)


@functools.cache
def points(name: str, arity: int, few: bool = False) -> tuple[tuple[float, ...], ...]:
    """The special points of a row: of one number all, of two numbers each with each; not all are in its domain."""
    if arity == 1:
        positive = (*NUMBERS, *OWN_NUMBERS.get(name, ()))
        every = (*positive, *(-x for x in positive), math.nan)
        return tuple((x,) for x in every if "mills" not in name or not -math.inf < x < -1e17)  # e^x² takes too long
    if name in truth.CONSTANT:
        numbers = [x for (x,) in points("sinc" if "sinc" in name else "lgamma", 1)]
        if few:
            numbers = numbers[::4]
        return tuple(itertools.product(CONSTANTS, numbers))
    positive = FEW if few else PAIR_NUMBERS
    numbers = [*positive, *(-x for x in positive), math.nan]
    pairs = list(itertools.product(numbers, numbers))
    return tuple(pairs[::11] if few else pairs)


def expected(name: str, operands: tuple[float, ...], orders: tuple[int, ...], jet: jets.Jet | None = None) -> Any:
    """The derivative: an ``mpf``, or a float that is ±inf or nan; None if nobody can say.

    A ``jet`` at these operands makes it faster.
    """
    if name in truth.STEPS or jets.beyond_degree(name, orders):
        return mpf(0)  # also at nan
    given, operands = operands, _without_what_is_irrelevant(name, operands, orders)
    if name in SELECT and any(map(math.isnan, operands)):
        return None  # which operand to take, no comparison with nan tells
    if name in STEEP and STEEP[name](*operands, orders):
        return None
    if name in LOOSE and LOOSE[name](*operands, sum(orders)) == math.inf:
        return None
    if name in EDGES:
        found = EDGES[name](*operands, orders)
        if found is not ELSEWHERE:
            return mpf(found) if isinstance(found, float) and math.isfinite(found) else found
    infinite = [i for i, x in enumerate(operands) if math.isinf(x)]
    if any(map(math.isnan, operands)):
        return None if infinite else math.nan
    if len(infinite) > 1:
        return None  # it depends on the way
    if infinite:
        i = infinite[0]
        large = max([0.0, *(math.log10(abs(x)) for x in operands if x and math.isfinite(x))])
        way = [math.copysign(1, operands[i]) * mpf(10) ** (n + int(large)) for n in _NEAR]
        return limit(name, operands, orders, i, way)
    try:
        if jet is None or operands != given:
            jet = jets.Jet(name, operands)
        return jet.of(orders, mpf(10) ** -18)
    except (ArithmeticError, ValueError, TypeError):
        return None


def limit(name: str, operands: tuple[Any, ...], orders: tuple[int, ...], position: int, way: list[Any]) -> Any:
    """What the derivative tends to as that operand goes along ``way``: a number, 0, ±inf, or nothing (None)."""
    seen = []
    nothing = mpf(10) ** -2500 if name in ("div", "ratio", "xlogy") else truth.NOTHING  # times an infinite operand
    for x in way:
        at = (*operands[:position], x, *operands[position + 1 :])
        try:
            seen.append(jets.Jet(name, at).of(orders, mpf(10) ** -6, nothing=nothing))
        except (ArithmeticError, ValueError, TypeError):
            return None
    last = seen[-1]
    with mp.workdps(30):
        if all(abs(x - last) <= mpf(10) ** -6 * abs(last) for x in seen[1:]):
            near = mp.nint(last)
            return near if near and abs(last - near) < mpf(10) ** -6 * abs(near) else last
        if all(abs(b) <= 0.7 * abs(a) for a, b in itertools.pairwise(seen)):
            return mpf(0)
        if all(abs(b) >= 1.5 * abs(a) for a, b in itertools.pairwise(seen[1:])) and seen[-1] * seen[-2] > 0:
            return math.inf if last > 0 else -math.inf
    return None


def _without_what_is_irrelevant(name: str, operands: tuple[float, ...], orders: tuple[int, ...]) -> tuple[float, ...]:
    """1.0 in place of each operand that the derivative doesn't depend on, be it infinite or nan."""
    numbers = list(operands)
    total, each = jets.DEGREES.get(name, (None, (None,) * len(operands)))
    if name in ("leaky_relu", "elu"):
        if orders[1] == 1 or operands[0] > 0:
            numbers[1] = 1.0
    elif name not in SELECT and name != "abs":
        for i, degree in enumerate(each):
            if sum(orders) == total or orders[i] == degree:
                numbers[i] = 1.0
    return tuple(numbers)


def _is_steep(size: float, order: int) -> bool:
    """Whether size^-order is beyond the floats, where what it is multiplied by may be 0: 0 · ∞ is NaN."""
    return 0.0 < size < 10.0 ** (-307.0 / max(order, 1))


def _near_origin(a: float, b: float, orders: tuple[int, ...]) -> bool:
    return _is_steep(math.hypot(a, b), sum(orders))


def _power_is_steep(a: float, b: float, orders: tuple[int, ...]) -> bool:
    if a < 0.0 and b % 1.0 != 0.0:
        return True  # and no real number
    if abs(b) >= 2.0**53 and (math.isinf(a) or math.isinf(b) or sum(orders) > 1):
        return True  # b - 1 is b
    overflows = a != 0.0 and abs(b * math.log(abs(a))) > 700.0 if math.isfinite(a) else True
    return _is_steep(abs(a), sum(orders)) or (overflows and min(orders) > 0)  # there, ∞ is taken from ∞


def _quotient_is_steep(a: float, b: float, orders: tuple[int, ...]) -> bool:
    return (a == 0.0 and _is_steep(abs(b), sum(orders))) or (math.isinf(a) and abs(b) > 1e75)


# Where a derivative is a product of 0 and a number that no float can hold: rows, and from when on.
STEEP: Final[dict[str, Callable[..., bool]]] = {
    **dict.fromkeys(("hypot", "atan2", "direction"), _near_origin),
    **dict.fromkeys(("pow", "power"), _power_is_steep),
    **dict.fromkeys(("div", "ratio"), _quotient_is_steep),
    "xlogy": lambda a, b, orders: _quotient_is_steep(a, b, (0, max(orders[1] - 1, 0))),  # its derivative by b is a / b
    # The digits of the truth don't reach that far.
    "sinc": lambda x, orders: 1e200 < abs(x) < math.inf and sum(orders) > 1,
    "sinc_derivative": lambda n, x, orders: 1e60 < abs(x) < math.inf,
}


def _of_log_ndtr(order: int) -> Callable[[float, int], float]:
    """For the derivatives of log Φ, of which the row is that of this order.

    Far below 0 log Φ is a parabola, and its third derivative, 2/|x|³, is what is left of numbers of the size of |x|.
    The fourth and further ones are not promised.
    """

    def more(x: float, further: int) -> float:
        whole = order + further
        return 1.0 if whole < 3 else 4.0 + min(max(-x, 0.0), 60.0) ** 4 if whole == 3 else math.inf

    return more


# How many times as much error as others a row may have in its derivatives of an order; infinite: nothing is promised.
LOOSE: Final[dict[str, Callable[[float, int], float]]] = {
    "log_ndtr": _of_log_ndtr(0),
    "inverse_mills": _of_log_ndtr(1),
    "inverse_mills_slope": _of_log_ndtr(2),
}

# Rows that compare operands: which piece it is, nan doesn't tell.
SELECT: Final = frozenset({"relu", "maximum", "minimum", "mod", "leaky_relu"})

ELSEWHERE: Final = object()  # no edge here
_NEAR: Final = (8, 16, 32, 64)


def _one_sided(name: str, edges: tuple[float, ...], inside: Callable[[float], int]) -> Callable[..., Any]:
    """At an edge, the limit from inside the domain."""

    def at(x: float, orders: tuple[int, ...]) -> Any:
        if x not in edges:
            return ELSEWHERE
        with mp.workdps(80):
            way = [x + inside(x) * mpf(10) ** -n for n in _NEAR]
        return limit(name, (x,), orders, 0, way)

    return at


def _cube_root(x: float, orders: tuple[int, ...]) -> Any:
    if x != 0.0:
        return ELSEWHERE
    return None if orders == (2,) else math.inf  # +inf on one side and -inf on the other


def _tie(a: float, b: float, orders: tuple[int, ...]) -> Any:
    return 0.5 if a == b else ELSEWHERE


def _at_origin(a: float, b: float, orders: tuple[int, ...]) -> Any:
    """Nothing can be said about derivatives at the origin,"""
    return None if a == b == 0.0 else ELSEWHERE


def _hypot(a: float, b: float, orders: tuple[int, ...]) -> Any:
    """but hypot'(0, 0) = 0."""
    return 0.0 if a == b == 0.0 and sum(orders) == 1 else _at_origin(a, b, orders)


def _left_branch(a: float, b: float, orders: tuple[int, ...]) -> Any:
    """At 0 the left branch, in every order: slope · a, or alpha · (e^a - 1)."""
    if a != 0.0:
        return ELSEWHERE
    if orders[0] == 0:
        return 0.0  # by slope or alpha
    return 1.0 if orders[1] else b


def _power(a: float, b: float, orders: tuple[int, ...]) -> Any:
    """x^0 gives 0 for the base. At 0 nothing varies with the exponent, and a derivative by the base is the limit from
    the right, or from the side of the zero's sign at a pole.
    """
    if not math.isnan(a) and not math.isnan(b) and a < 0 and orders[1]:
        return None  # there is no derivative by b
    if (math.isnan(a) and b == 0.0) or (math.isnan(b) and a == 1.0) or (a < 0 and math.isinf(b)):
        return None
    if (a == 0.0 or math.isinf(a)) and math.isfinite(b) and 0 < abs(b - round(b)) < 0.01:
        return None  # the limit is too far away to be seen
    if a != 0.0:
        return ELSEWHERE
    if b == 0.0:
        return 0.0 if orders[1] == 0 or orders == (0, 1) else None
    if not math.isfinite(b) or (b < 0 and (orders[1] or (math.copysign(1, a) < 0 and b % 1))):
        return None
    if orders[1]:
        return 0.0  # 0^b is 0 for every b > 0, and so are its derivatives, where they aren't infinite
    side = -1 if math.copysign(1, a) < 0 and b < 0 else 1
    return limit("pow", (a, b), orders, 0, [side * mpf(10) ** -n for n in _NEAR])


def _ratio(a: float, b: float, orders: tuple[int, ...]) -> Any:
    """At a pole the limit from the side of the zero's sign."""
    if b != 0.0:
        return ELSEWHERE
    if a == 0.0 or not math.isfinite(a):
        return None
    return limit("ratio", (a, b), orders, 1, [math.copysign(1, b) * mpf(10) ** -n for n in _NEAR])


def _mod(a: float, b: float, orders: tuple[int, ...]) -> Any:
    """a - b · floor(a / b), where floor' = 0."""
    if not (math.isfinite(a) and math.isfinite(b)) or b == 0.0:
        return None
    if orders == (1, 0):
        return 1.0
    with mp.workdps(700):
        return -mp.floor(mpf(a) / mpf(b))


# Of the operands and the orders: what is said above, or ELSEWHERE.
EDGES: Final[dict[str, Callable[..., Any]]] = {
    "abs": lambda x, orders: 0.0 if x == 0.0 else ELSEWHERE,
    "relu": lambda x, orders: 0.0 if x == 0.0 else ELSEWHERE,
    "sqrt": _one_sided("sqrt", (0.0,), lambda x: 1),
    "cbrt": _cube_root,
    "asin": _one_sided("asin", (-1.0, 1.0), lambda x: -int(x)),
    "acos": _one_sided("acos", (-1.0, 1.0), lambda x: -int(x)),
    "acosh": _one_sided("acosh", (1.0,), lambda x: 1),
    "erfinv": _one_sided("erfinv", (-1.0, 1.0), lambda x: -int(x)),
    "logit": _one_sided("logit", (0.0, 1.0), lambda x: 1 - 2 * int(x)),
    "maximum": _tie,
    "minimum": _tie,
    "hypot": _hypot,
    "atan2": _at_origin,
    "direction": _at_origin,
    "leaky_relu": _left_branch,
    "elu": _left_branch,
    "pow": _power,
    "power": _power,
    "ratio": _ratio,
    "div": _ratio,
    "mod": _mod,
    "xlogy": lambda a, b, orders: None if b == 0.0 else ELSEWHERE,
}
