#!/bin/sh
# The house rules a program can check: include direction, exported names, banned
# calls, unique stems, file length, shell scripts.  Prints each breach, exits 1.
set -eu
cd "$(dirname "$0")/.."
bad=0
say() { echo "lint: $*"; bad=1; }

rooms="base store auth runtime deploy admin fcgi"

# A room includes only itself and rooms to its left; every include names its room.
allowed=
for room in $rooms; do
	allowed="$allowed $room"
	[ -d "$room" ] || continue
	for f in "$room"/*.[ch]; do
		[ -e "$f" ] || continue
		for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
			case " $allowed " in
			*" ${inc%%/*} "*) ;;
			*) say "$f includes $inc: $room may use only:$allowed" ;;
			esac
			[ -f "$inc" ] || say "$f includes $inc, which does not exist"
		done
	done
done

# File stems are unique in the tree.
for room in $rooms; do
	[ -d "$room" ] && ls "$room"/*.c 2>/dev/null
done | sed 's|.*/||' | sort | uniq -d | while read -r stem; do
	echo "lint: two files are called $stem"
done | grep . && bad=1

# Exported functions start with the stem of a header of their room.
if [ -n "${LINT_OBJ:-}" ] && [ -d "$LINT_OBJ" ]; then
	for room in $rooms; do
		[ -d "$LINT_OBJ/$room" ] || continue
		stems=$(for h in "$room"/*.h "$room"/*.c; do [ -e "$h" ] && basename "${h%.*}"; done | sort -u)
		for o in "$LINT_OBJ/$room"/*.o; do
			[ -f "$room/$(basename "${o%.o}").c" ] || continue
			nm --defined-only -g "$o" | awk '$2 ~ /[TDBR]/ {print $3}'
		done | sort -u | while read -r sym; do
			ok=
			case $sym in main | embed_* | __* | *_routes | duk_*) ok=1 ;; esac
			for s in $stems; do
				case $sym in "$s" | "${s}_"*) ok=1 && break ;; esac
			done
			grep -qwF "$sym" "$room"/*.h 2>/dev/null && ok=1
			[ -n "$ok" ] || echo "lint: $room exports $sym, which no header of the room declares"
		done
	done | grep . && bad=1
fi

# Calls that have a safe replacement here.
src=$(git ls-files '*.c' '*.h' | grep -E "^(base|store|auth|runtime|deploy|admin|fcgi)/" || true)
banned='strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|system|popen|tmpnam|mktemp|rand|srand|asctime|ctime|localtime|gmtime|alloca|setenv|putenv|regcomp'
for f in $src; do
	sed 's|//.*||; /^[[:space:]]*\*/d; /^\/\*/d' "$f" |
		grep -nE "(^|[^a-z_A-Z0-9>.\"])($banned)[[:space:]]*\(" |
		sed "s|^|lint: $f: banned call: |" || true
	if [ "${f%.c}" != "$f" ] && [ "$f" != base/mem.c ]; then
		sed '/^[[:space:]]*\*/d' "$f" |
			grep -nE '(^|[^a-z_A-Z0-9])(malloc|calloc|realloc|strdup|strndup)[[:space:]]*\(' |
			sed "s|^|lint: $f: use base/mem.h: |" || true
	fi
	awk -v f="$f" 'length($0) > 100 {print "lint: " f ":" NR ": longer than 100 columns"}' "$f"
	n=$(wc -l < "$f")
	[ "$n" -le 700 ] || echo "lint: $f has $n lines: look for a second responsibility"
done | grep . && bad=1

# Backtracking regular expressions, and secrets compared with memcmp.
for f in $src; do
	grep -nE '(memcmp|strcmp) *\([^)]*(secret|token|hash|hmac|password)' "$f" |
		sed "s|^|lint: $f: compare secrets with ct_equal: |" || true
done | grep . && bad=1

if command -v shellcheck >/dev/null 2>&1; then
	# shellcheck disable=SC2046 # file names without blanks
	shellcheck -S warning $(git ls-files '*.sh' .ci/run) || bad=1
fi
[ "$bad" = 0 ] && echo "lint: clean"
exit "$bad"
