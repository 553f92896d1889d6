"""Derivatives of a trace, appended to it: reverse mode and forward mode.

Reverse mode of a sum of products is a sum of products again. If ``y = Σ a·b``, then ȳ·b is added to ā and ȳ·a to b̄.
What is added to one adjoint is collected first, and becomes *one* sum: ``ā = Σ ȳ·b`` over all uses of a. So the
backward pass needs no instruction of its own, and the weights' gradients of a layer come out as dot products.

A varying value has an adjoint for each sample. Where a uniform value is used by varying ones, what they send is added
up over the batch: a *reduction*. That is where the gradients of weights come from.

The derivatives of functions are the rule table's expressions, applied to traced numbers, and so recorded as well.

In a branch that was not taken the adjoints are 0, but a partial, or a factor, may be infinite or undefined, and 0·inf
is NaN. So with an adjoint that has come through a choice goes its *guard*: a value that is 0 where the branch is not
taken, else 1. Where it is 0, so is the partial. (To ask whether the adjoint is 0 would not do: it may be 0 by chance,
and then the partial still counts in the second derivative.)
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

from autograd.compiler.program import (
    CONSTANT,
    COPY,
    EQUAL,
    LESS,
    NONE,
    OWN,
    REDUCE,
    SELECT,
    SOURCES,
    SUM,
    TAKE,
    Term,
    values_in,
)
from autograd.compiler.trace import Trace, Traced
from autograd.errors import TraceError
from autograd.rules import Rule, floor
from autograd.worlds import World

# Guards that belong together: of which choice they are, which of its branches, and how many it has.
Parts: TypeAlias = "dict[int, tuple[int, int, int]]"


def depending(trace: Trace, leaves: Sequence[int], end: int) -> tuple[int, bytearray]:
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


def pull_back(trace: Trace, seeds: Sequence[tuple[int, Any]], leaves: Sequence[int]) -> list[Any]:
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
    collected: dict[int, list[Term]] = {}
    for value, seed in seeds:
        if value >= start and depends[value - start]:
            collected.setdefault(value, []).append((trace.value(seed), NONE, 1))
    gradients: dict[int, int] = {}
    wanted = set(leaves)
    guarding = _has_guards(trace, start, depends)
    unbounded = _unbounded(trace, start + len(depends)) if guarding else bytearray()
    guards: dict[int, list[int]] = {}  # of the terms that were collected and have one
    unguarded = bytearray(len(depends)) if guarding else bytearray()  # values to which a term without one was sent
    for value in collected:
        if guarding:
            unguarded[value - start] = True
    parts: Parts = {}
    for value in reversed(range(start, start + len(depends))):
        terms = collected.pop(value, None)
        if terms is None:
            continue
        head, operands, batch = trace.ops[value - trace.inputs]
        adjoint = _collect(trace, terms, batch)
        _name(trace, adjoint, outputs, operands[0] if head is COPY else value)
        if value in wanted:
            gradients[value] = adjoint
            continue
        guard = NONE
        if guarding and not unguarded[value - start]:
            guard = _any(trace, guards.pop(value), batch, parts)
        varies = bool(trace.batch_of(adjoint))
        for operand, term, choice in _sent(trace, value, head, operands, adjoint, start, depends, guarding, parts):
            if guard != NONE and _may_be_infinite(head, operands, term, unbounded):
                term = (adjoint, trace.call(SELECT, guard, term[1], trace.constant(0.0)), term[2])
            if guarding:
                whole = _both(trace, guard, choice)
                if whole == NONE:
                    unguarded[operand - start] = True
                else:
                    guards.setdefault(operand, []).append(whole)
            if batch and not varies and not trace.batch_of(operand) and not _batch_of(trace, term):
                term = (trace.product(term[0], trace.constant(float(batch))), term[1], term[2])  # all samples alike
            if operand in collected:
                collected[operand].append(term)
            else:
                collected[operand] = [term]
    return [trace.numbers([gradients[leaf]])[0] if leaf in gradients else 0.0 for leaf in leaves]


def _has_guards(trace: Trace, start: int, depends: bytearray) -> bool:
    """Whether there are choices among these values, and functions that are not finite everywhere."""
    first = start - trace.inputs
    marked = [op for op, mark in zip(trace.ops[first : first + len(depends)], depends) if mark]
    if not any(op[0] is SELECT or op[0] is TAKE for op in marked):
        return False
    return any(map(_is_unbounded, trace.ops[: first + len(depends)]))


def _is_unbounded(op: Any) -> bool:
    """Whether it is infinite or NaN at some finite number, or has such a derivative."""
    if op[0] is CONSTANT:
        return not math.isfinite(op[1][0])
    rule = op[1][1] if op[0] is OWN else op[0]
    return isinstance(rule, Rule) and not rule.bounded


def _unbounded(trace: Trace, end: int) -> bytearray:
    """A mark for each value below end that may be infinite, or NaN, though all inputs are finite."""
    marks = bytearray(end)
    for value, op in enumerate(trace.ops[: end - trace.inputs], start=trace.inputs):
        if _is_unbounded(op) or any(marks[x] for x in values_in(op[0], op[1])):
            marks[value] = True
    return marks


def _may_be_infinite(head: Any, operands: Any, term: Term, unbounded: bytearray) -> bool:
    """Whether the adjoint's factor in a term may be infinite or NaN."""
    if term[1] == NONE or head is TAKE:
        return False
    if head is SUM or head is REDUCE:
        return bool(unbounded[term[1]])
    return _is_unbounded((head, operands)) or any(unbounded[x] for x in values_in(head, operands))


def _both(trace: Trace, a: int, b: int) -> int:
    """1 where both guards are; NONE is always 1."""
    if a in (NONE, b):
        return b
    return a if b == NONE else trace.product(a, b)


def _any(trace: Trace, guards: list[int], batch: int, parts: Parts) -> int:
    """1 where one of the guards is, for a value of that batch: for a uniform one, in any sample."""
    first, *more = several = list(dict.fromkeys(guards))
    present: dict[int, set[int]] = {}
    for guard in several:
        if guard in parts:
            choice, part, of = parts[guard]
            present.setdefault(choice, set()).add(part)
            if len(present[choice]) == of:
                return NONE  # all branches of one choice use it, and one of them is taken
    if not more and (batch or not trace.batch_of(first)):
        return first
    return trace.call(LESS, trace.constant(0.0), _collect(trace, [(guard, NONE, 1) for guard in several], batch))


def _name(trace: Trace, adjoint: int, outputs: Sequence[int], value: int) -> None:
    """Name an adjoint after what it is the derivative of: ∂E/∂w."""
    name = trace.names.get(value)
    if name and len(outputs) == 1 and trace.known(adjoint) is None:
        trace.names.setdefault(adjoint, f"∂{trace.names.get(outputs[0], 'y')}/∂{name}")


def _collect(trace: Trace, terms: list[Term], batch: int) -> int:
    """One adjoint from all that was sent to it."""
    sizes = [] if batch else [_batch_of(trace, term) for term in terms]
    if any(sizes):
        by_size: dict[int, list[Term]] = {}
        for term, size in zip(terms, sizes):
            by_size.setdefault(size, []).append(term)
        one_number = by_size.pop(0, [])
        terms = one_number + [(trace.append(REDUCE, tuple(part), 0), NONE, 1) for part in by_size.values()]
    return _sum(trace, terms)


def _sum(trace: Trace, terms: list[Term]) -> int:
    """The sum of the terms; a value by itself needs no sum."""
    (a, b, sign), *more = terms
    return a if (b, sign, more) == (NONE, 1, []) else trace.sum(terms)


def _batch_of(trace: Trace, term: Term) -> int:
    a, b, _ = term
    return trace.batch_of(a, b) if b != NONE else trace.batch_of(a)


def _sent(
    trace: Trace,
    value: int,
    head: Any,
    operands: Any,
    adjoint: int,
    start: int,
    depends: bytearray,
    guarding: bool,
    parts: Parts,
) -> list[tuple[int, Term, int]]:
    """What an instruction adds to the adjoints of its operands, given its own; and, of a choice, where it is taken."""
    sent: list[tuple[int, Term, int]] = []
    if head is SUM or head is REDUCE:
        for a, b, sign in operands:
            if a >= start and depends[a - start]:
                sent.append((a, (adjoint, b, sign), NONE))
            if b >= start and depends[b - start]:
                sent.append((b, (adjoint, a, sign), NONE))
        return sent
    for position, operand in enumerate(values_in(head, operands)):
        if operand >= start and depends[operand - start]:
            term = _through(trace, value, head, operands, position, adjoint)
            if term is not None:
                choice = NONE
                if guarding and head is SELECT:
                    choice = operands[0]
                    if position == 2:
                        choice = trace.sum([(trace.constant(1.0), NONE, 1), (choice, NONE, -1)])
                    parts[choice] = (operands[0], position, 2)
                elif guarding and head is TAKE:
                    choice = term[1]
                    parts[choice] = (value, position, len(operands) - 1)
                sent.append((operand, term, choice))
    return sent


def _through(trace: Trace, value: int, head: Any, operands: Any, position: int, adjoint: int) -> Term | None:
    """adjoint · ∂value/∂operand as a term, for a function; None if the derivative is 0."""
    if head is COPY:
        return (adjoint, NONE, 1)
    if position == 0 and (head is SELECT or head is TAKE or head is OWN):
        return None  # what is asked; as what it is computed
    if head is SELECT:
        zero = trace.constant(0.0)
        chosen = (adjoint, zero) if position == 1 else (zero, adjoint)
        return (trace.call(SELECT, operands[0], *chosen), NONE, 1)
    if head is TAKE:
        return (adjoint, chooses(trace, operands, position - 1), 1)
    if head is OWN:
        _, rule, *operands = operands
        head, position = rule, position - 1
    if isinstance(head, Rule):
        return _times(trace, adjoint, partial_of(trace, head, operands, value, position))
    return None  # comparisons


def _times(trace: Trace, adjoint: int, partial: Any) -> Term | None:
    """adjoint · partial. A partial that is 0 by the table stops an adjoint that is infinite, too."""
    if isinstance(partial, Traced):
        if partial.index in trace.by_table:
            return (_chosen(trace, adjoint, partial.index), NONE, 1)
        return (adjoint, trace.value(partial), 1)
    if type(partial) is int and partial == 0:
        return None
    if abs(partial) == 1.0:
        return (adjoint, NONE, int(partial))
    return (adjoint, trace.constant(float(partial)), 1)


def _chosen(trace: Trace, adjoint: int, partial: int) -> int:
    """adjoint · partial, where the partial is a choice: the choice of the products."""
    known = trace.known(partial)
    if known is not None and known in (0.0, 1.0):
        return adjoint if known else partial
    if partial not in trace.by_table:
        return trace.product(adjoint, partial)
    condition, *branches = trace.ops[partial - trace.inputs][1]
    return trace.call(SELECT, condition, *[_chosen(trace, adjoint, branch) for branch in branches])


def partial_of(trace: Trace, rule: Rule, operands: Sequence[int], value: int, position: int) -> Any:
    """A partial derivative: the table's expression, of traced numbers."""
    return rule.partials[position](*trace.numbers(operands), Traced(trace, value))


def chooses(trace: Trace, operands: Sequence[int], row: int) -> int:
    """1 where TAKE, with these operands, takes that row, else 0. Columns of one table ask for the same."""
    index, rows = operands[0], len(operands) - 1
    taken, known = (index, rows), trace.choices
    if taken not in known:  # the number of the row that is taken, if there is such a row
        whole = trace.call(floor, index)
        is_from_the_end = trace.call(LESS, whole, trace.constant(0.0))
        from_the_start = trace.sum([(whole, NONE, 1), (trace.constant(float(rows)), NONE, 1)])
        known[taken] = trace.call(SELECT, is_from_the_end, from_the_start, whole)
    is_row = (index, rows, row)
    if is_row not in known:
        known[is_row] = trace.call(EQUAL, known[taken], trace.constant(float(row)))
    return known[is_row]


def push_forward(trace: Trace, outputs: Sequence[int], leaves: Sequence[int], tangents: Sequence[Any]) -> list[Any]:
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
    moving: dict[int, int] = {}  # a value's tangent, where it isn't zero
    for leaf, tangent in zip(leaves, tangents):
        if isinstance(tangent, Traced) or float(tangent) != 0.0:
            moving[leaf] = trace.value(tangent)
    for value in range(start, start + len(depends)):
        if not depends[value - start] or value in moving:
            continue
        head, operands, _ = trace.ops[value - trace.inputs]
        terms: list[Term] = []
        if head is SUM or head is REDUCE:
            for a, b, sign in operands:
                if a in moving:
                    terms.append((moving[a], b, sign))
                if b in moving:
                    terms.append((moving[b], a, sign))
        elif head is SELECT:
            zero = trace.constant(0.0)
            chosen = [moving.get(x, zero) for x in operands[1:]]
            if chosen != [zero, zero]:
                terms = [(trace.call(SELECT, operands[0], *chosen), NONE, 1)]
        elif head is TAKE:
            zero = trace.constant(0.0)
            rows = [moving.get(x, zero) for x in operands[1:]]
            if any(x != zero for x in rows):
                terms = [(trace.call(TAKE, operands[0], *rows), NONE, 1)]
        elif head not in SOURCES:
            for position, operand in enumerate(values_in(head, operands)):
                if operand in moving:
                    term = _through(trace, value, head, operands, position, moving[operand])
                    if term is not None:
                        terms.append(term)
        if terms:
            moving[value] = _tangent(trace, head, terms, operands)
    return [trace.numbers([moving[y]])[0] if y in moving else 0.0 for y in outputs]


def _tangent(trace: Trace, head: Any, terms: list[Term], operands: Any) -> int:
    if head is not REDUCE:
        return _sum(trace, terms)
    size = trace.batch_of(*values_in(head, operands))
    varying = [term for term in terms if _batch_of(trace, term)]
    alike = [term for term in terms if not _batch_of(trace, term)]
    many = trace.constant(float(size))
    whole: list[Term] = [(trace.product(a, many), b, sign) for a, b, sign in alike]
    if varying:
        whole.append((trace.append(REDUCE, tuple(varying), 0), NONE, 1))
    return trace.sum(whole)


class Tape(World):
    """The world of the numbers of a trace. Each transform inside the traced function has one of its own."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.trace = trace

    def inner(self) -> Tape:
        """A world of the same trace, for a transform."""
        return Tape(self.trace)

    @property
    def is_open(self) -> bool:
        """See World: whether the function is still being traced."""
        return self.trace.open

    def leaf(self, x: Any, tangent: Any = 0) -> Traced:
        """See World."""
        return Traced(self.trace, self.trace.copy(self.trace.value(x)))

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
        """The sum of numbers of which some are traced, as one instruction; of arrays, element by element."""
        try:
            return Traced(self.trace, self.trace.sum([(self.trace.value(x), NONE, 1) for x in numbers]))
        except TypeError:
            return functools.reduce(operator.add, numbers)

    def dot(self, left: Sequence[Any], right: Sequence[Any]) -> Any:
        """The sum of the products, likewise."""
        value = self.trace.value
        try:
            return Traced(self.trace, self.trace.sum([(value(a), value(b), 1) for a, b in zip(left, right)]))
        except TypeError:
            return functools.reduce(operator.add, map(operator.mul, left, right))

    def require_one_number(self, y: Any) -> None:
        """See World: one that varies over a batch, when the function of that batch's vmap has returned."""
        if isinstance(y, Traced) and y.batch and not self.trace.batch:
            raise TraceError(f"f has to return one number, but returned a batch of {y.batch}; take its mean or sum")


def _is_zero(seed: Any) -> bool:
    return not isinstance(seed, Traced) and float(seed) == 0.0
