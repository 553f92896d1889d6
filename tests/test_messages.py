"""Mistakes that people make, and what the message of each has to say: what was wrong, and what to write instead."""

from __future__ import annotations

import gc
import importlib
import math
import os
import re
import statistics
import subprocess
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, primitive
from autograd.engine.value import PURE
from autograd.testing import gradcheck
from tests.mistakes import COMMANDS, MISTAKES

LONGEST = 420  # characters: a message is read in a terminal, below a traceback


def fit(model: Any, loss: Any, X: Any, Y: Any, **options: Any) -> Any:  # noqa: N803 - as in nn
    optimizer = nn.SGD(model.parameters() if isinstance(model, nn.Module) else [Value(1.0)], lr=0.1)
    return nn.fit(model, loss, X, Y, optimizer=optimizer, **{"epochs": 1, **options})


def square(x: Any) -> Any:
    return x * x


@pytest.mark.parametrize(("code", "kind", "parts"), MISTAKES, ids=[code for code, *_ in MISTAKES])
def test_a_mistake_is_answered(code: str, kind: type[BaseException], parts: tuple[str, ...]) -> None:
    x = Value(2.0, "a")
    names = {name: getattr(autograd, name) for name in (*autograd.__all__, "sum", "abs", "round")}
    names |= {"ag": autograd, "nn": nn, "np": np, "math": math, "importlib": importlib, "gradcheck": gradcheck}
    names["statistics"] = statistics
    names |= {"x": x, "y": x * x + 1, "square": square, "primitive": primitive, "round": round, "fit": fit}
    model = nn.MLP(2, [1], seed=1)
    names |= {"model": model, "trainer": nn.Trainer(model, nn.mse, nn.SGD(model.parameters(), lr=0.1))}
    with pytest.raises(kind) as caught:
        eval(code, names)
    message = str(caught.value)
    assert type(caught.value) is kind
    for part in parts:
        assert part in message
    assert len(message) < LONGEST


@pytest.mark.parametrize(("words", "parts"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_a_wrong_command_is_answered(
    words: tuple[str, ...], parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    from autograd.__main__ import app, run

    assert run(app, "chainrule", words) == 2
    told = capsys.readouterr().err
    for part in parts:
        assert part in told
    assert len(told) < LONGEST


def test_names_of_other_libraries_are_answered_and_not_offered() -> None:
    x = Value(2.0)
    for name in ("item", "numpy", "detach", "tolist", "clone", "requires_grad", "zero_grad"):
        assert not hasattr(x, name)
        assert name not in dir(x)
    assert {"data", "grad", "exp", "backward"} <= set(dir(x))


def test_a_backward_pass_of_a_constant_warns() -> None:
    x = Value(2.0)
    with autograd.no_grad():
        y = x * 2
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y.backward()
        (x * 2).backward()
        x.backward()
    assert [warning.filename for warning in caught] == [__file__]
    assert issubclass(caught[0].category, autograd.errors.AutogradWarning)
    assert "outside of no_grad()" in str(caught[0].message)


def test_no_grad_decorates_a_function() -> None:
    @autograd.no_grad()
    def f(x: Value) -> Value:
        return x * x

    assert f(Value(3.0)).parents == ()
    assert f(Value(4.0)).data == 16.0  # again


def test_the_names_of_builtins_are_left_alone_by_a_star() -> None:
    names: dict[str, Any] = {}
    exec("from autograd import *", names)
    assert not {"sum", "abs", "round", "min", "max", "pow"} & set(names)
    assert {"Value", "grad", "exp", "gradient", "jit"} <= set(names)


def test_dir_shows_what_is_for_users() -> None:
    shown = [name for name in dir(autograd) if not name.startswith("__")]
    assert set(shown) == {*autograd.__all__, "abs", "round", "sum", "testing"}
    assert len(shown) == len(set(shown))
    assert autograd.testing.gradcheck is gradcheck


def test_a_derived_function_has_a_name() -> None:
    assert repr(autograd.grad(square)).startswith("<function grad(square) at ")
    assert repr(autograd.jacobian(autograd.grad(square))).startswith("<function jacobian(grad(square)) at ")


@pytest.mark.parametrize(
    "mistake", ["log(x - 2)", "x / (x - 2)", "(x - 3) ** 0.5", "x.exp().exp().exp()", "Value('3')", "x * [1]"]
)
def test_a_traceback_is_one_and_its_files_can_be_opened(mistake: str) -> None:
    names = {"x": Value(2.0), "Value": Value, "log": autograd.log}
    with pytest.raises((ValueError, TypeError, ArithmeticError)) as caught:
        eval(compile(f"{mistake}\n", __file__, "eval"), names)
    told = "".join(traceback.format_exception(caught.value))
    assert told.count("Traceback") == 1
    files = re.findall(r'File "(.*?)"', told)
    assert all(map(os.path.isabs, files))
    assert all(map(os.path.exists, files))
    if not PURE:  # compiled functions have no line
        assert files[-1] in (__file__, autograd.functions.__file__)


def test_files_of_another_autograd_are_noticed(tmp_path: Path) -> None:
    ours = Path(autograd.__file__).parent
    package = tmp_path / "autograd"
    package.mkdir()
    for path in ours.iterdir():
        (package / path.name).symlink_to(path)
    (package / "__init__.py").unlink()
    (package / "__init__.py").write_text((ours / "__init__.py").read_text())
    for path in ours.parent.glob("*__mypyc*"):
        (tmp_path / path.name).symlink_to(path)
    run = [sys.executable, "-W", "always", "-c", "import autograd"]
    assert not subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    (package / "numpy").mkdir()
    told = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    assert "ForeignFiles" in told
    assert "pip uninstall autograd chainrule" in told


def test_what_is_printed_is_short_and_says_what_it_is() -> None:
    model = nn.MLP(2, [16, 16, 1], seed=1)
    assert repr(model) == (
        "MLP of [Layer of [16 × ReLUNeuron(2)], Layer of [16 × ReLUNeuron(16)], Layer of [LinearNeuron(16)]]"
    )
    assert repr(nn.SGD(model.parameters(), lr=0.1)) == "SGD(lr=0.1, 337 parameters)"
    assert repr(nn.SGD([Value(1.0)], lr=0.1, momentum=0.9, nesterov=True)) == (
        "SGD(lr=0.1, momentum=0.9, nesterov=True, 1 parameter)"
    )
    assert repr(nn.W8Network([0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55])).startswith("W8Network(w1=0.15, w2=0.2, ")


def test_a_label_says_what_to_highlight() -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = x * w + 1
    assert autograd.to_dot(y, highlight="w").source == autograd.to_dot(y, highlight=w).source
    assert autograd.to_dot(y, highlight=["w", x]).source == autograd.to_dot(y, highlight=[w, x]).source


def train(model: nn.Neuron, reset: Any, steps: int = 4) -> list[str]:
    """A training loop; returns the warnings, by class and line."""
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(steps):
            reset(model, optimizer)
            loss = (model([1.0, 2.0]) - 3.0) ** 2
            loss.backward()
            optimizer.step()
    assert all(warning.filename == __file__ and "optimizer.zero_grad()" in str(warning.message) for warning in caught)
    return [warning.category.__name__ for warning in caught]


def set_to_zero(model: nn.Neuron) -> None:
    for p in model.parameters():
        p.grad = 0.0


@pytest.mark.parametrize(
    ("reset", "warned"),
    [
        (lambda model, optimizer: None, ["StaleGradient"]),
        (lambda model, optimizer: optimizer.zero_grad(), []),
        (lambda model, optimizer: model.zero_grad(), []),
        (lambda model, optimizer: autograd.zero_grad(model.parameters()), []),
        (lambda model, optimizer: set_to_zero(model), []),
    ],
    ids=["forgotten", "optimizer", "model", "function", "by hand"],
)
def test_a_forgotten_zero_grad_is_noticed_once(reset: Any, warned: list[str]) -> None:
    for activation in ("tanh", "linear"):
        assert train(nn.Neuron(2, activation, seed=3), reset) == warned


def test_gradients_may_add_up_between_steps_and_on_the_way_to_another_network() -> None:
    generator, critic = nn.Neuron(1, "tanh", seed=1), nn.Neuron(1, "linear", seed=2)
    first, second = nn.SGD(generator.parameters(), lr=0.1), nn.SGD(critic.parameters(), lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            second.zero_grad()
            for sample in ([1.0], [2.0]):
                (critic(sample) - critic([generator(sample).data])).backward()
            second.step()
            first.zero_grad()
            critic([generator([1.0])]).backward()  # through the critic, whose gradients nobody needs
            first.step()


def test_an_optimiser_that_is_gone_is_forgotten() -> None:
    from autograd.engine.used import USED

    gc.collect()
    before = len(USED)
    train(nn.Neuron(2, seed=1), lambda model, optimizer: optimizer.zero_grad())
    gc.collect()
    assert len(USED) == before
