PYTHON ?= python3
BIN := .venv/bin
RUN := PYTHONUNBUFFERED=1 $(BIN)/python

.PHONY: help install demo test lint serve opensearch bench load evaluate lock faults fuzz audit-deps

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

install: $(BIN)/.installed  ## .venv with all that the project needs

$(BIN)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## a small invented register, declarations identified against it
	@$(BIN)/sngi demo

test: install  ## every test, a real OpenSearch included
	$(RUN) -m pytest --numprocesses logical --dist loadfile

lint: install  ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

serve: install  ## the HTTP service on http://127.0.0.1:8000
	$(BIN)/sngi serve

opensearch: install  ## a real OpenSearch on http://127.0.0.1:9250, without Docker
	$(RUN) -m devtools.opensearch_server --port 9250

bench: install  ## build and batch rates on 200,000 invented identities, both engines
	$(RUN) -m devtools.bench_engines

load: install  ## load up to past the capacity, with promises: load-report/load.png
	$(RUN) -m loadtest.run

evaluate: install  ## how right it is, on an invented register: evaluation-report/report.html
	$(BIN)/sngi evaluate

faults: install  ## engine, network, disk, clock and processes fail, the long tests too
	SNGI_LONG_FAULTS=1 $(RUN) -m pytest tests/faults

FUZZ_SECONDS ?= 60

fuzz: install  ## attack the service and every reader for longer than the tests do, FUZZ_SECONDS for each reader
	SNGI_FUZZ_EXAMPLES=2000 SNGI_FUZZ_LETTERS=1000000 $(RUN) -m pytest tests/hostile
	$(BIN)/python -m pip install --quiet "atheris>=3.0"
	$(RUN) -m tests.hostile.fuzz $(FUZZ_SECONDS)

audit-deps: install  ## the locked dependencies against published advisories; needs pypi.org itself, no mirror
	$(BIN)/python -m pip install --quiet "pip-audit>=2.9"
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.lock

lock:  ## resolve the versions of requirements.lock anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --quiet --output-file requirements.lock --custom-compile-command "make lock"
