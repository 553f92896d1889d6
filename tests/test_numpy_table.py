"""NumPy's public functions on arrays that transforms and jit hand out: right, or refused, nothing in between."""

from __future__ import annotations

import numpy as np
import pytest

from tests.numpy_calls import CALLS, NO_SUCH_ARRAY, PAGE, ROWS, lines, public, verdicts

IS_OF_THE_PAGE = np.__version__.startswith("2.4.")  # other versions have other functions


@pytest.mark.parametrize("name", CALLS)
def test_a_function_is_right_or_refused(name: str) -> None:
    assert verdicts()[name] in ROWS.values(), verdicts()[name]


@pytest.mark.skipif(not IS_OF_THE_PAGE, reason="the table in docs/numpy.md is of NumPy 2.4")
def test_the_page_has_the_table_and_the_table_has_every_function() -> None:
    assert "\n".join(lines()) in PAGE.read_text("utf-8")
    assert [name for name in public() if name not in CALLS and name not in NO_SUCH_ARRAY] == []
