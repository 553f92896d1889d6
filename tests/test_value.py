"""What a Value promises: it computes as a float does, and backward() is right every time."""

from __future__ import annotations

import functools
import math
import operator
import statistics
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mpf

import autograd
from autograd import Value
from autograd.engine import rules
from autograd.engine.rules import RULES
from tests.test_rules import bits

FLOATS = st.one_of(
    st.floats(), st.floats(-10, 10), st.sampled_from((0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, 1e308, math.inf, -math.inf))
)
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
}
UNARY = [name for name, rule in RULES.items() if rule.arity == 1 and hasattr(Value, name)]
MATH = [name for name in UNARY if hasattr(math, name) and name not in ("floor", "ceil", "trunc", "cbrt", "lgamma")]


def outcome(function: Callable[..., Any], *operands: Any) -> Any:
    """The bits of the result, or the type of the exception (a complex result counts as a ValueError)."""
    try:
        y = function(*operands)
    except (ArithmeticError, ValueError) as error:
        return type(error)
    return ValueError if isinstance(y, complex) else bits(float(y))


# --- It computes as float and math do ---


@pytest.mark.parametrize("name", BINARY)
@given(FLOATS, FLOATS)
def test_operators_give_the_bits_and_exceptions_of_floats(name: str, a: float, b: float) -> None:
    write = BINARY[name]
    expected = outcome(write, a, b)
    assert outcome(write, Value(a), Value(b)) == expected
    assert outcome(write, Value(a), b) == expected
    assert outcome(write, a, Value(b)) == expected


@given(FLOATS)
def test_negation_and_absolute_value_are_those_of_floats(x: float) -> None:
    assert bits((-Value(x)).data) == bits(-x)
    assert bits(abs(Value(x)).data) == bits(abs(x))
    v = Value(x)
    assert +v is v


@pytest.mark.parametrize("name", MATH)
@given(FLOATS)
def test_functions_give_the_bits_and_exceptions_of_math(name: str, x: float) -> None:
    expected = outcome(getattr(math, name), x)
    assert outcome(getattr(Value(x), name)) == expected
    assert outcome(getattr(autograd, name), Value(x)) == expected


@pytest.mark.parametrize("name", UNARY)
@given(FLOATS)
def test_methods_functions_and_floats_agree(name: str, x: float) -> None:
    rule = RULES[name]
    expected = outcome(rule, x)
    function = getattr(autograd, name)
    assert outcome(function, x) == outcome(getattr(Value(x), name)) == outcome(function, Value(x)) == expected
    if isinstance(expected, bytes):
        node = function(Value(x))
        y = rule.value(x)
        assert node.op == name
        assert bits(node._da + 0.0) == bits(float(rule.partials[0](x, y)) + 0.0)


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@given(FLOATS, FLOATS)
def test_comparisons_are_those_of_floats(compare: Callable[[Any, Any], bool], a: float, b: float) -> None:
    expected = compare(a, b)
    assert compare(Value(a), Value(b)) is expected
    assert compare(Value(a), b) is expected
    assert compare(a, Value(b)) is expected


@given(FLOATS)
def test_conversions_are_those_of_floats(x: float) -> None:
    v = Value(x)
    assert bits(float(v)) == bits(x)
    assert bool(v) is bool(x)
    assert format(v, ".3f") == format(x, ".3f")
    assert f"{v}" == f"{x}"
    try:
        expected: Any = int(x)
    except (ValueError, OverflowError) as error:
        with pytest.raises(type(error)):
            int(v)
    else:
        assert int(v) == expected


def test_whole_numbers_beyond_floats_overflow_as_with_floats() -> None:
    with pytest.raises(OverflowError):
        Value(1.0) + 10**400
    with pytest.raises(OverflowError):
        Value(10**400)


@pytest.mark.parametrize(
    ("write", "error", "text"),
    [
        (lambda x, y: x / y, ZeroDivisionError, "div is undefined at -1.5, 0.0 (operand 'x' = -1.5, operand 'y' = 0.0"),
        (lambda x, y: x / 0, ZeroDivisionError, "div is undefined at -1.5, 0.0 (operand 'x' = -1.5); its domain is b"),
        (lambda x, y: 2 / y, ZeroDivisionError, "div is undefined at 2.0, 0.0 (operand 'y' = 0.0); its domain is b"),
        (lambda x, y: x.log(), ValueError, "log is undefined at -1.5 (operand 'x' = -1.5); its domain is x > 0"),
        (lambda x, y: autograd.sqrt(x), ValueError, "sqrt is undefined at -1.5 (operand 'x' = -1.5)"),
        (lambda x, y: x**0.5, ValueError, "pow is undefined at -1.5, 0.5 (operand 'x' = -1.5); its domain is a > 0"),
        (lambda x, y: y**-1, ZeroDivisionError, "pow is undefined at 0.0, -1.0 (operand 'y' = 0.0)"),
        (lambda x, y: (-2.0) ** (y + 0.5), ValueError, "pow is undefined at -2.0, 0.5; its domain is"),
        (lambda x, y: (x * -1000).exp(), OverflowError, "exp overflows at 1500.0: the result is beyond 1.8e308"),
        (lambda x, y: (x * -1e200) ** 2, OverflowError, "pow overflows at 1.5e+200, 2.0: "),
        (lambda x, y: x.atanh(), ValueError, "atanh is undefined at -1.5 (operand 'x' = -1.5); its domain is -1 <"),
    ],
)  # fmt: skip
def test_errors_name_operation_operands_labels_and_values(
    write: Callable[[Value, Value], Value], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        write(Value(-1.5, label="x"), Value(0.0, label="y"))
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("other", ["1", None, 1j, [1.0], object()])
@pytest.mark.parametrize("write", [*BINARY.values(), operator.lt, operator.ge])
def test_what_is_no_real_number_is_a_type_error(write: Callable[[Any, Any], Any], other: Any) -> None:
    for operands in ((Value(2.0), other), (other, Value(2.0))):
        with pytest.raises(TypeError):
            write(*operands)


@pytest.mark.parametrize(
    "number",
    [3, True, Fraction(3, 4), Decimal("0.75"), mpf("0.75"), np.float32(0.75), np.int64(3), np.bool_(True)],
    ids=lambda number: type(number).__name__,
)
@pytest.mark.parametrize("write", BINARY.values())
def test_any_real_number_may_stand_on_either_side(write: Callable[[Any, Any], Any], number: Any) -> None:
    for operands in ((Value(2.0), number), (number, Value(2.0))):
        y = write(*operands)
        assert type(y) is Value
        assert y.data == write(*map(float, operands))
        assert [float(x) for x in y.parents] == [float(x) for x in operands]


# --- What it holds ---


@pytest.mark.parametrize("data", [3, 3.0, True, Fraction(3, 2), sys.maxsize])
def test_any_real_number_becomes_a_float(data: Any) -> None:
    v = Value(data)
    assert type(v.data) is float
    assert v.data == float(data)
    v.data = 2
    v.grad = Fraction(1, 2)
    assert (type(v.data), v.data, type(v.grad), v.grad) == (float, 2.0, float, 0.5)


@pytest.mark.parametrize("data", ["3", b"3", None, 1j, [3.0], (), Value])
def test_what_is_no_real_number_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="a real number is needed, not"):
        Value(data)
    v = Value(1.0)
    with pytest.raises(TypeError):
        v.data = data
    with pytest.raises(TypeError):
        v.grad = data
    assert (v.data, v.grad) == (1.0, 0.0)


@pytest.mark.parametrize("data", [Value(3.0), np.array([3.0]), np.array([[3.0]]), np.complex64(3.0)], ids=repr)
def test_what_holds_a_number_but_is_none_is_refused_too(data: Any) -> None:
    v = Value(1.0)
    for write in (Value, lambda data: setattr(v, "data", data), lambda data: setattr(v, "grad", data)):
        with pytest.raises(TypeError):
            write(data)
    assert (v.data, v.grad) == (1.0, 0.0)


def test_a_value_of_a_value_is_refused_with_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"is a Value already; float\(v\) is its number"):
        Value(Value(1.0))


def test_a_label_is_text() -> None:
    v = Value(1.0, label="weight")
    assert v.label == "weight"
    v.label = "w1"
    assert v.label == "w1"
    with pytest.raises(TypeError, match="a label is text, not int: 3"):
        v.label = 3  # type: ignore[assignment]
    with pytest.raises(TypeError, match="a label is text"):
        Value(1.0, label=None)  # type: ignore[arg-type]


def test_a_leaf_knows_only_itself() -> None:
    v = Value(2.5)
    assert (v.data, v.grad, v.label, v.op, v.parents, v._prev, v._op) == (2.5, 0.0, "", "", (), set(), "")


def test_representation_shows_number_gradient_and_label() -> None:
    assert repr(Value(2)) == "Value(data=2.0, grad=0.0)"
    assert repr(Value(2, label="it's")) == 'Value(data=2.0, grad=0.0, label="it\'s")'


def test_an_operation_knows_its_operands_in_order_repeats_kept() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert ((x - y).parents, (x - y).op, (x - y)._op) == ((x, y), "sub", "-")
    assert (x * x).parents == (x, x)
    assert (x * x)._prev == {x}
    assert (x**y).op == "pow"
    assert (-x).parents == (x,)
    constant, operand = (10 / x).parents
    assert (constant.data, constant.op, operand) == (10.0, "", x)
    first, second = (x / 4).parents
    assert (first, second.data) == (x, 4.0)


def test_in_place_forms_rebind_the_name() -> None:
    x = Value(3.0)
    for write, number in (
        (operator.iadd, 5.0),
        (operator.isub, 1.0),
        (operator.imul, 6.0),
        (operator.itruediv, 1.5),
        (operator.ipow, 9.0),
    ):
        y = write(x, 2)
        assert y is not x
        assert (x.data, x.parents, y.data, y.parents[0]) == (3.0, (), number, x)


@given(st.floats(-100, 100), st.integers(-100, 100))
def test_reflected_operators_are_exact_in_value_and_gradient(a: float, n: int) -> None:
    assume(a != 0)
    for name in ("add", "sub", "mul", "div"):
        x = Value(a)
        y = BINARY[name](n, x)
        y.backward()
        assert bits(y.data) == bits(BINARY[name](n, a))
        exact = {"add": 1.0, "sub": -1.0, "mul": float(n), "div": -(n / a / a)}[name]
        assert x.grad == exact


def test_equality_and_hash_are_identity() -> None:
    x, y = Value(1.0), Value(1.0)
    assert x == x
    assert x != y
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[y] == "y"
    assert y not in [x]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_pythons_own_functions_take_values(numbers: list[float]) -> None:
    values = list(map(Value, numbers))
    total = sum(values)
    assert isinstance(total, Value)
    assert total.data == functools.reduce(operator.add, numbers)  # from Python 3.12 on sum() of floats rounds less
    assert max(values).data == max(numbers)
    assert min(values).data == min(numbers)
    assert [v.data for v in sorted(values)] == sorted(numbers)
    assert statistics.fmean(values) == statistics.fmean(numbers)
    assert math.isclose(values[0], numbers[0])
    assert math.fsum(values) == math.fsum(numbers)
    total.backward()
    assert [v.grad for v in values] == [1.0] * len(values)


# --- backward() ---


def test_partials_are_taken_when_the_operation_is_recorded() -> None:
    x, y = Value(3.0), Value(4.0)
    results = [x * y, x / y, x**2, x.exp(), autograd.hypot(x, y), autograd.maximum(x, y)]
    expected = []
    for result in results:
        result.backward()
        expected.append((x.grad, y.grad))
        autograd.zero_grad([x, y])
    x.data, y.data = -100.0, 200.0
    again = []
    for result in results:
        result.backward()
        again.append((x.grad, y.grad))
        autograd.zero_grad([x, y])
    assert again == expected
    assert expected[0] == (4.0, 3.0)


def test_second_backward_doubles_leaf_gradients() -> None:
    x, w = Value(0.3), Value(-1.7)
    h = (x * w).tanh()
    y = (h * h + x / w).sigmoid() * h
    y.backward()
    leaves, inner = (x.grad, w.grad), (h.grad, y.grad)
    y.backward()
    assert (x.grad, w.grad) == (2 * leaves[0], 2 * leaves[1])
    assert (h.grad, y.grad) == inner
    assert y.grad == 1.0


def test_stale_gradients_inside_the_graph_do_not_matter() -> None:
    x = Value(2.0)
    h = x * x
    y = h * 3
    h.grad = y.grad = 1e9
    y.backward()
    assert (x.grad, h.grad, y.grad) == (12.0, 3.0, 1.0)


def test_two_outputs_that_share_nodes_add_up_in_the_leaves() -> None:
    x = Value(2.0)
    h = x * x
    y, z = h * 3, h.exp()
    y.backward()
    assert (x.grad, h.grad) == (12.0, 3.0)
    z.backward()
    assert h.grad == z.data
    assert x.grad == 12.0 + z.data * 4


def test_a_later_use_of_a_shared_node_does_not_leak_into_an_earlier_graph() -> None:
    x = Value(2.0)
    y = x * 3
    z = y * y
    y.backward()
    assert (x.grad, y.grad, z.grad) == (3.0, 1.0, 0.0)


def test_backward_on_a_leaf_gives_it_1_and_accumulates() -> None:
    x = Value(5.0)
    x.backward()
    assert x.grad == 1.0
    x.backward()
    assert x.grad == 2.0


def test_backward_on_an_expression_of_constants_reaches_nothing_else() -> None:
    y = Value(2.0) * 3 + 1
    y.backward()
    assert y.grad == 1.0
    assert y.parents[1].grad == 0.0  # a constant's Value is made when it is asked for


def test_one_value_as_both_operands_gets_both_contributions() -> None:
    for write, slope in ((operator.add, 2.0), (operator.sub, 0.0), (operator.mul, 6.0), (operator.truediv, 0.0)):
        x = Value(3.0)
        write(x, x).backward()
        assert x.grad == pytest.approx(slope, abs=1e-15)
    x = Value(3.0)
    (x**x).backward()
    assert x.grad == pytest.approx(27 * (math.log(3) + 1), rel=1e-15)


def test_exponents_may_be_values() -> None:
    a, b = Value(2.0), Value(3.0)
    (a**b).backward()
    assert (a.grad, b.grad) == (12.0, 8 * math.log(2))
    b = Value(3.0)
    (2**b).backward()
    assert b.grad == 8 * math.log(2)
    a = Value(2.0)
    (a**3).backward()
    assert a.grad == 12.0


@pytest.mark.parametrize(
    ("a", "b", "slope_a", "slope_b"),
    [
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 0.5, math.inf, 0.0),
        (0.0, 0.0, 0.0, 0.0),
        (5.0, 0.0, 0.0, math.log(5)),
    ],
)
def test_powers_at_the_edge_follow_the_conventions(a: float, b: float, slope_a: float, slope_b: float) -> None:
    x, y = Value(a), Value(b)
    (x**y).backward()
    assert (x.grad, y.grad) == (slope_a, slope_b)


def test_a_whole_power_of_a_negative_base_has_its_gradient_if_the_exponent_is_a_number() -> None:
    x = Value(-3.0)
    (x**3).backward()
    assert x.grad == 27.0


@pytest.mark.parametrize("k", [1, 52, 1000])
def test_doublings_in_a_diamond_chain_are_exact(k: int) -> None:
    x = Value(1.0)
    y = x
    for _ in range(k):
        y = y + y
    y.backward()
    assert x.grad == y.data == 2.0**k


def test_a_diamond_chain_of_10_000_doublings_visits_each_node_once() -> None:
    x = Value(1.0)
    y = x
    for _ in range(10_000):
        y = y + y  # infinite after 1024; the gradient, too
    y.backward()
    order, leaves = autograd.engine.graph.marked(y)  # backward's walk
    assert (len(order), leaves) == (10_000, [x])
    z = Value(3.0)
    y = z
    for _ in range(10_000):
        y = y * 0.5 + y * 0.5
    y.backward()
    assert (y.data, z.grad) == (3.0, 1.0)
    order, leaves = autograd.engine.graph.marked(y)
    assert (len(order), leaves) == (30_000, [z])


def test_values_may_be_shared_between_graphs_that_are_dropped() -> None:
    x = Value(2.0)
    shared = x.exp()
    for k in range(1, 4):
        graph = shared * k
        graph.backward()
        assert shared.grad == k
        del graph
    assert x.grad == shared.data * 6


def test_gradients_come_in_the_order_of_the_chain_rule_however_deep_a_branch_is() -> None:
    x = Value(1.5)
    deep = x
    for _ in range(100):
        deep = deep + 0.0
    y = deep * x + x * deep  # x is used at depth 1 and at depth 101
    y.backward()
    assert x.grad == 4 * 1.5


def test_methods_take_their_second_operand_as_a_number_or_a_value() -> None:
    x, slope = Value(-2.0), Value(0.25)
    y = x.leaky_relu(slope)
    y.backward()
    assert (y.data, x.grad, slope.grad) == (-0.5, 0.25, -2.0)
    assert x.leaky_relu().data == -0.02
    assert Value(-1.0).elu().data == math.expm1(-1)
    assert type(x.leaky_relu(1)._db) is float
    with pytest.raises(TypeError):
        x.leaky_relu("0.1")


def test_rules_apply_to_values_and_numbers_alike() -> None:
    x = Value(2.0)
    for rule in (rules.add, rules.mul, rules.div, rules.pow, rules.hypot):
        node = rule(3, x)
        assert (node.op, node.data, node.parents[1]) == (rule.name, rule(3.0, 2.0), x)
        assert rule(x, 3).parents[0] is x


def test_names_label_values_by_keyword() -> None:
    x, y = Value(1.0), Value(2.0, label="kept until now")
    autograd.name(x=x, y=y)
    assert (x.label, y.label) == ("x", "y")
    with pytest.raises(TypeError, match=r"^z is not a Value but float: 3\.0$"):
        autograd.name(x2=x, z=3.0)  # type: ignore[arg-type]
    assert x.label == "x"  # all or nothing


def test_name_locals_labels_the_callers_unlabelled_values() -> None:
    first, second, number = Value(1.0), Value(2.0, label="mine"), 3.0
    autograd.name_locals()
    assert (first.label, second.label, number) == ("first", "mine", 3.0)


def test_zero_grad_takes_any_iterable() -> None:
    x, y = Value(1.0), Value(2.0)
    (x * y).backward()
    autograd.zero_grad(v for v in (x, y))
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_micrograds_published_example_gives_its_published_numbers() -> None:
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert (f"{g.data:.4f}", f"{a.grad:.4f}", f"{b.grad:.4f}") == ("24.7041", "138.8338", "645.5773")
