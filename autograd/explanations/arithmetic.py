"""Expressions that somebody types, such as ``(w*x - t)**2``: parsed by Python's grammar, and never evaluated by Python.

What may stand in one is listed here: numbers, names that have been given a number, + - * / // % **, and calls of the
public functions of the rule table. Everything else is refused, with the place where it is.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from autograd.engine.rules import RULES
from autograd.engine.value import Value
from autograd.errors import AutogradError

LONGEST: Final = 2000  # characters
DEEPEST: Final = 60  # brackets and operations inside each other
LARGEST: Final = 1000  # operations
_SHOWN: Final = 60  # characters around the place of an error


class ExpressionError(AutogradError, ValueError):
    """An expression that can't be read: its message is one line; ``pointed`` also shows the place."""

    def __init__(self, message: str, source: str, column: int) -> None:
        super().__init__(message)
        start = max(0, column - _SHOWN // 2)
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in source[start : start + _SHOWN])
        self.pointed = f"{message}\n  {shown}\n  {' ' * (column - start)}^"


_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_SIGNS: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_THEIRS: Final = {"ln": "log", "pow": "**", "power": "**", "max": "maximum", "min": "minimum", "sgn": "sign"} | {
    f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
}
_INFIX: Final = ("add", "sub", "mul", "div", "pow", "neg")


def functions() -> list[str]:
    """The functions that an expression may call."""
    return sorted(name for name, rule in RULES.items() if rule.public and name not in _INFIX)


def assigned(texts: Sequence[str]) -> dict[str, float]:
    """What ``--at x=2 --at y=3`` says.

    Raises:
        ValueError: one isn't a name and a number, or a name comes twice.

    >>> assigned(["x=2", "y=-0.5"])
    {'x': 2.0, 'y': -0.5}
    """
    found: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier() or keyword.iskeyword(name) or len(name) > 40:
            raise ValueError(f"--at takes a name and a number, as in --at x=2, not {text!r:.60}")
        if name in functions():
            raise ValueError(f"--at {name}=...: {name} is a function; give the number another name")
        if name in found:
            raise ValueError(f"--at {name}=... is there twice; write it once")
        found[name] = _finite(number, name)
    return found


def _finite(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"--at {name}=... takes a number, as in --at {name}=2, not {text!r:.60}")
    return number


def parsed(source: str, values: Mapping[str, Value]) -> Any:
    """The expression as a Value, or a number if no name is in it.

    Args:
        source: the text.
        values: what the names stand for.

    Raises:
        ExpressionError: it isn't an expression of the allowed kind; the error says where.
        ArithmeticError, ValueError: as the operations do.

    >>> parsed("x * sin(y)", {"x": Value(2.0), "y": Value(0.0)})
    Value(data=0.0, grad=0.0)
    >>> parsed("__import__('os')", {})
    Traceback (most recent call last):
    autograd.explanations.arithmetic.ExpressionError: __import__ is no function of an expression; there are abs, ...
    """
    if len(source) > LONGEST:
        raise ExpressionError(f"an expression has {LONGEST} characters at most, not {len(source)}", source, LONGEST)
    odd = next((i for i, c in enumerate(source) if not c.isprintable()), None)
    if odd is not None:
        raise ExpressionError(f"the character {source[odd]!r} can't stand in an expression", source, odd)
    if not source.strip():
        raise ExpressionError("there is no expression; write one, as in 'x**2 + 1'", source, 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "1if x", say
            tree = ast.parse(source.strip(), mode="eval")
    except SyntaxError as error:
        column = (error.offset or 1) - 1 + len(source) - len(source.lstrip())
        cure = "; a product is written 2*x" if error.msg == "invalid decimal literal" else ""
        raise ExpressionError(f"this is no expression: {error.msg}{cure}", source, min(column, len(source))) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("this is no expression, or nested too deeply", source, 0) from None
    return _Reader(source, values).read(tree.body, 0)


class _Reader:
    def __init__(self, source: str, values: Mapping[str, Value]) -> None:
        self.source = source
        self.values = values
        self.size = 0

    def read(self, node: ast.expr, depth: int) -> Any:
        """The value of a part; it recurses no deeper than the limit."""
        self.size += 1
        if depth > DEEPEST:
            self.refuse(node, f"an expression is nested {DEEPEST} deep at most; this goes deeper")
        if self.size > LARGEST:
            self.refuse(node, f"an expression has {LARGEST} operations at most; here they are too many")
        if isinstance(node, ast.Constant):
            return self.number(node)
        if isinstance(node, ast.Name):
            return self.named(node)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
            return _SIGNS[type(node.op)](self.read(node.operand, depth + 1))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            a, b = self.read(node.left, depth + 1), self.read(node.right, depth + 1)
            return self.applied(node, _BINARY[type(node.op)], a, b)
        if isinstance(node, ast.Call):
            return self.call(node, depth)
        hint = "; a power is written **" if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor) else ""
        return self.refuse(node, f"this can't stand in an expression{hint}")

    def number(self, node: ast.Constant) -> float:
        if type(node.value) not in (int, float):
            self.refuse(node, "only real numbers can stand in an expression")
        try:
            x = float(str(node.value))
        except OverflowError:
            x = math.inf
        if x == math.inf:
            self.refuse(node, "this number is too large")
        return x

    def named(self, node: ast.Name) -> Value:
        if node.id in functions():
            self.refuse(node, f"{node.id} is a function; write {node.id}(...)")
        if node.id not in self.values:
            self.refuse(node, f"{node.id[:40]} has no number; write --at {node.id[:40]}=2")
        return self.values[node.id]

    def call(self, node: ast.Call, depth: int) -> Any:
        if not isinstance(node.func, ast.Name):
            self.refuse(node.func, "only a function can be called, by its name")
        name = str(getattr(node.func, "id", ""))
        if name not in functions():
            near = _THEIRS.get(name) or next(iter(difflib.get_close_matches(name, functions(), 1, cutoff=0.72)), "")
            hint = f"did you mean {near}?" if near else f"there are {', '.join(functions())}"
            self.refuse(node.func, f"{name[:40]} is no function of an expression; {hint}")
        if node.keywords or any(isinstance(x, ast.Starred) for x in node.args):
            self.refuse(node, f"{name} takes its operands in order, without names or stars")
        rule = RULES[name]
        if len(node.args) != rule.arity:
            self.refuse(node, f"{name} takes {rule.arity} operand{'s' if rule.arity > 1 else ''}, not {len(node.args)}")
        return self.applied(node, rule, *(self.read(x, depth + 1) for x in node.args))

    def applied(self, node: ast.expr, function: Callable[..., Any], *operands: Any) -> Any:
        """The operation; of plain numbers, too, as the table has it."""
        result = function(*operands)
        if isinstance(result, complex):
            self.refuse(node, "a negative number has no real power with a fraction")
        return result

    def refuse(self, node: ast.expr, message: str) -> Any:
        """Raise, with the place."""
        stripped = self.source.strip()
        offset = len(self.source) - len(self.source.lstrip())
        column = len(stripped.encode()[: node.col_offset].decode(errors="ignore")) + offset
        raise ExpressionError(message, self.source, column)
