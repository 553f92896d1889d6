"""Which words a program becomes: sums that belong together are one instruction, whatever their order.

That the words compute what the program does is tested with the other passes, in test_passes.py.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd.compiler.kernel import rows as rows_py
from autograd.compiler.kernel.lower import lower
from autograd.compiler.kernel.memory import Intervals
from autograd.compiler.passes.flatten import SHORT
from autograd.compiler.passes.simplify import simplify
from autograd.compiler.passes.verify import verify
from autograd.compiler.program import COLUMN, NONE, REDUCE, SUM, Program
from autograd.engine.rules import RULES
from tests.compiler.machine import Log, run_words
from tests.compiler.programs import Case, assert_equal, examples, layout_of, programs

BATCH = 5


def run(program: Program, block: int = BATCH) -> Log:
    """What was run, with the words of each instruction; the results are those of the program."""
    verify(program, recorded=False)
    numbers = tuple(float(k % 7 - 3) for k in range(program.inputs))
    log: Log = []
    assert_equal(Case(program, numbers), run_words(program, numbers, block, log=log))
    return log


def made(inputs: int, *ops: Any) -> Program:
    """A program that returns its sums."""
    return Program(inputs, list(ops), [inputs + i for i, op in enumerate(ops) if op[0] in (SUM, REDUCE)])


def columns(n: int) -> list[Any]:
    return [(COLUMN, (k, 1), BATCH) for k in range(n)]


def shuffled(draw: random.Random, rows: list[list[tuple[int, int, int]]]) -> list[tuple[tuple[int, int, int], ...]]:
    """The rows in any order, the two factors of each term, and the terms, except of sums that are added up in order."""
    rows = [[(b, a, sign) if b >= 0 and draw.random() < 0.5 else (a, b, sign) for a, b, sign in row] for row in rows]
    for row in rows:
        if not 2 < len(row) <= SHORT:
            draw.shuffle(row)
    draw.shuffle(rows)
    return [tuple(row) for row in rows]


any_order = pytest.mark.parametrize("draw", [random.Random(seed) for seed in range(4)], ids=range(4))


# --- Matrices ---


@any_order
@pytest.mark.parametrize("n", [1, 10])
@pytest.mark.parametrize("added", [0, 1])
def test_a_matrix_times_a_vector_is_one_instruction(draw: random.Random, n: int, added: int) -> None:
    """W·x + b, with x as second factors: they are the same for all rows."""
    W, x, b = 1, 90 + 1, 100
    rows = [[(W + n * i + j, x + j, 1) for j in range(n)] + [(b + i, NONE, 1)] * added for i in range(9)]
    program = made(109, *[(SUM, terms, 0) for terms in shuffled(draw, rows)])
    between = int(n > 1)
    rest = [9, 1, 0, added, W, n, between, x, 0, between, n, *[b, 1] * added]
    total = (SUM, tuple((109 + i, NONE, 1) for i in range(9)), 0)
    log = run(Program(109, [*program.ops, total], [118]))
    assert log[0] == ("U_ROWS", [111, *rest])  # after the output and the 1
    program.outputs.sort(key=lambda value: min(program.used_by(value)))
    assert run(program) == [("U_ROWS", [109, *rest])]


@any_order
@pytest.mark.parametrize("k", [1, 2, 3, 6])
@pytest.mark.parametrize("added", [0, 1])
def test_a_product_of_matrices_on_a_batch_is_one_instruction(draw: random.Random, k: int, added: int) -> None:
    """X·W + Y: the rows and columns of the result, 9 times 4, follow each other; X and Y vary."""
    m, n = 9, 4
    y = m * k  # the first column of Y
    first = m * k + m * n * added  # the columns come first
    W = 0
    rows = [
        [(100 + i * k + h, W + h * n + j, 1) for h in range(k)] + [(100 + y + i * n + j, NONE, 1)] * added
        for i in range(m)
        for j in range(n)
    ]
    program = made(100, *columns(first), *[(SUM, terms, BATCH) for terms in shuffled(draw, rows)])
    log = run(program)
    assert [name for name, _ in log] == ["V_LOAD", "V_GRID", "V_STORE"]
    pairs = [x for h in range(k) for x in (h, W + h * n, k, 1)]
    assert log[1][1] == [first, m, n, k, added, *pairs, *[y, n, 1] * added]


@any_order
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_gradients_by_a_matrix_are_one_instruction(draw: random.Random, k: int) -> None:
    """Σ over the batch of X·Y, where row h of Y belongs to column h of X. The values that were made last come first."""
    m, n = 3, 4
    rows = [[(100 + k * n + i * k + h, 100 + h * n + j, 1) for h in range(k)] for i in range(m) for j in range(n)]
    program = made(100, *columns(k * n + m * k), *[(REDUCE, terms, 0) for terms in shuffled(draw, rows)])
    log = run(program)
    assert [name for name, _ in log] == ["V_LOAD", "R_GRID"]
    assert log[1][1] == [0, m, n, k, *[x for h in range(k) for x in (k * n + h, h * n, k, 1)]]


@any_order
def test_a_column_that_all_rows_of_a_product_share_does_no_harm(draw: random.Random) -> None:
    """X·W + x·w: x is one column, and w a row of weights."""
    m, n = 3, 4
    x, X, w, W = 100, 101, 0, 10
    rows = [[(x, w + j, 1), (X + i, W + j, 1)] for i in range(m) for j in range(n)]
    log = run(made(100, *columns(1 + m), *[(SUM, terms, BATCH) for terms in shuffled(draw, rows)]))
    assert log[1] == ("V_GRID", [1 + m, m, n, 2, 0, 0, w, 0, 1, 1, W, 1, 1])


@any_order
def test_the_factor_that_all_rows_share_is_the_first(draw: random.Random) -> None:
    for sign, counts in ((1, [1, 0]), (-1, [0, 1])):
        terms = shuffled(draw, [[(101 + i, 100, sign)] for i in range(6)])
        log = run(made(100, *columns(7), *[(SUM, row, BATCH) for row in terms]))
        assert log[1] == ("V_ROWS", [7, 6, *counts, 0, 0, 0, 0, 0, 1, 0, 1])
    terms = shuffled(draw, [[(101 + i, 100, 1)] for i in range(6)])
    log = run(made(100, *columns(7), *[(REDUCE, row, 0) for row in terms]))
    assert log[1] == ("R_GRID", [0, 1, 6, 1, 0, 1, 0, 1])


@examples(1)
@given(seed=st.integers(0, 2**32), block=st.integers(1, 4))
def test_matrices_that_are_nearly_regular_are_not_taken_for_regular_ones(seed: int, block: int) -> None:
    """Matrices of sums whose factors advance by the same along rows and along columns, except a few."""
    draw = random.Random(seed)
    ops: list[Any] = columns(30)
    for _ in range(2):
        head = draw.choice((SUM, REDUCE))
        m, n = draw.randrange(2, 5), draw.randrange(1, 5)
        kinds = [(draw.randrange(30), draw.randrange(3), draw.randrange(30), draw.randrange(3)) for _ in range(3)]
        kinds = kinds[: draw.randrange(1, 4)]
        signs = [draw.choice((1, 1, 1, 1, 1, -1)) for _ in kinds]
        second = 100 if head is REDUCE or draw.random() < 0.2 else 0
        added = draw.random() < 0.5
        c, ic, jc = draw.randrange(30), draw.randrange(3), draw.randrange(3)
        at = draw.choice((list(range(m)), sorted(draw.sample(range(2 * m), m))))
        often = draw.choice((0.0, 0.05))
        ja, ib = draw.choice((0, 0, 0, 1)), draw.choice((0, 0, 0, 1))
        short = draw.choice((None, None, *range(m)))  # a row that is shorter
        for i in range(m):
            for j in range(n - (i == short and n > 1)):
                terms = [
                    (
                        100 + (a + at[i] * ia + j * ja + (draw.random() < often)) % 30,
                        second + (b + j * jb + i * ib + (draw.random() < often)) % 30,
                        sign,
                    )
                    for (a, ia, b, jb), sign in zip(kinds, signs)
                ]
                terms += [(100 + (c + at[i] * ic + j * jc) % 30, NONE, 1)] * added
                ops.append((head, tuple(terms), BATCH if head is SUM else 0))
    run(made(100, *ops), block)


@any_order
def test_rows_at_other_distances_belong_to_another_instruction(draw: random.Random) -> None:
    every = (SUM, tuple((100 + k, NONE, 1) for k in range(10)), BATCH)
    all_loaded = [*columns(10), every]
    for at in ([0, 3, 4], [0, 1, 4], [0, 2, 4, 5]):
        rows = [[(100 + i, j, 1)] for i in at for j in range(4)]
        run(made(100, *all_loaded, *[(SUM, terms, BATCH) for terms in shuffled(draw, rows)]))
        run(made(100, *all_loaded, *[(REDUCE, ((100 + i, 106 + j, 1),), 0) for i in at for j in range(4)]))
    for lengths in ((3, 4), (4, 3)):
        rows = [[(106 + i, j, 1)] for i, n in enumerate(lengths) for j in range(n)]
        run(made(100, *all_loaded, *[(SUM, terms, BATCH) for terms in shuffled(draw, rows)]))
        run(made(100, *all_loaded, *[(REDUCE, ((a, 100 + j, 1),), 0) for ((a, j, _),) in rows]))
    for a, b in ((3, 0), (-3, 0), (0, 3), (0, -3)):  # a term of a long row that is elsewhere
        rows = [[(10 + 20 * i + j + a * (j == 15), 90 + j + b * (j == 15), 1) for j in range(20)] for i in range(2)]
        run(made(120, *[(SUM, terms, 0) for terms in shuffled(draw, rows)]))
    for shift in ((2, 0, 0), (0, 2, 0), (0, 0, 2)):  # with the rows the second factors advance, too
        rows = [[(100 + i, 30 * h + s * i + j, 1) for h, s in enumerate(shift)] for i in range(3) for j in range(4)]
        run(made(100, *columns(6), *[(SUM, terms, BATCH) for terms in rows]))


@examples(1)
@given(seed=st.integers(0, 2**32))
def test_long_rows_that_are_nearly_regular_are_not_taken_for_regular_ones(seed: int) -> None:
    """Long enough for an instruction of their own: row i and term j have factors at a + i·ia + j·ja, except a few."""
    draw = random.Random(seed)
    m, n = draw.choice(((9, 1), (8, 3), (2, 9), (3, 20)))
    a, b = draw.randrange(50), draw.randrange(50)
    ia, ja, ib, jb = (draw.choice((0, 1, 1, 2)) for _ in range(4))
    often, sign = draw.choice((0.0, 0.02, 0.3)), draw.choice((1, -1))
    odd = [draw.choice((-3, 3)) if draw.random() < often else 0 for _ in range(n)]  # terms that are elsewhere
    rows = [
        [(10 + a + i * ia + j * ja + odd[j], 10 + b + i * ib + j * jb + odd[-1 - j], sign) for j in range(n)]
        for i in range(m)
    ]
    run(made(150, *[(SUM, tuple(row), 0) for row in rows]))


@examples(4)
@given(seed=st.integers(0, 2**32))
def test_no_instruction_has_more_rows_than_the_kernel_takes(seed: int) -> None:
    """The machine checks it. Here it is few rows, so that there are more."""
    draw = random.Random(seed)
    m, n = draw.randrange(1, 6), draw.randrange(1, 6)
    uniform = [(SUM, tuple((8 * i + h, 80 + h, 1) for h in range(8)), 0) for i in range(9)]
    sums = [(SUM, ((100 + i, j, 1),), BATCH) for i in range(m) for j in range(n)]
    gradients = [(REDUCE, ((100 + i, 110 + j, 1),), 0) for i in range(m) for j in range(n)]
    rows = [(SUM, ((100, 101 + i, -1),), BATCH) for i in range(9)]
    program = made(100, *columns(20), *uniform, *sums, *gradients, *rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_py, "LONGEST", draw.randrange(1, 7))
        run(program)


@pytest.mark.parametrize(
    ("rows", "terms", "i", "j", "is_one"),
    [
        (8, 1, (1, 1), (0, 0), True),  # side by side, as many as a vector has
        (8, 1, (1, 0), (0, 0), True),
        (7, 1, (1, 1), (0, 0), False),
        (8, 1, (2, 1), (0, 0), False),
        (8, 1, (1, 2), (0, 0), False),
        (2, 8, (9, 9), (1, 1), True),  # terms side by side
        (2, 8, (9, 0), (1, 1), True),
        (2, 7, (9, 9), (1, 1), False),
        (2, 8, (20, 9), (2, 1), False),
        (2, 8, (9, 20), (1, 2), False),
        (2, 8, (9, 1), (1, 0), False),
    ],
)
def test_rows_become_one_instruction_where_vectors_help(
    rows: int, terms: int, i: tuple[int, int], j: tuple[int, int], is_one: bool
) -> None:
    """Row i and term j have the factors at a + i·ia + j·ja and b + i·ib + j·jb."""
    for sign in (1, -1):
        sums = [
            (SUM, tuple((i[0] * row + j[0] * h, 50 + i[1] * row + j[1] * h, sign) for h in range(terms)), 0)
            for row in range(rows)
        ]
        log = run(made(100, *sums))
        assert [name for name, _ in log] == (["U_ROWS"] if is_one else ["U_SUM"] * rows)


def test_sums_with_as_many_sums_before_them_are_computed_together() -> None:
    """However many functions are before them."""
    floors = [(RULES["floor"], (k if k < 3 else 9 + k - 3,), 0) for k in range(9)]  # one, two or three of each other
    sums = [(SUM, ((9 + k, k, 1),), 0) for k in range(9)]
    names = [name for name, _ in run(made(9, *floors, *sums))]
    assert names == ["U_CALL1"] * 3 + ["U_ROWS"]


# --- Where things stand ---


@given(wanted=st.lists(st.integers(-3, 4), max_size=60), data=st.randoms(use_true_random=False))
def test_places_are_the_first_that_are_free(wanted: list[int], data: random.Random) -> None:
    """n > 0: n places are taken; else one is given back. ``taken`` is a model of it: for each place whether it is."""
    places = Intervals()
    taken: list[bool] = []
    for n in wanted:
        if n > 0:
            fitting = [at for at in range(len(taken) - n + 1) if not any(taken[at : at + n])]
            first = min(fitting, default=len(taken))
            assert places.take(n) == first
            taken += [False] * n if not fitting else []
            taken[first : first + n] = [True] * n
        elif any(taken):
            at = data.choice([at for at, is_taken in enumerate(taken) if is_taken])
            places.give_back(at)
            taken[at] = False
        assert places.top == len(taken)


@examples(1)
@given(case=programs(exact=True), block=st.integers(1, 4))
def test_a_batch_that_has_become_one_number_is_filled_with_it(case: Case, block: int) -> None:
    layout = layout_of(case.program)  # the user gets a batch
    assert_equal(case, run_words(simplify(case.program), case.numbers, block, layout))


def test_only_what_a_later_section_needs_is_kept_for_it() -> None:
    """sign(x)·Σ sign(x): the memory holds the inputs, the results, a 1 for the kernel, Σ sign(x), and sign(x)."""
    sign, total, result = (RULES["sign"], (6,), BATCH), (REDUCE, ((7, NONE, 1),), 0), (SUM, ((7, 8, 1),), BATCH)
    program = made(5, *columns(1), (RULES["floor"], (5,), BATCH), sign, total, result)
    program.outputs = [9]
    lowered = lower(program, layout_of(program))
    assert lowered.memory == 5 + BATCH + 1 + 1 + BATCH
    assert [name for name, _ in run(program)].count("V_STORE") == 2


@examples(1)
@given(
    pairs=st.lists(st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(-1, 1)] * 2), max_size=6),
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), max_size=6),
)
@example(pairs=[(0, 0, 0, 0), (1, 0, 0, 0), (2, 1, 0, 0)], steps=[])  # the last one is not the next
def test_tiles_stand_for_the_pairs_that_they_were_made_of(
    pairs: list[tuple[int, int, int, int]], steps: list[tuple[int, int, int]]
) -> None:
    """Some of the pairs go on regularly: after each, as many as a step says, at its distances."""
    long = []
    for number, (a, b, ia, ib) in enumerate(pairs):
        n, ja, jb = steps[number] if number < len(steps) else (0, 0, 0)
        long += [(a + j * ja, b + j * jb, ia, ib) for j in range(n + 1)]
    indices, strides = ([x for pair in long for x in pair[part]] for part in (slice(0, 2), slice(2, 4)))
    tiles = rows_py.tiles(indices, strides, 0, len(long))
    assert long == [(t.a + j * t.ja, t.b + j * t.jb, t.ia, t.ib) for t in tiles for j in range(t.terms)]
