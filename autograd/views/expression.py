"""Numbers that are only written: a name, a constant, or an operation on such. They have no value.

A partial derivative in the rule table is a function of numbers. Given these, it returns its own formula. What would
need a value, an ``if`` or ``float(x)``, raises a ``TypeError``; ``where`` is written as a choice between cases.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from autograd.engine import rules
from autograd.engine.notation import CASES, Notation, infix, prefix
from autograd.engine.styles import AND, COMPARISON, NOT, OR
from autograd.transforms.operators import Operators

_SIGNS: Final = {operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">="}
_COMPARISONS: Final = {how: infix(sign, COMPARISON) for how, sign in _SIGNS.items()}
_AND: Final = infix("and", AND)
_OR: Final = infix("or", OR)
_NOT: Final = prefix("not", NOT)


class Expression(Operators):
    """A number that is only written.

    >>> x = Expression("x")
    >>> rules.sin(x) * 2, x < 1
    (<expression *>, <condition <>)
    """

    __slots__ = ("leaf", "notation", "operands")

    level = 1 << 62  # it does every operation that it takes part in
    is_written = True
    __hash__ = object.__hash__

    def __init__(self, leaf: str | float, notation: Notation | None = None, operands: tuple[Any, ...] = ()) -> None:
        self.leaf = leaf  # a name or a constant
        self.notation = notation  # of an operation
        self.operands = operands

    def __apply_rule__(self, rule: rules.Rule, operands: tuple[Any, ...]) -> Expression:
        if rule is rules.acos and isinstance(operands[0], Expression) and operands[0].leaf == -1:
            return Expression("π")  # as the rules spell it, so that it has as many digits as their operands
        return Expression("", rule.notation, operands)

    def _apply(self, rule: rules.Rule, *others: Any) -> Any:
        return rule(self, *others)

    def _compare(self, how: Callable[[Any, Any], Any], other: Any) -> Any:
        return Condition(_COMPARISONS[how], (self, other))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        raise _no_value("==")

    @property
    def data(self) -> float:
        """There is none.

        Raises:
            TypeError: always.
        """
        raise _no_value(".data")

    def __bool__(self) -> bool:
        raise _no_value("an if")

    def __float__(self) -> float:
        raise _no_value("float()")

    def __int__(self) -> int:
        raise _no_value("int()")

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"<expression {self.notation.symbol if self.notation else self.leaf}>"


class Condition:
    """A comparison of written numbers, for ``where``; ``&``, ``|`` and ``~`` combine them."""

    __slots__ = ("notation", "operands")

    __hash__ = object.__hash__

    def __init__(self, notation: Notation, operands: tuple[Any, ...]) -> None:
        self.notation = notation
        self.operands = operands

    def __choose__(self, a: Any, b: Any) -> Expression:
        """a where the condition holds, else b. A choice in b is one more case of this one."""
        others = b.operands if isinstance(b, Expression) and b.notation is CASES else (b,)
        return Expression("", CASES, (a, self, *others))

    def __and__(self, other: Condition) -> Condition:
        return Condition(_AND, (self, other))

    def __or__(self, other: Condition) -> Condition:
        return Condition(_OR, (self, other))

    def __invert__(self) -> Condition:
        return Condition(_NOT, (self,))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        raise _no_value("==")

    def __bool__(self) -> bool:
        raise _no_value("an if")

    def __repr__(self) -> str:
        return f"<condition {self.notation.symbol}>"


def _no_value(what: str) -> TypeError:
    return TypeError(f"a number that is only written has no value for {what}; choose with where(condition, a, b)")
