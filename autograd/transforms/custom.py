"""Functions with derivatives of their own: ``custom_jvp`` and ``custom_vjp``, with JAX's names and meanings.

``@primitive(partials=...)`` is for one number as the result, with a partial for each operand. These two are for
numbers, arrays and structures of them. ``custom_jvp`` says how tangents are pushed forward, a linear map: it is used in
forward mode and, transposed, in reverse mode. ``custom_vjp`` says how cotangents are pulled back, which need be no
derivative of anything (gradients may be clipped there), so it is for reverse mode only.
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.engine.kinds import is_traced
from autograd.engine.methods import Functions
from autograd.engine.value import Value
from autograd.transforms import returned
from autograd.transforms.by_hand import Hand, call_on_values
from autograd.transforms.forward import Dual
from autograd.transforms.joint import Given, Joint
from autograd.transforms.trees import Tree, exact, flatten
from autograd.transforms.worlds import OnlyReverse

Places = Iterable[int | str] | int | str


class Custom:
    """A function, and which of its arguments have derivatives."""

    def __init__(self, f: Callable[..., Any], nondiff_argnums: Places = (), nondiff_argnames: Places = ()) -> None:
        if not callable(f):
            raise TypeError(f"{type(self).__name__} takes a function, not {type(f).__name__} {f!r:.60}")
        self.f = f
        self.name: str = getattr(f, "__name__", type(f).__name__)
        self._signature = _signature(f)
        wanted = [*_several(nondiff_argnums), *_several(nondiff_argnames)]
        self.fixed: tuple[int, ...] = tuple(sorted({self._place(each) for each in wanted}))
        functools.update_wrapper(self, f)  # type: ignore[arg-type]

    def _place(self, argnum: int | str) -> int:
        names = list(self._signature.parameters) if self._signature else []
        if isinstance(argnum, str):
            if argnum not in names:
                raise ValueError(
                    f"nondiff_argnums: {argnum!r} is no argument of {self.name}; it has {', '.join(names)}"
                )
            return names.index(argnum)
        if isinstance(argnum, bool) or not hasattr(type(argnum), "__index__"):
            raise TypeError(f"nondiff_argnums are numbers of arguments, counted from 0, or names, not {argnum!r:.60}")
        place = operator.index(argnum)
        if place < 0:
            place += len(names)
        if place < 0:
            raise ValueError(f"nondiff_argnums {argnum} is out of range: {self.name} takes {len(names)} arguments")
        return place

    def _given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        """The arguments of a call by position, those that were left out with their defaults."""
        if self._signature is not None:
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            if bound.kwargs:
                raise TypeError(
                    f"{self.name} takes its arguments by position; {', '.join(bound.kwargs)} can't be given so"
                )
            args = bound.args
        elif kwargs:
            raise TypeError(f"{self.name} says nothing of its arguments' names; give them by position")
        for place in self.fixed:
            if place >= len(args):
                raise ValueError(f"nondiff_argnums {place} is out of range: {self.name} was called with {len(args)}")
            if any(_has_derivative(x) for x in Given(args[place]).numbers):
                raise TypeError(
                    f"argument {place} of {self.name} has a derivative, which its rule would lose; take it out of "
                    "nondiff_argnums, or write stop_gradient(x) where no derivative is wanted"
                )
        return Arguments(args, self.fixed)


class Arguments:
    """The arguments of a call, and the numbers in those that are differentiated by."""

    def __init__(self, args: tuple[Any, ...], fixed: tuple[int, ...]) -> None:
        self.args = args
        self.places = tuple([place for place in range(len(args)) if place not in fixed])
        self.fixed = tuple([args[place] for place in fixed])
        self.moving = tuple([args[place] for place in self.places])
        self.given = Given(self.moving)
        self.numbers = self.given.numbers
        carrying: list[Any] = [x for x in self.numbers if isinstance(x, Functions)]
        self.top: Any = max(carrying, key=lambda x: x.level) if carrying else None

    def at(self, numbers: Sequence[Any]) -> list[Any]:
        """All arguments, with these numbers in place of their own."""
        args = list(self.args)
        for place, part in zip(self.places, self.given.rebuild(numbers)):
            args[place] = part
        return args


class custom_jvp(Custom):  # noqa: N801
    """A function whose derivative is a rule of its own.

    Args:
        f: a function of numbers, arrays and structures of them, any code.
        nondiff_argnums: numbers, or names, of arguments without a derivative: functions, flags. The rule gets them
            first, before ``primals`` and ``tangents``, which are without them.
        nondiff_argnames: more of them, by name.

    ``defjvp`` takes the rule, a function of ``(primals, tangents)``, tuples like the arguments, that returns
    ``(output, tangent of the output)``. The tangent has to be linear in the tangents. The rule is differentiated in its
    turn where a higher derivative is asked for, so write it with ``autograd``'s functions. In reverse mode it runs once
    for each number of the arguments.

    Raises:
        TypeError: (when differentiated) there is no rule, or it returned something else than that pair.
        LostDerivative: (when differentiated) f uses a number with a derivative that is no argument.

    >>> import math
    >>> from autograd import cos, grad
    >>> @custom_jvp
    ... def sine(x):
    ...     return math.sin(x)  # the plain number is all that it needs
    >>> @sine.defjvp
    ... def sine_rule(primals, tangents):
    ...     return sine(*primals), cos(primals[0]) * tangents[0]
    >>> grad(sine)(0.0), grad(grad(grad(sine)))(0.0)
    (1.0, -1.0)
    """

    rule: Callable[..., Any] | None = None

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule; it is returned, so this is a decorator."""
        _check_callable("defjvp", rule)
        self.rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._given(args, kwargs)
        if call.top is None:
            return self.f(*call.args)
        if isinstance(call.top, Dual):
            return push_by_rule(self.name, call, self._push)
        return jointly(self.name, self.f, call, lambda numbers: self._slopes(call, numbers))

    def _slopes(self, call: Arguments, numbers: Any) -> list[list[Any]]:
        n = len(numbers)
        columns = [self._push(call, numbers, [float(i == j) for i in range(n)])[2] for j in range(n)]
        return [list(row) for row in zip(*columns)]

    def _push(self, call: Arguments, numbers: Any, directions: Any) -> tuple[Tree, list[Any], list[Any]]:
        """What the rule says: the structure of the output, its numbers, and their tangents."""
        if self.rule is None:
            raise TypeError(f"{self.name} has no rule yet; write @{self.name}.defjvp before it")
        rule = f"the rule of {self.name}"
        found = self.rule(*call.fixed, call.given.rebuild(numbers), call.given.tangents(directions))
        output, tangent = returned.pair(rule, "output, tangent", found)
        tree, outputs = flatten(output)
        return tree, outputs, returned.tangents(rule, tree, outputs, tangent)


class custom_vjp(Custom):  # noqa: N801
    """A function whose gradient is a rule of its own, in reverse mode.

    Args:
        f: a function of numbers, arrays and structures of them, any code.
        nondiff_argnums: numbers, or names, of arguments without a derivative: functions, flags. ``forward`` gets them
            in their places, ``backward`` before all else.
        nondiff_argnames: more of them, by name.

    ``defvjp(forward, backward)``: ``forward``, of f's arguments, returns ``(output, residuals)``; ``backward``, of
    ``(residuals, cotangent)``, returns a tuple with a gradient for each argument, of its structure; None stands for
    zeros. Both are differentiated in their turn where a higher derivative is asked for.

    Raises:
        TypeError: (when differentiated) there are no rules, ``backward`` returned something else, or it is asked for in
            forward mode, which has no cotangents to hand it.
        LostDerivative: (when differentiated) f uses a number with a derivative that is no argument.

    >>> from autograd import clip, grad
    >>> @custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (clip(g, -1.0, 1.0),))
    >>> grad(lambda x: 10.0 * clipped(x))(3.0)
    1.0
    """

    forward: Callable[..., Any] | None = None
    backward: Callable[..., Any] | None = None

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Set the two rules."""
        _check_callable("defvjp", forward)
        _check_callable("defvjp", backward)
        self.forward = forward
        self.backward = backward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._given(args, kwargs)
        if call.top is None:
            return self.f(*call.args)
        if isinstance(call.top, Dual):
            raise OnlyReverse(self.name)
        return self._pulled(call)

    def _pulled(self, call: Arguments) -> Any:
        name = self.name
        tree: Any = None

        def forward(numbers: Any) -> tuple[list[Any], Any]:
            nonlocal tree
            if self.forward is None or self.backward is None:
                raise TypeError(f"{name} has no rules yet; write {name}.defvjp(forward, backward) before it")
            rule = f"the forward rule of {name}"
            output, residuals = returned.pair(rule, "output, residuals", self.forward(*call.at(numbers)))
            tree, outputs = flatten(output)
            return outputs, (residuals, tree, outputs)

        def backward(kept: Any, cotangents: list[Any]) -> list[Any]:
            residuals, tree, outputs = kept
            cotangent = tree.rebuild([exact(seed, y) for seed, y in zip(cotangents, outputs)])
            found = self.backward(*call.fixed, residuals, cotangent)  # type: ignore[misc]
            return returned.gradients(f"the backward rule of {name}", call.moving, found, call.places)

        outputs = call_by_hand(Hand(name, forward, backward), call)
        return self.f(*call.args) if outputs is None else tree.rebuild(outputs)


def call_by_hand(hand: Hand, call: Arguments) -> list[Any] | None:
    """The outputs of a function with a backward rule; None if no derivative is asked for."""
    if isinstance(call.top, Value):
        return call_on_values(hand, call.numbers)
    found: list[Any] | None = call.top.world.call_by_hand(hand, call.numbers)
    return found


def jointly(name: str, f: Callable[..., Any], call: Arguments, slopes: Callable[[Any], Any]) -> Any:
    """The output of a call on numbers that carry derivatives, which are given as a matrix."""
    tree: Any = None

    def value(numbers: Any) -> list[Any]:
        nonlocal tree
        tree, outputs = flatten(f(*call.at(numbers)))
        return outputs

    numbers = Joint(name, value, slopes, f)(call.numbers)
    return tree.rebuild(numbers)


def push_by_rule(name: str, call: Arguments, push: Callable[..., tuple[Tree, list[Any], list[Any]]]) -> Any:
    """The output of a call in forward mode, and with it its tangent."""
    world = call.top.world
    primals = world.primals_of(tuple(call.numbers))
    own = [x.tangent if isinstance(x, Dual) and x.world is world else 0 for x in call.numbers]
    tree, outputs, tangents = push(call, primals, [exact(t, x) for t, x in zip(own, primals)])
    return tree.rebuild(world.moved(name, primals, outputs, tangents))


def _has_derivative(x: Any) -> bool:
    if not is_traced(x):
        return isinstance(x, Functions)
    is_differentiated: bool = x.world.is_differentiated(x)
    return is_differentiated


def _signature(f: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        return None


def _several(places: Places) -> list[int | str]:
    return [places] if isinstance(places, (int, str)) else list(places)


def _check_callable(what: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{what} takes a function, not {type(f).__name__} {f!r:.60}")
