"""Functions of floats as compiled code has them: IEEE 754's results where ``math`` raises.

Outside its domain a function is NaN, beyond 1.8e308 it is infinite; at a pole it is infinite, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd.compiler.program import EQUAL, LESS, LESS_EQUAL, SELECT, TAKE
from autograd.rules import RULES, Rule

_POLES: Final = {  # the value at the pole, or beyond what floats can hold
    "log": lambda x: -math.inf if x == 0 else math.nan,
    "log2": lambda x: -math.inf if x == 0 else math.nan,
    "log10": lambda x: -math.inf if x == 0 else math.nan,
    "log1p": lambda x: -math.inf if x == -1 else math.nan,
    "atanh": lambda x: math.copysign(math.inf, x) if abs(x) == 1 else math.nan,
    "sinh": lambda x: math.copysign(math.inf, x),
}


def apply(head: Any, operands: Sequence[float]) -> float:
    """An instruction that is no sum and no source, on floats.

    >>> from autograd.rules import log
    >>> apply(log, [0.0]), apply(log, [-1.0])
    (-inf, nan)
    """
    return float(FUNCTIONS[head](*operands))


def power(a: float, b: float) -> float:
    """a to the power b, as C's pow has it."""
    if a == 0.0 and b < 0.0:
        whole_and_odd = b.is_integer() and math.fmod(b, 2.0) != 0.0
        return math.copysign(math.inf, a) if whole_and_odd else math.inf
    try:
        return math.pow(a, b)
    except OverflowError:
        odd = b.is_integer() and math.fmod(b, 2.0) != 0.0
        return -math.inf if a < 0 and odd else math.inf
    except ValueError:
        return math.nan


def take(index: float, *table: float) -> float:
    """table[index], NaN if there is no such row."""
    if not -len(table) <= index < len(table):
        return math.nan
    return table[math.floor(index)]


def _total(rule: Rule) -> Callable[..., float]:
    def function(*operands: float) -> float:
        try:
            return float(rule.value(*operands))
        except OverflowError:
            return float(_POLES[rule.name](*operands)) if rule.name in _POLES else math.inf
        except (ValueError, ZeroDivisionError):
            return float(_POLES[rule.name](*operands)) if rule.name in _POLES else math.nan

    return function


FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {
    **{rule: _total(rule) for rule in RULES.values()},
    RULES["pow"]: power,
    LESS: lambda a, b: 1.0 if a < b else 0.0,
    LESS_EQUAL: lambda a, b: 1.0 if a <= b else 0.0,
    EQUAL: lambda a, b: 1.0 if a == b else 0.0,
    SELECT: lambda c, a, b: a if c != 0.0 else b,
    TAKE: take,
}
