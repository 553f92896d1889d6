"""A calibration of SABR: three parameters from the volatilities of nine options, by the Gauss-Newton method.

The formula is that of P. Hagan, D. Kumar, A. Lesniewski and D. Woodward ("Managing smile risk", 2002), with β = ½. Each
step needs the Jacobian of the nine volatilities by α, ρ and ν. The quotes are the formula's own at known parameters,
so the calibration has to find those again.

The table has the time of a calibration with exact derivatives beside that with central differences.
"""

import math
import sys
import timeit
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np
import typer

from autograd import jacobian, log, sqrt
from autograd.__main__ import run

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

FORWARD, YEARS = 0.03, 2.0
STRIKES = [0.0105, 0.015, 0.02, 0.025, 0.0305, 0.035, 0.04, 0.05, 0.06]
NAMES = ("α", "ρ", "ν")
TRUTH = (0.035, -0.3, 0.45)
START = (0.05, 0.0, 0.3)


@app.command()
def sabr(
    steps: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Of Gauss and Newton.")] = 8,
) -> None:
    """Calibrate SABR to volatilities of which the parameters are known."""
    quotes = np.array(volatilities(TRUTH))
    exact = jacobian(volatilities)
    found, theirs = calibrate(quotes, exact, steps), calibrate(quotes, differences, steps)
    typer.echo("  parameter         truth        chainrule      differences")
    for name, truth, ours, other in zip(NAMES, TRUTH, found, theirs):
        typer.echo(f"  {name:<9} {truth:13.6f} {ours:16.12f} {other:16.12f}")
    works = (lambda: volatilities(START), lambda: calibrate(quotes, exact, steps))
    one, all_ = (min(timeit.repeat(work, number=1, repeat=9)) * 1e3 for work in works)
    both = min(timeit.repeat(lambda: calibrate(quotes, differences, steps), number=1, repeat=9)) * 1e3
    typer.echo("\n  time                                 ms   in smiles")
    rows = (("nine volatilities", one), ("calibrated by jacobian", all_), ("calibrated by differences", both))
    for name, ms in rows:
        typer.echo(f"  {name:<30} {ms:8.3f} {ms / one:11.1f}")


def volatilities(parameters: Sequence[Any]) -> list[Any]:
    """Black's volatility at each strike."""
    return [volatility(strike, *parameters) for strike in STRIKES]


def volatility(strike: float, alpha: Any, rho: Any, nu: Any) -> Any:
    """Hagan's formula away from the money, with β = ½."""
    root = math.sqrt(math.sqrt(FORWARD * strike))  # (f K)^((1 - β)/2)
    apart = math.log(FORWARD / strike)
    z = nu / alpha * root * apart
    x = log((sqrt(1 - 2 * rho * z + z * z) + z - rho) / (1 - rho))
    bend = 1 + apart**2 / 96 + apart**4 / 30720
    drift = alpha * alpha / (96 * root * root) + rho * nu * alpha / (8 * root) + (2 - 3 * rho * rho) * nu * nu / 24
    return alpha / (root * bend) * z / x * (1 + drift * YEARS)


def calibrate(quotes: Any, slopes: Callable[[list[float]], Any], steps: int) -> list[float]:
    """The parameters that give these volatilities, after so many steps."""
    at = list(START)
    for _ in range(steps):
        miss = quotes - np.array(volatilities(at))
        at = (np.array(at) + np.linalg.lstsq(slopes(at), miss, rcond=None)[0]).tolist()
    return at


def differences(at: Sequence[float], step: float = 1e-6) -> Any:
    """The Jacobian by central differences: two runs for each parameter."""

    def moved(j: int, by: float) -> Any:
        return np.array(volatilities([x + by * (i == j) for i, x in enumerate(at)]))

    return np.array([(moved(j, step) - moved(j, -step)) / (2 * step) for j in range(len(at))]).T


if __name__ == "__main__":
    sys.exit(run(app, "sabr"))
