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

from autograd.compiler import ieee
from autograd.compiler.kernel.lower import Lowered, Output, lower
from autograd.compiler.program import Program

OPS: Final = (
    *("U_SUM", "U_ROWS", "U_CALL1", "U_CALL2", "U_SELECT", "U_TAKE", "V_SUM", "V_ROWS", "V_GRID", "R_SUM", "R_ROWS"),
    *("R_GRID", "V_CALL1", "V_CALL2", "V_SELECT", "V_TAKE", "V_LOAD", "V_STORE"),
)
FUNCTIONS: Final = tuple(head.name for head in ieee.FUNCTIONS)
MANY: Final = 6  # calls, terms or entries of a table that are written out
FEW: Final = 2  # regular calls that are written out all the same

_SIGNED: Final = (("vv", "+"), ("vv", "-"), ("vu", "+"), ("vu", "-"), ("v", "+"), ("u", "+"))


def disassemble(program: Program, layout: list[Output]) -> str:
    """The words of a simplified program, section by section; layout has a place for each of its outputs."""
    ops = {name: number for number, name in enumerate(OPS)}
    functions = {name: number for number, name in enumerate(FUNCTIONS)}
    lowered = lower(program, ops, functions, layout)
    return "\n".join(_sections(lowered))


def _sections(lowered: Lowered) -> Iterator[str]:
    constants = {start + i: f"{x:g}" for start, numbers in lowered.constants for i, x in enumerate(numbers)}
    for section in lowered.sections:
        yield f"for each block of {section.batch:,} samples" if section.batch else "once"
        for line in _Reader(lowered.words[section.begin : section.end], constants).lines():
            yield f"  {line}"
        targets = lowered.words[section.end : section.end + section.accumulators]
        if targets:
            yield "then"
            yield "  " + _assigned([f"M{x}" for x in targets], [f"A{number}" for number in range(len(targets))])


class _Reader:
    """Words, read from the first to the last."""

    def __init__(self, words: Sequence[int], constants: dict[int, str]) -> None:
        self.words = words
        self.constants = constants
        self.at = 0
        self.writers: dict[str, Callable[[str], str]] = {
            "SUM": self.sum,
            "ROWS": self.rows,
            "GRID": self.grid,
            "CALL1": self.call1,
            "CALL2": self.call2,
            "SELECT": self.select,
            "TAKE": self.choice,
            "LOAD": self.load,
            "STORE": self.store,
        }

    def take(self, n: int) -> list[int]:
        self.at += n
        return list(self.words[self.at - n : self.at])

    def lines(self) -> Iterator[str]:
        while self.at < len(self.words):
            memory, _, kind = OPS[self.take(1)[0]].partition("_")
            yield self.writers[kind](memory)

    def place(self, kind: str, index: int, **strides: int) -> str:
        """An operand: of M (u), V (v) or the accumulators (R)."""
        letter = {"u": "M", "U": "M", "v": "V", "V": "V", "R": "A"}[kind]
        steps = [(name, stride) for name, stride in strides.items() if stride]
        if not steps:
            return self.constants.get(index, f"M{index}") if letter == "M" else f"{letter}{index}"
        text = str(index) if index else ""
        for name, stride in steps:
            text += (" - " if stride < 0 else " + ") + (name if abs(stride) == 1 else f"{abs(stride)}·{name}")
        return f"{letter}[{text.removeprefix(' + ')}]"

    def counts(self, memory: str) -> list[tuple[str, str, int]]:
        """Of each kind of term: which operands it has, its sign, and how many there are."""
        kinds = {"U": (("uu", "+"), ("uu", "-"), ("u", "+")), "V": _SIGNED, "R": _SIGNED[:-1]}[memory]
        return [(operands, sign, n) for (operands, sign), n in zip(kinds, self.take(len(kinds)))]

    def sum(self, memory: str) -> str:
        (result,) = self.take(1)
        terms = []
        for operands, sign, n in self.counts(memory):
            for _ in range(n):
                terms.append(
                    (sign, "·".join(self.place(kind, x) for kind, x in zip(operands, self.take(len(operands)))))
                )
        return _is(memory, self.place(memory, result), terms)

    def rows(self, memory: str) -> str:
        first, k = self.take(2)
        terms = []
        if memory == "U":
            plus, minus, singles = self.take(3)
            for number in range(plus + minus):
                a, ia, ja, b, ib, jb, n = self.take(7)
                product = f"{self.place('u', a, i=ia, j=ja)}·{self.place('u', b, i=ib, j=jb)}"
                terms.append(("+" if number < plus else "-", f"Σ_j<{n} {product}" if n > 1 else product))
            for _ in range(singles):
                a, ia = self.take(2)
                terms.append(("+", self.place("u", a, i=ia)))
        else:
            for operands, sign, n in self.counts(memory):
                for _ in range(n):
                    at, strides = self.take(len(operands)), self.take(len(operands))
                    factors = [self.place(kind, x, i=stride) for kind, x, stride in zip(operands, at, strides)]
                    terms.append((sign, "·".join(factors)))
        return f"{_is(memory, self.place(memory, first, i=1), terms)}    for i < {k}"

    def grid(self, memory: str) -> str:
        first, m, k, pairs = self.take(4)
        singles = self.take(1)[0] if memory == "V" else 0
        second = "u" if memory == "V" else "v"
        terms = []
        for _ in range(pairs):
            a, b, ia, jb = self.take(4)
            terms.append(("+", f"{self.place('v', a, i=ia)}·{self.place(second, b, j=jb)}"))
        for _ in range(singles):
            c, ic, jc = self.take(3)
            terms.append(("+", self.place("v", c, i=ic, j=jc)))
        return f"{_is(memory, self.place(memory, first, i=k, j=1), terms)}    for i < {m}, j < {k}"

    def call1(self, memory: str) -> str:
        function, k = self.take(2)
        return self.calls(memory, FUNCTIONS[function], k, memory)

    def call2(self, memory: str) -> str:
        (function,) = self.take(1)
        kinds = "uu" if memory == "U" else ("vv", "vu", "uv")[self.take(1)[0]]
        return self.calls(memory, FUNCTIONS[function], self.take(1)[0], kinds)

    def select(self, memory: str) -> str:
        mask = 7 if memory == "U" else self.take(1)[0]
        return self.calls(memory, "select", self.take(1)[0], ["u" if mask >> i & 1 else "v" for i in range(3)])

    def calls(self, memory: str, function: str, k: int, kinds: Sequence[str]) -> str:
        rows = [self.take(1 + len(kinds)) for _ in range(k)]
        steps = _steps(rows)
        if steps:
            operands = [self.place(kind, x, i=step) for kind, x, step in zip(kinds, rows[0][1:], steps[1:])]
            return f"{self.place(memory, rows[0][0], i=steps[0])} = {function}({', '.join(operands)})    for i < {k}"
        calls = [", ".join(self.place(kind, x) for kind, x in zip(kinds, row[1:])) for row in rows]
        return _assigned([self.place(memory, row[0]) for row in rows], [f"{function}({call})" for call in calls])

    def choice(self, memory: str) -> str:
        result, index = self.take(2)
        kind = "u" if memory == "U" or self.take(1)[0] == 0 else "v"
        table = [self.place(kind, x) for x in self.take(self.take(1)[0])]
        return f"{self.place(memory, result)} = take({self.place(memory, index)}; {_some(table)})"

    def load(self, _: str) -> str:
        return self.moves(lambda slot, place: (slot, place))

    def store(self, _: str) -> str:
        return self.moves(lambda slot, place: (place, slot))

    def moves(self, ordered: Callable[[str, str], tuple[str, str]]) -> str:
        rows = [self.take(3) for _ in range(self.take(1)[0])]
        steps = _steps(rows)
        if steps and steps[2] == 0:
            slot, start, stride = rows[0]
            target, source = ordered(self.place("v", slot, i=steps[0]), self.place("u", start, i=steps[1], s=stride))
            return f"{target} = {source}    for i < {len(rows)}"
        pairs = [ordered(self.place("v", slot), self.place("u", start, s=stride)) for slot, start, stride in rows]
        return _assigned([target for target, _ in pairs], [source for _, source in pairs])


def _steps(rows: list[list[int]]) -> list[int]:
    """By how much each word advances from row to row, if that is always the same; empty if not, or for few rows."""
    if len(rows) <= FEW:
        return []
    steps = [x - y for x, y in zip(rows[1], rows[0])]
    regular = all([x - y for x, y in zip(row, before)] == steps for before, row in itertools.pairwise(rows))
    return steps if regular else []


def _assigned(targets: Sequence[str], sources: Sequence[str]) -> str:
    return f"{_some(targets)} = {_some(sources)}"


def _is(memory: str, result: str, terms: list[tuple[str, str]]) -> str:
    texts = [f"{sign} {text}" for sign, text in terms]
    whole = _some(texts, " ").removeprefix("+ ") if texts else "0"
    if whole.startswith("- "):
        whole = "-" + whole[2:]
    return f"{result} += Σ over the block of {whole}" if memory == "R" else f"{result} = {whole}"


def _some(texts: Sequence[str], separator: str = ", ") -> str:
    """All of them, or the first and the last ones."""
    if len(texts) <= MANY:
        return separator.join(texts)
    return separator.join([*texts[: MANY - 2], f"... {len(texts) - MANY + 1} more ...", texts[-1]])
