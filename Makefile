# The command vocabulary of Quanyu. `make` alone shows it; `make run` and `make test` need nothing before them.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
unexport PYTHONPATH
PY := .venv/bin/python
STAMP := .venv/quanyu.stamp
ARGS ?=
# Test processes: by cores, at least 2 (waiting for the database overlaps), at most 4 (memory).
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -lt 2 ] && n=2; [ $$n -gt 4 ] && n=4; echo $$n)
PYTEST = $(PY) -m pytest

.PHONY: mall pos kiosk baskets chaos tills million screens help setup run test test-fast lint types walls spec spec-check races bench fmt clean new-module messages browser-deps

help:  ## Show this menu
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements-dev.lock tools/environment.sh
	@sh tools/environment.sh requirements-dev.lock
	@touch $@

setup: $(STAMP)  ## Make .venv from the lock file (all other commands do this by themselves)

run: setup  ## Start everything with the demo chain; Ctrl-C stops it (ARGS="--no-demo --port 8080")
	@$(PY) -m tools.mall --or-go-without
	@$(PY) -m tools.pos --or-go-without
	@$(PY) -m tools.kiosk --or-go-without
	@exec .venv/bin/quanyu up --demo $(ARGS)

mall: setup  ## Build the mall: H5 and mini-program (API=https://shop.example.com APPID=wx...)
	@$(PY) -m tools.mall $(ARGS)

pos: setup  ## Build the till that runs in the browser
	@$(PY) -m tools.pos $(ARGS)

kiosk: setup  ## Build the screen that stands in stores
	@$(PY) -m tools.kiosk $(ARGS)

test: setup browser-deps mall pos kiosk  ## Run all tests (ARGS="-k stock"), then the database's part on other PostgreSQL servers
	@$(PYTEST) -n $(JOBS) $(ARGS)
	@$(if $(ARGS),,$(PY) -m tools.other_servers -n $(JOBS))

test-fast: setup  ## Run the tests that take milliseconds
	@exec $(PYTEST) -n $(JOBS) -m "not slow and not browser and not race and not chaos" $(ARGS)

lint: setup  ## Look for mistakes and broken habits
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@$(PY) -m tools.lint

types: setup  ## Check the types
	@$(PY) -m mypy

walls: setup  ## Check that every module keeps to its storey and its door
	@.venv/bin/lint-imports

spec: setup  ## Write the generated contracts: spec/openapi and docs/reference
	@$(PY) -m tools.spec
	@$(PY) -m tools.docs

spec-check: setup  ## Check that the generated contracts are those of this code
	@$(PY) -m tools.spec --check
	@$(PY) -m tools.docs --check

races: setup  ## Take away every guard and see it missed, then play the races in full (ROUNDS=3); see docs/races.md
	@$(PY) -m tools.races
	@for round in $$(seq $(or $(ROUNDS),3)); do \
		echo "round $$round"; QUANYU_RACES=full $(PYTEST) -q -o faulthandler_timeout=0 -m race $(ARGS) || exit 1; done

chaos: setup  ## Play every fault in full, and thousands of simulated days (ARGS="-k power"); see docs/chaos.md
	@QUANYU_CHAOS=full $(PYTEST) -q -o faulthandler_timeout=0 -m chaos $(ARGS)

tills: setup  ## Play the 288 fates of a till without its server, and the sync storm (ROUNDS=20); see docs/chaos.md
	@QUANYU_CHAOS=full QUANYU_ROUNDS=$(or $(ROUNDS),1) $(PYTEST) -q -s -o faulthandler_timeout=0 \
		tests/chaos/test_offline_till.py tests/chaos/test_sync_storm.py $(ARGS)

baskets: setup  ## Price random baskets, in Python and against TypeScript (COUNT=100000)
	@QUANYU_BASKETS=$(or $(COUNT),100000) QUANYU_PARITY_BASKETS=$(or $(COUNT),100000) \
		$(PYTEST) -q tests/modules/promotions/test_price_chain_properties.py tests/frontend/test_parity.py $(ARGS)

bench: setup  ## Measure against the goals (ARGS=start)
	@$(PY) -m benchmarks $(ARGS)

million: setup  ## Make a database with a million orders in var/million (ARGS="--orders 200000")
	@$(PY) -m tools.million $(ARGS)

screens: setup browser-deps  ## Take the pictures of docs/screens from a running demo (ARGS="http://127.0.0.1:8000 home")
	@$(PY) -m tools.screens $(ARGS)

fmt: setup  ## Format, and mend what can be mended by itself
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

messages: setup  ## Collect texts to translate into the catalogues
	@$(PY) -m tools.messages

new-module: setup  ## Make the rooms of a new module (NAME=wishlist AFTER=orders)
	@$(PY) -m tools.new_module $(NAME) $(if $(AFTER),--after $(AFTER))

browser-deps:  ## See that browser tests have a Chromium and Chinese fonts
	@sh tools/browser_deps.sh

clean:  ## Remove caches and .venv; your database and secrets in var/ stay
	rm -rf .venv .stamps .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
