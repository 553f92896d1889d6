"""Properties at the edges: what floats do there, and what gradient the field takes where there is no single one."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from autograd.testing.judge.findings.rows import DERIVATIVES
from autograd.testing.judge.trials.transcript import Failed, Raised, Unsupported, Variable
from autograd.testing.judge.trials.trial import Trial

INF: Final = math.inf
NAN: Final = math.nan
RELATIVE: Final = 2.0**-45


class Case(NamedTuple):
    """One operation at one point.

    ``kinds`` has a letter for each operand: x for a leaf, c for a plain number. ``values`` are the results that will
    do, ``gradient`` is that by each leaf (None: any). ``or_raises``: an arithmetic exception will do as well.
    """

    name: str
    kinds: str
    operands: tuple[float, ...]
    values: tuple[float, ...]
    gradient: tuple[float, ...] | None = None
    or_raises: bool = False


CASES: Final = (
    Case("add", "xx", (INF, 1.0), (INF,), (1.0, 1.0)),
    Case("add", "xx", (1e308, 1e308), (INF,), (1.0, 1.0)),
    Case("add", "xx", (NAN, 1.0), (NAN,), (1.0, 1.0)),
    Case("mul", "xx", (0.0, 3.0), (0.0,), (3.0, 0.0)),
    Case("mul", "xx", (1e200, 1e200), (INF,), (1e200, 1e200)),
    Case("mul", "xx", (1e-200, 1e-200), (0.0,), (1e-200, 1e-200)),
    Case("neg", "x", (0.0,), (0.0,), (-1.0,)),
    Case("sub", "xx", (-0.0, 0.0), (0.0,), (1.0, -1.0)),
    Case("div", "xx", (0.0, 3.0), (0.0,), (1 / 3, 0.0)),
    Case("div", "xx", (1.0, 0.0), (INF, -INF, NAN), None, True),
    Case("div", "xx", (0.0, 0.0), (NAN,), None, True),
    Case("pow", "xc", (0.0, 2), (0.0,), (0.0,)),
    Case("pow", "xc", (0.0, 1), (0.0,), (1.0,)),
    Case("pow", "xc", (0.0, 0), (1.0,), (0.0,)),
    Case("pow", "xc", (5.0, 0), (1.0,), (0.0,)),
    Case("pow", "xc", (-2.0, 3), (-8.0,), (12.0,)),
    Case("pow", "xc", (-2.0, 2.0), (4.0,), (-4.0,)),
    Case("pow", "xc", (-2.0, -1), (-0.5,), (-0.25,)),
    Case("pow", "xc", (1.0, 1_000_000), (1.0,), (1e6,)),
    Case("pow", "xc", (2.0, 1000), (2.0**1000,), (1000 * 2.0**999,)),
    Case("pow", "xc", (2.0, -2000), (0.0,), (0.0,)),
    Case("pow", "xc", (10.0, 400), (INF,), None, True),
    Case("pow", "xc", (0.0, -1), (INF, NAN), None, True),
    Case("pow", "xx", (0.0, 2.0), (0.0,), (0.0, 0.0)),
    Case("abs", "x", (-INF,), (INF,), (-1.0,)),
    Case("exp", "x", (-1000.0,), (0.0,), (0.0,)),
    Case("exp", "x", (1000.0,), (INF,), None, True),
    Case("log", "x", (0.0,), (-INF, NAN), None, True),
    Case("log", "x", (-1.0,), (NAN,), None, True),
    Case("sqrt", "x", (-1.0,), (NAN,), None, True),
    Case("asin", "x", (2.0,), (NAN,), None, True),
    Case("acos", "x", (2.0,), (NAN,), None, True),
    Case("relu", "x", (INF,), (INF,), (1.0,)),
    Case("relu", "x", (-INF,), (0.0,), (0.0,)),
    Case("tanh", "x", (1000.0,), (1.0,), (0.0,)),
    Case("tanh", "x", (-1000.0,), (-1.0,), (0.0,)),
    Case("sigmoid", "x", (1000.0,), (1.0,), (0.0,)),
    Case("sigmoid", "x", (-1000.0,), (0.0,), (0.0,)),
    Case("softplus", "x", (1000.0,), (1000.0,), (1.0,)),
    Case("softplus", "x", (-1000.0,), (0.0,), (0.0,)),
    Case("silu", "x", (1000.0,), (1000.0,), (1.0,)),
    Case("silu", "x", (-1000.0,), (0.0,), (0.0,)),
    Case("gelu", "x", (1000.0,), (1000.0,), (1.0,)),
    Case("gelu", "x", (-1000.0,), (0.0,), (0.0,)),
    Case("elu", "x", (1000.0,), (1000.0,), (1.0,)),
    Case("atan", "x", (1e200,), (math.pi / 2,), (0.0,)),
)


def edges(trial: Trial) -> str:
    """All cases for which the engine has the operation."""
    wrong: list[Failed] = []
    tried = 0
    for case in CASES:
        if case.name in trial.engine.definitions:
            continue
        if case.name in trial.rules and trial.allows(case.name, case.kinds):
            tried += 1
            try:
                _try(trial, case)
            except Failed as failed:
                wrong.append(failed)
    if wrong:
        also = f" ({len(wrong)} of {tried} edges are wrong; the script has them all)" if len(wrong) > 1 else ""
        whole = Failed(wrong[0].message + also, "\n\n\n".join(verdict.script for verdict in wrong))
        whole.group = next((verdict.group for verdict in wrong if verdict.group == DERIVATIVES), None)
        raise whole
    return f"{tried} edges"


def _try(trial: Trial, case: Case) -> None:
    t = trial.transcript()
    operands = [t.leaf(x) if kind == "x" else x for x, kind in zip(case.operands, case.kinds)]
    try:
        y = t.apply(case.name, *operands)
    except Raised as raised:
        if case.or_raises and isinstance(raised.error, (ArithmeticError, ValueError)):
            return
        raise
    got = t.number(y)
    if not any(_is(got, value) for value in case.values):
        t.claim_number(y, case.values[0])
    if case.gradient is not None:
        t.backward(y)
        for x, wanted in zip([x for x in operands if isinstance(x, Variable)], case.gradient):
            try:
                t.claim_gradient(x, wanted, abs(wanted) * RELATIVE + 1e-300)
            except Failed as failed:
                if abs(t.gradient(x) - wanted) > 1e-6 * max(1.0, abs(wanted)):  # a finite number, and another one
                    failed.group = DERIVATIVES
                raise


def _is(got: float, value: float) -> bool:
    return got == value or (got != got and value != value) or abs(got - value) <= abs(value) * RELATIVE < INF


def kinks(trial: Trial) -> str:
    """relu, |x|, maximum and their like, where left and right derivative differ."""
    between = {"relu": (0.0, 0.0), "leaky_relu": (0.0, 1.0), "abs": (-1.0, 1.0), "elu": (0.0, INF)}
    tried = [name for name in (*between, "maximum", "minimum") if name in trial.rules]
    tried = [name for name in tried if name not in trial.engine.definitions]
    for name in tried:
        t = trial.transcript()
        if name in between:
            x = t.leaf(0.0)
            t.backward(t.apply(name, x))
            low, high = between[name]
            got = t.gradient(x)
            why = f"{name}'(0) is {got!r}, which is neither the slope on the left nor on the right nor between"
            t.claim(low <= got <= high, why, t.gradient_of(x), group=DERIVATIVES)
            if name == "relu":
                t.claim_gradient(x, 0.0, why="at 0, where PyTorch, JAX and TensorFlow take 0")
        elif trial.allows(name, "xx"):
            a, b = t.leaf(2.0), t.leaf(2.0)
            t.backward(t.apply(name, a, b))
            shares = t.gradient(a), t.gradient(b)
            good = min(shares) >= 0.0 and math.isclose(sum(shares), 1.0)
            why = f"at a tie the gradients are {shares[0]!r} and {shares[1]!r}; together they should be 1"
            t.claim(good, why, t.gradient_of(a), t.gradient_of(b), group=DERIVATIVES)
    if not tried:
        raise Unsupported("it has no function with a kink")
    return ", ".join(tried)
