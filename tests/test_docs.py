"""Every Python block of the README and the pages in docs/ runs, and prints what the page says.

Blocks fenced as ``python`` or ``pycon`` run in order, those of one page in one namespace and in a folder of their own.
A block with ``>>>`` is a doctest; any other is executed as it stands.
"""

import doctest
import math
import re
from pathlib import Path

import pytest

import autograd as ag
from tests.forms import needs_sources

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```(?:python|pycon)[^\n]*\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_page(text, page):
    """Run the blocks of a page; returns what went wrong, as text."""
    namespace = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(verbose=False, optionflags=OPTIONS)
    complaints = []
    for block in FENCE.finditer(text):
        line = text.count("\n", 0, block.start(1))
        source = block[1]
        if re.search(r"^\s*>>>", source, re.MULTILINE):
            test = doctest.DocTestParser().get_doctest(source, namespace, page, page, line)
            runner.run(test, out=complaints.append, clear_globs=False)
            namespace.update(test.globs)  # the runner works on a copy
        else:
            exec(compile("\n" * line + source, page, "exec"), namespace)
    return "".join(complaints)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_of_the_page_run_and_print_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    complaints = run_page(page.read_text(encoding="utf-8"), str(page))
    assert not complaints, complaints


@needs_sources
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_to_files_and_headings_of_the_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ +(.+?) *$", prose, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, heading = target.partition("#")
        if path and "://" not in path:
            assert (page.parent / path).exists(), target
        if heading and not path:
            assert heading in headings, target


def test_a_wrong_result_or_a_failing_block_is_noticed():
    page = "```pycon\n>>> x = 1\n\n```\ntext\n```python\ny = x + 1\n```\n```python\n>>> y\n{}\n\n```\n"
    assert run_page(page.format(2), "right") == ""
    assert "Expected:\n    3\nGot:\n    2" in run_page(page.format(3), "wrong")
    with pytest.raises(ZeroDivisionError):
        run_page("```python\n1 / 0\n```\n", "failing")


# What docs/derivatives.md says of points without a derivative, row by row: the function, its argument, the derivative.
CONVENTIONS = {
    ("`relu(x)`", "x = 0", "0"): [(ag.relu, 0.0, 0.0)],
    ("`leaky_relu(x, slope)`, `elu(x, alpha)`", "x = 0", "`slope`, `alpha`"): [
        (lambda x: ag.leaky_relu(x, 0.2), 0.0, 0.2),
        (lambda x: ag.elu(x, 0.3), 0.0, 0.3),
    ],
    ("`abs(x)`", "x = 0", "0"): [(ag.abs, 0.0, 0.0)],
    ("`sign(x)`, `floor(x)`", "everywhere", "0"): [(f, x, 0.0) for f in (ag.sign, ag.floor) for x in (-1.5, 0.0, 2.0)],
    ("`ceil(x)`, `round(x)`, `trunc(x)`", "everywhere", "0"): [
        (f, x, 0.0) for f in (ag.ceil, ag.round, ag.trunc) for x in (-1.5, 0.0, 2.0)
    ],
    ("`a % b`, `a // b`", "where they jump", "1 by a and -(a // b) by b; 0"): [
        (lambda a: a % 2.0, 4.0, 1.0),
        (lambda b: 4.0 % b, 2.0, -2.0),
        (lambda a: a // 2.0, 4.0, 0.0),
        (lambda b: 4.0 // b, 2.0, 0.0),
    ],
    ("`maximum(a, b)`, `minimum(a, b)`", "a = b", "½ for each"): [
        (lambda x, f=f, swap=swap: f(3.0, x) if swap else f(x, 3.0), 3.0, 0.5)
        for f in (ag.maximum, ag.minimum)
        for swap in (False, True)
    ],
    ("`clip(x, low, high)`", "x at a bound", "½"): [(lambda x: ag.clip(x, 1.0, 2.0), x, 0.5) for x in (1.0, 2.0)],
    ("`sqrt(x)`, `cbrt(x)`", "x = 0", "+inf"): [(ag.sqrt, 0.0, math.inf), (ag.cbrt, 0.0, math.inf)],
    ("`x**b`, 0 < b < 1", "x = 0", "+inf by x"): [(lambda x: x**0.3, 0.0, math.inf)],
    ("`x**0`", "everywhere", "0 by x"): [(lambda x: x**0, x, 0.0) for x in (-1.0, 0.0, 2.0)],
    ("`0**b`, b ≥ 0", "everywhere", "0 by b"): [(lambda b: 0.0**b, b, 0.0) for b in (0.0, 0.5, 2.0)],
    ("`asin(x)`, `acos(x)`", "x = ±1", "+inf, -inf"): [
        (f, x, slope) for f, slope in ((ag.asin, math.inf), (ag.acos, -math.inf)) for x in (-1.0, 1.0)
    ],
    ("`acosh(x)`", "x = 1", "+inf"): [(ag.acosh, 1.0, math.inf)],
    ("`hypot(x, y)`", "x = y = 0", "0"): [
        (lambda x: ag.hypot(x, 0.0), 0.0, 0.0),
        (lambda y: ag.hypot(0.0, y), 0.0, 0.0),
    ],
    ("`atan2(y, x)`", "x = y = 0", "NaN"): [
        (lambda y: ag.atan2(y, 0.0), 0.0, math.nan),
        (lambda x: ag.atan2(0.0, x), 0.0, math.nan),
    ],
    ("`xlogy(x, y)`", "x = y = 0", "-inf by x, 0 by y"): [
        (lambda x: ag.xlogy(x, 0.0), 0.0, -math.inf),
        (lambda y: ag.xlogy(0.0, y), 0.0, 0.0),
    ],
    ("`silu(x)`, `atan(x)` and others", "x = ±inf", "the limit"): [
        (ag.silu, math.inf, 1.0),
        (ag.silu, -math.inf, 0.0),
        (ag.atan, math.inf, 0.0),
        (ag.gelu, -math.inf, 0.0),
    ],
    ("`where(condition, a, b)`", "everywhere", "the derivative of the chosen branch"): [
        (lambda x: ag.where(x > 0, 5 * x, 7 * x), x, slope) for x, slope in ((1.0, 5.0), (0.0, 7.0), (-1.0, 7.0))
    ],
    ("`stop_gradient(x)`", "everywhere", "0"): [(ag.stop_gradient, 2.0, 0.0)],
}


def test_the_table_of_conventions_says_what_every_mode_gives():
    page = (ROOT / "docs" / "derivatives.md").read_text(encoding="utf-8")
    table = page[page.index("| function | where | derivative |") :].split("\n\n")[0]
    rows = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table.splitlines()[2:]]
    assert rows == list(CONVENTIONS)
    for row, examples in CONVENTIONS.items():
        for f, x, slope in examples:
            value = ag.Value(x)
            f(value).backward()
            for ours in (value.grad, ag.grad(f)(x), ag.jvp(f, (x,), (1.0,))[1]):
                assert ours == slope or (ours != ours and slope != slope), (row, x, ours)


def test_the_recipe_for_minuit_finds_what_least_squares_does(tmp_path, monkeypatch):
    pytest.importorskip("iminuit", reason="iminuit is not installed")
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    recipe = page.split("```py\n")[1]
    names = {}
    exec("import numpy as np\nt = np.linspace(0.0, 4.0, 20)\ny = 2.5 * np.exp(-1.3 * t) + 0.5", names)
    exec(recipe.split("```")[0], names)
    assert list(names["minuit"].values) == pytest.approx([2.5, 1.3, 0.5], rel=1e-5)
    assert names["minuit"].valid
