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
from typing import Any, Final

from autograd.engine import graph
from autograd.engine.value import Value
from autograd.transforms.ground import Ground
from autograd.transforms.inputs import Argnums, Inputs
from autograd.transforms.reverse import recorded_gradients
from autograd.transforms.run import Run, described, forward, on_the_ground, run_in_reverse, slope_of_one_number
from autograd.transforms.trees import exact, flatten, is_number
from autograd.transforms.worlds import OnlyReverse, refuse_ended

_ROWS_IN_A_COLUMN: Final = 4  # on the ground a backward pass is faster than a run of f in forward mode


def grad(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives the gradient of f, in the structure of the argument.

    Args:
        f: returns one number.
        argnums: which argument to differentiate by: its index, a negative one from the end, its name, or a tuple of
            several. The other arguments are handed on as they are.
        has_aux: f returns ``(number, aux)``; the result is ``(gradient, aux)``. What aux holds is handed on without
            its derivatives.

    Returns:
        A function of f's arguments. For one ``argnums`` it gives the gradient in the structure of that argument,
        for a tuple a tuple of them. An argument that f does not depend on has gradient 0. Where f uses a Value that is
        no argument, the gradient is a Value that depends on it.

    Raises:
        TypeError: (when called) f returned something else than one number, or there is a whole number, text or another
            thing without a derivative in the argument; the message says where.
        ValueError: (when called) argnums is out of range.
        LostDerivative: (when called) f made a plain number of one that has a derivative: by ``float``, ``math.exp``, or
            an array of floats.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0]})
    {'a': 3.0, 'b': [2.0]}
    """
    _check_function("grad", f)
    with_value = value_and_grad(f, argnums, has_aux=has_aux)

    @_named("grad", f)
    def gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        value, gradient = with_value(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return gradient_of_f


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives ``(f(...), gradient)``, from one run of f. See :func:`grad`.

    With ``has_aux`` it gives ``((number, aux), gradient)``.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    >>> value_and_grad(lambda x: (x**3, "a cube"), has_aux=True)(2.0)
    ((8.0, 'a cube'), 12.0)
    """

    _check_function("value_and_grad", f)
    one = argnums if type(argnums) is int and not has_aux else None

    @_named("value_and_grad", f)
    def value_and_gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        is_one_float = one is not None and not kwargs and -len(args) <= one < len(args) and type(args[one]) is float
        if one is not None and is_one_float and on_the_ground():
            return slope_of_one_number(f, args, one)
        inputs = Inputs(args, argnums, kwargs, f)
        run = run_in_reverse(f, inputs, has_aux)
        output = run.single_number()
        gradients = run.pull([1])
        return run.with_aux(output), inputs.rebuild(gradients)

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
    output, slopes = _along(f, inputs, directions)
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
    run = run_in_reverse(f, inputs)
    run.require_numbers()

    def pull(cotangent: Any) -> tuple[Any, ...]:
        tree, seeds = flatten(cotangent)
        if tree != run.tree:
            raise ValueError("the cotangent needs the structure of the output, a number for each number")
        found = run.pull(seeds)
        if any(isinstance(x, Value) and graph.is_of_ended(x) for x in found):
            refuse_ended()
        gradients: tuple[Any, ...] = inputs.rebuild(found)
        return gradients

    return run.output(), pull


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, stack: bool = False, mode: str = "auto"
) -> Callable[..., Any]:
    """The function that gives all partial derivatives of f's outputs with respect to an argument.

    In reverse mode f runs once, and a row of the matrix is a backward pass. In forward mode each column is a run of f.
    The shapes decide: forward mode where there are more outputs than inputs, or, on plain floats, where a backward pass
    is fast, more than four times as many.

    Args:
        f: returns a number, an array, or a structure of them.
        argnums: as of :func:`grad`.
        has_aux: f returns ``(output, aux)``; the result is ``(jacobian, aux)``.
        stack: give one array for all arguments, of shape (shape of the output) + (how many numbers they hold,): the
            matrix that SciPy asks for.
        mode: "reverse" or "forward", to choose by hand.

    Returns:
        A function of f's arguments that gives a NumPy array of shape (shape of the output) + (shape of the argument);
        for a tuple ``argnums`` a tuple of arrays. A number has shape (), a nested structure of n numbers shape (n,).

    Raises:
        TypeError: (when called) there is something in the argument or in the output that has no derivative.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 4.0])
    array([[4., 3.],
           [1., 1.]])
    """

    _check_function("jacobian", f)
    with_value = value_and_jacobian(f, argnums, has_aux=has_aux, stack=stack, mode=mode)

    @_named("jacobian", f)
    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        value, matrix = with_value(*args, **kwargs)
        return (matrix, value[1]) if has_aux else matrix

    return jacobian_of_f


def value_and_jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, stack: bool = False, mode: str = "auto"
) -> Callable[..., Any]:
    """The function that gives ``(f(...), jacobian)``. See :func:`jacobian`.

    With ``has_aux`` it gives ``((output, aux), jacobian)``.

    >>> value_and_jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 4.0])
    ([12.0, 7.0], array([[4., 3.],
           [1., 1.]]))
    """
    _check_function("value_and_jacobian", f)
    if mode not in ("auto", "reverse", "forward"):
        raise ValueError(f'mode is "auto", "reverse" or "forward", not {mode!r:.60}')

    @_named("value_and_jacobian", f)
    def value_and_jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        inputs = Inputs(args, argnums, kwargs, f)
        run = run_in_reverse(f, inputs, has_aux)
        run.require_numbers()
        m, n = run.tree.size, len(inputs.numbers)
        many = n * _ROWS_IN_A_COLUMN if isinstance(run.world, Ground) else n
        by_columns = m > many if mode == "auto" else mode == "forward"
        rows = _by_columns(f, inputs, m, has_aux, mode == "forward") if by_columns else None
        if rows is None:
            rows = [run.pull([int(i == j) for j in range(m)]) for i in range(m)]
        matrix = inputs.stacked(rows, run.tree.shape) if stack else inputs.blocks(rows, run.tree.shape)
        return run.with_aux(run.output()), matrix

    return value_and_jacobian_of_f


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives all second derivatives of f, exactly symmetric.

    On plain floats f is run once: its gradient is recorded, and a column is one backward pass over that. Elsewhere a
    column is one :func:`hvp`. Of the two computations of a mixed derivative the one below the diagonal is kept.

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
        inputs = Inputs(args, argnums, kwargs, f)
        n = len(inputs.numbers)
        columns = _recorded_hessian(f, inputs) or [
            _second(f, inputs, [int(i == j) for i in range(n)]) for j in range(n)
        ]
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
    return inputs.rebuild(_second(f, inputs, [_moved(v) for v in direction]))


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
    if n == 0:
        return f
    slope = f
    for _ in range(n):
        slope = functools.partial(_slope, slope)

    @_named("derivative", f)
    def derivative_of_f(*args: Any) -> Any:
        if len(args) != 1 or _is_several(args[0]):
            raise TypeError(_not_of_one_number(args))
        return slope(*args)

    return derivative_of_f


def _moved(v: Any) -> Any:
    """A tangent. A 0.0 becomes the whole number 0, which stays 0 beside a partial that is infinite or undefined."""
    return 0 if type(v) is float and v == 0.0 else v


def _slope(f: Callable[..., Any], x: Any) -> Any:
    return jvp(f, (x,), (1,))[1]


def _is_several(x: Any) -> bool:
    tree, numbers = flatten(x)
    return tree.shapes != [None] and all(map(is_number, numbers))


def _not_of_one_number(args: tuple[Any, ...]) -> str:
    if len(args) != 1:
        return f"derivative(f) takes one number, not {len(args)} arguments; for several write grad(f, argnums=(0, 1))"
    return (
        f"derivative(f) takes one number, not {described(args[0])}; write grad(f)(x) for a gradient, or "
        "vmap(derivative(f))(x) for the derivative at each"
    )


def _by_columns(f: Callable[..., Any], inputs: Inputs, m: int, has_aux: bool, must: bool) -> list[list[Any]] | None:
    """The Jacobian by forward mode, as rows; None if f has a backward rule only, and it need not be."""
    try:
        columns = [_column(f, inputs, j, has_aux) for j in range(len(inputs.numbers))]
    except OnlyReverse:
        if must:
            raise
        return None
    return [[column[i] for column in columns] for i in range(m)]


def _column(f: Callable[..., Any], inputs: Inputs, j: int, has_aux: bool) -> list[Any]:
    """The derivatives of all outputs by the j-th number."""
    _, slopes = _along(f, inputs, [int(i == j) for i in range(len(inputs.numbers))], has_aux)
    return [exact(slope, inputs.numbers[j]) for slope in slopes]


def _along(f: Callable[..., Any], inputs: Inputs, direction: Sequence[Any], has_aux: bool = False) -> tuple[Any, Any]:
    """Forward mode: what f returns, and the derivatives of its numbers along a direction."""
    run = Run(forward(inputs), f, inputs, direction, has_aux)
    run.require_numbers()
    return run.output(), run.push()


def _recorded_hessian(f: Callable[..., Any], inputs: Inputs) -> list[list[Any]] | None:
    """The columns of the Hessian from one run of f, on the ground; None where it is to be computed otherwise."""
    if not on_the_ground() or not all(type(x) is float for x in inputs.numbers):
        return None

    def slopes(*numbers: Any) -> Any:
        y = inputs.call(f, numbers)
        if not isinstance(y, Value):
            raise _NotRecorded
        return recorded_gradients({y: 1}, numbers)

    flat = Inputs(tuple(inputs.numbers), tuple(range(len(inputs.numbers))))
    try:
        run = Run(Ground(), slopes, flat)
    except (_NotRecorded, OnlyReverse):
        return None
    n = len(inputs.numbers)
    return [run.pull([int(i == j) for i in range(n)]) for j in range(n)]


class _NotRecorded(Exception):
    """f returned something else than a Value."""


def _second(f: Callable[..., Any], inputs: Inputs, direction: Sequence[Any]) -> list[Any]:
    """The Hessian times the direction: reverse mode over forward mode."""

    def along(*numbers: Any) -> Any:
        at = copy.copy(inputs)
        at.numbers = list(numbers)
        run = Run(forward(at), f, at, direction)
        run.single_number()
        return run.push()[0]

    flat = Inputs(tuple(inputs.numbers), tuple(range(len(inputs.numbers))))
    try:
        return run_in_reverse(along, flat).pull([1])
    except OnlyReverse:
        return _second_the_other_way(f, inputs, flat, direction)


def _second_the_other_way(f: Callable[..., Any], inputs: Inputs, flat: Inputs, direction: Sequence[Any]) -> list[Any]:
    """The same by forward mode over reverse mode, which functions of ``custom_vjp`` can do."""

    def slopes(*numbers: Any) -> list[Any]:
        at = copy.copy(inputs)
        at.numbers = list(numbers)
        run = run_in_reverse(f, at)
        run.single_number()
        return run.pull([1])

    run = Run(forward(flat), slopes, flat, direction)
    return [exact(slope, x) for slope, x in zip(run.push(), inputs.numbers)]


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
