"""Place: in which order, and how often, instructions run.

Comes in: a simplified program. Goes out: *sections*. A uniform section runs once; a varying one runs for every sample
of its batch. They alternate: what a reduction adds up is known only when the whole batch has been through, so what
depends on it comes in a later section. A loss that is a mean over the batch needs one varying section, forward and
backward pass together: a sample's adjoints don't wait for the other samples.

In a varying section a reduction is moved up to where its last operand is made. The weights' gradients are recorded last
of all, and would otherwise keep every activation and every adjoint of the network in memory until then.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd.compiler.program import REDUCE, SOURCES, Program, values_in


class Section(NamedTuple):
    """Values to be computed together, in order: once (batch 0), or for each sample of the batch."""

    batch: int
    values: list[int]


def place(program: Program) -> list[Section]:
    """The sections of a program, in the order in which they run. Constants, and columns of the inputs, are in none."""
    inputs, batches = program.inputs, program.batches
    stage = [0] * len(program)  # of a uniform value: after how many rounds of varying sections it is known
    sections: dict[tuple[int, int], list[int]] = {}
    reductions: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for value, (head, operands, batch) in enumerate(program.ops, start=inputs):
        if head in SOURCES:
            continue
        used = values_in(head, operands)
        at = 0
        for x in used:
            if stage[x] > at:
                at = stage[x]
        if head is REDUCE:
            varying = [x for x in used if batches[x]]
            where = (at, batches[varying[0]])
            reductions.setdefault(where, []).append((max(varying), value))
            sections.setdefault(where, [])
            stage[value] = at + 1
        else:
            stage[value] = at
            sections.setdefault((at, batch), []).append(value)
    out = []
    for stage_number, batch in sorted(sections):
        values = sections[stage_number, batch]
        out.append(Section(batch, _moved_up(values, reductions.get((stage_number, batch), []))))
    return out


def _moved_up(values: list[int], reductions: list[tuple[int, int]]) -> list[int]:
    """The values in order, each reduction right after its last operand."""
    keyed = [(value, 0, value) for value in values] + [(last, 1, value) for last, value in reductions]
    return [value for _, _, value in sorted(keyed)]
