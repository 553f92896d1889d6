"""Eager: what recording an operation and passing its gradient back costs, when nothing is compiled beforehand.

Two programs: a chain ``z = z * y + x``, and the loss of a small GPT written as people write it who have nothing but a
class of scalars (``benchmarks/eager_gpt.py``: width 16, one block, 4 heads, 7 tokens).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import eager_gpt
from benchmarks.measuring import Contest, Program

OPERATIONS = 400  # micrograd recurses: it can't do much longer chains
X, Y, Z = 0.5, 0.999, 1.0


def contests(quick: bool) -> Iterator[Contest]:
    yield Contest(
        title="eager, z = z * y + x, record and backward, an operation",
        ours=partial(chain, our_value),
        peers={
            "micrograd": partial(chain, micrograd_value),
            "PyTorch scalars": torch_chain,
            "HIPS autograd": hips_chain,
            "XAD": xad_chain,
        },
        targets={"micrograd": 1 / 10, "XAD": 1 / 4},
        pieces=OPERATIONS,
    )
    yield Contest(
        title="eager, the same against floats without a gradient",
        ours=partial(chain, our_value, compare=False),
        peers={"floats": float_chain},
        targets={"floats": 10},
        pieces=OPERATIONS,
    )
    yield Contest(
        title="eager, GPT, one document, loss and backward",
        ours=partial(gpt, our_value),
        peers={"a Value of closures, micrograd's way": partial(gpt, lambda: eager_gpt.PlainValue)},
        targets={"a Value of closures, micrograd's way": 1 / 10},
    )


def our_value() -> Any:
    from autograd import Value

    return Value


def micrograd_value() -> Any:
    from micrograd.engine import Value

    return Value


# --- The chain ---


def looped(x: Any, y: Any, z: Any) -> Any:
    for _ in range(OPERATIONS // 2):
        z = z * y + x
    return z


def chain(value: Callable[[], Any], compare: bool = True) -> Program:
    """With Values that have .data, .grad and .backward()."""
    kind = value()

    def run() -> Any:
        x, y, z = kind(X), kind(Y), kind(Z)
        end = looped(x, y, z)
        end.backward()
        return end, x, y, z

    def read(result: Any) -> list[float]:
        end, *leaves = result
        return [end.data, *(leaf.grad for leaf in leaves if compare)]

    return Program(run, read)


def float_chain() -> Program:
    return Program(lambda: looped(X, Y, Z), lambda z: [z])


def torch_chain() -> Program:
    import torch

    def run() -> Any:
        x, y, z = (torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (X, Y, Z))
        end = looped(x, y, z)
        end.backward()
        return end, x, y, z

    return Program(run, lambda result: [result[0].item(), *(leaf.grad.item() for leaf in result[1:])])


def xad_chain() -> Program:
    from xad.adj_1st import Real, Tape

    def run() -> list[float]:
        with Tape() as tape:
            x, y, z = leaves = Real(X), Real(Y), Real(Z)
            for leaf in leaves:
                tape.registerInput(leaf)
            tape.newRecording()
            end = looped(x, y, z)
            tape.registerOutput(end)
            end.derivative = 1.0
            tape.computeAdjoints()
            return [end.value, *(leaf.derivative for leaf in leaves)]

    return Program(run, list)


def hips_chain() -> Program:
    """Its import name is ours, so that it runs in a process of its own, by the Python that HIPS_PYTHON names."""
    python = os.environ.get("HIPS_PYTHON")
    if not python or not Path(python).exists():
        raise ImportError("HIPS autograd")
    process = subprocess.Popen(
        [python, "-I", Path(__file__).with_name("hips.py"), json.dumps([OPERATIONS, X, Y, Z])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def ask(calls: int) -> Any:
        stdin.write(f"{calls}\n")
        stdin.flush()
        return json.loads(stdout.readline())

    return Program(lambda: ask(1), lambda answer: answer["results"], lambda calls: ask(calls)["seconds"])


# --- The GPT ---


def gpt(value: Callable[[], Any]) -> Program:
    """One step on these Values, and every gradient."""
    weights = eager_gpt.parameters(value())
    leaves = [w for matrix in weights.values() for row in matrix for w in row]

    def run() -> float:
        for w in leaves:
            w.grad = 0.0
        return eager_gpt.step(weights)

    return Program(run, lambda loss: [loss, *(w.grad for w in leaves)])
