# Drivearr: `make up` runs it, `make test` tests it; both set themselves up.
.DEFAULT_GOAL := help
.PHONY: help install up demo shots test soak check fmt fmt-check lint types imports templates migrations bench texts requirements clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# For checks that must not depend on the settings of this home.
CLEAN_ENV := env -u DRIVEARR_DATABASE_URL -u DRIVEARR_REDIS_URL DRIVEARR_DATA_DIR=$(VENV)/data

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

install: $(VENV)/.runtime ## set up the virtual environment, so that .venv/bin/drivearr works

up: install ## start everything and say where to open it
	@exec $(BIN)/drivearr up

demo: $(VENV)/.demo ## the same with a small library and two drives of its own making
	@exec $(BIN)/python -m drivearr.demo

$(VENV)/bin/python:
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/make-venv

$(VENV)/.build: requirements/build.txt | $(VENV)/bin/python
	@$(PIP) --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml $(VENV)/.build
	@echo "Installing what Drivearr needs (once; a minute or two) ..."
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.demo: requirements/demo.txt $(VENV)/.runtime
	@echo "Installing what makes the demo's videos ..."
	@$(PIP) --require-hashes -r requirements/demo.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

test: $(VENV)/.dev ## the whole suite: on both cores, then real processes, then a real browser
	@sh .ci/system-packages
	@PYTHON=$(BIN)/python sh .ci/tests

soak: $(VENV)/.dev ## random faults for an hour (SOAK_SECONDS) while copying; needs root
	@sh .ci/system-packages
	$(BIN)/python -m tests.faults.soak

shots: $(VENV)/.dev $(VENV)/.demo ## pictures of every page in .shots, to look at
	@DJANGO_SETTINGS_MODULE=drivearr.settings $(BIN)/python -m tests.shots
	@SHOTS_TO="$(CURDIR)/.shots" $(BIN)/python -m pytest -q -m browser tests/browser/pictures.py

check: fmt-check lint types imports templates migrations ## format, lint, types, imports, templates, migrations, settings

fmt-check: $(VENV)/.dev
	$(BIN)/ruff format --check .

fmt: $(VENV)/.dev ## put code and templates in their form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy .

imports: $(VENV)/.dev ## which way imports point
	$(BIN)/lint-imports

templates: $(VENV)/.dev
	git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	git ls-files -z '*.html' | xargs -0 -r $(BIN)/djlint --lint --quiet

migrations: $(VENV)/.dev
	$(CLEAN_ENV) $(BIN)/drivearr makemigrations --check --dry-run
	$(CLEAN_ENV) DRIVEARR_URL=https://drivearr.example $(BIN)/drivearr check --deploy --fail-level WARNING

bench: $(VENV)/.dev ## the benchmarks, with ratios
	$(BIN)/python -m benchmarks

texts: $(VENV)/.dev ## gather the words for translators into locale (needs GNU gettext)
	$(CLEAN_ENV) $(BIN)/drivearr makemessages --all --no-wrap --no-obsolete --add-location file --ignore tests --ignore benchmarks

requirements: $(VENV)/.dev ## pin the newest versions that fit, with hashes
	@PYTHON=$(BIN)/python sh .ci/pin

clean: ## remove the virtual environment and caches; your data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build dist
