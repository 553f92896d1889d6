"""Arrays of numbers that carry derivatives, or are traced: NumPy's arrays of objects, told what the rule table says.

NumPy computes with objects by asking them: ``a + b`` calls ``__add__`` of each element. But of a comparison it wants a
bool, which a traced one doesn't have; for a maximum it compares, so that a tie goes to one side, and NaN is lost; and
where it needs floats it takes them, without their derivatives. So the arrays that transforms, ``jit`` and ``vmap`` hand
out are of a subclass, to which NumPy hands what it is about to compute. Comparisons, their logic, and what is in the
rule table are computed here, element by element; everything else NumPy does by itself, or it is refused.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np

from autograd.engine import rules
from autograd.engine.arrays import alone
from autograd.engine.kinds import is_traced, where
from autograd.engine.methods import Functions
from autograd.engine.modes import TAPE, here
from autograd.engine.rules import of_ufunc
from autograd.errors import TraceError
from autograd.functions import clip
from autograd.missing import OF_ARRAYS


class NumberArray(np.ndarray[Any, Any]):
    """An array of objects, numbers that carry derivatives among them.

    >>> from autograd import grad
    >>> grad(lambda x: np.max(x))(np.array([1.0, 3.0, 3.0]))  # at a tie each gets half, as the rule table has it
    array([0. , 0.5, 0.5])
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
        return apply_function(function, types, args, kwargs)

    # NumPy 1 would turn the error of == into False.
    def __eq__(self, other: object) -> Any:
        return apply_ufunc(np.equal, "__call__", (self, other), {})

    def __ne__(self, other: object) -> Any:
        return apply_ufunc(np.not_equal, "__call__", (self, other), {})

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist()) if self.ndim == 1 else super().__iter__()  # a subclass's own is five times as slow

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """A copy, for a dtype of real numbers: these keep their derivatives, and comparisons become 1 or 0."""
        kind = np.dtype(dtype).kind
        if kind in "fO" or (kind in "iu" and all(map(is_condition, self.flat))):
            return of_kind(_each(as_number, self)) if kind != "O" else self.copy()
        raise _error(self)(f"leave them as they are: astype({dtype!r}) was called{here()}, and would lose derivatives")


def is_condition(x: Any) -> bool:
    """Whether it is a comparison that is traced, which can be negated."""
    return is_traced(x) and hasattr(type(x), "__invert__")


def as_number(x: Any) -> Any:
    """A comparison that is traced as the number 1 or 0; a number as it is."""
    return +x if is_condition(x) else x


def _not(x: Any) -> Any:
    return not x if isinstance(x, bool) else ~x


def truth(x: Any) -> Any:
    """Whether a number isn't 0, as NumPy asks it."""
    return x if isinstance(x, bool) or is_condition(x) else _not(abs(x) <= 0)  # NaN is true


def _has_conditions(array: Any) -> bool:
    return any(map(is_condition, np.ravel(array)))


_LN2: Final = math.log(2.0)


def _equal(x: Any, y: Any) -> Any:
    if is_traced(x) or is_traced(y):
        return x == y
    try:
        return (x <= y) & (x >= y)
    except TypeError:  # with what is no number
        return x is y


def _is_nan(x: Any) -> Any:
    return _not(x <= math.inf)


# What NumPy asks the elements' truth for, or doesn't know of objects.
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
    "logical_and": operator.and_, "logical_or": operator.or_, "logical_not": _not, "invert": _not,
    "isnan": lambda x: _not(x <= math.inf), "isinf": lambda x: abs(x) >= math.inf,
    "isfinite": lambda x: abs(x) < math.inf, "clip": clip, "logical_xor": lambda x, y: (x | y) & _not(x & y),
    "equal": _equal, "not_equal": lambda x, y: _not(_equal(x, y)),
    # What NumPy has under other names, or in two parts.
    "conjugate": lambda x: x, "deg2rad": lambda x: x * (math.pi / 180), "radians": lambda x: x * (math.pi / 180),
    "rad2deg": lambda x: x * (180 / math.pi), "degrees": lambda x: x * (180 / math.pi),
    "exp2": lambda x: rules.pow(2.0, x), "float_power": rules.pow,
    "logaddexp2": lambda x, y: rules.logaddexp(x * _LN2, y * _LN2) / _LN2,
    "fmax": lambda x, y: where(_is_nan(x), y, where(_is_nan(y), x, rules.maximum(x, y))),
    "fmin": lambda x, y: where(_is_nan(x), y, where(_is_nan(y), x, rules.minimum(x, y))),
}  # fmt: skip
# What is in the table, but has an operator, which NumPy calls, and faster.
_OPERATORS: Final = {
    "add",
    "subtract",
    "multiply",
    "divide",
    "power",
    "negative",
    "absolute",
    "remainder",
    "floor_divide",
}

_OF_NONE: Final = {operator.and_: True, operator.or_: False}  # all() and any() of nothing

_PLAIN: Final[Any] = np.empty(0)


def apply_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``__array_ufunc__`` of traced numbers and of arrays of them does: a function, a reduction, an outer one."""
    out = kwargs.get("out", ())
    if any(hasattr(type(x), "is_batch") for x in (*inputs, *out)):
        return NotImplemented  # the batch does it
    kwargs = {**kwargs, **{name: _plain(kwargs[name]) for name in ("where", "initial") if name in kwargs}}
    if out:
        kwargs["out"] = tuple(_plain(x) for x in out)
    operands = [_plain(x) for x in inputs]
    own = _own(ufunc)
    if ufunc is np.divmod and method == "__call__":
        return np.floor_divide(*inputs, **kwargs), np.remainder(*inputs, **kwargs)
    if method == "reduce" and "where" in kwargs and ufunc in _OF_NOTHING:
        kwargs.setdefault("initial", _OF_NOTHING[ufunc])
    if ufunc.__name__.startswith("logical_"):
        kwargs.pop("dtype", None)  # any() and all() ask for bools
        operands = [_each(truth, x) for x in operands]
    elif ufunc is np.add and method in ("reduce", "accumulate") and _has_conditions(operands[0]):
        operands = [_each(operator.pos, operands[0])]  # how many hold
    try:
        result = getattr(own or ufunc, method)(*operands, **kwargs)
    except (TypeError, AttributeError) as error:
        if "(vectorized)" in ufunc.__name__:  # a function in Python, which says itself what is wrong
            raise
        raise _refused(ufunc.__name__, error, inputs, any(x.dtype != object for x in out)) from error
    if out:
        return out[0] if len(out) == 1 else out
    return _ours(result)


def apply_function(function: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
    """What ``__array_function__`` of traced numbers and of arrays of them does: ``np.where``, ``np.stack``, ..."""
    if not all(issubclass(each, np.ndarray) or getattr(each, "is_traced", False) for each in types):
        return NotImplemented
    own = _ARRAY_FUNCTIONS.get(function.__name__)
    if own is not None:
        return own(*args, **kwargs)
    if function.__name__ in _REFUSED or (function.__module__ == "numpy.linalg" and function.__name__ not in _LINEAR):
        raise _refused(function.__name__, "it would compute with floats, without derivatives", (args, kwargs))
    if function is np.where and len(args) == 3 and (is_traced(args[0]) or isinstance(args[0], NumberArray)):
        condition, a, b = (np.asanyarray(x) if isinstance(x, (list, tuple)) else x for x in args)
        return where(condition, a, b)
    try:
        return _ours(_PLAIN.__array_function__(function, (np.ndarray,), args, kwargs))
    except (TypeError, AttributeError) as error:
        raise _refused(function.__name__, error, (args, kwargs)) from error


def _own(ufunc: Any) -> Any:
    """The ufunc that computes it here, if NumPy can't; else None."""
    function = _FUNCTIONS.get(ufunc.__name__)
    if function is None and ufunc.__name__ not in _OPERATORS:
        function = of_ufunc(ufunc.__name__, ufunc.nin)
    return None if function is None else _elementwise(function, ufunc.nin)


@functools.cache
def _elementwise(function: Callable[..., Any], operands: int) -> Any:
    return np.frompyfunc(function, operands, 1, identity=_OF_NONE.get(function))  # None: axes in any order, but some


def _each(function: Callable[[Any], Any], x: Any) -> Any:
    return _plain(_elementwise(function, 1)(x))


def _plain(x: Any) -> Any:
    """The arrays as ordinary NumPy arrays, so that NumPy computes by itself."""
    if isinstance(x, NumberArray):
        return x.view(np.ndarray)
    return alone(x) if isinstance(x, Functions) or is_traced(x) else x


def _ours(result: Any) -> Any:
    """The result, in which every array of objects knows the rule table."""
    if type(result) in (list, tuple):
        return type(result)(_ours(x) for x in result)
    if not isinstance(result, np.ndarray) or result.dtype != object:
        return result
    first = next((x for x in result.flat if not isinstance(x, (float, int))), True if result.size else 0.0)
    if isinstance(first, (bool, np.bool_)) and all(isinstance(x, (bool, np.bool_)) for x in result.flat):
        return result.astype(bool)
    return of_kind(result)


def of_kind(array: Any) -> Any:
    """The array of objects as an array that knows the rule table, or as an array of traced numbers."""
    first: Any = next((x for x in array.flat if not isinstance(x, (float, int))), None)
    if hasattr(type(first), "__own_array__"):
        return first.__own_array__(array)
    return array.view(NumberArray)


def _refused(name: str, why: object, operands: Any, in_place: bool = False) -> Exception:
    error = _error(operands)
    what = "traced numbers" if error is TraceError else "numbers that carry derivatives"
    return error(
        f"{name} can't compute with {what}{here()} ({why!s:.150}); "
        + ("an array of floats can't take them up: write y = y + x instead of y += x" if in_place else _INSTEAD)
    )


def _error(operands: Any) -> type[Exception]:
    """The class of the error for a refused operation: that of a trace, if one is running here."""
    return TypeError if TAPE.get() is None else TraceError


_INSTEAD: Final = (
    "use arithmetic and autograd's functions, which apply to each element; where(condition, 1.0, 0.0) is a number"
)


def _vdot(a: Any, b: Any) -> Any:
    return np.dot(np.ravel(a), np.ravel(b))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm of vectors, and the square root of the sum of squares of matrices."""
    x = x if hasattr(x, "ndim") else np.asanyarray(x)
    is_vector = isinstance(axis, int) or (axis is None and x.ndim == 1)
    if ord is None or (ord == 2 and is_vector) or (ord == "fro" and not is_vector):
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    if not is_vector or isinstance(ord, str) or ord == 0:
        raise _refused("norm", f"ord={ord!r} isn't computed of such numbers", x)
    if abs(ord) == math.inf:
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    total = np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims)
    return total if ord == 1 else total ** (1 / ord)


def _interp(x: Any, xp: Any, fp: Any, left: None = None, right: None = None, period: None = None) -> Any:
    """np.interp: fp[0], and for each piece its slope times how far x has come in it. At a corner the slopes' mean."""
    at, heights = np.asarray(xp), np.asanyarray(fp)
    if (left, right, period) != (None, None, None) or at.dtype == object:
        raise _refused("interp", "of it only x and fp may be such numbers, without left, right, period", x)
    if at.ndim != 1 or at.shape != heights.shape or not at.size:
        raise ValueError(f"interp takes as many heights as places, not {heights.shape} for {at.shape}")
    y = heights[0] + 0.0 * x
    for low, high, begin, end in zip(at[:-1].tolist(), at[1:].tolist(), heights[:-1], heights[1:]):
        if high > low:
            y = y + (clip(x, low, high) - low) * ((end - begin) / (high - low))
    return y


_ARRAY_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "vdot": _vdot,
    "interp": _interp,
    "norm": norm,
    "sinc": rules.sinc,
    **OF_ARRAYS,
}
_REFUSED: Final = {"gradient", "i0", "roots"}  # which NumPy computes with floats, and doesn't say so
_LINEAR: Final = {"norm", "matrix_power", "multi_dot", "trace", "diagonal", "outer", "cross", "tensordot", "matmul",
                  "vecdot", "matrix_transpose", "vector_norm"}  # fmt: skip
_OF_NOTHING: Final = {np.add: 0.0, np.multiply: 1.0}
