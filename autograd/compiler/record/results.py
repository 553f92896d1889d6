"""What a traced function returned: its layout, and the value that each of its numbers is."""

from __future__ import annotations

from typing import Any

import optree

from autograd.compiler.layout import Layout, Shape, Static
from autograd.compiler.program import Index
from autograd.compiler.record.batches import Batch
from autograd.compiler.record.static import is_static
from autograd.compiler.record.trace import Condition, Trace, Traced
from autograd.errors import TraceError


def results_of(trace: Trace, result: Any, dtype: str) -> tuple[Layout, list[Index]]:
    """The layout of what the function returned, and the values that go there, in order.

    Raises:
        TypeError: there is something in it that is no number.
        TraceError: a sample's number has left the function of its vmap.
    """
    leaves, spec = optree.tree_flatten(result, namespace="chainrule")
    parts: list[tuple[Shape, int] | Static] = []
    returned: list[Index] = []
    for leaf in leaves:
        numbers, shape, samples = [leaf], None, 0
        if isinstance(leaf, Batch):
            samples, leaf = leaf.samples, leaf.lanes
        if getattr(leaf, "ndim", 0) or (hasattr(leaf, "ndim") and leaf.dtype.kind == "O"):
            numbers, shape = list(leaf.ravel()), leaf.shape
            shape = shape or None if samples else shape
        elif is_static(leaf):
            parts.append(Static(type(leaf), leaf))
            continue
        values = [_value(trace, x) for x in numbers]
        if any(trace.batch_of(value) not in (0, samples) for value in values):
            raise TraceError("return it from vmap's function: a number of one sample was kept, and returned by f")
        parts.append((shape, samples))
        returned += values
    return Layout(spec, parts, dtype), returned


def _value(trace: Trace, x: Any) -> Index:
    if isinstance(x, (Traced, Condition)):
        return trace.value(x)
    try:
        return trace.value(x.item() if hasattr(x, "item") else x)
    except TypeError:
        raise TypeError(
            f"a function under jit returns numbers, arrays and structures of them, not {type(x).__name__}: {x!r:.60}"
        ) from None
