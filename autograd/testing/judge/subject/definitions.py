"""What a primitive means in somebody's frame: ``log(x) = log(x + 1e-6)``, read as a row of the rule table.

A course may hand out a frame that computes something else than the table by a customary name. A definition says what.
It is parsed, never evaluated: names of the table, the operands, numbers, and Python's operators.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from autograd.engine.rules import RULES, Rule
from autograd.testing.expression import Expression, Step

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
    program = _program(body, operands)

    def value(*xs: Any) -> Any:
        return program.apply(*xs, engine=RULES)

    def partial(i: int) -> Callable[..., Any]:
        return lambda *xs_and_y: _slopes(program, xs_and_y[:-1])[i]

    value.program = program  # type: ignore[attr-defined]  # how it rounds is found out by it: see exact.py
    partials = tuple(map(partial, range(len(operands))))
    return Rule(name, value, partials, RULES[name].domain, definition=value)


def _program(body: ast.expr, operands: list[str]) -> Expression:
    """The formula as a program, whose leaves are the operands."""
    constants: list[Any] = [node.value for node in ast.walk(body) if isinstance(node, ast.Constant)]
    for constant in constants:
        if isinstance(constant, bool) or not isinstance(constant, (int, float)):
            raise ValueError(f"`{constant!r:.60}` isn't understood: a definition has numbers, not that")
    first = len(operands)
    steps: list[Step] = []

    def apply(name: str, inner: list[ast.expr]) -> int:
        if name not in RULES:
            raise ValueError(f"no such primitive: {name!r}; there are {', '.join(RULES)}")
        if RULES[name].arity != len(inner):
            raise ValueError(f"{name} has {RULES[name].arity} operands, not {len(inner)}")
        slots = tuple(map(slot, inner))
        steps.append((name, slots))
        return first + len(constants) + len(steps) - 1

    def slot(node: ast.expr) -> int:
        if isinstance(node, ast.Constant):
            return first + constants.index(node.value)
        if isinstance(node, ast.Name) and node.id in operands:
            return operands.index(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return apply("neg", [node.operand])
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return apply(_BINARY[type(node.op)], [node.left, node.right])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return apply(node.func.id, node.args)
        known = ", ".join(operands)
        raise ValueError(f"`{ast.unparse(node):.60}` isn't understood: a definition has numbers, operators and {known}")

    result = slot(body)
    if result != first + len(constants) + len(steps) - 1 or not steps:
        raise ValueError("a definition computes something, as log(x + 1e-6) does")
    return Expression((0.0,) * first, tuple(steps), tuple(constants))


def _slopes(program: Expression, xs: Any) -> list[Any]:
    """The derivatives of the program's result by each operand, by the chain rule in forward mode."""
    numbers = program.slots(*xs, engine=RULES)
    first, n = len(numbers) - len(program.steps), len(xs)
    slopes: list[list[Any]] = [[int(i == k) for k in range(n)] for i in range(n)] + [[0] * n] * (first - n)
    for i, (name, operands) in enumerate(program.steps, first):
        total: list[Any] = [0] * n
        for partial, k in zip(RULES[name].partials, operands):
            if any(slopes[k]):
                outer = partial(*(numbers[j] for j in operands), numbers[i])
                total = [t + outer * s if s else t for t, s in zip(total, slopes[k])]
        slopes.append(total)
    return slopes[-1]


def definitions(texts: tuple[str, ...] | list[str]) -> Mapping[str, Rule]:
    """The rows of several definitions, by name."""
    rows = map(definition, texts)
    return {rule.name: rule for rule in rows}
