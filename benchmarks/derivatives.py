"""What derivatives cost, as multiples of computing f on Values: ``python benchmarks/derivatives.py``.

For random expressions of 100 to 100,000 operations it prints the time of f on floats and on Values, per operation, and
then the ratios of grad, value_and_grad, jvp and hvp to f on Values. Runs are interleaved, so that a slow moment of the
machine strikes all of them, and a ratio is the median of the ratios of the rounds. Flat columns say that the cost grows
as the expression does.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from autograd import Value, grad, hvp, jvp, sigmoid, sin, tanh

LEAVES = 8
UNARY = (sin, tanh, sigmoid)


def random_program(size: int, seed: int = 0) -> Callable[[list[Any]], Any]:
    """A function of LEAVES numbers in ``size`` operations: half of them sums and products, values kept moderate."""
    draw = random.Random(seed)
    steps = []
    for k in range(size):
        newest = LEAVES + k
        a, b = draw.randrange(max(0, newest - 50), newest), draw.randrange(newest)
        steps.append((draw.choice(("+", "*", "-", "f", "f", "f")), a, b, draw.choice(UNARY)))

    def f(x: list[Any]) -> Any:
        numbers = list(x)
        for kind, a, b, function in steps:
            if kind == "+":
                numbers.append(numbers[a] + numbers[b])
            elif kind == "-":
                numbers.append(numbers[a] - numbers[b])
            elif kind == "*":
                numbers.append(numbers[a] * numbers[b])
            else:
                numbers.append(function(numbers[a]))
        total = numbers[-1]
        for y in numbers[-50:-1]:  # so that most operations matter
            total = total + sin(y)
        return total

    return f


def seconds(run: Callable[[], Any], repeats: int) -> float:
    """How long one run takes, in seconds."""
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats


def measure(size: int, rounds: int) -> dict[str, float]:
    """The row of the table for expressions of that size."""
    f = random_program(size)
    x = [0.1 * (k + 1) for k in range(LEAVES)]
    v = [1.0, *[0.0] * (LEAVES - 1)]
    runs: dict[str, Callable[[], Any]] = {
        "floats": lambda: f(x),
        "Values": lambda: f([Value(t) for t in x]),
        "backward": lambda: f([Value(t) for t in x]).backward(),
        "grad": lambda: grad(f)(x),
        "jvp": lambda: jvp(f, (x,), (v,)),
        "hvp": lambda: hvp(f, x, v),
    }
    repeats = max(1, 3000 // size)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds + 1):
        for name, run in runs.items():
            gc.collect()
            took = seconds(run, repeats)
            if round_:  # the first warms up
                times[name].append(took)
    ratios = {
        name: statistics.median(a / b for a, b in zip(times[name], times["Values"]))
        for name in runs
        if name != "floats"
    }
    per_operation = {name: statistics.median(times[name]) / size * 1e9 for name in ("floats", "Values")}
    return {**ratios, "floats": per_operation["floats"], "Values": per_operation["Values"]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print("                 ns an operation            times f on Values")
    print("operations     floats     Values     backward     grad      jvp      hvp")
    for size in options.sizes:
        r = measure(size, options.rounds)
        print(
            f"{size:>10,}{r['floats']:>11.0f}{r['Values']:>11.0f}"
            f"{r['backward']:>13.2f}{r['grad']:>9.2f}{r['jvp']:>9.2f}{r['hvp']:>9.2f}"
        )
    print("\nTargets: grad at most 4, hvp at most 10, the same in every row.")


if __name__ == "__main__":
    main()
