"""A program as the source of a plain JavaScript function (ECMAScript 2015), which needs nothing but ``Math``.

``Math`` gives what IEEE 754 says where Python raises, so few helpers are needed; those that are used stand above the
function. The coefficients of erf and erfc are those of the kernel, read from its ``functions.h``.
"""

from __future__ import annotations

import functools
import math
import re
from importlib import resources
from typing import Final

from autograd.compiler.layout import Layout
from autograd.compiler.program import Program
from autograd.compiler.source.formulas import Language
from autograd.compiler.source.returning import Returning
from autograd.compiler.source.writing import INDENT, broken

_TAKEN: Final = """
abstract arguments async await boolean break byte case catch char class const continue debugger default delete do double
else enum eval export extends false final finally float for from function get goto if implements import in instanceof
int interface let long native new null of package private protected public return set short static super switch
synchronized this throw throws transient true try typeof undefined var void volatile while with yield

Array BigInt Boolean Date Error Float64Array Function Infinity Intl JSON Map Math NaN Number Object Promise Proxy
Reflect RegExp Set String Symbol WeakMap WeakSet globalThis isFinite isNaN parseFloat parseInt console document window
"""

FUNCTIONS: Final = {
    **{name: f"Math.{name}({{0}})" for name in (
        "abs", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos",
        "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    )},
    **{name: name + "({0})" for name in (
        "sech", "sigmoid", "softplus", "relu", "silu", "gelu", "erf", "erfc", "sign", "round",
    )},
    **{name: f"Math.{name}({{0}}) + 0" for name in ("floor", "ceil", "trunc")},  # -0 becomes 0
    **{name: name + "({0}, {1})" for name in ("maximum", "minimum", "leaky_relu", "elu", "pow", "mod", "floordiv")},
    "hypot": "Math.hypot({0}, {1})",
    "atan2": "Math.atan2({0}, {1})",
    "ratio": "{0} / {1}",
}  # fmt: skip
FUNCTIONS.update({name: f"({FUNCTIONS[name]})" for name in ("floor", "ceil", "trunc")})

HELPERS: Final = {  # what a helper calls stands before it
    "sech": """
/** 1 / cosh(x), which falls to 0 where cosh itself overflows. */
function sech(x) {
    const e = Math.exp(-Math.abs(x));
    return 2 * e / (1 + e * e);
}
""",
    "sigmoid": """
/** 1 / (1 + e^-x), written so that neither tail overflows. */
function sigmoid(x) {
    const e = Math.exp(-Math.abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
""",
    "softplus": """
/** log(1 + e^x) */
function softplus(x) {
    return (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
""",
    "relu": """
/** The larger of x and 0. */
function relu(x) {
    return x <= 0 ? 0 : x;
}
""",
    "silu": """
/** x times sigmoid(x) */
function silu(x) {
    return x !== -Infinity ? x * sigmoid(x) : -0;
}
""",
    "horner": """
/** A polynomial's value, by its coefficients from the highest power down. */
function horner(coefficients, x) {
    let sum = 0;
    for (const c of coefficients) {
        sum = sum * x + c;
    }
    return sum;
}
""",
    "erfc_tail": """
/** e^(-share a^2) times e^(z^2) erfc(z), for 0 <= z. The square is an exponent, so it must not be rounded: it is taken
    in two parts, the first of them exact. */
function erfc_tail(a, share, z) {
    const h = Math.fround(a), s = 2 * z / (z + 4);
    const scaled = (s * horner(ERFCX, s - 1) + 1) / (z * 2 + 1);
    return Math.exp(-share * h * h) * (Math.exp(-share * (a - h) * (a + h)) * scaled);
}
""",
    "erfc": """
/** 1 - erf(x), accurate where that is small. */
function erfc(x) {
    const z = Math.min(28, Math.abs(x)), y = erfc_tail(z, 1, z);
    return x < 0 ? 2 - y : y;
}
""",
    "erf": """
/** The error function. */
function erf(x) {
    const a = Math.min(6, Math.abs(x)), z = a * a;
    const y = a < 1 ? a * 1.1283791670955126 + a * z * horner(ERF, z) : 1 - erfc_tail(a, 1, a);
    return x < 0 ? -y : x === 0 ? x : y;
}
""",
    "gelu": """
/** x times the probability that a standard normal variable is below x. */
function gelu(x) {
    const a = Math.min(39, Math.abs(x)), tail = 0.5 * a * erfc_tail(a, 0.5, a * Math.SQRT1_2);
    return x < 0 ? -tail : x - tail;
}
""",
    "leaky_relu": """
/** x above zero, slope * x below. */
function leaky_relu(x, slope) {
    return x > 0 ? x : slope * x;
}
""",
    "elu": """
/** x above zero, alpha * (e^x - 1) below. */
function elu(x, alpha) {
    return x > 0 ? x : alpha * Math.expm1(x);
}
""",
    "sign": """
/** -1, 0 or 1. */
function sign(x) {
    return x > 0 ? 1 : x < 0 ? -1 : x;
}
""",
    "round": """
/** The nearest whole number, of two the even one: the rounding of the addition. */
function round(x) {
    const large = x < 0 ? -4503599627370496 : 4503599627370496;
    return Math.abs(x) < 4503599627370496 ? x + large - large + 0 : x;
}
""",
    "maximum": """
/** The larger of the two; NaN if either is. */
function maximum(a, b) {
    return a >= b || a !== a ? a : b;
}
""",
    "minimum": """
/** The smaller of the two; NaN if either is. */
function minimum(a, b) {
    return a <= b || a !== a ? a : b;
}
""",
    "pow": """
/** a to the power b as C has it: 1 to any power is 1, and so is -1 to an infinite one. */
function pow(a, b) {
    return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b);
}
""",
    "mod": """
/** What is left of a / b, with the sign of b; NaN for b = 0. */
function mod(a, b) {
    const rest = a % b;
    return rest === 0 ? (b < 0 ? -0 : 0) : (rest < 0) !== (b < 0) ? rest + b : rest;
}
""",
    "floordiv": """
/** The largest whole number that is not above a / b, from an exact remainder. */
function floordiv(a, b) {
    if (b === 0) {
        return a / b;
    }
    const rest = a % b;
    const quotient = (a - rest) / b - (rest !== 0 && (rest < 0) !== (b < 0) ? 1 : 0);
    if (quotient === 0) {
        return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
    }
    const whole = Math.floor(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
}
""",
    "take": """
/** table[index], from the end if the index is negative; NaN if there is no such row. */
function take(table, index) {
    if (!(index >= -table.length && index < table.length)) {
        return NaN;
    }
    const row = Math.floor(index);
    return table[row < 0 ? row + table.length : row];
}
""",
}


@functools.cache
def helpers() -> dict[str, str]:
    """The helpers by name, with their coefficients. A helper stands after those that it calls."""
    header = resources.files("autograd.compiler.kernel").joinpath("functions.h").read_text("utf-8")
    tables = {"ERFCX": ("cr_erfcx", "the scaled erfc"), "ERF": ("cr_erf", "erf near 0")}
    texts = {}
    for table, (function, what) in tables.items():
        (body,) = re.findall(rf"CR_INLINE cr_doubles {function}\(cr_doubles \w+\) {{\n(.*?)\n}}", header, re.DOTALL)
        highest, second = re.findall(r"cr_doubles p = \w \* (\S+) \+ (\S+);", body)[0]
        numbers = [highest, second, *re.findall(r"^ +p = p \* \w \+ (\S+);", body, re.MULTILINE)]
        lines = broken(f"const {table} = [", [repr(float(x)) for x in numbers], "];", "")
        texts[table] = "\n".join([f"/** A fit of {what}. */", *lines])
    return {**texts, **HELPERS}


def _number(x: float) -> str:
    if math.isfinite(x):
        return repr(x).removesuffix(".0") if abs(x) < 1e15 else repr(x)
    return "NaN" if x != x else "Infinity" if x > 0.0 else "-Infinity"


_RESERVED: Final = frozenset([*_TAKEN.split(), *HELPERS, "ERFCX", "ERF", "inputs", "s"])

JAVASCRIPT: Final = Language(
    reserved=_RESERVED,
    number=_number,
    functions=FUNCTIONS,
    choice="{0} ? {1} : {2}",
    take="take([...], {0})",
    input="inputs[{}]",
    constant="const ",
    variable="let ",
    end=";",
    in_brackets=False,
    loop="for (let s = 0; s < {}; s++) {{",
    end_of_loop="}",
    array="const {0} = [];",
    put="{}.push({});",
    data_name="DATA_{}",
    data=("const {} = [", "];"),
    lanes=("const {} = [", "];"),
    comment="  // {}",
)


def to_javascript(program: Program, name: str = "f", results: Layout | None = None) -> str:
    """The program as the source of a standalone JavaScript function, worth reading.

    The function takes the numbers of the arguments one by one, under the names that the program has for them; if there
    are more than 40, or a batch among them, it takes all of them in one array, ``inputs``. It returns the numbers of
    the result in order: one number by itself, several in an array, and for each result of a batch an array with a
    number for every sample.

    Args:
        program: simplified.
        name: the function's.
        results: the layout of the results, by which the source names their parts.

    Raises:
        ValueError: the name can't be the name of a JavaScript function, or is one that the source needs for itself.

    >>> from autograd import value_and_grad
    >>> from autograd.compiler import jit
    >>> print(jit(value_and_grad(lambda x, y: x * y + 2 * x)).lower(3.0, 4.0).to_javascript("slope"))
    /** Generated by chainrule. Takes 2 numbers, returns 2 results.
    <BLANKLINE>
        Returns:
            [0] ... [1]: result[0] ... result[1]
     */
    function slope(x, y) {
        const result_0 = x * y + 2 * x;
        const dy_dx = y + 2;  // result[1]
        return [result_0, dy_dx];
    }
    <BLANKLINE>
    """
    if not re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name, re.ASCII):
        raise ValueError(f"a JavaScript function can't be named {name!r}: it takes letters, digits, _ and $")
    if name in _RESERVED:
        raise ValueError(f"{name!r} means something else in the source; give the function another name")
    return _InJavaScript(program, name, results).text()


class _InJavaScript(Returning):
    """Results are returned in the end; results of a batch are arrays."""

    collected = "Array.from({{length: {1}}}, (_, s) => {0})"
    a_list = "an array"
    unpacked = ("const [", "]")
    slice = "inputs.slice({}, {})"

    def __init__(self, program: Program, name: str, results: Layout | None) -> None:
        super().__init__(program, JAVASCRIPT, name, results)

    def text(self) -> str:
        if self.in_sequence:
            self.unpack_inputs()
        self.compute()
        texts = self.returned()
        if len(texts) == 1:
            self.body.append(f"{INDENT}return {texts[0]};")
        else:
            self.body += broken(f"{INDENT}return [", texts, "];", INDENT)
        function = [*broken(f"function {self.function}(", self.parameters(), ") {", ""), *self.body, "}"]
        parts = self.helpers(helpers(), self.source.called)
        if self.tables:
            parts.append("\n".join(self.tables))
        parts.append("\n".join([*self.heading(), *function]))
        return "\n\n".join(part.strip("\n") for part in parts) + "\n"

    def heading(self) -> list[str]:
        """A comment that says what the function takes and returns."""
        first, *more = self.description()
        if not more:
            return [f"/** {first} */"]
        return [f"/** {first}", *[INDENT + line if line else "" for line in more], " */"]
