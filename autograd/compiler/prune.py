"""Prune: what no output needs is not computed."""

from __future__ import annotations

from typing import Any

from autograd.compiler.program import NONE, REDUCE, SUM, Program, renumbered, values_in


def prune(program: Program) -> Program:
    """The same program without the instructions that no output depends on.

    >>> from autograd import exp, jit
    >>> print(jit(lambda x: [exp(x), 2.0 * x][1]).lower(1.0))
    program (x)
      v2 = 2·x
    return v2
    """
    inputs = program.inputs
    needed = bytearray(len(program))
    for value in program.outputs:
        needed[value] = True
    for value in reversed(range(inputs, len(program))):
        if needed[value]:
            head, operands, _ = program.ops[value - inputs]
            if head is SUM or head is REDUCE:
                for a, b, _ in operands:
                    needed[a] = True
                    if b != NONE:
                        needed[b] = True
            else:
                for operand in values_in(head, operands):
                    needed[operand] = True
    if all(needed[inputs:]):
        return program
    new = list(range(inputs))
    ops: list[Any] = []
    for value, op in enumerate(program.ops, start=inputs):
        new.append(inputs + len(ops))
        if needed[value]:
            ops.append(renumbered(op, new))
    kept = [value for value in range(len(program)) if value < inputs or needed[value]]
    names = {new[value]: program.names[value] for value in kept if value in program.names}
    lines = {new[value]: program.lines[value] for value in kept if value in program.lines}
    return Program(inputs, ops, [new[x] for x in program.outputs], names, lines)
