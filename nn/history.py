"""History: the numbers of a training run, a column for each quantity and a row for each step."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograd.files import write_whole
from nn.plots import plot_curves


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
        self.columns = {name: list(numbers) for name, numbers in columns.items()}
        self.shown = tuple(shown) or tuple(self.columns)
        if len({len(numbers) for numbers in self.columns.values()}) > 1:
            raise ValueError("the columns of a History are of one length")
        self._known(self.shown)

    def __getitem__(self, name: str) -> list[float]:
        return self.columns[name]

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)

    def __repr__(self) -> str:
        return f"History({len(self)} rows: {', '.join(self.columns)})"

    def append(self, row: Mapping[str, float]) -> None:
        """Add a row: a number for every column. Other entries are dropped.

        Raises:
            ValueError: it has no number for one of the columns.
        """
        try:
            added = [row[name] for name in self.columns]
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

    def plot(self, path: str | os.PathLike[str], columns: Sequence[str] = (), *, log: bool = True) -> Path:
        """Draw columns as curves over the steps, each labelled at its end.

        Args:
            path: the file; its ending says what kind, as matplotlib has it: ``.png``, ``.svg``, ``.pdf`` ...
            columns: which to draw; without any, those that were named when the History was made.
            log: a logarithmic scale, as long as all numbers are positive.

        Returns:
            The path.

        Raises:
            ValueError: there is no such column, no row, or the path has another ending.
            MissingDependency: matplotlib is not installed.
        """
        columns = tuple(columns) or self.shown
        self._known(columns)
        if not len(self):
            raise ValueError("there is nothing to plot: the history has no rows")
        return plot_curves({name: self.columns[name] for name in columns}, path, log=log)

    def _known(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.columns:
                raise ValueError(f"there is no column {name!r}; there are {', '.join(self.columns)}")
