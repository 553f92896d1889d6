"""A course's profile: a TOML file that holds what a check is told, and the tasks with their points."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd.errors import missing
from autograd.testing.judge.running.run import chosen


@dataclass(frozen=True)
class Task:
    """A task of the course: it is done when all of its properties pass."""

    name: str
    points: float
    properties: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """What a profile says.

    Args:
        name: of the exercise.
        check: arguments of :func:`~autograd.testing.check_engine` by name.
        tasks: with their points; none: every property is worth the same.
    """

    name: str
    check: Mapping[str, Any]
    tasks: tuple[Task, ...] = ()


_KINDS: dict[str, type] = {
    "skip": list,
    "without": list,
    "define": list,
    "only": list,
    "names": dict,
    "strict": bool,
    "effort": str,
    "data": str,
    "grad": str,
    "backward": str,
    "seed": int,
    "timeout": (int, float),  # type: ignore[dict-item]
}


def read_profile(path: str | Path) -> Profile:
    """The profile that the file holds.

    Raises:
        ValueError: it isn't TOML, or says something that isn't understood; the message says what.
        OSError: it can't be read.
        MissingDependency: tomli is not installed (Python 3.10 only).
    """
    try:
        data = _toml().loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} isn't TOML: {error}") from error
    tasks = data.pop("task", [])
    name = data.pop("name", Path(path).stem)
    for key, value in data.items():
        if key not in _KINDS:
            raise ValueError(f"{path}: {key!r} isn't understood; there are name, task, {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]) or (
            isinstance(value, list) and not all(isinstance(x, str) for x in value)
        ):
            kind = {list: "a list of texts", dict: "a table", bool: "true or false", str: "a text"}
            raise ValueError(f"{path}: {key!r} is {kind.get(_KINDS[key], 'a number')}, not {value!r:.60}")
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise ValueError(f"{path}: each task begins with [[task]]")
    return Profile(str(name), data, tuple(_task(path, task) for task in tasks))


def _task(path: str | Path, task: Mapping[str, Any]) -> Task:
    try:
        found = Task(str(task["name"]), float(task["points"]), tuple(task["properties"]))
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{path}: a task has a name, points and properties (a list of their names), not {dict(task)!r:.80}"
        ) from None
    chosen(found.properties)
    return found


def _toml() -> Any:
    if sys.version_info >= (3, 11):
        import tomllib

        return tomllib
    try:
        tomli = importlib.import_module("tomli")
    except ImportError:
        raise missing("tomli", "a profile") from None
    return tomli
