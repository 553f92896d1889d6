"""Runs the tests of one mutant after another, each time in a fork of this process.

``python -m tests.mutation.server SOCKET FILE ...`` waits at a Unix socket; ``ask.py`` is what cosmic-ray runs. Heavy
modules are loaded here, once. They know nothing of the code under test, which every fork imports afresh: libraries, and
``tests/truth.py`` and ``tests/jets.py`` with the truths that they have computed already.
"""

from __future__ import annotations

import gc
import importlib
import os
import re
import shlex
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.mutation import LEFT_OUT, LONGEST, MEMORY, PASSES, SECONDS, TIMES

HEAVY = ("hypothesis.strategies", "hypothesis.extra.numpy", "mpmath", "numpy", "optree", "sympy")
OURS = ("autograd", "nn", "tests")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "--tb=line", "--assert=plain", "--no-header")


def load(files: list[str]) -> None:
    """Load what is heavy, compute the truths if they are needed, and forget the code under test."""
    for name in HEAVY:
        importlib.import_module(name)
    accuracy = importlib.import_module("tests.accuracy")
    for name in accuracy.RULES if "autograd/engine/rules.py" in files else ():
        accuracy.worst(name, accuracy.of_value)
        accuracy.worst(name, accuracy.of_partials)
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS and name not in ("tests.truth", "tests.jets"):
            del sys.modules[name]
    gc.collect()
    gc.freeze()  # the forks' collections need not look at all this


class Order:
    """A plugin for pytest: first come tests whose parameters the changed lines name; properties come last."""

    def __init__(self, changed: set[str]) -> None:
        self.words = set(re.findall(r"\w+", " ".join(changed)))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """pytest calls it."""
        items.sort(key=lambda x: (self.words.isdisjoint(re.findall(r"\w+", x.name.partition("[")[2])), is_property(x)))


def is_property(item: pytest.Item) -> bool:
    """Whether it is a test of Hypothesis's, of many examples."""
    return hasattr(getattr(item, "obj", None), "hypothesis")


def lines(file: str) -> set[str]:
    """The lines of the file as it is now."""
    return set(Path(file).read_text(encoding="utf-8").splitlines())


def run(file: str, changed: set[str], seconds: int) -> int:
    """pytest's exit status, of the tests of that file; an endless loop or all too much memory is a failure, too."""
    import resource  # there is none on Windows

    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        status = 1
        try:
            importlib.import_module("autograd")  # first as a whole: pytest would import the file alone
            left_out = [f"--deselect={name}" for name in LEFT_OUT]
            for tests in PASSES[file]:
                status = pytest.main([*OPTIONS, *left_out, *shlex.split(tests)], plugins=[Order(changed)])
                if status:
                    break
        finally:
            sys.stdout.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(address: str, files: list[str]) -> None:
    """Answer each file's name with an exit status."""
    load(files)
    originals = {file: lines(file) for file in files}
    patience: dict[str, int] = {}  # seconds for the tests of a mutant: what they take without a mutation, several times
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        while True:
            connection, _ = server.accept()
            with connection:
                file = connection.recv(1000).decode()
                began = time.perf_counter()
                status = run(file, lines(file) - originals[file], patience.get(file, LONGEST))
                patience.setdefault(file, max(SECONDS, round(TIMES * (time.perf_counter() - began))))
                connection.sendall(str(status).encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
