"""What jit promises: jit(f)(x) is f(x), or it is refused. Structures, static arguments, NaN, equality."""

from __future__ import annotations

import datetime
import enum
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import optree
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from autograd import grad, hessian, jacobian, jit, jvp, sin, value_and_grad, vmap, where
from autograd.compiler.backends.by_numpy import run_numpy
from autograd.compiler.compiled import Compiled
from autograd.compiler.program import Program
from autograd.compiler.record.arguments import Arguments
from tests.compiler.compare import BACKENDS, each_backend
from tests.compiler.lazily import EXACT, Conditional, conditionals

Function = Callable[..., Any]

SPECIAL = (0.0, -0.0, 1.0, -2.5, math.inf, -math.inf, math.nan)

# --- Structures ---


@given(keys=st.permutations(["b", "a", "c"]), others=st.permutations(["b", "a", "c"]), nested=st.booleans())
def test_the_order_of_keys_is_that_of_each_call(keys: list[str], others: list[str], nested: bool) -> None:
    def f(p: Any, **more: Any) -> Any:
        p = p["inside"] if nested else p
        return sum((k + 2.0) * x**2 for k, x in enumerate([*p.values(), *more.values()]))

    compiled = jit(f), jit(grad(f))
    for order in (keys, others, keys):
        p: Any = {key: float(ord(key)) for key in order}
        p = {"inside": p} if nested else p
        more = {key: 1.0 + ord(key) for key in reversed(order)}
        for plain, fast in zip((f, grad(f)), compiled):
            expected = plain(p, **more)
            found = fast(p, **more)
            assert found == expected
            assert repr(found) == repr(expected), "the order of keys, too"


def test_a_repeated_step_sees_the_order_in_which_its_dict_came_back() -> None:
    def turned(p: Any) -> Any:
        (a, x), (b, y) = p.items()
        return {b: x + 1.0, a: 2.0 * y}

    state: Any = {"a": 1.0, "b": 10.0}
    for n in range(5):
        expected = state
        for _ in range(n):
            expected = turned(expected)
        assert list(jit(turned).repeat(n)(state).items()) == list(expected.items())


def test_keywords_of_named_parameters_are_one_program_in_any_order() -> None:
    traces = []

    @jit
    def f(x: Any, y: Any) -> Any:
        traces.append(1)
        return x - y

    assert f(x=3.0, y=1.0) == f(y=1.0, x=3.0) == 2.0
    assert len(traces) == 1


# --- Nested transforms of functions of dicts, in both types, on each back end ---


def of_dict(f: Function) -> Function:
    """A function of numbers as one of a dict and of keywords, which sees the order of the keys."""

    def g(p: Any, **more: Any) -> Any:
        seen = sum((k + 1.0) * x for k, x in enumerate([*p.values(), *more.values()]))
        return f(p["a"], p["b"], more["c"]) + where(seen > 0, seen, 0.0)

    return g


def total(x: Any) -> Any:
    return autograd.sum(list(x.values()))


def along(g: Function) -> Function:
    def f(p: Any, **more: Any) -> Any:
        return jvp(lambda p: g(p, **more), (p,), ({key: 1.0 + k for k, key in enumerate(p)},))

    return f


def loop(f: Function) -> Function:
    """vmap as a loop in Python, which runs one branch of an if for each sample."""

    def mapped(xs: Any) -> Any:
        if not isinstance(xs, dict):
            return np.stack([np.asarray(f(x)) for x in xs])
        samples = [f(dict(zip(xs, row))) for row in zip(*xs.values())]
        return optree.tree_map(lambda *parts: np.stack([np.asarray(part) for part in parts]), *samples)

    return mapped


def by_samples(g: Function, mapped: Function) -> Function:
    return lambda p, **more: mapped(lambda p: g(p, **more))({key: DATA * x for key, x in p.items()})


def over_samples(g: Function, mapped: Function) -> Function:
    return lambda p, **more: autograd.sum(mapped(lambda t: g({**p, "a": t * p["a"]}, **more))(DATA))


DATA = np.array([1.0, 0.0, 2.0])

# Of a function, and of vmap or a loop.
NESTED: dict[str, Callable[[Function, Function], Function]] = {
    "value": lambda g, mapped: g,
    "grad": lambda g, mapped: grad(g),
    "value and grad": lambda g, mapped: value_and_grad(g),
    "forward": lambda g, mapped: along(g),
    "grad of grad": lambda g, mapped: grad(lambda p, **more: total(grad(g)(p, **more))),
    "grad of forward": lambda g, mapped: grad(lambda p, **more: along(g)(p, **more)[1]),
    "forward of grad": lambda g, mapped: along(lambda p, **more: total(grad(g)(p, **more))),
    "jacobian": lambda g, mapped: jacobian(lambda p, **more: {"y": [g(p, **more), p["b"]], "x": p["a"] * p["b"]}),
    "hessian": lambda g, mapped: hessian(g),
    "over samples": over_samples,
    "by samples": by_samples,
    "grad by samples": lambda g, mapped: by_samples(grad(g), mapped),
    "grad over samples": lambda g, mapped: grad(over_samples(g, mapped)),
    "grad of grad over samples": lambda g, mapped: grad(
        lambda p, **more: total(grad(over_samples(g, mapped))(p, **more))
    ),
    "hessian by samples": lambda g, mapped: by_samples(hessian(g), mapped),
    "compiled inside": lambda g, mapped: grad(jit(lambda p, **more: total(jit(grad(g))(p, **more)))),
}


def alike(found: Any, expected: Any, rounding: float) -> bool:
    """The same structure, keys in the same order, and numbers, apart from rounding and the sign of zero."""
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(alike(found[k], x, rounding) for k, x in expected.items())
    if isinstance(expected, (list, tuple)):
        return len(found) == len(expected) and all(alike(x, y, rounding) for x, y in zip(found, expected))
    return np.shape(found) == np.shape(expected) and bool(
        np.allclose(np.asarray(found, float), np.asarray(expected, float), rtol=rounding, atol=0.0, equal_nan=True)
    )


def largest(compiled: Compiled, *args: Any, **kwargs: Any) -> float:
    """The largest number that a program computes on the way to its results; 0 for infinite ones."""
    program = compiled.guarded
    row = compiled.arguments.write(Arguments(args, kwargs).numbers)
    values = run_numpy(Program(program.inputs, program.ops, list(program.values())), row)
    numbers = np.abs(np.concatenate([np.ravel(x) for x in values]))
    return float(np.max(numbers, where=np.isfinite(numbers), initial=0.0))


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::autograd.SlowWarning")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NESTED)
@given(
    case=conditionals(3, *EXACT),
    orders=st.lists(st.permutations(["a", "b", "d"]), min_size=2, max_size=3),
    keywords=st.permutations(["c", "e"]),
)
def test_nested_transforms_of_dicts_are_the_eager_ones(
    name: str, dtype: str, case: Conditional, orders: list[list[str]], keywords: list[str]
) -> None:
    """Arithmetic without rounding; so the two agree to the last bits, those of special numbers, too."""
    x, y, z = case.point
    compiled = jit(NESTED[name](of_dict(case.function(lazily=False)), vmap), dtype=dtype)
    eager = NESTED[name](of_dict(case.function(lazily=True)), loop)
    for order in orders:
        p = {key: {"a": x, "b": y, "d": 0.5}[key] for key in order}
        more = {key: {"c": z, "e": -1.0}[key] for key in keywords}
        try:
            expected = eager(p, **more)
        except (ValueError, ArithmeticError):
            assume(False)
        lowered = compiled.lower(p, **more)
        assume(largest(lowered, p, **more) < {"float64": 2.0**50, "float32": 2.0**20}[dtype])
        found = {"jit": compiled(p, **more), **{b: lowered.run(p, **more, backend=b) for b in BACKENDS}}
        for backend, result in found.items():
            assert alike(result, expected, 1e-5 if dtype == "float32" else 1e-13), (
                f"{backend}: {result}, but {expected} is right\n{case}\n{lowered.guarded}"
            )


# --- Static arguments ---


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Settings:
    k = 3.0


@pytest.mark.parametrize(
    "pair",
    [
        (True, False), ("a", "b"), (b"a", b"b"), (None, "None"), (Colour.RED, Colour.BLUE), (range(2), range(3)),
        (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)), (sin, autograd.cos), (float, int), (np.sin, np.cos),
    ],
)  # fmt: skip
def test_what_compares_by_value_and_cannot_change_is_static(pair: tuple[Any, Any]) -> None:
    f = jit(lambda x, which: 2 * x if which == pair[0] else 3 * x)
    assert [f(1.0, which) for which in (*pair, *pair)] == [2.0, 3.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "odd", [Settings(), iter([1.0]), (x for x in [1.0]), {1.0}, frozenset([1.0]), object(), 1j, random.Random(0)]
)
@pytest.mark.parametrize("call", ["positional", "keyword", "nested"])
def test_what_may_change_is_refused_with_its_name_and_the_way_out(odd: Any, call: str) -> None:
    args, kwargs = {
        "positional": ((1.0, odd), {}), "keyword": ((1.0,), {"config": odd}), "nested": ((1.0, {"k": [odd]}), {})
    }[call]  # fmt: skip
    with pytest.raises(TypeError, match=r"'config'.*static_arg") as caught:
        jit(lambda x, config: x)(*args, **kwargs)
    assert len(str(caught.value)) < 420


def test_the_object_of_a_method_is_an_argument() -> None:
    class Model:
        k = 2.0

        @jit
        def f(self, x: Any) -> Any:
            return self.k * x

    with pytest.raises(TypeError, match=r"'self'.*static_argnums=0"):
        Model().f(1.0)


@pytest.mark.parametrize("static", [{"static_argnums": 1}, {"static_argnums": (-1,)}, {"static_argnames": "n"}])
def test_declared_arguments_are_static_by_position_and_by_name(static: dict[str, Any]) -> None:
    f = jit(lambda x, n: sum(x**k for k in range(n)), **static)
    assert [f(2.0, 3), f(2.0, n=3), f(2.0, 4), f(n=1, x=2.0)] == [7.0, 7.0, 15.0, 1.0]
    assert jit(grad(lambda x, n: x**n), **{**static, "static_argnames": "n"})(2.0, n=3) == 12.0 if not static else True
    assert f.lower(2.0, 3).run(2.0, 3) == 7.0
    assert f.repeat(2)(2.0, 2) == 4.0


def test_static_values_that_python_holds_to_be_equal_are_told_apart() -> None:
    f = jit(lambda x, which: x * len(repr(which)), static_argnums=1)
    for which in (1, 1.0, True, (1,), (1.0,), (True,), 0.0, -0.0, 1):
        assert f(1.0, which) == len(repr(which))


def test_static_arguments_are_declared_rightly() -> None:
    def f(x: Any, n: Any) -> Any:
        return x

    for wrong, error, message in (
        ({"static_argnums": 2}, ValueError, "takes 2 arguments"),
        ({"static_argnums": 1.5}, TypeError, "whole numbers"),
        ({"static_argnums": True}, TypeError, "whole numbers"),
        ({"static_argnames": "m"}, ValueError, "no such argument"),
        ({"static_argnames": 1}, TypeError, "names"),
    ):
        with pytest.raises(error, match=message):
            jit(f, **wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"'n'.*list.*tuple"):
        jit(f, static_argnums=1)(1.0, [1])


# --- Equality, and what is not a number ---


@each_backend
@given(x=st.sampled_from(SPECIAL), y=st.sampled_from(SPECIAL))
def test_equality_is_that_of_numbers(backend: str, x: float, y: float) -> None:
    def f(x: Any, y: Any) -> Any:
        tests = (x == x, x != x, x == y, x != y, x == 1.0, x != 1.0, ~(x == y) | (x == 0))
        return [where(test, 1.0, 0.0) for test in tests] + [where(x != x, 0.0, x)]

    truth = (x == x, x != x, x == y, x != y, x == 1.0, x != 1.0, x != y or x == 0, 0.0 if x != x else x)
    assert jit(f).lower(x, y).run(x, y, backend=backend) == list(map(float, truth))
    assert jit(grad(lambda x: where(x != x, 0.0, 3 * x)))(x) == (3.0 if x == x else 0.0)


def test_what_is_no_number_is_not_equal() -> None:
    assert jit(lambda x: [x == None, x != None, x == "x", x != "x"])(1.0) == [False, True, False, True]  # noqa: E711


ARRAYS: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(np, name)
        for name in (
            *("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nancumsum", "nancumprod"),
            *("nan_to_num", "isnan", "isinf", "isfinite", "isposinf", "isneginf"),
        )
    },
    "nan_to_num of others": lambda x: np.nan_to_num(x, nan=7.0, posinf=8.0, neginf=9.0),
    "nanmax by rows": lambda x: np.nanmax(x, axis=0),
    "nansum kept": lambda x: np.nansum(x, axis=1, keepdims=True),
    "nanvar of samples": lambda x: np.nanvar(x, axis=1, ddof=1),
    "nansum of some": lambda x: np.nansum(x, where=[[True, False, True], [True, True, False]]),
    "isclose": lambda x: np.isclose(x, x[::-1]),
    "isclose with nan": lambda x: np.isclose(x, x, equal_nan=True),
    "allclose": lambda x: np.allclose(x, x),
    "array_equal": lambda x: np.array_equal(x, x),
    "array_equal with nan": lambda x: np.array_equal(x, x, equal_nan=True),
    "array_equal of shapes": lambda x: np.array_equal(x, x[0]),
    "array_equiv": lambda x: np.array_equiv(x, x[0]),
    "fmax": lambda x: np.fmax(x, x[::-1]),
    "fmin": lambda x: np.fmin.reduce(x),
    "==": lambda x: x == x,
    "!=": lambda x: x != x[0],
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ARRAYS)
@given(numbers=st.lists(st.sampled_from(SPECIAL), min_size=6, max_size=6))
def test_numpy_finds_nan_in_traced_arrays(name: str, numbers: list[float]) -> None:
    x = np.array(numbers).reshape(2, 3)
    found = np.asarray(jit(ARRAYS[name])(x), dtype=float)
    np.testing.assert_allclose(found, np.asarray(ARRAYS[name](x), dtype=float), rtol=1e-12)


def test_the_slope_of_a_sum_without_nan() -> None:
    x = np.array([1.0, math.nan, 3.0])
    assert jit(grad(lambda x: np.nansum(x * x)))(x).tolist() == [2.0, 0.0, 6.0]
    assert jit(grad(np.nanmax))(x).tolist() == [0.0, 0.0, 1.0]
