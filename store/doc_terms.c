/*
 * What a person types is never a query language of somebody else: it is cut into words
 * here, and the only signs with a meaning are the quotes around a phrase, a '-' before
 * and a '*' behind a word.  A run like "e-mail" is a phrase.
 */
#include "store/doc_terms.h"

#include <string.h>

#include "store/rows.h"

#define TEXT_MAX 4096
#define BEFORE 8		/* words of a snippet before its first mark */
#define SNIPPET_WORDS 32
#define SNIPPET_BYTES 600

static enum fz_err
term_add(struct doc_terms *ts, const char *s, size_t len, bool no, bool prefix,
    struct why *why)
{
	struct doc_term *t = &ts->term[ts->n];
	struct doc_words w;

	*t = (struct doc_term){ .no = no, .prefix = prefix };
	t->word = arena_alloc(ts->arena, DOC_TERMS_WORDS * sizeof(*t->word));
	doc_words_start(&w, s, len);
	while (doc_words_next(&w)) {
		if (++ts->words > DOC_TERMS_WORDS)
			return why_set(why, FZ_DS_BAD_QUERY,
			    "a search has at most %d words", DOC_TERMS_WORDS);
		t->word[t->n++] = (struct doc_word){
			arena_strndup(ts->arena, w.word, w.len), w.len };
	}
	if (t->n > 0)
		ts->n++;
	return FZ_OK;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

enum fz_err
doc_terms_parse(struct arena *a, const char *p, struct doc_terms *ts, struct why *why)
{
	enum fz_err err = FZ_OK;

	*ts = (struct doc_terms){ .arena = a };

	if (strlen(p) > TEXT_MAX)
		return why_set(why, FZ_DS_BAD_QUERY,
		    "a search has at most %d bytes", TEXT_MAX);
	ts->term = arena_alloc(ts->arena, (DOC_TERMS_WORDS + 1) * sizeof(*ts->term));
	while (err == FZ_OK) {
		const char *from, *end;
		bool no, quoted;

		while (blank(*p))
			p++;
		if (*p == '\0')
			break;
		no = *p == '-';
		p += no;
		quoted = *p == '"';
		from = p += quoted;
		while (*p != '\0' && *p != '"' && (quoted || !blank(*p)))
			p++;
		end = p;
		p += *p == '"' && quoted;
		err = term_add(ts, from, (size_t)(end - from), no,
		    !quoted && end > from && end[-1] == '*', why);
	}
	return err;
}

void
doc_terms_match(const struct doc_term *t, const struct doc_ft *ft, struct buf *b)
{
	char mark[DOC_FT_MARK];

	doc_ft_mark(mark, ft);
	for (size_t i = 0; i < t->n; i++) {
		(void)buf_printf(b, "%s\"%s%s\"%s", b->len > 0 ? " AND " : "", mark,
		    t->word[i].s, t->prefix && i + 1 == t->n ? "*" : "");
	}
}

/* --- words of a document --- */

size_t
doc_terms_tokens(struct arena *a, const char *s, size_t len, struct doc_token **out)
{
	struct doc_token *v = NULL;
	size_t n = 0, cap = 0;
	struct doc_words w;

	doc_words_start(&w, s, len);
	while (doc_words_next(&w)) {
		v = rows_more(a, v, n, &cap, sizeof(*v));
		v[n++] = (struct doc_token){ .s = arena_strndup(a, w.word, w.len),
			.len = w.len, .from = w.from, .to = w.to };
	}
	*out = v;
	return n;
}

static bool
word_is(const struct doc_term *t, size_t i, const struct doc_token *tok)
{
	const struct doc_word *w = &t->word[i];

	if (t->prefix && i + 1 == t->n ? tok->len < w->len : tok->len != w->len)
		return false;
	return memcmp(tok->s, w->s, w->len) == 0;
}

/* Does the term stand at the beginning of these n words? */
static bool
term_at(const struct doc_term *t, const struct doc_token *v, size_t n)
{
	if (n < t->n)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (!word_is(t, i, &v[i]))
			return false;
	return true;
}

size_t
doc_terms_count(const struct doc_term *t, const struct doc_token *v, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += term_at(t, v + i, n - i);
	return found;
}

/* --- highlighting --- */

static void
put_html(struct buf *b, const char *s, size_t len)
{
	for (; len > 0; s++, len--) {
		switch (*s) {
		case '&':
			(void)buf_puts(b, "&amp;");
			break;
		case '<':
			(void)buf_puts(b, "&lt;");
			break;
		case '>':
			(void)buf_puts(b, "&gt;");
			break;
		case '"':
			(void)buf_puts(b, "&quot;");
			break;
		case '\'':
			(void)buf_puts(b, "&#39;");
			break;
		default:
			(void)buf_putc(b, *s);
		}
	}
}

/* Mark the words of every term that stands there; the first one, or n. */
static size_t
mark_terms(const struct doc_terms *ts, struct doc_token *v, size_t n)
{
	size_t first = n;

	for (size_t i = 0; i < ts->n; i++) {
		const struct doc_term *t = &ts->term[i];

		for (size_t k = 0; !t->no && k < n; k++) {
			if (!term_at(t, v + k, n - k))
				continue;
			first = k < first ? k : first;
			for (size_t j = 0; j < t->n; j++)
				v[k + j].marked = true;
		}
	}
	return first;
}

static void
snippet(struct buf *b, const char *s, size_t len, const struct doc_token *v, size_t n,
    size_t first)
{
	size_t i = first > BEFORE ? first - BEFORE : 0, end = i + SNIPPET_WORDS;
	size_t at, start;

	while (i < first && v[first].to - v[i].from > SNIPPET_BYTES / 2)
		i++;
	start = at = i > 0 || v[i].from > SNIPPET_BYTES / 4 ? v[i].from : 0;
	(void)buf_puts(b, at > 0 ? "…" : "");
	for (; i < n && i < end && (i <= first || v[i].to - start < SNIPPET_BYTES); i++) {
		put_html(b, s + at, v[i].from - at);
		(void)buf_puts(b, v[i].marked ? "<mark>" : "");
		put_html(b, s + v[i].from, v[i].to - v[i].from);
		(void)buf_puts(b, v[i].marked ? "</mark>" : "");
		at = v[i].to;
	}
	if (i == n && len - at < SNIPPET_BYTES / 4)
		put_html(b, s + at, len - at);
	else
		(void)buf_puts(b, "…");
}

void
doc_terms_highlight(struct arena *a, const struct doc_terms *ts, const struct doc_ft *ft,
    const struct doc_view *view, struct buf *out)
{
	bool shown[DOC_INDEX_FIELDS_MAX] = { false };
	struct doc_texts t;
	struct doc_token *v;
	struct buf b;
	bool any = false;

	buf_init(&b, DOC_BYTES_MAX);
	(void)buf_puts(out, "{");
	doc_texts_start(&t, a, ft, view);
	while (doc_texts_next(&t)) {
		size_t n = doc_terms_tokens(a, t.s, t.len, &v);
		size_t first = mark_terms(ts, v, n);

		if (first == n || shown[t.field])
			continue;
		shown[t.field] = true;
		buf_reset(&b);
		snippet(&b, t.s, t.len, v, n, first);
		(void)buf_printf(out, "%s\"%s\":", any ? "," : "",
		    ft->path[t.field].text);
		(void)doc_json_string(out, b.data, b.len);
		any = true;
	}
	(void)buf_putc(out, '}');
	buf_fini(&b);
}
