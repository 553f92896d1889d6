"""A recorded graph as a SymPy expression."""

from __future__ import annotations

from typing import Any

from autograd.engine import graph
from autograd.engine.rules import LEAF
from autograd.engine.value import Value
from autograd.errors import missing


def to_sympy(v: Value) -> Any:
    """The formula by which a Value was computed, over the labels of the leaves.

    A leaf with a label becomes a symbol of that name, one without its number. Labels are names only: nothing in them is
    evaluated.

    Raises:
        MissingDependency: SymPy is not installed.
        TypeError: v is no Value.
        ValueError: two different leaves have the same label.

    >>> x, w = Value(2.0, "x"), Value(3.0, "w")
    >>> to_sympy((w * x + 1).sigmoid())
    1/(exp(-w*x - 1) + 1)
    """
    try:
        import sympy
    except ImportError:
        raise missing("SymPy", "to_sympy") from None

    if not isinstance(v, Value):
        raise TypeError(f"to_sympy takes a Value, not {type(v).__name__}: {v!r:.60}")
    named: dict[str, Value] = {}
    formulas: dict[Value, Any] = {}
    for node in graph.shown(graph.topological_order(v)):
        if node._rule is not LEAF:
            operands = [formulas[x] if isinstance(x, Value) else _number(x, sympy) for x in node._operands()]
            formulas[node] = node._rule(*operands)
        elif not node.label:
            formulas[node] = _number(node.data, sympy)
        elif named.setdefault(node.label, node) is not node:
            raise ValueError(f"two different leaves are labelled {node.label!r}; a formula needs a name for each")
        else:
            formulas[node] = sympy.Symbol(node.label, real=True)
    return formulas[v]


def _number(x: float, sympy: Any) -> Any:
    """A whole number, or a fraction with a small power of two below, exactly; any other number as a float."""
    top, bottom = x.as_integer_ratio() if x - x == 0.0 else (0, 0)
    return sympy.Rational(top, bottom) if 0 < bottom <= 1024 and abs(top) < 2**53 else sympy.Float(x)
