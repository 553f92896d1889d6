"""Arrays of traced numbers."""

from __future__ import annotations

from typing import Any

from autograd.arrays import NumberArray
from autograd.engine.kinds import is_traced
from autograd.engine.modes import here
from autograd.errors import TraceError


class TracedArray(NumberArray):
    """An array of objects, traced numbers or conditions among them.

    >>> import numpy as np
    >>> from autograd import jit, where
    >>> jit(lambda x: where((x > 0) & (x < 2), x, 0.0))(np.array([-1.0, 1.0, 3.0]))
    array([0., 1., 0.])
    """

    holds_traced = True

    def __bool__(self) -> bool:
        if self.size < 2:
            return super().__bool__()  # its only element knows
        raise TraceError(
            f"an if, while, and, or or not asked for the truth of an array of traced numbers{here()}; "
            "choose with where(condition, a, b); conditions combine with &, | and ~, any() and all() reduce them to one"
        )

    def __getitem__(self, index: Any) -> Any:
        try:
            return super().__getitem__(index)
        except IndexError:
            refused = _no_index(index, "take(x, i)")
            if refused is None:
                raise
        raise refused

    def __setitem__(self, index: Any, x: Any) -> None:
        try:
            super().__setitem__(index, x)
        except IndexError:
            refused = _no_index(index, "where(np.arange(len(x)) == i, a, x)")
            if refused is None:
                raise
        else:
            return
        raise refused


def _no_index(index: Any, by_number: str) -> TraceError | None:
    """The error for an index that has no value; None if it has one."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(x, TracedArray) for x in parts):
        cure, what = f"choose with where(condition, a, b) or {by_number}", "an array of traced numbers was an index"
    elif any(is_traced(x) for x in parts):
        cure, what = f"write {by_number}", "a traced number was an index"
    else:
        return None
    return TraceError(f"{cure}: {what}{here()}, and while jit records, it has no value")
