"""The warning that a gradient was used and not set to zero: where it is due, and where somebody knows what he does."""

from __future__ import annotations

import warnings

import pytest

import nn
from autograd import StaleGradient, Value


def stepped(slopes: list[float]) -> tuple[nn.SGD, list[Value]]:
    """Two parameters that have these gradients, and an optimiser that has used them."""
    params = [Value(1.0), Value(2.0)]
    optimizer = nn.SGD(params, lr=0.1)
    sum(p * slope for p, slope in zip(params, slopes)).backward()
    optimizer.step()
    return optimizer, params


@pytest.mark.parametrize("slopes", [[3.0, 5.0], [-3.0, 5.0], [-3.0, -5.0], [0.0, 5.0]])
def test_gradients_that_were_used_and_kept_are_warned_of_once(slopes: list[float]) -> None:
    _, (p, q) = stepped(slopes)
    with pytest.warns(StaleGradient, match="zero_grad"):
        (p * q).backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (p * q).backward()


@pytest.mark.parametrize("slope", [3.0, -3.0])
@pytest.mark.parametrize("other", [5.0, -5.0])
def test_where_some_are_set_to_zero_nobody_is_warned(slope: float, other: float) -> None:
    for first in (0, 1):
        _, params = stepped([slope, other])
        params[first].grad = 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            (params[0] * params[1]).backward()


def test_where_all_are_set_to_zero_nobody_is_warned() -> None:
    optimizer, (p, q) = stepped([3.0, -5.0])
    optimizer.zero_grad()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (p * q).backward()
