"""Functions of several numbers, as rows beside the table's: a choice, a clip, and functions of a sequence.

They are no rows of the table, because an engine computes them by its rows. A random expression takes one of them as one
step, with as many operands as :data:`COUNTS` has. A row here has a partial for each of up to :data:`MOST` operands; it
is taken from the textbook, not from the function.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import autograd
from autograd.engine.rules import RULES, Domain, Rule, exp, expm1

MOST: Final = 6  # operands

# How many operands a step has, the simplest first.
COUNTS: Final[dict[str, tuple[int, ...]]] = {
    "where": (3,),
    "clip": (3,),
    **dict.fromkeys(("sum", "prod", "mean", "logsumexp", "softmax", "log_softmax"), (1, 2, 3, 4, 5)),
    "dot": (2, 4, 6),
}


def chosen(c: Any, a: Any, b: Any) -> Any:
    """a where c is positive, else b."""
    return autograd.where(c > 0, a, b)


def inner(*xs: Any) -> Any:
    """The first half times the second, added up."""
    half = len(xs) // 2
    return autograd.dot(xs[:half], xs[half:])


# Of the numbers that softmax and log_softmax return, a step has the first.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "where": chosen,
    "clip": autograd.clip,
    "sum": lambda *xs: autograd.sum(xs),
    "prod": lambda *xs: autograd.prod(xs),
    "mean": lambda *xs: autograd.mean(xs),
    "dot": inner,
    "logsumexp": lambda *xs: autograd.logsumexp(xs),
    "softmax": lambda *xs: autograd.softmax(xs)[0],
    "log_softmax": lambda *xs: autograd.log_softmax(xs)[0],
}


def written(name: str, operands: Sequence[str]) -> str:
    """The step as a program has it.

    >>> written("dot", ["x0", "x1", "x1", "2"]), written("softmax", ["x0", "x1"]), written("where", ["x0", "1", "x1"])
    ('dot([x0, x1], [x1, 2])', 'softmax([x0, x1])[0]', 'where(x0 > 0, 1, x1)')
    """
    if name == "where":
        return "where({} > 0, {}, {})".format(*operands)
    if name == "clip":
        return "clip({}, {}, {})".format(*operands)
    if name == "dot":
        half = len(operands) // 2
        return f"dot([{', '.join(operands[:half])}], [{', '.join(operands[half:])}])"
    return f"{name}([{', '.join(operands)}]){'[0]' if name.endswith('softmax') else ''}"


def _product(numbers: Sequence[Any]) -> Any:
    result: Any = 1
    for x in numbers:
        result = result * x
    return result


# The derivative by the operand at a place, of the place, the operands, and the result.
_SLOPES: Final[dict[str, Callable[[int, Sequence[Any], Any], Any]]] = {
    "where": lambda i, xs, y: 0 if i == 0 else 1 if (xs[0] > 0) == (i == 1) else 0,
    "clip": lambda i, xs, y: int(i == (1 if xs[0] < xs[1] else 2 if xs[0] > xs[2] else 0)),
    "sum": lambda i, xs, y: 1,
    "prod": lambda i, xs, y: _product([x for k, x in enumerate(xs) if k != i]),
    "mean": lambda i, xs, y: (xs[0] * 0 + 1) / len(xs),
    "dot": lambda i, xs, y: xs[(i + len(xs) // 2) % len(xs)],
    "logsumexp": lambda i, xs, y: exp(xs[i] - y),
    "softmax": lambda i, xs, y: -y * y * exp(xs[i] - xs[0]) if i else y * y * _others(xs),
    "log_softmax": lambda i, xs, y: -exp(xs[i] - xs[0] + y) if i else -expm1(y),
}


def _others(xs: Sequence[Any]) -> Any:
    return sum((exp(x - xs[0]) for x in xs[1:]), xs[0] * 0)


_DOMAINS: Final = {
    "clip": Domain("low <= high", lambda x, low, high: low <= high),
}


def _row(name: str) -> Rule:
    slope = _SLOPES[name]

    def partial(place: int) -> Callable[..., Any]:
        return lambda *operands: slope(place, operands[:-1], operands[-1])

    domain = _DOMAINS.get(name, Domain("finite numbers", lambda *xs: True))
    partials = tuple(map(partial, range(min(MOST, max(COUNTS[name])))))
    return Rule(name, FUNCTIONS[name], partials, domain, definition=FUNCTIONS[name], public=False)


OF_SEVERAL: Final[dict[str, Rule]] = {name: _row(name) for name in FUNCTIONS}
ROWS: Final[Mapping[str, Rule]] = ChainMap(RULES, OF_SEVERAL)  # all that a step may name; the table's have precedence


def is_of_several(name: str) -> bool:
    """Whether a step of this name is one of these functions, not a row of the table.

    >>> is_of_several("softmax"), is_of_several("hypot")
    (True, False)
    """
    return name in OF_SEVERAL and name not in RULES


def counts(name: str, rule: Rule) -> tuple[int, ...]:
    """How many operands a step of it may have, the simplest first.

    >>> counts("sum", ROWS["sum"]), counts("mul", ROWS["mul"])
    ((1, 2, 3, 4, 5), (2,))
    """
    return COUNTS[name] if rule is OF_SEVERAL.get(name) else (rule.arity,)
