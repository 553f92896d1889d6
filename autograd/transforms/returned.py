"""What a user's rule has returned, as a flat list of numbers, or an error that says what was expected instead."""

from __future__ import annotations

import math
from typing import Any

from autograd.transforms.joint import Given
from autograd.transforms.trees import Tree, flatten, is_number


def pair(rule: str, parts: str, found: Any) -> tuple[Any, Any]:
    """What has to be a pair."""
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise TypeError(f"{rule} has to return ({parts}), but returned {described(found)}")
    return found[0], found[1]


def tangents(rule: str, tree: Tree, outputs: list[Any], tangent: Any) -> list[Any]:
    """The tangent of an output, whose structure it has to have; None stands for zeros."""
    if tangent is None:
        return [0] * len(outputs)
    found, numbers = flatten(tangent)
    if found != tree or not all(map(_is_real, numbers)):
        raise TypeError(
            f"{rule} returned as tangent {described(tangent)}, which has not the structure of its output, "
            f"{described(tree.rebuild(outputs))}"
        )
    return numbers


def gradients(rule: str, args: tuple[Any, ...], found: Any, places: tuple[int, ...]) -> list[Any]:
    """The gradients that a backward rule returned, a number for each of the arguments' numbers.

    Args:
        rule: what messages call it.
        args: those that are differentiated by.
        found: what it returned.
        places: at which place each argument stands in the call.
    """
    if not isinstance(found, (tuple, list)) or len(found) != len(args):
        raise TypeError(
            f"{rule} has to return a tuple with a gradient for each of its {len(args)} arguments, "
            f"but returned {described(found)}"
        )
    numbers: list[Any] = []
    for place, arg, gradient in zip(places, args, found):
        part = _like(arg, gradient)
        if part is None:
            raise TypeError(
                f"{rule} returned {described(gradient)} as the gradient of argument {place}, "
                f"which is {described(arg)}; None stands for zeros"
            )
        numbers += part
    return numbers


def _like(arg: Any, gradient: Any) -> list[Any] | None:
    """The numbers of a gradient of that structure; None if it has another one."""
    given = Given(arg)
    if gradient is None or not given.numbers:
        return [0] * len(given.numbers)
    import optree

    leaves, spec = optree.tree_flatten(gradient, none_is_leaf=True, namespace="chainrule")
    if spec != given.spec:
        return _part_by_part(arg, given.spec.entries(), gradient)
    numbers: list[Any] = []
    for leaf, shape in zip(leaves, given.shapes):
        if shape is None:
            continue
        part = [0] * math.prod(shape) if leaf is None else flatten(leaf)[1]
        if (leaf is not None and getattr(leaf, "shape", ()) != tuple(shape)) or not all(map(_is_real, part)):
            return None
        numbers += part
    return numbers


def _part_by_part(arg: Any, entries: list[Any], gradient: Any) -> list[Any] | None:
    """The same of a dict, tuple or list, where a None may stand for zeros of a whole part."""
    if isinstance(arg, dict):
        alike = isinstance(gradient, dict) and arg.keys() == gradient.keys()
    else:
        alike = type(arg) in (tuple, list) and type(gradient) is type(arg) and len(gradient) == len(arg)
    numbers: list[Any] = []
    for entry in entries if alike else ():
        part = _like(arg[entry], gradient[entry])
        if part is None:
            return None
        numbers += part
    return numbers if alike else None


def _is_real(x: Any) -> bool:
    return is_number(x) or (isinstance(x, int) and not isinstance(x, bool))


def described(x: Any) -> str:
    """A result as messages have it: shapes of arrays, and structures of them."""
    if getattr(x, "ndim", 0):
        return f"an array of shape {x.shape}"
    if isinstance(x, dict):
        return "{" + ", ".join(f"{key!r}: {described(part)}" for key, part in x.items()) + "}"
    if isinstance(x, (tuple, list)) and len(x) < 6:
        left, right = ("(", ")") if isinstance(x, tuple) else ("[", "]")
        return left + ", ".join(map(described, x)) + ("," if left == "(" and len(x) == 1 else "") + right
    return f"{type(x).__name__} {x!r:.60}"
