"""Running somebody's tests against the engines of the zoo, each in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from autograd.errors import missing
from autograd.testing.zoo.animals import RIGHT, source

CAUGHT: Final = "caught"
MISSED: Final = "not caught"
PASSED: Final = 0  # pytest's exit code

# The module is loaded before the tests are looked for, so that no file of the same name beside them comes first.
_BEFORE: Final = """\
import importlib, sys
folder, name, *arguments = sys.argv[1:]
sys.path.insert(0, folder)
importlib.import_module(name)
sys.path.remove(folder)
import pytest
sys.exit(pytest.main(arguments))
"""


@dataclass(frozen=True)
class Outcome:
    """What the tests said of one engine: whether they caught it, by which test, after how long."""

    name: str
    caught: bool
    by: str
    seconds: float


class TestsFail(ValueError):
    """The tests don't pass on the right engine, so they say nothing of the others."""

    __test__ = False


def outcomes(tests: Path, names: Iterable[str], module: str, timeout: float) -> Iterator[Outcome]:
    """Run the tests against the right engine, then against those of the names: an outcome for each, as it is known.

    Args:
        tests: a file or a folder for pytest.
        names: of the faulty engines.
        module: what the tests import.
        timeout: seconds for each engine.

    Raises:
        ValueError: there is no such file, or the tests fail on the right engine.
        MissingDependency: pytest is not installed.
    """
    if not tests.exists():
        raise ValueError(f"there is no file or folder {str(tests)!r} with tests")
    if not re.fullmatch(r"[A-Za-z_]\w*", module):
        raise ValueError(f"--module is the name that the tests import, such as engine, not {module!r}")
    try:
        import pytest  # noqa: F401
    except ImportError:
        raise missing("pytest", "chainrule zoo run") from None
    code, by, _, said = _tried(RIGHT, tests, module, timeout)
    if code != PASSED:
        raise TestsFail(_complaint(code, by, said, module))
    for name in names:
        code, by, seconds, _ = _tried(name, tests, module, timeout)
        yield Outcome(name, code != PASSED, by, round(seconds, 2))


def _tried(name: str, tests: Path, module: str, timeout: float) -> tuple[int | None, str, float, str]:
    """pytest's exit code (None: it took too long), the first test that failed, the seconds, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{module}.py").write_text(source(name), encoding="utf-8")
        options = ("-x", "-q", "--no-header", "--tb=short", "-rfE", "-p", "no:cacheprovider", "--color=no")
        command = [sys.executable, "-c", _BEFORE, folder, module, str(tests), *options]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}
        started = time.perf_counter()
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name != "nt",
        ) as process:
            try:
                said = process.communicate(timeout=timeout)[0]
            except subprocess.TimeoutExpired:
                _kill(process)
                process.communicate()
                return None, f"took more than {timeout:g} s", time.perf_counter() - started, ""
        return process.returncode, _first_failure(said, process.returncode), time.perf_counter() - started, said


def _kill(process: subprocess.Popen[str]) -> None:
    """End it, with all that it has started."""
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def _first_failure(said: str, code: int) -> str:
    """The name of the first test that failed.

    >>> _first_failure("FAILED tests/test_mine.py::test_product - assert 3.0 == 6.0", 1)
    'test_product'
    """
    found = re.search(r"^(?:FAILED|ERROR) (\S+?)(?:::(.+?))?(?: - .*)?$", said, re.MULTILINE)
    if found:
        return found[2] or found[1]
    return "" if code == PASSED else f"crashed: signal {-code}" if code < 0 else f"pytest's exit code {code}"


def _complaint(code: int | None, by: str, said: str, module: str) -> str:
    if code == 5:
        return "pytest finds no tests there"
    why = next((line[4:] for line in said.splitlines() if line.startswith("E   ")), "")
    told = f"the tests don't pass on the right engine ({by}{': ' + why if why else ''}), so they can't tell a wrong one"
    return f"{told}; they get the class by: from {module} import Value"


def line(row: Outcome, wide: int) -> str:
    """One outcome, in at most 80 characters.

    >>> line(Outcome("ant", True, "test_square", 0.51), 5), line(Outcome("otter", False, "", 0.62), 5)
    ('caught      ant    0.5 s  by test_square', 'not caught  otter  0.6 s')
    """
    by = f"  by {row.by}" if row.by.isidentifier() or "[" in row.by else f"  {row.by}"
    start = f"{CAUGHT if row.caught else MISSED:10}  {row.name:{wide}} {row.seconds:4.1f} s"
    return (start + by)[:80].rstrip()


def as_json(tests: Path, found: Iterable[Outcome]) -> str:
    """The outcomes as JSON: ``tests``, ``caught``, ``of``, ``engines``."""
    rows = list(found)
    caught = sum(row.caught for row in rows)
    engines = [asdict(row) for row in rows]
    return json.dumps({"tests": str(tests), "caught": caught, "of": len(rows), "engines": engines}, indent=2) + "\n"
