"""Fold: operations on known numbers are done now.

Comes in: any program. Goes out: one that gives the same numbers, in which

- an operation on constants is a constant;
- a term with a factor ±1 has lost it, a factor that is a negation has given its sign to the term, 0 is not added;
- a copy of a value (``copy``, ``stop_gradient``, a sum of one term, x¹) is replaced by that value;
- x² is x·x, and a division by a power of two a multiplication; c·(d·x) is (c·d)·x if c or d is a power of two;
- a value that no longer depends on the sample is uniform.

0·x stays, since it is not 0 where x is infinite or NaN. The sign of a sum that is zero is not kept.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from autograd.compiler import ieee
from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    COPY,
    DATA,
    LANES,
    NONE,
    OWN,
    PICK,
    REDUCE,
    SELECT,
    SOURCES,
    SUM,
    TAKE,
    Index,
    Kind,
    Operands,
    Program,
    Term,
    values_in,
)
from autograd.engine import rules


def fold(program: Program) -> Program:
    """See the module's docstring."""
    return _Folding(program).run()


class _Folding:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.out = Rewriting(program)
        self.constants: dict[Index, float] = {}  # known values, by number in the new program
        self.negated: dict[Index, Index] = {}  # -a: a
        self.scaled: dict[Index, tuple[Index, float]] = {}  # c·a: a and c
        self.batches = [0] * program.inputs  # of each value of the new program
        self.is_simple = bytearray(b"\1" * program.inputs)  # neither a constant nor negated

    def run(self) -> Program:
        out = self.out
        for value, (head, operands, batch) in out.instructions():
            if head is SUM:
                at = self.sum(operands)
            elif head is REDUCE:
                at = self.reduce(operands, self.size(value))
            elif head is CONSTANT:
                at = self.constant(*operands)
            elif head in SOURCES:
                at = self.append(head, operands, batch)
            elif head is PICK:
                at = self.pick(*operands)
            elif head is LANES:
                at = self.lanes(operands)
            else:
                at = self.function(head, operands)
            out.forward(value, at)
        return out.finish()

    def size(self, reduced: Index) -> int:
        """The size of the batch over which a reduction adds up. Its terms may be uniform in the new program."""
        values = values_in(*self.program.operation(reduced)[:2])
        return next(filter(None, map(self.program.batch_of, values)))

    def append(self, head: Kind, operands: Operands, batch: int) -> Index:
        self.batches.append(batch)
        self.is_simple.append(True)
        return self.out.emit(head, operands, batch)

    def widest(self, values: Sequence[Index]) -> int:
        batches = self.batches
        return max([batches[x] for x in values])

    def constant(self, number: float) -> Index:
        at = self.append(CONSTANT, (number,), 0)
        self.constants[at] = number
        self.is_simple[at] = False
        return at

    def terms(self, operands: Sequence[Term]) -> tuple[list[Term], float]:
        """The terms without factors ±1 and negations, and the sum of the known ones."""
        constants, negated, is_simple = self.constants, self.negated, self.is_simple
        out: list[Term] = []
        known = 0.0
        for term in operands:
            a, b, sign = term
            if is_simple[a] and (b == NONE or is_simple[b]):  # most of them
                out.append(term)
                continue
            if a in negated:
                a, sign = negated[a], -sign
            if b in negated:
                b, sign = negated[b], -sign
            if a in constants:
                x = constants[a]
                if b == NONE:
                    known += sign * x
                    continue
                if b in constants:
                    known += sign * (x * constants[b])
                    continue
                a, b = b, a
            if b in constants:
                factor = constants[b]
                if a in self.scaled and _is_exact_product(factor, self.scaled[a][1]):
                    a, scale = self.scaled[a]
                    factor *= scale
                    b = self.constant(factor)
                if factor == 1.0:
                    b = NONE
                elif factor == -1.0:
                    b, sign = NONE, -sign
            out.append((a, b, sign))
        return out, known

    def sum(self, operands: Sequence[Term]) -> Index:
        terms, known = self.terms(operands)
        if not terms:
            return self.constant(known)
        if known != 0.0:  # NaN isn't 0, either
            terms.append((self.constant(known), NONE, 1))
        (a, b, sign), *more = terms
        if b == NONE and sign > 0 and not more:
            return a
        batches = self.batches
        for x, y, _ in terms:
            batch = batches[x] or (batches[y] if y != NONE else 0)
            if batch:
                break
        at = self.append(SUM, tuple(terms), batch)
        if more:
            return at
        if b == NONE:
            self.negated[at] = a
            self.is_simple[at] = False
        elif b in self.constants:
            self.scaled[at] = (a, sign * self.constants[b])
        return at

    def reduce(self, operands: Sequence[Term], size: int) -> Index:
        """A term whose factors have become uniform is the same for all samples: there are ``size`` times as much."""
        varying = []
        alike: list[Term] = []
        for a, b, sign in operands:
            if self.batches[a] or (b != NONE and self.batches[b]):
                varying.append((a, b, sign))
            else:
                many = self.sum([(a, self.constant(float(size)), 1)])
                alike.append((many, b, sign))
        if varying:
            terms, _ = self.terms(varying)  # none is known: a factor varies
            whole = self.append(REDUCE, tuple(terms), 0)
            return self.sum([*alike, (whole, NONE, 1)]) if alike else whole
        return self.sum(alike)

    def pick(self, a: Index, sample: int) -> Index:
        """The number of a sample. For inputs, data and lanes, the new program has a value for it already."""
        if not self.batches[a]:
            return a
        head, operands, _ = self.out.operation(a)
        if head is LANES:
            return Index(operands[sample])
        if head is COLUMN:
            first, stride = operands
            return Index(first + stride * sample)
        if head is DATA:
            return self.constant(operands[0][sample])
        return self.append(PICK, (a, sample), 0)

    def lanes(self, operands: tuple[Index, ...]) -> Index:
        """A number for each sample: data or inputs, if they are; or all samples of a value, in order."""
        constants, size = self.constants, len(operands)
        if all(x in constants for x in operands):
            return self.append(DATA, (tuple([constants[x] for x in operands]),), size)
        if all(x < self.program.inputs for x in operands):
            strides = {y - x for x, y in itertools.pairwise(operands)}
            if len(strides) == 1:
                return self.append(COLUMN, (operands[0], strides.pop()), size)
        whole = self.whole(operands)
        return self.append(LANES, operands, size) if whole is None else whole

    def whole(self, operands: tuple[Index, ...]) -> Index | None:
        """The value of which these are all samples, in order."""
        sources = set()
        for sample, x in enumerate(operands):
            head, its, _ = self.out.operation(x) if x >= self.program.inputs else (COPY, (), 0)
            if head is not PICK or its[1] != sample:
                return None
            sources.add(its[0])
        source = sources.pop()
        return None if sources or self.batches[source] != len(operands) else source

    def function(self, head: Kind, operands: tuple[Index, ...]) -> Index:
        constants = self.constants
        if head is COPY or head is OWN or head is rules.stop_gradient:
            return operands[0]
        if all(x in constants for x in operands):
            return self.constant(ieee.apply(head, [constants[x] for x in operands]))
        if head is rules.pow and operands[1] in constants:
            exponent = constants[operands[1]]
            if exponent == 1.0:
                return operands[0]
            if exponent == 0.0:
                return self.constant(1.0)
            if exponent == 2.0:
                return self.sum([(operands[0], operands[0], 1)])
        elif head is rules.ratio and operands[1] in constants:
            divisor = constants[operands[1]]
            if _is_exact(divisor):
                return self.sum([(operands[0], self.constant(1.0 / divisor), 1)])
        elif head is SELECT:
            condition, a, b = operands
            if a == b:
                return a
            if condition in constants:
                return a if constants[condition] != 0.0 else b
            if constants.get(a) == 1.0 and constants.get(b) == 0.0:
                return condition
        elif head is TAKE and operands[0] in constants:
            index, table = constants[operands[0]], operands[1:]
            if -len(table) <= index < len(table):
                return table[math.floor(index)]
        return self.append(head, operands, self.widest(operands))


def _is_exact(factor: float) -> bool:
    """True for a power of two (or its negative) that multiplies without rounding."""
    return 2.0**-100 < abs(factor) < 2.0**100 and math.frexp(factor)[0] in (0.5, -0.5)


def _is_exact_product(c: float, d: float) -> bool:
    """Whether c·(d·x) is (c·d)·x: one of them is a power of two, and the product is one of float32, too."""
    return (_is_exact(c) or _is_exact(d)) and 2.0**-100 < abs(c * d) < 2.0**100
