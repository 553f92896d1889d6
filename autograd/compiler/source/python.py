"""A program as the source of a plain Python function: straight-line code that needs nothing but ``math``.

Where ``math`` raises, compiled code gives an infinity or NaN; so functions that can raise are defined above the
function, those of them that are used. So are those that ``math`` lacks, in the words of ``autograd/engine/floats.py``.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
import textwrap
import unicodedata
from importlib import resources
from typing import Final

from autograd.compiler.layout import Layout
from autograd.compiler.program import Program
from autograd.compiler.source.formulas import WIDTH, Language
from autograd.compiler.source.returning import Returning
from autograd.compiler.source.writing import INDENT, broken, with_those_they_call

FUNCTIONS: Final = {
    "abs": "abs({0})", "tanh": "math.tanh({0})", "atan": "math.atan({0})", "asinh": "math.asinh({0})",
    "erf": "math.erf({0})", "erfc": "math.erfc({0})", "hypot": "math.hypot({0}, {1})", "atan2": "math.atan2({0}, {1})",
    **{name: name + "({0})" for name in (
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "sinh",
        "cosh", "sech", "acosh", "atanh", "sigmoid", "softplus", "relu", "silu", "gelu", "sign", "floor",
        "ceil", "trunc",
    )},
    **{name: name + "({0}, {1})" for name in ("maximum", "minimum", "leaky_relu", "elu", "ratio", "mod", "floordiv")},
    "pow": "power_of_all({0}, {1})",
    "round": "round_half_even({0})",
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

WHERE_MATH_RAISES: Final = {  # for which it is infinite or NaN here
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
    "sin": _ANGLE.format("sin", "sine"),
    "cos": _ANGLE.format("cos", "cosine"),
    "tan": _ANGLE.format("tan", "tangent"),
    "asin": _BOUNDED.format("asin", "angle whose sine is x"),
    "acos": _BOUNDED.format("acos", "angle whose cosine is x"),
    "sinh": _GROWING.format("sinh", "The hyperbolic sine", "math.copysign(math.inf, x)"),
    "cosh": _GROWING.format("cosh", "The hyperbolic cosine", "math.inf"),
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
    "take": '''
def take(table, index):
    """table[index], from the end if the index is negative; NaN if there is no such row."""
    return table[math.floor(index)] if -len(table) <= index < len(table) else math.nan
''',
}


def _texts(module: str) -> dict[str, str]:
    """A module's functions and constants by name, as they are written; without annotations, and in ASCII."""
    lines = resources.files("autograd.engine").joinpath(module).read_text("utf-8").splitlines()
    texts = {}
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, ast.FunctionDef):
            operands = ", ".join(x.arg for x in node.args.args)
            says = (ast.get_docstring(node) or "").partition("\n")[0]
            quoted = textwrap.wrap(f'"""{_in_ascii(says)}"""', WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
            computes = lines[node.body[1].lineno - 1 : node.end_lineno]
            texts[node.name] = "\n".join([f"def {node.name}({operands}):", *quoted, *computes])
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            texts[node.targets[0].id] = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return texts


def _in_ascii(text: str) -> str:
    text = re.sub("[⁻ᵃᵇˣ]+", lambda raised: "^" + raised[0], text)
    for symbol, written in (("·", "*"), ("±", "+-"), ("Φ", "Phi"), ("\N{SUPERSCRIPT MINUS}", "-")):
        text = text.replace(symbol, written)
    return unicodedata.normalize("NFKD", text)


def _helpers() -> dict[str, str]:
    """The helpers by name. A helper stands after those that it calls."""
    texts = _texts("floats.py") | WHERE_MATH_RAISES
    needed = {_helper(name) for name in (*FUNCTIONS, "take")}
    return {name: texts[name].strip() for name in with_those_they_call(texts, needed)}


def _helper(name: str) -> str:
    """The name by which a source calls a function of the rule table."""
    return FUNCTIONS.get(name, name).partition("(")[0]


HELPERS: Final = _helpers()


def _number(x: float) -> str:
    if math.isfinite(x):
        return repr(x)
    return "math.nan" if x != x else "math.inf" if x > 0.0 else "-math.inf"


_TAKEN: Final = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *HELPERS, "math", "s", "inputs"])

PYTHON: Final = Language(
    reserved=_TAKEN,
    number=_number,
    functions=FUNCTIONS,
    choice="{1} if {0} else {2}",
    take="take((...), {0})",
    input="inputs[{}]",
    constant="",
    variable="",
    end="",
    in_brackets=True,
    loop="for s in range({}):",
    end_of_loop="",
    array="{} = []",
    put="{}.append({})",
    data_name="DATA_{}",
    data=("{} = (", ")"),
    lanes=("{} = [", "]"),
    comment="  # {}",
)


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
    return _InPython(program, name, results).text()


class _InPython(Returning):
    """Results are returned in the end; results of a batch are lists."""

    collected = "[{} for s in range({})]"
    a_list = "a list"
    unpacked = ("(", ")")
    slice = "inputs[{}:{}]"

    def __init__(self, program: Program, name: str, results: Layout | None) -> None:
        super().__init__(program, PYTHON, name, results)

    def text(self) -> str:
        if self.in_sequence:
            self.unpack_inputs()
        self.compute()
        texts = self.returned()
        line = f"{INDENT}return " + (", ".join(texts) or "()")
        self.body += [line] if len(line) <= WIDTH else broken(f"{INDENT}return (", texts, ")", INDENT)
        first = broken(f"def {self.function}(", self.parameters(), "):", "")
        function = "\n".join([*first, *self.docstring(), *self.body])
        parts = self.helpers(HELPERS, map(_helper, self.source.called))
        if self.tables:
            parts.append("\n".join(self.tables))
        parts.append(function)
        if any(re.search(r"\bmath\.", part) for part in parts):
            parts.insert(0, "import math")
        return "\n\n\n".join(parts) + "\n"

    def docstring(self) -> list[str]:
        first, *more = self.description()
        if not more:
            return [f'{INDENT}"""{first}"""']
        return [f'{INDENT}"""{first}', *[INDENT + line if line else "" for line in more], f'{INDENT}"""']
