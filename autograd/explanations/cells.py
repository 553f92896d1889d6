"""Formulas as spreadsheets have them. In a spreadsheet a sign binds more tightly than a power: -x^2 is (-x)^2 there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from autograd.engine.notation import CASES
from autograd.explanations.algebra import CHAIN, MANY, Rest, Symbol, is_number, rule_of
from autograd.views.expression import Condition

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


class _Cell(NamedTuple):
    text: str
    binding: int = _ATOM


_OPERATORS: Final = {  # how tightly the whole binds, and each operand has to
    "add": ("{0}+{1}", _SUM, (_SUM, _SUM + 1)),
    "sub": ("{0}-{1}", _SUM, (_SUM, _SUM + 1)),
    "mul": ("{0}*{1}", _PRODUCT, (_PRODUCT, _PRODUCT + 1)),
    "div": ("{0}/{1}", _PRODUCT, (_PRODUCT, _PRODUCT + 1)),
    "ratio": ("{0}/{1}", _PRODUCT, (_PRODUCT, _PRODUCT + 1)),
    "pow": ("{0}^{1}", _POWER, (_ATOM, _ATOM)),
    "power": ("{0}^{1}", _POWER, (_ATOM, _ATOM)),
    "neg": ("-{0}", _SUM, (_ATOM,)),
}
_FUNCTIONS: Final = {
    "abs": "ABS({0})",
    "mod": "MOD({0},{1})",
    "floordiv": "INT({0}/{1})",
    "exp": "EXP({0})",
    "expm1": "(EXP({0})-1)",
    "log": "LN({0})",
    "log1p": "LN(1+{0})",
    "log2": "LOG({0},2)",
    "log10": "LOG10({0})",
    "sqrt": "SQRT({0})",
    "cbrt": "(SIGN({0})*ABS({0})^(1/3))",
    **{name: name.upper() + "({0})" for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
    **{name: name.upper() + "({0})" for name in ("asinh", "acosh", "atanh", "sign", "erf", "erfc", "trunc")},
    "sech": "(1/COSH({0}))",
    "sigmoid": "(1/(1+EXP(-{0})))",
    "sigmoid_slope": "(1/((1+EXP(-{0}))*(1+EXP({0}))))",
    "softplus": "(MAX({0},0)+LN(1+EXP(-ABS({0}))))",
    "log_sigmoid": "(MIN({0},0)-LN(1+EXP(-ABS({0}))))",
    "relu": "MAX({0},0)",
    "silu": "({0}/(1+EXP(-{0})))",
    "gelu": "({0}*NORMSDIST({0}))",
    "ndtr": "NORMSDIST({0})",
    "log_ndtr": "LN(NORMSDIST({0}))",
    "inverse_mills": "(EXP(-({0}*{0})/2)/SQRT(2*PI())/NORMSDIST({0}))",
    "erfinv": "(NORMSINV(({0}+1)/2)/SQRT(2))",
    "logit": "LN({0}/(1-{0}))",
    "lgamma": "GAMMALN({0})",
    "sinc": "IF({0}=0,1,SIN(PI()*{0})/(PI()*{0}))",
    "floor": "INT({0})",
    "ceil": "(-INT(-{0}))",
    "stop_gradient": "({0})",
    "maximum": "MAX({0},{1})",
    "minimum": "MIN({0},{1})",
    "hypot": "SQRT({0}*{0}+{1}*{1})",
    "atan2": "ATAN2({1},{0})",
    "logaddexp": "(MAX({0},{1})+LN(1+EXP(-ABS({0}-{1}))))",
    "xlogy": "IF({0}=0,0,{0}*LN({1}))",
    "leaky_relu": "IF({0}>0,{0},{1}*{0})",
    "elu": "IF({0}>0,{0},{1}*(EXP({0})-1))",
    "direction": "IF({0}=0,0,{0}/SQRT({0}*{0}+{1}*{1}))",
    "one_minus_square": "((1-{0})*(1+{0}))",
}
_CONDITIONS: Final = {"<": "{0}<{1}", "<=": "{0}<={1}", ">": "{0}>{1}", ">=": "{0}>={1}"}
_JOINED: Final = {"and": "AND({0},{1})", "or": "OR({0},{1})", "not": "NOT({0})"}


def cell_formula(e: Any, cell: Callable[[Symbol], str]) -> str:
    """A formula for a cell, without the equals sign. It recurses over the formula, which is short.

    Args:
        e: the formula.
        cell: the address of a symbol's cell, or another formula, in brackets.

    Raises:
        ValueError: spreadsheets don't have a function in it.

    >>> from autograd.engine.rules import RULES
    >>> x = Symbol("x", 2.0)
    >>> cell_formula(-RULES["pow"](1 - x, 2.0) * RULES["sigmoid"](x), lambda symbol: "C1")
    '(-((1-C1)^2))*(1/(1+EXP(-C1)))'
    """
    return _written(e, cell).text


def _written(e: Any, cell: Callable[[Symbol], str]) -> _Cell:
    if is_number(e):
        return _number(e)
    if isinstance(e, Symbol):
        return _Cell(cell(e)) if isinstance(e.leaf, str) else _number(e.leaf)
    if isinstance(e, Rest):
        raise ValueError("a sum is too long for the formula of a cell")
    operands = [_written(x, cell) for x in e.operands]
    if isinstance(e, Condition):
        symbol = e.notation.symbol
        return _Cell((_CONDITIONS.get(symbol) or _JOINED[symbol]).format(*(x.text for x in operands)))
    if e.notation is None:
        return _Cell("PI()") if e.leaf == "π" else _number(e.leaf)
    if e.notation is CASES:
        *pairs, otherwise = [x.text for x in operands]
        for value, condition in reversed(list(zip(pairs[::2], pairs[1::2]))):
            otherwise = f"IF({condition},{value},{otherwise})"
        return _Cell(otherwise)
    if e.notation is CHAIN or e.notation is MANY:
        sign, binding = ("*", _PRODUCT) if e.notation is CHAIN else ("+", _SUM)
        return _Cell(sign.join(_bracketed(x, binding + (i > 0)) for i, x in enumerate(operands)), binding)
    rule = rule_of(e)
    name = rule.name if rule else ""
    if name in _OPERATORS:
        template, binding, needs = _OPERATORS[name]
        return _Cell(template.format(*(_bracketed(x, need) for x, need in zip(operands, needs))), binding)
    if name in _FUNCTIONS:
        return _Cell(_filled(_FUNCTIONS[name], operands))
    if rule and rule.definition is not None:
        try:
            return _Cell(f"({_written(rule.definition(*e.operands), cell).text})")
        except TypeError:
            pass
    raise ValueError(f"a spreadsheet has no function for {name or e.notation.symbol!r:.40}; write the Value by others")


def _number(x: Any) -> _Cell:
    if not math.isfinite(x):
        raise ValueError(f"a spreadsheet has no number {x!r}")
    text = repr(int(x) if x == int(x) and abs(x) < 1e15 else float(x)).upper()
    return _Cell(text, _SUM if x < 0 else _ATOM)


def _bracketed(x: _Cell, needed: int) -> str:
    return f"({x.text})" if x.binding < needed else x.text


def _filled(template: str, operands: list[_Cell]) -> str:
    """The template with the operands in it, in brackets unless they are whole arguments."""

    def operand(found: re.Match[str]) -> str:
        x = operands[int(found[2])]
        whole = found[1] in "(," and template[found.end() : found.end() + 1] in (")", ",")
        return found[1] + (x.text if whole else _bracketed(x, _ATOM))

    return re.sub(r"(.)\{(\d)\}", operand, template)
