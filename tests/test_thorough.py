"""A small ``make thorough``, and: does it notice?"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from pathlib import Path

import pytest

from autograd.engine.rules import RULES
from autograd.testing import Expression
from tests import accuracy
from tests.thorough import __main__ as command
from tests.thorough import orders, primitives, programs
from tests.thorough.engines import ENGINES, Engine, by_backward
from tests.thorough.smallest import smallest


def test_a_small_run_finds_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--points", "20", "--expressions", "400", "--record", str(tmp_path / "record"), "--seed", "3"]
    options += ["--orders", "0"]
    assert command.main(options) == 0
    printed = capsys.readouterr().out
    assert "0 wrong." in printed
    assert "400 random expressions" in printed
    assert all(f"\n{name:<14}" in printed for name in RULES)
    assert all(f"\n{engine.name:<14}" in printed for engine in ENGINES)


def test_a_run_goes_on_where_it_was_interrupted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record"
    options = ["--points", "2", "--expressions", "3", "--orders", "0", "--record", str(record)]
    assert command.main(options) == 0
    table = capsys.readouterr().out.partition("\n\n")[2]
    lines = record.read_text().splitlines()
    record.write_text("\n".join(lines[:20]) + "\n" + lines[20][:30])  # it was being written
    assert command.main(options) == 0
    again = capsys.readouterr().out
    assert f"19 of {len(lines) - 1} chunks are recorded" in again
    assert again.partition("\n\n")[2] == table
    assert command.main(["--report", *options]) == 0
    assert capsys.readouterr().out.partition("\n")[2] == table
    record.write_text("\n".join([json.dumps("another state of the code"), *lines[1:]]))
    assert command.main(options) == 0
    assert "are recorded" not in capsys.readouterr().out


def test_chunks_are_all_of_the_work_and_each_has_its_own_draws() -> None:
    work = command.chunks(25_000, 12_000, seed=1)
    assert len(set(work)) == len(work)
    assert {row: sum(c.count for c in work if c.row == row) for row in RULES} == dict.fromkeys(RULES, 25_000)
    assert sum(c.count for c in work if not c.row) == 12_000
    first, second = (random.Random(f"1 {start}") for start in (0, 5000))
    assert programs.random_expression(first) != programs.random_expression(second)


def broken(change):
    """backward(), with a fault."""

    def run(e: Expression):
        value, slopes = by_backward(e)
        return value, change(e, slopes)

    return [Engine("backward()", run, every=1, every_point=1)]


def test_an_error_of_a_few_ulps_in_a_primitive_is_found() -> None:
    faulty = broken(lambda e, slopes: [g * (1 + 6 * 2.0**-52) for g in slopes])
    found = primitives.check_row("sin", "seed", 0, 50, faulty)
    assert len(found.wrong) > 25
    assert found.wrong[0].what == "the derivative by x0"
    assert primitives.check_row("sin", "seed", 0, 50).wrong == []


def test_a_wrong_value_of_a_primitive_is_found() -> None:
    engine = Engine("off", lambda e: (math.nextafter(e.apply(*e.point), math.inf) * (1 + 5e-15), []), every_point=1)
    assert primitives.check_row("exp", "seed", 0, 20, [engine]).wrong


@pytest.mark.parametrize(
    "change",
    [
        lambda e, slopes: [-g for g in slopes],
        lambda e, slopes: [g * (1 + 1e-12) for g in slopes],
        lambda e, slopes: slopes[::-1],
        lambda e, slopes: [0.0 for _ in slopes],
        lambda e, slopes: [g + 1e-9 for g in slopes],
        lambda e, slopes: [math.nan for _ in slopes],
    ],
)
def test_a_wrong_gradient_of_an_expression_is_found(change) -> None:
    counts, drawn, wrong = programs.check_expressions("seed", 30, broken(change))
    assert wrong
    assert drawn["wrong"] == len({w.expression for w in wrong}) > 10
    assert counts["backward()"]["wrong"] == len(wrong)


def test_an_exception_is_wrong() -> None:
    def raises(e: Expression):
        raise ZeroDivisionError

    _, drawn, wrong = programs.check_expressions("seed", 3, [Engine("backward()", raises)])
    assert drawn["wrong"] == len(wrong) == 3
    assert primitives.check_row("sin", "seed", 0, 3, [Engine("backward()", raises, every_point=1)]).wrong


def test_a_wrong_one_ends_the_run_with_its_smallest_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    off = lambda e, slopes: [g * (1 + 1e-9 * any(name == "tanh" for name, _ in e.steps)) for g in slopes]  # noqa: E731
    for module in (command, programs, primitives):
        monkeypatch.setattr(module, "ENGINES", broken(off))
    monkeypatch.setattr(programs.check_expressions, "__defaults__", (broken(off),))
    assert (
        command.main(["--points", "0", "--expressions", "100", "--orders", "0", "--record", str(tmp_path / "record")])
        == 1
    )
    printed = capsys.readouterr().out
    assert "# backward(): the derivative by x0 is " in printed
    assert "from autograd import tanh\n\nx0 = 1.0\ny0 = tanh(x0)\nprint(y0)" in printed


def test_the_smallest_expression_is_small() -> None:
    draw = random.Random(1)
    uses_exp_twice = lambda e: [name for name, _ in e.steps].count("exp") > 1  # noqa: E731
    found = next(e for e in iter(lambda: programs.random_expression(draw), None) if uses_exp_twice(e))
    e = smallest(found, uses_exp_twice)
    assert [name for name, _ in e.steps].count("exp") == 2
    assert len(e.steps) <= 3
    assert e.point == (1.0,)


@pytest.mark.parametrize(
    ("e", "why"),
    [
        (Expression((2.0,), (("floor", (0,)),)), "not differentiable: f jumps"),
        (Expression((1e-300,), (("mul", (0, 0)), ("ratio", (1, 0)))), "beyond what floats hold"),
        (Expression((0.3,), (("mul", (0, 1)), ("floor", (2,))), (1e300,)), "not differentiable: f jumps"),
        (Expression((-1e300, 2.0), (("floordiv", (0, 1)),)), "not differentiable: f jumps"),
    ],
)
def test_what_has_no_truth_is_counted_apart(e: Expression, why: str) -> None:
    counts: Counter[str] = Counter()
    wrong: list[primitives.Wrong] = []
    assert programs.check(e, programs.Exactly(e), broken(lambda e, g: [12.0])[0], counts, wrong) == programs.UNKNOWN
    assert not wrong
    (reason,) = counts
    assert reason.startswith(why)


def test_a_second_derivative_may_be_beyond_floats_where_the_first_is_not() -> None:
    exactly = programs.Exactly(Expression((1e200,), (("sqrt", (0,)),)))
    assert programs.verdict(exactly, 2, 0, 0.0)[:2] == (programs.UNKNOWN, programs.BEYOND)
    assert programs.verdict(exactly, 1, 0, 0.0)[0] == programs.WRONG


def test_a_derivative_of_0_is_not_the_difference_that_is_seen() -> None:
    assert programs.verdict(programs.Exactly(Expression((0.0,), (("pow", (0, 1)),), (3,))), 1, 0, 0.0)[0] == "right"


def test_cancellation_is_given_its_room_and_no_more() -> None:
    e = Expression((1e-4,), (("cos", (0,)), ("sub", (1, 2)), ("div", (3, 0))), (1.0,))  # (1 - cos x) / x
    slope = programs.Exactly(e).glimpsed(1)[1][0]
    assert programs.verdict(programs.Exactly(e), 1, 0, float(slope) * (1 + 1e-9))[:2] == (
        programs.RIGHT,
        programs.CONDITIONED,
    )
    assert programs.verdict(programs.Exactly(e), 1, 0, float(slope) * (1 + 1e-5))[0] == programs.WRONG


def test_random_expressions_have_every_row_but_one_and_all_that_matters() -> None:
    draw = random.Random(5)
    drawn = [programs.random_expression(draw) for _ in range(2000)]
    assert {name for e in drawn for name, _ in e.steps} == set(programs.NAMES)
    assert sum(bool(e.constants) for e in drawn) > 250
    assert any(abs(x) > 1e100 for e in drawn for x in e.point)
    assert any(0 < abs(x) < 1e-100 for e in drawn for x in e.point)
    assert sum(len(set(o)) < len(o) for e in drawn for _, o in e.steps) > 100  # x * x
    assert sum(len(e.steps) >= 8 for e in drawn) > 300


@pytest.mark.parametrize("name", RULES)
def test_random_points_are_of_every_size(name: str) -> None:
    draw = accuracy.random_points(name, random.Random(2))
    found = [next(draw) for _ in range(300)]
    assert len(set(found)) > 250
    assert all(RULES[name].domain.contains(*x) for x in found)


def test_a_small_run_checks_derivatives_of_three_orders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--points", "0", "--expressions", "0", "--orders", "2", "--record", str(tmp_path / "record")]
    first = command.main(options)
    printed = capsys.readouterr().out
    assert command.main(options) == first  # from the record
    assert capsys.readouterr().out.partition("\n\n")[2] == printed.partition("\n\n")[2]
    assert all(f"\n{name:<17}" in printed for name in RULES)
    assert "order 3" in printed
    assert f"\n{'together':<17}{2 * len(RULES):>9,}" in printed


def test_a_wrong_derivative_of_second_order_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = orders.WAYS["forward"][0]

    def off(f, by):
        return lambda *xs: right(f, by)(*xs) * (1 + 1e-13 * (len(by) == 2))

    monkeypatch.setitem(orders.WAYS, "forward", (off, 1))
    found = orders.check_points([orders.Judge(RULES["exp"], (x,)) for x in (0.5, -2.0)], compiled=False)
    assert {(w.engine, w.operands, w.orders) for w in found.wrong} == {("forward", (x,), (2,)) for x in (0.5, -2.0)}
    monkeypatch.setattr(command, "RULES", {"exp": RULES["exp"]})
    options = ["--points", "0", "--expressions", "0", "--orders", "3", "--record", str(tmp_path / "record")]
    assert command.main(options) == 1
    assert "derivative by 2 times x0, forward: " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["exp", "sin", "mul", "sub", "neg", "log"])
def test_derivatives_of_three_orders_have_no_error_where_the_rules_are_simple(name: str) -> None:
    found = orders.check_row(name, "seed", 0, 200)
    assert not found.wrong
    assert min(found.right) > 100
    assert max(found.part) < 0.5


def test_every_way_gives_the_derivative_of_third_order() -> None:
    for way, _ in orders.WAYS.values():
        assert way(lambda a, b: a**3 * b**2, [0, 0, 1])(2.0, 3.0) == 72.0
        assert way(lambda x: x**4, [0, 0, 0])(2.0) == 48.0


def test_every_engine_gives_the_gradient_or_the_hessian() -> None:
    e = Expression((2.0, 3.0), (("mul", (0, 0)), ("mul", (2, 1))))
    for engine in ENGINES:
        value, slopes = engine.run(e)
        assert value in (None, 12.0)
        assert list(slopes) == ([12.0, 4.0] if engine.order == 1 else [6.0, 4.0, 4.0, 0.0]), engine.name
