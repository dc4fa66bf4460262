#!/bin/sh
# Build waybill twice from the last commit, in two clones in different folders and with two build caches
# of which the second is empty. Both programs have to be the same, byte for byte.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "Building waybill twice; this takes 4 to 8 minutes on 2 cores"
git clone --quiet . "$folder/one"
git clone --quiet . "$folder/another/place"
(cd "$folder/one" && scripts/ship.sh "$folder/first")
(cd "$folder/another/place" && GOCACHE="$folder/cache" scripts/ship.sh "$folder/second")
if ! cmp "$folder/first" "$folder/second"; then
	echo "reproducible.sh: the two programs differ; compare what \"go version -m\" says of each" >&2
	exit 1
fi
commit=$(git -C "$folder/one" rev-parse HEAD)
echo "Two builds of $commit for $(go env GOOS)/$(go env GOARCH) with $(go env GOVERSION) are the same:"
sha256sum <"$folder/first"
