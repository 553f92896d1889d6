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

FAILURES: Final = (FAILED, CRASHED, TIMED_OUT)
STATUSES: Final = (PASSED, FAILED, CRASHED, TIMED_OUT, SLOW, UNSUPPORTED)


@dataclass(frozen=True)
class Row:
    """One property: its name and sentence, what became of it, in words, and a script that shows it."""

    name: str
    sentence: str
    status: str
    message: str = ""
    script: str = ""
    seconds: float = 0.0

    @property
    def is_failure(self) -> bool:
        """Whether the engine is wrong there."""
        return self.status in FAILURES
