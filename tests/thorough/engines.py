"""What is checked: every way to a derivative. Another backend is another line in the list at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd import Value, grad, gradient, hessian, hvp, jit, jvp, vjp
from autograd.testing import Expression

Numbers = Sequence[float]


class Engine(NamedTuple):
    """A way to the derivatives of an expression.

    ``run`` gives the value (None, if it computes none) and the derivatives: the gradient, or, of second order, the rows
    of the Hessian one after the other. Of the expressions every ``every``-th is tried on it, and of the points of
    primitives every ``every_point``-th (0: none).
    """

    name: str
    run: Callable[[Expression], tuple[float | None, Numbers]]
    every: int = 1
    every_point: int = 0
    order: int = 1


def by_backward(e: Expression) -> tuple[float | None, Numbers]:
    leaves = list(map(Value, e.point))
    y = e.apply(*leaves)
    y.backward()
    return y.data, [x.grad for x in leaves]


def by_gradient(e: Expression) -> tuple[float | None, Numbers]:
    leaves = list(map(Value, e.point))
    y = e.apply(*leaves)
    return y.data, [float(g) for g in gradient(y, leaves)]


def by_grad(e: Expression) -> tuple[float | None, Numbers]:
    return None, grad(e.apply, argnums=tuple(range(len(e.point))))(*e.point)


def by_jvp(e: Expression) -> tuple[float | None, Numbers]:
    n = len(e.point)
    columns = [jvp(e.apply, e.point, tuple(float(i == j) for i in range(n))) for j in range(n)]
    return columns[0][0], [slope for _, slope in columns]


def by_vjp(e: Expression) -> tuple[float | None, Numbers]:
    y, pull = vjp(e.apply, *e.point)
    return y, pull(1.0)


def by_hvp(e: Expression) -> tuple[float | None, Numbers]:
    n = len(e.point)
    rows = [hvp(lambda xs: e.apply(*xs), list(e.point), [float(i == j) for j in range(n)]) for i in range(n)]
    return None, [x for row in rows for x in row]


def by_hessian(e: Expression) -> tuple[float | None, Numbers]:
    rows = hessian(lambda xs: e.apply(*xs))(list(e.point))
    return None, [float(x) for row in rows for x in row]


def by_grad_of_grad(e: Expression) -> tuple[float | None, Numbers]:
    n = len(e.point)
    rows = [grad(lambda xs, i=i: grad(lambda xs: e.apply(*xs))(xs)[i])(list(e.point)) for i in range(n)]
    return None, [x for row in rows for x in row]


def by_jit(e: Expression) -> tuple[float | None, Numbers]:
    return None, jit(grad(e.apply, argnums=tuple(range(len(e.point)))))(*e.point)


def by_jit_of_hessian(e: Expression) -> tuple[float | None, Numbers]:
    return None, [float(x) for x in jit(hessian(lambda xs: e.apply(*xs)))(list(e.point)).ravel()]


ENGINES: tuple[Engine, ...] = (
    Engine("backward()", by_backward, every=1, every_point=1),
    Engine("gradient", by_gradient, every=2, every_point=1),
    Engine("grad", by_grad, every=4, every_point=20),
    Engine("jvp", by_jvp, every=10, every_point=20),
    Engine("vjp", by_vjp, every=10, every_point=20),
    Engine("hvp", by_hvp, every=50, order=2),
    Engine("hessian", by_hessian, every=50, order=2),
    Engine("grad of grad", by_grad_of_grad, every=100, order=2),
    Engine("jit(grad)", by_jit, every=10, every_point=100),
    Engine("jit(hessian)", by_jit_of_hessian, every=50, order=2),
)
