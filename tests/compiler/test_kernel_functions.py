"""The kernel's functions against 60 digits, over the whole range, for every real type and instruction set."""

import functools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from autograd.compiler import ieee, kernel
from autograd.compiler.backends.by_numpy import ufuncs
from autograd.compiler.kernel.words import FUNCTIONS, FUNCTIONS1, FUNCTIONS2, OPS
from autograd.compiler.program import EQUAL, LESS, LESS_EQUAL, SELECT, TAKE
from autograd.compiler.source import c as source_c
from autograd.compiler.source import python as source_python
from autograd.engine.rules import RULES, Rule

pytestmark = pytest.mark.skipif(not kernel.available(), reason="there is no compiled kernel")
REALS = ["float64", "float32"]
SETS = list(kernel.instruction_sets()) if kernel.available() else []
MOST_ULPS = 4.0
INF, NAN = math.inf, math.nan


def exact_mod(a, b):
    """Also where the quotient has hundreds of digits."""
    rest = Fraction(a) % Fraction(b)
    return mpmath.mpf(rest.numerator) / rest.denominator


TRUTH_1 = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "sqrt": mpmath.sqrt,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sech": mpmath.sech,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: mpmath.mpf(0) if x < -1000 else x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "erf": mpmath.erf,
    "erfc": lambda x: mpmath.mpf(0) if x > 1000 else mpmath.erfc(x),
    "sign": mpmath.sign,
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(abs(x)),
    "round": mpmath.nint,
    "abs": abs,
}
TRUTH_2 = {
    "ratio": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "mod": lambda a, b: exact_mod(float(a), float(b)),
    "floordiv": lambda a, b: mpmath.floor(a / b),
    "maximum": max,
    "minimum": min,
    "hypot": mpmath.hypot,
    "atan2": mpmath.atan2,
    "leaky_relu": lambda a, b: a if a > 0 else a * b,
    "elu": lambda a, b: a if a > 0 else b * mpmath.expm1(a),
    "less": lambda a, b: mpmath.mpf(a < b),
    "less_equal": lambda a, b: mpmath.mpf(a <= b),
    "equal": lambda a, b: mpmath.mpf(a == b),
}
# What they are at the edges: (operand, result). -0.0 and 0.0 differ.
EDGES_1 = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0)],
    "log": [(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (INF, INF), (-1.0, NAN), (-INF, NAN), (-1e-300, NAN)],
    "log1p": [(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (-1.5, NAN), (INF, INF), (-INF, NAN)],
    "log2": [(0.0, -INF), (8.0, 3.0), (0.125, -3.0), (INF, INF), (-1.0, NAN), (-INF, NAN)],
    "log10": [(0.0, -INF), (1.0, 0.0), (1000.0, 3.0), (INF, INF), (-1.0, NAN), (-INF, NAN)],
    "sqrt": [(0.0, 0.0), (-0.0, -0.0), (4.0, 2.0), (INF, INF), (-1.0, NAN), (-INF, NAN)],
    "cbrt": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF)],
    "sin": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN)],
    "tan": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN)],
    "asin": [(0.0, 0.0), (-0.0, -0.0), (1.5, NAN), (-INF, NAN)],
    "acos": [(1.0, 0.0), (1.5, NAN), (INF, NAN)],
    "atan": [(0.0, 0.0), (-0.0, -0.0)],
    "sinh": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF)],
    "cosh": [(0.0, 1.0), (INF, INF), (-INF, INF)],
    "tanh": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0)],
    "sech": [(0.0, 1.0), (INF, 0.0), (-INF, 0.0)],
    "asinh": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF)],
    "acosh": [(1.0, 0.0), (0.5, NAN), (INF, INF), (-INF, NAN)],
    "atanh": [(0.0, 0.0), (-0.0, -0.0), (1.0, INF), (-1.0, -INF), (1.5, NAN)],
    "sigmoid": [(0.0, 0.5), (INF, 1.0), (-INF, 0.0)],
    "softplus": [(INF, INF), (-INF, 0.0)],
    "relu": [(0.0, 0.0), (-0.0, 0.0), (INF, INF), (-INF, 0.0)],
    "silu": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -0.0)],
    "gelu": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -0.0)],
    "erf": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0)],
    "erfc": [(0.0, 1.0), (INF, 0.0), (-INF, 2.0)],
    "sign": [(0.0, 0.0), (-0.0, -0.0), (3.0, 1.0), (-3.0, -1.0), (INF, 1.0), (-INF, -1.0)],
    "floor": [(0.0, 0.0), (-0.0, 0.0), (-0.5, -1.0), (2.5, 2.0), (INF, INF), (-INF, -INF)],
    "ceil": [(0.0, 0.0), (-0.0, 0.0), (-0.5, 0.0), (2.5, 3.0), (-2.5, -2.0), (INF, INF), (-INF, -INF)],
    "trunc": [(0.0, 0.0), (-0.0, 0.0), (-0.5, 0.0), (2.5, 2.0), (-2.5, -2.0), (INF, INF), (-INF, -INF)],
    "round": [
        *[(0.0, 0.0), (-0.0, 0.0), (-0.5, 0.0), (0.5, 0.0), (1.5, 2.0), (2.5, 2.0), (-1.5, -2.0), (-2.5, -2.0)],
        *[(0.49999999999999994, 0.0), (3.5, 4.0), (INF, INF), (-INF, -INF)],
    ],
    "abs": [(-0.0, 0.0), (-2.0, 2.0), (INF, INF), (-INF, INF)],
}
EDGES_2 = {
    "ratio": [(1.0, 0.0, INF), (-1.0, 0.0, -INF), (1.0, -0.0, -INF), (0.0, 0.0, NAN), (INF, INF, NAN), (1.0, INF, 0.0)],
    "pow": [
        *[(0.0, 0.0, 1.0), (NAN, 0.0, 1.0), (1.0, NAN, 1.0), (-8.0, 1 / 3, NAN), (-2.0, 3.0, -8.0), (0.0, -1.0, INF)],
        *[(-0.0, -1.0, -INF), (0.0, 0.5, 0.0), (-0.0, 0.5, 0.0), (INF, 0.5, INF), (-INF, 0.5, INF), (0.0, -0.5, INF)],
        *[(-1.0, 0.5, NAN), (-1.0, -1.5, NAN), (-INF, 3.0, -INF), (INF, -2.0, 0.0), (-INF, -3.0, -0.0)],
        *[(0.0, -1.5, INF), (-0.0, 3.0, -0.0), (-2.0, -2.0, 0.25), (-0.0, -3.0, -INF), (0.0, 2.5, 0.0)],
    ],
    "mod": [
        *[
            (5.0, 3.0, 2.0),
            (-5.0, 3.0, 1.0),
            (5.0, -3.0, -1.0),
            (-5.0, -3.0, -2.0),
            (6.0, -3.0, -0.0),
            (-6.0, 3.0, 0.0),
        ],
        *[(1.0, INF, 1.0), (-1.0, INF, INF), (1.0, -INF, -INF), (INF, 2.0, NAN), (1.0, 0.0, NAN), (NAN, 1.0, NAN)],
    ],
    "floordiv": [
        *[(5.0, 3.0, 1.0), (-5.0, 3.0, -2.0), (5.0, -3.0, -2.0), (-5.0, -3.0, 1.0), (6.0, -3.0, -2.0)],
        *[(1.0, INF, 0.0), (-1.0, INF, -1.0), (1.0, 0.0, INF), (-1.0, 0.0, -INF), (0.0, 0.0, NAN), (1.0, NAN, NAN)],
    ],
    "maximum": [(1.0, 2.0, 2.0), (NAN, 1.0, NAN), (1.0, NAN, NAN), (INF, -INF, INF)],
    "minimum": [(1.0, 2.0, 1.0), (NAN, 1.0, NAN), (1.0, NAN, NAN), (INF, -INF, -INF)],
    "hypot": [(0.0, 0.0, 0.0), (INF, 1.0, INF), (3.0, 4.0, 5.0)],
    "atan2": [(0.0, 1.0, 0.0), (-0.0, 1.0, -0.0), (0.0, 0.0, 0.0)],
    "leaky_relu": [(-INF, 0.5, -INF), (INF, 0.5, INF), (-0.0, 0.5, -0.0), (NAN, 0.5, NAN)],
    "elu": [(-INF, 2.0, -2.0), (INF, 2.0, INF), (-0.0, 2.0, -0.0), (NAN, 2.0, NAN)],
    "less": [(1.0, 2.0, 1.0), (2.0, 2.0, 0.0), (NAN, 1.0, 0.0), (1.0, NAN, 0.0), (-INF, INF, 1.0)],
    "less_equal": [(1.0, 2.0, 1.0), (2.0, 2.0, 1.0), (NAN, 1.0, 0.0), (1.0, NAN, 0.0)],
    "equal": [(1.0, 2.0, 0.0), (2.0, 2.0, 1.0), (NAN, NAN, 0.0), (0.0, -0.0, 1.0)],
}


def applied(name, operands, real, instruction_set, uniform=False, width=2):
    """The function of arrays, as a varying section's instruction or as a uniform section's."""
    n, arity = len(operands[0]), len(operands)
    memory = np.zeros((arity + 1) * n, real)
    for i, operand in enumerate(operands):
        memory[i * n : (i + 1) * n] = operand
    function = FUNCTIONS[name]
    if uniform:
        words = [OPS[f"U_CALL{arity}"], function, n]
        for i in range(n):
            words += [arity * n + i, *(k * n + i for k in range(arity))]
        section = kernel.Section(False, 0, len(words))
    else:
        words = [OPS["V_LOAD"], arity]
        for i in range(arity):
            words += [i, i * n, 1]
        words += [OPS[f"V_CALL{arity}"], function, *([0] if arity == 2 else []), 1, arity, *range(arity)]
        words += [OPS["V_STORE"], 1, arity, arity * n, 1]
        section = kernel.Section(True, 0, len(words), width, n, arity + 1)
    kernel.Code(words, [section], len(memory), real).run(memory, instruction_set=instruction_set)
    return memory[arity * n :]


@functools.cache
def numbers(real):
    """Finite numbers of the whole range: near 0, 1, the multiples of π/2, every binade, subnormals, the largest."""
    random, info = np.random.default_rng(1), np.finfo(real)
    signs = random.choice([-1.0, 1.0], 110)
    parts = [random.uniform(-size, size, 60) for size in (1.0, 6.0, 40.0, 110.0, 750.0)]
    parts += [np.exp2(random.uniform(-1074 if real == "float64" else -149, info.maxexp, 110)) * signs]
    parts += [np.exp2(random.uniform(-30.0, 3.0, 110)) * signs, 1.0 + random.uniform(-1e-3, 1e-3, 40)]
    parts += [np.pi / 2 * np.concatenate([np.arange(1, 9), random.integers(1, 60000, 30)])]
    parts += [[info.tiny, info.smallest_subnormal, info.max, -info.max, 1e5, 1.00001e5, 1e10, 0.5, -0.5, 1.0, -1.0]]
    parts += [
        [26.5, 27.2, -27.2, 38.4, -38.4, 88.7, 89.0, -87.3, -103.9, 709.7, 709.79, -708.4, -745.1, -745.2, -715.0]
    ]
    with np.errstate(over="ignore"):
        return np.concatenate([np.asarray(part, "float64").astype(real) for part in parts])


@functools.cache
def truths(name, real):
    with mpmath.workdps(60):
        return [truth_of(TRUTH_1[name], x) for x in numbers(real)]


def truth_of(function, *operands):
    """The function's value, None where it has none."""
    try:
        y = function(*(mpmath.mpf(float(x)) for x in operands))
    except (ValueError, ZeroDivisionError):
        return None
    return y if isinstance(y, mpmath.mpf) and mpmath.isfinite(y) else None


def ulps(computed, truth, real):
    """How far a number is from the truth, in units of the truth's last place (or the subnormals' spacing)."""
    info = np.finfo(real)
    with mpmath.workdps(60):
        if math.isinf(computed):  # right if the truth rounds to it, or nearly
            return 0.0 if computed * truth > 0 and abs(truth) >= float(info.max) * (1 - 4 * float(info.eps)) else INF
        exponent = info.minexp if truth == 0 else max(info.minexp, int(mpmath.floor(mpmath.log(abs(truth), 2))))
        return float(
            abs(mpmath.mpf(float(computed)) - truth) / mpmath.mpf(2) ** (min(exponent, info.maxexp) - info.nmant)
        )


def assert_close(name, operands, computed, expected, real):
    for *operand, y, truth in zip(*operands, computed, expected):
        if truth is None:
            continue
        assert not math.isnan(y), f"{name}{tuple(operand)} is NaN, not {mpmath.nstr(truth)}"
        error = ulps(y, truth, real)
        assert error <= MOST_ULPS, f"{name}{tuple(operand)} = {y!r} is {error:.2f} ulp from {mpmath.nstr(truth, 20)}"


def same(a, b):
    return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))


def test_every_function_has_a_truth_and_edges():
    assert set(FUNCTIONS1) == set(TRUTH_1) == set(EDGES_1)
    assert set(FUNCTIONS2) == set(TRUTH_2) == set(EDGES_2)


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", TRUTH_1)
def test_functions_of_one_are_within_4_ulp(name, real):
    x = numbers(real)
    for instruction_set in SETS:
        y = applied(name, [x], real, instruction_set)
        assert_close(name, [x], y, truths(name, real), real)
        uniform = applied(name, [x], real, instruction_set, uniform=True)
        assert_close(name, [x], uniform, truths(name, real), real)


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", TRUTH_1)
def test_functions_of_one_at_the_edges(name, real):
    x = [at for at, _ in EDGES_1[name]] + [NAN]
    expected = [y for _, y in EDGES_1[name]] + [NAN]
    for instruction_set in SETS:
        for uniform in (False, True):
            computed = applied(name, [x], real, instruction_set, uniform)
            for at, y, truth in zip(x, computed, expected):
                if real == "float64" or float(np.float32(at)) == at or math.isnan(at):
                    assert same(y, truth), f"{name}({at}) = {y}, not {truth} ({instruction_set})"


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", TRUTH_2)
def test_functions_of_two_are_within_4_ulp(name, real):
    random, x = np.random.default_rng(2), numbers(real)
    a = np.concatenate([random.choice(x, 150), random.uniform(-5, 5, 150)]).astype(real)
    b = np.concatenate([random.choice(x, 150), random.uniform(-5, 5, 150)]).astype(real)
    if name == "pow":
        a = abs(a)
    b[:10] = a[:10]
    with mpmath.workdps(60):
        expected = [None if name == "pow" and is_extreme(p, q) else truth_of(TRUTH_2[name], p, q) for p, q in zip(a, b)]
    for instruction_set in SETS:
        assert_close(name, [a, b], applied(name, [a, b], real, instruction_set), expected, real)
        assert_close(name, [a, b], applied(name, [a, b], real, instruction_set, uniform=True), expected, real)


def is_extreme(a, b):
    return a == 0 or abs(float(b) * math.log2(float(a))) > 1e4  # mpmath would compute numbers of a million digits


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", TRUTH_2)
def test_functions_of_two_at_the_edges(name, real):
    a, b, expected = zip(*EDGES_2[name])
    for instruction_set in SETS:
        for uniform in (False, True):
            for p, q, y, truth in zip(a, b, applied(name, [a, b], real, instruction_set, uniform), expected):
                assert same(y, truth), f"{name}({p}, {q}) = {y}, not {truth} ({instruction_set})"


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize(
    "exponent", [0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 2.5, 3.0, -3.5, 4.0, -4.0, 0.0, 0.25, 7.5]
)
def test_powers_with_a_uniform_exponent(exponent, real):
    x = np.concatenate([numbers(real), [at for at, *_ in EDGES_2["pow"]]]).astype(real)
    n = len(x)
    memory = np.concatenate([x, np.zeros(n, real), np.array([exponent], real)])
    words = [OPS["V_LOAD"], 1, 0, 0, 1, OPS["V_CALL2"], FUNCTIONS["pow"], 1, 1, 1, 0, 2 * n]
    words += [OPS["V_STORE"], 1, 1, n, 1]
    code = kernel.Code(words, [kernel.Section(True, 0, len(words), 4, n, 2)], len(memory), real)
    with mpmath.workdps(60):
        expected = [truth_of(TRUTH_2["pow"], p, exponent) if abs(p) > 0 else None for p in x]
    for instruction_set in SETS:
        code.run(memory, instruction_set=instruction_set)
        assert_close(f"pow {exponent}", [x], memory[n : 2 * n], expected, real)
        with np.errstate(all="ignore"):
            at_the_edges = np.power(x.astype("float64"), np.full(n, exponent)).astype(real)
        for p, y, truth, edge in zip(x, memory[n:], expected, at_the_edges):
            assert truth is not None or same(y, edge), f"{p} ** {exponent} = {y}, not {edge}"


# --- What the rule table computes exactly, the kernel does, to the bit. ---

SPECIALS = [
    *(sign * x for x in (0.0, INF, 0.5, 1.5, 2.5, 3.5, 1.0, 2.0) for sign in (1.0, -1.0)),
    *(sign * x for x in (1e-320, 5e-324, 1e-300, 1e300) for sign in (1.0, -1.0)),
    *(sign * math.nextafter(x, to) for x in (0.5, 1.0, 1.5, 2.0) for to in (-INF, INF) for sign in (1.0, -1.0)),
    *(sign * (2.0**power + part) for power in (22, 23, 24, 51, 52, 53, 62) for part in (-1, -0.5, 0, 0.5, 1)
      for sign in (1.0, -1.0)),
    NAN,
]  # fmt: skip


@functools.cache
def specials(real):
    with np.errstate(over="ignore"):
        return np.array(SPECIALS).astype(real)


def assert_same(name, computed, operands, instruction_set):
    """The kernel's numbers are those of the row, rounded to the kernel's type."""
    for *at, y in zip(*operands, computed):
        with np.errstate(over="ignore"):
            right = float(y.dtype.type(RULES[name].total(*map(float, at))))
        assert same(float(y), right), f"{name}{tuple(at)} = {y}, not {right} ({instruction_set})"


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", ["sign", "floor", "ceil", "trunc", "round", "relu", "abs"])
def test_exact_functions_of_one_are_those_of_the_rule_table(name, real):
    x = np.concatenate([numbers(real), specials(real)])
    for instruction_set in SETS:
        for uniform in (False, True):
            assert_same(name, applied(name, [x], real, instruction_set, uniform), [x], instruction_set)


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("name", ["mod", "floordiv", "maximum", "minimum"])
def test_exact_functions_of_two_are_those_of_the_rule_table(name, real):
    random, x = np.random.default_rng(3), np.concatenate([numbers(real), specials(real)])
    pairs = np.array([(a, b) for a in specials(real)[::3] for b in specials(real)[1::3]])
    a = np.concatenate([random.choice(x, 500), pairs[:, 0], random.integers(-9, 9, 100)]).astype(real)
    b = np.concatenate([random.choice(x, 500), pairs[:, 1], random.integers(-4, 4, 100)]).astype(real)
    if name in ("maximum", "minimum"):  # of two zeros, either
        a, b = a[(a != 0) | (b != 0)], b[(a != 0) | (b != 0)]
    for instruction_set in SETS:
        for uniform in (False, True):
            assert_same(name, applied(name, [a, b], real, instruction_set, uniform), [a, b], instruction_set)


# --- The list of what back ends compute themselves is one ---


def test_every_back_end_has_the_same_functions():
    native = {rule.name: rule.arity for rule in ieee.NATIVE}
    assert len(native) == len(ieee.NATIVE)
    assert all(rule is RULES[rule.name] for rule in ieee.NATIVE)
    compared = {head.name: 2 for head in (LESS, LESS_EQUAL, EQUAL)}
    for arity in (1, 2):
        assert set(FUNCTIONS1 if arity == 1 else FUNCTIONS2) == {
            name for name, n in {**native, **compared}.items() if n == arity
        }
    assert set(source_c.FUNCTIONS) == set(source_python.FUNCTIONS) == set(native)
    assert set(ieee.FUNCTIONS) == {*ieee.NATIVE, LESS, LESS_EQUAL, EQUAL, SELECT, TAKE}
    assert set(ufuncs()) == set(ieee.FUNCTIONS)
    assert {head for head in ieee.FUNCTIONS if isinstance(head, Rule)} == set(ieee.NATIVE)
