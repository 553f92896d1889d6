"""Handwritten digits: an MLP(64, [32, 10]) reads the 1,797 small pictures that scikit-learn ships.

A picture is 8 by 8 points of 17 shades. The network has 2,410 parameters, the loss is the cross-entropy of its ten
logits, Adam takes 32 pictures an update, and a part of the pictures is held out: the network never learns from them.
"""

import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from autograd.__main__ import run
from autograd.errors import missing
from autograd.files import writable_folder
from nn import MLP, Adam, History, cross_entropy, fit, functional
from nn.plots import save_figure

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

EXPECTED = 0.96  # of the held-out digits, with the options as they are
HELD_OUT = 360  # pictures


@app.command()
def digits(
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="How often all pictures are used.")] = 30,
    batch: Annotated[int, typer.Option(metavar="N", min=1, max=1437, help="Pictures an update.")] = 32,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="For everything random.")] = 0,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where digits.png goes.")] = Path("out"),
) -> None:
    """Train MLP(64, [32, 10]) on handwritten digits; draw its mistakes on those that it hasn't seen."""
    writable_folder(out)
    pictures, labels = shuffled(seed)
    seen, unseen = slice(HELD_OUT, None), slice(HELD_OUT)
    model = MLP(64, [32, 10], seed=seed, init="he")
    steps = epochs * -(-(len(labels) - HELD_OUT) // batch)
    began = time.perf_counter()
    history = fit(
        model,
        cross_entropy,
        pictures[seen],
        labels[seen],
        optimizer=Adam(model.parameters(), lr=lambda step: 0.01 * (1 - step / steps)),
        epochs=epochs,
        batch_size=batch,
        validation=(pictures[unseen], labels[unseen]),
        seed=seed,
    )
    seconds = time.perf_counter() - began
    said = read(model, pictures[unseen])
    right = float(np.mean(said == labels[unseen]))
    count = steps * batch
    typer.echo(f"loss      {history['loss'][-1]:.4f}, on held-out digits {history['validation_loss'][-1]:.4f}")
    typer.echo(f"accuracy  {right:.1%} of {HELD_OUT} held-out digits; expected: at least {EXPECTED:.0%}")
    typer.echo(f"time      {seconds:.2f} s, compiling included; {count / seconds:,.0f} pictures a second")
    typer.echo(f"picture   {picture(history, pictures[unseen], labels[unseen], said, out / 'digits.png')}")


def shuffled(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The pictures, as rows of 64 numbers from 0 to 1, and their digits, in random order."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise missing("scikit-learn", "this demo") from None
    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    return pictures[order] / 16, labels[order]


def read(model: MLP, pictures: np.ndarray) -> np.ndarray:
    """The digit that the network takes each picture for."""
    logits = functional(model)(model.vector(), list(pictures.T))
    return np.argmax(logits, axis=0)


def picture(history: History, pictures: np.ndarray, labels: np.ndarray, said: np.ndarray, path: Path) -> Path:
    """The losses over the epochs, what was taken for what, and pictures that were misread."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", "a plot") from None
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    curves, table, examples = figure.subfigures(1, 3, width_ratios=[1.1, 1.2, 0.7])

    axes = curves.add_subplot()
    for name, color, style in (("loss", "#0072b2", "-"), ("validation_loss", "#d55e00", "--")):
        axes.plot(range(1, len(history) + 1), history[name], style, color=color, linewidth=2)
        label = "held out" if name == "validation_loss" else "learned from"
        axes.annotate(
            label, (len(history), history[name][-1]), (5, 0), textcoords="offset points", va="center", color=color
        )
    axes.set_yscale("log")
    axes.set_title("Cross-entropy, mean over the digits", loc="left")
    axes.set_xlabel("epoch")
    axes.spines[["top", "right"]].set_visible(False)

    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, said), 1)
    axes = table.add_subplot()
    axes.imshow(counts, cmap="Blues")
    for i, j in zip(*np.nonzero(counts)):
        color = "white" if counts[i, j] > counts.max() / 2 else "black"
        axes.text(j, i, str(counts[i, j]), ha="center", va="center", color=color, fontsize=9)
    axes.set_title(f"{np.trace(counts)} of {len(labels)} held-out digits right", loc="left")
    axes.set_xlabel("read as")
    axes.set_ylabel("written")
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))

    examples.suptitle("misread")
    for place, i in enumerate(np.nonzero(labels != said)[0][:8]):
        axes = examples.add_subplot(4, 2, place + 1)
        axes.imshow(pictures[i].reshape(8, 8), cmap="Greys")
        axes.set_title(f"{labels[i]} as {said[i]}", fontsize=9)
        axes.set_axis_off()
    return save_figure(figure, path)


if __name__ == "__main__":
    sys.exit(run(app, "digits"))
