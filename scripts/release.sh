#!/bin/sh
# Make what a release consists of, in bin/release: an archive for each platform, the list of what is in each
# program, and checksums. Nothing is published. With DRY=1 it needs no tag and, without a version, makes v0.0.0-dry.
# It needs Go, make, git, gzip and sha256sum, and npm with node for the schemas that the lists are checked with.
# usage: [DRY=1] release.sh <version>
set -eu
version=${1:-}
dry=${DRY:-}
[ -n "$version" ] || [ -z "$dry" ] || version=v0.0.0-dry
out=bin/release
faults=0

refuse() {
	echo "release.sh: $1" >&2
	faults=$((faults + 1))
}

number='(0|[1-9][0-9]*)'
if ! printf '%s\n' "$version" | grep -qE "^v$number\.$number\.$number(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"; then
	refuse "\"$version\" is no version: name one, as in make release VERSION=v1.2.3, or v1.3.0-rc.1"
	exit 1
fi

major=${version%%.*}
module=$(go list -m)
if [ "$major" != v0 ] && [ "$major" != v1 ] && [ "${module##*/}" != "$major" ]; then
	refuse "Go stamps $version only into a module whose path ends in /$major: change the path in go.mod and in all imports first (docs/releasing.md)"
fi

if [ -n "$(git status --porcelain)" ]; then
	git status --short >&2
	refuse "these files are not in the last commit, which is what a release is built from: commit them, or put them away with git stash -u"
fi

head=$(git rev-parse HEAD)
tagged=$(git rev-parse -q --verify "refs/tags/$version^{commit}" || true)
if [ -z "$tagged" ] && [ -z "$dry" ]; then
	refuse "there is no tag $version: make it with git tag -a $version -m \"Waybill $version\", or try with DRY=1 first"
elif [ -n "$tagged" ] && [ "$tagged" != "$head" ]; then
	refuse "the tag $version is on $tagged, and not on the last commit: check it out with git switch --detach $version, or choose the next version. A tag that others have stays where it is"
fi

# entries counts what a section of the changelog lists.
entries() { awk -v name="$1" '/^## / {in_it = $2 == name} in_it && /^- / {n++} END {print n + 0}' CHANGELOG.md; }
if [ "$(entries "$version")" -eq 0 ] && { [ -z "$dry" ] || [ "$(entries Unreleased)" -eq 0 ]; }; then
	refuse "CHANGELOG.md has no entries under \"## $version - <day>\": rename \"## Unreleased\", and begin a new one above it"
fi

# What the release before has recorded still replays, or the schema of histories says that it does not.
histories=workflows/testdata/histories
oldest() { sed -n 's/^const oldestHistories = //p'; }
before=$(git -c versionsort.suffix=- tag --merged HEAD --sort=-v:refname --list 'v[0-9]*' | grep -vxF "$version" | head -n 1 || true)
if [ -n "$before" ]; then
	gone=$(git diff --name-only --no-renames --diff-filter=MD "$before" HEAD -- "$histories")
	if [ -n "$gone" ] && [ "$(git show "$before:workflows/gates.go" | oldest)" = "$(oldest <workflows/gates.go)" ]; then
		printf '%s\n' "$gone" >&2
		refuse "these histories are not as $before has recorded them: put them back (git checkout $before -- $histories), or raise oldestHistories in workflows/gates.go, which is a breaking change"
	fi
fi

for tool in npm node sha256sum gzip; do
	command -v "$tool" >/dev/null || refuse "install $tool"
done
[ "$faults" -eq 0 ] || exit 1

rm -rf "$out"
scripts/reproducible.sh "$version" "$out"
set --
for program in "$out"/*/waybill; do
	folder=${program%/waybill}
	set -- "$@" "$program" "$folder.cdx.json"
done
scripts/sbom.sh "$@"
rm -r "$out"/*/
(cd "$out" && sha256sum -- * >SHA256SUMS && sha256sum --quiet -c SHA256SUMS)
[ -z "$dry" ] || echo "A dry run: only the clones had the tag $version, and nobody else has it"
echo "$version is in $out. Next: docs/releasing.md says what to check, and where it goes"
