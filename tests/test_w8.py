"""The w1–w8 network: the document's numbers, and its derivatives against closed forms written out by hand."""

import csv
import math

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, grad, jit
from autograd.views.formula import formula
from nn import W8Network, functional
from nn.w8 import calculation

INPUTS = (0.05, 0.10)
TARGETS = (0.01, 0.99)
WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)


def closed_forms(inputs, targets, weights, sigmoid):
    """∂E_total/∂w1 to ∂E_total/∂w8 by the chain rule, for any kind of number that has a sigmoid."""
    i1, i2 = inputs
    t1, t2 = targets
    w1, w2, w3, w4, w5, w6, w7, w8 = weights
    a_h1 = sigmoid(w1 * i1 + w2 * i2)
    a_h2 = sigmoid(w3 * i1 + w4 * i2)
    a_o1 = sigmoid(w5 * a_h1 + w6 * a_h2)
    a_o2 = sigmoid(w7 * a_h1 + w8 * a_h2)
    return [
        ((a_o1 - t1) * a_o1 * (1 - a_o1) * w5 + (a_o2 - t2) * a_o2 * (1 - a_o2) * w7) * a_h1 * (1 - a_h1) * i1,
        ((a_o1 - t1) * a_o1 * (1 - a_o1) * w5 + (a_o2 - t2) * a_o2 * (1 - a_o2) * w7) * a_h1 * (1 - a_h1) * i2,
        ((a_o1 - t1) * a_o1 * (1 - a_o1) * w6 + (a_o2 - t2) * a_o2 * (1 - a_o2) * w8) * a_h2 * (1 - a_h2) * i1,
        ((a_o1 - t1) * a_o1 * (1 - a_o1) * w6 + (a_o2 - t2) * a_o2 * (1 - a_o2) * w8) * a_h2 * (1 - a_h2) * i2,
        (a_o1 - t1) * a_o1 * (1 - a_o1) * a_h1,
        (a_o1 - t1) * a_o1 * (1 - a_o1) * a_h2,
        (a_o2 - t2) * a_o2 * (1 - a_o2) * a_h1,
        (a_o2 - t2) * a_o2 * (1 - a_o2) * a_h2,
    ]


class Bounded:
    """A number of 50 digits, and a bound of the error that a computation in floats has made by then.

    Each operation passes the errors of its operands on, and adds its own rounding, half an ulp or U of the result
    (Higham, Accuracy and Stability of Numerical Algorithms, 3.3). Where terms cancel, the bound stays that of the
    larger term: so the tolerance is the conditioning of the formula, and no number that was tried out.
    """

    U = mpmath.mpf(2) ** -53

    def __init__(self, value, error=0):
        self.value, self.error = value, error

    def _rounded(self, value, error):
        return Bounded(value, error + self.U * (abs(value) + error))

    def __add__(self, other):
        return self._rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other):
        return self._rounded(self.value - other.value, self.error + other.error)

    def __rsub__(self, number):
        return self._rounded(number - self.value, self.error)

    def __mul__(self, other):
        passed_on = abs(self.value) * other.error + abs(other.value) * self.error + self.error * other.error
        return self._rounded(self.value * other.value, passed_on)

    def sigmoid(self):
        """Both σ(x) and σ(-x) are within 2 ulp of themselves, hence of 1; no slope of σ is more than ¼."""
        return Bounded(1 / (1 + mpmath.exp(-self.value)), self.error / 4 + 4 * self.U)


def gradients(inputs, targets, weights):
    net = W8Network(weights)
    net.loss(inputs, targets).backward()
    return [w.grad for w in net.parameters()]


def exactly(numbers):
    return [mpmath.mpf(x) for x in numbers]


def test_the_eight_gradients_are_the_closed_forms_of_the_chain_rule_within_4_ulp():
    with mpmath.workdps(50):
        truth = closed_forms(*map(exactly, (INPUTS, TARGETS, WEIGHTS)), lambda x: 1 / (1 + mpmath.exp(-x)))
        for got, expected in zip(gradients(INPUTS, TARGETS, WEIGHTS), truth, strict=True):
            assert abs(got - expected) <= 4 * math.ulp(float(expected))


weight = st.floats(-4, 4).map(lambda x: round(x, 6))


@given(
    st.tuples(weight, weight),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.lists(weight, min_size=8, max_size=8),
)
def test_gradients_at_any_weights_are_within_the_closed_forms_own_rounding(inputs, targets, weights):
    with mpmath.workdps(50):
        numbers = [[Bounded(x) for x in exactly(numbers)] for numbers in (inputs, targets, weights)]
        for got, expected in zip(gradients(inputs, targets, weights), closed_forms(*numbers, Bounded.sigmoid)):
            assert abs(got - expected.value) <= expected.error


def test_a_wrong_factor_would_be_noticed():
    """The bound above is tight enough to tell the right weight from one that is off by a part in 10¹²."""
    with mpmath.workdps(50):
        nudged = (*WEIGHTS[:7], WEIGHTS[7] * (1 + 1e-12))
        numbers = [[Bounded(x) for x in exactly(numbers)] for numbers in (INPUTS, TARGETS, nudged)]
        got = gradients(INPUTS, TARGETS, WEIGHTS)
        assert abs(got[7] - closed_forms(*numbers, Bounded.sigmoid)[7].value) > 4 * math.ulp(got[7])


def test_the_documents_errors_to_the_digits_given():
    history = W8Network(WEIGHTS).train(INPUTS, TARGETS, lr=0.5, steps=1000)
    assert f"{history['E_total'][0]:.9f}" == "0.242519857"
    assert f"{history['E_total'][999]:.9g}" == "0.00162821685"


def test_every_node_is_labelled_as_in_the_document():
    net = W8Network(WEIGHTS)
    assert net.nodes == {}
    assert net.inputs == net.targets == ()
    outputs = net(*INPUTS)
    assert sorted(net.nodes) == ["a_h1", "a_h2", "a_o1", "a_o2", "h1", "h2", "o1", "o2"]
    assert outputs == (net.nodes["a_o1"], net.nodes["a_o2"])
    total = net.loss(INPUTS, TARGETS)
    assert set(net.nodes) == {"h1", "h2", "a_h1", "a_h2", "o1", "o2", "a_o1", "a_o2", "E1", "E2", "E_total"}
    assert net.nodes["E_total"] is total
    assert all(node.label == name for name, node in net.nodes.items())
    assert [v.label for v in (*net.inputs, *net.targets)] == ["i1", "i2", "t1", "t2"]
    assert [p.label for p in net.parameters()] == [f"w{k}" for k in range(1, 9)]
    assert net.w3.data == 0.25


def test_formulas_read_as_in_the_document():
    net = W8Network(WEIGHTS)
    net.loss(INPUTS, TARGETS)
    assert {name: formula(node) for name, node in net.nodes.items()} == {
        "h1": "w1*i1 + w2*i2",
        "h2": "w3*i1 + w4*i2",
        "a_h1": "σ(h1)",
        "a_h2": "σ(h2)",
        "o1": "w5*a_h1 + w6*a_h2",
        "o2": "w7*a_h1 + w8*a_h2",
        "a_o1": "σ(o1)",
        "a_o2": "σ(o2)",
        "E1": "1/2 * (t1 - a_o1)^2",
        "E2": "1/2 * (t2 - a_o2)^2",
        "E_total": "E1 + E2",
    }


@given(st.lists(weight, min_size=8, max_size=8))
def test_the_printed_chain_rule_gives_the_engines_gradients(weights):
    net = W8Network(weights)
    net.loss(INPUTS, TARGETS).backward()
    engine = {**net.nodes, **{w.label: w for w in net.parameters()}}
    # Paper has 1 - a where the engine has σ(-x), and 1 - a has only the digits that a has left.
    lost = 1 / min(1 - net.nodes[a].data for a in ("a_h1", "a_h2", "a_o1", "a_o2"))
    for name, by_hand in calculation.chain_rule(net).items():
        # A few roundings more or less; in a sum of two terms, of the larger one.
        scale = max(map(abs, [by_hand.data, *(x.data for x in by_hand.parents if by_hand.op == "add")]))
        assert abs(by_hand.data - engine[name].grad) <= 4 * lost * math.ulp(scale)


def test_inputs_that_are_values_get_their_gradients():
    i1, i2 = Value(0.05, label="light"), Value(0.10)
    W8Network(WEIGHTS).loss((i1, i2), TARGETS).backward()
    assert i1.grad != 0
    assert (i1.label, i2.label) == ("light", "i2")


def test_weights_are_random_but_reproducible():
    assert W8Network(seed=7).state_dict() == W8Network(seed=7).state_dict() != W8Network(seed=8).state_dict()
    assert W8Network().state_dict() != W8Network().state_dict()
    assert all(-1 <= w.data <= 1 for w in W8Network().parameters())


def test_training_goes_on_from_where_it_stopped():
    once, twice = W8Network(WEIGHTS), W8Network(WEIGHTS)
    whole = once.train(INPUTS, TARGETS, 0.5, 6)
    parts = [twice.train(INPUTS, TARGETS, 0.5, 3) for _ in range(2)]
    assert whole["w5"] == [w for part in parts for w in part["w5"]]
    assert once.state_dict() == twice.state_dict()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: W8Network([1, 2, 3]), "eight weights, w1 to w8; 3 were given"),
        (lambda net: net.loss((1, 2, 3), TARGETS), "two inputs; 3 were given"),
        (lambda net: net.loss(INPUTS, (1,)), "two targets; 1 were given"),
        (lambda net: net.train(INPUTS, TARGETS, 0.5, 0), "at least 1 step, not 0"),
        (lambda net: net.train(INPUTS, TARGETS, -0.5, 1), "positive number, not -0.5"),
        (lambda net: net.train(INPUTS, TARGETS, math.nan, 1), "positive number, not nan"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(W8Network(WEIGHTS))


def test_text_is_not_a_number():
    with pytest.raises(TypeError, match="real number"):
        W8Network("12345678")


def test_the_spreadsheet_holds_every_number_to_its_last_bit(tmp_path):
    history = W8Network(WEIGHTS).train(INPUTS, TARGETS, 0.5, 3)
    path = history.to_csv(tmp_path / "steps.csv")
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    weights = [f"w{k}" for k in range(1, 9)]
    nodes = ["h1", "a_h1", "h2", "a_h2", "o1", "a_o1", "o2", "a_o2", "E1", "E2", "E_total"]
    assert header == ["i1", "i2", "t1", "t2", *weights, *nodes, *(f"∂E/∂{w}" for w in weights)]
    assert [[float(x) for x in row] for row in rows] == [list(row) for row in zip(*history.columns.values())]
    first, second = (dict(zip(header, map(float, row))) for row in rows[:2])
    assert tuple(first[w] for w in weights) == WEIGHTS
    assert all(second[w] == first[w] - 0.5 * first[f"∂E/∂{w}"] for w in weights)


@pytest.mark.parametrize("biases", [None, (0.35, 0.60)])
def test_the_network_is_a_function_of_its_weights(biases):
    net = W8Network(WEIGHTS, biases=biases)
    f, w = functional(net), net.vector()
    (a_o1, _) = net(*INPUTS)
    a_o1.backward()
    assert f(w, *INPUTS)[0] == pytest.approx(a_o1.data, rel=1e-15)
    assert jit(f)(w, *INPUTS)[0] == pytest.approx(a_o1.data, rel=1e-15)
    right = [p.grad for p in net.parameters()]
    for slopes in (grad(lambda w: f(w, *INPUTS)[0]), jit(grad(lambda w: f(w, *INPUTS)[0]))):
        assert slopes(w).tolist() == pytest.approx(right, rel=1e-14)
