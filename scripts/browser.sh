#!/bin/sh
# Play the pages of parcels and refunds in a real browser. What that needs beside Go, Chromium and
# npm, must be there with E2E_BROWSER=1; otherwise the tests are left out, and that
# is said. What is given is for "go test", such as -screenshots and a folder.
set -eu
version=4.14.1 # of axe-core

leave() {
	if [ -n "${E2E_BROWSER:-}" ]; then
		echo "browser.sh: $1" >&2
		exit 1
	fi
	echo "The browser tests were not run: $1, then: make browser"
	exit 0
}

for name in ${CHROMIUM:-chromium chromium-browser google-chrome}; do
	CHROMIUM=$(command -v "$name") && break
done
[ -n "${CHROMIUM:-}" ] || leave "install Chromium, or name it in CHROMIUM"

if [ -z "${AXE:-}" ]; then
	AXE=$PWD/bin/axe-core-$version.min.js
	if [ ! -s "$AXE" ]; then
		command -v npm >/dev/null || leave "install npm, which has axe-core"
		folder=$(mktemp -d)
		trap 'rm -rf "$folder"' EXIT
		npm pack --silent --pack-destination "$folder" "axe-core@$version" >/dev/null || leave "let npm load axe-core $version"
		tar -xzf "$folder/axe-core-$version.tgz" -C "$folder" package/axe.min.js
		mkdir -p bin
		mv "$folder/package/axe.min.js" "$AXE"
	fi
fi

export CHROMIUM AXE
echo "The pages in Chromium: 3 to 6 minutes on 2 cores"
cd devstack
go test -tags browser -count=1 -parallel 4 ./e2e -run '^TestInTheBrowser$' "$@"
