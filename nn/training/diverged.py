"""A training run that diverged: which update it was, and the first operation that was not finite in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import AnomalyError, Value, detect_anomaly
from nn.functional import functional
from nn.training.position import Position
from nn.training.steps import Groups, drawing, plain

if TYPE_CHECKING:
    from nn.training.trainer import Trainer


def diverged(trainer: Trainer, groups: Groups, position: Position, loss: float, vector: Any) -> AnomalyError:
    """The error: it names the step, the parameter, and the first operation that was not finite.

    Args:
        trainer: whose run it is.
        groups: what the update learned from.
        position: before the update.
        loss, vector: the loss and the parameters that came out.
    """
    cause = _first_operation(trainer, groups, position.vector)
    largest = int(np.argmax(np.abs(position.vector)))
    names = [name for name, _ in trainer.model.named_parameters()]
    if cause is None:
        first = int(np.argmax(~np.isfinite(vector)))
        cause = f"the update makes {names[first]} {vector[first]}, while its gradient is finite"
    return AnomalyError(
        f"training diverged at step {position.steps}, in epoch {position.epoch} (both counted from 0), with loss "
        f"{float(loss):.4g}: {cause:.200}. The largest parameter was {names[largest]} = "
        f"{position.vector[largest]:.4g}. Try a lower learning rate, or clip_norm=1 in the optimiser"
    )


def _first_operation(trainer: Trainer, groups: Groups, vector: Any) -> str | None:
    """The update once more, by Values that watch for the first number that is not finite."""
    names = [name for name, _ in trainer.model.named_parameters()]
    parameters = [Value(number, label=name) for number, name in zip(vector.tolist(), names)]
    run = functional(trainer.model)
    for inputs, targets, shares, *drawn in groups:
        for x, y, share, *numbers in zip(inputs, targets, shares.tolist(), *drawn):
            try:
                with detect_anomaly():
                    (share * trainer.loss(run(parameters, plain(x), **drawing(numbers)), plain(y))).backward()
            except (ArithmeticError, ValueError) as error:
                return str(error)
            for p, name in zip(parameters, names):
                if not np.isfinite(p.grad):
                    return f"the gradient of {name} is {p.grad}"
    return None
