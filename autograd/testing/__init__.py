"""Tests of gradients, for everybody: ``gradcheck``, random expressions, and a check of whole autograd engines.

    pip install 'chainrule[testing]'

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
    from autograd.testing.check import check_engine
    from autograd.testing.drawing import expressions
    from autograd.testing.expression import Expression
    from autograd.testing.gradients import WrongGradient, gradcheck, gradgradcheck
    from autograd.testing.gradreport import GradientReport, GradientRow
    from autograd.testing.report import Report
    from autograd.testing.truth import Truth, derivative_of

# Names whose module is loaded when they are first used.
_LATER = {
    "Expression": "autograd.testing.expression",
    "GradientReport": "autograd.testing.gradreport",
    "GradientRow": "autograd.testing.gradreport",
    "Report": "autograd.testing.report",
    "Truth": "autograd.testing.truth",
    "WrongGradient": "autograd.testing.gradients",
    "check_engine": "autograd.testing.check",
    "derivative_of": "autograd.testing.truth",
    "expressions": "autograd.testing.drawing",
    "gradcheck": "autograd.testing.gradients",  # of another name: a module gradcheck would hide the function
    "gradgradcheck": "autograd.testing.gradients",
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
