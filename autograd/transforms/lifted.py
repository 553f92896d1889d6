"""Numbers that carry a derivative on top of another number, whatever kind that is.

``Value`` carries a float. Derivatives of derivatives need a number that carries a number that carries ...: that is a
lifted one, of the world of a transform (``worlds.py``). The world below does the arithmetic: with floats there,
derivatives are floats; with fractions, exact; with ``mpmath.mpf``, to as many digits; with SymPy symbols, formulas;
with Values, they are recorded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mypy_extensions import mypyc_attr

from autograd.engine import graph, rules
from autograd.engine.kinds import compares_itself, like, number, plain
from autograd.engine.modes import refuse_backward, refuse_to_leave
from autograd.engine.value import Value
from autograd.transforms.operators import Operators
from autograd.transforms.worlds import LIFTED, World, refuse_ended

if TYPE_CHECKING:
    from types import TracebackType


@mypyc_attr(allow_interpreted_subclasses=True)
class Lifted(Operators):
    """A number of some world: ``primal`` is the number of the world below. Behaves as a number in every respect."""

    __slots__ = ("level", "primal", "world")

    primal: Any
    world: World
    level: int  # of the world

    def __hash__(self) -> int:
        return object.__hash__(self)

    @property
    def data(self) -> float:
        """The number at the bottom, as a float."""
        return number(self.primal)

    @property
    def label(self) -> str:
        """Only Values keep labels; here one may be given, and is forgotten."""
        return ""

    @label.setter
    def label(self, label: str) -> None:
        pass

    def backward(self) -> None:
        """There is none inside a transform.

        Raises:
            LostDerivative: always.
        """
        refuse_backward()

    def __apply_rule__(self, rule: rules.Rule, operands: tuple[Any, ...]) -> Any:
        return self.world.apply(rule, operands)

    def _apply(self, rule: rules.Rule, *others: Any) -> Any:
        return rule(self, *others)

    def _compare(self, how: Callable[[Any, Any], Any], other: Any) -> Any:
        return NotImplemented if compares_itself(other) else how(self.primal, below(self.level, other))

    def __eq__(self, other: object) -> Any:
        return self._compare(operator.eq, other)

    def __ne__(self, other: object) -> Any:
        return self._compare(operator.ne, other)

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __float__(self) -> float:
        if self.world.is_open:
            refuse_to_leave("float()")
        return float(self.primal)

    def __int__(self) -> int:
        if self.world.is_open:
            refuse_to_leave("int()")
        return int(self.primal)

    def __format__(self, spec: str) -> str:
        return format(self.primal, spec)

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} of {self.primal!r}>"


@mypyc_attr(allow_interpreted_subclasses=True)
class LiftedWorld(World):
    """A world of lifted numbers."""

    def __enter__(self) -> World:
        LIFTED.add(self.level)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        LIFTED.discard(self.level)
        super().__exit__(kind, error, trace)

    def read(self, y: Any) -> Any:
        """See World."""
        return below(self.level, y)

    def primals_of(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands as the world below sees them, plain numbers among them of the kind of the others.

        Else the 3 in x / 3 would stay a whole number, whose reciprocal, the partial, is a float; and the 0 in 0 * x,
        which is the partial, would be 0 by the table.

        Raises:
            LostDerivative: this world has ended, or one that an operand belongs to.
        """
        if not self._is_open:
            refuse_ended()
        top: Any = None
        for x in operands:
            if isinstance(x, Lifted) and x.level == self.level:
                top = x.primal
                break
        is_float = isinstance(top, (float, Value))
        primals = []
        for x in operands:
            if isinstance(x, Lifted):
                if x.level == self.level:
                    x = x.primal
            elif isinstance(x, Value):
                if graph.is_of_ended(x):
                    refuse_ended()
            else:
                if type(x) is not float:
                    x = plain(x)
                if type(x) is int or (type(x) is float and not is_float):
                    x = float(x) if is_float else like(top, x)
            primals.append(x)
        return tuple(primals)


def on_floats(x: Any) -> bool:
    """Whether a number is a float at the bottom, or a Value: then a float beside it stays as it is."""
    while isinstance(x, Lifted):
        x = x.primal
    return type(x) is float or isinstance(x, Value)


def below(level: int, x: Any) -> Any:
    """x in the world below that level: its primal if it has that level, else x itself, a constant there."""
    return x.primal if isinstance(x, Lifted) and x.level == level else x
