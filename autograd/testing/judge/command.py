"""``chainrule check MODULE:CLASS``: the engine check on the command line."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograd.files import write_whole
from autograd.testing.judge.check import examine
from autograd.testing.judge.findings.report import painted
from autograd.testing.judge.findings.rows import FAILURES, Row
from autograd.testing.judge.profile import Task
from autograd.testing.judge.results import FORMATS, results
from autograd.testing.judge.running.run import chosen
from autograd.testing.judge.subject.spelling import Spelling
from autograd.testing.judge.trials.search import Search


def check(
    target: str,
    spelling: Spelling = Spelling(),
    search: Search = Search(),
    as_json: bool = False,
    html: Path | None = None,
    files: Iterable[tuple[str, Path]] = (),
    tasks: Sequence[Task] = (),
    badge: bool = False,
) -> int:
    """Check the class and print the report.

    Args:
        target: ``MODULE:CLASS``, ``path/to/file.py:CLASS`` or ``path/to/notebook.ipynb:CLASS``.
        spelling: what things are called there.
        search: how to look for faults.
        as_json: print JSON instead of the table.
        html: a file to write the page to.
        files: formats of results (see :func:`~autograd.testing.judge.results.results`), and where to write them.
        tasks: of the course, with their points.
        badge: whether to print a line for a README, too.

    Returns:
        The exit code: 1 if a derivative is wrong (if the search is strict, also for a habit), else 0.

    Raises:
        ValueError: there is no such class, property or primitive.
        OSError: a file can't be written.
    """
    if not sys.stderr.isatty():
        report = examine(target, spelling, search)
    else:
        report = examine(target, spelling, search, Progress(len(chosen(search.only, search.skip))))
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if html is not None:
        write_whole(html, report.to_html().encode())
    for form, path in files:
        write_whole(path, results(report, form, tasks).encode())
    if as_json:
        print(report.to_json())
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(report.table(color=color, width=shutil.get_terminal_size((80, 24)).columns))
    if badge:
        print(report.badge)
    return report.exit_code


class Progress:
    """The display on a terminal while the check runs: how far it is, and each finding as soon as it is known."""

    def __init__(self, count: int) -> None:
        self.count, self.done = count, 0

    def __call__(self, row: Row) -> None:
        """A property is done."""
        self.done += 1
        width = shutil.get_terminal_size((80, 24)).columns
        if row.status in FAILURES:
            line = f"{row.name}: {row.message}"[: width - 12]
            print(f"\r\033[K{painted(row.status)}  {line}", file=sys.stderr)
        line = f"{self.done} of {self.count}  {row.name}: {row.status}"[: width - 1]
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """The names that a spelling has, from pieces of the form ``primitive=name``.

    Raises:
        ValueError: a piece has another form.

    >>> pairs(["sigmoid=sigm"])
    {'sigmoid': 'sigm'}
    """
    return dict(map(_pair, texts))


def _pair(text: str) -> tuple[str, str]:
    primitive, equals, name = text.partition("=")
    if not equals:
        raise ValueError(f"--name takes PRIMITIVE=NAME, as in --name sigmoid=sigm, not {text!r}")
    return primitive.strip(), name.strip()


def files_of_results(texts: Iterable[str]) -> list[tuple[str, Path]]:
    """Formats and files, from pieces of the form ``format=file``.

    Raises:
        ValueError: a piece has another form, or there is no such format.

    >>> files_of_results(["junit=report.xml"])[0][0]
    'junit'
    """
    found = []
    for text in texts:
        form, equals, path = text.partition("=")
        if not equals or not path or form not in FORMATS:
            raise ValueError(f"--results takes {' or '.join(f'{form}=FILE' for form in FORMATS)}, not {text!r}")
        found.append((form, Path(path)))
    return found
