"""What a primitive means in somebody's frame: ``log(x) = log(x + 1e-6)``, read as a row of the rule table.

A course may hand out a frame that computes something else than the table by a customary name. A definition says what.
It is parsed, never evaluated: names of the table, the operands, numbers, and Python's operators.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from autograd.engine.rules import RULES, Rule

Dual: TypeAlias = tuple[Any, list[Any]]  # a number, and its derivatives by the operands

_BINARY: Final = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}


def definition(text: str) -> Rule:
    """The row that the definition describes.

    Args:
        text: ``"log(x) = log(x + 1e-6)"``.

    Raises:
        ValueError: it isn't understood; the message says what of it.

    >>> definition("log(x) = log(x + 1)").value(0.0)
    0.0
    >>> definition("silu(x) = x * sigmoid(x)").partials[0](0.0, 0.0)
    0.5
    """
    left, equals, right = text.partition("=")
    try:
        head, body = (ast.parse(side.strip(), mode="eval").body for side in (left, right))
    except SyntaxError:
        head = None
    if not equals or not isinstance(head, ast.Call) or not isinstance(head.func, ast.Name) or head.keywords:
        raise ValueError(f"--define takes a definition, as in --define 'log(x) = log(x + 1e-6)', not {text!r:.80}")
    name = head.func.id
    operands = [a.id for a in head.args if isinstance(a, ast.Name)]
    if name not in RULES:
        raise ValueError(f"no such primitive: {name!r}; there are {', '.join(RULES)}")
    if len(operands) != len(head.args) or len(set(operands)) != len(operands) or len(operands) != RULES[name].arity:
        raise ValueError(f"{name} has {RULES[name].arity} operands: {text!r:.80} should begin with as many names")
    compute = _compiled(body, operands)

    def value(*xs: Any) -> Any:
        return compute(xs)[0]

    def partial(i: int) -> Callable[..., Any]:
        return lambda *xs_and_y: compute(xs_and_y[:-1])[1][i]

    partials = tuple(map(partial, range(len(operands))))
    return Rule(name, value, partials, RULES[name].domain, definition=value)


def _compiled(node: ast.expr, operands: list[str]) -> Callable[[Any], Dual]:
    """What computes the formula and its derivatives, by the chain rule, on numbers of any kind."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        constant = node.value
        return lambda xs: (constant, [0] * len(xs))
    if isinstance(node, ast.Name) and node.id in operands:
        k = operands.index(node.id)
        return lambda xs: (xs[k], [int(i == k) for i in range(len(xs))])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inside = _compiled(node.operand, operands)
        return _chained("neg", [inside]) if isinstance(node.op, ast.USub) else inside
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _chained(_BINARY[type(node.op)], [_compiled(n, operands) for n in (node.left, node.right)])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        name = node.func.id
        if name not in RULES:
            raise ValueError(f"no such primitive: {name!r}; there are {', '.join(RULES)}")
        if RULES[name].arity != len(node.args):
            raise ValueError(f"{name} has {RULES[name].arity} operands, not {len(node.args)}")
        return _chained(name, [_compiled(n, operands) for n in node.args])
    known = ", ".join(operands)
    raise ValueError(f"`{ast.unparse(node):.60}` isn't understood: a definition has numbers, operators and {known}")


def _chained(name: str, inner: list[Callable[[Any], Dual]]) -> Callable[[Any], Dual]:
    rule = RULES[name]

    def compute(xs: Any) -> Dual:
        duals = [f(xs) for f in inner]
        numbers = [number for number, _ in duals]
        y = rule(*numbers)
        total = [0] * len(xs)
        for p, (_, slopes) in zip(rule.partials, duals):
            if any(slopes):
                outer = p(*numbers, y)
                total = [t + outer * s if s else t for t, s in zip(total, slopes)]
        return y, total

    return compute


def definitions(texts: tuple[str, ...] | list[str]) -> Mapping[str, Rule]:
    """The rows of several definitions, by name."""
    rows = map(definition, texts)
    return {rule.name: rule for rule in rows}
