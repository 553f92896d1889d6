"""What a back end is: something that is told a program and the layouts of its call, and then called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np

from autograd.compiler.layout import Layout
from autograd.compiler.program import Program


class Procedure(NamedTuple):
    """A program that can be called: with where its arguments and results stand among its numbers."""

    program: Program  # simplified
    arguments: Layout
    results: Layout  # a place for each output of the program
    dtype: str = "float64"  # of all arithmetic
    threads: int = 1  # how many will share the work on a batch
    guarded: Callable[[], Program] | None = None  # the program to run where results are NaN; None: the same


class Backend(ABC):
    """One way of running a procedure.

    What takes time, such as generating code, is left to ``prepare``, or to the first call. Calls may come from several
    Python threads at once.
    """

    looks_inside: ClassVar[bool] = False  # whether it shows results that aren't those of the program
    keeps_lines: ClassVar[bool] = False  # whether it wants to know where in the user's source a value was recorded

    def __init__(self, procedure: Procedure) -> None:
        self.procedure: Final = procedure
        self._guarded: Backend | None = None

    @classmethod
    def available(cls) -> bool:
        """Whether it can run here."""
        return True

    def prepare(self) -> None:  # noqa: B027 -- not all have something to do
        """Do the work that needs no arguments, before the first call."""

    @abstractmethod
    def call(self, numbers: Sequence[Any], threads: int = 1, times: int = 1) -> Any:
        """Run the program.

        Args:
            numbers: floats and arrays, one for each leaf of the arguments that has numbers.
            threads: how many share the work on a batch, where the back end has threads.
            times: how often it is run. Each run but the first is given the results of the one before as its first
                arguments, whose layout they have to have.

        Returns:
            The result in its structure. Its arrays are the caller's own.
        """

    def finished(self, row: Any, numbers: Sequence[Any], threads: int, times: int) -> Any:
        """The result of a call, whose numbers are in the row, in its structure.

        Where a number is NaN it is that of the guarded program, if there is one: see ``passes/guard.py``.
        """
        guarded = self.procedure.guarded
        if guarded is not None and np.isnan(row.min(initial=0.0)):  # NaN if one of the numbers is
            if self._guarded is None:
                self._guarded = type(self)(self.procedure._replace(program=guarded(), guarded=None))
            return self._guarded.call(numbers, threads, times)
        return self.procedure.results.read(row)


class Interpreter(Backend):
    """A back end that runs the program once for all of its outputs, on a row of numbers."""

    @abstractmethod
    def outputs(self, row: Any) -> Sequence[Any]:
        """The outputs of the program in order, from its inputs: a number, or for a varying value one of each sample."""

    def call(self, numbers: Sequence[Any], threads: int = 1, times: int = 1) -> Any:
        arguments, results = self.procedure.arguments, self.procedure.results
        row = arguments.write(numbers)
        for _ in range(times - 1):
            row[: results.size] = results.gather(self.outputs(row))
        return self.finished(results.gather(self.outputs(row)), numbers, threads, times)
