"""A Program as data: what it says about itself, and how it prints."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from autograd import exp, mean, take, where
from autograd.compiler import jit, vmap
from autograd.compiler.passes.rewriting import renumbered
from autograd.compiler.passes.simplify import simplify
from autograd.compiler.passes.verify import verify
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    COPY,
    DATA,
    LESS,
    NONE,
    OWN,
    REDUCE,
    SELECT,
    SUM,
    TAKE,
    Program,
    values_in,
)
from autograd.engine.rules import RULES
from tests.compiler.programs import OWN_RULES, Case, examples, programs

SIN = RULES["sin"]


@pytest.mark.parametrize(
    ("head", "operands", "used"),
    [
        (SUM, ((3, 4, 1), (5, NONE, -1), (3, 3, 1)), [3, 4, 5, 3, 3]),
        (REDUCE, ((3, NONE, 1),), [3]),
        (CONSTANT, (3.0,), []),
        (COLUMN, (3, 4), []),
        (DATA, ((3.0, 4.0),), []),
        (COPY, (3,), [3]),
        (SELECT, (3, 4, 5), [3, 4, 5]),
        (TAKE, (5, 3, 3), [5, 3, 3]),
        (OWN, (3, OWN_RULES[-1], 4, 5), [3, 4, 5]),
        (SIN, (4,), [4]),
    ],
)
def test_values_in_are_the_operands_in_order_with_repeats(
    head: object, operands: tuple[object, ...], used: list[int]
) -> None:
    assert list(values_in(head, operands)) == used
    renamed = renumbered((head, operands, 7), [0, 0, 0, 13, 14, 15, NONE])
    assert list(values_in(renamed[0], renamed[1])) == [x + 10 for x in used]
    assert (renamed[0], renamed[2], len(renamed[1])) == (head, 7, len(operands))


@examples(4)
@given(case=programs())
def test_a_program_knows_its_counts_batches_and_instructions(case: Case) -> None:
    program = case.program
    verify(program)
    counts = program.counts()
    terms = counts.pop("terms")
    assert sum(counts.values()) == len(program.ops)
    assert terms == sum(len(op[1]) for op in program.ops if op[0] in (SUM, REDUCE))
    assert len(program) == program.inputs + len(program.ops)
    for value in range(len(program)):
        if value >= program.inputs:
            assert program.operation(value) == program.ops[value - program.inputs]
        assert (
            program.batch_of(value)
            == program.batches[value]
            == (0 if value < program.inputs else program.operation(value)[2])
        )


@examples(4)
@given(case=programs())
def test_every_program_prints_an_instruction_a_line(case: Case) -> None:
    for program in (case.program, simplify(case.program)):
        lines = str(program).splitlines()
        shown = [op for op in program.ops if op[0] is not CONSTANT]
        assert len(lines) == len(shown) + 2
        assert lines[0].startswith("program (")
        assert lines[-1].startswith("return ")
        for line, (_, _, batch) in zip(lines[1:-1], shown):
            assert " = " in line
            assert line.strip().startswith("~") == bool(batch) or "n" in line.split(" = ")[0]


def test_a_program_reads_as_what_it_computes() -> None:
    def f(w: object, X: object) -> object:
        y = vmap(lambda x: exp(w[0] * x) - 2 * x)(X)  # type: ignore[index]
        return mean(y * y), where(w[0] > 1, w[1], take(w, w[0]))  # type: ignore[index]

    assert str(jit(f).lower([1.0, 2.0], np.zeros(4))).splitlines() == [
        "program (w[0], w[1], X[0], X[1], X[2], X[3])",
        "  ~v6 = column of the inputs from 2, every 1",
        "  ~v7 = w[0]·~v6",
        "  ~v8 = exp(~v7)",
        "  ~v10 = ~v8 - 2·~v6",
        "  v11 = Σ over the batch of ~v10·~v10",
        "  v13 = 0.25·v11",
        "  v15 = less(1, w[0])",
        "  v16 = take(w[0], w[0], w[1])",
        "  v17 = select(v15, w[1], v16)",
        "return v13, v17",
    ]


def test_signs_and_single_factors_print() -> None:
    program = Program(2, [(SUM, ((0, 1, -1), (0, NONE, 1), (1, NONE, -1)), 0), (LESS, (2, 0), 0)], [3, 0], {0: "a"})
    assert str(program) == "program (a, v1)\n  v2 = -a·v1 + a - v1\n  v3 = less(v2, a)\nreturn v3, a"
