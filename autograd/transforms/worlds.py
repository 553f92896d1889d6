"""Worlds: every number that carries a derivative belongs to one.

Each call of a transform opens a world and puts the arguments into it as its *leaves*. Every number computed from them
belongs to that world, until the function has returned and the world is closed. There are four:

- ``Ground`` (``ground.py``): numbers are Values, which record a graph. Reverse mode on floats, where no other transform
  is at work.
- ``Reverse`` and ``Forward`` (``reverse.py``, ``forward.py``): numbers are lifted, on top of numbers of any kind.
- ``Tape`` (``compiler/record/adjoint.py``): numbers are traced, inside a function that ``jit`` compiles.

A transform doesn't know which of them it is in. It asks for leaves, runs the function, reads the outputs, and pulls
adjoints back or pushes tangents forward. Worlds nest: each has a *level*, larger than that of every world opened
before, and an operation is done by the world of the highest level among its operands. The operands of lower levels are
constants to it. That is all there is to nesting derivatives without confusing their perturbations (Siskind and
Pearlmutter, "Nesting forward-mode AD in a functional framework", 2008).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Final

from mypy_extensions import mypyc_attr

from autograd.engine import modes
from autograd.engine.modes import MODES, TAPE
from autograd.errors import LostDerivative

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from autograd.engine.rules import Rule

LIFTED: Final[set[int]] = set()  # the levels of the worlds, open in any thread, whose numbers are lifted

_levels: Final = itertools.count(1)
_open: ContextVar[int] = ContextVar("worlds that are open", default=0)


@mypyc_attr(native_class=False)
class OnlyReverse(TypeError):
    """A function of ``custom_vjp`` was called in a world that has no adjoint to hand to its rule."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has a backward rule only (custom_vjp): it is for backward(), grad, vjp, jacobian and hessian, not "
            "for forward mode (jvp, derivative); write custom_jvp, or @primitive(vjp=...), where it is a derivative"
        )


@mypyc_attr(allow_interpreted_subclasses=True)
class World:
    """One run of a function whose derivatives are wanted. ``with world:`` is where the function runs."""

    def __init__(self) -> None:
        self.level = next(_levels)
        self._is_open = False
        self._token: Token[int] | None = None
        self._surroundings: AbstractContextManager[None] | None = None

    def __enter__(self) -> World:
        if MODES.active:
            self._surroundings = modes.normal()
            self._surroundings.__enter__()
        self._token = _open.set(_open.get() + 1)
        self._is_open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False
        assert self._token is not None
        _open.reset(self._token)
        if self._surroundings is not None:
            self._surroundings.__exit__(kind, error, trace)

    @property
    def is_open(self) -> bool:
        """Whether the function is still running."""
        return self._is_open

    def leaf(self, x: Any, tangent: Any = 0) -> Any:
        """A number of this world that is equal to x, to differentiate by; in forward mode with its tangent."""
        raise NotImplementedError

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        """A row of the table, applied to operands of which one is of this world, and none of a world above it."""
        raise NotImplementedError

    def call_by_hand(self, hand: Any, operands: Sequence[Any]) -> list[Any] | None:
        """The outputs of a function with a backward rule (``by_hand.py``) for numbers of which one is of this world;
        None if no derivative is asked for.

        Raises:
            OnlyReverse: there are no adjoints here.
        """
        raise OnlyReverse(hand.name)

    def isolated(self, name: str, numbers: Sequence[Any], compute: Callable[[list[Any]], Any]) -> Any:
        """What a function computes from numbers, if its derivative depends on these alone.

        Raises:
            LostDerivative: it has used another number with a derivative.
        """
        return compute(list(numbers))

    def is_differentiated(self, x: Any) -> bool:
        """Whether the derivative of a number of this world is asked for."""
        return True

    def finish(self, outputs: Sequence[Any], leaves: Sequence[Any]) -> None:
        """The function has returned these numbers."""

    def require_one_number(self, y: Any) -> None:
        """Refuse an output that looks like one number and isn't.

        Raises:
            TraceError: y varies over a batch.
        """

    def read(self, y: Any) -> Any:
        """An output as the world below has it."""
        raise NotImplementedError

    def read_aside(self, y: Any, leaves: Sequence[Any]) -> Any:
        """The same, of a number that f returned beside its outputs."""
        return self.read(y)

    def pull_back(self, outputs: Sequence[Any], seeds: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """Reverse mode: the derivatives of Σ seed · output by each leaf, as numbers of the world below."""
        raise NotImplementedError

    def push_forward(self, outputs: Sequence[Any], leaves: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """Forward mode: the derivative of each output along the tangents of the leaves, likewise."""
        raise NotImplementedError


def world_of_trace(numbers: Iterable[Any], is_forward: bool = False) -> Any:
    """The world inside the function that is being traced here, if these numbers are all plain or on its trace."""
    tape = TAPE.get()
    return None if tape is None or any(hasattr(type(x), "primal") for x in numbers) else tape.inner(is_forward)


def is_no_seed(seed: Any) -> bool:
    """Whether it is the whole number 0: nothing is pulled back from that output, and 0·∞ isn't met on the way."""
    return type(seed) is int and seed == 0


def none_is_open() -> bool:
    """True on the ground: no world is open here, nor in any thread one whose lifted numbers f may use."""
    return _open.get() == 0 and not LIFTED


def refuse_ended() -> None:
    """A number is used whose transform has ended.

    Raises:
        LostDerivative: always.
    """
    file, line = modes.users_line()
    raise LostDerivative(
        f"a number of a transform that has ended is used at {file}:{line}, and its derivative is gone; return it from "
        "that transform's function (has_aux=True hands more than the result on), or keep float(stop_gradient(x))"
    )


def refuse_closure(name: str) -> None:
    """A function with a rule of its own has used a number with a derivative that is none of its arguments.

    Raises:
        LostDerivative: always.
    """
    raise LostDerivative(
        f"{name} uses a number with a derivative that is none of its arguments, and its rule knows only those; "
        "pass that number as an argument, or keep float(stop_gradient(x)) of it"
    )
