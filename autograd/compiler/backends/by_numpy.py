"""Run a program in Python: value by value on floats, or with NumPy on whole batches.

This is what the compiled kernel does, in the shortest words; it is what runs where there was no C compiler, and what
the kernel is tested against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.compiler import ieee
from autograd.compiler.place import place
from autograd.compiler.program import COLUMN, CONSTANT, DATA, REDUCE, SUM, Program


def run_python(program: Program, numbers: Sequence[float]) -> list[Any]:
    """The outputs, from the inputs: floats, and for varying outputs lists with a float for each sample."""
    inputs = program.inputs
    known: dict[int, Any] = {}
    for value, (head, operands, _) in enumerate(program.ops, start=inputs):
        if head is CONSTANT:
            known[value] = operands[0]
    for section in place(program):
        if section.batch:
            for value in section.values:
                if program.operation(value)[0] is REDUCE:
                    known[value] = 0.0
                else:
                    known[value] = []
        for sample in range(section.batch or 1):
            here = _Sample(program, numbers, known, sample)
            for value in section.values:
                head, operands, batch = program.operation(value)
                if head is SUM or head is REDUCE:
                    y = 0.0
                    for a, b, sign in operands:
                        product = here[a] * here[b] if b >= 0 else here[a]
                        y = y + product if sign > 0 else y - product
                else:
                    y = ieee.apply(head, [here[x] for x in operands])
                if head is REDUCE:
                    known[value] += y
                elif batch:
                    known[value].append(y)
                else:
                    known[value] = y
    return [_whole(program, numbers, known, value) for value in program.outputs]


class _Sample:
    """The numbers of one sample."""

    def __init__(self, program: Program, numbers: Sequence[float], known: dict[int, Any], sample: int) -> None:
        self.program = program
        self.numbers = numbers
        self.known = known
        self.sample = sample

    def __getitem__(self, value: int) -> float:
        if value < self.program.inputs:
            return self.numbers[value]
        head, operands, batch = self.program.operation(value)
        if head is COLUMN:
            return float(self.numbers[operands[0] + operands[1] * self.sample])
        if head is DATA:
            return float(operands[0][self.sample])
        number: float = self.known[value][self.sample] if batch else self.known[value]
        return number


def _whole(program: Program, numbers: Sequence[float], known: dict[int, Any], value: int) -> Any:
    if value < program.inputs:
        return float(numbers[value])
    head, _, batch = program.operation(value)
    if batch and head in (COLUMN, DATA):
        return [_Sample(program, numbers, known, sample)[value] for sample in range(batch)]
    return known[value]


def run_numpy(program: Program, numbers: Any) -> list[Any]:
    """The same with an array for each varying value. The arithmetic is of the inputs' dtype."""
    import numpy as np

    numbers = np.asarray(numbers)
    real = numbers.dtype.type
    functions = _ufuncs()
    known: dict[int, Any] = {}

    def get(value: int) -> Any:
        return numbers[value] if value < program.inputs else known[value]

    with np.errstate(all="ignore"):
        for value, (head, operands, batch) in enumerate(program.ops, start=program.inputs):
            if head is CONSTANT:
                known[value] = real(operands[0])
            elif head is COLUMN:
                first, stride = operands
                known[value] = numbers[first + stride * np.arange(batch)]
            elif head is DATA:
                known[value] = np.asarray(operands[0], dtype=real)
            elif head is SUM or head is REDUCE:
                y: Any = real(0)
                for a, b, sign in operands:
                    product = get(a) * get(b) if b >= 0 else get(a)
                    y = y + product if sign > 0 else y - product
                known[value] = y.sum() if head is REDUCE else y
            else:
                y = functions[head](*[get(x) for x in operands])
                known[value] = y.astype(real) if hasattr(y, "astype") else real(y)
    return [get(value) for value in program.outputs]


_TABLE: dict[Any, Any] = {}


def _ufuncs() -> dict[Any, Any]:
    """NumPy's function for each head; Python's, element by element, where NumPy has none."""
    if not _TABLE:
        import numpy as np

        own = {
            "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
            "sqrt": np.sqrt, "cbrt": np.cbrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
            "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
            "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "sign": np.sign, "floor": np.floor,
            "ceil": np.ceil, "trunc": np.trunc, "round": np.rint, "mod": np.mod, "floordiv": np.floor_divide,
            "abs": np.abs, "maximum": np.maximum, "minimum": np.minimum, "hypot": np.hypot, "atan2": np.arctan2,
            "ratio": np.divide, "pow": np.power, "less": np.less, "less_equal": np.less_equal, "equal": np.equal,
            "sigmoid": lambda x: np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x))),
            "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
            "relu": lambda x: np.where(x <= 0, 0.0, x),
            "select": lambda c, a, b: np.where(c != 0, a, b),
            "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
        }  # fmt: skip
        for head, function in ieee.FUNCTIONS.items():
            _TABLE[head] = own.get(head.name) or np.vectorize(function, otypes=[float])
    return _TABLE
