# Everything needs only Python 3.11+ and make; the virtual environment is made by whoever needs it first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
RATE ?= 50
ROUNDS ?= 20
SEED ?= 1
SECONDS ?= 10

.PHONY: help demo test slow fuzz chaos bench asterisk asterisk22 asterisk16 load databases browser lint types docs manual calls

help:
	@echo "make demo      real recorded calls through hooks into a CRM that runs here (ARGS='...' for itgrix demo)"
	@echo "make test      the quick tests"
	@echo "make slow      the tests that take longer than a person waits"
	@echo "make fuzz      mutated bytes and messages in great numbers, a part of make slow; says how many"
	@echo "make chaos     kill -9 anywhere while portal and line misbehave, and the ledger's audit (ROUNDS=20 SEED=1)"
	@echo "make bench     side by side with its peers and under load, some minutes (QUICK=1: under two)"
	@echo "make asterisk  the tests on real Asterisks 22 and 16, which are installed when they are missing"
	@echo "make load      many calls at once through a real Asterisk (RATE=50 SECONDS=10)"
	@echo "make databases CDR and CEL out of a real MariaDB and PostgreSQL, fetched when they are missing"
	@echo "make browser   the tests of the sandbox's page in a Chromium"
	@echo "make lint      style and import contract"
	@echo "make types     mypy, strict"
	@echo "make docs      the manual of the hooks, from their specs, and the cookbook, from the examples"
	@echo "make manual    the manual to browse, without a network: site/docs/index.html; links are checked"
	@echo "make calls     the recorded calls of the authors' kit, from tests/recorded"

demo: $(VENV)/.for-tests
	$(BIN)/itgrix demo --once $(ARGS)

test: $(VENV)/.for-tests
	$(BIN)/pytest -n auto -m "not asterisk and not browser and not databases and not slow" $(ARGS)

slow: $(VENV)/.for-tests $(VENV)/.for-manual
	$(BIN)/pytest -n auto -m slow -rfEs $(ARGS)

fuzz: $(VENV)/.for-tests
	$(BIN)/pytest -m slow -s tests/fuzz $(ARGS)

chaos: $(VENV)/.for-tests
	PYTHONPATH=tests/shared:tests/chaos $(BIN)/python -m rounds --rounds $(ROUNDS) --seed $(SEED)

bench: $(VENV)/.for-tests
	$(BIN)/python benchmarks/bench.py $(if $(QUICK),--quick) $(ARGS)

# the two drive different phones on different addresses, so they may run beside each other
asterisk: $(VENV)/.for-tests
	@$(MAKE) --no-print-directory -j2 --output-sync=target asterisk22 asterisk16

asterisk22: $(VENV)/.for-tests
	$(BIN)/pytest -m "asterisk and not asterisk16 and not load" -rfEs $(ARGS)

asterisk16: $(VENV)/.for-tests
	$(BIN)/pytest -m "asterisk16 and not load" -rfEs $(ARGS)

load: $(VENV)/.for-tests
	ITGRIX_LOAD_RATE=$(RATE) ITGRIX_LOAD_SECONDS=$(SECONDS) $(BIN)/pytest -m "asterisk and load" -rsP $(ARGS)

databases: $(VENV)/.for-databases
	$(BIN)/pytest -m databases -rfEs $(ARGS)

browser: $(VENV)/.for-tests
	$(BIN)/pytest -m browser -rfEs $(ARGS)

lint: $(VENV)/.for-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: $(VENV)/.for-lint
	$(BIN)/mypy

docs: $(VENV)/.for-tests
	$(BIN)/python -m itgrix_hooks.manual docs/hooks.md
	$(BIN)/python tests/shared/cookbook_page.py docs/cookbook.md

manual: $(VENV)/.for-manual
	$(BIN)/sphinx-build -q -W --keep-going -b html -c docs -d $(VENV)/manual . site $(ARGS)
	@echo "site/docs/index.html"

calls: $(VENV)/.for-tests
	$(BIN)/python tests/shared/recorded_calls.py src/itgrix_hooks/testing/recorded.jsonl.gz

$(VENV)/.for-tests: setup.cfg pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Itgrix needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.for-databases: $(VENV)/.for-tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[sql]'
	@touch $@

$(VENV)/.for-manual: $(VENV)/.for-tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

$(VENV)/.for-lint: $(VENV)/.for-tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	@touch $@
