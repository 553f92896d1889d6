"""The kernel's words as text, an instruction a line, for reading.

A number of M is written M7 (a constant, as the number that it is), a slot V7, an accumulator A7. Where an instruction
has rows, i and j count them, and an operand is written with its strides: V[3 + i], M[64 + 16·j]; s counts samples.

>>> from autograd import jit
>>> print(jit(lambda x, y: x * y + 2.0 * x).lower(3.0, 4.0).to_words())
once
  M2 = M0·M1 + M0·2
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from autograd.compiler.kernel.lower import Lowered, lower
from autograd.compiler.kernel.words import FUNCTIONS1, FUNCTIONS2, Address, Read, read
from autograd.compiler.layout import Output
from autograd.compiler.program import Program

MANY: Final = 6  # calls, terms or entries of a table that are written out
FEW: Final = 2  # regular calls that are written out all the same


def disassemble(program: Program, layout: list[Output]) -> str:
    """The words of a simplified program, section by section; layout has a place for each of its outputs."""
    return "\n".join(_sections(lower(program, layout)))


def _sections(lowered: Lowered) -> Iterator[str]:
    constants = {start + i: f"{x:g}" for start, numbers in lowered.constants for i, x in enumerate(numbers)}
    for section in lowered.sections:
        yield f"for each block of {section.batch:,} samples" if section.batch else "once"
        for instruction in read(lowered.words[section.begin : section.end]):
            yield f"  {_text(instruction, constants)}"
        targets = lowered.words[section.end : section.end + section.accumulators]
        if targets:
            yield "then"
            yield "  " + _assigned([f"M{x}" for x in targets], [f"A{number}" for number in range(len(targets))])


def _text(instruction: Read, constants: dict[int, str]) -> str:
    def place(address: Address) -> str:
        return _place(address, constants)

    name, header, records, _ = instruction
    kind = name[2:]
    if kind in ("SUM", "ROWS", "GRID"):
        return _sum(instruction, place)
    if kind == "TAKE":
        result, index = (place(Address(name[0].lower(), header[x], {})) for x in "yx")
        table = [place(record.places["a"]) for record in records]
        return f"{result} = take({index}; {_some(table)})"
    if kind in ("LOAD", "STORE"):
        return _rows([(record.places["y"], record.places["a"]) for record in records], "{}", place)
    function = "select"
    if kind != "SELECT":
        function = (FUNCTIONS1 if kind == "CALL1" else FUNCTIONS2)[header["function"]]
    return _rows([tuple(record.places.values()) for record in records], f"{function}({{}})", place)


def _sum(instruction: Read, place: Callable[[Address], str]) -> str:
    name, header, records, _ = instruction
    rows = {loop: header[loop] for loop in "ij" if loop in header}
    steps = {"i": header["j"], "j": 1} if "j" in rows else {"i": 1} if rows else {}
    terms = []
    for places, n, sign in records:
        product = "·".join(place(address) for address in places.values())
        terms.append(("-" if sign < 0 else "+") + " " + (f"Σ_j<{n} {product}" if n > 1 else product))
    whole = _some(terms, " ").removeprefix("+ ") if terms else "0"
    if whole.startswith("- "):
        whole = "-" + whole[2:]
    result = place(Address(name[0].lower(), header["y"], steps))
    counted = "    for " + ", ".join(f"{loop} < {n}" for loop, n in rows.items()) if rows else ""
    return (f"{result} += Σ over the block of {whole}" if name[0] == "R" else f"{result} = {whole}") + counted


def _rows(rows: list[tuple[Address, ...]], call: str, place: Callable[[Address], str]) -> str:
    """Calls, or moves: of each the result's place, and then the operands'."""
    steps = _steps(rows)
    if steps:
        written = [place(address._replace(steps={"i": step, **address.steps})) for address, step in zip(rows[0], steps)]
        return f"{written[0]} = {call.format(', '.join(written[1:]))}    for i < {len(rows)}"
    return _assigned([place(row[0]) for row in rows], [call.format(", ".join(map(place, row[1:]))) for row in rows])


def _place(address: Address, constants: dict[int, str]) -> str:
    kind, index, all_steps = address
    letter = {"u": "M", "v": "V", "r": "A"}[kind]
    steps = [(name, step) for name, step in all_steps.items() if step]
    if not steps:
        return constants.get(index, f"M{index}") if letter == "M" else f"{letter}{index}"
    text = str(index) if index else ""
    for name, step in steps:
        text += (" - " if step < 0 else " + ") + (name if abs(step) == 1 else f"{abs(step)}·{name}")
    return f"{letter}[{text.removeprefix(' + ')}]"


def _steps(rows: list[tuple[Address, ...]]) -> list[int]:
    """By how much each place advances from row to row, if that is always the same; empty if not, or for few rows."""
    if len(rows) <= FEW:
        return []
    steps = [x.first - y.first for x, y in zip(rows[1], rows[0])]
    regular = all(
        [(x.first - y.first, x.steps) for x, y in zip(row, before)]
        == [(step, y.steps) for step, y in zip(steps, before)]
        for before, row in itertools.pairwise(rows)
    )
    return steps if regular else []


def _assigned(targets: Sequence[str], sources: Sequence[str]) -> str:
    return f"{_some(targets)} = {_some(sources)}"


def _some(texts: Sequence[str], separator: str = ", ") -> str:
    """All of them, or the first and the last ones."""
    if len(texts) <= MANY:
        return separator.join(texts)
    return separator.join([*texts[: MANY - 2], f"... {len(texts) - MANY + 1} more ...", texts[-1]])
