"""Functions that bring their own derivatives, solutions of equations, and uncertain arguments."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    clip,
    custom_jvp,
    custom_vjp,
    derivative,
    exp,
    grad,
    gradient,
    hessian,
    implicit,
    jacobian,
    jit,
    jvp,
    primitive,
    propagate,
    sin,
    stop_gradient,
    tanh,
    value_and_grad,
    vjp,
    vmap,
)
from autograd.testing import gradcheck, gradgradcheck
from tests.test_seams import WAYS, ways


def tangle(x: Any, y: Any) -> Any:
    """Two outputs of two numbers, smooth."""
    return {"product": x * sin(y), "both": [exp(0.3 * x) * y, tanh(x - y)]}


def by_jvp(f: Any, rule_of: Any) -> Any:
    """f with a rule of its own, which is that of ``rule_of``."""

    @custom_jvp
    def wrapped(*args: Any) -> Any:
        return f(*args)

    wrapped.defjvp(lambda primals, tangents: (wrapped(*primals), jvp(rule_of, primals, tangents)[1]))
    return wrapped


def by_vjp(f: Any, rule_of: Any) -> Any:
    @custom_vjp
    def wrapped(*args: Any) -> Any:
        return f(*args)

    wrapped.defvjp(lambda *args: (f(*args), args), lambda args, g: vjp(rule_of, *args)[1](g))
    return wrapped


def in_floats(x: Any, y: Any) -> Any:
    """The same by code that takes nothing but floats."""
    x, y = float(x), float(y)
    return {"product": x * math.sin(y), "both": [math.exp(0.3 * x) * y, math.tanh(x - y)]}


numbers = st.floats(-1.5, 1.5)


@given(numbers, numbers, st.sampled_from([by_jvp, by_vjp]))
def test_rules_give_the_derivatives_of_a_function_that_cant_be_differentiated(x: float, y: float, how: Any) -> None:
    wrapped = how(in_floats if how is by_jvp else tangle, tangle)

    def scalar(f: Any) -> Any:
        return lambda p: f(p[0] * p[1], p[1])["product"] * f(p[1], p[0])["both"][0] + f(p[0], 2.0)["both"][1]

    for transform in (grad, hessian, value_and_grad, jacobian):
        found, expected = transform(scalar(wrapped))([x, y]), transform(scalar(tangle))([x, y])
        for ours, truth in zip(np.ravel(np.hstack(found)), np.ravel(np.hstack(expected))):
            assert ours == pytest.approx(truth, rel=1e-12, abs=1e-12)
    many = jacobian(lambda p: wrapped(p[0], p[1]))([x, y])
    assert many == pytest.approx(jacobian(lambda p: tangle(p[0], p[1]))([x, y]), rel=1e-12, abs=1e-12)


@ways
def test_a_rule_is_used_in_every_way_of_differentiating(way: Any) -> None:
    @custom_jvp
    def f(x: Any) -> Any:
        return math.sin(x)

    f.defjvp(lambda primals, tangents: (f(*primals), 7.0 * tangents[0]))
    assert way(f, 0.5) == pytest.approx(7.0)

    @custom_vjp
    def g(x: Any) -> Any:
        return math.sin(x)

    g.defvjp(lambda x: (math.sin(stop_gradient(x)), None), lambda _, cotangent: (7.0 * cotangent,))
    if way in [WAYS[name] for name in ("jvp", "derivative", "inside grad, by jvp")]:
        with pytest.raises(TypeError, match="backward rule only"):
            way(g, 0.5)
    elif way is not WAYS["hvp of an integral"]:  # a second derivative, half of which is that of the forward rule
        assert way(g, 0.5) == pytest.approx(7.0)


def test_a_backward_rule_gets_the_cotangent_itself() -> None:
    @custom_vjp
    def clipped(x: Any) -> Any:
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (clip(g, -1.0, 1.0),))
    assert grad(lambda x: 10.0 * clipped(x * x))(3.0) == 6.0
    assert grad(lambda x: 10.0 * clipped(x) + 0.25 * clipped(x))(3.0) == 1.25
    assert vjp(lambda x: [clipped(x), clipped(2.0 * x)], 3.0)[1]([0.5, -9.0]) == (-1.5,)
    assert hessian(lambda x: 0.1 * clipped(x**3))(2.0) == pytest.approx(1.2)
    x = Value(3.0)
    (10.0 * clipped(x * x)).backward()
    assert x.grad == 6.0
    for slope in (grad(lambda x: 10.0 * clipped(x * x)), hessian(lambda x: 0.1 * clipped(x**3))):
        assert float(jit(slope)(2.0)) == pytest.approx(float(slope(2.0)))
    for compiled in (lambda f: f, jit):
        with pytest.raises(TypeError, match="backward rule only"):
            compiled(lambda x: jvp(clipped, (x,), (1.0,)))(3.0)


def test_rules_of_arrays() -> None:
    @custom_vjp
    def product(a: Any, b: Any) -> Any:
        return a @ b

    product.defvjp(lambda a, b: (a @ b, (a, b)), lambda kept, g: (g @ kept[1].T, kept[0].T @ g))
    a, b = np.arange(4.0).reshape(2, 2), np.arange(6.0).reshape(2, 3) - 2.0
    for argnums in (0, 1):
        ours = grad(lambda a, b: (product(a, b) ** 2).sum(), argnums)(a, b)
        assert np.array_equal(ours, grad(lambda a, b: ((a @ b) ** 2).sum(), argnums)(a, b))

    @custom_jvp
    def norm(x: Any, power: int) -> Any:
        return float(np.linalg.norm(np.asarray(x, dtype=float), power))

    norm.defjvp(lambda p, t: (norm(*p), (p[0] * t[0]).sum() / norm(*p)))
    x = np.array([3.0, 4.0])
    assert grad(norm)(x, 2).tolist() == [0.6, 0.8]
    assert hessian(norm)(x, 2) == pytest.approx(hessian(lambda x: autograd.hypot(x[0], x[1]))(x))


def test_a_rule_serves_values_and_compiled_functions() -> None:
    @custom_jvp
    def softplus(x: Any) -> Any:
        return autograd.log1p(exp(x))

    softplus.defjvp(lambda p, t: (softplus(*p), autograd.sigmoid(p[0]) * t[0]))
    x = Value(0.5)
    softplus(2.0 * x).backward()
    assert x.grad == 2.0 * autograd.sigmoid(1.0)
    (second,) = gradient(gradient(softplus(2.0 * x), [x])[0], [x])
    assert second.data == pytest.approx(4.0 * derivative(autograd.sigmoid)(1.0))
    f = lambda x: softplus(autograd.log(autograd.where(x > 0, x, 1.0)))  # noqa: E731
    for compiled in (grad(f), grad(grad(f)), lambda x: jvp(f, (x,), (1.0,))[1]):
        assert jit(compiled)(2.0) == pytest.approx(compiled(2.0))
    assert jit(vmap(grad(softplus)))(np.array([0.0, 1.0])).tolist() == [0.5, autograd.sigmoid(1.0)]


def test_rules_that_give_something_else_are_named() -> None:
    @custom_jvp
    def f(x: Any) -> Any:
        return x

    with pytest.raises(TypeError, match=r"f has no rule yet; write @f\.defjvp"):
        grad(f)(1.0)
    f.defjvp(lambda p, t: t[0])
    with pytest.raises(TypeError, match=r"has to return \(output, tangent\)"):
        grad(f)(1.0)
    f.defjvp(lambda p, t: (p[0], [t[0]]))
    for transform in (grad, derivative):
        with pytest.raises(TypeError, match=r"as tangent \[float 1.0\], which has not the structure .*, float"):
            transform(f)(1.0)

    @custom_vjp
    def g(x: Any, y: Any) -> Any:
        return x * y

    with pytest.raises(TypeError, match="g has no rules yet"):
        grad(g)(1.0, 2.0)
    g.defvjp(lambda x, y: (x * y, (x, y)), lambda kept, c: kept[1] * c)
    with pytest.raises(TypeError, match="a gradient for each of its 2 arguments"):
        grad(g)(1.0, 2.0)
    g.defvjp(lambda x, y: (x * y, (x, y)), lambda kept, c: ([c, c], None))
    with pytest.raises(TypeError, match=r"returned \[.*\] as the gradient of argument 0, which is .*1.0"):
        grad(g)(1.0, 2.0)
    g.defvjp(lambda x, y: (x * y, (x, y)), lambda kept, c: (kept[1] * c, None))
    assert grad(g, (0, 1))(3.0, y=2.0) == (2.0, 0.0)
    with pytest.raises(TypeError, match="takes a function"):
        custom_vjp(3.0)  # type: ignore[arg-type]


# --- Solutions of equations ---


@given(st.floats(0.2, 3.0), st.floats(0.2, 3.0), st.integers(2, 5))
def test_a_root_has_the_derivatives_of_its_formula(a: float, b: float, n: int) -> None:
    def solve(a: Any, b: Any) -> Any:
        return (float(a) / float(b)) ** (1.0 / n)  # plain numbers are what a solver gets

    root = implicit(lambda x, a, b: b * x**n - a, solve)
    formula = lambda a, b: (a / b) ** (1.0 / n)  # noqa: E731
    assert root(a, b) == formula(a, b)
    for transform in (grad, hessian, lambda f, at: jacobian(hessian(f, at), at)):
        found, expected = transform(root, (0, 1))(a, b), transform(formula, (0, 1))(a, b)
        assert np.ravel(found) == pytest.approx(np.ravel(expected), rel=1e-9)
    v = Value(a)
    root(v, b).backward()
    assert v.grad == pytest.approx(grad(formula)(a, b))
    (second,) = gradient(gradient(root(v, b), [v])[0], [v])
    assert second.data == pytest.approx(hessian(formula)(a, b).item())


@ways
def test_a_root_in_every_way_of_differentiating(way: Any) -> None:
    root = implicit(lambda x, a: x * x * x - a, math.cbrt if hasattr(math, "cbrt") else lambda a: a ** (1 / 3))
    assert way(root, 8.0) == pytest.approx(1.0 / 12.0)


@given(st.integers(1, 3), st.randoms(use_true_random=False))
def test_a_linear_system_has_the_derivatives_of_its_inverse(n: int, draw: Any) -> None:
    a = np.array([[draw.uniform(-1, 1) for _ in range(n)] for _ in range(n)]) + 3.0 * np.eye(n)[::-1]
    b = np.array([draw.uniform(-1, 1) for _ in range(n)])
    solve = implicit(lambda x, a, b: a @ x - b, np.linalg.solve)
    by_a, by_b = jacobian(solve, argnums=(0, 1))(a, b)
    inverse = np.linalg.inv(a)
    assert by_b == pytest.approx(inverse, rel=1e-9, abs=1e-12)
    assert by_a == pytest.approx(-np.einsum("ij,k->ijk", inverse, inverse @ b), rel=1e-9, abs=1e-12)
    second = jacobian(jacobian(solve, argnums=1), argnums=0)(a, b)
    assert second == pytest.approx(-np.einsum("ij,kl->iljk", inverse, inverse), rel=1e-9, abs=1e-12)


def test_a_root_under_jit() -> None:
    def solve(a: Any) -> Any:
        x, y = 1.0 + 0.0 * a, 1.0 + 0.0 * a
        for _ in range(10):  # Newton's method for two unknowns
            first, second = x * x + a * y - 3.0, x - 0.7 * y * y
            d = -2.8 * x * y - a
            x, y = x - (-1.4 * y * first - a * second) / d, y - (2.0 * x * second - first) / d
        return [x, y]

    roots = implicit(lambda x, a: [x[0] ** 2 + a * x[1] - 3.0, x[0] - 0.7 * x[1] ** 2], solve)
    for f in (roots, jacobian(roots), hessian(lambda a: roots(a)[0]), lambda a: jvp(roots, (a,), (1.0,))[1]):
        assert np.ravel(jit(f)(1.5)) == pytest.approx(np.ravel(f(1.5)), rel=1e-9)


def test_equations_that_determine_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="singular"):
        grad(implicit(lambda x, a: x * x - a, lambda a: 0.0))(0.0)
    with pytest.raises(ValueError, match="2 equations for 1 unknowns"):
        grad(implicit(lambda x, a: [x - a, x], lambda a: a))(1.0)
    with pytest.raises(TypeError, match="residual is float"):
        implicit(1.0, 2.0)  # type: ignore[arg-type]


# --- Uncertain arguments ---


@given(st.integers(1, 3), st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_covariance_of_linear_and_quadratic_functions_is_exact(n: int, m: int, draw: Any) -> None:
    a, b, root = (np.array([[draw.uniform(-1, 1) for _ in range(n)] for _ in range(k)]) for k in (m, n, n))
    sigma, x = root @ root.T, np.arange(1.0, n + 1.0)
    value, covariance = propagate(lambda x: a @ x, x, sigma)
    assert value == pytest.approx(a @ x)
    assert covariance == pytest.approx(a @ sigma @ a.T, abs=1e-12)
    b = (b + b.T) / 2.0
    value, variance = propagate(lambda x: x @ b @ x, x, sigma, second_order=True)
    assert value == pytest.approx(x @ b @ x + np.trace(b @ sigma))  # Mathai and Provost, "Quadratic forms", 1992
    assert variance == pytest.approx(4.0 * x @ b @ sigma @ b @ x + 2.0 * np.trace(b @ sigma @ b @ sigma), abs=1e-12)
    assert propagate(lambda x: x @ b @ x, x, np.diag(sigma))[1] == pytest.approx(
        propagate(lambda x: x @ b @ x, x, np.diag(np.diag(sigma)))[1]
    )


def test_covariances_of_structures_and_their_derivatives() -> None:
    value, covariance = propagate(lambda p: {"s": p["a"] * p["b"]}, {"a": 3.0, "b": 4.0}, [0.01, 0.04])
    assert value == {"s": 12.0}
    assert covariance == pytest.approx(np.array([[0.52]]))
    assert propagate(lambda x: x * x, 3.0, 0.04) == pytest.approx((9.0, 1.44))
    assert grad(lambda a: propagate(lambda x: a * x, 3.0, 0.04)[1])(5.0) == pytest.approx(0.4)
    for wrong in ([[1.0]], [1.0], [[1.0, 0.5], [0.0, 1.0]]):
        with pytest.raises(ValueError, match="covariance"):
            propagate(lambda x: x[0], [1.0, 2.0], wrong)


def test_a_primitive_is_still_the_way_for_one_number() -> None:
    @primitive(partials=lambda x, y: y)
    def own_exp_for_a_seam(x: Any) -> Any:
        return math.exp(x)

    assert grad(own_exp_for_a_seam)(1.0) == math.e


def test_gradcheck_measures_functions_with_derivatives_of_their_own() -> None:
    @custom_jvp
    def sine(x: Any) -> Any:
        return math.sin(x)

    sine.defjvp(lambda p, t: (sine(*p), autograd.cos(p[0]) * t[0]))
    gradcheck(sine, 1.0)
    gradgradcheck(lambda x: sine(x) * sine(2.0 * x), 0.7)
    root = implicit(lambda x, a: x**3 + x - a, lambda a: newton(float(a)))
    gradcheck(root, 3.0)
    gradgradcheck(root, 3.0)
    sine.defjvp(lambda p, t: (sine(*p), 1.01 * autograd.cos(p[0]) * t[0]))
    with pytest.raises(AssertionError):
        gradcheck(sine, 1.0)


def newton(a: float) -> float:
    x = 1.0
    for _ in range(60):
        x -= (x**3 + x - a) / (3.0 * x * x + 1.0)
    return x


def test_an_operation_of_ones_own_is_not_pickled_as_another() -> None:
    @custom_jvp
    def exp(x: Any) -> Any:  # the name of a row
        return x * x

    exp.defjvp(lambda p, t: (exp(*p), 2.0 * p[0] * t[0]))
    y = exp(Value(3.0))
    with pytest.raises(TypeError, match="no row of the rule table"):
        pickle.dumps(y)
    twin = copy.deepcopy(y)
    twin.backward()
    assert twin.parents[0].grad == 6.0
