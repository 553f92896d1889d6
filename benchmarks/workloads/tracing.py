"""How long the GPT takes from the function to its first result: tracing, compiling and one run, every time from new.

Ours traces some 57,000 scalar operations and their derivatives; JAX traces the tensor form, of some hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.measuring import Contest, Program
from benchmarks.peers import one_thread_jax
from benchmarks.workloads import gpt as workload

WIDTH, BATCH = 16, 8


def contests(quick: bool) -> Iterator[Contest]:
    yield Contest(
        title="GPT, width 16, batch 8, float64, from the function to the first result",
        ours=chainrule,
        peers={"JAX": jax},
        targets={"JAX": 1 / 3},
    )


def chainrule() -> Program:
    from autograd import jit, value_and_grad

    arguments = workload.problem(WIDTH, BATCH)
    return Program(lambda: jit(value_and_grad(workload.our_loss))(*arguments), workload.flat)


def jax() -> Program:
    jax = one_thread_jax()
    import jax.numpy as jnp

    numbers, documents = workload.problem(WIDTH, BATCH)
    arguments = {name: jnp.array(table) for name, table in numbers.items()}, jnp.array(documents, "int32")

    def run() -> Any:
        jax.clear_caches()
        return jax.block_until_ready(jax.jit(jax.value_and_grad(workload.jax_loss))(*arguments))

    return Program(run, workload.flat)
