"""What is explained is what was computed: each line's formula, read back and worked out, gives the number beside it."""

import math
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Value, exercise, explain, functions, primitive, sigmoid, stop_gradient, where
from autograd.engine.rules import ALL, RULES, Rule
from autograd.errors import AutogradError
from autograd.explanations.algebra import Symbol, evaluated
from autograd.testing import expressions
from autograd.views.expression import Condition
from nn import W8Network

READABLE = [*("add", "sub", "mul", "div", "pow", "neg", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu")]
READABLE += ["maximum", "softplus", "atan"]
NAMES = {
    "sqrt": math.sqrt,
    "slope": RULES["sigmoid_slope"].total,
    "σ": functions.sigmoid,
    "max": functions.maximum,
    "π": math.pi,
}
NAMES |= {name: RULES[name].total for name in ("exp", "log", "sin", "cos", "tanh", "sech", "relu", "softplus", "atan")}
NAMES |= {name: RULES[name].total for name in ("hypot", "sign", "cosh", "sinh")}


def w8():
    net = W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55])
    error = net.loss((0.05, 0.10), (0.01, 0.99))
    error.backward()
    return net, error


def labelled(e, flags):
    """The expression on Values: the leaves have labels, and so have some of the results."""
    leaves = [Value(x, f"x{i}") for i, x in enumerate(e.point)]
    slots = e.slots(*leaves)
    for i, (v, flag) in enumerate(zip(slots[len(leaves) + len(e.constants) :], flags)):
        if flag and isinstance(v, Value):
            v.label = f"h{i}"
    assume(isinstance(slots[-1], Value))  # a choice may give a constant
    return leaves, slots[-1]


def symbols(formula):
    found, stack = {}, [formula]
    while stack:
        e = stack.pop()
        stack += getattr(e, "operands", ())
        if isinstance(e, Symbol):
            found[f"∂{e.leaf}/∂{e.below}" if e.below else str(e.leaf)] = float(e.number)
    return found


def read_back(text, names):
    """The number that a formula of an explanation's text is worth, at these numbers for its names."""
    values = {}

    def variable(found):
        values[f"d{len(values)}"] = names[found[0]]
        return f"d{len(values) - 1}"

    source = re.sub(r"∂\w+/∂\w+", variable, text)
    for written, python in (("·", "*"), ("^", "**"), ("√", "sqrt"), ("σ′", "slope")):
        source = source.replace(written, python)
    return eval(source, {"__builtins__": {}}, NAMES | {"inf": math.inf} | names | values)


def largest_part(formula):
    """The largest number that takes part in a formula: what cancels is no more exact than that."""
    found, stack = [0.0], [formula]
    while stack:
        e = stack.pop()
        stack += getattr(e, "operands", ())
        found.append(abs(evaluated(e)) if not isinstance(e, Condition) else 0.0)
    return max(x for x in found if math.isfinite(x))


def agrees(found, value, scale):
    return found == value or math.isclose(found, value, rel_tol=1e-6, abs_tol=1e-9 * scale)


flags = st.lists(st.booleans(), min_size=12, max_size=12)


@given(expressions(ops=READABLE, max_size=12), flags)
def test_text_read_back_and_worked_out_gives_the_number_beside_it(e, chosen):
    leaves, y = labelled(e, chosen)
    for block in explain(y, leaves, digits=17).blocks:
        for line in block.all_lines():
            step = line.step(17)
            if not line.formulas or "…" in step.formula or not math.isfinite(line.value):
                continue
            known = symbols(line.formulas[-1])
            scale = largest_part(line.formulas[-1])
            try:
                assert agrees(read_back(step.formula, known), line.value, scale), step
                assert agrees(read_back(step.numbers, {}), line.value, scale), step
            except (OverflowError, ZeroDivisionError):  # Python's own power and division, at numbers such as 1e300
                pass


@given(expressions(max_size=12), flags)
def test_explained_gradients_are_those_of_the_backward_pass_which_is_left_alone(e, chosen):
    leaves, y = labelled(e, chosen)
    for leaf in leaves:
        leaf.grad = 7.0
    told = explain(y, leaves)
    assert all(leaf.grad == 7.0 for leaf in leaves)
    for leaf in leaves:
        leaf.grad = 0.0
    y.backward()
    for number, leaf in zip(told.value, leaves):
        assert number == leaf.grad or math.isnan(number)
    last = {step.name: step.value for step in told.steps if step.kind == "gradient"}
    assert all(any(n == x or n != n for n in last.values()) for x in told.value)
    for step in told.steps:  # a line that is no conclusion has a formula of its own
        if step.kind == "gradient" and step.formula in ("0", "1", "-1"):
            assert step.value == float(step.formula)
    for block in told.blocks:
        if block.conclusion and not block.conclusion.remark() and math.isfinite(block.conclusion.value):
            found = evaluated(block.conclusion.formulas[-1])
            assert math.isclose(found, block.conclusion.value, rel_tol=1e-9, abs_tol=1e-290) or _cancels(block), block


def _cancels(block):
    terms = [abs(evaluated(x)) for x in block.conclusion.formulas[-1].operands]
    return abs(evaluated(block.conclusion.formulas[-1]) - block.conclusion.value) <= 1e-9 * max(terms)


def test_the_output_weight_reads_as_in_the_textbook():
    net, error = w8()
    assert explain(error, net.w5).text == (
        "∂E_total/∂w5 = ∂E_total/∂a_o1 · ∂a_o1/∂o1 · ∂o1/∂w5\n"
        "  ∂E_total/∂a_o1 = -(t1 - a_o1)      = -(0.01 - 0.606478)        = 0.596478\n"
        "  ∂a_o1/∂o1      = a_o1 * (1 - a_o1) = 0.606478 * (1 - 0.606478) = 0.238662\n"
        "  ∂o1/∂w5        = a_h1                                          = 0.506875\n"
        "∂E_total/∂w5 = 0.596478 · 0.238662 · 0.506875 = 0.0721571"
    )


def test_the_sum_over_the_uses_of_a_hidden_activation_is_factored_and_written_once():
    net, error = w8()
    told = explain(error, net.parameters())
    names = [step.name for step in told.steps]
    assert len(names) == len(set(names))
    by_name = {step.name: step for step in told.steps}
    assert by_name["∂E_total/∂a_h1"].formula == "∂E_total/∂o1 · ∂o1/∂a_h1 + ∂E_total/∂o2 · ∂o2/∂a_h1"
    assert by_name["∂E_total/∂w1"].formula == "∂E_total/∂h1 · ∂h1/∂w1"
    assert told.value == tuple(w.grad for w in net.parameters())


def test_constants_that_cancel_factors_of_one_and_double_signs_are_gone():
    x, t = Value(3.0, "x"), Value(1.0, "t")
    assert explain(0.5 * (x - t) ** 2, x).steps[0].formula == "x - t"
    assert explain((x - t) ** 2 / 2, x).steps[0].formula == "x - t"
    assert explain(-(x * -1), x).steps[0].formula == "1"
    assert explain(x * x, x).steps[0].formula == "x + x"
    assert explain(x**3, x).steps[0].formula == "3 * x^2"


def test_a_choice_shows_why_a_derivative_is_0():
    x, w = Value(2.0, "x"), Value(-3.0, "w")
    step = explain((w * x).relu(), w).steps[0]
    assert (step.formula, step.value) == ("(1 if w * x > 0 else 0) * x", 0.0)
    assert explain(stop_gradient(x) * x, x).steps[0].formula == "stop(x)"


def test_equal_labels_are_told_apart_and_numbers_as_labels_are_quoted():
    a, b = Value(2.0, "x"), Value(5.0, "x")
    assert [step.name for step in explain(a * b, [a, b]).steps] == ["∂y/∂x", "∂y/∂x_2"]
    assert "'2'" in explain(a * Value(3.0, "2"), a).text


def test_operations_of_three_operands_and_choices_have_each_derivative():
    @primitive(partials=(lambda a, b, c, y: b * c, lambda a, b, c, y: a * c, lambda a, b, c, y: a * b))
    def triple(a, b, c):
        return a * b * c

    x, w, z = (Value(number, label) for number, label in ((2.0, "x"), (-3.0, "w"), (0.5, "z")))
    told = explain(triple(x, w, z) * x, [x, w, z])
    assert [step.formula for step in told.steps] == ["x*w*z + triple(x, w, z)", "x * x * z", "x * x * w"]
    assert told.value == tuple(step.value for step in told.steps) == (-6.0, 2.0, -12.0)
    assert explain(where(x > 0, x * w, z), [x, z]).value == (-3.0, 0.0)


def test_operations_that_are_no_rows_of_the_table_are_shown_with_the_numbers_that_are_known():
    x = Value(3.0, "x")
    known = Rule("mine", lambda x: 2 * x, (lambda x, y: 2.0 if float(x) else 0.0,), ALL)
    told = explain(known(x) * x, x)
    assert told.value == 12.0
    assert [step.formula for step in told.steps] == ["x", "2", "∂y/∂u1 · ∂u1/∂x + u1", "mine(x)"]
    unknown = Value(6.0, (x,), "by hand")
    unknown._backward = lambda: None
    assert explain.forward(unknown + 1).steps[-2].formula == "by hand(x)"
    with pytest.raises(AutogradError, match=r"made by hand.*write it as a primitive"):
        explain(unknown + 1, x)
    with pytest.raises(ValueError, match="'mine' is no row of the rule table"):
        exercise(known(x))


def test_long_sums_show_their_first_terms_and_the_last():
    ws = [Value(i + 1.0, f"w{i}") for i in range(100)]
    y = sum(w * w for w in ws)
    assert explain.forward(y).text.endswith(
        "y = w0*w0 + w1*w1 + … + w99*w99 = 1*1 + 2*2 + … + 100*100 = 338350  (100 terms)"
    )
    u = Value(2.0, "u")
    assert explain(sum(u * w for w in ws), u).steps[0].formula == "w0 + w1 + … + w99"


def test_a_number_assigned_after_recording_is_refused():
    x = Value(2.0, "x")
    y = x * x
    x.data = 3.0
    with pytest.raises(AutogradError, match=r"operand of mul .'x', 'x'. was assigned another number"):
        explain(y, x)


def test_what_does_not_depend_has_the_derivative_0():
    x, z = Value(2.0, "x"), Value(1.0, "z")
    told = explain(x * 2, z)
    assert told.value == 0.0
    assert "does not depend" in told.text


def test_bad_arguments_are_refused_with_the_cure():
    x = Value(2.0, "x")
    with pytest.raises(TypeError, match="explain takes Values, not str"):
        explain(x * x, ["x"])
    with pytest.raises(ValueError, match="digits counts significant digits"):
        explain(x * x, x, digits=0)
    with pytest.raises(ValueError, match="needs a Value to differentiate by"):
        explain(x * x, [])
    with pytest.raises(ValueError, match="did you mean 'sigmoid'"):
        explain.rule("sigmiod")
    with pytest.raises(ValueError, match="learning rate is a positive number"):
        explain.update([x], lr=-1)


def test_a_large_graph_is_answered_about_its_last_steps():
    x, w = Value(0.5, "x"), Value(0.9, "w")
    z = x
    for _ in range(50_000):
        z = z * w + 0.01
    began = time.perf_counter()
    told = explain(z, x)
    assert time.perf_counter() - began < 20  # on any machine; a step that is quadratic takes hours
    assert len(told.text) < 20_000
    assert "left out" in told.text
    assert len(explain.forward(z).steps) < 100


def test_every_rule_is_explained_in_every_form():
    for name in RULES:
        told = explain.rule(name)
        assert told.text.startswith(f"The rule of {name}, for ")
        ET.fromstring(f"<p>{told.mathml}</p>")
        assert told.latex.count("{") == told.latex.count("}") or "\\left{" in told.latex


def test_an_update_is_what_an_optimiser_does():
    net, _ = w8()
    told = explain.update(net, lr=0.5)
    assert told.value == tuple(w.data - 0.5 * w.grad for w in net.parameters())
    assert told.steps[0].formula == "w1 - η*∂E_total/∂w1"


# --- Labels ---


@given(st.lists(st.text(max_size=12), min_size=3, max_size=3))
def test_no_label_breaks_out_of_any_form(labels):
    w, x, a = (Value(0.3 * i + 0.2, label) for i, label in enumerate(labels))
    h = sigmoid(w * x)
    h.label = labels[0] + "h"
    y = h * a
    for told in (explain(y, [w, x]), explain.forward(y), explain.update([w], 0.1)):
        lines = told.text.split("\n")
        assert all(line.isprintable() for line in lines)
        ET.fromstring(f"<p>{told.mathml}</p>")
        bare = re.sub(r"\\[\\{}$&#%_]", "", told.latex)
        assert bare.count("{") == bare.count("}")
        assert not set("$#%") & set(bare)
        assert re.sub(r"\\\$", "", told.markdown).count("$$") == 2 * len(told.blocks)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_latex_compiles(tmp_path: Path):
    net, error = w8()
    told = [explain(error, net.parameters()), explain.forward(error), *map(explain.rule, RULES)]
    for label in ("my } label", "a_b_c", "x%y$#&~^", "\\input{x}", "{{{", "_", "$$", "a\n\nb", "theta_h1", "\\"):
        w = Value(0.3, label)
        told.append(explain(sigmoid(w * 2), w))
    body = "\n".join(x.latex for x in told)
    source = f"\\documentclass{{article}}\\usepackage{{amsmath}}\\begin{{document}}{body}\\end{{document}}"
    (tmp_path / "explained.tex").write_text(source, encoding="utf-8")
    (tmp_path / "sheet.tex").write_text(exercise(error, net.w1, seeds=range(2)).to_latex(), encoding="utf-8")
    for name in ("explained.tex", "sheet.tex"):
        run = ["pdflatex", "-interaction=batchmode", "-halt-on-error", "-no-shell-escape", name]
        subprocess.run(run, cwd=tmp_path, check=True, timeout=120, stdout=subprocess.DEVNULL)


def test_the_forms_that_notebooks_and_terminals_show():
    net, error = w8()
    told = explain(error, net.w5)
    assert set(told._repr_mimebundle_()) == {"text/plain", "text/markdown"}
    assert str(told.__rich__()) == told.text == str(told)
    assert explain(error, net.w5, numbers=False).text == (
        "∂E_total/∂w5 = ∂E_total/∂a_o1 · ∂a_o1/∂o1 · ∂o1/∂w5\n"
        "  ∂E_total/∂a_o1 = -(t1 - a_o1)\n"
        "  ∂a_o1/∂o1      = a_o1 * (1 - a_o1)\n"
        "  ∂o1/∂w5        = a_h1"
    )
