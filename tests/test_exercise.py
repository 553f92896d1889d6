"""Exercises: the right answer is right, wrong ones are told what is wrong, and nothing breaks out of a format."""

import importlib.util
import json
import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, exercise, sigmoid
from autograd.explanations.exercises.moodle import moodle
from autograd.testing import expressions
from nn import W8Network
from tests.test_explanations import flags, labelled

NUMBER = r"-?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?"  # Moodle's own
ANSWER = re.compile(rf"(?:=|%0%)({NUMBER}):({NUMBER})(?:#.*)?|\*#.*", re.DOTALL)


def blanks(text):
    """The alternatives of each blank, as Moodle splits them: at a ~ that no backslash stands before."""
    found = re.findall(r"(?<!\\)\{1:NUMERICAL:(.*?)(?<!\\)\}", text, re.DOTALL)
    return [re.split(r"(?<!\\)~", blank) for blank in found]


@given(expressions(max_size=8), flags, st.integers(1, 8))
def test_the_rounded_truth_is_accepted_and_a_wrong_sign_or_factor_is_not(e, chosen, digits):
    leaves, y = labelled(e, chosen)
    try:
        questions = exercise(y, leaves, seeds=range(3), digits=digits).questions
    except ValueError:  # the result doesn't depend on a leaf, or is infinite at any numbers near these
        return
    for question in questions:
        for step in question.steps:
            rounded = float(f"{step.answer:.{digits}g}")
            assert step.diagnose(rounded).right
            assert step.diagnose(step.answer).right
            if step.answer:
                for wrong in (-rounded, 2 * rounded):
                    verdict = step.diagnose(wrong)
                    assert not verdict.right
                    assert verdict.message
    text = ET.fromstring(moodle(questions, "title")).findall("question")[1].find("questiontext/text").text
    parts = blanks(text)
    assert len(parts) == len(questions[0].steps)
    for alternatives, step in zip(parts, questions[0].steps):
        assert all(ANSWER.fullmatch(alternative) for alternative in alternatives)
        right = ANSWER.fullmatch(alternatives[0])
        assert math.isclose(float(right[1]), step.shown, rel_tol=1e-11)


@given(
    st.lists(
        st.text(max_size=14) | st.sampled_from(["}", "{1:NUMERICAL:=1}", "]]>", "~#\\", "{{a}}"]),
        min_size=3,
        max_size=3,
    )
)
def test_no_label_closes_a_brace_or_opens_a_blank(labels):
    w, x = Value(0.4, labels[0] or "w"), Value(0.7, labels[1] or "x")
    h = sigmoid(w * x)
    h.label = labels[2] or "h"
    made = exercise(h * w, seeds=range(2), title=labels[0])
    root = ET.fromstring(moodle(made.questions, made.title))
    body = root.findall("question")[1].find("questiontext/text").text
    assert len(blanks(body)) == len(made.questions[0].steps)
    outside = re.sub(r"(?<!\\)\{1:NUMERICAL:.*?(?<!\\)\}", "", body, flags=re.DOTALL)
    assert "{" not in outside
    assert "}" not in outside
    assert made.to_markdown().isprintable() or all(line.isprintable() for line in made.to_markdown().split("\n"))
    bare = re.sub(r"\\[\\{}$&#%_]", "", made.to_latex())
    assert bare.count("{") == bare.count("}")


def w8():
    net = W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55])
    return net, net.loss((0.05, 0.10), (0.01, 0.99))


def test_the_kinds_of_mistakes_are_told_apart():
    net, error = w8()
    steps = {step.name: step for step in exercise(error, net.w1, seeds=[3]).questions[0].steps}
    path = steps["∂E_total/∂a_h1"]
    one = steps["∂E_total/∂o1"].answer * steps["∂o1/∂a_h1"].answer
    assert path.diagnose(one).kind == "path"
    assert path.diagnose(-path.answer).kind == "sign"
    assert path.diagnose(2 * path.answer).kind == "factor 2"
    last = steps["∂E_total/∂w1"]
    forgotten = last.diagnose(last.answer / steps["∂a_h1/∂h1"].answer)
    assert forgotten.message == "The factor ∂a_h1/∂h1 is forgotten."
    assert steps["a_h1"].diagnose(steps["h1"].answer).kind == "activation"
    assert steps["a_h1"].diagnose(17.0).message == "Not right. Hint: a_h1 = σ(h1) = 1 / (1 + exp(-h1))"


def test_answers_are_computed_from_the_rounded_numbers():
    net, error = w8()
    question = exercise(error, net.w1, seeds=[5], digits=3).questions[0]
    assert all(float(f"{x:.3g}") == x for x in question.given.values())
    given_ = question.given
    h1 = next(step for step in question.steps if step.name == "h1")
    assert h1.answer == given_["w1"] * given_["i1"] + given_["w2"] * given_["i2"]


def test_moodle_questions_keep_their_idnumber(tmp_path):
    net, error = w8()
    made = exercise(error, net.w1, seeds=range(3))
    first = ET.parse(made.to_moodle(tmp_path / "a.xml"))
    again = ET.parse(exercise(error, net.w1, seeds=range(3)).to_moodle(tmp_path / "b.xml"))
    ids = [element.text for element in first.iter("idnumber")]
    assert len(set(ids)) == 3
    assert ids == [element.text for element in again.iter("idnumber")]
    assert first.find("question/category/text").text == "$course$/top/Gradients of E_total"


def test_prairielearn_makes_numbers_and_answers_and_says_what_is_wrong(tmp_path):
    net, error = w8()
    folder = exercise(error, net.w1).to_prairielearn(tmp_path / "question")
    assert json.loads((folder / "info.json").read_text())["type"] == "v3"
    spec = importlib.util.spec_from_file_location("server", folder / "server.py")
    server = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(server)
    options = {"question_path": str(folder)}
    data = {"params": {}, "correct_answers": {}, "variant_seed": "12", "options": options}
    server.generate(data)
    page = (folder / "question.html").read_text()
    assert set(re.findall(r"params\.(\w+)", page)) == set(data["params"])
    assert set(re.findall(r'answers-name="(\w+)"', page)) == set(data["correct_answers"])
    data["submitted_answers"] = {name: -x for name, x in data["correct_answers"].items()}
    server.grade(data)
    assert set(data["feedback"].values()) == {"The sign is wrong."}


def test_bad_arguments_are_refused():
    x = Value(2.0)
    with pytest.raises(ValueError, match="label the leaves"):
        exercise(x * x)
    with pytest.raises(ValueError, match="between 1 and 12"):
        exercise(x * x, x, digits=0)
    with pytest.raises(ValueError, match="does not depend on"):
        exercise(x * x, Value(1.0, "z"))
    with pytest.raises(TypeError, match="made of a Value"):
        exercise(2.0)
