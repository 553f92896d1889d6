"""The site of the docs: every page has its place, and Sphinx builds it without a warning."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forms import needs_sources

DOCS = Path(__file__).parent.parent / "docs"


def test_every_page_stands_once_in_the_table_of_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```", index, re.MULTILINE | re.DOTALL)
    named = [line for block in blocks for line in block.split() if (DOCS / f"{line}.md").exists()]
    assert sorted(named) == sorted(page.stem for page in DOCS.glob("*.md") if page.stem != "index")


@needs_sources
@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("sphinx", "myst_parser", "furo")),
    reason="needs chainrule[docs]",
)
def test_the_site_is_built_without_a_warning_and_loads_nothing(tmp_path):
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        "-b",
        "html",
        "-d",
        tmp_path / "trees",
        DOCS,
        tmp_path / "site",
    ]
    environment = os.environ | {"PYTHONPATH": str(DOCS.parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "w8.html").stat().st_size < 300_000
    for file in (tmp_path / "site").glob("*.html"):
        loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*https?://[^>]*", file.read_text(encoding="utf-8"))
        assert not loaded, file.name
