"""Flatten: sums within sums become one sum of products, where Python's order of adding up allows it.

Comes in: a program whose sums have one or two terms, as they were recorded. Goes out: the same, in which

- a product that is used once, and there as a term by itself, stands in the place of that term, as does a negation:
  ``a·b - c·d`` is one sum;
- a sum that was added up from left to right is one sum: ``(…((a·b + c·d) + e·f) + …)``. A loop that adds up n products
  becomes one instruction, and so do ``sum`` and ``dot``. Of two terms each may be the first: ``g + (a·b + c·d)``.

A sum of at most four terms is exact: back ends round each product, and add the terms in their order, so its result is
Python's to the last bit. The terms of a longer one may be added in another order, in several chains. A sum that is not
the first term of another one, or is subtracted from it, stays a number of its own: of equal ones the difference is 0.
No product is multiplied out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import NONE, REDUCE, SUM, Index, Kind, Program, Term

SHORT: Final = 4  # terms of the longest sum that is added up exactly in Python's order


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
        chain = _chain(program, value, alone) if head is SUM else [(value, operands)]
        terms: list[Term] = []
        for part, its_terms in reversed(chain):
            for a, b, sign in its_terms[1:] if terms else its_terms:
                if b == NONE and alone[a] and _is_product(program, a, head, batch):
                    absorbed[a] = True
                    ((c, d, inner),) = program.operation(a)[1]
                    terms.append((c, d, sign * inner))
                else:
                    terms.append((a, b, sign))
            absorbed[part] = part != value
        flat[value] = tuple(terms)
    out = Rewriting(program)
    for value in made:
        if not absorbed[value]:
            out.keep(value, flat.get(value, ()))
    return out.finish()


def _chain(program: Program, value: Index, alone: list[bool]) -> list[tuple[Index, Sequence[Term]]]:
    """A sum, the sum that is its first term, the first term of that, and so on, as far as they are one; their terms."""
    batch = program.batch_of(value)
    chain: list[tuple[Index, Sequence[Term]]] = []
    count, cut = 1, 0  # of terms; so many parts of the chain, before a number is taken away from all the others
    while True:
        terms = program.operation(value)[1]
        if len(terms) == 2 and [_is_sum(program, term, batch, alone) for term in terms] == [False, True]:
            terms = terms[::-1]  # of two terms each may be the first
        chain.append((value, terms))
        count += len(terms) - 1
        if not cut and _takes_away(program, terms[1:], alone):
            cut = len(chain)
        if cut and count > SHORT:
            return chain[:cut]
        if not _is_sum(program, terms[0], batch, alone):
            return chain
        value = terms[0][0]


def _is_sum(program: Program, term: Term, batch: int, alone: list[bool]) -> bool:
    """Whether a term is a sum that can be taken up by the one that it stands in."""
    a, b, sign = term
    return b == NONE and sign > 0 and alone[a] and program.batch_of(a) == batch and len(program.operation(a)[1]) > 1


def _takes_away(program: Program, terms: Sequence[Term], alone: list[bool]) -> bool:
    """Whether a number is subtracted that is no product: from a sum that may be equal to it."""
    return any(b == NONE and sign < 0 and not (alone[a] and len(program.operation(a)[1]) == 1) for a, b, sign in terms)


def _is_product(program: Program, a: Index, head: Kind, batch: int) -> bool:
    """Whether the sum that makes a has one term, which can stand in a sum of that kind."""
    _, terms, its_batch = program.operation(a)
    return len(terms) == 1 and (head is REDUCE or its_batch == batch)
