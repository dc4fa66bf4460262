#!/bin/sh
# Lint both modules with one pinned golangci-lint. It is built once from the
# module proxy, outside both modules, so that its dependencies enter neither.
set -eu
version=v2.15.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/waybill
lint=$cache/golangci-lint-$version
if [ ! -x "$lint" ]; then
	echo "Building golangci-lint $version; the first time this takes 2 to 4 minutes on 2 cores"
	mkdir -p "$cache/build"
	CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOBIN="$cache/build" go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
	mv "$cache/build/golangci-lint" "$lint"
fi
config=$PWD/.golangci.yml
"$lint" run --config "$config" ./...
cd devstack
"$lint" run --config "$config" ./...
