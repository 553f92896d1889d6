"""The lines of an explanation, symbol = formula = numbers put in = value, and blocks of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd.explanations.algebra import Symbol, left_out, text


@dataclass(frozen=True)
class Step:
    """A line of an explanation as data.

    Args:
        name: what it says something of: ``"a_o1"`` or ``"∂a_o1/∂o1"``.
        formula: what that is, as text; ``""`` if the line only gives a number.
        numbers: the formula with numbers put in.
        value: the number, to full precision.
        kind: ``"factor"`` of the chain rule, ``"gradient"``, ``"value"``, ``"update"`` or ``"rule"``.
        note: a remark, ``""`` as a rule.
    """

    name: str
    formula: str
    numbers: str
    value: float
    kind: str
    note: str = ""


class Line(NamedTuple):
    """The same, not yet written in a style."""

    symbol: Symbol
    formulas: tuple[Any, ...]  # equal ones; numbers are put into the last
    value: float
    kind: str
    note: str = ""

    def step(self, digits: int) -> Step:
        """As data."""
        formula = " = ".join(text(e, digits=digits) for e in self.formulas)
        numbers = text(self.formulas[-1], True, digits) if self.formulas else ""
        return Step(text(self.symbol), formula, numbers, self.value, self.kind, self.remark())

    def remark(self) -> str:
        """The note, and how many terms a long sum has."""
        count = max(map(left_out, self.formulas), default=0)
        return "; ".join(part for part in (self.note, f"{count:,} terms" if count else "") if part)


class Block(NamedTuple):
    """Lines that belong together, with the conclusion that follows from them."""

    lines: list[Line]
    conclusion: Line | None = None  # its formula stands above the lines, its numbers below
    heading: str = ""

    def all_lines(self) -> list[Line]:
        """The lines, the conclusion last."""
        return [*self.lines, *([self.conclusion] if self.conclusion else [])]


def natural(label: str) -> list[tuple[int, str]]:
    """A key that sorts w2 before w10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split("([0-9]+)", label)]
