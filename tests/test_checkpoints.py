"""Checkpoints: a resumed run is the uninterrupted one, bit for bit; a damaged file is refused; a kill loses nothing."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import MissingDependency
from nn import MLP, SGD, Adam, AdamW, Layer, Neuron, RMSProp, Trainer, W8Network, load, save
from nn.training.checkpoint import _digest

safetensors = pytest.importorskip("safetensors.numpy", reason="checkpoints need safetensors, an extra")

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(12, 2))
Y = np.sign(X[:, 0] * X[:, 1])
WORDS, NEXT = [[1, 2], [0, 1, 2], [2, 2], [1, 0, 0], [1, 1]], [0.5, -1.0, 1.0, 0.0, 0.25]


def network():
    return MLP(2, [3, 1], "tanh", seed=1)


class Reader(nn.Module):
    def __init__(self):
        self.table = nn.Embedding(3, 2, seed=1)
        self.attention = nn.Attention(2, seed=2)
        self.end = nn.Sequential(nn.Dropout(0.3), Neuron(2, "linear", seed=3))

    def __call__(self, tokens, random=None):
        return self.end(self.attention(self.table(tokens))[-1], random=random)


def falling(step):
    return 0.1 / (1 + step)


RUNS = [
    (network, (X, Y), nn.hinge, lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True), {"batch_size": 5}),
    (network, (X, Y), nn.mse, lambda p: Adam(p, 0.05, clip_norm=1.0), {"batch_size": 4, "patience": 2}),
    (network, (X, Y), nn.mse, lambda p: AdamW(p, falling), {"batch_size": 7, "dtype": "float32"}),
    (network, (X, Y), nn.huber, lambda p: RMSProp(p, 0.05, momentum=0.5), {"batch_size": 5, "backend": "numpy"}),
    (network, (X, Y), nn.mae, lambda p: SGD(p, 0.1), {"batch_size": 5, "eager": True}),
    (Reader, (WORDS, NEXT), nn.mse, lambda p: Adam(p, 0.05), {"batch_size": 2, "seed": 3}),
]


def trained(run, path, stop, epochs=4):
    """A run that is broken off after some steps, saved, and resumed by a model of other numbers."""
    make, data, loss, optimizer, options = RUNS[run]
    model = make()
    trainer = Trainer(model, loss, optimizer(model.parameters()), **options)
    more = {"validation": data, "metrics": [largest]} if "patience" in options else {}

    def interrupt(trainer):
        if trainer.steps == stop:
            raise KeyboardInterrupt

    trainer.run(*data, epochs, after_step=interrupt, **more)
    if trainer.steps == stop:
        trainer.save(path)
        model = make()
        model.load_vector(np.zeros(len(model.vector())))
        lr = falling if trainer.optimizer.lr is falling else None
        trainer = Trainer.load(path, model, lr=lr)
        assert trainer.steps == stop
        if trainer.epoch < epochs:
            trainer.run(*data, epochs - trainer.epoch, **more)
    return trainer


def largest(outputs, targets):
    return float(np.max(outputs))


@pytest.mark.parametrize("run", range(len(RUNS)))
@given(stop=st.integers(1, 11))
@settings(max_examples=6)
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(tmp_path_factory, run, stop):
    path = tmp_path_factory.mktemp("run") / "run.safetensors"
    resumed, whole = trained(run, path, stop), trained(run, path, -1)
    assert resumed.model.vector().tolist() == whole.model.vector().tolist()
    assert resumed.history.columns == whole.history.columns
    assert resumed.optimizer.steps == whole.optimizer.steps
    for ours, theirs in zip(resumed.optimizer.slots, whole.optimizer.slots):
        assert ours.tolist() == theirs.tolist()
    assert repr(resumed.optimizer) == repr(whole.optimizer)


@pytest.mark.parametrize(
    "make",
    [
        network,
        lambda: MLP(3, [2], seed=1),
        lambda: Layer(2, 3, "gelu", seed=1),
        lambda: Neuron(4, "linear", seed=1),
        lambda: W8Network(seed=1),
        lambda: MLP(1, [4, 4, 2], "sigmoid", seed=1),
    ],
)
def test_a_model_is_made_from_its_file_alone(make, tmp_path):
    model = make()
    path = save(model, tmp_path / "model.safetensors")
    again = load(path)
    assert (type(again), repr(again), again.state_dict()) == (type(model), repr(model), model.state_dict())
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_other_models_are_given(tmp_path):
    model, twin = Reader(), Reader()
    twin.load_vector(0 * twin.vector())
    path = save(model, tmp_path / "model")
    assert load(path, twin) is twin
    assert twin.vector().tolist() == model.vector().tolist()
    with pytest.raises(
        ValueError, match=r"holds a Reader, which can't be made from the file alone: .* load\(path, model"
    ):
        load(path)
    odd = MLP(2, [2, 1], lambda x: x * x, seed=1)
    with pytest.raises(ValueError, match="can't be made from the file alone"):
        load(save(odd, path))
    mixed = network()
    mixed.layers[0].neurons[1] = Neuron(2, "relu", seed=1)
    with pytest.raises(ValueError, match="can't be made from the file alone"):
        load(save(mixed, path))


def test_a_run_is_a_model_too(tmp_path):
    model = network()
    trainer = Trainer(model, nn.mse, SGD(model.parameters(), 0.1))
    trainer.run(X, Y, 2)
    path = trainer.save(tmp_path / "run")
    assert load(path).state_dict() == model.state_dict()
    with pytest.raises(ValueError, match="holds a model and no training run"):
        Trainer.load(save(model, path), network())


@given(st.data())
@settings(max_examples=60)
def test_a_damaged_file_is_refused_and_the_model_is_as_it_was(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "run"
    model = network()
    trainer = Trainer(model, nn.mse, Adam(model.parameters(), 0.1))
    trainer.run(X, Y, 1)
    content = bytearray(trainer.save(path).read_bytes())
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    path.write_bytes(content)
    twin = network()
    before = twin.state_dict()
    for reading in (lambda: load(path, twin), lambda: Trainer.load(path, twin), lambda: load(path)):
        with pytest.raises(ValueError, match=r"is damaged|chainrule didn't write it|has version"):
            reading()
    assert twin.state_dict() == before


def rewritten(path, **changes):
    """The file with other metadata and the checksum that belongs to them."""
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    metadata = header["__metadata__"] | changes
    metadata.pop("sha256")
    tensors = safetensors.load(content)
    metadata["sha256"] = _digest(metadata, tensors)
    path.write_bytes(safetensors.save(tensors, metadata))


def test_files_of_others_of_the_future_and_of_other_models_are_refused(tmp_path):
    path = save(network(), tmp_path / "model")
    with pytest.raises(ValueError, match="its MLP has 13 parameters, and this MLP has 9"):
        load(path, MLP(2, [2, 1]))
    with pytest.raises(ValueError, match=r"its MLP has the parameter 'layers.0.neurons.0.w.0' where this Sequential"):
        load(path, nn.Sequential(Layer(2, 3), Neuron(3)))
    rewritten(path, version="2")
    with pytest.raises(ValueError, match="has version '2' of the checkpoints' format, and this is version 1"):
        load(path)
    safetensors.save_file({"a": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="chainrule didn't write it"):
        load(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is damaged, or no safetensors file"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no folder"):
        save(network(), tmp_path / "nowhere" / "model")


def test_a_file_cannot_make_a_model_of_any_size(tmp_path):
    path = save(network(), tmp_path / "model")
    description = {"class": "MLP", "names": ["a"], "arguments": {"nin": 10**9, "nouts": [10**9], "activation": "tanh"}}
    rewritten(path, content=json.dumps({"model": description}))
    with pytest.raises(ValueError, match="another number of parameters"):
        load(path)


def test_what_a_file_cannot_hold_is_given_again(tmp_path):
    model = network()
    trainer = Trainer(model, lambda a, t: (a - t) ** 4, SGD(model.parameters(), falling))
    trainer.run(X, Y, 1)
    path = trainer.save(tmp_path / "run")
    with pytest.raises(ValueError, match=r"the learning rate of the run in .* was a function: give it again, as lr="):
        Trainer.load(path, model)
    with pytest.raises(
        ValueError, match=r"the loss of the run in .* was a function of your own: give it again, as loss="
    ):
        Trainer.load(path, model, lr=falling)
    assert Trainer.load(path, model, lambda a, t: (a - t) ** 4, lr=falling).steps == 1


def test_mistakes_of_the_caller_are_no_damage(tmp_path):
    model = network()
    path = Trainer(model, nn.mse, SGD(model.parameters(), 0.1)).save(tmp_path / "run")
    for call, message in (
        (lambda: load(path, 3), "the parameters go into a Module, not int: 3"),
        (lambda: Trainer.load(path, "model"), "the parameters go into a Module, not str"),
        (lambda: Trainer.load(path, model, "mse"), "a loss is a function of an output and its target"),
        (lambda: Trainer.load(path, model, lr="fast"), "a learning rate is a number, or a function"),
    ):
        with pytest.raises(TypeError, match=message):
            call()


def test_a_link_is_followed_and_stays(tmp_path):
    target = save(network(), tmp_path / "model")
    link = tmp_path / "newest"
    link.symlink_to(target)
    model = MLP(2, [2, 1], seed=5)
    save(model, link)
    assert link.is_symlink()
    assert load(target).state_dict() == model.state_dict()


def test_numbers_that_are_not_finite_survive(tmp_path):
    model = Neuron(2, "linear")
    model.load_vector([math.inf, math.nan, -0.0])
    assert repr(load(save(model, tmp_path / "model")).vector()) == repr(model.vector())


def test_without_safetensors_the_cure_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingDependency, match="a checkpoint needs safetensors; install it with: pip install"):
        save(network(), tmp_path / "model")


KILLED = """
import os, random, signal, sys, time
import numpy as np
import nn
from nn import MLP, Adam, Trainer

path, kills = sys.argv[1], int(sys.argv[2])
rng = random.Random(1)
X = np.random.default_rng(0).normal(size=(12, 2))
Y = np.sign(X[:, 0] * X[:, 1])

def network():
    return MLP(2, [2, 1], "tanh", seed=1)

model = network()
Trainer(model, nn.mse, Adam(model.parameters(), 0.01), batch_size=5, backend="numpy").save(path)
before = 0
for _ in range(kills):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        def saved(trainer):
            trainer.save(path)
            os.write(writing, b".")
        Trainer.load(path, network()).run(X, Y, 10**6, after_step=saved)
    os.read(reading, 1)
    time.sleep(rng.random() * 0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(writing)
    complete = 1 + len(os.read(reading, 10**6))
    os.close(reading)
    trainer = Trainer.load(path, network())
    assert trainer.steps >= before + complete, (trainer.steps, before, complete)
    before = trainer.steps

def stop(trainer):
    if trainer.steps == before:
        raise KeyboardInterrupt

model = network()
whole = Trainer(model, nn.mse, Adam(model.parameters(), 0.01), batch_size=5, backend="numpy")
whole.run(X, Y, 10**6, after_step=stop)
assert whole.model.vector().tolist() == trainer.model.vector().tolist()
assert whole.history.columns == trainer.history.columns
print(kills, "kills,", before, "steps")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork and no SIGKILL")
def test_a_run_that_is_killed_at_any_moment_loses_nothing(tmp_path, request):
    kills = request.config.getoption("--kills")
    command = [sys.executable, "-c", KILLED, tmp_path / "run", str(kills)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{kills} kills, ")


@pytest.mark.parametrize(
    "change",
    [
        {"model": None},
        {"model": {"class": "MLP", "names": 3, "arguments": {}}},
        {"optimizer": {"class": "SGD", "lr": 0.1, "options": {"speed": 3}}},
        {"optimizer": {"class": "_distinct", "lr": 0.1, "options": {}}},
        {"loss": "functions"},
        {"options": {"batch_size": "many"}},
        {"columns": ["a", "b", "c"]},
        {"position": {"steps": 1}},
        {"position": {"stride": 1}},
    ],
)
def test_a_file_whose_parts_are_wrong_is_refused_and_the_model_is_as_it_was(tmp_path, change):
    model = network()
    trainer = Trainer(model, nn.mse, Adam(model.parameters(), np.float32(0.1), eps=np.float32(1e-6)))
    trainer.run(X, Y, 1)
    path = trainer.save(tmp_path / "run")
    before = model.state_dict()
    header = path.read_bytes()
    content = json.loads(json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])["__metadata__"]["content"])
    rewritten(path, content=json.dumps(content | change))
    model.load_vector(model.vector())
    if change == {"position": {"steps": 1}}:  # what is left out there is 0
        assert Trainer.load(path, model).epoch == 0
        return
    with pytest.raises(ValueError, match=r"is damaged|none of nn's|nn doesn't have|holds another model"):
        Trainer.load(path, model)
    assert model.state_dict() == before
