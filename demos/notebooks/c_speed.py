# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # A scalar program at C speed
#
# The path of a thrown ball with drag, one number at a time, in plain Python. How does the distance change with the
# angle and the speed? `value_and_grad` answers, and `jit` compiles the answer.

# %%
import time

from autograd import cos, jit, sin, sqrt, value_and_grad


def distance(angle, speed):
    x, y, u, v = 0.0, 0.0, speed * cos(angle), speed * sin(angle)
    for _ in range(100):
        drag = 0.01 * sqrt(u * u + v * v)
        x, y = x + 0.01 * u, y + 0.01 * v
        u, v = u - 0.01 * drag * u, v - 0.01 * (9.81 + drag * v)
    return x


# %% [markdown]
# ## Three ways to the same numbers

# %%
gradient = value_and_grad(distance, argnums=(0, 1))
compiled = jit(gradient)
print("as Python:", gradient(0.7, 20.0))
print("compiled: ", compiled(0.7, 20.0))


# %%
def seconds(function, calls):
    began = time.perf_counter()
    for _ in range(calls):
        function(0.7, 20.0)
    return (time.perf_counter() - began) / calls


python, machine = seconds(gradient, 10), seconds(compiled, 1000)
print(f"as Python {python * 1e3:.2f} ms, compiled {machine * 1e6:.0f} µs a call")

# %% [markdown]
# ## What is compiled
#
# The first lines of the program, before it is laid out for the machine.

# %%
print("\n".join(str(compiled.lower(0.7, 20.0)).splitlines()[:12]))
