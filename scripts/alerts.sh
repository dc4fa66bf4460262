#!/bin/sh
# Fire each alert once with promtool. promtool must be there with NEED_PROMTOOL=1;
# otherwise the tests are left out, and that is said.
set -eu
if ! command -v promtool >/dev/null; then
	if [ -n "${NEED_PROMTOOL:-}" ]; then
		echo "alerts.sh: install promtool, which Debian's package prometheus has" >&2
		exit 1
	fi
	echo "The alerts were not tested: install promtool (Debian: prometheus), then: make alerts"
	exit 0
fi
go test -count=1 -tags promtool ./monitoring "$@"
