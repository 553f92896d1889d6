"""Formulas, as plain text, LaTeX or MathML: a Value as an expression in the labelled Values that it was computed from.

The graph says which operation was applied to what, the rule table how each is written. The brackets that keep the
written order of evaluation the one that was computed, ``a * (b + c)``, ``(a * b)^2``, are the notations' own.

An expression that was used twice is written twice, so a formula can be far longer than its graph is large. It is
written out breadth first, up to a limit, and says when it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.engine.notation import Notation
from autograd.engine.rules import LEAF, Rule
from autograd.engine.styles import Style, Written, named_style
from autograd.views.expression import Condition, Expression

if TYPE_CHECKING:
    from autograd.engine.value import Value


def formula(value: Value, *, style: str = "text", numbers: bool = False, digits: int = 6, limit: int = 200) -> str:
    r"""The Value as an expression in the nearest labelled Values below it.

    Args:
        value: the Value; its own label isn't used, unless it is a leaf.
        style: ``"text"``, ``"latex"`` (for math mode, with amsmath) or ``"mathml"`` (a ``<math>`` element).
        numbers: write the labelled Values' numbers instead of their labels.
        digits: how many significant digits a number has.
        limit: at most so many operations are written; ``…`` stands for the others, and the formula says so.

    Returns:
        One line. In text, labels that are more than a name are quoted, so that ``"a+b"`` isn't taken for a sum; in
        LaTeX and MathML they are set as words.

    Raises:
        ValueError: ``digits`` or ``limit`` is less than 1, or there is no such style.

    >>> from autograd import Value, sigmoid
    >>> w1, i1, w2, i2 = (Value(x, label=n) for x, n in [(0.15, "w1"), (0.05, "i1"), (0.2, "w2"), (0.1, "i2")])
    >>> h1 = w1 * i1 + w2 * i2
    >>> formula(h1), formula(h1, numbers=True)
    ('w1*i1 + w2*i2', '0.15*0.05 + 0.2*0.1')
    >>> h1.label = "a_h1"
    >>> formula(sigmoid(h1)), formula(1 / 2 * (w1 - h1) ** 2)
    ('σ(a_h1)', '1/2 * (w1 - a_h1)^2')
    >>> print(formula(1 / 2 * (w1 - h1) ** 2, style="latex"))
    \frac{1}{2} \cdot (w_{1} - a_{h1})^{2}
    """
    return _printed(value, style, numbers, digits, limit)


def definition(value: Value, *, style: str = "text", numbers: bool = False, digits: int = 6) -> str:
    """The formula of a function of one number as the rule table defines it in terms of others; ``""`` if it doesn't.

    Args:
        value: the function's result.
        style, numbers, digits: as for :func:`formula`.

    >>> from autograd import Value, sigmoid
    >>> definition(sigmoid(Value(0.0275, label="h1")))
    '1 / (1 + exp(-h1))'
    """
    if value._rule.arity != 1 or value._rule.definition is None or value._a is None:
        return ""
    return formula(value._rule.definition(value._a), style=style, numbers=numbers, digits=digits)


def partial_formula(
    rule: Rule,
    position: int,
    names: Sequence[str],
    style: str = "text",
    textbook: bool = True,
    *,
    digits: int = 6,
    limit: int = 200,
) -> str:
    """The formula of one of a rule's partial derivatives.

    Args:
        rule: a row of the table.
        position: of the operand that the derivative is taken with respect to, counted from 0.
        names: what the operands are called, in order, and last the result.
        style, digits, limit: as for :func:`formula`.
        textbook: as the textbook writes it; else the form that is computed with, which is accurate in more places.

    Raises:
        TypeError: the partial is a program that needs numbers, and no formula.
        ValueError: there are too few or too many names, or as for :func:`formula`.

    >>> from autograd.engine.rules import RULES
    >>> partial_formula(RULES["sigmoid"], 0, ["h1", "a_h1"])
    'a_h1 * (1 - a_h1)'
    >>> partial_formula(RULES["sigmoid"], 0, ["h1", "a_h1"], textbook=False)
    'σ′(h1)'
    >>> partial_formula(RULES["relu"], 0, ["x", "y"])
    '1 if x > 0 else 0'
    """
    if len(names) != rule.arity + 1:
        raise ValueError(f"{rule.name} has {rule.arity} operands and a result to be named, not {len(names)}: {names!r}")
    partial = (rule.textbook if textbook else rule.partials)[position]
    return _printed(partial(*map(Expression, names)), style, False, digits, limit)


def _printed(root: Any, style: str, numbers: bool, digits: int, limit: int) -> str:
    if digits < 1 or limit < 1:
        raise ValueError(f"digits and limit are at least 1, not {digits} and {limit}")
    how = named_style(style)
    nodes, notations, operands, complete = _written_out(root, limit)
    written = [Written("")] * len(nodes)
    for i in reversed(range(len(nodes))):  # operands come after what they are operands of
        notation = notations[i]
        if notation is None:
            written[i] = _leaf(nodes[i], how, numbers, digits)
        elif operands[i]:
            written[i] = notation.write(how, [written[j] for j in operands[i]])
        else:
            written[i] = Written(how.ellipsis)
    if complete:
        return how.whole(written[0].text)
    return how.whole(how.remark(written[0].text, f"(cut off after {limit} operations: … stands for the rest)"))


def _written_out(root: Any, limit: int) -> tuple[list[Any], list[Notation | None], list[list[int]], bool]:
    """The formula as a tree: its nodes, level by level; the notation of each that is an operation; the places of its
    operands; whether all are there.
    """
    nodes = [root]
    notations: list[Notation | None] = []
    operands: list[list[int]] = []
    written = 0
    complete = True
    for node in nodes:  # grows while it is walked
        notation, below = _made_by(node, node is root)
        notations.append(notation)
        operands.append([])
        if notation is None:
            continue
        if written == limit:
            complete = False
            continue
        written += 1
        for operand in below:
            operands[-1].append(len(nodes))
            nodes.append(operand)
    return nodes, notations, operands, complete


def _made_by(node: Any, is_root: bool) -> tuple[Notation | None, Sequence[Any]]:
    """How the operation that made the number is written, and what it was applied to; no notation for a leaf."""
    if isinstance(node, (float, int)):
        return None, ()
    if isinstance(node, (Expression, Condition)):
        return node.notation, node.operands
    if node._rule is LEAF or (node._label and not is_root):
        return None, ()
    return node._rule.notation, node._operands()


def _leaf(node: Any, style: Style, numbers: bool, digits: int) -> Written:
    x = node.leaf if isinstance(node, Expression) else node
    if isinstance(x, str):
        return style.label(x)
    if isinstance(x, (float, int)):
        return style.half() if x == 0.5 else style.number(x, digits)
    return style.number(x._value, digits) if numbers or not x._label else style.label(x._label)
