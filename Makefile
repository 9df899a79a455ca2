# Drivearr: `make up` runs it, `make test` tests it; both set themselves up.
.DEFAULT_GOAL := help
.PHONY: help install up demo test check fmt lint types imports templates migrations bench requirements clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install
PIN := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

install: $(VENV)/.runtime ## set up the virtual environment, so that .venv/bin/drivearr works

up: install ## start everything and say where to open it
	@$(BIN)/drivearr up

demo: $(VENV)/.demo ## the same with a small library and two drives of its own making
	@$(BIN)/python -m drivearr.demo

$(VENV)/bin/python:
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/make-venv

$(VENV)/.build: requirements/build.txt | $(VENV)/bin/python
	@$(PIP) --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml $(VENV)/.build
	@echo "Installing what Drivearr needs ..."
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.demo: requirements/demo.txt $(VENV)/.runtime
	@$(PIP) --require-hashes -r requirements/demo.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

test: $(VENV)/.dev ## the whole suite, browser tests included
	@sh .ci/system-packages
	$(BIN)/python -m pytest -n 2 -m "not browser and not processes and not postgres"
	$(BIN)/python -m pytest -m "processes or postgres"
	$(BIN)/python -m pytest -m browser

check: fmt-check lint types imports templates migrations ## format, lint, types, imports, templates, migrations

fmt-check: $(VENV)/.dev
	$(BIN)/ruff format --check .

fmt: $(VENV)/.dev ## put the code in its form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy .

imports: $(VENV)/.dev ## which way imports point
	$(BIN)/lint-imports

templates: $(VENV)/.dev
	$(BIN)/djlint --lint --quiet templates

migrations: $(VENV)/.dev
	$(BIN)/drivearr makemigrations --check --dry-run
	$(BIN)/drivearr check

bench: $(VENV)/.dev ## the benchmarks, with ratios
	$(BIN)/python -m benchmarks

requirements: $(VENV)/.dev ## pin the newest versions that fit, with hashes
	$(PIN) --upgrade pyproject.toml -o requirements/runtime.txt
	$(PIN) --upgrade --extra demo -c requirements/runtime.txt pyproject.toml -o requirements/demo.txt
	$(PIN) --upgrade --extra dev --extra demo -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt
	echo setuptools | $(PIN) --upgrade - -o requirements/build.txt

clean: ## remove the virtual environment and caches; your data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build dist
