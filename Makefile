# Everything a contributor or CI does has a target here; `make help` lists them.
# Nothing is installed outside this directory but Go's own caches.

# The one place for versions. `make tidy-check` holds every go.mod, the tools
# and the builder-config.yaml files to them.
export COLLECTOR_VERSION := v0.165.0
export COLLECTOR_STABLE_VERSION := v1.71.0
export CONTRIB_VERSION := v0.165.1
export OTTL_VERSION := v1.4.1
export MDATAGEN_VERSION := v0.161.0
# Those of bench/peers: what we compare us with cannot all be had at ours.
export PEERS_VERSION := v0.160.0
export PEERS_STABLE_VERSION := v1.66.0
# The distribution's own version stands in builder-config.yaml, where ocb wants it.
VERSION := $(shell sed -n 's/^  version: //p' builder-config.yaml)

# One way to compile for the distribution, the tests, the demo and the linters:
# Go's build cache keeps a copy of every package for each set of flags, and most
# of the time of a first run goes into compiling the same dependencies.
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(filter-out -trimpath,$(shell go env GOFLAGS)) -trimpath)

SHELL := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Modules with code of ours; internal/tools holds tool directives only.
MODULES := $(patsubst %/,%,$(dir $(wildcard ./go.mod */go.mod bench/peers/go.mod)))
TOOLS := build/tools
COLLECTOR_DIR := build/otelcol-correlation
COLLECTOR := $(COLLECTOR_DIR)/otelcol
BENCH_COLLECTOR := build/otelcol-bench/otelcol-bench
PEERS_COLLECTOR := build/otelcol-bench-peers/otelcol-bench-peers
IMAGE := otelcol-correlation:$(VERSION)
IMAGE_UID := 10001
FUZZTIME := 20s

# A test that hangs must fail before the job that runs it does.
TEST := test -timeout 10m

.DEFAULT_GOAL := help

## help: list the targets
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{ printf "  %-18s %s\n", $$1, $$2 }'

## generate: run mdatagen on metadata.yaml
.PHONY: generate
generate: $(TOOLS)/mdatagen
	@scripts/generate.sh write $(TOOLS)/mdatagen

## generate-check: fail if the generated files are not what mdatagen writes
.PHONY: generate-check
generate-check: $(TOOLS)/mdatagen
	@scripts/generate.sh check $(TOOLS)/mdatagen

## fmt: format all Go code
.PHONY: fmt
fmt: $(TOOLS)/golangci-lint
	@for module in $(MODULES); do (cd $$module && $(CURDIR)/$(TOOLS)/golangci-lint fmt ./...); done

## lint: run the linters and check the formatting
.PHONY: lint
lint: $(TOOLS)/golangci-lint
	@$(TOOLS)/golangci-lint config verify
	@bad=0; for module in $(MODULES); do \
	  echo "lint $$module"; \
	  (cd $$module && $(CURDIR)/$(TOOLS)/golangci-lint run --allow-parallel-runners ./...) || bad=1; \
	done; exit $$bad

## circles: report which files of a package refer to each other in a circle
.PHONY: circles
circles:
	@go run ./scripts/filecircles

## tidy: run go mod tidy in every module
.PHONY: tidy
tidy:
	@for module in $(MODULES) internal/tools; do go -C $$module mod tidy; done

## tidy-check: fail if a go.mod is not tidy, or names another collector version than ours
.PHONY: tidy-check
tidy-check: versions-check
	@for module in $(MODULES) internal/tools; do echo "tidy $$module"; go -C $$module mod tidy -diff; done

## versions-check: fail on a Collector module of another version than ours
.PHONY: versions-check
versions-check:
	@scripts/check-versions.sh $(MODULES)

## test: unit, lifecycle, race and end-to-end tests
.PHONY: test
test: test-unit test-race e2e

## test-unit: unit and lifecycle tests of the processor, the demo and the benchmarks
.PHONY: test-unit
test-unit:
	go $(TEST) ./...
	go -C demo $(TEST) ./...
	go -C bench $(TEST) ./...
	go -C bench/peers $(TEST) ./...
	go -C e2e $(TEST) ./interop
	go -C testkit $(TEST) ./...

## test-race: tests of the processor and the demo under the race detector
.PHONY: test-race
test-race: export CGO_ENABLED := 1
test-race:
	go $(TEST) -race ./...
	go -C demo $(TEST) -race ./...

## e2e: end-to-end tests of the built collector
.PHONY: e2e
e2e: $(COLLECTOR)
	E2E_COLLECTOR=$(CURDIR)/$(COLLECTOR) go -C e2e $(TEST) -count=1 ./harness ./collector ./restart

## cover: test coverage of the processor, by function
.PHONY: cover
cover:
	mkdir -p build
	go $(TEST) -coverpkg=./... -coverprofile=build/cover.out ./...
	go tool cover -func=build/cover.out

## fuzz: run every fuzz target for FUZZTIME (20s)
.PHONY: fuzz
fuzz:
	@scripts/fuzz.sh $(FUZZTIME)

## hostile: send the route table ten million hostile paths (several minutes)
.PHONY: hostile
hostile:
	ROUTE_HOSTILE_PATHS=$(or $(PATHS),10000000) go test -run Hostile -timeout 30m ./internal/route

# ROUNDS times each peer is measured, for MEASURE each time; one round is enough
# to see if all runs, five are for figures.
ROUNDS := 5
MEASURE := 5s

## bench: measure the component beside its peers, ROUNDS (5) times for MEASURE (5s); goals first, an hour
.PHONY: bench
bench:
	@mkdir -p build
	go run -C bench . goals -rounds $(ROUNDS) -measure $(MEASURE) -points $(CURDIR)/build/curve.json $(BENCH_FLAGS) | tee build/bench.md

## bench-e2e: measure whole collectors with us and with the peers, ROUNDS (5) times; goals first, half an hour
.PHONY: bench-e2e
bench-e2e: $(BENCH_COLLECTOR) $(PEERS_COLLECTOR)
	go run -C bench . e2e-goals -rounds $(ROUNDS) $(BENCH_FLAGS) | tee build/bench-e2e.md

## bench-route: measure finding the route of a path, ROUNDS (5) times
.PHONY: bench-route
bench-route:
	@mkdir -p build
	go run -C bench . route -rounds $(ROUNDS) $(BENCH_FLAGS) | tee build/bench-route.md

## bench-plot: draw docs/pictures/held.svg from what bench measured
.PHONY: bench-plot
bench-plot: build/curve.json
	go run -C bench . plot -points $(CURDIR)/$<

## bench-top: say where the CPU time of us goes, with both signals
.PHONY: bench-top
bench-top:
	@mkdir -p build
	go run -C bench . component -peers ours_tail:both -rounds 1 -measure 20s -profile $(CURDIR)/build/bench >/dev/null
	go run -C bench . top $(CURDIR)/build/bench.ours_tail.both.cpu.pprof | tee build/bench-top.md

## bench-gate: fail on more allocations, heap held or instructions an item than budgeted
.PHONY: bench-gate
bench-gate:
	go -C bench $(TEST) -count=1 -run '^TestGate$$' ./internal/component
	go run -C bench . instructions

## bench-micro: run the benchmarks of our packages into build/bench.txt, for benchstat
.PHONY: bench-micro
bench-micro: $(TOOLS)/benchstat
	mkdir -p build
	go test -run '^$$' -bench . -benchmem -count 6 ./... | tee build/bench.txt
	$(TOOLS)/benchstat build/bench.txt

## soak: run a collector at full speed for DURATION (10m) with the feature gates GATES, and check it all the time
.PHONY: soak
soak: $(BENCH_COLLECTOR)
	go run -C bench . soak -duration $(or $(DURATION),10m) -gates '$(GATES)'

## build: build the collector with ocb
.PHONY: build
build: $(COLLECTOR)

## validate: check every example and the configs in the README with the built collector
.PHONY: validate
validate: $(COLLECTOR)
	E2E_COLLECTOR=$(CURDIR)/$(COLLECTOR) go -C e2e $(TEST) -count=1 -v -run '^TestExamples' ./collector

## demo: run the demo services against the built collector and print what it did
.PHONY: demo
demo: $(COLLECTOR)
	@echo "demo: compiling (about a minute the first time)"
	@go run -C demo . run --collector $(CURDIR)/$(COLLECTOR) --config $(CURDIR)/examples/quickstart/config.yaml

## test-oracle: run TEST_COMMAND against a collector that fails it on broken traces
# make test-oracle ENTRY=front TEST_COMMAND="go test -C ../shop ./..."
.PHONY: test-oracle
test-oracle: $(COLLECTOR) build/oracle
	@scripts/test-oracle.sh $(if $(ENTRY),--entry $(ENTRY)) $(if $(IGNORE),--ignore $(IGNORE)) -- $(or $(TEST_COMMAND),$(error set TEST_COMMAND))

## test-oracle-check: hold the oracle to shops with each of the usual faults
.PHONY: test-oracle-check
test-oracle-check: $(COLLECTOR) build/oracle build/sdktraces
	@scripts/test-oracle-check.sh check build/sdktraces

## sdktraces: record anew what real SDKs send of shops with each of the usual faults
.PHONY: sdktraces
sdktraces: build/sdktraces
	@build/sdktraces testdata/sdktraces

## servertraces: record anew what real servers behind Caddy send; builds them, a quarter of an hour
.PHONY: servertraces
servertraces: build/servertraces
	@build/servertraces -bin build/servers testdata/servertraces

## observability: check the rules with their tests, the dashboard and the canary gate
.PHONY: observability
observability: $(TOOLS)/promtool
	@$(TOOLS)/promtool check rules observability/prometheus/rules.yaml observability/prometheus/alerts.yaml
	@$(TOOLS)/promtool test rules observability/prometheus/alerts_test.yaml
	@go -C observability $(TEST) -count=1 ./...

## pictures: draw the README's pictures from a run of the demo
.PHONY: pictures
pictures: $(COLLECTOR)
	@rm -rf build/pages
	@go run -C demo . run --collector $(CURDIR)/$(COLLECTOR) --config $(CURDIR)/examples/quickstart/config.yaml --pages $(CURDIR)/build/pages >/dev/null
	@go run -C observability ./pictures $(CURDIR)/build/pages $(CURDIR)/docs/pictures

## canary-gate: ask PROMETHEUS if version NEW of SERVICE breaks more traces than OLD
.PHONY: canary-gate
canary-gate:
	@go run -C observability ./gate -prometheus $(PROMETHEUS) -service $(SERVICE) -new $(NEW) -old $(OLD)

## image: build the container image
.PHONY: image
image: $(COLLECTOR)
	@scripts/image.sh $(IMAGE) $(COLLECTOR) $(IMAGE_UID)

## image-test: run the image, send a trace and a log through it, stop it, see all delivered
.PHONY: image-test
image-test: image
	E2E_IMAGE=$(IMAGE) E2E_IMAGE_UID=$(IMAGE_UID) go -C e2e $(TEST) -count=1 ./image

## ci: what CI runs, from nothing
.PHONY: ci
ci:
	.ci/run

## clean: remove all that was built
.PHONY: clean
clean:
	rm -rf build

# --- what is built ---

# ocb writes the distribution's sources and resolves its modules; the compiler
# runs apart from it, so that a change of our code costs no new resolution.
COLLECTOR_SOURCES := $(shell find *.go internal -name '*.go' ! -name '*_test.go')

$(COLLECTOR_DIR)/main.go: builder-config.yaml go.mod go.sum $(TOOLS)/builder
	@scripts/collector.sh generate $(TOOLS)/builder $(COLLECTOR_DIR)

$(COLLECTOR): $(COLLECTOR_DIR)/main.go $(COLLECTOR_SOURCES)
	@scripts/collector.sh compile $(COLLECTOR_DIR) $(notdir $@)

# The benchmarks have a collector with us and one with the peers, each built by
# the ocb of its version. ocb keeps a go.mod it finds.
$(BENCH_COLLECTOR): bench/builder-config.yaml go.mod go.sum $(COLLECTOR_SOURCES) $(TOOLS)/builder
$(PEERS_COLLECTOR): bench/peers/builder-config.yaml $(TOOLS)/builder-peers
$(BENCH_COLLECTOR) $(PEERS_COLLECTOR):
	@echo "building $(@F) (about three minutes the first time)"
	@rm -f $(@D)/go.mod $(@D)/go.sum
	@$(filter $(TOOLS)/%,$^) --config $< 2>$(@D).log || { cat $(@D).log >&2; exit 1; }

build/curve.json:
	@mkdir -p build
	go run -C bench . curve -json $(CURDIR)/$@

build/oracle build/sdktraces build/servertraces: build/%: $(shell find testkit -name '*.go' -o -name go.mod)
	@mkdir -p build
	@go build -C testkit -o $(CURDIR)/$@ ./cmd/$*

# Tools are built from internal/tools, whose go.mod pins them, so that none of
# their requirements reaches the module graph of the processor's users.
$(TOOLS)/builder: TOOL_PACKAGE := go.opentelemetry.io/collector/cmd/builder
$(TOOLS)/mdatagen: TOOL_PACKAGE := go.opentelemetry.io/collector/cmd/mdatagen
$(TOOLS)/golangci-lint: TOOL_PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/benchstat: TOOL_PACKAGE := golang.org/x/perf/cmd/benchstat
# promtool is half of Prometheus, so it has the module of the files it checks.
$(TOOLS)/promtool: observability/go.mod observability/go.sum
	@echo "building promtool"
	@mkdir -p $(TOOLS)
	@go build -C observability -o $(CURDIR)/$@ github.com/prometheus/prometheus/cmd/promtool

# The peers' version of ocb: a newer one takes a newer core.
$(TOOLS)/builder-peers: bench/peers/go.mod bench/peers/go.sum
	@echo "building $(@F)"
	@mkdir -p $(TOOLS)
	@go build -C bench/peers -o $(CURDIR)/$@ go.opentelemetry.io/collector/cmd/builder

$(TOOLS)/%: internal/tools/go.mod internal/tools/go.sum
	@echo "building $(notdir $@)"
	@mkdir -p $(TOOLS)
	@go build -C internal/tools -o $(CURDIR)/$@ $(TOOL_PACKAGE)
