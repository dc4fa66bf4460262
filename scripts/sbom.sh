#!/bin/sh
# Write what is in programs as CycloneDX JSON. A list is read from its program, and has neither a time nor
# a serial number: the same program has the same list. Its form is checked with the schemas of the CycloneDX
# project, which npm has.
# usage: sbom.sh <program> <list> [<program> <list>]...
set -eu
command -v npm >/dev/null || { echo "sbom.sh: install npm, which has the schemas of CycloneDX" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/package.json" <<'JSON'
{
  "private": true, "type": "module",
  "dependencies": {
    "@cyclonedx/cyclonedx-library": "10.3.0", "ajv": "8.20.0", "ajv-formats": "3.0.1", "ajv-formats-draft2019": "1.6.1"
  }
}
JSON
cat >"$folder/check.js" <<'JS'
import { readFileSync } from 'node:fs'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
const text = readFileSync(process.argv[2], 'utf8')
const faults = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)
if (faults !== null) {
  console.error('sbom.sh: the list is not valid CycloneDX 1.6:', faults)
  process.exit(1)
}
console.log(`${process.argv[2]}: ${JSON.parse(text).components.length} modules, valid CycloneDX 1.6`)
JS
(cd "$folder" && npm install --silent --ignore-scripts --no-audit --no-fund >/dev/null) || { echo "sbom.sh: let npm load the schemas of CycloneDX" >&2; exit 1; }

# A list names the hash of the tool that wrote it: -trimpath makes it the same on all machines.
sbom=$(scripts/tool.sh github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod v1.10.0 "1 to 2 minutes" -trimpath)
while [ $# -gt 0 ]; do
	"$sbom" bin -json -std -noserial -notimestamp -output "$2" "$1"
	node "$folder/check.js" "$2"
	shift 2
done
