"""gradient(): derivatives of a recorded graph, as Values that are recorded themselves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import AutogradError, Value, gradient, hessian, no_grad, to_dot
from autograd.engine import graph
from tests.derivatives import ALL, SMOOTH, by_mpmath, check, examples, program, unit, woven
from tests.expressions import Expression, with_constants


def values(expression: Expression) -> list[Value]:
    return [Value(x, f"x{i}") for i, x in enumerate(expression.point)]


def as_value(y: Value | float) -> Value:
    """An expression need not mention its leaves."""
    return y if isinstance(y, Value) else Value(y)


@examples(2)
@given(woven(ALL))
def test_gradient_is_backward_to_the_last_bit(expression: Expression) -> None:
    leaves = values(expression)
    y = program(expression, Value)(*leaves)
    y.backward()
    assert [g.data for g in gradient(y, leaves)] == [x.grad for x in leaves]


@examples(2)
@given(woven(ALL))
def test_gradient_by_values_in_between_is_backward_too(expression: Expression) -> None:
    slots = with_constants(expression, Value).slots(*values(expression))
    y = slots[-1]
    y.backward()
    assert [g.data for g in gradient(y, slots)] == [v.grad for v in slots]


@examples(2)
@given(woven(ALL), st.data())
def test_other_targets_change_no_gradient(expression: Expression, data: st.DataObject) -> None:
    slots = with_constants(expression, Value).slots(*values(expression))
    some = data.draw(st.lists(st.sampled_from(slots), max_size=5))  # with repeats
    whole = dict(zip(slots, gradient(slots[-1], slots)))
    assert [g.data for g in gradient(slots[-1], some)] == [whole[v].data for v in some]


@examples(4)
@given(woven(SMOOTH, max_steps=8))
def test_second_derivatives_of_a_recorded_graph_are_the_truth(expression: Expression) -> None:
    def by_gradient(f: object) -> object:
        def twice(*numbers: float) -> list[float]:
            if not isinstance(numbers[0], float):  # with 50 digits, by another way: there are no Values of mpf
                return hessian(lambda x: f(*x))(list(numbers))
            leaves = [Value(x) for x in numbers]
            firsts = gradient(as_value(f(*leaves)), leaves)
            return [g.data for first in firsts for g in gradient(first, leaves)]

        return twice

    n = len(expression.point)
    check(by_gradient, expression, [by_mpmath(expression, *unit(n, i, j)) for i in range(n) for j in range(n)])


@examples(8)
@given(woven(SMOOTH, max_steps=4))
def test_third_derivatives_of_a_recorded_graph_are_the_truth(expression: Expression) -> None:
    def by_gradient(f: object) -> object:
        def thrice(*numbers: float) -> float:
            if not isinstance(numbers[0], float):
                return autograd.derivative(lambda x: f(x, *numbers[1:]), 3)(numbers[0])
            leaves = [Value(x) for x in numbers]
            result = as_value(f(*leaves))
            for _ in range(3):
                (result,) = gradient(result, leaves[:1])
            return result.data

        return thrice

    n = len(expression.point)
    check(by_gradient, expression, [by_mpmath(expression, *unit(n, 0, 0, 0))])


def test_a_gradient_is_recorded_and_can_be_drawn() -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    (slope,) = gradient((x * w).sigmoid() * x, [x])
    operations = [node.op for node in graph.operations(slope)]
    assert "sigmoid" in operations
    assert {node for node in graph.topological_order(slope) if not node.op} == {x, w}
    source = to_dot(slope).source
    assert "σ" in source
    assert "w" in source


def test_a_gradient_records_no_zeros_and_ones() -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    for y in (x * w, 1 + x * w, x * w + x.sign(), x.sign() + x * w, x.sign() * 0.5 + x * w, x * w - x.floor()):
        assert gradient(y, [x])[0] is w
    assert [node.op for node in graph.operations(gradient(-x * w, [x])[0])] == ["neg"]


def test_backward_through_a_gradient_gives_second_derivatives() -> None:
    x, y = Value(2.0), Value(3.0)
    (slope,) = gradient(x**3 * y**2, [x])  # 3x²y²
    slope.backward()
    assert (x.grad, y.grad) == (6 * 2 * 9.0, 6 * 4 * 3.0)


def test_repeated_targets_each_get_the_gradient() -> None:
    x = Value(3.0)
    assert [g.data for g in gradient(x * x, [x, x, x])] == [6.0, 6.0, 6.0]


def test_targets_may_come_from_any_iterable() -> None:
    x, y = Value(3.0), Value(4.0)
    assert [g.data for g in gradient(x * y, (v for v in (x, y)))] == [4.0, 3.0]
    assert gradient(x * y, []) == []


def test_derivative_of_a_value_by_itself_is_1() -> None:
    x = Value(3.0)
    y = x * x
    assert [g.data for g in gradient(y, [y, x])] == [1.0, 6.0]
    assert [g.data for g in gradient(x, [x])] == [1.0]
    assert all(isinstance(g, Value) for g in gradient(y, [y]))


def test_what_the_output_does_not_depend_on_has_gradient_0() -> None:
    x, other = Value(3.0), Value(4.0)
    y = x * x
    later = y * other
    assert [g.data for g in gradient(y, [other, later, x])] == [0.0, 0.0, 6.0]
    assert [g.data for g in gradient(autograd.stop_gradient(x), [x])] == [0.0]


def test_arguments_of_gradient_may_be_named_and_strict_has_to_be() -> None:
    x = Value(3.0)
    assert gradient(y=x * x, wrt=[x], strict=True)[0].data == 6.0
    with pytest.raises(TypeError, match="positional argument"):
        gradient(x * x, [x], True)


def test_strict_names_the_target_that_the_output_does_not_depend_on() -> None:
    x, other = Value(3.0, "x"), Value(4.0, "other")
    y = x * x
    assert [g.data for g in gradient(y, [x, y], strict=True)] == [6.0, 1.0]
    with pytest.raises(ValueError, match=r"does not depend on wrt\[1\], Value\(data=4.0, grad=0.0, label='other'\)"):
        gradient(y, [x, other], strict=True)


@pytest.mark.parametrize(
    ("f", "now"),
    [
        (lambda x, w: x * w, 5.0),
        (lambda x, w: w / x, 5.0),
        (lambda x, w: x.log() * w, 5.0),
        (lambda x, w: x**w, 5.0),
        (lambda x, w: autograd.maximum(x, w), 30.0),
        (lambda x, w: x.relu() * w, -5.0),
    ],
)
def test_a_leaf_assigned_since_is_refused_by_gradient_but_not_by_backward(f: object, now: float) -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = f(x, w)
    before = gradient(y, [x])[0].data
    x.data = now
    w.data = 7.0
    with pytest.raises(AutogradError, match=r"assigned another number .* record the graph again, or use backward\(\)"):
        gradient(y, [x, w])
    y.backward()
    assert x.grad == before


def test_a_leaf_assigned_since_may_be_one_that_the_derivative_does_not_mention() -> None:
    x, w = Value(2.0), Value(3.0)
    y = x + w - 2 * x
    x.data = 10.0
    assert [g.data for g in gradient(y, [x, w])] == [-1.0, 1.0]


def test_a_leaf_assigned_the_same_number_is_no_change() -> None:
    x = Value(2.0)
    y = x * x
    x.data = 2
    assert gradient(y, [x])[0].data == 4.0


def test_a_partial_that_is_not_a_number_is_no_change() -> None:
    x = Value(-2.0)
    e = Value(2.0)
    y = x**e  # by its exponent, a negative base has no derivative
    dx, de = gradient(y, [x, e])
    assert dx.data == -4.0
    assert math.isnan(de.data)


@pytest.mark.parametrize(("then", "now"), [(2.0, -2.0), (-2.0, 2.0)])
def test_a_partial_that_becomes_or_ceases_to_be_a_number_is_a_change(then: float, now: float) -> None:
    x, e = Value(then), Value(2.0)
    y = x**e
    x.data = now
    with pytest.raises(AutogradError, match="assigned another number"):
        gradient(y, [e])


@pytest.mark.parametrize("length", [100_000])
def test_a_long_chain_needs_no_recursion(length: int) -> None:
    x = Value(1.0)
    y = x
    for _ in range(length):
        y = y * 1.0 + x * 0.0
    (slope,) = gradient(y, [x])
    assert slope.data == 1.0
    (second,) = gradient(slope, [x])
    assert second.data == 0.0


def test_a_long_chain_of_functions_is_differentiated_twice_without_recursion() -> None:
    x = Value(0.5)
    y = x
    for _ in range(20_000):
        y = y.sin()
    (slope,) = gradient(y, [x])
    y.backward()
    assert slope.data == x.grad
    (second,) = gradient(slope, [x])
    assert second.data < 0  # every iterate of sin is concave here


@examples(4)
@given(woven(ALL, max_steps=6))
def test_gradient_touches_no_grad(expression: Expression) -> None:
    slots = with_constants(expression, Value).slots(*values(expression))
    for i, v in enumerate(slots):
        v.grad = i + 0.5
    gradient(slots[-1], slots)
    assert [v.grad for v in slots] == [i + 0.5 for i in range(len(slots))]


def test_inside_no_grad_a_gradient_is_a_number_without_a_graph() -> None:
    x = Value(3.0)
    y = x**3
    with no_grad():
        (slope,) = gradient(y, [x])
    assert (slope.data, slope.parents) == (27.0, ())


def test_infinite_gradients_do_not_pass_where_the_table_says_0() -> None:
    x = Value(-1.0)
    y = x.relu().sqrt()
    (slope,) = gradient(y, [x])
    assert slope.data == 0.0
    y.backward()
    assert x.grad == 0.0


@pytest.mark.parametrize("wrong", [1.0, "x", None])
def test_gradient_of_and_by_values_only(wrong: object) -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match=f"gradient is of a Value with respect to Values, not {type(wrong).__name__}"):
        gradient(x * x, [x, wrong])
    with pytest.raises(TypeError, match="gradient is of a Value with respect to Values, not"):
        gradient(wrong, [x])
