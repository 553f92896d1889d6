"""JAX as it is fastest on one thread."""

from __future__ import annotations

from typing import Any


def one_thread_jax() -> Any:
    """The module, told to compute in the thread that calls it, and in double precision unless arrays say otherwise.

    By default it hands a program over to another thread, which takes a quarter longer where programs are small. There
    is no environment variable for that.
    """
    import jax

    jax.config.update("jax_cpu_enable_async_dispatch", False)
    jax.config.update("jax_enable_x64", True)
    return jax
