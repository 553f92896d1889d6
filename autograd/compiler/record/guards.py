"""Guards: where a choice has left something out, its derivative is 0, whatever the numbers there are.

Python computes one branch of an ``if``. A program computes both branches of ``where``, and chooses. What is sent into
the branch that was not taken is 0, but a partial there, or a factor, may be infinite or not a number, and 0·inf is NaN.
So an adjoint (or, forward, a tangent) has a *guard*: a value that is 1 where the derivative takes part, and 0 where a
choice has left it out. A partial that the rule table makes 0 for some numbers, of relu say, is a choice, too. To ask
whether the adjoint is 0 would not do: it may be 0 by chance, and then the partial still counts in the second
derivative.

Guards are only noted here, one for each derivative (``Trace.guards``). What is done with them is said in
``passes/guard.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from autograd.compiler.program import LANES, LESS, NONE, OWN, PICK, SELECT, TAKE, Index, Kind, Operands, Term
from autograd.compiler.record.local import chooses, collect, kept, negation, total
from autograd.compiler.record.trace import Number, Trace, Traced
from autograd.engine.rules import Rule


class Guards:
    """The guards of the adjoints, or of the tangents, that are being computed; NONE is one that is always 1.

    Args:
        trace: is appended to.
        start: the first value that depends on a leaf.
        depends: a mark for each value from there.
    """

    def __init__(self, trace: Trace, start: Index, depends: bytearray) -> None:
        self.trace: Final = trace
        self.on: Final = bool(trace.guards) or _is_any_chosen(trace, start, depends)
        self._noted: dict[Index, list[Index]] = {}  # for values to come
        self._parts: dict[Index, tuple[Index, int, int]] = {}  # of which choice a guard is, which branch, of how many
        self._known: dict[tuple[tuple[Index, ...], bool], Index] = {}  # the rows of a matrix all send the same guards

    def note(self, value: Index, guard: Index, choice: Index = NONE) -> None:
        """Something with that guard, behind that choice, is sent to a value."""
        self._noted.setdefault(value, []).append(both(self.trace, guard, choice))

    def settle(self, value: Index, batch: int) -> Index:
        """1 where one of the guards is that were noted for a value of that batch: for a uniform one, in any sample."""
        guards = tuple(dict.fromkeys(self._noted.pop(value)))
        if NONE in guards:
            return NONE
        if len(guards) == 1 and (batch or not self.trace.batch_of(guards[0])):
            return guards[0]
        key = guards, bool(batch)
        if key not in self._known:
            self._known[key] = self._any(guards, batch)
        return self._known[key]

    def _any(self, guards: Sequence[Index], batch: int) -> Index:
        present: dict[Index, set[int]] = {}
        for guard in guards:
            if guard in self._parts:
                choice, part, of = self._parts[guard]
                present.setdefault(choice, set()).add(part)
                if len(present[choice]) == of:
                    return NONE  # all branches of one choice use it, and one of them is taken
        trace = self.trace
        return trace.call(LESS, trace.constant(0.0), collect(trace, [(guard, NONE, 1) for guard in guards], batch))

    def branch(self, value: Index, head: Kind, operands: Operands, position: int) -> Index:
        """The condition under which a choice takes the branch at this position among its operands."""
        guard = _is_taken(self.trace, head, operands, position)
        self._parts[guard] = (operands[0], position, 2) if head is SELECT else (value, position, len(operands) - 1)
        return guard

    def of_partial(self, partial: Number | None) -> Index:
        """The condition under which a partial isn't 0 by the table."""
        return kept(self.trace, partial.index) if isinstance(partial, Traced) else NONE

    def chosen(self, head: Kind, operands: Operands, branches: Iterable[Index | None]) -> Index:
        """The guard of the tangent that a choice takes, from those of its branches in order; None: without tangent."""
        guards = list(branches)
        if all(guard == NONE for guard in guards):
            return NONE
        terms: list[Term] = []
        for position, guard in enumerate(guards, start=1):
            if guard is not None:
                terms.append((_is_taken(self.trace, head, operands, position), guard, 1))
        return total(self.trace, terms)


def both(trace: Trace, a: Index, b: Index) -> Index:
    """1 where both guards are; NONE is always 1."""
    if a in (NONE, b):
        return b
    return a if b == NONE else trace.product(a, b)


def _is_taken(trace: Trace, head: Kind, operands: Operands, position: int) -> Index:
    """1 where SELECT or TAKE takes the branch at a position among its operands."""
    if head is TAKE:
        return chooses(trace, operands, position - 1)
    return operands[0] if position == 1 else negation(trace, operands[0])


def _is_any_chosen(trace: Trace, start: Index, depends: bytearray) -> bool:
    """Whether a value that depends on a leaf is a choice: if none is, nothing has a guard."""
    first = max(start, trace.inputs)
    ops = trace.ops[first - trace.inputs : start + len(depends) - trace.inputs]
    return any(
        depends[value - start] and _is_choice(trace, head, operands)
        for value, (head, operands, _) in enumerate(ops, start=first)
    )


_CHOICES: dict[tuple[Rule, tuple[float | None, ...]], bool] = {}


def _is_choice(trace: Trace, head: Kind, operands: Operands) -> bool:
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
