"""Engines with one fault each in how gradients travel: accumulation, order, what is kept between calls.

Each class is right but for the one method that it overrides. The sentence under its name says what is wrong.
"""

from __future__ import annotations

import math
import weakref
from typing import Any, ClassVar

from tests.zoo import arithmetic, right_closures, right_tuples

Closures = right_closures.Value
Tuples = right_tuples.Value


# --- Accumulation: a gradient is a sum over uses ---


class AssignInAdd(Closures):
    """Addition's closure sets the operands' gradients (=) where it should add to them (+=)."""

    def __add__(self, other: Any) -> Any:
        other = self._lift(other)

        def pull(gradient: float) -> None:
            self.grad = gradient
            other.grad = gradient

        return self._result(self.data + other.data, (self, other), pull)


class AssignInMul(Closures):
    """Multiplication's closure sets the operands' gradients (=) where it should add to them (+=)."""

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data

        def pull(gradient: float) -> None:
            self.grad = gradient * b
            other.grad = gradient * a

        return self._result(a * b, (self, other), pull)


class AssignInUnary(Closures):
    """The closure of exp, tanh and their like sets the operand's gradient (=) where it should add to it (+=)."""

    def _unary(self, data: float, slope: float) -> Any:
        def pull(gradient: float) -> None:
            self.grad = gradient * slope

        return self._result(data, (self,), pull)


class AssignInTanh(Closures):
    """The closure of tanh alone sets the operand's gradient (=) where it should add to it (+=)."""

    def tanh(self) -> Any:
        y = math.tanh(self.data)

        def pull(gradient: float) -> None:
            self.grad = gradient * (1.0 - y * y)

        return self._result(y, (self,), pull)


class AssignEverywhere(Tuples):
    """The one line of the chain rule sets the gradient (=) where it should add to it (+=)."""

    def backward(self) -> None:
        order = self._order()
        self.grad = 1.0
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad = node.grad * partial


class PartialsInADict(Tuples):
    """Partials are kept in a dict from operand to partial, so that in x * x the second use replaces the first."""

    def _result(self, data: float, operands: tuple[Any, ...], partials: tuple[float, ...]) -> Any:
        kept = dict(zip(operands, partials))
        return type(self)(data, tuple(kept), tuple(kept.values()))


class OperandsInASet(Tuples):
    """Operands are kept in a set beside a tuple of partials: x + x loses a use, and a / b may swap its two."""

    def _result(self, data: float, operands: tuple[Any, ...], partials: tuple[float, ...]) -> Any:
        return type(self)(data, tuple(set(operands)), partials)


# --- Order: a node hands its gradient on when all of it has arrived ---


class OrderOfASet(Tuples):
    """The nodes are collected in a set, and backward takes them in the set's order."""

    def _order(self) -> list[Any]:
        return [*(set(super()._order()) - {self}), self]


class BreadthFirst(Tuples):
    """Backward goes breadth first from the result, so a node may hand on before a longer path has arrived."""

    def _order(self) -> list[Any]:
        order = [self]
        seen = {self}
        for node in order:
            for operand in node._operands:
                if operand not in seen:
                    seen.add(operand)
                    order.append(operand)
        return order[::-1]


class DepthFirst(Tuples):
    """Backward goes depth first from the result (pre-order), so a shared node hands on what its first use gave it."""

    def _order(self) -> list[Any]:
        order, seen, stack = [], set(), [self]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                order.append(node)
                stack.extend(reversed(node._operands))
        return order[::-1]


class VisitsTwice(Tuples):
    """The sort asks whether a node was seen when it goes on the stack, not when it comes off: some are listed twice."""

    def _order(self) -> list[Any]:
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                seen.add(node)
                order.append(node)
            else:
                stack.append((node, True))
                stack.extend((operand, False) for operand in node._operands if operand not in seen)
        return order


class EqualByNumber(Tuples):
    """== and hash go by the number, so the set of seen nodes takes two nodes with equal numbers for one."""

    def __eq__(self, other: object) -> bool:
        return self.data == (other.data if isinstance(other, EqualByNumber) else other)

    def __hash__(self) -> int:
        return hash(self.data)


class Recursive(Tuples):
    """The topological sort calls itself for each operand, so a chain of 1,000 operations exhausts the stack."""

    def _order(self) -> list[Any]:
        order: list[Any] = []
        seen = set()

        def visit(node: Any) -> None:
            if node not in seen:
                seen.add(node)
                for operand in node._operands:
                    visit(operand)
                order.append(node)

        visit(self)
        return order


class NothingSeen(Tuples):
    """The topological sort keeps no set of seen nodes: a node is listed once for each way that leads to it."""

    def _order(self) -> list[Any]:
        order, stack = [], [self]
        while stack:
            node = stack.pop()
            order.append(node)
            stack.extend(node._operands)
        last = {node: i for i, node in enumerate(order)}
        return sorted(last, key=last.__getitem__, reverse=True)


class PathByPath(Tuples):
    """Backward follows each path from the result by itself: right, but paths double in number with each diamond."""

    def backward(self) -> None:
        for node in self._order():
            if node._operands:
                node.grad = 0.0
        stack = [(self, 1.0)]
        while stack:
            node, gradient = stack.pop()
            node.grad += gradient
            stack.extend((operand, gradient * slope) for operand, slope in zip(node._operands, node._partials))


class ListOfSeen(Tuples):
    """The nodes that were seen are in a list, and looking through it makes the sort quadratic."""

    def _order(self) -> list[Any]:
        order: list[Any] = []
        seen = []
        stack = [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                order.append(node)
            elif node not in seen:
                seen.append(node)
                stack.append((node, True))
                stack.extend((operand, False) for operand in node._operands)
        return order


# --- Between calls: what a backward pass finds, and what it leaves ---


class GradientsInBetweenStay(Tuples):
    """Gradients of nodes in between are not reset, so a second backward pass sends the first one's on again."""

    def backward(self) -> None:
        order = self._order()
        self.grad = 1.0
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += node.grad * partial


class SeedAdded(Tuples):
    """The result's own gradient isn't reset, and 1 is added to it: the second backward pass starts from 2."""

    def backward(self) -> None:
        order = self._order()
        for node in order[:-1]:
            if node._operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += node.grad * partial


class SeedUnlessThereIsOne(Tuples):
    """The seed is set only where the gradient is 0: a node that an earlier result used starts from what that left."""

    def backward(self) -> None:
        order = self._order()
        for node in order[:-1]:
            if node._operands:
                node.grad = 0.0
        if self.grad == 0.0:
            self.grad = 1.0
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += node.grad * partial


class LeafWithoutClosure(Closures):
    """backward() calls the closure of every node, and a leaf has none: where the result is a leaf, it fails."""

    def backward(self) -> None:
        pull = self._pull
        assert pull is not None
        super().backward()


class SeedIsTheNumber(Tuples):
    """The seed is the result's number instead of 1: the gradient of y²/2."""

    def backward(self) -> None:
        order = self._order()
        for node in order:
            if node._operands:
                node.grad = 0.0
        self.grad += self.data
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += node.grad * partial


class NoSeed(Tuples):
    """Nothing sets the result's gradient to 1: all gradients are 0 unless the caller does it."""

    def backward(self) -> None:
        order = self._order()
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += node.grad * partial


class GraphDropped(Tuples):
    """Backward drops the graph behind it, and a second backward pass does nothing, without a word."""

    def backward(self) -> None:
        order = self._order()
        super().backward()
        for node in order:
            node._operands = ()


class OneTapeForAll(Tuples):
    """All results stand on one tape, and backward walks all of it: an earlier result's gradient is sent on again."""

    _tape: ClassVar[list[Any]] = []

    def _result(self, data: float, operands: tuple[Any, ...], partials: tuple[float, ...]) -> Any:
        result = super()._result(data, operands, partials)
        self._tape.append(result)
        return result

    def backward(self) -> None:
        self.grad = 1.0
        for node in reversed(self._tape):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += node.grad * partial


class KeepsEverything(Tuples):
    """A list at the class keeps every Value ever made, for zero_grad: nothing is freed."""

    _all: ClassVar[list[Any]] = []

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        super().__init__(data, operands, partials)
        self._all.append(self)


class UsersKept(Closures):
    """Each operand keeps a list of the results it was used for: a weight keeps all graphs of the training alive."""

    def _result(self, data: float, operands: tuple[Any, ...], pull: Any) -> Any:
        result = super()._result(data, operands, pull)
        for operand in operands:
            operand.__dict__.setdefault("users", []).append(result)
        return result


class WeakOperands(Tuples):
    """Operands are held by weak references, to save memory: what nobody else holds vanishes from the graph."""

    @property
    def _operands(self) -> tuple[Any, ...]:  # type: ignore[override]
        operands = (reference() for reference in self._references)
        return tuple(type(self)(0.0) if x is None else x for x in operands)

    @_operands.setter
    def _operands(self, operands: tuple[Any, ...]) -> None:
        self._references = tuple(map(weakref.ref, operands))


class GradientsById(Tuples):
    """Gradients are in a dictionary under id(node), where a new node finds those of a dead one that had its place."""

    __slots__ = ()
    _gradients: ClassVar[dict[int, float]] = {}

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        self.data = float(data)
        self._operands = operands
        self._partials = partials

    @property
    def grad(self) -> float:  # type: ignore[override]
        return self._gradients.get(id(self), 0.0)

    @grad.setter
    def grad(self, gradient: float) -> None:
        self._gradients[id(self)] = gradient


class LateNumbers(Closures):
    """The closure of multiplication reads the operands' numbers in the backward pass, when they may have changed."""

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)

        def pull(gradient: float) -> None:
            self.grad += gradient * other.data
            other.grad += gradient * self.data

        return self._result(self.data * other.data, (self, other), pull)


class LateLog(Closures):
    """The closure of log reads the operand's number in the backward pass, when it may have changed."""

    def log(self) -> Any:
        def pull(gradient: float) -> None:
            self.grad += gradient / self.data

        return self._result(math.log(self.data), (self,), pull)


class LatePow(Closures):
    """The closure of the power reads the base in the backward pass, when it may have changed."""

    def __pow__(self, other: Any) -> Any:
        other = self._lift(other)
        a, b = self.data, other.data

        def pull(gradient: float) -> None:
            self.grad += gradient * arithmetic.slope_of_power(self.data, b)
            other.grad += gradient * arithmetic.slope_of_exponent(a, b)

        return self._result(arithmetic.power(a, b), (self, other), pull)


class NumberKeptTwice(Tuples):
    """Multiplication computes with a copy of the number made at the start: updates of .data do nothing."""

    def __init__(self, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> None:
        super().__init__(data, operands, partials)
        self._number = self.data

    def __mul__(self, other: Any) -> Any:
        other = self._lift(other)
        return self._result(self._number * other._number, (self, other), (other._number, self._number))


class EqualNumbersAreOneValue(Tuples):
    """Leaves are kept in a cache and given out again for equal numbers: two that start equal share a gradient."""

    _cache: ClassVar[dict[float, Any]] = {}

    def __new__(cls, data: float, operands: tuple[Any, ...] = (), partials: tuple[float, ...] = ()) -> Any:
        if operands:
            return super().__new__(cls)
        if len(cls._cache) > 1000:
            cls._cache.clear()
        return cls._cache.setdefault(float(data), super().__new__(cls))


class InPlaceAdd(Tuples):
    """+= changes the number in place and records nothing."""

    __slots__ = ()

    def __iadd__(self, other: Any) -> Any:
        self.data += self._lift(other).data
        return self


class InPlaceMul(Tuples):
    """*= changes the number in place and records nothing."""

    __slots__ = ()

    def __imul__(self, other: Any) -> Any:
        self.data *= self._lift(other).data
        return self


class GradientRounded(Tuples):
    """Gradients are rounded to six places when they are stored, so that they print nicely."""

    def backward(self) -> None:
        super().backward()
        for node in self._order():
            node.grad = round(node.grad, 6)


class GradientClipped(Tuples):
    """Gradients are clipped to [-10, 10] on their way."""

    def backward(self) -> None:
        order = self._order()
        for node in order:
            if node._operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            for operand, partial in zip(node._operands, node._partials):
                operand.grad += max(-10.0, min(10.0, node.grad * partial))


class OnlyLastTerm(Closures):
    """Closures are made in a loop over the operands, and each sees the loop's last operand."""

    def __add__(self, other: Any) -> Any:
        other = self._lift(other)
        pulls = []
        for operand in (self, other):

            def pull_one(gradient: float) -> None:
                operand.grad += gradient  # noqa: B023 (the fault)

            pulls.append(pull_one)

        def pull(gradient: float) -> None:
            for pull_one in pulls:
                pull_one(gradient)

        return self._result(self.data + other.data, (self, other), pull)


def _add_functions(engine: Any) -> Any:
    for name, function, slope in [("exp", math.exp, math.exp), ("sin", math.sin, math.cos)]:

        def method(self: Any, function: Any = function) -> Any:
            return self._result(function(self.data), (self,), (slope(self.data),))  # noqa: B023 (the fault)

        setattr(engine, name, method)
    return engine


@_add_functions
class LoopOverFunctions(Tuples):
    """Methods are made in a loop over functions and derivatives, and all of them see the loop's last derivative."""
