"""The shape of one call: which numbers and arrays arguments or a result consist of, and where each of them stands.

A program knows numbers in a row, a user nested structures. A ``Layout`` is both: the structure, and for each of its
leaves the place of its first number. Arguments and results have the same kind of layout, so a result can be the next
call's argument. A leaf that varies is an array with its batch axis first.

>>> import optree
>>> layout = Layout(optree.tree_structure({"a": 0, "b": 0}), [(None, 0), ((2,), 3)], "float64")
>>> layout.outputs
[Output(start=0, stride=0, samples=0), Output(start=1, stride=2, samples=3), Output(start=2, stride=2, samples=3)]
>>> layout.read(layout.gather([7.0, [1.0, 2.0, 3.0], 4.0]))
{'a': 7.0, 'b': array([[1., 4.],
       [2., 4.],
       [3., 4.]])}
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from optree import PyTreeSpec

FLOAT64: Final = np.dtype(np.float64)

Shape: TypeAlias = "tuple[int, ...] | None"  # of an array; None: one number


class Static(NamedTuple):
    """A part of a call that is known when the function is traced."""

    kind: Any  # True is equal to 1, but another argument
    thing: Any

    def __repr__(self) -> str:
        return f"static {self.thing!r}"


class Output(NamedTuple):
    """Where one value goes: its position, the distance between samples, how many there are."""

    start: int
    stride: int
    samples: int  # 0: one number


class Leaf(NamedTuple):
    """A number or an array of a call."""

    shape: Shape  # of one sample
    batch: int  # 0: it doesn't vary
    start: int

    @property
    def values(self) -> int:
        """How many values it has: of those that vary, each stands for a whole batch of numbers."""
        return math.prod(self.shape or ())

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.values * (self.batch or 1)

    @property
    def whole(self) -> Shape:
        """The shape of all samples together."""
        return (self.batch, *(self.shape or ())) if self.batch else self.shape

    def outputs(self) -> Iterator[Output]:
        """The place of each value."""
        stride = self.values if self.batch else 0
        for number in range(self.values):
            yield Output(self.start + number, stride, self.batch)

    def names(self, base: str) -> Iterator[str]:
        """A name for each value: w, w[0, 1], w[s, 0, 1]."""
        batch = ["s"] if self.batch else []
        for index in np.ndindex(*(self.shape or ())):
            inside = [*batch, *map(str, index)]
            yield base + (f"[{', '.join(inside)}]" if inside else "")


class Layout:
    """A structure, and where its numbers stand.

    Args:
        spec: the structure, as optree has it.
        parts: its leaves in order: the shape of one sample and the size of the batch, or what is static.
        dtype: of the numbers.
    """

    def __init__(self, spec: PyTreeSpec, parts: Iterable[tuple[Shape, int] | Static], dtype: str) -> None:
        self.spec = spec
        self.dtype: Any = np.dtype(dtype)
        self.leaves: list[Leaf | Static] = []
        self.numeric: list[Leaf] = []  # those that have numbers
        self.size = 0
        for part in parts:
            if isinstance(part, Static):
                self.leaves.append(part)
            else:
                self.numeric.append(Leaf(*part, start=self.size))
                self.leaves.append(self.numeric[-1])
                self.size += self.numeric[-1].size
        self.shapes = [leaf if isinstance(leaf, Static) else leaf.whole for leaf in self.leaves]
        self._only_numbers = all(shape is None for shape in self.shapes)
        # Of each leaf: its shape, and where it begins, in bytes; of a number its index; of a static part that itself.
        self._parts: list[tuple[Any, Any]] = []
        for leaf in self.leaves:
            if isinstance(leaf, Static):
                self._parts.append((Static, leaf.thing))
            elif leaf.whole is None:
                self._parts.append((None, leaf.start))
            else:
                self._parts.append((leaf.whole, leaf.start * self.dtype.itemsize))

    @functools.cached_property
    def outputs(self) -> list[Output]:
        """The place of each value."""
        return [output for leaf in self.numeric for output in leaf.outputs()]

    def paths(self) -> Iterator[tuple[tuple[Any, ...], Leaf]]:
        """The leaves that have numbers, and how they are reached: indices and keys."""
        for path, leaf in zip(self.spec.paths(), self.leaves):
            if isinstance(leaf, Leaf):
                yield path, leaf

    def names(self, base: str) -> list[str]:
        """A name for each value, by its path: base[0]['b'][s, 1]."""
        return [name for path, leaf in self.paths() for name in leaf.names(base + keys(path))]

    def write(self, numbers: Sequence[Any]) -> Any:
        """Numbers and arrays, one for each leaf that has numbers, as one row."""
        row = np.empty(self.size, dtype=self.dtype)
        for leaf, x in zip(self.numeric, numbers):
            if type(x) is float:
                row[leaf.start] = x
            else:
                row[leaf.start : leaf.start + x.size] = x.ravel()
        return row

    def gather(self, results: Sequence[Any]) -> Any:
        """Values, each a number or one number for every sample, as one row."""
        row = np.empty(self.size, dtype=self.dtype)
        with np.errstate(over="ignore"):  # what is too large for float32 is infinite
            for (start, stride, samples), x in zip(self.outputs, results):
                if samples:
                    row[start : start + stride * samples : stride] = x
                else:
                    row[start] = x
        return row

    def read(self, row: Any) -> Any:
        """The structure of the numbers in a row. Its arrays are views of ``row``."""
        if self._only_numbers:
            return self.spec.unflatten(row.tolist())
        leaves: list[Any] = []
        item, dtype = row.item, row.dtype
        for shape, at in self._parts:
            if shape is None:
                leaves.append(item(at))
            elif shape is Static:
                leaves.append(at)
            else:
                leaves.append(np.ndarray(shape, dtype, row, at))
        return self.spec.unflatten(leaves)


def keys(path: Iterable[Any]) -> str:
    """A path as it is written behind a name: [0]['b']."""
    return "".join(f"[{key!r}]" for key in path)
