#!/bin/sh
# deps.sh PACKAGE...: install those Debian packages that are missing.  Needs root
# (or sudo) only when something is missing.  nodejs and npm count as present when
# the commands are there, whatever brought them.
set -eu
missing=
for p in "$@"; do
	case $p in
	nodejs) command -v node >/dev/null 2>&1 && continue ;;
	npm) command -v npm >/dev/null 2>&1 && continue ;;
	python3) command -v python3 >/dev/null 2>&1 && continue ;;
	esac
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
run=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "missing packages; as root: apt-get install$missing" >&2
		exit 1
	}
	run=sudo
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the list is words on purpose
$run apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
	$run apt-get update -q
	$run apt-get install -y -q --no-install-recommends $missing
}
