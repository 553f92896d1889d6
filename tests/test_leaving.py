"""Numbers that are about to leave a transform: each message says what to write, and nobody goes on without a word."""

from __future__ import annotations

import itertools
import linecache
import math
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, special

import autograd
from autograd import (
    AutogradError,
    LostDerivative,
    TraceError,
    Value,
    custom_jvp,
    custom_vjp,
    grad,
    gradient,
    hessian,
    jit,
    jvp,
    primitive,
)
from autograd.engine.modes import INSTEAD, REFUSALS

WAYS: dict[str, Callable[[Any, float], Any]] = {
    "grad": lambda f, x: grad(f)(x),
    "of arrays": lambda f, x: grad(lambda a: f(a[0]))(np.array([x])),
    "jvp": lambda f, x: jvp(f, (x,), (1.0,)),
    "nested": lambda f, x: grad(lambda s: grad(lambda y: s * f(y))(x))(2.0),
    "jit": lambda f, x: jit(grad(f))(x),
    "jit of jvp": lambda f, x: jit(lambda x: jvp(f, (x,), (1.0,))[1])(x),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)

ONE = [n for n in INSTEAD if n in ("isnan", "isinf", "isfinite", "fabs", "modf", "exp2", "degrees", "radians", "gamma")]
TWO = [n for n in INSTEAD if n in ("copysign", "fmod", "remainder", "pow", "ldexp", "isclose")]


@pytest.mark.parametrize("name", [n for n in ONE + TWO if hasattr(math, n)])
def test_what_a_message_proposes_is_the_function(name: str) -> None:
    scope = {**{n: getattr(autograd, n) for n in ("where", "trunc", "exp", "lgamma", "sqrt")}, "math": math}
    points = [(1.3, 2.0), (2.6, 1.0), (0.75, 3.0)] + ([(-1.3, -2.0)] if name not in ("gamma", "pow") else [])
    if name in ("isnan", "isinf", "isfinite"):
        points += [(math.nan, 0.0), (math.inf, 0.0), (-math.inf, 0.0)]
    for x, y in points:
        args = (x, int(y) if name == "ldexp" else y)[: 1 if name in ONE else 2]
        assert eval(INSTEAD[name], {**scope, "x": x, "y": y}) == pytest.approx(getattr(math, name)(*args))


@ways
@pytest.mark.parametrize("called", ["math.isnan(x)", "math.erf(x)", "math.fmod(x, 0.5)", "statistics.fmean([x, x])"])
def test_a_message_names_what_to_write_for_the_function_in_the_line(called: str, way: Any) -> None:
    source = f"import math, statistics\ndef f(x):\n    return {called} * x\n"
    linecache.cache["<lines of a test>"] = (len(source), None, source.splitlines(True), "<lines of a test>")
    scope: dict[str, Any] = {}
    exec(compile(source, "<lines of a test>", "exec"), scope)
    module, name = re.match(r"(\w+)\.(\w+)", called).groups()  # type: ignore[union-attr]
    instead = INSTEAD.get(name, f"autograd.{name}")
    with pytest.raises(AutogradError, match=re.escape(f"write {instead} in place of {module}.{name}")):
        way(scope["f"], 0.75)


def add_at(x: Any) -> Any:
    y = np.zeros(3)
    np.add.at(y, [0, 0], np.array([x, x * x]))
    return y.sum()


SWALLOWING: dict[str, Callable[[Any], Any]] = {
    "brentq": lambda x: optimize.brentq(lambda t: t * t - x, 0.0, 5.0),
    "bisect": lambda x: optimize.bisect(lambda t: t * t - x, 0.0, 5.0),
    "ridder": lambda x: optimize.ridder(lambda t: t * t - x, 0.0, 5.0),
    "newton": lambda x: optimize.newton(lambda t: t * t - x, 1.0),
    "root": lambda x: optimize.root(lambda t: t * t - x, 1.0).x[0],
    "root lm": lambda x: optimize.root(lambda t: t * t - x, 1.0, method="lm").x[0],
    "minimize": lambda x: optimize.minimize(lambda t: (t[0] - x) ** 2, [1.0]).x[0],
    "minimize_scalar": lambda x: optimize.minimize_scalar(lambda t: (t - x) ** 2).x,
    "least_squares": lambda x: optimize.least_squares(lambda t: t - x, [1.0]).x[0],
    "leastsq": lambda x: optimize.leastsq(lambda t: t - x, [1.0])[0][0],
    "curve_fit": lambda x: optimize.curve_fit(lambda t, a: a * t * x, [1.0, 2.0], [1.0, 2.0])[0][0],
    "linprog": lambda x: optimize.linprog([1.0], bounds=[(x, 10)]).x[0],
    "solve_ivp": lambda x: integrate.solve_ivp(lambda t, y: [-x * y[0]], (0, 1), [1.0]).y[0, -1],
    "odeint": lambda x: integrate.odeint(lambda y, t: -x * y, 1.0, [0.0, 1.0])[-1, 0],
    "quad": lambda x: integrate.quad(lambda t: t * x, 0.0, 1.0)[0],
    "special": lambda x: special.expit(np.array([x, x])).sum(),
    "det": lambda x: np.linalg.det(np.array([[x, 1.0], [2.0, x]])),
    "svd": lambda x: np.linalg.svd(np.array([[x, 1.0], [2.0, x]]))[1][0],
    "polyfit": lambda x: np.polyfit([0.0, 1.0, 2.0], [x, x * x, 1.0], 1)[0],
    "fft": lambda x: np.fft.fft(np.array([x, x * x])).real[0],
    "bincount": lambda x: np.bincount([0, 1], weights=np.array([x, x]))[1],
    "percentile": lambda x: np.percentile(np.array([x, x * x, 1.0]), 30),
    "copyto": lambda x: (lambda y: (np.copyto(y, np.array([x])), y[0])[1])(np.zeros(1)),
    "out": lambda x: np.multiply(np.array([x]), np.array([x]), out=np.zeros(1))[0],
    "add.at": add_at,
    "struct": lambda x: struct.unpack("d", struct.pack("d", x))[0],
    "text": lambda x: float(str(x)),
    "index": lambda x: [1.0, 2.0, 3.0][round(x)] * x,
}


@ways
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("solver", SWALLOWING.values(), ids=SWALLOWING)
def test_code_that_takes_floats_is_refused_with_what_to_write(solver: Any, way: Any) -> None:
    with pytest.raises((LostDerivative, TraceError)) as told:
        way(lambda x: solver(x) * x, 1.3)
    assert re.search(r"stop_gradient|where\(|autograd's functions|take\(table, index\)", str(told.value))
    assert not re.search(r"\b(Dual|Node|Traced)\b|<dual|<node", str(told.value))


def test_a_library_that_goes_on_after_a_refusal_is_noticed() -> None:
    """As a solver does that catches what its callback raises: NumPy's own code is the library here."""
    scope: dict[str, Any] = {}
    source = "def attempt(x):\n    try:\n        return float(x)\n    except Exception:\n        return -1.0\n"
    exec(compile(source, next(iter(np.__path__)) + "/attempt.py", "exec"), scope)
    for way in ("grad", "of arrays", "jvp", "nested"):
        with pytest.raises(LostDerivative, match="NumPy or SciPy went on"):
            WAYS[way](lambda x: scope["attempt"](x) * x, 1.3)


@ways
def test_a_program_that_tries_float_first_may_go_on(way: Any) -> None:
    def number(x: Any) -> Any:
        try:
            return float(x)
        except AutogradError:
            return x

    if way not in (WAYS["jit"], WAYS["jit of jvp"]):
        way(lambda x: number(x) * x, 1.3)
        assert grad(lambda x: number(x) * x)(1.3) == 2.6
        assert REFUSALS.count


@ways
@pytest.mark.parametrize("error", [ValueError, TypeError, AttributeError, ZeroDivisionError])
def test_errors_of_the_program_itself_stay_what_they_are(error: Any, way: Any) -> None:
    def f(x: Any) -> Any:
        raise error("my own")

    with pytest.raises(error, match=r"^my own$"):
        way(f, 1.0)
    with pytest.raises(ValueError, match="shapes"):
        way(lambda x: (np.ones(2) * x + np.ones(3)).sum(), 1.0)


def by_primitive(slope: Any) -> Any:
    return primitive(partials=lambda x, y: slope(x))(fresh(math.sin))


def fresh(f: Any) -> Any:
    def own_sine(x: Any) -> Any:
        return f(x)

    own_sine.__name__ = f"own_sine_{next(_numbers)}"
    return own_sine


_numbers = itertools.count()


def by_jvp(slope: Any) -> Any:
    f = custom_jvp(fresh(math.sin))
    f.defjvp(lambda p, t: (f(*p), slope(p[0]) * t[0]))
    return f


def by_vjp(slope: Any) -> Any:
    f = custom_vjp(fresh(autograd.sin))
    f.defvjp(lambda x: (autograd.sin(x), x), lambda x, g: (slope(x) * g,))
    return f


def by_arrays(slope: Any) -> Any:
    return primitive(vjp=lambda g, x, y: slope(x) * g)(fresh(math.sin))


@pytest.mark.parametrize("how", [by_primitive, by_jvp, by_vjp, by_arrays])
def test_a_rule_that_computes_with_floats_has_no_derivative_of_its_own(how: Any) -> None:
    f, x = how(lambda x: math.cos(x)), Value(0.5)
    f(x * 1.0).backward()  # the first derivative needs none
    assert x.grad == math.cos(0.5) == grad(f)(0.5)
    for again in (
        lambda: gradient(gradient(f(x), [x])[0], [x]),
        lambda: gradient(gradient(f(x) * x, [x])[0], [x]),
        lambda: grad(grad(f))(0.5),
        lambda: hessian(f)(0.5),
    ):
        with pytest.raises(LostDerivative, match=r"autograd\.cos in place of math\.cos"):
            again()
    assert float(x) == 0.5  # outside of rules a Value is its number
    f = how(autograd.cos)
    assert gradient(gradient(f(x), [x])[0], [x])[0].data == grad(grad(f))(0.5) == -math.sin(0.5)
    f = how(lambda x: autograd.cos(x) * (1.0 if float(autograd.stop_gradient(x)) > 0 else -1.0))
    assert gradient(gradient(f(x), [x])[0], [x])[0].data == -math.sin(0.5)
