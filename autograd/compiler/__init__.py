"""jit: plain scalar Python, compiled. Trace, simplify, place, lower, run: each stage prints.

``trace`` records what a function does to its numbers as a ``program``; ``adjoint`` appends derivatives to it;
``fold``, ``share``, ``prune`` and ``flatten`` make it short; ``place`` orders it; ``kernel`` gives it memory and words,
and runs these in C. ``layout`` says how the arguments and results of a call are numbers in a row; ``backends`` are the
ways to run a program: the kernel, NumPy, generated Python.
"""

from __future__ import annotations

from autograd.compiler.batch import vmap
from autograd.compiler.jitted import jit

__all__ = ["jit", "vmap"]
