"""Black and Scholes: the price of a call and ten of its derivatives, for 100,000 options.

Ours and JAX's are the same text: the price is written down, and the Greeks are asked for by nested derivatives. The
third program has the closed forms of the textbooks, over whole arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.measuring import Contest, Program
from benchmarks.peers import one_thread_jax

OPTIONS = 100_000
SPOT, STRIKE, RATE, VOLATILITY, YEARS = range(5)  # the arguments of the price, by number


def contests(quick: bool) -> Iterator[Contest]:
    yield Contest(
        title=f"Black–Scholes, price and 10 Greeks, {OPTIONS:,} options",
        ours=chainrule,
        peers={"JAX jit(vmap)": jax, "NumPy and SciPy by hand": by_hand},
        targets={"JAX jit(vmap)": 1},
    )


def market() -> list[Any]:
    """Spot, strike, rate, volatility and years of each option."""
    rng = np.random.default_rng(0)
    bounds = ((80, 120), (80, 120), (0.0, 0.06), (0.1, 0.5), (0.25, 2.0))
    return [rng.uniform(low, high, OPTIONS) for low, high in bounds]


def greeks(price: Callable[..., Any], grad: Callable[..., Callable[..., Any]]) -> Callable[..., list[Any]]:
    """The price and its derivatives, as a function of one option."""
    delta = grad(price, SPOT)
    gamma = grad(delta, SPOT)

    def all_of_them(*option: Any) -> list[Any]:
        return [
            price(*option),
            delta(*option),
            grad(price, VOLATILITY)(*option),  # vega
            -grad(price, YEARS)(*option),  # theta
            grad(price, RATE)(*option),  # rho
            gamma(*option),
            grad(delta, VOLATILITY)(*option),  # vanna
            grad(grad(price, VOLATILITY), VOLATILITY)(*option),  # volga
            -grad(delta, YEARS)(*option),  # charm
            grad(gamma, SPOT)(*option),  # speed
            grad(gamma, VOLATILITY)(*option),  # zomma
        ]

    return all_of_them


def flat(results: Any) -> Any:
    return np.concatenate([np.asarray(result) for result in results])


def chainrule() -> Program:
    from autograd import erf, exp, grad, jit, log, sqrt, vmap

    def price(spot: Any, strike: Any, rate: Any, volatility: Any, years: Any) -> Any:
        spread = volatility * sqrt(years)
        d1 = (log(spot / strike) + rate * years) / spread + spread / 2
        below = (1 + erf(d1 / math.sqrt(2))) / 2
        below_less = (1 + erf((d1 - spread) / math.sqrt(2))) / 2
        return spot * below - strike * exp(-rate * years) * below_less

    compiled = jit(vmap(greeks(price, grad)))
    options = market()
    return Program(lambda: compiled(*options), flat)


def jax() -> Program:
    jax = one_thread_jax()
    import jax.numpy as jnp
    from jax.lax import erf

    def price(spot: Any, strike: Any, rate: Any, volatility: Any, years: Any) -> Any:
        spread = volatility * jnp.sqrt(years)
        d1 = (jnp.log(spot / strike) + rate * years) / spread + spread / 2
        below = (1 + erf(d1 / math.sqrt(2))) / 2
        below_less = (1 + erf((d1 - spread) / math.sqrt(2))) / 2
        return spot * below - strike * jnp.exp(-rate * years) * below_less

    compiled = jax.jit(jax.vmap(greeks(price, jax.grad)))
    options = [jnp.array(column) for column in market()]
    return Program(lambda: jax.block_until_ready(compiled(*options)), flat)


def by_hand() -> Program:
    from scipy.special import ndtr

    spot, strike, rate, volatility, years = market()

    def run() -> Any:
        root = np.sqrt(years)
        spread = volatility * root
        d1 = (np.log(spot / strike) + rate * years) / spread + spread / 2
        d2 = d1 - spread
        density = np.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
        delta, discounted = ndtr(d1), strike * np.exp(-rate * years) * ndtr(d2)
        gamma = density / (spot * spread)
        vega = spot * density * root
        return [
            spot * delta - discounted,
            delta,
            vega,
            -vega * volatility / (2 * years) - rate * discounted,  # theta
            years * discounted,  # rho
            gamma,
            -density * d2 / volatility,  # vanna
            vega * d1 * d2 / volatility,  # volga
            -density * (rate / spread - d2 / (2 * years)),  # charm
            -gamma / spot * (d1 / spread + 1),  # speed
            gamma * (d1 * d2 - 1) / volatility,  # zomma
        ]

    return Program(run, flat)
