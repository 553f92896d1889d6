"""The demos that take the time of derivatives: their numbers against truths that share nothing with them."""

import cmath
import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd import grad, jacobian
from autograd.__main__ import run

DEMOS = Path(__file__).parent.parent / "demos"


def load(name):
    """The demo as a module."""
    spec = importlib.util.spec_from_file_location(f"demo_{name}", DEMOS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


greeks, heston, kalman, sabr = map(load, ("greeks", "heston", "kalman", "sabr"))


# --- The Kalman filter ---


def covariance(at, n):
    """That of n measurements, and its derivatives by the parameters."""
    phi, q, r = at[0], math.exp(at[1]), math.exp(at[2])
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    hidden = q / (1 - phi**2) * phi**apart
    by_phi = hidden * (2 * phi / (1 - phi**2) + apart / phi)
    return hidden + r * np.eye(n), (by_phi, hidden, r * np.eye(n))


@pytest.mark.parametrize("at", [(0.9, -1.2, -0.7), (-0.5, 0.3, -2.0), (0.2, -3.0, 1.0)])
def test_the_filter_and_its_gradient_are_those_of_the_normal_distribution_of_all_measurements(at):
    measured = kalman.measurements(30, 1)
    y, (matrix, slopes) = np.array(measured), covariance(at, 30)
    solved = np.linalg.solve(matrix, y)
    value = (y @ solved + np.linalg.slogdet(matrix)[1] + 30 * math.log(2 * math.pi)) / 2
    assert kalman.surprise(at, measured) == pytest.approx(value, rel=1e-12)
    truth = [(np.trace(np.linalg.solve(matrix, s)) - solved @ s @ solved) / 2 for s in slopes]
    assert grad(kalman.surprise)(list(at), measured) == pytest.approx(truth, rel=1e-9)


# --- SABR ---


def test_the_calibration_finds_the_parameters_that_made_the_quotes():
    quotes = np.array(sabr.volatilities(sabr.TRUTH))
    assert sabr.calibrate(quotes, jacobian(sabr.volatilities), 8) == pytest.approx(list(sabr.TRUTH), rel=1e-10)


def test_the_smile_of_a_steady_volatility_is_that_of_constant_elasticity():
    alpha, forward = 0.03, sabr.FORWARD
    for strike in sabr.STRIKES:  # of β = ½: to first order in time
        now = alpha * math.log(forward / strike) / (2 * (math.sqrt(forward) - math.sqrt(strike)))
        truth = now * (1 + alpha**2 / (96 * math.sqrt(forward * strike)) * sabr.YEARS)
        assert sabr.volatility(strike, alpha, 0.0, 1e-5) == pytest.approx(truth, rel=1e-6)


def test_the_slopes_of_the_smile_are_those_of_differences():
    assert jacobian(sabr.volatilities)(list(sabr.START)) == pytest.approx(sabr.differences(sabr.START), rel=1e-5)


# --- Heston ---


def test_complex_numbers_of_two_numbers_compute_like_pythons():
    for a, b in ((1.5 - 2.0j, 0.3 + 0.7j), (-0.4 + 1.0j, -2.0 - 0.1j)):
        x, y = heston.C(a.real, a.imag), heston.C(b.real, b.imag)
        pairs = [(x + y, a + b), (x - y, a - b), (x * y, a * b), (x / y, a / b), (-x, -a), (1 - x, 1 - a)]
        pairs += [(2.0 * x, 2 * a), (x.exp(), cmath.exp(a)), (x.log(), cmath.log(a)), (x.sqrt(), cmath.sqrt(a))]
        for ours, truth in pairs:
            assert complex(ours.re, ours.im) == pytest.approx(truth, rel=1e-14)


def test_with_a_steady_volatility_heston_is_black_and_scholes_and_so_is_its_slope():
    steady = [0.04, 1.5, 0.04, 1e-3, 0.0]
    slopes = jacobian(heston.prices)(steady, 96)
    shares = (1 - math.exp(-1.5 * heston.YEARS)) / (1.5 * heston.YEARS)  # of v0 in the mean variance
    for strike, price, row in zip(heston.STRIKES, heston.prices(steady, 96), slopes):
        at = (heston.SPOT, strike, 0.0, 0.2, heston.YEARS)
        assert price == pytest.approx(greeks.call(*at), abs=5e-6)
        by_variance = grad(greeks.call, greeks.VOLATILITY)(*at) / (2 * 0.2)
        assert row[:3] == pytest.approx([by_variance * shares, 0.0, by_variance * (1 - shares)], abs=1e-3)


def test_hestons_jacobian_is_that_of_differences():
    at = heston.PARAMETERS
    assert jacobian(heston.prices)(at, 96) == pytest.approx(heston.differences(at, 96), abs=1e-5)


# --- All ---


@pytest.mark.parametrize(
    ("demo", "arguments"), [(kalman, ["--steps", "20"]), (sabr, ["--steps", "6"]), (heston, ["--points", "64"])]
)
def test_times_are_printed_beside_those_of_differences(demo, arguments, capsys):
    assert run(demo.app, "demo", arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    rows = lines[-3:]
    assert len({len(line) for line in rows}) == 1
    assert float(rows[0].split()[-1]) == 1.0
    assert "differences" in rows[2]


@pytest.mark.parametrize(("demo", "option"), [(kalman, "--steps"), (sabr, "--steps"), (heston, "--points")])
def test_a_bad_option_is_one_line_and_exit_code_2(demo, option, capsys):
    assert run(demo.app, "demo", [option, "0"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("demo: ")
    assert error.count("\n") == 1
    assert option in error
