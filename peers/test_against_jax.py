"""Every transform against JAX's, on random expressions in float64."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import jax.scipy.special as special
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd.engine.rules import RULES
from autograd.testing import Expression
from peers.common import EXAMPLES, as_json, compare
from tests.derivatives import SMOOTH, woven
from tests.expressions import with_constants

jax.config.update("jax_enable_x64", True)

FUNCTIONS: dict[str, Any] = {
    "add": jnp.add,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "div": jnp.divide,
    "ratio": jnp.divide,
    "pow": jnp.power,
    "neg": jnp.negative,
    "abs": jnp.abs,
    "exp": jnp.exp,
    "expm1": jnp.expm1,
    "log": jnp.log,
    "log1p": jnp.log1p,
    "log2": jnp.log2,
    "log10": jnp.log10,
    "sqrt": jnp.sqrt,
    "cbrt": jnp.cbrt,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "tanh": jnp.tanh,
    "sech": lambda x: 1 / jnp.cosh(x),
    "asinh": jnp.arcsinh,
    "acosh": jnp.arccosh,
    "atanh": jnp.arctanh,
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
    "relu": jax.nn.relu,
    "silu": jax.nn.silu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "erf": special.erf,
    "erfc": special.erfc,
    "sign": jnp.sign,
    "floor": jnp.floor,
    "stop_gradient": jax.lax.stop_gradient,
    "maximum": jnp.maximum,
    "minimum": jnp.minimum,
    "hypot": jnp.hypot,
    "atan2": jnp.arctan2,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
}


def by_jax(expression: Expression, v: list[float], u: list[float]) -> dict[str, list[float]]:
    """Every transform of the expression, by JAX."""
    data = as_json(expression, v, u)
    x, v, u = (jnp.asarray(data[key], dtype=jnp.float64) for key in ("point", "v", "u"))
    run = lambda p: with_constants(expression, jnp.float64).slots(*p, engine=FUNCTIONS)  # noqa: E731
    one = lambda p: run(p)[-1]  # noqa: E731
    many = lambda p: jnp.stack([jnp.asarray(y) for y in run(p)[-data["last"] :]])  # noqa: E731
    value, slopes = jax.value_and_grad(one)(x)
    results = {
        "value": value,
        "grad": jax.grad(one)(x),
        "value_and_grad": slopes,
        "jvp": jax.jvp(many, (x,), (v,))[1],
        "vjp": jax.vjp(many, x)[1](u)[0],
        "jacobian": jax.jacobian(many)(x),
        "hessian": jax.hessian(one)(x),
        "hvp": jax.jvp(jax.grad(one), (x,), (v,))[1],
    }
    return {name: np.asarray(y).ravel().tolist() for name, y in results.items()}


whole = st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4)


@EXAMPLES
@given(woven(tuple(name for name in SMOOTH if name in FUNCTIONS), max_steps=8), whole, whole)
def test_every_transform_is_jaxs(expression: Expression, v: list[float], u: list[float]) -> None:
    compare(expression, v, u, by_jax(expression, v, u))


def test_every_row_is_compared() -> None:
    assert set(RULES) <= set(FUNCTIONS)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "sin", "softplus", "log1p", "atan"])
def test_derivatives_up_to_the_6th_are_jaxs(name: str) -> None:
    f = FUNCTIONS[name]
    for n in range(1, 7):
        f = jax.grad(f)
        assert autograd.derivative(getattr(autograd, name), n)(0.3) == pytest.approx(float(f(0.3)), rel=1e-11)


# At a tie, a corner, and where a function stops: (ours, theirs, point).
CONVENTIONS: dict[str, tuple[Any, Any, list[float]]] = {
    "relu": (autograd.relu, jax.nn.relu, [0.0]),
    "maximum": (autograd.maximum, jnp.maximum, [2.0, 2.0]),
    "minimum": (autograd.minimum, jnp.minimum, [2.0, 2.0]),
    "clip at its bound": (lambda x: autograd.clip(x, 0.0, 5.0), lambda x: jnp.clip(x, 0.0, 5.0), [5.0]),
    "sqrt": (autograd.sqrt, jnp.sqrt, [0.0]),
    "sign": (autograd.sign, jnp.sign, [0.0]),
    "square": (lambda x: x**2, lambda x: x**2, [0.0]),
    "logsumexp": (lambda x, y: autograd.logsumexp([x, y]), lambda x, y: jnp.logaddexp(x, y), [3.0, 3.0]),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conventions_at_edges_are_jaxs(name: str) -> None:
    f, g, point = CONVENTIONS[name]
    every = tuple(range(len(point)))
    assert autograd.grad(f, every)(*point) == pytest.approx([float(s) for s in jax.grad(g, every)(*point)])


def test_the_derivative_of_abs_at_0_is_0_here_and_1_there() -> None:
    assert (autograd.grad(autograd.abs)(0.0), float(jax.grad(jnp.abs)(0.0))) == (0.0, 1.0)


def test_structures_are_jaxs() -> None:
    params = {"w": [np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([0.1, -0.2])], "b": (1.5, {"c": -0.75})}

    def loss(p: Any, np_: Any) -> Any:
        return np_.sum(np_.sin(p["w"][0]) @ np_.exp(p["w"][1])) * p["b"][0] / p["b"][1]["c"]

    ours = autograd.grad(lambda p: loss(p, np))(params)
    theirs = jax.grad(lambda p: loss(p, jnp))(params)
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs)):
        assert np.allclose(a, b, rtol=1e-14)
