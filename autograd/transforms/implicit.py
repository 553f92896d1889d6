"""``implicit``: the solution of an equation, found by any solver; derivatives by the implicit function theorem.

Where residual(x, θ) = 0, moving θ moves x so that the residual stays 0: ∂r/∂x · dx/dθ = -∂r/∂θ. The solver is only
asked for x; how it found it doesn't matter. The derivatives are themselves functions of x and θ, and differentiable.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd.engine.kinds import is_traced, where
from autograd.engine.methods import Functions
from autograd.transforms.derivatives import jacobian
from autograd.transforms.joint import Given, Joint
from autograd.transforms.trees import Tree, flatten
from autograd.transforms.worlds import refuse_closure


def implicit(residual: Callable[..., Any], solve: Callable[..., Any]) -> Callable[..., Any]:
    """The solution x of ``residual(x, *theta) == 0`` as a function of theta, differentiable to any order.

    Args:
        residual: of x and theta, as many numbers as x has, 0 at the solution. It is what is differentiated.
        solve: of theta, gives x: a number, an array, or a structure of them. It gets plain numbers, so any code will do
            (SciPy's root finders, say); under ``jit`` it is compiled along, as far as it can be.

    Returns:
        A function of theta that gives what ``solve`` gives.

    Raises:
        ValueError: (when differentiated) the residual has another number of equations than there are unknowns, or
            doesn't determine x: its derivative by x is singular.

    >>> from autograd import grad
    >>> root = implicit(lambda x, a: x * x - a, lambda a: a**0.5)
    >>> root(9.0), grad(root)(9.0) == 1 / 6, grad(grad(root))(9.0) == -1 / 108
    (3.0, True, True)
    """
    for what, f in (("residual", residual), ("solve", solve)):
        if not callable(f):
            raise TypeError(f"implicit takes two functions, residual and solve; {what} is {type(f).__name__} {f!r:.60}")

    @functools.wraps(solve)
    def solution(*theta: Any) -> Any:
        given = Given(theta)
        if not any(isinstance(x, Functions) for x in given.numbers):
            return solve(*theta)
        return _Solution(residual, solve, given)()

    return solution


class _Solution:
    """One call with theta that carries derivatives."""

    def __init__(self, residual: Callable[..., Any], solve: Callable[..., Any], given: Given) -> None:
        self.residual = residual
        self.solve = solve
        self.given = given
        self.joint = Joint("solution", self._solve, self._slopes, solve)
        self.tree: Tree | None = None  # of x

    def __call__(self) -> Any:
        numbers = self.joint(self.given.numbers)
        assert self.tree is not None
        return self.tree.rebuild(numbers)

    def _solve(self, theta: Any) -> list[Any]:
        at = self.given.rebuild(list(theta))
        x = self.solve(*at)
        self.tree, numbers = flatten(x)
        if not any(map(is_traced, (*theta, *numbers))) and any(
            isinstance(r, Functions) for r in flatten(self.residual(x, *at))[1]
        ):
            refuse_closure("the residual of implicit")
        return numbers

    def _slopes(self, theta: Any) -> list[list[Any]]:
        x = self.joint(theta)
        m = len(x)

        def residuals(numbers: Any) -> list[Any]:
            assert self.tree is not None
            return flatten(self.residual(self.tree.rebuild(numbers[:m]), *self.given.rebuild(numbers[m:])))[1]

        matrix = jacobian(residuals)([*x, *theta])
        if len(matrix) != m:
            raise ValueError(
                f"the residual of implicit has {len(matrix)} equations for {m} unknowns; write {m} of them"
            )
        rows = matrix.tolist()
        return _solved([row[:m] for row in rows], [[-b for b in row[m:]] for row in rows])


def _solved(a: list[list[Any]], b: list[list[Any]]) -> list[list[Any]]:
    """The matrix X with A·X = B, by Gaussian elimination: of numbers of any kind, traced ones among them.

    Raises:
        ValueError: A is singular.
    """
    rows = [left + right for left, right in zip(a, b)]
    n = len(rows)
    for k in range(n):
        for i in range(k + 1, n):  # the row with the largest number on top; a choice can be traced, a swap can't
            larger = abs(rows[i][k]) > abs(rows[k][k])
            pairs = [(where(larger, y, x), where(larger, x, y)) for x, y in zip(rows[k], rows[i])]
            rows[k], rows[i] = [x for x, _ in pairs], [y for _, y in pairs]
        try:
            rows[k] = [x / rows[k][k] for x in rows[k]]
        except ZeroDivisionError:
            raise ValueError(
                "the equation of implicit doesn't determine its solution here: the derivative of the residual by the "
                "unknowns is singular, so the solution has no derivative"
            ) from None
        for i in range(n):
            if i != k:
                factor = rows[i][k]
                rows[i] = [y - factor * x for x, y in zip(rows[k], rows[i])]
    return [row[n:] for row in rows]
