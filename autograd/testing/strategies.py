"""Drawing random expressions with Hypothesis.

They are inside their domain by construction: while one is drawn it is computed, and each step is a primitive that has a
value and a derivative at its operands. What a draw shrinks towards is written first: few steps, the first leaf, the
first of the primitives, small whole numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from autograd.engine.rules import RULES, Rule
from autograd.errors import missing
from autograd.testing import points
from autograd.testing.expression import Expression, Step, pruned

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Allows: TypeAlias = Callable[
    [str, str], bool
]  # may that primitive have operands of these kinds? (see points.is_inside)


def expressions(ops: Iterable[str] | None = None, max_size: int = 10) -> SearchStrategy[Expression]:
    """A Hypothesis strategy of random expressions.

    They have shared subexpressions, operands that are used twice and constants, and a point inside the domain, at times
    near its edge. Whatever was found shrinks to few steps with small whole numbers.

    Args:
        ops: names of primitives in the rule table; by default the public ones, without ``stop_gradient`` and without
            primitives with an order as an operand, such as ``polygamma``.
        max_size: the largest number of steps.

    Raises:
        MissingDependency: Hypothesis is not installed.
        ValueError: a name isn't in the table, or max_size is below 1.

    >>> from hypothesis import given
    >>> @given(expressions(ops=["add", "mul", "tanh"], max_size=4))
    ... def test_that_it_grows(e):
    ...     assert e.apply(*(abs(x) + 1 for x in e.point)) >= e.apply(*(0 for _ in e.point)) or e.constants
    >>> test_that_it_grows()
    """
    names = [name for name, rule in RULES.items() if points.is_usual(rule)] if ops is None else list(ops)
    unknown = [name for name in names if name not in RULES]
    if unknown or not names:
        raise ValueError(f"no such primitive: {', '.join(map(repr, unknown))}; there are {', '.join(RULES)}")
    if max_size < 1:
        raise ValueError(f"max_size is the largest number of steps, at least 1, not {max_size!r}")
    return drawn({name: RULES[name] for name in names}, max_size)


def drawn(
    rules: Mapping[str, Rule],
    max_size: int,
    allows: Allows = lambda name, kinds: True,
    reach: float = 1e300,
    min_size: int = 1,
) -> SearchStrategy[Expression]:
    """The strategy behind :func:`expressions`, with these rules for the names.

    Args:
        rules: what may be drawn, the simplest first.
        max_size: the largest number of steps.
        allows: whether a primitive may have operands of these kinds.
        reach: the size of the largest number; that of the smallest is its reciprocal.
        min_size: how many steps to try at least.
    """
    _strategies()
    strategy: SearchStrategy[Expression] = _composite()(_Drawing(rules, max_size, allows, reach, min_size))
    return strategy


class _Drawing(NamedTuple):
    """What is drawn: the arguments of :func:`drawn`."""

    rules: Mapping[str, Rule]
    max_size: int
    allows: Allows
    reach: float
    min_size: int

    def __repr__(self) -> str:
        few = ", ".join(self.rules) if len(self.rules) <= 6 else f"{len(self.rules)} primitives"
        return f"of {few}, max_size={self.max_size}"


@functools.cache  # Hypothesis reads the source of what it is given: once is enough, and it may be edited later
def _composite() -> Callable[..., Any]:
    return cast(Callable[..., Any], _strategies().composite(expression))


def expression(draw: Callable[[SearchStrategy[Any]], Any], drawing: _Drawing) -> Expression:
    """Draw one. (Hypothesis shows the strategy by this function's name.)"""
    rules, max_size, allows, reach, min_size = drawing
    point, constants, sizes, choices = _parts(len(rules), reach, min_size, max_size)
    names, most = tuple(rules), max(rule.arity for rule in rules.values())
    builder = Builder(rules, allows, reach, draw(point), draw(constants))
    for _ in range(draw(sizes)):
        nodes = builder.nodes
        a, b = nodes[draw(_slot(len(nodes)))], draw(_slot(len(builder.values)))
        swapped, start = divmod(draw(choices), len(names))
        more = [draw(_slot(len(builder.values))) for _ in range(most - 2)]
        able = ((b, a) if swapped else (a, b)) + tuple(more)
        for name in names[start::-1] + names[:start:-1]:  # the next simpler one that may stand here
            if builder.add_step(name, able[: rules[name].arity] if rules[name].arity > 1 else (a,)):
                break
    builder.join("add" if "add" in rules else names[0], max_size)
    return pruned(Expression(*builder.parts()))


class Builder:
    """A straight-line program in the making, with the number in each slot."""

    def __init__(
        self, rules: Mapping[str, Rule], allows: Allows, reach: float, point: list[float], constants: list[float]
    ) -> None:
        self.rules, self.allows, self.reach = rules, allows, reach
        self.point, self.constants = point, constants
        self.values: list[float] = [*point, *constants]
        self.kinds = "x" * len(point) + "c" * len(constants)
        self.nodes = list(range(len(point)))  # the slots that depend on a leaf
        self.steps: list[Step] = []
        self.used: set[int] = set()

    def add_step(self, name: str, operands: tuple[int, ...]) -> bool:
        """Append the step if it may stand there."""
        rule = self.rules[name]
        kinds = "".join(self.kinds[i] for i in operands)
        numbers = [float(self.values[i]) for i in operands]
        if not (self.allows(name, kinds) and points.is_inside(rule, numbers, kinds, self.reach)):
            return False
        self.steps.append((name, operands))
        self.used.update(operands)
        self.nodes.append(len(self.values))
        self.values.append(rule(*numbers))
        self.kinds += "y"
        return True

    def join(self, name: str, max_size: int) -> None:
        """Bring the results that nothing has used together, so that they are not lost."""
        loose = [i for i in self.nodes if self.kinds[i] == "y" and i not in self.used]
        while len(loose) > 1 and len(self.steps) < max_size and self.rules[name].arity == 2:
            operands = (loose.pop(0), loose[-1])
            if self.add_step(name, operands):
                loose[-1] = len(self.values) - 1

    def parts(self) -> tuple[tuple[float, ...], tuple[Step, ...], tuple[float, ...]]:
        return tuple(self.point), tuple(self.steps), tuple(self.constants)


def _strategies() -> Any:
    try:
        from hypothesis import strategies
    except ImportError:
        raise missing("Hypothesis", "expressions") from None
    return strategies


@functools.cache
def _parts(names: int, reach: float, min_size: int, max_size: int) -> tuple[SearchStrategy[Any], ...]:
    """What a point, the constants, the number of steps, and a choice among so many names are drawn from."""
    st = _strategies()
    return (
        st.lists(_numbers(reach), min_size=1, max_size=4),
        st.lists(_constants(reach), max_size=3),
        st.integers(min_size, max_size),
        st.integers(0, 2 * names - 1),
    )


@functools.cache
def _slot(count: int) -> SearchStrategy[int]:
    """A slot: any, or else one of the last three, which makes expressions deep. The first one when it shrinks."""
    st = _strategies()
    slot: SearchStrategy[int] = st.integers(0, count + min(count, 3) - 1).map(
        lambda i: i if i < count else 2 * count - 1 - i
    )
    return slot


@functools.cache
def _numbers(reach: float) -> SearchStrategy[float]:
    """Leaves: often one of few numbers, so that two leaves may be equal, at times one near the ends, or any number."""
    st = _strategies()
    few = (1.0, 2.0, 3.0, 4.0, *(abs(x) for x in points.PLAIN if x), -1.0, -2.0, -3.0, 0.0)
    ends = points.edges(reach)
    numbers: SearchStrategy[float] = st.one_of(
        st.sampled_from((*few, *ends, *(-x for x in ends))), st.floats(0.01, 5.0), st.floats(-5.0, -0.01)
    )
    return numbers


@functools.cache
def _constants(reach: float) -> SearchStrategy[float]:
    """Constants: whole numbers as int and as float, and others."""
    st = _strategies()
    constants: SearchStrategy[float] = st.one_of(st.sampled_from((2, 3, 1, 4, -1, -2, 2.0, 3.0, 0.5)), _numbers(reach))
    return constants
