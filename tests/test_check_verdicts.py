"""The verdicts of the engine check are true: of right engines with other habits, of faults, of odd requests."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd.testing import Report, check_engine
from autograd.testing.judge.command import check as command
from autograd.testing.judge.command import files_of_results
from autograd.testing.judge.findings.rows import Row
from autograd.testing.judge.profile import read_profile
from autograd.testing.judge.results import results
from autograd.testing.judge.subject.definitions import definition
from autograd.testing.judge.subject.engines import Engine
from autograd.testing.judge.subject.loading import load
from autograd.testing.judge.subject.spelling import Spelling
from autograd.testing.judge.trials.search import QUICK, Search
from tests.their_engines import write_engine
from tests.toy_engines import FAULTS, Right, planted, tanh_from_x
from tests.zoo import faults_of_arithmetic, other_habits

# What a reader of the class would say: how it is called, and what doesn't apply to it.
HABITS = {
    "GradientIsAMethod": {},
    "GradientCannotBeSet": {},
    "SeedIsRequired": {},
    "WatchedIfAsked": {},
    "PassIsCalledGrad": {"backward": "grad", "grad": "d"},
    "NumberIsVal": {"data": "val"},
    "GraphNeedsZeroGrad": {},
    "ExceptionsInside": {},
    "ListsForSets": {},
    "NoReflectedSub": {"define": ["log(x) = log(x + 1e-6)"], "skip": ["numbers on the left"]},
}
FEW = ["partial derivatives", "repeated operands", "second backward", "two outputs", "training loop"]


def quick(cls, *only: str, **options) -> Report:
    return check_engine(cls, effort="quick", isolate=False, only=only or None, **options)


@pytest.mark.parametrize("name", HABITS)
def test_nothing_fails_in_a_right_engine_with_other_habits(name: str) -> None:
    report = quick(getattr(other_habits, name), *FEW, **HABITS[name])
    assert not report.failures, str(report)
    assert report.rows[0].status == "passed"


def test_every_engine_with_other_habits_is_tried() -> None:
    there = {name for name, x in vars(other_habits).items() if isinstance(x, type) and not name.startswith("_")}
    assert there == {*HABITS, "ConstantsAreNotWatched"}


def test_what_follows_from_a_habit_is_a_habit() -> None:
    report = quick(other_habits.ConstantsAreNotWatched, "numbers on the right", "diamonds", "random expressions")
    assert "numbers on the right" in {row.name for row in report.habits}
    assert not report.wrong, str(report)
    assert report.exit_code == 0


def test_a_failure_follows_from_the_first_causes_only() -> None:
    report = quick(
        faults_of_arithmetic.SubWithoutSign,
        "partial derivatives",
        "numbers on the right",
        "repeated operands",
        "random expressions",
    )
    follows = {row.name: row.follows for row in report.failures}
    assert follows["partial derivatives"] == ""
    assert set(follows.values()) == {"", "partial derivatives"}
    assert len(follows) > 2


# --- Faults, at their place ---


def test_an_operator_that_raises_inside_is_there_and_wrong() -> None:
    def broken(self, other):
        raise TypeError("no such thing")

    (row,) = quick(planted(__truediv__=broken, __rtruediv__=broken), "partial derivatives").rows
    assert row.is_wrong
    assert "`y0 = x0 / x1` raises TypeError: no such thing" in row.message
    assert "div  " in row.detail


def test_what_hypothesis_says_is_nobodys_fault() -> None:
    def broken(self, other):
        raise RuntimeError("always")

    names = dict.fromkeys(("sub", "mul", "pow", "neg", "tanh", "relu", "sigmoid", "exp", "log", "abs"), "")
    report = quick(planted(__add__=broken, __radd__=broken), names=names)
    assert "Unsatisfiable" not in str(report)
    assert "crashed" not in {row.status for row in report.rows}


def test_a_wrong_reflected_operator_is_blamed_where_it_is_wrong_and_explains_the_rest() -> None:
    wrong = planted(__rsub__=lambda self, other: self - other)
    rows = {row.name: row for row in quick(wrong, "partial derivatives", "numbers on the left", "diamonds").rows}
    assert rows["partial derivatives"].status == "passed"
    assert "3 - x" in rows["numbers on the left"].detail
    assert rows["diamonds"].status == "passed" or rows["diamonds"].follows == "numbers on the left"


def test_one_wrong_operator_does_not_hide_the_next() -> None:
    wrong = planted(__rsub__=lambda self, other: self - other, __rtruediv__=lambda self, other: self / other)
    (row,) = quick(wrong, "numbers on the left").rows
    assert "wrong in 3 - x, 3 / x" in row.message
    assert "3 + x  right" in row.detail


def test_a_wrong_partial_explains_what_is_built_on_it() -> None:
    report = quick(planted(tanh=tanh_from_x), "partial derivatives", "random expressions")
    assert report.rows[1].follows == "partial derivatives"
    assert report.rows[1].message.startswith("follows from partial derivatives: ")
    assert report.verdict == "Derivatives are wrong: partial derivatives."


def test_a_second_fault_is_not_explained_by_the_first() -> None:
    report = quick(planted(tanh=tanh_from_x, **FAULTS["diamonds"]), "partial derivatives", "diamonds")
    assert [(row.status, row.follows) for row in report.rows] == [("failed", "")] * 2, str(report)


def test_a_number_that_is_a_number_of_the_engine_is_named() -> None:
    def adds(self, other):
        return self.new(self.lift(other), (self, 1.0), (self.lift(other), 1.0))

    (row,) = quick(planted(__add__=adds), "partial derivatives").rows
    assert "is itself a Wrong" in row.message


def test_the_message_names_the_formula() -> None:
    (row,) = quick(planted(tanh=tanh_from_x), "partial derivatives").rows
    assert row.message.startswith("`x0.tanh()`: x0.grad is ")


def test_a_first_layer_without_gradient_fails_the_training_loop() -> None:
    def shallow(self):
        """Visits each number when it is first met: what lies deeper is passed on too early."""
        self.grad = 1.0
        order, seen = [self], {id(self)}
        for node in order:
            for operand, _ in node.operands:
                if id(operand) not in seen:
                    seen.add(id(operand))
                    order.append(operand)
        for node in order[::-1]:
            for operand, partial in node.operands:
                operand.grad += node.grad * partial

    (row,) = quick(planted(backward=shallow), "training loop").rows
    assert row.is_wrong


def test_what_quick_finds_normal_finds_too() -> None:
    def rarely(self):
        return self.new(math.tanh(self.data), (self, 7.0 if self.data == 2.0 else 1 - math.tanh(self.data) ** 2))

    found = [
        check_engine(planted(tanh=rarely), effort=effort, isolate=False, only=["random expressions"]).rows[0]
        for effort in ("quick", "normal")
    ]
    assert found[1].is_failure or not found[0].is_failure


# --- What is a habit, and what is wrong ---


def test_a_habit_is_no_wrong_derivative_unless_the_check_is_strict() -> None:
    class Interior(Right):
        def backward(self):
            self.grad = 1.0
            for node in self.order():
                for operand, partial in node.operands:
                    operand.grad += node.grad * partial

    report = quick(Interior, "repeated operands", "second backward", "two outputs")
    assert report.exit_code == 0
    assert report.verdict == "Every derivative is right. 1 habit differs from PyTorch's: second backward."
    assert report.rows[2].follows == "second backward"
    assert report.raise_for_failures() is report
    assert quick(Interior, "second backward", strict=True).exit_code == 1


# --- What isn't understood ---


@pytest.mark.parametrize(
    ("backward", "said"),
    [(lambda self, a, b: None, "isn't understood"), (lambda self, seed: seed.nothing, "called with 1.0 it raises")],
)
def test_a_backward_pass_that_is_not_understood_is_an_error(backward, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        quick(planted(backward=backward))


def test_what_is_no_class_is_an_error() -> None:
    with pytest.raises(TypeError, match="takes a class"):
        check_engine(3)


def test_answers_that_differ_are_said_to(tmp_path: Path) -> None:
    target = write_engine(
        tmp_path,
        """
        import random
        class Value(Base):
            def backward(self):
                Base.backward(self, random.random())
    """,
    )
    (row,) = check_engine(target, effort="quick", only=["backward on a leaf"]).rows
    assert row.is_failure
    assert row.message.startswith("answers differ when asked twice")


# --- Files of any name, and notebooks ---

ENGINE = "class Value:\n    def __init__(self, data):\n        self.data, self.grad = data, 0.0\n" + (
    "    def backward(self):\n        self.grad = 2.0\n"
)


@pytest.mark.parametrize("name", ["my-engine.py", "lab 2.py", "random.py", "lecture.ipynb"])
def test_a_script_runs_from_anywhere_for_any_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    cells = [
        {"cell_type": "markdown", "source": "# text"},
        {"cell_type": "code", "source": ["%pip install x\n", ENGINE]},
    ]
    cells.append({"cell_type": "code", "source": "raise SystemExit('never run')"})
    path.write_text(json.dumps({"cells": cells}) if name.endswith("ipynb") else ENGINE)
    (row,) = quick(f"{path}:Value", "backward on a leaf").rows
    done = subprocess.run([sys.executable, "-c", row.script], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout == "x0.grad is 2.0 and should be 1.0\n"


def test_a_notebook_without_the_class_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}]}))
    with pytest.raises(ValueError, match=r"there is no 'Value' in n\.ipynb"):
        load(f"{path}:Value")
    path.write_text("{}")
    with pytest.raises(ValueError, match="is no notebook"):
        load(f"{path}:Value")


# --- A course ---


def test_a_definition_is_a_row_with_its_own_derivative() -> None:
    rule = definition("log(x) = log(x + 1e-6)")
    assert rule.value(1.0) == math.log(1 + 1e-6)
    assert rule.partials[0](1.0, 0.0) == pytest.approx(1 / (1 + 1e-6))


@pytest.mark.parametrize(
    "text",
    ["log(x)", "log(x) = __import__('os')", "log(x) = y", "exq(x) = x", "log(x, y) = x + y", "log(x) = x", "= 1"],
)
def test_a_definition_that_is_not_understood_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"definition|primitive|operands"):
        definition(text)


PROFILE = """
name = "Homework 3"
without = ["sub"]
skip = ["kinks"]
define = ["tanh(x) = 2 * sigmoid(2 * x) - 1"]

[[task]]
name = "Sums & products"
points = 3
properties = ["partial derivatives"]
"""


def test_a_profile_holds_what_a_course_wants(tmp_path: Path) -> None:
    path = tmp_path / "course.toml"
    path.write_text(PROFILE)
    profile = read_profile(path)
    assert profile.name == "Homework 3"
    report = quick(Right, "partial derivatives", "kinks", profile=path)
    assert [row.name for row in report.rows] == ["partial derivatives"]
    assert "sub" not in report.rows[0].message.split(", ")
    graded = json.loads(results(report, "gradescope", profile.tasks))
    assert graded["tests"][0]["score"] == 3.0
    path.write_text("skop = []")
    with pytest.raises(ValueError, match="'skop' isn't understood"):
        read_profile(path)
    path.write_text("[[task]]\nname='a'\npoints=1\nproperties=['nothing']")
    with pytest.raises(ValueError, match="no such property: nothing"):
        read_profile(path)


def test_results_are_files_that_others_read(tmp_path: Path) -> None:
    rows = (Row("kinks", "s", "failed", "a < b & \x00", "print(1)"), Row("sum rule", "s", "passed"))
    report = Report("<e>", (*rows, Row("diamonds", "s", "not supported", "it has no +")))
    suite = ElementTree.fromstring(results(report, "junit").encode())[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    tests = json.loads(results(report, "gradescope"))["tests"]
    assert [(test["name"], test["score"]) for test in tests] == [("kinks", 0.0), ("sum rule", 1.0)]
    with pytest.raises(ValueError, match="gradescope=FILE or junit=FILE"):
        files_of_results(["xml=a"])
    file = tmp_path / "r.xml"
    assert command("autograd:Value", search=Search(QUICK, only=("kinks",)), files=[("junit", file)], badge=True) == 0
    assert ElementTree.parse(file).getroot().tag == "testsuites"


def test_the_table_fits_80_columns() -> None:
    report = quick(planted(tanh=tanh_from_x), "partial derivatives", "numbers on the left", "kinks")
    assert max(len(line) for line in report.table().splitlines() if "print(" not in line) <= 80


def test_a_primitive_may_be_left_out() -> None:
    assert "tanh" not in Engine(Right, Spelling({"tanh": ""})).functions
    assert "tanh" not in quick(Right, "partial derivatives", without=["tanh"]).rows[0].message
