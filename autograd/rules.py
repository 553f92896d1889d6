"""The rule table: what every primitive is, how it is computed, and its partial derivatives. Each is written once.

A row names a primitive ``y = f(x)`` or ``y = f(a, b)`` and gives, in this order,

- its value on floats, which is ``math``'s wherever ``math`` has it;
- its partial derivatives, as ordinary expressions in the operands and the result, so that ``exp`` says that its
  derivative is ``y`` and ``sin`` that it is ``cos(x)``;
- how it is written, as text and on paper: its notation;
- its domain.

Because a partial is an ordinary expression, the same row serves floats, Values (derivatives of derivatives), traced
Values (compiled code), fractions (exact), ``mpmath.mpf`` (any precision) and SymPy symbols (the formula on paper).

Where there is a choice, an expression is the one that stays accurate. The derivative of σ is σ(x)·σ(-x) and not
σ·(1 - σ), which is the same function but has lost half its digits at x = 20; that of tanh is sech² and not 1 - tanh².
Where the textbook writes another, ``textbook`` has it, for the eye: nothing is computed with it.

At a point without a single derivative the table gives the one that the field uses:
relu'(0) = 0, |x|'(0) = 0, sign' = floor' = 0 everywhere, a tie in maximum or minimum gives ½ to each operand,
hypot'(0, 0) = 0, √x and x^b with 0 < b < 1 give +inf at 0, x^0 gives 0 for the base, also at 0.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from autograd import floats
from autograd.errors import NoExactValue
from autograd.kinds import is_symbolic, is_traced, library, like, own_function, power, where
from autograd.notation import (
    Notation,
    call,
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
from autograd.styles import PRODUCT, SUM

Function = Callable[..., Any]


class Domain(NamedTuple):
    """Where a primitive is defined: the condition as text, and as a predicate of the operands."""

    text: str
    contains: Callable[..., Any]


class Rule:
    """One row of the table. Calling it applies the primitive to operands of any kind of number.

    >>> sin.name, sin.arity, sin.domain.text
    ('sin', 1, 'finite x')
    >>> sin(0.0), [partial(0.0, 0.0) for partial in sin.partials]
    (0.0, [1.0])
    """

    __slots__ = (
        "arity",
        "definition",
        "domain",
        "name",
        "notation",
        "partials",
        "symbol",
        "textbook",
        "ulps",
        "value",
    )

    def __init__(
        self,
        name: str,
        value: Function,
        partials: tuple[Function, ...],
        domain: Domain,
        notation: Notation | None = None,
        definition: Function | None = None,
        ulps: Function | float = 4.0,
        textbook: tuple[Function | None, ...] = (),
    ) -> None:
        self.name = name
        self.arity = len(partials)
        self.value = value  # of floats
        self.partials = partials  # of the operands and the result, of any kind of number
        self.domain = domain
        self.notation = notation or call(name)
        self.symbol = self.notation.symbol or name  # in a picture
        self.definition = definition  # in terms of other rows, for kinds of numbers whose library lacks it
        self.ulps = ulps  # how far a partial on floats may be from the truth: a number, or a function of the operands
        # The partials as a textbook writes them; None where that is the partial itself.
        self.textbook = tuple(given or partial for given, partial in zip(textbook, partials)) or partials

    def __repr__(self) -> str:
        return f"<rule {self.name or 'leaf'}>"

    def __reduce__(self) -> tuple[Function, tuple[str]]:
        return named, (self.name,)

    def __call__(self, *operands: Any) -> Any:
        for x in operands:
            if type(x) is not float:
                return self._on_another_kind(operands)
        try:
            return self.value(*operands)
        except (ArithmeticError, ValueError) as error:
            raise undefined(self, error, operands) from None

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
        if not any(is_symbolic(x) for x in operands) and not self.domain.contains(*operands):
            divided_by_zero = self is div or (self is pow and operands[0] == 0)
            raise undefined(self, ZeroDivisionError() if divided_by_zero else ValueError(), operands)
        function = own_function(self.name, operands) or self.definition
        try:
            if function is not None:
                return function(*operands)
        except NoExactValue:
            pass
        kind = next(type(x).__name__ for x in operands if not isinstance(x, (float, int)))
        raise NoExactValue(f"{self.name} of a {kind} has no exact value: convert to float or mpmath.mpf first")

    def _on_arrays(self, operands: tuple[Any, ...]) -> Any:
        if any(getattr(x, "ndim", 0) for x in operands):
            from autograd.arrays import elementwise

            return elementwise(self, operands)
        return self(*(x.item() if hasattr(x, "ndim") else x for x in operands))  # NumPy's scalars


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
        raise TypeError(f"a real number is needed, not {type(x).__name__}: {x!r:.60}")
    return float(x)


def undefined(rule: Rule, error: Exception, operands: Any, labels: tuple[str, ...] = ()) -> Exception:
    """The same kind of exception as ``error``, saying which operation failed, at which operands, and its domain."""
    at = ", ".join(f"{x!r}" for x in operands)
    named = ", ".join(f"operand {label!r} = {x!r}" for label, x in zip(labels, operands) if label)
    where_ = f"{at} ({named})" if named else at
    if isinstance(error, OverflowError):
        return OverflowError(f"{rule.name} overflows at {where_}: the result is beyond 1.8e308")
    return type(error)(f"{rule.name} is undefined at {where_}; its domain is {rule.domain.text}")


# --- The expressions that partials are made of, where plain arithmetic would raise at the edge of a domain. (A row
# below, ratio, is another: division as IEEE 754 has it.) ---


def slope(a: Any, b: Any) -> Any:
    """a^(b-1), the power in ∂(a^b)/∂a. At a = 0 it is +inf for 0 < b < 1, and 0 for b = 0."""
    if is_traced(b):
        return where((abs_(a) > 0) | (abs_(b) > 0), a ** (b - 1), 0.0)
    if is_traced(a) and b == 0:
        return 0.0
    if not is_symbolic(b) and not -(2.0**53) < b < 2.0**53:
        return ratio(a**b, a)  # b - 1 would be b
    try:
        return a ** (b - 1)
    except ZeroDivisionError:
        return ratio(1, a ** (1 - b)) if b > 0 else 0.0
    except OverflowError:
        if float(b) == 0.0:
            return 0.0
        return -math.inf if a < 0 and float(b) % 2.0 == 0.0 else math.inf


def ratio_of_any_kind(a: Any, b: Any) -> Any:
    """The row ratio for numbers besides floats."""
    try:
        return a / b
    except ZeroDivisionError:
        return floats.ratio(float(a), float(b))


def third_root_slope(x: Any, y: Any) -> Any:
    """y / (3x), which is 1 / (3y²) with the rounding of y in it but once; +inf at 0.

    C libraries are off by up to 4 ulp in a cube root. A Newton step brings that below 1.
    """
    if is_symbolic(x):
        return ratio(y, x) / 3
    y = y - (y - ratio(x, y * y)) / 3
    return where(abs(x) > 0, ratio(y, x) / 3, math.inf)


def log_base(a: Any) -> Any:
    """log a, the factor in ∂(a^b)/∂b. At a = 0, where a^b is 0 for all b > 0, it is 0; below, there is no derivative."""
    if is_traced(a):
        return where(a > 0, log(a), where(a < 0, math.nan, 0.0))
    if is_symbolic(a) or a > 0:
        return log(a)
    return math.nan if a < 0 else 0.0


def times_exp(b: Any, a: Any) -> Any:
    """b·e^a, also where e^a alone would be too small for a float."""
    root = exp(a / 2)
    return b * root * root


def at_tie(first: Any, second: Any) -> Any:
    """1 where first > second, 0 where it is less, ½ at a tie."""
    return where(first > second, 1, where(first < second, 0, like(first, 1) / 2))


def direction(a: Any, y: Any) -> Any:
    """a / y, a component of the unit vector along (a, b) with length y; 0 at the origin, which has no direction."""
    return where(y > 0, ratio(a, y), 0)


def by_square(a: Any, y: Any) -> Any:
    """a / y², without forming y², which may overflow or vanish."""
    return ratio(ratio(a, y), y)


def pi(x: Any) -> Any:
    """π, as precise as x is."""
    return acos(like(x, -1))


def normal_cdf(x: Any) -> Any:
    """Φ(x), the probability that a standard normal variable is below x."""
    return erfc(-x / sqrt(like(x, 2))) / 2


def normal_density(x: Any) -> Any:
    """φ(x) = Φ'(x)."""
    return exp(-x * x / 2) / sqrt(2 * pi(x))


def _ulps_of_square(x: float) -> float:
    return 4.0 + x * x  # x², in an exponent, is rounded


def _ulps_of_power(a: float, b: float) -> float:
    return 4.0 if b >= 0.5 or a == 0.0 else 4.0 + abs((b - 1.0) * math.log(abs(a)))  # b - 1 is rounded


# --- Domains. Unary primitives call their operand x, binary ones a and b. ---

ALL: Final = Domain("every x", lambda x: True)
PAIRS: Final = Domain("every a and b", lambda a, b: True)
FINITE: Final = Domain("finite x", lambda x: abs(x) < math.inf)
POSITIVE: Final = Domain("x > 0", lambda x: x > 0)
NOT_NEGATIVE: Final = Domain("x >= 0", lambda x: x >= 0)
ABOVE_MINUS_1: Final = Domain("x > -1", lambda x: x > -1)
UNIT: Final = Domain("-1 <= x <= 1", lambda x: -1 <= x <= 1)
INSIDE_UNIT: Final = Domain("-1 < x < 1", lambda x: -1 < x < 1)
FROM_1: Final = Domain("x >= 1", lambda x: x >= 1)
NONZERO_B: Final = Domain("b != 0", lambda a, b: b != 0)
POWER: Final = Domain(
    "a > 0, or a = 0 and b >= 0, or a < 0 and b a whole number",
    lambda a, b: a > 0 or (b >= 0 if a == 0 else b % 1 == 0),
)

RULES: Final[dict[str, Rule]] = {}


def named(name: str) -> Rule:
    """The row of that name.

    Raises:
        KeyError: there is none.
    """
    return RULES[name] if name else LEAF


def _unary(name: str, value: Function, dx: Function, domain: Domain = ALL, **more: Any) -> Rule:
    return RULES.setdefault(name, Rule(name, value, (dx,), domain, **more))


def _binary(name: str, value: Function, da: Function, db: Function, domain: Domain = PAIRS, **more: Any) -> Rule:
    return RULES.setdefault(name, Rule(name, value, (da, db), domain, **more))


LEAF: Final = Rule("", lambda: None, (), Domain("", lambda: True))  # a number that no operation made

# Rows that the partials of earlier rows mention.
cos: Rule
cosh: Rule
erf: Rule
erfc: Rule
hypot: Rule
log: Rule
minimum: Rule
ratio: Rule
sech: Rule
sigmoid: Rule
sign: Rule
sqrt: Rule

# fmt: off
# --- Arithmetic.  name, value on floats, ∂y/∂a, ∂y/∂b ---
add: Final = _binary("add", operator.add,     lambda a, b, y: 1,           lambda a, b, y: 1,             notation=infix("+", SUM), definition=operator.add)
sub: Final = _binary("sub", operator.sub,     lambda a, b, y: 1,           lambda a, b, y: -1,            notation=infix("-", SUM), definition=operator.sub)
mul: Final = _binary("mul", operator.mul,     lambda a, b, y: b,           lambda a, b, y: a,             notation=infix("*", PRODUCT), definition=operator.mul)
div: Final = _binary("div", operator.truediv, lambda a, b, y: ratio(1, b), lambda a, b, y: -ratio(y, b), NONZERO_B,
              notation=fraction(), definition=operator.truediv, textbook=(lambda a, b, y: 1 / b, lambda a, b, y: -a / b**2))
ratio = _binary("ratio", floats.ratio, lambda a, b, y: ratio(1, b),  lambda a, b, y: -ratio(y, b),  notation=fraction(), definition=ratio_of_any_kind, textbook=(lambda a, b, y: 1 / b, lambda a, b, y: -a / b**2))  # as IEEE 754 has it
pow: Final = _binary("pow", floats.power, lambda a, b, y: b * slope(a, b), lambda a, b, y: y * log_base(a), POWER,
              notation=raised(), definition=power, ulps=_ulps_of_power, textbook=(lambda a, b, y: b * a ** (b - 1), lambda a, b, y: a**b * log(a)))
neg: Final = _unary("neg", operator.neg,     lambda x, y: -1,             notation=prefix("-"), definition=operator.neg)
abs_ = _unary("abs", operator.abs,     lambda x, y: sign(x),        notation=fence("|", "|"), definition=operator.abs)

# --- Functions of one number.  name, value on floats, dy/dx, domain if not every x ---
exp   = _unary("exp",   math.exp,      lambda x, y: y,                                   notation=exponential())
expm1 = _unary("expm1", math.expm1,    lambda x, y: exp(x),                              notation=exponential_minus_1(), definition=lambda x: exp(x) - 1)
log   = _unary("log",   math.log,      lambda x, y: ratio(1, x),                         POSITIVE, notation=call("log", "ln"))
log1p = _unary("log1p", math.log1p,    lambda x, y: ratio(1, 1 + x),                     ABOVE_MINUS_1, notation=logarithm_of_1_plus(), definition=lambda x: log(1 + x))
log2  = _unary("log2",  math.log2,     lambda x, y: ratio(1, x * log(like(x, 2))),       POSITIVE, notation=call("log", base="2"), definition=lambda x: log(x) / log(like(x, 2)))
log10 = _unary("log10", math.log10,    lambda x, y: ratio(1, x * log(like(x, 10))),      POSITIVE, notation=call("log", base="10"), definition=lambda x: log(x) / log(like(x, 10)))

sqrt  = _unary("sqrt",  math.sqrt,     lambda x, y: ratio(1, 2 * y),                     NOT_NEGATIVE, notation=root(), textbook=(lambda x, y: 1 / (2 * sqrt(x)),))
cbrt  = _unary("cbrt",  floats.cbrt,   lambda x, y: third_root_slope(x, y),              notation=root(3), definition=lambda x: sign(x) * power(abs(x), like(x, 1) / 3), textbook=(lambda x, y: 1 / (3 * y**2),))

sin   = _unary("sin",   math.sin,      lambda x, y: cos(x),                              FINITE)
cos   = _unary("cos",   math.cos,      lambda x, y: -sin(x),                             FINITE)
tan   = _unary("tan",   math.tan,      lambda x, y: 1 + y * y,                           FINITE, textbook=(lambda x, y: 1 / cos(x) ** 2,))
asin  = _unary("asin",  math.asin,     lambda x, y: ratio(1, sqrt((1 - x) * (1 + x))),   UNIT, notation=call("asin", "arcsin"), textbook=(lambda x, y: 1 / sqrt(1 - x**2),))
acos  = _unary("acos",  math.acos,     lambda x, y: ratio(-1, sqrt((1 - x) * (1 + x))),  UNIT, notation=call("acos", "arccos"), textbook=(lambda x, y: -1 / sqrt(1 - x**2),))
atan  = _unary("atan",  math.atan,     lambda x, y: ratio(1, 1 + x * x),                 notation=call("atan", "arctan"), textbook=(lambda x, y: 1 / (1 + x**2),))

sinh  = _unary("sinh",  math.sinh,     lambda x, y: cosh(x),                             definition=lambda x: (exp(x) - exp(-x)) / 2)
cosh  = _unary("cosh",  math.cosh,     lambda x, y: sinh(x),                             definition=lambda x: (exp(x) + exp(-x)) / 2)
tanh  = _unary("tanh",  math.tanh,     lambda x, y: sech(x) * sech(x),                   textbook=(lambda x, y: 1 - y**2,), definition=lambda x: sinh(x) / cosh(x), ulps=6.0)  # a square: twice the error of sech
sech  = _unary("sech",  floats.sech,   lambda x, y: -y * tanh(x),                        definition=lambda x: 1 / cosh(x), ulps=6.0)
asinh = _unary("asinh", math.asinh,    lambda x, y: ratio(1, hypot(x, 1)),               notation=call("asinh", "arsinh"), textbook=(lambda x, y: 1 / sqrt(x**2 + 1),), definition=lambda x: log(x + sqrt(x * x + 1)))
acosh = _unary("acosh", math.acosh,    lambda x, y: ratio(1, sqrt(x - 1) * sqrt(x + 1)), FROM_1, notation=call("acosh", "arcosh"), textbook=(lambda x, y: 1 / sqrt(x**2 - 1),), definition=lambda x: log(x + sqrt(x * x - 1)))
atanh = _unary("atanh", math.atanh,    lambda x, y: ratio(1, (1 - x) * (1 + x)),         INSIDE_UNIT, notation=call("atanh", "artanh"), textbook=(lambda x, y: 1 / (1 - x**2),), definition=lambda x: log((1 + x) / (1 - x)) / 2)

sigmoid  = _unary("sigmoid",  floats.sigmoid,  lambda x, y: y * sigmoid(-x),                        notation=call("σ"), textbook=(lambda x, y: y * (1 - y),), definition=lambda x: 1 / (1 + exp(-x)))
softplus = _unary("softplus", floats.softplus, lambda x, y: sigmoid(x),                             textbook=(lambda x, y: exp(x) / (1 + exp(x)),), definition=lambda x: log1p(exp(x)))
relu     = _unary("relu",     floats.relu,     lambda x, y: where(x > 0, 1, 0),                     notation=call("relu", "ReLU"), definition=lambda x: where(x > 0, x, 0))
silu     = _unary("silu",     floats.silu,     lambda x, y: sigmoid(x) * (1 + x * sigmoid(-x)),     notation=call("silu", "SiLU"), textbook=(lambda x, y: sigmoid(x) * (1 + x * (1 - sigmoid(x))),), definition=lambda x: x * sigmoid(x))
gelu     = _unary("gelu",     floats.gelu,     lambda x, y: normal_cdf(x) + x * normal_density(x),  notation=call("gelu", "GELU"), textbook=(lambda x, y: (1 + erf(x / sqrt(like(x, 2)))) / 2 + x * exp(-(x**2) / 2) / sqrt(2 * pi(x)),), definition=lambda x: x * normal_cdf(x), ulps=_ulps_of_square)
erf      = _unary("erf",      math.erf,        lambda x, y: 2 / sqrt(pi(x)) * exp(-x * x),          textbook=(lambda x, y: 2 / sqrt(pi(x)) * exp(-(x**2)),), ulps=_ulps_of_square)
erfc     = _unary("erfc",     math.erfc,       lambda x, y: -2 / sqrt(pi(x)) * exp(-x * x),         textbook=(lambda x, y: -2 / sqrt(pi(x)) * exp(-(x**2)),), ulps=_ulps_of_square)

sign  = _unary("sign",  floats.sign,  lambda x, y: 0, notation=call("sign", "sgn"), definition=lambda x: where(x > 0, 1, where(x < 0, -1, 0)))
floor = _unary("floor", floats.floor, lambda x, y: 0, notation=fence("⌊", "⌋"), definition=lambda x: x // 1)
stop_gradient = _unary("stop_gradient", lambda x: x, lambda x, y: 0, notation=call("stop"), definition=lambda x: x)

# --- Functions of two numbers ---
maximum    = _binary("maximum",    floats.maximum,    lambda a, b, y: at_tie(a, b),           lambda a, b, y: at_tie(b, a), notation=call("max"), definition=lambda a, b: where(a > b, a, b))
minimum    = _binary("minimum",    floats.minimum,    lambda a, b, y: at_tie(b, a),           lambda a, b, y: at_tie(a, b), notation=call("min"), definition=lambda a, b: where(a < b, a, b))
hypot      = _binary("hypot",      math.hypot,        lambda a, b, y: direction(a, y),        lambda a, b, y: direction(b, y), textbook=(lambda a, b, y: a / y, lambda a, b, y: b / y), definition=lambda a, b: sqrt(a * a + b * b))
atan2      = _binary("atan2",      math.atan2,        lambda a, b, y: by_square(b, hypot(a, b)), lambda a, b, y: -by_square(a, hypot(a, b)), textbook=(lambda a, b, y: b / (a**2 + b**2), lambda a, b, y: -a / (a**2 + b**2)))
leaky_relu = _binary("leaky_relu", floats.leaky_relu, lambda a, b, y: where(a > 0, 1, b),     lambda a, b, y: where(a > 0, 0, a), notation=call("leaky_relu", "LeakyReLU"), definition=lambda a, b: where(a > 0, a, b * a))
elu        = _binary("elu",        floats.elu,        lambda a, b, y: where(a > 0, 1, times_exp(b, minimum(a, 0))), lambda a, b, y: where(a > 0, 0, expm1(minimum(a, 0))),
                     notation=call("elu", "ELU"), textbook=(lambda a, b, y: where(a > 0, 1, b * exp(a)), lambda a, b, y: where(a > 0, 0, exp(a) - 1)), definition=lambda a, b: where(a > 0, a, b * expm1(a)))
# fmt: on
