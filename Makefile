# One command serves the programme (`make run`), one proves that it works (`make test`).
# Needs only make and a Python >= 3.11 that has venv; everything else comes from the lock files.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

# The environment is as new as its lock file says, by content: a checkout moves file times without meaning anything.
digest = $(shell cksum $(1) 2>/dev/null | cut -d ' ' -f 1)
RUN_STAMP := $(VENV)/.run-$(call digest,requirements/run.lock)
TEST_STAMP := $(VENV)/.test-$(call digest,requirements/test.lock)
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes --only-binary :all:

PYTEST ?=
CODE := $(wildcard config.py wsgi.py) wmd wmd_fakezoom tests benchmarks migrations

.PHONY: help
help: ## Say what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' \
		| while IFS=$$'\t' read -r name words; do printf '  make %-8s %s\n' "$$name" "$$words"; done

.PHONY: run
run: $(RUN_STAMP) ## Serve the demonstration on http://127.0.0.1:8000 (PORT=… for another port), Ctrl-C ends it
	@PORT='$(PORT)' exec ./demo serve

.PHONY: test
test: $(TEST_STAMP) ## Prove that it works: format, lint, types, translations, all tests (PYTEST='-k word' for some)
	@echo 'format, lint' && $(BIN)/ruff format --check --quiet $(CODE) && $(BIN)/ruff check --quiet $(CODE)
	@echo 'types' && $(BIN)/mypy --no-error-summary
	@echo 'tests' && $(BIN)/python -m pytest -q --no-header -n 2 --dist worksteal -m 'not soak' $(PYTEST)

.PHONY: e2e
e2e: $(TEST_STAMP) ## Only the tests in a real browser
	@$(BIN)/python -m pytest -q tests/e2e $(PYTEST)

.PHONY: soak
soak: $(TEST_STAMP) ## Long, seeded runs (SOAK_SEED=… repeats one), and all pages on both databases
	@$(BIN)/python -m pytest -q -m soak --override-ini timeout=3600 $(PYTEST)
	@$(BIN)/python -m pytest -q -n 2 --both tests/web

.PHONY: bench
bench: $(TEST_STAMP) ## Measure speed and write the results into benchmarks/README.md
	@$(BIN)/python -m benchmarks.bench
	@$(BIN)/python -m benchmarks.delivery
	@$(BIN)/python -m benchmarks.reminders
	@$(BIN)/python -m benchmarks.webhooks
	@$(BIN)/python -m benchmarks.rooms

.PHONY: lint
lint: $(TEST_STAMP) ## Check format and lint
	@$(BIN)/ruff format --check --quiet $(CODE) && $(BIN)/ruff check --quiet $(CODE)

.PHONY: types
types: $(TEST_STAMP) ## Check types (mypy strict)
	@$(BIN)/mypy --no-error-summary

.PHONY: format
format: $(TEST_STAMP) ## Format and repair what can be repaired without a person
	@$(BIN)/ruff format --quiet $(CODE) && $(BIN)/ruff check --quiet --fix $(CODE)

.PHONY: words
words: $(RUN_STAMP) ## Collect the sentences of the interface into the gettext catalogues
	@PYTHONPATH=. $(BIN)/pybabel -q extract -F wmd/translations/babel.cfg -k N_ -k lazy_gettext --no-location --omit-header \
		--sort-output -o wmd/translations/messages.pot .
	@for language in en; do \
		[[ -e wmd/translations/$$language/LC_MESSAGES/messages.po ]] && verb='update --ignore-obsolete --no-fuzzy-matching' || verb=init; \
		$(BIN)/pybabel -q $$verb -i wmd/translations/messages.pot -d wmd/translations -l $$language || exit 1; \
	done

.PHONY: lock
lock: $(RUN_STAMP) ## Pin the newest allowed dependencies with their hashes (then run `make test`)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet uv
	@cd requirements && for kind in run test; do \
		../$(BIN)/python -m uv pip compile --quiet --upgrade --universal --generate-hashes --no-header \
			--no-emit-index-url --python-version 3.11 $$([ $$kind = test ] && echo "-c run.lock") $$kind.in -o $$kind.lock || exit 1; \
	done

.PHONY: clean
clean: ## Remove the environment and all that tools left behind; the data in var/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: venv
venv: $(RUN_STAMP)

.PHONY: venv-test
venv-test: $(TEST_STAMP)

# A failed install leaves no stamp, so that the next call tries again. A venv without pip (Debian without
# python3-venv makes one) is said in words instead of a traceback.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo 'This Python has no venv module (on Debian: apt-get install python3-venv)' >&2; exit 1; }

$(RUN_STAMP): | $(BIN)/python
	@echo 'Installing what the service needs (once per lock file) …'
	@$(PIP) -r requirements/run.lock
	@rm -f $(VENV)/.run-* && touch $@

$(TEST_STAMP): $(RUN_STAMP) | $(BIN)/python
	@echo 'Installing what the tests need (once per lock file) …'
	@$(PIP) -r requirements/test.lock
	@rm -f $(VENV)/.test-* && touch $@
