/*
 * FTS5 serves as what it is best at, a list of documents for each word that is cheap to
 * add to; all else is ours.  What goes into the table are words that store/doc_words.c
 * has cut and folded, each behind the number of its full text index ("12zhello"), so:
 *
 * - a word of one collection is never a word of another: no query can reach a foreign
 *   document, and no prefix query walks over everybody's words;
 * - the words of a document, which a contentless table wants back to remove them, follow
 *   from the document, and not from FTS5's own tables;
 * - ranking counts within the collection alone.  FTS5's bm25() counts over the table and
 *   would tell an app how common a word is in other apps' documents.
 *
 * Phrases, exclusions, ranking and highlights read the documents found (doc_search.c), so
 * the table keeps no positions.
 */
#include "store/doc_ft.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/rows.h"

void
doc_texts_start(struct doc_texts *t, struct arena *a, const struct doc_ft *ft,
    const struct doc_view *view)
{
	*t = (struct doc_texts){ .ft = ft, .view = view, .arena = a };
}

static bool
text_of(struct doc_texts *t, const struct doc_span *v)
{
	if (v->type != DOC_STRING)
		return false;
	t->s = doc_span_text(t->arena, v, &t->len);
	return true;
}

bool
doc_texts_next(struct doc_texts *t)
{
	for (;;) {
		struct doc_span v;

		while (t->inside && doc_child_next(&t->child))
			if (text_of(t, &t->child.value))
				return true;
		t->inside = false;
		if (t->next == t->ft->n)
			return false;
		t->field = t->next++;
		v = doc_view_field(t->view, &t->ft->path[t->field]);
		if (text_of(t, &v))
			return true;
		t->inside = v.type == DOC_ARRAY;
		if (t->inside)
			doc_child_start(&t->child, &v);
	}
}

struct word {
	const char	*s;
	size_t		 len;
};

static int
by_text(const void *x, const void *y)
{
	const struct word *a = x, *b = y;
	int c = memcmp(a->s, b->s, a->len < b->len ? a->len : b->len);

	return c != 0 ? c : (a->len > b->len) - (a->len < b->len);
}

void
doc_ft_mark(char out[DOC_FT_MARK], const struct doc_ft *ft)
{
	(void)snprintf(out, DOC_FT_MARK, "%" PRId64 "z", ft->id);
}

static const char *
joined(struct arena *a, const struct doc_ft *ft, struct word *v, size_t n)
{
	char mark[DOC_FT_MARK], *out, *w;
	size_t room = 1, mark_len;

	doc_ft_mark(mark, ft);
	mark_len = strlen(mark);
	qsort(v, n, sizeof(*v), by_text);
	for (size_t i = 0; i < n; i++)
		room += mark_len + v[i].len + 1;
	out = w = arena_alloc(a, room);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && by_text(&v[i - 1], &v[i]) == 0)
			continue;
		w = mempcpy(w, mark, mark_len);
		w = mempcpy(w, v[i].s, v[i].len);
		*w++ = ' ';
	}
	return out;
}

const char *
doc_ft_entry(struct arena *a, const struct doc_ft *ft, const struct doc_view *view,
    size_t *words)
{
	struct word *v = NULL;
	size_t n = 0, cap = 0;
	struct doc_texts t;
	struct doc_words w;

	doc_texts_start(&t, a, ft, view);
	while (n < DOC_FT_WORDS && doc_texts_next(&t)) {
		doc_words_start(&w, t.s, t.len);
		while (n < DOC_FT_WORDS && doc_words_next(&w)) {
			v = rows_more(a, v, n, &cap, sizeof(*v));
			v[n++] = (struct word){ arena_strndup(a, w.word, w.len), w.len };
		}
	}
	*words = n;
	return n > 0 ? joined(a, ft, v, n) : "";
}

enum fz_err
doc_ft_add(struct writer *w, int64_t rid, const char *entry)
{
	if (*entry == '\0')
		return FZ_OK;
	return sql_run(w, "INSERT INTO ft(rowid,body) VALUES(?1,?2)", "it", rid, entry);
}

enum fz_err
doc_ft_remove(struct writer *w, int64_t rid, const char *entry)
{
	if (*entry == '\0')
		return FZ_OK;
	return sql_run(w, "INSERT INTO ft(ft,rowid,body) VALUES('delete',?1,?2)", "it",
	    rid, entry);
}
