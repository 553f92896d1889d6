"""The w1–w8 network: two inputs, two hidden neurons, two outputs, no biases unless they are given.

Every line here is a line of the document.

          w1, w2          w5, w6
    i1 ───────── h1 │ a_h1 ───────── o1 │ a_o1      E1 = ½ (t1 - a_o1)²
         ╲   ╱               ╲   ╱
           ╳                   ╳                     E_total = E1 + E2
         ╱   ╲               ╱   ╲
    i2 ───────── h2 │ a_h2 ───────── o2 │ a_o2      E2 = ½ (t2 - a_o2)²
          w3, w4          w7, w8

Nothing about derivatives is written here. ``E_total.backward()`` applies the chain rule to this calculation.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator
from typing import Any, Final

from autograd import Value, name, sigmoid
from autograd.engine.rules import real
from nn.history import History
from nn.module import Module

NODES: Final = ("h1", "a_h1", "h2", "a_h2", "o1", "a_o1", "o2", "a_o2", "E1", "E2", "E_total")
BIASES: Final = ("b1", "b2")
WEIGHTS: Final = ("w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8")

# The classical spreadsheet: a column for every number, a row for every step.
COLUMNS: Final = ("i1", "i2", "t1", "t2", *WEIGHTS, *NODES, *(f"∂E/∂{w}" for w in WEIGHTS))


class W8Network(Module):
    """The document's network, with weights ``.w1`` to ``.w8``. Every node is labelled with the document's name for it.

    Args:
        weights: eight numbers, w1 to w8. Without them they are random, between -1 and 1.
        seed: for the random ones; None for Python's global ``random``.
        biases: two numbers, b1 for both hidden neurons and b2 for both outputs, as in the form of this network that is
            most widely known, whose numbers are 0.35 and 0.60. They are constants: training leaves them as they are.

    Raises:
        ValueError: there are not eight weights, or not two biases.
        TypeError: a weight or a bias isn't a number.

    >>> net = W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55])
    >>> E_total = net.loss((0.05, 0.10), (0.01, 0.99))
    >>> E_total.backward()
    >>> round(E_total.data, 9), round(net.w5.grad, 9)
    (0.242519857, 0.072157073)
    >>> net = W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], biases=(0.35, 0.60))
    >>> round(net.loss((0.05, 0.10), (0.01, 0.99)).data, 9)
    0.298371109
    """

    def __init__(
        self, weights: Iterable[Any] | None = None, seed: Any = None, biases: Iterable[Any] | None = None
    ) -> None:
        if weights is None:
            generator: Any = random if seed is None else random.Random(seed)
            weights = [generator.uniform(-1, 1) for _ in WEIGHTS]
        if not hasattr(weights, "__iter__"):
            raise TypeError(f"the weights are a list of eight numbers, w1 to w8, not {weights!r:.60}")
        numbers = list(weights)
        if len(numbers) != 8:
            raise ValueError(f"the network has eight weights, w1 to w8; {len(numbers)} were given")
        self.w1, self.w2, self.w3, self.w4, self.w5, self.w6, self.w7, self.w8 = (
            Value(number, label=label) for label, number in zip(WEIGHTS, numbers)
        )
        self._biases = [] if biases is None else [real(b) for b in _two(biases, "biases")]
        self._last: dict[str, Value] = {}

    def __repr__(self) -> str:
        weights = [f"{name}={getattr(self, name).data:g}" for name in WEIGHTS]
        biases = [f"{name}={b:g}" for name, b in zip(BIASES, self._biases)]
        return f"W8Network({', '.join(weights + biases)})"

    def __call__(self, i1: Any, i2: Any = None) -> tuple[Value, Value]:
        """The forward pass.

        Args:
            i1, i2: the inputs, numbers or Values.

        Returns:
            ``(a_o1, a_o2)``.

        >>> W8Network([0] * 8)(0.05, 0.10)[0]
        Value(data=0.5, grad=0.0, label='a_o1')
        """
        if i2 is None:
            raise TypeError(f"the network takes its two inputs apart, not {i1!r:.60} alone; write net(0.05, 0.10)")
        i1, i2 = self._labelled(i1, "i1"), self._labelled(i2, "i2")

        # From the inputs to the hidden layer.
        h1 = self.w1 * i1 + self.w2 * i2
        h2 = self.w3 * i1 + self.w4 * i2
        biases = {label: self._labelled(b, label) for label, b in zip(BIASES, self._biases)}
        if biases:
            h1 = h1 + biases["b1"]
            h2 = h2 + biases["b1"]
        a_h1 = sigmoid(h1)
        a_h2 = sigmoid(h2)

        # From the hidden layer to the outputs.
        o1 = self.w5 * a_h1 + self.w6 * a_h2
        o2 = self.w7 * a_h1 + self.w8 * a_h2
        if biases:
            o1 = o1 + biases["b2"]
            o2 = o2 + biases["b2"]
        a_o1 = sigmoid(o1)
        a_o2 = sigmoid(o2)

        _name(h1=h1, h2=h2, a_h1=a_h1, a_h2=a_h2, o1=o1, o2=o2, a_o1=a_o1, a_o2=a_o2)
        computed = (i1, i2, h1, a_h1, h2, a_h2, o1, a_o1, o2, a_o2)
        self._last = dict(zip(("i1", "i2", *NODES), computed)) | biases
        return a_o1, a_o2

    def loss(self, inputs: Iterable[Any], targets: Iterable[Any]) -> Value:
        """The forward pass, and its error against the targets.

        Args:
            inputs: the numbers i1 and i2.
            targets: the numbers t1 and t2.

        Returns:
            ``E_total``.

        Raises:
            ValueError: there are not two of each.
        """
        i1, i2 = _two(inputs, "inputs")
        t1, t2 = _two(targets, "targets")
        t1, t2 = self._labelled(t1, "t1"), self._labelled(t2, "t2")
        a_o1, a_o2 = self(i1, i2)

        E1 = 1 / 2 * (t1 - a_o1) ** 2  # noqa: N806 - the document's names
        E2 = 1 / 2 * (t2 - a_o2) ** 2  # noqa: N806
        E_total: Value = E1 + E2  # noqa: N806

        _name(E1=E1, E2=E2, E_total=E_total)
        self._last.update(t1=t1, t2=t2, E1=E1, E2=E2, E_total=E_total)
        return E_total

    @property
    def nodes(self) -> dict[str, Value]:
        """The last results by name: ``h1`` to ``a_o2`` after a forward pass, the errors too after a loss."""
        return {node: self._last[node] for node in NODES if node in self._last}

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The last inputs, ``(i1, i2)``, as labelled Values; empty before there were any."""
        return tuple(self._last[key] for key in ("i1", "i2") if key in self._last)

    @property
    def targets(self) -> tuple[Value, ...]:
        """The last targets, ``(t1, t2)``, as labelled Values; empty before there were any."""
        return tuple(self._last[key] for key in ("t1", "t2") if key in self._last)

    @property
    def biases(self) -> tuple[Value, ...]:
        """The biases of the last pass, ``(b1, b2)``, as labelled Values; empty before there were any."""
        return tuple(self._last[key] for key in BIASES if key in self._last)

    def network(self) -> list[list[tuple[Any, ...]]]:
        """The layers, inputs first, as ``draw_network`` wants them: names, weights, bias and activation of each unit,
        and the Values of its names, if they have been computed.

        >>> [names for layer in W8Network().network() for names, *_ in layer]
        [('i1',), ('i2',), ('h1', 'a_h1'), ('h2', 'a_h2'), ('o1', 'a_o1'), ('o2', 'a_o2')]
        """
        weights = {
            "h1": (self.w1, self.w2),
            "h2": (self.w3, self.w4),
            "o1": (self.w5, self.w6),
            "o2": (self.w7, self.w8),
        }
        b1, b2 = self.biases or (None, None)
        return [
            [self._unit((name,)) for name in ("i1", "i2")],
            [self._unit((name, f"a_{name}"), weights[name], b1, "sigmoid") for name in ("h1", "h2")],
            [self._unit((name, f"a_{name}"), weights[name], b2, "sigmoid") for name in ("o1", "o2")],
        ]

    def _unit(self, names: tuple[str, ...], *rest: Any) -> tuple[Any, ...]:
        values = tuple(self._last[name] for name in names if name in self._last)
        return (names, *(rest or ((), None, "")), values)

    def train(self, inputs: Iterable[Any], targets: Iterable[Any], lr: float, steps: int) -> History:
        """Gradient descent on one sample: w ← w - lr·∂E_total/∂w for all eight weights, ``steps`` times.

        Args:
            inputs, targets: two numbers each.
            lr: the learning rate, positive.
            steps: how many updates, at least 1.

        Returns:
            The spreadsheet: a row for each update, with the numbers as they were before it.

        Raises:
            ValueError: a number is out of its range, or there are not two of each.

        >>> net = W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55])
        >>> history = net.train((0.05, 0.10), (0.01, 0.99), lr=0.5, steps=1000)
        >>> history["E_total"][0], history["E_total"][999]
        (0.2425198..., 0.0016282...)
        """
        if not hasattr(steps, "__index__"):
            raise TypeError(f"steps is a whole number, not {steps!r:.60}")
        if steps < 1:
            raise ValueError(f"training takes at least 1 step, not {steps}")
        history = History({column: [] for column in COLUMNS}, shown=("E1", "E2", "E_total"))
        for _, row in zip(range(steps), self.updates(inputs, targets, lr)):
            history.append(row)
        return history

    def updates(self, inputs: Iterable[Any], targets: Iterable[Any], lr: float) -> Iterator[dict[str, float]]:
        """Gradient descent without an end: each ``next()`` is one update, and gives its row of the spreadsheet.

        Args:
            inputs, targets, lr: as for :meth:`train`.

        >>> rows = W8Network([0] * 8).updates((0.05, 0.10), (0.01, 0.99), lr=0.5)
        >>> [round(next(rows)["E_total"], 6) for _ in range(2)]
        [0.2401, 0.232656]
        """
        if not hasattr(lr, "__float__") or not 0 < lr < math.inf:
            raise ValueError(f"the learning rate is a positive number, not {lr!r:.60}")
        inputs, targets = _two(inputs, "inputs"), _two(targets, "targets")
        while True:
            E_total = self.loss(inputs, targets)  # noqa: N806 - forward: the error
            self.zero_grad()
            E_total.backward()  # backward: ∂E/∂w for every weight
            row = self._row()
            for w in self.parameters():
                w.data -= lr * w.grad  # the update: a small step against the gradient
            yield row

    def _labelled(self, x: Any, label: str) -> Any:
        """The number as a labelled Value; as it is beside weights without labels, the numbers of a transform."""
        if not (isinstance(self.w1, Value) and self.w1.label):
            return x
        value = x if isinstance(x, Value) else Value(x)
        value.label = value.label or label
        return value

    def _row(self) -> dict[str, float]:
        weights = {w.label: w for w in self.parameters()}
        numbers = {label: value.data for label, value in (self._last | weights).items()}
        return numbers | {f"∂E/∂{label}": w.grad for label, w in weights.items()}


def _two(numbers: Iterable[Any], what: str) -> list[Any]:
    if not hasattr(numbers, "__iter__"):
        raise TypeError(f"the network has two {what}, a list of two numbers, not {numbers!r:.60}")
    pair = list(numbers)
    if len(pair) != 2:
        raise ValueError(f"the network has two {what}; {len(pair)} were given")
    return [x if isinstance(x, Value) else real(x) for x in pair]


def _name(**values: Any) -> None:
    """Label what can be labelled; of a model as a function of plain numbers, nothing."""
    name(**{label: value for label, value in values.items() if not isinstance(value, (float, int))})
