"""``chainrule check MODULE:CLASS``: the engine check on the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from autograd.files import write_whole
from autograd.testing.judge.check import examine
from autograd.testing.judge.rows import Row
from autograd.testing.judge.search import Search
from autograd.testing.judge.spelling import Spelling


def check(
    target: str,
    spelling: Spelling = Spelling(),
    search: Search = Search(),
    as_json: bool = False,
    html: Path | None = None,
) -> int:
    """Check the class and print the report.

    Args:
        target: ``MODULE:CLASS`` or ``path/to/file.py:CLASS``.
        spelling: what things are called there.
        search: how to look for faults.
        as_json: print JSON instead of the table.
        html: a file to write the page to.

    Returns:
        The exit code: 1 if a property failed, else 0.

    Raises:
        ValueError: there is no such class, property or primitive.
        OSError: the page can't be written.
    """
    is_terminal = sys.stderr.isatty()

    def progress(row: Row) -> None:
        print(f"\r\033[K{row.name}: {row.status}", end="", file=sys.stderr, flush=True)

    report = examine(target, spelling, search, progress if is_terminal else None)
    if is_terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if html is not None:
        write_whole(html, report.to_html().encode())
    if as_json:
        print(report.to_json())
    else:
        print(report.table(color=sys.stdout.isatty(), width=shutil.get_terminal_size((100, 24)).columns))
    return report.exit_code


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
