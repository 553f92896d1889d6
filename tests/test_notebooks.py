"""The notebooks in demos/notebooks run from top to bottom."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autograd import Value, jit
from autograd.testing import check_engine, gradcheck
from nn.history import History
from tests.forms import needs_sources

NOTEBOOKS = sorted((Path(__file__).parent.parent / "demos" / "notebooks").glob("*.py"))


@needs_sources
@pytest.mark.filterwarnings("ignore")  # of Jupyter's own libraries
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_from_top_to_bottom(path, tmp_path):
    jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    notebook = jupytext.read(path)
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute(cwd=str(tmp_path))
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert shown
    assert not any(output.output_type == "error" for output in shown)


class Printer:
    """What IPython hands to ``_repr_pretty_``."""

    def text(self, text):
        self.shown = text


@pytest.mark.parametrize(
    "thing",
    [
        lambda: jit(lambda x: x * x).lower(2.0).program,
        lambda: gradcheck(lambda x: x * x, 2.0),
        lambda: check_engine(Value, only=["sum rule"], effort="quick"),
    ],
)
def test_a_notebook_shows_programs_and_reports_as_print_does(thing):
    thing, printer = thing(), Printer()
    thing._repr_pretty_(printer, False)
    assert printer.shown == str(thing)


def test_a_notebook_shows_the_first_and_the_last_rows_of_a_history():
    long = History({"loss <a>": [1 / (i + 1) for i in range(100)]})
    rows = list(ET.fromstring(long._repr_html_()).iter("tr"))
    assert ["".join(row.itertext()) for row in rows[:2]] == ["loss <a>", "01"]
    assert [row[0].text for row in rows[1:]] == ["0", "1", "2", "3", "…", "97", "98", "99"]
    assert len(list(ET.fromstring(History({"loss": [1.0]})._repr_html_()).iter("tr"))) == 2
