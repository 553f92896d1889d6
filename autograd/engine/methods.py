"""Every function of one number as a method, so that ``x.exp()`` works, and with it ``numpy.exp(array_of_values)``."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any, Final

from mypy_extensions import mypyc_attr

from autograd.engine import rules
from autograd.engine.rules import Rule

# What NumPy calls an operator.
OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
}


def plain(x: Any) -> Any:
    """NumPy's real scalar, or the only number in an array without axes, as a float; None for anything else."""
    if isinstance(x, float):
        return float(x)
    return float(x) if getattr(x, "ndim", None) == 0 and x.dtype.kind in "fiub" else None


_THEIRS: Final = ("clone", "detach", "item", "numpy", "requires_grad", "tolist", "zero_grad")
_NUMBER: Final = "the plain number is x.data, or float(x); inside a function that is differentiated, stop_gradient(x)"


def _theirs(name: str, cure: str) -> Exception:
    return AttributeError(f"a Value has no {name!r}, which is PyTorch's: {cure}")


@mypyc_attr(allow_interpreted_subclasses=True)
class Functions:
    """The methods; a class that inherits them says in ``_apply`` what applying a row of the table means to it."""

    __slots__ = ()

    def _apply(self, rule: Rule, *others: Any) -> Any:
        raise NotImplementedError

    # fmt: off
    def exp(self) -> Any: return self._apply(rules.exp)
    def expm1(self) -> Any: return self._apply(rules.expm1)
    def log(self) -> Any: return self._apply(rules.log)
    def log1p(self) -> Any: return self._apply(rules.log1p)
    def log2(self) -> Any: return self._apply(rules.log2)
    def log10(self) -> Any: return self._apply(rules.log10)
    def sqrt(self) -> Any: return self._apply(rules.sqrt)
    def cbrt(self) -> Any: return self._apply(rules.cbrt)
    def sin(self) -> Any: return self._apply(rules.sin)
    def cos(self) -> Any: return self._apply(rules.cos)
    def tan(self) -> Any: return self._apply(rules.tan)
    def asin(self) -> Any: return self._apply(rules.asin)
    def acos(self) -> Any: return self._apply(rules.acos)
    def atan(self) -> Any: return self._apply(rules.atan)
    def sinh(self) -> Any: return self._apply(rules.sinh)
    def cosh(self) -> Any: return self._apply(rules.cosh)
    def tanh(self) -> Any: return self._apply(rules.tanh)
    def asinh(self) -> Any: return self._apply(rules.asinh)
    def acosh(self) -> Any: return self._apply(rules.acosh)
    def atanh(self) -> Any: return self._apply(rules.atanh)
    def sigmoid(self) -> Any: return self._apply(rules.sigmoid)
    def softplus(self) -> Any: return self._apply(rules.softplus)
    def relu(self) -> Any: return self._apply(rules.relu)
    def gelu(self) -> Any: return self._apply(rules.gelu)
    def silu(self) -> Any: return self._apply(rules.silu)
    def sign(self) -> Any: return self._apply(rules.sign)
    def floor(self) -> Any: return self._apply(rules.floor)
    def ceil(self) -> Any: return self._apply(rules.ceil)
    def trunc(self) -> Any: return self._apply(rules.trunc)
    def round(self) -> Any: return self._apply(rules.round_)
    def erf(self) -> Any: return self._apply(rules.erf)
    def erfc(self) -> Any: return self._apply(rules.erfc)
    def erfinv(self) -> Any: return self._apply(rules.erfinv)
    def ndtr(self) -> Any: return self._apply(rules.ndtr)
    def log_ndtr(self) -> Any: return self._apply(rules.log_ndtr)
    def logit(self) -> Any: return self._apply(rules.logit)
    def log_sigmoid(self) -> Any: return self._apply(rules.log_sigmoid)
    def lgamma(self) -> Any: return self._apply(rules.lgamma)
    def digamma(self) -> Any: return self._apply(rules.digamma)
    def sinc(self) -> Any: return self._apply(rules.sinc)
    def abs(self) -> Any: return self._apply(rules.abs_)
    def leaky_relu(self, slope: Any = 0.01) -> Any: return self._apply(rules.leaky_relu, slope)
    def elu(self, alpha: Any = 1) -> Any: return self._apply(rules.elu, alpha)
    def hypot(self, other: Any) -> Any: return self._apply(rules.hypot, other)
    def logaddexp(self, other: Any) -> Any: return self._apply(rules.logaddexp, other)
    def xlogy(self, other: Any) -> Any: return self._apply(rules.xlogy, other)

    # NumPy's spelling, which np.arcsin(array_of_values) looks for.
    def arcsin(self) -> Any: return self._apply(rules.asin)
    def arccos(self) -> Any: return self._apply(rules.acos)
    def arctan(self) -> Any: return self._apply(rules.atan)
    def arcsinh(self) -> Any: return self._apply(rules.asinh)
    def arccosh(self) -> Any: return self._apply(rules.acosh)
    def arctanh(self) -> Any: return self._apply(rules.atanh)
    def arctan2(self, x: Any) -> Any: return self._apply(rules.atan2, x)
    def rint(self) -> Any: return self._apply(rules.round_)
    def fabs(self) -> Any: return self._apply(rules.abs_)
    # fmt: on

    # Names that PyTorch's numbers have. hasattr() says that these have not, and dir() doesn't show them.
    # fmt: off
    @property
    def item(self) -> Any: raise _theirs("item", _NUMBER)
    @property
    def numpy(self) -> Any: raise _theirs("numpy", _NUMBER)
    @property
    def tolist(self) -> Any: raise _theirs("tolist", _NUMBER)
    @property
    def detach(self) -> Any: raise _theirs("detach", _NUMBER)
    @property
    def clone(self) -> Any: raise _theirs("clone", "an operation changes no operand, so x itself will do")
    @property
    def requires_grad(self) -> Any: raise _theirs("requires_grad", "Value(3.0) gets a gradient, the plain 3.0 has none")
    @property
    def zero_grad(self) -> Any: raise _theirs("zero_grad", "write x.grad = 0.0, or autograd.zero_grad([x, y])")
    # fmt: on

    def __dir__(self) -> Any:
        return [name for name in object.__dir__(self) if name not in _THEIRS]

    def conjugate(self) -> Any:  # NumPy's var, std and vdot ask for it
        return self

    def __abs__(self) -> Any:
        return self._apply(rules.abs_)

    def __round__(self, digits: Any = None) -> Any:
        if digits is None:
            return self._apply(rules.round_)
        raise TypeError(
            "round to decimals has derivative 0 and is not recorded; write round(float(stop_gradient(x)), n)"
        )

    def as_integer_ratio(self) -> Any:  # statistics.mean and Fraction call it
        raise TypeError(
            "a number with a derivative has no exact fraction, which statistics.mean and Fraction ask for; "
            "use autograd.mean, or Fraction(float(x)) for its number alone"
        )

    def __floor__(self) -> Any:  # math.floor calls it
        return self._apply(rules.floor)

    def __ceil__(self) -> Any:
        return self._apply(rules.ceil)

    def __trunc__(self) -> Any:
        return self._apply(rules.trunc)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:  # NumPy calls it
        if len(inputs) == 2 and not kwargs and method == "__call__":
            operate = OPERATORS.get(ufunc.__name__)
            if operate is not None:  # most often NumPy's scalar, times a Value
                a, b = inputs
                number = plain(b if a is self else a)
                if number is not None:
                    return operate(self, number) if a is self else operate(number, self)
        from autograd.engine.arrays import apply_ufunc

        return apply_ufunc(rules.of_ufunc, ufunc, method, inputs, kwargs)

    def _sympy_(self) -> Any:  # SymPy calls it, and would otherwise take the number and lose the derivative
        raise sys.modules["sympy"].SympifyError(self)
