"""Running the check in a process of its own, and starting it again when the engine has taken it down."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any, Final

from autograd.testing.judge.findings.rows import CRASHED, FAILED, PASSED, TIMED_OUT, Row
from autograd.testing.judge.properties.table import Property
from autograd.testing.judge.running.run import chosen, ends_the_check, not_tried
from autograd.testing.judge.running.worker import INSIDE, RECORDER_SIZE
from autograd.testing.judge.subject.spelling import Spelling
from autograd.testing.judge.trials.search import Search

TO_LOAD: Final = 60.0  # seconds for importing the class
IMPATIENT: Final = 2.0  # seconds for a property after one that timed out
PATIENCE: Final = 3  # after so many properties in a row that timed out, the others aren't tried
MEASURED: Final = ("memory is freed", "time is linear")  # whose messages have numbers that are never the same
IMPORT: Final = Property("import", "The module can be imported.", lambda trial: None)


def isolated(places: Sequence[str], spelling: Spelling, search: Search) -> Iterator[Row]:
    """The rows of the properties that are searched, each as soon as it is known.

    Args:
        places: where the class may be, to be tried in turn: see :func:`autograd.testing.judge.subject.loading.load`.
        spelling: what things are called there, as text.
        search: how to look for faults.

    Raises:
        ValueError: there is no such class or property.
    """
    left = chosen(search.only, search.skip)
    first = left[0].name if left else ""
    seconds = search.seconds
    timed_out = 0  # one after the other
    passed: list[str] = []
    with contextlib.ExitStack() as second:
        witness: _Witness | None = None
        while left:
            with _Worker(places, spelling, replace(search, only=tuple(p.name for p in left))) as worker:
                trouble = worker.load()
                if trouble:
                    yield Row(IMPORT.name, IMPORT.sentence, *trouble)
                    return
                while left:
                    started = time.perf_counter()
                    row = worker.next_row(min(seconds, IMPATIENT) if timed_out else seconds)
                    p = left.pop(0)
                    if isinstance(row, Row):
                        timed_out = 0
                        passed += [p.name] * (row.status == PASSED)
                        if row.status == FAILED:
                            witness = witness or second.enter_context(_Witness(places, spelling, search))
                            row = witness.confirmed(row, passed)
                    else:
                        status, message = row
                        timed_out += status == TIMED_OUT
                        took = time.perf_counter() - started
                        row = Row(p.name, p.sentence, status, message, worker.recorded(), took, p.group)
                    yield row
                    if ends_the_check(row) or (row.name == first and timed_out):
                        yield from map(not_tried, left)
                        return
                    if timed_out == PATIENCE:
                        yield from (not_tried(p, f"{PATIENCE} properties in a row timed out") for p in left)
                        return
                    if row.status in (CRASHED, TIMED_OUT):
                        break  # a new process for the others


class _Witness:
    """A second process, in which every finding is looked for once more before it is believed."""

    def __init__(self, places: Sequence[str], spelling: Spelling, search: Search) -> None:
        self.places, self.spelling, self.search = places, spelling, search
        self.worker: _Worker | None = None

    def __enter__(self) -> _Witness:
        return self

    def __exit__(self, *_: object) -> None:
        if self.worker is not None:
            self.worker.__exit__()

    def confirmed(self, row: Row, passed: Sequence[str]) -> Row:
        """The row, or one that says that it didn't come again. What passed before explains nothing, here neither."""
        if self.worker is None:
            effort = replace(self.search.effort, seconds=4 * self.search.effort.seconds)  # nothing is missed for haste
            self.worker = _Worker(self.places, self.spelling, replace(self.search, effort=effort), on_demand=True)
            if self.worker.load():
                self.worker.__exit__()
                self.worker = None
                return row
        again = self.worker.ask(row.name, 4 * self.search.seconds, passed)
        if not isinstance(again, Row):
            self.worker.__exit__()
            self.worker = None
            return row
        if again.status == row.status and (row.name in MEASURED or _bare(again.message) == _bare(row.message)):
            return row
        second = again.message if again.is_failure else "right"
        return replace(row, message=f"answers differ when asked twice: {row.message}; then {second}", follows="")


def _bare(message: str) -> str:
    """The message without addresses, which are never the same."""
    return re.sub("0x[0-9a-f]+", "", message)


class _Worker:
    """One process, and the lines that it sends."""

    def __init__(self, places: Sequence[str], spelling: Spelling, search: Search, on_demand: bool = False) -> None:
        handle, path = tempfile.mkstemp(prefix="chainrule-check-")
        os.truncate(handle, RECORDER_SIZE)
        os.close(handle)
        self.recorder = Path(path)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path), INSIDE: "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autograd.testing.judge.running.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.reader = threading.Thread(target=_pump, args=(self.process.stdout, self.lines), daemon=True)
        self.reader.start()
        order = {"places": places, "spelling": asdict(spelling), "search": asdict(search), "recorder": path}
        self.process.stdin.write(json.dumps({**order, "on_demand": on_demand}).encode() + b"\n")
        if on_demand:
            self.process.stdin.flush()
        else:
            self.process.stdin.close()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        self.recorder.unlink(missing_ok=True)

    def end(self) -> int:
        """End the process, and those that it started; its exit code."""
        if self.process.returncode is None:
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        return self.process.wait()

    def load(self) -> tuple[str, str] | None:
        """Wait until the class is imported. Returns the error, if there was one."""
        message = self._receive(TO_LOAD)
        if isinstance(message, tuple):
            return message
        if "usage" in message:
            raise ValueError(message["usage"])
        return None

    def next_row(self, seconds: float) -> Row | tuple[str, str]:
        """The row of the next property, or status and message if there is none."""
        message = self._receive(seconds)
        while isinstance(message, dict) and "end" not in message:
            message = self._receive(seconds)
        return message if isinstance(message, tuple) else Row(**message["end"])

    def ask(self, name: str, seconds: float, passed: Sequence[str]) -> Row | tuple[str, str]:
        """The row of the property of that name, from a worker that tries them on demand."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{json.dumps([name, *passed])}\n".encode())
            self.process.stdin.flush()
        except OSError:
            return CRASHED, "the process has ended"
        return self.next_row(seconds)

    def recorded(self) -> str:
        """What the engine was asked last."""
        return self.recorder.read_bytes().partition(b"\0")[0].decode(errors="replace")

    def _receive(self, seconds: float) -> dict[str, Any] | tuple[str, str]:
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            self.end()
            return TIMED_OUT, f"no answer after {seconds:.0f} s"
        if line is None:
            return CRASHED, _how_it_ended(self.process.wait() if self._is_over() else self.end())
        message: dict[str, Any] = json.loads(line)
        return message

    def _is_over(self) -> bool:
        """Whether the process has ended by itself; it has a moment for that after its last word."""
        try:
            self.process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            return False
        return True


def _how_it_ended(code: int) -> str:
    if code < 0:
        try:
            return f"the process was ended by {signal.Signals(-code).name}: {signal.strsignal(-code)}"
        except ValueError:
            return f"the process was ended by signal {-code}"
    return f"the process ended with exit code {code}"


def _pump(stream: IO[bytes], lines: queue.SimpleQueue[str | None]) -> None:
    for line in stream:
        lines.put(line.decode())
    lines.put(None)
