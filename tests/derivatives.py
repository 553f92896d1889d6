"""Derivatives of random expressions, none computed by us: mpmath's differences at many digits, and SymPy's formulas.

How far floats may be from the truth is measured, too. Rounding acts on a computation in proportion
to its unit, so the same computation is run with fewer bits, several times, and how far it goes astray there says how
far it may go with 53.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sympy
from hypothesis import settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd.engine.rules import RULES
from tests import truth
from tests.expressions import Expression, is_inside, moderate, with_constants

# Before a test adds a row of its own; and without those of which an operand is a whole number.
ALL = tuple(name for name, rule in RULES.items() if name in truth.FUNCTIONS and not rule.constant)
SMOOTH = tuple(name for name in ALL if name != "stop_gradient")  # whose derivative is 0 by definition, not by nature

ON_FLOATS = {name: rule.value for name, rule in RULES.items()}

WEAVES = ("mul", "div", "hypot", "pow", "atan2", "sub", "add")

DIGITS = 50
NOISE = mpf(10) ** -30  # far above what differences with 50 digits leave, far below what a float can tell
BITS = (34, 36, 38, 40, 42, 44)
WORSE_THAN_MEASURED = 64.0  # a few runs don't meet the worst rounding, and a function on floats may be 4 ulp off


@st.composite
def woven(draw: st.DrawFn, names: tuple[str, ...] = SMOOTH, max_steps: int = 12) -> Expression:
    """Random expressions whose result depends on every leaf and every step, so that few mixed derivatives are 0.

    An expression as drawn leaves many slots unused; here they are combined with the result, one after the other.
    """
    drawn = draw(moderate(names, max_steps))
    values = drawn.slots(*drawn.point, engine=ON_FLOATS)
    constants = range(len(drawn.point), len(drawn.point) + len(drawn.constants))
    loose = set(range(len(values) - 1)) - {i for _, operands in drawn.steps for i in operands} - set(constants)
    steps = list(drawn.steps)
    for i in sorted(loose):
        operands = (len(values) - 1, i)
        numbers = tuple(values[k] for k in operands)
        possible = [name for name in WEAVES if name in names and is_inside(name, numbers)]
        if possible:
            steps.append((draw(st.sampled_from(possible)), operands))
            values.append(RULES[steps[-1][0]].value(*numbers))
    return Expression(drawn.point, tuple(steps), drawn.constants)


def examples(divisor: int) -> settings:
    """The profile's number of examples, divided: for properties whose single example is expensive."""
    return settings(max_examples=max(settings.default.max_examples // divisor, 5))


def program(expression: Expression, number: Callable[[float], Any] = float, last: int = 0) -> Callable[..., Any]:
    """The expression as a function of its leaves; with ``last``, of a list of that many of its last slots."""
    expression = with_constants(expression, number)

    def f(*leaves: Any) -> Any:
        slots = expression.slots(*leaves)
        return slots[-last:] if last else slots[-1]

    return f


def by_mpmath(expression: Expression, *orders: int, output: int = -1) -> Any:
    """∂ⁿ(slot)/∂x₀^orders[0] ∂x₁^orders[1] ..., by mpmath's differences, good to about 50 digits."""

    expression = with_constants(expression, mpf)

    def f(*leaves: Any) -> Any:
        return expression.slots(*leaves, engine=truth.FUNCTIONS)[output]

    with mp.workdps(DIGITS):
        return mp.diff(f, tuple(map(mpf, expression.point)), orders)


def unit(n: int, *positions: int) -> tuple[int, ...]:
    """Orders of a derivative: how often each of n positions is among ``positions``."""
    return tuple(positions.count(i) for i in range(n))


SYMPY: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "ratio": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "neg": lambda x: -x,
    "exp": sympy.exp,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log": sympy.log,
    "log1p": lambda x: sympy.log(1 + x),
    "log2": lambda x: sympy.log(x) / sympy.log(2),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "sech": sympy.sech,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "silu": lambda x: x / (1 + sympy.exp(-x)),
    "gelu": lambda x: x * sympy.erfc(-x / sympy.sqrt(2)) / 2,
    "erf": sympy.erf,
    "erfc": sympy.erfc,
    "hypot": lambda a, b: sympy.sqrt(a * a + b * b),
    "atan2": sympy.atan2,
}

# The same for rows that have two sides: whichever the operands are on, since a formula with all of them is no smaller
# than their product. (floor and sign aren't here: their derivatives are distributions to SymPy.)
_SIDES: dict[str, Callable[..., Callable[..., Any]]] = {
    "abs": lambda x: (lambda x: x) if x > 0 else (lambda x: -x),
    "cbrt": lambda x: (lambda x: x**_THIRD) if x > 0 else (lambda x: -((-x) ** _THIRD)),
    "relu": lambda x: (lambda x: x) if x > 0 else (lambda x: 0 * x),
    "maximum": lambda a, b: (lambda a, b: a) if a > b else (lambda a, b: b),
    "minimum": lambda a, b: (lambda a, b: a) if a < b else (lambda a, b: b),
    "leaky_relu": lambda a, b: (lambda a, b: a) if a > 0 else (lambda a, b: a * b),
    "elu": lambda a, b: (lambda a, b: a) if a > 0 else (lambda a, b: b * (sympy.exp(a) - 1)),
}
_THIRD = sympy.Rational(1, 3)


def by_sympy(name: str, operands: tuple[Any, ...], at: tuple[float, ...]) -> Any:
    """The row's formula in SymPy's own functions, on the side of its corners where ``at`` is."""
    return (_SIDES[name](*at) if name in _SIDES else SYMPY[name])(*operands)


IN_SYMPY = (*SYMPY, *_SIDES)


def evaluator(symbols: Iterable[Any], formula: Any) -> Callable[..., Any]:
    """The formula as a function of mpmath's numbers, away from where SymPy's derivatives are distributions."""

    def shared(expression: Any) -> Any:  # by itself SymPy 1.12 calls the parts x0, x1, ... like symbols that are there
        return sympy.cse(expression, symbols=sympy.numbered_symbols("shared", real=True), list=False)

    return sympy.lambdify(symbols, formula, [{"DiracDelta": lambda x, order=0: mpf(0)}, "mpmath"], cse=shared)


class BySympy:
    """The expression's formula over symbols, differentiated by SymPy."""

    def __init__(self, expression: Expression) -> None:
        self.leaves = sympy.symbols(f"x:{len(expression.point)}", real=True)
        constants = sympy.symbols(f"c:{len(expression.constants)}", real=True)  # else SymPy would try to factor them
        self.symbols = (*self.leaves, *constants)
        self.numbers = (*expression.point, *expression.constants)
        formulas = [*self.leaves, *constants]
        floats = expression.slots(*expression.point, engine=ON_FLOATS)
        for name, operands in expression.steps:
            at = tuple(floats[i] for i in operands)
            formulas.append(by_sympy(name, tuple(formulas[i] for i in operands), at))
        self.formula = sympy.sympify(formulas[-1])

    def derivative(self, *positions: int) -> Any:
        """The derivative by the leaves at those positions, one after the other, at the expression's point."""
        formula = sympy.diff(self.formula, *(self.leaves[i] for i in positions)) if positions else self.formula
        with mp.workdps(DIGITS):
            return mpf(evaluator(self.symbols, formula)(*map(mpf, self.numbers)))


def dot(xs: Iterable[Any], ys: Iterable[Any]) -> Any:
    """Σ x·y with all digits."""
    with mp.workdps(DIGITS):
        return mp.fsum(x * y for x, y in zip(xs, ys))


def flat(result: Any) -> list[Any]:
    """The numbers of a result: of nested tuples, lists and arrays."""
    if hasattr(result, "ravel"):
        return list(result.ravel())
    if isinstance(result, (tuple, list)):
        return [x for part in result for x in flat(part)]
    return [result]


def check(
    transform: Callable[[Callable[..., Any]], Callable[..., Any]],
    expression: Expression,
    expected: Iterable[Any],
    last: int = 0,
) -> None:
    """Hold a transform of the expression against the truth.

    With 50 digits it has to be right to 30 of them, measured by the largest of the results. With floats it has to be as
    close as its own sensitivity to rounding lets it.
    """
    with mp.workdps(DIGITS):
        truths = [mpf(x) for x in expected]
        leaves = [mpf(x) for x in expression.point]
        run = transform(program(expression, mpf, last))
        precise = flat(run(*leaves))
        scale = max([abs(x) for x in truths] + [mpf(1)])
        assert len(precise) == len(truths)
        for ours, exact in zip(precise, truths):
            assert abs(ours - exact) <= NOISE * scale, f"with 50 digits: {ours}, truth {exact}\n{expression}"
    floats = flat(transform(program(expression, float, last))(*expression.point))
    for ours, exact, allowed in zip(floats, truths, rounding(run, leaves, precise)):
        with mp.workdps(DIGITS):
            error = abs(mpf(float(ours)) - exact)
            assert error <= allowed + NOISE * scale, (
                f"with floats: {ours!r}, truth {exact}, allowed {allowed}\n{expression}"
            )


def rounding(run: Callable[..., Any], leaves: list[Any], precise: list[Any]) -> list[Any]:
    """How far each result may be off with floats, from how far it is off with fewer bits."""
    worst = [mpf(0)] * len(precise)
    for bits in BITS:
        with mp.workprec(bits):
            try:
                rough = flat(run(*leaves))
            except (ArithmeticError, ValueError):
                continue  # rounding took it out of the domain
        with mp.workdps(DIGITS):
            worst = [max(old, abs(x - y) * mpf(2) ** (bits - 53)) for old, x, y in zip(worst, rough, precise)]
    with mp.workdps(DIGITS):
        return [WORSE_THAN_MEASURED * (w + truth.ulp(y)) for w, y in zip(worst, precise)]
