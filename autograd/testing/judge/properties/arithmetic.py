"""Properties of single operations: their values, their partial derivatives, and with what they may be combined."""

from __future__ import annotations

import contextlib
import itertools
import operator
from collections.abc import Iterator, Mapping
from typing import Final

from autograd.testing import points
from autograd.testing.expression import OPERATORS, Expression
from autograd.testing.judge.findings.rows import HABITS
from autograd.testing.judge.trials.exact import exact
from autograd.testing.judge.trials.transcript import Failed, Raised, Transcript, Unsupported, Variable
from autograd.testing.judge.trials.trial import REACH, Form, Skipped, Trial
from autograd.testing.strategies import drawn

BINARY_OPERATORS: Final = ("add", "sub", "mul", "div", "pow")
SYMBOLS: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}
FEW_ULPS: Final = 8 * 2.0**-52


def constructor(trial: Trial) -> None:
    """A number goes in and comes out."""
    t = trial.transcript()
    for number in (2.0, -0.5, 3):
        x = t.leaf(number)
        t.claim_number(x, number)
        t.claim_gradient(x, 0.0, why="before any backward pass")


def forward(trial: Trial) -> None:
    """Values of random expressions."""

    def body(t: Transcript, e: Expression) -> None:
        truth = trial.truth(e)
        t.claim_number(t.run(e)[-1], truth.value, truth.value_bound)

    trial.for_all(trial.expressions(), body)


def partials(trial: Trial) -> str:
    """Value and partials of each operation, first at plain points, then near the ends, then at random ones."""
    wrong: dict[str, Failed] = {}
    absent = []
    for name in trial.rules:
        try:
            _one_primitive(trial, name)
        except Raised as raised:
            if isinstance(raised.error, NotImplementedError) or _is_not_there(trial, name, raised):
                absent.append(name)
            else:
                wrong[name] = raised
        except Failed as failed:
            wrong[name] = failed
    trial.blamed["partial derivatives"] = frozenset((name, "") for name in wrong)
    if wrong:
        raise together(wrong, {name: None for name in trial.engine.functions if name not in absent})
    return ", ".join(name for name in trial.engine.functions if name not in absent)


def together(wrong: Mapping[str, Failed], tried: Mapping[str, None]) -> Failed:
    """One verdict for several: the first one's message, all scripts, and a table of what each operation gave."""
    first = next(iter(wrong.values()))
    among = f"wrong in {', '.join(wrong)}; " if len(wrong) > 1 else ""
    whole = Failed(f"{among}{first.message}", "\n\n\n".join(verdict.script for verdict in wrong.values()))
    if all(verdict.group == HABITS for verdict in wrong.values()):
        whole.group = HABITS
    if len(tried) > 1:
        width = max(map(len, tried))
        whole.detail = "\n".join(f"{n:{width}}  {wrong[n].message if n in wrong else 'right'}" for n in tried)
    return whole


def _is_not_there(trial: Trial, name: str, raised: Raised) -> bool:
    """Whether Python found no operator for any kind of operands, rather than that one which is there went wrong."""
    alone = all(isinstance(error, Raised) and not error.inside for error in trial.forms.get(name, {"": None}).values())
    return alone and not raised.inside and isinstance(raised.error, TypeError)


def _one_primitive(trial: Trial, name: str) -> None:
    rule = trial.rules[name]

    def body(t: Transcript, e: Expression) -> None:
        truth = trial.truth(e)
        if not e.steps:
            raise Skipped
        leaves = t.leaves(e)
        y = t.run(e, leaves)[-1]
        t.claim_number(y, truth.value, truth.value_bound)
        t.backward(y)
        t.claim_gradients(leaves, truth)

    error = trial.forms.get(name, {}).get("vv")
    must = name in BINARY_OPERATORS and name != "pow"  # an exponent may have to be a plain number
    refused = isinstance(error, Raised) and not error.inside
    if error is not None and ((must and not refused) or all(trial.forms[name].values())):
        raise error
    tried = 0
    for e in _steps(trial, name):
        if tried == trial.effort.points or trial.is_late():
            break
        if exact(e, trial.rules) is not None:
            body(trial.transcript(), e)
            tried += 1
    if trial.effort.examples >= 100 and not trial.is_late():
        with contextlib.suppress(Unsupported):
            trial.for_all(drawn({name: rule}, 1, trial.allows, REACH), body, share=0.1)


def _steps(trial: Trial, name: str) -> Iterator[Expression]:
    """One step, at all points of a grid, those with simple numbers first, in each form that the engine has."""
    rule = trial.rules[name]
    ends = points.edges(REACH)
    grid = (*points.PLAIN, *(s * x for x in ends for s in (1.0, -1.0) if rule.arity <= 2))
    tuples = list(itertools.product(grid, repeat=rule.arity))
    tuples.sort(key=lambda xs: sum(map(grid.index, xs)))
    forms = points.kinds_of(rule.arity)
    if name in BINARY_OPERATORS:  # plain numbers beside them have properties of their own
        forms = ("xx", "xc") if name == "pow" else ("xx",) if trial.allows(name, "xx") else ("xc", "cx")
    for xs in tuples:
        for kinds in forms:
            if trial.allows(name, kinds) and points.is_inside(rule, xs, kinds, REACH):
                point = tuple(x for x, kind in zip(xs, kinds) if kind == "x")
                constants = tuple(x for x, kind in zip(xs, kinds) if kind == "c")
                yield Expression(point, ((name, (1, 0) if kinds == "cx" else tuple(range(rule.arity))),), constants)


# --- Plain numbers beside the engine's ---


def numbers_on_the_right(trial: Trial) -> str:
    """``x + 2`` and its like."""
    return _with_numbers(trial, on_the_left=False)


def numbers_on_the_left(trial: Trial) -> str:
    """``2 + x`` and its like."""
    return _with_numbers(trial, on_the_left=True)


def _with_numbers(trial: Trial, on_the_left: bool) -> str:
    form = "cv" if on_the_left else "vc"
    wrong: dict[str, Failed] = {}
    tried: dict[str, None] = {}
    absent: list[str] = []
    forms: set[Form] = set()
    for name in BINARY_OPERATORS:
        if name not in trial.rules or (name, form) in trial.avoided:
            continue
        errors = trial.forms[name]
        if all(error is not None for error in errors.values()):
            continue
        if name == "pow" and on_the_left and errors["cv"] is not None and errors["vv"] is not None:
            absent.append("2 ** x")  # it has constant exponents only; see values_as_exponents
            continue
        spelled = f"3 {SYMBOLS[name]} x" if on_the_left else f"x {SYMBOLS[name]} 3"
        tried[spelled] = None
        try:
            _one_with_numbers(trial, name, on_the_left)
        except Failed as failed:
            if isinstance(failed, Raised):
                failed.group = HABITS  # what isn't there has no wrong derivative
            wrong[spelled] = failed
            forms.add((name, form))
    trial.blamed["numbers on the left" if on_the_left else "numbers on the right"] = frozenset(forms)
    if wrong:
        raise together(wrong, tried)
    if not tried:
        raise Unsupported("it has no operators for two numbers")
    return " ".join(text.replace("3", "").replace("x", "").strip() for text in tried) + (
        f" (but not {', '.join(absent)})" if absent else ""
    )


def _one_with_numbers(trial: Trial, name: str, on_the_left: bool) -> None:
    for x, c in itertools.product((2.0, 5.0, 0.5, 7.0, -3.0), (3, 2.5, 2, 49.0, 0.1, 0, -1)):
        operands, kinds = ((c, x), "cx") if on_the_left else ((x, c), "xc")
        if not points.is_inside(trial.rules[name], operands, kinds, REACH):
            continue
        e = Expression((x,), ((name, (1, 0) if on_the_left else (0, 1)),), (c,))
        truth = exact(e, trial.rules)
        assert truth is not None, kinds
        t = trial.transcript()
        leaves = t.leaves(e)
        y = t.run(e, leaves)[-1]
        rounded = OPERATORS[name](c, x) if on_the_left else OPERATORS[name](x, c)
        t.claim_number(y, rounded, 0.0 if name in ("add", "sub", "mul") else abs(rounded) * FEW_ULPS)
        t.backward(y)
        t.claim_gradients(leaves, truth)


def values_as_exponents(trial: Trial) -> None:
    """``x ** y`` where both vary."""
    if "pow" not in trial.engine.functions or ("pow", "vv") in trial.avoided:
        raise Unsupported("it has no **")
    error = trial.forms["pow"]["vv"]
    if error is not None:
        raise Unsupported(error.message)
    trial.blamed["values as exponents"] = frozenset({("pow", "vv")})
    for a, b in itertools.product((2.0, 3.0, 0.5, 1.0), (3.0, 2.0, -1.0, 0.5, 0.0)):
        _claim(trial, Expression((a, b), (("pow", (0, 1)),)))
    trial.blamed["values as exponents"] = frozenset()


def whole_numbers(trial: Trial) -> None:
    """Leaves that were made from ints, at which ``//`` for ``/`` and the like would show."""
    for name, rule in trial.rules.items():
        for xs in itertools.product((7, 2, -3, 1), repeat=rule.arity):
            for kinds in points.kinds_of(rule.arity)[:2]:
                if trial.allows(name, kinds) and points.is_inside(rule, [*map(float, xs)], kinds, REACH):
                    n = kinds.count("x")
                    e = Expression(xs[:n], ((name, tuple(range(rule.arity))),), xs[n:])
                    try:
                        _claim(trial, e)
                    except Failed:
                        if _is_right_in_floats(trial, e):  # else it isn't because of the whole numbers
                            raise


def _is_right_in_floats(trial: Trial, e: Expression) -> bool:
    try:
        _claim(trial, Expression(tuple(map(float, e.point)), e.steps, tuple(map(float, e.constants))))
    except Failed:
        return False
    return True


def _claim(trial: Trial, e: Expression) -> None:
    """Value and gradient of the expression are right."""
    truth = exact(e, trial.rules)
    assert truth is not None
    t = trial.transcript()
    leaves = t.leaves(e)
    y = t.run(e, leaves)[-1]
    t.claim_number(y, truth.value, truth.value_bound)
    t.backward(y)
    t.claim_gradients(leaves, truth)


def in_place(trial: Trial) -> str:
    """``z = x; z += y`` is ``z = x + y``."""
    tried = []
    for name, augmented in (
        ("add", operator.iadd),
        ("sub", operator.isub),
        ("mul", operator.imul),
        ("div", operator.itruediv),
    ):
        if name not in trial.engine.functions or not trial.allows(name, "xx"):
            continue
        symbol = f"{SYMBOLS[name]}="
        tried.append(symbol)
        t = trial.transcript()
        x, y = t.leaf(3.0), t.leaf(2.0)
        t.lines.append(f"y0 = {x.text}")
        z = Variable("y0", t.do(f"y0 {symbol} {y.text}", augmented, x.it, y.it))
        t.claim_number(x, 3.0, why=f"`{symbol}` has changed the old number")
        t.claim_number(z, OPERATORS[name](3.0, 2.0), FEW_ULPS)
        t.backward(z)
        truth = exact(Expression((3.0, 2.0), ((name, (0, 1)),)), trial.rules)
        assert truth is not None
        t.claim_gradients([x, y], truth)
    if not tried:
        raise Unsupported("it has no operators for two numbers")
    return " ".join(tried)


def comparison(trial: Trial) -> str:
    """``<`` and its like compare the numbers."""
    signs = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
    methods = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
    own = [s for s in signs if getattr(trial.engine.cls, methods[s], None) is not getattr(object, methods[s])]
    if not own:
        raise Unsupported("it has no < and >")
    for sign in own:
        for a, b in ((1.0, 2.0), (2.0, 1.0), (2.0, 2.0)):
            t = trial.transcript()
            x, y = t.leaf(a), t.leaf(b)
            for text, other in ((y.text, y.it), (repr(b), b)):
                line = f"{x.text} {sign} {text}"
                got = t.do(f"print({line})", signs[sign], x.it, other)
                t.claim(bool(got) == signs[sign](a, b), f"`{line}` is {bool(got)} for {a} {sign} {b}")
    return " ".join(own)


def operands_are_kept(trial: Trial) -> None:
    """Neither an operation nor the backward pass changes a number."""

    def body(t: Transcript, e: Expression) -> None:
        slots = t.run(e)
        variables = [x for x in slots if isinstance(x, Variable)]
        for x, number in zip(variables, e.point):
            t.claim_number(x, number, why="an operation has changed it")
        before = [t.number(x) for x in variables]
        t.backward(variables[-1])
        for x, number in zip(variables, before):
            t.claim_number(x, number, why="the backward pass has changed it")

    for name in (*BINARY_OPERATORS, "neg"):
        for e in itertools.islice(_steps(trial, name) if name in trial.rules else (), 2):
            body(trial.transcript(), e)
    trial.for_all(trial.expressions(*BINARY_OPERATORS, "neg"), body, share=0.3)
