"""The back end of ``jit(f, check=True)``: looks at every result, and stops at the first that isn't finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from autograd.compiler.backends.backend import Interpreter
from autograd.compiler.backends.by_numpy import run_numpy
from autograd.compiler.program import SOURCES, Program, values_in
from autograd.errors import AnomalyError


class Checked(Interpreter):
    """A procedure, interpreted with NumPy, instruction by instruction."""

    keeps_lines: ClassVar[bool] = True
    looks_inside: ClassVar[bool] = True

    def outputs(self, row: Any) -> Sequence[Any]:
        """The outputs of the program.

        Raises:
            AnomalyError: a result is infinite or not a number; the message names its operation and operands.
        """
        program = self.procedure.program
        everything = run_numpy(Program(program.inputs, program.ops, list(program.values())), row)
        for value, (head, operands, _) in program.instructions():
            result = everything[value]
            used = list(dict.fromkeys(values_in(head, operands)))
            if head in SOURCES or np.isfinite(result).all() or not all(np.isfinite(everything[x]).all() for x in used):
                continue
            sample = ""
            numbers = {program.names.get(x, f"v{x}"): everything[x] for x in used[:6]}
            if np.ndim(result):
                first = int(np.flatnonzero(~np.isfinite(result))[0])
                result, sample = result[first], f" in sample {first},"
                numbers = {name: x[first] if np.ndim(x) else x for name, x in numbers.items()}
            at = ", ".join(f"{name} = {x}" for name, x in numbers.items())
            line = f", recorded at {program.lines[value]}" if value in program.lines else ""
            raise AnomalyError(f"{head.name} gives {result}{sample} at {at}{line}")
        return [everything[value] for value in program.outputs]
