"""The w1–w8 network: when w1 is updated, does its gradient use the old w5, or the one that was just updated?

The old one. The gradient of the error belongs to one point, all eight weights as they were in the forward pass. Who
updates w5 to w8 first, and then takes the new ones to go on to w1, computes something else; here are both, in the form
of the network with biases, which is the best known, and in the one without.
"""

from __future__ import annotations

from typing import Any

from autograd import no_grad
from nn import W8Network

WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
INPUTS, TARGETS = (0.05, 0.10), (0.01, 0.99)
NAMES = tuple(f"w{k}" for k in range(1, 9))


def step(biases: tuple[float, float] | None, lr: float = 0.5) -> dict[str, tuple[float, float]]:
    """One step of gradient descent: each weight after it, with old weights in the gradient, and with new ones."""
    net = W8Network(WEIGHTS, biases=biases)
    net.loss(INPUTS, TARGETS).backward()
    right = {name: getattr(net, name).data - lr * getattr(net, name).grad for name in NAMES}

    # The same chain rule, where w5 to w8 have been updated already when it comes to the hidden layer.
    (i1, i2), node = (x.data for x in net.inputs), net.nodes
    o1, o2, a_h1, a_h2 = node["o1"].grad, node["o2"].grad, node["a_h1"].data, node["a_h2"].data
    h1 = (o1 * right["w5"] + o2 * right["w7"]) * a_h1 * (1 - a_h1)
    h2 = (o1 * right["w6"] + o2 * right["w8"]) * a_h2 * (1 - a_h2)
    wrong = right | {
        "w1": net.w1.data - lr * h1 * i1,
        "w2": net.w2.data - lr * h1 * i2,
        "w3": net.w3.data - lr * h2 * i1,
        "w4": net.w4.data - lr * h2 * i2,
    }
    return {name: (right[name], wrong[name]) for name in NAMES}


def error(weights: Any, biases: tuple[float, float] | None) -> float:
    """E_total with these weights."""
    with no_grad():
        return W8Network(weights, biases=biases).loss(INPUTS, TARGETS).data


def main() -> None:
    """Print both results, side by side."""
    for title, biases in (("with biases 0.35 and 0.60", (0.35, 0.60)), ("without biases", None)):
        after = step(biases)
        print(f"{title}: E_total = {error(WEIGHTS, biases):.9f}; after one step, η = 0.5")
        print("       with the old w5-w8   with the new w5-w8   difference")
        for name, (right, wrong) in after.items():
            print(f"  {name}        {right:.9f}          {wrong:.9f}   {wrong - right:+.2e}")
        errors = [error([both[i] for both in after.values()], biases) for i in (0, 1)]
        print(f"  E_total   {errors[0]:.9f}          {errors[1]:.9f}   {errors[1] - errors[0]:+.2e}\n")


if __name__ == "__main__":
    main()
