"""Derivatives of functions: ``grad``, ``jvp``, ``jacobian``, ``hessian`` and their like, with JAX's names and meanings.

A function takes numbers, NumPy arrays, or nested tuples, lists and dicts of them. It is an ordinary Python function,
with any control flow on the numbers. The numbers may be floats, ``Fraction``, ``Decimal``, ``mpmath.mpf``, SymPy
symbols or Values; derivatives are of the same kind, and transforms nest in any order and to any depth.

A transform runs the function in a *world* (``worlds.py``), whose numbers carry the derivatives: the ground, where they
are Values; lifted numbers, inside another transform and over other kinds of numbers; or the trace of a function that
``jit`` compiles.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any

from autograd.transforms.forward import Forward
from autograd.transforms.ground import Ground
from autograd.transforms.inputs import Argnums, Inputs
from autograd.transforms.reverse import Reverse
from autograd.transforms.trees import exact, flatten, is_number
from autograd.transforms.worlds import World, none_is_open, world_of_trace


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives the gradient of f, in the structure of the argument.

    Args:
        f: returns one number.
        argnums: which positional argument to differentiate by, or a tuple of several. Keyword arguments, and the
            other positional ones, are handed on as they are.

    Returns:
        A function of f's arguments. For an int ``argnums`` it gives the gradient in the structure of that argument,
        for a tuple a tuple of them. An argument that f does not depend on has gradient 0. Where f uses a Value that is
        no argument, the gradient is a Value that depends on it.

    Raises:
        TypeError: (when called) f returned something else than one number, or there is a whole number, text or another
            thing without a derivative in the argument; the message says where.
        ValueError: (when called) argnums is out of range.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0]})
    {'a': 3.0, 'b': [2.0]}
    """
    _check_function("grad", f)
    with_value = value_and_grad(f, argnums)

    @_named("grad", f)
    def gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        return with_value(*args, **kwargs)[1]

    return gradient_of_f


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives ``(f(...), gradient)``, from one run of f. See :func:`grad`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """

    _check_function("value_and_grad", f)

    @_named("value_and_grad", f)
    def value_and_gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums)
        run = _Run(_reverse(inputs), f, inputs, kwargs)
        output = run.single_number()
        gradients = run.pull([1])
        return output, inputs.rebuild(gradients)

    return value_and_gradient_of_f


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Forward mode: f at ``primals``, and its derivative in the direction ``tangents``.

    Args:
        f: returns a number, an array, or a structure of them.
        primals: a tuple of f's arguments.
        tangents: a tuple of the same structure.

    Returns:
        ``(output, tangent of the output)``, of one structure.

    Raises:
        TypeError: an argument has no derivative.
        ValueError: tangents do not have the structure of primals.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    _check_function("jvp", f)
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError(
            "jvp takes a tuple of primals and a tuple of tangents, one for each argument of f; write jvp(f, (x,), (v,))"
        )
    inputs = Inputs(tuple(primals), tuple(range(len(primals))))
    directions = [_moved(number) for tangent in tangents for number in flatten(tangent)[1]]
    if [flatten(tangent)[0] for tangent in tangents] != inputs.trees:
        raise ValueError("tangents need the structure of primals, a number for each number")
    output, slopes = _along(f, inputs, directions, {})
    tree, values = flatten(output)
    return output, tree.rebuild([exact(slope, value) for slope, value in zip(slopes, values)])


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Reverse mode: f at ``primals``, and the function that pulls a cotangent of the output back to the arguments.

    Returns:
        ``(output, pull)``; ``pull(cotangent)``, with a cotangent of the structure of the output, is a tuple with a
        gradient for each argument. It may be called any number of times.

    Raises:
        TypeError: an argument has no derivative.
        ValueError: (from ``pull``) the cotangent does not have the structure of the output.

    >>> output, pull = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> output, pull([1.0, 0.0])
    ([12.0, 7.0], (4.0, 3.0))
    """
    _check_function("vjp", f)
    inputs = Inputs(primals, tuple(range(len(primals))))
    run = _Run(_reverse(inputs), f, inputs, {})

    def pull(cotangent: Any) -> tuple[Any, ...]:
        tree, seeds = flatten(cotangent)
        if tree != run.tree:
            raise ValueError("the cotangent needs the structure of the output, a number for each number")
        gradients: tuple[Any, ...] = inputs.rebuild(run.pull(seeds))
        return gradients

    return run.output(), pull


def jacobian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives all partial derivatives of f's outputs with respect to an argument.

    Reverse mode where there are at least as many inputs as outputs, else forward mode.

    Returns:
        A function of f's arguments that gives a NumPy array of shape (shape of the output) + (shape of the argument);
        for a tuple ``argnums`` a tuple of arrays. A number has shape (), a nested structure of n numbers shape (n,).

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 4.0])
    array([[4., 3.],
           [1., 1.]])
    """

    _check_function("jacobian", f)

    @_named("jacobian", f)
    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums)
        run = _Run(_reverse(inputs), f, inputs, kwargs)
        m, n = run.tree.size, len(inputs.numbers)
        if m <= n:
            rows = [run.pull([int(i == j) for j in range(m)]) for i in range(m)]
        else:
            columns = [_column(f, inputs, kwargs, j) for j in range(n)]
            rows = [[column[i] for column in columns] for i in range(m)]
        return inputs.blocks(rows, run.tree.shape)

    return jacobian_of_f


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives all second derivatives of f, exactly symmetric.

    A column is one :func:`hvp`; of the two computations of a mixed derivative the one below the diagonal is kept.

    Returns:
        A function of f's arguments that gives a NumPy array of shape (shape of the argument) twice; for a tuple
        ``argnums`` a tuple of tuples of arrays.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    array([[8., 6.],
           [6., 0.]])
    """

    _check_function("hessian", f)

    @_named("hessian", f)
    def hessian_of_f(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums)
        n = len(inputs.numbers)
        columns = [_second(f, inputs, kwargs, [int(i == j) for i in range(n)]) for j in range(n)]
        rows = [[columns[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
        blocks = []
        start = 0
        for tree in inputs.trees:
            blocks.append(inputs.blocks(rows[start : start + tree.size], tree.shape))
            start += tree.size
        return blocks[0] if inputs.single else tuple(blocks)

    return hessian_of_f


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The Hessian of f at x times v, in a small multiple of the time of f: the gradient of the derivative along v.

    Args:
        f: a function of one argument that returns one number.
        x: the argument.
        v: of the structure of x.

    Returns:
        The product, in the structure of x.

    Raises:
        ValueError: v does not have the structure of x.

    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 4.0], [1.0, 0.0])
    [8.0, 6.0]
    """
    _check_function("hvp", f)
    inputs = Inputs((x,), 0)
    tree, direction = flatten(v)
    if tree != inputs.trees[0]:
        raise ValueError("v needs the structure of x, a number for each number")
    return inputs.rebuild(_second(f, inputs, {}, [_moved(v) for v in direction]))


def derivative(f: Callable[..., Any], n: int = 1) -> Callable[[Any], Any]:
    """The n-th derivative of a function of one number, by forward mode n times over.

    Raises:
        ValueError: n is negative.

    >>> derivative(lambda x: x**5, 3)(2.0)
    240.0
    """
    _check_function("derivative", f)
    if not isinstance(n, int):
        raise TypeError(
            f"the second argument of derivative says how often to differentiate: a whole number, not {n!r:.60}; "
            "for the derivative at a point write derivative(f)(x)"
        )
    if n < 0:
        raise ValueError(f"there is no derivative of order {n}")
    for _ in range(n):
        f = functools.partial(_slope, f)
    return f


def _moved(v: Any) -> Any:
    """A tangent. A 0.0 becomes the whole number 0, which stays 0 beside a partial that is infinite or undefined."""
    return 0 if type(v) is float and v == 0.0 else v


def _slope(f: Callable[..., Any], x: Any) -> Any:
    return jvp(f, (x,), (1,))[1]


def _column(f: Callable[..., Any], inputs: Inputs, kwargs: dict[str, Any], j: int) -> list[Any]:
    """The derivatives of all outputs by the j-th number."""
    _, slopes = _along(f, inputs, [int(i == j) for i in range(len(inputs.numbers))], kwargs)
    return [exact(slope, inputs.numbers[j]) for slope in slopes]


def _along(f: Callable[..., Any], inputs: Inputs, direction: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Forward mode: what f returns, and the derivatives of its numbers along a direction."""
    run = _Run(_forward(inputs), f, inputs, kwargs, direction)
    return run.output(), run.push()


def _second(f: Callable[..., Any], inputs: Inputs, kwargs: dict[str, Any], direction: Sequence[Any]) -> list[Any]:
    """The Hessian times the direction: reverse mode over forward mode."""

    def along(*numbers: Any) -> Any:
        at = copy.copy(inputs)
        at.numbers = list(numbers)
        output, slopes = _along(f, at, direction, kwargs)
        _single_number(output, numbers)
        return slopes[0]

    flat = Inputs(tuple(inputs.numbers), tuple(range(len(inputs.numbers))))
    run = _Run(_reverse(flat), along, flat, {})
    return run.pull([1])


class _Run:
    """One run of f in a world, from which adjoints can be pulled back any number of times."""

    def __init__(
        self, world: World, f: Callable[..., Any], inputs: Inputs, kwargs: dict[str, Any], tangents: Sequence[Any] = ()
    ) -> None:
        self.world = world
        self.numbers = inputs.numbers
        self.tangents = tangents or [0] * len(inputs.numbers)
        with world:
            self.leaves = [world.leaf(x, tangent) for x, tangent in zip(self.numbers, self.tangents)]
            self.result = inputs.call(f, self.leaves, kwargs)
        self.tree, self.outputs = flatten(self.result)
        world.finish(self.outputs, self.leaves)

    def output(self) -> Any:
        """What f returned, in terms of the numbers that it was given."""
        return self.tree.rebuild([self.world.read(y) for y in self.outputs])

    def single_number(self) -> Any:
        """The same, for an f that returns one number."""
        _single_number(self.result, self.numbers)
        self.world.require_one_number(self.result)
        return self.output()

    def pull(self, seeds: Sequence[Any]) -> list[Any]:
        """The adjoint of each input number, for these adjoints of the output numbers."""
        adjoints = self.world.pull_back(self.outputs, seeds, self.leaves)
        return [exact(adjoint, x) for adjoint, x in zip(adjoints, self.numbers)]

    def push(self) -> list[Any]:
        """The derivative of each output number along the tangents."""
        return self.world.push_forward(self.outputs, self.leaves, self.tangents)


def _reverse(inputs: Inputs) -> World:
    """The world for reverse mode."""
    traced: World | None = world_of_trace(inputs.numbers)
    if traced is not None:
        return traced
    return Ground() if none_is_open() and all(isinstance(x, float) for x in inputs.numbers) else Reverse()


def _forward(inputs: Inputs) -> World:
    """The world for forward mode."""
    return world_of_trace(inputs.numbers) or Forward()


def _single_number(output: Any, inputs: Sequence[Any]) -> None:
    if isinstance(output, bool):
        raise TypeError(
            f"f has to return one number, but returned bool {output}: a comparison has no derivative; "
            "write where(condition, a, b)"
        )
    if is_number(output) or isinstance(output, int) or getattr(output, "ndim", 1) == 0:
        return
    cure = "for several outputs there are jacobian, jvp and vjp"
    if output is None:
        cure = "is a return missing?"
    elif getattr(output, "size", 0) == len(inputs):
        cure = "for the derivative at each element write vmap(grad(f)), for all partial derivatives jacobian(f)"
    raise TypeError(f"f has to return one number, but returned {_described(output)}; {cure}")


def _described(output: Any) -> str:
    if hasattr(output, "shape"):
        return f"an array of shape {output.shape}"
    return "None" if output is None else f"{type(output).__name__} {output!r:.60}"


def _check_function(transform: str, f: Any) -> None:
    if not callable(f):
        cure = "gradient(y, [x]) is for Values" if hasattr(f, "__apply_rule__") else f"write {transform}(f)(x)"
        if transform in ("jvp", "vjp", "hvp"):
            cure = f"write {transform}(f, ...)"
        raise TypeError(f"{transform} takes a function first, not {type(f).__name__} {f!r:.60}; {cure}")


def _named(transform: str, f: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives the function that a transform returns f's module and documentation, and a name such as ``grad(loss)``."""

    def named(transformed: Callable[..., Any]) -> Callable[..., Any]:
        functools.update_wrapper(transformed, f, assigned=("__module__", "__doc__"), updated=())
        transformed.__qualname__ = f"{transform}({getattr(f, '__qualname__', type(f).__name__)})"
        return transformed

    return named
