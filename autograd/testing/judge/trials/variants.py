"""Functions that have one name and several customary definitions: which one does an engine have?

PyTorch's gelu is x·Φ(x), GPT-2's its approximation by tanh. leaky_relu's slope and elu's alpha are 0.01 and 1.0, or
what their author likes. None of them is wrong: an engine's values tell which one it means, and its gradients have to
agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from autograd.engine.kinds import like, where
from autograd.engine.partials import pi
from autograd.engine.rules import RULES, Rule, exp, expm1, minimum, sech, sqrt, tanh


def variant(name: str, compute: Callable[..., float]) -> Rule:
    """The row of the rule table, or another row of the same name that computes the same as ``compute``.

    Args:
        name: a primitive's name.
        compute: the engine's function, on floats; NaN where it fails.
    """
    if name == "leaky_relu":
        slope = -compute(-1.0)
        return leaky_relu(slope if 0.0 <= slope < 1.0 else 0.01)
    if name == "elu":
        alpha = compute(-1.0) / math.expm1(-1.0)
        return elu(round(alpha, 9) if 0.0 < alpha < 100.0 else 1.0)
    if name == "gelu" and abs(compute(1.0) - gelu_by_tanh.value(1.0)) < 1e-6:
        return gelu_by_tanh
    return RULES[name]


def leaky_relu(slope: float) -> Rule:
    """leaky_relu as a function of one number.

    >>> leaky_relu(0.1).value(-2.0)
    -0.2
    """
    return Rule(
        "leaky_relu",
        lambda x: x if x > 0.0 else slope * x,
        (lambda x, y: where(x > 0, 1, slope),),
        RULES["relu"].domain,
        definition=lambda x: where(x > 0, x, slope * x),
    )


def elu(alpha: float) -> Rule:
    """elu as a function of one number.

    >>> elu(1.0).value(3.0)
    3.0
    """
    return Rule(
        "elu",
        lambda x: x if x > 0.0 else alpha * math.expm1(x),
        (lambda x, y: where(x > 0, 1, alpha * exp(minimum(x, 0))),),
        RULES["relu"].domain,
        definition=lambda x: where(x > 0, x, alpha * expm1(minimum(x, 0))),
    )


def _inner(x: Any) -> Any:
    return sqrt(2 / pi(x)) * (x + _cubed(x))


def _cubed(x: Any) -> Any:
    return like(x, 44715) / 1000000 * x * x * x


def _gelu(x: Any) -> Any:
    return x * (1 + tanh(_inner(x))) / 2


def _gelu_slope(x: Any, y: Any) -> Any:
    u = _inner(x)
    du = sqrt(2 / pi(x)) * (1 + 3 * _cubed(x) / x) if x else sqrt(2 / pi(x))
    return (1 + tanh(u)) / 2 + x / 2 * sech(u) * sech(u) * du


gelu_by_tanh: Final = Rule("gelu", _gelu, (_gelu_slope,), RULES["gelu"].domain, definition=_gelu)
