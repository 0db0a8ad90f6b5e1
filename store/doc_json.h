/*
 * JSON of documents, queries and changes as a tree that keeps numbers as they were
 * written, and its canonical text: no blanks, raw UTF-8, only '"', '\' and control
 * characters escaped, so that equal strings are equal bytes.  Private to store/.
 *
 * Thread contract: a tree belongs to one thread; everything lives in its arena.
 */
#ifndef STORE_DOC_JSON_H
#define STORE_DOC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

enum doc_type {			/* in the order of sorting */
	DOC_NULL,
	DOC_FALSE,
	DOC_TRUE,
	DOC_NUMBER,
	DOC_STRING,
	DOC_OBJECT,
	DOC_ARRAY,
};

/* Names and strings are canonical bodies: escaped, without the quotes. */
struct doc_node {
	enum doc_type	 type;
	bool		 gone;		/* taken out of its parent */
	uint32_t	 name_len;	/* of a member */
	const char	*name;
	const char	*text;		/* of a number or string */
	size_t		 len;
	struct doc_node	*first;		/* of an array or object */
	struct doc_node	*last;
	struct doc_node	*next;
	struct doc_node	*prev;
	size_t		 n;
	struct doc_table *table;	/* of many members */
};

/*
 * RFC 8259 in valid UTF-8; depth <= LIMIT_JSON_DEPTH, a member named twice is refused,
 * a lone surrogate becomes U+FFFD.  The tree borrows from the text.  FZ_INVALID_JSON with
 * *why saying where.
 */
enum fz_err	 doc_json_parse(struct arena *, const char *, size_t, struct doc_node **,
		    struct why *) MUST_CHECK;
/*
 * The elements of an array one after the other: *at is 0 at first, then where to go on.
 * FZ_NOT_FOUND at its end.  The text is checked as far as it is read.
 */
enum fz_err	 doc_json_each(struct arena *, const char *, size_t, size_t *at,
		    struct doc_node **, struct why *) MUST_CHECK;
/* Fails like buf_add; FZ_VALIDATION_FAILED past LIMIT_JSON_DEPTH. */
enum fz_err	 doc_json_print(struct buf *, const struct doc_node *) MUST_CHECK;
/* A string as a canonical body, with quotes or without; invalid UTF-8 becomes U+FFFD. */
enum fz_err	 doc_json_body(struct buf *, const char *, size_t);
enum fz_err	 doc_json_string(struct buf *, const char *, size_t);
/* One byte below 0x80 or a whole sequence of n bytes in a body: at most 6 bytes. */
size_t		 doc_json_escape(char *out, const char *, size_t n);
/* What a canonical body says, at most len bytes; returns how many. */
size_t		 doc_json_plain(char *out, const char *body, size_t len);
/* A text that reads back as v, which is finite. */
#define DOC_JSON_NUMBER 32
void		 doc_json_number(char out[DOC_JSON_NUMBER], double v);
/* Of the text of a JSON number. */
double		 doc_json_double(const char *, size_t);

struct doc_node	*doc_json_new(struct arena *, enum doc_type);
/* Borrows the text. */
struct doc_node	*doc_json_text(struct arena *, enum doc_type, const char *, size_t);
struct doc_node	*doc_json_copy(struct arena *, const struct doc_node *);
struct doc_node	*doc_json_get(struct doc_node *object, const char *name, size_t len);
/* Member of this name, new or instead of the former; the name is borrowed. */
void		 doc_json_set(struct arena *, struct doc_node *object, const char *name,
		    size_t len, struct doc_node *value);
/* The same for a name that is not there yet: it is in value. */
void		 doc_json_add(struct arena *, struct doc_node *object,
		    struct doc_node *value);
/* At the end of an array. */
void		 doc_json_append(struct doc_node *array, struct doc_node *value);
void		 doc_json_remove(struct doc_node *parent, struct doc_node *child);
/* Put value where old is in its parent. */
void		 doc_json_replace(struct doc_node *parent, struct doc_node *old,
		    struct doc_node *value);

#endif
