"""Every transform against HIPS autograd's, which runs in its own environment: HIPS_PYTHON is its interpreter."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from autograd.testing import Expression
from peers.common import EXAMPLES, as_json, compare
from tests.derivatives import SMOOTH, woven

HERE = Path(__file__).resolve().parent
PYTHON = os.environ.get("HIPS_PYTHON", str(HERE.parent / ".venv-hips" / "bin" / "python"))
MISSING = {"sign", "floor", "stop_gradient", "atan2"}  # without a second derivative there, or without any


class Hips:
    """The other process."""

    def __init__(self) -> None:
        command = [PYTHON, "-I", "-W", "ignore", str(HERE / "hips_reference.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.known = set(self.read())

    def read(self) -> Any:
        line = self.process.stdout.readline()
        assert line, "HIPS's process has ended; its error is above"
        return json.loads(line)

    def ask(self, question: dict[str, Any]) -> Any:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def hips() -> Iterator[Hips]:
    other = Hips()
    yield other
    other.close()


whole = st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4)


@settings(EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(woven(tuple(name for name in SMOOTH if name not in MISSING), max_steps=8), whole, whole)
def test_every_transform_is_hips(hips: Hips, expression: Expression, v: list[float], u: list[float]) -> None:
    theirs = hips.ask(as_json(expression, v, u))
    assume(all(x == x for part in theirs.values() for x in part))  # HIPS has NaN where a branch not taken overflows
    compare(expression, v, u, theirs)


def test_every_row_but_a_few_is_compared(hips: Hips) -> None:
    assert set(SMOOTH) - hips.known <= MISSING
