"""scikit-learn's estimators: an ``MLP`` behind ``fit`` and ``predict``, for pipelines, grid searches and comparisons.

scikit-learn checks the data and keeps the parameters; ``nn.fit`` trains. Importing this module imports scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import missing
from nn import losses, optim
from nn.functional import functional
from nn.history import History
from nn.layers import MLP, Activation
from nn.training.trainer import Trainer

try:
    from scipy.special import expit
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state, column_or_1d
    from sklearn.utils.extmath import softmax
    from sklearn.utils.multiclass import check_classification_targets, unique_labels
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError:
    raise missing("scikit-learn", "nn.sklearn") from None

OPTIMIZERS = {"adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSProp, "sgd": optim.SGD}


class _Network(BaseEstimator):  # type: ignore[misc]
    """What the two estimators share."""

    def __init__(
        self,
        hidden: Sequence[int] = (16,),
        activation: Activation = "tanh",
        *,
        optimizer: str = "adam",
        lr: float = 0.02,
        epochs: int = 200,
        batch_size: int | None = None,
        weight_decay: float = 0.0,
        random_state: Any = None,
        threads: int = 1,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.random_state = random_state
        self.threads = threads

    def _begin(self, inputs: int, outputs: int) -> None:
        """A new model and its optimiser."""
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer is {', '.join(map(repr, OPTIMIZERS))}, not {self.optimizer!r:.60}")
        self._seed = int(check_random_state(self.random_state).randint(2**31))
        self.model_ = MLP(inputs, [*self.hidden, outputs], self.activation, seed=self._seed, init="xavier")
        kind: Any = OPTIMIZERS[self.optimizer]
        self._optimizer = kind(self.model_.parameters(), self.lr, weight_decay=self.weight_decay)
        self.n_iter_ = 0
        self.loss_curve_: list[float] = []

    def _train(self, X: Any, targets: Any, weights: Any, loss: Any, epochs: int) -> None:  # noqa: N803
        trainer = Trainer(
            self.model_,
            loss,
            self._optimizer,
            batch_size=None if self.batch_size is None else min(self.batch_size, len(X)),
            seed=self._seed + self.n_iter_,
            threads=self.threads,
        )
        history: History = trainer.run(X, targets, epochs, sample_weight=weights, progress=False)
        self.n_iter_ += len(history)
        self.loss_curve_ += history["loss"]

    def _weights(self, sample_weight: Any, X: Any) -> Any:  # noqa: N803
        if sample_weight is None:
            return None
        return _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)

    def _outputs(self, X: Any) -> Any:  # noqa: N803
        """The model's outputs, a row for each sample."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, dtype=np.float64)  # noqa: N806
        outputs = functional(self.model_)(self.model_.vector(), list(X.T))
        return np.stack(outputs, axis=1) if isinstance(outputs, list) else np.reshape(outputs, (-1, 1))


class Classifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A network that tells classes apart: cross-entropy on its logits, or on one logit where there are two classes.

    Args:
        hidden: the sizes of the hidden layers.
        activation: of the hidden layers; the name of a function, or a function.
        optimizer: "adam", "adamw", "rmsprop" or "sgd".
        lr, weight_decay: as for the optimiser.
        epochs, batch_size: as for ``nn.fit``.
        random_state: an int, a ``RandomState`` or None, as everywhere in scikit-learn.
        threads: as for ``jit``.

    Attributes:
        model_: the trained ``MLP``.
        classes_, n_features_in_, n_iter_, loss_curve_: as scikit-learn has them.

    >>> from sklearn.datasets import make_moons
    >>> X, y = make_moons(200, noise=0.1, random_state=1)
    >>> classifier = Classifier(hidden=(16,), epochs=300, random_state=1).fit(X, y)
    >>> float(classifier.score(X, y))
    1.0
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Classifier:  # noqa: N803
        """Train a new model.

        Args:
            X: of shape (n, features).
            y: n classes.
            sample_weight: n numbers from 0 on.

        Returns:
            Itself.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)  # noqa: N806
        check_classification_targets(y)
        self.classes_ = unique_labels(y)
        return self._learn(X, y, sample_weight, self.epochs, anew=True)

    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
    ) -> Classifier:
        """Train for one more epoch, on these samples.

        Args:
            X, y, sample_weight: as for :meth:`fit`.
            classes: all classes there will ever be; at the first call.

        Returns:
            Itself.
        """
        anew = not hasattr(self, "model_")
        X, y = validate_data(self, X, y, reset=anew, dtype=np.float64)  # noqa: N806
        check_classification_targets(y)
        if anew:
            if classes is None:
                raise ValueError("the first partial_fit needs all classes: write partial_fit(X, y, classes=[...])")
            self.classes_ = unique_labels(classes)
        elif classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
            raise ValueError(f"the classes are {self.classes_!r}, as the first partial_fit had them")
        return self._learn(X, y, sample_weight, 1, anew)

    def _learn(self, X: Any, y: Any, sample_weight: Any, epochs: int, anew: bool) -> Classifier:  # noqa: N803
        odd = np.setdiff1d(y, self.classes_)
        if len(odd):
            raise ValueError(
                f"y has the class {odd[0].item()!r}, which is not among the classes {self.classes_.tolist()!r:.100}"
            )
        count = len(self.classes_)
        if anew:
            self._begin(X.shape[1], 1 if count == 2 else count)
        loss = losses.binary_cross_entropy if count == 2 else losses.cross_entropy
        targets = np.searchsorted(self.classes_, y)
        self._train(X, targets, self._weights(sample_weight, X), loss if count > 1 else _only_class, epochs)
        return self

    def decision_function(self, X: Any) -> Any:  # noqa: N803
        """The logits: n numbers for two classes, else a row of a number a class for each sample."""
        outputs = self._outputs(X)
        return outputs[:, 0] if len(self.classes_) == 2 else outputs

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """The probability of each class, a row for each sample."""
        logits = self.decision_function(X)
        if logits.ndim == 1:
            return np.stack([expit(-logits), expit(logits)], axis=1)
        return softmax(logits)

    def predict(self, X: Any) -> Any:  # noqa: N803
        """The likeliest class of each sample."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]


class Regressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A network that predicts a number, or several, for each sample: the least mean squared error.

    Args:
        hidden, activation, optimizer, lr, weight_decay, epochs, batch_size, random_state, threads: as for
            :class:`Classifier`.

    Attributes:
        model_: the trained ``MLP``.
        n_features_in_, n_iter_, loss_curve_: as scikit-learn has them.

    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 21).reshape(-1, 1)
    >>> regressor = Regressor(hidden=(8,), epochs=1000, random_state=1).fit(X, X[:, 0] ** 2)
    >>> float(regressor.score(X, X[:, 0] ** 2)) > 0.99
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Regressor:  # noqa: N803
        """Train a new model.

        Args:
            X: of shape (n, features).
            y: n numbers, or n rows of numbers.
            sample_weight: n numbers from 0 on.

        Returns:
            Itself.
        """
        return self._learn(X, y, sample_weight, self.epochs, anew=True)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Regressor:  # noqa: N803
        """Train for one more epoch, on these samples.

        Args:
            X, y, sample_weight: as for :meth:`fit`.

        Returns:
            Itself.
        """
        return self._learn(X, y, sample_weight, 1, anew=not hasattr(self, "model_"))

    def _learn(self, X: Any, y: Any, sample_weight: Any, epochs: int, anew: bool) -> Regressor:  # noqa: N803
        X, y = validate_data(  # noqa: N806
            self, X, y, reset=anew, dtype=np.float64, multi_output=True, y_numeric=True
        )
        y = np.asarray(y, dtype=float)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if anew:
            self._several = y.ndim == 2
            self._begin(X.shape[1], y.shape[1] if self._several else 1)
        self._train(X, y, self._weights(sample_weight, X), losses.mse, epochs)
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        """The predicted number of each sample, or row of numbers."""
        outputs = self._outputs(X)
        return outputs if self._several else outputs[:, 0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _only_class(output: Any, target: Any) -> Any:
    """The loss where there is one class and so nothing to learn."""
    return 0.0 * output
