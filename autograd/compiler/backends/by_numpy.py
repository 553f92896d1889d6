"""The back end "numpy": value by value, with an array for each that varies. It needs no C compiler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.compiler import ieee
from autograd.compiler.backends.backend import Interpreter
from autograd.compiler.program import COLUMN, CONSTANT, COPY, DATA, LANES, OWN, PICK, REDUCE, SUM, Program


class NumPy(Interpreter):
    """A procedure, interpreted with NumPy."""

    def outputs(self, row: Any) -> Sequence[Any]:
        return run_numpy(self.procedure.program, row)


def run_numpy(program: Program, numbers: Any) -> list[Any]:
    """The outputs, from the inputs; varying ones as arrays. The arithmetic is of the inputs' dtype."""
    numbers = np.asarray(numbers)
    real = numbers.dtype.type
    functions = ufuncs()
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
            elif head is COPY or head is OWN:  # in a program as it was recorded
                x = get(operands[0])
                known[value] = np.full(batch, x) if batch and not np.ndim(x) else x
            elif head is PICK:
                known[value] = get(operands[0])[operands[1]]
            elif head is LANES:
                known[value] = np.array([get(x) for x in operands], dtype=real)
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


def ufuncs() -> dict[Any, Any]:
    """NumPy's function for each head; Python's, element by element, where NumPy has none."""
    if not _TABLE:
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
