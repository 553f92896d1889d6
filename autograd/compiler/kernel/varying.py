"""Varying sections in words: samples side by side in slots, sums over the batch in accumulators."""

from __future__ import annotations

from itertools import chain

from autograd.compiler.kernel.memory import Intervals
from autograd.compiler.kernel.order import arrange
from autograd.compiler.kernel.places import NOWHERE, Places, Slot
from autograd.compiler.kernel.rows import Row, differences, grids, is_grid, oriented, runs
from autograd.compiler.kernel.words import FUNCTIONS, OPS
from autograd.compiler.layout import Output
from autograd.compiler.passes.place import Section, by_depth
from autograd.compiler.program import LANES, REDUCE, SELECT, SUM, TAKE, Index, Kind, Program


class VaryingSection:
    """A varying section. It has slots of its own, and uses a slot again when nobody needs its value."""

    def __init__(
        self,
        program: Program,
        places: Places,
        words: list[int],
        section: Section,
        stores: dict[Index, list[Output]],
        needed_later: set[Index],
    ) -> None:
        self.program = program
        self.places = places
        self.words = words
        self.section = section
        self.stores = stores
        self.needed_later = needed_later
        self.slots: dict[Index, Slot] = {}  # of varying values, and of uniform ones that are needed side by side
        self.free = Intervals()
        self.accumulators: list[Index] = []  # the reductions, in order

    def run(self) -> int:
        """Append its words, and then the accumulators' places in M: where these begin."""
        program = self.program
        values_to_make = [x for x in self.section.values if program.operation(x)[0] is not LANES]  # those are sources
        groups = by_depth(program, values_to_make)
        to_load = set(self.places.sources)
        for (head, values), dying in zip(groups, self.last_uses(groups)):
            if to_load:
                used = to_load.intersection(chain.from_iterable(map(self.program.used_by, values)))
                self.load(sorted(used))
                to_load -= used
            if head is SUM or head is REDUCE:
                self.sums(head, values)
            else:
                self.functions_of(head, values)
            self.store(values)
            for x in dying:
                if x in self.slots:
                    self.free.give_back(self.slots.pop(x))
        end = len(self.words)
        fixed, of = self.places.fixed, self.places.of
        for value in self.accumulators:
            of[value] = fixed[value] if value in fixed else self.places.take(1)
        self.words += [of[value] for value in self.accumulators]
        return end

    def last_uses(self, groups: list[tuple[Kind, list[Index]]]) -> list[list[Index]]:
        """For each group of instructions the values that nobody needs after it."""
        last: dict[Index, int] = {}
        for number, (_, values) in enumerate(groups):
            last.update(dict.fromkeys(values, number))
            for value in values:
                last.update(dict.fromkeys(self.program.used_by(value), number))
        dying: list[list[Index]] = [[] for _ in groups]
        for value, number in last.items():
            dying[number].append(value)
        return dying

    def load(self, values: list[Index]) -> None:
        rows = []
        for x in values:
            self.slots[x] = self.take(1)
            rows += [self.slots[x], *self.places.sources[x]]
        if rows:
            self.words += [OPS["V_LOAD"], len(values), *rows]

    def take(self, n: int) -> Slot:
        """Consecutive slots: the first of them."""
        return Slot(self.free.take(n))

    def side_by_side(self, x: Index) -> Slot:
        """The slot of a value, for an instruction that takes no uniform operand there."""
        if x not in self.slots:
            self.slots[x] = self.take(1)
            self.words += [OPS["V_SUM"], self.slots[x], 0, 0, 0, 0, 0, 1, self.places.of[x]]
        return self.slots[x]

    def store(self, values: list[Index]) -> None:
        """Store what was made where it is needed: in results, and for later sections."""
        if not self.stores and not self.needed_later:
            return
        rows: list[int] = []
        for value in values:
            for out in self.stores.get(value, ()):
                rows += [self.slots[value], self.places.output(out), out.stride]
            if value in self.needed_later:
                at = self.places.take(self.section.batch)
                self.places.sources[value] = (at, 1)
                rows += [self.slots[value], at, 1]
        if rows:
            self.words += [OPS["V_STORE"], len(rows) // 3, *rows]

    def sums(self, head: Kind, values: list[Index]) -> None:
        rows = [self.row(head, value) for value in values]
        cut = [oriented(run) for run in runs(rows, by=0)]
        first = 0  # accumulator, or slot
        if head is SUM:
            first = self.take(len(rows))  # side by side, so that who uses them finds regular distances
        for grid in grids(cut, head is REDUCE):
            made = [row.value for run in grid for row in run]
            if head is REDUCE:
                first = len(self.accumulators)
                self.accumulators += made
            else:
                self.slots.update((value, Slot(first + i)) for i, value in enumerate(made))
            kind = "R_" if head is REDUCE else "V_"
            if len(grid) > 1 or (head is REDUCE and len(made) > 1 and is_grid(grid[0], reduces=True)):
                self.grid_of_sums(kind, first, grid)
            else:
                self.run_of_sums(kind, first, grid[0])
            first += len(made)

    def run_of_sums(self, kind: str, first: int, run: list[Row]) -> None:
        counts, indices = run[0].counts, run[0].indices
        if kind == "R_":
            counts = counts[:-1]
        if len(run) == 1:
            self.words += [OPS[kind + "SUM"], first, *counts, *indices]
            return
        strides = differences(run)
        pairs = sum(counts[:4])
        self.words += [OPS[kind + "ROWS"], first, len(run), *counts]
        for at in range(0, 2 * pairs, 2):
            self.words += [*indices[at : at + 2], *strides[at : at + 2]]
        for at in range(2 * pairs, len(indices)):
            self.words += [indices[at], strides[at]]

    def grid_of_sums(self, kind: str, first: int, grid: list[list[Row]]) -> None:
        run = grid[0]
        (vv, _, vu, _, v, _), indices = run[0].counts, run[0].indices
        down = (
            [x - y for x, y in zip(grid[-1][0].indices, grid[-2][0].indices)] if len(grid) > 1 else [0] * len(indices)
        )
        along = differences(run)
        pairs = vv + vu
        counts = [vv] if kind == "R_" else [vu, v]
        self.words += [OPS[kind + "GRID"], first, len(grid), len(run), *counts]
        for at in range(0, 2 * pairs, 2):
            self.words += [*indices[at : at + 2], down[at], along[at + 1]]
        for at in range(2 * pairs, len(indices)):
            self.words += [indices[at], down[at], along[at]]

    def row(self, head: Kind, value: Index) -> Row:
        program, places, slots, one = self.program, self.places.of, self.slots, self.places.one
        batches = program.batches
        vv: list[tuple[int, int]] = []
        vv_minus: list[tuple[int, int]] = []
        vu: list[tuple[int, int]] = []
        vu_minus: list[tuple[int, int]] = []
        v: list[int] = []
        u: list[int] = []
        for a, b, sign in program.operation(value)[1]:
            if b < 0:
                if sign < 0:
                    vu_minus.append((slots[a] if batches[a] else self.side_by_side(a), one))
                elif batches[a]:
                    v.append(slots[a])
                else:
                    u.append(places[a])
            elif batches[a] and batches[b]:
                # The one that was made last comes first: in all sums of a run the same way.
                pair = (slots[a], slots[b]) if a > b else (slots[b], slots[a])
                (vv if sign > 0 else vv_minus).append(pair)
            else:
                if batches[b]:
                    a, b = b, a
                pair = (slots[a] if batches[a] else self.side_by_side(a), places[b])
                (vu if sign > 0 else vu_minus).append(pair)
        arrange((vv, vv_minus, vu, vu_minus, v, u), reduces=head is REDUCE)
        indices = [x for pair in chain(vv, vv_minus, vu, vu_minus) for x in pair] + v + u
        counts = (len(vv), len(vv_minus), len(vu), len(vu_minus), len(v), len(u))
        return Row(value, counts, indices, NOWHERE)

    def functions_of(self, head: Kind, values: list[Index]) -> None:
        program, places, words = self.program, self.places.of, self.words
        if head is TAKE:
            for value in values:
                index, *table = program.operation(value)[1]
                all_uniform = not any(program.batch_of(x) for x in table)
                rows = [places[x] if all_uniform else self.side_by_side(x) for x in table]
                at = self.side_by_side(index)
                self.slots[value] = self.take(1)
                words += [OPS["V_TAKE"], self.slots[value], at, 0 if all_uniform else 1, len(rows), *rows]
            return
        by_kind: dict[int, list[list[int]]] = {}
        for value in values:
            operands = program.operation(value)[1]
            uniform = [not program.batch_of(x) for x in operands]
            kind = sum(1 << i for i, is_uniform in enumerate(uniform) if is_uniform)
            if len(operands) == 2:
                kind = {0: 0, 2: 1, 1: 2}[kind]
            row = [places[x] if is_uniform else self.slots[x] for x, is_uniform in zip(operands, uniform)]
            by_kind.setdefault(kind, []).append([*row, value])
        for kind, sortable in by_kind.items():
            sortable.sort()
            first = self.take(len(sortable))
            out: list[int] = []
            for i, (*row, made) in enumerate(sortable):
                self.slots[Index(made)] = Slot(first + i)
                out += [first + i, *row]
            if head is SELECT:
                words += [OPS["V_SELECT"], kind, len(sortable), *out]
            elif len(row) == 1:
                words += [OPS["V_CALL1"], FUNCTIONS[head.name], len(sortable), *out]
            else:
                words += [OPS["V_CALL2"], FUNCTIONS[head.name], kind, len(sortable), *out]
