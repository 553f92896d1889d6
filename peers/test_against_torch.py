"""Every optimiser against PyTorch's: the same parameters after 1,000 steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import nn
from autograd import Value, jit

STEPS, PARAMETERS = 1000, 7

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("SGD", "SGD", {"lr": 0.01}),
    ("SGD", "SGD", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", "SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("Adam", "Adam", {"lr": 0.01}),
    ("Adam", "Adam", {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1}),
    ("AdamW", "AdamW", {"lr": 0.01, "weight_decay": 0.1}),
    ("RMSProp", "RMSprop", {"lr": 0.01}),
    ("RMSProp", "RMSprop", {"lr": 0.01, "alpha": 0.9, "momentum": 0.9, "weight_decay": 0.1}),
]


def slopes(p: Any, step: int, curvature: Any) -> Any:
    """The gradient of a bowl that is pushed about."""
    return curvature @ p + np.sin(np.arange(PARAMETERS) + step)


@pytest.mark.parametrize(("ours", "theirs", "options"), CASES)
def test_an_optimiser_is_pytorchs(ours: str, theirs: str, options: dict[str, Any]) -> None:
    generator = np.random.default_rng(0)
    start, root = generator.normal(size=PARAMETERS), generator.normal(size=(PARAMETERS, PARAMETERS))
    curvature = root @ root.T

    values = [Value(x) for x in start]
    optimizer, twin = (getattr(nn, ours)(made, **options) for made in (values, [Value(x) for x in start]))
    tensor = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    peer = getattr(torch.optim, theirs)([tensor], **options)
    update = jit(lambda p, g, slots, coefficients: twin.update(p, g, slots, *coefficients))
    vector, slots = start, twin.zeros()

    for step in range(STEPS):
        numbers = np.array([v.data for v in values])
        for value, slope in zip(values, slopes(numbers, step, curvature)):
            value.grad = slope
        optimizer.step()
        tensor.grad = torch.tensor(slopes(tensor.detach().numpy(), step, curvature))
        peer.step()
        vector, slots = update(vector, slopes(vector, step, curvature), slots, twin.coefficients(step))

    expected = tensor.detach().numpy()
    np.testing.assert_allclose([v.data for v in values], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(vector, expected, rtol=0, atol=1e-12)
