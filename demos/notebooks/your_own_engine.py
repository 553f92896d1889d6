# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Write your own engine, and check it
#
# An autograd engine in twenty lines. It looks right. Is it?


# %%
class Mine:
    def __init__(self, data, operands=()):
        self.data, self.grad, self.operands = data, 0.0, operands
        self.pull = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Mine) else Mine(other)
        out = Mine(self.data + other.data, (self, other))

        def pull():
            self.grad += out.grad
            other.grad += out.grad

        out.pull = pull
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Mine) else Mine(other)
        out = Mine(self.data * other.data, (self, other))

        def pull():
            self.grad = other.data * out.grad  # here is the fault
            other.grad = self.data * out.grad

        out.pull = pull
        return out

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node.pull()


x, y = Mine(2.0), Mine(3.0)
(x * y + x).backward()
print(x.grad, y.grad)

# %% [markdown]
# That should be `(4.0, 2.0)`, and it is `(3.0, 2.0)`. The check finds the smallest program that shows the fault.

# %%
from autograd.testing import check_engine  # noqa: E402

report = check_engine(Mine, effort="quick", only=["repeated operands", "diamonds"])
print(report)

# %% [markdown]
# A gradient adds up over the uses of a number: `+=` in place of `=`. The derivation says the same, with a sum over the
# uses of x.

# %%
from autograd import Value, explain  # noqa: E402

a, b = Value(2.0, "x"), Value(3.0, "y")
p = a * b
p.label = "p"
explain(p + a, a)
