"""No module of chainrule's: somebody who imports it wants HIPS autograd, and reads so in the error."""

raise ImportError(
    "autograd.numpy belongs to HIPS autograd; this is chainrule, another package of that name. Here NumPy's own "
    "functions take arrays of Values and of traced numbers: write import numpy as np"
)
