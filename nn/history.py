"""History: what happened during training, a column for each quantity and a row for each step."""

from __future__ import annotations

import csv
import io
import math
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograd.errors import missing


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
        """Add a row: a number for every column. What else is in it is not kept.

        Raises:
            ValueError: it has no number for one of the columns.
        """
        absent = [name for name in self.columns if name not in row]
        if absent:
            raise ValueError(f"the row has no number for {', '.join(map(repr, absent))}")
        for name, numbers in self.columns.items():
            numbers.append(row[name])

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


# --- Curves ---


def plot_curves(
    curves: Mapping[str, Sequence[float]],
    path: str | os.PathLike[str],
    *,
    title: str = "",
    ylabel: str = "",
    log: bool = True,
) -> Path:
    """Draw curves over the steps 1, 2, 3 ..., each labelled at its end, in colours from dark to light.

    The colours are viridis, which is as clear without red and green, or in grey, as it is in colour.

    Args:
        curves: the numbers of each curve by its label.
        path: the file; its ending says what kind, as matplotlib has it.
        title, ylabel: text above and beside the picture.
        log: a logarithmic scale, as long as all numbers are positive.

    Raises:
        ValueError: the path has an ending that matplotlib doesn't know.
        MissingDependency: matplotlib is not installed.
    """
    try:
        from matplotlib import colormaps
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError:
        raise missing("matplotlib", "demos", "a plot") from None

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    colors = [colormaps["viridis"](0.78 * i / max(1, len(curves) - 1)) for i in range(len(curves))]
    for (label, numbers), color in zip(curves.items(), colors):
        marker = "o" if len(numbers) == 1 else ""
        axes.plot(range(1, len(numbers) + 1), numbers, color=color, linewidth=2, marker=marker, label=label)
    if log and all(x > 0 for numbers in curves.values() for x in numbers if not math.isnan(x)):
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(title, loc="left", fontsize=13, parse_math=False)
    axes.set_xlabel("step", parse_math=False)
    axes.set_ylabel(ylabel, parse_math=False)
    axes.grid(which="major", color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0)
    _label_ends(axes)
    return save_figure(figure, path)


def _label_ends(axes: Any) -> None:
    """Write each curve's label where it ends; where two would overlap, they are moved apart."""
    axes.autoscale_view()  # otherwise matplotlib finds the limits when it draws, which is too late here
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = []
    for line in axes.lines:
        finite = [(x, y) for x, y in zip(*line.get_data()) if math.isfinite(y)]
        if finite:
            ends.append((float(to_axes.transform(finite[-1])[1]), line))
    ends.sort(key=lambda end: end[0])
    for (height, line), at in zip(ends, apart([height for height, _ in ends], 0.062)):
        axes.annotate(
            line.get_label(),
            xy=(1, height),
            xytext=(1.04, at),
            xycoords="axes fraction",
            color=line.get_color(),
            fontweight="bold",
            verticalalignment="center",
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": line.get_color(), "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
        )


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights, moved as little as needed for each to be ``gap`` above the one before.

    >>> apart([0.0, 1.0, 1.0], 0.5)
    [0.0, 0.75, 1.25]
    """
    groups: list[list[float]] = []  # of heights that touch, and so are spaced evenly around their mean
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _spread(groups[-1], gap)[0] - _spread(groups[-2], gap)[-1] < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    return [at for group in groups for at in _spread(group, gap)]


def _spread(group: Sequence[float], gap: float) -> list[float]:
    middle = sum(group) / len(group)
    return [middle + gap * (i - (len(group) - 1) / 2) for i in range(len(group))]


# --- Files ---


def save_figure(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Write a matplotlib figure into a file of the kind that the ending says.

    Raises:
        ValueError: matplotlib doesn't know the ending.
    """
    from matplotlib import rc_context

    path = Path(path)
    kind = path.suffix.lower()[1:]
    if kind not in figure.canvas.get_supported_filetypes():
        raise ValueError(f"a plot's file ends in .png, .svg or .pdf, not {path.suffix!r}: {path}")
    content = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else None  # the same plot is the same file
    with rc_context({"svg.hashsalt": "chainrule", "svg.fonttype": "path"}):
        figure.savefig(content, format=kind, dpi=200, metadata=metadata)
    return write_whole(path, content.getvalue())


def write_whole(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file so that it is there whole or not at all: under another name first, then renamed."""
    path = Path(path)
    unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def writable_folder(folder: str | os.PathLike[str]) -> Path:
    """Make the folder if it isn't there, and find out whether it can be written into: before the work, not after it.

    Raises:
        OSError: it can't.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f".{secrets.token_hex(8)}.tmp", b"").unlink()
    except OSError as error:
        raise OSError(f"can't write into the folder {str(folder)!r}: {error.strerror}") from None
    return folder
