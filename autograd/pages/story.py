"""What the page tells: every number of a recorded graph, in the order in which it is computed, and how it is written.

All formulas come from the notation of the rule table. Where a number comes to stand in one, there is an element with
the place of that number, which the page fills: numbers change while somebody looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from autograd.engine import graph
from autograd.engine.notation import MATHML
from autograd.engine.rules import LEAF, Rule
from autograd.engine.styles import ATOM, Written
from autograd.engine.value import Value
from autograd.views.formula import formula, partial_formula
from autograd.views.render import visible

MOST: Final = 2000  # Values
SHORT: Final = 14  # characters of a formula that serves as a name
_MARK: Final = "⟦{}⟧"  # stands for an operand while a formula is written


class Operand(NamedTuple):
    """One use of a number by an operation."""

    place: int  # of the number, in the story; -1 for a constant
    constant: float
    partial: str  # the formula of the local derivative, MathML
    with_numbers: str  # the same with places for numbers


class Entry(NamedTuple):
    """A number of the graph: a leaf, or what an operation made."""

    label: str
    name: str  # as MathML
    words: str  # as text
    rule: Rule
    value: float
    operands: list[Operand]
    formula: str  # MathML, of the operands' names
    with_numbers: str


def tell(output: Value) -> tuple[list[Entry], list[Value]]:
    """The graph as entries, leaves first, then operations, operands before results; and the Values in that order.

    Raises:
        TypeError: an operation isn't one of the rule table's.
        ValueError: there are too many.
    """
    nodes = graph.shown(graph.topological_order(output))
    if len(nodes) > MOST:
        raise ValueError(
            f"a page shows up to {MOST:,} Values, and this graph has {len(nodes):,}; "
            "write the page of a Value nearer to its leaves"
        )
    places = {node: place for place, node in enumerate(nodes)}
    names = _Names(nodes)
    return [_entry(node, places, names) for node in nodes], nodes


class _Names:
    """The names of numbers: the label, the formula if it is short, or the place."""

    def __init__(self, nodes: Sequence[Value]) -> None:
        self.words: dict[Value, str] = {}
        self.written: dict[Value, Written] = {}
        for place, node in enumerate(nodes):
            if node.label:
                self.words[node] = visible(node.label, 40)
                self.written[node] = MATHML.label(node.label)
            elif node._rule is LEAF:
                self.words[node] = f"leaf {place + 1}"
                self.written[node] = _tag("x", place)
            else:
                text = formula(node, limit=4)
                is_name = len(text) <= SHORT and "…" not in text
                self.words[node] = text if is_name else f"step {place + 1}"
                self.written[node] = self.applied(node) if is_name else _tag("v", place)

    def applied(self, node: Value) -> Written:
        """The operation, of the names of its operands."""
        return node._rule.notation.write(MATHML, [self.of(x) for x in node._operands()])

    def of(self, x: Value | float) -> Written:
        """The name of an operand, or the constant."""
        return self.written[x] if isinstance(x, Value) else _constant(x)


def _constant(x: float) -> Written:
    return MATHML.half() if x == 0.5 else MATHML.number(x, 6)


def _tag(letter: str, place: int) -> Written:
    return Written(f"<msub><mi>{letter}</mi><mn>{place + 1}</mn></msub>", ATOM)


def _entry(node: Value, places: dict[Value, int], names: _Names) -> Entry:
    rule = node._rule
    name, words = names.written[node].text, names.words[node]
    if rule is LEAF:
        return Entry(node.label, name, words, rule, node.data, [], "", "")
    below = node._operands()
    if len(below) != rule.arity:
        raise TypeError(
            f"the page can't compute {words!r} anew: {rule.name or 'its operation'} is no row of the rule table; "
            "define the operation with @primitive"
        )
    written = [names.of(x) for x in below]
    numbers = [_number(places[x]) if isinstance(x, Value) else _constant(x) for x in below]
    operands = []
    for position, x in enumerate(below):
        place = places[x] if isinstance(x, Value) else -1
        constant = 0.0 if isinstance(x, Value) else float(x)
        partial = with_numbers = ""
        if place >= 0 and position not in rule.constant:
            partial = _partial(rule, position, [*written, names.written[node]])
            with_numbers = _partial(rule, position, [*numbers, _number(places[node])])
        operands.append(Operand(place, constant, partial, with_numbers))
    shown, with_numbers = (rule.notation.write(MATHML, pieces).text for pieces in (written, numbers))
    return Entry(node.label, name, words, rule, node.data, operands, shown, with_numbers)


def _number(place: int) -> Written:
    """The place of a number, which the page fills, with brackets if it is negative."""
    return Written(f'<mrow class="n" data-n="{place}"></mrow>', ATOM)


def _partial(rule: Rule, position: int, written: Sequence[Written]) -> str:
    """The formula of a local derivative as the textbook has it; "" if it is a program."""
    marks = [_MARK.format(i) for i in range(len(written))]
    try:
        text = partial_formula(rule, position, marks, "mathml")
    except TypeError:
        return ""
    text = text.partition(">")[2].removesuffix("</math>")
    for mark, piece in zip(marks, written):
        alone = text == f"<mtext>{mark}</mtext>"
        shown = piece.text if alone or piece.binding == ATOM else MATHML.in_brackets(piece.text, piece.tall)
        text = text.replace(f"<mtext>{mark}</mtext>", shown)
    return text


def choices(output: Value, nodes: Sequence[Value], wanted: Any) -> list[int]:
    """The places of Values that are given themselves or by their labels.

    Raises:
        ValueError: one of them is not in the graph.
    """
    places = {node: place for place, node in enumerate(nodes)}
    labelled = {node.label: place for place, node in enumerate(nodes) if node.label}
    found = []
    for x in [wanted] if isinstance(wanted, (str, Value)) else wanted:
        place = labelled.get(x) if isinstance(x, str) else places.get(x) if isinstance(x, Value) else None
        if place is None:
            raise ValueError(
                f"no Value in the graph of {output!r:.60} is, or is called, {x!r:.60}; "
                f"there are {', '.join(list(labelled)[:12]) or 'no labels'}"
            )
        found.append(place)
    return found
