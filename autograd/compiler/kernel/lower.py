"""Lower: a program becomes words for the kernel, and every value a place in memory.

There is one memory ``M`` for all that is uniform: first the inputs, then the outputs, constants, data, and temporaries.
A varying value has a *slot* of ``V``, which holds one block of samples at a time, side by side in lanes. Reductions are
added up in accumulators.

Instructions that don't wait for each other come in any order, so they are sorted: by depth, which is the number of
sums on the longest way to an input, then by kind. The rows of a matrix times a vector, or the gradients by its
weights, are then neighbours, and their operands stand in memory at regular distances. Such a *run* becomes one
instruction with strides: its header, and most of its indices, are read once for all of its rows. Nothing here knows
what a matrix is; it is found by looking at the places.

``kernel.c`` says what the words mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from autograd.compiler.kernel.memory import Intervals
from autograd.compiler.place import Section, place
from autograd.compiler.program import COLUMN, CONSTANT, DATA, REDUCE, SELECT, SUM, TAKE, Program

LONGEST: Final = 1 << 16  # rows of one instruction
_WIDE: Final = 8  # numbers that are worth a vector


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


class Row(NamedTuple):
    """A sum, by the places of its factors: ``indices`` are those of pairs and then of single factors, by ``counts``."""

    value: int
    counts: tuple[int, ...]
    indices: list[int]
    fixed: int  # where the result has to go; -1: anywhere


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
        self.places = [*range(program.inputs), *[-1] * len(program.ops)]  # in M, of uniform values; -1: none yet
        self.sources: dict[int, tuple[int, int]] = {}  # varying values that are read from M: first place, stride
        self.fixed: dict[int, int] = {}  # uniform values that are outputs: where they go

    def run(self) -> Lowered:
        self.lay_out_constants()
        self.one = self.constant([1.0])
        settled = self.place_outputs()
        table = []
        for section, needed in zip(self.sections, self.needed_later()):
            if section.batch:
                table.append(_Varying(self, section, needed).run())
            else:
                table.append(self.uniform_section(section))
        table += self.remaining_outputs(settled)
        return Lowered(array("i", self.words), table, self.size, self.constants)

    def constant(self, numbers: Sequence[float]) -> int:
        """The place in M of numbers that stand there before the program runs."""
        self.constants.append((self.size, numbers))
        self.size += len(numbers)
        return self.size - len(numbers)

    def lay_out_constants(self) -> None:
        numbers: list[float] = []
        stored: dict[int, int] = {}
        for value, (head, operands, _) in enumerate(self.program.ops, start=self.program.inputs):
            if head is CONSTANT:
                self.places[value] = self.size + len(numbers)
                numbers.append(operands[0])
            elif head is COLUMN:
                self.sources[value] = operands
        if numbers:
            self.constant(numbers)
        for value, (head, operands, _) in enumerate(self.program.ops, start=self.program.inputs):
            if head is DATA:
                data = operands[0]
                if id(data) not in stored:
                    stored[id(data)] = self.constant(data)
                self.sources[value] = (stored[id(data)], 1)

    def place_outputs(self) -> set[int]:
        """Have uniform results computed right where they go; the numbers of the outputs that this settles."""
        settled = set()
        for number, (value, out) in enumerate(zip(self.program.outputs, self.layout)):
            is_made = value >= self.program.inputs and self.places[value] < 0 and not self.program.batch_of(value)
            if is_made and value not in self.fixed and not out.samples:
                self.fixed[value] = self.outputs_at + out.start
                settled.add(number)
        return settled

    def needed_later(self) -> list[set[int]]:
        """For each section the varying values that a later one needs."""
        made_in = {value: number for number, section in enumerate(self.sections) for value in section.values}
        needed: list[set[int]] = [set() for _ in self.sections]
        for number, section in enumerate(self.sections if len(self.sections) > 1 else []):
            for value in section.values:
                for x in self.program.used_by(value):
                    if self.program.batches[x] and made_in.get(x, number) != number:
                        needed[made_in[x]].add(x)
        return needed

    def new_places(self, rows: int) -> int:
        """Consecutive places in M for the results of a run."""
        self.size += rows
        return self.size - rows

    # --- Uniform sections ---

    def uniform_section(self, section: Section) -> Words:
        begin = len(self.words)
        for head, values in _by_depth(self.program, section.values):
            if head is SUM:
                rows = [self.uniform_row(value) for value in values]
                for run in _runs(rows, by=1) if len(rows) > 1 else [rows]:
                    fixed = run[0].fixed
                    first = fixed if fixed >= 0 else self.new_places(len(run))
                    for i, row in enumerate(run):
                        self.places[row.value] = first + i
                    self.uniform_sums(run, first)
            else:
                self.uniform_functions(head, values)
        return Words(0, begin, len(self.words))

    def uniform_row(self, value: int) -> Row:
        places = self.places
        plus: list[tuple[int, int]] = []
        minus: list[tuple[int, int]] = []
        single: list[int] = []
        for a, b, sign in self.program.operation(value)[1]:
            if b >= 0:
                x, y = places[a], places[b]
                (plus if sign > 0 else minus).append((x, y) if x <= y else (y, x))
            elif sign > 0:
                single.append(places[a])
            else:
                minus.append((places[a], self.one))
        for terms in (plus, minus, single):
            if len(terms) > 1:
                terms.sort()
        indices = [x for pair in (*plus, *minus) for x in pair]
        return Row(value, (len(plus), len(minus), len(single)), indices + single, self.fixed.get(value, -1))

    def uniform_sums(self, run: list[Row], first: int) -> None:
        plus, minus, single = run[0].counts
        indices = run[0].indices
        is_wide = len(run) >= _WIDE or plus >= _WIDE or minus >= _WIDE
        if is_wide:
            strides = _differences(run)
            tiles = _tiles(indices, strides, 0, plus)
            tiles_minus = _tiles(indices, strides, plus, plus + minus)
        if not is_wide or not _is_worth_it(len(run), [*tiles, *tiles_minus]):
            for i, row in enumerate(run):
                self.words += [self.ops["U_SUM"], first + i, *row.counts, *row.indices]
            return
        self.words += [self.ops["U_ROWS"], first, len(run), len(tiles), len(tiles_minus), single]
        for tile in (*tiles, *tiles_minus):
            self.words += tile
        for at in range(2 * (plus + minus), len(indices)):
            self.words += [indices[at], strides[at]]

    def uniform_functions(self, head: Any, values: list[int]) -> None:
        places, words, ops = self.places, self.words, self.ops
        rows = [
            [self.fixed.get(value, -1), *[places[x] for x in self.program.operation(value)[1]], value]
            for value in values
        ]
        rows.sort()
        first = self.new_places(len(rows))
        out: list[int] = []
        for i, (fixed, *operands, value) in enumerate(rows):
            places[value] = fixed if fixed >= 0 else first + i
            if head is TAKE:
                index, *table = operands
                words += [ops["U_TAKE"], places[value], index, len(table), *table]
            else:
                out += [places[value], *operands]
        if head is SELECT:
            words += [ops["U_SELECT"], len(rows), *out]
        elif head is not TAKE:
            words += [ops[f"U_CALL{len(operands)}"], self.functions[head.name], len(rows), *out]

    # --- Outputs that no instruction makes: inputs, constants, values returned twice ---

    def remaining_outputs(self, settled: set[int]) -> list[Words]:
        program, words, ops = self.program, self.words, self.ops
        begin = len(words)
        batches: dict[int, list[tuple[int, Output]]] = {}
        for number, (value, out) in enumerate(zip(program.outputs, self.layout)):
            if number in settled or (program.batch_of(value) and value not in self.sources):
                continue  # there already: a varying value is stored where it is made
            if out.samples:
                batches.setdefault(out.samples, []).append((value, out))
            else:
                words += [ops["U_SUM"], self.outputs_at + out.start, 0, 0, 1, self.places[value]]
        table = [Words(0, begin, len(words))] if len(words) > begin else []
        for batch, outs in batches.items():
            begin = len(words)
            for value, out in outs:
                if program.batch_of(value):
                    words += [ops["V_LOAD"], 1, 0, *self.sources[value]]
                else:
                    words += [ops["V_SUM"], 0, 0, 0, 0, 0, 0, 1, self.places[value]]
                words += [ops["V_STORE"], 1, 0, self.outputs_at + out.start, out.stride]
            table.append(Words(batch, begin, len(words), 1))
        return table


class _Varying:
    """A varying section: its slots are its own, and are used again when nobody needs what is in them."""

    def __init__(self, whole: _Lowering, section: Section, needed_later: set[int]) -> None:
        self.whole = whole
        self.program = whole.program
        self.section = section
        self.words = whole.words
        self.ops = whole.ops
        self.functions = whole.functions
        self.slots: dict[int, int] = {}  # of varying values, and of uniform ones that are needed side by side
        self.free = Intervals()
        self.accumulators: list[int] = []  # the reductions, in order
        self.needed_later = needed_later
        self.stores: dict[int, list[Output]] = {}
        for value, out in zip(self.program.outputs, whole.layout):
            if self.program.batch_of(value) and value not in whole.sources:
                self.stores.setdefault(value, []).append(out)

    def run(self) -> Words:
        begin = len(self.words)
        groups = _by_depth(self.program, self.section.values)
        to_load = set(self.whole.sources)
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
        for value in self.accumulators:
            fixed = self.whole.fixed
            self.whole.places[value] = fixed[value] if value in fixed else self.whole.new_places(1)
        self.words += [self.whole.places[value] for value in self.accumulators]
        return Words(self.section.batch, begin, end, self.free.top, len(self.accumulators))

    def last_uses(self, groups: list[tuple[Any, list[int]]]) -> list[list[int]]:
        """For each group of instructions the values that nobody needs after it."""
        last: dict[int, int] = {}
        for number, (_, values) in enumerate(groups):
            last.update(dict.fromkeys(values, number))
            for value in values:
                last.update(dict.fromkeys(self.program.used_by(value), number))
        dying: list[list[int]] = [[] for _ in groups]
        for value, number in last.items():
            dying[number].append(value)
        return dying

    def load(self, values: list[int]) -> None:
        rows = []
        for x in values:
            self.slots[x] = self.free.take(1)
            rows += [self.slots[x], *self.whole.sources[x]]
        if rows:
            self.words += [self.ops["V_LOAD"], len(values), *rows]

    def side_by_side(self, x: int) -> int:
        """The slot of a value, for an instruction that takes no uniform operand there."""
        if x not in self.slots:
            self.slots[x] = self.free.take(1)
            self.words += [self.ops["V_SUM"], self.slots[x], 0, 0, 0, 0, 0, 1, self.whole.places[x]]
        return self.slots[x]

    def store(self, values: list[int]) -> None:
        """Store what was made where it is needed: in results, and for later sections."""
        if not self.stores and not self.needed_later:
            return
        rows: list[int] = []
        for value in values:
            for out in self.stores.get(value, ()):
                rows += [self.slots[value], self.whole.outputs_at + out.start, out.stride]
            if value in self.needed_later:
                at = self.whole.new_places(self.section.batch)
                self.whole.sources[value] = (at, 1)
                rows += [self.slots[value], at, 1]
        if rows:
            self.words += [self.ops["V_STORE"], len(rows) // 3, *rows]

    def sums(self, head: Any, values: list[int]) -> None:
        rows = [self.row(head, value) for value in values]
        runs = [_oriented(run) for run in _runs(rows, by=0)]
        first = 0
        if head is SUM:
            first = self.free.take(len(rows))  # side by side, so that who uses them finds regular distances
        for grid in _grids(runs, head is REDUCE):
            made = [row.value for run in grid for row in run]
            if head is REDUCE:
                first = len(self.accumulators)
                self.accumulators += made
            else:
                self.slots.update((value, first + i) for i, value in enumerate(made))
            kind = "R_" if head is REDUCE else "V_"
            if len(grid) > 1 or (head is REDUCE and len(made) > 1 and _is_grid(grid[0], reduces=True)):
                self.grid_of_sums(kind, first, grid)
            else:
                self.run_of_sums(kind, first, grid[0])
            first += len(made)

    def run_of_sums(self, kind: str, first: int, run: list[Row]) -> None:
        counts, indices = run[0].counts, run[0].indices
        if kind == "R_":
            counts = counts[:-1]
        if len(run) == 1:
            self.words += [self.ops[kind + "SUM"], first, *counts, *indices]
            return
        strides = _differences(run)
        pairs = sum(counts[:4])
        self.words += [self.ops[kind + "ROWS"], first, len(run), *counts]
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
        along = _differences(run)
        pairs = vv + vu
        counts = [vv] if kind == "R_" else [vu, v]
        self.words += [self.ops[kind + "GRID"], first, len(grid), len(run), *counts]
        for at in range(0, 2 * pairs, 2):
            self.words += [*indices[at : at + 2], down[at], along[at + 1]]
        for at in range(2 * pairs, len(indices)):
            self.words += [indices[at], down[at], along[at]]

    def row(self, head: Any, value: int) -> Row:
        program, places, slots, one = self.program, self.whole.places, self.slots, self.whole.one
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
        for pairs in (vv, vv_minus, vu, vu_minus):
            pairs.sort()
        v.sort()
        u.sort()
        indices = [x for pair in chain(vv, vv_minus, vu, vu_minus) for x in pair] + v + u
        counts = (len(vv), len(vv_minus), len(vu), len(vu_minus), len(v), len(u))
        return Row(value, counts, indices, -1)

    def functions_of(self, head: Any, values: list[int]) -> None:
        program, places, words, ops = self.program, self.whole.places, self.words, self.ops
        if head is TAKE:
            for value in values:
                index, *table = program.operation(value)[1]
                all_uniform = not any(program.batch_of(x) for x in table)
                rows = [places[x] if all_uniform else self.side_by_side(x) for x in table]
                at = self.side_by_side(index)
                self.slots[value] = self.free.take(1)
                words += [ops["V_TAKE"], self.slots[value], at, 0 if all_uniform else 1, len(rows), *rows]
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
            first = self.free.take(len(sortable))
            out: list[int] = []
            for i, (*row, value) in enumerate(sortable):
                self.slots[value] = first + i
                out += [first + i, *row]
            if head is SELECT:
                words += [ops["V_SELECT"], kind, len(sortable), *out]
            elif len(row) == 1:
                words += [ops["V_CALL1"], self.functions[head.name], len(sortable), *out]
            else:
                words += [ops["V_CALL2"], self.functions[head.name], kind, len(sortable), *out]


def _by_depth(program: Program, values: Sequence[int]) -> list[tuple[Any, list[int]]]:
    """The values of a section in groups of one kind that don't use each other: by depth, and then by kind.

    A depth is two numbers: how many sums are on the way to the value, and how many functions after the last of them. So
    what comes after a long chain of comparisons still meets its like, which come after a short one. A reduction counts
    as a function: it comes as soon as it can, so that the places of its operands can be used again.
    """
    inputs, ops, used = program.inputs, program.ops, program.used
    depth = [-1] * len(program)  # sums · 2^32 + functions
    groups: dict[tuple[int, int], list[int]] = {}
    heads: dict[Any, int] = {}
    kinds: list[Any] = []
    for value in values:
        head = ops[value - inputs][0]
        deepest = max(map(depth.__getitem__, used[value - inputs]))
        at = depth[value] = ((deepest >> 32) + 1) << 32 if head is SUM else deepest + 1
        if head not in heads:
            heads[head] = len(kinds)
            kinds.append(head)
        groups.setdefault((at, heads[head]), []).append(value)
    return [(kinds[kind], groups[at, kind]) for at, kind in sorted(groups)]


def _runs(rows: list[Row], by: int) -> list[list[Row]]:
    """The sums, sorted and cut into runs: within one, from row to row, each index advances by the same.

    They are sorted by the first factors of their pairs, or by the second (by = 1), so that the rows of a run have those
    in common: the activations, of which there are fewer than weights.
    """
    rows.sort(key=lambda row: (row.counts, row.fixed, row.indices[by::2], row.indices[1 - by :: 2]))
    runs: list[list[Row]] = []
    step: list[int] = []
    for row in rows:
        run = runs[-1] if runs else []
        if run and row.counts == run[0].counts and len(run) < LONGEST and _follows(row, run, step):
            if len(run) == 1:
                step = [x - y for x, y in zip(row.indices, run[0].indices)]
            run.append(row)
        else:
            runs.append([row])
    return runs


def _oriented(run: list[Row]) -> list[Row]:
    """The run, with the factors of a product of varying values exchanged where all rows share the second one."""
    vv = sum(run[0].counts[:2])
    strides = _differences(run)
    turned = [at for at in range(0, 2 * vv, 2) if strides[at] and not strides[at + 1]]
    if not turned:
        return run
    for row in run:
        for at in turned:
            row.indices[at], row.indices[at + 1] = row.indices[at + 1], row.indices[at]
    return run


def _grids(runs: list[list[Row]], reduces: bool) -> list[list[list[Row]]]:
    """Runs, put together where they follow each other as rows do, and the kernel knows such grids.

    That is where all rows of a run have the first factors of their pairs in common, and all runs the second ones, and
    neighbouring runs are a constant distance apart. A single run is a grid of its own.
    """
    grids: list[list[list[Row]]] = []
    step: list[int] = []
    for run in runs:
        grid = grids[-1] if grids else []
        if grid and _is_next(run, grid, step, reduces):
            if len(grid) == 1:
                step = [x - y for x, y in zip(run[0].indices, grid[0][0].indices)]
            grid.append(run)
        else:
            grids.append([run])
    return grids


def _is_grid(run: list[Row], reduces: bool) -> bool:
    """Whether the rows of the run have the first factors of their pairs in common, and all kinds of terms are known."""
    vv, vv_minus, vu, vu_minus, v, u = run[0].counts
    if vv_minus or vu_minus or u or ((vu or v) if reduces else (vv or not vu)):
        return False
    return not any(_differences(run)[0 : 2 * (vv + vu) : 2])


def _is_next(run: list[Row], grid: list[list[Row]], step: list[int], reduces: bool) -> bool:
    last = grid[-1]
    if run[0].counts != last[0].counts or len(run) != len(last) or len(run) == 1:
        return False
    if len(run) * (len(grid) + 1) > LONGEST or not _is_grid(run, reduces) or _differences(run) != _differences(last):
        return False
    down = [x - y for x, y in zip(run[0].indices, last[0].indices)]
    vv, _, vu, *_ = run[0].counts
    return not any(down[1 : 2 * (vv + vu) : 2]) and (len(grid) == 1 or down == step)


class Tile(NamedTuple):
    """Products of a run of sums, at regular distances: term j of row i is M[a + i·ia + j·ja]·M[b + i·ib + j·jb]."""

    a: int
    ia: int
    ja: int
    b: int
    ib: int
    jb: int
    terms: int


def _tiles(indices: list[int], strides: list[int], begin: int, end: int) -> list[Tile]:
    """The pairs from begin to end, in as few tiles as neighbouring pairs make."""
    tiles: list[Tile] = []
    for at in range(2 * begin, 2 * end, 2):
        a, b = indices[at], indices[at + 1]
        ia, ib = strides[at], strides[at + 1]
        if tiles:
            last = tiles[-1]
            if last.ia == ia and last.ib == ib:
                n = last.terms
                ja, jb = (a - last.a, b - last.b) if n == 1 else (last.ja, last.jb)
                if a - last.a == n * ja and b - last.b == n * jb:
                    tiles[-1] = Tile(last.a, ia, ja, last.b, ib, jb, n + 1)
                    continue
        tiles.append(Tile(a, ia, 0, b, ib, 0, 1))
    return tiles


def _is_worth_it(rows: int, tiles: list[Tile]) -> bool:
    """Whether the kernel can use its vectors for these rows: along them, or along their terms."""
    along_rows = rows >= _WIDE and all(tile.ia in (0, 1) and tile.ib in (0, 1) for tile in tiles)
    along_terms = any(tile.terms >= _WIDE and tile.ja == tile.jb == 1 for tile in tiles)
    return along_rows or along_terms


def _follows(row: Row, run: list[Row], step: list[int]) -> bool:
    last = run[-1]
    if row.fixed != (last.fixed + 1 if last.fixed >= 0 else -1):
        return False
    return len(run) == 1 or [x - y for x, y in zip(row.indices, last.indices)] == step


def _differences(run: list[Row]) -> list[int]:
    if len(run) == 1:
        return [0] * len(run[0].indices)
    return [x - y for x, y in zip(run[1].indices, run[0].indices)]
