"""A row that is added to the rule table while the program runs works everywhere, as the rows that are written there do.

Nothing else knows these rows: no back end, no view, no test kit. Each is one ``Rule`` in the table, and what is written
here about them beside it is what is to be found: the truth, by mpmath.
"""

from __future__ import annotations

import ctypes
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from mpmath import mp, mpf

from autograd import Value, grad, gradient, hessian, jit, jvp, tanh, to_dot, to_sympy, value_and_grad, vmap, where
from autograd.compiler import kernel
from autograd.engine.notation import call
from autograd.engine.partials import times_exp
from autograd.engine.rules import ALL, RULES, Domain, Rule, exp, log1p, ratio, sigmoid, softplus
from autograd.errors import TraceError
from autograd.testing import check_engine, expressions, gradcheck, gradgradcheck
from autograd.views.formula import formula
from tests.compiler.test_source import c_function, python_function

BACKENDS = ["python", "numpy", *(["c"] if kernel.available() else [])]
THREE = Domain("every a, b and c", lambda a, b, c: True)
PAIR = Domain("every a and b", lambda a, b: True)


# --- The rows ---


def mish_of_floats(x: float) -> float:
    return x * math.tanh(math.log1p(math.exp(-abs(x))) + max(x, 0.0))


def mish_slope(x: Any, y: Any) -> Any:
    t = tanh(softplus(x))
    return t + x * (1 - t * t) * sigmoid(x)


def mish(**more: Any) -> Rule:
    """x·tanh(softplus x)."""
    return Rule(
        "mish", mish_of_floats, (mish_slope,), ALL, definition=lambda x: x * tanh(softplus(x)), bounded=True, **more
    )


def damped(**more: Any) -> Rule:
    """a·e^b / (1 + e^b)."""
    return Rule(
        "damped",
        lambda a, b: a / (1.0 + math.exp(-b)),
        (lambda a, b, y: sigmoid(b), lambda a, b, y: y * sigmoid(-b)),
        PAIR,
        definition=lambda a, b: a * sigmoid(b),
        **more,
    )


def mixed(**more: Any) -> Rule:
    """a·b + (1 - a)·c², the third operand's partial not linear in it."""
    return Rule(
        "mixed",
        lambda a, b, c: a * b + (1.0 - a) * c * c,
        (lambda a, b, c, y: b - c * c, lambda a, b, c, y: a, lambda a, b, c, y: 2 * (1 - a) * c),
        THREE,
        definition=lambda a, b, c: a * b + (1 - a) * c * c,
        bounded=True,
        **more,
    )


class Row(NamedTuple):
    """A row, and what is true of it."""

    make: Callable[..., Rule]
    truth: Callable[..., Any]  # with mpmath's and SymPy's functions
    points: tuple[tuple[float, ...], ...]
    symbol: str


ROWS = {
    "mish": Row(mish, lambda x, lib: x * lib.tanh(lib.log(1 + lib.exp(x))), ((0.7,), (-1.3,), (2.5,)), "Mish"),
    "damped": Row(damped, lambda a, b, lib: a / (1 + lib.exp(-b)), ((0.7, -0.4), (-2.0, 1.5)), "damp"),
    "mixed": Row(
        mixed, lambda a, b, c, lib: a * b + (1 - a) * c**2, ((0.3, 1.2, -0.8), (-1.0, 0.5, 2.0)), "mix"
    ),
}  # fmt: skip
KINDS = [(name, with_notation) for name in ROWS for with_notation in (False, True)]


@pytest.fixture(params=KINDS, ids=lambda kind: kind[0] + ("" if not kind[1] else "-with-notation"))
def row(request: pytest.FixtureRequest) -> Iterator[tuple[Row, Rule]]:
    """A row of which the table knows nothing before the test, and nothing after it."""
    name, with_notation = request.param
    row = ROWS[name]
    assert name not in RULES
    rule = row.make(**({"notation": call(row.symbol)} if with_notation else {}))
    RULES[name] = rule
    try:
        yield row, rule
    finally:
        del RULES[name]


Case = tuple[Row, Rule]


def truth(row: Row, point: tuple[float, ...], *orders: int) -> float:
    """The value, or the derivative of those orders by the operands."""
    with mp.workdps(40):
        return float(mp.diff(lambda *xs: row.truth(*xs, lib=mp), tuple(map(mpf, point)), orders or (0,) * len(point)))


def slopes(row: Row, point: tuple[float, ...]) -> list[float]:
    n = len(point)
    return [truth(row, point, *(int(i == j) for j in range(n))) for i in range(n)]


def curvatures(row: Row, point: tuple[float, ...]) -> list[list[float]]:
    n = len(point)
    return [[truth(row, point, *(int(i == k) + int(j == k) for k in range(n))) for j in range(n)] for i in range(n)]


def near(x: Any, rel: float = 1e-12) -> Any:
    return pytest.approx(x, rel=rel, abs=rel)


# --- Eager ---


def test_a_call_backward_and_every_transform(row: Case) -> None:
    its, f = row
    for point in its.points:
        every = tuple(range(len(point)))
        assert f(*point) == near(truth(its, point))
        operands = [Value(x, f"x{i}") for i, x in enumerate(point)]
        y = f(*operands)
        assert (y.op, y.data, y.parents) == (f.name, f(*point), tuple(operands))
        y.backward()
        assert [x.grad for x in operands] == near(slopes(its, point))
        assert list(grad(f, every)(*point)) == near(slopes(its, point))
        assert [x.data for x in gradient(f(*operands), operands)] == near(slopes(its, point))
        direction = [0.5 - i for i in every]
        assert jvp(f, point, tuple(direction)) == (
            near(truth(its, point)), near(sum(v * s for v, s in zip(direction, slopes(its, point)))),
        )  # fmt: skip
        second = hessian(lambda xs: f(*xs))(list(point))
        assert np.array(second) == near(np.array(curvatures(its, point)))
        assert grad(grad(f))(*point) == near(curvatures(its, point)[0][0])
        gradcheck(f, *point)
        gradgradcheck(f, *point)


def test_arrays_and_other_kinds_of_numbers(row: Case) -> None:
    its, f = row
    columns = np.array(its.points).T
    expected = [truth(its, point) for point in its.points]
    assert f(*columns) == near(np.array(expected))
    assert np.array(vmap(f)(*columns)) == near(np.array(expected))
    of_values = f(*[np.array([Value(x) for x in column]) for column in columns])
    assert [y.data for y in of_values] == near(expected)
    with mp.workdps(40):
        for point in its.points:
            exact = tuple(map(mpf, point))
            assert abs(f(*exact) - its.truth(*exact, lib=mp)) < mpf(10) ** -37


# --- Compiled ---


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_compiled_the_value_and_the_derivatives(row: Case, backend: str, dtype: str) -> None:
    its, f = row
    rel = {"float64": 1e-12, "float32": 2e-5}[dtype]
    for point in its.points:
        every = tuple(range(len(point)))
        assert jit(f, dtype).lower(*point).run(*point, backend=backend) == near(truth(its, point), rel)
        slope = jit(grad(f, every), dtype).lower(*point).run(*point, backend=backend)
        assert list(slope) == near(slopes(its, point), rel)
        second = jit(grad(grad(f)), dtype).lower(*point).run(*point, backend=backend)
        assert second == near(curvatures(its, point)[0][0], rel)
        along = tuple(0.5 - i for i in every)
        forward = jit(lambda *xs, along=along: jvp(f, xs, along), dtype).lower(*point).run(*point, backend=backend)
        assert forward[1] == near(sum(v * s for v, s in zip(along, slopes(its, point))), rel)
    columns = np.array(its.points).T
    batched = jit(lambda *xs: vmap(value_and_grad(f))(*xs), dtype).lower(*columns)
    values, first = batched.run(*columns, backend=backend)
    assert np.array(values) == near(np.array([truth(its, point) for point in its.points]), rel)
    assert np.array(first) == near(np.array([slopes(its, point)[0] for point in its.points]), rel)


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_as_a_c_file(row: Case, dtype: str, tmp_path: Path) -> None:
    its, f = row
    real = {"float64": ctypes.c_double, "float32": ctypes.c_float}[dtype]
    for point in its.points:
        n = len(point)
        source = jit(value_and_grad(f, tuple(range(n))), dtype).lower(*point).to_c()
        out = (real * (1 + n))()
        c_function(source, tmp_path)((real * n)(*point), out)
        expected = [truth(its, point), *slopes(its, point)]
        assert list(out) == near(expected, {"float64": 1e-12, "float32": 2e-5}[dtype])


def test_as_python_and_as_words(row: Case) -> None:
    its, f = row
    for point in its.points:
        compiled = jit(value_and_grad(f, tuple(range(len(point))))).lower(*point)
        results = python_function(compiled.to_python())(*point)
        assert list(results) == near([truth(its, point), *slopes(its, point)])
        assert "once" in compiled.to_words()
        assert str(compiled).startswith("program (")


# --- Views ---


def test_pictures_and_formulas(row: Case) -> None:
    its, f = row
    with_notation = f.symbol != f.name
    operands = [Value(x, name) for x, name in zip(its.points[0], "abc")]
    y = f(*operands)
    name = its.symbol if with_notation else f.name
    assert name in to_dot(y).source
    assert formula(y) == f"{name}({', '.join('abc'[: f.arity])})"
    assert formula(y, style="latex") == rf"\operatorname{{{name}}}({', '.join('abc'[: f.arity])})"
    mathml = formula(y, style="mathml")
    assert mathml.startswith("<math")
    assert f"<mi>{name}</mi>" in mathml
    symbols = sympy.symbols("a b c", real=True)[: f.arity]
    difference = to_sympy(y) - its.truth(*symbols, lib=sympy)
    assert abs(difference.subs(dict(zip(symbols, its.points[0]))).evalf()) < 1e-12


# --- The test kit ---


def test_random_expressions_of_it(row: Case) -> None:
    _, f = row

    @settings(max_examples=15, deadline=None)
    @given(expressions(ops=["add", "mul", f.name], max_size=4))
    def holds(e: Any) -> None:
        assert all(len(operands) == RULES[name].arity for name, operands in e.steps)
        gradcheck(e.apply, *e.point)
        compiled = jit(value_and_grad(e.apply, tuple(range(len(e.point)))))(*e.point)
        eager = value_and_grad(e.apply, tuple(range(len(e.point))))(*e.point)
        largest = 1.0 + max(abs(float(x)) for x in e.slots(*e.point))
        scale = 1e-11 * largest * largest * largest  # infinite for the largest numbers: a product doesn't raise
        assert compiled[0] == pytest.approx(eager[0], rel=1e-11, abs=scale)
        assert list(compiled[1]) == pytest.approx(list(eager[1]), rel=1e-11, abs=scale)

    holds()


def test_an_engine_is_checked_by_it(row: Case) -> None:
    _, f = row
    only = ["forward pass", "partial derivatives", "random expressions"]
    report = check_engine(Value, names={f.name: f}, effort="quick", only=only, isolate=False)
    report.raise_for_failures()
    if f.arity < 3:
        wrong = Rule(f.name, f.value, (*f.partials[:-1], lambda *xs: f.partials[-1](*xs) * 1.01), f.domain)
        report = check_engine(Value, names={f.name: wrong}, effort="quick", only=only[1:2], isolate=False)
        assert [row.status for row in report.rows] == ["failed"]


# --- What a row may leave out, or have besides ---


@pytest.fixture
def added() -> Iterator[Callable[[Rule], Rule]]:
    names: list[str] = []

    def add(rule: Rule) -> Rule:
        assert rule.name not in RULES
        names.append(rule.name)
        return RULES.setdefault(rule.name, rule)

    yield add
    for name in names:
        del RULES[name]


def test_without_a_definition_it_works_eagerly_and_jit_says_what_it_lacks(added: Any) -> None:
    f = added(Rule("gamma_like", math.gamma, (lambda x, y: y * RULES["digamma"](x),), ALL))
    assert f(5.0) == 24.0
    assert grad(f)(5.0) == pytest.approx(24.0 * RULES["digamma"](5.0))
    assert grad(grad(f))(5.0) == pytest.approx(24.0 * (RULES["digamma"](5.0) ** 2 + RULES["polygamma"](1.0, 5.0)))
    with pytest.raises(TraceError, match=r"gamma_like can't be compiled at .*: its row has no definition"):
        jit(f)(5.0)


def test_compiled_the_fit_is_used_and_eagerly_the_value(added: Any) -> None:
    f = added(
        Rule(
            "fitted", lambda x: x + 1.0, (lambda x, y: 1,), ALL, fit=lambda x: x + 2.0, definition=lambda x: x + 3.0
        )
    )  # fmt: skip
    assert (f(0.0), jit(f)(0.0), f(mpf(0))) == (1.0, 2.0, 3)
    assert jit(grad(f))(0.0) == 1.0


def test_compiled_its_own_partials_are_used_and_not_those_of_the_definition(added: Any) -> None:
    f = added(Rule("slanted", lambda x: x * x, (lambda x, y: 7 * x,), ALL, definition=lambda x: x * x))
    assert grad(f)(2.0) == jit(grad(f))(2.0) == 14.0
    assert grad(grad(f))(2.0) == jit(grad(grad(f)))(2.0) == 7.0


def test_a_row_may_be_made_of_other_new_rows(added: Any) -> None:
    inner = added(
        Rule("inner", lambda x: x * math.exp(x), (lambda x, y: y + exp(x),), ALL, definition=lambda x: times_exp(x, x))
    )
    outer = added(
        Rule(
            "outer",
            lambda x: math.log1p(inner(x)),
            (lambda x, y: ratio(inner(x) + exp(x), 1 + inner(x)),),
            ALL,
            definition=lambda x: log1p(inner(x)),
        )
    )
    for order in (lambda f: f, grad, lambda f: grad(grad(f))):
        assert jit(order(outer))(0.5) == pytest.approx(order(outer)(0.5), rel=1e-12)


def test_an_operand_that_is_constant_has_to_be_one_in_compiled_code(added: Any) -> None:
    f = added(
        Rule(
            "steps", lambda n, x: n * x, (lambda n, x, y: 0, lambda n, x, y: n), PAIR,
            definition=lambda n, x: n * x, constant=(0,),
        )
    )  # fmt: skip
    assert jit(lambda x: f(3.0, x))(2.0) == 6.0
    with pytest.raises(TraceError, match=r"operand 1 of steps has to be a constant at .*; write a plain number"):
        jit(f)(3.0, 2.0)


def test_a_partial_of_it_that_is_0_by_the_table_stops_an_infinite_derivative(added: Any) -> None:
    f = added(
        Rule(
            "hinge", lambda x: max(x - 1.0, 0.0), (lambda x, y: where(x > 1, 1, 0),), ALL,
            definition=lambda x: where(x > 1, x - 1, 0),
        )
    )  # fmt: skip
    for way in (grad, lambda g: jit(grad(g)), lambda g: lambda x: jvp(g, (x,), (1.0,))[1]):
        assert way(lambda x: RULES["sqrt"](f(x)))(0.5) == 0.0
        assert way(lambda x: f(RULES["sqrt"](x)))(0.0) == 0.0
