"""Derivatives of a trace, appended to it: reverse mode and forward mode.

Reverse mode of a sum of products is a sum of products again. If ``y = Σ a·b``, then ȳ·b is added to ā and ȳ·a to b̄.
What is added to one adjoint is collected first, and becomes *one* sum: ``ā = Σ ȳ·b`` over all uses of a. So the
backward pass needs no instruction of its own, and the weights' gradients of a layer come out as dot products.

A varying value has an adjoint for each sample. Where a uniform value is used by varying ones, what they send is added
up over the batch: a *reduction*. That is where the gradients of weights come from.

The derivatives of functions are the rule table's expressions, applied to traced numbers, and so recorded as well.

A derivative in a branch that was not taken has a guard: see ``guards.py``.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd.compiler.program import (
    CONSTANT,
    COPY,
    LANES,
    NONE,
    PICK,
    REDUCE,
    SELECT,
    SUM,
    TAKE,
    Index,
    Kind,
    Operands,
    Term,
    values_in,
)
from autograd.compiler.record.by_hand import Depending, called, isolated, sent_by_hand
from autograd.compiler.record.guards import Guards
from autograd.compiler.record.local import batch_of_term, collect, partial_by, through, total
from autograd.compiler.record.samples import Picks, pulled_apart, put_together
from autograd.compiler.record.trace import Number, Trace, Traced
from autograd.engine.rules import Rule
from autograd.errors import TraceError
from autograd.transforms.worlds import OnlyReverse, World

if TYPE_CHECKING:
    from types import TracebackType


def depending(trace: Trace, leaves: Sequence[Index], end: int) -> tuple[Index, bytearray]:
    """Which values from the first leaf on depend on a leaf: the first leaf, and a mark for each value from there."""
    start = min(leaves)
    marks = bytearray(end - start)
    for leaf in leaves:
        marks[leaf - start] = True
    first = start - trace.inputs
    for position, (head, operands, _) in enumerate(trace.ops[first : end - trace.inputs]):
        if head is SUM:
            for a, b, _ in operands:
                if (a >= start and marks[a - start]) or (b >= start and marks[b - start]):
                    marks[position] = True
                    break
        elif head is not CONSTANT:
            for a in values_in(head, operands):
                if a >= start and marks[a - start]:
                    marks[position] = True
                    break
    return start, marks


def pull_back(trace: Trace, seeds: Sequence[tuple[Index, Number]], leaves: Sequence[Index]) -> list[Number]:
    """Reverse mode: the derivatives of Σ seed · output by each leaf, as numbers; 0.0 where it doesn't depend on it.

    Args:
        trace: is appended to.
        seeds: pairs of an output's value and its adjoint, a number.
        leaves: values that COPY made.
    """
    outputs = [value for value, _ in seeds]
    if not leaves or not outputs:
        return [0.0] * len(leaves)
    start, depends = depending(trace, leaves, max([*outputs, *leaves]) + 1)
    guards = Guards(trace, start, depends)
    before = trace.derives
    collected: dict[Index, list[Term]] = {}
    for value, seed in seeds:
        if value >= start and depends[value - start]:
            collected.setdefault(value, []).append((trace.value(seed), NONE, 1))
            guards.note(value, NONE)
    gradients: dict[Index, Index] = {}
    by_hand = {value: call for value, call in trace.by_hand.items() if call.leaves == tuple(leaves)}
    cotangents: dict[Index, Number] = {}
    wanted = set(leaves)
    picks = Picks(trace)
    for value in reversed(trace.values()[start : start + len(depends)]):
        trace.derives = (value, "backward")
        if value in picks:
            lanes, guard = picks.take(value)
            collected.setdefault(value, []).append((lanes, NONE, 1))
            guards.note(value, guard)
        terms = collected.pop(value, None)
        if terms is None:
            continue
        head, operands, batch = trace.ops[value - trace.inputs]
        adjoint = collect(trace, terms, batch)
        _name(trace, adjoint, outputs, operands[0] if head is COPY else value)
        if value in wanted:
            gradients[value] = _unguarded(trace, adjoint)
            continue
        guard = guards.settle(value, batch) if guards.on else NONE
        if guard != NONE:
            trace.guards[adjoint] = guard
        if head is PICK:
            picks.send(operands, adjoint, guard)
            continue
        varies = bool(trace.batch_of(adjoint))
        if head is LANES:
            sent, guard = pulled_apart(trace, operands, adjoint, guard, start, depends), NONE
        elif value in by_hand:
            sent = sent_by_hand(trace, value, by_hand[value], adjoint, cotangents)
        elif value in trace.by_hand:
            is_moved = operands[0] >= start and depends[operands[0] - start]
            sent = [(operands[0], (adjoint, NONE, 1), NONE)] if is_moved else []
        else:
            sent = _sent(trace, value, head, operands, adjoint, start, depends, guards)
        for operand, term, choice in sent:
            if guards.on:
                guards.note(operand, guard, choice)
            alike = batch and head is not LANES and not varies  # all samples send the same
            if alike and not trace.batch_of(operand) and not batch_of_term(trace, term):
                term = (trace.product(term[0], trace.constant(float(batch))), term[1], term[2])
            if operand in collected:
                collected[operand].append(term)
            else:
                collected[operand] = [term]
    trace.derives = before
    return [trace.numbers([gradients[leaf]])[0] if leaf in gradients else 0.0 for leaf in leaves]


def _sent(
    trace: Trace,
    value: Index,
    head: Kind,
    operands: Operands,
    adjoint: Index,
    start: Index,
    depends: bytearray,
    guards: Guards,
) -> list[tuple[Index, Term, Index]]:
    """The terms that an instruction adds to the adjoints of its operands; for a choice, with its guards."""
    sent: list[tuple[Index, Term, Index]] = []
    if head is SUM or head is REDUCE:
        its_guard = trace.guards.get
        for a, b, sign in operands:
            if a >= start and depends[a - start]:
                sent.append((a, (adjoint, b, sign), its_guard(b, NONE)))
            if b >= start and depends[b - start]:
                sent.append((b, (adjoint, a, sign), its_guard(a, NONE)))
        return sent
    for position, operand in enumerate(values_in(head, operands)):
        if operand >= start and depends[operand - start]:
            partial = partial_by(trace, value, head, operands, position)
            term = through(trace, head, operands, position, adjoint, partial)
            if term is not None:
                choice = NONE
                if guards.on:
                    is_branch = head is SELECT or head is TAKE
                    choice = guards.branch(value, head, operands, position) if is_branch else guards.of_partial(partial)
                sent.append((operand, term, choice))
    return sent


def push_forward(
    trace: Trace, outputs: Sequence[Index], leaves: Sequence[Index], tangents: Sequence[Number]
) -> list[Number]:
    """Forward mode: the derivative of each output along the tangents of the leaves, as numbers.

    Args:
        trace: is appended to.
        outputs: values.
        leaves: values that COPY made.
        tangents: a number for each leaf.
    """
    if not leaves or not outputs:
        return [0.0] * len(outputs)
    start, depends = depending(trace, leaves, max([*outputs, *leaves]) + 1)
    moving: dict[Index, Index] = {}  # a value's tangent, where it isn't zero
    for leaf, tangent in zip(leaves, tangents):
        if isinstance(tangent, Traced) or float(tangent) != 0.0:
            moving[leaf] = trace.value(tangent)
    guards = Guards(trace, start, depends)
    before = trace.derives
    known: dict[Index, Index] = {}  # the guards of tangents
    for value in trace.values()[start : start + len(depends)]:
        if not depends[value - start] or value in moving:
            continue
        trace.derives = (value, "tangent")
        head, operands, batch = trace.ops[value - trace.inputs]
        if head is SELECT or head is TAKE:
            terms = _chosen_tangent(trace, head, operands, moving)
            if terms and guards.on:
                branches = [known.get(x, NONE) if x in moving else None for x in operands[1:]]
                guards.note(value, guards.chosen(head, operands, branches))
        elif head is PICK or head is LANES:
            terms = _of_samples(trace, value, head, operands, moving, known, guards)
        else:
            terms = []
            for operand, term, partial in _moved(trace, value, head, operands, moving):
                if guards.on:
                    is_sum = head is SUM or head is REDUCE
                    choice = trace.guards.get(term[1], NONE) if is_sum else guards.of_partial(partial)
                    guards.note(value, known.get(operand, NONE), choice)
                terms.append(term)
        if terms:
            moving[value] = _tangent(trace, head, terms, operands)
            guard = guards.settle(value, batch) if guards.on else NONE
            if guard != NONE:
                known[value] = trace.guards[moving[value]] = guard
    trace.derives = before
    return [trace.numbers([_unguarded(trace, moving[y])])[0] if y in moving else 0.0 for y in outputs]


def _unguarded(trace: Trace, derivative: Index) -> Index:
    """The derivative as a value without a guard, as it is returned to the user."""
    return trace.sum([(derivative, NONE, 1)]) if derivative in trace.guards else derivative


def _chosen_tangent(trace: Trace, head: Kind, operands: Operands, moving: dict[Index, Index]) -> list[Term]:
    """The tangent of the branch that a choice takes, as a term; none, if no branch has a tangent."""
    zero = trace.constant(0.0)
    branches = [moving.get(x, zero) for x in operands[1:]]
    if all(x == zero for x in branches):
        return []
    return [(trace.call(head, operands[0], *branches), NONE, 1)]


def _of_samples(
    trace: Trace,
    value: Index,
    head: Kind,
    operands: Operands,
    moving: dict[Index, Index],
    known: dict[Index, Index],
    guards: Guards,
) -> list[Term]:
    """The tangent of a pick, or of lanes, as a term, whose guard is noted; none, if nothing has a tangent."""
    if head is PICK:
        a, sample = operands
        if a not in moving:
            return []
        guard = known.get(a, NONE)
        guards.note(value, guard if guard == NONE else trace.pick(guard, sample))
        return [(trace.pick(moving[a], sample), NONE, 1)]
    if not any(x in moving for x in operands):
        return []
    parts = [known.get(x, NONE) if x in moving else None for x in operands]
    guards.note(value, NONE if all(guard == NONE for guard in parts) else put_together(trace, parts))
    return [(put_together(trace, [moving.get(x) for x in operands]), NONE, 1)]


def _moved(
    trace: Trace, value: Index, head: Kind, operands: Operands, moving: dict[Index, Index]
) -> list[tuple[Index, Term, Number | None]]:
    """The terms that the operands' tangents add to the tangent of a value, with the partials of a row of the table."""
    moved: list[tuple[Index, Term, Number | None]] = []
    if head is SUM or head is REDUCE:
        for a, b, sign in operands:
            if a in moving:
                moved.append((a, (moving[a], b, sign), None))
            if b in moving:
                moved.append((b, (moving[b], a, sign), None))
        return moved
    if value in trace.by_hand:
        return [(operands[0], (moving[operands[0]], NONE, 1), None)] if operands[0] in moving else []
    for position, operand in enumerate(values_in(head, operands)):
        if operand in moving:
            partial = partial_by(trace, value, head, operands, position)
            term = through(trace, head, operands, position, moving[operand], partial)
            if term is not None:
                moved.append((operand, term, partial))
    return moved


def _tangent(trace: Trace, head: Kind, terms: list[Term], operands: Operands) -> Index:
    if head is not REDUCE:
        return total(trace, terms)
    size = trace.batch_of(*values_in(head, operands))
    varying = [term for term in terms if batch_of_term(trace, term)]
    alike = [term for term in terms if not batch_of_term(trace, term)]
    many = trace.constant(float(size))
    whole: list[Term] = [(trace.product(a, many), b, sign) for a, b, sign in alike]
    if varying:
        whole.append((trace.append(REDUCE, tuple(varying), 0), NONE, 1))
    return trace.sum(whole)


def _name(trace: Trace, adjoint: Index, outputs: Sequence[Index], value: Index) -> None:
    """Give an adjoint its name, such as ∂E/∂w."""
    name = trace.names.get(value)
    if name and len(outputs) == 1 and trace.known(adjoint) is None:
        trace.names.setdefault(adjoint, f"∂{trace.names.get(outputs[0], 'y')}/∂{name}")


class Tape(World):
    """The world of the numbers of a trace. Each transform inside the traced function has one of its own."""

    def __init__(self, trace: Trace, is_forward: bool = False) -> None:
        super().__init__()
        self.trace = trace
        self.is_forward = is_forward
        self._leaves: list[Index] = []
        self._depending: Depending | None = None

    def __enter__(self) -> World:
        self.trace.transforms.append(self)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.trace.transforms.remove(self)
        super().__exit__(kind, error, trace)

    def inner(self, is_forward: bool = False) -> Tape:
        """A world of the same trace, for a transform."""
        return Tape(self.trace, is_forward)

    @property
    def leaves(self) -> tuple[Index, ...]:
        """The numbers that are differentiated by."""
        return tuple(self._leaves)

    def has(self, value: Index) -> bool:
        """Whether the value depends on a leaf of this world."""
        if not self._leaves or value < min(self._leaves):
            return False
        if self._depending is None:
            self._depending = Depending(self.trace, self._leaves)
        return value in self._depending

    def is_differentiated(self, x: Any) -> bool:
        """See World: by one of the transforms whose functions are running."""
        return any(world.has(self.trace.value(x)) for world in self.trace.transforms)

    def isolated(self, name: str, numbers: Sequence[Any], compute: Callable[[list[Any]], Any]) -> Any:
        """See World."""
        return isolated(self.trace, name, numbers, compute, self.trace.transforms)

    def call_by_hand(self, hand: Any, operands: Sequence[Any]) -> list[Any] | None:
        """See World: for the innermost transform that an operand depends on."""
        trace = self.trace
        values = [trace.value(x) for x in operands if isinstance(x, Traced)]
        around = list(trace.transforms)
        while around and not any(map(around[-1].has, values)):
            around.pop()
        if not around:
            return None
        world = around.pop()
        if world.is_forward:
            raise OnlyReverse(hand.name)
        trace.transforms, running = around, trace.transforms
        try:
            return called(trace, hand, operands, world)
        finally:
            trace.transforms = running

    @property
    def is_open(self) -> bool:
        """See World: whether the function is still being traced."""
        return self.trace.open

    def leaf(self, x: Any, tangent: Any = 0) -> Traced:
        """See World."""
        leaf = self.trace.copy(self.trace.value(x))
        self._leaves.append(leaf)
        return Traced(self.trace, leaf)

    def apply(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        """See World."""
        return self.trace.apply(rule, operands)

    def read(self, y: Any) -> Any:
        """See World: a number of the trace it remains."""
        return y

    def pull_back(self, outputs: Sequence[Any], seeds: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
        """See World, and :func:`pull_back`."""
        pairs = [(y.index, seed) for y, seed in zip(outputs, seeds) if isinstance(y, Traced) and not _is_zero(seed)]
        return pull_back(self.trace, pairs, [leaf.index for leaf in leaves])

    def push_forward(self, outputs: Sequence[Any], leaves: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """See World, and :func:`push_forward`; the derivative of a plain number is 0."""
        traced = [y.index for y in outputs if isinstance(y, Traced)]
        slopes = iter(push_forward(self.trace, traced, [leaf.index for leaf in leaves], tangents))
        return [next(slopes) if isinstance(y, Traced) else 0.0 for y in outputs]

    def sum(self, numbers: Sequence[Any]) -> Any:
        """The sum of numbers of which some are traced; of arrays, element by element."""
        try:
            return self._added_up([(self.trace.value(x), NONE, 1) for x in numbers])
        except TypeError:
            return functools.reduce(operator.add, numbers)

    def dot(self, left: Sequence[Any], right: Sequence[Any]) -> Any:
        """The sum of the products, likewise."""
        value = self.trace.value
        try:
            return self._added_up([(value(a), value(b), 1) for a, b in zip(left, right)])
        except TypeError:
            return functools.reduce(operator.add, map(operator.mul, left, right))

    def _added_up(self, terms: list[Term]) -> Traced:
        """One sum of many terms; a short one, which is to be Python's to the last bit, two by two."""
        trace = self.trace
        while 2 < len(terms) <= 4:
            terms = [(trace.sum(terms[:2]), NONE, 1), *terms[2:]]
        return trace.observed(Traced(trace, trace.sum(terms)))

    def require_one_number(self, y: Any) -> None:
        """See World: one that varies over a batch, when the function of that batch's vmap has returned."""
        if isinstance(y, Traced) and y.batch and not self.trace.batch:
            raise TraceError(f"f has to return one number, but returned a batch of {y.batch}; take its mean or sum")


def _is_zero(seed: Number) -> bool:
    return not isinstance(seed, Traced) and float(seed) == 0.0
