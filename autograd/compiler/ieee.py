"""Functions of floats as compiled code has them, with IEEE 754's results where ``math`` raises; and which there are.

Outside its domain a function is NaN, beyond 1.8e308 it is infinite; at a pole it is infinite, too. A row of the table
that isn't *native* is no instruction: it is traced by its definition, so no back end needs to know it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd.compiler.program import EQUAL, LESS, LESS_EQUAL, SELECT, TAKE, Kind
from autograd.engine.rules import RULES

# What every back end computes itself: the kernel, NumPy, Python, and the sources in C and Python.
NATIVE: Final = tuple(
    RULES[name]
    for name in (
        *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan"),
        *("sinh", "cosh", "tanh", "sech", "asinh", "acosh", "atanh", "sigmoid", "softplus", "relu", "silu", "gelu"),
        *("erf", "erfc", "sign", "floor", "ceil", "trunc", "round", "abs", "ratio", "pow", "mod", "floordiv"),
        *("maximum", "minimum", "hypot", "atan2", "leaky_relu", "elu"),
    )
)


def apply(head: Kind, operands: Sequence[float]) -> float:
    """An instruction that is no sum and no source, on floats.

    >>> from autograd.engine.rules import log
    >>> apply(log, [0.0]), apply(log, [-1.0])
    (-inf, nan)
    """
    return float(FUNCTIONS[head](*operands))


def take(index: float, *table: float) -> float:
    """table[index], NaN if there is no such row."""
    if not -len(table) <= index < len(table):
        return math.nan
    return table[math.floor(index)]


FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {
    **{rule: rule.total for rule in NATIVE},
    LESS: lambda a, b: 1.0 if a < b else 0.0,
    LESS_EQUAL: lambda a, b: 1.0 if a <= b else 0.0,
    EQUAL: lambda a, b: 1.0 if a == b else 0.0,
    SELECT: lambda c, a, b: a if c != 0.0 else b,
    TAKE: take,
}
