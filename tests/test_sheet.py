"""Workbooks: their formulas, worked out by an evaluator of spreadsheets' own rules, give the engine's numbers."""

import math
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile

import pytest
from hypothesis import given, settings

from autograd import Value, sigmoid, spreadsheet, tanh
from autograd.testing import expressions
from nn import W8Network
from tests.test_explanations import flags, labelled

pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed")

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FUNCTIONS = {name.upper(): getattr(math, name) for name in ("exp", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")}
FUNCTIONS |= {
    name.upper(): getattr(math, name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc")
}
FUNCTIONS |= {
    "LN": math.log,
    "LOG": math.log,
    "LOG10": math.log10,
    "ABS": abs,
    "SIGN": lambda x: (x > 0) - (x < 0),
    "INT": math.floor,
    "TRUNC": math.trunc,
    "MAX": max,
    "MIN": min,
    "PI": lambda: math.pi,
    "MOD": lambda a, b: a - b * math.floor(a / b),
    "ATAN2": lambda x, y: math.atan2(y, x),
    "NORMSDIST": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    "GAMMALN": math.lgamma,
    "AND": lambda *c: all(c),
    "OR": lambda *c: any(c),
    "NOT": lambda c: not c,
}
SUPPORTED = [
    *("add", "sub", "mul", "div", "pow", "neg", "abs", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt")
]
SUPPORTED += ["cbrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"]
SUPPORTED += ["sigmoid", "softplus", "log_sigmoid", "relu", "silu", "gelu", "erf", "erfc", "ndtr", "logit"]
SUPPORTED += ["maximum", "minimum", "hypot", "atan2", "logaddexp", "xlogy", "leaky_relu", "elu"]


class Cells:
    """A sheet: the number or formula of each cell, and the number that is stored beside a formula."""

    def __init__(self, path, sheet=1):
        with zipfile.ZipFile(path) as book:
            root = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
        self.formulas, self.stored, self.text = {}, {}, set()
        for cell in root.iter(SPACE + "c"):
            formula, value = cell.find(SPACE + "f"), cell.find(SPACE + "v")
            if cell.get("t") == "s":
                self.text.add(cell.get("r"))
            else:
                self.stored[cell.get("r")] = float(value.text)
            if formula is not None:
                self.formulas[cell.get("r")] = formula.text
        self.known = {}

    def __call__(self, place):
        """The number of a cell, worked out. Cells are in an order in which each needs only others above or below."""
        if place not in self.known:
            self.known[place] = self.worked_out(self.formulas[place]) if place in self.formulas else self.stored[place]
        return self.known[place]

    def worked_out(self, formula):
        tokens = re.findall(r"[A-Z][A-Z0-9]*(?=\()|\$?[A-Z]+\$?\d+|\d+\.?\d*(?:E[-+]?\d+)?|[<>]=|.", formula)
        reader = Reader(tokens, self)
        number = reader.condition()
        assert reader.place == len(tokens), formula
        return number


class Reader:
    """Recursive descent by a spreadsheet's rules: a sign binds more tightly than ^, which goes from left to right."""

    def __init__(self, tokens, cells):
        self.tokens, self.cells, self.place = tokens, cells, 0

    def next(self, *wanted):
        if self.place < len(self.tokens) and self.tokens[self.place] in wanted:
            self.place += 1
            return self.tokens[self.place - 1]
        return None

    def condition(self):
        a = self.sum()
        sign = self.next("<", ">", "<=", ">=", "=")
        if not sign:
            return a
        b = self.sum()
        return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, "=": a == b}[sign]

    def sum(self):
        a = self.product()
        while sign := self.next("+", "-"):
            b = self.product()
            a = a + b if sign == "+" else a - b
        return a

    def product(self):
        a = self.power()
        while sign := self.next("*", "/"):
            b = self.power()
            a = a * b if sign == "*" else a / b
        return a

    def power(self):
        a = self.signed()
        while self.next("^"):
            a = math.pow(a, self.signed())
        return a

    def signed(self):
        return -self.signed() if self.next("-") else self.atom()

    def atom(self):
        token = self.tokens[self.place]
        self.place += 1
        if token == "(":
            number = self.condition()
            assert self.next(")")
            return number
        if self.next("("):
            return self.function(token)
        return self.cells(token.replace("$", "")) if token[0].isalpha() or token[0] == "$" else float(token)

    def function(self, name):
        if name == "IF":  # the branch that isn't taken may have no value
            return self.choice()
        arguments = []
        while not self.next(")"):
            arguments.append(self.condition())
            self.next(",")
        return FUNCTIONS[name](*arguments)

    def choice(self):
        holds, found = self.condition(), []
        for taken in (holds, not holds):
            assert self.next(",")
            start = self.place
            try:
                found.append(self.condition())
            except (ArithmeticError, ValueError):
                assert not taken
                self.place, depth = start, 0
                while depth or self.tokens[self.place] not in (",", ")"):
                    depth += {"(": 1, ")": -1}.get(self.tokens[self.place], 0)
                    self.place += 1
                found.append(None)
        assert self.next(")")
        return found[0] if holds else found[1]


@settings(max_examples=40)  # each writes a workbook
@given(expressions(ops=SUPPORTED, max_size=8), flags)
def test_formulas_worked_out_give_the_values_and_gradients_of_the_engine(tmp_path_factory, e, chosen):
    leaves, y = labelled(e, chosen)
    y.backward()
    path = tmp_path_factory.getbasetemp() / "graph.xlsx"
    if not all(math.isfinite(v.data) for v in (y, *leaves)):
        return
    spreadsheet(y, path)
    cells = Cells(path)
    for place, stored in cells.stored.items():
        try:
            found = cells(place)
        except (ArithmeticError, ValueError):  # a spreadsheet shows an error there: beyond 1e308, say
            return
        size = max(map(abs, cells.stored.values()))
        assert math.isclose(found, stored, rel_tol=1e-9, abs_tol=1e-11 * size) or not math.isfinite(size), (place, e)


def test_the_sheet_of_the_network_is_worked_out_to_the_engines_numbers(tmp_path):
    net = W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55])
    sample = {"inputs": (0.05, 0.10), "targets": (0.01, 0.99)}
    path = spreadsheet(net, tmp_path / "w8.xlsx", **sample, lr=0.5, steps=20)
    cells = Cells(path, sheet=2)
    assert len(cells.formulas) > 19 * 31
    for place, stored in cells.stored.items():
        assert math.isclose(cells(place), stored, rel_tol=1e-12), place
    history = net.train(*sample.values(), lr=0.5, steps=20)
    last = [cells(f"{column}23") for column in ("F", "X")]
    assert last == pytest.approx([history["w1"][19], history["E_total"][19]], rel=1e-12)
    with zipfile.ZipFile(path) as book:
        assert sum(name.startswith("xl/worksheets/sheet") for name in book.namelist()) == 7
        assert any(name.startswith("xl/charts/chart") for name in book.namelist())


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_computes_the_same(tmp_path):
    w, x = Value(0.4, "w"), Value(0.7, "x")
    y = tanh(sigmoid(w * x) ** 2 - w / x)
    path = spreadsheet(y, tmp_path / "graph.xlsx")
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "csv", "--outdir", str(tmp_path), str(path)], check=True, timeout=120
    )
    y.backward()
    assert f"{w.grad:.9f}" in (tmp_path / "graph.csv").read_text(encoding="utf-8")


def test_labels_that_look_like_formulas_stay_text(tmp_path):
    labels = ["=1+1", "+A1", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0"]
    y = sum(Value(i + 1.0, label) for i, label in enumerate(labels))
    cells = Cells(spreadsheet(y, tmp_path / "graph.xlsx"))
    assert {f"A{i + 4}" for i in range(len(labels))} <= cells.text
    assert all(re.fullmatch(r"[A-Z0-9+*\-^/().]+", formula) for formula in cells.formulas.values())


def test_bad_requests_are_refused(tmp_path):
    x = Value(3.0, "x")
    with pytest.raises(ValueError, match=r"ends in \.xlsx"):
        spreadsheet(x, tmp_path / "x.ods")
    with pytest.raises(ValueError, match="needs a sample"):
        spreadsheet(W8Network(seed=1), tmp_path / "x.xlsx")
    with pytest.raises(TypeError, match="a Value or a network"):
        spreadsheet([x], tmp_path / "x.xlsx")
    with pytest.raises(ValueError, match="finite numbers only"):
        spreadsheet(x * math.inf, tmp_path / "x.xlsx")
    with pytest.raises(ValueError, match="digamma"):
        spreadsheet(x.digamma(), tmp_path / "x.xlsx")
