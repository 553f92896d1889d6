"""The three styles of a formula, plain text, LaTeX and MathML Core: how names, numbers and brackets look in each.

``notation.py`` says how operations are written; names, numbers and brackets are here. A written piece of a formula is a
``Written``: its text, and how tightly it holds together, which decides about brackets around it.

A label may contain anything. One that is a name, such as ``a_h1`` or ``E_total``, is set as a name, with a subscript;
any other is set as words, in which nothing has a meaning to LaTeX or to a browser.
"""

from __future__ import annotations

import html
import re
from typing import Final, NamedTuple

# How tightly what is written holds together, from a choice of cases to a single name.
LOOSEST: Final = 0
OR: Final = 1
AND: Final = 2
NOT: Final = 3
COMPARISON: Final = 4
SUM: Final = 5
PRODUCT: Final = 6
MINUS: Final = 7
POWER: Final = 8
ATOM: Final = 9


class Written(NamedTuple):
    """A piece of a formula; in MathML, always one element."""

    text: str
    binding: int = ATOM
    signed: bool = False  # it begins with a minus, which must not follow another sign
    tall: bool = False  # it is more than a line high, and so are brackets around it
    tight: str = ""  # how it is written inside a sum: w1*i1 + w2*i2
    minus_of: str = ""  # where it is a minus and one thing, that thing


class Style:
    """What the styles share, and plain text."""

    name = "text"
    ellipsis = "…"

    def brackets(self, tall: bool) -> tuple[str, str]:
        """Round brackets, as high as the text between them."""
        return "(", ")"

    def in_brackets(self, text: str, tall: bool) -> str:
        """The text in round brackets."""
        left, right = self.brackets(tall)
        return left + text + right

    def label(self, label: str) -> Written:
        """What somebody called a number. One that is more than a name is quoted: ``'a+b'`` is no sum."""
        return Written(label if _PLAIN.fullmatch(label) else repr(label))

    def number(self, x: float, digits: int) -> Written:
        """The number, rounded to so many significant digits."""
        text = f"{x:.{digits}g}"
        if text.startswith("-"):
            return Written(text, MINUS, signed=True, minus_of=text[1:])
        return Written(text)

    def half(self) -> Written:
        """One half, the constant of every squared error."""
        return Written("1/2", PRODUCT)

    def function(self, name: str) -> str:
        """The name of a function."""
        return name

    def operator(self, symbol: str) -> str:
        """A sign between operands or before one."""
        return symbol

    def words(self, text: str) -> str:
        """Words of plain language."""
        return text

    def remark(self, text: str, remark: str) -> str:
        """The formula, and behind it some words."""
        return f"{text}  {remark}"

    def whole(self, text: str) -> str:
        """The finished formula."""
        return text


class Latex(Style):
    """LaTeX, for its math mode; commands of amsmath only."""

    name = "latex"
    ellipsis = r"\ldots"

    def brackets(self, tall: bool) -> tuple[str, str]:
        return (r"\left(", r"\right)") if tall else ("(", ")")

    def label(self, label: str) -> Written:
        parts = _DERIVATIVE.fullmatch(label)
        if parts:
            return Written(rf"\partial {self._name(parts[1])}/\partial {self._name(parts[2])}", PRODUCT)
        return Written(self._name(label))

    def _name(self, label: str) -> str:
        head, subscripts = _parts(label)
        if not head:
            return self.words(label)
        below = ",".join(part if _INDEX.fullmatch(part) else self._word(part) for part in subscripts)
        return f"{self._word(head)}_{{{below}}}" if below else self._word(head)

    def _word(self, word: str) -> str:
        if word in _LATEX_GREEK:
            return _LATEX_GREEK[word]
        return word if re.fullmatch("[A-Za-z]", word) else self.words(word)

    def number(self, x: float, digits: int) -> Written:
        mantissa, exponent, sign = _digits(x, digits)
        text = r"\text{NaN}" if mantissa == "nan" else r"\infty" if mantissa == "inf" else mantissa
        binding = ATOM
        if exponent:
            power = f"10^{{{exponent}}}"
            text, binding = (power, POWER) if mantissa == "1" else (rf"{text} \cdot {power}", PRODUCT)
        return Written("-" + text, min(binding, MINUS), signed=True, minus_of=text) if sign else Written(text, binding)

    def half(self) -> Written:
        return Written(r"\frac{1}{2}", POWER, tall=True)

    def function(self, name: str) -> str:
        if name in _LATEX_FUNCTIONS:
            return "\\" + name
        if name in _LATEX_NAMES:
            return _LATEX_NAMES[name]
        if name in _LATEX_GREEK or len(name) == 1:
            return self._word(name)
        plain = re.fullmatch(r"[A-Za-z0-9_]+", name)
        return rf"\operatorname{{{name if plain else self.words(name)}}}".replace("_", r"\_" if plain else "_")

    def operator(self, symbol: str) -> str:
        return _LATEX_SIGNS.get(symbol) or (symbol if symbol in _ASCII_SIGNS else self.words(symbol))

    def words(self, text: str) -> str:
        return rf"\text{{{''.join(_LATEX_ESCAPES.get(c, c) for c in _printable(text))}}}"

    def remark(self, text: str, remark: str) -> str:
        return rf"{text} \quad {self.words(remark)}"


class MathML(Style):
    """MathML Core, which browsers draw without help."""

    name = "mathml"
    ellipsis = "<mi>…</mi>"

    def brackets(self, tall: bool) -> tuple[str, str]:
        kind = "" if tall else ' stretchy="false"'
        return f"<mo{kind}>(</mo>", f"<mo{kind}>)</mo>"

    def in_brackets(self, text: str, tall: bool) -> str:
        return f"<mrow>{super().in_brackets(text, tall)}</mrow>"

    def label(self, label: str) -> Written:
        parts = _DERIVATIVE.fullmatch(label)
        if parts:
            over, under = (f"<mi>∂</mi>{self._name(part)}" for part in parts.groups())
            return Written(f'<mrow>{over}<mo lspace="0" rspace="0">/</mo>{under}</mrow>', PRODUCT)
        return Written(self._name(label))

    def _name(self, label: str) -> str:
        head, subscripts = _parts(label)
        if not head:
            return self.words(label)
        below = [self._subscript(part) for part in subscripts]
        if not below:
            return self._word(head)
        return f"<msub>{self._word(head)}{row('<mo>,</mo>'.join(below), len(below))}</msub>"

    def _subscript(self, part: str) -> str:
        index = _INDEX.fullmatch(part)
        if not index:
            return self._word(part)
        letter, digits = (f"<mi>{index[1]}</mi>" if index[1] else ""), (f"<mn>{index[2]}</mn>" if index[2] else "")
        return row(letter + digits, 2 if letter and digits else 1)

    def _word(self, word: str) -> str:
        return f"<mi>{_GREEK.get(word, html.escape(_printable(word)))}</mi>"

    def number(self, x: float, digits: int) -> Written:
        mantissa, exponent, sign = _digits(x, digits)
        text = "<mi>NaN</mi>" if mantissa == "nan" else "<mi>∞</mi>" if mantissa == "inf" else f"<mn>{mantissa}</mn>"
        binding = ATOM
        if exponent:
            power = self.number(float(exponent), 6).text
            power = f"<msup><mn>10</mn>{power}</msup>"
            text, binding = (power, POWER) if mantissa == "1" else (f"<mrow>{text}<mo>⋅</mo>{power}</mrow>", PRODUCT)
        if not sign:
            return Written(text, binding)
        return Written(f"<mrow><mo>−</mo>{text}</mrow>", min(binding, MINUS), signed=True, minus_of=text)

    def half(self) -> Written:
        return Written("<mfrac><mn>1</mn><mn>2</mn></mfrac>", POWER, tall=True)

    def function(self, name: str) -> str:
        return self._word(name)

    def operator(self, symbol: str) -> str:
        return f"<mo>{html.escape(_printable(_MATHML_SIGNS.get(symbol, symbol)))}</mo>"

    def words(self, text: str) -> str:
        return f"<mtext>{html.escape(_printable(text)).replace(' ', NO_BREAK_SPACE)}</mtext>"

    def remark(self, text: str, remark: str) -> str:
        return f'<mrow>{text}<mspace width="1em"/>{self.words(remark)}</mrow>'

    def whole(self, text: str) -> str:
        return f'<math xmlns="http://www.w3.org/1998/Math/MathML" displaystyle="true">{text}</math>'


def row(elements: str, count: int) -> str:
    """MathML elements as one."""
    return elements if count == 1 else f"<mrow>{elements}</mrow>"


def named_style(name: str) -> Style:
    """The style of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in STYLES:
        raise ValueError(f"a formula's style is 'text', 'latex' or 'mathml', not {name!r}")
    return STYLES[name]


def _parts(label: str) -> tuple[str, list[str]]:
    """A name's head and subscripts: a_h1 is a with h1, w5 is w with 5. No head: the label is no name."""
    parts = _NAME.fullmatch(label)
    if not parts:
        return "", []
    below = ([parts[2]] if parts[2] else []) + parts[3].split("_")[1:]
    return parts[1], below


def _digits(x: float, digits: int) -> tuple[str, str, bool]:
    """The digits, the power of ten that they are times of (``""`` if none), and whether there is a minus."""
    mantissa, _, exponent = f"{x:.{digits}g}".partition("e")
    return mantissa.lstrip("-"), str(int(exponent)) if exponent else "", mantissa.startswith("-")


def _printable(text: str) -> str:
    """The text on one line; what can't be printed, and XML doesn't allow, is written as Python writes it."""
    return "".join(c if c.isprintable() or c == _JOINER else c.encode("unicode_escape").decode() for c in text)


NO_BREAK_SPACE: Final = "\u00a0"
_JOINER: Final = "\u200d"  # isn't printable by itself, but emoji are made with it

_PLAIN: Final = re.compile(r"\w[\w.]*|∂\w+/∂\w+")
_DERIVATIVE: Final = re.compile(r"∂(\w+)/∂(\w+)")
_NAME: Final = re.compile(r"([^\W\d_]+)([0-9]*)((?:_[^\W_]+)*)")
_INDEX: Final = re.compile(r"([A-Za-z]?)([0-9]*)")

_LETTERS: Final = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ"
_NAMES: Final = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
)
_GREEK: Final = dict(zip(_NAMES, _LETTERS))
_LATEX_GREEK: Final = {key: "\\" + name for name, letter in _GREEK.items() for key in (name, letter)} | {
    "phi": r"\varphi",
    "φ": r"\varphi",
    "epsilon": r"\varepsilon",
    "ε": r"\varepsilon",
}
_LATEX_FUNCTIONS: Final = (
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"),
    *("exp", "ln", "log", "max", "min", "gcd", "det", "dim", "deg", "arg"),
)
_LATEX_NAMES: Final = {  # of functions, in letters that LaTeX's text doesn't have
    "σ′": r"\sigma'",
    "ln σ": r"\ln\sigma",
    "ln Φ": r"\ln\Phi",
    "ln Γ": r"\ln\Gamma",
    "erf⁻¹": r"\operatorname{erf}^{-1}",
}
_ASCII_SIGNS: Final = ("+", "-", "=", "<", ">")
_LATEX_SIGNS: Final = {"*": r"\cdot", "<=": r"\le", ">=": r"\ge", "and": r"\land", "or": r"\lor", "not": r"\lnot"}
_MATHML_SIGNS: Final = {"*": "⋅", "-": "−", "<=": "≤", ">=": "≥", "and": "∧", "or": "∨", "not": "¬"}
_LATEX_ESCAPES: Final = {c: "\\" + c for c in "{}$&#%_"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}

STYLES: Final[dict[str, Style]] = {"text": Style(), "latex": Latex(), "mathml": MathML()}
