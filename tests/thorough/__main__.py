"""``python -m tests.thorough``: do the chunks, on as many cores as asked for, and print the tables.

Exit code 1 if there is a wrong one; the smallest expression for it is printed as a program.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from autograd.engine.rules import RULES
from autograd.testing import Expression
from tests.thorough import orders, primitives, programs
from tests.thorough.engines import ENGINES
from tests.thorough.primitives import Wrong
from tests.thorough.smallest import smallest

ROOT = Path(__file__).resolve().parents[2]
POINTS, EXPRESSIONS, OF_ORDERS = 10_000, 5_000, 500  # in a chunk


class Chunk(NamedTuple):
    """A piece of the work: a row's points, for its partials or for derivatives of three orders, or expressions (``row``
    is empty).
    """

    row: str
    first: int
    count: int
    seed: int
    of_orders: bool = False

    def run(self) -> dict[str, Any]:
        """What came of it, as it is recorded."""
        seed = f"{self.seed} {self.row} {self.first}"
        started = time.process_time()
        if self.of_orders:
            found = orders.check_row(self.row, seed, self.first, self.count)._asdict()
        elif self.row:
            found = primitives.check_row(self.row, seed, self.first, self.count)._asdict()
        else:
            counts, drawn, wrong = programs.check_expressions(seed, self.count)
            found = {"counts": counts, "drawn": drawn, "wrong": wrong}
        found = {"chunk": self, **found, "seconds": time.process_time() - started}
        plain: dict[str, Any] = json.loads(json.dumps(found, default=dataclasses.astuple))
        return plain


def chunks(points: int, expressions: int, seed: int, of_orders: int = 0) -> list[Chunk]:
    """All the work; its kinds alternate, so that the time that is left can be told."""
    of_rows = [Chunk(row, i, min(POINTS, points - i), seed) for i in range(0, points, POINTS) for row in RULES]
    of_both = [Chunk("", i, min(EXPRESSIONS, expressions - i), seed) for i in range(0, expressions, EXPRESSIONS)]
    starts = range(0, of_orders, OF_ORDERS)
    higher = [Chunk(row, i, min(OF_ORDERS, of_orders - i), seed, True) for i in starts for row in RULES]
    work = [((i + 0.5) / len(part), chunk) for part in (of_rows, of_both, higher) for i, chunk in enumerate(part)]
    return [chunk for _, chunk in sorted(work, key=lambda pair: pair[0])]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Its exit code: 1 if something is wrong, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.thorough", description=__doc__)
    parser.add_argument("--points", type=int, default=100_000, help="for each primitive")
    parser.add_argument("--expressions", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=2_000, help="points for each primitive's derivatives of 3 orders")
    parser.add_argument("--jobs", type=int, default=1, help="processes; 0: one for each core")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, default=ROOT / "out" / "thorough.jsonl", help="finished chunks")
    parser.add_argument("--afresh", action="store_true", help="forget what a run before has recorded")
    parser.add_argument("--report", action="store_true", help="only print what is recorded so far")
    options = parser.parse_args(arguments)

    if options.report:
        return report(list(recorded(options.record.read_text().splitlines())))
    work = chunks(options.points, options.expressions, options.seed, options.orders)
    record = Record(options.record, _digest(), options.afresh)
    done = [record.done[chunk] for chunk in work if chunk in record.done]
    left = [chunk for chunk in work if chunk not in record.done]
    if done:
        print(f"{len(done)} of {len(work)} chunks are recorded in {options.record}; --afresh does them again")
    progress = Progress(work, [Chunk(*found["chunk"]) for found in done])
    for found in _results(left, options.jobs or multiprocessing.cpu_count()):
        record.add(found)
        done.append(found)
        progress.show(Chunk(*found["chunk"]), len(found["wrong"]))
    progress.end()
    return report(done)


def _results(left: Sequence[Chunk], jobs: int) -> Iterator[dict[str, Any]]:
    if jobs == 1:
        yield from map(Chunk.run, left)
        return
    with multiprocessing.Pool(jobs, maxtasksperchild=20) as pool:
        yield from pool.imap_unordered(Chunk.run, left)


def recorded(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The chunks in a record."""
    for line in lines[1:]:
        with contextlib.suppress(ValueError):  # it was being written when the run was interrupted
            yield json.loads(line)


class Record:
    """The chunks that are finished, a line of JSON each. The first line says of which state of the code."""

    def __init__(self, path: Path, state: str, afresh: bool) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() and not afresh else []
        found = recorded(lines) if lines and lines[0] == json.dumps(state) else ()
        self.done = {Chunk(*one["chunk"]): one for one in found}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in (state, *self.done.values())))

    def add(self, found: dict[str, Any]) -> None:
        """Write it down."""
        with self.path.open("a") as file:
            file.write(json.dumps(found) + "\n")


def _digest() -> str:
    """A name for what is tested: all of the code, and the tests that judge it."""
    files = [*(ROOT / "autograd").rglob("*.py"), *(ROOT / "tests" / "thorough").glob("*.py")]
    files += [ROOT / "tests" / name for name in ("accuracy.py", "jets.py", "truth.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


class Progress:
    """A line on the terminal that says how far it is."""

    def __init__(self, work: Sequence[Chunk], done: Sequence[Chunk]) -> None:
        self.total = len(work)
        self.before = self.done = len(done)
        self.expressions = sum(chunk.count for chunk in done if not chunk.row)
        self.points = sum(chunk.count for chunk in done if chunk.row)
        self.wrong = 0
        self.started = time.perf_counter()

    def show(self, chunk: Chunk, wrong: int) -> None:
        """One more chunk is done."""
        self.done += 1
        self.wrong += wrong
        self.points += chunk.count if chunk.row else 0
        self.expressions += 0 if chunk.row else chunk.count
        left = (time.perf_counter() - self.started) / (self.done - self.before) * (self.total - self.done)
        end = "\r" if sys.stdout.isatty() else "\n"
        print(
            f"{self.done / self.total:5.1%}  {self.points:,} points, {self.expressions:,} expressions, "
            f"{self.wrong} wrong, {left / 60:.0f} min left ",
            end=end,
            flush=True,
        )

    def end(self) -> None:
        """The line is finished."""
        if sys.stdout.isatty():
            print()


def report(done: Sequence[dict[str, Any]]) -> int:
    """Print the tables, and the smallest expression for what is wrong. The exit code."""
    of_rows = [found for found in done if found["chunk"][0] and not found["chunk"][4]]
    of_both = [found for found in done if not found["chunk"][0]]
    higher = [found for found in done if found["chunk"][4]]
    if of_rows:
        print("\n" + "\n".join(row_table(of_rows)))
    if of_both:
        print("\n" + "\n".join(expression_table(of_both)))
    if higher:
        print("\n" + "\n".join(order_table(higher)))
    wrong = [_wrong(parts) for found in done if not found["chunk"][4] for parts in found["wrong"]]
    of_orders = [orders.Wrong(*parts) for found in higher for parts in found["wrong"]]
    count = len(wrong) + len(of_orders)
    print(f"\n{sum(found['seconds'] for found in done) / 60:.0f} minutes of processor time. {count} wrong.")
    for each in _first_of_each(of_orders):
        print(each)
    for one in sorted(wrong, key=lambda w: len(w.expression.steps))[:3]:
        print("\n" + as_source(one))
    return int(bool(count))


def row_table(found: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each row of the rule table."""
    lines = [
        f"{'':<14}{'':>9}{'numbers':>12}{'value':>9}{'of':>8}{'partial':>9}{'of':>8}{'no deri-':>10}{'':>7}",
        f"{'row':<14}{'points':>9}{'right':>12}{'ulp':>9}{'stated':>8}{'ulp':>9}{'stated':>8}{'vative':>10}{'wrong':>7}",
    ]
    totals = [0, 0, 0, 0]
    for row in RULES:
        parts = [part for part in found if part["chunk"][0] == row]
        if not parts:
            continue
        points, right, without = (sum(part[key] for part in parts) for key in ("points", "right", "without"))
        wrong = sum(len(part["wrong"]) for part in parts)
        worst = [max(part[key] for part in parts) for key in ("value", "partial")]
        stated = [max(part[key] for part in parts) for key in ("value_of_stated", "partial_of_stated")]
        errors = "".join(f"{_figure(error):>9}{part:>8.0%}" for error, part in zip(worst, stated))
        totals = [a + b for a, b in zip(totals, (points, right, without, wrong))]
        lines.append(f"{row:<14}{points:>9,}{right:>12,}{errors}{without:>10,}{wrong:>7,}")
    points, right, without, wrong = totals
    return [*lines, f"{'together':<14}{points:>9,}{right:>12,}{'':>34}{without:>10,}{wrong:>7,}"]


def order_table(found: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each row: its derivatives of first, second and third order."""
    head = "".join(f"{f'order {k}':>11}{'of room':>9}" for k in (1, 2, 3))
    lines = [f"{'row':<17}{'points':>9}{head}{'no truth':>11}{'wrong':>8}"]
    totals = [0] * 6
    for row in RULES:
        parts = [part for part in found if part["chunk"][0] == row]
        if not parts:
            continue
        points = sum(part["chunk"][2] for part in parts)
        right = [sum(part["right"][k] for part in parts) for k in range(3)]
        worst = [max(part["part"][k] for part in parts) for k in range(3)]
        unknown = sum(sum(part["unknown"]) for part in parts)
        wrong = sum(len(part["wrong"]) for part in parts)
        cells = "".join(f"{n:>11,}{part:>9.0%}" for n, part in zip(right, worst))
        lines.append(f"{row:<17}{points:>9,}{cells}{unknown:>11,}{wrong:>8,}")
        totals = [a + b for a, b in zip(totals, (points, *right, unknown, wrong))]
    points, *right, unknown, wrong = totals
    cells = "".join(f"{n:>11,}{'':>9}" for n in right)
    return [*lines, f"{'together':<17}{points:>9,}{cells}{unknown:>11,}{wrong:>8,}"]


def _first_of_each(wrong: Sequence[orders.Wrong]) -> list[orders.Wrong]:
    """One for each row and derivative."""
    return list({(one.row, tuple(one.orders)): one for one in reversed(wrong)}.values())[::-1]


def _figure(ulps: float) -> str:
    return "0" if ulps < 0.005 else f"{ulps:.1f}" if ulps < 9.95 else f"{ulps:,.0f}"


def expression_table(found: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each engine, and what the expressions were."""
    drawn: Counter[str] = Counter()
    for part in found:
        drawn.update(part["drawn"])
    count = sum(part["chunk"][2] for part in found)
    columns = (programs.NEARLY, programs.WITHIN, programs.CONDITIONED)
    unknown = sorted(
        {key for part in found for counts in part["counts"].values() for key in counts} - {*columns, "wrong"}
    )
    lines = [
        f"{count:,} random expressions, {drawn['steps'] / count:.1f} operations each on average, "
        f"{drawn['shared'] / count:.0%} with shared results or operands.",
        f"{drawn['right']:,} right, {drawn['unknown']:,} with a derivative that there is no truth for, "
        f"{drawn['wrong']:,} wrong.",
        "",
    ]
    head = ("derivatives by", "derivatives", *columns, *unknown, "wrong")
    rows = [head]
    for engine in ENGINES:
        counts: Counter[str] = Counter()
        for part in found:
            counts.update(part["counts"].get(engine.name, {}))
        cells = [counts[key] for key in (*columns, *unknown, "wrong")]
        if any(cells):
            rows.append((engine.name, *(f"{n:,}" for n in (sum(cells), *cells))))
    widths = [max(len(row[k]) for row in rows) for k in range(len(head))]
    return lines + [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:]))]) for row in rows
    ]


def _wrong(parts: Sequence[Any]) -> Wrong:
    engine, (point, steps, constants), *rest = parts
    steps = tuple((name, tuple(operands)) for name, operands in steps)
    return Wrong(engine, Expression(tuple(point), steps, tuple(constants)), *rest)


def as_source(wrong: Wrong) -> str:
    """The smallest program that shows it."""
    engine = next(engine for engine in ENGINES if engine.name == wrong.engine)

    def found(e: Expression) -> list[Wrong]:
        seen: list[Wrong] = []
        programs.check(e, programs.Exactly(e), engine, Counter(), seen)
        return seen

    e = smallest(wrong.expression, lambda e: bool(found(e)))
    again = found(e)
    one = again[0] if again else wrong  # a primitive may be wrong by ulps, which an expression may not be blamed for
    return f"# {one.engine}: {one.what} is {one.got!r}, and should be {one.exact}\n{one.expression}"


if __name__ == "__main__":
    sys.exit(main())
