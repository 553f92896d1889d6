"""A batch: what ``vmap`` returns inside a traced function. It is an array whose first axis runs over the samples.

Its numbers are not n traced numbers, but one varying value for each position of a sample, a *lane*. Arithmetic between
batches, and with arrays of the same length, is done lane by lane; sums, means and products of matrices reduce lanes
over the batch. Where an operation has no such form (a maximum over the batch, a sort, most indices), the batch is taken
apart into the numbers of its samples, an ordinary array of traced numbers, and a ``SlowWarning`` names the line.

Per-sample numbers exist only while the function of a vmap runs. There a batch that was made before is the same array
as anywhere else: with a sample's number it meets as an array with a number, so it is taken apart.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.arrays import as_number, truth
from autograd.compiler.program import NONE, REDUCE
from autograd.compiler.record.arrays import TracedArray
from autograd.compiler.record.in_lanes import FUNCTIONS, NoForm, axis_of, product
from autograd.compiler.record.lanes import aligned, apart, each, lanes_of
from autograd.compiler.record.trace import Condition, Trace, Traced
from autograd.engine.arrays import alone
from autograd.engine.modes import here, users_line
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
    __hash__ = None  # type: ignore[assignment]
    dtype = np.dtype(object)

    def __init__(self, trace: Trace, lanes: Any, samples: int) -> None:
        self.trace = trace
        self.lanes = lanes if isinstance(lanes, np.ndarray) else alone(lanes).view(TracedArray)
        self.samples = samples
        self._numbers: Any = None

    def with_lanes(self, lanes: Any, samples: int = 0) -> Batch:
        """Another batch of this trace, of as many samples, if no other number is given."""
        return Batch(self.trace, lanes, samples or self.samples)

    # --- What an array is ---

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, of which the first number counts the samples."""
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
        return numbers.copy() if np.dtype(dtype or object).kind == "O" else numbers.astype(dtype)

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
        return each(lambda x: self._pick(x, sample), self.lanes)

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
            raise TraceError(f"{_TAKE}: {_what_index(first)}{here()}, and while jit records, a number has no value")
        if _is_basic(rest):
            if isinstance(first, slice):
                if first == slice(None):
                    return self._all(rest)
                some, all_of_them = self._of_samples(first), (slice(None), *rest)
                return some[all_of_them]
            if isinstance(first, (int, np.integer)) and not isinstance(first, bool):
                if not -self.samples <= first < self.samples:
                    raise IndexError(f"index {first} is out of bounds for axis 0 with size {self.samples}")
                sample = self.sample(int(first) % self.samples)
                return sample[tuple(rest)] if rest else sample
        return self.apart()[index]

    def _all(self, rest: Sequence[Any]) -> Batch:
        """The positions that these indices select, of all samples."""
        return self.with_lanes(self.lanes[tuple(rest)])

    def _of_samples(self, which: slice) -> Any:
        """Some of the samples, which are a batch again."""
        numbers = self.numbers[which]
        return numbers if len(numbers) < 2 else self.with_lanes(lanes_of(self.trace, numbers), len(numbers))

    def __setitem__(self, index: Any, x: Any) -> None:
        numbers = self.apart().copy()
        numbers[index] = x
        lanes = lanes_of(self.trace, numbers)
        if lanes is None:
            raise TraceError(f"a sample's number can't be put into a batch{here()}; return it from vmap's function")
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
            result = self.reduce(ufunc, kwargs.get("axis", 0), bool(kwargs.get("keepdims")))
        if result is NotImplemented:
            result = getattr(ufunc, method)(*map(apart, inputs), **kwargs)
        return result

    def _in_place(self, out: Batch, ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``V += x``: the same array has other numbers from now on."""
        result = getattr(ufunc, method)(*inputs, **{name: x for name, x in kwargs.items() if name != "out"})
        if np.shape(result) != out.shape:
            raise ValueError(f"an array of shape {np.shape(result)} doesn't go into a batch of shape {out.shape}")
        lanes = result.lanes if isinstance(result, Batch) else lanes_of(self.trace, np.asanyarray(result))
        if lanes is None:
            raise TraceError(f"a sample's number can't be put into a batch{here()}; return it from vmap's function")
        out._become(lanes)
        return out

    def _lane_by_lane(self, ufunc: Any, inputs: tuple[Any, ...]) -> Any:
        operands = None if ufunc.signature else aligned(self.trace, self.samples, inputs)
        if operands is None:
            return NotImplemented
        result = ufunc(*operands)
        if isinstance(result, tuple):
            return tuple(self.with_lanes(x) for x in result)
        return self.with_lanes(result)

    def reduce(self, ufunc: Any, axis: Any, keepdims: bool) -> Any:
        """A reduction: lane by lane, along the other axes; over the batch, if it is a sum, all() or any()."""
        if axis is None:
            axes = set(range(self.ndim))
        else:
            axes = {axis_of(x, self.ndim) for x in (axis if isinstance(axis, tuple) else (axis,))}
        lanes = self.lanes
        if 0 in axes and ufunc.__name__ not in ("add", "logical_or", "logical_and"):
            return NotImplemented
        if len(axes) > (0 in axes):
            lanes = ufunc.reduce(lanes, axis=tuple(sorted(x - 1 for x in axes if x)), keepdims=keepdims)
        if 0 not in axes:
            return self.with_lanes(lanes)
        if ufunc is np.logical_and:
            result = each(lambda x: ~truth(x), lanes)
            result = each(lambda x: self._added(x) <= 0, result)
        elif ufunc is np.logical_or:
            result = each(lambda x: self._added(truth(x)) > 0, lanes)
        else:
            result = each(self._added, lanes)
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
        own = FUNCTIONS.get(function.__name__)
        if own is not None:
            try:
                result = own(*args, **kwargs)
            except NoForm:
                pass
            else:
                return result
        return function(*apart(args), **apart(kwargs))

    # --- Methods ---

    def __over_batch__(self) -> Any:
        """The sum over the batch, for ``autograd.sum``."""
        return self.reduce(np.add, 0, False)

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
        return self.with_lanes(self.lanes)

    def conj(self) -> Batch:
        """Itself, being real."""
        return self

    conjugate = conj

    def astype(self, dtype: Any, **more: Any) -> Batch:
        """Itself, for a dtype of real numbers."""
        if np.dtype(dtype).kind in "fO":
            return self.with_lanes(each(as_number, self.lanes))
        raise TraceError(f"leave it as it is: astype({dtype!r}) was called{here()}, and numbers under jit are floats")

    def ravel(self) -> Any:
        """With one axis."""
        return self if self.ndim == 1 else self.apart().ravel()

    flatten = ravel


def repeated(trace: Trace, part: Any, samples: int) -> Any:
    """The result of a function of one sample as the result for all samples, with the batch axis first."""
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


def _is_basic(rest: Sequence[Any]) -> bool:
    """Whether these indices leave the batch axis where it is: no index is an array, but for one alone."""
    odd = [x for x in rest if not (x is None or x is Ellipsis or isinstance(x, (int, np.integer, slice)))]
    return not odd or (len(rest) == 1 and isinstance(odd[0], (list, np.ndarray)) and np.ndim(odd[0]) == 1)


_TAKE: Final = "write take(V, i)"


def _what_index(x: Any) -> str:
    return "a comparison was an index" if isinstance(x, Condition) else "an index was a traced number"
