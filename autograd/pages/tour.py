"""The guided tour: the blocks of ``explain``, and the nodes that each of them is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine import graph
from autograd.engine.notation import MATHML
from autograd.engine.value import Value
from autograd.errors import AutogradError
from autograd.explanations import explain
from autograd.explanations.lines import Block


def tour(nodes: Sequence[Value], wrt: Value, digits: int) -> list[dict[str, Any]]:
    """One stop for each block: its rows of formulas, as MathML, and the places of the nodes to light.

    There is none where the derivation can't be written: a leaf's number was changed since the graph was recorded.
    """
    if wrt is nodes[-1]:
        return []
    try:
        told = explain(nodes[-1], wrt, digits=digits)
    except AutogradError:
        return []
    labelled = {node.label: node for node in nodes if node.label}
    labelled.setdefault(wrt.label, wrt)
    return [{"rows": told._rows(block, MATHML), "lit": _lit(block, labelled, nodes)} for block in told.blocks]


def _lit(block: Block, labelled: dict[str, Value], nodes: Sequence[Value]) -> list[int]:
    """All that lies between the two Values of each derivative in the block."""
    lit: set[Value] = set()
    for line in block.all_lines():
        upper, lower = labelled.get(str(line.symbol.leaf)), labelled.get(line.symbol.below)
        if upper is not None and lower is not None:
            lit |= graph.depending_on([lower], nodes) & set(graph.topological_order(upper))
        else:
            lit |= {x for x in (upper, lower) if x is not None}
    return [place for place, node in enumerate(nodes) if node in lit]
