"""An exercise as Moodle XML: cloze questions with numerical blanks, one a seed.

The format: https://docs.moodle.org/en/Moodle_XML_format and https://docs.moodle.org/en/Embedded_Answers_(Cloze).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from autograd.explanations.exercises.questions import Ask, Question, fingerprint, in_html
from autograd.views.render import visible


def moodle(questions: Sequence[Question], title: str) -> bytes:
    """The file: a category, and in it the questions. A question's ``idnumber`` depends on its formulas and its seed."""
    quiz = ET.Element("quiz")
    category = ET.SubElement(ET.SubElement(quiz, "question", type="category"), "category")
    ET.SubElement(category, "text").text = "$course$/top/" + visible(title, 200).replace("/", "//")
    for question in questions:
        element = ET.SubElement(quiz, "question", type="cloze")
        name = ET.SubElement(element, "name")
        ET.SubElement(name, "text").text = f"{visible(title, 200)} ({question.seed})"
        text = ET.SubElement(element, "questiontext", format="html")
        ET.SubElement(text, "text").text = _body(question)
        ET.SubElement(element, "idnumber").text = f"chainrule-{fingerprint(question)}-{question.seed}"
    ET.indent(quiz)
    return bytes(ET.tostring(quiz, encoding="utf-8", xml_declaration=True))


def _body(question: Question) -> str:
    given = ", &nbsp; ".join(f"{in_html(name)} = {number:.15g}" for name, number in question.given.items())
    formulas = "".join(f"<li>{in_html(line)}</li>" for line in question.statement)
    rows = "".join(f"<tr><td>{in_html(step.name)} =</td><td>{_blank(step)}</td></tr>" for step in question.steps)
    return f"<p>Given: {given}</p><p>With</p><ul>{formulas}</ul><p>compute</p><table>{rows}</table>"


def _blank(step: Ask) -> str:
    """``{1:NUMERICAL:=0.138:0.0005~%0%-0.138:0.0005#The sign is wrong.}``"""
    answers = [f"={number(step.shown)}:{number(step.tolerance)}"]
    for mistake in step.mistakes:
        answers.append(f"%0%{number(mistake.answer)}:{number(step.tolerance)}#{escaped(mistake.message)}")
    answers.append(f"*#{escaped(step.hint)}")
    return "{1:NUMERICAL:" + "~".join(answers) + "}"


def number(x: float) -> str:
    """A number as Moodle reads it."""
    return f"{x:.12g}"


def escaped(text: str) -> str:
    """Feedback inside a blank: HTML, and a backslash before each character that has a meaning there."""
    return "".join("\\" + c if c in '}~#/"\\' else c for c in in_html(text))
