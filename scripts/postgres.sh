#!/bin/sh
# Search the files of PostgreSQL for what people wrote. Without NEED_POSTGRES=1 the test is left out,
# and that is said: it starts two database servers, and takes a minute or two.
set -eu

if [ -z "${NEED_POSTGRES:-}" ]; then
	echo "PostgreSQL's files were not searched. To do so: make postgres"
	exit 0
fi

# Debian keeps the server's programs out of the PATH.
for folder in /usr/lib/postgresql/*/bin; do
	[ -x "$folder/initdb" ] && PATH=$PATH:$folder
done
if ! command -v initdb >/dev/null || ! command -v pg_ctl >/dev/null; then
	echo "postgres.sh: install PostgreSQL's server, which Debian's package postgresql has" >&2
	exit 1
fi
export PATH
echo "Temporal on PostgreSQL: 1 to 2 minutes on 2 cores"
cd devstack
go test -tags postgres -count=1 ./e2e -run '^TestPostgreSQLShowsNothingOfWhatPeopleWrote$' "$@"
