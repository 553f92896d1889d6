"""Checking gradients against a truth that knows no rule, with a tolerance that follows from the problem.

What is compared is documented with :func:`gradcheck`; the truth is ``truth.py``'s, the table ``report.py``'s, and
``hints.py`` says which known fault would explain what is wrong.
"""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from autograd.engine.graph import operations, shown
from autograd.engine.value import Value
from autograd.testing.gradients.hints import Evidence, Recorded, hints
from autograd.testing.gradients.precision import mpmath
from autograd.testing.gradients.report import GradientReport, GradientRow, compare
from autograd.testing.gradients.truth import first_derivatives, inputs_of, second_derivatives, terms_of
from autograd.transforms import grad
from autograd.transforms.inputs import Argnums, Inputs
from autograd.transforms.trees import flatten, path_of

Function = Callable[..., Any]

ULPS = 32.0
_FEW = 6  # arguments, up to which the whole Hessian is checked


class WrongGradient(AssertionError):
    """A gradient check failed; the message is the table, ``report`` the same as data."""

    def __init__(self, report: GradientReport) -> None:
        super().__init__(str(report))
        self.report = report


def gradcheck(
    f: Function | tuple[Function, Function],
    *args: Any,
    gradient: Function | None = None,
    argnums: Argnums | None = None,
    wrt: Any = None,
    ulps: float = ULPS,
) -> GradientReport:
    """Check the gradient of f at ``args`` against differences at many digits.

    Each partial g may differ from the truth t by

        ulps · ε · max(|t|, s)    where the truth is exact, and 10 · (its error) more where it is an estimate,

    with ε = 2^-52. The derivative t is a sum of terms, and s is their size. It is measured: the truth is computed three
    times more, with every argument, every result, and every operand's departure from the point changed by a random
    relative amount between ½ε and ε (the last change imitates rounding in the backward pass). s · ε is the largest
    change of t. s / |t| is the table's *conditioning*: near 1 for most derivatives, and 1e8 where terms cancel to the
    eighth digit, which costs floats eight digits.

    So an error of 1e-7, or of 1e-12, is found where the problem is well conditioned. Where it isn't, a correct gradient
    passes, at arguments of 1e8 as at 1e-8. The report names points without a derivative; they fail nothing.

    Args:
        f: the function, of plain numbers; or a pair (f, gradient).
        args: numbers, arrays, or nested tuples, lists and dicts of them.
        gradient: takes ``args`` and gives the gradient in the structure of the argument, or a tuple for several. It is
            called twice, and has to give the same both times. ``autograd.grad`` of f, if it isn't given.
        argnums: the arguments to differentiate by, as in ``autograd.grad``; all that hold floats if it isn't given.
        wrt: Values inside f (a model's parameters), in any structure, instead of its arguments. f then returns a
            Value; its ``backward()`` is checked, and the recorded graph computed with many digits for the truth.
        ulps: how many units of rounding are allowed.

    Returns:
        The report: ``.rows``, ``.checked`` (how many had a truth), and as text the table.

    Raises:
        WrongGradient: (an AssertionError) a partial is wrong. The message is the table.
        NotDeterministic: (an AssertionError) f gave two numbers at one point.
        TypeError: an argument has no derivative, or f returned something else than one number.
        ValueError: the gradient has not as many numbers as the arguments.
        MissingDependency: mpmath is not installed.

    >>> import autograd as ag
    >>> gradcheck(lambda x: ag.exp(-x * x), 1e-8).checked
    1
    >>> gradcheck((lambda x: x**3, lambda x: 3 * x), 2.0)
    Traceback (most recent call last):
    autograd.testing.gradients.check.WrongGradient: gradcheck of <lambda>: 1 of 1 partial wrong
    ...
    """
    __tracebackhide__ = True
    mpmath()
    f, gradient = _checked(f, args if wrt is None else None, gradient, ulps)
    if wrt is not None:
        report = _check_recorded(f, args, wrt, ulps)
    else:
        inputs = inputs_of(args, argnums)
        _finite(inputs)
        of_ours = gradient or grad(f, _argnums(inputs))
        once, again = (_numbers(of_ours(*args), len(inputs.numbers)) for _ in range(2))
        _needs_one_answer(f, args)
        truths = first_derivatives(f, inputs, conditioned=True)
        labels = _labels(f, inputs)
        rows = [compare(label, x, truth, ulps) for label, x, truth in zip(labels, once, truths)]
        if not any(row.wrong for row in rows):  # the second time has to be right, too
            rows = [compare(label, x, truth, ulps) for label, x, truth in zip(labels, again, truths)]
        drift = [b - a for a, b in zip(once, again)]
        report = _report("gradcheck", f, rows, lambda: _recorded(f, inputs), inputs, drift)
    if report.wrong:
        raise WrongGradient(report)
    return report


def gradgradcheck(
    f: Function | tuple[Function, Function],
    *args: Any,
    gradient: Function | None = None,
    hessian: Function | None = None,
    argnums: Argnums | None = None,
    ulps: float = ULPS,
) -> GradientReport:
    """Check the second derivatives of f at ``args``, as :func:`gradcheck` does the first.

    The tolerance also covers the terms of the gradient's formula: the second derivative of hypot(x, x) is 0, but the
    derivative of its gradient x / y is a difference of two rounded numbers.

    With up to 6 numbers every entry of the Hessian is checked, with more the derivative of the gradient along one
    direction, always the same. The truth comes from second differences of f at many digits. If f takes floats only,
    it comes from differences of the gradient, which should have passed ``gradcheck`` before.

    Args:
        f: the function, of plain numbers; or a pair (f, gradient).
        args: numbers, arrays, or nested tuples, lists and dicts of them.
        gradient: gives f's gradient. ``autograd.grad`` differentiates it, and the result is checked.
        hessian: gives all second derivatives, n rows of n numbers for n numbers in the arguments, instead.
        argnums: the arguments to differentiate by, as in ``autograd.grad``; all that hold floats if it isn't given.
        ulps: how many units of rounding are allowed.

    Returns:
        The report.

    Raises:
        WrongGradient: (an AssertionError) a second derivative is wrong. The message is the table.
        TypeError: an argument has no derivative, or f returned something else than one number.
        ValueError: the Hessian has not as many numbers as it should.
        MissingDependency: mpmath is not installed.

    >>> [row.partial for row in gradgradcheck(lambda x, y: x * x * y, 2.0, 3.0).rows]
    ['x, x', 'x, y', 'y, x', 'y, y']
    """
    __tracebackhide__ = True
    mpmath()
    f, gradient = _checked(f, args, gradient, ulps)
    inputs = inputs_of(args, argnums)
    _finite(inputs)
    of_ours = gradient or grad(f, _argnums(inputs))
    n = len(inputs.numbers)
    labels = _labels(f, inputs)

    def at(numbers: Sequence[Any]) -> list[Any]:
        """The gradient as a flat list."""
        return _flat(inputs.call(of_ours, numbers, {}), n)

    if hessian is not None or n <= _FEW:
        pairs = [(i, [float(j == k) for k in range(n)]) for i in range(n) for j in range(n)]
        names = [f"{a}, {b}" for a in labels for b in labels]
        rows_of = hessian or (lambda *_: [grad(lambda xs, j=j: at(xs)[j])(list(inputs.numbers)) for j in range(n)])
        ours = _numbers(rows_of(*args), n * n)
    else:
        draw = random.Random(n)
        direction = [draw.choice((-1.0, 1.0)) * draw.uniform(0.5, 1.0) * (abs(float(x)) or 1.0) for x in inputs.numbers]
        pairs = [(i, direction) for i in range(n)]
        names = [f"{a}, along v" for a in labels]

        def along(numbers: Sequence[Any]) -> Any:
            return sum(g * v for g, v in zip(at(numbers), direction))

        ours = _numbers(grad(along)(list(inputs.numbers)), n)
    truths = second_derivatives(f, lambda xs: [float(g) for g in at(xs)], inputs, pairs)
    rows = [compare(name, x, truth, ulps) for name, x, truth in zip(names, ours, truths)]
    for k, (i, direction) in enumerate(pairs):
        if rows[k].wrong and hessian is None:  # or do terms of the gradient's own formula cancel?

            def formula(numbers: Sequence[Any], i: int = i, direction: Sequence[float] = direction) -> Any:
                return grad(lambda xs: sum(g * v for g, v in zip(at(xs), direction) if v))(list(numbers))[i]

            terms = terms_of(formula, [float(x) for x in inputs.numbers])
            rows[k] = compare(names[k], ours[k], truths[k]._replace(scale=max(truths[k].scale, terms)), ulps)
    report = _report("gradgradcheck", f, rows)
    if report.wrong:
        raise WrongGradient(report)
    return report


class NotDeterministic(AssertionError):
    """f gives another number when it is asked twice, so that it has no derivative that could be checked."""


def _needs_one_answer(f: Function, args: tuple[Any, ...]) -> None:
    """Complain if f differs from itself at one point, in a number that isn't NaN both times."""
    try:
        once, again = (float(f(*args)) for _ in range(2))
    except Exception:  # what is wrong with f is said where it is differentiated
        return
    if once != again and not (once != once and again != again):
        name = getattr(f, "__name__", type(f).__name__)
        raise NotDeterministic(
            f"{name} is not deterministic: at the same arguments it gave {once!r}, then {again!r}. Draw its random "
            "numbers beforehand, or from a generator that it makes afresh in each call, and check it again"
        )


def _check_recorded(f: Function, args: tuple[Any, ...], wrt: Any, ulps: float) -> GradientReport:
    """Check ``backward()`` of what f returns, with respect to Values that f uses."""
    _, leaves = flatten(wrt)
    for x in leaves:
        if not isinstance(x, Value):
            cure = "; write wrt=model.parameters()" if hasattr(x, "parameters") else ""
            raise TypeError(f"wrt holds Values, not {type(x).__name__}: {x!r:.60}{cure}")
    if not leaves:
        raise ValueError("there is nothing to check: wrt holds no Values; write wrt=[x, y], or wrt=model.parameters()")
    result = f(*args)
    if not isinstance(result, Value):
        raise TypeError(f"with wrt, f has to return a Value, but returned {type(result).__name__} {result!r:.60}")
    used = {result, *operations(result)}
    used.update(x for node in operations(result) for x in node._operands() if isinstance(x, Value))
    if not used.intersection(leaves):
        raise ValueError(
            f"there is nothing to check: what f returned depends on none of the {len(leaves)} Values of wrt; "
            "does f use other ones, or their numbers?"
        )
    before = [x.grad for x in leaves]
    for x in leaves:
        x.grad = 0.0
    result.backward()
    ours = [x.grad for x in leaves]
    for x, g in zip(leaves, before):
        x.grad = g
    order = shown(operations(result))

    def replay(numbers: Sequence[Any]) -> Any:
        known: dict[Any, Any] = dict(zip(leaves, numbers))
        for node in order:
            if node not in known:
                known[node] = node._rule(*(known.get(x, float(x)) for x in node._operands()))
        return known.get(result, result.data)

    truths = first_derivatives(replay, inputs_of(([x.data for x in leaves],), None), conditioned=True)
    labels = [x.label or path_of(wrt, i) or "wrt" for i, x in enumerate(leaves)]
    rows = [compare(label, g, truth, ulps) for label, g, truth in zip(labels, ours, truths)]
    return _report("gradcheck", f, rows, lambda: Recorded(leaves, result))


def _report(
    check: str,
    f: Function,
    rows: Sequence[GradientRow],
    record: Callable[[], Recorded | None] = lambda: None,
    inputs: Inputs | None = None,
    drift: Sequence[float] = (),
) -> GradientReport:
    found: tuple[str, ...] = ()
    if any(row.wrong for row in rows):
        shapes = [shape for tree in inputs.trees for shape in tree.shapes] if inputs else []
        found = hints(Evidence(rows, record(), shapes, drift))
    return GradientReport(check, getattr(f, "__name__", type(f).__name__), tuple(rows), found)


def _recorded(f: Function, inputs: Inputs) -> Recorded | None:
    """The graph of f, if it runs on Values."""
    leaves = [Value(float(x)) for x in inputs.numbers]
    try:
        result = inputs.call(f, leaves, {})
    except Exception:  # it's for a hint only: f need not be made for Values
        return None
    return Recorded(leaves, result) if isinstance(result, Value) else None


def _argnums(inputs: Inputs) -> Argnums:
    return inputs.argnums[0] if inputs.single else tuple(inputs.argnums)


def _flat(structure: Any, n: int) -> list[Any]:
    numbers = flatten(structure)[1]
    if len(numbers) != n:
        raise ValueError(f"the derivative has {len(numbers)} numbers where there should be {n}")
    return numbers


def _numbers(structure: Any, n: int) -> list[float]:
    return [float(x) for x in _flat(structure, n)]


def _labels(f: Function, inputs: Inputs) -> list[str]:
    """What each number is called: the parameter's name, and where it stands in the argument."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    out = []
    for i, tree in zip(inputs.argnums, inputs.trees):
        positional = i < len(parameters) and parameters[i].kind in _POSITIONAL
        name = parameters[i].name if positional else f"argument {i}"
        out += [name + path_of(inputs.args[i], k) for k in range(tree.size)]
    return out


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

__all__ = ["GradientReport", "GradientRow", "WrongGradient", "gradcheck", "gradgradcheck"]


def _checked(f: Any, args: tuple[Any, ...] | None, gradient: Any, ulps: Any) -> tuple[Function, Any]:
    """The function and its gradient, if these and the arguments (None: there need be none) are what a check takes."""
    if isinstance(ulps, str) or not hasattr(ulps, "__float__") or not ulps > 0:
        raise ValueError(f"ulps says how much rounding is allowed: a positive number, not {ulps!r:.60}")
    if isinstance(f, tuple):
        f, gradient = _pair(f)
    if not callable(f):
        raise TypeError(
            f"gradcheck takes a function first, not {type(f).__name__} {f!r:.60}; write gradcheck(f, 1.0), or for "
            "Values gradcheck(lambda: ..., wrt=[x, y])"
        )
    if args == ():
        raise TypeError("gradcheck needs the numbers at which f is checked: write gradcheck(f, 1.0), or wrt=[x, y]")
    if args is not None and any(x is None for x in args):
        raise TypeError("gradcheck takes numbers, arrays, tuples, lists and dicts of them as arguments, not None")
    return f, gradient


def _finite(inputs: Inputs) -> None:
    for number in inputs.numbers:
        if not math.isfinite(float(number)):
            raise ValueError(f"a derivative is checked at finite numbers, not at {float(number)!r}")


def _pair(f: tuple[Any, ...]) -> tuple[Function, Function]:
    if len(f) != 2 or not all(map(callable, f)):
        raise TypeError(f"a tuple is a pair of functions, (function, gradient), not {f!r:.60}")
    return f
