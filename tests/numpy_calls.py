"""NumPy's public functions as calls of two arrays, and the table in ``docs/numpy.md`` of what becomes of them.

``python -m tests.numpy_calls`` writes the table's lines.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from autograd import AutogradError, grad, jit, stop_gradient
from autograd.arrays import is_condition

Call = Callable[[Any, Any], Any]

PAGE: Final = Path(__file__).parents[1] / "docs" / "numpy.md"
X: Final = np.array([0.3, 0.7, 0.2])
Y: Final = np.array([0.5, 0.25, 0.75])
STEP: Final = 1e-6


def matrix(a: Any) -> Any:
    """Three rows."""
    return np.reshape(np.concatenate([a, a * 2, a * 3]), (3, 3))


def regular(a: Any) -> Any:
    return matrix(a) + 2 * np.eye(3)


def _words(text: str) -> list[str]:
    return text.split()


_OF_ONE: Final = _words(
    """
abs absolute acosh arccosh acos arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh cbrt ceil conj
conjugate cos cosh deg2rad degrees exp exp2 expm1 fabs fix floor frexp isfinite isinf isnan log log10 log1p log2
logical_not modf negative positive rad2deg radians reciprocal rint sign signbit sin sinh spacing sqrt square tan tanh
trunc sinc i0 angle real imag real_if_close nan_to_num round around sum mean max min amax amin prod std var ptp cumsum
cumprod cumulative_sum cumulative_prod diff ediff1d any all average median nansum nanmean nanmax nanmin nanprod nanstd
nanvar nancumsum nancumprod nanmedian nanargmax nanargmin count_nonzero sort argsort argmax argmin sort_complex unique
unique_values unique_counts unique_inverse unique_all nonzero argwhere flatnonzero trapezoid gradient unwrap roots
poly vander iscomplex isreal iscomplexobj isrealobj isneginf isposinf atleast_1d atleast_2d atleast_3d squeeze
transpose matrix_transpose permute_dims diag diagflat ravel flip flipud copy shape ndim size zeros_like ones_like
trim_zeros array asarray asanyarray ascontiguousarray
"""
)
_OF_TWO: Final = _words(
    """
add subtract multiply divide true_divide floor_divide power pow float_power mod remainder fmod divmod maximum minimum
fmax fmin hypot arctan2 atan2 logaddexp logaddexp2 copysign heaviside nextafter less less_equal greater greater_equal
equal not_equal logical_and logical_or logical_xor dot vdot inner outer matmul vecdot cross kron convolve correlate
cov corrcoef polyval polyadd polysub polymul polydiv append meshgrid isclose allclose array_equal array_equiv
intersect1d union1d setdiff1d setxor1d isin
"""
)
_OTHERS: Final[dict[str, Call]] = {
    "where": lambda a, b: np.where(a > 0.25, a, b),
    "select": lambda a, b: np.select([a > 0.25, a > 0.1], [a, b], 0.0),
    "piecewise": lambda a, b: np.piecewise(a, [a > 0.25, a <= 0.25], [lambda t: t * 2, lambda t: t]),
    "clip": lambda a, b: np.clip(a, 0.25, b),
    "interp": lambda a, b: np.interp(a, [0.0, 0.5, 1.0], b),
    "tensordot": lambda a, b: np.tensordot(a, b, 1),
    "einsum": lambda a, b: np.einsum("i,j->ij", a, b),
    "trace": lambda a, b: np.trace(matrix(a)),
    "diagonal": lambda a, b: np.diagonal(matrix(a)),
    "tril": lambda a, b: np.tril(matrix(a)),
    "triu": lambda a, b: np.triu(matrix(a)),
    "concatenate": lambda a, b: np.concatenate([a, b]),
    "concat": lambda a, b: np.concat([a, b]),
    "stack": lambda a, b: np.stack([a, b]),
    "vstack": lambda a, b: np.vstack([a, b]),
    "hstack": lambda a, b: np.hstack([a, b]),
    "dstack": lambda a, b: np.dstack([a, b]),
    "column_stack": lambda a, b: np.column_stack([a, b]),
    "block": lambda a, b: np.block([a, b]),
    "insert": lambda a, b: np.insert(a, 1, 2.0),
    "delete": lambda a, b: np.delete(a, 1),
    "repeat": lambda a, b: np.repeat(a, 2),
    "tile": lambda a, b: np.tile(a, 2),
    "resize": lambda a, b: np.resize(a, 5),
    "roll": lambda a, b: np.roll(a, 1),
    "rollaxis": lambda a, b: np.rollaxis(matrix(a), 1),
    "rot90": lambda a, b: np.rot90(matrix(a)),
    "fliplr": lambda a, b: np.fliplr(matrix(a)),
    "pad": lambda a, b: np.pad(a, 1),
    "reshape": lambda a, b: np.reshape(a, (3, 1)),
    "expand_dims": lambda a, b: np.expand_dims(a, 0),
    "moveaxis": lambda a, b: np.moveaxis(matrix(a), 0, 1),
    "swapaxes": lambda a, b: np.swapaxes(matrix(a), 0, 1),
    "split": lambda a, b: np.split(a, 3),
    "array_split": lambda a, b: np.array_split(a, 2),
    "hsplit": lambda a, b: np.hsplit(a, 3),
    "vsplit": lambda a, b: np.vsplit(matrix(a), 3),
    "dsplit": lambda a, b: np.dsplit(np.reshape(a, (1, 1, 3)), 3),
    "unstack": lambda a, b: np.unstack(matrix(a)),
    "take": lambda a, b: np.take(a, [0, 2]),
    "take_along_axis": lambda a, b: np.take_along_axis(a, np.array([0, 2]), 0),
    "choose": lambda a, b: np.choose([0, 1, 0], [a, b]),
    "compress": lambda a, b: np.compress([True, False, True], a),
    "extract": lambda a, b: np.extract([True, False, True], a),
    "searchsorted": lambda a, b: np.searchsorted([0.0, 0.5, 1.0], a),
    "digitize": lambda a, b: np.digitize(a, [0.0, 0.5, 1.0]),
    "histogram": lambda a, b: np.histogram(a, [0.0, 0.5, 1.0])[0],
    "bincount": lambda a, b: np.bincount([0, 1, 1], weights=a),
    "percentile": lambda a, b: np.percentile(a, 30),
    "quantile": lambda a, b: np.quantile(a, 0.3),
    "nanpercentile": lambda a, b: np.nanpercentile(a, 30),
    "nanquantile": lambda a, b: np.nanquantile(a, 0.3),
    "partition": lambda a, b: np.partition(a, 1),
    "argpartition": lambda a, b: np.argpartition(a, 1),
    "lexsort": lambda a, b: np.lexsort((a, b)),
    "broadcast_to": lambda a, b: np.broadcast_to(a, (2, 3)),
    "broadcast_arrays": lambda a, b: np.broadcast_arrays(a, b),
    "apply_along_axis": lambda a, b: np.apply_along_axis(np.sum, 0, matrix(a)),
    "apply_over_axes": lambda a, b: np.apply_over_axes(np.sum, matrix(a), [0]),
    "linspace": lambda a, b: np.linspace(a[0], a[1], 3),
    "logspace": lambda a, b: np.logspace(a[0], a[1], 3),
    "geomspace": lambda a, b: np.geomspace(a[0], a[1], 3),
    "full": lambda a, b: np.full(2, a[0]),
    "full_like": lambda a, b: np.full_like(a, 2.0),
    "astype": lambda a, b: np.astype(a, float),
    "polyint": lambda a, b: np.polyint(a),
    "polyder": lambda a, b: np.polyder(a),
    "polyfit": lambda a, b: np.polyfit([0.0, 1.0, 2.0], a, 1),
    "linalg.norm": lambda a, b: [np.linalg.norm(a), np.linalg.norm(a, 1), np.linalg.norm(a, np.inf)],
    "linalg.vector_norm": lambda a, b: np.linalg.vector_norm(a),
    "linalg.matrix_norm": lambda a, b: np.linalg.matrix_norm(matrix(a)),
    "linalg.matrix_power": lambda a, b: np.linalg.matrix_power(matrix(a), 2),
    "linalg.multi_dot": lambda a, b: np.linalg.multi_dot([matrix(a), matrix(b)]),
    "linalg.trace": lambda a, b: np.linalg.trace(matrix(a)),
    "linalg.diagonal": lambda a, b: np.linalg.diagonal(matrix(a)),
    "linalg.outer": lambda a, b: np.linalg.outer(a, b),
    "linalg.cross": lambda a, b: np.linalg.cross(a, b),
    "linalg.tensordot": lambda a, b: np.linalg.tensordot(a, b, axes=1),
    "linalg.matmul": lambda a, b: np.linalg.matmul(matrix(a), b),
    "linalg.vecdot": lambda a, b: np.linalg.vecdot(a, b),
    "linalg.matrix_transpose": lambda a, b: np.linalg.matrix_transpose(matrix(a)),
    "linalg.solve": lambda a, b: np.linalg.solve(regular(a), b),
    "linalg.lstsq": lambda a, b: np.linalg.lstsq(regular(a), b)[0],
    "linalg.cholesky": lambda a, b: np.linalg.cholesky(np.eye(3) * a),
    **{
        f"linalg.{name}": lambda a, b, name=name: getattr(np.linalg, name)(regular(a))
        for name in ("det", "inv", "slogdet", "eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals", "qr", "pinv",
                     "cond", "matrix_rank")
    },
}  # fmt: skip


def _found(name: str) -> Any:
    return functools.reduce(lambda where, part: getattr(where, part, None), name.split("."), np)


def _of_one(name: str) -> Call:
    return lambda a, b: _found(name)(a)


def _of_two(name: str) -> Call:
    return lambda a, b: _found(name)(a, b)


CALLS: Final[dict[str, Call]] = {
    name: call
    for name, call in {
        **{name: _of_one(name) for name in _OF_ONE},
        **{name: _of_two(name) for name in _OF_TWO},
        **_OTHERS,
        **{name: lambda a, b, name=name: _found(name)(a + 1.5) for name in ("acosh", "arccosh")},
    }.items()
    if _found(name) is not None
}


def numbers(result: Any) -> list[float]:
    """All numbers of a result."""
    if isinstance(result, (tuple, list)):
        return [x for part in result for x in numbers(part)]
    return [float(stop_gradient(x)) for x in np.asarray(result).ravel().tolist()]


def _weighted(result: Any) -> Any:
    """A sum of all numbers of a result, each with a weight of its own."""
    parts = list(result) if isinstance(result, (tuple, list)) else [result]
    total, weight = 0.0, 1.0
    for part in parts:
        if isinstance(part, (tuple, list)):
            part = [_weighted(part)]
        for x in np.asarray(part).ravel().tolist():
            total, weight = total + (+x if is_condition(x) else 1.0 * x) * weight, weight + 0.3
    return total


def slopes(call: Call) -> Any:
    """Central differences."""
    both = [[_weighted(call(X + step * e, Y)) for step in (STEP, -STEP)] for e in np.eye(3)]
    return np.array([(up - down) / (2 * STEP) for up, down in both])


# What takes no array of numbers, or a place to write to; what is of bits, dates, files or text; and what makes masks.
NO_SUCH_ARRAY: Final = set(
    _words(
        """
arange array2string array_repr array_str asarray_chkfinite asfortranarray asmatrix bartlett base_repr binary_repr
bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
blackman bmat broadcast_shapes busday_count busday_offset can_cast common_type copyto datetime_as_string datetime_data
diag_indices diag_indices_from einsum_path empty empty_like eye fill_diagonal format_float_positional
format_float_scientific from_dlpack frombuffer fromfile fromfunction fromiter frompyfunc fromregex fromstring gcd
genfromtxt get_include get_printoptions getbufsize geterr geterrcall hamming hanning histogram2d histogram_bin_edges
histogramdd identity indices info invert is_busday isdtype isfortran isnat isscalar issubdtype iterable ix_ kaiser lcm
ldexp left_shift load loadtxt mask_indices matvec may_share_memory min_scalar_type mintypecode nested_iters ones
packbits place printoptions promote_types put put_along_axis putmask ravel_multi_index require result_type right_shift
row_stack save savetxt savez savez_compressed set_printoptions setbufsize seterr seterrcall shares_memory show_config
show_runtime test tri tril_indices tril_indices_from triu_indices triu_indices_from typename unpackbits unravel_index
vecmat zeros linalg.tensorsolve linalg.tensorinv
"""
    )
)


def public() -> list[str]:
    """The names of all functions of NumPy that its user may call."""
    names = [name for name in dir(np) if not name.startswith("_")]
    names += [f"linalg.{name}" for name in np.linalg.__all__]
    return [name for name in names if callable(_found(name)) and not isinstance(_found(name), type)]


REFUSALS: Final = (TypeError, ValueError, AutogradError, ArithmeticError, IndexError)


def verdict(call: Call, is_jit: bool) -> str:
    """ "right", or "refused", or what is wrong."""
    value: list[float] = []

    def f(a: Any, b: Any) -> Any:
        result = call(a, b)
        if not is_jit:
            value[:] = numbers(result)
        return _weighted(result) + 0.0 * a[0]

    try:
        gradient = (jit(grad(f)) if is_jit else grad(f))(X, Y)
        if is_jit:
            value = numbers(jit(call)(X, Y))
    except REFUSALS:
        return "refused"
    if not np.allclose(value, numbers(call(X, Y)), rtol=1e-9, atol=1e-12):
        return f"another value: {value}"
    if not np.allclose(gradient, slopes(call), rtol=1e-5, atol=1e-7):
        return f"another derivative: {gradient}, not {slopes(call)}"
    return "right"


@functools.cache
def verdicts() -> dict[str, tuple[str, str]]:
    """Of each function, outside of jit and in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: (verdict(call, False), verdict(call, True)) for name, call in CALLS.items()}


ROWS: Final = {
    "right, with and without `jit`": ("right", "right"),
    "right without `jit`, refused in it": ("right", "refused"),
    "refused": ("refused", "refused"),
}


def lines() -> list[str]:
    """The table."""
    found = verdicts()
    out = ["| | functions of NumPy |", "|---|---|"]
    for title, both in ROWS.items():
        names = sorted(name for name, each in found.items() if each == both)
        out.append(f"| {title} | {' '.join(f'`{name}`' for name in names)} |")
    return out


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
    for name, both in verdicts().items():
        if both not in ROWS.values():
            sys.stdout.write(f"{name}: {both}\n")
