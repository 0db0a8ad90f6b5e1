#!/bin/sh
# The program that is shipped: hardened, reproducible, without a trace of where it was built.
# Two clean builds in two folders; SKIP_BUILD=1 looks at $FAZT_BUILD only.
set -eu
cd "$(dirname "$0")/../.."
bin=${FAZT_BUILD:-build}/fazt-fcgi
bad=0
say() { echo "not ok: $*"; bad=1; }
want() { printf '%s' "$2" | grep -Eq "$3" || say "$1"; }
never() { if printf '%s' "$2" | grep -Eq "$3"; then say "$1"; fi; }

if readelf -d "$bin" | grep -q 'lib[at]san'; then
	echo "a sanitizer's build is not what is shipped"
	exit 77
fi
head=$(readelf -hW "$bin") segments=$(readelf -lW "$bin") dynamic=$(readelf -dW "$bin")
symbols=$(readelf -W --dyn-syms "$bin")
want "no PIE" "$head" 'Type:.*DYN'
want "no PIE flag" "$dynamic" 'FLAGS_1.*PIE'
want "no BIND_NOW" "$dynamic" 'BIND_NOW|FLAGS.*NOW'
want "no RELRO" "$segments" 'GNU_RELRO'
never "a segment is writable and executable" "$segments" '(LOAD|GNU_STACK).*RWE'
want "no GNU_STACK" "$segments" 'GNU_STACK.* RW '
never "TEXTREL" "$dynamic" 'TEXTREL'
never "RPATH or RUNPATH" "$dynamic" 'RPATH|RUNPATH'
want "no stack protector" "$symbols" '__stack_chk_fail'
want "no FORTIFY_SOURCE" "$symbols" '__(memcpy|snprintf|vsnprintf|read|fprintf|printf|memmove|strncpy|memset)_chk'
for f in gets strcpy strcat sprintf system popen; do
	never "imports $f" "$symbols" " $f@"
done

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if [ -z "${SKIP_BUILD:-}" ]; then
	mkdir -p "$tmp/one" "$tmp/a/much/longer"
	cp -pR GNUmakefile VERSION base store auth runtime deploy admin fcgi contrib "$tmp/one/"
	# What npm built is taken over, with its times, so that nobody builds it again.
	mkdir -p "$tmp/one/build/js"
	cp -p build/js/*.* build/js/.built "$tmp/one/build/js/"
	cp -pR "$tmp/one" "$tmp/a/much/longer/two"
	for d in one a/much/longer/two; do
		(cd "$tmp/$d" && TZ=$([ "$d" = one ] && echo UTC || echo Asia/Tokyo) \
			make --no-print-directory -j"$(nproc)" BUILD=out all) >"$tmp/make.log" 2>&1 || {
			tail -n 20 "$tmp/make.log"
			say "clean build in $d"
			exit 1
		}
	done
	cmp "$tmp/one/out/fazt-fcgi" "$tmp/a/much/longer/two/out/fazt-fcgi" || say "two builds differ"
	bin=$tmp/one/out/fazt-fcgi
fi
for where in "$tmp" "$PWD" /home/ /root/; do
	if strings -a "$bin" | grep -F "$where" | head -n 3 | grep .; then say "the program names $where"; fi
done
if strings -a "$bin" | grep -E '/auth/dev|BEGIN [A-Z ]*PRIVATE KEY'; then say "leftovers"; fi
[ "$bad" = 0 ] && echo ok
exit "$bad"
