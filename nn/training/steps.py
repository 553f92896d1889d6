"""One update, compiled or eager: both are functions of the same arguments, with the same results to rounding.

    step(vector, slots, coefficients, groups) -> (loss, sound, vector, slots)

``vector`` holds the parameters, ``slots`` the optimiser keeps, ``coefficients`` are its numbers that change from step
to step, ``groups`` the samples with their targets and shares and, for a model that draws, with random numbers.
``sound`` is 0.0 as long as every parameter is finite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from autograd import functions, jit, no_grad, value_and_grad, vmap
from autograd.compiler import backends
from autograd.compiler.backends.by_kernel import Kernel
from nn.functional import functional
from nn.module import Module
from nn.optim import Optimizer

Groups: TypeAlias = "Sequence[tuple[Any, ...]]"  # inputs, targets, shares, and perhaps random numbers
DIVERGED: Final = (ArithmeticError, ValueError)  # what eager arithmetic raises where compiled code has inf or NaN
Function: TypeAlias = "Callable[..., Any]"


class Compiled:
    """The functions that training needs, compiled; a program for each shape of a batch.

    Args:
        model, loss, optimizer: of the training; ``loss(output, target)`` is one number for one sample.
        dtype, threads: as for ``jit``.
        backend: of ``jit``'s back ends, the one that runs the programs.
    """

    def __init__(
        self, model: Module, loss: Function, optimizer: Optimizer, dtype: str, threads: int, backend: str
    ) -> None:
        run = functional(model)

        def total(vector: Any, groups: Groups) -> Any:
            """Σ share · loss over all samples."""

            def one(x: Any, y: Any, share: Any, *numbers: Any) -> Any:
                return share * loss(run(vector, x, **drawing(numbers)), y)

            return functions.sum([functions.sum(vmap(one)(*group)) for group in groups])

        def step(vector: Any, slots: Any, coefficients: Any, groups: Groups) -> Any:
            value, slopes = value_and_grad(total)(vector, groups)
            vector, slots = optimizer.update(vector, slopes, slots, *coefficients)
            return value, 0.0 * functions.sum(vector), vector, slots

        def outputs(vector: Any, X: Any) -> Any:  # noqa: N803
            return vmap(lambda x: run(vector, x))(X)

        def compiled(f: Function) -> Function:
            return _Programs(f, dtype, threads, backend)

        self.step, self.total, self._outputs = compiled(step), compiled(total), compiled(outputs)

    def outputs(self, vector: Any, X: Any) -> Any:  # noqa: N803
        """The model's outputs for samples of one shape: an array, a row a sample."""
        return _sample_first(self._outputs(vector, X))


class Eager:
    """The same functions, by Values and their backward pass."""

    def __init__(self, model: Any, loss: Function, optimizer: Optimizer) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer

    def step(self, vector: Any, slots: Any, coefficients: Any, groups: Groups) -> Any:
        """The update."""
        parameters = self.optimizer.params
        self.model.load_vector(vector)
        self.model.zero_grad()
        try:
            value = self._total(groups)
            value.backward()
        except DIVERGED:
            return math.nan, math.nan, vector, slots
        with np.errstate(all="ignore"):  # a diverging run is seen in its numbers
            slopes = np.array([p.grad for p in parameters])
            vector, slots = self.optimizer.update(vector, slopes, slots, *coefficients)
            return float(value), 0.0 * float(vector.sum()), vector, slots

    def total(self, vector: Any, groups: Groups) -> float:
        """Σ share · loss over all samples."""
        self.model.load_vector(vector)
        with no_grad():
            try:
                return float(self._total(groups))
            except DIVERGED:
                return math.nan

    def outputs(self, vector: Any, X: Any) -> Any:  # noqa: N803
        """The model's outputs for samples of one shape: an array, a row a sample."""
        self.model.load_vector(vector)
        with no_grad():
            return np.array([floats(self.model(plain(x))) for x in X])

    def _total(self, groups: Groups) -> Any:
        return functions.sum(
            [
                share * self.loss(self.model(plain(x), **drawing(numbers)), plain(y))
                for inputs, targets, shares, *drawn in groups
                for x, y, share, *numbers in zip(inputs, targets, shares.tolist(), *drawn)
            ]
        )


def default_backend() -> str:
    """The name of the back end that ``jit`` uses on this machine."""
    return "c" if Kernel.available() else "numpy"


class Draws:
    """A generator that gives the numbers it was made of, one after the other; without any, ½, and it counts them."""

    def __init__(self, numbers: Any = None) -> None:
        self.count = 0
        self._numbers = numbers

    def random(self) -> Any:
        """The next number."""
        self.count += 1
        return 0.5 if self._numbers is None else self._numbers[self.count - 1]


def drawing(numbers: Sequence[Any]) -> dict[str, Any]:
    """The keywords of a call of a model that draws from an array of numbers; none where there is no array."""
    return {"random": Draws(numbers[0])} if numbers else {}


def plain(sample: Any) -> Any:
    """A sample as eager code is given it: Python's own numbers, alone or in an array, as traced ones are."""
    return sample.item() if sample.ndim == 0 else sample.astype(object)


class _Programs:
    """A function, compiled for each shape of its arguments: there may be more shapes than ``jit`` itself would keep."""

    def __init__(self, f: Function, dtype: str, threads: int, backend: str) -> None:
        self._function, self._dtype, self._threads = f, dtype, threads
        self._backend = None if backend == default_backend() else backend
        self._by_shapes: dict[Any, Function] = {}
        self._last: Any = None  # the data of the call before, which are often those of the next
        self._run: Any = None
        backends.named(backend)

    def __call__(self, *args: Any) -> Any:
        if args[-1] is not self._last:
            self._last, shapes = args[-1], _shapes(args[-1])
            if shapes not in self._by_shapes:
                self._by_shapes[shapes] = self._compiled(args)
            self._run = self._by_shapes[shapes]
        return self._run(*args)

    def _compiled(self, args: Any) -> Function:
        jitted = jit(self._function, dtype=self._dtype, threads=self._threads)
        if self._backend is None:
            return jitted
        program = jitted.lower(*args)
        return lambda *args: program.run(*args, backend=self._backend)


def _shapes(data: Any) -> Any:
    if isinstance(data, np.ndarray):
        return data.shape
    return tuple((x.shape, y.shape) for x, y, *_ in data)


def _sample_first(result: Any) -> Any:
    """Lists of arrays, each with the samples along its first axis, as one array with the samples along its first."""
    if isinstance(result, (list, tuple)):
        return np.stack([_sample_first(part) for part in result], axis=1)
    return np.asarray(result)


def floats(output: Any) -> Any:
    """A model's output with floats in place of Values."""
    if hasattr(output, "__iter__"):
        return [floats(part) for part in output]
    return float(output)
