"""What Python's garbage collector may leave alone.

Reference counts free a recorded graph, as nodes refer to older nodes only. The collector looks for cycles all the same,
over and over while a graph grows, and at a million nodes that is half of all the time. What is on no cycle needs no
such care. CPython stops watching tuples and dicts whose contents can't be on one; Values do the same here, in the
compiled form only: Python has no function for it, so that ``setup.py`` makes mypyc call C's in the place of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograd.engine.value import Value


def is_watched(x: object) -> bool:
    """Whether the collector looks at x when it searches for cycles. Compiled: ``PyObject_GC_IsTracked``."""
    return True


def leave_alone(x: object) -> None:
    """Have the collector ignore x from now on, which can be on no cycle. Compiled: ``PyObject_GC_UnTrack``."""


def blank(kind: type[Value]) -> Value:
    """A Value whose constructor hasn't run. Compiled: mypyc's own function for it, without a call from outside."""
    return kind.__new__(kind)
