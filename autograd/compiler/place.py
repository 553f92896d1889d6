"""Place: in which order, and how often, instructions run.

Comes in: a simplified program. Goes out: *sections*. A uniform section runs once; a varying one runs for every sample
of its batch. They alternate: what a reduction adds up is known only when the whole batch has been through, so what
depends on it comes in a later section. A loss that is a mean over the batch needs one varying section, forward and
backward pass together: a sample's adjoints don't wait for the other samples.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd.compiler.program import REDUCE, SOURCES, Index, Program


class Section(NamedTuple):
    """Values to be computed together, in order: once (batch 0), or for each sample of the batch."""

    batch: int
    values: list[Index]


def place(program: Program) -> list[Section]:
    """The sections of a program, in the order in which they run. Constants, and columns of the inputs, are in none."""
    inputs, batches = program.inputs, program.batches
    stage = [0] * len(program)  # of a uniform value: after how many rounds of varying sections it is known
    sections: dict[tuple[int, int], list[Index]] = {}
    for value, (head, _, batch) in program.instructions():
        if head in SOURCES:
            continue
        used = program.used[value - inputs]
        at = max(map(stage.__getitem__, used))
        if head is REDUCE:
            batch = max(batches[x] for x in used)
            stage[value] = at + 1
        else:
            stage[value] = at
        sections.setdefault((at, batch), []).append(value)
    return [Section(batch, sections[at, batch]) for at, batch in sorted(sections)]
