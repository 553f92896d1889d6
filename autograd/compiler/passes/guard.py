"""Guard: what a choice has left out stays 0 in products, also beside a factor that is infinite or not a number.

Comes in: a program as it was recorded, with *guards*: for some of its values another one, 0 where a choice has left the
value out (``where`` has taken the other branch, relu is flat), else 1. Goes out: one in which a product ``a·b`` of a
value with a guard is ``a·select(guard, b, 0)``.

There are as many selects as products, and they are needed only where something isn't finite. So this is not the program
that runs first. Without it such a product is NaN, and that doesn't get lost on the way to the results: where one of
those is NaN, the guarded program runs. ``shows_nan`` says whether it doesn't get lost.
"""

from __future__ import annotations

import math
from typing import Final

from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import (
    CONSTANT,
    COPY,
    LANES,
    NONE,
    OWN,
    PICK,
    SELECT,
    SOURCES,
    SUMS,
    TAKE,
    Index,
    Kind,
    Operands,
    Program,
    Term,
    values_in,
)
from autograd.engine.rules import RULES

# Rows that are NaN where an operand is. pow is one, if its exponent is known and not 0.
_STRICT: Final = frozenset(
    RULES[name] for name in ("sqrt", "exp", "log", "sin", "cos", "tanh", "sigmoid", "abs", "ratio")
)

_MOVED: Final = (COPY, OWN, PICK, LANES)  # a number by another name


def guard(program: Program) -> Program:
    """See the module's docstring."""
    guards = program.guards
    out = Rewriting(program)
    made: dict[tuple[Index, Index], Index] = {}
    batches = [0] * program.inputs  # of the new program
    zero: list[Index] = []

    def emit(head: Kind, operands: Operands, batch: int) -> Index:
        batches.append(batch)
        return out.emit(head, operands, batch)

    def guarded(by: Index, factor: Index) -> Index:
        key = out.new(by), out.new(factor)
        if key not in made:
            if not zero:
                zero.append(emit(CONSTANT, (0.0,), 0))
            made[key] = emit(SELECT, (*key, zero[0]), max(batches[key[0]], batches[key[1]]))
        return made[key]

    def term_of(term: Term) -> Term:
        a, b, sign = term
        new_a = guarded(guards[b], a) if _needs_guard(program, a, b) else out.new(a)
        new_b = guarded(guards[a], b) if _needs_guard(program, b, a) else out.new(b)
        return new_a, new_b, sign

    for value, (head, operands, batch) in program.instructions():
        if head in SUMS and any(_is_guarded(program, term) for term in operands):
            out.forward(value, emit(head, tuple([term_of(term) for term in operands]), batch))
        else:
            batches.append(batch)
            out.keep(value)
    return out.finish()


def shows_nan(program: Program) -> bool:
    """Whether a product that is NaN for want of a guard makes every result NaN that depends on it."""
    tainted = bytearray(len(program))
    for value, (head, operands, _) in program.instructions():
        if head in SOURCES:
            continue
        used = values_in(head, operands)
        is_tainted = any(tainted[x] for x in used)
        if is_tainted and not _lets_nan_through(program, head, operands, tainted):
            return False
        tainted[value] = is_tainted or (head in SUMS and any(_is_guarded(program, term) for term in operands))
    return True


def _lets_nan_through(program: Program, head: Kind, operands: Operands, tainted: bytearray) -> bool:
    if head in SUMS or head in _MOVED or head in _STRICT:
        return True
    if head is SELECT or head is TAKE:
        return not tainted[operands[0]]  # a branch that isn't taken is as good as absent
    if head is RULES["pow"]:
        exponent = _known(program, operands[1])
        return exponent is not None and exponent != 0.0
    return False


def _is_guarded(program: Program, term: Term) -> bool:
    a, b, _ = term
    return _needs_guard(program, a, b) or _needs_guard(program, b, a)


def _needs_guard(program: Program, factor: Index, beside: Index) -> bool:
    """Whether a factor beside a value with a guard may be infinite or not a number."""
    if factor == NONE or beside not in program.guards:
        return False
    known = _known(program, factor)
    return known is None or not math.isfinite(known)


def _known(program: Program, value: Index) -> float | None:
    if value < program.inputs:
        return None
    head, operands, _ = program.operation(value)
    return float(operands[0]) if head is CONSTANT else None
