"""The kernel's words, interpreted in Python as the head of ``kernel.c`` describes them, with every mistake an error.

Memory that nothing was written to can't be read, slots are empty when a block begins, and the calls that share a header
may not depend on each other. A value that is overwritten while somebody needs it shows in the results, which are
compared with those of the program.
"""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from autograd.compiler import ieee
from autograd.compiler.kernel import lower as lower_py
from autograd.compiler.kernel.lower import Lowered, Output, lower
from autograd.compiler.program import Program
from tests.compiler.programs import layout_of

NAMES: Final = (
    "U_SUM", "U_ROWS", "U_CALL1", "U_CALL2", "U_SELECT", "U_TAKE", "V_SUM", "V_ROWS", "V_GRID", "R_SUM", "R_ROWS",
    "R_GRID", "V_CALL1", "V_CALL2", "V_SELECT", "V_TAKE", "V_LOAD", "V_STORE",
)  # fmt: skip
OPS: Final = {name: number for number, name in enumerate(NAMES)}
FUNCTIONS: Final = {head.name: number for number, head in enumerate(ieee.FUNCTIONS)}
_HEADS: Final = list(ieee.FUNCTIONS)


class Memory:
    """Numbers by place; one that was not written to can't be read."""

    def __init__(self, size: int) -> None:
        self.numbers: list[Any] = [None] * size

    def __getitem__(self, at: int) -> Any:
        assert 0 <= at < len(self.numbers), f"there is no place {at}"
        assert self.numbers[at] is not None, f"place {at} is read before anything was written there"
        return self.numbers[at]

    def __setitem__(self, at: int, x: Any) -> None:
        assert 0 <= at < len(self.numbers), f"there is no place {at}"
        self.numbers[at] = x


Log: TypeAlias = "list[tuple[str, list[int]]]"  # names of instructions, and their words


def run_words(
    program: Program,
    numbers: Sequence[float],
    block: int = 3,
    layout: list[Output] | None = None,
    log: Log | None = None,
) -> list[Any]:
    """The outputs of the program, lowered and run with that many samples in a block; what was run goes to the log."""
    log = [] if log is None else log
    layout = layout_of(program) if layout is None else layout
    lowered = lower(program, OPS, FUNCTIONS, layout)
    M = Memory(lowered.memory)
    for at, x in enumerate(numbers):
        M[at] = x
    for start, constants in lowered.constants:
        for at, x in enumerate(constants, start=start):
            assert at >= program.inputs + max((o.start + o.stride * o.samples for o in layout), default=0) - 1
            M[at] = x
    for section in lowered.sections:
        if section.batch:
            _varying(lowered, section, M, block, log)
        else:
            assert (section.slots, section.accumulators) == (0, 0)
            _run(lowered.words[section.begin : section.end].tolist(), M, None, None, 0, 1, log)
    first = program.inputs
    out = []
    for output in layout:
        at = [first + output.start + output.stride * s for s in range(output.samples or 1)]
        out.append([M[place] for place in at] if output.samples else M[at[0]])
    assert [M[at] for at in range(first)] == list(numbers) or any(map(math.isnan, numbers)), "an input was overwritten"
    return out


def _varying(lowered: Lowered, section: Any, M: Memory, block: int, log: Log) -> None:
    words = lowered.words[section.begin : section.end].tolist()
    targets = lowered.words[section.end : section.end + section.accumulators].tolist()
    A = [0.0] * section.accumulators
    for first in range(0, section.batch, block):
        _run(words, M, Memory(section.slots), A, first, min(block, section.batch - first), log)
    for target, total in zip(targets, A):
        M[target] = total


def _run(words: list[int], M: Memory, V: Any, A: Any, first: int, lanes: int, log: Log) -> None:
    reader = iter(words)

    def read(n: int) -> list[int]:
        out = [word for _, word in zip(range(n), reader)]
        assert len(out) == n, "there are fewer words than the header says"
        log[-1][1].extend(out)
        return out

    def pairs(n: int) -> list[tuple[int, int]]:
        flat = read(2 * n)
        return list(zip(flat[::2], flat[1::2]))

    def rows(n: int, width: int) -> list[list[int]]:
        return [read(width) for _ in range(n)]

    def independent(calls: list[list[int]], memory: Any, operand_kinds: str) -> None:
        made = {row[0] for row in calls}
        assert len(made) == len(calls), "two calls write to one place"
        own = "v" if memory is V else "u"
        used = {x for row in calls for x, kind in zip(row[1:], operand_kinds) if kind == own}
        assert not made & used, "a call needs what another one beside it makes"

    def get(kind: str, at: int) -> list[Any]:
        return V[at] if kind == "v" else [M[at]] * lanes

    for op in reader:
        name = NAMES[op]
        log.append((name, []))
        assert (V is not None) == (name[0] != "U"), f"{name} in the wrong kind of section"
        if name == "U_SUM":
            dst, plus, minus, single = read(4)
            y = 0.0
            for a, b in pairs(plus):
                y += M[a] * M[b]
            for a, b in pairs(minus):
                y -= M[a] * M[b]
            for a in read(single):
                y += M[a]
            M[dst] = y
        elif name == "U_ROWS":
            first_dst, n, plus, minus, single = read(5)
            assert n <= lower_py.LONGEST
            tiles = [(sign, *tile) for sign, k in ((1, plus), (-1, minus)) for tile in rows(k, 7)]
            singles = pairs(single)
            results = []
            for i in range(n):
                y = 0.0
                for sign, a, ia, ja, b, ib, jb, length in tiles:
                    for j in range(length):
                        y += sign * (M[a + i * ia + j * ja] * M[b + i * ib + j * jb])
                for a, ia in singles:
                    y += M[a + i * ia]
                results.append(y)
            for i, y in enumerate(results):
                M[first_dst + i] = y
        elif name in ("U_CALL1", "U_CALL2"):
            function, k = read(2)
            calls = rows(k, 1 + int(name[-1]))
            independent(calls, M, "uu")
            for row in calls:
                M[row[0]] = ieee.apply(_HEADS[function], [M[x] for x in row[1:]])
        elif name == "U_SELECT":
            calls = rows(read(1)[0], 4)
            independent(calls, M, "uuu")
            for dst, c, a, b in calls:
                M[dst] = M[a] if M[c] != 0 else M[b]
        elif name == "U_TAKE":
            dst, index, n = read(3)
            M[dst] = ieee.take(M[index], *[M[x] for x in read(n)])
        elif name in ("V_SUM", "R_SUM"):
            (dst, vv, vv_minus, vu, vu_minus, v) = read(6)
            u = read(1)[0] if name == "V_SUM" else 0
            y = [0.0] * lanes
            for count, kind, sign in ((vv, "v", 1), (vv_minus, "v", -1), (vu, "u", 1), (vu_minus, "u", -1)):
                for a, b in pairs(count):
                    y = [s + sign * (p * q) for s, p, q in zip(y, V[a], get(kind, b))]
            for kind, count in (("v", v), ("u", u)):
                for a in read(count):
                    y = [s + p for s, p in zip(y, get(kind, a))]
            if name == "V_SUM":
                V[dst] = y
            else:
                A[dst] += sum(y)
        elif name in ("V_ROWS", "R_ROWS"):
            dst, n = read(2)
            assert n <= lower_py.LONGEST
            counts = read(5)
            counts.append(read(1)[0] if name == "V_ROWS" else 0)
            kinds_of = (("vv", 1), ("vv", -1), ("vu", 1), ("vu", -1))
            terms = [(kinds, sign, *term) for (kinds, sign), k in zip(kinds_of, counts) for term in rows(k, 4)]
            singles_of = [(kind, *each) for kind, k in zip("vu", counts[4:]) for each in pairs(k)]
            made = []
            for i in range(n):
                y = [0.0] * lanes
                for kinds, sign, a, b, ia, ib in terms:
                    factors = get(kinds[0], a + i * ia), get(kinds[1], b + i * ib)
                    y = [s + sign * (p * q) for s, p, q in zip(y, *factors)]
                for kind, a, ia in singles_of:
                    y = [s + p for s, p in zip(y, get(kind, a + i * ia))]
                made.append(y)
            for i, y in enumerate(made):
                if name == "V_ROWS":
                    V[dst + i] = y
                else:
                    A[dst + i] += sum(y)
        elif name in ("V_GRID", "R_GRID"):
            dst, m, n, k = read(4)
            assert m * n <= lower_py.LONGEST
            kinds = "vu" if name == "V_GRID" else "vv"
            singles = read(1)[0] if name == "V_GRID" else 0
            terms = rows(k, 4)
            added = rows(singles, 3)
            made = []
            for i, j in itertools.product(range(m), range(n)):
                y = [0.0] * lanes
                for a, b, ia, jb in terms:
                    factors = get("v", a + i * ia), get(kinds[1], b + j * jb)
                    y = [s + p * q for s, p, q in zip(y, *factors)]
                for c, ic, jc in added:
                    y = [s + p for s, p in zip(y, V[c + i * ic + j * jc])]
                made.append(y)
            for at, y in enumerate(made, start=dst):
                if name == "V_GRID":
                    V[at] = y
                else:
                    A[at] += sum(y)
        elif name in ("V_CALL1", "V_CALL2", "V_SELECT"):
            head, kinds = "select", "v"
            if name == "V_CALL1":
                function, k = read(2)
            elif name == "V_CALL2":
                function, kind, k = read(3)
                kinds = ("vv", "vu", "uv")[kind]
            else:
                mask, k = read(2)
                kinds = "".join("u" if mask >> i & 1 else "v" for i in range(3))
                function = next(i for i, each in enumerate(_HEADS) if each.name == head)
            calls = rows(k, 1 + len(kinds))
            independent(calls, V, kinds)
            for row in calls:
                operands = [get(kind, x) for kind, x in zip(kinds, row[1:])]
                V[row[0]] = [ieee.apply(_HEADS[function], xs) for xs in zip(*operands)]
        elif name == "V_TAKE":
            dst, index, kind, n = read(4)
            table = [get("uv"[kind], x) for x in read(n)]
            V[dst] = [ieee.take(i, *row) for i, row in zip(V[index], zip(*table))]
        elif name == "V_LOAD":
            for dst, start, stride in rows(read(1)[0], 3):
                V[dst] = [M[start + stride * s] for s in range(first, first + lanes)]
        elif name == "V_STORE":
            for src, start, stride in rows(read(1)[0], 3):
                for s, x in zip(range(first, first + lanes), V[src]):
                    M[start + stride * s] = x
