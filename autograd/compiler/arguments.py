"""The arguments of a call, as a flat list of numbers and arrays, and as the traced numbers that stand for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import optree

from autograd.compiler.program import Index
from autograd.compiler.trace import Condition, Trace
from autograd.methods import Functions

FLOAT64: Final = np.dtype(np.float64)
REAL: Final = "fiub"  # kinds of arrays of real numbers

STATIC: Final = (bool, str, bytes, type(None))  # arguments of these kinds are known when the function is traced


class Arguments:
    """Arguments as leaves, and the key under which a program for them is kept."""

    __slots__ = ("has_derivatives", "key", "leaves", "numbers", "shapes", "spec")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        call: Any = (args, kwargs) if kwargs else args
        self.leaves: list[Any]
        self.leaves, self.spec = optree.tree_flatten(call, namespace="chainrule")
        self.has_derivatives = False
        self.numbers: list[Any] = []  # floats and arrays
        shapes: list[Any] = []  # of each leaf: None for a number, the shape of an array, or ("static", type, thing)
        for leaf in self.leaves:
            kind = type(leaf)
            if kind is float:
                shapes.append(None)
            elif kind is np.ndarray and (shape := leaf.shape) and ((d := leaf.dtype) is FLOAT64 or d.kind in REAL):
                shapes.append(shape)
            elif isinstance(leaf, (Functions, Condition)):
                self.has_derivatives = True
                return
            elif isinstance(leaf, STATIC) or not hasattr(kind, "__float__"):
                shapes.append(("static", kind, leaf))
                continue
            elif getattr(leaf, "ndim", 0):
                leaf = self.of_numbers(leaf)
                if leaf is None:
                    return
                shapes.append(leaf.shape)
            else:
                leaf = leaf.item() if hasattr(leaf, "ndim") else leaf  # NumPy's scalars
                if isinstance(leaf, (Functions, Condition)):
                    self.has_derivatives = True
                    return
                leaf = float(leaf)
                shapes.append(None)
            self.numbers.append(leaf)
        self.shapes = tuple(shapes)
        self.key = (self.spec, self.shapes, bool(kwargs))

    def of_numbers(self, array: Any) -> Any:
        """An array of another kind as one of floats; None if there are Values or traced numbers in it."""
        array = np.asarray(array)
        if array.dtype.kind == "O":
            if any(isinstance(x, (Functions, Condition)) for x in array.ravel()):
                self.has_derivatives = True
                return None
            return array.astype(float)
        if array.dtype.kind not in REAL:
            raise TypeError(f"jit takes arrays of real numbers, not of {array.dtype}")
        return array

    def unhashable(self) -> TypeError:
        """The error for an argument that is neither a number nor can be static."""
        odd = next(leaf for leaf in self.leaves if leaf.__hash__ is None and not hasattr(leaf, "ndim"))
        return TypeError(
            f"jit takes numbers, arrays and structures of them; {type(odd).__name__} {odd!r:.60} is neither, nor can "
            "it be static, since it has no hash"
        )


def is_static(shape: Any) -> bool:
    """Whether an argument is known when the function is traced."""
    return isinstance(shape, tuple) and bool(shape) and shape[0] == "static"


def size_of(shape: tuple[int, ...] | None) -> int:
    """How many numbers an argument of that shape has; None is the shape of one number."""
    size = 1
    for n in shape or ():
        size *= n
    return size


def starts_of(sizes: Sequence[int]) -> list[int]:
    """Where each of several arguments begins among the numbers."""
    starts = []
    start = 0
    for size in sizes:
        starts.append(start)
        start += size
    return starts


def object_array(numbers: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of traced numbers."""
    from autograd.compiler.arrays import TracedArray

    out = np.empty(len(numbers), dtype=object)
    out[:] = numbers
    return out.reshape(shape).view(TracedArray)


def name_inputs(trace: Trace, f: Callable[..., Any], flat: Arguments) -> None:
    """Names for the inputs, from the function's parameters: x, w[0], p['b']."""
    if trace.inputs > 10_000:
        return  # nobody reads that
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    start = 0
    for path, shape in zip(flat.spec.paths(), flat.shapes):
        if is_static(shape):
            continue
        by_keyword, path = (path[0] == 1, path[1:]) if flat.key[2] else (False, path)
        first = path[0]
        name = first if by_keyword else positional[first] if first < len(positional) else f"a{first}"
        base = str(name) + "".join(f"[{key!r}]" for key in path[1:])
        if shape is None:
            trace.names[Index(start)] = base
            start += 1
            continue
        for index in np.ndindex(*shape):
            trace.names[Index(start)] = base + (f"[{', '.join(map(str, index))}]" if index else "")
            start += 1
