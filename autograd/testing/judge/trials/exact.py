"""What an expression and its gradient should be, to 50 digits, and how far an engine of floats may be from it.

The rule table is evaluated with mpmath numbers: forward through the steps, then backward, by a loop of the kit's own.
Beside every number goes a bound of the error that an engine may make, to first order:

- an operation adds up to ``ULPS`` units in the last place of its result (or of the largest term in the formula by which
  engines customarily compute it: see ``customary``);
- an error of an operand arrives multiplied by the partial derivative, in a result, and by the second derivative, in a
  partial;
- in the backward pass, both factors of a product carry errors, and a sum of uses adds them up.

So a gradient that is badly conditioned is given the room that it needs, and a well conditioned one none to hide in.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from autograd.engine.rules import Rule
from autograd.errors import missing
from autograd.testing.expression import Expression
from autograd.testing.several import ROWS
from autograd.testing.sweep import sweep

ULPS: Final = 8.0  # what one operation of an engine may add
SAFETY: Final = 4.0  # errors are propagated to first order only
UNIT: Final = 2.0**-53
TINIEST: Final = 2.0**-1074
LARGEST: Final = 1e300


@functools.cache
def context() -> Any:
    """An mpmath context of our own, with 60 digits: nobody else's precision is touched.

    Raises:
        MissingDependency: mpmath is not installed.
    """
    try:
        import mpmath
    except ImportError:
        raise missing("mpmath", "the exact gradient of an expression") from None
    own = mpmath.mp.clone()
    own.dps = 60
    return own


# The largest terms in the formulas by which engines customarily compute a value and its partial, where they are larger
# than the result itself: tanh as (e²ˣ - 1) / (e²ˣ + 1) with the partial 1 - y², and so on. They are what is rounded.
CUSTOMARY: Final[dict[str, tuple[Callable[..., Any], Callable[..., Any]]]] = {
    "acos": (lambda x, y: abs(y) + 1, lambda x, y, p: p / (1 - x * x)),
    "acosh": (lambda x, y: 1 + x + 1 / y, lambda x, y, p: p * x * x / (x * x - 1)),
    "asin": (lambda x, y: abs(y), lambda x, y, p: p / (1 - x * x)),
    "asinh": (lambda x, y: 1 + abs(y) + x * x, lambda x, y, p: p),
    "atanh": (lambda x, y: 1 + abs(y), lambda x, y, p: p / (1 - x * x)),
    "cbrt": (lambda x, y: abs(y) * _log_size(x), lambda x, y, p: p * _log_size(x)),
    "cosh": (lambda x, y: y, lambda x, y, p: y),
    "elu": (lambda x, *_: 1 + abs(x), lambda *_: 1),
    "dot": (lambda *xs: _sizes(map(operator.mul, xs[: len(xs) // 2], xs[len(xs) // 2 : -1])), lambda *xs: xs[-1]),
    "digamma": (lambda x, y: abs(y) + _of_gamma(x, 1), lambda x, y, p: abs(p) + _of_gamma(x, 2)),
    "erf": (lambda x, y: 1, lambda x, y, p: p * (1 + x * x)),
    "erfc": (lambda x, y: 1, lambda x, y, p: p * (1 + x * x)),
    "erfinv": (lambda x, y: abs(y), lambda x, y, p: p * (1 + 2 * y * y)),
    "expm1": (lambda x, y: 1 + abs(y), lambda x, y, p: 1 + p),
    "gelu": (lambda x, y: abs(x), lambda x, y, p: 1 + abs(x)),
    "lgamma": (lambda x, y: abs(y) + _of_gamma(x, 0), lambda x, y, p: abs(p) + _of_gamma(x, 1)),
    "log1p": (lambda x, y: 1 + abs(y), lambda x, y, p: p + 1),
    "log_ndtr": (lambda x, y: abs(y) + 1 / _ndtr(x), lambda x, y, p: p * (1 + x * x) / _ndtr(x)),
    "log_sigmoid": (lambda x, y: 1 + abs(y), lambda x, y, p: 1),
    "logaddexp": (lambda a, b, y: 1 + abs(y), lambda a, b, y, p: 1 + p * max(abs(a), abs(b))),
    "log_softmax": (lambda *xs: _sizes(xs), lambda *xs: 1 + xs[-1] + _sizes(xs[:-2])),
    "logsumexp": (lambda *xs: 1 + _sizes(xs), lambda *xs: xs[-1] * (1 + _sizes(xs[:-2]))),
    "logit": (lambda x, y: 1 + abs(y), lambda x, y, p: p),
    "mean": (lambda *xs: _sizes(xs[:-1]), lambda *xs: xs[-1]),
    "mod": (lambda a, b, y: max(abs(a), abs(b)), lambda a, b, y, p: p),
    "ndtr": (lambda x, y: 1, lambda x, y, p: p * (1 + x * x)),
    "pow": (lambda a, b, y: abs(y) * _of_power(a, b), lambda a, b, y, p: abs(p) * _of_power(a, b) * _log_size(a)),
    "sigmoid": (lambda x, y: 1, lambda x, y, p: 1),
    "silu": (lambda x, y: abs(x), lambda x, y, p: 1 + abs(x)),
    "sinc": (lambda x, y: 1, lambda x, y, p: 4 + 2 / abs(x) if x else 1),
    "sinh": (lambda x, y: 1 + abs(y), lambda x, y, p: p),
    "softmax": (lambda *xs: xs[-1] * (1 + _sizes(xs[:-1])), lambda *xs: xs[-2] * (1 + _sizes(xs[:-2]))),
    "softplus": (lambda x, y: 1 + abs(y), lambda x, y, p: 1),
    "sum": (lambda *xs: _sizes(xs[:-1]), lambda *xs: xs[-1]),
    "tan": (lambda x, y: abs(y), lambda x, y, p: p),
    "tanh": (lambda x, y: 1, lambda x, y, p: 1),
}


def _sizes(xs: Iterable[Any]) -> Any:
    return sum(map(abs, xs))


def _log_size(x: Any) -> Any:
    return 1 + abs(context().log(abs(x))) if x else 1


def _ndtr(x: Any) -> Any:
    return context().erfc(-x / context().sqrt(2)) / 2


def _of_gamma(x: Any, order: int) -> Any:
    """The terms of the asymptotic series of log Γ and its derivatives, and of the reflection that brings x above 0."""
    size = [1 + abs(x) * _log_size(x), _log_size(x), 1][order]
    if x >= 0:
        return size
    pi, sine = context().pi, abs(context().sinpi(x))
    return size + abs(x) * (pi / sine) ** (order + 1)


def _of_power(a: Any, b: Any) -> Any:
    return 1 + abs(b) * _log_size(a)


def exact(expression: Expression, rules: Mapping[str, Rule] = ROWS) -> Exact | None:
    """:class:`Exact`, or None where it is of no use: where a float can't hold all that comes up, where some
    intermediate result has lost half of its digits, or where the numbers are too large for mpmath.
    """
    try:
        truth = Exact(expression, rules)
        return truth if truth.is_tame() else None
    except (ArithmeticError, ValueError):
        return None


class Exact:
    """An expression at its point: every number, the gradient by every leaf, and bounds of a right engine's error.

    >>> e = Exact(Expression((3.0,), (("mul", (0, 0)), ("mul", (0, 1)))))
    >>> float(e.value), float(e.gradient[0])
    (27.0, 27.0)
    >>> e.value_bound < 1e-12, e.gradient_bounds[0] < 1e-12
    (True, True)
    """

    def __init__(self, expression: Expression, rules: Mapping[str, Rule] = ROWS) -> None:
        number = context().mpf
        self.expression, self.rules = expression, rules
        self.numbers = [number(x) for x in (*expression.point, *expression.constants)]
        self.partials: list[list[Any]] = []  # of each step, by each operand; None by a constant
        for name, operands in expression.steps:
            rule = rules[name]
            xs = [self.numbers[i] for i in operands]
            y = number(rule(*xs))
            self.partials.append(
                [
                    None if kind == "c" else number(partial(*xs, y))
                    for partial, kind in zip(rule.partials, expression.kinds(operands))
                ]
            )
            self.numbers.append(y)
        first = len(self.numbers) - len(expression.steps)
        edges = [
            (first + i, [(k, p) for k, p in zip(operands, self.partials[i]) if p is not None])
            for i, (_, operands) in enumerate(expression.steps)
        ]
        adjoints = sweep(edges, {len(self.numbers) - 1: number(1)})
        self.adjoints = [adjoints.get(i, number(0)) for i in range(len(self.numbers))]

    @property
    def value(self) -> Any:
        """The result."""
        return self.numbers[-1]

    @property
    def gradient(self) -> list[Any]:
        """The derivative of the result by each leaf."""
        return self.adjoints[: len(self.expression.point)]

    def is_tame(self) -> bool:
        """Whether a float can hold all that comes up, and no intermediate result has lost half of its digits."""
        known = [*self.numbers, *self.adjoints, *(p for row in self.partials for p in row if p is not None)]
        return all(x == 0 or 1 / LARGEST < abs(float(x)) < LARGEST for x in known) and all(
            e <= 1e-6 * (1.0 + abs(float(x))) for x, e in zip(known, self._value_errors)
        )

    @property
    def value_bound(self) -> float:
        """How far an engine's result may be off."""
        return SAFETY * self._value_errors[-1]

    @functools.cached_property
    def gradient_bounds(self) -> list[float]:
        """How far an engine's derivative by each leaf may be off."""
        expression = self.expression
        first = len(self.numbers) - len(expression.steps)
        errors = [0.0] * len(self.numbers)  # of the adjoints
        for i in reversed(range(len(expression.steps))):
            adjoint, error = abs(float(self.adjoints[first + i])), errors[first + i]
            for j, (k, p) in enumerate(zip(expression.steps[i][1], self.partials[i])):
                if p is not None:
                    size = abs(float(p))
                    errors[k] += size * error + adjoint * self._partial_error(i, j) + _rounding(adjoint * size)
        return [SAFETY * e for e in errors[: len(expression.point)]]

    @functools.cached_property
    def _value_errors(self) -> list[float]:
        """Bounds of the errors of all numbers."""
        expression = self.expression
        first = len(self.numbers) - len(expression.steps)
        errors = [0.0] * first
        for i, (name, operands) in enumerate(expression.steps):
            y = self.numbers[first + i]
            scale = abs(float(y))
            if name in CUSTOMARY:
                scale = max(scale, float(CUSTOMARY[name][0](*(self.numbers[k] for k in operands), y)))
            inside = self._of_definition(i)
            if inside is not None:
                scale = max(scale, inside._value_errors[-1] / (2 * ULPS * UNIT))
            arriving = (abs(float(p)) * errors[k] for k, p in zip(operands, self.partials[i]) if p is not None)
            errors.append(sum(arriving) + _rounding(scale))
        return errors

    def _of_definition(self, step: int) -> Exact | None:
        """The program by which the step's operation is defined, at its operands, if it has one."""
        name, operands = self.expression.steps[step]
        program = getattr(self.rules[name].value, "program", None)
        if program is None:
            return None
        return Exact(replace(program, point=tuple(self.numbers[k] for k in operands)))

    def _partial_error(self, step: int, position: int) -> float:
        """The error of a partial: what the operands' errors do to it, and its own rounding."""
        name, operands = self.expression.steps[step]
        p = self.partials[step][position]
        rule = self.rules[name]
        xs = [self.numbers[k] for k in operands]
        total = 0.0
        for j, k in enumerate(operands):
            if self._value_errors[k]:
                h = (abs(xs[j]) or 1) * context().mpf(10) ** -25
                moved = [x + h if i == j else x for i, x in enumerate(xs)]
                total += float(abs(rule.partials[position](*moved, rule(*moved)) - p) / h) * self._value_errors[k]
        scale = abs(float(p))
        if name in CUSTOMARY:
            y = self.numbers[len(self.numbers) - len(self.expression.steps) + step]
            scale = max(scale, float(CUSTOMARY[name][1](*xs, y, abs(p))))
        inside = self._of_definition(step)
        if inside is not None:
            scale = max(scale, inside.gradient_bounds[position] / (2 * ULPS * UNIT))
        return total + _rounding(scale)


def _rounding(size: float) -> float:
    return size * (2 * ULPS * UNIT) + ULPS * TINIEST
