"""Numbers that carry a derivative on top of another number, whatever kind that is.

``Value`` carries a float. Derivatives of derivatives need a number that carries a number that carries ...: each call
of a transform opens a *level*, a whole number larger than that of every level opened before, and the numbers it makes
belong to it. An operation is done by the operand of the highest level, to which the others, of lower levels, are
constants. That is all there is to nesting derivatives without confusing their perturbations (Siskind and Pearlmutter,
"Nesting forward-mode AD in a functional framework", 2008).

The level below does the arithmetic: with floats there, derivatives are floats; with fractions, exact; with
``mpmath.mpf``, as precise as those; with SymPy symbols, formulas; with Values, they are recorded.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from autograd import rules
from autograd.kinds import compares_itself, like
from autograd.methods import Functions
from autograd.modes import TAPE
from autograd.value import Value

_levels = itertools.count(1)
_open: ContextVar[int] = ContextVar("open levels", default=0)


@contextmanager
def new_level() -> Iterator[int]:
    """Open a level: its number, for as long as the block lasts."""
    token = _open.set(_open.get() + 1)
    try:
        yield next(_levels)
    finally:
        _open.reset(token)


def tape_for(numbers: Iterable[Any]) -> Any:
    """The tape of the function that is being traced here, if these numbers are all plain or on it; else None."""
    tape = TAPE.get()
    return None if tape is None or any(isinstance(x, Lifted) for x in numbers) else tape


def on_the_ground() -> bool:
    """True if no level is open here."""
    return _open.get() == 0


class Lifted(Functions):
    """A number of some level: ``primal`` is the number of the level below. Behaves as a number in every respect."""

    __slots__ = ("level", "primal")

    primal: Any
    level: int

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
        raise NotImplementedError

    def _apply(self, rule: rules.Rule, *others: Any) -> Any:
        return rule(self, *others)

    def __add__(self, other: Any) -> Any:
        return rules.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return rules.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return rules.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return rules.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return rules.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return rules.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return rules.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return rules.div(other, self)

    def __pow__(self, other: Any) -> Any:
        return rules.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return rules.pow(other, self)

    def __neg__(self) -> Any:
        return rules.neg(self)

    def __pos__(self) -> Any:
        return self

    def __lt__(self, other: Any) -> Any:
        return NotImplemented if compares_itself(other) else self.primal < below(self.level, other)

    def __le__(self, other: Any) -> Any:
        return NotImplemented if compares_itself(other) else self.primal <= below(self.level, other)

    def __gt__(self, other: Any) -> Any:
        return NotImplemented if compares_itself(other) else self.primal > below(self.level, other)

    def __ge__(self, other: Any) -> Any:
        return NotImplemented if compares_itself(other) else self.primal >= below(self.level, other)

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


def primals_of(top: Lifted, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands as the level below sees them, plain numbers among them of the kind of the others.

    Else the 3 in x / 3 would stay a whole number, whose reciprocal, the partial, is a float.
    """
    level = top.level
    if isinstance(top.primal, (float, Value)):
        return tuple([below(level, x) for x in operands])
    return tuple([like(top.primal, x) if type(x) is int or type(x) is float else below(level, x) for x in operands])


def below(level: int, x: Any) -> Any:
    """What x is to the level below ``level``: its primal if it's of that level, else itself, a constant there."""
    return x.primal if isinstance(x, Lifted) and x.level == level else x
