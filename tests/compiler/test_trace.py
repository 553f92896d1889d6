"""Tracing: what a function may do to its numbers, and what would freeze a number or a branch."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import functools
import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import TraceError, Value, grad, jvp, primitive, scope, where
from autograd.compiler import jit, vmap
from autograd.engine import rules
from autograd.engine.modes import TAPE
from tests.compiler.compare import each_backend
from tests.compiler.programs import examples

POINT = {"acosh": 1.7, "atanh": 0.3, "asin": 0.3, "acos": 0.3}
ONE = (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "softplus", "relu", "leaky_relu", "elu", "gelu",
    "silu", "abs", "sign", "floor", "erf", "stop_gradient",
)  # fmt: skip
TWO = ("atan2", "maximum", "minimum", "hypot")
SEQUENCE = ("sum", "prod", "mean", "softmax", "log_softmax", "logsumexp")


def same(ours: Any, eager: Any) -> None:
    """Of one structure, and equal to a few ulps."""
    if isinstance(eager, (tuple, list)):
        assert type(ours) is type(eager)
        assert len(ours) == len(eager)
        for x, y in zip(ours, eager):
            same(x, y)
    elif isinstance(eager, dict):
        assert ours.keys() == eager.keys()
        for key in eager:
            same(ours[key], eager[key])
    elif isinstance(eager, np.ndarray):
        assert ours.shape == eager.shape
        np.testing.assert_allclose(ours, eager.astype(float), rtol=1e-14, atol=1e-15)
    elif isinstance(eager, (float, np.floating)):
        assert type(ours) is float
        assert ours == pytest.approx(float(eager), rel=1e-14, abs=1e-15)
    else:
        assert ours == eager


# --- What traces ---


@each_backend
@pytest.mark.parametrize("name", ONE + TWO)
def test_a_function_of_the_list_is_itself(name: str, backend: str) -> None:
    f = getattr(autograd, name)
    for x in (POINT.get(name, 0.7), POINT.get(name, 2.5)):
        args = (x,) if name in ONE else (x, 1.3)
        same(jit(f).lower(*args).run(*args, backend=backend), f(*args))


@pytest.mark.parametrize("name", SEQUENCE)
def test_a_function_of_a_sequence_is_itself(name: str) -> None:
    f = getattr(autograd, name)
    for xs in ([0.3, -1.2, 2.0], [1000.0, 1001.0, -5.0], [4.0]):
        same(jit(lambda xs, f=f: f(xs))(xs), f(xs))
        same(jit(lambda xs, f=f: f(xs))(np.array(xs)), f(xs))
        same(jit(lambda *xs, f=f: f(iter(xs)))(*xs), f(xs))


def test_dot_and_clip_are_themselves() -> None:
    same(jit(autograd.dot)([1.0, 2.0], [3.0, 4.0]), 11.0)
    for x in (-2.0, 0.5, 3.0):
        same(jit(autograd.clip)(x, -1.0, 2.0), autograd.clip(x, -1.0, 2.0))


@pytest.mark.parametrize("name", [n for n in ONE if n not in ("stop_gradient",)])
def test_a_function_is_a_method_too(name: str) -> None:
    x = POINT.get(name, 0.7)
    same(jit(lambda v: getattr(v, name)())(x), getattr(autograd, name)(x))


@pytest.mark.parametrize("name", ["exp", "log", "sin", "arctan", "sqrt", "tanh", "arcsinh", "abs", "cbrt"])
def test_numpys_functions_apply_to_arrays_of_traced_numbers(name: str) -> None:
    f = getattr(np, name)
    x = np.array([[0.3, 0.6], [0.1, 0.9]])
    same(jit(lambda a: f(a))(x), f(x))
    same(jit(lambda a: f(a[0, 0]))(x), float(f(x[0, 0])))


def test_numpys_functions_of_two() -> None:
    x, y = np.array([0.3, -0.6]), np.array([1.3, 0.2])
    for f in (np.hypot, np.arctan2, np.add, np.divide):
        same(jit(lambda a, b, f=f: f(a, b))(x, y), f(x, y))


def test_arrays_do_arithmetic_and_are_multiplied_by_vectors() -> None:
    A, x = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 0.5])
    same(jit(lambda A, x: A @ x)(A, x), A @ x)
    same(jit(lambda A, x: (2 * A - 1) / (x + 3) + A**2 - (-x))(A, x), (2 * A - 1) / (x + 3) + A**2 - (-x))
    same(jit(lambda A, x: A.T.sum(axis=0) * x[0])(A, x), A.T.sum(axis=0) * x[0])
    same(jit(lambda x: A @ x)(x), A @ x)  # an array that is known
    same(jit(lambda x: x[0] * A)(x), x[0] * A)
    same(jit(lambda x: np.stack([x, x[::-1]]))(x), np.stack([x, x[::-1]]))
    same(jit(lambda x: x.dot(x))(x), float(x @ x))


@each_backend
@examples(8)
@given(
    x=st.floats(-3, 3).map(lambda x: round(x, 2)),
    y=st.floats(0.5, 3).map(lambda x: round(x, 2)),
    form=st.sampled_from(["xy", "x2", "2x"]),
)
def test_operators_in_every_form(backend: str, x: float, y: float, form: str) -> None:
    def f(x: Any, y: Any) -> Any:
        a, b = {"xy": (x, y), "x2": (x, 2), "2x": (2.5, y)}[form]
        z = a + b
        z += a - b
        z -= np.float64(2.0) * a
        z *= b
        z /= 3
        return [z, a * b, a / b, -a, +b, abs(a), b**2, b ** (a + 0.25 if form == "2x" else 2), 2**b]

    compiled = jit(f).lower(x, y)
    same(compiled.run(x, y, backend=backend), [float(v) for v in f(x, y)])


def test_structures_go_in_and_come_out() -> None:
    def f(p: Any, *, factor: Any) -> Any:
        return {"w": [factor * p["w"][0], p["w"][1]], "b": (p["b"] + 1, p["w"][1] * 2), "n": {}}

    p = {"w": [2.0, np.array([[1.0, 2.0]])], "b": 3.0}
    same(jit(f)(p, factor=10.0), f(p, factor=10.0))


def test_keyword_arguments_and_defaults() -> None:
    def f(x: Any, y: Any = 3.0, *, z: Any = 5.0) -> Any:
        return x * 100 + y * 10 + z

    g = jit(f)
    for args, kwargs in (((1.0,), {}), ((1.0, 2.0), {}), ((1.0,), {"z": 2.0}), ((), {"z": 1.0, "x": 2.0, "y": 4.0})):
        same(g(*args, **kwargs), f(*args, **kwargs))  # type: ignore[arg-type]


def test_bools_text_and_none_are_static() -> None:
    traces = []

    @jit
    def f(x: Any, kind: Any, flag: Any = False) -> Any:
        traces.append(kind)
        if kind is None:
            return x
        return x * 2 if kind == "double" and not flag else -x

    assert [f(3.0, None), f(3.0, "double"), f(3.0, "double", True), f(4.0, "double", True)] == [3.0, 6.0, -3.0, -4.0]
    assert traces == [None, "double", "double"]


def test_numbers_of_every_kind_are_numbers() -> None:
    f = jit(lambda x: x * 0.5)
    from fractions import Fraction

    for x in (3, 3.0, np.float64(3.0), np.float32(3.0), np.int64(3), np.array(3.0), Fraction(3)):
        assert float(f(x)) == 1.5
    assert jit(lambda x: x[0] + x[1])(np.array([1, 2])) == 3.0
    assert jit(lambda x: x[0] + x[1])(np.array([True, False])) == 1.0
    assert jit(lambda x: x * np.float32(0.5) + np.int64(2))(2.0) == 3.0


@each_backend
def test_take_takes_rows_by_a_traced_index(backend: str) -> None:
    table = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    def f(t: Any, i: Any) -> Any:
        return (
            autograd.take(t, i),
            autograd.take(t.tolist(), i),
            autograd.take(list(t[:, 0]), i),
            autograd.take(t[0], 0),
        )

    for i in (0.0, 2.0, -1.0, -3.0):
        row = table[int(i)]
        expected = row, row.tolist(), float(row[0]), 1.0
        same(jit(f).lower(table, i).run(table, i, backend=backend), expected)
    known = jit(lambda i: autograd.take(table, i) * 2)
    same(known(1.0), table[1] * 2)
    nested = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    same(jit(lambda i: autograd.take(nested, i))(1.0), nested[1])


def test_take_with_a_traced_index_needs_rows_of_one_length() -> None:
    with pytest.raises(TraceError, match="one length"):
        jit(lambda i: autograd.take([[1.0], [1.0, 2.0]], i))(0.0)
    with pytest.raises(IndexError, match="empty"):
        jit(lambda i: autograd.take([], i))(0.0)


@each_backend
def test_where_chooses_by_traced_conditions(backend: str) -> None:
    def f(x: Any, y: Any) -> Any:
        inside = (x > -1) & (x < 1)
        return [
            where(inside, x, y),
            where(~inside, x, y),
            where((x >= 1) | (y <= 0), 1.0, 2.0),
            where((x > 0) & True, x, -x),
            where(False | (x > 0), x, -x),
            where(2 > x, x * x, y),  # noqa: SIM300
            where(x > y, np.array([1.0, 2.0]), np.array([3.0, 4.0])),
        ]

    for x, y in ((0.5, 2.0), (-0.5, -2.0), (1.0, 1.0), (3.0, 0.0), (math.nan, 1.0)):
        expected = [
            x if -1 < x < 1 else y,
            y if -1 < x < 1 else x,
            1.0 if x >= 1 or y <= 0 else 2.0,
            x if x > 0 else -x,
            x if x > 0 else -x,
            x * x if x < 2 else y,
            np.array([1.0, 2.0] if x > y else [3.0, 4.0]),
        ]
        ours = jit(f).lower(x, y).run(x, y, backend=backend)
        np.testing.assert_equal([np.asarray(v) for v in ours], [np.asarray(v) for v in expected])


def test_a_condition_may_be_returned_and_used_as_a_number() -> None:
    assert jit(lambda x: [x > 0, (x > 0) | (x < -5)])(-1.0) == [0.0, 0.0]
    assert jit(lambda x: where(x > 0, 1.0, 0.0) * 3)(2.0) == 3.0


@pytest.mark.parametrize("of", [lambda x: {x: 1.0}[x], lambda x: len({x, 2 * x}), functools.cache(lambda x: x), hash])
def test_a_number_is_no_key_since_equal_ones_would_be_two(of: Any) -> None:
    for f in (of, lambda x: of(x > 0)):
        with pytest.raises(TraceError, match="leave out the set, the dict or "):
            jit(f)(2.0)


def test_an_own_primitive_has_its_own_partials() -> None:
    @primitive(partials=lambda x, y: 1000 * x)
    def jit_test_square(x: Any) -> Any:
        return x * x

    @primitive(partials=(lambda a, b, y: b, lambda a, b, y: 7.0))
    def jit_test_pair(a: Any, b: Any) -> Any:
        return a * autograd.exp(b)

    try:
        assert jit(jit_test_square)(3.0) == 9.0
        for backend in ("python", "numpy"):
            assert jit(grad(jit_test_square)).lower(3.0).run(3.0, backend=backend) == 3000.0
        assert jit(grad(lambda x: jit_test_square(2 * x) + x))(3.0) == 12001.0
        assert jit(lambda x: jvp(jit_test_square, (x,), (2.0,))[1])(3.0) == 6000.0
        assert jit(grad(grad(jit_test_square)))(3.0) == 1000.0
        assert jit(grad(jit_test_pair, (0, 1)))(3.0, 2.0) == (2.0, 7.0)
        same(jit(lambda a, b: jit_test_pair(a, b))(3.0, 2.0), 3.0 * math.exp(2.0))
        x = np.array([1.0, 2.0])
        same(jit(vmap(grad(jit_test_square)))(x), 1000 * x)
    finally:
        del rules.RULES["jit_test_square"], rules.RULES["jit_test_pair"]


def test_scopes_and_labels() -> None:
    def f(x: Any, w: Any) -> Any:
        with scope("layer"):
            h = x * w[0]
            h.label = "hidden"
            assert h.label == "hidden"
            assert repr(h) == "<traced hidden>"
            return h * h

    program = jit(f).lower(2.0, [3.0])
    assert program.run(2.0, [3.0]) == 36.0
    assert "hidden" in str(program)
    assert "program (x, w[0])" in str(program)


def test_a_traced_number_prints_by_its_name() -> None:
    seen = []
    jit(lambda x: seen.append((repr(x), str(x + 1), f"{x}", repr(x > 0))) or x)(2.0)  # type: ignore[func-returns-value]
    assert seen == [("<traced x>", "<traced v2>", "<traced x>", "<traced condition v4>")]


def test_python_runs_once_and_its_loops_are_unrolled() -> None:
    def f(x: Any, n: Any) -> Any:
        for k, _ in enumerate(n):
            x = x * x if k % 2 else x + 1
        return x

    assert jit(f)(1.0, [0.0] * 4) == f(1.0, [0.0] * 4)


# --- What would freeze a number or a branch ---


def line_of(f: Callable[..., Any]) -> str:
    """Where the function's only line is."""
    return f"{__file__}:{inspect.getsourcelines(f)[1]}"


BRANCH = r"where\(condition, a, b\).*static argument"
FROZEN: dict[str, tuple[Callable[..., Any], str]] = {
    "if": (lambda x, y: 1.0 if x else 2.0, BRANCH),
    "if a comparison": (lambda x, y: 1.0 if x > 0 else 2.0, BRANCH),
    "and": (lambda x, y: x and y, BRANCH),
    "or": (lambda x, y: x or y, BRANCH),
    "not": (lambda x, y: not x, BRANCH),
    "and of comparisons": (lambda x, y: where(x > 0 and y > 0, x, y), BRANCH),
    "chained comparison": (lambda x, y: where(0 < x < 1, x, y), BRANCH),
    "max": (lambda x, y: max(x, y), BRANCH),
    "sorted": (lambda x, y: sorted([x, y])[0], BRANCH),
    "float": (lambda x, y: float(x), "autograd's functions"),
    "int": (lambda x, y: int(x), "static_argnums.*loop.*take"),
    "range": (lambda x, y: [y for _ in range(x)], "static_argnums.*loop.*take"),
    "index": (lambda x, y: [y, y][x], "static_argnums.*loop.*take"),
    "data": (lambda x, y: x.data, "stop_gradient"),
    "grad": (lambda x, y: x.grad, r"jit\(grad\(f\)\)"),
    "backward": (lambda x, y: (x * y).backward(), r"jit\(grad\(f\)\)"),
    "== of comparisons": (lambda x, y: (x > 0) == (y > 0), "combine conditions"),
    "in": (lambda x, y: x in [1.0, 2.0], r"where\(condition, a, b\)"),
    "round": (lambda x, y: round(x, 2), r"round\(x \* 100\) / 100"),
    "math": (lambda x, y: math.exp(x), "instead of math's"),
    "format": (lambda x, y: f"{x:.3f}", "print the result"),
    "np.array of floats": (lambda x, y: np.array([x, y], dtype=float), "autograd's functions"),
}


@pytest.mark.parametrize("name", FROZEN)
def test_what_would_freeze_a_number_is_refused_with_the_line_and_the_way_out(name: str) -> None:
    f, cure = FROZEN[name]
    with pytest.raises(TraceError, match=f"(?s){cure}") as caught:
        jit(f)(1.0, 2.0)
    assert line_of(f) in str(caught.value)
    assert len(str(caught.value)) - len(__file__) < 380
    assert TAPE.get() is None


@pytest.mark.parametrize("name", FROZEN)
def test_it_is_refused_inside_derivatives_and_batches_too(name: str) -> None:
    f, cure = FROZEN[name]
    x = np.array([1.0, 2.0])
    for g, args in (
        (grad(f), (1.0, 2.0)),
        (vmap(f), (x, x)),
        (lambda x, y: jvp(f, (x, y), (1.0, 0.0)), (1.0, 2.0)),
        (vmap(grad(f)), (x, x)),
    ):
        with pytest.raises(TraceError, match=f"(?s){cure}") as caught:
            jit(g)(*args)
        assert line_of(f) in str(caught.value)
        assert TAPE.get() is None


def test_a_value_in_the_closure_is_refused() -> None:
    w = Value(3.0, label="w")
    for f in (
        lambda x: x * w,
        lambda x: w + x,
        lambda x: autograd.hypot(x, w),
        lambda x: where(x > 0, x, w),
        lambda x: w,
        lambda x: x < w,
        lambda x: w < x,
        lambda x: w <= x,
        lambda x: w > x,
        lambda x: where(w >= x, x, 0.0),
        lambda x: autograd.take([w, x], x),
    ):
        with pytest.raises(TraceError, match=r"(?s)Value.*argument") as caught:
            jit(f)(2.0)
        assert __file__ in str(caught.value)
    assert jit(lambda x: x * w.data)(2.0) == 6.0


@pytest.mark.filterwarnings("ignore::autograd.SlowWarning")
def test_a_dual_in_the_closure_is_refused_or_differentiated() -> None:
    """An argument of an outer derivative: the compiled function would lose it."""
    with pytest.raises(TraceError, match=r"(?s)argument"):
        jvp(lambda y: jit(lambda x: x * y)(2.0), (3.0,), (1.0,))
    with pytest.raises(TraceError, match=r"(?s)argument"):
        grad(lambda y: jit(lambda x: x * y)(2.0))(3.0)
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TraceError, match=r"(?s)argument"):
            jvp(
                functools.partial(lambda holds, y: jit(lambda x: where(holds(y, x), x, 0.0))(2.0), compare),
                (3.0,),
                (1.0,),
            )
    assert grad(lambda y: jit(lambda x, y: x * y)(2.0, y))(3.0) == 2.0


def test_a_number_that_leaked_from_an_ended_trace_is_refused() -> None:
    leaked: list[Any] = []
    jit(lambda x: leaked.append(x) or x)(1.0)  # type: ignore[func-returns-value]
    for f in (
        lambda x: x + leaked[0],
        lambda x: leaked[0],
        lambda x: leaked[0] + 1.0,
        lambda x: leaked[0] * x,
        lambda x: [x, (leaked[0] > x)],
    ):
        with pytest.raises(TraceError, match=r"(?s)ended.*argument"):
            jit(f)(1.0)


def test_a_number_of_another_trace_is_refused() -> None:
    def f(x: Any) -> Any:
        return jit(lambda y: x * y)(2.0)  # the inner function is traced with a number of the outer one

    with pytest.raises(TraceError, match=r"(?s)another function.*argument"):
        jit(f)(1.0)


def test_batches_of_different_sizes_do_not_meet() -> None:
    a, b = np.ones(3), np.ones(4)

    def f(a: Any, b: Any) -> Any:
        return vmap(autograd.exp)(a) * vmap(autograd.exp)(b)

    for function in (f, jit(f)):
        with pytest.raises(ValueError, match="broadcast"):
            function(a, b)


def test_what_is_no_number_is_a_type_error() -> None:
    for f in (lambda x: x + "1", lambda x: x * None, lambda x: x < "1", lambda x: (x > 0) & 1.0, lambda x: x + 1j):
        with pytest.raises(TypeError):
            jit(f)(1.0)
    with pytest.raises(TypeError, match="returns numbers, arrays and structures"):
        jit(lambda x: object())(1.0)
    with pytest.raises(TypeError, match="hash"):
        jit(lambda x: x)(bytearray(b"x"))
    with pytest.raises(TypeError, match="arrays of real numbers"):
        jit(lambda x: x)(np.array([1j]))


def test_nothing_is_left_behind_by_an_exception() -> None:
    def f(x: Any, fail: Any) -> Any:
        y = vmap(lambda z: z * x)(np.array([1.0, 2.0]))
        if fail:
            vmap(lambda z: 1 / 0)(np.array([1.0, 2.0]))
        return y

    g = jit(f)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            g(2.0, True)
        assert TAPE.get() is None
        assert g(2.0, False).tolist() == [2.0, 4.0]
        assert grad(lambda x: x * x)(3.0) == 6.0
        y = Value(2.0) * 3
        y.backward()
    with pytest.raises(KeyError):
        jit(lambda x: {}["x"])(1.0)
    assert jit(lambda x: x * x)(3.0) == 9.0


@pytest.mark.parametrize("x", [2.5, 3.5, -0.5, -1.7, 4.2])
def test_pythons_own_rounding_and_division_are_traced(x: float) -> None:
    def f(x: Any) -> Any:
        return [round(x), math.floor(x), math.ceil(x), math.trunc(x), *divmod(x, 1.5), *divmod(7.0, x), x // -2, -x % 2]

    assert jit(f)(x) == f(x)
