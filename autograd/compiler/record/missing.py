"""NumPy's functions that ask which numbers are NaN, infinite or near each other, for arrays of traced numbers.

NumPy writes through masks of bools, which there are none of while a function is traced. Here they are written with
``where``: ``nansum(x)`` is the sum of ``where(isnan(x), 0, x)``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd.engine.kinds import where
from autograd.functions import maximum, minimum


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN as 0, infinities as the largest floats, or as what is given."""
    if not copy:
        raise TypeError("copy=False writes into the array; leave it out")
    largest = sys.float_info.max
    x = _masked(x, nan)
    x = where(x == math.inf, largest if posinf is None else posinf, x)
    return where(x == -math.inf, -largest if neginf is None else neginf, x)


def nansum(a: Any, *args: Any, **kwargs: Any) -> Any:
    """The sum without NaN."""
    return np.sum(_masked(a, 0), *args, **_begun(kwargs, 0))


def nanprod(a: Any, *args: Any, **kwargs: Any) -> Any:
    """The product without NaN."""
    return np.prod(_masked(a, 1), *args, **_begun(kwargs, 1))


def nancumsum(a: Any, *args: Any, **kwargs: Any) -> Any:
    """The sums so far, without NaN."""
    return np.cumsum(_masked(a, 0), *args, **kwargs)


def nancumprod(a: Any, *args: Any, **kwargs: Any) -> Any:
    """The products so far, without NaN."""
    return np.cumprod(_masked(a, 1), *args, **kwargs)


def nanmax(a: Any, axis: Any = None, **kwargs: Any) -> Any:
    """The largest number that isn't NaN; NaN if there is none."""
    return _or_nan(a, np.max(_masked(a, -math.inf), axis=axis, **kwargs), axis, kwargs)


def nanmin(a: Any, axis: Any = None, **kwargs: Any) -> Any:
    """The smallest number that isn't NaN; NaN if there is none."""
    return _or_nan(a, np.min(_masked(a, math.inf), axis=axis, **kwargs), axis, kwargs)


def nanmean(a: Any, axis: Any = None, **kwargs: Any) -> Any:
    """The mean of the numbers that aren't NaN."""
    return nansum(a, axis=axis, **kwargs) / _count(a, axis, **kwargs)


def nanvar(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, **kwargs: Any) -> Any:
    """The variance of the numbers that aren't NaN."""
    if dtype is not None or out is not None:
        raise TypeError("dtype and out are not for traced numbers")
    a = np.asanyarray(a)
    centre = nanmean(a, axis, **{**kwargs, "keepdims": True})
    squares = where(a == a, (a - centre) ** 2, 0)
    freedom = _count(a, axis, **kwargs) - ddof
    return where(freedom > 0, np.sum(squares, axis=axis, **_begun(kwargs, 0)) / freedom, math.nan)


def nanstd(a: Any, axis: Any = None, **kwargs: Any) -> Any:
    """The standard deviation of the numbers that aren't NaN."""
    return np.sqrt(nanvar(a, axis, **kwargs))


def isposinf(x: Any) -> Any:
    """Where it is +∞."""
    return x == math.inf


def isneginf(x: Any) -> Any:
    """Where it is -∞."""
    return x == -math.inf


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Where a is within atol + rtol·|b| of b."""
    a, b = np.asanyarray(a), np.asanyarray(b)
    near = (a == b) | ((abs(a - b) <= atol + rtol * abs(b)) & (abs(b) < math.inf))
    return near | ((a != a) & (b != b)) if equal_nan else near


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all of a is near b."""
    return np.all(isclose(a, b, rtol, atol, equal_nan))


def array_equal(a: Any, b: Any, equal_nan: bool = False) -> Any:
    """Whether the arrays have the same shape, and numbers."""
    a, b = np.asanyarray(a), np.asanyarray(b)
    if a.shape != b.shape:
        return False
    return np.all((a == b) | ((a != a) & (b != b)) if equal_nan else a == b)


def array_equiv(a: Any, b: Any) -> Any:
    """Whether the arrays are equal, as far as their shapes can be made so."""
    a, b = np.asanyarray(a), np.asanyarray(b)
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return np.all(a == b)


def fmax(a: Any, b: Any) -> Any:
    """The larger number, the other one beside NaN."""
    return where(a != a, b, where(b != b, a, maximum(a, b)))


def fmin(a: Any, b: Any) -> Any:
    """The smaller number, the other one beside NaN."""
    return where(a != a, b, where(b != b, a, minimum(a, b)))


def _masked(a: Any, instead: Any) -> Any:
    """The array with another number in place of NaN."""
    a = np.asanyarray(a)
    return where(a != a, instead, a)


def _count(a: Any, axis: Any, keepdims: Any = False, **kwargs: Any) -> Any:
    """How many of its numbers aren't NaN."""
    a = np.asanyarray(a)
    return np.sum(where(a == a, 1.0, 0.0), axis=axis, keepdims=keepdims, **_begun(kwargs, 0))


def _begun(kwargs: dict[str, Any], initial: float) -> dict[str, Any]:
    """With the number to begin with, which a reduction of objects needs for a mask."""
    return {"initial": initial, **kwargs} if "where" in kwargs else kwargs


def _or_nan(a: Any, found: Any, axis: Any, kwargs: dict[str, Any]) -> Any:
    """What was found, NaN where there is no number in the array but NaN."""
    some = {name: kwargs[name] for name in ("keepdims", "where") if name in kwargs}
    if "initial" in kwargs:
        return found
    return where(_count(a, axis, **some) > 0, found, math.nan)


OF_ARRAYS: Final[dict[str, Callable[..., Any]]] = {
    f.__name__: f
    for f in (
        *(nan_to_num, nansum, nanprod, nancumsum, nancumprod, nanmax, nanmin, nanmean, nanvar, nanstd),
        *(isposinf, isneginf, isclose, allclose, array_equal, array_equiv),
    )
}
