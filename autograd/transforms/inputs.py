"""The arguments that a transform differentiates by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.transforms.trees import Tree, array_of, flatten, is_number, path_of

Argnums = int | tuple[int, ...]


class Inputs:
    """The arguments that are differentiated by, as one flat list of numbers."""

    def __init__(self, args: tuple[Any, ...], argnums: Argnums) -> None:
        self.args = args
        if not hasattr(argnums, "__index__") and not hasattr(argnums, "__iter__"):
            raise TypeError(
                f"argnums is the number of an argument, counted from 0, or a tuple of them, not {argnums!r:.60}"
            )
        if not args and isinstance(argnums, int):
            raise TypeError("f was called without positional arguments, by which to differentiate; write grad(f)(x)")
        self.single = isinstance(argnums, int)
        wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for i in wanted:
            if not isinstance(i, int) or not -len(args) <= i < len(args):
                raise ValueError(
                    f"argnums {argnums!r} is out of range: f was called with {len(args)} positional arguments"
                )
        self.argnums = [i % len(args) for i in wanted]
        if len(set(self.argnums)) < len(self.argnums):
            raise ValueError(f"argnums {argnums!r} names an argument twice")
        self.trees: list[Tree] = []
        self.numbers: list[Any] = []
        for i in self.argnums:
            tree, numbers = flatten(args[i])
            for position, x in enumerate(numbers):
                if not is_number(x):
                    raise TypeError(_not_differentiable(i, args[i], position, x))
            self.trees.append(tree)
            self.numbers += numbers

    def call(self, f: Callable[..., Any], numbers: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Call f with these numbers in place of its own."""
        args = list(self.args)
        for i, part in zip(self.argnums, self._parts(numbers)):
            args[i] = part
        return f(*args, **kwargs)

    def rebuild(self, numbers: Sequence[Any]) -> Any:
        """The numbers in the structure of the argument, or of each of the arguments."""
        parts = self._parts(numbers)
        return parts[0] if self.single else tuple(parts)

    def blocks(self, rows: Sequence[Sequence[Any]], shape: tuple[int, ...]) -> Any:
        """A matrix with a row for each number of an output of that shape, as one array for each argument."""
        arrays = []
        start = 0
        for tree in self.trees:
            part = [x for row in rows for x in row[start : start + tree.size]]
            arrays.append(array_of(part, shape + tree.shape))
            start += tree.size
        return arrays[0] if self.single else tuple(arrays)

    def _parts(self, numbers: Sequence[Any]) -> list[Any]:
        parts = []
        start = 0
        for tree in self.trees:
            parts.append(tree.rebuild(numbers[start : start + tree.size]))
            start += tree.size
        return parts


def _not_differentiable(argnum: int, argument: Any, position: int, x: Any) -> str:
    cure = "leave it out with argnums"
    if isinstance(x, int) and not isinstance(x, bool):
        cure = "use an array of floats" if hasattr(argument, "dtype") else f"write {float(x)!r}"
    return (
        f"argument {argnum}{path_of(argument, position)} is {type(x).__name__} {x!r:.60}, "
        f"by which there is no derivative; {cure}"
    )
