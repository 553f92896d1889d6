"""derivative_of: differences at many digits, and an estimate on floats where those can't be had."""

import math
import random
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd as ag
from autograd import MissingDependency, Value, grad, no_grad, primitive
from autograd.engine.rules import RULES
from autograd.testing import Expression, Truth, derivative_of, expressions
from autograd.testing.gradients.extrapolation import estimate
from autograd.transforms.lifted import Lifted
from tests import truth as independent
from tests.accuracy import points

# One point in so many of each row's: the others take time in mpmath's functions at 1000 digits.
THINNED = {
    "digamma": 20,
    "erfinv": 8,
    "inverse_mills": 8,
    "inverse_mills_slope": 8,
    "lgamma": 16,
    "polygamma": 16,
    "erf": 20,
    "erfc": 20,
    "elu": 12,
    "pow": 12,
    "sech": 12,
    "sigmoid": 12,
    "softplus": 12,
    "silu": 12,
    "gelu": 12,
}


def along(name, operands, position):
    return lambda x: Expression(operands, ((name, tuple(range(len(operands)))),)).apply(
        *operands[:position], x, *operands[position + 1 :]
    )


# Rows of which the kit's truth reaches ordinary numbers only: it has no more than 1,400 digits.
ORDINARY = ("mod", "floordiv", "power", "ndtr", "direction", "inverse_mills", "inverse_mills_slope")


def is_ordinary(operands):
    return all(x == 0 or 1e-8 < abs(x) < 1e8 for x in operands)


@pytest.mark.parametrize("name", RULES)
def test_derivative_of_each_primitive_is_exact(name):
    checked = 0
    for operands in points(name)[:: THINNED.get(name, 4) * RULES[name].arity]:
        if name in ORDINARY and not is_ordinary(operands):
            continue
        for position, x in enumerate(operands):
            if not independent.has_derivative(name, operands, position):
                continue
            found = derivative_of(along(name, operands, position), x)
            assert found.known, (operands, found)
            if found.status == "exact":
                checked += 1
                with mp.workdps(60):
                    off = abs(found.value - independent.partial(name, operands, position))
                    assert off <= mpf(10) ** -40 * abs(found.value) + mpf(10) ** -300, (operands, found)
                    assert found.error <= mpf(10) ** -40 * abs(found.value) + mpf(10) ** -80, (operands, found)
    assert checked >= 5


@settings(max_examples=50)
@given(expressions())
def test_derivatives_of_random_expressions_have_an_error_bound_below_the_fortieth_digit(expression):
    def f(*xs):
        return expression.apply(*xs)

    found = derivative_of(f, *expression.point)
    for truth in found if isinstance(found, tuple) else [found]:
        assert truth.status == "exact"
        assert truth.error <= abs(truth.value) * mpf(10) ** -40 or truth.value == 0


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (ag.abs, 0.0),
        (ag.relu, 0.0),
        (ag.sqrt, 0.0),
        (ag.cbrt, 0.0),
        (ag.floor, 2.0),
        (ag.floor, 1e300),
        (ag.sign, 0.0),
        (ag.acos, 1.0),
        (ag.acosh, 1.0),
        (lambda x: ag.maximum(x, 3.0), 3.0),
        (lambda x: ag.log(x), 0.0),
        (lambda x: ag.where(x > 1.0, x, 2 * x), 1.0),
        (lambda x: 1.0 if x > 1.0 else 2.0, 1.0),  # no operation depends on x, but the choice does
        (lambda x: 1.0 if x <= 1.0 else 2.0, 1.0),
        (lambda x: mpmath.mpf("inf") if isinstance(x, Lifted) else math.inf, 1.0),
        (math.fabs, 0.0),
        (math.sqrt, 0.0),
        (math.acos, 1.0),
        (math.log, -1.0),
        (lambda x: float(math.floor(x)), 2.0),
        (lambda x: max(float(x), 0.0), 0.0),
        (lambda x: max(float(x), 5e-9), 5e-9),
        (lambda x: math.copysign(1.0, x), 0.0),
    ],
)
def test_points_without_a_derivative_are_recognised(f, x):
    found = derivative_of(f, x)
    assert found.status == "not differentiable"
    assert found.note
    assert not found.known
    assert math.isnan(float(found))
    assert found.note in repr(found)


@given(st.integers(-5, 5), st.floats(0.1, 10.0), st.floats(-10.0, 10.0))
def test_a_kink_is_told_from_a_steep_but_smooth_bend(n, left, right):
    assume(abs(left - right) > 0.01)
    at = float(n)

    def kink(x):
        return ag.where(x > at, right * (x - at), left * (x - at))

    def bend(x):
        return ag.softplus((x - at) * 1e12) / 1e12

    for f in (kink, lambda x: kink(float(x))):
        assert derivative_of(f, at).status == "not differentiable"
    assert float(derivative_of(bend, at)) == 0.5


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x * x, 0.0, 0.0),
        (lambda x: x**3, 0.0, 0.0),
        (lambda x: x * abs(x), 0.0, 0.0),
        (ag.cos, 0.0, 0.0),
        (lambda x: 1.0, 2.0, 0.0),
        (lambda x: Value(1.0), 2.0, 0.0),
        (lambda x: x + Value(1.0) * x, 2.0, 2.0),
        (lambda x: ag.floor(x), 2.5, 0.0),
        (lambda x: (x + 1e200) - 1e200, 1.0, 1.0),
        (lambda x: x + ((x + 1e200) - 1e200), 1.0, 2.0),
        (lambda x: ag.stop_gradient(x) * x, 3.0, 3.0),
        (lambda x: 1.0 if x > 0 else 2.0, 3.0, 0.0),
        (lambda x: ag.leaky_relu(2.0, x) + ag.minimum(x, -9.0), 0.5, 0.0),
        (ag.sigmoid, 700.0, math.exp(-700.0)),
        (mpmath.sin, 1.0, math.cos(1.0)),
        (lambda x: mpmath.floor(x), 1.5, 0.0),
        (lambda x: np.exp(np.array([x]))[0], 1.0, math.e),
        (lambda x: np.array(x * x), 3.0, 6.0),
        (lambda x: x.tanh(), 0.0, 1.0),
        (lambda x: ag.logsumexp([x, 2 * x]), 0.0, 1.5),
        (lambda x: grad(lambda y: y**3)(x), 2.0, 12.0),
        (lambda x: 3 * x if x >= 2.0 else x, 2.5, 3.0),
        (lambda x: 3 * x if 1.0 <= x < 2.0 else x, 1.5, 3.0),
        (lambda x: 3.0 if x else 2.0, 1.5, 0.0),
    ],
)
def test_functions_that_run_on_many_digits_have_an_exact_derivative(f, x, expected):
    found = derivative_of(f, x)
    assert found.status == "exact"
    assert float(found) == pytest.approx(expected, rel=1e-15)


def test_what_no_grad_computes_is_a_constant():
    def f(x):
        with no_grad():
            factor = x * 2
        return factor * x

    assert float(derivative_of(f, 3.0)) == 6.0 == grad(f)(3.0)


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (math.sin, math.cos),
        (lambda x: math.sin(x) + x, lambda x: math.cos(x) + 1),  # differences of 10^-30 would miss the sine
        (lambda x: x.data**2 if hasattr(x, "data") else x**2, lambda x: 2 * x),
        (lambda x: math.sin(mpmath.exp(x) if not isinstance(x, float) else math.exp(x)), None),
        (lambda x: x * int(x) / int(x), lambda x: 1.0),
        (lambda x: np.float64(x) ** 2, lambda x: 2 * x),
    ],
)
@pytest.mark.parametrize("x", [1.25, 2.5])
def test_functions_that_take_a_float_out_of_a_number_are_found_out(f, slope, x):
    found = derivative_of(f, x)
    expected = slope(x) if slope else math.cos(math.exp(x)) * math.exp(x)
    assert found.status == "estimated"
    assert abs(float(found) - expected) <= 1e-9 * max(abs(expected), 1)
    assert 0 < found.error < 1e-9 * max(abs(expected), 1)


def test_a_users_primitive_made_of_float_functions_is_found_out():
    @primitive(partials=lambda x, y: y)
    def exponential_by_math(x):
        return math.exp(x)

    @primitive(partials=lambda x, y: 2 * x)
    def square_by_arithmetic(x):
        return x * x

    try:
        assert derivative_of(exponential_by_math, 1.0).status == "estimated"
        assert derivative_of(square_by_arithmetic, 1.0).status == "exact"
    finally:
        del RULES["exponential_by_math"], RULES["square_by_arithmetic"]


SMOOTH = {
    "sin": (math.sin, math.cos),
    "exp": (math.exp, math.exp),
    "atan": (math.atan, lambda x: 1 / (1 + x * x)),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "sin of 30x": (lambda x: math.sin(30 * x), lambda x: 30 * math.cos(30 * x)),
    "far away": (lambda x: 1e6 + math.sin(x), math.cos),
    "constant": (lambda x: 5.0, lambda x: 0.0),
}


@given(st.sampled_from(sorted(SMOOTH)), st.floats(-5.0, 5.0))
def test_the_estimate_on_floats_is_within_its_error(name, x):
    f, slope = SMOOTH[name]
    value, error, note = estimate(f, x)
    assert note is None
    assert abs(value - slope(x)) <= 10 * error + 1e-15 * abs(slope(x))


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_the_estimate_on_floats_finds_the_scale(size):
    value, error, note = estimate(math.log, size)
    assert note is None
    assert abs(value * size - 1) <= 1e-9
    assert error * size <= 1e-9


rough = random.Random(0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: float(x) + rough.random(),
        lambda x: float(x) + 1e-3 * math.sin(1e17 * float(x)),
        lambda x: math.sin(1e9 * float(x)),
        lambda x: math.copysign(abs(float(x) - 1) ** (1 / 3), float(x) - 1),
        lambda x: (float(x) - 1) * math.sin(1 / (float(x) - 1 or 1)),
    ],
)
def test_noise_and_oscillation_are_said_and_do_not_crash(f):
    found = derivative_of(f, 1.0)
    assert found.status in ("not converged", "not differentiable")


@pytest.mark.parametrize(
    ("f", "status"),
    [
        (lambda x: ag.where(x > 0, x, -x) * ag.sin(1 / ag.where(abs(x) > 0, x, 1.0)), "not converged"),
        (lambda x: x * ag.log(ag.where(abs(x) > 0, abs(x), 1.0)), "not converged"),
    ],
)
def test_a_slope_that_has_no_limit_is_said_not_to_converge(f, status):
    assert derivative_of(f, 0.0).status == status


def test_float32_functions_have_an_estimate_with_a_large_error():
    found = derivative_of(lambda x: float(np.float32(math.sin(x))), 1.0)
    assert found.status == "estimated"
    assert abs(float(found) - math.cos(1.0)) < 10 * found.error < 1e-3


def test_the_result_has_the_structure_of_the_arguments():
    w = np.array([[1.0, 2.0]])
    found = derivative_of(lambda p, q: (p["w"] * q[0]).sum() + p["b"], {"w": w, "b": 0.5}, (3.0,))
    assert [[float(x) for x in row] for row in found[0]["w"]] == [[3.0, 3.0]]
    assert float(found[0]["b"]) == 1.0
    assert float(found[1][0]) == 3.0
    assert isinstance(found[1][0], Truth)


def test_arguments_without_floats_are_handed_on():
    assert float(derivative_of(lambda x, n, name: x**n, 2.0, 3, "cube")) == 12.0
    assert float(derivative_of(lambda x, y: x * y, 2.0, 3.0, argnums=1)) == 2.0
    assert float(derivative_of(lambda x, y: x * y, 2.0, 3.0, argnums=(0,))[0]) == 3.0


def test_numbers_of_many_digits_keep_them():
    with mp.workdps(50):
        third = mpf(1) / 3
        found = derivative_of(lambda x: x * x, third)
        assert abs(found.value - 2 * third) < mpf(10) ** -49


@pytest.mark.parametrize("argument", [3, [1.0, 2], "text"])
def test_an_argument_without_a_derivative_is_a_type_error(argument):
    with pytest.raises(TypeError, match="by which there is no derivative"):
        derivative_of(lambda x: x, argument)


@pytest.mark.parametrize("result", ["text", [1.0], None, 1j])
def test_a_function_that_returns_no_number_is_a_type_error(result):
    with pytest.raises(TypeError, match="f has to return one number"):
        derivative_of(lambda x: result, 1.0)


def test_the_precision_that_mpmath_was_set_to_stays():
    before = mp.dps
    derivative_of(ag.sin, 1.0)
    assert mp.dps == before


def test_without_mpmath_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpmath", None)
    with pytest.raises(MissingDependency, match="pip install mpmath"):
        derivative_of(lambda x: x, 1.0)


def test_a_truth_prints_its_value_its_error_and_its_status():
    assert repr(derivative_of(lambda x: 3 * x, 1.0)).startswith("Truth(3.0 ± ")
    assert repr(derivative_of(lambda x: 3 * float(x), 1.0)).endswith(", estimated)")
