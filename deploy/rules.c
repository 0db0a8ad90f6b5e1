/*
 * _headers, and what both files share.  Lines that are not understood are left out
 * and told, never guessed: a rule with a condition we do not have would otherwise
 * fire for everybody.  What is kept can be sent as it stands, so that serving a file
 * checks nothing again.
 *
 * Header names that belong to the server or to the front server are refused with one
 * list for rules and for apps; cookies are refused when they would reach beyond
 * their host or bear a name of the platform.
 */
#include "deploy/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/header_rules.h"
#include "base/limits.h"
#include "base/mime.h"
#include "deploy/rules_private.h"
#include "deploy/rules_text.h"

#define HEADERS_LEFT 12		/* kept free for the server's own headers */

void
rules_warn(const struct rules_reading *r, const char *fmt, const char *what)
{
	char text[200];

	if (r->warn == NULL)
		return;
	snprintf(text, sizeof(text), fmt, what);
	r->warn(r->arg, r->file, r->line, 1, text);
}

static const char *
value_refused(const char *name, const char *value)
{
	const unsigned char *p;

	if (strlen(value) > RULES_VALUE_MAX || strlen(name) > 256)
		return "the header %.80s is too long";
	for (p = (const unsigned char *)value; *p != '\0'; p++)
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			return "the value of %.80s has a control byte";
	if (strcasecmp(name, "Set-Cookie") == 0 && header_rules_cookie_denied(value))
		return "%.80s: neither Domain nor a platform name is allowed";
	return NULL;
}

/* "Name: value" or "! Name", blanks around already cut. */
static void
header_line(struct rules_reading *r, struct rules_block *b, char *text)
{
	struct arena *a = r->rules->arena;
	bool remove = text[0] == '!';
	char *name = rules_text_trim(remove ? text + 1 : text), *value = NULL;
	const char *reason;

	if (!remove) {
		value = strchr(name, ':');
		if (value == NULL) {
			rules_warn(r, "no header line: %.80s", name);
			return;
		}
		*value = '\0';
		value = rules_text_trim(value + 1);
		name = rules_text_trim(name);
	}
	if (!mime_token(name, strlen(name))) {
		rules_warn(r, "%.80s is no header name", name);
		return;
	}
	if (header_rules_denied(name)) {
		rules_warn(r, "the header %.80s may not be set here", name);
		return;
	}
	reason = value == NULL ? NULL : value_refused(name, value);
	if (reason != NULL) {
		rules_warn(r, reason, name);
		return;
	}
	if ((b->n & (b->n - 1)) == 0) {
		struct rules_line *v = arena_alloc(a, (b->n ? 2 * b->n : 1) * sizeof(*v));

		if (b->n > 0)
			memcpy(v, b->v, b->n * sizeof(*v));
		b->v = v;
	}
	b->v[b->n].name = arena_strdup(a, name);
	b->v[b->n].value = value == NULL ? NULL : arena_strdup(a, value);
	b->n++;
}

/* A line that starts in the first column opens a block; NULL if it is left out. */
static struct rules_block *
block_line(struct rules_reading *r, char *text)
{
	struct rules *rules = r->rules;
	struct rules_block *b;
	const char *reason;

	if (rules->nblocks == LIMIT_HEADER_RULES) {
		rules_warn(r, "more than 200 rules: %.80s and its lines are left out",
		    text);
		return NULL;
	}
	b = &rules->blocks[rules->nblocks];
	memset(b, 0, sizeof(*b));
	reason = pattern_parse(rules->arena, text, &b->path);
	if (reason != NULL) {
		rules_warn(r, "%.120s", reason);
		return NULL;
	}
	rules->nblocks++;
	return b;
}

static void
headers_parse(struct rules_reading *r, const char *text, size_t len)
{
	struct rules_text t;
	struct rules_block *b = NULL;
	bool orphan = true;
	char *line;

	r->rules->blocks = arena_alloc(r->rules->arena,
	    LIMIT_HEADER_RULES * sizeof(*r->rules->blocks));
	rules_text_init(&t, text, len);
	for (line = rules_text_line(&t); line != NULL; line = rules_text_line(&t)) {
		bool indented = line[0] == ' ' || line[0] == '\t';
		char *s = rules_text_trim(line);

		r->line = t.number;
		if (s[0] == '\0' || s[0] == '#')
			continue;
		if (!indented) {
			b = block_line(r, s);
			orphan = false;
		} else if (b != NULL) {
			header_line(r, b, s);
		} else if (orphan) {
			rules_warn(r, "a header line before any path: %.80s", s);
		}
	}
	rules_text_fini(&t);
}

/* A file full of headers must not push out the server's own. */
static void
apply(const struct rules_line *line, struct response *rs, size_t *room)
{
	size_t n;

	if (line->value == NULL) {
		response_unset(rs, line->name);
		return;
	}
	n = strlen(line->name) + strlen(line->value) + 4;
	if (n > *room || rs->nheaders >= RESPONSE_HEADERS - HEADERS_LEFT)
		return;
	*room -= n;
	response_header(rs, line->name, line->value);
}

void
rules_headers(const struct rules *rules, const char *path, struct response *rs)
{
	struct pattern_taken t;
	size_t room = LIMIT_RESPONSE_HEADERS / 2;

	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->nblocks; i++) {
		const struct rules_block *b = &rules->blocks[i];

		t.n = 0;
		if (!pattern_match(&b->path, path, &t))
			continue;
		for (size_t k = 0; k < b->n; k++)
			apply(&b->v[k], rs, &room);
	}
}

struct rules *
rules_parse(const char *headers, size_t headers_len, const char *redirects,
    size_t redirects_len, rules_warn_fn *fn, void *arg)
{
	struct rules *rules = xcalloc(1, sizeof(*rules));
	struct rules_reading r = { .rules = rules, .warn = fn, .arg = arg };

	rules->arena = arena_new();
	r.file = "_headers";
	if (headers != NULL)
		headers_parse(&r, headers, headers_len);
	r.file = "_redirects";
	if (redirects != NULL)
		rules_redirect_parse(&r, redirects, redirects_len);
	return rules;
}

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	arena_free(rules->arena);
	free(rules);
}
