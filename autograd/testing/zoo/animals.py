"""The engines with a fault: each is the right one, with a few lines changed. Their names don't tell which."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

RIGHT: Final = "right"


class Animal(NamedTuple):
    """An engine with a fault: what is wrong, in words, and the lines in place of others."""

    sentence: str
    changes: tuple[tuple[str, str], ...]


def _one(sentence: str, right: str, wrong: str) -> Animal:
    return Animal(sentence, ((right, wrong),))


ANIMALS: Final[dict[str, Animal]] = {
    "ant": _one(
        "x * x has half its derivative: the second contribution overwrites the first one, = for +=.",
        "            self.grad += y * grad\n            b.grad += x * grad\n",
        "            self.grad = y * grad\n            b.grad = x * grad\n",
    ),
    "bat": _one(
        "x + x has half its derivative: the second contribution overwrites the first one, = for +=.",
        "            self.grad += grad\n            b.grad += grad\n",
        "            self.grad = grad\n            b.grad = grad\n",
    ),
    "camel": _one(
        "The derivative of a / b by b has the wrong sign.",
        "            b.grad += -x / (y * y) * grad\n",
        "            b.grad += x / (y * y) * grad\n",
    ),
    "dingo": _one(
        "3 - x is computed as x - 3.",
        "        return lifted(other) - self\n",
        "        return self - other\n",
    ),
    "eel": _one(
        "The derivative of tanh is taken at its operand: 1 - x² for 1 - tanh²x.",
        "            self.grad += (1 - y * y) * grad\n",
        "            self.grad += (1 - self.data * self.data) * grad\n",
    ),
    "ferret": _one(
        "The derivative of exp lacks the gradient of its result, so it is right only at the end of a computation.",
        "            self.grad += y * grad\n\n        out._pull = pull\n        return out\n\n    def log",
        "            self.grad += y\n\n        out._pull = pull\n        return out\n\n    def log",
    ),
    "gecko": _one(
        "relu lets every gradient through, also where the operand is negative.",
        "            self.grad += grad if x > 0 else 0.0\n",
        "            self.grad += grad\n",
    ),
    "heron": _one(
        "The power rule keeps the exponent: n·xⁿ for n·xⁿ⁻¹.",
        "exponent * x ** (exponent - 1) * grad\n",
        "exponent * x**exponent * grad\n",
    ),
    "ibis": _one(
        "The derivative by an exponent that isn't whole is that of the whole number below it.",
        "        x = self.data\n        out = Value(x**exponent, (self,))\n",
        "        x = self.data\n        out = Value(x**exponent, (self,))\n        exponent = int(exponent)\n",
    ),
    "jackal": _one(
        "Nodes are visited breadth first, so some hand their gradient on before it has all arrived.",
        "            node, is_done = stack.pop()\n            if is_done:\n                order.append(node)\n"
        "            elif node not in seen:\n                seen.add(node)\n"
        "                stack.append((node, True))\n",
        "            node, _ = stack.pop(0)\n            if node not in seen:\n                seen.add(node)\n"
        "                order.insert(0, node)\n",
    ),
    "koala": _one(
        "The gradients of results in between stay from one backward pass to the next, and are sent on again.",
        "        for node in order:\n            if node._operands:\n                node.grad = 0.0\n",
        "",
    ),
    "lynx": _one(
        "backward() on a leaf leaves its gradient 0: the derivative of x by x is 1.",
        "        self.grad += 1.0\n",
        "        self.grad = 1.0 if self._operands else 0.0\n",
    ),
    "mole": _one(
        "The backward pass of * reads its operands' numbers when it runs, after an optimiser may have changed them.",
        "            self.grad += y * grad\n            b.grad += x * grad\n",
        "            self.grad += b.data * grad\n            b.grad += self.data * grad\n",
    ),
    "newt": _one(
        "A node that was seen is told by its number, so two different nodes of one number are taken for one.",
        "            elif node not in seen:\n                seen.add(node)\n",
        "            elif node.data not in [other.data for other in seen]:\n                seen.add(node)\n",
    ),
    "otter": _one(
        "log is that of base 10, with the derivative of the natural one.",
        "math.log(x)",
        "math.log10(x)",
    ),
    "panda": _one(
        "e is 2.71828, so exp is off in the seventh digit.",
        "        y = math.exp(self.data)\n",
        "        y = 2.71828**self.data\n",
    ),
    "quail": _one(
        "a - b adds to b's gradient what it should subtract.",
        "        return self + -lifted(other)\n",
        "        b = lifted(other)\n        out = self + b\n"
        "        out.data = self.data - b.data\n        return out\n",
    ),
    "raven": _one(
        "A gradient above 1 is cut off in the product, for the sake of stability.",
        "            self.grad += y * grad\n            b.grad += x * grad\n",
        "            self.grad += y * max(-1.0, min(1.0, grad))\n            b.grad += x * max(-1.0, min(1.0, grad))\n",
    ),
    "snail": _one(
        "The search forgets what it has seen, so a node's gradient is handed on once for each way to it.",
        "                seen.add(node)\n",
        "",
    ),
    "toad": _one(
        "The product with a plain number on the left gives 0 for a whole number below 1: it is cut to a whole number.",
        "    def __rmul__(self, other: float) -> Value:\n        return self * other\n",
        "    def __rmul__(self, other: float) -> Value:\n        return self * int(other)\n",
    ),
}


def source(name: str = RIGHT) -> str:
    """The engine of that name, as the text of a module.

    Raises:
        ValueError: there is no such engine.

    >>> "self * int(other)" in source("toad"), "self * int(other)" in source()
    (True, False)
    """
    text = Path(__file__).with_name("engine.py").read_text(encoding="utf-8")
    if name == RIGHT:
        return text
    if name not in ANIMALS:
        raise ValueError(f"no such engine: {name!r}; there are {RIGHT}, {', '.join(ANIMALS)}")
    for right, wrong in ANIMALS[name].changes:
        text = text.replace(right, wrong, 1)
    return text


def answer(name: str) -> str:
    """What is wrong with that engine, in a sentence.

    >>> answer("heron")
    'The power rule keeps the exponent: n·xⁿ for n·xⁿ⁻¹.'
    """
    return "Nothing is wrong with it." if name == RIGHT else ANIMALS[name].sentence
