"""Lower: a program becomes words for the kernel, and every value a place in memory.

``order`` brings the terms of exact sums into the kernel's order; ``places`` lays out the memory; ``uniform`` and
``varying`` write the words of a section; ``rows`` finds what is regular in them. Within a section, instructions that
don't wait for each other come in any order, so they are sorted: by depth, which is the number of sums on the longest
way to an input, then by kind.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.compiler.kernel.order import in_order
from autograd.compiler.kernel.places import Places
from autograd.compiler.kernel.uniform import uniform_section
from autograd.compiler.kernel.varying import VaryingSection
from autograd.compiler.kernel.words import OPS
from autograd.compiler.layout import Output
from autograd.compiler.passes.place import Section, place
from autograd.compiler.program import LANES, Index, Program


class Words(NamedTuple):
    """The words of a section, and what they need."""

    batch: int  # 0: uniform
    begin: int
    end: int  # there the accumulators' places in M are listed
    slots: int = 0
    accumulators: int = 0


class Lowered(NamedTuple):
    """Words, and how the memory is laid out."""

    words: Any  # array of int32
    sections: list[Words]
    memory: int  # numbers in M
    constants: list[tuple[int, Sequence[float]]]  # what stands in M before the program runs: start, numbers


def lower(program: Program, layout: list[Output]) -> Lowered:
    """Words for the kernel.

    Args:
        program: simplified.
        layout: a place for each output of the program.
    """
    program = in_order(program)
    places = Places(program, layout)
    sections = place(program)
    stores: dict[Index, list[Output]] = {}  # of varying values: to be stored where they are made
    for value, out in zip(program.outputs, layout):
        if program.batch_of(value) and value not in places.sources:
            stores.setdefault(value, []).append(out)
    words: list[int] = []
    table = []
    for section, needed in zip(sections, _needed_later(program, sections)):
        if section.batch:
            table += _lanes(program, places, words, section)
        begin = len(words)
        if section.batch:
            varying = VaryingSection(program, places, words, section, stores, needed)
            end = varying.run()
            if end > begin:  # else there were only lanes
                table.append(Words(section.batch, begin, end, varying.free.top, len(varying.accumulators)))
        else:
            uniform_section(program, places, words, section.values)
            if len(words) > begin:
                table.append(Words(0, begin, len(words)))
    table += _remaining_outputs(program, places, words, layout)
    return Lowered(array("i", words), table, places.size, places.constants)


def _lanes(program: Program, places: Places, words: list[int], section: Section) -> list[Words]:
    """What the section's lanes are made of, where it can be read with a stride: copied, if it doesn't stand there."""
    begin = len(words)
    for value in section.values:
        head, operands, batch = program.operation(value)
        if head is not LANES:
            continue
        at = [places.of[x] for x in operands]
        strides = {y - x for x, y in itertools.pairwise(at)} or {0}
        if len(strides) == 1:
            places.sources[value] = (at[0], strides.pop())
            continue
        first = places.take(batch)
        for sample, x in enumerate(at):
            words += [OPS["U_SUM"], first + sample, 0, 0, 1, x]
        places.sources[value] = (first, 1)
    return [Words(0, begin, len(words))] if len(words) > begin else []


def _needed_later(program: Program, sections: list[Section]) -> list[set[Index]]:
    """For each section the varying values that a later one needs."""
    made_in = {value: number for number, section in enumerate(sections) for value in section.values}
    needed: list[set[Index]] = [set() for _ in sections]
    for number, section in enumerate(sections if len(sections) > 1 else []):
        for value in section.values:
            for x in program.used_by(value):
                if program.batches[x] and made_in.get(x, number) != number:
                    needed[made_in[x]].add(x)
    return needed


def _remaining_outputs(program: Program, places: Places, words: list[int], layout: list[Output]) -> list[Words]:
    """Outputs that no instruction makes: inputs, constants, values returned twice."""
    begin = len(words)
    batches: dict[int, list[tuple[Index, Output]]] = {}
    for number, (value, out) in enumerate(zip(program.outputs, layout)):
        if number in places.settled or (program.batch_of(value) and value not in places.sources):
            continue  # there already: a varying value is stored where it is made
        if out.samples:
            batches.setdefault(out.samples, []).append((value, out))
        else:
            words += [OPS["U_SUM"], places.output(out), 0, 0, 1, places.of[value]]
    table = [Words(0, begin, len(words))] if len(words) > begin else []
    for batch, outs in batches.items():
        begin = len(words)
        for value, out in outs:
            if program.batch_of(value):
                words += [OPS["V_LOAD"], 1, 0, *places.sources[value]]
            else:
                words += [OPS["V_SUM"], 0, 0, 0, 0, 0, 0, 1, places.of[value]]
            words += [OPS["V_STORE"], 1, 0, places.output(out), out.stride]
        table.append(Words(batch, begin, len(words), 1))
    return table
