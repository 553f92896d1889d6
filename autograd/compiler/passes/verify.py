"""Verify: whether a program is one. The tests ask it before and after each pass.

A pass that goes wrong seldom stops; it makes a program that computes something else, or that the kernel refuses. The
rules that every program keeps are written here, so that the instruction which breaks one is named where it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autograd.compiler.ieee import FUNCTIONS
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    COPY,
    DATA,
    EQUAL,
    LANES,
    LESS,
    LESS_EQUAL,
    NONE,
    OWN,
    PICK,
    REDUCE,
    SELECT,
    SUM,
    TAKE,
    Head,
    Kind,
    Program,
    values_in,
)
from autograd.engine.rules import Rule

COMPARISONS: Final = (LESS, LESS_EQUAL, EQUAL)


class ProgramError(AssertionError):
    """A program breaks one of the rules that programs keep."""


def verify(program: Program, recorded: bool = True) -> None:
    """Raise an error if the program breaks a rule.

    Args:
        program: any.
        recorded: whether it is one as a trace records it. ``fold`` leaves no COPY and no OWN.

    Raises:
        ProgramError: it breaks a rule. The message names the instruction, and the rule.

    >>> from autograd.engine.rules import sin
    >>> verify(Program(1, [(sin, (0,), 0), (SUM, ((1, 3, 1),), 0)], [2]))
    Traceback (most recent call last):
        ...
    autograd.compiler.passes.verify.ProgramError: v2 = sum((1, 3, 1),), batch 0: it uses v3, which isn't known yet
    """
    known = _Known(program.inputs, recorded)
    for value, op in program.instructions():
        try:
            head, operands, batch = op
            fault = known.fault(head, operands, batch)
        except (AttributeError, TypeError, ValueError, IndexError) as error:
            raise ProgramError(f"v{value} = {op}: it has not the form of an instruction ({error})") from None
        if fault:
            raise ProgramError(f"v{value} = {head.name}{operands}, batch {batch}: {fault}")
        known.add(head, operands, batch)
    for what, values in (("output", program.outputs), ("name", program.names), ("line", program.lines)):
        for x in values:
            if not _is_value(x, len(program)):
                raise ProgramError(f"{what} of v{x}: there is no such value, but {len(program)} in all")


def _is_value(x: Any, end: int) -> bool:
    return type(x) is int and 0 <= x < end


def _is_condition(head: Kind, operands: Sequence[Any], conditions: set[int]) -> bool:
    """Whether the value is 0 or 1: a comparison, or a combination of comparisons."""
    if head is CONSTANT:
        return operands[0] in (0.0, 1.0)
    if head is COPY or head is PICK:
        return operands[0] in conditions
    if head is DATA:
        return set(operands[0]) <= {0.0, 1.0}
    if head is LANES:
        return all(x in conditions for x in operands)
    if head is SUM:
        return all(x in conditions for a, b, _ in operands for x in (a, b) if x != NONE)
    return head in COMPARISONS


class _Known:
    """The values so far, by which the next instruction is judged."""

    def __init__(self, inputs: int, recorded: bool) -> None:
        self.inputs = inputs
        self.batches = [0] * inputs
        self.conditions: set[int] = set()
        self.recorded = recorded

    def add(self, head: Kind, operands: Sequence[Any], batch: int) -> None:
        """The value of an instruction that breaks no rule."""
        if _is_condition(head, operands, self.conditions):
            self.conditions.add(len(self.batches))
        self.batches.append(batch)

    def fault(self, head: Kind, operands: Sequence[Any], batch: int) -> str:
        """Which rule an instruction breaks; nothing if it breaks none."""
        if not isinstance(head, (Head, Rule)):
            raise TypeError(f"{head!r} is no kind of instruction")
        if type(batch) is not int or batch < 0:
            return "a batch has a size"
        if head is CONSTANT or head is COLUMN or head is DATA:
            return self.fault_of_source(head, operands, batch)
        if head is SUM or head is REDUCE:
            return self.fault_of_terms(head, operands) or self.fault_of_batch(head, values_in(head, operands), batch)
        if (head is COPY or head is OWN) and not self.recorded:
            return "fold leaves none of these"
        values = operands
        if head is PICK or head is LANES:
            return self.fault_of_samples(head, operands, batch)
        if head is OWN:
            result, rule, *rest = operands
            if not isinstance(rule, Rule) or rule in FUNCTIONS:
                return "a row of one's own is one that no back end has"
            values = (result, *rest)
        return (
            self.fault_of_uses(values)
            or self.fault_of_number(head, operands)
            or self.fault_of_batch(head, values, batch)
        )

    def fault_of_source(self, head: Kind, operands: Sequence[Any], batch: int) -> str:
        if head is CONSTANT:
            (number,) = operands
            return "" if type(number) is float and batch == 0 else "a constant is one float, and uniform"
        if batch == 0:
            return "it varies, so it has a batch"
        if head is DATA:
            (numbers,) = operands
            return "" if len(numbers) == batch else f"{len(numbers)} numbers for {batch} samples"
        first, stride = operands
        last = first + stride * (batch - 1)
        fits = _is_value(first, self.inputs) and _is_value(last, self.inputs)
        return "" if fits else f"from {first} to {last}, but there are {self.inputs} inputs"

    def fault_of_samples(self, head: Kind, operands: Sequence[Any], batch: int) -> str:
        if head is LANES:
            fault = self.fault_of_uses(operands)
            if fault or any(self.batches[x] for x in operands):
                return fault or "each sample's number is uniform"
            return "" if len(operands) == batch else f"{len(operands)} numbers for {batch} samples"
        a, sample = operands
        fault = self.fault_of_uses((a,))
        if fault or batch:
            return fault or "the number of one sample is uniform"
        size = self.batches[a]
        return "" if _is_value(sample, size) else f"sample {sample} of {size}"

    def fault_of_uses(self, values: Sequence[Any]) -> str:
        for x in values:
            if not _is_value(x, len(self.batches)):
                return f"it uses v{x}, which isn't known yet" if type(x) is int else f"{x!r} is no value"
        return ""

    def fault_of_terms(self, head: Kind, terms: Sequence[Any]) -> str:
        if not terms:
            return "a sum has a term"
        for term in terms:
            a, b, sign = term
            if type(sign) is not int or sign not in (1, -1):
                return f"{term!r} is no term (a, b, sign)"
            factors = (a,) if b == NONE and type(b) is int else (a, b)
            fault = self.fault_of_uses(factors)
            if fault:
                return fault
            if head is REDUCE and not any(self.batches[x] for x in factors):
                return f"{term} doesn't vary over the batch"
        return ""

    def fault_of_number(self, head: Kind, operands: Sequence[Any]) -> str:
        number = len(operands)
        if head is OWN:
            return "" if number == 2 + operands[1].arity else f"{operands[1].name} is of {operands[1].arity} operands"
        if head is TAKE:
            return "" if number > 1 else "a table has a row"
        if head is SELECT:
            if number != 3:
                return "a choice is of a condition and two branches"
            return "" if operands[0] in self.conditions else f"v{operands[0]} is no condition"
        if head is not COPY and head not in FUNCTIONS:
            return "no back end has it"
        arity = head.arity if isinstance(head, Rule) else 1 if head is COPY else 2  # a comparison
        return "" if number == arity else f"it is of {arity} operands"

    def fault_of_batch(self, head: Kind, values: Sequence[int], batch: int) -> str:
        sizes = {self.batches[x] for x in values} - {0}
        if len(sizes) > 1:
            return f"batches of {' and '.join(map(str, sorted(sizes)))} meet"
        size = max(sizes, default=0)
        if head is REDUCE:
            return "" if batch == 0 else "what is added up over a batch is uniform"
        if head is COPY and batch and not size:
            return ""  # each sample's own
        return "" if batch == size else f"its operands are of batch {size}"
