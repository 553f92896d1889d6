"""Each backend computes what the program says: random programs to the last bit, random expressions against truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from autograd import grad, hvp, value_and_grad
from autograd.compiler import ieee, interpret, jit, kernel
from autograd.compiler.fold import fold
from autograd.compiler.kernel.lower import lower
from autograd.compiler.program import Program
from autograd.compiler.simplify import simplify
from autograd.rules import RULES
from autograd.testing import Expression, gradcheck
from autograd.testing.drawing import drawn
from autograd.testing.gradients import ULPS
from tests import truth
from tests.compiler.compare import BACKENDS, COARSER, NAMES, by_list, check, each_backend
from tests.compiler.programs import Case, assert_close, assert_equal, examples, layout_of, outputs, programs, reference
from tests.derivatives import woven

needs_kernel = pytest.mark.skipif(not kernel.available(), reason="there is no compiled kernel")
each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])

TABLE = {name: RULES[name] for name in truth.FUNCTIONS if name != "stop_gradient"}


def in_c(program: Program, numbers: Sequence[float], dtype: str, width: int, threads: int) -> list[Any]:
    """The program in the kernel, with blocks of that many vectors."""
    layout = layout_of(program)
    lowered = lower(program, layout)
    sections = [
        kernel.Section(s.batch > 0, s.begin, s.end, width, s.batch, s.slots, s.accumulators, s.end)
        for s in lowered.sections
    ]
    code = kernel.Code(lowered.words, sections, lowered.memory, dtype)
    memory = np.full(lowered.memory, math.nan, dtype=dtype)  # what isn't written shows
    memory[: program.inputs] = numbers
    for start, constants in lowered.constants:
        memory[start : start + len(constants)] = constants
    code.run(memory, threads=threads)
    out = []
    for output in layout:
        at = program.inputs + output.start
        stop = at + output.stride * max(output.samples - 1, 0) + 1
        out.append(memory[at : stop : output.stride] if output.samples else float(memory[at]))
    assert np.array_equal(memory[: program.inputs], np.array(numbers, dtype=dtype), equal_nan=True)
    return out


# --- Random programs ---


@needs_kernel
@examples(1)
@given(case=programs(exact=True), width=st.sampled_from(kernel.WIDTHS), threads=st.integers(1, 3))
def test_the_kernel_computes_what_the_program_says(case: Case, width: int, threads: int) -> None:
    assert_equal(case, in_c(simplify(case.program), case.numbers, "float64", width, threads))


@needs_kernel
@examples(2)
@given(case=programs(exact=True, recorded=False, dtype="float32"), width=st.sampled_from(kernel.WIDTHS))
def test_the_kernel_computes_long_sums_with_few_bits(case: Case, width: int) -> None:
    assert_equal(case, in_c(case.program, case.numbers, "float32", width, 1))


@needs_kernel
@examples(2)
@given(case=programs())
def test_the_kernel_has_every_function_and_infinities_and_nan(case: Case) -> None:
    program = simplify(case.program)
    assert_close(case, in_c(program, case.numbers, "float64", 1, 1), ulps=16.0, note=program)


@examples(2)
@given(case=programs(exact=True, dtype="float32"))
def test_numpy_computes_with_few_bits(case: Case) -> None:
    results = interpret.run_numpy(fold(case.program), np.array(case.numbers, dtype=np.float32))
    assert_equal(case, results)
    assert all(np.asarray(x).dtype == np.float32 for x in results)


def test_every_function_is_known_to_numpy_and_to_the_kernel() -> None:
    points = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 30.0, math.inf, -math.inf, math.nan)
    for rule in ieee.NATIVE:
        name = rule.name
        if name in truth.FUNCTIONS:
            pairs = [
                (a,) if rule.arity == 1 else (a, b) for a in points for b in points[: None if rule.arity > 1 else 1]
            ]
            for operands in pairs:
                if name == "pow" and operands == (-math.inf, 0.5):
                    continue  # where NumPy takes the square root
                program = Program(rule.arity, [(rule, tuple(range(rule.arity)), 0)], [rule.arity])
                case = Case(program, operands)
                (expected,) = outputs(program, reference(program, operands))
                (by_numpy,) = interpret.run_numpy(program, operands)
                assert_close(case, [float(by_numpy)], ulps=8.0)
                assert math.isnan(by_numpy) == math.isnan(expected), f"{name}{operands}"
                if kernel.available():
                    (by_c,) = in_c(program, operands, "float64", 1, 1)
                    assert_close(case, [by_c], ulps=8.0)
                    assert math.isnan(by_c) == math.isnan(expected), f"{name}{operands}: {by_c}, not {expected}"


def test_functions_of_floats_are_those_of_ieee_754() -> None:
    """Where ``math`` raises, numpy knows."""
    points = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -2.5, 3.0, 800.0, -800.0, math.inf, -math.inf, math.nan)
    one = {
        "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
        "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
        "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "cbrt": np.cbrt,
        "acosh": np.arccosh, "atanh": np.arctanh, "abs": np.abs, "floor": np.floor,
    }  # fmt: skip
    two = {"ratio": np.divide, "pow": np.power, "hypot": np.hypot, "atan2": np.arctan2}
    with np.errstate(all="ignore"):
        for name, ufunc in {**one, **two}.items():
            for a in points:
                for b in points if name in two else (None,):
                    operands = (a,) if b is None else (a, b)
                    if name == "pow" and operands == (-math.inf, 0.5):
                        continue  # where NumPy takes the square root
                    ours, theirs = ieee.apply(RULES[name], operands), float(ufunc(*operands))
                    at = f"{name}{operands}: {ours}, not {theirs}"
                    if math.isfinite(theirs):
                        assert ours == pytest.approx(theirs, rel=1e-14), at
                    else:
                        assert repr(ours) == repr(theirs), at


@each_backend
@pytest.mark.parametrize("name", ["silu", "gelu", "erf", "erfc", "ndtr", "atan", "tanh", "softplus"])
def test_at_large_numbers_and_infinity_a_slope_in_float32_is_its_limit(name: str, backend: str) -> None:
    slope = jit(grad(RULES[name]), dtype="float32").lower(1.0)
    for x in (1e17, 1e19, 1e25, 1e38, math.inf):
        for at in (x, -x):
            assert slope.run(at, backend=backend) == pytest.approx(grad(RULES[name])(at), rel=1e-6, abs=1e-34)


@pytest.mark.parametrize("index", [0.0, 0.9, 2.0, 2.99, -1.0, -0.5, -3.0, 3.0, -3.5, math.nan, math.inf])
def test_take_is_the_same_everywhere(index: float) -> None:
    f = jit(lambda i, a, b, c: autograd.take([a, b, c], i)).lower(0.0, 1.0, 2.0, 3.0)
    expected = [1.0, 2.0, 3.0][math.floor(index)] if -3.0 <= index < 3.0 else math.nan
    for backend in BACKENDS:
        assert repr(f.run(index, 1.0, 2.0, 3.0, backend=backend)) == repr(expected)


# --- Random expressions ---


def spread_of_digits(e: Expression) -> bool:
    """Whether float32 holds the point and the constants, and what is computed of them."""
    return all(x == 0.0 or 1e-20 < abs(x) < 1e20 for x in map(float, e.slots(*e.point)))


def rounded(e: Expression) -> Expression | None:
    """The expression at numbers that float32 has; None where that takes it out of its domain."""
    shorter = Expression(
        tuple(float(np.float32(x)) for x in e.point), e.steps, tuple(float(np.float32(x)) for x in e.constants)
    )
    try:
        slopes = grad(shorter.apply, tuple(range(len(e.point))))(*shorter.point)
    except (ArithmeticError, ValueError):
        return None
    return shorter if spread_of_digits(shorter) and all(abs(x) < 1e9 for x in slopes) else None


@each_backend
@examples(8)
@given(e=drawn(TABLE, max_size=10, reach=1e100))
def test_the_gradient_is_the_truth(backend: str, e: Expression) -> None:
    n = len(e.point)
    compiled = jit(value_and_grad(e.apply, tuple(range(n)))).lower(*e.point)
    gradcheck((e.apply, lambda *xs: compiled.run(*xs, backend=backend)[1]), *e.point)


@each_backend
@examples(16)
@given(e=drawn(TABLE, max_size=8, reach=1e9))
def test_the_gradient_in_float32_is_the_truth_to_its_digits(backend: str, e: Expression) -> None:
    shorter = rounded(e)
    assume(shorter is not None)
    assert shorter is not None
    compiled = jit(grad(shorter.apply, tuple(range(len(e.point)))), dtype="float32").lower(*shorter.point)
    gradcheck(
        (shorter.apply, lambda *xs: compiled.run(*xs, backend=backend)), *shorter.point, ulps=ULPS * COARSER["float32"]
    )


@each_dtype
@each_backend
@examples(16)
@given(e=woven(NAMES))
def test_value_and_gradient_are_the_eager_ones(backend: str, dtype: str, e: Expression) -> None:
    check(lambda f: value_and_grad(f, tuple(range(len(e.point)))), e, backend, dtype)


@each_backend
@examples(12)
@given(e=woven(NAMES), v=st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4))
def test_the_hessian_times_a_direction_is_the_eager_one(backend: str, e: Expression, v: list[float]) -> None:
    check(by_list(lambda f: lambda xs: hvp(f, xs, v[: len(xs)])), e, backend)
