"""The chain rule, from the output back to the Values asked for, as people write it down.

The gradient by a station has a block of its own where it is asked for, where the station is used several times (then it
is a sum over the uses), or where several gradients further on need it. In between, the factors are multiplied along the
only way there is. So each gradient is written once, and there are as many blocks as gradients, not as ways.

What is written comes from the targets upwards, breadth first, up to a limit. The gradients beyond are given as numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from autograd.engine.rules import LEAF
from autograd.engine.value import Value
from autograd.explanations.algebra import Rest, chain, is_number, names_in, sum_of_chains
from autograd.explanations.lines import Block, Line
from autograd.explanations.stations import Local, Stations

ROOM: Final = 40  # for stations in a derivation; one that the user hasn't labelled takes three times as much
USES: Final = 6  # a gradient that is a sum over more uses is written with the first two and the last
FACTORS: Final = 6  # a longer product is written in parts
DEFINED: Final = 12  # Values that the derivation has named itself, with their formulas


class _Edge(NamedTuple):
    above: Value
    below: Value
    local: Local


class Derivation:
    """The blocks of a derivation.

    Args:
        stations: the graph, with its targets.
        depth: how many stations to go upwards from each target; None for as far as there is room.
    """

    def __init__(self, stations: Stations, depth: int | None = None) -> None:
        self.stations = stations
        self.depth = depth
        self.above: dict[Value, list[Value]] = {}  # of each station that is written, the stations that use it
        self.complete: dict[Value, bool] = {}
        self.cut: dict[Value, None] = {}  # stations whose gradients are only given as numbers
        self._walk_up()
        shown = [*self.above, *self.cut]
        self.adjoint = stations.adjoints()
        self.below: dict[Value, int] = dict.fromkeys(shown, 0)  # how many that are written need the gradient
        for users in self.above.values():
            for user in users:
                self.below[user] = self.below.get(user, 0) + 1
        self.kept = self._kept()
        self._locals: dict[tuple[Value, Value], Local] = {}

    def _walk_up(self) -> None:
        s = self.stations
        reachable = [t for t in s.targets if t in s.place and t is not s.output]
        distance = dict.fromkeys(reachable, 0)
        queue = deque(distance)
        room = ROOM
        while queue:
            node = queue.popleft()
            if room <= 0 or (self.depth is not None and distance[node] >= max(self.depth, 1)):
                self.cut[node] = None
                continue
            room -= 3 if s.is_invented(node) else 1
            self.above[node], self.complete[node] = s.above(node, USES)
            for user in self.above[node]:
                if user not in distance and user is not s.output:
                    distance[user] = distance[node] + 1
                    queue.append(user)

    def _kept(self) -> set[Value]:
        """The stations whose gradient gets a block."""
        s = self.stations
        kept = {t for t in s.targets if t in self.above} | set(self.cut)
        for node, users in self.above.items():
            if self.below[node] > 1:
                kept.add(node)
            if len(users) > 1 or not self.complete[node]:
                kept.add(node)
                kept.update(u for u in users if u is not s.output)
        length: dict[Value, int] = {}
        for node in sorted(self.above, key=s.place.__getitem__, reverse=True):
            users = self.above[node]
            length[node] = 1 + (length.get(users[0], 0) if len(users) == 1 and users[0] not in kept else 0)
            if length[node] >= FACTORS:
                kept.add(node)
        return kept

    # --- Blocks ---

    def blocks(self) -> list[Block]:
        """From the output back; the gradients that are only given as numbers come first."""
        s = self.stations
        found = []
        if self.cut:
            lines = [
                Line(s.derivative(s.output, node, self.adjoint[node]), (), self.adjoint[node], "gradient")
                for node in sorted(self.cut, key=s.place.__getitem__, reverse=True)
            ]
            found.append(Block(lines, heading="Gradients from further on, whose derivation is left out"))
        kept = [node for node in self.kept if node in self.above]
        for node in sorted(kept, key=self._rank):
            if not self._is_silent(node):
                found.append(self._block(node))
        for target in dict.fromkeys(s.targets):
            if target is s.output:
                found.append(Block([Line(s.derivative(target, target, 1.0), (1,), 1.0, "gradient")]))
            elif target not in s.place:
                zero = Line(s.derivative(s.output, target, 0.0), (0,), 0.0, "gradient", "it does not depend on it")
                found.append(Block([zero]))
        defined = self._definitions(found)
        if defined:
            found.append(Block(defined, heading="In which"))
        return found

    def _rank(self, node: Value) -> tuple[bool, int]:
        """From the output back, and the leaves at the end in the order in which they were asked for."""
        if node._rule is LEAF and node in self.stations.targets:
            return True, list(self.stations.targets).index(node)
        return False, -self.stations.place[node]

    def _is_silent(self, node: Value) -> bool:
        """Whether its gradient is 1 and only a step on the way: E1 in E1 + E2."""
        return node not in self.stations.targets and self._is_unit(node)

    def _is_unit(self, node: Value) -> bool:
        """Whether the output is this station and things added to it, so that ∂output/∂below is ∂station/∂below."""
        s = self.stations
        while node is not s.output:
            users = self.above.get(node, [])
            if len(users) != 1 or not self.complete[node]:
                return False
            formula = self._local(users[0], node).formula
            if not (is_number(formula) and formula == 1):
                return False
            node = users[0]
        return True

    def _local(self, above: Value, below: Value) -> Local:
        key = (above, below)
        if key not in self._locals:
            self._locals[key] = self.stations.local(above, below)
        return self._locals[key]

    def _block(self, node: Value) -> Block:
        s = self.stations
        value = self.adjoint[node]
        symbol = s.derivative(s.output, node, value)
        if not self.complete[node] and len(self.above[node]) < 3:
            uses = sum(x in s.relevant for x in s.uses[node])
            return Block([Line(symbol, (), value, "gradient", f"a sum over {uses:,} uses, left out")])
        terms: list[Any] = []
        factors: list[Line] = []
        users = [user for user in self.above[node] if not self._is_zero(user, node)] or self.above[node][:1]
        several = len(self.above[node]) > 1
        for user in users:
            if several and user is s.output:  # ∂y/∂x is the name of the whole sum, so its direct part is written out
                direct = self._local(user, node)
                terms.append(direct.value if direct.formula is None else direct.formula)
                continue
            symbols = []
            for edge in self._way(user, node):
                factor = s.derivative(edge.above, edge.below, edge.local.value)
                note = "" if edge.local.formula is not None else "a long sum, left out"
                formulas = () if edge.local.formula is None else (edge.local.formula,)
                symbols.append(factor)
                factors.append(Line(factor, formulas, edge.local.value, "factor", note))
            start = self._start(user)
            if start is not None:
                symbols.insert(0, s.derivative(s.output, start, self.adjoint[start]))
            terms.append(chain(symbols))
        note = ""
        if not self.complete[node]:
            uses = sum(x in s.relevant for x in s.uses[node])
            note = f"a sum over {uses:,} uses, of which … stands for the others"
            terms.insert(min(2, len(terms)), Rest(0))
        only = factors[0] if len(factors) == 1 and len(terms) == 1 else None
        if only is not None and only.symbol.leaf == symbol.leaf and only.symbol.below == symbol.below:
            return Block([only._replace(kind="gradient", value=value)])
        return Block(factors, Line(symbol, (sum_of_chains(terms),), value, "gradient", note))

    def _is_zero(self, above: Value, below: Value) -> bool:
        """Whether the one doesn't vary with the other, by the table: such a term is left out."""
        formula = self._local(above, below).formula
        return is_number(formula) and formula == 0

    def _start(self, user: Value) -> Value | None:
        """Where the way down through ``user`` starts: the kept station at its top; None if that is the output."""
        while user is not self.stations.output and user not in self.kept:
            user = self.above[user][0]
        return None if user is self.stations.output or self._is_unit(user) else user

    def _way(self, user: Value, node: Value) -> list[_Edge]:
        """The edges from the kept station above down to the node; a factor 1 joins the one that follows."""
        edges = [_Edge(user, node, self._local(user, node))]
        while user is not self.stations.output and user not in self.kept:
            further = self.above[user][0]
            edges.append(_Edge(further, user, self._local(further, user)))
            user = further
        joined: list[_Edge] = []
        above = self.stations.output if self._is_unit(user) and len(self.above[node]) == 1 else user
        for edge in reversed(edges):
            formula = edge.local.formula
            if is_number(formula) and formula == 1 and edge.below is not node:
                continue
            joined.append(edge._replace(above=above))
            above = edge.below
        return joined

    # --- The names that the derivation has given itself ---

    def _definitions(self, blocks: list[Block]) -> list[Line]:
        """What the first of them are; those that only these definitions mention are not defined in their turn."""
        lines = [line for block in blocks for line in block.all_lines()]
        shown = names_in([line.symbol for line in lines]) | names_in([e for line in lines for e in line.formulas])
        s = self.stations
        invented = [node for node in list(s.named()) if s.is_invented(node) and s.name(node) in shown]
        return [value_line(s, node) for node in invented[:DEFINED]]


def value_line(stations: Stations, node: Value, spelled_out: bool = False) -> Line:
    """What a station is: its formula, and its number. ``spelled_out``: σ(x) also as 1 / (1 + exp(-x))."""
    formula = stations.formula(node)
    formulas: Sequence[Any] = () if formula is None else (formula,)
    rule = node._rule
    if spelled_out and rule is not LEAF and rule.name == "sigmoid" and rule.definition is not None:
        inner = stations.written(node._operands()[0])
        if not is_number(inner):
            formulas = (formula, rule.definition(inner))
    return Line(stations.symbol(node), tuple(formulas), node._value, "value")
