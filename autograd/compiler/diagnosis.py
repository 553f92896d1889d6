"""Diagnosis: at which operation the numbers of a compiled call stop being finite, and on which line of the user's.

The function is recorded again, this time with its lines, and what was recorded runs on NumPy, instruction by
instruction, so that every number is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.compiler.backends.finite import Diagnosis, Numbers
from autograd.compiler.layout import Layout
from autograd.compiler.passes.guard import guard
from autograd.compiler.passes.simplify import simplify
from autograd.compiler.program import Program
from autograd.compiler.record.arguments import Arguments
from autograd.compiler.record.recording import record


def diagnosis_of(f: Callable[..., Any], flat: Arguments, dtype: str, threads: int) -> Diagnosis:
    """Why the result of a function isn't finite for these arguments.

    Raises:
        TypeError: an argument carries derivatives.
    """
    if flat.has_derivatives:
        raise TypeError("diagnose takes the numbers of a call, not Values or numbers of a transform; pass x.data")
    arguments = flat.key.layout(dtype)
    recorded, results = record(f, flat, arguments, dtype, threads, keep_lines=True)
    return diagnose(recorded, results, arguments.write(flat.numbers))


def diagnose(recorded: Program, results: Layout, row: Any) -> Diagnosis:
    """Why results of a program aren't finite.

    Args:
        recorded: as the function was recorded, with its lines.
        results: where its outputs stand, and how they are called.
        row: the arguments' numbers.
    """
    whole = guard(recorded) if recorded.guards else recorded
    for program in (whole, simplify(whole)):  # sums in another order may overflow
        numbers = Numbers(program, row)
        bad = [(number, sample) for number, sample in enumerate(map(numbers.first_bad, program.outputs)) if sample]
        if bad:
            break
    else:
        return Diagnosis(finite=True)
    names = results.names("result")
    reaches = tuple(dict.fromkeys(names[number].replace("[s", f"[{at.sample or 0}") for number, at in bad))
    origin = numbers.origin([at for _, at in bad])
    return numbers.told(origin, reaches)
