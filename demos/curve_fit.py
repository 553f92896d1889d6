"""A curve through measurements: SciPy minimises, and every derivative that it needs comes from the plain function.

The data are Fisher's irises (1936), which scikit-learn ships: 150 flowers, the length and the width of a petal each.
The width grows with the length and levels off, so the curve is a logistic one with three parameters.

SciPy's Newton method gets the gradient from ``value_and_grad`` and products with the Hessian from ``hvp``. The standard
errors come from the exact Hessian H of the sum of squares S at its minimum, for n points and k parameters:

    s² = S / (n - k)        C = 2 s² H⁻¹        standard error of parameter i = √Cᵢᵢ

The usual formula has 2JᵀJ in place of H, where J is the Jacobian of the curve at the points: it leaves out the sum of
the residuals times the second derivatives of the curve. It is printed beside the other.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from autograd import hessian, hvp, jacobian, sigmoid, value_and_grad
from autograd.__main__ import run
from autograd.errors import missing
from nn.plots import save_figure

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

START = (2.0, 3.0, 1.0)
PARAMETERS = (
    ("ceiling", "the width that long petals approach"),
    ("middle", "the length at which half of it is reached"),
    ("scale", "the smaller, the steeper is the rise"),
)
SPECIES = (("setosa", "#0072b2", "o"), ("versicolor", "#d55e00", "^"), ("virginica", "#009e73", "s"))


class Fit(NamedTuple):
    """The parameters and their covariance matrix, what the curve leaves, and how long it took."""

    parameters: Any
    covariance: Any
    squares: float
    points: int
    iterations: int

    @property
    def variance(self) -> float:
        """s², the variance of the measurements about the curve."""
        return self.squares / (self.points - len(self.parameters))


@app.command()
def curve_fit(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where curve_fit.png goes.")] = Path("out"),
) -> None:
    """Fit a logistic curve to the petals of 150 irises, with standard errors from the exact Hessian."""
    out.mkdir(parents=True, exist_ok=True)
    lengths, widths, species = petals()
    found = fit(lengths, widths)
    slopes = derivatives(found, lengths)
    usual = found.variance * np.linalg.inv(slopes.T @ slopes)
    typer.echo(f"width = ceiling · σ((length - middle) / scale), {found.points} irises, petals in cm\n")
    typer.echo("  parameter   estimate   standard error   by 2JᵀJ")
    for (name, meaning), *numbers in zip(PARAMETERS, found.parameters, errors(found.covariance), errors(usual)):
        typer.echo("  {:<9} {:10.3f} {:16.3f} {:9.3f}   ".format(name, *numbers) + meaning)
    typer.echo("\n  standard error of parameter i = √Cᵢᵢ, C = 2 s² H⁻¹, H the Hessian of S, s² = S / (n - k)\n")
    line = straight_line(lengths, widths)
    typer.echo(f"  sum of squares S     {found.squares:.3f} cm², where a straight line leaves {line:.3f} cm²")
    typer.echo(f"  about the curve s    {found.variance**0.5:.3f} cm")
    typer.echo(f"  Newton iterations    {found.iterations}")
    typer.echo(f"  picture              {picture(lengths, widths, species, found, out / 'curve_fit.png')}")


def petals() -> tuple[list[float], list[float], list[int]]:
    """The length and width of each petal in cm, and its species as 0, 1 or 2."""
    try:
        from sklearn.datasets import load_iris
    except ImportError:
        raise missing("scikit-learn", "this demo") from None
    irises = load_iris()
    return irises.data[:, 2].tolist(), irises.data[:, 3].tolist(), irises.target.tolist()


def curve(parameters: Any, length: float) -> Any:
    """The width of a petal of that length."""
    ceiling, middle, scale = parameters
    return ceiling * sigmoid((length - middle) / scale)


def fit(lengths: list[float], widths: list[float]) -> Fit:
    """The least squares fit."""
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise missing("SciPy", "this demo") from None

    def squares(parameters: Any) -> Any:
        return sum((width - curve(parameters, length)) ** 2 for length, width in zip(lengths, widths))

    result = minimize(
        value_and_grad(squares),
        np.array(START),
        jac=True,
        hessp=lambda parameters, direction: hvp(squares, parameters, direction),
        method="Newton-CG",
    )
    found = Fit(result.x, None, result.fun, len(widths), result.nit)
    return found._replace(covariance=2 * found.variance * np.linalg.inv(hessian(squares)(result.x)))


def errors(covariance: Any) -> Any:
    """The standard errors."""
    return np.sqrt(np.diag(covariance))


def derivatives(found: Fit, lengths: Any) -> Any:
    """The curve's derivatives by the parameters, a row for each length."""
    return jacobian(lambda parameters: [curve(parameters, length) for length in lengths])(found.parameters)


def straight_line(lengths: list[float], widths: list[float]) -> float:
    """The sum of squares that the best straight line leaves."""
    return float(np.polyfit(lengths, widths, 1, full=True)[1][0])


def picture(lengths: list[float], widths: list[float], species: list[int], found: Fit, path: Path) -> Path:
    """The measurements, the curve with twice its standard error as a band, and the residuals below."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", "a plot") from None
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])

    grid = np.linspace(0.5, 7.5, 141)
    middle = curve(found.parameters, grid)
    slopes = derivatives(found, grid)
    error = np.sqrt(((slopes @ found.covariance) * slopes).sum(axis=1))
    above.fill_between(grid, middle - 2 * error, middle + 2 * error, color="#444444", alpha=0.2, linewidth=0)
    above.plot(grid, middle, color="#222222", linewidth=2)
    for i, (name, color, marker) in enumerate(SPECIES):
        x, y = np.array([point for *point, j in zip(lengths, widths, species) if j == i]).T
        style = {"color": color, "marker": marker, "alpha": 0.75, "edgecolor": "white", "linewidth": 0.6}
        above.scatter(x, y, s=34, **style)
        below.scatter(x, y - curve(found.parameters, x), s=16, **style)
        above.annotate(name, (x.mean(), y.max()), (0, 9), textcoords="offset points", color=color, ha="center")

    text = "width = {:.2f} · σ((length - {:.2f}) / {:.2f})\nband: ± 2 standard errors".format(*found.parameters)
    above.text(0.98, 0.08, text, transform=above.transAxes, ha="right", linespacing=1.5)
    above.set_title("Petals of 150 irises: the width levels off as the length grows", loc="left", fontsize=13)
    above.set_ylabel("petal width, cm")
    above.set_ylim(0, 2.8)
    below.axhline(0.0, color="#222222", linewidth=1)
    below.set_ylabel("residual, cm")
    below.set_xlabel("petal length, cm")
    below.set_xlim(grid[0], grid[-1])
    for axes in (above, below):
        axes.grid(color="#e4e4e4", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, path)


if __name__ == "__main__":
    sys.exit(run(app, "curve_fit"))
