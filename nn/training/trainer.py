"""Trainer: a training run that can be continued, saved and resumed.

Where a run stands is one tuple, ``Position``, that is replaced as a whole after each update. So whatever stops a run,
it stops between two updates, and what is saved then is all that the next update needs.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nn.blocks import takes_random
from nn.history import History
from nn.module import Module
from nn.optim import Optimizer
from nn.training.data import Batch, Group, batches, grouped, inputs_only
from nn.training.diverged import diverged
from nn.training.position import Position
from nn.training.progress import Progress
from nn.training.steps import Compiled, Draws, Eager, default_backend, floats, plain

Loss = Callable[[Any, Any], Any]

_new: Final[Any] = tuple.__new__  # makes a NamedTuple in a third of the time that it takes by its name


class Trainer:
    """A training run that can be continued, saved and resumed. :func:`fit` is the short way for one that needn't be.

    Args:
        model: any Module; it is called with one sample.
        loss: a function of the model's output for one sample and its target, such as those of ``nn.losses``; a batch's
            loss is the mean over its samples.
        optimizer: made from ``model.parameters()``.
        batch_size: samples an update; None for all of them.
        patience: stop when the validation loss hasn't fallen for so many epochs; the model gets the best parameters.
        seed: decides the order of the samples in each epoch, and what ``Dropout`` drops.
        eager: train by Values, one operation at a time: a thousand times slower, but every number can be looked at.
        dtype, threads: as for ``jit``.
        backend: "c", "numpy" or "python": what runs the compiled updates. It is chosen once, and saved with the run.

    Raises:
        ValueError: the optimiser has other parameters than the model, or a number is out of its range.

    >>> from nn import MLP, Adam, mse
    >>> model = MLP(1, [8, 1], "tanh", seed=1)
    >>> trainer = Trainer(model, mse, Adam(model.parameters(), lr=0.02))
    >>> X = [[-1.0], [0.0], [1.0]]
    >>> history = trainer.run(X, [1.0, 0.0, 1.0], epochs=200)
    >>> len(history), history["loss"][-1] < 1e-3
    (200, True)
    """

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: Optimizer,
        *,
        batch_size: int | None = None,
        patience: int | None = None,
        seed: int = 0,
        eager: bool = False,
        dtype: str = "float64",
        threads: int = 1,
        backend: str | None = None,
    ) -> None:
        _check_model(model, optimizer)
        if not callable(loss):
            raise TypeError(f"a loss is a function of an output and its target, such as nn.mse, not {loss!r:.60}")
        self.model: Any = model
        self.loss = loss
        self.optimizer = optimizer
        self.batch_size = _count(batch_size, "batch_size")
        self.patience = _count(patience, "patience")
        self.seed = _seed(seed)
        self.eager = bool(eager)
        self.dtype = dtype
        self.threads = threads
        self.backend = backend or default_backend()
        self.history = History({})
        self._position = Position(model.vector(), optimizer.slots)
        self._samples = 0  # of the data of the epoch that has begun
        self._draws: dict[tuple[int, ...], int] = {}  # random numbers for a sample of each shape, of a model that draws
        self._batches: Sequence[Batch] = ()  # the batches of the epoch
        self._does: Any = (
            Eager(model, loss, optimizer) if eager else Compiled(model, loss, optimizer, dtype, threads, self.backend)
        )

    def __repr__(self) -> str:
        position = self._position
        return f"Trainer({type(self.model).__name__}, {position.epoch} epochs, {position.steps} steps)"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = "; write trainer.run(X, Y, epochs)" if name in ("fit", "train", "step", "start") else ""
            raise AttributeError(f"a Trainer has no {name!r}{hint}", name=name, obj=self)

    @property
    def epoch(self) -> int:
        """How many epochs are complete."""
        return self._position.epoch

    @property
    def steps(self) -> int:
        """How many updates there were."""
        return self._position.steps

    def run(
        self,
        X: Any,  # noqa: N803
        Y: Any,  # noqa: N803
        epochs: int,
        *,
        validation: tuple[Any, Any] | None = None,
        sample_weight: Any = None,
        callbacks: Iterable[Callable[[Trainer], Any]] = (),
        metrics: Iterable[Callable[[Any, Any], float]] = (),
        after_step: Callable[[Trainer], Any] | None = None,
        progress: bool | None = None,
    ) -> History:
        """Train for some more epochs. One that was broken off is finished first, and counts as one of them.

        Args:
            X: n samples: an array, a sequence or an iterable of numbers or of arrays of numbers, which may differ in
                shape.
            Y: n targets, likewise.
            epochs: how many times all samples are used.
            validation: samples and targets for a validation loss after each epoch, which doesn't change the model.
            sample_weight: for each sample, how much it counts; from 0 on.
            callbacks: functions of the trainer, called after each epoch; one that returns True ends the run.
            metrics: functions of all outputs (an array, a row a sample) and all targets, after each epoch.
            after_step: a function of the trainer, called after each update.
            progress: show a bar; None: if there is a terminal.

        Returns:
            The history of all epochs so far: ``loss``, a column for each metric, ``validation_loss`` and so on. It
            comes back after Ctrl-C as well, which ends the run between two updates.

        Raises:
            ValueError: the data, or shapes that don't fit. Nothing is trained then.
            AnomalyError: the run diverged. The model has the parameters before the update that did it.
        """
        if epochs is None:
            raise TypeError("epochs is a whole number, not None: how many times all samples are used")
        _count(epochs, "epochs")
        metrics, callbacks = _functions(metrics, "metrics"), _functions(callbacks, "callbacks")
        groups = grouped(X, Y, sample_weight)
        held_out = None if validation is None else grouped(*_pair(validation), what="validation data")
        self._check_data(groups, held_out)
        self._begin(groups, held_out, metrics)
        samples = sum(len(group.places) for group in groups)
        bar = Progress(samples * epochs, progress)
        try:
            for _ in range(epochs):
                self._one_epoch(groups, samples, after_step, bar)
                self._finish_epoch(groups, held_out, metrics)
                if callbacks and self._called(callbacks):
                    break
                if self.patience is not None and self._position.waited >= self.patience:
                    break
        except KeyboardInterrupt:
            pass
        finally:
            bar.close()
            self._hand_over(best=True)
        return self.history

    def predict(self, X: Any) -> Any:  # noqa: N803
        """The model's outputs for n samples: an array with n rows, or of n numbers where an output is a number."""
        self._adopt()
        return self._outputs(self._shown(), inputs_only(X))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the run into a file: the model, the optimiser, the history, and where the run stands.

        Args:
            path: the file, in the format of safetensors; it is there whole or not at all, whatever happens meanwhile.

        Raises:
            MissingDependency: safetensors is not installed.
        """
        from nn.training.checkpoint import save_run

        self._adopt()
        return save_run(self, path)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        model: Module,
        loss: Loss | None = None,
        *,
        lr: Any = None,
    ) -> Trainer:
        """The run that a file holds. It goes on bit for bit as if it had never stopped.

        Args:
            path: the file that :meth:`save` wrote.
            model: of the same shape as the model that was saved; it gets the saved parameters.
            loss: the loss, if it isn't one of ``nn.losses``.
            lr: the learning rate, if it was a function.

        Raises:
            ValueError: the file is damaged, of a newer version, or of another model, or the loss or the learning rate
                has to be given. The model is as it was.
            MissingDependency: safetensors is not installed, or the file needs a back end that this machine lacks.
        """
        from nn.training.checkpoint import load_run

        return load_run(cls, path, model, loss, lr)

    # --- One epoch ---

    def _one_epoch(
        self, groups: Sequence[Group], samples: int, after_step: Callable[[Trainer], Any] | None, bar: Progress
    ) -> None:
        step, coefficients, shown = self._does.step, self.optimizer.coefficients, bar.shown
        vector, slots, steps, epoch, done, total, *best = self._position
        if self.batch_size is not None or not self._batches:
            self._batches = batches(groups, self.batch_size, self.seed, epoch)
        todo = self._batches[done:]
        for batch in todo:
            groups_of_batch = self._with_numbers(batch, epoch, done) if self._draws else batch.groups
            loss, sound, vector, slots = step(vector, slots, coefficients(steps), groups_of_batch)
            if not sound == loss * 0.0 == 0.0:  # neither is infinite or NaN
                raise diverged(self, groups_of_batch, self._position, loss, vector)
            steps += 1
            done += 1
            total += loss * batch.size
            self._position = _new(Position, (vector, slots, steps, epoch, done, total, *best))
            if shown:
                bar.add(batch.size, loss)
            if after_step is not None:
                self._hand_over()
                after_step(self)

    def _with_numbers(self, batch: Batch, epoch: int, place: int) -> Any:
        """The batch's groups, with as many random numbers for each sample as the model draws for one of its shape."""
        generator = np.random.default_rng([self.seed, epoch, place])
        return [(*group, generator.random((len(group[0]), self._draws[group[0].shape[1:]]))) for group in batch.groups]

    def _finish_epoch(
        self, groups: Sequence[Group], held_out: Sequence[Group] | None, metrics: Sequence[Callable[[Any, Any], float]]
    ) -> None:
        position = self._position
        row = {"loss": position.total / self._samples}
        if metrics:
            row |= self._measured(groups, metrics, "")
        if held_out is not None:
            (batch,) = batches(held_out, None, self.seed, 0)
            row["validation_loss"] = float(self._does.total(position.vector, batch.groups))
            row |= self._measured(held_out, metrics, "validation_")
        if self.patience is not None:
            if row["validation_loss"] < position.lowest:
                position = position._replace(best=position.vector, lowest=row["validation_loss"], waited=0)
            else:
                position = position._replace(waited=position.waited + 1)
        self.history.append(row)
        vector, slots, steps, epoch, _, _, *best = position
        self._position = _new(Position, (vector, slots, steps, epoch + 1, 0, 0.0, *best))

    def _measured(
        self, groups: Sequence[Group], metrics: Sequence[Callable[[Any, Any], float]], prefix: str
    ) -> dict[str, float]:
        outputs = self._outputs(self._position.vector, groups)
        targets = _in_order([group.targets for group in groups], groups)
        return {f"{prefix}{_name(metric)}": float(metric(outputs, targets)) for metric in metrics}

    def _outputs(self, vector: Any, groups: Sequence[Group]) -> Any:
        return _in_order([self._does.outputs(vector, group.inputs) for group in groups], groups)

    def _called(self, callbacks: Sequence[Callable[[Trainer], Any]]) -> bool:
        self._hand_over()
        said = [callback(self) for callback in callbacks]  # every one is called
        return True in [each is True for each in said]

    # --- The model and the optimiser, before and after ---

    def _begin(self, groups: Sequence[Group], held_out: Any, metrics: Sequence[Callable[[Any, Any], float]]) -> None:
        self._adopt()
        if self.patience is not None and held_out is None:
            raise ValueError("patience watches the validation loss: write validation=(X, Y) as well")
        samples = sum(len(group.places) for group in groups)
        if self._position.batch and samples != self._samples:
            raise ValueError(
                f"an epoch over {self._samples} samples was broken off; it can't go on with {samples} samples"
            )
        self._samples, self._batches = samples, ()
        names = ["loss", *map(_name, metrics)]
        names += [f"validation_{name}" for name in names] if held_out is not None else []
        if not len(self.history):
            self.history = History({name: [] for name in names}, shown=[n for n in names if n.endswith("loss")])
        elif names != list(self.history.columns):
            raise ValueError(
                f"this run's history has the columns {', '.join(self.history.columns)}; with these metrics and "
                f"validation data they would be {', '.join(names)}"
            )

    def _adopt(self) -> None:
        """Take over parameters and slots that were changed since the last run, if they were."""
        vector = self.model.vector()
        if not np.array_equal(vector, self._shown()):
            self._position = self._position._replace(vector=vector, best=None, lowest=math.inf, waited=0)
        slots = self.optimizer.slots or self.optimizer.zeros()
        self._position = self._position._replace(slots=slots, steps=self.optimizer.steps)

    def _shown(self) -> Any:
        """The parameters that the model has between two runs."""
        return self._position.vector if self._position.best is None else self._position.best

    def _hand_over(self, best: bool = False) -> None:
        """Give the trained numbers to the model and the optimiser."""
        position = self._position
        self.model.load_vector(self._shown() if best else position.vector)
        self.optimizer.slots, self.optimizer.steps = position.slots, position.steps
        for column in self.history.columns.values():
            del column[position.epoch :]  # of an epoch in whose last moment the run was broken off

    def _check_data(self, groups: Sequence[Group], held_out: Sequence[Group] | None) -> None:
        """A few samples of each shape go through model and loss, and targets of each kind through the loss."""
        count = sum(len(group.places) for group in groups)
        if self.batch_size is not None and self.batch_size > count:
            raise ValueError(f"batch_size is {self.batch_size}, but there are only {count} samples")
        draws = takes_random(self.model)
        self._draws = {}
        for group in [*groups, *(held_out or ())]:
            for sample in _extremes(group.inputs):
                generator = Draws()
                output = self.model(plain(sample), **({"random": generator} if draws else {}))
            if draws:
                self._draws[group.inputs.shape[1:]] = generator.count
            numbers = floats(output)
            for target in _kinds(group.targets):
                try:
                    value = self.loss(numbers, plain(target))
                except AttributeError as error:
                    if error.name not in ("data", "grad"):
                        raise
                    raise TypeError(
                        f"the loss reads .{error.name} of a number, so it would have no gradient: use the output itself"
                    ) from None
                if not hasattr(value, "__float__") or np.ndim(value):
                    raise ValueError(
                        f"a loss is one number for one sample; this one gives {type(value).__name__} {value!r:.60}"
                    )


def _check_model(model: Any, optimizer: Any) -> None:
    if not isinstance(model, Module):
        cure = "; make one first, model = MLP(2, [16, 1])" if isinstance(model, type) else ""
        raise TypeError(f"fit trains a Module, not {type(model).__name__}: {model!r:.60}{cure}")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"an optimiser is such as SGD(model.parameters(), lr=0.1), not {optimizer!r:.60}")
    parameters = model.parameters()
    if not parameters:
        raise ValueError(f"{type(model).__name__} has no parameters, so there is nothing to train")
    if list(map(id, parameters)) != list(map(id, optimizer.params)):
        raise ValueError(
            f"the optimiser's {len(optimizer.params)} parameters are not the {len(parameters)} of the model; make it "
            f"from the model: {type(optimizer).__name__}(model.parameters(), ...)"
        )


def _extremes(inputs: Any) -> Any:
    """Samples to try a model on: the first, and of whole numbers, which may be indices, those with extreme ones."""
    if inputs.dtype.kind == "f" or not inputs[0].size:
        return inputs[:1]
    flat = inputs.reshape(len(inputs), -1)
    return inputs[[flat.min(axis=1).argmin(), flat.max(axis=1).argmax(), 0]]


def _kinds(targets: Any) -> Any:
    """Targets to try a loss on: some different ones, and those with the least and the greatest number at each place."""
    flat = targets.reshape(len(targets), -1)
    extremes = [*flat.argmin(axis=0), *flat.argmax(axis=0)] if flat.size else []
    _, firsts = np.unique(flat, axis=0, return_index=True)
    return targets[np.unique([*extremes[:200], *firsts[:32]]).astype(int)]


def _in_order(parts: Sequence[Any], groups: Sequence[Group]) -> Any:
    """Rows of all groups in the order of the data: an array, or a list where groups have rows of different shapes."""
    if len(parts) == 1:
        return parts[0]
    order = np.argsort(np.concatenate([group.places for group in groups]))
    if len({part.shape[1:] for part in parts}) == 1:
        return np.concatenate(parts)[order]
    rows = [row for part in parts for row in part]
    return [rows[i] for i in order]


def _functions(given: Any, name: str) -> list[Any]:
    if not hasattr(given, "__iter__") or isinstance(given, str):
        raise TypeError(f"{name} is a list of functions, not {given!r:.60}; write {name}=[f]")
    found = list(given)
    for f in found:
        if not callable(f):
            raise TypeError(f"{name} is a list of functions, and {f!r:.60} is none")
    return found


def _pair(validation: Any) -> tuple[Any, Any]:
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(f"validation data are a pair, (X, Y), not {validation!r:.60}")
    return validation[0], validation[1]


def _name(metric: Any) -> str:
    return str(getattr(metric, "__name__", type(metric).__name__))


def _count(number: Any, name: str) -> Any:
    if number is None:
        return None
    if not hasattr(number, "__index__") or isinstance(number, bool):
        raise TypeError(f"{name} is a whole number, not {number!r:.60}")
    if number < 1:
        raise ValueError(f"{name} is at least 1, not {number}")
    return int(number)


def _seed(seed: Any) -> int:
    if not hasattr(seed, "__index__") or seed < 0:
        raise ValueError(f"a seed is a whole number from 0 on, not {seed!r:.60}")
    return int(seed)
