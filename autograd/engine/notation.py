r"""How operations are written: one notation each, printed as plain text, as LaTeX and as MathML Core.

A row of the rule table says ``infix("+", SUM)``, ``fraction()`` or ``call("sin")``: a form and a symbol. Each form is
declared here once, with its look in each of the three styles. A look is a template, how tightly the whole binds, and
how tightly each operand has to bind. Brackets follow from that, and are decided in one place: an operand that binds
less tightly gets them. A fraction on paper needs none around what is above and below its line; in plain text it does.

>>> a, b = TEXT.label("a"), TEXT.label("b")
>>> add, square = infix("+", SUM), raised()
>>> square.write(TEXT, [add.write(TEXT, [a, b]), TEXT.number(2, 6)]).text
'(a + b)^2'
>>> a, b = LATEX.label("a_h1"), LATEX.label("b")
>>> print(fraction().write(LATEX, [add.write(LATEX, [a, b]), b]).text)
\frac{a_{h1} + b}{b}
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import Final, NamedTuple

from autograd.engine.styles import ATOM, COMPARISON, LOOSEST, MINUS, OR, POWER, PRODUCT, STYLES, SUM, Style, Written

TEXT: Final = STYLES["text"]
LATEX: Final = STYLES["latex"]
MATHML: Final = STYLES["mathml"]


class Look(NamedTuple):
    """How a form looks in one style."""

    # {0} and {1} are operands, {all} is all of them; {name} and {sign} are the symbol, as a name and as a sign; {open}
    # and {close} are round brackets, as high as what is between them.
    template: str
    binding: int = ATOM  # of the whole
    needs: tuple[int, ...] = (LOOSEST,)  # of each operand; of those that aren't mentioned, the last
    between: str = ""  # what separates operands in {all}
    tall: bool = False  # whether it is higher than a line, whatever the operands are
    is_sign: bool = False  # whether it is a sign before one operand


class Notation:
    """How an operation of any number of operands is written: its symbol, and its look in each style."""

    __slots__ = ("looks", "symbol", "title")

    def __init__(self, symbol: str, text: Look, latex: Look, mathml: Look, title: str = "") -> None:
        self.symbol = symbol  # as text and pictures show it; "": the operation's name
        self.title = title or symbol  # its name on paper, where that is another
        self.looks = {"text": text, "latex": latex, "mathml": mathml}

    def write(self, style: Style, operands: Sequence[Written]) -> Written:
        """The operation applied to operands that have been written in that style."""
        look = self.looks[style.name]
        in_sum = look.binding == SUM  # where products are written without spaces
        leads = look.template.startswith(("{0}", "{all}", "<mrow>{0}", "<mrow>{all}"))
        parts = []
        bracketed = []
        for place, operand in enumerate(operands):
            needed = look.needs[min(place, len(look.needs) - 1)]
            follows = needed > SUM and not (leads and place == 0)  # another sign, on the same line
            brackets = operand.binding < needed or (operand.signed and follows)
            text = operand.tight if in_sum and operand.tight else operand.text
            parts.append(style.in_brackets(text, operand.tall) if brackets else text)
            bracketed.append(brackets)
        tall = any(operand.tall for operand in operands)
        text = self._filled(style, look, parts, tall)
        if look.is_sign:
            return Written(text, look.binding, signed=True, tall=tall, minus_of=operands[0].text)
        signed = leads and bool(operands) and operands[0].signed and not bracketed[0]
        tight = ""
        if style is TEXT and look.binding == PRODUCT and look.between == " {sign} ":
            close = [part if hidden else x.tight or part for part, hidden, x in zip(parts, bracketed, operands)]
            tight = "" if any(" " in part for part in close) else self.symbol.join(close)
        return Written(text, look.binding, signed, tall or look.tall, tight)

    def _filled(self, style: Style, look: Look, parts: Sequence[str], tall: bool) -> str:
        name, sign = style.function(self.title if style is not TEXT else self.symbol), style.operator(self.symbol)
        between = look.between.replace("{sign}", sign)
        opening, closing = style.brackets(tall)
        values = {"name": name, "sign": sign, "all": between.join(parts), "open": opening, "close": closing}
        return look.template.format(*parts, **values)


# --- The forms ---

_IN_BRACKETS: Final = "<mrow>{{open}}{}{{close}}</mrow>"


def call(symbol: str, title: str = "", base: str = "") -> Notation:
    """f(x, y). On paper, its name may be another, and a base is set below the line: log2(x) is log₂(x)."""
    below = f"_{{{{{base}}}}}" if base else ""
    name = f"<msub>{{name}}<mn>{base}</mn></msub>" if base else "{name}"
    return Notation(
        symbol + base,
        Look("{name}({all})", between=", "),
        Look("{name}" + below + "{open}{all}{close}", between=", "),
        Look(f"<mrow>{name}<mo>\u2061</mo>{_IN_BRACKETS.format('{all}')}</mrow>", between="<mo>,</mo>"),
        title or symbol,
    )


def infix(symbol: str, binding: int) -> Notation:
    """a + b. What stands further right binds more tightly, so that a - (b - c) keeps its brackets."""
    needs = (binding + 1,) * 2 if binding == COMPARISON else (binding, binding + 1)
    line = Look("{all}", binding, needs, between=" {sign} ")
    return Notation(symbol, line, line, Look("<mrow>{all}</mrow>", binding, needs, between="{sign}"))


def prefix(symbol: str, binding: int = MINUS) -> Notation:
    """-x."""
    template = "{sign} {0}" if symbol.isalpha() else "{sign}{0}"
    line = Look(template, binding, (binding + 1,), is_sign=True)
    return Notation(symbol, line, line, Look("<mrow>{sign}{0}</mrow>", binding, (binding + 1,), is_sign=True))


class _Fraction(Notation):
    """Its minus stands before the line: -1/x, and not (-1)/x."""

    __slots__ = ()

    def write(self, style: Style, operands: Sequence[Written]) -> Written:
        above, below = operands
        if style is TEXT or not above.minus_of:
            return super().write(style, operands)
        return NEGATION.write(style, [super().write(style, [Written(above.minus_of, tall=above.tall), below])])


def fraction() -> Notation:
    """a / b."""
    return _Fraction(
        "/",
        Look("{0} / {1}", PRODUCT, (PRODUCT, MINUS)),
        Look(r"\frac{{{0}}}{{{1}}}", POWER, tall=True),
        Look("<mfrac>{0}{1}</mfrac>", POWER, tall=True),
    )


def raised() -> Notation:
    """a to the power b."""
    return Notation(
        "^",
        Look("{0}^{1}", POWER, (ATOM, POWER)),
        Look("{0}^{{{1}}}", POWER, (ATOM, LOOSEST)),
        Look("<msup>{0}{1}</msup>", POWER, (ATOM, LOOSEST)),
    )


def exponential() -> Notation:
    """e to the power x."""
    return Notation(
        "exp",
        Look("{name}({0})"),
        Look("e^{{{0}}}", POWER),
        Look("<msup><mi>e</mi>{0}</msup>", POWER),
    )


def exponential_minus_1() -> Notation:
    """e to the power x, less 1."""
    return Notation(
        "expm1",
        Look("{name}({0})"),
        Look("e^{{{0}}} - 1", SUM),
        Look("<mrow><msup><mi>e</mi>{0}</msup><mo>−</mo><mn>1</mn></mrow>", SUM),
    )


def logarithm_of_1_plus() -> Notation:
    """The logarithm of 1 + x."""
    return Notation(
        "log1p",
        Look("{name}({0})"),
        Look(r"\ln{open}1 + {0}{close}", ATOM, (PRODUCT,)),
        Look(
            f"<mrow><mi>ln</mi><mo>\u2061</mo>{_IN_BRACKETS.format('<mn>1</mn><mo>+</mo>{0}')}</mrow>", ATOM, (PRODUCT,)
        ),
    )


def root(degree: int = 2) -> Notation:
    """√x, ∛x or ∜x."""
    symbol = {2: "√", 3: "∛", 4: "∜"}[degree]
    return Notation(
        symbol,
        Look("{name}({0})"),
        Look(r"\sqrt{{{0}}}" if degree == 2 else rf"\sqrt[{degree}]{{{{{{0}}}}}}"),
        Look("<msqrt>{0}</msqrt>" if degree == 2 else f"<mroot>{{0}}<mn>{degree}</mn></mroot>"),
    )


def fence(left: str, right: str) -> Notation:
    """|x|, ⌊x⌋ or ⌈x⌉."""
    paper = {"⌊": r"\lfloor ", "⌋": r"\rfloor", "⌈": r"\lceil ", "⌉": r"\rceil"}
    return Notation(
        "",
        Look(left + "{0}" + right),
        Look(rf"\left{paper.get(left, left)}{{0}}\right{paper.get(right, right)}"),
        Look(f"<mrow><mo>{left}</mo>{{0}}<mo>{right}</mo></mrow>"),
    )


def derivative_of_order(symbol: str, letter: str) -> Notation:
    """ψ⁽ⁿ⁾(x): the first operand is the order of a derivative of a function, the second its argument."""
    return Notation(
        symbol,
        Look("{name}({all})", between=", "),
        Look("{name}^{{({0})}}{open}{1}{close}"),
        Look(
            f"<mrow><msup>{{name}}{_IN_BRACKETS.format('{0}')}</msup><mo>\u2061</mo>{_IN_BRACKETS.format('{1}')}</mrow>"
        ),
        letter,
    )


class _Cases(Notation):
    """Its operands are a value and its condition, again and again, and then the value that is left."""

    __slots__ = ()

    def _filled(self, style: Style, look: Look, parts: Sequence[str], tall: bool) -> str:
        *pairs, otherwise = parts
        chosen = list(zip(pairs[::2], pairs[1::2]))
        if style is TEXT:
            return "".join(f"{value} if {condition} else " for value, condition in chosen) + otherwise
        rows = [(value, style.words("if ") + condition) for value, condition in chosen]
        rows.append((otherwise, style.words("otherwise")))
        if style is LATEX:
            lines = r" \\ ".join(f"{value} & {condition}" for value, condition in rows)
            return rf"\begin{{cases}} {lines} \end{{cases}}"
        left = '<mtd style="text-align: left">'
        table = "".join(f"<mtr>{left}{value}</mtd>{left}{condition}</mtd></mtr>" for value, condition in rows)
        return f"<mrow><mo>{{</mo><mtable>{table}</mtable></mrow>"


def cases() -> Notation:
    """One value or another, depending on conditions."""
    paper = Look("", LOOSEST, (OR,), tall=True)
    return _Cases("where", Look("", LOOSEST, (OR,)), paper, paper)  # a choice inside a choice has brackets


def with_latex(notation: Notation, template: str, operands: int) -> Notation:
    r"""The notation, but in LaTeX as the template has it.

    {0}, {1} stand for the operands; literal braces are doubled. A template that begins or ends with an operand is taken
    for an infix or a prefix: operands that are no single thing get brackets, and so does the whole inside another.

    Raises:
        ValueError: the template can't be filled in with that many operands.

    >>> meet = with_latex(call("meet"), r"{0} \wedge {1}", 2)
    >>> print(meet.write(LATEX, [meet.write(LATEX, [LATEX.label(x) for x in "ab"]), LATEX.label("c")]).text)
    (a \wedge b) \wedge c
    """
    _check(template, operands)
    if re.search(r"^\{*\{0\}|\{\d+\}$", template):
        look = Look(template, LOOSEST, (ATOM,))
    else:
        look = Look(template, POWER if "^" in template else ATOM)  # LaTeX takes no second superscript
    return Notation(notation.symbol, notation.looks["text"], look, notation.looks["mathml"], notation.title)


def _check(template: str, operands: int) -> None:
    places = ", ".join(f"{{{place}}}" for place in range(operands))
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"the LaTeX template {template!r} is wrong: {error}; literal braces are doubled") from None
    for _, field, spec, conversion in fields:
        if field is None:
            continue
        if not re.fullmatch("[0-9]+", field) or int(field) >= operands or spec or conversion:
            raise ValueError(
                f"the LaTeX template {template!r} asks for {{{field}}}, but its operands are {places}; "
                "literal braces are doubled"
            )


NEGATION: Final = prefix("-")
CASES: Final = cases()
