"""``exercise``: questions made of a graph, in the form that a course uses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from autograd.engine import graph
from autograd.engine.rules import LEAF
from autograd.engine.value import Value
from autograd.explanations.exercises import paper, prairielearn
from autograd.explanations.exercises.moodle import moodle
from autograd.explanations.exercises.questions import Question, question
from autograd.explanations.replay import recipe
from autograd.files import write_whole


class Exercise:
    """Questions about one computation, with other numbers for each seed. See :func:`exercise`."""

    def __init__(self, v: Value, ask: list[Value], seeds: list[int], digits: int, title: str) -> None:
        self._recipe = recipe(v, ask)
        self.seeds = seeds
        self.digits = digits
        self.title = title

    def __repr__(self) -> str:
        return f"<Exercise: {self.title!r}, {len(self.seeds)} questions>"

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """One for each seed: statement, given numbers, and the steps in their order."""
        return tuple(question(self._recipe, seed, self.digits) for seed in self.seeds)

    def to_moodle(self, path: str | os.PathLike[str]) -> Path:
        """Write Moodle XML: a category with a cloze question for each seed. Wrong answers get a diagnosis."""
        return write_whole(path, moodle(self.questions, self.title))

    def to_prairielearn(self, folder: str | os.PathLike[str]) -> Path:
        """Write a question of PrairieLearn, which makes numbers and answers for any seed with this engine."""
        return prairielearn.write(folder, self._recipe, self.digits, self.title)

    def to_markdown(self) -> str:
        """The sheets, then their solutions."""
        return paper.markdown(self.questions, self.title)

    def to_latex(self) -> str:
        """The same as a LaTeX document."""
        return paper.latex(self.questions, self.title)


def exercise(
    v: Value,
    ask: Value | Iterable[Value] | None = None,
    *,
    seeds: Iterable[int] = range(20),
    digits: int = 4,
    title: str | None = None,
) -> Exercise:
    """Questions about a computation: every number of the forward pass, and the gradients by the chain rule.

    Each seed gives the labelled leaves other numbers, near those that they have. These are rounded first, and the
    answers are computed from the rounded ones.

    Args:
        v: the result of the computation.
        ask: the Values whose gradients are asked for; those of all labelled leaves, if it isn't given.
        seeds: a question each.
        digits: significant digits of the numbers that are given and of those that are asked for.
        title: of the exercise; ``"Gradients of ..."`` if it isn't given.

    Raises:
        TypeError: something isn't a Value.
        ValueError: nothing can be asked for, or ``digits`` isn't between 1 and 12.

    >>> from autograd import Value, sigmoid
    >>> w, x = Value(0.8, "w"), Value(0.5, "x")
    >>> a = sigmoid(w * x)
    >>> a.label = "a"
    >>> sheet = exercise(a, w, seeds=[1], digits=3)
    >>> step = sheet.questions[0].steps[-1]
    >>> step.name, step.formula
    ('∂a/∂w', 'a * (1 - a) * x')
    >>> step.diagnose(-step.answer).message
    'The sign is wrong.'
    """
    if not isinstance(v, Value):
        raise TypeError(f"an exercise is made of a Value, not {type(v).__name__}: {v!r:.60}")
    if not hasattr(digits, "__index__") or not 1 <= digits <= 12:
        raise ValueError(f"digits is a whole number between 1 and 12, not {digits!r:.60}")
    chosen: list[Value]
    if ask is None:
        order = graph.topological_order(v)
        chosen = [node for node in order if node._rule is LEAF and node.label and node is not v]
    else:
        chosen = list(ask) if hasattr(ask, "__iter__") else [ask]
    for x in chosen:
        if not isinstance(x, Value):
            raise TypeError(f"ask takes Values, not {type(x).__name__}: {x!r:.60}")
    if not hasattr(seeds, "__iter__"):
        raise TypeError(f"seeds are several whole numbers, a question each, not {seeds!r:.60}; write range(20)")
    numbers = list(seeds)
    for seed in numbers:
        if not hasattr(seed, "__index__"):
            raise TypeError(f"a seed is a whole number, not {type(seed).__name__}: {seed!r:.60}; write seeds=range(20)")
    if not chosen or not numbers:
        raise ValueError("there is nothing to ask for: label the leaves, as in Value(2.0, 'x'), and give a seed")
    return Exercise(v, chosen, numbers, digits, title or f"Gradients of {v.label or 'y'}")
