"""Data for training: samples and targets as arrays, grouped by shape, checked, and cut into batches.

A program is compiled for arguments of one shape. So samples of different lengths are put into groups of one shape each,
and a batch has samples of one group, or all samples of all groups. The last batch of a group is filled up with samples
whose weight is 0, and so has the shape of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


class Group(NamedTuple):
    """Samples of one shape.

    Attributes:
        inputs, targets: arrays whose first axis counts the samples.
        weights: how much each sample counts; 1 where nothing else was said.
        places: where the samples stand in the data, so that results can be put in the data's order.
    """

    inputs: Any
    targets: Any
    weights: Any
    places: Any


class Batch(NamedTuple):
    """The data of one update: some groups, and how many samples they have.

    Attributes:
        groups: for each group ``(inputs, targets, shares)``; a sample's loss counts by its share.
        size: how many samples there are.
    """

    groups: list[tuple[Any, Any, Any]]
    size: int


def grouped(X: Any, Y: Any, weights: Any = None, what: str = "data") -> list[Group]:  # noqa: N803
    """The data as groups of samples of one shape, in the order in which the shapes come first.

    Args:
        X, Y: the samples and their targets: arrays, sequences or iterables of numbers or of arrays of numbers.
        weights: a number from 0 on for each sample.
        what: the name of the data in messages.

    Raises:
        ValueError: there are no samples, not as many targets, or a number is NaN or infinite.
        TypeError: something isn't a number.
    """
    inputs, targets = _stacks(X, f"X of the {what}"), _stacks(Y, f"Y of the {what}")
    count = sum(len(places) for _, places in inputs)
    expected = sum(len(places) for _, places in targets)
    if count != expected:
        raise ValueError(f"the {what} have {count} samples in X but {expected} targets in Y")
    if not count:
        raise ValueError(f"the {what} are empty: X has no samples")
    shares = _checked_weights(weights, count)
    groups = []
    for samples, at in inputs:
        for answers, places in targets:
            common, rows, answer_rows = np.intersect1d(at, places, assume_unique=True, return_indices=True)
            if len(common):
                groups.append(Group(samples[rows], answers[answer_rows], shares[common], common))
    return sorted(groups, key=lambda group: int(group.places[0]))


def inputs_only(X: Any) -> list[Group]:  # noqa: N803
    """As :func:`grouped`, for data without targets."""
    samples = X if hasattr(X, "__len__") or not hasattr(X, "__iter__") else list(X)
    if not hasattr(samples, "__len__"):
        raise TypeError(f"predict takes several samples, an array or a list, not {X!r:.60}; write predict([x])")
    return grouped(samples, np.zeros(len(samples)))


def batches(groups: Sequence[Group], size: int | None, seed: int, epoch: int) -> list[Batch]:
    """The batches of an epoch: all data at once without a size, else in an order that seed and epoch decide.

    The shares are such that the mean of the losses of all batches, each by its size, is the mean over the data.
    """
    count = sum(len(group.places) for group in groups)
    mean_weight = sum(float(group.weights.sum()) for group in groups) / count
    if size is None:
        return [Batch([(g.inputs, g.targets, g.weights / (mean_weight * count)) for g in groups], count)]
    generator = np.random.default_rng([seed, epoch])
    found = [batch for group in groups for batch in _shuffled(group, size, mean_weight, generator)]
    if len(groups) == 1:
        return found
    return [found[i] for i in generator.permutation(len(found))]


def _shuffled(group: Group, size: int, mean_weight: float, generator: np.random.Generator) -> list[Batch]:
    """The batches of a group, all of one shape."""
    count = len(group.places)
    size = min(size, count)
    order = generator.permutation(count)
    filled = np.resize(order, -(-count // size) * size)  # begins again where it is at its end
    inputs, targets, weights = group.inputs[filled], group.targets[filled], group.weights[filled]
    weights[count:] = 0.0
    found = []
    for start in range(0, count, size):
        part = slice(start, start + size)
        real = min(size, count - start)
        found.append(Batch([(inputs[part], targets[part], weights[part] / (mean_weight * real))], real))
    return found


def _stacks(data: Any, what: str) -> list[tuple[Any, Any]]:
    """Arrays of samples of one shape, each with the places of its samples in the data."""
    if isinstance(data, (str, bytes)) or not isinstance(data, Iterable):
        raise TypeError(f"{what} is an array or a sequence of samples, not {data!r:.60}")
    if isinstance(data, Mapping):
        raise TypeError(f"{what} is an array or a sequence of samples, not a dict of columns; write zip(*d.values())")
    if not hasattr(data, "__array__"):
        data = list(data)
    whole = _rectangular(data)
    if whole is not None:
        return [(_checked(whole, what), np.arange(len(whole)))]
    places: dict[tuple[int, ...], list[int]] = {}
    samples = [_sample(sample, f"sample {i} of {what}") for i, sample in enumerate(data)]
    for place, sample in enumerate(samples):
        places.setdefault(sample.shape, []).append(place)
    return [(_checked(np.stack([samples[i] for i in at]), what, at), np.array(at)) for at in places.values()]


def _sample(sample: Any, what: str) -> Any:
    try:
        return np.asarray(sample)
    except ValueError:
        raise ValueError(f"{what} is no array of numbers: its rows differ in length: {sample!r:.60}") from None


def _rectangular(data: Any) -> Any:
    """The data as one array; None if the samples differ in shape."""
    try:
        whole = np.asarray(data)
    except ValueError:
        return None
    ragged = whole.dtype == object and whole.ndim == 1 and any(hasattr(sample, "__len__") for sample in whole)
    return None if ragged else whole


def _checked(array: Any, what: str, places: Sequence[int] | None = None) -> Any:
    """The array, of floats or of whole numbers; the first sample that holds no such numbers is an error."""
    if array.ndim == 0:
        raise TypeError(f"{what} is an array or a sequence of samples, not one number")
    if not len(array):
        return array
    if array.dtype.kind == "b" or array.dtype == object:
        try:
            array = array.astype(float)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{what} holds something that is not a real number: {error}") from None
    if array.dtype.kind not in "fiu":
        held = {"U": "text", "S": "bytes", "c": "complex numbers", "M": "dates"}.get(array.dtype.kind, str(array.dtype))
        cure = "; number the classes, 0, 1, 2 ..." if held == "text" and what.startswith("Y") else ""
        raise TypeError(f"{what} holds {held}, not real numbers: {array.flat[0]!s:.40}{cure}")
    if array.dtype.kind == "f" and array.size:
        array = array.astype(float, copy=False)
        wrong = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
        if wrong.any():
            first = int(np.argmax(wrong))
            numbers = array[first].reshape(-1)
            odd = numbers[~np.isfinite(numbers)][0]
            place = first if places is None else places[first]
            raise ValueError(f"{what} has {odd} in sample {place} (counted from 0); leave it out or fill it in")
    return array


def _checked_weights(weights: Any, count: int) -> Any:
    if weights is None:
        return np.ones(count)
    try:
        array = np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"sample_weight is a number for each of the {count} samples, not {weights!r:.60}") from None
    if array.shape != (count,):
        raise ValueError(f"there is one weight for each of the {count} samples, not an array of shape {array.shape}")
    if not (np.isfinite(array).all() and (array >= 0).all() and array.any()):
        raise ValueError("the weights of samples are numbers from 0 on, and not all of them 0")
    return array
