"""The likelihood of a Kalman filter, whose gradient is asked for: the filter itself is a loop over plain numbers.

A hidden number x follows its last value, and is measured with an error:

    x' = φ x + √q ε        y = x + √r η        ε, η standard normal

The filter (R. E. Kalman, "A new approach to linear filtering and prediction problems", 1960) gives the likelihood of
the measurements, one prediction error after the other. Its gradient by φ, ln q and ln r is what a fit needs. The table
has its time beside that of central differences, and how far the two are apart.
"""

import math
import random
import sys
import timeit
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from autograd import exp, log, value_and_grad
from autograd.__main__ import run

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

TRUTH = (0.9, math.log(0.3), math.log(0.5))
NAMES = ("φ", "ln q", "ln r")


@app.command()
def kalman(
    steps: Annotated[int, typer.Option(metavar="N", min=2, max=100_000, help="How many measurements.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="For the measurements.")] = 0,
) -> None:
    """Differentiate the likelihood of a Kalman filter, and take the time of that and of differences."""
    measured = measurements(steps, seed)
    ours = value_and_grad(surprise)
    at = list(TRUTH)
    value, slopes = ours(at, measured)
    typer.echo(f"{steps:,} measurements, minus the logarithm of their likelihood: {value:.6f}")
    typer.echo("\n  by           chainrule      differences       apart")
    for name, ours_, theirs in zip(NAMES, slopes, differences(at, measured)):
        typer.echo(f"  {name:<5} {ours_:16.9f} {theirs:16.9f} {abs(ours_ - theirs):11.0e}")
    one, all_, both = (
        min(timeit.repeat(work, number=1, repeat=9)) * 1e3
        for work in (lambda: surprise(at, measured), lambda: ours(at, measured), lambda: differences(at, measured))
    )
    typer.echo("\n  time                           ms   in likelihoods")
    for name, ms in (("the likelihood", one), ("value_and_grad", all_), ("central differences", both)):
        typer.echo(f"  {name:<24} {ms:8.3f} {ms / one:16.1f}")


def measurements(steps: int, seed: int) -> list[float]:
    """What such a process has shown, with the parameters TRUTH."""
    phi, q, r = TRUTH[0], math.exp(TRUTH[1]), math.exp(TRUTH[2])
    generator = random.Random(seed)
    x = generator.gauss(0.0, math.sqrt(q / (1 - phi * phi)))
    shown = []
    for _ in range(steps):
        shown.append(x + generator.gauss(0.0, math.sqrt(r)))
        x = phi * x + generator.gauss(0.0, math.sqrt(q))
    return shown


def surprise(parameters: Sequence[Any], measured: Sequence[float]) -> Any:
    """Minus the logarithm of the likelihood."""
    phi, q, r = parameters[0], exp(parameters[1]), exp(parameters[2])
    x, p = 0.0, q / (1 - phi * phi)  # the hidden number: its mean and its variance
    total = 0.5 * math.log(2 * math.pi) * len(measured)
    for y in measured:
        error, spread = y - x, p + r
        total = total + 0.5 * (log(spread) + error * error / spread)
        gain = p / spread
        x = phi * (x + gain * error)
        p = phi * phi * p * (1 - gain) + q
    return total


def differences(at: Sequence[float], measured: Sequence[float], step: float = 1e-5) -> list[float]:
    """The gradient by central differences: two runs for each parameter."""

    def moved(j: int, by: float) -> Any:
        return surprise([x + by * (i == j) for i, x in enumerate(at)], measured)

    return [(moved(j, step) - moved(j, -step)) / (2 * step) for j in range(len(at))]


if __name__ == "__main__":
    sys.exit(run(app, "kalman"))
