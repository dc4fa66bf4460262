#!/bin/sh
# Build twice from the last commit, in two clones in different folders and with two build caches of which the
# second is empty. What comes out has to be the same, byte for byte. Without arguments, that is waybill for
# this machine. With a version, it is the archives of that release, which are left in a folder.
# usage: reproducible.sh [<version> <folder>]
set -eu
version=${1:-} left=${2:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

build() { # <output>
	if [ -z "$version" ]; then
		mkdir -p "$1"
		scripts/ship.sh "$1/waybill"
		return
	fi
	# Go takes the version from the tag. In a dry run, only the clone has one.
	git rev-parse -q --verify "refs/tags/$version" >/dev/null || git update-ref "refs/tags/$version" HEAD
	scripts/archives.sh "$version" "$1"
}

[ -n "$version" ] && long="10 to 25 minutes" || long="4 to 8 minutes"
echo "Building waybill ${version:+$version for three platforms }twice; this takes $long on 2 cores"
git clone --quiet . "$folder/one"
git clone --quiet . "$folder/another/place"
(cd "$folder/one" && build "$folder/first")
(cd "$folder/another/place" && export GOCACHE="$folder/cache" && build "$folder/second")
if ! diff -r "$folder/first" "$folder/second"; then
	echo "reproducible.sh: the two builds differ; compare what \"go version -m\" says of each program" >&2
	exit 1
fi
commit=$(git -C "$folder/one" rev-parse HEAD)
echo "Two builds of $commit with $(go env GOVERSION)${version:+ as $version} are the same:"
if [ -n "$left" ]; then
	mkdir -p "$left"
	mv "$folder/first"/* "$left"
	(cd "$left" && sha256sum -- *.tar.gz)
else
	sha256sum <"$folder/first/waybill"
fi
