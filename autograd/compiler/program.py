"""A Program: what a traced function computes, as a list of instructions. This is what every pass of jit maps to itself.

Values are numbered. Those below ``inputs`` are the numbers that the function is given; each instruction makes one
more, from values before it. There are two kinds of instruction that compute:

- a *sum of products*, ``y = Σ ± aᵢ·bᵢ``, in which a factor may be missing. Addition, subtraction, multiplication and
  negation are sums of products with one or two terms, and ``flatten`` makes longer ones of them;
- a *function* of one or two operands: a row of the rule table, a comparison, a choice.

A value is *uniform*, one number, or *varying*, one number for each sample of a batch. An instruction is varying if an
operand is, with two exceptions: a *reduction* is a sum of products that adds up the whole batch, too, and a *pick* is
the number of one sample; both are uniform. The other way round, *lanes* are made of a uniform value for each sample.

>>> from autograd import jit
>>> print(jit(lambda x, y: x * y + 2 * x).lower(3.0, 4.0))
program (x, y)
  v3 = x·y + 2·x
return v3
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NewType, TypeAlias, cast

from autograd.engine.rules import Rule

Index = NewType("Index", int)  # the number of a value


class Head:
    """The kind of an instruction that is no row of the rule table."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


CONSTANT: Final = Head("constant")  # (number,)
COLUMN: Final = Head("column")  # (first input, stride): sample s has the input at first + stride·s
DATA: Final = Head("data")  # (numbers,): one for each sample, known when the function is traced
COPY: Final = Head("copy")  # (a,): what a derivative is taken by; a, by another name
SUM: Final = Head("sum")  # terms
REDUCE: Final = Head("reduce")  # terms, added up over the batch
SELECT: Final = Head("select")  # (condition, a, b)
TAKE: Final = Head("take")  # (index, table...)
PICK: Final = Head("pick")  # (a, number): of a varying value that of the sample with this number
LANES: Final = Head("lanes")  # (a, ...): a uniform value for each sample
LESS: Final = Head("less")  # (a, b): 1 or 0
LESS_EQUAL: Final = Head("less_equal")
EQUAL: Final = Head("equal")
OWN: Final = Head("own")  # (result, rule, operands...): computed as result, differentiated as the rule says

SUMS: Final = (SUM, REDUCE)
SOURCES: Final = (CONSTANT, COLUMN, DATA)  # their operands are no values

NONE: Final = Index(-1)  # a factor that is missing

Term: TypeAlias = "tuple[Index, Index, int]"  # ±a·b as (a, b, sign); b may be NONE

Kind: TypeAlias = "Head | Rule"  # what an instruction does
Operands: TypeAlias = "tuple[Any, ...]"  # to which values, in a sum to which terms; of a source the numbers
Instruction: TypeAlias = "tuple[Kind, Operands, int]"  # and the size of its batch if the result is varying, else 0


class Line(NamedTuple):
    """Where an instruction comes from."""

    place: str  # the user's file and line
    number: Index  # of its value, as it was recorded
    of: Index = NONE  # of a derivative: the number of the value whose derivative it takes, as that was recorded
    direction: str = "forward"  # "backward", or "tangent" for forward mode
    operation: str = ""  # that of which it is a derivative, once or several times
    order: int = 0  # so many times

    def __str__(self) -> str:
        return self.place


@dataclass
class Program:
    """Instructions, and which of the values are returned."""

    inputs: int
    ops: list[Instruction]
    outputs: list[Index]
    names: dict[Index, str] = field(default_factory=dict)  # of values, for reading
    lines: dict[Index, Line] = field(default_factory=dict)  # kept for check=True and diagnose
    # As recorded, of derivatives: a value that is 0 where a choice has left them out, else 1. See passes/guard.py.
    guards: dict[Index, Index] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.inputs + len(self.ops)

    def counts(self) -> dict[str, int]:
        """How many instructions of each kind there are, and how many terms the sums have in all."""
        counted: Counter[str] = Counter(head.name for head, _, _ in self.ops)
        counted["terms"] = sum(len(operands) for head, operands, _ in self.ops if head in SUMS)
        return dict(counted)

    def operation(self, value: Index) -> Instruction:
        """The instruction that makes the value."""
        return self.ops[value - self.inputs]

    def values(self) -> Sequence[Index]:
        """All values, in order."""
        return cast("Sequence[Index]", range(len(self)))

    def instructions(self) -> Iterator[tuple[Index, Instruction]]:
        """The values that instructions make, in order, each with its instruction."""
        return cast("Iterator[tuple[Index, Instruction]]", enumerate(self.ops, start=self.inputs))

    @functools.cached_property
    def batches(self) -> list[int]:
        """For each value the size of its batch if it varies, 0 if it is uniform. For programs that are finished."""
        return [0] * self.inputs + [batch for _, _, batch in self.ops]

    @functools.cached_property
    def used(self) -> list[Sequence[Index]]:
        """For each instruction the values that it uses, repeats kept. For programs that are finished."""
        return [values_in(head, operands) for head, operands, _ in self.ops]

    def used_by(self, value: Index) -> Sequence[Index]:
        """The values that the instruction uses which makes this one, repeats kept. For programs that are finished."""
        return self.used[value - self.inputs]

    def batch_of(self, value: Index) -> int:
        """The size of the batch of a varying value, 0 for a uniform one."""
        return self.ops[value - self.inputs][2] if value >= self.inputs else 0

    def __str__(self) -> str:
        return listing(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # Jupyter
        printer.text(str(self))


def values_in(head: Kind, operands: Sequence[Any]) -> Sequence[Index]:
    """The values that an instruction uses, in order, repeats kept."""
    if head is SUM or head is REDUCE:
        out = []
        for a, b, _ in operands:
            out.append(a)
            if b >= 0:
                out.append(b)
        return out
    if head in SOURCES:
        return ()
    if head is OWN:
        return (operands[0], *operands[2:])
    if head is PICK:
        return operands[:1]
    return operands


def operation_name(head: Kind, operands: Sequence[Any]) -> str:
    """What an instruction is called in the user's program."""
    if head is REDUCE:
        return "the sum over the batch"
    if head is not SUM:
        return "div" if head.name == "ratio" else head.name
    if len(operands) > 2:
        return "sum"
    ((_, b, sign), *more) = operands
    if more:
        return "add" if more[0][2] > 0 else "sub"
    return "mul" if b != NONE else "neg" if sign < 0 else "sum"


def listing(program: Program) -> str:
    """The program as text, one instruction a line. Varying values are written with a tilde: ~v7."""
    names = {value: name for value, name in program.names.items() if value < program.inputs}
    inputs = _ranges([names.get(value, f"v{value}") for value in program.values()[: program.inputs]])
    lines = [f"program ({', '.join(inputs)})"]
    shown = dict(names)
    for value, (head, operands, batch) in program.instructions():
        if head is CONSTANT:
            shown[value] = f"{operands[0]:.6g}"
            continue
        shown[value] = f"~v{value}" if batch else f"v{value}"
        label = program.names.get(value, "")
        lines.append(f"  {shown[value]} = {written(head, operands, shown)}" + (f"    # {label}" if label else ""))
    returned = _ranges([shown.get(value, f"v{value}") for value in program.outputs])
    return "\n".join([*lines, "return " + ", ".join(returned)])


def written(head: Kind, operands: Sequence[Any], shown: Mapping[Index, str]) -> str:
    """An instruction as text, with its operands by these names."""

    def name(value: Index) -> str:
        return shown.get(value, f"v{value}")

    if head in SUMS:
        out = ""
        for a, b, sign in operands:
            values = [a] if b == NONE else sorted((a, b), key=lambda x: (not name(x)[0].isdigit(), x))
            factors = "·".join(name(x) for x in values)
            out += (" - " if sign < 0 else " + ") + factors
        out = out[3:] if out.startswith(" + ") else "-" + out[3:]
        return f"Σ over the batch of {out}" if head is REDUCE else out or "0"
    if head is COLUMN:
        return f"column of the inputs from {operands[0]}, every {operands[1]}"
    if head is DATA:
        return f"data of {len(operands[0])} samples"
    if head is OWN:
        return f"{name(operands[0])} = {operands[1].name}({', '.join(name(x) for x in operands[2:])})"
    if head is PICK:
        return f"sample {operands[1]} of {name(operands[0])}"
    return f"{head.name}({', '.join(_ranges([name(x) for x in operands]))})"


def _ranges(names: list[str]) -> list[str]:
    """Long lists of names, shortened in the middle."""
    return names if len(names) <= 24 else [*names[:12], f"... {len(names) - 16} more ...", *names[-4:]]
