"""Writing: the sections of a program as statements, in any language. What stands around them is the language's own.

A value is set once, to its formula. A batch is a loop over its samples. A reduction is a variable that the loop adds
to; a varying value that is needed afterwards is put into an array.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from autograd.compiler.layout import Layout
from autograd.compiler.program import COLUMN, DATA, LANES, PICK, REDUCE, Index, Program
from autograd.compiler.source.formulas import WIDTH, Language, Source

MANY: Final = 200  # terms of a sum that one expression may have: compilers parse recursively
INDENT: Final = "    "


class Writing:
    """A program on its way to a text in a language.

    Args:
        program: simplified.
        language: how things are written.
        function: its name.
        nameless_input: see Source.
        results: the layout of the results, if they have one.
    """

    def __init__(
        self, program: Program, language: Language, function: str, nameless_input: str, results: Layout | None
    ) -> None:
        self.language = language
        self.function = function
        self.source = Source(program, language, function, nameless_input, results)
        self.program = self.source.program
        self.kept = self.source.kept  # varying values that are needed after their loop
        self.body: list[str] = []
        self.tables: list[str] = []  # data, above the function
        self.table_of: dict[Index, str] = {}
        self.arrays: dict[Index, str] = {}  # of values that are kept

    def compute(self) -> None:
        """Write the statements of all sections."""
        for loaded, section in zip(self.source.loaded, self.source.sections):
            if section.batch:
                self.over_batch(loaded, section.batch, section.values)
            else:
                for value in section.values:
                    self.assign(value, INDENT)

    def over_batch(self, loaded: Sequence[Index], batch: int, values: Sequence[Index]) -> None:
        """Write a loop; what comes from other sections is loaded first."""
        source, language = self.source, self.language
        lanes = [value for value in values if self.program.operation(value)[0] is LANES]
        for value in lanes:
            self.side_by_side(value, batch)
        values = [value for value in values if value not in self.arrays]
        used = {x for value in values for x in self.program.used_by(value)}
        loaded = [*loaded, *[value for value in lanes if value in used]]
        if not values:
            return
        reductions = [value for value in values if self.is_reduction(value)]
        for value in reductions:
            zero = language.number(0.0)
            self.body.append(f"{INDENT}{language.variable}{source.name(value)} = {zero}{language.end}")
        for value in values:
            if value in self.kept:
                self.arrays[value] = source.new_name(f"all_{source.name(value)}")
                self.body.append(INDENT + language.array.format(self.arrays[value], batch))
        self.body.append(INDENT + language.loop.format(batch))
        inside = 2 * INDENT
        for value in loaded:
            self.set(source.name(value), [self.of_sample(value)], inside, language.constant)
        for value in values:
            self.assign(value, inside)
            if value in self.arrays:
                self.body.append(inside + language.put.format(self.arrays[value], source.name(value)))
        if language.end_of_loop:
            self.body.append(INDENT + language.end_of_loop)
        for value in reductions:
            self.reduced(value, source.name(value))

    def side_by_side(self, value: Index, batch: int) -> None:
        """Write the array of the numbers that lanes are made of."""
        self.arrays[value] = name = self.source.new_name(f"all_{self.source.name(value)}")
        before, after = (text.format(name, batch) for text in self.language.lanes)
        numbers = [self.source.text(x) for x in self.program.used_by(value)]
        self.body += broken(INDENT + before, numbers, after, INDENT)

    def assign(self, value: Index, indent: str) -> None:
        """Write the assignment of a value, unless its formula is written where it is used."""
        head, operands, _ = self.program.operation(value)
        pieces = [self.of_sample(*operands)] if head is PICK else self.source.formula(value)
        if pieces is None:
            return
        name = self.source.name(value)
        if not self.is_reduction(value):
            self.give(value, name, pieces, indent)
            return
        if len(pieces) > MANY:
            here = self.source.new_name(f"{name}_here")
            self.declare(here, pieces, indent)
            pieces = [here]
        self.write(f"{indent}{name} += ", pieces, indent)

    def give(self, value: Index, name: str, pieces: Sequence[str], indent: str) -> None:
        """Write the assignment of a value that is no reduction."""
        self.declare(name, pieces, indent)

    def reduced(self, value: Index, name: str) -> None:
        """After the loop that added up a reduction."""

    def declare(self, name: str, pieces: Sequence[str], indent: str) -> None:
        """Make a variable, set to a formula."""
        kind = self.language.constant if len(pieces) <= MANY else self.language.variable
        self.set(name, pieces, indent, kind)

    def set(self, target: str, pieces: Sequence[str], indent: str, kind: str = "") -> None:
        """Assign a formula to the name; a long sum in several parts."""
        first, *more = in_parts(pieces)
        self.write(f"{indent}{kind}{target} = ", first, indent)
        for part in more:
            self.write(f"{indent}{target} = {target} ", part, indent)

    def write(self, start: str, pieces: Sequence[str], indent: str) -> None:
        """A statement, on several lines if it is long."""
        end = self.language.end
        line = start + " ".join(pieces) + end
        if len(line) <= WIDTH or len(pieces) == 1:
            self.body.append(line)
        elif not self.language.in_brackets:
            self.body += filled(start, pieces, indent + 2 * INDENT, end)
        else:
            start, equals, rest = start.partition("= ")  # the name, the equals sign, and the first part of a long sum
            self.body.append(f"{start}{equals}(")
            inside = indent + INDENT
            self.body += filled(inside, [rest.strip(), *pieces] if rest else pieces, inside)
            self.body.append(f"{indent}){end}")

    def is_reduction(self, value: Index) -> bool:
        """Whether it is added up over a batch."""
        return self.program.operation(value)[0] is REDUCE

    def of_sample(self, value: Index, sample: int | str = "s") -> str:
        """A value that is known: of a varying one the number of sample s, or of another one."""
        if not self.program.batch_of(value):
            return self.source.text(value)
        head, operands, _ = self.program.operation(value)
        if head is COLUMN:
            first, stride = operands
            at = at_sample(first, stride) if sample == "s" else first + stride * int(sample)
            return self.language.input.format(at)
        if head is DATA:
            return f"{self.table(value, operands[0])}[{sample}]"
        return f"{self.arrays[value]}[{sample}]"

    def table(self, value: Index, numbers: Sequence[float]) -> str:
        """The name of data."""
        if value not in self.table_of:
            self.table_of[value] = name = self.source.new_name(self.language.data_name.format(len(self.table_of) + 1))
            before, after = (text.format(name, len(numbers)) for text in self.language.data)
            self.tables += broken(before, [self.language.number(float(x)) for x in numbers], after, "")
        return self.table_of[value]

    def helpers(self, texts: dict[str, str], names: Iterable[str]) -> list[str]:
        """The texts of those helpers that are used: of these names, and whatever they call."""
        return [texts[name] for name in with_those_they_call(texts, set(names) & set(texts))]


def at_sample(first: int, stride: int) -> str:
    """The index first + stride * s."""
    times = "s" if abs(stride) == 1 else f"{abs(stride)} * s"
    if stride == 0:
        return str(first)
    if first == 0 and stride > 0:
        return times
    return f"{first} {'+' if stride > 0 else '-'} {times}"


def filled(start: str, pieces: Iterable[str], indent: str, end: str = "") -> list[str]:
    """Lines: the start, the pieces with blanks between, and the end; broken where they get too long."""
    lines = [start]
    pieces = list(pieces)
    pieces[-1] += end
    for piece in pieces:
        if not lines[-1].strip() or lines[-1].endswith(("(", "{", "= ")):
            lines[-1] += piece
        elif len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += (" " if lines[-1][-1] != " " else "") + piece
        else:
            lines.append(indent + piece)
    return lines


def broken(start: str, items: Sequence[str], end: str, indent: str) -> list[str]:
    """A bracket with items: on one line if they fit, else on lines of their own."""
    comma = "," if len(items) == 1 and start.endswith("= (") else ""
    line = start + ", ".join(items) + comma + end
    if len(line) <= WIDTH:
        return [line]
    return [start, *filled(indent + INDENT, [f"{item}," for item in items], indent + INDENT), indent + end]


def in_parts(pieces: Sequence[str]) -> list[Sequence[str]]:
    """A long sum as several."""
    return [pieces[i : i + MANY] for i in range(0, len(pieces), MANY)] or [pieces]


def with_those_they_call(helpers: dict[str, str], names: set[str]) -> list[str]:
    """These helpers and those that they call, in the order of their table: each after all that it calls."""
    called: set[str] = set()
    for name in reversed(helpers):
        if name in names or name in called:
            called.add(name)
            for other in helpers:
                if re.search(rf"(?<![.\w]){other}{'' if other.isupper() else '[(]'}", helpers[name]):
                    called.add(other)
    return [name for name in helpers if name in called]
