/*
 * Values inside the canonical text of a document, read where they stand: a query over a
 * hundred thousand documents builds no trees.  Private to store/.
 *
 * The text is trusted to be what doc_json_print wrote; whatever else it is, nothing
 * outside of it is read, and what cannot be understood is missing.
 *
 * Values compare as docs/contract.md 5.7 says: missing is null, true and false are 1 and
 * 0, arrays and objects deeply, a member that is null counting as absent.
 *
 * Thread contract: pure functions.
 */
#ifndef STORE_DOC_SPAN_H
#define STORE_DOC_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/doc_json.h"

struct doc_span {
	enum doc_type	 type;
	bool		 read;		/* num holds the number */
	const char	*p;		/* a string's body, else the whole value */
	size_t		 len;
	double		 num;
};

#define DOC_PATH_MAX 8
#define DOC_NAME_MAX 64

enum doc_special { DOC_PLAIN, DOC_ID, DOC_CREATED, DOC_UPDATED };

struct doc_path {
	const char	*text;		/* "a.b.0", ended by NUL */
	enum doc_special special;	/* what is not in the text */
	unsigned	 n;
	struct {
		const char	*s;
		size_t		 len;
		int64_t		 index;	/* what it means in an array, -1 = nothing */
	} name[DOC_PATH_MAX];
};

/* False for a field that breaks the grammar.  The path lives in the arena. */
bool		 doc_path_parse(struct arena *, const char *, size_t, struct doc_path *);

/* The document of a span: type DOC_NULL if the text is no JSON value. */
struct doc_span	 doc_span_of(const char *, size_t);
/* The value of a printed tree, in the arena. */
struct doc_span	 doc_span_node(struct arena *, const struct doc_node *);
struct doc_span	 doc_span_member(const struct doc_span *object, const char *name, size_t);
/* From names[from] on. */
struct doc_span	 doc_span_path(struct doc_span, const struct doc_path *, unsigned from);

/* The children one after the other; name NULL in an array. */
struct doc_child {
	const char	*p;
	const char	*end;
	const char	*name;
	size_t		 name_len;
	struct doc_span	 value;
};
void		 doc_child_start(struct doc_child *, const struct doc_span *);
bool		 doc_child_next(struct doc_child *);

/* Number, true or false. */
bool		 doc_span_numeric(const struct doc_span *);
double		 doc_span_double(struct doc_span *);
bool		 doc_span_equal(struct doc_span *, struct doc_span *);
/* Two strings as their bytes unescaped: <0, 0, >0. */
int		 doc_span_order(const struct doc_span *, const struct doc_span *);
/* A string's text; the span's own bytes if nothing in it is escaped. */
const char	*doc_span_text(struct arena *, const struct doc_span *, size_t *len);
/* Is this text a part of the string? */
bool		 doc_span_holds(const struct doc_span *, const char *, size_t);
bool		 doc_span_starts(const struct doc_span *, const char *, size_t);
/* Equal values have equal ones. */
uint64_t	 doc_span_hash(struct doc_span *);

#endif
