"""Recording: a function is run on traced numbers in place of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optree

from autograd.compiler.layout import Layout
from autograd.compiler.program import Program
from autograd.compiler.record.adjoint import Tape
from autograd.compiler.record.arguments import Arguments, name_inputs, traced_leaves
from autograd.compiler.record.effects import without_effects
from autograd.compiler.record.results import results_of
from autograd.compiler.record.trace import Trace
from autograd.engine.modes import TAPE, undisturbed
from autograd.transforms.run import watched


def record(
    f: Callable[..., Any], flat: Arguments, arguments: Layout, dtype: str, threads: int, keep_lines: bool = False
) -> tuple[Program, Layout]:
    """Run a function on traced numbers in place of its arguments: what was recorded, and the layout of its results."""
    trace = Trace(arguments.size, keep_lines)
    call: Any = optree.tree_unflatten(flat.key.spec, traced_leaves(trace, flat, arguments))
    args, kwargs = call if flat.key.by_keyword else (call, {})
    name_inputs(trace, flat.signature, flat.key, arguments)
    trace.world = Tape(trace)
    trace.options = {"dtype": dtype, "check": keep_lines, "threads": threads}
    token = TAPE.set(trace.world)
    try:
        with undisturbed(), without_effects(trace, call):
            result = watched(lambda: f(*args, **kwargs))
    finally:
        TAPE.reset(token)
        trace.open = False
    results, values = results_of(trace, result, dtype)
    return trace.finish(values), results
