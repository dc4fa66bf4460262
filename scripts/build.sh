#!/bin/sh
# Build one program and say how far it is: a first build takes minutes.
# usage: build.sh <module folder> <package> <output from the root> [remark]
set -eu
root=$(pwd)
mkdir -p bin
cd "$1"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
(go build -v -o "$root/$3" "$2" >"$log" 2>&1; echo "exit $?" >>"$log") &
announced= seconds=0
while ! tail -n 1 "$log" | grep -q '^exit '; do
	sleep 1
	seconds=$((seconds + 1))
	[ -n "$announced" ] || [ $seconds -lt 3 ] || { echo "Building $3 ${4:+($4)}"; announced=yes; }
	if [ -n "$announced" ] && [ $((seconds % 10)) -eq 0 ]; then
		echo "  ${seconds} s: $(grep -vc '^go: downloading' "$log" || true) packages compiled"
	fi
done
wait
if ! grep -q '^exit 0$' "$log"; then
	grep -v '^exit ' "$log" >&2
	exit 1
fi
