"""Blocks that models are made of, besides neurons: Sequential, Dropout, Embedding, LayerNorm and RMSNorm.

Each is plain scalar Python: a vector is a list of numbers, and so is what a block makes of it.
"""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import Value, functions
from nn.initialisers import Initialiser, initialiser
from nn.layers import Seed, count, generator_of, rows
from nn.module import Module


class Sequential(Module):
    """Parts one after the other: each is given what the one before returned.

    Args:
        parts: modules, or functions of what the part before returns.

    Raises:
        ValueError: there are none.
        TypeError: one can't be called.

    >>> from nn import Layer
    >>> model = Sequential(Layer(2, 4, "tanh", seed=1), LayerNorm(4), Layer(4, 1, "linear", seed=2))
    >>> len(model.parameters())
    25
    >>> model([1.0, 2.0])
    Value(data=...
    """

    def __init__(self, *parts: Callable[..., Any]) -> None:
        if not parts:
            raise ValueError("a Sequential needs at least one part")
        for part in parts:
            if not callable(part):
                raise TypeError(f"a part of a Sequential is a module or a function, not {part!r:.60}")
        self.parts = parts

    def __call__(self, x: Any, random: Any = None) -> Any:
        """What the last part returns. ``random``: for parts that draw, such as :class:`Dropout`."""
        if getattr(x, "ndim", 0) == 2 and not _takes_sequences(self.parts[0]):
            return rows(lambda sample: self(sample, random), x)
        for part in self.parts:
            x = part(x, random=random) if takes_random(part) else part(x)
        return x

    def __repr__(self) -> str:
        return f"Sequential({', '.join(getattr(part, '__name__', repr(part)) for part in self.parts)})"


class Dropout(Module):
    """While training, each number is dropped (0) with a probability, and the others are scaled up in proportion.

    Nothing is random in secret: without a generator the numbers pass as they are. ``fit`` gives one to models that take
    the keyword ``random``, as ``Sequential`` does.

    Args:
        rate: the probability, from 0 to below 1.

    Raises:
        ValueError: it isn't.

    >>> import random
    >>> dropout = Dropout(0.5)
    >>> dropout([1.0, 2.0, 3.0, 4.0], random=random.Random(1))
    [0.0, 4.0, 6.0, 0.0]
    >>> dropout([1.0, 2.0, 3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(self, rate: float) -> None:
        if not hasattr(rate, "__float__") or not 0 <= rate < 1:
            raise ValueError(f"the rate of Dropout is a number from 0 to below 1, not {rate!r:.60}")
        self.rate = rate

    def __call__(self, x: Any, random: Any = None) -> Any:
        """The numbers x, some of them dropped by numbers between 0 and 1 that ``random.random()`` gives."""
        if random is None or not self.rate:
            return x
        if not hasattr(random, "random"):
            raise TypeError(f"Dropout draws from a generator such as random.Random(1), not from {random!r:.60}")
        if not hasattr(x, "__iter__"):
            return functions.where(random.random() < self.rate, 0.0, x / (1 - self.rate))
        return [self(each, random) for each in x]

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g})"


class Embedding(Module):
    """A table: for each of ``count`` tokens a vector of ``width`` numbers, which are learned.

    Args:
        count, width: at least 1.
        init, seed: as for ``Neuron``.

    Raises:
        ValueError: a number is less than 1.

    >>> embedding = Embedding(10, 3, seed=1)
    >>> [x.data for x in embedding(7)] == [w.data for w in embedding.table[7]]
    True
    >>> len(embedding([7, 7, 2]))
    3
    """

    def __init__(self, count: int, width: int, *, init: str | Initialiser = "uniform", seed: Seed = None) -> None:
        self.table = _table(count, width, init, seed, "tokens")

    def __call__(self, tokens: Any) -> Any:
        """The vector of a token, or a list of vectors for several.

        Raises:
            IndexError: a token is outside the table.
            TypeError: a token isn't a whole number.
        """
        if tokens is None or isinstance(tokens, str):
            raise TypeError(f"a token is a whole number, not {tokens!r:.60}; number the words first")
        if hasattr(tokens, "__iter__"):
            return [self(token) for token in tokens]
        if isinstance(tokens, float) and tokens.is_integer():
            tokens = int(tokens)
        if isinstance(tokens, (float, Value)):
            raise TypeError(f"a token is a whole number, not {tokens!r:.60}")
        if isinstance(tokens, numbers.Integral):
            token = int(tokens)
            if not 0 <= token < len(self.table):
                raise IndexError(f"token {token} is outside the table of {len(self.table)}, 0 to {len(self.table) - 1}")
            return list(self.table[token])
        return [functions.take(column, tokens) for column in zip(*self.table)]

    def __repr__(self) -> str:
        return f"Embedding({len(self.table)}, {len(self.table[0])})"


class LayerNorm(Module):
    """gain · (x - mean) / √(variance + eps) + bias, number by number (Ba, Kiros and Hinton 2016).

    Args:
        width: how many numbers a vector has.
        eps: positive.

    >>> [round(float(y), 4) for y in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        self.gain = [Value(1.0) for _ in range(count(width, "numbers"))]
        self.bias = [Value(0.0) for _ in range(width)]
        self.eps = _positive(eps)

    def __call__(self, x: Any) -> list[Any]:
        """The vector x, normalised."""
        x = _vector(x, len(self.gain), self)
        mean = functions.mean(x)
        apart = [a - mean for a in x]
        scale = 1 / functions.sqrt(functions.dot(apart, apart) / len(x) + self.eps)
        return [g * (scale * a) + b for g, a, b in zip(self.gain, apart, self.bias)]

    def __repr__(self) -> str:
        return f"LayerNorm({len(self.gain)})"


class RMSNorm(Module):
    """gain · x / √(mean of x² + eps), number by number (Zhang and Sennrich 2019).

    Args:
        width: how many numbers a vector has.
        eps: positive.

    >>> [round(float(y), 4) for y in RMSNorm(2)([1.0, 7.0])]
    [0.2, 1.4]
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        self.gain = [Value(1.0) for _ in range(count(width, "numbers"))]
        self.eps = _positive(eps)

    def __call__(self, x: Any) -> list[Any]:
        """The vector x, normalised."""
        x = _vector(x, len(self.gain), self)
        scale = 1 / functions.sqrt(functions.dot(x, x) / len(x) + self.eps)
        return [g * (scale * a) for g, a in zip(self.gain, x)]

    def __repr__(self) -> str:
        return f"RMSNorm({len(self.gain)})"


def takes_random(part: Any) -> bool:
    """Whether a model is called with the keyword ``random``, from which it draws while it is trained."""
    try:
        return "random" in inspect.signature(part).parameters
    except (TypeError, ValueError):
        return False


def _takes_sequences(part: Any) -> bool:
    return not hasattr(part, "neurons") and not hasattr(part, "layers")


def _table(height: int, width: int, init: str | Initialiser, seed: Seed, what: str) -> list[list[Value]]:
    draw, generator = initialiser(init), generator_of(seed)
    count(height, what), count(width, "numbers of a vector")
    return [[Value(draw(generator, width, height)) for _ in range(width)] for _ in range(height)]


def _vector(x: Any, width: int, block: Any) -> Sequence[Any]:
    vector = list(x) if isinstance(x, Iterable) else [x]
    if len(vector) != width:
        raise ValueError(f"{block!r} takes {width} numbers, not {len(vector)}")
    return vector


def _positive(eps: float) -> float:
    if not 0 < eps < math.inf:
        raise ValueError(f"eps is a positive number, not {eps!r}")
    return eps
