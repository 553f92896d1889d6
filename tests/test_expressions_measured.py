"""What 2,000 draws of ``expressions()`` look like: how often they repeat, and how evenly they look everywhere."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings

from autograd.testing import Expression, expressions
from autograd.testing.points import NEAR_ENDS
from autograd.testing.several import COUNTS, OF_SEVERAL
from autograd.testing.strategies import usual_names

COUNT = 2000


def draws(count: int, **options) -> list[Expression]:
    """The draws of a process of its own, since Hypothesis also draws numbers that it finds in imported modules."""
    program = (
        "import pickle, sys; from tests.test_expressions_measured import draws_here; "
        f"sys.stdout.buffer.write(pickle.dumps(draws_here({count}, **{options!r})))"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", program], cwd=root, check=True, capture_output=True)
    return list(pickle.loads(done.stdout))


def draws_here(count: int, **options) -> list[Expression]:
    found: list[Expression] = []

    @seed(1)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(expressions(**options))
    def draw(e: Expression) -> None:
        found.append(e)

    draw()
    return found


@pytest.fixture(scope="module")
def drawn() -> list[Expression]:
    return draws(COUNT)


def test_few_draws_repeat_earlier_ones(drawn: list[Expression]) -> None:
    larger = [e for e in drawn if len(e.steps) > 1]  # tiny programs come first, and there are few of them
    assert len(larger) - len(set(larger)) <= 0.08 * COUNT


def test_every_primitive_is_drawn_about_as_often(drawn: list[Expression]) -> None:
    counts = Counter(name for e in drawn for name in {name for name, _ in e.steps})
    assert {*OF_SEVERAL} < {*usual_names()} == {*counts}
    assert not {name: count for name, count in counts.items() if count < 0.04 * COUNT}
    steps = Counter(name for e in drawn for name, _ in e.steps)
    assert 0.9 < steps["mul"] / steps["add"] < 1.1


def test_functions_of_several_numbers_have_few_and_many_operands(drawn: list[Expression]) -> None:
    sizes = {name: {len(operands) for e in drawn for step, operands in e.steps if step == name} for name in OF_SEVERAL}
    assert sizes == {name: set(COUNTS[name]) for name in OF_SEVERAL}


def test_one_leaf_in_five_is_near_an_edge(drawn: list[Expression]) -> None:
    leaves = [abs(x) for e in drawn for x in e.point]
    assert 0.15 < sum(x in NEAR_ENDS for x in leaves) / len(leaves) < 0.25


def test_most_draws_have_several_leaves_and_steps(drawn: list[Expression]) -> None:
    assert sum(len(e.point) > 1 for e in drawn) > 0.6 * COUNT
    assert sum(len(e.steps) > 1 for e in drawn) > 0.8 * COUNT


@pytest.mark.parametrize("size", [30, 100])
def test_sizes_go_up_to_the_largest(size: int) -> None:
    sizes = [len(e.steps) for e in draws(150, max_size=size)]
    assert 0.9 * size <= max(sizes) <= size


def test_the_time_of_a_draw_grows_with_its_length() -> None:
    """Against quadratic growth, by far: three times as much for a step is allowed."""
    spent = {}
    for size in (30, 100):
        began = time.process_time()
        found = draws_here(100, max_size=size)
        spent[size] = (time.process_time() - began) / sum(len(e.steps) for e in found)
    assert spent[100] < 3 * spent[30]


def test_weights_say_how_often() -> None:
    counts = Counter(name for e in draws(200, ops=["sin", "cos"], weights={"sin": 5}) for name, _ in e.steps)
    assert counts["sin"] > 2 * counts["cos"]
    assert all(name != "cos" for e in draws(50, ops=["sin", "cos"], weights={"cos": 0}) for name, _ in e.steps)
    counts = Counter(name for e in draws(300, weights={"softmax": 5}) for name, _ in e.steps)
    assert counts["softmax"] > 1.5 * max(
        count for name, count in counts.items() if name not in ("add", "mul", "softmax")
    )


@pytest.mark.parametrize(
    ("weights", "said"), [({"sin": 1}, "isn't drawn"), ({"mul": -1}, "from 0 to 1000"), ({"mul": 0}, "nothing is left")]
)
def test_weights_that_make_no_sense_are_an_error(weights: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        expressions(ops=["mul"], weights=weights)


@pytest.mark.parametrize("draw", range(3))
def test_what_is_found_shrinks_to_small_whole_numbers(draw: int) -> None:
    found = find(
        expressions(ops=["mul", "add"]),
        lambda e: e.apply(*e.point) > 100,
        settings=settings(max_examples=2000, database=None, deadline=None, phases=[Phase.generate, Phase.shrink]),
        random=random.Random(draw),
    )
    assert len(found.steps) <= 3
    assert all(x == round(x) and abs(x) <= 20 for x in found.point)
