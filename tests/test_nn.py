"""Modules, layers, losses, optimisers, histories, and the text formulas."""

import copy
import math
import pickle
import random
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
from autograd import MissingDependency, Value, no_grad
from autograd.files import write_whole
from autograd.views.formula import definition, formula
from nn import MLP, SGD, History, Layer, Module, Neuron, losses
from nn.plots import apart, save_figure

moderate = st.floats(-50, 50).map(lambda x: round(x, 4))
some = st.lists(st.tuples(moderate, moderate), min_size=1, max_size=6)

# --- Module ---


class Shared(Module):
    def __init__(self):
        self.first = Neuron(1, seed=1)
        self.by_name = {"again": self.first, "own": Value(1.0)}
        self.pair = (Value(2.0), [Value(3.0)])
        self.result = self.pair[0] * 2
        self.size = 3
        self._hidden = Value(4.0)
        self.itself = self


def test_parameters_are_found_once_in_order_and_through_every_container():
    names = [name for name, _ in Shared().named_parameters()]
    assert names == ["first.w.0", "first.b", "by_name.own", "pair.0", "pair.1.0"]


def test_parameters_of_an_mlp_come_in_micrograds_order():
    model = MLP(2, [2, 1])
    by_hand = [p for layer in model.layers for neuron in layer.neurons for p in [*neuron.w, neuron.b]]
    assert model.parameters() == by_hand
    assert len(MLP(2, [16, 16, 1]).parameters()) == 337


def test_two_parameters_of_one_path_are_an_error():
    module = Module()
    module.a = {"b.c": Value(1.0), "b": {"c": Value(2.0)}}
    with pytest.raises(ValueError, match=r"same path, 'a\.b\.c'"):
        module.state_dict()


def test_a_subclass_may_list_its_parameters_itself():
    class Own(Module):
        def __init__(self):
            self._p = Value(1.0)
            self._p.grad = 5.0

        def parameters(self):
            return [self._p]

    own = Own()
    own.zero_grad()
    assert own._p.grad == 0.0


def test_state_goes_round():
    model, other = MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=2)
    other.load_state_dict(model.state_dict())
    assert other([0.3, 0.4]).data == model([0.3, 0.4]).data
    other.load_state_dict({name: np.float32(1) for name in model.state_dict()})
    assert set(other.state_dict().values()) == {1.0}


def test_a_state_that_does_not_fit_changes_nothing():
    model = Layer(1, 2, seed=1)
    before = model.state_dict()
    wrong = {"neurons.0.w.0": 9.0, "neurons.0.b": 9.0, "neurons.1.w.0": 9.0, "extra": 1.0}
    with pytest.raises(ValueError, match=r"Layer: missing 'neurons\.1\.b'; unexpected 'extra'"):
        model.load_state_dict(wrong)
    with pytest.raises(TypeError, match=r"'neurons\.1\.b': a real number is needed, not str"):
        model.load_state_dict(before | {"neurons.0.w.0": 9.0, "neurons.1.b": "x"})
    assert model.state_dict() == before


def test_models_can_be_copied_and_pickled():
    model = MLP(2, [2, 1], "tanh", seed=3)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
        assert not set(twin.parameters()) & set(model.parameters())


# --- Neurons and layers ---


def test_a_neuron_adds_from_left_to_right_beginning_with_its_bias():
    neuron = Neuron(3, "linear", seed=5)
    neuron.b.data = 0.1
    x = [1e16, 1.0, -1e16]
    expected = 0.1
    for w, xi in zip(neuron.w, x):
        expected += w.data * xi
    assert neuron(x).data == expected


def test_weights_come_from_the_global_generator_unless_there_is_a_seed():
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(6)]
    random.seed(1337)
    layer = Layer(3, 2)
    assert [w.data for neuron in layer.neurons for w in neuron.w] == expected
    random.seed(1337)
    seeded = MLP(2, [2, 1], seed=9)
    assert random.uniform(-1, 1) == expected[0]
    assert seeded.state_dict() == MLP(2, [2, 1], seed=9).state_dict() != MLP(2, [2, 1], seed=10).state_dict()
    assert Neuron(2, seed=random.Random(9)).state_dict() == Neuron(2, seed=9).state_dict()


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "gelu", "silu", "softplus", "sin", "leaky_relu", "elu"])
def test_an_activation_is_any_unary_function_by_name(name):
    neuron, linear = Neuron(2, name, seed=4), Neuron(2, "linear", seed=4)
    assert neuron([1.0, -3.0]).data == getattr(autograd, name)(linear([1.0, -3.0]).data)


def test_an_activation_may_be_a_function():
    neuron = Neuron(1, lambda x: x * x, seed=4)
    assert repr(neuron) == "LambdaNeuron(1)"
    assert neuron(2.0).data == (neuron.w[0].data * 2.0) ** 2


def test_models_print_as_micrograds_do():
    assert repr(MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    assert repr(Layer(1, 1, nonlin=False)) == "Layer of [LinearNeuron(1)]"
    assert repr(Neuron(4, "leaky_relu")) == "LeakyReLUNeuron(4)"
    assert repr(Neuron(4, autograd.tanh)) == "TanhNeuron(4)"


def test_the_last_layer_is_linear_and_several_outputs_are_a_list():
    outputs = MLP(1, [2, 3], "tanh", seed=1)([0.5])
    assert [v.op for v in outputs] == ["add"] * 3
    assert MLP(1, [1, 1], seed=1)(0.5).op == "add"  # a layer of one neuron feeds the next
    assert MLP(3, [2], seed=1)(np.array([1.0, 2.0, 3.0]))[0].op == "add"
    with no_grad():
        assert MLP(1, [2, 1], seed=1)([0.5]).parents == ()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Neuron(2)([1.0]), ValueError, "takes 2 inputs, not 1"),
        (lambda: MLP(2, [2, 1])([1.0, 2.0, 3.0]), ValueError, "takes 2 inputs, not 3"),
        (lambda: Neuron(0), ValueError, "number of inputs is at least 1, not 0"),
        (lambda: Layer(1, -1), ValueError, "number of outputs is at least 1, not -1"),
        (lambda: MLP(1, []), ValueError, "at least one layer"),
        (lambda: Neuron(1, "rellu"), ValueError, "no activation is called 'rellu'"),
        (lambda: Neuron(1, "hypot"), ValueError, "no activation is called 'hypot'"),
        (lambda: Neuron(1, False), TypeError, "a name or a function, not False"),
        (lambda: Neuron(1.5), TypeError, "whole number"),
    ],
)
def test_a_network_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- Losses, held against their definitions at 50 digits ---


def exactly(numbers):
    return [mpmath.mpf(x) for x in numbers]


@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        (losses.half_squared_error, lambda a, t, n: (a - t) ** 2 / 2),
        (losses.mse, lambda a, t, n: (a - t) ** 2 / n),
        (losses.mae, lambda a, t, n: abs(a - t) / n),
        (losses.huber, lambda a, t, n: ((a - t) ** 2 / 2 if abs(a - t) <= 1 else abs(a - t) - mpmath.mpf(0.5)) / n),
    ],
)
@given(pairs=some)
def test_a_regression_loss_is_its_definition(loss, reference, pairs):
    predictions, targets = zip(*pairs)
    with mpmath.workdps(50):
        terms = [reference(a, t, len(pairs)) for a, t in zip(exactly(predictions), exactly(targets))]
        # Every term is positive, so nothing cancels but a - t, which rounds once.
        assert abs(loss(predictions, targets) - sum(terms)) <= (len(pairs) + 4) * 2.0**-52 * sum(terms)


@given(pairs=some, delta=st.floats(0.1, 10))
def test_hubers_gradient_is_the_difference_cut_off_at_delta(pairs, delta):
    predictions = [Value(a) for a, _ in pairs]
    targets = [t for _, t in pairs]
    losses.huber(predictions, targets, delta).backward()
    for p, t in zip(predictions, targets):
        expected = max(-delta, min(delta, p.data - t)) / len(pairs)
        assert p.grad == pytest.approx(expected, rel=1e-14)


def test_huber_of_a_huge_difference_is_finite():
    assert losses.huber(1e300, 0.0) == 1e300


@given(st.lists(st.tuples(moderate, st.floats(0, 1)), min_size=1, max_size=6))
def test_binary_cross_entropy_is_its_definition_and_its_gradient_is_sigmoid_minus_target(pairs):
    logits = [Value(z) for z, _ in pairs]
    targets = [t for _, t in pairs]
    loss = losses.binary_cross_entropy(logits, targets)
    loss.backward()
    with mpmath.workdps(50):
        n = len(pairs)
        sigmoids = [1 / (1 + mpmath.exp(-mpmath.mpf(z.data))) for z in logits]
        terms = [-t * mpmath.log(s) - (1 - t) * mpmath.log(1 - s) for s, t in zip(sigmoids, exactly(targets))]
        assert abs(loss.data - sum(terms) / n) <= (n + 8) * 2.0**-52 * sum(terms) / n
        for z, s, t in zip(logits, sigmoids, exactly(targets)):
            # It is computed as (1 - t)·σ(z) - t·σ(-z): a few roundings of the larger one.
            larger = max((1 - t) * s, t * (1 - s))
            assert abs(z.grad - (s - t) / n) <= 8 * 2.0**-52 * larger / n


def test_binary_cross_entropy_keeps_small_losses():
    assert losses.binary_cross_entropy(40.0, 1) == pytest.approx(math.exp(-40), rel=1e-15)
    assert losses.binary_cross_entropy(800.0, 0) == 800.0


@given(st.lists(moderate, min_size=1, max_size=6), st.data())
def test_cross_entropys_gradient_is_softmax_minus_one_hot(numbers, data):
    k = data.draw(st.integers(0, len(numbers) - 1))
    logits = [Value(z) for z in numbers]
    loss = losses.cross_entropy(logits, k)
    loss.backward()
    softmax = autograd.softmax(numbers)
    for j, z in enumerate(logits):
        assert z.grad == pytest.approx(softmax[j] - (j == k), rel=1e-12, abs=4e-16)
    assert loss.data == pytest.approx(autograd.logsumexp(numbers) - numbers[k], rel=1e-12, abs=1e-13)


def test_cross_entropy_of_a_batch_is_the_mean():
    batch, targets = [[1.0, 2.0], [0.5, -0.5], [3.0, 3.0]], np.array([0, 1, 1])
    singles = [losses.cross_entropy(sample, int(k)) for sample, k in zip(batch, targets)]
    assert losses.cross_entropy(batch, targets) == pytest.approx(sum(singles) / 3)


def test_hinge_is_zero_from_the_margin_on():
    scores = [Value(s) for s in (2.0, 0.5, -1.0)]
    loss = losses.hinge(scores, [1, 1, -1])
    loss.backward()
    assert loss.data == 0.5 / 3
    assert [s.grad for s in scores] == [0.0, -1 / 3, 0.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.mse([1.0, 2.0], [1.0]), ValueError, "2 predictions but 1 targets"),
        (lambda: nn.mae([], []), ValueError, "at least one prediction"),
        (lambda: nn.mse(1.0, [1.0, 2.0]), ValueError, "1 predictions but 2 targets"),
        (lambda: nn.huber(1.0, 1.0, delta=0), ValueError, "positive delta, not 0"),
        (lambda: nn.huber(1.0, 1.0, delta=math.nan), ValueError, "positive delta, not nan"),
        (lambda: nn.hinge([1.0], [0]), ValueError, "-1 or 1, not 0"),
        (lambda: nn.binary_cross_entropy([1.0], [2]), ValueError, "from 0 to 1, not 2"),
        (lambda: nn.cross_entropy([1.0, 2.0], 2), IndexError, "target 2 is outside the 2 classes, 0 to 1"),
        (lambda: nn.cross_entropy([1.0, 2.0], -1), IndexError, "target -1 is outside"),
        (lambda: nn.cross_entropy([1.0, 2.0], 1.0), TypeError, "index of a class, not 1.0"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0, 1]), ValueError, "1 predictions but 2 targets"),
    ],
)
def test_a_loss_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- SGD ---


def sgd_by_hand(gradients, lr, momentum, nesterov, decay, p=1.0):
    """The textbook's recurrence, for one parameter."""
    velocity = None
    for gradient in gradients:
        g = gradient + decay * p
        velocity = g if velocity is None else momentum * velocity + g
        p -= lr * (g + momentum * velocity if nesterov else velocity)
    return p


@pytest.mark.parametrize("nesterov", [False, True])
@given(
    gradients=st.lists(moderate, min_size=1, max_size=6),
    lr=st.floats(0.001, 1),
    momentum=st.floats(0.1, 0.9),
    decay=st.floats(0, 0.5),
)
def test_sgd_follows_the_recurrence(nesterov, gradients, lr, momentum, decay):
    p = Value(1.0)
    optimizer = SGD([p], lr, momentum, nesterov, decay)
    for gradient in gradients:
        p.grad = gradient
        optimizer.step()
    assert p.data == pytest.approx(sgd_by_hand(gradients, lr, momentum, nesterov, decay), rel=1e-12, abs=1e-12)


def test_plain_sgd_is_the_documents_update_to_the_bit():
    p = Value(0.4)
    optimizer = SGD((p for _ in range(2)), lr=0.5)  # given twice, changed once
    p.grad = 0.0721570729
    optimizer.step()
    assert p.data == 0.4 - 0.5 * 0.0721570729
    optimizer.zero_grad()
    assert p.grad == 0.0


def test_a_learning_rate_may_be_a_function_of_the_step():
    seen = []
    optimizer = SGD([Value(1.0)], lr=lambda step: seen.append(step) or 0.1)
    for _ in range(3):
        optimizer.step()
    assert seen == [0, 1, 2]


def test_momentum_rolls_through_a_narrow_valley_faster():
    def remaining(momentum):
        x, y = Value(1.0), Value(1.0)
        optimizer = SGD([x, y], lr=0.018, momentum=momentum)
        for _ in range(100):
            optimizer.zero_grad()
            (x * x / 2 + 50 * y * y).backward()
            optimizer.step()
        return abs(x.data) + abs(y.data)

    assert remaining(0.8) < remaining(0.0) / 10


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], 0.1), ValueError, "no parameters"),
        (([1.0], 0.1), TypeError, "not float: 1.0"),
        (([Value(1.0)], -1), ValueError, "learning rate is a number from 0 on, not -1"),
        (([Value(1.0)], math.nan), ValueError, "learning rate"),
        (([Value(1.0)], 0.1, 1.0), ValueError, "momentum is from 0 to below 1, not 1.0"),
        (([Value(1.0)], 0.1, 0.0, True), ValueError, "needs a momentum above 0"),
        (([Value(1.0)], 0.1, 0.0, False, -1), ValueError, "weight decay"),
    ],
)
def test_an_optimiser_says_what_is_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        SGD(*arguments)


def test_a_schedule_that_leaves_its_range_is_an_error():
    with pytest.raises(ValueError, match="not -1"):
        SGD([Value(1.0)], lr=lambda step: -1).step()


# --- History ---


def test_a_history_grows_by_rows():
    history = History({"a": [1.0], "b": [2.0]})
    history.append({"a": 3.0, "b": 4.0, "c": 5.0})
    assert (history["a"], history["b"], len(history)) == ([1.0, 3.0], [2.0, 4.0], 2)
    assert repr(history) == "History(2 rows: a, b)"
    with pytest.raises(ValueError, match="no number for 'b'"):
        history.append({"a": 1.0})
    with pytest.raises(ValueError, match="one number for each step"):
        History({"a": [1.0], "b": []})
    with pytest.raises(ValueError, match="no column 'c'; there are a"):
        History({"a": []}, shown=("c",))


@pytest.mark.parametrize(
    "numbers", [[1.0, 0.1, 0.01], [1.0, 0.0, -1.0], [1.0], [1.0, math.nan, 0.5], [math.nan, math.nan], [math.inf, 1.0]]
)
def test_any_history_can_be_plotted(numbers, tmp_path):
    history = History({"$x_{<b>&}": numbers, "same": numbers})
    path = history.plot(tmp_path / "plot.svg")
    ElementTree.parse(path)  # well-formed, whatever the label
    assert [p.name for p in tmp_path.iterdir()] == ["plot.svg"]


def test_the_same_plot_is_the_same_file(tmp_path):
    history = History({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    paths = [history.plot(tmp_path / name, ["b"], log=False) for name in ("1.svg", "2.svg", "3.png")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[2].read_bytes().startswith(b"\x89PNG")


def test_a_plot_says_what_is_wrong(tmp_path):
    history = History({"a": [1.0]})
    with pytest.raises(ValueError, match=r"ends in .png, .svg or .pdf, not '.doc'"):
        history.plot(tmp_path / "plot.doc")
    with pytest.raises(ValueError, match="no column 'b'"):
        history.plot(tmp_path / "plot.png", ["b"])
    with pytest.raises(ValueError, match="no rows"):
        History({"a": []}).plot(tmp_path / "plot.png")
    assert not list(tmp_path.iterdir())


def test_a_plot_without_matplotlib_names_the_cure(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match="pip install matplotlib"):
        History({"a": [1.0]}).plot(tmp_path / "plot.png")


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = write_whole(tmp_path / "file", b"old")

    class Broken:
        class canvas:  # noqa: N801
            @staticmethod
            def get_supported_filetypes():
                return {"png": ""}

        def savefig(self, file, **_):
            file.write(b"half of it")
            raise RuntimeError("out of ink")

    with pytest.raises(RuntimeError):
        save_figure(Broken(), tmp_path / "plot.png")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(tmp_path / "folder", b"new")
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent to write file into"):
        write_whole(tmp_path / "absent" / "file", b"new")
    assert path.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_link_is_written_through(tmp_path):
    path = write_whole(tmp_path / "file", b"old")
    (tmp_path / "link").symlink_to(path)
    write_whole(tmp_path / "link", b"new")
    assert (path.read_bytes(), (tmp_path / "link").is_symlink()) == (b"new", True)


@given(st.lists(st.floats(0, 1), max_size=8).map(sorted), st.floats(0.01, 0.3))
def test_labels_that_are_moved_apart_keep_their_order_and_distance(heights, gap):
    moved = apart(heights, gap)
    assert len(moved) == len(heights)
    assert all(b - a >= gap - 1e-9 for a, b in zip(moved, moved[1:]))  # noqa: RUF007
    assert sum(moved) == pytest.approx(sum(heights), abs=1e-9)


# --- Text formulas ---

a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(0.25, "c")


@pytest.mark.parametrize(
    ("value", "text", "numbers"),
    [
        (a + b + c, "a + b + c", "2 + (-3) + 0.25"),
        (a + (b + c), "a + (b + c)", "2 + (-3 + 0.25)"),
        (a - (b - c), "a - (b - c)", "2 - (-3 - 0.25)"),
        (a * b + c, "a*b + c", "2*(-3) + 0.25"),
        (a * (b + c), "a * (b + c)", "2 * (-3 + 0.25)"),
        (a * (b * c), "a * (b * c)", "2 * (-3 * 0.25)"),
        (a / (b / c), "a / (b / c)", "2 / (-3 / 0.25)"),
        (a / b * c, "a / b * c", "2 / (-3) * 0.25"),
        ((a + b) ** 2, "(a + b)^2", "(2 + (-3))^2"),
        (b**2, "b^2", "(-3)^2"),
        ((a**b) ** c, "(a^b)^c", "(2^(-3))^0.25"),
        (a ** (b**2), "a^b^2", "2^(-3)^2"),
        (a**-2, "a^(-2)", "2^(-2)"),
        (-(a + b), "-(a + b)", "-(2 + (-3))"),
        (-(a**2), "-a^2", "-2^2"),
        ((-a) ** 2, "(-a)^2", "(-2)^2"),
        (-(-a), "-(-a)", "-(-2)"),  # noqa: B002
        (a - (-b), "a - (-b)", "2 - (-(-3))"),
        (1 / 2 * a, "1/2 * a", "1/2 * 2"),
        (a / 0.5, "a / (1/2)", "2 / (1/2)"),
        (autograd.sigmoid(a + b), "σ(a + b)", "σ(2 + (-3))"),
        (abs(a - b).sqrt(), "√(|a - b|)", "√(|2 - (-3)|)"),
        (autograd.maximum(a, b * c) * 2, "max(a, b * c) * 2", "max(2, -3 * 0.25) * 2"),
        (a, "a", "2"),
        (Value(1 / 3), "0.333333", "0.333333"),
        (Value(1.0, "x+y") * a, "'x+y' * a", "1 * 2"),
        (Value(1.0, "{0}\n") + a * Value(1.0, "p * q"), "'{0}\\n' + a * 'p * q'", "1 + 2*1"),
    ],
)
def test_a_formula_has_the_parentheses_that_it_needs(value, text, numbers):
    assert formula(value) == text
    assert formula(value, numbers=True) == numbers


def test_a_formula_stops_at_labels_below_but_not_at_its_own():
    total = a + b
    total.label = "total"
    assert formula(total) == "a + b"
    assert formula(total * c) == "total * c"


def test_a_formula_of_a_graph_of_any_depth_or_width_is_cut_off_and_says_so():
    deep, wide = Value(1.0, "x"), Value(1.0, "x")
    for _ in range(100_000):
        deep = deep + 1
    for _ in range(200):
        wide = wide + wide
    assert formula(deep, limit=3) == "… + 1 + 1 + 1  (cut off after 3 operations: … stands for the rest)"
    assert formula(wide).endswith("(cut off after 200 operations: … stands for the rest)")
    assert len(formula(wide)) < 5000


def test_a_formula_needs_digits_and_a_limit():
    with pytest.raises(ValueError, match="at least 1, not 0 and 200"):
        formula(a, digits=0)


def test_a_definition_is_the_tables():
    assert definition(autograd.sigmoid(a)) == "1 / (1 + exp(-a))"
    assert definition(autograd.sigmoid(a), numbers=True) == "1 / (1 + exp(-2))"
    assert definition(autograd.sigmoid(a + c)) == "1 / (1 + exp(-(a + c)))"
    assert definition(autograd.exp(a)) == definition(a * b) == definition(a) == ""


# --- The package ---


def test_import_nn_is_light():
    heavy = "{'matplotlib', 'numpy', 'graphviz', 'pygraphviz', 'tqdm', 'sklearn', 'typer'} & set(sys.modules)"
    program = f"import sys, nn; print(sorted({heavy}))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


def test_every_public_name_is_there():
    assert all(hasattr(nn, name) for name in nn.__all__)
    assert set(nn.__all__) <= set(dir(nn))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nn.nothing  # noqa: B018
