"""Pictures are parsed, not compared: what a picture shows is in its SVG as shapes, lines and text."""

import builtins
import math
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import graphviz
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nn
from autograd import MissingDependency, Value, draw, scope, to_dot
from autograd.views import Picture, render
from autograd.views.jupyter import mimebundle
from autograd.views.render import number, svg
from nn.picture import Unit, draw_network

SVG = "{http://www.w3.org/2000/svg}"
XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"


def named(value, label):
    value.label = label
    return value


@pytest.fixture
def w8():
    """The w1-w8 network by hand, after backward(): every node by its name."""
    v = {"i1": 0.05, "i2": 0.10, "t1": 0.01, "t2": 0.99}
    v |= {f"w{k}": w for k, w in enumerate((0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55), start=1)}
    v = {label: Value(data, label) for label, data in v.items()}
    v["h1"] = named(v["w1"] * v["i1"] + v["w2"] * v["i2"], "h1")
    v["h2"] = named(v["w3"] * v["i1"] + v["w4"] * v["i2"], "h2")
    v["a_h1"], v["a_h2"] = named(v["h1"].sigmoid(), "a_h1"), named(v["h2"].sigmoid(), "a_h2")
    v["o1"] = named(v["w5"] * v["a_h1"] + v["w6"] * v["a_h2"], "o1")
    v["o2"] = named(v["w7"] * v["a_h1"] + v["w8"] * v["a_h2"], "o2")
    v["a_o1"], v["a_o2"] = named(v["o1"].sigmoid(), "a_o1"), named(v["o2"].sigmoid(), "a_o2")
    v["E1"] = named(0.5 * (v["t1"] - v["a_o1"]) ** 2, "E1")
    v["E2"] = named(0.5 * (v["t2"] - v["a_o2"]) ** 2, "E2")
    v["E_total"] = named(v["E1"] + v["E2"], "E_total")
    v["E_total"].backward()
    return v


class Parsed:
    """What a picture shows."""

    def __init__(self, digraph):
        root = ET.fromstring(svg(digraph))
        groups = list(root.iter(SVG + "g"))
        self.tags = {e.tag.removeprefix(SVG) for e in root.iter()}
        self.nodes = [g for g in groups if g.get("class") == "node"]
        self.edges = [g for g in groups if g.get("class") == "edge"]
        self.clusters = [g for g in groups if g.get("class") == "cluster"]
        self.text = "".join(e.text or "" for e in root.iter(SVG + "text")).replace("\xa0", " ")
        self.tooltips = [e.get(XLINK_TITLE).replace("\xa0", " ") for e in root.iter() if e.get(XLINK_TITLE)]

    def node(self, *texts):
        """The one node whose text has all of these."""
        (found,) = (n for n in self.nodes if set(texts) <= set(words(n)))
        return found


def words(group):
    return [(e.text or "").strip(" \xa0") for e in group.iter(SVG + "text")]


def shapes(group):
    """The outlines of a node: kind of element, and how many corners."""
    outlines = [e for e in group.iter() if e.tag in (SVG + "polygon", SVG + "ellipse", SVG + "path")]
    return [(e.tag.removeprefix(SVG), len(e.get("points", "").split())) for e in outlines]


def fill(group):
    return next(e.get("fill") for e in group.iter() if e.get("fill") not in (None, "none"))


# --- What a picture shows ---


def test_the_w1_w8_graph_has_a_node_for_every_value_and_an_edge_for_every_operand(w8):
    picture = Parsed(to_dot(w8["E_total"]))
    constants = 4  # 0.5 and the exponent 2, twice
    products_and_squares = 8 + 2 * 2  # w·i, t - a_o, and its square have no name
    assert len(picture.nodes) == len(w8) + products_and_squares + constants
    assert len(picture.edges) == 2 * 19 + 4  # nineteen operations with two operands, four sigmoids
    for label in w8:
        assert label in picture.text


def test_a_node_shows_label_operation_data_and_gradient(w8):
    picture = Parsed(to_dot(w8["E_total"]))
    assert words(picture.node("a_o1")) == ["a_o1", "σ", "data", "0.6065", "∂", "0.5965"]
    assert words(picture.node("w7")) == ["w7", "data", "0.5", "∂", "−0.04246"]


def test_gradients_are_left_out_on_request(w8):
    picture = Parsed(to_dot(w8["E_total"], grads=False))
    assert words(picture.node("w7")) == ["w7", "data", "0.5"]
    assert not any("∂/∂" in tooltip for tooltip in picture.tooltips)


def test_leaves_constants_operations_and_the_output_differ_in_shape_and_colour(w8):
    picture = Parsed(to_dot(w8["E_total"]))
    four = [picture.node("w5"), picture.nodes[[words(n) for n in picture.nodes].index(["0.5"])]]
    four += [picture.node("a_h1"), picture.node("E_total")]
    assert len({str(shapes(node)) for node in four}) == 4
    assert len({fill(node) for node in four}) == 4


def test_a_repeated_operand_has_two_edges():
    x = Value(3.0, "x")
    assert len(Parsed(to_dot(x * x)).edges) == 2


def test_each_use_of_a_constant_has_its_own_node():
    x = Value(3.0, "x")
    assert [words(n) for n in Parsed(to_dot((x + 2) * 2)).nodes].count(["2"]) == 2


def test_a_leaf_is_a_picture_of_one_node():
    picture = Parsed(to_dot(Value(3.0, "x")))
    assert (len(picture.nodes), len(picture.edges)) == (1, 0)


def test_an_edge_tells_the_partial_in_its_tooltip():
    x, y = Value(3.0, "x"), Value(4.0, "y")
    assert "∂z/∂x = 4" in Parsed(to_dot(named(x * y, "z"))).tooltips


def test_the_background_is_transparent(w8):
    root = ET.fromstring(svg(to_dot(w8["E_total"])))
    assert "white" not in {e.get("fill") for e in root.iter()}


@pytest.mark.parametrize("x", [0.0, -0.0, 1e-300, -1e300, math.inf, -math.inf, math.nan, 1 / 3, -2 / 3, 123456.0])
def test_numbers_have_significant_digits_a_real_minus_and_no_negative_zero(x):
    text = number(x, 4)
    assert "-" not in text
    assert text != "−0"
    assert float(text.replace("−", "-").replace("∞", "inf")) == pytest.approx(x, rel=1e-3, nan_ok=True)
    assert len(text.strip("−").partition("e")[0]) <= 6 or abs(x) < 0.1


# --- Options ---


def test_folding_draws_a_weighted_sum_as_one_node(w8):
    picture = Parsed(to_dot(w8["E_total"], fold=True))
    assert words(picture.node("h1"))[:3] == ["h1", "Σ", "w1·i1 + w2·i2"]
    assert len(picture.nodes) == len(w8) + 4 + 4
    assert "∂h1/∂w1 = 0.050000000000000003" in picture.tooltips


def test_folding_takes_signs_numbers_and_deep_products_along():
    a, b, c = Value(2.0, "a"), Value(3.0, "b"), Value(5.0, "c")
    picture = Parsed(to_dot(a - (-b * c * 2.0 - 7.0) + 0.0, fold=True))
    assert "Σa + 3·c·2 + 7" in picture.text  # -b has no name, so its number stands there: a - (-3·c·2) + 7
    picture = Parsed(to_dot(-(a * b) - -3.0 * c + sum([a, b]), fold=True))
    assert "−a·b + 3·c + a + … (4 terms)" in picture.text


def test_folding_shows_the_first_terms_of_a_long_sum():
    xs = [Value(k, f"x{k}") for k in range(1, 10)]
    assert "2·x1 + 2·x2 + 2·x3 + … (9 terms)" in Parsed(to_dot(sum(2 * x for x in xs), fold=True)).text


def test_folding_keeps_what_has_a_name_or_a_second_use_or_another_scope():
    x = Value(3.0, "x")
    kept = named(x * 2, "kept")
    shared = x * 5
    with scope("elsewhere"):
        other = x * 7
    picture = Parsed(to_dot(kept + shared + other + x * 11 + shared, fold=True))
    for number_ in ("2", "5", "7"):
        assert [number_] in [words(n) for n in picture.nodes]
    assert ["11"] not in [words(n) for n in picture.nodes]


def strokes(group):
    return {e.get("stroke") for e in group.iter() if e.get("stroke") not in (None, "none")}


def test_highlighting_a_weight_makes_exactly_its_paths_stand_out(w8):
    accent = "#d55e00"
    plain = Parsed(to_dot(w8["E_total"], fold=True))
    picture = Parsed(to_dot(w8["E_total"], fold=True, highlight=w8["w5"]))
    lit = {words(node)[0] for node in picture.nodes if accent in strokes(node)}
    assert lit == {"w5", "o1", "a_o1", "−", "^", "E1", "E_total"}
    assert sum(accent in strokes(edge) for edge in picture.edges) == 6
    assert not any(accent in strokes(group) for group in plain.nodes + plain.edges)
    assert "0.2387" in picture.text  # the partial ∂a_o1/∂o1, on the edge


def test_several_values_can_be_highlighted(w8):
    picture = Parsed(to_dot(w8["E_total"], highlight=[w8["w1"], w8["w8"]]))
    lit = {words(node)[0] for node in picture.nodes if "#d55e00" in strokes(node)}
    assert {"w1", "w8", "h1", "o1", "o2"} < lit
    assert not {"h2", "w2", "t1"} & lit


def test_highlighting_a_value_outside_the_graph_says_so(w8):
    with pytest.raises(ValueError, match=r"highlight: .*'stray'.* is no part of the graph"):
        to_dot(w8["E_total"], highlight=Value(1.0, "stray"))


def test_scopes_become_nested_clusters():
    x = Value(3.0, "x")
    with scope("outer"):
        y = x * 2
        with scope("<inner>"):
            z = y + 1
    with scope("outer"):
        z = z * y
    picture = Parsed(to_dot(z))
    assert len(picture.clusters) == 2
    assert [words(c) for c in picture.clusters] == [["outer"], ["<inner>"]]
    source = to_dot(z).source
    assert source.index("cluster_1") < source.index("cluster_2") < source.index("}")  # one inside the other


def test_scopes_nested_deeper_than_sight_are_drawn_as_one():
    scopes = [scope(f"s{k}") for k in range(40)]
    for s in scopes:
        s.__enter__()
    y = Value(1.0) + 1
    for s in reversed(scopes):
        s.__exit__(None, None, None)
    assert len(Parsed(to_dot(y)).clusters) == 16


def test_depth_counts_operations_back_from_the_output_and_says_what_is_left_out(w8):
    picture = Parsed(to_dot(w8["E_total"], depth=1))
    assert {words(n)[0] for n in picture.nodes} == {"E_total", "E1", "E2", "…", "0.5"}
    assert "… 32 more Values not drawn" in picture.text
    total = len(w8) + 12
    assert f"… {total - 1} more Values not drawn" in Parsed(to_dot(w8["E_total"], depth=0)).text
    assert "not drawn" not in Parsed(to_dot(w8["E_total"], depth=100)).text


def test_at_most_max_nodes_values_are_drawn_nearest_first(w8):
    picture = Parsed(to_dot(w8["E_total"], max_nodes=3))
    assert {"E_total", "E1", "E2"} < {words(n)[0] for n in picture.nodes}
    assert "… 32 more Values not drawn" in picture.text
    assert "… 1 more Value not drawn" in Parsed(to_dot(w8["E_total"], max_nodes=34)).text


@pytest.mark.parametrize("fold", [False, True])
def test_a_graph_of_100_000_values_is_drawn_in_seconds(fold):
    x = y = Value(1.0, "x")
    for _ in range(50_000):
        y = y * 1.0000001 + x
    start = time.perf_counter()
    picture = Parsed(to_dot(y, fold=fold, max_nodes=60))
    assert time.perf_counter() - start < 20  # a second or two; a program that walks it twice per node takes hours
    assert len(picture.nodes) < 200
    if not fold:
        assert "… 99,941 more Values not drawn" in picture.text


def test_highlighting_in_a_graph_of_100_000_values_looks_at_each_a_few_times():
    leaves = [Value(1.0) for _ in range(50_000)]
    start = time.perf_counter()
    to_dot(sum(leaves[1:], leaves[0]), highlight=leaves)
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rankdir": "up"}, "rankdir is 'LR', 'TB', 'RL' or 'BT', not 'up'"),
        ({"depth": -1}, "not -1"),
        ({"digits": 0}, "digits is 1 or more"),
        ({"max_nodes": 0}, "max_nodes is 1 or more"),
    ],
)
def test_an_option_out_of_range_is_a_clear_error(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        to_dot(Value(1.0), **options)


def test_only_values_can_be_drawn():
    with pytest.raises(TypeError, match="a Value can be drawn, not list"):
        draw([Value(1.0)])


# --- Labels are text, whatever they contain ---

NASTY = ['"', "<script>alert(1)</script>", "a & b", "{a|b}", "\\", "\\N \\G \\l\\n", "two\nlines", "🎉", "<b>", "&amp;"]


@given(st.one_of(st.text(max_size=20), st.sampled_from(NASTY), st.text("\\NGEnl<>&\"{}|;' ", max_size=12)))
@example("\x00\x0b\ufffe\ud800")
@example('charset="latin-1"')
@example("")
@example("  ")
@settings(max_examples=60)
def test_any_label_comes_out_as_text_everywhere(label):
    x = Value(1.0, label)
    with scope(label):
        y = x.exp()
    picture = Parsed(to_dot(y, highlight=x))
    shown = render.visible(label)
    assert picture.text.count(shown) >= 2 or not shown.strip()  # the node and the cluster
    assert picture.tags <= {"svg", "g", "a", "title", "path", "polygon", "polyline", "text"}
    assert (len(picture.nodes), len(picture.edges), len(picture.clusters)) == (2, 1, 1)
    if shown.strip():
        assert any(tooltip.startswith(shown + "\n") for tooltip in picture.tooltips)
        assert any(f"/∂{shown} = " in tooltip for tooltip in picture.tooltips)


def test_what_cannot_be_printed_is_written_as_python_writes_it():
    assert render.visible("a\nb\x00\u202e\ud800") == r"a\nb\x00\u202e\ud800"
    assert render.visible("👩‍🚀 é ∂") == "👩‍🚀 é ∂"


def test_a_very_long_label_is_cut_in_the_node_and_longer_in_the_tooltip():
    picture = Parsed(to_dot(Value(1.0, "x" * 10_000)))
    assert picture.text.startswith("x" * 27 + "…")
    assert "x" * 28 not in picture.text
    assert any("x" * 300 in tooltip for tooltip in picture.tooltips)


@pytest.mark.parametrize("format", ["png", "pdf"])
@pytest.mark.parametrize("label", NASTY)
def test_png_and_pdf_take_any_label(tmp_path, label, format):
    assert draw(Value(1.0, label) * 2, tmp_path / f"a.{format}").stat().st_size > 500


# --- Files ---


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph"), ("SVG", b"<?xml")],
)
def test_the_ending_says_what_kind_of_picture(tmp_path, w8, ending, begins):
    path = tmp_path / f"w8.{ending}"
    assert draw(w8["E_total"], str(path)) == path
    assert path.read_bytes().startswith(begins)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_another_ending_is_an_error_that_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot, \.tex or \.mmd, not '\.jpeg'"):
        draw(Value(1.0), "a.jpeg")
    with pytest.raises(ValueError, match="not ''"):
        draw_network(nn.MLP(1, [1]), "picture")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.svg"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(Value(1.0), path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.svg"]
    assert path.read_text() == "old"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent to write a\.svg into"):
        draw(Value(1.0), tmp_path / "absent" / "a.svg")


def test_a_png_is_crisp_and_a_huge_one_is_scaled_down(tmp_path):
    def width(path):
        return int.from_bytes(path.read_bytes()[16:20], "big")

    small = draw(Value(1.0, "x"), tmp_path / "small.png")
    points = float(ET.fromstring(svg(to_dot(Value(1.0, "x")))).get("width").removesuffix("pt"))
    assert width(small) == pytest.approx(points * 192 / 72, rel=0.03)
    y = Value(1.0)
    for _ in range(150):
        y = y.tanh()
    assert width(draw(y, tmp_path / "long.png")) <= 48 * 192 + 20


def test_no_dot_program_is_needed(tmp_path, monkeypatch, w8):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert draw(w8["E_total"], tmp_path / "w8.png").stat().st_size > 10_000


# --- Libraries and fonts that aren't there ---


def without(monkeypatch, *libraries):
    original = builtins.__import__

    def import_(name, *args, **kwargs):
        if name in libraries:
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", import_)


def test_without_graphviz_the_error_names_the_cure(monkeypatch):
    without(monkeypatch, "graphviz")
    with pytest.raises(MissingDependency, match="pip install graphviz"):
        draw(Value(1.0))


def test_without_pygraphviz_and_dot_the_error_names_the_cure(monkeypatch, tmp_path):
    without(monkeypatch, "pygraphviz")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match=r"pip install 'pygraphviz>=2\.0'"):
        draw(Value(1.0), tmp_path / "a.svg")


def test_without_pygraphviz_a_dot_program_does(monkeypatch):
    without(monkeypatch, "pygraphviz")
    monkeypatch.setattr(graphviz.Digraph, "pipe", lambda self, format: f"made by dot -T{format}".encode())
    assert render.render(to_dot(Value(1.0)), "svg") == b"made by dot -Tsvg"


def test_where_there_are_no_fonts_those_of_matplotlib_are_used(monkeypatch):
    monkeypatch.setattr(render, "_has_fonts", lambda: False)
    assert b"DejaVuSans" in render.render(to_dot(Value(1.0, "x")), "pdf")


def test_where_there_are_no_fonts_at_all_a_warning_says_what_helps(monkeypatch):
    monkeypatch.setattr(render, "_has_fonts", lambda: False)
    monkeypatch.setattr(render.importlib.util, "find_spec", lambda name: None)
    with pytest.warns(RuntimeWarning, match="no fonts.*fonts-dejavu"):
        assert render.render(to_dot(Value(1.0, "x")), "png").startswith(b"\x89PNG")


def test_importing_autograd_loads_no_graphics_library():
    program = "import sys, autograd, nn; print([m for m in ('graphviz', 'pygraphviz') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- Jupyter ---


def test_jupyter_shows_a_small_graph_as_a_picture_and_as_text(w8):
    bundle = w8["E_total"]._repr_mimebundle_()
    assert bundle["text/plain"] == repr(w8["E_total"])
    assert "w5" in bundle["image/svg+xml"]
    ET.fromstring(bundle["image/svg+xml"])


def test_jupyter_shows_a_large_graph_as_a_summary():
    x = y = Value(1.0)
    for _ in range(1000):
        y = y + x
    bundle = mimebundle(y)
    assert list(bundle) == ["text/plain"]
    assert "computed by 1,000 operations from 1 leaf;" in bundle["text/plain"]


def test_jupyter_shows_text_where_a_library_is_missing(monkeypatch):
    without(monkeypatch, "graphviz")
    bundle = mimebundle(Value(2.0))
    assert list(bundle) == ["text/plain"]
    assert "pip install graphviz" in bundle["text/plain"]


def test_a_picture_without_a_path_shows_itself():
    picture = draw(Value(2.0, "x") * 3)
    assert isinstance(picture, Picture)
    assert "x" in picture._repr_svg_()
    assert repr(picture) == "<Picture: 3 nodes, 2 edges>"
    with scope("s"):
        assert repr(draw(named(Value(1.0, " -> [label=<") * 3, "a"))) == "<Picture: 3 nodes, 2 edges>"


# --- Networks ---


class Study:
    """A model that says itself what its layers are."""

    def __init__(self, v):
        self.v = v

    def network(self):
        w = self.v
        return [
            [(("i1",),), (("i2",),)],
            [
                (("h1", "a_h1"), (w["w1"], w["w2"]), None, "sigmoid"),
                (("h2", "a_h2"), (w["w3"], w["w4"]), None, "sigmoid"),
            ],
            [
                (("o1", "a_o1"), (w["w5"], w["w6"]), w["t1"], "sigmoid"),
                (("o2", "a_o2"), (w["w7"], w["w8"]), None, "sigmoid"),
            ],
        ]


def network(model, tmp_path):
    draw_network(model, tmp_path / "net.dot")
    source = (tmp_path / "net.dot").read_text()
    return Parsed(graphviz.Source(source, engine="neato"))


def test_a_network_has_a_circle_for_each_neuron_and_a_line_for_each_weight(w8, tmp_path):
    picture = network(Study(w8), tmp_path)
    circles = [n for n in picture.nodes if ("ellipse", 0) in shapes(n)]
    assert sorted(words(c)[0] for c in circles) == ["h1", "h2", "i1", "i2", "o1", "o2"]
    assert words(picture.node("h1")) == ["h1", "a_h1"]
    assert len(picture.edges) == 8


def test_a_line_tells_name_value_and_gradient_of_its_weight(w8, tmp_path):
    picture = network(Study(w8), tmp_path)
    w5 = f"w5 = {number(w8['w5'].data, 17)}\n∂/∂w5 = {number(w8['w5'].grad, 17)}"
    assert w5 in picture.tooltips
    assert any("t1 = " in t or "b = 0.01" in t for t in picture.tooltips)  # the bias, at its neuron
    assert sum("no bias" in t for t in picture.tooltips) == 3
    assert "w50.4" in picture.text.replace(" ", "")


def test_the_width_of_a_line_is_the_size_of_its_weight_and_its_colour_and_dashes_the_sign(tmp_path):
    model = nn.Neuron(3, "tanh", seed=1)
    for w, x in zip(model.w, (0.5, -1.0, 0.0)):
        w.data = x
    lines = [e for edge in network(model, tmp_path).edges for e in edge.iter(SVG + "path")]
    widths = [float(line.get("stroke-width")) for line in lines]
    assert widths[1] > widths[0] > widths[2] > 0
    assert [line.get("stroke") for line in lines] == ["#0072b2", "#d55e00", "#0072b2"]
    assert [line.get("stroke-dasharray") is not None for line in lines] == [False, True, False]


def test_neurons_keep_their_order_and_layers_go_from_left_to_right(w8, tmp_path):
    picture = network(Study(w8), tmp_path)
    at = {words(n)[0]: next(n.iter(SVG + "ellipse")) for n in picture.nodes if list(n.iter(SVG + "ellipse"))}
    x, y = ({name: float(e.get(key)) for name, e in at.items()} for key in ("cx", "cy"))
    assert x["i1"] == x["i2"] < x["h1"] == x["h2"] < x["o1"] == x["o2"]
    assert all(y[f"{layer}1"] < y[f"{layer}2"] for layer in "iho")


def test_an_mlp_has_all_its_weights_without_numbers_where_they_would_not_fit(tmp_path):
    picture = network(nn.MLP(2, [16, 16, 1], seed=1), tmp_path)
    assert len(picture.edges) == 2 * 16 + 16 * 16 + 16
    assert len(picture.nodes) == 2 + 16 + 16 + 1
    assert "w1[1,1]" not in picture.text
    assert any(t.startswith("w1[1,1] = ") for t in picture.tooltips)
    assert any("activation: relu" in t and "\nb = 0\n" in t for t in picture.tooltips)


def test_a_layer_a_neuron_and_an_activation_of_ones_own_can_be_drawn(tmp_path):
    assert len(network(nn.Layer(2, 3, lambda x: x * x, seed=1), tmp_path).edges) == 6
    assert len(network(nn.Neuron(4, seed=1), tmp_path).edges) == 4


def test_a_huge_network_says_what_it_leaves_out(tmp_path):
    picture = network(nn.MLP(30, [20] * 12, seed=1), tmp_path)
    assert "… 5 more layers" in picture.text
    assert "⋮ 14 more" in picture.text
    assert len(picture.edges) <= 7 * 16 * 16


def test_names_of_neurons_and_weights_are_text(tmp_path):
    class Model:
        def network(self):
            return [[Unit(("<b>\\N",))], [Unit(('"&',), [Value(0.0, "<script>")])]]

    picture = network(Model(), tmp_path)
    for text in ("<b>\\N", '"&', "<script>"):
        assert text in picture.text
    assert any(t.startswith("<script> = 0") for t in picture.tooltips)


def test_what_has_no_neurons_cannot_be_drawn_as_a_network():
    with pytest.raises(TypeError, match=r"a network has layers.*; float has none"):
        draw_network(1.0)


def test_a_network_without_a_path_shows_itself():
    assert "<svg" in draw_network(nn.MLP(2, [2, 1], seed=1))._repr_svg_()


def test_pictures_of_the_engine_know_nothing_of_networks():
    folder = Path(render.__file__).parent
    assert not any(re.search(r"^\s*(from|import) nn\b", f.read_text(), re.MULTILINE) for f in folder.glob("*.py"))
