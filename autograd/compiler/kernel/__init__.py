"""The kernel: a program becomes words, and C runs them.

``words`` declares the instructions, ``lower`` makes words of a program, ``disassemble`` writes them as text, and
``library`` has the C code run them, of which ``interpreter.h`` is the beginning.
"""

from autograd.compiler.kernel.library import (
    LANES,
    MOST_THREADS,
    WIDTHS,
    Code,
    Section,
    address_of,
    available,
    instruction_sets,
)

__all__ = [
    "LANES",
    "MOST_THREADS",
    "WIDTHS",
    "Code",
    "Section",
    "address_of",
    "available",
    "instruction_sets",
]
