"""``propagate``: what uncertain arguments make of a result."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd.transforms.derivatives import hessian, value_and_jacobian
from autograd.transforms.inputs import Inputs
from autograd.transforms.trees import array_of, flatten


def propagate(f: Callable[..., Any], x: Any, covariance: Any, *, second_order: bool = False) -> tuple[Any, Any]:
    """The value of f at an uncertain x, and its covariance J·Σ·Jᵀ.

    Args:
        f: of one argument, of any structure; returns a number, an array, or a structure of them.
        x: the expected argument, of n numbers.
        covariance: Σ, an n by n matrix; n variances, where they are independent; for one number, its variance.
        second_order: take second derivatives into account, for normally distributed x: the value gets ½·tr(H·Σ) more,
            the covariance ½·tr(H·Σ·H'·Σ), with the Hessians H and H' of the two outputs.

    Returns:
        ``(value, covariance)``. The covariance is a number for one number as the output, else an m by m array.

    Raises:
        ValueError: the covariance has another shape, or isn't symmetric.

    >>> value, variance = propagate(lambda x: x[0] * x[1], [3.0, 4.0], [0.01, 0.04])
    >>> value, round(variance, 12)  # 4² · 0.01 + 3² · 0.04
    (12.0, 0.52)
    """
    import numpy as np

    n = len(Inputs((x,), 0).numbers)
    sigma = _matrix(covariance, n)
    value, slopes = value_and_jacobian(f, stack=True)(x)
    tree, numbers = flatten(value)
    j = slopes.reshape(tree.size, n)
    whole = j @ sigma @ j.T
    if second_order:

        def output(k: int) -> Callable[[Any], Any]:
            return lambda at: flatten(f(tree_of_x.rebuild(list(at))))[1][k]

        tree_of_x, at = flatten(x)
        curved = [hessian(output(k))(list(at)) @ sigma for k in range(tree.size)]
        numbers = [y + 0.5 * np.trace(h) for y, h in zip(numbers, curved)]
        whole = whole + 0.5 * array_of([np.trace(a @ b) for a in curved for b in curved], whole.shape)
    numbers = [float(y) if isinstance(y, (float, int)) else y for y in numbers]
    return tree.rebuild(numbers), whole.item() if tree.spec is None and tree.shapes == [None] else whole


def _matrix(covariance: Any, n: int) -> Any:
    """The covariance as an n by n matrix."""
    import numpy as np

    sigma = np.asarray(covariance)
    if sigma.shape in ((n,), ()) and sigma.size == n:
        return np.diag(sigma.ravel())
    if sigma.shape != (n, n):
        raise ValueError(
            f"x has {n} numbers, and the covariance the shape {sigma.shape}; "
            f"write a matrix of {n} by {n}, or {n} variances"
        )
    if sigma.dtype.kind != "O" and not np.allclose(sigma, sigma.T, rtol=1e-9, atol=math.ulp(0.0), equal_nan=True):
        raise ValueError("the covariance isn't symmetric; write (c + c.T) / 2 where that is only rounding")
    return sigma
