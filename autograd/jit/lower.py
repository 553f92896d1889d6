"""Lower: a program becomes words for the kernel, and every value a place in memory.

There is one memory ``M`` for all that is uniform: first the inputs, then the outputs, constants, data, and temporaries.
A varying value has a *slot* of ``V``, which holds one block of samples at a time, side by side in lanes. Reductions are
added up in accumulators. A place is used again when nobody needs its value any more (linear scan, in the order in which
instructions run), so the memory in use stays small and near.

``kernel.c`` says what the words mean.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from autograd.jit.place import Section, place
from autograd.jit.program import COLUMN, CONSTANT, DATA, NONE, REDUCE, SELECT, SUM, TAKE, Program, values_in

FOREVER: Final = 1 << 62


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


class Output(NamedTuple):
    """Where an output goes, relative to the first: its position, the distance between samples, how many there are."""

    start: int
    stride: int
    samples: int  # 0: one number


def lower(program: Program, ops: dict[str, int], functions: dict[str, int], layout: list[Output]) -> Lowered:
    """Words for the kernel.

    Args:
        program: simplified.
        ops: the kernel's numbers of instructions, by name.
        functions: the kernel's numbers of functions, by name.
        layout: a place for each output of the program.
    """
    return _Lowering(program, ops, functions, layout).run()


class _Lowering:
    def __init__(self, program: Program, ops: dict[str, int], functions: dict[str, int], layout: list[Output]) -> None:
        self.program = program
        self.ops = ops
        self.functions = functions
        self.layout = layout
        self.sections = place(program)
        self.words: list[int] = []
        self.outputs_at = program.inputs
        end = max([out.start + out.stride * max(out.samples - 1, 0) + 1 for out in layout], default=0)
        self.size = self.outputs_at + end  # of M, as far as it is laid out
        self.constants: list[tuple[int, Sequence[float]]] = []
        self.uniform: dict[int, int] = {value: value for value in range(program.inputs)}  # value: its place in M
        self.slots: dict[int, int] = {}  # varying value: its slot, in the section at hand
        self.sources: dict[int, tuple[int, int]] = {}  # COLUMN or DATA: where in M it begins, stride
        self.free: list[int] = []  # places in M

    def run(self) -> Lowered:
        self.sources_and_constants()
        self.order = [value for section in self.sections for value in section.values]
        self.position = {value: at for at, value in enumerate(self.order)}
        self.last_use()
        direct = self.direct_outputs()
        table = []
        start = 0
        for section in self.sections:
            table.append(self.varying(section, start) if section.batch else self.uniform_section(section, start))
            start += len(section.values)
        table += self.remaining_outputs(direct)
        return Lowered(array("i", self.words), table, self.size, self.constants)

    def sources_and_constants(self) -> None:
        numbers: list[float] = []
        first = self.size
        for value, (head, operands, _) in enumerate(self.program.ops, start=self.program.inputs):
            if head is CONSTANT:
                self.uniform[value] = first + len(numbers)
                numbers.append(operands[0])
            elif head is COLUMN:
                self.sources[value] = operands
        if numbers:
            self.constants.append((first, numbers))
        self.size += len(numbers)
        stored: dict[int, int] = {}
        for value, (head, operands, _) in enumerate(self.program.ops, start=self.program.inputs):
            if head is DATA:
                data = operands[0]
                if id(data) not in stored:
                    stored[id(data)] = self.size
                    self.constants.append((self.size, data))
                    self.size += len(data)
                self.sources[value] = (stored[id(data)], 1)

    def last_use(self) -> None:
        """At which position of the order each value is used last, and in which sections a varying value is used."""
        self.last: dict[int, int] = {}
        self.crosses: set[int] = set()  # varying values that a later section needs
        made_in: dict[int, int] = {}
        at = 0
        for number, section in enumerate(self.sections):
            end = at + len(section.values) - 1
            for value in section.values:
                made_in[value] = number
                head, operands, _ = self.program.operation(value)
                for x in values_in(head, operands):
                    if x in self.position or x in self.sources:
                        uniform_in_varying = section.batch and not self.program.batch_of(x)
                        self.last[x] = end if uniform_in_varying else at  # a section runs block after block
                        if x in made_in and made_in[x] != number and self.program.batch_of(x):
                            self.crosses.add(x)
                at += 1
        for value in self.program.outputs:
            if not self.program.batch_of(value):
                self.last[value] = FOREVER

    def direct_outputs(self) -> set[int]:
        """Uniform values that are computed right where the output goes; positions of the outputs that this settles."""
        settled = set()
        for number, (value, out) in enumerate(zip(self.program.outputs, self.layout)):
            if value in self.position and not self.program.batch_of(value) and value not in self.uniform:
                self.uniform[value] = self.outputs_at + out.start
                if not out.samples:
                    settled.add(number)
        return settled

    def place_of(self, value: int) -> int:
        """The place in M of a uniform value that is being made."""
        at = self.uniform.get(value)
        if at is None:
            if self.free:
                at = heapq.heappop(self.free)
            else:
                at = self.size
                self.size += 1
            self.uniform[value] = at
        return at

    # --- Uniform sections ---

    def uniform_section(self, section: Section, start: int) -> Words:
        begin = len(self.words)
        uniform, words = self.uniform, self.words
        at = start
        for group in _grouped(self.program, section.values):
            head = self.program.operation(group[0])[0]
            dead: list[int] = []
            if head is SUM:
                (value,) = group
                self.sum_of_uniform(value)
                dead = self.dying(value, at)
            elif head is TAKE:
                (value,) = group
                _, operands, _ = self.program.operation(value)
                index, *table = [uniform[x] for x in operands]
                words += [self.ops["U_TAKE"], self.place_of(value), index, len(table), *table]
                dead = self.dying(value, at)
            else:
                rows = []
                for offset, value in enumerate(group):
                    operands = [uniform[x] for x in self.program.operation(value)[1]]
                    rows.append([self.place_of(value), *operands])
                    dead += self.dying(value, at + offset)
                if head is SELECT:
                    words += [self.ops["U_SELECT"], len(rows)]
                else:
                    words += [self.ops[f"U_CALL{len(rows[0]) - 1}"], self.functions[head.name], len(rows)]
                for row in rows:
                    words += row
            for value in dead:
                heapq.heappush(self.free, uniform[value])
            at += len(group)
        return Words(0, begin, len(words))

    def dying(self, value: int, at: int) -> list[int]:
        """The uniform values whose place is free after the instruction at that position, each once."""
        out = []
        head, operands, _ = self.program.operation(value)
        for x in {*values_in(head, operands), value}:
            if self.last.get(x, at) == at and x in self.position and not self.program.batch_of(x):
                if x != value or x not in self.last:
                    out.append(x)
        return out

    def sum_of_uniform(self, value: int) -> None:
        uniform = self.uniform
        plus: list[int] = []
        minus: list[int] = []
        single: list[int] = []
        for a, b, sign in self.program.operation(value)[1]:
            if b >= 0:
                (plus if sign > 0 else minus).extend((uniform[a], uniform[b]))
            elif sign > 0:
                single.append(uniform[a])
            else:
                minus.extend((uniform[a], self.one()))
        counts = [len(plus) // 2, len(minus) // 2, len(single)]
        self.words += [self.ops["U_SUM"], self.place_of(value), *counts, *plus, *minus, *single]

    def one(self) -> int:
        """The place of the constant 1."""
        if not hasattr(self, "_one"):
            self._one = self.size
            self.constants.append((self.size, [1.0]))
            self.size += 1
        return self._one

    # --- Varying sections ---

    def varying(self, section: Section, start: int) -> Words:
        program, words = self.program, self.words
        begin = len(words)
        slots = self.slots = {}
        free: list[int] = []
        accumulators: list[int] = []
        top = 0
        pinned: dict[int, int] = {}  # slots of uniform values that an instruction needs side by side

        def new_slot() -> int:
            nonlocal top
            if free:
                return heapq.heappop(free)
            top += 1
            return top - 1

        def slot_of(x: int) -> int:
            if x in slots:
                return slots[x]
            if x in self.sources:
                slots[x] = new_slot()
                first, stride = self.sources[x]
                words.extend([self.ops["V_LOAD"], 1, slots[x], first, stride])
                return slots[x]
            if x not in pinned:
                pinned[x] = new_slot()
                words.extend([self.ops["V_SUM"], pinned[x], 0, 0, 0, 0, 0, 1, self.uniform[x]])
            return pinned[x]

        stores: dict[int, list[int]] = {}
        for number, value in enumerate(program.outputs):
            if program.batch_of(value):
                stores.setdefault(value, []).append(number)

        at = start
        for group in _grouped(program, section.values):
            head = program.operation(group[0])[0]
            if head is SUM or head is REDUCE:
                (value,) = group
                words.extend(self.sum_of_varying(value, slot_of, new_slot, accumulators))
            elif head is TAKE:
                (value,) = group
                index, *table = program.operation(value)[1]
                all_uniform = not any(program.batch_of(x) for x in table)
                rows = [self.uniform[x] if all_uniform else slot_of(x) for x in table]
                at_index = slot_of(index)
                slots[value] = new_slot()
                words += [self.ops["V_TAKE"], slots[value], at_index, 0 if all_uniform else 1, len(rows), *rows]
            else:
                self.functions_of_varying(head, group, slot_of, new_slot)
            for offset, value in enumerate(group):
                h, operands, batch = program.operation(value)
                here = at + offset
                for number in stores.get(value, []):
                    out = self.layout[number]
                    words += [self.ops["V_STORE"], 1, slots[value], self.outputs_at + out.start, out.stride]
                if value in self.crosses:  # a later section finds it in M
                    self.sources[value] = (self.size, 1)
                    words += [self.ops["V_STORE"], 1, slots[value], self.size, 1]
                    self.size += batch
                for x in {*values_in(h, operands), value}:
                    if x in slots and self.last.get(x, here) <= here:
                        heapq.heappush(free, slots.pop(x))
            at += len(group)
        table = len(words)
        words += [self.place_of(value) for value in accumulators]
        return Words(section.batch, begin, table, top, len(accumulators))

    def sum_of_varying(self, value: int, slot_of: Any, new_slot: Any, accumulators: list[int]) -> list[int]:
        program, uniform = self.program, self.uniform
        head, terms, _ = program.operation(value)
        vv: list[int] = []
        vv_minus: list[int] = []
        vu: list[int] = []
        vu_minus: list[int] = []
        v: list[int] = []
        u: list[int] = []
        for a, b, sign in terms:
            va = program.batch_of(a) > 0
            vb = b >= 0 and program.batch_of(b) > 0
            if va and vb:
                (vv if sign > 0 else vv_minus).extend((slot_of(a), slot_of(b)))
            elif va or vb:
                if vb:
                    a, b = b, a
                if b >= 0:
                    (vu if sign > 0 else vu_minus).extend((slot_of(a), uniform[b]))
                elif sign > 0:
                    v.append(slot_of(a))
                else:
                    vu_minus.extend((slot_of(a), self.one()))
            elif b == NONE and sign > 0:
                u.append(uniform[a])
            else:  # a product of uniform values: one of them side by side
                (vu if sign > 0 else vu_minus).extend((slot_of(a), uniform[b] if b >= 0 else self.one()))
        counts = [len(vv) // 2, len(vv_minus) // 2, len(vu) // 2, len(vu_minus) // 2, len(v)]
        rest = [*vv, *vv_minus, *vu, *vu_minus, *v]
        if head is REDUCE:
            accumulators.append(value)
            return [self.ops["R_SUM"], len(accumulators) - 1, *counts, *rest]
        self.slots[value] = new_slot()
        return [self.ops["V_SUM"], self.slots[value], *counts, len(u), *rest, *u]

    def functions_of_varying(self, head: Any, group: list[int], slot_of: Any, new_slot: Any) -> None:
        program, uniform, words = self.program, self.uniform, self.words
        rows = []
        kinds = 0
        for value in group:
            operands = program.operation(value)[1]
            vary = [program.batch_of(x) > 0 for x in operands]
            row = [slot_of(x) if varies else uniform[x] for x, varies in zip(operands, vary)]
            kinds = sum((not varies) << i for i, varies in enumerate(vary))
            rows.append((value, row))
        out = []
        for value, row in rows:
            self.slots[value] = new_slot()
            out += [self.slots[value], *row]
        if head is SELECT:
            words += [self.ops["V_SELECT"], kinds, len(rows), *out]
        elif len(rows[0][1]) == 1:
            words += [self.ops["V_CALL1"], self.functions[head.name], len(rows), *out]
        else:
            words += [self.ops["V_CALL2"], self.functions[head.name], {0: 0, 2: 1, 1: 2}[kinds], len(rows), *out]

    # --- Outputs that no instruction makes: inputs, constants, values returned twice ---

    def remaining_outputs(self, settled: set[int]) -> list[Words]:
        program, words = self.program, self.words
        begin = len(words)
        batches: dict[int, list[tuple[int, Output]]] = {}
        for number, (value, out) in enumerate(zip(program.outputs, self.layout)):
            if number in settled:
                continue
            batch = program.batch_of(value)
            if batch and value in self.position:
                continue  # stored where it was made
            if not batch and not out.samples:
                words += [self.ops["U_SUM"], self.outputs_at + out.start, 0, 0, 1, self.uniform[value]]
            else:
                batches.setdefault(out.samples, []).append((value, out))
        table = []
        if len(words) > begin:
            table.append(Words(0, begin, len(words)))
        for batch, outs in batches.items():
            begin = len(words)
            for value, out in outs:
                if program.batch_of(value):
                    first, stride = self.sources[value]
                    words += [self.ops["V_LOAD"], 1, 0, first, stride]
                else:
                    words += [self.ops["V_SUM"], 0, 0, 0, 0, 0, 0, 1, self.uniform[value]]
                words += [self.ops["V_STORE"], 1, 0, self.outputs_at + out.start, out.stride]
            table.append(Words(batch, begin, len(words), 1))
        return table


def _grouped(program: Program, values: list[int]) -> list[list[int]]:
    """Consecutive calls of one function, of operands that are not among them, in one group."""
    groups: list[list[int]] = []
    made: set[int] = set()
    last: Any = None
    for value in values:
        head, operands, _ = program.operation(value)
        if head in (SUM, REDUCE, TAKE):
            groups.append([value])
            last = None
            continue
        kind = (head, tuple([program.batch_of(x) > 0 for x in operands]))
        if kind == last and not any(x in made for x in operands):
            groups[-1].append(value)
            made.add(value)
        else:
            groups.append([value])
            made = {value}
            last = kind
    return groups

