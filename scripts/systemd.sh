#!/bin/sh
# Have systemd-analyze check the units in deploy/systemd. systemd-analyze must be there with NEED_SYSTEMD=1;
# otherwise this is left out, and that is said. What is given is for "go test".
set -eu
if ! command -v systemd-analyze >/dev/null; then
	if [ -n "${NEED_SYSTEMD:-}" ]; then
		echo "systemd.sh: install systemd-analyze, which Debian's package systemd has" >&2
		exit 1
	fi
	echo "The units were not checked: install systemd-analyze (Debian: systemd), then: make systemd"
	exit 0
fi
cd devstack
go test -tags systemd -count=1 ./deployment -run 'Systemd|Units' "$@"
