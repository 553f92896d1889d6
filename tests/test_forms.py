"""What both forms of the engine owe, pure and compiled, where compiling could have changed it."""

from __future__ import annotations

import gc
import pickle
import sys
import threading
from collections.abc import Callable
from fractions import Fraction

import pytest

from autograd import Value, graph
from autograd.__main__ import app, run
from autograd.value import PURE

MANY = 1_000_000


def chain() -> Value:
    x = Value(0.5)
    y = x
    for _ in range(MANY):
        y = y + x
    return y


def wide_sum() -> Value:
    leaves = [Value(1.0) for _ in range(MANY // 2)]
    total = leaves[0]
    for x in leaves:
        total = x + total
    return total


def ladder_of_diamonds() -> Value:
    y = Value(1.0)
    for _ in range(MANY // 3):
        y = y * 0.5 + y * 0.5
    return y


@pytest.mark.no_cover
@pytest.mark.parametrize("build", [chain, wide_sum, ladder_of_diamonds])
def test_a_million_nodes_are_differentiated_and_dropped_on_a_small_stack(build: Callable[[], Value]) -> None:
    done = []

    def work() -> None:
        y = build()
        y.backward()
        del y
        cycle = [build()]
        cycle.append(cycle)  # type: ignore[arg-type]
        del cycle
        gc.collect()
        done.append(True)

    # Two bytes a node: nothing can recurse over them. With a quarter of it Python 3.13 crashes, over nested tuples too:
    # before it takes a chain apart it lets 10,000 deallocations nest, where 3.12 let 50.
    before = threading.stack_size(2 * 1024 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert done


@pytest.mark.no_cover
def test_walks_of_several_threads_over_one_graph_are_each_complete() -> None:
    leaves = [Value(float(k)) for k in range(20)]
    y = leaves[0]
    for k in range(2_000):
        y = y * leaves[k % 20] + leaves[(7 * k) % 20]
    found = []
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda: found.extend(graph.marked(y) for _ in range(20))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert [(len(order), len(used)) for order, used in found] == [(4_000, 20)] * 80


def test_the_walk_of_backward_finds_the_order_of_the_other_walks() -> None:
    x, w = Value(2.0), Value(3.0)
    y = (x * w + x).tanh() * w - (x * w + x)
    z = y + x
    assert graph.marked(y, z, x)[0] == graph.operations(y, z, x)
    assert set(graph.marked(y)[1]) == {x, w}
    assert graph.marked(x) == ([], [])


class Measured(Value):
    """Somebody's own kind of Value, with more to say."""

    def __init__(self, data: float, unit: str) -> None:
        super().__init__(data)
        self.unit = unit

    def __repr__(self) -> str:
        return f"{self.data} {self.unit}"


def test_values_can_be_subclassed() -> None:
    x = Measured(2.0, unit="m")
    y = 3 * x + x
    y.backward()
    assert (type(y), y.data, x.grad, repr(x)) == (Value, 8.0, 4.0, "2.0 m")
    twin = pickle.loads(pickle.dumps(x))
    assert (type(twin), twin.data) == (Measured, 2.0)


def test_a_value_is_hashed_and_compared_by_identity() -> None:
    x = Value(1.0)
    assert hash(x) == object.__hash__(x)
    assert x == x
    assert x != Value(1.0)
    assert len({x, x, Value(1.0)}) == 2


def test_an_operator_leaves_what_it_does_not_know_to_the_other_operand() -> None:
    class Other:
        def __radd__(self, left: object) -> str:
            return "other"

        def __rpow__(self, left: object) -> str:
            return "other"

    x = Value(1.0)
    assert (x + Other(), x ** Other()) == ("other", "other")
    for operate in (lambda: x + "1", lambda: "1" + x, lambda: x / None, lambda: [] * x, lambda: x ** (1 + 1j)):
        with pytest.raises(TypeError, match=r"unsupported operand|can't multiply|can only concatenate"):
            operate()
    assert (Fraction(1, 2) + x).data == (x + Fraction(1, 2)).data == 1.5


@pytest.mark.parametrize("number", [-113.0, float("nan"), -0.0])  # the first is how mypyc says "not yet assigned"
def test_every_number_can_be_held(number: float) -> None:
    x = Value(number)
    x.grad = number
    y = x * Value(1.0) + number
    y.backward()
    assert [str(v) for v in (x.data, (x * 1).data, x.grad)] == [str(v) for v in (number, number * 1, number + 1.0)]


def test_a_value_has_no_room_for_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).extra = 1  # type: ignore[attr-defined]


def test_version_says_which_form_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, "chainrule", ["--version"]) == 0
    assert f"engine {'in Python' if PURE else 'compiled'}" in capsys.readouterr().out
