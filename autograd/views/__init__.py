"""Looking at a recorded graph: pictures of it, as files or in a notebook.

``dot.py`` decides what is drawn and how it looks, ``render.py`` makes bytes and files of that, ``text.py`` writes it
for LaTeX and Mermaid, ``passes.py`` knows what a backward pass has left in the graph, ``jupyter.py`` is what a notebook
shows for a Value. The graphviz libraries are imported when the first picture is made, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.files import write_whole
from autograd.views.dot import MAX_NODES, drawing, to_dot
from autograd.views.render import FORMATS, Picture, checked_path, write
from autograd.views.text import WRITERS

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from autograd.engine.value import Value


def draw(
    value: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    rankdir: str = "LR",
    grads: bool = True,
    fold: bool = False,
    highlight: Value | str | Iterable[Value | str] | None = None,
    depth: int | None = None,
    digits: int = 4,
    order: bool = False,
    ratio: float | None = None,
    max_nodes: int = MAX_NODES,
) -> Path | Picture:
    """Draw the graph that ``value`` was computed by.

    Args:
        value: the output; everything that it was computed from is drawn.
        path: the file to write; its ending says what kind: ``.svg``, ``.png``, ``.pdf`` or ``.dot``; ``.tex`` is a
            ``tikzpicture``, which needs ``\\usepackage{tikz}`` only, ``.mmd`` a flowchart of Mermaid.
        rankdir, grads, fold, highlight, depth, digits, order, ratio, max_nodes: as for ``to_dot``.

    Returns:
        The path; without one, an object that Jupyter shows as the picture.

    Raises:
        ValueError: the path has another ending, or an option is out of range.
        MissingDependency: a graphviz library is not installed.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> draw(x * x + 1)
    <Picture: 4 nodes, 4 edges>
    >>> draw(x * x, "picture.jpg")
    Traceback (most recent call last):
    ValueError: a picture's file ends in .svg, .png, .pdf, .dot, .tex or .mmd, not '.jpg': picture.jpg
    """
    target = None if path is None else checked_path(path, (*FORMATS, *WRITERS))
    drawn = drawing(
        value,
        rankdir=rankdir,
        grads=grads,
        fold=fold,
        highlight=highlight,
        depth=depth,
        digits=digits,
        order=order,
        ratio=ratio,
        max_nodes=max_nodes,
    )
    if target is None:
        return Picture(drawn.dot)
    writer = WRITERS.get(target.suffix.lower()[1:])
    return write(drawn.dot, target) if writer is None else write_whole(target, writer(drawn).encode())


__all__ = ["Picture", "draw", "to_dot"]
