"""Properties of more than one backward pass: the second one, other outputs of the same graph, steps of training."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from autograd.testing.expression import Expression, Step
from autograd.testing.judge.properties.backpropagation import claim_near, gradient_of, needs, room_for, single_steps
from autograd.testing.judge.trials.transcript import Failed, Raised, Transcript, Unsupported, Variable
from autograd.testing.judge.trials.trial import DIAMONDS, Skipped, Trial


def second_backward(trial: Trial) -> str:
    """Called again on one output, it doubles the gradients, or sets them afresh: all of them, every time."""
    styles: set[str] = set()
    notes: set[str] = set()
    notes_of_style: set[str] = set()

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
        if not doubled and not same and _clears_the_graph(trial, e, once, room):
            styles.add("clears")
            notes_of_style.add("zero_grad() is wanted between two passes")
            return
        if not doubled and not same:
            for x, a, b, r in zip(leaves, once, again, room):
                if abs(b - 2 * a) > r:
                    text = t.gradient_of(x)
                    t.claim(
                        False,
                        f"{text} is {b!r} after two backward passes, {a!r} after one: neither twice as much nor the "
                        "same (are the gradients of intermediate results not reset?)",
                        f'"{text} is", {text}, "and should be", {2 * a!r}' + (f', "or", {a!r}' if a else ""),
                    )
        styles.add("doubles" if doubled else "resets")
        t.claim(
            len(styles - {"clears"}) == 1,
            "at times the second pass doubles the gradients, at times it sets them afresh",
        )

    trial.for_all(trial.expressions(*trial.arithmetic, max_size=5), body, share=0.6)
    if notes:
        raise Unsupported(next(iter(notes)))
    if notes_of_style:
        return next(iter(notes_of_style))
    return "the gradients of leaves double" if "doubles" in styles else "the gradients are set afresh"


def _clears_the_graph(trial: Trial, e: Expression, once: Sequence[float], room: Sequence[float]) -> bool:
    """Whether the second pass is right after the engine's own ``zero_grad()``, called on the output."""
    if not trial.engine.clears:
        return False
    t = trial.transcript()
    try:
        leaves = t.leaves(e)
        y = t.run(e, leaves)[-1]
        t.backward(y)
        clear(t, y)
        t.backward(y)
        return all(abs(t.gradient(x) - g) <= r for x, g, r in zip(leaves, once, room))
    except Failed:
        return False


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
            whole = "second backward" in trial.excused  # then not only the leaves
            for x in [x for x in slots if isinstance(x, Variable)] if whole else leaves:
                _zero(t, x)
            if t.engine.zeroing == trial.engine.grad and trial.engine.clears:
                clear(t, slots[one])
            try:
                t.backward(slots[other])
            except Raised:
                raise Skipped from None  # see second_backward
            claim_near(t, leaves, wanted, room)

    # Without - there are no numbers inside of an operation, whose gradients nobody could set to zero.
    names = ("add", "mul") if "second backward" in trial.excused else trial.arithmetic
    trial.for_all(trial.expressions(*names, max_size=5, min_size=2), body, share=0.6)


def clear(t: Transcript, y: Variable) -> None:
    """The engine's own way to clear the gradients of a whole graph."""
    t.do(f"{y.text}.zero_grad()", lambda: y.it.zero_grad())


def _zero(t: Transcript, x: Variable) -> None:
    try:
        t.zero_gradient(x)
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
    """Gradient descent on a network of two hidden layers, beside the exact gradients, step after step."""
    needs(trial, "mul", "add", "sub")
    if DIAMONDS in trial.excused:
        raise Unsupported("a network uses its results more than once")
    weights = [0.5, -1.0, 0.25, 0.75, -0.5, 1.0]
    bend = next((name for name in ("tanh", "relu", "sigmoid") if name in trial.engine.functions), "")
    t = trial.transcript()
    ws = [t.leaf(w) for w in weights]
    for number in range(1, 4):
        t.comment(f"step {number}")
        e = network(weights, bend)
        truth = trial.truth(e)
        leaves = [*ws, *(t.leaf(x) for x in e.point[len(ws) :])]
        if number > 1:
            for w in ws:
                _zero(t, w)
        t.backward(t.run(e, leaves)[-1])
        for w, wanted, bound in zip(ws, truth.gradient, truth.gradient_bounds):
            t.claim_gradient(w, wanted, bound + 1e-13, f"step {number} of a training loop")
        weights = [w - 0.125 * float(g) for w, g in zip(weights, truth.gradient)]
        for w, new in zip(ws, weights):
            t.set_data(w, new)


def network(weights: Sequence[float], bend: str) -> Expression:
    """The squared error of a network 1-2-2-1 with that activation (a square, if there is none).

    Leaves are the six weights, then input and target. The four arrows between the hidden layers share two weights.
    """
    n = len(weights)
    steps: list[Step] = []

    def step(name: str, *operands: int) -> int:
        steps.append((name, operands))
        return n + 1 + len(steps)

    def bent(i: int) -> int:
        return step(bend, i) if bend else step("mul", i, i)

    x, target = n, n + 1
    h = [bent(step("mul", w, x)) for w in (0, 1)]
    k = [bent(step("add", step("mul", a, h[0]), step("mul", b, h[1]))) for a, b in ((2, 3), (3, 2))]
    y = step("add", step("mul", 4, k[0]), step("mul", 5, k[1]))
    error = step("sub", y, target)
    step("mul", error, error)
    return Expression((*weights, 0.5, -0.5), tuple(steps))
