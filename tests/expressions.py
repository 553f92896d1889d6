"""Random expressions, as data: straight-line programs that can be applied to any kind of number.

An :class:`Expression` is a list of steps. Slots 0, 1, 2 ... hold the leaves, then the constants, then the result of
each step; a step names a primitive and the slots of its operands, so a slot that is used twice is a shared
subexpression. The same expression runs on floats, on Values, on ``mpmath`` numbers, or on another engine's numbers:
``apply`` takes the functions to run it with.

Expressions are in their domain by construction. While one is drawn it is computed, and each step is one of those
primitives that are defined, smooth and of moderate size at the operands drawn.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

import autograd
from autograd import rules
from autograd.rules import RULES
from tests import truth

OPERATORS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "abs": operator.abs,
}

# As a program writes them: operators, and the public functions (two rows have none).
AS_WRITTEN: dict[str, Callable[..., Any]] = {
    name: OPERATORS.get(name) or getattr(autograd, name, None) or rules.named(name) for name in RULES
}

MARGIN = 0.01  # this far, at least, from a kink, a jump, or the edge of a domain
SMALLEST, LARGEST = 1e-4, 1e4  # the size of every intermediate result that isn't 0


class Step(NamedTuple):
    """One operation: a primitive of the rule table, and the slots of its operands."""

    name: str
    operands: tuple[int, ...]


class Expression(NamedTuple):
    """A straight-line program, and a point of its domain."""

    point: tuple[float, ...]
    constants: tuple[float, ...]
    steps: tuple[Step, ...]

    def slots(
        self, functions: Mapping[str, Callable[..., Any]], leaves: tuple[Any, ...], constant: Any = float
    ) -> list[Any]:
        """Every number of the program: leaves, constants (each through ``constant``), then the steps' results."""
        numbers = [*leaves, *map(constant, self.constants)]
        for name, operands in self.steps:
            numbers.append(functions[name](*(numbers[i] for i in operands)))
        return numbers

    def apply(self, functions: Mapping[str, Callable[..., Any]], *leaves: Any, constant: Any = float) -> Any:
        """The result of the last step."""
        return self.slots(functions, leaves, constant)[-1]

    def __str__(self) -> str:
        names = [f"x{i}" for i in range(len(self.point))] + [repr(c) for c in self.constants]
        lines = [f"x{i} = {x!r}" for i, x in enumerate(self.point)]
        for i, (name, operands) in enumerate(self.steps):
            lines.append(f"y{i} = {name}({', '.join(names[k] for k in operands)})")
            names.append(f"y{i}")
        return "\n".join(lines)


def is_inside(name: str, operands: tuple[float, ...]) -> bool:
    """Whether the primitive is defined, smooth and of moderate size at the operands and around them."""
    rule = RULES[name]
    if name == "pow" and operands[0] < 0:
        return False  # a Value as exponent has no derivative there; test_value.py has the whole exponents
    if name in truth.DISTANCE_TO_EDGE and truth.DISTANCE_TO_EDGE[name](*operands) < MARGIN:
        return False
    around = [tuple(x + MARGIN * sign for x in operands) for sign in (-1, 0, 1)]
    try:
        return all(rule.domain.contains(*x) and _is_moderate(rule.value(*x)) for x in around)
    except (ArithmeticError, ValueError):
        return False


def _is_moderate(x: float) -> bool:
    return x == 0 or SMALLEST <= abs(x) <= LARGEST


def numbers() -> st.SearchStrategy[float]:
    """Leaves and constants: neither 0 nor large, of both signs, whole ones among them."""
    positive = st.one_of(st.integers(1, 4).map(float), st.floats(0.01, 5.0))
    return st.builds(math.copysign, positive, st.sampled_from((1.0, -1.0)))


@st.composite
def expressions(draw: st.DrawFn, names: tuple[str, ...] = tuple(RULES), max_steps: int = 12) -> Expression:
    """Random expressions of the primitives with those names."""
    point = tuple(draw(st.lists(numbers(), min_size=1, max_size=4)))
    constants = tuple(draw(st.lists(numbers(), max_size=2)))
    values = [*point, *constants]
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, max_steps))):
        slots = st.integers(0, len(values) - 1)
        a, b = draw(slots), draw(slots)
        possible = [name for name in names if is_inside(name, (values[a], values[b])[: RULES[name].arity])]
        if not possible:
            continue
        rule = RULES[draw(st.sampled_from(possible))]
        step = Step(rule.name, (a, b)[: rule.arity])
        steps.append(step)
        values.append(rule.value(*(values[i] for i in step.operands)))
    return Expression(point, constants, tuple(steps) or (Step("neg", (0,)),))
