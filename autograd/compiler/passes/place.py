"""Place: in which order, and how often, instructions run.

Comes in: a simplified program. Goes out: *sections*. A uniform section runs once; a varying one runs for every sample
of its batch. They alternate: what a reduction adds up is known only when the whole batch has been through, so what
depends on it comes in a later section. A loss that is a mean over the batch needs one varying section, forward and
backward pass together: a sample's adjoints don't wait for the other samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.compiler.program import PICK, REDUCE, SOURCES, SUM, Index, Kind, Program


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
        elif head is PICK:
            stage[value] = at = at + 1
        else:
            stage[value] = at
        sections.setdefault((at, batch), []).append(value)
    return [Section(batch, sections[at, batch]) for at, batch in sorted(sections)]


def by_depth(program: Program, values: Sequence[Index]) -> list[tuple[Kind, list[Index]]]:
    """The values of a section in groups of one kind that don't use each other: by depth, and then by kind.

    A depth is two numbers: how many sums are on the way to the value, and how many functions after the last of them. So
    what comes after a long chain of comparisons still meets its like, which come after a short one. A reduction counts
    as a function: it comes as soon as it can, so that the places of its operands can be used again.
    """
    inputs, ops, used = program.inputs, program.ops, program.used
    depth = [-1] * len(program)  # sums · 2^32 + functions
    groups: dict[tuple[int, int], list[Index]] = {}
    heads: dict[Kind, int] = {}
    kinds: list[Kind] = []
    for value in values:
        head = ops[value - inputs][0]
        deepest = max(map(depth.__getitem__, used[value - inputs]))
        at = depth[value] = ((deepest >> 32) + 1) << 32 if head is SUM else deepest + 1
        if head not in heads:
            heads[head] = len(kinds)
            kinds.append(head)
        groups.setdefault((at, heads[head]), []).append(value)
    return [(kinds[kind], groups[at, kind]) for at, kind in sorted(groups)]
