"""With SciPy's optimisers and with NumPy arrays of Values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize

import autograd
from autograd import Value, exp, grad, hessian, hvp, jacobian, jvp, value_and_grad


def rosenbrock(x: Any) -> Any:
    return autograd.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


START = np.array([1.3, 0.7, 0.8, 1.9])  # where the only minimum downhill is at 1, 1, 1, 1


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG", "TNC", "SLSQP"])
def test_minimize_with_value_and_gradient(method: str) -> None:
    result = optimize.minimize(value_and_grad(rosenbrock), START, jac=True, method=method)
    assert result.x == pytest.approx(np.ones(4), abs=1e-3)


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-krylov"])
def test_minimize_with_products_with_the_hessian(method: str) -> None:
    result = optimize.minimize(
        value_and_grad(rosenbrock),
        START,
        jac=True,
        hessp=lambda x, v: hvp(rosenbrock, x, v),
        method=method,
        options={"gtol": 1e-9} if method != "Newton-CG" else {"xtol": 1e-9},
    )
    assert result.success
    assert result.x == pytest.approx(np.ones(4), abs=1e-6)


def test_minimize_with_the_hessian() -> None:
    result = optimize.minimize(
        rosenbrock, START, jac=grad(rosenbrock), hess=hessian(rosenbrock), method="trust-exact", options={"gtol": 1e-9}
    )
    assert result.x == pytest.approx(np.ones(4), abs=1e-6)


def test_scipys_own_derivatives_of_rosenbrock_are_ours() -> None:
    x = START[:3]
    assert value_and_grad(rosenbrock)(x)[0] == pytest.approx(optimize.rosen(x), rel=1e-15)
    assert grad(rosenbrock)(x) == pytest.approx(optimize.rosen_der(x), rel=1e-13)
    assert hessian(rosenbrock)(x) == pytest.approx(optimize.rosen_hess(x), rel=1e-13)
    v = np.array([1.0, -2.0, 0.5])
    assert hvp(rosenbrock, x, v) == pytest.approx(optimize.rosen_hess_prod(x, v), rel=1e-13)


def test_check_grad_finds_nothing() -> None:
    assert optimize.check_grad(rosenbrock, grad(rosenbrock), START) < 1e-3
    assert np.abs(optimize.approx_fprime(START, rosenbrock) - grad(rosenbrock)(START)).max() < 1e-3


def equations(x: Any) -> Any:
    return [x[0] ** 2 + x[1] ** 2 - 4.0, exp(x[0]) + x[1] - 1.0]


@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root_with_the_jacobian(method: str) -> None:
    result = optimize.root(equations, np.array([1.0, -1.0]), jac=jacobian(equations), method=method)
    assert result.success
    assert np.abs(equations(result.x)).max() < 1e-10


def test_newton_with_two_derivatives() -> None:
    f = lambda x: exp(x) - 3.0 * x  # noqa: E731
    for second in (None, grad(grad(f))):
        x = optimize.newton(f, 0.0, fprime=grad(f), fprime2=second)
        assert f(x) == pytest.approx(0.0, abs=1e-12)


def test_least_squares_with_the_jacobian() -> None:
    t = np.linspace(0.0, 2.0, 15)
    data = 2.5 * np.exp(-1.3 * t) + 0.5

    def residuals(p: Any) -> Any:
        return p[0] * exp(-p[1] * t) + p[2] - data

    result = optimize.least_squares(
        residuals, [1.0, 1.0, 0.0], jac=jacobian(residuals), xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    assert result.x == pytest.approx([2.5, 1.3, 0.5], abs=1e-8)


def test_curve_fit_with_the_jacobian() -> None:
    t = np.linspace(0.0, 2.0, 15)

    def model(t: Any, a: Any, b: Any) -> Any:
        return a * exp(-b * t)

    def jac(t: Any, a: float, b: float) -> Any:
        return np.stack(jacobian(model, (1, 2))(t, a, b), axis=1)

    found, _ = optimize.curve_fit(model, t, 2.5 * np.exp(-1.3 * t), p0=[1.0, 1.0], jac=jac)
    assert found == pytest.approx([2.5, 1.3], rel=1e-7)


def test_a_stiff_equation_with_the_jacobian_of_its_right_side() -> None:
    def f(t: float, y: Any) -> Any:
        return [y[1], 50.0 * (1.0 - y[0] ** 2) * y[1] - y[0]]

    result = integrate.solve_ivp(f, (0.0, 5.0), [2.0, 0.0], method="Radau", jac=jacobian(f, 1))
    assert result.success


def test_with_constraints() -> None:
    constraint = {"type": "eq", "fun": lambda x: float(x[0] + x[1] - 1.0), "jac": grad(lambda x: x[0] + x[1] - 1.0)}
    f = lambda x: x[0] ** 2 + 2.0 * x[1] ** 2  # noqa: E731
    result = optimize.minimize(value_and_grad(f), [3.0, 3.0], jac=True, constraints=[constraint], method="SLSQP")
    assert result.x == pytest.approx([2 / 3, 1 / 3], abs=1e-6)


# --- NumPy ---


def test_numpys_functions_work_inside_f_in_every_mode() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.exp(x) * np.sin(x) + np.log(1.0 + x**2) - np.tanh(x) / np.sqrt(np.abs(x) + 1.0))

    def ours(x: Any) -> Any:
        return autograd.sum(
            exp(v) * autograd.sin(v)
            + autograd.log(1.0 + v**2)
            - autograd.tanh(v) / autograd.sqrt(autograd.abs(v) + 1.0)
            for v in x
        )

    x = np.array([0.5, -1.5, 2.0])
    assert grad(f)(x).tolist() == grad(ours)(x).tolist()
    assert hessian(f)(x).tolist() == hessian(ours)(x).tolist()
    assert jvp(f, (x,), (np.ones(3),)) == jvp(ours, (x,), (np.ones(3),))


def test_linear_algebra_on_arrays_of_numbers() -> None:
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    x = np.array([0.5, -1.5])
    assert grad(lambda v: v @ a @ v)(x) == pytest.approx(2 * a @ x, rel=1e-15)
    assert hessian(lambda v: v @ a @ v)(x).tolist() == (2 * a).tolist()
    assert grad(lambda m: np.trace(m @ m @ a))(a) == pytest.approx((a @ a + a @ a).T, rel=1e-14)
    assert jacobian(lambda v: a @ v)(x).tolist() == a.tolist()
    assert grad(lambda v: np.dot(v, v) + np.linalg.norm(v) ** 2)(x) == pytest.approx(4 * x, rel=1e-14)
    assert grad(lambda v: v.mean() + v.max() + np.prod(v))(x) == pytest.approx([0.5 + 1 - 1.5, 0.5 + 0.5], rel=1e-15)
    assert grad(lambda v: np.maximum(v, 0.0).sum() + np.where(v > 0, v, -v).sum())(x).tolist() == [2.0, -1.0]


def test_arrays_of_values_come_in_and_go_out() -> None:
    w = np.array([Value(2.0, "a"), Value(3.0, "b")], dtype=object)
    loss = ((w * np.array([1.0, 2.0])).sum() - 5.0) ** 2
    slopes = autograd.gradient(loss, w)
    assert [s.data for s in slopes] == [6.0, 12.0]
    direct = grad(lambda v: ((v * np.array([1.0, 2.0])).sum() - 5.0) ** 2)(w)
    assert direct.dtype == object
    assert [s.data for s in direct] == [6.0, 12.0]
    assert [s.data for s in autograd.gradient(direct[1], w)] == [4.0, 8.0]


def test_indexing_slicing_and_stacking() -> None:
    def f(m: Any) -> Any:
        return np.concatenate([m[:, 0], m[0, ::-1]]) @ np.arange(4.0) + np.stack([m, m])[1, 1, 1] ** 2

    assert grad(f)(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[3.0, 2.0], [1.0, 8.0]]
