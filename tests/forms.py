"""Which form of the engine the tests are running on: the Python that one reads, or the same compiled by mypyc."""

from __future__ import annotations

import pytest

from autograd.engine.value import PURE

needs_python = pytest.mark.skipif(not PURE, reason="compiled: there are no lines of Python to be traced")
needs_sources = pytest.mark.skipif(not PURE, reason="compiled: an installed package, not the repository")
FORM = "pure Python" if PURE else "compiled"
