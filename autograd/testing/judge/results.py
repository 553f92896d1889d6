"""The report as files that other programs read: Gradescope's results, and JUnit's."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from autograd.testing.judge.findings.report import Report
from autograd.testing.judge.findings.rows import Row
from autograd.testing.judge.profile import Task

FORMATS: Final = ("gradescope", "junit")


def results(report: Report, form: str, tasks: Sequence[Task] = ()) -> str:
    """The report in that format.

    Args:
        report: what was found.
        form: ``"gradescope"`` or ``"junit"``.
        tasks: with their points. Without any, each property that was tried is a point.

    Raises:
        ValueError: there is no such format.
    """
    if form not in FORMATS:
        raise ValueError(f"no such format of results: {form!r}; there are {', '.join(FORMATS)}")
    return gradescope(report, tasks) if form == "gradescope" else junit(report)


def gradescope(report: Report, tasks: Sequence[Task] = ()) -> str:
    """What Gradescope's autograder reads from ``results.json``."""
    rows = {row.name: row for row in report.rows}
    given = tasks or [
        Task(r.name, 1.0, (r.name,)) for r in report.rows if r.status != "not supported" or not r.was_tried
    ]
    tests = []
    for task in given:
        found = [rows[name] for name in task.properties if name in rows]
        failed = [row for row in found if report.counts(row) or not row.was_tried]
        done = bool(found) and not failed
        tests.append(
            {
                "name": task.name,
                "score": task.points if done else 0.0,
                "max_score": task.points,
                "status": "passed" if done else "failed",
                "output": "\n\n".join(map(_told, failed)) or ("" if found else "none of its properties was tried"),
            }
        )
    data = {"output": f"{report.verdict} {report.summary}", "execution_time": round(report.seconds, 3), "tests": tests}
    return json.dumps(data, indent=2, ensure_ascii=False)


def junit(report: Report) -> str:
    """JUnit's XML: a test case for each property."""
    failures = sum(report.counts(row) for row in report.rows)
    skipped = sum(row.status == "not supported" for row in report.rows)
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(report.engine),
        tests=str(len(report.rows)),
        failures=str(failures),
        skipped=str(skipped),
        time=f"{report.seconds:.3f}",
    )
    for row in report.rows:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_clean(report.engine), name=_clean(row.name), time=f"{row.seconds:.3f}"
        )
        if report.counts(row):
            failure = ElementTree.SubElement(case, "failure", type=row.status, message=_clean(row.message))
            failure.text = _clean(row.script)
        elif row.status == "not supported":
            ElementTree.SubElement(case, "skipped", message=_clean(row.message))
        elif row.message:
            ElementTree.SubElement(case, "system-out").text = _clean(f"{row.status}: {row.message}")
    whole = ElementTree.Element("testsuites")
    whole.append(suite)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(whole, encoding="unicode") + "\n"


def _told(row: Row) -> str:
    return "\n\n".join(filter(None, (f"{row.name}: {row.sentence}\n{row.message}", row.script)))


def _clean(text: str) -> str:
    """Without what XML can't hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
