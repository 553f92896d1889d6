"""Simplify: the passes that make a recorded program a short one, in order."""

from __future__ import annotations

from typing import Final

from autograd.compiler.passes.flatten import flatten
from autograd.compiler.passes.fold import fold
from autograd.compiler.passes.prune import prune
from autograd.compiler.passes.share import share
from autograd.compiler.program import Program

PASSES: Final = (fold, share, prune, flatten)


def simplify(program: Program) -> Program:
    """Apply each pass once."""
    for each in PASSES:
        program = each(program)
    return program
