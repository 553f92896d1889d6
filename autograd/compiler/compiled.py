"""A function's program for arguments of some shapes: recorded, simplified, and given to a back end that runs it."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from autograd.compiler.backends import named
from autograd.compiler.backends.backend import Backend, Procedure
from autograd.compiler.backends.finite import Diagnosis
from autograd.compiler.diagnosis import diagnosis_of
from autograd.compiler.passes.guard import guard, shows_nan
from autograd.compiler.passes.simplify import simplify
from autograd.compiler.program import Program
from autograd.compiler.record.arguments import Arguments, Shortcut, orders_of
from autograd.compiler.record.recording import record


class Compiled:
    """A function's program for arguments of some shapes, and the back end that runs it. It prints as the program.

    Attributes:
        program: what is computed, on numbers in a row; where a result is NaN, ``guarded`` is, if it is another one.
        arguments: where the numbers of the arguments stand there.
        results: likewise for what the function returns.
        dtype: of all arithmetic.
        backend: what runs the program where nothing else is asked for.
    """

    def __init__(
        self, f: Callable[..., Any], flat: Arguments, dtype: str, threads: int, backend: type[Backend]
    ) -> None:
        self._f: Final = f
        self.key: Final = flat.key
        self._signature: Final = flat.signature
        self.arguments: Final = flat.key.layout(dtype)
        self.dtype: Final = dtype
        recorded, self.results = record(f, flat, self.arguments, dtype, threads, keep_lines=backend.keeps_lines)
        self._recorded: Final = recorded
        is_quick = bool(recorded.guards) and not backend.looks_inside and shows_nan(recorded)
        self.program: Final = simplify(recorded) if is_quick or not recorded.guards else self.guarded
        guarded = (lambda: self.guarded) if is_quick else None
        self._procedure = Procedure(self.program, self.arguments, self.results, dtype, threads, guarded)
        # Who looks inside is shown each operation as it was written.
        looked_at = self._procedure._replace(program=guard(recorded)) if backend.looks_inside else self._procedure
        self.backend: Final = backend(looked_at)
        self._backends: dict[type[Backend], Backend] = {backend: self.backend}
        # What every call needs, within reach.
        self.call: Final = self.backend.call
        self.numbers_of: Final = Shortcut(flat.key).numbers

    def __repr__(self) -> str:
        return str(self.program)

    @functools.cached_property
    def guarded(self) -> Program:
        """The program in which what a choice has left out stays 0, whatever it meets. See ``passes/guard.py``."""
        return simplify(guard(self._recorded)) if self._recorded.guards else self.program

    def __reduce__(self) -> Any:
        raise TypeError(
            "a compiled program can't be pickled: it has memory of the kernel; pickle the function that jit returned, "
            "which compiles it again"
        )

    def counts(self) -> dict[str, int]:
        """How many instructions of each kind there are, and how many terms the sums have in all."""
        return self.program.counts()

    def run(self, *args: Any, backend: str | None = None, **kwargs: Any) -> Any:
        """Run the program.

        Args:
            args: of the shapes that it was made for.
            backend: "c", "numpy" or "python"; if it isn't given, the kernel where there is one, else NumPy.
            kwargs: likewise.

        Raises:
            ValueError: the backend is unknown, or the arguments have other shapes.
            MissingDependency: there is no compiled kernel, and "c" was asked for.
        """
        flat = Arguments(args, kwargs, self._signature)
        if flat.key != self.key:
            raise ValueError(
                f"this program is for arguments of shapes {self.key.shapes} in the structure {self.key.spec}, "
                f"not {flat.key.shapes} in {flat.key.spec}"
            )
        chosen = self.backend if backend is None else self._by(named(backend))
        return chosen.call(flat.numbers)

    def diagnose(self, *args: Any, **kwargs: Any) -> Diagnosis:
        """Where a number of the result stops being finite; see ``jit(f).diagnose``."""
        return diagnosis_of(self._f, Arguments(args, kwargs, self._signature), self.dtype, self._procedure.threads)

    @functools.cached_property
    def result_orders(self) -> tuple[tuple[Any, ...], ...]:
        """Of each dict in the result: its keys, in their order."""
        return orders_of(self.results.spec.unflatten([0.0] * len(self.results.leaves)))

    def repeated(self, n: int, state: Arguments, numbers: Sequence[Any], threads: int) -> Any:
        """The result of n runs, each of which is given that of the one before as its first argument, now ``state``."""
        (structure,) = state.key.spec.children()
        if structure != self.results.spec or list(state.key.shapes) != self.results.shapes:
            raise ValueError(
                "repeat feeds the result back as the first argument, so it needs the structure of that argument: "
                f"the argument is {list(state.key.shapes)}, the result {self.results.shapes}"
            )
        return self.call(numbers, threads, n)

    def _by(self, backend: type[Backend]) -> Backend:
        """The program, run by another back end."""
        if backend not in self._backends:
            self._backends[backend] = backend(self._procedure)
        return self._backends[backend]

    def to_words(self) -> str:
        """What the kernel is told to do, an instruction a line, for reading."""
        from autograd.compiler.kernel.disassemble import disassemble

        return disassemble(self.program, self.results.outputs)

    def to_python(self, name: str = "f") -> str:
        """The program as the source of a plain Python function of its numbers, worth reading."""
        from autograd.compiler.source.python import to_python

        return to_python(self.guarded, name, self.results)

    def to_javascript(self, name: str = "f") -> str:
        """The program as the source of a plain JavaScript function of its numbers, worth reading."""
        from autograd.compiler.source.javascript import to_javascript

        return to_javascript(self.program, name, self.results)

    def to_c(self, name: str = "f") -> str:
        """The program as a C file of its own (C99) with one function, which needs nothing but ``math.h``."""
        from autograd.compiler.source.c import to_c

        return to_c(self.guarded, name, self.results, self.dtype)


@contextmanager
def without_collector() -> Iterator[None]:
    """A program is many small tuples and no cycle: the garbage collector would go through them in vain, and often."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
