"""Finite: which number of a run isn't, where that began, and how to say it.

Every number of the run is known. From one that isn't finite the way back leads through operands that aren't finite
either, and through the branches that were taken, to an instruction whose operands are all finite.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.backends.by_numpy import run_numpy
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
    TAKE,
    Index,
    Line,
    Program,
    operation_name,
    values_in,
    written,
)  # fmt: skip

_SHOWN = 6  # operands and results that are named, at most
_LONGEST = 40  # characters of the formula that an operand is called by


@dataclass(frozen=True)
class Diagnosis:
    """Where the numbers of a call stop being finite. It prints as a sentence.

    Attributes:
        finite: whether every number of the result is finite; then the rest is empty.
        operation: the name of the operation; "argument" or "constant" if the call was given such a number.
        result: what it gives: infinite or not a number.
        operands: its operands' numbers, by name; numbers without a name are called by their position.
        direction: "forward", "backward" for its derivative in reverse mode, "tangent" in forward mode.
        order: of the derivative; 0 for the operation itself.
        line: the user's file and line.
        source: the text of that line.
        sample: the index in the batch; None: it isn't part of one.
        round: of ``repeat``, from 0; None: it wasn't repeated.
        reaches: the results that aren't finite because of it, or besides it.
    """

    finite: bool
    operation: str = ""
    result: float = 0.0
    operands: dict[str, float] = field(default_factory=dict)
    direction: str = "forward"
    order: int = 0
    line: str = ""
    source: str = ""
    sample: int | None = None
    round: int | None = None
    reaches: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.finite:
            return "every number of the result is finite"
        at = ", ".join(repr(x) if name == _numeral(x) else f"{name} = {x!r}" for name, x in self.operands.items())
        if self.operation in ("argument", "constant"):
            text = f"the {self.operation} {at or repr(self.result)} isn't finite"
        else:
            what = self.operation
            for _ in range(self.order):
                what = f"the derivative of {what}"
            text = f"{self.direction}: {what} gives {self.result!r}" + (f" at {at}" if at else "")
        if self.sample is not None:
            text += f", in sample {self.sample}"
        if self.round is not None:
            text += f", in round {self.round}"
        if self.line:
            text += f", recorded at {self.line}" + (f": {self.source}" if self.source else "")
        if self.reaches:
            more = len(self.reaches) - _SHOWN
            text += f"; it reaches {', '.join(self.reaches[:_SHOWN])}" + (f" and {more} more" if more > 0 else "")
        return text


def _numeral(x: float) -> str:
    """What a constant is called."""
    return f"{x:.6g}"


class At(NamedTuple):
    """A number: a value, and of which sample."""

    value: Index
    sample: int | None = None


class Numbers:
    """All numbers of a run of a program."""

    def __init__(self, program: Program, row: Any) -> None:
        self.program = program
        self.places = {line.number: value for value, line in sorted(program.lines.items())}  # by their old numbers
        self.all = run_numpy(Program(program.inputs, program.ops, list(program.values())), row)

    def number(self, at: At) -> float:
        """The number itself."""
        x = self.all[at.value]
        return float(x[at.sample or 0] if np.ndim(x) else x)

    def first_bad(self, value: Index) -> At | None:
        """The first sample of a value that isn't finite."""
        x = self.all[value]
        if np.isfinite(x).all():
            return None
        return At(value, int(np.flatnonzero(~np.isfinite(x))[0])) if np.ndim(x) else At(value)

    def at(self, value: Index, sample: int | None) -> At:
        """A value as an instruction of a sample sees it."""
        return At(value, sample if np.ndim(self.all[value]) else None)

    def is_bad(self, at: At) -> bool:
        return not np.isfinite(self.number(at))

    def first_anomaly(self) -> At | None:
        """The first number that isn't finite, though its operands are; what no choice takes doesn't count."""
        needed = self._needed()
        for value, (head, _, _) in self.program.instructions():
            bad = needed[value] & ~np.isfinite(self.all[value])
            if head not in SOURCES and np.any(bad):
                at = self.at(value, int(np.flatnonzero(bad)[0]))
                if not any(map(self.is_bad, self._seen_by(at))):
                    return at
        return None

    def _needed(self) -> list[Any]:
        """For each value, or each sample of it, whether an output comes from it, along the branches that are taken."""
        program = self.program
        needed: list[Any] = [np.zeros(np.shape(x), bool) for x in self.all]

        def need(value: Index, where: Any) -> None:
            needed[value] = needed[value] | (where if np.ndim(self.all[value]) else np.any(where))

        for value in program.outputs:
            need(value, np.True_)
        for value in reversed(program.values()[program.inputs :]):
            where = needed[value]
            if not np.any(where):
                continue
            head, operands, _ = program.operation(value)
            if head is SELECT:
                condition, a, b = operands
                is_true = self.all[condition] != 0
                for x, mask in ((condition, where), (a, where & is_true), (b, where & ~is_true)):
                    need(x, mask)
            elif head is TAKE:
                index, *table = operands
                need(index, where)
                chosen = np.floor(self.all[index])
                for k, x in enumerate(table):
                    need(x, where & ((chosen == k) | (chosen == k - len(table))))
            elif head is PICK:
                a, sample = operands
                need(a, np.arange(np.size(self.all[a])) == sample)
            elif head is LANES:
                for sample, x in enumerate(operands):
                    need(x, where[sample])
            else:
                for x in values_in(head, operands[:1] if head is OWN else operands):
                    need(x, np.any(where) if head is REDUCE else where)
        return needed

    def origin(self, results: Sequence[At]) -> At:
        """Where it began: of all such places behind these results the one that was recorded first."""
        stack, seen = list(results), set(results)
        found: list[At] = []
        while stack:
            at = stack.pop()
            causes = [x for x in self._seen_by(at) if self.is_bad(x)]
            if not causes:
                found.append(at)
            for cause in causes:
                if cause not in seen:
                    seen.add(cause)
                    stack.append(cause)
        return min(found, key=lambda at: (at.value, at.sample or 0))

    def _seen_by(self, at: At) -> Iterator[At]:
        """The operands that a number comes from: of a choice the one that was taken."""
        if at.value < self.program.inputs:
            return
        head, operands, _ = self.program.operation(at.value)
        if head is COLUMN:
            first, stride = operands
            yield At(Index(first + stride * (at.sample or 0)))
        elif head is SELECT:
            condition, a, b = operands
            yield self.at(a if self.number(self.at(condition, at.sample)) != 0 else b, at.sample)
        elif head is TAKE:
            index, *table = operands
            chosen = np.floor(self.number(self.at(index, at.sample)))
            if -len(table) <= chosen < len(table):
                yield self.at(table[int(chosen)], at.sample)
            else:
                yield self.at(index, at.sample)
        elif head is PICK:
            yield self.at(operands[0], operands[1])
        elif head is LANES:
            yield self.at(operands[at.sample or 0], None)
        elif head is OWN:
            yield self.at(operands[0], at.sample)
        elif head is REDUCE:
            for value in values_in(head, operands):
                yield self.first_bad(value) or At(value, 0 if np.ndim(self.all[value]) else None)
        elif head not in (CONSTANT, DATA):
            for value in values_in(head, operands):
                yield self.at(value, at.sample)

    # --- In words ---

    def told(self, at: At, reaches: tuple[str, ...] = ()) -> Diagnosis:
        """What is to be said of an origin."""
        program, names = self.program, self.program.names
        result = self.number(at)
        if at.value < program.inputs:
            return Diagnosis(False, "argument", result, {names.get(at.value, "argument"): result}, reaches=reaches)
        line = program.lines.get(at.value, Line("", NONE))
        head, operands, _ = program.operation(at.value)
        sample = at.sample
        if head is CONSTANT or head is DATA:
            name = "constant"
            numbers: dict[str, float] = {}
        else:
            name = line.operation or operation_name(head, operands)
            numbers = self._named(values_in(head, operands), sample, anonymous=line.of == NONE)
        of = line.of
        while of != NONE and of in self.places:  # whose derivative it is: its operands are what the user knows
            base = self.places[of]
            head, operands, _ = program.operation(base)
            numbers = {**self._named(values_in(head, operands), sample, anonymous=True), **numbers}
            of = program.lines[base].of
        file, _, number = line.place.rpartition(":")
        source = linecache.getline(file, int(number)).strip() if file else ""
        return Diagnosis(
            False,
            name,
            result,
            dict(list(numbers.items())[:_SHOWN]),
            line.direction,
            line.order,
            line.place,
            source,
            sample,
            None,
            reaches,
        )

    def _named(self, values: Sequence[Index], sample: int | None, anonymous: bool) -> dict[str, float]:
        found = {}
        for position, value in enumerate(dict.fromkeys(values), start=1):
            if anonymous or value in self.program.names:
                found[self._text(value, sample or 0) or f"operand {position}"] = self.number(self.at(value, sample))
        return found

    def _text(self, value: Index, sample: int, depth: int = 2) -> str:
        """What a value of a sample is, by the names of the arguments; "" if that is long."""
        program = self.program
        if value in program.names or value < program.inputs:
            return program.names.get(value, f"v{value}")
        head, operands, _ = program.operation(value)
        if head is COPY or head is OWN:
            return self._text(operands[0], sample, depth)
        if head is CONSTANT:
            return _numeral(operands[0])
        if head is COLUMN:
            first, stride = operands
            return program.names.get(Index(first + stride * sample), "")
        if depth == 0 or head is DATA or len(operands) > 3:
            return ""
        shown = {x: self._text(x, sample, depth - 1) for x in values_in(head, operands)}
        if not all(shown.values()):
            return ""
        text = written(head, operands, {x: f"({name})" if " " in name else name for x, name in shown.items()})
        return text if len(text) <= _LONGEST else ""
