"""A physical law from measurements: how long a planet takes for its orbit, by how far it is from the sun.

The law is T = c·aᵏ, with two unknown numbers. Kepler found k = 3/2 in 1618. The measurements here are made up: today's
distances and periods of eight planets, each with a random error of some per cent, as one had them in his time.

The law is a ``Module`` of two parameters, in ordinary scalar Python. ``functional`` makes it a function of a vector,
SciPy finds the vector that fits best, and the standard errors are the square roots of the diagonal of the inverse of
the Hessian, at the minimum, of

    χ²/2 = ½ Σ ((ln T - ln c - k·ln a) / σ)²

Repeated with other random errors, one standard error about the estimate should hold the truth in 68 % of the cases.
"""

import math
import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from autograd import Value, hessian, jit, log, sum, value_and_grad
from autograd.__main__ import run
from autograd.errors import missing
from autograd.files import writable_folder
from nn import Module, functional
from nn.plots import save_figure

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

PLANETS = {  # the half of the orbit's longer axis in astronomical units, and the period in years
    "Mercury": (0.387, 0.241),
    "Venus": (0.723, 0.615),
    "Earth": (1.000, 1.000),
    "Mars": (1.524, 1.881),
    "Jupiter": (5.203, 11.86),
    "Saturn": (9.537, 29.45),
    "Uranus": (19.19, 84.02),
    "Neptune": (30.07, 164.8),
}


class Law(Module):
    """T = c·aᵏ."""

    def __init__(self) -> None:
        self.ln_c = Value(0.0, "ln c")
        self.k = Value(1.0, "k")

    def __call__(self, a: Any) -> Any:
        """The logarithm of the period at the distance a."""
        return self.ln_c + self.k * log(a)


class Fit(NamedTuple):
    """The parameters, ln c and k, and their covariance."""

    parameters: Any
    covariance: Any

    @property
    def errors(self) -> Any:
        """The standard error of each parameter."""
        return np.sqrt(np.diag(self.covariance))


@app.command()
def kepler(
    noise: Annotated[float, typer.Option(metavar="SHARE", min=1e-4, max=0.5, help="Of each period.")] = 0.03,
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="How often all is measured anew.")] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="For the errors of the measurements.")] = 1618,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where kepler.png goes.")] = Path("out"),
) -> None:
    """Find Kepler's third law in measured orbits, with error bars from the inverse of the Hessian."""
    writable_folder(out)
    rng = np.random.default_rng(seed)
    fitted = Fitting(noise)
    periods = measured(noise, rng)
    found = fitted(periods)
    (ln_c, k), (ln_c_error, k_error) = found.parameters, found.errors
    held = [
        abs(each.parameters[1] - 1.5) < each.errors[1] for each in (fitted(measured(noise, rng)) for _ in range(trials))
    ]
    typer.echo(f"k         {k:.4f} ± {k_error:.4f}; expected: 1.5 within three standard errors")
    typer.echo(f"c         {math.exp(ln_c):.4f} ± {math.exp(ln_c) * ln_c_error:.4f} years; Kepler has 1")
    typer.echo(f"coverage  {np.mean(held):.1%} of {trials} fits have 3/2 within one standard error; expected: 68.3 %")
    typer.echo(f"picture   {picture(periods, noise, found, out / 'kepler.png')}")


def measured(noise: float, rng: np.random.Generator) -> np.ndarray:
    """The periods, with a random error each."""
    periods = np.array([period for _, period in PLANETS.values()])
    return periods * np.exp(rng.normal(0, noise, len(periods)))


class Fitting:
    """The least χ², compiled once for all measurements."""

    def __init__(self, noise: float) -> None:
        law, distances = functional(Law()), [a for a, _ in PLANETS.values()]

        def half_chi_squared(parameters: Any, periods: Any) -> Any:
            return sum((log(T) - law(parameters, a)) ** 2 for a, T in zip(distances, periods)) / (2 * noise**2)

        self.start = Law().vector()
        self.slopes = jit(value_and_grad(half_chi_squared))
        self.curvature = jit(hessian(half_chi_squared))

    def __call__(self, periods: np.ndarray) -> Fit:
        """The parameters that fit these periods best."""
        try:
            from scipy.optimize import minimize
        except ImportError:
            raise missing("SciPy", "this demo") from None
        found = minimize(
            self.slopes,
            self.start,
            (periods,),
            "Newton-CG",
            jac=True,
            hess=lambda p, periods: self.curvature(p, periods),
        )
        return Fit(found.x, np.linalg.inv(self.curvature(found.x, periods)))


def picture(periods: np.ndarray, noise: float, found: Fit, path: Path) -> Path:
    """The measurements and the law, and below what is left, with a band of one standard error."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", "a plot") from None
    figure = Figure(figsize=(8, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.4])
    distances = np.array([a for a, _ in PLANETS.values()])
    grid = np.geomspace(0.3, 40, 200)
    (ln_c, k), slopes = found.parameters, np.stack([np.ones_like(grid), np.log(grid)], axis=1)
    above.loglog(grid, np.exp(ln_c) * grid**k, color="#222222", linewidth=2)
    above.plot(distances, periods, "o", color="#0072b2", markersize=8, markeredgecolor="white")
    for name, a, period in zip(PLANETS, distances, periods):
        above.annotate(name, (a, period), (9, -4), textcoords="offset points", color="#0072b2")
    c, (ln_c_error, k_error) = math.exp(ln_c), found.errors
    text = f"T = c·aᵏ\nk = {k:.3f} ± {k_error:.3f}\nc = {c:.3f} ± {c * ln_c_error:.3f}"
    above.text(0.04, 0.95, text, transform=above.transAxes, va="top", linespacing=1.6, fontsize=12)
    above.set_title("Kepler's third law, from eight measured periods", loc="left", fontsize=13)
    above.set_ylabel("period T, years")
    error = 100 * np.sqrt(np.einsum("ni,ij,nj->n", slopes, found.covariance, slopes))
    below.fill_between(grid, -error, error, color="#444444", alpha=0.2, linewidth=0)
    residuals = 100 * (np.log(periods) - ln_c - k * np.log(distances))
    below.errorbar(distances, residuals, 100 * noise, fmt="o", color="#0072b2", markeredgecolor="white", capsize=3)
    below.axhline(0.0, color="#222222", linewidth=1)
    below.set_ylabel("above the law, %")
    below.set_xlabel(
        "half of the orbit's longer axis a, astronomical units\n"
        "band: one standard error of the law; bars: one of a measurement"
    )
    for axes in (above, below):
        axes.grid(color="#e4e4e4", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, path)


if __name__ == "__main__":
    sys.exit(run(app, "kepler"))
