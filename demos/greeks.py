"""Option Greeks: the price of a call is a few lines of Python, and its derivatives are asked for by name.

Three things, each held against what one would write by hand:

1. Black and Scholes' formula (1973): delta, vega, theta and rho by ``grad``, gamma and vanna by ``grad`` of ``grad``,
   volga by ``hessian``, against the closed forms.
2. Monte Carlo: the mean payoff over simulated prices, differentiated path by path (M. Broadie and P. Glasserman,
   "Estimating security price derivatives using simulation", 1996). The normals are stratified: a batch has one from
   each slice of equal probability. The standard error is that of the mean of independent batches.
3. Implied volatility: Newton's method with the exact vega, from where it always converges (S. Manaster and G. Koehler,
   "The calculation of implied variances from the Black-Scholes model", 1982).

Vega and rho are per 1.00 of volatility and of rate, theta is per year.
"""

import math
import sys
import time
from collections.abc import Iterator
from statistics import NormalDist
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from autograd import erf, exp, grad, hessian, log, mean, relu, sqrt, value_and_grad
from autograd.__main__ import run

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

TOLERANCE = 1e-12  # of the larger of 1 and the number
BATCHES = 50
SPOT, STRIKE, RATE, VOLATILITY, YEARS = range(5)  # the arguments of call, by number


class Market(NamedTuple):
    """The arguments of ``call``, in order."""

    spot: float
    strike: float
    rate: float
    volatility: float
    years: float


class Row(NamedTuple):
    """A line of the first table: a Greek, what it is, and which transform gives it."""

    name: str
    meaning: str
    by: str
    ours: float


@app.command()
def greeks(
    spot: Annotated[float, typer.Option(metavar="PRICE", help="The share's price today.")] = 100.0,
    strike: Annotated[float, typer.Option(metavar="PRICE", help="What the option buys the share for.")] = 105.0,
    rate: Annotated[float, typer.Option(metavar="R", help="The interest rate, continuously compounded.")] = 0.03,
    volatility: Annotated[float, typer.Option(metavar="SIGMA", help="The volatility in a year.")] = 0.2,
    years: Annotated[float, typer.Option(metavar="T", help="The time until the option expires.")] = 0.75,
    paths: Annotated[
        int, typer.Option(metavar="N", min=BATCHES, max=10_000_000, help="How many to simulate.")
    ] = 40_000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="For the paths.")] = 0,
) -> None:
    """Price a European call and its Greeks by differentiation, and hold them against the closed forms."""
    market = Market(spot, strike, rate, volatility, years)
    check(market)
    try:
        exact, rows = closed_forms(market), by_differentiation(market)
    except (ArithmeticError, ValueError):
        raise ValueError("these numbers are too large or too small for the formula") from None
    typer.echo(
        f"A European call: spot {spot:g}, strike {strike:g}, rate {rate:g}, volatility {volatility:g}, {years:g} years"
    )
    typer.echo("\n  name    is           by                    chainrule          closed form   difference")
    for name, meaning, by, ours in rows:
        difference = ours - exact[name]
        typer.echo(f"  {name:<6}  {meaning:<10}  {by:<12} {ours:18.12f} {exact[name]:20.12f} {difference:12.0e}")
    apart = [row.name for row in rows if not abs(row.ours - exact[row.name]) <= TOLERANCE * max(1.0, abs(row.ours))]
    if apart:
        typer.echo(f"\n  Not within {TOLERANCE:g}: {', '.join(apart)}. At these numbers the formulas cancel.")

    began = time.perf_counter()
    estimates, errors = simulate(market, paths // BATCHES, seed)
    seconds = time.perf_counter() - began
    typer.echo(f"\nMonte Carlo: {paths // BATCHES * BATCHES:,} paths and their derivatives in {seconds:.1f} s")
    typer.echo("\n  name             estimate   standard error    closed form   off by")
    for name, estimate, error in zip(("price", "delta", "vega"), estimates, errors):
        off = (estimate - exact[name]) / error if error else 0.0
        typer.echo(f"  {name:<6} {estimate:18.5f} {error:16.5f} {exact[name]:14.5f}   {off:+.1f} standard errors")

    quote = exact["price"]
    typer.echo(f"\nImplied volatility: which one gives the price {quote:.6f}? Newton's steps")
    typer.echo("\n  step         volatility   error of the price")
    for step, (guess, miss) in enumerate(implied_volatility(market, quote)):
        typer.echo(f"  {step:4} {guess:18.15f} {miss:20.0e}")
    if apart:
        raise typer.Exit(1)


def check(market: Market) -> None:
    """Refuse what is no market."""
    for name, x in market._asdict().items():
        if not math.isfinite(x) or (x <= 0.0 and name != "rate"):
            raise ValueError(f"--{name} takes a {'finite' if name == 'rate' else 'positive'} number, not {x!r}")


# --- The formula, and its derivatives ---


def call(spot: Any, strike: Any, rate: Any, volatility: Any, years: Any) -> Any:
    """The price of a European call, by Black and Scholes' formula."""
    spread = volatility * sqrt(years)
    d1 = (log(spot / strike) + rate * years) / spread + spread / 2
    return spot * normal_cdf(d1) - strike * exp(-rate * years) * normal_cdf(d1 - spread)


def normal_cdf(x: Any) -> Any:
    """The probability that a standard normal variable is below x."""
    return (1 + erf(x / math.sqrt(2))) / 2


def by_differentiation(market: Market) -> list[Row]:
    """The price and the Greeks, each from ``call``."""
    delta, rho, vega, slope = grad(call, (SPOT, RATE, VOLATILITY, YEARS))(*market)
    gamma = grad(grad(call))(*market)
    vanna = grad(grad(call), VOLATILITY)(*market)
    volga = float(hessian(call, VOLATILITY)(*market))
    return [
        Row("price", "C", "call", call(*market)),
        Row("delta", "∂C/∂S", "grad", delta),
        Row("gamma", "∂²C/∂S²", "grad of grad", gamma),
        Row("vega", "∂C/∂σ", "grad", vega),
        Row("theta", "-∂C/∂T", "grad", -slope),
        Row("rho", "∂C/∂r", "grad", rho),
        Row("vanna", "∂²C/∂S∂σ", "grad of grad", vanna),
        Row("volga", "∂²C/∂σ²", "hessian", volga),
    ]


def closed_forms(market: Market) -> dict[str, float]:
    """The same, from the formulas of the textbooks, in plain floats."""
    S, K, r, sigma, T = market  # noqa: N806 - as the textbooks have it
    root = math.sqrt(T)
    d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * root)
    d2 = d1 - sigma * root
    in_the_money, delta = (math.erfc(-d / math.sqrt(2)) / 2 for d in (d2, d1))
    density = math.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi)
    discounted = K * math.exp(-r * T)
    vega = S * density * root
    return {
        "price": S * delta - discounted * in_the_money,
        "delta": delta,
        "gamma": density / (S * sigma * root),
        "vega": vega,
        "theta": -S * density * sigma / (2 * root) - r * discounted * in_the_money,
        "rho": T * discounted * in_the_money,
        "vanna": -density * d2 / sigma,
        "volga": vega * d1 * d2 / sigma,
    }


# --- Simulation ---


def simulate(market: Market, paths: int, seed: int) -> tuple[Any, Any]:
    """Price, delta and vega by simulation, and the standard error of each."""
    generator = np.random.default_rng(seed)

    def payoff(spot: Any, volatility: Any, normals: list[float]) -> Any:
        """The mean payoff, discounted to today."""
        drift = (market.rate - volatility**2 / 2) * market.years
        spread = volatility * math.sqrt(market.years)
        ends = (spot * exp(drift + spread * z) for z in normals)
        return math.exp(-market.rate * market.years) * mean(relu(end - market.strike) for end in ends)

    batches = []
    for _ in range(BATCHES):
        slices = (np.arange(paths) + generator.random(paths)) / paths
        normals = [NormalDist().inv_cdf(u) for u in slices.tolist()]
        price, (delta, vega) = value_and_grad(payoff, (0, 1))(market.spot, market.volatility, normals)
        batches.append((price, delta, vega))
    return np.mean(batches, axis=0), np.std(batches, axis=0, ddof=1) / math.sqrt(BATCHES)


# --- The formula backwards ---


def implied_volatility(market: Market, quote: float) -> Iterator[tuple[float, float]]:
    """Newton's steps to the volatility at which the call costs ``quote``: each one, and by how much its price is off.

    They begin where vega is largest. From there on the price bends one way, so that no step goes too far.
    """
    spot, strike, rate, _, years = market
    guess = math.sqrt(2 * abs(math.log(spot / strike) + rate * years) / years)
    guess = max(guess, 1e-3)
    last = math.inf
    while True:
        price, vega = value_and_grad(call, VOLATILITY)(spot, strike, rate, guess, years)
        miss = price - quote
        if abs(miss) >= last:  # nothing is left but rounding
            break
        yield guess, miss
        if miss == 0.0 or vega == 0.0:
            break
        last = abs(miss)
        guess -= miss / vega


if __name__ == "__main__":
    sys.exit(run(app, "greeks"))
