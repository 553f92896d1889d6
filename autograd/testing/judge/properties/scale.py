"""Properties of size: deep graphs, wide ones, how the time grows, and whether memory comes back."""

from __future__ import annotations

import gc
import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

from autograd.testing.judge.findings.rows import DERIVATIVES
from autograd.testing.judge.trials.transcript import Failed, Slow, Transcript, Unsupported, Variable
from autograd.testing.judge.trials.trial import Trial

GROWTH: Final = 3.0  # of the time for a node, when there are eight times as many: 1 if it is linear, 8 if quadratic
TRIES: Final = 6  # before a time is believed to be too long

clock = time.process_time


def deep_chains(trial: Trial) -> str:
    """``y = y + x``, again and again."""
    add = _add(trial)
    taken: list[float] = []
    reached = 0
    for depth in trial.effort.depths:
        if taken and _forecast(taken) > trial.effort.seconds / 5:
            if len(taken) > 1 and taken[-1] > 30 * taken[-2]:
                raise Slow(f"a chain of {reached:,} took {taken[-1]:.2f} s, one of {reached // 10:,} {taken[-2]:.2f} s")
            return f"{reached:,} (deeper ones would take too long: {taken[-1]:.1f} s for this)"
        t = trial.transcript()
        x = t.leaf(1.0)
        started = time.process_time()
        y = _chain(t, x, depth, add)
        t.backward(y)
        try:
            t.claim_gradient(x, depth + 1.0)
        except Failed as failed:
            failed.group = DERIVATIVES
            raise
        t.do("del y", lambda: None)
        del y
        gc.collect()
        taken.append(time.process_time() - started)
        reached = depth
    return f"{reached:,}"


def _forecast(taken: list[float]) -> float:
    growth = taken[-1] / taken[-2] if len(taken) > 1 else 10.0
    return taken[-1] * max(growth, 10.0)


def _chain(t: Transcript, x: Variable, depth: int, add: Callable[[Any, Any], Any]) -> Variable:
    def build() -> Any:
        y = x.it
        for _ in range(depth):
            y = add(y, x.it)
        return y

    spelled = t.engine.templates["add"].format("y", x.text)
    return Variable("y", t.do(f"y = {x.text}\nfor _ in range({depth}):\n    y = {spelled}", build))


def _add(trial: Trial) -> Callable[[Any, Any], Any]:
    if "add" not in trial.engine.functions or not trial.allows("add", "xx"):
        raise Unsupported("it has no +")
    return trial.engine.functions["add"]


def wide_sums(trial: Trial) -> None:
    """Many leaves in one sum, and one leaf in many terms of it, by Python's ``sum`` where it works."""
    add = _add(trial)
    width = 300
    t = trial.transcript()
    leaf = trial.engine.leaf
    xs = t.do(f"xs = [{t.engine.leaf_text('i')} for i in range({width})]", lambda: [leaf(i) for i in range(width)])
    shared = t.leaf(2.0)
    plus = t.engine.templates["add"].format("y", "x")
    plus_shared = t.engine.templates["add"].format("y", shared.text)

    def build() -> Any:
        y = shared.it
        for x in xs:
            y = add(add(y, x), shared.it)
        return y

    y = Variable("y", t.do(f"y = {shared.text}\nfor x in xs:\n    y = {plus}\n    y = {plus_shared}", build))
    t.claim_number(y, math.fsum(range(width)) + 2.0 * (width + 1))
    t.backward(y)
    for i in (0, 1, width // 2, width - 1):
        t.claim_gradient(Variable(f"xs[{i}]", xs[i]), 1.0)
    t.claim_gradient(shared, width + 1.0)


def time_is_linear(trial: Trial) -> str:
    """Eight times the nodes should take about eight times as long, in a balanced tree and in a ladder of diamonds."""
    add = _add(trial)
    leaf, run = trial.engine.leaf, trial.engine.run_backward

    def ladder(rungs: int) -> None:
        y = leaf(1.0)
        for _ in range(rungs):
            y = add(y, y)
        run(y)

    def tree(leaves: int) -> None:
        row = [leaf(1.0) for _ in range(leaves)]
        while len(row) > 1:
            row = [add(a, b) for a, b in zip(row[::2], row[1::2])]
        run(row[0])

    t = trial.transcript()
    t.do("y = ...  # a ladder of diamonds: y = y + y, again and again", lambda: None)
    enough = trial.effort.seconds / 5
    small, large = _times(t, ladder, 8, 18, 25, enough)
    if large > 25 * small and large > 5e-3:
        raise Slow(
            f"every number that is used twice doubles the time: 18 times `y = y + y` took {large:.2g} s, "
            f"8 times {small:.2g} s (is a node visited once for each way that leads to it?)",
            _ladder_script(t, 30),
        )
    t.do("y = ...  # a balanced tree of sums", lambda: None)
    for leaves in (64, 512, 4096):
        small, large = _times(t, tree, leaves, 8 * leaves, 8 * GROWTH, enough)
        if large > 8 * GROWTH * small and large > 0.02:
            raise Slow(
                f"a sum of {8 * leaves:,} leaves took {large:.2g} s, one of {leaves:,} only {small:.2g} s, which is "
                f"{large / small:.0f} times as long (is there a search through a list?)"
            )
        if 64 * large > enough:  # the next size could take too long
            break
    return f"{large / (16 * leaves) * 1e6:.1f} µs a node"


def _ladder_script(t: Transcript, rungs: int) -> str:
    spelled = t.engine.templates["add"].format("y", "y")
    lines = [f"y = {t.engine.leaf_text('1.0')}", f"for _ in range({rungs}):", f"    y = {spelled}"]
    return "\n".join([t.engine.source, "", *lines, f"y.{t.engine.backward_call}"])


def _times(
    t: Transcript, build: Callable[[int], None], small: int, large: int, most: float, enough: float
) -> tuple[float, float]:
    """The shortest times of each.

    If the large one seems to take more than ``most`` times the small one's, both are tried again, until ``enough``
    seconds are spent: other programs can only add to a time, so the shortest is the engine's own.
    """
    times = {small: math.inf, large: math.inf}
    spent = 0.0
    for _ in range(TRIES):
        for size in (*[small] * 7, large):
            taken = _time(t, build, size)
            spent += taken
            times[size] = min(times[size], taken)
        if times[large] <= most * times[small] or spent > enough:
            break
    return times[small], times[large]


def _time(t: Transcript, build: Callable[[int], None], size: int) -> float:
    """The processor time that it takes, without the garbage collector."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        started = clock()
        t.do(t.lines.pop(), build, size)
        return clock() - started
    finally:
        if was_on:
            gc.enable()


def memory_is_freed(trial: Trial) -> str:
    """Twenty graphs on one leaf, dropped one after the other."""
    add = _add(trial)
    t = trial.transcript()
    x = t.leaf(1.0)
    size, graphs = 200, 20

    def build() -> Any:
        y = x.it
        for _ in range(size):
            y = add(y, trial.engine.leaf(1.0))
        trial.engine.run_backward(y)
        return y

    def measure() -> tuple[int, int, int]:
        gc.collect()
        tracemalloc.start()
        try:
            build()  # whatever is set up once
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            kept = build()
            one = tracemalloc.get_traced_memory()[0] - before
            del kept
            at_once = tracemalloc.get_traced_memory()[0] - before
            for _ in range(graphs):
                build()
            gc.collect()
            return one, at_once, tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()

    spelled = t.engine.templates["add"].format("y", t.engine.leaf_text("1.0"))
    lines = (
        "import gc, tracemalloc\ntracemalloc.start()\n"
        f"for _ in range({graphs}):\n    y = {x.text}\n    for _ in range({size}):\n        y = {spelled}\n"
        f"    y.{t.engine.backward_call}\n    del y\n    gc.collect()\n"
        '    print(tracemalloc.get_traced_memory()[0], "bytes")  # should stay as it is'
    )
    one, at_once, after = t.do(lines, measure)
    if after > one:
        raise Failed(
            f"{graphs} graphs of {size} operations were dropped, and {after / 1000:,.0f} kB stay ({one / 1000:,.0f} kB "
            "a graph): who holds on to them, a global list, or a leaf that knows its uses?",
            t.script,
        )
    return "at once" if at_once < 0.2 * one else "by the garbage collector, in cycles"
