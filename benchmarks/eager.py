"""What an operation costs without jit: recording it and passing the gradient back, in time and memory, beside others.

Two programs. A loop of ``z = z * y + x``, 400 operations, on everything that is installed: micrograd, XAD for Python
(``pip install xad``), PyTorch's scalars, HIPS autograd (it has our import name: give the Python of its environment as
HIPS_PYTHON), and on bare floats, which have no gradient. And one step of a GPT written with lists of Values
(``eager_gpt.py``), beside a Value as such programs bring along. Between the two, what programs do besides:
``parameters()``, ``zero_grad()``, a NumPy scalar times a Value.

All take turns, and the medians are printed. The first line says which form of the engine is at work: an editable
installation has the pure one, ``pip install .`` the compiled one, where there is a C compiler.
"""

from __future__ import annotations

import functools
import gc
import importlib
import operator
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import autograd
import nn
from autograd import Value
from autograd.engine import graph
from autograd.engine.value import PURE

try:
    from benchmarks import eager_gpt
except ModuleNotFoundError:  # python benchmarks/eager.py
    import eager_gpt

OPERATIONS = 400  # micrograd recurses: a longer chain needs a higher recursion limit than is safe
ROUNDS = 60
STEPS = 5


def chain(x: Any, y: Any, z: Any) -> Any:
    for _ in range(OPERATIONS // 2):
        z = z * y + x
    return z


def on_values(value: Callable[[float], Any]) -> float:
    """Seconds for the loop on Values like micrograd's."""
    x, y, z = value(0.5), value(0.999), value(1.0)
    start = time.perf_counter()
    z = chain(x, y, z)
    z.backward()
    return time.perf_counter() - start


def on_floats() -> float:
    x, y, z = 0.5, 0.999, 1.0
    start = time.perf_counter()
    chain(x, y, z)
    return time.perf_counter() - start


def on_xad(xad: Any) -> float:
    with xad.Tape() as tape:
        x, y, z = xad.Real(0.5), xad.Real(0.999), xad.Real(1.0)
        for leaf in (x, y, z):
            tape.registerInput(leaf)
        tape.newRecording()
        start = time.perf_counter()
        z = chain(x, y, z)
        tape.registerOutput(z)
        z.derivative = 1.0
        tape.computeAdjoints()
        return time.perf_counter() - start


HIPS = f"""
import statistics, time, autograd
def f(p):
    x, y, z = p
    for _ in range({OPERATIONS // 2}):
        z = z * y + x
    return z
def once():
    start = time.perf_counter()
    autograd.grad(f)((0.5, 0.999, 1.0))
    return time.perf_counter() - start
print(statistics.median(once() for _ in range(9)))
"""


def on_hips() -> float:
    out = subprocess.run([os.environ["HIPS_PYTHON"], "-I", "-c", HIPS], capture_output=True, text=True, check=True)
    return float(out.stdout)


def _installed(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def contestants() -> dict[str, Callable[[], float]]:
    """What to measure: name -> a run of the loop, which gives its seconds."""
    runs: dict[str, Callable[[], float]] = {"chainrule": lambda: on_values(Value)}
    if micrograd := _installed("micrograd.engine"):
        runs["micrograd"] = lambda: on_values(micrograd.Value)
    if xad := _installed("xad.adj_1st"):
        runs["XAD"] = lambda: on_xad(xad)
    if torch := _installed("torch"):
        runs["PyTorch"] = lambda: on_values(lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True))
    if os.environ.get("HIPS_PYTHON"):
        runs["HIPS autograd"] = on_hips
    return {**runs, "floats, no gradient": on_floats}


def medians(runs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median seconds of each, all taking turns."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds):
        for name, run in runs.items():
            if name != "HIPS autograd" or round_ < 3:
                times[name].append(run())
    return {name: statistics.median(some) for name, some in times.items()}


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.1f}" if ours >= theirs else f"1/{theirs / ours:.1f}"


def bytes_a_node(make: Callable[[Any], Any]) -> float:
    """Bytes for one node of a chain of 10,000 that ``make`` builds from the node before."""
    z = autograd.Value(0.5)
    tracemalloc.start()
    for _ in range(10_000):
        z = make(z)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return used / 10_000


def gpt_step(weights: eager_gpt.Weights) -> float:
    gc.collect()
    start = time.perf_counter()
    eager_gpt.step(weights)
    return time.perf_counter() - start


def gpt() -> None:
    """Print the GPT's rows."""
    ours, plain = eager_gpt.parameters(Value), eager_gpt.parameters(eager_gpt.PlainValue)
    operations = len(graph.operations(eager_gpt.loss(ours)))
    runs = {"chainrule": lambda: gpt_step(ours), "plain Value": lambda: gpt_step(plain)}
    for collector in ("on", "off"):
        (gc.enable if collector == "on" else gc.disable)()
        taken = medians(runs, STEPS)
        for name, seconds in taken.items():
            text = f"GPT step, {operations:,} operations, gc {collector}"
            print(f"{text:40} {name:20} {seconds * 1e3:8.1f} ms   {_ratio(taken['chainrule'], seconds)}")
    gc.enable()


def _calls(call: Callable[[], Any], times: int) -> Callable[[], float]:
    """A run of so many calls, which gives the seconds of one."""

    def run() -> float:
        start = time.perf_counter()
        for _ in range(times):
            call()
        return (time.perf_counter() - start) / times

    return run


def ordinary() -> None:
    """Print the rows of what every step of a training, and every program with NumPy in it, does besides."""
    theirs, numpy = _installed("micrograd.nn"), _installed("numpy")
    models = {"chainrule": nn.MLP(2, [16, 16, 1])} | ({"micrograd": theirs.MLP(2, [16, 16, 1])} if theirs else {})
    values = {name: model.parameters()[0] for name, model in models.items()}
    rows: dict[str, dict[str, Callable[[], float]]] = {
        "parameters() of MLP(2, [16, 16, 1])": {name: _calls(m.parameters, 20) for name, m in models.items()},
        "zero_grad()": {name: _calls(m.zero_grad, 20) for name, m in models.items()},
    }
    if numpy:
        scalars = {"np.float64(3) * v": numpy.float64(3), "np.int64(3) * v": numpy.int64(3), "3.0 * v": 3.0}
        for text, scalar in scalars.items():
            rows[text] = {name: _calls(functools.partial(operator.mul, scalar, v), 500) for name, v in values.items()}
    for text, runs in rows.items():
        taken = medians(runs, ROUNDS)
        for name, seconds in taken.items():
            print(f"{text:40} {name:20} {seconds * 1e9:8.0f} ns   {_ratio(taken['chainrule'], seconds)}")


def main() -> None:
    """Print the tables."""
    print(f"engine: {'pure Python' if PURE else 'compiled'}; Python {platform.python_version()}, {platform.machine()}")
    taken = medians(contestants(), ROUNDS)
    for name, seconds in taken.items():
        per_operation = seconds / OPERATIONS * 1e9
        ratio = _ratio(taken["chainrule"], seconds)
        print(f"{'z = z * y + x, an operation':40} {name:20} {per_operation:8.0f} ns   {ratio}")
    ordinary()
    gpt()
    x = autograd.Value(0.3)
    for program, make in (
        ("z * x", lambda z: z * x),
        ("z + 1", lambda z: z + 1.0),
        ("tanh(z)", lambda z: z.tanh()),
        ("x / z", lambda z: x / z),
    ):
        print(f"{'memory, a node':40} {program:20} {bytes_a_node(make):8.0f} bytes")
    print("The last column is our time over theirs.")


if __name__ == "__main__":
    sys.setrecursionlimit(100_000)
    threading.stack_size(256 * 1024 * 1024)  # the plain Value recurses
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
