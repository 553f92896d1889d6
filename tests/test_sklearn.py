"""The estimators: scikit-learn's own checks, and what they share with its pipelines and searches."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="nn.sklearn needs scikit-learn, an extra")

from sklearn.datasets import load_digits, load_iris, make_moons
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nn.sklearn import Classifier, Regressor


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([make(random_state=0, epochs=60, lr=0.05) for make in (Classifier, Regressor)])
def test_an_estimator_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("random_state", [0, np.random.RandomState(0)])
def test_a_fitted_estimator_survives_pickling_and_goes_on(random_state):
    X, y = load_iris(return_X_y=True)
    classifier = Classifier(random_state=random_state, batch_size=32, epochs=3).fit(X, y)
    twin = pickle.loads(pickle.dumps(classifier))
    for each in (classifier, twin):
        each.partial_fit(X, y)
        assert each.n_iter_ == len(each.loss_curve_) == 4
    np.testing.assert_array_equal(classifier.predict_proba(X), twin.predict_proba(X))


def test_a_classifier_works_in_pipelines_and_searches():
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    pipeline = make_pipeline(StandardScaler(), Classifier(random_state=0, epochs=100, lr=0.05))
    search = GridSearchCV(pipeline, {"classifier__hidden": [(), (4,)]}, cv=3).fit(X, names)
    assert search.best_score_ > 0.95
    assert set(search.predict(X)) == set(names)
    np.testing.assert_allclose(search.predict_proba(X).sum(axis=1), 1.0, rtol=1e-12)


def test_two_classes_are_one_logit():
    X, y = make_moons(100, noise=0.1, random_state=1)
    classifier = Classifier(random_state=0, epochs=200, activation="relu").fit(X, y)
    assert classifier.decision_function(X).shape == (100,)
    assert classifier.score(X, y) > 0.97
    assert ((classifier.decision_function(X) > 0) == (classifier.predict_proba(X)[:, 1] > 0.5)).all()


def test_a_regressor_predicts_several_numbers():
    X = np.linspace(-1, 1, 30).reshape(-1, 1)
    Y = np.stack([X[:, 0] ** 2, np.sin(X[:, 0])], axis=1)
    regressor = Regressor(hidden=(8,), random_state=0, epochs=800).fit(X, Y)
    assert regressor.predict(X).shape == (30, 2)
    assert regressor.score(X, Y) > 0.98


def test_the_classes_come_with_the_first_partial_fit():
    X, y = load_iris(return_X_y=True)
    classifier = Classifier(random_state=0)
    with pytest.raises(ValueError, match=r"the first partial_fit needs all classes: write partial_fit\(X, y, classes="):
        classifier.partial_fit(X, y)
    classifier.partial_fit(X[:60], y[:60], classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"the classes are .*, as the first partial_fit had them"):
        classifier.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="y has the class 7, which is not among the classes"):
        classifier.partial_fit(X, np.where(y == 2, 7, y))
    with pytest.raises(ValueError, match="optimizer is 'adam', 'adamw', 'rmsprop', 'sgd', not 'lbfgs'"):
        Classifier(optimizer="lbfgs").fit(X, y)


def test_digits_are_learned():
    X, y = load_digits(return_X_y=True)
    classifier = Classifier(hidden=(32,), random_state=0, batch_size=64, epochs=15).fit(X[:1000] / 16, y[:1000])
    assert classifier.score(X[1000:] / 16, y[1000:]) > 0.9
