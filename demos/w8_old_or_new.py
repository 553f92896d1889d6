"""The w1–w8 network: when w1 is updated, does its gradient use the old w5, or the one that was just updated?

The old one. The gradient of the error belongs to one point, all eight weights as they were in the forward pass. Who
updates w5 to w8 first, and then takes the new ones to go on to w1, computes something else; here are both, in the form
of the network with biases, which is the best known, and in the one without.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd import no_grad
from nn import W8Network

WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
INPUTS, TARGETS = (0.05, 0.10), (0.01, 0.99)

Weights = tuple[float, ...]
Biases = tuple[float, float] | None


def with_old(weights: Weights, biases: Biases, lr: float = 0.5) -> Weights:
    """One step of gradient descent: all gradients belong to the weights of the forward pass."""
    net = W8Network(weights, biases=biases)
    net.loss(INPUTS, TARGETS).backward()
    return tuple(w.data - lr * w.grad for w in net.parameters())


def with_new(weights: Weights, biases: Biases, lr: float = 0.5) -> Weights:
    """The same chain rule, but w5 to w8 have been updated already when it comes to the hidden layer."""
    net = W8Network(weights, biases=biases)
    net.loss(INPUTS, TARGETS).backward()
    w5, w6, w7, w8 = (w.data - lr * w.grad for w in (net.w5, net.w6, net.w7, net.w8))
    (i1, i2), node = (x.data for x in net.inputs), net.nodes
    o1, o2, a_h1, a_h2 = node["o1"].grad, node["o2"].grad, node["a_h1"].data, node["a_h2"].data
    h1 = (o1 * w5 + o2 * w7) * a_h1 * (1 - a_h1)
    h2 = (o1 * w6 + o2 * w8) * a_h2 * (1 - a_h2)
    steps = (h1 * i1, h1 * i2, h2 * i1, h2 * i2)
    return (*(w - lr * slope for w, slope in zip(weights, steps)), w5, w6, w7, w8)


def after(weights: Weights, biases: Biases) -> tuple[float, ...]:
    """E_total, a_o1 and a_o2 with these weights."""
    with no_grad():
        net = W8Network(weights, biases=biases)
        total = net.loss(INPUTS, TARGETS)
        return total.data, net.nodes["a_o1"].data, net.nodes["a_o2"].data


def trained(step: Callable[[Weights, Biases], Weights], biases: Biases, steps: int) -> tuple[float, ...]:
    """What there is after so many steps."""
    weights: Weights = WEIGHTS
    for _ in range(steps):
        weights = step(weights, biases)
    return after(weights, biases)


def main(steps: int = 10_000) -> None:
    """Print both results, side by side."""
    for title, biases in (("with biases 0.35 and 0.60", (0.35, 0.60)), ("without biases", None)):
        print(f"{title}: E_total = {after(WEIGHTS, biases)[0]:.9f}; after one step, η = 0.5")
        print("       with the old w5-w8   with the new w5-w8   difference")
        old, new = with_old(WEIGHTS, biases), with_new(WEIGHTS, biases)
        for k, (right, wrong) in enumerate(zip(old, new), start=1):
            print(f"  w{k}        {right:.9f}          {wrong:.9f}   {wrong - right:+.2e}")
        right, wrong = after(old, biases)[0], after(new, biases)[0]
        print(f"  E_total   {right:.9f}          {wrong:.9f}   {wrong - right:+.2e}")
        print(f"after {steps:,} steps")
        columns = trained(with_old, biases, steps), trained(with_new, biases, steps)
        for name, right, wrong in zip(("E_total", "a_o1", "a_o2"), *columns):
            print(f"  {name:7}   {right:.9f}          {wrong:.9f}   {wrong - right:+.2e}")
        print()


if __name__ == "__main__":
    main()
