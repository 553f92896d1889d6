"""The w1–w8 study: the whole document worked out on one screen, with pictures, a spreadsheet and a plot."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer

from autograd import draw, no_grad
from autograd.errors import MissingDependency
from autograd.files import writable_folder
from nn.history import History
from nn.plots import plot_curves
from nn.w8.calculation import WIDTH, in_columns, report
from nn.w8.network import COLUMNS, W8Network

RATES: Final = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0)
WEIGHTS: Final = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)

EXPECTED: Final = 0.00163  # E_total at the end, with the settings as they are


class Settings(NamedTuple):
    """The settings of a study: two inputs, two targets, eight weights, how to train, and where the files go."""

    inputs: tuple[float, ...] = (0.05, 0.10)
    targets: tuple[float, ...] = (0.01, 0.99)
    weights: tuple[float, ...] = WEIGHTS
    lr: float = 0.5
    steps: int = 1000
    out: Path = Path("out")


def settings(
    inputs: str, targets: str, weights: str | None, seed: int | None, lr: float, steps: int, out: Path
) -> Settings:
    """The settings from the text of the command's options.

    Raises:
        ValueError: an option is wrong; the message names it, and its right form.

    >>> settings("1,2", "0,1", None, None, 0.5, 10, Path("out")).inputs
    (1.0, 2.0)
    >>> settings("1,x", "0,1", None, None, 0.5, 10, Path("out"))
    Traceback (most recent call last):
    ValueError: --inputs takes 2 numbers with commas between them, not '1,x'
    """
    if weights is not None and seed is not None:
        raise ValueError("--weights and --seed exclude each other: the weights are given or random")
    if not 0 < lr < math.inf:
        raise ValueError(f"--lr takes a positive number, not {lr!r}")
    if weights is not None:
        given = _numbers("--weights", weights, 8)
    else:
        given = WEIGHTS if seed is None else tuple(W8Network(seed=seed).state_dict().values())
    return Settings(_numbers("--inputs", inputs, 2), _numbers("--targets", targets, 2), given, lr, steps, out)


def _numbers(option: str, text: str, count: int) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{option} takes {count} numbers with commas between them, not {text!r:.60}")
    return numbers


def run(given: Settings) -> None:
    """Print the study and write its files.

    Raises:
        OSError: the folder can't be made or written into.
        MissingDependency: a library for pictures is not installed. Without matplotlib one plot is left out.
    """
    writable_folder(given.out)
    network = W8Network(given.weights)
    total = network.loss(given.inputs, given.targets)
    total.backward()
    for text in report(network, given.lr):
        _print(text)
    files = [draw(total, given.out / f"w8_graph.{kind}") for kind in ("svg", "png")]
    files += [draw(total, given.out / f"w8_slide.{kind}", fold=True, ratio=16 / 9) for kind in ("svg", "png")]
    files += [_draw_network(network, given.out / f"w8_network.{kind}") for kind in ("svg", "png")]

    errors, history, last = train(given)
    for text in table(errors, last):
        _print(text)
    if given == Settings(out=given.out):
        _print(f"  expected: at most {EXPECTED:g} after {given.steps:,} updates at learning rate {given.lr:g}")
    files.append(history.to_csv(given.out / "w8_training.csv"))
    left_out = ""
    try:
        files += [plot(errors, given.out / f"w8_errors.{kind}") for kind in ("svg", "png")]
    except MissingDependency as error:
        left_out = f"  left out: {_described_plot()} ({error})"
    _print("\nFiles")
    for file, what in zip(files, _described(given)):
        _print(f"  {file!s:<{max(len(str(f)) for f in files)}}  {what}".rstrip())
    if left_out:
        _print(left_out)


def _described(given: Settings) -> Iterator[str]:
    yield "the graph, with every number and gradient, before training"
    yield ""
    yield "the same for a slide, 16 : 9"
    yield ""
    yield "the network, its weights as lines, with numbers and gradients"
    yield ""
    yield f"the spreadsheet: {len(COLUMNS)} columns, a row for each update at learning rate {given.lr:g}"
    yield _described_plot()
    yield ""


def _described_plot() -> str:
    return "the error at each learning rate"


def _draw_network(network: W8Network, path: Path) -> Any:
    from nn.picture import draw_network

    return draw_network(network, path)


def _print(text: str) -> None:
    """Print; a heading is underlined, and on a terminal it is bold."""
    heading = text.strip()
    if text.startswith(" ") or not heading:
        typer.echo(text)
    else:
        typer.echo("\n" * text.count("\n") + typer.style(heading, bold=True))


def train(given: Settings) -> tuple[dict[float, list[float]], History, dict[float, float]]:
    """Train at every learning rate, each from the same weights.

    Returns:
        ``E_total`` before each update, by rate; the whole spreadsheet for the rate that was asked for; and ``E_total``
        after the last update, by rate.
    """
    history = History({column: [] for column in COLUMNS}, shown=("E1", "E2", "E_total"))
    errors: dict[float, list[float]] = {}
    last: dict[float, float] = {}
    with _progress(len({*RATES, given.lr}) * given.steps) as bar:
        for lr in sorted({*RATES, given.lr}):
            network = W8Network(given.weights)
            errors[lr] = []
            for _, row in zip(range(given.steps), network.updates(given.inputs, given.targets, lr)):
                errors[lr].append(row["E_total"])
                if lr == given.lr:
                    history.append(row)
                bar.update()
            with no_grad():
                last[lr] = network.loss(given.inputs, given.targets).data
    return errors, history, last


def _progress(total: int) -> Any:
    if not sys.stderr.isatty():
        return _NoProgress()
    try:
        from tqdm import tqdm
    except ImportError:
        return _NoProgress()
    return tqdm(total=total, desc="training", unit=" updates", leave=False, ncols=WIDTH - 20)


class _NoProgress:
    def __enter__(self) -> _NoProgress:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self) -> None:
        pass


def table(errors: dict[float, list[float]], last: dict[float, float]) -> Iterator[str]:
    """The errors as lines of text: a row for each learning rate, a column for some of the updates."""
    steps = len(next(iter(errors.values())))
    shown = sorted({1, max(1, steps // 100), max(1, steps // 10), steps})
    yield f"\nTraining: E_total before the update of each number, and after {steps:,} update{'s' if steps > 1 else ''}"
    columns = {f"{step:,}": [column[step - 1] for column in errors.values()] for step in shown}
    yield from in_columns(["learning rate", *(f"{lr:g}" for lr in errors)], {**columns, "after": list(last.values())})


def plot(errors: dict[float, list[float]], path: Path) -> Path:
    """The error curves, one for each learning rate."""
    return plot_curves(
        {f"η = {lr:g}": column for lr, column in errors.items()},
        path,
        title="The error of the w1–w8 network during training, by learning rate η",
        ylabel="E_total",
    )
