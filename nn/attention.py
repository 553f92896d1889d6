"""Attention, on one page of plain scalar Python (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd import Value, functions
from nn.initialisers import Initialiser, initialiser
from nn.layers import Seed, count, generator_of
from nn.module import Module


class Attention(Module):
    """Multi-head self-attention: each token asks, all tokens answer, and the answers that fit count most.

    With q = Q·x, k = K·x and v = V·x for each token x, and d numbers in a head, a token's new vector is

        O · Σⱼ softmaxⱼ(q·kⱼ / √d) vⱼ

    where each head does the sum with its own part of q, k and v.

    Args:
        width: how many numbers a token has, a multiple of ``heads``.
        heads: how many sums run beside each other.
        causal: a token sees itself and the tokens before it, not those after it.
        init, seed: of the weights; as for ``Neuron``.

    Raises:
        ValueError: ``width`` is not a multiple of ``heads``, or one is less than 1.

    >>> attention = Attention(4, heads=2, seed=1)
    >>> tokens = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    >>> said = attention(tokens)
    >>> len(said), len(said[0])
    (3, 4)
    >>> [y.data for y in attention(tokens[:2])[1]] == [y.data for y in said[1]]  # what comes later changes nothing
    True
    """

    def __init__(
        self,
        width: int,
        heads: int = 1,
        causal: bool = True,
        *,
        init: str | Initialiser = "xavier",
        seed: Seed = None,
    ) -> None:
        if count(width, "numbers of a token") % count(heads, "heads"):
            raise ValueError(f"the width is a multiple of the number of heads; {width} is none of {heads}")
        draw, generator = initialiser(init), generator_of(seed)

        def matrix() -> list[list[Value]]:
            return [[Value(draw(generator, width, width)) for _ in range(width)] for _ in range(width)]

        self.query, self.key, self.value, self.out = matrix(), matrix(), matrix(), matrix()
        self.heads = heads
        self.causal = bool(causal)

    def __call__(self, tokens: Sequence[Any]) -> list[list[Any]]:
        """A new vector for each of the tokens, which are vectors of ``width`` numbers."""
        width = len(self.out)
        for token in tokens:
            if not hasattr(token, "__len__") or len(token) != width:
                found = f"{len(token)} numbers" if hasattr(token, "__len__") else f"{token!r:.40}"
                raise ValueError(f"{self!r} takes tokens of {width} numbers each, not one of {found}")
        queries = [product(self.query, token) for token in tokens]
        keys = [product(self.key, token) for token in tokens]
        values = [product(self.value, token) for token in tokens]
        said = []
        for i, query in enumerate(queries):
            seen = slice(i + 1) if self.causal else slice(None)
            said.append(product(self.out, self._answer(query, keys[seen], values[seen])))
        return said

    def _answer(self, query: list[Any], keys: list[Any], values: list[Any]) -> list[Any]:
        """The mean of the values, each by how well its key fits the query; head by head."""
        size = len(query) // self.heads
        answer: list[Any] = []
        for start in range(0, len(query), size):
            part = slice(start, start + size)
            fits = [functions.dot(query[part], key[part]) / math.sqrt(size) for key in keys]
            weights = functions.softmax(fits)
            answer += [functions.dot(weights, column) for column in zip(*(value[part] for value in values))]
        return answer

    def __repr__(self) -> str:
        return f"Attention({len(self.out)}, heads={self.heads}, causal={self.causal})"


def product(matrix: Any, x: Any) -> list[Any]:
    """The matrix times the vector x."""
    return [functions.dot(row, x) for row in matrix]
