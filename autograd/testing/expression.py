"""Expressions as data: straight-line programs that run on any kind of number.

An :class:`Expression` is a point and a list of steps. Slots 0, 1, 2 ... hold the leaves, then the constants, then the
result of each step; a step names a primitive and the slots of its operands, so a slot that is used twice is a shared
subexpression. Being data, it prints as a program, compares, and runs again on another kind of number.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import autograd
from autograd.engine.kinds import library
from autograd.engine.rules import RULES
from autograd.testing.several import FUNCTIONS, ROWS, is_of_several, written

Step: TypeAlias = tuple[str, tuple[int, ...]]  # a primitive's name, and the slots of its operands


def _floordiv(a: Any, b: Any) -> Any:
    """a // b, which mpmath's numbers don't have."""
    return RULES["floordiv"](a, b) if "mpmath" in (library(a), library(b)) else a // b


OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "abs": operator.abs,
    "mod": operator.mod,
    "floordiv": _floordiv,
}

TEMPLATES: Final = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "pow": "{0} ** {1}",
    "neg": "-{0}",
    "abs": "abs({0})",
    "mod": "{0} % {1}",
    "floordiv": "{0} // {1}",
}


class _OfOurs(Mapping[str, Callable[..., Any]]):
    """Everything that a step may name, as a program writes it: the operators, and the functions of ``autograd``."""

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if is_of_several(name):
            return FUNCTIONS[name]
        return OPERATORS.get(name) or getattr(autograd, name, None) or RULES[name]

    def __iter__(self) -> Iterator[str]:
        return iter(ROWS)

    def __len__(self) -> int:
        return len(ROWS)


_OURS: Final = _OfOurs()


@dataclass(frozen=True)
class Expression:
    """A straight-line program, and a point of its domain.

    Args:
        point: a number for each leaf.
        steps: pairs of a primitive's name (as in the rule table) and the slots of its operands. A step may also be a
            function of several numbers: ``where`` (its first operand is compared with 0), ``clip``, ``sum``, ``prod``,
            ``mean``, ``dot``, ``logsumexp``, and the first number of ``softmax`` or ``log_softmax``.
        constants: plain numbers that take part.

    >>> e = Expression(point=(2.0,), steps=(("mul", (0, 0)), ("exp", (1,))))
    >>> print(e)
    from autograd import exp
    <BLANKLINE>
    x0 = 2.0
    y0 = x0 * x0
    y1 = exp(y0)
    print(y1)
    >>> e.apply(0.0)
    1.0
    """

    point: tuple[float, ...]
    steps: tuple[Step, ...]
    constants: tuple[float, ...] = ()

    def apply(self, *leaves: Any, engine: Any = None) -> Any:
        """The result of the last step (the first leaf, if there are no steps).

        Args:
            leaves: numbers in place of the point: floats, Values, ``mpmath.mpf``, SymPy symbols, or another engine's.
            engine: how to apply the primitives: a mapping from their names to functions, or an
                :class:`~autograd.testing.judge.subject.engines.Engine`. Python's operators and the functions of
                ``autograd``, if it isn't given.

        Raises:
            TypeError: there are not as many leaves as the point has numbers.
        """
        return self.slots(*leaves, engine=engine)[-1]

    def slots(self, *leaves: Any, engine: Any = None) -> list[Any]:
        """Every number of the program: the leaves, the constants, then the result of each step. See :meth:`apply`."""
        if len(leaves) != len(self.point):
            raise TypeError(f"the expression has {len(self.point)} leaves, not {len(leaves)}")
        functions: Mapping[str, Callable[..., Any]] = _OURS if engine is None else getattr(engine, "functions", engine)
        numbers = [*leaves, *(_like(leaves, c) for c in self.constants)]
        for name, operands in self.steps:
            numbers.append(functions[name](*(numbers[i] for i in operands)))
        return numbers

    def __str__(self) -> str:
        names = [f"x{i}" for i in range(len(self.point))]
        lines = [f"x{i} = {x!r}" for i, x in enumerate(self.point)]
        names += map(term, self.constants)
        imported = set()
        for i, (name, operands) in enumerate(self.steps):
            if name not in TEMPLATES:
                imported.add(name if hasattr(autograd, name) else "")
            lines.append(f"y{i} = {_formula(name, [names[k] for k in operands])}")
            names.append(f"y{i}")
        imports = []
        if imported - {""}:
            imports.append(f"from autograd import {', '.join(sorted(imported - {''}))}")
        if "" in imported:
            imports.append("from autograd.engine.rules import RULES")
        if imports:
            imports.append("")
        return "\n".join([*imports, *lines, f"print({names[-1]})"])

    def kinds(self, operands: Sequence[int]) -> str:
        """A letter for each of these slots: x for a leaf, c for a constant, y for a computed number."""
        n, m = len(self.point), len(self.point) + len(self.constants)
        return "".join("x" if i < n else "c" if i < m else "y" for i in operands)


def _formula(name: str, operands: Sequence[str]) -> str:
    """The step as a program has it."""
    if name in TEMPLATES:
        return TEMPLATES[name].format(*operands)
    if is_of_several(name):
        return written(name, operands)
    return f"{name if hasattr(autograd, name) else f'RULES[{name!r}]'}({', '.join(operands)})"


def _like(leaves: Sequence[Any], constant: float) -> Any:
    """The constant, exactly, as the kind of number that the leaves are, if that is one with more digits than float."""
    for x in leaves:
        home = library(x)
        if home == "mpmath":
            return x.context.mpf(constant)
        if home in ("fractions", "decimal"):
            return type(x)(constant)
    return constant


def literal(number: float) -> str:
    """The number as Python writes it.

    >>> literal(-2.0), literal(math.inf)
    ('-2.0', 'float("inf")')
    """
    return repr(number) if math.isfinite(number) else f'float("{number}")'


def term(number: float) -> str:
    """The number as it stands in a formula: a negative one in brackets, because of ``(-2.0) ** x``."""
    return f"({literal(number)})" if math.copysign(1.0, number) < 0.0 else literal(number)


def pruned(e: Expression, result: int = -1) -> Expression:
    """The same program without the steps that its result (that slot; the last one by default) does not depend on.

    >>> pruned(Expression((1.0, 2.0), (("neg", (0,)), ("exp", (1,)))))
    Expression(point=(2.0,), steps=(('exp', (0,)),), constants=())
    """
    leaves, m = len(e.point), len(e.point) + len(e.constants)
    result = m + len(e.steps) - 1 if result < 0 and e.steps else max(result, 0)
    needed = {result}
    for i in range(len(e.steps) - 1, -1, -1):
        if m + i in needed:
            needed.update(e.steps[i][1])
    kept = sorted(needed)
    new = {old: i for i, old in enumerate(kept)}
    return Expression(
        tuple(e.point[i] for i in kept if i < leaves),
        tuple((e.steps[i - m][0], tuple(new[k] for k in e.steps[i - m][1])) for i in kept if i >= m),
        tuple(e.constants[i - leaves] for i in kept if leaves <= i < m),
    )
