#!/bin/sh
# run.sh caddy|nginx: a node in ./.fazt, the server, a real front server on
# *.localhost:8080 (plain http, development), and the example apps deployed by curl.
# Ctrl-C stops everything; the node stays in ./.fazt for the next run.
set -eu
front=${1:-caddy}
port=${PORT:-8080}
state=${FAZT_STATE:-$PWD/.fazt}
bin=${BUILD:-build}/fazt-fcgi
run=$state/run
case $front in
caddy | nginx) ;;
*)
	echo "PROXY=$front: want caddy or nginx" >&2
	exit 2
	;;
esac
mkdir -p "$state" "$run"
chmod 700 "$state"

if [ ! -e "$state/data.db" ]; then
	"$bin" init --domain localhost --state "$state" </dev/null >"$run/init.txt"
	sed -n 's/^Password: *\([^ ]*\).*/\1/p' "$run/init.txt" >"$state/owner-password"
	chmod 600 "$state/owner-password"
	"$bin" create-key --name run --scopes admin --state "$state" >"$state/key" 2>/dev/null
	chmod 600 "$state/key"
fi

pids=
stop() {
	trap - EXIT INT TERM
	for p in $pids; do kill "$p" 2>/dev/null || true; done
	for p in $pids; do wait "$p" 2>/dev/null || true; done
}
trap stop EXIT
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM

cat >"$state/fazt.conf" <<EOF
; written by make run
[server]
listen = unix:$run/fcgi.sock
dev = yes
scheme = http
public_port = $port
EOF
"$bin" serve --state "$state" 2>"$run/fazt-fcgi.log" &
pids=$!

user=$(id -un)
if [ "$front" = caddy ]; then
	cat >"$run/Caddyfile" <<EOF
{
	admin off
	auto_https off
	storage file_system $run/caddy
}
$(sed -e "s|unix//run/fazt/|unix/$run/|" -e "s|127.0.0.1:9180|127.0.0.1:${INTERNAL_PORT:-9180}|" \
	contrib/caddy/fazt.caddy)
http://localhost:$port, http://*.localhost:$port {
	import fazt
}
http://:$port {
	respond 421
}
EOF
	XDG_CONFIG_HOME=$run XDG_DATA_HOME=$run caddy run --adapter caddyfile \
		--config "$run/Caddyfile" >"$run/caddy.log" 2>&1 &
else
	for f in contrib/nginx/*; do
		sed -e "s|/run/fazt/|$run/|" -e "s|127.0.0.1:9180|127.0.0.1:${INTERNAL_PORT:-9180}|" \
			"$f" >"$run/${f##*/}"
	done
	cat >"$run/nginx.conf" <<EOF
daemon off;
$([ "$(id -u)" = 0 ] && echo "user $user;")
pid $run/nginx.pid;
error_log $run/nginx.log warn;
events { worker_connections 1024; }
http {
	access_log off;
	server_names_hash_bucket_size 128;
	client_body_temp_path $run/body;
	fastcgi_temp_path $run/fastcgi;
	proxy_temp_path $run/proxy;
	scgi_temp_path $run/scgi;
	uwsgi_temp_path $run/uwsgi;
	include $run/fazt.conf;
	server {
		listen 127.0.0.1:$port;
		listen [::1]:$port;
		server_name localhost *.localhost;
		include $run/fazt_server.conf;
	}
	server {
		listen 127.0.0.1:$port default_server;
		listen [::1]:$port default_server;
		server_name _;
		return 421;
	}
}
EOF
	nginx -p "$run" -c "$run/nginx.conf" >"$run/nginx.out" 2>&1 &
fi
pids="$pids $!"

admin=http://admin.localhost:$port
resolve="--resolve admin.localhost:$port:127.0.0.1 --resolve hello.localhost:$port:127.0.0.1"
n=0
# shellcheck disable=SC2086 # two words each on purpose
until curl -fs $resolve -o /dev/null "$admin/openapi.json"; do
	n=$((n + 1))
	if [ "$n" -gt 100 ]; then
		echo "the server did not come up; see $run/*.log" >&2
		tail -n 5 "$run"/*.log >&2
		exit 1
	fi
	sleep 0.1
done

key=$(cat "$state/key")
: >"$run/apps"
for app in examples/*/; do
	app=${app#examples/}
	app=${app%/}
	rm -f "$run/app.zip"
	(cd "examples/$app" && zip -qr "$run/app.zip" .)
	# shellcheck disable=SC2086
	curl -fsS $resolve -H "Authorization: Bearer $key" -F "site_name=$app" \
		-F "file=@$run/app.zip" "$admin/api/deploy" >"$run/deploy-$app.json" || {
		echo "the example $app could not be deployed; see $run/fazt-fcgi.log" >&2
		exit 1
	}
	printf '                http://%s.localhost:%s\n' "$app" "$port" >>"$run/apps"
done

cat <<EOF

  fazt-fcgi runs behind $front.

  Example apps$(sed '1s/^  *//;1s/^/  /' "$run/apps")
  Sign in       $admin/auth/login
  Admin API     $admin/openapi.json
  Owner         admin
  Password      $(cat "$state/owner-password")
  API key       $key

  Deploy a folder of your own:

    zip -qr - . | curl --fail-with-body -H "Authorization: Bearer \$KEY" \\
      -H "Content-Type: application/zip" --data-binary @- \\
      "$admin/api/deploy?site_name=mysite"

  State and logs are in $state; Ctrl-C stops.

EOF
# Stop when either of the two ends.
while :; do
	for p in $pids; do
		kill -0 "$p" 2>/dev/null || {
			echo "a process ended; see $run/*.log" >&2
			exit 1
		}
	done
	sleep 1
done
