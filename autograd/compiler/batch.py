"""vmap: a function of one sample, applied to a batch.

Inside a traced function the samples go side by side: what is mapped becomes one varying number, and the function is
traced once, whatever the size of the batch. What it returns is a batch (``record/batches.py``): an array with the batch
axis first, whose arithmetic, sums and means are done for all samples at once.

Two cases have no lanes to go to, or none to fill, and are unrolled, sample by sample: a ``vmap`` inside the function of
another, and a batch of one. So is, outside of jit, a batch of numbers that carry derivatives, of Values say, or a
function that closes over such. Of an empty batch the function runs once, to find the structure of its result.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from autograd.compiler.jitted import Jitted
from autograd.compiler.record.arguments import object_array
from autograd.compiler.record.batches import repeated
from autograd.compiler.record.lanes import lanes_of
from autograd.compiler.record.trace import Foreign, Trace, Traced
from autograd.engine.arrays import require_plain
from autograd.engine.modes import TAPE
from autograd.transforms.trees import carrying, flatten


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
    for axis in optree.tree_leaves(in_axes, none_is_leaf=True):
        if not (axis is None or hasattr(axis, "__index__")):
            raise TypeError(
                f"in_axes says which axis runs over the batch: a whole number, None, or a tuple with one of these for "
                f"each argument, not {axis!r:.60}"
            )

    @functools.wraps(f, assigned=("__module__", "__name__", "__qualname__", "__doc__"), updated=())
    def batched(*args: Any) -> Any:
        if TAPE.get() is not None:
            return here(*args)
        try:
            return compiled()(*args)
        except Foreign:
            return here(*args)

    def here(*args: Any) -> Any:
        tape = TAPE.get()
        return _map(None if tape is None else tape.trace, f, in_axes, args)

    @functools.cache
    def compiled() -> Jitted:
        jitted = Jitted(lambda *args: here(*args))
        jitted.says_slow = False  # nobody wrote a jit that could be put outside
        return jitted

    return batched


def _map(trace: Trace | None, f: Callable[..., Any], in_axes: Any, args: tuple[Any, ...]) -> Any:
    """The function applied to a batch, in a trace, or, without one, to numbers that have a value."""
    axes = list(in_axes) if isinstance(in_axes, (tuple, list)) else [in_axes] * len(args)
    if len(axes) != len(args):
        raise ValueError(f"in_axes has {len(axes)} entries, and the function got {len(args)} arguments")
    mapped = [_Mapped(arg, axis, f"argument {i}") for i, (arg, axis) in enumerate(zip(args, axes))]
    sizes = {size for each in mapped for size in each.sizes}
    if len(sizes) != 1:
        what = f"sizes {sorted(sizes)}" if sizes else "no axis at all; say 0 in in_axes for one of them"
        raise ValueError(f"vmap needs one batch, but the arguments have {what}")
    size = sizes.pop()
    if size == 0:
        return _empty(f(*[each.any_sample(trace) for each in mapped]))
    if trace is None:
        return _stacked([f(*[each.sample(i) for each in mapped]) for i in range(size)])
    if size == 1 or trace.batch or trace.unrolling:
        outside, trace.unrolling = trace.unrolling, True  # a vmap inside has to be, too: its axis comes after this one
        try:
            return _stacked([f(*[each.sample(i) for each in mapped]) for i in range(size)])
        finally:
            trace.unrolling = outside
    samples = [each.varying(trace) for each in mapped]
    trace.batch = size
    try:
        result = f(*samples)
    finally:
        trace.batch = 0
    return optree.tree_map(lambda part: repeated(trace, part, size), result, namespace="chainrule")


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
            if not getattr(leaf, "ndim", 0):
                raise ValueError(
                    f"{where} has a number, {leaf!r:.40}, where vmap needs an array with axis {its}; give it as a "
                    "NumPy array, or say None in in_axes for an argument that all samples share"
                )
            if not -leaf.ndim <= its < leaf.ndim:
                raise ValueError(f"{where} has an array of shape {leaf.shape}, which has no axis {its}")
            require_plain(leaf)
            self.columns.append(_axis_first(leaf, its))
            self.sizes.add(leaf.shape[its])

    def sample(self, i: int) -> Any:
        """The argument of sample i."""
        return self._rebuilt([leaf if c is None else _number(c[i]) for leaf, c in zip(self.leaves, self.columns)])

    def any_sample(self, trace: Trace | None) -> Any:
        """An argument of no sample in particular, for a batch that has none."""
        one = 1.0 if trace is None else Traced(trace, trace.constant(1.0))
        return self._rebuilt(
            [leaf if c is None else _filled(c.shape[1:], one) for leaf, c in zip(self.leaves, self.columns)]
        )

    def varying(self, trace: Trace) -> Any:
        """The argument with a varying number in place of each batch of numbers."""
        return self._rebuilt(
            [
                leaf if c is None else _number(lanes_of(trace, c, as_numbers=True))
                for leaf, c in zip(self.leaves, self.columns)
            ]
        )

    def _rebuilt(self, leaves: list[Any]) -> Any:
        return optree.tree_unflatten(self.spec, leaves)


def _axis_first(array: Any, axis: int) -> Any:
    if axis % array.ndim == 0:
        return array
    return np.moveaxis(np.asanyarray(array), axis, 0)


def _number(x: Any) -> Any:
    """An array without axes as the number in it; a NumPy scalar as a float."""
    return x.item() if isinstance(x, np.generic) or getattr(x, "ndim", None) == 0 else x


def _filled(shape: tuple[int, ...], number: Any) -> Any:
    return object_array([number] * math.prod(shape), shape) if shape else number


def _stacked(samples: list[Any]) -> Any:
    """Structures of one shape, as one structure of arrays with the batch axis first."""
    trees = [flatten(sample)[0] for sample in samples]
    if any(tree != trees[0] for tree in trees):
        raise ValueError("the samples of a vmap returned structures of different shapes")

    def stack(*parts: Any) -> Any:
        if isinstance(parts[0], (str, bytes)):
            return parts[0]
        out = np.empty((len(parts), *getattr(parts[0], "shape", ())), dtype=object)
        for i, part in enumerate(parts):
            out[i] = part
        return _of_floats(out)

    return optree.tree_map(stack, *samples, namespace="chainrule")


def _empty(sample: Any) -> Any:
    """The result for a batch without samples: arrays of the shape that one sample's have."""

    def empty(part: Any) -> Any:
        return part if isinstance(part, (str, bytes)) else np.zeros((0, *getattr(part, "shape", ())))

    return optree.tree_map(empty, sample, namespace="chainrule")


def _of_floats(array: Any) -> Any:
    """An array of objects as one of floats if they are plain numbers, else as the kind of array that they have."""
    if all(isinstance(x, (float, int, np.number, np.bool_)) for x in array.flat):
        return array.astype(float)
    return carrying(array)
