"""``explain``, and its three relatives."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any, Final

from autograd.engine import rules
from autograd.engine.rules import LEAF, RULES
from autograd.engine.value import Value
from autograd.explanations.algebra import Symbol, names_in
from autograd.explanations.derivation import Derivation, value_line
from autograd.explanations.explanation import Explanation
from autograd.explanations.lines import Block, Line, natural
from autograd.explanations.row import rule_blocks
from autograd.explanations.stations import Stations
from autograd.views.expression import Expression

LINES: Final = 60  # of a forward pass


class Explain:
    """``explain(v, wrt)`` writes down how a gradient comes about; see :meth:`__call__`."""

    __name__ = "explain"

    def __call__(
        self,
        v: Value,
        wrt: Value | Iterable[Value] = (),
        *,
        digits: int = 6,
        numbers: bool = True,
        depth: int | None = None,
    ) -> Explanation:
        """The derivation of ∂v/∂wrt by the chain rule, every factor as formula, with numbers, and as value.

        The labelled Values are its stations. ``.grad`` isn't needed and isn't changed.

        Args:
            v: the Value that is differentiated.
            wrt: the Value that it is differentiated by; for several, one derivation has the steps that they share.
            digits: significant digits.
            numbers: False for formulas only.
            depth: how many stations to go up from each of ``wrt``; the gradients beyond are given as numbers.

        Raises:
            TypeError: something isn't a Value.
            ValueError: ``digits`` or ``depth`` is below 1, or ``wrt`` is empty.
            AutogradError: a leaf was assigned another number since the graph was recorded.

        >>> from autograd import Value, sigmoid
        >>> x, w, t = Value(0.5, "x"), Value(0.8, "w"), Value(1.0, "t")
        >>> a = sigmoid(w * x)
        >>> a.label = "a"
        >>> E = (t - a) ** 2 / 2
        >>> E.label = "E"
        >>> print(explain(E, w, digits=4))
        ∂E/∂w = ∂E/∂a · ∂a/∂w
          ∂E/∂a = -(t - a)        = -(1 - 0.5987)               = -0.4013
          ∂a/∂w = a * (1 - a) * x = 0.5987 * (1 - 0.5987) * 0.5 = 0.1201
        ∂E/∂w = (-0.4013) · 0.1201 = -0.04821
        """
        if not isinstance(v, Value):
            raise TypeError(f"explain takes Values, not {type(v).__name__}: {v!r:.60}; write explain(v, [x, y])")
        several: Any = wrt
        targets: list[Value] = [several] if isinstance(wrt, Value) or not hasattr(wrt, "__iter__") else list(several)
        _check(digits, depth)
        if not targets:
            raise ValueError("explain needs a Value to differentiate by: write explain(v, x), or explain(v, [x, y])")
        stations = Stations(v, targets)
        derivation = Derivation(stations, depth)
        blocks = derivation.blocks()
        found = tuple(derivation.adjoint.get(t, 0.0) for t in targets)
        return Explanation(blocks, found[0] if isinstance(wrt, Value) else found, digits, numbers)

    def forward(self, v: Value, *, digits: int = 6, numbers: bool = True, depth: int | None = None) -> Explanation:
        """The forward pass, a line for each labelled Value: symbol = formula = numbers put in = value.

        Args:
            v: the result.
            digits, numbers: as for ``explain``.
            depth: how many lines back from the result; 60 at most if it isn't given.

        >>> from autograd import Value
        >>> w, x = Value(0.15, "w"), Value(0.05, "x")
        >>> h = w * x + 1
        >>> h.label = "h"
        >>> print(explain.forward(h))
        w = 0.15
        x = 0.05
        <BLANKLINE>
        h = w*x + 1 = 0.15*0.05 + 1 = 1.0075
        """
        _check(digits, depth)
        stations = Stations(v)
        nodes = [node for node in stations.order if node in stations.stations]
        given = [node for node in nodes if node._rule is LEAF]
        made = [node for node in nodes if node._rule is not LEAF]
        most = LINES if depth is None else depth
        lines = [value_line(stations, node, spelled_out=True) for node in made[-most:]]
        if len(made) > most:
            used = names_in([e for line in lines for e in line.formulas])
            given = [node for node in [*given, *made[:-most]] if stations.name(node) in used]
        given.sort(key=lambda node: natural(stations.name(node)))
        numbers_given = [Line(stations.symbol(node), (), node.data, "value") for node in given]
        blocks = [Block(numbers_given), Block(lines)]
        if len(made) > most:
            blocks[1] = blocks[1]._replace(heading=f"The last {most} of {len(made):,} steps")
        return Explanation(blocks, v.data, digits, numbers)

    def update(self, net: Any, lr: float, *, digits: int = 6, numbers: bool = True) -> Explanation:
        """A step of gradient descent, w - η·∂E/∂w, a line for each parameter. Nothing is changed.

        Args:
            net: a module, or the parameters in a list, after ``backward()``.
            lr: the learning rate η.
            digits, numbers: as for ``explain``.

        Returns:
            The explanation; its ``value`` has the new numbers, in order.

        Raises:
            ValueError: the learning rate isn't positive, or there are no parameters.

        >>> from autograd import Value
        >>> w = Value(0.5, "w")
        >>> ((1 - w) ** 2).backward()
        >>> print(explain.update([w], lr=0.1))
        w_new = w - η*∂E/∂w = 0.5 - 0.1*(-1) = 0.6
        """
        _check(digits, None)
        if not 0 < lr < math.inf:
            raise ValueError(f"the learning rate is a positive number, not {lr!r}")
        parameters = list(net.parameters() if hasattr(net, "parameters") else net)
        if not parameters or not all(isinstance(w, Value) for w in parameters):
            raise ValueError("explain.update takes a module or a list of Values: explain.update(net, lr=0.5)")
        known = dict(net.named_parameters()) if hasattr(net, "named_parameters") else {}
        names = {w: label for label, w in known.items()}
        error = "E_total" if "E_total" in getattr(net, "nodes", ()) else "E"
        lines = []
        for i, w in enumerate(parameters):
            label = w.label or names.get(w, f"w{i + 1}")
            step = Expression("", rules.mul.notation, (Symbol("η", lr), Symbol(error, w.grad, label)))
            formula = Expression("", rules.sub.notation, (Symbol(label, w.data), step))
            lines.append(Line(Symbol(f"{label}_new", 0.0), (formula,), w.data - lr * w.grad, "update"))
        new = tuple(line.value for line in lines)
        heading = "" if len(lines) <= LINES else f"The first {LINES} of {len(lines):,} parameters"
        return Explanation([Block(lines[:LINES], heading=heading)], new, digits, numbers)

    def rule(self, name: str) -> Explanation:
        """A row of the rule table: the derivative as the textbook has it, why it is that, and how it is computed.

        The reason is the chain rule, applied to the definition of the function in terms of others, if it has one.

        Args:
            name: of a primitive, as in the table: ``"sigmoid"``, ``"mul"``, ``"pow"``.

        Raises:
            ValueError: there is no such primitive.

        >>> print(explain.rule("sigmoid"))
        The rule of sigmoid, for every x:
        y     = σ(x)
        ∂y/∂x = y * (1 - y)
        <BLANKLINE>
        From its definition, by the chain rule:
        y     = 1 / (1 + exp(-x))
        ∂y/∂x = 1 / (1 + exp(-x))^2 * exp(-x)
        <BLANKLINE>
        Computed as, because this form keeps its digits everywhere:
        ∂y/∂x = σ′(x)
        """
        if not isinstance(name, str):
            raise TypeError(f'a rule has a name, such as "sigmoid"; this is {type(name).__name__}: {name!r:.60}')
        if name not in RULES:
            near = difflib.get_close_matches(name, RULES, 1)
            raise ValueError(f"the table has no rule {name!r}{f'; did you mean {near[0]!r}?' if near else ''}")
        return Explanation(rule_blocks(RULES[name]), math.nan, numbers=False)


def _check(digits: int, depth: int | None) -> None:
    for option, number in (("digits", digits), ("depth", 1 if depth is None else depth)):
        if not hasattr(number, "__index__"):
            raise TypeError(f"{option} is a whole number, not {type(number).__name__}: {number!r:.60}")
    if digits < 1:
        raise ValueError(f"digits counts significant digits, 1 or more, not {digits}")
    if depth is not None and depth < 1:
        raise ValueError(f"depth counts the stations to go back, 1 or more, not {depth}")


explain: Final = Explain()
