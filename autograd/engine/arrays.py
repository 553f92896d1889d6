"""NumPy arrays of numbers and of Values. NumPy is imported only when an array has already arrived."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd.engine.kinds import compares_itself, number, plain

if TYPE_CHECKING:
    import numpy as np

# What asks for the number alone, as an if does.
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "isnan", "isinf", "isfinite", "signbit")


def elementwise(function: Callable[..., Any], operands: tuple[Any, ...]) -> Any:
    """The function applied to each element, operands broadcast together; floats stay an array of floats."""
    import numpy as np

    if any(hasattr(type(x), "is_batch") for x in operands):
        return np.frompyfunc(function, len(operands), 1)(*operands)  # which does it lane by lane
    arrays = [x if isinstance(x, np.ndarray) else np.asarray(x, dtype=object) for x in operands]
    out = np.frompyfunc(function, len(operands), 1)(*arrays)
    floats = all(isinstance(x, (np.ndarray, float, int)) and np.asarray(x).dtype != object for x in operands)
    return out.astype(float) if floats else own_kind(out)


def own_kind(array: Any) -> Any:
    """An array of objects as the kind of array that they have: traced numbers have one that they can be compared in."""
    if array.dtype.kind == "O":
        first: Any = next((x for x in array.flat if not isinstance(x, (float, int))), None)
        if hasattr(type(first), "__own_array__"):
            return first.__own_array__(array)
    return array


def apply_ufunc(
    of_ufunc: Callable[[str, int], Any], ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What ``Value.__array_ufunc__`` does by the table's rows: ``np.float64(2) * v`` and ``np.exp(v)`` are Values."""
    import numpy as np

    out = kwargs.pop("out", None)  # of A *= v
    if method != "__call__" or kwargs:
        return NotImplemented
    if out is not None:
        out[0][...] = apply_ufunc(of_ufunc, ufunc, method, inputs, {})
        return out[0]
    if ufunc.__name__ in ("equal", "not_equal"):  # as Python's ==, element by element
        return ufunc(*(x if getattr(x, "ndim", 0) else alone(plain(x)) for x in inputs))
    if ufunc.__name__ in _COMPARISONS:
        return ufunc(*(np.asarray(_numbers(x)) for x in inputs))
    rule = of_ufunc(ufunc.__name__, ufunc.nin)
    if rule is None:
        if any(compares_itself(x) for x in inputs):
            return NotImplemented
        raise TypeError(
            f"NumPy's {ufunc.__name__} has no derivative here; write it with arithmetic and autograd's functions "
            "(maximum and minimum for fmax and fmin, where for a choice)"
        )
    return rule(*(plain(x) for x in inputs))


def alone(x: Any) -> Any:
    """An array without axes, with x as its element."""
    import numpy as np

    array = np.empty((), dtype=object)
    array[()] = x
    return array


def _numbers(x: Any) -> Any:
    import numpy as np

    return np.vectorize(number, otypes=[float])(x) if isinstance(x, np.ndarray) else number(x)
