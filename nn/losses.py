"""Losses: how far predictions are from their targets, as one number that can be differentiated.

Predictions and targets are a number each, or a sequence of n numbers each; they may be floats, Values, or any other
kind of number that ``autograd`` takes. All but :func:`half_squared_error`, which is a sum, are means over the n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

from autograd import functions
from autograd.functions import Number


def half_squared_error(predictions: Number | Iterable[Number], targets: Number | Iterable[Number]) -> Number:
    """Σ ½(t - a)², the error of the w1–w8 document. Its derivative with respect to a prediction is a - t.

    Args:
        predictions, targets: a number each, or n numbers each.

    Returns:
        One number: the sum over the n, not the mean.

    Raises:
        ValueError: there are none, or not as many of one as of the other.

    >>> half_squared_error([0.5, 1.0], [0.0, 3.0])
    2.125
    """
    return functions.sum((t - a) ** 2 / 2 for a, t in _numbers(predictions, targets))


def mse(predictions: Number | Iterable[Number], targets: Number | Iterable[Number]) -> Number:
    """The mean squared error, 1/n Σ (a - t)².

    Args:
        predictions, targets: a number each, or n numbers each.

    Raises:
        ValueError: there are none, or not as many of one as of the other.

    >>> mse([1.0, 2.0], [0.0, 4.0])
    2.5
    """
    return functions.mean((a - t) ** 2 for a, t in _numbers(predictions, targets))


def mae(predictions: Number | Iterable[Number], targets: Number | Iterable[Number]) -> Number:
    """The mean absolute error, 1/n Σ |a - t|, with derivative 0 where a = t.

    Args:
        predictions, targets: a number each, or n numbers each.

    Raises:
        ValueError: there are none, or not as many of one as of the other.

    >>> mae([1.0, 2.0], [0.0, 4.0])
    1.5
    """
    return functions.mean(functions.abs(a - t) for a, t in _numbers(predictions, targets))


def huber(predictions: Number | Iterable[Number], targets: Number | Iterable[Number], delta: Number = 1.0) -> Number:
    """The mean of ½d² where |d| = |a - t| is at most ``delta``, and of delta·(|d| - ½delta) beyond (Huber 1964).

    Args:
        predictions, targets: a number each, or n numbers each.
        delta: where the parabola becomes a line; positive.

    Raises:
        ValueError: there are no predictions, not as many as targets, or ``delta`` isn't positive.

    >>> huber([0.5, 3.0], [0.0, 0.0])
    1.3125
    """
    if not delta > 0:
        raise ValueError(f"huber needs a positive delta, not {delta!r}")
    # With c = min(|d|, delta) both branches are c·(|d| - c/2), which never squares a large d.
    sizes = [functions.abs(a - t) for a, t in _numbers(predictions, targets)]
    parts = [(d, functions.minimum(d, delta)) for d in sizes]
    return functions.mean(c * (d - c / 2) for d, c in parts)


def hinge(scores: Number | Iterable[Number], targets: Number | Iterable[Number]) -> Number:
    """The mean of max(0, 1 - t·s): zero when every score s is on its target's side, and at least 1 away from 0.

    Args:
        scores, targets: a number each, or n numbers each; a target is -1 or 1.

    Raises:
        ValueError: there are none, not as many of one as of the other, or a target is neither -1 nor 1.

    >>> hinge([2.0, 0.5, -0.5], [1, 1, 1])
    0.66...
    """
    pairs = _numbers(scores, targets)
    for _, t in pairs:
        if isinstance(t, Real) and t not in (-1, 1):
            raise ValueError(f"a target of hinge is -1 or 1, not {t!r}")
    return functions.mean(functions.relu(1 - t * s) for s, t in pairs)


def binary_cross_entropy(logits: Number | Iterable[Number], targets: Number | Iterable[Number]) -> Number:
    """The mean of -t·log σ(z) - (1 - t)·log(1 - σ(z)), from the logits z.

    It is computed as t·softplus(-z) + (1 - t)·softplus(z), in which nothing overflows or cancels. The derivative with
    respect to a logit is (σ(z) - t)/n.

    Args:
        logits, targets: a number each, or n numbers each; a target is a probability, from 0 to 1.

    Raises:
        ValueError: there are none, not as many of one as of the other, or a target isn't between 0 and 1.

    >>> binary_cross_entropy([800.0, -40.0], [1, 0])
    2.124...e-18
    """
    pairs = _numbers(logits, targets)
    for _, t in pairs:
        if isinstance(t, Real) and not 0 <= float(t) <= 1:
            raise ValueError(f"a target of binary_cross_entropy is a probability from 0 to 1, not {t!r}")
    return functions.mean(t * functions.softplus(-z) + (1 - t) * functions.softplus(z) for z, t in pairs)


def cross_entropy(logits: Sequence[Any], targets: Any) -> Number:
    """-log softmax(z)ₖ, from the logits z, where k is the index of the right class; the mean over a batch.

    Args:
        logits: K numbers for one sample, or n sequences of K numbers.
        targets: the index of the right class, from 0 to K - 1, for one sample; n of them for n samples.

    Raises:
        ValueError: there are no samples, or not as many as targets.
        IndexError: a target is outside the classes.
        TypeError: a target isn't a whole number.

    >>> cross_entropy([1000.0, 0.0], 1)
    1000.0
    >>> cross_entropy([[0.0, 0.0], [0.0, 0.0]], [0, 1])
    0.693...
    """
    if not hasattr(targets, "__iter__"):
        return _surprise(logits, targets)
    if len(logits) and not hasattr(logits[0], "__iter__"):
        raise _not_an_index(targets)
    return functions.mean(_surprise(sample, k) for sample, k in _pairs(logits, targets))


def _surprise(logits: Iterable[Number], k: Any) -> Number:
    if not hasattr(logits, "__iter__"):
        raise TypeError(
            f"cross_entropy takes a logit for each class, not one number, {logits!r:.60}; give the model an output for "
            "each class, or use binary_cross_entropy for two"
        )
    log_probabilities = functions.log_softmax(logits)
    if k is None or isinstance(k, float) or hasattr(k, "__len__"):
        raise _not_an_index(k)
    if isinstance(k, Integral) and not 0 <= int(k) < len(log_probabilities):
        raise IndexError(
            f"target {k} is outside the {len(log_probabilities)} classes, 0 to {len(log_probabilities) - 1}"
        )
    return -functions.take(log_probabilities, k)


def _not_an_index(target: Any) -> TypeError:
    cure = ""
    if hasattr(target, "__len__") and not isinstance(target, str):
        cure = "; for a one-hot target write the index of its 1"
    return TypeError(f"a target of cross_entropy is the index of a class, not {target!r:.60}{cure}")


def _numbers(predictions: Any, targets: Any) -> list[tuple[Any, Any]]:
    """The predictions with their targets, numbers all of them."""
    pairs = _pairs(predictions, targets)
    for x in (x for pair in pairs for x in pair):
        if x is None or (hasattr(type(x), "__len__") and getattr(x, "ndim", None) != 0):
            raise TypeError(
                f"a loss compares numbers, and one of these is {type(x).__name__}: {x!r:.60}; for rows write "
                "mean([loss(p, t) for p, t in zip(predictions, targets)])"
            )
    return pairs


def _pairs(predictions: Any, targets: Any) -> list[tuple[Any, Any]]:
    """The predictions with their targets. An array of n rows of one number each is n numbers."""
    left, right = _listed(predictions), _listed(targets)
    if len(left) != len(right):
        raise ValueError(
            f"there are {len(left)} predictions but {len(right)} targets; a target has a number for each output"
        )
    if not left:
        raise ValueError("a loss needs at least one prediction and its target")
    return list(zip(left, right))


def _listed(x: Any) -> list[Any]:
    if getattr(x, "ndim", 0) == 2 and x.shape[1] == 1:
        x = x[:, 0]
    return list(x) if hasattr(x, "__iter__") else [x]
