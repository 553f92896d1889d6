"""Heston's model with a class of complex numbers of one's own, and the derivatives of its prices by all parameters.

The price of an option under stochastic volatility (S. Heston, "A closed-form solution for options with stochastic
volatility", 1993) is an integral over a characteristic function, which is complex. There are no complex numbers in
chainrule, and none are needed: ``C`` is a pair of numbers with the arithmetic of the textbook, and the pair may be of
numbers that carry derivatives. The integral is that of A. Lewis ("Option valuation under stochastic volatility", 2000).

The table has the time of the Jacobian of all prices beside that of central differences.
"""

from __future__ import annotations

import math
import sys
import timeit
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import typer

from autograd import atan2, cos, exp, hypot, jacobian, log, sin, sqrt
from autograd.__main__ import run

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

SPOT, YEARS = 100.0, 0.5
NAMES = ("v0", "κ", "θ", "σ", "ρ")
PARAMETERS = [0.04, 1.5, 0.05, 0.6, -0.7]
STRIKES = [80.0, 90.0, 100.0, 110.0, 120.0]
REACH = 100.0  # the integral ends here, which leaves out some 1e-6 of a price


@dataclass
class C:
    """A complex number, of two numbers of any kind."""

    re: Any
    im: Any = 0.0

    def __add__(self, other: Any) -> C:
        other = complex_of(other)
        return C(self.re + other.re, self.im + other.im)

    def __radd__(self, other: Any) -> C:
        return self + other

    def __neg__(self) -> C:
        return C(-self.re, -self.im)

    def __sub__(self, other: Any) -> C:
        return self + -complex_of(other)

    def __rsub__(self, other: Any) -> C:
        return -self + other

    def __mul__(self, other: Any) -> C:
        other = complex_of(other)
        return C(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def __rmul__(self, other: Any) -> C:
        return self * other

    def __truediv__(self, other: Any) -> C:
        other = complex_of(other)
        size = other.re * other.re + other.im * other.im
        product = self * C(other.re, -other.im)
        return C(product.re / size, product.im / size)

    def exp(self) -> C:
        """The exponential."""
        size = exp(self.re)
        return C(size * cos(self.im), size * sin(self.im))

    def log(self) -> C:
        """The logarithm, its imaginary part between -π and π."""
        return C(log(hypot(self.re, self.im)), atan2(self.im, self.re))

    def sqrt(self) -> C:
        """The square root with a positive real part; not on the negative axis."""
        re = sqrt((hypot(self.re, self.im) + self.re) / 2)
        return C(re, self.im / (2 * re))


def complex_of(x: Any) -> C:
    """A real number as a complex one."""
    return x if isinstance(x, C) else C(x)


@app.command()
def heston(
    points: Annotated[int, typer.Option(metavar="N", min=64, max=1000, help="Of the integral.")] = 96,
) -> None:
    """Price calls by Heston's model, with the derivatives by its parameters."""
    ours = jacobian(prices)
    matrix, theirs = ours(PARAMETERS, points), differences(PARAMETERS, points)
    typer.echo("  strike      price " + "".join(f"{'∂/∂' + name:>12}" for name in NAMES))
    for strike, price, row in zip(STRIKES, prices(PARAMETERS, points), matrix):
        typer.echo(f"  {strike:6.0f} {price:10.4f} " + "".join(f"{slope:12.5f}" for slope in row))
    typer.echo(f"\nFrom central differences it is at most {np.abs(matrix - theirs).max():.0e} away.")
    works = (
        lambda: prices(PARAMETERS, points),
        lambda: ours(PARAMETERS, points),
        lambda: differences(PARAMETERS, points),
    )
    one, all_, both = (min(timeit.repeat(work, number=1, repeat=5)) * 1e3 for work in works)
    typer.echo("\n  time                           ms   in prices")
    for name, ms in (("the prices", one), ("jacobian", all_), ("central differences", both)):
        typer.echo(f"  {name:<24} {ms:8.2f} {ms / one:11.1f}")


def prices(parameters: Sequence[Any], points: int) -> list[Any]:
    """A call's price at each strike, without interest."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    places = [(REACH * (1 + x) / 2, REACH * w / 2) for x, w in zip(nodes.tolist(), weights.tolist())]
    values = [(u, w / (u * u + 0.25), characteristic(u, *parameters)) for u, w in places]
    found = []
    for strike in STRIKES:
        k = math.log(SPOT / strike)
        total: Any = 0.0
        for u, w, phi in values:
            total = total + w * (phi.re * math.cos(u * k) - phi.im * math.sin(u * k))
        found.append(SPOT - math.sqrt(SPOT * strike) / math.pi * total)
    return found


def characteristic(u: float, v0: Any, kappa: Any, theta: Any, sigma: Any, rho: Any) -> C:
    """The characteristic function of the logarithm of the return, at u - i/2."""
    slowed = C(kappa - rho * sigma / 2, -rho * sigma * u)  # κ - ρσi(u - i/2)
    d = (slowed * slowed + sigma * sigma * (u * u + 0.25)).sqrt()
    g = (slowed - d) / (slowed + d)
    decay = (d * -YEARS).exp()
    rest = 1 - g * decay
    level = (slowed - d) * YEARS - 2 * (rest / (1 - g)).log()
    per = 1 / (sigma * sigma)
    return (level * (kappa * theta * per) + (slowed - d) * (1 - decay) / rest * (v0 * per)).exp()


def differences(parameters: Sequence[float], points: int, step: float = 1e-5) -> Any:
    """The Jacobian by central differences: two runs for each parameter."""

    def moved(j: int, by: float) -> Any:
        return np.array(prices([x + by * (i == j) for i, x in enumerate(parameters)], points))

    return np.array([(moved(j, step) - moved(j, -step)) / (2 * step) for j in range(len(parameters))]).T


if __name__ == "__main__":
    sys.exit(run(app, "heston"))
