"""Functions with derivatives of their own: ``custom_jvp`` and ``custom_vjp``, with JAX's names and meanings.

``@primitive`` is for one number as the result, with a partial for each operand. These two are for numbers, arrays and
structures of them. ``custom_jvp`` says how tangents are pushed forward, a linear map: it is used in forward mode and,
transposed, in reverse mode. ``custom_vjp`` says how cotangents are pulled back, which need be no derivative of anything
(gradients may be clipped there), so it is for reverse mode only.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from autograd.engine.kinds import is_traced
from autograd.engine.methods import Functions
from autograd.transforms.joint import Given, Joint, bottom
from autograd.transforms.reverse import Node, Reverse, call_by_hand
from autograd.transforms.trees import exact, flatten
from autograd.transforms.worlds import OnlyReverse, none_is_open


class custom_jvp:  # noqa: N801
    """A function whose derivative is a rule of its own.

    Args:
        f: a function of numbers, arrays and structures of them, any code.

    ``defjvp`` takes the rule, a function of ``(primals, tangents)``, tuples like the arguments, that returns
    ``(output, tangent of the output)``. The tangent has to be linear in the tangents. The rule is differentiated in its
    turn where a higher derivative is asked for, so write it with ``autograd``'s functions. In reverse mode it runs once
    for each number of the arguments.

    Raises:
        TypeError: (when differentiated) there is no rule, or it returned something else than that pair.

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

    def __init__(self, f: Callable[..., Any]) -> None:
        _check_callable("custom_jvp", f)
        self.f = f
        self.name: str = getattr(f, "__name__", type(f).__name__)
        self.rule: Callable[..., Any] | None = None
        functools.update_wrapper(self, f)

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule; it is returned, so this is a decorator."""
        _check_callable("defjvp", rule)
        self.rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = _positional(self.f, args, kwargs)
        given = Given(args)
        if not any(isinstance(x, Functions) for x in given.numbers):
            return self.f(*args)
        tree, _ = flatten(self.f(*given.rebuild([bottom(x) for x in given.numbers])))

        def value(numbers: Any) -> list[Any]:
            return flatten(self.f(*given.rebuild(numbers)))[1]

        joint = Joint(self.name, value, lambda numbers: self._slopes(given, numbers), self.f)
        return tree.rebuild(joint(given.numbers))

    def _slopes(self, given: Given, numbers: Any) -> list[list[Any]]:
        primals = given.rebuild(numbers)
        columns = [
            self._push(primals, given.rebuild([float(i == j) for i in range(len(numbers))]))
            for j in range(len(numbers))
        ]
        return [list(row) for row in zip(*columns)]

    def _push(self, primals: Any, tangents: Any) -> list[Any]:
        if self.rule is None:
            raise TypeError(f"{self.name} has no rule yet; write @{self.name}.defjvp before it")
        pair = self.rule(primals, tangents)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(
                f"the rule of {self.name} has to return (output, tangent), "
                f"but returned {type(pair).__name__} {pair!r:.60}"
            )
        (shape, _), (tree, tangent) = map(flatten, pair)
        if tree != shape:
            raise TypeError(f"the rule of {self.name} returned a tangent that has not the structure of its output")
        return tangent


class custom_vjp:  # noqa: N801
    """A function whose gradient is a rule of its own, in reverse mode.

    Args:
        f: a function of numbers, arrays and structures of them, any code.

    ``defvjp(forward, backward)``: ``forward``, of f's arguments, returns ``(output, residuals)``; ``backward``, of
    ``(residuals, cotangent)``, returns a tuple with a gradient for each argument, of its structure; None stands for
    zeros. Both are differentiated in their turn where a higher derivative is asked for.

    The function that ``grad`` differentiates may be run a second time, when it has met such a call.

    Raises:
        TypeError: (when differentiated) there are no rules, ``backward`` returned something else, or it is asked for in
            forward mode, under ``jit`` or on Values outside of a transform, which have no cotangents to hand it.

    >>> from autograd import clip, grad
    >>> @custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (clip(g, -1.0, 1.0),))
    >>> grad(lambda x: 10.0 * clipped(x))(3.0)
    1.0
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        _check_callable("custom_vjp", f)
        self.f = f
        self.name: str = getattr(f, "__name__", type(f).__name__)
        self.forward: Callable[..., Any] | None = None
        self.backward: Callable[..., Any] | None = None
        functools.update_wrapper(self, f)

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Set the two rules."""
        _check_callable("defvjp", forward)
        _check_callable("defvjp", backward)
        self.forward = forward
        self.backward = backward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = _positional(self.f, args, kwargs)
        given = Given(args)
        carrying: list[Any] = [x for x in given.numbers if isinstance(x, Functions)]
        if not carrying:
            return self.f(*args)
        top = max(carrying, key=lambda x: x.level)
        if is_traced(top) and none_is_open():
            return self.f(*args)  # compiled as what it does: no derivative is asked for
        if not isinstance(top, Node):
            raise OnlyReverse(self.name)
        return self._call(given, args, top)

    def _call(self, given: Given, args: Any, top: Node) -> Any:
        name = self.name
        if self.forward is None or self.backward is None:
            raise TypeError(f"{name} has no rules yet; write {name}.defvjp(forward, backward) before it")
        world, backward = cast(Reverse, top.world), self.backward
        primals = world.primals_of(tuple(given.numbers))
        pair = self.forward(*given.rebuild(primals))
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"the forward rule of {name} has to return (output, residuals), not {pair!r:.60}")
        tree, outputs = flatten(pair[0])

        def pull(cotangents: list[Any]) -> list[Any]:
            seeds = [exact(seed, y) for seed, y in zip(cotangents, outputs)]
            return _gradients(name, args, backward(pair[1], tree.rebuild(seeds)))

        return tree.rebuild(call_by_hand(world, outputs, given.numbers, pull))


def _gradients(name: str, args: Any, gradients: Any) -> list[Any]:
    """The gradients that a backward rule returned, a number for each of the arguments' numbers."""
    if not isinstance(gradients, (tuple, list)) or len(gradients) != len(args):
        raise TypeError(
            f"the backward rule of {name} has to return a tuple with a gradient for each of its {len(args)} arguments, "
            f"but returned {type(gradients).__name__} {gradients!r:.60}"
        )
    found: list[Any] = []
    for position, (arg, gradient) in enumerate(zip(args, gradients)):
        size = len(Given(arg).numbers)
        numbers = [0] * size if gradient is None else flatten(gradient)[1]
        if size and len(numbers) != size:
            raise TypeError(
                f"the backward rule of {name} returned {len(numbers)} numbers as the gradient of argument {position}, "
                f"which has {size}; write None for zeros"
            )
        found += numbers[:size]
    return found


def _positional(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments of a call, all by position."""
    if not kwargs:
        return args
    import inspect

    bound = inspect.signature(f).bind(*args, **kwargs)
    if bound.kwargs:
        raise TypeError(f"{f.__name__} takes its arguments by position; {', '.join(bound.kwargs)} can't be given so")
    return bound.args


def _check_callable(what: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{what} takes a function, not {type(f).__name__} {f!r:.60}")
