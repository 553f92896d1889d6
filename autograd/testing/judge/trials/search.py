"""How a check looks for faults: how hard, for which of them, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Effort:
    """How long to look."""

    name: str
    examples: int  # random ones, for each property
    points: int  # for each primitive
    depths: tuple[int, ...]  # of chains
    seconds: float  # for each property, at most


QUICK: Final = Effort("quick", 60, 12, (1_000, 10_000, 100_000), 10.0)
NORMAL: Final = Effort("normal", 200, 60, (1_000, 10_000, 100_000), 20.0)
THOROUGH: Final = Effort("thorough", 5_000, 400, (1_000, 10_000, 100_000, 1_000_000), 240.0)
EFFORTS: Final = {effort.name: effort for effort in (QUICK, NORMAL, THOROUGH)}


def effort_named(name: str) -> Effort:
    """The effort of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in EFFORTS:
        raise ValueError(f"no such effort: {name!r}; there are {', '.join(EFFORTS)}")
    return EFFORTS[name]


@dataclass(frozen=True)
class Search:
    """A search for faults.

    Args:
        effort: how long to look.
        seed: of the random examples; the same ones every time, if it is None.
        only: names of properties; None for all of them.
        skip: names of properties that aren't tried.
        strict: whether a habit counts as much as a wrong derivative.
        isolate: whether to use a process of its own.
        timeout: seconds that a property may take there; None for the effort's.
        memory: megabytes that it may take there, where the system can limit it; None for no limit.
    """

    effort: Effort = NORMAL
    seed: int | None = None
    only: tuple[str, ...] | None = None
    skip: tuple[str, ...] = ()
    strict: bool = False
    isolate: bool = True
    timeout: float | None = None
    memory: int | None = 2048

    @property
    def seconds(self) -> float:
        """How long a property may take in its own process."""
        return self.timeout or self.effort.seconds

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Search:
        """The search that ``dataclasses.asdict`` has taken apart.

        >>> from dataclasses import asdict
        >>> Search.read(asdict(Search(QUICK, seed=7))) == Search(QUICK, seed=7)
        True
        """
        return cls(**{**data, "effort": Effort(**data["effort"])})
