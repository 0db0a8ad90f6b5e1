/*
 * Queries compiled into a small tree, and the matcher that judges documents by it
 * (docs/contract.md 5.7).  Private to store/.
 *
 * Thread contract: a query belongs to one thread; everything lives in its arena.
 */
#ifndef STORE_DOC_QUERY_H
#define STORE_DOC_QUERY_H

#include "store/doc.h"
#include "store/doc_span.h"
#include "store/doc_view.h"

enum doc_op {
	DOC_EQ, DOC_NE, DOC_GT, DOC_GTE, DOC_LT, DOC_LTE, DOC_IN, DOC_NIN, DOC_CONTAINS,
	DOC_EXISTS, DOC_PREFIX,
};

enum doc_kind { DOC_TERM, DOC_ALL, DOC_ANY, DOC_NOT };

struct doc_cond {
	enum doc_kind	 kind;
	struct doc_cond	*next;		/* among its parent's */
	struct doc_cond	*first;		/* of ALL, ANY; the one of NOT */
	struct doc_cond	*last;
	/* of a TERM */
	enum doc_op	 op;
	unsigned	 path;		/* in the query's */
	struct doc_span	*value;		/* one, or nvalues of IN and NIN */
	size_t		 nvalues;
	const char	*text;		/* value as plain text, when it is a string */
	size_t		 len;
	bool		 flag;		/* of EXISTS */
};

struct doc_query {
	struct arena	*arena;
	struct doc_path	*path;
	unsigned	 npaths;
	struct doc_cond	*root;		/* ALL */
	unsigned	 terms;
	uint64_t	 hash;		/* of what was asked */
};

/* json NULL = everything.  FZ_DS_BAD_QUERY. */
enum fz_err	 doc_query_parse(struct arena *, const char *json, const char *session,
		    struct doc_query *, struct why *) MUST_CHECK;
bool		 doc_query_match(const struct doc_query *, const struct doc_view *);
/* Does it ask for nothing at all? */
bool		 doc_query_all(const struct doc_query *);

/* A JSON text that came as an argument: too long or malformed is err. */
enum fz_err	 doc_query_json(struct arena *, const char *json, const char *what,
		    enum fz_err, struct doc_node **, struct why *) MUST_CHECK;

struct doc_sort {
	struct doc_path	 path;
	bool		 down;
};
struct doc_options {
	int64_t		 limit;		/* -1 = none given */
	int64_t		 offset;
	bool		 up;		/* order: oldest first */
	struct doc_sort	*sort;
	unsigned	 nsort;
	struct doc_fields fields;
	const char	*after;		/* NULL = none */
	const char	*where;		/* of a search: a query, NULL = none */
	bool		 highlight;
};
#define DOC_SORT_MAX 8
#define DOC_FIELDS_MAX 64
enum { DOC_OPTIONS_FIND, DOC_OPTIONS_SEARCH };
enum fz_err	 doc_options_parse(struct arena *, const char *json, int which,
		    struct doc_options *, struct why *) MUST_CHECK;
/* "a" or ["a","b"]: fields of an index. */
enum fz_err	 doc_options_paths(struct arena *, const struct doc_node *, size_t max,
		    struct doc_path **, size_t *n, struct why *) MUST_CHECK;

#endif
