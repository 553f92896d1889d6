"""Compiled code as a micrograd-like class, so that the engine check can try it.

Operations on a ``CompiledValue`` only note what was done. ``.data`` is what a compiled function of the leaves gives,
and ``backward()`` fills the gradients from a compiled ``grad``. So every number that the check sees was traced,
differentiated, simplified, placed and run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import value_and_grad
from autograd.compiler import jit
from autograd.engine.rules import RULES


class CompiledValue:
    """One number of an expression that is compiled when somebody looks."""

    def __init__(self, data: Any, rule: str = "", parents: tuple[Any, ...] = ()) -> None:
        self.number = float(data)
        self.grad = 0.0
        self.rule = rule
        self.parents = parents

    @property
    def data(self) -> float:
        if self.rule:
            leaves, f = self.expression()
            return float(jit(lambda xs: f(xs)[-1])([leaf.number for leaf in leaves]))
        return self.number

    @data.setter
    def data(self, number: float) -> None:
        self.number = float(number)

    def expression(self) -> tuple[list[CompiledValue], Callable[[Any], list[Any]]]:
        """The leaves, and the function of their numbers that gives the number of every node in order."""
        order: list[CompiledValue] = []
        seen: set[int] = set()
        stack: list[tuple[CompiledValue, bool]] = [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack += [(p, False) for p in reversed(node.parents) if isinstance(p, CompiledValue)]
        leaves = [node for node in order if not node.rule]

        def numbers(xs: Any) -> list[Any]:
            known: dict[int, Any] = {id(leaf): x for leaf, x in zip(leaves, xs)}
            for node in order:
                if node.rule:
                    operands = [known[id(p)] if isinstance(p, CompiledValue) else p for p in node.parents]
                    known[id(node)] = RULES[node.rule](*operands)
            return [known[id(node)] for node in order]

        return leaves, numbers

    def backward(self) -> None:
        leaves, f = self.expression()
        _, slopes = jit(value_and_grad(lambda xs: f(xs)[-1]))([leaf.number for leaf in leaves])
        for leaf, slope in zip(leaves, slopes):
            leaf.grad += slope

    def __repr__(self) -> str:
        return f"CompiledValue({self.data!r})"


def _applied(name: str, operands: tuple[Any, ...]) -> CompiledValue:
    numbers = [x.number if isinstance(x, CompiledValue) else x for x in operands]
    return CompiledValue(RULES[name].value(*map(float, numbers)), name, operands)


def _method(name: str, swapped: bool = False) -> Callable[..., CompiledValue]:
    return lambda *operands: _applied(name, operands[::-1] if swapped else operands)


for _name in RULES:
    if RULES[_name].constant:
        continue  # a method's operands are numbers to differentiate by; tests/test_special.py has these
    if RULES[_name].arity == 1:
        setattr(CompiledValue, _name, _method(_name))
    elif not hasattr(CompiledValue, _name):
        setattr(CompiledValue, _name, lambda self, other, name=_name: _applied(name, (self, other)))
for _name, _operator in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("div", "truediv"), ("pow", "pow")):
    setattr(CompiledValue, f"__{_operator}__", _method(_name))
    setattr(CompiledValue, f"__r{_operator}__", _method(_name, swapped=True))
CompiledValue.__neg__ = _method("neg")  # type: ignore[attr-defined]
CompiledValue.__abs__ = _method("abs")  # type: ignore[attr-defined]
