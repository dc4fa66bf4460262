#!/bin/sh
# Make the files in secrets/ that docker-compose.yml names, and docker-compose.override.yml if it is there.
# A file that exists stays as it is. No secret is printed.
#
# Containers read a file of this folder with its own owner and mode, and each image has another user. So
# everyone may read the files, and only their owner may enter the folder.
# usage: secrets.sh
set -eu
command -v openssl >/dev/null || { echo "secrets.sh: install openssl, which makes the keys" >&2; exit 1; }
umask 077
mkdir -p secrets
chmod 700 secrets
new=$(mktemp secrets/.new.XXXXXX)
trap 'rm -f "$new"' EXIT

made= needed= optional=
for file in docker-compose.yml docker-compose.override.yml; do
	[ ! -f "$file" ] || names="${names:-} $(grep -o 'file: \./secrets/[a-z0-9_]*' "$file" | sed 's|.*/||')"
done

# The certificate of the stand-in for SendGrid belongs to its key, and can sign no other certificate.
if [ ! -s secrets/standin_key ] || [ ! -s secrets/standin_certificate ]; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=sendgrid \
		-addext subjectAltName=DNS:sendgrid -addext basicConstraints=critical,CA:FALSE \
		-keyout "$new" -out secrets/standin_certificate 2>/dev/null
	cat "$new" >secrets/standin_key
	made="$made standin_key standin_certificate"
fi

# value prints what a new file holds: nothing, if a person has to fill it in.
value() {
	case $1 in
	codec)
		key=$(openssl rand -base64 32) # its failure is this script's
		echo "$(date -u +%Y-%m-%d):$key"
		;;
	postgres | links | digest | search | grafana) openssl rand -hex 32 ;;
	# The stand-in accepts it. SendGrid does not.
	sendgrid)
		key=$(openssl rand -hex 24)
		echo "SG.standin.$key"
		;;
	esac
}

# about prints what a person has to write into a file.
about() {
	case $1 in
	sendcloud_webhook_*) echo "needed: the webhook signature key that you enter in Sendcloud's panel too; openssl rand -hex 32 makes one" ;;
	sendgrid) echo "needed: an API key of SendGrid with the scope mail.send. Until then it is a key for the stand-in" ;;
	sendcloud_api_*) echo "the keys of Sendcloud's API, as public-key:secret-key. Without them, lost webhooks stay lost" ;;
	sendgrid_webhook) echo "the verification key of SendGrid's Event Webhook. Without it, bounces stay unknown" ;;
	sendgrid_log) echo "an API key of SendGrid that only reads its email log, for the parcel pages" ;;
	pay_*) echo "the secret that you share with your endpoint that pays refunds; openssl rand -hex 32 makes one" ;;
	ui_users) echo "who opens Temporal's UI: a line with a name and a hash, as caddy hash-password makes it" ;;
	codec_token) echo "the token of an inspector, so that Temporal's UI shows what is encrypted" ;;
	ui_oidc) echo "the secret of the OIDC client, if people sign in to Temporal's UI with OIDC" ;;
	esac
}

# unfilled reports whether a person still has to fill a file in.
unfilled() { [ ! -s "secrets/$1" ] || { [ "$1" = sendgrid ] && grep -q '^SG\.standin\.' secrets/sendgrid; }; }

for name in $names; do
	if [ ! -s "secrets/$name" ]; then # it is missing, or was not written to its end
		value "$name" >"$new"
		if [ -s "$new" ] || [ ! -e "secrets/$name" ]; then
			cp "$new" "secrets/$name.part"
			mv "secrets/$name.part" "secrets/$name"
		fi
		[ ! -s "secrets/$name" ] || made="$made $name"
	fi
	chmod 644 "secrets/$name"
	text=$(about "$name")
	[ -n "$text" ] && unfilled "$name" || continue
	line="  secrets/$name
      ${text#needed: }"
	case $text in
	needed:*) needed="$needed
$line" ;;
	*) optional="$optional
$line" ;;
	esac
done

echo "Made:${made:- nothing, all files are there}"
[ -z "$needed" ] || echo "
Fill these in before you go live:$needed"
[ -z "$optional" ] || echo "
Fill these in if you need them:$optional"
echo "
docs/deploying.md says more about each. Keep a copy of secrets/ elsewhere: without codec, nothing can be read
that Temporal has stored."
