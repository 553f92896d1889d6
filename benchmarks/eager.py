"""What an operation costs: recording it and passing the gradient back, in time and memory, beside micrograd.

The loop is ``z = z * y + x``. Runs are interleaved, the medians are printed. Install micrograd first.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import micrograd.engine

import autograd

OPERATIONS = 400  # micrograd recurses: a longer chain needs a higher recursion limit than is safe
REPEATS = 60


def record_and_backward(value: Callable[[float], Any], operations: int) -> float:
    """Seconds for one operation of the loop."""
    x, y, z = value(0.5), value(0.999), value(1.0)
    start = time.perf_counter()
    for _ in range(operations // 2):
        z = z * y + x
    z.backward()
    return (time.perf_counter() - start) / operations


def bytes_a_node(make: Callable[[Any], Any]) -> float:
    """Bytes for one node of a chain of 10,000 that ``make`` builds from the node before."""
    z = autograd.Value(0.5)
    tracemalloc.start()
    for _ in range(10_000):
        z = make(z)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return used / 10_000


def main() -> None:
    """Print the tables."""
    sys.setrecursionlimit(10_000)
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(record_and_backward(autograd.Value, OPERATIONS))
        theirs.append(record_and_backward(micrograd.engine.Value, OPERATIONS))
    print(f"Python {platform.python_version()}, {platform.machine()}")
    print(f"record + backward, an operation: chainrule {statistics.median(ours) * 1e9:5.0f} ns")
    print(f"                                 micrograd {statistics.median(theirs) * 1e9:5.0f} ns")
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print(f"                                 ratio     {ratio:5.2f}")
    x = autograd.Value(0.3)
    for text, make in (
        ("z * x", lambda z: z * x),
        ("z + 1", lambda z: z + 1.0),
        ("tanh(z)", lambda z: z.tanh()),
        ("x / z", lambda z: x / z),
    ):
        print(f"memory, a node of {text:8} {bytes_a_node(make):4.0f} bytes")


if __name__ == "__main__":
    main()
