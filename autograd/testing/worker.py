"""The process in which somebody's class is imported and tried: ``python -m autograd.testing.worker``.

What to do comes as one JSON object on the standard input; what was found goes back as JSON lines on a copy of the
standard output. Before anything is imported, the standard streams are closed to the engine: it may print, and it may
ask, but nobody listens. What the engine is about to be asked is kept in a flight recorder, a file that outlives the
process.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from autograd.testing.bench import EFFORTS, Bench
from autograd.testing.engines import Engine, load
from autograd.testing.run import chosen, try_property

RECORDER_SIZE: Final = 1 << 16
INSIDE: Final = "CHAINRULE_CHECK"  # set in this process: a check that is called while a class is imported does nothing

Send = Callable[[dict[str, Any]], None]


def serve(config: dict[str, Any], send: Send) -> None:
    """Try the properties, and send a message at the beginning and the end of each.

    Args:
        config: ``target`` and, as a second way to import the class, ``fallback``; ``names``, ``data``, ``grad``,
            ``backward``, as :class:`Engine` has them; ``effort``, ``seed``, ``properties``; ``memory`` in megabytes;
            ``recorder``, the path of the flight recorder.
        send: takes a message: ``{"usage": text}`` if there is no such class, else ``{"loaded": name}``, and for each
            property ``{"begin": name}`` and ``{"end": row}``.
    """
    try:
        try:
            cls, module, source = load(config["target"])
        except ValueError:
            if not config["fallback"]:
                raise
            cls, module, source = load(config["fallback"])
        engine = Engine(cls, config["names"], config["data"], config["grad"], config["backward"], module, source)
    except ValueError as error:
        send({"usage": str(error)})
        return
    limit_memory(config["memory"])
    send({"loaded": config["target"]})
    bench = Bench(engine, EFFORTS[config["effort"]], config["seed"], recorder(config["recorder"]))
    for p in chosen(config["properties"]):
        send({"begin": p.name})
        send({"end": asdict(try_property(bench, p))})


def recorder(path: str) -> Callable[[str], None]:
    """The function that keeps a text in the file, in place of the last one."""
    with Path(path).open("r+b") as file:
        kept = mmap.mmap(file.fileno(), RECORDER_SIZE)

    def record(text: str) -> None:
        data = text.encode(errors="replace")[: RECORDER_SIZE - 1] + b"\0"
        kept[: len(data)] = data

    return record


def limit_memory(megabytes: int | None) -> None:
    """Let this process have so much more memory than it has now, where the system can hold it to that."""
    if megabytes is None:
        return
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        pages = Path("/proc/self/statm")
        now = int(pages.read_text().split()[0]) * resource.getpagesize() if pages.exists() else 0
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (now + (megabytes << 20), hard))


def main() -> None:
    """Do what the standard input says."""
    config = json.load(sys.stdin)
    with open(os.dup(1), "w", encoding="utf-8") as out:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)

        def send(message: dict[str, Any]) -> None:
            out.write(json.dumps(message) + "\n")
            out.flush()

        serve(config, send)
        out.flush()
        os._exit(0)  # threads and exit handlers of the engine's don't matter any more


if __name__ == "__main__":
    main()
