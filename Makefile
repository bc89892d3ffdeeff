# Everything runs in .venv, made on first use; what a target needs there is installed when it is first needed.
# PYTHON picks the interpreter it is made from (`make clean` first, or name another place by VENV), VENV where it
# lies, ARGS what is handed on.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
WHEEL  := $(VENV)-wheel/bin/python
ARGS   ?=

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
BROWSER := $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name) 2>/dev/null))
# What drives a browser takes 165 MB: only where there is one. Without, the tests that look at a page skip.
TEST    := $(READY)-generate $(READY)-test $(if $(BROWSER),$(READY)-browser)
TYPES   := $(READY)-generate $(READY)-test $(READY)-browser $(READY)-types

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test test-ci test-wheel check lint types public-api generate check-generated refresh update \
	watch record mutants simulate bench bench-peers sandbox build clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY)-run: pyproject.toml tests/requirements/run.txt openapi/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
		$(PYTHON) -m venv $$(test ! -f $(VENV)/pyvenv.cfg || echo --clear) $(VENV) || \
		{ echo "cannot write $(VENV); name another place with VENV=..." >&2; exit 1; }
	@echo "installing into $(VENV) what it takes to run it ..."
	@$(INSTALL) -r tests/requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(READY)-generate: openapi/requirements.txt | $(READY)-run
	@echo "installing the generator ..."
	@$(INSTALL) -r $<
	@touch $@

$(READY)-%: tests/requirements/%.txt openapi/requirements.txt | $(READY)-run
	@echo "installing what it takes for $* ..."
	@$(INSTALL) -r $<
	@touch $@

setup: $(READY)-lint $(TYPES)  ## make .venv with everything that make check needs

demo: $(READY)-run  ## drive all ten operations on every version against the local sandbox
	@$(BIN)/python -m hubspot_preferences.demo

# slipcover costs nothing to speak of; coverage.py, which watches branches that cheaply only from Python 3.14 on,
# doubles the time. In one go slipcover would judge all workers but show the first process only. ARGS pick a part of
# the tests, which cannot cover everything: nothing is measured then.
COVERED  := $(VENV)/coverage.json
MEASURED := -W "ignore:Unable to activate pytest branch coverage" -m slipcover --json --out $(COVERED)
test: $(TEST)  ## run the tests, and hold what they cover
	@$(BIN)/python $(if $(ARGS),,$(MEASURED)) -m pytest -n 2 -q --no-header $(ARGS)
	@$(if $(ARGS),,$(BIN)/python -m slipcover --merge $(COVERED) --out $(COVERED) --fail-under 98)

test-ci: $(TYPES)  ## the tests that take minutes, each in a copy of its own
	@$(BIN)/python -m pytest -m ci -q --no-header $(ARGS)

# Only what the wheel asks for is there when the demo runs, and no checkout in any test.
test-wheel: $(READY)-run  ## run the tests against the built wheel, on PYTHON, in an environment of its own
	@rm -rf dist $(VENV)-wheel
	@$(BIN)/python -m build --no-isolation --quiet --wheel
	@$(PYTHON) -m venv $(VENV)-wheel
	@$(WHEEL) -m pip install --quiet --disable-pip-version-check -c tests/requirements/run.txt \
		"$$(echo dist/*.whl)[cli,sandbox]"
	@$(WHEEL) -m hubspot_preferences.demo
	@$(WHEEL) -m pip install --quiet --disable-pip-version-check -r tests/requirements/run.txt \
		-r openapi/requirements.txt -r tests/requirements/test.txt
	@$(WHEEL) -c 'import sys, hubspot_preferences as h; sys.exit(not h.__file__.startswith(sys.prefix))'
	@$(WHEEL) -m pytest -n 2 -q $(ARGS)

check: lint types check-generated test  ## lint, types, drift, tests

lint: $(READY)-lint  ## ruff, and the workflows against their schema and for holes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/zizmor --offline --quiet --no-progress --persona=pedantic .github

types: $(TYPES)  ## mypy --strict and pyright, and that every public name has a type
	@$(BIN)/mypy facade generated openapi tests
	@$(BIN)/pyright --warnings --pythonpath $(BIN)/python
# By PATH, as --pythonpath would look at the contracts' folder in site-packages. httpx's own types are not all known.
	@report=$$(PATH="$(abspath $(BIN)):$$PATH" $(BIN)/pyright --verifytypes hubspot_preferences --ignoreexternal) || \
		{ echo "$$report" | grep -v '^   hubspot_preferences'; exit 1; }

public-api: $(TEST)  ## write tests/public_api.txt: every public name and signature
	@$(BIN)/python -m tests.public_api

generate: $(READY)-generate  ## write generated/ from openapi/
	@$(BIN)/python openapi/generate.py

check-generated: $(READY)-generate  ## compare generated/ with what openapi/ says
	@$(BIN)/python openapi/generate.py --check

# Under -q make ends as a line marked + does, with 1 or 2, and not with 2 for both.
ifneq ($(filter watch-0 watch-1 refresh-1,$(MAKECMDGOALS)-$(if $(filter-out 0,$(CHECK)),1,0)),)
MAKEFLAGS += -q
endif

ifeq ($(filter-out 0,$(CHECK)),)
refresh: $(READY)-generate  ## take in HubSpot's document: VERSION=2026-03 [UPSTREAM=<file or https URL>]; CHECK=1 only looks
	@$(BIN)/python openapi/refresh.py "$$VERSION" "$$UPSTREAM"
else
refresh:
	+@test -f $(READY)-generate || env -u MAKEFLAGS $(MAKE) $(READY)-generate
	+@$(BIN)/python openapi/refresh.py --check "$$VERSION" "$$UPSTREAM"
endif

watch:  ## has HubSpot changed any contract? one verdict each
	+@test -f $(READY)-generate || env -u MAKEFLAGS $(MAKE) $(READY)-generate
	+@$(BIN)/python openapi/watch.py

# Cassettes come from the sandbox here, whatever token there is.
update: $(READY)-generate  ## the same with all that follows, and check: also RELEASED=2027-03-15 for a new version
	@$(BIN)/python openapi/update.py "$$VERSION" "$$UPSTREAM" "$$RELEASED"
	@$(MAKE) --no-print-directory generate
	@env -u HUBSPOT_ACCESS_TOKEN $(MAKE) --no-print-directory record
	@$(MAKE) --no-print-directory check
	@echo "done; left to you: a look at git diff, and the words for what differs"

record: $(TEST)  ## record the cassettes again, from the sandbox or (HUBSPOT_ACCESS_TOKEN) from HubSpot
	@$(BIN)/python -m pytest -q -p no:randomly tests/cassettes/test_cassettes.py -k test_both_clients --record-mode=rewrite $(ARGS)
	@$(BIN)/python -m pytest -q tests/cassettes

mutants: $(TEST) $(READY)-mutants  ## change the rules in every small way: a test has to notice; ONLY=consent takes a part
	@$(BIN)/python -m tests.mutants.run $(ONLY)

simulate: $(TEST)  ## calls in a simulated world, SEEDS=20000 of them, FIRST=0; REPLAY=17 shows one
	@$(BIN)/python -m tests.simulation $(or $(SEEDS),20000) --first $(or $(FIRST),0) $(if $(REPLAY),--replay $(REPLAY)) $(ARGS)

bench: $(TEST)  ## measure against raw httpx, as ratios
	@$(BIN)/python -m tests.benchmarks.bench $(ARGS)

bench-peers: $(TEST)  ## the same work through HubSpot's own clients, in an environment of their own
	@$(BIN)/python -m tests.benchmarks.peers $(ARGS)

sandbox: $(READY)-run  ## a local HubSpot on port 8787, token "demo"
	@$(BIN)/hubprefs sandbox --port 8787 --token demo --seed demo $(ARGS)

build: $(READY)-run  ## wheel and sdist into dist/
	@$(BIN)/python -m build --no-isolation --quiet

clean:  ## remove everything that was made
	rm -rf $(VENV) $(VENV)-wheel dist build .bench .mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
