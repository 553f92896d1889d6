"""Tests of gradients, for everybody: ``gradcheck``, random expressions, and a check of whole autograd engines.

    pip install hypothesis mpmath pytest

brings what this needs: Hypothesis draws the expressions, mpmath computes the truth.

>>> from autograd import Value
>>> from autograd.testing import check_engine
>>> report = check_engine(Value, only=["second backward"], effort="quick")
>>> report.failures
()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd.testing.expression import Expression
    from autograd.testing.gradients.check import WrongGradient, gradcheck, gradgradcheck
    from autograd.testing.gradients.report import GradientReport, GradientRow
    from autograd.testing.gradients.truth import Truth, derivative_of
    from autograd.testing.judge.check import check_engine
    from autograd.testing.judge.findings.report import Report
    from autograd.testing.strategies import expressions

# Names whose module is loaded when they are first used.
_LATER = {
    "Expression": "autograd.testing.expression",
    "GradientReport": "autograd.testing.gradients.report",
    "GradientRow": "autograd.testing.gradients.report",
    "Report": "autograd.testing.judge.findings.report",
    "Truth": "autograd.testing.gradients.truth",
    "WrongGradient": "autograd.testing.gradients.check",
    "check_engine": "autograd.testing.judge.check",
    "derivative_of": "autograd.testing.gradients.truth",
    "expressions": "autograd.testing.strategies",
    "gradcheck": "autograd.testing.gradients.check",
    "gradgradcheck": "autograd.testing.gradients.check",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        import importlib

        value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
        return value
    raise AttributeError(f"module 'autograd.testing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


__all__ = [
    "Expression",
    "GradientReport",
    "GradientRow",
    "Report",
    "Truth",
    "WrongGradient",
    "check_engine",
    "derivative_of",
    "expressions",
    "gradcheck",
    "gradgradcheck",
]
