"""A GPT in lists of numbers, one training step at a time, on whatever Value it is given: for ``benchmarks/eager.py``.

The program is the one of the 200-line GPTs in plain Python: one layer, width 16, four heads, RMSNorm, relu, no biases,
4,192 parameters. ``PlainValue`` is what such programs bring along, written as micrograd's is: a closure and a tuple for
each node, and a recursive walk.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

LETTERS, WIDTH, HEADS, BLOCK = 27, 16, 4, 16
WORD = [26, 4, 12, 12, 0, 19, 7, 26]  # seven letters to be guessed
Matrix = list[list[Any]]
Weights = dict[str, Matrix]


class PlainValue:
    """A number on the graph, micrograd's way."""

    def __init__(self, data: float, _children: tuple[PlainValue, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self._backward: Callable[[], None] = lambda: None
        self._prev = set(_children)

    def __add__(self, other: Any) -> PlainValue:
        other = other if isinstance(other, PlainValue) else PlainValue(other)
        out = PlainValue(self.data + other.data, (self, other))

        def _backward() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other: Any) -> PlainValue:
        other = other if isinstance(other, PlainValue) else PlainValue(other)
        out = PlainValue(self.data * other.data, (self, other))

        def _backward() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, power: float) -> PlainValue:
        out = PlainValue(self.data**power, (self,))

        def _backward() -> None:
            self.grad += power * self.data ** (power - 1) * out.grad

        out._backward = _backward
        return out

    def exp(self) -> PlainValue:
        out = PlainValue(math.exp(self.data), (self,))

        def _backward() -> None:
            self.grad += out.data * out.grad

        out._backward = _backward
        return out

    def log(self) -> PlainValue:
        out = PlainValue(math.log(self.data), (self,))

        def _backward() -> None:
            self.grad += out.grad / self.data

        out._backward = _backward
        return out

    def relu(self) -> PlainValue:
        out = PlainValue(max(0.0, self.data), (self,))

        def _backward() -> None:
            self.grad += (out.data > 0) * out.grad

        out._backward = _backward
        return out

    def backward(self) -> None:
        topo: list[PlainValue] = []
        visited = set()

        def build_topo(v: PlainValue) -> None:
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build_topo(child)
                topo.append(v)

        build_topo(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()

    def __radd__(self, other: Any) -> PlainValue:
        return self + other

    def __rmul__(self, other: Any) -> PlainValue:
        return self * other

    def __neg__(self) -> PlainValue:
        return self * -1

    def __sub__(self, other: Any) -> PlainValue:
        return self + -other

    def __truediv__(self, other: Any) -> PlainValue:
        return self * other**-1


def parameters(value: Callable[[float], Any], seed: int = 0) -> Weights:
    """Random weights, as Values of the kind given."""
    draw = random.Random(seed)

    def matrix(rows: int, columns: int) -> Matrix:
        return [[value(draw.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

    square = {name: matrix(WIDTH, WIDTH) for name in ("query", "key", "value", "output")}
    return {
        "letters": matrix(LETTERS, WIDTH),
        "positions": matrix(BLOCK, WIDTH),
        "head": matrix(LETTERS, WIDTH),
        **square,
        "up": matrix(4 * WIDTH, WIDTH),
        "down": matrix(WIDTH, 4 * WIDTH),
    }


def linear(x: list[Any], w: Matrix) -> list[Any]:
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(x.data for x in logits)
    powers = [(x - largest).exp() for x in logits]
    total = sum(powers)
    return [power / total for power in powers]


def normed(x: list[Any]) -> list[Any]:
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def loss(w: Weights, word: list[int] = WORD) -> Any:
    """The mean cross-entropy of each letter of the word, given those before it."""
    keys: Matrix = []
    values: Matrix = []
    losses = []
    size = WIDTH // HEADS
    for position, (letter, target) in enumerate(itertools.pairwise(word)):
        x = normed([a + b for a, b in zip(w["letters"][letter], w["positions"][position])])
        before = x
        x = normed(x)
        q = linear(x, w["query"])
        keys.append(linear(x, w["key"]))
        values.append(linear(x, w["value"]))
        attended = []
        for h in range(0, WIDTH, size):
            scores = [sum(q[h + i] * k[h + i] for i in range(size)) / size**0.5 for k in keys]
            weights = softmax(scores)
            attended += [sum(weights[t] * values[t][h + i] for t in range(len(values))) for i in range(size)]
        x = [a + b for a, b in zip(linear(attended, w["output"]), before)]
        before = x
        x = [xi.relu() for xi in linear(normed(x), w["up"])]
        x = [a + b for a, b in zip(linear(x, w["down"]), before)]
        losses.append(-softmax(linear(x, w["head"]))[target].log())
    return (1 / len(losses)) * sum(losses)


def step(w: Weights) -> float:
    """Forward and backward: the loss. The gradients are in the weights."""
    y = loss(w)
    y.backward()
    return float(y.data)
