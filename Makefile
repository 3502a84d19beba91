# `make help` lists the commands. What they install goes into .venv, and what they store into instance/.

# The first Python on the path that is new enough, whatever its name.
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help demo serve reset quick test test-all simulate drill lint check browser bench-sandbox bench-webhooks bench-outage bench-guides screenshots pins audit translations

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

demo: .venv/.ready ## Start shop, sandbox and worker with sample people (LAN=1: a phone in the same network can open it)
	@$(BIN)/python -m demo

# The environment wins over .env, as with flask. By default, honcho lets .env win.
WITH_DOTENV = $(if $(wildcard .env),dotenv run --no-override --)

serve: .venv/.ready ## Start shop and worker as .env says, e.g. against the real service
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(WITH_DOTENV) sh -c \
	'flask db upgrade && flask seed && exec env SHOP_APP=app honcho start --env /dev/null --port $${PORT:-8000} web worker'

reset: ## Forget everything the demonstration has stored
	@if kill -0 "$$(cat instance/demo/pid 2>/dev/null)" 2>/dev/null; \
	then echo "The demonstration is running. Stop it first: Ctrl-C where it was started."; exit 1; fi
	@rm -rf instance/demo && echo "Forgotten. The next 'make demo' starts over."

PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

quick: lint ## Check style and types, and run the tests nearest to what has changed
	@tests=$$($(BIN)/python -m tests.nearest) && set -x && $(PYTEST) -m "not e2e and not heavy" $$tests

test: .venv/.ready-dev browser ## Run every test but the heavy ones
	$(PYTEST) -m "not heavy"

test-all: .venv/.ready-dev browser ## Run every test
	$(PYTEST)

simulate: .venv/.ready-dev ## Play one seed of the simulation and print its trace: SEED=1 YEARS=1 (STEPS=n: stop after n steps, SEEDS=n: n seeds)
	@SEED="$(or $(SEED),1)" YEARS="$(or $(YEARS),1)" STEPS="$(or $(STEPS),10000)" SEEDS="$(or $(SEEDS),1)" $(BIN)/python -m tests.simulation.run

drill: .venv/.ready-dev ## Charge 500 under faults, kill a worker, compare money and books: DUE=500 DATABASE=sqlite SEED=1
	@DUE="$(DUE)" DATABASE="$(DATABASE)" URL="$(URL)" SEED="$(SEED)" $(BIN)/python -m tests.drill.run

lint: .venv/.ready-dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test ## Run lint and test, which every commit must pass

# A stamp marks a finished environment. An interrupted build leaves no stamp, so the next one starts over.
.venv/.ready: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python3"; exit 1; }
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "This Python cannot make a virtual environment. Debian, Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing requirements into .venv (once) …"
	@$(PIP) -r requirements.txt || { echo "The requirements could not be installed. Check the network, then run the command again."; exit 1; }
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Use the system's Chromium, else Debian's package where we may install it, else Playwright's own. The headless shell is
# the same browser without windows, and faster.
browser: .venv/.ready-dev
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	|| $(MAKE) --no-print-directory .venv/.ready-browser

# Ubuntu's package is a snap, which a server or container may not run. There we install Playwright's, with its libraries.
APT_INSTALL = DEBIAN_FRONTEND=noninteractive apt-get install -y -qq
.venv/.ready-browser: .venv/.ready-dev
	@if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  apt-get update -qq; \
	  $(APT_INSTALL) chromium-headless-shell fonts-nanum >/dev/null 2>&1 \
	  || { $(APT_INSTALL) libatomic1 fonts-nanum >/dev/null && $(BIN)/playwright install --with-deps --only-shell chromium; }; \
	else $(BIN)/playwright install --only-shell chromium; fi \
	|| { echo "No Chromium could be installed. Debian: sudo apt install chromium. Ubuntu: sudo apt install libatomic1 && sudo $(BIN)/playwright install-deps chromium; then try again."; exit 1; }
	@touch $@

bench-sandbox: .venv/.ready ## Measure the sandbox beside a bare Flask view
	@$(BIN)/python -m benchmarks.sandbox

bench-webhooks: .venv/.ready ## Measure how fast the shop takes webhooks while the service hangs
	@$(BIN)/python -m benchmarks.webhooks

bench-outage: .venv/.ready ## Measure the home page while the service hangs and buyers return
	@$(BIN)/python -m benchmarks.outage

bench-guides: .venv/.ready ## Measure how fast a guide is served, beside a bare Flask and Jinja page
	@$(BIN)/python -m benchmarks.guides

screenshots: .venv/.ready-dev browser ## Make the pictures of the documentation
	@$(BIN)/python -m tests.screenshots

# These tools have an environment of their own, so that what they need changes no version of ours.
.venv/.ready-tools: .venv/.ready requirements-tools.txt
	@$(PYTHON) -m venv .venv/tools
	@.venv/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@touch $@

pins: .venv/.ready-tools ## Compile requirements*.txt from requirements*.in
	@for name in requirements requirements-dev requirements-tools; do .venv/tools/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url $$name.in -o $$name.txt; done

ADVISORIES := https://pypi.org
audit: .venv/.ready ## Compare what is pinned with the published advisories (needs a network)
	@$(BIN)/python -c "import requests; requests.get('$(ADVISORIES)/pypi/pip/json', timeout=10).raise_for_status()" 2>/dev/null \
	|| { echo "The audit reads the advisories at $(ADVISORIES), which this machine cannot reach. Run it on a machine with a network."; exit 1; }
	@$(MAKE) --no-print-directory .venv/.ready-tools
	@for name in requirements requirements-dev requirements-tools; do \
	  .venv/tools/bin/pip-audit --disable-pip --require-hashes -r $$name.txt || exit 1; done

translations: .venv/.ready ## Collect new texts, then compile the translations
	@$(call TRANSLATE,babel.cfg,.,translations)
	@$(call TRANSLATE,sandbox/translations/babel.cfg,sandbox,sandbox/translations)

# $(1): the babel.cfg that says which files hold texts; $(2): the folder to search; $(3): the folder of translations.
define TRANSLATE
mkdir -p instance
$(BIN)/pybabel -q extract -F $(1) -k lazy_gettext --no-location --sort-output -o instance/messages.pot $(2)
$(BIN)/pybabel -q update -i instance/messages.pot -d $(3) --no-fuzzy-matching --ignore-obsolete
$(BIN)/pybabel -q compile -d $(3)
endef
