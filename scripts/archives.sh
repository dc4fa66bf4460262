#!/bin/sh
# Build the archives of a release from the clone in which this runs, one for each platform: the program, its
# licence, those of its modules, and what to read first. With the same version of Go they are the same byte for byte,
# wherever and whenever they are built: git writes them in one order, with one owner and the time of the
# commit, and gzip -n adds no time.
# usage: archives.sh <version> <folder>
set -eu
version=$1 folder=$2
mkdir -p "$folder"
for platform in linux/amd64 linux/arm64 darwin/arm64; do
	name=waybill-$version-${platform%/*}-${platform#*/}
	GOOS=${platform%/*} GOARCH=${platform#*/} scripts/ship.sh "$folder/$name/waybill"
	stamped=$(go version -m "$folder/$name/waybill" | awk '$1 == "mod" {print $3}')
	if [ "$stamped" != "$version" ]; then
		echo "archives.sh: Go stamped $stamped, and not $version: look for another tag at this commit, or for a changed file (git status)" >&2
		exit 1
	fi
done
# The licences of what is shipped on all platforms. The flags share the packages that were just compiled.
CGO_ENABLED=0 go test -trimpath -vet=off -count=1 . -run '^TestEveryDependencyHasAnAllowedLicence$' -args "-licence-texts=$folder/licences.txt"
for name in "$folder"/waybill-*; do
	git -c tar.umask=0022 archive --format=tar --prefix="${name##*/}/" \
		--add-file=scripts/release/README.md --add-file="$folder/licences.txt" --add-file="$name/waybill" HEAD LICENSE |
		gzip -9n >"$name.tar.gz"
done
rm "$folder/licences.txt"
