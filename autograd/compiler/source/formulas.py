"""What the generated sources have in common: identifiers, comments, and the right-hand sides of assignments.

A program becomes text in the order in which its sections run. Every value has a local variable, named after its label
if it has one, with two exceptions. Constants are written where they are used; and so is a value without a label that
is used once, if its formula is short: ``dE_do1 = -sigmoid(-o1) * a_o1`` rather than three lines.

A sum is written in the order in which its terms are added, so a compiler that keeps to IEEE 754 computes, bit for bit,
what the interpreters do (but for the sign of a sum that is zero). C's may make a product and a sum one operation, a
fused multiply-add; so in a short sum, whose result is Python's, a product is written as one that is rounded.

Python and C differ in how numbers, functions, choices, loops and arrays are written: that is a ``Language``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from autograd.compiler.layout import Layout
from autograd.compiler.passes.flatten import SHORT as SHORT_SUM
from autograd.compiler.passes.place import place
from autograd.compiler.passes.prune import prune
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    DATA,
    NONE,
    SELECT,
    SUM,
    SUMS,
    TAKE,
    Index,
    Program,
    Term,
    values_in,
)

WIDTH: Final = 100  # columns of a line
SHORT: Final = 36  # characters of a formula that is written where it is used

# How tightly a text binds.
CHOICE, SUM_, NEGATION, PRODUCT, ATOM = range(5)

_PASSED_ON: Final = {"select", "take", "maximum", "minimum", "relu", "leaky_relu"}  # an operand may be their result

_COMPARISONS: Final = {"less": ("<", ">"), "less_equal": ("<=", ">="), "equal": ("==", "==")}  # and turned round


class Language(NamedTuple):
    """The notation of a language, most of it as templates; notation that all languages share isn't here."""

    reserved: frozenset[str]  # identifiers that are taken
    number: Callable[[float], str]
    functions: dict[str, str]  # by the function's name in the rule table
    choice: str  # of a condition, a, b
    take: str  # of an index, the number of rows; "..." stands for these
    input: str  # of an index: a number that is given
    constant: str  # before the name of a variable that is set once
    variable: str  # before that of another
    end: str  # of a statement
    in_brackets: bool  # whether a formula needs brackets to go on in the next line
    loop: str  # of a number of samples; s counts them
    end_of_loop: str
    array: str  # of a name, a number of samples: room for a number of each
    put: str  # of an array's name, a number: it is that of sample s
    data_name: str  # of a count
    data: tuple[str, str]  # of a name, a number of samples: what stands around numbers that are known
    lanes: tuple[str, str]  # of a name, a number of samples: what stands around a number for each of them
    comment: str  # behind a statement
    rounded: str = ""  # of a product that is a term of a short sum; "" where each product is rounded anyway


# --- Names ---


def identifier(text: str, otherwise: str = "v") -> str:
    """An ASCII identifier that reads like the text.

    >>> identifier("w[0, 1]"), identifier("∂E/∂w₁"), identifier("σ(h1)"), identifier("1st"), identifier("?!")
    ('w_0_1', 'dE_dw1', 'sigma_h1', 'v_1st', 'v')
    """
    letters = []
    for letter in unicodedata.normalize("NFKD", text[:200]):
        if letter.isascii():
            letters.append(letter if letter.isalnum() else "_")
        elif letter == "∂":
            letters.append("d")
        elif not unicodedata.combining(letter):
            _, _, greek = unicodedata.name(letter, "").partition("GREEK SMALL LETTER ")
            letters.append(greek.lower().replace(" ", "_") if greek else "_")
    name = re.sub("__+", "_", "".join(letters))[:40].strip("_")
    return f"{otherwise}_{name}" if name[:1].isdigit() else name or otherwise


class Names:
    """Identifiers of one scope, each given once.

    >>> names = Names(["for"])
    >>> [names.new(wanted) for wanted in ("w", "w", "for")]
    ['w', 'w_2', 'for_']
    """

    def __init__(self, reserved: Iterable[str]) -> None:
        self.reserved = frozenset(reserved)
        self.used: set[str] = set()
        self.tried: dict[str, int] = {}

    def new(self, wanted: str) -> str:
        """The identifier, or one like it if it is taken."""
        name = wanted = f"{wanted}_" if wanted in self.reserved else wanted
        while name in self.used or name in self.reserved:
            self.tried[wanted] = number = self.tried.get(wanted, 1) + 1
            name = f"{wanted}_{number}"
        self.used.add(name)
        return name


def harmless(text: str) -> str:
    """The text as it may stand in a comment, of Python or of C, and in a docstring.

    >>> harmless("w['b'][0]"), harmless("a*/b??/c")
    ("w['b'][0]", "'a* /b? ? /c'")
    """
    text = text if len(text) <= 60 else text[:57] + "..."
    if re.fullmatch(r"\w[\w\[\]().,:= '-]*", text, re.ASCII):
        return text
    quoted = ascii(text).replace('"', "'").replace("\\", "|")
    while re.search(r"\*/|/\*|\?\?|//", quoted):
        quoted = re.sub(r"([*?/])(?=[*?/])", r"\1 ", quoted)
    return quoted


def summary(entries: Sequence[tuple[str, str, str]]) -> list[str]:
    """Lines that say what stands where; runs of entries that differ in their numbers only are one line.

    Args:
        entries: where it stands, what it is, and more about that.

    >>> summary([("in[0]", "w[0]", ""), ("in[1]", "w[1]", ""), ("in[2]", "x", ", a length")])
    ['in[0] ... in[1]: w[0] ... w[1]', 'in[2]: x, a length']
    """
    runs: list[list[tuple[str, str, str]]] = []
    last = None
    for entry in entries:
        where, what, more = entry
        pattern = re.sub(r"\d+", "0", where), re.sub(r"\d+", "0", what), more
        if pattern == last:
            runs[-1].append(entry)
        else:
            runs.append([entry])
        last = pattern
    lines = []
    for run in runs:
        (first, its, more), (end, of_end, _) = run[0], run[-1]
        lines.append(f"{first}: {its}{more}" if len(run) == 1 else f"{first} ... {end}: {its} ... {of_end}{more}")
    return lines


class Output(NamedTuple):
    """One output: its value, what part of the result it is, and where it goes if results are laid out in memory."""

    value: Index
    part: str
    start: int
    stride: int
    samples: int  # 0: one number


def outputs_of(program: Program, results: Layout | None) -> list[Output]:
    """The outputs, named by their path in the results; without a layout of those they are numbered."""
    if results is not None:
        parts = results.names("result")
        return [Output(value, part, *at) for value, part, at in zip(program.outputs, parts, results.outputs)]
    out, start = [], 0
    for number, value in enumerate(program.outputs):
        samples = program.batch_of(value)
        out.append(Output(value, f"result[{number}]" + ("[s]" if samples else ""), start, 1, samples))
        start += samples or 1
    return out


# --- The program as expressions ---


class Source:
    """A program on its way to a text: names and uses of its values, and their formulas.

    ``formula`` has to be called once for each value of each section, in order.

    Args:
        program: simplified.
        language: how things are written.
        function: its name.
        nameless_input: a template of how an input is written that has no name; "" if it is to get one.
        results: the layout of the results, if they have one.
    """

    def __init__(
        self, program: Program, language: Language, function: str, nameless_input: str, results: Layout | None
    ) -> None:
        self.outputs = outputs_of(program, results)
        self.program = program = prune(program)
        self.outputs = [output._replace(value=value) for output, value in zip(self.outputs, program.outputs)]
        self.language = language
        self.sections = place(program)
        self.called: set[str] = set()  # functions, by their names in the rule table
        self.loaded: list[list[Index]] = [[] for _ in self.sections]  # varying values that come from elsewhere
        self.kept: set[Index] = set()  # varying values that a later section needs
        self.inputs: list[Index] = []  # those that are used as numbers, not as columns
        self._uses = [0] * len(program)
        self._elsewhere = bytearray(len(program))  # used by another section than its own, or as another kind of thing
        self._condition = bytearray(len(program))  # the condition of a choice
        self._added = bytearray(len(program))  # to something, perhaps
        self._home = [-1] * len(program)
        self._inlined: dict[Index, tuple[str, int]] = {}
        self._conditions: dict[Index, str] = {}
        self._find_uses()
        self._names = Names([*language.reserved, function])
        self._nameless_input = nameless_input
        self._named: dict[Index, str] = {}
        self._name_all()

    def _find_uses(self) -> None:
        program = self.program
        for number, section in enumerate(self.sections):
            for value in section.values:
                self._home[value] = number
        used_inputs: set[Index] = set()
        for number, section in enumerate(self.sections):
            loaded: dict[Index, None] = {}
            for value in section.values:
                head, operands, _ = program.operation(value)
                if head in SUMS:
                    for a, b, _ in operands:
                        self._added[a] |= b == NONE
                for position, x in enumerate(values_in(head, operands)):
                    self._uses[x] += 1
                    self._added[x] |= head.name in _PASSED_ON
                    if x < program.inputs:
                        used_inputs.add(x)
                        continue
                    if head is SELECT and position == 0:
                        self._condition[x] = 1
                    if self._home[x] != number:
                        self._elsewhere[x] = 1
                        if program.batch_of(x):
                            loaded[x] = None
                            if program.operation(x)[0] not in (COLUMN, DATA):
                                self.kept.add(x)
            self.loaded[number] = list(loaded)
        for value in program.outputs:
            self._uses[value] += 1
            self._elsewhere[value] = 1
            if value < program.inputs:
                used_inputs.add(value)
        self.inputs = sorted(used_inputs)

    def _name_all(self) -> None:
        program = self.program
        names = program.names
        for value in program.values()[: program.inputs]:
            if value in names or not self._nameless_input:
                self._named[value] = self._names.new(identifier(names.get(value, f"x{value}"), "x"))
        parts = {output.value: output.part for output in reversed(self.outputs)}
        for value, (head, operands, _) in program.instructions():
            if head is CONSTANT:
                continue
            if value in names:
                wanted = identifier(names[value])
            elif head is COLUMN:
                wanted = self._of_column(*operands)
            elif value in parts:
                wanted = identifier(parts[value].replace("[s]", "").replace("[s, ", "["))
            else:
                continue
            self._named[value] = self._names.new(wanted)

    def _of_column(self, first: int, stride: int) -> str:
        """A name for samples' numbers: what the names of the first two have in common."""
        names = self.program.names
        one, other = (re.findall(r"\w+", names.get(Index(first + i * stride), "x")) for i in (0, 1))
        differing = [i for i, (a, b) in enumerate(zip(one, other)) if a != b]
        if len(one) == len(other) and len(differing) == 1 and differing[0] > 0:
            del one[differing[0]]
        return identifier("_".join(one), "x")

    def name(self, value: Index) -> str:
        """The variable of a value."""
        if value < self.program.inputs and value not in self._named:
            return self._nameless_input.format(value)
        if value not in self._named:
            self._named[value] = self._names.new(f"v{value}")
        return self._named[value]

    def new_name(self, wanted: str) -> str:
        """A variable of another kind."""
        return self._names.new(wanted)

    def number_of(self, value: Index) -> float | None:
        """The number, if the value is a constant."""
        if value >= self.program.inputs:
            head, operands, _ = self.program.operation(value)
            if head is CONSTANT:
                return float(operands[0])
        return None

    def batch_of(self, value: Index) -> int:
        """The size of its batch; 0 if it is uniform."""
        return self.program.batch_of(value)

    def only_returned(self, value: Index) -> bool:
        """True of an output that nothing else uses."""
        return self._uses[value] == 1

    def formula(self, value: Index) -> list[str] | None:
        """The formula of a value, in pieces for lines of their own; None if the value is written where it is used."""
        head, operands, _ = self.program.operation(value)
        if head in SUMS:
            is_rounded = head is SUM and (self._added[value] if len(operands) == 1 else len(operands) <= SHORT_SUM)
            pieces, level = self._sum(operands, self.language.rounded if is_rounded else "")
        elif head.name in _COMPARISONS:
            text = self._comparison(head.name, *operands)
            if self._condition[value] and self._may_be_inlined(value):
                self._conditions[value] = text
                return None
            return [self.language.choice.format(text, *map(self.language.number, (1.0, 0.0)))]
        elif head is SELECT:
            condition, a, b = operands
            text = self._conditions.pop(condition, "") or f"{self.text(condition, SUM_)} != {self.language.number(0.0)}"
            pieces, level = [self.language.choice.format(text, self.text(a, SUM_), self.text(b, SUM_))], CHOICE
        elif head is TAKE:
            return self._take(value, *operands)
        else:
            text, level = self._call(head.name, operands)
            pieces = [text]
        if self._may_be_inlined(value):
            text = " ".join(pieces)
            if len(text) <= SHORT:
                self._inlined[value] = text, level
                return None
        return pieces

    def _may_be_inlined(self, value: Index) -> bool:
        return self._uses[value] == 1 and not self._elsewhere[value] and value not in self.program.names

    def text(self, value: Index, least: int = CHOICE) -> str:
        """A value as an operand of something that binds with that strength."""
        number = self.number_of(value)
        if number is not None:
            text = self.language.number(number)
            level = NEGATION if text.startswith("-") else ATOM
        elif value in self._inlined:
            text, level = self._inlined.pop(value)
        else:
            return self.name(value)
        return text if level >= least else f"({text})"

    def _sum(self, terms: Sequence[Term], rounded: str) -> tuple[list[str], int]:
        pieces = []
        negative = False
        for a, b, sign in terms:
            text, negative = self._product([a] if b == NONE else [a, b], sign < 0)
            if rounded and b != NONE:
                self.called.add("rounded")
                text = rounded.format(text)
            pieces.append(("- " if negative else "+ ") + text)
        if not pieces:
            return [self.language.number(0.0)], ATOM
        negative = pieces[0].startswith("-")
        pieces[0] = pieces[0].replace("- ", "-", 1) if negative else pieces[0][2:]
        if len(terms) > 1:
            return pieces, SUM_
        return pieces, NEGATION if negative else PRODUCT

    def _product(self, factors: list[Index], negative: bool) -> tuple[str, bool]:
        """One factor or two, without the sign; and whether that is a minus."""
        factors.sort(key=self._rank)
        texts = []
        for factor in factors:
            number = self.number_of(factor)
            if number is not None and math.copysign(1.0, number) < 0.0 and number == number:
                texts.append(self.language.number(-number))
                negative = not negative
            else:
                texts.append(self.text(factor, ATOM if texts else PRODUCT))
        return " * ".join(texts), negative

    def _rank(self, value: Index) -> tuple[int, int]:
        """The order of factors: numbers first, then factors that need no brackets in front, then by age."""
        if self.number_of(value) is not None:
            return 0, value
        return (1 if value in self._inlined and self._inlined[value][1] == PRODUCT else 2), value

    def _comparison(self, name: str, a: Index, b: Index) -> str:
        symbol, turned = _COMPARISONS[name]
        if self.number_of(a) is not None:
            a, b, symbol = b, a, turned
        return f"{self.text(a, SUM_)} {symbol} {self.text(b, SUM_)}"

    def _call(self, name: str, operands: Sequence[Index]) -> tuple[str, int]:
        template = self.language.functions[name]
        if name == "ratio" and (self.number_of(operands[1]) or template == "{0} / {1}"):
            return f"{self.text(operands[0], PRODUCT)} / {self.text(operands[1], ATOM)}", PRODUCT
        self.called.add(name)
        return template.format(*map(self.text, operands)), ATOM

    def _take(self, value: Index, index: Index, *rows: Index) -> list[str]:
        self.called.add("take")
        whole = self.language.take.format(self.text(index), len(rows))
        before, after = whole.split("...")
        texts = [f"{self.text(row)}," for row in rows]
        if len(texts) > 1:
            texts[-1] = texts[-1][:-1]
        texts[0] = before + texts[0]
        texts[-1] += after
        return texts
