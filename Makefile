.DEFAULT_GOAL := help
.PHONY: help setup up test test-fast cases lint format bench docs lock clean
BIN := .venv/bin
TEST_WORKERS ?= 2
export SPREADERS_TEST_REQUIRE ?= programs

help: ## List the verbs
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

.venv/ready: requirements.lock pyproject.toml deploy/setup.sh
	@PYTHON=$(PYTHON) deploy/setup.sh

setup: .venv/ready ## Create .venv with the pinned packages

up: setup ## Start everything against the sandbox and open the loop (Ctrl-C stops it)
	@$(BIN)/spreaders up

test: setup ## Run every test (installs Chromium and Node by apt when root)
	@deploy/test-tools.sh
	@$(BIN)/python -m pytest tests -n $(TEST_WORKERS) --dist loadgroup

FAST := actions channels contract core ingestion

test-fast: setup ## Run the tests without Postgres, Spark, sandbox or browser
	@$(BIN)/python -m pytest $(addprefix tests/,$(FAST)) -n $(TEST_WORKERS) --dist loadgroup --fast

cases: setup ## Run the tests of cases of real-life input
	@$(BIN)/python -m pytest tests -m case -n $(TEST_WORKERS) --dist loadgroup

lint: setup ## Check style, types, floors, SQL and spelling
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy core channels lake ingestion transforms ml actions api orchestration app sandbox
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar transforms/dbt/models
	@$(BIN)/codespell --skip docs/site,transforms/spark/ga4_source_categories.csv,ingestion/csv/languages.py,ingestion/csv/days.py,lake/tabular/totals.py,tests/ingestion/cases,tests/ingestion/test_csv_cases.py,tests/ingestion/test_csv_headers.py,tests/channels/test_pages.py --ignore-words-list ned,womens core channels lake ingestion transforms ml actions api orchestration app sandbox tests docs README.md

format: setup ## Rewrite files in the house style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: setup ## Measure against the named peers and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

docs: setup ## Generate the coverage page and the dbt docs site (docs/site)
	@$(BIN)/python -m orchestration.docs

lock: ## Resolve pyproject.toml into requirements.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev pyproject.toml -o requirements.lock \
	  --quiet --no-header --no-emit-index-url --generate-hashes

clean: ## Remove the environment and caches
	@rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache docs/site
