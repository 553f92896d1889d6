"""The public functions: of one number, of two, and of many."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd import Value, clip, dot, log_softmax, logsumexp, mean, prod, softmax, stop_gradient, take, where
from tests import truth

INF, NAN = math.inf, math.nan
LISTS = st.lists(st.floats(-800, 800), min_size=1, max_size=8)
SEQUENCES = [autograd.sum, prod, mean, logsumexp, softmax, log_softmax]


def gradients(function: Any, xs: list[float]) -> list[float]:
    values = list(map(Value, xs))
    function(values).backward()
    return [v.grad for v in values]


def test_log_softmax_of_a_certain_case_is_exact() -> None:
    assert log_softmax([1000.0, 0.0]) == [0.0, -1000.0]
    assert [v.data for v in log_softmax([Value(1000.0), 0.0])] == [0.0, -1000.0]
    assert softmax([1000.0, 0.0]) == [1.0, 0.0]


@given(LISTS)
def test_logsumexp_is_the_truth_to_a_few_ulp_of_its_terms(xs: list[float]) -> None:
    with mp.workdps(400):
        exact = mp.log(mp.fsum(mp.exp(mpf(x)) for x in xs))
    # Each e^(x - max) is off by |x - max| ulps of itself, so that their sum is off by at most len(xs) ulps or so.
    size = max(abs(max(xs)), 1.0)
    assert truth.ulps_between(logsumexp(xs), exact, size) <= 4 + len(xs)
    assert logsumexp(map(Value, xs)).data == logsumexp(xs)


@given(LISTS)
def test_logsumexps_gradient_is_softmax_and_adds_up_to_1(xs: list[float]) -> None:
    slopes = gradients(logsumexp, xs)
    assert math.fsum(slopes) == pytest.approx(1.0, rel=1e-14)
    assert slopes == pytest.approx(softmax(xs), rel=1e-11, abs=1e-300)
    assert sum(softmax(xs)) == pytest.approx(1.0, rel=1e-14)


@given(LISTS)
def test_log_softmax_is_the_truth_where_a_probability_is_near_0_or_1(xs: list[float]) -> None:
    with mp.workdps(800):
        total = mp.log(mp.fsum(mp.exp(mpf(x)) for x in xs))
        exact = [mpf(x) - total for x in xs]
    # The largest number's log-probability keeps its digits although it is near 0: it is about -Σ e^-d, where d is how
    # far below it the others are; d is rounded, which costs e^-d about d ulps.
    distances = [max(xs) - x for x in xs]
    powers = [math.exp(-d) for d in distances if d > 0]
    rounded = sum(d * math.exp(-d) for d in distances) / sum(powers) if any(powers) else 0.0
    for got, want, d in zip(log_softmax(xs), exact, distances):
        assert truth.ulps_between(got, want, d) <= 6 + len(xs) + rounded


def test_extremes_of_logsumexp() -> None:
    assert logsumexp([1e308, 1e308]) == 1e308
    assert logsumexp([0.0, -1000.0]) == 0.0
    assert logsumexp([-1000.0, -1000.0]) == -1000.0 + math.log(2)
    assert logsumexp([INF, 1.0]) == logsumexp([1.0, INF]) == logsumexp([INF, INF]) == INF
    assert logsumexp([-INF, -INF]) == -INF
    assert logsumexp([-INF, 3.0]) == 3.0
    assert math.isnan(logsumexp([NAN, 1.0]))
    assert math.isnan(logsumexp([1.0, NAN]))
    assert math.isnan(logsumexp([INF, NAN]))
    assert gradients(logsumexp, [-INF, 3.0]) == [0.0, 1.0]


@given(LISTS)
def test_sums_products_and_means_are_those_of_floats_in_value_and_gradient(xs: list[float]) -> None:
    values = list(map(Value, xs))
    total = functools.reduce(operator.add, xs)  # from Python 3.12 on sum() of floats rounds less
    assert autograd.sum(values).data == autograd.sum(iter(xs)) == total
    assert prod(values).data == prod(iter(xs)) == math.prod(xs[1:], start=xs[0])
    assert mean(values).data == mean(iter(xs)) == total / len(xs)
    assert gradients(autograd.sum, xs) == [1.0] * len(xs)
    assert gradients(mean, xs) == [1.0 / len(xs)] * len(xs)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=6))
def test_dots_gradients_are_the_other_factors(pairs: list[tuple[float, float]]) -> None:
    xs, ys = [Value(a) for a, _ in pairs], [Value(b) for _, b in pairs]
    y = dot(iter(xs), ys)
    y.backward()
    assert y.data == dot([a for a, _ in pairs], [b for _, b in pairs])
    assert [v.grad for v in xs] == [b for _, b in pairs]
    assert [v.grad for v in ys] == [a for a, _ in pairs]


def test_products_with_a_zero_have_the_product_of_the_others_as_gradient() -> None:
    assert gradients(prod, [2.0, 0.0, 4.0]) == [0.0, 8.0, 0.0]


def test_empty_sequences_are_neutral_or_refused() -> None:
    assert (autograd.sum([]), prod([]), dot([], [])) == (0.0, 1.0, 0.0)
    for function in (mean, logsumexp, softmax, log_softmax):
        with pytest.raises(ValueError, match=rf"^{function.__name__} needs at least one number$"):
            function([])
    with pytest.raises(ValueError, match="two sequences of one length, not of 1 and 2"):
        dot([1.0], [1.0, 2.0])


@pytest.mark.parametrize("function", SEQUENCES)
def test_sequences_mix_values_and_numbers(function: Any) -> None:
    x = Value(0.5)
    mixed = function([1.0, x, 2])
    plain = function([1.0, 0.5, 2])
    first, expected = (mixed[1], plain[1]) if isinstance(plain, list) else (mixed, plain)
    assert isinstance(first, Value)
    assert first.data == expected


@given(st.floats(-10, 10))
def test_clip_passes_the_gradient_inside_and_stops_it_outside(x: float) -> None:
    v = Value(x)
    y = clip(v, -2.0, 3.0)
    y.backward()
    assert y.data == min(max(x, -2.0), 3.0) == clip(x, -2.0, 3.0)
    assert v.grad == (0.5 if x in (-2.0, 3.0) else 1.0 if -2 < x < 3 else 0.0)


def test_where_is_an_if() -> None:
    x = Value(2.0)
    y = where(x > 1, x * x, -x)
    y.backward()
    assert (y.data, x.grad) == (4.0, 4.0)
    assert where(x < 1, 1.0, 2.0) == 2.0


def test_take_is_an_index() -> None:
    table = [10.0, 20.0, 30.0]
    assert (take(table, 1), take(table, Value(2.0)), take(table, -1)) == (20.0, 30.0, 30.0)
    with pytest.raises(IndexError):
        take(table, 3)


def test_a_stopped_gradient_is_0_and_the_value_stays() -> None:
    x = Value(3.0)
    y = stop_gradient(x * x) * x
    y.backward()
    assert (y.data, x.grad) == (27.0, 9.0)
    assert stop_gradient(2.0) == 2.0


@pytest.mark.parametrize("name", ["atan2", "hypot", "maximum", "minimum", "leaky_relu", "elu"])
@given(a=st.floats(0.1, 9), b=st.floats(-9, -0.1))
def test_functions_of_two_take_values_on_either_side(name: str, a: float, b: float) -> None:
    function = getattr(autograd, name)
    expected = function(a, b)
    for operands in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
        node = function(*operands)
        assert (node.op, node.data) == (name, expected)
        node.backward()
        for position, operand in enumerate(operands):
            if isinstance(operand, Value):
                exact = truth.partial(name, (a, b), position)
                assert truth.ulps_between(operand.grad, exact) <= 4


def test_every_public_name_exists_and_is_listed() -> None:
    assert set(autograd.__all__) <= set(dir(autograd))
    assert all(getattr(autograd, name) is not None for name in autograd.__all__)
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'nonsense'"):
        autograd.nonsense  # noqa: B018
