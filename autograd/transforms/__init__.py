"""Derivatives of functions: ``grad`` and its family, and the worlds that they run a function in."""

from autograd.transforms.custom import custom_jvp, custom_vjp
from autograd.transforms.derivatives import (
    derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    value_and_jacobian,
    vjp,
)
from autograd.transforms.implicit import implicit
from autograd.transforms.uncertainty import propagate

__all__ = [
    "custom_jvp",
    "custom_vjp",
    "derivative",
    "grad",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jvp",
    "propagate",
    "value_and_grad",
    "value_and_jacobian",
    "vjp",
]
