#!/bin/sh
# embed.sh NAME OUT FILE...: write OUT, assembly that holds every FILE's bytes and
# the table embed_NAME (base/embed.h).  .incbin keeps the stack non-executable and
# the build reproducible; files come sorted from the makefile.
set -eu
name=$1 out=$2
shift 2
{
	printf '\t.section .rodata\n'
	i=0
	for f in "$@"; do
		printf '\t.balign 16\n.L%s_%d:\n\t.incbin "%s"\n.L%s_%d_end:\n\t.byte 0\n' \
			"$name" "$i" "$f" "$name" "$i"
		printf '.L%s_%d_path:\n\t.asciz "%s"\n' "$name" "$i" "$f"
		i=$((i + 1))
	done
	printf '\t.section .data.rel.ro,"aw"\n\t.balign 16\n'
	printf '\t.globl embed_%s\n\t.type embed_%s, @object\nembed_%s:\n' "$name" "$name" "$name"
	j=0
	while [ "$j" -lt "$i" ]; do
		printf '\t.quad .L%s_%d_path, .L%s_%d, .L%s_%d_end - .L%s_%d\n' \
			"$name" "$j" "$name" "$j" "$name" "$j" "$name" "$j"
		j=$((j + 1))
	done
	printf '\t.quad 0, 0, 0\n\t.section .note.GNU-stack,"",%%progbits\n'
} > "$out.tmp"
mv "$out.tmp" "$out"
