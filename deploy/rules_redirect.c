/*
 * _redirects: FROM [k=v ...] TO [STATUS[!]].
 *
 * "/a" and "/a/" are the same pattern, which would make the common line "/a /a/" an
 * endless loop; a redirect whose target is the very path that was asked therefore does
 * not fire.
 *
 * What a visitor typed reaches a Location header only percent-encoded, never in the
 * authority (such lines are refused when read), and a local target keeps exactly one
 * leading slash.  Targets of rewrites are plain file paths, decoded when they are read
 * and looked up like any other path: they cannot leave the version or name what is
 * hidden.
 */
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "deploy/rules_private.h"
#include "deploy/rules_text.h"

static const char *
status_parse(const char *s, struct rules_target *out)
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
has_name(const struct rules_target *r, const char *name, size_t len)
{
	for (size_t i = 0; i < r->from.n; i++) {
		const struct pattern_segment *s = &r->from.v[i];

		if (s->kind == PATTERN_NAME && s->len == len &&
		    memcmp(s->text, name, len) == 0)
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

static bool
is_url(int status)
{
	return status >= 300 && status <= 399;
}

static const char *
text_refused(const char *to)
{
	if (strlen(to) > RULES_VALUE_MAX || !str_utf8_ok(to, strlen(to)))
		return "the target is too long or not UTF-8";
	for (; *to != '\0'; to++)
		if ((unsigned char)*to < 0x20 || *to == 0x7f || *to == '\\')
			return "the target has a control byte or a backslash";
	return NULL;
}

/* http(s)://host...: everything up to the path is the owner's own words. */
static const char *
absolute_refused(const struct rules_target *r, const char *to)
{
	size_t host = authority_end(to);
	const char *p = strstr(to, "://") + 3;

	if (!is_url(r->status))
		return "a URL as target needs a 3xx status";
	if (host == (size_t)(p - to))
		return "the target has no host";
	for (; p < to + host; p++)
		if (*p == ':' && has_name(r, p + 1, pattern_name(p + 1)))
			return "a placeholder cannot stand in the host";
	return NULL;
}

static const char *
target_parse(struct rules_target *r, char *to)
{
	const char *reason = text_refused(to);
	size_t n = strcspn(to, "?#");

	if (reason != NULL)
		return reason;
	r->to = to;
	if (strncasecmp(to, "http://", 7) == 0 || strncasecmp(to, "https://", 8) == 0)
		return absolute_refused(r, to);
	if (to[0] != '/')
		return "the target is neither a path nor an http(s) URL";
	if (to[1] == '/')
		return "a path as target starts with one /";
	if (is_url(r->status))
		return NULL;
	if (!path_unescape(to, to, n, false, &n))
		return "a bad % escape in the target";
	to[n] = '\0';
	return NULL;
}

static bool
decode(char *s)
{
	size_t n;

	if (!path_unescape(s, s, strlen(s), true, &n))
		return false;
	s[n] = '\0';
	return true;
}

static const char *
term_parse(struct rules_target *r, char *word)
{
	char *eq = strchr(word, '=');
	struct rules_term *t;

	if (r->nterms == PATTERN_NAMES)
		return "more than 8 query conditions";
	*eq = '\0';
	if (word[0] == '\0' || !decode(word) || !decode(eq + 1))
		return "a query condition is name=value or name=:name";
	t = &r->terms[r->nterms];
	t->name = word;
	t->value = eq + 1;
	if (eq[1] == ':') {
		if (pattern_name(eq + 2) == 0 || eq[2 + pattern_name(eq + 2)] != '\0')
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
rule_parse(struct rules *rules, char **word, size_t n, struct rules_target *out)
{
	const char *reason = pattern_parse(rules->arena, word[0], &out->from);
	size_t i = 1;

	out->status = 301;
	out->terms = arena_alloc(rules->arena, PATTERN_NAMES * sizeof(*out->terms));
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

void
rules_redirect_parse(struct rules_reading *r, const char *text, size_t len)
{
	struct rules_text t;
	struct rules *rules = r->rules;
	char *line, *word[RULES_TEXT_WORDS];
	const char *reason;
	size_t n, max = rules_text_lines(text, len);

	if (max > LIMIT_REDIRECT_RULES)
		max = LIMIT_REDIRECT_RULES;
	rules->targets = arena_alloc(rules->arena, (max + 1) * sizeof(*rules->targets));
	rules_text_init(&t, text, len);
	for (line = rules_text_line(&t); line != NULL; line = rules_text_line(&t)) {
		struct rules_target *out = &rules->targets[rules->ntargets];

		r->line = t.number;
		n = rules_text_words(arena_strdup(rules->arena, line), word);
		if (n == 0)
			continue;
		if (rules->ntargets == max) {
			rules_warn(r, "more than %s rules: the rest is left out", "1000");
			break;
		}
		memset(out, 0, sizeof(*out));
		reason = rule_parse(rules, word, n, out);
		if (reason != NULL) {
			rules_warn(r, "%.120s", reason);
			continue;
		}
		rules->any_forced |= out->forced;
		rules->ntargets++;
	}
	rules_text_fini(&t);
}

static bool
terms_match(const struct rules_target *r, const struct pairs *query,
    struct pattern_taken *t)
{
	for (size_t i = 0; i < r->nterms; i++) {
		const struct rules_term *term = &r->terms[i];
		const char *value = query == NULL ? NULL : pairs_get(query, term->name);

		if (value == NULL)
			return false;
		if (term->value == NULL)
			pattern_take(t, term->take, strlen(term->take), value,
			    strlen(value));
		else if (strcmp(term->value, value) != 0)
			return false;
	}
	return true;
}

/* The value a ":name" at s stands for; *used is how long the name is with its colon. */
static bool
lookup(const struct pattern_taken *t, const char *s, const char **value, size_t *len,
    size_t *used)
{
	size_t n = pattern_name(s + 1);

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

/* The target for this request, in the arena; NULL if it grew too long. */
static const char *
target_fill(struct arena *a, const struct rules_target *r, const struct pattern_taken *t)
{
	bool url = is_url(r->status), in_query = false;
	size_t host = authority_end(r->to), len, used;
	const char *p, *value, *out = NULL;
	struct buf b;

	buf_init(&b, LIMIT_PATH * 3);
	for (p = r->to; *p != '\0'; p++) {
		in_query |= *p == '?' || *p == '#';
		if (*p != ':' || p < r->to + host || !lookup(t, p, &value, &len, &used)) {
			rules_fill(&b, p, 1, url && (unsigned char)*p > 0x7e ?
			    RULES_FILL_PATH : RULES_FILL_RAW);
			continue;
		}
		rules_fill(&b, value, len, !url ? RULES_FILL_RAW :
		    in_query ? RULES_FILL_QUERY : RULES_FILL_PATH);
		p += used - 1;
	}
	if (buf_ok(&b)) {
		/* "/:a" with a value of "/x" would be another host. */
		for (p = b.data; p[0] == '/' && p[1] == '/'; p++)
			;
		out = arena_strdup(a, p);
	}
	buf_fini(&b);
	return out;
}

/* Would the redirect lead where the visitor is? */
static bool
leads_here(struct arena *a, const struct rules_target *r, const char *to,
    const char *path)
{
	char *there;
	size_t n;

	if (!is_url(r->status) || r->nterms > 0 || to[0] != '/')
		return false;
	there = arena_strndup(a, to, strcspn(to, "?#"));
	if (!path_unescape(there, there, strlen(there), false, &n))
		return false;
	return strlen(path) == n && memcmp(path, there, n) == 0;
}

bool
rules_redirect(const struct rules *rules, struct arena *a, const char *path,
    const struct pairs *query, bool forced, struct rules_hit *hit)
{
	struct pattern_taken t;
	const char *to;

	if (rules == NULL || (forced && !rules->any_forced))
		return false;
	for (size_t i = 0; i < rules->ntargets; i++) {
		const struct rules_target *r = &rules->targets[i];

		t.n = 0;
		if (r->forced != forced || !pattern_match(&r->from, path, &t) ||
		    !terms_match(r, query, &t))
			continue;
		to = target_fill(a, r, &t);
		if (to == NULL || leads_here(a, r, to, path))
			continue;
		hit->status = r->status;
		hit->to = to;
		return true;
	}
	return false;
}
