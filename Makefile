# `make` shows what there is. Works with GNU make 3.81 (macOS) and newer.
SHELL := /bin/bash
VENV_PYTHON := .venv/bin/python
# What a change of makes the environment stale.
FRAME := requirements/runtime.txt requirements/dev.txt pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup demo test torture bench check format requirements clean

help: ## Show this
	@echo "Rollcall: Zoom attendance to Brevo over Kafka"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

setup: ## Make .venv with everything pinned, and .venv/bin/rollcall
	@bash requirements/setup.sh $(FRAME)

demo: setup ## Send a webinar through a real Kafka to a Brevo on this machine, and compare with the truth
	@.venv/bin/rollcall demo

test: setup ## Unit, contract, integration and acceptance tests, on a real Kafka
	@echo "==> Tests: unit, contract, integration, acceptance (the first run fetches Apache Kafka, about 36 MB)"
	@$(VENV_PYTHON) -m pytest -m "not torture and not benchmark" tests/unit tests/contract tests/integration tests/acceptance

torture: setup ## The whole matrix of kills and faults (minutes)
	@$(VENV_PYTHON) -m pytest -m torture tests

bench: setup ## All benchmarks, one after another
	@for file in tests/benchmarks/bench_*.py; do \
	  name=$$(basename "$$file" .py); \
	  echo "==> $$name"; \
	  $(VENV_PYTHON) -m "tests.benchmarks.$$name" || exit $$?; \
	done

check: setup ## What CI checks besides tests: style, types, layers, spelling
	@echo "==> ruff check";          .venv/bin/ruff check .
	@echo "==> ruff format --check"; .venv/bin/ruff format --check .
	@echo "==> mypy";                .venv/bin/mypy
	@echo "==> lint-imports";        .venv/bin/lint-imports
	@echo "==> codespell";           .venv/bin/codespell

format: setup ## Format the code and sort its imports
	@.venv/bin/ruff check --fix --select I .
	@.venv/bin/ruff format .

# Resolved on the oldest Python that we support, so that backports are in; the newer ones ignore them.
PIP_COMPILE = PIP_FIND_LINKS= CUSTOM_COMPILE_COMMAND="make requirements" build/pip-tools/bin/pip-compile --quiet \
  --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
  --constraint requirements/constraints.in

requirements: ## Resolve requirements/*.txt anew (needs python3.11)
	@echo "==> Resolving on $$(python3.11 --version); this takes some minutes"
	@python3.11 -m venv build/pip-tools
	@build/pip-tools/bin/pip install --quiet pip-tools==7.6.2
	@build/pip-tools/bin/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb")); \
	  print(*project["build-system"]["requires"], "editables", *project["dependency-groups"]["dev"], sep="\n")' > build/dev.in
	@$(PIP_COMPILE) --output-file requirements/runtime.txt pyproject.toml
	@$(PIP_COMPILE) --constraint requirements/runtime.txt --extra sandbox --output-file requirements/dev.txt \
	  pyproject.toml build/dev.in

clean: ## Remove the environment, caches and builds (not data/)
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
