"""A thin layer on top of ``autograd``: neurons, layers, networks, losses, optimisers, training.

Nothing here knows a derivative. A neuron is a sum of products and an activation, a loss is an expression; ``autograd``
differentiates them.

>>> from nn import MLP, SGD, mse
>>> model = MLP(2, [3, 1], "tanh", seed=0)
>>> optimizer = SGD(model.parameters(), lr=0.1)
>>> for _ in range(100):
...     loss = mse(model([1.0, -1.0]), 0.5)
...     optimizer.zero_grad()
...     loss.backward()
...     optimizer.step()
>>> round(loss.data, 6)
0.0

``fit`` does the same compiled:

>>> history = fit(model, mse, [[1.0, -1.0]], [0.25], optimizer=optimizer, epochs=100)
>>> round(history["loss"][-1], 6)
0.0

What only some programs need, such as ``fit`` and ``plot_surface``, is loaded when it is first used, so ``import nn``
is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn.attention import Attention
from nn.blocks import Dropout, Embedding, LayerNorm, RMSNorm, Sequential
from nn.functional import functional
from nn.history import History
from nn.layers import MLP, Layer, Neuron
from nn.losses import (
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    hinge,
    huber,
    mae,
    mse,
)
from nn.module import Module
from nn.optim import SGD, Adam, AdamW, RMSProp
from nn.w8.network import W8Network

if TYPE_CHECKING:
    from nn.export import to_c
    from nn.picture import draw_network
    from nn.plots import plot_surface
    from nn.training.checkpoint import load, save
    from nn.training.fit import fit
    from nn.training.trainer import Trainer

# Names whose module is loaded when they are first used.
_LATER = {
    "Trainer": "nn.training.trainer",
    "draw_network": "nn.picture",
    "fit": "nn.training.fit",
    "load": "nn.training.checkpoint",
    "plot_surface": "nn.plots",
    "save": "nn.training.checkpoint",
    "to_c": "nn.export",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        import importlib

        value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
        return value
    raise AttributeError(f"module 'nn' has no attribute {name!r}{_hint(name)}")


def _hint(name: str) -> str:
    import difflib

    if name not in _ELSEWHERE:
        name = next((known for known in _ELSEWHERE if known.lower() == name.lower()), name)
    if name in _ELSEWHERE:
        return f"; write {_ELSEWHERE[name].format(name)}"
    alike = [known for known in __all__ if known.lower() == name.lower()]
    near = alike or difflib.get_close_matches(name, __all__, 1, cutoff=0.72)
    return f"; did you mean {near[0]}?" if near else ""


# What PyTorch calls it, and what it is here.
_ELSEWHERE = {
    **{name: f'nn.Layer(nin, nout, "{name.lower()}")' for name in ("ReLU", "Tanh", "Sigmoid", "GELU", "SiLU")},
    **dict.fromkeys(("relu", "tanh", "sigmoid", "softmax", "gelu", "silu", "log_softmax"), "autograd.{}"),
    **dict.fromkeys(("Dense", "Linear"), 'nn.Layer(nin, nout, "linear")'),
    **dict.fromkeys(("DataLoader", "Dataset"), "nn.fit(model, loss, X, Y, optimizer=..., epochs=..., batch_size=32)"),
    **dict.fromkeys(("L1", "MAE", "L1Loss"), "nn.mae"),
    **dict.fromkeys(("L2", "MSE", "MSELoss"), "nn.mse"),
    **dict.fromkeys(("Value", "no_grad", "grad", "jit", "vmap"), "from autograd import {}"),
    "ModuleList": "a list: a Module finds the parameters in it",
    "NLLLoss": "nn.cross_entropy, of logits",
    "SmoothL1Loss": "nn.huber",
    "Softmax": "autograd.softmax; nn.cross_entropy takes the logits themselves",
    "train": "nn.fit(model, loss, X, Y, optimizer=..., epochs=...)",
    "accuracy": "a function of your own: lambda outputs, Y: ((outputs > 0) == Y).mean()",
    "init": 'nn.MLP(2, [16, 1], init="he")',
    "BCELoss": "nn.binary_cross_entropy",
    "BCEWithLogitsLoss": "nn.binary_cross_entropy",
    "CrossEntropyLoss": "nn.cross_entropy",
    "Parameter": "autograd.Value(3.0)",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "Attention",
    "Dropout",
    "Embedding",
    "History",
    "Layer",
    "LayerNorm",
    "Module",
    "Neuron",
    "RMSNorm",
    "RMSProp",
    "Sequential",
    "Trainer",
    "W8Network",
    "binary_cross_entropy",
    "cross_entropy",
    "draw_network",
    "fit",
    "functional",
    "half_squared_error",
    "hinge",
    "huber",
    "load",
    "mae",
    "mse",
    "plot_surface",
    "save",
    "to_c",
]
