"""Formulas of the chain rule: written numbers that know their value, and the short list of rules that simplify them.

A formula is an ``Expression`` of ``views``, whose leaves here are numbers and :class:`Symbol`. Partials come from the
rule table, which writes them down by itself when it is given symbols. What is simplified is what anybody simplifies on
paper: a factor 1 or 0, a sign, constants that are multiplied, the exponent 1. Nothing else.

>>> x = Symbol("x", 3.0)
>>> text(product([0.5, product([2, x])])), text(product([-1, simplified(RULES["pow"](x, 1.0))]))
('x', '-x')
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from autograd.engine import rules
from autograd.engine.notation import CASES, NEGATION, TEXT, Look, Notation
from autograd.engine.rules import RULES, Rule
from autograd.engine.styles import ATOM, MINUS, PRODUCT, SUM, Style, Written, row
from autograd.views.expression import Condition, Expression

_dot: Final = Look("{all}", PRODUCT, (ATOM, MINUS), between=r" \cdot ")
CHAIN: Final = Notation(  # the factors of the chain rule
    "·",
    Look("{all}", PRODUCT, (ATOM, MINUS), between=" · "),
    _dot,
    Look("<mrow>{all}</mrow>", PRODUCT, (ATOM, MINUS), between="<mo>⋅</mo>"),
)
MANY: Final = Notation(  # the terms of a sum: the first may be signed, those that follow stand in brackets if they are
    "+",
    Look("{all}", SUM, (SUM, SUM + 1), between=" + "),
    Look("{all}", SUM, (SUM, SUM + 1), between=" + "),
    Look("<mrow>{all}</mrow>", SUM, (SUM, SUM + 1), between="<mo>+</mo>"),
)
SHOWN: Final = 6  # a sum of more terms is written with the first two and the last


class Symbol(Expression):
    """A number with a name; with ``below``, the derivative of one Value by another.

    Args:
        leaf: the name.
        number: its value.
        below: of a derivative ∂leaf/∂below, the Value that it is taken with respect to.
    """

    __slots__ = ("below", "number")

    def __init__(self, leaf: str | float, number: float = math.nan, below: str = "") -> None:
        super().__init__(leaf)
        self.number = number if isinstance(leaf, str) else leaf  # the table's rows write constants so
        self.below = below


class Rest(Expression):
    """What a long sum leaves out; ``count`` is how many terms it has in all."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        super().__init__("…")
        self.count = count


# --- The rules ---


def simplified(e: Any) -> Any:
    """The formula without factors 1 and 0, exponents 1, double signs; constants are multiplied.

    It recurses over the formula of one partial, which is a few operations deep.
    """
    if not isinstance(e, Expression):
        return e
    if e.notation is None:
        return e.leaf if is_number(e.leaf) else e
    rule = rule_of(e)
    if rule is None:  # cases
        return Expression("", e.notation, tuple(simplified(x) for x in e.operands))
    operands = [simplified(x) for x in e.operands]
    if rule is rules.neg:
        return product([-1, *operands])
    if rule is rules.mul:
        return product(operands)
    if rule in (rules.add, rules.sub):
        a, b = operands
        return total([a, product([-1, b])] if rule is rules.sub else [a, b])
    if rule in (rules.pow, rules.power) and is_number(operands[1]) and operands[1] in (0, 1):
        return operands[0] if operands[1] == 1 else 1
    if rule in (rules.div, rules.ratio):
        return _quotient(rule, *operands)
    return Expression("", rule.notation, tuple(operands))


def product(factors: Iterable[Any]) -> Any:
    """The product: its constants multiplied, the sign in front, 0 if a factor is."""
    constant = 1.0
    others: list[Any] = []
    for factor in factors:
        c, more = _factors(factor)
        constant *= c
        others += more
    if constant == 0:
        return 0
    if not others:
        return _whole(constant)
    body = others[0]
    if abs(constant) != 1:
        others.insert(0, _whole(abs(constant)))
        body = others[0]
    for factor in others[1:]:
        body = Expression("", rules.mul.notation, (body, factor))
    return Expression("", NEGATION, (body,)) if constant < 0 else body


def total(terms: Iterable[Any]) -> Any:
    """The sum: constants added, terms 0 left out, a negative term subtracted."""
    constant = 0.0
    body: Any = None
    for term in terms:
        if is_number(term):
            constant += term
            if constant == 0 or body is not None:
                continue
            term, constant = _whole(constant), 0.0  # a constant in front stays there: 1 - x
        c, factors = _factors(term)
        if body is None or (is_number(body) and body == 0):
            body = term
        elif c < 0:
            body = Expression("", rules.sub.notation, (body, product([-c, *factors])))
        else:
            body = Expression("", rules.add.notation, (body, term))
    if body is None:
        return _whole(constant)
    if constant == 0:
        return body
    if is_number(body):
        return _whole(body + constant)
    how = rules.sub if constant < 0 else rules.add
    return Expression("", how.notation, (body, _whole(abs(constant))))


def long_sum(terms: Sequence[Any], write: Callable[[Any], Any] = lambda term: term) -> Any:
    """The sum; of a long one the first terms and the last. ``write`` makes a formula of a term."""
    if len(terms) <= SHOWN:
        return total(map(write, terms))
    first, second, last = map(write, (*terms[:2], terms[-1]))
    return Expression("", MANY, (first, second, Rest(len(terms)), last))


def sum_as_written(terms: Sequence[tuple[int, Any]], write: Callable[[Any], Any]) -> Any:
    """The sum of terms with their signs, which nothing is done to; of a long one the first terms and the last."""
    if len(terms) > SHOWN:
        few = [_signed(sign, write(x)) for sign, x in (*terms[:2], terms[-1])]
        return Expression("", MANY, (*few[:2], Rest(len(terms)), few[2]))
    body = _signed(terms[0][0], write(terms[0][1]))
    for sign, x in terms[1:]:
        body = Expression("", (rules.sub if sign < 0 else rules.add).notation, (body, write(x)))
    return body


def _signed(sign: int, e: Any) -> Any:
    return e if sign > 0 else Expression("", NEGATION, (e,))


def left_out(e: Any) -> int:
    """Of a formula with a long sum in it: how many terms that has; else 0."""
    if isinstance(e, Rest):
        return e.count
    return max((left_out(x) for x in getattr(e, "operands", ())), default=0)


def names_in(formulas: Iterable[Any]) -> set[str]:
    """The names in some formulas; of a derivative, both."""
    found: set[str] = set()
    stack = list(formulas)
    while stack:
        e = stack.pop()
        stack += getattr(e, "operands", ())
        if isinstance(e, Symbol):
            found |= {str(e.leaf), e.below}
    return found


def is_row(rule: Rule) -> bool:
    """Whether it is a row of the table, and not an operation that somebody made by hand."""
    return RULES.get(rule.name) is rule


def operation(rule: Rule, operands: Sequence[Any]) -> Any:
    """The operation, written."""
    return Expression("", rule.notation, tuple(operands))


def chain(factors: Sequence[Any]) -> Any:
    """A product as the chain rule has it: every factor is written."""
    return factors[0] if len(factors) == 1 else Expression("", CHAIN, tuple(factors))


def sum_of_chains(terms: Sequence[Any]) -> Any:
    """The sum over the uses of a Value."""
    if len(terms) == 1:
        return terms[0]
    return Expression("", MANY, tuple(terms))


def _quotient(rule: Rule, a: Any, b: Any) -> Any:
    if is_number(b) and b == 1:
        return a
    if is_number(a) and a == 0:
        return 0
    constant, factors = _factors(a)
    if is_number(b) and factors and constant % b == 0:
        return product([constant / b, *factors])
    if constant < 0:
        return product([-1, Expression("", rule.notation, (product([-constant, *factors]), b))])
    return Expression("", rule.notation, (a, b))


def _factors(e: Any) -> tuple[float, list[Any]]:
    """The constant in front of a product, and its other factors."""
    if is_number(e):
        return (float(e), []) if e - e == 0 else (1.0, [e])
    if e.notation is NEGATION or e.notation is rules.neg.notation:
        c, factors = _factors(e.operands[0])
        return -c, factors
    if e.notation is not rules.mul.notation:
        return 1.0, [e]
    constant, found = 1.0, []
    while isinstance(e, Expression) and e.notation is rules.mul.notation:  # a product leans to the left
        c, factors = _factors(e.operands[1])
        constant *= c
        found.append(factors)
        e = e.operands[0]
    c, factors = _factors(e)
    return constant * c, factors + [x for some in reversed(found) for x in some]


def is_number(e: Any) -> bool:
    """Whether it is a constant."""
    return isinstance(e, (float, int))


def _whole(x: float) -> float:
    return int(x) if x == int(x) and abs(x) < 2**53 else x


# --- What it is worth ---


def rule_of(e: Expression) -> Rule | None:
    """The row of the table that the operation is; None for a choice of cases."""
    if e.notation is NEGATION:
        return rules.neg
    if e.notation not in _by_notation:
        _by_notation.update((rule.notation, rule) for rule in RULES.values())
    return _by_notation.get(e.notation)


_by_notation: dict[Notation | None, Rule] = {}

_HOLDS: Final[dict[str, Callable[..., bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
}


def evaluated(e: Any) -> float:
    """The value of a formula at its symbols' numbers. It recurses over the formula, which is short.

    Raises:
        ArithmeticError, ValueError: as the operations do.
    """
    if is_number(e):
        return float(e)
    if isinstance(e, Symbol):
        return float(e.number)
    if isinstance(e, Condition):
        return float(_HOLDS[e.notation.symbol](*map(evaluated, e.operands)))
    if e.notation is CASES:
        *pairs, otherwise = e.operands
        for value, condition in zip(pairs[::2], pairs[1::2]):
            if evaluated(condition):
                return evaluated(value)
        return evaluated(otherwise)
    numbers = [evaluated(x) for x in e.operands]
    if e.notation is CHAIN:
        worth = 1.0
        for x in numbers:
            worth *= x
        return worth
    if e.notation is MANY:
        return sum(numbers)
    if e.notation is None:
        return math.pi if e.leaf == "π" else float(e.leaf)
    rule = rule_of(e)
    if rule is None:
        raise ValueError(f"{e!r} has no value")
    return rule.total(*numbers)


# --- How it is written ---


def written(e: Any, style: Style, numbers: bool, digits: int) -> Written:
    """The formula in a style; with ``numbers``, the symbols' numbers in their places."""
    if is_number(e):
        return style.half() if e == 0.5 else style.number(e, digits)
    if isinstance(e, Symbol):
        return style.number(e.number, digits) if numbers else named(e, style)
    if isinstance(e, Rest):
        return Written(style.ellipsis)
    if e.notation is None:
        return style.label(str(e.leaf))
    notation: Notation = e.notation
    return notation.write(style, [written(x, style, numbers, digits) for x in e.operands])


def named(symbol: Symbol, style: Style) -> Written:
    """The name; of a derivative, a fraction."""
    if not symbol.below:
        return Written(_name(symbol.leaf, style))
    above, below = _name(symbol.leaf, style), _name(symbol.below, style)
    if style.name == "latex":
        return Written(rf"\frac{{\partial {above}}}{{\partial {below}}}", ATOM, tall=True)
    if style.name == "mathml":
        over, under = (row(f"<mi>∂</mi>{name}", 2) for name in (above, below))
        return Written(f"<mfrac>{over}{under}</mfrac>", ATOM, tall=True)
    return Written(f"∂{above}/∂{below}")


def _name(name: str | float, style: Style) -> str:
    label = str(name)
    if style.name == "text":
        return label if _PLAIN.fullmatch(label) and label not in _WORDS else repr(label)
    return style.label(label).text if "/" not in label else style.words(label)


_PLAIN: Final = re.compile(r"[^\W\d]\w*(\[\d+(,\d+)*\])?")  # w5, and w1[2,3] of a layer
_WORDS: Final = ("if", "else", "and", "or", "not", "inf", "nan")


def text(e: Any, numbers: bool = False, digits: int = 6) -> str:
    """The formula as plain text."""
    return written(e, TEXT, numbers, digits).text
