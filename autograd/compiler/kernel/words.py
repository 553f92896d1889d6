"""Words: the kernel's instructions, each declared once.

A compiled program is a list of int32 words. Nearly everything that a scalar program computes is a sum of products,
y = Σ aᵢ·bᵢ, in which a factor may be missing; what is left is functions of one or two operands. A header is read once
for a whole sum, and a sum serves a whole block of samples, so that what remains is multiply-adds.

*Memory.* M holds one number for everything that is uniform: inputs, constants, results, temporaries. V holds what is
varying: a slot of it is a row of lanes, one for each sample of the block. A holds accumulators, in which sums over the
batch are added up. The first letter of an instruction says where its result goes: U to M, V to V, R to A. M is indexed
by words of kind u, V by v, A by r.

*Instructions.* A word with the instruction's number is followed by a header, and this by groups of records; how many
records a group has is a word of the header. The names of words say what they are:

==========  ============================================================================================================
in headers
==========  ============================================================================================================
y, x        the place of the result, and of an operand; with rows, of the first one
i, j        how many rows there are: row i, or (i, j), goes to y + i, or y + i·(number of j's) + j
function    the number of a function
kinds       which kinds of operands the records have
(others)    how many records a group has
==========  ============================================================================================================

==========  ============================================================================================================
in records
==========  ============================================================================================================
y, a, b, c  places: of a result, of operands
ia, jb ...  by how much the place a advances with i, and b with j; sa: from sample to sample
j           how many terms the record stands for, added up over j
==========  ============================================================================================================

A record of a sum is a term: the product of its operands, to be added or (sign -1) subtracted. A sum of at most four
terms is exact: each product is rounded, and the terms are added one after the other, in the order of their records.
C has the same declarations from ``words.h``, which ``declare.py`` writes.

>>> [product] = read([OPS["U_SUM"], 5, 1, 0, 1, 3, 4, 2])
>>> product.name, product.header, product.records
('U_SUM', {'y': 5, 'uu': 1, 'uu_minus': 0, 'u': 1}, [u3·u4, u2])
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from autograd.compiler.ieee import NATIVE

FUNCTIONS1: Final = tuple(rule.name for rule in NATIVE if rule.arity == 1)
FUNCTIONS2: Final = (*(rule.name for rule in NATIVE if rule.arity == 2), "less", "less_equal", "equal")
FUNCTIONS: Final = {name: i for names in (FUNCTIONS1, FUNCTIONS2) for i, name in enumerate(names)}  # their numbers


PLACES: Final = "yabc"  # the words of a record that are places
LOOPS: Final = "ijs"  # what they advance with


class Group(NamedTuple):
    """Records of the same form."""

    number: str  # the word of the header that says how many there are
    words: tuple[str, ...]  # of a record
    kinds: tuple[str, ...]  # of its places, in order: one text, or one for each value of the header's word kinds
    sign: int = 1  # of a term


class Instruction(NamedTuple):
    """What the words of an instruction are."""

    name: str
    header: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def result(self) -> str:
        """The kind of its results' places."""
        return self.name[0].lower()


_SIGNED: Final = {"vv": 1, "vv_minus": -1, "vu": 1, "vu_minus": -1, "v": 1, "u": 1}  # the terms of a varying sum


def _sum(name: str, terms: Sequence[str]) -> Instruction:
    groups = [_group(term, "a b" if len(_kinds(term)) == 2 else "a") for term in terms]
    return Instruction(name, ("y", *terms), tuple(groups))


def _rows(name: str, terms: Sequence[str]) -> Instruction:
    groups = [_group(term, "a b ia ib" if len(_kinds(term)) == 2 else "a ia") for term in terms]
    return Instruction(name, ("y", "i", *terms), tuple(groups))


def _kinds(term: str) -> str:
    return term.removesuffix("_minus")


def _group(term: str, words: str) -> Group:
    return Group(term, tuple(words.split()), (_kinds(term),), -1 if term.endswith("_minus") else 1)


def _calls(name: str, header: str, words: str, *kinds: str) -> Instruction:
    return Instruction(name, tuple(header.split()), (Group("calls", tuple(words.split()), kinds),))


_TILE: Final = ("a", "ia", "ja", "b", "ib", "jb", "j")

INSTRUCTIONS: Final = (
    # M[y] = Σ u·u - Σ u·u + Σ u
    _sum("U_SUM", ("uu", "uu_minus", "u")),
    # M[y + i] = Σ Σ_j M[a + i·ia + j·ja]·M[b + i·ib + j·jb] - the same + Σ M[a + i·ia]
    Instruction(
        "U_ROWS",
        ("y", "i", "tiles", "tiles_minus", "u"),
        (Group("tiles", _TILE, ("uu",)), Group("tiles_minus", _TILE, ("uu",), -1), _group("u", "a ia")),
    ),
    # M[y] = function(M[a], ...); the calls don't depend on each other
    _calls("U_CALL1", "function calls", "y a", "uu"),
    _calls("U_CALL2", "function calls", "y a b", "uuu"),
    # M[y] = M[a] ≠ 0 ? M[b] : M[c]
    _calls("U_SELECT", "calls", "y a b c", "uuuu"),
    # M[y] = M[the place of number ⌊M[x]⌋], -1 being the last; NaN where there is none
    Instruction("U_TAKE", ("y", "x", "table"), (Group("table", ("a",), ("u",)),)),
    # V[y] = a sum of such terms; likewise V[y + i]
    _sum("V_SUM", tuple(_SIGNED)),
    _rows("V_ROWS", tuple(_SIGNED)),
    # V[y + i·(number of j's) + j] = Σ V[a + i·ia]·M[b + j·jb] + Σ V[a + i·ia + j·ja]
    Instruction("V_GRID", ("y", "i", "j", "vu", "v"), (_group("vu", "a b ia jb"), _group("v", "a ia ja"))),
    # A[y] += such a sum, over the block
    _sum("R_SUM", tuple(_SIGNED)[:-1]),
    _rows("R_ROWS", tuple(_SIGNED)[:-1]),
    Instruction("R_GRID", ("y", "i", "j", "vv"), (_group("vv", "a b ia jb"),)),
    _calls("V_CALL1", "function calls", "y a", "vv"),
    _calls("V_CALL2", "function kinds calls", "y a b", "vvv", "vvu", "vuv"),
    _calls("V_SELECT", "kinds calls", "y a b c", "vvvv", "vuvv", "vvuv", "vuuv", "vvvu", "vuvu", "vvuu", "vuuu"),
    Instruction("V_TAKE", ("y", "x", "kinds", "table"), (Group("table", ("a",), ("u", "v")),)),
    # V[y] = M[a + s·sa] for sample s; and M[y + s·sy] = V[a]
    Instruction("V_LOAD", ("moves",), (Group("moves", ("y", "a", "sa"), ("vu",)),)),
    Instruction("V_STORE", ("moves",), (Group("moves", ("a", "y", "sy"), ("vu",)),)),
)

OPS: Final = {instruction.name: number for number, instruction in enumerate(INSTRUCTIONS)}


def checksum() -> int:
    """A number that changes with the declarations: a compiled kernel has that of its own."""
    return zlib.crc32(repr((INSTRUCTIONS, FUNCTIONS1, FUNCTIONS2)).encode())


# --- Reading words ---


class Address(NamedTuple):
    """A place as a record has it: its kind, its index, and by how much it advances along i, j and the samples."""

    kind: str
    first: int
    steps: dict[str, int]

    def at(self, **loops: int) -> int:
        """The index for these i, j and s."""
        return self.first + sum(step * loops.get(loop, 0) for loop, step in self.steps.items())

    def __repr__(self) -> str:
        return f"{self.kind}{self.first}" + "".join(f"+{step}{loop}" for loop, step in self.steps.items() if step)


class Record(NamedTuple):
    """A record of a group: its places by name; how many terms it stands for, and their sign."""

    places: dict[str, Address]
    terms: int
    sign: int

    def __repr__(self) -> str:
        return ("-" if self.sign < 0 else "") + "·".join(map(repr, self.places.values()))


class Read(NamedTuple):
    """An instruction as it was read."""

    name: str
    header: dict[str, int]
    records: list[Record]
    words: Sequence[int]  # all that come after its number


def read(words: Sequence[int]) -> Iterator[Read]:
    """The instructions that words are.

    Raises:
        ValueError: an instruction has fewer words than its header says.
    """
    at = 0

    def take(names: Sequence[str]) -> dict[str, int]:
        nonlocal at
        at += len(names)
        if at > len(words):
            raise ValueError("there are fewer words than the header says")
        return dict(zip(names, words[at - len(names) : at]))

    while at < len(words):
        name, header, groups = INSTRUCTIONS[take(("number",))["number"]]
        begin = at
        counts = take(header)
        records = []
        for group in groups:
            kinds = group.kinds[counts.get("kinds", 0)]
            for _ in range(counts[group.number]):
                row = take(group.words)
                names = [word for word in group.words if word in PLACES]
                places = {
                    x: Address(kind, row[x], {loop: row[loop + x] for loop in LOOPS if loop + x in row})
                    for x, kind in zip(names, kinds)
                }
                records.append(Record(places, row.get("j", 1), group.sign))
        yield Read(name, counts, records, words[begin:at])
