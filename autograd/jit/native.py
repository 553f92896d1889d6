"""A compiled program in the kernel: its words, its memory, and calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd.jit import kernel
from autograd.jit.lower import lower

if TYPE_CHECKING:
    from autograd.jit.compiled import Compiled

_NEAR: Final = 1 << 19  # bytes of varying memory that a block may take: half of what a core has close by


class Native:
    """The program of a function, ready to be called. Calls may come from several threads at once."""

    def __init__(self, program: Compiled) -> None:
        import numpy as np

        self.program = program
        self.dtype = np.dtype(program.dtype)
        lanes = kernel.LANES[program.dtype]
        functions = {**kernel.functions(1), **kernel.functions(2)}
        self.lowered = lower(program, kernel.ops(), functions, program.out.layout)
        self.sections = [
            kernel.Section(
                section.batch > 0, section.begin, section.end, _width(section.batch, section.slots, lanes),
                section.batch, section.slots, section.accumulators, section.end,
            )
            for section in self.lowered.sections
        ]  # fmt: skip
        self.codes: dict[int, kernel.Code] = {}  # by how many numbers are fed back
        self.free: list[Any] = []  # memories that no call is using; constants are in them already
        self.outputs = slice(program.inputs, program.inputs + program.out.size)

    def code(self, feedback: int) -> kernel.Code:
        """The checked program that copies so many of its first outputs to the inputs after each run."""
        if feedback not in self.codes:
            copies = [(place, self.program.inputs + place) for place in range(feedback)]
            self.codes[feedback] = kernel.Code(
                self.lowered.words, self.sections, self.lowered.memory, self.program.dtype, copies
            )
        return self.codes[feedback]

    def call(self, numbers: Sequence[Any], threads: int, repeats: int = 1, feedback: int = 0) -> Any:
        """Run it on these arguments: the result, in its structure."""
        code = self.codes.get(feedback) or self.code(feedback)
        try:
            memory = self.free.pop()
        except IndexError:
            memory = self.new_memory()
        for start, x in zip(self.program.starts, numbers):
            if type(x) is float:
                memory[start] = x
            else:
                memory[start : start + x.size] = x.ravel()
        code.run(memory, repeats, threads)
        result = self.program.out.from_memory(memory[self.outputs])
        self.free.append(memory)
        return result

    def new_memory(self) -> Any:
        """A memory with the constants in place."""
        import numpy as np

        memory = np.zeros(max(self.lowered.memory, 1), dtype=self.dtype)
        for start, numbers in self.lowered.constants:
            memory[start : start + len(numbers)] = numbers
        return memory


def _width(batch: int, slots: int, lanes: int) -> int:
    """How many vectors a block has: many, so that a header serves many samples, but its slots have to stay near."""
    width = 8
    while width > 1 and (width * lanes >= 2 * batch or slots * width * 64 > _NEAR):
        width //= 2
    return width
