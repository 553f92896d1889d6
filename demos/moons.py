"""Two moons: an MLP(2, [16, 16, 1]) learns which of two interleaving half circles a point belongs to.

The loss is micrograd's: a hinge for each point, and the sum of squares of the parameters, so that they stay small.
Every number of it is a node of a graph, in plain Python, so a step over 100 points takes some tenths of a second.
"""

import copy
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from autograd import Value, no_grad
from autograd.__main__ import run
from autograd.errors import missing
from autograd.files import writable_folder
from nn import MLP, SGD, hinge
from nn.plots import save_figure

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

L2 = 1e-4
BLUE, ORANGE = "#0072b2", "#d55e00"  # told apart by everybody


@app.command()
def moons(
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="How many updates.")] = 60,
    seed: Annotated[int, typer.Option(metavar="N", help="For the weights.")] = 1337,
    points: Annotated[int, typer.Option(metavar="N", min=2, max=10_000, help="How many points.")] = 100,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where moons.png goes.")] = Path("out"),
) -> None:
    """Train MLP(2, [16, 16, 1]) on scikit-learn's two moons and draw the boundary that it finds."""
    writable_folder(out)
    samples, targets = two_moons(points)
    model = MLP(2, [16, 16, 1], seed=seed)
    began = time.perf_counter()
    loss = train(model, samples, targets, steps)
    seconds = time.perf_counter() - began
    right = accuracy(model, samples, targets)
    typer.echo(f"loss      {loss:.4f} before the last of {steps} steps")
    typer.echo(f"accuracy  {right:.1%} of {points} points")
    typer.echo(f"time      {seconds:.1f} s, {seconds / steps:.2f} s a step, {len(model.parameters())} parameters")
    typer.echo(f"picture   {picture(model, samples, targets, right, out / 'moons.png')}")


def two_moons(points: int) -> tuple[list[list[float]], list[int]]:
    """Points of the plane, and for each the moon that it belongs to: -1 or 1."""
    try:
        from sklearn.datasets import make_moons
    except ImportError:
        raise missing("scikit-learn", "demos", "this demo") from None
    samples, moon = make_moons(n_samples=points, noise=0.1, random_state=1)
    return samples.tolist(), [2 * int(label) - 1 for label in moon]


def train(model: MLP, samples: list[list[float]], targets: list[int], steps: int) -> float:
    """Full-batch gradient descent with a falling learning rate; returns the loss before the last update."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise missing("tqdm", "demos", "a progress bar") from None
    optimizer = SGD(model.parameters(), lr=lambda step: 0.3 * (1 - 0.9 * step / steps), momentum=0.8)
    total = Value(0.0)
    with tqdm(total=steps, desc="training", unit=" steps", disable=None, leave=False, ncols=80) as bar:
        for _ in range(steps):
            total = loss(model, samples, targets)
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            bar.set_postfix(loss=f"{total.data:.4f}")
            bar.update()
    return total.data


def loss(model: MLP, samples: list[list[float]], targets: list[int]) -> Value:
    """The mean hinge over the points, and L2 times the sum of squares of the parameters."""
    scores = [model(sample) for sample in samples]
    total: Value = hinge(scores, targets) + L2 * sum(p * p for p in model.parameters())
    return total


def accuracy(model: MLP, samples: list[list[float]], targets: list[int]) -> float:
    """The share of points that are on their target's side of the boundary."""
    with no_grad():
        return sum((model(sample) > 0) == (t > 0) for sample, t in zip(samples, targets)) / len(targets)


def picture(
    model: MLP, samples: list[list[float]], targets: list[int], right: float, path: Path, cells: int = 120
) -> Path:
    """The points over the model's score in the plane; the boundary is where it is 0, the dashed lines at -1 and 1."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", "demos", "a plot") from None
    xs, ys = (_around([sample[axis] for sample in samples], cells) for axis in (0, 1))
    scores = without_graph(model)(np.meshgrid(xs, ys))
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.contourf(xs, ys, scores, levels=[-1e9, 0, 1e9], colors=[BLUE, ORANGE], alpha=0.18)
    axes.contour(
        xs, ys, scores, levels=[-1, 0, 1], colors="#444444", linestyles=["--", "-", "--"], linewidths=[1, 2, 1]
    )
    for target, color, marker in ((-1, BLUE, "o"), (1, ORANGE, "^")):
        chosen = [sample for sample, t in zip(samples, targets) if t == target]
        axes.scatter(*zip(*chosen), color=color, marker=marker, s=42, edgecolor="white", linewidth=0.8)
    axes.set_title(f"MLP(2, [16, 16, 1]) on two moons: {right:.1%} of {len(targets)} points right", loc="left")
    axes.set_xlabel("line: the boundary, where the score is 0; dashed: where it is -1 and 1, the margin of the hinge")
    axes.set_aspect("equal")
    axes.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, path)


def without_graph(model: MLP) -> MLP:
    """The same network with plain numbers for parameters: it takes whole arrays at once, and records nothing."""
    twin = copy.deepcopy(model)
    for neuron in (neuron for layer in twin.layers for neuron in layer.neurons):
        neuron.w, neuron.b = [w.data for w in neuron.w], neuron.b.data
    return twin


def _around(numbers: list[float], cells: int) -> list[float]:
    low, high = min(numbers) - 0.5, max(numbers) + 0.5
    return [low + (high - low) * i / cells for i in range(cells + 1)]


if __name__ == "__main__":
    sys.exit(run(app, "moons"))
