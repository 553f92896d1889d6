"""vmap: a function of one sample, applied to a batch.

Inside a traced function the samples go side by side: what is mapped becomes one varying number, and the function is
traced once, whatever the size of the batch. What it returns is a batched Value: arithmetic on it stays per sample,
``mean`` and ``sum`` reduce it over the batch, and where the program returns it, it is an array, batch axis first.

Three cases have no lanes to go to, or none to fill, and are unrolled, sample by sample: a ``vmap`` inside the function
of another, one over numbers that were computed, not given, and a batch of one. Their results are arrays of numbers,
batch axis first, with the same meaning.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from autograd.compiler.jitted import Jitted
from autograd.compiler.program import COLUMN, DATA
from autograd.compiler.record.arguments import object_array
from autograd.compiler.record.trace import Trace, Traced
from autograd.engine.arrays import own_kind
from autograd.engine.modes import TAPE
from autograd.transforms.trees import flatten


def vmap(f: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
    """The function that applies f to each sample of a batch. Called by itself, it compiles itself with ``jit``.

    Args:
        f: a function of one sample; it takes and returns numbers, arrays and nested structures of them.
        in_axes: which axis of an argument's arrays runs over the batch: an int, None for an argument that is the same
            for all samples, or a tuple with one of these for each argument. (JAX's name and meaning; a tuple, list or
            dict in place of an int gives the axes of a structure's parts.)

    Returns:
        A function of the same arguments, with a batch axis. Its results have the batch axis first.

    Raises:
        ValueError: (when called) arguments disagree about the size of the batch, or have no such axis.

    >>> import numpy as np
    >>> from autograd import exp
    >>> vmap(lambda x: exp(x) - 1)(np.array([0.0, 1.0])).round(3)
    array([0.   , 1.718])
    """
    if not callable(f):
        raise TypeError(f"vmap takes a function, not {type(f).__name__}: {f!r:.60}; write vmap(f)(xs)")

    @functools.wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"), updated=())
    def batched(*args: Any) -> Any:
        tape = TAPE.get()
        if tape is None:
            return compiled()(*args)
        return _map(tape.trace, f, in_axes, args)

    @functools.cache
    def compiled() -> Jitted:
        return Jitted(lambda *args: batched(*args))

    return batched


def _map(trace: Trace, f: Callable[..., Any], in_axes: Any, args: tuple[Any, ...]) -> Any:
    axes = list(in_axes) if isinstance(in_axes, (tuple, list)) else [in_axes] * len(args)
    if len(axes) != len(args):
        raise ValueError(f"in_axes has {len(axes)} entries for {len(args)} arguments")
    mapped = [_Mapped(arg, axis, f"argument {i}") for i, (arg, axis) in enumerate(zip(args, axes))]
    sizes = {size for each in mapped for size in each.sizes}
    if len(sizes) != 1:
        what = f"sizes {sorted(sizes)}" if sizes else "no axis at all: an in_axes has to be an int"
        raise ValueError(f"vmap needs one batch, but the arguments have {what}")
    size = sizes.pop()
    if size == 1 or trace.batch or trace.unrolling or not all(each.in_lanes(trace) for each in mapped):
        outside, trace.unrolling = trace.unrolling, True  # a vmap inside has to be, too: its axis comes after this one
        try:
            return _stacked([f(*[each.sample(i) for each in mapped]) for i in range(size)])
        finally:
            trace.unrolling = outside
    trace.batch = size
    try:
        return f(*[each.varying(trace, size) for each in mapped])
    finally:
        trace.batch = 0


class _Mapped:
    """One argument: its leaves, and the axis of each that runs over the batch."""

    def __init__(self, arg: Any, axis: Any, where: str) -> None:
        self.leaves, self.spec = optree.tree_flatten(arg, namespace="chainrule")
        if axis is None or isinstance(axis, int):
            axes: list[Any] = [axis] * len(self.leaves)
        else:
            every: Any = optree.broadcast_prefix(axis, arg, none_is_leaf=True)
            axes = optree.tree_leaves(every, none_is_leaf=True)
        self.columns: list[Any] = []  # a leaf with its batch axis first
        self.axes = axes
        self.sizes = set()
        for leaf, its in zip(self.leaves, axes):
            if its is None:
                self.columns.append(None)
                continue
            if isinstance(leaf, Traced) and leaf.batch:
                self.columns.append(leaf)
                self.sizes.add(leaf.batch)
                continue
            if not getattr(leaf, "ndim", 0):
                raise ValueError(
                    f"{where} has a number, {leaf!r:.40}, where vmap needs an array with axis {its}; give it as a "
                    "NumPy array, or say None in in_axes for what is the same for all samples"
                )
            if not -leaf.ndim <= its < leaf.ndim:
                raise ValueError(f"{where} has an array of shape {leaf.shape}, which has no axis {its}")
            self.columns.append(_axis_first(leaf, its))
            self.sizes.add(leaf.shape[its])

    def sample(self, i: int) -> Any:
        """The argument of sample i."""
        return self._rebuilt([leaf if c is None else c[i] for leaf, c in zip(self.leaves, self.columns)])

    def in_lanes(self, trace: Trace) -> bool:
        """Whether every mapped number is an input or known."""
        return all(c is None or isinstance(c, Traced) or _sources(trace, c) is not None for c in self.columns)

    def varying(self, trace: Trace, size: int) -> Any:
        """The argument with a varying number in place of each batch of numbers."""
        out = []
        for leaf, column in zip(self.leaves, self.columns):
            if column is None or isinstance(column, Traced):
                out.append(leaf)
                continue
            numbers = []
            for head, operands in _sources(trace, column) or ():
                numbers.append(Traced(trace, trace.append(head, operands, size)))
            out.append(object_array(numbers, column.shape[1:]) if column.ndim > 1 else numbers[0])
        return self._rebuilt(out)

    def _rebuilt(self, leaves: list[Any]) -> Any:
        return optree.tree_unflatten(self.spec, leaves)


def _sources(trace: Trace, column: Any) -> list[tuple[Any, tuple[Any, ...]]] | None:
    """Where the numbers of each position of a sample come from: columns of the inputs, or data; None: from neither."""
    size = column.shape[0]
    flat = column.reshape(size, -1)
    if flat.dtype.kind in "fiub":
        return [(DATA, (tuple(flat[:, j].astype(float).tolist()),)) for j in range(flat.shape[1])]
    out: list[tuple[Any, tuple[Any, ...]]] = []
    for j in range(flat.shape[1]):
        numbers = flat[:, j]
        if not any(isinstance(x, Traced) for x in numbers):
            out.append((DATA, (tuple(float(x) for x in numbers),)))
            continue
        if not all(isinstance(x, Traced) and x.trace is trace and x.index < trace.inputs for x in numbers):
            return None
        at = np.fromiter((x.index for x in numbers), dtype=np.int64, count=size)
        strides = np.diff(at)
        if len(strides) and not (strides == strides[0]).all():
            return None
        out.append((COLUMN, (int(at[0]), int(strides[0]) if len(strides) else 0)))
    return out


def _axis_first(array: Any, axis: int) -> Any:
    return np.moveaxis(np.asanyarray(array), axis, 0)


def _stacked(samples: list[Any]) -> Any:
    """Structures of one shape, as one structure of arrays with the batch axis first."""
    trees = [flatten(sample)[0] for sample in samples]
    if any(tree != trees[0] for tree in trees):
        raise ValueError("the samples of a vmap returned structures of different shapes")

    def stack(*parts: Any) -> Any:
        out = np.empty((len(parts), *getattr(parts[0], "shape", ())), dtype=object)
        for i, part in enumerate(parts):
            out[i] = part
        return own_kind(out)

    return optree.tree_map(stack, *samples, namespace="chainrule")
