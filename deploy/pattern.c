/*
 * Patterns are cut into segments when a version is read and compared segment by segment
 * when a request comes.  "/a/" and "/a" are the same pattern, and the star matches
 * nothing too, because that is what people who come from other static hosts have in
 * their files.  Nothing backtracks: a match costs one walk over the path, however many
 * visitors think up long ones.
 */
#include "deploy/pattern.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

size_t
pattern_name(const char *s)
{
	size_t n = 0;

	if (s[0] >= '0' && s[0] <= '9')
		return 0;
	while (name_char(s[n]))
		n++;
	return n;
}

/* One segment of a pattern; the reason if it is refused. */
static const char *
segment_parse(struct arena *a, const char *s, size_t len, bool last,
    struct pattern_segment *out)
{
	const char *star = memchr(s, '*', len);
	char *text = arena_strndup(a, s, len);
	size_t n = len;

	out->kind = PATTERN_TEXT;
	if (star != NULL) {
		if (!last || star != s + len - 1)
			return "* may only stand at the end";
		out->kind = PATTERN_SPLAT;
		n = len - 1;
	} else if (s[0] == ':') {
		if (len < 2 || pattern_name(text + 1) + 1 != len)
			return "a placeholder is :name, one whole segment";
		out->kind = PATTERN_NAME;
		out->text = text + 1;
		out->len = len - 1;
		return NULL;
	}
	if (!path_unescape(text, text, n, false, &n) || !str_utf8_ok(text, n))
		return "a bad % escape or bytes that are not UTF-8";
	text[n] = '\0';
	out->text = text;
	out->len = n;
	return NULL;
}

/* "/a/:b/c*" -> segments; empty ones do not count. */
const char *
pattern_parse(struct arena *a, const char *s, struct pattern *out)
{
	size_t max = 1, names = 0, len;
	const char *p, *reason;

	if (s[0] != '/')
		return "a path starts with /";
	if (strlen(s) > LIMIT_PATH)
		return "the path is too long";
	for (p = s; *p != '\0'; p++)
		max += *p == '/';
	out->v = arena_alloc(a, max * sizeof(*out->v));
	out->n = 0;
	for (p = s; *p != '\0'; p += len) {
		if (*p == '/') {
			len = 1;
			continue;
		}
		len = strcspn(p, "/");
		reason = segment_parse(a, p, len, p[len] == '\0', &out->v[out->n]);
		if (reason != NULL)
			return reason;
		names += out->v[out->n].kind == PATTERN_NAME;
		out->n++;
	}
	return names > PATTERN_NAMES ? "too many placeholders" : NULL;
}

void
pattern_take(struct pattern_taken *t, const char *name, size_t name_len,
    const char *value, size_t len)
{
	t->v[t->n].name = name;
	t->v[t->n].name_len = name_len;
	t->v[t->n].value = value;
	t->v[t->n].len = len;
	t->n++;
}

bool
pattern_match(const struct pattern *pattern, const char *path, struct pattern_taken *t)
{
	const char *p = path + 1;

	for (size_t i = 0; i < pattern->n; i++) {
		const struct pattern_segment *s = &pattern->v[i];
		size_t len = strcspn(p, "/");

		if (s->kind == PATTERN_SPLAT) {
			if (strncmp(p, s->text, s->len) != 0)
				return false;
			p += s->len;
			pattern_take(t, "splat", 5, p, strlen(p));
			return true;
		}
		if (len == 0)
			return false;
		if (s->kind == PATTERN_NAME)
			pattern_take(t, s->text, s->len, p, len);
		else if (len != s->len || memcmp(p, s->text, len) != 0)
			return false;
		p += len;
		if (*p == '/')
			p++;
	}
	return *p == '\0';
}
