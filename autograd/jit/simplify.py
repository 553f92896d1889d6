"""Simplify: the passes that make a recorded program a short one, in order."""

from __future__ import annotations

from typing import Final

from autograd.jit.flatten import flatten
from autograd.jit.fold import fold
from autograd.jit.program import Program
from autograd.jit.prune import prune
from autograd.jit.share import share

PASSES: Final = (fold, share, prune, flatten)


def simplify(program: Program) -> Program:
    """Apply each pass once."""
    for each in PASSES:
        program = each(program)
    return program
