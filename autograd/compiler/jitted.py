"""jit: a function of numbers, arrays and structures of them, compiled at its first call for each shape of arguments."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import optree

from autograd.compiler import backends
from autograd.compiler.backends.finite import Diagnosis
from autograd.compiler.compiled import Compiled, without_collector
from autograd.compiler.diagnosis import diagnosis_of
from autograd.compiler.locks import Lock
from autograd.compiler.passes.simplify import PASSES
from autograd.compiler.program import Program
from autograd.compiler.record.arguments import Arguments, Key
from autograd.compiler.record.captured import Captured
from autograd.compiler.record.recording import record
from autograd.compiler.record.static import Signature
from autograd.engine.modes import MODES, TAPE, checking
from autograd.errors import SlowWarning, TraceError

OFTEN: Final = 10  # times that a function is compiled again, before somebody is told
CACHE_SIZE: Final = 64  # shapes of arguments that one function is kept compiled for

_DEFAULTS: Final[dict[str, Any]] = {"dtype": "float64", "check": False, "threads": 1}
_DTYPES = ("float64", "float32")


def jit(
    f: Callable[..., Any],
    dtype: str = "float64",
    threads: int = 1,
    check: bool = False,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
) -> Jitted:
    """The same function, compiled.

    It is traced once for each structure and shapes of its arguments: run on numbers that have no value yet, which
    record what is done to them. From then on the recorded program runs, in a kernel written in C, without Python.

    Args:
        f: takes and returns numbers, NumPy arrays, and nested tuples, lists and dicts of them. Inside it a number is a
            traced Value, and an array a NumPy array of them; arithmetic, comparisons and ``where`` work on it as a
            whole. Arguments that are bools, text, None, enums, dates or functions are static: the function is traced
            for each of their values.
        dtype: "float64" or "float32", of all arithmetic.
        threads: how many share the work on a batch.
        check: raise at the first result, of any operation, that is infinite or not a number, unless a choice leaves it
            out. Slow; to find an error.
        static_argnums: positions of further arguments that are static: an int for ``range``, or any object that has a
            hash. It is compared by ``==``; what changes inside of it afterwards is ignored.
        static_argnames: names of such arguments.

    Raises:
        TypeError: (when called) an argument is neither made of numbers nor static.
        TraceError: (when called) f asked a traced number for its value; the message says where, and what to do.
        AnomalyError: (when called) with ``check``; it names the operation.

    >>> from autograd import grad
    >>> slope = jit(grad(lambda x: x**3))
    >>> slope(2.0)
    12.0
    >>> jit(lambda x, n: sum(x**k for k in range(n)), static_argnums=1)(2.0, 4)
    15.0
    """
    return Jitted(f, dtype, threads, check, static_argnums, static_argnames)


class Jitted:
    """What :func:`jit` returns: call it as the function that it was made of."""

    is_compiled_function = True
    says_slow = True  # where it runs as Python

    def __init__(
        self,
        f: Callable[..., Any],
        dtype: str = "float64",
        threads: int = 1,
        check: bool = False,
        static_argnums: int | Iterable[int] = (),
        static_argnames: str | Iterable[str] = (),
    ) -> None:
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
        self._signature = Signature(f, static_argnums, static_argnames)
        self._compiled: dict[Key, Compiled] = {}
        self._captured: Captured | None = None  # the variables that f reads; none, where there are none
        self._renewed = 0  # how often one of them had another value
        self._last: Compiled | None = None  # most calls are like the one before, and that is quickly seen
        self._lock = Lock()
        self._checked: Jitted | None = None  # which runs inside detect_anomaly
        functools.update_wrapper(self, f, updated=())

    def __repr__(self) -> str:
        return f"<jit of {getattr(self.function, '__qualname__', repr(self.function))}>"

    def __reduce__(self) -> Any:
        # As Python pickles a function: by the name under which it is found. What jit decorated has taken that name.
        return by_name(self)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if MODES.active and checking() and not self.check:
            return self._by_checking()(*args, **kwargs)
        last = self._last
        if last is not None and not kwargs and (self._captured is None or self._captured.holds()):
            numbers = last.numbers_of(args)
            if numbers is not None:
                return last.call(numbers, self.threads)
        flat = Arguments(args, kwargs, self._signature)
        if flat.has_derivatives:  # inside another trace, or under a transform: it is part of that
            self._meets_derivatives(flat)
            return self.function(*args, **kwargs)
        compiled = self._for(flat, to_run=True)
        return compiled.call(flat.numbers, self.threads)

    def lower(self, *args: Any, **kwargs: Any) -> Compiled:
        """The program for these arguments, or for others of their shapes. It prints readably."""
        return self._for(Arguments(args, kwargs, self._signature))

    def stages(self, *args: Any, **kwargs: Any) -> dict[str, Program]:
        """The program after each stage of its making, by the stage's name, for reading.

        >>> list(jit(lambda x: x + 1).stages(1.0))
        ['trace', 'fold', 'share', 'prune', 'flatten']
        """
        flat = Arguments(args, kwargs, self._signature)
        program, _ = record(self.function, flat, flat.key.layout(self.dtype), self.dtype, self.threads)
        stages = {"trace": program}
        for each in PASSES:
            program = stages[each.__name__] = each(program)
        return stages

    def diagnose(self, *args: Any, **kwargs: Any) -> Diagnosis:
        """Where a number of the result stops being finite: the operation, its operands' numbers, and your line.

        f is recorded again, and runs instruction by instruction: slowly, but only when you ask.

        Raises:
            TypeError: an argument carries derivatives, or is none that f takes.

        >>> from autograd import grad, sqrt
        >>> slope = jit(grad(lambda x: sqrt(x)))
        >>> found = slope.diagnose(0.0)
        >>> found.operation, found.direction, found.operands
        ('sqrt', 'backward', {'x': 0.0})
        """
        return diagnosis_of(self.function, Arguments(args, kwargs, self._signature), self.dtype, self.threads)

    def repeat(self, n: int) -> Repeated:
        """The function that applies f n times in compiled code, feeding its result back as the first argument.

        Raises:
            ValueError: n is negative, or (when called) the result does not have the structure of the first argument.

        >>> jit(lambda x, rate: x - rate * x).repeat(3)(8.0, 0.5)
        1.0
        """
        if not isinstance(n, int) or n < 0:
            raise ValueError(f"repeat takes a number of times, not {n!r}")

        return Repeated(self, n)

    def _meets_derivatives(self, flat: Arguments) -> None:
        """The arguments belong to a trace or to a transform, which runs the function as Python.

        Raises:
            TraceError: it belongs to a trace, and has other options than this function.

        Warns:
            SlowWarning: it belongs to a transform that isn't compiled.
        """
        tape = TAPE.get()
        if tape is None:
            if not self.says_slow:
                return
            warnings.warn(
                f"{self!r} is given numbers that carry derivatives, so it runs as Python, much slower; write the "
                "transforms inside, jit outside: jit(grad(f)) for grad(jit(f))",
                SlowWarning,
                stacklevel=3,
            )
            return
        outer = tape.trace.options
        own = {"dtype": self.dtype, "check": self.check, "threads": self.threads}
        for name, value in own.items():
            if outer and value != _DEFAULTS[name] and value != outer[name]:
                raise TraceError(
                    f"{self!r} has {name}={value!r}, but is part of a function that is compiled with "
                    f"{name}={outer[name]!r}; write {name}={value!r} for the outer jit, and leave it out here"
                )

    def _by_checking(self) -> Jitted:
        """The same function, which looks at every result, as ``detect_anomaly`` does."""
        if self._checked is None:
            signature = self._signature
            self._checked = Jitted(self.function, self.dtype, self.threads, True, signature.numbers, signature.names)
        return self._checked

    def _for(self, flat: Arguments, to_run: bool = False) -> Compiled:
        if self._captured is not None and not self._captured.holds():
            self._renew()
        found = self._compiled.get(flat.key)
        compiled = found if found is not None else self._compile(flat, to_run)
        self._last = compiled  # what another thread puts there meanwhile is not for us
        return compiled

    def _renew(self) -> None:
        """Forget the programs: a variable outside of f has another value than when they were recorded.

        Warns:
            SlowWarning: that is so again and again.
        """
        with self._lock:
            self._compiled, self._captured, self._last = {}, None, None
            self._renewed += 1
        if self._renewed == OFTEN:
            warnings.warn(
                f"{self!r} has been compiled {OFTEN} times, since a variable outside of it, which it reads, had "
                "another value each time; pass it as an argument",
                SlowWarning,
                stacklevel=4,
            )

    def _compile(self, flat: Arguments, to_run: bool) -> Compiled:
        with self._lock, without_collector():
            compiled = self._compiled.get(flat.key)
            if compiled is None:
                static = [thing for key in (*self._compiled, flat.key) for thing in key.statics()]
                captured = Captured([self.function, *static])
                compiled = Compiled(self.function, flat, self.dtype, self.threads, backends.chosen(self.check))
                if to_run:
                    compiled.backend.prepare()
                self._captured = captured if captured else None
                self._compiled[flat.key] = compiled
                if len(self._compiled) > CACHE_SIZE:
                    del self._compiled[next(iter(self._compiled))]  # the oldest
            return compiled


class Repeated:
    """What ``jit(f).repeat(n)`` returns: it applies f n times."""

    is_compiled_function = True

    def __init__(self, jitted: Jitted, n: int) -> None:
        self._jitted = jitted
        self._n = n
        self.function = jitted.function

    def __repr__(self) -> str:
        return f"<{self._jitted!r}, repeated {self._n} times>"

    def __call__(self, state: Any, *rest: Any, **kwargs: Any) -> Any:
        jitted, n = self._jitted, self._n
        if n == 0:
            return state
        if MODES.active and checking() and not jitted.check:
            return jitted._by_checking().repeat(n)(state, *rest, **kwargs)
        flat = Arguments((state, *rest), kwargs, jitted._signature)
        if flat.has_derivatives:
            jitted._meets_derivatives(flat)
            for _ in range(n):
                state = jitted.function(state, *rest, **kwargs)
            return state
        compiled, done = jitted._for(flat), 0
        before = Arguments((state,), {})
        while compiled.result_orders != before.key.orders and done < n - 1:  # f may see in which order keys come
            state, done = compiled.repeated(1, before, flat.numbers, jitted.threads), done + 1
            flat, before = Arguments((state, *rest), kwargs, jitted._signature), Arguments((state,), {})
            compiled = jitted._for(flat)
        return compiled.repeated(n - done, before, flat.numbers, jitted.threads)

    def diagnose(self, state: Any, *rest: Any, **kwargs: Any) -> Diagnosis:
        """Where a number stops being finite, and in which round; see :meth:`Jitted.diagnose`."""
        found = Diagnosis(finite=True)
        for done in range(self._n):
            after = self._jitted(state, *rest, **kwargs)
            if not all_finite(after):
                found = self._jitted.diagnose(state, *rest, **kwargs)
                if not found.finite:
                    return dataclasses.replace(found, round=done)
            state = after
        return found


def all_finite(result: Any) -> bool:
    """Whether every number of a structure is finite."""
    leaves = optree.tree_leaves(result, namespace="chainrule")
    return all(np.isfinite(x).all() for x in leaves if isinstance(x, (float, np.ndarray)))


def by_name(jitted: Jitted) -> Any:
    """How a jitted function is pickled: by its name, if that is where it is found, as functions are."""
    import importlib

    f = jitted.function
    module, name = getattr(f, "__module__", ""), getattr(f, "__qualname__", "")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError):
        found = None
    return (
        name
        if found is jitted
        else (
            Jitted,
            (f, jitted.dtype, jitted.threads, jitted.check, jitted._signature.numbers, jitted._signature.names),
        )
    )
