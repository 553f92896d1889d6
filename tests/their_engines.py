"""Engines in files of their own, as other people have them: written by a test, imported by the check's process."""

from __future__ import annotations

import textwrap
from pathlib import Path

RIGHT = """
class Base:
    def __init__(self, data, operands=()):
        self.data, self.grad, self.operands = data, 0.0, operands

    def __add__(self, other):
        other = other if isinstance(other, Base) else type(self)(other)
        return type(self)(self.data + other.data, ((self, 1.0), (other, 1.0)))

    __radd__ = __add__

    def backward(self, grad=1.0):
        self.grad += grad
        for operand, partial in self.operands:
            operand.backward(grad * partial)
"""


def write_engine(folder: Path, body: str) -> str:
    """Write an engine to a file, and say where its class Value is; the body may build on Base."""
    path = folder / "their_engine.py"
    path.write_text("import math, os, sys, time\n" + RIGHT + textwrap.dedent(body))
    return f"{path}:Value"
