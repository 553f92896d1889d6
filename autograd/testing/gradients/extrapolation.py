"""Derivatives of functions that only floats pass through: extrapolated, with an estimate of the error.

As in ``truth.py`` the slopes on either side are looked at first, over steps of a hundredth of x down to a millionth:
a kink, a jump, or a function that does not give the same number twice is said, and not extrapolated.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

from autograd.numeric import difference_derivative
from autograd.testing.gradients.precision import EPSILON

_RELATIVE = 1e-5  # an estimate whose error is larger has not converged
_NOTHING = 1e-9  # ... unless it's this small beside f / x: f is as good as constant
_SMALLEST_NORMAL = 2.0**-1022
_DECADES = (2, 3, 4, 5, 6)

Note = tuple[str, str] | None


def estimate(f: Callable[[float], Any], x: float) -> tuple[float, float, Note]:
    """f'(x), the estimated error, and a status and a note if there is no derivative or none was found.

    >>> value, error, note = estimate(math.exp, 1.0)
    >>> abs(value - math.e) < error < 1e-8, note
    (True, None)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _estimate(lambda at: _finite(f(at)), x)


def _estimate(f: Callable[[float], float], x: float) -> tuple[float, float, Note]:
    nothing = math.nan, math.inf
    try:
        y = f(x)
        if f(x) != y:
            return *nothing, ("not converged", "f gives another number each time")
    except (ArithmeticError, ValueError):
        return *nothing, ("not differentiable", "f is undefined here")
    value, error, note = _at_scale(f, x, y, max(abs(x), 1e-300) if x else 1.0)
    if note and note[0] == "not converged" and abs(x) < 1.0:
        return _at_scale(f, x, y, 1.0)
    return value, error, note


def _at_scale(f: Callable[[float], float], x: float, y: float, size: float) -> tuple[float, float, Note]:
    """The estimate from steps that are small beside ``size``."""
    nothing = math.nan, math.inf
    noise = _noise(f, x, size)
    slopes = _slopes(f, x, y, size)
    note = _no_derivative(slopes, size, noise)
    if note:
        return *nothing, note
    (_, *sides), (k, right, left) = slopes[-2:] if len(slopes) > 1 else slopes * 2
    doubt = 6.0 * max(noise, EPSILON * abs(y)) / (size * 10.0**-k)
    if abs(right - left) > 0.05 * max(abs(s) for _, *both in slopes for s in both) + doubt:
        return *nothing, ("not converged", "the slopes on the left and right keep changing as the step shrinks")
    central = (right + left) / 2.0
    doubt += abs(central - sum(sides) / 2.0)
    best, error = nothing
    for step in {size * k for k in (0.1, 3e-3, 1e-4, 3e-6)} | {max(size, 1.0) * k for k in (0.1, 3e-3)}:
        value, estimated = difference_derivative(f, x, step)
        largest = max(abs(y), _size(f, x + step), _size(f, x - step), _SMALLEST_NORMAL)
        estimated += (4.0 * noise + 16.0 * EPSILON * largest) / step
        if estimated < error and abs(value - central) <= 0.01 * abs(central) + doubt + estimated:
            best, error = value, estimated
    if not error <= max(_RELATIVE * max(abs(best), *map(abs, slopes[0][1:])), _NOTHING * abs(y) / size):
        return *nothing, ("not converged", "no step gives a slope with a small error")
    return best, error, None


def _size(f: Callable[[float], float], x: float) -> float:
    try:
        return abs(f(x))
    except (ArithmeticError, ValueError):
        return 0.0


def _slopes(f: Callable[[float], float], x: float, y: float, size: float) -> list[tuple[int, float, float]]:
    """The slopes on the right and left over steps of 10^-k, for each k at which there are both."""
    out = []
    for k in _DECADES:
        h = size * 10.0**-k
        try:
            out.append((k, (f(x + h) - y) / h, (y - f(x - h)) / h))
        except (ArithmeticError, ValueError):
            out.clear()
    return out


def _no_derivative(slopes: list[tuple[int, float, float]], size: float, noise: float) -> Note:
    """The reason why the slopes on the left and right exclude a derivative, if they do."""
    if not slopes:
        return "not differentiable", "f is undefined on one side"
    least = 100.0 * noise / (size * 10.0 ** -slopes[-1][0])  # what is no rounding error
    rights, lefts = [s[1] for s in slopes], [s[2] for s in slopes]
    if len(slopes) > 2:
        for side in (rights, lefts):
            if abs(side[-1]) > least and all(abs(b) > 2.0 * abs(a) for a, b in itertools.pairwise(side)):
                return "not differentiable", "f jumps, or its tangent is vertical"
    gaps = [r - s for r, s in zip(rights, lefts)]
    for a, b, c, (_, right, left) in zip(gaps, gaps[1:], gaps[2:], slopes[2:]):
        if abs(c) > max(1e-3 * max(abs(right), abs(left)), least) and max(abs(a - b), abs(b - c)) < 0.2 * abs(c):
            return "not differentiable", f"the slope is {left:.3g} on the left and {right:.3g} on the right"
    return None


def _noise(f: Callable[[float], float], x: float, size: float) -> float:
    """The rounding error of f's values, from sixth differences, in which a smooth function has vanished.

    J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific Computing 33, 2011. Taken
    over several spacings, since values rounded to few digits are constant over small ones.
    """
    most = 0.0
    for k in (12, 9, 7):
        try:
            differences = [f(x + j * size * 10.0**-k) for j in range(7)]
        except (ArithmeticError, ValueError):
            continue
        for _ in range(6):
            differences = [b - a for a, b in itertools.pairwise(differences)]
        most = max(most, abs(differences[0]) / math.sqrt(924.0))
    return most


def _finite(y: Any) -> float:
    if not hasattr(type(y), "__float__"):
        raise TypeError(f"f has to return one number, but returned {type(y).__name__} {y!r:.60}")
    y = float(y)
    if not math.isfinite(y):
        raise ArithmeticError("the result is not finite")
    return float(y)


__all__ = ["estimate"]
