"""Prints the coefficients that stand in engine/special.py: ``python -m tests.fits_of_special`` (a minute or two).

See tests/compiler/fits.py for how they are found. Here the errors are relative to the function that is computed.
"""

from __future__ import annotations

from typing import Any

from mpmath import digamma, erf, erfc, exp, expm1, findroot, log, loggamma, mp, mpf, nstr, pi, polyval, sqrt

from tests.compiler.fits import Function, remez

AWAY = mpf(10) ** -20  # from a point where a formula is 0/0, or at infinity


def folded(middle: Any, t: Any) -> Any:
    """The x of t = (x - middle) / (x + middle)."""
    return middle * (1 + t) / (1 - t)


def fold(middle: Any, x: Any) -> Any:
    """The t of x."""
    return (mpf(x) - middle) / (mpf(x) + middle)


def log_gamma(t: Any) -> Any:
    """lgamma(x) / ((x - 1)(x - 2)), with middle 2."""
    x = folded(mpf(2), t)
    if abs(x - 1) < AWAY or abs(x - 2) < AWAY:
        x += AWAY
    return loggamma(x) / ((x - 1) * (x - 2))


def stirling(u: Any) -> Any:
    """x·(lgamma(x) - (x - ½)·log x + x - ½·log 2π), with u = 1/x²."""
    x = 1 / sqrt(u + AWAY)
    return (loggamma(x) - (x - mpf(1) / 2) * log(x) + x - log(2 * pi) / 2) * x


def digamma_root() -> Any:
    """The zero of ψ above 0."""
    return findroot(digamma, mpf("1.46"))


def digamma_over_distance(t: Any) -> Any:
    """ψ(x) / (x - root), with middle 5/2."""
    x = folded(mpf(5) / 2, t)
    distance = x - digamma_root()
    return digamma(x) / distance if abs(distance) > AWAY else digamma(x + AWAY) / AWAY


def digamma_rest(u: Any) -> Any:
    """x²·(log x - 1/(2x) - ψ(x)), with u = 1/x²."""
    x = 1 / sqrt(u + AWAY)
    return (log(x) - 1 / (2 * x) - digamma(x)) * x * x


def scaled_erfc(t: Any) -> Any:
    """((1 + 2z)·e^(z²)·erfc(z) - 1) / (1 + t), with middle 4."""
    t = min(max(t, mpf(-1) + AWAY), 1 - AWAY)
    z = folded(mpf(4), t)
    if z > 1000:
        z2 = 2 * z * z
        term, total = mpf(1), mpf(0)
        for k in range(1, 40):
            total += term
            term *= -(2 * k - 1) / z2
        return ((1 + 2 * z) / (z * sqrt(pi)) * total - 1) / (1 + t)
    return ((1 + 2 * z) * exp(z * z) * erfc(z) - 1) / (1 + t)


def mills_gap(t: Any) -> Any:
    """(1 / (√π·e^(z²)·erfc(z)) - z) · (2z + √π), with middle 3."""
    t = min(max(t, mpf(-1) + AWAY), 1 - AWAY)
    z = folded(mpf(3), t)
    if z > 40:
        term, less = mpf(1), mpf(0)  # √π z e^(z²) erfc(z) = 1 - less
        for k in range(1, 60):
            term *= -(2 * k - 1) / (2 * z * z)
            less -= term
        return z * less / (1 - less) * (2 * z + sqrt(pi))
    return (1 / (sqrt(pi) * exp(z * z) * erfc(z)) - z) * (2 * z + sqrt(pi))


def inverse_erf(t: Any) -> Any:
    """(erfinv(x) / x - √π/2) / w, with w = -log(1 - x²) and t = 5/4 - 24 / (w + 12)."""
    w = max(24 / (mpf(5) / 4 - t) - 12, mpf(10) ** -15)
    x, q = sqrt(-expm1(-w)), exp(-w) / (1 + sqrt(-expm1(-w)))  # q = 1 - x
    y = x * (sqrt(pi) / 2 + w / 5) if w < 2 else sqrt(w) - log(w) / (4 * sqrt(w)) - mpf(1) / 4
    step = mpf(1)
    while abs(step) > y * mpf(10) ** -70:
        if w < 1:
            step = (erf(y) - x) * exp(y * y) * sqrt(pi) / 2
        else:
            tail = erfc(y)
            step = -log(tail / q) * tail * exp(y * y) * sqrt(pi) / 2
        y -= step
    return (y / x - sqrt(pi) / 2) / w


FITS: list[tuple[str, Function, Any, Any, int]] = [
    ("LGAMMA", log_gamma, fold(mpf(2), mpf(2) / 3), fold(mpf(2), 6), 28),
    ("STIRLING", stirling, mpf(0), 1 / mpf(36), 8),
    ("DIGAMMA", digamma_over_distance, fold(mpf(5) / 2, 1), fold(mpf(5) / 2, mpf(25) / 4), 27),
    ("DIGAMMA_REST", digamma_rest, mpf(0), 1 / mpf(6) ** 2, 9),
    ("ERFCX", scaled_erfc, mpf(-1), mpf(1), 25),
    ("MILLS", mills_gap, mpf(-1), mpf(1), 29),
    ("ERFINV", inverse_erf, mpf(-3) / 4, mpf(5) / 4 - 24 / mpf("48.1"), 41),
]


def main(*names: str) -> None:
    """Print them all, or those of these names."""
    mp.dps = 80
    root = digamma_root()
    print(f"the root of ψ: {nstr(root, 40)}")
    for name, f, low, high, degree in FITS:
        if names and name not in names:
            continue
        coefficients, error = remez(f, low, high, degree)
        scale = min(abs(f(low)), abs(f(high)))
        print(f"{name}: from {nstr(low, 6)} to {nstr(high, 6)}, degree {degree}: ", end="")
        print(f"error 2^{nstr(log(error, 2), 4)}, beside 2^{nstr(log(scale, 2), 4)}", flush=True)
        print("".join(f"    {c!r},\n" for c in reversed(coefficients)), flush=True)
        assert polyval(coefficients[::-1], float(low))


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])
