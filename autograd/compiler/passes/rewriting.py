"""Rewriting: a program that is made from another one, instruction by instruction.

A pass says only what becomes of a value: instructions are *emitted*, and the old value is *forwarded* to one that gives
the same number, the last one emitted or any other. A value that isn't forwarded is gone. Which number a value has in
the new program, what it is called, and from which of the user's lines it comes, is seen to here.

If several values are forwarded to one, it has the name of the first of them that has a name, and an input its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from autograd.compiler.program import (
    NONE,
    OWN,
    PICK,
    REDUCE,
    SOURCES,
    SUM,
    Index,
    Instruction,
    Kind,
    Line,
    Operands,
    Program,
    Term,
)


class Rewriting:
    """The new program, while a pass writes it.

    >>> from autograd import jit
    >>> program = jit(lambda x, y: (x * y, x - y)).lower(3.0, 4.0).program
    >>> out = Rewriting(program)
    >>> for value, (head, operands, batch) in out.instructions():
    ...     out.forward(value, out.emit(head, tuple((a, b, -sign) for a, b, sign in operands), batch))
    >>> print(out.finish())
    program (x, y)
      v2 = -x·y
      v3 = -x + y
    return v2, v3
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._inputs = program.inputs
        # What each old value is now, NONE if it is gone; the last one is that of NONE, which counts from the end.
        self._new = [*program.values()[: program.inputs], *[NONE] * (len(program.ops) + 1)]
        self._ops: list[Instruction] = []
        self._numbers = cast("Iterator[Index]", itertools.count(program.inputs))  # of the values to come
        self._lines: dict[Index, Line] = {}
        self._has_lines = bool(program.lines)
        self._lined = program.inputs  # the values before it have theirs, or none

    def instructions(self) -> Iterator[tuple[Index, Instruction]]:
        """The old values in order, each with its instruction, whose operands are values of the new program."""
        new = self._new
        for value, op in self._program.instructions():
            yield value, renumbered(op, new)

    def emit(self, head: Kind, operands: Operands, batch: int) -> Index:
        """Add an instruction, with operands of the new program: its value."""
        self._ops.append((head, operands, batch))
        return next(self._numbers)

    def new(self, value: Index) -> Index:
        """The number of an old value in the new program; NONE stays NONE."""
        return self._new[value]

    def operation(self, value: Index) -> Instruction:
        """The instruction that makes a value of the new program, which is no input."""
        return self._ops[value - self._inputs]

    def forward(self, value: Index, at: Index) -> None:
        """The old value has this new number from now on; the instructions since the last one were emitted for it."""
        self._new[value] = at
        if self._has_lines:
            end = self._inputs + len(self._ops)
            if value in self._program.lines:
                made = cast("Iterable[Index]", range(self._lined, end))
                self._lines.update(dict.fromkeys(made, self._program.lines[value]))
            self._lined = end

    def keep(self, value: Index, terms: tuple[Term, ...] = ()) -> None:
        """An old value stays, made as it was; or, if it is a sum, of other terms, of the old program."""
        op = self._program.operation(value)
        if terms:
            op = (op[0], terms, op[2])
        self._ops.append(renumbered(op, self._new))
        self.forward(value, next(self._numbers))

    def finish(self) -> Program:
        """The finished program, whose outputs stand for the old ones."""
        program, new = self._program, self._new
        names: dict[Index, str] = {}
        for value in sorted(program.names):
            if new[value] != NONE:
                names.setdefault(new[value], program.names[value])
        return Program(self._inputs, self._ops, [new[x] for x in program.outputs], names, self._lines)


def renumbered(op: Instruction, new: Sequence[Index]) -> Instruction:
    """The instruction with each value v renamed to new[v]; new[NONE] is NONE."""
    head, operands, batch = op
    if head is SUM or head is REDUCE:
        if len(operands) == 1:
            ((a, b, sign),) = operands
            return head, ((new[a], new[b], sign),), batch
        return head, tuple([(new[a], new[b], sign) for a, b, sign in operands]), batch
    if head in SOURCES:
        return op
    if head is OWN:
        result, rule, *rest = operands
        return head, (new[result], rule, *[new[x] for x in rest]), batch
    if head is PICK:
        return head, (new[operands[0]], operands[1]), batch
    return head, tuple([new[x] for x in operands]), batch
