"""What a gradient check found: one row a partial derivative, as a table that is read at a glance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from autograd.testing.gradients.precision import EPSILON, mpmath
from autograd.testing.gradients.truth import Measured, Truth

_SMALLEST_NORMAL = 2.0**-1022
_ROWS_SHOWN = 24
_HEAD = ("partial", "ours", "truth", "error in ulp", "conditioning", "verdict")


@dataclass(frozen=True)
class GradientRow:
    """One partial derivative: by what, ours, the truth, and the verdict.

    ``ulps`` is the distance from the truth in units of ε = 2^-52 relative to it, ``conditioning`` by how much larger
    the terms are that the derivative is a sum of, and ``allowed`` the distance, absolute, up to which the verdict is
    ``"ok"``. The other verdicts are ``"WRONG"`` and, where there is no truth, its status.
    """

    partial: str
    ours: float
    truth: Truth
    ulps: float
    conditioning: float
    allowed: float
    verdict: str

    @property
    def wrong(self) -> bool:
        """True if ours is too far from the truth."""
        return self.verdict == "WRONG"

    def cells(self) -> tuple[str, ...]:
        """As the table has it."""
        if not self.truth.known:
            return self.partial, repr(self.ours), self.truth.note, "", "", self.verdict
        truth = repr(float(self.truth.value))
        if self.truth.status == "estimated":
            truth += f" ± {float(self.truth.error):.1e}"
        error = "0" if self.ulps < 0.005 else f"{self.ulps:.2g}"
        return self.partial, repr(self.ours), truth, error, f"{self.conditioning:.2g}", self.verdict


@dataclass(frozen=True)
class GradientReport:
    """The rows of a gradient check, and the hints where a known fault would explain the wrong ones.

    >>> from autograd.testing import gradcheck
    >>> print(gradcheck(lambda x, y: x * y, 2.0, 3.0))
    gradcheck of <lambda>: 2 partials, all right
    <BLANKLINE>
      partial  ours  truth  error in ulp  conditioning  verdict
      x         3.0    3.0             0           ...  ok
      y         2.0    2.0             0           ...  ok
    """

    check: str  # "gradcheck" or "gradgradcheck"
    function: str
    rows: tuple[GradientRow, ...]
    hints: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[GradientRow, ...]:
        """The rows that are wrong."""
        return tuple(row for row in self.rows if row.wrong)

    @property
    def checked(self) -> int:
        """How many rows had a truth to be compared with."""
        return sum(row.truth.known for row in self.rows)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # Jupyter
        printer.text(str(self))

    def __str__(self) -> str:
        lines = [f"{self.check} of {self.function}: {self._summary()}", ""]
        shown = self._shown()
        table = [_HEAD, *(row.cells() for row in shown)]
        widths = [max(len(row[k]) for row in table) for k in range(len(_HEAD))]
        for row in table:
            cells = [row[0].ljust(widths[0]), *(row[k].rjust(widths[k]) for k in (1, 2, 3, 4)), row[5]]
            lines.append("  " + "  ".join(cells).rstrip())
        if len(shown) < len(self.rows):
            lines.append(f"  and {len(self.rows) - len(shown)} more")
        for hint in self.hints:
            lines += ["", f"HINT: {hint}"]
        return "\n".join(lines)

    def _shown(self) -> tuple[GradientRow, ...]:
        """All rows, or the wrong ones and as many others as there is room for."""
        if len(self.rows) <= _ROWS_SHOWN:
            return self.rows
        wrong = self.wrong[:_ROWS_SHOWN]
        others = [row for row in self.rows if not row.wrong][: _ROWS_SHOWN - len(wrong)]
        return tuple(row for row in self.rows if any(row is x for x in (*wrong, *others)))

    def _summary(self) -> str:
        n, wrong, unknown = len(self.rows), len(self.wrong), len(self.rows) - self.checked
        partials = "1 partial" if n == 1 else f"{n} partials"
        parts = [f"{wrong} of {partials} wrong" if wrong else f"{partials}, all right" if not unknown else partials]
        if unknown:
            parts.append(f"{unknown} without a truth to compare with")
        return ", ".join(parts)


def compare(partial: str, ours: float, measured: Measured, ulps: float) -> GradientRow:
    """Compare one partial with the truth. See ``gradcheck`` for what is allowed."""
    truth = measured.truth
    if not truth.known:
        return GradientRow(partial, ours, truth, math.nan, math.nan, math.inf, truth.status)
    mp = mpmath().mp
    with mp.workdps(60):
        size = abs(float(truth.value))
        scale = max(measured.scale, size)
        allowed = ulps * EPSILON * max(scale, _SMALLEST_NORMAL)
        allowed += 10.0 * float(truth.error) if truth.status == "estimated" else 0.0
        off = abs(mp.mpf(ours) - truth.value)
        overflown = math.isinf(size) and ours == float(truth.value)
        error = 0.0 if overflown or off == 0 else _in_ulps(off, abs(mp.mpf(truth.value)))
        right = overflown or (off <= allowed and math.isfinite(size))
    conditioning = scale / size if size and math.isfinite(size) else math.inf if scale > size else 1.0
    return GradientRow(partial, ours, truth, error, conditioning, allowed, "ok" if right else "WRONG")


def _in_ulps(off: Any, size: Any) -> float:
    mp = mpmath().mp
    return float(off / (EPSILON * max(size, mp.mpf(_SMALLEST_NORMAL)))) if off == off else math.nan


__all__ = ["GradientReport", "GradientRow", "compare"]
