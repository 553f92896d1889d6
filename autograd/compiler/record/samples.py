"""Derivatives where a batch is taken apart into the numbers of its samples, and where it is made of them.

A *pick* is the number of one sample, *lanes* are made of a number for each. In reverse mode they are each other's
adjoint: what is sent to the picks of a varying value becomes one value of lanes, 0 for samples that nobody picked; and
what is sent to lanes is picked apart. Both are choices, so they have guards: a sample that wasn't picked has no
derivative at all, also where a partial is infinite.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.compiler.program import NONE, SUM, Index, Term
from autograd.compiler.record.trace import Trace


class Picks:
    """In reverse mode, the adjoints that were sent to single samples of varying values, with their guards."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._sent: dict[Index, dict[int, list[tuple[Index, Index]]]] = {}

    def send(self, operands: tuple[Index, int], adjoint: Index, guard: Index) -> None:
        """A pick with these operands has that adjoint; its guard may be NONE."""
        a, sample = operands
        self._sent.setdefault(a, {}).setdefault(sample, []).append((adjoint, guard))

    def __contains__(self, value: Index) -> bool:
        return value in self._sent

    def take(self, value: Index) -> tuple[Index, Index]:
        """All that was sent to a value's samples as one adjoint, and its guard: NONE if all samples always count."""
        trace, sent = self.trace, self._sent.pop(value)
        size = trace.batch_of(value)
        zero, one = trace.constant(0.0), trace.constant(1.0)
        adjoints, guards = [zero] * size, [zero] * size
        for sample, pairs in sent.items():
            adjoints[sample] = _added(trace, [adjoint for adjoint, _ in pairs])
            several = [guard for _, guard in pairs]
            guards[sample] = one if NONE in several else _either(trace, several)
        return trace.lanes(adjoints), NONE if all(guard == one for guard in guards) else trace.lanes(guards)


def pulled_apart(
    trace: Trace, operands: Sequence[Index], adjoint: Index, guard: Index, start: Index, depends: bytearray
) -> list[tuple[Index, Term, Index]]:
    """The adjoints that lanes send to each of their numbers, with their guards."""
    return [
        (x, (trace.pick(adjoint, sample), NONE, 1), NONE if guard == NONE else trace.pick(guard, sample))
        for sample, x in enumerate(operands)
        if x >= start and depends[x - start]
    ]


def put_together(trace: Trace, parts: Sequence[Index | None]) -> Index:
    """Lanes of tangents or of guards: 0 for a sample that has none, 1 where a guard is NONE."""
    zero, one = trace.constant(0.0), trace.constant(1.0)
    return trace.lanes([zero if x is None else one if x == NONE else x for x in parts])


def _added(trace: Trace, values: Sequence[Index]) -> Index:
    return values[0] if len(values) == 1 else trace.append(SUM, tuple([(x, NONE, 1) for x in values]), 0)


def _either(trace: Trace, guards: Sequence[Index]) -> Index:
    """1 where one of them is: 1 - (1 - g)·(1 - h)·..."""
    one = trace.constant(1.0)
    first, *more = dict.fromkeys(guards)
    if not more:
        return first
    neither = one
    for guard in (first, *more):
        neither = trace.product(neither, trace.sum([(one, NONE, 1), (guard, NONE, -1)]))
    return trace.sum([(one, NONE, 1), (neither, NONE, -1)])
