# Everything needs only Python 3.11+ and make; the virtual environment is made by whoever needs it first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test slow asterisk browser lint types docs

help:
	@echo "make demo      real recorded calls through hooks into a CRM that runs here (ARGS='...' for itgrix demo)"
	@echo "make test      the quick tests"
	@echo "make slow      the tests that take longer than a person waits"
	@echo "make asterisk  the tests on a real Asterisk, which is installed when it is missing"
	@echo "make browser   the tests of the sandbox's page in a Chromium"
	@echo "make lint      style and import contract"
	@echo "make types     mypy, strict"
	@echo "make docs      the manual of the hooks, from their specs"

demo: $(VENV)/.for-tests
	$(BIN)/itgrix demo --once $(ARGS)

test: $(VENV)/.for-tests
	$(BIN)/pytest -n auto -m "not asterisk and not browser and not slow" $(ARGS)

slow: $(VENV)/.for-tests
	$(BIN)/pytest -m slow $(ARGS)

asterisk: $(VENV)/.for-tests
	$(BIN)/pytest -m asterisk -rs $(ARGS)

browser: $(VENV)/.for-tests
	$(BIN)/pytest -m browser -rs $(ARGS)

lint: $(VENV)/.for-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: $(VENV)/.for-lint
	$(BIN)/mypy

docs: $(VENV)/.for-tests
	$(BIN)/python -m itgrix_hooks.manual docs/hooks.md

$(VENV)/.for-tests: setup.cfg pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Itgrix needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.for-lint: $(VENV)/.for-tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	@touch $@
