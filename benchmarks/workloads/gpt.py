"""A GPT: its loss on a batch of documents of 7 tokens, and the gradient by all parameters.

One block, 4 heads, RMS normalisation, an MLP 4 times as wide, 27 tokens; at width 16 it has 4,192 parameters. Ours is
the scalar program of demos/gpt.py, the peers' are written as tensors over the whole batch. JAX's form is the fastest at
each size of six that were tried (gathering or one-hot matrices; heads by transposing, by einsum, by broadcasting).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measuring import Contest, Program
from benchmarks.peers import one_thread_jax
from demos import gpt

TOKENS = 7
CONTEXT = 16  # rows of the table of places; documents are shorter
VOCABULARY = 27


def contests(quick: bool) -> Iterator[Contest]:
    for batch, target in ((1, 1 / 3), (8, 1 / 4), (64, 0.7)):
        yield contest(16, batch, "float64", target)
    yield contest(16, 64, "float32", 7 / 10.5)
    for width in (32, 64):
        for dtype in ("float64", "float32"):
            yield contest(width, 16, dtype, None)


def contest(width: int, batch: int, dtype: str, target: float | None) -> Contest:
    """The one of that width, batch and kind of numbers."""
    makers: dict[str, Callable[..., Program]] = {"JAX jit": jax, "PyTorch": torch}
    return Contest(
        title=f"GPT, width {width}, batch {batch}, {dtype}, loss and gradient",
        ours=partial(chainrule, width, batch, dtype),
        peers={name: partial(make, width, batch, dtype) for name, make in makers.items()},
        targets={} if target is None else {"JAX jit": target},
        tolerance=1e-9 if dtype == "float64" else 1e-4,
    )


def problem(width: int, batch: int) -> tuple[dict[str, Any], Any]:
    """The parameters by name, and a row of tokens for each document; the last one is only to be guessed."""
    parameters = gpt.initial(width, VOCABULARY, CONTEXT, random.Random(0))
    return parameters, np.random.default_rng(0).integers(0, VOCABULARY, (batch, TOKENS + 1))


def flat(result: Any) -> Any:
    """The loss and then every derivative, as one array."""
    loss, slopes = result
    return np.concatenate([[float(loss)], *(np.asarray(slopes[name], float).ravel() for name in sorted(slopes))])


def chainrule(width: int, batch: int, dtype: str) -> Program:
    from autograd import jit, value_and_grad

    compiled = jit(value_and_grad(our_loss), dtype=dtype)
    parameters, documents = problem(width, batch)
    parameters = {name: table.astype(dtype) for name, table in parameters.items()}
    return Program(lambda: compiled(parameters, documents), flat)


def our_loss(p: Any, documents: Any) -> Any:
    from autograd import mean, vmap

    return mean(vmap(lambda p, row: mean(gpt.surprises(p, row)), in_axes=(None, 0))(p, documents))


def jax(width: int, batch: int, dtype: str) -> Program:
    jax = one_thread_jax()
    import jax.numpy as jnp

    parameters, documents = problem(width, batch)
    arguments = {name: jnp.array(table, dtype) for name, table in parameters.items()}, jnp.array(documents, "int32")
    compiled = jax.jit(jax.value_and_grad(jax_loss))
    return Program(lambda: jax.block_until_ready(compiled(*arguments)), flat)


def jax_loss(p: Any, documents: Any) -> Any:
    import jax
    import jax.numpy as jnp

    def normalized(x: Any) -> Any:
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5)

    inputs, targets = documents[:, :-1], documents[:, 1:]
    batch, length = inputs.shape
    width = p["token"].shape[1]
    one_hot = partial(jax.nn.one_hot, num_classes=VOCABULARY, dtype=p["token"].dtype)
    few = batch <= 8  # there, looking up is faster as a product
    x = normalized((one_hot(inputs) @ p["token"] if few else p["token"][inputs]) + p["place"][:length])
    seen = normalized(x)
    query, key, value = (
        (seen @ p[name].T).reshape(batch, length, gpt.HEADS, width // gpt.HEADS) for name in ("query", "key", "value")
    )
    weights = jnp.einsum("bqhd,bkhd->bhqk", query, key) / (width // gpt.HEADS) ** 0.5
    weights = jax.nn.softmax(jnp.where(jnp.tril(jnp.ones((length, length), bool)), weights, -jnp.inf))
    said = jnp.einsum("bhqk,bkhd->bqhd", weights, value).reshape(batch, length, width)
    x = x + said @ p["out"].T
    x = x + jax.nn.relu(normalized(x) @ p["up"].T) @ p["down"].T
    guesses = jax.nn.log_softmax(x @ p["head"].T)
    if few:
        return -(guesses * one_hot(targets)).sum(-1).mean()
    return -jnp.take_along_axis(guesses, targets[..., None], -1).mean()


def torch(width: int, batch: int, dtype: str) -> Program:
    import torch
    from torch.nn.functional import cross_entropy, linear, rms_norm, scaled_dot_product_attention

    numbers, documents = problem(width, batch)
    p = {name: torch.tensor(table, dtype=getattr(torch, dtype), requires_grad=True) for name, table in numbers.items()}
    inputs, targets = torch.tensor(documents[:, :-1]), torch.tensor(documents[:, 1:])

    def run() -> Any:
        x = rms_norm(p["token"][inputs] + p["place"][:TOKENS], (width,), eps=1e-5)
        seen = rms_norm(x, (width,), eps=1e-5)
        query, key, value = (
            linear(seen, p[name]).view(batch, TOKENS, gpt.HEADS, width // gpt.HEADS).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        said = scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + linear(said.transpose(1, 2).reshape(batch, TOKENS, width), p["out"])
        x = x + linear(torch.relu(linear(rms_norm(x, (width,), eps=1e-5), p["up"])), p["down"])
        loss = cross_entropy(linear(x, p["head"]).view(-1, VOCABULARY), targets.reshape(-1))
        return loss, torch.autograd.grad(loss, list(p.values()))

    return Program(run, lambda result: flat((result[0].detach(), dict(zip(p, result[1])))))
