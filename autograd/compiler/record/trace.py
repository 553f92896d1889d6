"""Tracing: run a function on numbers that have no value, and write down what it does to them.

``Trace`` is the list that is being written, ``Traced`` a number on it. Each operation of the function appends one
instruction, so the list is in the order in which things were computed, which is a topological order of the graph.

A Traced has no number. What would need one, an ``if``, ``float(x)``, ``range(n)``, raises ``TraceError``: to guess
would freeze into the program what was true of one call. The error names the line and the way out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from autograd.compiler.ieee import FUNCTIONS
from autograd.compiler.program import (
    COPY,
    EQUAL,
    LESS,
    LESS_EQUAL,
    NONE,
    OWN,
    SELECT,
    SUM,
    TAKE,
    Index,
)  # fmt: skip
from autograd.compiler.record.listing import Listing
from autograd.engine import rules
from autograd.engine.kinds import where
from autograd.engine.methods import Functions
from autograd.engine.modes import MODES, admits, checking, cures, here, users_line
from autograd.engine.rules import Rule
from autograd.errors import TraceError
from autograd.transforms.operators import Operators

ABOVE_ALL: Final = 1 << 62  # the level of traced numbers: they do every operation that they take part in

_AS_IN_IEEE: Final = {rules.div: rules.ratio, rules.power: rules.pow}  # compiled, neither raises
_LINEAR: Final = {rules.add: (1, 1), rules.sub: (1, -1), rules.neg: (-1,)}
_COMPARISONS: Final = {  # instruction, and whether the operands change places
    operator.lt: (LESS, False),
    operator.le: (LESS_EQUAL, False),
    operator.gt: (LESS, True),
    operator.ge: (LESS_EQUAL, True),
    operator.eq: (EQUAL, False),
}


Number: TypeAlias = "Traced | float"  # that a partial derivative is computed from, or is


class Foreign(TraceError):
    """A number meets the trace that is no part of the program: a Value, say, that the function closes over."""


class Trace(Listing):
    """Instructions as they are recorded, and the call that records them."""

    def __init__(self, inputs: int, keep_lines: bool = False) -> None:
        super().__init__(inputs, keep_lines)
        self.batch = 0  # of the vmap whose function is running; 0 outside
        self.unrolling = False  # whether a vmap is running its function sample by sample
        self.open = True
        self.slow_lines: set[tuple[str, int]] = set()  # the user's, of which a SlowWarning was given
        self.world: Any = None  # the Tape that belongs to it
        self.options: dict[str, Any] = {}  # of the jit that records
        self.refusal: TraceError | None = None  # the first one, which the function may have caught
        self.by_table: set[Index] = set()  # choices of which a branch is 0 by the table: the whole number
        # Of takes: which row is taken, by index and number of rows; whether it is a certain one, by that one as well.
        self.choices: dict[tuple[int, ...], Index] = {}
        self.by_hand: dict[Index, Any] = {}  # calls with a backward rule, and their outputs: see by_hand.py
        self.transforms: list[Any] = []  # the worlds of the transforms whose functions are running, innermost last

    def copy(self, value: Index) -> Index:
        """The value by another name, to differentiate by; in a vmap's function, each sample's own."""
        return self.append(COPY, (value,), self.batch or self.batch_of(value))

    def value(self, x: Any) -> Index:
        """The value of an operand: a traced number of this trace, or a plain number.

        Raises:
            TraceError: it belongs to another trace, or is a Value or another number that is no part of the program.
            TypeError: it is no number.
        """
        if isinstance(x, Traced):
            if x.trace is not self:
                both = x.trace.open and self.open
                whose = "another function that is being traced" if both else "a traced call that has ended"
                raise TraceError(f"a traced number of {whose} is used{here()}; pass it in as an argument")
            return x.index
        if type(x) is float:
            return self.constant(x)
        if isinstance(x, Condition):
            return x.index
        if isinstance(x, Functions) or hasattr(type(x), "__apply_rule__"):
            raise Foreign(
                f"{x!r:.60} meets a traced number{here()}: its number would be frozen into the program; pass it to the "
                "traced function as an argument (a model as jit(functional(model))(model.vector(), x)), or use its "
                ".data where a constant is meant"
            )
        return self.constant(rules.real(x))

    def numbers(self, values: Sequence[Index]) -> list[Number]:
        """Values as numbers to compute with: constants as floats, the others traced."""
        known = [self.known(value) for value in values]
        return [Traced(self, value) if x is None else x for value, x in zip(values, known)]

    def apply(self, rule: Rule, operands: Sequence[Any]) -> Traced:
        """A row of the table, applied to numbers of which one is traced."""
        return self.operation(rule, [self.value(x) for x in operands])

    def operation(self, rule: Rule, values: Sequence[Index]) -> Traced:
        """A row of the table, applied to values. Inside ``no_grad`` the result is a constant in derivatives."""
        return self.observed(self._operation(rule, values))

    def observed(self, y: Traced) -> Traced:
        """A result, as the open blocks make it.

        Raises:
            TraceError: ``detect_anomaly`` is one of them.
        """
        if not MODES.active:
            return y
        if checking():
            raise TraceError(
                f"write jit(f, check=True): detect_anomaly looks at numbers{here()}, and while jit records, a number "
                "has no value"
            )
        return y if admits(rules.stop_gradient, ()) else self._operation(rules.stop_gradient, [y.index])

    def _operation(self, rule: Rule, values: Sequence[Index]) -> Traced:
        if rule is rules.mul:
            return Traced(self, self.product(*values))
        signs = _LINEAR.get(rule)
        if signs is not None:
            terms = tuple([(x, NONE, sign) for x, sign in zip(values, signs)])
            return Traced(self, self.append(SUM, terms, self.batch_of(*values)))
        rule = _AS_IN_IEEE.get(rule, rule)
        if rule not in FUNCTIONS:
            result = self.value(self._formula_of(rule, values)(*self.numbers(values)))
            return Traced(self, self.append(OWN, (result, rule, *values), self.batch_of(result, *values)))
        return Traced(self, self.call(rule, *values))

    def _formula_of(self, rule: Rule, values: Sequence[Index]) -> Callable[..., Any]:
        """The formula of a row that back ends don't have."""
        for position in rule.constant:
            if self.known(values[position]) is None:
                raise TraceError(
                    f"operand {position + 1} of {rule.name} has to be a constant{here()}; write a plain number"
                )
        formula = rule.fit or rule.definition
        if formula is None:
            raise TraceError(
                f"{rule.name} can't be compiled{here()}: its row has no definition in terms of other functions"
            )
        return formula


class InArrays:
    """What NumPy calls on the elements of its arrays, for those that are traced."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from autograd.arrays import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from autograd.arrays import apply_function

        return apply_function(function, types, args, kwargs)

    def __own_array__(self, array: Any) -> Any:
        """The array as one whose elements can be compared."""
        from autograd.compiler.record.arrays import TracedArray

        return array.view(TracedArray)


class Traced(InArrays, Operators):
    """A number of the program that is being traced. It has no value yet; see the module's docstring."""

    __slots__ = ("index", "trace")

    level = ABOVE_ALL
    is_traced = True

    def __init__(self, trace: Trace, index: Index) -> None:
        self.trace = trace
        self.index = index

    def __repr__(self) -> str:
        return f"<traced {self.label or f'v{self.index}'}>"

    @property
    def label(self) -> str:
        """The name in the printed program."""
        return self.trace.names.get(self.index, "")

    @label.setter
    def label(self, label: str) -> None:
        self.trace.names[self.index] = label

    @property
    def world(self) -> Any:
        """The world that it belongs to."""
        return self.trace.world

    @property
    def batch(self) -> int:
        """How many samples it varies over; 0 if it is one number."""
        return self.trace.batch_of(self.index)

    def __apply_rule__(self, rule: Rule, operands: tuple[Any, ...]) -> Any:
        return self.trace.apply(rule, operands)

    def _apply(self, rule: Rule, *others: Any) -> Any:
        return self.trace.apply(rule, (self, *others))

    def _operate(self, rule: Rule, a: Any, b: Any) -> Any:
        trace = self.trace
        try:
            a, b = trace.value(a), trace.value(b)
        except TypeError:
            return NotImplemented  # an array, say, which does it for each of its elements
        return trace.operation(rule, (a, b))

    def _compare(self, how: Callable[[Any, Any], Any], other: Any) -> Any:
        head, turned = _COMPARISONS[how]
        trace = self.trace
        try:
            operands = (self.index, trace.value(other))
        except TypeError:
            return NotImplemented
        return Condition(trace, trace.call(head, *(operands[::-1] if turned else operands)))

    def __eq__(self, other: object) -> Any:  # a NaN isn't equal to itself, so identity says nothing
        return self._compare(operator.eq, other)

    def __ne__(self, other: object) -> Any:
        is_equal = self._compare(operator.eq, other)
        return is_equal if is_equal is NotImplemented else ~is_equal

    def __take__(self, table: Sequence[Any]) -> Any:
        """table[self], for ``take``. The rows of a table may be sequences themselves."""
        if not len(table):
            raise IndexError("take from an empty table")
        rows = list(table)
        if all(hasattr(row, "__len__") for row in rows):
            if len({len(row) for row in rows}) > 1:
                raise TraceError(f"take with a traced index needs rows of one length{here()}")
            row = [self.__take__(column) for column in zip(*rows)]
            if hasattr(table, "ndim"):
                import numpy as np

                out = np.empty(len(row), dtype=object)
                out[:] = row
                return self.__own_array__(out)
            return row
        trace = self.trace
        return Traced(trace, trace.call(TAKE, self.index, *[trace.value(x) for x in rows]))

    @property
    def data(self) -> float:
        """There is none.

        Raises:
            TraceError: always.
        """
        raise _no_number(".data was read", _DATA)

    @property
    def grad(self) -> float:
        """There is none.

        Raises:
            TraceError: always.
        """
        raise _no_number(".grad was read", "use jit(grad(f)) or jit(value_and_grad(f))")

    def backward(self) -> None:
        """There is no backward pass to run yet.

        Raises:
            TraceError: always.
        """
        raise _no_number("backward() was called", "use jit(grad(f)) or jit(value_and_grad(f))")

    def __bool__(self) -> bool:
        raise _no_number("an if, while, and, or or not asked for its truth", _BRANCH, self.trace)

    def __float__(self) -> float:
        raise _no_number("float() was called", cures(*users_line()) + _LEAVE, self.trace)

    def __int__(self) -> int:
        raise _no_number("int() was called", _STATIC, self.trace)

    __index__ = __int__

    def __hash__(self) -> int:
        raise _no_number("a hash was asked for", _HASH, self.trace)

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return self._apply(rules.round_)
        raise _no_number("round() to decimals was called", "write round(x * 100) / 100")

    def __format__(self, spec: str) -> str:
        if spec:
            raise _no_number("a format was asked for", "print the result of the compiled function instead")
        return repr(self)


class Condition(InArrays):
    """A comparison of traced numbers, for ``where``; ``&``, ``|`` and ``~`` combine them."""

    __slots__ = ("index", "trace")

    is_traced = True

    def __init__(self, trace: Trace, index: Index) -> None:
        self.trace = trace
        self.index = index

    def __choose__(self, a: Any, b: Any) -> Any:
        """a where the condition holds, else b."""
        if getattr(a, "ndim", 0) or getattr(b, "ndim", 0):
            import numpy as np

            chosen = np.frompyfunc(lambda x, y: where(self, x, y), 2, 1)(a, b)
            return self.__own_array__(chosen) if isinstance(chosen, np.ndarray) else chosen
        trace = self.trace
        branches = trace.value(a), trace.value(b)
        chosen = trace.call(SELECT, self.index, *branches)
        if any((type(x) is int and x == 0) or value in trace.by_table for x, value in zip((a, b), branches)):
            trace.by_table.add(chosen)
        return Traced(trace, chosen)

    def __and__(self, other: Any) -> Any:
        if getattr(other, "ndim", 0):
            return NotImplemented  # the array does it for each of its elements
        return Condition(self.trace, self.trace.product(self.index, self._index_of(other)))

    def __or__(self, other: Any) -> Any:
        if getattr(other, "ndim", 0):
            return NotImplemented
        return ~(~self & ~self._condition(other))

    def __invert__(self) -> Condition:
        trace = self.trace
        return Condition(trace, trace.sum([(trace.constant(1.0), NONE, 1), (self.index, NONE, -1)]))

    __rand__ = __and__
    __ror__ = __or__

    def __pos__(self) -> Traced:
        """1 where the condition holds, else 0: a number to count with."""
        return Traced(self.trace, self.index)

    def __mul__(self, other: Any) -> Any:
        return +self * other

    __rmul__ = __mul__

    @property
    def batch(self) -> int:
        """How many samples it varies over; 0 if it is one condition."""
        return self.trace.batch_of(self.index)

    def _condition(self, other: Any) -> Condition:
        return other if isinstance(other, Condition) else Condition(self.trace, self._index_of(other))

    def _index_of(self, other: Any) -> Index:
        if isinstance(other, Condition):
            return other.index
        if type(other).__name__ in ("bool", "bool_"):
            return self.trace.constant(float(other))
        raise TypeError(f"a condition is combined with conditions, not with {type(other).__name__}")

    def __bool__(self) -> bool:
        asked = "an if, while, and, or, not, or a sort (sorted, np.median) asked for the truth of a comparison"
        raise _no_number(asked, _COMPARED, self.trace)

    def __float__(self) -> float:
        raise _no_number("float() was called on a comparison", _COUNT, self.trace)

    def __int__(self) -> int:
        raise _no_number("int() was called on a comparison", _COUNT, self.trace)

    def __index__(self) -> int:
        raise _no_number("a comparison was an index", "write where(condition, a, b)", self.trace)

    def __hash__(self) -> int:
        raise _no_number("a hash was asked for", _HASH, self.trace)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        raise _no_number("== was asked of a comparison", "combine conditions with &, | and ~", self.trace)

    def __repr__(self) -> str:
        return f"<traced condition v{self.index}>"


_BRANCH = (
    "write where(condition, a, b), maximum, minimum or clip (conditions combine with &, | and ~); "
    "a branch may depend on a static argument, a bool, str or None"
)
_COMPARED = f"{_BRANCH}; arrays of np.stack or np.asanyarray are compared as a whole"
_COUNT = "write where(condition, 1.0, 0.0)"
_HASH = (
    "leave out the set, the dict or functools.cache that the number is a key of; what is computed twice is one "
    "instruction of the program anyway"
)
_LEAVE = "use autograd's functions instead of math's, or leave it traced; an array that takes it up needs dtype=object"
_DATA = (
    "leave it traced, or use stop_gradient(x) for a constant in derivatives; an operation with a derivative of its own "
    "is written @primitive(partials=lambda x, y: ...) above def my_operation(x): ..."
)
_STATIC = (
    "write jit(f, static_argnums=1) if it is argument 1; the length of a loop, as n in range(n), has to be known: make "
    "it static, close over it, or derive it from an argument's length; an index may be traced in take(table, index)"
)


def _no_number(what: str, instead: str, trace: Trace | None = None) -> TraceError:
    """The error, which says what was asked, then what to write instead; noted in the trace, if any."""
    error = TraceError(f"{what}{here()}, and while jit or vmap records, a number has no value; {instead}")
    if trace is not None and trace.refusal is None:
        trace.refusal = error
    return error
