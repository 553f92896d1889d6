"""``chainrule check MODULE:CLASS``: the engine check on the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from autograd.testing.check import check_engine
from autograd.testing.report import Row


def check(
    target: str,
    names: Sequence[str] = (),
    data: str = "data",
    grad: str = "grad",
    backward: str = "backward",
    effort: str = "normal",
    seed: int | None = None,
    only: Sequence[str] = (),
    timeout: float | None = None,
    memory: int = 2048,
    as_json: bool = False,
    html: Path | None = None,
) -> int:
    """Check the class and print the report.

    Args:
        target: ``MODULE:CLASS`` or ``path/to/file.py:CLASS``.
        names: pieces of the form ``primitive=name``.
        data: the attribute that holds the number.
        grad: the attribute that holds the gradient.
        backward: the method that starts the backward pass.
        effort: ``quick``, ``normal`` or ``thorough``.
        seed: of the random examples.
        only: names of properties; all of them for none.
        timeout: seconds for each property.
        memory: megabytes that the engine may take; 0 for no limit.
        as_json: print JSON instead of the table.
        html: a file to write the page to.

    Returns:
        The exit code: 1 if a property is falsified, else 0.

    Raises:
        ValueError: there is no such class, property or primitive.
        OSError: the page can't be written.
    """
    is_terminal = sys.stderr.isatty()

    def progress(row: Row) -> None:
        print(f"\r\033[K{row.name}: {row.status}", end="", file=sys.stderr, flush=True)

    report = check_engine(
        target,
        names=dict(map(_pair, names)),
        data=data,
        grad=grad,
        backward=backward,
        effort=effort,
        seed=seed,
        only=only or None,
        timeout=timeout,
        memory=memory or None,
        on_row=progress if is_terminal else None,
    )
    if is_terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if html is not None:
        html.write_text(report.to_html(), encoding="utf-8")
    if as_json:
        print(report.to_json())
    else:
        print(report.table(color=sys.stdout.isatty(), width=shutil.get_terminal_size((100, 24)).columns))
    return report.exit_code


def _pair(text: str) -> tuple[str, str]:
    primitive, equals, name = text.partition("=")
    if not equals:
        raise ValueError(f"--name takes PRIMITIVE=NAME, as in --name sigmoid=sigm, not {text!r}")
    return primitive.strip(), name.strip()
