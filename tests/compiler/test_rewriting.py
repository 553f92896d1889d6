"""What a Rewriting sees to for the passes: numbers, names, lines."""

from __future__ import annotations

from autograd.compiler.passes.rewriting import Rewriting
from autograd.compiler.program import CONSTANT, NONE, SUM, Program
from autograd.engine.rules import RULES

SIN, COS = RULES["sin"], RULES["cos"]


def test_operands_are_values_of_the_new_program() -> None:
    out = Rewriting(Program(1, [(SIN, (0,), 0), (COS, (1,), 0), (SUM, ((2, 1, 1), (2, NONE, -1)), 0)], [3, 0]))
    for value, (head, operands, batch) in out.instructions():
        if head is SIN:
            out.forward(value, 0)  # as if sin(x) were x
        elif head is COS:
            assert operands == (0,)
            out.emit(CONSTANT, (1.0,), 0)
            out.forward(value, out.emit(head, operands, batch))
        else:
            assert operands == ((2, 0, 1), (2, NONE, -1))
            out.forward(value, out.emit(head, operands, batch))
    after = out.finish()
    assert after.ops == [(CONSTANT, (1.0,), 0), (COS, (0,), 0), (SUM, ((2, 0, 1), (2, NONE, -1)), 0)]
    assert (after.inputs, after.outputs) == (1, [3, 0])


def test_what_is_kept_has_other_terms_only_if_they_are_given() -> None:
    out = Rewriting(Program(2, [(SIN, (0,), 0), (COS, (1,), 0), (SUM, ((3, 0, 1),), 0)], [4, 3]))
    out.keep(3)
    out.keep(4, ((3, NONE, -1), (1, 3, 1)))
    after = out.finish()
    assert after.ops == [(COS, (1,), 0), (SUM, ((2, NONE, -1), (1, 2, 1)), 0)]
    assert after.outputs == [3, 2]


def test_the_first_value_that_has_a_name_names_what_it_is_forwarded_to() -> None:
    ops = [(SIN, (0,), 0), (SIN, (0,), 0), (SIN, (0,), 0), (COS, (0,), 0), (COS, (1,), 0)]
    out = Rewriting(Program(2, ops, [4], {5: "gone", 4: "third", 3: "second", 0: "x", 6: "of an input"}))
    at = out.emit(*ops[0])
    for value in (2, 3, 4):
        out.forward(value, at)
    out.forward(6, 1)
    assert out.finish().names == {0: "x", 2: "second", 1: "of an input"}
    out.forward(6, 0)
    assert out.finish().names == {0: "x", 2: "second"}


def test_all_that_was_emitted_for_a_value_is_of_its_line() -> None:
    program = Program(
        1, [(SIN, (0,), 0), (COS, (1,), 0), (COS, (2,), 0), (SIN, (3,), 0)], [4], {}, {1: "a", 2: "b", 4: "d"}
    )
    out = Rewriting(program)
    out.emit(CONSTANT, (1.0,), 0)
    out.forward(1, out.emit(SIN, (0,), 0))
    out.forward(2, 2)  # nothing was emitted for it
    out.forward(3, out.emit(COS, (2,), 0))  # of no line
    out.keep(4)
    assert out.finish().lines == {1: "a", 2: "a", 4: "d"}
