"""Numbers that carry a derivative on top of another number, whatever kind that is.

``Value`` carries a float. Derivatives of derivatives need a number that carries a number that carries ...: that is a
lifted one, of the world of a transform (``worlds.py``). The world below does the arithmetic: with floats there,
derivatives are floats; with fractions, exact; with ``mpmath.mpf``, to as many digits; with SymPy symbols, formulas;
with Values, they are recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.engine import rules
from autograd.engine.kinds import compares_itself, like
from autograd.engine.value import Value
from autograd.transforms.operators import Operators
from autograd.transforms.worlds import World


class Lifted(Operators):
    """A number of some world: ``primal`` is the number of the world below. Behaves as a number in every respect."""

    __slots__ = ("level", "primal", "world")

    primal: Any
    world: World
    level: int  # of the world

    @property
    def data(self) -> float:
        """The number at the bottom, as a float."""
        return float(self.primal)

    @property
    def label(self) -> str:
        """Only Values keep labels; here one may be given, and is forgotten."""
        return ""

    @label.setter
    def label(self, label: str) -> None:
        pass

    def __apply_rule__(self, rule: rules.Rule, operands: tuple[Any, ...]) -> Any:
        return self.world.apply(rule, operands)

    def _apply(self, rule: rules.Rule, *others: Any) -> Any:
        return rule(self, *others)

    def _compare(self, how: Callable[[Any, Any], Any], other: Any) -> Any:
        return NotImplemented if compares_itself(other) else how(self.primal, below(self.level, other))

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __float__(self) -> float:
        return float(self.primal)

    def __int__(self) -> int:
        return int(self.primal)

    def __format__(self, spec: str) -> str:
        return format(self.primal, spec)

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} of {self.primal!r}>"


class LiftedWorld(World):
    """A world of lifted numbers."""

    def read(self, y: Any) -> Any:
        """See World."""
        return below(self.level, y)

    def primals_of(self, top: Lifted, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands as the world below sees them, plain numbers among them of the kind of the others.

        Else the 3 in x / 3 would stay a whole number, whose reciprocal, the partial, is a float; and the 0 in 0 * x,
        which is the partial, would be 0 by the table.
        """
        level = self.level
        if isinstance(top.primal, (float, Value)):
            return tuple([float(x) if type(x) is int else below(level, x) for x in operands])
        return tuple([like(top.primal, x) if type(x) is int or type(x) is float else below(level, x) for x in operands])


def below(level: int, x: Any) -> Any:
    """What x is to the world below that level: its primal if it's of that level, else itself, a constant there."""
    return x.primal if isinstance(x, Lifted) and x.level == level else x
