"""The ground: reverse mode on floats, where no other transform is at work. Its numbers are Values.

A leaf's origin says that it is this world's, so a Value can be asked what it belongs to, and needs no slot for it. The
backward pass is that of ``Value.backward``. Where the function has used Values of somebody else, derivatives depend on
those, too: then they are recorded, as ``gradient`` does it, and are Values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine import graph, modes
from autograd.engine.modes import Origin
from autograd.engine.rules import LEAF, Rule
from autograd.engine.value import Value, pull_back
from autograd.transforms.reverse import numeric_gradients, recorded_gradients
from autograd.transforms.trees import exact
from autograd.transforms.worlds import World


class Ground(World):
    """The world of the Values of one run of a function."""

    def __init__(self) -> None:
        super().__init__()
        self.has_others = False  # Values that aren't computed from its leaves, and that derivatives depend on
        self.has_constants = False  # the same, but they are constants: results of no_grad

    def leaf(self, x: Any, tangent: Any = 0) -> Value:
        """See World."""
        value = Value(x)
        value._origin = Origin(world=self)
        return value

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        """See World. Values do it themselves, and faster."""
        return rule(*operands)

    def finish(self, outputs: Sequence[Any], leaves: Sequence[Any]) -> None:
        """See World: whose Values are in the graph?"""
        own = set(leaves)
        roots = [y for y in outputs if isinstance(y, Value)]
        others = [x for x in graph.marked(*roots)[1] if x not in own]
        others += [y for y in roots if y._rule is LEAF and y not in own]
        self.has_constants = any(map(modes.is_detached, others))
        self.has_others = not all(map(modes.is_detached, others))

    def read(self, y: Any) -> Any:
        """See World: a float, or a Value that depends on somebody else's."""
        return y if self.has_others or not isinstance(y, Value) else y._data

    def pull_back(self, outputs: Sequence[Any], seeds: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """See World."""
        pairs = [(y, seed) for y, seed in zip(outputs, seeds) if isinstance(y, Value)]
        with modes.normal():
            if self.has_others or not all(isinstance(seed, (float, int)) for _, seed in pairs):
                adjoints: dict[Value, Any] = {}
                for y, seed in pairs:
                    adjoints[y] = adjoints[y] + seed if y in adjoints else seed
                gradients = recorded_gradients if self.has_others else numeric_gradients
                return [exact(x, 0.0) for x in gradients(adjoints, leaves)]
            own = set(leaves)
            pairs = [(y, float(seed)) for y, seed in pairs if y._rule is not LEAF or y in own]
            order, ends = graph.marked(*(y for y, _ in pairs))
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
