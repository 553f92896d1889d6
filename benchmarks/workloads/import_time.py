"""What an import costs: the processor time of a process that does nothing else, Python's own start included."""

from __future__ import annotations

import importlib.util
import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measuring import Contest, Program


def contests(quick: bool) -> Iterator[Contest]:
    yield Contest(
        title="import autograd, a whole process",
        ours=partial(importing, "autograd", absent=("numpy",)),
        peers={f"import {name}": partial(importing, name) for name in ("math", "micrograd.engine", "torch", "jax")},
        targets={"import math": 3},
        clock=children,
    )


def importing(name: str, absent: tuple[str, ...] = ()) -> Program:
    """A process that imports that module; what is ``absent`` must not have been loaded by it."""
    if importlib.util.find_spec(name.split(".")[0]) is None:
        raise ImportError(name)

    elsewhere = Path(sys.executable).parent  # where the folder of this project isn't found before what is installed

    def run(check: str = "") -> int:
        return subprocess.run([sys.executable, "-c", f"import {name}{check}"], check=True, cwd=elsewhere).returncode

    if absent:
        run(f", sys; loaded = {set(absent)} & set(sys.modules); sys.exit(f'{{loaded}} loaded' if loaded else 0)")
    return Program(run, lambda code: [code])


def children() -> float:
    """The processor time of the processes that this one has waited for, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
