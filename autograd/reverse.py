"""Reverse mode over numbers of any kind, and over a recorded graph of Values, giving gradients that can be
differentiated again.

``Value.backward`` is the same sweep with partials that were computed as floats. Here the partials are the rule table's
expressions, applied to the operands themselves: what comes out is a number of the operands' kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd import graph
from autograd.errors import AutogradError
from autograd.forward import plus, times
from autograd.lifted import Lifted, primals_of
from autograd.modes import MODES, admits, check_sent, check_sum, checking
from autograd.rules import LEAF, Rule
from autograd.value import Value


class Node(Lifted):
    """A number on the tape of one level: its primal, the rule that made it, and the operands."""

    __slots__ = ("_a", "_b", "_rule", "primals")

    _rule: Rule
    _a: Node | None  # operands on the same tape
    _b: Node | None
    primals: tuple[Any, ...]  # the operands as the level below sees them

    def __init__(
        self,
        level: int,
        primal: Any,
        rule: Rule = LEAF,
        primals: tuple[Any, ...] = (),
        a: Node | None = None,
        b: Node | None = None,
    ) -> None:
        self.level = level
        self.primal = primal
        self.primals = primals
        self._rule = rule
        self._a = a
        self._b = b

    def __apply_rule__(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        level = self.level
        primals = primals_of(self, operands)
        y = rule(*primals)
        if MODES.active and not admits(rule, primals, y):
            return y
        on_tape = [x if isinstance(x, Node) and x.level == level else None for x in operands]
        return Node(level, y, rule, primals, *on_tape)


def pull_back(seeds: dict[Node, Any]) -> dict[Node, Any]:
    """The adjoints of the tape's leaves, given adjoints of its outputs; a leaf that they don't depend on is absent."""
    adjoints = dict(seeds)
    for node in reversed(graph.operations(*seeds)):
        _send(adjoints, adjoints.pop(node), (node._a, node._b), node._rule, node.primals, node.primal)
    return adjoints


def sweep(seeds: dict[Value, Any]) -> dict[Value, Any]:
    """The adjoints of the leaves of a recorded graph, from the recorded partials. It leaves every ``.grad`` alone."""
    adjoints = dict(seeds)
    careful = checking()
    for node in reversed(graph.marked(*seeds)[0]):
        adjoint = adjoints.pop(node)
        if careful:
            check_sent(node, float(adjoint))
        a, b = node._a, node._b
        if a is not None:
            adjoints[a] = adjoints.get(a, 0.0) + adjoint * node._da
        if b is not None:
            adjoints[b] = adjoints.get(b, 0.0) + adjoint * node._db
    if careful:
        for leaf, adjoint in adjoints.items():
            check_sum(leaf, float(adjoint))
    return adjoints


def gradient(y: Value, wrt: Iterable[Value], *, strict: bool = False) -> list[Value]:
    """The derivatives of a Value with respect to others, as Values, recorded and so to be differentiated again.

    Where ``backward`` and this add the same terms they agree to the last bit, save for the sign of a zero. They differ
    where the table says that a partial is 0 (of ``sign``, ``floor``, ``stop_gradient``, one side of ``relu``): there
    ``backward`` adds ``gradient * 0``, which is NaN for an infinite gradient, and this adds nothing.

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
    wanted = set(targets)
    depends = graph.depending_on(targets, order)  # the Values through which a target acts
    adjoints: dict[Any, Any] = {y: seed for y, seed in seeds.items() if y in depends}
    careful = checking()
    for node in reversed(order):
        if node in depends and node in adjoints:
            adjoint = adjoints[node] if node in wanted else adjoints.pop(node)
            if careful:
                check_sent(node, float(adjoint))
            a = node._a if node._a in depends else None
            b = node._b if node._b in depends else None
            _send(adjoints, adjoint, (a, b), node._rule, node._operands(), node, (node._da, node._db))
    return [adjoints.get(x, 0) for x in targets]


def _send(
    adjoints: dict[Any, Any],
    adjoint: Any,
    on_tape: Sequence[Any],
    rule: Rule,
    primals: tuple[Any, ...],
    result: Any,
    recorded: tuple[float, float] | None = None,
) -> None:
    """Add adjoint · partial to the adjoint of each operand that is on the tape."""
    for position, (operand, partial_of) in enumerate(zip(on_tape, rule.partials)):
        if operand is not None:
            partial = partial_of(*primals, result)
            if recorded is not None:
                _check_unchanged(rule, float(partial), recorded[position])
            adjoints[operand] = plus(adjoints.get(operand, 0), times(adjoint, partial))


def _check_unchanged(rule: Rule, now: float, then: float) -> None:
    if now != then and (now == now or then == then):
        raise AutogradError(
            f"an operand of {rule.name} was assigned another number since it was recorded: its partial was {then!r} "
            f"and would be {now!r} now; record the graph again, or use backward(), which has kept the partials"
        )
