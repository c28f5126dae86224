# make app | test | check | emulate | fuzz | bench | clean: each does all its set-up on a fresh machine, and little the second time.
# On a machine without a GPU, PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu" saves some gigabytes.
PYTHON ?= $(firstword $(foreach p,python3 python3.12 python3.11,$(shell $(p) -c \
  'import sys; (3, 11) <= sys.version_info[:2] <= (3, 12) and print("$(p)")' 2>/dev/null)) python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
HOST ?= 127.0.0.1
BENCH ?= kernels
WORKERS ?= 4
EMULATED = $(BIN)/python -m pytest -p tests.emulator --require-cuda -m "cuda or emulated" -n $(WORKERS) --dist loadscope

.PHONY: app test suite check emulate fuzz bench clean chromium servers
.DELETE_ON_ERROR:

app: $(VENV)/app.stamp
	$(BIN)/python -m snnviz app --host $(HOST) --port $(PORT)

# Style and types beside the tests; what fails of either fails the whole.
test: $(VENV)/dev.stamp chromium servers
	$(MAKE) -j2 check suite

# WORKERS processes share the tests (tests/sharing.py), more than there are cores because those with a browser wait much of the
# time. Then the GPU's, a sample, on an emulated one.
suite: $(VENV)/dev.stamp
	$(BIN)/python -m snnviz build
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --durations=25 $(ARGS)
	$(if $(ARGS),,$(EMULATED) --sample)

# Every test of the GPU on an emulated one that looks at every load and store of a kernel, once for each order of its threads.
emulate: $(VENV)/dev.stamp
	for order in forward backward random; do EMULATOR_CHECKS=1 EMULATOR_ORDER=$$order $(EMULATED) $(ARGS) || exit 1; done

# What needs no run: style, form, types. The floors of the house are tests: tests/test_floors.py.
check: $(VENV)/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python

# The properties that `make test` tries on the same draws every time, on many fresh ones; then hostile addresses, values, TOML
# files and uploads. ARGS are pytest's, CASES how many of each kind of the latter.
fuzz: CASES ?= 300
fuzz: SEED := $(or $(SEED),$(shell date +%s))
fuzz: $(VENV)/dev.stamp
	@echo "Fresh draws of seed $(SEED); the same ones again: make fuzz SEED=$(SEED)"
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=fuzz --hypothesis-seed=$(SEED) $(ARGS)
	$(BIN)/python -m tools.fuzz --seed $(SEED) --cases $(CASES)

bench: $(VENV)/dev.stamp
	$(BIN)/python -m bench.$(BENCH) $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || \
	  { echo "snnviz needs Python 3.11 or 3.12; say which with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/app.stamp: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -r requirements-dev.txt
	touch $(VENV)/app.stamp $@

# The browser tests drive a real Chromium.
chromium:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; \
	else \
	  echo "No Chromium found: install it (Debian: sudo apt-get install chromium) to run the browser tests." >&2; \
	fi

# Tests of the store and of deploy/ use a real PostgreSQL and nginx; without them they skip and say so. Debian starts what it
# installs, so that is done on a machine of CI's only.
servers:
	@ls /usr/lib/postgresql/*/bin/postgres /usr/sbin/nginx >/dev/null 2>&1 && exit 0; \
	if [ -n "$$CI" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql nginx-light; \
	fi; \
	ls /usr/lib/postgresql/*/bin/postgres /usr/sbin/nginx >/dev/null 2>&1 || \
	echo "Without PostgreSQL and nginx some tests skip (Debian: sudo apt-get install postgresql nginx-light)." >&2
