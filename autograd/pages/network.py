"""The network behind a graph: which numbers are its neurons' and its weights, layer by layer.

A network says so itself by a method ``network()``, as ``nn.W8Network`` does; of one that has layers of neurons it is
found out. A neuron's sum is the first operation that depends on all of its weights and its bias; the activation is
what follows. Where the graph has several samples, the neurons show the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.engine import graph
from autograd.engine.rules import LEAF
from autograd.engine.value import Value

Unit = dict[str, Any]  # names, values (places or constants), weights (places), bias (a place or -1)


def network(model: Any, nodes: Sequence[Value]) -> list[list[Unit]]:
    """The layers of units, inputs first; numbers as places in the story.

    Raises:
        TypeError: the model says nothing about its neurons.
        ValueError: its weights are not in the graph.
    """
    places = {node: place for place, node in enumerate(nodes)}
    if hasattr(model, "network"):
        layers = [[_told(unit, places) for unit in layer] for layer in model.network()]
    else:
        layers = _found(_neurons(model), nodes, places)
    if not layers or any(w < 0 for layer in layers for unit in layer for w in unit["weights"]):
        raise ValueError(f"the output wasn't computed with all weights of {model!r:.60}: run the model, then its loss")
    return layers


def has_neurons(model: Any) -> bool:
    """Whether the model says which neurons it has."""
    return any(hasattr(model, name) for name in ("network", "layers", "neurons"))


def _told(unit: Sequence[Any], places: dict[Value, int]) -> Unit:
    names, weights, bias, _, values = tuple(unit) + ((), None, "", ())[len(unit) - 1 :]
    shown = [places.get(x, -1) for x in values] or [-1] * len(names)
    return _unit(names, shown, [places.get(w, -1) for w in weights], places.get(bias, -1) if bias is not None else -1)


def _unit(names: Sequence[str], values: Sequence[Any], weights: Sequence[int], bias: int) -> Unit:
    return {"names": list(names), "values": list(values), "weights": list(weights), "bias": bias}


def _neurons(model: Any) -> list[list[Any]]:
    if hasattr(model, "layers"):
        return [list(layer.neurons) for layer in model.layers]
    if hasattr(model, "neurons"):
        return [list(model.neurons)]
    raise TypeError(f"a network has layers, neurons, or a method network(); {type(model).__name__} has none of them")


def _found(layers: list[list[Any]], nodes: Sequence[Value], places: dict[Value, int]) -> list[list[Unit]]:
    users: dict[Value, list[Value]] = {node: [] for node in nodes}
    for node in nodes:
        for x in node._operands() if node._rule is not LEAF else ():
            if isinstance(x, Value):
                users[x].append(node)
    told: list[list[Unit]] = []
    for k, neurons in enumerate(layers, start=1):
        prefix = "y" if k == len(layers) else f"h{k}."
        told.append([_neuron(f"{prefix}{j}", neuron, nodes, users, places) for j, neuron in enumerate(neurons, 1)])
    inputs = [_input(w, users, places) for w in layers[0][0].w]
    return [[_unit([f"x{i}"], [x], [], -1) for i, x in enumerate(inputs, start=1)], *told]


def _neuron(
    name: str, neuron: Any, nodes: Sequence[Value], users: dict[Value, list[Value]], places: dict[Value, int]
) -> Unit:
    bias = getattr(neuron, "b", None)
    weights = [places.get(w, -1) for w in neuron.w]
    sources = [x for x in (*neuron.w, bias) if isinstance(x, Value) and x in places]
    joint = [graph.depending_on([x], nodes) for x in sources]
    weighted = next((n for n in nodes if n._rule is not LEAF and joint and all(n in d for d in joint)), None)
    values = [] if weighted is None else [places[weighted]]
    activation = getattr(neuron, "activation", "linear")
    if weighted is not None and activation != "linear":
        values += [places[node] for node in users[weighted] if node._rule.name == activation][:1]
    names = [name, *([str(activation)] if len(values) > 1 else [])]
    return _unit(names, values or [-1], weights, places.get(bias, -1) if isinstance(bias, Value) else -1)


def _input(w: Value, users: dict[Value, list[Value]], places: dict[Value, int]) -> Any:
    """What a weight is multiplied by: a place, or a constant as a list of one."""
    for node in users.get(w, ()):
        for x in node._operands():
            if x is not w:
                return places.get(x, -1) if isinstance(x, Value) else [float(x)]
    return -1
