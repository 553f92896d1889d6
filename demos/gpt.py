"""A GPT in plain scalar Python: it reads first names, a name a line, and then invents some.

The model is written down number by number, with lists, loops and sums of products; there is no tensor in it. What
makes it fast is ``jit(value_and_grad(loss))``: ``vmap``, in the loss, runs the model over the names of a batch side by
side, ``value_and_grad`` differentiates that, and ``jit`` compiles all of it.

The architecture is GPT-2's (A. Radford et al., "Language models are unsupervised multitask learners", 2019) in small:
one block of attention and one of two layers, with ReLU, with RMS normalisation (B. Zhang and R. Sennrich, "Root mean
square layer normalization", 2019) and without biases. Adam is D. Kingma and J. Ba's, "Adam: a method for stochastic
optimization", 2015.
"""

import math
import random
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from autograd import dot, jit, log_softmax, mean, relu, softmax, sqrt, take, value_and_grad, vmap
from autograd.__main__ import run
from autograd.errors import missing

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

HEADS = 4
LONGEST = 15  # characters of a document that are read
END = 0  # the token before the first character of a document, and after its last one


@app.command()
def gpt(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A text, a document a line. Default: first names.")
    ] = None,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="How many updates.")] = 6000,
    width: Annotated[int, typer.Option(metavar="N", min=HEADS, help=f"Of the model, a multiple of {HEADS}.")] = 16,
    batch: Annotated[int, typer.Option(metavar="N", min=1, help="Documents an update.")] = 32,
    samples: Annotated[int, typer.Option(metavar="N", min=1, help="How many to invent.")] = 20,
    temperature: Annotated[float, typer.Option(metavar="T", min=0.01, help="The higher, the bolder.")] = 0.6,
    seed: Annotated[int, typer.Option(metavar="N", help="For everything random.")] = 0,
) -> None:
    """Train a GPT on documents, a line each, and let it invent new ones."""
    if width % HEADS:
        raise ValueError(f"--width takes a multiple of {HEADS}, not {width}")
    rng = random.Random(seed)
    lines = first_names() if file is None else file.read_text(encoding="utf-8").split("\n")
    documents = sorted({line.strip()[:LONGEST] for line in lines} - {""})
    if not documents:
        raise ValueError(f"{file} has no text")
    alphabet = sorted(set("".join(documents)))
    parameters = initial(width, 1 + len(alphabet), 1 + max(map(len, documents)), rng)
    numbers = sum(table.size for table in parameters.values())
    typer.echo(f"documents  {len(documents):,}, of {len(alphabet)} different characters")
    typer.echo(f"model      {numbers:,} parameters, width {width}, {HEADS} heads")

    encode = {character: token for token, character in enumerate(alphabet, start=END + 1)}
    began = time.perf_counter()
    error = train(parameters, [[encode[c] for c in document] for document in documents], steps, batch, rng)
    seconds = time.perf_counter() - began
    typer.echo(f"loss       {error:.3f} a character; knowing nothing it would be {math.log(1 + len(alphabet)):.3f}")
    typer.echo(f"time       {seconds:.1f} s, {seconds / steps * 1e3:.2f} ms a step of {batch} documents\n")
    invented = ["".join(alphabet[token - 1] for token in row) for row in invent(parameters, samples, temperature, rng)]
    typer.echo("  " + "\n  ".join(invented))
    typer.echo(f"\n{sum(name not in documents for name in invented)} of these {samples} are new.")


# --- The model: what follows is the whole of it ---


def scores(p: Any, tokens: Any) -> list[Any]:
    """For each token the scores of all tokens that might come next. It sees the tokens before it, and itself."""
    keys: list[Any] = []
    values: list[Any] = []
    found = []
    for token, place in zip(tokens, p["place"]):
        x = normalized(added(take(p["token"], token), place))
        seen = normalized(x)
        keys.append(linear(p["key"], seen))
        values.append(linear(p["value"], seen))
        x = added(x, linear(p["out"], attention(linear(p["query"], seen), keys, values)))
        hidden = [relu(a) for a in linear(p["up"], normalized(x))]
        x = added(x, linear(p["down"], hidden))
        found.append(linear(p["head"], x))
    return found


def attention(query: Any, keys: list[Any], values: list[Any]) -> list[Any]:
    """What the tokens so far have to say: their values, each by how well its key answers the query; head by head."""
    size = len(query) // HEADS
    said = []
    for head in range(HEADS):
        part = slice(head * size, (head + 1) * size)
        weights = softmax([dot(query[part], key[part]) / math.sqrt(size) for key in keys])
        said += [dot(weights, column) for column in zip(*(value[part] for value in values))]
    return said


def linear(matrix: Any, x: Any) -> list[Any]:
    """The matrix times x."""
    return [dot(row, x) for row in matrix]


def added(x: Any, y: Any) -> list[Any]:
    """x + y, number by number."""
    return [a + b for a, b in zip(x, y)]


def normalized(x: Any) -> list[Any]:
    """x, divided by its root mean square."""
    scale = 1 / sqrt(dot(x, x) / len(x) + 1e-5)
    return [scale * a for a in x]


def surprises(p: Any, row: Any) -> list[Any]:
    """For each token but the first, how little the model expected it: -log of its probability."""
    return [-take(log_softmax(guess), token) for guess, token in zip(scores(p, row[:-1]), row[1:])]


def initial(width: int, vocabulary: int, context: int, rng: random.Random) -> dict[str, Any]:
    """The parameters: tables of small random numbers."""
    shapes = {"token": (vocabulary, width), "place": (context, width), "head": (vocabulary, width)}
    shapes |= dict.fromkeys(("query", "key", "value", "out"), (width, width))
    shapes |= {"up": (4 * width, width), "down": (width, 4 * width)}
    return {
        name: np.array([[rng.gauss(0, 0.08) for _ in range(columns)] for _ in range(rows)])
        for name, (rows, columns) in shapes.items()
    }


# --- Training ---


def loss(p: Any, rows: Any, shares: Any) -> Any:
    """The mean over some documents; a share says how much each token counts in its document."""

    def one(p: Any, row: Any, share: Any) -> Any:
        return dot(share, surprises(p, row))

    return mean(vmap(one, in_axes=(None, 0, 0))(p, rows, shares))


def train(p: dict[str, Any], documents: list[list[int]], steps: int, batch: int, rng: random.Random) -> float:
    """Adam, with a learning rate that falls to 0. Changes ``p``; returns the loss over the last tenth of the steps."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise missing("tqdm", "demos", "a progress bar") from None

    rows, shares = filled_up(documents, len(p["place"]))
    gradient = jit(value_and_grad(loss))
    first, second = ({name: np.zeros_like(table) for name, table in p.items()} for _ in range(2))
    losses = []
    with tqdm(total=steps, desc="training", unit=" steps", disable=None, leave=False, ncols=80) as bar:
        for step in range(1, steps + 1):
            chosen = rng.choices(range(len(rows)), k=batch)
            error, slopes = gradient(p, rows[chosen], shares[chosen])
            rate = 0.01 * (1 - step / steps)
            for name, slope in slopes.items():
                first[name] += 0.1 * (slope - first[name])
                second[name] += 0.01 * (slope**2 - second[name])
                spread = np.sqrt(second[name] / (1 - 0.99**step)) + 1e-8
                p[name] -= rate * first[name] / (1 - 0.9**step) / spread
            losses.append(float(error))
            bar.update()
            if step % 50 == 0:
                bar.set_postfix(loss=f"{mean(losses[-50:]):.3f}")
    return float(mean(losses[-max(1, steps // 10) :]))


def filled_up(documents: list[list[int]], context: int) -> tuple[Any, Any]:
    """The documents as rows of one length, END before and after; what only fills up has a share of 0 in the loss."""
    rows = np.full((len(documents), context + 1), END)
    shares = np.zeros((len(documents), context))
    for row, share, document in zip(rows, shares, documents):
        row[1 : len(document) + 1] = document
        share[: len(document) + 1] = 1 / (len(document) + 1)
    return rows, shares


# --- Sampling ---


def invent(p: dict[str, Any], count: int, temperature: float, rng: random.Random) -> list[list[int]]:
    """New documents: all of them grow by a token at a time, drawn by the chances that the model gives it."""

    def chances(p: Any, tokens: Any) -> list[Any]:
        return [softmax([score / temperature for score in guess]) for guess in scores(p, tokens)]

    following = jit(vmap(chances, in_axes=(None, 0)))
    context = len(p["place"])
    rows = np.full((count, context + 1), END)
    for place in range(context):
        weights = np.transpose(following(p, rows[:, :-1])[place])
        rows[:, place + 1] = [rng.choices(range(len(w)), w)[0] for w in weights.tolist()]
    return [row[: row.index(END)] if END in row else row for row in rows[:, 1:].tolist()]


def first_names() -> list[str]:
    """Seven thousand of them, from the package ``faker``."""
    try:
        from faker.providers.person.en import Provider
    except ImportError:
        raise missing("faker", "demos", "its list of first names") from None
    return [name.lower() for name in Provider.first_names]


if __name__ == "__main__":
    sys.exit(run(app, "gpt"))
