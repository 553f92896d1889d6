"""Arguments and results of any structure."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd
from autograd import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.transforms.trees import array_of, flatten, is_number, path_of
from tests.derivatives import examples

Point = namedtuple("Point", "x y")

small = st.floats(-4, 4).map(lambda x: x + 0.0)
arrays = hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3), elements=small)
structures = st.recursive(
    small | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.builds(Point, inner, inner)
    ),
    max_leaves=6,
)


def leaves(structure: Any) -> list[Any]:
    """The numbers, by plain recursion; dicts by sorted key."""
    if isinstance(structure, dict):
        return [x for key in sorted(structure) for x in leaves(structure[key])]
    if isinstance(structure, (tuple, list)):
        return [x for part in structure for x in leaves(part)]
    return list(structure.ravel()) if isinstance(structure, np.ndarray) else [structure]


def same_structure(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same_structure(a[k], b[k]) for k in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same_structure, a, b))
    return not isinstance(a, np.ndarray) or (a.shape == b.shape and a.dtype == b.dtype == float)


def weighted_squares(structure: Any) -> Any:
    """Σ k·xₖ², whose gradient is 2k·xₖ."""
    return autograd.sum(k * x * x for k, x in enumerate(leaves(structure), start=1)) + 0.0


@given(structures)
def test_flatten_and_rebuild_are_inverse(structure: Any) -> None:
    tree, numbers = flatten(structure)
    assert numbers == leaves(structure)
    assert tree.size == len(numbers)
    again = tree.rebuild(numbers)
    assert same_structure(again, structure)
    assert leaves(again) == leaves(structure)


@given(structures)
def test_the_gradient_has_the_structure_of_the_argument(structure: Any) -> None:
    value, slopes = value_and_grad(weighted_squares)(structure)
    assert value == weighted_squares(structure)
    assert same_structure(slopes, structure)
    assert [float(x) for x in leaves(slopes)] == [2 * k * x for k, x in enumerate(leaves(structure), start=1)]


@given(structures)
def test_jvp_and_vjp_keep_structures(structure: Any) -> None:
    ones, _ = flatten(structure)
    tangent = ones.rebuild([1.0] * ones.size)
    out, slope = jvp(lambda s: [s, weighted_squares(s)], (structure,), (tangent,))
    assert same_structure(out[0], structure)
    assert same_structure(slope[0], structure)
    assert leaves(slope[0]) == [1.0] * ones.size
    result, pull = vjp(lambda s: s, structure)
    assert same_structure(result, structure)
    assert same_structure(pull(structure)[0], structure)
    assert leaves(pull(structure)[0]) == leaves(structure)


@examples(2)
@given(structures)
def test_hvp_has_the_structure_and_hessian_the_size(structure: Any) -> None:
    tree, _ = flatten(structure)
    ones = tree.rebuild([1.0] * tree.size)
    product = hvp(weighted_squares, structure, ones)
    assert same_structure(product, structure)
    diagonal = [2.0 * k for k in range(1, tree.size + 1)]
    assert leaves(product) == diagonal
    h = hessian(weighted_squares)(structure)
    assert h.shape == tree.shape * 2
    assert h.reshape(tree.size, tree.size).tolist() == np.diag(diagonal).reshape(tree.size, tree.size).tolist()


@given(arrays, arrays)
def test_a_jacobian_has_the_outputs_shape_and_then_the_arguments(x: Any, y: Any) -> None:
    def f(a: Any) -> Any:
        total = autograd.sum(k * v for k, v in enumerate(a.ravel())) + 0.0
        return y * total + y

    j = jacobian(f)(x)
    assert j.shape == y.shape + x.shape
    assert np.array_equal(j, np.multiply.outer(y, np.arange(x.size).reshape(x.shape)))


def test_what_f_receives_is_what_it_would_without_the_transform() -> None:
    def f(p: Any, *, scale: float) -> Any:
        assert isinstance(p["w"], np.ndarray)
        assert p["w"].shape == (2, 3)
        assert isinstance(p["point"], Point)
        return scale * (p["w"].sum() + p["point"].x * p["point"].y)

    p = {"w": np.ones((2, 3)), "point": Point(2.0, 3.0)}
    slopes = grad(f)(p, scale=2.0)
    assert slopes["w"].tolist() == [[2.0] * 3] * 2
    assert slopes["point"] == Point(6.0, 4.0)


def test_argnums_choose_the_arguments() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        return a * b[0] * c

    assert grad(f)(2.0, [3.0], 4.0) == 12.0
    assert grad(f, 1)(2.0, [3.0], 4.0) == [8.0]
    assert grad(f, -1)(2.0, [3.0], 4.0) == 6.0
    assert grad(f, (0, 2))(2.0, [3.0], 4.0) == (12.0, 6.0)
    assert grad(f, (2, 0))(2.0, [3.0], 4.0) == (6.0, 12.0)
    assert grad(f, (-2,))(2.0, [3.0], 4.0) == ([8.0],)
    assert grad(f, ())(2.0, [3.0], 4.0) == ()
    assert value_and_grad(f, (1, 0))(2.0, [3.0], 4.0) == (24.0, ([8.0], 12.0))


def test_other_arguments_and_keywords_are_handed_on_untouched() -> None:
    marker = object()

    def f(n: Any, x: Any, flag: Any, *, mode: Any) -> Any:
        assert (n, flag, mode) == (3, "text", marker)
        return x**n

    assert grad(f, 1)(3, 2.0, "text", mode=marker) == 12.0
    assert jacobian(f, 1)(3, 2.0, "text", mode=marker) == 12.0
    assert hessian(f, 1)(3, 2.0, "text", mode=marker) == 12.0


def test_jacobian_and_hessian_of_several_arguments_are_tuples() -> None:
    def f(a: Any, b: Any) -> Any:
        return [a * b[0], b[1] * b[1], a]

    by_a, by_b = jacobian(f, (0, 1))(2.0, np.array([3.0, 4.0]))
    assert by_a.tolist() == [3.0, 0.0, 1.0]
    assert by_b.tolist() == [[2.0, 0.0], [0.0, 8.0], [0.0, 0.0]]
    (aa, ab), (ba, bb) = hessian(lambda a, b: a * a * b[0] * b[1], (0, 1))(2.0, [3.0, 4.0])
    assert (aa.shape, ab.shape, ba.shape, bb.shape) == ((), (2,), (2,), (2, 2))
    assert aa == 24.0
    assert ab.tolist() == ba.tolist() == [16.0, 12.0]
    assert bb.tolist() == [[0.0, 4.0], [4.0, 0.0]]


def test_a_hessian_of_a_matrix_has_four_axes() -> None:
    h = hessian(lambda m: m[0, 0] * m[0, 1] * m[1, 1])(np.array([[2.0, 3.0], [4.0, 5.0]]))
    assert h.shape == (2, 2, 2, 2)
    assert h[0, 0, 0, 1] == h[0, 1, 0, 0] == 5.0
    assert h[0, 0, 1, 1] == 3.0
    assert np.count_nonzero(h) == 6


def test_numpy_scalars_and_arrays_without_axes_are_numbers() -> None:
    assert grad(lambda x: x * x)(np.float64(3.0)) == 6.0
    assert grad(lambda x: x * x)(np.float32(3.0)) == 6.0
    assert grad(lambda x: x * x)(np.array(3.0)) == 6.0
    assert grad(lambda x: x[0] * x[1])([np.float64(3.0), np.array(2.0)]) == [2.0, 3.0]
    assert grad(lambda x: np.array(x))(3.0) == 1.0
    assert grad(lambda x: np.int64(3))(3.0) == 0.0


def test_single_precision_arrays_are_computed_in_double() -> None:
    slopes = grad(lambda x: (x * x).sum())(np.array([1.0, 0.1], dtype=np.float32))
    assert slopes.dtype == float
    assert slopes.tolist() == [2.0, 2 * float(np.float32(0.1))]


def test_arrays_of_other_numbers_stay_arrays_of_them() -> None:
    x = np.array([Fraction(1, 3), Fraction(2)], dtype=object)
    slopes = grad(lambda x: (x * x).sum())(x)
    assert slopes.dtype == object
    assert slopes.tolist() == [Fraction(2, 3), Fraction(4)]


def test_a_dict_keeps_its_order_and_its_class() -> None:
    d = OrderedDict([("z", 1.0), ("a", 2.0)])
    slopes = grad(lambda p: p["z"] * 3 + p["a"] * 5)(d)
    assert type(slopes) is OrderedDict
    assert list(slopes.items()) == [("z", 3.0), ("a", 5.0)]
    assert grad(lambda p: p["z"] * 3 + p["a"] * 5)({"z": 1.0, "a": 2.0}) == {"z": 3.0, "a": 5.0}


def test_none_is_an_empty_structure() -> None:
    assert grad(lambda p: p["a"] * 2)({"a": 2.0, "bias": None}) == {"a": 2.0, "bias": None}


@pytest.mark.parametrize(
    ("structure", "position", "path"),
    [
        (2.0, 0, ""),
        ([1.0, 2.0], 1, "[1]"),
        ({"w": [(1.0, 2.0)], "b": 3.0}, 0, "['b']"),
        ({"w": [(1.0, 2.0)], "b": 3.0}, 2, "['w'][0][1]"),
        (np.zeros((2, 3)), 4, "[1][1]"),
        ([1.0, np.zeros((2, 3))], 3, "[1][0][2]"),
        ({1: np.zeros(2), 0: 5.0}, 2, "[1][1]"),
    ],
)
def test_a_path_says_where_a_number_stands(structure: Any, position: int, path: str) -> None:
    assert path_of(structure, position) == path


@given(structures)
def test_a_path_leads_to_its_number(structure: Any) -> None:
    _, numbers = flatten(structure)
    for position, x in enumerate(numbers):
        path = path_of(structure, position)
        if "'x'" not in path and "'y'" not in path:  # of a named tuple
            assert eval("structure" + path) == x
    with pytest.raises(IndexError):
        path_of(structure, len(numbers))


@pytest.mark.parametrize(
    "x",
    [1.5, np.float64(1), np.float32(1), np.array(1.0), Value(1), Fraction(1), Decimal(1), mpmath.mpf(1), sympy.pi],
)
def test_what_is_a_number_with_a_derivative(x: object) -> None:
    assert is_number(x)


@pytest.mark.parametrize(
    "x",
    [1, True, "1", None, 1j, np.int64(1), np.True_, np.complex128(1), mpmath.mpc(1, 1), [1.0], {}, np.ones(2), object],
)
def test_what_is_not(x: object) -> None:
    assert not is_number(x)


def test_arrays_are_of_floats_only_if_all_numbers_are() -> None:
    assert array_of([1.0, 2], (2,)).dtype == float
    assert array_of([1.0, Fraction(2)], (2,)).dtype == object
    assert array_of([], (0, 3)).shape == (0, 3)
    assert array_of([[1.0, 2.0], [3.0]], (2,)).dtype == object
