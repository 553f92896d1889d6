"""Whatever these tests compile is verified as it was recorded, and after each pass."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograd.compiler.passes.simplify import PASSES
from autograd.compiler.passes.verify import verify
from autograd.compiler.program import Program

Pass = Callable[[Program], Program]


@pytest.fixture(scope="module", autouse=True)
def passes_are_verified() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            importlib.import_module("autograd.compiler.passes.simplify"), "PASSES", tuple(map(_verified, PASSES))
        )
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For C files, and what is compiled of them."""
    return tmp_path_factory.mktemp("source")


def _verified(each: Pass) -> Pass:
    is_recorded = each is PASSES[0]  # what comes into fold

    @functools.wraps(each)
    def verified(program: Program) -> Program:
        if is_recorded:
            verify(program)
        after = each(program)
        verify(after, recorded=False)
        return after

    return verified
