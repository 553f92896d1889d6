"""A right engine with a tape, the Wengert list: operations stand in one list, in the order in which they were done.

A Value is no more than a place on the tape. The list is in topological order by construction, so the backward pass is
one walk to its beginning. When a Value is dropped, the end of the tape that nobody can reach any more is cut off.
"""

from __future__ import annotations

import weakref
from typing import Any

from tests.zoo.arithmetic import OPERATIONS, Operators

# One entry an operation: (places of the operands, partials), and a weak reference to the Value that stands for it, or
# None when that was dropped.
TAPE: list[tuple[tuple[int, ...], tuple[float, ...]]] = []
VALUES: list[weakref.ref[Any] | None] = []


class Value(Operators):
    """A place on the tape, and the number there."""

    _place: int | None = None

    def __init__(self, data: float) -> None:
        self._write(float(data), (), ())

    def _write(self, data: float, places: tuple[int, ...], partials: tuple[float, ...]) -> None:
        self.data = data
        self.grad = 0.0
        self._place = len(TAPE)
        TAPE.append((places, partials))
        VALUES.append(weakref.ref(self))

    def __del__(self) -> None:
        if self._place is not None:
            VALUES[self._place] = None
        while VALUES and VALUES[-1] is None:
            VALUES.pop()
            TAPE.pop()

    def _apply(self, name: str, *operands: Any) -> Value:
        if not all(isinstance(x, (Value, int, float)) for x in operands):
            return NotImplemented
        value, *partials = OPERATIONS[name]
        numbers = [x.data if isinstance(x, Value) else float(x) for x in operands]
        y = value(*numbers)
        result = Value.__new__(Value)
        on_tape = [(x._place, d(*numbers, y)) for x, d in zip(operands, partials) if isinstance(x, Value)]
        result._write(y, tuple(place for place, _ in on_tape), tuple(slope for _, slope in on_tape))
        return result

    def backward(self) -> None:
        adjoints: dict[int, float] = {self._place: 1.0}
        for place in range(self._place, -1, -1):
            if place not in adjoints:
                continue
            gradient = adjoints.pop(place)
            operands, partials = TAPE[place]
            reference = VALUES[place]
            value = reference() if reference is not None else None
            if value is not None:
                value.grad = gradient if operands else value.grad + gradient
            for operand, partial in zip(operands, partials):
                adjoints[operand] = adjoints.get(operand, 0.0) + gradient * partial
            if not adjoints:
                break
