"""First, second and third derivatives of single operations, by every way to them, against a truth that knows no rule.

A derivative is right if it is the exact one of a number of ulps, for operands that are off by as many: the error may
be C · ε · (|truth| + Σ |x · ∂truth/∂x|), and a few subnormal numbers. The sum is the condition of the derivative, and a
derivative of the next order, which the truth has as well. The table is not asked, but for what a row states in
``ulps``.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from mpmath import mp, mpf

from autograd import derivative, grad, vmap
from autograd.engine.rules import RULES, Rule
from tests import accuracy, jets, special, truth

EPSILON: Final = 2.0**-52
C: Final = {1: 8.0, 2: 16.0, 3: 32.0}  # for derivatives of each order
SUBNORMALS: Final = 1000 * truth.SMALLEST  # as in accuracy.is_too_small
LARGEST: Final = special.LARGEST
ROUGHLY: Final = mpf(10) ** -2  # how well the condition has to be known

Orders = tuple[int, ...]
Function = Callable[..., Any]


class Wrong(NamedTuple):
    """A derivative that is wrong: where, and what it should be."""

    engine: str
    row: str
    operands: tuple[float, ...]
    orders: Orders
    got: float
    exact: str
    error: str  # the exception, if there was one

    def __str__(self) -> str:
        by = ", ".join(f"{n} times x{i}" for i, n in enumerate(self.orders) if n)
        at = ", ".join(map(repr, self.operands))
        got = self.error or repr(self.got)
        return f"{self.row} at {at}, derivative by {by}, {self.engine}: {got}, and should be {self.exact}"


class OfOrders(NamedTuple):
    """What a row came to, each for orders 1, 2 and 3: derivatives that are right, those that nobody knows, the worst
    error as a part of what is allowed; and what is wrong.
    """

    right: list[int]
    unknown: list[int]
    part: list[float]
    wrong: list[Wrong]


# --- Ways to a derivative: a function of numbers, and by which to differentiate, one after the other. ---


def reverse(f: Function, by: Sequence[int]) -> Function:
    """grad of grad."""
    for position in by:
        f = grad(f, argnums=position)
    return f


def forward(f: Function, by: Sequence[int]) -> Function:
    """Forward mode over forward mode, the last operand first."""
    for position in reversed(by):
        f = _slope(f, position)
    return f


def reverse_over_forward(f: Function, by: Sequence[int]) -> Function:
    """grad of forward mode."""
    return grad(forward(f, by[1:]), argnums=by[0])


def _slope(f: Function, position: int) -> Function:
    def slope(*xs: Any) -> Any:
        return derivative(lambda x: f(*xs[:position], x, *xs[position + 1 :]))(xs[position])

    return slope


WAYS: Final[dict[str, tuple[Callable[[Function, Sequence[int]], Function], int]]] = {  # and from which order
    "reverse": (reverse, 1),
    "forward": (forward, 1),
    "reverse over forward": (reverse_over_forward, 2),
}


def all_orders(name: str, arity: int) -> list[Orders]:
    """How often to differentiate by each operand, three times at most; not by operands that are constant."""
    every = itertools.product(range(4), repeat=arity)
    constant = truth.CONSTANT.get(name)
    found = [o for o in every if 0 < sum(o) <= 3 and (constant is None or o[constant] == 0)]
    return sorted(found, key=lambda o: (sum(o), [-n for n in o]))


class Ways:
    """A row's derivatives by every way, each function made once; of several operands, one may be a constant."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.constant = truth.CONSTANT.get(rule.name)
        self.made: dict[Any, Function] = {}

    def of(self, way: str, orders: Orders, operands: tuple[float, ...], compiled: bool) -> tuple[Function, list[int]]:
        """The function, and which of the operands it takes."""
        moving = [i for i in range(len(operands)) if i != self.constant]
        fixed = operands[self.constant] if self.constant is not None else None
        key = (way, orders, fixed, compiled)
        if key not in self.made:
            by = [k for k, i in enumerate(moving) for _ in range(orders[i])]
            rule = self.rule
            f = rule if fixed is None else lambda x: rule(fixed, x)
            made = WAYS[way][0](f, by)
            self.made[key] = vmap(made) if compiled else made
        return self.made[key], moving


# --- The judge. ---


class Judge:
    """What the derivatives of a row at a point should be, and whether a number is near enough."""

    def __init__(self, rule: Rule, operands: tuple[float, ...]) -> None:
        self.rule, self.operands = rule, operands
        self.jet = jets.Jet(rule.name, operands) if all(map(math.isfinite, operands)) else None
        self.exact: dict[Orders, Any] = {}
        self.rooms: dict[Orders, Any] = {}
        self.parts: dict[tuple[Orders, str], float] = {}

    def part(self, orders: Orders, got: float) -> float | None:
        """The error as a part of what is allowed: right up to 1. None if there is no truth."""
        key = (orders, repr(got))
        if orders not in self.exact:
            self.exact[orders] = special.expected(self.rule.name, self.operands, orders, self.jet)
        if self.exact[orders] is None:
            return None
        if key not in self.parts:
            self.parts[key] = self._part(orders, got)
        return self.parts[key]

    def _part(self, orders: Orders, got: float) -> float:
        exact = self.exact[orders]
        if isinstance(exact, float):  # ±inf or nan
            return 0.0 if got == exact or (got != got and exact != exact) else math.inf
        if got == exact:
            return 0.0
        if math.isnan(got):
            return math.inf
        with mp.workdps(60):
            room = self.room(orders)
            if math.isinf(got):
                return 0.0 if abs(exact) + room > LARGEST and (got > 0) == (exact > 0) else math.inf
            return float(min(abs(mpf(got) - exact) / room, mpf(10) ** 300))

    def room(self, orders: Orders) -> Any:
        """How large an error may be."""
        if orders not in self.rooms:
            order = sum(orders)
            stated = max(1.0, accuracy.stated_ulps(self.rule, self.operands) / 4.0)
            if self.rule.name in special.LOOSE:
                stated *= special.LOOSE[self.rule.name](*self.operands, order)
            with mp.workdps(60):
                size = abs(self.exact[orders]) + self._condition(orders)
                self.rooms[orders] = C[order] * stated * EPSILON * size + SUBNORMALS
        return self.rooms[orders]

    def _condition(self, orders: Orders) -> Any:
        """Σ |x · ∂truth/∂x|."""
        total = mpf(0)
        if self.jet is None:
            return total
        for i, x in enumerate(self.operands):
            more = (*orders[:i], orders[i] + 1, *orders[i + 1 :])
            name = self.rule.name
            if x == 0.0 or truth.CONSTANT.get(name) == i or name in truth.STEPS or jets.beyond_degree(name, more):
                continue
            try:
                total += abs(x * self.jet.of(more, ROUGHLY))
            except (ArithmeticError, ValueError, TypeError):
                continue  # it isn't known, and nothing is granted for it
        return total


def has_value(rule: Rule, operands: tuple[float, ...]) -> bool:
    """Whether the row is defined there; nan is everywhere."""
    return any(map(math.isnan, operands)) or bool(rule.domain.contains(*operands))


def points(name: str, draw: random.Random) -> Iterator[tuple[float, ...]]:
    """Special points, those that first derivatives are measured at, and random ones without end."""
    rule = RULES[name]
    yield from (x for x in special.points(name, rule.arity) if has_value(rule, x))
    if name not in truth.CONSTANT:
        yield from accuracy.points(name)
        yield from accuracy.random_points(name, draw)
    while True:
        operands = (draw.choice(special.CONSTANTS), accuracy._random_number(draw))
        if has_value(rule, operands):
            yield operands


def check_row(name: str, seed: str, first: int, count: int) -> OfOrders:
    """Check points number ``first`` and following."""
    some = itertools.islice(points(name, random.Random(seed if first else name)), first, first + count)
    return check_points([Judge(RULES[name], operands) for operands in some])


def check_points(judges: Sequence[Judge], eager: bool = True, compiled: bool = True) -> OfOrders:
    """Every derivative up to third order by every way, at the points of these judges of one row."""
    rule = judges[0].rule
    ways = Ways(rule)
    found = OfOrders([0] * 3, [0] * 3, [0.0] * 3, [])
    on_floats = [_has_float(rule, judge.operands) for judge in judges]
    for orders in all_orders(rule.name, rule.arity):
        for way, (_, lowest) in WAYS.items():
            if sum(orders) < lowest:
                continue
            if eager:
                for judge, defined in zip(judges, on_floats):
                    if defined:
                        _count(found, judge, orders, way, *_eager(ways, way, orders, judge.operands))
            if compiled:
                for judge, got, error in _compiled(ways, way, orders, judges):
                    _count(found, judge, orders, f"jit, {way}", got, error)
    return found


def _has_float(rule: Rule, operands: tuple[float, ...]) -> bool:
    try:
        rule(*operands)
    except (ArithmeticError, ValueError):
        return False
    return True


def _eager(ways: Ways, way: str, orders: Orders, operands: tuple[float, ...]) -> tuple[float, str]:
    f, moving = ways.of(way, orders, operands, compiled=False)
    try:
        return float(f(*(operands[i] for i in moving))), ""
    except Exception as error:
        return math.nan, f"{type(error).__name__}: {error}"


def _compiled(ways: Ways, way: str, orders: Orders, judges: Sequence[Judge]) -> Iterator[tuple[Judge, float, str]]:
    import numpy as np

    groups: dict[Any, list[Judge]] = {}
    for judge in judges:
        groups.setdefault(None if ways.constant is None else judge.operands[ways.constant], []).append(judge)
    for group in groups.values():
        f, moving = ways.of(way, orders, group[0].operands, compiled=True)
        columns = [np.array([judge.operands[i] for judge in group]) for i in moving]
        try:
            results = np.broadcast_to(np.asarray(f(*columns), dtype=float), (len(group),)).tolist()
            error = ""
        except Exception as e:
            results, error = [math.nan] * len(group), f"{type(e).__name__}: {e}"
        yield from ((judge, got, error) for judge, got in zip(group, results))


def _count(found: OfOrders, judge: Judge, orders: Orders, engine: str, got: float, error: str) -> None:
    k = sum(orders) - 1
    part = math.inf if error else judge.part(orders, got)
    if error and judge.part(orders, 0.0) is None:
        part = None
    if part is None:
        found.unknown[k] += 1
        return
    if part <= 1.0:
        found.right[k] += 1
        found.part[k] = max(found.part[k], part)
        return
    exact = str(mp.nstr(mpf(judge.exact[orders]), 20))
    found.wrong.append(Wrong(engine, judge.rule.name, judge.operands, orders, got, exact, error[:120]))
