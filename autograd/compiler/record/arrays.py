"""Arrays of traced numbers: NumPy's arrays of objects, for which nothing needs a truth.

NumPy computes with objects by asking them: ``a + b`` calls ``__add__`` of each element. But of a comparison it wants a
bool, which a traced one doesn't have, and for a maximum it compares. So the arrays of a traced function are of a
subclass, to which NumPy hands what it is about to compute. Comparisons, their logic, and what is in the rule table are
computed here, element by element; everything else NumPy does by itself. Where it can't, the error names the line.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np

from autograd.compiler.record.missing import OF_ARRAYS, fmax, fmin
from autograd.engine.arrays import alone
from autograd.engine.kinds import is_traced, where
from autograd.engine.methods import Functions
from autograd.engine.modes import users_line
from autograd.engine.rules import of_ufunc
from autograd.errors import TraceError
from autograd.functions import clip


class TracedArray(np.ndarray[Any, Any]):
    """An array of objects, traced numbers or conditions among them.

    >>> from autograd import jit, where
    >>> jit(lambda x: where((x > 0) & (x < 2), x, 0.0))(np.array([-1.0, 1.0, 3.0]))
    array([0., 1., 0.])
    """

    holds_traced = True

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

    def __bool__(self) -> bool:
        if self.size < 2:
            return super().__bool__()  # its only element knows
        raise TraceError(
            f"an if, while, and, or or not asked for the truth of an array of traced numbers{_here()}; "
            "choose with where(condition, a, b); conditions combine with &, | and ~, any() and all() reduce them to one"
        )


def _not(x: Any) -> Any:
    return not x if isinstance(x, bool) else ~x


def truth(x: Any) -> Any:
    """Whether a number isn't 0, as NumPy asks it."""
    return x if isinstance(x, bool) or hasattr(type(x), "__choose__") else _not(abs(x) <= 0)  # NaN is true


def _has_conditions(array: Any) -> bool:
    return any(hasattr(kind, "__choose__") for kind in set(map(type, np.ravel(array))))


# What NumPy asks the elements' truth for, or doesn't know of objects.
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge,
    "equal": operator.eq, "not_equal": operator.ne,
    "logical_and": operator.and_, "logical_or": operator.or_, "logical_not": _not, "invert": _not,
    "isnan": lambda x: x != x, "isinf": lambda x: abs(x) >= math.inf,
    "isfinite": lambda x: abs(x) < math.inf, "clip": clip,
    "fmax": fmax, "fmin": fmin,
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
    if ufunc.__name__.startswith("logical_"):
        kwargs.pop("dtype", None)  # any() and all() ask for bools
        operands = [_each(truth, x) for x in operands]
    elif ufunc is np.add and method in ("reduce", "accumulate") and _has_conditions(operands[0]):
        operands = [_each(operator.pos, operands[0])]  # how many hold
    try:
        result = getattr(own or ufunc, method)(*operands, **kwargs)
    except TypeError as error:
        if "(vectorized)" in ufunc.__name__:  # a function in Python, which says itself what is wrong
            raise
        raise _refused(ufunc.__name__, error, any(x.dtype != object for x in out)) from error
    if out:
        return out[0] if len(out) == 1 else out
    return _ours(result)


def apply_function(function: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
    """What ``__array_function__`` of traced numbers and of arrays of them does: ``np.where``, ``np.stack``, ..."""
    if not all(issubclass(each, np.ndarray) or getattr(each, "is_traced", False) for each in types):
        return NotImplemented
    if function is np.where and len(args) == 3 and (is_traced(args[0]) or isinstance(args[0], TracedArray)):
        condition, a, b = (np.asanyarray(x) if isinstance(x, (list, tuple)) else x for x in args)
        return where(condition, a, b)
    try:
        if function.__name__ in OF_ARRAYS:
            return OF_ARRAYS[function.__name__](*args, **kwargs)
        return _ours(_PLAIN.__array_function__(function, (np.ndarray,), args, kwargs))
    except TypeError as error:
        raise _refused(function.__name__, error) from error


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
    """As what NumPy does not hand back to us."""
    if isinstance(x, TracedArray):
        return x.view(np.ndarray)
    return alone(x) if isinstance(x, Functions) or is_traced(x) else x


def _ours(result: Any) -> Any:
    """A result that is an array of objects, or has such arrays in it, as one that can be compared."""
    if type(result) in (list, tuple):
        return type(result)(_ours(x) for x in result)
    return result.view(TracedArray) if isinstance(result, np.ndarray) and result.dtype == object else result


def _refused(name: str, error: TypeError, in_place: bool = False) -> TraceError:
    return TraceError(
        f"{name} can't compute with traced numbers{_here()} ({error}); "
        + ("an array of floats can't take them up: write y = y + x instead of y += x" if in_place else _INSTEAD)
    )


_INSTEAD: Final = (
    "use arithmetic and autograd's functions, which apply to each element; where(condition, 1.0, 0.0) is a number"
)


def _here() -> str:
    file, line = users_line()
    return f" at {file}:{line}"
