"""Where a number of a compiled call stops being finite: the operation, its operands, the line, the sample, the round.

Programs are written as files, so that their lines are known: steps that can't go wrong, a choice whose other branch
would, and one planted step that does.
"""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd import AnomalyError, Value, grad, jit, jvp, log, mean, sqrt, sum, take, value_and_grad, vmap, where
from autograd.compiler.backends.finite import Diagnosis

PROGRAMS = 200
SAMPLES = 5

# A planted step: what it is written like, which operation goes wrong there, in which direction, in which sample. c is
# -1 in one sample and 1 in the others, n is as many rounds as can be run.
PLANTED: dict[str, tuple[str, str]] = {
    "log(-1.0 - {a} * {a})": ("log", "forward"),
    "({a} - {a}) / ({b} - {b})": ("div", "forward"),
    "exp(800.0 + {a} * {a})": ("exp", "forward"),
    "(1e200 + {a}) * (1e200 + {b})": ("mul", "forward"),
    "sqrt({a} - {a})": ("sqrt", "backward"),
    "cbrt({a} - {a})": ("cbrt", "backward"),
    "({a} - {a}) ** 0.5": ("pow", "backward"),
}
SAFE = (
    "tanh({a} * {b})",
    "{a} + sin({b})",
    "sigmoid({a}) - {b} * 0.5",
    "exp(-{a} * {a}) + cos({b})",
    "where({a} > 1e9, log(-1.0 - {a} * {a}), {b})",
    "where({a} < 1e9, {b}, sqrt({a} - {a} - 1.0))",
    "{a} / (2.0 + tanh({b}))",
)


class Planted(NamedTuple):
    """A program as a file, and where it goes wrong."""

    f: Any
    line: int
    source: str
    operation: str
    direction: str


def written(folder: Path, seed: int, arguments: str, step: str, operation: str, direction: str) -> Planted:
    """A function of these arguments (x and y among them) whose planted step is somewhere among others."""
    draw = random.Random(seed)
    names = ["x", "y"]
    lines = ["from autograd import cbrt, cos, exp, log, sigmoid, sin, sqrt, tanh, where", "", f"def f({arguments}):"]

    def add(text: str) -> str:
        lines.append(f"    v{len(lines)} = " + text.format(a=draw.choice(names), b=draw.choice(names)))
        return f"v{len(lines) - 1}"

    for _ in range(draw.randint(0, 6)):
        names.append(add(draw.choice(SAFE)))
    planted = add(step)
    at = len(lines)
    last = planted
    for _ in range(draw.randint(0, 6)):
        names.append(add(draw.choice(SAFE)))
        if draw.random() < 0.5:
            last = add(f"{last} * 0.5 + {names[-1]}")
    lines.append(f"    return {last} + {names[-1]}")
    path = folder / f"program{seed}.py"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    space: dict[str, Any] = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), space)
    return Planted(space["f"], at, lines[at - 1].strip(), operation, direction)


def check(found: Diagnosis, planted: Planted, folder: Path) -> None:
    told = f"{found}\nplanted: {planted}"
    assert not found.finite, told
    assert Path(found.line.rpartition(":")[0]).parent == folder, told
    assert found.line.endswith(f":{planted.line}"), told
    assert found.source == planted.source, told
    assert (found.operation, found.direction) == (planted.operation, planted.direction), told
    assert found.order == (planted.direction != "forward"), told
    assert not math.isfinite(found.result), told
    assert found.reaches, told


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_what_was_planted_is_found(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    step, (operation, direction) = draw.choice(list(PLANTED.items()))
    planted = written(tmp_path, seed, "x, y", step, operation, direction)
    point = draw.uniform(-2, 2), draw.uniform(-2, 2)
    compiled = jit(value_and_grad(planted.f, argnums=(0, 1)))
    check(compiled.diagnose(*point), planted, tmp_path)
    check(compiled.lower(*point).diagnose(*point), planted, tmp_path)
    if direction == "forward":
        check(jit(planted.f).diagnose(*point), planted, tmp_path)
        with pytest.raises(AnomalyError, match=f"forward: {operation} gives"):
            jit(planted.f, check=True)(*point)
    else:
        assert jit(planted.f).diagnose(*point).finite
        tangent = jit(lambda x, y: jvp(planted.f, (x, y), (1.0, 2.0)))
        check(tangent.diagnose(*point), planted._replace(direction="tangent"), tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_the_sample_is_named(tmp_path: Path, seed: int) -> None:
    planted = written(tmp_path, seed, "x, y, c", "log(c + {a} - {a})", "log", "forward")
    bad = seed % SAMPLES
    rng = np.random.default_rng(seed)
    columns = (*rng.normal(size=(2, SAMPLES)), np.where(np.arange(SAMPLES) == bad, -1.0, 1.0))
    total = value_and_grad(lambda *xs: sum(vmap(planted.f)(*xs)))
    for f in (vmap(planted.f), lambda *xs: mean(vmap(planted.f)(*xs)), total):
        found = jit(f).diagnose(*columns)
        check(found, planted, tmp_path)
        assert found.sample == bad


@pytest.mark.parametrize("seed", range(20))
def test_the_round_is_named(tmp_path: Path, seed: int) -> None:
    planted = written(tmp_path, seed, "x, y", "log(y)", "log", "forward")
    rounds = seed % 7

    def step(state: Any) -> Any:
        x, y = state
        planted.f(x, y)
        return x + 0.0 * planted.f(0.5 + 0.0 * x, y), y - 1.0

    repeated = jit(step).repeat(12)
    found = repeated.diagnose((0.3, rounds + 0.5))
    check(found, planted, tmp_path)
    assert found.round == rounds + 1
    assert f"in round {rounds + 1}" in str(found)
    assert not math.isfinite(repeated((0.3, rounds + 0.5))[0])
    assert repeated.diagnose((0.3, 100.0)).finite


def test_a_result_that_is_finite_has_no_diagnosis() -> None:
    f = jit(lambda x: where(x > 0, log(x), 0.0) + 1 / (1 + log(0.0 * x) * -1))
    assert f(-1.0) == 0.0  # an infinity on the way
    found = f.diagnose(-1.0)
    assert found.finite
    assert str(found) == "every number of the result is finite"


def test_what_the_call_was_given_is_named() -> None:
    f = jit(lambda w, xs: {"loss": w["a"] * xs[1] + sqrt(w["a"]), "other": xs[0]})
    found = f.diagnose({"a": 4.0}, [1.0, math.nan])
    assert (found.operation, list(found.operands)) == ("argument", ["xs[1]"])
    assert found.reaches == ("result['loss']",)
    assert str(jit(lambda x: x * math.inf).diagnose(1.0)).startswith("the constant inf isn't finite, recorded at ")


def test_operands_are_called_by_their_names_or_formulas() -> None:
    def loss(w: Any, xs: Any, ys: Any) -> Any:
        return mean(vmap(lambda x, y: -y * log(w[0] * x + w[1]))(xs, ys))

    xs = np.array([0.1, 0.2, 0.5, -0.25])
    found = jit(value_and_grad(loss)).diagnose([1.0, 0.25], xs, np.ones(4))
    assert found.operands == {"w[0]·xs[3] + w[1]": 0.0}
    assert found.reaches == ("result[0]", "result[1][0]", "result[1][1]")
    assert "log gives -inf at w[0]·xs[3] + w[1] = 0.0, in sample 3, recorded at " in str(found)
    assert "it reaches result[0], result[1][0], result[1][1]" in str(found)


def test_derivatives_of_derivatives_say_of_what() -> None:
    found = jit(grad(grad(lambda x: x**1.5))).diagnose(0.0)
    assert (found.operation, found.direction, found.order) == ("pow", "backward", 2)
    assert found.operands["x"] == 0.0
    assert str(found).startswith("backward: the derivative of the derivative of pow gives inf at x = 0.0, 1.5")


def test_a_choice_is_followed_along_the_branch_that_was_taken() -> None:
    f = jit(lambda i, x, y: take([log(x), log(y), x], i))
    assert f.diagnose(1.0, -1.0, 0.0).operands == {"y": 0.0}
    assert f.diagnose(0.0, -1.0, 0.0).operands == {"x": -1.0}
    assert f.diagnose(2.0, -1.0, 0.0).finite
    assert f.diagnose(7.0, 1.0, 1.0).operation == "take"


def test_float32_is_diagnosed_in_float32() -> None:
    f = jit(lambda x: x * 1e30, dtype="float32")
    assert f.diagnose(1e30).operation == "mul"
    assert jit(lambda x: x * 1e30).diagnose(1e30).finite


def test_check_leaves_out_what_no_choice_takes() -> None:
    f = jit(grad(lambda x: where(x > 0, log(x), x)), check=True)
    assert (f(-1.0), f(2.0)) == (1.0, 0.5)
    g = jit(vmap(lambda x: where(x > 0, log(x), 1 / x)), check=True)
    assert g(np.array([1.0, -2.0])).tolist() == [0.0, -0.5]
    with pytest.raises(AnomalyError, match=r"div gives inf at 1, xs?.* in sample 1|div gives inf at .*, in sample 1"):
        g(np.array([1.0, 0.0]))


def test_values_are_refused() -> None:
    with pytest.raises(TypeError, match=r"pass x\.data"):
        jit(lambda x: x).diagnose(Value(1.0))
