"""What kind of wrong an answer is: the mistakes that people make with the chain rule, each with its number.

They follow from the structure of the line: a product that lacks a factor, a sum that lacks a term, a sign, a 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd.engine import rules
from autograd.explanations.algebra import CHAIN, MANY, Rest, Symbol, evaluated, text
from autograd.explanations.lines import Line


class Mistake(NamedTuple):
    """A wrong answer that can be foreseen.

    Args:
        answer: the number that it leads to.
        kind: ``"sign"``, ``"factor 2"``, ``"path"``, ``"factor"`` or ``"activation"``.
        message: what to tell the learner.
    """

    answer: float
    kind: str
    message: str


class Verdict(NamedTuple):
    """What is said of an answer.

    Args:
        right: whether it is within the tolerance.
        kind: of the mistake, if it is a known one; else ``""``.
        message: what to tell the learner.
    """

    right: bool
    kind: str
    message: str


def mistakes(line: Line, answer: float, tolerance: float) -> tuple[Mistake, ...]:
    """The foreseeable wrong answers to a line, the most telling first; none is within the tolerance of another."""
    found: list[Mistake] = []
    for mistake in _foreseen(line, answer):
        taken = [answer, *(m.answer for m in found)]
        if math.isfinite(mistake.answer) and all(abs(mistake.answer - x) > 2 * tolerance for x in taken):
            found.append(mistake)
    return tuple(found)


def _foreseen(line: Line, answer: float) -> Iterator[Mistake]:
    yield Mistake(-answer, "sign", "The sign is wrong.")
    formula = line.formulas[-1]
    terms = list(formula.operands) if getattr(formula, "notation", None) is MANY else [formula]
    if not any(isinstance(term, Rest) for term in terms):
        for term in terms if len(terms) > 1 else ():
            yield Mistake(
                answer - evaluated(term), "path", f"A path is forgotten: the term {text(term)} is missing from the sum."
            )
    for term in terms:
        if getattr(term, "notation", None) is CHAIN:
            yield from _without_a_factor(term.operands, answer, evaluated(term))
    if line.kind != "value":
        yield from _without_a_part(formula)
    if line.kind == "value":
        inner: tuple[Any, ...] = getattr(line.formulas[0], "operands", ())
        if len(inner) == 1 and isinstance(inner[0], Symbol):
            yield Mistake(evaluated(inner[0]), "activation", f"The function is forgotten: this is {text(inner[0])}.")
    yield Mistake(2 * answer, "factor 2", "It is twice the right number.")
    yield Mistake(answer / 2, "factor 2", "It is half of the right number.")


def _without_a_part(formula: Any) -> Iterator[Mistake]:
    """Of a partial that is a product, a·(1 - a), each factor forgotten."""
    parts: list[Any] = []
    while getattr(formula, "notation", None) is rules.mul.notation:
        formula, last = formula.operands
        parts.insert(0, last)
    parts.insert(0, formula)
    for i, part in enumerate(parts if len(parts) > 1 else ()):
        others = math.prod([evaluated(x) for k, x in enumerate(parts) if k != i])
        yield Mistake(others, "factor", f"The factor {text(part)} is forgotten.")


def _without_a_factor(factors: Sequence[Symbol], answer: float, product: float) -> Iterator[Mistake]:
    for i, factor in enumerate(factors):
        others = math.prod(x.number for k, x in enumerate(factors) if k != i)
        yield Mistake(answer - product + others, "factor", f"The factor {text(factor)} is forgotten.")
