"""Somebody's class, seen as an engine: which operations it has, how they are called, and how that is written down.

All that is asked of the class is what micrograd has: a constructor of one number, ``.data``, ``.grad`` and
``.backward()``. Operations are discovered: Python's operators, methods by the primitive's name (``exp``, ``tanh`` ...),
and functions of that name in the class's module. Where a name differs, a :class:`Spelling` says so.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import operator
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from autograd.engine.rules import RULES
from autograd.testing import points
from autograd.testing.expression import OPERATORS, TEMPLATES
from autograd.testing.judge.spelling import Name, Spelling

METHODS: Final = {
    "add": "__add__",
    "sub": "__sub__",
    "mul": "__mul__",
    "div": "__truediv__",
    "pow": "__pow__",
    "neg": "__neg__",
    "abs": "__abs__",
    "mod": "__mod__",
    "floordiv": "__floordiv__",
}
_ALIASES: Final = {"log": "ln", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "silu": "swish"}
_ONE_OPERAND: Final = ("leaky_relu", "elu")  # their second one is a parameter with a default


class Engine:
    """An adapter for a class that was written elsewhere.

    Args:
        cls: the class.
        spelling: what things are called there.
        module: where functions are looked for; the class's module, if it isn't given.
        source: the lines of Python by which a script gets the class; found out, if they aren't given.

    Raises:
        ValueError: there is no such method or function, or no such primitive.

    >>> from autograd import Value
    >>> engine = Engine(Value, Spelling({"sigmoid": lambda v: 1 / (1 + (-v).exp())}))
    >>> engine.templates["mul"], engine.templates["tanh"]
    ('{0} * {1}', '{0}.tanh()')
    >>> engine.functions["sigmoid"](engine.leaf(0.0))
    Value(data=0.5, grad=0.0)
    """

    def __init__(
        self,
        cls: Any,
        spelling: Spelling = Spelling(),
        module: ModuleType | None = None,
        source: str | None = None,
    ) -> None:
        self.cls = cls
        self.data, self.grad, self.backward = spelling.data, spelling.grad, spelling.backward
        self.module = module or sys.modules.get(getattr(cls, "__module__", ""))
        self.functions: dict[str, Callable[..., Any]] = {}
        self.templates: dict[str, str] = {}
        self.imports: list[str] = []
        for name in spelling.names:
            if name not in RULES:
                raise ValueError(f"no such primitive: {name!r}; there are {', '.join(RULES)}")
        if not hasattr(cls, self.backward):
            raise ValueError(f"{cls.__name__} has no method {self.backward!r}; which one starts the backward pass?")
        for name in RULES:
            if name in spelling.names:
                self._add_named(name, spelling.names[name])
            else:
                self._discover(name)
        self.source = _import_of(cls) if source is None else source

    # --- What it can do ---

    def leaf(self, number: float) -> Any:
        """A new leaf."""
        return self.cls(number)

    def number(self, v: Any) -> float:
        """The number that it holds."""
        return real(_read(v, self.data))

    def gradient(self, v: Any) -> float:
        """Its gradient; 0 where there is none yet."""
        grad = _read(v, self.grad)
        return 0.0 if grad is None else real(grad)

    def run_backward(self, v: Any) -> None:
        """The backward pass from there."""
        getattr(v, self.backward)()

    # --- Where the operations come from ---

    def _discover(self, name: str) -> None:
        if name in OPERATORS and hasattr(self.cls, METHODS[name]):
            self.functions[name] = OPERATORS[name]
            self.templates[name] = TEMPLATES[name]
        elif points.is_usual(RULES[name]):
            for candidate in (name, _ALIASES.get(name, name)):
                if name not in self.functions and (self._add_method(name, candidate) or self._add_own(name, candidate)):
                    break

    def _add_named(self, name: str, given: Name) -> None:
        if not isinstance(given, str):
            self.functions[name] = given
            self.templates[name] = f"{name}({_arguments(_arity(name))})"
            self.imports.append(f"{name} = ...  # the function that you gave for it")
        elif ":" in given:
            where, _, function = given.partition(":")
            module = _imported(where)
            if not hasattr(module, function):
                raise ValueError(f"there is no {function!r} in {where!r}")
            self._add_function(name, getattr(module, function), f"from {where} import {function}", function)
        elif given and not self._add_method(name, given):
            if not callable(getattr(self.module, given, None)):
                raise ValueError(f"{self.cls.__name__} has no method {given!r}, and its module no such function")
            self._add_function(name, getattr(self.module, given), self._import_line(given), given)

    def _add_method(self, name: str, method: str) -> bool:
        function = getattr(self.cls, method, None)
        arity = _arity(name)
        if not callable(function) or not _takes(function, arity):
            return False
        one = arity == 1
        self.functions[name] = operator.methodcaller(method) if one else functools.partial(_call_method, method)
        self.templates[name] = f"{{0}}.{method}()" if one else f"{{0}}.{method}({{1}})"
        return True

    def _add_own(self, name: str, function: str) -> bool:
        """The function in the class's module, if it was written there and not imported from ``math``, say."""
        found = getattr(self.module, function, None)
        home = str(getattr(found, "__module__", None)).partition(".")[0]
        if self.module is None or not inspect.isroutine(found) or home != self.module.__name__.partition(".")[0]:
            return False
        if not _takes(found, _arity(name)) or not self._is_for_this(found, _arity(name)):
            return False
        self._add_function(name, found, self._import_line(function), function)
        return True

    def _is_for_this(self, function: Callable[..., Any], arity: int) -> bool:
        """Whether it takes numbers of this class: a module may have more than one engine in it."""
        try:
            self.number(function(*(self.leaf(0.5) for _ in range(arity))))
        except (TypeError, AttributeError):
            return False
        except Exception:
            return True  # it takes them, and goes wrong
        return True

    def _add_function(self, name: str, function: Callable[..., Any], line: str, spelled: str) -> None:
        self.functions[name] = function
        self.templates[name] = f"{spelled}({_arguments(_arity(name))})"
        if line:
            self.imports.append(line)

    def _import_line(self, function: str) -> str:
        return f"from {self.module.__name__} import {function}" if self.module else ""


def real(x: Any) -> float:
    """What the engine holds, as a float: a number of any kind, or one of the engine's own, if gradients are those.

    Raises:
        TypeError: it is no real number.
    """
    if not hasattr(type(x), "__float__") and hasattr(x, "data"):
        x = x.data
    return float(x)


def load(target: str) -> tuple[Any, ModuleType, str]:
    """The class that ``"module:Class"`` or ``"path/to/file.py:Class"`` names, its module, and how to import it.

    Raises:
        ValueError: there is no such module or class, or the module can't be imported; the message says why.

    >>> load("autograd.engine.value:Value")[2]
    'from autograd.engine.value import Value'
    """
    where, colon, qualname = target.rpartition(":")
    if not colon or not where or not qualname:
        raise ValueError(f"{target!r} names no class: write MODULE:CLASS or path/to/file.py:CLASS")
    path = Path(where) if where.endswith(".py") else None
    module = _from_file(path) if path else _imported(where)
    cls: Any = module
    for part in qualname.split("."):
        if not hasattr(cls, part):
            raise ValueError(f"there is no {part!r} in {where}")
        cls = getattr(cls, part)
    if not callable(cls):
        raise ValueError(f"{qualname} in {where} is not a class")
    outer = qualname.partition(".")[0]
    lines = [f"from {module.__name__} import {outer}"]
    if path:
        lines.insert(0, f"import sys; sys.path.insert(0, {str(path.parent)!r})")
    if outer != qualname:
        lines.append(f"{cls.__name__} = {qualname}")
    return cls, module, "\n".join(lines)


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    sys.path.insert(0, str(path.parent.resolve()))  # what stands beside the file can be imported, as from a script
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"importing {path} fails: {type(error).__name__}: {error}") from error
    return module


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name + ".").startswith(error.name + "."):
            raise ValueError(f"there is no module {error.name!r}") from error
        raise ValueError(f"importing {name} fails: {error}") from error
    except (Exception, SystemExit) as error:
        raise ValueError(f"importing {name} fails: {type(error).__name__}: {error}") from error


def _import_of(cls: Any) -> str:
    module, qualname = cls.__module__, cls.__qualname__
    if module == "__main__" or "<locals>" in qualname:
        return f"# {cls.__name__} is the class that was checked"
    outer = qualname.partition(".")[0]
    return f"from {module} import {outer}" + (f"\n{cls.__name__} = {qualname}" if outer != qualname else "")


def _arity(name: str) -> int:
    return 1 if name in _ONE_OPERAND else RULES[name].arity


def _takes(function: Any, count: int) -> bool:
    """Whether it can be called with that number of operands; where that can't be known, yes."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # it is written in C
        pass
    return True


def _call_method(method: str, a: Any, *rest: Any) -> Any:
    return getattr(a, method)(*rest)


def _read(v: Any, attribute: str) -> Any:
    found = getattr(v, attribute)
    return found() if callable(found) else found


def _arguments(arity: int) -> str:
    return ", ".join(f"{{{i}}}" for i in range(arity))
