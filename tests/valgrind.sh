#!/bin/sh
# The unit tests under memcheck: no error, no definite leak.  Tests that only repeat what
# the sanitizer builds do at length (crash images, threads in bulk) are left to those.
set -eu
cd "$(dirname "$0")/.."
skip=" powercut gate cache "
bad=0
for t in build/unit/test_*; do
	stem=${t##*/test_}
	[ -f "tests/unit/test_$stem.c" ] || continue
	case $skip in *" $stem "*) continue ;; esac
	if timeout 300 valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
		--show-leak-kinds=definite --child-silent-after-fork=yes \
		"$t" > "build/log/valgrind-$stem.log" 2>&1; then
		echo "ok $stem"
	else
		echo "FAILED $stem"
		tail -n 30 "build/log/valgrind-$stem.log"
		bad=1
	fi
done
exit "$bad"
