"""Cost against size: random programs of 100 to 1,000,000 operations, each of which matters to the result.

What an operation costs shall not depend on how many there are. A row of the table has the dearest size against the
cheapest; all sizes are in the notes below it. Compiled steps run in a loop (``repeat``), so that a small program isn't
charged for the call.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measuring import Row

LEAVES = 8
LIMIT = 1.5
START = [0.1 * (k + 1) for k in range(LEAVES)]
Table = dict[str, dict[int, float]]  # what is measured, by size

measured: Table = {}


def random_program(size: int) -> Callable[[Any], Any]:
    """A function of LEAVES numbers: every operation uses the result before it, and half of them one from anywhere."""
    from autograd import cos

    draw = random.Random(size)
    steps = [(draw.choice("+*ff"), draw.randrange(LEAVES + k)) for k in range(size)]

    def f(leaves: Any) -> Any:
        numbers = list(leaves)
        for kind, other in steps:
            if kind == "+":
                numbers.append(numbers[-1] + numbers[other])
            elif kind == "*":
                numbers.append(numbers[-1] * numbers[other])
            else:
                numbers.append(cos(numbers[-1]))
        return numbers[-1]

    return f


def rows(quick: bool) -> Iterator[Row]:
    sizes = [100, 1_000, 10_000] if quick else [100, 1_000, 10_000, 100_000, 1_000_000]
    programs = {size: random_program(size) for size in sizes}
    measured["the program itself, on floats without a gradient, ns"] = float_time(programs)
    for what, unit, measure in (
        ("eager, record and backward", "ns", eager_time),
        ("eager, memory", "bytes", eager_bytes),
        ("compiled, tracing and compiling", "ns", compile_time),
        ("compiled, memory", "bytes", compiled_bytes),
        ("compiled, a gradient", "ns", compiled_time),
    ):
        title = f"cost an operation, {sizes[0]:,} to {sizes[-1]:,} of them: {what}"
        try:
            column = measure(programs)
        except Exception as error:
            yield Row(title, "itself", None, None, None, LIMIT, f"chainrule failed: {type(error).__name__}: {error}")
            continue
        measured[f"{what}, {unit}"] = column
        dear, cheap = max(column, key=column.__getitem__), min(column, key=column.__getitem__)
        yield Row(
            title,
            f"itself at {cheap:,}",
            f"{digits(column[dear])} {unit} at {dear:,}",
            f"{digits(column[cheap])} {unit}",
            column[dear] / column[cheap],
            LIMIT,
        )


def notes() -> Iterator[str]:
    """All sizes, as a table of their own."""
    sizes = sorted({size for column in measured.values() for size in column})
    yield "| cost an operation | " + " | ".join(f"{size:,}" for size in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    for what, column in measured.items():
        yield f"| {what} | " + " | ".join(digits(column[size]) for size in sizes) + " |"


def digits(x: float) -> str:
    """Three digits, or all of a large whole number."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def eager_time(programs: dict[int, Callable[[Any], Any]]) -> dict[int, float]:
    from autograd import Value

    def run(f: Callable[[Any], Any]) -> None:
        f([Value(x) for x in START]).backward()

    return in_turns({size: lambda f=f: run(f) for size, f in programs.items()})


def float_time(programs: dict[int, Callable[[Any], Any]]) -> dict[int, float]:
    """What the interpreter and the program's own lists cost, which eager programs pay as well."""
    return in_turns({size: lambda f=f: f(START) for size, f in programs.items()})


def eager_bytes(programs: dict[int, Callable[[Any], Any]]) -> dict[int, float]:
    from autograd import Value

    programs[min(programs)](map(Value, START))  # what is only made once isn't counted
    return {size: held(lambda f=f: f([Value(x) for x in START])) / size for size, f in programs.items()}


def compile_time(programs: dict[int, Callable[[Any], Any]]) -> dict[int, float]:
    from autograd import jit, value_and_grad

    return in_turns({size: lambda f=f: jit(value_and_grad(f)).lower(START) for size, f in programs.items()}, rounds=1)


def compiled_bytes(programs: dict[int, Callable[[Any], Any]]) -> dict[int, float]:
    from autograd import jit, value_and_grad

    def compiled(f: Callable[[Any], Any]) -> Any:
        both = jit(value_and_grad(f))
        both(START)
        return both

    compiled(programs[min(programs)])
    return {size: held(lambda f=f: compiled(f)) / size for size, f in programs.items()}


def compiled_time(programs: dict[int, Callable[[Any], Any]]) -> dict[int, float]:
    from autograd import grad, jit

    def repeated(f: Callable[[Any], Any], times: int) -> Callable[[], Any]:
        def step(x: Any) -> Any:
            return [a - 1e-3 * slope for a, slope in zip(x, grad(f)(x))]

        loop = jit(step).repeat(times)
        loop(START)
        return lambda: loop(START)

    repeats = {size: max(1, 1_000_000 // size) for size in programs}
    runs = {size: repeated(f, repeats[size]) for size, f in programs.items()}
    taken = in_turns(runs, calls_of=lambda size: 1)
    return {size: time_ / repeats[size] for size, time_ in taken.items()}


def in_turns(
    runs: dict[int, Callable[[], Any]], rounds: int = 3, calls_of: Callable[[int], int] | None = None
) -> dict[int, float]:
    """Nanoseconds an operation, the median of some rounds."""
    taken: dict[int, list[float]] = {size: [] for size in runs}
    for _ in range(rounds):
        for size, run in runs.items():
            calls = calls_of(size) if calls_of else max(1, 100_000 // size)
            gc.collect()
            start = time.process_time()
            for _ in range(calls):
                run()
            taken[size].append((time.process_time() - start) / calls / size * 1e9)
    return {size: statistics.median(times) for size, times in taken.items()}


def held(make: Callable[[], Any]) -> int:
    """The bytes that a result holds, of the memory that Python manages."""
    gc.collect()
    tracemalloc.start()
    result = make()
    gc.collect()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del result
    return used
