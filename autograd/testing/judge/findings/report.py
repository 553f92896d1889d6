"""What the engine check found: a row for each property, as a table for the terminal, and as JSON."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass
from typing import Any, Final

from autograd.errors import EngineFailure
from autograd.testing.judge.findings.page import page
from autograd.testing.judge.findings.rows import (
    CRASHED,
    DERIVATIVES,
    FAILED,
    HABITS,
    PASSED,
    SLOW,
    STATUSES,
    TIMED_OUT,
    UNSUPPORTED,
    Row,
)

# Blue and orange, which every reader can tell apart; words say the same without any colour.
_ANSI: Final = {PASSED: "34", FAILED: "1;33", CRASHED: "1;33", TIMED_OUT: "1;33", SLOW: "33", UNSUPPORTED: "2"}


@dataclass(frozen=True)
class Report:
    """The rows of one check.

    >>> report = Report("toy:Value", (Row("sum rule", "(f + g)' = f' + g'.", "passed"),))
    >>> report.exit_code, report.failures
    (0, ())
    >>> print(report)
    toy:Value
    <BLANKLINE>
      passed  sum rule
    <BLANKLINE>
    1 property: 1 passed. Nothing wrong was found.
    """

    engine: str
    rows: tuple[Row, ...]
    seconds: float = 0.0
    strict: bool = False

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows that failed, crashed or timed out: wrong derivatives, and habits."""
        return tuple(row for row in self.rows if row.is_failure)

    @property
    def wrong(self) -> tuple[Row, ...]:
        """The failures that are wrong derivatives."""
        return tuple(row for row in self.rows if row.is_wrong)

    @property
    def habits(self) -> tuple[Row, ...]:
        """The failures that are habits: differences from PyTorch in an engine with right derivatives."""
        return tuple(row for row in self.failures if not row.is_wrong)

    def counts(self, row: Row) -> bool:
        """Whether the row is one that the exit code speaks of."""
        return row.is_wrong or (self.strict and row.is_failure)

    @property
    def exit_code(self) -> int:
        """1 if a derivative is wrong; with ``strict`` also if a habit isn't PyTorch's. Else 0."""
        return int(any(map(self.counts, self.rows)))

    def raise_for_failures(self) -> Report:
        """The report itself, for an engine that is right: habits are no error, unless the check was strict.

        Raises:
            EngineFailure: it isn't; the message has what is wrong, and the scripts that show it.
        """
        if self.exit_code:
            parts = [f"{self.engine}: {self.verdict} {self.summary}"]
            parts += [_in_detail(row) for row in self.rows if self.counts(row)]
            raise EngineFailure("\n\n".join(parts))
        return self

    @property
    def badge(self) -> str:
        """A line of Markdown for a README: a picture that says how the check went.

        >>> Report("toy:Value", (Row("sum rule", "", "passed"),)).badge
        '![every derivative is right](https://img.shields.io/badge/chainrule_check-every_derivative_is_right-0a5fa5)'
        """
        n = len(self.wrong)
        text = f"{n} of {len(self.rows)} properties fail" if n else "every derivative is right"
        color = "b34700" if n else "0a5fa5"
        return f"![{text}](https://img.shields.io/badge/chainrule_check-{text.replace(' ', '_')}-{color})"

    # --- As text ---

    def __str__(self) -> str:
        return self.table()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # Jupyter
        printer.text(str(self))

    @property
    def summary(self) -> str:
        """The last line of the table.

        >>> Report("toy:Value", ()).summary
        '0 properties: none. Nothing wrong was found.'
        """
        counts = {status: sum(row.status == status for row in self.rows) for status in STATUSES}
        text = ", ".join(f"{n} {status}" for status, n in counts.items() if n) or "none"
        end = "" if self.failures else f" {self.verdict}"
        return f"{len(self.rows)} propert{'y' if len(self.rows) == 1 else 'ies'}: {text}.{end}"

    @property
    def verdict(self) -> str:
        """The result in one line. Findings that follow from another one aren't counted.

        >>> Report("toy:Value", (Row("kinks", "", "failed", group="habits"), Row("sum rule", "", "passed"))).verdict
        "Every derivative is right. 1 habit differs from PyTorch's: kinks."
        """
        wrong, habits = ([row.name for row in rows if not row.follows] for rows in (self.wrong, self.habits))
        if not self.failures:
            return "Nothing wrong was found."
        parts = []
        if self.wrong:
            parts.append(f"Derivatives are wrong: {', '.join(wrong or [row.name for row in self.wrong])}.")
        elif any(row.group == DERIVATIVES and row.status == PASSED for row in self.rows):
            parts.append("Every derivative is right.")
        if habits:
            one = len(habits) == 1
            differ = f"{len(habits)} habit{'' if one else 's'} differ{'s' if one else ''} from PyTorch's"
            parts.append(f"{differ}: {', '.join(habits)}.")
        return " ".join(parts)

    def table(self, color: bool = False, width: int = 80) -> str:
        """The rows, aligned, then each failure in detail, then the numbers.

        Args:
            color: with a terminal's colours.
            width: of the terminal, in characters.
        """
        lines = [self.engine + (f", checked in {self.seconds:.1f} s" if self.seconds else "")]
        tried = [row for row in self.rows if row.was_tried]
        first = max((len(row.status) for row in tried), default=0)
        second = max((len(row.name) for row in tried), default=0)
        grouped = len({row.group for row in tried}) > 1
        for group in (DERIVATIVES, HABITS):
            rows = [row for row in tried if row.group == group]
            if rows:
                lines += ["", *([f"{group}"] if grouped else [])]
                lines += [self._line(row, first, second, color, width) for row in rows]
        idle = [row for row in self.rows if not row.was_tried]
        if idle:
            lines += ["", *textwrap.wrap(f"{len(idle)} properties: {idle[0].message}", width)]
        for row in self.rows:
            if (row.is_failure or row.script) and not row.follows:
                lines += ["", _in_detail(row, width)]
        if self.failures:
            lines += ["", *textwrap.wrap(self.verdict, width)]
        lines += ["", *textwrap.wrap(self.summary, width)]
        return "\n".join(lines)

    @staticmethod
    def _line(row: Row, first: int, second: int, color: bool, width: int) -> str:
        status = row.status.ljust(first)
        start = f"  {status}  {row.name.ljust(second)}  "
        remark = textwrap.shorten(row.message, max(width - len(start), 20), placeholder=" ...")
        return f"  {painted(row.status, status) if color else status}  {row.name.ljust(second)}  {remark}".rstrip()

    # --- For programs, and for a browser ---

    def to_json(self) -> str:
        """The report as JSON: ``engine``, ``seconds``, ``exit_code``, ``verdict``, ``counts``, ``rows``."""
        counts = {status: sum(row.status == status for row in self.rows) for status in STATUSES}
        data = {
            "engine": self.engine,
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            "verdict": self.verdict,
            "counts": counts,
            "rows": [asdict(row) for row in self.rows],
        }
        return json.dumps(data, indent=2, ensure_ascii=False)

    def to_html(self) -> str:
        """The report as one page that needs nothing else."""
        return page(self.engine, self.rows, self.seconds)


def painted(status: str, text: str = "") -> str:
    """The text (the status itself, if it isn't given) in the colour that the status has on a terminal."""
    return f"\033[{_ANSI[status]}m{text or status}\033[0m"


def _in_detail(row: Row, width: int = 80) -> str:
    """The full message of a finding, and its script."""
    lines = textwrap.wrap(f"{row.name}: {row.sentence}", width)
    lines += textwrap.wrap(row.message, max(width - 4, 20), initial_indent="  ", subsequent_indent="  ")
    if row.detail:
        lines += ["", *(f"      {line}"[:width] for line in row.detail.splitlines())]
    if row.script:
        lines += ["", textwrap.indent(row.script, "      ")]
    return "\n".join(lines)
