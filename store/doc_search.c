/*
 * Full text search in two steps.  The table of words (doc_ft.c) gives the documents that
 * hold all words, newest first, at most CANDIDATES of them.  Those are read, judged
 * (phrases, exclusions, `where`), and ranked by BM25 with what this collection alone
 * says about the words.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/doc_coll.h"
#include "store/doc_query.h"
#include "store/doc_terms.h"
#include "store/rows.h"

#define CANDIDATES 20000
#define LIMIT 20
#define LIMIT_MAX 1000
#define K1 1.2
#define B 0.75

struct search {
	struct reader	*rd;
	struct arena	*arena;
	struct arena	*scratch;	/* of one document */
	struct doc_time	*time;
	const struct doc_coll *coll;
	const struct doc_query *where;
	struct doc_terms terms;
	double		 average;	/* words of a document */
	struct why	*why;
};

struct hit {
	int64_t	rid;
	double	score;
};

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
weigh(struct search *se, struct doc_term *t)
{
	enum fz_err err;
	int64_t n = 0;
	struct buf b;

	buf_init(&b, 1 << 20);
	doc_terms_match(t, se->coll->ft, &b);
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

	for (size_t i = 0; i < se->terms.n; i++)
		asked += !se->terms.term[i].no;
	for (size_t i = 0; err == FZ_OK && i < se->terms.n; i++) {
		if (se->terms.term[i].no)
			continue;
		/* Alone, its documents are the hits. */
		if (asked == 1)
			se->terms.term[i].idf =
			    idf((double)se->coll->ft->docs, (double)hits);
		else
			err = weigh(se, &se->terms.term[i]);
	}
	return err;
}

/* --- judging a document --- */

static void
count_texts(struct search *se, const struct doc_view *view, size_t *found, size_t *words)
{
	struct doc_texts t;
	struct doc_token *v;

	*words = 0;
	doc_texts_start(&t, se->scratch, se->coll->ft, view);
	while (doc_texts_next(&t)) {
		size_t n = doc_terms_tokens(se->scratch, t.s, t.len, &v);

		*words += n;
		for (size_t i = 0; i < se->terms.n; i++)
			found[i] += doc_terms_count(&se->terms.term[i], v, n);
	}
}

/* Its score, 0 if it does not match. */
static double
score_of(struct search *se, const struct doc_view *view)
{
	size_t found[DOC_TERMS_WORDS + 1] = { 0 }, words;
	double score = 0, norm;

	if (se->where != NULL && !doc_query_match(se->where, view))
		return 0;
	count_texts(se, view, found, &words);
	norm = K1 * (1 - B + B * (double)words / se->average);
	for (size_t i = 0; i < se->terms.n; i++) {
		double n = (double)found[i];

		if ((found[i] > 0) == se->terms.term[i].no)
			return 0;
		if (!se->terms.term[i].no)
			score += se->terms.term[i].idf * n * (K1 + 1) / (n + norm);
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
		if (highlight) {
			(void)buf_puts(b, ",\"highlight\":");
			doc_terms_highlight(se->scratch, &se->terms, se->coll->ft, &view,
			    b);
		}
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
	for (size_t i = 0; i < se->terms.n; i++)
		if (!se->terms.term[i].no)
			doc_terms_match(&se->terms.term[i], se->coll->ft, &b);
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
		err = doc_terms_parse(se->arena, text, &se->terms, se->why);
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
