"""How long an explanation takes, at two sizes of graphs: ``python benchmarks/explaining.py``."""

from __future__ import annotations

import random
import statistics
import time

from autograd import Value, explain
from autograd.engine.value import PURE

REPEATS = 5


def random_graph(operations: int) -> tuple[Value, Value]:
    """A result, and one of the leaves that it depends on."""
    rng = random.Random(1)
    pool = [Value(rng.random(), f"v{i}") for i in range(10)]
    leaf, made = pool[0], 0
    while made < operations:
        a, b = rng.choice(pool[-20:]), rng.choice(pool[-20:])
        slow = rng.random() < 0.3
        pool.append((a * b + 0.1).tanh() if slow else a * b)
        made += 3 if slow else 1
    return sum(pool[-5:], Value(0.0)), leaf


def main() -> None:
    print(f"engine {'in Python' if PURE else 'compiled'}; median of {REPEATS}, processor time")
    for operations in (300, 100_000):
        y, leaf = random_graph(operations)
        times = []
        for _ in range(REPEATS):
            began = time.process_time()
            lines = len(explain(y, leaf).text.splitlines())
            times.append(time.process_time() - began)
        print(f"{operations:>9,} operations   {statistics.median(times) * 1e3:6.0f} ms   {lines} lines")


if __name__ == "__main__":
    main()
