"""Plots: curves over the steps of a training, and matplotlib figures as files."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from autograd import Value, no_grad
from autograd.errors import missing
from autograd.files import write_whole


def plot_curves(
    curves: Mapping[str, Sequence[float]],
    path: str | os.PathLike[str],
    *,
    title: str = "",
    ylabel: str = "",
    caption: str = "",
    log: bool = True,
) -> Path:
    """Draw curves over the steps 1, 2, 3 ..., each labelled at its end, in colours from dark to light.

    The colours are viridis, which can be told apart by the colour-blind and in grey.

    Args:
        curves: the numbers of each curve by its label.
        path: the file; its ending says what kind, as matplotlib has it.
        title, ylabel, caption: text above, beside and below the picture.
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
    axes.set_xlabel(f"step\n{caption}" if caption else "step", parse_math=False)
    axes.set_ylabel(ylabel, parse_math=False)
    axes.grid(which="major", color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0)
    _label_ends(axes)
    return save_figure(figure, path)


def plot_surface(
    loss: Callable[[], Any],
    a: Any,
    b: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    history: Any = None,
    size: int = 61,
) -> Any:
    """Draw the error as a function of two parameters, all others as they are, and the path of a descent on it.

    Args:
        loss: a function without arguments that computes the error from the parameters as they are.
        a, b: two parameters, Values, each with a label. They have their numbers back afterwards.
        path: the file; its ending says what kind, as matplotlib has it.
        history: a History with a column for each of the two labels, such as ``W8Network.train`` gives; or a dict of
            several, by a text for each, such as the learning rate.
        size: how many points the surface has along each side.

    Returns:
        The path; without one, matplotlib's figure, which Jupyter shows.

    Raises:
        TypeError: a parameter is no Value, or the loss no function.
        ValueError: a parameter has no label that is a column of the history, ``size`` is less than 2, or the path has
            an ending that matplotlib doesn't know.
        MissingDependency: matplotlib is not installed.

    >>> from nn import W8Network
    >>> net = W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55])
    >>> def error():
    ...     return net.loss((0.05, 0.10), (0.01, 0.99))
    >>> history = net.train((0.05, 0.10), (0.01, 0.99), lr=0.5, steps=100)
    >>> plot_surface(error, net.w5, net.w6, "surface.png", history=history).name  # doctest: +SKIP
    'surface.png'
    """
    if not hasattr(size, "__index__") or size < 2:
        raise ValueError(
            f"size is how many points the surface has along each side: a whole number from 2, not {size!r:.60}"
        )
    paths = _descents(loss, a, b, history)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", "a plot") from None

    across, up = (_range([x.data, *(n for points in paths.values() for n in points[i])]) for i, x in enumerate((a, b)))
    xs, ys = ([low + (high - low) * i / (size - 1) for i in range(size)] for low, high in (across, up))
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.add_subplot()
    filled = axes.contourf(xs, ys, _heights(loss, a, b, xs, ys), levels=24, cmap="cividis")
    figure.colorbar(filled, ax=axes, label="error")
    for i, (label, points) in enumerate(paths.items()):  # paths that lie on each other are drawn thinner and thinner
        width, marker = 2.0 + 2.0 * (len(paths) - 1 - i), _MARKERS[i % len(_MARKERS)]
        if i == 0:
            axes.plot(*points, color="white", linewidth=width + 1.6)
        axes.plot(
            *points, color=_COLORS[i % len(_COLORS)], linewidth=width, marker=marker, markevery=(0.1, 0.1), label=label
        )
        axes.plot(points[0][:1], points[1][:1], "o", color="white", markeredgecolor="black", markersize=8)
        axes.plot(points[0][-1:], points[1][-1:], "*", color="white", markeredgecolor="black", markersize=13)
    axes.set_xlim(*across)
    axes.set_ylim(*up)
    caption = "the other parameters as they are now" + ("; path from ○ to ★" if paths else "")
    axes.set_xlabel(f"{a.label}\n{caption}", parse_math=False)
    axes.set_ylabel(b.label, parse_math=False)
    axes.set_title(f"The error over {a.label} and {b.label}", loc="left", fontsize=13, parse_math=False)
    if any(paths):
        for text in figure.legend(loc="outside lower center", ncols=4).get_texts():
            text.set_parse_math(False)
    return figure if path is None else save_figure(figure, path)


_COLORS: Final = ("#d55e00", "#f0e442", "#cc79a7", "#56b4e9", "#009e73", "#ffffff")  # of Okabe and Ito, and white
_MARKERS: Final = ("s", "^", "D", "v", "P", "X")


def _descents(loss: Any, a: Any, b: Any, history: Any) -> dict[str, tuple[list[float], list[float]]]:
    """The two columns of each history, by its text."""
    if not callable(loss):
        raise TypeError(f"the loss is a function that computes the error anew, not {loss!r:.60}; write lambda: ...")
    for x in (a, b):
        if not isinstance(x, Value):
            raise TypeError(f"the error is drawn over two parameters, Values, not {type(x).__name__}: {x!r:.60}")
    if a is b:
        raise ValueError(f"the error is drawn over two different parameters, not twice over {a!r}")
    histories = {} if history is None else history if isinstance(history, dict) else {"": history}
    found = {}
    for label, each in histories.items():
        if not hasattr(each, "columns"):
            raise TypeError(f"history is a History, as train returns it, or a dict of several, not {each!r:.60}")
        for x in (a, b):
            if x.label not in each.columns:
                raise ValueError(
                    f"the history has no column {x.label!r}, the label of a parameter; there are "
                    f"{', '.join(list(each.columns)[:12])}"
                )
        found[str(label)] = (each[a.label], each[b.label])
    return found


def _range(numbers: Sequence[float]) -> tuple[float, float]:
    """The least and the largest number, with a margin."""
    finite = [x for x in numbers if math.isfinite(x)] or [0.0]
    margin = 0.25 * (max(finite) - min(finite)) or 1.0
    return min(finite) - margin, max(finite) + margin


def _heights(loss: Any, a: Value, b: Value, xs: Sequence[float], ys: Sequence[float]) -> list[list[float]]:
    """The error at each point; both parameters have their numbers back afterwards, whatever happens."""
    before = a.data, b.data
    rows = []
    try:
        with no_grad():
            for b.data in ys:
                row = []
                for a.data in xs:
                    row.append(_finite(loss))
                rows.append(row)
    finally:
        a.data, b.data = before
    return rows


def _finite(loss: Any) -> float:
    try:
        found = loss()
        if not hasattr(type(found), "__float__"):
            raise TypeError(f"the loss has to return a number, but returned {found!r:.60}; is a return missing?")
        return float(found)
    except (ArithmeticError, ValueError):  # undefined there: a gap in the surface
        return math.nan


def plot_layers(
    layers: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], path: str | os.PathLike[str]
) -> Path:
    """Draw, one above the other, quantities of each layer over training: the mean as a line, a deviation as a band.

    Args:
        layers: by quantity, by layer, a mean and a standard deviation for each step.
        path: the file; its ending says what kind.
    """
    try:
        from matplotlib import colormaps
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError:
        raise missing("matplotlib", "a plot") from None

    figure = Figure(figsize=(8, 1.2 + 3.0 * len(layers)), layout="constrained")
    rows = figure.subplots(len(layers), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (quantity, curves) in zip(rows, layers.items()):
        for i, (layer, moments) in enumerate(curves.items()):
            color = colormaps["viridis"](0.78 * i / max(1, len(curves) - 1))
            steps = range(1, len(moments) + 1)
            axes.plot(steps, [mean for mean, _ in moments], color=color, linewidth=2, label=layer)
            low, high = zip(*((mean - deviation, mean + deviation) for mean, deviation in moments))
            axes.fill_between(steps, low, high, color=color, alpha=0.2, linewidth=0)
        axes.set_title(quantity, loc="left", fontsize=13, parse_math=False)
        axes.grid(which="major", color="#dddddd", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _label_ends(axes)
    rows[-1].set_xlabel(
        "step\nline: mean over the layer; band: one standard deviation on either side", parse_math=False
    )
    return save_figure(figure, path)


def _label_ends(axes: Any) -> None:
    """Write each curve's label where it ends; where two would overlap, they are moved apart."""
    axes.autoscale_view()  # otherwise matplotlib finds the limits when it draws, which is too late here
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = []
    for line in axes.lines:
        finite = [(x, y) for x, y in zip(*line.get_data()) if math.isfinite(y)]
        if finite:
            ends.append((*map(float, to_axes.transform(finite[-1])), line))
    ends.sort(key=lambda end: end[1])
    for (across, height, line), at in zip(ends, apart([height for _, height, _ in ends], 0.062)):
        axes.annotate(
            line.get_label(),
            xy=(across, height),
            xytext=(1.04, at),
            xycoords="axes fraction",
            color=line.get_color(),
            fontweight="bold",
            verticalalignment="center",
            parse_math=False,
            arrowprops={
                "linestyle": ":" if across < 0.999 else "-",
                "arrowstyle": "-",
                "color": line.get_color(),
                "linewidth": 1,
                "shrinkA": 0,
                "shrinkB": 0,
            },
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
