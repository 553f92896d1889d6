"""Objects that Python's garbage collector need not watch.

Nodes refer to older nodes only, so reference counts free a recorded graph. The collector still looks for cycles, over
and over while a graph grows. At a million nodes that takes half of all the time. CPython itself stops watching tuples
and dicts whose contents can't be on a cycle. Values do the same here, in the compiled form only: Python has no function
for it, so ``setup.py`` has mypyc call C functions in place of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograd.engine.value import Value


def is_watched(x: object) -> bool:
    """Whether the collector looks at x when it searches for cycles. Compiled: ``PyObject_GC_IsTracked``."""
    return True


def leave_alone(x: object) -> None:
    """Have the collector ignore x, which can't be on a cycle, from now on. Compiled: ``PyObject_GC_UnTrack``."""


def blank(kind: type[Value]) -> Value:
    """A Value whose constructor hasn't run. Compiled: mypyc's own function for it, without a call from outside."""
    return kind.__new__(kind)
