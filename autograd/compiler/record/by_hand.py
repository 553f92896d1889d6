"""Functions with a backward rule of their own, in a trace.

Such a call is an instruction on its operands, and one for each output, which is computed as the rule's forward function
computes it. Both are OWN: a value by another name. Reverse mode hands the adjoints of the outputs to the rule, which
appends what it computes, when it comes to the call; all outputs stand after it.

The rule is for one transform: the innermost whose leaves an operand depends on. To those around it the call is what its
forward function did.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from autograd.compiler.program import CONSTANT, COPY, NONE, OWN, Index, Term, values_in
from autograd.compiler.record.trace import Number, Trace, Traced
from autograd.engine.rules import Domain, Rule
from autograd.transforms.by_hand import Hand
from autograd.transforms.worlds import refuse_closure


class Call(NamedTuple):
    """A call that the adjoint of the leaves is pulled back through by its rule."""

    leaves: tuple[Index, ...]  # of the transform
    hand: Hand
    residuals: Any
    outputs: tuple[Index, ...]
    operands: tuple[tuple[int, Index], ...]  # those that are traced: position and value


class Depending:
    """Which values of a trace depend on the leaves of a transform, as far as the trace has come."""

    def __init__(self, trace: Trace, leaves: Sequence[Index]) -> None:
        self.trace: Final = trace
        self.leaves: Final = tuple(leaves)
        self._found: set[Index] = set(leaves)
        self._seen = max(leaves) + 1

    def __contains__(self, value: Index) -> bool:
        ops, inputs, found = self.trace.ops, self.trace.inputs, self._found
        for each in self.trace.values()[self._seen : value + 1]:
            head, operands, _ = ops[each - inputs]
            if head is not CONSTANT and not found.isdisjoint(values_in(head, operands)):
                found.add(each)
        self._seen = max(self._seen, value + 1)
        return value in found


def isolated(
    trace: Trace, name: str, numbers: Sequence[Any], compute: Callable[[list[Any]], Any], worlds: Sequence[Any]
) -> Any:
    """What a function computes from numbers, and that it depends on the leaves of these worlds through them alone.

    Args:
        trace: is appended to.
        name: of the function.
        numbers: its arguments; the traced ones get another name.
        compute: gives outputs, or a pair of outputs and other things.
        worlds: each with a method ``has``.

    Raises:
        LostDerivative: it has used a number that is none of its arguments.
    """
    if not worlds:
        return compute(list(numbers))
    named = [_by_another_name(trace, x) if isinstance(x, Traced) else x for x in numbers]
    start = len(trace)
    found = compute(named)
    own = {x.index for x in named if isinstance(x, Traced)}
    outputs = [y.index for y in (found[0] if isinstance(found, tuple) else found) if isinstance(y, Traced)]
    for world in worlds:
        closed = {y for y in outputs if y < start and y not in own and world.has(y)}
        for value in trace.values()[start:]:
            head, operands, _ = trace.ops[value - trace.inputs]
            if head is not CONSTANT:
                used = values_in(head, operands)
                if any(x in closed or (x < start and x not in own and world.has(x)) for x in used):
                    closed.add(value)
        if not closed.isdisjoint(outputs):
            refuse_closure(name)
    return found


def _by_another_name(trace: Trace, x: Traced) -> Traced:
    return Traced(trace, trace.append(COPY, (x.index,), trace.batch_of(x.index)))


def called(trace: Trace, hand: Hand, numbers: Sequence[Any], world: Any) -> list[Any]:
    """The outputs of a call, recorded for the transform of that world."""
    operands = tuple([(position, trace.value(x)) for position, x in enumerate(numbers) if isinstance(x, Traced)])
    outputs, residuals = isolated(trace, hand.name, numbers, hand.forward, [world])
    results = [trace.value(y) for y in outputs]
    varying = max(results, key=lambda x: bool(trace.batch_of(x)))
    values = [value for _, value in operands]
    call = trace.append(OWN, (varying, _row(hand.name, len(values)), *values), trace.batch_of(varying, *values))
    row = _row(hand.name, 1)
    own = tuple([trace.append(OWN, (y, row, call), trace.batch_of(y, call)) for y in results])
    trace.by_hand[call] = Call(world.leaves, hand, residuals, own, operands)
    for y in own:
        trace.by_hand[y] = trace.by_hand[call]
    return [trace.observed(Traced(trace, y)) for y in own]


@functools.cache
def _row(name: str, operands: int) -> Rule:
    return Rule(name, _nothing, (_nothing,) * operands, Domain("", _nothing))


def _nothing(*operands: Any) -> float:
    return 0.0


def sent_by_hand(
    trace: Trace, value: Index, call: Call, adjoint: Index, cotangents: dict[Index, Number]
) -> list[tuple[Index, Term, Index]]:
    """What the call, or one of its outputs, adds to the adjoints of others, given its own."""
    if value in call.outputs:
        cotangents[value] = trace.numbers([adjoint])[0]
        return [(trace.ops[value - trace.inputs][1][2], (trace.constant(0.0), NONE, 1), NONE)]
    gradients = call.hand.backward(call.residuals, [cotangents.pop(y, 0) for y in call.outputs])
    sent: list[tuple[Index, Term, Index]] = []
    for position, operand in call.operands:
        gradient = gradients[position]
        if not (type(gradient) is int and gradient == 0):
            sent.append((operand, (trace.value(gradient), NONE, 1), NONE))
    return sent
