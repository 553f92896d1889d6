"""How an engine is spelled: what it calls ``data``, ``grad``, ``backward`` and the primitives of the rule table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

Name: TypeAlias = str | Callable[..., Any]


@dataclass(frozen=True)
class Spelling:
    """The names that somebody's class has for its attributes and operations.

    Args:
        names: what a primitive of the rule table is called there, where that differs: a method, a function in the
            class's module, a function elsewhere as ``"module:function"``, or a callable; ``""`` leaves the primitive
            out.
        data: the attribute that holds the number.
        grad: the attribute that holds the gradient.
        backward: the method that starts the backward pass.
        define: what primitives mean there, where that isn't the table's: ``"log(x) = log(x + 1e-6)"``.
    """

    names: Mapping[str, Name] = field(default_factory=dict)
    data: str = "data"
    grad: str = "grad"
    backward: str = "backward"
    define: tuple[str, ...] = ()

    def as_text(self) -> Spelling | None:
        """The same for another process, with text for each callable; None if it couldn't find one of them there.

        >>> Spelling({"exp": abs}).as_text().names
        {'exp': 'builtins:abs'}
        """
        names: dict[str, Name] = {}
        for name, given in self.names.items():
            if not isinstance(given, str):
                module, qualname = getattr(given, "__module__", ""), getattr(given, "__qualname__", "")
                if getattr(sys.modules.get(module), qualname, None) is not given or module == "__main__":
                    return None
                given = f"{module}:{qualname}"
            names[name] = given
        return replace(self, names=names)
