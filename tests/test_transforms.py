"""Each transform of random expressions against mpmath and SymPy, and against the others."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd import (
    Value,
    derivative,
    detect_anomaly,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    scope,
    value_and_grad,
    vjp,
)
from autograd.testing import Expression
from tests.derivatives import (
    DIGITS,
    IN_SYMPY,
    NOISE,
    SMOOTH,
    BySympy,
    by_mpmath,
    check,
    dot,
    examples,
    flat,
    program,
    rounding,
    unit,
    woven,
)

Function = Callable[..., Any]


def of_list(f: Function) -> Function:
    """A function of several numbers as one of a list."""
    return lambda xs: f(*xs)


def by_list(transform: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """A transform of functions of a list, for functions of several numbers."""
    return lambda f: lambda *xs: transform(of_list(f))(list(xs))


def gradient_by_mpmath(expression: Expression, output: int = -1) -> list[Any]:
    n = len(expression.point)
    return [by_mpmath(expression, *unit(n, i), output=output) for i in range(n)]


def hessian_by_mpmath(expression: Expression) -> list[list[Any]]:
    n = len(expression.point)
    return [[by_mpmath(expression, *unit(n, i, j)) for j in range(n)] for i in range(n)]


# A direction for each expression; whole numbers, so that they are exact in any kind of number.
directions = st.lists(st.integers(-3, 3), min_size=4, max_size=4)

# --- Against mpmath's differences ---


@examples(4)
@given(woven(SMOOTH))
def test_value_and_grad_is_the_truth(expression: Expression) -> None:
    n = len(expression.point)
    expected = [by_mpmath(expression, *unit(n)), *gradient_by_mpmath(expression)]
    check(lambda f: value_and_grad(f, tuple(range(n))), expression, expected)


@examples(4)
@given(woven(SMOOTH))
def test_grad_of_a_list_is_the_truth(expression: Expression) -> None:
    check(by_list(grad), expression, gradient_by_mpmath(expression))


@examples(4)
@given(woven(SMOOTH), directions)
def test_jvp_is_the_truth(expression: Expression, v: list[int]) -> None:
    slope = dot(gradient_by_mpmath(expression), v)
    check(lambda f: lambda *xs: jvp(f, xs, v[: len(xs)])[1], expression, [slope])


@examples(4)
@given(woven(SMOOTH), directions, st.integers(1, 4))
def test_vjp_is_the_truth(expression: Expression, u: list[int], m: int) -> None:
    n, m = len(expression.point), min(m, len(expression.point) + len(expression.steps))
    rows = [gradient_by_mpmath(expression, output=-m + k) for k in range(m)]
    expected = [dot([row[j] for row in rows], u) for j in range(n)]

    def pulled(f: Function) -> Function:
        return lambda *xs: vjp(f, *xs)[1]([type(xs[0])(x) for x in u[:m]])

    check(pulled, expression, expected, last=m)


@examples(4)
@given(woven(SMOOTH), st.integers(1, 6))
def test_jacobian_is_the_truth_with_more_inputs_and_with_more_outputs(expression: Expression, m: int) -> None:
    m = min(m, len(expression.point) + len(expression.steps))
    expected = [x for k in range(m) for x in gradient_by_mpmath(expression, output=-m + k)]
    check(by_list(jacobian), expression, expected, last=m)


@examples(5)
@given(woven(SMOOTH, max_steps=8))
def test_hessian_is_the_truth(expression: Expression) -> None:
    check(by_list(hessian), expression, [x for row in hessian_by_mpmath(expression) for x in row])


@examples(5)
@given(woven(SMOOTH, max_steps=8), directions)
def test_hvp_is_the_truth(expression: Expression, v: list[int]) -> None:
    def product(f: Function) -> Function:
        return lambda *xs: hvp(of_list(f), list(xs), [type(xs[0])(k) for k in v[: len(xs)]])

    check(product, expression, [dot(row, v) for row in hessian_by_mpmath(expression)])


@examples(8)
@given(woven(SMOOTH, max_steps=5), st.integers(1, 4))
def test_nth_derivative_is_the_truth(expression: Expression, n: int) -> None:
    orders = [0] * len(expression.point)
    orders[0] = n

    def nth(f: Function) -> Function:
        return lambda x, *rest: derivative(lambda y: f(y, *rest), n)(x)

    check(nth, expression, [by_mpmath(expression, *orders)])


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "gelu", "atan", "erf", "asinh", "sqrt", "log2"])
@pytest.mark.parametrize("x", [0.25, 1.5])
def test_derivatives_up_to_the_6th(name: str, n: int, x: float) -> None:
    check(lambda f: derivative(f, n), one := Expression((x,), ((name, (0,)),)), [by_mpmath(one, n)])


# --- Against SymPy's formulas ---


@examples(5)
@given(woven(IN_SYMPY, max_steps=4))
def test_first_derivatives_are_sympys(expression: Expression) -> None:
    formula = BySympy(expression)
    expected = [formula.derivative(), *map(formula.derivative, range(len(expression.point)))]
    check(by_list(value_and_grad), expression, expected)


@examples(8)
@given(woven(IN_SYMPY, max_steps=3))
def test_second_derivatives_are_sympys(expression: Expression) -> None:
    formula, n = BySympy(expression), len(expression.point)
    check(by_list(hessian), expression, [formula.derivative(i, j) for i in range(n) for j in range(n)])


# --- Against each other ---


def agree(first: Any, second: Any, expression: Expression, run: Function) -> None:
    """Two results on floats of what ``run`` computes with 50 digits differ by no more than rounding explains."""
    with mp.workdps(DIGITS):
        leaves = [mpf(x) for x in expression.point]
        precise = flat(run(*leaves))
        allowed = rounding(run, leaves, precise)
        for a, b, exact, error in zip(flat(first), flat(second), precise, allowed):
            assert abs(mpf(float(a)) - mpf(float(b))) <= 2 * error + NOISE * abs(exact), expression


@examples(4)
@given(woven(SMOOTH), directions, directions, st.integers(1, 4))
def test_jvp_and_vjp_are_adjoint(expression: Expression, v: list[int], u: list[int], m: int) -> None:
    m = min(m, len(expression.point) + len(expression.steps))

    def forward(f: Function) -> Function:
        return lambda *xs: sum(k * y for k, y in zip(u, jvp(f, xs, v[: len(xs)])[1]))

    def reverse(f: Function) -> Function:
        return lambda *xs: sum(k * x for k, x in zip(v, vjp(f, *xs)[1]([type(xs[0])(k) for k in u[:m]])))

    f, precise = program(expression, float, m), program(expression, mpf, m)
    agree(forward(f)(*expression.point), reverse(f)(*expression.point), expression, forward(precise))


@examples(4)
@given(woven(SMOOTH), st.integers(1, 6))
def test_jacobian_is_a_jvp_for_each_column_and_a_vjp_for_each_row(expression: Expression, m: int) -> None:
    m = min(m, len(expression.point) + len(expression.steps))
    n = len(expression.point)
    f = program(expression, float, m)
    whole = jacobian(f, tuple(range(n)))(*expression.point)
    assert [column.shape for column in whole] == [(m,)] * n
    matrix = np.stack(whole, axis=1)
    columns = [jvp(f, expression.point, [float(i == j) for i in range(n)])[1] for j in range(n)]
    rows = [vjp(f, *expression.point)[1]([float(i == k) for i in range(m)]) for k in range(m)]
    by_columns = m > 4 * n
    one_way, other_way = (columns, rows) if by_columns else (rows, columns)
    assert flat(matrix.T if by_columns else matrix) == flat(one_way)  # as documented, bit for bit
    run = by_list(jacobian)(program(expression, mpf, m))
    agree(matrix, other_way if by_columns else np.array(other_way, dtype=float).T, expression, run)


@examples(2)
@given(woven(SMOOTH, max_steps=8))
def test_hessian_is_symmetric_bit_for_bit(expression: Expression) -> None:
    h = hessian(of_list(program(expression)))(list(expression.point))
    assert h.shape == (len(expression.point),) * 2
    assert h.dtype == float
    assert h.tobytes() == h.T.copy().tobytes()


@given(st.lists(st.floats(0.3, 2.0), min_size=3, max_size=3))
def test_hessian_is_symmetric_where_its_columns_are_not(point: list[float]) -> None:
    f = lambda p: autograd.sin(p[0] * p[1]) * autograd.exp(p[0] / p[1]) * autograd.tanh(p[2] * p[0])  # noqa: E731
    h = hessian(f)(point)
    assert h.tobytes() == h.T.copy().tobytes()
    columns = np.array([hvp(f, point, [int(i == j) for i in range(3)]) for j in range(3)])
    assert np.allclose(h, columns, rtol=1e-12, atol=1e-14 * np.abs(columns).max())
    exact = hessian(lambda p: f([x * 1 for x in p]))
    assert exact(point).tobytes() == h.tobytes()


@examples(4)
@given(woven(SMOOTH, max_steps=8))
def test_hvp_by_a_unit_vector_is_a_column_of_the_hessian(expression: Expression) -> None:
    n = len(expression.point)
    f = of_list(program(expression))
    h = hessian(f)(list(expression.point))
    columns = [hvp(f, list(expression.point), [int(i == j) for i in range(n)]) for j in range(n)]
    scale = max(1e-300, np.abs(h).max())
    assert np.allclose(h, np.array(columns), rtol=1e-9, atol=1e-13 * scale, equal_nan=True)
    agree(h, columns, expression, by_list(hessian)(program(expression, mpf)))


@examples(4)
@given(woven(SMOOTH, max_steps=8), directions)
def test_hvp_is_the_hessian_times_the_vector(expression: Expression, v: list[int]) -> None:
    f, x = of_list(program(expression)), list(expression.point)
    v = v[: len(x)]

    def product(*xs: Any) -> list[Any]:
        h = hessian(of_list(program(expression, mpf)))(list(xs))
        return [sum(a * b for a, b in zip(row, v)) for row in h]

    agree(hvp(f, x, [float(k) for k in v]), hessian(f)(x) @ np.array(v, dtype=float), expression, product)


@examples(2)
@given(woven(SMOOTH))
def test_the_value_is_f_itself_bit_for_bit(expression: Expression) -> None:
    f = program(expression)
    y = f(*expression.point)
    n = len(expression.point)
    assert value_and_grad(f)(*expression.point)[0] == y
    assert jvp(f, expression.point, (0.0,) * n)[0] == y
    assert vjp(f, *expression.point)[0] == y
    assert derivative(lambda x: f(x, *expression.point[1:]), 0)(expression.point[0]) == y


@examples(2)
@given(woven(SMOOTH))
def test_grad_on_floats_is_backward_bit_for_bit(expression: Expression) -> None:
    leaves = [Value(x) for x in expression.point]
    y = program(expression, Value)(*leaves)
    y.backward()
    slopes = grad(program(expression), tuple(range(len(leaves))))(*expression.point)
    assert all(type(x) is float for x in slopes)
    assert list(slopes) == [x.grad for x in leaves]


# --- What they cost, in runs of f ---


@pytest.mark.parametrize(
    ("transform", "runs"),
    [
        (lambda f: grad(f)([1.0, 2.0, 3.0]), 1),
        (lambda f: value_and_grad(f)([1.0, 2.0, 3.0]), 1),
        (lambda f: jvp(f, ([1.0, 2.0, 3.0],), ([1.0, 0.0, 0.0],)), 1),
        (lambda f: [pull(1.0) for pull in [vjp(f, [1.0, 2.0, 3.0])[1]] for _ in range(3)], 1),
        (lambda f: jacobian(f)([1.0, 2.0, 3.0]), 1),
        (lambda f: hvp(f, [1.0, 2.0, 3.0], [1.0, 0.0, 0.0]), 1),
        (lambda f: hessian(f)([1.0, 2.0, 3.0]), 1),
        (lambda f: hessian(f)([Fraction(1), Fraction(2), Fraction(0)]), 3),
    ],
)
def test_f_is_run_no_more_often_than_needed(transform: Callable[[Function], Any], runs: int) -> None:
    calls = []

    def f(x: list[Any]) -> Any:
        calls.append(1)
        return x[0] * x[1] + (autograd.sin(x[2]) if isinstance(autograd.stop_gradient(x[2]), float) else x[2] ** 3)

    transform(f)
    assert len(calls) == runs


def test_jacobian_goes_forward_where_there_are_fewer_inputs() -> None:
    kinds = []

    def f(x: Any) -> list[Any]:
        kinds.append(type(x).__name__)
        return [x, x * x, x * x * x]

    assert jacobian(f)(2.0).tolist() == [1.0, 4.0, 12.0]
    assert kinds == ["Value"]
    kinds.clear()
    assert jacobian(lambda x: f(x) + f(x))(2.0).tolist() == [1.0, 4.0, 12.0] * 2
    assert kinds == ["Value", "Value", "Dual", "Dual"]  # more than four times as many
    kinds.clear()
    assert jacobian(f)(Fraction(2)).tolist() == [1, 4, 12]
    assert kinds == ["Node", "Dual"]
    kinds.clear()
    assert jacobian(lambda x: f(x)[2])(2.0).tolist() == 12.0
    assert kinds == ["Value"]


# --- What is asked of them wrongly ---


@pytest.mark.parametrize("transform", [grad, value_and_grad, hessian])
@pytest.mark.parametrize(
    ("output", "said"),
    [
        ([1.0], r"list \[1.0\]"),
        ((1.0, 2.0), r"tuple \(1.0, 2.0\)"),
        ("one", "str 'one'"),
        (1j, "complex 1j"),
        (np.array([1.0, 2.0]), r"an array of shape \(2,\)"),
        ({"y": 1.0}, r"dict \{'y': 1.0\}"),
    ],
)
def test_an_output_that_is_not_one_number_is_refused(transform: Any, output: object, said: str) -> None:
    with pytest.raises(TypeError, match=f"f has to return one number, but returned {said}; for several outputs there"):
        transform(lambda x: output)(2.0)
    with pytest.raises(TypeError, match="f has to return one number, but returned"):
        hvp(lambda x: output, 2.0, 1.0)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (2, r"argument 0 is int 2, by which there is no derivative; write 2.0$"),
        (
            True,
            r"argument 0 is bool True, by which there is no derivative; give a number, or leave it out with argnums$",
        ),
        (
            "text",
            r"argument 0 is str 'text', by which there is no derivative; give a number, or leave it out with argnums$",
        ),
        (1j, r"argument 0 is complex 1j"),
        ([1.0, 2], r"argument 0\[1\] is int 2, by which there is no derivative; write 2.0$"),
        ({"w": [(1.0, "a")], "b": 3.0}, r"argument 0\['w'\]\[0\]\[1\] is str 'a'"),
        (np.array([[1, 2]]), r"argument 0\[0\]\[0\] is int 1"),
        ({"table": np.array([True])}, r"argument 0\['table'\]\[0\] is bool True"),
        ([np.ones(2), np.array([["x"]])], r"argument 0\[1\]\[0\]\[0\] is str 'x'"),
        ([1.0, object], r"argument 0\[1\] is type <class 'object'>"),
    ],
)
@pytest.mark.parametrize(
    "transform",
    [
        grad,
        value_and_grad,
        jacobian,
        hessian,
        lambda f: lambda x: jvp(f, (x,), (x,)),
        lambda f: lambda x: vjp(f, x),
        lambda f: lambda x: hvp(f, x, x),
        derivative,
    ],
)
def test_an_argument_without_derivative_is_named_by_its_path(transform: Any, argument: object, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        transform(lambda x: 1.0)(argument)


def test_the_position_of_the_argument_is_named_too() -> None:
    with pytest.raises(TypeError, match=r"argument 1\['k'\] is int 3"):
        grad(lambda x, y: x, argnums=(0, 1))(1.0, {"k": 3})
    with pytest.raises(TypeError, match=r"argument 1 is int 3"):
        grad(lambda x, y: x, argnums=-1)(1.0, 3)


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
@pytest.mark.parametrize("argnums", [1, -2, (0, 1), (5,)])
def test_argnums_out_of_range_is_refused(transform: Any, argnums: object) -> None:
    with pytest.raises(ValueError, match=r"argnums .* is out of range: f was called with 1 positional arguments"):
        transform(lambda x: x, argnums)(2.0)


def test_without_argnums_it_is_the_first_argument() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * x * y

    assert grad(f)(3.0, 5.0) == value_and_grad(f)(3.0, 5.0)[1] == jacobian(f)(3.0, 5.0) == 30.0
    assert hessian(f)(3.0, 5.0) == 10.0


def test_an_argument_is_named_once() -> None:
    with pytest.raises(ValueError, match=r"argnums \(0, 0\) names an argument twice"):
        grad(lambda a, b: a * b, (0, 0))(2.0, 3.0)
    with pytest.raises(ValueError, match=r"argnums \(0, -2\) names an argument twice"):
        grad(lambda a, b: a * b, (0, -2))(2.0, 3.0)


def test_tangents_and_cotangents_need_the_structure() -> None:
    f = lambda x: [x, x]  # noqa: E731
    with pytest.raises(TypeError, match="jvp takes a tuple of primals and a tuple of tangents"):
        jvp(f, 1.0, 1.0)
    with pytest.raises(ValueError, match="tangents need the structure of primals"):
        jvp(f, (1.0,), (1.0, 2.0))
    with pytest.raises(ValueError, match="tangents need the structure of primals"):
        jvp(f, (np.ones(2),), (np.ones(3),))
    with pytest.raises(ValueError, match="the cotangent needs the structure of the output"):
        vjp(f, 1.0)[1](1.0)
    with pytest.raises(ValueError, match="v needs the structure of x"):
        hvp(lambda x: x[0] * x[1], [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="v needs the structure of x"):
        hvp(lambda x: x[0] ** 2, [1.0], 1.0)
    with pytest.raises(ValueError, match="tangents need the structure of primals"):
        jvp(f, ([1.0],), ((1.0,),))
    with pytest.raises(ValueError, match="there is no derivative of order -1"):
        derivative(f, -1)


@pytest.mark.parametrize("seed", ["one", [1.0, "two"], None])
def test_a_cotangent_has_to_be_numbers(seed: object) -> None:
    _, pull = vjp(lambda x: [x * x, x * x] if isinstance(seed, list) else x * x, 3.0)
    with pytest.raises((TypeError, ValueError)):
        pull(seed)


def test_what_f_does_not_depend_on_has_gradient_0() -> None:
    assert grad(lambda x, y: x, (0, 1))(1.0, [2.0, 3.0]) == (1.0, [0.0, 0.0])
    assert grad(lambda x: 7)(1.0) == 0.0
    assert value_and_grad(lambda x: 7.5)([1.0]) == (7.5, [0.0])
    assert jvp(lambda x: 7.5, (1.0,), (1.0,)) == (7.5, 0.0)
    assert vjp(lambda x: 7.5, 1.0)[1](2.0) == (0.0,)
    assert jacobian(lambda x: [7.5, x[0]])([1.0, 2.0]).tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert jacobian(lambda x: [7.5, 8.5])(1.0).tolist() == [0.0, 0.0]
    assert hessian(lambda x: 7.5)([1.0, 2.0]).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda x: x[0])([1.0, 2.0]).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert hvp(lambda x: 7, [1.0], [1.0]) == [0.0]
    assert derivative(lambda x: 7.5, 2)(1.0) == 0.0


@pytest.mark.parametrize("f", [lambda x: autograd.sqrt(autograd.sign(x)), lambda x: autograd.sign(autograd.sqrt(x))])
def test_a_derivative_that_the_table_says_is_0_stays_0_beside_an_infinite_one(f: Any) -> None:
    x = Value(0.0)
    assert autograd.gradient(f(x), [x])[0].data == 0.0
    assert derivative(f)(0.0) == 0.0
    assert grad(lambda x: derivative(f)(x))(0.0) == 0.0
    assert derivative(lambda x: grad(f)(x))(0.0) == 0.0


def test_stop_gradient_hides_a_dependence_from_every_transform() -> None:
    f = lambda x: autograd.stop_gradient(x) * x  # noqa: E731
    assert grad(f)(3.0) == 3.0
    assert jvp(f, (3.0,), (1.0,)) == (9.0, 3.0)
    assert hessian(f)(3.0) == 0.0
    assert derivative(f, 2)(3.0) == 0.0
    assert grad(grad(f))(3.0) == 0.0


# --- Edges ---


@pytest.mark.parametrize("transform", [grad, jacobian, hessian, derivative, lambda f: grad(grad(f))])
def test_f_may_label_its_numbers(transform: Any) -> None:
    def f(x: Any) -> Any:
        x.label = "x"
        assert x.label in ("x", "")  # only Values keep it
        y = x * x
        y.label = "y"
        return y

    assert transform(f)(1.0) == 2.0


def test_a_repeated_output_collects_every_cotangent() -> None:
    output, pull = vjp(lambda x: [x, x, x * x], 3.0)
    assert output == [3.0, 3.0, 9.0]
    assert pull([1.0, 10.0, 100.0]) == (611.0,)
    assert pull([1.0, 10.0, 100.0]) == (611.0,)  # any number of times


def test_pulling_back_can_itself_be_differentiated() -> None:
    _, pull = vjp(lambda x: x * x, 3.0)
    assert grad(lambda s: pull(s * s)[0])(2.0) == 24.0  # 6s²
    assert jvp(lambda s: pull(s)[0], (2.0,), (1.0,)) == (12.0, 6.0)


def test_the_gradient_where_it_is_infinite() -> None:
    assert grad(autograd.sqrt)(0.0) == math.inf
    assert jvp(autograd.sqrt, (0.0,), (1.0,)) == (0.0, math.inf)
    assert hessian(autograd.sqrt)(0.0) == -math.inf


def test_powers_at_zero() -> None:
    assert [derivative(lambda x: x**2, n)(0.0) for n in range(5)] == [0.0, 0.0, 2.0, 0.0, 0.0]
    assert [derivative(lambda x: x**0, n)(0.0) for n in range(3)] == [1.0, 0.0, 0.0]
    assert hessian(lambda p: p[0] ** p[1])([0.0, 2.0]).tolist() == [[2.0, 0.0], [0.0, 0.0]]


def test_a_jacobian_of_nothing() -> None:
    assert jacobian(lambda x: [])([1.0, 2.0]).shape == (0, 2)
    assert grad(lambda x: 1.0)([]) == []
    assert grad(lambda x: 1.0)(np.ones((2, 0))).shape == (2, 0)


def test_transforms_keep_the_functions_documentation() -> None:
    def f(x: float) -> float:
        """Squares."""
        return x * x

    for transform in (grad, value_and_grad, jacobian, hessian):
        assert transform(f).__doc__ == "Squares."


# --- Modes ---


@contextmanager
def nothing() -> Iterator[None]:
    yield


@pytest.mark.parametrize("mode", [nothing, no_grad, detect_anomaly, lambda: scope("outer")])
def test_transforms_differentiate_inside_any_block(mode: Any) -> None:
    def f(x: Any) -> Any:
        return x * autograd.sin(x)

    slope, second = math.sin(2.0) + 2.0 * math.cos(2.0), 2 * math.cos(2.0) - 2.0 * math.sin(2.0)
    with mode():
        assert grad(f)(2.0) == slope
        assert jvp(f, (2.0,), (1.0,))[1] == slope
        assert vjp(f, 2.0)[1](1.0) == (slope,)
        assert jacobian(f)(2.0) == slope
        assert grad(grad(f))(2.0) == pytest.approx(second, rel=1e-15)
        assert hessian(f)(2.0) == pytest.approx(second, rel=1e-15)
        assert hvp(f, 2.0, 1.0) == pytest.approx(second, rel=1e-15)


def test_no_grad_inside_f_makes_constants() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            c = x * x
        return x * c

    for slope in (grad(f)(3.0), jvp(f, (3.0,), (1.0,))[1], vjp(f, 3.0)[1](1.0)[0], derivative(f)(3.0)):
        assert float(slope) == 9.0
    assert hessian(f)(3.0) == 0.0
    assert jacobian(f)(3.0) == 9.0
    assert grad(f)(Fraction(3)) == 9
    assert grad(lambda x: x * grad(f)(x))(3.0) == 9.0


@pytest.mark.parametrize(
    "constant",
    [lambda x: x + x, lambda x: x - x * 2, lambda x: x / (x + 1), lambda x: -x, lambda x: x**x, autograd.exp],
)
def test_no_grad_inside_f_makes_constants_of_every_operation(constant: Any) -> None:
    def f(x: Any) -> Any:
        with no_grad():
            c = constant(x)
        return x * c

    for slope in (grad(f)(3.0), jvp(f, (3.0,), (1.0,))[1], derivative(f)(3.0), grad(grad(lambda x: x * f(x)))(3.0) / 2):
        assert float(slope) == constant(3.0)


def test_no_grad_inside_f_still_gives_floats() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            c = x * x
        return x * c

    value, slope = value_and_grad(f)(3.0)
    assert (type(value), type(slope)) == (float, float)


def test_a_value_made_inside_f_is_a_constant() -> None:
    value, slope = value_and_grad(lambda x: Value(3.0) * x)(2.0)
    assert (float(value), float(slope)) == (6.0, 3.0)


def test_modes_are_as_before_after_a_transform() -> None:
    x = Value(2.0)
    with no_grad():
        grad(lambda y: y * y)(3.0)
        assert (x * x).parents == ()
    assert (x * x).parents == (x, x)


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda x: autograd.sqrt(x).backward(),
        lambda x: autograd.gradient(autograd.sqrt(x), [x]),
        lambda x: grad(autograd.sqrt)(0.0),
        lambda x: value_and_grad(autograd.sqrt)(0.0),
        lambda x: vjp(autograd.sqrt, 0.0)[1](1.0),
        lambda x: jacobian(autograd.sqrt)(0.0),
    ],
    ids=["backward", "gradient", "grad", "value_and_grad", "vjp", "jacobian"],
)
def test_detect_anomaly_stops_at_an_infinite_adjoint(differentiate: Any) -> None:
    with (
        detect_anomaly(),
        pytest.raises(autograd.AnomalyError, match=r"backward: sqrt .*, recorded at .*test_transforms\.py:\d+"),
    ):
        differentiate(Value(0.0, "x"))


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, lambda f: lambda x: vjp(f, x)[1](1.0)])
def test_detect_anomaly_stops_at_an_infinite_sum_of_finite_adjoints(transform: Any) -> None:
    with detect_anomaly(), pytest.raises(autograd.AnomalyError, match=r"backward: .* add up to inf"):
        transform(lambda x: x * 1e308 + x * 1e308)(0.5)


@pytest.mark.parametrize("transform", [hessian, derivative, lambda f: grad(grad(f))])
def test_detect_anomaly_stops_at_an_infinite_derivative_inside_a_derivative(transform: Any) -> None:
    with detect_anomaly(), pytest.raises(autograd.AnomalyError, match=r"inf .*, \w+ at .*test_transforms\.py:\d+"):
        transform(lambda x: autograd.sqrt(x))(0.0)


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian, derivative])
def test_detect_anomaly_stops_at_an_infinite_value_inside_a_transform(transform: Any) -> None:
    with (
        detect_anomaly(),
        pytest.raises(autograd.AnomalyError, match=r"forward: mul gives inf at .*test_transforms\.py:\d+"),
    ):
        transform(lambda x: x * 1e308 * 10)(1.0)


def test_threads_differentiate_side_by_side() -> None:
    results: dict[int, list[Any]] = {}
    start = threading.Barrier(4)

    def work(k: int) -> None:
        start.wait()
        mine = []
        for i in range(30):
            x = 1.0 + i + k
            if k % 2:
                with no_grad():
                    mine.append(grad(lambda a: a * grad(lambda b: a * b * b)(a))(x))
            else:
                mine.append(derivative(lambda a: a * derivative(lambda b: a * b * b)(a))(x))
        results[k] = mine

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(4):
        assert results[k] == [6 * (1.0 + i + k) ** 2 for i in range(30)]


def test_a_direction_of_0_meets_no_partial_that_is_infinite_or_undefined() -> None:
    power = lambda x, y: x**y  # noqa: E731
    assert jvp(lambda a, b: a / b, (166.0, -7e-251), (1.0, 0.0))[1] == 1 / -7e-251
    assert jvp(power, (-2.0, 3.0), (1.0, 0.0)) == (-8.0, 12.0)
    assert hvp(of_list(power), [-2.0, 3.0], [1.0, 0.0])[0] == -12.0
    assert math.isnan(jvp(power, (-2.0, 3.0), (1.0, 1e-9))[1])


def test_a_row_of_the_jacobian_knows_nothing_of_other_outputs() -> None:
    """The partials of another output may be infinite: nothing is sent there, not even 0."""

    def f(p: Any) -> Any:
        return [p[0] + 2 * p[1], p[0] * p[1]]

    assert jacobian(f)([math.inf, 0.0]).tolist() == [[1.0, 2.0], [0.0, math.inf]]
    inside = jvp(lambda t: jacobian(f)([math.inf, t])[0], (0.0,), (1.0,))
    assert [list(row) for row in inside] == [[1.0, 2.0], [0.0, 0.0]]
    assert grad(lambda t: jacobian(f)([math.inf, t])[0][1] * t)(3.0) == 2.0


# --- How often f runs ---


def counted(f):
    def g(*args):
        g.runs += 1
        return f(*args)

    g.runs = 0
    return g


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
@pytest.mark.parametrize("outputs", [1, 3, 5, 9])
def test_both_modes_give_the_same_jacobian(mode, outputs):
    f = counted(lambda x: [x[0] ** k * autograd.sin(x[1]) + k for k in range(outputs)])
    expected = jacobian(lambda x: [x[0] ** k * autograd.sin(x[1]) + k for k in range(outputs)])([0.7, 0.4])
    found = jacobian(f, mode=mode)([0.7, 0.4])
    assert np.allclose(found, expected, rtol=1e-14, atol=0)
    forward = mode == "forward" or (mode == "auto" and outputs > 8)
    assert f.runs == (3 if forward else 1)  # the shape of the output is known after a run


def test_a_mode_is_one_of_two():
    with pytest.raises(ValueError, match="mode is"):
        jacobian(lambda x: x, mode="backward")


def test_a_hessian_runs_f_once_on_floats():
    f = counted(lambda x: x[0] ** 2 * autograd.sin(x[1]) + x[2] * x[0])
    found = hessian(f)([0.7, 0.4, 2.0])
    assert f.runs == 1
    s, c = math.sin(0.4), math.cos(0.4)
    expected = [[2 * s, 1.4 * c, 1], [1.4 * c, -0.49 * s, 0], [1, 0, 0]]
    assert np.allclose(found, expected, rtol=1e-15)
    assert (found == found.T).all()
    assert hessian(lambda x: 3.0)(1.0) == 0.0
    assert hessian(lambda x: x)(1.0) == 0.0
