"""Compiled functions against the eager transforms, on random expressions, as closely as rounding allows.

The eager transforms are run with 50 digits; how far floats may be from that is measured, by running the same with 34 to
44 bits (see ``tests/derivatives.py``). A result of fewer bits may be farther off in proportion.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import pytest
from mpmath import mp, mpf

from autograd.compiler.backends import BACKENDS as ALL
from autograd.compiler.backends import named
from autograd.compiler.backends.backend import Backend
from autograd.compiler.compiled import Compiled
from autograd.compiler.record.arguments import Arguments
from autograd.testing import Expression
from tests.derivatives import DIGITS, NOISE, SMOOTH, flat, program, rounding

Function = Callable[..., Any]
Transform = Callable[[Function], Function]

BACKENDS: Final = tuple(name for name, backend in ALL.items() if backend.available())
each_backend = pytest.mark.parametrize("backend", BACKENDS)
COARSER: Final = {"float64": 1.0, "float32": 2.0**29}

NAMES: Final = SMOOTH  # the primitives that have derivatives


CANCELLED = 1e-14  # of the largest derivative: terms that cancel exactly in the truth cancel to rounding in floats


def compiled_for(backend: type[Backend], f: Function, *args: Any, dtype: str = "float64", threads: int = 1) -> Compiled:
    """The function's program for these arguments, run by that back end where nothing else is asked for."""
    return Compiled(f, Arguments(args, {}), dtype, threads, backend)


def check(
    transform: Transform,
    expression: Expression,
    backend: str | type[Backend] = BACKENDS[0],
    dtype: str = "float64",
    eager: Transform | None = None,
) -> None:
    """Hold jit of the transform of the expression against the transform alone (or another one that is the same)."""
    by = named(backend) if isinstance(backend, str) else backend
    compiled = compiled_for(by, transform(program(expression)), *expression.point, dtype=dtype)
    results = flat(compiled.run(*expression.point))
    with mp.workdps(DIGITS):
        run = (eager or transform)(program(expression, mpf))
        leaves = [mpf(x) for x in expression.point]
        precise = flat(run(*leaves))
        allowed = rounding(run, leaves, precise)
        assert len(results) == len(precise)
        scale = max([abs(x) for x in precise] + [mpf(1)])
        for ours, exact, error in zip(results, precise, allowed):
            bound = error * COARSER[dtype] + (CANCELLED * COARSER[dtype] + NOISE) * scale
            assert abs(mpf(float(ours)) - exact) <= bound, (
                f"{by.__name__} {dtype}: {ours!r}, truth {mp.nstr(exact, 17)}, allowed {mp.nstr(bound, 3)}\n"
                f"{expression}\n{compiled}"
            )


def of_list(f: Function) -> Function:
    """A function of several numbers as one of a list."""
    return lambda xs: f(*xs)


def by_list(transform: Transform) -> Transform:
    """A transform of functions of a list, for functions of several numbers."""
    return lambda f: lambda *xs: transform(of_list(f))(list(xs))


def composed(*transforms: Transform) -> Transform:
    """The last one first, as they are written."""
    return lambda f: functools.reduce(lambda g, transform: transform(g), reversed(transforms), f)
