"""The zoo for homework: its engines have the faults that they are said to have, and tests are told apart by them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.testing import check_engine
from autograd.testing.zoo.animals import ANIMALS, RIGHT, answer, source
from autograd.testing.zoo.run import Outcome, TestsFail, outcomes

FAILS = {
    "ant": "repeated operands",
    "bat": "repeated operands",
    "camel": "partial derivatives",
    "dingo": "numbers on the left",
    "eel": "partial derivatives",
    "ferret": "chain rule",
    "gecko": "partial derivatives",
    "heron": "partial derivatives",
    "ibis": "partial derivatives",
    "jackal": "diamonds",
    "koala": "second backward",
    "lynx": "backward on a leaf",
    "mole": "data changed in between",
    "newt": "equal numbers",
    "otter": "forward pass",
    "panda": "forward pass",
    "quail": "partial derivatives",
    "raven": "repeated operands",
    "snail": "diamonds",
    "toad": "numbers on the left",
}

PAGE = (Path(__file__).parent.parent / "docs" / "check-your-engine.md").read_text(encoding="utf-8")
TESTS = PAGE.partition("```py\n")[2].partition("```")[0]


def chainrule(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autograd", "zoo", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def file_of(tmp_path: Path):
    def written(text: str, name: str = "test_mine.py") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return written


def test_every_change_is_of_one_place() -> None:
    right = source()
    for name, animal in ANIMALS.items():
        assert animal.changes
        assert all(right.count(old) == 1 for old, _ in animal.changes), name
        compile(source(name), name, "exec")


def test_nothing_fails_in_the_right_engine(file_of) -> None:
    report = check_engine(f"{file_of(source(), 'right_one.py')}:Value", effort="quick")
    assert not report.failures


@pytest.mark.parametrize("name", ANIMALS)
def test_each_has_a_fault(name: str, file_of) -> None:
    assert FAILS.keys() == ANIMALS.keys()
    file = file_of(source(name), f"zoo_{name}.py")
    [row] = check_engine(f"{file}:Value", only=[FAILS[name]], effort="quick", isolate=False).rows
    assert row.is_failure, row


def test_a_name_and_a_source_tell_nothing() -> None:
    shown = chainrule("show", "heron")
    assert shown.stdout == source("heron")
    assert shown.stdout.splitlines()[0] == source().splitlines()[0]
    listed = chainrule("list").stdout
    assert listed.split()[: len(ANIMALS)] == list(ANIMALS)
    assert not any(animal.sentence in listed for animal in ANIMALS.values())


def test_the_answer_is_a_sentence_and_the_lines() -> None:
    shown = chainrule("show", "heron", "--answer").stdout
    assert shown.startswith(answer("heron"))
    assert "+                self.grad += exponent * x**exponent * grad" in shown.splitlines()
    assert all(animal.sentence in chainrule("list", "--answer").stdout for animal in list(ANIMALS.values())[:1])


def test_an_engine_that_is_not_there_is_said_in_a_line() -> None:
    shown = chainrule("show", "yak")
    assert shown.returncode == 2
    assert shown.stderr.startswith("chainrule") or "no such engine: 'yak'" in shown.stderr


def test_tests_catch_what_they_test(file_of, tmp_path: Path) -> None:
    file_of("raise RuntimeError('the file beside the tests was imported')", "engine.py")
    tests, results = file_of(TESTS), tmp_path / "results.json"
    run = chainrule("run", tests, "--only", "ant", "--only", "bat", "--results", results)
    assert run.returncode == 1, run.stderr
    assert run.stdout.splitlines()[-1] == "1 of 2 caught. Not caught: bat."
    assert all(len(line) <= 80 for line in run.stdout.splitlines())
    found = json.loads(results.read_text(encoding="utf-8"))
    assert (found["caught"], found["of"]) == (1, 2)
    assert [(row["name"], row["caught"], row["by"]) for row in found["engines"]] == [
        ("ant", True, "test_product"),
        ("bat", False, ""),
    ]
    assert chainrule("run", tests, "--only", "ant").returncode == 0


def test_the_table_of_the_page_is_what_comes_out(file_of) -> None:
    shown = PAGE.partition("caught      ant")[2].partition("```")[0]
    printed = chainrule("run", file_of(TESTS), "--only", "ant", "--only", "bat", "--only", "camel").stdout
    on_page, ours = (re.sub(r"\d+\.\d s", "", text).split() for text in (f"caught      ant{shown}", printed))
    assert ours[: len(on_page)] == on_page


def test_tests_that_fail_on_the_right_engine_say_nothing_of_the_others(file_of) -> None:
    tests = file_of(TESTS.replace("6.0", "7.0"))
    run = chainrule("run", tests, "--only", "ant")
    assert run.returncode == 2
    assert run.stdout == ""
    assert "don't pass on the right engine (test_product: assert 6.0 == 7.0" in run.stderr
    with pytest.raises(TestsFail, match="no tests"):
        list(outcomes(file_of("", "test_none.py"), ["ant"], "engine", 60.0))
    with pytest.raises(ValueError, match="no file"):
        list(outcomes(Path("nowhere.py"), ["ant"], "engine", 60.0))


def test_an_engine_that_hangs_or_ends_the_process_is_caught(file_of) -> None:
    tests = file_of(
        "import os, time\nfrom engine import Value\n\n\ndef test_it():\n    x = Value(3.0)\n    (x * x).backward()\n"
        "    if x.grad != 6.0:\n        time.sleep(600)\n    y = Value(3.0)\n    (y + y).backward()\n"
        "    if y.grad != 2.0:\n        os._exit(3)\n"
    )
    hung, ended = outcomes(tests, ["ant", "bat"], "engine", 8.0)
    assert (hung.caught, hung.by) == (True, "took more than 8 s")
    assert (ended.caught, ended.by) == (True, "pytest's exit code 3")


def test_a_module_of_another_name(file_of) -> None:
    tests = file_of(TESTS.replace("from engine", "from micrograd"))
    assert [isinstance(x, Outcome) and x.caught for x in outcomes(tests, ["ant"], "micrograd", 60.0)] == [True]
    with pytest.raises(ValueError, match="--module"):
        list(outcomes(tests, [RIGHT], "a.b", 60.0))
