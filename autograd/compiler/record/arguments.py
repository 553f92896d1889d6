"""The arguments of a call, as a flat list of numbers and arrays, and as the traced numbers that stand for them."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any, Final, NamedTuple

import numpy as np
import optree
from optree import PyTreeSpec

from autograd.compiler.layout import FLOAT64, Layout, Shape, Static, keys
from autograd.compiler.record.arrays import TracedArray
from autograd.compiler.record.static import Known, Signature, is_static, kind_of
from autograd.compiler.record.trace import Condition, Trace, Traced
from autograd.engine.arrays import require_plain
from autograd.engine.methods import Functions

REAL: Final = "fiub"  # kinds of arrays of real numbers
_LARGE: Final = 2**53  # whole numbers beyond it aren't all floats

_new: Final[Any] = tuple.__new__  # makes a NamedTuple in a third of the time that it takes by its name

_ANY: Final = Signature(lambda *args, **kwargs: None)


class Key(NamedTuple):
    """What a program is made for: calls with the same key are calls of the same program."""

    spec: PyTreeSpec  # the structure of the arguments; if there are any by keyword, of (args, kwargs)
    shapes: tuple[Shape | Static, ...]  # of each leaf
    by_keyword: bool
    orders: tuple[tuple[Any, ...], ...]  # of each dict: its keys, in their order, which functions can see

    def layout(self, dtype: str) -> Layout:
        """Where the numbers of the arguments stand."""
        return Layout(self.spec, [shape if isinstance(shape, Static) else (shape, 0) for shape in self.shapes], dtype)

    def statics(self) -> list[Any]:
        """The static arguments."""
        return [shape.thing for shape in self.shapes if isinstance(shape, Static)]


class Arguments:
    """Arguments as leaves, and the key under which a program for them is kept.

    Args:
        args: of a call.
        kwargs: likewise.
        signature: of the function that is called.

    Raises:
        TypeError: an argument is no number and not static.
    """

    __slots__ = ("has_derivatives", "key", "leaves", "numbers", "signature")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], signature: Signature = _ANY) -> None:
        self.signature = signature
        args, kwargs = signature.marked(args, kwargs)
        call: Any = (args, kwargs) if kwargs else args
        leaves, spec = optree.tree_flatten(call, namespace="chainrule")
        numbers: list[Any] = []
        shapes: list[Shape | Static] = []
        self.leaves: list[Any] = leaves
        self.numbers = numbers  # floats and arrays
        self.has_derivatives = False
        for leaf in leaves:
            kind = type(leaf)
            if kind is float:
                shapes.append(None)
            elif kind is np.ndarray and (shape := leaf.shape) and ((d := leaf.dtype) is FLOAT64 or d.kind in REAL):
                if may_be_inexact(leaf):
                    self.require_floats(leaf, spec, len(shapes), bool(kwargs))
                shapes.append(shape)
            elif isinstance(leaf, (Functions, Condition)) or hasattr(kind, "is_batch"):
                self.has_derivatives = True
                return
            elif kind is Known:
                shapes.append(self.static(leaf.thing, spec, len(shapes), bool(kwargs)))
                continue
            elif is_static(leaf):
                shapes.append(_new(Static, (kind, leaf)))
                continue
            elif not (isinstance(leaf, (Real, Decimal)) or hasattr(kind, "__array__")):
                raise self.refused(leaf, spec, len(shapes), bool(kwargs))
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
                if isinstance(leaf, int) and abs(leaf) > _LARGE:
                    self.require_floats(leaf, spec, len(shapes), bool(kwargs))
                leaf = float(leaf)
                shapes.append(None)
            numbers.append(leaf)
        orders = () if spec.num_nodes == len(leaves) + 1 else orders_of(call)  # no structure but that of the call
        self.key: Key = _new(Key, (spec, tuple(shapes), bool(kwargs), orders))

    def of_numbers(self, array: Any) -> Any:
        """An array of another kind as one of floats; None if there are Values or traced numbers in it."""
        require_plain(array)
        array = np.asarray(array)
        if array.dtype.kind == "O":
            if any(isinstance(x, (Functions, Condition)) for x in array.ravel()):
                self.has_derivatives = True
                return None
            return array.astype(float)
        if array.dtype.kind not in REAL:
            raise TypeError(f"jit takes arrays of real numbers, not of {array.dtype}")
        return array

    def static(self, thing: Any, spec: PyTreeSpec, number: int, by_keyword: bool) -> Static:
        """An argument that the user has declared static."""
        try:
            hash(thing)
        except TypeError:
            name = self.signature.name_of(spec.paths()[number], by_keyword)
            raise TypeError(
                f"a static argument has a hash, but {name!r} is the {type(thing).__name__} {thing!r:.60}; "
                "pass a tuple for a list, or leave it out of static_argnums"
            ) from None
        return Static(kind_of(thing), thing)

    def require_floats(self, whole: Any, spec: PyTreeSpec, number: int, by_keyword: bool) -> None:
        """Refuse whole numbers that aren't floats."""
        try:
            alike = bool(np.all(np.asarray(whole, dtype=float).astype(object) == np.asarray(whole, dtype=object)))
        except OverflowError:
            alike = False
        if not alike:
            name = self.signature.name_of(spec.paths()[number], by_keyword)
            raise TypeError(
                f"jit computes with floats, which have 53 bits, but in the argument {name!r} there is the whole number "
                f"{whole!r:.60}, which has more; pass float(x), or, for an array, x.astype(float)"
            )

    def refused(self, leaf: Any, spec: PyTreeSpec, number: int, by_keyword: bool) -> TypeError:
        """The error for an argument that is neither a number nor static by itself."""
        path = spec.paths()[number]
        name = self.signature.name_of(path, by_keyword)
        whole = path[1:] if by_keyword else path
        cure = f"static_argnums={path[0]}" if whole is path else f"static_argnames={name!r}"
        if by_keyword and path[0] == 0:
            cure = f"static_argnums={path[1]}"
        return TypeError(
            f"jit takes numbers, arrays and structures of them, but in the argument {name!r} there is "
            f"{_a(type(leaf).__name__)}: {leaf!r:.60}. Pass its numbers instead, or write {cure}: f is then recorded "
            "once for each value of that argument, which needs a hash, and later changes inside the object are ignored"
        )


def may_be_inexact(array: Any) -> bool:
    """Whether an array has whole numbers so large that they may not be floats."""
    is_long = array.dtype.kind in "iu" and array.dtype.itemsize == 8 and array.size > 0
    return is_long and bool(array.max() > _LARGE or array.min() < -_LARGE)


def _a(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def orders_of(structure: Any) -> tuple[tuple[Any, ...], ...]:
    """The keys of each dict in a structure, in order."""
    found: list[tuple[Any, ...]] = []
    stack = [structure]
    while stack:
        part = stack.pop()
        kind = type(part)
        if kind is float or kind is np.ndarray:
            continue
        if isinstance(part, dict):
            found.append(tuple(part))
            stack.extend(part.values())
        elif isinstance(part, (tuple, list)):
            stack.extend(part)
        elif not optree.tree_is_leaf(part, namespace="chainrule"):
            stack.extend(optree.tree_flatten_one_level(part, namespace="chainrule")[0])
    return tuple(found)


class Shortcut:
    """A short way to the numbers of a call that is like the one before, which most calls are.

    Args:
        key: of the call before.
    """

    __slots__ = ("_dicts", "_orders", "_shapes", "_spec")

    def __init__(self, key: Key) -> None:
        self._spec = key.spec
        self._shapes = key.shapes
        self._dicts = None if key.by_keyword else _dicts_in(key.spec)
        self._orders = key.orders

    def numbers(self, args: Any) -> list[Any] | None:
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
        if self._dicts and orders_of(args) != self._orders:
            return None
        for leaf, shape in zip(leaves, self._shapes):
            kind = type(leaf)
            if kind is float:
                fits = shape is None
            else:
                fits = (
                    kind is np.ndarray
                    and leaf.shape == shape != ()
                    and (leaf.dtype is FLOAT64 or (leaf.dtype.kind in REAL and not may_be_inexact(leaf)))
                )
            if not fits:
                return None
        return leaves


def _dicts_in(spec: PyTreeSpec) -> list[tuple[Any, ...]] | None:
    """The ways to the dicts in a structure of tuples, lists and dicts; None if it has other parts."""
    found: list[tuple[Any, ...]] = []
    stack: list[tuple[PyTreeSpec, tuple[Any, ...]]] = [(spec, ())]
    while stack:
        part, path = stack.pop()
        if part.type not in (None, type(None), tuple, list, dict):
            return None
        if part.type is dict:
            found.append(path)
        stack += [(child, (*path, key)) for child, key in zip(part.children(), part.entries())]
    return found


def object_array(numbers: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of traced numbers."""
    out = np.empty(len(numbers), dtype=object)
    out[:] = numbers
    return out.reshape(shape).view(TracedArray)


def traced_leaves(trace: Trace, flat: Arguments, layout: Layout) -> list[Any]:
    """The leaves of the arguments with traced numbers in place of numbers."""
    leaves: list[Any] = []
    for given, leaf in zip(flat.leaves, layout.leaves):
        if isinstance(leaf, Static):
            leaves.append(given.thing if type(given) is Known else given)
            continue
        traced = [Traced(trace, index) for index in trace.values()[leaf.start : leaf.start + leaf.size]]
        leaves.append(traced[0] if leaf.shape is None else _argument(traced, leaf.shape))
    return leaves


def _argument(traced: list[Any], shape: tuple[int, ...]) -> Any:
    """An array that can't be written to: the caller's would stay as it was."""
    array = object_array(traced, shape)
    array.flags.writeable = False
    return array


def name_inputs(trace: Trace, signature: Signature, key: Key, layout: Layout) -> None:
    """Names for the inputs, from the function's parameters: x, w[0], p['b']."""
    if trace.inputs > 10_000:
        return  # nobody reads that
    for path, leaf in layout.paths():
        name = signature.name_of(path, key.by_keyword)
        inside = path[2:] if key.by_keyword else path[1:]
        trace.names.update(zip(trace.values()[leaf.start :], leaf.names(f"{name}{keys(inside)}")))
