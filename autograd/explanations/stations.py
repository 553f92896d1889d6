"""The stations of a derivation: the Values of a graph that have a name in it, and what lies between them.

Labelled Values are stations, and so are the output and the Values to differentiate by. The operations between two
stations are merged into one formula. An unlabelled operation is a station, too, where the formula would be too long
otherwise, or where it is used several times; it is called u1, u2, ...

Everything that concerns the whole graph is one walk over it; formulas are written only of the stations that are shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from autograd.engine import graph, rules
from autograd.engine.modes import stops
from autograd.engine.rules import LEAF, Rule
from autograd.engine.value import Value, pull_back
from autograd.errors import AutogradError
from autograd.explanations.algebra import (
    SHOWN,
    Symbol,
    evaluated,
    is_number,
    is_row,
    long_sum,
    operation,
    product,
    simplified,
    sum_as_written,
)

SIZE: Final = 9  # the most operations that are merged into one formula
SHARED: Final = 2  # an operation that is used several times and has more operations in it than this is a station
WALKED: Final = 500  # the most uses of a station that are followed
EDGES: Final = 400  # the most edges whose partials are written for one local derivative


_SUMS: Final = (rules.add, rules.sub)


class Local(NamedTuple):
    """The derivative of a station by one below it, along all ways between that meet no other station."""

    formula: Any  # None: it would be too long
    value: float


class Stations:
    """The graph of a Value, seen from its stations.

    Args:
        output: the Value.
        targets: those that it is differentiated by.

    Raises:
        TypeError: something isn't a Value.
    """

    def __init__(self, output: Value, targets: Sequence[Value] = ()) -> None:
        for x in (output, *targets):
            if not isinstance(x, Value):
                raise TypeError(f"explain takes Values, not {type(x).__name__}: {x!r:.60}; write explain(v, [x, y])")
        self.output = output
        self.targets = targets
        made, leaves = graph.marked(output)
        self.leaves: list[Value] = [output] if output._rule is LEAF else leaves
        self._made = made
        self.order: list[Any] = [*self.leaves, *graph.shown(made)]
        self.place = dict(zip(self.order, range(len(self.order))))
        self.relevant = graph.depending_on([t for t in targets if t in self.place], made) if targets else set()
        self.operands: dict[Any, tuple[Any, ...]] = {}
        self.uses: dict[Value, list[Value]] = {leaf: [] for leaf in self.leaves}
        for node in self.order[len(self.leaves) :]:
            self.uses[node] = []
            operands = self.operands[node] = node._operands()
            for x in operands:
                if isinstance(x, Value):
                    users = self.uses[x]
                    if not users or users[-1] is not node:
                        users.append(node)
        for node in self.relevant:
            _refuse_without_partials(node)
        self.labels = {node._label for node in self.order if node._label}
        self._terms: dict[Value, int] = {}
        self.stations = self._found()
        self._names: dict[Value, str] = {}
        self._taken: set[str] = set()
        self._invented = 0

    def _found(self) -> set[Value]:
        """Bottom up: a Value is a station if it has to be, or if the formula that has it in it grows too long."""
        found = {*self.targets, *(leaf for leaf in self.leaves if leaf._label)}
        size: dict[Any, int] = {}  # the operations in its formula, of those that are no stations
        widest: dict[Any, int] = {}  # of a sum, those in its longest term
        for node, operands in self.operands.items():
            inner = [x for x in operands if x in size]
            if node._rule not in _SUMS:
                for x in inner:
                    if x in size and self._terms.get(x, 0) > SHOWN:  # exp(a long sum): the sum has a line of its own
                        found.add(x)
                        del size[x]
                inner = [x for x in inner if x in size]
            ops = 1
            for x in inner:
                ops += size[x]
            users = len(self.uses[node])
            if node._rule in _SUMS:
                sums = [x for x in inner if x in widest and len(self.uses[x]) == 1]
                self._terms[node] = 2 - len(sums) + sum([self._terms[x] for x in sums])
                widest[node] = max([widest[x] if x in widest else size[x] for x in inner], default=0)
                ops = min(ops, 2 * widest[node] + 3)  # one of many terms is written short
            if node._label or ops > SIZE or (users > 1 and ops > SHARED) or not is_row(node._rule):
                found.add(node)
            elif node not in found:
                size[node] = ops
        found.add(self.output)
        return found

    def _is_inner_sum(self, x: Any) -> bool:
        """Whether its terms are terms of the sum that uses it."""
        return isinstance(x, Value) and x in self._terms and x not in self.stations and len(self.uses[x]) == 1

    # --- Names ---

    def name(self, node: Value) -> str:
        """What a station is called: its label; where another Value has it already, with a number."""
        if node not in self._names:
            known = self._names[node] = self._fresh(node)
            self._taken.add(known)
        return self._names[node]

    def _fresh(self, node: Value) -> str:
        base = node._label or ("y" if node is self.output else "x" if node._rule is LEAF else "")
        if base and base not in self._taken and (node._label or base not in self.labels):
            return base
        count = 1
        while True:
            if base:
                count += 1
                candidate = f"{base}_{count}"
            else:
                self._invented += 1
                candidate = f"u{self._invented}"
            if candidate not in self._taken and candidate not in self.labels:
                return candidate

    def named(self) -> list[Value]:
        """The stations that have been called by a name so far."""
        return list(self._names)

    def is_invented(self, node: Value) -> bool:
        """Whether its name is none that the user gave."""
        return not node._label and node._rule is not LEAF and node is not self.output

    def symbol(self, node: Value) -> Symbol:
        """The station in a formula."""
        return Symbol(self.name(node), node._value)

    def derivative(self, above: Value, below: Value, value: float) -> Symbol:
        """∂above/∂below, as a symbol."""
        return Symbol(self.name(above), value, self.name(below))

    # --- What a station is computed by ---

    def formula(self, station: Value) -> Any:
        """A station in terms of others; None for a leaf."""
        if station._rule is LEAF:
            return None
        self._check(station)
        return self._of(station, station)

    def written(self, x: Any) -> Any:
        """A Value or a number where it stands in a formula."""
        if not isinstance(x, Value):
            return x
        if x in self.stations:
            return self.symbol(x)
        if x._rule is LEAF:
            return x._value
        return self._of(x, x)

    def _of(self, node: Value, root: Value) -> Any:
        self._check(node)
        terms = self._sum(node) if node in self._terms else []
        if terms:
            return sum_as_written(terms, self.written)
        operands = [self.written(x) for x in node._operands()]
        if node is not root and all(is_number(x) for x in operands):
            return node._value
        return operation(node._rule, operands)

    def _sum(self, root: Value) -> list[tuple[int, Any]]:
        """The terms of a sum with their signs, those of unlabelled sums in it included."""
        terms: list[tuple[int, Any]] = []
        stack: list[tuple[int, Any]] = [(1, root)]
        while stack:
            sign, x = stack.pop()
            if x is root or self._is_inner_sum(x):
                self._check(x)
                a, b = x._operands()
                stack += [(-sign if x._rule is rules.sub else sign, b), (sign, a)]
            elif self._is_term(x):
                terms.append((sign, x))
        return terms

    def _is_term(self, x: Any) -> bool:
        """Whether it is no zero, with which sum() begins."""
        number = x if not isinstance(x, Value) else 1.0 if x in self.stations or x._rule is not LEAF else x._value
        return bool(number != 0)

    def _check(self, node: Value) -> None:
        """Whether the numbers that are shown are those that were computed with."""
        if not is_row(node._rule):
            return
        now = node._rule.total(*(float(x) for x in node._operands()))
        if now != node._value and (now == now or node._value == node._value):
            labels = [f"{x._label!r:.40}" for x in node._operands() if isinstance(x, Value) and x._label]
            operands = f"an operand of {node._rule.name}" + (f" ({', '.join(labels)})" if labels else "")
            raise AutogradError(
                f"{operands} was assigned another number since it was recorded: the result was {node._value!r} and "
                f"would be {now!r} now; record the graph again, then explain it"
            )

    # --- Derivatives from one station to the next ---

    def below(self, station: Value) -> list[Value]:
        """The relevant stations from which it is computed directly."""
        return [node for node in self._region(station) if node in self.stations and node is not station]

    def above(self, station: Value, most: int) -> tuple[list[Value], bool]:
        """The relevant stations that use it, earliest first; if they are more than ``most``, two and the last one."""
        uses = [node for node in self.uses[station] if node in self.relevant]
        few = uses if len(uses) <= WALKED else [*uses[:2], uses[-1]]
        found: dict[Value, None] = {}
        seen = set(few)
        stack = few[::-1]
        while stack:
            node = stack.pop()
            if node in self.stations:
                found[node] = None
                continue
            for user in self.uses[node]:
                if user in self.relevant and user not in seen:
                    seen.add(user)
                    stack.append(user)
        users = sorted(found, key=self.place.__getitem__)
        if len(users) > most:
            return [*users[:2], users[-1]], False
        return users, len(few) == len(uses)

    def _region(self, station: Value) -> list[Value]:
        """The station, the relevant Values down to the next stations, and those; results before operands."""
        seen = {station}
        stack = [station]
        while stack:
            node = stack.pop()
            if node is not station and node in self.stations:
                continue
            for x in node._operands():
                if isinstance(x, Value) and x in self.relevant and x not in seen:
                    seen.add(x)
                    stack.append(x)
        return sorted(seen, key=self.place.__getitem__, reverse=True)

    def local(self, above: Value, below: Value) -> Local:
        """The derivative of a station by one directly below it."""
        region = [x for x in self._region(above) if x is above or x is below or x not in self.stations]
        leads = {below}
        for node in reversed(region):
            if any(x in leads for x in self.operands.get(node, ())):
                leads.add(node)
        value: dict[Value, float] = {above: 1.0}
        terms: dict[Value, list[Any]] = {above: [1]}
        edges = 0
        for node in region:
            if node is below or node not in leads or node not in value:
                continue
            here = long_sum(terms.pop(node)[::-1]) if edges <= EDGES else None
            for position, (x, partial) in reversed(list(enumerate(node._edges()))):  # the first use is reached last
                if not isinstance(x, Value) or x not in leads:
                    continue
                stopped = stops(node, partial)
                written = self._partial(node, position, partial) if edges < EDGES or stopped else None
                if stopped and is_number(written):  # it doesn't depend on x; where that is a choice, it is shown
                    continue
                edges += 1
                value[x] = value.get(x, 0.0) + (0.0 if stopped else value[node] * partial)
                if edges <= EDGES:
                    terms.setdefault(x, []).append(product([here, written]))
        formula = long_sum(terms.get(below, [0])[::-1]) if edges <= EDGES else None
        return Local(formula, value.get(below, 0.0))

    def _partial(self, node: Value, position: int, number: float) -> Any:
        """A partial of the table as a formula: the textbook's where it has the digits, else the accurate one."""
        self._check(node)
        operands = [self.written(x) for x in node._operands()]
        result = self.symbol(node) if node in self.stations else operation(node._rule, operands)
        for column in (node._rule.textbook, node._rule.partials):
            try:
                formula = simplified(column[position](*operands, result))
                if _agree(evaluated(formula), number):
                    return formula
            except (ArithmeticError, ValueError, TypeError, AutogradError):
                continue
        return number

    def adjoints(self) -> dict[Value, float]:
        """∂output/∂node for every node, as ``backward`` computes it. The gradients are put back to what they were."""
        nodes = [*self.leaves, *self._made]
        kept = [node._grad for node in nodes]
        pull_back(self._made, self.leaves, [self.output], [1.0])
        found = {node: node._grad for node in nodes}
        for node, gradient in zip(nodes, kept):
            node._grad = gradient
        return found


def _refuse_without_partials(node: Value) -> None:
    """An operation whose function adds numbers to gradients has no partials that could be shown."""
    if type(node._rule) is not Rule:
        raise AutogradError(
            f"the operation {node._rule.name!r:.40} was made by hand, with a function that sends gradients on, so "
            "its partials aren't known; write it as a primitive, with @primitive(partials=...), and it can be explained"
        )


def _agree(a: float, b: float) -> bool:
    return a == b or (a != a and b != b) or math.isclose(a, b, rel_tol=1e-9)
