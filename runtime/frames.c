/*
 * The engine writes "    at name (file:line) flags".  What it says of its own C files, of
 * native functions and of the library helps nobody and is left out; the rest becomes
 * Node's form, "    at name (file:line:column)", so that editors and people find the
 * place.
 */
#include "runtime/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

#define TEXT_MAX (64 * KIB)
#define HEAD "    at "

static bool
is_frame(const char *s, size_t n)
{
	return n > sizeof(HEAD) && strncmp(s, HEAD, sizeof(HEAD) - 1) == 0;
}

struct frame {
	const char	*name;
	size_t		 name_len;
	const char	*file;
	size_t		 file_len;
	int		 line;
};

/* False for frames that are not the app's. */
static bool
parse(const char *s, size_t n, struct frame *f)
{
	const char *end = memrchr(s, ')', n), *open, *colon;

	open = end == NULL ? NULL : memrchr(s, '(', (size_t)(end - s));
	colon = open == NULL ? NULL : memrchr(open, ':', (size_t)(end - open));
	if (colon == NULL || open - s <= (ptrdiff_t)sizeof(HEAD) - 1 ||
	    strncmp(open + 1, "api/", 4) != 0)
		return false;
	f->name = s + sizeof(HEAD) - 1;
	f->name_len = (size_t)(open - 1 - f->name);
	f->file = open + 1;
	f->file_len = (size_t)(colon - open - 1);
	f->line = (int)strtol(colon + 1, NULL, 10);
	return true;
}

static bool
has_name(const struct frame *f)
{
	return f->name_len > 0 && strncmp(f->name, "[anon]", 6) != 0 &&
	    strncmp(f->name, "eval", 4) != 0;
}

static void
add_frame(struct buf *b, const struct program *p, struct arena *a, const char *s, size_t n)
{
	int column = 0;
	struct frame f;
	char *file;

	if (!parse(s, n, &f))
		return;
	file = arena_strndup(a, f.file, f.file_len);
	(void)program_place(p, file, &f.line, &column);
	buf_puts(b, b->len > 0 ? "\n" HEAD : HEAD);
	if (has_name(&f))
		buf_printf(b, "%.*s (", (int)f.name_len, f.name);
	buf_printf(b, "%s:%d", file, f.line);
	if (column > 0)
		buf_printf(b, ":%d", column);
	if (has_name(&f))
		buf_putc(b, ')');
}

const char *
frames_clean(const struct program *p, struct arena *a, const char *stack, size_t len)
{
	const char *s = stack, *end = stack + len;
	struct buf b;
	size_t n;

	buf_init(&b, TEXT_MAX);
	for (; s < end; s += n + 1) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));

		n = newline == NULL ? (size_t)(end - s) : (size_t)(newline - s);
		if (is_frame(s, n)) {
			add_frame(&b, p, a, s, n);
			continue;
		}
		if (s > stack)
			buf_putc(&b, '\n');
		buf_add(&b, s, n);
	}
	stack = b.len == 0 ? "" : arena_strndup(a, b.data, b.len);
	buf_fini(&b);
	return stack;
}

bool
frames_first(struct arena *a, const char *stack, const char **file, int *line)
{
	const char *s = strstr(stack, "\n" HEAD), *from, *colon;

	if (s == NULL)
		return false;
	s += sizeof(HEAD);
	from = s + strcspn(s, "(\n");
	from = *from == '(' ? from + 1 : s;
	colon = strchr(from, ':');
	if (colon == NULL || strncmp(from, "api/", 4) != 0)
		return false;
	*file = arena_strndup(a, from, (size_t)(colon - from));
	*line = (int)strtol(colon + 1, NULL, 10);
	return true;
}
