"""The engine check finds each fault that it looks for, holds right engines to be right, and survives all of them."""

from __future__ import annotations

import math
import os
import random
import time
from dataclasses import replace

import pytest

from autograd import Value
from autograd.testing import Report, check_engine
from autograd.testing.expression import Expression
from autograd.testing.judge.properties import scale
from autograd.testing.judge.properties.table import PROPERTIES
from autograd.testing.judge.running import run as running
from autograd.testing.judge.subject.engines import Engine
from autograd.testing.judge.subject.spelling import Spelling
from autograd.testing.judge.trials.search import THOROUGH, Search
from autograd.testing.judge.trials.transcript import Transcript
from autograd.testing.judge.trials.trial import Trial
from autograd.testing.judge.trials.variants import variant
from tests.toy_engines import EVERYTHING, FAULTS, Closures, Resets, Right, Taped, planted, tanh_from_x


def quick(cls, *only: str, **options) -> Report:
    return check_engine(cls, effort="quick", isolate=False, only=only or None, **options)


SMALL = [p.name for p in PROPERTIES if p.name not in ("deep chains", "time is linear")]
OF_BACKWARD = [p.name for p in PROPERTIES[13:] if p.name not in ("random expressions", "diamonds")]


@pytest.mark.parametrize(("cls", "names"), [(Right, []), (Resets, OF_BACKWARD), (Closures, OF_BACKWARD)])
def test_right_engines_hold_every_property(cls, names: list[str]) -> None:
    report = quick(cls, *names)
    assert not report.failures, str(report)
    assert {row.status for row in report.rows} <= {"passed", "not supported"}


def test_a_right_engine_with_a_tape_is_right_and_slow() -> None:
    report = quick(Taped, *(name for name in SMALL if name in OF_BACKWARD))
    assert not report.failures, str(report)


def test_a_second_backward_pass_may_double_or_reset() -> None:
    assert "double" in quick(Right, "second backward").rows[0].message
    assert "afresh" in quick(Resets, "second backward").rows[0].message


def test_ties_of_maximum_are_shared() -> None:
    (row,) = check_engine("autograd:Value", only=["kinks"], isolate=False).rows
    assert "maximum, minimum" in row.message
    greedy = f"{__name__}:greedy_maximum"
    (row,) = quick(Right, "kinks", names={"maximum": greedy, "relu": "", "abs": ""}).rows
    assert row.status == "failed"
    assert "together they should be 1" in row.message


def greedy_maximum(a, b):
    return a.new(max(a.data, b.data), (a, float(a.data >= b.data)), (b, float(b.data >= a.data)))


def test_our_own_engine_holds_every_property() -> None:
    report = check_engine("autograd:Value", effort="quick")
    assert [row.status for row in report.rows] == ["passed"] * len(PROPERTIES), str(report)
    assert report.exit_code == 0


def test_the_faults_of_micrograd_are_found() -> None:
    micrograd = pytest.importorskip("micrograd.engine")
    report = check_engine(micrograd.Value, effort="quick")
    wrong = {row.name for row in report.failures}
    assert wrong == {"second backward", "two outputs", "data changed in between", "deep chains", "numeric edges"}
    rows = {row.name: row for row in report.rows}
    assert "2 ** x" in rows["numbers on the left"].message
    assert rows["values as exponents"].status == "not supported"


@pytest.mark.parametrize("property_", FAULTS)
def test_each_property_fails_for_an_engine_with_that_fault(property_: str) -> None:
    report = quick(planted(**FAULTS[property_]), property_, strict=True)
    EVERYTHING.clear()
    assert report.rows[0].status == "failed", str(report)
    assert report.rows[0].message
    assert "Wrong" in report.rows[0].script or "x0" in report.rows[0].script
    assert report.exit_code == 1


def test_every_property_but_the_one_about_time_has_its_fault() -> None:
    assert {p.name for p in PROPERTIES} - set(FAULTS) == {"time is linear"}


class Clock:
    """A clock that stands still but for what an engine asks it to spend, times what other programs add to that."""

    def __init__(self, noise=lambda: 1.0) -> None:
        self.noise, self.now = noise, 0.0

    def __call__(self) -> float:
        return self.now

    def spend(self, seconds: float) -> None:
        self.now += seconds * self.noise()


def takes(clock: Clock, seconds):
    """An engine, of sums only, whose backward pass takes so long, as a function of the number of nodes."""

    class Counted:
        def __init__(self, data, count=1):
            self.data, self.grad, self.count = data, 0.0, count

        def __add__(self, other):
            return Counted(self.data, self.count + (0 if other is self else other.count) + 1)

        def backward(self):
            self.grad = 1.0
            clock.spend(seconds(self.count))

    return Counted


def timed(monkeypatch: pytest.MonkeyPatch, seconds, noise=lambda: 1.0) -> str:
    clock = Clock(noise)
    monkeypatch.setattr(scale, "clock", clock)
    return quick(takes(clock, seconds), "time is linear").rows[0].status


TIMES = [
    (lambda n: 1e-6 * n, "passed"),
    (lambda n: 1e-3 + 1e-6 * n, "passed"),
    (lambda n: 2e-7 * n * math.log2(n + 1), "passed"),
    (lambda n: 1e-6 * n if n < 2000 else 2e-6 * n, "passed"),  # out of the cache
    (lambda n: 1e-6 * n + 1e-9 * n * n, "slow"),
    (lambda n: 1e-6 * n + 2e-8 * n * n, "slow"),
    (lambda n: 5e-3 + 1e-8 * n * n, "slow"),
    (lambda n: 1e-9 * n**3, "slow"),
]


@pytest.mark.parametrize(("seconds", "status"), TIMES)
def test_a_loaded_machine_blames_no_linear_engine_and_hides_no_quadratic_one(
    seconds, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (seconds, status) in (TIMES[0], TIMES[-1]):
        assert timed(monkeypatch, seconds) == status
    draw = random.Random(1)
    noise = lambda: draw.choice((1.0, 1.1, 1.5, 3.0, 10.0))  # noqa: E731
    assert timed(monkeypatch, seconds, noise) == status


def test_a_search_along_every_path_is_slow() -> None:
    def every_path(self):
        self.grad += 1.0

        def pull(node, grad):
            for operand, partial in node.operands:
                operand.grad += grad * partial
                pull(operand, grad * partial)

        pull(self, 1.0)

    report = quick(planted(backward=every_path), "time is linear")
    assert report.rows[0].status == "slow"
    assert "doubles the time" in report.rows[0].message
    assert report.exit_code == 0


def test_a_search_through_a_list_is_slow() -> None:
    def order(self):
        order, stack = [], [(self, False)]
        seen = []
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.append(id(node))
                stack.append((node, True))
                stack += [(operand, False) for operand, _ in node.operands]
        return order[::-1]

    deep, time = quick(planted(order=order), "time is linear", "deep chains").rows
    assert deep.status == "slow" or "too long" in deep.message
    assert time.status == "slow"
    assert "search through a list" in time.message


def test_a_wrong_partial_shrinks_to_one_step() -> None:
    (row,) = quick(planted(tanh=tanh_from_x), "random expressions").rows
    steps = [line for line in row.script.splitlines() if line.startswith("y") and " = " in line]
    assert steps == ["y0 = x0.tanh()"]


def test_several_wrong_primitives_are_all_named() -> None:
    (row,) = quick(
        planted(tanh=tanh_from_x, relu=lambda self: self.new(self.data, (self, 1.0))), "partial derivatives"
    ).rows
    assert "wrong in tanh, relu" in row.message or "wrong in relu, tanh" in row.message
    assert "tanh()" in row.script
    assert "relu()" in row.script


def test_what_is_not_there_is_not_supported() -> None:
    class Bare:
        def __init__(self, data):
            self.data, self.grad = data, 0.0

        def backward(self):
            self.grad = 1.0

    report = quick(Bare)
    assert report.exit_code == 0, str(report)
    rows = {row.name: row.status for row in report.rows}
    assert rows["backward on a leaf"] == "passed"
    assert rows["product rule"] == "not supported"
    assert rows["deep chains"] == "not supported"


def test_an_unwritten_function_is_not_wrong() -> None:
    def exp(self):
        raise NotImplementedError

    (row,) = quick(planted(exp=exp), "partial derivatives").rows
    assert row.status == "passed"
    assert "exp" not in row.message


def test_a_function_that_raises_is_wrong() -> None:
    (row,) = quick(planted(exp=lambda self: self.nothing), "partial derivatives").rows
    assert row.status == "failed"
    assert "AttributeError" in row.message
    assert "# raises AttributeError" in row.script


def test_an_engine_that_is_unlike_itself_is_caught_too() -> None:
    calls = []

    def sometimes(self):
        calls.append(1)
        return self.new(math.tanh(self.data), (self, 7.0 if len(calls) % 3 else 1 - math.tanh(self.data) ** 2))

    (row,) = quick(planted(tanh=sometimes), "random expressions").rows
    assert row.status == "failed"


def test_a_refused_second_pass_is_not_supported() -> None:
    def once(self):
        if getattr(self, "used", False):
            raise RuntimeError("the graph is freed")
        Right.backward(self)
        for node in self.order():
            node.used = bool(node.operands)

    report = quick(planted(backward=once), "second backward", "two outputs")
    assert report.rows[0].status == "not supported"
    assert "refused" in report.rows[0].message


def test_a_refused_change_of_data_passes() -> None:
    def careful(self):
        if any(getattr(node, "made_from", node.data) != node.data for node in self.order()):
            raise RuntimeError("changed in place")
        Right.backward(self)

    def init(self, data, operands=()):
        Right.__init__(self, data, operands)
        self.made_from = data

    (row,) = quick(planted(__init__=init, backward=careful), "data changed in between").rows
    assert row.status == "passed"
    assert "refuses" in row.message


def test_numbers_that_cannot_be_assigned_are_not_supported() -> None:
    class Frozen(Right):
        def __init__(self, data, operands=()):
            self.__dict__.update(data=data, grad=0.0, operands=operands)

        def __setattr__(self, name, value):
            if name == "data" or (value == 0.0 and not self.operands):
                raise AttributeError("read-only")
            self.__dict__[name] = value

    report = quick(Frozen, "data changed in between", "two outputs")
    assert [row.status for row in report.rows] == ["not supported"] * 2, str(report)


# --- Names ---


class Spelled:
    """Other names for the same."""

    def __init__(self, v):
        self.value, self.d, self.uses = v, None, ()

    def plus(self, other):
        y = Spelled(self.value + other.value)
        y.uses = ((self, 1.0), (other, 1.0))
        return y

    def sigm(self):
        s = 1 / (1 + math.exp(-self.value))
        y = Spelled(s)
        y.uses = ((self, s * (1 - s)),)
        return y

    def go(self):
        self.push(1.0)

    def push(self, d):
        self.d = (self.d or 0.0) + d
        for operand, partial in self.uses:
            operand.push(d * partial)


def tanh(v):
    """A function of this module."""
    y = Spelled(math.tanh(v.value))
    y.uses = ((v, 1 - math.tanh(v.value) ** 2),)
    return y


SPELLING = {"data": "value", "grad": "d", "backward": "go"}


def test_other_names_can_be_given() -> None:
    names = {"add": "plus", "sigmoid": "sigm"}
    report = quick(Spelled, "partial derivatives", "diamonds", "chain rule", names=names, **SPELLING)
    assert [row.status for row in report.rows] == ["passed"] * 3, str(report)
    assert report.rows[0].message == "add, tanh, sigmoid"


def test_functions_of_the_module_are_found_and_spelled() -> None:
    engine = Engine(Spelled, Spelling(**SPELLING))
    assert engine.templates["tanh"] == "tanh({0})"
    assert "exp" not in engine.functions  # math has one, this module hasn't
    t = Transcript(engine)
    t.apply("tanh", t.leaf(0.5))
    assert f"from {__name__} import tanh" in t.script


def test_a_callable_may_stand_for_a_primitive() -> None:
    names = {"neg": lambda v: v * -1.0, "sigmoid": ""}
    engine = Engine(Right, Spelling(names))
    assert "sigmoid" not in engine.functions
    t = Transcript(engine)
    t.apply("neg", t.leaf(2.0))
    assert "neg = ...  # the function that you gave for it" in t.script


def test_a_function_elsewhere_may_stand_for_a_primitive() -> None:
    engine = Engine(Value, Spelling({"exp": "autograd.functions:exp", "maximum": "autograd:maximum"}))
    assert engine.functions["exp"](engine.leaf(0.0)).data == 1.0
    with pytest.raises(ValueError, match="there is no 'exq'"):
        Engine(Value, Spelling({"exp": "autograd.functions:exq"}))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"names": {"exq": "exp"}}, "no such primitive: 'exq'"),
        ({"names": {"exp": "exq"}}, "has no method 'exq'"),
        ({"backward": "back"}, "has no method 'back'"),
        ({"effort": "huge"}, "no such effort: 'huge'"),
        ({"only": ["sun rule"]}, "no such property: sun rule"),
    ],
)
def test_bad_usage_is_an_error_that_says_what_there_is(options, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_engine(Right, isolate=False, **options)


def test_a_wrong_attribute_is_an_error_that_proposes_the_right_one() -> None:
    with pytest.raises(ValueError, match="write --data data"):
        quick(Right, data="value")
    with pytest.raises(ValueError, match="write --grad grad"):
        quick(Right, grad="gradient")


def test_gradients_may_be_numbers_of_the_engine() -> None:
    class Higher(Right):
        def backward(self):
            Right.backward(self)
            for node in self.order():
                node.grad_value = Higher(node.grad)

    report = quick(Higher, "diamonds", grad="grad_value")
    assert report.rows[0].status in ("passed", "failed")
    engine = Engine(Higher, Spelling(grad="grad_value"))
    x = engine.leaf(3.0)
    engine.run_backward(x)
    assert engine.gradient(x) == 1.0


def test_numbers_behind_methods_are_read() -> None:
    class Asks(Right):
        def number(self):
            return self.data

    assert Engine(Asks, Spelling(data="number")).number(Asks(2.0)) == 2.0


def test_a_result_that_is_no_number_fails() -> None:
    (row,) = quick(planted(tanh=lambda self: self.new(1j)), "partial derivatives").rows
    assert "not a real number" in row.message
    (row,) = quick(planted(tanh=lambda self: math.tanh(self.data)), "partial derivatives").rows
    assert "is not there" in row.message


@pytest.mark.parametrize("slope", [0.01, 0.2])
def test_the_slope_of_a_leaky_relu_is_the_engines_own(slope: float) -> None:
    def leaky(self, alpha=slope):
        return self.new(self.data if self.data > 0 else alpha * self.data, (self, 1.0 if self.data > 0 else alpha))

    (row,) = quick(planted(leaky_relu=leaky), "partial derivatives").rows
    assert row.status == "passed", row.message
    assert "leaky_relu" in row.message


def test_both_gelus_are_right() -> None:
    c = math.sqrt(2 / math.pi)

    def by_tanh(self):
        x = self.data
        u = c * (x + 0.044715 * x**3)
        slope = (1 + math.tanh(u)) / 2 + x / 2 * (1 - math.tanh(u) ** 2) * c * (1 + 3 * 0.044715 * x * x)
        return self.new(x * (1 + math.tanh(u)) / 2, (self, slope))

    (row,) = quick(planted(gelu=by_tanh), "partial derivatives").rows
    assert row.status == "passed", row.message


def test_elu_has_the_engines_own_alpha() -> None:
    rule = variant("elu", lambda x: 0.5 * math.expm1(x))
    assert rule.value(-1.0) == pytest.approx(0.5 * math.expm1(-1.0))
    assert variant("elu", lambda x: math.nan).value(-1.0) == pytest.approx(math.expm1(-1.0))


def test_an_expression_runs_on_an_adapter() -> None:
    engine = Engine(Right)
    x = engine.leaf(0.5)
    y = Expression((0.5,), (("tanh", (0,)), ("mul", (1, 1)))).apply(x, engine=engine)
    engine.run_backward(y)
    assert engine.gradient(x) == pytest.approx(2 * math.tanh(0.5) * (1 - math.tanh(0.5) ** 2))
    assert os.environ.get("CHAINRULE_CHECK") is None


def test_a_slow_engine_gets_fewer_examples() -> None:
    calls = []

    def slow(self):
        calls.append(1)
        time.sleep(0.02)
        return self.new(math.tanh(self.data), (self, 1 - math.tanh(self.data) ** 2))

    trial = Trial(Engine(planted(tanh=slow)), Search(replace(THOROUGH, seconds=0.4, examples=200)))
    for name in ("partial derivatives", "forward pass"):
        (p,) = running.chosen([name])
        assert running.try_property(trial, p).status == "passed"
    assert len(calls) < 40


def test_constants_may_be_on_either_side_only() -> None:
    def right_only(self, other):
        if isinstance(other, Right):
            return NotImplemented
        return Right.__truediv__(self, other)

    rows = quick(planted(__truediv__=right_only, __rtruediv__=None), "partial derivatives", "numbers on the right").rows
    assert [row.status for row in rows] == ["passed", "passed"], str(rows)


def test_an_engine_without_operators_has_functions_checked() -> None:
    names = dict.fromkeys(("add", "sub", "mul", "div", "pow", "neg"), "")
    report = quick(Right, names=names)
    assert not report.failures, str(report)
    rows = {row.name: row.status for row in report.rows}
    assert rows["partial derivatives"] == "passed"
    assert rows["in-place operators"] == rows["linearity"] == rows["numbers on the left"] == "not supported"
