"""Prints the polynomial coefficients that stand in functions.h: ``python tests/compiler/fits.py`` (half a minute).

Each is the polynomial of its degree whose largest error on an interval is smallest, found by Remez exchange with 80
digits: the error of such a polynomial reaches the same size, with alternating signs, at degree + 2 points.
"""

from collections.abc import Callable
from typing import Any

from mpmath import cos, erfc, exp, factorial, linspace, log, lu_solve, matrix, mp, mpf, nstr, pi, polyval, sqrt

Function = Callable[[Any], Any]


def series(coefficient: Function) -> Function:
    """Σ coefficient(k)·x^k, for |x| < 1 or coefficients that fall fast."""
    coefficients = [mpf(coefficient(k)) for k in range(80)][::-1]
    return lambda x: polyval(coefficients, x)


def remez(f: Function, low: Any, high: Any, degree: int) -> tuple[list[float], Any]:
    """The coefficients, lowest first, rounded to doubles; and the largest error after rounding."""

    def chebyshev(n: int) -> list[Any]:
        return [(low + high) / 2 - (high - low) / 2 * cos(pi * angle) for angle in linspace(0, 1, n)]

    points, grid = chebyshev(degree + 2), chebyshev(60 * (degree + 2))
    values = [f(x) for x in grid]
    for _ in range(12):
        system = matrix([[x**power for power in range(degree + 1)] + [(-1) ** i] for i, x in enumerate(points)])
        coefficients = list(lu_solve(system, matrix([f(x) for x in points])))[:-1]
        errors = [polyval(coefficients[::-1], x) - y for x, y in zip(grid, values)]
        extremes: list[int] = []  # the largest error of every stretch with one sign
        for i, error in enumerate(errors):
            if not extremes or (error > 0) != (errors[extremes[-1]] > 0):
                extremes.append(i)
            elif abs(error) > abs(errors[extremes[-1]]):
                extremes[-1] = i
        if len(extremes) != degree + 2:
            break
        points = [grid[i] for i in extremes]
    rounded = [float(c) for c in coefficients]
    return rounded, max(abs(polyval([mpf(c) for c in rounded[::-1]], x) - y) for x, y in zip(grid, values))


def scaled_erfc(t: Any) -> Any:
    """((1 + 2z)·e^(z²)·erfc(z) - 1) / s, where s = 1 + t = 2z / (z + 4)."""
    t = max(t, mpf(-1) + mpf(10) ** -25)
    z = 4 * (1 + t) / (1 - t)
    return ((1 + 2 * z) * exp(z * z) * erfc(z) - 1) / (1 + t)


def main() -> None:
    """Print them all."""
    mp.dps = 80
    more = mpf("1.001")  # a little more than the interval, for the rounding of the reduction
    r, z = log(2) / 2 * more, (pi / 4) ** 2 * more
    fits: list[tuple[str, Function, Any, Any, int]] = [
        ("(e^r - 1 - r) / r²", series(lambda k: 1 / factorial(k + 2)), -r, r, 9),
        (
            "(2 artanh(s) / s - 2) / s²",
            series(lambda k: mpf(2) / (2 * k + 3)),
            0,
            ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * more,
            6,
        ),
        ("(sin(r) / r - 1) / r²", series(lambda k: (-1) ** (k + 1) / factorial(2 * k + 3)), 0, z, 5),
        ("(cos(r) - 1 + r²/2) / r⁴", series(lambda k: (-1) ** k / factorial(2 * k + 4)), 0, z, 5),
        (
            "(erf(a) / a - 2/√π) / a²",
            series(lambda k: 2 / sqrt(pi) * (-1) ** (k + 1) / (factorial(k + 1) * (2 * k + 3))),
            0,
            1,
            11,
        ),
        ("((1 + 2z)·e^(z²)·erfc(z) - 1) / s", scaled_erfc, mpf(-1), mpf(3) / 4, 22),
    ]
    for name, f, low, high, degree in fits:
        coefficients, error = remez(f, mpf(low), mpf(high), degree)
        print(f"{name} from {nstr(low, 6)} to {nstr(high, 6)}, degree {degree}: error 2^{nstr(log(error, 2), 4)}")
        print("".join(f"    {c!r}\n" for c in coefficients))


if __name__ == "__main__":
    main()
