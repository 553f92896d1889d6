"""What was found, as a table, as JSON, as a page and as an exit code."""

from __future__ import annotations

import functools
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograd.errors import EngineFailure
from autograd.testing import Report
from autograd.testing.judge.command import check as command
from autograd.testing.judge.command import pairs
from autograd.testing.judge.findings.rows import Row
from autograd.testing.judge.subject.spelling import Spelling
from autograd.testing.judge.trials.search import QUICK, Search
from autograd.testing.judge.trials.transcript import hint, is_near
from tests.their_engines import write_engine


@pytest.fixture
def written(tmp_path: Path):
    return functools.partial(write_engine, tmp_path)


ROWS = (
    Row("sum rule", "(f + g)' = f' + g'.", "passed", "", "", 0.1),
    Row("kinks", "<b>", "failed", "x0.grad is <1> & not 2", 'print("<script>")', 0.2),
    Row("diamonds", "", "not supported", "it has no +"),
    Row("time is linear", "", "slow", "very"),
)
REPORT = Report("toy<T>:Value", ROWS, 1.5)


def test_the_table_is_aligned_and_says_what_is_wrong() -> None:
    lines = str(REPORT).splitlines()
    assert lines[0] == "toy<T>:Value, checked in 1.5 s"
    assert lines[2] == "  passed         sum rule"
    assert lines[3] == "  failed         kinks           x0.grad is <1> & not 2"
    assert '      print("<script>")' in lines
    assert lines[-1] == "4 properties: 1 passed, 1 failed, 1 slow, 1 not supported."


def test_colours_are_only_there_when_asked_for() -> None:
    assert "\033[" not in REPORT.table()
    assert "\033[1;33mfailed" in REPORT.table(color=True)


def test_a_narrow_terminal_gets_a_narrow_table() -> None:
    row = Row("kinks", "s", "passed", "word " * 50)
    assert max(map(len, Report("e", (row,)).table(width=60).splitlines())) <= 60


def test_the_page_is_self_contained_and_escaped() -> None:
    page = REPORT.to_html()
    assert "<script" not in page
    assert "toy&lt;T&gt;:Value" in page
    assert "x0.grad is &lt;1&gt; &amp; not 2" in page
    assert "http" not in page


def test_json_has_it_all() -> None:
    data = json.loads(REPORT.to_json())
    assert data["exit_code"] == 1
    assert data["counts"]["passed"] == 1
    assert [Row(**row) for row in data["rows"]] == list(ROWS)


def test_failures_can_be_raised() -> None:
    with pytest.raises(EngineFailure, match=r"x0.grad is <1>"):
        REPORT.raise_for_failures()
    good = Report("toy:Value", ROWS[:1])
    assert good.raise_for_failures() is good


@pytest.mark.parametrize(
    ("got", "wanted", "said"),
    [
        (0.0, 2.0, "nothing arrived"),
        (-2.0, 2.0, "the sign"),
        (1.0, 2.0, "= for +="),
        (4.0, 2.0, "counted twice"),
        (2.0000001, 2.0, "difference quotient"),
        (7.0, 2.0, ""),
        (1.0, 0.0, ""),
    ],
)
def test_known_mistakes_are_recognised(got: float, wanted: float, said: str) -> None:
    assert said in hint(got, wanted)
    assert bool(said) == bool(hint(got, wanted))


def test_nan_is_near_nan_and_infinity_near_infinity() -> None:
    assert is_near(math.nan, math.nan, 0.0)
    assert is_near(math.inf, math.inf, 0.0)
    assert not is_near(math.nan, 1.0, 1e9)
    assert not is_near(-math.inf, math.inf, 1e9)


# --- The command ---


def test_the_command_prints_and_writes_and_returns_the_exit_code(
    written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = written("""
        class Value(Base):
            def sigm(self):
                return Value(1 / (1 + math.exp(-self.data)), ((self, 1.0),))
    """)
    partials = Search(QUICK, only=("partial derivatives",))
    page = tmp_path / "report.html"
    code = command(target, Spelling(pairs(["sigmoid=sigm"])), replace(partials, memory=None), html=page)
    assert code == 1
    assert "sigm()" in capsys.readouterr().out
    assert "sigm()" in page.read_text()
    assert command(target, search=partials, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["status"] == "passed"


def test_the_command_shows_progress_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert command("autograd:Value", search=Search(QUICK, only=("kinks",))) == 0
    assert "kinks: passed" in capsys.readouterr().err


def test_the_command_wants_pairs() -> None:
    with pytest.raises(ValueError, match="PRIMITIVE=NAME"):
        pairs(["sigmoid"])
