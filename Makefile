# make demo    the w1-w8 study: every number of the forward and backward pass, with pictures, in out/
# make test    everything that is checked
# make test-peers  the derivatives against those of JAX and HIPS autograd
# The first two make their own virtual environment in .venv, and use it again while pyproject.toml stays as it is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test test-peers zoo lint types arrows long clean

demo: $(READY)
	$(BIN)/python demos/w8_network.py

test: lint types arrows
	$(BIN)/python -m pytest -n auto --cov --cov-report=term --cov-fail-under=95

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

arrows: $(READY)
	$(BIN)/lint-imports --no-logo

# The same properties with 10,000 examples each.
long: $(READY)
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n auto

# The zoo: every faulty engine, what finds its fault, and the smallest expression.
zoo: $(READY)
	$(BIN)/python -m tests.zoo

# Every transform against JAX and against HIPS autograd, which shares our import name: each has an environment of its own.
test-peers: .venv-peers/.ready .venv-hips/.ready
	HIPS_PYTHON=$(CURDIR)/.venv-hips/bin/python .venv-peers/bin/python -m pytest peers/test_*.py

.venv-peers/.ready: pyproject.toml peers/requirements-jax.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[explain,testing]' -r peers/requirements-jax.txt
	@touch $@

.venv-hips/.ready: peers/requirements-hips.txt
	$(PYTHON) -m venv .venv-hips
	.venv-hips/bin/python -m pip install --quiet --disable-pip-version-check -r peers/requirements-hips.txt
	@touch $@

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "chainrule needs Python 3.10 or newer; say: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .venv-peers .venv-hips out build dist *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
