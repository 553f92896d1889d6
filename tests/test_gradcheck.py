"""gradcheck and gradgradcheck: what is right passes, what is wrong fails, and hints name the fault."""

import functools
import math
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd as ag
import autograd.testing
from autograd import Value, grad, hessian
from autograd.testing import WrongGradient, expressions, gradcheck, gradgradcheck
from autograd.testing.gradients.extrapolation import estimate

scales = st.sampled_from([1e-8, 1e-4, 1.0, 1e4, 1e8])
few = settings(max_examples=25)


def scaled(expression, by, of):
    """The expression at arguments of that size, with results of another: the gradients are of size of / by."""
    return lambda *xs: of * expression.apply(*(x / by for x in xs))


def as_tuple(gradient):
    return gradient if isinstance(gradient, tuple) else (gradient,)


def failure(f, *args, check=gradcheck, **kwargs):
    with pytest.raises(WrongGradient) as caught:
        check(f, *args, **kwargs)
    assert str(caught.value) == str(caught.value.report)
    return caught.value.report


def hint(*args, **kwargs):
    hints = failure(*args, **kwargs).hints
    assert len(hints) <= 2
    return "; ".join(hints)


# --- Right gradients pass ---


@few
@given(expressions(), scales, scales)
def test_our_gradients_of_random_expressions_pass_at_every_scale(expression, by, of):
    report = gradcheck(scaled(expression, by, of), *(x * by for x in expression.point))
    assert report.checked == len(expression.point)
    assert "all right" in str(report)


@settings(max_examples=10)
@given(expressions(max_size=5))
def test_our_second_derivatives_of_random_expressions_pass(expression):
    report = gradgradcheck(scaled(expression, 1.0, 1.0), *expression.point)
    assert len(report.rows) == len(expression.point) ** 2


def test_second_derivatives_whose_terms_cancel_pass_and_wrong_ones_fail():
    diagonal = lambda x: ag.sqrt(x * x + x * x)  # noqa: E731
    assert gradgradcheck(diagonal, 1.0).rows[0].ours != 0.0
    assert gradgradcheck(lambda x, y: ag.hypot(x, y), 700.0, 9.0).checked == 4
    slightly_wrong = lambda x: math.sqrt(2) * (1 + 1e-12 * x)  # noqa: E731
    with pytest.raises(WrongGradient):
        gradgradcheck((diagonal, slightly_wrong), 1.0)


def test_rounding_that_leaves_the_domain_hides_no_conditioning():
    def f(x, y):  # right, and asin has no value where y is rounded differently on either side of the minus
        return ag.sin(ag.cbrt(x)) + ag.abs(ag.expm1(ag.log(1 - ag.erf(ag.expm1(x))))) + ag.asin(y - y)

    row, other = gradcheck(f, -2.9869967460712346, 1e100).rows
    assert row.conditioning > 3
    assert other.ours == 0.0


@pytest.mark.parametrize(
    "f", [math.sin, math.exp, math.atan, lambda x: math.log(1 + x * x), lambda x: math.hypot(x, 3.0)]
)
@pytest.mark.parametrize("x", [1e-8, 0.3, 7.0])
def test_right_gradients_of_functions_of_floats_pass_and_slightly_wrong_ones_fail(f, x):
    slope, error, note = estimate(f, x)
    assert note is None
    right = {math.sin: math.cos, math.exp: math.exp, math.atan: lambda x: 1 / (1 + x * x)}.get(f)
    gradcheck((f, right or (lambda _: slope)), x)
    off = max(1e-6 * abs(slope), 100 * error)
    assert failure((f, lambda x: slope + off), x).rows[0].truth.status == "estimated"


def test_engines_that_take_partials_from_rounded_results_pass():
    for x in (5.0, 15.0, 40.0, -30.0):
        gradcheck((ag.tanh, lambda x: 1 - math.tanh(x) ** 2), x)
        gradcheck((ag.sigmoid, lambda x: ag.sigmoid(x) * (1 - ag.sigmoid(x))), x)


def test_cancellation_is_conditioning_and_no_error():
    def f(x):
        return (x * x - 1e16) * 1.5

    def bad(x):  # 1 is lost in 1e16
        return x * 1e16 + x - x * 1e16

    assert gradcheck(f, 1e8).rows[0].conditioning < 10
    report = gradcheck((bad, lambda x: 0.0), 1.0)
    assert report.rows[0].conditioning > 1e15
    assert gradcheck(bad, 1.0).rows[0].verdict == "ok"


def test_points_without_a_derivative_are_said_and_fail_nothing():
    report = gradcheck(lambda x, y: ag.relu(x) + y * y, 0.0, 3.0)
    assert [row.verdict for row in report.rows] == ["not differentiable", "ok"]
    assert report.checked == 1
    assert "1 without a truth to compare with" in str(report)
    assert "the slope is 0.0 on the left and 1.0 on the right" in str(report)


def test_infinite_and_vanishing_derivatives_of_floats_are_right():
    assert gradcheck(lambda x: x * 1e300 * 1e300, 1e-305).rows[0].ours == math.inf
    assert gradcheck(lambda x: x * 1e-300 * 1e-300, 1.0).rows[0].ours == 0.0
    assert failure((lambda x: x * 1e300 * 1e300, lambda x: -math.inf), 1e-305).wrong


# --- Wrong gradients fail ---


@settings(max_examples=10)
@given(
    expressions(),
    scales,
    st.floats(1e-9, 1.0) | st.floats(-1.0, -1e-9) | st.just(-2.0),
    st.data(),
)
def test_gradients_that_are_off_by_a_billionth_or_more_fail(expression, by, off, data):
    f = scaled(expression, by, 1.0)
    point = [x * by for x in expression.point]
    i = data.draw(st.integers(0, len(point) - 1))
    report = gradcheck(f, *point)
    row = report.rows[i]
    assume(row.truth.status == "exact" and row.truth.value != 0 and row.conditioning < 1e4)

    def wrong(*xs):
        gradient = [row.ours for row in report.rows]
        gradient[i] *= 1 + off
        return tuple(gradient)

    rows = failure((f, wrong), *point).rows
    assert [r.wrong for r in rows] == [k == i for k in range(len(rows))]


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_most_problems_are_conditioned_well_enough_to_see_a_billionth(size):
    for f in (ag.sin, ag.exp, ag.log, ag.sqrt, lambda x: x * x * x, lambda x: 1 / x, ag.atan):
        scaled_f = functools.partial(lambda f, x: f(x / size), f)
        right = grad(scaled_f)(0.7 * size)
        for off in (1e-9, -1e-9, 1e-12):
            assert failure((scaled_f, lambda x, off=off, g=right: g * (1 + off)), 0.7 * size).wrong


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_wrong(wrong):
    assert "not finite" in hint((lambda x: x * x, lambda x: wrong), 1.0)


def test_more_ulps_allow_more():
    pair = (lambda x: x * x, lambda x: 2 * x * (1 + 1e-12))
    assert failure(pair, 3.0)
    assert gradcheck(pair, 3.0, ulps=1e5).checked == 1


# --- Hints: each for its fault ---

draw = random.Random(0)
W = np.array([[0.1, 0.2, 0.3], [0.5, 0.7, 1.1]])


def weighted(w):
    return (ag.tanh(w) * np.arange(1.0, 7.0).reshape(2, 3)).sum()


def overwriting(xs, f):
    """The gradient of f as an engine with = in place of += has it."""
    leaves = [Value(x) for x in xs]
    order = [out := f(*leaves)]
    for node in order:
        order += [p for p in node.parents if p.op and p not in order]
    grads = {out: 1.0}
    for node in sorted(order, key=order.index):
        for parent, partial in zip(node.parents, (node._da, node._db)):
            grads[parent] = grads[node] * partial
    return tuple(grads.get(leaf, 0.0) for leaf in leaves)


class Stale:
    """A gradient that adds to what it left behind."""

    def __init__(self):
        self.left = 0.0

    def __call__(self, x):
        self.left += 3 * x * x
        return self.left


FAULTS = {
    "missing accumulation": [
        ((lambda x: x * x, lambda x: x), (3.0,)),
        ((lambda x: x * x * x, lambda x: x * x), (3.0,)),
        ((lambda x, y: x * y + ag.sin(x), lambda x, y: (math.cos(x), x)), (2.0, 3.0)),
        ((lambda x, y: x * y + ag.sin(x), lambda *xs: overwriting(xs, lambda x, y: x * y + ag.sin(x))), (2.0, 3.0)),
    ],
    "sign": [
        ((lambda x: ag.exp(x) * 3, lambda x: -ag.exp(x) * 3), (1.0,)),
        ((lambda x, y: ag.exp(x) - y * 2, lambda x, y: (ag.exp(x), 2.0)), (1.0, 2.0)),
        ((lambda x, y: math.exp(x) - y * 2.0, lambda x, y: (math.exp(x), 2.0)), (1.0, 2.0)),
    ],
    "factor of 2": [
        ((lambda x: x**2, lambda x: 4 * x), (3.0,)),
        ((lambda x: x**2, lambda x: x), (3.0,)),
        ((lambda x, y: ag.sin(x) + ag.exp(y), lambda x, y: (2 * ag.cos(x), 2 * ag.exp(y))), (1.0, 2.0)),
    ],
    "times the truth": [
        ((lambda x, y: (x * x + y**3) / 3, lambda x, y: (2 * x, 3 * y * y)), (1.0, 2.0)),
    ],
    "transposed": [
        ((lambda w: weighted(w) * 1e60, lambda w: grad(lambda w: weighted(w) * 1e60)(w).T), (W,)),
        ((weighted, lambda w: grad(weighted)(w).T.reshape(2, 3)), (W,)),
        ((weighted, lambda w: grad(weighted)(w).T), (W,)),
    ],
    "permuted": [
        ((lambda x, y: x * 3.0 + ag.sin(y), lambda x, y: (ag.cos(y), 3.0)), (1.0, 2.0)),
        (
            (
                lambda x: sum((k + 1) * x[k] ** 2 for k in range(4)),
                lambda x: [2 * (k + 1) * x[k] for k in (2, 1, 3, 0)],
            ),
            ([1.0, 2.0, 3.0, 4.5],),
        ),
    ],
    "derivative of the wrong operand": [
        ((lambda x, y: x * y + x, lambda x, y: (x + 1, y)), (2.0, 3.0)),
        ((lambda x, y: x / y, lambda x, y: (-x / y**2, 1 / y)), (2.0, 3.0)),
        ((lambda x, y: x**y, lambda x, y: (x**y * math.log(x), y * x ** (y - 1))), (2.0, 3.0)),
    ],
    "zero where it shouldn't be": [
        ((lambda x, y: x * y, lambda x, y: (y, 0.0)), (2.0, 3.0)),
        ((lambda x: x * x, lambda x: 0), (2.0,)),
    ],
    "the derivative of 'div' by its operand 2 is missing": [
        ((lambda x, y: x / y + y * y, lambda x, y: (1 / y, 2 * y)), (2.0, 3.0)),
    ],
    "float32": [
        ((lambda x: ag.exp(x), lambda x: np.float32(math.exp(x))), (1.0,)),
        ((weighted, lambda w: grad(weighted)(w).astype(np.float32)), (W,)),
    ],
    "stale gradient": [
        ((lambda x: x**3, Stale()), (2.0,)),
    ],
    "another one each time": [
        ((lambda x: x**3, lambda x: 12 + draw.random()), (2.0,)),
    ],
}


@pytest.mark.parametrize(
    ("expected", "pair", "args"), [(text, *fault) for text, faults in FAULTS.items() for fault in faults]
)
def test_the_hint_names_the_planted_fault_and_no_other(expected, pair, args):
    said = hint(pair, *args)
    assert expected in said
    assert not [text for text in FAULTS if text in said and text != expected and not (text == "sign" in expected)]


@few
@given(expressions(), st.floats(0.1, 0.9) | st.floats(1.1, 1.9), st.integers(0, 3))
def test_an_error_of_no_known_pattern_gets_no_hint_of_one(expression, c, i):
    f = scaled(expression, 1.0, 1.0)
    report = gradcheck(f, *expression.point)
    gradient = [row.ours for row in report.rows]
    i %= len(gradient)
    assume(abs(gradient[i]) > 1e-6 and report.rows[i].conditioning < 100)
    gradient[i] *= c + 1e-3 * math.pi
    assume(all(abs(gradient[i] - k * row.ours) > 1e-6 for row in report.rows for k in (1, 0.5, 1 / 3, 0.25, 2, 3)))
    said = hint((f, lambda *xs: tuple(gradient)), *expression.point)
    # The graph may have an operation whose partial, changed, gives just this; nothing else may.
    assert not said or "operand" in said or "accumulation" in said


def test_a_fault_that_explains_only_some_of_the_wrong_partials_gets_no_hint():
    assert hint((lambda x, y: ag.exp(x) + ag.exp(y), lambda x, y: (-math.exp(x), 1.7)), 1.0, 2.0) == ""


def test_a_stale_gradient_is_found_even_if_the_first_call_is_right():
    report = failure((lambda x: x**3, Stale()), 2.0)
    assert report.rows[0].ours == 24.0
    assert "stale" in report.hints[0]


def test_hints_do_without_a_graph_where_f_runs_on_floats_only():
    assert "factor of 2" in hint((math.exp, lambda x: 2 * math.exp(x)), 1.0)
    for_floats = lambda x: x * 2.0 if not isinstance(x, Value) else x.no_such_method()  # noqa: E731
    assert "factor of 2" in hint((for_floats, lambda x: 4.0), 1.0)
    assert "factor of 2" in hint((lambda x: float(x) * 2.0, lambda x: 4.0), 1.0)


# --- Structure, labels, the table ---


def test_partials_are_called_by_parameter_and_place():
    def f(weights, bias, *rest, scale):
        return (weights["w"] * weights["w"]).sum() * bias[0] + rest[0]

    report = gradcheck(functools.partial(f, scale=2), {"w": np.array([[1.0, 2.0]])}, [3.0], 4.0)
    assert [row.partial for row in report.rows] == ["weights['w'][0][0]", "weights['w'][0][1]", "bias[0]", "argument 2"]


def test_functions_without_a_signature_have_numbered_arguments():
    assert [row.partial for row in gradcheck((min, lambda x, y: (1, 0)), 1.0, 2.0).rows] == [
        "argument 0", "argument 1",
    ]  # fmt: skip


def test_argnums_and_arguments_without_floats():
    assert [row.partial for row in gradcheck(lambda x, n, y: x**n * y, 2.0, 3, 4.0).rows] == ["x", "y"]
    assert [row.partial for row in gradcheck(lambda x, y: x * y, 2.0, 3.0, argnums=1).rows] == ["y"]
    assert [row.partial for row in gradcheck(lambda x, y: x * y, 2.0, 3.0, argnums=(1, 0)).rows] == ["y", "x"]
    with pytest.raises(TypeError, match="argument 0 is int 2, by which there is no derivative; write 2"):
        gradcheck(lambda x: x, 2)


def test_a_gradient_of_another_size_is_a_value_error():
    with pytest.raises(ValueError, match="the derivative has 1 numbers where there should be 2"):
        gradcheck((lambda x, y: x * y, lambda x, y: y), 1.0, 2.0)


def test_the_table_is_aligned_and_says_the_essential():
    text = str(failure((lambda x, y: x * y, lambda x, y: (y, 2 * x)), 2.0, 3.0))
    lines = text.splitlines()
    assert lines[0] == "gradcheck of <lambda>: 1 of 2 partials wrong"
    assert lines[2].split("  ")[1] == "partial"
    assert lines[3].endswith("ok")
    assert lines[4].endswith("WRONG")
    end = lines[2].index("conditioning") + len("conditioning")
    assert all(line[:end] == line[:end].rstrip() and line[end] == " " for line in lines[2:5])
    assert text.endswith("HINT: factor of 2: it is twice the truth, by y")


def test_a_long_table_shows_the_wrong_rows_and_says_how_many_are_left_out():
    xs = [float(k) for k in range(1, 31)]
    text = str(
        failure((lambda xs: sum(x * x for x in xs), lambda xs: [2 * x if k != 27 else 0 for k, x in enumerate(xs)]), xs)
    )
    assert "xs[27]" in text
    assert "and 6 more" in text


def test_truths_that_are_estimates_show_their_error():
    assert " ± " in str(gradcheck((math.exp, math.exp), 1.0))


# --- Values inside a model ---


def neuron():
    w, b = [Value(0.5), Value(-0.25)], Value(0.1, label="bias")
    return w, b, lambda x: (w[0] * x[0] + w[1] * x[1] + b).tanh()


def test_a_models_parameters_are_checked_through_backward_and_keep_their_gradients():
    w, b, loss = neuron()
    b.grad = 7.0
    report = gradcheck(loss, [1.0, 2.0], wrt={"w": w, "b": b})
    assert [row.partial for row in report.rows] == ["bias", "['w'][0]", "['w'][1]"]
    assert all(row.truth.status == "exact" for row in report.rows)
    assert [b.grad, w[0].grad] == [7.0, 0.0]
    assert gradcheck(lambda: b, wrt=b).rows[0].ours == 1.0


def test_a_wrong_backward_of_a_model_is_found_with_its_hint():
    w, b, loss = neuron()

    def wrong(x):
        out = loss(x)
        out._da = -out._da  # the recorded partial of tanh
        return out

    report = failure(wrong, [1.0, 2.0], wrt=[*w, b])
    assert len(report.wrong) == 3
    assert "sign: the derivative of 'tanh' has the wrong one" in report.hints


def test_wrt_needs_values_and_a_function_that_returns_one():
    w, _, loss = neuron()
    with pytest.raises(TypeError, match="wrt holds Values, not float"):
        gradcheck(loss, [1.0, 2.0], wrt=[1.0])
    with pytest.raises(TypeError, match="f has to return a Value, but returned float"):
        gradcheck(lambda: 1.0, wrt=w)


# --- Second derivatives ---


def test_the_whole_hessian_is_checked_for_few_arguments_and_a_direction_for_many():
    def f(x):
        return ag.logsumexp([v * v for v in x])

    assert [row.partial for row in gradgradcheck(f, [1.0, 2.0]).rows] == [
        "x[0], x[0]", "x[0], x[1]", "x[1], x[0]", "x[1], x[1]",
    ]  # fmt: skip
    many = gradgradcheck(f, [k / 7 for k in range(1, 9)])
    assert [row.partial for row in many.rows][:2] == ["x[0], along v", "x[1], along v"]
    assert all(row.truth.status == "exact" for row in many.rows)


def test_a_given_hessian_is_checked():
    def f(x, y):
        return x**3 * y

    gradgradcheck(f, 2.0, 3.0, hessian=lambda x, y: [[6 * x * y, 3 * x**2], [3 * x**2, 0.0]])
    gradgradcheck(lambda x: x[0] ** 3 * x[1], np.array([2.0, 3.0]), hessian=hessian(lambda x: x[0] ** 3 * x[1]))
    report = failure(f, 2.0, 3.0, check=gradgradcheck, hessian=lambda x, y: [[6 * x * y, 0], [3 * x**2, 0.0]])
    assert [row.partial for row in report.wrong] == ["x, y"]
    with pytest.raises(ValueError, match="has 2 numbers where there should be 4"):
        gradgradcheck(f, 2.0, 3.0, hessian=lambda x, y: [1.0, 2.0])


def test_a_gradient_that_cannot_be_differentiated_rightly_fails():
    pair = (lambda x, y: x * x * y, lambda x, y: (2 * x * y, x * ag.stop_gradient(x)))
    assert gradcheck(pair, 2.0, 3.0).checked == 2
    assert [row.partial for row in failure(pair, 2.0, 3.0, check=gradgradcheck).wrong] == ["y, x"]


def test_second_derivatives_of_functions_of_floats_are_differences_of_the_gradient():
    def f(x, y):
        return math.sin(float(x)) * float(y)

    def gradient(x, y):
        return ag.cos(x) * y, ag.sin(x)

    report = gradgradcheck((f, gradient), 1.0, 2.0)
    assert {row.truth.status for row in report.rows} == {"estimated"}
    assert failure((f, gradient), 1.0, 2.0, check=gradgradcheck, hessian=lambda x, y: [0.0, 0.5, 0.5, 0.1])


def test_second_derivatives_at_a_kink_are_said_not_to_exist():
    report = gradgradcheck(lambda x: x * abs(x), 0.0)
    assert report.rows[0].verdict == "not differentiable"


def test_what_is_stopped_stays_stopped_in_second_derivatives():
    def f(x):
        return ag.stop_gradient(x * x) * x

    assert gradcheck(f, 3.0).rows[0].ours == 9.0
    assert gradgradcheck(f, 3.0).rows[0].ours == 0.0


# --- Citizenship ---


def test_names_are_exported_lazily():
    for name in ("gradcheck", "gradgradcheck", "derivative_of", "Truth", "WrongGradient", "GradientReport"):
        assert name in dir(autograd.testing)
        assert getattr(autograd.testing, name).__name__ == name


def test_importing_the_plugin_imports_no_heavy_library():
    program = (
        "import sys, autograd.testing.pytest_plugin; "
        "print([name for name in ('mpmath', 'numpy', 'hypothesis', 'optree') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_check_leaves_the_random_numbers_alone():
    random.seed(1)
    before = random.getstate()
    gradcheck(ag.sin, 1.0)
    gradgradcheck(lambda x: sum(v**3 for v in x), [1.0] * 8)
    assert random.getstate() == before


def test_the_result_is_the_same_every_time():
    assert str(gradcheck(ag.sin, 1.0)) == str(gradcheck(ag.sin, 1.0))
