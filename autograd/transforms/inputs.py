"""The arguments that a transform differentiates by."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.transforms.trees import Tree, array_of, flatten, is_number, path_of

Argnum = int | str
Argnums = Argnum | tuple[Argnum, ...] | list[Argnum]

_NONE: Mapping[str, Any] = {}


class Inputs:
    """The arguments that are differentiated by, as one flat list of numbers.

    Args:
        args: the positional arguments of the call.
        argnums: which arguments: an index, a negative one from the end, or a name; or several of these.
        kwargs: the keyword arguments of the call.
        f: the function, whose signature says at which place a name stands.
    """

    def __init__(
        self,
        args: tuple[Any, ...],
        argnums: Argnums,
        kwargs: Mapping[str, Any] = _NONE,
        f: Callable[..., Any] | None = None,
    ) -> None:
        self.args = args
        self.kwargs = dict(kwargs)
        self.single = not isinstance(argnums, (tuple, list))
        wanted = list(argnums) if isinstance(argnums, (tuple, list)) else [argnums]
        self.argnums: list[Any] = [_place(each, argnums, args, kwargs, f) for each in wanted]
        if len(set(self.argnums)) < len(self.argnums):
            raise ValueError(f"argnums {argnums!r} names an argument twice")
        self.trees: list[Tree] = []
        self.numbers: list[Any] = []
        for place in self.argnums:
            argument = kwargs[place] if isinstance(place, str) else args[place]
            tree, numbers = flatten(argument)
            for position, x in enumerate(numbers):
                if not is_number(x):
                    raise TypeError(_not_differentiable(place, argument, position, x))
            self.trees.append(tree)
            self.numbers += numbers

    def call(self, f: Callable[..., Any], numbers: Sequence[Any], kwargs: Mapping[str, Any] = _NONE) -> Any:
        """Call f with these numbers in place of its own, and with further keyword arguments."""
        args = list(self.args)
        kwargs = {**self.kwargs, **kwargs}
        for place, part in zip(self.argnums, self._parts(numbers)):
            if isinstance(place, str):
                kwargs[place] = part
            else:
                args[place] = part
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

    def stacked(self, rows: Sequence[Sequence[Any]], shape: tuple[int, ...]) -> Any:
        """The same as one array, the columns of all arguments side by side."""
        return array_of([x for row in rows for x in row], (*shape, len(self.numbers)))

    def _parts(self, numbers: Sequence[Any]) -> list[Any]:
        parts = []
        start = 0
        for tree in self.trees:
            parts.append(tree.rebuild(numbers[start : start + tree.size]))
            start += tree.size
        return parts


def _place(
    argnum: Any, argnums: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], f: Callable[..., Any] | None
) -> Argnum:
    """Where the argument stands in the call: its index, or its name if it was given by keyword."""
    if isinstance(argnum, str):
        return argnum if argnum in kwargs else _index_of_name(argnum, args, kwargs, f)
    if isinstance(argnum, bool) or not hasattr(type(argnum), "__index__"):
        raise TypeError(
            "argnums is the number of an argument, counted from 0 (the last one is -1), its name, or a tuple of these, "
            f"not {argnums!r:.60}"
        )
    index = operator.index(argnum)
    if -len(args) <= index < len(args):
        return index % len(args)
    names = _names(f)
    if 0 <= index < len(names) and names[index] in kwargs:
        return names[index]
    if not args and not kwargs:
        raise TypeError("f was called without positional arguments, by which to differentiate; write grad(f)(x)")
    raise ValueError(
        f"argnums {argnums!r} is out of range: f was called with {len(args)} positional arguments"
        + (f"; by keyword there are {', '.join(kwargs)}: write argnums={next(iter(kwargs))!r}" if kwargs else "")
    )


def _index_of_name(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], f: Any) -> int:
    names = _names(f)
    if name in names[: len(args)]:
        return names.index(name)
    known = ", ".join([*names[: len(args)], *kwargs])
    raise ValueError(f"argnums {name!r} is no argument of this call; its arguments are {known or 'not named'}")


def _names(f: Any) -> list[str]:
    """The names of f's positional parameters."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _not_differentiable(place: Argnum, argument: Any, position: int, x: Any) -> str:
    cure = "give a number, or leave it out with argnums"
    if isinstance(x, int) and not isinstance(x, bool):
        cure = "use an array of floats" if getattr(argument, "ndim", 0) else f"write {float(x)!r}"
    name = repr(place) if isinstance(place, str) else place
    return (
        f"argument {name}{path_of(argument, position)} is {type(x).__name__} {x!r:.60}, "
        f"by which there is no derivative; {cure}"
    )
