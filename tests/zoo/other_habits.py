"""Right engines with other habits than micrograd's: each derivative is right, and nothing may be said against it."""

from __future__ import annotations

import math


class _Engine:
    """Partials beside operands, a search that finds a topological order."""

    def __init__(self, data, operands=()):
        self.data, self.grad, self.operands = data, 0.0, operands

    def lift(self, other):
        return other if isinstance(other, type(self)) else type(self)(other)

    def number(self):
        return self.data

    def __add__(self, other):
        other = self.lift(other)
        return type(self)(self.number() + other.number(), ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = self.lift(other)
        a, b = self.number(), other.number()
        return type(self)(a * b, ((self, b), (other, a)))

    def __neg__(self):
        return type(self)(-self.number(), ((self, -1.0),))

    def __sub__(self, other):
        other = self.lift(other)
        return type(self)(self.number() - other.number(), ((self, 1.0), (other, -1.0)))

    def __rsub__(self, other):
        return self.lift(other) - self

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        y = math.tanh(self.number())
        return type(self)(y, ((self, 1.0 - y * y),))

    def order(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack += [(node, True), *((operand, False) for operand, _ in node.operands)]
        return order[::-1]

    def gradients(self, seed=1.0):
        """Pairs of a node and its derivative."""
        order = self.order()
        known = dict.fromkeys(map(id, order), 0.0)
        known[id(self)] = seed
        for node in order:
            for operand, partial in node.operands:
                known[id(operand)] += partial * known[id(node)]
        return [(node, known[id(node)]) for node in order]

    def backward(self):
        for node, grad in self.gradients():
            node.grad = grad if node.operands else node.grad + grad


class GradientIsAMethod(_Engine):
    """The gradient is asked for by a call."""

    def __init__(self, data, operands=()):
        self.data, self.operands, self._grad = data, operands, 0.0

    def grad(self):
        return self._grad

    def zero_grad(self):
        self._grad = 0.0

    def backward(self):
        for node, grad in self.gradients():
            node._grad = grad if node.operands else node._grad + grad


class GradientCannotBeSet(GradientIsAMethod):
    """The gradient is asked for by a call, and nothing sets it to zero."""

    zero_grad = None


class SeedIsRequired(_Engine):
    """The backward pass wants the derivative of the result by itself."""

    def backward(self, seed):
        for node, grad in self.gradients(seed):
            node.grad = grad if node.operands else node.grad + grad


class WatchedIfAsked(_Engine):
    """A number has a gradient only if it is made with `requires_grad=True`, or computed from one that has."""

    def __init__(self, data, operands=(), requires_grad=False):
        super().__init__(data, operands)
        self.requires_grad = requires_grad or any(operand.requires_grad for operand, _ in operands)
        self.grad = None

    def backward(self):
        for node, grad in self.gradients():
            if node.requires_grad:
                node.grad = grad if node.operands or node.grad is None else node.grad + grad


class PassIsCalledGrad(_Engine):
    """`f.grad(1.0)` is the backward pass, and `.d` the gradient."""

    def __init__(self, data, operands=()):
        self.data, self.d, self.operands = data, None, operands

    def grad(self, seed):
        for node, grad in self.gradients(seed):
            node.d = grad if node.operands else (node.d or 0.0) + grad


class NumberIsVal(_Engine):
    """The number is called `.val`."""

    def __init__(self, val, operands=()):
        self.val, self.grad, self.operands = val, 0.0, operands

    def number(self):
        return self.val


class GraphNeedsZeroGrad(_Engine):
    """Gradients of everything add up, until `zero_grad()` is called on the output."""

    def backward(self):
        for node, grad in self.gradients():
            node.grad += grad

    def zero_grad(self):
        for node in self.order():
            node.grad = 0.0

    def gradients(self):
        order = self.order()
        self.grad += 1.0
        before = {id(node): node.grad for node in order}
        added = dict.fromkeys(before, 0.0)
        added[id(self)] = before[id(self)] - 1.0
        for node in order:
            added[id(node)] += before[id(node)] if node is not self else 1.0
            for operand, partial in node.operands:
                added[id(operand)] += partial * added[id(node)]
        self.grad -= 1.0
        return [(node, added[id(node)] - before[id(node)] * (node is not self)) for node in order]


class ExceptionsInside(_Engine):
    """What it can't do it says by exceptions of its own, from inside of its operators."""

    def __mul__(self, other):
        if isinstance(other, str):
            raise TypeError("a number times text")
        return _Engine.__mul__(self, other)

    __rmul__ = __mul__

    def __pow__(self, exponent):
        if not isinstance(exponent, (int, float)):
            raise TypeError("exponents are plain numbers")
        x = self.number()
        return type(self)(x**exponent, ((self, exponent * x ** (exponent - 1) if exponent else 0.0),))

    def exp(self):
        raise NotImplementedError


class ListsForSets(_Engine):
    """What was seen is kept in a list: right, and slow."""

    def order(self):
        order, seen, stack = [], [], [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                order.append(node)
            elif not any(node is other for other in seen):
                seen.append(node)
                stack += [(node, True), *((operand, False) for operand, _ in node.operands)]
        return order[::-1]


class NoReflectedSub(_Engine):
    """A frame of a course: no `2 - x`, and a logarithm that stays away from 0."""

    __rsub__ = None

    def log(self):
        x = self.number() + 1e-6
        return type(self)(math.log(x), ((self, 1.0 / x),))


class ConstantsAreNotWatched(WatchedIfAsked):
    """`x - 3` raises, because what is computed from plain numbers alone has no gradient to hand on: a habit."""

    def __sub__(self, other):
        other = self.lift(other)
        if not other.requires_grad:
            raise TypeError("unsupported operand type(s) for *: 'float' and 'NoneType'")
        return super().__sub__(other)

    __rsub__ = None
