"""What a function does besides returning a result happens once, while it is recorded, and not in later calls.

Where that can be seen, it is an error: the function has changed an argument, has drawn random numbers, or has caught
the error that refused it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optree

from autograd.compiler.record.trace import Trace
from autograd.errors import TraceError


@contextmanager
def without_effects(trace: Trace, call: Any) -> Iterator[None]:
    """Record a function that is called with this structure.

    Raises:
        TraceError: it has an effect.
    """
    before, spec = optree.tree_flatten(call, namespace="chainrule")
    dice = _dice()
    try:
        yield
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise _changed() from error
    if trace.refusal is not None:
        raise trace.refusal
    after, its = optree.tree_flatten(call, namespace="chainrule")
    if its != spec or any(x is not y for x, y in zip(after, before)):
        raise _changed()
    if _dice() != dice:
        raise TraceError(
            "draw random numbers outside, and pass them as an argument: the function draws some, and compiled it "
            "would have the same ones in each call"
        )


def _changed() -> TraceError:
    return TraceError(
        "copy an argument before you change it, x = x.copy(), and return the new one: the function changes an argument "
        "in place, and compiled it would leave the caller's as it was"
    )


def _dice() -> Any:
    """Where Python's and NumPy's common generators of random numbers are."""
    states: list[Any] = [random.getstate()]
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        name, key, *rest = numpy.get_state()
        states.append((name, key.tobytes(), *rest))
    return states
