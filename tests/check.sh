#!/bin/sh
# check.sh [asan|tsan]: everything that must hold.  Without an argument the whole list;
# with one, the unit and end-to-end tests on that sanitizer's build.
#
# A test is a program or script that exits 0 (passed), 77 (cannot be run here, says
# why) or anything else (failed).  Output goes to build/log/NAME.log; a failure's tail is
# shown.  The last line counts.
set -eu
cd "$(dirname "$0")/.."
mode=${1:-all}
log=$PWD/build/log
mkdir -p "$log"
results=$log/results
export LC_ALL=C.UTF-8
jobs=$(nproc)

# one NAME TIMEOUT COMMAND...
one() {
	name=$1 limit=$2
	shift 2
	start=$(date +%s)
	if timeout -k 10 "$limit" "$@" > "$log/$name.log" 2>&1 < /dev/null; then
		verdict=pass
	else
		case $? in
		77) verdict=skip ;;
		124) verdict=timeout ;;
		*) verdict=fail ;;
		esac
	fi
	took=$(($(date +%s) - start))
	printf '%-7s %4ds  %s\n' "$verdict" "$took" "$name"
	echo "$verdict $name" >> "$results"
	case $verdict in
	fail | timeout) tail -n "${TAIL:-40}" "$log/$name.log" | sed 's/^/    /' ;;
	skip) tail -n 1 "$log/$name.log" | sed 's/^/    /' ;;
	esac
}

if [ "$mode" = one ]; then
	shift
	one "$@"
	exit 0
fi
: > "$results"

# Unit test programs of a build folder, as many at once as there are cores.
units() {
	prefix=$1 dir=$2 limit=$3 only=${4:-}
	for t in "$dir"/unit/test_*; do
		[ -x "$t" ] || continue
		stem=${t##*/test_}
		if [ -n "$only" ]; then
			case " $only " in *" $stem "*) ;; *) continue ;; esac
		fi
		[ -f "tests/unit/test_$stem.c" ] || continue
		echo "$prefix-$stem $limit $t"
	done | xargs -P "$jobs" -L 1 sh tests/check.sh one
}

e2e() {
	prefix=$1
	for t in tests/run/*.sh tests/run/*.mjs tests/proxy/*.mjs; do
		[ -e "$t" ] || continue
		case $t in
		*.sh) one "$prefix-$(basename "$t" .sh)" 300 sh "$t" ;;
		*.mjs) one "$prefix-$(basename "$t" .mjs)" 300 node "$t" ;;
		esac
	done
}

build() {
	name=$1
	shift
	one "$name" 1200 make --no-print-directory -j"$jobs" WERROR=1 "$@"
	grep -q "^pass $name\$" "$results" || summary
}

summary() {
	passed=$(grep -c '^pass ' "$results" || true)
	skipped=$(grep -c '^skip ' "$results" || true)
	failed=$(grep -cE '^(fail|timeout) ' "$results" || true)
	if [ "$failed" != 0 ]; then
		echo "failed:"
		grep -E '^(fail|timeout) ' "$results" | while read -r verdict name; do
			echo "  $verdict $name"
			grep -m 5 -aE 'FAILED|ERROR|error:' "$log/$name.log" | sed 's/^/      /' || true
		done
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}

npm_packages() {
	[ -f tests/package-lock.json ] || return 0
	stamp=tests/node_modules/.package-lock.json
	[ -n "$(find "$stamp" -newer tests/package-lock.json 2>/dev/null)" ] && return 0
	one npm-packages 300 npm ci --prefix tests --no-audit --no-fund --ignore-scripts
}

case $mode in
asan)
	npm_packages
	build build-asan SAN=address all unit-programs tool-programs
	units asan build/address 600
	FAZT_BUILD=$PWD/build/address e2e asan
	summary
	;;
tsan)
	npm_packages
	build build-tsan SAN=thread all unit-programs tool-programs
	units tsan build/thread 900
	FAZT_BUILD=$PWD/build/thread e2e tsan
	summary
	;;
all) ;;
*)
	echo "check.sh: no mode $mode" >&2
	exit 2
	;;
esac

npm_packages
build build all unit-programs tool-programs
LINT_OBJ=build/obj one lint 120 sh tests/lint.sh
units unit build 240
one build-clang 900 make --no-print-directory -j"$jobs" WERROR=1 CC=clang BUILD=build/clang all
build build-asan SAN=address all unit-programs tool-programs
units asan build/address 600
# What several threads share: the store, the gate, the caches, the buckets.
build build-tsan SAN=thread all unit-programs
units tsan build/thread 900 "$(cat tests/threads.list 2>/dev/null || true)"
build build-fuzz SAN=fuzz fuzz-programs
one fuzz-corpus 600 sh tests/fuzz/run.sh replay
one valgrind 900 sh tests/valgrind.sh
e2e run
FAZT_BUILD=$PWD/build/address
export FAZT_BUILD
for t in tests/proxy/*.mjs; do
	[ -e "$t" ] || continue
	one "asan-$(basename "$t" .mjs)" 300 node "$t"
done
summary
