"""Optimisers: how parameters follow their gradients downhill.

Each optimiser writes its mathematics down once, in ``update``: from the parameters p and their gradients g to the next
parameters. ``step()`` gives it the numbers of the Values; a compiled training step gives it traced ones. Numbers that
depend on how many steps were taken, such as the learning rate, are its ``coefficients``, and are worked out outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from autograd import Value, functions, zero_grad
from autograd.engine.rules import LEAF
from autograd.engine.used import note_step, watch

Rate: TypeAlias = "float | Callable[[int], float]"
Slots: TypeAlias = "tuple[Any, ...]"  # vectors that an optimiser keeps from step to step, as long as the parameters


# What other libraries have here, and what is written instead.
_ELSEWHERE: Final = {
    **dict.fromkeys(("backward", "minimize"), "write loss.backward(), then optimizer.step()"),
    **dict.fromkeys(
        ("parameters", "param_groups"), "the parameters are optimizer.params, the learning rate optimizer.lr"
    ),
    **dict.fromkeys(("state_dict", "load_state_dict"), "write trainer.save(path), and Trainer.load(path, model)"),
    "learning_rate": "it is optimizer.lr",
}


class Optimizer:
    """What all optimisers share: the parameters, the learning rate, weight decay, clipping, and the count of steps.

    Args:
        params: the Values to change, such as ``model.parameters()``.
        lr: the learning rate, or a function that gives it for each step, counted from 0.
        weight_decay: from 0 (none) on.
        clip_value: no gradient counts as more than this, up or down.
        clip_norm: a longer vector of gradients is shortened to this length; after ``clip_value``.

    Raises:
        ValueError: there are no parameters, or a number is out of its range.
        TypeError: a parameter isn't a Value.
    """

    kept: ClassVar[tuple[str, ...]] = ()  # the names of the slots

    def __init__(
        self,
        params: Iterable[Value],
        lr: Rate,
        weight_decay: float = 0.0,
        *,
        clip_value: float | None = None,
        clip_norm: float | None = None,
    ) -> None:
        self.params = _distinct(params)
        self.lr = lr
        self.weight_decay = weight_decay
        self.clip_value = clip_value
        self.clip_norm = clip_norm
        self.steps = 0  # taken so far
        self.slots: Slots = ()  # none before the first step: then they are zeros
        self._watched = watch(self)
        if not callable(lr):
            checked_rate(lr)
        if not 0 <= weight_decay < math.inf:
            raise ValueError(f"the weight decay is a number from 0 on, not {weight_decay!r}")
        for name, limit in (("clip_value", clip_value), ("clip_norm", clip_norm)):
            if limit is not None and not 0 < limit < math.inf:
                raise ValueError(f"{name} is a positive number, or None for no clipping, not {limit!r}")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = f"; {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""
            raise AttributeError(f"{type(self).__name__} has no {name!r}{hint}", name=name, obj=self)

    def __repr__(self) -> str:
        options = [f"lr={getattr(self.lr, '__name__', self.lr)}"]
        options += [f"{name}={option!r}" for name, option in self.options().items()]
        return (
            f"{type(self).__name__}({', '.join(options)}, {len(self.params)} parameter{'s' * (len(self.params) != 1)})"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: part for name, part in vars(self).items() if name != "_watched"}  # ids of this process

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._watched = watch(self)

    def options(self) -> dict[str, Any]:
        """The arguments besides ``params`` and ``lr`` that differ from their defaults."""
        import inspect

        defaults = inspect.signature(type(self)).parameters
        names = [name for name in defaults if name not in ("params", "lr")]
        return {name: option for name in names if (option := getattr(self, name)) != defaults[name].default}

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0.

        Raises:
            ValueError: the schedule gives a number that is no learning rate.
        """
        return checked_rate(self.lr(step)) if callable(self.lr) else self.lr

    def coefficients(self, step: int) -> tuple[float, ...]:
        """The numbers of the update that depend on the step, counted from 0; the first is the learning rate."""
        return (self.rate(step),)

    def update(self, p: Any, g: Any, slots: Slots, rate: Any) -> tuple[Any, Slots]:
        """The next parameters and slots, from parameters p and gradients g: arrays of any kind of numbers."""
        raise NotImplementedError

    def zeros(self) -> Slots:
        """The slots before the first step."""
        import numpy as np

        return tuple(np.zeros(len(self.params)) for _ in self.kept)

    def step(self) -> None:
        """Change every parameter once, by the gradient that ``backward()`` left in it."""
        import numpy as np

        p, g = (np.array(numbers) for numbers in ([p.data for p in self.params], [p.grad for p in self.params]))
        with np.errstate(all="ignore"):  # a diverging run is seen in its numbers
            after, self.slots = self.update(p, g, self.slots or self.zeros(), *self.coefficients(self.steps))
        for value, number in zip(self.params, after.tolist()):
            value.data = number
        note_step(self.params, self._watched)
        self.steps += 1

    def zero_grad(self) -> None:
        """Set the gradient of each parameter to 0.0, as one does before a new ``backward()``."""
        zero_grad(self.params)

    def _clipped(self, g: Any) -> Any:
        if self.clip_value is not None:
            g = functions.clip(g, -self.clip_value, self.clip_value)
        if self.clip_norm is not None:
            norm = functions.sqrt((g * g).sum())
            g = g * (self.clip_norm / functions.maximum(norm, self.clip_norm))
        return g

    def _decayed(self, p: Any, g: Any) -> Any:
        """The gradient with that of ½·weight_decay·Σp², which pulls parameters towards 0."""
        return g + self.weight_decay * p if self.weight_decay else g


class SGD(Optimizer):
    """Gradient descent: p ← p - lr·g, with g = ∂L/∂p + weight_decay·p.

    With momentum, v ← momentum·v + g takes the place of g, and v starts as the first g; with Nesterov's momentum it is
    g + momentum·v (Sutskever et al. 2013, in the form in which PyTorch has it).

    Args:
        params, lr, clip_value, clip_norm: as for every optimiser: :class:`Optimizer`.
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
        *,
        clip_value: float | None = None,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(params, lr, weight_decay, clip_value=clip_value, clip_norm=clip_norm)
        self.momentum = _checked_share(momentum, "the momentum")
        self.nesterov = nesterov
        if nesterov and momentum == 0:
            raise ValueError("Nesterov's momentum needs a momentum above 0")
        self.kept = ("velocity",) if momentum else ()  # type: ignore[misc]

    def update(self, p: Any, g: Any, slots: Slots, rate: Any) -> tuple[Any, Slots]:
        """The recurrence above."""
        g = self._decayed(p, self._clipped(g))
        if not self.momentum:
            return p - rate * g, ()
        (v,) = slots
        v = self.momentum * v + g
        return p - rate * (g + self.momentum * v if self.nesterov else v), (v,)


class Adam(Optimizer):
    """Adam: steps of about the size of the learning rate, whatever the size of the gradients (Kingma and Ba 2015).

    After t steps, with g = ∂L/∂p + weight_decay·p:

        m ← β₁·m + (1 - β₁)·g        v ← β₂·v + (1 - β₂)·g²        p ← p - lr · m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + eps)

    Args:
        params, lr, clip_value, clip_norm: as for every optimiser: :class:`Optimizer`.
        betas: β₁ and β₂, each from 0 to below 1: how slowly the means of g and g² forget.
        eps: positive; keeps the steps of tiny gradients small.
        weight_decay: is added to the gradient; :class:`AdamW` has the other kind.

    Raises:
        ValueError: there are no parameters, or a number is out of its range.
        TypeError: a parameter isn't a Value.

    >>> p = Value(1.0)
    >>> optimizer = Adam([p], lr=0.1)
    >>> (1000 * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 9)
    0.9
    """

    kept = ("first", "second")

    def __init__(
        self,
        params: Iterable[Value],
        lr: Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        clip_value: float | None = None,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(params, lr, weight_decay, clip_value=clip_value, clip_norm=clip_norm)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"betas is a pair of numbers, such as (0.9, 0.999), not {betas!r:.60}")
        first, second = betas
        self.betas = (_checked_share(first, "β₁ of betas"), _checked_share(second, "β₂ of betas"))
        self.eps = _checked_eps(eps)

    def coefficients(self, step: int) -> tuple[float, ...]:
        """The learning rate, and 1 - β₁ᵗ and √(1 - β₂ᵗ), which make up for means that began at 0."""
        first, second = self.betas
        return self.rate(step), 1 - first ** (step + 1), math.sqrt(1 - second ** (step + 1))

    def update(self, p: Any, g: Any, slots: Slots, rate: Any, *corrections: Any) -> tuple[Any, Slots]:
        """The formulas above."""
        return self._moved(p, self._decayed(p, self._clipped(g)), slots, rate, *corrections)

    def _moved(self, p: Any, g: Any, slots: Slots, rate: Any, first: Any, second: Any) -> tuple[Any, Slots]:
        m, v = slots
        b1, b2 = self.betas
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * (g * g)
        return p - rate / first * m / (functions.sqrt(v) / second + self.eps), (m, v)


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← p - lr·weight_decay·p, then Adam's step without it (Loshchilov 2019).

    Args:
        params, lr, betas, eps, clip_value, clip_norm: as for :class:`Adam`.
        weight_decay: the share of a parameter, times the learning rate, that each step takes away.

    Raises:
        ValueError: there are no parameters, or a number is out of its range.
        TypeError: a parameter isn't a Value.

    >>> p = Value(1.0)
    >>> optimizer = AdamW([p], lr=0.1, weight_decay=0.5)
    >>> optimizer.step()
    >>> p.data
    0.95
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        clip_value: float | None = None,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, clip_value=clip_value, clip_norm=clip_norm)

    def update(self, p: Any, g: Any, slots: Slots, rate: Any, *corrections: Any) -> tuple[Any, Slots]:
        """The decay, then Adam's step."""
        return self._moved(p - rate * self.weight_decay * p, self._clipped(g), slots, rate, *corrections)


class RMSProp(Optimizer):
    """RMSProp: each gradient divided by the root of the running mean of its squares (Hinton 2012, as PyTorch has it).

    With g = ∂L/∂p + weight_decay·p:

        v ← alpha·v + (1 - alpha)·g²        d = g / (√v + eps)        p ← p - lr·d

    With momentum, u ← momentum·u + d takes the place of d.

    Args:
        params, lr, clip_value, clip_norm: as for every optimiser: :class:`Optimizer`.
        alpha: from 0 to below 1: how slowly the mean of g² forgets.
        eps: positive.
        weight_decay, momentum: as for :class:`SGD`.

    Raises:
        ValueError: there are no parameters, or a number is out of its range.
        TypeError: a parameter isn't a Value.

    >>> p = Value(1.0)
    >>> optimizer = RMSProp([p], lr=0.01)
    >>> (1000 * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 9)
    0.9
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: Rate = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        *,
        clip_value: float | None = None,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(params, lr, weight_decay, clip_value=clip_value, clip_norm=clip_norm)
        self.alpha = _checked_share(alpha, "alpha")
        self.eps = _checked_eps(eps)
        self.momentum = _checked_share(momentum, "the momentum")
        self.kept = ("squares", "velocity") if momentum else ("squares",)  # type: ignore[misc]

    def update(self, p: Any, g: Any, slots: Slots, rate: Any) -> tuple[Any, Slots]:
        """The formulas above."""
        g = self._decayed(p, self._clipped(g))
        v = self.alpha * slots[0] + (1 - self.alpha) * (g * g)
        d = g / (functions.sqrt(v) + self.eps)
        if not self.momentum:
            return p - rate * d, (v,)
        u = self.momentum * slots[1] + d
        return p - rate * u, (v, u)


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
        if p._rule is not LEAF:
            raise TypeError(
                f"an optimiser changes leaves, and {p!r:.60} was computed; give it the Values that it is of"
            )
    if not distinct:
        raise ValueError("there are no parameters to optimise")
    return distinct


def checked_rate(lr: float) -> float:
    """The learning rate of a step.

    Raises:
        ValueError: it is none.
        TypeError: it isn't a number.
    """
    if not hasattr(lr, "__float__"):
        raise TypeError(f"a learning rate is a number, or a function of the number of the step, not {lr!r:.60}")
    if not 0 <= lr < math.inf:
        raise ValueError(f"a learning rate is a number from 0 on, not {lr!r}")
    return lr


def _checked_share(share: float, what: str) -> float:
    if not 0 <= share < 1:
        raise ValueError(f"{what} is from 0 to below 1, not {share!r}")
    return share


def _checked_eps(eps: float) -> float:
    if not 0 < eps < math.inf:
        raise ValueError(f"eps is a positive number, not {eps!r}")
    return eps
