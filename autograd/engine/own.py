"""Operations of one's own, as the lecture on micrograd makes them: a node, and a function that sends its gradient on.

    out = Value(t, (x,), "tanh")

    def _backward():
        x.grad += (1 - t**2) * out.grad

    out._backward = _backward

Such a node has a rule of its own, and no partials: the function computes and adds them in one go. So ``_a`` is empty,
and ``_b`` is a node that holds the operands (``REST`` in ``rules.py``), of which there may be any number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from autograd.engine.notation import call
from autograd.engine.rules import Domain, Rule
from autograd.errors import AutogradError, AutogradWarning


def _always(*operands: Any) -> bool:
    return True


class Own(Rule):
    """The rule of one node: what is written in its place, and the function that sends its gradient on."""

    __slots__ = ("hand", "send_on")

    send_on: Callable[[], Any] | None
    hand: Any  # of a function with a backward rule: what sends derivatives of any kind on (transforms/by_hand.py)

    def __init__(self, symbol: str, arity: int) -> None:
        refuse = self._refuse
        name = symbol or "operation"
        super().__init__(name, refuse, (refuse,) * arity, Domain("", _always), notation=call(name))
        self.symbol = symbol
        self.send_on = None
        self.hand = None

    def __call__(self, *operands: Any) -> Any:
        self._refuse()

    def __reduce__(self) -> Any:
        self.refuse_copy()

    def _refuse(self, *operands: Any) -> Any:
        if self.hand is not None:
            raise AutogradError(
                f"{self.name!r:.40} has a backward rule of its own, and neither a formula nor partials to show; "
                "differentiate it with backward(), gradient or grad"
            )
        raise AutogradError(
            f"the operation {self.name!r:.40} was made by Value(number, operands, {self.symbol!r:.40}): its _backward "
            f"adds numbers, which have no derivative themselves. {as_primitive(self.symbol, self.arity)}"
        )

    def refuse_copy(self) -> None:
        """Raises TypeError: the function would go on sending gradients to the operands of the original."""
        if self.hand is not None:
            raise TypeError(
                f"an operation of {self.name!r:.40}, which has a backward rule of its own, can't be copied or pickled; "
                "copy the numbers that it was computed from"
            )
        raise TypeError(
            f"the operation {self.name!r:.40} can't be copied or pickled: its _backward belongs to the Values that it "
            f"was made with. {as_primitive(self.symbol, self.arity)}"
        )

    def run(self) -> None:
        """Send the node's gradient on, as the backward pass does when it is complete."""
        if self.send_on is None:
            warnings.warn(
                f"backward() met an operation {self.name!r:.40} without _backward, so nothing below it gets a gradient "
                "from it; assign out._backward, a function that adds out.grad times the partial to each operand's grad",
                AutogradWarning,
                stacklevel=2,
            )
        else:
            self.send_on()


def as_primitive(symbol: str, arity: int) -> str:
    """The sentence that says how the operation is written so that it has derivatives of every order, and jit runs it.

    >>> as_primitive("tanh", 1)
    'Write it as a primitive: @primitive(partials=lambda x, y: ...) above def my_tanh(x): ...; y is the result'
    >>> as_primitive("+", 2)[25:]
    '@primitive(partials=(lambda a, b, y: ..., ...)) above def my_operation(a, b): ...; y is the result'
    """
    name = f"my_{symbol}" if symbol.isidentifier() and len(symbol) < 30 else "my_operation"
    operands = {1: "x", 2: "a, b", 3: "a, b, c"}.get(arity, "a, b, ...")
    partial = f"lambda {operands}, y: ..."
    partials = partial if arity == 1 else f"({partial}, ...)"
    return (
        f"Write it as a primitive: @primitive(partials={partials}) above def {name}({operands}): ...; y is the result"
    )


def checked_operands(operands: Any, symbol: Any, kind: type[Any]) -> tuple[Any, ...]:
    """The operands as micrograd's constructor takes them, a tuple, list or set of Values.

    Args:
        operands, symbol: the second and third argument.
        kind: the class of Values.

    Raises:
        TypeError: there is something else among the arguments, such as a number with a derivative of another kind.
    """
    if not isinstance(operands, (tuple, list, set, frozenset)):
        raise TypeError(
            f"a label is text, not {type(operands).__name__}: {operands!r:.60}; "
            "for an operation of your own write Value(number, (a, b), 'name')"
        )
    if not isinstance(symbol, str):
        raise TypeError(f"the name of an operation is text, not {type(symbol).__name__}: {symbol!r:.60}")
    for x in operands:
        if isinstance(x, kind):
            continue
        if hasattr(type(x), "__apply_rule__"):
            raise AutogradError(
                f"Value(number, operands, {symbol!r:.40}) takes recorded Values, and inside jit, or where derivatives "
                f"are differentiated, an operand is a {type(x).__name__}. {as_primitive(symbol, len(operands))}"
            )
        raise TypeError(f"the operands of an operation are Values, not {type(x).__name__}: {x!r:.60}; write Value(x)")
    return tuple(operands)
