"""What a lecturer draws: whose gradients, in which order; pictures for LaTeX and Mermaid; the network, its surface."""

import contextlib
import importlib.util
import math
import re
import runpy
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, draw, explain, grad, gradient, jit, jvp, mean, to_dot, vjp
from autograd.engine.graph import topological_order
from autograd.testing import expressions
from autograd.views.passes import OWN, SUM, gradients_of, steps
from nn.picture import draw_network

ROOT = Path(__file__).parent.parent
WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
SAMPLE = ((0.05, 0.10), (0.01, 0.99))


def known(value):
    from autograd.engine import graph

    return gradients_of(value, graph.shown(graph.topological_order(value)))


# --- Whose gradients ---


def test_no_gradient_is_shown_where_no_pass_of_this_result_has_been():
    x = Value(2.0, "x")
    other, y = x * x, x * 3
    assert "∂&#160;" not in to_dot(y).source
    other.backward()
    assert "∂&#160;" in to_dot(other).source
    assert "∂&#160;" not in to_dot(y).source
    assert known(y).keys == {}


def test_the_legend_names_what_the_gradients_are_of():
    x = Value(2.0, "x")
    y = x * x
    y.label = "y"
    y.backward()
    assert "∂ = ∂y / ∂(this)" in to_dot(y).source
    assert "∂(this)" not in to_dot(y, grads=False).source


def test_a_leaf_to_which_another_pass_has_added_is_told_apart():
    x, w = Value(2.0), Value(3.0)
    (x * x).backward()
    y = x * w
    y.backward()
    keys = known(y).keys
    assert (keys[x], keys[w], keys[y]) == (SUM, OWN, OWN)
    y.backward()
    assert known(y).keys[w] == SUM


def test_a_later_pass_of_another_result_is_told_apart():
    x = Value(2.0)
    h = x * x
    y, z = h * 5, h * x
    y.backward()
    z.backward()  # the gradient of h is now that of z, and the gradient of x the sum of both
    assert known(y).keys == {x: SUM, y: OWN}
    assert known(z).keys == {x: SUM, h: OWN, z: OWN}
    x.grad = 0.0
    assert known(y).keys == {y: OWN}


def walks(y, leaves):
    """What is done with a graph between a backward pass and its picture."""
    yield lambda: explain(y, leaves[0])
    yield lambda: gradient(y, leaves)
    yield lambda: grad(lambda t: t * y * leaves[0])(2.0)
    yield lambda: grad(lambda t: t * float(y))(2.0)
    yield lambda: grad(lambda t: grad(lambda u: u * t * y)(1.5) * float(leaves[0]))(2.0)
    yield lambda: jvp(lambda t: t * y, (2.0,), (1.0,))
    yield lambda: vjp(lambda t: [t * y, t == y], 2.0)
    yield lambda: jit(lambda t: t * y)(2.0)


@given(expressions(max_size=8), st.lists(st.integers(0, 7), max_size=4))
def test_a_picture_shows_the_gradients_of_the_last_pass_whatever_walks_over_the_graph(expression, which):
    leaves = [Value(x) for x in expression.point]
    y = expression.apply(*leaves)
    if not isinstance(y, Value) or not y.parents or not math.isfinite(y.data):
        return
    y.backward()
    before, keys = to_dot(y).source, known(y).keys
    if all(math.isfinite(x.grad) for x in leaves):
        assert keys == dict.fromkeys(keys, OWN)
        assert set(leaves).intersection(topological_order(y)) <= set(keys)
    for walk in which:
        with contextlib.suppress(Exception):  # of no interest here: the walk has been made
            list(walks(y, leaves))[walk]()
        assert to_dot(y).source == before


def test_a_result_whose_gradients_were_computed_stays_a_constant_inside_every_transform():
    results = []
    for _ in range(60):  # of each number that a walk may have had
        x = Value(2.0)
        results.append(x * x)
        results[-1].backward()
    for _ in range(12):
        assert grad(lambda t: t * t + sum(float(y) for y in results))(3.0) == 6.0
        assert vjp(lambda t: t * float(results[1]), 3.0)[1](1.0) == (4.0,)


def test_a_part_of_a_larger_result_shows_that_results_gradients_and_says_so():
    x = Value(2.0)
    h = x * x
    (h * 3).backward()
    assert set(known(h).keys) == {x, h}
    assert "a part of" in known(h).legend


def test_gradients_that_were_sent_by_hand_are_shown():
    x = Value(2.0)
    y = x * x
    y.grad = 1.0
    y._backward()
    assert (set(known(y).keys), known(y).legend) == ({x, y}, "∂ = .grad, set by hand")


@given(expressions(max_size=8))
def test_contributions_add_up_to_the_gradients_that_backward_computes(expression):
    leaves = [Value(x) for x in expression.point]
    y = expression.apply(*leaves)
    if not isinstance(y, Value) or not y.parents:
        return
    from autograd.engine import graph

    order = graph.shown(graph.topological_order(y))
    before = known(y).adjoints
    y.backward()
    for node, adjoint in before.items():
        assert adjoint == pytest.approx(node.grad, rel=1e-9) or not math.isfinite(node.grad)
    turns = steps(order)
    for node, turn in turns.items():  # every use of it had its turn
        assert all(turns[user] < turn for user in turns if node in user.parents)
    assert turns[y] == 1


def test_order_numbers_the_steps_and_writes_contributions_on_the_edges():
    x, y = Value(2.0, "x"), Value(-3.0, "y")
    s = x * y
    z = s.tanh() * s
    source = to_dot(z, order=True).source
    assert [f">{k}</TD>" in source for k in (1, 2, 3)] == [True] * 3
    assert source.count("label=<&#160;") == 5
    z.backward()
    assert all("step" not in draw(v).source for v in (z, x))


# --- Documents ---


def test_what_is_highlighted_stands_out_in_latex_and_mermaid(tmp_path):
    x, w = Value(2.0, "x"), Value(3.0, "E_total")
    y = x * w + 1
    y.backward()
    plain = [draw(y, tmp_path / f"plain.{kind}").read_text() for kind in ("tex", "mmd")]
    tex, mermaid = (draw(y, tmp_path / f"lit.{kind}", highlight="x").read_text() for kind in ("tex", "mmd"))
    assert not any(word in text for text in plain for word in ("draw=accent", "opacity", "faded", "linkStyle"))
    assert tex.count("draw=accent") == 3  # x, the product, the sum
    assert tex.count("opacity=") == 2  # w and the 1
    assert tex.count(r"\draw[-latex, accent") == 2
    assert mermaid.count(":::faded") == 2
    assert "linkStyle 0,2 stroke" in mermaid


def test_a_picture_for_latex_needs_tikz_alone(tmp_path):
    labels = ("E_total", "a label", "η_1", "σ(o)·∂ & #1", "α Ω")
    total = Value(0.0)
    for label in labels:
        total = total + Value(1.0, label) * 2
    total.backward()
    tex = draw(total, tmp_path / "a.tex").read_text()
    assert not any(command in tex for command in (r"\text{", r"\operatorname", r"\boldsymbol", r"\mathbb"))
    assert tex.isascii()
    assert r"$\mathbf{E_{total}}$" in tex


HOSTILE = ['"', "\\", "%", "$", "#", "&", "{", "}", "_", "^", "~", "<b>", "|", "`", "\n", "]]", "end", ";"]


@given(st.lists(st.sampled_from([*HOSTILE, "a", "π", "1"]), max_size=6).map("".join))
def test_labels_are_text_in_latex_and_mermaid(tmp_path_factory, label):
    folder = tmp_path_factory.mktemp("text")
    x = Value(2.0, label)
    y = x * x + 1
    y.label = label
    y.backward()
    tex = draw(y, folder / "a.tex", order=True).read_text()
    bare = re.sub(r"\\[{}$&#%_\\]", "", tex.replace("\\textbackslash{}", ""))
    bare = "\n".join(line for line in bare.splitlines() if not line.startswith("%"))
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert "%" not in bare
    assert tex.count(r"\begin{") == tex.count(r"\end{") == 1
    lines = draw(y, folder / "a.mmd").read_text().splitlines()
    nodes = [line for line in lines if ":::" in line]
    assert len(nodes) == 4
    assert all(line.count('"') == 2 and "<b>" in line.partition("<br/>")[0] + "<b>" for line in nodes)
    assert all(re.fullmatch(r"  n\w+ -->(\|\"[^\"|]*\"\|)? n\w+", line) for line in lines if "-->" in line)


def test_tikz_has_every_box_and_arrow(tmp_path):
    x = Value(2.0, "x_1")
    y = (x * x).sigmoid() + 0.5
    text = draw(y, tmp_path / "y.TEX").read_text()
    assert (text.count(r"\node[draw="), text.count(r"\draw[-latex")) == (5, 5)
    assert r"$\mathbf{x_{1}}$" in text
    assert r"\sigma" in text


def test_the_ratio_is_that_of_the_picture():
    x = Value(2.0)
    y = x
    for _ in range(6):
        y = y.tanh() + x
    svg = draw(y, ratio=16 / 9)._repr_svg_()
    width, height = map(float, re.search(r'viewBox="0\.00 0\.00 ([\d.]+) ([\d.]+)"', svg).groups())
    assert width / height == pytest.approx(16 / 9, rel=0.05)
    with pytest.raises(ValueError, match="16 / 9"):
        draw(y, ratio=0)


# --- The network ---


def test_with_biases_it_is_the_network_that_is_widely_known():
    net = nn.W8Network(WEIGHTS, biases=(0.35, 0.60))
    total = net.loss(*SAMPLE)
    total.backward()
    assert total.data == pytest.approx(0.298371109, abs=1e-9)
    after = [w.data - 0.5 * w.grad for w in net.parameters()]
    known = [0.149780716, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.408666186, 0.511301270, 0.561370121]
    assert after == pytest.approx(known, abs=1e-8)
    assert [b.label for b in net.biases] == ["b1", "b2"]
    assert net.biases[1].grad == pytest.approx(net.nodes["o1"].grad + net.nodes["o2"].grad)
    assert repr(net).endswith("w8=0.55, b1=0.35, b2=0.6)")
    net.train(*SAMPLE, lr=0.5, steps=3)
    assert [b.data for b in net.biases] == [0.35, 0.60]
    with pytest.raises(ValueError, match="two biases; 1"):
        nn.W8Network(WEIGHTS, biases=[1])


def test_the_demo_has_old_and_new_weights_side_by_side(capsys):
    demo = runpy.run_path(str(ROOT / "demos" / "w8_old_or_new.py"))
    demo["main"](steps=1)
    page = (ROOT / "docs" / "old-or-new-weights.md").read_text(encoding="utf-8").splitlines()
    lines = capsys.readouterr().out.splitlines()
    first = lines[: lines.index("after 1 steps")]
    assert len(first) == 11
    assert set(first) <= set(page)
    old, new = demo["with_old"](WEIGHTS, None), demo["with_new"](WEIGHTS, None)
    assert [x == y for x, y in zip(old, new)] == [False] * 4 + [True] * 4
    net = nn.W8Network(WEIGHTS)
    net.train(*SAMPLE, lr=0.5, steps=1)
    assert old == tuple(net.state_dict().values())


def test_the_drawn_network_has_arrows_numbers_and_gradients():
    net = nn.W8Network(WEIGHTS, biases=(0.35, 0.60))
    assert "∂" not in draw_network(net).source.replace("∂/∂", "")
    net.loss(*SAMPLE).backward()
    source = draw_network(net).source
    for part in ("arrowsize", "<B>a_h1</B> 0.5933", "∂ 0.08217", "b1 0.35", "forward pass"):
        assert part in source


# --- Plots ---

needs_matplotlib = pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib")


@needs_matplotlib
def test_a_surface_leaves_the_parameters_as_they_were_and_shows_each_path(tmp_path):
    net = nn.W8Network(WEIGHTS)
    paths = {f"η = {lr}": nn.W8Network(WEIGHTS).train(*SAMPLE, lr=lr, steps=5) for lr in (0.1, 0.5)}
    before = net.state_dict()
    figure = nn.plot_surface(lambda: net.loss(*SAMPLE), net.w5, net.w6, history=paths, size=5)
    assert net.state_dict() == before
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(paths)
    assert nn.plot_surface(lambda: net.loss(*SAMPLE), net.w5, net.w7, tmp_path / "s.png", size=3).exists()

    def broken():
        raise KeyError("broken")

    with pytest.raises(KeyError):
        nn.plot_surface(broken, net.w5, net.w6)
    assert net.state_dict() == before


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        (lambda net, loss: nn.plot_surface(loss(), net.w5, net.w6), TypeError, "computes the error anew"),
        (lambda net, loss: nn.plot_surface(loss, net.w5, 3.0), TypeError, "Values, not float"),
        (lambda net, loss: nn.plot_surface(loss, net.w5, net.w5), ValueError, "two different parameters"),
        (lambda net, loss: nn.plot_surface(loss, net.w5, net.w6, size=1), ValueError, "a whole number from 2"),
        (
            lambda net, loss: nn.plot_surface(loss, net.w5, net.w6, history=nn.History({"loss": [1.0]})),
            ValueError,
            "no column 'w5'",
        ),
    ],
)
def test_a_surface_says_what_it_cannot_draw(wrong, kind, message):
    net = nn.W8Network(WEIGHTS)
    with pytest.raises(kind, match=message):
        wrong(net, lambda: net.loss(*SAMPLE))


@pytest.mark.parametrize("eager", [False, True])
def test_layers_of_a_compiled_training_have_the_gradients_of_their_loss(eager):
    X, Y = [[1.0, -1.0], [0.5, 2.0]], [1.0, -1.0]
    model = nn.MLP(2, [3, 1], "tanh", seed=1)

    def record(run):
        run.history.record_layers(run.model, X, Y, run.loss)

    optimizer = nn.SGD(model.parameters(), lr=0.1)
    history = nn.fit(model, nn.mse, X, Y, optimizer=optimizer, epochs=3, callbacks=[record], eager=eager)
    recorded = history._layers["gradients of weights and biases"]
    assert [len(moments) for moments in recorded.values()] == [3, 3]
    before = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = 0.0
    mean([nn.mse(model(x), y) for x, y in zip(X, Y)]).backward()
    for layer, moments in zip(model.layers, recorded.values()):
        slopes = [p.grad for p in layer.parameters()]
        assert moments[-1] == pytest.approx((statistics.fmean(slopes), statistics.pstdev(slopes)))
    assert any(before) == eager  # recording left them alone
    for targets, loss in ((Y, None), (None, nn.mse), ([1.0], nn.mse)):
        with pytest.raises((TypeError, ValueError), match="targets"):
            history.record_layers(model, X, targets, loss)


@needs_matplotlib
def test_layers_are_recorded_and_drawn(tmp_path):
    model, history = nn.MLP(2, [3, 1], "tanh", seed=1), nn.History({"loss": []})
    with pytest.raises(ValueError, match="record_layers"):
        history.plot_layers(tmp_path / "layers.png")
    for _ in range(3):
        model.zero_grad()
        (model([1.0, -1.0]) ** 2).backward()
        history.record_layers(model, [[1.0, -1.0], [0.5, 2.0]])
    assert history.plot_layers(tmp_path / "layers.png").exists()
    with pytest.raises(ValueError, match="no backward pass"):
        nn.History({}).record_layers(nn.MLP(2, [1], seed=1), [[1.0, 2.0]])
    with pytest.raises(TypeError, match="has none"):
        history.record_layers(nn.W8Network(WEIGHTS), [[1.0, 2.0]])
    with pytest.raises(ValueError, match="2 layers, the model has 1"):
        history.record_layers(nn.MLP(2, [1]), [[1.0, 2.0]])
    with pytest.raises(ValueError, match="no inputs"):
        history.record_layers(model, [])
