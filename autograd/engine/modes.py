"""What surrounds the recording of an operation: ``no_grad``, ``scope`` and ``detect_anomaly``.

Each operation asks one question, ``MODES.active``: is any such block open, in any thread? Only then is the context
variable read that says which blocks are open *here*. So the modes cost nothing while none is in use, and a block
in one thread, or in one asyncio task, changes nothing in another.
"""

from __future__ import annotations

import itertools
import linecache
import math
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autograd.engine import rules
from autograd.errors import AnomalyError, LostDerivative

if TYPE_CHECKING:
    from autograd.engine.rules import Rule
    from autograd.engine.value import Value


class Origin(NamedTuple):
    """Where a Value was recorded: the scopes around it and, inside ``detect_anomaly``, the user's source line."""

    scopes: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    detached: bool = False  # inside no_grad: a constant to whoever differentiates
    world: Any = None  # of a leaf that a transform has made
    hook: Any = None  # of a leaf: the function that somebody assigned to its _backward


class Mode(NamedTuple):
    """The blocks that are open in this thread or task."""

    recording: bool = True
    origin: Origin | None = None
    anomaly: bool = False


class Modes:
    """Counts the blocks that are open anywhere, and the users' rules that run anywhere on recorded Values."""

    __slots__ = ("active", "kept")

    def __init__(self) -> None:
        self.active: int = 0
        self.kept: int = 0


MODES: Final = Modes()
NORMAL: Final = Mode()
TAPE: ContextVar[Any] = ContextVar("tape", default=None)  # of the function that jit is tracing here, if it is
_mode: ContextVar[Mode] = ContextVar("mode", default=NORMAL)
_kept: ContextVar[bool] = ContextVar("a user's rule runs on Values", default=False)
_lock = threading.Lock()
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PYTHON = os.path.join(os.path.dirname(os.__file__), "")
_PACKAGES = tuple(os.path.join(os.path.dirname(_HERE), name, "") for name in ("autograd", "nn"))


# In place of what a program most often calls: by its name in math or statistics.
INSTEAD: Final[dict[str, str]] = {
    "isnan": "x != x",
    "isinf": "abs(x) == math.inf",
    "isfinite": "abs(x) < math.inf",
    "isclose": "abs(x - y) <= 1e-9 * abs(x)",
    "copysign": "where(y < 0, -abs(x), abs(x))",
    "fabs": "abs(x)",
    "fmod": "x - y * trunc(x / y)",
    "remainder": "x - y * round(x / y)",
    "modf": "(x - trunc(x), trunc(x))",
    "pow": "x ** y",
    "ldexp": "x * 2.0**y",
    "exp2": "2.0**x",
    "degrees": "x * (180 / math.pi)",
    "radians": "x * (math.pi / 180)",
    "gamma": "exp(lgamma(x))",
    "fsum": "autograd.sum(x)",
    "dist": "sqrt(autograd.sum([(a - b) ** 2 for a, b in zip(x, y)]))",
    "sumprod": "autograd.dot(x, y)",
    "fmean": "autograd.mean(x)",
    "mean": "autograd.mean(x)",
}

_CALLED: Final = re.compile(r"\b(math|statistics)\.(\w+)\(")


class Refusals:
    """How many numbers were kept from leaving, and the last of them."""

    __slots__ = ("count", "last", "thread", "to_library")

    def __init__(self) -> None:
        self.count: int = 0
        self.last: LostDerivative | None = None
        self.thread: int = 0  # where
        self.to_library: bool = False  # whether NumPy or SciPy had asked for the number


REFUSALS: Final = Refusals()


@contextmanager
def _entered(mode: Mode) -> Iterator[None]:
    with _lock:
        MODES.active += 1
    token = _mode.set(mode)
    try:
        yield
    finally:
        _mode.reset(token)
        with _lock:
            MODES.active -= 1


def no_grad(*misplaced: Any) -> Any:
    """Inside ``with no_grad():`` nothing is recorded: results are leaves, without parents.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (9.0, ())

    A function can be decorated with it as well: ``@no_grad()``.
    """
    if misplaced:
        raise TypeError(
            f"no_grad is a block, not a function of {misplaced[0]!r:.60}; write with no_grad(): ..., or @no_grad() "
            "above a function; stop_gradient(x) is x as a constant"
        )
    return _without_recording()


@contextmanager
def _without_recording() -> Iterator[None]:
    with _entered(_mode.get()._replace(recording=False)):
        yield


@contextmanager
def scope(name: str | Any) -> Iterator[None]:
    """Inside ``with scope("layer1"):`` recorded operations belong to a group of that name, for pictures. Scopes nest.

    >>> from autograd import Value, to_dot
    >>> with scope("layer1"):
    ...     y = Value(3.0) * 2
    >>> "layer1" in to_dot(y).source
    True
    """
    mode = _mode.get()
    outer = mode.origin.scopes if mode.origin else ()
    with _entered(mode._replace(origin=Origin((*outer, str(name))))):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Inside ``with detect_anomaly():`` the first value or gradient that is infinite or not a number is an error.

    It names the operation, its operands, and the line of the program that recorded it.

    Raises:
        AnomalyError: at that operation, forward, or in ``backward()`` at the one whose gradient it is.

    >>> from autograd import Value
    >>> x = Value(1e308, label="x")
    >>> with detect_anomaly():
    ...     y = x * 10
    Traceback (most recent call last):
    autograd.errors.AnomalyError: forward: mul gives inf at 1e+308, 10.0 (operand 'x' = 1e+308), recorded at ...
    """
    with _entered(_mode.get()._replace(anomaly=True)):
        yield


def scopes_of(node: Value) -> tuple[str, ...]:
    """The names of the scopes that the Value was recorded in, outermost first."""
    return node._origin.scopes if node._origin else ()


def is_detached(node: Value) -> bool:
    """True for a result of ``no_grad``."""
    return node._origin is not None and node._origin.detached


def observe(node: Value) -> None:
    """Apply the open blocks to a Value that has just been recorded."""
    mode = _mode.get()
    node._origin = mode.origin
    if mode.anomaly:
        scopes = mode.origin.scopes if mode.origin else ()
        node._origin = Origin(scopes, *users_line())
        if not math.isfinite(node._value):
            raise AnomalyError(f"forward: {node._rule.name} gives {node._value!r} at {_describe(node)}")
    if not mode.recording:
        node._forget_operands()
        node._origin = (node._origin or Origin())._replace(detached=True)


@contextmanager
def keeping() -> Iterator[None]:
    """Inside, a user's rule runs on recorded Values, to be differentiated again: they don't become plain floats."""
    with _lock:
        MODES.kept += 1
    token = _kept.set(True)
    try:
        yield
    finally:
        _kept.reset(token)
        with _lock:
            MODES.kept -= 1


def keeps() -> bool:
    """True where such a rule runs."""
    return _kept.get()


def recording() -> bool:
    """False inside ``no_grad``."""
    return MODES.active == 0 or _mode.get().recording


def refuse_to_leave(how: str) -> None:
    """A number with a derivative is about to become a plain one: an error, but for ``no_grad``, where none is wanted.

    Raises:
        LostDerivative: it names the user's line, and the ways out.
    """
    if not recording():
        return
    file, line = users_line()
    error = LostDerivative(
        f"{how} would lose the derivative of a number inside a transform, at {file}:{line}; {cures(file, line)}use "
        "autograd's functions instead of math's, and a list or an array with dtype=object instead of an array of "
        "floats; where no derivative is wanted, write float(stop_gradient(x))"
    )
    REFUSALS.count += 1
    REFUSALS.last = error
    REFUSALS.thread = threading.get_ident()
    REFUSALS.to_library = _is_for_library()
    raise error


def cures(file: str, line: int) -> str:
    """What to write in place of math's functions in that line: a beginning of a sentence, or nothing."""
    found: dict[str, Any] = {}
    for module, name in _CALLED.findall(linecache.getline(file, line)):
        if name in INSTEAD:
            found[f"{module}.{name}"] = INSTEAD[name]
        elif name in rules.RULES and rules.RULES[name].public:
            found[f"{module}.{name}"] = f"autograd.{name}"
    written = ", ".join(f"{instead} in place of {name}" for name, instead in found.items())
    return f"write {written}; " if written else ""


def _is_for_library() -> bool:
    """Whether the nearest caller outside these packages is in NumPy or SciPy."""
    frame: Any = sys._getframe()
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return is_of_library(frame.f_code.co_filename)


def refuse_backward() -> None:
    """``backward()`` was called on a number inside a transform.

    Raises:
        LostDerivative: always.
    """
    file, line = users_line()
    raise LostDerivative(
        f"backward() inside a transform, at {file}:{line}, would give plain numbers, whose own derivatives are lost; "
        "write gradient(y, [x]) for Values, or grad(f)(x), and use what they return"
    )


def checking() -> bool:
    """True inside ``detect_anomaly``."""
    return MODES.active > 0 and _mode.get().anomaly


def check_sent(node: Value, gradient: float) -> None:
    """In ``detect_anomaly``: the gradients that an operation sends on to its operands, given its own, are finite.

    Raises:
        AnomalyError: one isn't.
    """
    for position, (operand, partial) in enumerate(node._edges(), start=1):
        if not (isinstance(operand, float) or math.isfinite(gradient * partial) or stops(node, partial)):
            raise AnomalyError(
                f"backward: {node._rule.name} sends {gradient * partial!r} to operand {position}: its gradient "
                f"{gradient!r} times the partial {partial!r}, at {_describe(node)}"
            )


def check_given(node: Value) -> None:
    """In ``detect_anomaly``: an operation of one's own has left its operands with finite gradients.

    Raises:
        AnomalyError: one isn't.
    """
    for position, operand in enumerate(node.parents, start=1):
        if not math.isfinite(operand._grad):
            raise AnomalyError(
                f"backward: {node._rule.name} leaves operand {position} with the gradient {operand._grad!r}; its own "
                f"is {node._grad!r}, at {_describe(node)}"
            )


def stops(node: Value, partial: float) -> bool:
    """Whether a recorded partial is 0 by the table, which is written -0.0, and not one that was computed to be 0."""
    return partial == 0.0 and math.copysign(1.0, partial) < 0.0 and not node._rule.is_written_out


def check_sum(leaf: Value, gradient: float) -> None:
    """In ``detect_anomaly``: what operations sent to a leaf adds up to a finite number.

    Raises:
        AnomalyError: it doesn't.
    """
    if not math.isfinite(gradient):
        raise AnomalyError(f"backward: the gradients sent to the leaf {leaf!r} add up to {gradient!r}")


def admits(rule: Rule, operands: Sequence[object], *results: object) -> bool:
    """Whether an operation of a transform is to be differentiated: not inside ``no_grad``.

    Raises:
        AnomalyError: inside ``detect_anomaly``, a result (the value, then the tangent) is not finite.
    """
    mode = _mode.get()
    if mode.anomaly:
        for what, y in zip(("gives", "has the tangent"), results):
            if isinstance(y, float) and not math.isfinite(y):
                file, line = users_line()
                at = ", ".join(repr(x) for x in operands)
                raise AnomalyError(f"forward: {rule.name} {what} {y!r} at {at}, computed at {file}:{line}")
    return mode.recording


def _describe(node: Value) -> str:
    operands = node.parents
    text = ", ".join(repr(x._value) for x in operands)
    named = ", ".join(f"operand {x._label!r} = {x._value!r}" for x in operands if x._label)
    origin = node._origin
    where = f", recorded at {origin.file}:{origin.line}" if origin and origin.line else ""
    return (f"{text} ({named})" if named else text) + where


def users_line() -> tuple[str, int]:
    """The file and line of the nearest caller outside these packages, Python's modules, NumPy and SciPy."""
    frame = sys._getframe()
    others = _libraries()
    while frame.f_back is not None and (
        frame.f_code.co_filename.startswith((*_PACKAGES, *others)) or is_of_python(frame.f_code.co_filename)
    ):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _libraries() -> tuple[str, ...]:
    """The beginnings of NumPy's and SciPy's files."""
    packages = [getattr(sys.modules.get(name), "__path__", ()) for name in ("numpy", "scipy")]
    return (*itertools.chain(*packages), "<__array_function__")  # NumPy 1's wrappers


def is_of_library(file: str) -> bool:
    """Whether it is a file of NumPy or SciPy."""
    return file.startswith(_libraries())


def is_ours(file: str) -> bool:
    """Whether it is a file of these packages."""
    return file.startswith(_PACKAGES)


def here() -> str:
    """The line of the user's program that is running, for a message."""
    file, line = users_line()
    return f" at {file}:{line}"


def is_of_python(file: str) -> bool:
    """Whether it is a module of Python's own."""
    return file.startswith(_PYTHON) and "site-packages" not in file


@contextmanager
def normal() -> Iterator[None]:
    """Inside, a transform records all operations, even within ``no_grad``; ``detect_anomaly`` stays in force."""
    if MODES.active == 0:
        yield
    else:
        with _entered(NORMAL._replace(anomaly=_mode.get().anomaly)):
            yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, no block is open. Used for values that are made once, and used inside and outside of blocks."""
    if MODES.active == 0:
        yield
    else:
        with _entered(NORMAL):
            yield
