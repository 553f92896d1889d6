"""Where expressions live: the numbers that leaves are drawn from, and how near an operand may come to an edge.

A leaf is known exactly, so it may lie as near to a kink or to the end of a domain as a float can. A computed operand is
rounded: near a kink, rounding could move it to the other side, and its derivative with it. It keeps a distance.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Final

from autograd.engine.rules import Rule, stop_gradient

MARGIN: Final = 1e-3  # of a computed operand from a kink, a jump, or the end of a domain

# Distance to the nearest point without a single derivative: a kink, a jump, the end of a domain where it is infinite.
DISTANCE_TO_EDGE: Final[dict[str, Callable[..., float]]] = {
    "abs": abs,
    "acos": lambda x: 1 - abs(x),
    "acosh": lambda x: x - 1,
    "asin": lambda x: 1 - abs(x),
    "atan2": lambda a, b: abs(a) if b <= 0 else max(abs(a), b),
    "cbrt": abs,
    "clip": lambda x, low, high: min(abs(x - low), abs(x - high), high - low),
    "ceil": lambda x: _to_whole(x),
    "digamma": lambda x: _to_pole(x),
    "direction": lambda a, b: max(abs(a), abs(b)),
    "div": lambda a, b: abs(b),
    "elu": lambda a, *_: abs(a),
    "erfinv": lambda x: 1 - abs(x),
    "floor": lambda x: _to_whole(x),
    "floordiv": lambda a, b: _to_whole_quotient(a, b),
    "hypot": lambda a, b: max(abs(a), abs(b)),
    "leaky_relu": lambda a, *_: abs(a),
    "lgamma": lambda x: _to_pole(x),
    "logit": lambda x: min(x, 1 - x),
    "maximum": lambda a, b: abs(a - b),
    "minimum": lambda a, b: abs(a - b),
    "mod": lambda a, b: _to_whole_quotient(a, b),
    "relu": abs,
    "round": lambda x: _to_whole(x + 0.5),
    "sign": abs,
    "sqrt": abs,
    "trunc": lambda x: _to_whole(x),
    "where": lambda c, a, b: abs(c),
    "xlogy": lambda a, b: b,
}


def is_usual(rule: Rule) -> bool:
    """Whether engines have it, so that it's drawn without being asked for: a public function of variables.

    A stopped gradient isn't a derivative, and an order is no variable.
    """
    return rule.public and not rule.constant and rule is not stop_gradient


# Simplest first: what fails here fails at a number that can be worked out by hand.
PLAIN: Final = (2.0, 3.0, 1.0, 0.5, -2.0, -1.0, -0.5, -3.0, 4.0, 0.25, 0.1, -0.1, 1.5, -1.7, 0.9, -0.9, 7.0, 0.0)

# Near the ends: of what a float can hold, and of where functions change.
NEAR_ENDS: Final = (
    *(1e-3, 1e-6, 1e-9, 1e3, 1e6, 1e9),
    *(1 - 2.0**-53, 1 + 2.0**-52, 1 - 1e-9, 1 + 1e-9),
    *(math.pi / 2, math.pi, 20.0, 37.0, 100.0, 700.0),
    *(1e-30, 1e30, 1e-100, 1e100, 1e-300, 1e300, sys.float_info.min, 5e-324),
)


def edges(reach: float) -> tuple[float, ...]:
    """The numbers near the ends whose size is between 1 / reach and reach.

    >>> max(edges(1e6))
    1000000.0
    """
    return tuple(x for x in NEAR_ENDS if 1 / reach <= x <= reach)


def kinds_of(arity: int) -> tuple[str, ...]:
    """Which operands of an operation are leaves (x), and which are constants (c): of two operands one may be."""
    return ("xx", "xc", "cx") if arity == 2 else ("x" * arity,)


def is_inside(rule: Rule, operands: Sequence[float], kinds: str, reach: float) -> bool:
    """Whether the primitive has a value and a derivative there, of a size between 1 / reach and reach (or 0).

    Args:
        rule: the primitive.
        operands: the point.
        kinds: a letter for each operand: x for a leaf, c for a constant, y for a computed number, which is rounded.
        reach: the largest size.
    """
    if any(kinds[i] != "c" for i in rule.constant):
        return False
    if rule.name == "pow" and operands[0] <= 0 and not (kinds[1] == "c" and _is_whole_power(*operands)):
        return False
    computed = "y" in kinds
    if computed and not all(abs(x) < 1e4 for x in operands):
        return False
    distance = DISTANCE_TO_EDGE.get(rule.name)
    try:
        if distance is not None and distance(*operands) <= (MARGIN if computed else 0.0):
            return False
        for step in (-MARGIN, MARGIN, 0.0) if computed else (0.0,):
            around = [x + step if kind == "y" else x for x, kind in zip(operands, kinds)]
            if not rule.domain.contains(*around):
                return False
            y = rule.value(*around)
        partials = [float(p(*operands, y)) for p, kind in zip(rule.partials, kinds) if kind != "c"]
    except (ArithmeticError, ValueError):
        return False
    return all(p == 0 or 1 / reach <= abs(p) <= reach for p in (y, *partials))


def _to_whole(x: float) -> float:
    return abs(x - round(x))


def _to_pole(x: float) -> float:
    """How far x is from 0, -1, -2 ..., the poles of the gamma function."""
    return x if x > 0.0 else _to_whole(x)


def _to_whole_quotient(a: float, b: float) -> float:
    """How far a is from a multiple of b, and b from 0, and from where the nearest multiple of it is a; infinite: 0."""
    if b == 0 or not math.isfinite(a / b):
        return 0.0
    off = abs(math.remainder(a, b))
    return min(off, abs(b), off / max(1.0, abs(a / b)))


def _is_whole_power(base: float, exponent: float) -> bool:
    """Whether a base that isn't positive has a power with that exponent, and the power a derivative."""
    return exponent == round(exponent) and (base < 0 or exponent >= 1)
