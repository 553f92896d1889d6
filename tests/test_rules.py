"""The rule table against the truth, row by row: whoever adds a row has it tested here."""

from __future__ import annotations

import itertools
import math
import operator
import pickle
import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd
from autograd import Value
from autograd.engine import rules
from autograd.engine.rules import LEAF, RULES, Rule
from tests import accuracy, truth

NAMES = list(RULES)
INF, NAN = math.inf, math.nan

# Rows whose value on floats is, bit for bit, what Python computes.
PYTHON = {
    name: getattr(math, name)
    for name in NAMES
    if hasattr(math, name) and name not in ("pow", "floor", "ceil", "trunc", "cbrt", "lgamma")
} | {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "abs": operator.abs,
    "mod": operator.mod,
    "floordiv": operator.floordiv,
    "maximum": max,
    "minimum": min,
    "stop_gradient": float,
}


def bits(x: float) -> bytes:
    """The float's bits; all NaNs alike."""
    return struct.pack("<d", x) if x == x else b"nan"


def outcome(function: object, *operands: float) -> object:
    """The bits of the result, or the type of the exception."""
    try:
        y = function(*operands)  # type: ignore[operator]
    except (ArithmeticError, ValueError) as error:
        return type(error)
    return ValueError if isinstance(y, complex) else bits(y)


def partials(rule: Rule, *operands: float) -> list[float]:
    y = rule.value(*operands)
    return [float(partial(*operands, y)) for i, partial in enumerate(rule.partials) if i not in rule.constant]


@pytest.mark.parametrize("name", sorted(PYTHON))
@given(data=st.data())
def test_value_on_floats_is_pythons_bit_for_bit(name: str, data: st.DataObject) -> None:
    operands = [data.draw(st.floats()) for _ in range(RULES[name].arity)]
    if name in ("maximum", "minimum"):
        assume(not any(map(math.isnan, operands)))
    assert outcome(RULES[name], *operands) == outcome(PYTHON[name], *operands)


@pytest.mark.parametrize("name", NAMES)
def test_value_on_floats_is_within_4_ulp_of_the_truth(name: str) -> None:
    worst = accuracy.worst(name, accuracy.of_value)
    assert worst.count >= 150
    assert worst.ratio <= 1, worst


@pytest.mark.parametrize("name", NAMES)
def test_partials_on_floats_are_as_close_to_the_truth_as_the_row_states(name: str) -> None:
    worst = accuracy.worst(name, accuracy.of_partials)
    assert worst.count >= 150
    assert worst.ratio <= 1, worst


@pytest.mark.parametrize("name", NAMES)
def test_stated_accuracy_is_a_small_number_at_every_point_of_the_domain(name: str) -> None:
    for operands in accuracy.points(name):
        stated = accuracy.stated_ulps(RULES[name], operands)
        assert stated >= 4
        if name not in (*OF_EXPONENTS, "polygamma", "inverse_mills_slope"):
            assert stated <= 16


# What the rounding of an exponent costs, in ulps: b - 1, and x².
OF_EXPONENTS = {
    **dict.fromkeys(("pow", "power"), lambda a, b: abs((b - 1) * math.log(abs(a))) if a and b < 0.5 else 0.0),
    **dict.fromkeys(("gelu", "erf", "erfc", "ndtr"), lambda x: x * x),
    "erfinv": lambda x: 6 * rules.erfinv(x) ** 2,
    "logaddexp": lambda a, b: abs(a - b),
}


@pytest.mark.parametrize("name", OF_EXPONENTS)
def test_a_row_states_what_the_rounding_of_an_exponent_costs(name: str) -> None:
    for operands in accuracy.points(name):
        stated = accuracy.stated_ulps(RULES[name], operands)
        assert stated == pytest.approx(4 + OF_EXPONENTS[name](*operands), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_formulas_at_50_digits_are_the_truth_to_40(name: str) -> None:
    rule = RULES[name]
    count = 0
    nothing = mpf("1e-300")  # an exponent of such a size has used up the digits
    with mp.workdps(50):
        for operands in accuracy.points(name)[::5]:
            largest = 10 if "mills" in name else 1e5 if name == "log_ndtr" else 1e100  # λ's slopes cancel
            if any(abs(x) > largest for x in operands):
                continue
            numbers = tuple(map(mpf, operands))
            exact = truth.value(name, operands)
            assert abs(rule(*numbers) - exact) <= max(mpf("1e-40") * abs(exact), nothing), (operands, "value")
            for position, partial in enumerate(rule.partials):
                if not truth.has_derivative(name, operands, position):
                    continue
                slope = truth.partial(name, operands, position)
                scale = truth.LARGEST_TERM.get(name, lambda *x, slope=slope: abs(slope))(*operands)
                error = abs(partial(*numbers, mpf(exact)) - slope)
                assert error <= max(mpf("1e-40") * max(scale, abs(slope)), nothing), (operands, position)
                count += 1
    assert count >= 20


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("relu", (0.0,), [0.0]),
        ("relu", (-0.0,), [0.0]),
        ("abs", (0.0,), [0.0]),
        ("abs", (-0.0,), [0.0]),
        ("sign", (0.0,), [0.0]),
        ("sign", (3.0,), [0.0]),
        ("floor", (2.0,), [0.0]),
        ("floor", (2.5,), [0.0]),
        ("maximum", (2.0, 2.0), [0.5, 0.5]),
        ("minimum", (2.0, 2.0), [0.5, 0.5]),
        ("maximum", (0.0, -0.0), [0.5, 0.5]),
        ("maximum", (INF, INF), [0.5, 0.5]),
        ("hypot", (0.0, 0.0), [0.0, 0.0]),
        ("sqrt", (0.0,), [INF]),
        ("cbrt", (0.0,), [INF]),
        ("cbrt", (-0.0,), [INF]),
        ("asin", (1.0,), [INF]),
        ("asin", (-1.0,), [INF]),
        ("acos", (1.0,), [-INF]),
        ("acosh", (1.0,), [INF]),
        ("leaky_relu", (0.0, 0.25), [0.25, 0.0]),
        ("elu", (0.0, 0.75), [0.75, 0.0]),
        ("stop_gradient", (3.0,), [0.0]),
        ("pow", (0.0, 0.5), [INF, 0.0]),
        ("pow", (0.0, 1.0), [1.0, 0.0]),
        ("pow", (0.0, 2.0), [0.0, 0.0]),
        ("pow", (0.0, 0.0), [0.0, 0.0]),
        ("pow", (-3.0, 2.0), [-6.0, NAN]),
        ("pow", (-1.0, 2.0**54), [-(2.0**54), NAN]),
        ("pow", (-1.0, 2.0**53 + 2), [-(2.0**53) - 2, NAN]),  # b - 1 is no float
        ("pow", (-1.0, -(2.0**53) - 2), [2.0**53 + 2, NAN]),
        ("pow", (-1.0, -(2.0**53)), [2.0**53, NAN]),
        ("pow", (0.0, 200.0), [0.0, 0.0]),
        ("pow", (0.0, 1e15), [0.0, 0.0]),
        ("pow", (-1e-150, -2.0), [INF, NAN]),  # a^(b-1) overflows, a^b doesn't
        ("pow", (-1e-100, -3.0), [-INF, NAN]),
        ("pow", (-1e-70, -4.0), [INF, NAN]),
        ("pow", (1e-150, -2.0), [-INF, 1e-150**-2.0 * math.log(1e-150)]),
        ("ceil", (2.0,), [0.0]),
        ("trunc", (-2.0,), [0.0]),
        ("round", (2.5,), [0.0]),
        ("mod", (6.0, 3.0), [1.0, -2.0]),
        ("mod", (-1.0, 3.0), [1.0, 1.0]),
        ("floordiv", (6.0, 3.0), [0.0, 0.0]),
        ("power", (0.0, 0.0), [0.0, 0.0]),
        ("power", (0.0, 0.5), [INF, 0.0]),
        ("direction", (0.0, 0.0), [NAN, NAN]),
        ("xlogy", (0.0, 0.0), [-INF, 0.0]),
        ("xlogy", (0.0, 2.0), [math.log(2.0), 0.0]),
        ("logaddexp", (INF, INF), [0.5, 0.5]),
        ("logaddexp", (-INF, -INF), [0.5, 0.5]),
        ("atan2", (0.0, 0.0), [NAN, NAN]),
        ("atan2", (0.0, -1.0), [-1.0, -0.0]),
    ],
)
def test_conventions_where_there_is_no_single_derivative(
    name: str, operands: tuple[float, ...], expected: list[float]
) -> None:
    assert [bits(x + 0.0) for x in partials(RULES[name], *operands)] == [bits(x + 0.0) for x in expected]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_to_the_power_0_has_derivative_0_for_every_base(a: float) -> None:
    assert partials(rules.pow, a, 0.0)[0] == 0.0


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_tie_gives_half_to_each_and_no_tie_gives_all_to_one(a: float, b: float) -> None:
    for rule, wins in ((rules.maximum, a > b), (rules.minimum, a < b)):
        assert partials(rule, a, b) == ([0.5, 0.5] if a == b else [1.0, 0.0] if wins else [0.0, 1.0])


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_domain_is_where_floats_do_not_raise(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    some = st.one_of(st.floats(-3, 3), st.floats(allow_nan=False, allow_infinity=False), st.integers(-3, 3).map(float))
    operands = [data.draw(some) for _ in range(rule.arity)]
    try:
        rule.value(*operands)
    except OverflowError:
        assume(False)
    except (ValueError, ZeroDivisionError):
        defined = False
    else:
        defined = True
    assert bool(rule.domain.contains(*operands)) == defined


@pytest.mark.parametrize("name", NAMES)
def test_infinities_and_nan_pass_or_raise_as_math_does(name: str) -> None:
    rule = RULES[name]
    for operands in itertools.product((INF, -INF, NAN, 1.0, -0.0, 5e-324), repeat=rule.arity):
        try:
            y = rule(*operands)
        except (ValueError, OverflowError, ZeroDivisionError):
            continue
        assert isinstance(y, float)
        slopes = partials(rule, *operands)  # whatever they are, they are numbers
        assert len(slopes) == rule.arity - len(rule.constant)
        if name not in ("hypot", "direction", "pow", "power") and any(map(math.isnan, operands)):
            assert math.isnan(y) or name in ("leaky_relu", "elu")  # whose second operand may not matter


@pytest.mark.parametrize(
    ("name", "x", "y", "slope"),
    [
        ("sigmoid", -800.0, 0.0, 0.0),
        ("sigmoid", 800.0, 1.0, 0.0),
        ("sigmoid", -INF, 0.0, 0.0),
        ("sigmoid", INF, 1.0, 0.0),
        ("softplus", -800.0, 0.0, 0.0),
        ("softplus", 1e308, 1e308, 1.0),
        ("softplus", -INF, 0.0, 0.0),
        ("softplus", INF, INF, 1.0),
        ("tanh", 400.0, 1.0, 0.0),
        ("tanh", INF, 1.0, 0.0),
        ("sech", 1000.0, 0.0, 0.0),
        ("erf", INF, 1.0, 0.0),
        ("gelu", -1e300, 0.0, 0.0),
        ("gelu", 1e300, 1e300, 1.0),
        ("silu", -1e300, 0.0, 0.0),
        ("silu", 1e300, 1e300, 1.0),
        ("log1p", 1e-300, 1e-300, 1.0),
        ("expm1", 1e-300, 1e-300, 1.0),
        ("expm1", -1000.0, -1.0, 0.0),
        ("atan", INF, math.pi / 2, 0.0),
        ("asinh", 1e308, math.asinh(1e308), 1e-308),
        ("floor", INF, INF, 0.0),
        ("floor", -INF, -INF, 0.0),
    ],
)
def test_extremes_have_their_limits(name: str, x: float, y: float, slope: float) -> None:
    assert RULES[name](x) == y
    assert partials(RULES[name], x) == [slope]


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_gated_units_have_their_limits_at_infinity_as_values(name: str) -> None:
    assert (RULES[name](-INF), RULES[name](INF)) == (0.0, INF)


def test_hypot_neither_overflows_nor_vanishes() -> None:
    assert rules.hypot(3e300, 4e300) == pytest.approx(5e300, rel=1e-15)
    assert partials(rules.hypot, 3e300, 4e300) == [pytest.approx(0.6), pytest.approx(0.8)]
    assert partials(rules.hypot, 3e-300, 4e-300) == [pytest.approx(0.6), pytest.approx(0.8)]


@given(st.floats())
def test_floor_is_the_largest_whole_float_not_above(x: float) -> None:
    assert bits(rules.floor(x)) == bits(float(math.floor(x)) if math.isfinite(x) else x)


@given(st.floats())
def test_sign_is_that_of_the_number(x: float) -> None:
    assert bits(rules.sign(x)) == bits(x if x == 0 or x != x else math.copysign(1.0, x))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@given(st.floats())
def test_maximum_and_minimum_hand_on_a_nan_from_either_side(name: str, x: float) -> None:
    assert math.isnan(RULES[name](x, NAN))
    assert math.isnan(RULES[name](NAN, x))


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_symbol_and_says_its_domain(name: str) -> None:
    assert RULES[name].symbol
    assert RULES[name].domain.text


# Beyond, 1 - y² and its like have lost more digits than there are.
NOT_TOO_LARGE = 20.0


@pytest.mark.parametrize("name", [name for name in NAMES if RULES[name].textbook != RULES[name].partials])
def test_a_partial_of_the_textbook_is_the_accurate_one_to_30_digits(name: str) -> None:
    rule = RULES[name]
    assert len(rule.textbook) == rule.arity
    count = 0
    with mp.workdps(400):  # e^x - 1 needs 330 at x = 1e-300
        for operands in accuracy.points(name):
            if any(abs(x) > NOT_TOO_LARGE for x in operands) or (name == "sinc" and abs(operands[0]) < 1e-100):
                continue
            if name == "xlogy" and operands[1] <= 0:
                continue
            numbers = tuple(map(mpf, operands))
            y = rule(*numbers)
            for position, (partial, written) in enumerate(zip(rule.partials, rule.textbook)):
                if not truth.has_derivative(name, operands, position) or written is partial:
                    continue
                slope = partial(*numbers, y)
                assert abs(written(*numbers, y) - slope) <= mpf("1e-30") * abs(slope), (operands, position)
                count += 1
    assert count >= 90


def test_a_partial_that_the_textbook_does_not_have_is_the_accurate_one() -> None:
    first, second, written = (lambda a, b, y: a), (lambda a, b, y: b), (lambda a, b, y: y)
    domain = rules.Domain("every a and b", lambda a, b: True)
    assert Rule("f", max, (first, second), domain).textbook == (first, second)
    assert Rule("f", max, (first, second), domain, textbook=(None, written)).textbook == (first, written)


def test_every_row_is_found_by_its_name() -> None:
    assert all(rules.named(name) is rule and rule.name == name for name, rule in RULES.items())
    assert rules.named("") is LEAF
    with pytest.raises(KeyError):
        rules.named("no such row")


def test_a_row_pickles_as_itself() -> None:
    assert all(pickle.loads(pickle.dumps(rule)) is rule for rule in (*RULES.values(), LEAF))
    assert (repr(rules.sin), repr(LEAF)) == ("<rule sin>", "<rule leaf>")


def test_every_row_has_an_independent_truth() -> None:
    assert set(truth.FUNCTIONS) == set(RULES)


FLOATS = st.one_of(st.floats(), st.sampled_from((0.0, -0.0, 1.0, -1.0, 5e-324, 1e308, INF, -INF)))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
@given(FLOATS, FLOATS)
def test_inlined_operators_are_the_tables_rows_bit_for_bit(name: str, a: float, b: float) -> None:
    assume(not (name == "div" and b == 0))
    rule, write = RULES[name], PYTHON[name]
    da, db = partials(rule, a, b)
    x, y = Value(a), Value(b)
    for node, on_a, on_b in ((write(x, y), True, True), (write(x, b), True, False), (write(a, y), False, True)):
        assert node._rule is rule
        assert bits(node.data) == bits(write(a, b))
        on_left, on_right = node._operands()
        assert on_left is x if on_a else bits(on_left) == bits(a)
        assert on_right is y if on_b else bits(on_right) == bits(b)
        assert bits(node._da) == bits(da if on_a else a)
        assert bits(node._db) == bits(db if on_b else b)


@given(FLOATS)
def test_inlined_negation_is_the_tables_row_bit_for_bit(a: float) -> None:
    node = -Value(a)
    assert node._rule is rules.neg
    assert bits(node.data) == bits(-a)
    assert [node._da] == partials(rules.neg, a)


@pytest.mark.parametrize("name", NAMES)
def test_an_undefined_point_names_the_row_the_operands_and_the_domain(name: str) -> None:
    rule = RULES[name]
    outside = [x for x in itertools.product((-2.0, 0.0, -0.5, INF), repeat=rule.arity) if not rule.domain.contains(*x)]
    for operands in outside:
        if INF in operands and rule is rules.pow:
            continue  # (-2) ** inf is inf, as float has it
        with pytest.raises((ValueError, ZeroDivisionError)) as caught:
            rule(*operands)
        at = ", ".join(map(repr, operands))
        assert str(caught.value) == f"{name} is undefined at {at}; its domain is {rule.domain.text}"


def test_overflow_names_the_row_and_the_operand() -> None:
    with pytest.raises(OverflowError, match=r"^exp overflows at 1000.0: the result is beyond 1.8e308$"):
        rules.exp(1000.0)
    with pytest.raises(OverflowError, match=r"^pow overflows at 10.0, 400.0: "):
        rules.pow(10.0, 400.0)


def test_rows_take_whole_numbers_and_booleans_as_floats() -> None:
    assert rules.div(1, 4) == 0.25
    assert rules.exp(False) == 1.0
    with pytest.raises(TypeError, match="a real number is needed, not str: 'one'"):
        rules.exp("one")
    with pytest.raises(TypeError, match="a real number is needed, not complex"):
        rules.exp(1j)


def test_pi_is_as_precise_as_its_operand() -> None:
    assert rules.pi(1.0) == math.pi
    with mp.workdps(50):
        assert rules.pi(mpf(1)) == +mp.pi
    assert autograd.acos(-1.0) == math.pi


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("cbrt", (-0.027697653883251405,)),
        ("elu", (-944.6315860327818, -7.79424472097808e255)),
        ("elu", (-713.7, -437.3)),
    ],
)
def test_points_that_make_thorough_has_found(name: str, operands: tuple[float, ...]) -> None:
    for error, bound in accuracy.of_partials(RULES[name], operands):
        assert error <= bound


def test_public_names_are_those_of_the_table() -> None:
    operators = {"add", "sub", "mul", "div", "pow", "neg", "floordiv"}
    for name, rule in RULES.items():
        if not rule.public:
            continue
        if name not in operators:
            assert callable(getattr(autograd, name)), name
            assert name in (*autograd.__all__, "abs", "round")  # which a star import leaves to Python
        if rule.arity == 1 and name not in ("neg", "stop_gradient"):
            assert callable(getattr(Value, name)), name
        if rule.arity == 1:  # of the other two NumPy asks the operator
            numpys = set(rule.elsewhere.get("numpy", ())) - {"absolute", "negative"}
            assert all(callable(getattr(Value, there)) for there in numpys), name
    for rule in RULES.values():
        if not rule.public:
            assert not hasattr(autograd, rule.name)
