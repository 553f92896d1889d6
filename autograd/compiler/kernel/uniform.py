"""Uniform sections in words: sums, rows of them where they stand at regular distances, and calls of functions."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.compiler.kernel.order import arrange
from autograd.compiler.kernel.places import NOWHERE, Place, Places
from autograd.compiler.kernel.rows import WIDE, Row, differences, is_worth_it, runs, tiles
from autograd.compiler.kernel.words import FUNCTIONS, OPS
from autograd.compiler.passes.place import by_depth
from autograd.compiler.program import PICK, SELECT, SUM, TAKE, Index, Kind, Program


def uniform_section(program: Program, places: Places, words: list[int], values: Sequence[Index]) -> None:
    """Append the words that compute these values."""
    for head, alike in by_depth(program, values):
        if head is PICK:
            for value in alike:
                a, sample = program.operation(value)[1]
                first, stride = places.sources[a]
                places.of[value] = Place(first + stride * sample)
            continue
        if head is not SUM:
            _functions(program, places, words, head, alike)
            continue
        rows = [_row(program, places, value) for value in alike]
        for run in runs(rows, by=1) if len(rows) > 1 else [rows]:
            first = Place(run[0].fixed) if run[0].fixed >= 0 else places.take(len(run))
            for i, row in enumerate(run):
                places.of[row.value] = Place(first + i)
            _sums(words, run, first)


def _row(program: Program, places: Places, value: Index) -> Row:
    of = places.of
    plus: list[tuple[int, int]] = []
    minus: list[tuple[int, int]] = []
    single: list[int] = []
    for a, b, sign in program.operation(value)[1]:
        if b >= 0:
            x, y = of[a], of[b]
            (plus if sign > 0 else minus).append((x, y) if x <= y else (y, x))
        elif sign > 0:
            single.append(of[a])
        else:
            minus.append((of[a], places.one))
    arrange((plus, minus, single))
    indices = [x for pair in (*plus, *minus) for x in pair]
    return Row(value, (len(plus), len(minus), len(single)), indices + single, places.fixed.get(value, NOWHERE))


def _sums(words: list[int], run: list[Row], first: Place) -> None:
    plus, minus, single = run[0].counts
    indices = run[0].indices
    is_wide = len(run) >= WIDE or plus >= WIDE or minus >= WIDE
    if is_wide:
        strides = differences(run)
        added = tiles(indices, strides, 0, plus)
        subtracted = tiles(indices, strides, plus, plus + minus)
    if not is_wide or not is_worth_it(len(run), [*added, *subtracted]):
        for i, row in enumerate(run):
            words += [OPS["U_SUM"], first + i, *row.counts, *row.indices]
        return
    words += [OPS["U_ROWS"], first, len(run), len(added), len(subtracted), single]
    for tile in (*added, *subtracted):
        words += tile
    for at in range(2 * (plus + minus), len(indices)):
        words += [indices[at], strides[at]]


def _functions(program: Program, places: Places, words: list[int], head: Kind, values: list[Index]) -> None:
    of = places.of
    rows = [
        [places.fixed.get(value, NOWHERE), *[of[x] for x in program.operation(value)[1]], value] for value in values
    ]
    rows.sort()
    first = places.take(len(rows))
    out: list[int] = []
    for i, (fixed, *operands, value) in enumerate(rows):
        of[value] = Place(fixed if fixed >= 0 else first + i)
        if head is TAKE:
            index, *table = operands
            words += [OPS["U_TAKE"], of[value], index, len(table), *table]
        else:
            out += [of[value], *operands]
    if head is SELECT:
        words += [OPS["U_SELECT"], len(rows), *out]
    elif head is not TAKE:
        words += [OPS[f"U_CALL{len(operands)}"], FUNCTIONS[head.name], len(rows), *out]
