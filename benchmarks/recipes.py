"""The recipes of docs/recipes.md with exact derivatives, beside SciPy's finite differences.

Run: python -m benchmarks.recipes
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares, minimize, root

from autograd import jacobian, jit, value_and_grad

N = 20


def rosenbrock(x: Any) -> Any:
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x))


T = np.linspace(0.0, 4.0, 200)
Y = 2.5 * np.exp(-1.3 * T) + 0.5 + 0.8 * np.exp(-4.0 * T)


def residuals(p: Any) -> Any:
    return p[0] * np.exp(-p[1] * T) + p[2] + p[3] * np.exp(-p[4] * T) - Y


def heat(x: Any) -> list[Any]:
    """A rod with a source that grows with temperature, as equations for its temperatures."""
    inner = [0.0, *x, 0.0]
    return [a - 2.0 * b + c + 0.02 * (1.0 + b * b) for a, b, c in zip(inner, inner[1:], inner[2:])]


def van_der_pol(t: float, y: Any) -> list[Any]:
    return [y[1], 1000.0 * (1.0 - y[0] ** 2) * y[1] - y[0]]


def recipes() -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """By name: with our derivatives, and with differences."""
    compiled, slopes = jit(value_and_grad(rosenbrock)), jit(jacobian(heat))
    fit, stiff = jit(jacobian(residuals)), jit(jacobian(van_der_pol, argnums=1))
    value = jit(rosenbrock)
    start, guess = np.zeros(N), np.array([1.0, 1.0, 0.0, 1.0, 3.0])
    return {
        f"`minimize`, {N} unknowns, BFGS": (
            lambda: minimize(compiled, start, jac=True),
            lambda: minimize(value, start),
        ),
        "`least_squares`, 5 parameters, 200 points": (
            lambda: least_squares(residuals, guess, jac=fit),
            lambda: least_squares(residuals, guess),
        ),
        f"`root`, {N} equations": (
            lambda: root(heat, np.zeros(N), jac=slopes),
            lambda: root(heat, np.zeros(N)),
        ),
        "`solve_ivp`, Van der Pol, Radau": (
            lambda: solve_ivp(van_der_pol, (0.0, 500.0), [2.0, 0.0], method="Radau", jac=stiff),
            lambda: solve_ivp(van_der_pol, (0.0, 500.0), [2.0, 0.0], method="Radau"),
        ),
    }


def measured(run: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def main() -> None:
    print("| recipe | exact derivatives | finite differences | ratio |")
    print("|---|---:|---:|---:|")
    for name, (exact, differences) in recipes().items():
        measured(exact), measured(differences)  # compiles
        pairs = [(measured(exact), measured(differences)) for _ in range(7)]
        ours, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        print(f"| {name} | {ours * 1e3:.2f} ms | {theirs * 1e3:.2f} ms | {theirs / ours:.1f} |")


if __name__ == "__main__":
    main()
