# What a person does with Paidan. Needs make and Python 3.11 or newer; everything else comes into .venv.
SHELL := /bin/sh
# The first Python that is new enough; an old one is kept to say so itself.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
VENV := .venv/bin

.PHONY: run test test-full check format migration settings benchmarks clean help set-up set-up-dev

help:  ## list what can be done
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

run: set-up  ## start Paidan with a demo town; PORT, HOST, DEMO=0, DATABASE_URL … are settings
	@exec $(VENV)/python -m deploy.serve

test: set-up-dev  ## all tests; ARGS="tests/core -x" for some, TEST_DATABASE_URL for PostgreSQL
	$(VENV)/python -m pytest -m "not full" $(ARGS)

test-full: set-up-dev  ## all tests, with the large counts
	$(VENV)/python -m pytest $(ARGS)

check: set-up-dev  ## format, lint, types, import contracts, licences
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-logo
	$(VENV)/python -m deploy.licences

format: set-up-dev  ## put the code into its form
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .

migration: set-up-dev  ## write the migration for changed models: make migration m="what it does"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="orders get a colour"'; exit 2; }
	@d=$$(mktemp -d) && export DATA_DIR=$$d DATABASE_URL= && \
	  $(VENV)/flask --app wsgi db upgrade && $(VENV)/flask --app wsgi db migrate -m "$(m)"; \
	  e=$$?; rm -r $$d; exit $$e
	@$(VENV)/ruff format -q migrations && $(VENV)/ruff check -q --fix migrations

settings: set-up  ## write docs/settings.md anew
	$(VENV)/python -m deploy.settings

benchmarks: set-up  ## install the solvers we measure ourselves against, and say how to
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: \
	  --no-binary eviltransform -r requirements-benchmarks.txt
	@echo "Measure with: $(VENV)/python -m benchmarks field-service | vrptw | trsp | hhcrsp"
	@echo "--help after each tells more, as does benchmarks/README.md."

set-up:
	@command -v $(PYTHON) >/dev/null || { echo "Paidan needs Python 3.11 or newer: install python3."; exit 2; }
	@$(PYTHON) deploy/bootstrap.py

set-up-dev:
	@command -v $(PYTHON) >/dev/null || { echo "Paidan needs Python 3.11 or newer: install python3."; exit 2; }
	@$(PYTHON) deploy/bootstrap.py --dev

clean:  ## remove caches and .venv; the data stays
	rm -rf .venv .cache .coverage .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -not -path './node_modules/*' -prune -exec rm -rf {} +
