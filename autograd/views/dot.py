"""A recorded graph as DOT, the language of Graphviz.

``select.py`` decides what is drawn; here each node, edge and cluster is written. No step recurses, and each looks at a
Value a fixed number of times, so a graph of a million Values only takes as long as walking over it.

Leaves, constants, operations and the output differ in shape, so that print can tell them apart, and in colour: light
tints of the Okabe-Ito palette, which colour-blind readers can tell apart. The background is transparent. Lines and text
outside the boxes are grey, and readable on white and on black.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.engine import graph
from autograd.engine.modes import scopes_of
from autograd.engine.own import Own
from autograd.engine.rules import LEAF
from autograd.engine.value import Value
from autograd.views.passes import Gradients, gradients_of, steps
from autograd.views.render import FONT, GREY, INK, in_label, in_tooltip, load_graphviz, number, visible
from autograd.views.select import Picked, select

if TYPE_CHECKING:
    import graphviz

MAX_NODES = 150  # laid out in a second or two, however they are connected
ACCENT = "#d55e00"
_SHAPES = {
    "leaf": {"shape": "box", "style": "filled", "fillcolor": "#d3eafa", "color": "#0072b2"},
    "constant": {"shape": "ellipse", "style": "filled", "fillcolor": "#ececec", "color": "#767676"},
    "operation": {"shape": "box", "style": "filled,rounded", "fillcolor": "#fff3c4", "color": "#b8860b"},
    "output": {"shape": "octagon", "style": "filled", "fillcolor": "#cdeee2", "color": "#007a5a", "peripheries": "2"},
}
_FADED = {"fillcolor": "#80808010", "color": "#80808090", "fontcolor": "#808080b8"}
_SIGNS = {"*": "×", "-": "−"}
_EASY = 60  # beyond, Graphviz gets a limit: it would look for the very best layout for minutes
_NESTING = 16  # scopes deeper than this are drawn as one
_SHOWN_PARTIALS = 30


def to_dot(
    value: Value,
    *,
    rankdir: str = "LR",
    grads: bool = True,
    fold: bool = False,
    highlight: Value | str | Iterable[Value | str] | None = None,
    depth: int | None = None,
    digits: int = 4,
    order: bool = False,
    ratio: float | None = None,
    max_nodes: int = MAX_NODES,
) -> graphviz.Digraph:
    """The graph that ``value`` was computed by, as a ``graphviz.Digraph``.

    Args:
        value: the output.
        rankdir: where the graph runs to: ``"LR"`` (left to right), ``"TB"``, ``"RL"`` or ``"BT"``.
        grads: show gradients (∂) below the numbers, where ``backward()`` of this output has computed them.
        fold: draw a weighted sum, such as w1·i1 + w2·i2, as one node.
        highlight: a Value or its label, or several: the paths along which they act on the output stand out.
        depth: how many operations to go back from the output; all of them by default.
        digits: significant digits.
        order: number the operations in the order of the backward pass, and write on each edge what it adds to the
            gradient of the operand.
        ratio: stretch the picture to this ratio of width to height, such as 16 / 9.
        max_nodes: draw at most so many Values, those nearest to the output. The picture says what it left out.

    Raises:
        TypeError: ``value`` is not a Value.
        ValueError: an option is out of range, or ``highlight`` is no part of the graph.
        MissingDependency: the graphviz package is not installed.

    >>> x = Value(3.0, label="x")
    >>> "n0 -> n1" in to_dot(x * x).source
    True
    """
    return drawing(
        value,
        rankdir=rankdir,
        grads=grads,
        fold=fold,
        highlight=highlight,
        depth=depth,
        digits=digits,
        order=order,
        ratio=ratio,
        max_nodes=max_nodes,
    ).dot


def drawing(
    value: Value,
    *,
    rankdir: str,
    grads: bool,
    fold: bool,
    highlight: Value | str | Iterable[Value | str] | None,
    depth: int | None,
    digits: int,
    order: bool,
    ratio: float | None,
    max_nodes: int,
) -> Drawing:
    """The picture, in DOT and as boxes and arrows. See :func:`to_dot`."""
    _check(value, rankdir, depth, digits, max_nodes)
    if ratio is not None and not 0.01 <= ratio <= 100:
        raise ValueError(f"ratio is width divided by height, such as 16 / 9, not {ratio!r}")
    below = graph.shown(graph.topological_order(value))
    picked = select(value, below, fold, depth, max_nodes)
    sources = [] if highlight is None else _sources(highlight, value, below)
    lit = _lit(sources, below) if sources else None
    gradients = gradients_of(value, below) if grads or order else Gradients({}, "", {})
    drawn = Drawing(value, picked, lit, gradients, grads, digits)
    drawn.dot.attr(rankdir=rankdir)
    if ratio is not None:
        drawn.dot.attr(ratio=f"{1 / ratio:.6f}")
    drawn.draw(below, steps([x for x in below if x in picked.nodes]) if order else {})
    return drawn


def _instead(value: Any) -> str:
    if hasattr(value, "layers") or hasattr(value, "network"):
        return "; write draw(model(x), path), or nn.draw_network(model, path)"
    if hasattr(value, "__float__"):
        return "; draw the Value itself, not its .data"
    return "; write draw(f(Value(2.0)), path)" if callable(value) else ""


def _check(value: Value, rankdir: str, depth: int | None, digits: int, max_nodes: int) -> None:
    if not isinstance(value, Value):
        raise TypeError(f"a Value can be drawn, not {type(value).__name__}: {value!r:.60}{_instead(value)}")
    if rankdir not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"rankdir is 'LR', 'TB', 'RL' or 'BT', not {rankdir!r}")
    for name, option in (("digits", digits), ("max_nodes", max_nodes), ("depth", 0 if depth is None else depth)):
        if not hasattr(option, "__index__"):
            raise TypeError(f"{name} is a whole number, not {type(option).__name__}: {option!r:.60}")
    if depth is not None and depth < 0:
        raise ValueError(f"depth counts operations back from the output: 0 or more, not {depth}")
    for name, option in (("digits", digits), ("max_nodes", max_nodes)):
        if option < 1:
            raise ValueError(f"{name} is 1 or more, not {option}")


def _sources(highlight: Value | str | Iterable[Value | str], target: Value, order: list[Value]) -> list[Value]:
    """The Values to highlight, of which some may be given by their labels."""
    known = {node.label: node for node in order if node.label}
    nodes = set(order)
    found = []
    wanted: Any = highlight
    for source in [wanted] if isinstance(wanted, (Value, str)) or not hasattr(wanted, "__iter__") else wanted:
        if isinstance(source, str) and source not in known:
            raise ValueError(
                f"highlight: no Value in the graph of {target!r:.60} has the label {source!r:.40}; "
                f"there are {', '.join(list(known)[:12]) or 'no labels'}"
            )
        if not isinstance(source, (Value, str)):
            raise TypeError(f"highlight takes Values or their labels, not {type(source).__name__}: {source!r:.60}")
        node = known[source] if isinstance(source, str) else source
        if node not in nodes:
            raise ValueError(f"highlight: {node!r} is no part of the graph of {target!r}")
        found.append(node)
    return found


def _lit(sources: list[Value], order: list[Value]) -> set[Value]:
    """The Values on some path from a source to the output: everything in the order leads to it."""
    return graph.depending_on(sources, order)


# --- How it looks ---


class Box(NamedTuple):
    """A node as text, for pictures that aren't DOT."""

    kind: str  # of _SHAPES
    title: str
    sign: str
    formula: str
    rows: list[tuple[str, str]]
    lit: bool | None = None  # with ``highlight``: whether it stands out, or is faded


class Arrow(NamedTuple):
    """An edge, from an operand to a result."""

    start: str
    end: str
    text: str
    lit: bool | None = None


class Drawing:
    """One picture while it is being written."""

    def __init__(
        self,
        output: Value,
        picked: Picked,
        lit: set[Value] | None,
        gradients: Gradients,
        grads: bool,
        digits: int,
    ) -> None:
        self.output = output
        self.nodes, self.left_out = picked
        self.lit = lit
        self.gradients = gradients
        self.keys = gradients.keys if grads else {}
        self.digits = digits
        self.steps: dict[Value, int] = {}
        self.boxes: dict[str, Box] = {}
        self.arrows: list[Arrow] = []
        self.dot = load_graphviz().Digraph(
            "computation",
            graph_attr={"bgcolor": "transparent", "fontname": FONT, "fontcolor": GREY}
            | {"nodesep": "0.18", "ranksep": "0.4", "tooltip": " "},
            node_attr={"fontname": FONT, "fontsize": "12", "fontcolor": INK, "margin": "0.09,0.05", "penwidth": "1.3"}
            | {"height": "0.3", "width": "0.3"},
            edge_attr={"fontname": FONT, "fontsize": "11", "color": GREY, "arrowsize": "0.6", "penwidth": "1.1"},
        )
        if len(self.nodes) > _EASY:
            self.dot.attr(nslimit="1", nslimit1="1")
        self.clusters: dict[tuple[str, ...], graphviz.Digraph] = {(): self.dot}

    def draw(self, order: list[Value], steps: dict[Value, int]) -> None:
        """Write it: the Values in this order, the operations with the numbers of their steps."""
        self.steps = steps
        ids = {node: f"n{i}" for i, node in enumerate(x for x in order if x in self.nodes)}
        lit_edges = (
            sum(x in self.lit for n in ids if n in self.lit for x, _ in self.nodes[n].operands) if self.lit else 0
        )
        faded = None if self.lit is None else False
        for node, name in ids.items():
            cluster = self._cluster(scopes_of(node)[:_NESTING])
            cluster.node(name, **self._node(node))
            self.boxes[name] = self._box(node)
            left_out = 0
            for position, (operand, partial) in enumerate(self.nodes[node].operands):
                if not isinstance(operand, Value):
                    constant = f"{name}c{position}"
                    cluster.node(constant, **self._constant(operand))
                    self.boxes[constant] = Box("constant", number(operand, self.digits), "", "", [], faded)
                    self.arrows.append(Arrow(constant, name, "", faded))
                    self.dot.edge(constant, name, **({"color": _FADED["color"]} if self.lit is not None else {}))
                elif operand in ids:
                    text = self._edge_text(node, operand, partial, lit_edges <= _SHOWN_PARTIALS)
                    self.dot.edge(ids[operand], name, **self._edge(node, operand, partial, text))
                    self.arrows.append(Arrow(ids[operand], name, text, self._is_lit(node, operand)))
                else:
                    left_out += 1
            if left_out:
                self._stub(cluster, name, left_out)
        for path in sorted(self.clusters, key=len, reverse=True)[:-1]:
            self.clusters[path[:-1]].subgraph(self.clusters[path])
        if self.remarks:
            lines = "<BR/>".join(in_label(remark, 100) for remark in self.remarks)
            self.dot.attr(label=f"<{lines}>", labelloc="b", fontsize="13")

    @property
    def remarks(self) -> list[str]:
        """What stands below the picture."""
        remarks = [self.gradients.legend] if self.keys else []
        if self.steps:
            remarks += [
                "step = its place in the backward pass: each operation comes after all that use it",
                "on an edge: what is added to the gradient of the operand",
            ]
        if self.left_out:
            remarks.append(f"… {self.left_out:,} more Value{'' if self.left_out == 1 else 's'} not drawn")
        return remarks

    def _cluster(self, path: tuple[str, ...]) -> graphviz.Digraph:
        for length in range(1, len(path) + 1):
            if path[:length] not in self.clusters:
                cluster = load_graphviz().Digraph(f"cluster_{len(self.clusters)}")
                cluster.attr(
                    label=f"<{in_label(path[length - 1]) or ' '}>", tooltip=in_tooltip(path[length - 1]) or " "
                )
                cluster.attr(color=GREY, style="dashed,rounded", penwidth="1", fontsize="12", margin="10")
                self.clusters[path[:length]] = cluster
        return self.clusters[path]

    def _node(self, node: Value) -> dict[str, str]:
        look = _SHAPES[self._kind(node)] | {"tooltip": self._node_tooltip(node)}
        faded = self.lit is not None and node not in self.lit
        if faded:
            look |= _FADED
        elif self.lit is not None:
            look |= {"color": ACCENT, "penwidth": "2.4"}
        return look | {"label": self._node_label(node, _FADED["fontcolor"] if faded else "#555555")}

    def _node_label(self, node: Value, muted: str) -> str:
        formula = self.nodes[node].formula
        sign = self._sign(node)
        cells = [f"<B>{in_label(node._label)}</B>"] if node._label else []
        cells += [f'<FONT COLOR="{muted}">{in_label(sign)}</FONT>'] if sign else []
        rows = "".join(
            f'<TD COLSPAN="{3 - len(cells)}"{side}><FONT POINT-SIZE="14">{cell}</FONT></TD>'
            for cell, side in zip(cells, (' ALIGN="LEFT"', ' ALIGN="RIGHT"') if len(cells) == 2 else ("",))
        )
        rows = f"<TR>{rows}</TR>" if cells else ""
        if formula:
            rows += f'<TR><TD COLSPAN="2"><FONT COLOR="{muted}" POINT-SIZE="11">{formula}</FONT></TD></TR>'
        rows += "".join(
            f'<TR><TD ALIGN="LEFT"><FONT COLOR="{muted}" POINT-SIZE="11">{key}&#160;</FONT></TD>'
            f'<TD ALIGN="RIGHT">{x}</TD></TR>'
            for key, x in self._rows(node)
        )
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>>'

    def _rows(self, node: Value) -> list[tuple[str, str]]:
        rows = [("data", number(node._value, self.digits))]
        if node in self.keys:
            rows.append((self.keys[node], number(node._grad, self.digits)))
        return [("step", str(self.steps[node])), *rows] if node in self.steps else rows

    def _sign(self, node: Value) -> str:
        return "Σ" if self.nodes[node].formula else _SIGNS.get(node._rule.symbol, node._rule.symbol)

    def _kind(self, node: Value) -> str:
        return "leaf" if node._rule is LEAF else "output" if node is self.output else "operation"

    def _box(self, node: Value) -> Box:
        formula = html.unescape(self.nodes[node].formula).replace("\\\\", "\\")
        title, sign = visible(node._label, 28), self._sign(node)
        return Box(self._kind(node), title, sign, formula, self._rows(node), self._is_lit(node))

    def _is_lit(self, *ends: Value) -> bool | None:
        """Whether all of these stand out; None where nothing is highlighted."""
        return None if self.lit is None else all(x in self.lit for x in ends)

    def _node_tooltip(self, node: Value) -> str:
        name = _name(node)
        grad = [f"∂/∂{name} = {number(node._grad, 17)}"] if node in self.keys else []
        return in_tooltip(name, f"{node.op or 'leaf'}: {number(node._value, 17)}", *grad)

    def _constant(self, x: float) -> dict[str, str]:
        look = _SHAPES["constant"] | {"label": f"<{number(x, self.digits)}>", "tooltip": f"constant {number(x, 17)}"}
        return look | _FADED if self.lit is not None else look

    def _edge_text(self, node: Value, operand: Value, partial: float, show_partial: bool) -> str:
        """What is written at an edge: with ``order``, the contribution; on a path that stands out, the partial."""
        if self.steps:
            if node not in self.gradients.adjoints:
                return ""
            sent = self.gradients.adjoints[node] * partial
            return "by _backward" if isinstance(node._rule, Own) else _signed(sent, self.digits)
        return (
            number(partial, self.digits) if self._is_lit(node, operand) and show_partial and partial == partial else ""
        )

    def _edge(self, node: Value, operand: Value, partial: float, text: str) -> dict[str, str]:
        ratio = f"∂{_name(node)}/∂{_name(operand)}"
        is_own = isinstance(node._rule, Own)
        look = {
            "tooltip": in_tooltip(f"{ratio}: as its _backward has it" if is_own else f"{ratio} = {number(partial, 17)}")
        }
        if text:
            look |= {"label": f"<&#160;{in_label(text)}&#160;>", "fontcolor": GREY}
        if self.lit is None:
            return look
        if not (node in self.lit and operand in self.lit):
            return look | {"color": _FADED["color"]}
        look |= {"fontcolor": ACCENT} if text else {}
        return look | {"color": ACCENT, "penwidth": "2.4", "arrowsize": "0.8"}

    def _stub(self, cluster: graphviz.Digraph, name: str, count: int) -> None:
        plural = "" if count == 1 else "s"
        look = {"shape": "plaintext", "fontcolor": GREY, "tooltip": f"{count} operand{plural} not drawn"}
        cluster.node(f"{name}s", "<…>", **look)
        self.dot.edge(f"{name}s", name, style="dashed")


def _name(node: Value) -> str:
    return node._label or f"({node._rule.symbol or number(node._value, 4)})"


def _signed(x: float, digits: int) -> str:
    return ("" if x < 0.0 else "+") + number(x, digits)
