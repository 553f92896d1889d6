"""One run of a function in a world, and what its outputs have to be."""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd.engine import modes
from autograd.engine.modes import MODES, REFUSALS, TAPE
from autograd.engine.value import Value
from autograd.errors import AutogradError, LostDerivative, TraceError
from autograd.transforms.forward import Forward
from autograd.transforms.ground import Ground
from autograd.transforms.inputs import Inputs
from autograd.transforms.reverse import Reverse
from autograd.transforms.trees import exact, flatten, is_number, map_numbers
from autograd.transforms.worlds import World, none_is_open, world_of_trace


def run_in_reverse(f: Callable[..., Any], inputs: Inputs, has_aux: bool = False) -> Run:
    """A run in reverse mode."""
    return Run(_reverse(inputs), f, inputs, (), has_aux)


def slope_of_one_number(f: Callable[..., Any], args: tuple[Any, ...], place: int) -> tuple[Any, Any]:
    """What f returns, and the derivative by the argument at that place: a float, where no transform is at work.

    Nearly all of such a call is f itself, for which it is worth to leave out everything that several numbers need.
    """
    x = args[place]
    world = Ground()
    leaf = world.leaf(x)
    given = list(args)
    given[place] = leaf
    with world:
        y = watched(f, *given)
    if type(y) is Value and world.takes(y, leaf):
        return y._value, world.slope(y, leaf)
    run = Run.after(world, [x], [leaf], y)
    output = run.single_number()
    return output, run.pull([1])[0]


class Run:
    """One run of f in a world, from which adjoints can be pulled back any number of times."""

    def __init__(
        self,
        world: World,
        f: Callable[..., Any],
        inputs: Inputs,
        tangents: Sequence[Any] = (),
        has_aux: bool = False,
    ) -> None:
        self.world = world
        self.numbers = inputs.numbers
        self.tangents = tangents or [0] * len(inputs.numbers)
        with world:
            self.leaves = [world.leaf(x, tangent) for x, tangent in zip(self.numbers, self.tangents)]
            result = watched(inputs.call, f, self.leaves)
        self._settle(result, has_aux)

    @classmethod
    def after(cls, world: World, numbers: list[Any], leaves: list[Any], result: Any) -> Run:
        """A run that has taken place: f was given these leaves, for these numbers, and returned that."""
        run = cls.__new__(cls)
        run.world, run.numbers, run.leaves, run.tangents = world, numbers, leaves, [0] * len(numbers)
        run._settle(result, has_aux=False)
        return run

    def _settle(self, result: Any, has_aux: bool) -> None:
        world = self.world
        self.result = result
        self._aux = _NO_AUX
        if has_aux:
            self.result, self._aux = _apart(result)
        self.tree, self.outputs = flatten(self.result)
        world.finish(self.outputs, self.leaves)
        if has_aux:
            self._aux = map_numbers(lambda x: world.read_aside(x, self.leaves), self._aux)

    def output(self) -> Any:
        """What f returned, in terms of the numbers that it was given."""
        return self.tree.rebuild([self.world.read(y) for y in self.outputs])

    def with_aux(self, output: Any) -> Any:
        """The output together with the second part of f's pair."""
        return output if self._aux is _NO_AUX else (output, self._aux)

    def require_numbers(self) -> None:
        """Refuse outputs that have no derivative.

        Raises:
            TypeError: f returned something else than numbers, arrays and structures of them.
        """
        if self.result is None:
            raise TypeError("f has to return numbers, but returned None; is a return missing?")
        if not self.outputs and _holds_none(self.result):
            raise TypeError(f"f has to return numbers, but returned {described(self.result)}; is a return missing?")
        for y in self.outputs:
            if isinstance(y, bool) or not (is_number(y) or isinstance(y, int)):
                raise TypeError(_no_output(y, self.result))

    def single_number(self) -> Any:
        """The same, for an f that returns one number."""
        _single_number(self.result, self.numbers)
        self.require_numbers()
        self.world.require_one_number(self.result)
        return self.output()

    def pull(self, seeds: Sequence[Any]) -> list[Any]:
        """The adjoint of each input number, for these adjoints of the output numbers."""
        adjoints = self.world.pull_back(self.outputs, seeds, self.leaves)
        return [exact(adjoint, x) for adjoint, x in zip(adjoints, self.numbers)]

    def push(self) -> list[Any]:
        """The derivative of each output number along the tangents."""
        return self.world.push_forward(self.outputs, self.leaves, self.tangents)


def on_the_ground() -> bool:
    """Whether no transform is at work here, no function is being traced, and no block such as ``no_grad`` is open."""
    return not MODES.active and TAPE.get() is None and none_is_open()


def _reverse(inputs: Inputs) -> World:
    """The world for reverse mode."""
    traced: World | None = world_of_trace(inputs.numbers)
    if traced is not None:
        return traced
    return Ground() if none_is_open() and all(isinstance(x, float) for x in inputs.numbers) else Reverse()


def forward(inputs: Inputs) -> World:
    """The world for forward mode."""
    return world_of_trace(inputs.numbers, is_forward=True) or Forward()


def _single_number(output: Any, inputs: Sequence[Any]) -> None:
    if isinstance(output, bool):
        raise TypeError(
            f"f has to return one number, but returned bool {output}: a comparison has no derivative; "
            "write where(condition, a, b)"
        )
    if is_number(output) or isinstance(output, int) or getattr(output, "ndim", 1) == 0:
        return  # what is no number in spite of that is refused as in any other output
    cure = "for several outputs there are jacobian, jvp and vjp"
    if output is None:
        cure = "is a return missing?"
    elif getattr(output, "size", 0) == len(inputs):
        cure = "for the derivative at each element write vmap(grad(f)), for all partial derivatives jacobian(f)"
    raise TypeError(f"f has to return one number, but returned {described(output)}; {cure}")


def _holds_none(result: Any) -> bool:
    """Of a structure without numbers: whether there is a None in it."""
    import optree

    return any(leaf is None for leaf in optree.tree_leaves(result, none_is_leaf=True))


_NO_AUX: Any = object()


def _apart(result: Any) -> tuple[Any, Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"with has_aux=True f has to return a pair (output, aux), but returned {described(result)}")
    return result


def _no_output(y: Any, result: Any) -> str:
    inside = "" if y is result else f", in {described(result)}"
    cure = "return numbers, arrays, and tuples, lists and dicts of them"
    if isinstance(y, bool):
        cure = "for a choice write where(condition, 1.0, 0.0)"
    elif hasattr(type(y), "__iter__") and not isinstance(y, str):
        cure = "write it as a list: [...] or list(...)"
    return f"f returned {described(y)}{inside}, of which there is no derivative; {cure}, or hand it on by has_aux=True"


def described(output: Any) -> str:
    """An output as messages have it."""
    if hasattr(output, "shape"):
        return f"an array of shape {output.shape}"
    return "None" if output is None else f"{type(output).__name__} {output!r:.60}"


# --- Errors of NumPy, SciPy and C code that was handed numbers with derivatives ---

_NUMBER: Final = "(?:Value|Dual|Node|Call|Output|Traced|Condition)"
# What such code says of objects that it takes for floats.
_OF_OBJECTS: Final = re.compile(
    r"dtype\('O'\)|object arrays are not supported|not supported for the input types|not a proper array of floats"
    r"|loop of ufunc does not support|format O not supported|conversion from \w+ to Decimal|Rational instance"
    rf"|'{_NUMBER}' object has no attribute|Object of type {_NUMBER}|Cannot interpret|string to float: '(?:Value|<)"
    r"|integer (?:\(or boolean\) )?type|indices must be integers|interpreted as an integer|argument is not a float"
)
_PRIVATE: Final = re.compile(rf"\b{_NUMBER}\b|<(?:dual|node|traced) [^>]*>?")
_CURES: Final = (
    "write it with arithmetic and autograd's functions, which apply to arrays too; a solver with implicit(residual, "
    "solve); any other code with @primitive(vjp=...); and int(round(x)) or float(stop_gradient(x)) where no derivative "
    "is wanted"
)


def watched(call: Callable[..., Any], *args: Any) -> Any:
    """What a user's function returns.

    Raises:
        LostDerivative: other code has failed for want of a plain number, or gone on although it was refused one;
            inside ``jit`` a TraceError.
    """
    before = REFUSALS.count
    try:
        result = call(*args)
    except AutogradError:
        raise
    except Exception as error:
        instead = _explained(error, REFUSALS.count != before)
        if instead is None:
            raise
        raise instead from error
    if REFUSALS.count != before and REFUSALS.to_library and REFUSALS.thread == threading.get_ident():
        raise LostDerivative(f"NumPy or SciPy went on after an error, and its result is wrong: {REFUSALS.last}")
    return result


def _explained(error: Exception, was_refused: bool) -> Exception | None:
    """The error that says what to write; None if it has nothing to do with derivatives."""
    kind = LostDerivative if TAPE.get() is None else TraceError
    file, line, is_inside = _where(error)
    if was_refused and isinstance(error, struct.error):
        return kind(str(REFUSALS.last))
    if is_inside or isinstance(error, SystemError):  # C code that went on with an error pending
        refusal = _behind(error)
        if refusal is not None:
            return kind(str(refusal))
    text = str(error)
    inside_only = isinstance(error, AttributeError) and is_inside
    if not (inside_only or _OF_OBJECTS.search(text)):
        return None
    said = _PRIVATE.sub("a number with a derivative", text)
    return kind(
        f"at {file}:{line} code that takes plain numbers only was handed numbers with derivatives, and said: "
        f"{said:.200}; {_CURES}"
    )


def _behind(error: BaseException) -> BaseException | None:
    """The refusal that led to the error; None if none did."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, (LostDerivative, TraceError)):
        seen = seen.__cause__ or seen.__context__
    return seen


def _where(error: BaseException) -> tuple[str, int, bool]:
    """The last line of the user's that led to the error, and whether it arose in NumPy or SciPy."""
    file, line, is_inside = "", 0, False
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        is_inside = modes.is_of_library(name)
        if not (is_inside or modes.is_ours(name) or modes.is_of_python(name)):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    return file, line, is_inside
