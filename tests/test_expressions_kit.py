"""Expressions as data: they are drawn inside their domain, and are one program on every kind of number."""

from __future__ import annotations

import math
import random
import sys

import mpmath
import pytest
import sympy
from hypothesis import HealthCheck, Phase, example, find, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.engine.rules import RULES
from autograd.errors import MissingDependency
from autograd.testing import Expression, expressions
from autograd.testing.expression import OPERATORS, literal, pruned
from autograd.testing.judge.trials.exact import Exact, exact
from autograd.testing.several import OF_SEVERAL, ROWS, counts
from autograd.testing.strategies import drawn

FEW = settings(max_examples=100, deadline=None)


def floats_of(e: Expression) -> list[float]:
    return list(map(float, e.slots(*e.point)))


def executed(e: Expression, capsys: pytest.CaptureFixture[str]) -> float:
    exec(str(e), {})
    return float(capsys.readouterr().out)


@FEW
@given(expressions())
def test_expressions_are_inside_their_domain(e: Expression) -> None:
    numbers = floats_of(e)
    assert all(map(math.isfinite, numbers))
    for name, operands in e.steps:
        assert ROWS[name].domain.contains(*(numbers[i] for i in operands))
        assert len(operands) in counts(name, ROWS[name])


@FEW
@given(expressions())
def test_values_compute_what_floats_do(e: Expression) -> None:
    leaves = list(map(Value, e.point))
    assert float(e.apply(*leaves)) == e.apply(*e.point)


@FEW
@given(expressions())
def test_the_gradient_of_values_is_within_the_bounds_of_the_exact_one(e: Expression) -> None:
    truth = exact(e)
    if truth is None:
        return
    leaves = list(map(Value, e.point))
    y = e.apply(*leaves)
    y.backward()
    assert abs(y.data - truth.value) <= truth.value_bound
    for leaf, wanted, bound in zip(leaves, truth.gradient, truth.gradient_bounds):
        assert abs(leaf.grad - wanted) <= bound


@FEW
@given(expressions(max_size=5))
def test_mpmath_numbers_give_the_exact_value(e: Expression) -> None:
    truth = exact(e)
    if truth is None:
        return
    with mpmath.workdps(60):
        y = e.apply(*map(mpmath.mpf, e.point))
        assert abs(y - truth.value) <= abs(truth.value) * mpmath.mpf(10) ** -40 + mpmath.mpf(10) ** -320


@FEW
@given(e=expressions())
def test_the_printed_program_gives_the_same_number(e: Expression) -> None:
    printed: list[float] = []
    exec(str(e), {"print": printed.append})
    assert printed == [e.apply(*e.point)]


@FEW
@given(expressions())
def test_repr_is_the_expression(e: Expression) -> None:
    assert eval(repr(e), {"Expression": Expression}) == e
    assert hash(e) == hash(eval(repr(e), {"Expression": Expression}))


@FEW
@given(expressions())
def test_nothing_in_an_expression_is_idle(e: Expression) -> None:
    assert pruned(e) == e
    assert len(e.point) >= 1


def test_expressions_run_on_symbols() -> None:
    x, y = sympy.symbols("x y", positive=True)
    e = Expression((2.0, 3.0), (("mul", (0, 1)), ("exp", (2,)), ("add", (3, 0))))
    assert e.apply(x, y) == sympy.exp(x * y) + x


def test_expressions_run_on_an_engine_given_as_a_mapping() -> None:
    e = Expression((2.0,), (("mul", (0, 0)), ("neg", (1,))), ())
    assert e.apply("x", engine={"mul": "({} {})".format, "neg": "-{}".format}) == "-(x x)"


def test_a_wrong_number_of_leaves_is_an_error() -> None:
    with pytest.raises(TypeError, match="1 leaves, not 2"):
        Expression((2.0,), ()).apply(1.0, 2.0)


def test_primitives_without_a_public_function_print_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    e = Expression((0.5,), (("sech", (0,)), ("tanh", (1,))))
    assert executed(e, capsys) == e.apply(0.5)


def test_negative_constants_keep_their_sign_in_a_power(capsys: pytest.CaptureFixture[str]) -> None:
    e = Expression((2.0,), (("pow", (1, 0)),), (-3.0,))
    assert "(-3.0) ** x0" in str(e)
    assert executed(e, capsys) == 9.0


def test_numbers_that_are_not_finite_have_a_literal() -> None:
    assert eval(literal(-math.inf)) == -math.inf
    assert math.isnan(eval(literal(math.nan)))


@pytest.mark.parametrize(
    "property_",
    [
        lambda e: len({i for _, operands in e.steps for i in operands}) < sum(len(o) for _, o in e.steps),  # shared
        lambda e: any(len(o) == 2 and o[0] == o[1] for _, o in e.steps),  # an operand twice
        lambda e: any(isinstance(c, int) for c in e.constants),
        lambda e: any(abs(x) < 1e-100 for x in e.point),
        lambda e: any(abs(x) > 1e100 for x in e.point),
        lambda e: any(0 < abs(abs(x) - 1) < 1e-8 for x in e.point),
        lambda e: len(set(e.point)) < len(e.point),  # equal leaves
        lambda e: len(e.steps) == 10,
        lambda e: len(e.point) == 4,
        lambda e: any(e.kinds(o).startswith("c") for _, o in e.steps),  # 2 - x
    ],
)
def test_every_kind_of_expression_is_drawn(property_) -> None:
    phases = [Phase.generate]
    once = settings(max_examples=3000, database=None, deadline=None, phases=phases)
    find(expressions(), property_, settings=once, random=random.Random(1))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_only_what_was_asked_for_is_drawn(data: st.DataObject) -> None:
    e = data.draw(expressions(ops=["mul", "sin"], max_size=3))
    assert {name for name, _ in e.steps} <= {"mul", "sin"}
    assert len(e.steps) <= 3


def wrong_tanh(x: float) -> float:
    return math.tanh(x) + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_fault_shrinks_to_one_step(seed: int) -> None:
    functions = {**ROWS, "tanh": lambda x: wrong_tanh(float(x))}
    found = find(
        expressions(),
        lambda e: e.apply(*e.point, engine=functions) != e.apply(*e.point),
        settings=settings(max_examples=3000, database=None, deadline=None),
        random=random.Random(seed),
    )
    assert found == Expression((1.0,), (("tanh", (0,)),))


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_a_planted_fault_in_a_function_of_several_numbers_shrinks_to_few_steps(name: str) -> None:
    functions = {**ROWS, name: lambda *xs: 1.0 + ROWS[name](*xs)}
    found = find(
        expressions(),
        lambda e: e.apply(*e.point, engine=functions) != e.apply(*e.point),
        settings=settings(max_examples=3000, database=None, deadline=None, phases=[Phase.generate, Phase.shrink]),
        random=random.Random(1),
    )
    assert name in {step for step, _ in found.steps}
    assert len(found.steps) <= 5
    assert all(x == round(x) and abs(x) <= 3 for x in (*found.point, *found.constants))


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_partials_of_functions_of_several_numbers_are_differences(name: str) -> None:
    draw = random.Random(name)
    for size in counts(name, ROWS[name]):
        a, b, *rest = xs_sorted = sorted(draw.uniform(-3.0, 3.0) for _ in range(max(size, 3)))
        inside_below_above = [[b, a, *rest], [a, b, *rest], [*rest, a, b]]
        for xs in inside_below_above if name == "clip" else (xs_sorted[:size], xs_sorted[size - 1 :: -1]):
            with mpmath.workdps(60):
                at, h = list(map(mpmath.mpf, xs)), mpmath.mpf(10) ** -20
                y = ROWS[name](*at)
                for i, partial in zip(range(size), ROWS[name].partials):
                    ends = [ROWS[name](*(x + s * h if k == i else x for k, x in enumerate(at))) for s in (1, -1)]
                    assert abs(partial(*at, y) - (ends[0] - ends[1]) / (2 * h)) < 1e-15
            floats = [partial(*xs, ROWS[name](*xs)) for _, partial in zip(xs, ROWS[name].partials)]
            assert floats == pytest.approx([float(p(*at, y)) for _, p in zip(xs, ROWS[name].partials)], rel=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_use_of_shared_numbers_shrinks_to_two_steps(seed: int) -> None:
    def uses_a_result_twice(e: Expression) -> bool:
        operands = [i for _, o in e.steps for i in o]
        return any(operands.count(i) > 1 for i in range(len(e.point) + len(e.constants), len(e.slots(*e.point))))

    found = find(
        expressions(ops=["add", "mul"]),
        uses_a_result_twice,
        settings=settings(max_examples=2000, database=None, deadline=None),
        random=random.Random(seed),
    )
    assert len(found.steps) == 2
    assert found.point == (1.0,)


def test_drawing_is_quiet_and_replays_from_a_database() -> None:
    from hypothesis.database import InMemoryExampleDatabase

    database = InMemoryExampleDatabase()
    seen: list[Expression] = []

    @settings(database=database, max_examples=300, deadline=None, phases=[Phase.reuse, Phase.generate, Phase.shrink])
    @given(expressions())
    def fails_on_exp(e: Expression) -> None:
        seen.append(e)
        assert all(name != "exp" for name, _ in e.steps)

    with pytest.raises(AssertionError):
        fails_on_exp()
    smallest = seen[-1]
    seen.clear()
    with pytest.raises(AssertionError):
        fails_on_exp()
    assert seen[0] == smallest


@settings(max_examples=200, suppress_health_check=[], deadline=None)
@given(expressions(max_size=20))
@example(Expression((1.0,), ()))
def test_health_checks_have_nothing_to_say(e: Expression) -> None:
    assert HealthCheck
    assert e.apply(*e.point) == e.slots(*e.point)[-1]


def test_drawing_says_nothing_when_its_source_is_edited_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    import inspect

    first = drawn({"add": RULES["add"]}, 2)
    monkeypatch.setattr(inspect, "getsource", lambda f: "def other(draw): pass")  # Hypothesis looks for draw() in it
    second = drawn({"add": RULES["add"]}, 2)
    assert repr(first) == "expression(of add, max_size=2)"
    find(second, lambda e: bool(e.steps), settings=settings(database=None))  # warnings are errors here


def test_a_primitive_of_ones_own_is_drawn_and_printed() -> None:
    @autograd.primitive(partials=(lambda x, y: 2 * x,))
    def kit_square(x):
        return x * x

    try:
        e = find(expressions(ops=["kit_square"]), lambda e: e.steps, settings=settings(database=None))
        assert e.apply(3.0) == 9.0
        printed: list[float] = []
        exec(str(e), {"print": printed.append})
        assert printed == [e.apply(*e.point)]
    finally:
        del RULES["kit_square"]


def test_a_name_that_is_no_primitive_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such primitive: 'tahn'"):
        expressions(ops=["tahn"])


def test_a_size_below_one_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        expressions(max_size=0)


@pytest.mark.parametrize(
    ("library", "call"),
    [("hypothesis", lambda: expressions()), ("mpmath", lambda: Exact(Expression((1.0,), ())))],
)
def test_a_missing_library_names_the_cure(library: str, call, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.testing.judge.trials.exact import context

    context.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependency, match=f"pip install {library}"):
        call()
    context.cache_clear()


# --- The exact gradient ---


def test_an_expression_with_numbers_below_every_float_is_not_judged() -> None:
    e = Expression((1.0, 37.0), (("erfc", (1,)), ("sinc", (2,)), ("add", (3, 0))))
    assert exact(e) is None
    assert exact(Expression((0.0, 2.0), (("mul", (0, 1)),))) is not None  # but for those that are 0


def test_the_exact_gradient_has_50_digits() -> None:
    truth = Exact(Expression((2.0,), (("exp", (0,)), ("mul", (1, 0)))))
    with mpmath.workdps(60):
        assert abs(truth.gradient[0] - 3 * mpmath.exp(2)) < mpmath.mpf(10) ** -50


def test_cancellation_widens_the_bounds_and_a_good_condition_narrows_them() -> None:
    good = Exact(Expression((3.0, 2.0), (("mul", (0, 1)),)))
    # 1/(1 + 1e-7 - 1)²: the difference has lost seven digits
    bad = Exact(Expression((1.0 + 1e-7,), (("exp", (0,)), ("sub", (2, 1)), ("log", (3,))), (math.e,)))
    assert good.gradient_bounds[0] < 1e-13
    assert bad.gradient_bounds[0] / abs(float(bad.gradient[0])) > 1e-10


def test_an_expression_that_floats_cannot_hold_has_no_exact_gradient() -> None:
    assert exact(Expression((1e200,), (("mul", (0, 0)),))) is None
    assert exact(Expression((1e300,), (("gelu", (0,)),))) is None


def test_constants_alone_make_no_step() -> None:
    strategy = drawn({"add": RULES["add"]}, 3, lambda name, kinds: "c" in kinds)
    e = find(strategy, lambda e: bool(e.steps), settings=settings(database=None, deadline=None, max_examples=2000))
    assert "c" in e.kinds(e.steps[0][1])
    assert "x" in e.kinds(e.steps[0][1])
    assert e.apply(*e.point, engine=OPERATORS) is not None
