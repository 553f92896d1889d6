"""The ground: reverse mode on floats, where no other transform is at work. Its numbers are Values.

A leaf's origin says that it is this world's, so a Value can be asked what it belongs to, and needs no slot for it. The
backward pass is that of ``Value.backward``. Where the function has used Values of somebody else, derivatives depend on
those, too: then they are recorded, as ``gradient`` does it, and are Values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.engine import graph, modes
from autograd.engine.modes import Origin
from autograd.engine.rules import LEAF, Rule
from autograd.engine.value import Value, pull_back
from autograd.transforms.reverse import numeric_gradients, recorded_gradients
from autograd.transforms.trees import exact
from autograd.transforms.worlds import World, is_no_seed, refuse_ended

if TYPE_CHECKING:
    from types import TracebackType


class Ground(World):
    """The world of the Values of one run of a function."""

    def __init__(self) -> None:
        super().__init__()
        self.has_others = False  # Values that aren't computed from its leaves, and that derivatives depend on
        self.has_constants = False  # the same, but they are constants: results of no_grad
        self._roots: list[Value] = []  # of the last walk: the outputs, as a rule
        self._walk: tuple[list[Value], list[Value]] = ([], [])

    def __enter__(self) -> World:
        graph.GROUNDS.add(self.level)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        graph.GROUNDS.discard(self.level)
        super().__exit__(kind, error, trace)

    def leaf(self, x: Any, tangent: Any = 0) -> Value:
        """See World."""
        value = Value(x)
        value._origin = Origin(world=self)
        return value

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        """See World. Values do it themselves, and faster."""
        return rule(*operands)

    def takes(self, y: Value, leaf: Value) -> bool:
        """Whether y depends on this leaf, and on no other."""
        return y is leaf or (y._rule is not LEAF and all(x is leaf for x in self._walked([y])[1]))

    def slope(self, y: Value, leaf: Value) -> float:
        """The derivative of such a y by the leaf."""
        if y is leaf:
            return 1.0
        order, ends = self._walk
        pull_back(order, ends, [y], [1.0])
        return leaf._grad

    def finish(self, outputs: Sequence[Any], leaves: Sequence[Any]) -> None:
        """See World: whose Values are in the graph?"""
        others = self._others([y for y in outputs if isinstance(y, Value)])
        self.has_constants = any(map(modes.is_detached, others))
        self.has_others = not all(map(modes.is_detached, others))
        if self.has_others:
            self._give_up(leaves)

    def _walked(self, roots: list[Value]) -> tuple[list[Value], list[Value]]:
        """The operations and the leaves that the roots depend on; the walk of the last time if they are the same."""
        if len(roots) != len(self._roots) or any(x is not y for x, y in zip(roots, self._roots)):
            self._roots, self._walk = roots, graph.marked(*roots)
        return self._walk

    def _others(self, roots: list[Value]) -> list[Value]:
        """The leaves that the roots depend on, and that aren't this world's.

        Raises:
            LostDerivative: one belongs to a transform that has ended.
        """
        leaves = self._walked(roots)[1] + [y for y in roots if y._rule is LEAF]
        others = [x for x in leaves if x._origin is None or x._origin.world is not self]
        if any(x._origin is not None and x._origin.world and not x._origin.world.is_open for x in others):
            refuse_ended()
        return others

    def _give_up(self, leaves: Sequence[Any]) -> None:
        """Results depend on these leaves: from now on they are constants, and numbers of no world."""
        for leaf in leaves:
            leaf._origin = Origin(detached=True)

    def read(self, y: Any) -> Any:
        """See World: a float, or a Value that depends on somebody else's."""
        return y if self.has_others or not isinstance(y, Value) else y._value

    def read_aside(self, y: Any, leaves: Sequence[Any]) -> Any:
        """See World: it may depend on other Values than the outputs do."""
        if not isinstance(y, Value):
            return y
        if all(map(modes.is_detached, self._others([y]))):
            return y._value
        self._give_up(leaves)
        return y

    def pull_back(self, outputs: Sequence[Any], seeds: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """See World."""
        pairs = [(y, seed) for y, seed in zip(outputs, seeds) if isinstance(y, Value) and not is_no_seed(seed)]
        with modes.normal():
            if self.has_others or not all(isinstance(seed, (float, int)) for _, seed in pairs):
                adjoints: dict[Value, Any] = {}
                for y, seed in pairs:
                    adjoints[y] = adjoints[y] + seed if y in adjoints else seed
                gradients = recorded_gradients if self.has_others else numeric_gradients
                return [exact(x, 0.0) for x in gradients(adjoints, leaves)]
            own = set(leaves)
            pairs = [(y, float(seed)) for y, seed in pairs if y._rule is not LEAF or y in own]
            order, ends = self._walked([y for y, _ in pairs])
            kept = [(x, x._grad) for x in (*order, *ends)] if self.has_constants else []
            for leaf in leaves:
                leaf._grad = 0.0
            pull_back(order, ends, [y for y, _ in pairs], [seed for _, seed in pairs])
            found = [leaf._grad for leaf in leaves]
            for x, gradient in kept:
                x._grad = gradient
        if modes.checking():
            for leaf, gradient in zip(leaves, found):
                modes.check_sum(leaf, gradient)
        return found
