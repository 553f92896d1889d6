"""Users' own rows: they work wherever the built-in functions do, and what is wrong with one is said at once."""

from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from mpmath import mp, mpf

import autograd
from autograd import (
    AnomalyError,
    Value,
    derivative,
    detect_anomaly,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    primitive,
    to_dot,
    to_sympy,
    vjp,
)
from autograd.engine.graph import topological_order
from autograd.engine.rules import RULES, Domain
from autograd.testing import WrongGradient, gradcheck, gradgradcheck
from autograd.views.formula import formula


def swish_row() -> Any:
    @primitive(
        partials=lambda x, y: autograd.sigmoid(x) + y * autograd.sigmoid(-x),
        symbol="sw",
        latex=r"\operatorname{{sw}}({0})",
        domain="every x",
        verify=True,
    )
    def my_swish(x: Any) -> Any:
        """x times its sigmoid."""
        return x * autograd.sigmoid(x)

    return my_swish


def quotient_row(**more: Any) -> Any:
    @primitive(partials=(lambda a, b, y: 1 / (1 + b * b), lambda a, b, y: -2 * b * y / (1 + b * b)), **more)
    def damped(a: Any, b: Any) -> Any:
        return a / (1 + b * b)

    return damped


def test_it_is_one_operation_under_its_own_name_and_symbol() -> None:
    swish = swish_row()
    x = Value(0.7, "x")
    y = swish(x)
    assert (y.op, y.parents, y._op) == ("my_swish", (x,), "sw")
    assert y.data == autograd.silu(0.7)
    assert ">sw<" in to_dot(y).source or "sw" in to_dot(y).source
    rule = RULES["my_swish"]
    assert (rule.symbol, rule.domain.text) == ("sw", "every x")
    assert (formula(y), formula(y, style="latex")) == ("sw(x)", r"\operatorname{sw}(x)")
    assert (swish.__name__, swish.__doc__) == ("my_swish", "x times its sigmoid.")


def test_symbol_latex_and_domain_have_defaults() -> None:
    y = quotient_row()(Value(1.0, "a"), Value(2.0, "b_1"))
    assert RULES["damped"].symbol == "damped"
    assert (formula(y), formula(y, style="latex")) == ("damped(a, b_1)", r"\operatorname{damped}(a, b_{1})")
    assert RULES["damped"].domain.text


@pytest.mark.parametrize(
    ("latex", "alone", "nested"),
    [
        (r"{0} \star {1}", r"a \star b", r"c \cdot ((a + b) \star c)"),
        (r"\mathcal{{D}}({0}; {1})", r"\mathcal{D}(a; b)", r"c \cdot \mathcal{D}(a + b; c)"),
        (r"\langle {1}, {0} \rangle", r"\langle b, a \rangle", r"c \cdot \langle c, a + b \rangle"),
    ],
)
def test_a_latex_template_is_for_latex_and_its_operands_have_brackets_where_they_need_them(
    latex: str, alone: str, nested: str
) -> None:
    a, b, c = (Value(x, label) for x, label in ((1.0, "a"), (2.0, "b"), (3.0, "c")))
    damped = quotient_row(latex=latex)
    assert formula(damped(a, b), style="latex") == alone
    assert formula(c * damped(a + b, c), style="latex") == nested
    assert formula(c * damped(a + b, c)) == "c * damped(a + b, c)"
    assert "<mi>damped</mi>" in formula(damped(a, b), style="mathml")


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        ("{0} + {2}", r"asks for \{2\}, but its operands are \{0\}, \{1\}"),
        ("{x}", r"asks for \{x\}"),
        ("{}", r"asks for \{\}"),
        ("{0.real}", r"asks for \{0\.real\}"),
        ("{0:>9}", r"asks for \{0\}"),
        (r"\frac{{0}", "is wrong: .*literal braces are doubled"),
    ],
)
def test_a_latex_template_that_cannot_be_filled_in_is_refused_at_once(latex: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        quotient_row(latex=latex)
    assert "damped" not in RULES


@pytest.mark.parametrize("slope", [-3, -2, -1, 0, 1, 2, 3])
def test_a_partial_may_be_any_whole_number(slope: int) -> None:
    @primitive(partials=lambda x, y: slope)
    def line(x: Any) -> Any:
        return slope * x

    x = Value(0.5)
    assert gradient(line(x), [x])[0].data == gradient(line(line(x)), [line(x), x])[1].data / (slope or 1) == slope

    def through(x: Any) -> Any:
        return 0.5 * line(2 * x)

    for f in (line, through):
        assert grad(f)(0.5) == derivative(f)(0.5) == jvp(f, (0.5,), (1.0,))[1] == slope
    assert grad(lambda x: derivative(through)(x) * x)(0.5) == derivative(lambda x: grad(through)(x) * x)(0.5) == slope


def test_every_derivative_is_that_of_the_function_written_out() -> None:
    swish = swish_row()
    x = 0.7
    for n in range(4):
        assert derivative(swish, n)(x) == pytest.approx(derivative(autograd.silu, n)(x), rel=1e-13)
    v = Value(x)
    swish(v).backward()
    assert v.grad == pytest.approx(grad(autograd.silu)(x), rel=1e-14)
    (first,) = gradient(swish(v), [v])
    (second,) = gradient(first, [v])
    assert second.data == pytest.approx(derivative(autograd.silu, 2)(x), rel=1e-13)
    assert hessian(swish)(x) == pytest.approx(derivative(autograd.silu, 2)(x), rel=1e-13)
    assert hvp(swish, x, 2.0) == pytest.approx(2 * derivative(autograd.silu, 2)(x), rel=1e-13)
    assert jvp(swish, (x,), (1.0,)) == (swish(x), grad(swish)(x))
    assert vjp(swish, x)[1](1.0) == (grad(swish)(x),)
    assert jacobian(swish)(x) == grad(swish)(x)
    assert grad(grad(swish))(x) == pytest.approx(second.data, rel=1e-14)


def test_two_operands() -> None:
    damped = quotient_row(verify=True)
    a, b = Value(3.0, "a"), Value(2.0, "b")
    damped(a, b).backward()
    assert (a.grad, b.grad) == (pytest.approx(0.2), pytest.approx(-12 / 25))
    assert damped(a, 2.0).parents[0] is a
    assert damped(3.0, b).data == damped(3, 2) == 0.6
    plain = lambda p: p[0] / (1 + p[1] * p[1])  # noqa: E731
    assert np.allclose(hessian(lambda p: damped(*p))([3.0, 2.0]), hessian(plain)([3.0, 2.0]), rtol=1e-13)


def test_on_arrays_element_by_element() -> None:
    swish, damped = swish_row(), quotient_row()
    x = np.array([[0.5, -1.0], [2.0, 0.0]])
    assert swish(x).tolist() == [[swish(v) for v in row] for row in x.tolist()]
    slopes = grad(lambda m: swish(m).sum())(x)
    assert slopes.tolist() == [[grad(swish)(v) for v in row] for row in x.tolist()]
    assert damped(x, 2.0).shape == (2, 2)
    assert damped(np.array([Value(1.0)], dtype=object), x[0]).shape == (2,)


def test_on_every_kind_of_number() -> None:
    swish, damped = swish_row(), quotient_row()
    assert grad(damped, (0, 1))(Fraction(3), Fraction(2)) == (Fraction(1, 5), Fraction(-12, 25))
    assert type(damped(Decimal(3), Decimal(2))) is Decimal
    with mp.workdps(50):
        third = mpf(1) / 3
        exact = mp.diff(lambda x: x / (1 + mp.exp(-x)), third, 2)
        assert abs(hessian(swish)(third)[()] - exact) < mpf(10) ** -45
    s, t = sympy.symbols("s t", real=True)
    assert sympy.simplify(grad(damped, 1)(s, t) - sympy.diff(s / (1 + t**2), t)) == 0
    assert sympy.simplify(to_sympy(damped(Value(3.0, "s"), Value(2.0, "t"))) - s / (1 + t**2)) == 0
    with pytest.raises(TypeError, match="of a Fraction has no exact value"):
        swish(Fraction(1, 2))


@pytest.mark.parametrize(
    "name", ["gamma", "factor", "beta", "fib", "expand", "diff", "powdenest", "root", "simplify", "li"]
)
def test_a_name_that_mpmath_or_sympy_also_has_is_the_users(name: str) -> None:
    def f(x: Any) -> Any:
        return x * x + 1

    f.__name__ = name
    row = primitive(partials=lambda x, y: 2 * x)(f)
    assert row(mpf(3)) == 10
    assert grad(row)(mpf(3)) == 6
    s = sympy.Symbol("s", real=True)
    assert row(s) == s * s + 1
    assert to_sympy(row(Value(3.0, "s"))) == s * s + 1


def test_partials_may_be_constants_or_conditions() -> None:
    @primitive(partials=lambda x, y: 2)
    def doubled(x: Any) -> Any:
        return 2 * x

    @primitive(partials=lambda x, y: autograd.where(x > 1, 3 * x * x, 1))
    def bent(x: Any) -> Any:
        return autograd.where(x > 1, x**3, x)

    assert grad(doubled)(3.0) == 2.0
    assert hessian(doubled)(3.0) == 0.0
    assert [derivative(bent, n)(2.0) for n in range(4)] == [8.0, 12.0, 12.0, 6.0]
    assert [derivative(bent, n)(0.5) for n in range(3)] == [0.5, 1.0, 0.0]


def test_the_partials_given_are_used_even_where_they_are_not_the_derivative() -> None:
    @primitive(partials=lambda x, y: 1)
    def straight_through(x: Any) -> Any:
        return autograd.floor(x)

    assert straight_through(2.7) == 2.0
    assert grad(straight_through)(2.7) == 1.0


def test_errors_inside_the_function_name_it_the_operand_and_the_domain() -> None:
    @primitive(partials=lambda x, y: 1 / (2 * y), domain="x >= 1")
    def root_of_excess(x: Any) -> Any:
        return autograd.sqrt(x - 1)

    with pytest.raises(ValueError, match=r"root_of_excess is undefined at 0\.5.*; its domain is x >= 1"):
        root_of_excess(0.5)
    with pytest.raises(ValueError, match=r"root_of_excess is undefined at 0\.5 \(operand 'x' = 0\.5\)"):
        root_of_excess(Value(0.5, "x"))


def test_a_domain_with_a_predicate_is_checked_on_other_numbers() -> None:
    @primitive(partials=lambda x, y: 2 * x, domain=Domain("x > 0", lambda x: x > 0), verify=True)
    def square_of_positive(x: Any) -> Any:
        return x * x

    assert square_of_positive(Fraction(1, 2)) == Fraction(1, 4)
    with pytest.raises(ValueError, match=r"square_of_positive is undefined at .*; its domain is x > 0"):
        square_of_positive(Fraction(-1, 2))


@pytest.mark.parametrize("operands", [(), (1.0, 2.0), (1.0, 2.0, 3.0)])
def test_calling_it_with_another_number_of_operands(operands: Any) -> None:
    with pytest.raises(TypeError, match=f"my_swish takes 1 numbers?, not {len(operands)}"):
        swish_row()(*operands)


def nothing() -> None: ...
def starred(*xs: Any) -> Any: ...
def keyword(x: Any, *, scale: Any) -> Any: ...


@pytest.mark.parametrize("function", [nothing, starred, keyword])
def test_a_function_of_another_arity_is_refused(function: Any) -> None:
    with pytest.raises(
        TypeError, match=f"a primitive takes a fixed number of operands, one or more, but {function.__name__} takes"
    ):
        primitive(partials=lambda x, y: 1)(function)
    assert function.__name__ not in RULES


@pytest.mark.parametrize("partials", [(), (lambda x, y: 1,) * 2, (lambda x, y: 1,) * 3])
def test_the_number_of_partials_has_to_be_that_of_operands(partials: Any) -> None:
    with pytest.raises(
        ValueError, match=f"one takes 1 numbers? and needs a partial for each; there are {len(partials)}"
    ):

        @primitive(partials=partials)
        def one(x: Any) -> Any:
            return x

    assert "one" not in RULES


@pytest.mark.parametrize("partial", [lambda: 1, lambda x: 1, lambda x, y, z: 1, lambda x, y, *, z: 1])
def test_a_partial_has_to_take_the_operands_and_the_result(partial: Any) -> None:
    with pytest.raises(ValueError, match="partial 1 of one has to take the operands and the result, 2 numbers in all"):

        @primitive(partials=partial)
        def one(x: Any) -> Any:
            return x


def test_a_partial_may_have_more_parameters_that_have_defaults() -> None:
    @primitive(partials=lambda x, y, factor=3: factor)
    def tripled(x: Any) -> Any:
        return 3 * x

    assert grad(tripled)(1.0) == 3.0


@pytest.mark.parametrize(
    ("result", "said"), [("2x", "str '2x'"), (None, "NoneType None"), (2j, "complex 2j"), ([1.0], "list")]
)
def test_a_partial_that_gives_no_number_is_named_when_it_is_used(result: object, said: str) -> None:
    @primitive(partials=lambda x, y: result)
    def odd(x: Any) -> Any:
        return x

    assert odd(1.0) == 1.0
    for use in (grad(odd), lambda x: odd(Value(x)), lambda x: jvp(odd, (x,), (1.0,)), hessian(odd)):
        with pytest.raises(TypeError, match=rf"partial 1 of odd gave {said}.*, which is no number"):
            use(1.0)


@pytest.mark.parametrize("name", ["add", "sigmoid", "my_swish"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    swish_row()
    row = RULES[name]

    def function(x: Any) -> Any:
        return x

    function.__name__ = name
    with pytest.raises(
        ValueError, match=f"there is a primitive named '{name}' already; give the function another name"
    ):
        primitive(partials=lambda x, y: 1)(function)
    assert RULES[name] is row


def test_verify_refuses_a_wrong_partial_and_says_where() -> None:
    with pytest.raises(ValueError, match=r"partial 1 of wrong is .* at .*, where differences of the function give"):

        @primitive(partials=lambda x, y: 3 * x, verify=True)
        def wrong(x: Any) -> Any:
            return x * x

    assert "wrong" not in RULES
    with pytest.raises(ValueError, match="partial 2 of wrong_in_b"):

        @primitive(partials=(lambda a, b, y: b, lambda a, b, y: -a), verify=True)
        def wrong_in_b(a: Any, b: Any) -> Any:
            return a * b


@pytest.mark.parametrize("error", [1e-5, -1e-5, math.nan])
def test_verify_sees_small_errors_and_nan(error: float) -> None:
    with pytest.raises(ValueError, match="partial 1 of almost is"):

        @primitive(partials=lambda x, y: autograd.cos(x) + error, verify=True)
        def almost(x: Any) -> Any:
            return autograd.sin(x)


def test_verify_passes_what_is_right_on_a_part_of_the_line() -> None:
    @primitive(partials=lambda x, y: 1 / x, verify=True)
    def logarithm(x: Any) -> Any:
        return autograd.log(x)

    @primitive(partials=lambda x, y: autograd.where(x > 0, 1, 0), verify=True)
    def corner(x: Any) -> Any:
        return autograd.relu(x)

    assert grad(logarithm)(2.0) == 0.5


@pytest.mark.parametrize("reason", ["undefined everywhere", "no derivative"])
def test_verify_says_when_it_found_nothing_to_compare(reason: str) -> None:
    def undefined(x: Any) -> Any:
        if reason == "undefined everywhere":
            raise ValueError("nowhere")
        return math.inf

    with pytest.raises(ValueError, match="undefined could not be verified"):
        primitive(partials=lambda x, y: 1, verify=True)(undefined)


STEPS = ("sign", "floor", "ceil", "trunc", "round", "floordiv", "stop_gradient")


@pytest.mark.parametrize("name", [n for n, rule in RULES.items() if n not in (*STEPS, "pow") and not rule.constant])
def test_verify_holds_for_the_rows_of_the_table(name: str) -> None:
    rule = RULES[name]
    function = (lambda x: rule(x)) if rule.arity == 1 else (lambda a, b: rule(a, b))
    function.__name__ = f"again_{name}"
    again = primitive(partials=rule.partials, domain=rule.domain, verify=True)(function)
    assert callable(again)


# --- More than two operands ---


def fma_row(**more: Any) -> Any:
    @primitive(partials=(lambda a, b, c, y: b, lambda a, b, c, y: a, lambda a, b, c, y: 1), **more)
    def fma(a: Any, b: Any, c: Any) -> Any:
        return a * b + c

    return fma


def mixture_row(**more: Any) -> Any:
    @primitive(
        partials=(
            lambda t, a, b, c, y: a * b - c,
            lambda t, a, b, c, y: t * b,
            lambda t, a, b, c, y: t * a,
            lambda t, a, b, c, y: 1 - t,
        ),
        **more,
    )
    def mixture(t: Any, a: Any, b: Any, c: Any) -> Any:
        return t * a * b + (1 - t) * c

    return mixture


def written_out(t: Any, a: Any, b: Any, c: Any) -> Any:
    return t * a * b + (1 - t) * c


AT = (0.25, 3.0, -2.0, 5.0)


def test_many_operands_are_one_operation_with_all_of_them_as_parents() -> None:
    x, z = Value(2.0, "x"), Value(3.0, "z")
    y = fma_row(verify=True)(x, 4.0, z)
    assert (y.op, y.data) == ("fma", 11.0)
    assert [(p.data, p.label) for p in y.parents] == [(2.0, "x"), (4.0, ""), (3.0, "z")]
    assert (y.parents[0], y.parents[2]) == (x, z)
    assert formula(y) == "fma(x, 4, z)"


@pytest.mark.parametrize("which", range(1, 16))
def test_each_of_many_operands_may_be_a_plain_number(which: int) -> None:
    mixture = mixture_row(verify=True)
    leaves = [Value(x) if which >> i & 1 else x for i, x in enumerate(AT)]
    mixture(*leaves).backward()
    values = [x for x in leaves if isinstance(x, Value)]
    by = tuple(i for i in range(4) if which >> i & 1)
    expected = grad(written_out, by)(*AT)
    assert [x.grad for x in values] == pytest.approx(list(expected))
    assert [g.data for g in gradient(mixture(*leaves), values)] == pytest.approx(list(expected))
    assert grad(mixture, by)(*AT) == pytest.approx(expected)


def test_an_operand_may_stand_in_several_places() -> None:
    fma = fma_row()
    x = Value(3.0)
    y = fma(x, x, x)
    y.backward()
    assert (y.data, x.grad, y.parents) == (12.0, 7.0, (x, x, x))
    assert grad(lambda x: fma(x, fma(x, x, x), x))(2.0) == grad(lambda x: x * (x * x + x) + x)(2.0)


def test_every_transform_of_many_operands_is_that_of_the_function_written_out() -> None:
    mixture = mixture_row()
    both = [hessian(lambda p, f=f: f(*p))(list(AT)) for f in (mixture, written_out)]
    assert np.allclose(*both, rtol=1e-13)
    assert grad(grad(mixture, 1), 2)(*AT) == pytest.approx(AT[0])
    assert hvp(lambda p: mixture(*p), list(AT), [1.0, 2.0, 3.0, 4.0]) == pytest.approx(
        hvp(lambda p: written_out(*p), list(AT), [1.0, 2.0, 3.0, 4.0])
    )
    assert jvp(mixture, AT, (1.0, 2.0, 3.0, 4.0)) == pytest.approx(jvp(written_out, AT, (1.0, 2.0, 3.0, 4.0)))
    assert vjp(mixture, *AT)[1](1.0) == pytest.approx(vjp(written_out, *AT)[1](1.0))
    assert derivative(lambda x: mixture(x, x, x, x), 3)(0.7) == pytest.approx(6.0)
    x = Value(0.7)
    (first,) = gradient(mixture(x, x, x, x), [x])
    (second,) = gradient(first, [x])
    assert second.data == pytest.approx(derivative(lambda x: written_out(x, x, x, x), 2)(0.7))


def test_many_operands_on_every_kind_of_number_and_on_arrays() -> None:
    mixture, fma = mixture_row(), fma_row()
    assert grad(mixture, (0, 3))(*map(Fraction, (1, 3, -2, 5))) == (-11, 0)
    names = sympy.symbols("t a b c", real=True)
    assert sympy.expand(mixture(*names) - written_out(*names)) == 0
    labelled = [Value(x, label) for x, label in zip(AT, "tabc")]
    assert sympy.expand(to_sympy(mixture(*labelled)) - written_out(*names)) == 0
    a = np.array([Value(1.0), Value(2.0)], dtype=object)
    ys = fma(a, np.array([3.0, 4.0]), 5.0)
    assert [y.data for y in ys] == [8.0, 13.0]
    ys.sum().backward()
    assert [x.grad for x in a] == [3.0, 4.0]
    assert fma(np.array([1.0, 2.0]), 2.0, 1.0).tolist() == [3.0, 5.0]
    assert fma(np.float64(2.0), np.array(3.0), 4) == 10.0


def test_a_graph_with_many_operands_is_shown_without_what_holds_them() -> None:
    a, b, c = Value(2.0, "a"), Value(3.0, "b"), Value(4.0, "c")
    source = to_dot(fma_row()(a, b, c) * a).source
    assert "fma" in source
    assert "rest" not in source
    assert all(label in source for label in "abc")
    assert source.count("->") >= 5


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_a_graph_with_many_operands_is_copied(copied: Any) -> None:
    x = Value(0.5, "x")
    y = mixture_row()(x, 3.0, x * 2, Value(4.0)) * x
    z = copied(y)
    y.backward()
    z.backward()
    (twin,) = [v for v in topological_order(z) if v.label == "x"]
    assert (z.data, twin.grad) == (y.data, x.grad)
    assert twin is not x
    assert [p.op for p in z.parents] == [p.op for p in y.parents]


def test_modes_take_many_operands() -> None:
    fma = fma_row()
    a, b, c = Value(2.0), Value(3.0), Value(math.inf)
    with no_grad():
        y = fma(a, b, 1.0)
    assert (y.parents, y.data) == ((), 7.0)
    with detect_anomaly():
        y = fma(a, b, 1.0)
        y.backward()
        assert (a.grad, b.grad) == (3.0, 2.0)
        with pytest.raises(AnomalyError, match="fma"):
            fma(a, 0.0 * Value(1.0), c) - fma(a, 1.0, c)


def test_a_partial_of_0_stops_an_infinite_derivative_at_each_of_many_operands() -> None:
    @primitive(partials=(lambda a, b, c, y: 0, lambda a, b, c, y: 1, lambda a, b, c, y: 0))
    def middle(a: Any, b: Any, c: Any) -> Any:
        return b

    x = Value(0.0)
    y = autograd.sqrt(middle(x, Value(0.0), x))
    y.backward()
    assert x.grad == 0.0
    assert grad(lambda x: autograd.sqrt(middle(x, 0.0, x)))(0.0) == 0.0


def test_errors_with_many_operands_name_them() -> None:
    @primitive(partials=(lambda a, b, c, y: 1,) * 3, domain="c > 0")
    def needs_c(a: Any, b: Any, c: Any) -> Any:
        return a + b + autograd.log(c)

    with pytest.raises(
        ValueError, match=r"needs_c is undefined at 1\.0, 2\.0, -1\.0 \(operand 'c' = -1\.0\); .* c > 0"
    ):
        needs_c(1.0, Value(2.0), Value(-1.0, "c"))
    with pytest.raises(TypeError, match="fma takes 3 numbers, not 2"):
        fma_row()(1.0, 2.0)
    with pytest.raises(ValueError, match="partial 3 of wrong is"):

        @primitive(partials=(lambda a, b, c, y: b, lambda a, b, c, y: a, lambda a, b, c, y: 2), verify=True)
        def wrong(a: Any, b: Any, c: Any) -> Any:
            return a * b + c


def test_gradcheck_takes_many_operands_and_explains_what_is_wrong() -> None:
    mixture = mixture_row()
    gradcheck(mixture, *AT)
    gradgradcheck(mixture, *AT)
    leaves = [Value(x) for x in AT]
    gradcheck(lambda: mixture(*leaves) * leaves[1], wrt=leaves)
    fma = fma_row()
    f = lambda a, b, c: fma(a, b, c) * c  # noqa: E731  (by c: a·b + 2c)
    with pytest.raises(WrongGradient, match="the derivative of 'fma' by its operand 3 has the wrong one"):
        gradcheck((f, lambda a, b, c: (b * c, a * c, a * b)), 2.0, 3.0, 4.0)


# --- Defined again ---


def test_a_primitive_may_be_defined_again_at_the_same_place() -> None:
    def define(factor: float) -> Any:
        @primitive(partials=lambda x, y: factor)
        def scaled_again(x: Any) -> Any:
            return factor * x

        return scaled_again

    old = define(2.0)
    before = old(Value(1.0))
    new = define(3.0)
    assert (grad(old)(1.0), grad(new)(1.0)) == (2.0, 3.0)
    assert RULES["scaled_again"] is new(Value(1.0))._rule is not before._rule
    before.backward()
    assert before.parents[0].grad == 2.0

    def scaled_again(x: Any) -> Any:
        return x

    with pytest.raises(ValueError, match="there is a primitive named 'scaled_again' already"):
        primitive(partials=lambda x, y: 1)(scaled_again)
