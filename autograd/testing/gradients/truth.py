"""The truth about a derivative, computed without knowing any rule: differences at many digits, or on floats.

``f`` is evaluated at x, x ± h and x ± h/ρ, with h so small that what differences neglect, in proportion to h², is below
the 42nd digit, and with so many digits that what is lost in subtracting is, too. If the two steps don't agree, digits
are added: 120, 250, 1400. What then remains tells its kind by how the slopes on either side change as the step shrinks:

- both stay, and differ: a kink, no derivative;
- one grows, or f is undefined on one side: a jump, a vertical tangent, the edge of a domain: no derivative;
- both shrink: the derivative is 0;
- anything else is said to have not converged.

Functions that only floats pass through are extrapolated (``autograd.numeric``), with an estimate of the error.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd.engine.kinds import library
from autograd.testing.gradients.extrapolation import estimate
from autograd.testing.gradients.precision import EPSILON, Leaked, ManyDigits, Slope, Steps, mpmath
from autograd.transforms.inputs import Argnums, Inputs
from autograd.transforms.trees import flatten, is_number

DIGITS = (120, 250, 1400)  # of the last, even 1e300 + 1e-300 can lose a thousand
BOUND = -42  # an error below 10^-42 of the derivative is exact
NOTHING = 1e-320  # what floats round to 0, almost
_SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Truth:
    """A derivative that was computed by differences, and how far to trust it.

    ``value`` is an ``mpmath.mpf`` where the status is ``"exact"``, a float where it's ``"estimated"``, and NaN where
    there is none: ``"not differentiable"``, ``"not converged"``; ``note`` then says what was seen. ``error`` bounds the
    distance to the true derivative (or, estimated, is the extrapolation's own estimate of it).

    >>> truth = derivative_of(lambda x: abs(x), 0.0)
    >>> truth.status, truth.note
    ('not differentiable', 'the slope is -1.0 on the left and 1.0 on the right')
    """

    value: Any
    error: Any
    status: str
    note: str = ""

    @property
    def known(self) -> bool:
        """True if there is a derivative and it was found."""
        return self.status in ("exact", "estimated")

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        if not self.known:
            return f"Truth({self.status}: {self.note})"
        return f"Truth({float(self.value)!r} ± {mpmath().nstr(mpmath().mpf(self.error), 2)}, {self.status})"


class Measured(NamedTuple):
    """A truth, and the size of the terms that it's the sum of: their rounding is the least error to expect."""

    truth: Truth
    scale: float


def derivative_of(f: Callable[..., Any], *args: Any, argnums: Argnums | None = None) -> Any:
    """The derivative of f at ``args``, by differences: independent of every rule, with a bound of its error.

    If f can be computed with numbers of many digits (it consists of arithmetic, and of ``autograd``'s, NumPy's or
    ``mpmath``'s functions or methods like ``x.exp()``) the result is good to 40 digits. If f takes a float out of an
    argument, as ``math.sin`` does, the result is extrapolated from floats, to 6 to 12 digits.

    Args:
        f: returns one number.
        args: numbers, arrays, or nested tuples, lists and dicts of them.
        argnums: the arguments to differentiate by, as in ``autograd.grad``; all that hold floats if it isn't given.

    Returns:
        A :class:`Truth` for each number, in the structure of the argument; for several arguments a tuple of these.

    Raises:
        TypeError: an argument has no derivative, or f returned something else than one number.
        MissingDependency: mpmath is not installed.

    >>> derivative_of(lambda x: x**3, 2.0)
    Truth(12.0 ± 1.0e-60, exact)
    >>> import math
    >>> derivative_of(lambda p: math.exp(p["a"]) * p["b"], {"a": 0.0, "b": 3.0})
    {'a': Truth(2.99999... ± ..., estimated), 'b': Truth(1.0 ± ..., estimated)}
    """
    if not callable(f):
        raise TypeError(f"derivative_of takes a function first, not {type(f).__name__}: {f!r:.60}")
    inputs = inputs_of(args, argnums)
    return inputs.rebuild([measured.truth for measured in first_derivatives(f, inputs)])


def inputs_of(args: tuple[Any, ...], argnums: Argnums | None) -> Inputs:
    """The numbers to differentiate by: unless told, the numbers of every argument that holds a float."""
    if argnums is None:
        floats = [i for i, arg in enumerate(args) if any(map(is_number, flatten(arg)[1]))] or range(len(args))
        argnums = 0 if len(args) == 1 else tuple(floats)
        if len(floats) == 1:
            argnums = floats[0]
    return Inputs(args, argnums)


def first_derivatives(f: Callable[..., Any], inputs: Inputs, conditioned: bool = False) -> list[Measured]:
    """The truth about each partial derivative of f; if asked for, with the size of its terms."""
    directions = [(i, None) for i in range(len(inputs.numbers))]
    try:
        return _by_digits(f, inputs, directions, conditioned)
    except Leaked:
        floats = [float(x) for x in inputs.numbers]
        return [_by_floats(lambda xs: inputs.call(f, xs, {}), floats, i) for i in range(len(floats))]


def second_derivatives(
    f: Callable[..., Any],
    gradient: Callable[[Sequence[float]], Sequence[float]],
    inputs: Inputs,
    pairs: Sequence[tuple[int, Sequence[float]]],
) -> list[Measured]:
    """The derivatives, by each number ``i``, of f's derivative along each direction: of f twice, or of ``gradient``."""
    try:
        return _by_digits(f, inputs, pairs, True)
    except Leaked:
        floats = [float(x) for x in inputs.numbers]
        out = []
        for i, direction in pairs:

            def along(xs: Sequence[float], direction: Sequence[float] = direction) -> float:
                return sum(g * v for g, v in zip(gradient(xs), direction) if v)

            out.append(_by_floats(along, floats, i))
        return out


def terms_of(f: Callable[[Sequence[Any]], Any], numbers: Sequence[float]) -> float:
    """The size of the terms that f's result is a sum of: how far it moves, over ε, if each operation is rounded.

    0 if f can't be run on numbers of many digits.
    """
    mp = mpmath().mp
    function = ManyDigits(f)
    with function, mp.workdps(DIGITS[0]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            at = [mp.mpf(x) for x in numbers]
            exact = function(at)
        except Exception:  # whatever a function does that can't take these numbers
            return 0.0
        most = 0.0
        for seed in (*_SEEDS, *(-seed for seed in _SEEDS)):
            with contextlib.suppress(ArithmeticError, ValueError):  # rounding took it out of the domain
                most = max(most, float(abs(function(at, seed) - exact)))
        return most / EPSILON


def _by_digits(
    f: Callable[..., Any],
    inputs: Inputs,
    wanted: Sequence[tuple[int, Sequence[float] | None]],
    conditioned: bool,
) -> list[Measured]:
    mp = mpmath().mp
    function = ManyDigits(lambda xs: inputs.call(f, xs, {}))
    with function, mp.workdps(DIGITS[-1]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # f may turn out not to be made for these numbers
        numbers = [x if library(x) == "mpmath" else mp.mpf(float(x)) for x in inputs.numbers]
        out = []
        try:
            function(numbers)
            reach = -1 if function.tied or function.unwatched else function.reach
            for i, direction in wanted:
                if not reach & 1 << i:  # nothing but chosen branches depends on it
                    out.append(Measured(Truth(mp.mpf(0), mp.mpf(0), "exact"), 0.0))
                    continue
                along = function if direction is None else Slope(function, direction)
                out.append(_limit(along, numbers, i, conditioned))
            if function.unwatched and not _shows_at_larger_steps(function, numbers, out):
                raise Leaked
        except Leaked:
            raise
        except Exception as error:  # whatever a function does that can't take these numbers
            raise Leaked from error
    return out


def _limit(along: ManyDigits | Slope, numbers: list[Any], i: int, conditioned: bool) -> Measured:
    """The derivative of the function by its i-th number."""
    mp = mpmath().mp
    found = None
    for digits in DIGITS:
        with mp.workdps(digits):
            step = (min(abs(numbers[i]), 1) or mp.mpf(1)) * mp.mpf(10) ** -(digits // 4)
            slopes = _Slopes(along, numbers, i, step, mp.mpf(10) ** -(digits // 16))
            found = slopes.verdict(last=digits == DIGITS[-1])
            if found is not None:
                scale = abs(float(found.value))
                if conditioned and found.known:
                    scale = max(scale, slopes.moved() / EPSILON)
                return Measured(found, scale)
    raise AssertionError("the last number of digits gives a verdict")


class _Slopes:
    """f's slopes to the right and left of a point, for a step and a smaller one; None where f is undefined."""

    def __init__(self, along: ManyDigits | Slope, numbers: list[Any], i: int, step: Any, shrink: Any) -> None:
        mp = mpmath().mp
        self.along, self.numbers, self.i, self.small = along, numbers, i, step * shrink
        self.shrink = shrink
        self.steps = False
        center = self._at(0)
        self.right: list[Any] = []
        self.left: list[Any] = []
        for h in (step, self.small):
            above, below = self._at(h), self._at(-h)
            self.right.append(None if above is None or center is None else (above - center) / h)
            self.left.append(None if below is None or center is None else (center - below) / h)
        self.rounding = mp.ldexp(1, along.largest - mp.prec + 4) / self.small

    def _at(self, shift: Any, seed: int = 0) -> Any:
        moved = list(self.numbers)
        moved[self.i] = moved[self.i] + shift
        try:
            return self.along(moved, seed)
        except (ArithmeticError, ValueError) as error:
            self.steps |= isinstance(error, Steps)
            return None

    def verdict(self, last: bool) -> Truth | None:
        """The verdict from the slopes; None if more digits are needed."""
        mp = mpmath().mp
        slopes = [*self.right, *self.left]
        if None in slopes:
            undefined = "f is undefined " + ("on one side" if any(x is not None for x in slopes) else "here")
            return _none("not differentiable", "f jumps again and again" if self.steps else undefined) if last else None
        right, left = self.right, self.left
        first, value = ((r + s) / 2 for r, s in zip(right, left))
        error = abs(first - value) + self.rounding
        sizes = [max(abs(r), abs(s)) for r, s in zip(right, left)]
        gap = abs(right[1] - left[1])
        if error <= mp.mpf(10) ** BOUND * abs(value) and gap <= abs(value) / 10**6:
            return Truth(value, error, "exact")
        if not last:
            return None
        vanishing = max(10 * self.rounding, sizes[0] * self.shrink ** mp.mpf("0.1"), NOTHING)
        if sizes[1] <= vanishing:
            return Truth(mp.mpf(0), sizes[1] + self.rounding, "exact")
        if any(abs(side[1]) > abs(side[0]) * self.shrink ** mp.mpf("-0.1") for side in (right, left)):
            return _none("not differentiable", "f jumps, or its tangent is vertical")
        if gap > sizes[1] / 10**5 and all(abs(side[1] - side[0]) <= sizes[1] / 10**6 for side in (right, left)):
            sides = f"{mp.nstr(left[1], 6)} on the left and {mp.nstr(right[1], 6)} on the right"
            return _none("not differentiable", f"the slope is {sides}")
        return _none("not converged", "the slope keeps changing as the step shrinks")

    def moved(self) -> float:
        """How far the slope moves when results are rounded as floats are: the most of a few random roundings."""
        most = 0.0
        exact = (self.right[1] + self.left[1]) / 2
        for seed in _SEEDS:
            for signed in (seed, -seed):  # arguments that are rounded may be out of the domain: asin(x - x) at 1e100
                above, below = self._at(self.small, signed), self._at(-self.small, signed)
                if above is not None and below is not None:
                    most = max(most, abs(float((above - below) / (2 * self.small) - exact)))
                    break
        return most


def _shows_at_larger_steps(function: ManyDigits, numbers: list[Any], found: Sequence[Measured]) -> bool:
    """Whether differences over larger steps agree: they don't if a part of f is a float, which small steps don't move.

    Only needed where mpmath's own functions were called, whose results can't be watched.
    """
    mp = mpmath().mp
    for i, (truth, _) in enumerate(found):
        if truth.known and not any(
            abs(_quotient(function, numbers, i, mp.mpf(10) ** -k) - truth.value) <= 0.001 * abs(truth.value)
            for k in (5, 7, 9)
        ):
            return bool(truth.value == 0 and _quotient(function, numbers, i, mp.mpf(10) ** -7) == 0)
    return True


def _quotient(function: ManyDigits, numbers: list[Any], i: int, size: Any) -> Any:
    step = (abs(numbers[i]) or 1) * size
    moved = [[*numbers[:i], numbers[i] + h, *numbers[i + 1 :]] for h in (step, -step)]
    return (function(moved[0]) - function(moved[1])) / (2 * step)


def _by_floats(f: Callable[[list[float]], Any], numbers: list[float], i: int) -> Measured:
    value, error, note = estimate(lambda x: f([*numbers[:i], x, *numbers[i + 1 :]]), numbers[i])
    if note:
        return Measured(_none(*note), 0.0)
    return Measured(Truth(value, error, "estimated"), abs(value))


def _none(status: str, note: str) -> Truth:
    return Truth(float("nan"), float("inf"), status, note)


__all__ = ["Measured", "Truth", "derivative_of", "first_derivatives", "inputs_of", "second_derivatives", "terms_of"]
