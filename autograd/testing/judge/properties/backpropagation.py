"""Properties of the backward pass: that contributions add up, that it can be repeated, that graphs keep apart.

Where it can be, the engine is compared with itself, so that a wrong derivative of one operation, which has a row of its
own in the report, doesn't show up in every row.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from autograd.testing import points
from autograd.testing.expression import Expression
from autograd.testing.judge.properties.arithmetic import together
from autograd.testing.judge.trials.transcript import Failed, Transcript, Unsupported, Variable
from autograd.testing.judge.trials.trial import DIAMONDS, REACH, Skipped, Trial

BINARY: Final = ("add", "mul", "sub", "div", "hypot", "atan2")


def leaf(trial: Trial) -> None:
    """The derivative of a number by itself."""
    t = trial.transcript()
    x = t.leaf(3.0)
    t.backward(x)
    t.claim_gradient(x, 1.0)


def accumulation(trial: Trial) -> None:
    """One number as both operands, then several times in one expression, then in a function and beside it."""
    functions = trial.rules
    wrong: dict[str, Failed] = {}
    both = [name for name in BINARY if name in functions and trial.allows(name, "xx")]
    alone = list(single_steps(trial)) if "add" in functions else []
    for name in both:
        _collect(trial, wrong, name, Expression((3.0,), ((name, (0, 0)),)))
        if name in ("add", "mul"):
            for operands in ((0, 1), (1, 0)):
                _collect(trial, wrong, name, Expression((3.0,), ((name, (0, 0)), (name, operands))))
    if "add" not in wrong:
        for e in alone:
            try:
                _beside_itself(trial, e)
            except Failed as failed:
                wrong.setdefault(e.steps[0][0], failed)
            except Skipped:
                continue
    trial.blamed["repeated operands"] = frozenset((name, "") for name in wrong)
    if wrong:
        raise together(wrong, dict.fromkeys([*both, *(e.steps[0][0] for e in alone)]))
    if not both and not alone:
        raise Unsupported("it has no operators for two numbers")


def _collect(trial: Trial, wrong: dict[str, Failed], name: str, e: Expression) -> None:
    if name not in wrong:
        try:
            _claim_exact(trial, trial.transcript(), e)
        except Failed as failed:
            wrong[name] = failed


def _beside_itself(trial: Trial, e: Expression) -> None:
    """The expression plus its operand, in both orders."""
    n = len(e.point) + len(e.constants)
    once = gradient_of(trial, trial.transcript(), e)
    for operands in ((n, 0), (0, n)):
        t = trial.transcript()
        both = Expression(e.point, (*e.steps, ("add", operands)), e.constants)
        leaves = t.leaves(both)
        t.backward(t.run(both, leaves)[-1])
        room = 2 * trial.truth(both).gradient_bounds[0]
        t.claim_gradient(leaves[0], once[0] + 1.0, room)


def single_steps(trial: Trial) -> Iterator[Expression]:
    """Each of the engine's operations, at a plain point."""
    for name, rule in trial.rules.items():
        kinds = next((k for k in points.kinds_of(rule.arity) if trial.allows(name, k)), "")
        for xs in ((0.5, 2.0), (2.0, 3.0), (3.0, 2.0)):
            operands = tuple(itertools.islice(itertools.cycle(xs), rule.arity))
            if kinds and points.is_inside(rule, operands, kinds, REACH):
                point = tuple(x for x, kind in zip(operands, kinds) if kind == "x")
                constants = tuple(x for x, kind in zip(operands, kinds) if kind == "c")
                yield Expression(point, ((name, (1, 0) if kinds == "cx" else tuple(range(rule.arity))),), constants)
                break


def _claim_exact(trial: Trial, t: Transcript, e: Expression) -> None:
    truth = trial.truth(e)
    leaves = t.leaves(e)
    t.backward(t.run(e, leaves)[-1])
    t.claim_gradients(leaves, truth)


def diamonds(trial: Trial) -> None:
    """Intermediate results that are used more than once: small ones, a ladder of them, random ones."""
    if DIAMONDS in trial.excused:
        raise Unsupported("no result is used twice")
    arithmetic = trial.arithmetic
    for inner in arithmetic:
        for outer in arithmetic:
            unary = (inner == "neg", outer == "neg")
            steps = ((inner, (0,) if unary[0] else (0, 1)), (outer, (2,) if unary[1] else (2, 2)), ("add", (2, 3)))
            if "add" in arithmetic:
                _claim_exact(trial, trial.transcript(), Expression((3.0, 2.0), steps))
    if "add" in arithmetic:
        ladder = tuple(("add", (i, i)) for i in range(10))
        _claim_exact(trial, trial.transcript(), Expression((1.0,), ladder))
    if not arithmetic:
        raise Unsupported("it has no + and no *")
    trial.for_all(trial.expressions(*arithmetic, max_size=8), lambda t, e: _claim_exact(trial, t, e))


def random_expressions(trial: Trial) -> None:
    """Gradients of expressions of everything that the engine has."""
    trial.for_all(trial.expressions(max_size=7), lambda t, e: _claim_exact(trial, t, e), share=2.0)


def equal_numbers(trial: Trial) -> None:
    """Leaves, and intermediate results, that happen to hold the same number."""
    needs(trial, "add", "mul")
    for steps in (
        (("mul", (0, 1)), ("add", (3, 2))),  # a * b + c
        (("add", (0, 1)), ("add", (0, 2)), ("mul", (3, 4))),  # (a + b) * (a + c)
        (("mul", (0, 1)), ("mul", (0, 1)), ("add", (3, 4)), ("add", (5, 2))),  # a * b + a * b + c
    ):
        _claim_exact(trial, trial.transcript(), Expression((2.0, 2.0, 2.0), steps))


def untouched(trial: Trial) -> None:
    """What the output does not depend on, and branches that it did not use."""
    needs(trial, "mul")
    t = trial.transcript()
    x, other = t.leaf(3.0), t.leaf(5.0)
    t.apply("mul", x, other)
    y = t.apply("mul", x, x)
    later = t.leaf(7.0)
    t.apply("mul", y, later)
    t.backward(y)
    t.claim_gradient(other, 0.0, why="the output does not depend on it")
    t.claim_gradient(later, 0.0, why="the output does not depend on it")
    t.claim_gradient(x, 6.0, why="branches that the output does not use must not contribute")


# --- The engine compared with itself ---


def gradient_of(trial: Trial, t: Transcript, e: Expression, slot: int = -1) -> list[float]:
    """The gradient of one slot, on a graph of its own. Where the engine can't, the example has nothing to say."""
    first = len(e.point) + len(e.constants)
    slot = slot % (first + len(e.steps))
    needed = {slot}
    for i in range(slot - first, -1, -1):
        if first + i in needed:
            needed.update(e.steps[i][1])
    try:
        slots: list[Any] = [t.leaf(x) if i in needed else None for i, x in enumerate(e.point)]
        slots += e.constants
        for i, (name, operands) in enumerate(e.steps[: max(slot - first + 1, 0)], first):
            slots.append(t.apply(name, *(slots[k] for k in operands)) if i in needed else None)
        t.backward(slots[slot])
        return [0.0 if x is None else t.gradient(x) for x in slots[: len(e.point)]]
    except Failed:
        raise Skipped from None


def room_for(trial: Trial, e: Expression, factor: float = 1.0) -> list[float]:
    """How far two computations of the gradient of the expression may be apart."""
    return [2 * factor * bound for bound in trial.truth(e).gradient_bounds]


def linearity(trial: Trial) -> None:
    """c·y has c times the gradient of y."""
    needs(trial, "mul")

    def body(t: Transcript, e: Expression) -> None:
        for c in (2.0, -1.0, 0.0):
            t.comment("the gradient of y, and that of c * y")
            room = room_for(trial, e, 1 + abs(c))
            once = gradient_of(trial, t, e)
            leaves = t.leaves(e)
            t.backward(t.apply("mul", t.run(e, leaves)[-1], t.leaf(c)))
            claim_near(t, leaves, [c * g for g in once], room)

    trial.for_all(trial.expressions(*trial.arithmetic, max_size=5), body, share=0.3)


def claim_near(t: Transcript, leaves: Sequence[Variable], wanted: Sequence[float], room: Sequence[float]) -> None:
    """Fail the property unless the gradients are near these."""
    for x, g, bound in zip(leaves, wanted, room):
        if g == g:
            t.claim_gradient(x, g, bound)


def sum_rule(trial: Trial) -> None:
    """(f + g)' = f' + g'."""
    _combined(trial, "add")


def product_rule(trial: Trial) -> None:
    """(f · g)' = f'·g + f·g'."""
    _combined(trial, "mul")


def _combined(trial: Trial, name: str) -> None:
    needs(trial, name)

    def body(t: Transcript, e: Expression) -> None:
        if not e.steps:
            raise Skipped
        first = len(e.point) + len(e.constants)
        f, g = len(e.point) - 1, -1  # two slots: a leaf or a first result, and the last one
        if len(e.steps) > 1:
            f = first
        whole = Expression(e.point, (*e.steps, (name, (f, first + len(e.steps) - 1))), e.constants)
        room = room_for(trial, whole)
        t.comment("f' and g', each on a graph of its own")
        df, dg = gradient_of(trial, t, e, f), gradient_of(trial, t, e, g)
        t.comment("both at once")
        leaves = t.leaves(e)
        slots = t.run(e, leaves)
        t.backward(t.apply(name, slots[f], slots[g]))
        if name == "mul":
            numbers = t.number(slots[f]), t.number(slots[g])
            df, dg = [d * numbers[1] for d in df], [d * numbers[0] for d in dg]
        claim_near(t, leaves, [a + b for a, b in zip(df, dg)], room)

    trial.for_all(trial.expressions(max_size=4, min_size=2), body, share=0.5)


def chain_rule(trial: Trial) -> None:
    """The last step's partials, taken on new leaves, times the gradients of its operands."""

    def body(t: Transcript, e: Expression) -> None:
        if len(e.steps) < 2:
            raise Skipped
        room = room_for(trial, e)
        name, operands = e.steps[-1]
        t.comment("the outer function on its own")
        before = Expression(e.point, e.steps[:-1], e.constants)
        try:
            numbers = [x if not isinstance(x, Variable) else t.number(x) for x in t.run(before)]
        except Failed:
            raise Skipped from None
        kinds = e.kinds(operands)
        plain = tuple(numbers[i] for i, kind in zip(operands, kinds) if kind == "c")
        inner = [i for i, kind in zip(operands, kinds) if kind != "c"]
        slots = iter(range(len(inner))), iter(range(len(inner), len(operands)))
        outer = Expression(
            tuple(numbers[i] for i in inner), ((name, tuple(next(slots[kind == "c"]) for kind in kinds)),), plain
        )
        partials = gradient_of(trial, t, outer)
        t.comment("the inner ones on their own")
        inner_gradients = [gradient_of(trial, t, before, i) for i in inner]
        t.comment("together")
        leaves = t.leaves(e)
        t.backward(t.run(e, leaves)[-1])
        wanted = [sum(p * g[k] for p, g in zip(partials, inner_gradients)) for k in range(len(e.point))]
        claim_near(t, leaves, wanted, room)

    trial.for_all(trial.expressions(max_size=4, min_size=2), body, share=0.5)


def needs(trial: Trial, *names: str) -> None:
    """The property is about engines that have these operations."""
    missing = [name for name in names if name not in trial.rules]
    if missing:
        raise Unsupported(f"it has no {', '.join(missing)}")
