"""The questions of an exercise: given numbers, and steps with their answers. Data, of which every form is made."""

from __future__ import annotations

import hashlib
import html
import math
from dataclasses import dataclass

from autograd.engine.notation import LATEX
from autograd.engine.value import Value
from autograd.explanations.algebra import named, text, written
from autograd.explanations.derivation import Derivation, value_line
from autograd.explanations.exercises.mistakes import Mistake, Verdict, mistakes
from autograd.explanations.lines import Line, natural
from autograd.explanations.replay import Recipe, rounded, varied
from autograd.explanations.stations import Stations
from autograd.views.render import visible

MOST = 60  # steps of a question


@dataclass(frozen=True)
class Ask:
    """One step of a question.

    Args:
        name: what is asked for: ``"a_h1"`` or ``"∂E/∂w5"``.
        answer: the right number, from the given ones.
        tolerance: half a unit of the last digit asked for.
        shown: the answer, rounded to that digit.
        formula: of the answer.
        numbers: the formula with numbers put in.
        hint: what to think of.
        mistakes: wrong answers that can be foreseen.
        latex: name, formula and numbers for math mode.
    """

    name: str
    answer: float
    tolerance: float
    shown: float
    formula: str
    numbers: str
    hint: str
    mistakes: tuple[Mistake, ...]
    latex: tuple[str, ...]

    def diagnose(self, answer: float) -> Verdict:
        """Whether an answer is right, and if not, what kind of wrong it is."""
        if abs(answer - self.shown) <= self.tolerance * (1 + 1e-9):
            return Verdict(True, "", "Right.")
        for mistake in self.mistakes:
            if abs(answer - mistake.answer) <= self.tolerance * (1 + 1e-9):
                return Verdict(False, mistake.kind, mistake.message)
        return Verdict(False, "", f"Not right. Hint: {self.hint}")


@dataclass(frozen=True)
class Question:
    """A question, as one seed makes it.

    Args:
        seed: of the numbers.
        statement: the computation, a formula a line, without numbers.
        given: the numbers, rounded, by label.
        steps: what is asked for, in the order in which it is worked out.
        latex: the statement for math mode.
    """

    seed: int
    statement: tuple[str, ...]
    given: dict[str, float]
    steps: tuple[Ask, ...]
    latex: tuple[str, ...]


def question(recipe: Recipe, seed: int, digits: int) -> Question:
    """The question that a seed makes of a graph."""
    values = varied(recipe, seed, digits)
    stations = Stations(values[-1], [values[i] for i in recipe.wanted])
    forward = [value_line(stations, node, True) for node in _made(stations)]
    given = {stations.name(values[i]): values[i].data for i in recipe.givens()}
    given = dict(sorted(given.items(), key=lambda item: natural(item[0])))
    statement = tuple(f"{text(x.symbol)} = {' = '.join(text(e, digits=digits) for e in x.formulas)}" for x in forward)
    known = dict(zip((text(x.symbol) for x in forward), statement))
    blocks = Derivation(stations).blocks()
    lines = [*forward, *(line for block in blocks for line in block.all_lines() if line.kind != "value")]
    asked = {text(line.symbol): line for line in lines if line.formulas and not line.remark()}
    steps = tuple(_ask(line, digits, known) for line in list(asked.values())[:MOST])
    latex = tuple(" = ".join(_in_latex(x, digits)[:-1]) for x in forward)
    return Question(seed, statement, given, steps, latex)


def in_html(text: str) -> str:
    """The text in HTML, without a brace: in Moodle and in PrairieLearn that has a meaning."""
    return html.escape(visible(text)).replace("{", "&#123;").replace("}", "&#125;")


def fingerprint(question: Question) -> str:
    """A short name of what is asked, whatever the numbers are."""
    asked = "\n".join([*question.statement, *(step.name for step in question.steps)])
    return hashlib.sha256(asked.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def _in_latex(line: Line, digits: int) -> tuple[str, ...]:
    """The name, the formulas, and the last of them with numbers."""
    formulas = [written(e, LATEX, False, digits).text for e in line.formulas]
    return named(line.symbol, LATEX).text, *formulas, written(line.formulas[-1], LATEX, True, digits).text


def _made(stations: Stations) -> list[Value]:
    return [
        node for node in stations.order if node in stations.stations and (node._a is not None or node._b is not None)
    ]


def _ask(line: Line, digits: int, known: dict[str, str]) -> Ask:
    answer = line.value + 0.0
    shown = rounded(answer, digits)
    tolerance = 0.5 * 10.0**-digits if not shown else 0.5 * 10.0 ** (math.floor(math.log10(abs(shown))) + 1 - digits)
    step = line.step(digits)
    if line.kind == "factor" or (line.kind == "gradient" and step.name not in known and "·" not in step.formula):
        above = str(line.symbol.leaf)
        hint = f"differentiate {known.get(above, above)} with respect to {line.symbol.below}."
    else:
        hint = f"{step.name} = {step.formula}"
    found = mistakes(line, answer, tolerance)
    return Ask(step.name, answer, tolerance, shown, step.formula, step.numbers, hint, found, _in_latex(line, digits))
