"""The kernel's wing: a program becomes words, and C runs them. See ``kernel.c``."""

from autograd.compiler.kernel.library import (
    LANES,
    MOST_THREADS,
    WIDTHS,
    Code,
    Section,
    address_of,
    available,
    functions,
    instruction_sets,
    ops,
)

__all__ = [
    "LANES",
    "MOST_THREADS",
    "WIDTHS",
    "Code",
    "Section",
    "address_of",
    "available",
    "functions",
    "instruction_sets",
    "ops",
]
