"""Random expressions: the value, the gradient and the Hessian against differences of the whole expression."""

from __future__ import annotations

import functools
import math
import operator
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from mpmath import mp, mpf

from autograd import grad, hvp
from autograd.engine.rules import RULES, Rule
from autograd.testing import Expression
from autograd.testing.expression import pruned
from autograd.testing.gradients.check import ULPS
from autograd.testing.gradients.precision import EPSILON, ManyDigits, Slope, Steps
from autograd.testing.gradients.truth import (
    Measured,
    _Slopes,
    first_derivatives,
    inputs_of,
    second_derivatives,
    terms_of,
)
from autograd.testing.judge.trials.exact import LARGEST
from autograd.testing.points import NEAR_ENDS, PLAIN
from autograd.testing.strategies import Builder
from tests import truth
from tests.thorough.engines import ENGINES, Engine
from tests.thorough.primitives import Wrong

MODERATE: Final = 1e30  # with numbers up to this size, and down to its reciprocal, 100 digits are plenty

# For a gradient and for a Hessian: how many digits to compute with, usually and with larger numbers, and how many
# digits the step of a difference is below its number. If that shows nothing, each of these is doubled.
DIGITS: Final = {1: (100, 750, 26), 2: (140, 1050, 30)}
AGREED: Final = mpf(10) ** -18  # of the slopes on either side
NOTHING: Final = mpf(10) ** -40  # a derivative that is below it counts as 0
NEAR: Final = 4 * EPSILON  # what an error has to be below to count as a few ulps
NORMAL: Final = 2.0**-1022
# Without stop_gradient, whose derivative is none, and without rows of which an operand is a whole number.
NAMES: Final = tuple(name for name, rule in RULES.items() if name != "stop_gradient" and not rule.constant)

RIGHT, WRONG, UNKNOWN = "right", "wrong", "unknown"
NEARLY, WITHIN, CONDITIONED = "within 4 ε", "within 32 ε", "within 32 ε × conditioning"
BEYOND = "beyond what floats hold"


def random_expression(draw: random.Random) -> Expression:
    """A random program of up to 12 steps: 1 to 4 leaves, constants, shared results, edges."""
    wild = draw.random() < 0.1
    reach = 1e300 if wild else 1e9
    ends = [x for x in NEAR_ENDS if 1 / reach <= x <= reach]
    point = [_number(draw, ends, 0.5 if wild else 0.15) for _ in range(draw.choice((1, 2, 2, 3, 3, 4)))]
    constants = [_constant(draw, ends) for _ in range(draw.choice((0, 0, 1, 1, 2)))]
    builder = Builder(RULES, lambda name, kinds: True, reach, point, constants)
    size = draw.randint(1, 12)
    attempts = 0
    while len(builder.steps) < size and attempts < 3 * size:
        attempts += 1
        name = draw.choice(NAMES)
        a = draw.choice(builder.nodes[-3:] if draw.random() < 0.5 else builder.nodes)
        if RULES[name].arity == 1:
            builder.add_step(name, (a,))
        else:
            b = draw.randrange(len(builder.values))
            builder.add_step(name, (a, b) if draw.random() < 0.5 else (b, a))
    builder.join("add", size + 2)
    return pruned(Expression(*builder.parts()))


def _number(draw: random.Random, ends: Sequence[float], at_ends: float) -> float:
    kind = draw.random()
    if kind < at_ends:
        return draw.choice((1.0, -1.0)) * draw.choice(ends)
    return draw.choice(PLAIN) if kind < 0.4 else draw.uniform(-5.0, 5.0)


def _constant(draw: random.Random, ends: Sequence[float]) -> float:
    return draw.choice((2, 3, 1, 4, -1, -2, 0.5)) if draw.random() < 0.5 else _number(draw, ends, 0.1)


class Exactly:
    """The value, gradient and Hessian of an expression, by differences at many digits, each when it is asked for."""

    def __init__(self, e: Expression) -> None:
        self.e = e
        sizes = [abs(x) for x in map(float, e.slots(*e.point)) if x]
        self.largest = max(sizes, default=1.0)
        self.moderate = all(1 / MODERATE < s < MODERATE for s in sizes)
        self._slots: dict[int, list[Any]] = {}
        self._known: dict[int, tuple[Any, list[Any]]] = {}
        self._terms: dict[tuple[int, int], list[float]] = {}
        self.verdicts: dict[tuple[int, int, float], tuple[str, str, Any]] = {}
        self._measured: dict[int, list[Measured]] = {}

    def glimpsed(self, order: int) -> tuple[Any, list[Any]]:
        """The value, and the derivatives of that order; None for each of which more digits would have to tell."""
        if order not in self._known:
            for finer in (1, 2):
                try:
                    with self.digits(order, finer):
                        self._known[order] = (self._gradient if order == 1 else self._hessian)(DIGITS[order][2] * finer)
                except (ArithmeticError, ValueError, TypeError):  # the edge of a domain; complex numbers lie beyond
                    n = len(self.e.point)
                    self._known[order] = self._shifted(), [None] * n**order
                if None not in self._known[order][1]:
                    break
        return self._known[order]

    def digits(self, order: int, times: int = 1) -> Any:
        """The precision to compute with."""
        return mp.workdps(DIGITS[order][not self.moderate] * times)

    def _shifted(self, *shifts: tuple[int, Any]) -> Any:
        """The result, with some leaves shifted. Only what depends on them is computed again."""
        if mp.prec not in self._slots:
            self._slots[mp.prec] = self.e.slots(*map(mpf, self.e.point), engine=truth.FUNCTIONS)
        numbers = self._slots[mp.prec].copy()
        for i, h in shifts:
            numbers[i] += h
        moved = sum(1 << i for i, _ in shifts)
        for slot, depends, function, operands, is_step in self.program:
            if depends & moved:
                y = function(*[numbers[k] for k in operands])
                if is_step and abs(y - numbers[slot]) > 1:
                    raise Steps
                numbers[slot] = y
        return numbers[-1]

    @functools.cached_property
    def program(self) -> list[tuple[int, int, Callable[..., Any], tuple[int, ...], bool]]:
        """For each step its slot, a bit for each leaf that it depends on, its function, its operands, and whether its
        derivative is 0 by definition.
        """
        e = self.e
        depends = [1 << i for i in range(len(e.point))] + [0] * len(e.constants)
        out = []
        for name, operands in e.steps:
            depends.append(functools.reduce(operator.or_, (depends[k] for k in operands)))
            out.append((len(depends) - 1, depends[-1], truth.FUNCTIONS[name], operands, name in truth.STEPS - {"sign"}))
        return out

    def _steps(self, digits: int) -> list[Any]:
        return [(min(abs(mpf(x)), 1) or 1) * mpf(10) ** -digits for x in self.e.point]

    def _gradient(self, digits: int) -> tuple[Any, list[Any]]:
        y = self._shifted()
        slopes = []
        for i, h in enumerate(self._steps(digits)):
            right, left = self._shifted((i, h)) - y, y - self._shifted((i, -h))
            slopes.append(self._seen(right, left, h))
        return y, slopes

    def _seen(self, one: Any, other: Any, h: Any) -> Any:
        """The derivative, if two differences over h agree: 0 where they are no more than rounding leaves of 0."""
        nothing = self.largest * mpf(10) ** (3 - mp.dps)
        if max(abs(one - other), nothing) <= abs(one) * AGREED and abs(one) > abs(h) ** 2:  # x³ at 0 has slopes h²
            return (one + other) / (2 * h)
        if max(abs(one), abs(other)) <= nothing <= abs(h) * NOTHING:
            return mpf(0)
        return None

    def _hessian(self, digits: int) -> tuple[Any, list[Any]]:
        y, slopes = self.glimpsed(1)
        steps = self._steps(digits)
        n = len(steps)
        rows: list[list[Any]] = [[None] * n for _ in range(n)]
        for i, h in enumerate(steps):
            for j, k in enumerate(steps[: i + 1]):
                if slopes[i] is None or slopes[j] is None:
                    continue
                if i == j:
                    center = self._shifted()
                    near = self._shifted((i, h)) + self._shifted((i, -h)) - 2 * center
                    far = self._shifted((i, 2 * h)) + self._shifted((i, -2 * h)) - 2 * center
                    found = self._seen(near, far / 4, h**2)
                else:
                    corners = [self._shifted((i, a * h), (j, b * k)) for a, b in ((1, 1), (-1, 1), (1, -1), (-1, -1))]
                    center, across = self._shifted((i, h)), self._shifted((j, k))
                    whole = (corners[0] - corners[1] - corners[2] + corners[3]) / 4
                    quarter = corners[0] - center - across + self._shifted()
                    found = self._seen(whole, quarter, h * k)
                rows[i][j] = rows[j][i] = found
        return y, [x for row in rows for x in row]

    def terms(self, order: int, i: int) -> Iterator[float]:
        """The size of the terms that a derivative is a sum of: how far rounding moves it, over ε.

        First the most of three random roundings of the program, as ``gradcheck`` measures it, then that of our formula
        for the derivative, in which the results of the backward pass are rounded, too.
        """
        known = self._terms.setdefault((order, i), [])
        for k, measure in enumerate((self._terms_of_program, self._terms_of_formula)):
            if k == len(known):
                known.append(measure(order, i))
            yield known[k]

    def _terms_of_program(self, order: int, i: int) -> float:
        n = len(self.e.point)
        function = ManyDigits(lambda xs: self.e.apply(*xs))
        with function, self.digits(order):
            numbers = list(map(mpf, self.e.point))
            function(numbers)
            along = function if order == 1 else Slope(function, [float(k == i // n) for k in range(n)])
            step = self._steps(DIGITS[order][2])[i % n]
            return _Slopes(along, numbers, i % n, step, mpf(10) ** -(mp.dps // 16)).moved() / EPSILON

    def _terms_of_formula(self, order: int, i: int) -> float:
        return terms_of(self._formula(order, i), self.e.point)

    def _formula(self, order: int, i: int) -> Callable[[Sequence[Any]], Any]:
        """Our own way to the derivative."""
        n = len(self.e.point)
        if order == 1:
            return lambda xs: grad(self.e.apply, argnums=tuple(range(n)))(*xs)[i]
        return lambda xs: hvp(lambda p: self.e.apply(*p), list(xs), [int(k == i // n) for k in range(n)])[i % n]

    def is_beyond_floats(self, order: int, i: int) -> bool:
        """Whether a float can't hold all that comes up on the way: x * x at 1e-300 is 0, 1 / x^4 at 1e100 too."""
        way = _Watched(self._formula(order, i))
        with way, self.digits(order):
            way(list(map(mpf, self.e.point)))
            return not all(1 / LARGEST < size < LARGEST for size in way.sizes)

    def measured(self, order: int) -> list[Measured]:
        """The truth of the kit: slow, and it says why there is none."""
        if order not in self._measured:
            e = self.e
            inputs = inputs_of(tuple(e.point), tuple(range(len(e.point))))
            if order == 1:
                self._measured[1] = first_derivatives(e.apply, inputs, conditioned=False)
            else:
                n = len(e.point)
                pairs = [(i, [float(j == k) for k in range(n)]) for i in range(n) for j in range(n)]
                self._measured[2] = second_derivatives(e.apply, lambda xs: [math.nan] * n, inputs, pairs)
        return self._measured[order]


class _Watched(ManyDigits):
    """A run at many digits that keeps the size of every result."""

    def __init__(self, f: Callable[[Sequence[Any]], Any]) -> None:
        super().__init__(f)
        self.sizes: list[Any] = []

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        y = super().apply(rule, operands)
        if y.primal:
            self.sizes.append(abs(y.primal))
        return y


def verdict(exactly: Exactly, order: int, i: int, got: float) -> tuple[str, str, Any]:
    """What a derivative is: right, wrong or unknown; why; and the truth."""
    slope = exactly.glimpsed(order)[1][i]
    if slope is None or (not slope and got):  # nothing is seen, or less than can be told from 0
        found = exactly.measured(order)[i].truth
        if not found.known:
            return UNKNOWN, f"{found.status}: {_kind(found.note)}", None
        slope = found.value
    rounded = float(slope)
    if abs(rounded - got) <= 0.75 * NEAR * abs(rounded) < math.inf:  # what is left is for the rounding of the truth
        return RIGHT, NEARLY, slope
    off = abs(slope - got) if math.isfinite(got) else math.inf
    if off <= NEAR * max(abs(slope), NORMAL):
        return RIGHT, NEARLY, slope
    if off <= ULPS * EPSILON * max(abs(slope), NORMAL):
        return RIGHT, WITHIN, slope
    if any(off <= ULPS * EPSILON * size for size in exactly.terms(order, i)):
        return RIGHT, CONDITIONED, slope
    return (UNKNOWN, BEYOND, slope) if exactly.is_beyond_floats(order, i) else (WRONG, "", slope)


def _kind(note: str) -> str:
    return "the slopes on both sides differ" if note.startswith("the slope is") else note


def value_verdict(exactly: Exactly, got: float) -> tuple[str, str, Any]:
    """What a value is; besides being near the truth, it has to be the one that the functions on floats give."""
    e = exactly.e
    if got == float(e.apply(*e.point)):
        return RIGHT, "", None
    return WRONG, "", exactly.glimpsed(1)[0]


def check_expressions(
    seed: str, count: int, engines: Sequence[Engine] = ENGINES
) -> tuple[dict[str, Counter[str]], Counter[str], list[Wrong]]:
    """Draw that many expressions, and check each on the engines. Counts of derivatives by engine, counts of
    expressions, and what is wrong.
    """
    draw = random.Random(seed)
    counts: dict[str, Counter[str]] = {engine.name: Counter() for engine in engines}
    drawn: Counter[str] = Counter()
    wrong: list[Wrong] = []
    for number in range(count):
        e = random_expression(draw)
        exactly = Exactly(e)
        drawn["steps"] += len(e.steps)
        drawn["shared"] += _is_shared(e)
        tried = [engine for engine in engines if not number % engine.every]
        verdicts = [check(e, exactly, engine, counts[engine.name], wrong) for engine in tried]
        drawn[max(verdicts, key=(RIGHT, UNKNOWN, WRONG).index)] += 1
    return counts, drawn, wrong


def check(e: Expression, exactly: Exactly, engine: Engine, counts: Counter[str], wrong: list[Wrong]) -> str:
    """Check one expression on one engine. The worst verdict."""
    n = len(e.point)
    try:
        value, slopes = engine.run(e)
    except Exception as error:
        wrong.append(Wrong(engine.name, e, repr(error), math.nan, "a number"))
        counts[WRONG] += 1
        return WRONG
    found = []
    if value is not None and value_verdict(exactly, value)[0] == WRONG:
        found.append(WRONG)
        wrong.append(Wrong(engine.name, e, "the value", value, str(exactly.glimpsed(1)[0])[:24]))
    for i, got in enumerate(slopes):
        key = engine.order, i, got
        if key not in exactly.verdicts:
            exactly.verdicts[key] = verdict(exactly, *key)
        kind, why, slope = exactly.verdicts[key]
        found.append(kind)
        counts[why or kind] += 1
        if kind == WRONG:
            by = f"x{i}" if engine.order == 1 else f"x{i // n} and x{i % n}"
            wrong.append(Wrong(engine.name, e, f"the derivative by {by}", got, str(mp.nstr(mpf(slope), 20))))
    return max(found, key=(RIGHT, UNKNOWN, WRONG).index)


def _is_shared(e: Expression) -> bool:
    used = [k for _, operands in e.steps for k in operands]
    return len(used) > len(set(used))
