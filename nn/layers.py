"""Neuron, Layer and MLP, as micrograd has them: a neuron is σ(w·x + b), a layer some neurons, an MLP some layers.

Without ``seed`` the weights come from Python's global ``random``, in micrograd's order, so that a program written for
micrograd that calls ``random.seed(1337)`` gets the same numbers here.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

from autograd import Value, functions
from autograd.engine.arrays import own_kind
from autograd.engine.rules import RULES
from nn.initialisers import Initialiser, initialiser
from nn.module import Module

Activation: TypeAlias = "str | Callable[[Any], Any]"
Seed: TypeAlias = "int | float | str | random.Random | None"

SHOWN: Final = 4  # neurons of one kind, of which a layer's repr names each

# How a neuron's repr spells an activation whose name isn't simply capitalised.
_SPELLED: Final = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU"}


class Neuron(Module):
    """activation(b + w₁x₁ + w₂x₂ + ...), added from left to right.

    Args:
        nin: how many inputs.
        activation: the name of any function of one number that ``autograd`` has, ``"linear"`` for none, or a function.
        seed: a number or text for a generator of its own, a ``random.Random`` to draw from, or None for Python's
            global ``random``.
        nonlin: ``False`` is micrograd's spelling of ``activation="linear"``.
        init: where the weights start: "uniform" (between -1 and 1), "xavier", "he", or a function as in
            ``nn.initialisers``.

    Raises:
        ValueError: ``nin`` is less than 1, or no activation has that name.

    >>> neuron = Neuron(2, "tanh", seed=1)
    >>> neuron
    TanhNeuron(2)
    >>> round(neuron([1.0, 2.0]).data, 6)
    0.57734
    >>> neuron([1.0, 2.0, 3.0])
    Traceback (most recent call last):
    ValueError: TanhNeuron(2) takes 2 inputs, not 3
    """

    def __init__(
        self,
        nin: int,
        activation: Activation = "relu",
        *,
        seed: Seed = None,
        nonlin: bool = True,
        init: str | Initialiser = "uniform",
    ) -> None:
        generator, draw = generator_of(seed), initialiser(init)
        self.activation = activation if nonlin else "linear"
        self._function = _function(self.activation)
        self.w = [Value(draw(generator, nin, 1)) for _ in range(count(nin, "inputs"))]
        self.b = Value(0)
        _label(self, "w[{j}]", "b")

    def __call__(self, x: Iterable[Any] | Any, *more: Any) -> Any:
        """The output for the inputs x: a sequence of ``nin`` numbers, or, where ``nin`` is 1, the number itself.

        For an array of shape (n, nin) an array of n outputs.
        """
        if more:
            refuse_more(self, x, more)
        if getattr(x, "ndim", 0) == 2:
            return rows(self, x)
        inputs = _inputs(x)
        if len(inputs) != len(self.w):
            raise ValueError(f"{self!r} takes {_counted(self.w)}, not {len(inputs)}{_several(inputs)}")
        try:
            weighted = sum((wi * xi for wi, xi in zip(self.w, inputs)), self.b)
        except TypeError:
            if _several(inputs):
                raise ValueError(f"{self!r} takes {_counted(self.w)}{_several(inputs)}") from None
            raise
        return self._function(weighted)

    def __repr__(self) -> str:
        if isinstance(self.activation, str):
            name = self.activation
        else:
            name = getattr(self.activation, "__name__", type(self.activation).__name__).strip("<>")
        return f"{_SPELLED.get(name) or name.title().replace('_', '')}Neuron({len(self.w)})"


class Layer(Module):
    """``nout`` neurons beside each other, each with the same ``nin`` inputs.

    Args:
        nin, nout: how many inputs and outputs.
        activation, seed, nonlin, init: as for :class:`Neuron`; the neurons draw their weights one after the other.

    Raises:
        ValueError: ``nin`` or ``nout`` is less than 1, or no activation has that name.

    >>> layer = Layer(2, 3, "sigmoid", seed=1)
    >>> layer
    Layer of [SigmoidNeuron(2), SigmoidNeuron(2), SigmoidNeuron(2)]
    >>> [round(y.data, 3) for y in layer([0.5, 0.5])]
    [0.495, 0.505, 0.486]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: Activation = "relu",
        *,
        seed: Seed = None,
        nonlin: bool = True,
        init: str | Initialiser = "uniform",
    ) -> None:
        generator, draw = generator_of(seed), initialiser(init)

        def weight(generator: Any, nin: int, _: int) -> float:
            return draw(generator, nin, nout)

        self.neurons = [
            Neuron(nin, activation, seed=generator, nonlin=nonlin, init=weight) for _ in range(count(nout, "outputs"))
        ]
        for i, neuron in enumerate(self.neurons, start=1):
            _label(neuron, f"w[{i},{{j}}]", f"b[{i}]")

    def __call__(self, x: Iterable[Any] | Any, *more: Any) -> Any:
        """The outputs for the inputs x, a sequence of ``nin`` numbers: a list of ``nout``, or one Value for one.

        For an array of shape (n, nin) an array of shape (n, nout).
        """
        if more:
            refuse_more(self, x, more)
        if getattr(x, "ndim", 0) == 2:
            return rows(self, x)
        inputs = _inputs(x)
        outputs = [neuron(inputs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        neurons = list(map(repr, self.neurons))
        if len(neurons) > SHOWN and len(set(neurons)) == 1:
            neurons = [f"{len(neurons)} × {neurons[0]}"]
        return f"Layer of [{', '.join(neurons)}]"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, the last of them linear.

    Args:
        nin: how many inputs.
        nouts: how many neurons in each layer; the last number is how many outputs there are.
        activation: of all layers but the last; as for :class:`Neuron`.
        seed, init: as for :class:`Neuron`.

    Raises:
        ValueError: ``nouts`` is empty, a number is less than 1, or no activation has that name.

    Parameters have labels: ``w2[3,1]`` is the weight of input 1 in neuron 3 of layer 2, ``b2[3]`` that neuron's bias.

    >>> model = MLP(2, [2, 1], seed=1)
    >>> model
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    >>> model([1.0, -2.0])
    Value(data=-0.1..., grad=0.0)
    """

    _known: tuple[Value, ...] = ()  # the parameters that were found last

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: Activation = "relu",
        *,
        seed: Seed = None,
        init: str | Initialiser = "uniform",
    ) -> None:
        if not isinstance(nouts, Iterable):
            raise TypeError(
                f"nouts is a list, the size of each layer, not {nouts!r:.60}; write MLP({nin!r:.20}, [{nouts!r:.20}])"
            )
        _function(activation)  # its name is checked here, as the last layer, perhaps the only one, doesn't use it
        sizes = [nin, *nouts]
        if len(sizes) < 2:
            raise ValueError("an MLP needs at least one layer: nouts is empty")
        generator, draw = generator_of(seed), initialiser(init)
        self.layers = [
            Layer(n, m, activation, seed=generator, nonlin=i < len(sizes) - 2, init=draw)
            for i, (n, m) in enumerate(pairwise(sizes))
        ]
        for k, layer in enumerate(self.layers, start=1):
            for i, neuron in enumerate(layer.neurons, start=1):
                _label(neuron, f"w{k}[{i},{{j}}]", f"b{k}[{i}]")

    def __call__(self, x: Iterable[Any] | Any, *more: Any) -> Any:
        """The outputs for the inputs x, a sequence of ``nin`` numbers: a list of them, or one Value for one.

        For an array of shape (n, nin) an array of shape (n, outputs).
        """
        if more:
            refuse_more(self, x, more)
        if getattr(x, "ndim", 0) == 2:
            return rows(self, x)
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """See :meth:`Module.parameters`. What was found is compared with what was found last, which is much faster."""
        found = self._weights_and_biases()
        if found and len(found) == len(self._known) and all(map(operator.is_, found, self._known)):
            return found
        self._known = tuple(super().parameters())
        return list(self._known)

    def _weights_and_biases(self) -> list[Value]:
        """The weights and biases of all neurons; an empty list if there may be other parameters."""
        found: list[Value] = []
        if not vars(self).keys() <= {"layers", "_known"} or type(self.layers) is not list:
            return []
        for layer in self.layers:
            if type(layer) is not Layer or len(layer.__dict__) != 1 or type(layer.neurons) is not list:
                return []
            for neuron in layer.neurons:
                if type(neuron) is not Neuron or len(neuron.__dict__) != 4:
                    return []
                w = neuron.w
                if type(w) is list:
                    found += w
                found.append(neuron.b)
        return found

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


def rows(model: Callable[[Any], Any], samples: Any) -> Any:
    """The model's outputs for an array of samples: an array with a row for each.

    >>> import numpy as np
    >>> MLP(2, [3, 1], seed=1)(np.zeros((5, 2))).shape
    (5, 1)
    """
    import numpy as np

    outputs = [model(sample) for sample in samples]
    if isinstance(model, (Layer, MLP)):
        outputs = [output if isinstance(output, list) else [output] for output in outputs]
    return own_kind(np.array(outputs))


def _label(neuron: Neuron, weight: str, bias: str) -> None:
    """Name the weights, for pictures and messages, by the number of the input."""
    for j, w in enumerate(neuron.w, start=1):
        w.label = weight.format(j=j)
    neuron.b.label = bias


def _inputs(x: Any) -> list[Any]:
    """The inputs as a list. A single number, such as the output of a layer of one neuron, is a list of one."""
    if isinstance(x, list):
        return x
    if x is None:
        raise TypeError("a model takes numbers, not None; is a return missing?")
    return list(x) if hasattr(x, "__iter__") else [x]


def _counted(weights: Sequence[Any]) -> str:
    return f"{len(weights)} input{'s' * (len(weights) != 1)}"


def refuse_more(model: Any, x: Any, more: tuple[Any, ...]) -> None:
    """Raises TypeError: the inputs of one sample are one list."""
    numbers = ", ".join(f"{n!r:.30}" for n in (x, *more)[:6])
    raise TypeError(f"{type(model).__name__} takes the numbers of a sample as one list; write model([{numbers}])")


def _several(inputs: Sequence[Any]) -> str:
    """What to write instead, if these are samples and not numbers."""
    if not inputs or not hasattr(inputs[0], "__len__") or isinstance(inputs[0], str):
        return ""
    return "; these are samples: give them as a NumPy array, a row for each, or write [model(x) for x in samples]"


def count(n: int, what: str) -> int:
    """The number as an int of at least 1; ``what`` is counted, for the message."""
    if not hasattr(n, "__index__"):
        raise TypeError(f"the number of {what} is a whole number, not {n!r:.60}")
    n = operator.index(n)
    if n < 1:
        raise ValueError(f"the number of {what} is at least 1, not {n}")
    return n


def generator_of(seed: Seed) -> Any:
    """Something with a method ``uniform``: the module ``random`` itself, or a generator."""
    if seed is None:
        return random
    if not isinstance(seed, (int, float, str, bytes, bytearray)) and not hasattr(seed, "uniform"):
        raise TypeError(f"a seed is a number, text, or a random.Random, not {type(seed).__name__}: {seed!r:.60}")
    return seed if hasattr(seed, "uniform") else random.Random(seed)


def _identity(x: Any) -> Any:
    return x


def _function(activation: Activation) -> Callable[[Any], Any]:
    if not isinstance(activation, str):
        if not callable(activation) or isinstance(activation, bool):
            raise TypeError(f"an activation is a name or a function, not {activation!r}")
        return activation
    if activation == "linear":
        return _identity
    if activation in ("leaky_relu", "elu"):  # binary in the table; here with their default slopes
        function: Callable[[Any], Any] = getattr(functions, activation)
        return function
    rule = RULES.get(activation)
    if rule is None or rule.arity != 1:
        near = activation.lower().replace("-", "_")
        hint = f"did you mean {near!r}?" if near in RULES else "relu, tanh, sigmoid, gelu and linear are some"
        raise ValueError(f"no activation is called {activation!r}; {hint}")
    return rule
