"""The graph of a counterexample as a picture: what its script computes, drawn from the lines of the script.

Numbers stand in columns, each to the right of what it was computed from, in the order of the script. What the
finding is about is marked, by a frame and by words. The colours are the page's.
"""

from __future__ import annotations

import ast
import html
import re
from typing import Final, NamedTuple

WRONG: Final = ' class="wrong"'
MOST: Final = 14  # numbers that a picture may show
HEIGHT, GAP_X, GAP_Y, PER_LETTER = 44, 46, 18, 8.2  # of a box, between boxes, and of a letter, in pixels
DIP: Final = 48  # how far the curve of an edge past a column is pulled down
LONGEST: Final = 30  # letters in a box


class Node(NamedTuple):
    """A number of the script: its name, its line, and the numbers that it was computed from."""

    name: str
    text: str
    operands: tuple[str, ...]


def picture(script: str, message: str) -> str:
    """The picture as SVG; empty where the script has loops, or too few or too many numbers.

    Args:
        script: of the finding; the first, if there are several.
        message: of the finding, which names what is wrong.

    >>> script = "x0 = Value(3.0)\\ny0 = x0 * x0\\ny0.backward()"
    >>> picture(script, "`x0 * x0`: x0.grad is 3.0 and should be 6.0").count("<rect")
    2
    """
    found = nodes(script.split("\n\n\n")[0])
    if not 2 <= len(found) <= MOST or not any(node.operands for node in found):
        return ""
    wrong = re.search(r"\b(\w+)\.(\w+) is (\S+) and should be (\S+)", message)
    marks = {wrong[1]: f"{wrong[2]} {_short(wrong[3])}, not {_short(wrong[4])}"} if wrong else {}
    boxes, width, height = _placed(found, marks)
    edges = "".join(
        _edge(boxes[operand], boxes[node.name], k, len(node.operands))
        for node in found
        for k, operand in enumerate(node.operands)
    )
    drawn = "".join(_box(node, boxes[node.name], marks.get(node.name, "")) for node in found)
    told = html.escape("; ".join(node.text for node in found))
    return (
        f'<svg class="graph" role="img" aria-label="{told}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}">{edges}{drawn}</svg>'
    )


def nodes(script: str) -> list[Node]:
    """The numbers of a script without loops, in its order; none of a script with loops.

    >>> nodes("x0 = Value(3.0)\\ny0 = x0 * x0")[1]
    Node(name='y0', text='y0 = x0 * x0', operands=('x0', 'x0'))
    """
    try:
        lines = ast.parse(script).body
    except SyntaxError:
        return []
    found: dict[str, Node] = {}
    for line in lines:
        if isinstance(line, (ast.For, ast.While, ast.If, ast.FunctionDef, ast.AugAssign)):
            return []
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            name = line.targets[0].id
            if name in found:
                return []
            operands = tuple(x.id for x in _names(line.value) if x.id in found)
            if operands or name.startswith("x"):
                found[name] = Node(name, ast.unparse(line), operands)
    return list(found.values())


def _names(value: ast.expr) -> list[ast.Name]:
    names = [x for x in ast.walk(value) if isinstance(x, ast.Name)]
    return sorted(names, key=lambda x: (x.lineno, x.col_offset))


class _Place(NamedTuple):
    x: float
    y: float
    width: float


def _placed(found: list[Node], marks: dict[str, str]) -> tuple[dict[str, _Place], float, float]:
    """Where each box is, and the size of the whole."""
    columns: dict[str, int] = {}
    for node in found:
        columns[node.name] = max((columns[x] + 1 for x in node.operands), default=0)
    places: dict[str, _Place] = {}
    left = 2.0
    tall = max(sum(c == column for c in columns.values()) for column in columns.values()) * (HEIGHT + GAP_Y) - GAP_Y
    for column in range(max(columns.values()) + 1):
        members = [node for node in found if columns[node.name] == column]
        wide = max(len(text) for node in members for text in (_cut(node.text), marks.get(node.name, "")))
        top = (tall - len(members) * (HEIGHT + GAP_Y) + GAP_Y) / 2 + 2
        for k, node in enumerate(members):
            places[node.name] = _Place(left, top + k * (HEIGHT + GAP_Y), wide * PER_LETTER + 20)
        left += wide * PER_LETTER + 20 + GAP_X
    past = any(columns[node.name] - columns[x] > 1 for node in found for x in node.operands)
    return places, left - GAP_X + 2, tall + 4 + past * DIP / 2


def _edge(start: _Place, end: _Place, place: int, count: int) -> str:
    """A curve from the operand's right side to its place among the operands on the left side of the result.

    Past a column it goes below the boxes.
    """
    x, y = start.x + start.width, start.y + HEIGHT / 2
    u, v = end.x, end.y + HEIGHT * (place + 1) / (count + 1)
    bow, dip = (GAP_X, DIP) if u - x > GAP_X + 1 else (GAP_X / 2, 0.0)
    return f'<path d="M{x:.0f} {y:.0f}C{x + bow:.0f} {y + dip:.0f} {u - bow:.0f} {v + dip:.0f} {u:.0f} {v:.0f}"/>'


def _box(node: Node, place: _Place, mark: str) -> str:
    middle = place.x + place.width / 2
    texts = [(_cut(node.text), 27.0)] if not mark else [(_cut(node.text), 19.0), (mark, 36.0)]
    words = "".join(
        f'<text x="{middle:.0f}" y="{place.y + y:.0f}"{WRONG if text is mark else ""}>{html.escape(text)}</text>'
        for text, y in texts
    )
    frame = f'<rect x="{place.x:.0f}" y="{place.y:.0f}" width="{place.width:.0f}" height="{HEIGHT}" rx="5"'
    return f"{frame}{WRONG if mark else ''}/>{words}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _short(number: str) -> str:
    """The number with at most six digits.

    >>> _short("0.07065082485316447"), _short("nan,")
    ('0.0706508', 'nan')
    """
    number = number.strip("();,")
    try:
        return f"{float(number):.6g}"
    except ValueError:
        return number
