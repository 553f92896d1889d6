"""A batch: what ``vmap`` returns inside a traced function. It is an array whose first axis runs over the samples.

Its numbers are not n traced numbers, but one varying value for each position of a sample, a *lane*. Arithmetic between
batches, and with arrays of the same length, is done lane by lane; sums, means and products of matrices reduce lanes
over the batch. Where an operation has no such form (a maximum over the batch, a sort, most indices), the batch is taken
apart into the numbers of its samples, an ordinary array of traced numbers, and a ``SlowWarning`` names the line.

Per-sample numbers exist only while the function of a vmap runs. There a batch that was made before is the same array
as anywhere else: with a sample's number it meets as an array with a number, so it is taken apart.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.compiler.program import COLUMN, DATA, NONE, REDUCE
from autograd.compiler.record.arrays import TracedArray, truth
from autograd.compiler.record.trace import Condition, Trace, Traced
from autograd.engine.arrays import alone
from autograd.engine.kinds import where
from autograd.engine.modes import users_line
from autograd.errors import SlowWarning, TraceError


class Batch(NDArrayOperatorsMixin):
    """An array of traced numbers with the batch axis first.

    Args:
        trace: that it belongs to.
        lanes: an array of the shape of one sample: varying values, and numbers that are the same for all samples.
        samples: how many there are.
    """

    __slots__ = ("_numbers", "lanes", "samples", "trace")

    holds_traced = True
    is_batch = True
    __hash__ = None  # type: ignore[assignment] -- as an array has none
    dtype = np.dtype(object)

    def __init__(self, trace: Trace, lanes: Any, samples: int) -> None:
        self.trace = trace
        self.lanes = lanes if isinstance(lanes, np.ndarray) else alone(lanes).view(TracedArray)
        self.samples = samples
        self._numbers: Any = None

    # --- What an array is ---

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all samples together."""
        return (self.samples, *self.lanes.shape)

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return 1 + int(self.lanes.ndim)

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.samples * int(self.lanes.size)

    def __len__(self) -> int:
        return self.samples

    def __iter__(self) -> Any:
        return iter(self.apart())

    def __repr__(self) -> str:
        return f"<batch of shape {self.shape}>"

    def __bool__(self) -> bool:
        return bool(TracedArray(2, dtype=object))  # which says what to write

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        numbers = self.apart()
        return numbers.copy() if dtype is None or dtype == object else numbers.astype(dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a batch has no attribute {name!r}")
        return getattr(self.apart(), name)

    # --- Its numbers ---

    def apart(self) -> Any:
        """The same, for an operation that will compute with each number by itself: a SlowWarning says so."""
        self._warn()
        return self.numbers

    @property
    def numbers(self) -> Any:
        """The array of the samples' numbers, each a value of its own."""
        if self._numbers is None:
            self._numbers = np.empty(self.shape, dtype=object).view(TracedArray)
            for sample in range(self.samples):
                self._numbers[sample] = self.sample(sample)
        return self._numbers

    def sample(self, sample: int) -> Any:
        """The numbers of one sample."""
        return _each(lambda x: self._pick(x, sample), self.lanes)

    def _pick(self, x: Any, sample: int) -> Any:
        if not isinstance(x, (Traced, Condition)):
            return x
        return type(x)(self.trace, self.trace.pick(self.trace.value(x), sample))

    def _warn(self) -> None:
        file, line = users_line()
        if (file, line) not in self.trace.slow_lines:
            self.trace.slow_lines.add((file, line))
            warnings.warn_explicit(
                f"a batch of shape {self.shape} is taken apart into {self.size} numbers, each computed by itself: this "
                "operation has no form for all samples at once. Arithmetic, sum, mean, dot, @, where and "
                "indices such as V[:, 0] have one; or do it in the function that vmap is given",
                SlowWarning,
                file,
                line,
            )

    def __getitem__(self, index: Any) -> Any:
        first, *rest = index if isinstance(index, tuple) else (index,)
        if any(isinstance(x, (Traced, Condition)) for x in (first, *rest)):
            raise TraceError(f"{_TAKE}: {_what_index(first)}{_here()}, and while jit records, a number has no value")
        if _is_basic(rest):
            if isinstance(first, slice):
                return self._of_samples(first)[(slice(None), *rest)] if first != slice(None) else self._all(rest)
            if isinstance(first, (int, np.integer)) and not isinstance(first, bool):
                if not -self.samples <= first < self.samples:
                    raise IndexError(f"index {first} is out of bounds for axis 0 with size {self.samples}")
                sample = self.sample(int(first) % self.samples)
                return sample[tuple(rest)] if rest else sample
        return self.apart()[index]

    def _all(self, rest: Sequence[Any]) -> Batch:
        """Of all samples what these indices say."""
        return Batch(self.trace, self.lanes[tuple(rest)], self.samples)

    def _of_samples(self, which: slice) -> Any:
        """Some of the samples, which are a batch again."""
        numbers = self.numbers[which]
        return numbers if len(numbers) < 2 else Batch(self.trace, lanes_of(self.trace, numbers), len(numbers))

    def __setitem__(self, index: Any, x: Any) -> None:
        numbers = self.apart().copy()
        numbers[index] = x
        lanes = lanes_of(self.trace, numbers)
        if lanes is None:
            raise TraceError(f"a sample's number can't be put into a batch{_here()}; return it from vmap's function")
        self._become(lanes)

    def _become(self, lanes: Any) -> None:
        self.lanes, self._numbers = lanes, None

    # --- What NumPy calls ---

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out", ())
        if len(out) == 1 and isinstance(out[0], Batch):
            return self._in_place(out[0], ufunc, method, inputs, kwargs)
        result = NotImplemented
        if method == "__call__" and not kwargs:
            result = product(*inputs) if ufunc is np.matmul else self._lane_by_lane(ufunc, inputs)
        elif method == "reduce" and not set(kwargs) - {"axis", "keepdims"}:
            result = self._reduce(ufunc, kwargs.get("axis", 0), bool(kwargs.get("keepdims")))
        if result is NotImplemented:
            result = getattr(ufunc, method)(*map(_apart, inputs), **kwargs)
        return result

    def _in_place(self, out: Batch, ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``V += x``: the same array has other numbers from now on."""
        result = getattr(ufunc, method)(*inputs, **{name: x for name, x in kwargs.items() if name != "out"})
        if np.shape(result) != out.shape:
            raise ValueError(f"an array of shape {np.shape(result)} doesn't go into a batch of shape {out.shape}")
        lanes = result.lanes if isinstance(result, Batch) else lanes_of(self.trace, np.asanyarray(result))
        if lanes is None:
            raise TraceError(f"a sample's number can't be put into a batch{_here()}; return it from vmap's function")
        out._become(lanes)
        return out

    def _lane_by_lane(self, ufunc: Any, inputs: tuple[Any, ...]) -> Any:
        aligned = None if ufunc.signature else _aligned(self.trace, self.samples, inputs)
        if aligned is None:
            return NotImplemented
        result = ufunc(*aligned)
        if isinstance(result, tuple):
            return tuple(Batch(self.trace, x, self.samples) for x in result)
        return Batch(self.trace, result, self.samples)

    def _reduce(self, ufunc: Any, axis: Any, keepdims: bool) -> Any:
        """A reduction: lane by lane, along the other axes; over the batch, if it is a sum, all() or any()."""
        if axis is None:
            axes = set(range(self.ndim))
        else:
            axes = {_axis(x, self.ndim) for x in (axis if isinstance(axis, tuple) else (axis,))}
        lanes = self.lanes
        if 0 in axes and ufunc.__name__ not in ("add", "logical_or", "logical_and"):
            return NotImplemented
        if len(axes) > (0 in axes):
            lanes = ufunc.reduce(lanes, axis=tuple(sorted(x - 1 for x in axes if x)), keepdims=keepdims)
        if 0 not in axes:
            return Batch(self.trace, lanes, self.samples)
        if ufunc is np.logical_and:
            result = _each(lambda x: ~truth(x), lanes)
            result = _each(lambda x: self._added(x) <= 0, result)
        elif ufunc is np.logical_or:
            result = _each(lambda x: self._added(truth(x)) > 0, lanes)
        else:
            result = _each(self._added, lanes)
        return np.asanyarray(alone(result) if not np.ndim(result) else result)[None] if keepdims else result

    def _added(self, x: Any) -> Any:
        """The sum of a lane over the batch."""
        trace = self.trace
        if not isinstance(x, (Traced, Condition)):
            return float(x) * self.samples
        if not trace.batch_of(trace.value(x)):
            return Traced(trace, trace.product(trace.value(x), trace.constant(float(self.samples))))
        return Traced(trace, trace.append(REDUCE, ((trace.value(x), NONE, 1),), 0))

    def __array_function__(self, function: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
        own = _FUNCTIONS.get(function.__name__)
        if own is not None:
            try:
                result = own(*args, **kwargs)
            except _NoForm:
                pass
            else:
                return result
        return function(*_apart(args), **_apart(kwargs))

    # --- Methods ---

    def __over_batch__(self) -> Any:
        """The sum over the batch, for ``autograd.sum``."""
        return self._reduce(np.add, 0, False)

    @property
    def T(self) -> Any:  # noqa: N802 -- NumPy's name
        """With the axes in reverse order."""
        return self if self.ndim == 1 else self.apart().T

    def sum(self, axis: Any = None, **more: Any) -> Any:
        """See np.sum."""
        return np.sum(self, axis=axis, **more)

    def mean(self, axis: Any = None, **more: Any) -> Any:
        """See np.mean."""
        return np.mean(self, axis=axis, **more)

    def var(self, axis: Any = None, **more: Any) -> Any:
        """See np.var."""
        return np.var(self, axis=axis, **more)

    def std(self, axis: Any = None, **more: Any) -> Any:
        """See np.std."""
        return np.std(self, axis=axis, **more)

    def any(self, axis: Any = None, **more: Any) -> Any:
        """See np.any."""
        return np.any(self, axis=axis, **more)

    def all(self, axis: Any = None, **more: Any) -> Any:
        """See np.all."""
        return np.all(self, axis=axis, **more)

    def max(self, axis: Any = None, **more: Any) -> Any:
        """See np.max."""
        return np.max(self, axis=axis, **more)

    def min(self, axis: Any = None, **more: Any) -> Any:
        """See np.min."""
        return np.min(self, axis=axis, **more)

    def prod(self, axis: Any = None, **more: Any) -> Any:
        """See np.prod."""
        return np.prod(self, axis=axis, **more)

    def clip(self, low: Any = None, high: Any = None) -> Any:
        """See np.clip."""
        return np.clip(self, low, high)

    def dot(self, other: Any) -> Any:
        """See np.dot."""
        return np.dot(self, other)

    def copy(self, order: str = "C") -> Batch:
        """An array of its own."""
        return Batch(self.trace, self.lanes, self.samples)

    def conj(self) -> Batch:
        """Itself, being real."""
        return self

    conjugate = conj

    def astype(self, dtype: Any, **more: Any) -> Batch:
        """Itself, for a dtype of real numbers."""
        if np.dtype(dtype).kind in "fO":
            return self.copy()
        raise TraceError(f"leave it as it is: astype({dtype!r}) was called{_here()}, and numbers under jit are floats")

    def ravel(self) -> Any:
        """With one axis."""
        return self if self.ndim == 1 else self.apart().ravel()

    flatten = ravel


# --- Arrays in lanes ---


def lanes_of(trace: Trace, array: Any, as_numbers: bool = False) -> Any:
    """The lanes of an array whose first axis runs over the samples; None if numbers of other samples are in it.

    They are columns of the inputs, data, or made of numbers that are computed.

    Args:
        trace: that is appended to.
        array: of plain and traced numbers.
        as_numbers: whether comparisons, and bools, become numbers.
    """
    if isinstance(array, Batch):
        return array.lanes
    samples, flat = array.shape[0], np.asarray(array).reshape(array.shape[0], -1)
    if flat.dtype.kind not in "fiubO":
        raise TypeError(f"a batch is of real numbers, not of {flat.dtype}")
    if flat.dtype == object and trace.batch and any(varies(trace, x) for x in flat.ravel()):
        return None
    lanes = np.empty(flat.shape[1], dtype=object)
    for j in range(flat.shape[1]):
        column = flat[:, j]
        kind = Condition if not as_numbers and all(isinstance(x, _TRUTHS) for x in column.tolist()) else Traced
        lanes[j] = kind(trace, _lane(trace, column, samples))
    return lanes.reshape(array.shape[1:]).view(TracedArray)


_TRUTHS: Final = (bool, np.bool_, Condition)


def _lane(trace: Trace, column: Any, samples: int) -> Any:
    if column.dtype != object:
        return trace.append(DATA, (tuple(column.astype(float).tolist()),), samples)
    if not any(isinstance(x, (Traced, Condition)) for x in column):
        return trace.append(DATA, (tuple([trace.known(trace.value(x)) for x in column]),), samples)
    at = [trace.value(x) for x in column]
    strides = {y - x for x, y in zip(at, at[1:])}
    if len(strides) == 1 and max(at) < trace.inputs:
        return trace.append(COLUMN, (at[0], strides.pop()), samples)
    whole = trace.picked_from(at)
    return trace.lanes(at) if whole is None else whole


def varies(trace: Trace, x: Any) -> bool:
    """Whether x is a number of each sample."""
    return isinstance(x, (Traced, Condition)) and bool(trace.batch_of(x.index))


def repeated(trace: Trace, part: Any, samples: int) -> Any:
    """What a function of one sample returned, as what all samples have: with the batch axis first."""
    if isinstance(part, (str, bytes)):
        return part
    if isinstance(part, Batch):
        part = part.apart()
    if isinstance(part, (Traced, Condition)):
        return Batch(trace, part, samples)
    array = np.asanyarray(part) if hasattr(part, "ndim") else alone(part)
    if any(isinstance(x, (Traced, Condition)) for x in array.ravel()):
        return Batch(trace, array.view(TracedArray), samples)
    if array.dtype == object and all(isinstance(x, (int, float)) for x in array.ravel()):
        array = array.astype(float)
    out = np.empty((samples, *array.shape), dtype=array.dtype)
    out[...] = array
    return out


def _aligned(trace: Trace, samples: int, inputs: Sequence[Any]) -> list[Any] | None:
    """The operands as one sample has them; None if they can't be taken sample by sample."""
    operands = [np.asanyarray(x) if isinstance(x, (list, tuple)) else x for x in inputs]
    shapes = [getattr(x, "shape", ()) for x in operands]
    rank = len(np.broadcast_shapes(*shapes))
    found = []
    for x, shape in zip(operands, shapes):
        if isinstance(x, Batch):
            if x.ndim < rank:
                return None
            x = x.lanes
        elif len(shape) == rank and rank:
            x = x[0] if shape[0] == 1 else lanes_of(trace, x)
            if x is None:
                return None
        elif trace.batch and any(varies(trace, each) for each in (x.ravel() if shape else [x])):
            return None
        found.append(x)
    return found


def _is_basic(rest: Sequence[Any]) -> bool:
    """Whether these indices leave the batch axis where it is: no index is an array, but for one alone."""
    odd = [x for x in rest if not (x is None or x is Ellipsis or isinstance(x, (int, np.integer, slice)))]
    return not odd or (len(rest) == 1 and isinstance(odd[0], (list, np.ndarray)) and np.ndim(odd[0]) == 1)


def _axis(axis: Any, ndim: int) -> int:
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim) if hasattr(np, "exceptions") else ValueError(f"no axis {axis}")
    return int(axis) % ndim


def _each(function: Callable[[Any], Any], lanes: Any) -> Any:
    """A function of each element: an array, or for one without axes what the function gives."""
    if not isinstance(lanes, np.ndarray):
        return function(lanes)
    if not lanes.ndim:
        return function(lanes[()])
    out = np.empty(lanes.shape, dtype=object)
    for index in np.ndindex(lanes.shape):
        out[index] = function(lanes[index])
    return out.view(TracedArray)


def _apart(x: Any) -> Any:
    """With arrays of numbers in place of batches, also in tuples, lists and dicts."""
    if isinstance(x, Batch):
        return x.apart()
    if type(x) in (tuple, list):
        return type(x)(_apart(each) for each in x)
    return {name: _apart(each) for name, each in x.items()} if type(x) is dict else x


# --- NumPy's functions that have a form in lanes ---


class _NoForm(Exception):
    """These operands have none."""


def product(a: Any, b: Any) -> Any:
    """a @ b, of which one is a batch; NotImplemented where the batch has to be taken apart."""
    a, b = (x if hasattr(x, "ndim") else np.asanyarray(x) for x in (a, b))
    if not 1 <= a.ndim <= 2 or not 1 <= b.ndim <= 2 or a.shape[-1] != b.shape[0]:
        return NotImplemented  # where NumPy says what is wrong
    if isinstance(a, Batch) and a.ndim == 2:
        numbers = _apart(b)
        inside = a.trace.batch and any(varies(a.trace, x) for x in numbers.ravel())
        return NotImplemented if inside else Batch(a.trace, a.lanes @ numbers, a.samples)
    trace = (a if isinstance(a, Batch) else b).trace
    left = lanes_of(trace, a if a.ndim == 1 else a.T)
    right = lanes_of(trace, b)
    if left is None or right is None:
        return NotImplemented
    samples = a.shape[-1]
    if left.ndim and right.ndim:
        left, right = left[:, None], right[None, :]
    return Batch(trace, np.multiply(left, right), samples)._reduce(np.add, 0, False)


def _dot(a: Any, b: Any, out: None = None) -> Any:
    if not np.ndim(a) or not np.ndim(b):
        return np.multiply(a, b)
    return _or_no_form(product(a, b))


def _inner(a: Any, b: Any) -> Any:
    if np.ndim(a) != 1 or np.ndim(b) != 1:
        raise _NoForm
    return _or_no_form(product(a, b))


def _or_no_form(result: Any) -> Any:
    if result is NotImplemented:
        raise _NoForm
    return result


def _reduction(ufunc: Any) -> Callable[..., Any]:
    def reduced(a: Any, axis: Any = None, *, keepdims: Any = False, **more: Any) -> Any:
        if more or not isinstance(a, Batch):
            raise _NoForm
        return _or_no_form(a._reduce(ufunc, axis, bool(keepdims)))

    return reduced


_sum = _reduction(np.add)


def _count(a: Batch, axis: Any) -> int:
    if axis is None:
        return a.size
    return math.prod(a.shape[_axis(x, a.ndim)] for x in (axis if isinstance(axis, tuple) else (axis,)))


def _mean(a: Any, axis: Any = None, *, keepdims: Any = False, **more: Any) -> Any:
    total = _sum(a, axis, keepdims=keepdims, **more)
    return total / float(_count(a, axis))


def _var(a: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False, **more: Any) -> Any:
    center = _mean(a, axis, keepdims=True, **more)
    return _sum((a - center) ** 2, axis, keepdims=keepdims) / float(_count(a, axis) - ddof)


def _std(a: Any, axis: Any = None, **more: Any) -> Any:
    return np.sqrt(_var(a, axis, **more))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002 -- NumPy's name
    if not isinstance(x, Batch) or not (ord is None or (ord == 2 and (x.ndim == 1 or isinstance(axis, int)))):
        raise _NoForm
    return np.sqrt(_sum(x * x, axis, keepdims=keepdims))


def _where(condition: Any, *branches: Any) -> Any:
    if len(branches) != 2:
        raise _NoForm
    first = next(x for x in (condition, *branches) if isinstance(x, Batch))
    aligned = _aligned(first.trace, first.samples, (condition, *branches))
    if aligned is None:
        raise _NoForm
    choose = np.frompyfunc(where, 3, 1)
    aligned = [alone(x) if not isinstance(x, np.ndarray) else x for x in aligned]
    return Batch(first.trace, choose(*[x.view(np.ndarray) for x in aligned]), first.samples)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, **more: Any) -> Any:
    if more:
        raise _NoForm
    low = a if a_min is None else np.maximum(a, a_min)
    return low if a_max is None else np.minimum(low, a_max)


def _like(number: float) -> Callable[..., Any]:
    def filled(a: Any, *args: Any, **more: Any) -> Any:
        if args or more or not isinstance(a, Batch):
            raise _NoForm
        return np.full(a.shape, number)

    return filled


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "sum": _sum, "mean": _mean, "var": _var, "std": _std, "norm": _norm, "dot": _dot, "inner": _inner, "where": _where,
    "clip": _clip, "zeros_like": _like(0.0), "ones_like": _like(1.0), "empty_like": _like(0.0),
    "shape": lambda a: a.shape, "ndim": lambda a: a.ndim, "copy": lambda a, **more: a.copy(),
    "real": lambda a: a, "any": _reduction(np.logical_or), "all": _reduction(np.logical_and),
    "max": _reduction(np.maximum), "amax": _reduction(np.maximum), "min": _reduction(np.minimum),
    "amin": _reduction(np.minimum), "prod": _reduction(np.multiply),
}  # fmt: skip

_TAKE: Final = "write take(V, i)"


def _what_index(x: Any) -> str:
    return "a comparison was an index" if isinstance(x, Condition) else "an index was a traced number"


def _here() -> str:
    file, line = users_line()
    return f" at {file}:{line}"
