"""DOT becomes SVG, PNG or PDF, in this process: the wheel of pygraphviz brings the whole Graphviz engine with it.

Where pygraphviz can't be imported, a ``dot`` program on the PATH does as well. Also here: how text and numbers are
written so that Graphviz shows them and interprets nothing in them.
"""

from __future__ import annotations

import contextlib
import functools
import html
import importlib.util
import math
import os
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.errors import MissingDependency
from autograd.files import write_whole

if TYPE_CHECKING:
    import graphviz

FORMATS = ("svg", "png", "pdf", "dot")
FONT = "Helvetica,Arial,sans-serif"
INK, GREY = "#1a1a1a", "#808080"  # text on a light node; text and lines that stand on any background

_DPI = "192"  # two pixels to each that a browser would show: crisp on a slide
_INCHES = "48,48"  # a PNG of a big graph is scaled down to this, so that it fits into memory
_one_at_a_time = threading.Lock()  # Graphviz keeps global state


class Picture:
    """A picture that isn't in a file: Jupyter shows it as SVG. ``.source`` is its DOT text."""

    def __init__(self, digraph: graphviz.Digraph) -> None:
        self._digraph = digraph

    @property
    def source(self) -> str:
        """The picture in the DOT language."""
        return str(self._digraph.source)

    def _repr_svg_(self) -> str:
        return svg(self._digraph)

    def __repr__(self) -> str:
        heads = [line.partition(" [") for line in self.source.splitlines()]
        edges = sum(" -> " in head for head, _, _ in heads)
        nodes = sum(look.startswith("label=") and " -> " not in head for head, _, look in heads)
        return f"<Picture: {nodes} nodes, {edges} edges>"


# --- Bytes and files ---


def checked_path(path: str | os.PathLike[str], formats: tuple[str, ...] = FORMATS) -> Path:
    """The path, if its ending is one of a picture's.

    Raises:
        ValueError: it is another.
        TypeError: it is no path at all.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"the file's name is text or a path, not {type(path).__name__}: {path!r:.60}")
    path = Path(path)
    if path.suffix.lower()[1:] not in formats:
        *others, last = (f".{ending}" for ending in formats)
        raise ValueError(f"a picture's file ends in {', '.join(others)} or {last}, not {path.suffix!r}: {path}")
    return path


def write(digraph: graphviz.Digraph, path: Path) -> Path:
    """Write the picture into a file of the kind that its ending says."""
    return write_whole(path, render(digraph, path.suffix.lower()[1:]))


def svg(digraph: graphviz.Digraph) -> str:
    """The picture as the text of an SVG file."""
    return render(digraph, "svg").decode()


def render(digraph: graphviz.Digraph, format: str) -> bytes:
    """The picture as the bytes of a file of that format.

    Raises:
        MissingDependency: neither pygraphviz nor a ``dot`` program is there.
    """
    source = str(digraph.source)
    if format == "dot":
        return source.encode()
    try:
        import pygraphviz  # noqa: F401
    except ImportError:
        return _render_by_program(digraph, format)
    if format == "svg" or _has_fonts():
        return render_here(source, digraph.engine, format)
    return _render_with_borrowed_fonts(source, digraph.engine, format)


def render_here(source: str, engine: str, format: str) -> bytes:
    """Render DOT text in this process."""
    import pygraphviz

    with _one_at_a_time, _without_font_warnings():
        agraph = pygraphviz.AGraph(string=source)
        if format == "png":
            agraph.graph_attr.update(dpi=_DPI, size=_INCHES)
        with warnings.catch_warnings():  # SWIG's own, when it is loaded by a newer Python
            warnings.simplefilter("ignore", DeprecationWarning)
            return bytes(agraph.draw(format=format, prog=engine))


@contextlib.contextmanager
def _without_font_warnings() -> Iterator[None]:
    """Keep the font library's warnings about newer configuration files off the terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(0)
            for line in said.read().splitlines(keepends=True):
                if not line.startswith(b"Fontconfig warning"):
                    os.write(2, line)


def load_graphviz() -> Any:
    """The graphviz package, imported when the first picture is made.

    Raises:
        MissingDependency: it is not installed.
    """
    try:
        import graphviz
    except ImportError:
        raise MissingDependency("a picture needs graphviz; install it with: pip install graphviz") from None
    return graphviz


def _render_by_program(digraph: graphviz.Digraph, format: str) -> bytes:
    try:
        return bytes(digraph.pipe(format=format))
    except load_graphviz().ExecutableNotFound:
        raise MissingDependency(
            "a picture needs pygraphviz (or Graphviz's dot program); install it with: pip install 'pygraphviz>=2.0'"
        ) from None


# --- A machine without fonts, such as a small container: text in PNG and PDF would be rows of empty boxes ---


@functools.cache
def _has_fonts() -> bool:
    return b"/FontFile" in render_here("digraph { a }", "dot", "pdf")  # a PDF holds the fonts that it uses


def _render_with_borrowed_fonts(source: str, engine: str, format: str) -> bytes:
    """Render in a second process that is told where matplotlib keeps its fonts: this one has already looked."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        warnings.warn(
            "this machine has no fonts, so the text in a PNG or PDF shows as boxes: install a font (such as the "
            "package fonts-dejavu) or matplotlib, whose fonts are then used, or write an SVG",
            RuntimeWarning,
            stacklevel=2,
        )
        return render_here(source, engine, format)
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "fonts.conf"
        config.write_text(
            f"<fontconfig><dir>{html.escape(str(fonts))}</dir><cachedir>{html.escape(folder)}</cachedir>"
            '<match target="pattern"><edit name="family" mode="prepend" binding="strong">'
            "<string>DejaVu Sans</string></edit></match></fontconfig>",
            encoding="utf-8",
        )
        program = (
            "import sys; from autograd.views.render import render_here;"
            "sys.stdout.buffer.write(render_here(sys.stdin.buffer.read().decode(), *sys.argv[1:]))"
        )
        return subprocess.run(
            [sys.executable, "-c", program, engine, format],
            input=source.encode(),
            stdout=subprocess.PIPE,
            env={**os.environ, "FONTCONFIG_FILE": str(config)},
            check=True,
        ).stdout


# --- Text and numbers ---


def visible(text: str, limit: int = 400) -> str:
    """The text on one line, cut at ``limit`` characters. What can't be printed is written as Python writes it.

    >>> visible("two\\nlines"), visible("much too long", limit=6)
    ('two\\\\nlines', 'much …')
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(c if c.isprintable() or c == _JOINER else c.encode("unicode_escape").decode() for c in text)


_JOINER = "\u200d"  # isn't printable by itself, but emoji are made with it


def in_label(text: str, limit: int = 28) -> str:
    """The text for an HTML-like label. Graphviz would replace ``\\N`` and its like, so backslashes are doubled."""
    return html.escape(visible(text, limit)).replace("\\", "\\\\")


def in_tooltip(*lines: str) -> str:
    """The lines for a tooltip. Graphviz interprets backslashes twice there, so each is written four times."""
    return "&#10;".join(html.escape(visible(line)).replace("\\", "&#92;" * 4) for line in lines)


def number(x: float, digits: int) -> str:
    """The number with so many significant digits, a real minus sign, and no negative zero.

    >>> number(-0.00012345, 2), number(-0.0, 4), number(0.5, 4), number(1e300, 4)
    ('−0.00012', '0', '0.5', '1e300')
    """
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    mantissa, e, exponent = f"{x or 0.0:.{digits}g}".partition("e")
    return (mantissa + (f"e{int(exponent)}" if e else "")).replace("-", "−")
