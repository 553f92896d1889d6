"""Pictures for documents: a ``tikzpicture`` for LaTeX, with Graphviz's layout, and a flowchart in Mermaid, without one.

Every label is text and nothing else: LaTeX's and Mermaid's special characters are escaped.
"""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Callable
from typing import Final

from autograd.engine.styles import Style, named_style
from autograd.views.dot import ACCENT, Box, Drawing
from autograd.views.render import render, visible

_CM: Final = 2.54  # to Graphviz's inch
_COLOURS: Final = {  # of lines, and what boxes are filled with
    "leaf": ("0072B2", "D3EAFA"),
    "constant": ("767676", "ECECEC"),
    "operation": ("B8860B", "FFF3C4"),
    "output": ("007A5A", "CDEEE2"),
}
_LIT_BOX: Final = {None: "", True: ", line width=1.4pt", False: ", opacity=0.35"}
_LIT_ARROW: Final = {None: "gray", True: "accent, line width=1.2pt", False: "gray!40"}
_LOOKS: Final = {"leaf": "", "constant": ", rounded corners=7pt", "operation": ", rounded corners=3pt"} | {
    "output": ", double, double distance=1pt"
}


# --- LaTeX ---


def to_tikz(drawing: Drawing) -> str:
    r"""The picture as a ``tikzpicture``, to be used with ``\input``."""
    latex = named_style("latex")
    places, curves = _layout(drawing)
    lines = [r"% \usepackage{tikz} is all that it needs; \resizebox{\linewidth}{!}{\input{...}} fits it to the page."]
    lines.append(r"\begin{tikzpicture}[every node/.style={font=\small, align=center, inner sep=2pt}]")
    for kind, (line, fill) in _COLOURS.items():
        lines.append(rf"  \definecolor{{{kind}line}}{{HTML}}{{{line}}}\definecolor{{{kind}fill}}{{HTML}}{{{fill}}}")
    lines.append(rf"  \definecolor{{accent}}{{HTML}}{{{ACCENT[1:].upper()}}}")
    for name, box in drawing.boxes.items():
        x, y, width, height = places[name]
        look = (
            f"draw={'accent' if box.lit else box.kind + 'line'}, fill={box.kind}fill{_LOOKS[box.kind]}, "
            f"minimum width={width:.2f}cm, minimum height={height:.2f}cm{_LIT_BOX[box.lit]}"
        )
        lines.append(rf"  \node[{look}] at ({x:.2f},{y:.2f}) {{{_in_latex(box, latex)}}};")
    for arrow in drawing.arrows:
        points, middle = curves[arrow.start, arrow.end].pop(0)
        start, *others = [f"({x:.2f},{y:.2f})" for x, y in points]
        pieces = "".join(f" .. controls {a} and {b} .. {c}" for a, b, c in zip(others[::3], others[1::3], others[2::3]))
        lines.append(rf"  \draw[-latex, {_LIT_ARROW[arrow.lit]}] {start}{pieces};")
        if arrow.text and middle:
            lines.append(_note(middle, _words(arrow.text, latex), ", text=accent" if arrow.lit else ""))
    bottom = min(y - height / 2 for _, y, _, height in places.values())
    left = min(x - width / 2 for x, _, width, _ in places.values())
    for row, remark in enumerate(drawing.remarks):
        lines.append(_note((left, bottom - 0.2 - 0.4 * row), _words(remark, latex), ", anchor=north west"))
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


_Point = tuple[float, float]


def _note(at: _Point, text: str, look: str = "") -> str:
    return rf"  \node[font=\scriptsize, text=gray{look}] at ({at[0]:.2f},{at[1]:.2f}) {{{text}}};"


def _layout(
    drawing: Drawing,
) -> tuple[dict[str, tuple[float, ...]], dict[tuple[str, str], list[tuple[list[_Point], _Point | None]]]]:
    """Where Graphviz puts the nodes, centre and size, and the edges, points of a Bézier curve and the text's centre."""
    places: dict[str, tuple[float, ...]] = {}
    curves: dict[tuple[str, str], list[tuple[list[_Point], _Point | None]]] = {}
    dot = drawing.dot.copy()
    dot.edge_attr["arrowhead"] = "none"  # or the curves would end where Graphviz's arrowheads begin
    dot.body = [line.replace("shape=octagon", "shape=box") for line in dot.body]  # as it is drawn in LaTeX
    plain = render(dot, "plain").decode().replace("\\\n", "")
    for line in plain.splitlines():
        if line.startswith("node "):
            _, name, *numbers = line.split(" ")[:6]
            places[name] = tuple(float(x) * _CM for x in numbers)
        elif line.startswith("edge "):
            _, start, end, count, *rest = line.split(" ")
            ends = 2 * int(count)
            flat = [float(x) * _CM for x in rest[:ends]]
            after = shlex.split(" ".join(rest[ends:]).replace("'", "’"))
            middle = (float(after[-4]) * _CM, float(after[-3]) * _CM) if len(after) >= 5 else None
            curves.setdefault((start, end), []).append((list(zip(flat[::2], flat[1::2])), middle))
    return places, curves


def _in_latex(box: Box, latex: Style) -> str:
    if box.kind == "constant":
        return _words(box.title, latex)
    title = _title_in_latex(box.title, latex) if box.title else ""
    sign = _sign_in_latex(box.sign, latex) if box.sign else ""
    lines = [r"\enspace ".join(filter(None, (title, sign)))] if title or sign else []
    lines += [_words(box.formula, latex)] if box.formula else []
    lines += [rf"{_words(key, latex)} {_words(x, latex)}" for key, x in box.rows]
    return r"\\ ".join(lines)


def _title_in_latex(title: str, latex: Style) -> str:
    """A label as a formula, if that needs no package but TikZ; else as text."""
    formula = re.sub(r"\\text\{([A-Za-z0-9]*)\}", r"\1", latex.label(title).text)
    return rf"\textbf{{{_words(title, latex)}}}" if r"\text{" in formula else rf"$\mathbf{{{formula}}}$"


def _sign_in_latex(sign: str, latex: Style) -> str:
    known = {"Σ": r"$\Sigma$", "×": r"$\times$", "−": "$-$", "σ": r"$\sigma$", "^": r"\^{}"}
    return known.get(sign) or _words(sign, latex)


def _words(text: str, latex: Style) -> str:
    """Text outside of formulas, with the few signs that every font of formulas has."""
    escaped = latex.words(visible(text)).removeprefix(r"\text{").removesuffix("}")
    for character in dict.fromkeys(c for c in escaped if "\u0391" <= c <= "\u03c9" and c not in _SIGNS):
        escaped = escaped.replace(character, f"${latex.label(character).text} $")  # of Greek letters, commands
    for character, command in _SIGNS.items():
        escaped = escaped.replace(character, f"${command}$")
    return escaped


_SIGNS: Final = {
    "∂": r"\partial ",
    "Σ": r"\Sigma ",
    "σ": r"\sigma ",
    "∞": r"\infty ",
    "−": "-",
    "×": r"\times ",
    "·": r"\cdot ",
    "√": r"\surd ",
    "…": r"\ldots ",
}


# --- Mermaid ---


def to_mermaid(drawing: Drawing) -> str:
    """The picture as a flowchart in Mermaid, which GitHub and many editors draw."""
    direction = drawing.dot.graph_attr.get("rankdir", "LR")
    shapes = {"leaf": '["{}"]', "constant": '(["{}"])', "operation": '("{}")', "output": '[["{}"]]'}
    lines = [f"flowchart {direction}"]
    for name, box in drawing.boxes.items():
        heading = [
            " ".join(filter(None, (f"<b>{_in_mermaid(box.title)}</b>" if box.title else "", _in_mermaid(box.sign))))
        ]
        texts = [_in_mermaid(box.formula), *(f"{key} {_in_mermaid(x)}" for key, x in box.rows)]
        kind = "faded" if box.lit is False else box.kind
        lines.append(f"  {name}{shapes[box.kind].format('<br/>'.join(filter(None, heading + texts)))}:::{kind}")
    for arrow in drawing.arrows:
        text = f'|"{_in_mermaid(arrow.text)}"|' if arrow.text else ""
        lines.append(f"  {arrow.start} -->{text} {arrow.end}")
    for kind, (line, fill) in _COLOURS.items():
        lines.append(f"  classDef {kind} fill:#{fill},stroke:#{line},color:#1a1a1a")
    if any(box.lit is not None for box in drawing.boxes.values()):
        lines.append("  classDef faded fill:#f7f7f7,stroke:#b8b8b8,color:#8a8a8a")
        lines += [f"  style {name} stroke:{ACCENT},stroke-width:3px" for name, box in drawing.boxes.items() if box.lit]
        edges = [str(i) for i, arrow in enumerate(drawing.arrows) if arrow.lit]
        lines += [f"  linkStyle {','.join(edges)} stroke:{ACCENT},stroke-width:3px"] if edges else []
    lines += [f"  %% {visible(remark, 300)}" for remark in drawing.remarks]
    return "\n".join([*lines, ""])


def _in_mermaid(text: str) -> str:
    """The text inside quotes. Mermaid reads entities written with #, and HTML, whose signs are written so."""
    return "".join(
        c if c.isalnum() or c in " ._[],()+−×·Σσ∂√…=" else f"#{ord(c)};" for c in visible(html.unescape(text))
    )


WRITERS: Final[dict[str, Callable[[Drawing], str]]] = {"tex": to_tikz, "mmd": to_mermaid}
