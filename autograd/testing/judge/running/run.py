"""Trying one property of one engine, whatever comes of it."""

from __future__ import annotations

import contextlib
import io
import time
import traceback
import warnings
from collections.abc import Collection
from dataclasses import replace

from autograd.testing.judge.findings.rows import CRASHED, FAILED, HABITS, NOT_TRIED, PASSED, UNSUPPORTED, Row
from autograd.testing.judge.properties.table import PROPERTIES, Property
from autograd.testing.judge.trials.transcript import Verdict, named
from autograd.testing.judge.trials.trial import DIAMONDS, Form, Trial

FIRST = PROPERTIES[0].name  # without it no other one can be tried


def chosen(only: Collection[str] | None, skip: Collection[str] = ()) -> list[Property]:
    """The properties of these names (all of them for None), but for those that are to be skipped.

    Raises:
        ValueError: there is none of that name.

    >>> [p.name for p in chosen(["sum rule"])]
    ['sum rule']
    """
    unknown = {*(only or ()), *skip} - {p.name for p in PROPERTIES}
    if unknown:
        raise ValueError(f"no such property: {', '.join(sorted(unknown))}; there are {names()}")
    return [p for p in PROPERTIES if (only is None or p.name in only) and p.name not in skip]


def names() -> str:
    """The names of all properties, for a message."""
    return ", ".join(p.name for p in PROPERTIES)


def try_property(trial: Trial, p: Property) -> Row:
    """The row of the report. Output and warnings of the engine are left out."""
    started = time.perf_counter()
    trial.begin()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        row = _tried(trial, p)
        if row.status == FAILED and not trial.is_late():
            row = _explained(trial, p, row)
            trial.excusable.add(p.name)
    return replace(row, seconds=time.perf_counter() - started)


def _tried(trial: Trial, p: Property) -> Row:
    row = Row(p.name, p.sentence, PASSED, group=p.group)
    try:
        return replace(row, message=p.check(trial) or "")
    except Verdict as verdict:
        group = trial.groups[p.name] = verdict.group or p.group
        return replace(
            row,
            status=verdict.status,
            message=verdict.message,
            script=verdict.script,
            group=group,
            detail=verdict.detail,
        )
    except (Exception, SystemExit) as error:  # from a place where none is expected
        frames = traceback.extract_tb(error.__traceback__)
        module = trial.engine.module
        theirs = [f for f in frames if f.filename == getattr(module, "__file__", None)]
        if theirs or isinstance(error, SystemExit):
            where = f"in {theirs[-1].name}, line {theirs[-1].lineno} of {theirs[-1].filename}" if theirs else "sys.exit"
            return replace(row, status=CRASHED, message=f"{named(error)} ({where})")
        where = f"{frames[-1].name}, line {frames[-1].lineno} of {frames[-1].filename}"
        stumbled = f"{NOT_TRIED}: the check itself stumbled: {named(error)} (in {where}); it says nothing of the engine"
        return replace(row, status=UNSUPPORTED, message=stumbled)


def _explained(trial: Trial, p: Property, row: Row) -> Row:
    """The failure; or one that simpler properties don't explain; or the failure with the property that explains it.

    The property is tried again without the operations that are known to be wrong. What fails then is new.
    """
    forms: set[Form] = set()
    passing = [name for name in SIMPLE if _stands_before(name, p.name)]
    causes = [name for name in passing if _blamed(trial, name)]
    for name in causes:
        forms |= trial.blamed[name]
    excused = [name for name in STRUCTURAL.get(p.name, ()) if name in trial.excusable and _stands_before(name, p.name)]
    if not causes and not excused:
        return row
    again = _tried(trial.without(forms, excused), p)
    if again.status == FAILED:
        return again
    trial.explained[p.name] = frozenset(causes + excused)
    first = _first(trial, causes + excused)
    by = ", ".join(first)
    groups = {trial.groups.get(name, row.group) for name in first}
    group = row.group if row.group in groups else HABITS  # what follows from habits alone is one
    return replace(row, follows=by, message=f"follows from {by}: {row.message}", group=group)


def _first(trial: Trial, causes: list[str]) -> list[str]:
    """The causes without those that follow from another one of them: to mend the first ones mends these, too."""
    return [name for name in causes if not trial.explained.get(name, frozenset()) & set(causes)]


def _blamed(trial: Trial, name: str) -> bool:
    """Whether the simple property found operations to be wrong; it's tried now, if it wasn't."""
    if name not in trial.blamed:
        trial.blamed[name] = frozenset()
        (p,) = chosen([name])
        row = _tried(trial, p)
        if row.status == FAILED:
            _explained(trial, p, row)
    return bool(trial.blamed[name])


def _stands_before(name: str, other: str) -> bool:
    order = [p.name for p in PROPERTIES]
    return other in order and order.index(name) < order.index(other)


# Properties of single operations, which blame those that are wrong.
SIMPLE = (
    "partial derivatives",
    "numbers on the right",
    "numbers on the left",
    "values as exponents",
    "repeated operands",
)
# Properties that others are built on in another way.
STRUCTURAL = {
    **dict.fromkeys(("linearity", "sum rule", "product rule", "chain rule", "random expressions"), (DIAMONDS,)),
    **dict.fromkeys(("data changed in between", "training loop", "second backward"), (DIAMONDS,)),
    "two outputs": (DIAMONDS, "second backward"),
}


def not_tried(p: Property, why: str = f"it needs {FIRST!r}") -> Row:
    """The row of a property that can't be tried."""
    return Row(p.name, p.sentence, UNSUPPORTED, f"{NOT_TRIED}: {why}", group=p.group)


def ends_the_check(row: Row) -> bool:
    """Whether nothing else can be tried after this."""
    return row.name == FIRST and row.status in (FAILED, CRASHED)
