# Every target makes sure of the environments first; when nothing changed that takes 50 ms.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Python keeps what it compiled, also where the environment says otherwise: else each start compiles
# anew, and a command takes twice as long.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= $(shell test -x .venv/bin/python && echo .venv/bin/python || echo python3)
PY := .venv/bin/python
PENSTOCK := .venv/bin/penstock
# Whole files side by side, the longest first (tests/order.py), so that no worker waits long for
# another at the end. Each worker has an emulator of its own; more than four of them gain nothing.
# (Groups of pytest-xdist 3.8 have no effect under pytest 9.2.)
TESTS := $(PY) -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
LINTERS := tests/contract/linters
HOST ?= functions
QUEUE ?= payments
# Whose functions and queues `invoke` and `sqs_*` mean; `update`, `preview` and `graph` want it named.
ON = $(or $(STACK),local)
EVENT ?= tests/events/$(FUNCTION).json

# $(call need,tool,why) and $(call given,NAME,example): one clear line, or on with it.
need = @command -v $(1) >/dev/null 2>&1 || { echo "penstock: $(1) is missing: $(2)" >&2; exit 1; }
given = @test -n "$($(1))" || { echo "penstock: say which: make $@ $(2)" >&2; exit 1; }

.PHONY: help setup run test check check-deep contract-deep soak simulate mutation engine lint lint-contract format build lock contracts plugin-checks events-baseline api-baseline bench-flow bench-batch bench-signature \
	bench-coldstart bench-bundle bench-validation bench-intake bench-depth bench-recovery \
	update preview refresh destroy graph permissions cost scale traffic invoke sqs_receive_messages sqs_create_test_message sqs_purge_queue clean

help: ## this list
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/\1\t\2/p' Makefile | awk -F '\t' '{printf "  make %-26s %s\n", $$1, $$2}'

setup: ## the environments, from the locks (every other target does this by itself)
	@$(PYTHON) -V >/dev/null 2>&1 || { echo "penstock: there is no $(PYTHON): install Python 3.11 or newer, or name yours: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "penstock: $$($(PYTHON) -V 2>&1) is too old, 3.11 or newer is needed: name another, as in make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) local/install.py

run: setup ## the platform on this machine, with a demonstration; ONCE=1 ends by itself, HOST=functions|serve
	@$(PY) -m local.run --host $(HOST) $(if $(ONCE),--once)

test: setup ## every test but the slow ones, side by side
	@$(TESTS) -m "not slow and not browser and not postgres"

# Each part prints its closing line. A part that cannot run fails: a missing emulator or engine is
# an error, and pytest fails where it finds no test.
check: lint engine ## everything a change needs: lint, every test, Pulumi's engine, a short soak
	@echo "penstock: check, 1 of 4: unit, contract, one end-to-end" && $(TESTS) -m "not slow and not browser and not postgres"
	@echo "penstock: check, 2 of 4: the platform's deployed contract, Pulumi's engine" && $(TESTS) -m "slow and not soak and not mutants"
	@echo "penstock: check, 3 of 4: a short soak" && $(PY) -m pytest -q -rP -m soak tests/soak
	@echo "penstock: check, 4 of 4: 20 seeds of the simulation" && $(PY) -m penstock.simulation --seeds 20 && $(PY) -m penstock.simulation --gateway paypal --seeds 2 && $(PY) -m penstock.simulation --gateway stripe --seeds 2

check-deep: check ## make check, then ten times the examples of each property, a soak of minutes, 500 seeds, 250 mutants, the PostgreSQL sink on a real server, the pages in Chromium, and contract-deep
	@echo "penstock: check-deep, 1 of 9: properties, ten times the examples" && PENSTOCK_DEEP=1 $(TESTS) --timeout 3600 -m "not slow and not browser and not postgres"
	@echo "penstock: check-deep, 2 of 9: a soak of minutes" && PENSTOCK_DEEP=1 $(PY) -m pytest -q -rP -m soak tests/soak
	@echo "penstock: check-deep, 3 of 9: 500 seeds of the simulation" && $(PY) -m penstock.simulation --seeds 500 && $(PY) -m penstock.simulation --gateway paypal --seeds 60 && $(PY) -m penstock.simulation --gateway stripe --seeds 60
	@echo "penstock: check-deep, 4 of 9: the simulation finds each fault that is put in" && $(PY) -m pytest -q -rP -m mutants tests/simulation
	@echo "penstock: check-deep, 5 of 9: the pages in Chromium (Debian's package chromium)" && $(TESTS) -m browser tests/browser
	@echo "penstock: check-deep, 6 of 9: the PostgreSQL sink on a real server (Debian's package postgresql)" && PENSTOCK_DEEP=1 $(TESTS) --timeout 1200 -m postgres tests/plugins/postgres
	@echo "penstock: check-deep, 7 of 9: tests find changes put into the code at random" && $(PY) -m tests.mutation --seed $(or $(SEED),1) --sample $(or $(SAMPLE),250)
	@echo "penstock: check-deep, 8 of 9: the contract under the rules of redocly and spectral" && $(MAKE) lint-contract
	@echo "penstock: check-deep, 9 of 9: schemathesis with a random seed, against both hosts and the simulators" && $(MAKE) contract-deep

# The seed is printed; what it finds comes again with SEED=<it>.
contract-deep: setup ## schemathesis against both hosts and the simulators, all phases and checks, a random seed; SEED=1 EXAMPLES=100 ONLY="serve functions paypal example slack"
	@$(PY) -m tests.contract.deep $(if $(SEED),--seed $(SEED)) $(if $(EXAMPLES),--examples $(EXAMPLES)) $(ONLY)

simulate: setup ## the platform on virtual time with faults on every port; SEEDS=20|1..500|12345 GATEWAY=example|paypal|stripe
	@$(PY) -m penstock.simulation --seeds $(or $(SEEDS),20) --gateway $(or $(GATEWAY),example)

soak: setup ## the local platform for 5 minutes while hosts are killed, and its books reconciled; SECONDS=150 of traffic
	@PENSTOCK_SOAK_SECONDS=$(or $(SECONDS),150) $(PY) -m pytest -q -rP -m soak tests/soak/test_local_platform.py

mutation: setup ## change the code at random and expect a test to fail; SAMPLE=250 SEED=1 UNDER=runtime/penstock/domain AGAIN=1 (only the last survivors)
	@$(PY) -m tests.mutation --sample $(or $(SAMPLE),250) $(if $(SEED),--seed $(SEED)) $(if $(UNDER),--under $(UNDER)) $(if $(AGAIN),--again)

engine: setup ## Pulumi's engine: the installed one, or built from its Go modules, once per version
	@$(PY) -m infra.engine

lint: setup ## ruff, pyright, import-linter
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pyright
	@.venv/bin/lint-imports

lint-contract: ## the rules of redocly and spectral over contracts/api.yaml; needs npm
	$(call need,npm,install Node.js 20 or newer)
	@cd $(LINTERS) && npm ci --silent --ignore-scripts
	@$(LINTERS)/node_modules/.bin/redocly lint contracts/api.yaml
	@$(LINTERS)/node_modules/.bin/spectral lint --ruleset $(LINTERS)/spectral.yaml --fail-severity warn contracts/api.yaml

format: setup ## ruff, in place
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

build: setup ## the functions' zips as they are deployed, in build/
	@$(PY) -m infra.bundle aws --out build

lock: setup ## the locks anew from pyproject.toml
	@$(PY) -m uv pip compile -q pyproject.toml --universal --no-header --generate-hashes --group dev --group infra --group worker -o locks/dev.txt
	@$(PY) -m uv pip compile -q --universal --no-header --generate-hashes -c locks/dev.txt --group worker -o locks/worker.txt
	@$(PY) -m uv pip compile -q --universal --no-header --generate-hashes --group emulator -o locks/emulator.txt
	@$(PY) -m uv pip compile -q --universal --no-header --generate-hashes --group bench -o locks/bench.txt

contracts: setup ## contracts/asyncapi.yaml, contracts/postman.json, docs/events.md and the answers in contracts/examples anew
	@$(PY) -m tests.contract.shown.record
	@$(PY) -m tests.contract.postman
	@$(PY) -m tests.contract.asyncapi
	@$(PY) -m tests.contract.events_catalogue

plugin-checks: setup ## docs/plugin-checks.md anew, from the kit and the plugins that are broken
	@$(PY) -m tests.plugins.conformance.table

events-baseline: setup ## renew the baseline of the event schemas, at a release or for an announced breaking change
	@$(PY) -m tests.contract.events_baseline

api-baseline: setup ## renew the baseline of contracts/api.yaml, at a release or for an announced breaking change
	@$(PY) -m tests.contract.api_baseline

bench-flow: setup ## webhook accepted until Slack is called, on the local platform
	@$(PY) -m benchmarks.bench_flow

bench-batch: setup ## a FIFO batch of ten, by groups
	@$(PY) -m benchmarks.bench_batch

bench-coldstart: setup ## CPU of a first invocation: receive against boto3, the workers against aiobotocore
	@$(PY) -m benchmarks.bench_coldstart

bench-bundle: setup ## the zips' sizes, and importing from them against a warm tree
	@$(PY) -m benchmarks.bench_bundle

bench-signature: setup ## a webhook's signature against one bare RSA check
	@$(PY) -m benchmarks.bench_signature

bench-validation: setup ## a request under the contract against a pydantic model
	@$(PY) -m benchmarks.bench_validation

bench-intake: setup ## a webhook's CPU on the local server against bare aiohttp
	@$(PY) -m benchmarks.bench_intake

bench-depth: setup ## messages a second and memory of penstock serve, by how many are queued; DEPTHS=1000,1000000
	@$(PY) -m benchmarks.bench_depth $(DEPTHS)

bench-recovery: setup ## how soon what an outage left is done, on virtual time
	@$(PY) -m benchmarks.bench_recovery

# Pulumi asks, too, before it begins; where nobody can type, what make was told is the answer.
# Without a refresh Pulumi compares the program with its state only, and sees no change made by hand.
update: setup ## pulumi up; STACK=dev; REFRESH=1 undoes changes made by hand; a protected stack asks for its name first, or CONFIRM=<its name>
	$(call given,STACK,STACK=dev)
	$(call need,pulumi,see pulumi.com/docs/install)
	@$(PY) -m local.confirm "$(STACK)" "$(CONFIRM)"
	@$(MAKE) build
	@pulumi up --stack $(STACK) $(if $(REFRESH),--refresh )$$(test -t 0 || echo --yes)

preview: setup ## pulumi preview; STACK=dev
	$(call given,STACK,STACK=dev)
	$(call need,pulumi,see pulumi.com/docs/install)
	@$(MAKE) build
	@pulumi preview --stack $(STACK)

# Without a terminal it changes nothing, and fails where something differs: a nightly drift check.
refresh: setup ## what was changed by hand since the last deployment; STACK=dev
	$(call given,STACK,STACK=dev)
	$(call need,pulumi,see pulumi.com/docs/install)
	@pulumi refresh --stack $(STACK) $$(test -t 0 || echo --preview-only --expect-no-changes)

# Never with --skip-preview: it is the preview that refuses what is protected before any is deleted.
destroy: setup ## pulumi destroy; STACK=dev; a protected stack asks for its name first, or CONFIRM=<its name>
	$(call given,STACK,STACK=dev)
	$(call need,pulumi,see pulumi.com/docs/install)
	@$(PY) -m local.confirm "$(STACK)" "$(CONFIRM)"
	@pulumi destroy --stack $(STACK) $$(test -t 0 || echo --yes)

graph: setup ## what a stack would create, without an account; STACK=dev FORMAT=json|mermaid|permissions|roles
	$(call given,STACK,STACK=dev)
	@$(PY) -m infra.graph.show $(STACK) $(or $(FORMAT),json)

permissions: setup ## what may be allowed to whom deploys a stack, as a policy of IAM; STACK=dev
	$(call given,STACK,STACK=dev)
	@$(PY) -m infra.graph.show $(STACK) deployer

cost: setup ## what a stack would cost a month, by line; STACK=prod WEBHOOKS=1e6 KIND=sale|charge|checkout|subscription|...
	$(call given,STACK,STACK=prod)
	@$(PY) -m infra.bill.cost $(STACK) --webhooks $(or $(WEBHOOKS),1e6) --kind $(or $(KIND),sale)

scale: setup ## which limits 1 and 10 million payments a day meet; STACK=prod (see docs/scale.md)
	$(call given,STACK,STACK=prod)
	@$(PY) -m infra.bill.scale $(STACK)

traffic: setup ## count again what each kind of webhook, payment and refund asks of AWS, for make cost
	@$(PY) -m tests.adapters.counting

invoke: setup ## a function with a recorded event; FUNCTION=charge EVENT=tests/events/charge.json STACK=local|dev
	$(call given,FUNCTION,FUNCTION=charge)
	@$(PY) -m local.invoke --stack $(ON) $(FUNCTION) $(EVENT) $(if $(CONFIRM),--confirm $(CONFIRM))

sqs_receive_messages: setup ## what waits on a queue; QUEUE=payments STACK=local|dev
	@$(PENSTOCK) --stack $(ON) queue receive $(QUEUE)

sqs_create_test_message: setup ## send a payment message; STACK=local|dev, of a protected stack CONFIRM=<its name>
	@$(PENSTOCK) --stack $(ON) queue send $(QUEUE) $(if $(CONFIRM),--confirm $(CONFIRM))

sqs_purge_queue: setup ## forget what waits on a queue; QUEUE=payments BECAUSE=<why> STACK=local|dev, of a protected stack CONFIRM=<its name>
	@$(PENSTOCK) --stack $(ON) queue purge $(QUEUE) --because "$(or $(BECAUSE),make sqs_purge_queue)" --yes $(if $(CONFIRM),--confirm $(CONFIRM))

clean: ## everything that was made, the environments too
	@rm -rf .venv .venv-emulator .venv-uv .penstock .pulumi .mutation build $(LINTERS)/node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
