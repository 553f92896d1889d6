"""``python -m benchmarks``: every workload in a process of its own, on one thread, and one Markdown table."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measuring import Row, measure

WORKLOADS = ("eager", "w8", "moons", "gpt", "black_scholes", "tracing", "cost", "import_time")
PACKAGES = ("chainrule", "micrograd", "xad", "torch", "jax", "numpy", "scipy")
ROUNDS, QUICK_ROUNDS = 25, 5
KERNEL = {True: "compiled", False: "absent: NumPy runs its programs"}

# One thread for everybody. What JAX needs besides is in peers.py.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print the table, or the rows of one workload for the process that asks for them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", choices=WORKLOADS, nargs="+", default=WORKLOADS, metavar="NAME", help="of: %(choices)s"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller sizes")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rows:
        sys.setrecursionlimit(100_000)  # some peers recurse, and not every Python has the stack for that
        threading.stack_size(256 << 20)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(rows_of, options.only[0], options.quick).result()
        return
    print(heading())
    print("\n| workload | ours | peer | theirs | ours / theirs | to reach |\n|---|---|---|---|---|---|", flush=True)
    notes = []
    for name in options.only:
        for line in run(name, options.quick):
            if line.startswith("["):
                print(as_markdown(Row(*json.loads(line))), flush=True)
            else:
                notes.append(line)
    print("\n" + "\n".join(notes) if notes else "")


def rows_of(name: str, quick: bool) -> None:
    """Measure one workload, and print its rows as JSON and its notes as they are."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    workload = importlib.import_module(f"benchmarks.workloads.{name}")
    if hasattr(workload, "rows"):
        found = workload.rows(quick)
    else:
        rounds = QUICK_ROUNDS if quick else ROUNDS
        found = (row for contest in workload.contests(quick) for row in measure(contest, rounds))
    for row in found:
        print(json.dumps(row), flush=True)
    for line in workload.notes() if hasattr(workload, "notes") else ():
        print(line, flush=True)


def run(name: str, quick: bool) -> Any:
    """What the process of one workload prints, line by line; when it fails, a row that says so."""
    command = [sys.executable, "-m", "benchmarks", "--rows", "--only", name, *(["--quick"] if quick else [])]
    environment = {**os.environ, **ONE_THREAD}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield line.rstrip("\n")
    if process.returncode:
        yield json.dumps(Row(name, "", None, None, None, None, f"failed, exit code {process.returncode}"))


def heading() -> str:
    """The machine and the versions."""
    versions = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"{processor()}, {platform.system()}, one thread. {', '.join(versions)}. {form()}"


def form() -> str:
    """Which form of chainrule is measured."""
    try:
        from autograd.compiler import kernel
        from autograd.engine.value import PURE
    except ImportError:
        return "chainrule isn't installed."
    return f"The engine is {'in Python' if PURE else 'compiled'}, jit's kernel {KERNEL[kernel.available()]}."


def processor() -> str:
    """What the processor calls itself."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def as_markdown(row: Row) -> str:
    """A line of the table."""
    if row.ratio is None:
        cells = [row.title, time_text(row.ours), row.peer, time_text(row.theirs), row.note, limit(row.target)]
    else:
        ratio = f"{row.ratio:.2f}" if row.ratio >= 0.095 else f"1/{1 / row.ratio:,.0f}"
        if row.target is not None:
            ratio += " ✓" if row.ratio <= row.target else " ✗"
        cells = [row.title, time_text(row.ours), row.peer, time_text(row.theirs), ratio, limit(row.target)]
    return "| " + " | ".join(cells) + " |"


def time_text(seconds: float | str | None) -> str:
    """Three digits and a unit."""
    if seconds is None or isinstance(seconds, str):
        return seconds or "–"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def limit(target: float | None) -> str:
    """A target, as a fraction where it is one."""
    if target is None:
        return ""
    inverse = 1 / target
    return f"≤ 1/{inverse:.0f}" if inverse > 1.5 and abs(inverse - round(inverse)) < 1e-9 else f"≤ {target:.2g}"


if __name__ == "__main__":
    sys.path.append(sys.path.pop(0))  # this folder last: what is measured is the installed chainrule
    main()
