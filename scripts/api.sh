#!/bin/sh
# Lint the OpenAPI file, make a client of it, and have that client decide a refund of a running
# stack. What that needs beside Go, node and npm, must be there with API_TOOLS=1; otherwise this
# is left out, and that is said. What is given is for "go test".
set -eu
leave() {
	if [ -n "${API_TOOLS:-}" ]; then
		echo "api.sh: $1" >&2
		exit 1
	fi
	echo "The OpenAPI file was not linted, and no client was made: $1, then: make api"
	exit 0
}

command -v node >/dev/null || leave "install node"
command -v npm >/dev/null || leave "install npm"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/package.json" <<'JSON'
{
  "private": true, "type": "module",
  "dependencies": {
    "@redocly/cli": "2.77.0", "openapi-fetch": "0.17.0", "openapi-typescript": "7.13.0",
    "typescript": "5.9.3", "@types/node": "20.19.0"
  }
}
JSON
(cd "$folder" && npm install --silent --ignore-scripts --no-audit --no-fund >/dev/null) || leave "let npm load the linter and the generator"

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
"$folder/node_modules/.bin/redocly" lint --config scripts/redocly.yaml desk/openapi.yaml

"$folder/node_modules/.bin/openapi-typescript" desk/openapi.yaml --output "$folder/schema.d.ts"
cp devstack/e2e/testdata/client/client.ts "$folder/"
(cd "$folder" && node_modules/.bin/tsc --strict --target es2022 --module nodenext --types node client.ts)

export API_CLIENT="$folder/client.js"
cd devstack
go test -tags apiclient -count=1 ./e2e -run '^TestAGeneratedClientDecidesARefund$' "$@"
