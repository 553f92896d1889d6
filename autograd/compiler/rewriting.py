"""Rewriting: a program that is made from another one, instruction by instruction.

A pass says only what becomes of a value: instructions are *emitted*, and the old value is *forwarded* to one that gives
the same number, the last one emitted or any other. A value that isn't forwarded is gone. Which number a value has in
the new program, what it is called, and from which of the user's lines it comes, is seen to here.

If several values are forwarded to one, it has the name of the first of them that has a name, and an input its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd.compiler.program import NONE, Program, renumbered


class Rewriting:
    """What a pass writes to.

    >>> from autograd import jit
    >>> program = jit(lambda x, y: (x * y, x - y)).lower(3.0, 4.0)
    >>> out = Rewriting(program)
    >>> for value, (head, operands, batch) in out.instructions():
    ...     out.forward(value, out.emit(head, [(a, b, -sign) for a, b, sign in operands], batch))
    >>> print(out.finish())
    program (x, y)
      v2 = -x·y
      v3 = -x + y
    return v2, v3
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._inputs = program.inputs
        self._new = [*range(program.inputs), *[NONE] * len(program.ops)]  # what stands for a value; NONE, if it is gone
        self._ops: list[Any] = []
        self._lines: dict[int, str] = {}
        self._has_lines = bool(program.lines)
        self._with_lines = 0  # so many instructions have theirs

    def instructions(self) -> Iterator[tuple[int, Any]]:
        """The old values in order, and what makes each, its operands values of the new program already."""
        new = self._new
        for value, op in enumerate(self._program.ops, start=self._inputs):
            yield value, renumbered(op, new)

    def emit(self, head: Any, operands: Sequence[Any], batch: int) -> int:
        """Add an instruction, with operands of the new program: its value."""
        ops = self._ops
        ops.append((head, operands, batch))
        return self._inputs + len(ops) - 1

    def forward(self, value: int, at: int) -> None:
        """An old value is this new one from now on, and what was emitted since the last one was emitted for it."""
        self._new[value] = at
        if self._has_lines:
            if value in self._program.lines:
                for made in range(self._with_lines, len(self._ops)):
                    self._lines[self._inputs + made] = self._program.lines[value]
            self._with_lines = len(self._ops)

    def keep(self, value: int, terms: Sequence[Any] = ()) -> None:
        """An old value stays, made as it was; or, if it is a sum, of other terms, of the old program."""
        op = self._program.operation(value)
        if terms:
            op = (op[0], terms, op[2])
        ops, new = self._ops, self._new
        new[value] = self._inputs + len(ops)
        ops.append(renumbered(op, new))
        if self._has_lines:
            self.forward(value, new[value])

    def finish(self) -> Program:
        """The new program, which returns what stands for the old outputs."""
        program, new = self._program, self._new
        names: dict[int, str] = {}
        for value in sorted(program.names):
            if new[value] != NONE:
                names.setdefault(new[value], program.names[value])
        return Program(self._inputs, self._ops, [new[x] for x in program.outputs], names, self._lines)
