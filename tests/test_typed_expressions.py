"""Expressions that are typed: what they may be made of, how they are refused, and the commands that take them."""

import json
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.__main__ import app, run
from autograd.explanations.arithmetic import ExpressionError, assigned, functions, parsed

HOSTILE = [
    *(
        "__import__('os').system('x')",
        "().__class__.__bases__",
        "w.__class__",
        "[x for x in (1,)]",
        "lambda: 1",
        "w if w else 1",
    ),
    *(
        "'a'*10**9",
        "f'{w}'",
        "print(w)",
        "open('x')",
        "exec('1')",
        "eval('1')",
        "w := 3",
        "w[0]",
        "{1:2}",
        "w < 1",
        "w and w",
    ),
    *(
        "sin",
        "sin()",
        "sin(w, w)",
        "sin(x=w)",
        "sin(*w)",
        "True",
        "None",
        "1j",
        "...",
        "b'a'",
        "w^2",
        "~w",
        "not w",
        "w @ w",
    ),
    *(
        "1" * 1999,
        "9" * 400,
        "1e999",
        "(" * 500,
        "-" * 1500 + "1",
        "w" * 3000,
        "(w" + "+w" * 900,
        "w;w",
        "w\n+w",
        "",
    ),
    *(
        "\x00",
        "\ud800",
        "w\u202e",
        "  ",
        "await w",
        "yield w",
        "(w, w)",
        "w,",
        "*w",
        "exp(exp(w",
        ")",
        "import os",
        "w=1",
    ),
]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_expression_is_refused_with_its_place(source):
    began = time.perf_counter()
    with pytest.raises(ExpressionError) as refusal:
        parsed(source, {"w": Value(1.0, "w"), "x": Value(2.0, "x")})
    assert time.perf_counter() - began < 1
    message, shown, caret = refusal.value.pointed.split("\n")
    assert caret.strip() == "^"
    assert len(caret) <= len(shown) + 1
    assert len(message) < 420 + len(", ".join(functions()))
    assert refusal.value.pointed.replace("\n", "").isprintable()


PIECES = [
    "w",
    "1",
    "2.5",
    "+",
    "-",
    "*",
    "/",
    "**",
    "(",
    ")",
    "sin",
    ".",
    ",",
    "__",
    "'",
    "[",
    "]",
    "lambda",
    ":",
    " if ",
    "\\",
    "é",
]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=40))
def test_any_text_is_a_number_a_refusal_or_an_undefined_operation(source):
    try:
        found = parsed(source, {"w": Value(1.5, "w")})
    except (ArithmeticError, ValueError):
        pass
    else:
        assert isinstance(found, (Value, float, int))


def test_the_caret_stands_under_the_place():
    with pytest.raises(ExpressionError) as refusal:
        parsed("αβ + q.x", {"αβ": Value(1.0)})
    assert refusal.value.pointed.endswith("\n  αβ + q.x\n       ^")


def test_values_are_those_that_python_computes():
    names = {"x": Value(2.0, "x"), "y": Value(0.5, "y")}
    assert parsed("x**2 * sin(y) - 7 // x + maximum(x, y) % 3", names).data == 4 * math.sin(0.5) - 3 + 2


def test_numbers_for_names_are_refused_with_the_cure():
    for text in ("x", "x=", "x=a", "2=3", "x=nan", "sin=2", "if=1", "x y=1", "x=1e999"):
        with pytest.raises(ValueError, match="--at"):
            assigned([text])
    with pytest.raises(ValueError, match="twice"):
        assigned(["x=1", "x=2"])


def answer(capsys, *arguments):
    code = run(app, "chainrule", arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


AT = ("--at", "w=0.15", "--at", "i=0.05", "--at", "t=0.01")


def test_grad_prints_value_and_gradient(capsys):
    code, out, _ = answer(capsys, "grad", "(w*i - t)**2", *AT, "--wrt", "w")
    assert code == 0
    assert out == "y     = 6.25e-06\n∂y/∂w = -0.00025\n"
    code, out, _ = answer(capsys, "grad", "x*y", "--at", "x=2", "--at", "y=3", "--json")
    assert json.loads(out) == {"value": 6.0, "gradient": {"x": 3.0, "y": 2.0}}


def test_explain_prints_the_derivation_in_every_style(capsys):
    code, out, _ = answer(capsys, "explain", "(w*i - t)**2", *AT, "--wrt", "w")
    assert (code, out) == (0, "∂y/∂w = 2 * (w*i - t) * i = 2 * (0.15*0.05 - 0.01) * 0.05 = -0.00025\n")
    for style in ("markdown", "latex", "mathml"):
        assert answer(capsys, "explain", "w*i", *AT, "--style", style)[0] == 0
    assert json.loads(answer(capsys, "explain", "w*i", *AT, "--json")[1])[0]["kind"] == "gradient"
    assert answer(capsys, "explain", "w*i", *AT, "--forward")[1].endswith("y = w * i = 0.15 * 0.05 = 0.0075\n")


def test_files_are_written(capsys, tmp_path):
    for command, name in (("draw", "a.svg"), ("draw", "a.dot")):
        assert answer(capsys, command, "w*i", *AT, "--out", str(tmp_path / name))[0] == 0
        assert (tmp_path / name).stat().st_size > 100
    assert answer(capsys, "exercise", "w*i", *AT, "--to", "moodle", "--out", str(tmp_path / "a.xml"))[0] == 0
    assert answer(capsys, "exercise", "w*i", *AT, "--to", "prairielearn", "--out", str(tmp_path / "pl"))[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a.svg", "a.dot", "a.xml", "pl"}
    assert "# Gradients of y" in answer(capsys, "exercise", "w*i", *AT, "--seeds", "1")[1]


def test_a_workbook_is_written(capsys, tmp_path):
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed")
    assert answer(capsys, "sheet", "w*i", *AT, "--out", str(tmp_path / "a.xlsx"))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("grad", "w.x", *AT), "can't stand in an expression\n  w.x\n  ^"),
        (("grad", "q", *AT), "q has no number; write --at q=2"),
        (("grad", "1/x", "--at", "x=0"), "div is undefined"),
        (("grad", "exp(x)", "--at", "x=1000"), "exp overflows"),
        (("grad", "x", "--at", "x"), "--at takes a name and a number"),
        (("grad", "x", "--at", "x=1", "--wrt", "y"), "it has no number"),
        (("grad", "1"), "no name to differentiate by"),
        (("explain", "x", "--at", "x=1", "--style", "pdf"), "--style is one of"),
        (("exercise", "x*x", "--at", "x=1", "--to", "pdf"), "--to is moodle"),
        (("exercise", "x*x", "--at", "x=1", "--to", "moodle"), "needs --out"),
    ],
)
def test_a_request_that_cannot_be_carried_out_ends_with_2_and_says_why(capsys, arguments, complaint):
    code, out, err = answer(capsys, *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
