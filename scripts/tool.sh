#!/bin/sh
# Print the path of a Go tool in one pinned version. It is built once from the module proxy, outside
# both modules, so that its dependencies enter neither.
# usage: tool.sh <package> <version> <how long that takes> [flag of go install]
set -eu
name=${1##*/}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/waybill
tool=$cache/$name-$2
if [ ! -x "$tool" ]; then
	echo "Building $name $2; the first time this takes $3 on 2 cores" >&2
	mkdir -p "$cache/build"
	CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOBIN="$cache/build" go install ${4:-} "$1@$2"
	mv "$cache/build/$name" "$tool"
fi
echo "$tool"
