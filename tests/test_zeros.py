"""A partial that the table makes 0 stops a derivative, an infinite one too; a 0 that was computed doesn't.

Every row that has such a partial is tried where it is 0, before and after a function whose derivative is infinite
there: by each mode of eager differentiation and of compiled code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import (
    Value,
    cbrt,
    clip,
    derivative,
    elu,
    floor,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    leaky_relu,
    log,
    log1p,
    maximum,
    minimum,
    relu,
    sign,
    sqrt,
    stop_gradient,
    vmap,
    where,
    xlogy,
)
from autograd import sum as total
from autograd.compiler import kernel
from autograd.engine import rules
from autograd.engine.rules import RULES, ratio

Function = Callable[[Any], Any]
BACKENDS = ["python", "numpy", *(["c"] if kernel.available() else [])]

# Functions whose derivative is 0 by the table from 0 (or below) to 0.4.
FLAT: dict[str, Function] = {
    "stop_gradient": stop_gradient,
    "floor": floor,
    "ceil": lambda x: RULES["ceil"](x),
    "round": lambda x: RULES["round"](x),
    "trunc": lambda x: RULES["trunc"](x),
    "sign": sign,
    "floordiv by": lambda x: x // 2.0,
    "floordiv": lambda x: 2.5 // (1.0 + x),
    "relu": lambda x: relu(x - 0.5),
    "maximum": lambda x: maximum(x, 0.5),
    "maximum, right": lambda x: maximum(0.5, x),
    "minimum": lambda x: minimum(x, -0.5),
    "minimum, right": lambda x: minimum(-0.5, x),
    "leaky_relu, slope": lambda x: leaky_relu(1.0, x),
    "elu, scale": lambda x: elu(1.0, x),
    "clip": lambda x: clip(x, 0.5, 2.0),
    "where": lambda x: where(x < 0.5, 0.25, x),
    "pow": lambda x: (1.0 + x) ** 0.0,
    "zero of relu": lambda x: relu(-x),
}

# Functions whose derivative is infinite at 0, and those that make an infinite one after them.
STEEP: dict[str, Function] = {
    "sqrt": sqrt,
    "cbrt": cbrt,
    "power": lambda x: RULES["power"](x, 0.5),
    "pow": lambda x: x**0.5,
    "sqrt and more": lambda x: 2.0 * sqrt(x) - 0.1 * sqrt(x),
    "sqrt in a product": lambda x: (1.0 + x) * sqrt(x),
    "sqrt of a sum": lambda x: sqrt(x + 2.0 * x),
}
LATER: dict[str, Function] = {"sqrt": sqrt, "cbrt": cbrt, "pow": lambda x: x**0.5}


def eager(f: Function, x: float) -> dict[str, float]:
    """The derivative of f at x by every mode on floats."""

    def by_backward() -> float:
        v = Value(x)
        y = f(v)
        if isinstance(y, Value):
            y.backward()
        return v.grad

    def by_gradient() -> float:
        v = Value(x)
        y = f(v)
        return gradient(y, [v])[0].data if isinstance(y, Value) else 0.0

    return {
        "backward": by_backward(),
        "gradient": by_gradient(),
        "grad": grad(f)(x),
        "jvp": jvp(f, (x,), (1.0,))[1],
        "derivative": derivative(f)(x),
        "jacobian": jacobian(lambda xs: [f(xs[0])])([x])[0][0],
        "grad under a grad": grad(lambda z: grad(lambda u: f(u) * z)(x))(1.0),
        "jvp under a grad": grad(lambda z: jvp(lambda u: f(u) * z, (x,), (1.0,))[1])(1.0),
        "grad under a jvp": jvp(lambda z: grad(lambda u: f(u) * z)(x), (1.0,), (1.0,))[1],
        "jvp under a jvp": jvp(lambda z: jvp(lambda u: f(u) * z, (x,), (1.0,))[1], (1.0,), (1.0,))[1],
        "hvp": hvp(lambda xs: f(xs[0]) * xs[1], [x, 1.0], [0.0, 1.0])[0],
        "hessian": hessian(lambda xs: f(xs[0]) * xs[1])([x, 1.0])[0][1],
    }  # fmt: skip


COMPILED: dict[str, Callable[[Function], Function]] = {
    "grad": grad,
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "grad under a grad": lambda f: lambda x: grad(lambda z: grad(lambda u: f(u) * z)(x))(1.0),
    "jvp under a grad": lambda f: lambda x: grad(lambda z: jvp(lambda u: f(u) * z, (x,), (1.0,))[1])(1.0),
    "grad under a jvp": lambda f: lambda x: jvp(lambda z: grad(lambda u: f(u) * z)(x), (1.0,), (1.0,))[1],
}


def compiled(f: Function, x: float) -> dict[str, float]:
    """Likewise by every mode of compiled code: on each back end, in both types, one number and in a batch."""
    found = {}
    for mode, of in COMPILED.items():
        for dtype in ("float64", "float32"):
            one = jit(of(f), dtype).lower(x)
            many = jit(lambda xs, of=of: vmap(of(f))(xs), dtype).lower(np.full(3, x))
            for backend in BACKENDS:
                found[f"{mode}, {dtype}, {backend}"] = float(one.run(x, backend=backend))
                batch = many.run(np.full(3, x), backend=backend)
                found[f"vmap, {mode}, {dtype}, {backend}"] = float(np.mean(batch))
    shared = jit(grad(lambda w: total(vmap(lambda z: f(w + z))(np.zeros(3)))))
    found["of all samples"] = float(shared(x)) / 3.0
    return found


def all_modes(f: Function, x: float = 0.0) -> dict[str, float]:
    return {**eager(f, x), **{f"jit: {mode}": slope for mode, slope in compiled(f, x).items()}}


@pytest.mark.parametrize("steep", STEEP)
@pytest.mark.parametrize("flat", FLAT)
def test_what_is_flat_by_the_table_stays_flat_after_an_infinite_derivative(flat: str, steep: str) -> None:
    def f(x):
        return FLAT[flat](STEEP[steep](x))

    wrong = {mode: slope for mode, slope in all_modes(f).items() if slope != 0.0}
    assert not wrong


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("flat", FLAT)
def test_and_before_one(flat: str, later: str) -> None:
    def f(x: Any) -> Any:
        y = FLAT[flat](x)
        return LATER[later](y - stop_gradient(y))

    wrong = {mode: slope for mode, slope in all_modes(f).items() if slope != 0.0}
    assert not wrong


@pytest.mark.parametrize("flat", FLAT)
def test_beside_what_is_not_flat_the_derivative_is_that(flat: str) -> None:
    def f(x: Any) -> Any:
        return 3.0 * x + FLAT[flat](sqrt(x)) + sqrt(stop_gradient(x)) + 0.0 * sqrt(stop_gradient(x))

    wrong = {mode: slope for mode, slope in all_modes(f).items() if slope != 3.0}
    assert not wrong


COMPUTED: dict[str, Function] = {
    "a factor": lambda x: 0.0 * sqrt(x),
    "a whole factor": lambda x: 0 * sqrt(x),
    "a factor that is traced": lambda x: (x - x) * sqrt(x),
    "a square in a root": lambda x: sqrt(x * x),
    "a power in a root": lambda x: sqrt(x**2),
    "a root of 0 times x": lambda x: sqrt(0.0 * x),
    "a root over infinity": lambda x: ratio(sqrt(x), math.inf),
    "1 - cos in a root": lambda x: sqrt(1.0 - RULES["cos"](x)),
    "a difference": lambda x: sqrt(x) - sqrt(x),
    "log of 0 times": lambda x: (x - x) * RULES["cbrt"](x),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_a_0_that_was_computed_times_infinity_is_nan_in_every_mode(name: str) -> None:
    wrong = {mode: slope for mode, slope in all_modes(COMPUTED[name]).items() if slope == slope}
    assert not wrong


def test_examples() -> None:
    for of in (grad, lambda f: jit(grad(f)), derivative, lambda f: jit(derivative(f))):
        assert of(lambda x: sqrt(relu(x)))(-1.0) == 0.0
        assert of(lambda x: x + 0.0 * sqrt(stop_gradient(x)))(0.0) == 1.0
        assert of(lambda x: log(stop_gradient(x) + 1e-320) + x)(0.0) == 1.0
        assert of(lambda x: xlogy(stop_gradient(x), x))(0.0) == 0.0
        assert of(lambda x: x**0 * 2.0)(0.0) == 0.0
        assert of(lambda x: log1p(floor(x)) + x)(0.5) == 1.0


@pytest.mark.parametrize("mode", ["float64", "float32"])
def test_in_a_batch_each_sample_stops_for_itself(mode: str) -> None:
    """Where one sample is flat and the next isn't; and a number that all of them share."""
    points = np.array([0.0, 1.0, 4.0])

    def f(x, w):
        return relu(sqrt(x) * w - 1.0)

    assert jit(vmap(grad(f), in_axes=(0, None)), mode)(points, 1.0).tolist() == [0.0, 0.0, 0.25]

    def g(w):
        return total(vmap(lambda x: relu(sqrt(w) - x))(np.array([1.0, 2.0])))

    assert jit(grad(g), mode)(0.0) == 0.0
    assert jit(grad(g), mode)(2.25) == pytest.approx(1 / 3)


@pytest.mark.parametrize("exponent", [1.5, 2.0, 1e15, 2.0**53, 1e17, 4.7e20, 1e300])
def test_a_power_of_zero_has_derivative_zero_however_large_the_exponent(exponent: float) -> None:
    for f in (lambda x: x**exponent, lambda x: rules.power(x, exponent)):
        x = Value(0.0)
        f(x).backward()
        assert x.grad == 0.0
        assert grad(f)(0.0) == jvp(f, (0.0,), (1.0,))[1] == jit(grad(f))(0.0) == 0.0
        assert float(gradient(f(x), [x])[0]) == 0.0
    assert grad(grad(lambda x: x**exponent))(0.0) == (math.inf if exponent < 2.0 else 2.0 if exponent == 2.0 else 0.0)


@pytest.mark.parametrize("base", [-1.0, 1.0])
def test_an_exponent_that_is_a_value_may_be_beyond_whole_numbers(base: float) -> None:
    x, b = Value(base), Value(2.0**60)
    y = x**b
    y.backward()
    assert x.grad == base * 2.0**60
    assert float(gradient(y, [x])[0]) == grad(lambda x, b: x**b)(base, 2.0**60) == x.grad
