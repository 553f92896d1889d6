"""Two moons: the loss of MLP(2, [16, 16, 1]) on 100 points, and its gradient by all 337 parameters.

The loss is micrograd's, as in demos/moons.py: the mean hinge, and 1e-4 times the sum of squares of the parameters.
Parameters are a list of layers, a layer is a matrix of weights (a row for each neuron) and its biases.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measuring import Contest, Program
from benchmarks.peers import one_thread_jax

SIZES = (2, 16, 16, 1)
POINTS = 100
L2 = 1e-4


def contests(quick: bool) -> Iterator[Contest]:
    yield Contest(
        title=f"moons, MLP(2, [16, 16, 1]), {POINTS} points, loss and gradient",
        ours=chainrule,
        peers={"micrograd": micrograd, "PyTorch": torch, "JAX jit": jax, "NumPy by hand": by_hand},
        targets={"JAX jit": 1 / 2, "NumPy by hand": 1 / 2},
    )


def problem() -> tuple[list[tuple[Any, Any]], Any, Any]:
    """The parameters, the points, and for each point the moon that it belongs to, -1 or 1."""
    rng = np.random.default_rng(0)
    layers = [(rng.uniform(-1, 1, (n, m)), rng.uniform(-1, 1, n)) for m, n in itertools.pairwise(SIZES)]
    angles = rng.uniform(0, np.pi, POINTS)
    moons = np.where(np.arange(POINTS) % 2, 1.0, -1.0)
    points = np.stack([0.5 + moons * (0.5 - np.cos(angles)), 0.25 + moons * (0.25 - np.sin(angles))], axis=1)
    return layers, points + rng.normal(0, 0.1, points.shape), moons


def flat(result: Any) -> Any:
    """The loss and then every derivative, as one array."""
    loss, layers = result
    return np.concatenate([[float(loss)], *(np.asarray(part, float).ravel() for layer in layers for part in layer)])


def chainrule() -> Program:
    from autograd import dot, jit, mean, relu, sum, value_and_grad, vmap

    def score(layers: Any, point: Any) -> Any:
        numbers = point
        for depth, (weights, biases) in enumerate(layers, start=1):
            numbers = [dot(row, numbers) + b for row, b in zip(weights, biases)]
            if depth < len(layers):
                numbers = [relu(x) for x in numbers]
        return numbers[0]

    def hinge(layers: Any, point: Any, moon: Any) -> Any:
        return relu(1 - moon * score(layers, point))

    def loss(layers: Any, points: Any, moons: Any) -> Any:
        squares = sum(w * w for weights, biases in layers for w in (*(w for row in weights for w in row), *biases))
        return mean(vmap(hinge, in_axes=(None, 0, 0))(layers, points, moons)) + L2 * squares

    compiled = jit(value_and_grad(loss))
    arguments = problem()
    return Program(lambda: compiled(*arguments), flat)


def micrograd() -> Program:
    from micrograd.nn import MLP

    layers, points, moons = problem()
    model = MLP(SIZES[0], list(SIZES[1:]))
    for layer, (weights, biases) in zip(model.layers, layers):
        for neuron, row, bias in zip(layer.neurons, weights.tolist(), biases.tolist()):
            neuron.b.data = bias
            for w, number in zip(neuron.w, row):
                w.data = number

    def run() -> Any:
        scores = [model(point) for point in points.tolist()]
        hinges = [(1 + -moon * score).relu() for score, moon in zip(scores, moons.tolist())]
        loss = sum(hinges) * (1.0 / POINTS) + L2 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        return loss

    def read(loss: Any) -> Any:
        neurons = [layer.neurons for layer in model.layers]
        slopes = [([[w.grad for w in n.w] for n in layer], [n.b.grad for n in layer]) for layer in neurons]
        return flat((loss.data, slopes))

    return Program(run, read)


def torch() -> Program:
    import torch

    layers, points, moons = problem()
    parameters = [tuple(torch.tensor(part, requires_grad=True) for part in layer) for layer in layers]
    every = [part for layer in parameters for part in layer]
    x, t = torch.tensor(points), torch.tensor(moons)

    def run() -> Any:
        numbers = x
        for depth, (weights, biases) in enumerate(parameters, start=1):
            numbers = torch.nn.functional.linear(numbers, weights, biases)
            if depth < len(parameters):
                numbers = torch.relu(numbers)
        loss = torch.relu(1 - t * numbers[:, 0]).mean() + L2 * sum((part * part).sum() for part in every)
        return loss, torch.autograd.grad(loss, every)

    return Program(run, lambda result: flat((result[0].detach(), [result[1]])))


def jax() -> Program:
    jax = one_thread_jax()
    import jax.numpy as jnp

    def loss(layers: Any, points: Any, moons: Any) -> Any:
        numbers = points
        for depth, (weights, biases) in enumerate(layers, start=1):
            numbers = numbers @ weights.T + biases
            if depth < len(layers):
                numbers = jax.nn.relu(numbers)
        squares = sum((part * part).sum() for layer in layers for part in layer)
        return jax.nn.relu(1 - moons * numbers[:, 0]).mean() + L2 * squares

    compiled = jax.jit(jax.value_and_grad(loss))
    arguments = jax.tree.map(jnp.array, problem())
    return Program(lambda: jax.block_until_ready(compiled(*arguments)), flat)


def by_hand() -> Program:
    ((w1, b1), (w2, b2), (w3, b3)), x, t = problem()

    def run() -> Any:
        a1 = np.maximum(x @ w1.T + b1, 0.0)
        a2 = np.maximum(a1 @ w2.T + b2, 0.0)
        margins = 1.0 - t * (a2 @ w3[0] + b3[0])
        squares = sum(np.vdot(part, part) for part in (w1, b1, w2, b2, w3, b3))
        loss = np.maximum(margins, 0.0).mean() + L2 * squares

        d3 = np.where(margins > 0.0, -t / POINTS, 0.0)
        d2 = np.outer(d3, w3[0]) * (a2 > 0.0)
        d1 = (d2 @ w2) * (a1 > 0.0)
        return loss, [
            (d1.T @ x + 2 * L2 * w1, d1.sum(0) + 2 * L2 * b1),
            (d2.T @ a1 + 2 * L2 * w2, d2.sum(0) + 2 * L2 * b2),
            ((d3 @ a2)[None] + 2 * L2 * w3, d3.sum(0, keepdims=True) + 2 * L2 * b3),
        ]

    return Program(run, flat)
