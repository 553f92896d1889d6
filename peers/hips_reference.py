"""HIPS autograd's derivatives of expressions, run in HIPS's own environment: a line of JSON in, a line of JSON out.

HIPS autograd shares our import name, so it can be neither imported beside us nor installed beside us.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import autograd.scipy.special as special
from autograd.differential_operators import make_jvp_reversemode

import autograd.numpy as np
from autograd import grad, hessian, hessian_vector_product, jacobian, make_jvp, make_vjp, value_and_grad


def forward(f: Any, x: Any, v: Any) -> Any:
    """The derivative in direction v; by two reverse passes where HIPS has no forward rule."""
    try:
        return make_jvp(f)(x)(v)[1]
    except NotImplementedError:
        return make_jvp_reversemode(f)(x)(v)


def sigmoid(x: Any) -> Any:
    return special.expit(x)


FUNCTIONS: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "ratio": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "neg": lambda x: -x,
    "abs": np.abs,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "cbrt": lambda x: np.sign(x) * np.abs(x) ** (1 / 3),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sech": lambda x: 1 / np.cosh(x),
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sigmoid": sigmoid,
    "softplus": lambda x: np.logaddexp(0.0, x),
    "relu": lambda x: np.maximum(x, 0.0),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * special.erfc(-x / np.sqrt(2.0)) / 2,
    "erf": special.erf,
    "erfc": special.erfc,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "hypot": lambda a, b: np.sqrt(a * a + b * b),
    "leaky_relu": lambda a, b: np.where(a > 0, a, b * a),
    "elu": lambda a, b: np.where(a > 0, a, b * np.expm1(np.minimum(a, 0.0))),
}


def slots(data: dict[str, Any], x: Any) -> list[Any]:
    numbers = [x[i] for i in range(len(data["point"]))] + list(data["constants"])
    for name, operands in data["steps"]:
        numbers.append(FUNCTIONS[name](*(numbers[i] for i in operands)))
    return numbers


def results(data: dict[str, Any]) -> dict[str, list[float]]:
    x, v, u = (np.array(data[key], dtype=float) for key in ("point", "v", "u"))

    def one(x: Any) -> Any:
        return slots(data, x)[-1] + 0.0 * x[0]  # HIPS warns of outputs that don't depend on the input

    def many(x: Any) -> Any:
        return np.array([y + 0.0 * x[0] for y in slots(data, x)[-data["last"] :]])

    value, slopes = value_and_grad(one)(x)
    found = {
        "value": value,
        "grad": grad(one)(x),
        "value_and_grad": slopes,
        "jvp": forward(many, x, v),
        "vjp": make_vjp(many)(x)[0](u),
        "jacobian": jacobian(many)(x),
        "hessian": hessian(one)(x),
        "hvp": hessian_vector_product(one)(x, v),
    }
    return {name: np.ravel(np.asarray(y)).tolist() for name, y in found.items()}


if __name__ == "__main__":
    print(json.dumps(sorted(FUNCTIONS)), flush=True)
    for line in sys.stdin:
        print(json.dumps(results(json.loads(line))), flush=True)
