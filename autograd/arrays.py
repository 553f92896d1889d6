"""NumPy arrays of numbers and of Values. NumPy is imported only when an array has already arrived."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# NumPy's name for a function, where it isn't ours.
_UFUNCS = {
    "true_divide": "div", "divide": "div", "subtract": "sub", "multiply": "mul", "negative": "neg", "power": "pow",
    "float_power": "pow", "absolute": "abs", "fabs": "abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
_COMPARISONS = {
    "less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip


def elementwise(function: Callable[..., Any], operands: tuple[Any, ...]) -> Any:
    """The function applied to each element, operands broadcast together; floats stay an array of floats."""
    import numpy as np

    arrays = [x if isinstance(x, np.ndarray) else np.asarray(x, dtype=object) for x in operands]
    out = np.frompyfunc(function, len(operands), 1)(*arrays)
    floats = all(isinstance(x, (np.ndarray, float, int)) and np.asarray(x).dtype != object for x in operands)
    return out.astype(float) if floats else out


def apply_ufunc(
    table: Mapping[str, Any], ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What ``Value.__array_ufunc__`` does with the rule table: ``np.float64(2) * v`` and ``np.exp(v)`` are Values."""
    import numpy as np

    out = kwargs.pop("out", None)  # of A *= v
    if method != "__call__" or kwargs:
        return NotImplemented
    if out is not None:
        out[0][...] = apply_ufunc(table, ufunc, method, inputs, {})
        return out[0]
    if ufunc.__name__ in ("equal", "not_equal"):  # identity, as Python's == between Values
        return ufunc(*(x if isinstance(x, np.ndarray) else np.array(x, dtype=object) for x in inputs))
    if ufunc.__name__ in _COMPARISONS:
        arrays = [x if isinstance(x, np.ndarray) else _alone(x) for x in inputs]
        if any(hasattr(x, "is_traced") for array in arrays if array.dtype.kind == "O" for x in array.flat):
            return np.frompyfunc(_COMPARISONS[ufunc.__name__], 2, 1)(*arrays)
        return ufunc(*(np.asarray(_numbers(x)) for x in inputs))
    rule = table.get(_UFUNCS.get(ufunc.__name__, ufunc.__name__))
    if rule is None or rule.arity != len(inputs):
        return NotImplemented
    return rule(*(x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in inputs))


def _alone(x: Any) -> Any:
    import numpy as np

    array = np.empty((), dtype=object)
    array[()] = x
    return array


def _numbers(x: Any) -> Any:
    import numpy as np

    return np.vectorize(float, otypes=[float])(x) if isinstance(x, np.ndarray) else float(x)
