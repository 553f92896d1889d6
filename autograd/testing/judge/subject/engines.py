"""Somebody's class, seen as an engine: which operations it has, how they are called, and how that is written down.

All that is asked of the class is what micrograd has: a constructor of one number, ``.data``, ``.grad`` and
``.backward()``. Operations are discovered: Python's operators, methods by the primitive's name (``exp``, ``tanh`` ...),
and functions of that name in the class's module. Where a name differs, a :class:`Spelling` says so.
"""

from __future__ import annotations

import functools
import inspect
import operator
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from autograd.engine.rules import RULES
from autograd.testing import points
from autograd.testing.expression import OPERATORS, TEMPLATES
from autograd.testing.judge.subject.definitions import definitions
from autograd.testing.judge.subject.loading import import_line, imported
from autograd.testing.judge.subject.spelling import Name, Spelling

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
        self.definitions = definitions(spelling.define)
        self.functions: dict[str, Callable[..., Any]] = {}
        self.templates: dict[str, str] = {}
        self.imports: list[str] = []
        if not isinstance(cls, type):
            raise TypeError(f'an engine is a class, or "module:Class" as text, not {cls!r:.60}')
        for name in spelling.names:
            if name not in RULES:
                raise ValueError(f"no such primitive: {name!r}; there are {', '.join(RULES)}")
        if not hasattr(cls, self.backward):
            raise ValueError(f"{cls.__name__} has no method {self.backward!r}; which one starts the backward pass?")
        self.watched = _has_to_be_watched(cls)
        self.seeded = self._wants_a_seed()
        self._look_at_a_number()
        for name in RULES:
            if name in spelling.names:
                self._add_named(name, spelling.names[name])
            else:
                self._discover(name)
        self.source = _import_of(cls) if source is None else source

    # --- What it can do ---

    def leaf(self, number: float) -> Any:
        """A new leaf."""
        return self.cls(number, requires_grad=True) if self.watched else self.cls(number)

    def leaf_text(self, number: str) -> str:
        """How a script makes a leaf."""
        return f"{self.cls.__name__}({number}{', requires_grad=True' if self.watched else ''})"

    def number(self, v: Any) -> float:
        """The number that it holds.

        Raises:
            TypeError: it holds something else, one of the engine's own numbers among them.
        """
        found = _read(v, self.data)
        if isinstance(found, self.cls):
            raise TypeError(f"it is itself a {self.cls.__name__}")
        return float(found)

    def gradient(self, v: Any) -> float:
        """Its gradient; 0 where there is none yet. It may be one of the engine's own numbers."""
        grad = _read(v, self.grad)
        return 0.0 if grad is None else self.number(grad) if isinstance(grad, self.cls) else float(grad)

    def run_backward(self, v: Any) -> None:
        """The backward pass from there."""
        getattr(v, self.backward)(*([1.0] if self.seeded else []))

    def zero(self, v: Any) -> None:
        """Set its gradient to zero, as :attr:`zeroing` says.

        Raises:
            AttributeError: the gradient can only be read.
        """
        if self.zeroing.endswith("()"):
            getattr(v, self.zeroing[:-2])()
        elif not self.zeroing:
            raise AttributeError(f"`{self.grad}` is a method, and there is no zero_grad()")
        else:
            setattr(v, self.zeroing, None if self.starts_with_none else 0.0)

    @property
    def backward_call(self) -> str:
        """The call of the backward pass, as a script has it."""
        return f"{self.backward}({'1.0' if self.seeded else ''})"

    @property
    def zero_line(self) -> str:
        """How a script sets a gradient to zero."""
        return self.zeroing if self.zeroing.endswith("()") else f"{self.zeroing} = {self.zero_text}"

    @property
    def zero_text(self) -> str:
        """The text of a cleared gradient: None, if a new number has None."""
        return "None" if self.starts_with_none else "0.0"

    # --- What is asked of it before anything is tried ---

    def _wants_a_seed(self) -> bool:
        """Whether the backward pass has to be given the derivative of its result by itself."""
        function = getattr(self.cls, self.backward)
        if _takes(function, 1):
            return False
        if not _takes(function, 2):
            raise ValueError(
                f"`{self.backward}{inspect.signature(function)}` isn't understood: the method that starts the backward "
                "pass takes nothing, or the derivative of the result by itself"
            )
        self.seeded = True
        try:
            self.run_backward(self.leaf(2.0))
        except Exception as error:
            raise ValueError(
                f"`{self.backward}{inspect.signature(function)}` isn't understood: it wants an argument, and called "
                f"with 1.0 it raises {type(error).__name__}: {error!s:.160}"
            ) from error
        return True

    def _look_at_a_number(self) -> None:
        """See how number and gradient are reached; a class that makes no number has its row in the report."""
        self.zeroing, self.starts_with_none, self.calls = self.grad, False, {self.data: "", self.grad: ""}
        self.clears = False  # whether it has a zero_grad() that doesn't say that there is none
        try:
            x = self.leaf(2.0)
        except (Exception, SystemExit):
            return
        self._needs(x, self.data, 2.0, "number", "data")
        self.clears = callable(getattr(x, "zero_grad", None))
        if not hasattr(x, self.grad):
            try:
                self.run_backward(x)
            except (Exception, SystemExit):
                return
            self._needs(x, self.grad, 1.0, "gradient", "grad")
        self.calls = {name: "()" if callable(getattr(x, name)) else "" for name in self.calls}
        if self.calls[self.grad]:
            self.zeroing = "zero_grad()" if _takes(getattr(self.cls, "zero_grad", None), 1) else ""
        else:
            self.starts_with_none = getattr(x, self.grad) is None

    def _needs(self, x: Any, attribute: str, number: float, what: str, option: str) -> None:
        if hasattr(x, attribute):
            return
        there = [name for name in _attributes(x) if _holds(x, name, number)]
        cure = (
            f"its {' and '.join(map(repr, there))} hold{'s' if len(there) == 1 else ''} {number}: "
            f"write --{option} {there[0]} (in Python: {option}={there[0]!r})"
            if there
            else f"--{option} says which attribute holds the {what}"
        )
        raise ValueError(f"{self.cls.__name__}(2.0) has no attribute {attribute!r} for its {what}; {cure}")

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
            module = imported(where)
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
        return import_line(self.module, function) if self.module else ""


def _import_of(cls: Any) -> str:
    module, qualname = cls.__module__, cls.__qualname__
    if module == "__main__" or "<locals>" in qualname:
        return f"# {cls.__name__} is the class that was checked"
    outer = qualname.partition(".")[0]
    return f"from {module} import {outer}" + (f"\n{cls.__name__} = {qualname}" if outer != qualname else "")


def _arity(name: str) -> int:
    return 1 if name in _ONE_OPERAND else RULES[name].arity


def _has_to_be_watched(cls: type) -> bool:
    """Whether a number has a gradient only if it is asked for: ``requires_grad`` is a parameter, and False."""
    try:
        wanted = inspect.signature(cls).parameters.get("requires_grad")
    except (TypeError, ValueError):  # it is written in C
        return False
    return wanted is not None and wanted.default is not inspect.Parameter.empty and not wanted.default


def _attributes(x: Any) -> list[str]:
    """The names of a number's attributes, its own first."""
    return list(dict.fromkeys([*getattr(x, "__dict__", ()), *(n for n in dir(x) if not n.startswith("__"))]))


def _holds(x: Any, name: str, number: float) -> bool:
    try:
        found = getattr(x, name)
        return not callable(found) and not isinstance(found, bool) and float(found) == number
    except Exception:  # a property of somebody's may raise anything
        return False


def _takes(function: Any, count: int) -> bool:
    """Whether it can be called with that number of operands; where that can't be known, yes."""
    if not callable(function):
        return False
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
