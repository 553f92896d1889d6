"""Arrays in lanes: instead of a number for each sample, one varying value for each position of a sample."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd.compiler.program import COLUMN, DATA
from autograd.compiler.record.arrays import TracedArray
from autograd.compiler.record.trace import Condition, Trace, Traced


def is_batch(x: Any) -> bool:
    """Whether it is a Batch."""
    return hasattr(type(x), "is_batch")


def lanes_of(trace: Trace, array: Any, as_numbers: bool = False) -> Any:
    """The lanes of an array whose first axis runs over the samples; None if numbers of other samples are in it.

    They are columns of the inputs, data, or made of numbers that are computed.

    Args:
        trace: that is appended to.
        array: of plain and traced numbers.
        as_numbers: whether comparisons, and bools, become numbers.
    """
    if is_batch(array):
        return array.lanes
    samples, flat = array.shape[0], np.asarray(array).reshape(array.shape[0], -1)
    if flat.dtype.kind not in "fiubO":
        raise TypeError(f"a batch is of real numbers, not of {flat.dtype}")
    if flat.dtype == object and trace.batch and any(varies(trace, x) for x in flat.ravel()):
        return None
    lanes = np.empty(flat.shape[1], dtype=object)
    for j in range(flat.shape[1]):
        column = flat[:, j]
        kind = Condition if not as_numbers and all(isinstance(x, _TRUTHS) for x in column.tolist()) else Traced
        lanes[j] = kind(trace, _lane(trace, column, samples))
    return lanes.reshape(array.shape[1:]).view(TracedArray)


_TRUTHS: Final = (bool, np.bool_, Condition)


def _lane(trace: Trace, column: Any, samples: int) -> Any:
    if column.dtype != object:
        return trace.append(DATA, (tuple(column.astype(float).tolist()),), samples)
    if not any(isinstance(x, (Traced, Condition)) for x in column):
        return trace.append(DATA, (tuple([trace.known(trace.value(x)) for x in column]),), samples)
    at = [trace.value(x) for x in column]
    strides = {y - x for x, y in itertools.pairwise(at)}
    if len(strides) == 1 and max(at) < trace.inputs:
        return trace.append(COLUMN, (at[0], strides.pop()), samples)
    whole = trace.picked_from(at)
    return trace.lanes(at) if whole is None else whole


def varies(trace: Trace, x: Any) -> bool:
    """Whether x is a number of each sample."""
    return isinstance(x, (Traced, Condition)) and bool(trace.batch_of(x.index))


def aligned(trace: Trace, samples: int, inputs: Sequence[Any]) -> list[Any] | None:
    """The operands as one sample has them; None if they can't be taken sample by sample."""
    operands: list[Any] = [np.asanyarray(x) if isinstance(x, (list, tuple)) else x for x in inputs]
    shapes: list[Any] = [getattr(x, "shape", ()) for x in operands]
    rank = len(np.broadcast_shapes(*shapes))
    found = []
    for x, shape in zip(operands, shapes):
        if is_batch(x):
            if x.ndim < rank:
                return None
            x = x.lanes
        elif len(shape) == rank and rank:
            x = x[0] if shape[0] == 1 else lanes_of(trace, x)
            if x is None:
                return None
        elif trace.batch and any(varies(trace, y) for y in (x.ravel() if shape else [x])):
            return None
        found.append(x)
    return found


def each(function: Callable[[Any], Any], lanes: Any) -> Any:
    """A function of each element: an array, or for one without axes what the function gives."""
    if not isinstance(lanes, np.ndarray):
        return function(lanes)
    if not lanes.ndim:
        return function(lanes[()])
    out = np.empty(lanes.shape, dtype=object)
    for index in np.ndindex(lanes.shape):
        out[index] = function(lanes[index])
    return out.view(TracedArray)


def apart(x: Any) -> Any:
    """With arrays of numbers in place of batches, also in tuples, lists and dicts."""
    if is_batch(x):
        return x.apart()
    if type(x) in (tuple, list):
        return type(x)(apart(part) for part in x)
    return {name: apart(part) for name, part in x.items()} if type(x) is dict else x
