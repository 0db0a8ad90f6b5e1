#!/bin/sh
# build.sh DIR: make the scripts that are embedded into the daemon, in DIR: the library of
# apps and the compiler that translates their code, from the npm packages of the lockfile.
# Prints nothing unless it fails.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
work=$out/npm
if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
	echo "build: the JavaScript library is made with node and npm, which are not here." >&2
	echo "build: install them (Debian: nodejs npm), or build from a release archive," >&2
	echo "build: which carries the result in runtime/prebuilt." >&2
	exit 1
fi
mkdir -p "$work"
cp "$here"/*.mjs "$here/package.json" "$here/package-lock.json" "$work/"
cd "$work"
if ! cmp -s package-lock.json .installed; then
	npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error > npm.log 2>&1 || {
		cat npm.log >&2
		exit 1
	}
	cp package-lock.json .installed
fi
node build.mjs "$out" > build.log 2>&1 || {
	cat build.log >&2
	exit 1
}
