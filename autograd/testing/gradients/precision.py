"""Running somebody's function on numbers of many digits.

``f`` is called with numbers that behave as ours do (operators, ``x.exp()``, ``autograd.sin(x)``, NumPy's functions on
arrays of them) and hold an ``mpmath.mpf`` each. Because every operation passes through one place, ``ManyDigits.apply``,
that place can also say what a plain ``mpf`` could not:

- that f took one of the numbers as a float (``math.sin(x)``, ``x.data``): its result is then good to 53 bits only;
- how large the intermediate results were, hence how much rounding a difference of two runs can hold;
- how far the result moves if every operation is rounded as floats are (a run with a ``seed``).
"""

from __future__ import annotations

import functools
import operator
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any

from autograd.engine import rules
from autograd.engine.modes import MODES, admits
from autograd.engine.rules import Rule
from autograd.engine.value import Value
from autograd.errors import missing
from autograd.transforms.lifted import Lifted, LiftedWorld, below

EPSILON = 2.0**-52  # the spacing of floats at 1

# Operations that floats do exactly.
_EXACT = frozenset(
    ("neg", "abs", "maximum", "minimum", "relu", "sign", "floor", "ceil", "trunc", "round", "floordiv", "stop_gradient")
)
# Their results are numbers apart from each other: where a small shift of f's arguments passes several, f is a staircase
# so steep that the difference of two of its numbers looks like a slope.
_STEPS = frozenset(("floor", "ceil", "trunc", "round", "floordiv"))
# Engines take these partials from the rounded result, tanh' = 1 - y², and lose digits in the tails: how much, over ε.
_NOISE: dict[str, Callable[[Any], Any]] = {"tanh": lambda y: 2 * y * y, "sigmoid": abs, "gelu": lambda y: 1}
_OURS = ("autograd.", "_operator")
_CHOOSERS = (
    "autograd.functions",
    "autograd.engine.kinds",
    "autograd.engine.rules",
    "autograd.transforms.reverse",
)  # floats choose branches


class Steps(ArithmeticError):
    """Within the step of a difference f jumps, more than once: floor(x) for x of 1e300, which moves by 1e274."""


class Leaked(Exception):
    """f cannot be run on numbers of many digits: it turned one into a float, or refused it."""


def mpmath() -> Any:
    """The library.

    Raises:
        MissingDependency: it isn't installed.
    """
    try:
        import mpmath as library
    except ImportError:
        raise missing("mpmath", "the truth about a derivative") from None
    return library


class Digits(Lifted):
    """A number of many digits: ``primal`` is an ``mpf``, ``reach`` has a bit for each input that it depends on."""

    __slots__ = ("function", "reach")

    function: ManyDigits
    reach: int

    def __init__(self, function: ManyDigits, primal: Any, reach: int) -> None:
        self.world = self.function = function
        self.level = function.level
        self.primal = primal
        self.reach = reach

    @property
    def data(self) -> float:
        """The number as a float, which f should not have asked for."""
        self.function.leaked = True
        return float(self.primal)

    def __float__(self) -> float:
        if sys._getframe(1).f_globals.get("__name__") not in _CHOOSERS:
            self.function.leaked = True
        return float(self.primal)

    def __int__(self) -> int:
        self.function.leaked = True
        return int(self.primal)

    @property
    def _mpf_(self) -> Any:  # mpmath asks for it, and answers with an mpf of its own
        self.function.unwatched = True
        return self.primal._mpf_

    # A branch that is chosen at a tie may be another one nearby.

    def _compare(self, how: Callable[[Any, Any], Any], other: Any) -> Any:
        return how(self.primal, self._compared(other))

    def __bool__(self) -> bool:
        return bool(self.primal != self._compared(0))

    def _compared(self, other: Any) -> Any:
        other = below(self.level, other)
        self.function.tied |= bool(self.primal == other)
        return other


class ManyDigits(LiftedWorld):
    """f as a function of a flat list of ``mpf``, at the precision that is set when it's called.

    The first call has to be at the point itself: what is constant to a derivative though computed from the arguments
    (a ``stop_gradient``, a result of ``no_grad``) keeps the number that it had there.
    """

    def __init__(self, f: Callable[[Sequence[Any]], Any]) -> None:
        super().__init__()
        self.f = f
        self.leaked = False
        self.unwatched = False
        self.tied = False  # two numbers were compared that are equal
        self.reach = 0  # the inputs that the result depends on, a bit for each
        self.largest = 0  # intermediate result so far: its binary exponent
        self._held: list[Any] = []
        self._next = 0
        self._first = True
        self._noise: random.Random | None = None

    def __call__(self, numbers: Sequence[Any], seed: int = 0) -> Any:
        """The value, an ``mpf``. With a seed: as computed if every result were rounded, by random amounts, and the
        arguments too, unless the seed is negative.

        Raises:
            Leaked: f took a float out of a number.
            ArithmeticError, ValueError: f is undefined there.
            Steps: since the first call it jumped more than once, in one operation.
        """
        mpf = mpmath().mp.mpf
        self._noise = random.Random(abs(seed)) if seed else None
        self._next = 0
        y = self.f([Digits(self, x * self._rounding() if seed > 0 else x, 1 << i) for i, x in enumerate(numbers)])
        self._first = False
        if hasattr(y, "item") and getattr(y, "ndim", None) == 0:
            y = y.item()
        self.reach = _reach(y)
        y = y.data if isinstance(y, Value) else below(self.level, y)
        if self.leaked or not isinstance(y, (mpf, float, int)):
            raise Leaked
        y = mpf(y)
        if not mpmath().isfinite(y):
            raise ArithmeticError("the result is not finite")
        return y

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        """One operation."""
        mpf = mpmath().mp.mpf
        primals = [x.data if isinstance(x, Value) else below(self.level, x) for x in operands]
        primals = [mpf(x) if isinstance(x, float) else x for x in primals]  # or a row computes with floats, in part
        center = self._hold(primals)
        if self._noise is not None and rule.name not in _EXACT:
            primals = [a + (x - a) * self._rounding() for x, a in zip(primals, center)]
        if rule.definition is None or str(getattr(rule.definition, "__module__", "")).startswith(_OURS):
            y = rule(*primals)
        else:  # a primitive of the user's: watch what it does with the numbers
            y = below(self.level, rule.definition(*operands))
        y = mpf(y)
        if rule.name in _STEPS and abs(y - self._hold(y)) > 1 and self._noise is None:
            raise Steps
        _, mantissa, exponent, bits = y._mpf_
        if mantissa:
            self.largest = max(self.largest, exponent + bits)
        if self._noise is not None:
            if rule.name not in _EXACT:
                y *= self._rounding()
            if rule.name in _NOISE:
                y += (self._rounding() - 1) * _NOISE[rule.name](y) * (primals[0] - center[0])
        if rule is rules.stop_gradient or (MODES.active and not admits(rule, primals)):
            return Digits(self, self._hold(y), 0)
        return Digits(self, y, functools.reduce(operator.or_, map(_reach, operands)))

    def _hold(self, x: Any) -> Any:
        """x as it was at this place of the first run."""
        if self._first:
            self._held.append(x)
        self._next += 1
        return self._held[self._next - 1] if self._next <= len(self._held) else x

    def _rounding(self) -> Any:
        """1 + δ with |δ| between half an ε and one."""
        assert self._noise is not None
        size = self._noise.uniform(0.5, 1.0) * EPSILON
        return 1 + mpmath().mp.mpf(size if self._noise.random() < 0.5 else -size)


def _reach(x: Any) -> int:
    return x.reach if isinstance(x, Digits) else 0


class Slope:
    """A function's derivative along a direction, as another function, whose derivative is a second one."""

    def __init__(self, function: ManyDigits, direction: Sequence[float]) -> None:
        self.function = function
        self.direction = direction

    @property
    def largest(self) -> int:
        """As for the function, times the factor by which the division enlarges rounding errors."""
        return self.function.largest + int(mpmath().mp.prec) // 3

    def __call__(self, numbers: Sequence[Any], seed: int = 0) -> Any:
        step = mpmath().mp.mpf(2) ** -(mpmath().mp.prec // 3)
        above = self.function([x + step * v for x, v in zip(numbers, self.direction)], seed)
        below_ = self.function([x - step * v for x, v in zip(numbers, self.direction)], seed)
        return (above - below_) / (2 * step)


__all__ = ["EPSILON", "Digits", "Leaked", "ManyDigits", "Slope", "mpmath"]
