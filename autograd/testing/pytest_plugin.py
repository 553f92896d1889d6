"""The pytest plugin: fixtures ``gradcheck`` and ``gradgradcheck``, whose failures show the table, not our traceback.

It is loaded by the entry point ``chainrule`` in every pytest run of an environment that has chainrule, so it imports
nothing but pytest until a test asks for a fixture. The fixtures live as long as the session: Hypothesis, which calls a
test many times, has no objection to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.testing.gradients.report import GradientReport


@pytest.fixture(scope="session", name="gradcheck")
def gradcheck_fixture() -> Callable[..., GradientReport]:
    """``gradcheck(f, *args)``: see ``autograd.testing.gradcheck``."""
    from autograd.testing import gradcheck

    return gradcheck


@pytest.fixture(scope="session", name="gradgradcheck")
def gradgradcheck_fixture() -> Callable[..., GradientReport]:
    """``gradgradcheck(f, *args)``: see ``autograd.testing.gradgradcheck``."""
    from autograd.testing import gradgradcheck

    return gradgradcheck
