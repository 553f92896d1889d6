"""Single operations: the value and every partial, in ulps of a truth that knows no rule."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd.engine.rules import RULES, Rule
from autograd.testing import Expression
from tests import accuracy, truth
from tests.thorough.engines import ENGINES, Engine

CERTAIN = 1e6  # ulps; where a row states more, the number is probably too small for any


class Wrong(NamedTuple):
    """A number that is wrong: where, and what it should be."""

    engine: str
    expression: Expression
    what: str
    got: float
    exact: str


class OfRow(NamedTuple):
    """What a row came to: how many numbers are right, the worst errors in ulp and as parts of what the row states, how
    many partials don't exist, and what is wrong.
    """

    points: int
    right: int
    value: float
    partial: float
    value_of_stated: float
    partial_of_stated: float
    without: int
    wrong: list[Wrong]


def check_row(name: str, seed: str, first: int, count: int, engines: Sequence[Engine] = ENGINES) -> OfRow:
    """Check points number ``first`` and following: at first the fixed ones, then random ones."""
    rule = RULES[name]
    fixed = accuracy.points(name)[first:]
    drawn = accuracy.random_points(name, random.Random(seed))
    right = without = 0
    worst, of_stated = [0.0, 0.0], [0.0, 0.0]
    wrong = []
    for number, operands in enumerate(itertools.islice(itertools.chain(fixed, drawn), count)):
        at = _Point(rule, operands)
        without += sum(not truth.has_derivative(name, operands, i) for i in range(rule.arity))
        known: dict[tuple[int, float], tuple[float, float]] = {}
        for engine in engines:
            if not engine.every_point or number % engine.every_point:
                continue
            for position, got in _numbers(engine, at):
                if (position, got) not in known:
                    known[position, got] = at.error(position, got)
                error, bound = known[position, got]
                kind = position >= 0
                worst[kind] = max(worst[kind], error)
                of_stated[kind] = max(of_stated[kind], error / bound)
                if error <= bound:
                    right += 1
                else:
                    what = f"the derivative by x{position}" if kind else "the value"
                    wrong.append(Wrong(engine.name, at.expression, what, got, truth_as_text(at.exact(position))))
    return OfRow(number + 1, right, *worst, *of_stated, without, wrong)


def _numbers(engine: Engine, at: _Point) -> Iterator[tuple[int, float]]:
    """The value (as number -1) and the partials that the engine gives, where there are partials."""
    try:
        value, partials = engine.run(at.expression)
    except Exception:
        value, partials = math.nan, [math.nan] * len(at.moving)
    if value is not None:
        yield -1, value
    for position, got in zip(at.moving, partials):
        if truth.has_derivative(at.rule.name, at.operands, position):
            yield position, got


class _Point:
    """A primitive at a point; operands that are constant by its rule are constants of the expression, too."""

    def __init__(self, rule: Rule, operands: tuple[float, ...]) -> None:
        self.rule, self.operands = rule, operands
        self.moving = [i for i in range(rule.arity) if i not in rule.constant]
        order = [*self.moving, *rule.constant]  # an expression has its leaves first
        slots = tuple(order.index(i) for i in range(rule.arity))
        point, constants = ([operands[i] for i in part] for part in (self.moving, rule.constant))
        self.expression = Expression(tuple(point), ((rule.name, slots),), tuple(constants))
        self.glimpsed: dict[int, tuple[Any, Any]] = {}

    def error(self, position: int, got: float) -> tuple[float, float]:
        """The error in ulps, and what is allowed."""
        name, operands = self.rule.name, self.operands
        at = max(position, 0)
        if at not in self.glimpsed:
            self.glimpsed[at] = truth.glimpse(name, operands, at)
        y, slope = self.glimpsed[at]
        exact = y if position < 0 else slope
        bound = accuracy.ulps_of_value(self.rule, operands)
        scale = truth.LARGEST_TERM_OF_VALUE.get(name, lambda *_: None)(*operands)
        if position >= 0:
            bound = accuracy.stated_ulps(self.rule, operands)
            scale = truth.LARGEST_TERM[name](*operands) if name in truth.LARGEST_TERM else None
        error = math.inf if exact is None else _ulps(got, exact, scale)
        if error <= min(bound, CERTAIN):
            return error, bound
        exact = self.exact(position)
        if accuracy.is_too_small(got, exact):
            return 0.0, bound
        return truth.ulps_between(got, exact, scale), bound

    def exact(self, position: int) -> Any:
        """The value, or a partial, with all digits that it takes."""
        of = truth.value.__wrapped__ if position < 0 else truth.partial.__wrapped__  # there is no use in a cache
        return of(self.rule.name, self.operands, *([position] if position >= 0 else []))


def _ulps(got: float, exact: Any, scale: Any) -> float:
    """As truth.ulps_between, and faster: infinite wherever that has more to say."""
    size = float(max(abs(exact), abs(scale)) if scale is not None else exact)
    if not accuracy.NORMAL < abs(size) < math.inf or not math.isfinite(got):
        return math.inf
    return float(abs(exact - got)) / math.ulp(size)


def truth_as_text(exact: Any) -> str:
    """Twenty digits of it."""
    from mpmath import mp

    return str(mp.nstr(exact, 20))
