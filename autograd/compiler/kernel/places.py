"""Places: where each value stands in memory.

There is one memory M for all that is uniform: first the inputs, then the outputs, constants, data, and temporaries. A
varying value has a *slot* of V, which holds one block of samples at a time, side by side in lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NewType

from autograd.compiler.layout import Output
from autograd.compiler.program import COLUMN, CONSTANT, DATA, PICK, Index, Program

Place = NewType("Place", int)  # in M
Slot = NewType("Slot", int)  # of V

NOWHERE: Final = Place(-1)


class Places:
    """The places in M of uniform values, and of varying values that are read from M."""

    def __init__(self, program: Program, layout: Sequence[Output]) -> None:
        self.program = program
        self.outputs_at = program.inputs
        end = max([out.start + out.stride * max(out.samples - 1, 0) + 1 for out in layout], default=0)
        self.size = self.outputs_at + end  # of M, as far as it is laid out
        self.constants: list[tuple[int, Sequence[float]]] = []  # what stands there before the program runs
        self.of = [*map(Place, range(program.inputs)), *[NOWHERE] * len(program.ops)]  # each uniform value
        self.sources: dict[Index, tuple[Place, int]] = {}  # varying values that are read from M: first place, stride
        self.fixed: dict[Index, Place] = {}  # uniform values that are outputs: where they go
        self._lay_out_constants()
        self.one = self.constant([1.0])
        self.settled = self._place_outputs(layout)  # numbers of outputs that are computed right where they go

    def constant(self, numbers: Sequence[float]) -> Place:
        """The place of numbers that stand there before the program runs."""
        self.constants.append((self.size, numbers))
        self.size += len(numbers)
        return Place(self.size - len(numbers))

    def _lay_out_constants(self) -> None:
        numbers: list[float] = []
        stored: dict[int, Place] = {}
        for value, (head, operands, _) in self.program.instructions():
            if head is CONSTANT:
                self.of[value] = Place(self.size + len(numbers))
                numbers.append(operands[0])
            elif head is COLUMN:
                self.sources[value] = operands
        if numbers:
            self.constant(numbers)
        for value, (head, operands, _) in self.program.instructions():
            if head is DATA:
                data = operands[0]
                if id(data) not in stored:
                    stored[id(data)] = self.constant(data)
                self.sources[value] = (stored[id(data)], 1)

    def _place_outputs(self, layout: Sequence[Output]) -> set[int]:
        """Have uniform results computed right where they go; the numbers of the outputs that this settles."""
        settled = set()
        for number, (value, out) in enumerate(zip(self.program.outputs, layout)):
            is_made = value >= self.program.inputs and self.of[value] == NOWHERE and not self.program.batch_of(value)
            is_made = is_made and self.program.operation(value)[0] is not PICK  # which stands where the batch does
            if is_made and value not in self.fixed and not out.samples:
                self.fixed[value] = self.output(out)
                settled.add(number)
        return settled

    def take(self, n: int) -> Place:
        """Consecutive places for so many results: the first of them."""
        self.size += n
        return Place(self.size - n)

    def output(self, out: Output) -> Place:
        """Where an output goes."""
        return Place(self.outputs_at + out.start)
