"""jit: a function of numbers, arrays and structures of them, compiled at its first call for each shape of arguments."""

from __future__ import annotations

import functools
import gc
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from autograd.errors import AnomalyError, TraceError
from autograd.jit import interpret
from autograd.jit.adjoint import Tape
from autograd.jit.lower import Output
from autograd.jit.program import CONSTANT, SOURCES, Program, values_in
from autograd.jit.simplify import PASSES, simplify
from autograd.jit.trace import Condition, Trace, Traced
from autograd.methods import Functions
from autograd.modes import TAPE

CACHE_SIZE: Final = 64  # shapes of arguments that one function is kept compiled for

_STATIC = (bool, str, bytes, type(None))
_DTYPES = ("float64", "float32")


def jit(f: Callable[..., Any], dtype: str = "float64", threads: int = 1, check: bool = False) -> Jitted:
    """The same function, compiled.

    It is traced once for each structure and shapes of its arguments: run on numbers that have no value yet, which
    record what is done to them. From then on the recorded program runs, in a kernel written in C, without Python.

    Args:
        f: takes and returns numbers, NumPy arrays, and nested tuples, lists and dicts of them. Inside it a number is a
            traced Value, and an array a NumPy object array of them. Arguments that are bools, text or None are static:
            the function is traced for each of their values.
        dtype: "float64" or "float32", of all arithmetic.
        threads: how many share the work on a batch.
        check: raise at the first result, of any operation, that is infinite or not a number. Slow; to find an error.

    Raises:
        TraceError: (when called) f asked a traced number for its value; the message says where, and what to do.
        AnomalyError: (when called) with ``check``; it names the operation.

    >>> from autograd import grad
    >>> slope = jit(grad(lambda x: x**3))
    >>> slope(2.0)
    12.0
    """
    return Jitted(f, dtype, threads, check)


class Jitted:
    """What :func:`jit` returns: call it as the function that it was made of."""

    def __init__(self, f: Callable[..., Any], dtype: str = "float64", threads: int = 1, check: bool = False) -> None:
        if not callable(f):
            raise TypeError(f"jit takes a function, not {type(f).__name__}: {f!r:.60}")
        if dtype not in _DTYPES:
            raise ValueError(f"dtype is 'float64' or 'float32', not {dtype!r}")
        if not isinstance(threads, int) or threads < 1:
            raise ValueError(f"threads is a whole number from 1, not {threads!r}")
        self.function = f
        self.dtype = dtype
        self.threads = threads
        self.check = check
        self._compiled: dict[Any, Compiled] = {}
        self._lock = threading.RLock()
        functools.update_wrapper(self, f, updated=())

    def __repr__(self) -> str:
        return f"<jit of {getattr(self.function, '__qualname__', repr(self.function))}>"

    def __reduce__(self) -> Any:
        # As Python pickles a function: by the name under which it is found. What jit decorated has taken that name.
        return _Reference.reduce(self)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        flat = _Flat(args, kwargs)
        if flat.has_derivatives:
            return self.function(*args, **kwargs)  # inside another trace, or under a transform: it is part of that
        compiled = self._for(flat)
        return compiled(flat.numbers, self.threads)

    def lower(self, *args: Any, **kwargs: Any) -> Compiled:
        """The program for these arguments, or for others of their shapes. It prints readably."""
        return self._for(_Flat(args, kwargs))

    def stages(self, *args: Any, **kwargs: Any) -> dict[str, Program]:
        """The program after each stage of its making, by the stage's name, for reading.

        >>> list(jit(lambda x: x + 1).stages(1.0))
        ['trace', 'fold', 'share', 'prune', 'flatten']
        """
        trace, result = _record(self.function, _Flat(args, kwargs))
        program = trace.finish(_Out(trace, result, self.dtype).values)
        stages = {"trace": program}
        for each in PASSES:
            program = stages[each.__name__] = each(program)
        return stages

    def repeat(self, n: int) -> Callable[..., Any]:
        """The function that applies f n times in compiled code, feeding its result back as the first argument.

        Raises:
            ValueError: n is negative, or (when called) the result does not have the structure of the first argument.

        >>> jit(lambda x, rate: x - rate * x).repeat(3)(8.0, 0.5)
        1.0
        """
        if not isinstance(n, int) or n < 0:
            raise ValueError(f"repeat takes a number of times, not {n!r}")

        def repeated(state: Any, *rest: Any, **kwargs: Any) -> Any:
            if n == 0:
                return state
            flat = _Flat((state, *rest), kwargs)
            if flat.has_derivatives:
                for _ in range(n):
                    state = self.function(state, *rest, **kwargs)
                return state
            return self._for(flat).repeated(n, _Flat((state,), {}), flat.numbers, self.threads)

        return repeated

    def _for(self, flat: _Flat) -> Compiled:
        try:
            found = self._compiled.get(flat.key)
        except TypeError:
            raise flat.unhashable() from None
        return found if found is not None else self._compile(flat)

    def _compile(self, flat: _Flat) -> Compiled:
        with self._lock:
            if flat.key not in self._compiled:
                self._compiled[flat.key] = Compiled(self, flat)
                if len(self._compiled) > CACHE_SIZE:
                    del self._compiled[next(iter(self._compiled))]  # the oldest
            return self._compiled[flat.key]


class _Reference:
    """Pickling by name."""

    @staticmethod
    def reduce(jitted: Jitted) -> Any:
        import importlib

        f = jitted.function
        module, name = getattr(f, "__module__", ""), getattr(f, "__qualname__", "")
        try:
            found: Any = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError, ValueError):
            found = None
        if found is jitted:
            return f"{name}"
        return Jitted, (f, jitted.dtype, jitted.threads, jitted.check)


class _Flat:
    """Arguments as leaves, and the key under which a program for them is kept."""

    __slots__ = ("has_derivatives", "key", "leaves", "numbers", "shapes", "spec")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        import optree
        from numpy import ndarray

        self.leaves, self.spec = optree.tree_flatten((args, kwargs) if kwargs else args, namespace="chainrule")
        self.has_derivatives = False
        self.numbers: list[Any] = []  # floats and arrays
        shapes: list[Any] = []  # of each leaf: None for a number, the shape of an array, or ("static", type, thing)
        for leaf in self.leaves:
            kind = type(leaf)
            if kind is float:
                shapes.append(None)
            elif kind is ndarray and leaf.ndim and leaf.dtype.kind in "fiub":
                shapes.append(leaf.shape)
            elif isinstance(leaf, (Functions, Condition)):
                self.has_derivatives = True
                return
            elif isinstance(leaf, _STATIC) or not hasattr(kind, "__float__"):
                shapes.append(("static", kind, leaf))
                continue
            elif getattr(leaf, "ndim", 0):
                leaf = self.of_numbers(leaf)
                if leaf is None:
                    return
                shapes.append(leaf.shape)
            else:
                leaf = leaf.item() if hasattr(leaf, "ndim") else leaf  # NumPy's scalars
                if isinstance(leaf, (Functions, Condition)):
                    self.has_derivatives = True
                    return
                leaf = float(leaf)
                shapes.append(None)
            self.numbers.append(leaf)
        self.shapes = tuple(shapes)
        self.key = (self.spec, self.shapes, bool(kwargs))

    def of_numbers(self, array: Any) -> Any:
        """An array of another kind as one of floats; None if there are Values or traced numbers in it."""
        import numpy as np

        array = np.asarray(array)
        if array.dtype.kind == "O":
            if any(isinstance(x, (Functions, Condition)) for x in array.ravel()):
                self.has_derivatives = True
                return None
            return array.astype(float)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"jit takes arrays of real numbers, not of {array.dtype}")
        return array

    def unhashable(self) -> TypeError:
        """The error for an argument that is neither a number nor can be static."""
        odd = next(leaf for leaf in self.leaves if leaf.__hash__ is None and not hasattr(leaf, "ndim"))
        return TypeError(
            f"jit takes numbers, arrays and structures of them; {type(odd).__name__} {odd!r:.60} is neither, nor can it "
            "be static, since it has no hash"
        )


class Compiled(Program):
    """A function's program for arguments of some shapes, and what is needed to call it."""

    def __init__(self, jitted: Jitted, flat: _Flat) -> None:
        import optree

        self.dtype = jitted.dtype
        self.check = jitted.check
        self._threads = jitted.threads
        self.key = flat.key
        self.shapes = flat.shapes
        self.number_shapes = [shape for shape in flat.shapes if not _is_static(shape)]
        self.starts = _starts([_size(shape) for shape in self.number_shapes])
        with _without_collector():
            trace, result = _record(jitted.function, flat, keep_lines=jitted.check)
            self.out = _Out(trace, result, jitted.dtype)
            program = simplify(trace.finish(self.out.values))
        super().__init__(program.inputs, program.ops, program.outputs, program.names, program.lines)
        self._kernel: Any = None
        self._lock = threading.Lock()

    __hash__ = object.__hash__

    def __call__(self, numbers: Sequence[Any], threads: int = 1) -> Any:
        if self.check:
            return self.out.rebuild(self._checked(self._memory(numbers)))
        return self.run_flat(numbers, threads, None)

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
        flat = _Flat(args, kwargs)
        if flat.key != self.key:
            raise ValueError(
                f"this program is for arguments of shapes {self.shapes} in the structure {self.key[0]}, "
                f"not {flat.shapes} in {flat.spec}"
            )
        return self.run_flat(flat.numbers, 1, backend)

    def run_flat(self, numbers: Sequence[Any], threads: int, backend: str | None) -> Any:
        if backend is None:
            backend = "c" if _kernel_available() else "numpy"
        if backend == "c":
            return self._in_c().call(numbers, threads)
        if backend == "numpy":
            outputs = interpret.run_numpy(self, self._memory(numbers))
        elif backend == "python":
            outputs = interpret.run_python(self, [float(x) for x in self._memory(numbers)])
        else:
            raise ValueError(f'backend is "c", "numpy" or "python", not {backend!r}')
        return self.out.rebuild(outputs)

    def repeated(self, n: int, state: _Flat, numbers: Sequence[Any], threads: int) -> Any:
        size = sum(_size(shape) for shape in state.shapes if not _is_static(shape))
        if not self.out.matches(state):
            raise ValueError(
                "repeat feeds the result back as the first argument, so it needs the structure of that argument: "
                f"the argument is {_described(state)}, the result {self.out.described()}"
            )
        if not self.check and _kernel_available():
            return self._in_c().call(numbers, threads, repeats=n, feedback=size)
        memory = self._memory(numbers)
        for _ in range(n):
            outputs = self._checked(memory) if self.check else interpret.run_numpy(self, memory)
            memory[:size] = self.out.flat(outputs)
        return self.out.rebuild(outputs)

    def _memory(self, numbers: Sequence[Any]) -> Any:
        """All inputs as one array."""
        import numpy as np

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
                from autograd.jit.native import Native

                self._kernel = Native(self, self._threads)
            return self._kernel

    def _checked(self, memory: Any) -> list[Any]:
        """Run every instruction by itself, and stop at the first result that isn't finite."""
        import numpy as np

        program = Program(self.inputs, self.ops, list(range(len(self))))
        everything = interpret.run_numpy(program, memory)
        for value, (head, operands, _) in enumerate(self.ops, start=self.inputs):
            if head is CONSTANT or head in SOURCES or np.isfinite(everything[value]).all():
                continue
            used = list(dict.fromkeys(values_in(head, operands)))
            if all(np.isfinite(everything[x]).all() for x in used):
                at = ", ".join(f"{self.names.get(x, f'v{x}')} = {everything[x]}" for x in used[:6])
                line = f", recorded at {self.lines[value]}" if value in self.lines else ""
                bad = everything[value]
                if np.ndim(bad):
                    sample = int(np.flatnonzero(~np.isfinite(bad))[0])
                    at = ", ".join(
                        f"{self.names.get(x, f'v{x}')} = {everything[x][sample] if np.ndim(everything[x]) else everything[x]}"
                        for x in used[:6]
                    )
                    raise AnomalyError(f"{head.name} gives {bad[sample]} in sample {sample}, at {at}{line}")
                raise AnomalyError(f"{head.name} gives {bad} at {at}{line}")
        return [everything[value] for value in self.outputs]

    def to_python(self, name: str = "f") -> str:
        """The program as the source of a plain Python function of its numbers, worth reading."""
        from autograd.jit.source_python import to_python

        return to_python(self, name)

    def to_c(self, name: str = "f") -> str:
        """The program as a C file of its own (C99) with one function, which needs nothing but ``math.h``."""
        from autograd.jit.source_c import to_c

        return to_c(self, name)


def _record(f: Callable[..., Any], flat: _Flat, keep_lines: bool = False) -> tuple[Trace, Any]:
    """Run a function on traced numbers in place of its arguments: what was recorded, and what it returned."""
    import optree

    trace = Trace(sum(_size(shape) for shape in flat.shapes if not _is_static(shape)), keep_lines)
    leaves = []
    start = 0
    for leaf, shape in zip(flat.leaves, flat.shapes):
        if _is_static(shape):
            leaves.append(leaf)
            continue
        size = _size(shape)
        traced = [Traced(trace, index) for index in range(start, start + size)]
        leaves.append(traced[0] if shape is None else _object_array(traced, shape))
        start += size
    call = optree.tree_unflatten(flat.spec, leaves)
    args, kwargs = call if flat.key[2] else (call, {})
    _name_inputs(trace, f, flat)
    token = TAPE.set(Tape(trace))
    try:
        return trace, f(*args, **kwargs)
    finally:
        TAPE.reset(token)
        trace.open = False


class _Out:
    """The structure of what the function returned, and where each of its numbers comes from."""

    def __init__(self, trace: Trace, result: Any, dtype: str) -> None:
        import optree

        self.dtype = dtype

        leaves, self.spec = optree.tree_flatten(result, namespace="chainrule")
        self.leaves: list[Any] = []  # (shape or None, batch, first output, how many), or ("static", thing)
        self.values: list[int] = []
        self.layout: list[Output] = []
        start = 0
        for leaf in leaves:
            if getattr(leaf, "ndim", 0) or (hasattr(leaf, "ndim") and leaf.dtype.kind == "O"):
                numbers, shape = list(leaf.ravel()), leaf.shape
            elif isinstance(leaf, _STATIC):
                self.leaves.append(("static", leaf))
                continue
            else:
                numbers, shape = [leaf], None
            values = [self._value(trace, x) for x in numbers]
            batch = max([trace.batch_of(value) for value in values], default=0)
            if any(trace.batch_of(value) not in (0, batch) for value in values):
                raise TraceError("an array that f returned has batches of different sizes in it")
            self.leaves.append((shape, batch, start, len(values)))
            for j, value in enumerate(values):
                self.values.append(value)
                self.layout.append(Output(start + j, len(values), batch) if batch else Output(start + j, 0, 0))
            start += len(values) * (batch or 1)
        self.size = start
        self.only_numbers = all(leaf[0] is None and leaf[1] == 0 for leaf in self.leaves)

    @staticmethod
    def _value(trace: Trace, x: Any) -> int:
        if isinstance(x, (Traced, Condition)):
            return trace.value(x)
        try:
            return trace.value(x.item() if hasattr(x, "item") else x)
        except TypeError:
            raise TypeError(
                f"a function under jit returns numbers, arrays and structures of them, not {type(x).__name__}: {x!r:.60}"
            ) from None

    def flat(self, outputs: Sequence[Any]) -> Any:
        """The outputs as one array, laid out like the arguments."""
        import numpy as np

        out = np.empty(self.size, dtype=self.dtype)
        for place, y in zip(self.layout, outputs):
            if place.samples:
                out[place.start : place.start + place.stride * place.samples : place.stride] = y
            else:
                out[place.start] = y
        return out

    def rebuild(self, outputs: Sequence[Any]) -> Any:
        """The structure, from the numbers of each output."""
        return self.from_memory(self.flat(outputs))

    def from_memory(self, memory: Any) -> Any:
        """The structure, from the numbers as they are laid out. Its arrays are views of ``memory``."""
        import optree

        if self.only_numbers:
            return optree.tree_unflatten(self.spec, memory.tolist())
        leaves: list[Any] = []
        for shape, *rest in self.leaves:
            if isinstance(shape, str):
                leaves.append(rest[0])
                continue
            batch, start, many = rest
            if batch:
                leaves.append(memory[start : start + many * batch].reshape((batch, *(shape or ()))))
            elif shape is None:
                leaves.append(float(memory[start]))
            else:
                leaves.append(memory[start : start + many].reshape(shape))
        return optree.tree_unflatten(self.spec, leaves)

    def matches(self, state: _Flat) -> bool:
        """Whether the result has the structure and shapes of the argument."""
        import optree

        (own,) = optree.tree_structure((0,), namespace="chainrule").children() and state.spec.children()
        mine = [_whole_shape(leaf) for leaf in self.leaves]
        return bool(own == self.spec) and mine == list(state.shapes)

    def described(self) -> str:
        return str([_whole_shape(leaf) for leaf in self.leaves])


@contextmanager
def _without_collector() -> Iterator[None]:
    """A program is many small tuples and no cycle: the garbage collector would go through them in vain, and often."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _whole_shape(leaf: Any) -> Any:
    if leaf[0] == "static":
        return ("static", type(leaf[1]), leaf[1])
    shape, batch, _, _ = leaf
    return (batch, *(shape or ())) if batch else shape


def _described(flat: _Flat) -> str:
    return str(list(flat.shapes))


def _is_static(shape: Any) -> bool:
    return isinstance(shape, tuple) and bool(shape) and shape[0] == "static"


def _size(shape: tuple[int, ...] | None) -> int:
    size = 1
    for n in shape or ():
        size *= n
    return size


def _starts(sizes: Sequence[int]) -> list[int]:
    starts = []
    start = 0
    for size in sizes:
        starts.append(start)
        start += size
    return starts


def _object_array(numbers: list[Any], shape: tuple[int, ...]) -> Any:
    import numpy as np

    out = np.empty(len(numbers), dtype=object)
    out[:] = numbers
    return out.reshape(shape)


def _name_inputs(trace: Trace, f: Callable[..., Any], flat: _Flat) -> None:
    """Names for the inputs, from the function's parameters: x, w[0], p['b']."""
    if trace.inputs > 10_000:
        return  # nobody reads that
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    start = 0
    for path, shape in zip(flat.spec.paths(), flat.shapes):
        if _is_static(shape):
            continue
        if flat.key[2]:
            which, *rest = path
            first, *path = rest if rest else [0]
            name = first if which == 1 else positional[first] if first < len(positional) else f"a{first}"
        else:
            first, *path = path
            name = positional[first] if first < len(positional) else f"a{first}"
        base = str(name) + "".join(f"[{key!r}]" for key in path)
        if shape is None:
            trace.names[start] = base
            start += 1
            continue
        import numpy as np

        for index in np.ndindex(*shape):
            trace.names[start] = base + (f"[{', '.join(map(str, index))}]" if index else "")
            start += 1


@functools.cache
def _kernel_available() -> bool:
    from autograd.jit import kernel

    return kernel.available()


__all__ = ["Compiled", "Jitted", "jit"]
