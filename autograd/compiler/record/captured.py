"""What a function reads besides its arguments: variables outside of it, which are constants of its program.

Later such a variable may have another value, and then the program is an old one. So the variables are noted: those of
the function, and of the functions that it calls by such variables. What changes inside an object isn't seen.
"""

from __future__ import annotations

import builtins
import dis
import functools
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any, Final

from autograd.compiler.record.static import kind_of

_LIBRARIES: Final = sys.stdlib_module_names | {"autograd", "nn", "numpy", "optree", "scipy"}
_PLAIN: Final = (int, float, bool, str, bytes)
_MISSING: Final = object()  # of a variable that has no value


class Captured:
    """The variables outside of functions that they may read, as they are now."""

    __slots__ = ("_cells", "_globals")

    def __init__(self, functions: Iterable[Any]) -> None:
        self._cells: list[tuple[types.CellType, Any]] = []
        self._globals: list[tuple[dict[str, Any], str, Any]] = []
        seen: set[int] = set()
        stack = list(functions)
        while stack:
            x = stack.pop()
            if isinstance(x, functools.partial):
                stack += [x.func, *x.args, *x.keywords.values()]
                continue
            function = _function_of(x)
            if function is None or id(function) in seen:
                continue
            seen.add(id(function))
            is_users = not _is_in_library(function.__globals__.get("__name__"))
            for cell in function.__closure__ or ():
                value = _content(cell)
                stack.append(value)
                if is_users and not _is_of_library(value):
                    self._cells.append((cell, value))
            for name in dict.fromkeys(_names(function.__code__)) if is_users else ():
                value = function.__globals__.get(name, _MISSING)
                if not _is_of_library(value) and not (value is _MISSING and hasattr(builtins, name)):
                    stack.append(value)
                    self._globals.append((function.__globals__, name, value))

    def __bool__(self) -> bool:
        return bool(self._cells or self._globals)

    def holds(self) -> bool:
        """Whether all have the values that they had."""
        for cell, value in self._cells:
            now = _content(cell)
            if now is not value and not _is_equal(now, value):
                return False
        for namespace, name, value in self._globals:
            now = namespace.get(name, _MISSING)
            if now is not value and not _is_equal(now, value):
                return False
        return True


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it has none yet
        return _MISSING


def _is_equal(x: Any, y: Any) -> bool:
    """Whether two plain numbers or texts are the same."""
    return type(x) is type(y) and type(x) in _PLAIN and x == y and kind_of(x) == kind_of(y)


def _is_of_library(x: Any) -> bool:
    """Whether it is a module, or a function or class that nobody is going to replace."""
    if isinstance(x, types.FunctionType):  # one with cells was made by a call, such as grad(f)
        return not x.__closure__ and _is_in_library(x.__globals__.get("__name__"))
    if isinstance(x, (types.BuiltinFunctionType, type)):
        return _is_in_library(x.__module__)
    return isinstance(x, types.ModuleType)


def _is_in_library(module: str | None) -> bool:
    return (module or "builtins").partition(".")[0] in _LIBRARIES


def _function_of(x: Any) -> types.FunctionType | None:
    """The function in Python that runs where x is called; None if there is none."""
    for _ in range(10):
        if isinstance(x, types.FunctionType):
            return x
        if isinstance(x, types.MethodType):
            x = x.__func__
        elif getattr(type(x), "is_compiled_function", False):
            x = x.function
        else:
            x = None if isinstance(x, type) else getattr(type(x), "__call__", None)  # noqa: B004 -- of the class
    return None


def _names(code: types.CodeType) -> Iterator[str]:
    """The globals that it reads, and that the functions inside of it read."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
