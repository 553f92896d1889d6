"""Static arguments: what is known when a function is traced, so that it is traced for each of their values.

Only what compares by value and can't change is static by itself. An object that can change would be frozen as it was
at the first call: its attributes would be read once, and what they are later would be ignored.
"""

from __future__ import annotations

import datetime
import enum
import inspect
import math
import operator
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

_FUNCTIONS: Final = (types.FunctionType, types.BuiltinFunctionType, types.MethodWrapperType, type, np.ufunc)
_VALUES: Final = (
    *(bool, str, bytes, type(None), type(Ellipsis), enum.Enum, range, np.dtype),
    *(datetime.date, datetime.time, datetime.timedelta, datetime.timezone),
)
_PLAIN: Final = (bool, str, bytes, type(None))  # the kinds of most of them


def is_static(x: Any) -> bool:
    """Whether it is static by itself.

    >>> is_static("relu"), is_static(None), is_static(2), is_static(object())
    (True, True, False, False)
    """
    if isinstance(x, _PLAIN):
        return True
    return isinstance(x, (*_VALUES, *_FUNCTIONS)) or getattr(type(x), "is_compiled_function", False)


def kind_of(x: Any) -> Any:
    """A key that differs for values that Python calls equal: True, 1 and 1.0, or 0.0 and -0.0, also in tuples."""
    if type(x) is float:
        return float, math.copysign(1.0, x)
    if isinstance(x, tuple):
        return type(x), tuple(map(kind_of, x))
    return type(x)


class Known:
    """An argument that the user has declared static, as a leaf of the arguments."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing


class Signature:
    """Of a function: the names of its parameters, and which of its arguments are static.

    Args:
        f: the function.
        numbers: positions of static arguments; from the end, if negative.
        names: names of static arguments.

    Raises:
        TypeError: the numbers aren't whole numbers, or the names aren't text.
        ValueError: f has no such argument.
    """

    def __init__(
        self, f: Callable[..., Any], numbers: int | Iterable[int] = (), names: str | Iterable[str] = ()
    ) -> None:
        try:
            parameters = list(inspect.signature(f).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        kinds = {p.kind for p in parameters}
        self.positional: Final = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.takes_any_keyword: Final = not parameters or inspect.Parameter.VAR_KEYWORD in kinds
        takes_any_number = not parameters or inspect.Parameter.VAR_POSITIONAL in kinds
        self.numbers: Final = _numbers(numbers)
        self.names: Final = _names(names)
        most = len(self.positional)
        for number in self.numbers:
            if not takes_any_number and not -most <= number < most:
                raise ValueError(f"static_argnums has {number}, but {_name(f)} takes {most} arguments")
        known = {p.name for p in parameters}
        for name in self.names:
            if not self.takes_any_keyword and name not in known:
                raise ValueError(f"static_argnames has {name!r}, but {_name(f)} has no such argument: {sorted(known)}")
        positions = [self.positional.index(name) for name in self.names if name in self.positional]
        self._positions: Final = {*self.numbers, *positions}
        self._by_keyword: Final = {
            *self.names,
            *(self.positional[number] for number in self.numbers if -most <= number < most),
        }

    def marked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """A call in which the static arguments are marked as such, and keywords in order, if that doesn't matter."""
        if kwargs and not self.takes_any_keyword:
            kwargs = dict(sorted(kwargs.items()))
        if not self._positions and not self._by_keyword:
            return args, kwargs
        static = {number % len(args) for number in self._positions if -len(args) <= number < len(args)}
        marked = tuple([Known(x) if number in static else x for number, x in enumerate(args)])
        return marked, {name: Known(x) if name in self._by_keyword else x for name, x in kwargs.items()}

    def name_of(self, path: Sequence[Any], by_keyword: bool) -> str:
        """The name of the argument at the first step of a path."""
        if by_keyword:
            is_named, path = path[0] == 1, path[1:]
            if is_named:
                return str(path[0])
        number = path[0]
        return self.positional[number] if number < len(self.positional) else f"a{number}"


def _numbers(numbers: Any) -> tuple[int, ...]:
    try:
        many = tuple(numbers) if isinstance(numbers, Iterable) else (numbers,)
        if any(isinstance(number, bool) for number in many):
            raise TypeError
        return tuple([operator.index(number) for number in many])
    except TypeError:
        raise TypeError(f"static_argnums takes whole numbers, such as 1 or (0, 2), not {numbers!r:.60}") from None


def _names(names: Any) -> tuple[str, ...]:
    many = (names,) if isinstance(names, str) else tuple(names) if isinstance(names, Iterable) else (names,)
    if not all(isinstance(name, str) for name in many):
        raise TypeError(f"static_argnames takes names, such as 'n' or ('n', 'mode'), not {names!r:.60}")
    return many


def _name(f: Callable[..., Any]) -> str:
    return str(getattr(f, "__qualname__", repr(f)))
