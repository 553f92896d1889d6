"""How two programs are compared: first that they compute the same numbers, then how long they take, in turns.

A program is prepared once (imports, compiling, converting its arguments) and then called in rounds. In each round every
program has its turn, a turn is as many calls as fill a few milliseconds, and the order changes from round to round. So
a slow moment of the machine strikes all of them. The ratio of two programs is the median of the rounds' ratios.

The clock is the processor time of the process. On one thread that is what a watch shows on an idle machine, and a busy
one disturbs it less.
"""

from __future__ import annotations

import gc
import statistics
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

OURS = "chainrule"
TURN = 0.01  # seconds
SLOW = 0.2  # seconds a call: such a program has its turn in a few rounds only
FEW = 5


class Program(NamedTuple):
    """Something to be timed.

    ``run()`` does the work and returns its results, whatever they are made of; ``read(results)`` are the same as plain
    numbers, a flat sequence, to be compared. Only ``run`` is timed. What runs in another process times itself:
    ``timed(calls)`` gives the seconds of one call.
    """

    run: Callable[[], Any]
    read: Callable[[Any], Any]
    timed: Callable[[int], float] | None = None


class Contest(NamedTuple):
    """One workload: our program, the peers' programs, and what is to be reached.

    Programs are given by functions that prepare them. One that raises ImportError is "not installed". ``pieces`` is the
    number of equal parts of a run (steps, operations) by which times are divided. A peer's target is the ratio of our
    time to its time. The tolerance is of the larger of 1 and the largest number. The clock gives seconds.
    """

    title: str
    ours: Callable[[], Program]
    peers: Mapping[str, Callable[[], Program]]
    targets: Mapping[str, float] = {}
    pieces: int = 1
    tolerance: float = 1e-9
    clock: Callable[[], float] = time.process_time


class Row(NamedTuple):
    """A line of the table. Times are in seconds, or texts; ``note`` stands in place of what couldn't be measured."""

    title: str
    peer: str
    ours: float | str | None
    theirs: float | str | None
    ratio: float | None
    target: float | None
    note: str = ""


class Absent(NamedTuple):
    """What stands in place of a program that can't be timed."""

    why: str


def measure(contest: Contest, rounds: int) -> Iterator[Row]:
    """The rows of one contest: a row for each peer."""
    programs = {name: checked(make) for name, make in {**contest.peers, OURS: contest.ours}.items()}
    without_the_wrong(programs, contest.tolerance)
    present = {name: program for name, (program, _) in programs.items() if isinstance(program, Program)}
    times = in_turns(present, rounds, contest.clock)
    median = {name: statistics.median(taken.values()) / contest.pieces for name, taken in times.items()}
    for peer in contest.peers:
        absent = [f"{name} {why.why}" for name in (OURS, peer) if isinstance(why := programs[name][0], Absent)]
        ratio = None if absent else ratio_of(times[OURS], times[peer])
        target = contest.targets.get(peer)
        yield Row(contest.title, peer, median.get(OURS), median.get(peer), ratio, target, "; ".join(absent))


def checked(make: Callable[[], Program]) -> tuple[Program | Absent, list[float]]:
    """The program and its results."""
    try:
        program = make()
    except ImportError:
        return Absent("is not installed"), []
    except Exception as error:
        traceback.print_exc()
        return Absent(f"failed: {type(error).__name__}"), []
    try:
        return program, [float(x) for x in program.read(program.run())]
    except Exception as error:
        traceback.print_exc()
        return Absent(f"failed: {type(error).__name__}"), []


def without_the_wrong(programs: dict[str, tuple[Program | Absent, list[float]]], tolerance: float) -> None:
    """Take out what computes other numbers than the first of them, which is a peer's. It isn't timed."""
    expected: list[float] = []
    for name, (program, numbers) in programs.items():
        if isinstance(program, Absent):
            continue
        expected = expected or numbers
        scale = max(1.0, *(abs(y) for y in expected))
        worst = max(abs(x - y) for x, y in zip(numbers, expected)) / scale
        if len(numbers) != len(expected) or not worst <= tolerance:
            programs[name] = Absent(f"is wrong by {worst:.0e}"), []


def in_turns(programs: Mapping[str, Program], rounds: int, clock: Callable[[], float]) -> dict[str, dict[int, float]]:
    """Seconds for one call: of each program, in each round in which it had a turn."""
    gc.collect()
    gc.freeze()  # what was imported and prepared isn't searched again and again for garbage
    once = {name: seconds(program, 1, clock) for name, program in programs.items()}
    calls = {name: max(1, round(TURN / took)) for name, took in once.items()}
    times: dict[str, dict[int, float]] = {name: {} for name in programs}
    for round_ in range(rounds):
        order = list(programs) if round_ % 2 else list(programs)[::-1]
        for name in order:
            if once[name] < SLOW or round_ < FEW:
                gc.collect()  # what another program has left behind isn't swept up in this one's turn
                times[name][round_] = seconds(programs[name], calls[name], clock)
    gc.unfreeze()
    return times


def seconds(program: Program, calls: int, clock: Callable[[], float]) -> float:
    """How long one call takes, the mean over some."""
    if program.timed is not None:
        return program.timed(calls)
    start = clock()
    for _ in range(calls):
        program.run()
    return (clock() - start) / calls


def ratio_of(ours: Mapping[int, float], theirs: Mapping[int, float]) -> float:
    """The median over the rounds that both took part in."""
    return statistics.median(ours[r] / theirs[r] for r in ours if r in theirs)
