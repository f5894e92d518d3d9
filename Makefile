# The commands of Party. `make run` and `make test` need Python 3.11 or newer, and nothing else before them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade --quiet

# What the page's own tests need; nothing without npm, and then those tests are skipped.
PAGE_TOOLS := $(if $(shell command -v npm),tests/js/node_modules/.installed tests/oidc/node_modules/.installed)

# A public generator of clients, in an environment of its own, so that none of it is among the development tools.
GENERATOR := $(VENV)/generator/.installed

# What the live bench's Node servers need.
LIVE_TOOLS := bench/live/servers/node_modules/.installed

.PHONY: run test test-all test-unit test-servers test-browser check check-source check-tests check-page check-first check-rest bench-sync bench-live bench-faults bench-films fuzz fuzz-rest lock clip clean
.DELETE_ON_ERROR:

# Compiled code is kept, whatever the surroundings say: the tests start this code in hundreds of processes.
export PYTHONDONTWRITEBYTECODE =

# Only the plugins that these tests use are loaded, for each process would load the others for nothing.
PYTEST := $(BIN)/python -m pytest
NEED_NO_SERVER := tests/unit tests/ports tests/architecture
UNIT_TESTS := PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 PYTEST_PLUGINS=xdist.plugin,pytest_timeout,_hypothesis_pytestplugin \
  $(PYTEST) --numprocesses auto --dist worksteal $(NEED_NO_SERVER)

# `make check` runs them in parts of about the same length instead, each in one process: a process that deals
# out thousands of short tests, and is told of each, takes a sixth of all the time. The rest is whatever isn't
# named here.
CHECK_PAGE := tests/unit/test_js.py
CHECK_FIRST := $(addprefix tests/unit/,openapi party shared transcode)
CHECK_TESTS := PARTY_CHECK=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 PYTEST_PLUGINS=pytest_timeout,_hypothesis_pytestplugin $(PYTEST)

# LIBRARY=~/Videos shows the films of a folder; nothing is written to it.
run: $(VENV)/.installed
	@$(if $(LIBRARY),PARTY_LIBRARY_DIR=$(LIBRARY)) exec $(BIN)/party up

# Without what is marked as long (tests/support/run_order.py), so that it takes minutes. Every part runs,
# whatever becomes of the others; each has a line at the end, and one that failed fails all.
test: $(VENV)/.installed-dev $(PAGE_TOOLS)
	@code=0; lines=; \
	for part in unit servers browser; do \
	  begun=$$(date +%s); word=passed; \
	  $(MAKE) --no-print-directory test-$$part || { word=FAILED; code=1; }; \
	  lines="$$lines  test-$$part: $$word after $$(( $$(date +%s) - begun )) s\n"; \
	done; \
	printf "\n$$lines"; exit $$code

# Everything: what CI runs.
test-all:
	@$(MAKE) --no-print-directory test ALL=1

test-unit: $(VENV)/.installed-dev $(PAGE_TOOLS)
	$(UNIT_TESTS)

# What needs servers waits for them most of the time, so three files run at once, each on a stack of its own.
# ALL=1 adds what is long, here and in the browsers.
test-servers: $(VENV)/.installed-dev $(GENERATOR)
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder \
	  $(if $(ALL),,-m "not long") tests/e2e tests/integration

# A browser's picture needs the processors for itself; what a page says and does needs them less.
# PROXY=nginx, caddy, nginx-prefix or caddy-prefix puts that in front of the service; ALL=1 tries a part so.
test-browser: export TEST_PROXY = $(PROXY)
test-browser: $(VENV)/.installed-dev
	@code=0; \
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "together$(if $(ALL),, and not long)" tests/browser || code=$$?; \
	$(BIN)/python -m pytest -m "not together$(if $(ALL),, and not long)" tests/browser || code=$$?; \
	$(if $(ALL),$(if $(PROXY),,TEST_PROXY=nginx-prefix $(BIN)/python -m pytest -m proxied tests/browser || code=$$?;)) exit $$code

# Everything that needs no running server, with fewer of the generated examples (tests/support/examples.py).
# The parts run at once, and each says what it has to say when it is done.
check: $(VENV)/.installed-dev $(PAGE_TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@$(MAKE) --no-print-directory --keep-going --jobs 4 \
	  $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) check-tests check-source

check-source:
	$(BIN)/lint-imports
	$(BIN)/mypy

check-tests: check-first check-rest check-page

check-first:
	$(CHECK_TESTS) $(CHECK_FIRST)

check-rest:
	$(CHECK_TESTS) $(NEED_NO_SERVER) $(addprefix --ignore=,$(CHECK_FIRST) $(CHECK_PAGE))

check-page:
	$(CHECK_TESTS) $(CHECK_PAGE)

# The sync engine and its peers', in virtual time, on the same traces; SEED=7 for others. Needs Node.js.
bench-sync: $(VENV)/.installed-bench
	$(BIN)/python -m bench.sync $(if $(SEED),--seed $(SEED))

# The real stack beside Node's `ws` and socket.io, then playing members beside an earlier commit of this checkout;
# LIVE=--quick, LIVE=--full, or LIVE="--only joins" for that alone. Needs Node.js.
bench-live: $(VENV)/.installed-bench $(LIVE_TOOLS)
	$(BIN)/python -m bench.live $(LIVE)
	$(if $(findstring only,$(LIVE)),,$(BIN)/python -m bench.live.playing \
	  $(if $(findstring quick,$(LIVE)),--members 300 --rounds 1 --seconds 5))

# Films beside plain ffmpeg and nginx, and a party beside films; SIZE_MB=300 for a short run. FILMS="--only party".
bench-films: $(VENV)/.installed-dev
	$(BIN)/python -m bench.films $(if $(SIZE_MB),--mb $(SIZE_MB)) $(FILMS)

# Ten thousand generated requests and a thousand hostile sockets.
fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m bench.fuzz $(if $(SEED),--seed $(SEED))

# schemathesis with all checks and phases; CASES=300 an operation, PART=1/8 of the operations, SEED=7.
fuzz-rest: $(VENV)/.installed-dev
	$(BIN)/python -m bench.rest_fuzz $(if $(CASES),--cases $(CASES)) $(if $(PART),--part $(PART)) $(if $(SEED),--seed $(SEED))

# Seeded faults under load, and a check that nothing acknowledged is lost; SEED=7 MINUTES=10 CLIENTS=80.
bench-faults: $(VENV)/.installed-dev
	$(BIN)/python -m bench.faults $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(CLIENTS),--clients $(CLIENTS))

# What builds the package is locked too. Each lock is made upon the one before, so that all name the
# same versions.
lock: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet uv
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile $(LOCKS) --output-file requirements.lock pyproject.toml -
	{ echo '# The versions of requirements.lock, as buildpacks look for them: made by `make lock`, never by hand.'; \
	  sed -nE 's/^([A-Za-z0-9].*==[^\\]*[^ \\]) *\\?$$/\1/p' requirements.lock; echo .; } > requirements.txt
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile $(LOCKS) --extra local --constraint requirements.lock --output-file requirements-local.lock pyproject.toml -
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile $(LOCKS) --extra otel --constraint requirements.lock --output-file requirements-otel.lock pyproject.toml -
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile $(LOCKS) --extra dev --constraint requirements-local.lock --constraint requirements-otel.lock --output-file requirements-dev.lock pyproject.toml -
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile $(LOCKS) --extra dev --extra bench --constraint requirements-dev.lock --output-file requirements-bench.lock pyproject.toml -
	cd tests/generated_client && $(CURDIR)/$(BIN)/uv pip compile $(LOCKS) --output-file requirements.lock requirements.in

clip:
	sh partyapp/web/media/make_sample_clip.sh

clean:
	rm -rf $(VENV) tests/js/node_modules tests/oidc/node_modules bench/live/servers/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Party needs Python 3.11 or newer; name one with: make PYTHON=python3.12 " + "$(MAKECMDGOALS)")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Party: '$(PYTHON) -m venv' failed; on Debian or Ubuntu, install python3-venv (or name another Python with PYTHON=...)" >&2; exit 1; }

# The stamps are newer than the locks once these are installed, and then nothing is to be done.
$(VENV)/.installed: requirements-local.lock pyproject.toml | $(BIN)/python
	@echo "Installing Party into $(VENV). This is done once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-local.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e clients/python
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing Party and its development tools into $(VENV). This is done once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e clients/python
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: requirements-bench.lock | $(VENV)/.installed-dev
	@echo "Installing what the benches need into $(VENV). This is done once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

$(GENERATOR): tests/generated_client/requirements.lock | $(BIN)/python
	@echo "Installing the generator of clients into $(@D). This is done once."
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

tests/js/node_modules/.installed: tests/js/package-lock.json
	@echo "Installing what the page's tests need into tests/js/node_modules. This is done once."
	@cd tests/js && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

tests/oidc/node_modules/.installed: tests/oidc/package-lock.json
	@echo "Installing the login provider of the tests into tests/oidc/node_modules. This is done once."
	@cd tests/oidc && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(LIVE_TOOLS): bench/live/servers/package-lock.json
	@echo "Installing what the live bench's Node servers need into bench/live/servers/node_modules. This is done once."
	@cd bench/live/servers && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
