# The verbs of the house; CI calls the same ones.
#
#   make up [CLIENT=acme-dev]      bring a client environment up in the sandbox
#   make status | env | doctor     what runs, how to reach it, what the machine has
#   make down [PURGE=1]            stop everything; with PURGE=1 also remove its data
#   make test [T=tests/stacks]     all tests against a sandbox of their own
#   make check                     format, lint, types, layering, generated files, locks, advisories
#   make bench                     the figures of docs/figures.md
PYTHON ?= python3
CLIENT ?= acme-dev
PY := .venv/bin/python
T ?= tests
MAKEFLAGS += --no-print-directory
# a container image may forbid Python to keep compiled modules: the program would compile its SDKs at every run
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup toolchain up down status env logs doctor test check format generate lock bench

help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile

setup:
	@$(PYTHON) scripts/setup.py

toolchain: setup
	@$(PY) -m sandbox.toolchain all

up: setup
	@$(PY) -m sandbox.bringup $(CLIENT)

down: setup
	@$(PY) -m sandbox down $(if $(PURGE),--purge)

status env: setup
	@$(PY) -m sandbox $@

logs: setup
	@$(PY) -m sandbox logs $(PART)

doctor:
	@if [ -x $(PY) ]; then $(PY) scripts/doctor.py; else $(PYTHON) scripts/doctor.py; fi

test: toolchain
	@$(PY) -m pytest $(T)

check: setup
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PY) -m stacks.spec.schema --check
	@$(PY) -m policies.reference --check
	@$(PY) -m components.reference --check
	@$(PY) scripts/lock.py --check
	@$(PY) scripts/lock.py --audit

format: setup
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

generate: setup
	@$(PY) -m stacks.spec.schema
	@$(PY) -m policies.reference
	@$(PY) -m components.reference

lock: setup
	@$(PY) scripts/lock.py

bench: toolchain
	@$(PY) -m tests.bench
