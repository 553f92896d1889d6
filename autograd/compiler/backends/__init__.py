"""Back ends: the ways of running a program, each an object with one small interface. Here is where one is chosen."""

from __future__ import annotations

from typing import Final

from autograd.compiler.backends.backend import Backend
from autograd.compiler.backends.by_kernel import Kernel
from autograd.compiler.backends.by_numpy import NumPy
from autograd.compiler.backends.by_python import Python
from autograd.compiler.backends.checked import Checked
from autograd.errors import MissingDependency

BACKENDS: Final[dict[str, type[Backend]]] = {"c": Kernel, "numpy": NumPy, "python": Python}


def chosen(check: bool) -> type[Backend]:
    """The back end of ``jit(f, check=check)``."""
    if check:
        return Checked
    return Kernel if Kernel.available() else NumPy


def named(name: str) -> type[Backend]:
    """The back end of that name.

    Raises:
        ValueError: there is none.
        MissingDependency: it can't run here.
    """
    if name not in BACKENDS:
        *names, last = [f'"{each}"' for each in BACKENDS]
        raise ValueError(f"backend is {', '.join(names)} or {last}, not {name!r}")
    if not BACKENDS[name].available():
        raise MissingDependency(
            f'the back end "{name}" needs the compiled kernel, which is built when chainrule is installed with a C '
            'compiler; backend="numpy" needs none'
        )
    return BACKENDS[name]
