"""An exercise on paper, as Markdown and as a LaTeX document: the sheet, and its solution."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.engine.notation import LATEX
from autograd.explanations.exercises.questions import Ask, Question
from autograd.views.render import visible

_HEAD = r"""\documentclass[a4paper]{article}
\usepackage{amsmath, amssymb}
\usepackage[margin=25mm]{geometry}
\setlength{\parindent}{0pt}
\begin{document}
"""


def markdown(questions: Sequence[Question], title: str) -> str:
    """Tables to fill in, then the solutions."""
    parts = [f"# {_code(title)[1:-1]}"]
    for question in questions:
        given = "".join(f"| {_cell(name)} | {number:.15g} |\n" for name, number in question.given.items())
        formulas = "\n".join(f"- {_code(line)}" for line in question.statement)
        blanks = "".join(f"| {_cell(step.name)} | |\n" for step in question.steps)
        parts.append(
            f"## Sheet {question.seed}\n\nGiven:\n\n| | |\n|---|---:|\n{given}\nWith\n\n{formulas}\n\n"
            f"compute:\n\n| | |\n|---|---|\n{blanks}"
        )
    for question in questions:
        rows = "".join(
            f"| {_cell(s.name)} | {_cell(s.formula)} | {_cell(s.numbers)} | {s.shown:.15g} |\n" for s in question.steps
        )
        parts.append(f"## Solution {question.seed}\n\n| | formula | with numbers | value |\n|---|---|---|---:|\n{rows}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def latex(questions: Sequence[Question], title: str) -> str:
    """A document with a section for each sheet, then the solutions. It needs amsmath."""
    parts = [_HEAD, rf"\section*{{{_words(title)}}}"]
    for question in questions:
        given = r",\quad ".join(
            rf"{LATEX.label(name).text} = {LATEX.number(x, 15).text}" for name, x in question.given.items()
        )
        formulas = "\n".join(rf"\item $\displaystyle {line}$" for line in question.latex)
        blanks = "\n".join(
            rf"\item $\displaystyle {step.latex[0]} = {{}}$\underline{{\hspace{{4cm}}}}" for step in question.steps
        )
        parts.append(
            rf"\subsection*{{Sheet {question.seed}}}"
            f"\nGiven: ${given}$.\n\nWith\n\\begin{{itemize}}\n{formulas}\n\\end{{itemize}}\n"
            f"compute\n\\begin{{enumerate}}\n{blanks}\n\\end{{enumerate}}\n\\newpage"
        )
    for question in questions:
        rows = "\n".join(rf"\item {_solution(step)}" for step in question.steps)
        parts.append(
            rf"\subsection*{{Solution {question.seed}}}" + f"\n\\begin{{enumerate}}\n{rows}\n\\end{{enumerate}}"
        )
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def _solution(step: Ask) -> str:
    return rf"$\displaystyle {' = '.join(step.latex)} = {LATEX.number(step.shown, 15).text}$"


def _words(text: str) -> str:
    return LATEX.words(visible(text))


def _code(text: str) -> str:
    """As code, which Markdown leaves alone: between more backticks than there are in it."""
    text = visible(text)
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def _cell(text: str) -> str:
    return _code(text.replace("|", "∣"))
