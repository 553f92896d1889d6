"""How far each row of the rule table is from the truth: ``python tests/accuracy.py`` prints the table.

Also the points at which the tests measure: over the whole range of floats, near every singularity, and at random.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autograd.engine.rules import RULES, Rule
from tests import truth

NORMAL = sys.float_info.min


class Worst(NamedTuple):
    """The largest error of one function, as a multiple of what its row states."""

    ratio: float = 0.0
    ulps: float = 0.0
    operands: tuple[float, ...] = ()
    count: int = 0


@functools.cache
def points(name: str) -> tuple[tuple[float, ...], ...]:
    """Several hundred points of the row's domain, always the same ones, at which its value is a normal number or 0."""
    rule = RULES[name]
    candidates = _orders(name) if rule.constant else _pairs(name) if rule.arity == 2 else zip(_numbers(name))
    return tuple(dict.fromkeys(x for x in candidates if _is_good(rule, x)))


def _is_good(rule: Rule, operands: tuple[float, ...]) -> bool:
    if not rule.domain.contains(*operands):
        return False
    if "mills" in rule.name and operands[0] < -1e5:
        return False  # there the truth, with e^(x²) in it, takes too many digits
    try:
        y = rule.value(*operands)
    except OverflowError:
        return False
    return math.isfinite(y) and all(x == 0 or abs(x) >= NORMAL for x in (*operands, y))


def _numbers(name: str) -> Iterator[float]:
    draw = random.Random(name)
    for exponent in (*range(-307, 308, 9), 308):
        yield from (10.0**exponent, -(10.0**exponent), draw.uniform(1, 9) * 10.0 ** (exponent - 1))
    for k in range(1, 53, 3):
        yield from (center + sign * 2.0**-k for center in (1.0, -1.0, 2.0) for sign in (1, -1))
    for n in range(-8, 9):
        yield from (float(n), n + 0.5, n * math.pi / 2)
    for width in (1.0, 6.0, 40.0, 750.0):
        for _ in range(40):
            yield draw.uniform(-width, width)
    if name == "logit":
        for _ in range(80):
            yield draw.uniform(0, 1)


def _pairs(name: str) -> Iterator[tuple[float, float]]:
    draw = random.Random(name)
    sizes = [
        sign * draw.uniform(1, 9) * 10.0**k for k in (-300, -150, -30, -8, -1, 0, 2, 20, 140, 300) for sign in (1, -1)
    ]
    yield from itertools.product(sizes, sizes)
    yield from itertools.product(sizes, (0.0, 0.5, 1.0, 2.0, -1.0))
    yield from itertools.product((0.0, 1.0, -1.0, -0.5), sizes)
    for _ in range(100):
        yield draw.uniform(-5, 5), draw.uniform(-5, 5)
        yield draw.uniform(0, 40), draw.uniform(-40, 40)
        yield draw.uniform(-20, 20), float(draw.randint(-20, 20))
        x = draw.uniform(-5, 5)
        yield x, x * (1 + draw.choice((1, -1)) * 2.0 ** -draw.randint(1, 52))


def _orders(name: str) -> Iterator[tuple[float, float]]:
    """Pairs of which the first is a small whole number."""
    for k, x in enumerate(_numbers(name)):
        yield float(k % 4), x
        yield float((0, 5, 8)[k % 3]), x


def random_points(name: str, draw: random.Random) -> Iterator[tuple[float, ...]]:
    """Points of the row's domain without end: some of every size, near singularities, on the way to them."""
    rule = RULES[name]
    while True:
        operands = tuple(
            float(draw.randint(0, 8)) if i in rule.constant else _random_number(draw) for i in range(rule.arity)
        )
        if rule.arity == 2 and not rule.constant and draw.random() < 0.3:  # operands that have to do with each other
            a = operands[0]
            near = a * (1 + draw.choice((1, -1)) * 2.0 ** -draw.randint(1, 52))
            operands = (a, draw.choice((a, near, -near, float(round(draw.uniform(-20, 20))), 0.5, 2.0)))
        if all(map(math.isfinite, operands)) and _is_good(rule, operands):
            yield operands


def _random_number(draw: random.Random) -> float:
    sign = draw.choice((1, -1))
    kind = draw.random()
    if kind < 0.5:
        return draw.uniform(-1, 1) * draw.choice((1.0, 5.0, 40.0))
    if kind < 0.65:  # near a singularity, or a saddle
        return sign * (draw.choice((0.0, 1.0, 1.0, 2.0)) + draw.choice((1, -1)) * 2.0 ** -draw.randint(1, 52))
    if kind < 0.7:
        return draw.randint(-400, 400) * draw.choice((0.5, 1.0, math.pi / 2))
    if kind < 0.94:
        return sign * draw.uniform(1, 10) * 10.0 ** draw.randint(-12, 8)
    if kind < 0.97:
        return draw.uniform(-750, 750)
    return sign * draw.uniform(1, 10) * 10.0 ** draw.randint(-307, 307)


def worst(name: str, measure: Callable[[Rule, tuple[float, ...]], Iterator[tuple[float, float]]]) -> Worst:
    """The worst of what ``measure`` yields at the row's points: errors in ulps, each with its bound."""
    found = Worst()
    count = 0
    for operands in points(name):
        for error, bound in measure(RULES[name], operands):
            count += 1
            if error / bound > found.ratio or not found.operands:
                found = Worst(error / bound, error, operands)
    return found._replace(count=count)


def stated_ulps(rule: Rule, operands: tuple[float, ...]) -> float:
    """What the row promises there."""
    return rule.ulps(*operands) if callable(rule.ulps) else rule.ulps


def of_partials(rule: Rule, operands: tuple[float, ...]) -> Iterator[tuple[float, float]]:
    """The errors of the row's partials on floats."""
    y = rule.value(*operands)
    for position, partial in enumerate(rule.partials):
        if truth.has_derivative(rule.name, operands, position):
            exact = truth.partial(rule.name, operands, position)
            got = float(partial(*operands, y))
            if is_too_small(got, exact):
                continue
            scale = truth.LARGEST_TERM[rule.name](*operands) if rule.name in truth.LARGEST_TERM else None
            yield truth.ulps_between(got, exact, scale), stated_ulps(rule, operands)


def is_too_small(got: float, exact: Any) -> bool:
    """Whether an absolute error is all that is promised: of 2^-1022 below the normal numbers, of 1000 · 2^-1074 near
    them, where a factor may be below: silu(-712) is -712 · σ(-712), and a normal number, while σ(-712) is none.
    """
    off = abs(got - float(exact))
    if abs(exact) < NORMAL:
        return exact != 0 and off < NORMAL
    return bool(abs(exact) < 2.0**-1000 and off < 1000 * truth.SMALLEST)


def of_value(rule: Rule, operands: tuple[float, ...]) -> Iterator[tuple[float, float]]:
    """The error of the row's value on floats."""
    scale = truth.LARGEST_TERM_OF_VALUE.get(rule.name, lambda *_: None)(*operands)
    yield truth.ulps_between(rule(*operands), truth.value(rule.name, operands), scale), ulps_of_value(rule, operands)


def ulps_of_value(rule: Rule, operands: tuple[float, ...]) -> float:
    """What a value on floats may be off by: 4 ulp, more where a square in an exponent is rounded, or a high power."""
    if rule.name in ("gelu", "ndtr"):
        return 4.0 + 2.0 * operands[0] * operands[0]
    if rule.name == "inverse_mills_slope":
        return 6.0  # λ·(x + λ), where λ is off by 2.6
    return 4.0 + 2.0 * operands[0] if rule.name == "polygamma" else 4.0


def main() -> None:
    """Print the table."""
    print(f"{'row':<14}{'points':>7}{'value':>8}{'of stated':>10}{'partials':>10}{'of stated':>10}   worst partial at")
    for name in RULES:
        value, partial = worst(name, of_value), worst(name, of_partials)
        at = ", ".join(map(repr, partial.operands))
        errors = "".join(
            f"{found.ulps:>{width}.3g}{found.ratio:>10.2f}" for found, width in ((value, 8), (partial, 10))
        )
        print(f"{name:<14}{value.count:>7}{errors}   {at}")


if __name__ == "__main__":
    main()
