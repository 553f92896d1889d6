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
and then the partial still counts in the second derivative.) A partial that the table makes 0, of relu say, is a choice,
too. Behind it only partials are guarded: factors are many, and infinite only where the values are. In forward mode it
is the same with tangents.
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
    LANES,
    LESS,
    NONE,
    OWN,
    PICK,
    REDUCE,
    SELECT,
    SOURCES,
    SUM,
    TAKE,
    Head,
    Index,
    Term,
    values_in,
)
from autograd.compiler.record.samples import Picks, pulled_apart, put_together
from autograd.compiler.record.trace import Number, Trace, Traced
from autograd.engine.rules import Rule, floor
from autograd.errors import TraceError
from autograd.transforms.worlds import World

# Guards that belong together: of which choice they are, which of its branches, and how many it has.
Parts: TypeAlias = "dict[Index, tuple[Index, int, int]]"
Anys: TypeAlias = "dict[tuple[tuple[Index, ...], bool], Index]"  # of guards: 1 where one of them is
Operands: TypeAlias = "tuple[Any, ...]"


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
    collected: dict[Index, list[Term]] = {}
    for value, seed in seeds:
        if value >= start and depends[value - start]:
            collected.setdefault(value, []).append((trace.value(seed), NONE, 1))
    gradients: dict[Index, Index] = {}
    wanted = set(leaves)
    unbounded = _unbounded(trace, start + len(depends))
    if not _chooses_among(trace, start, depends, unbounded):
        unbounded = bytearray()
    guarding = bool(unbounded)
    guards: dict[Index, list[Index]] = {}  # of the terms that were collected and have one
    hard = bytearray(len(depends)) if guarding else bytearray()  # values with a guard that isn't only the table's
    anys: Anys = {}
    unguarded = bytearray(len(depends)) if guarding else bytearray()  # values to which a term without one was sent
    for value in collected:
        if guarding:
            unguarded[value - start] = True
    parts: Parts = {}
    picks = Picks(trace)
    for value in reversed(trace.values()[start : start + len(depends)]):
        if value in picks:
            lanes, choice = picks.take(value)
            collected.setdefault(value, []).append((lanes, NONE, 1))
            if guarding and (choice == NONE or not unbounded[value]):
                unguarded[value - start] = True
            elif guarding:
                guards.setdefault(value, []).append(choice)
                hard[value - start] = True
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
            guard = _any(trace, guards.pop(value), batch, parts, anys)
        is_hard = guard != NONE and bool(hard[value - start])
        if head is PICK:
            picks.send(operands, adjoint, guard)
            continue
        varies = bool(trace.batch_of(adjoint))
        if head is LANES:
            sent = pulled_apart(trace, operands, adjoint, guard, start, depends)
            guard = NONE
        else:
            sent = _sent(trace, value, head, operands, adjoint, start, depends, unbounded, parts)
        for operand, term, choice in sent:
            if guard != NONE:
                term = _guarded(trace, guard, head, operands, adjoint, term, unbounded, is_hard)
            if guarding:
                whole = _both(trace, guard, choice) if unbounded[operand] else NONE
                if whole == NONE:
                    unguarded[operand - start] = True
                else:
                    guards.setdefault(operand, []).append(whole)
                    if is_hard or (choice != NONE and (head is SELECT or head is TAKE)):
                        hard[operand - start] = True
            alike = batch and head is not LANES and not varies  # all samples send the same
            if alike and not trace.batch_of(operand) and not _batch_of(trace, term):
                term = (trace.product(term[0], trace.constant(float(batch))), term[1], term[2])
            if operand in collected:
                collected[operand].append(term)
            else:
                collected[operand] = [term]
    return [trace.numbers([gradients[leaf]])[0] if leaf in gradients else 0.0 for leaf in leaves]


def _is_unbounded(head: Head | Rule, operands: Operands) -> bool:
    """Whether it is infinite or NaN at some finite number, or has such a derivative."""
    if head is CONSTANT:
        return not math.isfinite(operands[0])
    rule = operands[1] if head is OWN else head
    return isinstance(rule, Rule) and not rule.bounded


def _unbounded(trace: Trace, end: int) -> bytearray:
    """A mark for each value below the end that, or whose derivative, may be infinite though all inputs are finite.

    Empty, if there is none.
    """
    marks = bytearray(end)
    inputs, is_any = trace.inputs, False
    for value, (head, operands, _) in enumerate(trace.ops[: end - inputs], start=inputs):
        if _is_unbounded(head, operands) or (is_any and any(marks[x] for x in values_in(head, operands))):
            marks[value] = is_any = True
    return marks if is_any else bytearray()


def _chooses_among(trace: Trace, start: Index, depends: bytearray, marks: bytearray) -> bool:
    """Whether one of the values that depend on a leaf, and are marked, is a choice: if none is, nothing is guarded."""
    first = max(start, trace.inputs)
    for value, is_marked in enumerate(marks[len(marks) - len(depends) + first - start :], start=first):
        if is_marked and depends[value - start]:
            head, operands, _ = trace.ops[value - trace.inputs]
            if _is_choice(trace, head, operands):
                return True
    return False


_CHOICES: dict[tuple[Rule, tuple[float | None, ...]], bool] = {}


def _is_choice(trace: Trace, head: Head | Rule, operands: Operands) -> bool:
    """Whether an instruction's derivative by an operand may be 0 by the table, for some numbers and not for others."""
    if head is SELECT or head is TAKE or head is PICK or head is LANES:
        return True
    if head is OWN:
        head, operands = operands[1], operands[2:]
    if not isinstance(head, Rule):
        return False
    known = tuple([trace.known(x) for x in operands])
    key = head, known
    if key not in _CHOICES:
        _CHOICES[key] = _has_choice_among_partials(head, known)
    return _CHOICES[key]


def _has_choice_among_partials(rule: Rule, known: Sequence[float | None]) -> bool:
    """Whether there is one among its partials, by operands that aren't known."""
    trial = Trace(rule.arity + 1)
    values = [Traced(trial, x) for x in trial.values()]
    numbers = [value if x is None else x for value, x in zip(values, known)]
    for x, partial in zip(known, rule.partials):
        if x is None:
            slope = partial(*numbers, values[-1])
            if isinstance(slope, Traced) and slope.index in trial.by_table:
                return True
    return False


def _guarded(
    trace: Trace,
    guard: Index,
    head: Head | Rule,
    operands: Operands,
    adjoint: Index,
    term: Term,
    unbounded: bytearray,
    is_hard: bool,
) -> Term:
    """The term, whose factor beside the adjoint is 0 where the guard is, if it may be infinite or NaN there."""
    a, b, sign = term
    if head is SUM or head is REDUCE:
        may_be_infinite = is_hard and b != NONE and bool(unbounded[b])
    elif head is SELECT or head is TAKE or (b == NONE and a == adjoint):
        may_be_infinite = False
    else:
        may_be_infinite = _is_unbounded(head, operands) or any(unbounded[x] for x in values_in(head, operands))
    if not may_be_infinite:
        return term
    zero = trace.constant(0.0)
    if b == NONE:  # a choice of products
        return trace.call(SELECT, guard, a, zero), NONE, sign
    return a, trace.call(SELECT, guard, b, zero), sign


def _both(trace: Trace, a: Index, b: Index) -> Index:
    """1 where both guards are; NONE is always 1."""
    if a in (NONE, b):
        return b
    return a if b == NONE else trace.product(a, b)


def _any(trace: Trace, guards: list[Index], batch: int, parts: Parts, known: Anys) -> Index:
    """1 where one of the guards is, for a value of that batch: for a uniform one, in any sample.

    What is found is kept among what is known: the rows of a matrix all send the same guards.
    """
    several = tuple(dict.fromkeys(guards))
    if len(several) == 1 and (batch or not trace.batch_of(several[0])):
        return several[0]
    key = several, bool(batch)
    if key not in known:
        known[key] = _any_of(trace, several, batch, parts)
    return known[key]


def _any_of(trace: Trace, several: Sequence[Index], batch: int, parts: Parts) -> Index:
    present: dict[Index, set[int]] = {}
    for guard in several:
        if guard in parts:
            choice, part, of = parts[guard]
            present.setdefault(choice, set()).add(part)
            if len(present[choice]) == of:
                return NONE  # all branches of one choice use it, and one of them is taken
    return trace.call(LESS, trace.constant(0.0), _collect(trace, [(guard, NONE, 1) for guard in several], batch))


def _name(trace: Trace, adjoint: Index, outputs: Sequence[Index], value: Index) -> None:
    """Name an adjoint after what it is the derivative of: ∂E/∂w."""
    name = trace.names.get(value)
    if name and len(outputs) == 1 and trace.known(adjoint) is None:
        trace.names.setdefault(adjoint, f"∂{trace.names.get(outputs[0], 'y')}/∂{name}")


def _collect(trace: Trace, terms: list[Term], batch: int) -> Index:
    """One adjoint from all that was sent to it."""
    sizes = [] if batch else [_batch_of(trace, term) for term in terms]
    if any(sizes):
        by_size: dict[int, list[Term]] = {}
        for term, size in zip(terms, sizes):
            by_size.setdefault(size, []).append(term)
        one_number = by_size.pop(0, [])
        terms = one_number + [(trace.append(REDUCE, tuple(part), 0), NONE, 1) for part in by_size.values()]
    return _sum(trace, terms)


def _sum(trace: Trace, terms: list[Term]) -> Index:
    """The sum of the terms; a value by itself needs no sum."""
    (a, b, sign), *more = terms
    return a if (b, sign, more) == (NONE, 1, []) else trace.sum(terms)


def _batch_of(trace: Trace, term: Term) -> int:
    a, b, _ = term
    return trace.batch_of(a, b) if b != NONE else trace.batch_of(a)


def _sent(
    trace: Trace,
    value: Index,
    head: Head | Rule,
    operands: Operands,
    adjoint: Index,
    start: Index,
    depends: bytearray,
    unbounded: bytearray,
    parts: Parts,
) -> list[tuple[Index, Term, Index]]:
    """What an instruction adds to the adjoints of its operands, given its own; and, of a choice, where it is taken."""
    sent: list[tuple[Index, Term, Index]] = []
    if head is SUM or head is REDUCE:
        for a, b, sign in operands:
            if a >= start and depends[a - start]:
                sent.append((a, (adjoint, b, sign), NONE))
            if b >= start and depends[b - start]:
                sent.append((b, (adjoint, a, sign), NONE))
        return sent
    for position, operand in enumerate(values_in(head, operands)):
        if operand >= start and depends[operand - start]:
            partial = _partial(trace, value, head, operands, position)
            term = _through(trace, head, operands, position, adjoint, partial)
            if term is not None:
                choice = NONE
                if unbounded and unbounded[operand]:
                    choice = _choice(trace, value, head, operands, position, term, partial, parts)
                sent.append((operand, term, choice))
    return sent


def _choice(
    trace: Trace,
    value: Index,
    head: Head | Rule,
    operands: Operands,
    position: int,
    term: Term,
    partial: Number | None,
    parts: Parts,
) -> Index:
    """The guard of what an instruction sends to an operand: 1 where the choice falls on it; NONE, if it always does."""
    if head is SELECT:
        choice = operands[0] if position == 1 else _not(trace, operands[0])
        parts[choice] = (operands[0], position, 2)
        return choice
    if head is TAKE:
        parts[term[1]] = (value, position, len(operands) - 1)
        return term[1]
    return _kept(trace, partial.index) if isinstance(partial, Traced) else NONE


def _kept(trace: Trace, partial: Index) -> Index:
    """1 where a partial isn't 0 by the table, else 0; NONE if it never is."""
    if partial not in trace.by_table:
        return NONE
    condition, *branches = trace.ops[partial - trace.inputs][1]
    terms: list[Term] = []
    for is_taken, branch in ((condition, branches[0]), (NONE, branches[1])):
        if trace.known(branch) != 0.0:
            terms.append((is_taken if is_taken != NONE else _not(trace, condition), _kept(trace, branch), 1))
    return _sum(trace, terms) if terms else trace.constant(0.0)


def _not(trace: Trace, condition: Index) -> Index:
    return trace.sum([(trace.constant(1.0), NONE, 1), (condition, NONE, -1)])


def _partial(trace: Trace, value: Index, head: Head | Rule, operands: Operands, position: int) -> Number | None:
    """The derivative of a function by an operand; None if it is no row of the table."""
    if head is OWN:
        if position == 0:
            return None
        head, operands = operands[1], operands[2:]
        position -= 1
    return partial_of(trace, head, operands, value, position) if isinstance(head, Rule) else None


def _through(
    trace: Trace, head: Head | Rule, operands: Operands, position: int, adjoint: Index, partial: Number | None
) -> Term | None:
    """adjoint · ∂value/∂operand as a term, for a function with that partial; None if the derivative is 0."""
    if partial is not None:
        return _times(trace, adjoint, partial)
    if head is COPY:
        return (adjoint, NONE, 1)
    if position == 0 and (head is SELECT or head is TAKE or head is OWN):
        return None  # a condition or an index; or the row that a value is an operation of
    if head is SELECT:
        zero = trace.constant(0.0)
        chosen = (adjoint, zero) if position == 1 else (zero, adjoint)
        return (trace.call(SELECT, operands[0], *chosen), NONE, 1)
    if head is TAKE:
        return (adjoint, chooses(trace, operands, position - 1), 1)
    return None  # comparisons


def _times(trace: Trace, adjoint: Index, partial: Number) -> Term | None:
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


def _chosen(trace: Trace, adjoint: Index, partial: Index) -> Index:
    """adjoint · partial, where the partial is a choice: the choice of the products."""
    known = trace.known(partial)
    if known is not None and known in (0.0, 1.0):
        return adjoint if known else partial
    if partial not in trace.by_table:
        return trace.product(adjoint, partial)
    condition, *branches = trace.ops[partial - trace.inputs][1]
    return trace.call(SELECT, condition, *[_chosen(trace, adjoint, branch) for branch in branches])


def partial_of(trace: Trace, rule: Rule, operands: Sequence[Index], value: Index, position: int) -> Number:
    """A partial derivative: the table's expression, of traced numbers."""
    partial: Number = rule.partials[position](*trace.numbers(operands), Traced(trace, value))
    return partial


def chooses(trace: Trace, operands: Sequence[Index], row: int) -> Index:
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
    unbounded = _unbounded(trace, start + len(depends))
    wanted = _to_be_guarded(trace, start, depends, unbounded) if unbounded else bytearray()
    if not _chooses_among(trace, start, depends, wanted):
        unbounded = bytearray()
    guards = _Guards(trace, unbounded, wanted)
    for value in trace.values()[start : start + len(depends)]:
        if not depends[value - start] or value in moving:
            continue
        head, operands, batch = trace.ops[value - trace.inputs]
        terms: list[Term] = []
        if head is SUM or head is REDUCE:
            for a, b, sign in operands:
                if a in moving:
                    terms.append(guards.pass_on(a, head, operands, moving[a], (moving[a], b, sign)))
                if b in moving:
                    terms.append(guards.pass_on(b, head, operands, moving[b], (moving[b], a, sign)))
        elif head is SELECT:
            zero = trace.constant(0.0)
            chosen = [moving.get(x, zero) for x in operands[1:]]
            if chosen != [zero, zero]:
                terms = [(trace.call(SELECT, operands[0], *chosen), NONE, 1)]
                guards.choose(operands, [x in moving for x in operands[1:]], value, is_select=True)
        elif head is TAKE:
            zero = trace.constant(0.0)
            rows = [moving.get(x, zero) for x in operands[1:]]
            if any(x != zero for x in rows):
                terms = [(trace.call(TAKE, operands[0], *rows), NONE, 1)]
                guards.choose(operands, [x in moving for x in operands[1:]], value, is_select=False)
        elif head is PICK:
            a, sample = operands
            if a in moving:
                terms = [(trace.pick(moving[a], sample), NONE, 1)]
                guards.pick(a, sample)
        elif head is LANES:
            if any(x in moving for x in operands):
                terms = [(put_together(trace, [moving.get(x) for x in operands]), NONE, 1)]
                guards.put_together(operands, moving)
        elif head not in SOURCES:
            for position, operand in enumerate(values_in(head, operands)):
                if operand in moving:
                    partial = _partial(trace, value, head, operands, position)
                    term = _through(trace, head, operands, position, moving[operand], partial)
                    if term is not None:
                        terms.append(guards.pass_on(operand, head, operands, moving[operand], term, partial))
        if terms:
            moving[value] = _tangent(trace, head, terms, operands)
            guards.collect(value, batch)
    return [trace.numbers([moving[y]])[0] if y in moving else 0.0 for y in outputs]


def _to_be_guarded(trace: Trace, start: Index, depends: bytearray, unbounded: bytearray) -> bytearray:
    """A mark for each value from start on of which something is computed whose derivative may be infinite."""
    marks = bytearray(len(depends))
    for value in reversed(range(max(start, trace.inputs), start + len(depends))):
        if depends[value - start] and (marks[value - start] or unbounded[value]):
            head, operands, _ = trace.ops[value - trace.inputs]
            for x in values_in(head, operands):
                if x >= start:
                    marks[x - start] = True
    return marks


class _Guards:
    """The guards of tangents: 0 where a tangent is 0 because of a choice, else 1. What has none is never guarded."""

    def __init__(self, trace: Trace, unbounded: bytearray, wanted: bytearray) -> None:
        self.trace = trace
        self.unbounded = unbounded
        self.start = len(unbounded) - len(wanted)  # where the marks of what is wanted begin
        self.wanted = wanted
        self.guards: dict[Index, Index] = {}
        self.hard: set[Index] = set()  # of these a guard isn't only the table's
        self.parts: Parts = {}
        self.anys: Anys = {}
        self.sent: list[Index] = []  # to the value at hand: a guard for each term
        self.sent_hard = False

    def pass_on(
        self,
        operand: Index,
        head: Head | Rule,
        operands: Operands,
        tangent: Index,
        term: Term,
        partial: Number | None = None,
    ) -> Term:
        """Note an operand's guard as one of the value at hand: the term, guarded by it."""
        if not self.unbounded:
            return term
        guard = self.guards.get(operand, NONE)
        if guard != NONE:
            is_hard = operand in self.hard
            term = _guarded(self.trace, guard, head, operands, tangent, term, self.unbounded, is_hard)
            self.sent_hard = self.sent_hard or is_hard
        choice = _kept(self.trace, partial.index) if isinstance(partial, Traced) else NONE
        self.sent.append(_both(self.trace, guard, choice))
        return term

    def choose(self, operands: Operands, is_moving: Sequence[bool], value: Index, is_select: bool) -> None:
        """Note the guard of a choice: that of the branch which is taken; 0, if that one has no tangent."""
        if not self.unbounded or not self.wanted[value - self.start]:
            return
        index, *branches = operands
        guards = [self.guards.get(x, NONE) for x in branches]
        if all(is_moving) and all(guard == NONE for guard in guards):
            self.sent.append(NONE)
            return
        trace = self.trace
        terms: list[Term] = []
        for position, guard in enumerate(guards):
            if is_moving[position]:
                if not is_select:
                    is_taken = chooses(trace, operands, position)
                else:
                    is_taken = _not(trace, index) if position else index
                terms.append((is_taken, guard, 1))
        self.sent.append(_sum(trace, terms))
        self.sent_hard = True

    def pick(self, a: Index, sample: int) -> None:
        """Note the guard of one sample of a value."""
        if self.unbounded:
            guard = self.guards.get(a, NONE)
            self.sent.append(NONE if guard == NONE else self.trace.pick(guard, sample))
            self.sent_hard = self.sent_hard or a in self.hard

    def put_together(self, operands: Sequence[Index], moving: dict[Index, Index]) -> None:
        """Note the guard of lanes: 0 for a sample whose number has no tangent."""
        if not self.unbounded:
            return
        guards = [self.guards.get(x, NONE) if x in moving else None for x in operands]
        self.sent.append(NONE if all(guard == NONE for guard in guards) else put_together(self.trace, guards))
        self.sent_hard = True

    def collect(self, value: Index, batch: int) -> None:
        """Make one guard of those that were noted, for the value's own."""
        sent, is_hard = self.sent, self.sent_hard
        if not sent:
            return
        self.sent, self.sent_hard = [], False
        if NONE in sent or not self.wanted[value - self.start]:
            return
        guard = _any(self.trace, sent, batch, self.parts, self.anys)
        if guard != NONE:
            self.guards[value] = guard
            if is_hard:
                self.hard.add(value)


def _tangent(trace: Trace, head: Head | Rule, terms: list[Term], operands: Operands) -> Index:
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


def _is_zero(seed: Number) -> bool:
    return not isinstance(seed, Traced) and float(seed) == 0.0
