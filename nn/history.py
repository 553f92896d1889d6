"""History: the numbers of a training run, a column for each quantity and a row for each step."""

from __future__ import annotations

import csv
import html
import io
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from autograd import Value, mean, no_grad
from autograd.files import write_whole
from nn.plots import plot_curves, plot_layers

_ACTIVATIONS: Final = "activations"
_GRADIENTS: Final = "gradients of weights and biases"


class History:
    """Columns of numbers, all of one length, to which a row is added at every step.

    Args:
        columns: lists of numbers by name; empty lists for a history that is about to begin.
        shown: the columns that :meth:`plot` draws when it is told nothing else; all, if none are named.

    Raises:
        ValueError: the columns differ in length, or ``shown`` names one that isn't there.

    >>> history = History({"loss": [], "accuracy": []})
    >>> history.append({"loss": 0.7, "accuracy": 0.5})
    >>> history.append({"loss": 0.2, "accuracy": 1.0})
    >>> history["loss"], len(history)
    ([0.7, 0.2], 2)
    """

    def __init__(self, columns: Mapping[str, Sequence[float]], shown: Sequence[str] = ()) -> None:
        if not isinstance(columns, Mapping):
            raise TypeError(f"a History is made of lists by name, {{'loss': []}}, not of {columns!r:.60}")
        self.columns = {name: _numbers(name, numbers) for name, numbers in columns.items()}
        self.shown = tuple(shown) or tuple(self.columns)
        if len({len(numbers) for numbers in self.columns.values()}) > 1:
            lengths = ", ".join(f"{name!r:.30} has {len(numbers)}" for name, numbers in list(self.columns.items())[:6])
            raise ValueError(f"the columns of a History have one number for each step: {lengths}")
        self._known(self.shown)
        self._layers: dict[str, dict[str, list[tuple[float, float]]]] = {}

    def __getitem__(self, name: str) -> list[float]:
        try:
            return self.columns[name]
        except (KeyError, TypeError):
            raise KeyError(f"there is no column {name!r:.60}; there are {', '.join(self.columns)}") from None

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)

    def __repr__(self) -> str:
        return f"History({len(self)} rows: {', '.join(self.columns)})"

    def _repr_html_(self) -> str:  # Jupyter: the first rows and the last
        rows = list(range(len(self))) if len(self) <= 8 else [*range(4), None, *range(len(self) - 3, len(self))]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *self.columns))
        body = ""
        for i in rows:
            cells = (
                ["…"] * (len(self.columns) + 1)
                if i is None
                else [str(i), *(f"{c[i]:.6g}" for c in self.columns.values())]
            )
            body += f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def append(self, row: Mapping[str, float]) -> None:
        """Add a row: a number for every column. Other entries are dropped.

        Raises:
            ValueError: it has no number for one of the columns.
        """
        if not isinstance(row, Mapping):
            raise TypeError(f"a row is a dict with a number for each column, {{'loss': 0.5}}, not {row!r:.60}")
        try:
            added = [_number(name, row[name]) for name in self.columns]
        except KeyError:
            absent = [name for name in self.columns if name not in row]
            raise ValueError(f"the row has no number for {', '.join(map(repr, absent))}") from None
        for numbers, number in zip(self.columns.values(), added):
            numbers.append(number)

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write a comma-separated file (UTF-8): a header, then a line for each row, every number to its last bit.

        Args:
            path: the file; it is there whole or not at all.

        Returns:
            The path.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(zip(*self.columns.values()))
        return write_whole(path, text.getvalue().encode())

    def plot(
        self,
        path: str | os.PathLike[str],
        columns: Sequence[str] | str = (),
        *,
        log: bool = True,
        beside: Mapping[str, History] | None = None,
    ) -> Path:
        """Draw columns as curves over the steps, each labelled at its end.

        Args:
            path: the file; its ending says what kind, as matplotlib has it: ``.png``, ``.svg``, ``.pdf`` ...
            columns: which to draw; without any, those that were named when the History was made.
            log: a logarithmic scale, as long as all numbers are positive.
            beside: other runs by their names, whose columns are drawn into the same picture.

        Returns:
            The path.

        Raises:
            ValueError: there is no such column, no row, or the path has another ending.
            MissingDependency: matplotlib is not installed.
        """
        columns = (columns,) if isinstance(columns, str) else tuple(columns) or self.shown
        if beside is not None and not isinstance(beside, Mapping):
            raise TypeError(f"beside holds other histories by name, {{'Adam': history}}, not {beside!r:.60}")
        self._known(columns)
        if not len(self):
            raise ValueError("there is nothing to plot: the history has no rows")
        curves = {name: self.columns[name] for name in columns}
        for run, other in (beside or {}).items():
            other._known(columns)
            curves |= {f"{run}: {name}": other.columns[name] for name in columns}
        return plot_curves(curves, path, log=log)

    def record_layers(self, model: Any, inputs: Iterable[Any], targets: Any = None, loss: Any = None) -> None:
        """Note the activations and gradients of each layer as they are now, for :meth:`plot_layers`.

        Call it after ``backward()``, before or after the update, at every step or at some. ``fit`` computes its
        gradients in compiled code, which leaves ``.grad`` alone. Give the targets and the loss there, and they are
        computed anew: ``callbacks=[lambda run: run.history.record_layers(run.model, X, Y, run.loss)]``.

        Args:
            model: an MLP, or anything with ``layers`` that are called one after the other.
            inputs: samples, with which the layers' outputs are computed.
            targets, loss: the samples' targets, and a loss of one output and its target. The gradients are then those
                of the mean loss, and ``.grad`` stays as it is.

        Raises:
            TypeError: the model has no ``layers``, or the loss is no function.
            ValueError: there are no inputs, or not as many targets; no backward pass has been through the model; or it
                has another number of layers than before.

        >>> from nn import MLP
        >>> model, history = MLP(2, [3, 1], "tanh", seed=1), History({"loss": []})
        >>> for _ in range(10):
        ...     model.zero_grad()
        ...     (model([1.0, -1.0]) ** 2).backward()
        ...     history.record_layers(model, [[1.0, -1.0], [0.5, 2.0]])
        >>> history.plot_layers("layers.svg").name  # doctest: +SKIP
        'layers.svg'
        """
        layers = getattr(model, "layers", None)
        if not isinstance(layers, (list, tuple)) or not layers:
            raise TypeError(f"the activations of a model with layers are recorded; {type(model).__name__} has none")
        outputs = list(inputs)
        if not outputs:
            raise ValueError("there are no inputs to compute activations with")
        names = [f"layer {k}" for k in range(1, len(layers) + 1)]
        if self._layers and list(self._layers[_ACTIVATIONS]) != names:
            raise ValueError(f"the history has {len(self._layers[_ACTIVATIONS])} layers, the model has {len(layers)}")
        slopes = _slopes(model, outputs, targets, loss)
        for name, layer in zip(names, layers):
            with no_grad():
                outputs = [layer(x) for x in outputs]
            numbers = [float(y) for output in outputs for y in (output if hasattr(output, "__iter__") else [output])]
            gradients = [slopes[p] for p in layer.parameters()] if hasattr(layer, "parameters") else []
            for quantity, found in ((_ACTIVATIONS, numbers), (_GRADIENTS, gradients or [0.0])):
                self._layers.setdefault(quantity, {}).setdefault(name, []).append(_moments(found))

    def plot_layers(self, path: str | os.PathLike[str]) -> Path:
        """Draw the activations and the gradients of each layer over training: mean, and one standard deviation.

        A layer whose band is close to 0 in the lower picture learns little; one that is at the ends of its
        activation in the upper one is saturated.

        Args:
            path: the file; its ending says what kind, as matplotlib has it.

        Returns:
            The path.

        Raises:
            ValueError: :meth:`record_layers` wasn't called, or the path has another ending.
            MissingDependency: matplotlib is not installed.
        """
        if not self._layers:
            raise ValueError(
                "there are no layers to plot; call history.record_layers(model, inputs) while you train, or with fit: "
                "callbacks=[lambda run: run.history.record_layers(run.model, X, Y, run.loss)]"
            )
        return plot_layers(self._layers, path)

    def _known(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.columns:
                raise ValueError(f"there is no column {name!r}; there are {', '.join(self.columns)}")


def _slopes(model: Any, inputs: list[Any], targets: Any, loss: Any) -> dict[Value, float]:
    """The gradient of each parameter: that of the mean loss, if there is one, else as the last pass left it."""
    from autograd import gradient

    parameters = model.parameters()
    if targets is None and loss is None:
        if parameters and not any(p._mark or p.grad for p in parameters):
            raise ValueError(
                "no backward pass has been through the model, so its gradients aren't known: call backward() first, or "
                "write record_layers(model, X, Y, nn.mse)"
            )
        return {p: p.grad for p in parameters}
    if not callable(loss) or targets is None:
        raise TypeError(f"gradients need targets and a loss, such as nn.mse, not {targets!r:.40} and {loss!r:.40}")
    wanted = list(targets)
    if len(wanted) != len(inputs):
        raise ValueError(f"there are {len(inputs)} inputs and {len(wanted)} targets")
    mean_loss = mean([loss(model(x), t) for x, t in zip(inputs, wanted)])
    return {p: float(slope) for p, slope in zip(parameters, gradient(mean_loss, parameters))}


def _numbers(name: str, numbers: Any) -> list[float]:
    if isinstance(numbers, str) or not hasattr(numbers, "__iter__"):
        raise TypeError(f"a column of a History is a list of numbers, and {name!r:.30} is {numbers!r:.60}; write []")
    return [_number(name, x) for x in numbers]


def _number(name: str, x: Any) -> Any:
    if not hasattr(type(x), "__float__") or isinstance(x, str):
        raise TypeError(f"a History holds numbers; {name!r:.30} is {type(x).__name__}: {x!r:.60}")
    return x


def _moments(numbers: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation."""
    return statistics.fmean(numbers), statistics.pstdev(numbers)
