"""Derivatives inside compiled functions: each transform, and transforms of transforms, against the eager ones."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import (
    derivative,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    mean,
    sin,
    stop_gradient,
    tanh,
    value_and_grad,
    vjp,
    where,
)
from autograd.compiler import jit, vmap
from autograd.testing import Expression, derivative_of
from tests.compiler.compare import BACKENDS, NAMES, Transform, by_list, check, composed
from tests.compiler.programs import examples
from tests.derivatives import flat, program, woven

Function = Callable[..., Any]

# Smooth to third order and beyond; the others have kinks, where higher derivatives are a convention.
SMOOTH = tuple(n for n in NAMES if n not in ("floor", "sign"))

directions = st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4)
backends = st.sampled_from(BACKENDS)


def sum_of_gradient(f: Function) -> Function:
    """One number out of a gradient, so that it can be differentiated again."""
    return lambda *xs: autograd.sum(g * (k + 1) for k, g in enumerate(grad(f, tuple(range(len(xs))))(*xs)))


@examples(12)
@given(e=woven(SMOOTH, 8), v=directions, backend=backends)
def test_jvp_inside(e: Expression, v: list[float], backend: str) -> None:
    check(lambda f: lambda *xs: jvp(f, xs, tuple(v[: len(xs)])), e, backend)


@examples(12)
@given(e=woven(SMOOTH, 8), backend=backends, u=st.sampled_from([1.0, -2.5]))
def test_vjp_inside(e: Expression, backend: str, u: float) -> None:
    def transform(f: Function) -> Function:
        def pulled(*xs: Any) -> Any:
            y, pull = vjp(lambda *zs: [f(*zs), zs[0] * 2], *xs)
            return y, pull([u, 1.0]), pull([0.5, 0.0])

        return pulled

    check(transform, e, backend)


@examples(16)
@given(e=woven(SMOOTH, 6), backend=backends)
def test_hessian_inside(e: Expression, backend: str) -> None:
    check(by_list(hessian), e, backend)


@examples(16)
@given(e=woven(SMOOTH, 6), backend=backends)
def test_jacobian_inside_with_more_inputs_and_with_more_outputs(e: Expression, backend: str) -> None:
    def rows(f: Function) -> Function:
        return lambda xs: [f(xs), autograd.sum(xs), xs[0] * f(xs)]

    check(by_list(lambda f: jacobian(rows(f))), e, backend)


@examples(16)
@given(e=woven(SMOOTH, 5), backend=backends, n=st.integers(0, 4))
def test_derivatives_of_higher_order(e: Expression, backend: str, n: int) -> None:
    def transform(f: Function) -> Function:
        return lambda *xs: derivative(lambda t: f(t, *xs[1:]), n)(xs[0])

    check(transform, e, backend)


def forward(f: Function) -> Function:
    return lambda *xs: jvp(f, xs, tuple(1.0 for _ in xs))[1]


def along(f: Function) -> Function:
    """A derivative of a Hessian's product."""
    return lambda *xs: autograd.sum(hvp(lambda zs: f(*zs), list(xs), [1.0] * len(xs)))


NESTED: dict[str, Transform] = {
    "grad of grad": composed(sum_of_gradient, sum_of_gradient),
    "grad of jvp": composed(sum_of_gradient, forward),
    "jvp of grad": composed(forward, sum_of_gradient),
    "jvp of jvp": composed(forward, forward),
    "grad of hvp": composed(sum_of_gradient, along),
    "jvp of hvp": composed(forward, along),
}


@pytest.mark.parametrize("name", NESTED)
@examples(25)
@given(e=woven(SMOOTH, 5), backend=backends)
def test_transforms_of_transforms(name: str, e: Expression, backend: str) -> None:
    check(NESTED[name], e, backend)


INLINED: dict[str, tuple[Transform, Transform]] = {
    "jit inside grad": (composed(sum_of_gradient, jit), sum_of_gradient),
    "jit inside jvp": (composed(forward, jit), forward),
    "grad inside jit inside grad": (
        composed(sum_of_gradient, jit, sum_of_gradient),
        composed(sum_of_gradient, sum_of_gradient),
    ),
    "jit inside jit": (composed(jit, jit), lambda f: f),
    "jit inside hvp": (composed(along, jit), along),
}


@pytest.mark.parametrize("name", INLINED)
@examples(40)
@given(e=woven(SMOOTH, 6), backend=backends)
def test_jit_inside_is_part_of_what_is_around_it(name: str, e: Expression, backend: str) -> None:
    inside, plain = INLINED[name]
    check(inside, e, backend, eager=plain)


@pytest.mark.filterwarnings("ignore::autograd.SlowWarning")
@examples(12)
@given(e=woven(SMOOTH, 6))
def test_the_eager_transforms_take_a_compiled_function(e: Expression) -> None:
    f = program(e)
    for transform in (sum_of_gradient, forward, along):
        assert flat(transform(jit(f))(*e.point)) == flat(transform(f)(*e.point))  # it is inlined: the same bits


@examples(16)
@given(e=woven(NAMES, 8), backend=backends)
def test_the_gradient_is_the_truth_of_60_digits(e: Expression, backend: str) -> None:
    f = program(e)
    n = len(e.point)
    ours = jit(grad(f, tuple(range(n)))).lower(*e.point).run(*e.point, backend=backend)
    truths = derivative_of(f, *e.point)
    largest = max([abs(float(t)) for t in (truths if n > 1 else [truths])] + [1.0])
    for g, t in zip(ours, truths if n > 1 else [truths]):
        assert abs(g - float(t)) <= 1e-9 * largest, f"{g}, not {t}\n{e}"


# --- By hand ---


def test_perturbations_are_not_confused() -> None:
    def f(x: Any) -> Any:
        return grad(lambda a: a * x)(x)  # a function of x with derivative 1

    assert jit(f)(3.0) == 3.0
    assert jit(grad(f))(3.0) == 1.0
    assert jit(grad(lambda x: x * grad(lambda y: x + y)(2.0)))(5.0) == 1.0
    assert jit(lambda x: jvp(lambda a: jvp(lambda b: a * b, (x,), (1.0,))[1], (x,), (1.0,))[1])(7.0) == 1.0
    assert jit(grad(lambda x: grad(lambda y: x * y * y)(x) + derivative(lambda z: x * z * z)(2.0)))(3.0) == 16.0


def test_derivatives_by_several_arguments_and_in_their_structure() -> None:
    def f(p: Any, k: Any, q: Any) -> Any:
        return p["w"][0] * p["b"] ** 2 * k + (q[0] + q[1][0]) * p["w"][1][0]

    args = {"w": [2.0, np.array([3.0, 4.0])], "b": 5.0}, 0.5, (1.0, np.array([2.0]))
    for argnums in (0, 2, -1, (0, 2), (1, 0)):
        eager, ours = grad(f, argnums)(*args), jit(grad(f, argnums))(*args)
        np.testing.assert_equal(ours, eager)
    value, (by_p,) = jit(value_and_grad(f, (0,)))(*args)
    assert value == f(*args)
    assert by_p["b"] == 10.0


def test_static_arguments_and_keywords_go_through_derivatives() -> None:
    def f(x: Any, kind: Any, *, c: Any) -> Any:
        return x**3 * c if kind == "cube" else x

    assert jit(grad(f))(2.0, "cube", c=2.0) == 24.0
    assert jit(grad(f))(2.0, "line", c=2.0) == 1.0


def test_what_f_does_not_depend_on_has_derivative_0() -> None:
    assert jit(grad(lambda x, y: y * 2, (0, 1)))(1.0, 2.0) == (0.0, 2.0)
    assert jit(grad(lambda x: 3.0))(1.0) == 0.0
    assert jit(jacobian(lambda x: [1.0, x[0]]))([1.0, 2.0]).tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert jit(derivative(lambda x: 2.0, 2))(1.0) == 0.0
    assert jit(lambda x: jvp(lambda z: [2.0, z], (x,), (1.0,)))(3.0) == ([2.0, 3.0], [0.0, 1.0])


def test_a_stopped_gradient_stops() -> None:
    assert jit(grad(lambda x: stop_gradient(x) * x))(3.0) == 3.0
    assert jit(grad(grad(lambda x: stop_gradient(x) * x * x)))(3.0) == 6.0
    assert jit(lambda x: jvp(lambda z: stop_gradient(z) * z, (x,), (1.0,)))(3.0) == (9.0, 3.0)


def test_conventions_at_kinks_are_those_of_the_table() -> None:
    zero = 0.0
    for f, expected in (
        (autograd.relu, 0.0),
        (autograd.abs, 0.0),
        (autograd.sign, 0.0),
        (autograd.floor, 0.0),
        (lambda x: autograd.maximum(x, 0.0), 0.5),
        (lambda x: autograd.maximum(x, x), 1.0),
        (lambda x: autograd.hypot(x, 0.0), 0.0),
        (autograd.sqrt, math.inf),
        (autograd.cbrt, math.inf),
        (lambda x: x**0, 0.0),
        (lambda x: x**1, 1.0),
        (lambda x: x**2, 0.0),
        (lambda x: x**0.5, math.inf),
        (lambda x: 2**x, math.log(2.0)),
        (lambda x: where(x > 0, autograd.sqrt(x), 0.0), 0.0),  # a branch that is not taken does no harm
    ):
        for backend in BACKENDS:
            ours = jit(grad(f)).lower(zero).run(zero, backend=backend)
            assert ours == pytest.approx(expected, rel=1e-15), f
            slope = jit(lambda x, f=f: jvp(f, (x,), (1.0,))[1]).lower(zero).run(zero, backend=backend)
            assert slope == pytest.approx(expected, rel=1e-15), f


def test_the_exponent_may_be_traced() -> None:
    for a, b in ((2.0, 3.0), (0.0, 2.0), (0.0, 0.0), (-2.0, 3.0)):
        by_a, by_b = jit(grad(lambda a, b: a**b, (0, 1)))(a, b)
        expected = autograd.engine.rules.pow.partials[0](a, b, a**b), autograd.engine.rules.pow.partials[1](a, b, a**b)
        np.testing.assert_allclose((by_a, by_b), expected, rtol=1e-14)


def test_take_and_where_have_derivatives() -> None:
    def f(table: Any, i: Any) -> Any:
        return autograd.take(table, i) ** 2

    for i in (0.0, 2.0, -1.0):
        ours = jit(grad(f))([1.0, 2.0, 3.0], i)
        expected = [0.0, 0.0, 0.0]
        expected[int(i)] = 2 * [1.0, 2.0, 3.0][int(i)]
        assert ours == expected
        assert jit(lambda t, i: jvp(lambda t: f(t, i), (t,), ([1.0, 0.0, 1.0],))[1])([1.0, 2.0, 3.0], i) == (
            0.0 if i == 1.0 else expected[int(i)]
        )
    assert jit(grad(lambda x: where(x > 1, x * x, 5 * x)))(2.0) == 4.0
    assert jit(grad(lambda x: where(x > 1, x * x, 5 * x)))(0.5) == 5.0


def test_a_hessian_is_exactly_symmetric() -> None:
    def f(x: Any) -> Any:
        return sin(x[0] * x[1]) * exp(x[2] / x[0]) + tanh(x[1] * x[2])

    H = jit(hessian(f))(np.array([0.7, -1.3, 2.1]))
    assert (H == H.T).all()
    np.testing.assert_allclose(H, hessian(f)(np.array([0.7, -1.3, 2.1])), rtol=1e-13)


def test_forward_and_reverse_share_what_they_share() -> None:
    """One pass computes value and gradient: exp, once."""
    program = jit(value_and_grad(lambda x: exp(sin(x)))).lower(1.0)
    assert program.counts()["exp"] == 1
    assert program.counts()["sin"] == 1


# --- A branch that is not taken, and an adjoint that is 0 by chance ---

NOT_TAKEN: dict[str, tuple[Function, float, float]] = {  # a function, where, and its derivative there
    "root": (lambda x: where(x > 0, autograd.sqrt(x), 0.0), 0.0, 0.0),
    "entropy": (lambda x: where(x > 0, x * log(x), 0.0), 0.0, 0.0),
    "entropy, otherwise": (lambda x: where(x <= 0, 0.0, x * log(x)), 0.0, 0.0),
    "its inverse": (lambda x: where(x > 0, x * (1 / x), x), 0.0, 1.0),
    "a square": (lambda x: where(x > 0, log(x) * log(x), 5 * x), 0.0, 5.0),
    "a sum of them": (lambda x: where(x > 0, log(x) * x + 1 / x, 5 * x), 0.0, 5.0),
    "overflow": (lambda x: where(x < 700, exp(x) * x, x), 1000.0, 1.0),
    "two choices": (lambda x: where(x > 0, log(x), 1.0) + where(x > 1, 2 / x, x), 0.0, 1.0),
    "a choice of choices": (lambda x: where(x > -1, where(x > 0, log(x) * x, 3 * x), log(x)), 0.0, 3.0),
    "shared by a choice and none": (lambda x: where(x > 0, autograd.sqrt(x), 0.0) + autograd.sqrt(x + 1), 0.0, 0.5),
    "a table": (lambda x: autograd.take([x * log(x), x], where(x > 0, 0.0, 1.0)), 0.0, 1.0),
    "cube root": (lambda x: where(x > 0, autograd.cbrt(x), 2 * x), 0.0, 2.0),
    "tanh of log": (lambda x: where(x > 0, tanh(log(x)), 2 * x), -1.0, 2.0),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NOT_TAKEN)
def test_a_branch_that_is_not_taken_does_no_harm(name: str, backend: str) -> None:
    f, x, slope = NOT_TAKEN[name]
    assert jit(grad(f)).lower(x).run(x, backend=backend) == slope
    assert jit(lambda x: jvp(f, (x,), (1.0,))[1]).lower(x).run(x, backend=backend) == slope
    batch = np.array([x, 2.0, 0.5])
    slopes = jit(vmap(grad(f))).lower(batch).run(batch, backend=backend)
    np.testing.assert_allclose(slopes, [slope, grad(f)(2.0), grad(f)(0.5)], rtol=1e-13)


def test_a_uniform_number_in_a_branch_that_no_sample_takes() -> None:
    def f(w: Any, X: Any) -> Any:
        return mean(vmap(lambda x: where(x > 0, autograd.sqrt(w) * x, w))(X))

    assert jit(grad(f))(0.0, np.array([-1.0, -2.0])) == 1.0
    assert jit(grad(f))(4.0, np.array([-1.0, 2.0, 6.0])) == pytest.approx((1 + 0.5 + 1.5) / 3, rel=1e-15)
    assert jit(grad(f))(0.0, np.array([-1.0, 2.0])) == math.inf


@pytest.mark.parametrize(
    "second",
    [
        lambda f: grad(grad(f)),
        lambda f: derivative(f, 2),
        hessian,
        lambda f: grad(derivative(f)),
        lambda f: derivative(grad(f)),
    ],
)
def test_an_adjoint_that_is_0_by_chance_has_a_derivative(second: Function) -> None:
    """½ (y - t)² where y = t: its slope is 0, its curvature y'²."""
    for y, x, slope in (
        (lambda x: where(x > 0, autograd.sqrt(x), 0.0), 1.0, 0.5),
        (lambda x: where(x > 0, 1 / x, x), 1.0, -1.0),
        (lambda x: where(x > 2, x, x * log(x)), 1.0, 1.0),
        (lambda x: autograd.take([x, 1 / x], 1.0), 1.0, -1.0),
        (lambda x: autograd.hypot(x, 0.0), 2.0, 1.0),
        (lambda x: x**x, 1.0, 1.0),
    ):
        target = y(x)
        f = second(lambda x, y=y, target=target: (y(x) - target) ** 2 / 2)
        for backend in BACKENDS:
            assert float(jit(f).lower(x).run(x, backend=backend)) == pytest.approx(slope**2, rel=1e-14)


@examples(12)
@given(e=woven(SMOOTH, 6), other=woven(SMOOTH, 4), taken=st.booleans(), backend=backends)
def test_the_curvature_of_half_a_square_at_0_is_the_outer_product_of_slopes(
    e: Expression, other: Expression, taken: bool, backend: str
) -> None:
    f, g = program(e), program(other)
    x = list(e.point)
    y = f(*x)

    def half_square(xs: Any) -> Any:
        elsewhere = g(*[xs[k % len(xs)] - xs[k % len(xs)] for k in range(len(other.point))])  # at 0: often undefined
        choice = where(xs[0] <= x[0], f(*xs), elsewhere) if taken else where(xs[0] > x[0], elsewhere, f(*xs))
        return (choice - y) ** 2 / 2

    slopes = np.array(grad(lambda xs: f(*xs))(x))
    ours = jit(jacobian(grad(half_square))).lower(x).run(x, backend=backend)
    allowed = np.abs(hessian(lambda xs: f(*xs))(x)).max() * 1e-12 * max(1.0, abs(y))  # y is rounded
    allowed += 1e-11 * np.abs(slopes).max() ** 2
    np.testing.assert_allclose(ours, np.outer(slopes, slopes), rtol=1e-9, atol=allowed)


# --- Derivatives and batches ---

SIZES = (1, 2, 7, 8, 9, 33)


def data(n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, 2)), rng.normal(size=n)


def predicted(w: Any, x: Any) -> Any:
    return tanh(w[0] * x[0] + w[1] * x[1]) * w[2]


def one_loss(w: Any, x: Any, t: Any) -> Any:
    return (predicted(w, x) - t) ** 2


def loss_by_vmap(w: Any, X: Any, T: Any) -> Any:
    return log(mean(vmap(lambda x, t: one_loss(w, x, t))(X, T)) + 1.0)


def loss_by_loop(w: Any, X: Any, T: Any) -> Any:
    return log(mean([one_loss(w, x, t) for x, t in zip(X, T)]) + 1.0)


W = np.array([0.3, -0.8, 1.4])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n", SIZES)
def test_derivatives_of_a_mean_over_a_batch(n: int, backend: str) -> None:
    X, T = data(n)
    v = np.array([1.0, -0.5, 2.0])
    for transform in (
        lambda f: f,
        grad,
        value_and_grad,
        hessian,
        jacobian,
        lambda f: lambda w, X, T: hvp(lambda z: f(z, X, T), w, v),
        lambda f: lambda w, X, T: jvp(lambda z: f(z, X, T), (w,), (v,)),
        lambda f: lambda w, X, T: vjp(lambda z: f(z, X, T), w)[1](2.0),
        lambda f: grad(lambda w, X, T: autograd.sum(g * g for g in grad(f)(w, X, T))),
        lambda f: derivative_along(f, v),
    ):
        program = jit(transform(loss_by_vmap)).lower(W, X, T)
        ours, eager = program.run(W, X, T, backend=backend), transform(loss_by_loop)(W, X, T)
        for a, b in zip(_flat(ours), _flat(eager)):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def derivative_along(f: Function, v: Any) -> Function:
    return lambda w, X, T: derivative(lambda s: f(w + s * v, X, T), 3)(0.1)


def _flat(x: Any) -> list[Any]:
    return [y for part in x for y in _flat(part)] if isinstance(x, tuple) else [x]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n", SIZES)
def test_each_sample_has_a_gradient_of_its_own(n: int, backend: str) -> None:
    X, T = data(n)
    expected = np.array([grad(one_loss)(W, x, t) for x, t in zip(X, T)])
    per_sample = jit(vmap(grad(one_loss), in_axes=(None, 0, 0))).lower(W, X, T)
    np.testing.assert_allclose(per_sample.run(W, X, T, backend=backend), expected, rtol=1e-12)
    values, gradients = jit(vmap(value_and_grad(one_loss, 1), in_axes=(None, 0, 0)))(W, X, T)
    np.testing.assert_allclose(values, [one_loss(W, x, t) for x, t in zip(X, T)], rtol=1e-12)
    np.testing.assert_allclose(gradients, [grad(one_loss, 1)(W, x, t) for x, t in zip(X, T)], rtol=1e-12)
    H = jit(vmap(hessian(one_loss), in_axes=(None, 0, 0)))(W, X, T)
    np.testing.assert_allclose(H, [hessian(one_loss)(W, x, t) for x, t in zip(X, T)], rtol=1e-11, atol=1e-12)


def test_the_gradient_of_a_function_of_each_samples_gradient() -> None:
    """A gradient penalty: reverse mode over a batch of reverse modes."""
    X, T = data(7)

    def penalty(f: Function) -> Function:
        return lambda w, X, T: f(lambda x, t: autograd.sum(g * g for g in grad(one_loss, 1)(w, x, t)), X, T)

    def batched(h: Any, X: Any, T: Any) -> Any:
        return mean(vmap(h)(X, T))

    def looped(h: Any, X: Any, T: Any) -> Any:
        return mean([h(x, t) for x, t in zip(X, T)])

    np.testing.assert_allclose(
        jit(grad(penalty(batched)))(W, X, T), grad(penalty(looped))(W, X, T), rtol=1e-11, atol=1e-12
    )


def test_the_gradient_by_the_batch_itself() -> None:
    X, T = data(5)

    def f(X: Any) -> Any:
        return autograd.sum(vmap(lambda x: sin(x[0]) * x[1])(X))

    ours = jit(grad(lambda w, X: f(X) * w, 1))(2.0, X)
    np.testing.assert_allclose(ours, 2.0 * np.stack([np.cos(X[:, 0]) * X[:, 1], np.sin(X[:, 0])], axis=1), rtol=1e-13)
    assert T.shape == (5,)


@examples(10)
@given(e=woven(SMOOTH, 6), n=st.sampled_from((1, 2, 8, 9)), backend=backends)
def test_random_expressions_on_a_batch_have_the_gradients_of_a_loop(e: Expression, n: int, backend: str) -> None:
    """The first leaf is the same for all samples, the others are too, but are given for each."""
    f = program(e)
    batch = [np.full(n, x) for x in e.point[1:]]
    axes = (None, *[0] * len(batch))
    if not batch:
        return

    def loss(x: Any, *columns: Any) -> Any:
        return mean(vmap(f, in_axes=axes)(x, *columns))

    value, (by_x, *by_columns) = (
        jit(value_and_grad(loss, tuple(range(1 + len(batch))))).lower(e.point[0], *batch)
        .run(e.point[0], *batch, backend=backend)
    )  # fmt: skip
    right, slopes = jit(value_and_grad(f, tuple(range(len(e.point)))))(*e.point)
    largest = max(map(abs, slopes))
    assert value == pytest.approx(right, rel=1e-12, abs=1e-12)
    assert by_x == pytest.approx(slopes[0], rel=1e-9, abs=1e-9 * largest)
    for column, slope in zip(by_columns, slopes[1:]):
        np.testing.assert_allclose(column, np.full(n, slope / n), rtol=1e-9, atol=1e-9 * largest)
