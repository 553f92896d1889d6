"""The w1–w8 calculation as lines of text: forward, backward, one step.

Everything is read off the recorded graph. The chain rule's lines are written here as a person would write them, each
from the line before. The tests compare their results with the engine's own gradients.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from autograd import Value
from autograd.views.formula import definition, formula
from nn.w8.network import W8Network

WIDTH: Final = 100  # columns of text


class Line(NamedTuple):
    """A line of a calculation: a name, its formula, the same with numbers, and the result."""

    name: str
    formula: str
    numbers: str
    result: str


def report(network: W8Network, lr: float) -> Iterator[str]:
    """The lines of text for a network whose error has been computed and differentiated, up to a step at that rate."""
    biases = "a bias for each layer" if network.biases else "no biases"
    yield f"The w1–w8 network: two inputs, two hidden neurons, two outputs, {biases}"
    yield f"  inputs   {_named(network.inputs)}"
    yield f"  targets  {_named(network.targets)}"
    weights = network.parameters()
    yield f"  weights  {_named(weights[:4])}"
    yield f"           {_named(weights[4:])}"
    if network.biases:
        yield f"  biases   {_named(network.biases)}"
    yield "\nForward pass"
    yield from fitted(forward, network)
    yield "\nBackward pass: the chain rule, from the error back to the weights"
    yield from fitted(backward, network)
    yield f"\nThe eight gradients, and one step of gradient descent: w - {lr:g} * ∂E/∂w"
    columns = {
        "w": [w.data for w in weights],
        "∂E/∂w": [w.grad for w in weights],
        "after the step": [w.data - lr * w.grad for w in weights],
    }
    yield from in_columns(["", *(w.label for w in weights)], columns)


def in_columns(names: Sequence[str], columns: dict[str, list[float]]) -> list[str]:
    """A table: names at the left, then columns of numbers under their headings, decimal points below each other."""
    cells = [[heading, *by_decimal_point(list(map(short, numbers)))] for heading, numbers in columns.items()]
    width = max(map(len, names))
    widths = [max(map(len, column)) for column in cells]
    rows = zip(names, zip(*cells))
    return [
        f"  {name:<{width}}   {'   '.join(f'{cell:<{w}}' for cell, w in zip(row, widths))}".rstrip()
        for name, row in rows
    ]


def _named(values: Iterable[Value]) -> str:
    return "   ".join(f"{value.label} = {short(value.data):<6}" for value in values).rstrip()


def short(x: float) -> str:
    """The number with nine digits, as in the document."""
    return f"{x:.9g}"


def forward(network: W8Network, digits: int) -> list[Line]:
    """The forward pass, node by node."""
    by_layer = ("h1", "h2", "a_h1", "a_h2", "o1", "o2", "a_o1", "a_o2", "E1", "E2", "E_total")
    return [_line(name, network.nodes[name], digits) for name in by_layer]


def backward(network: W8Network, digits: int) -> list[Line]:
    """The chain rule, as one writes it on paper: every line uses gradients that are there already."""
    return [_line(f"∂E/∂{name}", gradient, digits) for name, gradient in chain_rule(network).items()]


def chain_rule(network: W8Network) -> dict[str, Value]:
    """∂E_total with respect to every node and weight, as an expression in the gradients one layer further on."""
    (i1, i2), (t1, t2) = network.inputs, network.targets
    a_h1, a_h2, a_o1, a_o2 = (network.nodes[name] for name in ("a_h1", "a_h2", "a_o1", "a_o2"))
    w5, w6, w7, w8 = network.w5, network.w6, network.w7, network.w8
    d = {name: Value(node.grad, label=f"∂E/∂{name}") for name, node in network.nodes.items()}
    return {
        "a_o1": -(t1 - a_o1),
        "a_o2": -(t2 - a_o2),
        "o1": d["a_o1"] * a_o1 * (1 - a_o1),
        "o2": d["a_o2"] * a_o2 * (1 - a_o2),
        "w5": d["o1"] * a_h1,
        "w6": d["o1"] * a_h2,
        "w7": d["o2"] * a_h1,
        "w8": d["o2"] * a_h2,
        "a_h1": d["o1"] * w5 + d["o2"] * w7,
        "a_h2": d["o1"] * w6 + d["o2"] * w8,
        "h1": d["a_h1"] * a_h1 * (1 - a_h1),
        "h2": d["a_h2"] * a_h2 * (1 - a_h2),
        "w1": d["h1"] * i1,
        "w2": d["h1"] * i2,
        "w3": d["h2"] * i1,
        "w4": d["h2"] * i2,
    }


def _line(name: str, value: Value, digits: int) -> Line:
    text, numbers = formula(value), formula(value, numbers=True, digits=digits)
    by_definition = definition(value) if value.op == "sigmoid" else ""
    if by_definition:
        text, numbers = f"{text} = {by_definition}", definition(value, numbers=True, digits=digits)
    return Line(name, text, numbers, short(value.data))


def fitted(lines: Any, network: W8Network) -> list[str]:
    """The lines in aligned columns, with as many digits in the middle as the width has room for."""
    for digits in range(9, 2, -1):
        texts = _aligned(lines(network, digits))
        if max(map(len, texts)) <= WIDTH:
            break
    return texts


def _aligned(lines: Sequence[Line]) -> list[str]:
    *texts, results = zip(*lines)
    columns = [*texts, by_decimal_point(results)]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  " + " = ".join(f"{cell:<{width}}" for cell, width in zip(line, widths)).rstrip() for line in zip(*columns)
    ]


def by_decimal_point(numbers: Sequence[str]) -> list[str]:
    """The numbers, padded so that their decimal points are below each other.

    >>> by_decimal_point(["-0.5", "12", "3.25"])
    ['-0.5 ', '12   ', ' 3.25']
    """
    heads = [len(re.split(r"[.e]", number)[0]) for number in numbers]
    texts = [" " * (max(heads) - head) + number for head, number in zip(heads, numbers)]
    return [f"{text:<{max(map(len, texts))}}" for text in texts]
