"""Hypothesis profiles, chosen by the environment variable HYPOTHESIS_PROFILE."""

import os

import pytest
from hypothesis import HealthCheck, settings

# A pause of the machine is no defect of the program: no deadline.
settings.register_profile(
    "ci", max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "no_cover: runs without measuring coverage (pytest-cov's own mark)")
