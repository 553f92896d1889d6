"""Expressions well inside their domains, for truths that edges spoil.

``autograd.testing.expressions`` goes to the edges on purpose: to 1e-300 and 1e300, to the float next to a kink, to
where a derivative is nearly infinite. There mpmath's differences of third order don't converge with 50 digits, a SymPy
formula that is put together for one side of a kink is on the wrong one, and another library may rightly give another
number. So what is compared with these is drawn here: the same class, points of moderate size, away from every
singularity. Constants may meet constants, and rows without a public function are drawn, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from autograd.engine.rules import RULES
from autograd.testing import Expression
from tests import truth

NAMES = tuple(name for name, rule in RULES.items() if not rule.constant)  # whose operands are any numbers
MARGIN = 0.01  # this far, at least, from a kink, a jump, or the edge of a domain
SMALLEST, LARGEST = 1e-4, 1e4  # the size of every intermediate result that isn't 0


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
def moderate(draw: st.DrawFn, names: tuple[str, ...] = NAMES, max_steps: int = 12) -> Expression:
    """Random expressions of the primitives with those names."""
    point = tuple(draw(st.lists(numbers(), min_size=1, max_size=4)))
    constants = tuple(draw(st.lists(numbers(), max_size=2)))
    values = [*point, *constants]
    steps: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(draw(st.integers(1, max_steps))):
        slots = st.integers(0, len(values) - 1)
        a, b = draw(slots), draw(slots)
        possible = [name for name in names if is_inside(name, (values[a], values[b])[: RULES[name].arity])]
        if not possible:
            continue
        rule = RULES[draw(st.sampled_from(possible))]
        operands = (a, b)[: rule.arity]
        steps.append((rule.name, operands))
        values.append(rule.value(*(values[i] for i in operands)))
    return Expression(point, tuple(steps) or (("neg", (0,)),), constants)


def with_constants(expression: Expression, number: Callable[[float], Any]) -> Expression:
    """The same with constants of another kind of number."""
    return replace(expression, constants=tuple(map(number, expression.constants)))
