"""Rows: sums that follow each other at regular distances become one instruction. Pure functions on lists of ints.

Instructions that don't wait for each other come in any order, so they are sorted. The rows of a matrix times a vector,
or the gradients by its weights, are then neighbours, and their operands stand in memory at regular distances. Such a
*run* becomes one instruction with strides: its header, and most of its indices, are read once for all of its rows.
Nothing here knows what a matrix is; it is found by looking at the places.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from autograd.compiler.program import Index

LONGEST: Final = 1 << 16  # rows of one instruction
WIDE: Final = 8  # numbers that are worth a vector


class Row(NamedTuple):
    """A sum, by the places of its factors: ``indices`` has pairs, then single factors, as ``counts`` says."""

    value: Index
    counts: tuple[int, ...]
    indices: list[int]
    fixed: int  # where the result has to go; -1: anywhere


def runs(rows: list[Row], by: int) -> list[list[Row]]:
    """The sums, sorted and cut into runs: within one, from row to row, each index advances by the same.

    They are sorted by the first factors of their pairs, or by the second (by = 1), so that the rows of a run have those
    in common: the activations, of which there are fewer than weights.
    """
    rows.sort(key=lambda row: (row.counts, row.fixed, row.indices[by::2], row.indices[1 - by :: 2]))
    found: list[list[Row]] = []
    step: list[int] = []
    for row in rows:
        run = found[-1] if found else []
        if run and row.counts == run[0].counts and len(run) < LONGEST and _follows(row, run, step):
            if len(run) == 1:
                step = [x - y for x, y in zip(row.indices, run[0].indices)]
            run.append(row)
        else:
            found.append([row])
    return found


def oriented(run: list[Row]) -> list[Row]:
    """The run, with the factors of a product of varying values exchanged where all rows share the second one."""
    vv = sum(run[0].counts[:2])
    strides = differences(run)
    turned = [at for at in range(0, 2 * vv, 2) if strides[at] and not strides[at + 1]]
    if not turned:
        return run
    for row in run:
        for at in turned:
            row.indices[at], row.indices[at + 1] = row.indices[at + 1], row.indices[at]
    return run


def grids(cut: list[list[Row]], reduces: bool) -> list[list[list[Row]]]:
    """Runs, put together where they follow each other as rows do, and the kernel knows such grids.

    That is where all rows of a run have the first factors of their pairs in common, and all runs the second ones, and
    neighbouring runs are a constant distance apart. A single run is a grid of its own.
    """
    found: list[list[list[Row]]] = []
    step: list[int] = []
    for run in cut:
        grid = found[-1] if found else []
        if grid and _is_next(run, grid, step, reduces):
            if len(grid) == 1:
                step = [x - y for x, y in zip(run[0].indices, grid[0][0].indices)]
            grid.append(run)
        else:
            found.append([run])
    return found


def is_grid(run: list[Row], reduces: bool) -> bool:
    """Whether the rows of the run have the first factors of their pairs in common, and all kinds of terms are known."""
    vv, vv_minus, vu, vu_minus, v, u = run[0].counts
    if vv_minus or vu_minus or u or ((vu or v) if reduces else (vv or not vu)):
        return False
    return not any(differences(run)[0 : 2 * (vv + vu) : 2])


def _is_next(run: list[Row], grid: list[list[Row]], step: list[int], reduces: bool) -> bool:
    last = grid[-1]
    if run[0].counts != last[0].counts or len(run) != len(last) or len(run) == 1:
        return False
    if len(run) * (len(grid) + 1) > LONGEST or not is_grid(run, reduces) or differences(run) != differences(last):
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


def tiles(indices: list[int], strides: list[int], begin: int, end: int) -> list[Tile]:
    """The pairs from begin to end, in as few tiles as neighbouring pairs make."""
    found: list[Tile] = []
    for at in range(2 * begin, 2 * end, 2):
        a, b = indices[at], indices[at + 1]
        ia, ib = strides[at], strides[at + 1]
        if found:
            last = found[-1]
            if last.ia == ia and last.ib == ib:
                n = last.terms
                ja, jb = (a - last.a, b - last.b) if n == 1 else (last.ja, last.jb)
                if a - last.a == n * ja and b - last.b == n * jb:
                    found[-1] = Tile(last.a, ia, ja, last.b, ib, jb, n + 1)
                    continue
        found.append(Tile(a, ia, 0, b, ib, 0, 1))
    return found


def is_worth_it(rows: int, tiles: list[Tile]) -> bool:
    """Whether the kernel can use its vectors for these rows: along them, or along their terms."""
    along_rows = rows >= WIDE and all(tile.ia in (0, 1) and tile.ib in (0, 1) for tile in tiles)
    along_terms = any(tile.terms >= WIDE and tile.ja == tile.jb == 1 for tile in tiles)
    return along_rows or along_terms


def _follows(row: Row, run: list[Row], step: list[int]) -> bool:
    last = run[-1]
    if row.fixed != (last.fixed + 1 if last.fixed >= 0 else -1):
        return False
    return len(run) == 1 or [x - y for x, y in zip(row.indices, last.indices)] == step


def differences(run: list[Row]) -> list[int]:
    """By how much each index advances from row to row."""
    if len(run) == 1:
        return [0] * len(run[0].indices)
    return [x - y for x, y in zip(run[1].indices, run[0].indices)]
