"""The site from these pages: `make docs` builds it, in out/docs."""

import inspect
import re
from pathlib import Path

import autograd
import nn

project = "chainrule"
author = copyright = "The chainrule developers"
version = release = autograd.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
html_theme = "furo"
html_title = f"chainrule {release}"
html_show_sphinx = html_copy_source = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
suppress_warnings = ["misc.highlighting_failure"]  # parts of programs, and what a terminal shows

ABOVE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")
NAMES = re.compile(r"^NAMES OF (\w+)$", re.MULTILINE)


def directives(module):
    """What autodoc is to describe: the public functions and classes."""
    found = []
    for name in sorted(set(dir(module)) if module is autograd else set(module.__all__)):
        thing = getattr(module, name)
        if name.startswith("_") or inspect.ismodule(thing) or not callable(thing):
            continue
        kind = "class" if inspect.isclass(thing) else "function"
        found.append(f".. auto{kind}:: {module.__name__}.{name}\n" + ("   :members:\n" if kind == "class" else ""))
    return "```{eval-rst}\n" + "\n".join(found) + "```"


def prepare(app, page, source):
    """Files outside of docs/ are named, not linked; the reference gets its names."""
    text = ABOVE.sub(r"\1", source[0])
    source[0] = NAMES.sub(lambda match: directives({"autograd": autograd, "nn": nn}[match[1]]), text)


def paragraphs(lines):
    """A docstring in reStructuredText: code is code, a list or a table stays as it was typed."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc("\n".join(lines))):
        rows = paragraph.split("\n")
        if rows[0].lstrip().startswith(">>>"):
            yield from [".. code-block:: pycon", "", *("    " + row for row in rows), ""]
        elif any(re.match(r"\s|[-*|] |\d+\. ", row) for row in rows):
            yield from [".. code-block:: text", "", *("    " + row.replace("``", "`") for row in rows), ""]
        else:
            parts = re.split(r"`+([^`]+)`+", paragraph)
            parts[::2] = [re.sub(r"([\\*_|])", r"\\\1", part) for part in parts[::2]]
            parts[1::2] = [rf"\ ``{part.strip()}``\ " for part in parts[1::2]]
            yield from ["".join(parts), ""]


def docstring(app, what, name, thing, options, lines):
    """For autodoc, which wants the lines changed in place."""
    lines[:] = [line for text in paragraphs(lines) for line in text.split("\n")]


def write_pages(app):
    """The interactive page of the w1-w8 network, beside the others."""
    network = nn.W8Network([0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55])
    network.loss((0.05, 0.10), (0.01, 0.99))
    Path(app.outdir).mkdir(parents=True, exist_ok=True)
    autograd.page(network, Path(app.outdir) / "w8.html", title="The w1-w8 network")


def setup(app):
    """Called by Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("source-read", prepare)
    app.connect("autodoc-process-docstring", docstring)
