"""Order: exact sums, whose terms the kernel is to add up as they stand in the program.

An instruction of the kernel has its terms in groups, by the kinds of their operands: ``words`` lists them. A sum whose
terms don't come in the order of these groups is made of several, each of them the first term of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.compiler.passes.flatten import SHORT
from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import NONE, SUM, Program, Term


def arrange(groups: Sequence[list[Any]], reduces: bool = False) -> None:
    """Sort the terms of a sum within their groups, as far as their order doesn't count: regular rows are found so."""
    if reduces or sum(map(len, groups)) > SHORT:
        for terms in groups:
            terms.sort()
        return
    for terms in groups:
        if terms:
            terms[:2] = sorted(terms[:2])  # those that are added first
            return


def in_order(program: Program) -> Program:
    """The same program, in which the terms of each exact sum come in the order of the kernel's groups."""
    cuts = {}
    for value, (head, terms, batch) in program.instructions():
        if head is SUM and 2 < len(terms) <= SHORT:  # of two terms each may be the first
            parts = _parts([_group(program, term, batch > 0) for term in terms], single=4 if batch else 2)
            if len(parts) > 1:
                cuts[value] = parts
    if not cuts:
        return program
    out = Rewriting(program)
    for value, (head, operands, batch) in out.instructions():
        (begin, end), *more = cuts.get(value, [(0, len(operands))])
        made = out.emit(head, operands[begin:end] if more else operands, batch)
        for begin, end in more:
            made = out.emit(head, ((made, NONE, 1), *operands[begin:end]), batch)
        out.forward(value, made)
    return out.finish()


def _group(program: Program, term: Term, varies: bool) -> int:
    """The number of the group that a term stands in: see words.py."""
    a, b, sign = term
    if not varies:
        return 1 if sign < 0 else 2 if b == NONE else 0
    if b == NONE:
        return 3 if sign < 0 else 4 if program.batches[a] else 5
    both = program.batches[a] and program.batches[b]
    return (0 if both else 2) + (sign < 0)


def _parts(groups: Sequence[int], single: int) -> list[tuple[int, int]]:
    """The terms of each sum that it takes, as (begin, end); single is the group of the sum before."""
    parts: list[tuple[int, int]] = []
    begin = 0
    last: list[int] = []  # the groups of the sum so far
    for at, group in enumerate(groups):
        if last and group < last[-1] and len(last) > 1:
            parts.append((begin, at))
            begin, last = at, [single]
        last = sorted([*last, group])  # the first two may change places
    return [*parts, (begin, len(groups))]
