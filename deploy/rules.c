/*
 * Patterns are cut into segments when a version is read and compared segment by segment
 * when a request comes: a literal, ":name" (one whole segment, not empty) or a last
 * segment "text*" that takes the rest.  "/a/" and "/a" are the same pattern, and
 * "/a/*" matches "/a" too, because that is what people who come from other static hosts
 * have in their files.  Nothing backtracks, so a match costs one walk over the path.
 *
 * The equal treatment of "/a" and "/a/" would make the common line "/a /a/" an endless
 * loop; a redirect whose target is the very path that was asked therefore does not
 * fire.
 *
 * What a visitor typed reaches a Location header only percent-encoded, never in the
 * authority (such lines are refused when read), and a local target keeps exactly one
 * leading slash.  Targets of rewrites are plain file paths: they are looked up like
 * any other path, so they cannot leave the version or name what is hidden.
 *
 * Lines that are not understood are left out and told, never guessed: a rule with a
 * condition we do not have would otherwise fire for everybody.
 */
#include "deploy/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mime.h"
#include "base/path.h"
#include "base/str.h"
#include "deploy/rules_text.h"

#define NAMES_MAX 16		/* placeholders of one rule */
#define TERMS_MAX 8		/* query conditions of one rule */
#define VALUE_MAX 4096
#define HEADERS_LEFT 12		/* kept free for the server's own headers */

enum part { PART_TEXT, PART_NAME, PART_SPLAT };

struct segment {
	enum part	 kind;
	const char	*text;		/* the name; of a splat what stands before '*' */
	size_t		 len;
};

struct pattern {
	struct segment	*v;
	size_t		 n;
};

struct term {
	const char	*name;
	const char	*value;		/* NULL = take whatever is there as `take` */
	const char	*take;
};

struct redirect {
	struct pattern	 from;
	struct term	*terms;
	size_t		 nterms;
	const char	*to;
	int		 status;
	bool		 forced;
};

struct line {
	const char	*name;
	const char	*value;		/* NULL = remove */
};

struct block {
	struct pattern	 path;
	struct line	*v;
	size_t		 n;
};

struct rules {
	struct arena	*arena;
	struct block	*blocks;
	size_t		 nblocks;
	struct redirect	*redirects;
	size_t		 nredirects;
	bool		 any_forced;
};

/* What a match took out of the path and the query, under its name. */
struct taken {
	struct {
		const char	*name;
		size_t		 name_len;
		const char	*value;
		size_t		 len;
	} v[NAMES_MAX + 1];
	size_t	 n;
};

/* Patterns */

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static size_t
name_length(const char *s)
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
segment_parse(struct arena *a, const char *s, size_t len, bool last, struct segment *out)
{
	const char *star = memchr(s, '*', len);
	char *text = arena_strndup(a, s, len);
	size_t n = len;

	out->kind = PART_TEXT;
	if (star != NULL) {
		if (!last || star != s + len - 1)
			return "* may only stand at the end";
		out->kind = PART_SPLAT;
		n = len - 1;
	} else if (s[0] == ':') {
		if (name_length(text + 1) + 1 != len)
			return "a placeholder is :name, one whole segment";
		out->kind = PART_NAME;
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
static const char *
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
		names += out->v[out->n].kind == PART_NAME;
		out->n++;
	}
	return names > NAMES_MAX - TERMS_MAX ? "too many placeholders" : NULL;
}

static void
take(struct taken *t, const char *name, size_t name_len, const char *value, size_t len)
{
	t->v[t->n].name = name;
	t->v[t->n].name_len = name_len;
	t->v[t->n].value = value;
	t->v[t->n].len = len;
	t->n++;
}

static bool
pattern_match(const struct pattern *pattern, const char *path, struct taken *t)
{
	const char *p = path + 1;

	for (size_t i = 0; i < pattern->n; i++) {
		const struct segment *s = &pattern->v[i];
		size_t len = strcspn(p, "/");

		if (s->kind == PART_SPLAT) {
			if (strncmp(p, s->text, s->len) != 0)
				return false;
			p += s->len;
			take(t, "splat", 5, p, strlen(p));
			return true;
		}
		if (len == 0)
			return false;
		if (s->kind == PART_NAME)
			take(t, s->text, s->len, p, len);
		else if (len != s->len || memcmp(p, s->text, len) != 0)
			return false;
		p += len;
		if (*p == '/')
			p++;
	}
	return *p == '\0';
}

/* _headers */

struct reading {
	struct rules	*rules;
	const char	*file;
	rules_warn_fn	*warn;
	void		*arg;
	int		 line;
};

static void
warn(const struct reading *r, const char *fmt, const char *what)
{
	char text[200];

	if (r->warn == NULL)
		return;
	snprintf(text, sizeof(text), fmt, what);
	r->warn(r->arg, r->file, r->line, 1, text);
}

bool
rules_header_denied(const char *name)
{
	static const char *const whole[] = { "Status", "Content-Length",
		"Transfer-Encoding", "Connection", "Trailer", "Upgrade", "X-Sendfile",
		"Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data" };
	static const char *const starts[] = { "X-Accel-", "X-LiteSpeed-" };

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (strcasecmp(name, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncasecmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

bool
rules_cookie_denied(const char *value)
{
	size_t n = strcspn(value, "=;");
	const char *p;

	while (n > 0 && (value[0] == ' ' || value[0] == '\t'))
		value++, n--;
	if (strncasecmp(value, "__Host-fazt", 11) == 0 ||
	    strncasecmp(value, "__Secure-fazt", 13) == 0 ||
	    strncasecmp(value, "fazt", 4) == 0)
		return true;
	for (p = strchr(value, ';'); p != NULL; p = strchr(p, ';')) {
		p++;
		p += strspn(p, " \t");
		n = strcspn(p, "=; \t");
		if (n == 6 && strncasecmp(p, "domain", 6) == 0)
			return true;
	}
	return false;
}

static const char *
value_refused(const char *name, const char *value)
{
	const unsigned char *p;

	if (strlen(value) > VALUE_MAX || strlen(name) > 256)
		return "the header %.80s is too long";
	for (p = (const unsigned char *)value; *p != '\0'; p++)
		if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
			return "the value of %.80s has a control byte";
	if (strcasecmp(name, "Set-Cookie") == 0 && rules_cookie_denied(value))
		return "%.80s: neither Domain nor a platform name is allowed";
	return NULL;
}

/* "Name: value" or "! Name", blanks around already cut. */
static void
header_line(struct reading *r, struct block *b, char *text)
{
	struct arena *a = r->rules->arena;
	bool remove = text[0] == '!';
	char *name = rules_text_trim(remove ? text + 1 : text), *value = NULL;
	const char *reason;

	if (!remove) {
		value = strchr(name, ':');
		if (value == NULL) {
			warn(r, "no header line: %.80s", name);
			return;
		}
		*value = '\0';
		value = rules_text_trim(value + 1);
		name = rules_text_trim(name);
	}
	if (!mime_token(name, strlen(name))) {
		warn(r, "%.80s is no header name", name);
		return;
	}
	if (rules_header_denied(name)) {
		warn(r, "the header %.80s may not be set here", name);
		return;
	}
	reason = value == NULL ? NULL : value_refused(name, value);
	if (reason != NULL) {
		warn(r, reason, name);
		return;
	}
	if ((b->n & (b->n - 1)) == 0) {
		struct line *v = arena_alloc(a, (b->n ? 2 * b->n : 1) * sizeof(*v));

		if (b->n > 0)
			memcpy(v, b->v, b->n * sizeof(*v));
		b->v = v;
	}
	b->v[b->n].name = arena_strdup(a, name);
	b->v[b->n].value = value == NULL ? NULL : arena_strdup(a, value);
	b->n++;
}

/* A line that starts in the first column opens a block; NULL if it is left out. */
static struct block *
block_line(struct reading *r, char *text)
{
	struct rules *rules = r->rules;
	struct block *b;
	const char *reason;

	if (rules->nblocks == LIMIT_HEADER_RULES) {
		warn(r, "more than 200 rules: %.80s and its lines are left out", text);
		return NULL;
	}
	b = &rules->blocks[rules->nblocks];
	memset(b, 0, sizeof(*b));
	reason = pattern_parse(rules->arena, text, &b->path);
	if (reason != NULL) {
		warn(r, "%.120s", reason);
		return NULL;
	}
	rules->nblocks++;
	return b;
}

static void
headers_parse(struct reading *r, const char *text, size_t len)
{
	struct rules_text t = { .text = text, .len = len };
	struct block *b = NULL;
	bool orphan = true;
	char *line;

	r->rules->blocks = arena_alloc(r->rules->arena,
	    LIMIT_HEADER_RULES * sizeof(*r->rules->blocks));
	while ((line = rules_text_line(&t)) != NULL) {
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
			warn(r, "a header line before any path: %.80s", s);
		}
	}
	rules_text_fini(&t);
}

void
rules_headers(const struct rules *rules, const char *path, struct response *rs)
{
	struct taken t;

	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->nblocks; i++) {
		const struct block *b = &rules->blocks[i];

		t.n = 0;
		if (!pattern_match(&b->path, path, &t))
			continue;
		for (size_t k = 0; k < b->n; k++) {
			if (b->v[k].value == NULL)
				response_unset(rs, b->v[k].name);
			else if (rs->nheaders < RESPONSE_HEADERS - HEADERS_LEFT)
				response_header(rs, b->v[k].name, b->v[k].value);
		}
	}
}

/* _redirects */

static const char *
status_parse(const char *s, struct redirect *out)
{
	static const int known[] = { 200, 301, 302, 303, 307, 308, 404, 410 };
	size_t len = strlen(s);
	char digits[4] = "";
	uint64_t n;

	if (len == 4 && s[3] == '!')
		out->forced = true;
	else if (len != 3)
		return "the status is none of 200 301 302 303 307 308 404 410";
	memcpy(digits, s, 3);
	if (!str_u64(digits, &n))
		n = 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (n != (uint64_t)known[i])
			continue;
		out->status = known[i];
		return NULL;
	}
	return "the status is none of 200 301 302 303 307 308 404 410";
}

/* Does the rule take something called name out of the request? */
static bool
has_name(const struct redirect *r, const char *name, size_t len)
{
	for (size_t i = 0; i < r->from.n; i++) {
		const struct segment *s = &r->from.v[i];

		if (s->kind == PART_NAME && s->len == len && memcmp(s->text, name, len) == 0)
			return true;
		if (s->kind == PART_SPLAT && len == 5 && memcmp(name, "splat", 5) == 0)
			return true;
	}
	for (size_t i = 0; i < r->nterms; i++)
		if (r->terms[i].take != NULL && strlen(r->terms[i].take) == len &&
		    memcmp(r->terms[i].take, name, len) == 0)
			return true;
	return false;
}

static size_t
authority_end(const char *to)
{
	const char *p = strstr(to, "://");

	if (to[0] == '/' || p == NULL)
		return 0;
	return (size_t)(p + 3 - to) + strcspn(p + 3, "/?#");
}

static const char *
target_parse(struct redirect *r, const char *to)
{
	bool absolute = strncasecmp(to, "http://", 7) == 0 ||
	    strncasecmp(to, "https://", 8) == 0;
	size_t host = authority_end(to), n;

	if (!absolute && to[0] != '/')
		return "the target is neither a path nor an http(s) URL";
	if (absolute && (r->status < 300 || r->status > 399))
		return "a URL as target needs a 3xx status";
	if (absolute && host <= (size_t)(strstr(to, "://") + 3 - to))
		return "the target has no host";
	if (strlen(to) > VALUE_MAX || !str_utf8_ok(to, strlen(to)))
		return "the target is too long or not UTF-8";
	for (const char *p = to; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\')
			return "the target has a control byte or a backslash";
		if (*p != ':')
			continue;
		n = name_length(p + 1);
		if (n > 0 && has_name(r, p + 1, n) && p < to + host)
			return "a placeholder cannot stand in the host";
	}
	r->to = to;
	return NULL;
}

static const char *
term_parse(struct redirect *r, char *word)
{
	char *eq = strchr(word, '=');
	struct term *t;

	if (r->nterms == TERMS_MAX)
		return "more than 8 query conditions";
	*eq = '\0';
	if (word[0] == '\0')
		return "a query condition without a name";
	t = &r->terms[r->nterms];
	t->name = word;
	t->value = eq + 1;
	if (eq[1] == ':') {
		if (name_length(eq + 2) == 0 || eq[2 + name_length(eq + 2)] != '\0')
			return "a placeholder is :name";
		t->value = NULL;
		t->take = eq + 2;
	}
	r->nterms++;
	return NULL;
}

static bool
is_term(const char *word)
{
	return word[0] != '/' && strchr(word, '=') != NULL && strstr(word, "://") == NULL;
}

/* FROM [k=v ...] TO [STATUS[!]], cut into words. */
static const char *
redirect_parse(struct rules *rules, char **word, size_t n, struct redirect *out)
{
	const char *reason = pattern_parse(rules->arena, word[0], &out->from);
	size_t i = 1;

	out->status = 301;
	out->terms = arena_alloc(rules->arena, TERMS_MAX * sizeof(*out->terms));
	for (; reason == NULL && i < n && is_term(word[i]); i++)
		reason = term_parse(out, word[i]);
	if (reason != NULL)
		return reason;
	if (i == n)
		return "the target is missing";
	if (n - i > 2)
		return "only a status may follow the target";
	if (n - i == 2)
		reason = status_parse(word[i + 1], out);
	return reason != NULL ? reason : target_parse(out, word[i]);
}

static void
redirects_parse(struct reading *r, const char *text, size_t len)
{
	struct rules_text t = { .text = text, .len = len };
	struct rules *rules = r->rules;
	char *line, *word[RULES_TEXT_WORDS];
	const char *reason;
	size_t n, max = rules_text_lines(text, len);

	if (max > LIMIT_REDIRECT_RULES)
		max = LIMIT_REDIRECT_RULES;
	rules->redirects = arena_alloc(rules->arena, (max + 1) * sizeof(*rules->redirects));
	while ((line = rules_text_line(&t)) != NULL) {
		struct redirect *out = &rules->redirects[rules->nredirects];

		r->line = t.number;
		n = rules_text_words(arena_strdup(rules->arena, line), word);
		if (n == 0)
			continue;
		if (rules->nredirects == max) {
			warn(r, "more than %s rules: the rest is left out", "1000");
			break;
		}
		memset(out, 0, sizeof(*out));
		reason = redirect_parse(rules, word, n, out);
		if (reason != NULL) {
			warn(r, "%.120s", reason);
			continue;
		}
		rules->any_forced |= out->forced;
		rules->nredirects++;
	}
	rules_text_fini(&t);
}

static bool
terms_match(const struct redirect *r, const struct pairs *query, struct taken *t)
{
	for (size_t i = 0; i < r->nterms; i++) {
		const struct term *term = &r->terms[i];
		const char *value = query == NULL ? NULL : pairs_get(query, term->name);

		if (value == NULL)
			return false;
		if (term->value == NULL)
			take(t, term->take, strlen(term->take), value, strlen(value));
		else if (strcmp(term->value, value) != 0)
			return false;
	}
	return true;
}

/* The value a ":name" at s stands for; *used is how long the name is with its colon. */
static bool
lookup(const struct taken *t, const char *s, const char **value, size_t *len, size_t *used)
{
	size_t n = name_length(s + 1);

	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].name_len != n || memcmp(t->v[i].name, s + 1, n) != 0)
			continue;
		*value = t->v[i].value;
		*len = t->v[i].len;
		*used = n + 1;
		return true;
	}
	return false;
}

static const char *
target_fill(struct arena *a, const struct redirect *r, const struct taken *t)
{
	struct rules_fill out;
	bool url = r->status >= 300 && r->status < 400, in_query = false;
	size_t host = authority_end(r->to), len, used;
	const char *p, *value;

	rules_fill_init(&out, a);
	for (p = r->to; *p != '\0'; p++) {
		in_query |= *p == '?' || *p == '#';
		if (*p != ':' || p < r->to + host || !lookup(t, p, &value, &len, &used)) {
			rules_fill_add(&out, p, 1,
			    url && (unsigned char)*p > 0x7e ? RULES_FILL_PATH : RULES_FILL_RAW);
			continue;
		}
		rules_fill_add(&out, value, len, !url ? RULES_FILL_RAW :
		    in_query ? RULES_FILL_QUERY : RULES_FILL_PATH);
		p += used - 1;
	}
	return rules_fill_done(&out);
}

/* Would the redirect lead where the visitor is? */
static bool
leads_here(struct arena *a, const struct redirect *r, const char *to, const char *path)
{
	const char *here;
	size_t n = strcspn(to, "?#");

	if (r->status < 300 || r->status > 399 || r->nterms > 0 || to[0] != '/')
		return false;
	here = path_escape(a, path);
	return strlen(here) == n && strncmp(here, to, n) == 0;
}

bool
rules_redirect(const struct rules *rules, struct arena *a, const char *path,
    const struct pairs *query, bool forced, struct rules_hit *hit)
{
	struct taken t;
	const char *to;

	if (rules == NULL || (forced && !rules->any_forced))
		return false;
	for (size_t i = 0; i < rules->nredirects; i++) {
		const struct redirect *r = &rules->redirects[i];

		t.n = 0;
		if (r->forced != forced || !pattern_match(&r->from, path, &t) ||
		    !terms_match(r, query, &t))
			continue;
		to = target_fill(a, r, &t);
		if (leads_here(a, r, to, path))
			continue;
		hit->status = r->status;
		hit->to = to;
		return true;
	}
	return false;
}

struct rules *
rules_parse(const char *headers, size_t headers_len, const char *redirects,
    size_t redirects_len, rules_warn_fn *fn, void *arg)
{
	struct rules *rules = xcalloc(1, sizeof(*rules));
	struct reading r = { .rules = rules, .warn = fn, .arg = arg };

	rules->arena = arena_new();
	r.file = "_headers";
	if (headers != NULL)
		headers_parse(&r, headers, headers_len);
	r.file = "_redirects";
	if (redirects != NULL)
		redirects_parse(&r, redirects, redirects_len);
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
