"""Kinds of numbers besides float: functions that ``mpmath``, SymPy, ``fractions`` and ``decimal`` have themselves.

The rule table writes each function once. A row's expression needs arithmetic, comparison and elementary
functions of a number; this file finds the functions. A number's own library is asked first (``mpmath.exp`` for an
``mpf``); where it has no such function, the row's definition in terms of other rows is used. None of these libraries
is imported here: a number that arrives has already loaded its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from autograd.errors import NoExactValue


def library(x: Any) -> str:
    """The top-level package that x's type comes from, such as ``"mpmath"`` or ``"sympy"``."""
    return type(x).__module__.partition(".")[0]


def ground(x: Any) -> Any:
    """The number at the bottom of one that carries derivatives on top of another."""
    while hasattr(x, "primal"):
        x = x.primal
    return x


def number(x: Any) -> float:
    """The number at the bottom as a float, without its derivatives: what the engine itself compares and prints."""
    x = ground(x)
    return float(x.data if hasattr(type(x), "__apply_rule__") else x)


def plain(x: Any) -> Any:
    """A NumPy scalar as Python's number: NumPy's own would wrap around, warn where Python raises, or have more digits
    than a float. Anything else as it is.
    """
    if getattr(x, "ndim", None) != 0 or not hasattr(x, "item"):
        return x
    x = x.item()
    if getattr(x, "ndim", None) == 0:  # a longdouble is its own item
        return float(x) if x.dtype.kind == "f" else complex(x)
    return x


def is_symbolic(x: Any) -> bool:
    """True for an expression, SymPy's or one that is only written, and for a lifted number on top of one."""
    if type(x) is float:
        return False
    x = ground(x)
    return library(x) == "sympy" or getattr(type(x), "is_written", False)


def is_traced(x: Any) -> bool:
    """True for a number that jit is tracing, and for a comparison of such numbers: neither has a value yet."""
    return getattr(type(x), "is_traced", False)


def compares_itself(x: Any) -> bool:
    """True for a traced number and for an array of them: in a comparison, the other operand leaves the answer to it."""
    return is_traced(x) or getattr(type(x), "holds_traced", False)


def own_function(elsewhere: Mapping[str, tuple[str, ...]], operands: tuple[Any, ...]) -> Callable[..., Any] | None:
    """The function in the library that the operands come from, by its name there; None where it has none."""
    for x in operands:
        home = library(x)
        if home not in elsewhere:
            continue
        (name, *_) = elsewhere[home]
        if home == "mpmath":
            return getattr(x.context, name, None)
        if home == "sympy":
            return getattr(sys.modules["sympy"], name, None)
        if home == "decimal":
            function: Callable[..., Any] = getattr(type(x), name)
            return function
    return None


def power(a: Any, b: Any) -> Any:
    """a ** b, refusing a fraction's power that Python would give as a float."""
    if library(a) == "decimal" and a == 0 and b == 0:
        return type(a)(1)  # as of floats; decimals would refuse it
    y = a**b
    if isinstance(y, float) and not isinstance(a, float) and not isinstance(b, float):
        raise NoExactValue
    return y


def like(x: Any, n: int | float) -> Any:
    """The plain number n as the kind of number that x is, so that ``log(like(x, 2))`` has x's precision.

    A number that carries a derivative is of the kind of the number below it. A float stays one beside a fraction, which
    it would make inexact in any case; beside a decimal, which Python doesn't let it stand, it is one.
    """
    x = ground(x)
    home = library(x)
    if home == "mpmath":
        return x.context.mpf(n)
    if home == "sympy":
        return sys.modules["sympy"].sympify(n)
    if home == "decimal" or (home == "fractions" and isinstance(n, int)):
        return type(x)(n)
    if home == "fractions":
        return n
    if getattr(type(x), "is_written", False):
        return type(x)(n)
    return float(n)


def choose(condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """What ``then`` gives where the condition holds, else what ``otherwise`` gives.

    Of a plain condition only the branch taken is computed. A traced or symbolic one has no truth: both are, and
    ``where`` stands for the choice.
    """
    if condition is True or condition is False or not (is_traced(condition) or is_symbolic(condition)):
        return then() if condition else otherwise()
    return where(condition, then(), otherwise())


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b. See :func:`autograd.where`."""
    if condition is True or condition is False:  # most often
        return a if condition else b
    own = getattr(type(condition), "__choose__", None)
    if own is not None:
        return own(condition, a, b)
    if is_traced(condition):  # a number, which is true if it isn't 0: an element of a mask
        return where(condition != 0.0, a, b)
    if is_symbolic(condition) and condition not in (True, False):
        piecewise = sys.modules["sympy"].Piecewise
        if hasattr(a, "primal") or hasattr(b, "primal"):
            chosen = piecewise((1, condition), (0, True))
            return chosen * a + (1 - chosen) * b
        return piecewise((a, condition), (b, True))
    if getattr(condition, "ndim", 0):
        numpy = sys.modules["numpy"]
        if hasattr(type(condition), "is_batch"):
            return numpy.where(condition, a, b)
        if condition.dtype.kind == "O":  # of traced comparisons
            return numpy.frompyfunc(where, 3, 1)(condition, a, b)
        return numpy.where(condition, a, b)
    return a if condition else b
