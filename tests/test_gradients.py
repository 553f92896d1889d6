"""Random expressions over the whole table, against the truth and against plain finite differences.

No tolerance is a magic number. A float program is the exact program with each result rounded, and its backward pass is
the exact chain rule with each partial and each product rounded. So a gradient may be off by

- what a relative change of 4 ulp in each intermediate result does to the exact gradient, which is found by making that
  change in a 60-digit computation, and
- the rounding in the backward pass itself: for each path, the product of its partials (without their signs, so that
  cancellation counts) times the ulps that its factors and sums have gathered.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import given, settings
from mpmath import mp, mpf

from autograd import Value
from autograd.engine.rules import RULES
from autograd.testing import Expression, expressions
from autograd.testing.several import ROWS
from tests import truth
from tests.expressions import NAMES, moderate, with_constants
from tests.test_rules import bits

UNIT = 2.0**-52
ULPS = 4.0


def functions(stopped: Iterator[Any] | None = None, rounded_at: int = -1, change: Any = 0) -> dict[str, Any]:
    """mpmath's functions, where stop_gradient gives what it gave before, and one result is changed relatively."""
    counter = iter(range(10**6))

    def wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*operands: Any) -> Any:
            y = next(stopped) if stopped is not None and name == "stop_gradient" else function(*operands)
            return y * (1 + change) if next(counter) == rounded_at else y

        return call

    return {name: wrapped(name, function) for name, function in truth.FUNCTIONS.items()}


def exact_slots(expression: Expression, rounded_at: int = -1, change: Any = 0) -> list[Any]:
    engine = functions(None, rounded_at, change)
    return with_constants(expression, mpf).slots(*map(mpf, expression.point), engine=engine)


def exact_gradient(expression: Expression, rounded_at: int = -1, change: Any = 0) -> list[Any]:
    """Central differences of the whole expression, at the precision that mpmath is set to."""
    h = mpf(10) ** -(mp.dps // 3)
    base = exact_slots(expression, rounded_at, change)
    first = len(base) - len(expression.steps)
    names = [name for name, _ in expression.steps]
    stopped = [y for y, name in zip(base[first:], names) if name == "stop_gradient"]
    if rounded_at >= 0 and names[rounded_at] == "stop_gradient":
        at = names[:rounded_at].count("stop_gradient")
        stopped[at] /= 1 + change
    slopes = []
    for i in range(len(expression.point)):
        ends = []
        for sign in (1, -1):
            point = [mpf(x) for x in expression.point]
            point[i] += sign * h
            engine = functions(iter(stopped), rounded_at, change)
            ends.append(with_constants(expression, mpf).apply(*point, engine=engine))
        slopes.append((ends[0] - ends[1]) / (2 * h))
    return slopes


def tolerance(expression: Expression, gradient: list[Any]) -> list[float]:
    """How far from the exact gradient a float computation may be."""
    count = len(expression.point)
    bounds = [mpf(0)] * count
    change = mpf(10) ** -15
    for step in range(len(expression.steps)):
        changed = exact_gradient(expression, step, change)
        for i in range(count):
            bounds[i] += abs(changed[i] - gradient[i]) / change * ULPS * UNIT

    numbers = [float(x) for x in exact_slots(expression)]
    size = [0.0] * len(numbers)  # of the adjoint, without cancellation
    error = [0.0] * len(numbers)
    size[-1] = 1.0
    first = len(numbers) - len(expression.steps)
    for i in range(len(numbers) - 1, first - 1, -1):
        name, slots = expression.steps[i - first]
        operands = tuple(numbers[k] for k in slots)
        for position, k in enumerate(slots):
            partial = abs(float(truth.partial(name, operands, position)))
            extra = 0.0
            if name in truth.LARGEST_TERM:
                extra = float(truth.LARGEST_TERM[name](*operands))
            stated = RULES[name].ulps
            ulps = (stated(*operands) if callable(stated) else stated) + 2
            error[k] += error[i] * max(partial, extra) + size[i] * max(partial, extra) * ulps * UNIT
            size[k] += size[i] * partial
    return [float(bounds[i]) + error[i] for i in range(count)]


def recorded(expression: Expression) -> tuple[Any, list[Value]]:
    leaves = [Value(x, label=f"x{i}") for i, x in enumerate(expression.point)]
    return expression.apply(*leaves), leaves


@given(expressions())
def test_values_are_those_of_floats_bit_for_bit(expression: Expression) -> None:
    on_values = expression.slots(*map(Value, expression.point))
    on_floats = expression.slots(*expression.point, engine=ROWS)
    assert [bits(float(v)) for v in on_values] == [bits(float(x)) for x in on_floats]


@given(moderate())
def test_gradients_are_the_truth_as_far_as_floats_can_tell(expression: Expression) -> None:
    y, leaves = recorded(expression)
    if not isinstance(y, Value):
        return  # an expression of constants alone
    y.backward()
    with mp.workdps(60):
        exact = exact_gradient(expression)
        allowed = tolerance(expression, exact)
        for leaf, slope, bound in zip(leaves, exact, allowed):
            error = abs(mpf(leaf.grad) - slope)
            assert error <= 2 * bound, f"{leaf!r}: the truth is {float(slope)!r}, allowed {bound:.2g}\n{expression}"


@given(moderate(max_steps=6))
def test_gradients_agree_with_plain_finite_differences_where_those_are_any_good(expression: Expression) -> None:
    if any(name == "stop_gradient" for name, _ in expression.steps):
        return
    y, leaves = recorded(expression)
    if not isinstance(y, Value):
        return
    y.backward()
    of_floats = functools.partial(expression.apply, engine=RULES)

    def slope(i: int, h: float) -> float:
        ends = []
        for sign in (1, -1):
            point = list(expression.point)
            point[i] += sign * h
            ends.append(of_floats(*point))
        return (ends[0] - ends[1]) / (2 * h)

    for i, leaf in enumerate(leaves):
        try:
            coarse, fine = slope(i, 2e-5), slope(i, 1e-5)
        except (ArithmeticError, ValueError):
            continue
        # Two steps tell how good they are: the error falls with h², and rounding makes up for |y| ulps / h.
        doubt = 4 * abs(coarse - fine) + 1e-10 * (1 + abs(y.data)) / 1e-5 * 1e-3
        if doubt < 1e-3 * abs(fine):
            assert abs(leaf.grad - fine) <= doubt, str(expression)


@given(expressions())
def test_second_backward_doubles_the_leaves_of_any_expression(expression: Expression) -> None:
    y, leaves = recorded(expression)
    if not isinstance(y, Value):
        return
    y.backward()
    once = [leaf.grad for leaf in leaves]
    y.backward()
    assert [leaf.grad for leaf in leaves] == [2 * g for g in once]


@given(expressions())
def test_moving_the_leaves_after_recording_changes_no_gradient(expression: Expression) -> None:
    y, leaves = recorded(expression)
    again, moved = recorded(expression)
    if not isinstance(y, Value):
        return
    for leaf in moved:
        leaf.data = 1e6
    y.backward()
    again.backward()
    assert [leaf.grad for leaf in moved] == [leaf.grad for leaf in leaves]


def test_the_strategy_reaches_every_row_and_shares_subexpressions() -> None:
    rows: set[str] = set()
    shared = 0

    @settings(max_examples=1000, derandomize=True, database=None, deadline=None)
    @given(moderate())
    def collect(expression: Expression) -> None:
        nonlocal shared
        rows.update(name for name, _ in expression.steps)
        first = len(expression.point) + len(expression.constants)
        used = [k for _, operands in expression.steps for k in operands if k >= first]
        shared += len(used) > len(set(used))

    collect()
    assert rows == set(NAMES)
    assert shared > 60
