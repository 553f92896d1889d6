"""Every exception that a user may meet, besides Python's own.

Arithmetic fails as it does for ``float`` and ``math``: with ``ZeroDivisionError``, ``ValueError`` or
``OverflowError``. Errors that only an autograd engine has are here.
"""

from __future__ import annotations


class AutogradError(Exception):
    """The base of every error below, so that ``except AutogradError`` catches them all."""


class TraceError(AutogradError):
    """A traced Value, which has no number, was asked for one."""


class LostDerivative(AutogradError, TypeError):
    """Inside a transform: a number was about to be used in a way that would have lost its derivative."""


class AnomalyError(AutogradError, ArithmeticError):
    """Inside ``detect_anomaly``: the first value or gradient that is infinite or not a number."""


class MissingDependency(AutogradError, ImportError):
    """An optional library is not installed; the message names the command that installs it."""


class EngineFailure(AutogradError):
    """The engine check found a property that the engine under test does not hold."""


class AutogradWarning(UserWarning):
    """The base of every warning below."""


class SlowWarning(AutogradWarning):
    """Something runs much slower than it could; the message says why, and what to write."""


class ForeignFiles(AutogradWarning):
    """Another package of the name ``autograd`` was installed over this one, or this one over it."""


class NoKernel(AutogradWarning):
    """There is no compiled kernel, so ``jit`` runs on NumPy."""


class StaleGradient(AutogradWarning):
    """``backward()`` added to gradients that an optimiser had used: they were not set to zero in between."""


class NoExactValue(AutogradError, TypeError):
    """A function of fractions whose value is no fraction, such as exp."""


def missing(library: str, purpose: str) -> MissingDependency:
    """The error for an absent optional library, with the cure."""
    return MissingDependency(f"{purpose} needs {library}; install it with: pip install {library.lower()}")
