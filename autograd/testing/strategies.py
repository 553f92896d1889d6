"""Drawing random expressions with Hypothesis.

They are inside their domain by construction: while one is drawn it is computed, and each step is a primitive that has a
value and a derivative at its operands. The primitive is drawn first. If the operands that were drawn for it won't do,
others are looked for, and then a new leaf is made that does: so ``acosh`` comes as often as ``sin``.

What a draw shrinks towards is written first: few steps, the first leaf, the first of the primitives, small whole
numbers.
"""

from __future__ import annotations

import bisect
import collections
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from autograd.engine.rules import RULES, Rule
from autograd.errors import missing
from autograd.testing import points
from autograd.testing.expression import Expression, Step, pruned
from autograd.testing.several import OF_SEVERAL, ROWS, counts, is_of_several

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Allows: TypeAlias = Callable[
    [str, str], bool
]  # may that primitive have operands of these kinds? (see points.is_inside)

MOST_LEAVES: Final = 6
TRIES: Final = 6  # operands that are tried for a primitive, before a new leaf is made for it
FINE: Final = 8  # parts of 1 that a weight is told in


def expressions(
    ops: Iterable[str] | None = None, max_size: int = 12, weights: Mapping[str, float] | None = None
) -> SearchStrategy[Expression]:
    """A Hypothesis strategy of random expressions.

    They have shared subexpressions, operands that are used twice and constants, and a point inside the domain. About
    four leaves in five are ordinary numbers, the fifth is near an edge: of what a float can hold, or of a function's
    domain. All sizes up to ``max_size`` are drawn. Each primitive comes as often as each other, products and sums come
    more often, since they bring results together. A failing expression shrinks to few steps with small whole numbers.

    Args:
        ops: names of primitives in the rule table, and of functions of several numbers (see :class:`Expression`); by
            default the public ones, without ``stop_gradient`` and without primitives with an order as an operand, such
            as ``polygamma``.
        max_size: the largest number of steps.
        weights: how often a primitive is drawn, beside 1 for each other one; 0 leaves it out.

    Raises:
        MissingDependency: Hypothesis is not installed.
        ValueError: a name isn't in the table or not among ``ops``, a weight is no number from 0 to 1000, or max_size is
            below 1.

    >>> from hypothesis import given
    >>> @given(expressions(ops=["add", "mul", "tanh"], max_size=4))
    ... def test_that_it_grows(e):
    ...     assert e.apply(*(abs(x) + 1 for x in e.point)) >= e.apply(*(0 for _ in e.point)) or e.constants
    >>> test_that_it_grows()
    """
    names = usual_names() if ops is None else list(ops)
    unknown = [name for name in names if name not in ROWS]
    if unknown or not names:
        raise ValueError(f"no such primitive: {', '.join(map(repr, unknown))}; there are {', '.join(ROWS)}")
    if max_size < 1:
        raise ValueError(f"max_size is the largest number of steps, at least 1, not {max_size!r}")
    given = dict(weights or {})
    for name, weight in given.items():
        if name not in names:
            raise ValueError(f"weights has {name!r}, which isn't drawn; there are {', '.join(names)}")
        if not 0 <= weight <= 1000:
            raise ValueError(f"a weight is a number from 0 to 1000, not {weight!r} (of {name!r})")
    names = [name for name in names if given.get(name, 1)]
    if not names:
        raise ValueError("with these weights nothing is left to draw: one of them has to be above 0")
    shares = tuple(max(1, round(FINE * given.get(name, 1))) for name in names) if given else ()
    return drawn({name: ROWS[name] for name in names}, max_size, shares=shares)


def usual_names() -> list[str]:
    """What is drawn without being asked for: public primitives, then functions of several numbers."""
    return [name for name, rule in RULES.items() if points.is_usual(rule)] + list(filter(is_of_several, OF_SEVERAL))


def drawn(
    rules: Mapping[str, Rule],
    max_size: int,
    allows: Allows = lambda name, kinds: True,
    reach: float = 1e300,
    min_size: int = 1,
    shares: tuple[int, ...] = (),
) -> SearchStrategy[Expression]:
    """The strategy behind :func:`expressions`, with these rules for the names.

    Args:
        rules: what may be drawn, the simplest first.
        max_size: the largest number of steps.
        allows: whether a primitive may have operands of these kinds.
        reach: the size of the largest number; that of the smallest is its reciprocal.
        min_size: how many steps to try at least.
        shares: how often each is drawn, in whole numbers; all equally often, if it is empty.
    """
    _strategies()
    of = dict(zip(rules, shares or (1,) * len(rules)))
    drawing = _Drawing(rules, max_size, allows, reach, min_size, _Lot(of))
    strategy: SearchStrategy[Expression] = _composite()(drawing)
    return strategy


class _Lot:
    """Primitives, of which one is drawn, each as often as its share says."""

    def __init__(self, shares: Mapping[str, int]) -> None:
        self.names = tuple(shares)
        self.ends = tuple(itertools.accumulate(shares.values()))
        n = len(self.names)
        stride = next(k for k in (7, 5, 3, 2, 1) if math.gcd(k, n) == 1 or n < 2)
        self.orders = [tuple(self.names[(i + k * stride) % n] for k in range(n)) for i in range(n)]

    def drawn(self, draw: Callable[[SearchStrategy[Any]], Any], size: int) -> tuple[str, ...] | None:
        """The drawn operation, then its substitutes, in an order that gives each about the same chance.

        None, which is what it shrinks to, once in about five times the size.
        """
        total = self.ends[-1]
        times = math.ceil(5 * size / total)  # how many numbers stand for a share, so that one or more stand for None
        stops = max(1, round(total * times / (5 * size)))
        number = _below(draw, total * times + stops) - stops
        return None if number < 0 else self.orders[bisect.bisect_right(self.ends, number // times)]


class _Drawing(NamedTuple):
    """What is drawn: the arguments of :func:`drawn`."""

    rules: Mapping[str, Rule]
    max_size: int
    allows: Allows
    reach: float
    min_size: int
    names: _Lot

    @property
    def most_leaves(self) -> int:
        """How many leaves to begin with, at most: no more than can be brought together."""
        joins = any(max(counts(name, rule)) > 1 for name, rule in self.rules.items())
        return min(4, self.max_size + 1) if joins else 1

    def __repr__(self) -> str:
        few = ", ".join(self.rules) if len(self.rules) <= 6 else f"{len(self.rules)} primitives"
        return f"of {few}, max_size={self.max_size}"


@functools.cache  # Hypothesis reads the source of what it is given: once is enough, and it may be edited later
def _composite() -> Callable[..., Any]:
    return cast(Callable[..., Any], _strategies().composite(expression))


@functools.cache
def _leaf() -> Callable[..., Any]:
    return cast(Callable[..., Any], _strategies().composite(_number))


@functools.cache
def _step() -> Callable[..., Any]:
    return cast(Callable[..., Any], _strategies().composite(step))


def expression(draw: Callable[[SearchStrategy[Any]], Any], drawing: _Drawing) -> Expression:
    """Draw one. (Hypothesis shows the strategy by this function's name.)"""
    point = [draw(_leaf()(drawing.reach)) for _ in range(draw(_integers(1, drawing.most_leaves)))]
    builder = Builder(drawing.rules, drawing.allows, drawing.reach, point, [])
    while draw(_step()(builder, drawing)):
        pass
    while len(builder.steps) < drawing.max_size and builder.join_two():
        pass
    return pruned(Expression(*builder.parts()))


def step(draw: Callable[[SearchStrategy[Any]], Any], builder: Builder, drawing: _Drawing) -> bool:
    """Draw one more step, or that there is none. (Being a strategy of its own, it is deleted as a whole.)

    The end is drawn of the largest program too, so that it still has one when a step is deleted.
    """
    wanted = drawing.names.drawn(draw, drawing.max_size)
    if builder.size() >= drawing.max_size or (wanted is None and len(builder.steps) >= drawing.min_size):
        return False
    wanted = wanted or drawing.names.orders[0]
    nodes = builder.candidates()
    sizes = counts(wanted[0], drawing.rules[wanted[0]])
    size = sizes[draw(_integers(0, len(sizes) - 1))] if len(sizes) > 1 else sizes[0]
    picks: list[int] = [draw(_integers(0, len(nodes) - 1))]
    for _ in range(size - 1):
        pick = draw(_integers(0, len(nodes)))
        picks.append(builder.add_constant(_constant(draw, drawing.reach)) if pick == len(nodes) else pick)
    return any(builder.place(name, nodes, picks) for name in wanted)


class Builder:
    """A straight-line program in the making, with the number in each slot.

    Slots are in the order in which they were made; :meth:`parts` has leaves, constants and steps in theirs.
    """

    def __init__(
        self, rules: Mapping[str, Rule], allows: Allows, reach: float, point: list[float], constants: list[float]
    ) -> None:
        self.rules, self.allows, self.reach = rules, allows, reach
        self.values: list[float] = [*point, *constants]
        self.kinds = ["x"] * len(point) + ["c"] * len(constants)
        self.nodes = list(range(len(point)))  # the slots that depend on a leaf
        self.steps: list[Step] = []
        self.loose = dict.fromkeys(range(len(point)))  # the nodes that nothing has used, in their order

    def add_step(self, name: str, operands: tuple[int, ...]) -> bool:
        """Append the step if it may stand there."""
        rule = self.rules[name]
        kinds = "".join(self.kinds[i] for i in operands)
        numbers = [float(self.values[i]) for i in operands]
        if "x" not in kinds and "y" not in kinds:
            return False
        if not (self.allows(name, kinds) and points.is_inside(rule, numbers, kinds, self.reach)):
            return False
        self.steps.append((name, operands))
        for i in operands:
            self.loose.pop(i, None)
        new = len(self.values)
        self.nodes.append(new)
        self.loose[new] = None
        self.values.append(rule(*numbers))
        self.kinds.append("y")
        return True

    def candidates(self) -> list[int]:
        """Nodes for a step: the first leaf, results that nothing has used yet, the last one, one in the middle."""
        fresh = itertools.islice(reversed(self.loose), 4)
        return list(dict.fromkeys([self.nodes[0], *fresh, self.nodes[-1], self.nodes[len(self.nodes) // 2]]))

    def add_constant(self, number: float) -> int:
        """One more plain number, and how :meth:`place` is told of it: below 0."""
        self.values.append(number)
        self.kinds.append("c")
        return -len(self.values)

    def place(self, name: str, nodes: Sequence[int], picks: Sequence[int]) -> bool:
        """Append a step of the primitive, on the nodes of these places, or on others where it may stand.

        Of a function of several numbers, there are as many operands as there are picks, if it takes as many.
        """
        sizes = counts(name, self.rules[name])
        size = len(picks) if len(picks) in sizes else sizes[0]
        for operands in itertools.islice(self._operands(nodes, picks, size), TRIES):
            if self.add_step(name, operands):
                return True
        return self.kinds.count("x") < MOST_LEAVES and self._on_a_new_leaf(name, size)

    def _operands(self, nodes: Sequence[int], picks: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
        """Operands, the picked ones first, then with two of them exchanged."""
        picked = [*picks[:size], *range(size - len(picks))]
        for shift in range(len(nodes)):
            slots = [nodes[(i - shift) % len(nodes)] if i >= 0 else -i - 1 for i in picked]
            yield tuple(slots)
            if size > 1:
                yield (slots[1], slots[0], *slots[2:])
            if size > 2:
                yield (*slots[:-2], slots[-1], slots[-2])

    def _on_a_new_leaf(self, name: str, size: int) -> bool:
        """Make a leaf, of a plain number, at which the primitive may stand alone, or beside the newest nodes."""
        new = len(self.values)
        self.kinds.append("x")
        self.values.append(0.0)
        others = list(itertools.islice(itertools.cycle(reversed(self.nodes)), size - 1))
        ways = [(*others[:i], new, *others[i:]) for i in reversed(range(size))]
        for x in points.PLAIN:
            self.values[new] = x
            for operands in ways if size == 1 else [*ways, (new,) * size]:
                if self.add_step(name, operands):
                    self.nodes.insert(len(self.nodes) - 1, new)
                    return True
        self.kinds.pop()
        self.values.pop()
        return False

    def size(self) -> int:
        """How many steps there will be when all results are brought together."""
        return len(self.steps) + len(self.loose) - 1

    def join_two(self) -> bool:
        """Bring two results together that nothing has used yet, by a product or a sum, of which there are fewer yet."""
        if len(self.loose) < 2:
            return False
        a, b = itertools.islice(self.loose, 2)
        used = collections.Counter(name for name, _ in self.steps)
        names = sorted((name for name in ("add", "mul") if name in self.rules), key=used.__getitem__)
        if len(self.values) % 2 and used["add"] == used["mul"]:
            names.reverse()
        names += [name for name, rule in self.rules.items() if rule.arity == 2 and name not in names]
        return any(self.add_step(name, pair) for name in names for pair in ((a, b), (b, a)))

    def join(self, name: str, max_size: int) -> None:
        """Bring the results that nothing has used together, so that they are not lost."""
        while len(self.loose) > 1 and len(self.steps) < max_size and self.rules[name].arity == 2:
            a, b = itertools.islice(self.loose, 2)
            if not self.add_step(name, (a, b)):
                self.loose.pop(a)

    def parts(self) -> tuple[tuple[float, ...], tuple[Step, ...], tuple[float, ...]]:
        """Point, steps and constants, with slots numbered as in an :class:`Expression`."""
        order = sorted(range(len(self.kinds)), key=lambda i: ("xcy".index(self.kinds[i]), i))
        new = {old: i for i, old in enumerate(order)}
        return (
            tuple(x for x, kind in zip(self.values, self.kinds) if kind == "x"),
            tuple((name, tuple(new[i] for i in operands)) for name, operands in self.steps),
            tuple(x for x, kind in zip(self.values, self.kinds) if kind == "c"),
        )


def _strategies() -> Any:
    try:
        from hypothesis import strategies
    except ImportError:
        raise missing("Hypothesis", "expressions") from None
    return strategies


@functools.cache
def _integers(least: int, most: int) -> SearchStrategy[int]:
    strategy: SearchStrategy[int] = _strategies().integers(least, most)
    return strategy


_SEVERAL: Final = 120  # Hypothesis draws a number below this evenly; larger ones it likes small


def _below(draw: Callable[[SearchStrategy[Any]], Any], count: int) -> int:
    """A number below the count, all about equally likely."""
    if count <= _SEVERAL:
        return int(draw(_integers(0, count - 1)))
    parts = -(-count // _SEVERAL)
    number = int(draw(_integers(0, parts - 1))) * _SEVERAL + int(draw(_integers(0, _SEVERAL - 1)))
    return number * count // (parts * _SEVERAL)


_WHOLE: Final = tuple(float(n) for n in range(1, 21))
_SIMPLE: Final = (
    *(0.5, 0.25, 0.1, 0.75, 0.9, 1.5, 1.7, 2.5, 0.0),
    *(-1.0, -2.0, -3.0, -0.5, -0.25, -0.1, -1.7, -0.9, -4.0, -7.0, -5.0),
)
_ANY: Final = tuple(start + 4.9 * k / 59 for start in (-5.0, 0.01) for k in range(60))  # and up to 0.08 more


@functools.cache
def _kinds(reach: float) -> tuple[tuple[float, ...], ...]:
    """Four kinds of leaves, each in order of size, so that a large one of any kind shrinks to a large whole number."""
    ends = points.edges(reach)
    near = sorted((*ends, *(-x for x in ends if 1e-3 <= x <= 1e3)), key=abs)
    return _WHOLE, _SIMPLE, _ANY, tuple(near)


def _number(draw: Callable[[SearchStrategy[Any]], Any], reach: float) -> float:
    """A leaf: a small whole number, another simple one, any number up to 5, or, one in four, one near the ends."""
    kind, i = int(draw(_integers(0, 3))), int(draw(_integers(0, _SEVERAL - 1)))
    numbers = _kinds(reach)[kind]
    number = numbers[i * len(numbers) // _SEVERAL]
    return number + 0.08 * int(draw(_integers(0, 99))) / 100 if numbers is _ANY else number


_CONSTANTS: Final = (2, 3, 1, 4, -1, -2, 2.0, 3.0, 0.5)


def _constant(draw: Callable[[SearchStrategy[Any]], Any], reach: float) -> float:
    """A constant: whole numbers as int and as float, and others."""
    i = draw(_integers(0, 2 * len(_CONSTANTS) - 1))
    return _CONSTANTS[i] if i < len(_CONSTANTS) else _number(draw, reach)
