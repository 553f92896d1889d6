"""Random functions with conditions, in two readings: with ``where``, and with Python's ``if``, which runs one branch.

What Python doesn't run has no derivative, whatever the numbers there are. So the second reading, in eager transforms,
is the truth about the first.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

import autograd
from autograd import where

Tree = Any  # ("x", index), ("c", number), ("let", index), (function, trees...), ("where", comparison, trees...)

SPECIAL: Final = (0.0, 1.0, -1.0, 2.0, 0.5, -3.0, math.inf, -math.inf, math.nan)
ONE: Final = ("log", "sqrt", "sin", "cos", "tan", "exp", "relu", "abs", "tanh", "sigmoid", "square", "inverse", "neg")
TWO: Final = ("add", "sub", "mul", "truediv", "maximum", "minimum")
COMPARISONS: Final = ("lt", "le", "gt", "ge")


class Conditional(NamedTuple):
    """Values that are computed in order, of which the last is the result, and where."""

    lets: tuple[Tree, ...]
    point: tuple[float, ...]

    def function(self, lazily: bool) -> Callable[..., Any]:
        """The function of numbers, with ``where``, or lazily with ``if``."""

        def f(*xs: Any) -> Any:
            known: list[Any] = []
            for tree in self.lets:
                known.append(_run(tree, xs, known, lazily))
            return known[-1]

        return f


def _run(tree: Tree, xs: Sequence[Any], known: Sequence[Any], lazily: bool) -> Any:
    head, *rest = tree
    if head == "x":
        return xs[rest[0]]
    if head == "c":
        return rest[0]
    if head == "let":
        return known[rest[0]]
    if head == "where":
        comparison, a, b, then, otherwise = rest
        condition = getattr(operator, comparison)(_run(a, xs, known, lazily), _run(b, xs, known, lazily))
        if lazily:
            return _run(then if condition else otherwise, xs, known, lazily)
        return where(condition, _run(then, xs, known, lazily), _run(otherwise, xs, known, lazily))
    operands = [_run(each, xs, known, lazily) for each in rest]
    if head == "sub":  # x - x has in eager code the derivative 1 - 1, the whole number 0
        return operands[0] - 0.75 * operands[1]
    if head == "square":
        return operands[0] ** 2
    if head == "inverse":
        return 1.0 / operands[0]
    function = getattr(operator, head, None) or getattr(autograd, head)
    return function(*operands)


EXACT: Final = (("relu", "abs", "square", "neg"), ("add", "sub", "mul", "maximum", "minimum"))  # without rounding


def conditionals(
    arguments: int = 2, one: Sequence[str] = ONE, two: Sequence[str] = TWO
) -> st.SearchStrategy[Conditional]:
    """Functions of so many numbers, most of them with a where, at points of special numbers.

    Args:
        arguments: how many numbers.
        one: the functions of one number.
        two: the functions of two.
    """

    def trees(lets: int) -> st.SearchStrategy[Tree]:
        leaves = [
            st.tuples(st.just("x"), st.integers(0, arguments - 1)),
            st.tuples(st.just("c"), st.sampled_from((0.0, 0, 1.0, 2.0, -1.0, math.inf))),
        ]
        if lets:
            leaves += [st.tuples(st.just("let"), st.integers(0, lets - 1))] * 2

        def larger(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
            chosen = st.tuples(st.just("where"), st.sampled_from(COMPARISONS), st.one_of(leaves), st.one_of(leaves))
            return st.one_of(
                st.tuples(st.sampled_from(one), inner),
                st.tuples(st.sampled_from(two), inner, inner),
                st.tuples(st.just("mul"), inner, inner),
                st.tuples(chosen, inner, inner).map(lambda parts: (*parts[0], *parts[1:])),
                st.tuples(chosen, inner, inner).map(lambda parts: (*parts[0], *parts[1:])),
            )

        return st.recursive(st.one_of(leaves), larger, max_leaves=8)

    def program(lets: int) -> st.SearchStrategy[tuple[Tree, ...]]:
        return st.tuples(*[trees(number) for number in range(lets)])

    point = st.tuples(*[st.sampled_from(SPECIAL)] * arguments)
    return st.builds(Conditional, st.integers(1, 3).flatmap(program), point)
