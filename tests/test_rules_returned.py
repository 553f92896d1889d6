"""What rules of one's own are handed and may return, and what they would lose."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import (
    LostDerivative,
    Value,
    custom_jvp,
    custom_vjp,
    grad,
    implicit,
    jacobian,
    jit,
    jvp,
    no_grad,
    primitive,
    value_and_jacobian,
    vjp,
)
from tests.test_rules_given import by_vjp, given_by, of_one, primitive_by_vjp

Function = Callable[..., Any]

# --- Arguments ---


def test_arguments_without_derivatives_come_first() -> None:
    @functools.partial(custom_jvp, nondiff_argnums=(0,))
    def applied(f: Any, x: Any, n: int = 2) -> Any:
        return f(x) * n

    applied.defjvp(lambda f, p, t: (applied(f, *p), 5.0 * f(t[0]) * p[1] + 0.0 * t[1]))
    assert grad(lambda x: applied(lambda z: z, x))(3.0) == 10.0
    assert jvp(lambda x: applied(lambda z: z, x, n=3), (3.0,), (1.0,)) == (9.0, 15.0)

    for places in ((1, 2), (2, "power"), ("scale", -2), ("power", "scale")):

        @functools.partial(custom_vjp, nondiff_argnums=places)
        def powered(x: Any, power: int, scale: str = "one") -> Any:
            return x**power

        powered.defvjp(
            lambda x, power, scale: (x**power, x),
            lambda power, scale, x, g: (g * power * x ** (power - 1) * (10.0 if scale == "ten" else 1.0),),
        )
        assert grad(powered)(3.0, 2) == 6.0
        assert grad(powered)(3.0, power=2, scale="ten") == 60.0
        assert jit(grad(lambda x, powered=powered: powered(x, 2, scale="ten")))(3.0) == 60.0
        for refused in (
            lambda powered=powered: grad(lambda x: powered(x, x))(3.0),
            lambda powered=powered: jit(grad(lambda x: powered(x, x)))(3.0),
            lambda powered=powered: powered(Value(1.0), Value(2.0)),
        ):
            with pytest.raises(TypeError, match=r"argument 1 of powered has a derivative, .*nondiff_argnums"):
                refused()
    by_name = custom_vjp(lambda x, mode: x, nondiff_argnames="mode")
    by_name.defvjp(lambda x, mode: (x, None), lambda mode, _, g: (g * len(mode),))
    assert grad(by_name)(1.0, "four") == 4.0


@pytest.mark.parametrize(("places", "message"), [("no", "no argument of f"), (-3, "out of range"), (1.0, "counted")])
def test_places_that_say_nothing_are_refused(places: Any, message: str) -> None:
    def f(x: Any, y: Any) -> Any:
        return x

    for kind in (custom_jvp, custom_vjp):
        with pytest.raises((TypeError, ValueError), match=message):
            kind(f, nondiff_argnums=(places,))
    with pytest.raises(ValueError, match="out of range: f was called with 2"):
        custom_jvp(f, nondiff_argnums=(5,))(1.0, 2.0)


# --- What rules return ---

STRUCTURES: list[tuple[Any, Any]] = [
    (np.ones((2, 3)), np.ones((3, 2))),
    (np.ones(2), 1.0),
    (1.0, np.ones(2)),
    ({"a": 1.0}, {"b": 1.0}),
    ([1.0, 2.0], [1.0]),
    ([1.0, 2.0], (1.0, 2.0)),
    ((1.0, {"a": np.ones(2)}), (1.0, {"a": np.ones(3)})),
    (1.0, "one"),
    (1.0, True),
]


@pytest.mark.parametrize(("arg", "wrong"), STRUCTURES)
def test_a_gradient_of_another_structure_is_refused(arg: Any, wrong: Any) -> None:
    f = custom_vjp(lambda x, y: y)
    f.defvjp(lambda x, y: (y, None), lambda _, g: (wrong, g))
    h = primitive(vjp=lambda g, x, y, out: (wrong, g))(lambda x, y: y)
    for own, name in ((f, "the backward rule of"), (h, "vjp of")):
        with pytest.raises(TypeError, match=f"{name} <lambda> returned .* as the gradient of argument 0, which is"):
            grad(lambda x, own=own: own(x, 2.0 * autograd.sum(_numbers(x))))(arg)


@pytest.mark.parametrize(("output", "wrong"), STRUCTURES)
def test_a_tangent_of_another_structure_is_refused(output: Any, wrong: Any) -> None:
    f = custom_jvp(lambda x: output)
    f.defjvp(lambda p, t: (output, wrong))
    h = primitive(jvp=lambda t, x, y: wrong)(lambda x: output)
    for own in (f, h):
        for ask in (lambda own=own: vjp(own, 1.0)[1](output), lambda own=own: jvp(own, (1.0,), (1.0,))):
            with pytest.raises(TypeError, match=r"of <lambda> returned as tangent .* not the structure of its output"):
                ask()


def _numbers(x: Any) -> list[Any]:
    return autograd.transforms.trees.flatten(x)[1]


def test_none_stands_for_zeros_of_any_part() -> None:
    f = custom_vjp(lambda p, flag: p["a"] * p["b"][0])
    f.defvjp(lambda p, flag: (p["a"] * p["b"][0], p), lambda p, g: ({"a": g * p["b"][0], "b": None}, None))
    p = {"a": 2.0, "b": [3.0, np.ones(2)]}
    found = grad(f)(p, "flag")
    assert (found["a"], found["b"][0], found["b"][1].tolist()) == (3.0, 0.0, [0.0, 0.0])
    assert jit(lambda x: grad(f)({"a": x, "b": [3.0]}, "flag"))(2.0) == {"a": 3.0, "b": [0.0]}


def test_residuals_may_be_anything() -> None:
    class Kept:
        def __init__(self, x: Any) -> None:
            self.x = x

    f = custom_vjp(lambda x: x * x)
    f.defvjp(lambda x: (x * x, (Kept(x), lambda g: 2.0 * g, {"text"})), lambda kept, g: (kept[1](g) * kept[0].x,))
    assert grad(f)(3.0) == jit(grad(f))(3.0) == 6.0
    assert grad(grad(f))(3.0) == jit(grad(grad(f)))(3.0) == 2.0


# --- What would be lost ---


def closing(kind: str) -> Function:
    def outer(w: Any, x: Any) -> Any:
        def f(x: Any) -> Any:
            return w * x * x

        if kind == "custom_jvp":
            g = custom_jvp(f)
            g.defjvp(lambda p, t: (g(*p), 2.0 * w * p[0] * t[0]))
            return g(x)
        if kind == "custom_vjp":
            h = custom_vjp(f)
            h.defvjp(lambda x: (f(x), x), lambda x, g: (2.0 * w * x * g,))
            return h(x)
        if kind == "implicit":
            return implicit(lambda y, x: y - w * x * x, f)(x)
        rule = {"vjp": lambda g, x, y: 2.0 * w * x * g, "jvp": lambda t, x, y: 2.0 * w * x * t}[kind]
        return primitive(**{kind: rule})(f)(x)

    return outer


@pytest.mark.parametrize("kind", ["custom_jvp", "custom_vjp", "vjp", "jvp", "implicit"])
def test_a_number_that_is_no_argument_of_a_rule_is_right_or_refused(kind: str) -> None:
    f = closing(kind)
    truth = {(0,): (4.0,), (1,): (12.0,), (0, 1): (4.0, 12.0)}
    for argnums, expected in truth.items():
        for compiled in (lambda g: g, jit):
            try:
                assert tuple(compiled(grad(f, argnums))(3.0, 2.0)) == pytest.approx(expected)
            except LostDerivative as told:
                assert argnums != (1,)
                assert "none of its arguments" in str(told)  # noqa: PT017
    for call in (lambda: f(Value(3.0), Value(2.0)), lambda: grad(f, 1)(Value(3.0), 2.0)):
        with pytest.raises(LostDerivative, match="none of its arguments"):
            call()
    for tangents in ((1.0, 0.0), (1.0, 1.0)):
        with pytest.raises(TypeError, match=r"none of its arguments|backward rule only"):
            jvp(f, (3.0, 2.0), tangents)
        with pytest.raises(TypeError, match=r"none of its arguments|backward rule only"):
            jit(lambda w, x, t=tangents: jvp(f, (w, x), t))(3.0, 2.0)


def test_a_residual_that_closes_over_a_number_is_refused() -> None:
    def f(w: Any, x: Any) -> Any:
        return implicit(lambda y, x: y - w * x, lambda x: float(autograd.stop_gradient(w)) * x)(x)

    assert grad(f, 1)(3.0, 2.0) == 3.0
    with pytest.raises(LostDerivative, match="residual of implicit"):
        grad(f, (0, 1))(3.0, 2.0)


@given_by
def test_inside_no_grad_a_rule_is_not_used(how: Any) -> None:
    f = how(lambda x: x * x)

    def constant(x: Any) -> Any:
        with no_grad():
            y = f(x)
        return y * x

    assert grad(constant)(3.0) == 9.0
    assert jit(grad(constant))(3.0) == 9.0
    assert grad(grad(lambda x: constant(x) * x))(3.0) == pytest.approx(18.0)
    if how is not by_vjp:
        assert jvp(constant, (3.0,), (1.0,)) == (27.0, 9.0)
    x = Value(3.0)
    constant(x).backward()
    assert x.grad == 9.0


def test_what_no_output_depends_on_stops_what_is_no_number() -> None:
    f = custom_vjp(lambda x: autograd.sqrt(x))
    f.defvjp(lambda x: (autograd.sqrt(x), x), lambda x, g: (g * (math.inf if x is not None else 0.0),))
    for compiled in (lambda g: g, jit):
        assert compiled(grad(lambda x: autograd.relu(f(x) - 5.0) + x))(4.0) == 1.0


def test_a_picture_and_a_copy_of_such_an_operation() -> None:
    f = custom_vjp(lambda x, y: x * y)
    f.__name__ = "twice"
    f.defvjp(lambda x, y: (x * y, (x, y)), lambda kept, g: (g * kept[1], g * kept[0]))
    y = f(Value(2.0, label="a"), Value(3.0, label="b"))
    assert [each.label for each in y.parents] == ["a", "b"]
    with pytest.raises(TypeError, match="can't be copied or pickled"):
        copy.copy(y)
    with pytest.raises(autograd.AutogradError, match="backward rule of its own"):
        autograd.to_sympy(y)


def test_values_beside_a_jacobian() -> None:
    f = primitive_by_vjp(of_one)
    value, matrix = value_and_jacobian(f)(np.array([0.5, 0.25]))
    assert value == pytest.approx(of_one(np.array([0.5, 0.25])))
    assert matrix == pytest.approx(jacobian(of_one)(np.array([0.5, 0.25])))


def test_a_primitive_without_derivatives_is_refused() -> None:
    with pytest.raises(TypeError, match="needs derivatives"):
        primitive()
    with pytest.raises(TypeError, match="vjp is a function"):
        primitive(vjp=2.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="gradcheck"):
        primitive(vjp=lambda g, x, y: g, verify=True)
