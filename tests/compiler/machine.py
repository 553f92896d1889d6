"""The kernel's words, interpreted in Python as ``words.py`` declares them, with every mistake an error.

Memory that nothing was written to can't be read, slots are empty when a block begins, and the calls that share a header
may not depend on each other. A value that is overwritten while somebody needs it shows in the results, which are
compared with those of the program.
"""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from autograd.compiler import ieee
from autograd.compiler.kernel import rows
from autograd.compiler.kernel.lower import Lowered, lower
from autograd.compiler.kernel.words import FUNCTIONS1, FUNCTIONS2, Record, read
from autograd.compiler.layout import Output
from autograd.compiler.program import Program
from tests.compiler.programs import layout_of

_HEADS: Final = {head.name: head for head in ieee.FUNCTIONS}


class Memory:
    """Numbers by place; one that was not written to can't be read."""

    def __init__(self, size: int) -> None:
        self.numbers: list[Any] = [None] * size

    def __getitem__(self, at: int) -> Any:
        assert 0 <= at < len(self.numbers), f"there is no place {at}"
        assert self.numbers[at] is not None, f"place {at} is read before anything was written there"
        return self.numbers[at]

    def __setitem__(self, at: int, x: Any) -> None:
        assert 0 <= at < len(self.numbers), f"there is no place {at}"
        self.numbers[at] = x


Log: TypeAlias = "list[tuple[str, list[int]]]"  # names of instructions, and their words


def run_words(
    program: Program,
    numbers: Sequence[float],
    block: int = 3,
    layout: list[Output] | None = None,
    log: Log | None = None,
) -> list[Any]:
    """The outputs of the program, lowered and run with that many samples in a block; what was run goes to the log."""
    log = [] if log is None else log
    layout = layout_of(program) if layout is None else layout
    lowered = lower(program, layout)
    M = Memory(lowered.memory)
    for at, x in enumerate(numbers):
        M[at] = x
    for start, constants in lowered.constants:
        for at, x in enumerate(constants, start=start):
            assert at >= program.inputs + max((o.start + o.stride * o.samples for o in layout), default=0) - 1
            M[at] = x
    for section in lowered.sections:
        if section.batch:
            _varying(lowered, section, M, block, log)
        else:
            assert (section.slots, section.accumulators) == (0, 0)
            _run(lowered.words[section.begin : section.end].tolist(), M, None, None, 0, 1, log)
    first = program.inputs
    out = []
    for output in layout:
        at = [first + output.start + output.stride * s for s in range(output.samples or 1)]
        out.append([M[place] for place in at] if output.samples else M[at[0]])
    assert [M[at] for at in range(first)] == list(numbers) or any(map(math.isnan, numbers)), "an input was overwritten"
    return out


def _varying(lowered: Lowered, section: Any, M: Memory, block: int, log: Log) -> None:
    words = lowered.words[section.begin : section.end].tolist()
    targets = lowered.words[section.end : section.end + section.accumulators].tolist()
    A = [0.0] * section.accumulators
    for first in range(0, section.batch, block):
        _run(words, M, Memory(section.slots), A, first, min(block, section.batch - first), log)
    for target, total in zip(targets, A):
        M[target] = total


def _run(words: list[int], M: Memory, V: Any, A: Any, first: int, lanes: int, log: Log) -> None:
    for name, header, records, its_words in read(words):
        log.append((name, list(its_words)))
        result, _, kind = name.partition("_")
        assert (V is not None) == (result != "U"), f"{name} in the wrong kind of section"

        def get(record: Record, operand: str, **loops: int) -> list[Any]:
            place = record.places[operand]
            at = place.at(**loops)
            return V[at] if place.kind == "v" else [M[at]] * lanes

        def put(at: int, y: list[Any], result: str = result) -> None:
            if result == "U":
                (M[at],) = y
            elif result == "V":
                V[at] = y
            else:
                A[at] += sum(y)

        if kind in ("SUM", "ROWS", "GRID"):
            m, n = header.get("i", 1), header.get("j", 1)
            assert m * n <= rows.LONGEST
            made = []
            for i, j in itertools.product(range(m), range(n)):
                y = [0.0] * lanes
                for record in records:
                    for term in range(record.terms):
                        loops = {"i": i, "j": term if name == "U_ROWS" else j}
                        factors = [get(record, operand, **loops) for operand in record.places]
                        y = [s + record.sign * math.prod(xs) for s, xs in zip(y, zip(*factors))]
                made.append(y)
            for at, y in enumerate(made, start=header["y"]):
                put(at, y)
        elif kind in ("CALL1", "CALL2", "SELECT"):
            _are_independent(records)
            function = "select"
            if kind != "SELECT":
                function = (FUNCTIONS1 if kind == "CALL1" else FUNCTIONS2)[header["function"]]
            for record in records:
                operands = [get(record, operand) for operand in record.places if operand != "y"]
                put(record.places["y"].first, [ieee.apply(_HEADS[function], xs) for xs in zip(*operands)])
        elif kind == "TAKE":
            index = V[header["x"]] if result == "V" else [M[header["x"]]]
            table = [get(record, "a") for record in records]
            put(header["y"], [ieee.take(i, *row) for i, row in zip(index, zip(*table))])
        elif kind == "LOAD":
            for record in records:
                V[record.places["y"].first] = [M[record.places["a"].at(s=s)] for s in range(first, first + lanes)]
        else:
            for record in records:
                for s, x in zip(range(first, first + lanes), V[record.places["a"].first]):
                    M[record.places["y"].at(s=s)] = x


def _are_independent(calls: list[Record]) -> None:
    made = [record.places["y"][:2] for record in calls]
    assert len(set(made)) == len(made), "two calls write to one place"
    used = {place[:2] for record in calls for operand, place in record.places.items() if operand != "y"}
    assert used.isdisjoint(made), "a call needs what another one beside it makes"
