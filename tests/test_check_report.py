"""What was found, as a table, as JSON, as a page and as an exit code."""

from __future__ import annotations

import functools
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd.errors import EngineFailure
from autograd.testing import Report
from autograd.testing.judge.command import check as command
from autograd.testing.judge.command import pairs
from autograd.testing.judge.findings.picture import picture
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


# --- Pictures ---


def test_a_finding_has_a_picture_that_marks_what_is_wrong() -> None:
    script = "from m import Value\n\nx0 = Value(3.0)\nx1 = Value(2.0)\ny0 = x0 * x1\ny1 = y0 + x0\ny1.backward()"
    drawn = picture(script, "`x0 * x1 + x0`: x0.grad is 1.0 and should be 3.0 (is a contribution overwritten?)")
    svg = ElementTree.fromstring(drawn)
    count = lambda tag: len(svg.findall(tag))  # noqa: E731
    assert (count("rect"), count("path")) == (4, 4)
    assert [text.text for text in svg.findall("text[@class='wrong']")] == ["grad 1, not 3"]
    assert "y1 = y0 + x0" in [text.text for text in svg.findall("text")]
    width, height = float(svg.get("width", "")), float(svg.get("height", ""))
    for rect in svg.findall("rect"):
        x, y, w, h = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height


@pytest.mark.parametrize(
    "script",
    [
        "",
        "x0 = Value(1.0)",
        "x0 = Value(1.0)\nfor _ in range(9):\n    x0 = x0 + x0",
        "x0 = Value(1.0)\ny = x0\ny += x0",
        "no Python (",
        "\n".join(["x0 = Value(1.0)", *(f"y{i} = x0 * x0" for i in range(40))]),
    ],
)
def test_what_would_be_no_help_has_no_picture(script: str) -> None:
    assert picture(script, "x0.grad is 1.0 and should be 3.0") == ""


def test_a_picture_escapes_what_it_shows() -> None:
    drawn = picture("x0 = Value('<b>')\ny0 = x0 * x0", "")
    assert "<b>" not in drawn
    ElementTree.fromstring(drawn)


def test_the_page_has_the_picture_before_the_script() -> None:
    row = Row("diamonds", "", "failed", "x0.grad is 1.0 and should be 2.0", "x0 = Value(1.0)\ny0 = x0 + x0")
    made = Report("toy:Value", (row,)).to_html()
    assert made.index('<svg class="graph"') < made.index("<pre>")
