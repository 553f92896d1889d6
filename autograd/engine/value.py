"""Value: one number that remembers how it was computed. Reverse-mode automatic differentiation in one class.

The forward pass is ordinary arithmetic. Each operation makes a new Value, which holds

- the number that came out,
- its operands, the Values that it was computed from, and
- its partials, the derivative of the result with respect to each operand, as numbers.

The backward pass is the chain rule. Say ``y`` was computed from ``a``, and the gradient of ``y`` is ∂L/∂y. Then

    ∂L/∂a  =  the sum, over every y that a was used for, of  ∂L/∂y · ∂y/∂a

and ``+=`` makes that sum over uses. ``backward()`` only has to take care of the order: a Value passes its gradient on
when every use of it has contributed.

    >>> x, w, b = Value(2.0), Value(-3.0), Value(1.0)
    >>> y = (w * x + b).sigmoid()
    >>> y.backward()
    >>> x.grad, w.data * y.data * (1 - y.data)  # the chain rule by hand
    (-0.0199..., -0.0199...)

The derivatives of + - * / are written out here, because they are the heart of the matter and are used most. Those of
all other functions come from the table in ``rules.py``; a test holds the four against the same table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from operator import eq, ge, gt, le, lt, ne
from typing import Any, ClassVar, Final

from mypy_extensions import mypyc_attr

from autograd.engine import copying, graph, modes, rules
from autograd.engine.collector import blank, is_watched, leave_alone
from autograd.engine.kinds import compares_itself
from autograd.engine.kinds import number as number_of
from autograd.engine.methods import Functions
from autograd.engine.modes import MODES, Origin
from autograd.engine.own import Own, checked_operands
from autograd.engine.rules import LEAF, REST, Rule, real, undefined
from autograd.engine.used import USED, note_backward, warn_of_a_constant

# mypyc compiles this file (docs/design.md, "One source, two forms"). What it needs for that is marked "compiled" below.
PURE: Final = __file__.endswith(".py")

# What a notebook shows of a Value, by MIME type: as the last of these says. ``autograd/__init__.py`` adds the picture.
BUNDLES: Final[list[Callable[[Any], dict[str, Any]]]] = [lambda value: {"text/plain": repr(value)}]


@mypyc_attr(allow_interpreted_subclasses=True)
class Value(Functions):
    """One number on the graph.

    Args:
        data: any real number: int, float, bool, a NumPy scalar, a Fraction.
        label: a name for pictures, explanations and error messages. It may be the second argument, too.
        _children, _op: as in micrograd, the operands and the name of an operation of one's own. Assign ``_backward`` of
            the result then: a function that adds to each operand's ``grad``.

    Raises:
        TypeError: ``data`` is text, a complex number, an array, or already a Value; or an operand is no Value.

    >>> x = Value(3, label="x")
    >>> y = x * x + 1
    >>> y.backward()
    >>> y, x
    (Value(data=10.0, grad=1.0), Value(data=3.0, grad=6.0, label='x'))
    """

    # An operand that is a plain number isn't on the graph: its slot _a (or _b) is None, and since a number has no
    # partial, _da (or _db) holds the number itself.
    __slots__ = ("_a", "_b", "_da", "_db", "_grad", "_label", "_mark", "_origin", "_rule", "_value")

    __hash__: ClassVar[Any] = object.__hash__  # compiled, a class with < and > would have none
    level: ClassVar[int] = 0  # of nested derivatives: Values are the ground floor
    _value: float  # the number
    _grad: float  # ∂(output)/∂(this), after backward()
    _label: str
    _rule: Rule  # which primitive made it; LEAF if none did
    _origin: Origin | None  # where: scopes, source line
    _mark: int  # the last walk over the graph that came by, or what graph.py has found out about it
    _a: Value | None  # first operand
    _b: Value | None  # second operand
    _da: float  # ∂(this)/∂a
    _db: float  # ∂(this)/∂b

    def __init__(self, data: Any, _children: Any = (), _op: str | Any = "", label: str | Any = "") -> None:
        if type(data) is not float and isinstance(data, Value):
            raise TypeError(f"{data!r} is a Value already; float(v) is its number, without the graph")
        if isinstance(_children, str) and not _op and not label:
            _children, label = (), _children
        operands = (
            () if type(_children) is tuple and not _children and not _op else checked_operands(_children, _op, Value)
        )
        self._value = real(data)
        self._grad = 0.0
        self._label = _text(label)
        self._rule = LEAF
        self._origin = None
        self._mark = 0
        self._a = None
        self._b = None
        self._da = 0.0
        self._db = 0.0
        if operands:
            _make_own(self, operands, _op)

    # --- What it holds ---

    @property
    def data(self) -> float:
        """The number. Assigning it (every optimiser does) leaves graphs that were already recorded as they are."""
        return self._value

    @data.setter
    def data(self, data: Any) -> None:
        self._value = real(data)

    @property
    def grad(self) -> float:
        """∂y/∂(this Value), after ``y.backward()``; 0.0 before."""
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = real(grad)

    @property
    def label(self) -> str:
        """Its name, for people: ``""`` if it has none."""
        return self._label

    @label.setter
    def label(self, label: str | Any) -> None:
        self._label = _text(label)

    @property
    def op(self) -> str:
        """The name of the primitive that made it, as in the rule table; ``""`` for a leaf."""
        return self._rule.name

    @property
    def parents(self) -> tuple[Value, ...]:
        """The operands, in order, repeats kept. A plain number among them comes as a new leaf Value."""
        return tuple(x if isinstance(x, Value) else Value(x) for x in self._operands())

    def _operands(self) -> tuple[Value | float, ...]:
        """The operands, in order, as they were written: Values, and floats where the program had a plain number."""
        return tuple(operand for operand, _ in self._edges())

    def _edges(self) -> list[tuple[Value | float, float]]:
        """The operands with their partials, in order; with a plain number goes the number once more."""
        if isinstance(self._rule, Own):
            return [(operand, float("nan")) for operand in self._held()]
        edges: list[tuple[Value | float, float]] = []
        node = self
        for _ in range(self._rule.arity - 2):
            edges.append((node._da if node._a is None else node._a, node._da))
            if node._b is None:  # can't be: REST nodes are Values
                break
            node = node._b
        edges.append((node._da if node._a is None else node._a, node._da))
        edges.append((node._db if node._b is None else node._b, node._db))
        return edges[: self._rule.arity]

    def _held(self) -> list[Value]:
        """The operands of an operation of one's own."""
        held: list[Value] = []
        rest = self._b
        while rest is not None:
            if rest._a is not None:
                held.append(rest._a)
            rest = rest._b
        return held

    # --- As in micrograd, for programs that walk over the graph themselves, or make operations of their own ---

    @property
    def _prev(self) -> set[Value]:
        if self._rule is rules.pow and self._a is not None and self._b is None:
            return {self._a}  # the exponent is in _op
        return set(self.parents)

    @property
    def _op(self) -> str:
        if self._rule is rules.relu:
            return "ReLU"
        if self._rule is rules.pow:
            number = self._db
            return "**" if self._b is not None else f"**{int(number) if number.is_integer() else number}"
        return self._rule.symbol

    @property
    def _backward(self) -> Callable[[], Any]:
        """A function that sends this Value's gradient one step on, to its operands."""
        if isinstance(self._rule, Own):
            return self._rule.send_on or partial(_send_on, self)
        hook = None if self._origin is None else self._origin.hook
        return partial(_send_on, self) if hook is None else hook

    @_backward.setter
    def _backward(self, send_on: Any) -> None:
        if not callable(send_on):
            raise TypeError(f"_backward is a function without arguments, not {type(send_on).__name__}: {send_on!r:.60}")
        if self._rule is LEAF:
            if not modes.is_detached(self):  # there is nothing to send on from a result of no_grad
                self._origin = (self._origin or Origin())._replace(hook=send_on)
            return
        if not isinstance(self._rule, Own):
            _make_own(self, [x for x in self._operands() if isinstance(x, Value)], self._op)
        if isinstance(self._rule, Own):
            self._rule.send_on = send_on

    # --- Arithmetic: the result, and its partial derivative with respect to each operand ---
    # (Compiled, annotations are checked: the Any in "Value | Any" is NotImplemented, which lets the other operand try.)

    def __add__(self, other: Any) -> Value | Any:
        if isinstance(other, Value):
            return _record(rules.add, self._value + other._value, self, other, 1.0, 1.0)
        number = _number(other)
        if number is None:
            return NotImplemented
        return _record(rules.add, self._value + number, self, None, 1.0, number)

    def __radd__(self, other: Any) -> Value | Any:
        number = _number(other)
        if number is None:
            return NotImplemented
        return _record(rules.add, number + self._value, None, self, number, 1.0)

    def __sub__(self, other: Any) -> Value | Any:
        if isinstance(other, Value):
            return _record(rules.sub, self._value - other._value, self, other, 1.0, -1.0)
        number = _number(other)
        if number is None:
            return NotImplemented
        return _record(rules.sub, self._value - number, self, None, 1.0, number)

    def __rsub__(self, other: Any) -> Value | Any:
        number = _number(other)
        if number is None:
            return NotImplemented
        return _record(rules.sub, number - self._value, None, self, number, -1.0)

    def __mul__(self, other: Any) -> Value | Any:
        if isinstance(other, Value):
            return _record(rules.mul, self._value * other._value, self, other, other._value, self._value)
        number = _number(other)
        if number is None:
            return _not_multiplied(self, other)
        return _record(rules.mul, self._value * number, self, None, number, number)

    def __rmul__(self, other: Any) -> Value | Any:
        number = _number(other)
        if number is None:
            return _not_multiplied(self, other)
        return _record(rules.mul, number * self._value, None, self, number, number)

    def __truediv__(self, other: Any) -> Value | Any:
        divisor = other._value if isinstance(other, Value) else _number(other)
        if divisor is None:
            return NotImplemented
        if divisor == 0.0:
            raise _undefined(rules.div, ZeroDivisionError(), self, other)
        quotient = self._value / divisor
        if isinstance(other, Value):
            return _record(rules.div, quotient, self, other, 1.0 / divisor, -(quotient / divisor))
        return _record(rules.div, quotient, self, None, 1.0 / divisor, divisor)

    def __rtruediv__(self, other: Any) -> Value | Any:
        number = _number(other)
        if number is None:
            return NotImplemented
        if self._value == 0.0:
            raise _undefined(rules.div, ZeroDivisionError(), number, self)
        quotient = number / self._value
        return _record(rules.div, quotient, None, self, number, -(quotient / self._value))

    def __pow__(self, other: Any) -> Value | Any:
        number = other if isinstance(other, Value) else _number(other)
        return NotImplemented if number is None else _binary(rules.pow, self, number)

    def __rpow__(self, other: Any) -> Value | Any:
        number = _number(other)
        return NotImplemented if number is None else _binary(rules.pow, number, self)

    def __mod__(self, other: Any) -> Value | Any:
        number = other if isinstance(other, Value) else _number(other)
        return NotImplemented if number is None else _binary(rules.mod, self, number)

    def __rmod__(self, other: Any) -> Value | Any:
        number = _number(other)
        return NotImplemented if number is None else _binary(rules.mod, number, self)

    def __floordiv__(self, other: Any) -> Value | Any:
        number = other if isinstance(other, Value) else _number(other)
        return NotImplemented if number is None else _binary(rules.floordiv, self, number)

    def __rfloordiv__(self, other: Any) -> Value | Any:
        number = _number(other)
        return NotImplemented if number is None else _binary(rules.floordiv, number, self)

    def __neg__(self) -> Value:
        return _record(rules.neg, -self._value, self, None, -1.0, 0.0)

    def __pos__(self) -> Value:
        return self

    # --- Functions (exp, sigmoid, ...): value and partial come from the table ---

    def _apply(self, rule: Rule, *others: Any) -> Value:
        return rule(self, *others) if others else _unary(rule, self)

    # --- The backward pass ---

    def backward(self, *seed: Any, **options: Any) -> None:
        """Fill ``.grad`` of every Value that this one was computed from: ∂(this)/∂(that), by the chain rule.

        Gradients of leaves add up over calls, until they are set to zero. All other Values get new ones in each call.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> y.backward(); y.backward()
        >>> x.grad
        12.0
        """
        if seed:
            raise TypeError(
                f"backward begins with the gradient 1 and takes no other, not {seed[0]!r:.60}; "
                "for c times the gradient write (c * y).backward()"
            )
        if options:
            raise TypeError(
                f"backward takes no {next(iter(options))}; a graph is kept as long as its result, so backward() can be "
                "called again; derivatives of derivatives are grad(grad(f))(x)"
            )
        if graph.GROUNDS and graph.belongs(self):
            modes.refuse_backward()
        order, leaves = graph.marked(self)
        earlier = [leaf._grad for leaf in leaves]  # what earlier calls left there: set aside, and added at the end
        if not order and modes.is_detached(self):
            warn_of_a_constant()
        pull_back(order, leaves, [self], [1.0])  # ∂(this)/∂(this) = 1
        for leaf, gradient in zip(leaves, earlier):
            leaf._grad += gradient
        for leaf in leaves or [self]:
            if leaf._origin is not None and leaf._origin.hook is not None:  # somebody's own _backward of a leaf
                leaf._origin.hook()
        if USED:  # by optimisers, which want to know
            note_backward(leaves, earlier)
        if modes.checking():
            for leaf in leaves:
                modes.check_sum(leaf, leaf._grad)

    # --- It behaves as the number that it holds ---

    def __float__(self) -> float:
        if (graph.GROUNDS and graph.carries(self)) or (MODES.kept and self._rule not in rules.STEPS and modes.keeps()):
            modes.refuse_to_leave("float()")
        return self._value

    def __int__(self) -> int:
        if (graph.GROUNDS and graph.carries(self)) or (MODES.kept and self._rule not in rules.STEPS and modes.keeps()):
            modes.refuse_to_leave("int()")
        return int(self._value)

    def __bool__(self) -> bool:
        return self._value != 0.0

    def __format__(self, spec: str) -> str:
        return format(self._value, spec)

    # Two Values that hold the same number are still two, in sets and lists; inside a transform they are equal numbers.
    def __eq__(self, other: object) -> bool | Any:
        if not isinstance(other, Value):
            return NotImplemented if getattr(other, "ndim", 0) else self._compare(eq, other)
        if ne(self._value, other._value):  # NaN isn't equal to itself; by !=, NumPy would warn of it on Python 3.11
            return False
        return self is other or graph.belongs(self) or graph.belongs(other)

    def __ne__(self, other: object) -> bool | Any:
        if not isinstance(other, Value):
            return NotImplemented if getattr(other, "ndim", 0) else self._compare(ne, other)
        return not self == other

    def __lt__(self, other: Any) -> bool | Any:  # with an array, an array; compiled, x < y has to be a bool
        return lt(self._value, other._value) if isinstance(other, Value) else self._compare(lt, other)

    def __le__(self, other: Any) -> bool | Any:
        return le(self._value, other._value) if isinstance(other, Value) else self._compare(le, other)

    def __gt__(self, other: Any) -> bool | Any:
        return gt(self._value, other._value) if isinstance(other, Value) else self._compare(gt, other)

    def __ge__(self, other: Any) -> bool | Any:
        return ge(self._value, other._value) if isinstance(other, Value) else self._compare(ge, other)

    def _compare(self, how: Any, other: Any) -> Any:
        if compares_itself(other):  # a traced number, which raises an error with the reason
            return NotImplemented
        return how(self._value, other)

    def __repr__(self) -> str:
        label = f", label={self._label!r}" if self._label else ""
        return f"Value(data={self._value!r}, grad={self._grad!r}{label})"

    # --- Hooks: each says who calls it ---

    def __apply_rule__(self, rule: Rule, operands: tuple[Any, ...]) -> Value:  # a Rule, when an operand is a Value
        if len(operands) == 1:
            return _unary(rule, self)
        if len(operands) > 2:
            return _of_many(rule, operands)
        a, b = operands
        return _binary(rule, a if isinstance(a, Value) else real(a), b if isinstance(b, Value) else real(b))

    def _forget_operands(self) -> None:  # no_grad
        self._rule = LEAF
        self._a = self._b = None
        self._da = self._db = 0.0

    def __copy__(self) -> Value:  # copy.copy
        return copying.copy_value(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:  # copy.deepcopy
        return copying.deepcopy_value(self, memo)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type[Value]], tuple[Any, ...]]:  # pickle
        return copying.reduce_value(self)

    def __setstate__(self, state: tuple[Any, ...]) -> None:  # unpickle
        copying.restore_value(self, state)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # Jupyter
        return BUNDLES[-1](self)


# --- The backward pass: of backward(), and of transforms on the ground ---


def pull_back(order: list[Value], leaves: list[Value], outputs: list[Value], seeds: list[float]) -> None:
    """Set the gradient of each Value in the order and of each leaf to that of Σ seed · output.

    Args:
        order: the operations that the outputs depend on, operands before results.
        leaves: the leaves that those use.
        outputs, seeds: where it begins: the Values, and their gradients.
    """
    if modes.checking():
        _pull_back_past_zeros(order, leaves, outputs, seeds)
        return
    _begin(order, leaves, outputs, seeds)
    for node in reversed(order):  # results before operands: node._grad is complete
        gradient = node._grad
        a = node._a
        if a is not None:
            a._grad += gradient * node._da
        elif type(node._rule) is Own:
            node._rule.run()
            continue
        b = node._b
        if b is not None:
            b._grad += gradient * node._db

    for leaf in leaves:
        if leaf._grad != leaf._grad:  # NaN, which may have come from ∞ · 0
            _pull_back_past_zeros(order, leaves, outputs, seeds)
            break


def _begin(order: list[Value], leaves: list[Value], outputs: list[Value], seeds: list[float]) -> None:
    for leaf in leaves:
        leaf._grad = 0.0
    for node in order:
        node._grad = 0.0
    for y, seed in zip(outputs, seeds):
        y._grad += seed


def _pull_back_past_zeros(order: list[Value], leaves: list[Value], outputs: list[Value], seeds: list[float]) -> None:
    """The same pass, in which a partial that the table makes 0 stops the gradient, an infinite one, too. A Value that
    none has reached sends none: from its operands on, a partial may be infinite, and 0 · ∞ isn't 0.
    """
    _begin(order, leaves, outputs, seeds)
    careful = modes.checking()
    reached = set(outputs)
    for node in reversed(order):
        if node not in reached:
            continue
        gradient = node._grad
        if isinstance(node._rule, Own):
            node._rule.run()
            reached.update(node._held())
            if careful:
                modes.check_given(node)
            continue
        if careful:
            modes.check_sent(node, gradient)
        a, b = node._a, node._b
        if a is not None and not modes.stops(node, node._da):
            a._grad += gradient * node._da
            reached.add(a)
        if b is not None and not modes.stops(node, node._db):
            b._grad += gradient * node._db
            reached.add(b)


def _send_on(node: Value) -> None:
    """One step of the backward pass, from a Value to its operands: what micrograd's ``_backward()`` does."""
    if isinstance(node._rule, Own):
        return  # nothing has been assigned
    for operand, slope in node._edges():
        if isinstance(operand, Value) and not modes.stops(node, slope):
            operand._grad += node._grad * slope


# --- Recording: one new Value on the graph ---

_new = Value.__new__
_ZERO_BY_TABLE: Final = -0.0


def _record(rule: Rule, data: float, a: Value | None, b: Value | None, da: float, db: float) -> Value:
    if PURE:
        node = _new(Value)
    else:  # compiled, __new__ is a call from outside
        node = blank(Value)
        if not (_may_be_on_a_cycle(a) or _may_be_on_a_cycle(b)):
            leave_alone(node)
    node._value = data
    node._grad = 0.0
    node._label = ""
    node._origin = None
    node._mark = 0
    node._rule = rule
    node._a = a
    node._b = b
    node._da = da
    node._db = db
    if MODES.active:
        modes.observe(node)
    return node


def _may_be_on_a_cycle(x: Value | None) -> bool:
    """compiled: Whether the collector watches an operand; if it does so without need, it is told, and then doesn't.

    A Value of a subclass can have attributes, among them a result that was computed from it. A Value itself refers only
    to its operands, to a row of the table, which is kept for good, and to text. One's own operation refers to its
    function, and that to anything.
    """
    if x is None or not is_watched(x):
        return False
    if type(x) is not Value or is_watched(x._a) or is_watched(x._b) or type(x._rule) is Own:
        return True
    leave_alone(x)  # a leaf, until its first use
    return False


def _unary(rule: Rule, x: Value) -> Value:
    try:
        y = rule.value(x._value)
    except (ArithmeticError, ValueError) as error:
        raise _undefined(rule, error, x) from None
    return _record(rule, y, x, None, _partial(rule.partials[0](x._value, y)), 0.0)


def _binary(rule: Rule, a: Value | float, b: Value | float) -> Value:
    first = a._value if isinstance(a, Value) else a
    second = b._value if isinstance(b, Value) else b
    try:
        y = rule.value(first, second)
    except (ArithmeticError, ValueError) as error:
        raise _undefined(rule, error, a, b) from None
    da, db = rule.partials
    return _record(
        rule,
        y,
        a if isinstance(a, Value) else None,
        b if isinstance(b, Value) else None,
        _partial(da(first, second, y)) if isinstance(a, Value) else first,
        _partial(db(first, second, y)) if isinstance(b, Value) else second,
    )


def _of_many(rule: Rule, operands: tuple[Any, ...]) -> Value:
    """An operation of more than two operands: the first is ``_a``; ``_b`` is a node that holds the others (REST)."""
    values = [x if isinstance(x, Value) else None for x in operands]
    numbers = [x._value if isinstance(x, Value) else real(x) for x in operands]
    try:
        y = rule.value(*numbers)
    except (ArithmeticError, ValueError) as error:
        raise _undefined(rule, error, *operands) from None
    slots = [
        number if value is None else _partial(slope_of(*numbers, y))
        for value, number, slope_of in zip(values, numbers, rule.partials)
    ]
    rest, slope = values.pop(), slots.pop()
    while len(values) > 1:
        rest, slope = _record(REST, 0.0, values.pop(), rest, slots.pop(), slope), 1.0
    return _record(rule, y, values[0], rest, slots[0], slope)


def _make_own(node: Value, operands: Sequence[Value], symbol: str) -> None:
    """Make the Value the result of an operation of one's own: ``_b`` is a node that holds the operands (REST)."""
    rest: Value | None = None
    for operand in reversed(operands):
        rest = _record(REST, 0.0, operand, rest, 0.0, 0.0)
    rule = Own(symbol, len(operands))
    if type(node) is not Value and getattr(type(node), "_backward") is not getattr(Value, "_backward"):  # noqa: B009
        rule.send_on = partial(_call_method, node)  # a method of somebody's subclass
    node._rule = rule
    node._a, node._b = None, rest
    node._da = node._db = 0.0
    if MODES.active:
        modes.observe(node)


def _call_method(node: Any) -> None:
    node._backward()


def _partial(slope: Any) -> float:
    """A partial as it is recorded. One that is 0 by the table, the whole number, is -0.0; a computed one isn't."""
    if type(slope) is int:
        return float(slope) if slope else _ZERO_BY_TABLE
    return float(slope) + 0.0


def _text(label: Any) -> str:
    if not isinstance(label, str):
        raise TypeError(f"a label is text, not {type(label).__name__}: {label!r:.60}")
    return label


def _number(x: Any) -> float | None:
    """x as a float if it is a real number that may stand beside a Value in arithmetic, else None."""
    if isinstance(x, (float, int)):
        return float(x)
    if not hasattr(type(x), "__float__") or hasattr(type(x), "__apply_rule__") or hasattr(x, "__array_finalize__"):
        return None  # the other operand does it: an array element by element, another number with a derivative itself
    if isinstance(x, complex) or getattr(getattr(x, "dtype", None), "kind", "") in ("c", "U", "S"):
        return None
    return float(x)


def _not_multiplied(value: Value, other: Any) -> Any:
    """The other operand does it, unless it is a sequence, which would ask how often it is to be repeated."""
    if isinstance(other, (list, tuple)):
        raise TypeError(
            f"can't multiply a Value by a {type(other).__name__}: {other!r:.60}; "
            "write [v * x for x in xs], or v * np.array(xs)"
        )
    if isinstance(other, (str, bytes)):
        raise TypeError(f"can't multiply a Value by {type(other).__name__}: {other!r:.60}")
    return NotImplemented


def _undefined(rule: Rule, error: Exception, *operands: Any) -> Exception:
    numbers = [number_of(x) for x in operands]
    return undefined(rule, error, numbers, tuple(x._label if isinstance(x, Value) else "" for x in operands))


# --- Names and gradients of many Values at once ---


def name(*misplaced: Any, **values: Value | Any) -> None:
    """Label Values by keyword; inside a function that is traced, traced numbers.

    >>> p, q = Value(1.0), Value(2.0)
    >>> name(p=p, q=q)
    >>> p.label, q.label
    ('p', 'q')
    """
    if misplaced:
        raise TypeError(
            f"name takes each Value by its label, not {misplaced[0]!r:.60}; write name(a=x), or x.label = 'a'"
        )
    for label, value in values.items():
        if not isinstance(value, Functions):
            raise TypeError(f"{label} is not a Value but {type(value).__name__}: {value!r:.60}")
    for label, value in values.items():
        value.label = label


def name_locals() -> None:
    """Label every Value among the caller's variables with the variable's name; labels it already has stay.

    >>> total = Value(1.0)
    >>> name_locals()
    >>> total.label
    'total'
    """
    # Compiled code has no frame of its own. Any, as it would insist on a dict where Python 3.13 has a proxy.
    caller: Any = sys._getframe(1 if PURE else 0)
    for label, value in caller.f_locals.items():
        if isinstance(value, Value) and not value._label:
            value._label = label


def zero_grad(values: Any, *more: Any) -> None:
    """Set ``.grad`` of each of the Values to 0.0, as one does before a new ``backward()``.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> zero_grad([x])
    >>> x.grad
    0.0
    """
    if isinstance(values, Value) or more or not hasattr(values, "__iter__"):
        cure = "model.zero_grad()" if hasattr(values, "parameters") else "zero_grad([x, y])"
        raise TypeError(f"zero_grad takes the Values in a list, not {values!r:.60}; write {cure}")
    for value in values:
        if type(value) is Value:
            value._grad = 0.0
            continue
        if not hasattr(value, "grad"):
            cure = "; write zero_grad(values.values())" if isinstance(values, dict) else ""
            raise TypeError(f"zero_grad takes Values, not {type(value).__name__}: {value!r:.60}{cure}")
        value.grad = 0.0
