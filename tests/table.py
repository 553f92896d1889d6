"""docs/table.md, the rule table for readers: ``python tests/table.py`` writes the page anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autograd.engine.notation import TEXT
from autograd.engine.rules import RULES, Rule
from autograd.views.formula import partial_formula

PAGE = Path(__file__).resolve().parents[1] / "docs" / "table.md"

HEAD = """\
# The rule table

Every primitive that programs call by its name, as `autograd/engine/rules.py` has it: how it is written, and its
derivatives. *y* is the result. A derivative is the textbook's. Where the engine computes another form of it, which
stays accurate where the textbook's loses its digits, overflows, or has no value, that form stands beside it.
`a if c else b` is a where c holds, else b. Some of these forms are rows of their own, which only partials use: σ′ is
the derivative of σ, λ that of log Φ, and direction(a, b) is a / √(a² + b²).

`python tests/table.py` writes this page, and a test holds it to the table.
"""
TITLES = {1: "Functions of one number", 2: "Functions of two numbers"}


def names_of(rule: Rule) -> list[str]:
    """What the operands are called, as in the row's domain."""
    return ["x"] if rule.arity == 1 else [chr(ord("a") + place) for place in range(rule.arity)]


def page() -> str:
    """The page."""
    parts = [HEAD]
    shown = [rule for rule in RULES.values() if rule.public]
    for arity in sorted({rule.arity for rule in shown}):
        rules = [rule for rule in shown if rule.arity == arity]
        parts.append(f"## {TITLES.get(arity, f'Functions of {arity} numbers')}\n")
        parts.append("\n".join(_aligned([_titles(rules[0]), *map(_row, rules)])) + "\n")
    return "\n".join(parts)


def _titles(rule: Rule) -> list[str]:
    derivatives = ["dy/dx"] if rule.arity == 1 else [f"∂y/∂{name}" for name in names_of(rule)]
    return ["name", "symbol", "y", *derivatives, "computed as", "domain"]


def _row(rule: Rule) -> list[str]:
    names = names_of(rule)
    written = rule.notation.write(TEXT, [TEXT.label(name) for name in names]).text
    textbook, computed = (
        [
            "" if place in rule.constant else partial_formula(rule, place, [*names, "y"], textbook=of_textbook)
            for place in range(rule.arity)
        ]
        for of_textbook in (True, False)
    )
    titles = [""] if rule.arity == 1 else [f"∂y/∂{name}: " for name in names]
    others = [title + _code(ours) for title, ours, theirs in zip(titles, computed, textbook) if ours != theirs]
    return [rule.name, _code(rule.symbol), _code(written), *map(_code, textbook), "<br>".join(others), rule.domain.text]


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|") if text else ""


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        yield f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths))} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
