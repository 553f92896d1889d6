"""Layouts of calls: a structure and a row of numbers are the same, and each number has one place."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import optree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.compiler.layout import Layout, Static
from autograd.compiler.record.arguments import Arguments, Shortcut

ARRAYS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(
    lambda shape: np.arange(float(np.prod(shape))).reshape(shape)
)
LEAVES = st.floats(allow_nan=False, width=32) | ARRAYS | st.sampled_from([None, True, "text"])
STRUCTURES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.sampled_from("abc"), inner)
    ),
    max_leaves=8,
)
PARTS = st.lists(
    st.tuples(st.none() | st.lists(st.integers(0, 3), max_size=2).map(tuple), st.integers(0, 4))
    | st.builds(Static, st.just(str), st.sampled_from(["a", "b"])),
    max_size=5,
)


def layout_of(parts: Any, dtype: str = "float64") -> Layout:
    return Layout(optree.tree_structure([0] * len(parts)), parts, dtype)


def same(a: Any, b: Any) -> bool:
    (xs, spec), (ys, other) = (optree.tree_flatten(tree, namespace="chainrule") for tree in (a, b))
    return spec == other and all(
        type(x) is type(y) and (x.shape == y.shape and x.tolist() == y.tolist() if hasattr(x, "shape") else x == y)
        for x, y in zip(xs, ys)
    )


@given(args=st.tuples(STRUCTURES, STRUCTURES), dtype=st.sampled_from(["float64", "float32"]))
def test_what_is_written_is_read_again(args: Any, dtype: str) -> None:
    flat = Arguments(args, {})
    layout = flat.key.layout(dtype)
    row = layout.write(flat.numbers)
    assert (row.dtype, len(row)) == (dtype, layout.size)
    assert same(layout.read(row), optree.tree_map(lambda x: x.astype(dtype) if hasattr(x, "shape") else x, args))


@given(parts=PARTS)
def test_every_number_has_one_place(parts: Any) -> None:
    layout = layout_of(parts)
    places = [range(start, start + stride * n, stride) if n else [start] for start, stride, n in layout.outputs]
    assert sorted(itertools.chain(*places)) == list(range(layout.size))


@given(parts=PARTS)
def test_samples_are_the_first_axis(parts: Any) -> None:
    layout = layout_of(parts)
    values = [[100.0 * i + s for s in range(place.samples)] or 100.0 * i for i, place in enumerate(layout.outputs)]
    row = layout.gather(values)
    expected = iter(values)
    for leaf, ours, shape in zip(layout.leaves, layout.read(row), layout.shapes):
        if isinstance(leaf, Static):
            assert (ours, shape) == (leaf.thing, leaf)
            continue
        its = np.array([next(expected) for _ in range(leaf.values)])
        whole = its.T.reshape((leaf.batch, *(leaf.shape or ()))) if leaf.batch else its.reshape(leaf.shape or ())
        assert np.shape(ours) == (shape or ()) == whole.shape
        assert np.array_equal(ours, whole)


@given(parts=PARTS)
def test_every_value_has_a_name_of_its_own(parts: Any) -> None:
    layout = layout_of(parts)
    names = layout.names("x")
    assert len(names) == len(layout.outputs) == len(set(names))
    for name, place in zip(names, layout.outputs):
        assert ("[s" in name) == bool(place.samples)


def test_a_name_is_the_way_to_the_value() -> None:
    layout = Layout(optree.tree_structure({"a": [0, 0], "b": 0}), [(None, 0), ((2,), 0), ((2, 1), 3)], "float64")
    assert layout.names("p") == ["p['a'][0]", "p['a'][1][0]", "p['a'][1][1]", "p['b'][s, 0, 0]", "p['b'][s, 1, 0]"]


def test_what_is_too_large_for_float32_is_infinite() -> None:
    row = layout_of([(None, 0), (None, 2)], "float32").gather([1e300, [1.0, -1e300]])
    assert row.tolist() == [np.inf, 1.0, -np.inf]


def test_a_key_tells_what_is_static_from_numbers_and_from_its_like() -> None:
    keys = [Arguments((x,), {}).key for x in (True, False, None, "", "a", b"a", 1.0, np.ones(1))]
    assert len(set(keys)) == len(keys)
    assert Arguments((1,), {}).key == Arguments((True + 0.0,), {}).key == Arguments((np.float32(1),), {}).key
    assert Arguments((True,), {}).key != Arguments((1,), {}).key
    assert Arguments((), {"x": 1.0}).key != Arguments((1.0,), {}).key
    assert repr(Arguments((True,), {}).key.shapes) == "(static True,)"


@given(args=st.tuples(STRUCTURES, STRUCTURES), others=st.tuples(STRUCTURES, STRUCTURES))
def test_the_shortcut_takes_calls_of_the_same_key_only(args: Any, others: Any) -> None:
    flat, other = Arguments(args, {}), Arguments(others, {})
    numbers = Shortcut(flat.key).numbers(others)
    if numbers is not None:
        assert other.key == flat.key
        assert all(a is b for a, b in zip(numbers, other.numbers))
        assert len(numbers) == len(other.numbers)
    if not any(isinstance(shape, Static) for shape in flat.key.shapes):
        assert Shortcut(flat.key).numbers(args) is not None


def test_the_shortcut_looks_away_from_what_may_be_anything() -> None:
    key = Arguments(({"a": 1.0},), {}).key
    assert Shortcut(key).numbers(({"a": 2.0},)) == [2.0]
    for args in (({"a": 2},), ({"b": 2.0},), ({"a": np.ones(1)},), ((2.0,),), ({"a": 2.0}, 1.0)):
        assert Shortcut(key).numbers(args) is None
    assert Shortcut(Arguments((), {"x": 1.0}).key).numbers(()) is None
    arrays = Shortcut(Arguments((np.ones(2),), {}).key)
    assert arrays.numbers((np.ones(2, dtype="float32"),)) is not None
    for array in (np.ones(3), np.ones((2, 1)), np.ones(2, dtype=object), np.ones(2, dtype=complex)):
        assert arrays.numbers((array,)) is None


@pytest.mark.parametrize("whole", [np.arange(12.0).reshape(3, 4).T, np.arange(24.0).reshape(6, 4)[::2]])
def test_views_are_written_in_their_own_order(whole: Any) -> None:
    flat = Arguments((whole, 0.5), {})
    assert flat.key.layout("float64").write(flat.numbers).tolist() == [*whole.ravel().tolist(), 0.5]
