"""Arguments and results of any structure, as a flat list of numbers and back.

A structure is a number, a NumPy array of numbers, or a tuple, list or dict of structures. optree walks it; what is
added here is that an array is many numbers, and a plain float none of the trouble.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine.arrays import own_kind
from autograd.engine.kinds import library, like, plain
from autograd.engine.methods import Functions

_KINDS = ("fractions", "decimal", "mpmath", "sympy")


class Tree:
    """The shape of a structure, without its numbers. ``size`` is how many numbers it holds.

    >>> tree, numbers = flatten({"w": [1.0, 2.0], "b": 3.0})
    >>> numbers, tree.rebuild([10.0, 20.0, 30.0])
    ([3.0, 1.0, 2.0], {'w': [20.0, 30.0], 'b': 10.0})
    """

    def __init__(self, spec: Any, shapes: Sequence[tuple[int, ...] | None]) -> None:
        self.spec = spec  # of optree; None for a single number or array
        self.shapes = shapes  # of each leaf: an array's shape, None for a number
        self.size = sum(1 if shape is None else _size(shape) for shape in shapes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.spec == other.spec and list(self.shapes) == list(other.shapes)

    __hash__ = None  # type: ignore[assignment]

    @property
    def shape(self) -> tuple[int, ...]:
        """As one array: () for a number, an array's own shape, (size,) for a nested structure."""
        if self.spec is None:
            return self.shapes[0] or ()
        return (self.size,)

    def rebuild(self, numbers: Sequence[Any]) -> Any:
        """The structure with these numbers in it. Arrays are of floats if all their numbers are."""
        if self.spec is None and self.shapes[0] is None:
            return numbers[0]
        leaves = []
        start = 0
        for shape in self.shapes:
            size = 1 if shape is None else _size(shape)
            part = numbers[start : start + size]
            leaves.append(part[0] if shape is None else array_of(part, shape))
            start += size
        if self.spec is None:
            return leaves[0]
        import optree

        return optree.tree_unflatten(self.spec, leaves)


def flatten(structure: Any) -> tuple[Tree, list[Any]]:
    """The structure's shape and its numbers, from left to right (dicts by sorted key, as optree has it)."""
    if is_number(structure):
        return Tree(None, [None]), [plain(structure)]
    leaves, spec = [structure], None
    if not hasattr(structure, "ndim"):
        import optree

        leaves, spec = optree.tree_flatten(structure, namespace="chainrule")
        if len(leaves) == 1 and leaves[0] is structure:
            spec = None
    numbers: list[Any] = []
    shapes: list[tuple[int, ...] | None] = []
    for leaf in leaves:
        if getattr(leaf, "ndim", 0):
            shapes.append(leaf.shape)
            flat = getattr(leaf, "numbers", leaf).ravel()  # numbers: of a batch, see compiler/record/batches.py
            numbers.extend(flat.astype(float).tolist() if flat.dtype.kind == "f" else map(plain, flat.tolist()))
        else:
            shapes.append(None)
            numbers.append(plain(leaf))
    return Tree(spec, shapes), numbers


def map_numbers(function: Any, structure: Any) -> Any:
    """The structure with the function applied to the numbers in it that carry a derivative; all else stays."""

    def each(leaf: Any) -> Any:
        if isinstance(leaf, Functions):
            return function(leaf)
        if hasattr(leaf, "dtype") and leaf.dtype.kind == "O":
            return array_of([each(x) for x in leaf.ravel()], leaf.shape)
        return leaf

    import optree

    leaves, spec = optree.tree_flatten(structure, none_is_leaf=True, namespace="chainrule")
    return optree.tree_unflatten(spec, [each(leaf) for leaf in leaves])


def path_of(structure: Any, position: int) -> str:
    """Where the number at that position of the flat list stands in the structure, such as ``['w'][0]``."""
    tree, _ = flatten(structure)
    start = 0
    for leaf, shape in enumerate(tree.shapes):
        size = 1 if shape is None else _size(shape)
        if position < start + size:
            keys = () if tree.spec is None else tree.spec.paths()[leaf]
            if shape:
                import numpy as np

                keys += tuple(int(i) for i in np.unravel_index(position - start, shape))
            return "".join(f"[{key!r}]" for key in keys)
        start += size
    raise IndexError(position)


def is_number(x: Any) -> bool:
    """True for a single number that a derivative can be taken at: not for a whole number, text, or an array."""
    if isinstance(x, (float, Functions)):
        return True
    if isinstance(x, (int, complex, str)) or x is None:
        return False
    if library(x) == "numpy":
        return getattr(x, "ndim", 1) == 0 and x.dtype.kind == "f"
    return library(x) in _KINDS and type(x).__name__ != "mpc" and not isinstance(x, (tuple, list, dict))


def exact(n: Any, x: Any) -> Any:
    """A derivative that stayed a whole number (0 or 1), as the kind of number that x is."""
    return like(x, n) if type(n) is int else n


def array_of(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """A NumPy array of these numbers: of floats if all are, else of objects."""
    import numpy as np

    out = np.empty(len(numbers), dtype=float if all(isinstance(x, (float, int)) for x in numbers) else object)
    out[:] = numbers
    return own_kind(out.reshape(shape))


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size
