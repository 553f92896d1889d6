"""Functions of several numbers whose derivatives are given, not found by looking at what they do.

``custom_jvp`` and ``implicit`` are made of these. Each output becomes one operation, with a rule of its own, whose
value and partials come from the whole. So it works wherever a row of the rule table does: on Values and their backward
pass, in transforms nested to any depth, and under ``jit``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from autograd.engine.kinds import ground, is_traced, plain
from autograd.engine.methods import Functions
from autograd.engine.modes import MODES, TAPE, keeping
from autograd.engine.notation import call
from autograd.engine.rules import Domain, Rule
from autograd.engine.value import Value
from autograd.transforms.trees import array_of, is_number
from autograd.transforms.worlds import refuse_closure

Numbers = Sequence[Any]


class Given:
    """A structure that somebody handed in: its real numbers as a flat list, and all else in its place."""

    def __init__(self, structure: Any) -> None:
        import optree

        self.leaves, self.spec = optree.tree_flatten(structure, none_is_leaf=True, namespace="chainrule")
        self.shapes: list[Any] = []  # of each leaf: an array's, () of a number, None of anything else
        self.numbers: list[Any] = []
        for leaf in self.leaves:
            numbers = getattr(leaf, "numbers", leaf).ravel().tolist() if getattr(leaf, "ndim", 0) else [plain(leaf)]
            if numbers and all(map(is_number, numbers)):
                self.shapes.append(getattr(leaf, "shape", ()))
                self.numbers += numbers
            elif any(isinstance(x, Functions) for x in numbers):
                self.shapes.append(leaf.shape)
                self.numbers += [x if is_number(x) else float(x) for x in map(plain, numbers)]
            else:
                self.shapes.append(None)

    def rebuild(self, numbers: Numbers) -> Any:
        """The structure with these numbers."""
        return self._rebuilt(numbers, self.leaves)

    def tangents(self, numbers: Numbers) -> Any:
        """The structure with these numbers as tangents; what has no derivative has the tangent 0."""
        return self._rebuilt(numbers, [0 if isinstance(leaf, int) else leaf for leaf in self.leaves])

    def _rebuilt(self, numbers: Numbers, others: Sequence[Any]) -> Any:
        import optree

        leaves = []
        start = 0
        for leaf, shape in zip(others, self.shapes):
            if shape is None:
                leaves.append(leaf)
                continue
            size = math.prod(shape)
            leaves.append(array_of(numbers[start : start + size], shape) if shape else numbers[start])
            start += size
        return optree.tree_unflatten(self.spec, leaves)


class Joint:
    """Numbers computed together from others, with their partial derivatives.

    Args:
        name: for pictures and messages.
        value: from numbers that carry no derivative, the outputs.
        slopes: from the numbers, of any kind, a row for each output: its partials. It may be differentiated again.
        code: the function whose code computes the value.
    """

    def __init__(
        self,
        name: str,
        value: Callable[[Numbers], list[Any]],
        slopes: Callable[[Numbers], Any],
        code: Callable[..., Any],
    ) -> None:
        self.name = name
        self._code = code
        self._value = value
        self._slopes = slopes
        self._known: dict[str, tuple[Numbers, Any]] = {}  # what was computed last, which the next output asks for again

    def value(self, numbers: Numbers) -> list[Any]:
        """The outputs at numbers that carry no derivative."""
        outputs: list[Any] = self._once("value", self._computed, numbers)
        if any(isinstance(y, Functions) and not is_traced(y) for y in outputs):
            refuse_closure(self.name)
        return outputs

    def _computed(self, numbers: Numbers) -> Any:
        world = next((x.world for x in numbers if is_traced(x)), None)
        return self._value(numbers) if world is None else world.isolated(self.name, numbers, self._value)

    def __call__(self, numbers: Numbers) -> list[Any]:
        """The outputs."""
        outputs = self.value([bottom(x) for x in numbers])
        if not any(isinstance(x, Functions) for x in numbers):
            return outputs
        return [self._rule(j, len(numbers))(*numbers) for j in range(len(outputs))]

    def _rule(self, output: int, arity: int) -> Rule:
        def value(*numbers: Any) -> Any:
            return self.value(numbers)[output]

        value.__module__ = getattr(self._code, "__module__", "")  # whose precision gradcheck wants to know

        def partial(position: int) -> Callable[..., Any]:
            def by_operand(*operands_and_result: Any) -> Any:
                numbers = operands_and_result[:-1]
                if _is_on_trial(numbers):
                    return 1.0
                return self._once("slopes", self._slopes, numbers)[output][position]

            return by_operand

        partials = tuple(map(partial, range(arity)))
        return Rule(self.name, value, partials, _EVERYWHERE, notation=call(self.name), definition=value, public=False)

    def _once(self, what: str, compute: Callable[[Numbers], Any], numbers: Numbers) -> Any:
        known = self._known.get(what)
        if known is not None and not MODES.active and all(map(_same, known[0], numbers)):
            return known[1]
        with keeping() if any(isinstance(x, Value) for x in numbers) else nullcontext():
            result = compute(numbers)
        self._known[what] = numbers, result
        return result


_EVERYWHERE = Domain("where its formula is", lambda *operands: True)


def bottom(x: Any) -> Any:
    """The number without its derivatives; a traced one as it is."""
    x = ground(x)
    return x.data if isinstance(x, Value) else x


def _same(x: Any, y: Any) -> bool:
    if x is y:
        return True
    if type(x) is float and type(y) is float:
        return x == y and math.copysign(1.0, x) == math.copysign(1.0, y)
    return is_traced(x) and is_traced(y) and x.trace is y.trace and x.index == y.index


def _is_on_trial(numbers: Numbers) -> bool:
    """Whether the compiler only tries out if a partial is a choice: on numbers of another trace than that at work."""
    tape = TAPE.get()
    return any(is_traced(x) and (tape is None or x.trace is not tape.trace) for x in numbers)
