"""Each pass maps a program to one that gives the same numbers, over random programs."""

from __future__ import annotations

import gc
import itertools
import math
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.compiler import ieee
from autograd.compiler.backends.by_numpy import run_numpy
from autograd.compiler.kernel.lower import lower
from autograd.compiler.kernel.words import OPS
from autograd.compiler.passes.flatten import flatten
from autograd.compiler.passes.fold import fold
from autograd.compiler.passes.place import place
from autograd.compiler.passes.prune import prune
from autograd.compiler.passes.share import share
from autograd.compiler.passes.simplify import PASSES, simplify
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
    SOURCES,
    SUM,
    SUMS,
    TAKE,
    Program,
    values_in,
)
from autograd.engine.rules import RULES
from tests.compiler.machine import run_words
from tests.compiler.programs import (
    Case,
    assert_close,
    assert_equal,
    examples,
    layout_of,
    outputs,
    programs,
    reference,
)

Pass = Callable[[Program], Program]

each_pass = pytest.mark.parametrize("each", [*PASSES, simplify], ids=lambda f: f.__name__)


def size(program: Program) -> int:
    """Instructions and terms."""
    return len(program.ops) + program.counts()["terms"]


def folded(program: Program) -> Program:
    """Ready for the passes that come after fold."""
    return fold(program)


def started(each: Pass, program: Program) -> Program:
    """The program as that pass gets it."""
    return program if each in (fold, share, prune, simplify) else fold(program)


# --- The same numbers ---


@each_pass
@examples(2)
@given(case=programs(exact=True))
def test_a_pass_changes_no_bit_of_exact_arithmetic(each: Pass, case: Case) -> None:
    verify(case.program)
    after = each(started(each, case.program))
    assert_equal(case, outputs(after, reference(after, case.numbers)), after)


@each_pass
@examples(5)
@given(case=programs())
def test_a_pass_changes_numbers_by_no_more_than_rounding(each: Pass, case: Case) -> None:
    after = each(started(each, case.program))
    assert_close(case, outputs(after, reference(after, case.numbers)), note=after)


@each_pass
@examples(5)
@given(case=programs(exact=True, recorded=False))
def test_a_pass_takes_what_the_passes_leave(each: Pass, case: Case) -> None:
    verify(case.program, recorded=False)
    after = each(case.program)
    verify(after, recorded=False)
    assert_equal(case, outputs(after, reference(after, case.numbers)), after)


def closed(case: Case) -> Case:
    """The same program with its numbers in it: no inputs. Every value keeps its number."""
    program, numbers = case
    ops: list[Any] = [const(x) for x in numbers]
    for head, operands, batch in program.ops:
        if head is COLUMN:
            first, stride = operands
            ops.append((DATA, (tuple(numbers[first + stride * s] for s in range(batch)),), batch))
        else:
            ops.append((head, operands, batch))
    return Case(Program(0, ops, program.outputs, program.names), ())


@each_pass
@examples(2)
@given(case=programs(exact=True))
def test_a_pass_takes_a_program_without_inputs(each: Pass, case: Case) -> None:
    case = closed(case)
    after = each(started(each, case.program))
    verify(after, recorded=each in (share, prune))
    assert_equal(case, outputs(after, reference(after, ())), after)
    assert_equal(case, run_words(simplify(case.program), ()))


def test_data_that_is_all_a_program_has_is_added_up() -> None:
    data, product, total = (DATA, ((1.0, 2.0, 5.0),), 3), (SUM, ((1, 0, 1),), 3), (REDUCE, ((2, NONE, 1),), 0)
    program = made(0, data, const(3.0), product, total, (REDUCE, ((1, 0, 1),), 0), outputs=[3, 4])
    for each in (*PASSES, simplify):
        after = each(program)
        verify(after)
        assert outputs(after, reference(after, ())) == [24.0, 24.0]
    assert len(simplify(program).ops) == 4  # the product is part of the sum


# --- Valid, and nothing lost ---


@each_pass
@examples(2)
@given(case=programs())
def test_a_pass_makes_a_valid_program_with_as_many_outputs(each: Pass, case: Case) -> None:
    after = each(started(each, case.program))
    verify(after, recorded=each in (share, prune))
    assert after.inputs == case.program.inputs
    assert len(after.outputs) == len(case.program.outputs)


@each_pass
@examples(4)
@given(case=programs())
def test_a_pass_leaves_its_program_alone(each: Pass, case: Case) -> None:
    program = started(each, case.program)
    ops, outputs, names = list(program.ops), list(program.outputs), dict(program.names)
    each(program)
    assert (program.ops, program.outputs, program.names) == (ops, outputs, names)


@each_pass
@examples(4)
@given(case=programs())
def test_names_of_inputs_stay_and_outputs_keep_theirs(each: Pass, case: Case) -> None:
    program = started(each, case.program)
    after = each(program)
    for value in range(program.inputs):
        assert value not in program.names or after.names[value] == program.names[value]
    if each in (prune, flatten):  # these make no two values one
        for old, new in zip(program.outputs, after.outputs):
            assert after.names.get(new) == program.names.get(old)


@examples(2)
@given(case=programs())
def test_a_uniform_output_stays_uniform_and_its_batch_a_batch(case: Case) -> None:
    after = simplify(case.program)
    for old, new in zip(case.program.outputs, after.outputs):
        assert after.batch_of(new) in (0, case.program.batch_of(old))


@pytest.mark.parametrize("each", [share, prune, flatten], ids=lambda f: f.__name__)
@examples(2)
@given(case=programs())
def test_a_pass_has_nothing_left_to_do_the_second_time(each: Pass, case: Case) -> None:
    once = each(started(each, case.program))
    again = each(once)
    assert [str(op) for op in again.ops] == [str(op) for op in once.ops]  # as text: NaN is NaN
    assert again.outputs == once.outputs


@examples(2)
@given(case=programs())
def test_simplifying_again_makes_nothing_longer(case: Case) -> None:
    once = simplify(case.program)
    assert size(simplify(once)) <= size(once)


@examples(2)
@given(case=programs())
def test_share_prune_and_flatten_make_nothing_longer(case: Case) -> None:
    program = fold(case.program)
    for each in (share, prune, flatten):
        after = each(program)
        assert len(after.ops) <= len(program.ops)
        assert after.counts()["terms"] <= program.counts()["terms"]
        program = after


@examples(2)
@given(case=programs())
def test_after_prune_each_value_is_needed_and_after_share_no_two_are_alike(case: Case) -> None:
    pruned = prune(fold(case.program))
    needed = set(pruned.outputs)
    for head, operands, _ in pruned.ops:
        needed.update(values_in(head, operands))
    assert needed >= set(range(pruned.inputs, len(pruned)))
    shared = share(pruned)
    sources = [op for op in map(str, shared.ops) if "data" not in op]
    assert len(set(sources)) == len(sources)


@examples(2)
@given(case=programs(), is_closed=st.booleans())
def test_after_fold_nothing_is_a_copy_and_no_operation_has_only_constants(case: Case, is_closed: bool) -> None:
    program = fold(closed(case).program if is_closed else case.program)
    constants = {value for value, op in enumerate(program.ops, start=program.inputs) if op[0] is CONSTANT}
    for head, operands, _ in program.ops:
        assert head not in (COPY, OWN)
        used = set(values_in(head, operands))
        undefined = head is TAKE and operands[0] in constants  # from outside its table: NaN
        if head not in SOURCES and not undefined:
            assert not used <= constants
        if head is SUM:
            assert all(sum(x in constants for x in (a, b)) < 2 for a, b, _ in operands)


# --- What fold, share and flatten are for, each by the smallest example ---


def made(inputs: int, *ops: Any, outputs: list[int] | None = None) -> Program:
    return Program(inputs, list(ops), [inputs + len(ops) - 1] if outputs is None else outputs)


def const(x: float) -> Any:
    return CONSTANT, (x,), 0


def test_fold_knows_the_neutral_factor_and_summand() -> None:
    program = made(1, const(1.0), (SUM, ((0, 1, 1),), 0), const(0.0), (SUM, ((2, NONE, 1), (3, NONE, 1)), 0))
    assert fold(program).outputs == [0]


@pytest.mark.parametrize("x", [math.inf, math.nan, 3.0])
def test_fold_does_not_take_0_times_x_for_0(x: float) -> None:
    program = made(1, const(0.0), (SUM, ((0, 1, 1),), 0))
    (y,) = outputs(fold(program), reference(fold(program), [x]))
    assert y == 0.0 if x == 3.0 else math.isnan(y)


def test_fold_gives_signs_to_terms() -> None:
    program = made(2, (SUM, ((0, NONE, -1),), 0), (SUM, ((1, NONE, 1), (2, NONE, -1)), 0), (SUM, ((2, 2, -1),), 0))
    assert fold(program).ops[1:] == [(SUM, ((1, NONE, 1), (0, NONE, 1)), 0), (SUM, ((0, 0, -1),), 0)]


def test_fold_multiplies_where_it_divides_by_a_power_of_two_only() -> None:
    powers = ((4.0, False), (-0.5, False), (2.0**99, False), (2.0**-99, False), (2.0**100, True), (2.0**-100, True))
    beyond = (2.0**1000, 2.0**-1000, 2.0**-1060, math.inf, 0.0)
    for divisor, kept in (*powers, (3.0, True), *[(divisor, True) for divisor in beyond]):
        program = made(1, const(divisor), (RULES["ratio"], (0, 1), 0))
        assert (fold(program).ops[-1][0] is RULES["ratio"]) == kept


def test_fold_multiplies_factors_together_where_that_is_exact() -> None:
    for inner, sign, outer, expected in (
        (2.0, 1, 0.1, 0.2),
        (0.1, -1, 4.0, -0.4),
        (0.5, -1, -2.0, 1.0),
        (1e20, 1, 4.0, 4e20),
        (1e-20, 1, 0.5, 5e-21),
        (2.0**60, 1, 2.0**39, 2.0**99),
        (2.0**60, 1, 2.0**40, None),
        (2.0**-60, 1, 2.0**-39, 2.0**-99),
        (2.0**-60, 1, 2.0**-40, None),
        (0.1, 1, 0.3, None),
        (1e300, 1, 2.0**60, None),
        (1e-300, 1, 2.0**-60, None),
    ):
        product = (SUM, ((0, 1, sign),), 0)
        program = fold(made(1, const(inner), product, const(outer), (SUM, ((2, 3, 1), (0, 0, 1)), 0)))
        (a, b, its_sign), _ = program.ops[-1][1]
        if expected is None:
            assert a != 0  # 0.1 · 0.3 would be rounded
            continue
        assert a == 0
        factor = its_sign * (1.0 if b == NONE else program.operation(b)[1][0])
        assert factor == expected


def test_fold_takes_a_choice_of_1_or_0_for_the_condition_and_no_other() -> None:
    for a, b, is_condition in ((1.0, 0.0, True), (1.0, 2.0, False), (0.0, 1.0, False), (2.0, 0.0, False)):
        program = fold(made(2, (LESS, (0, 1), 0), const(a), const(b), (SELECT, (2, 3, 4), 0)))
        assert (program.outputs == [2]) == is_condition


def test_fold_of_powers() -> None:
    for exponent, expected in ((0.0, (CONSTANT, (1.0,), 0)), (2.0, (SUM, ((0, 0, 1),), 0))):
        assert fold(made(1, const(exponent), (RULES["pow"], (0, 1), 0))).ops[-1] == expected
    assert fold(made(1, const(1.0), (RULES["pow"], (0, 1), 0))).outputs == [0]


def test_fold_takes_the_branch_that_is_known() -> None:
    for condition, expected in ((1.0, 0), (0.0, 1), (math.nan, 0)):
        assert fold(made(2, const(condition), (SELECT, (2, 0, 1), 0))).outputs == [expected]
    for index, expected in ((0.0, 0), (1.9, 1), (-1.0, 1), (-2.0, 0), (-0.5, 1), (-1.5, 0)):
        assert fold(made(2, const(index), (TAKE, (2, 0, 1), 0))).outputs == [expected]
    for index in (2.0, -2.5, math.nan):
        program = made(2, const(index), (TAKE, (2, 0, 1), 0))
        assert math.isnan(outputs(fold(program), reference(fold(program), [1.0, 2.0]))[0])


def test_fold_adds_up_what_is_the_same_for_all_samples_at_once() -> None:
    program = made(4, (COPY, (0,), 3), (COLUMN, (1, 1), 3), (REDUCE, ((4, NONE, 1), (4, 4, -1), (5, 4, 1)), 0))
    after = fold(program)
    verify(after, recorded=False)
    x = [2.0, 1.0, 5.0, 7.0]
    assert outputs(after, reference(after, x)) == [3 * 2.0 - 3 * 4.0 + 13.0 * 2.0]
    assert [op[0] for op in after.ops].count(REDUCE) == 1


def test_share_tells_0_from_minus_0_and_finds_nan_again() -> None:
    program = made(1, const(0.0), const(-0.0), const(math.nan), const(math.nan), outputs=[1, 2, 3, 4])
    first, second, third, fourth = share(program).outputs
    assert first != second
    assert third == fourth


def test_share_knows_what_may_be_swapped() -> None:
    for name, swaps in (("hypot", True), ("maximum", True), ("minimum", True), ("ratio", False), ("atan2", False)):
        program = made(2, (RULES[name], (0, 1), 0), (RULES[name], (1, 0), 0), outputs=[2, 3])
        assert (len(set(share(program).outputs)) == 1) == swaps
    program = made(2, (SUM, ((0, 1, 1),), 0), (SUM, ((1, 0, 1),), 0), (SUM, ((1, 0, -1),), 0), outputs=[2, 3, 4])
    assert share(program).outputs == [2, 2, 3]
    for a, b in ((0, 1), (1, 0), (2, 3), (3, 2)):
        program = made(4, (SUM, ((a, b, 1), (0, NONE, 1)), 0), (SUM, ((0, NONE, 1), (b, a, 1)), 0), outputs=[4, 5])
        assert share(program).outputs == [4, 4]


def test_prune_forgets_what_is_known_of_instructions_that_go() -> None:
    program = made(1, (RULES["sin"], (0,), 0), (RULES["cos"], (0,), 0))
    program.names = {0: "x", 1: "gone", 2: "stays"}
    program.lines = {1: "sin(x)", 2: "cos(x)"}
    after = prune(program)
    assert (after.names, after.lines) == ({0: "x", 1: "stays"}, {1: "cos(x)"})
    program.names = {1: "gone"}
    assert prune(program).names == {}


def test_flatten_makes_a_loop_of_products_one_sum() -> None:
    n = 100
    ops: list[Any] = [(SUM, ((0, n, 1),), 0)]
    for i in range(1, n):
        ops.append((SUM, ((i, n + i, 1),), 0))
        ops.append((SUM, ((2 * n + len(ops) - 2, NONE, 1), (2 * n + len(ops) - 1, NONE, 1)), 0))
    (op,) = flatten(made(2 * n, *ops)).ops
    assert op == (SUM, tuple((i, n + i, 1) for i in range(n)), 0)


def added(*terms: int) -> Any:
    """The sum of these values."""
    return SUM, tuple((x, NONE, 1) for x in terms), 0


def test_flatten_keeps_what_is_used_twice_or_returned() -> None:
    inner, outer = added(0, 1, 0, 1), added(2, 0)
    assert len(flatten(made(2, inner, outer)).ops) == 1
    assert len(flatten(made(2, inner, outer, outputs=[2, 3])).ops) == 2
    assert len(flatten(made(2, inner, added(2, 2))).ops) == 2
    assert len(flatten(made(2, inner, (SUM, ((2, NONE, 1), (0, 2, 1)), 0))).ops) == 2
    assert len(flatten(made(2, inner, (SUM, ((2, 0, 1),), 0))).ops) == 2  # no product is multiplied out


def test_flatten_keeps_the_order_of_short_sums_and_what_is_subtracted() -> None:
    long = added(0, 1, 0, 1)
    product = (SUM, ((0, 1, 1),), 0)
    assert flatten(made(2, added(0, 1), added(2, 0), added(3, 1))).ops == [added(0, 1, 0, 1)]
    assert flatten(made(2, added(0, 1), added(0, 2), added(1, 3))).ops == [added(0, 1, 0, 1)], (
        "of two each is the first"
    )
    assert flatten(made(2, added(0, 1), added(0, 1, 2))).ops == [added(0, 1), added(0, 1, 2)], "not the first"
    assert len(flatten(made(2, added(0, 1), added(2, 0), added(3, 1), added(4, 1))).ops) == 1, "five terms"
    assert len(flatten(made(2, long, (SUM, ((2, NONE, -1), (0, NONE, 1)), 0))).ops) == 2, "with the sign -"
    short = (SUM, ((2, NONE, 1), (0, NONE, -1)), 0)
    assert flatten(made(2, added(0, 1), short)).ops == [(SUM, ((0, NONE, 1), (1, NONE, 1), (0, NONE, -1)), 0)]
    assert len(flatten(made(2, long, short)).ops) == 2, "a number taken away from a sum that becomes long"
    assert len(flatten(made(2, long, product, (SUM, ((2, NONE, 1), (3, NONE, -1)), 0))).ops) == 1, "a product"
    assert len(flatten(made(2, product, product, (SUM, ((2, NONE, 1), (3, NONE, -1)), 0))).ops) == 1


def test_flatten_leaves_a_uniform_sum_outside_a_varying_one() -> None:
    column = (COLUMN, (0, 1), 2)
    assert len(flatten(made(2, added(0, 1, 0, 1), column, (SUM, ((2, NONE, 1), (3, NONE, 1)), 2))).ops) == 3
    varying = (SUM, ((2, NONE, 1), (0, 1, 1)), 2)
    assert len(flatten(made(2, column, varying, (REDUCE, ((3, NONE, 1),), 0))).ops) == 3
    product = (SUM, ((2, 0, 1),), 2)
    assert len(flatten(made(2, column, product, (REDUCE, ((3, NONE, -1),), 0))).ops) == 2


@examples(1)
@given(case=programs())
def test_after_flatten_no_product_is_left_that_could_stand_in_a_sum(case: Case) -> None:
    program = flatten(fold(case.program))
    uses = Counter([*itertools.chain.from_iterable(program.used), *program.outputs])
    for head, operands, batch in program.ops:
        for a, b, _ in operands if head in SUMS else ():
            if b == NONE and uses[a] == 1 and a >= program.inputs and program.operation(a)[0] is SUM:
                _, terms, its_batch = program.operation(a)
                assert len(terms) > 1 or (head is SUM and its_batch != batch)


# --- Place and lower ---


@examples(2)
@given(case=programs())
def test_place_computes_each_value_once_and_after_what_it_needs(case: Case) -> None:
    program = simplify(case.program)
    known = set(range(program.inputs))
    known |= {v for v, (head, _, _) in enumerate(program.ops, start=program.inputs) if head in SOURCES}
    for section in place(program):
        within = set()
        for value in section.values:
            head, operands, batch = program.operation(value)
            used = set(values_in(head, operands))
            assert value not in known | within
            assert used <= known | within
            if head is REDUCE:  # what it adds up is known when the section is done
                assert section.batch == max(program.batch_of(x) for x in used)
                continue
            assert batch == section.batch
            within.add(value)
        known |= set(section.values)
    assert known == set(range(len(program)))


@examples(2)
@given(case=programs())
def test_place_has_no_more_sections_than_rounds(case: Case) -> None:
    sections = place(simplify(case.program))
    assert all(section.values for section in sections)
    for one, next_one in itertools.pairwise(sections):
        assert one.batch or next_one.batch, "two uniform sections in a row"


@examples(1)
@given(case=programs(exact=True), block=st.integers(1, 4))
def test_the_words_compute_what_the_program_does(case: Case, block: int) -> None:
    assert_equal(case, run_words(simplify(case.program), case.numbers, block))


@examples(2)
@given(case=programs(exact=True, recorded=False), block=st.integers(1, 4))
def test_the_words_of_long_sums_compute_what_the_program_does(case: Case, block: int) -> None:
    assert_equal(case, run_words(case.program, case.numbers, block))


@examples(3)
@given(case=programs())
def test_the_words_of_any_program_compute_what_it_does(case: Case) -> None:
    assert_close(case, run_words(simplify(case.program), case.numbers))


def test_slots_are_used_again() -> None:
    sins = [(RULES["sin"], (v + 5,), 5) for v in range(1000)]
    varying = made(5, (COLUMN, (0, 1), 5), *sins)
    lowered = lower(varying, layout_of(varying))
    assert max(section.slots for section in lowered.sections) < 5
    weights = [(REDUCE, ((v + 5, v + 6, 1),), 0) for v in range(1000)]  # recorded last, computed where they can be
    gradients = made(5, (COLUMN, (0, 1), 5), *sins, *weights, outputs=list(range(1006, 2006)))
    lowered = lower(gradients, layout_of(gradients))
    assert max(section.slots for section in lowered.sections) < 6


@examples(2)
@given(seed=st.integers(0, 2**32), varying=st.booleans(), block=st.integers(1, 4))
def test_rows_that_are_nearly_regular_are_not_taken_for_regular_ones(seed: int, varying: bool, block: int) -> None:
    """Sums whose operands advance by the same from row to row, except a few."""
    draw = random.Random(seed)
    numbers = tuple(float(draw.randrange(-4, 5)) for _ in range(60))
    batch = 5 * varying
    columns = [(COLUMN, (0, k % 3), batch) for k in range(30)] if varying else []
    first, second = (60 if varying else 0), draw.choice((0, 30))
    ops: list[Any] = []
    for _ in range(3):
        pairs = [[draw.randrange(20), draw.randrange(3), draw.randrange(20), draw.randrange(3)] for _ in range(3)]
        signs = [draw.choice((1, -1)) for _ in pairs]
        single = draw.random() < 0.5
        head = draw.choice((SUM, REDUCE)) if varying else SUM
        for row in range(draw.randrange(2, 6)):
            terms = []
            for (a, ia, b, ib), sign in zip(pairs, signs):
                shifted = draw.random() < 0.1
                terms.append((first + (a + row * ia + shifted) % 30, second + (b + row * ib) % 30, sign))
            if single:
                terms.append((first + row % 30, NONE, 1))
            ops.append((head, tuple(terms), batch if head is SUM else 0))
    start = 60 + len(columns)
    program = made(60, *columns, *ops, outputs=list(range(start, start + len(ops))))
    verify(program, recorded=False)
    assert_equal(Case(program, numbers), run_words(program, numbers, block))


def test_rows_of_a_matrix_become_one_instruction() -> None:
    """W·x, 8 rows of 8: one header. The same on a batch, and the gradients by the weights."""
    W, x = range(64), range(64, 72)
    rows = [(SUM, tuple((W[8 * i + j], x[j], 1) for j in range(8)), 0) for i in range(8)]
    program = made(72, *rows, outputs=list(range(72, 80)))
    words = lowered(program).words
    assert words[0] == OPS["U_ROWS"]
    assert len(words) < 20
    assert_equal(
        Case(program, tuple(float(k % 7) for k in range(72))), run_words(program, [float(k % 7) for k in range(72)])
    )
    columns = [(COLUMN, (64 + j, 0), 5) for j in range(8)]
    varying = [(SUM, tuple((W[8 * i + j], 72 + j, 1) for j in range(8)), 5) for i in range(8)]
    gradients = [(REDUCE, ((80 + i, 72 + j, 1),), 0) for i in range(8) for j in range(8)]
    program = made(72, *columns, *varying, *gradients, outputs=list(range(88, 152)))
    words = lowered(program).words.tolist()
    loads = 2 + 8 * 3
    assert words[loads] == OPS["V_ROWS"]
    assert len(words) < 250, "one by one they have 768"
    assert_equal(
        Case(program, tuple(float(k % 7) for k in range(72))), run_words(program, [float(k % 7) for k in range(72)])
    )


# --- The interpreter ---


@examples(1)
@given(case=programs(exact=True))
def test_numpy_computes_what_a_folded_program_says(case: Case) -> None:
    assert_equal(case, run_numpy(fold(case.program), case.numbers))  # it knows no COPY and no OWN


@examples(3)
@given(case=programs())
def test_numpy_has_every_function(case: Case) -> None:
    assert_close(case, run_numpy(fold(case.program), case.numbers), ulps=16.0)


@examples(3)
@given(case=programs(exact=True, recorded=False))
def test_numpy_changes_no_number_that_it_is_given(case: Case) -> None:
    numbers = np.array(case.numbers)
    run_numpy(case.program, numbers)
    assert numbers.tolist() == list(case.numbers)


def lowered(program: Program) -> Any:
    return lower(program, layout_of(program))


# --- Large programs: neither recursion nor more than linear time ---


def long_program(n: int) -> Program:
    """Chains of every kind, n instructions long."""
    ops: list[Any] = [(COLUMN, (0, 1), 4), const(0.5), (LESS, (0, 1), 0)]
    inputs = 4
    last, varying = 0, inputs
    while len(ops) < n:
        at = inputs + len(ops)
        ops += [
            (SUM, ((last, NONE, 1), (1, NONE, -1)), 0),
            (SUM, ((at, 5, 1),), 0),
            (RULES["sin"], (at + 1,), 0),
            (SUM, ((at + 2, NONE, -1),), 0),
            (SELECT, (6, at + 3, last), 0),
            (SUM, ((varying, at + 4, 1), (varying, NONE, 1)), 4),
            (RULES["tanh"], (at + 5,), 4),
        ]
        last, varying = at + 4, at + 6
    ops.append((REDUCE, ((varying, NONE, 1),), 0))
    return Program(inputs, ops, [inputs + len(ops) - 1, last, varying])


def deep_sum(n: int) -> Program:
    """y + x - x + x - x ..., each sum used once."""
    return made(2, *[(SUM, ((v + 1, NONE, 1), (0, 0, (-1) ** v)), 0) for v in range(n)])


def test_a_hundred_thousand_instructions_pass_without_recursion() -> None:
    program = simplify(deep_sum(100_000))
    assert len(program.ops) == 1
    lowered(program)
    lowered(simplify(long_program(10_000)))


@pytest.mark.parametrize("each", [*PASSES, lowered], ids=lambda f: f.__name__)
def test_a_pass_takes_time_in_proportion_to_the_size(each: Callable[[Program], Any]) -> None:
    small, large = long_program(1_000), long_program(16_000)
    if each is not fold:
        small, large = fold(small), fold(large)
    times: dict[int, list[float]] = {}
    gc.disable()  # as jit does
    try:
        for _ in range(3):
            for program in (small, large):
                start = time.process_time()
                each(program)
                times.setdefault(len(program), []).append(time.process_time() - start)
    finally:
        gc.enable()
    assert min(times[len(large)]) < 100 * min(times[len(small)])  # 16 times the size; quadratic would be 256


def test_many_sections_take_time_in_proportion() -> None:
    """A batch that is normalised again and again: a section for each time."""

    def program(n: int) -> Program:
        ops: list[Any] = [(COLUMN, (0, 1), 4)]
        for _ in range(n):
            varying = len(ops)
            ops += [(REDUCE, ((varying, NONE, 1),), 0), (SUM, ((varying, varying + 1, 1),), 4)]
        return made(1, *ops, outputs=[len(ops)])

    times = {}
    for n in (100, 1600):
        large = program(n)
        start = time.process_time()
        lowered(large)
        times[n] = time.process_time() - start
    assert times[1600] < 100 * times[100]  # 16 times the size; quadratic would be 256


def test_constants_are_folded_as_compiled_code_would_compute_them() -> None:
    for head, function in ieee.FUNCTIONS.items():
        if head in (SELECT, TAKE):
            continue
        arity = getattr(head, "arity", 2)
        for x in (0.0, -0.0, 1.0, -1.0, 2.0, -3.5, math.inf, -math.inf, math.nan):
            numbers = [x, 2.0][:arity]
            ops = [const(a) for a in numbers]
            program = fold(made(1, *ops, (head, tuple(range(1, 1 + arity)), 0)))
            (y,) = outputs(program, reference(program, [0.0]))
            assert repr(y) == repr(float(function(*numbers))), f"{head.name}{tuple(numbers)}"


def test_data_is_kept_once() -> None:
    data = tuple(range(1000))
    program = made(1, *[(DATA, (data,), 1000)] * 3, (SUM, ((1, NONE, 1), (2, 3, 1)), 1000))
    assert len(share(program).ops) == 2
    assert lowered(program).memory < 3000
