"""What is drawn of a recorded graph: from the output backwards, nearest first, until a limit is reached.

With ``fold``, a weighted sum such as w1·i1 + w2·i2 (additions and multiplications that nothing else uses and that
nobody has labelled) counts as one node.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from autograd.engine import rules
from autograd.engine.modes import scopes_of
from autograd.engine.value import Value
from autograd.views.render import in_label, number

_FOLDED = (rules.add, rules.sub, rules.mul, rules.neg)
_SHOWN_TERMS = 3

_Operand = tuple["Value | float", float]  # with the derivative of the drawn node with respect to it
_Term = tuple[bool, list[_Operand]]  # is it subtracted? and its factors


class Drawn(NamedTuple):
    """A Value that is drawn: its operands, with the partials, and, if it is a folded sum, the formula."""

    operands: list[_Operand]
    formula: str = ""
    absorbed: int = 0  # the operations inside the folded sum


class Picked(NamedTuple):
    """The Values to be drawn, and how many are not."""

    nodes: dict[Value, Drawn]
    left_out: int


def select(value: Value, order: list[Value], fold: bool, depth: int | None, max_nodes: int) -> Picked:
    """Breadth first from the output."""
    expand = _folder(order, 2 * max_nodes) if fold else _plain
    nodes = {value: expand(value)}
    queue = deque([(value, 0)])
    while queue:
        node, distance = queue.popleft()
        if distance == depth:
            continue
        for operand, _ in nodes[node].operands:
            if isinstance(operand, Value) and operand not in nodes and len(nodes) < max_nodes:
                nodes[operand] = expand(operand)
                queue.append((operand, distance + 1))
    return Picked(nodes, len(order) - sum(1 + node.absorbed for node in nodes.values()))


def _partials(node: Value) -> list[_Operand]:
    return [(operand, partial + 0.0) for operand, partial in node._edges()]  # a 0 by the table is recorded as -0.0


def _plain(node: Value) -> Drawn:
    return Drawn(_partials(node))


def _folder(order: list[Value], max_operands: int) -> Callable[[Value], Drawn]:
    """The function that makes one node of a Value and, for a sum, of the additions and products that only it uses."""
    uses = Counter(operand for node in order for operand, _ in node._edges() if isinstance(operand, Value))

    def expand(root: Value) -> Drawn:
        if root._rule not in (rules.add, rules.sub):
            return _plain(root)
        scopes = scopes_of(root)

        def inner(x: Value) -> bool:
            return x._rule in _FOLDED and uses[x] == 1 and not x._label and scopes_of(x) == scopes

        sum_ = _terms(root, inner, max_operands)
        if not sum_.absorbed:
            return _plain(root)
        operands: list[_Operand] = [
            (x, partial) for _, factors in sum_.terms for x, partial in factors if isinstance(x, Value)
        ]
        return Drawn(operands[:max_operands], _formula(sum_), sum_.absorbed)

    return expand


class _Sum(NamedTuple):
    terms: list[_Term]  # the first of them: a sum may be far longer than what can be drawn
    length: int
    absorbed: int  # the operations besides the root that were taken apart to find them


def _terms(root: Value, inner: Callable[[Value], bool], limit: int) -> _Sum:
    terms: list[_Term] = []
    length, absorbed = 0, -1
    stack: list[tuple[Value | float, float, bool, list[_Operand] | None]] = [(root, 1.0, False, None)]
    while stack:
        x, gain, negative, product = stack.pop()
        if isinstance(x, Value) and (x is root or ((product is None or x._rule is rules.mul) and inner(x))):
            absorbed += 1
            if x._rule is rules.mul and product is None:
                product = []
                length += 1
                if length <= limit:
                    terms.append((negative, product))
            operands = _partials(x)
            if len(operands) == 2:
                y, partial = operands[1]
                stack.append((y, gain * partial, negative ^ (x._rule is rules.sub), product))
            y, partial = operands[0]
            stack.append((y, gain * partial, negative ^ (x._rule is rules.neg), product))
        elif product is not None:
            product.append((x, gain))
        elif isinstance(x, Value) or x != 0.0:  # sum() begins with a zero
            length += 1
            if length <= limit:
                terms.append((negative, [(x, gain)]))
    return _Sum(terms, length, absorbed)


def _formula(sum_: _Sum) -> str:
    """The first terms: labels where there are any, else numbers."""
    text = ""
    for negative, factors in sum_.terms[:_SHOWN_TERMS]:
        shown = [
            in_label(x._label, 12) if isinstance(x, Value) and x._label else number(float(x), 3) for x, _ in factors
        ]
        term = "·".join(shown[:_SHOWN_TERMS]) + ("·…" if len(shown) > _SHOWN_TERMS else "")
        if term.startswith("−"):
            negative, term = not negative, term[1:]
        text += (" − " if text else "−") if negative else (" + " if text else "")
        text += term
    return text if sum_.length <= _SHOWN_TERMS else f"{text} + … ({sum_.length:,} terms)"
