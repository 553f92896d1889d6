"""Initialisers: where weights start.

Each is a function of a generator and of how many inputs and outputs the layer has, and gives one weight. They draw by
``Random.uniform``, whose numbers are the same on every platform. A bias starts at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

Initialiser: TypeAlias = "Callable[[Any, int, int], float]"


def uniform(low: float = -1.0, high: float = 1.0) -> Initialiser:
    """Weights between two numbers, each as likely as the others; by default as micrograd has them.

    >>> from nn import Neuron
    >>> neuron = Neuron(3, init=uniform(0.5, 0.6), seed=1)
    >>> all(0.5 <= w.data <= 0.6 for w in neuron.w)
    True
    """
    return lambda generator, nin, nout: float(generator.uniform(low, high))


def xavier(generator: Any, nin: int, nout: int) -> float:
    """Between -a and a, a = √(6 / (nin + nout)), for tanh and sigmoid (Glorot and Bengio 2010)."""
    bound = math.sqrt(6 / (nin + nout))
    return float(generator.uniform(-bound, bound))


def he(generator: Any, nin: int, nout: int) -> float:
    """Between -a and a, a = √(6 / nin), for ReLU and its kin (He et al. 2015)."""
    bound = math.sqrt(6 / nin)
    return float(generator.uniform(-bound, bound))


def given(weights: Iterable[float]) -> Initialiser:
    """These weights, one after the other: neuron by neuron, layer by layer, without the biases.

    Raises:
        ValueError: (when drawn from) there are too few.

    >>> from nn import Layer
    >>> [[w.data for w in neuron.w] for neuron in Layer(2, 2, init=given([1.0, 2.0, 3.0, 4.0])).neurons]
    [[1.0, 2.0], [3.0, 4.0]]
    """
    numbers = iter(weights)
    drawn = 0

    def following(generator: Any, nin: int, nout: int) -> float:
        nonlocal drawn
        for number in numbers:
            drawn += 1
            return float(number)
        raise ValueError(f"the model has more weights than the {drawn} that were given")

    return following


_NAMED: Final[dict[str, Initialiser]] = {"uniform": uniform(), "xavier": xavier, "he": he}


def initialiser(init: str | Initialiser) -> Initialiser:
    """The initialiser of that name, or the function itself.

    Raises:
        ValueError: none has that name.
    """
    if callable(init):
        return init
    if init not in _NAMED:
        raise ValueError(f"init is {', '.join(map(repr, _NAMED))}, or a function, not {init!r:.60}")
    return _NAMED[init]
