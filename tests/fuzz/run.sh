#!/bin/sh
# run.sh replay | SECONDS: replay every corpus, or fuzz each harness for SECONDS.
# New inputs of a campaign stay in build/fuzz-corpus; a crash is a file in build/fuzz-crash
# and belongs into the corpus with its fix.
set -eu
cd "$(dirname "$0")/../.."
how=${1:-replay}
dir=build/fuzz
[ "$how" = replay ] || make --no-print-directory -j"$(nproc)" SAN=fuzz fuzz-programs
mkdir -p build/fuzz-crash
bad=0
n=0
for f in "$dir"/fuzz/fuzz_*; do
	[ -x "$f" ] || continue
	stem=${f##*/fuzz_}
	[ -f "tests/fuzz/fuzz_$stem.c" ] || continue
	corpus=tests/fuzz/corpus/$stem
	[ -n "$(ls "$corpus" 2>/dev/null)" ] || {
		echo "$stem: no corpus"
		bad=1
		continue
	}
	n=$((n + 1))
	dict=
	[ -f "tests/fuzz/$stem.dict" ] && dict=-dict=tests/fuzz/$stem.dict
	if [ "$how" = replay ]; then
		# shellcheck disable=SC2086 # $dict is one word or none
		"$f" -runs=0 $dict "$corpus" > "build/log/fuzz-$stem.log" 2>&1 || {
			echo "$stem: FAILED"
			tail -n 30 "build/log/fuzz-$stem.log"
			bad=1
		}
	else
		mkdir -p "build/fuzz-corpus/$stem"
		echo "$stem: $how s"
		# shellcheck disable=SC2086
		"$f" -max_total_time="$how" -timeout=10 -rss_limit_mb=2048 $dict \
			-artifact_prefix="build/fuzz-crash/$stem-" \
			"build/fuzz-corpus/$stem" "$corpus" > "build/log/fuzz-$stem.log" 2>&1 || {
			echo "$stem: FAILED, see build/fuzz-crash"
			tail -n 30 "build/log/fuzz-$stem.log"
			bad=1
		}
	fi
done
echo "$n harnesses"
[ "$n" -gt 0 ] && [ "$bad" = 0 ]
