# Python, make and git are all that this needs from the machine. Everything else goes into .venv, .venv-network and
# the node_modules of contracts/ and web/, from lock files only; Go's modules into Go's own cache, by the hashes in network/go.sum.

# The first Python from 3.11 to 3.13: for a newer one coincurve has no wheel yet, and nothing is compiled here.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
  $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $(name))) no-python)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What the pages import: each module of web/src bundled with the packages that it names.
LIBRARIES := $(patsubst web/src/%,ledger/api/pages/static/lib/%,$(wildcard web/src/*.js))
NODE_PATHS := PATH="$(CURDIR)/$(BIN):$$PATH"
FORGE := cd contracts && $(NODE_PATHS) node_modules/.bin/forge
PYTEST ?= $(BIN)/python -m pytest
# Tests make thousands of homes that need not survive: in memory, where there is plenty, and otherwise where TMPDIR says.
MEMORY := $(shell awk '$$2 == "/dev/shm" && $$4 ~ /^rw/ && $$4 !~ /noexec/ { there = 1 } \
  $$1 == "MemAvailable:" && $$2 > 8 * 2 ^ 20 { free = 1 } END { if (there && free) print "/dev/shm" }' \
  /proc/mounts /proc/meminfo 2>/dev/null | xargs -r df -Pk 2>/dev/null | awk 'NR > 1 && $$4 > 8 * 2 ^ 20 { print $$6 }')
IN_MEMORY := $(if $(MEMORY),TMPDIR=$(MEMORY))
# No C compiler, no other Go than the locked one, no path of this machine in the program.
GO := cd network && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=readonly -trimpath -buildvcs=false" $(CURDIR)/$(VENV)-network/bin/go

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup web demo network network-node test test-python test-contracts test-browser test-network check format \
  drills drills-network bench generate contracts slither mutants release-home lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set-up: each step leaves a stamp, so that a second run does nothing ---------------------------------------------

setup: $(VENV)/.dev $(VENV)/.project contracts/node_modules/.installed $(LIBRARIES) ## create .venv, install everything for work on Lading

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "no Python from 3.11 to 3.13 found; name one with: make PYTHON=/path/to/python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.created
	@echo "installing everything for work on Lading into $(VENV); a minute or two"
	@$(PIP) --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $(VENV)/.run $@

$(VENV)/.run: requirements/run.txt $(VENV)/.created
	@if test -e $(VENV)/.dev; then $(MAKE) --no-print-directory $(VENV)/.dev; else \
	  echo "installing what Lading needs to run into $(VENV); about a minute"; \
	  $(PIP) --require-hashes --only-binary :all: -r requirements/run.txt; fi
	@touch $@

# After .run or .dev, whichever was asked for: both lock files hold the build backend, so nothing is fetched here.
$(VENV)/.project: pyproject.toml | $(VENV)/.run
	$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

contracts/node_modules/.installed: contracts/package-lock.json contracts/package.json contracts/.npmrc $(VENV)/.dev
	cd contracts && $(NODE_PATHS) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

web/node_modules/.installed: web/package-lock.json web/package.json web/.npmrc $(VENV)/.run
	cd web && $(NODE_PATHS) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(LIBRARIES) &: $(wildcard web/src/*.js) web/build.js web/world.js web/node_modules/.installed
	cd web && $(NODE_PATHS) node build.js

web: $(LIBRARIES) ## bundle what the pages import from npm into ledger/api/pages/static/lib

# --- use -------------------------------------------------------------------------------------------------------------

demo: $(VENV)/.run $(VENV)/.project $(LIBRARIES) ## serve the demo consortium
	LADING_HOME=./var/demo $(BIN)/lading demo

PORT := 8545

network: setup network-node ## serve a trial consortium on a network of four validators, in ./var/network (PORT=8545)
	$(BIN)/python -m scripts.network --port $(PORT)

network-node: network/build/lading-node ## build the validators' program; about eight minutes for the first time

network/build/lading-node: $(wildcard network/*.go) network/go.mod network/go.sum $(VENV)-network/.installed
	$(GO) build -ldflags "-s -w" -o build/lading-node .

$(VENV)-network/.installed: requirements/network.txt $(VENV)/.created
	$(PYTHON) -m venv $(VENV)-network
	$(VENV)-network/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
	  -r requirements/network.txt
	@touch $@

# --- checks and tests ------------------------------------------------------------------------------------------------

test: setup ## all tests: contracts, then Python
	$(MAKE) --no-print-directory test-contracts
	$(MAKE) --no-print-directory test-python

test-contracts: setup
	$(FORGE) test

# One worker more than processors: many tests wait for other processes.
test-python: setup
	$(IN_MEMORY) $(PYTEST) -n $$(($$(nproc) + 1)) --dist worksteal

test-browser: setup ## pages against altered answers and forged logs, in this machine's Chromium
	$(IN_MEMORY) $(PYTEST) -m browser -n 2 --dist worksteal tests/browser

test-network: setup network-node ## the node's own tests, and Lading on a network of four validators
	$(GO) vet ./...
	$(GO) test ./...
	$(PYTEST) -m network -n 0 tests/e2e/network

check: setup ## format, lint, types, import direction, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m scripts.generate_solidity --check
	$(BIN)/python -m scripts.generate_page_types --check
	$(BIN)/python -m scripts.generate_api_types --check
	$(BIN)/python -m scripts.generate_answer_types --check
	$(BIN)/python -m scripts.generate_vectors --check
	$(BIN)/python -m scripts.compile_contracts --check
	$(PYTEST) -q tests/unit/test_architecture.py tests/unit/project/test_lockfiles.py tests/unit/project/test_web_build.py

format: setup ## write the format that check asks for
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

SAMPLE := 200
SEED := 1
JOBS := 1

$(VENV)-slither/.installed: requirements/slither.txt $(VENV)/.created
	$(PYTHON) -m venv $(VENV)-slither
	$(VENV)-slither/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
	  -r requirements/slither.txt
	@touch $@

mutants: setup ## faults put into the contracts: who notices them (SAMPLE=200 SEED=1 JOBS=1); goes on where it was stopped
	$(BIN)/python -m scripts.mutants --sample $(SAMPLE) --seed $(SEED) --jobs $(JOBS)

slither: setup $(VENV)-slither/.installed ## static analysis of the contracts; fails on what contracts/SLITHER.md does not answer
	$(BIN)/python -m scripts.slither

drills: setup ## the long fault and tamper drills, for hours; CONTRIBUTING.md says how long each, and how to shorten it
	$(PYTEST) -m drill -n 0

drills-network: setup network-node ## services, workers, validators and PostgreSQL killed under load for DRILL_SECONDS=600
	$(PYTEST) -m network -n 0 -s tests/e2e/scale

bench: setup ## speed, as ratios; and numbers over HANDOFFS=100000 handoffs against their target
	$(BIN)/python -m scripts.bench $(HANDOFFS)

# --- generated files -------------------------------------------------------------------------------------------------

generate: setup ## write Records.sol, Codes.sol, records.js, docs/vectors, docs/api/types.d.ts and the client's answers from the types and the API
	$(BIN)/python -m scripts.generate_solidity
	$(BIN)/python -m scripts.generate_page_types
	$(BIN)/python -m scripts.generate_vectors
	$(BIN)/python -m scripts.generate_api_types
	$(BIN)/python -m scripts.generate_answer_types

release-home: setup ## keep a home of this version for the tests of later ones, before the version goes out
	$(BIN)/python -m scripts.pack_home

contracts: generate ## compile the contracts into ledger/chain/artifacts
	$(BIN)/python -m scripts.compile_contracts

UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: setup ## renew the lock files within pyproject.toml's ranges (UPGRADE=--upgrade for newer versions)
	$(UV_COMPILE) $(UPGRADE) pyproject.toml --extra node --extra plan --group build --output-file requirements/run.txt
	$(UV_COMPILE) $(UPGRADE) pyproject.toml --constraints requirements/run.txt --output-file requirements/base.txt
	$(UV_COMPILE) $(UPGRADE) pyproject.toml --extra node --extra plan --extra cluster --group dev --constraints requirements/run.txt --output-file requirements/dev.txt
	$(UV_COMPILE) $(UPGRADE) --group slither --output-file requirements/slither.txt
	$(UV_COMPILE) $(UPGRADE) --group network --output-file requirements/network.txt
	cd contracts && $(NODE_PATHS) npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error
	cd web && $(NODE_PATHS) npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error

clean: ## remove everything that the other targets made
	rm -rf $(VENV) $(VENV)-slither $(VENV)-network var build network/build contracts/node_modules contracts/out contracts/cache \
	  web/node_modules ledger/api/pages/static/lib .pytest_cache .mypy_cache .ruff_cache \
	  .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
