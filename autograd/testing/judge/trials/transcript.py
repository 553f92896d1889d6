"""Doing things to an engine, and writing down each as a line of Python: an experiment is its own counterexample.

A property of the check works through a :class:`Transcript`. When a claim turns out false, or the engine raises an
exception, what has been written down up to there is a script that shows it.
"""

from __future__ import annotations

import math
import re
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from autograd.testing.expression import Expression, literal, term
from autograd.testing.judge.findings.rows import CRASHED, FAILED, HABITS, SLOW, UNSUPPORTED
from autograd.testing.judge.subject.engines import Engine
from autograd.testing.judge.trials.exact import Exact

READABLE = 48  # characters of a formula, at most
SHOWN = 60  # lines of the flight recorder's script, at most


class Verdict(Exception):
    """What ends a property early: the message is a sentence for people, the script shows what it says."""

    status: str
    group: str | None = None  # whether it is a wrong derivative or a habit, where that isn't the property's to say
    detail = ""  # a small table for the report

    def __init__(self, message: str, script: str = "") -> None:
        super().__init__(message)
        self.message, self.script = message, script


class Failed(Verdict):
    """The engine does not hold the property."""

    status = FAILED


class Raised(Failed):
    """The engine raised an exception; ``error`` is it, and ``inside`` whether it came from a line of the engine's."""

    def __init__(self, error: BaseException, doing: str, script: str) -> None:
        super().__init__(f"{doing} raises {named(error)}", script)
        self.error, self.inside = error, _is_from_inside(error)
        if isinstance(error, RecursionError):
            self.group = HABITS


class Unsupported(Verdict):
    """The engine lacks the operation that the property is about."""

    status = UNSUPPORTED


class Slow(Verdict):
    """The engine gets there, but takes too long."""

    status = SLOW


class Crashed(Verdict):
    """The engine took the process with it, or tried to."""

    status = CRASHED


class Variable(NamedTuple):
    """A number of the engine, and the name that it has in the script."""

    text: str
    it: Any


def named(error: BaseException) -> str:
    """The exception's type and the first line of its message."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first:.160}" if first else type(error).__name__


def _is_from_inside(error: BaseException) -> bool:
    """Whether code of the engine's was running: Python's own "unsupported operand" comes from outside of it."""
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(not file.startswith(_OURS) for file in files)


_OURS: Final = str(Path(__file__).parent.parent)  # the testing kit


class Transcript:
    """One experiment with an engine.

    >>> from autograd import Value
    >>> t = Transcript(Engine(Value))
    >>> x = t.leaf(3.0)
    >>> t.backward(t.apply("mul", x, x))
    >>> t.claim_gradient(x, 6.0)
    >>> print(t.script)
    from autograd.engine.value import Value
    <BLANKLINE>
    x0 = Value(3.0)
    y0 = x0 * x0
    y0.backward()
    """

    def __init__(self, engine: Engine, recorder: Callable[[str], None] | None = None) -> None:
        self.engine = engine
        self.recorder = recorder
        self.lines: list[str] = []
        self.counts = {"x": 0, "y": 0}
        self.formulas: dict[str, str] = {}  # of the results, in terms of the leaves
        self.about = ""  # the formula whose derivative is asked for

    @property
    def script(self) -> str:
        """A program that does the same."""
        imports = [line for line in dict.fromkeys(self.engine.imports) if self._is_used(line)]
        head = [self.engine.source, *imports, ""]
        return "\n".join([*head, *self.lines])

    def _is_used(self, line: str) -> bool:
        name = line.partition(" = ")[0] if " = " in line else line.split()[-1]
        return any(f"{name}(" in other for other in self.lines)

    # --- Doing ---

    def do(self, lines: str, action: Callable[..., Any], *arguments: Any) -> Any:
        """Run the lines.

        Raises:
            Raised: the engine raises an exception.
            Crashed: it calls ``sys.exit``, or there isn't memory enough.
        """
        self.lines += lines.splitlines()
        if self.recorder is not None:
            self.recorder(self.script if len(self.lines) < SHOWN else self.lines[-1])
        try:
            return action(*arguments)
        except MemoryError:
            raise Crashed("it needs more memory than it was given", self.script) from None
        except SystemExit as error:
            raise Crashed(f"it calls sys.exit({error.code!r})", self.script) from None
        except Exception as error:
            doing = self.lines[-1].strip()
            self.lines[-1] += f"  # raises {type(error).__name__}"
            raise Raised(error, f"`{doing}`", self.script) from None

    def leaf(self, number: float) -> Variable:
        """A new leaf."""
        name = self._new("x")
        return Variable(name, self.do(f"{name} = {self.engine.leaf_text(literal(number))}", self.engine.leaf, number))

    def apply(self, name: str, *operands: Variable | float) -> Variable:
        """An operation on variables and plain numbers."""
        texts = [x.text if isinstance(x, Variable) else term(x) for x in operands]
        values = [x.it if isinstance(x, Variable) else x for x in operands]
        y = self._new("y")
        self.formulas[y] = self._formula(name, texts)
        line = f"{y} = {self.engine.templates[name].format(*texts)}"
        return Variable(y, self.do(line, self.engine.functions[name], *values))

    def leaves(self, e: Expression) -> list[Variable]:
        """New leaves at the expression's point."""
        return [self.leaf(x) for x in e.point]

    def run(self, e: Expression, leaves: Sequence[Variable] | None = None) -> list[Any]:
        """All slots of the expression: leaves, constants (plain numbers), results."""
        slots: list[Any] = [*(self.leaves(e) if leaves is None else leaves), *e.constants]
        for name, operands in e.steps:
            slots.append(self.apply(name, *(slots[i] for i in operands)))
        return slots

    def backward(self, variable: Variable) -> None:
        """The backward pass from there."""
        self.about = self.formulas.get(variable.text, "")
        self.do(f"{variable.text}.{self.engine.backward_call}", self.engine.run_backward, variable.it)

    def set_data(self, variable: Variable, number: float) -> None:
        """Assign the number of a leaf."""
        self.do(
            f"{variable.text}.{self.engine.data} = {literal(number)}", setattr, variable.it, self.engine.data, number
        )

    def zero_gradient(self, variable: Variable) -> None:
        """Set the gradient to zero."""
        self.do(f"{variable.text}.{self.engine.zero_line}", self.engine.zero, variable.it)

    def comment(self, text: str) -> None:
        """A line for the reader of the script."""
        self.lines += ["", f"# {text}"] if self.lines else [f"# {text}"]

    def _formula(self, name: str, operands: Sequence[str]) -> str:
        """The operation as a formula in the leaves; empty where that would be too long to read."""
        template = self.engine.templates[name]
        parts = [self.formulas.get(text, text) for text in operands]
        if not all(parts):
            return ""
        if "({0}" not in template:  # an operator or a method: what has an operator in it goes into brackets
            parts = [f"({part})" if re.search(r"\S (\S+) \S|^-", part) else part for part in parts]
        formula = template.format(*parts)
        return formula if len(formula) <= READABLE else ""

    def _new(self, letter: str) -> str:
        self.counts[letter] += 1
        return f"{letter}{self.counts[letter] - 1}"

    # --- Reading ---

    def number(self, variable: Variable) -> float:
        """The number that it holds."""
        return self._read(self.data_of(variable), variable, self.engine.number)

    def gradient(self, variable: Variable) -> float:
        """Its gradient."""
        return self._read(self.gradient_of(variable), variable, self.engine.gradient)

    def data_of(self, variable: Variable) -> str:
        """How a script reads the number."""
        return f"{variable.text}.{self.engine.data}{self.engine.calls.get(self.engine.data, '')}"

    def gradient_of(self, variable: Variable) -> str:
        """How a script reads the gradient."""
        return f"{variable.text}.{self.engine.grad}{self.engine.calls.get(self.engine.grad, '')}"

    def _read(self, text: str, variable: Variable, read: Callable[[Any], float]) -> float:
        attribute = text.rpartition(".")[2].removesuffix("()")
        try:
            return read(variable.it)
        except Exception as error:
            ending = self._ending(f"print({text})")
            if not hasattr(variable.it, attribute):
                made = f": {variable.text} is {variable.it!r:.40}" if variable.text in self.formulas else ""
                raise Failed(f"`{text}` is not there{made}", ending) from None
            if isinstance(error, TypeError) and isinstance(getattr(variable.it, attribute), self.engine.cls):
                cls = self.engine.cls.__name__
                why = f"`{text}` is itself a {cls}, not a real number: is `other` used where its number is meant?"
                raise Failed(why, ending) from None
            if not isinstance(error, (TypeError, ValueError, OverflowError)):
                raise Raised(error, f"`{text}`", ending) from None
            shown = f"{getattr(variable.it, attribute)!r:.60}"
            raise Failed(f"`{text}` is {shown}, not a real number", ending) from None

    # --- Claiming ---

    def claim_number(self, variable: Variable, wanted: Any, tolerance: float = 0.0, why: str = "") -> None:
        """Fail the property unless the variable holds that number."""
        formula = self.formulas.get(variable.text, "")
        self._claim(self.data_of(variable), self.number(variable), wanted, tolerance, why, formula)

    def claim_gradient(self, variable: Variable, wanted: Any, tolerance: float = 0.0, why: str = "") -> None:
        """Fail the property unless the variable has that gradient."""
        self._claim(self.gradient_of(variable), self.gradient(variable), wanted, tolerance, why, self.about)

    def claim_gradients(self, leaves: Sequence[Variable], truth: Exact, why: str = "") -> None:
        """Fail the property unless the leaves have the exact gradient, as far as floats can."""
        for i, x in enumerate(leaves):
            wanted = truth.gradient[i]
            if not is_near(self.gradient(x), wanted, abs(wanted) * 2.0**-51):  # else how near is worth finding out
                self.claim_gradient(x, wanted, truth.gradient_bounds[i], why)

    def claim(self, holds: bool, message: str, *prints: str, group: str | None = None) -> None:
        """Fail the property, with these expressions printed at the script's end, unless it holds."""
        if not holds:
            failed = Failed(message, self._ending(*(f"print({text})" for text in prints)))
            failed.group = group
            raise failed

    def _claim(self, text: str, got: float, wanted: Any, tolerance: float, why: str, formula: str) -> None:
        if is_near(got, wanted, tolerance):
            return
        wanted = float(wanted)
        line = f'print("{text} is", {text}, "and should be", {literal(wanted)})'
        reason = why or hint(got, wanted)
        message = f"{text} is {got!r} and should be {wanted!r}" + (f" ({reason})" if reason else "")
        raise Failed(f"`{formula}`: {message}" if formula else message, self._ending(line))

    def _ending(self, *lines: str) -> str:
        return "\n".join([self.script, *lines])


def is_near(got: float, wanted: Any, tolerance: float) -> bool:
    """Whether the number is the wanted one, within the tolerance; NaN is like NaN, infinity like infinity."""
    if not math.isfinite(got):
        return str(got) == str(float(wanted))
    return bool(abs(wanted - got) <= tolerance)


def hint(got: float, wanted: float) -> str:
    """The usual mistake that would explain a wrong gradient, if one would.

    >>> hint(3.0, 6.0)
    'half of it: is a contribution overwritten, = for +=?'
    """
    if wanted == 0.0 or not math.isfinite(got) or not math.isfinite(wanted):
        return ""
    if got == 0.0:
        return "nothing arrived"
    ratio = got / wanted
    patterns = (
        (-1.0, "the sign is wrong"),
        (0.5, "half of it: is a contribution overwritten, = for +=?"),
        (2.0, "twice as much: is something counted twice?"),
    )
    for pattern, text in patterns:
        if math.isclose(ratio, pattern, rel_tol=1e-9):
            return text
    if 1e-9 < abs(ratio - 1.0) < 1e-5:
        return "right to 5 digits or more: is it a difference quotient, or single precision?"
    return ""
