"""Flatten: sums within sums become one sum of products.

Comes in: a program whose sums have one or two terms, as they were recorded. Goes out: the same, in which a sum that is
used once, and there as a term by itself, stands in its place: ``(a·b + c·d) + e·f`` is one sum with three terms. A loop
that adds up n products becomes one instruction. Sums may be reassociated by it; no product is multiplied out.

A sum goes into a reduction if each of its terms varies; a uniform sum stays outside a varying one, to be computed once.
"""

from __future__ import annotations

from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import NONE, REDUCE, SUM, Head, Index, Program, Term
from autograd.engine.rules import Rule


def flatten(program: Program) -> Program:
    """See the module's docstring. Instructions that were absorbed are gone."""
    made = program.values()[program.inputs :]
    uses = [0] * len(program)
    for values in (*program.used, program.outputs):
        for value in values:
            uses[value] += 1
    alone = [False] * program.inputs  # sums that are used once
    alone += [head is SUM and uses[value] == 1 for value, (head, _, _) in program.instructions()]
    absorbed = bytearray(len(program))
    flat: dict[Index, tuple[Term, ...]] = {}
    for value in reversed(made):
        head, operands, batch = program.operation(value)
        if (head is not SUM and head is not REDUCE) or absorbed[value]:
            continue
        for a, _, _ in operands:
            if alone[a]:
                break
        else:
            continue  # nothing to absorb
        terms: list[Term] = []
        stack = list(reversed(operands))
        while stack:
            a, b, sign = stack.pop()
            if b == NONE and alone[a] and _fits(program, a, head, batch):
                absorbed[a] = True
                stack.extend([(c, d, sign * inner) for c, d, inner in reversed(program.operation(a)[1])])
            else:
                terms.append((a, b, sign))
        flat[value] = tuple(terms)
    out = Rewriting(program)
    for value in made:
        if not absorbed[value]:
            out.keep(value, flat.get(value, ()))
    return out.finish()


def _fits(program: Program, a: Index, head: Head | Rule, batch: int) -> bool:
    """Whether the sum that makes a can stand in a sum of that kind."""
    _, terms, its_batch = program.operation(a)
    if head is SUM:
        return its_batch == batch
    return all(program.batch_of(x) or (y != NONE and program.batch_of(y)) for x, y, _ in terms)
