"""The rule table: what every primitive is, how it is computed, and its partial derivatives. Each is written once.

A row names a primitive ``y = f(x)`` or ``y = f(a, b)`` and gives, in this order,

- its value on floats, taken from ``math`` where ``math`` has it to the last digits;
- its partial derivatives, as ordinary expressions in the operands and the result: ``y`` for ``exp``, ``cos(x)`` for
  ``sin``;
- its domain;
- then, by keyword, its notation and further properties.

Because a partial is an ordinary expression, the same row serves floats, Values (derivatives of derivatives), traced
Values (compiled code), fractions (exact), ``mpmath.mpf`` (any precision) and SymPy symbols (the formula on paper).
A kind of number or a back end that lacks the function computes it by the row's ``definition``, in terms of other rows.

Where there is a choice, an expression is the one that stays accurate, in its own derivatives too. The derivative of σ
is σ(x)·σ(-x) and not σ·(1 - σ), which is the same function but has lost half its digits at x = 20. The derivative of
tanh is sech² and not 1 - tanh².

At a point without a single derivative the table gives the field's usual one:
relu'(0) = 0, |x|'(0) = 0, sign' = floor' = 0 everywhere, a tie in maximum or minimum gives ½ to each operand,
hypot'(0, 0) = 0, √x and x^b with 0 < b < 1 give +inf at 0, x^0 gives 0 for the base, also at 0; 0^b doesn't vary with
b, nor do its derivatives by the base; leaky_relu and elu have at 0 the derivatives of their left branch. At an infinity a derivative is its limit, where there is one.

A partial that is the whole number 0 is 0 *by the table*: the result doesn't depend on that operand here. It stops the
derivative, also an infinite one. A computed 0.0 doesn't: 0 · ∞ is NaN.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from autograd.engine import floats, special
from autograd.engine.kinds import is_symbolic, library, like, own_function, plain, where
from autograd.engine.kinds import power as exact_power
from autograd.engine.notation import (
    Notation,
    call,
    derivative_of_order,
    exponential,
    exponential_minus_1,
    fence,
    fraction,
    infix,
    logarithm_of_1_plus,
    prefix,
    raised,
    root,
)
from autograd.engine.partials import (
    at_tie,
    by_base,
    by_exponent,
    change_of_mills_slope,
    direction_of_any_kind,
    floordiv_of_any_kind,
    gauss,
    lgamma_of_any_kind,
    log_of_normal_cdf,
    log_of_sum,
    log_or_limit,
    mod_of_any_kind,
    no_derivative,
    normal_cdf,
    normal_density,
    pi,
    power_of_any_kind,
    ratio_of_any_kind,
    share_of_sum,
    sinc_of_any_kind,
    square,
    tame,
    times_exp,
    xlogy_of_any_kind,
)
from autograd.engine.styles import PRODUCT, SUM
from autograd.errors import NoExactValue

Function = Callable[..., Any]


class Domain(NamedTuple):
    """Where a primitive is defined: the condition as text, and as a predicate of the operands."""

    text: str
    contains: Callable[..., Any]


class Rule:
    """One row of the table. Calling it applies the primitive to operands of any kind of number.

    Args:
        name: of the primitive.
        value: its value on floats; it may raise what ``math`` raises.
        partials: the derivative by each operand, of the operands and the result, of any kind of number.
        domain: where it is defined.
        notation: how it is written in formulas; as a function, if it isn't given.
        textbook: the partials as the textbook has them, where they are others; None: the partial itself.
        definition: the value in terms of other rows, on any kind of number.
        fit: the same to double precision only: a series or a fit, for floats and traced numbers.
        limit: the value on floats where ``value`` raises; if it isn't given, infinite where it overflows, else NaN.
        ulps: how far a partial on floats may be from the truth: a number, or a function of the operands.
        bounded: whether the value and the derivatives of every order are finite at all finite operands.
        commutative: whether f(a, b) is f(b, a).
        elsewhere: the libraries that have the function, and its names there: ``"mpmath sympy numpy:arcsin"``.
        constant: which operands are constants, by which there is no derivative.
        public: whether programs call it by its name, or it is only there for other rows.

    >>> sin.name, sin.arity, sin.domain.text
    ('sin', 1, 'finite x')
    >>> sin(0.0), [partial(0.0, 0.0) for partial in sin.partials]
    (0.0, [1.0])
    """

    __slots__ = (
        *("arity", "bounded", "commutative", "constant", "definition", "domain", "elsewhere", "fit", "is_written_out"),
        *("limit", "name", "notation", "partials", "public", "symbol", "textbook", "ulps", "value"),
    )

    def __init__(
        self,
        name: str,
        value: Function,
        partials: tuple[Function, ...],
        domain: Domain,
        *,
        notation: Notation | None = None,
        textbook: tuple[Function | None, ...] = (),
        definition: Function | None = None,
        fit: Function | None = None,
        limit: Function | None = None,
        ulps: Function | float = 4.0,
        bounded: bool = False,
        commutative: bool = False,
        elsewhere: str = "",
        constant: tuple[int, ...] = (),
        public: bool = True,
    ) -> None:
        self.name = name
        self.arity = len(partials)
        self.value = value
        self.partials = partials
        self.domain = domain
        self.notation = notation or call(name)
        self.symbol = self.notation.symbol or name  # in a picture
        self.textbook = tuple(given or partial for given, partial in zip(textbook, partials)) or partials
        self.definition = definition
        self.fit = fit
        self.limit = limit
        self.ulps = ulps
        self.bounded = bounded
        self.commutative = commutative
        self.constant = constant
        self.public = public
        self.elsewhere = _names_elsewhere(name, elsewhere)
        self.is_written_out = False  # in Value: the four arithmetic operators, and the sign

    def __repr__(self) -> str:
        return f"<rule {self.name or 'leaf'}>"

    def __reduce__(self) -> tuple[Function, tuple[str]]:
        if not self.public and RULES.get(self.name) is not self:
            raise TypeError(
                f"an operation of {self.name}, which is no row of the rule table, can't be pickled; "
                "pickle the numbers that it was computed from, or make it a row with @primitive"
            )
        return named, (self.name,)

    def __call__(self, *operands: Any) -> Any:
        for x in operands:
            if type(x) is not float:
                return self._on_another_kind(operands)
        try:
            return self.value(*operands)
        except (ArithmeticError, ValueError) as error:
            raise undefined(self, error, operands) from None

    def total(self, *operands: float) -> float:
        """The value on floats as IEEE 754 has it: where ``value`` raises, infinite or NaN."""
        try:
            return float(self.value(*operands))
        except (ArithmeticError, ValueError) as error:
            if self.limit is not None:
                return float(self.limit(*operands))
            return math.inf if isinstance(error, OverflowError) else math.nan

    def _on_another_kind(self, operands: tuple[Any, ...]) -> Any:
        top = None  # a number that carries a derivative does the operation itself, the one of the innermost level
        for x in operands:
            if isinstance(x, (float, int)):
                continue
            if hasattr(type(x), "__apply_rule__"):
                if top is None or x.level > top.level:
                    top = x
            elif hasattr(x, "ndim"):
                return self._on_arrays(operands)
        if top is not None:
            return top.__apply_rule__(self, operands)
        if not any(library(x) in ("mpmath", "sympy", "fractions", "decimal") for x in operands):
            return self(*(real(x) for x in operands))
        decimal = next((x for x in operands if library(x) == "decimal"), None)
        if decimal is not None:  # Python doesn't let a float stand beside it
            operands = tuple(like(decimal, x) if isinstance(x, (float, int)) else x for x in operands)
        if not any(is_symbolic(x) for x in operands) and not self.domain.contains(*operands):
            divided_by_zero = self in (div, mod, floordiv) or (self is pow and operands[0] == 0)
            raise undefined(self, ZeroDivisionError() if divided_by_zero else ValueError(), operands)
        function = own_function(self.elsewhere, operands) or self.definition
        try:
            if function is not None:
                y = function(*operands)
                return like(decimal, y) if decimal is not None and isinstance(y, int) else y
        except NoExactValue:
            pass
        kind = next(type(x).__name__ for x in operands if not isinstance(x, (float, int)))
        raise NoExactValue(f"{self.name} of a {kind} has no exact value: convert to float or mpmath.mpf first")

    def _on_arrays(self, operands: tuple[Any, ...]) -> Any:
        if any(getattr(x, "ndim", 0) for x in operands):
            from autograd.engine.arrays import elementwise

            return elementwise(self, operands)
        return self(*(plain(x) for x in operands))  # NumPy's scalars


def real(x: Any) -> float:
    """x as a float, for any real number, NumPy's scalars included.

    Raises:
        TypeError: x is text, complex, an array, or no number at all.
    """
    if type(x) is float:
        return x
    if getattr(x, "ndim", None) == 0:
        x = x.item()  # NumPy's scalars; of a complex one, a complex number
    if not hasattr(type(x), "__float__") or hasattr(type(x), "__apply_rule__") or getattr(x, "ndim", None):
        cure = "; for each of several write [f(x) for x in xs]" if isinstance(x, (list, tuple)) else ""
        raise TypeError(f"a real number is needed, not {type(x).__name__}: {x!r:.60}{cure}")
    return float(x)


def _names_elsewhere(name: str, elsewhere: str) -> dict[str, tuple[str, ...]]:
    """By library the names that a function has there: ``"mpmath numpy:divide,true_divide"``."""
    found = {}
    for entry in elsewhere.split():
        where_, _, names = entry.partition(":")
        found[where_] = tuple((names or name).split(","))
    return found


def undefined(rule: Rule, error: Exception, operands: Any, labels: tuple[str, ...] = ()) -> Exception:
    """The same kind of exception as ``error``, saying which operation failed, at which operands, and its domain."""
    at = ", ".join(f"{x!r}" for x in operands)
    named = ", ".join(f"operand {label!r} = {x!r}" for label, x in zip(labels, operands) if label)
    where_ = f"{at} ({named})" if named else at
    if isinstance(error, OverflowError):
        told: Exception = OverflowError(f"{rule.name} overflows at {where_}: the result is beyond 1.8e308")
    else:
        told = type(error)(f"{rule.name} is undefined at {where_}; its domain is {rule.domain.text}")
    told.__suppress_context__ = True  # what "from None" does, which mypyc leaves out
    return told


def _ulps_of_square(x: float) -> float:
    return 4.0 + x * x  # x², in an exponent, is rounded


def _ulps_of_power(a: float, b: float) -> float:
    return 4.0 if b >= 0.5 or a == 0.0 else 4.0 + abs((b - 1.0) * math.log(abs(a)))  # b - 1 is rounded


def _ulps_of_mills_slope(x: float) -> float:
    return 64.0 + 8.0 * min(max(-x, 0.0), 60.0) ** 4  # far below 0, a small difference; beyond -60 a series


def _ulps_of_erfinv(x: float) -> float:
    y = float(special.erfinv(x))
    return 4.0 + 6.0 * y * y  # y is off by up to 2.6 ulp, and its square is an exponent


def _ulps_of_share(a: float, b: float) -> float:
    return 4.0 + abs(a - b)  # the difference is rounded, and an exponent


def _ulps_of_polygamma(n: float, x: float) -> float:
    return 6.0 + 2.0 * n  # a power of a rounded number


# --- Domains. Unary primitives call their operand x, binary ones a and b. ---

ALL: Final = Domain("every x", lambda x: True)
PAIRS: Final = Domain("every a and b", lambda a, b: True)
FINITE: Final = Domain("finite x", lambda x: abs(x) < math.inf)
POSITIVE: Final = Domain("x > 0", lambda x: x > 0)
NOT_NEGATIVE: Final = Domain("x >= 0", lambda x: x >= 0)
ABOVE_MINUS_1: Final = Domain("x > -1", lambda x: x > -1)
UNIT: Final = Domain("-1 <= x <= 1", lambda x: -1 <= x <= 1)
INSIDE_UNIT: Final = Domain("-1 < x < 1", lambda x: -1 < x < 1)
PROBABILITY: Final = Domain("0 < x < 1", lambda x: 0 < x < 1)
FROM_1: Final = Domain("x >= 1", lambda x: x >= 1)
NO_POLE: Final = Domain("every x but 0, -1, -2, ...", lambda x: x > 0 or (x > -math.inf and x % 1 != 0))
NONZERO_B: Final = Domain("b != 0", lambda a, b: b != 0)
POWER: Final = Domain(
    "a > 0, or a = 0 and b >= 0, or a < 0 and b a whole number",
    lambda a, b: a > 0 or (b >= 0 if a == 0 else b % 1 == 0),
)
LOG_OF_B: Final = Domain("b > 0, or a = 0", lambda a, b: b > 0 or a == 0)
ORDER_AND_NO_POLE: Final = Domain(
    "whole a from 0 to 100, b no pole", lambda a, b: _is_order(a) and bool(NO_POLE.contains(b))
)
ORDER: Final = Domain("whole a from 0 to 100", lambda a, b: _is_order(a))


def _is_order(n: float) -> bool:
    return 0 <= n <= 100 and n % 1 == 0


def _within(domain: Domain, function: Function) -> Function:
    """The function, refusing what is outside the domain as ``math`` does."""

    def value(*operands: float) -> float:
        if not domain.contains(*operands) and all(x == x for x in operands):
            raise ValueError
        return float(function(*operands))

    return value


RULES: Final[dict[str, Rule]] = {}


def named(name: str) -> Rule:
    """The row of that name.

    Raises:
        KeyError: there is none.
    """
    return RULES[name] if name in RULES else {"": LEAF, "rest": REST}[name]


def of_ufunc(name: str, operands: int) -> Rule | None:
    """The row that NumPy's or SciPy's function of that name and number of operands computes; None: none does."""
    if name not in _BY_UFUNC:
        for rule in RULES.values():
            for library_ in ("numpy", "scipy"):
                _BY_UFUNC.update(dict.fromkeys(rule.elsewhere.get(library_, ()), rule))
    rule_ = _BY_UFUNC.get(name)
    return None if rule_ is None or rule_.arity != operands else rule_


_BY_UFUNC: Final[dict[str, Rule]] = {}


def _unary(name: str, value: Function, dx: Function, domain: Domain = ALL, **more: Any) -> Rule:
    return RULES.setdefault(name, Rule(name, value, (dx,), domain, **more))


def _binary(name: str, value: Function, da: Function, db: Function, domain: Domain = PAIRS, **more: Any) -> Rule:
    return RULES.setdefault(name, Rule(name, value, (da, db), domain, **more))


LEAF: Final = Rule("", lambda: None, (), Domain("", lambda: True))  # a number that no operation made
REST: Final = Rule("rest", lambda: None, (), Domain("", lambda: True))  # holds the third and further operands of one

# Rows that the partials of earlier rows mention.
cos: Rule
cosh: Rule
digamma: Rule
direction: Rule
erf: Rule
erfc: Rule
floordiv: Rule
hypot: Rule
inverse_mills: Rule
inverse_mills_slope: Rule
log: Rule
ndtr: Rule
one_minus_square: Rule
polygamma: Rule
power: Rule
ratio: Rule
sech: Rule
sigmoid: Rule
sigmoid_slope: Rule
sign: Rule
sinc_derivative: Rule
sqrt: Rule

# fmt: off
# --- Arithmetic.  name, value on floats, ∂y/∂a, ∂y/∂b ---
add: Final = _binary("add", operator.add,     lambda a, b, y: 1,           lambda a, b, y: 1,                  commutative=True, bounded=True, notation=infix("+", SUM), definition=operator.add, elsewhere="numpy")
sub: Final = _binary("sub", operator.sub,     lambda a, b, y: 1,           lambda a, b, y: -1,                 bounded=True, notation=infix("-", SUM), definition=operator.sub, elsewhere="numpy:subtract")
mul: Final = _binary("mul", operator.mul,     lambda a, b, y: b,           lambda a, b, y: a,                  commutative=True, bounded=True, notation=infix("*", PRODUCT), definition=operator.mul, elsewhere="numpy:multiply")
div: Final = _binary("div", operator.truediv, lambda a, b, y: ratio(1, b), lambda a, b, y: -ratio(y, b),       NONZERO_B, notation=fraction(), definition=operator.truediv, elsewhere="numpy:divide,true_divide",
              textbook=(lambda a, b, y: 1 / b, lambda a, b, y: -a / b**2))
pow: Final = _binary("pow", floats.power,     lambda a, b, y: by_base(a, b, y), lambda a, b, y: by_exponent(a, b, y), POWER, notation=raised(), definition=exact_power, ulps=_ulps_of_power, limit=floats.power_at_pole, elsewhere="numpy:power,float_power",
              textbook=(lambda a, b, y: b * a ** (b - 1), lambda a, b, y: a**b * log(a)))
neg: Final = _unary("neg", operator.neg,      lambda x, y: -1,             bounded=True, notation=prefix("-"), definition=operator.neg, elsewhere="numpy:negative")
abs_ = _unary("abs", operator.abs,            lambda x, y: sign(x),        bounded=True, notation=fence("|", "|"), definition=operator.abs, elsewhere="mpmath:fabs sympy:Abs numpy:absolute,fabs")
mod = _binary("mod", operator.mod,            lambda a, b, y: 1,           lambda a, b, y: -floordiv(a, b),    NONZERO_B, notation=infix("%", PRODUCT), definition=mod_of_any_kind, elsewhere="numpy:remainder,mod")
floordiv = _binary("floordiv", operator.floordiv, lambda a, b, y: 0,       lambda a, b, y: 0,                  NONZERO_B, notation=infix("//", PRODUCT), definition=floordiv_of_any_kind, limit=floats.ratio, elsewhere="numpy:floor_divide")

# Division and powers as IEEE 754 has them: infinite or NaN where the two above raise. Partials are made of these.
ratio = _binary("ratio", floats.ratio,        lambda a, b, y: ratio(1, b), lambda a, b, y: -ratio(y, b),       public=False, notation=fraction(), definition=ratio_of_any_kind,
              textbook=(lambda a, b, y: 1 / b, lambda a, b, y: -a / b**2))
power = _binary("power", floats.power_of_all, lambda a, b, y: by_base(a, b, y), lambda a, b, y: by_exponent(a, b, y), public=False, notation=raised(), definition=power_of_any_kind, ulps=_ulps_of_power,
              textbook=(lambda a, b, y: b * a ** (b - 1), lambda a, b, y: a**b * log(a)))

# --- Functions of one number.  name, value on floats, dy/dx, domain if not every x ---
exp   = _unary("exp",   math.exp,      lambda x, y: y,                                     notation=exponential(), elsewhere="mpmath sympy decimal numpy")
expm1 = _unary("expm1", math.expm1,    lambda x, y: exp(x),                                notation=exponential_minus_1(), definition=lambda x: exp(x) - 1, elsewhere="mpmath numpy")
log   = _unary("log",   math.log,      lambda x, y: ratio(1, x),                           POSITIVE, notation=call("log", "ln"), limit=lambda x: -math.inf if x == 0 else math.nan, elsewhere="mpmath sympy decimal:ln numpy")
log1p = _unary("log1p", math.log1p,    lambda x, y: ratio(1, 1 + x),                       ABOVE_MINUS_1, notation=logarithm_of_1_plus(), definition=lambda x: log(1 + x), limit=lambda x: -math.inf if x == -1 else math.nan, elsewhere="mpmath numpy")
log2  = _unary("log2",  math.log2,     lambda x, y: ratio(1 / log(like(x, 2)), x),         POSITIVE, notation=call("log", base="2"), definition=lambda x: log(x) / log(like(x, 2)), limit=lambda x: -math.inf if x == 0 else math.nan, elsewhere="numpy")
log10 = _unary("log10", math.log10,    lambda x, y: ratio(1 / log(like(x, 10)), x),        POSITIVE, notation=call("log", base="10"), definition=lambda x: log(x) / log(like(x, 10)), limit=lambda x: -math.inf if x == 0 else math.nan, elsewhere="mpmath decimal numpy")

sqrt  = _unary("sqrt",  math.sqrt,     lambda x, y: ratio(1, 2 * y + 0),                   NOT_NEGATIVE, notation=root(), textbook=(lambda x, y: 1 / (2 * sqrt(x)),), elsewhere="mpmath sympy decimal numpy")
cbrt  = _unary("cbrt",  floats.cbrt,   lambda x, y: square(ratio(1, y)) / 3,               notation=root(3), definition=lambda x: sign(x) * exact_power(abs(x), like(x, 1) / 3), textbook=(lambda x, y: 1 / (3 * y**2),), elsewhere="numpy scipy")

sin   = _unary("sin",   math.sin,      lambda x, y: cos(x),                                FINITE, bounded=True, elsewhere="mpmath sympy numpy")
cos   = _unary("cos",   math.cos,      lambda x, y: -sin(x),                               FINITE, bounded=True, elsewhere="mpmath sympy numpy")
tan   = _unary("tan",   math.tan,      lambda x, y: 1 + y * y,                             FINITE, textbook=(lambda x, y: 1 / cos(x) ** 2,), elsewhere="mpmath sympy numpy")
asin  = _unary("asin",  math.asin,     lambda x, y: ratio(1, sqrt(one_minus_square(x))),   UNIT, notation=call("asin", "arcsin"), textbook=(lambda x, y: 1 / sqrt(1 - x**2),), elsewhere="mpmath sympy numpy:arcsin")
acos  = _unary("acos",  math.acos,     lambda x, y: ratio(-1, sqrt(one_minus_square(x))),  UNIT, notation=call("acos", "arccos"), textbook=(lambda x, y: -1 / sqrt(1 - x**2),), elsewhere="mpmath sympy numpy:arccos")
atan  = _unary("atan",  math.atan,     lambda x, y: square(ratio(1, hypot(x, 1))),         bounded=True, notation=call("atan", "arctan"), textbook=(lambda x, y: 1 / (1 + x**2),), elsewhere="mpmath sympy numpy:arctan")

sinh  = _unary("sinh",  math.sinh,     lambda x, y: cosh(x),                               definition=lambda x: (exp(x) - exp(-x)) / 2, limit=lambda x: math.copysign(math.inf, x), elsewhere="mpmath sympy numpy")
cosh  = _unary("cosh",  math.cosh,     lambda x, y: sinh(x),                               definition=lambda x: (exp(x) + exp(-x)) / 2, elsewhere="mpmath sympy numpy")
tanh  = _unary("tanh",  math.tanh,     lambda x, y: sech(x) * sech(x),                     bounded=True, definition=lambda x: sinh(x) / cosh(x), ulps=6.0, textbook=(lambda x, y: 1 - y**2,), elsewhere="mpmath sympy numpy")  # a square: twice the error of sech
sech  = _unary("sech",  floats.sech,   lambda x, y: -y * tanh(x),                          bounded=True, public=False, definition=lambda x: 1 / cosh(x), ulps=6.0, elsewhere="mpmath sympy")
asinh = _unary("asinh", math.asinh,    lambda x, y: ratio(1, hypot(x, 1)),                 bounded=True, notation=call("asinh", "arsinh"), definition=lambda x: log(x + sqrt(x * x + 1)), textbook=(lambda x, y: 1 / sqrt(x**2 + 1),), elsewhere="mpmath sympy numpy:arcsinh")
acosh = _unary("acosh", math.acosh,    lambda x, y: ratio(1, sqrt(x - 1)) * ratio(1, sqrt(x + 1)), FROM_1, notation=call("acosh", "arcosh"), definition=lambda x: log(x + sqrt(x * x - 1)), textbook=(lambda x, y: 1 / sqrt(x**2 - 1),), elsewhere="mpmath sympy numpy:arccosh")
atanh = _unary("atanh", math.atanh,    lambda x, y: ratio(1, one_minus_square(x)),         INSIDE_UNIT, notation=call("atanh", "artanh"), definition=lambda x: log((1 + x) / (1 - x)) / 2, textbook=(lambda x, y: 1 / (1 - x**2),), limit=lambda x: math.copysign(math.inf, x) if abs(x) == 1 else math.nan, elsewhere="mpmath sympy numpy:arctanh")

sigmoid  = _unary("sigmoid",  floats.sigmoid,  lambda x, y: sigmoid_slope(x),                              bounded=True, notation=call("σ"), definition=lambda x: 1 / (1 + exp(-x)), textbook=(lambda x, y: y * (1 - y),), elsewhere="scipy:expit")
softplus = _unary("softplus", floats.softplus, lambda x, y: sigmoid(x),                                   bounded=True, definition=lambda x: log1p(exp(x)), textbook=(lambda x, y: exp(x) / (1 + exp(x)),))
log_sigmoid = _unary("log_sigmoid", lambda x: -floats.softplus(-x), lambda x, y: sigmoid(-x),             bounded=True, notation=call("log_sigmoid", "ln σ"), definition=lambda x: -softplus(-x), textbook=(lambda x, y: 1 - sigmoid(x),), elsewhere="scipy:log_expit")
relu     = _unary("relu",     floats.relu,     lambda x, y: where(x > 0, 1, 0),                           bounded=True, notation=call("relu", "ReLU"), definition=lambda x: where(x > 0, x, 0))
silu     = _unary("silu",     floats.silu,     lambda x, y: sigmoid(x) + tame(x) * sigmoid_slope(x),     bounded=True, notation=call("silu", "SiLU"), definition=lambda x: x * sigmoid(x), textbook=(lambda x, y: sigmoid(x) * (1 + x * (1 - sigmoid(x))),))
gelu     = _unary("gelu",     floats.gelu,     lambda x, y: normal_cdf(x) + tame(x) * normal_density(x),  bounded=True, notation=call("gelu", "GELU"), definition=lambda x: x * normal_cdf(x), ulps=_ulps_of_square,
                  textbook=(lambda x, y: (1 + erf(x / sqrt(like(x, 2)))) / 2 + x * exp(-(x**2) / 2) / sqrt(2 * pi(x)),))

# --- The error function, the normal distribution, the gamma function ---
erf      = _unary("erf",      math.erf,        lambda x, y: 2 / sqrt(pi(x)) * gauss(x),                   bounded=True, ulps=_ulps_of_square, textbook=(lambda x, y: 2 / sqrt(pi(x)) * exp(-(x**2)),), elsewhere="mpmath sympy scipy")
erfc     = _unary("erfc",     math.erfc,       lambda x, y: -2 / sqrt(pi(x)) * gauss(x),                  bounded=True, ulps=_ulps_of_square, textbook=(lambda x, y: -2 / sqrt(pi(x)) * exp(-(x**2)),), elsewhere="mpmath sympy scipy")
erfinv   = _unary("erfinv",   _within(INSIDE_UNIT, special.erfinv), lambda x, y: sqrt(pi(x)) / 2 * exp(y * y), INSIDE_UNIT, notation=call("erfinv", "erf⁻¹"), fit=special.erfinv, limit=special.erfinv, ulps=_ulps_of_erfinv, elsewhere="mpmath sympy scipy")
ndtr     = _unary("ndtr",     floats.ndtr,     lambda x, y: normal_density(x),                            bounded=True, notation=call("ndtr", "Φ"), definition=normal_cdf, ulps=_ulps_of_square, textbook=(lambda x, y: exp(-(x**2) / 2) / sqrt(2 * pi(x)),), elsewhere="scipy")
log_ndtr = _unary("log_ndtr", special.log_ndtr, lambda x, y: inverse_mills(x),                            notation=call("log_ndtr", "ln Φ"), fit=special.log_ndtr, definition=log_of_normal_cdf, textbook=(lambda x, y: exp(-(x**2) / 2) / sqrt(2 * pi(x)) / ndtr(x),), elsewhere="scipy")
logit    = _unary("logit",    _within(PROBABILITY, special.logit), lambda x, y: ratio(1, x) + ratio(1, 1 - x), PROBABILITY, fit=special.logit, limit=special.logit, definition=lambda x: log(x / (1 - x)), elsewhere="scipy")
lgamma   = _unary("lgamma",   _within(NO_POLE, special.lgamma), lambda x, y: digamma(x),                  NO_POLE, notation=call("lgamma", "ln Γ"), fit=special.lgamma, limit=special.lgamma, definition=lgamma_of_any_kind, elsewhere="scipy:gammaln")
digamma  = _unary("digamma",  _within(NO_POLE, special.digamma), lambda x, y: polygamma(1, x),            NO_POLE, notation=call("digamma", "ψ"), fit=special.digamma, limit=special.digamma, elsewhere="mpmath sympy scipy:psi,digamma")
polygamma = _binary("polygamma", _within(ORDER_AND_NO_POLE, lambda n, x: special.polygamma(int(n), x)), no_derivative, lambda n, x, y: polygamma(n + 1, x), ORDER_AND_NO_POLE, constant=(0,), ulps=_ulps_of_polygamma, notation=derivative_of_order("polygamma", "ψ"),
                  fit=lambda n, x: special.polygamma(int(n), x), limit=lambda n, x: special.polygamma(int(n), x) if _is_order(n) else math.nan, elsewhere="mpmath sympy")
sinc     = _unary("sinc",     lambda x: special.sinc_derivative(0, x), lambda x, y: sinc_derivative(1, x), bounded=True, fit=lambda x: special.sinc_derivative(0, x), definition=lambda x: sinc_of_any_kind(0, x), textbook=(lambda x, y: (cos(pi(x) * x) - y) / x,), elsewhere="mpmath:sincpi")
sinc_derivative = _binary("sinc_derivative", _within(ORDER, lambda n, x: special.sinc_derivative(int(n), x)), no_derivative, lambda n, x, y: sinc_derivative(n + 1, x), ORDER, constant=(0,), bounded=True, public=False, notation=derivative_of_order("sinc", "sinc"),
                  fit=lambda n, x: special.sinc_derivative(int(n), x), definition=sinc_of_any_kind)

# --- Steps ---
sign  = _unary("sign",  floats.sign,  lambda x, y: 0, bounded=True, notation=call("sign", "sgn"), definition=lambda x: where(x > 0, 1, where(x < 0, -1, 0)), elsewhere="mpmath sympy numpy")
floor = _unary("floor", floats.floor, lambda x, y: 0, bounded=True, notation=fence("⌊", "⌋"), definition=lambda x: x // 1, elsewhere="mpmath sympy decimal:__floor__ numpy")
ceil  = _unary("ceil",  floats.ceil,  lambda x, y: 0, bounded=True, notation=fence("⌈", "⌉"), definition=lambda x: -floor(-x), elsewhere="mpmath sympy:ceiling numpy")
trunc = _unary("trunc", floats.trunc, lambda x, y: 0, bounded=True, definition=special.trunc, elsewhere="numpy")
round_ = _unary("round", floats.round_half_even, lambda x, y: 0, bounded=True, definition=special.round_half_even, elsewhere="mpmath:nint numpy:rint")
stop_gradient = _unary("stop_gradient", lambda x: x, lambda x, y: 0, bounded=True, notation=call("stop"), definition=lambda x: x)

# --- Functions of two numbers ---
maximum    = _binary("maximum",    floats.maximum,    lambda a, b, y: at_tie(a, b),           lambda a, b, y: at_tie(b, a), commutative=True, bounded=True, notation=call("max"), definition=lambda a, b: where(a > b, a, b), elsewhere="sympy:Max numpy")
minimum    = _binary("minimum",    floats.minimum,    lambda a, b, y: at_tie(b, a),           lambda a, b, y: at_tie(a, b), commutative=True, bounded=True, notation=call("min"), definition=lambda a, b: where(a < b, a, b), elsewhere="sympy:Min numpy")
hypot      = _binary("hypot",      math.hypot,        lambda a, b, y: direction(a, b),        lambda a, b, y: direction(b, a), commutative=True, definition=lambda a, b: sqrt(a * a + b * b), textbook=(lambda a, b, y: a / y, lambda a, b, y: b / y), elsewhere="mpmath numpy")
atan2      = _binary("atan2",      math.atan2,        lambda a, b, y: ratio(direction(b, a), hypot(a, b)), lambda a, b, y: -ratio(direction(a, b), hypot(a, b)), textbook=(lambda a, b, y: b / (a**2 + b**2), lambda a, b, y: -a / (a**2 + b**2)), elsewhere="mpmath sympy numpy:arctan2")
logaddexp  = _binary("logaddexp",  floats.logaddexp,  lambda a, b, y: share_of_sum(a, b, y),  lambda a, b, y: share_of_sum(b, a, y), commutative=True, bounded=True, definition=log_of_sum, ulps=_ulps_of_share,
                     textbook=(lambda a, b, y: exp(a) / (exp(a) + exp(b)), lambda a, b, y: exp(b) / (exp(a) + exp(b))), elsewhere="numpy")
xlogy      = _binary("xlogy",      _within(LOG_OF_B, floats.xlogy), lambda a, b, y: log_or_limit(b), lambda a, b, y: where((abs_(a) <= 0) & (abs_(b) <= 0), 0, ratio(a, b)), LOG_OF_B, limit=floats.xlogy, definition=xlogy_of_any_kind, textbook=(lambda a, b, y: log(b), lambda a, b, y: a / b), elsewhere="scipy")
leaky_relu = _binary("leaky_relu", floats.leaky_relu, lambda a, b, y: where(a > 0, 1, b),     lambda a, b, y: where(a > 0, 0, a), bounded=True, notation=call("leaky_relu", "LeakyReLU"), definition=lambda a, b: where(a > 0, a, b * a))
elu        = _binary("elu",        floats.elu,        lambda a, b, y: where(a > 0, 1, times_exp(b, where(a > 0, 0, a))), lambda a, b, y: where(a > 0, 0, expm1(where(a > 0, 0, a))), bounded=True, notation=call("elu", "ELU"), definition=lambda a, b: where(a > 0, a, b * expm1(a)),
                     textbook=(lambda a, b, y: where(a > 0, 1, b * exp(a)), lambda a, b, y: where(a > 0, 0, exp(a) - 1)))

# --- What partials of others are made of, because their own derivatives don't cancel ---
direction  = _binary("direction",  floats.direction,  lambda a, b, y: ratio(direction(b, a), hypot(a, b)) * direction(b, a), lambda a, b, y: -direction(a, b) * ratio(direction(b, a), hypot(a, b)), public=False, definition=direction_of_any_kind, ulps=8.0)  # a / hypot(a, b)
sigmoid_slope = _unary("sigmoid_slope", floats.sigmoid_slope, lambda x, y: -y * tanh(x / 2), bounded=True, public=False, notation=call("σ′"), definition=lambda x: sigmoid(x) * sigmoid(-x))
inverse_mills = _unary("inverse_mills", special.inverse_mills, lambda x, y: -inverse_mills_slope(x), public=False, notation=call("λ"), fit=special.inverse_mills, definition=lambda x: exp(-x * x / 2) / sqrt(2 * pi(x)) / normal_cdf(x), ulps=8.0)  # φ / Φ
inverse_mills_slope = _unary("inverse_mills_slope", special.inverse_mills_slope, lambda x, y: change_of_mills_slope(x, y), public=False, bounded=True, ulps=_ulps_of_mills_slope, fit=special.inverse_mills_slope, definition=lambda x: inverse_mills(x) * (x + inverse_mills(x)))
one_minus_square = _unary("one_minus_square", lambda x: (1 - x) * (1 + x), lambda x, y: -2 * x, bounded=True, public=False, definition=lambda x: (1 - x) * (1 + x))
# fmt: on

STEPS: Final = frozenset({sign, floor, ceil, trunc, round_, floordiv, stop_gradient})  # without any derivative

for _rule in (add, sub, mul, div, neg):
    _rule.is_written_out = True
