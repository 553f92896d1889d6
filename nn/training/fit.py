"""fit: train a model, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nn.history import History
from nn.module import Module
from nn.optim import Optimizer
from nn.training.trainer import Loss, Trainer


def fit(
    model: Module,
    loss: Loss,
    X: Any,  # noqa: N803
    Y: Any,  # noqa: N803
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    validation: tuple[Any, Any] | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callable[[Trainer], Any]] = (),
    metrics: Iterable[Callable[[Any, Any], float]] = (),
    seed: int = 0,
    eager: bool = False,
    dtype: str = "float64",
    threads: int = 1,
    backend: str | None = None,
    progress: bool | None = None,
    sample_weight: Any = None,
) -> History:
    """Train a model; the whole update, the optimiser's part included, is one compiled program.

    Args:
        model, loss, optimizer, batch_size, patience, seed, eager, dtype, threads, backend: as for :class:`Trainer`.
        X, Y, epochs, validation, callbacks, metrics, progress, sample_weight: as for :meth:`Trainer.run`.

    Returns:
        The history; ``history["loss"]`` has a number for each epoch: the mean over its samples, each as it was when it
        was learned from.

    Raises:
        ValueError: the data, or shapes that don't fit. Nothing is trained then.
        AnomalyError: the run diverged. The model has the parameters before the update that did it.

    >>> from nn import MLP, SGD, mse
    >>> model = MLP(1, [1], seed=1)
    >>> history = fit(model, mse, [0.0, 1.0, 2.0], [1.0, 3.0, 5.0], optimizer=SGD(model.parameters(), 0.1), epochs=500)
    >>> round(model(10.0).data, 6)
    21.0
    """
    trainer = Trainer(
        model,
        loss,
        optimizer,
        batch_size=batch_size,
        patience=patience,
        seed=seed,
        eager=eager,
        dtype=dtype,
        threads=threads,
        backend=backend,
    )
    return trainer.run(
        X,
        Y,
        epochs,
        validation=validation,
        sample_weight=sample_weight,
        callbacks=callbacks,
        metrics=metrics,
        progress=progress,
    )
