"""The list of instructions that a trace writes. A value is known by its place in the list, its index.

The operands of an instruction stand before it. ``Trace`` is such a list with the numbers that a function is run on.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Sequence
from typing import cast

from autograd.compiler.program import (
    CONSTANT,
    COPY,
    LANES,
    NONE,
    PICK,
    SUM,
    Index,
    Instruction,
    Kind,
    Line,
    Operands,
    Program,
    Term,
    operation_name,
)
from autograd.engine.modes import here, users_line
from autograd.errors import TraceError


class Listing:
    """Instructions as they are recorded."""

    def __init__(self, inputs: int, keep_lines: bool = False) -> None:
        self.inputs = inputs
        self.ops: list[Instruction] = []
        self._numbers = cast("Iterator[Index]", itertools.count(inputs))  # of the values to come
        self.names: dict[Index, str] = {}
        self.lines: dict[Index, Line] = {}
        self.derives: tuple[Index, str] = (NONE, "forward")  # whose derivative is recorded now, in which direction
        self._keep_lines = keep_lines
        self._constants: dict[bytes, Index] = {}
        self.guards: dict[Index, Index] = {}  # of derivatives: 0 where a choice has left them out, else 1

    def __len__(self) -> int:
        return self.inputs + len(self.ops)

    def values(self) -> Sequence[Index]:
        """All values so far, in order."""
        return cast("Sequence[Index]", range(len(self)))

    def finish(self, outputs: Sequence[Index]) -> Program:
        """The program that returns these values."""
        return Program(self.inputs, self.ops, list(outputs), self.names, self.lines, self.guards)

    def append(self, head: Kind, operands: Operands, batch: int) -> Index:
        """Record an instruction: the number of its value."""
        self.ops.append((head, operands, batch))
        value = next(self._numbers)
        if self._keep_lines:
            self.lines[value] = self._line(value)
        return value

    def _line(self, value: Index) -> Line:
        of, direction = self.derives
        if of == NONE:
            return Line("{}:{}".format(*users_line()), value)
        base = self.lines[of]
        operation = base.operation or operation_name(*self.ops[of - self.inputs][:2])
        return Line(base.place, value, of, direction, operation, base.order + 1)

    def constant(self, number: float) -> Index:
        """A number that is known now."""
        key = struct.pack("d", number)  # tells -0.0 from 0.0, and finds NaN again
        if key not in self._constants:
            self._constants[key] = self.append(CONSTANT, (number,), 0)
        return self._constants[key]

    def known(self, value: Index) -> float | None:
        """The number of a value that is a constant."""
        if value >= self.inputs:
            head, operands, _ = self.ops[value - self.inputs]
            if head is CONSTANT:
                return float(operands[0])
        return None

    def batch_of(self, *values: Index) -> int:
        """The batch that varying ones among the values vary over; 0 if all are uniform.

        Raises:
            TraceError: there are two batches of different sizes.
        """
        batch = 0
        inputs, ops = self.inputs, self.ops
        for value in values:
            if value >= inputs:
                its = ops[value - inputs][2]
                if its and its != batch:
                    if batch:
                        raise TraceError(
                            f"a batch of {batch} and a batch of {its} meet in one operation{here()}; "
                            "reduce one with mean or sum first"
                        )
                    batch = its
        return batch

    def sum(self, terms: Sequence[Term]) -> Index:
        """Σ ±a·b; varying if a factor is."""
        terms = tuple(terms)
        factors = [x for a, b, _ in terms for x in (a, b) if x >= 0]
        return self.append(SUM, terms, self.batch_of(*factors))

    def product(self, a: Index, b: Index) -> Index:
        """a·b."""
        return self.append(SUM, ((a, b, 1),), self.batch_of(a, b))

    def call(self, head: Kind, *operands: Index) -> Index:
        """A function of the values."""
        return self.append(head, operands, self.batch_of(*operands))

    def pick(self, value: Index, sample: int) -> Index:
        """The number of one sample; of a uniform value that itself."""
        return self.append(PICK, (value, sample), 0) if self.batch_of(value) else value

    def lanes(self, values: Sequence[Index]) -> Index:
        """The varying value that has these uniform ones as its samples' numbers."""
        return self.append(LANES, tuple(values), len(values))

    def picked_from(self, values: Sequence[Index]) -> Index | None:
        """The varying value of which these are the numbers of all samples, in order; None if they are of none."""
        source = None
        for sample, value in enumerate(values):
            head, operands, _ = self.ops[value - self.inputs] if value >= self.inputs else (COPY, (), 0)
            if head is not PICK or operands[1] != sample or source not in (None, operands[0]):
                return None
            source = operands[0]
        return source if source is not None and self.batch_of(source) == len(values) else None
