"""The engine check finds every fault of the zoo, and nothing wrong in the right engines."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from autograd.testing import check_engine
from autograd.testing.judge.properties.table import PROPERTIES
from tests.zoo import FAILED, RIGHT, Fault, faults

FAULTS = faults()


def engines_of(module: str) -> set[str]:
    """The names of the engines that are written in the module."""
    there = import_module(f"tests.zoo.{module}")
    return {name for name, cls in inspect.getmembers(there, inspect.isclass) if cls.__module__ == there.__name__}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_fails_its_property(fault: Fault) -> None:
    [row] = check_engine(fault.engine, only=[fault.fails], effort="quick", isolate=False).rows
    assert row.is_failure or row.status == "slow", row
    assert row.status == "slow" or fault.engine.partition(":")[2] in row.script  # which shows it


@pytest.mark.parametrize("engine", RIGHT)
def test_nothing_fails_in_a_right_engine(engine: str) -> None:
    report = check_engine(engine, effort="quick").raise_for_failures()
    unsupported = [row.name for row in report.rows if row.status == "not supported"]
    assert unsupported in ([], ["comparison"])


@pytest.mark.parametrize("module", FAILED)
def test_every_engine_of_the_zoo_is_in_the_index(module: str) -> None:
    assert set(FAILED[module]) == engines_of(module)


def test_every_right_engine_is_in_the_index() -> None:
    files = Path(__file__).parent.glob("zoo/right_*.py")
    assert {engine.partition(":")[0] for engine in RIGHT} == {f"tests.zoo.{file.stem}" for file in files}


def test_properties_of_the_index_are_those_of_the_check() -> None:
    assert {fault.fails for fault in FAULTS.values()} <= {p.name for p in PROPERTIES}
