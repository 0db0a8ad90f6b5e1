#!/bin/sh
# build.sh DIR: make the scripts that are embedded into the daemon.
set -eu
for m in cheerio dayjs lodash marked transpiler uuid validator zod; do
	[ -e "$1/$m.js" ] || : > "$1/$m.js"
done
