"""The whole computation as one JavaScript function: from the leaves to every number and every local derivative.

The recorded operations are traced once more by ``jit``, with the leaves as arguments, so values and partials are those
of the rule table, in the words of ``to_javascript``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autograd.compiler import jit
from autograd.engine.rules import LEAF
from autograd.pages.story import Entry

NAME: Final = "recorded"


def recompute(entries: Sequence[Entry]) -> str:
    """The source of a function of all leaves' numbers, in their order, in one array.

    It returns one array: the values of the operations, then for each operation in order the partials by its operands.
    """
    leaves = [entry.value for entry in entries if entry.rule is LEAF]

    def everything(*given: Any) -> list[Any]:
        values: list[Any] = list(given)
        partials = []
        for entry in entries[len(leaves) :]:
            operands = [values[x.place] if x.place >= 0 else x.constant for x in entry.operands]
            values.append(entry.rule(*operands))
            for position, partial in enumerate(entry.rule.partials):
                moves = entry.operands[position].place >= 0 and position not in entry.rule.constant
                partials.append(partial(*operands, values[-1]) if moves else 0.0)
        return [*values[len(leaves) :], *partials]

    source = jit(everything).lower(*leaves).to_javascript(NAME)
    takes_one = f"function {NAME}(inputs)" in source
    return source + _IN_ONE.replace("...", "" if takes_one else "...")


_IN_ONE: Final = f"""
/** The same for leaves that come in one array. */
function compute(leaves) {{
    return [].concat({NAME}(...leaves));
}}
"""
