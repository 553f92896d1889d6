"""A page that steps through a computation: forward, backward, each number with its formula; one HTML file, no network.

``story.py`` reads the recorded graph: what there is, in which order, how it is written. ``picture.py`` lays it out.
``recompute.py`` makes the JavaScript that computes all of it anew, from the rule table, when a number is changed.
``network.py`` finds neurons and weights in it, ``tour.py`` the derivation that the guided tour follows.
``document.py`` puts these into one file, with the scripts of ``program/`` and ``page.css``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from autograd.engine.value import Value


def page(
    v: Any,
    path: str | os.PathLike[str],
    *,
    exercise: bool = False,
    title: str | None = None,
    highlight: Value | str | Iterable[Value | str] | None = None,
    hide: Iterable[str] = (),
    train: Iterable[Value | str] | None = None,
    model: Any = None,
    digits: int = 5,
) -> Path:
    """Write a page on which the computation of a Value can be stepped through, forward and backward.

    The page is one file that opens from disk and loads nothing. Its numbers can be changed: everything is computed
    anew, by JavaScript generated from the recorded operations. What Python decided while the graph was recorded, an
    ``if`` or the branch of a ``where``, stays as it was.

    Args:
        v: the output; or a network that has run and keeps its values in ``.nodes``, as ``nn.W8Network`` does.
        path: the file, which ends in ``.html``.
        exercise: hide the gradients, and ask for them.
        title: what the page is called; by default after the output.
        highlight: a Value or its label, or several: the paths along which they act stand out.
        hide: parts to leave out: ``"controls"``, ``"explanation"``, ``"table"``, ``"legend"``, ``"check"`` (of a
            gradient by differences), ``"descent"`` (a step of gradient descent), ``"tour"``.
        train: the leaves that a step of gradient descent changes, Values or labels; by default the network's
            parameters, or the leaves called w…, b… or theta…, or else all.
        model: the network whose loss ``v`` is: one with layers of neurons, such as ``nn.MLP``, or with a method
            ``network()``. The page has a second tab then, with neurons as circles and weights as lines.
        digits: significant digits.

    Returns:
        The path.

    Raises:
        TypeError: ``v`` is neither a Value nor such a network, or holds an operation that can't be computed anew;
            or ``model`` says nothing about its neurons.
        ValueError: the path ends otherwise, an option is out of range, or the graph has more than 2,000 Values.
        MissingDependency: a graphviz library is not installed.

    >>> from autograd import Value
    >>> x, y = Value(2.0, label="x"), Value(3.0, label="y")
    >>> page(x * y + x, "/nowhere/graph.txt")
    Traceback (most recent call last):
    ValueError: a page's file ends in .html, not '.txt': /nowhere/graph.txt
    """
    from autograd.pages.document import write

    return write(
        v,
        path,
        exercise=exercise,
        title=title,
        highlight=highlight,
        hide=hide,
        train=train,
        model=model,
        digits=digits,
    )


__all__ = ["page"]
