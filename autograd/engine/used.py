"""Has a gradient been used already? An optimiser says so after its step; a backward pass that adds to it warns.

A training loop without ``zero_grad()`` runs, and trains badly: each gradient holds those of all steps before.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd.errors import AutogradWarning, StaleGradient

if TYPE_CHECKING:
    from autograd.engine.value import Value

# By the id of a parameter: its gradient when its optimiser made the last step (None before the first one), and the ids
# of all parameters of that optimiser.
USED: Final[dict[int, tuple[Any, set[int]]]] = {}

_TO_THE_USER: Final = 3 if __file__.endswith(".py") else 1  # frames; compiled functions have none


def watch(optimizer: Any) -> set[int]:
    """The ids of the parameters of a new optimiser; they are watched as long as it lives."""
    ids = {id(p) for p in optimizer.params}
    for key in ids:
        USED[key] = (None, ids)
    weakref.finalize(optimizer, forget, ids)
    return ids


def note_step(params: Sequence[Value], ids: set[int]) -> None:
    """The gradients that these parameters hold have been used."""
    if ids:
        for p in params:
            USED[id(p)] = (p._grad, ids)


def note_backward(leaves: Sequence[Value], earlier: Sequence[float]) -> None:
    """A backward pass has added to these gradients of the leaves: warn, once an optimiser, if they had been used.

    Where some parameters were set to zero and others weren't, somebody trains one network through another (a GAN, say)
    and knows what he does.
    """
    stale: set[int] | None = None
    for leaf, gradient in zip(leaves, earlier):
        if id(leaf) in USED:
            used, ids = USED[id(leaf)]
            if used is None or (gradient == 0.0 and used != 0.0):
                return
            if gradient == used and used != 0.0:
                stale = ids
    if stale is not None:
        forget(stale)
        warnings.warn(
            "backward() has added to gradients that the optimiser used in its last step; "
            "write optimizer.zero_grad() before each backward()",
            StaleGradient,
            stacklevel=_TO_THE_USER,
        )


def warn_of_a_constant() -> None:
    """Warn that a backward pass reaches no leaf."""
    warnings.warn(
        "backward() of a result of no_grad reaches no leaf, since nothing was recorded there; "
        "compute it outside of no_grad()",
        AutogradWarning,
        stacklevel=_TO_THE_USER,
    )


def forget(ids: set[int]) -> None:
    """Watch these parameters no more."""
    for key in ids:
        USED.pop(key, None)
    ids.clear()
