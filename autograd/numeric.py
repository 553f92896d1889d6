"""Derivatives of plain functions of floats by differences: an independent, approximate truth."""

from __future__ import annotations

import math
from collections.abc import Callable

_SHRINK = 1.4
_ROWS = 12


def difference_derivative(f: Callable[[float], float], x: float, step: float = 0.0) -> tuple[float, float]:
    """f'(x) by central differences with steps that shrink, extrapolated to step 0, and an estimate of its error.

    The extrapolation table is Richardson's, the choice of its best entry Ridders' (C. Ridders, "Accurate computation of
    F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982). Steps at which f is undefined are passed over.

    Args:
        f: a function of one float.
        x: the point.
        step: the first and largest step; a tenth of |x|, or 0.1 near zero, if it isn't given.

    Returns:
        ``(derivative, error)``; ``(nan, inf)`` where f is undefined at x's neighbours.

    >>> slope, error = difference_derivative(math.sin, 1.0)
    >>> abs(slope - math.cos(1.0)) <= error < 1e-9
    True
    """
    h = step or max(abs(x), 1.0) * 0.1
    best, error = math.nan, math.inf
    previous: list[float] = []
    for _ in range(_ROWS):
        above, below = x + h, x - h
        h /= _SHRINK
        try:
            row = [(f(above) - f(below)) / (above - below)]
        except (ArithmeticError, ValueError):
            continue
        factor = 1.0
        for entry in previous:
            factor *= _SHRINK * _SHRINK
            row.append((row[-1] * factor - entry) / (factor - 1.0))
            estimate = max(abs(row[-1] - row[-2]), abs(row[-1] - entry))
            if estimate <= error:
                best, error = row[-1], estimate
        if previous and abs(row[-1] - previous[-1]) >= 2.0 * error:
            break  # smaller steps only add rounding error
        previous = row
    return best, error + abs(best) * 1e-15 if best == best else math.inf
