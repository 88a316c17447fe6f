# `make` shows what there is. Works with GNU make 3.81 (macOS) and newer.
SHELL := /bin/bash
VENV_PYTHON := .venv/bin/python
# What a change of makes the environment stale.
FRAME := requirements/runtime.txt requirements/dev.txt pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup demo image pin-images compose-demo test containers containers-quick torture attack bench check structure format requirements clean

help: ## Show this
	@echo "Rollcall: Zoom attendance to Brevo over Kafka"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

setup: ## Make .venv with everything pinned, and .venv/bin/rollcall
	@bash requirements/setup.sh $(FRAME)

demo: setup ## Send a webinar through a real Kafka to a Brevo on this machine, and compare with the truth
	@.venv/bin/rollcall demo

# By digest where deploy/pin-images.sh has written one.
PYTHON_IMAGE ?= $(shell sed -n 's/^PYTHON_IMAGE=//p' .env 2>/dev/null)

image: ## Build the container image rollcall-connector:local (needs Docker)
	@docker build $(PYTHON_IMAGE:%=--build-arg PYTHON_IMAGE=%) --tag rollcall-connector:local .

pin-images: ## Write the digests of the base images into .env, for compose and `make image` (needs Docker, a registry)
	@deploy/pin-images.sh

# A project of its own on ports of its own: whatever else runs here, also a real installation, is left alone.
COMPOSE_DEMO = ROLLCALL_INSTALLATION=./deploy/sandbox INGRESS_PUBLISH=127.0.0.1: SANDBOX_ZOOM_PUBLISH=0 \
  SANDBOX_BREVO_PUBLISH=0 docker compose --project-name rollcall-demo --profile sandbox

compose-demo: ## The demo in containers, image and all; removed afterwards (needs Docker)
	@trap '$(COMPOSE_DEMO) down --volumes' EXIT; \
	  $(COMPOSE_DEMO) up --build --detach --wait kafka ingress worker zoom brevo && \
	  $(COMPOSE_DEMO) run --rm simulator --seed 7

# The tests with processes wait most of their time: five at once, handed out one by one, share one Kafka, apart by topic
# prefixes (tests/conftest.py). What computes fills the gaps from beside them, in two processes: each that runs tests
# imports all of its run's first. Each is a session of its own, like each process under test: Linux shares a machine
# fairly among sessions, and in that of the others they would end minutes after them.
AT_ONCE = --numprocesses=5 --dist=load --maxschedchunk=1
PLAIN = -m "not torture and not benchmark and not containers"
OWN_SESSION = $(shell command -v setsid)
# What waits for a Kafka or other processes, too, is with those that do.
ON_KAFKA = tests/contract/test_ingress_publisher.py
WAITING = $(ON_KAFKA) tests/contract/test_forks.py tests/contract/test_packaging.py tests/unit/sandbox/test_kafka.py
COMPUTE = $(OWN_SESSION) $(VENV_PYTHON) -m pytest $(PLAIN) $(WAITING:%=--ignore=%)

# Once, rather than by each of them and by the processes that they start.
COMPILED = console ingress ops processors readmodel runtime sandbox schemas tests/support

test: setup ## Unit, contract, integration and acceptance tests, on a real Kafka
	@echo "==> Tests: integration, acceptance; beside them unit, contract (8 minutes on two slow cores; the first run fetches Apache Kafka, about 36 MB)"
	@$(VENV_PYTHON) -m compileall -q $(COMPILED)
	@mkdir -p build; \
	  ROLLCALL_SANDBOX_PORTS=27500-29749 $(COMPUTE) tests/unit >build/tests-unit.log 2>&1 & unit=$$!; \
	  ROLLCALL_SANDBOX_PORTS=29750-31999 $(COMPUTE) tests/contract >build/tests-contract.log 2>&1 & contract=$$!; \
	  trap 'kill $$unit $$contract 2>/dev/null' EXIT INT TERM; \
	  $(VENV_PYTHON) -m pytest $(AT_ONCE) $(PLAIN) tests/integration tests/acceptance $(WAITING); failed=$$?; \
	  wait $$unit || failed=$$?; wait $$contract || failed=$$?; trap - EXIT; \
	  for layer in unit contract; do echo "==> Tests: $$layer"; cat build/tests-$$layer.log; done; exit $$failed

containers: setup ## The integration tests on Kafka in a container; image, compose file, network faults (needs Docker)
	@echo "==> Tests with containers (the first run builds the image)"
	@ROLLCALL_TEST_KAFKA=docker $(VENV_PYTHON) -m pytest -m "not torture and not benchmark" \
	  tests/integration $(ON_KAFKA)

containers-quick: setup ## A few of these: the image, the compose file, TLS and a password, a cut network (needs Docker)
	@echo "==> A few tests with containers (the first run builds the image)"
	@ROLLCALL_TEST_KAFKA=docker $(VENV_PYTHON) -m pytest -m containers_quick tests/integration/containers

torture: setup ## The whole matrix of kills and faults (minutes)
	@$(VENV_PYTHON) -m pytest -m torture tests

attack: setup ## Attack a running ingress, and see what valid deliveries notice of it (`ATTACK_SECONDS=60` of each; 4)
	@$(VENV_PYTHON) -m tests.attacks --seconds $(or $(ATTACK_SECONDS),4)

bench: setup ## All benchmarks, one after another
	@for file in tests/benchmarks/bench_*.py; do \
	  name=$$(basename "$$file" .py); \
	  echo "==> $$name"; \
	  $(VENV_PYTHON) -m "tests.benchmarks.$$name" || exit $$?; \
	done

check: setup ## What CI checks besides tests: style, types, complexity, layers, spelling
	@echo "==> ruff check";          .venv/bin/ruff check .
	@echo "==> ruff format --check"; .venv/bin/ruff format --check .
	@echo "==> mypy";                .venv/bin/mypy
	@echo "==> lizard";              .venv/bin/lizard -l python -C 15 -L 40 -w console ingress ops processors readmodel runtime sandbox schemas && .venv/bin/lizard -l python -C 15 -w tests
	@echo "==> lint-imports";        .venv/bin/lint-imports
	@echo "==> codespell";           .venv/bin/codespell

structure: setup ## Figures of the structure: modules, sizes, imports, arrows (AGAINST=<commit> shows that one first)
	@$(VENV_PYTHON) -m tests.support.structure $(if $(AGAINST),--against $(AGAINST))

format: setup ## Format the code and sort its imports
	@.venv/bin/ruff check --fix --select I .
	@.venv/bin/ruff format .

# Resolved on the oldest Python that we support, so that backports are in; the newer ones ignore them.
PIP_COMPILE = PIP_FIND_LINKS= CUSTOM_COMPILE_COMMAND="make requirements" build/pip-tools/bin/pip-compile --quiet \
  --generate-hashes --allow-unsafe --strip-extras --no-emit-options \
  --constraint requirements/constraints.in

requirements: ## Resolve requirements/*.txt anew (needs python3.11)
	@echo "==> Resolving on $$(python3.11 --version); this takes some minutes"
	@python3.11 -m venv build/pip-tools
	@build/pip-tools/bin/pip install --quiet pip-tools==7.6.2
	@build/pip-tools/bin/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb")); \
	  print(*project["build-system"]["requires"], "editables", *project["dependency-groups"]["dev"], sep="\n")' > build/dev.in
	@$(PIP_COMPILE) --extra postgresql --output-file requirements/runtime.txt pyproject.toml
	@$(PIP_COMPILE) --constraint requirements/runtime.txt --extra sandbox --extra postgresql --output-file requirements/dev.txt \
	  pyproject.toml build/dev.in
	@build/pip-tools/bin/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb")); \
	  print(*project["build-system"]["requires"], sep="\n")' > build/backend.in
	@$(PIP_COMPILE) --constraint requirements/dev.txt --output-file requirements/build.txt build/backend.in

clean: ## Remove the environment, caches and builds (not data/)
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
