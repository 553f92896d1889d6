"""The page: its computation under Node against the engine, and the whole of it in a headless browser."""

from __future__ import annotations

import json
import math
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given

from autograd import Value, exp, explain, page, sin
from autograd.__main__ import app, run
from autograd.engine.rules import LEAF
from autograd.pages.document import PARTS, _document
from autograd.pages.network import network
from autograd.pages.recompute import recompute
from autograd.pages.story import tell
from autograd.testing import expressions
from nn import MLP, W8Network
from tests.compiler import javascript
from tests.compiler.javascript import needs_node
from tests.compiler.programs import examples

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to open the page in")
AXE: Final = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
WEIGHTS: Final = [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]


def w8() -> tuple[W8Network, Value]:
    net = W8Network(WEIGHTS)
    return net, net.loss((0.05, 0.10), (0.01, 0.99))


def numbers_of(output: Value) -> list[float]:
    """What compute() returns: the values of the operations, then the partials of each by its operands."""
    _, nodes = tell(output)
    made = [node for node in nodes if node._rule is not LEAF]
    partials = [
        p if isinstance(x, Value) and position not in node._rule.constant else 0.0
        for node in made
        for position, (x, p) in enumerate(node._edges())
    ]
    return [*(node.data for node in made), *partials]


# --- The computation ---


@needs_node
@examples(2)
@given(expressions(max_size=12))
def test_the_page_computes_what_the_engine_computes(expression: Any) -> None:
    leaves = [Value(x) for x in expression.point]
    output = expression.apply(*leaves)
    if not isinstance(output, Value) or output._rule is LEAF:
        return
    entries, nodes = tell(output)
    given_ = [node.data for node in nodes if node._rule is LEAF]
    (ours,) = javascript.run(recompute(entries), [[given_]], "compute")
    for x, right in zip(ours, numbers_of(output), strict=True):
        assert x == pytest.approx(right, rel=1e-12, abs=1e-300, nan_ok=True)


@needs_node
def test_a_hundred_edits_give_what_python_gives() -> None:
    entries, nodes = tell(w8()[1])
    draw = random.Random(1)
    leaves = [node for node in nodes if node._rule is LEAF]
    edits = [[draw.uniform(-3.0, 3.0) for _ in leaves] for _ in range(100)]
    by_label = [{node.label: x for node, x in zip(leaves, edit)} for edit in edits]
    source = recompute(entries)
    for numbers, ours in zip(by_label, javascript.run(source, [[edit] for edit in edits], "compute")):
        net = W8Network([numbers[f"w{i}"] for i in range(1, 9)])
        right = numbers_of(net.loss((numbers["i1"], numbers["i2"]), (numbers["t1"], numbers["t2"])))
        assert ours == pytest.approx(right, rel=1e-13, abs=1e-300)


# --- The file ---

NASTY: Final = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    *("a&b", '"', "\\N", "${x}", "]]>", "'><b>", "\u202eabc\u2066", "🎓", "${title}", "<!--"),
)


def test_no_label_can_break_out(tmp_path: Path) -> None:
    x = Value(1.5, label=NASTY[0])
    y = exp(x)
    for label in NASTY[1:]:
        y = y * Value(1.0, label=label)
    y.label = NASTY[0]
    text = page(y, tmp_path / "p.html", title=NASTY[0]).read_text("utf-8")
    assert "alert(1)</script>" not in text
    assert "<img" not in text
    assert text.count("</script>") == 2
    story = json.loads(re.findall(r'<script type="application/json" id="story">(.*?)</script>', text, re.DOTALL)[0])
    assert story["entries"][0]["label"] == NASTY[0]


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    text = page(w8()[0], tmp_path / "p.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)\s*=\s*["']?(?!#)""", text)
    assert len(text) < 300_000


def test_what_is_refused(tmp_path: Path) -> None:
    x = Value(2.0, label="x")
    for wrong, error, says in (
        (lambda: page(x * x, tmp_path / "p.txt"), ValueError, "ends in .html"),
        (lambda: page(3.0, tmp_path / "p.html"), TypeError, "page takes a Value"),
        (lambda: page(W8Network(WEIGHTS), tmp_path / "p.html"), TypeError, "has not run yet"),
        (lambda: page(x * x, tmp_path / "p.html", hide=["menu"]), ValueError, "no part 'menu'"),
        (lambda: page(x * x, tmp_path / "p.html", highlight="y"), ValueError, "'y'"),
        (lambda: page(x * x, tmp_path / "p.html", train=["y"]), ValueError, "'y'"),
        (lambda: page(x * x, tmp_path / "p.html", digits=0), ValueError, "digits"),
        (lambda: page(sum((x * i for i in range(3000)), x), tmp_path / "p.html"), ValueError, "up to 2,000"),
    ):
        with pytest.raises(error, match=re.escape(says)):
            wrong()
    assert not list(tmp_path.iterdir())


def test_the_command_line_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "p.html")
    assert run(app, "chainrule", ["page", "x * sin(y)", "--at", "x=2", "--at", "y=0.5", "--out", out]) == 0
    assert "<title>x * sin(y)</title>" in Path(out).read_text("utf-8")
    assert run(app, "chainrule", ["page", "x *", "--at", "x=2", "--out", out]) == 2
    assert "no expression" in capsys.readouterr().err


def test_a_leaf_alone_has_a_page(tmp_path: Path) -> None:
    assert page(Value(2.0, label="x"), tmp_path / "p.html").exists()


def test_formulas_are_those_of_the_rule_table() -> None:
    x = Value(0.5, label="x")
    entries, _ = tell(sin(x) * 2)
    assert entries[1].operands[0].partial.count("cos") == 1
    assert 'data-n="0"' in entries[1].with_numbers
    assert entries[2].operands[1].place == -1
    assert entries[2].operands[1].constant == 2.0


# --- The browser ---


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="the page is opened by playwright, which isn't installed")
    with api.sync_playwright() as p:
        one = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        yield one
        one.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a page; afterwards nothing may have been written to the console, and nothing requested but the file."""
    contexts, said, asked = [], [], []

    def open_(v: Any, address: str = "", scheme: str = "light", width: int = 1400, **options: Any) -> Any:
        path = page(v, tmp_path / "p.html", **options)
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri() + address)
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert not said
    assert all(url.startswith("file:") and "p.html" in url for url in asked)


def shown(tab: Any, kind: str, place: Any) -> str:
    return str(tab.locator(f"svg text[data-{kind}='{place}']").text_content())


def as_shown(x: float, digits: int = 5) -> str:
    return repr(float(f"{x:.{digits}g}")).removesuffix(".0").replace("-", "−")


@needs_browser
def test_every_step_shows_the_engine_s_numbers(opened: Any) -> None:
    net, loss = w8()
    loss.backward()
    entries, nodes = tell(loss)
    tab = opened(net)
    first = sum(entry.rule is LEAF for entry in entries)
    for place in range(first, len(nodes)):
        assert shown(tab, "value", place) == ""
        tab.keyboard.press("ArrowRight")
        assert shown(tab, "value", place) == as_shown(nodes[place].data)
        assert entries[place].words in tab.locator("#said").text_content()
    assert shown(tab, "grad", len(nodes) - 1) == ""
    tab.keyboard.press("ArrowRight")
    assert shown(tab, "grad", len(nodes) - 1) == "∂ 1"
    for place in reversed(range(first, len(nodes))):
        assert shown(tab, "grad", place) == f"∂ {as_shown(nodes[place].grad)}"
        tab.keyboard.press("ArrowRight")
    for place in range(first):
        assert shown(tab, "grad", place) == f"∂ {as_shown(nodes[place].grad)}"
    assert tab.locator("#next").is_disabled()


@needs_browser
def test_the_address_restores_the_moment(opened: Any) -> None:
    tab = opened(w8()[0], "#step=47&w1=0.9&select=w5")
    assert "backward, 23 of 23" in tab.locator("#phase").text_content()
    assert shown(tab, "value", 0) == "0.9"
    assert tab.locator("tr.selected").count() == 1
    net = W8Network([0.9, *WEIGHTS[1:]])
    loss = net.loss((0.05, 0.10), (0.01, 0.99))
    loss.backward()
    assert shown(tab, "grad", 0) == f"∂ {as_shown(net.w1.grad)}"
    address = tab.url
    tab.keyboard.press("Home")
    assert tab.url != address
    tab.goto(address)
    assert shown(tab, "value", 0) == "0.9"


@needs_browser
def test_a_number_can_be_changed_and_the_change_taken_back(opened: Any) -> None:
    tab = opened(w8()[0], "#step=47")
    field = tab.locator("#table input").first
    before = shown(tab, "value", 12)
    field.click()
    field.fill("1,5")
    assert shown(tab, "value", 12) == "0.075"
    field.press("Escape")
    assert shown(tab, "value", 12) == before
    field.fill("nonsense")
    assert field.get_attribute("aria-invalid") == "true"
    assert shown(tab, "value", 12) == before


@needs_browser
def test_a_gradient_is_seen_to_add_up(opened: Any) -> None:
    x = Value(3.0, label="x")
    tab = opened(x * x + x, "#step=4")
    assert "=1+…" in "".join(tab.locator("#told math").all_text_contents())
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#told math").last.text_content().endswith("=3+3+1=7")


@needs_browser
def test_gradient_descent_and_the_check_of_a_gradient(opened: Any) -> None:
    net, _ = w8()
    tab = opened(net, "#step=47&select=w5")
    tab.get_by_role("button", name="Check this gradient").click()
    assert "0.07215" in tab.locator(".check").text_content()
    tab.locator("#many").click()
    training = W8Network(WEIGHTS)
    training.train((0.05, 0.10), (0.01, 0.99), lr=0.5, steps=100)
    loss = training.loss((0.05, 0.10), (0.01, 0.99))
    assert f"→ {as_shown(loss.data)}" in tab.locator("#descended").text_content()
    assert tab.locator("#curve path").count() == 1


@needs_browser
def test_an_exercise_asks_and_says_what_kind_of_wrong(opened: Any) -> None:
    x = Value(3.0, label="x")
    square = x * x
    square.label = "s"
    y = square + x
    tab = opened(y, exercise=True)
    assert shown(tab, "grad", 0) == ""
    answer, verdict = tab.locator("#ask input"), tab.locator("#ask [role=status]")
    answer.fill("1")
    answer.press("Enter")  # ∂y/∂s is 1
    for wrong, says in (("-7", "sign"), ("14", "factor of 2"), ("6", "use is missing"), ("70", "decimal point")):
        answer.fill(wrong)
        answer.press("Enter")
        assert says in verdict.text_content()
    tab.get_by_role("button", name="Hint").click()
    answer.fill("7")
    answer.press("Enter")
    assert shown(tab, "grad", 0) == "∂ 7" or tab.locator("#score").text_content().startswith("2 of 2")
    assert "4 wrong" in tab.locator("#score").text_content()


@needs_browser
@pytest.mark.parametrize("part", PARTS)
def test_parts_can_be_left_out(opened: Any, part: str) -> None:
    tab = opened(w8()[0], hide=[part], address="#select=w5")
    where = {"check": ".check", "controls": "nav.controls"}.get(part, f".{part}")
    assert not tab.locator(where).first.is_visible()


@needs_browser
def test_it_works_by_keyboard_and_on_a_phone(opened: Any) -> None:
    tab = opened(w8()[0], scheme="dark", width=390)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.locator("#n4").focus()
    tab.keyboard.press("Enter")
    assert "w5" in tab.locator("#told h2").text_content()
    tab.keyboard.press("Escape")
    tab.keyboard.press("End")
    assert "backward" in tab.locator("#phase").text_content()
    tab.keyboard.press("Home")
    assert "given" in tab.locator("#phase").text_content()


def long_sum(terms: int) -> Value:
    x = Value(0.5, label="x")
    y = x
    for i in range(terms):
        y = sin(y) + x * (i % 7)
    y.label = "y"
    return y


@needs_browser
@pytest.mark.parametrize("terms", [98, 400])
def test_a_step_of_many_operations_is_quick(opened: Any, terms: int) -> None:
    tab = opened(long_sum(terms))
    spent = tab.evaluate(
        "() => { const t = performance.now(); for (let i = 0; i < 20; i++) { go(310 + i);"
        " document.body.getBoundingClientRect(); } return (performance.now() - t) / 20; }"
    )
    print(f"a step of {len(tell(long_sum(terms))[0])} numbers takes {spent:.1f} ms")
    assert spent < 150.0  # milliseconds; 50 is the promise, with room for a busy machine


@needs_browser
def test_a_large_graph_is_folded_and_unfolds(opened: Any) -> None:
    y = long_sum(150)
    y.backward()
    _, nodes = tell(y)
    tab = opened(y, "#step=9999")
    folds = tab.locator("#stage-graph .fold")
    before = folds.count()
    members = tab.evaluate("parts.flat().sort((a, b) => a - b)")
    assert members == list(range(len(nodes)))
    assert 2 < before < 100
    for kind in ("keyboard", "mouse"):
        if kind == "keyboard":
            folds.last.focus()
            tab.keyboard.press("Enter")
        else:
            tab.locator("#fold").click()
            assert folds.count() == before
            folds.last.click()
        assert folds.count() == before - 1
        for place in tab.evaluate("parts[unfolded[0]]"):
            assert shown(tab, "value", place) == as_shown(nodes[place].data)
            assert shown(tab, "grad", place) == f"∂ {as_shown(nodes[place].grad)}"
    boxes = tab.evaluate(
        "[...document.querySelectorAll('#stage-graph .node')].map(n => n.querySelector('polygon').getBBox())"
        ".map(b => [b.x, b.y, b.width, b.height])"
    )
    for i, (x, top, width, height) in enumerate(boxes):
        for other, above, _, _ in boxes[:i]:
            assert abs(x - other) >= width or abs(top - above) >= height


# --- The network, the tour, access ---


def mlp() -> tuple[MLP, Value]:
    model = MLP(2, [3, 2], activation="tanh", seed=1)
    first, second = model([0.5, -1.0])
    loss = (first - 1.0) ** 2 + (second + 1.0) ** 2
    loss.label = "E"
    return model, loss


def test_the_network_behind_a_graph_is_found() -> None:
    model, loss = mlp()
    _, nodes = tell(loss)
    inputs, hidden, outputs = network(model, nodes)
    assert [unit["values"] for unit in inputs] == [[[0.5]], [[-1.0]]]
    x = [0.5, -1.0]
    for units, layer in ((hidden, model.layers[0]), (outputs, model.layers[1])):
        out = []
        for unit, neuron in zip(units, layer.neurons, strict=True):
            weighted = sum(w.data * xi for w, xi in zip(neuron.w, x)) + neuron.b.data
            out.append(math.tanh(weighted) if layer is model.layers[0] else weighted)
            assert [nodes[place] for place in unit["weights"]] == list(neuron.w)
            assert nodes[unit["bias"]] is neuron.b
            assert nodes[unit["values"][0]].data == pytest.approx(weighted, rel=1e-12)
            assert nodes[unit["values"][-1]].data == pytest.approx(out[-1], rel=1e-12)
        x = out
    with pytest.raises(ValueError, match="wasn't computed with all weights"):
        network(MLP(2, [2, 1], seed=2), nodes)
    with pytest.raises(TypeError, match="has layers"):
        network(3.0, nodes)


@needs_browser
def test_the_network_shows_the_engine_s_numbers(opened: Any) -> None:
    model, loss = mlp()
    loss.backward()
    for tab, units, weights in (
        (opened(loss, "#step=999&view=network", model=model), 7, 12),
        (opened(w8()[0], "#step=999&view=network"), 6, 8),
    ):
        assert tab.locator("#stage-network .neuron").count() == units
        assert tab.locator("#stage-network .weight").count() == weights
    tab = opened(loss, model=model)
    assert tab.locator("#stage-network").is_hidden()
    tab.locator("#tab-graph").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#stage-network").is_visible()
    assert "view=network" in tab.url
    tab.locator("#slider").focus()
    tab.keyboard.press("End")
    w = model.layers[0].neurons[0].w[0]
    said = tab.locator("#stage-network .weight").first.get_attribute("aria-label")
    assert said.endswith(f"{as_shown(w.data)}, gradient {as_shown(w.grad)}")
    assert ("negative" if w.data < 0 else "positive") in tab.locator(
        "#stage-network .weight .line"
    ).first.get_attribute("class")
    tab.locator("#stage-network .weight").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("#told h2").text_content() in said


@needs_browser
def test_the_tour_says_what_explain_says_and_lights_its_nodes(opened: Any) -> None:
    net, loss = w8()
    told = explain(loss, net.w1, digits=5)
    tab = opened(net, highlight="w1")
    on = tab.locator("#tour-next")
    for block in told.blocks:
        on.click()
        formulas = tab.locator("#stop-told math")
        assert formulas.count() == len(block.lines) + 2
        assert as_shown(block.conclusion.value) in formulas.last.text_content()
        assert 0 < tab.locator("#stage-graph .node.lit").count() < 20
    assert on.text_content() == "Finish"
    tab.locator("#many").click()  # other numbers: the tour is over
    assert tab.locator(".node.lit").count() == 0


@needs_browser
@pytest.mark.skipif(not AXE.exists(), reason="axe-core isn't installed; write: npm ci --prefix tests/axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing(opened: Any, scheme: str, width: int) -> None:
    for address, options in (
        ("#step=30&select=w5", {}),
        ("#step=999&select=a_h1", {"highlight": "w1"}),
        ("#step=999&view=network&select=w1", {}),
        ("", {"exercise": True}),
        ("#step=200", {"v": long_sum(120)}),
    ):
        tab = opened(options.pop("v", w8()[0]), address, scheme=scheme, width=width, **options)
        tab.evaluate(AXE.read_text("utf-8"))
        found = tab.evaluate("async () => (await axe.run()).violations")
        assert [(x["id"], [node["html"][:200] for node in x["nodes"]][:3]) for x in found] == []


def test_the_policy_names_the_scripts_by_their_hashes() -> None:
    text = _document("t", {"entries": []}, "<svg></svg>", "", ())
    assert len(re.findall(r"'sha256-[A-Za-z0-9+/]{43}='", text)) == 2
    assert math.isfinite(len(text))
