"""What both forms of the engine owe, pure and compiled, where compiling could have changed it."""

from __future__ import annotations

import ast
import copy
import gc
import inspect
import pickle
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest

import autograd
from autograd import Value, log, scope
from autograd.__main__ import app, run
from autograd.engine import graph, methods, rules, value
from autograd.engine.value import PURE

MANY = 200_000 if PURE else 1_000_000  # under coverage a fifth


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

    on_a_small_stack(work)
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


def on_a_small_stack(work: Callable[[], None]) -> None:
    """Run it in a thread with two bytes of stack for a million nodes each: nothing can recurse over them.

    With a quarter of it Python 3.13 crashes, over nested tuples too: before it takes a chain apart it lets 10,000
    deallocations nest, where 3.12 let 50.
    """
    before = threading.stack_size(2 * 1024 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)


class Measured(Value):
    """Somebody's own kind of Value, with more to say."""

    def __init__(self, data: float, unit: str) -> None:
        super().__init__(data)
        self.unit = unit
        self.result: Value | None = None

    def __repr__(self) -> str:
        return f"{self.data} {self.unit}"


def test_values_can_be_subclassed() -> None:
    x = Measured(2.0, unit="m")
    y = 3 * x + x
    y.backward()
    assert (type(y), y.data, x.grad, repr(x)) == (Value, 8.0, 4.0, "2.0 m")
    twin = pickle.loads(pickle.dumps(x))
    assert (type(twin), twin.data) == (Measured, 2.0)


def test_compiled_the_garbage_collector_watches_no_recorded_value() -> None:
    x, w = Value(2.0), Value(3.0, label="w")
    y = 1 / (2 * x + w.tanh()) ** w - x.sigmoid()
    with scope("last"):
        y = -y
    y.backward()
    assert {gc.is_tracked(node) for node in graph.topological_order(y)} == {PURE}


def test_a_copied_leaf_is_watched_no_more_than_its_original() -> None:
    for twin in (copy.copy(Value(2.0)), copy.deepcopy(Value(2.0)), pickle.loads(pickle.dumps(Value(2.0)))):
        assert gc.is_tracked(twin * twin) is PURE


def cycle_through_a_subclass(x: Measured) -> None:
    x.result = (3 * x + x).tanh() * Value(2.0)


def cycle_through_a_copy(x: Measured) -> None:
    x.result = copy.copy(x * 2.0)


def cycle_on_what_was_copied(x: Measured) -> None:
    x.result = copy.copy(3 * x) * 2.0 + 1.0


def cycle_of_two(x: Measured) -> None:
    other = Measured(1.0, unit="m")
    other.result = x * 2.0
    x.result = Value(1.0) - other.exp()


@pytest.mark.parametrize(
    "close", [cycle_through_a_subclass, cycle_through_a_copy, cycle_on_what_was_copied, cycle_of_two]
)
def test_a_cycle_through_an_attribute_of_a_subclass_is_collected(close: Callable[[Measured], None]) -> None:
    x = Measured(2.0, unit="m")
    close(x)
    assert x.result is not None
    gone = weakref.ref(x)
    del x
    assert gone() is not None
    gc.collect()
    assert gone() is None


def test_a_cycle_through_a_list_of_values_is_collected() -> None:
    x = Measured(2.0, unit="m")
    gone = weakref.ref(x)
    cycle: list[object] = [x * 2.0]
    cycle.append(cycle)
    del x, cycle
    gc.collect()
    assert gone() is None


def test_values_that_are_recorded_while_garbage_is_collected_are_right() -> None:
    class Last:
        def __init__(self, leaf: Value) -> None:
            self.leaf = leaf
            self.itself = self

        def __del__(self) -> None:
            y = self.leaf * self.leaf
            y.backward()
            kept.append((self.leaf, y))

    kept: list[tuple[Value, Value]] = []
    for k in range(100):
        Last(Value(float(k)))
    gc.collect()
    gc.collect()
    assert sorted((x.data, x.grad, y.data) for x, y in kept) == [(float(k), 2.0 * k, float(k * k)) for k in range(100)]


@pytest.mark.no_cover
def test_a_long_chain_on_a_subclass_is_dropped_on_a_small_stack() -> None:
    done = []

    def work() -> None:
        y = Measured(0.5, unit="m")
        z = y * 1.0
        for _ in range(MANY):
            z = z + y
        y.result = z
        del y, z
        gc.collect()
        done.append(True)

    on_a_small_stack(work)
    assert done


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


SOURCES = {
    module: ast.parse((Path(autograd.__file__).parent.parent / f"{module.__name__.replace('.', '/')}.py").read_text())
    for module in (value, rules, graph, methods)
}


@pytest.mark.parametrize("module", SOURCES, ids=lambda module: module.__name__)
def test_help_is_the_same_in_both_forms(module: ModuleType) -> None:
    assert module.__doc__
    assert inspect.cleandoc(module.__doc__) == ast.get_docstring(SOURCES[module])
    seen = 0
    for part in SOURCES[module].body:
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            made = getattr(module, part.name)
            assert inspect.getdoc(made) == ast.get_docstring(part) or isinstance(part, ast.ClassDef)
            seen += 1
        for method in part.body if isinstance(part, ast.ClassDef) else ():
            if isinstance(method, ast.FunctionDef) and ast.get_docstring(method):
                assert inspect.getdoc(getattr(made, method.name)) == ast.get_docstring(method)
    assert seen


def test_classes_and_methods_say_how_they_are_called() -> None:
    assert inspect.getdoc(Value).startswith("One number on the graph.")
    assert str(inspect.signature(Value.backward)).startswith("(self, ")
    assert list(inspect.signature(Value).parameters) == ["data", "_children", "_op", "label"]


def test_an_error_of_a_domain_has_one_traceback() -> None:
    for fails in (lambda: log(Value(-1.0)), lambda: log(-1.0), lambda: Value(0.0) ** -1, lambda: 1 / Value(0.0)):
        with pytest.raises((ValueError, ZeroDivisionError)) as caught:
            fails()
        assert caught.value.__suppress_context__
        assert "During handling" not in "".join(traceback.format_exception(caught.value))
