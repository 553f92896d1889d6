"""Forward mode: a number and its tangent travel together.

For ``y = f(a, b)`` the tangent is ``ẏ = ∂y/∂a · ȧ + ∂y/∂b · ḃ``, computed right after y from the rule table's
partials. One run of the function gives its value and its derivative in one direction, and nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine.modes import MODES, admits
from autograd.engine.rules import STEPS, Rule, stop_gradient
from autograd.transforms.lifted import Lifted, LiftedWorld, on_floats
from autograd.transforms.worlds import World, refuse_closure


class Dual(Lifted):
    """A primal and its tangent."""

    __slots__ = ("tangent",)

    tangent: Any

    def __init__(self, world: World, primal: Any, tangent: Any) -> None:
        self.world = world
        self.level = world.level
        self.primal = primal
        self.tangent = tangent

    # Arithmetic of two duals of one world, or of a dual and a float: what the table gives, without the detour by it.

    def _is_plain(self) -> bool:
        return not MODES.active and self.world.is_open and on_floats(self.primal)

    def __add__(self, other: Any) -> Any:
        world = self.world
        if not MODES.active and world.is_open:
            if isinstance(other, Dual) and other.world is world:
                return Dual(world, self.primal + other.primal, plus(self.tangent, other.tangent))
            if (type(other) is float or type(other) is int) and on_floats(self.primal):
                other = float(other)
                return Dual(world, self.primal + other, self.tangent)
        return Lifted.__add__(self, other)

    def __radd__(self, other: Any) -> Any:
        if (type(other) is float or type(other) is int) and self._is_plain():
            other = float(other)
            return Dual(self.world, other + self.primal, self.tangent)
        return Lifted.__radd__(self, other)

    def __sub__(self, other: Any) -> Any:
        world = self.world
        if not MODES.active and world.is_open:
            if isinstance(other, Dual) and other.world is world:
                return Dual(world, self.primal - other.primal, plus(self.tangent, times(other.tangent, -1)))
            if (type(other) is float or type(other) is int) and on_floats(self.primal):
                other = float(other)
                return Dual(world, self.primal - other, self.tangent)
        return Lifted.__sub__(self, other)

    def __rsub__(self, other: Any) -> Any:
        if (type(other) is float or type(other) is int) and self._is_plain():
            other = float(other)
            return Dual(self.world, other - self.primal, times(self.tangent, -1))
        return Lifted.__rsub__(self, other)

    def __mul__(self, other: Any) -> Any:
        world = self.world
        if not MODES.active and world.is_open:
            if isinstance(other, Dual) and other.world is world:
                tangent = plus(times(self.tangent, other.primal), times(other.tangent, self.primal))
                return Dual(world, self.primal * other.primal, tangent)
            if (type(other) is float or type(other) is int) and on_floats(self.primal):
                other = float(other)
                return Dual(world, self.primal * other, times(self.tangent, other))
        return Lifted.__mul__(self, other)

    def __rmul__(self, other: Any) -> Any:
        if (type(other) is float or type(other) is int) and self._is_plain():
            other = float(other)
            return Dual(self.world, other * self.primal, times(self.tangent, other))
        return Lifted.__rmul__(self, other)

    def __truediv__(self, other: Any) -> Any:
        world, a = self.world, self.primal
        if type(a) is float and not MODES.active and world.is_open:
            if isinstance(other, Dual) and other.world is world:
                b = other.primal
                if type(b) is float and b != 0.0:
                    y = a / b
                    return Dual(world, y, plus(times(self.tangent, 1.0 / b), times(other.tangent, -(y / b))))
            elif (type(other) is float or type(other) is int) and other != 0:
                other = float(other)
                return Dual(world, a / other, times(self.tangent, 1.0 / other))
        return Lifted.__truediv__(self, other)


class Forward(LiftedWorld):
    """The world of duals."""

    def leaf(self, x: Any, tangent: Any = 0) -> Dual:
        """See World."""
        return Dual(self, x, tangent)

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        """See World."""
        primals = self.primals_of(operands)
        y = rule(*primals)
        tangent: Any = 0
        for i, x in enumerate(operands):
            if isinstance(x, Dual) and x.world is self:
                tangent = plus(tangent, times(x.tangent, rule.partials[i](*primals, y)))
        if (MODES.active and not admits(rule, primals, y, tangent)) or rule in STEPS:
            return y
        return Dual(self, y, tangent)

    def moved(self, name: str, primals: Sequence[Any], outputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """Outputs of a function that has said their tangents itself."""
        if any(isinstance(x, Lifted) and x.level >= self.level for x in (*outputs, *tangents)):
            refuse_closure(name)
        if MODES.active and not admits(stop_gradient, primals, *outputs[:1], *tangents[:1]):
            return list(outputs)
        return [Dual(self, y, tangent) for y, tangent in zip(outputs, tangents)]

    def push_forward(self, outputs: Sequence[Any], leaves: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """See World: the tangents have come along. The derivative of what doesn't depend on a leaf is 0."""
        return [y.tangent if isinstance(y, Dual) and y.world is self else 0 for y in outputs]


# The table says 1, -1 and 0 as whole numbers. They stay symbolic here: nothing is computed with them, and where the
# numbers are Values nothing is recorded; a fraction stays a fraction. A 0 of the table stops an infinite derivative.


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
