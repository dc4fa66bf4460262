# make without a target prints the targets.
.DEFAULT_GOAL := help
.PHONY: help run where demo doctor test bench bench-codec bench-fairness bench-sizing browser api alerts postgres restore-drill caddy systemd secrets check vet verify build lint licences sbom reproducible release histories clean

# Only the race detector of "make test RACE=1" needs a C compiler.
export CGO_ENABLED ?= 0

# The ports of "make run". Change one like this: make run INGRESS_PORT=9080
export TEMPORAL_PORT ?= 7233
export UI_PORT ?= 8233
export INGRESS_PORT ?= 8080
export SENDGRID_PORT ?= 8025
export SENDCLOUD_PORT ?= 8026
export MERCHANT_PORT ?= 8027
export CODEC_PORT ?= 8028
# An endpoint of your own that pays refunds; without it, the stack's merchant does.
export PAY_URL ?=

help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Run everything on this machine: Temporal, UI, ingress, worker, mailbox (FRESH=1 starts over, PAY_URL=address has your endpoint pay refunds, DB=postgres the topology of production)
	@bin/devstack up $(if $(FRESH),--fresh) $(if $(DB),--db $(DB))

where: bin/devstack ## Print the addresses of a running stack again, with links to lists in Temporal's UI
	@bin/devstack where

demo: bin/devstack ## Send more parcels through a running stack; one comes back for a refund (JOURNEY=name plays one journey, trouble or story)
	@bin/devstack play $(JOURNEY)

doctor: build ## Check a running stack, as "waybill doctor" checks a deployment
	@bin/devstack doctor

test: build ## Run every test, the end-to-end ones on real Temporal and real HTTP (RACE=1 with the race detector, RACE=all end to end, too)
ifdef RACE
	@# Rules do one thing after the other: the race detector would find nothing in them, and take minutes.
	go test ./delivery ./parcel ./refund
	CGO_ENABLED=1 go test -race $$(go list ./... | grep -vxE 'waybill/(delivery|parcel|refund)')
	cd devstack && CGO_ENABLED=1 go test -race ./merchant ./sendcloud ./sendgrid ./supervisor
else
	go test ./...
endif
	@scripts/alerts.sh
	@echo "End to end, against a real Temporal server: 6 to 9 minutes on 2 cores"
	@# The test cache does not know the programs that these tests start.
	cd devstack && go test -count=1 -parallel 6 -timeout 25m ./...
	@scripts/browser.sh
	@scripts/api.sh
	@scripts/postgres.sh
	@scripts/caddy.sh
	@scripts/systemd.sh

bench: ## Measure how long the list of refunds takes (INBOX=500 open refunds, LISTED=4500 that are only listed)
	cd devstack && go test -tags bench -count=1 -timeout 2h -v ./e2e -run 'TestHowLongTheInboxTakes' -args -inbox $(or $(INBOX),500) -inbox-listed $(or $(LISTED),0)

bench-codec: ## Measure what encryption costs: bytes, processor time and scans a second without and with it; needs Linux (ROUNDS=5, PARCELS=100)
	cd devstack && go test -tags bench -count=1 -timeout 1h -v ./e2e -run 'TestWhatEncryptionCosts' -args -codec-rounds $(or $(ROUNDS),5) -codec-parcels $(or $(PARCELS),100)

bench-fairness: ## Measure what a shop notices of the flood of another one (FLOOD=10000 scans)
	cd devstack && go test -tags bench -count=1 -timeout 1h -v ./e2e -run 'TestAFloodOfOneShop' -args -flood $(or $(FLOOD),10000)

bench-sizing: ## Measure what parcels need: processor time, the database, billed actions (PARCELS=200, DB=postgres)
	cd devstack && E2E_DB=$(DB) go test -tags bench -count=1 -timeout 1h -v ./e2e -run 'TestWhatAMillionParcelsNeed' -args -sized-parcels $(or $(PARCELS),200)

browser: ## Test the pages in a browser; needs Chromium and npm (SCREENSHOTS=folder saves a picture of each page)
	@E2E_BROWSER=1 scripts/browser.sh $(if $(SCREENSHOTS),-screenshots $(abspath $(SCREENSHOTS)))

api: ## Lint the OpenAPI file, and have a client made of it decide a refund; needs node and npm
	@API_TOOLS=1 scripts/api.sh

alerts: ## Fire each alert once, and read the queries of the dashboard; needs promtool
	@NEED_PROMTOOL=1 scripts/alerts.sh -v

postgres: ## Play stories on the topology of production: PostgreSQL, Temporal's services, two ingresses, two workers; needs PostgreSQL's server
	@NEED_POSTGRES=all scripts/postgres.sh -v

restore-drill: ## Lose the databases, restore them from a backup, and report what came back; needs PostgreSQL's server (RESTORED_FROM=no without the setting for it)
	@scripts/restore-drill.sh

caddy: ## Try the Caddyfile of docker-compose.yml in front of stand-ins: whom does Caddy let through?
	@NEED_CADDY=1 scripts/caddy.sh -v

systemd: ## Have systemd-analyze check the units in deploy/systemd
	@NEED_SYSTEMD=1 scripts/systemd.sh -v

secrets: ## Make the files in secrets/ that docker-compose.yml reads; those that are there stay as they are
	@scripts/secrets.sh

build: bin/waybill bin/devstack ## Build both programs into bin/

# Always build: the go command itself knows what has changed.
.PHONY: bin/waybill bin/devstack
bin/waybill:
	@scripts/build.sh . ./cmd/waybill bin/waybill
bin/devstack:
	@scripts/build.sh devstack . bin/devstack "with Temporal's server; the first time this takes 4 to 5 minutes on 2 cores"

check: lint vet verify ## Run what CI runs besides "make test RACE=1": lint, vet, workflowcheck, tidy, hashes of modules

vet: build ## Run vet, workflowcheck and tidy
	go mod tidy -diff
	cd devstack && go mod tidy -diff
	go vet ./...
	cd devstack && go vet -tags browser,apiclient,bench,postgres,caddy,systemd ./...
	go tool workflowcheck -config .workflowcheck.yaml ./...

lint: ## Run golangci-lint on both modules
	scripts/lint.sh

verify: ## Compare the modules that were downloaded with their hashes in go.sum
	@scripts/verify.sh

licences: ## Check the licences of all dependencies, and write the texts that go with the program to bin/licences.txt
	@mkdir -p bin
	go test -count=1 . -run '^TestEveryDependencyHasAnAllowedLicence$$' -args -licence-texts=bin/licences.txt

sbom: ## Build waybill as it is given away, and list what is in it as CycloneDX JSON; needs npm
	@mkdir -p bin/shipped
	@scripts/ship.sh bin/shipped/waybill
	@scripts/sbom.sh bin/shipped/waybill bin/shipped/waybill.cdx.json

reproducible: ## Build waybill twice from the last commit, in two places, and compare the programs
	@scripts/reproducible.sh

release: ## Make the archives of a release in bin/release: built twice and compared, listed, with checksums; needs npm (VERSION=v1.2.3; DRY=1 needs no tag)
	@DRY=$(DRY) scripts/release.sh "$(VERSION)"

histories: build ## Record the workflow histories for the replay test again
	cd devstack && go test ./e2e -run 'TestRecord|TestParcelsThatGoTogether|TestABounce|TestNewsOvertakes|TestAMailThatDidNotLeave|TestSupportMends|TestRefunds$$|TestAPersonSignsIn|TestARefundWithoutAReturn|TestOperationsAreToldOnce|TestAnApprovalIsUndone|TestDecisionLogsAreExported|TestAPersonIsErased|TestWhatACustomerWrote' -record

clean: ## Remove the binaries and the state of "make run"
	rm -rf bin .devstack
