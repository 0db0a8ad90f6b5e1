#!/bin/sh
# startup.sh [APPS] [FILES]: time from exec to the first answer, and memory, of a fresh node and
# of one with APPS (1000) apps of FILES (10) files; then each app is asked once.
set -eu
cd "$(dirname "$0")/.."
apps=${1:-1000} files=${2:-10}
build=${BUILD:-build}
dir=$(mktemp -d /tmp/fazt-startup.XXXXXX)
server=
finish() {
	trap - EXIT INT TERM
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT
trap 'finish; exit 130' INT TERM
rss() { awk '/VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$server/status"; }
ask() { "$build/tests/tools/rawcgi" --socket "$dir/fcgi.sock" --fcgi \
	--param REQUEST_METHOD=GET --param "HTTP_HOST=$1" --param "REQUEST_URI=$2" \
	--param REMOTE_ADDR=127.0.0.1; }
start() {
	rm -f "$dir/fcgi.sock"
	began=$(date +%s%N)
	"$build/fazt-fcgi" serve --state "$dir/state" --listen "unix:$dir/fcgi.sock" \
		2>>"$dir/log" &
	server=$!
	until ask "$1" "$2" >"$dir/answer" 2>/dev/null; do :; done
	ended=$(date +%s%N)
	ms=$(((ended - began) / 1000000))
}
stop() {
	kill "$server"
	wait "$server" || true
	server=
}
"$build/fazt-fcgi" init --domain bench.test --state "$dir/state" </dev/null >/dev/null
start admin.bench.test /openapi.json
sleep 1
echo "fresh node: first answer after $ms ms, idle RSS $(rss) MiB"
stop
"$build/bench/fill" "$dir/state" "$apps" "$files"
start app0.bench.test /
head -n 1 "$dir/answer"
sleep 1
echo "$apps apps, $((apps * files)) files, $(du -m "$dir/state/data.db" | cut -f1) MiB:" \
	"first answer after $ms ms (want <= 1000), RSS $(rss) MiB (want <= 64)"
i=0
while [ "$i" -lt "$apps" ]; do
	ask "app$i.bench.test" / >/dev/null
	i=$((i + 1))
done
echo "after one request to each app: RSS $(rss) MiB"
stop
