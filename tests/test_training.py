"""Models as functions of their parameters, and training: compiled as eager, stopped, diverging, with bad data."""

import copy
import math
import random
import signal
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nn
from autograd import AnomalyError, MissingDependency, Value, exp, grad, hessian, jit, sum, tanh, value_and_grad, vmap
from nn import MLP, SGD, Adam, AdamW, Layer, Module, Neuron, RMSProp, Trainer, fit, functional
from nn.optim import Optimizer
from nn.training.data import batches, grouped

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(12, 2))
Y = np.sign(X[:, 0] * X[:, 1])


class Tied(Module):
    """Parameters of every kind of container, one of them used twice, another under a private name."""

    def __init__(self):
        self.encoder = Layer(2, 3, "tanh", seed=1)
        self.weights = {"again": self.encoder.neurons[0].w, "own": (Value(0.5), [Value(-0.25)])}
        self._alias = self.encoder.neurons[1].b
        self.array = np.array([Value(2.0), Value(3.0)])[:0]
        self.act = self.squashed
        self.itself = self

    def squashed(self, x):
        return tanh(x * self.weights["own"][0])

    def __call__(self, x):
        hidden = self.encoder(x)
        again = sum(w * h for w, h in zip(self.weights["again"], hidden))
        return self.act(again) + self._alias * hidden[2] + self.weights["own"][1][0]


MODELS = [
    lambda: Neuron(2, "sigmoid", seed=3),
    lambda: MLP(2, [3, 1], "tanh", seed=3),
    lambda: MLP(2, [2, 2, 1], "softplus", seed=3, init="xavier"),
    Tied,
    lambda: nn.Sequential(Layer(2, 3, "tanh", seed=1), nn.LayerNorm(3), nn.RMSNorm(3), Neuron(3, "linear", seed=2)),
]


def eager_gradient(model, x):
    model.zero_grad()
    value = model(x)
    value.backward()
    return value.data, np.array([p.grad for p in model.parameters()])


# --- A model as a function ---


@pytest.mark.parametrize("make", MODELS)
def test_a_model_is_the_same_function_by_itself_and_of_a_vector_under_every_transform(make):
    model = make()
    f, vector, x = functional(model), model.vector(), [0.3, -1.2]
    value, slopes = eager_gradient(model, x)
    assert f(vector, x) == pytest.approx(value, rel=1e-14)
    for transform in (lambda g: g, jit):
        found, gradient = transform(value_and_grad(f))(vector, np.array(x))
        assert found == pytest.approx(value, rel=1e-13)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-12, atol=1e-14)
    curvature = hessian(f)(vector, x)
    np.testing.assert_array_equal(curvature, curvature.T)
    np.testing.assert_allclose(jit(hessian(f))(vector, np.array(x)), curvature, rtol=1e-10, atol=1e-12)
    batch = vmap(f, in_axes=(None, 0))(vector, X)
    np.testing.assert_allclose(batch, [model(row).data for row in X.tolist()], rtol=1e-12, atol=1e-14)
    assert model.vector().tolist() == vector.tolist()


def test_a_vector_goes_round_and_a_wrong_one_changes_nothing():
    model = Tied()
    names = [name for name, _ in model.named_parameters()]
    assert len(names) == len(model.vector()) == 11  # each once
    numbers = np.arange(11.0)
    model.load_vector(numbers)
    assert model.vector().tolist() == numbers.tolist() == list(model.state_dict().values())
    for wrong in (numbers[:-1], numbers.reshape(1, 11), [1.0] * 12):
        with pytest.raises(ValueError, match="Tied has 11 parameters; the vector is"):
            model.load_vector(wrong)
        with pytest.raises(ValueError, match="Tied has 11 parameters; the vector is"):
            functional(model)(wrong, [1.0, 2.0])
    with pytest.raises(TypeError, match=r"'weights\.own\.1\.0'"):
        model.load_vector([0.0] * 10 + ["x"])
    assert model.vector().tolist() == numbers.tolist()


def test_scipy_minimises_a_model():
    optimize = pytest.importorskip("scipy.optimize", reason="SciPy is optional")
    model = MLP(1, [1], seed=1)
    f = functional(model)
    x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])
    loss = jit(value_and_grad(lambda v: sum((f(v, a) - b) ** 2 for a, b in zip(x, y))))
    found = optimize.minimize(lambda v: tuple(map(np.array, loss(v))), model.vector(), jac=True)
    model.load_vector(found.x)
    np.testing.assert_allclose(model.vector(), [2.0, 1.0], rtol=1e-6)


def test_a_batch_of_samples_is_an_array_of_outputs():
    for model, shape in (
        (MLP(2, [3, 1], seed=1), (12, 1)),
        (MLP(2, [3, 2], seed=1), (12, 2)),
        (Neuron(2, seed=1), (12,)),
    ):
        outputs = model(X)
        assert outputs.shape == shape
        single = model(X[5])
        assert [v.data for v in np.ravel(outputs[5])] == [v.data for v in np.ravel(single)]
        numbers = functional(model)(model.vector(), X)
        assert numbers.dtype == float
        np.testing.assert_allclose(jit(functional(model))(model.vector(), X), numbers, rtol=1e-13)
    model = MLP(2, [1], seed=1)
    assert nn.mse(model(X), Y).data == pytest.approx(nn.mse([model(x) for x in X], Y).data)


def test_what_is_no_model_is_said():
    with pytest.raises(TypeError, match="functional takes a Module, not function"):
        functional(lambda x: x)
    with pytest.raises(ValueError, match="Dropout has no parameters"):
        functional(nn.Dropout(0.5))


# --- Initialisers ---


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 10))
@settings(max_examples=20)
def test_initialisers_keep_their_bounds_and_their_seeds(nin, nout, seed):
    for init, bound in (("uniform", 1.0), ("xavier", math.sqrt(6 / (nin + nout))), ("he", math.sqrt(6 / nin))):
        layer = Layer(nin, nout, seed=seed, init=init)
        weights = [w.data for neuron in layer.neurons for w in neuron.w]
        assert max(map(abs, weights)) <= bound
        generator = random.Random(seed)
        assert weights == [-bound + (bound - -bound) * generator.random() for _ in weights]  # Random.uniform
        assert all(neuron.b.data == 0 for neuron in layer.neurons)


def test_an_initialiser_says_what_is_wrong():
    with pytest.raises(ValueError, match="init is 'uniform', 'xavier', 'he', or a function, not 'glorot'"):
        Neuron(2, init="glorot")
    with pytest.raises(ValueError, match="more weights than the 3 that were given"):
        Neuron(4, init=nn.initialisers.given([1, 2, 3]))


# --- Optimisers: torch's are in peers/ ---

OPTIMIZERS = [
    lambda p: SGD(p, 0.05),
    lambda p: SGD(p, 0.05, momentum=0.8, nesterov=True, weight_decay=0.1, clip_norm=0.5),
    lambda p: SGD(p, lambda step: 0.1 / (1 + step), momentum=0.5, clip_value=0.1),
    lambda p: Adam(p, 0.05),
    lambda p: Adam(p, 0.05, betas=(0.5, 0.9), weight_decay=0.1, clip_norm=0.1),
    lambda p: AdamW(p, 0.05, weight_decay=0.3),
    lambda p: RMSProp(p, 0.05, momentum=0.5, clip_value=0.2),
    lambda p: RMSProp(p, 0.05, alpha=0.5, weight_decay=0.1),
]


@pytest.mark.parametrize("make", OPTIMIZERS)
@given(st.lists(st.lists(st.floats(-100, 100), min_size=2, max_size=2), min_size=1, max_size=5))
@settings(max_examples=15)
def test_an_update_is_the_same_for_values_for_vectors_and_compiled(make, gradients):
    values = [Value(1.0), Value(-2.0)]
    optimizer, twin = make(values), make([Value(1.0), Value(-2.0)])
    update = jit(lambda p, g, slots, coefficients: twin.update(p, g, slots, *coefficients))
    p, slots = np.array([1.0, -2.0]), twin.zeros()
    for step, gradient in enumerate(gradients):
        for value, g in zip(values, gradient):
            value.grad = g
        optimizer.step()
        p, slots = update(p, np.array(gradient), slots, twin.coefficients(step))
        np.testing.assert_allclose([v.data for v in values], p, rtol=1e-13, atol=1e-15)
    assert optimizer.steps == len(gradients)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.floats(1e-3, 1e3))
def test_clipping_shortens_what_is_too_long_and_nothing_else(gradient, limit):
    optimizer = SGD([Value(0.0) for _ in gradient], 1.0, clip_norm=limit)
    for p, g in zip(optimizer.params, gradient):
        p.grad = g
    optimizer.step()
    moved = np.array([-p.data for p in optimizer.params])
    norm = math.sqrt(math.fsum(g * g for g in gradient))
    expected = np.array(gradient) * min(1.0, limit / norm if norm else 1.0)
    np.testing.assert_allclose(moved, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: Adam(p, betas=(1.0, 0.9)), "β₁ of betas is from 0 to below 1, not 1.0"),
        (lambda p: Adam(p, eps=0), "eps is a positive number, not 0"),
        (lambda p: RMSProp(p, alpha=-1), "alpha is from 0"),
        (lambda p: SGD(p, 0.1, clip_norm=0), "clip_norm is a positive number, or None"),
        (lambda p: AdamW(p, clip_value=math.nan), "clip_value is a positive number"),
    ],
)
def test_an_optimiser_says_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=message):
        make([Value(1.0)])


def test_an_optimiser_prints_what_was_asked_for():
    assert repr(Adam([Value(1.0)], 0.1, clip_norm=2.0)) == "Adam(lr=0.1, clip_norm=2.0, 1 parameter)"


# --- Compiled as eager ---


def sequences(model):
    """A small language model of one's own: tokens, attention, a softmax over the next token."""

    class Language(Module):
        def __init__(self):
            self.table = nn.Embedding(5, 4, seed=1)
            self.attention = nn.Attention(4, heads=2, seed=2)
            self.norm = nn.LayerNorm(4)
            self.head = Layer(4, 5, "linear", seed=3)

        def __call__(self, tokens):
            return [self.head(self.norm(x)) for x in self.attention(self.table(tokens))]

    return Language()


def next_token(outputs, targets):
    return nn.cross_entropy(outputs, targets)


SEQUENCES = [[1, 2, 3], [2, 2], [0, 1, 4], [3, 4], [4, 4, 4, 1]]
FOLLOWING = [[2, 3, 0], [2, 0], [1, 4, 0], [4, 0], [4, 4, 1, 0]]

CASES = [
    (MODELS[1], nn.hinge, X, Y),
    (MODELS[3], nn.mse, X.tolist(), Y),
    (MODELS[4], lambda output, y: nn.binary_cross_entropy(output, (y + 1) / 2), X, Y),
    (lambda: MLP(2, [4, 3], "gelu", seed=1), nn.cross_entropy, iter(X), np.arange(12) % 3),
    (lambda: MLP(1, [2, 1], "tanh", seed=1), nn.half_squared_error, X[:, 0], (y for y in Y)),
    (lambda: MLP(2, [2, 2], "tanh", seed=1), nn.mae, X, np.stack([Y, X[:, 0]], axis=1)),
    (lambda: sequences(None), next_token, SEQUENCES, FOLLOWING),
    (
        lambda: nn.Sequential(Layer(2, 4, "tanh", seed=1), nn.Dropout(0.5), Layer(4, 1, "linear", seed=2)),
        nn.huber,
        X,
        Y,
    ),
]


@pytest.mark.parametrize("size", [None, 5])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_compiled_training_is_eager_training(case, size):
    make, loss, samples, targets = CASES[case]
    samples, targets = list(samples), list(targets)
    CASES[case] = make, loss, samples, targets  # iterators are used up
    histories, vectors = [], []
    for options in ({}, {"eager": True}, {"backend": "numpy"}):
        model = make()
        optimizer = OPTIMIZERS[case](model.parameters())
        history = fit(
            model,
            loss,
            iter(samples),
            np.array(targets) if case < 6 else targets,
            optimizer=optimizer,
            epochs=3,
            batch_size=size,
            validation=(samples[:3], targets[:3]),
            sample_weight=[1.0, 2.0, 0.5, 1.0, 3.0] if case == 6 else None,
            **options,
        )
        histories.append(history)
        vectors.append(model.vector())
        assert list(history.columns) == ["loss", "validation_loss"]
        assert optimizer.steps == 3 * math.ceil(len(samples) / 5) if size and case != 6 else True
    for history, vector in zip(histories[1:], vectors[1:]):
        np.testing.assert_allclose(vector, vectors[0], rtol=1e-10, atol=1e-12)
        for name, column in history.columns.items():
            np.testing.assert_allclose(column, histories[0][name], rtol=1e-10, atol=1e-12)


def test_one_epoch_is_the_loop_that_everybody_writes():
    model, twin = MODELS[1](), MODELS[1]()
    optimizer, by_hand = SGD(model.parameters(), 0.1, 0.9), SGD(twin.parameters(), 0.1, 0.9)
    history = fit(model, nn.mse, X, Y, optimizer=optimizer, epochs=4)
    expected = []
    for _ in range(4):
        loss = nn.mse([twin(x) for x in X.tolist()], Y.tolist())
        by_hand.zero_grad()
        loss.backward()
        by_hand.step()
        expected.append(loss.data)
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-12)
    np.testing.assert_allclose(model.vector(), twin.vector(), rtol=1e-12)


def test_weights_of_samples_count_as_repeated_samples():
    results = []
    for data in ((X[:3], Y[:3], [2, 1, 0]), (X[[0, 0, 1]], Y[[0, 0, 1]], None)):
        model = MODELS[1]()
        fit(model, nn.mse, data[0], data[1], optimizer=SGD(model.parameters(), 0.1), epochs=3, sample_weight=data[2])
        results.append(model.vector())
    np.testing.assert_allclose(*results, rtol=1e-12)


def test_float32_and_threads_train_too():
    model = MODELS[1]()
    history = fit(model, nn.mse, X, Y, optimizer=Adam(model.parameters(), 0.05), epochs=50, dtype="float32", threads=2)
    assert history["loss"][-1] < history["loss"][0] / 2


@given(lengths=st.lists(st.integers(1, 4), min_size=1, max_size=20), size=st.none() | st.integers(1, 20))
@example(lengths=[1] * 7 + [2] * 3, size=4)
@settings(max_examples=50)
def test_every_sample_comes_once_an_epoch_whatever_the_lengths(lengths, size):
    samples = [[float(i)] * n for i, n in enumerate(lengths)]
    groups = grouped(samples, list(range(len(samples))))
    for epoch in range(2):
        found = batches(groups, size, 7, epoch)
        seen = [int(y) for b in found for _, ys, shares in b.groups for y, share in zip(ys, shares) if share]
        assert sorted(seen) == list(range(len(samples)))
        assert math.fsum(b.size for b in found) == len(samples)
        assert all(math.fsum(s for *_, shares in b.groups for s in shares) == pytest.approx(1.0) for b in found)
    again = batches(groups, size, 7, 0)
    assert [b.groups[0][1].tolist() for b in again] == [b.groups[0][1].tolist() for b in batches(groups, size, 7, 0)]


def test_dropout_draws_while_training_and_not_afterwards():
    model = nn.Sequential(Neuron(1, "linear", seed=1), nn.Dropout(0.5))
    trainer = Trainer(model, nn.mse, SGD(model.parameters(), 0.0))
    output = model(2.0).data
    losses = trainer.run([2.0], [0.0], 200)["loss"]
    assert {round(x, 9) for x in losses} == {0.0, round((2 * output) ** 2, 9)}
    assert 60 < losses.count(0.0) < 140
    assert trainer.predict([2.0]) == pytest.approx(output)


# --- Stopping ---


def test_metrics_validation_and_callbacks_are_columns_and_calls():
    model, seen = MODELS[1](), []

    def right(outputs, targets):
        return np.mean(np.sign(outputs) == targets)

    history = fit(
        model,
        nn.hinge,
        X,
        Y,
        optimizer=SGD(model.parameters(), 0.1),
        epochs=5,
        metrics=[right],
        validation=(X[:4], Y[:4]),
        callbacks=[lambda trainer: seen.append((trainer.epoch, len(trainer.history))), lambda t: t.epoch == 3],
    )
    assert list(history.columns) == ["loss", "right", "validation_loss", "validation_right"]
    assert seen == [(1, 1), (2, 2), (3, 3)]
    outputs = [model(x).data for x in X.tolist()]
    assert history["right"][-1] == right(np.array(outputs), Y)
    assert history["validation_loss"][-1] == pytest.approx(
        sum(nn.hinge(o, y) for o, y in zip(outputs[:4], Y[:4].tolist())) / 4
    )


def test_early_stopping_restores_the_best():
    model, vectors = MODELS[1](), []
    trainer = Trainer(model, nn.mse, SGD(model.parameters(), 0.3), patience=3)
    watched = [lambda t: vectors.append(t.model.vector())]
    history = trainer.run(X[:4], Y[:4], 500, validation=(X[4:], Y[4:]), callbacks=watched)
    best = int(np.argmin(history["validation_loss"]))
    assert len(history) == best + 1 + 3 < 500
    assert model.vector().tolist() == vectors[best].tolist()
    with pytest.raises(ValueError, match="patience watches the validation loss"):
        Trainer(model, nn.mse, SGD(model.parameters(), 0.3), patience=3).run(X, Y, 1)


def test_ctrl_c_keeps_the_model_and_the_run_goes_on_where_it_was():
    def stopping(trainer):
        if trainer.steps == 7:
            raise KeyboardInterrupt

    model, twin = MODELS[1](), MODELS[1]()
    trainer = Trainer(model, nn.mse, Adam(model.parameters(), 0.1), batch_size=5)
    history = trainer.run(X, Y, 4, after_step=stopping)
    assert (len(history), trainer.epoch, trainer.steps) == (2, 2, 7)
    trainer.run(X, Y, 2)
    whole = Trainer(twin, nn.mse, Adam(twin.parameters(), 0.1), batch_size=5)
    whole.run(X, Y, 4)
    assert whole.history.columns == trainer.history.columns
    assert twin.vector().tolist() == model.vector().tolist()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    try:
        trainer.run(X, Y, 1, after_step=lambda trainer: signal.raise_signal(signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    with pytest.raises(ValueError, match="an epoch over 12 samples was broken off; it can't go on with 6"):
        trainer.run(X[:6], Y[:6], 1)


def test_ctrl_c_between_the_history_and_the_rest_of_an_epoch_counts_nothing_twice(monkeypatch):
    append = nn.History.append

    def interrupted(history, row):
        append(history, row)
        if len(history) == 3:
            monkeypatch.setattr(nn.History, "append", append)
            raise KeyboardInterrupt

    monkeypatch.setattr(nn.History, "append", interrupted)
    results = []
    for parts in ((5, 3), (5,)):
        model = MODELS[1]()
        trainer = Trainer(model, nn.mse, SGD(model.parameters(), 0.1), batch_size=5)
        for epochs in parts:
            history = trainer.run(X, Y, epochs)
        results.append((history.columns, model.vector().tolist()))
    assert results[0] == results[1]
    assert len(history) == 5


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(
    ("loss", "rate", "cause"),
    [
        (nn.mse, 1e3, r"step \d+, .*pow overflows"),
        (lambda output, y: exp(output * output - y), 1.0, r"step 1, .*exp overflows"),
        (nn.mse, 1e308, r"step 0, .*the update makes layers\.\d\.neurons\.\d\.\S+ -?inf"),
    ],
)
def test_a_run_that_diverges_names_step_parameter_and_operation(eager, loss, rate, cause):
    model = MLP(2, [2, 1], "linear", seed=1)
    trainer = Trainer(model, loss, SGD(model.parameters(), rate), eager=eager)
    with pytest.raises(AnomalyError, match=cause) as caught:
        trainer.run(X, 10 * Y, 200)
    assert str(caught.value).startswith("training diverged at step")
    assert "The largest parameter was layers." in str(caught.value)
    assert len(str(caught.value)) < 420
    assert np.isfinite(model.vector()).all()
    assert len(trainer.history) == trainer.epoch


# --- Bad input ---


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ((X[:, :1], Y), ValueError, "takes 2 inputs, not 1"),
        ((X, Y[:5]), ValueError, "the data have 12 samples in X but 5 targets in Y"),
        (([], []), ValueError, "the data are empty"),
        ((np.where(X[3, 1] == X, np.nan, X), Y), ValueError, "X of the data has nan in sample 3"),
        ((X, np.where(Y[2] == Y, math.inf, Y)), ValueError, "Y of the data has inf in sample"),
        ((X, 2 * Y), ValueError, "a target of hinge is -1 or 1, not"),
        ((X, ["a"] * 12), TypeError, "Y of the data holds text, not real numbers"),
        (("text", Y), TypeError, "X of the data is an array or a sequence of samples, not 'text'"),
        ((X, 3), TypeError, "Y of the data is an array or a sequence of samples, not 3"),
        (([[1.0, {}]] * 12, Y), TypeError, "X of the data holds something that is not a real number"),
        ((X, np.stack([Y, Y], axis=1)), ValueError, "1 predictions but 2 targets"),
    ],
)
def test_bad_data_are_an_error_before_the_first_step(data, error, message):
    model = MODELS[1]()
    before = model.vector()
    with pytest.raises(error, match=message):
        fit(model, nn.hinge, *data, optimizer=SGD(model.parameters(), 0.1), epochs=1)
    assert model.vector().tolist() == before.tolist()


def test_labels_outside_the_classes_are_an_error_for_any_loss_that_uses_them():
    for loss in (nn.cross_entropy, lambda output, y: 2 * nn.cross_entropy(output, y)):
        model = MLP(2, [3], seed=1)
        labels = np.zeros(12, dtype=int)
        labels[11] = 3
        with pytest.raises(IndexError, match="target 3 is outside the 3 classes"):
            fit(model, loss, X, labels, optimizer=SGD(model.parameters(), 0.1), epochs=1)
        with pytest.raises(TypeError, match=r"the index of a class, not 0\.5"):
            fit(model, loss, X, labels + 0.5, optimizer=SGD(model.parameters(), 0.1), epochs=1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 13}, ValueError, "batch_size is 13, but there are only 12 samples"),
        ({"batch_size": 0}, ValueError, "batch_size is at least 1, not 0"),
        ({"epochs": 2.5}, TypeError, "epochs is a whole number, not 2.5"),
        ({"epochs": 0}, ValueError, "epochs is at least 1, not 0"),
        ({"seed": -1}, ValueError, "a seed is a whole number from 0 on, not -1"),
        ({"backend": "gpu"}, ValueError, 'backend is "c", "numpy" or "python", not \'gpu\''),
        ({"dtype": "float16"}, ValueError, "dtype is 'float64' or 'float32'"),
        ({"validation": (X,)}, TypeError, "validation data are a pair"),
        ({"sample_weight": [1.0]}, ValueError, "one weight for each of the 12 samples"),
        ({"sample_weight": [-1.0] * 12}, ValueError, "weights of samples are numbers from 0 on"),
        ({"optimizer": SGD(MODELS[1]().parameters(), 0.1)}, ValueError, "are not the 13 of the model"),
        ({"optimizer": "SGD"}, TypeError, "an optimiser is such as SGD"),
    ],
)
def test_bad_options_are_an_error_before_the_first_step(options, error, message):
    model = MODELS[1]()
    options = {"optimizer": SGD(model.parameters(), 0.1), "epochs": 1} | options
    with pytest.raises(error, match=message):
        fit(model, nn.mse, X, Y, **options)


def test_bad_models_and_losses_are_an_error():
    optimizer = SGD([Value(1.0)], 0.1)
    with pytest.raises(ValueError, match="Dropout has no parameters, so there is nothing to train"):
        fit(nn.Dropout(0.5), nn.mse, X, Y, optimizer=optimizer, epochs=1)
    with pytest.raises(TypeError, match="fit trains a Module, not function"):
        fit(lambda x: x, nn.mse, X, Y, optimizer=optimizer, epochs=1)
    model = MODELS[1]()
    with pytest.raises(TypeError, match="a loss is a function"):
        fit(model, "mse", X, Y, optimizer=SGD(model.parameters(), 0.1), epochs=1)
    with pytest.raises(ValueError, match="a loss is one number for one sample; this one gives list"):
        fit(model, lambda o, y: [o, y], X, Y, optimizer=SGD(model.parameters(), 0.1), epochs=1)
    with pytest.raises(NotImplementedError):
        Optimizer([Value(1.0)], 0.1).step()


# --- Modules ---


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Sequential(), ValueError, "at least one part"),
        (lambda: nn.Sequential(3), TypeError, "a module or a function, not 3"),
        (lambda: nn.Dropout(1), ValueError, "from 0 to below 1, not 1"),
        (lambda: nn.Dropout(0.5)([1.0], random=3), TypeError, "draws from a generator such as"),
        (lambda: nn.Embedding(2, 2)(2), IndexError, "token 2 is outside the table of 2, 0 to 1"),
        (lambda: nn.Embedding(2, 2)(-1), IndexError, "token -1 is outside"),
        (lambda: nn.Embedding(2, 2)(0.5), TypeError, "a token is a whole number, not 0.5"),
        (lambda: nn.Embedding(0, 2), ValueError, "number of tokens is at least 1, not 0"),
        (lambda: nn.LayerNorm(2)([1.0]), ValueError, r"LayerNorm\(2\) takes 2 numbers, not 1"),
        (lambda: nn.RMSNorm(2, eps=0), ValueError, "eps is a positive number"),
        (lambda: nn.Attention(4, heads=3), ValueError, "4 is none of 3"),
        (lambda: nn.Attention(2)([[1.0]]), ValueError, "tokens of 2 numbers each, not one of 1 numbers"),
    ],
)
def test_a_module_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_tokens_outside_the_table_are_an_error_before_training():
    model = sequences(None)
    with pytest.raises(IndexError, match="token 5 is outside the table of 5"):
        fit(model, next_token, [[0, 1], [2, 5]], [[0, 1], [0, 1]], optimizer=SGD(model.parameters(), 0.1), epochs=1)


@given(st.lists(st.lists(st.floats(-3, 3), min_size=4, max_size=4), min_size=1, max_size=4), st.sampled_from([1, 2, 4]))
@settings(max_examples=25)
def test_attention_is_the_matrix_formula(tokens, heads):
    attention = nn.Attention(4, heads=heads, causal=False, seed=1)
    q, k, v, out = (
        np.array([[w.data for w in row] for row in matrix])
        for matrix in (attention.query, attention.key, attention.value, attention.out)
    )
    x = np.array(tokens)
    parts = []
    for qs, ks, vs in zip(*(np.split(x @ m.T, heads, axis=1) for m in (q, k, v))):
        fits = qs @ ks.T / math.sqrt(4 // heads)
        powers = np.exp(fits - fits.max(axis=1, keepdims=True))
        parts.append(powers / powers.sum(axis=1, keepdims=True) @ vs)
    expected = np.concatenate(parts, axis=1) @ out.T
    found = [[y.data for y in row] for row in attention(tokens)]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


# --- The bar ---


def test_a_bar_is_shown_on_a_terminal_and_nothing_elsewhere(monkeypatch, capsys):
    model = MODELS[1]()
    options = {"optimizer": SGD(model.parameters(), 0.1), "epochs": 2}
    fit(model, nn.mse, X, Y, **options)
    assert capsys.readouterr().err == ""
    pytest.importorskip("tqdm", reason="tqdm is optional")
    fit(model, nn.mse, X, Y, **options, progress=True)
    shown = capsys.readouterr().err
    assert "training" in shown
    assert "loss=" in shown
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fit(model, nn.mse, X, Y, **options)
    assert "training" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fit(model, nn.mse, X, Y, **options)
    assert capsys.readouterr().err == ""
    with pytest.raises(MissingDependency, match="pip install tqdm"):
        fit(model, nn.mse, X, Y, **options, progress=True)


def test_training_with_respect_to_nothing_else_leaves_gradients_of_transforms_alone():
    model = MODELS[1]()
    f = functional(model)
    slope = grad(lambda x: f(model.vector(), [x, 1.0]))
    assert slope(0.5) == pytest.approx(jit(slope)(0.5), rel=1e-12)


def test_a_copied_optimiser_changes_the_copied_model():
    model = MODELS[1]()
    optimizer = Adam(model.parameters(), 0.1)
    fit(model, nn.mse, X, Y, optimizer=optimizer, epochs=2)
    twin, its_optimizer = copy.deepcopy((model, optimizer))
    for each, its in ((model, optimizer), (twin, its_optimizer)):
        fit(each, nn.mse, X, Y, optimizer=its, epochs=2)
    assert twin.vector().tolist() == model.vector().tolist()
    assert its_optimizer.steps == 4


def test_the_documents_network_is_a_function_of_its_weights():
    net = nn.W8Network(np.arange(8) / 8)
    net.loss((0.05, 0.10), (0.01, 0.99)).backward()
    expected = [w.grad for w in net.parameters()]

    def error(weights):
        a_o1, a_o2 = functional(net)(weights, 0.05, 0.10)
        return nn.half_squared_error([a_o1, a_o2], [0.01, 0.99])

    for transform in (lambda f: f, jit):
        slopes = transform(grad(error))(net.vector())
        assert slopes.dtype == float
        np.testing.assert_allclose(slopes, expected, rtol=1e-13)
    np.testing.assert_allclose(jit(hessian(error))(net.vector()), hessian(error)(net.vector()), rtol=1e-10, atol=1e-14)


def test_several_runs_are_drawn_together(tmp_path):
    pytest.importorskip("matplotlib", reason="plots need matplotlib, an extra")
    runs = {}
    for name, make in (("SGD", SGD), ("<Adam>", Adam)):
        model = MODELS[1]()
        runs[name] = fit(model, nn.mse, X, Y, optimizer=make(model.parameters(), 0.05), epochs=20)
    path = runs["SGD"].plot(tmp_path / "runs.svg", ["loss"], beside={"<Adam>": runs["<Adam>"]})
    assert path.read_bytes() != runs["SGD"].plot(tmp_path / "run.svg", ["loss"]).read_bytes()
    with pytest.raises(ValueError, match="there is no column 'loss'; there are E"):
        runs["SGD"].plot(path, ["loss"], beside={"other": nn.History({"E": [1.0]})})


@pytest.mark.parametrize(("count", "shown"), [(0, 1), (1, 2), (8, 9), (9, 9), (300, 9)])
def test_jupyter_shows_the_first_and_the_last_rows(count, shown):
    history = nn.History({"<b>": list(range(count)), "loss": [0.5] * count})
    html = history._repr_html_()
    assert html.count("<tr>") == shown
    assert "<th>&lt;b&gt;</th>" in html
    assert ("…" in html) == (count > 8)
    if count:
        assert f"<td>{count - 1}</td><td>{count - 1}</td>" in html
