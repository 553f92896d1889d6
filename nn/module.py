"""Module: something with parameters. It finds them in its own attributes, so a subclass only has to assign them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from autograd import Value
from autograd.engine.parameters import clear, leaves_in
from autograd.engine.rules import LEAF, real

# What other libraries have here, and what is written instead.
_ELSEWHERE: Final = {
    **dict.fromkeys(("train", "eval"), "a model is the same in training and after it; nn.fit(model, ...) trains"),
    **dict.fromkeys(("fit", "compile"), "write nn.fit(model, loss, X, Y, optimizer=..., epochs=...)"),
    **dict.fromkeys(("predict", "forward"), "write model(x), for one sample or an array with a row for each"),
    **dict.fromkeys(("to", "cuda", "cpu", "half"), "numbers here are Python's floats, wherever they are"),
    **dict.fromkeys(("weights", "weight", "params", "get_weights"), "write model.parameters(), or model.state_dict()"),
    **dict.fromkeys(("save", "save_weights"), "write nn.save(model, path)"),
    **dict.fromkeys(("load", "load_weights"), "write nn.load(path, model)"),
    "backward": "write loss.backward(), of the loss that was computed with it",
    "draw": "write nn.draw_network(model, path)",
    "set_weights": "write model.load_vector(numbers), or model.load_state_dict(state)",
    "step": "write optimizer.step()",
}


class Module:
    """The base of everything that has parameters.

    A parameter is a leaf Value that is an attribute of the module, of a module among its attributes, or an element of a
    list, tuple or dict of those. Attributes whose name begins with an underscore are not looked at.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line.state_dict()
    {'slope': 2.0, 'offset': 1.0}
    >>> line.load_state_dict({"slope": 3.0, "offset": 0.0})
    >>> line(5).data
    15.0
    """

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = f"; {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""
            raise AttributeError(f"{type(self).__name__} has no {name!r}{hint}", name=name, obj=self)

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Every parameter with its path, such as ``("layers.0.neurons.2.b", Value(...))``, in order of assignment.

        Each comes once: one that is reached by several paths has the name of the first.

        Raises:
            ValueError: two parameters have the same path, which dict keys with dots in them can bring about.

        >>> from nn import Neuron
        >>> [name for name, _ in Neuron(2).named_parameters()]
        ['w.0', 'w.1', 'b']
        """
        found: dict[Value, str] = {}
        for path, value in _walk("", self, set()):
            found.setdefault(value, path)
        if len(set(found.values())) < len(found):
            paths = list(found.values())
            twice = next(path for path in paths if paths.count(path) > 1)
            raise ValueError(f"two parameters have the same path, {twice!r}: rename an attribute or a dict key")
        return [(path, value) for value, path in found.items()]

    def parameters(self) -> list[Value]:
        """Every parameter, once.

        >>> from nn import MLP
        >>> len(MLP(2, [16, 16, 1]).parameters())
        337
        """
        return leaves_in(self, Module)

    def zero_grad(self) -> None:
        """Set the gradient of each parameter to 0.0, as one does before a new ``backward()``.

        >>> from nn import Neuron
        >>> neuron = Neuron(1, "linear")
        >>> neuron([2.0]).backward()
        >>> neuron.zero_grad()
        >>> [p.grad for p in neuron.parameters()]
        [0.0, 0.0]
        """
        clear(self.parameters())

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters by path, to be kept and given to :meth:`load_state_dict` later.

        >>> from nn import W8Network
        >>> W8Network(range(8)).state_dict()["w3"]
        2.0
        """
        return {path: value.data for path, value in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all parameters to the numbers in ``state``. If anything is wrong with it, none is changed.

        Args:
            state: a real number for each parameter's path, as :meth:`state_dict` gives them.

        Raises:
            ValueError: a path is missing from ``state``, or there is one that this module doesn't have.
            TypeError: something in it is not a number.

        >>> from nn import Neuron
        >>> Neuron(1).load_state_dict({"w.0": 1.0, "bias": 2.0})
        Traceback (most recent call last):
        ValueError: the state doesn't fit Neuron: missing 'b'; unexpected 'bias'
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"a state is a dict of numbers by path, as of state_dict(), not {type(state).__name__}: {state!r:.60}"
            )
        parameters = dict(self.named_parameters())
        complaints = [
            f"{what} {', '.join(map(repr, names))}"
            for what, names in (
                ("missing", [path for path in parameters if path not in state]),
                ("unexpected", [path for path in state if path not in parameters]),
            )
            if names
        ]
        if complaints:
            raise ValueError(f"the state doesn't fit {type(self).__name__}: {'; '.join(complaints)}")
        numbers = {path: _number(path, x) for path, x in state.items()}
        for path, value in parameters.items():
            value.data = numbers[path]

    def vector(self) -> Any:
        """The numbers of all parameters as one NumPy array, in the order of :meth:`named_parameters`.

        >>> from nn import W8Network
        >>> W8Network(range(8)).vector()
        array([0., 1., 2., 3., 4., 5., 6., 7.])
        """
        import numpy as np

        return np.array([value.data for value in self.parameters()], dtype=float)

    def load_vector(self, vector: Any) -> None:
        """Set all parameters to the numbers of a vector, in the order of :meth:`named_parameters`.

        Args:
            vector: as many real numbers as there are parameters, in an array of one axis or a sequence.

        Raises:
            ValueError: they are not as many, or have another shape. No parameter is changed then.
            TypeError: something in it is not a number. No parameter is changed then.

        >>> from nn import Neuron
        >>> neuron = Neuron(1, "linear")
        >>> neuron.load_vector([2.0, 1.0])
        >>> neuron(10).data
        21.0
        """
        parameters = self.named_parameters()
        if not hasattr(vector, "__iter__"):
            raise TypeError(f"a vector is a list or an array of {len(parameters)} numbers, not {vector!r:.60}")
        shape = getattr(vector, "shape", None)
        numbers = list(vector) if shape is None or len(shape) == 1 else []
        if len(numbers) != len(parameters):
            found = f"{len(numbers)} numbers" if shape is None else f"an array of shape {shape}"
            raise ValueError(f"{type(self).__name__} has {len(parameters)} parameters; the vector is {found}")
        checked = [_number(path, x) for (path, _), x in zip(parameters, numbers)]
        for (_, value), number in zip(parameters, checked):
            value.data = number


def _number(path: str, x: Any) -> float:
    try:
        return real(x)
    except TypeError as error:
        raise TypeError(f"{path!r}: {error}") from None


def _walk(path: str, item: Any, above: set[int]) -> Iterator[tuple[str, Value]]:
    """The parameters in ``item``, with their paths. ``above`` holds what we are inside of: modules may form a ring."""
    if isinstance(item, Value):
        if item._rule is LEAF:  # the result of an operation isn't a parameter
            yield path, item
        return
    if id(item) in above:
        return
    for key, child in _children(item):
        yield from _walk(f"{path}.{key}" if path else key, child, above | {id(item)})


def _children(item: Any) -> list[tuple[str, Any]]:
    if isinstance(item, Module):
        return [(key, child) for key, child in vars(item).items() if not key.startswith("_")]
    if isinstance(item, dict):
        return [(str(key), child) for key, child in item.items()]
    if isinstance(item, (list, tuple)):
        return [(str(i), child) for i, child in enumerate(item)]
    return []
