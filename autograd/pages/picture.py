"""The picture on the page: a graph laid out by Graphviz, with room for numbers that the page writes and changes.

Each node has the class ``node`` and its place in the story, each edge the use it stands for. Where a number comes to
stand there is a text element that says of what: ``data-value``, ``data-grad`` or ``data-edge``. Colours are the style
sheet's.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Final

from autograd.engine.rules import LEAF
from autograd.pages.story import Entry
from autograd.views.render import FONT, in_label, load_graphviz, number, svg

_SIGNS: Final = {"*": "×", "-": "−"}
_SVG: Final = "http://www.w3.org/2000/svg"
_EASY: Final = 60  # beyond, labels of arrows would take Graphviz minutes: the page sets them itself, in the middle
_SHAPES: Final = {"leaf": "box", "operation": "box", "output": "octagon"}


def picture(entries: Sequence[Entry], digits: int) -> str:
    """The graph as SVG.

    Raises:
        MissingDependency: a graphviz library is not installed.
    """
    room = "0" * (digits + 4)  # as wide as a number may get: minus sign, point, exponent
    dot = load_graphviz().Digraph(
        "computation",
        graph_attr={"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.16", "ranksep": "0.25", "tooltip": " "},
        node_attr={
            "fontname": FONT,
            "fontsize": "12",
            "margin": "0.08,0.04",
            "height": "0.3",
            "width": "0.3",
            "tooltip": " ",
        },
        edge_attr={"fontname": FONT, "fontsize": "10", "arrowsize": "0.6", "tooltip": " "},
    )
    is_large = len(entries) > _EASY
    if is_large:
        dot.attr(nslimit="1", nslimit1="1")
    for place, entry in enumerate(entries):
        kind = _kind(entries, place)
        dot.node(
            f"n{place}", id=f"n{place}", shape=_SHAPES[kind], **{"class": f"entry {kind}"}, label=_label(entry, room)
        )
        for position, operand in enumerate(entry.operands):
            if operand.place < 0:
                constant = f"n{place}c{position}"
                dot.node(
                    constant, shape="ellipse", label=f"<{number(operand.constant, digits)}>", **{"class": "constant"}
                )
                dot.edge(constant, f"n{place}", **{"class": "fixed"})
            else:
                dot.edge(
                    f"n{operand.place}",
                    f"n{place}",
                    id=f"e{place}_{position}",
                    **{"class": "use"},
                    **({} if is_large else {"label": f"<{room[:-3]}>"}),
                )
    return _with_places(svg(dot))


def _kind(entries: Sequence[Entry], place: int) -> str:
    return "leaf" if entries[place].rule is LEAF else "output" if place == len(entries) - 1 else "operation"


def _label(entry: Entry, room: str) -> str:
    sign = _SIGNS.get(entry.rule.symbol, entry.rule.symbol)
    heads = [f"<B>{in_label(entry.label, 16)}</B>"] if entry.label else []
    heads += [in_label(sign)] if sign and entry.rule is not LEAF else []
    rows = f"<TR><TD>{'&#160;&#160;&#160;'.join(heads) or '·'}</TD></TR>"
    rows += f"<TR><TD>v{room}</TD></TR><TR><TD>∂{room}00</TD></TR>"
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>>'


def _with_places(text: str) -> str:
    """The SVG with empty elements where numbers will stand, and without colours of its own."""
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", text))
    for element in list(root.iter()):
        for name in ("fill", "stroke", "font-family", "{http://www.w3.org/1999/xlink}title"):
            if not (name == "fill" and element.get("fill") == "none"):
                element.attrib.pop(name, None)
        for child in list(element):
            if child.tag == f"{{{_SVG}}}title":
                element.remove(child)
    for group in root.iter(f"{{{_SVG}}}g"):
        if group.get("class", "").startswith("node entry"):
            _prepare_node(group)
        elif group.get("class", "") == "edge use":
            for label in group.iter(f"{{{_SVG}}}text"):
                _keep_room(label, "edge", group.get("id", "")[1:])
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    return ET.tostring(root, encoding="unicode")


def _prepare_node(node: ET.Element) -> None:
    """Put the numbers of a node into its middle: they will have other widths."""
    (outline, *_) = (x for x in node.iter() if x.get("points") or x.get("d"))
    xs = [float(x) for x in re.findall(r"(-?[\d.]+),-?[\d.]+", outline.get("points") or outline.get("d") or "")]
    for text in node.iter(f"{{{_SVG}}}text"):
        kind = {"v0": "value", "∂0": "grad"}.get((text.text or "").strip()[:2])
        if kind and re.fullmatch(".0+", (text.text or "").strip()):
            text.set("x", f"{(min(xs) + max(xs)) / 2:.2f}")
            text.set("text-anchor", "middle")
            _keep_room(text, kind, node.get("id", "")[1:])


def _keep_room(text: ET.Element, kind: str, place: str) -> None:
    text.set(f"data-{kind}", place)
    text.text = ""
