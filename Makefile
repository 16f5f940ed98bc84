.DEFAULT_GOAL := help
.PHONY: help install check lint format typecheck unit deadcode licenses generate verify test contract coverage demo sandbox operator build walkthroughs bench docs docs-open image release hooks clean

# npm puts Node 24 into node_modules/.bin, whatever the machine's own Node is.
NODE := node_modules/.bin/node

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

node_modules: package-lock.json
	@echo "installing packages (first time about a minute)"
	@npm ci --no-audit --no-fund --loglevel=error && touch node_modules

install: node_modules ## Install packages

demo: node_modules ## Show it all: sandbox, operator, samples, drift, teardown (KEEP=1 leaves it running)
	@$(NODE) test/demo/demo.ts

test: build ## Run all tests, on the bundle; the last line is "N passed, N failed"
	@BUNDLE=1 $(NODE) --run test

check: node_modules ## Everything a change must pass before a commit: fast, no control plane
	@$(MAKE) -s -j2 --output-sync=target lint typecheck deadcode licenses verify
	@$(MAKE) -s unit

lint: node_modules ## Format and lint, without writing
	@$(NODE) --run lint

format: node_modules ## Format and fix
	@$(NODE) --run format

typecheck: node_modules ## Check types
	@$(NODE) --run typecheck

unit: node_modules ## Run the tests that need no control plane
	@$(NODE) --run test:unit -- --parallel --jobs 2 --reporter dot

deadcode: node_modules ## Find unused files, exports and dependencies
	@$(NODE) --run deadcode

licenses: node_modules ## Check that runtime dependencies are under permissive licences
	@$(NODE) --run licenses

generate: node_modules ## Write what is made from src/api, package.json, tools/chart and config
	@$(NODE) --run generate

verify: node_modules ## Fail if what is generated is not what is committed
	@$(NODE) --run generate && git diff --exit-code -- crds docs/api.md docs/install.md src/api/version.ts config

contract: node_modules ## Run boto3 and the aws CLI against the AWS emulator
	@$(NODE) --run contract

coverage: node_modules ## Run all tests and show what they cover
	@$(NODE) --run coverage

sandbox: node_modules ## Run only the sandbox, in the foreground; prints export lines
	@$(NODE) test/sandbox/run.ts

build: node_modules ## Bundle the operator into dist/main.js
	@$(NODE) --run build

operator: build ## Run the operator in the foreground, configured by the environment
	@$(NODE) dist/main.js

walkthroughs: node_modules ## Go through five public guides, step by step, with what was seen
	@$(NODE) node_modules/.bin/mocha --spec 'test/walkthroughs/*.cluster.ts' --ignore 'test/**/*.test.ts'

bench: build ## Measure N objects (make bench N=500 PODS=10000): calls, writes, time, memory, restart, pods
	@BUNDLE=1 $(NODE) test/bench/bench.ts

docs: node_modules ## Build the documentation's site into dist/docs, and fail if a link of it is dead
	@$(NODE) tools/docs.ts

docs-open: docs ## Open each of its pages in a headless Chromium (on PATH, or CHROMIUM=…), and fail on what it complains of
	@$(NODE) tools/docs-open.ts

image: ## Build the image with Docker (make image IMAGE=registry.example.com/pod-identity-operator:0.1.0)
	@docker build --tag $(or $(IMAGE),$(error name the image: make image IMAGE=registry.example.com/pod-identity-operator:0.1.0)) .

release: node_modules ## Check that VERSION can be released and build its files; publishes nothing
	@$(NODE) tools/release.ts $(VERSION)

hooks: ## Run "make check" before each commit
	@git config core.hooksPath .githooks

clean: ## Remove what was built (not the cached control plane)
	@rm -rf dist coverage node_modules
