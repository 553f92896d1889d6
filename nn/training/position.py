"""Where a training run stands: all that the next update depends on."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from nn.optim import Slots


class Position(NamedTuple):
    """Where a run stands: what the next update starts from.

    Attributes:
        vector, slots: the parameters, and what the optimiser keeps.
        steps: updates so far.
        epoch, batch: complete epochs, and complete batches of the epoch that has begun.
        total: the sum of the losses of its batches, each times its size.
        best, lowest, waited: the parameters of the best epoch, its loss, and how many epochs ago it was.
    """

    vector: Any
    slots: Slots
    steps: int = 0
    epoch: int = 0
    batch: int = 0
    total: float = 0.0
    best: Any = None
    lowest: float = math.inf
    waited: int = 0
