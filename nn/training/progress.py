"""The progress of a training run in the terminal: the loss, samples a second, the time that is left."""

from __future__ import annotations

import sys
import time
from typing import Any, Final

from autograd.errors import missing

INTERVAL: Final = 0.1  # seconds between two pictures of the bar


class Progress:
    """A bar that counts samples. Without a terminal, or where ``shown`` is False, it does nothing.

    Args:
        samples: how many there will be in all.
        shown: True, False, or None for: if there is a terminal.

    Raises:
        MissingDependency: it was asked for by True, and tqdm is not installed.
    """

    def __init__(self, samples: int, shown: bool | None) -> None:
        self._bar: Any = None
        self.shown = False  # whether there is a bar
        self._waiting = 0
        self._next = 0.0
        if shown is False or (shown is None and not sys.stderr.isatty()):
            return
        try:
            from tqdm import tqdm
        except ImportError:
            if shown is None:
                return
            raise missing("tqdm", "a progress bar") from None
        self._bar = tqdm(total=samples, desc="training", unit=" samples", unit_scale=True, leave=False, ncols=80)
        self.shown = True

    def add(self, samples: int, loss: float) -> None:
        """Count samples; the loss is that of the last update."""
        self._waiting += samples
        now = time.monotonic()
        if now >= self._next:
            self._next = now + INTERVAL
            self._bar.set_postfix_str(f"loss={loss:.4g}", refresh=False)
            self._bar.n += self._waiting
            self._bar.refresh()
            self._waiting = 0

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
