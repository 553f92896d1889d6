"""The derivatives of one instruction: partials as the rule table writes them, and what they send on, as terms."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from autograd.compiler.program import (
    COPY,
    EQUAL,
    LESS,
    NONE,
    OWN,
    REDUCE,
    SELECT,
    SUM,
    TAKE,
    Index,
    Kind,
    Operands,
    Term,
)
from autograd.compiler.record.trace import Number, Trace, Traced
from autograd.engine.rules import Rule, floor


def partial_of(trace: Trace, rule: Rule, operands: Sequence[Index], value: Index, position: int) -> Number:
    """A partial derivative: the table's expression, of traced numbers."""
    partial: Number = rule.partials[position](*trace.numbers(operands), Traced(trace, value))
    return partial


def partial_by(trace: Trace, value: Index, head: Kind, operands: Operands, position: int) -> Number | None:
    """The derivative of a function by an operand; None if it is no row of the table."""
    if head is OWN:
        if position == 0:
            return None
        head, operands = operands[1], operands[2:]
        position -= 1
    return partial_of(trace, head, operands, value, position) if isinstance(head, Rule) else None


def through(
    trace: Trace, head: Kind, operands: Operands, position: int, adjoint: Index, partial: Number | None
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


def kept(trace: Trace, partial: Index) -> Index:
    """1 where a partial isn't 0 by the table, else 0; NONE if it never is."""
    if partial not in trace.by_table:
        return NONE
    condition, *branches = trace.ops[partial - trace.inputs][1]
    terms: list[Term] = []
    for is_taken, branch in ((condition, branches[0]), (NONE, branches[1])):
        if trace.known(branch) != 0.0:
            terms.append((is_taken if is_taken != NONE else negation(trace, condition), kept(trace, branch), 1))
    return total(trace, terms) if terms else trace.constant(0.0)


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


def negation(trace: Trace, condition: Index) -> Index:
    """1 where the condition is 0."""
    return trace.sum([(trace.constant(1.0), NONE, 1), (condition, NONE, -1)])


def total(trace: Trace, terms: list[Term]) -> Index:
    """The sum of the terms; a value by itself needs no sum."""
    (a, b, sign), *more = terms
    return a if (b, sign, more) == (NONE, 1, []) else trace.sum(terms)


def collect(trace: Trace, terms: list[Term], batch: int) -> Index:
    """One adjoint from all that was sent to it, products first: so the kernel adds up a short sum at once."""
    sizes = [] if batch else [batch_of_term(trace, term) for term in terms]
    if any(sizes):
        by_size: dict[int, list[Term]] = {}
        for term, size in zip(terms, sizes):
            by_size.setdefault(size, []).append(term)
        one_number = by_size.pop(0, [])
        terms = one_number + [(trace.append(REDUCE, tuple(part), 0), NONE, 1) for part in by_size.values()]
    return total(trace, sorted(terms, key=functools.partial(_is_single, trace)))


def _is_single(trace: Trace, term: Term) -> bool:
    a, b, _ = term
    head, operands, _ = trace.ops[a - trace.inputs] if a >= trace.inputs else (None, (), 0)
    return b == NONE and not (head is SUM and len(operands) == 1)


def batch_of_term(trace: Trace, term: Term) -> int:
    """The size of the batch that a term varies over; 0 if it is uniform."""
    a, b, _ = term
    return trace.batch_of(a, b) if b != NONE else trace.batch_of(a)
