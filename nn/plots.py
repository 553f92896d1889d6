"""Plots: curves over the steps of a training, and matplotlib figures as files."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograd.errors import missing
from autograd.files import write_whole


def plot_curves(
    curves: Mapping[str, Sequence[float]],
    path: str | os.PathLike[str],
    *,
    title: str = "",
    ylabel: str = "",
    log: bool = True,
) -> Path:
    """Draw curves over the steps 1, 2, 3 ..., each labelled at its end, in colours from dark to light.

    The colours are viridis, which can be told apart by the colour-blind and in grey.

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
        raise missing("matplotlib", "a plot") from None

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
