# Every target does the set-up it needs, once. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Bytecode is kept, whatever the shell says: the tests start some thousand processes, and each would compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
LOCKED := $(PIP) --require-hashes
# pyspark and cronsim come as source archives: what builds them is locked as well, so it stands in the environment before them
# (a constraint with hashes is no way: pip before 25.3 asks of the archive itself that it pins what builds it)
BUILDING := --no-build-isolation --use-pep517

# Modules of the first two rings run side by side; those of the others start clusters, browsers and servers. Each ring is a
# process of its own: what one leaves behind (a JVM, threads, events on their way) holds up no other.
WORKERS ?= 2
PARALLEL := --numprocesses $(WORKERS) --dist loadscope

.PHONY: help setup demo check test ring lint soak coverage figures site lock up spark down

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

setup: java $(VENV)/.runtime ## virtual environment with the locked dependencies

demo: setup ## set up, then run the whole product on the sample; KEEP=1 leaves the stack up
	$(BIN)/soundtracks demo $(if $(KEEP),--keep)

check: lint site sbom/image.cdx.json ## lint, types, direction of imports, docs site, SBOM and the fast tests: before each commit
	$(BIN)/pytest --ring=fast -q --durations=5 $(PARALLEL)

test: java lint azurite ## set up, then lint, type checks and all tests, the quickest first
	$(BIN)/pytest --ring=fast $(PARALLEL)
	$(BIN)/pytest --ring=slow $(PARALLEL)
	$(foreach ring,spark browser server image,$(BIN)/pytest --ring=$(ring) &&) true

ring: java $(VENV)/.dev azurite ## one part of the tests: RING=fast, slow, spark, browser, server or image
	$(BIN)/pytest --ring=$(RING) $(if $(filter fast slow,$(RING)),$(PARALLEL))

lint: $(VENV)/.dev ## ruff, mypy, import-linter, and that the pages print what was measured
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers $(WORKERS)
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m benchmarks.figures --check

figures: $(VENV)/.dev ## fill README and docs with the measured figures of benchmarks/figures.json
	$(BIN)/python -m benchmarks.figures

soak: java $(VENV)/.dev ## the campaign of faults: two to three hours, kept out of make test; ARGS="--only inbox,disk --count 5"
	$(BIN)/python -m tests.soak --write $(ARGS)
	$(if $(ARGS),,$(BIN)/pytest --messages=2000 tests/soundtracks/operations/test_runs.py -k exactly_one_run)

coverage: $(VENV)/.dev ## measure what the quick tests run of the code; writes docs/coverage.json
	$(BIN)/python docs/make_coverage.py

site: $(VENV)/.dev ## the pages of docs/ as a site, in site/: opens without a server, asks nobody for anything
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

up: setup ## start the local stack (SAMPLE=1: with the sample services)
	$(BIN)/soundtracks up $(if $(SAMPLE),--sample)

spark: java $(VENV)/.spark ## optional: Spark starts two to three seconds sooner (170 MB)

down: ## end the local stack
	$(BIN)/soundtracks down

lock: $(VENV)/.dev ## resolve the dependencies anew, with hashes and without registry addresses (UPGRADE=--upgrade takes newer ones)
	$(BIN)/uv pip compile --quiet $(UPGRADE) $(LOCK) pyproject.toml $(EXTRAS) -o requirements.lock
	$(BIN)/uv pip compile --quiet $(UPGRADE) $(LOCK) pyproject.toml --group dev $(EXTRAS) --extra browse -c requirements.lock -o requirements-dev.lock
	sed -n '/^setuptools==/,/[^\\]$$/p' requirements.lock > docker/build.lock
	sed -nE '/^($(SPARK_ONLY))==/,/[^\\]$$/p' requirements.lock > docker/spark.lock

# what is locked for Spark alone: the small image goes without (tests/docker/test_image.py works it out)
SPARK_ONLY := googleapis-common-protos|grpcio|grpcio-status|protobuf|py4j|pyspark
EXTRAS := $(foreach extra,spark prefect azure validation serve catalogue,--extra $(extra))
LOCK := --generate-hashes --no-annotate --no-header --universal --python-version 3.11

.PHONY: java
java:
	@command -v java >/dev/null || { echo "Java is missing. Install Java 17 or newer, for example: apt install openjdk-17-jre-headless" >&2; exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml
	@echo "Installing the locked dependencies into $(VENV) (once, one to three minutes)…"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(LOCKED) -r docker/build.lock
	@$(LOCKED) $(BUILDING) -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.spark: $(VENV)/.runtime
	@$(BIN)/python -m soundtracks.matching.spark.class_archive
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the locked development tools…"
	@$(LOCKED) $(BUILDING) --no-deps -r requirements-dev.lock # all are in it, but what pyproject.toml overrides
	@touch $@

.PHONY: azurite
azurite: $(VENV)/.dev
	@$(BIN)/python -m tests.rigs.azurite install

.PHONY: image
image: $(VENV)/.runtime ## build both container images without Docker (root, buildah, debootstrap) and print their sizes
	$(BIN)/python -m tests.rigs.image build

.PHONY: azure-up azure-smoke azure-down audit sbom scan
azure-up: setup ## bring everything up in Azure; ARGS="--admit ADDRESS", ARGS=--dry-run only tells
	$(BIN)/soundtracks azure up $(ARGS)

azure-smoke: setup ## try the deployment: a title file, its run, report and metrics
	$(BIN)/soundtracks azure smoke $(ARGS)

azure-down: setup ## take everything in Azure away again
	$(BIN)/soundtracks azure down $(ARGS)

audit: $(VENV)/.dev ## known weaknesses of the locked dependencies (needs the internet)
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement requirements.lock

sbom: $(VENV)/.dev ## what wheel and image are made of, with hashes (CycloneDX): sbom/; BASE=name@sha256:… STATUS=FILE add the image's
	$(BIN)/python docker/sbom.py $(if $(BASE),--base $(BASE)) $(if $(STATUS),--status $(STATUS))

sbom/image.cdx.json: requirements.lock pyproject.toml docker/Dockerfile docker/sbom.py $(VENV)/.dev
	$(BIN)/python docker/sbom.py

scan: .scan/bin/checkov ## checkov over Bicep and Dockerfile, in an environment of its own
	.scan/bin/checkov --directory infra --directory docker --config-file infra/checkov.yaml

.scan/bin/checkov: # its dependencies do not fit into the locked ones
	@$(PYTHON) -m venv .scan
	@.scan/bin/pip --disable-pip-version-check install --quiet --require-hashes -r infra/checkov.lock
