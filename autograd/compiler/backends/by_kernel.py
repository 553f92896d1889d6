"""The back end "c": the compiled kernel, with the program's words, the memory that they work on, and calls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from autograd.compiler import kernel
from autograd.compiler.backends.backend import Backend, Procedure
from autograd.compiler.kernel.lower import Lowered, lower
from autograd.compiler.locks import Lock

_NEAR: Final = 8 << 20  # bytes of varying memory that a block may take: a share of the last cache
_HEADERS: Final = 0.5  # what reading the words costs, as a multiple of the work on one vector; measured on a GPT


class Kernel(Backend):
    """A procedure in words that the kernel runs."""

    def __init__(self, procedure: Procedure) -> None:
        super().__init__(procedure)
        # How a result becomes the user's: most programs have no guards, and their rows are not looked at.
        self._read: Final = procedure.results.read if procedure.guarded is None else None
        self._lowered: Lowered | None = None
        self._once: kernel.Code | None = None
        self._repeating: kernel.Code | None = None  # copies its results to its first arguments after each run
        self._free: list[_Memory] = []  # that no call is using; constants are in them already
        self._lock = Lock()

    @classmethod
    def available(cls) -> bool:
        return kernel.available()

    def prepare(self) -> None:
        self._once = self._once or self._code(0)

    def call(self, numbers: Sequence[Any], threads: int = 1, times: int = 1) -> Any:
        code = self._once if times == 1 else self._repeating
        if code is None:
            code = self._first_code(times)
        try:
            memory = self._free.pop()
        except IndexError:
            memory = _Memory(self.procedure, self.lowered())
        for where, first, many in memory.arguments:
            where[...] = numbers[first] if many == 1 else numbers[first : first + many]
        threads = min(threads, kernel.MOST_THREADS)
        code.run_at(memory.address, times, threads)
        outputs = memory.outputs.copy()
        self._free.append(memory)
        return self._read(outputs) if self._read is not None else self.finished(outputs, numbers, threads, times)

    def lowered(self) -> Lowered:
        """The program's words."""
        with self._lock:
            if self._lowered is None:
                self._lowered = lower(self.procedure.program, self.procedure.results.outputs)
            return self._lowered

    def _first_code(self, times: int) -> kernel.Code:
        if times == 1:
            self._once = code = self._code(0)
        else:
            self._repeating = code = self._code(self.procedure.results.size)
        return code

    def _code(self, feedback: int) -> kernel.Code:
        """The checked program, which copies so many of its results to its inputs after each run."""
        program, dtype, threads = self.procedure.program, self.procedure.dtype, self.procedure.threads
        lanes = kernel.LANES[dtype]
        lowered = self.lowered()
        sections = [
            kernel.Section(
                section.batch > 0, section.begin, section.end, _width(section.batch, section.slots, lanes, threads),
                section.batch, section.slots, section.accumulators, section.end,
            )
            for section in lowered.sections
        ]  # fmt: skip
        copies = [(place, program.inputs + place) for place in range(feedback)]
        return kernel.Code(lowered.words, sections, lowered.memory, dtype, copies)


class _Memory:
    """A memory with the constants in place, and the parts of it that the arguments go to."""

    def __init__(self, procedure: Procedure, lowered: Lowered) -> None:
        arguments, results = procedure.arguments, procedure.results
        numbers = np.zeros(max(lowered.memory, 1), dtype=procedure.dtype)
        with np.errstate(over="ignore"):  # what is too large for float32 is infinite
            for start, constants in lowered.constants:
                numbers[start : start + len(constants)] = constants
        self.address = kernel.address_of(numbers)
        self.outputs = numbers[arguments.size : arguments.size + results.size]
        self.arguments: list[tuple[Any, int, int]] = []  # where, which argument is the first, how many
        single = 0  # numbers, not arrays, that come one after the other
        for number, leaf in enumerate(arguments.numeric):
            end = leaf.start + leaf.size
            if leaf.shape is not None:
                single = 0
                self.arguments.append((numbers[leaf.start : end].reshape(leaf.shape), number, 1))
                continue
            if single:
                self.arguments.pop()
            single += 1
            self.arguments.append((numbers[end - single : end], number + 1 - single, single))


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
