"""The process in which somebody's class is imported and tried: ``python -m autograd.testing.judge.running.worker``.

What to do comes as a line of JSON on the standard input, and, if it says ``on_demand``, the names of properties as
further lines; what was found goes back as JSON lines on a copy of the
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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from autograd.testing.judge.running.run import chosen, try_property
from autograd.testing.judge.subject.engines import Engine
from autograd.testing.judge.subject.loading import load
from autograd.testing.judge.subject.spelling import Spelling
from autograd.testing.judge.trials.search import Search
from autograd.testing.judge.trials.trial import Trial

RECORDER_SIZE: Final = 1 << 16
INSIDE: Final = "CHAINRULE_CHECK"  # set in this process: a check that is called while a class is imported does nothing

Send = Callable[[dict[str, Any]], None]


def serve(order: dict[str, Any], send: Send, asked: Iterable[str] = ()) -> None:
    """Try the properties, and send a message at the beginning and the end of each.

    Args:
        order: ``places``, where the class may be, to be tried in turn; the fields of the ``spelling`` and of the
            ``search``; ``recorder``, the path of the flight recorder.
        asked: properties, as they come, if the order says ``on_demand``: the name, then those that passed before, as
            a list in JSON.
        send: takes a message: ``{"usage": text}`` if there is no such class, else ``{"loaded": name}``, and for each
            property ``{"begin": name}`` and ``{"end": row}``.
    """
    try:
        cls, module, source = load_first(order["places"])
        engine = Engine(cls, Spelling(**order["spelling"]), module, source)
    except ValueError as error:
        send({"usage": str(error)})
        return
    search = Search.read(order["search"])
    limit_memory(search.memory)
    send({"loaded": order["places"][0]})
    trial = Trial(engine, search, recorder(order["recorder"]))
    wanted = [[p.name] for p in chosen(search.only, search.skip)]
    names = map(json.loads, asked) if order.get("on_demand") else wanted
    for name, *passed in names:
        trial.blamed.update(dict.fromkeys(passed, frozenset()))
        (p,) = chosen([name])
        send({"begin": p.name})
        send({"end": asdict(try_property(trial, p))})


def load_first(places: Sequence[str]) -> tuple[Any, ModuleType, str]:
    """The class from the first of the places where it can be imported: see :func:`load`.

    Raises:
        ValueError: it can be from none of them; the message says why not from the last.
    """
    *others, last = places
    for place in others:
        with contextlib.suppress(ValueError):
            return load(place)
    return load(last)


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
    """Carry out the orders on the standard input."""
    order = json.loads(sys.stdin.readline())
    with open(os.dup(1), "w", encoding="utf-8") as out:
        asked = open(os.dup(0), encoding="utf-8")  # noqa: SIM115
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)

        def send(message: dict[str, Any]) -> None:
            out.write(json.dumps(message) + "\n")
            out.flush()

        serve(order, send, asked)
        out.flush()
        os._exit(0)  # threads and exit handlers of the engine's don't matter any more


if __name__ == "__main__":
    main()
