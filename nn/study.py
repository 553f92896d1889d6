"""The w1–w8 study: the whole document worked out on one screen, with pictures, a spreadsheet and a plot.

Everything that is printed is read off the recorded graph. The chain rule's lines are written here as a person would
write them, each from the line before; that their results are the engine's own gradients is what the tests hold.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer

from autograd import Value, draw, no_grad
from autograd.errors import missing
from autograd.files import writable_folder
from autograd.views.formula import definition, formula
from nn.history import History
from nn.plots import plot_curves
from nn.w8 import COLUMNS, W8Network

RATES: Final = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0)
WEIGHTS: Final = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
WIDTH: Final = 100  # columns of text


class Settings(NamedTuple):
    """What the study is about: two inputs, two targets, eight weights, how to train, and where the files go."""

    inputs: tuple[float, ...] = (0.05, 0.10)
    targets: tuple[float, ...] = (0.01, 0.99)
    weights: tuple[float, ...] = WEIGHTS
    lr: float = 0.5
    steps: int = 1000
    out: Path = Path("out")


class Line(NamedTuple):
    """A line of a calculation: a name, its formula, the same with numbers, and the result."""

    name: str
    formula: str
    numbers: str
    result: str


def settings(
    inputs: str, targets: str, weights: str | None, seed: int | None, lr: float, steps: int, out: Path
) -> Settings:
    """The settings from the text of the command's options.

    Raises:
        ValueError: an option is wrong; the message says which, and what it should be.

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
        MissingDependency: a library for pictures or plots is not installed.
    """
    writable_folder(given.out)
    network = W8Network(given.weights)
    total = network.loss(given.inputs, given.targets)
    total.backward()
    for text in report(network, given):
        _print(text)
    files = [draw(total, given.out / f"w8_graph.{kind}") for kind in ("svg", "png")]
    files += [_draw_network(network, given.out / f"w8_network.{kind}") for kind in ("svg", "png")]

    errors, history, last = train(given)
    for text in table(errors, last):
        _print(text)
    files.append(history.to_csv(given.out / "w8_training.csv"))
    files += [plot(errors, given.out / f"w8_errors.{kind}") for kind in ("svg", "png")]
    _print("\nFiles")
    for file, what in zip(files, _described(given)):
        _print(f"  {file!s:<{max(len(str(f)) for f in files)}}  {what}".rstrip())


def _described(given: Settings) -> Iterator[str]:
    yield "the graph, with every number and gradient, before training"
    yield ""
    yield "the network, its weights as lines"
    yield ""
    yield f"the spreadsheet: {len(COLUMNS)} columns, a row for each update at learning rate {given.lr:g}"
    yield "the error at each learning rate"
    yield ""


def _draw_network(network: W8Network, path: Path) -> Any:
    from nn import draw_network

    return draw_network(network, path)


def _print(text: str) -> None:
    """Print; a heading is underlined, and on a terminal it is bold."""
    heading = text.strip()
    if text.startswith(" ") or not heading:
        typer.echo(text)
    else:
        typer.echo("\n" * text.count("\n") + typer.style(heading, bold=True))


# --- One pass forward, one backward, one step ---


def report(network: W8Network, given: Settings) -> Iterator[str]:
    """The lines of text for a network whose error has been computed and differentiated."""
    yield "The w1–w8 network: two inputs, two hidden neurons, two outputs, no biases"
    yield f"  inputs   {_named(network.inputs)}"
    yield f"  targets  {_named(network.targets)}"
    weights = network.parameters()
    yield f"  weights  {_named(weights[:4])}"
    yield f"           {_named(weights[4:])}"
    yield "\nForward pass"
    yield from fitted(forward, network)
    yield "\nBackward pass: the chain rule, from the error back to the weights"
    yield from fitted(backward, network)
    yield f"\nThe eight gradients, and one step of gradient descent: w - {given.lr:g} * ∂E/∂w"
    columns = {
        "w": [w.data for w in weights],
        "∂E/∂w": [w.grad for w in weights],
        "after the step": [w.data - given.lr * w.grad for w in weights],
    }
    yield from _columns(["", *(w.label for w in weights)], columns)


def _columns(names: Sequence[str], columns: dict[str, list[float]]) -> list[str]:
    """A table: names at the left, then columns of numbers under their headings, decimal points below each other."""
    cells = [[heading, *by_decimal_point(list(map(_short, numbers)))] for heading, numbers in columns.items()]
    width = max(map(len, names))
    widths = [max(map(len, column)) for column in cells]
    rows = zip(names, zip(*cells))
    return [
        f"  {name:<{width}}   {'   '.join(f'{cell:<{w}}' for cell, w in zip(row, widths))}".rstrip()
        for name, row in rows
    ]


def _named(values: Iterable[Value]) -> str:
    return "   ".join(f"{value.label} = {_short(value.data):<6}" for value in values).rstrip()


def _short(x: float) -> str:
    return f"{x:.9g}"


def forward(network: W8Network, digits: int) -> list[Line]:
    """What was computed, node by node."""
    by_layer = ("h1", "h2", "a_h1", "a_h2", "o1", "o2", "a_o1", "a_o2", "E1", "E2", "E_total")
    return [_line(name, network.nodes[name], digits) for name in by_layer]


def backward(network: W8Network, digits: int) -> list[Line]:
    """The chain rule, as one writes it on paper: every line uses gradients that are there already."""
    return [_line(f"∂E/∂{name}", gradient, digits) for name, gradient in chain_rule(network).items()]


def chain_rule(network: W8Network) -> dict[str, Value]:
    """∂E_total with respect to every node and weight, as an expression in the gradients one layer further on."""
    (i1, i2), (t1, t2) = network.inputs, network.targets
    a_h1, a_h2, a_o1, a_o2 = (network.nodes[name] for name in ("a_h1", "a_h2", "a_o1", "a_o2"))
    w5, w6, w7, w8 = network.w5, network.w6, network.w7, network.w8
    d = {name: Value(node.grad, label=f"∂E/∂{name}") for name, node in network.nodes.items()}
    return {
        "a_o1": -(t1 - a_o1),
        "a_o2": -(t2 - a_o2),
        "o1": d["a_o1"] * a_o1 * (1 - a_o1),
        "o2": d["a_o2"] * a_o2 * (1 - a_o2),
        "w5": d["o1"] * a_h1,
        "w6": d["o1"] * a_h2,
        "w7": d["o2"] * a_h1,
        "w8": d["o2"] * a_h2,
        "a_h1": d["o1"] * w5 + d["o2"] * w7,
        "a_h2": d["o1"] * w6 + d["o2"] * w8,
        "h1": d["a_h1"] * a_h1 * (1 - a_h1),
        "h2": d["a_h2"] * a_h2 * (1 - a_h2),
        "w1": d["h1"] * i1,
        "w2": d["h1"] * i2,
        "w3": d["h2"] * i1,
        "w4": d["h2"] * i2,
    }


def _line(name: str, value: Value, digits: int) -> Line:
    text, numbers = formula(value), formula(value, numbers=True, digits=digits)
    by_definition = definition(value) if value.op == "sigmoid" else ""
    if by_definition:
        text, numbers = f"{text} = {by_definition}", definition(value, numbers=True, digits=digits)
    return Line(name, text, numbers, _short(value.data))


def fitted(lines: Any, network: W8Network) -> list[str]:
    """The lines in aligned columns, with as many digits in the middle as the width has room for."""
    for digits in range(9, 2, -1):
        texts = _aligned(lines(network, digits))
        if max(map(len, texts)) <= WIDTH:
            break
    return texts


def _aligned(lines: Sequence[Line]) -> list[str]:
    *texts, results = zip(*lines)
    columns = [*texts, by_decimal_point(results)]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  " + " = ".join(f"{cell:<{width}}" for cell, width in zip(line, widths)).rstrip() for line in zip(*columns)
    ]


def by_decimal_point(numbers: Sequence[str]) -> list[str]:
    """The numbers, padded so that their decimal points are below each other.

    >>> by_decimal_point(["-0.5", "12", "3.25"])
    ['-0.5 ', '12   ', ' 3.25']
    """
    heads = [len(re.split(r"[.e]", number)[0]) for number in numbers]
    texts = [" " * (max(heads) - head) + number for head, number in zip(heads, numbers)]
    return [f"{text:<{max(map(len, texts))}}" for text in texts]


# --- Training ---


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
        raise missing("tqdm", "demos", "a progress bar") from None
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
    yield f"\nTraining: E_total before update number ..., and after {steps:,} update{'s' if steps > 1 else ''}"
    columns = {f"{step:,}": [column[step - 1] for column in errors.values()] for step in shown}
    yield from _columns(["learning rate", *(f"{lr:g}" for lr in errors)], {**columns, "after": list(last.values())})


def plot(errors: dict[float, list[float]], path: Path) -> Path:
    """The error curves, one for each learning rate."""
    return plot_curves(
        {f"η = {lr:g}": column for lr, column in errors.items()},
        path,
        title="The error of the w1–w8 network during training, by learning rate η",
        ylabel="E_total",
    )
