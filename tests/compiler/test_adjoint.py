"""Derivatives of random programs, appended by reverse and by forward mode, against a forward mode written out here.

In exact programs all arithmetic is done with fractions, so that derivatives are equal, not nearly. What is
differentiated by are copies of inputs and of columns: numbers, and batches with a derivative for each sample.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import derivative, dot, grad, jit, log, sqrt, take, vjp, where
from autograd import sum as total
from autograd.compiler.passes.rewriting import renumbered
from autograd.compiler.passes.simplify import simplify
from autograd.compiler.passes.verify import verify
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    COPY,
    DATA,
    EQUAL,
    LANES,
    LESS,
    NONE,
    OWN,
    PICK,
    REDUCE,
    SELECT,
    SUM,
    TAKE,
    Program,
    values_in,
)
from autograd.compiler.record.adjoint import depending, pull_back, push_forward
from autograd.compiler.record.trace import Trace, Traced
from autograd.engine.rules import RULES, Rule
from tests.compiler.programs import COMPARISONS, Case, examples, programs, reference

HALF = Fraction(1, 2)
VALUES: dict[Any, Callable[..., Any]] = {
    RULES["abs"]: abs,
    RULES["relu"]: lambda x: max(x, Fraction(0)),
    RULES["sign"]: lambda x: Fraction((x > 0) - (x < 0)),
    RULES["floor"]: lambda x: Fraction(math.floor(x)),
    RULES["ceil"]: lambda x: Fraction(math.ceil(x)),
    RULES["trunc"]: lambda x: Fraction(math.trunc(x)),
    RULES["round"]: lambda x: Fraction(round(x)),
    RULES["maximum"]: max,
    RULES["minimum"]: min,
    RULES["leaky_relu"]: lambda a, b: a if a > 0 else a * b,
    RULES["ratio"]: lambda a, b: a / b,
    RULES["pow"]: lambda a, b: a ** int(b),
    LESS: lambda a, b: Fraction(a < b),
    COMPARISONS[1]: lambda a, b: Fraction(a <= b),
    EQUAL: lambda a, b: Fraction(a == b),
    SELECT: lambda c, a, b: a if c else b,
    TAKE: lambda index, *table: table[math.floor(index)],
}

# Partials by the first and by the second operand.
SLOPES: dict[str, tuple[Callable[..., Any], ...]] = {
    "abs": (lambda x: (x > 0) - (x < 0),),
    "relu": (lambda x: int(x > 0),),
    "sign": (lambda x: 0,),
    "floor": (lambda x: 0,),
    "ceil": (lambda x: 0,),
    "trunc": (lambda x: 0,),
    "round": (lambda x: 0,),
    "stop_gradient": (lambda x: 0,),
    "maximum": (lambda a, b: HALF if a == b else int(a > b), lambda a, b: HALF if a == b else int(a < b)),
    "minimum": (lambda a, b: HALF if a == b else int(a < b), lambda a, b: HALF if a == b else int(a > b)),
    "leaky_relu": (lambda a, b: 1 if a > 0 else b, lambda a, b: 0 if a > 0 else a),
    "ratio": (lambda a, b: 1 / b, lambda a, b: -a / b**2),
    "pow": (lambda a, b: b * a ** int(b - 1) if b else 0, lambda a, b: 0),
    "own_cube": (lambda x: 3 * x * x,),
    "own_minus": (lambda a, b: 1, lambda a, b: -1),
    "own_blend": (lambda a, b: b, lambda a, b: 2),
    "own_step": (lambda x: x if x > 1 else 0,),
}


def exactly(head: Any, operands: Sequence[Any]) -> Any:
    return VALUES[head](*operands)


def number(x: float) -> Any:
    """As a fraction. The NaN of a branch that is never taken, as of a tie's derivative, stays one."""
    return Fraction(x) if math.isfinite(x) else x


def values(program: Program, numbers: Sequence[float]) -> list[Any]:
    """Every value as a fraction."""
    return reference(program, [Fraction(x) for x in numbers], number, exactly)


def slopes(program: Program, known: Sequence[Any], tangents: dict[int, Any]) -> list[Any]:
    """The derivative of every value along the tangents of some of them: forward mode, sample by sample."""

    def at(v: int, s: int) -> Any:
        return known[v][s] if isinstance(known[v], list) else known[v]

    def moving(v: int, s: int) -> Any:
        return out[v][s] if isinstance(out[v], list) else out[v]

    out: list[Any] = [Fraction(0)] * program.inputs
    for value, (head, operands, batch) in enumerate(program.ops, start=program.inputs):
        if value in tangents:
            out.append(tangents[value])
            continue
        samples = batch or 1
        if head is REDUCE:
            samples = max(program.batch_of(x) for x in values_in(head, operands))
        result = []
        for s in range(samples):
            y = Fraction(0)
            if head in (SUM, REDUCE):
                for a, b, sign in operands:
                    y += sign * (moving(a, s) if b == NONE else moving(a, s) * at(b, s) + at(a, s) * moving(b, s))
            elif head is COPY:
                y = moving(operands[0], s)
            elif head is PICK:
                y = moving(*operands)
            elif head is LANES:
                y = moving(operands[s], 0)
            elif head is SELECT:
                y = moving(operands[1] if at(operands[0], s) else operands[2], s)
            elif head is TAKE:
                y = moving(operands[1:][math.floor(at(operands[0], s))], s)
            elif head is OWN or isinstance(head, Rule):
                rule, xs = (operands[1], operands[2:]) if head is OWN else (head, operands)
                for slope, x in zip(SLOPES[rule.name], xs):
                    y += slope(*[at(v, s) for v in xs]) * moving(x, s)
            result.append(y)
        out.append(sum(result, Fraction(0)) if head is REDUCE else result if batch else result[0])
    return out


def recorded(case: Case, seed: int) -> tuple[Trace, list[int], list[int], list[float]]:
    """The program on a trace, with copies in place of some of the inputs and sources; the copies, which don't depend on
    one another; the outputs; the numbers.
    """
    rng = random.Random(seed)
    program, numbers = case
    trace = Trace(program.inputs)
    leaves: list[int] = []
    new: list[int] = []
    depends: set[int] = set()
    for value in range(program.inputs):
        new.append(value)
        if rng.random() < 0.5:
            new[-1] = trace.copy(value)
            leaves.append(new[-1])
    for op in program.ops:
        if op[0] is CONSTANT:
            new.append(trace.constant(op[1][0]))
            continue
        op = renumbered(op, [*new, NONE])
        new.append(trace.append(*op))
        if not depends.isdisjoint(values_in(op[0], op[1])) or not set(leaves).isdisjoint(values_in(op[0], op[1])):
            depends.add(new[-1])
        elif op[0] in (COLUMN, DATA) and rng.random() < 0.5:
            new[-1] = trace.copy(new[-1])
            leaves.append(new[-1])
        elif op[0] is COPY:
            leaves.append(new[-1])
    return trace, leaves or [trace.copy(0)], [new[x] for x in program.outputs], list(numbers)


def spread(x: Any, batch: int) -> list[Any]:
    return x if isinstance(x, list) else [x] * (batch or 1)


def batched(program: Program, leaf: int, x: Any) -> Any:
    batch = program.batch_of(leaf)
    return [x] * batch if batch else x


def as_value(trace: Trace, x: Any) -> int:
    return trace.value(x)


cases = given(case=programs(exact=True), seed=st.integers(0, 2**16))


@examples(1)
@cases
def test_forward_mode_is_exact(case: Case, seed: int) -> None:
    trace, leaves, outputs, numbers = recorded(case, seed)
    tangents = {leaf: Fraction(random.Random(seed + leaf).choice((1, 0, -2, 3))) for leaf in leaves}
    end = len(trace)
    found = push_forward(trace, outputs, leaves, [float(tangents[leaf]) for leaf in leaves])
    places = [as_value(trace, x) for x in found]
    program = trace.finish(places)
    verify(program)
    expected = slopes(
        program, values(program, numbers), {leaf: batched(program, leaf, x) for leaf, x in tangents.items()}
    )
    known = values(program, numbers)
    for output, place in zip(outputs, places):
        assert output < end
        batch = program.batch_of(output)
        assert spread(known[place], batch) == spread(expected[output], batch), f"v{output}\n{program}"


@examples(1)
@cases
def test_reverse_mode_is_exact(case: Case, seed: int) -> None:
    """For each leaf and sample alone: the adjoint is the derivative of Σ seed · output by it."""
    trace, leaves, outputs, numbers = recorded(case, seed)
    seeds = [random.Random(seed + k).choice((1.0, -2.0, 3.0)) for k, _ in enumerate(outputs)]
    found = pull_back(trace, list(zip(outputs, seeds)), leaves)
    places = [as_value(trace, x) for x in found]
    program = trace.finish(places)
    verify(program)
    known = values(program, numbers)
    rng = random.Random(seed)
    for leaf, place in rng.sample(list(zip(leaves, places)), min(len(leaves), 3)):
        batch = program.batch_of(leaf)
        assert program.batch_of(place) in (0, batch), "the gradient has the shape of the leaf"
        s = rng.randrange(batch or 1)
        unit: Any = [Fraction(k == s) for k in range(batch)] if batch else Fraction(1)
        moved = slopes(
            program, known, {**{other: batched(program, other, Fraction(0)) for other in leaves}, leaf: unit}
        )
        expected = sum(
            Fraction(weight) * sum(spread(moved[output], program.batch_of(output)))
            for output, weight in zip(outputs, seeds)
        )
        assert spread(known[place], batch)[s] == expected, f"v{leaf}, sample {s}\n{program}"


@examples(4)
@cases
def test_derivatives_can_be_simplified(case: Case, seed: int) -> None:
    trace, leaves, outputs, numbers = recorded(case, seed)
    found = pull_back(trace, [(y, 1.0) for y in outputs], leaves)
    program = trace.finish([as_value(trace, x) for x in found])
    after = simplify(program)
    verify(after, recorded=False)
    known, after_known = values(program, numbers), values(after, numbers)
    for old, new in zip(program.outputs, after.outputs):
        batch = program.batch_of(old)
        assert spread(after_known[new], batch) == spread(known[old], batch)


@examples(4)
@cases
def test_what_was_recorded_stays(case: Case, seed: int) -> None:
    trace, leaves, outputs, _ = recorded(case, seed)
    before = list(trace.ops)
    pull_back(trace, [(y, 1.0) for y in outputs], leaves)
    push_forward(trace, outputs, leaves, [1.0] * len(leaves))
    assert trace.ops[: len(before)] == before


@examples(4)
@cases
def test_dependence_is_a_path_from_a_leaf(case: Case, seed: int) -> None:
    trace, leaves, _, _ = recorded(case, seed)
    start, marks = depending(trace, leaves, len(trace))
    depends = set(leaves)
    for value, (head, operands, _) in enumerate(trace.ops, start=trace.inputs):
        if any(x in depends for x in values_in(head, operands)):
            depends.add(value)
    assert {start + i for i, mark in enumerate(marks) if mark} == depends
    assert start + len(marks) == len(trace)


# --- What reverse mode is made of ---


def test_contributions_to_one_adjoint_are_one_sum() -> None:
    trace = Trace(9)
    x = trace.copy(0)
    products = [trace.product(x, k) for k in range(1, 9)]
    y = trace.sum([(p, NONE, 1) for p in products])
    (g,) = pull_back(trace, [(y, 1.0)], [x])
    head, terms, _ = trace.ops[g.index - trace.inputs]
    assert head is SUM
    assert len(terms) == 8


def test_the_gradient_of_a_uniform_number_is_a_reduction_over_the_batch() -> None:
    trace = Trace(6)
    w = trace.copy(0)
    column = trace.append(COLUMN, (1, 1), 5)
    loss = trace.append(REDUCE, ((trace.product(w, column), NONE, 1),), 0)
    (g,) = pull_back(trace, [(loss, 1.0)], [w])
    reductions = [operands for head, operands, _ in simplify(trace.finish([g.index])).ops if head is REDUCE]
    assert len(reductions) == 1


def test_a_sample_of_a_varying_leaf_has_a_derivative_of_its_own() -> None:
    trace = Trace(4)
    column = trace.append(COLUMN, (0, 1), 4)
    x = trace.copy(column)
    loss = trace.append(REDUCE, ((x, x, 1),), 0)
    (g,) = pull_back(trace, [(loss, 1.0)], [x])
    assert g.batch == 4
    assert values(trace.finish([g.index]), [1, 2, 3, 4])[g.index] == [2, 4, 6, 8]


def test_what_does_not_depend_on_the_leaf_has_derivative_0() -> None:
    trace = Trace(2)
    x = trace.copy(0)
    y = trace.product(1, 1)
    assert pull_back(trace, [(y, 1.0)], [x]) == [0.0]
    assert push_forward(trace, [y], [x], [1.0]) == [0.0]
    assert pull_back(trace, [], [x]) == [0.0]
    assert pull_back(trace, [(y, 1.0)], []) == []
    assert push_forward(trace, [y], [], []) == [0.0]


def test_what_one_number_and_batches_send_is_added_up() -> None:
    """w² + Σ w·x + Σ w·y, over batches of two sizes."""
    trace = Trace(6)
    w = trace.copy(0)
    x, y = trace.append(COLUMN, (1, 1), 3), trace.append(COLUMN, (4, 1), 2)
    totals = [trace.append(REDUCE, ((w, column, 1),), 0) for column in (x, y)]
    loss = trace.sum([(w, w, 1), *[(total, NONE, 1) for total in totals]])
    (g,) = pull_back(trace, [(loss, 1.0)], [w])
    program = trace.finish([g.index])
    verify(program)
    assert values(program, [5, 1, 2, 3, 10, 20])[g.index] == 2 * 5 + 6 + 30


def test_adjoints_are_named_after_what_has_a_name() -> None:
    for seeds, label in ((["E"], "∂E/∂w"), ([""], "∂y/∂w"), (["E", "F"], None)):
        trace = Trace(2)
        w, x = trace.copy(0), trace.copy(1)
        outputs = [trace.product(w, x) for _ in seeds]
        named = {0: "w", **{y: name for y, name in zip(outputs, seeds) if name}}
        trace.names.update(named)
        g, _ = pull_back(trace, [(y, 2.0) for y in outputs], [w, x])
        assert trace.names == {**named, **({g.index: label} if label else {})}


def test_what_a_choice_asks_has_derivative_0() -> None:
    trace = Trace(3)
    asked, a, b = trace.copy(0), trace.copy(1), trace.copy(2)
    for choice in (SELECT, TAKE):
        y = trace.call(choice, asked, a, b)
        assert pull_back(trace, [(y, 1.0)], [asked]) == [0.0]
        assert push_forward(trace, [y], [asked], [1.0]) == [0.0]


def test_two_choices_from_one_table_are_two() -> None:
    trace = Trace(4)
    a, b = trace.copy(2), trace.copy(3)
    three = trace.constant(3.0)
    y = trace.sum([(trace.call(TAKE, 0, a, b), NONE, 1), (trace.call(TAKE, 1, a, b), three, 1)])
    gradient = [trace.value(g) for g in pull_back(trace, [(y, 1.0)], [a, b])]
    known = reference(trace.finish(gradient), [0.0, 1.0, 5.0, 7.0])
    assert [known[g] for g in gradient] == [1.0, 3.0]


def test_a_leaf_is_its_own_output() -> None:
    trace = Trace(1)
    x = trace.copy(0)
    (g,) = pull_back(trace, [(x, 2.5)], [x])
    assert float(g if isinstance(g, float) else trace.known(g.index) or math.nan) == 2.5
    assert push_forward(trace, [x], [x], [2.5]) == [2.5]


@pytest.mark.parametrize("index", [-3, -2.5, -2, -0.5, 0, 0.5, 1, 2, 2.75])
def test_the_row_that_take_takes_has_the_derivative(index: float) -> None:
    trace = Trace(4)
    rows = [trace.copy(k) for k in range(3)]
    y = trace.call(TAKE, 3, *rows)
    gradient = [trace.value(g) for g in pull_back(trace, [(y, 5.0)], rows)]
    slopes_of = [trace.value(push_forward(trace, [y], rows, [float(k == j) for k in range(3)])[0]) for j in range(3)]
    known = reference(trace.finish(gradient), [1.0, 2.0, 3.0, index])
    expected = [float(k == math.floor(index) % 3) for k in range(3)]
    assert [known[g] for g in gradient] == [5.0 * x for x in expected]
    assert [known[x] for x in slopes_of] == expected


def test_an_infinite_partial_with_no_way_to_it_does_no_harm() -> None:
    """A branch that is not taken has derivative 0, even if the slope there is infinite."""
    trace = Trace(1)
    x = trace.copy(0)
    root = trace.call(RULES["sqrt"], x)
    zero = trace.constant(0.0)
    y = trace.call(SELECT, trace.call(LESS, zero, x), root, zero)
    (slope,) = push_forward(trace, [y], [x], [1.0])
    program = trace.finish([slope.index])
    assert reference(program, [0.0])[slope.index] == 0.0
    assert reference(program, [4.0])[slope.index] == 0.25


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_fifty_thousand_instructions_are_differentiated_without_recursion(mode: str) -> None:
    trace = Trace(1)
    x = trace.copy(0)
    y = x
    for k in range(50_000):
        y = trace.call(RULES["sin"], y) if k % 2 else trace.sum([(y, NONE, 1), (x, NONE, -1)])
    if mode == "reverse":
        (g,) = pull_back(trace, [(y, 1.0)], [x])
    else:
        (g,) = push_forward(trace, [y], [x], [1.0])
    assert isinstance(g, Traced)
    assert len(trace) < 300_000


@pytest.mark.parametrize(
    "f",
    [
        lambda x: where(x > 0, x * log(x), 0.0),
        lambda x: where(x > 0, x * (1 / x), 0.0),
        lambda x: where(x > 0, (log(x) + 1) * x, 5 * x),
        lambda x: where(x > 0, sqrt(x), 0.0),
        lambda x: where(x > 0, 3 - x * log(x), 0.0),
        lambda x: where(x > 0, x * log(x), 0.0) - where(x > 0.25, 3 * (x * log(x)), 0.0),
    ],
)
def test_a_branch_that_was_not_taken_sends_no_nan(f):
    verify(jit(grad(f)).lower(0.0).program, recorded=False)
    assert math.isfinite(jit(grad(f))(0.0))
    assert jit(grad(f))(0.5) == pytest.approx(derivative(f)(0.5), rel=1e-14)


def test_a_value_that_two_choices_use_counts_where_either_is_taken() -> None:
    def f(x):
        u = x * log(x)
        return where(x > 0, u, 0.0) - where(x > 1, 3 * u, 0.0)

    compiled = jit(grad(f))
    verify(compiled.lower(0.0).program, recorded=False)
    for x, factor in ((0.5, 1.0), (2.0, -2.0)):
        assert compiled(x) == pytest.approx(factor * (math.log(x) + 1), rel=1e-14)
    assert compiled(0.0) == 0.0


def test_a_value_that_both_branches_use_needs_no_guard() -> None:
    def f(x):
        u = x * log(x)
        return where(x > 0, 2 * u, u * u)

    program = jit(grad(f)).lower(2.0)
    assert program.counts()["less"] == 1  # x > 0

    def g(x):
        u = x * log(x)
        return take([2 * u, u * u, u / 3], x)

    assert jit(grad(g)).lower(2.0).counts()["less"] == 1  # an index below 0


@pytest.mark.parametrize("seed", [0.0, 1.0, -1.0, 2.5])
def test_any_number_may_be_pulled_back(seed: float) -> None:
    assert jit(lambda x: vjp(lambda x: x * x, x)[1](seed)[0])(3.0) == 6 * seed


def test_long_sums_and_dots_are_one_instruction() -> None:
    numbers = [1.0, 2.0, 3.0, 4.0, 5.0]
    for f, expected in ((lambda xs: total(xs), 15.0), (lambda xs: dot(xs, xs[::-1]), 35.0)):
        program = jit(f).stages(numbers)["trace"]
        verify(program)
        assert program.counts() == {"sum": 1, "terms": 5}
        assert jit(f)(numbers) == expected


def test_sums_and_dots_of_arrays_go_element_by_element() -> None:
    np = pytest.importorskip("numpy")
    a = np.array([1.0, 2.0])
    assert jit(lambda x: total([x, a, x]))(10.0).tolist() == [21.0, 22.0]
    assert jit(lambda x: dot([x, 3.0], [a, a]))(10.0).tolist() == [13.0, 26.0]
