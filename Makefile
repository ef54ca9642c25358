# Everything a person, a hook or CI runs. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-benchmarks
READY := $(VENV)/.ready
HOME_DIR ?= home
SAMPLE_DIR ?= sample
FAULTS ?= 200
SAMPLE ?= 400
SEED ?= 1
DRAWS := $(shell od -An -N3 -tu4 /dev/urandom | tr -d ' ')
NEW_DRAWS := --hypothesis-profile new_draws --hypothesis-seed $(DRAWS)

export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Modules are compiled once, and beside the environment, not in the tree: the tests start hundreds
# of processes, and each would spend seconds on that.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/compiled

.PHONY: help setup nightly test check check-all fix format lint types contracts docs lock bench mutants faults sbom audit clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

nightly: setup ## Set up, then run the night on the synthetic sample region.
	@test -d $(SAMPLE_DIR) || $(BIN)/catchment sample --out $(SAMPLE_DIR)
	@$(BIN)/catchment nightly --region config/demo.toml --extracts $(SAMPLE_DIR) --home $(HOME_DIR) --backups $(HOME_DIR)-backups

test: setup ## Set up, then run the everyday tests.
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow"

setup: $(READY) ## Create .venv from requirements.lock, every package checked by hash.

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Catchment needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ {found=1} found {print} found && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

check: setup format lint types contracts test ## What CI runs: format, lint, types, import contracts, tests.

check-all: setup format lint types contracts ## `check` by new draws of the laws, the tests marked slow, and `mutants`.
	@echo "laws draw by the seed $(DRAWS); the same again: make check-all DRAWS=$(DRAWS)"
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow" $(NEW_DRAWS)
	@$(BIN)/python -m pytest -q -m slow $(NEW_DRAWS)
	@$(BIN)/python tests/mutants/mutate.py

format: setup ## Is everything formatted? (`make fix` does it)
	@$(BIN)/ruff format --check --quiet .

fix: setup ## Format, and repair what lint can repair.
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

lint: setup ## Lint.
	@$(BIN)/ruff check --quiet .

types: setup ## Check types.
	@$(BIN)/mypy

contracts: setup ## Do imports run one way only?
	@$(BIN)/lint-imports

docs: setup ## Write the generated documents again.
	@$(BIN)/python -m flows.docs.dictionary docs/dictionary.md
	@$(BIN)/python -m flows.docs.formulation docs
	@$(BIN)/python -m flows.docs.lineage docs/lineage.md
	@$(BIN)/python -m flows.docs.events docs/deliveries.md

lock: setup ## Resolve every dependency again and write both locks.
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes --extra dev pyproject.toml -o requirements.lock
	@echo pip-audit | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header - -o requirements-audit.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes --extra dev --extra benchmarks --constraint requirements.lock pyproject.toml -o requirements-benchmarks.lock

$(PEERS)/.ready: $(READY) requirements-benchmarks.lock
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@VIRTUAL_ENV=$(CURDIR)/$(PEERS) $(BIN)/uv pip sync --quiet --require-hashes requirements-benchmarks.lock
	@VIRTUAL_ENV=$(CURDIR)/$(PEERS) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(PEERS)/.ready

bench: $(PEERS)/.ready ## Measure beside peers, in an environment of their own (docs/benchmarks.md).
	@for name in transfer night growth financing ingest; do $(PEERS)/bin/python -m benchmarks.$$name || exit 1; done

mutants: setup ## Change 400 places of the code, one at a time; which changes do the tests miss?
	@$(BIN)/python tests/mutants/mutate.py --sample $(SAMPLE) --seed $(SEED)

faults: setup ## Inject 200 faults into nights of a small region and count which are survived.
	@$(BIN)/python tests/faults/run.py --faults $(FAULTS) --seed $(SEED)

sbom: setup ## Write sbom.json: every pinned package with its hashes (CycloneDX).
	@$(BIN)/python -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml --output-reproducible -o sbom.json
	@echo "sbom.json: $$(grep -c '"purl"' sbom.json) packages"

audit: sbom ## sbom.json, and known vulnerabilities of what is pinned (needs the network).
	@test -x $(VENV)/audit/bin/python || $(PYTHON) -m venv $(VENV)/audit
	@VIRTUAL_ENV=$(CURDIR)/$(VENV)/audit $(BIN)/uv pip sync --quiet --require-hashes requirements-audit.lock
	@$(VENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

clean: ## Remove the environment, the sample, its home and the backups.
	@rm -rf $(VENV) $(PEERS) $(SAMPLE_DIR) $(HOME_DIR) $(HOME_DIR)-backups
