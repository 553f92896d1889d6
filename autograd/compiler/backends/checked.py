"""The back end of ``jit(f, check=True)``: looks at every result, and stops at the first that isn't finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from autograd.compiler.backends.backend import Interpreter
from autograd.compiler.backends.finite import Numbers
from autograd.errors import AnomalyError


class Checked(Interpreter):
    """A procedure, interpreted with NumPy, instruction by instruction."""

    keeps_lines: ClassVar[bool] = True
    looks_inside: ClassVar[bool] = True

    def outputs(self, row: Any) -> Sequence[Any]:
        """The outputs of the program.

        Raises:
            AnomalyError: a number is infinite or not a number, and no choice leaves it out; the message names its
                operation and operands.
        """
        program = self.procedure.program
        numbers = Numbers(program, row)
        anomaly = numbers.first_anomaly()
        if anomaly is not None:
            raise AnomalyError(str(numbers.told(anomaly)))
        return [numbers.all[value] for value in program.outputs]
