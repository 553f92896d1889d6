"""An explanation in each of its forms: text, Markdown, LaTeX, MathML, data."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from autograd.engine.notation import LATEX, MATHML, TEXT
from autograd.engine.styles import Style
from autograd.explanations.algebra import named, written
from autograd.explanations.lines import Block, Line, Step


class Explanation:
    """What :func:`autograd.explain` returns. ``print`` shows the text, a notebook the formulas.

    Attributes:
        value: the number that is explained; a tuple of them where several were asked for.
        steps: the lines as data, a tuple of :class:`Step`.
        text: aligned columns of plain text. Labels stay as they are.
        markdown: headings and formulas between dollar signs.
        latex: an ``aligned`` formula for each block, between ``\\[`` and ``\\]``; it needs amsmath.
        mathml: a ``<math>`` element for each block.
    """

    def __init__(
        self, blocks: Sequence[Block], value: float | tuple[float, ...], digits: int = 6, numbers: bool = True
    ) -> None:
        self.blocks = [block for block in blocks if block.lines or block.conclusion]
        self.value = value
        self.digits = digits
        self.numbers = numbers

    @property
    def steps(self) -> tuple[Step, ...]:
        """The lines as data."""
        return tuple(line.step(self.digits) for block in self.blocks for line in block.all_lines())

    @property
    def text(self) -> str:
        """Aligned columns of plain text."""
        return "\n\n".join(self._as_text(block) for block in self.blocks)

    @property
    def latex(self) -> str:
        """Formulas for a document with amsmath."""
        parts = []
        for block in self.blocks:
            heading = [LATEX.words(block.heading + ":")] if block.heading else []
            lines = [_aligned(cells, r" &= ", LATEX) for cells in self._rows(block, LATEX)]
            body = " \\\\[4pt]\n".join([*(f"& {words}" for words in heading), *lines])
            parts.append(f"\\[\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n\\]")
        return "\n\n".join(parts)

    @property
    def markdown(self) -> str:
        """Formulas between double dollar signs, as Jupyter and GitHub show them."""
        parts = []
        for block in self.blocks:
            lines = [_aligned(cells, " &= ", LATEX) for cells in self._rows(block, LATEX)]
            body = " \\\\\n".join(lines)
            heading = f"{block.heading}:\n\n" if block.heading else ""
            parts.append(f"{heading}$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$")
        return "\n\n".join(parts)

    @property
    def mathml(self) -> str:
        """MathML Core, which browsers show without help."""
        parts = []
        for block in self.blocks:
            rows = ""
            for cells in self._rows(block, MATHML):
                first, *others = cells
                equals = "".join(_cell(f"<mrow><mo>=</mo>{cell}</mrow>", "left") for cell in others)
                rows += f"<mtr>{_cell(first, 'right')}{equals}</mtr>"
            heading = f"<p>{html.escape(block.heading)}:</p>" if block.heading else ""
            table = f'<mtable displaystyle="true">{rows}</mtable>'
            parts.append(f"{heading}<div>{MATHML.whole(table)}</div>")
        return "\n".join(parts)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Explanation: {len(self.steps)} steps; print() shows them>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": self.text, "text/markdown": self.markdown}

    def __rich__(self) -> Any:
        from rich.text import Text

        shown = Text(self.text, no_wrap=True)
        shown.highlight_regex(r"∂[^\s=·]+", "cyan")
        shown.highlight_regex(r"= (-?[0-9.]+(?:e[-+][0-9]+)?)$", "bold")
        return shown

    # --- Rows of cells ---

    def _rows(self, block: Block, style: Style) -> list[list[str]]:
        """For each line the cells between the equals signs."""
        end = block.conclusion
        if not end:
            return [self._cells(line, style) for line in block.lines]
        above = self._cells(end, style, numbers=False)
        rows = [above, *(self._cells(line, style) for line in block.lines)]
        if self.numbers:
            rows.append(self._cells(end, style, formulas=False))
        elif end.remark():
            rows[0][-1] = style.remark(rows[0][-1], f"({end.remark()})")
        return rows

    def _cells(self, line: Line, style: Style, formulas: bool = True, numbers: bool = True) -> list[str]:
        numbers = numbers and self.numbers
        cells = [named(line.symbol, style).text]
        if formulas:
            cells += [written(e, style, False, self.digits).text for e in line.formulas]
        if numbers:
            value = style.number(line.value, self.digits).text
            if line.formulas:
                with_numbers = written(line.formulas[-1], style, True, self.digits).text
                if with_numbers not in (value, cells[-1]):
                    cells.append(with_numbers)
            if cells[-1] != value or len(cells) == 1:
                cells.append(value)
        if line.remark() and (numbers or not line.formulas):
            cells[-1] = style.remark(cells[-1], f"({line.remark()})")
        return cells

    def _as_text(self, block: Block) -> str:
        heading = [block.heading + ":"] if block.heading else []
        if not block.conclusion:
            return "\n".join([*heading, *_columns([self._cells(x, TEXT) for x in block.lines])])
        rows = self._rows(block, TEXT)
        last = [rows.pop()] if self.numbers else []
        above, *lines = rows
        inner = ["  " + line for line in _columns(lines)]
        return "\n".join([*heading, " = ".join(above), *inner, *(" = ".join(cells) for cells in last)])


def _columns(rows: Sequence[list[str]]) -> list[str]:
    """The cells of each row between equals signs, below each other; the values are the last column."""
    if not rows:
        return []
    most = max(map(len, rows))
    padded = [[*row[:-1], *[""] * (most - len(row)), row[-1]] if len(row) > 1 else row for row in rows]
    widths = [max((len(row[i]) for row in padded if i < len(row)), default=0) for i in range(most)]
    lines = []
    for row in padded:
        text = f"{row[0]:<{widths[0]}}"
        for cell, width in zip(row[1:], widths[1:]):
            text += f" = {cell:<{width}}" if cell else " " * (width + 3)
        lines.append(text.rstrip())
    return lines


def _aligned(cells: Sequence[str], sign: str, style: Style) -> str:
    first, *others = cells
    return first + sign + " = ".join(others) if others else first


def _cell(content: str, side: str) -> str:
    return f'<mtd style="text-align: {side}; padding: 0.25em">{content}</mtd>'
