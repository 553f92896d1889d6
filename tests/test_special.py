"""The functions of engine/special.py against 70 digits, over the whole range: on floats, and by every back end."""

from __future__ import annotations

import functools
import math
import random

import numpy as np
import pytest
from mpmath import mp, mpf

from autograd import vmap
from autograd.compiler import jit, kernel
from autograd.engine import special
from autograd.engine.kinds import choose
from tests import fits_of_special
from tests.truth import ulps_between

INF, NAN = math.inf, math.nan
LEAST, MOST = 5e-324, 1.7976931348623157e308
BACKENDS = ["python", "numpy", *(["c"] if kernel.available() else [])]
RANDOM = random.Random(7)


def spread(low, high, n=150):
    """Points from low to high, evenly."""
    return [RANDOM.uniform(low, high) for _ in range(n)]


def magnitudes(low, high, n=100):
    """Points whose logarithms are even."""
    return [math.exp(RANDOM.uniform(math.log(low), math.log(high))) for _ in range(n)]


def around(*centres):
    """The neighbours of points: the nearest floats, and those at every smaller distance."""
    points = []
    for x in centres:
        below = above = x
        for _ in range(3):
            below, above = math.nextafter(below, -INF), math.nextafter(above, INF)
            points += [below, above]
        points += [x, *(x + sign * 10.0**-k for k in range(1, 16) for sign in (-1, 1))]
    return points


def negated(points):
    return [-x for x in points]


# --- The truth. With each value comes the largest term that it is the sum of, where that is larger. ---


def scaled_erfc(x):
    """e^(x²)·erfc(x), also where mpmath's erfc gives up."""
    if x < 1e4:
        return mp.exp(x * x) * mp.erfc(x)
    total, term = mpf(0), mpf(1)
    for k in range(1, 15):
        total += term
        term *= -(2 * k - 1) / (2 * x * x)
    return total / (x * mp.sqrt(mp.pi))


def lgamma(x):
    if x > 0:
        return mp.loggamma(x), 0
    sine, rest = mp.log(mp.pi / abs(mp.sinpi(x))), mp.loggamma(1 - x)
    return sine - rest, max(abs(sine), abs(rest))


def shifted(n, x):
    """ψₙ(x) below 0, from its value above 0 and the steps between."""
    steps = int(mp.ceil(-x)) + 1
    return mp.psi(n, x + steps) - (-1) ** n * mp.factorial(n) * sum((x + k) ** -(n + 1) for k in range(steps))


def polygamma(n):
    def function(x):
        if x > 0:
            return mp.psi(n, x) if n else mp.digamma(x), 0
        rest = mp.psi(n, 1 - x) * (-1) ** n
        y = shifted(n, x)
        return y, max(abs(rest), abs(y - rest))

    return function


def erfcx(x):
    return scaled_erfc(x), 0


def erfinv(x):
    if abs(x) < mpf(10) ** -20:
        return x * mp.sqrt(mp.pi) / 2, 0
    y = mp.erfinv(x)
    return y, 0


def log_ndtr(x):
    if x > 0:
        return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2 if x < 1e4 else mpf(0)), 0
    return mp.log(scaled_erfc(-x / mp.sqrt(2)) / 2) - x * x / 2, 0


def logit(x):
    return mp.log(x / (1 - x)), 0


def sinc_derivative(n):
    def function(x):
        z = mp.pi * x
        if abs(z) < 5:
            terms = [k for k in range(100) if 2 * k >= n]
            y = sum((-1) ** k * z ** (2 * k - n) / ((2 * k + 1) * mp.factorial(2 * k - n)) for k in terms)
        else:
            turned = [mp.sinpi(x), mp.cospi(x), -mp.sinpi(x), -mp.cospi(x)]
            y = turned[0] / z
            for k in range(1, n + 1):
                y = (turned[k % 4] - k * y) / z
        return mp.pi**n * y, mp.pi**n * min(mpf(1) / (n + 2), abs(1 / z)) if n and abs(z) > 1 else 0

    return function


def whole(function):
    def truth(x):
        return mpf(function(x)), 0

    return truth


POSITIVE = [
    *magnitudes(LEAST, 1e-300, 20),
    *magnitudes(1e-300, 0.1, 60),
    *spread(0, 3, 300),
    *spread(3, 12, 150),
    *magnitudes(10, 1e6),
    *magnitudes(1e6, 1e300, 60),
    *around(1.0, 2.0, 6.0, 0.5, 2 / 3, 3.0),
]
ROOT = 1.4616321449683623
NEGATIVE = [
    *negated(magnitudes(1e-300, 0.1, 30)),
    *negated(spread(0, 5, 200)),
    *negated(magnitudes(1, 1e8, 60)),
    *[x for x in around(-0.5, -1.0, -2.5, -7.0, -20.0) if x != int(x)],
]
UNIT = [*magnitudes(LEAST, 1e-3, 40), *spread(0, 1, 300), *[1 - x for x in magnitudes(1e-16, 0.5, 150)]]
UNIT = [x for x in [*UNIT, *around(0.5, 0.25, 0.75, 1 / 3), 1 - 2**-53, 1 - 2**-52, LEAST] if 0 < x < 1]
LINE = [*magnitudes(LEAST, 0.1, 40), *spread(0, 10, 250), *spread(10, 45, 100), *magnitudes(40, MOST, 60)]
SINC = [*magnitudes(1e-300, 0.1, 30), *spread(0, 8, 250), *magnitudes(8, 1e15, 60), *magnitudes(1e15, 1e300, 20), MOST]
NUMBERS = [*spread(-9, 9, 100), *magnitudes(LEAST, MOST), *[k / 2 for k in range(-20, 20)], 2.0**52 - 0.5, 2.0**52 + 1]
NUMBERS += [2.0**51 + 0.5, 2.0**51 + 1.5, 2.0**53 + 2, *around(0.5, 1.5, 2.0)]
NUMBERS += negated(NUMBERS)

# name: the function, its truth, points, ulps
CASES = {
    "lgamma": (special.lgamma, lgamma, [*(x for x in POSITIVE if x < 1e300), *around(1.4616), 2.5e305], 4),
    "lgamma below 0": (special.lgamma, lgamma, NEGATIVE, 4),
    "digamma": (special.digamma, polygamma(0), [*(x for x in POSITIVE if x > 1e-300), *around(ROOT), MOST], 4),
    "digamma below 0": (special.digamma, polygamma(0), [x for x in NEGATIVE if x > -1e4], 4),
    **{
        f"polygamma {n}": (
            functools.partial(special.polygamma, n),
            polygamma(n),
            [x for x in POSITIVE if 1e-300 ** (1 / (n + 1)) < x < 1e300 ** (1 / n)],
            ulps,
        )
        for n, ulps in [(1, 4), (2, 5), (3, 6), (8, 8), (40, 30)]
    },
    **{
        f"polygamma {n} below 0": (
            functools.partial(special.polygamma, n),
            polygamma(n),
            [x for x in NEGATIVE if x > -300 and abs(x - round(x)) > 1e-300 ** (1 / (n + 1))],
            ulps,
        )
        for n, ulps in [(1, 6), (2, 9), (3, 12)]
    },
    "erfinv": (special.erfinv, erfinv, [*UNIT, *negated(UNIT)], 4),
    "erfcx": (special.erfcx, erfcx, LINE, 4),
    "log_ndtr": (special.log_ndtr, log_ndtr, [*(x for x in LINE if x < 1e150), *negated(LINE[:-30])], 4),
    "logit": (special.logit, logit, UNIT, 4),
    **{
        f"sinc_derivative {n}": (
            functools.partial(special.sinc_derivative, n),
            sinc_derivative(n),
            [*SINC, *negated(SINC[:100])],
            4,
        )
        for n in (0, 1, 2, 3, 4, 7, 12)
    },
    "round_half_even": (special.round_half_even, whole(round), NUMBERS, 0),
    "trunc": (special.trunc, whole(math.trunc), NUMBERS, 0),
    "ceil": (special.ceil, whole(math.ceil), NUMBERS, 0),
}


@functools.cache
def truth(name):
    """The exact values at the points, and the terms that errors are measured by."""
    _, exact, points, _ = CASES[name]
    with mp.workdps(70):
        return [exact(mpf(x)) if exact.__name__ != "truth" else exact(x) for x in points]


def worst(name, results):
    """The largest error in ulps, and where."""
    errors = [(ulps_between(y, exact, scale), x) for x, y, (exact, scale) in zip(CASES[name][2], results, truth(name))]
    return max(errors, key=lambda pair: (pair[0] != pair[0], pair[0]))


@pytest.mark.parametrize("name", CASES)
def test_on_floats_the_value_is_within_few_ulps_of_the_truth(name):
    function, _, points, ulps = CASES[name]
    error, x = worst(name, [function(x) for x in points])
    assert error <= ulps, f"{error} ulp at {x!r}"


@pytest.mark.parametrize("name", CASES)
def test_compiled_the_value_is_as_near(name):
    function, _, points, ulps = CASES[name]
    batch = np.array(points)
    program = jit(lambda xs: vmap(function)(xs)).lower(batch)
    for backend in BACKENDS:
        error, x = worst(name, [float(y) for y in program.run(batch, backend=backend)])
        assert error <= ulps, f"{error} ulp at {x!r} by {backend}"


EDGES = {  # the points, and the values there
    "lgamma": [
        *[(0.0, INF), (-0.0, INF), (-1.0, INF), (-2.0, INF), (-1e300, INF), (INF, INF), (-INF, INF), (MOST, INF)],
        *[(1.0, 0.0), (2.0, 0.0), (LEAST, 744.4400719213812), (-LEAST, 744.4400719213812)],
    ],
    "digamma": [
        *[(0.0, -INF), (-0.0, INF), (-1.0, NAN), (-7.0, NAN), (-1e300, NAN), (INF, INF), (-INF, NAN)],
        *[(LEAST, -INF), (-LEAST, INF)],
    ],
    "polygamma 1": [(0.0, INF), (-0.0, INF), (-1.0, INF), (-7.0, INF), (INF, 0.0), (MOST, 1 / MOST)],
    "polygamma 2": [(0.0, -INF), (-0.0, INF), (-1.0, NAN), (-7.0, NAN), (INF, 0.0), (1e-200, -INF)],
    "polygamma 3": [(0.0, INF), (-0.0, INF), (-1.0, INF), (-7.0, INF), (INF, 0.0), (1e-200, INF)],
    "erfinv": [(0.0, 0.0), (1.0, INF), (-1.0, -INF), (1.1, NAN), (-INF, NAN)],
    "erfcx": [(0.0, 1.0), (INF, 0.0)],
    "log_ndtr": [(INF, 0.0), (-INF, -INF), (-1e10, -5e19), (40.0, 0.0), (-1e200, -INF)],
    "logit": [(0.0, -INF), (-0.0, -INF), (1.0, INF), (0.5, 0.0), (-0.1, NAN), (1.1, NAN), (INF, NAN), (-INF, NAN)],
    "sinc_derivative 0": [(0.0, 1.0), (1.0, 0.0), (-7.0, 0.0), (1e300, 0.0), (INF, 0.0), (-INF, 0.0)],
    "sinc_derivative 1": [(0.0, 0.0), (1.0, -1.0), (-2.0, -0.5), (INF, 0.0), (-INF, 0.0)],
    "sinc_derivative 2": [(0.0, -3.289868133696453), (INF, 0.0)],
    "round_half_even": [(0.5, 0.0), (1.5, 2.0), (-2.5, -2.0), (INF, INF), (-INF, -INF), (-0.0, 0.0)],
    "trunc": [(-1.5, -1.0), (1.5, 1.0), (INF, INF), (-INF, -INF)],
    "ceil": [(-1.5, -1.0), (1.5, 2.0), (INF, INF), (-INF, -INF)],
}


def same(a, b):
    return a == b or (a != a and b != b)


@pytest.mark.parametrize("name", EDGES)
def test_at_edges_and_poles_the_value_is_the_limit_and_nothing_raises(name):
    function = CASES[name][0]
    points, values = zip(*EDGES[name], (NAN, NAN))
    assert all(same(function(x), y) for x, y in zip(points, values)), [function(x) for x in points]
    batch = np.array(points)
    program = jit(lambda xs: vmap(function)(xs)).lower(batch)
    for backend in BACKENDS:
        results = [float(y) for y in program.run(batch, backend=backend)]
        wrong = [(x, got, y) for x, got, y in zip(points, results, values) if not same(got, y)]
        assert all(abs(got - y) <= 1e-15 * abs(y) for _, got, y in wrong), (backend, wrong)


@pytest.mark.parametrize("name", CASES)
def test_a_single_number_compiles_to_the_same_value(name):
    function, _, points, ulps = CASES[name]
    x = points[-1]
    exact, scale = truth(name)[-1]
    program = jit(function).lower(x)
    for backend in BACKENDS:
        assert ulps_between(float(program.run(x, backend=backend)), exact, scale) <= ulps


def test_a_plain_condition_computes_only_the_branch_it_takes():
    assert choose(True, lambda: 1.0, lambda: 1 / 0) == 1.0
    assert choose(False, lambda: 1 / 0, lambda: 2.0) == 2.0
    assert choose(np.bool_(False), lambda: 1 / 0, lambda: 2.0) == 2.0


def test_a_traced_condition_computes_both_branches():
    f = jit(lambda x: choose(x > 0, lambda: 2 * x, lambda: -x))
    assert [f(3.0), f(-3.0)] == [6.0, 3.0]


def test_polygamma_0_is_digamma_and_sinc_derivative_0_is_sinc():
    assert special.polygamma(0, 2.5) == special.digamma(2.5)
    assert special.sinc_derivative(0, 0.5) == pytest.approx(2 / math.pi, rel=1e-15)


def test_the_polynomials_have_the_degrees_of_their_fits():
    for name, _, _, _, degree in fits_of_special.FITS:
        assert len(getattr(special, f"_{name}")) == degree + 1
