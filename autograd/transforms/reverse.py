"""Reverse mode over numbers of any kind, and over a recorded graph of Values, giving gradients that can be
differentiated again.

``Value.backward`` is the same sweep with partials that were computed as floats. Here the partials are the rule table's
expressions, applied to the operands themselves: what comes out is a number of the operands' kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from mypy_extensions import mypyc_attr

from autograd.engine import graph, rules
from autograd.engine.kinds import number
from autograd.engine.modes import MODES, admits, check_sent, checking, stops
from autograd.engine.own import Own
from autograd.engine.rules import LEAF, REST, STEPS, Domain, Rule
from autograd.engine.value import Value
from autograd.errors import AutogradError
from autograd.transforms.forward import plus, times
from autograd.transforms.lifted import Lifted, LiftedWorld, on_floats
from autograd.transforms.worlds import World, is_no_seed

# Of a node with its adjoint: the operands on the graph, and the terms of their adjoints.
Edges: TypeAlias = "Callable[[Any, Any], Iterator[tuple[Any, Any]]]"


class Node(Lifted):
    """A number on the tape of its world: its primal, the rule that made it, and the operands."""

    __slots__ = ("_a", "_b", "_rule", "on_tape", "primals")

    _rule: Rule
    _a: Node | None  # for walks over the tape: the first operand on it,
    _b: Node | None  # and the second one, or, as in Value, a node that holds all others
    on_tape: tuple[Node | None, ...]  # the operands; None: not of this world
    primals: tuple[Any, ...]  # the operands as the world below sees them

    def __init__(
        self,
        world: World,
        primal: Any,
        rule: Rule = LEAF,
        primals: tuple[Any, ...] = (),
        on_tape: tuple[Node | None, ...] = (),
    ) -> None:
        self.world = world
        self.level = world.level
        self.primal = primal
        self.primals = primals
        self.on_tape = on_tape
        self._rule = rule
        if len(on_tape) > 2:
            rest = on_tape[-1]
            for operand in on_tape[-2:0:-1]:
                rest = Node(world, 0, REST, (), (operand, rest))
            on_tape = (on_tape[0], rest)
        self._a = on_tape[0] if on_tape else None
        self._b = on_tape[1] if len(on_tape) == 2 else None

    # Arithmetic of two nodes of one world, or of a node and a float, without the detour by the table.

    def __add__(self, other: Any) -> Any:
        y = self._quick(rules.add, other)
        return Lifted.__add__(self, other) if y is None else y

    def __sub__(self, other: Any) -> Any:
        y = self._quick(rules.sub, other)
        return Lifted.__sub__(self, other) if y is None else y

    def __mul__(self, other: Any) -> Any:
        y = self._quick(rules.mul, other)
        return Lifted.__mul__(self, other) if y is None else y

    def _quick(self, rule: Rule, other: Any) -> Node | None:
        world, a = self.world, self.primal
        if MODES.active or not world.is_open:
            return None
        on: Node | None = None
        if isinstance(other, Node) and other.world is world:
            on, other = other, other.primal
        elif (type(other) is float or type(other) is int) and on_floats(a):
            other = float(other)
        else:
            return None
        y = a * other if rule is rules.mul else a + other if rule is rules.add else a - other
        return Node(world, y, rule, (a, other), (self, on))

    def sent(self, adjoint: Any) -> Iterator[tuple[Node, Any]]:
        """The contributions to the adjoints of its operands, given its own adjoint."""
        for operand, partial in zip(self.on_tape, self._rule.partials):
            if operand is not None:
                yield operand, times(adjoint, partial(*self.primals, self.primal))


class Call(Node):
    """A call of a function with a backward rule of its own. Its adjoint is the outputs' adjoints, by position."""

    __slots__ = ("outputs", "pull")

    pull: Callable[[list[Any]], list[Any]]
    outputs: int  # how many

    def sent(self, adjoint: Any) -> Iterator[tuple[Node, Any]]:
        """See Node."""
        cotangents = adjoint.as_list(self.outputs)
        if all(type(x) is int and x == 0 for x in cotangents):
            return  # by the table no output matters here
        gradients = self.pull(cotangents)
        for operand, gradient in zip(self.on_tape, gradients):
            if operand is not None:
                yield operand, gradient


class Output(Node):
    """An output of such a call."""

    __slots__ = ("position",)

    position: int

    def sent(self, adjoint: Any) -> Iterator[tuple[Node, Any]]:
        """See Node."""
        (call,) = self.on_tape
        if call is not None:
            yield call, Cotangents({self.position: adjoint})


@mypyc_attr(native_class=False)
class Cotangents(dict[int, Any]):
    """Adjoints of several outputs, by position. Contributions are added in place, since there may be many."""

    def as_list(self, outputs: int) -> list[Any]:
        """All of them, 0 where there is none."""
        return [self.get(position, 0) for position in range(outputs)]

    def __add__(self, other: Any) -> Cotangents:
        for position, adjoint in other.items():
            self[position] = plus(self.get(position, 0), adjoint)
        return self


_BY_HAND: Final = Rule("by hand", lambda: None, (), Domain("", lambda: True))


class Reverse(LiftedWorld):
    """The world of nodes on a tape."""

    def leaf(self, x: Any, tangent: Any = 0) -> Node:
        """See World."""
        return Node(self, x)

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        """See World."""
        on_tape = tuple([x if isinstance(x, Node) and x.world is self else None for x in operands])
        primals = self.primals_of(operands)
        y = rule(*primals)
        if (MODES.active and not admits(rule, primals, y)) or rule in STEPS:
            return y
        return Node(self, y, rule, primals, on_tape)

    def call_by_hand(self, hand: Any, operands: Sequence[Any]) -> list[Any]:
        """See World."""
        on_tape = tuple([x if isinstance(x, Node) and x.world is self else None for x in operands])
        primals = self.primals_of(tuple(operands))
        outputs, residuals = hand.forward(primals)
        hand.require_own(outputs, self.level)
        if MODES.active and not admits(_BY_HAND, primals, *outputs[:1]):
            return outputs  # type: ignore[no-any-return]
        call = Call(self, 0, _BY_HAND, (), on_tape)
        call.pull = lambda cotangents: hand.backward(residuals, cotangents)
        call.outputs = len(outputs)
        found = []
        for position, y in enumerate(outputs):
            output = Output(self, y, _BY_HAND, (), (call,))
            output.position = position
            found.append(output)
        return found

    def pull_back(self, outputs: Sequence[Any], seeds: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """See World."""
        adjoints: dict[Any, Any] = {}
        for y, seed in zip(outputs, seeds):
            if isinstance(y, Node) and y.world is self and not is_no_seed(seed):
                adjoints[y] = adjoints[y] + seed if y in adjoints else seed
        wanted = frozenset(leaves)
        order = graph.operations(*adjoints)
        order.reverse()
        for node in order:
            if node not in adjoints:
                continue
            adjoint = adjoints[node] if node in wanted else adjoints.pop(node)
            if len(node.on_tape) == 2 and (node._rule is rules.mul or node._rule is rules.add):
                a, b = node.on_tape
                is_product = node._rule is rules.mul
                if a is not None:
                    term = times(adjoint, node.primals[1]) if is_product else adjoint
                    adjoints[a] = plus(adjoints[a], term) if a in adjoints else term
                if b is not None:
                    term = times(adjoint, node.primals[0]) if is_product else adjoint
                    adjoints[b] = plus(adjoints[b], term) if b in adjoints else term
            else:
                for operand, term in node.sent(adjoint):
                    adjoints[operand] = plus(adjoints.get(operand, 0), term)
        return [adjoints.get(leaf, 0) for leaf in leaves]


def _sweep(order: Iterable[Any], adjoints: dict[Any, Any], wanted: Any, edges: Edges) -> None:
    """Reverse mode: from the adjoints of the outputs those of the wanted nodes, in place; the others are taken out.

    Args:
        order: operations, operands before results.
        adjoints: of the outputs.
        wanted: nodes whose adjoints are kept.
        edges: gives a node's operands, with what is added to the adjoint of each.
    """
    nodes: list[Any] = list(order)
    nodes.reverse()
    for node in nodes:
        if node in adjoints:
            adjoint = adjoints[node] if node in wanted else adjoints.pop(node)
            for operand, term in edges(node, adjoint):
                adjoints[operand] = plus(adjoints.get(operand, 0), term)


def gradient(y: Value | Any, wrt: Iterable[Value] | Any, *, strict: bool = False) -> list[Value]:
    """The derivatives of a Value with respect to others, as Values, recorded and so to be differentiated again.

    Where ``backward`` and this add the same terms they agree to the last bit, save for the sign of a zero.

    Args:
        y: the Value to be differentiated.
        wrt: with respect to these, leaves or not.
        strict: refuse a Value that y does not depend on; its derivative is 0 otherwise.

    Returns:
        One Value for each of ``wrt``, in order. It may be one of the graph's own: the derivative of x·w by x is w.

    Raises:
        ValueError: strict, and y does not depend on one of them.
        AutogradError: an operand was assigned another number since y was recorded.

    >>> x = Value(2.0)
    >>> (first,) = gradient(x**3, [x])
    >>> (second,) = gradient(first, [x])
    >>> first.data, second.data
    (12.0, 12.0)
    """
    if isinstance(wrt, Value) or not hasattr(wrt, "__iter__"):
        raise TypeError(f"gradient takes a list of what to differentiate by, not {wrt!r:.60}; write gradient(y, [x])")
    targets = list(wrt)
    for x in (y, *targets):
        if not isinstance(x, Value):
            raise TypeError(f"gradient is of a Value with respect to Values, not {type(x).__name__}: {x!r:.60}")
    if strict:
        known = set(graph.topological_order(y))
        for position, x in enumerate(targets):
            if x not in known:
                raise ValueError(f"the output does not depend on wrt[{position}], {x!r}")
    return [x if isinstance(x, Value) else Value(x) for x in recorded_gradients({y: 1}, targets)]


def recorded_gradients(seeds: dict[Value, Any], targets: Sequence[Value]) -> list[Any]:
    """The derivatives of Σ seed · output with respect to the targets: Values where they depend on Values, or 0 or 1."""
    order = graph.operations(*seeds)
    depends = graph.depending_on(targets, order)  # the Values through which a target acts
    adjoints: dict[Any, Any] = {y: seed for y, seed in seeds.items() if y in depends}
    careful = checking()

    def edges(node: Value, adjoint: Any) -> Iterator[tuple[Value, Any]]:
        if isinstance(node._rule, Own) and node._rule.hand is not None:
            sent = node._rule.hand.sent(adjoint, again=True)
            yield from ((x, term) for x, term in sent if isinstance(x, Value) and x in depends)
            return
        if careful:
            check_sent(node, number(adjoint))
        primals = node._operands()
        for (operand, then), partial_of in zip(node._edges(), node._rule.partials):
            if operand in depends and isinstance(operand, Value):
                partial = partial_of(*primals, node)
                _check_unchanged(node._rule, number(partial), then)
                yield operand, times(adjoint, partial)

    _sweep((node for node in order if node in depends), adjoints, frozenset(targets), edges)
    return [adjoints.get(x, 0) for x in targets]


def numeric_gradients(seeds: dict[Value, Any], leaves: Sequence[Value]) -> list[Any]:
    """The same from the recorded partials, which are constants, for seeds that carry a derivative themselves."""
    adjoints = dict(seeds)
    _sweep(graph.operations(*seeds), adjoints, frozenset(leaves), _edges_in_floats)
    return [adjoints.get(x, 0) for x in leaves]


def _edges_in_floats(node: Value, adjoint: Any) -> Iterator[tuple[Value, Any]]:
    if isinstance(node._rule, Own):
        if node._rule.hand is None:
            node._rule()  # refuses
        yield from (edge for edge in node._rule.hand.sent(adjoint, again=False) if isinstance(edge[0], Value))
        return
    for operand, partial in node._edges():
        if isinstance(operand, Value):
            yield operand, times(adjoint, 0 if stops(node, partial) else partial)


def _check_unchanged(rule: Rule, now: float, then: float) -> None:
    if now != then and (now == now or then == then):
        raise AutogradError(
            f"an operand of {rule.name} was assigned another number since it was recorded: its partial was {then!r} "
            f"and would be {now!r} now; record the graph again, or use backward(), which has kept the partials"
        )
