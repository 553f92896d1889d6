"""What the engine check found: a row for each property, as a table for the terminal, and as JSON."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass
from typing import Final

from autograd.errors import EngineFailure
from autograd.testing.judge.page import page
from autograd.testing.judge.rows import CRASHED, FAILED, PASSED, SLOW, STATUSES, TIMED_OUT, UNSUPPORTED, Row

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

    @property
    def failures(self) -> tuple[Row, ...]:
        """The rows that say that the engine is wrong: failed, crashed, timed out."""
        return tuple(row for row in self.rows if row.is_failure)

    @property
    def exit_code(self) -> int:
        """1 if a property failed (or ends in a crash, or in no time), else 0."""
        return int(bool(self.failures))

    def raise_for_failures(self) -> Report:
        """The report itself, for an engine that is right.

        Raises:
            EngineFailure: it isn't; the message has what is wrong, and the scripts that show it.
        """
        if self.failures:
            parts = [f"{self.engine}: {self.summary}"]
            parts += [_in_detail(row) for row in self.failures]
            raise EngineFailure("\n\n".join(parts))
        return self

    # --- As text ---

    def __str__(self) -> str:
        return self.table()

    @property
    def summary(self) -> str:
        """The last line of the table.

        >>> Report("toy:Value", ()).summary
        '0 properties: none. Nothing wrong was found.'
        """
        counts = {status: sum(row.status == status for row in self.rows) for status in STATUSES}
        text = ", ".join(f"{n} {status}" for status, n in counts.items() if n) or "none"
        end = "" if self.failures else " Nothing wrong was found."
        return f"{len(self.rows)} propert{'y' if len(self.rows) == 1 else 'ies'}: {text}.{end}"

    def table(self, color: bool = False, width: int = 100) -> str:
        """The rows, aligned, then each failure in detail, then the numbers.

        Args:
            color: with a terminal's colours.
            width: of the terminal, in characters.
        """
        lines = [self.engine + (f", checked in {self.seconds:.1f} s" if self.seconds else ""), ""]
        first = max((len(row.status) for row in self.rows), default=0)
        second = max((len(row.name) for row in self.rows), default=0)
        for row in self.rows:
            status = row.status.ljust(first)
            start = f"  {status}  {row.name.ljust(second)}  "
            remark = textwrap.shorten(row.message, max(width - len(start), 20), placeholder=" ...")
            painted = f"\033[{_ANSI[row.status]}m{status}\033[0m" if color else status
            lines.append(f"  {painted}  {row.name.ljust(second)}  {remark}".rstrip())
        for row in self.rows:
            if row.is_failure or row.script:
                lines += ["", _in_detail(row, width)]
        lines += ["", self.summary]
        return "\n".join(lines)

    # --- For programs, and for a browser ---

    def to_json(self) -> str:
        """The report as JSON: ``engine``, ``seconds``, ``exit_code``, ``counts``, ``rows``."""
        counts = {status: sum(row.status == status for row in self.rows) for status in STATUSES}
        data = {
            "engine": self.engine,
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            "counts": counts,
            "rows": [asdict(row) for row in self.rows],
        }
        return json.dumps(data, indent=2, ensure_ascii=False)

    def to_html(self) -> str:
        """The report as one page that needs nothing else."""
        return page(self)


def _in_detail(row: Row, width: int = 100) -> str:
    """What is wrong, in full, and the script."""
    lines = [f"{row.name}: {row.sentence}"]
    lines += textwrap.wrap(row.message, max(width - 4, 20), initial_indent="  ", subsequent_indent="  ")
    if row.script:
        lines += ["", textwrap.indent(row.script, "      ")]
    return "\n".join(lines)
