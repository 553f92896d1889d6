"""The demos of derivatives do what they say, in plain output, and complain in one line."""

import importlib.util
import math
import re
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest

from autograd.__main__ import run

DEMOS = Path(__file__).parent.parent / "demos"


def load(name):
    """The demo as a module."""
    spec = importlib.util.spec_from_file_location(f"demo_{name}", DEMOS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


curve_fit = load("curve_fit")
greeks = load("greeks")


@pytest.fixture(scope="module")
def found():
    lengths, widths, _ = curve_fit.petals()
    return lengths, widths, curve_fit.fit(lengths, widths)


# --- The curve ---


def test_the_fit_is_the_least_squares_fit_that_scipy_finds_without_our_derivatives(found):
    from scipy.optimize import least_squares

    lengths, widths, fit = found
    x = np.array(lengths)
    theirs = least_squares(
        lambda p: p[0] / (1 + np.exp(-(x - p[1]) / p[2])) - widths, [2.0, 3.0, 1.0], "3-point", xtol=1e-12, ftol=1e-12
    )
    np.testing.assert_allclose(fit.parameters, theirs.x, rtol=1e-5)
    assert fit.squares == pytest.approx(2 * theirs.cost, rel=1e-9)
    assert fit.squares < curve_fit.straight_line(lengths, widths)


def test_the_standard_errors_come_from_the_hessian_that_high_precision_differences_give(found):
    lengths, widths, fit = found

    def squares(ceiling, middle, scale):
        return mpmath.fsum(
            (w - ceiling / (1 + mpmath.exp(-(x - middle) / scale))) ** 2 for x, w in zip(lengths, widths)
        )

    with mpmath.workdps(40):
        point = tuple(mpmath.mpf(float(p)) for p in fit.parameters)
        orders = np.eye(3, dtype=int)
        truth = [
            [float(mpmath.diff(squares, point, tuple(int(n) for n in orders[i] + orders[j]))) for j in range(3)]
            for i in range(3)
        ]
    covariance = 2 * fit.squares / (len(widths) - 3) * np.linalg.inv(truth)
    np.testing.assert_allclose(curve_fit.errors(fit.covariance), np.sqrt(np.diag(covariance)), rtol=1e-9)


def test_the_curve_fit_prints_what_it_found_and_draws_it(found, tmp_path, capsys):
    assert run(curve_fit.app, "curve_fit", ["--out", str(tmp_path / "new" / "folder")]) == 0
    output = capsys.readouterr().out
    for name, x, error in zip(
        ("ceiling", "middle", "scale"), found[2].parameters, curve_fit.errors(found[2].covariance)
    ):
        assert re.search(rf"^  {name} +{x:.3f} +{error:.3f} ", output, re.MULTILINE)
    assert (tmp_path / "new" / "folder" / "curve_fit.png").read_bytes().startswith(b"\x89PNG")
    assert all(len(line) <= 100 for line in output.splitlines() if "picture" not in line)


# --- The Greeks ---


@pytest.mark.parametrize("volatility", [0.1, 0.35, 0.8])
@pytest.mark.parametrize("strike", [80.0, 100.0, 130.0])
@pytest.mark.parametrize(("rate", "years"), [(0.05, 0.1), (-0.01, 1.0), (0.0, 5.0)])
def test_greeks_by_differentiation_are_the_closed_forms_to_12_digits(strike, rate, volatility, years):
    market = greeks.Market(100.0, strike, rate, volatility, years)
    exact = greeks.closed_forms(market)
    rows = greeks.by_differentiation(market)
    assert [row.name for row in rows] == list(exact)
    for row in rows:
        assert row.ours == pytest.approx(exact[row.name], rel=1e-12, abs=1e-12), row


def test_the_closed_forms_are_the_derivatives_that_high_precision_differences_give():
    market = greeks.Market(100.0, 105.0, 0.03, 0.2, 0.75)

    def price(spot, strike, rate, volatility, years):
        spread = volatility * mpmath.sqrt(years)
        d1 = (mpmath.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
        return spot * mpmath.ncdf(d1) - strike * mpmath.exp(-rate * years) * mpmath.ncdf(d1 - spread)

    orders = {
        "price": (0, 0, 0, 0, 0),
        "delta": (1, 0, 0, 0, 0),
        "gamma": (2, 0, 0, 0, 0),
        "vega": (0, 0, 0, 1, 0),
        "theta": (0, 0, 0, 0, 1),
        "rho": (0, 0, 1, 0, 0),
        "vanna": (1, 0, 0, 1, 0),
        "volga": (0, 0, 0, 2, 0),
    }
    exact = greeks.closed_forms(market)
    assert list(orders) == list(exact)
    with mpmath.workdps(40):
        for name, order in orders.items():
            truth = mpmath.diff(price, tuple(map(mpmath.mpf, market)), order) if any(order) else price(*market)
            assert exact[name] == pytest.approx(float(-truth if name == "theta" else truth), rel=1e-13), name


def test_pathwise_derivatives_are_the_closed_forms_within_4_standard_errors():
    market = greeks.Market(100.0, 105.0, 0.03, 0.2, 0.75)
    exact = greeks.closed_forms(market)
    estimates, errors = greeks.simulate(market, 200, seed=0)
    for name, estimate, error in zip(("price", "delta", "vega"), estimates, errors):
        assert 0 < error < 5e-3 * exact[name]
        assert abs(estimate - exact[name]) <= 4 * error, name


def test_the_same_seed_simulates_the_same_paths_and_another_seed_others():
    market = greeks.Market(100.0, 105.0, 0.03, 0.2, 0.75)
    first, again, other = (greeks.simulate(market, 5, seed)[0].tolist() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("volatility", [0.05, 0.2, 1.5])
@pytest.mark.parametrize("strike", [60.0, 100.0 * math.exp(0.03), 180.0])
def test_newton_finds_the_volatility_again_where_the_price_tells_it(volatility, strike):
    market = greeks.Market(100.0, strike, 0.03, volatility, 1.0)
    exact = greeks.closed_forms(market)
    steps = list(greeks.implied_volatility(market, exact["price"]))
    misses = [abs(miss) for _, miss in steps]
    assert misses == sorted(misses, reverse=True)
    assert misses[-1] <= 1e-12
    if exact["vega"] > 1e-3:
        assert steps[-1][0] == pytest.approx(volatility, rel=1e-9)


def test_the_greeks_table_is_aligned_and_fits_100_columns(capsys):
    assert run(greeks.app, "greeks", ["--paths", "500"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    rows = [line for line in lines if re.match(r"  (price|delta|gamma|vega|theta|rho|vanna|volga) .*e[+-]", line)]
    assert len(rows) == 8
    assert len({line.index(".") for line in rows}) == len({len(line) for line in rows}) == 1
    assert all(abs(float(line.split()[-1])) <= 1e-12 for line in rows)


def test_where_the_formulas_cancel_the_greeks_say_so_and_exit_with_1(monkeypatch, capsys):
    monkeypatch.setattr(greeks, "TOLERANCE", 0.0)
    assert run(greeks.app, "greeks", ["--paths", "50"]) == 1
    assert "Not within 0: " in capsys.readouterr().out


# --- Both ---


@pytest.mark.parametrize(
    ("demo", "arguments", "complaint"),
    [
        (greeks, ["--spot", "-1"], "--spot takes a positive number, not -1.0"),
        (greeks, ["--years", "0"], "--years takes a positive number, not 0.0"),
        (greeks, ["--rate", "nan"], "--rate takes a finite number, not nan"),
        (greeks, ["--volatility", "inf"], "--volatility takes a positive number, not inf"),
        (greeks, ["--strike", "much"], "--strike"),
        (greeks, ["--paths", "1"], "--paths"),
        (greeks, ["--rate", "-2000"], "too large or too small"),
        (greeks, ["--spot", "1e-300", "--strike", "1e300"], "too large or too small"),
        (curve_fit, ["--in", "x"], "--in"),
        (curve_fit, ["more"], "more"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_2(demo, arguments, complaint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(demo.app, "demo", arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("demo: ")
    assert error.count("\n") == 1
    assert complaint in error


def test_a_folder_that_is_a_file_is_one_line_and_exit_code_2(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(curve_fit.app, "demo", ["--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
