"""What jit computes where the user's function has conditions, held against Python, which runs one branch only."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given

from autograd import grad, hessian, jit, jvp, log, maximum, mean, sin, vmap, where
from autograd import sum as total
from autograd.compiler.backends import named
from autograd.compiler.record.arguments import Arguments
from tests.compiler.compare import BACKENDS, compiled_for, each_backend
from tests.compiler.lazily import Conditional, conditionals
from tests.derivatives import flat

Function = Callable[..., Any]


def along(f: Function) -> Function:
    return lambda x, y: jvp(f, (x, y), (1.0, -2.0))[1]


def forward(f: Function) -> Function:
    return lambda x, y: jvp(lambda x: f(x, y), (x,), (1.5,))[1]


TRANSFORMS: dict[str, Callable[[Function], Function]] = {
    "value": lambda f: f,
    "by the first": grad,
    "by the second": lambda f: grad(f, argnums=1),
    "by all": lambda f: grad(f, argnums=(0, 1)),
    "forward": forward,
    "along": along,
    "reverse, reverse": lambda f: grad(grad(f)),
    "reverse, mixed": lambda f: grad(grad(f), argnums=1),
    "forward over reverse": lambda f: forward(grad(f)),
    "reverse over forward": lambda f: grad(forward(f)),
    "forward, forward": lambda f: forward(forward(f)),
    "all second": lambda f: hessian(f, argnums=(0, 1)),
}


def alike(found: Any, expected: Any) -> bool:
    return all(
        a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
        for a, b in zip(map(float, flat(found)), map(float, flat(expected)), strict=True)
    )


@pytest.mark.parametrize("transform", TRANSFORMS)
@given(case=conditionals())
def test_a_branch_that_python_would_not_run_has_no_derivative(transform: str, case: Conditional) -> None:
    of = TRANSFORMS[transform]
    try:
        expected = of(case.function(lazily=True))(*case.point)
        compiled = jit(of(case.function(lazily=False))).lower(*case.point)
    except (ValueError, ArithmeticError):  # the latter of plain numbers
        assume(False)
    for backend in BACKENDS:
        found = compiled.run(*case.point, backend=backend)
        assert alike(found, expected), f"{backend}: {found}, but {expected} is right\n{case}\n{compiled.guarded}"


@each_backend
@pytest.mark.parametrize("reduced", [mean, total])
def test_a_sample_behind_a_condition_does_no_harm_to_the_others(backend: str, reduced: Function) -> None:
    def loss(w: Any, data: Any) -> Any:
        return reduced(vmap(lambda d: where(d > 0, w * log(d), 0.0))(data))

    data = np.array([1.0, 0.0, math.e, -1.0, math.nan])
    slope = jit(grad(loss)).lower(2.0, data).run(2.0, data, backend=backend)
    assert slope == pytest.approx(1.0 / 5 if reduced is mean else 1.0)


@each_backend
def test_steps_that_are_repeated_are_guarded_as_well(backend: str) -> None:
    slope = grad(lambda w, d: where(d > 0, w * log(d), w * w))
    step = compiled_for(named(backend), lambda w, d: w - 0.25 * slope(w, d), 4.0, 0.0)
    state = Arguments((4.0,), {})
    assert step.repeated(3, state, [4.0, 0.0], 1) == 4.0 * 0.5**3


def test_a_nan_that_would_get_lost_is_not_made() -> None:
    """A slope that would be NaN without its guard is compared, so it is guarded from the start."""

    def f(w: Any, d: Any) -> Any:
        slope = grad(lambda w: where(d > 0, w * log(d), 0.0) + w)(w)
        return where(slope > 0.5, 1.0, 2.0), maximum(slope, -1.0), slope * where(slope < 5, 0.0, 1.0)

    assert jit(f)(2.0, 0.0) == (1.0, 1.0, 0.0)


def test_guards_cost_nothing_where_all_is_finite() -> None:
    compiled = jit(grad(lambda x: where(x > 0, sin(x) + log(x), 0.0))).lower(2.0)
    assert compiled.program.counts().get("select", 0) == 0
    assert compiled.guarded.counts()["select"] == 2  # 1/x and cos(x); the adjoint is the condition itself
    unconditional = jit(grad(sin)).lower(1.0)
    assert unconditional.guarded is unconditional.program


def test_what_a_user_does_with_a_gradient_of_0_is_not_guarded() -> None:
    slope = grad(lambda x: where(x > 0, x + 1, 0.0))
    assert math.isnan(jit(lambda x: slope(x) * math.inf)(-1.0))
    along = jit(lambda x: jvp(lambda x: where(x > 0, x + 1, 0.0) + 0.0, (x,), (1.0,))[1] * math.inf)
    assert math.isnan(along(-1.0))


def test_the_sources_are_guarded() -> None:
    compiled = jit(grad(lambda w, d: where(d > 0, w * log(d), 0.0))).lower(2.0, 0.0)
    scope: dict[str, Any] = {}
    exec(compiled.to_python(), scope)
    assert scope["f"](2.0, 0.0) == 0.0
