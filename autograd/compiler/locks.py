"""A lock that a forked process finds free, whoever held it in the process that it was forked from."""

from __future__ import annotations

import os
import threading
from typing import Any


class Lock:
    """A lock that a thread may take again. After a fork it is another one: its holder doesn't live on in the child."""

    def __init__(self) -> None:
        self._own = os.getpid(), threading.RLock()

    def __enter__(self) -> None:
        process, lock = self._own
        if process != os.getpid():  # no other thread is there yet that could be first
            self._own = os.getpid(), threading.RLock()
            lock = self._own[1]
        lock.acquire()

    def __exit__(self, *error: Any) -> None:
        self._own[1].release()
