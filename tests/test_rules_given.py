"""Functions that say their derivatives themselves, against the same functions without rules: in every mode, with and
without jit, nested, on Values, in batches.
"""

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
    TraceError,
    Value,
    custom_jvp,
    custom_vjp,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    primitive,
    vjp,
    vmap,
)
from autograd.testing import gradcheck, gradgradcheck

Function = Callable[..., Any]

# --- One function in each way of giving its derivative ---


def plainly(f: Function) -> Function:
    return f


def by_jvp(f: Function) -> Function:
    g = custom_jvp(f)
    g.defjvp(lambda primals, tangents: (g(*primals), jvp(f, primals, tangents)[1]))
    return g


def by_vjp(f: Function) -> Function:
    g = custom_vjp(f)
    g.defvjp(lambda *args: (f(*args), args), lambda args, cotangent: vjp(f, *args)[1](cotangent))
    return g


def _pulled(f: Function) -> Function:
    def pull(cotangent: Any, *args_and_result: Any) -> Any:
        gradients = vjp(f, *args_and_result[:-1])[1](cotangent)
        return gradients if len(gradients) > 1 else gradients[0]

    return pull


def _pushed(f: Function) -> Function:
    def push(tangents: Any, *args_and_result: Any) -> Any:
        args = args_and_result[:-1]
        return jvp(f, args, tangents if len(args) > 1 else (tangents,))[1]

    return push


def primitive_by_vjp(f: Function) -> Function:
    return primitive(vjp=_pulled(f))(f)


def primitive_by_jvp(f: Function) -> Function:
    return primitive(jvp=_pushed(f))(f)


def primitive_by_both(f: Function) -> Function:
    return primitive(vjp=_pulled(f), jvp=_pushed(f))(f)


GIVEN = [by_jvp, by_vjp, primitive_by_vjp, primitive_by_jvp, primitive_by_both]
given_by = pytest.mark.parametrize("how", GIVEN)


def of_arrays(a: Any, b: Any) -> Any:
    """Two outputs, an array and a number, of two arguments."""
    return {"many": np.sin(a) * b["scale"] + a[::-1] * a[0], "one": (a * a).sum() * b["scale"] / b["offset"]}


def of_one(x: Any) -> Any:
    return np.tanh(x) * x[0]


def composed(first: Function, second: Function) -> Function:
    """A number from an array of two, by way of both functions, each used twice."""

    def f(x: Any) -> Any:
        y = first(x * x, {"scale": x[1], "offset": 2.0 + x[0]})
        z = second(y["many"] + x)
        w = first(second(x), {"scale": y["one"], "offset": 1.5})
        return (z * w["many"]).sum() + w["one"] * y["one"]

    return f


TRANSFORMS: dict[str, Callable[[Function], Function]] = {
    "value": lambda f: f,
    "grad": grad,
    "jacobian by rows": lambda f: jacobian(lambda x: [f(x), x[0]]),
    "jacobian by columns": lambda f: jacobian(lambda x: [f(x), x[0], f(x) * x[1]]),
    "hessian": hessian,
    "third": lambda f: jacobian(hessian(f)),
    "reverse over reverse": lambda f: jacobian(grad(f)),
    "forward over reverse": lambda f: lambda x: jvp(grad(f), (x,), (x * x,))[1],
    "a slope inside": lambda f: grad(lambda x: (grad(lambda y: f(x * y))(x) * x).sum()),
    "pulled back twice": lambda f: lambda x: [vjp(f, x)[1](seed)[0] for seed in (1.0, -0.5)],
    "of a batch": lambda f: lambda x: vmap(grad(f))(np.stack([x, x * 0.5, x + 0.25])),
    "by way of a batch": lambda f: grad(lambda x: vmap(lambda y: f(y) * f(x))(np.stack([x, x * 0.5])).sum()),
}
FORWARD: dict[str, Callable[[Function], Function]] = {
    "jvp": lambda f: lambda x: jvp(f, (x,), (x * x,))[1],
    "forward over forward": lambda f: lambda x: jvp(lambda y: jvp(f, (y,), (x,))[1], (x,), (x * x,))[1],
    "reverse over forward": lambda f: grad(lambda x: jvp(f, (x,), (x * x,))[1]),
    "hvp": lambda f: lambda x: hvp(f, x, np.array([0.5, -2.0])),
}


@given_by
@pytest.mark.parametrize("transform", [*TRANSFORMS, *FORWARD])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_rule_that_says_the_derivative_changes_nothing(how: Any, transform: str, compiled: bool) -> None:
    change = {**TRANSFORMS, **FORWARD}[transform]
    ours, truth = change(composed(how(of_arrays), how(of_one))), change(composed(of_arrays, of_one))
    if compiled:
        ours = jit(ours)
    x = np.array([0.75, -0.4])
    if how is by_vjp and transform in FORWARD and transform != "hvp":
        with pytest.raises(TypeError, match="backward rule only"):
            ours(x)
        return
    found, expected = (np.ravel(np.asarray(f(x), dtype=float)) for f in (ours, truth))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-11)


@given(
    st.sampled_from([plainly, *GIVEN]), st.sampled_from(GIVEN), st.floats(-1.5, 1.5), st.floats(0.1, 1.5), st.booleans()
)
def test_rules_of_different_kinds_compose(first: Any, second: Any, a: float, b: float, turned: bool) -> None:
    ways = (second, first) if turned else (first, second)
    x = np.array([a, b])
    ours, truth = composed(ways[0](of_arrays), ways[1](of_one)), composed(of_arrays, of_one)
    assert grad(ours)(x) == pytest.approx(grad(truth)(x), rel=1e-9, abs=1e-10)
    assert hessian(ours)(x) == pytest.approx(hessian(truth)(x), rel=1e-9, abs=1e-10)


@given_by
def test_rules_serve_recorded_values(how: Any) -> None:
    ours, truth = composed(how(of_arrays), how(of_one)), composed(of_arrays, of_one)
    at = [0.75, -0.4]
    x = [Value(each) for each in at]
    y = ours(np.array(x))
    for passes in (1.0, 2.0):  # gradients of leaves add up, all others are computed afresh
        y.backward()
        assert [each.grad for each in x] == pytest.approx(list(passes * grad(truth)(np.array(at))), rel=1e-9)
    slopes = gradient(y, x)
    assert [each.data for each in slopes] == pytest.approx(list(grad(truth)(np.array(at))), rel=1e-9)
    second = [[each.data for each in gradient(slope, x)] for slope in slopes]
    assert np.array(second) == pytest.approx(hessian(truth)(np.array(at)), rel=1e-9)
    w = Value(0.5)
    slope = grad(lambda z: ours(np.array([z, w])))(0.75)  # a Value from outside is a variable
    assert slope.data == pytest.approx(grad(truth)(np.array([0.75, 0.5]))[0])
    assert gradient(slope, [w])[0].data == pytest.approx(hessian(truth)(np.array([0.75, 0.5]))[0, 1])


@given_by
def test_a_rule_that_is_no_derivative_is_used_everywhere(how: Any) -> None:
    """The rule says 7: only a way around the rule could find another number."""
    f = {
        by_jvp: lambda: _with_rule(custom_jvp(math.sin), "defjvp", lambda p, t: (f(*p), 7.0 * t[0])),
        by_vjp: lambda: _with_rule(custom_vjp(autograd.sin), "defvjp", lambda x: (f(x), None), lambda _, g: (7.0 * g,)),
        primitive_by_vjp: lambda: primitive(vjp=lambda g, x, y: 7.0 * g)(autograd.sin),
        primitive_by_jvp: lambda: primitive(jvp=lambda t, x, y: 7.0 * t)(autograd.sin),
        primitive_by_both: lambda: primitive(vjp=lambda g, x, y: 7.0 * g, jvp=lambda t, x, y: 7.0 * t)(autograd.sin),
    }[how]()
    x = Value(0.5)
    f(x * 1.0).backward()
    assert x.grad == 7.0
    assert gradient(f(x), [x])[0].data == grad(f)(0.5) == 7.0
    assert grad(lambda y: grad(lambda z: f(z) * y)(0.5))(0.5) == 7.0
    assert grad(grad(f))(0.5) == 0.0
    if how is not by_jvp:  # math.sin can't be traced
        assert jit(grad(f))(0.5) == 7.0
        assert jit(vmap(grad(f)))(np.array([0.5, 1.0])).tolist() == [7.0, 7.0]
    if how is not by_vjp:
        assert jvp(f, (0.5,), (2.0,))[1] == 14.0


def _with_rule(f: Any, name: str, *rules: Any) -> Any:
    getattr(f, name)(*rules)
    return f


# --- Arrays and any code ---

A, B = np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([1.0, 2.0])


def solve_of(**rules: Any) -> Function:
    @primitive(symbol="solve", **rules)
    def solve(a: Any, b: Any) -> Any:
        return np.linalg.solve(np.asarray(a, dtype=float), np.asarray(b, dtype=float))

    return solve


def solution(a: Any, b: Any) -> Any:
    det = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    return np.array([a[1, 1] * b[0] - a[0, 1] * b[1], a[0, 0] * b[1] - a[1, 0] * b[0]]) / det


@pytest.mark.parametrize("given_rules", ["vjp", "jvp", "both"])
def test_code_that_takes_nothing_but_floats_is_differentiated_to_any_order(given_rules: str) -> None:
    rules: dict[str, Any] = {}
    if given_rules != "jvp":

        def pull(g: Any, a: Any, b: Any, y: Any) -> Any:
            w = solve(a.T, g)
            return -np.outer(w, y), w

        rules["vjp"] = pull
    if given_rules != "vjp":
        rules["jvp"] = lambda t, a, b, y: solve(a, t[1] - t[0] @ y)
    solve = solve_of(**rules)
    p = {"a": A, "b": B}
    total = lambda f: lambda p: (f(p["a"], f(p["a"], p["b"] * p["b"])) ** 2).sum()  # noqa: E731
    ours, truth = total(solve), total(solution)
    for transform in (grad, hessian, lambda f: grad(lambda p: hvp(f, p, p)["a"].sum())):
        found, expected = transform(ours)(p), transform(truth)(p)
        for x, y in zip(*(each.values() if isinstance(each, dict) else [each] for each in (found, expected))):
            assert x == pytest.approx(y, rel=1e-9, abs=1e-12)
    direction = ({"a": B * A, "b": A[0]},)
    assert jvp(ours, (p,), direction)[1] == pytest.approx(jvp(truth, (p,), direction)[1])
    gradcheck(lambda a: ours({"a": a, "b": B}), A)
    gradgradcheck(lambda b: ours({"a": A, "b": b}), B)
    with pytest.raises(TraceError):
        jit(grad(ours))(p)


def test_one_call_pulls_all_outputs_back_at_once() -> None:
    calls: list[Any] = []

    @primitive(vjp=lambda g, x, y: calls.append(g) or 2.0 * x * g)
    def squares(x: Any) -> Any:
        return np.asarray(x, dtype=float) ** 2

    x = np.arange(1.0, 51.0)
    assert grad(lambda x: squares(x).sum())(x).tolist() == (2.0 * x).tolist()
    assert len(calls) == 1
    assert vjp(squares, x)[1](x)[0].tolist() == (2.0 * x * x).tolist()
    assert len(calls) == 2


def test_the_arrays_are_compiled_where_the_code_can_be_traced() -> None:
    @primitive(vjp=lambda g, x, y: 2.0 * x * g)
    def squares(x: Any) -> Any:
        return x * x

    x = np.linspace(0.0, 1.0, 5)
    for check in (False, True):
        f = jit(grad(lambda x: squares(np.sin(x)).sum()), check=check)
        assert f(x) == pytest.approx(np.sin(2.0 * x))
