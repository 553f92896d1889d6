"""A program as the source of a plain Python function: straight-line code that needs nothing but ``math``.

Where ``math`` raises, compiled code gives an infinity or NaN; so functions that can raise are defined above the
function, those of them that are used.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Sequence
from typing import Final

from autograd.compiler.layout import Layout
from autograd.compiler.program import COLUMN, DATA, REDUCE, Program
from autograd.compiler.source import (
    MANY,
    WIDTH,
    Language,
    Source,
    filled,
    harmless,
    identifier,
    in_parts,
    summary,
    with_those_they_call,
)

FEW: Final = 40  # numbers that are parameters of their own

FUNCTIONS: Final = {
    "abs": "abs({0})", "tanh": "math.tanh({0})", "atan": "math.atan({0})", "asinh": "math.asinh({0})",
    "erf": "math.erf({0})", "erfc": "math.erfc({0})", "hypot": "math.hypot({0}, {1})", "atan2": "math.atan2({0}, {1})",
    **{name: name + "({0})" for name in (
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "sinh",
        "cosh", "sech", "acosh", "atanh", "sigmoid", "softplus", "relu", "silu", "gelu", "sign", "floor",
        "ceil", "trunc",
    )},
    **{name: name + "({0}, {1})" for name in ("maximum", "minimum", "leaky_relu", "elu", "ratio", "mod", "floordiv")},
    "pow": "power({0}, {1})",
    "round": "rint({0})",
}  # fmt: skip

_LOGARITHM = '''
def {0}(x):
    """The {1}; -inf at {2}, NaN below."""
    return math.{0}(x) if x > {2} else -math.inf if x == {2} else math.nan
'''
_ANGLE = '''
def {0}(x):
    """The {1}; NaN at an infinity."""
    return math.{0}(x) if math.isfinite(x) else math.nan
'''
_BOUNDED = '''
def {0}(x):
    """The {1}; NaN outside -1 to 1."""
    return math.{0}(x) if -1.0 <= x <= 1.0 else math.nan
'''
_GROWING = '''
def {0}(x):
    """{1}; infinite beyond 1.8e308."""
    try:
        return math.{0}(x)
    except OverflowError:
        return {2}
'''

HELPERS: Final = {  # what a helper calls stands before it
    "ratio": '''
def ratio(a, b):
    """a / b, also for b = 0: infinite, or NaN for 0 / 0."""
    if b != 0.0:
        return a / b
    return math.nan if a == 0.0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)
''',
    "power": '''
def power(a, b):
    """a to the power b; NaN where it isn't real, and infinite at a pole or beyond 1.8e308."""
    odd = math.fmod(b, 2.0) in (1.0, -1.0) if math.isfinite(b) else False
    if a == 0.0 and b < 0.0:
        return math.copysign(math.inf, a) if odd else math.inf
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0.0 and odd else math.inf
    except ValueError:
        return math.nan
''',
    "exp": _GROWING.format("exp", "e to the power x", "math.inf"),
    "expm1": _GROWING.format("expm1", "e to the power x, minus 1", "math.inf"),
    "log": _LOGARITHM.format("log", "natural logarithm", "0.0"),
    "log1p": _LOGARITHM.format("log1p", "natural logarithm of 1 + x", "-1.0"),
    "log2": _LOGARITHM.format("log2", "logarithm to base 2", "0.0"),
    "log10": _LOGARITHM.format("log10", "logarithm to base 10", "0.0"),
    "sqrt": '''
def sqrt(x):
    """The square root; NaN below 0."""
    return math.sqrt(x) if x >= 0.0 else math.nan
''',
    "cbrt": '''
def cbrt(x):
    """The real cube root."""
    if x == 0.0 or not math.isfinite(x):
        return x
    y = math.cbrt(x) if hasattr(math, "cbrt") else math.copysign(abs(x) ** (1.0 / 3.0), x)
    return y - (y - x / (y * y)) / 3.0
''',
    "sin": _ANGLE.format("sin", "sine"),
    "cos": _ANGLE.format("cos", "cosine"),
    "tan": _ANGLE.format("tan", "tangent"),
    "asin": _BOUNDED.format("asin", "angle whose sine is x"),
    "acos": _BOUNDED.format("acos", "angle whose cosine is x"),
    "sinh": _GROWING.format("sinh", "The hyperbolic sine", "math.copysign(math.inf, x)"),
    "cosh": _GROWING.format("cosh", "The hyperbolic cosine", "math.inf"),
    "sech": '''
def sech(x):
    """1 / cosh(x), which falls to 0 where cosh itself overflows."""
    e = math.exp(-abs(x))
    return 2.0 * e / (1.0 + e * e)
''',
    "acosh": '''
def acosh(x):
    """The inverse of cosh; NaN below 1."""
    return math.acosh(x) if x >= 1.0 else math.nan
''',
    "atanh": '''
def atanh(x):
    """The inverse of tanh; infinite at -1 and 1, NaN beyond."""
    if abs(x) == 1.0:
        return math.copysign(math.inf, x)
    return math.atanh(x) if abs(x) < 1.0 else math.nan
''',
    "sigmoid": '''
def sigmoid(x):
    """1 / (1 + e^-x), written so that neither tail overflows."""
    e = math.exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)
''',
    "softplus": '''
def softplus(x):
    """log(1 + e^x)."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
''',
    "relu": '''
def relu(x):
    """max(x, 0)."""
    return 0.0 if x <= 0.0 else x
''',
    "silu": '''
def silu(x):
    """x times sigmoid(x)."""
    return x * sigmoid(x) if x != -math.inf else -0.0
''',
    "gelu": '''
def gelu(x):
    """x times the probability that a standard normal variable is below x."""
    return 0.5 * x * math.erfc(-x * math.sqrt(0.5)) if x != -math.inf else -0.0
''',
    "leaky_relu": '''
def leaky_relu(x, slope):
    """x above zero, slope * x below."""
    return x if x > 0.0 else slope * x
''',
    "elu": '''
def elu(x, alpha):
    """x above zero, alpha * (e^x - 1) below."""
    return x if x > 0.0 else alpha * math.expm1(x)
''',
    "sign": '''
def sign(x):
    """-1, 0 or 1."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x
''',
    "floor": '''
def floor(x):
    """The largest whole number that is not above x."""
    return float(math.floor(x)) if math.isfinite(x) else x
''',
    "ceil": '''
def ceil(x):
    """The smallest whole number that is not below x."""
    return float(math.ceil(x)) if math.isfinite(x) else x
''',
    "trunc": '''
def trunc(x):
    """The whole number next to x on the way to 0."""
    return float(math.trunc(x)) if math.isfinite(x) else x
''',
    "rint": '''
def rint(x):
    """The nearest whole number, of two the even one."""
    return float(round(x)) if math.isfinite(x) else x
''',
    "mod": '''
def mod(a, b):
    """a % b, with the sign of b; NaN where there is none."""
    return a % b if b != 0.0 else math.nan
''',
    "floordiv": '''
def floordiv(a, b):
    """a // b; for b = 0 infinite, or NaN for 0 / 0."""
    return a // b if b != 0.0 else ratio(a, b)
''',
    "maximum": '''
def maximum(a, b):
    """The larger of the two; NaN if either is."""
    return a if a >= b or a != a else b
''',
    "minimum": '''
def minimum(a, b):
    """The smaller of the two; NaN if either is."""
    return a if a <= b or a != a else b
''',
    "take": '''
def take(table, index):
    """table[index], from the end if the index is negative; NaN if there is no such row."""
    return table[math.floor(index)] if -len(table) <= index < len(table) else math.nan
''',
}


_HELPER: Final = {"pow": "power", "round": "rint"}  # whose names are another function's in Python


def _number(x: float) -> str:
    if math.isfinite(x):
        return repr(x)
    return "math.nan" if x != x else "math.inf" if x > 0.0 else "-math.inf"


_TAKEN: Final = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *HELPERS, "math", "s", "inputs"])

PYTHON: Final = Language(_TAKEN, _number, FUNCTIONS, "{1} if {0} else {2}", "take((...), {0})")


def to_python(program: Program, name: str = "f", results: Layout | None = None) -> str:
    """The program as the source of a standalone Python function, worth reading.

    The function takes the numbers of the arguments one by one, under the names that the program has for them; if there
    are more than 40, or a batch among them, it takes all of them in one sequence, ``inputs``. It returns the numbers
    of the result in order: one number by itself, several as a tuple, and for each result of a batch a list with a
    number for every sample. Its docstring says what is where. The arithmetic is Python's, float64.

    Args:
        program: simplified.
        name: the function's.
        results: the layout of the results, by which the source names their parts.

    Raises:
        ValueError: the name can't be the name of a Python function, or is one that the source needs for itself.

    >>> from autograd import value_and_grad
    >>> from autograd.compiler import jit
    >>> print(jit(value_and_grad(lambda x, y: x * y + 2 * x)).lower(3.0, 4.0).to_python("slope"))
    def slope(x, y):
        \"\"\"Generated by chainrule. Takes 2 numbers, returns 2 results.
    <BLANKLINE>
        Returns:
            [0] ... [1]: result[0] ... result[1]
        \"\"\"
        result_0 = x * y + 2.0 * x
        dy_dx = y + 2.0  # result[1]
        return result_0, dy_dx
    <BLANKLINE>
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"a Python function can't be named {name!r}")
    if name in HELPERS or name == "math" or hasattr(builtins, name):
        raise ValueError(f"the source may use {name!r} itself; give the function another name")
    return _Writing(program, name, results).text()


def takes_sequence(program: Program) -> bool:
    """Whether the generated function takes its numbers in one sequence, not one by one."""
    return program.inputs > FEW or any(head is COLUMN for head, _, _ in program.ops)


class _Writing:
    def __init__(self, program: Program, name: str, results: Layout | None) -> None:
        self.in_sequence = takes_sequence(program)
        self.source = source = Source(program, PYTHON, name, "inputs[{}]" if self.in_sequence else "", results)
        self.program = source.program
        self.function = name
        self.body: list[str] = []
        self.tables: list[str] = []  # data, above the function
        self.table_of: dict[int, str] = {}
        self.parts = {output.value: output.part for output in reversed(source.outputs)}
        self.listed: dict[int, str] = {}  # varying values, and lists with a number for each sample of them
        self.wanted = source.kept | {output.value for output in source.outputs if self.program.batch_of(output.value)}

    def text(self) -> str:
        source = self.source
        if self.in_sequence:
            self.unpack_inputs()
        for number, section in enumerate(source.sections):
            if section.batch:
                self.over_batch(source.loaded[number], section.batch, section.values)
            else:
                for value in section.values:
                    self.assign(value, "    ")
        self.give_back()
        helpers = with_those_they_call(HELPERS, {_HELPER.get(name, name) for name in source.called} & set(HELPERS))
        function = "\n".join([self.first_line(), *self.docstring(), *self.body])
        parts = [HELPERS[name].strip() for name in helpers]
        if self.tables:
            parts.append("\n".join(self.tables))
        parts.append(function)
        if any(re.search(r"\bmath\.", part) for part in parts):
            parts.insert(0, "import math")
        return "\n\n\n".join(parts) + "\n"

    # --- What goes in ---

    def first_line(self) -> str:
        if self.in_sequence:
            return f"def {self.function}(inputs):"
        names = [self.source.name(value) for value in range(self.program.inputs)]
        return "\n".join(_broken(f"def {self.function}(", names, "):", ""))

    def docstring(self) -> list[str]:
        source, program = self.source, self.program
        several = len(source.outputs) != 1
        taken = f"{program.inputs} numbers in a sequence" if self.in_sequence else _many(program.inputs, "number")
        lines = [f"Generated by chainrule. Takes {taken}, returns {_many(len(source.outputs), 'result')}."]
        names = program.names
        if self.in_sequence:
            entries = [(f"inputs[{x}]", harmless(names.get(x, "not named")), "") for x in range(program.inputs)]
        else:
            entries = [(source.name(x), harmless(names[x]), "") for x in range(program.inputs) if x in names]
        if any(where != what for where, what, _ in entries):
            lines += ["", "Takes:", *(f"    {line}" for line in summary(entries))]
        if several or program.batch_of(source.outputs[0].value):
            entries = []
            for number, output in enumerate(source.outputs):
                batch = program.batch_of(output.value)
                a_list = f", a list, s = 0 ... {batch - 1}" if batch else ""
                entries.append((f"[{number}]" if several else "all", harmless(output.part), a_list))
            lines += ["", "Returns:", *(f"    {line}" for line in summary(entries))]
        if len(lines) == 1:
            return [f'    """{lines[0]}"""']
        return [f'    """{lines[0]}', *["    " + line if line else "" for line in lines[1:]], '    """']

    def unpack_inputs(self) -> None:
        """Variables for runs of inputs."""
        run: list[int] = []
        for value in self.source.inputs:
            if value not in self.program.names:
                continue
            if run and value != run[-1] + 1:
                self.unpack(run)
                run = []
            run.append(value)
        if run:
            self.unpack(run)

    def unpack(self, run: Sequence[int]) -> None:
        names = [self.source.name(value) for value in run]
        if len(run) == 1:
            self.body.append(f"    {names[0]} = inputs[{run[0]}]")
            return
        end = f" = inputs[{run[0]}:{run[-1] + 1}]"
        line = "    " + ", ".join(names) + end
        self.body += [line] if len(line) <= WIDTH else _broken("    (", names, ")" + end, "    ")

    # --- What is computed ---

    def assign(self, value: int, indent: str) -> None:
        """Set a variable to the value's formula."""
        pieces = self.source.formula(value)
        if pieces is None:
            return
        name = self.source.name(value)
        if self.program.operation(value)[0] is REDUCE:
            if len(pieces) > MANY:
                self.set(self.source.new_name(f"{name}_here"), pieces, indent)
                pieces = [self.body[-1].split()[0]]
            self.write(f"{indent}{name} += ", pieces, indent)
            return
        self.set(name, pieces, indent)
        part = self.parts.get(value, "")
        if part and not self.program.batch_of(value) and identifier(part) != name:
            self.body[-1] += f"  # {harmless(part)}"

    def set(self, name: str, pieces: Sequence[str], indent: str) -> None:
        first, *more = in_parts(pieces)
        self.write(f"{indent}{name} = ", first, indent)
        for part in more:
            self.write(f"{indent}{name} = {name} ", part, indent)

    def write(self, start: str, pieces: Sequence[str], indent: str) -> None:
        line = start + " ".join(pieces)
        if len(line) <= WIDTH or len(pieces) == 1:
            self.body.append(line)
            return
        start, equals, rest = start.partition("= ")  # what is left of the sign, the sign, and of a long sum its start
        self.body.append(f"{start}{equals}(")
        self.body += filled(indent + "    ", [rest.strip(), *pieces] if rest else pieces, indent + "    ")
        self.body.append(f"{indent})")

    def over_batch(self, loaded: Sequence[int], batch: int, values: Sequence[int]) -> None:
        source, program = self.source, self.program
        for value in values:
            if program.operation(value)[0] is REDUCE:
                self.body.append(f"    {source.name(value)} = 0.0")
            elif value in self.wanted:
                self.listed[value] = source.new_name(f"all_{source.name(value)}")
                self.body.append(f"    {self.listed[value]} = []")
        self.body.append(f"    for s in range({batch}):")
        for value in loaded:
            self.body.append(f"        {source.name(value)} = {self.of_sample(value)}")
        for value in values:
            self.assign(value, "        ")
            if value in self.listed:
                self.body.append(f"        {self.listed[value]}.append({source.name(value)})")
        for value in values:
            part = self.parts.get(value, "")
            if part and program.operation(value)[0] is REDUCE and identifier(part) != source.name(value):
                self.body.append(f"    # {source.name(value)} is {harmless(part)}")

    def of_sample(self, value: int) -> str:
        """A varying value that is known: the number of sample s."""
        head, operands, _ = self.program.operation(value)
        if head is COLUMN:
            return f"inputs[{at_sample(*operands)}]"
        if head is DATA:
            return f"{self.table(value, operands[0])}[s]"
        return f"{self.listed[value]}[s]"

    def table(self, value: int, numbers: Sequence[float]) -> str:
        if value not in self.table_of:
            self.table_of[value] = name = self.source.new_name(f"DATA_{len(self.table_of) + 1}")
            self.tables += _broken(f"{name} = (", [_number(float(x)) for x in numbers], ")", "")
        return self.table_of[value]

    # --- What comes out ---

    def give_back(self) -> None:
        texts = []
        for value, _, _, _, _ in self.source.outputs:
            batch = self.program.batch_of(value)
            if not batch:
                texts.append(self.source.text(value))
            elif value in self.listed:
                texts.append(self.listed[value])
            else:
                texts.append(f"[{self.of_sample(value)} for s in range({batch})]")
        line = "    return " + (", ".join(texts) or "()")
        self.body += [line] if len(line) <= WIDTH else _broken("    return (", texts, ")", "    ")


def at_sample(first: int, stride: int) -> str:
    """The index first + stride * s."""
    times = "s" if abs(stride) == 1 else f"{abs(stride)} * s"
    if stride == 0:
        return str(first)
    if first == 0 and stride > 0:
        return times
    return f"{first} {'+' if stride > 0 else '-'} {times}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _broken(start: str, items: Sequence[str], end: str, indent: str) -> list[str]:
    """A bracket with items: on one line if they fit, else on lines of their own."""
    comma = "," if len(items) == 1 and start.endswith("= (") else ""
    line = start + ", ".join(items) + comma + end
    if len(line) <= WIDTH:
        return [line]
    return [start, *filled(f"{indent}    ", [f"{item}," for item in items], f"{indent}    "), indent + end]
