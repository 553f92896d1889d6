"""Share: what is computed twice is computed once (common subexpressions, by value numbering)."""

from __future__ import annotations

import struct
from typing import Any

from autograd.compiler.program import COLUMN, CONSTANT, COPY, DATA, EQUAL, NONE, REDUCE, SUM, Program, renumbered
from autograd.rules import Rule


def share(program: Program) -> Program:
    """The same program in which two instructions that do the same to the same values are one.

    >>> from autograd import exp, jit
    >>> print(jit(lambda x: exp(x) * exp(x)).lower(1.0))
    program (x)
      v1 = exp(x)
      v2 = v1·v1
    return v2
    """
    new = list(range(program.inputs))
    ops: list[Any] = []
    seen: dict[Any, int] = {}
    names = {value: name for value, name in program.names.items() if value < program.inputs}
    lines: dict[int, str] = {}
    for value, op in enumerate(program.ops, start=program.inputs):
        head, operands, _ = op
        if head is SUM and len(operands) == 1:  # most of them
            ((a, b, sign),) = operands
            a, b = new[a], new[b] if b != NONE else b
            if a < b:
                a, b = b, a
            key: Any = (a, b, sign)
            op = (SUM, (key,), op[2])
        else:
            op = renumbered(op, new)
            key = _key(op)
        at = seen.get(key)
        if at is None:
            ops.append(op)
            at = seen[key] = program.inputs + len(ops) - 1
            if value in program.lines:
                lines[at] = program.lines[value]
        new.append(at)
        if value in program.names:
            names.setdefault(at, program.names[value])
    return Program(program.inputs, ops, [new[x] for x in program.outputs], names, lines)


def _key(op: tuple[Any, tuple[Any, ...], int]) -> Any:
    """Equal for instructions that give the same number."""
    head, operands, _ = op
    if head is SUM or head is REDUCE:
        return head, tuple(sorted([(max(a, b), min(a, b), sign) for a, b, sign in operands]))
    if head is CONSTANT:
        return struct.pack("d", *operands)  # tells -0.0 from 0.0, and finds NaN again
    if head is DATA:
        return head, *map(id, operands)
    if head is COLUMN or head is COPY:
        return op  # of two batches they are two
    if head is EQUAL or (isinstance(head, Rule) and head.commutative):
        return head, tuple(sorted(operands))
    return head, operands
