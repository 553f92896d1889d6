"""The house: no circle of files, none too long, no folder too full, and docs/design.md says where things are."""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

import nn
from autograd import Value, grad, jit, sin, tanh
from autograd.compiler.backends.by_kernel import Kernel
from autograd.testing import check_engine
from tests.forms import needs_sources
from tests.mutation import NOT_TRIED, PASSES, SAMPLES

ROOT = Path(__file__).parent.parent
DESIGN = ROOT / "docs" / "design.md"
FILE = re.compile(r"`([\w/]+\.py)`")
MOST_LINES = 480
MOST_MODULES = 18
TABLE = {f"autograd.engine.{name}" for name in ("rules", "partials", "special")}  # one text in three files

pytestmark = needs_sources

FILES = {file: file.relative_to(ROOT).as_posix() for top in ("autograd", "nn") for file in (ROOT / top).rglob("*.py")}


def module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module(path): file for file, path in FILES.items()}


def statements(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """What is run at some time: all but the blocks that only a type checker reads."""
    for node in body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.If) and ast.unparse(inner.test) == "TYPE_CHECKING":
                inner.body = []
        yield from ast.walk(node)


def imports(text: str) -> set[str]:
    """The modules of ours that a source imports, at its head or inside a function."""
    found = set()
    for node in statements(ast.parse(text).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & MODULES.keys() or {str(node.module)}
    return found & MODULES.keys()


def test_imports_are_found_wherever_they_stand():
    source = """
from typing import TYPE_CHECKING
import autograd.errors
from autograd.engine import graph, rules
if TYPE_CHECKING:
    from autograd.engine.value import Value
def f():
    from autograd.transforms.worlds import World
"""
    at_the_head = {"autograd.errors", "autograd.engine.graph", "autograd.engine.rules"}
    assert imports(source) == at_the_head | {"autograd.transforms.worlds"}


def test_no_files_import_each_other_on_any_way():
    graph = {name: imports(file.read_text(encoding="utf-8")) - {name} for name, file in MODULES.items()}
    for name in TABLE:
        graph[name] -= TABLE
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_file_is_short_or_the_design_says_why_it_is_not():
    reasons = DESIGN.read_text(encoding="utf-8").partition("have a reason:")[2].partition("\n\n")[0]
    stated = set(re.findall(r"`(\w+\.py)`", reasons))
    long = {file.name for file in FILES if len(file.read_text(encoding="utf-8").splitlines()) > MOST_LINES}
    assert long <= stated
    assert stated <= {file.name for file in FILES}


def test_a_folder_holds_few_modules():
    folders = {file.parent for file in FILES}
    full = {folder: count for folder in folders if (count := len(list(folder.glob("*.py")))) > MOST_MODULES}
    assert not full


def test_every_place_that_the_design_names_is_there():
    """A path is meant from the root, from a package, or is the end of one: `engine/value.py`, `trials/`."""
    there = {path.relative_to(ROOT).as_posix() for top in ("autograd", "nn", "tests", "docs", "benchmarks")
             for path in (ROOT / top).rglob("*")} | {path.name for path in ROOT.iterdir()}  # fmt: skip
    there |= {"autograd", "nn"}
    named = re.findall(r"`([\w/]+(?:/|\.py|\.js|\.css))`", DESIGN.read_text(encoding="utf-8"))
    missing = [name for name in named if not any(f"/{path}".endswith(f"/{name.rstrip('/')}") for path in there)]
    assert not missing
    assert len(named) > 60


def test_every_folder_has_its_room_in_the_design():
    rooms = DESIGN.read_text(encoding="utf-8")
    folders = {file.parent.name for file in FILES} - {"autograd"}
    assert not [name for name in folders if not re.search(rf"`(?:[\w/]*/)?{name}/`", rooms)]


def entered(walk: Callable[[], object]) -> list[str]:
    """The files of ours whose functions are called, in the order of the first call."""
    found: dict[str, None] = {}

    def note(frame: FrameType, event: str, arg: object) -> None:
        is_function = frame.f_code.co_flags & inspect.CO_OPTIMIZED  # a module's code, run by an import, is none
        if event == "call" and is_function and frame.f_code.co_filename.startswith(str(ROOT)):
            found[Path(frame.f_code.co_filename).relative_to(ROOT).as_posix()] = None

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        walk()
    finally:
        sys.setprofile(before)
    return [path for path in found if path.startswith(("autograd/", "nn/"))]


def walks() -> Iterator[tuple[Callable[[], object], bool]]:
    """As the design has them; whether nothing else is entered."""
    f = jit(grad(lambda x: x * sin(x)))
    yield lambda: f(2.0), False
    yield lambda: f(3.0), True
    recorded = lambda x: x * tanh(x) + 1  # noqa: E731
    yield lambda: recorded(Value(2.0)).backward(), True
    yield lambda: check_engine(Value, effort="quick", only=["random expressions"], isolate=False), False
    model = nn.MLP(2, [3, 1], seed=1)
    sgd = nn.SGD(model.parameters(), lr=0.1)
    yield lambda: nn.fit(model, nn.mse, np.eye(2), [1.0, 0.0], optimizer=sgd, epochs=1), False


@pytest.mark.skipif(not Kernel.available(), reason="needs the compiled kernel")
def test_the_walks_of_the_design_are_what_happens():
    table = DESIGN.read_text(encoding="utf-8").partition("## Walks through the house")[2].partition("##")[0]
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ")][1:]
    for row, (walk, is_whole) in zip(rows, walks()):
        visited = [path for path in entered(walk) if not path.endswith("used.py")]  # if an optimiser has been at work
        said = [next((path for path in visited if f"/{path}".endswith(f"/{end}")), end) for end in FILE.findall(row)]
        assert set(said) <= set(visited)
        inner = said[: -1 if is_whole else None]
        assert inner == [path for path in visited if path in inner]
        assert not is_whole or set(visited) == set(said)


def test_mutation_testing_knows_every_file():
    files = {path for path in FILES.values() if not path.endswith("__init__.py")}
    assert files == PASSES.keys() | set(NOT_TRIED)
    assert not PASSES.keys() & set(NOT_TRIED)
    assert SAMPLES.keys() <= PASSES.keys()
    for runs in PASSES.values():
        for run in runs:
            assert all((ROOT / word).exists() for word in run.split() if word.endswith(".py"))
