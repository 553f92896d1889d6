"""What both peers have in common: expressions as JSON, our results, and how far two results on floats may differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import settings
from mpmath import mp, mpf

from autograd import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.testing import Expression
from tests import conftest  # noqa: F401  the profiles of Hypothesis
from tests.derivatives import DIGITS, flat, program, rounding

EXAMPLES = settings(max_examples=max(settings.default.max_examples // 4, 5))
LOSSY = mpf("1e-10")  # a peer's own formulas lose digits (1 - tanh² for sech²); of the largest number of a result
LAST = 3  # a Jacobian is of so many of the last slots


def as_json(expression: Expression, v: Sequence[float], u: Sequence[float]) -> dict[str, Any]:
    return {
        "point": expression.point,
        "constants": expression.constants,
        "steps": expression.steps,
        "v": v[: len(expression.point)],
        "u": u[: outputs(expression)],
        "last": outputs(expression),
    }


def outputs(expression: Expression) -> int:
    return min(LAST, len(expression.point) + len(expression.steps))


def ours(expression: Expression, v: Sequence[float], u: Sequence[float], number: Any) -> dict[str, list[Any]]:
    """Every transform of the expression, on that kind of number."""
    x = [number(t) for t in expression.point]
    v = [number(t) for t in v[: len(x)]]
    u = [number(t) for t in u[: outputs(expression)]]
    one = program(expression, number)
    many = program(expression, number, outputs(expression))
    value, slopes = value_and_grad(lambda p: one(*p))(x)
    return {
        "value": [value],
        "grad": grad(lambda p: one(*p))(x),
        "value_and_grad": slopes,
        "jvp": list(jvp(many, x, v)[1]),
        "vjp": list(vjp(many, *x)[1](u)),
        "jacobian": flat(jacobian(lambda p: many(*p))(x)),
        "hessian": flat(hessian(lambda p: one(*p))(x)),
        "hvp": hvp(lambda p: one(*p), x, v),
    }


def compare(expression: Expression, v: Sequence[float], u: Sequence[float], theirs: dict[str, list[float]]) -> None:
    """Hold the peer's results against ours: within what rounding explains, of theirs as of ours."""

    def run(*numbers: Any) -> list[Any]:
        with_numbers = Expression(tuple(numbers), expression.steps, expression.constants)
        return [x for part in ours(with_numbers, v, u, mpf).values() for x in part]

    results = ours(expression, v, u, float)
    with mp.workdps(DIGITS):
        leaves = [mpf(x) for x in expression.point]
        precise = run(*leaves)
        allowed = iter(rounding(run, leaves, precise))
        for name, numbers in results.items():
            lost = LOSSY * max(map(abs, [1.0, *numbers]))
            assert len(theirs[name]) == len(numbers), name
            for a, b in zip(numbers, theirs[name]):
                error, bound = abs(mpf(float(a)) - mpf(b)), 2 * next(allowed) + lost
                assert error <= bound, f"{name}: ours {a!r}, theirs {b!r}, bound {mp.nstr(bound, 3)}\n{expression}"
