"""Two moons: an MLP(2, [16, 16, 1]) learns which of two interleaving half circles a point belongs to.

The loss is micrograd's: a hinge for each point, and 1e-4 times the sum of squares of the parameters, so that they stay
small; ``weight_decay`` has the gradient of the latter. ``nn.fit`` compiles the whole update. ``--eager`` trains by
Values, every number a node of a graph, with the same result to rounding and a thousand times slower.
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
from nn import MLP, SGD, fit, functional, hinge
from nn.plots import save_figure

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

L2 = 1e-4
EXPECTED = 0.99  # of the points, with the options as they are
BLUE, ORANGE = "#0072b2", "#d55e00"  # told apart by everybody


@app.command()
def moons(
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="How many updates.")] = 100,
    seed: Annotated[int, typer.Option(metavar="N", help="For the weights.")] = 1337,
    points: Annotated[int, typer.Option(metavar="N", min=2, max=10_000, help="How many points.")] = 100,
    eager: Annotated[bool, typer.Option("--eager", help="Train by Values, one operation at a time.")] = False,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where moons.png goes.")] = Path("out"),
) -> None:
    """Train MLP(2, [16, 16, 1]) on scikit-learn's two moons and draw the boundary that it finds."""
    writable_folder(out)
    samples, targets = two_moons(points)
    model = MLP(2, [16, 16, 1], seed=seed)
    began = time.perf_counter()
    loss = train(model, samples, targets, steps, eager)
    seconds = time.perf_counter() - began
    right = accuracy(model, samples, targets)
    typer.echo(f"loss      {loss:.4f} before the last of {steps} steps")
    typer.echo(f"accuracy  {right:.1%} of {points} points; expected: at least {EXPECTED:.0%}")
    typer.echo(f"time      {seconds:.2f} s, compiling included; {len(model.parameters())} parameters")
    typer.echo(f"picture   {picture(model, samples, targets, right, out / 'moons.png')}")


def two_moons(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of the plane, and for each the moon that it belongs to: -1 or 1."""
    try:
        from sklearn.datasets import make_moons
    except ImportError:
        raise missing("scikit-learn", "this demo") from None
    samples, moon = make_moons(n_samples=points, noise=0.1, random_state=1)
    return samples, 2 * moon - 1


def train(model: MLP, samples: np.ndarray, targets: np.ndarray, steps: int, eager: bool = False) -> float:
    """Full-batch gradient descent with a falling learning rate; returns the loss before the last update."""
    optimizer = SGD(
        model.parameters(), lr=lambda step: 0.3 * (1 - 0.9 * step / steps), momentum=0.8, weight_decay=2 * L2
    )
    history = fit(model, hinge, samples, targets, optimizer=optimizer, epochs=steps, eager=eager)
    return history["loss"][-1]


def scores(model: MLP, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The model's output at many points: its parameters are plain numbers here, so it takes whole arrays."""
    return functional(model)(model.vector(), [x, y])


def accuracy(model: MLP, samples: np.ndarray, targets: np.ndarray) -> float:
    """The share of points that are on their target's side of the boundary."""
    return float(np.mean((scores(model, *samples.T) > 0) == (targets > 0)))


def picture(model: MLP, samples: np.ndarray, targets: np.ndarray, right: float, path: Path, cells: int = 120) -> Path:
    """The points over the model's score in the plane; the boundary is where it is 0, the dashed lines at -1 and 1."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", "a plot") from None
    xs, ys = (_around(axis, cells) for axis in samples.T)
    heights = scores(model, *np.meshgrid(xs, ys))
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.contourf(xs, ys, heights, levels=[-1e9, 0, 1e9], colors=[BLUE, ORANGE], alpha=0.18)
    axes.contour(
        xs, ys, heights, levels=[-1, 0, 1], colors="#444444", linestyles=["--", "-", "--"], linewidths=[1, 2, 1]
    )
    for target, color, marker in ((-1, BLUE, "o"), (1, ORANGE, "^")):
        axes.scatter(*samples[targets == target].T, color=color, marker=marker, s=42, edgecolor="white", linewidth=0.8)
    axes.set_title(f"MLP(2, [16, 16, 1]) on two moons: {right:.1%} of {len(targets)} points right", loc="left")
    axes.set_xlabel("line: the boundary, where the score is 0\ndashed: the hinge's margin, where it is -1 and 1")
    axes.set_aspect("equal")
    axes.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, path)


def _around(numbers: np.ndarray, cells: int) -> np.ndarray:
    return np.linspace(numbers.min() - 0.5, numbers.max() + 0.5, cells + 1)


if __name__ == "__main__":
    sys.exit(run(app, "moons"))
