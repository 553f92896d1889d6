"""The seams between transforms, NumPy and plain Python: a derivative is right there, or it is refused."""

from __future__ import annotations

import copy
import dataclasses
import math
import operator
import pickle
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import autograd.engine.graph
from autograd import (
    LostDerivative,
    Value,
    derivative,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    stop_gradient,
    value_and_grad,
    value_and_jacobian,
    vjp,
)
from tests.forms import needs_python

Function = Callable[[Any], Any]

# The first derivative of a function of one number at a point, in each way that there is.
WAYS: dict[str, Callable[[Function, Any], Any]] = {
    "grad": lambda f, x: grad(f)(x),
    "vjp": lambda f, x: vjp(f, x)[1](1.0)[0],
    "jvp": lambda f, x: jvp(f, (x,), (1.0,))[1],
    "derivative": lambda f, x: derivative(f)(x),
    "jacobian by rows": lambda f, x: float(jacobian(f)(x)),
    "jacobian by columns": lambda f, x: float(jacobian(lambda x: [f(x), 0.0])(x)[0]),
    "in an array": lambda f, x: float(grad(lambda x: f(x[0]))(np.array([x]))[0]),
    "hvp of an integral": lambda f, x: hvp(lambda y: (y - stop_gradient(y)) * f(y), x, 1.0) / 2.0,
    "inside grad": lambda f, x: grad(lambda s: grad(lambda y: s * f(y))(x))(2.0),
    "inside jvp": lambda f, x: jvp(lambda s: grad(lambda y: s * f(y))(x), (2.0,), (1.0,))[1],
    "inside grad, by jvp": lambda f, x: grad(lambda s: jvp(lambda y: s * f(y), (x,), (1.0,))[1])(2.0),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


# --- Numbers that leave ---


def store(x: Any) -> Any:
    out = np.zeros(2)
    out[0] = x
    return out[0]


def multiply_in_place(x: Any) -> Any:
    out = np.ones(2)
    out *= x
    return out[0]


def fill(x: Any) -> Any:
    out = np.empty(2)
    out.fill(x)
    return out[1]


LEAVING: dict[str, Function] = {
    "float": float,
    "int": int,
    "complex": complex,
    "math.exp": math.exp,
    "math.hypot": lambda x: math.hypot(x, 1.0),
    "math.isnan": math.isnan,
    "math.fsum": lambda x: math.fsum([x, 1.0]),
    "fmean": lambda x: statistics.fmean([x, 1.0]),
    "store": store,
    "in place": multiply_in_place,
    "fill": fill,
    "out": lambda x: np.add(np.ones(2), x, out=np.zeros(2))[0],
    "astype": lambda x: np.array([x, x]).astype(float)[0],
    "dtype": lambda x: np.array([x, 1.0], dtype=float)[0],
    "asarray": lambda x: np.asarray([x], dtype="float32")[0],
    "np.float64": np.float64,
    "full": lambda x: np.full(2, x, dtype=float)[0],
    "format and back": lambda x: float(x).__format__(".3f"),
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "pickle in a list": lambda x: pickle.loads(pickle.dumps([x]))[0],
}


@ways
@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
def test_a_number_that_leaves_with_a_derivative_is_refused(leave: Function, way: Any) -> None:
    for number in (lambda x: x, lambda x: autograd.exp(x) + 1.0, lambda x: -(x / 3.0)):
        with pytest.raises(LostDerivative):
            way(lambda x, number=number: float(leave(number(x))) * x, 0.75)


def test_the_message_names_the_users_line_and_the_ways_out() -> None:
    with pytest.raises(LostDerivative) as told:
        grad(lambda x: math.exp(x))(1.0)
    line = test_the_message_names_the_users_line_and_the_ways_out.__code__.co_firstlineno + 2
    for part in (f"{__file__}:{line}", "autograd's functions", "dtype=object", "float(stop_gradient(x))"):
        assert part in str(told.value)
    with pytest.raises(LostDerivative, match=f"{__file__}:{line + 5}"):
        grad(lambda x: statistics.fmean([x, x]))(1.0)


STEPS: dict[str, Function] = {
    "stop_gradient": stop_gradient,
    "floor": autograd.floor,
    "math.floor": math.floor,
    "sign": autograd.sign,
    "round": round,
    "//": lambda x: x // 0.25,
    "of steps": lambda x: 2.0 * autograd.ceil(x) + stop_gradient(x) * autograd.trunc(x),
}


@ways
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_number_without_a_derivative_may_leave(step: Function, way: Any) -> None:
    left = float(step(1.75))
    assert way(lambda x: float(step(x)) * x + int(step(x)) * x, 1.75) == left + int(left)


@ways
def test_inside_no_grad_a_number_may_leave(way: Any) -> None:
    def f(x: Any) -> Any:
        with no_grad():
            factor = float(x * x)
        return factor * x

    assert way(f, 1.5) == 2.25


@ways
def test_comparisons_steer_and_outside_values_are_constants(way: Any) -> None:
    w = Value(3.0)

    def root(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-12:
            x = (x + a / x) / 2.0
        return x * float(w) * (2.0 if bool(x) and not math.isnan(w) else 0.0)

    assert way(root, 16.0) == pytest.approx(0.75, rel=1e-9)


def test_outside_of_transforms_a_value_is_its_number() -> None:
    v = Value(2.5) * 2.0
    assert (float(v), int(v), math.exp(v), np.array([v], dtype=float)[0]) == (5.0, 5, math.exp(5.0), 5.0)
    kept: list[Any] = []
    grad(lambda x: kept.append(x * 2.0) or x)(1.0)
    assert float(kept[0]) == 2.0  # the transform has ended: nothing can be lost


@given(st.integers(1, 30), st.randoms(use_true_random=False))
def test_what_belongs_to_a_transform_is_known_of_every_number(size: int, draw: Any) -> None:
    """Against a plain search, for graphs in which numbers of the function, of Values outside, and steps are mixed."""

    def f(x: Any) -> Any:
        numbers: list[tuple[Any, bool, bool]] = [(x, True, True), (Value(1.5), False, False)]  # belongs, has derivative
        for _ in range(size):
            a, of_a, moves_a = draw.choice(numbers)
            b, of_b, moves_b = draw.choice(numbers)
            if draw.random() < 0.3:
                numbers.append((autograd.floor(a), of_a, False))
            else:
                numbers.append((a * 0.5 + b * 0.25, of_a or of_b, moves_a or moves_b))
            y, belongs, moves = draw.choice(numbers)
            if moves:
                with pytest.raises(LostDerivative):
                    float(y)
            else:
                assert float(y) == y.data
            assert (y == Value(y.data)) is belongs
        return x

    grad(f)(1.25)
    grad(f)(1.25)


# --- Transforms that have ended, threads, copies ---


@ways
@pytest.mark.parametrize("saved_by", WAYS.values(), ids=WAYS)
def test_a_number_of_a_transform_that_has_ended_is_refused(saved_by: Any, way: Any) -> None:
    for number in (lambda x: x, lambda x: x * x + 1.0):
        kept: list[Any] = []
        saved_by(lambda x, kept=kept, number=number: kept.append(number(x)) or x * x, 3.0)
        with pytest.raises(LostDerivative, match="has ended"):
            way(lambda y, kept=kept: y * kept[-1], 2.0)


@pytest.mark.parametrize("saved_by", WAYS.values(), ids=WAYS)
def test_a_pullback_is_of_use_as_long_as_the_transforms_around_it(saved_by: Any) -> None:
    kept: list[Any] = []

    def f(z: Any) -> Any:
        _, pull = vjp(lambda x: x * x * z, 3.0)
        kept.append(pull)
        return z * pull(1.0)[0]

    assert saved_by(f, 2.0) == 24.0
    with pytest.raises(LostDerivative, match="has ended"):
        kept[-1](1.0)
    assert vjp(lambda x: x * x, 3.0)[1](1.0) == (6.0,)


def test_results_that_are_values_are_used_further() -> None:
    w = Value(3.0)
    slope = grad(lambda x: w * x * x)(2.0)
    assert [g.data for g in gradient(grad(lambda z: z * z * slope)(5.0), [w])] == [40.0]
    _, aux = grad(lambda x: (x * x, [w * x, x]), has_aux=True)(2.0)
    assert aux[1] == 2.0
    assert [g.data for g in gradient(grad(lambda z: z * aux[0])(5.0), [w])] == [2.0]


@ways
def test_a_thread_pool_inside_a_function_changes_nothing(way: Any) -> None:
    def inside(x: Any, k: float) -> Any:
        return k * x * grad(lambda y: y * y * x)(2.0) + jvp(lambda y: y * x * x, (k,), (1.0,))[1]

    def pooled(x: Any) -> Any:
        with ThreadPoolExecutor(3) as pool:
            return sum(pool.map(lambda k: inside(x, k), [1.0, 2.0, 3.0]))

    assert way(pooled, 1.5) == pytest.approx(way(lambda x: sum(inside(x, k) for k in (1.0, 2.0, 3.0)), 1.5))
    assert way(pooled, 1.5) == pytest.approx(2 * 1.5 * (6 * 4 + 3))


@ways
def test_a_copy_is_the_same_number(way: Any) -> None:
    def f(x: Any) -> Any:
        many = copy.deepcopy({"a": [x, x * 2.0], "b": np.array([x], dtype=object)})
        return copy.copy(x) * many["a"][1] * many["b"][0] + copy.copy(x * x)

    assert way(f, 3.0) == 6.0 * 9.0 + 6.0


@ways
def test_a_backward_pass_inside_a_transform_is_refused(way: Any) -> None:
    def f(x: Any) -> Any:
        y = x * x * x
        y.backward()
        return x.grad * x

    with pytest.raises(LostDerivative, match=r"backward\(\) inside a transform"):
        way(f, 2.0)

    def trained(x: Any) -> Any:  # what has nothing to do with x may be differentiated as ever
        w = Value(3.0)
        (w * w).backward()
        return w.grad * x

    assert way(trained, 2.0) == 6.0
    assert grad(lambda x: gradient(x**3, [x])[0])(2.0) == 12.0


# --- Outputs ---


@dataclasses.dataclass
class Pair:
    first: Any


NO_OUTPUTS: dict[str, Function] = {
    "generator": lambda x: (x * k for k in range(2)),
    "map": lambda x: map(abs, [x]),
    "set": lambda x: {x},
    "dict view": lambda x: {"a": x}.values(),
    "text": lambda x: "x",
    "text inside": lambda x: [x, "x"],
    "dataclass": Pair,
    "None": lambda x: None,
    "bool": lambda x: x > 0.0,
    "bool inside": lambda x: {"a": x, "b": x > 0.0},
    "NumPy's bool": lambda x: np.bool_(True),
    "array of bools": lambda x: np.array([True, False]),
    "complex": lambda x: 1j,
    "array of complex": lambda x: np.array([1j]),
    "function": lambda x: abs,
}
ASKING: list[Function] = [
    lambda f: grad(f)(1.0),
    lambda f: value_and_grad(f)(1.0),
    lambda f: jacobian(f)(1.0),
    lambda f: jvp(f, (1.0,), (1.0,)),
    lambda f: vjp(f, 1.0),
    lambda f: hessian(f)(1.0),
    lambda f: derivative(f)(1.0),
    lambda f: grad(lambda y: jacobian(f)(y))(1.0),
]


@pytest.mark.parametrize("f", NO_OUTPUTS.values(), ids=NO_OUTPUTS)
def test_an_output_without_a_derivative_is_refused(f: Function) -> None:
    for ask in ASKING:
        with pytest.raises(TypeError, match=r"f (has to return|returned)"):
            ask(f)


# --- Comparing ---

EQUALITIES: dict[str, Callable[[Any, float], Any]] = {
    "==": lambda x, a: x == a,
    "==, turned": lambda x, a: a == x,
    "not !=": lambda x, a: (x != a) is False,
    "in": lambda x, a: x in [7.0, a],
    "in, turned": lambda x, a: a in (x, 7.0),
    "of NumPy's scalar": lambda x, a: np.float64(a) == x,
    "of an int": lambda x, a: a % 1 == 0 and x == int(a),
    "of arrays": lambda x, a: (np.array([x, x + 1.0]) == a)[0],
    "not != of arrays": lambda x, a: not (np.array([x]) != np.array([a]))[0],
    "where": lambda x, a: np.where(np.array([x]) == a, 1.0, 0.0)[0],
    "sign": lambda x, a: np.sign(np.array([x - a], dtype=object))[0] == 0,
    "another number": lambda x, a: x * 1.0 == x + (a - x.data) if hasattr(x, "data") else x == a,
    "of a list": lambda x, a: [x, 1.0] == [a, 1.0],
    "count": lambda x, a: [x].count(a) == 1,
}


@ways
@pytest.mark.parametrize("equal", EQUALITIES.values(), ids=EQUALITIES)
def test_inside_a_transform_equality_is_that_of_numbers(equal: Any, way: Any) -> None:
    for a, slope in ((2.0, 5.0), (2.5, 1.0)):
        assert way(lambda x, a=a: 5.0 * x if equal(x, a) else x, 2.0) == slope


@ways
def test_match_compares_numbers(way: Any) -> None:
    def f(x: Any) -> Any:
        match x:
            case 2.0:
                return 5.0 * x
            case _:
                return x

    assert (way(f, 2.0), way(f, 3.0)) == (5.0, 1.0)


@given(st.sampled_from([-0.0, 0.0, 1.0, 2.0, math.inf, math.nan]), st.sampled_from([0.0, 1.0, 2.0, math.nan]))
def test_outside_values_are_equal_to_numbers_and_to_themselves(a: float, b: float) -> None:
    v, w = Value(a), Value(b)
    assert (v == b, b == v, v != b, v == v, v != v) == (a == b, a == b, a != b, a == a, a != a)
    assert (v == w, v != w) == (False, True)  # two Values are two, in lists and sets
    assert len({v, w}) == 2
    assert [w, v].index(v) == 1
    assert ([w].count(v), hash(v) == hash(w)) == (0, False)


def test_numpys_nan_functions_see_a_nan() -> None:
    assert np.nansum(np.array([Value(1.0), Value(math.nan), 2.0], dtype=object)) == 3.0
    assert bool(np.isnan(Value(math.nan)))
    assert bool(np.isfinite(Value(1.0)))


# --- Kinds of number ---

SCALARS = [np.float64, np.float32, np.float16, np.longdouble, np.int8, np.uint8, np.int64, np.bool_]


@pytest.mark.parametrize("kind", SCALARS)
@pytest.mark.parametrize("operate", [operator.mul, operator.add, operator.pow, operator.truediv, autograd.maximum])
def test_numpys_scalars_beside_numbers_are_pythons(kind: Any, operate: Any) -> None:
    found = operate(Value(3.0), kind(1)), operate(kind(1), Value(3.0))
    assert [float(y) for y in found] == [operate(3.0, 1.0), operate(1.0, 3.0)]
    for way in WAYS.values():
        expected = way(lambda x: operate(x, 1.0) + operate(1.0, x), 3.0)
        found = way(lambda x: operate(x, kind(1)) + operate(kind(1), x), 3.0)
        assert (type(found), found) == (float, expected)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.longdouble])
@pytest.mark.parametrize("x", [0.0, 1.5])
def test_a_transform_takes_numpys_scalars_in_as_floats(kind: Any, x: float) -> None:
    f = lambda x: x**2 + x  # noqa: E731
    assert grad(f)(kind(x)) == derivative(f)(kind(x)) == jvp(f, (kind(x),), (kind(1),))[1] == 2.0 * x + 1.0
    assert derivative(f, 3)(kind(x)) == 0.0
    assert grad(lambda x: (x * x).sum())(np.array([x, 1.0], dtype=kind)).tolist() == [2.0 * x, 2.0]
    assert type(grad(f)(kind(x))) is type(value_and_grad(f)(kind(x))[0]) is float


@given(
    st.sampled_from([np.int8, np.uint8, np.bool_, np.float32, np.longdouble]), st.lists(st.integers(0, 1), min_size=1)
)
def test_functions_of_a_sequence_take_numpys_scalars_as_numbers(kind: Any, bits: list[int]) -> None:
    scale = 1 if kind is np.bool_ else 120
    numbers = [float(scale * b) for b in bits]
    for xs in (np.array([scale * b for b in bits], dtype=kind), [kind(scale * b) for b in bits]):
        for f in (
            autograd.sum,
            autograd.mean,
            autograd.prod,
            autograd.logsumexp,
            autograd.log_softmax,
            autograd.softmax,
        ):
            assert f(xs) == f(numbers)
        assert autograd.dot(xs, xs) == autograd.dot(numbers, numbers)


@pytest.mark.parametrize(
    "name", ["exp", "log1p", "sqrt", "cbrt", "relu", "leaky_relu", "elu", "abs", "floor", "softplus"]
)
@pytest.mark.parametrize("x", ["0", "2", "0.25"])
def test_decimals_agree_with_floats(name: str, x: str) -> None:
    f = getattr(autograd, name)
    found, expected = value_and_grad(f)(Decimal(x)), value_and_grad(f)(float(x))
    assert [type(y) for y in found] == [Decimal, Decimal]
    assert [float(y) for y in found] == pytest.approx(list(expected), rel=1e-14)


@pytest.mark.parametrize("b", [Decimal(0), Decimal(1), Decimal(2), Decimal("0.5"), 0, 1, 3])
def test_powers_of_the_decimal_0_agree_with_floats(b: Any) -> None:
    assert float(grad(lambda x: x**b)(Decimal(0))) == grad(lambda x: x ** float(b))(0.0)


# --- What a transform is asked for ---


def weighted(a: Any, b: Any, c: Any = 1.0) -> Any:
    return a * a * b * c


@pytest.mark.parametrize("transform", [grad, jacobian, hessian, value_and_grad, value_and_jacobian])
def test_argnums_may_be_names_negative_or_numpys(transform: Any) -> None:
    def by(argnums: Any, *args: Any, **kwargs: Any) -> str:
        return repr(transform(weighted, argnums)(*args, **kwargs))

    for position, name in enumerate("abc"):
        expected = by(position, 2.0, 3.0, 5.0)
        for argnum in (name, position - 3, np.int64(position)):
            assert by(argnum, 2.0, 3.0, 5.0) == expected
        for argnum in (name, position):
            assert by(argnum, a=2.0, b=3.0, c=5.0) == by(argnum, 2.0, c=5.0, b=3.0) == expected
    assert by(("a", -1), 2.0, 3.0, 5.0) == by((0, 2), 2.0, 3.0, 5.0) == by(["a", "c"], 2.0, b=3.0, c=5.0)


@pytest.mark.parametrize("argnums", [None, 1.0, True, (0, None), {}, "d", 3, -4])
def test_argnums_that_say_nothing_are_refused(argnums: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="argnums"):
        grad(weighted, argnums)(2.0, 3.0, 5.0)


@ways
def test_aux_is_handed_on_without_derivatives(way: Any) -> None:
    told: list[Any] = []

    def f(x: Any) -> Any:
        slope, aux = grad(lambda y: (y * y * x, {"y": y, "xy": [x * y, "text"], "none": None}), has_aux=True)(3.0)
        told.append(aux)
        return slope + aux["xy"][0]

    assert way(f, 2.0) == 6.0 + 3.0
    assert told[0]["y"] == 3.0
    assert told[0]["xy"][1] == "text"
    assert told[0]["none"] is None


def test_aux_of_each_transform() -> None:
    f = lambda x: ([x * x, 2.0 * x, x], (x, np.array([x, 1.0])))  # noqa: E731
    for many, aux in (jacobian(f, has_aux=True)(3.0), value_and_jacobian(f, has_aux=True)(3.0)[::-1]):
        assert many.tolist() == [6.0, 2.0, 1.0]
        aux = aux[1] if isinstance(aux[0], list) else aux
        assert (aux[0], aux[1].tolist(), aux[1].dtype) == (3.0, [3.0, 1.0], float)
    assert value_and_grad(lambda x: (x * x, x), has_aux=True)(3.0) == ((9.0, 3.0), 6.0)
    with pytest.raises(TypeError, match=r"a pair \(output, aux\)"):
        grad(lambda x: x * x, has_aux=True)(3.0)


@given(st.integers(1, 4), st.integers(1, 3))
def test_stacked_columns_are_those_of_the_arguments(m: int, n: int) -> None:
    def f(x: Any, a: Any, b: Any) -> Any:
        return [x * (k + 1) * sum(a) * b["c"] + a[0] for k in range(m)]

    args = (2.0, np.arange(1.0, n + 1.0), {"c": 3.0})
    blocks = jacobian(f, argnums=(1, 2))(*args)
    whole = jacobian(f, argnums=(1, 2), stack=True)(*args)
    assert whole.shape == (m, n + 1)
    assert (whole == np.hstack(blocks)).all()
    value, same = value_and_jacobian(f, argnums=(1, 2), stack=True)(*args)
    assert (same == whole).all()
    assert value == f(*args)


@needs_python
def test_questions_about_one_graph_take_time_in_proportion_to_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[Any] = []
    looked_at = autograd.engine.graph._of_operands
    monkeypatch.setattr(
        "autograd.engine.graph._of_operands", lambda node, is_open: visits.append(node) or looked_at(node, is_open)
    )

    def f(x: Any) -> Any:
        y = x
        for _ in range(300):
            y = 0.5 * y + 0.5 * x
            assert y == Value(y.data)
            assert float(stop_gradient(y)) == y.data
        return y

    assert grad(f)(1.0) == 1.0
    assert len(visits) <= 300 * 5  # operations, each once
