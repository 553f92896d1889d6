"""Guards of derivatives: what a choice has left out is 0, and a NaN that comes of it is never lost unnoticed.

The program that runs first has no guards. It is taken for right where no result is NaN, so a NaN that is made for want
of a guard has to reach the result. Here a slope has such a NaN, and is put into each function that might swallow it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import grad, hypot, jit, jvp, maximum, minimum, sqrt, vmap, where
from autograd.compiler.ieee import FUNCTIONS, NATIVE
from autograd.compiler.passes.guard import _STRICT, shows_nan
from autograd.engine.rules import RULES, Rule

PAIRS = {"ratio", "pow", "mod", "floordiv", "maximum", "minimum", "hypot", "atan2", "leaky_relu", "elu"}


def slope(x: Any) -> Any:
    """3 at x = 0; compiled without guards, 0·∞ comes from the root's branch."""
    return grad(lambda x: where(x > 0, sqrt(x), 3.0 * x))(x)


def forward_slope(x: Any) -> Any:
    return jvp(lambda x: where(x > 0, sqrt(x), 3.0 * x), (x,), (1.0,))[1]


def recorded(f: Callable[..., Any], *args: Any) -> Any:
    return jit(f).stages(*args)["trace"]


@pytest.mark.parametrize("of", [slope, forward_slope])
@pytest.mark.parametrize("rule", NATIVE, ids=lambda rule: rule.name)
def test_a_slope_inside_any_function_is_what_it_is_without_jit(of: Callable[[Any], Any], rule: Rule) -> None:
    x = 0.0
    if rule.arity == 1:
        ways: list[Callable[[Any], Any]] = [
            lambda x: rule(0.25 * of(x)),
            lambda x: rule(of(x) - 2.5),
            lambda x: rule(of(x)),
        ]
    else:
        ways = [lambda x: rule(of(x), x + 1.0), lambda x: rule(x + 1.0, of(x)), lambda x: rule(math.inf, of(x))]
        ways += [lambda x: rule(of(x), x), lambda x: rule(x, of(x)), lambda x: rule(of(x), of(x))]
    tried = 0
    for way in ways:
        try:
            truth = float(way(x))
        except (ValueError, OverflowError, ZeroDivisionError):
            continue
        assert jit(way)(x) == pytest.approx(truth, rel=1e-12, nan_ok=True)
        assert jit(vmap(way))(np.array([0.0, 0.0, 1.0]))[:2] == pytest.approx([truth, truth], rel=1e-12, nan_ok=True)
        tried += 1
    assert tried


@pytest.mark.parametrize("of", [slope, forward_slope])
def test_a_slope_inside_comparisons_and_choices(of: Callable[[Any], Any]) -> None:
    for way, truth in (
        (lambda x: where(of(x) < 5.0, 1.0, 2.0), 1.0),
        (lambda x: where(of(x) <= 3.0, 1.0, 2.0), 1.0),
        (lambda x: where(of(x) > 5.0, 1.0, 2.0), 2.0),
        (lambda x: where(of(x) == 3.0, 1.0, 2.0), 1.0),
        (lambda x: where(x <= 0, 1.0, of(x)), 1.0),
        (lambda x: where(x > 0, 1.0, of(x)), 3.0),
        (lambda x: maximum(of(x), 2.0) + minimum(of(x), 2.0), 5.0),
        (lambda x: hypot(math.inf, of(x)), math.inf),
        (lambda x: of(x) ** x, 1.0),
        (lambda x: 1.0 / (1.0 + of(x)), 0.25),
    ):
        assert jit(way)(0.0) == way(0.0) == truth
        assert jit(lambda x, way=way: [way(x), x])(0.0) == [truth, 0.0]


def test_shows_nan_says_which_programs_can_do_without_guards() -> None:
    quick = (slope, lambda x: sqrt(slope(x)) + 2.0, lambda x: slope(x) ** 2.0, lambda x: [slope(x), x])
    for f in quick:
        assert recorded(f, 0.0).guards
        assert shows_nan(recorded(f, 0.0))
    lost = (lambda x: maximum(slope(x), 2.0), lambda x: where(slope(x) < 5.0, 1.0, 2.0), lambda x: slope(x) ** x)
    for g in lost:
        assert recorded(g, 0.0).guards
        assert not shows_nan(recorded(g, 0.0))


def test_a_row_that_shows_nan_is_nan_where_an_operand_is() -> None:
    for rule in _STRICT:
        for position in range(rule.arity):
            for other in (0.0, 1.0, -2.0, math.inf):
                operands = [other] * rule.arity
                operands[position] = math.nan
                assert math.isnan(FUNCTIONS[rule](*operands))
    assert {rule.name for rule in NATIVE if rule.arity == 2} == PAIRS
    assert RULES["pow"] not in _STRICT
