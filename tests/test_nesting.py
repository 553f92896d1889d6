"""Derivatives of derivatives: in any order and depth, none taking another's perturbation for its own.

The classical traps are those of Siskind and Pearlmutter (2008) and of Manzyuk et al., "Perturbation confusion in
forward automatic differentiation of higher-order functions" (2019).
"""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd import Value, derivative, exp, grad, gradient, hessian, hvp, jacobian, jvp, sin, tanh, vjp, where
from autograd.testing import Expression
from tests.derivatives import DIGITS, SMOOTH, by_mpmath, check, examples, unit, woven

Function = Callable[..., Any]


def by_grad(f: Function) -> Function:
    return grad(f)


def by_jvp(f: Function) -> Function:
    return lambda x: jvp(f, (x,), (1.0,))[1]


def by_vjp(f: Function) -> Function:
    return lambda x: vjp(f, x)[1](1.0)[0]


def by_jacobian(f: Function) -> Function:
    return lambda x: jacobian(f)(x)[()]


def by_hvp(f: Function) -> Function:
    """f' = ∂²/∂x∂t of t·f(x): the second entry of the Hessian times (1, 0)."""
    return lambda x: hvp(lambda p: p[1] * f(p[0]), [x, 0.0 * x], [1.0, 0.0])[1]


def by_hessian(f: Function) -> Function:
    return lambda x: hessian(lambda p: p[1] * f(p[0]))([x, 0.0 * x])[0, 1]


def by_derivative(f: Function) -> Function:
    return derivative(f)


WAYS = [by_grad, by_jvp, by_vjp, by_jacobian, by_hvp, by_hessian, by_derivative]
pairs = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(WAYS, WAYS)))


@pairs
def test_an_inner_derivative_takes_the_outer_variable_for_a_constant(outer: Any, inner: Any) -> None:
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: y + x)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: y - x)(1.0))(1.0) == 1.0


@pairs
def test_an_inner_derivative_depends_on_the_outer_variable(outer: Any, inner: Any) -> None:
    assert outer(lambda x: inner(lambda y: x * x * y)(2.0))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0  # (2x²)'
    assert outer(lambda x: x * inner(lambda y: x * y)(x))(3.0) == 6.0
    assert outer(lambda x: x * inner(lambda y: y * x)(x))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: y / x)(x))(2.0) == -0.25


@pairs
def test_an_inner_derivative_of_what_ignores_its_variable_is_0(outer: Any, inner: Any) -> None:
    assert outer(lambda x: x * inner(lambda y: x * x)(1.0))(3.0) == 0.0
    assert outer(lambda x: x + inner(lambda y: x)(1.0))(3.0) == 1.0


@pairs
def test_the_second_derivative_by_any_two_transforms(outer: Any, inner: Any) -> None:
    x = 0.7
    assert outer(inner(tanh))(x) == pytest.approx(-2 * math.tanh(x) / math.cosh(x) ** 2, rel=1e-14)


@pytest.mark.parametrize("ways", list(itertools.product([by_grad, by_jvp, by_vjp], repeat=3)))
def test_the_third_derivative_by_any_three_transforms(ways: Any) -> None:
    f: Function = sin
    for way in ways:
        f = way(f)
    assert f(0.7) == pytest.approx(-math.cos(0.7), rel=1e-14)


@pytest.mark.parametrize("ways", list(itertools.product([by_grad, by_jvp, by_vjp], repeat=3)))
def test_three_levels_each_keep_their_own(ways: Any) -> None:
    first, second, third = ways
    # ∂/∂x x·∂/∂y (y·∂/∂z (x·y·z) at z = y) at y = x:  z-part x·y, then 2xy at y = x: 2x², times x: 2x³, then 6x².
    f = first(lambda x: x * second(lambda y: y * third(lambda z: x * y * z)(y))(x))
    assert f(2.0) == 24.0


def test_a_function_returned_by_an_inner_derivative_keeps_its_perturbation() -> None:
    # Manzyuk et al.: the derivative of a curried function, used at two points.
    def shifted(offset: Any) -> Function:
        return lambda f: lambda x: f(x + offset)

    assert grad(lambda offset: shifted(offset)(derivative(exp))(0.5))(0.25) == math.exp(0.75)
    twice = lambda u: shifted(u)(derivative(shifted(u)(exp)))(0.0)  # noqa: E731  exp(2u)
    assert grad(twice)(0.25) == pytest.approx(2 * math.exp(0.5), rel=1e-15)
    assert derivative(twice)(0.25) == pytest.approx(2 * math.exp(0.5), rel=1e-15)


def test_a_number_that_escapes_from_an_inner_derivative_is_a_constant_to_the_outer_one() -> None:
    escaped: list[Any] = []

    def f(x: Any) -> Any:
        derivative(lambda y: escaped.append(y) or x * y)(1.0)
        return escaped[-1]

    assert derivative(f)(3.0) == 0.0
    assert derivative(lambda x: float(f(x)) * x)(3.0) == 1.0


def test_grad_of_grad_of_grad() -> None:
    assert grad(grad(grad(lambda x: x**5)))(2.0) == 240.0
    assert grad(grad(grad(grad(grad(grad(lambda x: x**5))))))(2.0) == 0.0
    assert [grad(grad(grad(f)))(0.5) for f in (exp,)] == [math.exp(0.5)]


@examples(8)
@given(woven(SMOOTH, max_steps=4), st.permutations([0, 1, 2]))
def test_mixed_third_derivatives_are_the_truth_in_any_order(expression: Expression, order: list[int]) -> None:
    n = len(expression.point)
    positions = [k % n for k in order]

    def mixed(f: Function) -> Function:
        result = grad(f, positions[0])
        slope = lambda *xs: jvp(result, xs, [float(i == positions[1]) for i in range(n)])[1]  # noqa: E731
        return grad(slope, positions[2])

    check(mixed, expression, [by_mpmath(expression, *unit(n, *positions))])


@pytest.mark.parametrize("x", [0.0, 0.3, -1.2, 3.0])
def test_sixth_derivative_of_tanh_by_every_way(x: float) -> None:
    with mp.workdps(DIGITS):
        exact = float(mp.diff(mp.tanh, mpf(x), 6))
    for way in (by_grad, by_jvp, by_vjp):
        f: Function = tanh
        for _ in range(6):
            f = way(f)
        assert f(x) == pytest.approx(exact, rel=1e-12, abs=1e-12)


# --- Hessians through what has corners, and through exponents ---


def hessian_by_differences(f: Function, point: list[float]) -> np.ndarray:
    with mp.workdps(DIGITS):
        n = len(point)
        g = lambda *xs: f(list(xs))  # noqa: E731
        return np.array([[float(mp.diff(g, tuple(point), unit(n, i, j))) for j in range(n)] for i in range(n)])


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda p: where(p[0] > p[1], p[0] ** 3 * p[1], p[1] ** 3), [2.0, 1.5]),
        (lambda p: where(p[0] > p[1], p[0] ** 3 * p[1], p[1] ** 3), [1.0, 1.5]),
        (lambda p: autograd.maximum(p[0] * p[1], p[0] ** 2) * p[1], [2.0, 1.5]),
        (lambda p: autograd.maximum(p[0] * p[1], p[0] ** 2) * p[1], [1.0, 1.5]),
        (lambda p: autograd.minimum(p[0] * p[1], p[0] ** 2) * p[1], [1.0, 1.5]),
        (lambda p: autograd.logsumexp([p[0], p[0] * p[1], p[1]]), [0.3, -0.8]),
        (lambda p: autograd.logsumexp(p), [100.0, 99.0, 98.5]),
        (lambda p: autograd.log_softmax(p)[1] * autograd.softmax(p)[0], [0.2, -0.4, 1.1]),
        (lambda p: p[0] ** p[1], [1.7, 2.3]),
        (lambda p: p[0] ** p[1], [1.7, -2.0]),
        (lambda p: (p[0] ** p[1]) ** p[2], [1.7, 0.6, -1.1]),
        (lambda p: autograd.clip(p[0] ** 2, 0.0, 9.0) * p[1], [2.0, 1.0]),
        (lambda p: autograd.clip(p[0] ** 2, 0.0, 3.0) * p[1] ** 2, [2.0, 1.0]),
        (lambda p: abs(p[0]) * p[1] ** 2 + abs(-p[1]) ** 3, [-1.5, 0.5]),
        (lambda p: autograd.leaky_relu(p[0], p[1]) ** 2, [-1.5, 0.5]),
        (lambda p: autograd.elu(p[0], p[1]) ** 2, [-1.5, 0.5]),
        (lambda p: autograd.hypot(p[0], p[1]) * autograd.atan2(p[0], p[1]), [-1.5, 0.5]),
        (lambda p: autograd.prod(p) + autograd.mean([x * x for x in p]), [1.0, 2.0, 3.0]),
        (lambda p: autograd.dot(p, [sin(x) for x in p]), [1.0, 2.0, 3.0]),
    ],
)
def test_hessians_of_ordinary_programs(f: Any, point: list[float]) -> None:
    expected = hessian_by_differences(f, point)
    h = hessian(f)(point)
    assert np.allclose(h, expected, rtol=1e-12, atol=1e-13)
    by_grads = [[grad(lambda p, i=i: grad(f)(p)[i])(point)[j] for j in range(len(point))] for i in range(len(point))]
    assert np.allclose(by_grads, expected, rtol=1e-12, atol=1e-13)


def test_at_a_tie_the_halves_differ_in_their_second_derivatives_too() -> None:
    # max(x², x): at x = 1 half of each branch, ½·2 and the derivative of the tie's ½ is 0.
    assert hessian(lambda x: autograd.maximum(x * x, x))(1.0) == 1.0
    assert grad(lambda x: autograd.maximum(x * x, x))(1.0) == 1.5


# --- Closures over eager Values ---


@pytest.mark.parametrize("way", WAYS)
def test_a_derivative_that_depends_on_an_eager_value_is_a_value(way: Any) -> None:
    w = Value(3.0, "w")
    slope = way(lambda x: x * x * w)(2.0)
    assert isinstance(slope, Value)
    assert slope.data == 12.0
    slope.backward()
    assert w.grad == 4.0


def test_a_value_as_the_argument_makes_the_derivative_a_value() -> None:
    x = Value(2.0, "x")
    slope = grad(lambda y: y**3)(x)
    assert isinstance(slope, Value)
    (second,) = gradient(slope, [x])
    assert (slope.data, second.data) == (12.0, 12.0)
    curvature = hessian(lambda y: y**3)(x)[()]
    curvature.backward()
    assert (curvature.data, x.grad) == (12.0, 6.0)


def test_eager_values_of_a_model_stay_connected_through_a_derivative_of_its_input() -> None:
    """A network whose loss is made of its own derivative, as for differential equations: u' = -u, u(0) = 1."""
    weights = [Value(w, f"w{i}") for i, w in enumerate([0.3, -0.5, 0.8, 0.2])]
    a, b, c, d = weights

    def u(t: Any) -> Any:
        return 1.0 + t * (c * tanh(a * t + b) + d)

    def residual(ws: list[Any], t: float) -> Any:
        a, b, c, d = ws
        slope = c * tanh(a * t + b) + d + t * c * a * (1 - tanh(a * t + b) ** 2)
        return (slope + 1.0 + t * (c * tanh(a * t + b) + d)) ** 2

    t = 0.4
    loss = (grad(u)(t) + u(t)) ** 2
    loss.backward()
    expected = grad(lambda ws: residual(ws, t))([w.data for w in weights])
    assert [w.grad for w in weights] == pytest.approx(expected, rel=1e-13)


def test_gradient_and_backward_work_inside_a_transform_on_floats() -> None:
    def by_gradient(x: Any) -> Any:
        return gradient(x**3, [x])[0]

    assert grad(by_gradient)(2.0) == 12.0

    w = Value(3.0)

    def with_backward(x: Any) -> Any:
        (w * w).backward()
        return x * w.grad

    assert grad(with_backward)(2.0) == 6.0
    assert w.grad == 6.0


def test_eager_values_get_no_gradients_from_a_transform() -> None:
    w = Value(3.0)
    grad(lambda x: x * w)(2.0)
    hessian(lambda x: x * x * w)(2.0)
    assert w.grad == 0.0


# --- Control flow ---


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("x", "slope"), [(3.0, 6.0), (-2.0, -1.0), (0.5, 1.0)])
def test_branches_are_taken_by_the_number(way: Any, x: float, slope: float) -> None:
    def f(x: Any) -> Any:
        if x > 1.0:
            return x * x
        if x <= 0.0:
            return -x
        return x

    assert way(f)(x) == slope


@pytest.mark.parametrize("way", WAYS)
def test_a_loop_ends_by_the_number(way: Any) -> None:
    def square_root(a: Any) -> Any:
        x = a
        while abs(x**2 - a) > 1e-15 * a:
            x = (x + a / x) / 2
        return x

    assert way(square_root)(16.0) == pytest.approx(0.125, rel=1e-9)  # Newton's steps converge in the derivative too


def test_numbers_inside_behave_as_numbers() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append((x > 1, x >= 2, x < 1, x <= 2, x == 2, x != 2.0, bool(x), x.data, f"{x:.2f}"))
        table = [10.0, 20.0, 30.0]
        return x * table[int(autograd.floor(x))] + autograd.take(table, x) * x

    for way in (by_grad, by_jvp, by_hvp):
        assert way(f)(2.0) == 60.0
    assert set(seen) == {(True, True, False, True, True, False, True, 2.0, "2.00")}


def test_a_lifted_number_shows_itself() -> None:
    texts: list[str] = []

    def f(x: Any) -> Any:
        texts.extend([repr(x), repr(x.data)])
        return x

    jvp(f, (2.0,), (1.0,))
    derivative(grad(f))(2.0)
    assert texts == ["<dual of 2.0>", "2.0", "<node of <dual of 2.0>>", "2.0"]


@given(st.lists(st.sampled_from(["<", "<=", ">", ">="]), min_size=1, max_size=1), st.floats(-2, 2), st.floats(-2, 2))
def test_comparisons_are_those_of_the_numbers(which: list[str], a: float, b: float) -> None:
    compare = {
        "<": lambda x, y: x < y,
        "<=": lambda x, y: x <= y,
        ">": lambda x, y: x > y,
        ">=": lambda x, y: x >= y,
    }[which[0]]
    seen: list[bool] = []

    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            seen.extend([compare(x, y), compare(x, b), compare(a, y), compare(Value(a), y), compare(x, Value(b))])
            return x * y

        return derivative(g)(b)

    for way in (by_grad, by_jvp):
        way(f)(a)
    assert set(seen) == {compare(a, b)}


def test_the_first_level_of_a_process_is_above_the_ground_too() -> None:
    program = """
from autograd import Value, jvp
w = Value(2.0)
print([float(x) for x in jvp(lambda x: w * x, (3.0,), (1.0,))])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[6.0, 2.0]"


def test_an_inner_gradient_walks_its_own_tape_only(monkeypatch: pytest.MonkeyPatch) -> None:
    walk, lengths = autograd.engine.graph.operations, []

    def counted(*roots: Any) -> list[Any]:
        order = walk(*roots)
        lengths.append(len(order))
        return order

    monkeypatch.setattr(autograd.engine.graph, "operations", counted)

    def f(x: Any) -> Any:
        for _ in range(50):
            x = x * x
        return grad(lambda y: y * x)(Fraction(1)) + grad(lambda y: x)(Fraction(1))

    assert grad(f)(Fraction(1)) == 2**50
    assert lengths == [1, 0, 51]


# --- What is left behind ---


@pytest.mark.parametrize("transform", WAYS)
def test_an_exception_inside_f_leaves_nothing_open(transform: Any) -> None:
    def f(x: Any) -> Any:
        grad(lambda y: y * x)(1.0)
        return autograd.log(x - 5.0)

    with pytest.raises(ValueError, match=r"log is undefined at -3\.0"):
        transform(f)(2.0)
    kinds: list[str] = []
    assert grad(lambda x: kinds.append(type(x).__name__) or x * x)(3.0) == 6.0
    assert kinds == ["Value"]  # on the ground again


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit, RuntimeError])
def test_whatever_the_exception(error: type[BaseException]) -> None:
    def f(x: Any) -> Any:
        raise error

    for way in WAYS:
        with pytest.raises(error):
            way(f)(2.0)
    kinds: list[str] = []
    grad(lambda x: kinds.append(type(x).__name__) or x)(3.0)
    assert kinds == ["Value"]


def test_levels_of_threads_are_apart() -> None:
    inside, done = threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        inside.set()
        assert done.wait(10)
        return x * grad(lambda y: x * y)(x)

    results: list[float] = []
    thread = threading.Thread(target=lambda: results.append(derivative(slow)(3.0)))
    thread.start()
    assert inside.wait(10)
    assert grad(lambda x: x * x)(3.0) == 6.0
    done.set()
    thread.join()
    assert results == [6.0]


def test_a_long_chain_is_differentiated_in_any_mode_without_recursion() -> None:
    def f(x: Any) -> Any:
        for _ in range(20_000):
            x = x * 1.0 + 0.0
        return x * x

    assert grad(f)(3.0) == 6.0
    assert jvp(f, (3.0,), (1.0,)) == (9.0, 6.0)
    assert hvp(f, 3.0, 1.0) == 2.0
