"""Calls whose adjoints are pulled back by a rule of their own, all outputs at once: what ``custom_vjp`` is made of.

Each kind of number keeps such a call in its own way: a recorded Value as an operation of one's own (here), a lifted
number as a node of its tape (``reverse.py``), a traced one as an instruction (``compiler/record/by_hand.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from autograd.engine.kinds import number
from autograd.engine.methods import Functions
from autograd.engine.modes import keeping
from autograd.engine.own import Own
from autograd.engine.value import Value
from autograd.transforms.reverse import Cotangents
from autograd.transforms.worlds import refuse_closure


class Hand:
    """A function of numbers with a backward rule.

    Args:
        name: for pictures and messages.
        forward: from numbers, ``(outputs, residuals)``.
        backward: of the residuals and a cotangent for each output, gives a gradient for each number.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[[Sequence[Any]], tuple[list[Any], Any]],
        backward: Callable[[Any, list[Any]], list[Any]],
    ) -> None:
        self.name: Final = name
        self.forward: Final = forward
        self.backward: Final = backward

    def require_own(self, outputs: Sequence[Any], level: int) -> None:
        """Refuse outputs that carry a derivative of this level although the arguments didn't.

        Raises:
            LostDerivative: the function has used a number with a derivative that is no argument.
        """
        if any(isinstance(y, Functions) and getattr(y, "level", 0) >= level for y in outputs):
            refuse_closure(self.name)


class Called:
    """Such a call on Values: an operation on the graph, from which those of the outputs are computed.

    A call with one output is that output.
    """

    def __init__(self, hand: Hand, operands: Sequence[Any], residuals: Any, outputs: int) -> None:
        self.hand = hand
        self.operands = operands
        self.residuals = residuals
        self.outputs = outputs
        self.cotangents: list[Any] = [0] * outputs  # that have come in, in the backward pass at work
        self.node: Any = None  # the one output

    def run(self) -> None:
        """Send the gradients of all outputs on, as floats."""
        cotangents = self.cotangents if self.node is None else [self.node._grad]
        self.cotangents = [0] * self.outputs
        for operand, gradient in zip(self.operands, self.hand.backward(self.residuals, cotangents)):
            if isinstance(operand, Value):
                operand._grad += number(gradient)

    def sent(self, adjoint: Any, again: bool) -> Iterator[tuple[Any, Any]]:
        """What goes to the operands, given the outputs' adjoints by position; ``again``: as functions of them."""
        cotangents = adjoint.as_list(self.outputs) if self.node is None else [adjoint]
        if again:
            with keeping():
                gradients = self.hand.backward(self.hand.forward(self.operands)[1], cotangents)
        else:
            gradients = self.hand.backward(self.residuals, cotangents)
        yield from zip(self.operands, gradients)


class Output:
    """One of several outputs of such a call."""

    def __init__(self, node: Value, position: int, call: Value) -> None:
        self.node = node
        self.position = position
        self.call = call

    def run(self) -> None:
        """Hand the gradient to the call."""
        self.call._rule.hand.cotangents[self.position] = self.node._grad  # type: ignore[attr-defined]

    def sent(self, adjoint: Any, again: bool) -> Iterator[tuple[Any, Any]]:
        """The same of an adjoint of any kind."""
        yield self.call, Cotangents({self.position: adjoint})


def call_on_values(hand: Hand, operands: Sequence[Any]) -> list[Any]:
    """The outputs of a call on Values, recorded."""
    outputs, residuals = hand.forward([x._value if isinstance(x, Value) else x for x in operands])
    hand.require_own(outputs, Value.level)
    called = Called(hand, operands, residuals, len(outputs))
    recorded = tuple([x for x in operands if isinstance(x, Value)])
    if len(outputs) == 1:
        called.node = Value(outputs[0], recorded, hand.name)
        return [_with(called.node, called)]
    call = _with(Value(0.0, recorded, hand.name), called)
    nodes = [Value(y, (call,), hand.name) for y in outputs]
    return [_with(node, Output(node, position, call)) for position, node in enumerate(nodes)]


def _with(node: Value, hand: Called | Output) -> Value:
    rule = node._rule
    if isinstance(rule, Own):  # else it was recorded inside no_grad
        rule.send_on = hand.run
        rule.hand = hand
    return node
