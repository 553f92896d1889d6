"""The leaves in a structure of modules, lists, tuples and dicts. It is here because it is called at every step of a
training, and what is here is compiled.
"""

from __future__ import annotations

from typing import Any

from autograd.engine.rules import LEAF
from autograd.engine.value import Value


def leaves_in(root: Any, module: type[Any]) -> list[Value]:
    """Every leaf that is an attribute of the root, or in a module, list, tuple or dict in it, once, in order.

    Args:
        root: a module.
        module: the class of modules: their attributes are looked at, save those that begin with an underscore.
    """
    found: dict[Value, None] = {}
    _gather(root, module, found, set())
    return list(found)


def _gather(item: Any, module: type[Any], found: dict[Value, None], above: set[int]) -> None:
    """Add the leaves in the item. ``above`` holds what it is inside of: modules may form a ring."""
    above.add(id(item))
    if isinstance(item, module):
        for name, child in vars(item).items():
            if isinstance(child, (Value, list, module, dict, tuple)) and name[:1] != "_":
                _add(child, module, found, above)
    else:
        for child in item.values() if isinstance(item, dict) else item:
            if type(child) is Value:  # as _add does it; most of all are such
                if child._rule is LEAF:
                    found[child] = None
            else:
                _add(child, module, found, above)
    above.discard(id(item))


def _add(child: Any, module: type[Any], found: dict[Value, None], above: set[int]) -> None:
    if isinstance(child, Value):
        if child._rule is LEAF:  # the result of an operation isn't a parameter
            found[child] = None
    elif isinstance(child, (list, module, dict, tuple)) and id(child) not in above:
        _gather(child, module, found, above)


def clear(values: list[Value]) -> None:
    """Set the gradient of each of the Values to 0.0."""
    for value in values:
        value._grad = 0.0
