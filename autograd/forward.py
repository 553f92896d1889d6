"""Forward mode: a number and its tangent travel together.

For ``y = f(a, b)`` the tangent is ``ẏ = ∂y/∂a · ȧ + ∂y/∂b · ḃ``, computed right after y from the rule table's
partials. One run of the function gives its value and its derivative in one direction, and nothing is recorded.
"""

from __future__ import annotations

from typing import Any

from autograd.lifted import Lifted, primals_of
from autograd.modes import MODES, admits
from autograd.rules import Rule


class Dual(Lifted):
    """A primal and its tangent."""

    __slots__ = ("tangent",)

    tangent: Any

    def __init__(self, level: int, primal: Any, tangent: Any) -> None:
        self.level = level
        self.primal = primal
        self.tangent = tangent

    def __apply_rule__(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        level = self.level
        primals = primals_of(self, operands)
        y = rule(*primals)
        tangent: Any = 0
        for x, partial in zip(operands, rule.partials):
            if isinstance(x, Dual) and x.level == level:
                tangent = plus(tangent, times(x.tangent, partial(*primals, y)))
        if MODES.active and not admits(rule, primals, y, tangent):
            return y
        return Dual(level, y, tangent)

    # Sums and products of two duals of one level, which are most of any program, without the detour by the table.

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Dual) and other.level == self.level and not MODES.active:
            return Dual(self.level, self.primal + other.primal, plus(self.tangent, other.tangent))
        return Lifted.__add__(self, other)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Dual) and other.level == self.level and not MODES.active:
            tangent = plus(times(self.tangent, other.primal), times(other.tangent, self.primal))
            return Dual(self.level, self.primal * other.primal, tangent)
        return Lifted.__mul__(self, other)


# The table says 1, -1 and 0 as whole numbers. They stay symbolic here: nothing is computed with them, and where the
# numbers are Values nothing is recorded; a fraction stays a fraction.


def times(g: Any, partial: Any) -> Any:
    """g · partial."""
    if type(partial) is int:
        if partial == 1:
            return g
        if partial == 0:
            return 0
        if partial == -1:
            return -g
    if type(g) is int:
        if g == 1:
            return partial
        if g == 0:
            return 0
    return g * partial


def plus(a: Any, b: Any) -> Any:
    """a + b."""
    if type(a) is int and a == 0:
        return b
    if type(b) is int and b == 0:
        return a
    return a + b


def tangent_of(level: int, x: Any) -> Any:
    """The tangent of x at that level: 0 for what doesn't depend on the input."""
    return x.tangent if isinstance(x, Dual) and x.level == level else 0
