"""What the engine check asks: every property with a name, a sentence of explanation, and the function that tries it.

A property returns, or returns a remark; it raises a :class:`~autograd.testing.judge.trials.transcript.Verdict` when
there is more to say: that it fails, that the engine has no such thing, or that it is slow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from autograd.testing.judge.findings.rows import DERIVATIVES, HABITS
from autograd.testing.judge.properties import arithmetic, backpropagation, edges, repeated_backward, scale
from autograd.testing.judge.trials.trial import Trial


class Property(NamedTuple):
    """One thing that a right engine holds."""

    name: str
    sentence: str
    check: Callable[[Trial], str | None]
    group: str = DERIVATIVES


PROPERTIES: Final = (
    Property("a number in, the number out", "Value(2.0) holds 2.0, with gradient 0.", arithmetic.constructor),
    Property("backward on a leaf", "The derivative of a number by itself is 1.", backpropagation.leaf),
    Property("forward pass", "Random expressions have the value that floats give.", arithmetic.forward),
    Property("partial derivatives", "Each operation alone has the right value and derivatives.", arithmetic.partials),
    Property(
        "numbers on the right",
        "`x + 2` works as x + Value(2) does, for each operator, with ints and floats.",
        arithmetic.numbers_on_the_right,
    ),
    Property(
        "numbers on the left",
        "`2 + x`, `2 - x`, `2 / x` work too, and are not `x - 2` or `x / 2`.",
        arithmetic.numbers_on_the_left,
    ),
    Property("values as exponents", "`x ** y` can be differentiated by both.", arithmetic.values_as_exponents),
    Property("whole numbers", "Leaves made of ints behave as floats do: 7 / 2 is 3.5.", arithmetic.whole_numbers),
    Property("in-place operators", "`x += 1` makes a new number and leaves the old one alone.", arithmetic.in_place),
    Property("comparison", "`<` and its like compare the numbers.", arithmetic.comparison, HABITS),
    Property(
        "operands are kept", "Neither an operation nor backward() changes a number.", arithmetic.operands_are_kept
    ),
    Property(
        "numeric edges",
        "0, infinity, 0**0, negative bases and large exponents go as they do for floats; sigmoid(-1000) is 0.",
        edges.edges,
        HABITS,
    ),
    Property(
        "kinks", "Where left and right slope differ, the gradient is one that the field uses.", edges.kinks, HABITS
    ),
    Property(
        "repeated operands",
        "In `x * x` and `x + x` both uses contribute to the gradient.",
        backpropagation.accumulation,
    ),
    Property(
        "diamonds", "An intermediate result that is used twice passes on both gradients.", backpropagation.diamonds
    ),
    Property("equal numbers", "Two leaves that hold the same number are still two.", backpropagation.equal_numbers),
    Property(
        "untouched leaves",
        "What the output does not depend on keeps gradient 0; unused branches do not contribute.",
        backpropagation.untouched,
    ),
    Property("linearity", "c * y has c times the gradient of y.", backpropagation.linearity),
    Property("sum rule", "(f + g)' = f' + g'.", backpropagation.sum_rule),
    Property("product rule", "(f g)' = f' g + f g'.", backpropagation.product_rule),
    Property("chain rule", "f(g(x))' = f'(g(x)) g'(x).", backpropagation.chain_rule),
    Property(
        "random expressions",
        "Gradients of random expressions agree with the exact ones, computed with 60 digits.",
        backpropagation.random_expressions,
    ),
    Property(
        "second backward",
        "Calling backward() again doubles the gradients of leaves, or sets them afresh.",
        repeated_backward.second_backward,
        HABITS,
    ),
    Property(
        "two outputs",
        "After backward() from one output, and zeroing, another one that shares nodes gets the right gradient.",
        repeated_backward.two_outputs,
        HABITS,
    ),
    Property(
        "data changed in between",
        "Assigning a leaf's number after the forward pass does not corrupt the backward pass.",
        repeated_backward.data_changed,
        HABITS,
    ),
    Property(
        "training loop", "Gradient descent goes as it does in floats, step after step.", repeated_backward.training
    ),
    Property("deep chains", "A chain of 1,000, 10,000 and 100,000 operations works.", scale.deep_chains, HABITS),
    Property("wide sums", "A sum of 600 terms works, with one leaf in half of them.", scale.wide_sums),
    Property("time is linear", "Eight times the nodes take about eight times as long.", scale.time_is_linear, HABITS),
    Property("memory is freed", "Graphs that are dropped give their memory back.", scale.memory_is_freed, HABITS),
)
