#!/bin/sh
# run.sh [SECONDS]: requests a second against limits and peers in the same run, as ratios.
#
# Method: wrk, one thread, 64 connections, SECONDS (3) a sample, three rounds in which all
# candidates take turns, median of the three.  Limits: a bare libfcgi hand-off that answers
# twelve bytes (bench/hello_fcgi.c), nginx's own static file, php-fpm.  Everything on this
# machine, loopback, load generator included, so the ratios count and not the figures.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-${SECONDS_EACH:-3}}
build=${BUILD:-build}
dir=$(mktemp -d /tmp/fazt-bench.XXXXXX)
chmod 755 "$dir"
state=$dir/state
pids=
finish() {
	trap - EXIT INT TERM
	for p in $pids; do kill "$p" 2>/dev/null || true; done
	sleep 0.5
	for p in $pids; do kill -9 "$p" 2>/dev/null || true; done
	rm -rf "$dir"
}
trap finish EXIT
trap 'finish; exit 130' INT TERM

base=$((20000 + $$ % 20000))
ngx=$base ngx_once=$((base + 1)) cached=$((base + 2)) file=$((base + 3)) hello=$((base + 4))
php=$((base + 5)) caddy=$((base + 6)) caddy_hello=$((base + 7)) internal=$((base + 8)) cint=$((base + 9))
ngx_scgi=$((base + 10)) cint2=$((base + 11))
: "$ngx_once"

"$build/fazt-fcgi" init --domain bench.test --state "$state" </dev/null >/dev/null
key=$("$build/fazt-fcgi" create-key --name bench --scopes admin --state "$state" 2>/dev/null)
cat >"$state/fazt.conf" <<EOF
[server]
dev = yes
scheme = http
front_users = $(id -un)
[limits]
rate = 0
EOF
"$build/fazt-fcgi" serve --state "$state" --listen "unix:$dir/fcgi.sock,mode=0666" \
	--scgi "unix:$dir/scgi.sock,mode=0666" 2>"$dir/fazt.log" &
server=$!
pids="$pids $server"
"$build/bench/hello_fcgi" "$dir/hello.sock" 32 &
pids="$pids $!"
cat >"$dir/fpm.conf" <<EOF
[global]
error_log = $dir/php.log
[www]
user = $(id -un)
listen = $dir/php.sock
listen.mode = 0666
listen.backlog = 1024
pm = static
pm.max_children = 8
EOF
php-fpm8.2 -F -n -R -y "$dir/fpm.conf" >/dev/null 2>&1 &
pids="$pids $!"
mkdir -p "$dir/www"
head -c 7500 /dev/urandom | base64 -w 0 | head -c 10240 >"$dir/www/page.txt"
cp bench/hello.php "$dir/www/hello.php"

for f in contrib/nginx/*; do
	sed -e "s|/run/fazt/|$dir/|" -e "s|127.0.0.1:9180|127.0.0.1:$internal|" "$f" >"$dir/${f##*/}"
done
sed -i "s|keepalive 32|keepalive 64|" "$dir/fazt.conf"
cat >"$dir/nginx.conf" <<EOF
daemon off;
$([ "$(id -u)" = 0 ] && echo "user $(id -un);")
worker_processes auto;
pid $dir/nginx.pid;
error_log $dir/nginx.log error;
events { worker_connections 4096; }
http {
	access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
	client_body_temp_path $dir/t1; fastcgi_temp_path $dir/t2; proxy_temp_path $dir/t3;
	scgi_temp_path $dir/t4; uwsgi_temp_path $dir/t5;
	fastcgi_cache_path $dir/cache levels=1:2 keys_zone=fazt:8m max_size=64m use_temp_path=off;
	include $dir/fazt.conf;
	upstream hello { server unix:$dir/hello.sock; keepalive 64; keepalive_requests 10000; }
	server { listen 127.0.0.1:$ngx backlog=1024; server_name _; include $dir/fazt_server.conf; }
	server { listen 127.0.0.1:$ngx_scgi backlog=1024; server_name _; include $dir/fazt_scgi_server.conf; }
	server { listen 127.0.0.1:$cached backlog=1024; server_name _; include $dir/fazt_server.conf;
		include $dir/fazt_cache.conf; }
	server { listen 127.0.0.1:$file backlog=1024; server_name _; root $dir/www; }
	server { listen 127.0.0.1:$hello backlog=1024; server_name _; include $dir/fazt_params;
		fastcgi_keep_conn on; location / { fastcgi_pass hello; } }
	server { listen 127.0.0.1:$php backlog=1024; server_name _;
		location / { include $dir/fazt_params; fastcgi_param SCRIPT_FILENAME $dir/www/hello.php; fastcgi_pass unix:$dir/php.sock; } }
}
EOF
nginx -p "$dir" -c "$dir/nginx.conf" &
pids="$pids $!"
cat >"$dir/Caddyfile" <<EOF
{
	admin off
	auto_https off
	storage file_system $dir/caddy
}
$(sed -e "s|unix//run/fazt/|unix/$dir/|" -e "s|127.0.0.1:9180|127.0.0.1:$cint|" contrib/caddy/fazt.caddy)
http://:$caddy {
	bind 127.0.0.1
	import fazt
}
$(sed -e "s|unix//run/fazt/fcgi.sock|unix/$dir/hello.sock|" -e "s|127.0.0.1:9180|127.0.0.1:$cint2|" \
	-e "s|unix//run/fazt/|unix/$dir/|" -e "s|(fazt)|(hello)|" contrib/caddy/fazt.caddy)
http://:$caddy_hello {
	bind 127.0.0.1
	import hello
}
EOF
XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir caddy run --adapter caddyfile --config "$dir/Caddyfile" \
	>"$dir/caddy.log" 2>&1 &
pids="$pids $!"

n=0
until curl -fs -o /dev/null -H "Host: admin.bench.test" "http://127.0.0.1:$ngx/openapi.json" &&
	curl -fs -o /dev/null -H "Host: admin.bench.test" "http://127.0.0.1:$caddy/openapi.json"; do
	n=$((n + 1))
	[ "$n" -lt 100 ] || { cat "$dir"/*.log; exit 1; }
	sleep 0.1
done
(cd "$dir/www" && cp page.txt index.txt && zip -q "$dir/site.zip" page.txt index.txt)
curl -fsS -o /dev/null -H "Host: admin.bench.test" -H "Authorization: Bearer $key" \
	-H "Content-Type: application/zip" --data-binary "@$dir/site.zip" \
	"http://127.0.0.1:$ngx/api/deploy?site_name=bench"
etag=$(curl -fsS -D - -o /dev/null -H "Host: bench.bench.test" "http://127.0.0.1:$ngx/page.txt" |
	tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')

for url in "http://127.0.0.1:$ngx/page.txt" "http://127.0.0.1:$hello/" "http://127.0.0.1:$php/" \
	"http://127.0.0.1:$file/page.txt" "http://127.0.0.1:$cached/page.txt" \
	"http://127.0.0.1:$ngx_scgi/page.txt" "http://127.0.0.1:$caddy/page.txt" \
	"http://127.0.0.1:$caddy_hello/"; do
	curl -fsS --retry 3 --retry-delay 1 --retry-all-errors -o /dev/null -H "Host: bench.bench.test" "$url" ||
		{ echo "no answer: $url" >&2; tail -n 5 "$dir"/*.log >&2; exit 1; }
done

# rate NAME URL [wrk options]
rate() {
	name=$1 url=$2
	shift 2
	wrk -t1 -c64 -d"${seconds}s" --latency -H "Host: bench.bench.test" "$@" "$url" >"$dir/wrk.txt"
	bad=$(sed -n 's/.*Non-2xx or 3xx responses: //p' "$dir/wrk.txt")
	rps=$(awk '/Requests\/sec/ {print $2}' "$dir/wrk.txt")
	p99=$(awk '/ 99%/ {print $2}' "$dir/wrk.txt")
	echo "$rps $p99 ${bad:-0}" >>"$dir/r-$name"
}
# A warm pass first: caches filled, connections open.
for port in "$ngx" "$cached" "$caddy" "$ngx_scgi"; do
	wrk -t1 -c64 -d1s -H "Host: bench.bench.test" "http://127.0.0.1:$port/page.txt" >/dev/null
done
for round in 1 2 3; do
	: "$round"
	rate nginx-fazt "http://127.0.0.1:$ngx/page.txt"
	rate nginx-hello "http://127.0.0.1:$hello/"
	rate nginx-hello10k "http://127.0.0.1:$hello/1"
	rate nginx-php "http://127.0.0.1:$php/"
	rate nginx-file "http://127.0.0.1:$file/page.txt"
	rate nginx-cached "http://127.0.0.1:$cached/page.txt"
	rate nginx-304 "http://127.0.0.1:$ngx/page.txt" -H "If-None-Match: $etag"
	rate nginx-range "http://127.0.0.1:$ngx/page.txt" -H "Range: bytes=1000-1999"
	rate nginx-scgi "http://127.0.0.1:$ngx_scgi/page.txt"
	rate caddy-fazt "http://127.0.0.1:$caddy/page.txt"
	rate caddy-hello "http://127.0.0.1:$caddy_hello/"
	rate caddy-hello10k "http://127.0.0.1:$caddy_hello/1"
done

echo "fazt-fcgi $(cat VERSION), $(nproc) cores, $(uname -sr), $(date -u +%Y-%m-%d)"
echo "wrk -t1 -c64, ${seconds} s a sample, 3 interleaved rounds, medians; 10 KB file, hello = 12 bytes"
echo "both behind the same shipped snippet of nginx or Caddy; nginx's own file without a proxy"
echo
printf '%-16s %10s %10s %8s\n' what req/s p99 errors
for f in "$dir"/r-*; do
	sort -n "$f" | sed -n 2p | {
		read -r rps p99 bad
		printf '%-16s %10.0f %10s %8s\n' "${f##*/r-}" "$rps" "$p99" "$bad"
	}
done
median() { sort -n "$dir/r-$1" | sed -n 2p | cut -d' ' -f1; }
ratio() {
	awk -v a="$(median "$2")" -v b="$(median "$3")" -v want="$4" -v what="$1" 'BEGIN {
		r = a / b
		printf "%-52s %6.2f   want >= %s  %s\n", what, r, want, (r >= want ? "ok" : "MISSED")
		exit (r < want) }' || missed=1
}
missed=0
echo
ratio "10 KB file / bare libfcgi hello, nginx keep-conn" nginx-fazt nginx-hello 0.9
ratio "10 KB file / bare libfcgi with 10 KB, nginx keep-conn" nginx-fazt nginx-hello10k 1.0
ratio "304 / bare libfcgi hello, nginx keep-conn" nginx-304 nginx-hello 0.9
ratio "10 KB file / php-fpm hello, nginx" nginx-fazt nginx-php 1.6
ratio "micro-cache / nginx's own file" nginx-cached nginx-file 0.9
ratio "10 KB file / bare libfcgi hello, Caddy" caddy-fazt caddy-hello 0.9
echo
awk '/VmRSS/ {printf "RSS of the server after the load: %.1f MiB\n", $2 / 1024}' "/proc/$server/status"
exit "$missed"
