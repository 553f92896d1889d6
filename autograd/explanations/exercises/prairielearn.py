"""An exercise as a question of PrairieLearn: a folder whose server code makes numbers and answers with this engine.

``graph.json`` is the computation as data. ``server.py`` is the same for each exercise: it draws numbers, has the engine
compute, and says of a wrong answer what kind of wrong it is. The course needs ``pip install chainrule`` in its image.
The format: https://docs.prairielearn.com/question/overview.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from autograd.explanations.exercises.questions import Question, fingerprint, in_html, question
from autograd.explanations.replay import Recipe
from autograd.files import writable_folder, write_whole
from autograd.views.render import visible

_SERVER: Final = '''"""Numbers and answers are made by chainrule, from the computation in graph.json."""

from autograd.explanations.exercises import prairielearn


def generate(data):
    prairielearn.generate(data)


def grade(data):
    prairielearn.grade(data)
'''


def write(folder: str | os.PathLike[str], recipe: Recipe, digits: int, title: str) -> Path:
    """Write ``info.json``, ``question.html``, ``server.py`` and ``graph.json``."""
    target = writable_folder(folder)
    first = question(recipe, 0, digits)
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"chainrule/{fingerprint(first)}")
    info = {"uuid": str(identity), "title": visible(title, 200), "topic": "Back propagation", "type": "v3"}
    content = {
        "info.json": json.dumps(info, indent=2),
        "question.html": page(first, digits),
        "server.py": _SERVER,
        "graph.json": json.dumps({"digits": digits, "rows": recipe.rows, "wanted": recipe.wanted}),
    }
    for name, text in content.items():
        write_whole(target / name, (text + "\n").encode())
    return target


def page(question: Question, digits: int) -> str:
    """The question's HTML; numbers are parameters, as a variant has its own."""
    given = "".join(f"<li>{in_html(name)} = {{{{params.g{i}}}}}</li>\n" for i, name in enumerate(question.given))
    formulas = "".join(f"<li>{in_html(line)}</li>\n" for line in question.statement)
    inputs = "".join(
        f'<pl-number-input answers-name="a{i}" label="{in_html(step.name)} =" comparison="sigfig" digits="{digits}">'
        "</pl-number-input>\n"
        for i, step in enumerate(question.steps)
    )
    return (
        f"<pl-question-panel>\n<p>Given:</p>\n<ul>\n{given}</ul>\n<p>With</p>\n<ul>\n{formulas}</ul>\n"
        f"<p>compute, to {digits} significant digits:</p>\n</pl-question-panel>\n{inputs}"
    )


# --- What server.py calls ---


def generate(data: dict[str, Any]) -> None:
    """Fill in the parameters and the right answers of a variant, from its seed."""
    asked = _asked(data)
    for i, number in enumerate(asked.given.values()):
        data["params"][f"g{i}"] = f"{number:.15g}"
    for i, step in enumerate(asked.steps):
        data["correct_answers"][f"a{i}"] = step.shown


def grade(data: dict[str, Any]) -> None:
    """Say of each wrong answer what kind of wrong it is."""
    for i, step in enumerate(_asked(data).steps):
        answer = data["submitted_answers"].get(f"a{i}")
        if isinstance(answer, (int, float)):
            verdict = step.diagnose(answer)
            data.setdefault("feedback", {})[f"a{i}"] = "" if verdict.right else verdict.message


def _asked(data: Mapping[str, Any]) -> Question:
    folder = Path(data.get("options", {}).get("question_path", "."))
    graph = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    return question(Recipe(graph["rows"], graph["wanted"]), int(data["variant_seed"]), graph["digits"])
