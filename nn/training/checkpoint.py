"""Checkpoints: a model, or a whole training run, in a file of the format safetensors, from which no code is ever run.

The numbers are tensors. The metadata say which program wrote the file and in which version of its format, hold the
rest as JSON, and a SHA-256 of all of it, by which a damaged file is recognised. A file is written under another name,
brought to the disk, and renamed: at every moment the old file or the new one is there, whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from autograd.errors import missing
from autograd.files import write_whole
from nn import losses, optim
from nn.history import History
from nn.layers import MLP, Layer, Neuron
from nn.module import Module
from nn.training.position import Position
from nn.w8.network import W8Network

if TYPE_CHECKING:
    from nn.training.trainer import Trainer

VERSION: Final = 1
OPTIMIZERS: Final = ("SGD", "Adam", "AdamW", "RMSProp")
COUNTS: Final = ("steps", "epoch", "batch", "waited")  # of a Position


def save(model: Module, path: str | os.PathLike[str]) -> Path:
    """Write a model's parameters and its shape into a file.

    Args:
        model: any Module.
        path: the file, in the format of safetensors; it is there whole or not at all, whatever happens meanwhile.

    Returns:
        The path.

    Raises:
        MissingDependency: safetensors is not installed.
        OSError: the file can't be written.
    """
    if not isinstance(model, Module):
        raise TypeError(
            f"save takes a Module first, not {type(model).__name__}: {model!r:.60}; write save(model, path)"
        )
    return _write(path, "model", {"model": _description(model)}, {"vector": model.vector()})


def load(path: str | os.PathLike[str], model: Module | None = None) -> Module:
    """The model that a file holds, as :func:`save` or ``Trainer.save`` wrote it.

    Args:
        path: the file.
        model: gets the parameters. It isn't needed for an ``MLP``, ``Layer`` or ``Neuron`` whose activation has a name,
            nor for a ``W8Network``: those are made anew.

    Returns:
        The model.

    Raises:
        ValueError: the file is no checkpoint, is damaged or of a newer version, or its model is another. The model is
            as it was.
        MissingDependency: safetensors is not installed.
        OSError: the file can't be read.
    """
    _check_model(model)
    _, content, tensors = _read(path)
    with _complete(path):
        model = _made(content["model"], path) if model is None else model
        _check_names(model, content["model"], path)
        model.load_vector(tensors.get("best", tensors["vector"]))
    return model


# --- Runs ---


def save_run(trainer: Trainer, path: str | os.PathLike[str]) -> Path:
    """As ``Trainer.save``."""
    position, optimizer, history = trainer._position, trainer.optimizer, trainer.history
    content = {
        "model": _description(trainer.model),
        "loss": _name_of_loss(trainer.loss),
        "optimizer": {
            "class": type(optimizer).__name__,
            "lr": None if callable(optimizer.lr) else float(optimizer.lr),
            "options": optimizer.options(),
        },
        "options": {name: getattr(trainer, name) for name in _options()},
        "position": {name: getattr(position, name) for name in COUNTS},
        "samples": trainer._samples,
        "columns": list(history.columns),
        "shown": history.shown,
    }
    tensors = {"vector": position.vector, "numbers": np.array([position.total, position.lowest], dtype=float)}
    tensors |= {f"slot {i}": slot for i, slot in enumerate(position.slots)}
    tensors |= {} if position.best is None else {"best": position.best}
    tensors |= {f"history {i}": np.array(column, dtype=float) for i, column in enumerate(history.columns.values())}
    return _write(path, "run", content, tensors)


def load_run(
    cls: type[Trainer],
    path: str | os.PathLike[str],
    model: Module,
    loss: Callable[[Any, Any], Any] | None,
    lr: Any,
) -> Trainer:
    """As ``Trainer.load``."""
    _check_model(model)
    if loss is not None and not callable(loss):
        raise TypeError(f"a loss is a function of an output and its target, such as nn.mse, not {loss!r:.60}")
    if lr is not None and not callable(lr):
        optim.checked_rate(lr)
    kind, content, tensors = _read(path)
    if kind != "run":
        raise ValueError(f"{path} holds a model and no training run; load(path, model) reads it")
    with _complete(path):
        return _run(cls, path, content, tensors, model, loss, lr)


def _run(
    cls: type[Trainer], path: Any, content: dict[str, Any], tensors: dict[str, Any], model: Module, loss: Any, lr: Any
) -> Trainer:
    _check_names(model, content["model"], path)
    saved = content["optimizer"]
    if lr is None and saved["lr"] is None:
        raise ValueError(f"the learning rate of the run in {path} was a function: give it again, as lr=...")
    if saved["class"] not in OPTIMIZERS:
        raise ValueError(f"the run in {path} has the optimiser {saved['class']!r:.40}, which is none of nn's")
    made: Any = getattr(optim, saved["class"])
    optimizer = made(model.parameters(), saved["lr"] if lr is None else lr, **saved["options"])
    trainer = cls(model, _loss(loss, content["loss"], path), optimizer, **content["options"])
    columns = {name: tensors[f"history {i}"].tolist() for i, name in enumerate(content["columns"])}
    total, lowest = tensors["numbers"].tolist()
    slots = tuple(tensors[f"slot {i}"] for i in range(len(optimizer.kept)) if f"slot {i}" in tensors)
    counts = content["position"]
    history = History(columns, shown=content["shown"])
    position = Position(tensors["vector"], slots, total=total, lowest=lowest, best=tensors.get("best"), **counts)
    if {part.shape for part in (position.vector, *slots)} != {(len(optimizer.params),)}:
        raise ValueError(f"{path} is damaged: its vectors have different lengths")
    model.load_vector(tensors.get("best", tensors["vector"]))
    trainer.history, trainer._position, trainer._samples = history, position, content["samples"]
    optimizer.slots, optimizer.steps = slots, counts["steps"]
    return trainer


def _check_model(model: Any) -> None:
    if not isinstance(model, (Module, type(None))):
        raise TypeError(f"the parameters go into a Module, not {type(model).__name__}: {model!r:.60}")


@contextmanager
def _complete(path: Any) -> Iterator[None]:
    """Inside, a part that the file lacks, or has in another form than we write it, is an error about the file."""
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error!s:.150}") from error


def _options() -> tuple[str, ...]:
    return ("batch_size", "patience", "seed", "eager", "dtype", "threads", "backend")


def _name_of_loss(loss: Any) -> str | None:
    """The name of a loss of ``nn.losses``; None for a function of the user's."""
    name = getattr(loss, "__name__", "")
    return name if getattr(losses, name, None) is loss else None


def _loss(given: Any, saved: str | None, path: Any) -> Any:
    if given is not None:
        return given
    if saved is None:
        raise ValueError(f"the loss of the run in {path} was a function of your own: give it again, as loss=...")
    found = getattr(losses, saved, None)
    if found is None or getattr(found, "__module__", "") != losses.__name__:
        raise ValueError(f"the run in {path} has the loss {saved!r:.40}, which nn doesn't have")
    return found


# --- The shape of a model ---


def _description(model: Module) -> dict[str, Any]:
    """The model's class, the names of its parameters, and, where that is enough, the arguments that make another."""
    names = [name for name, _ in model.named_parameters()]
    return {"class": type(model).__name__, "names": names, "arguments": _arguments(model)}


def _arguments(model: Any) -> dict[str, Any] | None:
    found: dict[str, Any]
    if type(model) is W8Network:
        return {}
    if type(model) is Neuron:
        found = {"nin": len(model.w), "activation": model.activation}
    elif type(model) is Layer:
        found = {"nin": len(model.neurons[0].w), "nout": len(model.neurons), "activation": model.neurons[0].activation}
    elif type(model) is MLP:
        sizes = [len(layer.neurons) for layer in model.layers]
        first = model.layers[0].neurons[0]
        activation = first.activation if len(sizes) > 1 else "linear"
        found = {"nin": len(first.w), "nouts": sizes, "activation": activation}
    else:
        return None
    if not isinstance(found["activation"], str) or repr(_instance(type(model), found)) != repr(model):
        return None
    return found


def _instance(kind: type[Any], arguments: dict[str, Any]) -> Any:
    return kind(**arguments, seed=0)


def _made(description: dict[str, Any], path: Any) -> Module:
    """A model of the shape that a file describes."""
    kinds: dict[str, type[Any]] = {"MLP": MLP, "Layer": Layer, "Neuron": Neuron, "W8Network": W8Network}
    kind, arguments = kinds.get(description["class"]), description["arguments"]
    if kind is None or arguments is None:
        raise ValueError(
            f"{path} holds a {description['class']:.60}, which can't be made from the file alone: make the model, "
            "then write load(path, model)"
        )
    if _size(kind, arguments) != len(description["names"]):
        raise ValueError(f"{path} is damaged: its model has another number of parameters than the file")
    made: Module = _instance(kind, arguments)
    return made


def _size(kind: type[Any], arguments: dict[str, Any]) -> int:
    """How many parameters the model would have."""
    if kind is W8Network:
        return 8
    sizes = [arguments["nin"], *arguments.get("nouts", [arguments.get("nout", 1)])]
    return sum((before + 1) * after for before, after in pairwise(sizes))


def _check_names(model: Module, description: dict[str, Any], path: Any) -> None:
    ours = [name for name, _ in model.named_parameters()]
    theirs = description["names"]
    if ours == theirs:
        return
    if len(ours) != len(theirs):
        difference = f"{len(theirs)} parameters, and this {type(model).__name__} has {len(ours)}"
    else:
        i = next(i for i, (mine, other) in enumerate(zip(ours, theirs)) if mine != other)
        difference = f"the parameter {theirs[i]!r:.60} where this {type(model).__name__} has {ours[i]!r:.60}"
    raise ValueError(f"{path} holds another model: its {description['class']:.60} has {difference}")


# --- The file ---


def _write(path: str | os.PathLike[str], kind: str, content: dict[str, Any], tensors: dict[str, Any]) -> Path:
    metadata = {
        "format": "chainrule",
        "version": str(VERSION),
        "kind": kind,
        "content": json.dumps(content, sort_keys=True, default=float),  # NumPy's numbers
    }
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    metadata["sha256"] = _digest(metadata, tensors)
    _check_path(path)
    target = Path(path)
    write_whole(
        target.resolve() if target.is_symlink() else target, _safetensors().save(tensors, metadata), lasting=True
    )
    return target


def _check_path(path: Any) -> None:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"the file's name is text or a path, not {type(path).__name__}: {path!r:.60}")


def _read(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The kind of a file, its content and its tensors.

    Raises:
        ValueError: it isn't a checkpoint of ours, or it is damaged.
    """
    library = _safetensors()
    _check_path(path)
    content = Path(path).read_bytes()
    try:
        tensors = library.load(content)
        length = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    except Exception as error:  # the library has errors of several kinds, some of them only Exception's
        raise ValueError(f"{path} is damaged, or no safetensors file: {error!s:.150}") from None
    if metadata.get("format") != "chainrule":
        raise ValueError(f"{path} is a safetensors file, but chainrule didn't write it")
    if metadata.get("version") != str(VERSION):
        raise ValueError(
            f"{path} has version {metadata.get('version')!r:.20} of the checkpoints' format, and this is version "
            f"{VERSION}: a newer chainrule reads it"
        )
    if metadata.pop("sha256", None) != _digest(metadata, tensors):
        raise ValueError(f"{path} is damaged: its numbers don't agree with its checksum")
    return metadata.get("kind", ""), json.loads(metadata.get("content", "{}")), tensors


def _digest(metadata: dict[str, str], tensors: dict[str, Any]) -> str:
    found = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        found.update(tensor.tobytes())
    return found.hexdigest()


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise missing("safetensors", "a checkpoint") from None
    return safetensors.numpy
