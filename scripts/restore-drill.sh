#!/bin/sh
# Lose the databases of the topology of production, restore them from a backup, and report what came back,
# what was doubled and what is in doubt. It ends with 1 if a mail was sent twice or a refund paid twice.
# With RESTORED_FROM=no it restores without WAYBILL_RESTORED_FROM, and shows what that setting is for.
set -eu
if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
	echo "restore-drill.sh: install PostgreSQL's server, which Debian's package postgresql has: apt-get install postgresql" >&2
	exit 1
fi
echo "The restore drill: 2 to 4 minutes on 2 cores"
cd devstack
go test -tags postgres -count=1 -timeout 15m -v ./e2e -run '^TestTheRestoreDrill$' -args -restored-from="$([ "${RESTORED_FROM:-yes}" = no ] && echo false || echo true)"
