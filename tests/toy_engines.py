"""Right engines in several styles, and faults: each is planted in a right engine by overriding a method or two."""

from __future__ import annotations

import math


class Right:
    """Partials are stored; the backward pass is iterative and resets what lies in between."""

    def __init__(self, data, operands=()):
        self.data = data
        self.grad = 0.0
        self.operands = operands  # pairs of an operand and the partial

    def new(self, data, *operands):
        return type(self)(data, operands)

    def lift(self, other):
        return other if isinstance(other, Right) else type(self)(other)

    def __add__(self, other):
        other = self.lift(other)
        return self.new(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = self.lift(other)
        return self.new(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, n):
        if not isinstance(n, (int, float)):
            return NotImplemented
        slope = n * self.data ** (n - 1) if n else 0.0
        return self.new(self.data**n, (self, slope))

    def __neg__(self):
        return self.new(-self.data, (self, -1.0))

    def __sub__(self, other):
        return self + -self.lift(other)

    def __rsub__(self, other):
        return self.lift(other) - self

    def __truediv__(self, other):
        other = self.lift(other)
        return self.new(self.data / other.data, (self, 1 / other.data), (other, -self.data / other.data / other.data))

    def __rtruediv__(self, other):
        return self.lift(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def __lt__(self, other):
        return self.data < self.lift(other).data

    def __gt__(self, other):
        return self.data > self.lift(other).data

    def tanh(self):
        y = math.tanh(self.data)
        return self.new(y, (self, 1 - y * y))

    def sigmoid(self):
        y = math.exp(-abs(self.data)) / (1 + math.exp(-abs(self.data)))
        y = 1 - y if self.data > 0 else y
        return self.new(y, (self, y * (1 - y)))

    def relu(self):
        return self.new(max(self.data, 0.0), (self, float(self.data > 0)))

    def order(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack += [(operand, False) for operand, _ in node.operands]
        return order[::-1]

    def backward(self):
        order = self.order()
        for node in order:
            if node.operands:
                node.grad = 0.0
        self.grad += 1.0
        for node in order:
            for operand, partial in node.operands:
                operand.grad += node.grad * partial


class Resets(Right):
    def backward(self):
        for node in self.order():
            node.grad = 0.0
        super().backward()


TAPE: list = []


class Taped:
    """Another style: nodes are numbers of lines on a tape, which the backward pass reads from its end."""

    def __init__(self, data, tape=None, line=None):
        self.data, self.grad = float(data), 0.0
        self.tape = tape

    @staticmethod
    def record(data, *uses):
        out = Taped(data)
        tape = []
        for operand, _ in uses:
            for entry in operand.tape or ():
                if entry not in tape:
                    tape.append(entry)
        out.tape = [*tape, (out, uses)]
        return out

    def __add__(self, other):
        other = other if isinstance(other, Taped) else Taped(other)
        return Taped.record(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Taped) else Taped(other)
        return Taped.record(self.data * other.data, (self, other.data), (other, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        for out, _ in self.tape or ():
            out.grad = 0.0
        self.grad += 1.0
        for out, uses in reversed(self.tape or ()):
            for operand, partial in uses:
                operand.grad += partial * out.grad


class Closures:
    """Micrograd's style, without its faults: what a closure needs is computed before it is made."""

    def __init__(self, data, operands=(), back=None):
        self.data, self.grad, self.operands, self.back = data, 0.0, operands, back

    def __add__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)

        def back(grad):
            self.grad += grad
            other.grad += grad

        return Closures(self.data + other.data, (self, other), back)

    def __mul__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)
        a, b = self.data, other.data

        def back(grad):
            self.grad += grad * b
            other.grad += grad * a

        return Closures(a * b, (self, other), back)

    def exp(self):
        y = math.exp(self.data)

        def back(grad):
            self.grad += grad * y

        return Closures(y, (self,), back)

    __radd__, __rmul__ = __add__, __mul__

    def order(self):
        waiting, order = {}, []
        nodes, stack = {id(self): self}, [self]
        while stack:
            for operand in stack.pop().operands:
                waiting[id(operand)] = waiting.get(id(operand), 0) + 1
                if id(operand) not in nodes:
                    nodes[id(operand)] = operand
                    stack.append(operand)
        stack = [self]
        while stack:
            order.append(node := stack.pop())
            for operand in node.operands:
                waiting[id(operand)] -= 1
                if not waiting[id(operand)]:
                    stack.append(operand)
        return order

    def backward(self):
        order = self.order()
        for node in order:
            if node.back is not None:
                node.grad = 0.0
        self.grad += 1.0
        for node in order:
            if node.back is not None:
                node.back(node.grad)


# --- Planted faults ---


def planted(**methods):
    return type("Wrong", (Right,), methods)


def _grad_is_one(self, data, operands=()):
    Right.__init__(self, data, operands)
    self.grad = 1.0


def _backward_without_seed(self):
    if self.operands:
        Right.backward(self)


def _wrong_sum(self, other):
    other = self.lift(other)
    return self.new(self.data + other.data + 1e-9, (self, 1.0), (other, 1.0))


def tanh_from_x(self):
    return self.new(math.tanh(self.data), (self, 1 - self.data**2))


def _floor_division(self, other):
    other = self.lift(other)
    whole = isinstance(self.data, int) and isinstance(other.data, int)
    y = self.data // other.data if whole else self.data / other.data
    return self.new(y, (self, 1 / other.data), (other, -self.data / other.data**2))


def _adds_in_place(self, other):
    self.data += self.lift(other).data
    return self


def _compares_identities(self, other):
    return id(self) < id(other)


def _changes_its_operand(self):
    self.data = -self.data
    return self.new(self.data, (self, -1.0))


def _naive_sigmoid(self):
    y = 1 / (1 + math.exp(-self.data))
    return self.new(y, (self, y * (1 - y)))


def _relu_slope_at_0(self):
    return self.new(max(self.data, 0.0), (self, float(self.data >= 0)))


def _overwrites(self):
    order = self.order()
    self.grad = 1.0
    for node in order:
        for operand, partial in node.operands:
            operand.grad = node.grad * partial


def _in_order_of_visit(self):
    order, seen = [self], {id(self)}
    for node in order:
        for operand, _ in node.operands:
            if id(operand) not in seen:
                seen.add(id(operand))
                order.append(operand)
    for node in order:
        if node.operands:
            node.grad = 0.0
    self.grad += 1.0
    for node in order:
        for operand, partial in node.operands:
            operand.grad += node.grad * partial


def _merges_equal_numbers(self):
    order = Right.order(self)
    first = {}
    return [node for node in order if first.setdefault(node.data, node) is node]


EVERYTHING: list = []


def _keeps_everything(self, data, operands=()):
    Right.__init__(self, data, operands)
    EVERYTHING.append(self)


def _touches_everything(self):
    Right.backward(self)
    for node in EVERYTHING[-4:]:
        node.grad += 1.0


def _ignores_the_rest(self):
    order = self.order()
    for node in order:
        if node.operands:
            node.grad = 0.0
    self.grad += 1.0
    for node in order:
        for operand, partial in node.operands:
            operand.grad += math.copysign(min(abs(node.grad), 1.0), node.grad) * partial


def _interior_is_not_reset(self):
    self.grad = 1.0
    for node in self.order():
        for operand, partial in node.operands:
            operand.grad += node.grad * partial


def _late_product(self, other):
    other = self.lift(other)
    y = self.new(self.data * other.data, (self, None), (other, None))
    y.late = True
    return y


def _backward_reads_data(self):
    for node in self.order():
        if getattr(node, "late", False):
            (a, _), (b, _) = node.operands
            node.operands = ((a, b.data), (b, a.data))
    Right.backward(self)


def _remembers_gradients(self):
    saved = getattr(type(self), "saved", {})
    Right.backward(self)
    for node in self.order():
        if not node.operands:
            node.grad += saved.get(id(node), 0.0)
            saved[id(node)] = node.grad
    type(self).saved = saved


def _recursive(self):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for operand, _ in node.operands:
                visit(operand)
            order.append(node)

    visit(self)
    return order[::-1]


def _narrow(self):
    return Right.order(self)[:200]


def _drops_small_partials(self, other):
    other = self.lift(other)
    return self.new(
        self.data * other.data,
        *((x, p) for x, p in ((self, other.data), (other, self.data)) if abs(p) > 0.3),
    )


def _no_ints(self, other):
    if isinstance(other, int):
        raise TypeError("only floats")
    return Right.__mul__(self, other)


def _swapped(self, other):
    return self - other


def _wrong_power(self, other):
    other = self.lift(other)
    y = self.data**other.data
    return self.new(y, (self, other.data * self.data ** (other.data - 1)), (other, y))


def _not_monotonous(self, other):
    """c * y for a plain or new number c loses it in the gradient."""
    other = self.lift(other)
    slope = 1.0 if not other.operands and self.operands else other.data
    return self.new(self.data * other.data, (self, slope), (other, self.data))


FAULTS = {
    "a number in, the number out": {"__init__": _grad_is_one},
    "backward on a leaf": {"backward": _backward_without_seed},
    "forward pass": {"__add__": _wrong_sum},
    "partial derivatives": {"tanh": tanh_from_x},
    "numbers on the right": {"__mul__": _no_ints},
    "numbers on the left": {"__rsub__": _swapped},
    "values as exponents": {"__pow__": _wrong_power},
    "whole numbers": {"__truediv__": _floor_division},
    "in-place operators": {"__iadd__": _adds_in_place},
    "comparison": {"__lt__": _compares_identities},
    "operands are kept": {"__neg__": _changes_its_operand},
    "numeric edges": {"sigmoid": _naive_sigmoid},
    "kinks": {"relu": _relu_slope_at_0},
    "repeated operands": {"backward": _overwrites},
    "diamonds": {"backward": _in_order_of_visit},
    "equal numbers": {"order": _merges_equal_numbers},
    "untouched leaves": {"__init__": _keeps_everything, "backward": _touches_everything},
    "linearity": {"__mul__": _not_monotonous},
    "sum rule": {"backward": _in_order_of_visit},
    "product rule": {"__mul__": _drops_small_partials},
    "chain rule": {"backward": _ignores_the_rest},
    "random expressions": {"tanh": tanh_from_x},
    "second backward": {"backward": _interior_is_not_reset},
    "two outputs": {"backward": _interior_is_not_reset},
    "data changed in between": {"__mul__": _late_product, "__rmul__": _late_product, "backward": _backward_reads_data},
    "training loop": {"backward": _remembers_gradients},
    "deep chains": {"order": _recursive},
    "wide sums": {"order": _narrow},
    "memory is freed": {"__init__": _keeps_everything},
}
