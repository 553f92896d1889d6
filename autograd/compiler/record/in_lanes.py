"""NumPy's functions that have a form in lanes: sums, means, products of matrices, choices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd.compiler.record.lanes import aligned, apart, is_batch, lanes_of, varies
from autograd.engine.arrays import alone
from autograd.engine.kinds import where


class NoForm(Exception):
    """These operands have no form in lanes."""


def axis_of(axis: Any, ndim: int) -> int:
    """The number of an axis."""
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim) if hasattr(np, "exceptions") else ValueError(f"no axis {axis}")
    return int(axis) % ndim


def product(a: Any, b: Any) -> Any:
    """a @ b, of which one is a batch; NotImplemented where the batch has to be taken apart."""
    a, b = (x if hasattr(x, "ndim") else np.asanyarray(x) for x in (a, b))
    if not 1 <= a.ndim <= 2 or not 1 <= b.ndim <= 2 or a.shape[-1] != b.shape[0]:
        return NotImplemented  # where NumPy says what is wrong
    if is_batch(a) and a.ndim == 2:
        numbers = apart(b)
        inside = a.trace.batch and any(varies(a.trace, x) for x in numbers.ravel())
        return NotImplemented if inside else a.with_lanes(a.lanes @ numbers)
    batch = a if is_batch(a) else b
    trace = batch.trace
    left = lanes_of(trace, a if a.ndim == 1 else a.T)
    right = lanes_of(trace, b)
    if left is None or right is None:
        return NotImplemented
    if left.ndim and right.ndim:
        left, right = left[:, None], right[None, :]
    return batch.with_lanes(np.multiply(left, right), int(a.shape[-1])).reduce(np.add, 0, False)


def _dot(a: Any, b: Any, out: None = None) -> Any:
    if not np.ndim(a) or not np.ndim(b):
        return np.multiply(a, b)
    return _or_no_form(product(a, b))


def _inner(a: Any, b: Any) -> Any:
    if np.ndim(a) != 1 or np.ndim(b) != 1:
        raise NoForm
    return _or_no_form(product(a, b))


def _or_no_form(result: Any) -> Any:
    if result is NotImplemented:
        raise NoForm
    return result


def _reduction(ufunc: Any) -> Callable[..., Any]:
    def reduced(a: Any, axis: Any = None, *, keepdims: Any = False, **more: Any) -> Any:
        if more or not is_batch(a):
            raise NoForm
        return _or_no_form(a.reduce(ufunc, axis, bool(keepdims)))

    return reduced


_sum = _reduction(np.add)


def _count(a: Any, axis: Any) -> int:
    if axis is None:
        return int(a.size)
    return math.prod(a.shape[axis_of(x, a.ndim)] for x in (axis if isinstance(axis, tuple) else (axis,)))


def _mean(a: Any, axis: Any = None, *, keepdims: Any = False, **more: Any) -> Any:
    total = _sum(a, axis, keepdims=keepdims, **more)
    return total / float(_count(a, axis))


def _var(a: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False, **more: Any) -> Any:
    center = _mean(a, axis, keepdims=True, **more)
    return _sum((a - center) ** 2, axis, keepdims=keepdims) / float(_count(a, axis) - ddof)


def _std(a: Any, axis: Any = None, **more: Any) -> Any:
    return np.sqrt(_var(a, axis, **more))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if not is_batch(x) or not (ord is None or (ord == 2 and (x.ndim == 1 or isinstance(axis, int)))):
        raise NoForm
    return np.sqrt(_sum(x * x, axis, keepdims=keepdims))


def _where(condition: Any, *branches: Any) -> Any:
    if len(branches) != 2:
        raise NoForm
    first = next(x for x in (condition, *branches) if is_batch(x))
    operands = aligned(first.trace, first.samples, (condition, *branches))
    if operands is None:
        raise NoForm
    choose = np.frompyfunc(where, 3, 1)
    operands = [alone(x) if not isinstance(x, np.ndarray) else x for x in operands]
    return first.with_lanes(choose(*[x.view(np.ndarray) for x in operands]))


def _clip(a: Any, a_min: Any = None, a_max: Any = None, **more: Any) -> Any:
    if more:
        raise NoForm
    low = a if a_min is None else np.maximum(a, a_min)
    return low if a_max is None else np.minimum(low, a_max)


def _like(number: float) -> Callable[..., Any]:
    def filled(a: Any, *args: Any, **more: Any) -> Any:
        if args or more or not is_batch(a):
            raise NoForm
        return np.full(a.shape, number)

    return filled


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "sum": _sum, "mean": _mean, "var": _var, "std": _std, "norm": _norm, "dot": _dot, "inner": _inner, "where": _where,
    "clip": _clip, "zeros_like": _like(0.0), "ones_like": _like(1.0), "empty_like": _like(0.0),
    "shape": lambda a: a.shape, "ndim": lambda a: a.ndim, "copy": lambda a, **more: a.copy(),
    "real": lambda a: a, "any": _reduction(np.logical_or), "all": _reduction(np.logical_and),
    "max": _reduction(np.maximum), "amax": _reduction(np.maximum), "min": _reduction(np.minimum),
    "amin": _reduction(np.minimum), "prod": _reduction(np.multiply),
}  # fmt: skip
