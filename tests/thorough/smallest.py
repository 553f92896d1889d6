"""The smallest expression on which an engine is still wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autograd.testing import Expression
from autograd.testing.expression import pruned

SIMPLE = (1.0, 2.0, 0.5, 3.0, -1.0, -2.0)


def smallest(e: Expression, fails: Callable[[Expression], bool]) -> Expression:
    """Leave out and simplify for as long as it still fails."""
    tried = {e}
    while True:
        for smaller in _smaller(e):
            if smaller not in tried and smaller.steps:
                tried.add(smaller)
                try:
                    failing = fails(smaller)
                except (ArithmeticError, ValueError):  # out of its domain
                    failing = False
                if failing:
                    e = smaller
                    break
        else:
            return e


def _smaller(e: Expression) -> Iterator[Expression]:
    """Programs that are a little simpler, those that save the most first."""
    leaves, first = len(e.point), len(e.point) + len(e.constants)
    for k in range(len(e.steps) - 1):
        yield pruned(e, first + k)
    for k, (_, operands) in enumerate(e.steps):  # a step's operand in place of its result
        for other in dict.fromkeys(operands):
            steps = tuple((name, tuple(other if i == first + k else i for i in used)) for name, used in e.steps)
            yield pruned(Expression(e.point, steps, e.constants), other if k == len(e.steps) - 1 else -1)
    for i in range(leaves):
        for j in range(i):
            yield _with_slot(e, i, j)
        for x in SIMPLE[: SIMPLE.index(e.point[i]) if e.point[i] in SIMPLE else None]:
            yield Expression((*e.point[:i], x, *e.point[i + 1 :]), e.steps, e.constants)
        if e.point[i] != round(e.point[i], 1):
            yield Expression((*e.point[:i], round(e.point[i], 1), *e.point[i + 1 :]), e.steps, e.constants)
    for i in range(len(e.constants)):
        for x in SIMPLE[: SIMPLE.index(e.constants[i]) if e.constants[i] in SIMPLE else None]:
            yield Expression(e.point, e.steps, (*e.constants[:i], x, *e.constants[i + 1 :]))


def _with_slot(e: Expression, old: int, new: int) -> Expression:
    steps = tuple((name, tuple(new if i == old else i for i in used)) for name, used in e.steps)
    return pruned(Expression(e.point, steps, e.constants))
