"""Programs written for micrograd, and for the 200-line GPT that followed it, run with only the import line changed."""

import math
import random
from itertools import pairwise

import pytest

from autograd import Value

README = """
from micrograd.engine import Value

a = Value(-4.0)
b = Value(2.0)
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + (b + a).relu()
d += 3 * d + (b - a).relu()
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f
g.backward()
"""

CLASSIFIER = """
import random
from micrograd.engine import Value
from micrograd.nn import Neuron, Layer, MLP

random.seed(1337)
points = [(random.gauss(0, 1), random.gauss(0, 1)) for _ in range(12)]
labels = [1 if x * x > y else -1 for x, y in points]
model = MLP(2, [16, 16, 1])
parts = [Neuron(3, nonlin=False), Layer(2, 2, nonlin=True)]
history = []
for k in range(4):
    scores = [model(list(map(Value, point))) for point in points]
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(labels, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    total_loss = data_loss + 1e-4 * sum((p * p for p in model.parameters()))
    accuracy = sum((yi > 0) == (scorei.data > 0) for yi, scorei in zip(labels, scores)) / len(labels)
    model.zero_grad()
    total_loss.backward()
    for p in model.parameters():
        p.data -= (1.0 - 0.9 * k / 100) * p.grad
    history.append((total_loss.data, accuracy))
state = [(p.data, p.grad) for p in model.parameters()]
texts = list(map(str, parts))
"""


def ours(program):
    """Run the program with its import lines, and nothing else, changed."""
    program = program.replace("from micrograd.engine import", "from autograd import")
    names = {}
    exec(program.replace("from micrograd.nn import", "from nn import"), names)
    return names


def theirs(program):
    names = {}
    exec(program, names)
    return names


def test_the_published_micrograd_example():
    names = ours(README)
    assert [f"{x:.4f}" for x in (names["g"].data, names["a"].grad, names["b"].grad)] == [
        "24.7041",
        "138.8338",
        "645.5773",
    ]


def test_a_micrograd_classifier_trains_to_the_same_numbers():
    mine, reference = ours(CLASSIFIER), theirs(CLASSIFIER)
    assert mine["texts"] == reference["texts"]
    assert [accuracy for _, accuracy in mine["history"]] == [accuracy for _, accuracy in reference["history"]]
    for got, expected in zip(mine["history"], reference["history"], strict=True):
        assert got == pytest.approx(expected, rel=1e-12)
    # The two add up a parameter's gradient in different orders, so the last bits differ, and training spreads them.
    for got, expected in zip(mine["state"], reference["state"], strict=True):
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_notebooks_way_of_drawing_a_graph():
    """Published notebooks walk the graph themselves, by ``_prev`` and ``_op``."""

    def trace(root):
        nodes, edges = set(), set()

        def build(v):
            if v not in nodes:
                nodes.add(v)
                for child in v._prev:
                    edges.add((child, v))
                    build(child)

        build(root)
        return nodes, edges

    x, w, b = Value(2.0), Value(-3.0), Value(1.0)
    y = (w * x + b).tanh()
    nodes, edges = trace(y)
    assert len(nodes) == 6
    assert sorted(v._op for v in nodes) == ["", "", "", "*", "+", "tanh"]
    assert {(p.data, v._op) for p, v in edges} == {
        (2.0, "*"),
        (-3.0, "*"),
        (-6.0, "+"),
        (1.0, "+"),
        (-5.0, "tanh"),
    }


# --- A GPT in scalars ---


class Plain:
    """The textbook's Value: each keeps a list of (operand, function from its gradient to the operand's)."""

    def __init__(self, data, sources=()):
        self.data, self.grad, self.sources = data, 0.0, list(sources)

    def __add__(self, other):
        other = plain(other)
        return Plain(self.data + other.data, [(self, lambda g: g), (other, lambda g: g)])

    def __mul__(self, other):
        other = plain(other)
        return Plain(self.data * other.data, [(self, lambda g: g * other.data), (other, lambda g: g * self.data)])

    def __pow__(self, n):
        return Plain(self.data**n, [(self, lambda g: g * n * self.data ** (n - 1))])

    def exp(self):
        y = math.exp(self.data)
        return Plain(y, [(self, lambda g: g * y)])

    def log(self):
        return Plain(math.log(self.data), [(self, lambda g: g / self.data)])

    def relu(self):
        return Plain(max(self.data, 0.0), [(self, lambda g: g * (self.data > 0))])

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + plain(other) * -1

    def __rsub__(self, other):
        return plain(other) - self

    def __truediv__(self, other):
        return self * plain(other) ** -1

    def __rtruediv__(self, other):
        return plain(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((operand, False) for operand, _ in node.sources)
        self.grad = 1.0
        for node in reversed(order):
            for operand, pull in node.sources:
                operand.grad += pull(node.grad)


def plain(x):
    return x if isinstance(x, Plain) else Plain(x)


TEXT = "abcabdabc"
WIDTH = 4


def train_gpt(number, steps=3):
    """Train a one-layer, one-head GPT on the letters of TEXT; returns the losses and the parameters."""
    rng = random.Random(42)
    letters = sorted(set(TEXT))

    def matrix(rows, columns):
        return [[number(rng.gauss(0, 0.3)) for _ in range(columns)] for _ in range(rows)]

    weights = {
        "letter": matrix(len(letters), WIDTH),
        "place": matrix(len(TEXT), WIDTH),
        **{name: matrix(WIDTH, WIDTH) for name in ("query", "key", "value", "mix")},
        "up": matrix(2 * WIDTH, WIDTH),
        "down": matrix(WIDTH, 2 * WIDTH),
        "head": matrix(len(letters), WIDTH),
    }
    params = [p for rows in weights.values() for row in rows for p in row]
    first, second = [0.0] * len(params), [0.0] * len(params)
    losses = []
    for step in range(steps):
        loss = gpt_loss(weights, [letters.index(c) for c in TEXT])
        losses.append(loss.data)
        loss.backward()
        rate = 0.05 * (1 - step / steps)
        for i, p in enumerate(params):  # Adam
            first[i] = 0.9 * first[i] + 0.1 * p.grad
            second[i] = 0.95 * second[i] + 0.05 * p.grad**2
            unbiased = first[i] / (1 - 0.9 ** (step + 1)), second[i] / (1 - 0.95 ** (step + 1))
            p.data -= rate * unbiased[0] / (unbiased[1] ** 0.5 + 1e-8)
            p.grad = 0
    return losses, [p.data for p in params]


def gpt_loss(weights, tokens):
    keys, values, surprises = [], [], []
    for place, (token, following) in enumerate(pairwise(tokens)):
        x = normalised([a + b for a, b in zip(weights["letter"][token], weights["place"][place])])
        query = times(weights["query"], x)
        keys.append(times(weights["key"], x))
        values.append(times(weights["value"], x))
        attention = probabilities([sum(q * k for q, k in zip(query, key)) / WIDTH**0.5 for key in keys])
        seen = [sum(a * v[i] for a, v in zip(attention, values)) for i in range(WIDTH)]
        x = [a + b for a, b in zip(x, times(weights["mix"], seen))]
        hidden = [h.relu() for h in times(weights["up"], normalised(x))]
        x = [a + b for a, b in zip(x, times(weights["down"], hidden))]
        surprises.append(-probabilities(times(weights["head"], x))[following].log())
    return (1 / len(surprises)) * sum(surprises)


def times(matrix, x):
    return [sum(w * xi for w, xi in zip(row, x)) for row in matrix]


def normalised(x):
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def probabilities(logits):
    largest = max(z.data for z in logits)
    powers = [(z - largest).exp() for z in logits]
    total = sum(powers)
    return [p / total for p in powers]


def test_a_gpt_in_scalars_trains_to_the_same_numbers():
    losses, params = train_gpt(Value)
    expected_losses, expected_params = train_gpt(Plain)
    assert losses == pytest.approx(expected_losses, rel=1e-12)
    assert params == pytest.approx(expected_params, rel=1e-8, abs=1e-12)
    assert losses[-1] < losses[0]


def test_reflected_operators_of_plain_programs():
    x, y = Value(3.0), Plain(3.0)
    for v in (x, y):
        v.grad = 0.0
        ((2 - v) * 4 / v + 1 / v - v / 2 + (-v) ** 2).backward()
    assert x.grad == pytest.approx(y.grad, rel=1e-14)
