"""What the kernel is told to do, as text: the text is taken literally, and has to compute what the program computes."""

# ruff: noqa: N803 -- matrices and batches of samples are capital letters

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given

from autograd import dot, jit, mean, relu, sigmoid, softmax, take, value_and_grad, vmap, where
from autograd.compiler import ieee
from autograd.compiler.kernel.disassemble import disassemble
from autograd.compiler.kernel.lower import lower
from autograd.compiler.program import Program
from tests.compiler.programs import Case, assert_close, examples, layout_of, programs

CALLS = {
    head.name: np.vectorize(function, otypes=[float])
    for head, function in ieee.FUNCTIONS.items()
    if head.name != "take"
}


def run_text(program: Program, text: str, numbers: Sequence[float]) -> list[Any]:
    """The outputs of the program, by its words' text."""
    layout = layout_of(program)
    lowered = lower(program, layout)
    M = np.full(lowered.memory, np.nan)
    M[: len(numbers)] = numbers
    for start, constants in lowered.constants:
        M[start : start + len(constants)] = constants
    V: dict[int, Any] = {}
    A: dict[int, float] = {}
    s: Any = 0
    for line in text.splitlines():
        if line == "once":
            s = 0
        elif line.startswith("for each block of "):
            V, A, s = {}, {}, np.arange(int(line.split()[4].replace(",", "")))
        elif line != "then":
            run_line(line.strip(), {"M": M, "V": V, "A": A, "s": s})
    first = program.inputs
    return [
        [M[first + out.start + out.stride * k] for k in range(out.samples)] if out.samples else M[first + out.start]
        for out in layout
    ]


def run_line(line: str, memory: dict[str, Any]) -> None:
    line, _, limits = line.partition("    for ")
    counts = {name: int(n) for name, n in re.findall(r"([ij]) < (\d+)", limits)}
    target, _, formula = line.partition(" = " if " += " not in line else " += ")
    formula = re.sub(r"take\((.*?); (.*?)\)", r"pick(\1, [\2])", formula)
    samples = np.size(memory["s"])
    reduces = formula.startswith("Σ over the block of ")
    formula = formula.removeprefix("Σ over the block of ")
    formula = re.sub(r"Σ_j<(\d+) (\S*\[[^]]*\]·\S*\[[^]]*\]|\S+)", r"sum((\2) for j in range(\1))", formula)
    code = re.sub(r"\b([MVA])(\d+)", r"\1[\2]", formula).replace("·", "*")
    places = re.sub(r"\b([MVA])(\d+)", r"\1[\2]", target).replace("·", "*")
    functions = {**CALLS, "pick": pick, "inf": np.inf, "nan": np.nan}
    made = []
    with np.errstate(all="ignore"):
        for i in range(counts.get("i", 1)):
            for j in range(counts.get("j", 1)):
                scope = {**memory, **functions, "i": i, "j": j}
                results = eval(f"({code},)", scope)  # the text of a trusted program
                if reduces:
                    results = tuple(np.sum(np.broadcast_to(x, samples)) for x in results)
                made.append((scope, results))
    for scope, results in made:
        for place, y in zip(re.findall(r"[MVA]\[[^]]*\]", places), results):
            name, index = place[0], eval(place[2:-1], scope)
            memory[name][index] = memory[name].get(index, 0.0) + y if name == "A" else y


def pick(index: Any, table: list[Any]) -> Any:
    lanes = np.broadcast_arrays(index, *table)
    return np.vectorize(ieee.take, otypes=[float])(*lanes)


@examples(2)
@given(case=programs(recorded=False))
def test_the_text_of_the_words_means_what_they_do(case: Case) -> None:
    text = disassemble(case.program, layout_of(case.program))
    if "more" not in text:  # shortened
        assert_close(case, run_text(case.program, text, case.numbers), ulps=1e4)


def test_every_instruction_has_a_text() -> None:
    def whole(W: Any, x: Any, token: Any) -> Any:
        hidden = [relu(dot(row, x) - 1.0) for row in W]
        chances = softmax([sigmoid(h) - 2.0 * h for h in hidden])
        return take(chances, token) + where(x[0] > x[1], x[0], x[1])

    rng = np.random.default_rng(0)
    one = jit(value_and_grad(whole)).lower(rng.normal(size=(9, 16)), rng.normal(size=16), 2.0)
    for words in ("once", "Σ_j<16", "take(", "select(", "sigmoid(", "ratio(", "for i < 9"):
        assert words in one.to_words()

    def tokens(W: Any, X: Any) -> Any:
        return mean(vmap(lambda x: sum(sigmoid(dot(row, x[k])) for k in range(3) for row in W))(X))

    many = jit(value_and_grad(tokens)).lower(rng.normal(size=(4, 5)), rng.normal(size=(1000, 3, 5)))
    text = many.to_words()
    for words in (
        "for each block of 1,000 samples",
        "V[i] = M[20 + i + 15·s]",
        "for i < 3, j < 4",
        "+= Σ over the block of",
        "then",
    ):
        assert words in text


def test_what_is_regular_is_written_once_and_long_lists_are_shortened() -> None:
    text = jit(lambda x: [sigmoid(a) for a in x]).lower([0.1] * 100).to_words()
    assert text == "once\n  M[100 + i] = sigmoid(M[i])    for i < 100"
    text = jit(lambda x: [sigmoid(a) for a in x if a is not x[7]]).lower([0.1] * 100).to_words()
    assert text.splitlines()[1].startswith("  M100, M101, M102, M103, ... 94 more ..., M198 = sigmoid(M0), ")
