"""A program as a C file of its own: C99, nothing but ``math.h``, no memory that isn't known when it is compiled.

C's functions give what IEEE 754 says where Python's raise, so few helpers are needed; those that are used stand above
the function. A batch is a loop over its samples.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from typing import Final

from autograd.compiler.layout import Layout
from autograd.compiler.program import COLUMN, Index, Program
from autograd.compiler.source.formulas import Language, Output, harmless, summary
from autograd.compiler.source.writing import INDENT, Writing, at_sample

_MATH: Final = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin
fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter
nexttoward pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc
"""

# Identifiers that a compiler may mind: keywords, also of C++, macros, functions that compilers know.
_KNOWN: Final = """
auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while

alignas alignof and and_eq asm atomic bitand bitor bool catch char8_t char16_t char32_t class co_await co_return
co_yield compl concept const_cast consteval constexpr constinit decltype delete dynamic_cast explicit export false
friend mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast
requires static_assert static_cast template this thread_local throw true try typeid typename typeof typeof_unqual
using virtual wchar_t xor xor_eq

DOMAIN EOF FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO HUGE HUGE_VAL HUGE_VALF HUGE_VALL INFINITY MATH_ERREXCEPT
MATH_ERRNO NAN NULL OVERFLOW PLOSS SING TLOSS UNDERFLOW X_TLOSS double_t float_t fpclassify isfinite isgreater
isgreaterequal isinf isless islessequal islessgreater isnan isnormal isunordered linux math_errhandling signbit unix

abort abs alloca bcmp bcopy bzero cabs calloc carg ccos cexp cimag clog conj cpow cproj creal csin csqrt ctan dcgettext
dgettext drem exit exp10 ffs finite fork fprintf fputc fputs free fscanf fwrite gamma gettext imaxabs index isalnum
isalpha isascii isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper iswalnum isxdigit j0 j1 jn labs
llabs longjmp main malloc memchr memcmp memcpy memmove mempcpy memset posix_memalign pow10 printf putc putchar puts
realloc rindex scalb scanf setjmp significand signgam sincos snprintf sprintf sscanf stpcpy stpncpy strcasecmp strcat
strchr strcmp strcpy strcspn strdup strfmon strftime strlen strncasecmp strncat strncmp strncpy strndup strpbrk strrchr
strspn strstr time toascii tolower toupper vfprintf vprintf vscanf vsnprintf vsprintf y0 y1 yn
"""

_TAKEN: Final = frozenset([*_KNOWN.split(), *[name + suffix for name in _MATH.split() for suffix in ("", "f", "l")]])

FUNCTIONS: Final = {
    **{name: name + "({0})" for name in (
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
        "sinh", "cosh", "tanh", "sech", "asinh", "acosh", "atanh", "sigmoid", "softplus", "relu", "silu", "gelu", "erf",
        "erfc", "sign", "floor", "ceil", "trunc",
    )},
    **{name: name + "({0}, {1})" for name in (
        "maximum", "minimum", "leaky_relu", "elu", "pow", "hypot", "atan2", "mod", "floordiv",
    )},
    "abs": "fabs({0})",
    "round": "rint({0})",
    "ratio": "{0} / {1}",
}  # fmt: skip

HELPERS: Final = {  # what a helper calls stands before it
    "rounded": """
/* A product that is rounded before it is added: not half of a fused multiply-add. */
static inline double rounded(double x) {
#if defined(__GNUC__) && defined(__SSE2__)
    __asm__("" : "+x"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
    __asm__("" : "+w"(x));
#else
    volatile double product = x;
    x = product;
#endif
    return x;
}
""",
    "sech": """
/* 1 / cosh(x), which falls to 0 where cosh itself overflows. */
static double sech(double x) {
    const double e = exp(-fabs(x));
    return 2.0 * e / (1.0 + e * e);
}
""",
    "sigmoid": """
/* 1 / (1 + e^-x), written so that neither tail overflows. */
static double sigmoid(double x) {
    const double e = exp(-fabs(x));
    return x >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}
""",
    "softplus": """
/* log(1 + e^x) */
static double softplus(double x) {
    return (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)));
}
""",
    "relu": """
/* The larger of x and 0. */
static double relu(double x) {
    return x <= 0.0 ? 0.0 : x;
}
""",
    "silu": """
/* x times sigmoid(x) */
static double silu(double x) {
    return x != -INFINITY ? x * sigmoid(x) : -0.0;
}
""",
    "gelu": """
/* x times the probability that a standard normal variable is below x. */
static double gelu(double x) {
    return x != -INFINITY ? 0.5 * x * erfc(-x * sqrt(0.5)) : -0.0;
}
""",
    "leaky_relu": """
/* x above zero, slope * x below. */
static double leaky_relu(double x, double slope) {
    return x > 0.0 ? x : slope * x;
}
""",
    "elu": """
/* x above zero, alpha * (e^x - 1) below. */
static double elu(double x, double alpha) {
    return x > 0.0 ? x : alpha * expm1(x);
}
""",
    "sign": """
/* -1, 0 or 1. */
static double sign(double x) {
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}
""",
    "maximum": """
/* The larger of the two; NaN if either is. */
static double maximum(double a, double b) {
    return a >= b || a != a ? a : b;
}
""",
    "minimum": """
/* The smaller of the two; NaN if either is. */
static double minimum(double a, double b) {
    return a <= b || a != a ? a : b;
}
""",
    "mod": """
/* What is left of a / b, with the sign of b, as Python has it; NaN for b = 0. */
static double mod(double a, double b) {
    const double rest = fmod(a, b);
    return rest == 0.0 ? copysign(0.0, b) : (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}
""",
    "floordiv": """
/* The largest whole number that is not above a / b, from an exact remainder, as Python has it. */
static double floordiv(double a, double b) {
    if (b == 0.0) {
        return a / b;
    }
    const double rest = fmod(a, b);
    const double quotient = (a - rest) / b - (rest != 0.0 && (rest < 0.0) != (b < 0.0) ? 1.0 : 0.0);
    if (quotient == 0.0) {
        return copysign(0.0, a / b);
    }
    const double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}
""",
    "take": """
/* table[index], from the end if the index is negative; NaN if there is no such row. */
static double take(const double *table, long rows, double index) {
    if (!(index >= -(double)rows && index < (double)rows)) {
        return NAN;
    }
    const long row = (long)floor(index);
    return table[row < 0 ? row + rows : row];
}
""",
}


def _double(x: float) -> str:
    if math.isfinite(x):
        return repr(x)
    return "NAN" if x != x else "INFINITY" if x > 0.0 else "-INFINITY"


def _single(x: float) -> str:
    try:
        (x,) = struct.unpack("<f", struct.pack("<f", x))
    except OverflowError:
        x = math.copysign(math.inf, x)
    if not math.isfinite(x):
        return _double(x)
    text = f"{x:.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def _in_single(text: str) -> str:
    """C in doubles as C in floats: types, functions, constants."""
    text = re.sub(r"\bdouble\b", "float", text)
    text = re.sub(rf"\b({'|'.join(_MATH.split())})\(", r"\1f(", text)
    return re.sub(r"\b\d+\.\d+\b", r"\g<0>f", text)


_OURS: Final = frozenset([*_TAKEN, *HELPERS, "in", "out", "s"])

DOUBLE: Final = Language(
    reserved=_OURS,
    number=_double,
    functions=FUNCTIONS,
    choice="{0} ? {1} : {2}",
    take="take((const double[]){{...}}, {1}, {0})",
    input="in[{}]",
    constant="const double ",
    variable="double ",
    end=";",
    in_brackets=False,
    loop="for (long s = 0; s < {}; s++) {{",
    end_of_loop="}",
    array="static double {}[{}];",
    put="{}[s] = {};",
    data_name="data_{}",
    data=("static const double {}[{}] = {{", "}};"),
    lanes=("const double {}[{}] = {{", "}};"),
    comment="  /* {} */",
    rounded="rounded({})",
)
SINGLE: Final = DOUBLE._replace(
    number=_single,
    functions={name: _in_single(text) for name, text in FUNCTIONS.items()},
    take=_in_single(DOUBLE.take),
    constant=_in_single(DOUBLE.constant),
    variable=_in_single(DOUBLE.variable),
    array=_in_single(DOUBLE.array),
    data=(_in_single(DOUBLE.data[0]), DOUBLE.data[1]),
    lanes=(_in_single(DOUBLE.lanes[0]), DOUBLE.lanes[1]),
)


def to_c(program: Program, name: str = "f", results: Layout | None = None, dtype: str = "float64") -> str:
    """The program as a C99 file with one function, ``void f(const double *in, double *out)``.

    ``in`` holds the numbers of the arguments, ``out`` gets those of the result, laid out as arrays are; a comment says
    what stands where. For float32 both are floats. Nothing is allocated, nothing recurses, and all loops have known
    lengths, so it runs on a microcontroller as well. Link it with ``-lm``. Short sums are Python's to the last bit,
    optimised as well, with ``-march=native`` and ``-ffp-contract=fast``, too; but not with ``-ffast-math``.

    Args:
        program: simplified.
        name: the function's.
        results: the layout of the results, by which their parts are laid out and named.
        dtype: "float64" or "float32".

    Raises:
        ValueError: the name can't be the name of a function of one's own in C.

    >>> from autograd import exp, value_and_grad
    >>> from autograd.compiler import jit
    >>> print(jit(value_and_grad(lambda x, y: x * exp(2 * y))).lower(3.0, 4.0).to_c("slope"))
    /* slope: generated by chainrule. C99; link with -lm.
    <BLANKLINE>
       Takes:
         in[0]: x
         in[1]: y
    <BLANKLINE>
       Gives:
         out[0] ... out[1]: result[0] ... result[1]
    <BLANKLINE>
       in and out must not overlap. */
    <BLANKLINE>
    #include <math.h>
    <BLANKLINE>
    void slope(const double *in, double *out) {
        const double x = in[0];
        const double y = in[1];
        const double dy_dx = exp(2.0 * y);
        out[1] = dy_dx;  /* result[1] */
        out[0] = x * dy_dx;  /* result[0] */
    }
    <BLANKLINE>
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
        raise ValueError(f"a C function can't be named {name!r}: it takes letters, digits and _, no digit first")
    if name in _TAKEN:
        raise ValueError(f"{name!r} means something in C already; give the function another name")
    if name in HELPERS:
        raise ValueError(f"the source may define {name!r} itself; give the function another name")
    if re.match("_[A-Z_]", name):
        raise ValueError(f"C reserves names like {name!r} for the compiler; give the function another name")
    return _InC(program, name, results, dtype).text()


class _InC(Writing):
    """A result goes to its place in ``out`` where it is computed."""

    def __init__(self, program: Program, name: str, results: Layout | None, dtype: str) -> None:
        self.is_single = dtype == "float32"
        language = SINGLE if self.is_single else DOUBLE
        super().__init__(program, language, name, language.input, results)
        self.goes_to: dict[Index, list[Output]] = {}
        for output in self.source.outputs:
            self.goes_to.setdefault(output.value, []).append(output)

    def text(self) -> str:
        source, program = self.source, self.program
        for value in source.inputs:
            if value in program.names:
                self.set(source.name(value), [self.language.input.format(value)], INDENT, self.language.constant)
        if not source.inputs and not any(head is COLUMN for head, _, _ in program.ops):
            self.body.append(f"{INDENT}(void)in;")
        if not source.outputs:
            self.body.append(f"{INDENT}(void)out;")
        self.compute()
        self.remaining_outputs()
        parts = ["#include <math.h>", *[text.strip() for text in self.helpers(HELPERS, source.called)]]
        head = f"void {self.function}(const double *in, double *out) {{"
        if self.is_single:
            *parts, head = (_in_single(part) for part in (*parts, head))
        if self.tables:
            parts.append("\n".join(self.tables))
        parts.append("\n".join([head, *self.body, "}"]))
        return "\n\n".join([self.heading(), *parts]) + "\n"

    def heading(self) -> str:
        """A comment that says what stands where."""
        names, inputs = self.program.names, self.program.values()[: self.program.inputs]
        taken = [(f"in[{x}]", harmless(names.get(x, "not named")), "") for x in inputs]
        given = []
        for output in self.source.outputs:
            more = f", s = 0 ... {output.samples - 1}" if output.samples else ""
            given.append((_place(output), harmless(output.part), more))
        lines = [f"/* {self.function}: generated by chainrule. C99; link with -lm.", ""]
        for title, entries in (("Takes:", taken), ("Gives:", given)):
            if entries:
                lines += [f"   {title}", *(f"     {line}" for line in summary(entries)), ""]
        lines.append("   in and out must not overlap." + (" Not reentrant." if self.source.kept else "") + " */")
        return "\n".join(lines)

    def give(self, value: Index, name: str, pieces: Sequence[str], indent: str) -> None:
        """Declare a variable with the value's formula, or write the formula where the output goes."""
        samples = self.program.batch_of(value)
        outputs = [output for output in self.goes_to.get(value, ()) if output.samples == samples]
        if len(outputs) == 1 and self.source.only_returned(value):
            self.set(_place(outputs[0]), pieces, indent)
            self.body[-1] += self.says(outputs[0], name if value in self.program.names else "")
        else:
            self.declare(name, pieces, indent)
            self.write_out(outputs, name, indent)
        self.goes_to[value] = [output for output in self.goes_to.get(value, ()) if output.samples != samples]

    def reduced(self, value: Index, name: str) -> None:
        """Write it where it goes."""
        self.write_out([output for output in self.goes_to.get(value, ()) if not output.samples], name, INDENT)
        self.goes_to[value] = [output for output in self.goes_to.get(value, ()) if output.samples]

    def write_out(self, outputs: Sequence[Output], text: str, indent: str) -> None:
        for output in outputs:
            self.set(_place(output), [text], indent)
            self.body[-1] += self.says(output)

    def remaining_outputs(self) -> None:
        """Outputs that no instruction computes: inputs, constants, data, and one number for all samples of a batch."""
        by_size: dict[int, list[Output]] = {}
        for outputs in self.goes_to.values():
            for output in outputs:
                by_size.setdefault(output.samples, []).append(output)
        for samples, outputs in sorted(by_size.items()):
            if samples:
                self.body.append(INDENT + self.language.loop.format(samples))
            for output in outputs:
                self.write_out([output], self.of_sample(output.value), 2 * INDENT if samples else INDENT)
            if samples:
                self.body.append(INDENT + self.language.end_of_loop)

    def says(self, output: Output, name: str = "") -> str:
        return self.language.comment.format(f"{name + ', ' if name else ''}{harmless(output.part)}")


def _place(output: Output) -> str:
    """Where it goes."""
    return f"out[{at_sample(output.start, output.stride)}]" if output.samples else f"out[{output.start}]"
