#!/bin/sh
# Run Caddy with the Caddyfile of docker-compose.yml in front of stand-ins, and show whom it lets through.
# Without NEED_CADDY=1, this is left out if Caddy was not built before, and that is said. With BUILD_ONLY=1,
# Caddy is built and nothing else. What is given is for "go test".
set -eu
version=v2.11.9 # as in docker-compose.yml
if [ -z "${NEED_CADDY:-}" ] && [ ! -x "${XDG_CACHE_HOME:-$HOME/.cache}/waybill/caddy-$version" ]; then
	echo "The Caddyfile was not tried. To build Caddy and try it: make caddy"
	exit 0
fi
caddy=$(scripts/tool.sh github.com/caddyserver/caddy/v2/cmd/caddy "$version" "2 to 4 minutes")
[ -z "${BUILD_ONLY:-}" ] || exit 0
cd devstack
go test -tags caddy -count=1 ./deployment -run 'Caddy|WithoutUsers' "$@" -args -caddy "$caddy"
