"""Small programs as people write them: compiled, they give what Python gives, or are refused with a word of advice."""

from __future__ import annotations

import bisect
import collections
import copy
import enum
import functools
import itertools
import math
import operator
import statistics
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd
from autograd import grad, jit, where
from autograd.errors import AutogradError

Program = Callable[..., Any]


class Point(NamedTuple):
    x: Any
    y: Any


class Kind(enum.IntEnum):
    ONE = 1
    TWO = 2


class Scaled:
    def __init__(self, k: float) -> None:
        self.k = k

    def __call__(self, x: Any, shift: float = 0.0) -> Any:
        return self.k * x + shift

    def method(self, x: Any, shift: float = 0.0) -> Any:
        return self(x, shift)


def matched(x: Any) -> Any:
    match x:
        case 1.5:
            return 10.0
        case _:
            return x


def unless_zero(x: Any) -> Any:
    if x == 0:
        return 0.0
    return x


def doubled(x: Any) -> Any:
    while abs(x) < 10.0 and x != 0:
        x = 2 * x
    return x


def summed(x: Any) -> Any:
    total = 0.0

    def add(y: Any) -> None:
        nonlocal total
        total += y

    add(x)
    add(2 * x)
    return total


NUMBERS = (1.5, -2.0, 2.5, 0.0, math.inf, math.nan)
OF_A_NUMBER: dict[str, Program] = {
    "np.isnan": lambda x: where(np.isnan(x), 0.0, x),
    "math.isnan": lambda x: where(math.isnan(x), 0.0, x),
    "x != x": lambda x: where(x != x, 0.0, x),
    "if": unless_zero,
    "match": matched,
    "while": doubled,
    "max": lambda x: max(x, 0.0),
    "min": lambda x: min(0.0, x),
    "or": lambda x: x or 5.0,
    "not": lambda x: not x,
    "chained": lambda x: 1.0 if 0 < x < 3 else 2.0,
    "in": lambda x: x in [1.5, 2.0],
    "== None": lambda x: operator.eq(x, None),
    "bool": lambda x: bool(x) * 1.0,
    "int": lambda x: int(x) * 1.0 if x == x and abs(x) < 9 else x,
    "divmod": lambda x: divmod(x, 2.0),
    "%": lambda x: x % -2.0,
    "//": lambda x: x // 0.3,
    "**": lambda x: x**3,
    "** of a constant": lambda x: 2**x,
    "abs": abs,
    "pow": lambda x: pow(x, 2),
    "-": operator.neg,
    "+": operator.pos,
    "fmod": lambda x: np.fmod(x, 2.0),
    "np.sign": np.sign,
    "np.float64": lambda x: np.float64(2.0) * x - np.int64(3),
    "Fraction": lambda x: Fraction(1, 3) * x + Fraction(1, 7),
    "complex": lambda x: abs(x + 1j),
    "math.sin": math.sin,
    "copied": lambda x: copy.copy(x) * copy.deepcopy(x),
    "nonlocal": summed,
    "a set": lambda x: len({x, x + 0.0}) * 1.0,
    "a key": lambda x: {x: 1.0}.get(x),
    "Counter": lambda x: len(collections.Counter([x, x + 0.0])) * 1.0,
    "a comparison times": lambda x: (x > 1) * 3.0,
    "of comparisons": lambda x: (x > 1) + (x < 5),
    "a comparison as an index": lambda x: [1.0, 2.0][x > 1],
    "== True": lambda x: 1.0 if operator.eq(x > 1, True) else 2.0,
    "bisect": lambda x: bisect.bisect([1.0, 2.0], x) * 1.0,
    "walrus": lambda x: (y := 2 * x) + y,
    "float": lambda x: float(x),
    "as text": lambda x: float(f"{x:.3f}"),
    "math.isclose": lambda x: math.isclose(x, 1.5),
    "an object": Scaled(3.0),
    "a method": Scaled(3.0).method,
    "partial": functools.partial(Scaled(3.0), shift=1.0),
    "a default": lambda x, k=3.0: k * x,
    "0 * x": lambda x: 0 * x,
    "x - x": lambda x: x - x,
    "x / x": lambda x: x / (x + 7),
    "a slope of x - x": grad(lambda x: (x - x) * autograd.sin(x)),
    "a slope of 0 * x": grad(lambda x: 0 * x),
    "a result of its own": lambda x: (x, None, "text", True, 3, {"b": x, "a": [x]}),
}

LISTS = ([3.0, 1.0, 2.0], [3.0, 3.0, 2.0])
OF_A_LIST: dict[str, Program] = {
    "sorted": sorted,
    "max": max,
    "sum": sum,
    "any": lambda x: any(y > 2 for y in x),
    "index": lambda x: x.index(3.0) * 1.0,
    "count": lambda x: x.count(3.0) * 1.0,
    "== itself": lambda x: x == list(x),
    "set": lambda x: len(set(x)) * 1.0,
    "reduce": lambda x: functools.reduce(operator.mul, x),
    "accumulate": lambda x: [*itertools.accumulate(x)],
    "pairwise": lambda x: [b - a for a, b in itertools.pairwise(x)],
    "reversed": lambda x: [*reversed(x)],
    "groupby": lambda x: [len([*g]) * 1.0 for _, g in itertools.groupby(x)],
    "mean": statistics.mean,
    "fsum": math.fsum,
    "prod": math.prod,
    "starred": lambda x: (lambda a, *b: a - sum(b))(*x),
    "slice": lambda x: x[::-1],
    "append": lambda x: (x.append(1.0), sum(x))[1],
    "a generator": lambda x: sum(y * y for y in x),
    "least": lambda x: min(range(len(x)), key=lambda i: x[i]) * 1.0,
    "deque": lambda x: sum(collections.deque(x)),
    "a generator returned": lambda x: (y for y in x),
    "a set returned": lambda x: {y + 0.0 for y in x},
}

ARRAYS = (np.array([1.0, -2.0, 4.0]), np.array([math.nan, 0.0, 4.0]))
OF_AN_ARRAY: dict[str, Program] = {
    "a mask": lambda x: x[x > 2].sum(),
    "in place": lambda x: x.__iadd__(1.0),
    "np.sort": np.sort,
    "argmax": lambda x: x[np.argmax(x)],
    "nansum": np.nansum,
    "where": lambda x: np.where(x > 0, x, 0.0),
    "count": lambda x: np.sum(x > 0),
    "any": lambda x: np.any(x > 2) * 1.0,
    "&": lambda x: where((x > 0) & (x < 3), x, 0.0),
    "median": np.median,
    "unique": np.unique,
    "clip": lambda x: x.clip(0, 2),
    "cumsum": np.cumsum,
    "diff": np.diff,
    "outer": lambda x: np.outer(x, x),
    "var": lambda x: np.var(x, ddof=1),
    "into zeros": lambda x: np.zeros(3).__setitem__(0, x[0]),
    "astype": lambda x: x.astype(int) * 1.0,
    "in": lambda x: 4.0 in x,
    "truth": lambda x: 1.0 if (x > 0).all() else 0.0,
    "tolist": lambda x: sum(x.tolist()),
    "max": np.max,
    "min": min,
    "histogram": lambda x: np.histogram(x, bins=3, range=(-2, 4))[0] * 1.0,
    "interp": lambda x: np.interp(x, [0, 4], [0, 8]),
    "softmax": lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
    "nonzero": lambda x: x[np.nonzero(x)].sum(),
}

OTHERS: list[tuple[Program, tuple[Any, ...]]] = [
    (lambda n: sum(1.0 for _ in range(n)), (5,)),
    (lambda i, x: x[i], (2, [1.0, 2.0, 3.0])),
    (operator.and_, (7, 2)),
    (lambda b, x: x if b else -x, (True, 2.0)),
    (operator.mul, (False, 2.0)),
    (lambda k, x: k * x, (Kind.TWO, 3.0)),
    (lambda p: p._replace(x=p.y), (Point(1.0, 2.0),)),
    (lambda d: d[2] - d[1], ({2: 5.0, 1: 3.0},)),
    (lambda d: next(iter(d.values())), ({"b": 1.0, "a": 2.0},)),
    (lambda s, x: float(s) * x, ("1.5", 2.0)),
    (lambda b, x: b * x, (np.array([True, False]), ARRAYS[0][:2])),
    (lambda i, x: x[i], (np.array([1, 0]), ARRAYS[0])),
    (lambda x: x // 2, (np.array([7, -7, 3]),)),
    (lambda x: x - 10**17, (10**17 + 1,)),
    (lambda x: x * 2, (np.float64(1.5),)),
    (lambda x: x * 2, (np.array(1.5),)),
    (np.sum, (np.array([]),)),
    (sum, ([],)),
    (lambda x, y=None: x, (3.0, None)),
    (lambda x: x.sum(), (np.ma.array([1.0, 2.0], mask=[0, 1]),)),
    (abs, (1j,)),
]

CASES = [
    *((f"{name} of {x}", f, (x,)) for name, f in OF_A_NUMBER.items() for x in NUMBERS),
    *((f"{name} of {x}", f, (x,)) for name, f in OF_A_LIST.items() for x in LISTS),
    *((f"{name} of {x}", f, (x,)) for name, f in OF_AN_ARRAY.items() for x in ARRAYS),
    *((f"number {number}", f, args) for number, (f, args) in enumerate(OTHERS)),
]
REFUSALS = (AutogradError, TypeError, AttributeError, IndexError)


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(same(found[key], expected[key]) for key in expected)
    if isinstance(expected, (list, tuple)):
        return type(found) is type(expected) and len(found) == len(expected) and all(map(same, found, expected))
    if expected is None or isinstance(expected, str):
        return bool(found == expected)
    return np.shape(found) == np.shape(expected) and np.allclose(found, expected, rtol=1e-12, atol=0.0, equal_nan=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("name", "f", "args"), CASES, ids=[case[0] for case in CASES])
def test_it_is_what_python_gives_or_refused(name: str, f: Program, args: tuple[Any, ...]) -> None:
    try:
        expected = f(*copy.deepcopy(args))
    except (ValueError, ArithmeticError, TypeError, AttributeError):
        return  # outside of its domain, or no program at all
    try:
        found = jit(f)(*copy.deepcopy(args))
    except REFUSALS:
        return
    assert same(found, expected), f"{found}, but Python gives {expected}"
