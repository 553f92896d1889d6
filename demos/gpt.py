"""A GPT in plain scalar Python: it reads first names, a name a line, and then invents some.

The model is written down number by number, with lists, loops and sums of products; there is no tensor in it.
``nn.Trainer`` compiles the whole update of a batch of names. With ``--checkpoint`` it writes the run into a file after
each epoch, and goes on from there when it is started again, bit for bit as if it had never stopped.

The architecture is GPT-2's (A. Radford et al., "Language models are unsupervised multitask learners", 2019) in small:
one block of attention and one of two layers, with ReLU, with RMS normalisation (B. Zhang and R. Sennrich, "Root mean
square layer normalization", 2019) and without biases.
"""

import math
import random
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from autograd import Value, dot, jit, log_softmax, relu, softmax, sqrt, take, vmap
from autograd.__main__ import run
from autograd.errors import missing
from autograd.files import writable_folder
from nn import Adam, History, Module, Trainer
from nn.plots import save_figure

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

HEADS = 4
LONGEST = 15  # characters of a document that are read
EXPECTED = 2.1  # the loss, at most, with the options as they are
END = 0  # the token before the first character of a document, and after its last one


@app.command()
def gpt(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A text, a document a line. Default: first names.")
    ] = None,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="How often all documents are read.")] = 12,
    width: Annotated[int, typer.Option(metavar="N", min=HEADS, help=f"Of the model, a multiple of {HEADS}.")] = 16,
    batch: Annotated[int, typer.Option(metavar="N", min=1, help="Documents an update.")] = 32,
    samples: Annotated[int, typer.Option(metavar="N", min=1, help="How many to invent.")] = 20,
    temperature: Annotated[float, typer.Option(metavar="T", min=0.01, help="The higher, the bolder.")] = 0.6,
    threads: Annotated[int, typer.Option(metavar="N", min=1, help="How many share the work on a batch.")] = 1,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="For everything random.")] = 0,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the run is kept; if it is there, the run goes on.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where gpt.png goes.")] = Path("out"),
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
    writable_folder(out)
    model = GPT(initial(width, 1 + len(alphabet), 1 + max(map(len, documents)), rng))
    typer.echo(f"documents  {len(documents):,}, of {len(alphabet)} different characters")
    typer.echo(f"model      {len(model.parameters()):,} parameters, width {width}, {HEADS} heads")

    encode = {character: token for token, character in enumerate(alphabet, start=END + 1)}
    data = filled_up([[encode[c] for c in document] for document in documents], len(model.tables["place"]))
    trainer = training(model, len(documents), epochs, min(batch, len(documents)), threads, seed, checkpoint)
    history, seconds = train(trainer, *data, epochs, checkpoint)
    error = history["loss"][-1]
    typer.echo(f"loss       {error:.3f} a character; expected: at most {EXPECTED}; ", nl=False)
    typer.echo(f"knowing nothing it would be {math.log(1 + len(alphabet)):.3f}")
    if seconds:
        read = len(seconds) * len(documents)
        typer.echo(f"time       {seconds[-1]:.1f} s, compiling included; {read / seconds[-1]:,.0f} documents a second")
    typer.echo(f"picture    {picture(history, seconds, out / 'gpt.png')}\n")
    parameters = {name: np.array([[w.data for w in row] for row in table]) for name, table in model.tables.items()}
    invented = ["".join(alphabet[token - 1] for token in row) for row in invent(parameters, samples, temperature, rng)]
    typer.echo("  " + "\n  ".join(invented))
    typer.echo(f"\n{sum(name not in documents for name in invented)} of these {samples} are new.")


# --- The model: what follows is the whole of it ---


class GPT(Module):
    """The tables of parameters, and what they make of the tokens of a document."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self.tables = {name: [[Value(x) for x in row] for row in table.tolist()] for name, table in tables.items()}

    def __call__(self, tokens: Any) -> list[Any]:
        """For each token the scores of all tokens that might come next."""
        return scores(self.tables, tokens)


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


def loss(guesses: Any, target: Any) -> Any:
    """How little the model expected each token; a share says how much each counts in its document."""
    tokens, shares = target
    return dot(shares, [-take(log_softmax(guess), token) for guess, token in zip(guesses, tokens)])


def training(
    model: GPT, documents: int, epochs: int, batch: int, threads: int, seed: int, checkpoint: Path | None
) -> Trainer:
    """The run, or how it goes on: by Adam, with a learning rate that falls to 0."""
    steps = epochs * -(-documents // batch)

    def rate(step: int) -> float:
        return 0.01 * max(0.0, 1 - step / steps)

    if checkpoint is not None and checkpoint.exists():
        trainer = Trainer.load(checkpoint, model, loss, lr=rate)
        typer.echo(f"resumed    after {trainer.epoch} epochs, from {checkpoint}")
        return trainer
    optimizer = Adam(model.parameters(), lr=rate, betas=(0.9, 0.99))
    return Trainer(model, loss, optimizer, batch_size=batch, threads=threads, seed=seed)


def train(
    trainer: Trainer, rows: Any, targets: Any, epochs: int, checkpoint: Path | None
) -> tuple[History, list[float]]:
    """What is left of the epochs: the history of all, and the seconds to the end of each that was done now."""
    began = time.perf_counter()
    seconds: list[float] = []

    def keep(trainer: Trainer) -> None:
        seconds.append(time.perf_counter() - began)
        if checkpoint is not None:
            trainer.save(checkpoint)

    left = epochs - trainer.epoch
    if left > 0:
        trainer.run(rows, targets, left, callbacks=[keep])
    return trainer.history, seconds


def filled_up(documents: list[list[int]], context: int) -> tuple[Any, Any]:
    """The documents as rows of one length, END before each; and for each the tokens that follow, and their shares.

    What only fills up has a share of 0 in the loss.
    """
    rows = np.full((len(documents), context + 1), END)
    shares = np.zeros((len(documents), context))
    for row, share, document in zip(rows, shares, documents):
        row[1 : len(document) + 1] = document
        share[: len(document) + 1] = 1 / (len(document) + 1)
    return rows[:, :-1], np.stack([rows[:, 1:], shares], axis=1)


def picture(history: History, seconds: list[float], path: Path) -> Path:
    """The loss by how long it took; without a time, by epochs."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise missing("matplotlib", "a plot") from None
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    x = seconds or range(1, len(history) + 1)
    axes.plot(x, history["loss"][-len(x) :], color="#0072b2", linewidth=2, marker="o", markersize=4)
    axes.set_title("The GPT's loss, a point an epoch", loc="left", fontsize=13)
    axes.set_xlabel("seconds, compiling included" if seconds else "epochs")
    axes.set_ylabel("loss a character")
    axes.set_xlim(left=0)
    axes.grid(color="#e4e4e4", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, path)


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
        raise missing("faker", "its list of first names") from None
    return [name.lower() for name in Provider.first_names]


if __name__ == "__main__":
    sys.exit(run(app, "gpt"))
