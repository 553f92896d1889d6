"""A function's program for arguments of some shapes, ready to be called: recorded, simplified, and run by a backend."""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optree

from autograd.compiler import interpret
from autograd.compiler.adjoint import Tape
from autograd.compiler.arguments import (
    FLOAT64,
    REAL,
    Arguments,
    is_static,
    name_inputs,
    object_array,
    size_of,
    starts_of,
)
from autograd.compiler.program import SOURCES, Program, values_in
from autograd.compiler.results import Results
from autograd.compiler.simplify import simplify
from autograd.compiler.trace import Trace, Traced
from autograd.errors import AnomalyError
from autograd.modes import TAPE


class Compiled(Program):
    """A function's program for arguments of some shapes, and what is needed to call it."""

    def __init__(self, f: Callable[..., Any], flat: Arguments, dtype: str, threads: int, check: bool) -> None:
        self.dtype = dtype
        self.check = check
        self._threads = threads
        self.key = flat.key
        self._spec: Any = None if flat.key[2] else flat.spec  # of the arguments, if none was given by keyword
        self._dicts = None if flat.key[2] else _dicts_in(flat.spec)
        self.shapes = flat.shapes
        self.number_shapes = [shape for shape in flat.shapes if not is_static(shape)]
        self.starts = starts_of([size_of(shape) for shape in self.number_shapes])
        trace, result = record(f, flat, keep_lines=check)
        self.out = Results(trace, result, dtype)
        program = simplify(trace.finish(self.out.values))
        super().__init__(program.inputs, program.ops, program.outputs, program.names, program.lines)
        self._kernel: Any = None
        self._lock = threading.Lock()

    __hash__ = object.__hash__

    def __call__(self, numbers: Sequence[Any], threads: int = 1) -> Any:
        if self._kernel is not None and not self.check:
            return self._kernel.call(numbers, threads)
        if self.check:
            return self.out.rebuild(self._checked(self._memory(numbers)))
        return self.run_flat(numbers, threads, None)

    def prepare(self) -> None:
        """Do before the first run what can be done before it."""
        if not self.check and kernel_available():
            self._in_c().code(0)

    def numbers_of(self, args: tuple[Any, ...]) -> list[Any] | None:
        """The leaves of the arguments if they are floats and arrays as the program takes them. None: look closer."""
        if self._dicts is None:
            return None
        try:
            leaves: list[Any] = self._spec.flatten_up_to(args)
        except (TypeError, ValueError):
            return None
        for path in self._dicts:  # for a dict it takes an OrderedDict, too
            x: Any = args
            for key in path:
                x = x[key]
            if type(x) is not dict:
                return None
        for leaf, shape in zip(leaves, self.shapes):
            kind = type(leaf)
            if kind is float:
                fits = shape is None
            else:
                fits = (
                    kind is np.ndarray
                    and leaf.shape == shape != ()
                    and (leaf.dtype is FLOAT64 or leaf.dtype.kind in REAL)
                )
            if not fits:
                return None
        return leaves

    def run(self, *args: Any, backend: str | None = None, **kwargs: Any) -> Any:
        """Run the program.

        Args:
            args: of the shapes that it was made for.
            backend: "c", "numpy" or "python"; if it isn't given, the kernel where there is one, else NumPy.
            kwargs: likewise.

        Raises:
            ValueError: the backend is unknown, or the arguments have other shapes.
            MissingDependency: there is no compiled kernel, and "c" was asked for.
        """
        flat = Arguments(args, kwargs)
        if flat.key != self.key:
            raise ValueError(
                f"this program is for arguments of shapes {self.shapes} in the structure {self.key[0]}, "
                f"not {flat.shapes} in {flat.spec}"
            )
        return self.run_flat(flat.numbers, 1, backend)

    def run_flat(self, numbers: Sequence[Any], threads: int, backend: str | None) -> Any:
        if backend is None:
            backend = "c" if kernel_available() else "numpy"
        if backend == "c":
            return self._in_c().call(numbers, threads)
        if backend == "numpy":
            outputs = interpret.run_numpy(self, self._memory(numbers))
        elif backend == "python":
            outputs = interpret.run_python(self, [float(x) for x in self._memory(numbers)])
        else:
            raise ValueError(f'backend is "c", "numpy" or "python", not {backend!r}')
        return self.out.rebuild(outputs)

    def repeated(self, n: int, state: Arguments, numbers: Sequence[Any], threads: int) -> Any:
        size = sum(size_of(shape) for shape in state.shapes if not is_static(shape))
        if not self.out.matches(state):
            raise ValueError(
                "repeat feeds the result back as the first argument, so it needs the structure of that argument: "
                f"the argument is {described(state)}, the result {self.out.described()}"
            )
        if not self.check and kernel_available():
            return self._in_c().call(numbers, threads, repeats=n, feedback=size)
        memory = self._memory(numbers)
        for _ in range(n):
            outputs = self._checked(memory) if self.check else interpret.run_numpy(self, memory)
            memory[:size] = self.out.flat(outputs)
        return self.out.rebuild(outputs)

    def _memory(self, numbers: Sequence[Any]) -> Any:
        """All inputs as one array."""
        memory = np.empty(self.inputs, dtype=self.dtype)
        for start, x in zip(self.starts, numbers):
            if type(x) is float:
                memory[start] = x
            else:
                memory[start : start + x.size] = x.ravel()
        return memory

    def _in_c(self) -> Any:
        with self._lock:
            if self._kernel is None:
                from autograd.compiler.native import Native

                self._kernel = Native(self, self._threads)
            return self._kernel

    def _checked(self, memory: Any) -> list[Any]:
        """Run every instruction by itself, and stop at the first result that isn't finite."""
        program = Program(self.inputs, self.ops, list(range(len(self))))
        everything = interpret.run_numpy(program, memory)
        for value, (head, operands, _) in enumerate(self.ops, start=self.inputs):
            result = everything[value]
            used = list(dict.fromkeys(values_in(head, operands)))
            if head in SOURCES or np.isfinite(result).all() or not all(np.isfinite(everything[x]).all() for x in used):
                continue
            sample = ""
            numbers = {self.names.get(x, f"v{x}"): everything[x] for x in used[:6]}
            if np.ndim(result):
                first = int(np.flatnonzero(~np.isfinite(result))[0])
                result, sample = result[first], f" in sample {first},"
                numbers = {name: x[first] if np.ndim(x) else x for name, x in numbers.items()}
            at = ", ".join(f"{name} = {x}" for name, x in numbers.items())
            line = f", recorded at {self.lines[value]}" if value in self.lines else ""
            raise AnomalyError(f"{head.name} gives {result}{sample} at {at}{line}")
        return [everything[value] for value in self.outputs]

    def to_words(self) -> str:
        """What the kernel is told to do, an instruction a line, for reading."""
        from autograd.compiler.kernel.disassemble import disassemble

        return disassemble(self, self.out.layout)

    def to_python(self, name: str = "f") -> str:
        """The program as the source of a plain Python function of its numbers, worth reading."""
        from autograd.compiler.source_python import to_python

        return to_python(self, name)

    def to_c(self, name: str = "f") -> str:
        """The program as a C file of its own (C99) with one function, which needs nothing but ``math.h``."""
        from autograd.compiler.source_c import to_c

        return to_c(self, name)


def record(f: Callable[..., Any], flat: Arguments, keep_lines: bool = False) -> tuple[Trace, Any]:
    """Run a function on traced numbers in place of its arguments: what was recorded, and what it returned."""
    trace = Trace(sum(size_of(shape) for shape in flat.shapes if not is_static(shape)), keep_lines)
    leaves = []
    start = 0
    for leaf, shape in zip(flat.leaves, flat.shapes):
        if is_static(shape):
            leaves.append(leaf)
            continue
        size = size_of(shape)
        traced = [Traced(trace, index) for index in range(start, start + size)]
        leaves.append(traced[0] if shape is None else object_array(traced, shape))
        start += size
    call: Any = optree.tree_unflatten(flat.spec, leaves)
    args, kwargs = call if flat.key[2] else (call, {})
    name_inputs(trace, f, flat)
    trace.world = Tape(trace)
    token = TAPE.set(trace.world)
    try:
        return trace, f(*args, **kwargs)
    finally:
        TAPE.reset(token)
        trace.open = False


def _dicts_in(spec: Any) -> list[tuple[Any, ...]] | None:
    """The ways to the dicts in a structure of tuples, lists and dicts; None if it has other parts."""
    found: list[tuple[Any, ...]] = []
    stack: list[tuple[Any, tuple[Any, ...]]] = [(spec, ())]
    while stack:
        part, path = stack.pop()
        if part.type not in (None, type(None), tuple, list, dict):
            return None
        if part.type is dict:
            found.append(path)
        stack += [(child, (*path, key)) for child, key in zip(part.children(), part.entries())]
    return found


@contextmanager
def without_collector() -> Iterator[None]:
    """A program is many small tuples and no cycle: the garbage collector would go through them in vain, and often."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def described(flat: Arguments) -> str:
    """The shapes of arguments, for a message."""
    return str(list(flat.shapes))


@functools.cache
def kernel_available() -> bool:
    """Whether the compiled kernel is there."""
    from autograd.compiler import kernel

    return kernel.available()
