"""``@primitive(vjp=..., jvp=...)``: a function from arrays to arrays with its own derivative, as one operation.

Either of the two says all: a Jacobian's rows are ``vjp`` of unit cotangents, its columns ``jvp`` of unit tangents. The
one that is given is used as it is in its own mode, and as a matrix in the other one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.transforms import returned
from autograd.transforms.by_hand import Hand
from autograd.transforms.custom import Arguments, Custom, call_by_hand, jointly, push_by_rule
from autograd.transforms.forward import Dual
from autograd.transforms.trees import Tree, exact, flatten
from autograd.transforms.worlds import OnlyReverse

Rule = Callable[..., Any]


class Whole(Custom):
    """Such a function.

    Args:
        f: the function.
        vjp: of the cotangent, the arguments and the result.
        jvp: of the tangents, the arguments and the result.
        name: for pictures and messages.
    """

    def __init__(self, f: Callable[..., Any], vjp: Rule | None, jvp: Rule | None, name: str) -> None:
        super().__init__(f)
        self.name = name
        self.vjp = vjp
        self.jvp = jvp

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._given(args, kwargs)
        if call.top is None:
            return self.f(*call.args)
        if isinstance(call.top, Dual) and self.jvp is not None:
            return push_by_rule(self.name, call, self._push)
        if isinstance(call.top, Dual) or self.vjp is None:
            return self._jointly(call)
        tree: Any = None

        def forward(numbers: Any) -> tuple[list[Any], Any]:
            nonlocal tree
            args = call.at(numbers)
            y = self(*args)
            tree, outputs = flatten(y)
            return outputs, (args, y, tree, outputs)

        def backward(kept: Any, cotangents: list[Any]) -> list[Any]:
            args, y, tree, outputs = kept
            return self._pull(call, args, y, tree.rebuild([exact(g, out) for g, out in zip(cotangents, outputs)]))

        try:
            found = call_by_hand(Hand(self.name, forward, backward), call)
        except OnlyReverse:  # forward mode, in a trace
            return self._jointly(call)
        return self.f(*call.args) if found is None else tree.rebuild(found)

    def _jointly(self, call: Arguments) -> Any:
        by = self._columns if self.jvp is not None else self._rows
        return jointly(self.name, self.f, call, lambda numbers: by(call, numbers))

    def _rows(self, call: Arguments, numbers: Any) -> list[list[Any]]:
        args = call.at(numbers)
        y = self(*args)
        tree, outputs = flatten(y)
        m = len(outputs)
        return [self._pull(call, args, y, tree.rebuild([float(i == j) for j in range(m)])) for i in range(m)]

    def _columns(self, call: Arguments, numbers: Any) -> list[list[Any]]:
        n = len(numbers)
        columns = [self._push(call, numbers, [float(i == j) for i in range(n)])[2] for j in range(n)]
        return [list(row) for row in zip(*columns)]

    def _pull(self, call: Arguments, args: Any, y: Any, cotangent: Any) -> list[Any]:
        assert self.vjp is not None
        found = self.vjp(cotangent, *args, y)
        rule = f"vjp of {self.name}"
        return returned.gradients(rule, call.moving, (found,) if len(args) == 1 else found, call.places)

    def _push(self, call: Arguments, numbers: Any, directions: Any) -> tuple[Tree, list[Any], list[Any]]:
        assert self.jvp is not None
        args, tangents = call.at(numbers), call.given.tangents(directions)
        y = self(*args)
        tree, outputs = flatten(y)
        tangent = self.jvp(tangents[0] if len(args) == 1 else tangents, *args, y)
        return tree, outputs, returned.tangents(f"jvp of {self.name}", tree, outputs, tangent)
