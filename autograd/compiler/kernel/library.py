"""The compiled kernel from Python: programs of int32 words, checked once, then run on a memory of floats.

What the words mean stands in ``words.py``, what sections are in ``interpreter.h``.

Where the package was installed without a C compiler there is no kernel: ``available()`` is False.
"""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from autograd.compiler.kernel.words import checksum

LANES: Final = {"float64": 8, "float32": 16}  # of a vector
WIDTHS: Final = (1, 2, 4, 8)  # vectors of a block
MOST_THREADS: Final = 256

_FORMATS: Final = {"float64": "d", "float32": "f"}


@functools.cache
def _kernel() -> Any:
    try:
        module = importlib.import_module("autograd.compiler.kernel._kernel")
    except ImportError:
        return None
    if module.lib.kernel_words != checksum() or not hasattr(module.lib, "kernel_pause"):
        raise RuntimeError(
            "the compiled kernel is older than its sources: build it again, python -m autograd.compiler.kernel.build"
        )
    module.ffi.def_extern("kernel_pause", error=1, onerror=_keep)(_pause)
    return module


_raised: Final = threading.local()  # the exception that has ended the run of a thread


def _pause() -> int:
    """What a long run calls now and then: when a Python function begins, Python handles the signals that wait."""
    return 0


def _keep(_: Any, error: BaseException, __: Any) -> None:
    _raised.error = error


def available() -> bool:
    """Is there a compiled kernel?"""
    return _kernel() is not None


def _texts(array: Any) -> list[str]:
    ffi = _kernel().ffi
    texts: list[str] = []
    while array[len(texts)]:
        texts.append(ffi.string(array[len(texts)]).decode())
    return texts


@functools.cache
def instruction_sets() -> dict[str, int]:
    """The numbers by name of the instruction sets that this machine has, best first."""
    lib = _kernel().lib
    return {name: i for i, name in enumerate(_texts(lib.kernel_instruction_sets)) if lib.kernel_supports(i)}


def address_of(memory: Any) -> Any:
    """The address of a writable buffer, which is kept alive by it."""
    return _kernel().ffi.from_buffer(memory, require_writable=True)


class Section(NamedTuple):
    """A piece of a program: words ``begin`` to ``end``, run once (uniform) or for every block of samples (varying)."""

    varying: bool
    begin: int
    end: int
    width: int = 1  # vectors of a block
    samples: int = 0
    slots: int = 0  # of V
    accumulators: int = 0
    targets: int = 0  # where in the words the accumulators' indices of M are


class Code:
    """A checked program.

    Args:
        words: int32 words, as a sequence of ints or a buffer of them.
        sections: its sections, in the order in which they run.
        memory: how many numbers M has.
        dtype: the numbers, "float64" or "float32".
        copies: pairs (destination, source) of M, copied as if at once after every run.

    Raises:
        ValueError: a word isn't what it should be; the message says where and why.
    """

    def __init__(
        self,
        words: Sequence[int] | Any,
        sections: Iterable[Section],
        memory: int,
        dtype: str = "float64",
        copies: Iterable[tuple[int, int]] = (),
    ) -> None:
        module = _kernel()
        if module is None:
            raise RuntimeError("there is no compiled kernel: autograd was installed without a C compiler")
        ffi, self._lib = module.ffi, module.lib
        self._ffi = ffi
        self.memory, self.dtype, self._format = memory, dtype, _FORMATS[dtype]
        self._code = _int32s(ffi, words)
        self._sections = ffi.new("Section[]", [tuple(int(field) for field in section) for section in sections])
        self._copies = ffi.new("int32_t[]", [index for pair in copies for index in pair])
        single = int(dtype == "float32")
        self._program = ffi.new(
            "Program *",
            (
                self._code,
                len(self._code),
                self._sections,
                len(self._sections),
                single,
                memory,
                self._copies,
                len(self._copies) // 2,
                ffi.NULL,
            ),
        )
        self._lib.kernel_shorten(self._program, self._code)
        position = ffi.new("int64_t *")
        reason = self._lib.kernel_check(self._program, position)
        if reason:
            text = ffi.string(self._lib.kernel_reasons[reason]).decode()
            raise ValueError(f"not a program of the kernel, at {position[0]}: {text}")
        self._pieces = ffi.new("Piece[]", self._lib.kernel_pieces(self._program, ffi.NULL))
        self._lib.kernel_pieces(self._program, self._pieces)
        self._program.pieces = self._pieces
        self._best = next(iter(instruction_sets().values()))
        self._scratches: dict[int, list[tuple[Any, Any]]] = {}  # by number of threads; those not in use

    def run(self, memory: Any, repeats: int = 1, threads: int = 1, instruction_set: str | None = None) -> None:
        """Run it on M, a writable buffer of at least ``self.memory`` numbers, which is changed in place.

        Other Python threads go on meanwhile, and may run the same program on another M. A signal is handled within
        0.1 s; where its handler raises (as that of Ctrl-C does), the run ends, and M is in no certain state.
        """
        view = memoryview(memory)
        if view.format != self._format or view.nbytes < self.memory * view.itemsize or view.readonly:
            raise ValueError(f"M is a writable buffer of {self.memory} {self.dtype} numbers")
        number = None if instruction_set is None else instruction_sets()[instruction_set]
        self.run_at(address_of(memory), repeats, max(1, min(threads, MOST_THREADS)), number)

    def run_at(self, address: Any, repeats: int, threads: int, instruction_set: int | None = None) -> None:
        """The same, on the M at an address, which is large enough; with 1 to MOST_THREADS threads."""
        free = self._scratches.get(threads)
        if free is None:
            free = self._scratches.setdefault(threads, [])
        try:
            scratch = free.pop()
        except IndexError:
            scratch = self._new_scratch(threads)
        number = self._best if instruction_set is None else instruction_set
        ended = self._lib.kernel_run(self._program, address, scratch[1], repeats, threads, number)
        free.append(scratch)
        if ended == 1:
            error, _raised.error = _raised.error, None
            raise error

    def _new_scratch(self, threads: int) -> tuple[Any, Any]:
        whole = self._ffi.new("char[]", self._lib.kernel_scratch(self._program, threads) + 64)
        address = int(self._ffi.cast("uintptr_t", whole))
        return whole, whole + -address % 64


def _int32s(ffi: Any, words: Any) -> Any:
    """A copy of the words that only this module has."""
    try:
        view = memoryview(words)
    except TypeError:
        return ffi.new("int32_t[]", words)
    if view.format not in ("i", "l") or view.itemsize != 4 or not view.c_contiguous:
        raise ValueError("words are int32 numbers")
    copied = ffi.new("int32_t[]", view.nbytes // 4)
    ffi.memmove(copied, view, view.nbytes)
    return copied
