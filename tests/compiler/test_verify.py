"""Verify holds for what is right, and names the instruction of whatever isn't."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.compiler import jit
from autograd.compiler.passes.simplify import PASSES
from autograd.compiler.passes.verify import ProgramError, verify
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    COPY,
    DATA,
    EQUAL,
    LESS,
    NONE,
    OWN,
    REDUCE,
    SELECT,
    SUM,
    TAKE,
    Head,
    Program,
)
from autograd.engine import rules
from autograd.engine.rules import RULES
from autograd.transforms import value_and_grad
from tests.compiler.programs import OWN_RULES, Case, examples, programs

SIN, HYPOT = RULES["sin"], RULES["hypot"]
COLUMN_3, COLUMN_2 = (COLUMN, (0, 1), 3), (COLUMN, (1, -1), 2)

BROKEN = {  # the last instruction of each, after three inputs, breaks the rule that is quoted
    "uses itself": ("uses v3, which isn't known", (SIN, (3,), 0)),
    "uses what comes later": ("uses v4, which isn't known", (SUM, ((0, 4, 1),), 0)),
    "uses nothing": ("uses v-1, which isn't known", (SIN, (NONE,), 0)),
    "uses less than nothing": ("uses v-2, which isn't known", (SUM, ((0, -2, 1),), 0)),
    "own operand": ("uses v9, which isn't known", (OWN, (0, OWN_RULES[0], 9), 0)),
    "own result": ("uses v9, which isn't known", (OWN, (9, OWN_RULES[0], 0), 0)),
    "a float for a value": ("1.0 is no value", (SIN, (1.0,), 0)),
    "a bool for a value": ("True is no value", (SUM, ((True, NONE, 1),), 0)),
    "no terms": ("a sum has a term", (SUM, (), 0)),
    "no terms to add up": ("a sum has a term", (REDUCE, (), 0)),
    "a sign of 2": ("is no term", (SUM, ((0, 1, 2),), 0)),
    "a sign of 1.0": ("is no term", (SUM, ((0, 1, 1.0),), 0)),
    "a term of two": ("form of an instruction", (SUM, ((0, 1),), 0)),
    "no first factor": ("uses v-1", (SUM, ((NONE, 1, 1),), 0)),
    "operands that are none": ("form of an instruction", (SIN, 0, 0)),
    "a negative batch": ("a batch has a size", (SIN, (0,), -1)),
    "a batch as a float": ("a batch has a size", (SIN, (0,), 0.0)),
    "a field is missing": ("form of an instruction", (SIN, (0,))),
    "no head": ("form of an instruction", ("sin", (0,), 0)),
    "an unknown head": ("no back end has it", (Head("odd"), (0,), 0)),
    "a row that is no instruction": ("no back end has it", (RULES["lgamma"], (0,), 0)),
    "an instruction as an own row": ("that no back end has", (OWN, (0, SIN, 1), 0)),
    "no rule of its own": ("that no back end has", (OWN, (0, 1, 1), 0)),
    "one operand of two": ("is of 2 operands", (HYPOT, (0,), 0)),
    "two operands of one": ("is of 1 operands", (SIN, (0, 1), 0)),
    "a copy of two": ("is of 1 operands", (COPY, (0, 1), 0)),
    "a comparison of three": ("is of 2 operands", (EQUAL, (0, 1, 2), 0)),
    "an own row of two": ("own_cube is of 1 operands", (OWN, (0, OWN_RULES[0], 1, 2), 0)),
    "a choice without a branch": ("two branches", (LESS, (0, 1), 0), (SELECT, (3, 1), 0)),
    "a choice by any number": ("v0 is no condition", (SELECT, (0, 1, 2), 0)),
    "a choice by a sum": ("v4 is no condition", (LESS, (0, 1), 0), (SUM, ((3, 0, 1),), 0), (SELECT, (4, 1, 2), 0)),
    "a table without rows": ("a table has a row", (TAKE, (0,), 0)),
    "a constant of two": ("form of an instruction", (CONSTANT, (1.0, 2.0), 0)),
    "a constant that is no float": ("a constant is one float", (CONSTANT, (1,), 0)),
    "a constant that varies": ("a constant is one float", (CONSTANT, (1.0,), 3)),
    "a column without a batch": ("it varies", (COLUMN, (0, 1), 0)),
    "a column that ends outside": ("from 1 to 3, but there are 3 inputs", (COLUMN, (1, 1), 3)),
    "a column that begins outside": ("from 3 to 1", (COLUMN, (3, -1), 3)),
    "a column that goes below": ("from 1 to -1", (COLUMN, (1, -1), 3)),
    "data without a batch": ("it varies", (DATA, ((),), 0)),
    "data of another size": ("2 numbers for 3 samples", (DATA, ((1.0, 2.0),), 3)),
    "a uniform sum that varies": ("its operands are of batch 0", (SUM, ((0, NONE, 1),), 3)),
    "a varying sum that doesn't": ("its operands are of batch 3", COLUMN_3, (SUM, ((0, 3, 1),), 0)),
    "a varying function that doesn't": ("its operands are of batch 3", COLUMN_3, (HYPOT, (0, 3), 0)),
    "a function of another size": ("its operands are of batch 3", COLUMN_3, (SIN, (3,), 2)),
    "a copy of another size": ("its operands are of batch 3", COLUMN_3, (COPY, (3,), 2)),
    "a copy that is uniform": ("its operands are of batch 3", COLUMN_3, (COPY, (3,), 0)),
    "an own row of another size": ("of batch 3", COLUMN_3, (OWN, (0, OWN_RULES[0], 3), 0)),
    "two batches in a term": ("batches of 2 and 3 meet", COLUMN_3, COLUMN_2, (SUM, ((3, 4, 1),), 3)),
    "two batches in a sum": ("batches of 2 and 3 meet", COLUMN_3, COLUMN_2, (SUM, ((3, 0, 1), (4, 0, 1)), 3)),
    "two batches in a function": ("batches of 2 and 3 meet", COLUMN_3, COLUMN_2, (HYPOT, (3, 4), 2)),
    "two batches added up": ("batches of 2 and 3", COLUMN_3, COLUMN_2, (REDUCE, ((3, 0, 1), (4, 0, 1)), 0)),
    "a reduction that varies": ("is uniform", COLUMN_3, (REDUCE, ((3, NONE, 1),), 3)),
    "one number added up": ("(0, 1, 1) doesn't vary", COLUMN_3, (REDUCE, ((3, NONE, 1), (0, 1, 1)), 0)),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_is_noticed_and_its_instruction_named(fault: str) -> None:
    message, *ops = BROKEN[fault]
    last = 3 + len(ops) - 1
    verify(Program(3, ops[:-1], []))  # what comes before is right
    after = (SIN, (0,), 0)
    with pytest.raises(ProgramError, match=rf"^v{last} = .*{re.escape(message)}"):
        verify(Program(3, [*ops, after], [last]))


@pytest.mark.parametrize("op", [(COPY, (0,), 0), (COPY, (0,), 3), (OWN, (0, OWN_RULES[0], 1), 0)])
def test_fold_leaves_no_copy_and_no_row_of_ones_own(op: Any) -> None:
    program = Program(3, [op], [3])
    verify(program)
    with pytest.raises(ProgramError, match=r"^v3 = .*fold leaves none"):
        verify(program, recorded=False)


@pytest.mark.parametrize("value", [-1, 4, 3.5])
def test_what_is_returned_named_or_of_a_line_exists(value: Any) -> None:
    ops = [(SIN, (0,), 0)]
    verify(Program(3, ops, [0, 3], {3: "y", 0: "x"}, {3: "here"}))
    for what, program in (
        ("output", Program(3, ops, [3, value])),
        ("name", Program(3, ops, [3], {3: "y", value: "z"})),
        ("line", Program(3, ops, [3], {}, {value: "there"})),
    ):
        with pytest.raises(ProgramError, match=f"^{what} of v{value}: there is no such value, but 4 in all"):
            verify(program)


@examples(2)
@given(case=programs(), data=st.data())
def test_of_a_right_program_with_one_operand_too_high_it_is_noticed(case: Case, data: st.DataObject) -> None:
    program = case.program
    verify(program)
    places = [i for i, op in enumerate(program.ops) if isinstance(op[0], rules.Rule) or op[0] in (SUM, TAKE, LESS)]
    if not places:
        return
    at = data.draw(st.sampled_from(places))
    head, operands, batch = program.ops[at]
    which = data.draw(st.integers(0, len(operands) - 1))
    value = program.inputs + at
    later = data.draw(st.integers(value, len(program) + 2))
    changed = list(operands)
    changed[which] = (later, *operands[which][1:]) if head is SUM else later
    ops = list(program.ops)
    ops[at] = head, tuple(changed), batch
    with pytest.raises(ProgramError, match=f"^v{value} = .*uses v{later}"):
        verify(Program(program.inputs, ops, program.outputs, program.names))


@pytest.mark.parametrize("name", RULES)
def test_every_row_and_its_derivatives_stay_right_through_the_passes(name: str) -> None:
    rule = RULES[name]
    free = [i for i in range(rule.arity) if i not in rule.constant]

    def f(*xs: Any) -> Any:
        operands: list[Any] = [2.0] * rule.arity
        for i, x in zip(free, xs):
            operands[i] = x
        return rule(*operands)

    numbers = tuple(0.5 for _ in free)
    for each in (f, value_and_grad(f, tuple(range(len(free))))) if free else (f,):
        if free:
            stages = jit(each).stages(*numbers)
            assert list(stages) == ["trace", *[one.__name__ for one in PASSES]]
            for stage, program in stages.items():
                verify(program, recorded=stage == "trace")


def test_what_the_tests_compile_is_verified() -> None:
    """By a fixture (conftest.py): a pass that makes another program stops where it does."""
    before = importlib.import_module("autograd.compiler.passes.simplify").PASSES
    assert [each.__wrapped__ for each in before] == list(PASSES)
    with pytest.raises(ProgramError, match=r"^v1 = .*uses v7"):
        before[0](Program(1, [(SIN, (7,), 0)], [1]))
