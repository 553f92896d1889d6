"""A recorded graph as data, and the same computation once more, from other numbers."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from autograd.engine import graph
from autograd.engine.rules import LEAF, RULES
from autograd.engine.value import Value

TRIES: Final = 60  # of other numbers, of which the function may be undefined at some


class Recipe(NamedTuple):
    """A graph: a row for each Value, operands before results. It can be written as JSON.

    Attributes:
        rows: for a leaf its label and number; for an operation its label, the primitive, and the operands, each the
            place of a row, or a list with a plain number.
        wanted: the places of the Values that something is asked of.
    """

    rows: list[list[Any]]
    wanted: list[int]

    def givens(self) -> list[int]:
        """The places of the leaves that have a label: the given numbers of an exercise."""
        return [i for i, row in enumerate(self.rows) if len(row) == 2 and row[0]]


def recipe(output: Value, wanted: Sequence[Value]) -> Recipe:
    """The graph of the output as data.

    Raises:
        ValueError: a wanted Value is no part of it.
    """
    order = graph.shown(graph.topological_order(output))
    place = {node: i for i, node in enumerate(order)}
    for x in wanted:
        if x not in place:
            raise ValueError(
                f"{output.label or 'the output'} does not depend on {x!r}, so nothing can be asked about it"
            )
    rows: list[list[Any]] = []
    for node in order:
        if node._rule is LEAF:
            rows.append([node.label, node.data])
        elif RULES.get(node.op) is not node._rule:
            raise ValueError(
                f"the operation {node.op!r:.40} is no row of the rule table, so it can't be computed from other "
                "numbers; write it as a primitive, with @primitive(partials=...)"
            )
        else:
            rows.append([node.label, node.op, [place[x] if isinstance(x, Value) else [x] for x in node._operands()]])
    return Recipe(rows, [place[x] for x in wanted])


def replayed(recipe: Recipe, numbers: Mapping[int, float]) -> list[Value]:
    """The Values of the graph, computed from these numbers for the leaves, by their places.

    Raises:
        ArithmeticError, ValueError: as the operations do.
    """
    values: list[Value] = []
    for place, row in enumerate(recipe.rows):
        if len(row) == 2:
            value = Value(numbers.get(place, row[1]))
        else:
            operands = [values[x] if isinstance(x, int) else x[0] for x in row[2]]
            value = RULES[row[1]](*operands)
        value.label = row[0]
        values.append(value)
    return values


def varied(recipe: Recipe, seed: int, digits: int) -> list[Value]:
    """The same computation from other numbers, which are rounded to so many digits before anything is computed.

    A number of the graph stays between half and one and a half of what it is. Where the result or a gradient would be
    undefined or infinite, other numbers are drawn; after some tries, those of the graph itself are taken, rounded.
    """
    rng = random.Random(f"chainrule {seed}")
    places = recipe.givens()
    for attempt in range(TRIES + 1):
        numbers = {}
        for place in places:
            x = recipe.rows[place][1]
            drawn = x if attempt == TRIES else x * rng.uniform(0.5, 1.5) if x else rng.uniform(-1.0, 1.0)
            numbers[place] = rounded(drawn, digits)
        try:
            values = replayed(recipe, numbers)
            values[-1].backward()
        except (ArithmeticError, ValueError):
            continue
        if all(math.isfinite(v.data) and math.isfinite(v.grad) for v in values):
            return values
    raise ValueError("no numbers were found at which the computation and its gradients are finite; give it others")


def rounded(x: float, digits: int) -> float:
    """x, to so many significant digits."""
    return float(f"{x:.{digits}g}")
