"""Users' own rows in the rule table."""

from __future__ import annotations

import functools
import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any

from autograd.engine import rules
from autograd.engine.methods import Functions
from autograd.engine.modes import keeping
from autograd.engine.notation import call, with_latex
from autograd.engine.rules import Domain, Rule
from autograd.engine.value import Value
from autograd.numeric import difference_derivative
from autograd.transforms.whole import Whole

Function = Callable[..., Any]

_POINTS = (-3.1, -1.3, -0.45, 0.2, 0.7, 1.9, 4.3)


def primitive(
    *misplaced: Any,
    partials: Function | tuple[Function, ...] | None = None,
    vjp: Function | None = None,
    jvp: Function | None = None,
    symbol: str = "",
    latex: str = "",
    domain: str | Domain = "",
    verify: bool = False,
) -> Callable[[Function], Function]:
    """Make a plain function of numbers a primitive: a row of the rule table, under the function's name.

    From then on it is differentiated by its own partials, as one operation, and works wherever the built-in functions
    do: on Values and their backward pass, in transforms, in pictures, on arrays, and on other kinds of numbers as far
    as the function itself and the partials can be computed on them.

    Args:
        partials: a function of the operands and the result for each operand, in order; for one operand, just the
            function. Write them with ``autograd``'s functions, so that they can be differentiated again.
        vjp, jvp: for a function of arrays, numbers and structures of them, in place of ``partials``; one of the two
            will do. ``vjp``, of the cotangent of the result, the arguments and the result, gives a tuple with a
            gradient for each argument. ``jvp``, of a tuple with a tangent for each argument, the arguments and the
            result, gives the tangent of the result. Of one argument it is the gradient, or the tangent, itself. Such a
            function is no row of the table.
        symbol: how it's written in pictures and text; the function's name if it isn't given.
        latex: a template in which {0} and {1} stand for the operands; literal braces are doubled. Operands that need
            brackets get them if the template begins or ends with an operand.
        domain: where it is defined, for error messages; a :class:`autograd.engine.rules.Domain` also has a predicate.
        verify: compare the partials with differences of the function, at once, at points of the domain.

    Raises:
        TypeError: there is neither partials nor vjp nor jvp; the function takes no fixed number of operands; or
            (later, when it is used) a partial gives something that is no number, or a rule something of another
            structure than expected.
        ValueError: another function has the name already (the same one may be defined again), the number of partials
            is wrong, the LaTeX template asks for an operand that there isn't, or ``verify`` found a wrong partial.

    >>> from autograd import Value
    >>> @primitive(partials=lambda x, y: 2 * x, symbol="sq", verify=True)
    ... def square_for_the_docs(x):
    ...     return x * x
    >>> v = Value(3.0)
    >>> square_for_the_docs(v).backward()
    >>> v.grad, square_for_the_docs(5.0)
    (6.0, 25.0)
    """
    if not misplaced and (vjp is not None or jvp is not None):
        return _of_arrays(vjp, jvp, symbol, partials is not None or latex or domain or verify)
    given_partials = partials if isinstance(partials, tuple) else (partials,)
    if misplaced or (partials is not None and not all(map(callable, given_partials))):
        wrong = misplaced[0] if misplaced else partials
        raise TypeError(
            f"primitive takes partials=, for each operand a function of the operands and the result y, "
            f"not {wrong!r:.60}; write @primitive(partials=lambda x, y: ...) above the function, or vjp=... or jvp=... "
            "for a function of arrays"
        )
    if partials is None:
        raise TypeError("primitive needs derivatives: partials=..., or for a function of arrays vjp=... or jvp=...")

    def decorate(function: Function) -> Function:
        name = function.__name__
        given = partials if isinstance(partials, tuple) else (partials,)
        _check(name, function, given)
        notation = call(symbol or name)
        rule = Rule(
            name,
            lambda *operands: float(function(*operands)),
            tuple(_numeric(name, position, partial) for position, partial in enumerate(given, start=1)),
            domain if isinstance(domain, Domain) else Domain(domain or "where its formula is", lambda *operands: True),
            notation=with_latex(notation, latex, len(given)) if latex else notation,
            definition=function,
        )
        if verify:
            _verify(rule)
        rules.RULES[name] = rule
        _DEFINED_AT[name] = rule, _place(function)

        @functools.wraps(function)
        def apply(*operands: Any) -> Any:
            if len(operands) != rule.arity:
                raise TypeError(f"{name} takes {rule.arity} numbers, not {len(operands)}")
            return rule(*operands)

        return apply

    return decorate


def _of_arrays(vjp: Function | None, jvp: Function | None, symbol: str, others: Any) -> Callable[[Function], Function]:
    for what, rule in (("vjp", vjp), ("jvp", jvp)):
        if rule is not None and not callable(rule):
            raise TypeError(f"{what} is a function, not {type(rule).__name__} {rule!r:.60}")
    if others:
        raise TypeError(
            "partials, latex, domain and verify are for functions of numbers; beside vjp and jvp there is only symbol. "
            "autograd.testing.gradcheck(f, x) compares such a function with differences"
        )

    def decorate(function: Function) -> Function:
        return Whole(function, vjp, jvp, symbol or getattr(function, "__name__", "operation"))

    return decorate


# Where users' rows were defined. A notebook's cell that is run again may define its row again.
_DEFINED_AT: dict[str, tuple[Rule, tuple[str, str]]] = {}


def _place(function: Function) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _check(name: str, function: Function, partials: tuple[Function, ...]) -> None:
    if name in rules.RULES and _DEFINED_AT.get(name) != (rules.RULES[name], _place(function)):
        raise ValueError(f"there is a primitive named {name!r} already; give the function another name")
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    if not parameters or any(p.kind not in kinds for p in parameters):
        raise TypeError(
            f"a primitive takes a fixed number of operands, one or more, but {name} takes {inspect.signature(function)}"
        )
    if len(partials) != len(parameters):
        raise ValueError(
            f"{name} takes {len(parameters)} numbers and needs a partial for each; there are {len(partials)}"
        )
    for position, partial in enumerate(partials, start=1):
        try:
            inspect.signature(partial).bind(*parameters, None)
        except ValueError:
            continue  # compiled, and doesn't say what it takes
        except TypeError:
            raise ValueError(
                f"partial {position} of {name} has to take the operands and the result, "
                f"{len(parameters) + 1} numbers in all, but takes {inspect.signature(partial)}"
            ) from None


def _numeric(name: str, position: int, partial: Function) -> Function:
    """The partial, refusing any result that is no number."""

    def checked(*operands_and_result: Any) -> Any:
        if any(isinstance(x, Value) for x in operands_and_result):
            with keeping():
                out = partial(*operands_and_result)
        else:
            out = partial(*operands_and_result)
        if isinstance(out, Functions) or hasattr(type(out), "__float__"):
            return out
        raise TypeError(f"partial {position} of {name} gave {type(out).__name__} {out!r:.60}, which is no number")

    return checked


def _verify(rule: Rule) -> None:
    """Compare each partial with differences of the function, at points of the domain."""
    tried = 0
    for point in itertools.product(_POINTS, repeat=rule.arity):
        try:
            y = rule.value(*point) if rule.domain.contains(*point) else math.nan
        except (ArithmeticError, ValueError):
            continue
        if not math.isfinite(y):
            continue
        for position, partial in enumerate(rule.partials):
            truth, error = difference_derivative(functools.partial(_along, rule, point, position), point[position])
            if error > 1e-6 * (1.0 + abs(truth)):
                continue  # no derivative here, or none that differences can find
            tried += 1
            ours = float(partial(*point, y))
            if not abs(ours - truth) <= 10.0 * error + 1e-7 * (1.0 + abs(truth)):
                raise ValueError(
                    f"partial {position + 1} of {rule.name} is {ours!r} at {', '.join(map(repr, point))}, "
                    f"where differences of the function give {truth:.9g}"
                )
    if not tried:
        raise ValueError(f"{rule.name} could not be verified: no derivative was found at any point that was tried")


def _along(rule: Rule, point: tuple[float, ...], position: int, x: float) -> float:
    moved = list(point)
    moved[position] = x
    out: float = rule.value(*moved)
    return out
