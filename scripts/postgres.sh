#!/bin/sh
# Search the files of PostgreSQL for what people wrote. PostgreSQL must be there with
# NEED_POSTGRES=1; otherwise the test is left out, and that is said.
set -eu

# Debian keeps the server's programs out of the PATH.
for folder in /usr/lib/postgresql/*/bin; do
	[ -x "$folder/initdb" ] && PATH=$PATH:$folder
done
if ! command -v initdb >/dev/null || ! command -v pg_ctl >/dev/null; then
	if [ -n "${NEED_POSTGRES:-}" ]; then
		echo "postgres.sh: install PostgreSQL's server, which Debian's package postgresql has" >&2
		exit 1
	fi
	echo "PostgreSQL's files were not searched: install PostgreSQL (Debian: postgresql), then: make postgres"
	exit 0
fi
export PATH
echo "Temporal on PostgreSQL: 1 to 2 minutes on 2 cores"
cd devstack
go test -tags postgres -count=1 ./e2e -run '^TestPostgreSQLShowsNothingOfWhatPeopleWrote$' "$@"
