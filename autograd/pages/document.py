"""The HTML file: story, picture, computation, program and style in one document that loads nothing.

A content security policy forbids everything but the two scripts and the style that stand in the file, which it names
by their hashes. Text of the user's is escaped, or stands as JSON in a script element that isn't executed.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Final

from autograd.engine import graph
from autograd.engine.rules import LEAF
from autograd.engine.value import Value
from autograd.files import path_of, write_whole
from autograd.pages.network import has_neurons, network
from autograd.pages.picture import picture
from autograd.pages.recompute import recompute
from autograd.pages.story import Entry, choices, tell
from autograd.pages.tour import tour
from autograd.views.render import visible

PARTS: Final = ("controls", "explanation", "table", "legend", "check", "descent", "tour")
LARGE: Final = 300  # beyond, parts are folded, and the page lays out what is open
FOLDING: Final = ("layout", "fold")  # what only large graphs need
PROGRAM: Final = ("story", "numbers", "shown", "portrait", "exercise", "acts", "network", *FOLDING, "tour", "begin")
_TRAINED: Final = ("w", "b", "theta", "θ", "W")  # how labels of parameters begin


def write(
    v: Any,
    path: str | os.PathLike[str],
    *,
    exercise: bool,
    title: str | None,
    highlight: Any,
    hide: Iterable[str],
    train: Iterable[Value | str] | None,
    model: Any,
    digits: int,
) -> Path:
    """See :func:`autograd.page`."""
    target = path_of(path, 'page(y, "graph.html")')
    if target.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"a page's file ends in .html, not {target.suffix!r}: {target}")
    if not hasattr(digits, "__index__") or not 1 <= digits <= 17:
        raise ValueError(f"digits is a whole number from 1 to 17, not {digits!r:.60}")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"a title is text, not {type(title).__name__}: {title!r:.60}")
    if not hasattr(hide, "__iter__"):
        raise TypeError(f"hide takes the names of parts, such as 'table', not {hide!r:.60}")
    hidden = [hide] if isinstance(hide, str) else list(hide)
    for part in hidden:
        if part not in PARTS:
            raise ValueError(f"hide takes {', '.join(map(repr, PARTS))}; there is no part {part!r}")
    output, parameters = _output(v)
    model = v if model is None and has_neurons(v) else model
    if model is not None and not parameters:
        parameters = list(model.parameters())
    entries, nodes = tell(output)
    sources = choices(output, nodes, highlight) if highlight is not None else []
    lit = _lit(sources, nodes) if highlight is not None else None
    trained = _trained(entries, nodes, parameters) if train is None else choices(output, nodes, train)
    for place in trained:
        if entries[place].rule is not LEAF:
            raise ValueError(f"train takes leaves, and {entries[place].words!r} was computed")
    name = title or entries[-1].words
    story = {
        "entries": [_as_json(entry) for entry in entries],
        "leaves": sum(entry.rule is LEAF for entry in entries),
        "digits": digits,
        "exercise": exercise,
        "lit": lit,
        "trained": trained,
        "folded": len(entries) > LARGE,
        "network": None if model is None else network(model, nodes),
        "tour": [] if exercise else tour(nodes, nodes[(sources or trained)[0]], digits),
    }
    return write_whole(
        target,
        _document(
            name, story, "" if len(entries) > LARGE else picture(entries, digits), recompute(entries), hidden
        ).encode(),
    )


def _output(v: Any) -> tuple[Value, list[Value]]:
    """The Value whose page it is, and the parameters of the network that it is of."""
    if isinstance(v, Value):
        return v, []
    nodes = getattr(v, "nodes", None)
    if isinstance(nodes, dict) and hasattr(v, "parameters"):
        if not nodes:
            raise TypeError(f"{type(v).__name__} has not run yet: compute its loss first, then write its page")
        return list(nodes.values())[-1], list(v.parameters())
    raise TypeError(
        f"page takes a Value, such as a loss, or a network that keeps its .nodes, not {type(v).__name__}: {v!r:.60}"
    )


def _trained(entries: Sequence[Entry], nodes: Sequence[Value], parameters: Sequence[Value]) -> list[int]:
    chosen = set(parameters)
    found = [place for place, node in enumerate(nodes) if node in chosen]
    leaves = [place for place, entry in enumerate(entries) if entry.rule is LEAF]
    named = [place for place in leaves if entries[place].label.startswith(_TRAINED)]
    return found or named or leaves


def _lit(sources: Sequence[int], nodes: Sequence[Value]) -> list[int]:
    depending = graph.depending_on([nodes[place] for place in sources], nodes)
    return [place for place, node in enumerate(nodes) if node in depending]


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "label": visible(entry.label, 40),
        "name": entry.name,
        "words": entry.words,
        "rule": entry.rule.name,
        "value": entry.value if entry.rule is LEAF else None,
        "formula": entry.formula,
        "numbers": entry.with_numbers,
        "operands": [[x.place, x.constant, x.partial, x.with_numbers] for x in entry.operands],
    }


def _document(title: str, story: dict[str, Any], svg: str, computation: str, hidden: Sequence[str]) -> str:
    files = resources.files("autograd.pages")
    style = files.joinpath("page.css").read_text("utf-8")
    scripts = [name for name in PROGRAM if story.get("folded") or name not in FOLDING]
    program = "\n".join(files.joinpath("program").joinpath(f"{name}.js").read_text("utf-8") for name in scripts)
    program = f'"use strict";\n{computation}\n{program}'
    data = json.dumps(story, ensure_ascii=True).replace("<", "\\u003c").replace("&", "\\u0026")
    return Template(files.joinpath("page.html").read_text("utf-8")).substitute(
        title=html.escape(title),
        policy=f"default-src 'none'; script-src {_hash(program)}; style-src {_hash(style)}; base-uri 'none'; "
        "form-action 'none'",
        style=style,
        program=program,
        story=data,
        picture=svg,
        hidden=" ".join(f"no-{part}" for part in hidden),
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
