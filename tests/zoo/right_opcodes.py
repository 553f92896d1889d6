"""A right engine of opcodes: recording keeps only what was done; backward compiles the graph to a program and runs it.

The program is a list of instructions on numbered registers, which hold gradients. Partials are computed in the backward
pass, from the numbers that were written down while recording.
"""

from __future__ import annotations

from typing import Any

from tests.zoo.arithmetic import OPERATIONS, Operators


class Value(Operators):
    """One number on the graph: the operation that made it, its operands, and their numbers at that time."""

    def __init__(self, data: float, opcode: str = "", operands: tuple[Any, ...] = (), saved: tuple[Any, ...] = ()):
        self.data = float(data)
        self.grad = 0.0
        self.opcode = opcode
        self.operands = operands
        self.saved = saved  # the numbers of the operands, and the result

    def _apply(self, name: str, *operands: Any) -> Value:
        lifted = tuple(x if isinstance(x, Value) else Value(x) for x in operands)
        numbers = tuple(x.data for x in lifted)
        y = OPERATIONS[name][0](*numbers)
        return Value(y, name, lifted, (*numbers, y))

    def backward(self) -> None:
        nodes, program = _compile(self)
        gradients = [0.0] * len(nodes)
        gradients[0] = 1.0
        for target, opcode, saved, sources in program:
            for source, partial in zip(sources, OPERATIONS[opcode][1:]):
                gradients[source] += gradients[target] * partial(*saved)
        for node, gradient in zip(nodes, gradients):
            node.grad = gradient if node.operands else node.grad + gradient


def _compile(output: Value) -> tuple[list[Value], list[tuple[int, str, tuple[Any, ...], list[int]]]]:
    """The nodes, each with its register's number, and the instructions of the backward pass in order."""
    uses: dict[Value, int] = {output: 0}
    stack = [output]
    while stack:
        for operand in stack.pop().operands:
            if operand not in uses:
                uses[operand] = 0
                stack.append(operand)
            uses[operand] += 1

    register = {node: number for number, node in enumerate(uses)}
    program = []
    ready = [output]  # their every use has been compiled
    while ready:
        node = ready.pop()
        if node.operands:
            program.append((register[node], node.opcode, node.saved, [register[x] for x in node.operands]))
        for operand in node.operands:
            uses[operand] -= 1
            if uses[operand] == 0:
                ready.append(operand)
    return list(register), program
