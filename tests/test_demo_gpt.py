"""The GPT demo: its model against one written as tensors, its training, its samples, and its complaints."""

import importlib.util
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd import gradient, jit, mean, value_and_grad, vmap
from autograd.__main__ import run
from nn import functional

DEMO = Path(__file__).parent.parent / "demos" / "gpt.py"
spec = importlib.util.spec_from_file_location("demo_gpt", DEMO)
gpt = sys.modules["demo_gpt"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gpt)

ROW = [0, 3, 1, 4, 2, 0]


@pytest.fixture
def parameters():
    return gpt.initial(8, 5, 6, random.Random(1))


def tensor_loss(p, row):
    """The mean surprise, over whole arrays."""

    def normalized(x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)

    def exponentials(x):
        powers = np.exp(x - x.max(-1, keepdims=True))
        return powers / powers.sum(-1, keepdims=True)

    inputs, targets = np.array(row[:-1]), np.array(row[1:])
    n = len(inputs)
    x = normalized(p["token"][inputs] + p["place"][:n])
    seen = normalized(x)
    query, key, value = (np.split(seen @ p[name].T, gpt.HEADS, axis=1) for name in ("query", "key", "value"))
    mask = np.where(np.tril(np.ones((n, n))) > 0, 0.0, -np.inf)
    said = [exponentials(q @ k.T / np.sqrt(q.shape[1]) + mask) @ v for q, k, v in zip(query, key, value)]
    x = x + np.concatenate(said, axis=1) @ p["out"].T
    x = x + np.maximum(normalized(x) @ p["up"].T, 0.0) @ p["down"].T
    return -np.log(exponentials(x @ p["head"].T)[np.arange(n), targets]).mean()


def mean_surprise(p, row):
    return sum(gpt.surprises(p, row)) / (len(row) - 1)


def test_the_scalar_model_is_the_tensor_model(parameters):
    assert mean_surprise(parameters, ROW) == pytest.approx(tensor_loss(parameters, ROW), abs=1e-13)


def test_the_compiled_gradient_is_the_eager_one(parameters):
    model = gpt.GPT(parameters)
    value = mean_surprise(model.tables, ROW)
    expected = np.array([float(slope) for slope in gradient(value, model.parameters())])
    loss, slopes = jit(value_and_grad(batch_loss(model)))(model.vector(), *gpt.filled_up([ROW[1:-1]] * 2, 6))
    assert loss == pytest.approx(value.data, abs=1e-13)
    np.testing.assert_allclose(slopes, expected, rtol=0, atol=1e-12)


def batch_loss(model):
    run = functional(model)
    return lambda vector, rows, targets: mean(vmap(lambda row, y: gpt.loss(run(vector, row), y))(rows, targets))


def test_what_fills_a_row_up_changes_nothing(parameters):
    model = gpt.GPT(parameters)
    compiled = jit(batch_loss(model))
    short = [[1], [2, 3]]
    apart = [mean_surprise(parameters, [0, *document, 0]) for document in short]
    assert compiled(model.vector(), *gpt.filled_up(short, 6)) == pytest.approx(sum(apart) / 2, abs=1e-13)


def test_training_learns_a_tiny_language_and_samples_it(tmp_path, capsys):
    file = tmp_path / "words.txt"
    file.write_text("abab\nabababab\n\nab\n", encoding="utf-8")
    options = ["--epochs", "150", "--width", "4", "--batch", "4", "--samples", "5", "--temperature", "0.1"]
    assert run(gpt.app, "gpt", [str(file), *options, "--out", str(tmp_path)]) == 0
    assert (tmp_path / "gpt.png").read_bytes().startswith(b"\x89PNG")
    text = capsys.readouterr().out
    assert "documents  3, of 2 different characters" in text
    loss = float(text.split("loss")[1].split()[0])
    assert loss < 0.5  # knowing nothing it would be 1.099
    words = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    assert len(words) == 5
    assert all(word == "ab" * (len(word) // 2) for word in words)


def test_the_seed_decides_everything(tmp_path, capsys):
    file = tmp_path / "words.txt"
    file.write_text("one\ntwo\n", encoding="utf-8")
    said = []
    for seed in ("3", "3", "4"):
        assert (
            run(gpt.app, "gpt", [str(file), "--epochs", "2", "--width", "4", "--seed", seed, "--out", str(tmp_path)])
            == 0
        )
        said.append([line for line in capsys.readouterr().out.splitlines() if not line.startswith("time")])
    assert said[0] == said[1] != said[2]


def test_the_first_names_are_there():
    names = gpt.first_names()
    assert len(names) > 6000
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("text", "options", "complaint"),
    [("\n \n", [], "has no text"), ("a\n", ["--width", "6"], "--width takes a multiple of 4, not 6")],
)
def test_what_cannot_be_done_is_said_in_a_line(tmp_path, capsys, text, options, complaint):
    file = tmp_path / "words.txt"
    file.write_text(text, encoding="utf-8")
    assert run(gpt.app, "gpt", [str(file), *options]) != 0
    assert complaint in capsys.readouterr().err


def test_a_run_that_was_kept_goes_on_as_if_it_had_never_stopped(tmp_path, capsys):
    pytest.importorskip("safetensors", reason="checkpoints need safetensors, an extra")
    file, kept = tmp_path / "words.txt", tmp_path / "run"
    file.write_text("one\ntwo\nthree\n", encoding="utf-8")
    model, alphabet = gpt.GPT(gpt.initial(4, 8, 6, random.Random(1))), "ehnortw"
    data = gpt.filled_up([[1 + alphabet.index(c) for c in word] for word in ("one", "two", "three")], 6)
    results = []
    for checkpoint in (None, kept):
        model.load_vector(gpt.GPT(gpt.initial(4, 8, 6, random.Random(1))).vector())
        trainer = gpt.training(model, 3, 6, 2, 1, 0, checkpoint)
        if checkpoint is not None:
            gpt.train(trainer, *data, 4, checkpoint)
            model.load_vector(0 * model.vector())
            trainer = gpt.training(model, 3, 6, 2, 1, 0, checkpoint)
            assert "resumed    after 4 epochs" in capsys.readouterr().out
        results.append((gpt.train(trainer, *data, 6, checkpoint)[0].columns, model.vector().tolist()))
    assert results[0] == results[1]


def test_the_first_names_are_learned_as_far_as_expected(tmp_path, capsys):
    assert run(gpt.app, "gpt", ["--out", str(tmp_path)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("loss"))
    found, expected = line.split()[1], line.split("at most ")[1].split(";")[0]
    assert float(found) <= float(expected) == gpt.EXPECTED
