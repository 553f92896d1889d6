"""What a traced function returned: its structure, and where each of its numbers comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import optree

from autograd.compiler.arguments import STATIC, Arguments
from autograd.compiler.kernel.places import Output
from autograd.compiler.trace import Condition, Trace, Traced
from autograd.errors import TraceError

_STATIC_PART = object()


class Results:
    """The structure of what the function returned, and where each of its numbers comes from."""

    def __init__(self, trace: Trace, result: Any, dtype: str) -> None:
        self.dtype = dtype

        leaves, self.spec = optree.tree_flatten(result, namespace="chainrule")
        self.leaves: list[Any] = []  # (shape or None, batch, first output, how many), or ("static", thing)
        self.values: list[int] = []
        self.layout: list[Output] = []
        start = 0
        for leaf in leaves:
            if getattr(leaf, "ndim", 0) or (hasattr(leaf, "ndim") and leaf.dtype.kind == "O"):
                numbers, shape = list(leaf.ravel()), leaf.shape
            elif isinstance(leaf, STATIC):
                self.leaves.append(("static", leaf))
                continue
            else:
                numbers, shape = [leaf], None
            values = [self._value(trace, x) for x in numbers]
            batch = max([trace.batch_of(value) for value in values], default=0)
            if any(trace.batch_of(value) not in (0, batch) for value in values):
                raise TraceError("an array that f returned has batches of different sizes in it")
            self.leaves.append((shape, batch, start, len(values)))
            for j, value in enumerate(values):
                self.values.append(value)
                self.layout.append(Output(start + j, len(values), batch) if batch else Output(start + j, 0, 0))
            start += len(values) * (batch or 1)
        self.size = start
        self.only_numbers = all(leaf[0] is None and leaf[1] == 0 for leaf in self.leaves)
        width = 8 if dtype == "float64" else 4
        # Of each leaf: the shape as it is returned, None for a number; where it begins, in bytes, or as an index.
        self._parts: list[Any] = []
        for shape, *rest in self.leaves:
            if isinstance(shape, str):
                self._parts.append((_STATIC_PART, rest[0]))
            elif shape is None and not rest[0]:
                self._parts.append((None, rest[1]))
            else:
                batch, start, _ = rest
                self._parts.append(((batch, *(shape or ())) if batch else shape, start * width))

    @staticmethod
    def _value(trace: Trace, x: Any) -> int:
        if isinstance(x, (Traced, Condition)):
            return trace.value(x)
        try:
            return trace.value(x.item() if hasattr(x, "item") else x)
        except TypeError:
            raise TypeError(
                "a function under jit returns numbers, arrays and structures of them, "
                f"not {type(x).__name__}: {x!r:.60}"
            ) from None

    def flat(self, outputs: Sequence[Any]) -> Any:
        """The outputs as one array, laid out like the arguments."""
        out = np.empty(self.size, dtype=self.dtype)
        for place, y in zip(self.layout, outputs):
            if place.samples:
                out[place.start : place.start + place.stride * place.samples : place.stride] = y
            else:
                out[place.start] = y
        return out

    def rebuild(self, outputs: Sequence[Any]) -> Any:
        """The structure, from the numbers of each output."""
        return self.from_memory(self.flat(outputs))

    def from_memory(self, memory: Any) -> Any:
        """The structure, from the numbers as they are laid out. Its arrays are views of ``memory``."""
        if self.only_numbers:
            return self.spec.unflatten(memory.tolist())
        leaves: list[Any] = []
        item, dtype = memory.item, memory.dtype
        for shape, at in self._parts:
            if shape is None:
                leaves.append(item(at))
            elif shape is _STATIC_PART:
                leaves.append(at)
            else:
                leaves.append(np.ndarray(shape, dtype, memory, at))
        return self.spec.unflatten(leaves)

    def matches(self, state: Arguments) -> bool:
        """Whether the result has the structure and shapes of the argument."""
        (own,) = state.spec.children()
        mine = [whole_shape(leaf) for leaf in self.leaves]
        return bool(own == self.spec) and mine == list(state.shapes)

    def described(self) -> str:
        """The shapes, for a message."""
        return str([whole_shape(leaf) for leaf in self.leaves])


def whole_shape(leaf: Any) -> Any:
    """The shape of a result, its batch included."""
    if leaf[0] == "static":
        return ("static", type(leaf[1]), leaf[1])
    shape, batch, _, _ = leaf
    return (batch, *(shape or ())) if batch else shape
