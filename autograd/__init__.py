"""chainrule: a scalar autograd engine. Every number is a node, every derivative can be looked at.

>>> from autograd import Value
>>> x = Value(2.0, label="x")
>>> y = x * x + 3 * x
>>> y.backward()
>>> x.grad
7.0

``autograd.engine.value`` is the engine, ``autograd.engine.rules`` the table of derivatives; both are short and meant to
be read.
Pictures load what they need when they are first used, so ``import autograd`` is quick.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from autograd.engine.modes import detect_anomaly, no_grad, scope
from autograd.engine.value import BUNDLES, Value, name, name_locals, zero_grad
from autograd.errors import (
    AnomalyError,
    AutogradError,
    AutogradWarning,
    EngineFailure,
    ForeignFiles,
    LostDerivative,
    MissingDependency,
    NoKernel,
    SlowWarning,
    StaleGradient,
    TraceError,
)
from autograd.functions import *  # noqa: F403
from autograd.functions import __all__ as _functions

if TYPE_CHECKING:
    from autograd.compiler import jit, vmap
    from autograd.explanations import exercise, explain, spreadsheet
    from autograd.pages import page
    from autograd.primitives import primitive
    from autograd.symbolic import to_sympy
    from autograd.transforms import (
        custom_jvp,
        custom_vjp,
        derivative,
        grad,
        hessian,
        hvp,
        implicit,
        jacobian,
        jvp,
        propagate,
        value_and_grad,
        value_and_jacobian,
        vjp,
    )
    from autograd.transforms.reverse import gradient
    from autograd.views import draw, to_dot

__version__ = "0.1.0"

# Names whose module is loaded when they are first used.
_LATER = {
    "custom_jvp": "autograd.transforms",
    "custom_vjp": "autograd.transforms",
    "derivative": "autograd.transforms",
    "draw": "autograd.views",
    "exercise": "autograd.explanations",
    "explain": "autograd.explanations",
    "grad": "autograd.transforms",
    "gradient": "autograd.transforms.reverse",
    "hessian": "autograd.transforms",
    "hvp": "autograd.transforms",
    "implicit": "autograd.transforms",
    "jacobian": "autograd.transforms",
    "jit": "autograd.compiler",
    "jvp": "autograd.transforms",
    "page": "autograd.pages",
    "primitive": "autograd.primitives",
    "propagate": "autograd.transforms",
    "spreadsheet": "autograd.explanations",
    "to_dot": "autograd.views",
    "to_sympy": "autograd.symbolic",
    "value_and_grad": "autograd.transforms",
    "value_and_jacobian": "autograd.transforms",
    "vjp": "autograd.transforms",
    "vmap": "autograd.compiler",
}


def _loaded(module: str, name: str) -> Any:
    import importlib

    return getattr(importlib.import_module(module), name)


BUNDLES.append(lambda value: _loaded("autograd.views.jupyter", "mimebundle")(value))


def __getattr__(name: str) -> Any:
    if name in _LATER:
        value = globals()[name] = _loaded(_LATER[name], name)
        return value
    if name == "testing":
        import importlib

        return importlib.import_module("autograd.testing")
    raise AttributeError(f"module 'autograd' has no attribute {name!r}{_hint(name)}")


def _hint(name: str) -> str:
    import difflib

    if name in ("numpy", "elementwise_grad", "checkpoint", "extend", "core"):
        return (
            f"; autograd.{name} belongs to HIPS autograd, another package. NumPy's own functions take arrays of Values"
        )
    if name in _ELSEWHERE:
        return f"; write {_ELSEWHERE[name].format(name)}"
    alike = [known for known in __dir__() if known.lower() == name.lower()]
    near = alike or difflib.get_close_matches(name, __dir__(), 1, cutoff=0.72)
    return f"; did you mean {near[0]}?" if near else ""


# What other libraries call it, and what it is here.
_ELSEWHERE = {
    **dict.fromkeys(("Tensor", "tensor", "Variable", "variable", "Parameter"), "autograd.Value(3.0)"),
    **dict.fromkeys(("array", "zeros", "ones", "argmax"), "numpy.{}: arrays are NumPy's, also of Values"),
    **dict.fromkeys(("gradcheck", "gradgradcheck"), "from autograd.testing import {}"),
    **dict.fromkeys(("check_grad", "check_grads", "checkgrad"), "from autograd.testing import gradcheck"),
    **dict.fromkeys(("jacfwd", "jacrev", "jac"), "autograd.jacobian(f)(x)"),
    **dict.fromkeys(("mse", "mae", "huber", "hinge", "cross_entropy", "binary_cross_entropy"), "from nn import {}"),
    **dict.fromkeys(("plot", "graph", "draw_dot", "trace", "show"), "autograd.draw(y)"),
    **dict.fromkeys(
        ("MLP", "SGD", "Adam", "AdamW", "RMSProp", "Module", "Neuron", "Layer", "W8Network"), "from nn import {}"
    ),
    **dict.fromkeys(
        ("fit", "Trainer", "mse", "mae", "hinge", "cross_entropy", "binary_cross_entropy"), "from nn import {}"
    ),
    "GradientTape": "y.backward(), or autograd.grad(f)(x)",
    "constant": "the number itself, 3.0",
    "float": "float(x)",
    "float32": "jit(f, dtype='float32')",
    "make_jvp": "autograd.jvp(f, (x,), (v,))",
    "make_vjp": "autograd.vjp(f, x)",
    "matmul": "a @ b, of NumPy's arrays of Values",
    "nn": "import nn",
    "norm": "sqrt(dot(xs, xs))",
    "random": "Python's random, or numpy.random",
    "train": "from nn import fit",
    **{f"arc{f}": f"autograd.a{f}" for f in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "arctan2": "autograd.atan2",
    "backward": "y.backward()",
    "inv": "1 / x",
    "ln": "autograd.log",
    "max": "autograd.maximum(a, b), or Python's max",
    "min": "autograd.minimum(a, b), or Python's min",
    "optim": "from nn import SGD",
    "pow": "x ** b",
    "power": "x ** b",
    "square": "x ** 2",
}


def __dir__() -> list[str]:
    return sorted({*_functions, *__all__, "__version__", "testing"})


# HIPS autograd installs a package of this name, too, and pip lets one write over the other.
if os.path.isdir(os.path.join(os.path.dirname(__file__), "numpy")):
    warnings.warn(
        "the folder of this package has files of another one named autograd (HIPS autograd); neither works reliably. "
        "Write: pip uninstall autograd chainrule, then install one of them",
        ForeignFiles,
        stacklevel=2,
    )

__all__ = [
    *(name for name in _functions if name not in {"abs", "round", "sum"}),  # they would hide Python's own
    "AnomalyError",
    "AutogradError",
    "AutogradWarning",
    "EngineFailure",
    "ForeignFiles",
    "LostDerivative",
    "MissingDependency",
    "NoKernel",
    "SlowWarning",
    "StaleGradient",
    "TraceError",
    "Value",
    "custom_jvp",
    "custom_vjp",
    "derivative",
    "detect_anomaly",
    "draw",
    "exercise",
    "explain",
    "grad",
    "gradient",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jit",
    "jvp",
    "name",
    "name_locals",
    "no_grad",
    "page",
    "primitive",
    "propagate",
    "scope",
    "spreadsheet",
    "to_dot",
    "to_sympy",
    "value_and_grad",
    "value_and_jacobian",
    "vjp",
    "vmap",
    "zero_grad",
]
