"""Values among NumPy's arrays, scalars and functions."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest
import scipy.special

import autograd
from autograd import Value, grad
from autograd.engine.rules import RULES


def by_name_there(home: Any, arity: int) -> dict[str, tuple[str, Any]]:
    """The library's functions that rows of the table are: by the name there, the row's name and the function."""
    library = home.__name__.partition(".")[0]
    return {
        there: (name, getattr(home, there))
        for name, rule in RULES.items()
        for there in rule.elsewhere.get(library, ())
        if rule.arity == arity
    }


UFUNCS = by_name_there(np, 1)
BINARY = by_name_there(np, 2)
SCIPYS = {**by_name_there(scipy.special, 1), **by_name_there(scipy.special, 2)}


def array(*numbers: float) -> Any:
    return np.array([Value(x) for x in numbers], dtype=object)


def inside(name: str) -> float:
    return 1.5 if name == "acosh" else 0.5


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs_take_a_value_and_give_a_value(name: str) -> None:
    name, function = UFUNCS[name]
    x = Value(inside(name))
    y = function(x)
    assert isinstance(y, Value)
    assert (y.op, y.data, y.parents) == (name, RULES[name](x.data), (x,))


@pytest.mark.parametrize("name", [name for name in UFUNCS if name != "sign"])
def test_ufuncs_take_an_array_of_values(name: str) -> None:
    name, function = UFUNCS[name]
    xs = array(inside(name), inside(name) + 0.25)
    ys = function(xs)
    assert [y.op for y in ys] == [name] * 2
    assert [y.parents for y in ys] == [(x,) for x in xs]


@pytest.mark.parametrize("name", SCIPYS)
def test_scipys_functions_take_a_value_and_give_a_value(name: str) -> None:
    name, function = SCIPYS[name]
    operands = [Value(x) for x in (0.5, 0.75)[: RULES[name].arity]]
    y = function(*operands)
    assert isinstance(y, Value)
    assert (y.op, y.parents) == (name, tuple(operands))
    assert y.data == pytest.approx(float(function(*(x.data for x in operands))), rel=1e-12)


@pytest.mark.parametrize("there", [*UFUNCS, *BINARY, *SCIPYS])
def test_a_name_elsewhere_is_that_of_a_ufunc(there: str) -> None:
    home = np if there in UFUNCS or there in BINARY else scipy.special
    assert isinstance(getattr(home, there), np.ufunc)


def test_numpys_sinc_is_a_function_of_python_and_no_ufunc_of_a_row() -> None:
    assert not isinstance(np.sinc, np.ufunc)
    assert all("sinc" not in names for rule in RULES.values() for names in rule.elsewhere.values())


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("kind", [float, np.float64, np.float32, np.int64, np.array])
def test_ufuncs_of_two_take_values_beside_any_number(name: str, kind: Any) -> None:
    name, function = BINARY[name]
    x, n = Value(0.5), kind(2)
    for left, right in ((x, n), (n, x)):
        y = function(left, right)
        assert isinstance(y, Value)
        assert (y.op, y.data) == (name, RULES[name](float(left), float(right)))
        y.backward()


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_, np.array])
@pytest.mark.parametrize("write", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_operators_with_numpys_scalars_give_a_value_on_either_side(write: Any, kind: Any) -> None:
    x, n = Value(3.0), kind(1)
    for left, right in ((x, n), (n, x)):
        y = write(left, right)
        assert isinstance(y, Value)
        assert y.data == write(float(left), float(right))
        assert x in y.parents


@pytest.mark.parametrize("write", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_operators_with_arrays_go_element_by_element(write: Any) -> None:
    x, numbers = Value(3.0), np.array([1.0, 2.0])
    for left, right in ((x, numbers), (numbers, x), (x, array(1.0, 2.0)), (array(1.0, 2.0), x)):
        ys = write(left, right)
        assert isinstance(ys, np.ndarray)
        assert all(isinstance(y, Value) and x in y.parents for y in ys)
        swapped = left is not x
        assert [y.data for y in ys] == [write(n, 3.0) if swapped else write(3.0, n) for n in (1.0, 2.0)]


def test_a_matrix_times_values_has_the_matrix_as_gradient() -> None:
    matrix = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x = array(0.5, -1.0)
    y = matrix @ x
    assert [v.data for v in y] == [-1.5, -2.5, -3.5]
    y.sum().backward()
    assert [v.grad for v in x] == [9.0, 12.0]
    weights = np.array([[Value(w) for w in row] for row in matrix.tolist()], dtype=object)
    (weights @ np.array([0.5, -1.0]))[1].backward()
    assert [[w.grad for w in row] for row in weights] == [[0.0, 0.0], [0.5, -1.0], [0.0, 0.0]]
    assert isinstance(np.dot(x, x), Value)


def test_sums_means_and_products_of_an_array_are_values() -> None:
    x = array(1.0, 2.0, 3.0)
    assert (x.sum().data, x.mean().data, x.prod().data, np.square(x)[2].data) == (6.0, 2.0, 6.0, 9.0)
    assert (x.max(), x.min()) == (x[2], x[0])


def test_our_functions_take_arrays() -> None:
    x = array(0.5, -0.5)
    y = autograd.sigmoid(x)
    assert [v.op for v in y] == ["sigmoid"] * 2
    floats = autograd.exp(np.array([[0.0, 1.0]]))
    assert floats.dtype == float
    assert floats.tolist() == [[1.0, math.e]]
    pairs = autograd.maximum(np.array([1.0, 5.0]), 2)
    assert pairs.tolist() == [2.0, 5.0]
    table = autograd.hypot(np.array([[3.0], [0.0]]), array(4.0, 1.0))
    assert table.shape == (2, 2)
    assert table[0, 0].data == 5.0
    with pytest.raises(ValueError, match=r"^log is undefined at -1.0"):
        autograd.log(np.array([1.0, -1.0]))
    assert autograd.exp(np.array(0.0)) == 1.0
    assert autograd.where(np.array([True, False]), 1.0, 2.0).tolist() == [1.0, 2.0]


def test_values_compare_with_arrays_and_scalars() -> None:
    x = Value(2.0)
    assert (x < np.array([1.0, 3.0])).tolist() == [False, True]
    assert (np.array([1.0, 3.0]) < x).tolist() == [True, False]
    assert (array(1.0, 3.0) >= x).tolist() == [False, True]
    assert bool(np.float64(3.0) > x) is True
    assert bool(x <= np.float32(2.0)) is True
    assert np.float64(2.0) == x
    assert x == np.float64(2.0)
    assert [bool(np.float32(2.0) != x), x != np.longdouble(2.0)] == [False, False]


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int8, np.bool_, np.array])
def test_numpys_scalars_become_floats(kind: Any) -> None:
    v = Value(kind(1))
    assert (type(v.data), v.data) == (float, 1.0)
    v.data = kind(0)
    v.grad = kind(1)
    assert (type(v.data), v.data, type(v.grad), v.grad) == (float, 0.0, float, 1.0)


@pytest.mark.parametrize("data", [np.array([1.0]), np.array([1.0, 2.0]), np.str_("1"), np.complex128(1 + 2j)])
def test_arrays_text_and_complex_scalars_are_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="a real number is needed"):
        Value(data)


@pytest.mark.parametrize("write", [operator.add, operator.mul, operator.truediv])
def test_numpys_complex_scalars_are_refused_as_pythons_are(write: Any) -> None:
    for operands in ((Value(1.0), np.complex128(1 + 2j)), (np.complex128(1 + 2j), Value(1.0))):
        with pytest.raises(TypeError):
            write(*operands)


def test_a_value_inside_a_0_dimensional_array_stays_on_the_graph() -> None:
    x = Value(2.0)
    boxed = np.array(x, dtype=object)
    for y in (3 * autograd.exp(boxed), Value(3.0) * boxed, boxed * Value(3.0), np.multiply(boxed, Value(3.0))):
        assert isinstance(y, Value)
        before = x.grad
        y.backward()
        assert x.grad > before


def test_what_numpy_has_and_the_table_has_not_is_a_type_error() -> None:
    for call in (lambda x: np.gcd(x, 2), lambda x: np.fmax(x, 2.0), lambda x: np.add.outer(x, [1.0])):
        with pytest.raises(TypeError):
            call(Value(2.0))


def test_functions_of_two_take_two_arrays_of_values() -> None:
    xs, ys = array(3.0, -1.0), array(4.0, 2.0)
    for name, function in (BINARY["hypot"], BINARY["arctan2"]):
        for z, x, y in zip(function(xs, ys), xs, ys):
            assert (z.op, z.parents, z.data) == (name, (x, y), RULES[name](x.data, y.data))


def test_in_place_forms_of_an_array_put_the_results_into_it() -> None:
    x, v = array(3.0, -1.0), Value(2.0)
    first = x[0]
    same = x
    x *= v
    assert x is same
    assert (x[0].parents, [y.data for y in x]) == ((first, v), [6.0, -2.0])
    assert first.data == 3.0


def test_values_in_arrays_are_equal_to_themselves_and_to_numbers() -> None:
    x, y = Value(2.0), Value(2.0)
    both = np.array([x, y], dtype=object)
    assert (both == x).tolist() == [True, False]
    assert (x != both).tolist() == [False, True]
    assert (both == 2.0).tolist() == [True, True]


def test_masked_arrays_of_numbers_keep_derivatives() -> None:
    """NumPy looks for an attribute _data, which a Value must not have: its number would be taken for all there is."""
    masked = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False])
    assert grad(lambda x: (masked * x).sum())(3.0) == 4.0
    assert grad(lambda x: (x * masked).sum())(3.0) == 4.0
    assert grad(lambda x: np.ma.multiply(masked, x).sum())(3.0) == 4.0
    assert not hasattr(Value(1.0), "_data")


def test_an_output_may_be_an_array_without_axes() -> None:
    for f, slope in (
        (lambda x: np.array(x * x, dtype=object), 6.0),
        (lambda x: np.sum(np.array([x * x, x])), 7.0),
        (lambda x: np.asarray(3.0), 0.0),
    ):
        assert autograd.grad(f)(3.0) == autograd.jit(autograd.grad(f))(3.0) == slope
