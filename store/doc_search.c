/*
 * Full text search in two steps.  The table of words (doc_ft.c) gives the documents that
 * hold all words, newest first, at most CANDIDATES of them.  Those are read, judged
 * (phrases, exclusions, `where`), and ranked by BM25 with what this collection alone
 * says about the words.
 *
 * What a person types is never a query language of somebody else: it is cut into words
 * here, and the only signs with a meaning are the quotes around a phrase, a '-' before
 * and a '*' behind a word.  A run like "e-mail" is a phrase.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/doc_coll.h"
#include "store/doc_query.h"
#include "store/rows.h"

#define CANDIDATES 20000
#define LIMIT 20
#define LIMIT_MAX 1000
#define WORDS_MAX 64
#define TEXT_MAX 4096
#define K1 1.2
#define B 0.75
#define BEFORE 8		/* words of a snippet before its first mark */
#define SNIPPET_WORDS 32
#define SNIPPET_BYTES 600

struct text {
	const char	*s;
	size_t		 len;
};

struct term {
	bool		 no;		/* must not be there */
	bool		 prefix;	/* the last word is the beginning of one */
	size_t		 n;
	struct text	*word;
	double		 idf;
};

struct search {
	struct reader	*rd;
	struct arena	*arena;
	struct arena	*scratch;	/* of one document */
	struct doc_time	*time;
	const struct doc_coll *coll;
	const struct doc_query *where;
	struct term	*term;
	size_t		 nterms;
	size_t		 words;
	double		 average;	/* words of a document */
	struct why	*why;
};

struct hit {
	int64_t	rid;
	double	score;
};

/* A word of a document's text. */
struct token {
	const char	*s;
	size_t		 len;
	size_t		 from;
	size_t		 to;
	bool		 marked;
};

/* --- what is asked --- */

static enum fz_err
term_add(struct search *se, const char *s, size_t len, bool no, bool prefix)
{
	struct term *t = &se->term[se->nterms];
	struct doc_words w;

	*t = (struct term){ .no = no, .prefix = prefix };
	t->word = arena_alloc(se->arena, WORDS_MAX * sizeof(*t->word));
	doc_words_start(&w, s, len);
	while (doc_words_next(&w)) {
		if (++se->words > WORDS_MAX)
			return why_set(se->why, FZ_DS_BAD_QUERY,
			    "a search has at most %d words", WORDS_MAX);
		t->word[t->n++] = (struct text){
			arena_strndup(se->arena, w.word, w.len), w.len };
	}
	if (t->n > 0)
		se->nterms++;
	return FZ_OK;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum fz_err
terms_parse(struct search *se, const char *p)
{
	enum fz_err err = FZ_OK;

	if (strlen(p) > TEXT_MAX)
		return why_set(se->why, FZ_DS_BAD_QUERY,
		    "a search has at most %d bytes", TEXT_MAX);
	se->term = arena_alloc(se->arena, (WORDS_MAX + 1) * sizeof(*se->term));
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
		err = term_add(se, from, (size_t)(end - from), no,
		    !quoted && end > from && end[-1] == '*');
	}
	return err;
}

/* Each word of a term in quotes, joined by AND. */
static void
match_term(const struct search *se, const struct term *t, struct buf *b)
{
	char mark[DOC_FT_MARK];

	doc_ft_mark(mark, se->coll->ft);
	for (size_t i = 0; i < t->n; i++) {
		(void)buf_printf(b, "%s\"%s%s\"%s", b->len > 0 ? " AND " : "", mark,
		    t->word[i].s, t->prefix && i + 1 == t->n ? "*" : "");
	}
}

/* --- looking for --- */

static enum fz_err
find_hits(struct search *se, const char *match, struct hit **v, size_t *n)
{
	int64_t id = se->coll->id;
	struct sql *s = sql_open(se->rd, "SELECT rowid FROM ft WHERE ft MATCH ?1"
	    " AND rowid>?2 AND rowid<=?3 ORDER BY rowid DESC LIMIT 20000", "tii", match,
	    DOC_RID(id, 0), DOC_RID(id, DOC_NUMBER_MAX));
	struct hit *list = NULL;
	size_t count = 0, cap = 0;
	enum fz_err err;

	_Static_assert(CANDIDATES == 20000, "the LIMIT above");
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(se->arena, list, count, &cap, sizeof(*list));
		list[count++] = (struct hit){ .rid = sql_int(s, 0) };
	}
	*v = list;
	*n = count;
	return rows_end(err, sql_close(s));
}

/* How much a term says: the rarer, the more. */
static double
idf(double docs, double with)
{
	with = with > docs ? docs : with;
	return log(1 + (docs - with + 0.5) / (with + 0.5));
}

static enum fz_err
weigh(struct search *se, struct term *t)
{
	enum fz_err err;
	int64_t n = 0;
	struct buf b;

	buf_init(&b, 1 << 20);
	match_term(se, t, &b);
	err = sql_get_int(se->rd, &n, "SELECT count(*) FROM (SELECT 1 FROM ft"
	    " WHERE ft MATCH ?1 LIMIT 20000)", "t", b.data);
	buf_fini(&b);
	t->idf = idf((double)se->coll->ft->docs, (double)n);
	return err;
}

static enum fz_err
weigh_all(struct search *se, size_t hits)
{
	size_t asked = 0;
	enum fz_err err = FZ_OK;

	for (size_t i = 0; i < se->nterms; i++)
		asked += !se->term[i].no;
	for (size_t i = 0; err == FZ_OK && i < se->nterms; i++) {
		if (se->term[i].no)
			continue;
		/* Alone, its documents are the hits. */
		if (asked == 1)
			se->term[i].idf = idf((double)se->coll->ft->docs, (double)hits);
		else
			err = weigh(se, &se->term[i]);
	}
	return err;
}

/* --- judging a document --- */

static size_t
tokens_of(struct arena *a, const char *s, size_t len, struct token **out)
{
	struct token *v = NULL;
	size_t n = 0, cap = 0;
	struct doc_words w;

	doc_words_start(&w, s, len);
	while (doc_words_next(&w)) {
		v = rows_more(a, v, n, &cap, sizeof(*v));
		v[n++] = (struct token){ arena_strndup(a, w.word, w.len), w.len, w.from,
			w.to, false };
	}
	*out = v;
	return n;
}

static bool
word_is(const struct term *t, size_t i, const struct token *tok)
{
	const struct text *w = &t->word[i];

	if (t->prefix && i + 1 == t->n ? tok->len < w->len : tok->len != w->len)
		return false;
	return memcmp(tok->s, w->s, w->len) == 0;
}

/* Does the term stand at the beginning of these n words? */
static bool
term_at(const struct term *t, const struct token *v, size_t n)
{
	if (n < t->n)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (!word_is(t, i, &v[i]))
			return false;
	return true;
}

static size_t
count_term(const struct term *t, const struct token *v, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += term_at(t, v + i, n - i);
	return found;
}

static void
count_texts(struct search *se, const struct doc_view *view, size_t *found, size_t *words)
{
	struct doc_texts t;
	struct token *v;

	*words = 0;
	doc_texts_start(&t, se->scratch, se->coll->ft, view);
	while (doc_texts_next(&t)) {
		size_t n = tokens_of(se->scratch, t.s, t.len, &v);

		*words += n;
		for (size_t i = 0; i < se->nterms; i++)
			found[i] += count_term(&se->term[i], v, n);
	}
}

/* Its score, 0 if it does not match. */
static double
score_of(struct search *se, const struct doc_view *view)
{
	size_t found[WORDS_MAX + 1] = { 0 }, words;
	double score = 0, norm;

	if (se->where != NULL && !doc_query_match(se->where, view))
		return 0;
	count_texts(se, view, found, &words);
	norm = K1 * (1 - B + B * (double)words / se->average);
	for (size_t i = 0; i < se->nterms; i++) {
		double n = (double)found[i];

		if ((found[i] > 0) == se->term[i].no)
			return 0;
		if (!se->term[i].no)
			score += se->term[i].idf * n * (K1 + 1) / (n + norm);
	}
	return score;
}

static enum fz_err
score_hits(struct search *se, struct hit *v, size_t *n)
{
	enum fz_err err = FZ_OK;
	size_t kept = 0;

	for (size_t i = 0; err == FZ_OK && i < *n; i++) {
		struct doc_view view;
		struct sql *s;
		enum fz_err end;

		arena_reset(se->scratch);
		err = doc_view_read(se->rd, v[i].rid, &s, &view);
		v[i].score = err == FZ_OK ? score_of(se, &view) : 0;
		end = sql_close(s);
		err = err == FZ_OK || err == FZ_NOT_FOUND ? end : err;
		if (v[i].score > 0)
			v[kept++] = v[i];
		if (err == FZ_OK)
			err = doc_time_check(se->time);
	}
	*n = kept;
	return err;
}

static int
by_score(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;

	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	return (a->rid < b->rid) - (a->rid > b->rid);
}

/* --- the answer --- */

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
mark_terms(const struct search *se, struct token *v, size_t n)
{
	size_t first = n;

	for (size_t i = 0; i < se->nterms; i++) {
		const struct term *t = &se->term[i];

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
snippet(struct buf *b, const char *s, size_t len, const struct token *v, size_t n,
    size_t first)
{
	size_t i = first > BEFORE ? first - BEFORE : 0, end = i + SNIPPET_WORDS, at, start;

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

/* For each field with a match the first text that has one. */
static void
put_highlight(struct search *se, const struct doc_view *view, struct buf *out)
{
	const struct doc_ft *ft = se->coll->ft;
	bool shown[DOC_INDEX_FIELDS_MAX] = { false };
	struct doc_texts t;
	struct token *v;
	struct buf b;
	bool any = false;

	buf_init(&b, DOC_BYTES_MAX);
	(void)buf_puts(out, ",\"highlight\":{");
	doc_texts_start(&t, se->scratch, ft, view);
	while (doc_texts_next(&t)) {
		size_t n = tokens_of(se->scratch, t.s, t.len, &v);
		size_t first = mark_terms(se, v, n);

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

static enum fz_err
put_hit(struct search *se, const struct hit *h, bool highlight, struct buf *b)
{
	struct doc_view view;
	struct sql *s;
	enum fz_err err, end;

	arena_reset(se->scratch);
	err = doc_view_read(se->rd, h->rid, &s, &view);
	if (err == FZ_OK) {
		(void)buf_puts(b, b->len > 1 ? ",{\"doc\":" : "{\"doc\":");
		doc_view_print(b, &view, NULL);
		(void)buf_printf(b, ",\"score\":%.6g", h->score);
		if (highlight)
			put_highlight(se, &view, b);
		(void)buf_putc(b, '}');
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}

static enum fz_err
answer(struct search *se, const struct hit *v, size_t n, const struct doc_options *o,
    struct doc_text *out)
{
	size_t limit = o->limit < 0 ? LIMIT : (size_t)o->limit;
	size_t from = o->offset < (int64_t)n ? (size_t)o->offset : n;
	enum fz_err err = FZ_OK;
	struct buf b;

	if (limit > n - from)
		limit = n - from;
	buf_init(&b, DOC_FOUND_MAX);
	(void)buf_putc(&b, '[');
	for (size_t i = 0; err == FZ_OK && i < limit; i++) {
		err = put_hit(se, &v[from + i], o->highlight, &b);
		if (err == FZ_OK)
			err = doc_time_check(se->time);
	}
	if (err == FZ_OK && buf_putc(&b, ']') != FZ_OK)
		err = why_set(se->why, FZ_LIMIT_EXCEEDED,
		    "the result is larger than %lu bytes: use limit", DOC_FOUND_MAX);
	if (err == FZ_OK) {
		*out = (struct doc_text){ .n = limit };
		out->json = buf_take(&b, &out->len);
		arena_defer(se->arena, free, (char *)out->json);
	}
	buf_fini(&b);
	return err;
}

static enum fz_err
run(struct search *se, const struct doc_options *o, struct doc_text *out)
{
	struct hit *v = NULL;
	size_t n = 0;
	struct buf b;
	enum fz_err err = FZ_OK;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < se->nterms; i++)
		if (!se->term[i].no)
			match_term(se, &se->term[i], &b);
	if (b.len > 0)
		err = find_hits(se, b.data, &v, &n);
	buf_fini(&b);
	if (err == FZ_OK && n > 0)
		err = weigh_all(se, n);
	if (err == FZ_OK)
		err = score_hits(se, v, &n);
	if (err != FZ_OK)
		return err;
	if (n > 0)
		qsort(v, n, sizeof(*v), by_score);
	return answer(se, v, n, o, out);
}

static enum fz_err
prepare(struct search *se, const struct doc_at *at, struct doc_coll *coll,
    const struct doc_options *o, struct doc_query *where, const char *text)
{
	const char *need = "search needs searchIndex(collection, fields) first";
	enum fz_err err = doc_coll_read(se->rd, se->arena, at, coll, se->why);

	if (err == FZ_NOT_FOUND || (err == FZ_OK && coll->ft == NULL))
		return why_set(se->why, FZ_DS_BAD_QUERY, "%s", need);
	if (err == FZ_OK && o->limit > LIMIT_MAX)
		return why_set(se->why, FZ_DS_BAD_QUERY, "limit is at most %d",
		    LIMIT_MAX);
	if (err == FZ_OK && (o->where != NULL || at->session != NULL)) {
		err = doc_query_parse(se->arena, o->where, at->session, where, se->why);
		se->where = where;
	}
	if (err == FZ_OK)
		err = terms_parse(se, text);
	se->coll = coll;
	se->average = 1;
	if (err == FZ_OK && coll->ft->docs > 0 && coll->ft->words > 0)
		se->average = (double)coll->ft->words / (double)coll->ft->docs;
	return err;
}

enum fz_err
doc_search(struct reader *rd, struct arena *a, const struct doc_at *at, const char *text,
    const char *opts, struct doc_text *out, struct why *why)
{
	struct search se = { .rd = rd, .arena = a, .why = why };
	struct doc_options o;
	struct doc_query where;
	struct doc_time time;
	struct doc_coll coll;
	enum fz_err err;

	doc_time_start(&time, rd, at);
	se.time = &time;
	se.scratch = arena_new();
	err = doc_options_parse(a, opts, DOC_OPTIONS_SEARCH, &o, why);
	if (err == FZ_OK)
		err = prepare(&se, at, &coll, &o, &where, text);
	if (err == FZ_OK)
		err = run(&se, &o, out);
	arena_free(se.scratch);
	doc_time_end(&time);
	return err;
}
