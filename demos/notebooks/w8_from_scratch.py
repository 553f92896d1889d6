# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # The w1–w8 network from scratch
#
# Two inputs, two hidden neurons, two outputs, eight weights. We write it down, look at it, derive one gradient by the
# chain rule, and train it.

# %%
from autograd import Value, draw, exercise, explain, name, sigmoid

w1, w2, w3, w4 = Value(0.15, "w1"), Value(0.20, "w2"), Value(0.25, "w3"), Value(0.30, "w4")
w5, w6, w7, w8 = Value(0.40, "w5"), Value(0.45, "w6"), Value(0.50, "w7"), Value(0.55, "w8")
weights = [w1, w2, w3, w4, w5, w6, w7, w8]
i1, i2, t1, t2 = Value(0.05, "i1"), Value(0.10, "i2"), Value(0.01, "t1"), Value(0.99, "t2")


# %% [markdown]
# ## Forward
#
# Every operation makes a node of a graph. `name` gives the nodes the names that they have on paper.


# %%
def error():
    h1, h2 = w1 * i1 + w2 * i2, w3 * i1 + w4 * i2
    a_h1, a_h2 = sigmoid(h1), sigmoid(h2)
    o1, o2 = w5 * a_h1 + w6 * a_h2, w7 * a_h1 + w8 * a_h2
    a_o1, a_o2 = sigmoid(o1), sigmoid(o2)
    E1, E2 = 1 / 2 * (t1 - a_o1) ** 2, 1 / 2 * (t2 - a_o2) ** 2  # noqa: N806 - as on paper
    E_total = E1 + E2  # noqa: N806
    name(h1=h1, h2=h2, a_h1=a_h1, a_h2=a_h2, o1=o1, o2=o2, a_o1=a_o1, a_o2=a_o2, E1=E1, E2=E2, E_total=E_total)
    return E_total


E_total = error()
explain.forward(E_total)

# %% [markdown]
# ## Backward
#
# `backward` fills in the gradient of every node. The picture shows it below each number.

# %%
E_total.backward()
draw(E_total, fold=True, highlight="w5")

# %% [markdown]
# ## Why is it that number?
#
# The derivation by the chain rule, from the error back to w5, and to w1, where two paths meet.

# %%
explain(E_total, w5)

# %%
explain(E_total, w1)

# %% [markdown]
# ## A step, and a thousand more

# %%
explain.update(weights, lr=0.5)

# %%
errors = []
for _ in range(1000):
    E_total = error()
    errors.append(E_total.data)
    for w in weights:
        w.grad = 0.0
    E_total.backward()
    for w in weights:
        w.data -= 0.5 * w.grad
print(f"the error was {errors[0]:.6f} and is {errors[-1]:.6f}")

# %% [markdown]
# ## The same as an exercise
#
# `to_moodle(path)` writes it for a course; here is the first step of the sheet and what is said of a wrong answer.

# %%
step = exercise(error(), [w1], seeds=[1]).questions[0].steps[-1]
print(step.name, "=", step.formula)
print(step.diagnose(-step.answer).message)
