"""w1–w8: 100,000 steps of gradient descent on the textbook's network, in one compiled loop."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import Contest, Program
from benchmarks.peers import one_thread_jax

STEPS = 100_000
RATE = 0.5
INPUTS, TARGETS = (0.05, 0.10), (0.01, 0.99)
WEIGHTS = [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]


def contests(quick: bool) -> Iterator[Contest]:
    yield Contest(
        title="w1–w8, a gradient step, compiled loop of 100,000",
        ours=chainrule,
        peers={"C by hand, -O3 -march=native": hand_written_c, "JAX fori_loop": jax},
        targets={"C by hand, -O3 -march=native": 3, "JAX fori_loop": 1 / 2},
        pieces=STEPS,
    )


def chainrule() -> Program:
    from autograd import grad, jit, sigmoid

    def loss(w: Any) -> Any:
        (i1, i2), (t1, t2) = INPUTS, TARGETS
        a_h1 = sigmoid(w[0] * i1 + w[1] * i2)
        a_h2 = sigmoid(w[2] * i1 + w[3] * i2)
        a_o1 = sigmoid(w[4] * a_h1 + w[5] * a_h2)
        a_o2 = sigmoid(w[6] * a_h1 + w[7] * a_h2)
        return ((t1 - a_o1) ** 2 + (t2 - a_o2) ** 2) / 2

    def step(weights: Any) -> Any:
        return [w - RATE * slope for w, slope in zip(weights, grad(loss)(weights))]

    train = jit(step).repeat(STEPS)
    return Program(lambda: train(WEIGHTS), list)


def jax() -> Program:
    jax = one_thread_jax()
    import jax.numpy as jnp

    def loss(w: Any) -> Any:
        (i1, i2), (t1, t2), sigmoid = INPUTS, TARGETS, jax.nn.sigmoid
        a_h1 = sigmoid(w[0] * i1 + w[1] * i2)
        a_h2 = sigmoid(w[2] * i1 + w[3] * i2)
        a_o1 = sigmoid(w[4] * a_h1 + w[5] * a_h2)
        a_o2 = sigmoid(w[6] * a_h1 + w[7] * a_h2)
        return ((t1 - a_o1) ** 2 + (t2 - a_o2) ** 2) / 2

    def step(_: Any, weights: Any) -> Any:
        return [w - RATE * slope for w, slope in zip(weights, jax.grad(loss)(weights))]

    train = jax.jit(lambda weights: jax.lax.fori_loop(0, STEPS, step, weights))
    start = [jnp.array(w) for w in WEIGHTS]  # as a vector, or as two matrices, it takes longer
    return Program(lambda: jax.block_until_ready(train(start)), np.asarray)


def hand_written_c() -> Program:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise ImportError("a C compiler")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "w8.so"
        source = Path(__file__).with_name("w8.c")
        options = ["-O3", "-march=native", "-shared", "-fPIC"]
        subprocess.run([compiler, *options, source, "-o", library, "-lm"], check=True)
        train = ctypes.CDLL(str(library)).train
    train.argtypes = [ctypes.POINTER(ctypes.c_double), ctypes.c_long, ctypes.c_double]

    def run() -> Any:
        weights = (ctypes.c_double * 8)(*WEIGHTS)
        train(weights, STEPS, RATE)
        return weights

    return Program(run, list)
