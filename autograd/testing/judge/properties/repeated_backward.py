"""Properties of more than one backward pass: the second one, other outputs of the same graph, steps of training."""

from __future__ import annotations

import contextlib

from autograd.testing.expression import Expression
from autograd.testing.judge.properties.backpropagation import claim_near, gradient_of, needs, room_for, single_steps
from autograd.testing.judge.transcript import Raised, Transcript, Unsupported, Variable
from autograd.testing.judge.trial import Skipped, Trial


def second_backward(trial: Trial) -> str:
    """Called again on one output, it doubles the gradients, or sets them afresh: all of them, every time."""
    styles: set[str] = set()
    notes: set[str] = set()

    def body(t: Transcript, e: Expression) -> None:
        room = room_for(trial, e, 3.0)
        once = gradient_of(trial, t, e)
        leaves = t.leaves(e)
        y = t.run(e, leaves)[-1]
        t.backward(y)
        try:
            t.backward(y)
        except Raised as raised:
            notes.add(f"a second backward() on one graph is refused: {raised.message}")
            return
        again = [t.gradient(x) for x in leaves]
        doubled = all(abs(b - 2 * a) <= r for a, b, r in zip(once, again, room))
        same = all(abs(b - a) <= r for a, b, r in zip(once, again, room))
        if doubled and same:
            return
        if not doubled and not same:
            for x, a, b, r in zip(leaves, once, again, room):
                if abs(b - 2 * a) > r:
                    text = f"{x.text}.{trial.engine.grad}"
                    t.claim(
                        False,
                        f"{text} is {b!r} after two backward passes, {a!r} after one: neither twice as much nor the "
                        "same (are the gradients of intermediate results not reset?)",
                        f'"{text} is", {text}, "and should be", {2 * a!r}' + (f', "or", {a!r}' if a else ""),
                    )
        styles.add("doubles" if doubled else "resets")
        t.claim(len(styles) == 1, "at times the second pass doubles the gradients, at times it sets them afresh")

    trial.for_all(trial.expressions(*trial.arithmetic, max_size=5), body, share=0.6)
    if notes:
        raise Unsupported(next(iter(notes)))
    return "the gradients of leaves double" if "doubles" in styles else "the gradients are set afresh"


def two_outputs(trial: Trial) -> None:
    """A second output of the same graph, after the leaves' gradients were set to zero."""

    def body(t: Transcript, e: Expression) -> None:
        if len(e.steps) < 2:
            raise Skipped
        first = len(e.point) + len(e.constants)
        last = first + len(e.steps) - 1
        room = room_for(trial, e, 2.0)
        for one, other in dict.fromkeys(((first, last), ((first + last) // 2, last), (last, first))):
            t = trial.transcript()
            t.comment("the second output on its own")
            wanted = gradient_of(trial, t, e, other)
            t.comment("after a backward pass from another one")
            leaves = t.leaves(e)
            slots = t.run(e, leaves)
            t.backward(slots[one])
            for x in leaves:
                _zero(t, x)
            try:
                t.backward(slots[other])
            except Raised:
                raise Skipped from None  # see second_backward
            claim_near(t, leaves, wanted, room)

    trial.for_all(trial.expressions(*trial.arithmetic, max_size=5, min_size=2), body, share=0.6)


def _zero(t: Transcript, x: Variable) -> None:
    try:
        t.set_gradient(x)
    except Raised as raised:
        raise Unsupported(f"gradients can't be set to zero: {raised.message}") from None


def data_changed(trial: Trial) -> str:
    """What every optimiser does, one backward pass too early."""
    notes: set[str] = set()

    def body(t: Transcript, e: Expression) -> None:
        room = room_for(trial, e, 2.0)
        t.comment("as it should be")
        wanted = gradient_of(trial, t, e)
        t.comment("with the leaf changed after the forward pass")
        leaves = t.leaves(e)
        y = t.run(e, leaves)[-1]
        for x, number in zip(leaves, e.point):
            try:
                t.set_data(x, 1.5 * number)
            except Raised as raised:
                raise Unsupported(f"a leaf's number can't be assigned: {raised.message}") from None
        try:
            t.backward(y)
        except Raised as raised:
            notes.add(f"it refuses: {raised.message}")
            return
        claim_near(t, leaves, wanted, room)

    for e in single_steps(trial):
        with contextlib.suppress(Skipped):
            body(trial.transcript(), e)
    trial.for_all(trial.expressions(*trial.arithmetic, max_size=5), body, share=0.6)
    return next(iter(notes), "")


def training(trial: Trial) -> None:
    """Gradient descent on a line through two points, beside the same in floats."""
    needs(trial, "mul", "add", "sub")
    t = trial.transcript()
    w, b = t.leaf(0.5), t.leaf(-1.0)
    exact_w, exact_b = 0.5, -1.0
    for step in range(3):
        t.comment(f"step {step + 1}")
        loss = None
        dw = db = 0.0
        for x, target in ((1.0, 2.0), (3.0, -1.0)):
            prediction = t.apply("add", t.apply("mul", w, t.leaf(x)), b)
            error = t.apply("sub", prediction, t.leaf(target))
            square = t.apply("mul", error, error)
            loss = square if loss is None else t.apply("add", loss, square)
            e = exact_w * x + exact_b - target
            dw, db = dw + 2 * e * x, db + 2 * e
        assert loss is not None
        _zero(t, w)
        _zero(t, b)
        t.backward(loss)
        t.claim_gradient(w, dw, 1e-13, f"step {step + 1} of a training loop")
        t.claim_gradient(b, db, 1e-13, f"step {step + 1} of a training loop")
        exact_w, exact_b = exact_w - 0.125 * dw, exact_b - 0.125 * db
        t.set_data(w, exact_w)
        t.set_data(b, exact_b)
