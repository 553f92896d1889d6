"""Text formulas: what a Value is, in terms of the labelled Values that it was computed from.

The graph says which operation was applied to what, the rule table how each is written. What is added here are the
parentheses that keep the written order of evaluation the one that was computed: ``a * (b + c)``, ``(a * b)^2``.

An expression that was used twice is written twice, so a formula can be far longer than its graph is large. It is
written out breadth first, up to a limit, and says when it stopped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from autograd.rules import LEAF, Rule

if TYPE_CHECKING:
    from autograd.value import Value

# How tightly an operation binds, and how tightly its left and right operands must bind to do without parentheses.
_SUM, _PRODUCT, _MINUS, _POWER, _ATOM = range(1, 6)
_BINDING: Final = {
    "add": (_SUM, _SUM, _PRODUCT),
    "sub": (_SUM, _SUM, _PRODUCT),
    "mul": (_PRODUCT, _PRODUCT, _MINUS),
    "div": (_PRODUCT, _PRODUCT, _MINUS),
    "neg": (_MINUS, _POWER, _POWER),
    "pow": (_POWER, _ATOM, _POWER),
}
_PLAIN_LABEL: Final = re.compile(r"\w[\w.]*|∂\w+/∂\w+")


class _Text(NamedTuple):
    """A written expression, how tightly it binds, and how it is written inside a sum: ``w1*i1 + w2*i2``."""

    text: str
    binding: int
    tight: str


def _text(text: str, binding: int = _ATOM) -> _Text:
    return _Text(text, binding, text)


def formula(value: Value, *, numbers: bool = False, digits: int = 6, limit: int = 200) -> str:
    """What the Value is, as text, in terms of the nearest labelled Values below it.

    Args:
        value: the Value; its own label isn't used, unless it is a leaf.
        numbers: write the labelled Values' numbers instead of their labels.
        digits: how many significant digits a number has.
        limit: at most so many operations are written; ``…`` stands for the others, and the text says so.

    Returns:
        One line. Labels that are more than a name are quoted, so that ``"a+b"`` isn't taken for a sum.

    Raises:
        ValueError: ``digits`` or ``limit`` is less than 1.

    >>> from autograd import Value, sigmoid
    >>> w1, i1, w2, i2 = (Value(x, label=n) for x, n in [(0.15, "w1"), (0.05, "i1"), (0.2, "w2"), (0.1, "i2")])
    >>> h1 = w1 * i1 + w2 * i2
    >>> formula(h1), formula(h1, numbers=True)
    ('w1*i1 + w2*i2', '0.15*0.05 + 0.2*0.1')
    >>> h1.label = "h1"
    >>> formula(sigmoid(h1)), formula(1 / 2 * (w1 - h1) ** 2)
    ('σ(h1)', '1/2 * (w1 - h1)^2')
    """
    if digits < 1 or limit < 1:
        raise ValueError(f"digits and limit are at least 1, not {digits} and {limit}")
    nodes, operands, complete = _written_out(value, limit)
    texts: list[_Text] = [_text("")] * len(nodes)
    for i in reversed(range(len(nodes))):  # operands come after what they are operands of
        node = nodes[i]
        if operands[i]:
            assert not isinstance(node, float)
            texts[i] = _operation(node._rule, [texts[j] for j in operands[i]])
        elif isinstance(node, float) or node._rule is LEAF or node._label:
            texts[i] = _leaf(node, numbers, digits)
        else:
            texts[i] = _text("…")
    if complete:
        return texts[0].text
    return f"{texts[0].text}  (cut off after {limit} operations: … stands for the rest)"


def definition(value: Value, *, numbers: bool = False, digits: int = 6) -> str:
    """The formula of a function of one number as the rule table defines it in terms of others; ``""`` if it doesn't.

    Args:
        value: the function's result.
        numbers, digits: as for :func:`formula`.

    >>> from autograd import Value, sigmoid
    >>> definition(sigmoid(Value(0.0275, label="h1")))
    '1 / (1 + exp(-h1))'
    """
    if value._rule.arity != 1 or value._rule.definition is None or value._a is None:
        return ""
    return formula(value._rule.definition(value._a), numbers=numbers, digits=digits)


def _written_out(value: Value, limit: int) -> tuple[list[Value | float], list[list[int]], bool]:
    """The formula as a tree: its nodes, level by level; the places of each one's operands; whether all are there."""
    nodes: list[Value | float] = [value]
    operands: list[list[int]] = []
    written = 0
    complete = True
    for node in nodes:  # grows while it is walked
        operands.append([])
        if isinstance(node, float) or node._rule is LEAF or (node._label and node is not value):
            continue
        if written == limit:
            complete = False
            continue
        written += 1
        for operand in node._operands():
            operands[-1].append(len(nodes))
            nodes.append(operand)
    return nodes, operands, complete


def _leaf(node: Value | float, numbers: bool, digits: int) -> _Text:
    if isinstance(node, float):
        return _text("1/2", _PRODUCT) if node == 0.5 else _number(node, digits)
    if not node._label or numbers:
        return _number(node._data, digits)
    return _text(node._label if _PLAIN_LABEL.fullmatch(node._label) else repr(node._label))


def _number(x: float, digits: int) -> _Text:
    text = f"{x:.{digits}g}"
    return _text(text, _MINUS if text.startswith("-") else _ATOM)


def _operation(rule: Rule, operands: list[_Text]) -> _Text:
    if rule.name not in _BINDING:
        bracketed = re.search(r"^\{0\}|\{\d\}$", rule.text) is None  # f({0}), |{0}|, but not {0} ⊕ {1}
        texts = [x.text if bracketed or x.binding == _ATOM else f"({x.text})" for x in operands]
        return _text(rule.text.format(*texts), _ATOM if bracketed else 0)
    binding, *needed = _BINDING[rule.name]
    texts, tight = [], []
    for place, operand in enumerate(operands):
        text = operand.tight if binding == _SUM else operand.text
        brackets = operand.binding < needed[place] or (place == 1 and text.startswith("-"))
        texts.append(f"({text})" if brackets else text)
        tight.append(texts[-1] if brackets else operand.tight)
    text = rule.text.format(*texts)
    close = rule.name == "mul" and not any(" " in part for part in tight)
    return _Text(text, binding, "*".join(tight) if close else text)
