"""A network as people draw it: neurons are circles, weights are the lines between them.

A line's width is the size of its weight, its colour the sign: blue is positive, orange and dashed is negative; its
arrow is the way of the forward pass. Numbers and gradients are shown where there is room for them, and are in the
tooltips in any case. The circles stand where this file puts them, a column for each layer, so neurons keep their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value
from autograd.engine.rules import RULES
from autograd.views.render import (
    FONT,
    GREY,
    INK,
    Picture,
    checked_path,
    in_label,
    in_tooltip,
    load_graphviz,
    number,
    write,
)

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import graphviz

MAX_LAYERS, MAX_NEURONS = 8, 16  # that are drawn, and in each layer
_FEW_EDGES = 60  # more are drawn thinner
_LABELLED_EDGES = 24  # a network with at most so many weights has their numbers beside the lines
_POSITIVE, _NEGATIVE = "#0072b2", "#d55e00"
_CIRCLES = {"input": ("#d3eafa", "#0072b2"), "hidden": ("#fff3c4", "#b8860b"), "output": ("#cdeee2", "#007a5a")}
_PILL = {"shape": "box", "style": "filled,rounded", "fillcolor": "#ffffff", "penwidth": "0.8", "fontsize": "11"} | {
    "margin": "0.05,0.03",
    "height": "0",
    "width": "0",
}


class Unit(NamedTuple):
    """A circle: an input, which has no weights, or a neuron, with a weight for each unit of the layer before."""

    names: tuple[str, ...]  # one on each line inside the circle
    weights: Sequence[Value] = ()
    bias: Value | None = None
    activation: str = ""
    values: Sequence[Value] = ()  # what was computed last, for each of the names


def draw_network(model: Any, path: str | os.PathLike[str] | None = None, *, digits: int = 4) -> Path | Picture:
    """Draw a network: neurons as circles, weights as lines.

    Args:
        model: an MLP, a Layer, a Neuron, or a model whose method ``network()`` returns its layers, inputs first: for
            each unit ``(names, weights, bias, activation, values)``, as in ``Unit``.
        path: the file to write; its ending says what kind: ``.svg``, ``.png``, ``.pdf`` or ``.dot``.
        digits: significant digits.

    Returns:
        The path; without one, an object that Jupyter shows as the picture.

    Raises:
        TypeError: the model says nothing about its neurons.
        ValueError: the path has another ending.
        MissingDependency: a graphviz library is not installed.

    >>> from nn import MLP
    >>> draw_network(MLP(2, [8, 8, 1], seed=1))
    <Picture: 19 nodes, 88 edges>
    """
    target = None if path is None else checked_path(path)
    digraph = _to_dot(_layers(model), digits)
    return Picture(digraph) if target is None else write(digraph, target)


# --- What there is to draw ---


def _layers(model: Any) -> list[list[Unit]]:
    if hasattr(model, "network"):
        return [[Unit(*unit) for unit in layer] for layer in model.network()]
    if hasattr(model, "layers"):
        layers = [layer.neurons for layer in model.layers]
    elif hasattr(model, "neurons"):
        layers = [model.neurons]
    elif hasattr(model, "w"):
        layers = [[model]]
    else:
        raise TypeError(
            f"a network has layers, neurons, or a method network(); {type(model).__name__} has none of them"
        )
    inputs = [Unit((f"x{i}",)) for i in range(1, len(layers[0][0].w) + 1)]
    last = len(layers)
    return [inputs, *(_units(neurons, f"h{k}." if k < last else "y") for k, neurons in enumerate(layers, start=1))]


def _units(neurons: Iterable[Any], prefix: str) -> list[Unit]:
    return [_unit(f"{prefix}{j}", neuron) for j, neuron in enumerate(neurons, start=1)]


def _unit(name: str, neuron: Any) -> Unit:
    activation = getattr(neuron, "activation", "linear")
    if not isinstance(activation, str):
        activation = getattr(activation, "__name__", "function")
    names = (name,) if activation == "linear" else (name, _symbol(activation))
    return Unit(names, neuron.w, getattr(neuron, "b", None), activation)


def _symbol(activation: str) -> str:
    return RULES[activation].symbol if activation in RULES else activation


# --- How it looks ---


def _to_dot(layers: list[list[Unit]], digits: int) -> graphviz.Digraph:
    drawn = _shortened(list(range(len(layers))), MAX_LAYERS)
    rows = max(min(len(layers[k]), MAX_NEURONS) for k in drawn if k is not None)
    weights = [w for k in drawn if k for unit in layers[k] for w in unit.weights]
    labelled = len(weights) <= _LABELLED_EDGES
    largest = max((abs(w.data) for w in weights), default=0.0)
    dot = load_graphviz().Digraph(
        "network",
        engine="neato",
        graph_attr={"layout": "neato", "bgcolor": "transparent", "outputorder": "edgesfirst", "splines": "line"}
        | {"tooltip": " ", "pad": "0.1"},
        node_attr={"fontname": FONT, "fontsize": "13", "fontcolor": INK, "margin": "0", "penwidth": "1.5"},
        edge_attr={"arrowsize": "0.7"} if labelled else {"arrowhead": "none"},
    )
    units = [unit for k in drawn if k is not None for unit in layers[k]]
    wide = labelled and any(unit.values for unit in units)  # circles have numbers in them
    step = (3.4 if wide else 3.0 if labelled else 2.2 + 0.16 * rows, 1.7 if wide else 1.25 if rows <= 4 else 0.75)
    places = [_place(x * step[0], layers[k], step[1], rows) if k is not None else None for x, k in enumerate(drawn)]
    width = 4.4 if len(weights) <= _FEW_EDGES else 2.2
    scale = width / largest if largest else 0.0
    for x, (k, place) in enumerate(zip(drawn, places)):
        if k is None or place is None:
            _note(dot, "skipped", (x * step[0], 0.0), f"… {len(layers) - MAX_LAYERS:,} more layers")
            continue
        kind = "input" if k == 0 else "output" if k == len(layers) - 1 else "hidden"
        for j, at in place.items():
            if j is None:
                _note(dot, f"more{k}", at, f"⋮ {len(layers[k]) - MAX_NEURONS:,} more")
            else:
                dot.node(f"n{k}_{j}", **_circle(layers[k][j], kind, at, digits, wide))
    for (k, place), (after, next_place) in pairwise(zip(drawn, places)):
        if k is not None and after is not None and place is not None and next_place is not None:
            _connect(dot, (k, place), (after, next_place), layers[after], scale, digits if labelled else 0)
    grads = labelled and any(x.grad for unit in units for x in (*unit.weights, *unit.values))
    if weights:
        text = "→ forward pass; " if labelled else "inputs left, outputs right; "
        text += "blue: positive, orange and dashed: negative"
        text += "; ∂: gradient of the error, by backward()" if grads else ""
        dot.attr(label=f"<{in_label(text, 120)}>", labelloc="b", fontname=FONT, fontsize="12", fontcolor=GREY)
    return dot


_Point = tuple[float, float]
_Places = dict["int | None", _Point]  # by position in the layer; None is where some are left out


def _shortened(items: list[int], limit: int) -> list[int | None]:
    """All items, or the first and last of them, with None in between."""
    if len(items) <= limit:
        return [*items]
    return [*items[: limit - 1], None, items[-1]]


def _place(x: float, layer: list[Unit], step: float, rows: int) -> _Places:
    """A column, centred; one that is shorter than the longest is spread out."""
    drawn = _shortened(list(range(len(layer))), MAX_NEURONS)
    step = min(2 * step, step * rows / len(drawn))
    return {j: (x, step * ((len(drawn) - 1) / 2 - row)) for row, j in enumerate(drawn)}


def _circle(unit: Unit, kind: str, at: _Point, digits: int, wide: bool) -> dict[str, str]:
    fill, border = _CIRCLES[kind]
    if wide and unit.values:
        label = _table(unit, digits)
        tooltips = [line for value in unit.values for line in _described(value.label or "x", value)]
        return {"label": label, "shape": "circle", "style": "filled", "fillcolor": fill, "color": border} | {
            "pos": _pinned(at),
            "fixedsize": "true",
            "width": "1.3",
            "tooltip": in_tooltip(*tooltips),
        }
    first, *others = unit.names or ("",)
    lines = [f'<FONT POINT-SIZE="{_fitting(first, 13)}"><B>{in_label(first, 9)}</B></FONT>' if first else " "]
    lines += [f'<FONT POINT-SIZE="{_fitting(other, 11)}">{in_label(other, 9)}</FONT>' for other in others]
    tooltip = [" · ".join(unit.names)]
    if unit.weights:
        tooltip += [f"activation: {unit.activation}"] if unit.activation else []
        tooltip += _described("b", unit.bias) if unit.bias is not None else ["no bias"]
    return {
        "label": f"<{'<BR/>'.join(lines)}>",
        "shape": "circle",
        "style": "filled",
        "fillcolor": fill,
        "color": border,
    } | {
        "pos": _pinned(at),
        "fixedsize": "true",
        "width": "0.66",
        "tooltip": in_tooltip(*tooltip),
    }


def _table(unit: Unit, digits: int) -> str:
    """The names with their numbers, and below each the gradient, if there is one; at last the bias."""
    lines = []
    for name, value in zip(unit.names, unit.values):
        lines.append(f'<FONT POINT-SIZE="12"><B>{in_label(name, 9)}</B> {number(value.data, digits)}</FONT>')
        if value.grad:
            lines.append(f'<FONT POINT-SIZE="10" COLOR="#555555">∂ {number(value.grad, digits)}</FONT>')
    if unit.bias is not None:
        name = in_label(unit.bias.label or "b", 9)
        lines.append(f'<FONT POINT-SIZE="10" COLOR="#555555">{name} {number(unit.bias.data, digits)}</FONT>')
    return f"<{'<BR/>'.join(lines)}>"


def _fitting(text: str, size: int) -> int:
    """The size of the font, in points, that the text fits into a circle with."""
    return size if len(text) <= 4 else size - 2 if len(text) <= 6 else 7


def _connect(
    dot: graphviz.Digraph,
    before: tuple[int, _Places],
    after: tuple[int, _Places],
    units: list[Unit],
    scale: float,
    digits: int,
) -> None:
    """The lines from one layer to the next; with ``digits``, each has its weight's name and number beside it."""
    for j, end in after[1].items():
        for i, start in before[1].items():
            if i is None or j is None:
                continue
            w = units[j].weights[i]
            colour = _NEGATIVE if w.data < 0 else _POSITIVE
            name = w.label or f"w[{i}] of {units[j].names[0]}"
            look = {
                "color": colour,
                "penwidth": f"{0.6 + scale * abs(w.data):.2f}",
                "style": "dashed" if w.data < 0 else "solid",
                "tooltip": in_tooltip(*_described(name, w)),
            }
            ends = f"n{before[0]}_{i}", f"n{after[0]}_{j}"
            dot.edge(*ends, **look)
            if digits:
                at = (start[0] + 0.34 * (end[0] - start[0]), start[1] + 0.34 * (end[1] - start[1]))
                text = f"<B>{in_label(w.label, 10)}</B> " if w.label else ""
                pill = {"color": colour, "pos": _pinned(at), "tooltip": look["tooltip"]} | _PILL
                gradient = f'<BR/><FONT COLOR="#555555">∂ {number(w.grad, digits)}</FONT>' if w.grad else ""
                dot.node(f"w{after[0]}_{j}_{i}", label=f"<{text}{number(w.data, digits)}{gradient}>", **pill)


def _described(name: str, w: Value) -> list[str]:
    return [f"{name} = {number(w.data, 17)}", f"∂/∂{name} = {number(w.grad, 17)}"]


def _note(dot: graphviz.Digraph, name: str, at: _Point, text: str) -> None:
    look = _PILL | {"fillcolor": "#ececec", "color": GREY}
    dot.node(name, label=f"<{text}>", pos=_pinned(at), tooltip=text, **look)


def _pinned(at: _Point) -> str:
    return f"{at[0]:.3f},{at[1]:.3f}!"
