"""What a compiled function does and reads besides its arguments: it is seen, or refused."""

from __future__ import annotations

import functools
import random
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import SlowWarning, TraceError, grad, jit, sin, vmap, where

# --- Variables outside of it ---

factor: Any = 1.0


def scaled(x: Any) -> Any:
    return factor * x


def of_a_cell() -> tuple[Callable[..., Any], Callable[[Any], None]]:
    factor = 1.0

    def assign(x: Any) -> None:
        nonlocal factor
        factor = x

    return lambda x: factor * x, assign


def of_a_global() -> tuple[Callable[..., Any], Callable[[Any], None]]:
    def assign(x: Any) -> None:
        global factor
        factor = x

    return scaled, assign


WAYS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "itself": lambda f: f,
    "called": lambda f: lambda x: f(x) + 0.0,
    "called deep inside": lambda f: lambda x: [(lambda y: f(y))(x)][0],
    "a gradient": lambda f: grad(lambda x: f(x) * x / 2),
    "a gradient outside": lambda f: of_variable(grad(lambda x: f(x) * x / 2)),
    "compiled itself": lambda f: lambda x: jit(f)(x),
    "a compiled one": jit,
    "partial": lambda f: functools.partial(lambda g, x: g(x), f),
    "over samples": lambda f: lambda x: vmap(f)(np.array([1.0, 1.0]) * x)[0],
    "a method": lambda f: Method(f).call,
}


def of_variable(g: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: g(x)


class Method:
    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f

    def call(self, x: Any) -> Any:
        return scaled(x) if self.f is scaled else self.f(x)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", [of_a_cell, of_a_global])
@given(values=st.lists(st.sampled_from([0.0, -0.0, 1, 1.0, True, 2.5, -3.0]), min_size=1, max_size=4))
def test_a_variable_that_has_another_value_is_read_again(place: Any, way: str, values: list[Any]) -> None:
    f, assign = place()
    if way == "a method" and f is not scaled:
        return  # what is inside an object isn't looked at
    assign(1.0)
    compiled = jit(WAYS[way](f))
    compiled(3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SlowWarning)
        for value in values:
            assign(value)
            assert compiled(3.0) == value * 3.0
            assert compiled.lower(3.0).run(3.0) == value * 3.0


def test_a_function_that_is_an_argument_reads_variables_as_they_are() -> None:
    f, assign = of_a_cell()
    g = jit(lambda f, x: f(x))
    for value in (1.0, 2.0):
        assign(value)
        assert (g(sin, 0.0), g(f, 3.0), g(lambda x: x, 4.0)) == (0.0, value * 3.0, 4.0)


def test_a_function_in_place_of_another_is_called() -> None:
    def twice(x: Any) -> Any:
        return 2 * x

    inner = twice
    f = jit(lambda x: inner(x))
    assert f(1.0) == 2.0
    inner = sin
    assert f(1.0) == pytest.approx(sin(1.0))


def test_vmap_by_itself_reads_variables_as_they_are() -> None:
    f, assign = of_a_cell()
    mapped = vmap(f)
    for value in (1.0, 2.0, 3.0):
        assign(value)
        assert mapped(np.array([1.0, 2.0])).tolist() == [value, 2 * value]


def test_who_has_a_function_compiled_in_each_call_is_told() -> None:
    calls = 0

    @jit
    def f(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return calls * x

    with pytest.warns(SlowWarning, match=r"compiled 10 times.*argument"):
        assert [f(1.0) for _ in range(12)] == list(range(1, 13))


def test_what_does_not_change_is_recorded_once() -> None:
    traces: list[int] = []
    size = 1000.5

    @jit
    def f(x: Any) -> Any:
        traces.append(1)
        return sin(x) * size

    for _ in range(5):
        f(1.0)
        size = float(str(size))  # the same number
    assert len(traces) == 1


# --- Effects ---


def at_first(x: Any) -> Any:
    x[0] = 5.0
    return x[0]


def appended(x: Any) -> Any:
    x.append(1.0)
    return sum(x)


def assigned(x: Any) -> Any:
    x["b"] = 2.0 * x["a"]
    return x["b"]


def added(x: Any) -> Any:
    x += 1.0
    return x


ARRAY, LIST, DICT = np.array([1.0, 2.0]), [1.0, 2.0], {"a": 1.0}
CHANGES: list[tuple[Callable[..., Any], Any]] = [
    (at_first, ARRAY), (at_first, LIST), (appended, LIST), (assigned, DICT), (added, ARRAY),
    (lambda x: x.fill(2.0), ARRAY), (lambda x: x.reverse(), LIST), (lambda x: x.pop("a"), DICT),
    (lambda x: added(x[:1]), ARRAY), (lambda x: added(x.reshape(2, 1)), ARRAY), (lambda x: added(x.T), ARRAY),
    (lambda x: np.multiply(x, 2.0, out=x), ARRAY), (lambda x: at_first(x["k"][0]), {"k": [ARRAY]}),
    (lambda x: appended(x["k"][0]), {"k": [LIST]}), (lambda x: np.put(x, [0], [2.0]), ARRAY),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_who_changes_an_argument_is_told_since_the_callers_would_stay(number: int) -> None:
    f, x = CHANGES[number]
    for compiled in (jit(f), jit(lambda x: f(x))):
        with pytest.raises(TraceError, match=r"x = x.copy\(\)"):
            compiled(x)
    with pytest.raises(TraceError, match=r"x = x.copy\(\)"):
        jit(lambda *, x: f(x))(x=x)


@pytest.mark.parametrize("change", [at_first, added])
def test_a_copy_may_be_changed(change: Callable[..., Any]) -> None:
    assert np.all(jit(lambda x: change(x.copy()))(ARRAY) == change(ARRAY.copy()))
    assert np.all(jit(lambda x: change(2 * x))(ARRAY) == change(2 * ARRAY))


@pytest.mark.parametrize(
    "draw", [random.random, np.random.rand, lambda: random.gauss(0, 1), lambda: np.random.normal(0, 1)]
)
def test_random_numbers_would_be_drawn_once(draw: Callable[[], float]) -> None:
    for f in (jit(lambda x: x * draw()), vmap(lambda x: x + draw())):
        with pytest.raises(TraceError, match="draw random numbers outside"):
            f(ARRAY)
    draw()
    assert jit(lambda x: x)(1.0) == 1.0


ASKED: list[Callable[[Any], Any]] = [
    bool, float, int, lambda x: 1.0 if x > 0 else 2.0, lambda x: [1.0, 2.0][x > 0], lambda x: range(x), hash,
    lambda x: float(x > 0), lambda x: x in [1.0, 2.0], lambda x: max(x, 0.0), lambda x: {x: 1.0}, lambda x: {x > 0},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ASKED)))
@pytest.mark.parametrize("caught", [Exception, TraceError])
def test_a_refusal_that_is_caught_is_one_all_the_same(number: int, caught: type[Exception]) -> None:
    """What stands behind ``except`` is for the numbers of this call, not for all."""

    def f(x: Any) -> Any:
        try:
            return ASKED[number](x)
        except caught:
            return 9.0

    with pytest.raises(TraceError):
        jit(f)(1.0)
    with pytest.raises(TraceError):
        jit(lambda x: vmap(f)(np.array([1.0, 2.0]) * x))(1.0)


# --- Numbers that are no floats ---


@given(
    n=st.one_of(st.integers(), st.integers(2**52, 2**64), st.integers(0, 12).map(lambda k: 2**53 + k)),
    array=st.booleans(),
)
def test_a_whole_number_is_a_float_or_refused(n: int, array: bool) -> None:
    f = jit(lambda x: x / 2)
    f(np.array([1]) if array else 1)
    given_: Any = n
    if array:
        given_ = np.array([n]) if -(2**63) <= n < 2**64 else n
    try:
        exact = float(n) == n
    except OverflowError:
        exact = False
    if exact:
        assert np.all(f(given_) == n / 2)
    else:
        with pytest.raises(TypeError, match=r"53 bits.*'x'.*float"):
            f(given_)


def test_an_object_that_has_a_float_is_no_number() -> None:
    class Metres:
        def __float__(self) -> float:
            return 2.0

        def __mul__(self, other: Any) -> Any:
            return "area"

    with pytest.raises(TypeError, match="'x' there is a Metres"):
        jit(lambda x: x * 2)(Metres())
    assert jit(lambda x: x * 2)(Fraction(1, 4)) == 0.5


def test_conditions_choose_elements_that_are_assigned() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y[x > 1] = 0.0
        return y

    with pytest.raises(TraceError, match=r"where\(condition, a, b\)"):
        jit(f)(ARRAY)
    assert jit(lambda x: where(x > 1, 0.0, x))(ARRAY).tolist() == f(ARRAY).tolist()
