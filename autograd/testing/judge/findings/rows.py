"""A row of the engine check: a property, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PASSED: Final = "passed"
FAILED: Final = "failed"
UNSUPPORTED: Final = "not supported"
SLOW: Final = "slow"
CRASHED: Final = "crashed"
TIMED_OUT: Final = "timed out"

DERIVATIVES: Final = "derivatives"  # a failure there is a wrong number
HABITS: Final = "habits"  # a failure there is a custom of this engine's that isn't PyTorch's

FAILURES: Final = (FAILED, CRASHED, TIMED_OUT)
STATUSES: Final = (PASSED, FAILED, CRASHED, TIMED_OUT, SLOW, UNSUPPORTED)


@dataclass(frozen=True)
class Row:
    """One property: its name and sentence, what became of it, in words, and a script that shows it.

    ``group`` says whether a failure is a wrong derivative or a habit, ``follows`` names the simpler property that
    explains the failure, and ``detail`` is a small table: what each of several operations gave.
    """

    name: str
    sentence: str
    status: str
    message: str = ""
    script: str = ""
    seconds: float = 0.0
    group: str = DERIVATIVES
    follows: str = ""
    detail: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether the engine fails there."""
        return self.status in FAILURES

    @property
    def is_wrong(self) -> bool:
        """Whether a derivative is wrong there."""
        return self.is_failure and self.group == DERIVATIVES

    @property
    def was_tried(self) -> bool:
        """Whether the property was tried at all."""
        return not self.message.startswith(NOT_TRIED)


NOT_TRIED: Final = "not tried"  # how the remark of such a row begins
