"""Back ends: the ways of running a program, each an object with one small interface. Here is where one is chosen."""

from __future__ import annotations

import threading
import warnings
from typing import Final

from autograd.compiler.backends.backend import Backend
from autograd.compiler.backends.by_kernel import Kernel
from autograd.compiler.backends.by_numpy import NumPy
from autograd.compiler.backends.by_python import Python
from autograd.compiler.backends.checked import Checked
from autograd.engine.modes import users_line
from autograd.errors import MissingDependency, NoKernel

BACKENDS: Final[dict[str, type[Backend]]] = {"c": Kernel, "numpy": NumPy, "python": Python}
_first: Final = threading.Lock()  # taken by the first call that has to do without the kernel


def chosen(check: bool) -> type[Backend]:
    """The back end of ``jit(f, check=check)``."""
    if check:
        return Checked
    if Kernel.available():
        return Kernel
    if _first.acquire(blocking=False):
        warnings.warn_explicit(
            "jit runs on NumPy here, much slower than with its kernel in C, which isn't built. "
            "Install a C compiler (gcc or clang), then write: python -m autograd.compiler.kernel.build",
            NoKernel,
            *users_line(),
        )
    return NumPy


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
            f'the back end "{name}" needs the compiled kernel: with a C compiler write python -m '
            'autograd.compiler.kernel.build; backend="numpy" needs none'
        )
    return BACKENDS[name]
