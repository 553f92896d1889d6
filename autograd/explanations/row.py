"""A row of the rule table, explained: what the derivative is, why, and the form that is computed."""

from __future__ import annotations

import math
from typing import Any, Final

from autograd.engine.rules import Rule
from autograd.engine.value import Value
from autograd.explanations.algebra import Symbol, evaluated, is_number, names_in, operation, simplified, text
from autograd.explanations.derivation import value_line
from autograd.explanations.lines import Block, Line
from autograd.explanations.stations import Stations

_POINTS: Final = (0.5, 1.5, -0.5, 3.0)  # one of them is inside any domain


def rule_blocks(rule: Rule) -> list[Block]:
    """What is said of a row; formulas only, as there are no numbers."""
    names = "x" if rule.arity == 1 else "ab" if rule.arity == 2 else [f"x{i}" for i in range(rule.arity)]
    operands = [Symbol(name, point) for name, point in zip(names, _point(rule))]
    numbers = [x.number for x in operands]
    y = Symbol("y", rule.total(*numbers))
    textbook = _partials(rule, rule.textbook, operands, y)
    found = [Block([Line(y, (operation(rule, operands),), y.number, "rule"), *textbook])]
    found[0] = found[0]._replace(heading=f"The rule of {rule.name}, for {rule.domain.text}")
    reason = _reason(rule, operands, textbook)
    if reason:
        found.append(Block(reason, heading="From its definition, by the chain rule"))
    accurate = _partials(rule, rule.partials, operands, y)
    differs = [line for line, other in zip(accurate, textbook) if _written(line) != _written(other)]
    if differs:
        found.append(Block(differs, heading="Computed as, because this form keeps its digits everywhere"))
    return found


def _point(rule: Rule) -> list[float]:
    """Numbers inside the domain."""
    for first in _POINTS:
        point = [first, *[1.5] * (rule.arity - 1)]
        if rule.domain.contains(*point):
            return point
    return [1.0] * rule.arity


def _written(line: Line) -> list[str]:
    return [text(e) for e in line.formulas]


def _partials(rule: Rule, column: tuple[Any, ...], operands: list[Symbol], y: Symbol) -> list[Line]:
    lines = []
    for position, x in enumerate(operands):
        if position in rule.constant:
            continue
        try:
            formulas: tuple[Any, ...] = (simplified(column[position](*operands, y)),)
            note = ""
        except TypeError:
            formulas, note = (), "a program that needs numbers"
        lines.append(Line(Symbol("y", math.nan, str(x.leaf)), formulas, math.nan, "rule", note))
    return lines


def _reason(rule: Rule, operands: list[Symbol], textbook: list[Line]) -> list[Line]:
    """The derivative of the row's definition, if that says more than the row itself."""
    if rule.definition is None or rule.arity != 1:
        return []
    x = Value(operands[0].number, "x")
    try:
        y = rule.definition(x)
    except (TypeError, ValueError, ArithmeticError):
        return []
    if not isinstance(y, Value) or y._rule in (x._rule, rule):
        return []
    y.label = "y"
    stations = Stations(y, [x])
    if any(stations.is_invented(node) for node in stations.stations):
        return []
    formula = stations.local(y, x).formula
    line = Line(textbook[0].symbol, () if formula is None else (formula,), math.nan, "rule")
    if formula is None or is_number(formula) or "y" in names_in([formula]) or _written(line) == _written(textbook[0]):
        return []
    if not math.isclose(evaluated(formula), rule.partials[0](x.data, y.data), rel_tol=1e-9):
        return []
    return [value_line(stations, y), line]
