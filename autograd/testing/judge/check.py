"""The engine check: every property, on any class that is like micrograd's ``Value``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograd.errors import MissingDependency
from autograd.testing.judge.findings.report import Report
from autograd.testing.judge.findings.rows import Row
from autograd.testing.judge.profile import read_profile
from autograd.testing.judge.properties.table import Property
from autograd.testing.judge.running.isolation import isolated
from autograd.testing.judge.running.run import chosen, ends_the_check, not_tried, try_property
from autograd.testing.judge.running.worker import INSIDE
from autograd.testing.judge.subject.engines import Engine
from autograd.testing.judge.subject.loading import load
from autograd.testing.judge.subject.spelling import Name, Spelling
from autograd.testing.judge.trials.exact import context
from autograd.testing.judge.trials.search import Search, effort_named
from autograd.testing.judge.trials.trial import Trial


def check_engine(
    engine: Any,
    *,
    names: Mapping[str, Name] | None = None,
    data: str = "data",
    grad: str = "grad",
    backward: str = "backward",
    effort: str = "normal",
    seed: int | None = None,
    only: Iterable[str] | None = None,
    skip: Iterable[str] = (),
    without: Iterable[str] = (),
    define: Iterable[str] = (),
    strict: bool = False,
    profile: str | Path | None = None,
    isolate: bool = True,
    timeout: float | None = None,
    memory: int | None = 2048,
    on_row: Callable[[Row], None] | None = None,
) -> Report:
    """Check an autograd engine from outside: any class with a constructor of one number, data, grad and backward().

    Which operations it has is found out: Python's operators, methods called ``exp``, ``tanh`` ..., and functions of
    that name in its module.

    The class is imported and tried in a process of its own, where a crash, an endless loop or a hunger for memory is a
    row of the report and no more. That takes a class that can be imported; one that was made inside a function or in an
    interactive session is tried in this process, without those limits. A file is imported once more in the other
    process; a ``check_engine`` that it calls while it is imported does nothing there.

    Args:
        engine: the class, or where it is: ``"module:Class"`` or ``"path/to/file.py:Class"``.
        names: what primitives of the rule table are called there, where that differs: a method or function
            (``{"sigmoid": "sigm"}``), a function elsewhere (``"module:function"``), a callable; ``""`` leaves one out.
        data: the attribute that holds the number.
        grad: the attribute that holds the gradient.
        backward: the method that starts the backward pass.
        effort: ``"quick"`` (seconds), ``"normal"`` (less than a minute) or ``"thorough"`` (minutes).
        seed: of the random examples. Without it they are the same every time.
        only: names of properties; all of them by default.
        skip: names of properties that aren't tried.
        without: names of primitives that are left alone.
        define: what primitives mean in this engine, where that isn't what the table says:
            ``["log(x) = log(x + 1e-6)"]``.
        strict: whether the report counts a habit that differs from PyTorch's as a failure, as it does wrong
            derivatives.
        profile: a TOML file that holds any of these, for a whole course. What is given beside it goes first.
        isolate: whether to use a process of its own.
        timeout: seconds that a property may take there; the effort's by default.
        memory: megabytes that it may take there, where the system can limit it; None for no limit.
        on_row: is called with each row as soon as it is known.

    Returns:
        The report; :meth:`Report.raise_for_failures` makes it an error in a test.

    Raises:
        TypeError: ``engine`` is neither a class nor text.
        ValueError: there is no such module, class, attribute, property, primitive or effort; the message says which.
        MissingDependency: Hypothesis or mpmath is not installed.

    >>> from autograd import Value
    >>> report = check_engine(Value, effort="quick", only=["sum rule", "kinks"], isolate=False)
    >>> [row.status for row in report.raise_for_failures().rows]
    ['passed', 'passed']
    """
    if profile is not None:
        said = {**read_profile(profile).check}
        names = {**said.get("names", {}), **(names or {})}
        skip, without = (*said.get("skip", ()), *skip), (*said.get("without", ()), *without)
        define = (*said.get("define", ()), *define)
        only = only if only is not None else said.get("only")
        strict = strict or said.get("strict", False)
        data, grad, backward, effort = (
            said.get(key, value) if value == default else value
            for key, value, default in (
                ("data", data, "data"),
                ("grad", grad, "grad"),
                ("backward", backward, "backward"),
                ("effort", effort, "normal"),
            )
        )
        seed = said.get("seed") if seed is None else seed
        timeout = said.get("timeout") if timeout is None else timeout
    spelling = Spelling({**dict.fromkeys(without, ""), **(names or {})}, data, grad, backward, tuple(define))
    chosen_names = None if only is None else tuple(only)
    search = Search(effort_named(effort), seed, chosen_names, tuple(skip), strict, isolate, timeout, memory)
    return examine(engine, spelling, search, on_row)


def examine(engine: Any, spelling: Spelling, search: Search, on_row: Callable[[Row], None] | None = None) -> Report:
    """:func:`check_engine`; each row is handed to ``on_row`` as soon as it is known."""
    properties = chosen(search.only, search.skip)
    _needs_libraries()
    if not isinstance(engine, (str, type)):
        raise TypeError(f'check_engine takes a class, or where it is, as in "module:Class", not {engine!r:.60}')
    title = engine if isinstance(engine, str) else f"{engine.__module__}:{engine.__qualname__}"
    if os.environ.get(INSIDE) and not isinstance(engine, str):
        return Report(title, ())
    started = time.perf_counter()
    places, as_text = _places(engine), spelling.as_text()
    rows: Iterator[Row]
    if search.isolate and places and as_text is not None:
        rows = isolated(places, as_text, search)
    else:
        cls, module, source = load(engine) if isinstance(engine, str) else (engine, None, None)
        rows = _here(Trial(Engine(cls, spelling, module, source), search), properties)
    found = []
    for row in rows:
        found.append(row)
        if on_row is not None:
            on_row(row)
    return Report(title, tuple(found), time.perf_counter() - started, search.strict)


def _here(trial: Trial, properties: list[Property]) -> Iterator[Row]:
    """The rows, from this process."""
    for i, p in enumerate(properties):
        row = try_property(trial, p)
        yield row
        if ends_the_check(row):
            yield from map(not_tried, properties[i + 1 :])
            return


def _needs_libraries() -> None:
    """Complain about a missing library before any process is started."""
    from autograd.testing.strategies import expressions

    try:
        expressions()
        context()
    except MissingDependency as error:
        raise MissingDependency(
            f"the engine check needs Hypothesis and mpmath ({error}); "
            "both come with pip install -e '.[testing]', in a clone of the project"
        ) from None


def _places(engine: Any) -> list[str]:
    """Where another process may find the class, the first place first; none, if it can't be found under its name."""
    if isinstance(engine, str):
        return [engine]
    module = sys.modules.get(engine.__module__)
    found: Any = module
    for part in engine.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not engine:
        return []
    file = getattr(module, "__file__", None)
    places = [] if engine.__module__ == "__main__" else [f"{engine.__module__}:{engine.__qualname__}"]
    return places + ([f"{file}:{engine.__qualname__}"] if file and file.endswith(".py") else [])
