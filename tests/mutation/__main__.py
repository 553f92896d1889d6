"""``python -m tests.mutation [FILE ...]``: test mutants of these files, or of all, and print the table of results.

Of a file a sample is tested. ``--most N`` tests no more than N mutants of each, ``--all`` every one. The results of the
files that were done before a run was broken off are printed with ``--report``.

A run that was broken off goes on where it was, and one that is repeated tests the survivors again. A file that has been
edited begins afresh; so does everything after ``rm -r out/mutants``.
"""

from __future__ import annotations

import argparse
import compileall
import difflib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

import toml
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

from tests.mutation import EVERY, LONGEST, MOST, OPERATORS_LEFT_OUT, PASSES, SAMPLES

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "mutants"
COPY = OUT / "copy"  # what is mutated
DOCS = ROOT / "docs" / "mutants.md"
OUT_OF_SAMPLE = "not in the sample"
ASK = "tests/mutation/ask.py"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(COPY),
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "HYPOTHESIS_PROFILE": "mutants",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class Result(NamedTuple):
    """What came of the mutants of one file."""

    file: str
    mutants: int
    survivors: list[str]


def copy() -> None:
    """Lay out the copy afresh: what is mutated, and what the tests need."""
    shutil.rmtree(COPY, ignore_errors=True)
    for name in ("autograd", "nn", "tests", "docs"):
        shutil.copytree(ROOT / name, COPY / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copy(ROOT / "pyproject.toml", COPY)
    compileall.compile_dir(COPY, quiet=1)
    for file in PASSES:  # of these, a compiled file would be taken for that of a mutant of the same second and size
        Path(cache_from_source(str(COPY / file))).unlink()


def command(*words: str) -> None:
    """Run a command of cosmic-ray's in the copy."""
    subprocess.run([str(Path(sys.executable).parent / words[0]), *words[1:]], cwd=COPY, env=ENVIRONMENT, check=True)


def test(file: str, address: Path, most: int | None) -> None:
    """Have cosmic-ray test the mutants of one file, those that no earlier run has tested."""
    stem = file.removesuffix(".py").replace("/", ".")
    config, session = OUT / f"{stem}.toml", OUT / f"{stem}.sqlite"
    settings = {
        "module-path": file,
        "test-command": f"{sys.executable} -S -E {ASK} {address} {file}",
        "timeout": 2.0 * LONGEST,
        "excluded-modules": [],
        "distributor": {"name": "local"},
        "filters": {"operators-filter": {"exclude-operators": list(OPERATORS_LEFT_OUT)}},
    }
    config.write_text(toml.dumps({"cosmic-ray": settings}), encoding="utf-8")
    source, seen = (COPY / file).read_text(encoding="utf-8"), OUT / f"{stem}.py"
    if session.exists() and seen.exists() and seen.read_text(encoding="utf-8") == source:
        forget("test_outcome = 'SURVIVED'", session)  # there may be new tests
        if most is None:
            forget(f"output = '{OUT_OF_SAMPLE}'", session)
    else:
        session.unlink(missing_ok=True)
        seen.write_text(source, encoding="utf-8")
        command("cosmic-ray", "init", str(config), str(session))
        command("cr-filter-operators", str(session), str(config))
        if most is not None:
            draw(session, min(most, SAMPLES.get(file, MOST)))
    began = time.perf_counter()
    command("cosmic-ray", "baseline", str(config))  # without a mutation the tests pass
    print(f"{file}: the tests take {time.perf_counter() - began:.0f} s without a mutation", flush=True)
    command("cosmic-ray", "exec", str(config), str(session))


def forget(which: str, session: Path) -> None:
    """Mark these mutants as not yet tested."""
    with closing(sqlite3.connect(session)) as db, db:
        db.execute(f"DELETE FROM work_results WHERE {which}")


def draw(session: Path, count: int) -> None:
    """Leave so many of the mutants to be tested, drawn at random but always the same, and skip the others."""
    with use_db(str(session), WorkDB.Mode.open) as db:
        mutants = sorted(db.pending_work_items, key=lambda x: (x.mutations[0].operator_name, x.mutations[0].occurrence))
        random.Random(1).shuffle(mutants)
        for item in mutants[count:]:
            db.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED, output=OUT_OF_SAMPLE))


def result(file: str) -> Result:
    """The outcome of one file's session."""
    source = (ROOT / file).read_text(encoding="utf-8")
    mutants, survivors = 0, []
    with use_db(str(OUT / f"{file.removesuffix('.py').replace('/', '.')}.sqlite"), WorkDB.Mode.open) as session:
        for item, outcome in session.completed_work_items:
            if outcome.worker_outcome is WorkerOutcome.SKIPPED:
                continue
            mutants += 1
            if not outcome.output.startswith("exit status"):
                raise RuntimeError(f"the tests of a mutant of {file} were not run: {outcome}")
            if outcome.test_outcome is not TestOutcome.KILLED:
                survivors.append((item.mutations[0].start_pos, shown(item, source)))
    return Result(file, mutants, [text for _, text in sorted(survivors)])


def shown(item: WorkItem, source: str) -> str:
    """The change in words: ``rules.py, slope: b > 0 → b >= 0``, with a little of the line around it."""
    (mutation,) = item.mutations
    mutated = mutate_code(source, get_operator(mutation.operator_name)(**mutation.operator_args), mutation.occurrence)
    changed = difflib.ndiff(source.splitlines(), mutated.splitlines())
    lines = [(line[0], " ".join(line[2:].split())) for line in changed]
    old, new = (" ".join(text for sign, text in lines if sign == wanted) for wanted in "-+")
    before = common(old, new)
    after = min(common(old[::-1], new[::-1]), len(old) - before, len(new) - before)
    start, end = max(0, before - 24), max(0, after - 24)
    change = " → ".join(line[start : len(line) - end].strip() for line in (old, new))
    place = f", {mutation.definition_name}" if mutation.definition_name else ""
    return f"{Path(mutation.module_path).name}{place}: `{change}`"


def common(a: str, b: str) -> int:
    """How many characters two texts have in common at their start."""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def main(files: list[str], most: int | None) -> int:
    """Test so many mutants of each of these files, None for all.

    The status is 1 if a survivor isn't explained in docs/mutants.md.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the commands and the server end, too
    OUT.mkdir(parents=True, exist_ok=True)
    copy()
    address = OUT / "socket"
    address.unlink(missing_ok=True)
    with (OUT / "tests.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.server", str(address), *files], cwd=COPY, env=ENVIRONMENT, stdout=log
        )
        try:
            while not address.exists() and server.poll() is None:
                time.sleep(0.1)
            for file in files:
                test(file, address, most)
        finally:
            server.terminate()
            server.wait()
    return report([result(file) for file in files])


def report(results: list[Result]) -> int:
    """Print the table, and the survivors that docs/mutants.md doesn't explain."""
    everything = Result("all", sum(r.mutants for r in results), [text for r in results for text in r.survivors])
    print(f"\n{'file':<55}{'mutants':>8}{'killed':>8}{'survived':>10}{'killed, %':>11}")
    for file, mutants, survivors in (*results, everything):
        killed = mutants - len(survivors)
        print(f"{file:<55}{mutants:>8}{killed:>8}{len(survivors):>10}{100 * killed / max(mutants, 1):>11.1f}")
    explained = DOCS.read_text(encoding="utf-8") if DOCS.exists() else ""
    new = [text for text in everything.survivors if text not in explained]
    if new:
        print("\nSurvivors that docs/mutants.md doesn't explain:")
    for text in new:
        print(f"  {text}")
    return 1 if new else 0


def finished(file: str) -> bool:
    """Whether every mutant of the file that was to be tested has been."""
    session = OUT / f"{file.removesuffix('.py').replace('/', '.')}.sqlite"
    if not session.exists():
        return False
    with use_db(str(session), WorkDB.Mode.open) as db:
        return not db.pending_work_items


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--most", type=int, default=EVERY, metavar="N")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--report", action="store_true")
    asked = parser.parse_args()
    files = asked.files or list(PASSES)
    if asked.report:
        sys.exit(report([result(file) for file in files if finished(file)]))
    sys.exit(main(files, None if asked.all else asked.most))
