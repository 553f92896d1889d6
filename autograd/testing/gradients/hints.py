"""Which known fault would explain a wrong gradient.

Two kinds of evidence. The numbers: ours against the truth, in sign, ratio, order, precision. And, where f runs on our
Values, its graph: a known fault is planted into the backward pass over that graph, and what then comes out compared
with ours. A hint is given only if *every* partial is explained, the right ones included.
"""

from __future__ import annotations

import math
import operator
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from autograd.engine.graph import operations, shown
from autograd.engine.rules import RULES
from autograd.engine.value import Value
from autograd.testing.gradients.report import GradientRow
from autograd.testing.sweep import sweep

Partials = Callable[[Value], list[float]]


class Recorded(NamedTuple):
    """The graph that f recorded on Values."""

    leaves: Sequence[Value]
    result: Value


class Evidence:
    """What a hint may be drawn from: the rows, f's graph, arrays' shapes, and what a second call's result added."""

    def __init__(
        self,
        rows: Sequence[GradientRow],
        recorded: Recorded | None = None,
        shapes: Sequence[tuple[int, ...] | None] = (),
        drift: Sequence[float] = (),
    ) -> None:
        self.rows = rows
        self.recorded = recorded
        self.shapes = shapes
        self.drift = drift
        self.ours = [row.ours for row in rows]
        self.truth = [float(row.truth.value) for row in rows]
        self.slack = [row.allowed for row in rows]
        self.known = [i for i, row in enumerate(rows) if row.truth.known]
        self.wrong = [i for i, row in enumerate(rows) if row.wrong]

    def is_ours(self, i: int, candidate: float) -> bool:
        """Whether ours is this number, as far as the truth is the truth."""
        size = max(abs(self.truth[i]), abs(candidate), 1e-300)
        return abs(self.ours[i] - candidate) <= self.slack[i] * max(1.0, abs(candidate) / size) + 1e-12 * size

    def explains(self, candidates: Sequence[float]) -> bool:
        """Whether ours is this gradient, in every partial whose truth is known."""
        return all(self.is_ours(i, candidates[i]) for i in self.known)

    def ratio_is(self, c: float) -> bool:
        """Whether every wrong partial is c times the truth."""
        return all(self.truth[i] != 0.0 and self.is_ours(i, c * self.truth[i]) for i in self.wrong)


def hints(evidence: Evidence) -> tuple[str, ...]:
    """The known faults that would explain the wrong partials; the most telling kind only."""
    for kind in (_not_finite, _stale, _zero, _float32, _accumulation, _operand, _sign, _factor, _order):
        found = tuple(dict.fromkeys(kind(evidence)))
        if found:
            return found
    return ()


def _named(evidence: Evidence, which: Sequence[int]) -> str:
    names = [evidence.rows[i].partial for i in which]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _not_finite(e: Evidence) -> Iterator[str]:
    bad = [i for i in e.wrong if not math.isfinite(e.ours[i])]
    if bad:
        yield f"the gradient by {_named(e, bad)} is not finite: a 0 · inf, inf - inf or x / 0 in the backward pass?"


def _stale(e: Evidence) -> Iterator[str]:
    if not e.drift or all(d == 0.0 for d in e.drift):
        return
    if all(abs(e.drift[i] - e.truth[i]) <= 4 * e.slack[i] + 1e-12 * abs(e.truth[i]) for i in e.known):
        yield (
            "stale gradient: each call adds the gradient to what the call before has left. "
            "Set the gradients to zero before backward, or use new leaves."
        )
    else:
        yield "the gradient is another one each time it's computed: something is left over from call to call, or random"


def _zero(e: Evidence) -> Iterator[str]:
    if all(e.ours[i] == 0.0 for i in e.wrong):
        yield (
            f"zero where it shouldn't be, by {_named(e, e.wrong)}: the graph is cut on the way "
            "(float(), .data, int(), a detached copy), or the derivative of an operation is missing."
        )


def _float32(e: Evidence) -> Iterator[str]:
    close = all(abs(e.ours[i] - e.truth[i]) <= 1e-4 * abs(e.truth[i]) for i in e.wrong)
    if close and all(_is_float32(x) for x in e.ours) and not all(_is_float32(e.truth[i]) for i in e.wrong):
        yield "float32 precision: every number of the gradient has 24 bits. Compute in float64 to check it."


def _is_float32(x: float) -> bool:
    try:
        return math.isfinite(x) and struct.unpack("f", struct.pack("f", x))[0] == x
    except OverflowError:
        return False


_ACCUMULATE = "missing accumulation: a number that is used several times keeps the gradient of one use; += instead of ="


def _accumulation(e: Evidence) -> Iterator[str]:
    if e.recorded is None:
        return
    leaves, result = e.recorded
    for merge in (lambda old, new: new, lambda old, new: old):
        for flipped in (False, True):
            if e.explains(_swept(leaves, result, _partials, merge, flipped)):
                yield _ACCUMULATE
                return
    uses = Counter(x for node in _made(result) for x in node._operands() if isinstance(x, Value))
    counts = [uses[x] for x in leaves]
    if all(counts[i] > 1 and e.is_ours(i, e.truth[i] / counts[i]) for i in e.wrong):
        yield f"{_ACCUMULATE} (the ratio is 1 / the number of uses)"


def _operand(e: Evidence) -> Iterator[str]:
    """A wrong derivative of one primitive: of the other operand, with the wrong sign, or missing."""
    if e.recorded is None:
        return
    leaves, result = e.recorded
    names = dict.fromkeys(node.op for node in _made(result))
    for name in names:
        if RULES[name].arity == 2 and e.explains(_swept(leaves, result, _changed(name, _swap))):
            yield f"derivative of the wrong operand: {name!r} gives each operand the derivative by the other one"
    for name in names:
        for position in range(RULES[name].arity):
            by = f"the derivative of {name!r}" + (f" by its operand {position + 1}" if RULES[name].arity > 1 else "")
            if e.explains(_swept(leaves, result, _changed(name, _at(position, lambda p: -p)))):
                yield f"sign: {by} has the wrong one"
            elif e.explains(_swept(leaves, result, _changed(name, _at(position, lambda p: 0.0)))):
                yield f"{by} is missing"


def _swap(partials: list[float]) -> list[float]:
    return partials[::-1]


def _at(position: int, change: Callable[[float], float]) -> Callable[[list[float]], list[float]]:
    return lambda partials: [change(p) if k == position else p for k, p in enumerate(partials)]


def _partials(node: Value) -> list[float]:
    operands = [float(x) for x in node._operands()]
    return [float(partial(*operands, node.data)) for partial in node._rule.partials]


def _changed(name: str, change: Callable[[list[float]], list[float]]) -> Partials:
    return lambda node: change(_partials(node)) if node.op == name else _partials(node)


def _swept(
    leaves: Sequence[Value],
    result: Value,
    partials: Partials,
    merge: Callable[[float, float], float] = operator.add,
    flipped: bool = False,
) -> list[float]:
    """The gradient that a backward pass with these partials gives, two contributions to one adjoint being merged."""
    steps = []
    for node in _made(result):
        edges = [(x, p) for x, p in zip(node._operands(), partials(node)) if isinstance(x, Value)]
        steps.append((node, edges[::-1] if flipped else edges))
    adjoints = sweep(steps, {result: 1.0}, merge)
    return [adjoints.get(x, 0.0) for x in leaves]


def _made(result: Value) -> list[Value]:
    """The operations of its graph."""
    return shown(operations(result))


def _sign(e: Evidence) -> Iterator[str]:
    if e.ratio_is(-1.0):
        yield f"sign: {_named(e, e.wrong)} should be the opposite"


def _factor(e: Evidence) -> Iterator[str]:
    for c, text in ((2.0, "factor of 2: it is twice the truth"), (0.5, "factor of 2: it is half of the truth")):
        if e.ratio_is(c):
            yield f"{text}, by {_named(e, e.wrong)}"
            return
    i = e.wrong[0]
    c = e.ours[i] / e.truth[i] if e.truth[i] else math.nan
    if len(e.wrong) > 1 and e.ratio_is(c):
        yield f"every wrong partial is {c:.6g} times the truth: a missing factor, or a sum for a mean"


def _order(e: Evidence) -> Iterator[str]:
    start = 0
    for shape in e.shapes:
        size = math.prod(shape or (1,))
        if shape and len(shape) == 2 and min(shape) > 1 and set(e.wrong) <= set(range(start, start + size)):
            rows, columns = shape
            across = [start + j * columns + i for i in range(columns) for j in range(rows)]
            if all(e.is_ours(start + k, e.truth[across[k]]) for k in range(size) if start + k in e.known):
                yield "transposed: the gradient of an array has its rows and columns exchanged"
                return
        start += size
    left = Counter[int]()
    taken: set[int] = set()
    for i in e.wrong:
        source = next((j for j in e.wrong if j not in taken and e.is_ours(i, e.truth[j])), None)
        if source is None:
            return
        taken.add(source)
        left[i] = source
    if len(e.wrong) > 1:
        pairs = ", ".join(f"{e.rows[i].partial} has that of {e.rows[j].partial}" for i, j in list(left.items())[:4])
        yield f"permuted: the numbers are right, in another order: {pairs}"


__all__ = ["Evidence", "Recorded", "hints"]
