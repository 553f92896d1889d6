"""A model as a pure function of its parameters: where ``nn`` meets ``grad``, ``jit``, ``vmap`` and SciPy.

``model(x)`` reads the numbers in the model. ``functional(model)(vector, x)`` runs the same code on a twin of the model,
in which each parameter is a number of the vector. The numbers may be floats, Values, or numbers that a transform or
``jit`` traces: the model's code can't tell. The model itself is only read, so the function is pure, also in threads.
"""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable
from typing import Any

from autograd import Value
from nn.module import Module


def functional(model: Module) -> Callable[..., Any]:
    """The model as a pure function ``f(vector, *inputs)`` of all its parameters.

    Args:
        model: any Module, also one of your own. Parameters that are reached by several paths are one number.

    Returns:
        A function of the vector of n numbers, in the order of ``named_parameters``, and of the model's own arguments.
        It returns what the model returns.

    Raises:
        ValueError: the model has no parameters, or (when called) the vector isn't of n numbers.

    >>> from autograd import grad
    >>> from nn import Neuron
    >>> neuron = Neuron(2, "linear", seed=1)
    >>> f = functional(neuron)
    >>> f([3.0, 4.0, 0.5], [1.0, 10.0])
    43.5
    >>> grad(f)(neuron.vector(), [1.0, 10.0])
    array([ 1., 10.,  1.])
    """
    if not isinstance(model, Module):
        raise TypeError(f"functional takes a Module, not {type(model).__name__}: {model!r:.60}")
    parameters = model.parameters()
    if not parameters:
        raise ValueError(f"{type(model).__name__} has no parameters, so it is no function of them")

    def f(vector: Any, *inputs: Any, **options: Any) -> Any:
        return with_parameters(model, parameters, vector)(*inputs, **options)

    f.__name__ = f.__qualname__ = f"functional_{type(model).__name__}"
    return f


def with_parameters(model: Any, parameters: list[Value], vector: Any) -> Any:
    """A twin of the model with the numbers of the vector in the place of its parameters."""
    if not hasattr(vector, "__len__") or isinstance(vector, str):
        raise TypeError(f"the parameters are a vector of {len(parameters)} numbers, not {vector!r:.60}")
    shape = getattr(vector, "shape", None)
    if (shape is not None and len(shape) != 1) or len(vector) != len(parameters):
        found = f"an array of shape {shape}" if shape is not None else f"{len(vector)} numbers"
        raise ValueError(f"{type(model).__name__} has {len(parameters)} parameters; the vector is {found}")
    numbers = vector.tolist() if hasattr(vector, "tolist") else list(vector)
    twins: dict[int, Any] = {id(p): number for p, number in zip(parameters, numbers)}
    return _twin(model, twins)


def _twin(item: Any, twins: dict[int, Any]) -> Any:
    """The item with twins for its parts. Parts without parameters are shared.

    ``twins`` has the finished parts, by id: so ties stay ties, and a model may contain itself.
    """
    new: Any
    if id(item) in twins:
        return twins[id(item)]
    if isinstance(item, Module):
        new = twins[id(item)] = object.__new__(type(item))
        new.__dict__.update({key: _twin(part, twins) for key, part in vars(item).items()})
        return new
    if isinstance(item, dict):
        new = twins[id(item)] = copy.copy(item)  # also of a defaultdict
        new.update({key: _twin(part, twins) for key, part in item.items()})
        return new
    if type(item) is list:
        new = twins[id(item)] = []
        new.extend(_twin(part, twins) for part in item)
        return new
    if isinstance(item, (list, tuple)):
        parts = [_twin(part, twins) for part in item]
        return type(item)(*parts) if hasattr(item, "_fields") else type(item)(parts)
    if isinstance(item, types.MethodType):
        return types.MethodType(item.__func__, _twin(item.__self__, twins))
    if isinstance(item, functools.partial):
        return functools.partial(
            _twin(item.func, twins), *_twin(item.args, twins), **{k: _twin(v, twins) for k, v in item.keywords.items()}
        )
    if getattr(getattr(item, "dtype", None), "kind", "") == "O":  # an array of Values
        new = item.copy()
        for place, part in enumerate(item.flat):
            new.flat[place] = _twin(part, twins)
        return new
    return item
