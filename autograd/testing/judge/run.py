"""Trying one property of one engine, whatever comes of it."""

from __future__ import annotations

import contextlib
import io
import time
import traceback
import warnings
from collections.abc import Collection

from autograd.testing.judge.properties.table import PROPERTIES, Property
from autograd.testing.judge.rows import CRASHED, FAILED, PASSED, UNSUPPORTED, Row
from autograd.testing.judge.transcript import Verdict, named
from autograd.testing.judge.trial import Trial

FIRST = PROPERTIES[0].name  # without it no other one can be tried


def chosen(only: Collection[str] | None) -> list[Property]:
    """The properties of these names; all of them for None.

    Raises:
        ValueError: there is none of that name.

    >>> [p.name for p in chosen(["sum rule"])]
    ['sum rule']
    """
    if only is None:
        return list(PROPERTIES)
    unknown = set(only) - {p.name for p in PROPERTIES}
    if unknown:
        raise ValueError(f"no such property: {', '.join(sorted(unknown))}; there are {names()}")
    return [p for p in PROPERTIES if p.name in only]


def names() -> str:
    """The names of all properties, for a message."""
    return ", ".join(p.name for p in PROPERTIES)


def try_property(trial: Trial, p: Property) -> Row:
    """The row of the report. What the engine prints and warns of is nobody's concern here."""
    started = time.perf_counter()
    trial.begin()
    status, message, script = PASSED, "", ""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            message = p.check(trial) or ""
        except Verdict as verdict:
            status, message, script = verdict.status, verdict.message, verdict.script
        except (Exception, SystemExit) as error:  # from a place where none is expected
            where = traceback.extract_tb(error.__traceback__)[-1]
            status, message = CRASHED, f"{named(error)} (in {where.name}, line {where.lineno} of {where.filename})"
    return Row(p.name, p.sentence, status, message, script, time.perf_counter() - started)


def not_tried(p: Property) -> Row:
    """The row of a property that needs what the engine doesn't have."""
    return Row(p.name, p.sentence, UNSUPPORTED, f"not tried: it needs {FIRST!r}")


def ends_the_check(row: Row) -> bool:
    """Whether nothing else can be tried after this."""
    return row.name == FIRST and row.status in (FAILED, CRASHED)
