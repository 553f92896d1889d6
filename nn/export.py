"""Export: a trained model as a file in C, for a microcontroller or another program."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import jit
from nn.functional import functional
from nn.module import Module


def to_c(model: Module, *inputs: Any, name: str = "model", dtype: str = "float64") -> str:
    """The model as a C99 file with one function of its inputs; the parameters are constants in it.

    Args:
        model: any Module.
        inputs: an input of the shape that the function is to take; the numbers don't matter. An ``MLP``, ``Layer`` or
            ``Neuron`` needs none.
        name: the function's.
        dtype: "float64" or "float32".

    Returns:
        The text of the file. It needs nothing but ``math.h``, allocates nothing, and says what stands where.

    Raises:
        TypeError: the model's inputs aren't known: give some.
        ValueError: the name can't be that of a function in C, or the model has no parameters.

    >>> from nn import Neuron
    >>> neuron = Neuron(2, "linear")
    >>> neuron.load_vector([0.5, -0.25, 3.0])
    >>> print(to_c(neuron).partition("void ")[2])
    model(const double *in, double *out) {
        const double a0_0 = in[0];
        const double a0_1 = in[1];
        out[0] = rounded(0.5 * a0_0) + 3.0 - rounded(0.25 * a0_1);  /* result */
    }
    <BLANKLINE>
    """
    if inputs and isinstance(inputs[0], str):
        raise TypeError(
            f"to_c returns the text of the file, and takes no path {inputs[0]!r:.60}: write the text into it"
        )
    run, vector = functional(model), model.vector()
    example = inputs or (np.zeros(_inputs(model)),)

    def apply(*x: Any) -> Any:
        return run(vector, *x)

    return jit(apply, dtype=dtype).lower(*example).to_c(name)


def _inputs(model: Any) -> int:
    """How many inputs a model of neurons has."""
    if hasattr(model, "layers"):
        model = model.layers[0]
    if hasattr(model, "neurons"):
        model = model.neurons[0]
    if not hasattr(model, "w") or not hasattr(model.w, "__len__"):
        raise TypeError(f"the inputs of {type(model).__name__} aren't known: write to_c(model, x) with an example x")
    return len(model.w)
