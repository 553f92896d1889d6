"""Generated sources: Python that is executed and C that is compiled, held against the interpreters."""

from __future__ import annotations

import ast
import ctypes
import itertools
import math
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from autograd import grad, maximum, mean, sigmoid, sin, softmax, take, tanh, value_and_grad, where
from autograd.compiler import ieee, jit, vmap
from autograd.compiler.compiled import Compiled
from autograd.compiler.passes.simplify import simplify
from autograd.compiler.program import COLUMN, CONSTANT, NONE, REDUCE, SUM, SUMS, Program
from autograd.compiler.record.arguments import Arguments
from autograd.compiler.source.c import to_c
from autograd.compiler.source.formulas import WIDTH, outputs_of
from autograd.compiler.source.javascript import to_javascript
from autograd.compiler.source.python import HELPERS, to_python
from autograd.compiler.source.returning import takes_sequence
from nn import W8Network
from tests.compiler import javascript
from tests.compiler.javascript import needs_node
from tests.compiler.programs import Case, assert_close, assert_equal, examples, interpreted, programs
from tests.test_w8 import INPUTS, TARGETS, WEIGHTS

FLAGS: Final = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
COMPILER: Final = shutil.which("cc")
needs_cc = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")

NASTY: Final = (
    "", " ", "w", "w[0]", "w_0", "lambda", "for", "double", "exp", "sigmoid", "math", "inputs", "in", "out", "s", "f",
    "None", "print", "*/ int x;", "/* //", "a\nb", "a\\", "??/", "//", "1", "_", "__class__", "∂E/∂w₁", "σ(h)", "名前",
    'x"""', "'", "%d", "{0}", "\x00", "\ud800", "\u202e", "v3", "x" * 300, "INFINITY", "y1", "all_v", "result_0",
)  # fmt: skip


def python_function(source: str, name: str = "f") -> Callable[..., Any]:
    """The function that the source defines. It may import ``math`` and nothing else."""
    tree = ast.parse(source)
    imported = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert all(isinstance(node, ast.Import) and [x.name for x in node.names] == ["math"] for node in imported)
    assert source.isascii()
    scope: dict[str, Any] = {}
    exec(compile(source, "<generated>", "exec"), scope)
    return scope[name]


def run_source(program: Program | Compiled, numbers: Sequence[float]) -> list[Any]:
    """The outputs, as the interpreter gives them, computed by the generated Python."""
    source = to_python(program) if isinstance(program, Program) else program.to_python()
    program = program if isinstance(program, Program) else program.program
    f = python_function(source)
    results = f(numbers) if f.__code__.co_varnames[: f.__code__.co_argcount] == ("inputs",) else f(*numbers)
    return list(results) if len(program.outputs) != 1 else [results]


def c_function(source: str, folder: Path, name: str = "f", *flags: str, compiler: str | None = COMPILER) -> Any:
    """The compiled function; compiling must give no warning."""
    assert source.isascii()
    (folder / "f.c").write_text(source)
    library = folder / f"f{next(_numbers)}.so"
    command = [compiler, *FLAGS, *flags, "-shared", "-fPIC", "f.c", "-o", str(library), "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stderr}\n{source}"
    return getattr(ctypes.CDLL(str(library)), name)


_numbers = itertools.count()


def run_c(program: Program | Compiled, numbers: Sequence[float], folder: Path, dtype: str = "float64") -> list[Any]:
    """The outputs, as the interpreter gives them, computed by the generated C."""
    if isinstance(program, Program):
        source, layout = to_c(program, dtype=dtype), outputs_of(program, None)
    else:
        source, layout = program.to_c(), outputs_of(program.program, program.results)
    function = c_function(source, folder)
    real = {"float64": ctypes.c_double, "float32": ctypes.c_float}[dtype]
    size = max([output.start + output.stride * max(output.samples - 1, 0) for output in layout], default=0) + 1
    given_ = np.array([*numbers, 0.0], dtype=dtype)
    out = np.full(size, 1234.5, dtype=dtype)
    function(given_.ctypes.data_as(ctypes.POINTER(real)), out.ctypes.data_as(ctypes.POINTER(real)))
    results: list[Any] = []
    for output in layout:
        last = output.start + output.stride * max(output.samples - 1, 0)
        results.append(out[output.start : last + 1 : output.stride].tolist() if output.samples else out[output.start])
    return results


def run_javascript(program: Program | Compiled, numbers: Sequence[float]) -> list[Any]:
    """The outputs, as the interpreter gives them, computed by the generated JavaScript."""
    source = to_javascript(program) if isinstance(program, Program) else program.to_javascript()
    assert source.isascii()
    program = program if isinstance(program, Program) else program.program
    arguments = [list(numbers)] if takes_sequence(program) else list(numbers)
    (results,) = javascript.run(source, [arguments])
    return results if len(program.outputs) != 1 else [results]


def simplified(case: Case) -> Case:
    return Case(simplify(case.program), case.numbers)


# --- Random programs: every instruction, in and outside of batches ---


@given(programs(exact=True).map(simplified))
def test_generated_python_computes_what_the_program_says(case: Case) -> None:
    assert_equal(case, run_source(*case), to_python(case.program))


@given(programs().map(simplified))
def test_generated_python_computes_any_program_as_closely_as_rounding_allows(case: Case) -> None:
    assert_close(case, run_source(*case), note=to_python(case.program))


@given(programs().map(simplified))
def test_generated_python_rounds_as_the_interpreter_does(case: Case) -> None:
    """Bit for bit; where a sum is zero, its sign isn't kept, and a pole may be on the other side."""
    program, numbers = case
    sums = [program.inputs + i for i, (head, _, _) in enumerate(program.ops) if head in SUMS]
    computed = interpreted(Program(program.inputs, program.ops, sums), numbers)
    assume(not any(x == 0.0 for value in computed for x in (value if isinstance(value, list) else [value])))
    assert list(map(bits, run_source(program, numbers))) == list(map(bits, interpreted(program, numbers)))


def bits(x: Any) -> Any:
    return list(map(bits, x)) if isinstance(x, list) else "nan" if x != x else float(x).hex()


@needs_cc
@examples(8)
@given(programs(exact=True).map(simplified))
def test_generated_c_computes_what_the_program_says(folder: Path, case: Case) -> None:
    assert_equal(case, run_c(*case, folder), to_c(case.program))


@needs_cc
@examples(8)
@given(programs().map(simplified))
def test_generated_c_computes_any_program_as_closely_as_rounding_allows(folder: Path, case: Case) -> None:
    assert_close(case, run_c(*case, folder), note=to_c(case.program))


@needs_cc
@examples(8)
@given(programs(exact=True, dtype="float32").map(simplified))
def test_generated_c_of_float32_computes_what_the_program_says(folder: Path, case: Case) -> None:
    program, numbers = case
    source = to_c(program, dtype="float32")
    assert "double" not in source
    assert_equal(case, run_c(program, numbers, folder, "float32"), source)


@needs_node
@given(programs(exact=True).map(simplified))
def test_generated_javascript_computes_what_the_program_says(case: Case) -> None:
    assert_equal(case, run_javascript(*case), to_javascript(case.program))


@needs_node
@given(programs().map(simplified))
def test_generated_javascript_computes_any_program_as_closely_as_rounding_allows(case: Case) -> None:
    assert_close(case, run_javascript(*case), note=to_javascript(case.program))


# --- Functions ---


POINTS: Final = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, 3.0, -3.0, 30.0, 800.0, -800.0, math.inf, -math.inf, math.nan)


def all_functions() -> Program:
    """Each function of the table that a program may have, of two inputs."""
    ops = [(rule, (0, 1)[: rule.arity], 0) for rule in ieee.NATIVE]
    return Program(2, ops, list(range(2, 2 + len(ops))))


def test_every_function_gives_in_python_what_the_interpreter_gives() -> None:
    program = all_functions()
    f = python_function(to_python(program))
    for a, b in itertools.product(POINTS, repeat=2):
        for (rule, _, _), ours, right in zip(program.ops, f(a, b), interpreted(program, (a, b))):
            assert repr(ours) == repr(right), f"{rule.name}({a}, {b})"


def test_functions_that_math_lacks_are_written_as_in_floats() -> None:
    """But for annotations and symbols."""
    own = ast.parse((Path(autograd.__file__).parent / "engine" / "floats.py").read_text("utf-8"))
    bodies = {node.name: node.body[1:] for node in own.body if isinstance(node, ast.FunctionDef)}
    assert {"sigmoid", "power_of_all", "cbrt", "round_half_even"} <= set(bodies) & set(HELPERS)
    for name, text in HELPERS.items():
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= WIDTH
        (node,) = ast.parse(text).body
        if isinstance(node, ast.FunctionDef):
            assert ast.get_docstring(node)
            assert not any(x.annotation for x in node.args.args)
            if name in bodies:
                assert list(map(ast.dump, node.body[1:])) == list(map(ast.dump, bodies[name]))


@needs_cc
@pytest.mark.parametrize(("dtype", "ulp"), [("float64", 2.0**-52), ("float32", 2.0**-23)])
def test_every_function_gives_in_c_what_the_interpreter_gives(folder: Path, dtype: str, ulp: float) -> None:
    program = all_functions()
    function = c_function(to_c(program, dtype=dtype), folder)
    real = {"float64": ctypes.c_double, "float32": ctypes.c_float}[dtype]
    out = (real * len(program.outputs))()
    for a, b in itertools.product([x for x in POINTS if dtype == "float64" or abs(x) != 800.0], repeat=2):
        function((real * 2)(a, b), out)
        for (rule, _, _), ours, right in zip(program.ops, out, interpreted(program, (a, b))):
            at = f"{rule.name}({a}, {b}): {ours}, not {right}"
            if math.isfinite(right) and (dtype == "float64" or 1e-37 < abs(right) < 1e38):
                assert abs(ours - right) <= 8.0 * ulp * abs(right), at
            elif not math.isfinite(right):
                assert repr(ours) == repr(right), at


@needs_node
def test_every_function_gives_in_javascript_what_the_interpreter_gives() -> None:
    """To 8 ulp; but for gelu, where the interpreter rounds an exponent. What is infinite or NaN exactly."""
    program = all_functions()
    more = [x * 1.37 for x in (0.01, 0.3, -0.3, 0.9, -0.9, 1.5, 5.0, -5.0, 20.0, -20.0)]
    pairs = [*itertools.product(POINTS, repeat=2), *itertools.product(more, repeat=2)]
    for (a, b), results in zip(pairs, javascript.run(to_javascript(program), pairs)):
        for (rule, _, _), ours, right in zip(program.ops, results, interpreted(program, (a, b))):
            at = f"{rule.name}({a}, {b}): {ours}, not {right}"
            if math.isfinite(right):
                ulps = 8.0 + (min(a * a, 1e4) if rule.name == "gelu" else 0.0)
                assert abs(ours - right) <= ulps * 2.0**-52 * abs(right), at
            else:
                assert repr(ours) == repr(right), at


@needs_cc
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constants_are_exact(folder: Path, dtype: str) -> None:
    numbers = (
        0.1, -0.0, 1e22, -2.5, 5e-324, 1e-40, 1.797e308, -1e300, 3.4e38, math.inf, -math.inf, math.nan, 1 / 3,
    )  # fmt: skip
    program = Program(0, [(CONSTANT, (x,), 0) for x in numbers], list(range(len(numbers))))
    with np.errstate(over="ignore"):
        expected = np.array(numbers).astype(dtype)
    assert [float(x).hex() for x in run_c(program, (), folder, dtype)] == [float(x).hex() for x in expected]
    if dtype == "float64":
        assert list(map(repr, run_source(program, ()))) == list(map(repr, numbers))


@needs_node
def test_constants_are_exact_in_javascript() -> None:
    numbers = (0.1, -0.0, 1e22, 1e15, -2.5, 3.0, 5e-324, 1.797e308, math.inf, -math.inf, math.nan, 1 / 3)
    program = Program(0, [(CONSTANT, (x,), 0) for x in numbers], list(range(len(numbers))))
    assert list(map(repr, run_javascript(program, ()))) == list(map(repr, numbers))


# --- Functions as people write them ---


def w8(
    w1: Any, w2: Any, w3: Any, w4: Any, w5: Any, w6: Any, w7: Any, w8: Any, i1: Any, i2: Any, t1: Any, t2: Any
) -> Any:
    """The document's network, with the document's names."""
    h1 = w1 * i1 + w2 * i2
    h2 = w3 * i1 + w4 * i2
    a_h1, a_h2 = sigmoid(h1), sigmoid(h2)
    o1 = w5 * a_h1 + w6 * a_h2
    o2 = w7 * a_h1 + w8 * a_h2
    a_o1, a_o2 = sigmoid(o1), sigmoid(o2)
    E1, E2 = 1 / 2 * (t1 - a_o1) ** 2, 1 / 2 * (t2 - a_o2) ** 2
    E_total = E1 + E2
    named = {"h1": h1, "h2": h2, "a_h1": a_h1, "a_h2": a_h2, "o1": o1, "o2": o2, "a_o1": a_o1, "a_o2": a_o2}
    for label, value in {**named, "E_total": E_total}.items():
        value.label = label
    return E_total


def w8_truth() -> list[float]:
    """The value and the gradient, eagerly."""
    net = W8Network(WEIGHTS)
    loss = net.loss(INPUTS, TARGETS)
    loss.backward()
    return [loss.data, *(w.grad for w in net.parameters())]


def test_the_document_s_network_in_python() -> None:
    compiled = jit(value_and_grad(w8, tuple(range(8)))).lower(*WEIGHTS, *INPUTS, *TARGETS)
    source = compiled.to_python("network")
    results = python_function(source, "network")(*WEIGHTS, *INPUTS, *TARGETS)
    assert list(results) == pytest.approx(w8_truth(), rel=1e-14, abs=0)
    assert list(results) == interpreted(compiled.program, [*WEIGHTS, *INPUTS, *TARGETS])
    assert "def network(w1, w2, w3, w4, w5, w6, w7, w8, i1, i2, t1, t2):\n" in source
    assert "    a_h1 = sigmoid(h1)\n" in source
    assert "    dE_total_dw5 = a_h1 * dE_total_do1  # result[1][4]\n" in source


@needs_cc
def test_the_document_s_network_in_c(folder: Path) -> None:
    compiled = jit(value_and_grad(w8, tuple(range(8)))).lower(*WEIGHTS, *INPUTS, *TARGETS)
    results = run_c(compiled, [*WEIGHTS, *INPUTS, *TARGETS], folder)
    assert results == pytest.approx(w8_truth(), rel=1e-13, abs=0)


def step(w: Any, xs: Any, ys: Any) -> Any:
    """One step of training a network with four hidden units; the whole batch at once."""

    def loss(w: Any) -> Any:
        def error(x: Any, y: Any) -> Any:
            hidden = [tanh(w["a"][k] * x + w["b"][k]) for k in range(4)]
            return (autograd.dot(w["c"], hidden) + w["d"] - y) ** 2

        return mean(vmap(error)(xs, ys))

    slopes = grad(loss)(w)
    return {
        key: [x - 0.3 * d for x, d in zip(w[key], slopes[key])] if key != "d" else w["d"] - 0.3 * slopes["d"]
        for key in w
    }


def trained(one_step: Callable[[list[float]], list[float]], weights: list[float]) -> list[float]:
    for _ in range(300):
        weights = one_step(weights)
    return weights


@pytest.mark.parametrize(
    "language",
    ["python", pytest.param("c", marks=needs_cc), pytest.param("javascript", marks=needs_node)],
)
def test_a_net_trains_in_generated_code(language: str, folder: Path) -> None:
    xs = np.linspace(-1.0, 1.0, 9)
    ys = np.sin(2.0 * xs)
    start = {"a": [0.5, -1.0, 1.5, 2.0], "b": [0.1, 0.2, -0.3, 0.0], "c": [0.3, -0.2, 0.1, 0.4], "d": 0.0}
    compiled = jit(step).lower(start, xs, ys)
    flat = [*start["a"], *start["b"], *start["c"], 0.0]
    data = [*xs.tolist(), *ys.tolist()]
    if language == "python":
        f = python_function(compiled.to_python())
        result = trained(lambda w: list(f([*w, *data])), flat)
    elif language == "javascript":
        source = compiled.to_javascript()
        result = trained(lambda w: list(javascript.run(source, [[[*w, *data]]])[0]), flat)
    else:
        function = c_function(compiled.to_c(), folder)
        out = (ctypes.c_double * 13)()

        def one_step(w: list[float]) -> list[float]:
            function((ctypes.c_double * 31)(*w, *data), out)
            return list(out)

        result = trained(one_step, flat)
    right = trained(lambda w: interpreted(compiled.program, [*w, *data]), flat)
    assert result == pytest.approx(right, rel=1e-9)
    a, b, c, d = np.array(result[:4]), np.array(result[4:8]), np.array(result[8:12]), result[12]
    assert np.mean((np.tanh(np.outer(xs, a) + b) @ c + d - ys) ** 2) < 0.01


def standardised(xs: Any) -> Any:
    """A batch whose samples need what was added up over the batch before: three loops, and lists between them."""
    centred = vmap(lambda x, m: x - m, in_axes=(0, None))(xs, mean(vmap(lambda x: x)(xs)))
    spread = mean(vmap(lambda c: c * c)(centred))
    return vmap(lambda c, v: c / (v + 1e-5) ** 0.5, in_axes=(0, None))(centred, spread), spread


def functions() -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Functions that use what the random programs don't write as people do, with arguments."""
    xs = np.array([0.5, -1.0, 2.0, 0.25])
    return {
        "where": (lambda x, y: where((x > 0) & (y < 1), x * y, x - y), (0.5, 0.25)),
        "both where": (lambda x: where(x > 1, x, where(x > 0, x * x, -x)), (0.5,)),
        "take": (lambda i, a, b: take([a, 2.0, b, a * b], i), (3.0, 1.5, 2.5)),
        "softmax": (lambda xs: softmax(list(xs)), (xs,)),
        "two sequences": (lambda p: {"sum": p["a"] + p["b"][0], "rest": p["b"]}, ({"a": 1.0, "b": [2.0, 3.0]},)),
        "constants": (lambda x: (x, 2.5, x, [-1.0, math.inf]), (1.5,)),
        "nothing": (lambda x: (), (1.0,)),
        "matrix": (lambda m: m @ m, (np.arange(4.0).reshape(2, 2),)),
        "batch": (lambda w, x: vmap(lambda x: (x * w, w, x, 1.0))(x), (2.0, xs)),
        "backwards": (lambda x: vmap(lambda a, b: a - 2 * b)(x, x[::-1]), (xs,)),
        "data": (lambda w: vmap(lambda x: (maximum(w * x, 0.5), x))(np.array([0.1, 7.0, -3.0])), (2.0,)),
        "matrices": (lambda x: vmap(lambda row: (row * 2, row[0] * row[1]))(x), (np.arange(6.0).reshape(3, 2),)),
        "standardised": (standardised, (xs,)),
        "gradient through a batch": (grad(lambda x: autograd.sum(vmap(sin)(standardised(x)[0]))), (xs,)),
        "many inputs": (value_and_grad(lambda w: autograd.sum(x * x for x in w)), (np.arange(50.0),)),
    }


FORMULAS: Final = (  # of what is written where it is used: does it need brackets there?
    lambda x, y, z: x / (y * z),
    lambda x, y, z: x / (y / z),
    lambda x, y, z: (x * y) / (y * z),
    lambda x, y, z: (x * y) * (y * z),
    lambda x, y, z: (x / y) * (y / z),
    lambda x, y, z: 0.1 * (x * (y * z)),
    lambda x, y, z: (x - y) * (y + z),
    lambda x, y, z: x * (y - 1.1) / -(z + 0.1),
    lambda x, y, z: -(-(x * y) * z) * -(x * -0.1),
    lambda x, y, z: 1.1 - -0.3 * (x * y),
    lambda x, y, z: where(x - y < z * 0.1, x, y) * where(x > 0, -x, y),
    lambda x, y, z: where(where(x < y, z, x) <= 0.5, x, y) / where(x < y, z, -x),
    lambda x, y, z: where(z < 1, where(x < y, x, y), -x),
    lambda x, y, z: autograd.abs(-x * y) - maximum(-x, y - z),
    lambda x, y, z: where((x < y) | (y < z), x, -y) - (where(x < z, x, y) - z),
    lambda x, y, z: (x - 0.1) / 3 / -7.0 - x / (y - 0.7) * z,
)


@pytest.mark.parametrize("formula", range(len(FORMULAS)))
def test_brackets(formula: int, folder: Path) -> None:
    """Nothing rounds otherwise than it does in the program: brackets are where they are needed."""
    compiled = jit(FORMULAS[formula]).lower(1.0, 1.0, 1.0)
    python = python_function(compiled.to_python())
    c = c_function(compiled.to_c(), folder) if COMPILER is not None else None
    out = (ctypes.c_double * 1)()
    points = [*itertools.product((-3.7, -0.3, 0.9, 1.3), (-2.9, -0.33, 0.31, 4.3), (-1.9, 0.71, 5.3))]
    if javascript.NODE is not None:
        for point, ours in zip(points, javascript.run(compiled.to_javascript(), points)):
            assert bits(ours) == bits(interpreted(compiled.program, point)[0]), compiled.to_javascript()
    for point in points:
        (right,) = interpreted(compiled.program, point)
        assert bits(python(*point)) == bits(right), compiled.to_python()
        if c is not None:
            c((ctypes.c_double * 3)(*point), out)
            assert bits(out[0]) == bits(right), compiled.to_c()


@pytest.mark.parametrize("name", functions())
def test_functions_as_people_write_them(name: str, folder: Path) -> None:
    f, args = functions()[name]
    compiled = jit(f).lower(*args)
    numbers = [float(x) for x in compiled.arguments.write(Arguments(args, {}).numbers)]
    right = interpreted(compiled.program, numbers)
    source = compiled.to_python()
    assert list(map(bits, run_source(compiled, numbers))) == list(map(bits, right)), source
    if javascript.NODE is not None:
        for ours, expected in zip(run_javascript(compiled, numbers), right):
            assert ours == pytest.approx(expected, rel=1e-13, abs=1e-13, nan_ok=True)
    if COMPILER is not None:
        layout = compiled.results.outputs
        results = run_c(compiled, numbers, folder)
        for output, ours, expected in zip(layout, results, right):
            wanted = expected if isinstance(expected, list) or not output.samples else [expected] * output.samples
            assert ours == pytest.approx(wanted, rel=1e-13, abs=1e-13)


@needs_cc
def test_float32_rounds_to_float32(folder: Path) -> None:
    def f(w: Any, x: Any) -> Any:
        return sigmoid(w * x + 0.1) * tanh(x) - w**1.5 / 3

    compiled = jit(value_and_grad(f, (0, 1)), dtype="float32").lower(0.7, -0.3)
    results = run_c(compiled, (0.7, -0.3), folder, "float32")
    value, slopes = compiled.run(0.7, -0.3, backend="numpy")
    assert results == pytest.approx([value, *slopes], rel=2e-6)
    assert results != pytest.approx([*interpreted(compiled.program, (0.7, -0.3))], rel=1e-12)
    assert "double" not in compiled.to_c()


# --- Names and comments ---


@examples(2)
@given(st.lists(st.sampled_from(NASTY) | st.text(max_size=12), min_size=12, max_size=12))
def test_any_label_gives_valid_python(labels: list[str]) -> None:
    case = labelled(labels)
    assert_equal(case, run_source(*case))


@needs_node
@examples(2)
@given(st.lists(st.sampled_from(NASTY) | st.text(max_size=12), min_size=12, max_size=12))
def test_any_label_gives_valid_javascript(labels: list[str]) -> None:
    case = labelled(labels)
    assert_equal(case, run_javascript(*case))


@needs_cc
@examples(20)
@given(st.lists(st.sampled_from(NASTY) | st.text(max_size=12), min_size=12, max_size=12))
def test_any_label_gives_valid_c(folder: Path, labels: list[str]) -> None:
    case = labelled(labels)
    assert_equal(case, run_c(*case, folder))


@needs_cc
def test_all_nasty_labels_at_once(folder: Path) -> None:
    for i in range(0, len(NASTY), 6):
        case = labelled([*NASTY, *NASTY][i : i + 12])
        assert_equal(case, run_source(*case))
        assert_equal(case, run_c(*case, folder))
        if javascript.NODE is not None:
            assert_equal(case, run_javascript(*case))


def labelled(labels: Sequence[str]) -> Case:
    """A program of a batch, with these labels, also on its inputs, its column and its outputs."""
    one, two, three, *rest = labels
    ops: list[Any] = [(COLUMN, (1, 1), 2)]
    ops.append((SUM, ((3, 0, 1), (0, NONE, -1)), 2))
    ops.append((REDUCE, ((4, NONE, 1),), 0))
    ops.append((SUM, ((5, 0, 1),), 0))
    ops += [(SUM, ((value - 1, value - 2, 1), (0, NONE, 1)), 0) for value in range(7, 10)]
    program = Program(3, ops, [4, 5, 6, 9], {0: one, 1: two, 2: three, **dict(zip(range(3, 10), rest))})
    return Case(program, (2.0, 3.0, 5.0))


def test_keys_of_any_text_can_be_returned(folder: Path) -> None:
    compiled = jit(lambda p: {key: x * 2 for key, x in p.items()}).lower(dict.fromkeys(NASTY, 1.0))
    assert set(run_source(compiled, [1.0] * len(NASTY))) == {2.0}
    if COMPILER is not None:
        assert set(run_c(compiled, [1.0] * len(NASTY), folder)) == {2.0}


@pytest.mark.parametrize(
    "name", ["", "1f", "a b", "f;", "for", "f\n", "é" * 2 + "-", "math", "sigmoid", "lambda", "range"]
)
def test_names_that_python_does_not_take_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"name"):
        jit(sin).lower(1.0).to_python(name)


@pytest.mark.parametrize("name", ["", "1f", "a b", "f;", "for", "f\n", "é", "eval", "sigmoid", "await", "Math", "NaN"])
def test_names_that_javascript_does_not_take_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"name"):
        jit(sin).lower(1.0).to_javascript(name)


@pytest.mark.parametrize(
    "name", ["", "1f", "a b", "f;", "for", "f\n", "é", "exp", "sinf", "main", "take", "_F", "int", "printf"]
)
def test_names_that_c_does_not_take_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"name"):
        jit(sin).lower(1.0).to_c(name)


@needs_cc
def test_the_function_has_the_name_that_was_asked_for(folder: Path) -> None:
    compiled = jit(lambda slope: slope * 2).lower(1.0)
    assert python_function(compiled.to_python("slope"), "slope")(2.0) == 4.0
    c_function(compiled.to_c("slope"), folder, "slope")


# --- Large ones ---


def test_long_sums_are_broken_up(folder: Path) -> None:
    """Compilers read an expression recursively: Python's gives up at some thousand terms."""
    n = 6_000
    xs = np.arange(float(n)) / 7
    compiled = jit(lambda w: autograd.dot(w, list(xs))).lower(xs)
    assert bits(run_source(compiled, xs.tolist())[0]) == bits(interpreted(compiled.program, xs.tolist())[0])
    if COMPILER is not None:
        assert bits(run_c(compiled, xs.tolist(), folder)[0]) == bits(interpreted(compiled.program, xs.tolist())[0])


def test_lines_are_short(folder: Path) -> None:
    xs = np.arange(300.0)
    compiled = jit(value_and_grad(lambda w: autograd.dot(w, list(xs * 1.1)) + take(list(w), 299 * w[0]))).lower(xs)
    for source in (compiled.to_python(), compiled.to_c(), compiled.to_javascript()):
        assert max(map(len, source.splitlines())) <= WIDTH


@needs_cc
def test_optimising_changes_nothing(folder: Path) -> None:
    """There is nothing undefined in the source."""
    compiled = jit(value_and_grad(w8, tuple(range(8)))).lower(*WEIGHTS, *INPUTS, *TARGETS)
    numbers = [*WEIGHTS, *INPUTS, *TARGETS]
    outs = []
    for flags in ((), ("-O2",), ("-O1", "-fsanitize=undefined", "-fno-sanitize-recover")):
        function = c_function(compiled.to_c(), folder, "f", *flags)
        out = (ctypes.c_double * 9)()
        function((ctypes.c_double * 12)(*numbers), out)
        outs.append(list(out))
    assert outs[0] == outs[1] == outs[2]
