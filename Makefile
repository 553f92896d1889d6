# make demo    the w1-w8 study: every number of the forward and backward pass, with pictures, in out/
# make demos   the other demos: moons, digits, a GPT, Kepler's law, a curve fit, option Greeks; pictures in out/
# make check   does it work on this machine? Two minutes, once the environment is there
# make test    everything that is checked, on both forms of the engine: the Python that one reads, and the compiled one
# make test-pyodide  the pure wheel in WebAssembly's Python, as in a browser; needs Node
# make test-peers  the derivatives against those of JAX and HIPS autograd, the optimisers against PyTorch's
# make docs        the pages in docs/ as a site, in out/docs; it opens from disk
# make bench       how fast, beside PyTorch, JAX, C and others: one table
# make mutants     do the tests notice? Thousands of small faults, one at a time
# The first four make their own virtual environments: .venv has the sources themselves, installed as editable, with
# jit's kernel compiled, and stays while pyproject.toml stays as it is; .venv-compiled has the wheel that is built from
# them. make demo installs what the demo needs, the others
# what developing needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   := $(VENV)/.demo

COMPILED  := .venv-compiled
ELSEWHERE := build/tests

.PHONY: demo demos check test test-pure test-compiled test-pyodide test-peers bench docs mutants zoo thorough lint types arrows long clean

demo: $(DEMO)
	$(BIN)/python demos/w8_network.py

demos: $(READY)
	$(BIN)/python demos/moons.py
	$(BIN)/python demos/digits.py
	$(BIN)/python demos/kepler.py
	$(BIN)/python demos/curve_fit.py
	$(BIN)/python demos/greeks.py
	$(BIN)/python demos/kalman.py
	$(BIN)/python demos/sabr.py
	$(BIN)/python demos/heston.py
	$(BIN)/python demos/gpt.py
	$(BIN)/python demos/w8_network.py

# A part of the tests, with few examples of each property.
check: $(READY)
	HYPOTHESIS_PROFILE=mutants $(BIN)/python -m pytest -n auto -q -k "not million and not ulp and not memory" \
		tests/test_value.py tests/test_w8.py tests/test_messages.py tests/test_nn.py tests/test_transforms.py \
		tests/test_gradients.py tests/compiler/test_jit.py tests/compiler/test_backends.py tests/test_pictures.py

test: lint types arrows test-pure test-compiled

test-pure: $(READY)
	$(BIN)/python -m pytest -n auto --cov --cov-report=term --cov-fail-under=95

# The same tests on the wheel, run where the sources aren't. Only without a C compiler may the wheel be pure.
test-compiled: $(COMPILED)/.ready
	@rm -rf $(ELSEWHERE) && mkdir -p $(ELSEWHERE)
	@cp -R benchmarks demos docs peers tests *.md pyproject.toml $(ELSEWHERE)
	@if (cd $(ELSEWHERE) && $(CURDIR)/$(COMPILED)/bin/python -m autograd --version) | grep -q 'engine compiled, kernel compiled'; \
	then cd $(ELSEWHERE) && HYPOTHESIS_PROFILE=compiled $(CURDIR)/$(COMPILED)/bin/python -m pytest -n auto -p no:cacheprovider tests; \
	elif command -v cc || command -v gcc || command -v clang; \
	then echo "the engine or the kernel was not compiled, though there is a C compiler; to see why: pip wheel --no-deps -v ." >&2; exit 1; \
	else echo "no C compiler here: the tests of the compiled engine are left out"; \
	fi

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

# Each primitive at 100,000 points, and 1,000,000 random expressions: about 40 minutes of processor time. It can be
# interrupted, and goes on where it was. make thorough OPTIONS="--jobs 4" takes four cores.
thorough: $(READY)
	$(BIN)/python -m tests.thorough $(OPTIONS)

# Every transform against JAX and against HIPS autograd, which shares our import name: each has an environment of its own.
# The optimisers against PyTorch's.
test-peers: .venv-peers/.ready .venv-hips/.ready
	HIPS_PYTHON=$(CURDIR)/.venv-hips/bin/python .venv-peers/bin/python -m pytest peers/test_*.py

test-pyodide: $(READY)
	npm ci --prefix tests/pyodide
	$(BIN)/python -m pytest tests/test_package.py

# Mutation testing (docs/mutants.md). A run that was broken off goes on where it was; rm -r out/mutants begins afresh.
# make mutants OPTIONS=--all tests every mutant of every file; OPTIONS="--most 14" a small sample of each.
mutants: .venv-mutants/.ready
	.venv-mutants/bin/python -m tests.mutation $(OPTIONS)

# What is measured is chainrule as it is installed, compiled where that is possible. The peers take 2 GB.
# make bench OPTIONS="--only gpt --quick" measures a part of it, and roughly.
bench: .venv-bench/.ready .venv-hips/.ready
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
	HIPS_PYTHON=$(CURDIR)/.venv-hips/bin/python .venv-bench/bin/python -m benchmarks $(OPTIONS)

docs: .venv-docs/.ready
	.venv-docs/bin/python -m sphinx -W --keep-going -q -b html -d out/doctrees docs out/docs
	@echo "out/docs/index.html"

.venv-docs/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-docs
	CHAINRULE_PURE=1 .venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

.venv-bench/.ready: pyproject.toml benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	CHAINRULE_PURE=1 .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check . -r benchmarks/requirements.txt
	@touch $@

.venv-mutants/.ready: pyproject.toml tests/mutation/requirements.txt
	$(PYTHON) -m venv .venv-mutants
	.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' -r tests/mutation/requirements.txt
	@touch $@

.venv-peers/.ready: pyproject.toml peers/requirements-jax.txt peers/requirements-torch.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[explain,testing]' -r peers/requirements-jax.txt -r peers/requirements-torch.txt
	@touch $@

.venv-hips/.ready: peers/requirements-hips.txt
	$(PYTHON) -m venv .venv-hips
	.venv-hips/bin/python -m pip install --quiet --disable-pip-version-check -r peers/requirements-hips.txt
	@touch $@

$(COMPILED)/.ready: pyproject.toml setup.py $(shell find autograd nn -name '*.py' -o -name '*.[ch]')
	rm -rf $(COMPILED)
	$(PYTHON) -m venv $(COMPILED)
	$(COMPILED)/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	@touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "chainrule needs Python 3.10 or newer; say: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(DEMO): pyproject.toml | $(VENV)/bin/pip
	@echo "Once: installing what the demo needs into $(VENV), and compiling jit's kernel. That takes two or three minutes."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[plots]'
	@touch $@

$(READY): pyproject.toml | $(VENV)/bin/pip
	@echo "Once: installing what developing needs into $(VENV), and compiling jit's kernel. That takes some minutes."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(DEMO)

clean:
	rm -rf $(VENV) $(COMPILED) .venv-peers .venv-hips .venv-mutants .venv-bench .venv-docs out build dist *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
