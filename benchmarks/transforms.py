"""What eager transforms cost: each operation, and each call, beside Values, finite differences and other libraries.

``python benchmarks/transforms.py`` prints two tables. The first has the time of an operation in a loop of
``z = z * y + x``: with ``backward`` on Values, through each transform and each pair of two, and in HIPS autograd (it
has our import name: give the Python of its environment as HIPS_PYTHON), micrograd, and ``ad`` (``pip install ad``),
where they are installed. The second has the time of a call of small functions, beside central differences.

All take turns, and the medians are printed. The first line says which form of the engine is at work: an editable
installation has the pure one, ``pip install .`` the compiled one, where there is a C compiler.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

from autograd import Value, derivative, grad, hessian, jacobian, jvp, value_and_grad
from autograd.engine.value import PURE

OPERATIONS = 400
ROUNDS = 40

HIPS = f"""
import statistics, sys, time
from autograd import grad, make_jvp
def f(x, y=1.000001):
    z = x
    for _ in range({OPERATIONS // 2}):
        z = z * y + x
    return z
slope = lambda x: make_jvp(f)(x)(1.0)[1]
runs = {{"grad": lambda: grad(f)(0.5), "jvp": lambda: make_jvp(f)(0.5)(1.0),
         "grad of grad": lambda: grad(grad(f))(0.5), "jvp of grad": lambda: make_jvp(grad(f))(0.5)(1.0),
         "grad of jvp": lambda: grad(slope)(0.5), "jvp of jvp": lambda: make_jvp(slope)(0.5)(1.0)}}
for name, run in runs.items():
    def once():
        start = time.perf_counter()
        run()
        return time.perf_counter() - start
    once()
    print(name, statistics.median(once() for _ in range(5)), sep=":")
"""


def chain(x: Any, y: float = 1.000001) -> Any:
    z = x
    for _ in range(OPERATIONS // 2):
        z = z * y + x
    return z


def backward(value: Callable[[float], Any]) -> Callable[[], Any]:
    """A run of the loop on Values like micrograd's."""

    def run() -> Any:
        x = value(0.5)
        chain(x).backward()
        return x.grad

    return run


def slope(x: Any) -> Any:
    return jvp(chain, (x,), (1.0,))[1]


def operations() -> dict[str, Callable[[], Any]]:
    """The first table's runs."""
    runs: dict[str, Callable[[], Any]] = {
        "Value, backward": backward(Value),
        "grad": lambda: grad(chain)(0.5),
        "jvp": lambda: slope(0.5),
        "grad of grad": lambda: grad(grad(chain))(0.5),
        "jvp of grad": lambda: jvp(grad(chain), (0.5,), (1.0,)),
        "grad of jvp": lambda: grad(slope)(0.5),
        "jvp of jvp": lambda: jvp(slope, (0.5,), (1.0,)),
    }
    try:
        from micrograd.engine import Value as Theirs

        runs["micrograd, backward"] = backward(Theirs)
    except ImportError:
        pass
    try:
        import ad

        runs["ad, first derivative"] = lambda: chain(ad.adnumber(0.5)).d()
    except ImportError:
        pass
    return runs


def differences(f: Callable[[list[float]], float], at: list[float]) -> list[float]:
    """The gradient by central differences."""
    found = []
    for i in range(len(at)):
        up, down = ([x + sign * 1e-6 * (i == j) for j, x in enumerate(at)] for sign in (1, -1))
        found.append((f(up) - f(down)) / 2e-6)
    return found


def calls() -> dict[str, tuple[Callable[[], Any], Callable[[], Any] | None]]:
    """The second table's runs, each with the one by differences."""
    pair, point = [lambda p: p[0] * p[1], lambda p: p[0] + p[1]], [3.0, 4.0]
    square, cubic = (lambda x: x * x), (lambda p: p[0] ** 2 * p[1])
    one, two, three = grad(square), value_and_grad(pair[0]), jacobian(lambda p: [f(p) for f in pair])
    four, five = derivative(square), hessian(cubic)
    return {
        "grad of x·x": (lambda: one(3.0), lambda: differences(lambda p: p[0] * p[0], [3.0])),
        "derivative of x·x": (lambda: four(3.0), lambda: differences(lambda p: p[0] * p[0], [3.0])),
        "value_and_grad of two numbers": (lambda: two(point), lambda: differences(pair[0], point)),
        "jacobian of two by two": (lambda: three(point), lambda: [differences(f, point) for f in pair]),
        "hessian of two": (lambda: five(point), None),
    }


def medians(runs: dict[str, Callable[[], Any]], times: int, rounds: int = ROUNDS) -> dict[str, float]:
    """The median seconds of a call of each, all taking turns."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            for _ in range(times):
                run()
            if round_:  # the first warms up
                taken[name].append((time.perf_counter() - start) / times)
    return {name: statistics.median(some) for name, some in taken.items()}


def on_hips() -> dict[str, float]:
    """The seconds of each run in HIPS autograd; none where it isn't there."""
    if not os.environ.get("HIPS_PYTHON"):
        return {}
    out = subprocess.run([os.environ["HIPS_PYTHON"], "-I", "-c", HIPS], capture_output=True, text=True, check=True)
    return {name: float(seconds) for name, _, seconds in (line.partition(":") for line in out.stdout.splitlines())}


def main() -> None:
    """Print the tables."""
    print(
        f"engine: {'pure Python' if PURE else 'compiled'}; Python {platform.python_version()}, {platform.machine()}\n"
    )
    theirs = on_hips()
    taken = medians(operations(), 2)
    base = taken["Value, backward"]
    print(f"{'an operation':34}{'ns':>8}{'of backward':>14}{'HIPS autograd, ns':>20}")
    for name, seconds in taken.items():
        other = f"{theirs[name] / OPERATIONS * 1e9:>20,.0f}" if name in theirs else ""
        print(f"{name:34}{seconds / OPERATIONS * 1e9:>8,.0f}{seconds / base:>14.2f}{other}")
    print(f"\n{'a call':34}{'µs':>8}{'differences, µs':>18}")
    for name, (run, by_differences) in calls().items():
        both = {"ours": run} | ({"differences": by_differences} if by_differences else {})
        taken = medians(both, 100)
        other = f"{taken['differences'] * 1e6:>18.1f}" if by_differences else ""
        print(f"{name:34}{taken['ours'] * 1e6:>8.1f}{other}")


if __name__ == "__main__":
    main()
