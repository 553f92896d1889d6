"""The source distribution holds all that its tests need; the pure wheel runs, also in a browser's Python."""

import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.forms import needs_sources

ROOT = Path(__file__).parent.parent
PYODIDE = ROOT / "tests" / "pyodide"
FOLDERS = ("autograd", "benchmarks", "demos", "docs", "nn", "peers", "tests")

pytestmark = needs_sources

# What is not text that somebody wrote: it is made anew, or was installed.
MADE = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "_kernel.c", "node_modules", "*.egg-info", ".*")


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """The two archives, built from a copy of the sources: the wheel from the unpacked source distribution."""
    pytest.importorskip("build", reason="needs build: pip install -e '.[dev]'")
    pytest.importorskip("setuptools", minversion="77", reason="needs setuptools 77: pip install -e '.[dev]'")
    source = tmp_path_factory.mktemp("source")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=MADE)
    for file in ROOT.iterdir():
        if file.is_file() and not file.name.startswith("."):
            shutil.copy(file, source)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check", "--outdir", "dist", "."],
        cwd=source,
        env={**os.environ, "CHAINRULE_PURE": "1", "PYTHONPATH": ""},
        check=True,
        capture_output=True,
    )
    return source / "dist"


def test_the_source_distribution_holds_every_file_that_its_tests_need(dist):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    source = dist.parent
    written = {file.relative_to(source).as_posix() for folder in FOLDERS for file in (source / folder).rglob("*.*")}
    assert {file for file in written if Path(source, file).is_file()} <= packed
    assert {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "setup.py"} <= packed


def test_the_pure_wheel_holds_the_two_packages_and_says_that_they_are_typed(dist):
    (wheel,) = dist.glob("*-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"autograd", "nn", "chainrule"}
    assert {"autograd/py.typed", "nn/py.typed", "autograd/engine/value.py", "nn/w8/network.py"} <= set(names)


# NumPy is a package of Pyodide that npm doesn't have, so this does without.
IN_THE_BROWSER = """
import sys
assert sys.platform == "emscripten"
import json
from autograd import Value, grad, tanh
from nn import W8Network

x = Value(2.0)
(tanh(x) * x).backward()
net = W8Network((0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55))
losses = []
for _ in range(100):
    net.zero_grad()
    loss = net.loss((0.05, 0.10), (0.01, 0.99))
    loss.backward()
    for w in net.parameters():
        w.data -= 0.5 * w.grad
    losses.append(loss.data)
json.dumps({"slope": x.grad, "third": grad(grad(grad(lambda x: x**3)))(1.0), "losses": [losses[0], losses[-1]]})
"""


@pytest.fixture(scope="module")
def pyodide():
    if shutil.which("node") is None:
        pytest.skip("needs Node")
    if not (PYODIDE / "node_modules" / "pyodide").exists():
        pytest.skip("needs Pyodide: npm ci --prefix tests/pyodide")
    return PYODIDE


def test_the_pure_wheel_differentiates_and_trains_in_pyodide(dist, pyodide, tmp_path):
    (wheel,) = dist.glob("*-py3-none-any.whl")
    program = tmp_path / "program.py"
    program.write_text(IN_THE_BROWSER)
    module = importlib.util.find_spec("mypy_extensions").origin  # which micropip would install
    node = subprocess.run(
        ["node", "run.mjs", str(wheel), module, str(program)], cwd=pyodide, capture_output=True, text=True, timeout=300
    )
    assert node.returncode == 0, node.stderr.rpartition("PythonError")[2][:2000] or node.stderr[-2000:]
    there = json.loads(node.stdout.splitlines()[-1])
    here = {}
    exec(IN_THE_BROWSER.replace('sys.platform == "emscripten"', "True").replace("json.dumps", "result = "), here)
    assert there["slope"] == pytest.approx(here["result"]["slope"], rel=1e-15)  # each has the exp of its C library
    assert there["losses"] == pytest.approx(here["result"]["losses"], rel=1e-12)
    assert there["third"] == 6.0
    assert there["losses"][1] < 0.2 * there["losses"][0]


def test_every_dependency_of_the_wheel_can_be_installed_in_pyodide(dist, pyodide):
    from packaging.requirements import Requirement

    (wheel,) = dist.glob("*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
    lines = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    wanted = [Requirement(line.partition(": ")[2]) for line in lines]
    browser = {"sys_platform": "emscripten", "extra": ""}
    names = {r.name for r in wanted if r.marker is None or r.marker.evaluate(browser)}
    assert {"numpy", "mypy_extensions"} <= names
    compiled_there = json.loads((pyodide / "node_modules" / "pyodide" / "pyodide-lock.json").read_text())["packages"]
    for name in names - compiled_there.keys():
        assert "Root-Is-Purelib: true" in importlib.metadata.distribution(name).read_text("WHEEL"), name
