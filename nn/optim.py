"""Optimisers: how parameters follow their gradients downhill."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeAlias

from autograd import Value, zero_grad
from autograd.engine.used import note_step, watch

Rate: TypeAlias = "float | Callable[[int], float]"


class SGD:
    """Gradient descent: p ← p - lr·g, with g = ∂L/∂p + weight_decay·p.

    With momentum, v ← momentum·v + g takes the place of g, and v starts as the first g; with Nesterov's momentum it is
    g + momentum·v (Sutskever et al. 2013, in the form in which PyTorch has it).

    Args:
        params: the Values to change, such as ``model.parameters()``.
        lr: the learning rate, or a function that gives it for each step, counted from 0.
        momentum: from 0 (none) to below 1.
        nesterov: look ahead; needs a momentum.
        weight_decay: pulls parameters towards 0, as half its size times the sum of squares in the loss would.

    Raises:
        ValueError: there are no parameters, or a number is out of its range.
        TypeError: a parameter isn't a Value.

    >>> p = Value(1.0)
    >>> optimizer = SGD([p], lr=lambda step: 0.1 / (1 + step))
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (p * p).backward()
    ...     optimizer.step()
    >>> p.data
    0.72
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: Rate,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.params = _distinct(params)
        self.lr = lr
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        self.steps = 0  # taken so far
        self._velocities: list[float] = []
        self._watched = watch(self)
        if not callable(lr):
            _checked_rate(lr)
        if not 0 <= momentum < 1:
            raise ValueError(f"the momentum is from 0 to below 1, not {momentum!r}")
        if nesterov and momentum == 0:
            raise ValueError("Nesterov's momentum needs a momentum above 0")
        if not 0 <= weight_decay < math.inf:
            raise ValueError(f"the weight decay is a number from 0 on, not {weight_decay!r}")

    def __repr__(self) -> str:
        options = [f"lr={getattr(self.lr, '__name__', self.lr)}"]
        options += [f"momentum={self.momentum:g}"] if self.momentum else []
        options += ["nesterov=True"] if self.nesterov else []
        options += [f"weight_decay={self.weight_decay:g}"] if self.weight_decay else []
        return f"SGD({', '.join(options)}, {len(self.params)} parameter{'s' * (len(self.params) != 1)})"

    def step(self) -> None:
        """Change every parameter once, by the gradient that ``backward()`` left in it."""
        rate = _checked_rate(self.lr(self.steps)) if callable(self.lr) else self.lr
        directions = [p.grad + self.weight_decay * p.data for p in self.params]
        if self.momentum:
            directions = self._with_momentum(directions)
        for p, direction in zip(self.params, directions):
            p.data -= rate * direction
        note_step(self.params, self._watched)
        self.steps += 1

    def _with_momentum(self, gradients: list[float]) -> list[float]:
        before = self._velocities
        self._velocities = [self.momentum * v + g for v, g in zip(before, gradients)] if before else gradients
        if self.nesterov:
            return [g + self.momentum * v for g, v in zip(gradients, self._velocities)]
        return self._velocities

    def zero_grad(self) -> None:
        """Set the gradient of each parameter to 0.0, as one does before a new ``backward()``."""
        zero_grad(self.params)


def _distinct(params: Iterable[Value]) -> list[Value]:
    """Each parameter once: one that is given twice would otherwise be changed twice."""
    if hasattr(params, "parameters"):
        raise TypeError(f"an optimiser takes parameters, not a {type(params).__name__}; write model.parameters()")
    if isinstance(params, Value):
        raise TypeError("an optimiser takes a list of Values, not one Value; write [w]")
    if callable(params):
        raise TypeError(f"an optimiser takes parameters, not a function: {params!r:.60}; write model.parameters()")
    if isinstance(params, dict):
        raise TypeError("an optimiser takes a list of Values, not a dict; write list(params.values())")
    if not hasattr(params, "__iter__"):
        raise TypeError(f"an optimiser takes a list of Values, not {type(params).__name__}: {params!r:.60}")
    params = list(params)
    if any(isinstance(p, (list, tuple)) for p in params):
        raise TypeError(
            "an optimiser takes one list of Values, not lists in a list; write [p for row in rows for p in row]"
        )
    distinct = list(dict.fromkeys(params))
    for p in distinct:
        if not isinstance(p, Value):
            raise TypeError(f"an optimiser changes Values, not {type(p).__name__}: {p!r:.60}")
    if not distinct:
        raise ValueError("there are no parameters to optimise")
    return distinct


def _checked_rate(lr: float) -> float:
    if not hasattr(lr, "__float__"):
        raise TypeError(f"a learning rate is a number, or a function of the number of the step, not {lr!r:.60}")
    if not 0 <= lr < math.inf:
        raise ValueError(f"a learning rate is a number from 0 on, not {lr!r}")
    return lr
