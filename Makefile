# make without a target prints the targets.
.DEFAULT_GOAL := help
.PHONY: help run demo test browser check build lint histories clean

# No C compiler is needed anywhere; the race detector of "make check" is the exception.
export CGO_ENABLED ?= 0

# The ports of "make run", each changeable: make run INGRESS_PORT=9080
export TEMPORAL_PORT ?= 7233
export UI_PORT ?= 8233
export INGRESS_PORT ?= 8080
export SENDGRID_PORT ?= 8025
export SENDCLOUD_PORT ?= 8026
export MERCHANT_PORT ?= 8027

help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Run everything on this machine: Temporal, UI, ingress, worker, mailbox (FRESH=1 starts over)
	@bin/devstack up $(if $(FRESH),--fresh)

demo: bin/devstack ## Send more parcels on journeys against a running stack, one of them back for a refund (JOURNEY=name for one, also of a story)
	@bin/devstack play $(JOURNEY)

test: build ## Run every test, the end-to-end ones on real Temporal and real HTTP
	go test ./...
	@echo "End to end, against a real Temporal server: 4 to 7 minutes on 2 cores"
	@# The programs that these tests start are no input that the test cache knows.
	cd devstack && go test -count=1 -parallel 4 -timeout 25m ./...
	@scripts/browser.sh

browser: ## Play the refund pages in a browser; needs Chromium and npm (SCREENSHOTS=folder keeps pictures of all pages)
	@E2E_BROWSER=1 scripts/browser.sh $(if $(SCREENSHOTS),-screenshots $(abspath $(SCREENSHOTS)))

build: bin/waybill bin/devstack ## Build both programs into bin/

# The go command knows best what has changed, so it is always asked.
.PHONY: bin/waybill bin/devstack
bin/waybill:
	@scripts/build.sh . ./cmd/waybill bin/waybill
bin/devstack:
	@scripts/build.sh devstack . bin/devstack "with Temporal's server; the first time this takes 4 to 5 minutes on 2 cores"

check: build lint ## What CI runs besides "make test": vet, lint, workflowcheck, tidy, race
	go mod tidy -diff
	cd devstack && go mod tidy -diff
	go vet ./...
	cd devstack && go vet -tags browser ./...
	go tool workflowcheck ./...
	CGO_ENABLED=1 go test -race ./...
	cd devstack && CGO_ENABLED=1 go test -race ./merchant ./sendcloud ./sendgrid ./supervisor

lint: ## Run golangci-lint on both modules
	scripts/lint.sh

histories: build ## Record workflow histories anew for the replay test
	cd devstack && go test ./e2e -run 'TestRecordHistories|TestParcelsThatGoTogether|TestABounceThatSays|TestScansThatCome|TestRefunds$$|TestAPerson|TestARefundWithoutAReturn' -record

clean: ## Remove what was built, and the state of "make run"
	rm -rf bin .devstack
