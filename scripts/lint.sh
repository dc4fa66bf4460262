#!/bin/sh
# Lint both modules with one pinned golangci-lint.
set -eu
lint=$(scripts/tool.sh github.com/golangci/golangci-lint/v2/cmd/golangci-lint v2.15.0 "2 to 4 minutes")
config=$PWD/.golangci.yml
"$lint" run --config "$config" ./...
cd devstack
"$lint" run --config "$config" ./...
