"""Hypothesis profiles, chosen by the environment variable HYPOTHESIS_PROFILE; which form of the engine is tested."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from autograd.engine.rules import RULES
from tests.forms import FORM

# A pause of the machine is no defect of the program: no deadline.
settings.register_profile(
    "ci", max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
# For the second run, on the compiled engine: what the first has shown of the source needs no more than a sample here.
settings.register_profile("compiled", settings.get_profile("ci"), max_examples=40)
# For mutation testing (tests/mutation): few examples, always the same ones, and no time spent on shrinking a failure.
settings.register_profile(
    "mutants",
    settings.get_profile("ci"),
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=10, help="how often a training run is killed in test_checkpoints.py")


def pytest_report_header() -> str:
    return f"engine: {FORM}"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "no_cover: runs without measuring coverage (pytest-cov's own mark)")


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    """Rows that a test adds to the rule table are gone when it ends."""
    before = dict(RULES)
    yield
    if before != RULES:
        RULES.clear()
        RULES.update(before)
