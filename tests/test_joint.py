"""Functions whose derivatives are given, one by one: what is taken apart and put together, and computed once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import custom_jvp, grad, jacobian, jit, jvp, propagate
from autograd.transforms.joint import Given, Joint


def scaled() -> Any:
    """how · x, with a rule; ``how`` is text."""

    @custom_jvp
    def f(how: str, x: Any, more: Any = ()) -> Any:
        return float(how) * sum(map(float, np.ravel(x))) + len(more)

    f.defjvp(lambda p, t: (f(*p), float(p[0]) * sum(np.ravel(t[1]))))
    return f


def test_what_is_no_number_stays_where_it_is() -> None:
    for x in (2.0, np.array([2.0, 3.0]), [1.0, 2.0]):
        slopes = grad(lambda x: scaled()("3", x, more=["text", None]))(x)
        assert np.array_equal(np.ravel(slopes), 3.0 * np.ones(np.size(x)))
    given = Given(("a", [1.0, "b", np.array([2.0, 3.0])], 4, 5.0))
    assert given.numbers == [1.0, 2.0, 3.0, 5.0]
    first, (number, text, array), whole, last = given.rebuild([6.0, 7.0, 8.0, 9.0])
    assert (first, number, text, whole, last) == ("a", 6.0, "b", 4, 9.0)
    assert array.tolist() == [7.0, 8.0]


def test_whole_numbers_among_numbers_with_derivatives_are_constants() -> None:
    def in_array(x: Any) -> Any:
        return scaled()("3", np.array([x * x, 7, True, 0.5 * x], dtype=object))

    assert grad(in_array)(2.0) == 3.0 * (4.0 + 0.5)
    assert jvp(in_array, (2.0,), (1.0,)) == (3.0 * (4.0 + 8.0 + 1.0), 13.5)


def test_a_joint_computes_once_for_the_same_numbers_and_anew_for_any_others() -> None:
    calls: list[Any] = []

    def swapped(numbers: Any) -> list[Any]:
        calls.append(numbers)
        return [numbers[1], numbers[0]]  # the outputs are numbers that it was given before

    joint = Joint("swapped", swapped, lambda numbers: [[0.0, 1.0], [1.0, 0.0]], swapped)
    assert joint.value([1.0, 2.0]) == joint.value([1.0, 2.0]) == [2.0, 1.0]
    assert len(calls) == 1
    assert joint.value([2.0, 1.0]) == [1.0, 2.0]
    assert len(calls) == 2
    for numbers in ([2.0, 0.0], [2.0, -0.0], [3.0, -0.0], [1.0, -0.0]):
        assert str(joint.value(numbers)) == str(numbers[::-1])
    assert len(calls) == 6


def test_a_joint_tells_traced_numbers_apart() -> None:
    joint = Joint(
        "doubled",
        lambda numbers: [2.0 * x for x in numbers],
        lambda numbers: [[2.0]],
        test_a_joint_tells_traced_numbers_apart,
    )
    assert jit(lambda x, y: [joint.value([x])[0], joint.value([y])[0], joint.value([y])[0]])(1.0, 5.0) == [
        2.0,
        10.0,
        10.0,
    ]
    assert jit(lambda x, y: joint.value([x])[0] - joint.value([y])[0])(1.0, 5.0) == -8.0


def test_propagate_takes_its_arguments_by_name_and_variances_one_for_each_number() -> None:
    assert propagate(f=lambda x: 2.0 * x, x=3.0, covariance=0.25) == (6.0, 1.0)
    with pytest.raises(ValueError, match=r"2 numbers, and the covariance the shape \(\)"):
        propagate(lambda x: x[0] + x[1], [1.0, 2.0], 0.25)
    with pytest.raises(TypeError):
        propagate(lambda x: x, 1.0, 0.25, True)  # type: ignore[misc]


def test_a_jacobian_of_outputs_of_which_each_has_its_own_slopes() -> None:
    @custom_jvp
    def f(x: Any, y: Any) -> Any:
        return [float(x) * float(y), float(x) - 2.0 * float(y), float(y)]

    f.defjvp(lambda p, t: (f(*p), [p[1] * t[0] + p[0] * t[1], t[0] - 2.0 * t[1], t[1]]))
    truth = np.array([[5.0, 3.0], [1.0, -2.0], [0.0, 1.0]])
    assert np.array_equal(jacobian(lambda p: f(p[0], p[1]))([3.0, 5.0]), truth)
    assert np.array_equal(jacobian(lambda p: f(y=p[1], x=p[0]))([3.0, 5.0]), truth)
