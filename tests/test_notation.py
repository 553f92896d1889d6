"""How operations are written: every row in every style, brackets where they are needed and nowhere else, any label."""

from __future__ import annotations

import ast
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.engine.notation import (
    LATEX,
    MATHML,
    TEXT,
    call,
    cases,
    derivative_of_order,
    fence,
    fraction,
    infix,
    prefix,
    raised,
    root,
    with_latex,
)
from autograd.engine.rules import RULES, Rule
from autograd.engine.styles import COMPARISON, PRODUCT, STYLES, SUM
from autograd.views.expression import Expression
from autograd.views.formula import definition, formula, partial_formula
from tests import table
from tests.forms import needs_sources

NAMES = list(RULES)
M = "{http://www.w3.org/1998/Math/MathML}"
CORE = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msup", "msub", "msqrt", "mroot"} | {
    *("mtable", "mtr", "mtd")
}
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "mroot": 2, "msqrt": 1, "math": 1}


def parsed(mathml: str) -> ET.Element:
    """The tree; every element is one of MathML Core's, with as many children as it takes."""
    root_ = ET.fromstring(mathml)
    for element in root_.iter():
        name = element.tag.removeprefix(M)
        assert name in CORE
        assert len(element) == CHILDREN.get(name, len(element))
        assert name in ("mi", "mn", "mo", "mtext", "mspace") or not (element.text or "").strip()
        assert name not in ("mi", "mn", "mo", "mtext") or element.text
    return root_


def shown(mathml: str) -> str:
    return "".join(parsed(mathml).itertext())


def is_balanced(latex: str) -> bool:
    """Whether braces, \\left and \\begin have their counterparts, and nothing ends math mode."""
    plain = re.sub(r"\\([{}$&#%_\\]|textbackslash\{\})", "", latex)
    depth = 0
    for c in plain:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    pairs = all(latex.count(a) == latex.count(b) for a, b in ((r"\left|", r"\right|"), (r"\left(", r"\right)")))
    return depth == 0 and pairs and "$" not in plain and "%" not in plain and "#" not in plain


def names_of(rule: Rule) -> list[str]:
    return [*table.names_of(rule), "y"]


# --- Every row ---


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_written_in_every_style_with_all_its_operands(name: str) -> None:
    rule = RULES[name]
    for style in STYLES.values():
        operands = [style.label(f"first_{place}") for place in range(rule.arity)]
        written = rule.notation.write(style, operands)
        assert all(operand.text in written.text for operand in operands)
        if style is LATEX:
            assert is_balanced(written.text)
        if style is MATHML:
            parsed(style.whole(written.text))


@pytest.mark.parametrize("textbook", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_every_partial_is_written_in_every_style(name: str, textbook: bool) -> None:
    rule = RULES[name]
    for position in set(range(rule.arity)) - set(rule.constant):
        texts = {style: partial_formula(rule, position, names_of(rule), style, textbook) for style in STYLES}
        assert is_balanced(texts["latex"])
        parsed(texts["mathml"])
        assert not any(re.search(r"0\.\d", text) for text in texts.values())  # √2 stays √2
        assert set(re.findall(r"\b[a-z]\b", texts["text"])) <= set(names_of(rule))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=25)
def test_a_written_partial_is_the_partial(name: str, data: st.DataObject) -> None:
    rule = RULES[name]
    operands = [data.draw(st.floats(0.1, 0.9)) + (name == "acosh") for _ in range(rule.arity)]
    operands = [
        -x if rule.domain.contains(*[-x for x in operands]) and data.draw(st.booleans()) else x for x in operands
    ]
    if not rule.domain.contains(*operands):
        return
    numbers = dict(zip(names_of(rule), [*operands, rule(*operands)]))
    for position, partial in enumerate(rule.partials):
        exact = float(partial(*numbers.values()))
        for textbook in (True, False):
            text = partial_formula(rule, position, names_of(rule), textbook=textbook, digits=17)
            if not (name in ("pow", "power") and operands[0] < 0):
                assert evaluated(text, numbers) == pytest.approx(exact, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "text", "latex", "mathml"),
    [
        ("add", "a + b", "a + b", "a+b"),
        ("sub", "a - b", "a - b", "a−b"),
        ("mul", "a * b", r"a \cdot b", "a⋅b"),
        ("div", "a / b", r"\frac{a}{b}", "ab"),
        ("pow", "a^b", "a^{b}", "ab"),
        ("neg", "-a", "-a", "−a"),
        ("exp", "exp(a)", "e^{a}", "ea"),
        ("log", "log(a)", r"\ln(a)", "ln\u2061(a)"),
        ("log1p", "log1p(a)", r"\ln(1 + a)", "ln\u2061(1+a)"),
        ("log2", "log2(a)", r"\log_{2}(a)", "log2\u2061(a)"),
        ("sqrt", "√(a)", r"\sqrt{a}", "a"),
        ("cbrt", "∛(a)", r"\sqrt[3]{a}", "a3"),
        ("abs", "|a|", r"\left|a\right|", "|a|"),
        ("floor", "⌊a⌋", r"\left\lfloor a\right\rfloor", "⌊a⌋"),
        ("asin", "asin(a)", r"\arcsin(a)", "arcsin\u2061(a)"),
        ("sigmoid", "σ(a)", r"\sigma(a)", "σ\u2061(a)"),
        ("maximum", "max(a, b)", r"\max(a, b)", "max\u2061(a,b)"),
        ("atan2", "atan2(a, b)", r"\operatorname{atan2}(a, b)", "atan2\u2061(a,b)"),
        ("leaky_relu", "leaky_relu(a, b)", r"\operatorname{LeakyReLU}(a, b)", "LeakyReLU\u2061(a,b)"),
    ],
)
def test_rows_are_written_as_the_textbook_has_them(name: str, text: str, latex: str, mathml: str) -> None:
    written = []
    for style in STYLES.values():
        operands = [style.label(operand) for operand in "ab"[: RULES[name].arity]]
        written.append(RULES[name].notation.write(style, operands).text)
    assert written[:2] == [text, latex]
    assert shown(MATHML.whole(written[2])) == mathml


# --- Any number of operands, and forms that no row has ---


@pytest.mark.parametrize("count", range(1, 7))
def test_a_call_and_an_infix_take_any_number_of_operands(count: int) -> None:
    labels = [f"x{place}" for place in range(count)]
    for notation, between in ((call("f"), ", "), (infix("+", SUM), " + ")):
        for style, wanted in ((TEXT, labels), (LATEX, [f"x_{{{place}}}" for place in range(count)])):
            assert between.join(wanted) in notation.write(style, [style.label(x) for x in labels]).text
        parsed(MATHML.whole(notation.write(MATHML, [MATHML.label(x) for x in labels]).text))


def test_forms_that_no_row_has_yet() -> None:
    x, n = LATEX.label("x"), LATEX.label("n")
    assert derivative_of_order("polygamma", "ψ").write(LATEX, [n, x]).text == r"\psi^{(n)}(x)"
    assert fence("⌈", "⌉").write(LATEX, [x]).text == r"\left\lceil x\right\rceil"
    assert root(4).write(LATEX, [x]).text == r"\sqrt[4]{x}"
    assert infix("<=", COMPARISON).write(LATEX, [x, LATEX.number(-1, 6)]).text == r"x \le -1"


def test_a_template_for_latex_alone() -> None:
    nested = with_latex(call("mix"), r"\mathrm{{mix}}({4}; {0})", 5)
    operands = [infix("+", SUM).write(LATEX, [LATEX.label(x), LATEX.label("1")]) for x in "abcde"]
    assert nested.write(LATEX, operands).text == r"\mathrm{mix}(e + \text{1}; a + \text{1})"
    assert nested.write(TEXT, [TEXT.label(x) for x in "abcde"]).text == "mix(a, b, c, d, e)"
    up = with_latex(call("up"), "{0}^{{+}}", 1)
    assert raised().write(LATEX, [up.write(LATEX, [LATEX.label("a")]), LATEX.number(2, 6)]).text == "(a^{+})^{2}"
    with pytest.raises(ValueError, match=r"asks for \{5\}, but its operands are \{0\}, \{1\}, \{2\}, \{3\}, \{4\}"):
        with_latex(call("mix"), "{5}", 5)


# --- Brackets ---

a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(0.25, "c")
w5, a_h1 = Value(0.4, "w5"), Value(0.6, "a_h1")


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (a - (b - c), "a - (b - c)"),
        (a * (b + c), r"a \cdot (b + c)"),
        ((a * b) ** 2, r"(a \cdot b)^{2}"),
        ((a / 4) ** 2, r"\left(\frac{a}{4}\right)^{2}"),
        ((a + b) / (a - b), r"\frac{a + b}{a - b}"),
        (a / (b / c), r"\frac{a}{\frac{b}{c}}"),
        ((a**b) ** c, "(a^{b})^{c}"),
        (a ** (b + c), "a^{b + c}"),
        (a**-2, "a^{-2}"),
        (-(a + b), "-(a + b)"),
        (-(a / b), r"-\frac{a}{b}"),
        ((-a) / b, r"-\frac{a}{b}"),
        (-(a * b) / c, r"-\frac{a \cdot b}{c}"),
        (a - -1 / b, r"a - \left(-\frac{1}{b}\right)"),
        (a / (-b), r"\frac{a}{-b}"),
        ((-a) ** 2, "(-a)^{2}"),
        (-(-a), "-(-a)"),  # noqa: B002
        ((a + b).exp() ** 2, "(e^{a + b})^{2}"),
        (a.expm1() * b, r"(e^{a} - 1) \cdot b"),
        ((a / 4).log1p(), r"\ln\left(1 + \frac{a}{4}\right)"),
        ((a / b).sin(), r"\sin\left(\frac{a}{b}\right)"),
        (1 / 2 * (w5 - a_h1) ** 2, r"\frac{1}{2} \cdot (w_{5} - a_{h1})^{2}"),
        (a * 1.5e-7, r"a \cdot (1.5 \cdot 10^{-7})"),
        (a + 1.5e-7, r"a + 1.5 \cdot 10^{-7}"),
        (a + 1e20, r"a + 10^{20}"),
        (1.5e30**a, r"(1.5 \cdot 10^{30})^{a}"),
        (a + math.inf, r"a + \infty"),
        (a - math.inf, r"a - \infty"),
        (a * -math.inf, r"a \cdot (-\infty)"),
        (a * math.nan, r"a \cdot \text{NaN}"),
        (a * Value(1.0, "∂E/∂w5"), r"a \cdot (\partial E/\partial w_{5})"),
    ],
)
def test_brackets_on_paper(value: Value, latex: str) -> None:
    assert formula(value, style="latex") == latex
    parsed(formula(value, style="mathml"))


def test_brackets_on_a_page_of_mathml_are_as_high_as_what_is_between_them() -> None:
    low, high = formula(a * (b + c), style="mathml"), formula((a / 4) ** 2, style="mathml")
    assert ("<mo>(</mo>" in low, 'stretchy="false"' in low) == (False, True)
    assert ("<mo>(</mo>" in high, 'stretchy="false"' in high) == (True, False)


def functions(text: str) -> str:
    """The text as a Python expression."""
    return text.replace("^", "**").replace("√", "sqrt").replace("∛", "cbrt").replace("⌊x⌋", "floor(x)")


def evaluated(text: str, numbers: dict[str, float]) -> Any:
    text = text.replace("′", "_prime")
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", functions(text))
    spelled = {"√": "sqrt", "∛": "cbrt", "′": "_prime"}
    table_ = {re.sub("[√∛′]", lambda found: spelled[found[0]], rule.symbol): rule for rule in RULES.values()}
    return eval(text, {**table_, "abs": abs, "π": math.pi, **numbers})


def values(depth: int = 4) -> st.SearchStrategy[Value]:
    leaves = st.sampled_from([a, b, c, w5])
    one = st.sampled_from(["neg", "exp", "sqrt", "sigmoid", "log2", "relu"])
    two = st.sampled_from(["add", "sub", "mul", "div", "pow", "maximum"])
    constants = st.sampled_from([2.0, -3.0, 0.5, 1e-7, 0.75])

    def apply(name: str, *operands: Any) -> Value:
        try:
            return RULES[name](*operands)
        except (ArithmeticError, ValueError):
            return RULES["sub"](*operands) if len(operands) == 2 else RULES["neg"](*operands)

    return st.recursive(
        leaves,
        lambda below: st.one_of(
            st.builds(apply, one, below),
            st.builds(apply, two, below, below),
            st.builds(apply, two, below, constants),
            st.builds(apply, two, constants, below),
        ),
        max_leaves=2**depth,
    )


@given(values())
def test_the_text_of_a_formula_computes_the_value_it_is_of(value: Value) -> None:
    numbers = {x.label: x.data for x in (a, b, c, w5)}
    got = evaluated(formula(value, digits=17), numbers)
    assert got == value.data or math.isnan(value.data)


@given(values())
def test_no_pair_of_brackets_can_be_left_out(value: Value) -> None:
    text = functions(formula(value))
    whole = ast.dump(ast.parse(text, mode="eval"))
    opened: list[int] = []
    for place, letter in enumerate(text):
        if letter == "(":
            opened.append(place)
        elif letter == ")":
            start = opened.pop()
            if re.search(r"\w$", text[:start]) or text[start + 1] == "-" or text[start : place + 1] == "(1/2)":
                continue  # a call; two signs in a row, which Python reads and people don't
            without = text[:start] + " " + text[start + 1 : place] + " " + text[place + 1 :]
            assert ast.dump(ast.parse(without.strip(), mode="eval")) != whole


@given(values())
def test_latex_and_mathml_of_any_formula_are_well_formed(value: Value) -> None:
    assert is_balanced(formula(value, style="latex"))
    parsed(formula(value, style="mathml"))


# --- Labels ---


@pytest.mark.parametrize(
    ("label", "latex", "mathml"),
    [
        ("x", "x", "<mi>x</mi>"),
        ("w5", "w_{5}", "<msub><mi>w</mi><mn>5</mn></msub>"),
        ("a_h1", "a_{h1}", "<msub><mi>a</mi><mrow><mi>h</mi><mn>1</mn></mrow></msub>"),
        ("E_total", r"E_{\text{total}}", "<msub><mi>E</mi><mi>total</mi></msub>"),
        ("w_1_2", "w_{1,2}", "<msub><mi>w</mi><mrow><mn>1</mn><mo>,</mo><mn>2</mn></mrow></msub>"),
        ("alpha", r"\alpha", "<mi>α</mi>"),
        ("α", r"\alpha", "<mi>α</mi>"),
        ("σ_x", r"\sigma_{x}", "<msub><mi>σ</mi><mi>x</mi></msub>"),
        ("x_Delta", r"x_{\Delta}", "<msub><mi>x</mi><mi>Δ</mi></msub>"),
        ("loss", r"\text{loss}", "<mi>loss</mi>"),
        ("loss2", r"\text{loss}_{2}", "<msub><mi>loss</mi><mn>2</mn></msub>"),
        ("é", r"\text{é}", "<mi>é</mi>"),
        ("h1.1", r"\text{h1.1}", "<mtext>h1.1</mtext>"),
        ("a+b", r"\text{a+b}", "<mtext>a+b</mtext>"),
        ("x_", r"\text{x\_}", "<mtext>x_</mtext>"),
        ("two\nlines", r"\text{two\textbackslash{}nlines}", r"<mtext>two\nlines</mtext>"),
        (r"$\{%}#&^~|", r"\text{\$\textbackslash{}\{\%\}\#\&\textasciicircum{}\textasciitilde{}\textbar{}}", None),
        ("<script>", r"\text{\textless{}script\textgreater{}}", "<mtext>&lt;script&gt;</mtext>"),
        (
            "∂E/∂w5",
            r"\partial E/\partial w_{5}",
            '<mrow><mi>∂</mi><mi>E</mi><mo lspace="0" rspace="0">/</mo><mi>∂</mi>'
            "<msub><mi>w</mi><mn>5</mn></msub></mrow>",
        ),
    ],
)
def test_a_label_that_is_a_name_is_set_as_a_name_and_any_other_as_words(
    label: str, latex: str, mathml: str | None
) -> None:
    assert LATEX.label(label).text == latex
    assert MATHML.label(label).text == mathml or mathml is None
    assert is_balanced(latex)


@given(st.one_of(st.text(min_size=1, max_size=20), st.text("\\{}$%#_^~&<>|'\"/∂ .aσ1\n\0", min_size=1, max_size=12)))
def test_any_label_is_text_in_every_style(label: str) -> None:
    value = Value(1.0, label) + 1
    assert is_balanced(formula(value, style="latex"))
    mathml = formula(value, style="mathml")
    words = shown(mathml)
    assert words.endswith("+1")
    if label.isascii() and label.isprintable() and not re.fullmatch(r"[A-Za-z0-9_]+", label):
        assert words == label.replace(" ", "\u00a0") + "+1"
    text = formula(value)
    assert text.splitlines() == [text]


def test_the_name_of_a_users_function_is_text_too() -> None:
    for symbol in ("<b>", "a_b", "{0}", "$", "W", "θ", "⊕"):
        notation = call(symbol)
        assert is_balanced(notation.write(LATEX, [LATEX.label("x")]).text)
        assert shown(MATHML.whole(notation.write(MATHML, [MATHML.label("x")]).text)) == f"{symbol}\u2061(x)"
        assert notation.write(TEXT, [TEXT.label("x")]).text == f"{symbol}(x)"


# --- Formulas of partials ---


def test_a_partial_is_written_with_the_names_it_is_given() -> None:
    sigmoid = RULES["sigmoid"]
    assert partial_formula(sigmoid, 0, ["h1", "a_h1"]) == "a_h1 * (1 - a_h1)"
    assert partial_formula(sigmoid, 0, ["h1", "a_h1"], "latex") == r"a_{h1} \cdot (1 - a_{h1})"
    assert partial_formula(sigmoid, 0, ["h1", "a_h1"], textbook=False) == "σ′(h1)"
    assert partial_formula(RULES["pow"], 0, ["a", "b", "y"], textbook=False) == "b * a^(b - 1)"
    assert partial_formula(RULES["mul"], 1, ["w1", "i1", "p"]) == "w1"
    with pytest.raises(ValueError, match="sigmoid has 1 operands and a result to be named, not 1"):
        partial_formula(sigmoid, 0, ["x"])


def test_a_choice_is_written_as_cases() -> None:
    relu = RULES["relu"]
    assert partial_formula(relu, 0, ["x", "y"]) == "1 if x > 0 else 0"
    wanted = r"\begin{cases} 1 & \text{if }x > 0 \\ 0 & \text{otherwise} \end{cases}"
    assert partial_formula(relu, 0, ["x", "y"], "latex") == wanted
    assert len(list(parsed(partial_formula(relu, 0, ["x", "y"], "mathml")).iter(M + "mtr"))) == 2
    three = partial_formula(RULES["maximum"], 0, ["a", "b", "y"], "mathml")
    assert len(list(parsed(three).iter(M + "mtr"))) == 3  # a choice in the last case is one more case


def own(partial: Any) -> Rule:
    return Rule("own", lambda x: x, (partial,), RULES["exp"].domain)


def test_conditions_of_a_users_partial_are_combined_and_bracketed() -> None:
    where = autograd.where
    x = ["x", "y"]
    rule = own(lambda x, y: 2 * where((x > 0) & ~(x >= 1) | (y < -1), x, where(x <= 5, where(y < 1, 1, 2), 3)))
    assert partial_formula(rule, 0, x) == (
        "2 * (x if x > 0 and not x >= 1 or y < -1 else (1 if y < 1 else 2) if x <= 5 else 3)"
    )
    assert is_balanced(partial_formula(rule, 0, x, "latex"))
    parsed(partial_formula(rule, 0, x, "mathml"))


@pytest.mark.parametrize(
    "partial",
    [
        lambda x, y: 1 if x > 0 else 0,
        lambda x, y: math.exp(x),
        lambda x, y: int(x),
        lambda x, y: 1 if x else 0,
        lambda x, y: 1 if x == 0 else 0,
        lambda x, y: x.data,
        lambda x, y: autograd.where((x > 0) == (y > 0), 1, 0),
    ],
)
def test_a_partial_that_needs_a_number_says_so(partial: Any) -> None:
    with pytest.raises(TypeError, match=r"only written has no value for .*; choose with where"):
        partial_formula(own(partial), 0, ["x", "y"])


def test_a_partial_of_any_size_is_cut_off_and_says_so() -> None:
    def doubling(x: Any, y: Any) -> Any:
        for _ in range(300):
            x = x * x
        return x

    for style in STYLES:
        text = partial_formula(own(doubling), 0, ["x", "y"], style, limit=5)
        assert "cut off after 5 operations" in text.replace("\u00a0", " ")
        assert len(text) < 1500


def test_expressions_have_a_short_repr() -> None:
    x = Expression("x")
    assert (f"{x}", repr(x < 1), repr(x + 1)) == ("<expression x>", "<condition <>", "<expression +>")


# --- Options, and the page ---


def test_a_formula_in_another_style_is_the_same_formula() -> None:
    value = autograd.sigmoid(w5 * a_h1)
    assert formula(value, style="latex", numbers=True) == r"\sigma(0.4 \cdot 0.6)"
    assert definition(value, style="latex") == r"\frac{1}{1 + e^{-(w_{5} \cdot a_{h1})}}"
    assert shown(formula(value, style="mathml")) == "σ\u2061(w5⋅ah1)"
    assert formula(Value(-0.5), style="mathml").startswith("<math ")
    with pytest.raises(ValueError, match="a formula's style is 'text', 'latex' or 'mathml', not 'html'"):
        formula(value, style="html")


def test_a_formula_that_is_cut_off_says_so_in_every_style() -> None:
    deep = a
    for _ in range(10):
        deep = deep + 1
    assert formula(deep, style="latex", limit=1) == (
        r"\ldots + 1 \quad \text{(cut off after 1 operations: … stands for the rest)}"
    )
    assert "(cut off after 1 operations" in shown(formula(deep, style="mathml", limit=1)).replace("\u00a0", " ")


def test_cases_fractions_and_prefixes_declare_all_three_looks() -> None:
    for notation in (cases(), fraction(), prefix("-"), infix("*", PRODUCT)):
        assert set(notation.looks) == set(STYLES)


@needs_sources
def test_the_page_of_the_rule_table_is_the_rule_table() -> None:
    program = "import sys; from tests import table; sys.stdout.buffer.write(table.page().encode())"
    folder = table.PAGE.parent.parent  # in a process of its own: a doctest may have added a row to this one's table
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True)
    assert table.PAGE.read_text(encoding="utf-8") == done.stdout.decode(), "python tests/table.py writes it anew"
