# Everything a person or a machine runs here. `make help` lists it. All of it stays below the checkout.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo demo-reset test check bench faults hold-race lock format

UV_VERSION := 0.13.9
BIN := .venv/bin
RUN := $(BIN)/python
export UV_CACHE_DIR := $(CURDIR)/.tools/cache/uv
export UV_PYTHON_DOWNLOADS := never
export npm_config_cache := $(CURDIR)/.tools/cache/npm
# Node brings its own certificates too; those of the system are added to them.
export NODE_EXTRA_CA_CERTS ?= $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt))
export PIP_DISABLE_PIP_VERSION_CHECK := 1
STATIC_FILES := $(shell find static -type f -not -path '*/__pycache__/*' 2>/dev/null)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.synced var/static/.collected ## set up all that demo and test need, below the checkout

demo: setup ## run the whole system on this machine (PORT=8000) until Ctrl-C
	@DIE_WITH_PARENT=1 exec $(RUN) -m config.run_demo

demo-reset: .venv/.synced ## drop the demo's data
	@$(RUN) -m config.run_demo reset

test: setup ## run all tests (CHROMIUM=/path, REQUIRE_BROWSER=1)
	@$(RUN) -m pytest -n auto -q -rs $(ARGS)

check: setup ## format, lint, types, import contracts, templates, deployment, migrations, audit
	@exec .ci/check

bench: setup ## run every benchmark; one JSON line per figure
	@exec .ci/bench

faults: setup ## the fault trial: kill, flush, crash, and nothing twice or lost (COUNT=500, SEED=1)
	@$(RUN) -m tests.faults.trial --count $(or $(COUNT),500) --seed $(or $(SEED),1)

hold-race: setup ## eight workers against holds at random moments: nothing begins after one (COUNT=500, SEED=1)
	@$(RUN) -m tests.faults.race --count $(or $(COUNT),500) --seed $(or $(SEED),1)

format: setup ## put the Python into the house format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: .tools/bin/uv ## renew uv.lock against the standard index only
	@env -u UV_DEFAULT_INDEX -u UV_INDEX -u UV_EXTRA_INDEX_URL .tools/bin/uv lock --default-index https://pypi.org/simple

.tools/bin/uv:
	@exec .ci/python-tools $(UV_VERSION)

.venv/.synced: pyproject.toml uv.lock | .tools/bin/uv
	@exec .ci/sync

var/static/.collected: .venv/.synced package.json package-lock.json $(STATIC_FILES)
	@$(RUN) static/build.py
	@env -u DEBUG $(RUN) manage.py collectstatic --noinput --clear -v 0
	@touch $@
