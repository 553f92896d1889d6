"""The operators of numbers that aren't Values: each applies a row of the table.

``Value`` writes its own out, because they are the heart of the matter. Lifted, traced and written numbers share these.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from mypy_extensions import mypyc_attr

from autograd.engine import rules
from autograd.engine.copying import NO_PICKLE
from autograd.engine.methods import Functions
from autograd.engine.rules import Rule
from autograd.errors import LostDerivative


def answers_itself(other: Any) -> bool:
    """True for an operand that is no real number, such as a vector: it may do the operation itself."""
    kind = type(other)
    return kind is not float and not hasattr(kind, "__float__") and not hasattr(kind, "__apply_rule__")


@mypyc_attr(allow_interpreted_subclasses=True)
class Operators(Functions):
    """Arithmetic and comparisons. A class says in ``_operate`` and ``_compare`` what they mean to it."""

    __slots__ = ()

    def _operate(self, rule: Rule, a: Any, b: Any) -> Any:
        """The row applied to a and b, one of which is this number; NotImplemented if the other one is to do it."""
        return NotImplemented if answers_itself(b if a is self else a) else rule(a, b)

    def _compare(self, how: Callable[[Any, Any], Any], other: Any) -> Any:
        """This number compared with another one; ``how`` is a function of the module ``operator``."""
        raise NotImplementedError

    # fmt: off
    def __add__(self, other: Any) -> Any: return self._operate(rules.add, self, other)
    def __radd__(self, other: Any) -> Any: return self._operate(rules.add, other, self)
    def __sub__(self, other: Any) -> Any: return self._operate(rules.sub, self, other)
    def __rsub__(self, other: Any) -> Any: return self._operate(rules.sub, other, self)
    def __mul__(self, other: Any) -> Any: return self._operate(rules.mul, self, other)
    def __rmul__(self, other: Any) -> Any: return self._operate(rules.mul, other, self)
    def __truediv__(self, other: Any) -> Any: return self._operate(rules.div, self, other)
    def __rtruediv__(self, other: Any) -> Any: return self._operate(rules.div, other, self)
    def __pow__(self, other: Any) -> Any: return self._operate(rules.pow, self, other)
    def __rpow__(self, other: Any) -> Any: return self._operate(rules.pow, other, self)
    def __mod__(self, other: Any) -> Any: return self._operate(rules.mod, self, other)
    def __rmod__(self, other: Any) -> Any: return self._operate(rules.mod, other, self)
    def __floordiv__(self, other: Any) -> Any: return self._operate(rules.floordiv, self, other)
    def __rfloordiv__(self, other: Any) -> Any: return self._operate(rules.floordiv, other, self)

    def __lt__(self, other: Any) -> Any: return self._compare(operator.lt, other)
    def __le__(self, other: Any) -> Any: return self._compare(operator.le, other)
    def __gt__(self, other: Any) -> Any: return self._compare(operator.gt, other)
    def __ge__(self, other: Any) -> Any: return self._compare(operator.ge, other)
    # fmt: on

    def __copy__(self) -> Any:  # a copy is the same number, with the same derivative
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise LostDerivative(NO_PICKLE)

    def __neg__(self) -> Any:
        return self._apply(rules.neg)

    def __pos__(self) -> Any:
        return self
