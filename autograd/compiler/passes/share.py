"""Share: equal instructions are computed once (common subexpressions, by value numbering)."""

from __future__ import annotations

import struct
from typing import Any

from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    COPY,
    DATA,
    EQUAL,
    REDUCE,
    SUM,
    Index,
    Kind,
    Operands,
    Program,
)
from autograd.engine.rules import Rule


def share(program: Program) -> Program:
    """The same program in which two instructions that do the same to the same values are one.

    >>> from autograd import exp, jit
    >>> print(jit(lambda x: exp(x) * exp(x)).lower(1.0))
    program (x)
      v1 = exp(x)
      v2 = v1·v1
    return v2
    """
    out = Rewriting(program)
    seen: dict[Any, Index] = {}
    for value, (head, operands, batch) in out.instructions():
        if head is SUM and len(operands) == 1:  # most of them
            ((a, b, sign),) = operands
            if a < b:
                operands = ((b, a, sign),)
            key = operands
        else:
            key = _key(head, operands, batch)
        at = seen.get(key)
        if at is None:
            at = seen[key] = out.emit(head, operands, batch)
        out.forward(value, at)
    return out.finish()


def _key(head: Kind, operands: Operands, batch: int) -> Any:
    """Equal for instructions that give the same number."""
    if head is SUM or head is REDUCE:
        return head, tuple(sorted([(max(a, b), min(a, b), sign) for a, b, sign in operands]))
    if head is CONSTANT:
        return struct.pack("d", *operands)  # tells -0.0 from 0.0, and finds NaN again
    if head is DATA:
        return head, *map(id, operands)
    if head is COLUMN or head is COPY:
        return head, operands, batch  # of two batches they are two
    if head is EQUAL or (isinstance(head, Rule) and head.commutative):
        return head, tuple(sorted(operands))
    return head, operands
