#!/bin/sh
# The unit tests under memcheck: no error, no definite leak.  Tests that only repeat at
# length what the sanitizer builds do (crash images, threads in bulk, thousands of archives)
# are left to those, and so are those that run the engine: its memory is a range of its own
# that memcheck cannot see into, and the translator would take hours.
set -eu
cd "$(dirname "$0")/.."
skip=" powercut store_fault gate cache archive password region guard abort transpile \
	translate language modules script world dirty outcome js_ds js_kv js_blob js_auth \
	js_crypto js_session js_small js_request js_respond js_console doc_property \
	doc_crash doc_index apphost blob_host transfer data_copy "

# One blank between names, whatever the lines above look like.
# shellcheck disable=SC2086
skip=" $(echo $skip) "

if [ "${1:-}" = one ]; then
	t=$2
	stem=${t##*/test_}
	log=build/log/valgrind-$stem.log
	# A page of the engine's memory faults on the first write after a restore, and the
	# handler makes it writable: the registers have to be exact at every access.
	if timeout 300 valgrind -q --vex-iropt-register-updates=allregs-at-mem-access \
		--error-exitcode=9 --leak-check=full \
		--errors-for-leak-kinds=definite --show-leak-kinds=definite \
		--child-silent-after-fork=yes "$t" > "$log" 2>&1; then
		echo "ok $stem"
		exit 0
	fi
	echo "FAILED $stem"
	tail -n 30 "$log"
	exit 1
fi

for t in build/unit/test_*; do
	stem=${t##*/test_}
	[ -f "tests/unit/test_$stem.c" ] || continue
	case $skip in *" $stem "*) continue ;; esac
	echo "$t"
done | xargs -P "$(nproc)" -n 1 sh tests/valgrind.sh one
