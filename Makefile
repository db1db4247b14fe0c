# Two commands on a fresh machine: `make demo` and `make test`. Everything goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONNECTORS := $(patsubst %/pyproject.toml,%,$(wildcard connectors/*/pyproject.toml))
EDITABLE := -e . $(addprefix -e ./,$(CONNECTORS))
PROJECTS := pyproject.toml $(addsuffix /pyproject.toml,$(CONNECTORS))

.PHONY: demo test check lint types conformance quality versions figures bench clean

demo: $(VENV)/installed
	$(BIN)/hub demo

test: $(VENV)/dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: lint types test

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev
	$(BIN)/pyright --pythonpath $(BIN)/python

quality: $(VENV)/dev
	@for connector in $(CONNECTORS); do $(BIN)/hub check-quality $$connector || exit 1; done

versions: $(VENV)/dev
	$(BIN)/python tests/packaging/versions.py

# The official MCP conformance suite and the Inspector's schema lint; see docs/conformance.md.
conformance: $(VENV)/dev
	$(BIN)/python tests/conformance/run.py

figures: $(VENV)/dev
	$(BIN)/python -m tests.acceptance.walk

bench: $(VENV)/dev
	$(BIN)/python tests/benchmarks/bench.py

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "The hub needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "This Python has no venv module; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/installed: $(BIN)/python $(PROJECTS)
	$(BIN)/python -m pip install --quiet $(EDITABLE)
	@touch $@

$(VENV)/dev: $(VENV)/installed .ci/constraints.txt
	$(BIN)/python -m pip install --quiet --constraint .ci/constraints.txt --group dev
	@touch $@
