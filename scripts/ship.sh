#!/bin/sh
# Build waybill as it is given away: without paths of this machine, and with the commit and the version that
# it is from, which Go takes from git. GOOS and GOARCH choose another platform.
# usage: ship.sh <output>
set -eu
CGO_ENABLED=0 go build -trimpath -buildvcs=true -o "$1" ./cmd/waybill
go version -m "$1" | grep -q 'vcs\.revision=' ||
	echo "ship.sh: $1 does not name its commit, so nobody can compare it: build it in a clone, not in a worktree" >&2
