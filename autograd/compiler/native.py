"""A compiled program in the kernel: its words, its memory, and calls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from autograd.compiler import kernel
from autograd.compiler.kernel.lower import lower

if TYPE_CHECKING:
    from autograd.compiler.compiled import Compiled

_NEAR: Final = 8 << 20  # bytes of varying memory that a block may take: a share of the last cache
_HEADERS: Final = 0.5  # what reading the words costs, as a multiple of the work on one vector; measured on a GPT


class Native:
    """The program of a function, ready to be called. Calls may come from several threads at once."""

    def __init__(self, program: Compiled, threads: int) -> None:
        self.program = program
        self.dtype = np.dtype(program.dtype)
        lanes = kernel.LANES[program.dtype]
        self.lowered = lower(program, program.out.layout)
        self.sections = [
            kernel.Section(
                section.batch > 0, section.begin, section.end, _width(section.batch, section.slots, lanes, threads),
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
            memory = _Memory(self)
        for where, first, many in memory.arguments:
            where[...] = numbers[first] if many == 1 else numbers[first : first + many]
        code.run_at(memory.address, repeats, min(threads, kernel.MOST_THREADS))
        outputs = memory.outputs.copy()
        self.free.append(memory)
        return self.program.out.from_memory(outputs)


class _Memory:
    """A memory with the constants in place, and the parts of it that the arguments go to."""

    def __init__(self, native: Native) -> None:
        lowered, program = native.lowered, native.program
        self.numbers = np.zeros(max(lowered.memory, 1), dtype=native.dtype)
        with np.errstate(over="ignore"):  # what is too large for float32 is infinite
            for start, constants in lowered.constants:
                self.numbers[start : start + len(constants)] = constants
        self.address = kernel.address_of(self.numbers)
        self.outputs = self.numbers[native.outputs]
        self.arguments: list[tuple[Any, int, int]] = []  # where, which argument is the first, how many
        for number, (start, shape) in enumerate(zip(program.starts, program.number_shapes)):
            if shape is None and self.arguments and self.arguments[-1][0].ndim == 1 and self._is_run(-1, program):
                _, first, many = self.arguments.pop()
                begin = program.starts[first]
                self.arguments.append((self.numbers[begin : start + 1], first, many + 1))
                continue
            size = math.prod(shape or ())
            where = self.numbers[start : start + size]
            self.arguments.append((where if shape is None else where.reshape(shape), number, 1))

    def _is_run(self, at: int, program: Compiled) -> bool:
        return program.number_shapes[self.arguments[at][1]] is None


def _width(batch: int, slots: int, lanes: int, threads: int) -> int:
    """How many vectors a block has.

    A block costs about as much as its headers, read once, and its vectors: many vectors share the headers, but the last
    block may be mostly empty, and the slots have to stay near.
    """

    def cost(width: int) -> float:
        blocks = math.ceil(batch / (width * lanes))
        return math.ceil(blocks / threads) * (_HEADERS + width)

    fitting = [width for width in kernel.WIDTHS if width == 1 or slots * width * 64 <= _NEAR]
    return min(fitting, key=cost)
