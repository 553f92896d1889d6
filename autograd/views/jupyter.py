"""What a notebook shows for a Value: its picture where the graph is small, a few words where it is large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.engine import graph
from autograd.engine.rules import LEAF
from autograd.errors import MissingDependency

if TYPE_CHECKING:
    from autograd.engine.value import Value

SMALL = 100  # a picture of more Values is no longer taken in at a glance


def mimebundle(value: Value) -> dict[str, Any]:
    """The forms in which Jupyter may show the Value, by MIME type: always text, and an SVG picture if it is small.

    >>> from autograd import Value
    >>> sorted(mimebundle(Value(2.0) * 3))
    ['image/svg+xml', 'text/plain']
    """
    from autograd.views.dot import to_dot
    from autograd.views.render import svg

    values = graph.topological_order(value)
    if len(values) > SMALL:
        return {"text/plain": f"{value!r}\n{_summary(values)}"}
    try:
        return {"text/plain": repr(value), "image/svg+xml": svg(to_dot(value))}
    except MissingDependency as error:
        return {"text/plain": f"{value!r}\n{error}"}


def _summary(values: list[Value]) -> str:
    leaves = sum(node._rule is LEAF for node in values)
    plural = "leaf" if leaves == 1 else "leaves"
    return (
        f"computed by {len(values) - leaves:,} operations from {leaves:,} {plural}; draw(value, depth=3) shows the "
        "last of them"
    )
