"""Prune: what no output needs is not computed."""

from __future__ import annotations

from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import NONE, REDUCE, SUM, Program, values_in


def prune(program: Program) -> Program:
    """The same program without the instructions that no output depends on.

    >>> from autograd import exp, jit
    >>> print(jit(lambda x: [exp(x), 2.0 * x][1]).lower(1.0))
    program (x)
      v2 = 2·x
    return v2
    """
    made = program.values()[program.inputs :]
    needed = bytearray(len(program))
    for value in program.outputs:
        needed[value] = True
    for value in reversed(made):
        if needed[value]:
            head, operands, _ = program.operation(value)
            if head is SUM or head is REDUCE:
                for a, b, _ in operands:
                    needed[a] = True
                    if b != NONE:
                        needed[b] = True
            else:
                for operand in values_in(head, operands):
                    needed[operand] = True
    if all(needed[program.inputs :]):
        return program
    out = Rewriting(program)
    for value in made:
        if needed[value]:
            out.keep(value)
    return out.finish()
