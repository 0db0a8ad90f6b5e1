/*
 * Documents: JSON objects in collections of an app (docs/contract.md 5.7 is the
 * specification of queries, changes, options and errors).
 *
 * A document is stored without id, _createdAt and _updatedAt; every answer has them.
 * Queries, changes and options come as parsed JSON and are compiled into a small tree
 * that knows no SQL; what an index (rows of dx, store/doc_index.c) cannot answer is
 * judged by the same matcher on the document.  Nothing of a query ever becomes SQL text.
 *
 * A reason for people (why) comes with FZ_DS_BAD_QUERY, FZ_DS_BAD_UPDATE, FZ_DS_DUPLICATE,
 * FZ_LIMIT_EXCEEDED, FZ_VALIDATION_FAILED, FZ_QUOTA_EXCEEDED.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_DOC_H
#define STORE_DOC_H

#include <jansson.h>
#include <stdbool.h>

#include "base/mem.h"
#include "store/quota.h"
#include "store/space.h"
#include "store/store.h"

#define DOC_COLLECTION_MAX 128
#define DOC_ID_MAX 512
#define DOC_BYTES_MAX (1024UL * 1024)
#define DOC_MANY_MAX 1000
#define DOC_INDEXES_MAX 16
#define DOC_TERMS_MAX 64
#define DOC_DEPTH_MAX 8
#define DOC_IN_MAX 200
#define DOC_ROWS_MAX 10000
#define DOC_FOUND_MAX (16UL * 1024 * 1024)

/* What every call is about. */
struct doc_at {
	struct space		 space;
	const char		*collection;
	const struct quota	*quota;		/* for writes */
	int64_t			 now;		/* ms, for writes */
};

/* JSON text of an array of documents, or of one. */
struct doc_text {
	const char	*json;
	size_t		 len;
	size_t		 n;
	const char	*cursor;	/* NULL unless a limit cut the result */
};

/* json: the object's text (UTF-8).  *id: doc's own id, else a new UUID. */
enum fz_err	 doc_insert(struct writer *, struct arena *, const struct doc_at *,
		    const char *json, size_t len, const char **id, struct why *) MUST_CHECK;
/* json: text of an array of objects; all or none.  *ids: JSON text of an array. */
enum fz_err	 doc_insert_many(struct writer *, struct arena *, const struct doc_at *,
		    const char *json, size_t len, const char **ids, struct why *) MUST_CHECK;
/* query NULL = all; opts NULL = none (limit offset order sort fields after). */
enum fz_err	 doc_find(struct reader *, struct arena *, const struct doc_at *,
		    const json_t *query, const json_t *opts, struct doc_text *, struct why *)
		    MUST_CHECK;
/* FZ_NOT_FOUND. */
enum fz_err	 doc_get(struct reader *, struct arena *, const struct doc_at *, const char *id,
		    const json_t *opts, struct doc_text *, struct why *) MUST_CHECK;
enum fz_err	 doc_count(struct reader *, struct arena *, const struct doc_at *,
		    const json_t *query, int64_t *n, struct why *) MUST_CHECK;
enum fz_err	 doc_update(struct writer *, struct arena *, const struct doc_at *,
		    const json_t *query, const json_t *changes, int64_t *n, struct why *)
		    MUST_CHECK;
enum fz_err	 doc_delete(struct writer *, struct arena *, const struct doc_at *,
		    const json_t *query, int64_t *n, struct why *) MUST_CHECK;
enum fz_err	 doc_delete_oldest(struct writer *, struct arena *, const struct doc_at *,
		    int64_t keep, int64_t *n, struct why *) MUST_CHECK;
enum fz_err	 doc_upsert(struct writer *, struct arena *, const struct doc_at *,
		    const json_t *query, const json_t *changes, const char **id,
		    bool *inserted, struct why *) MUST_CHECK;
/* Replace or create the document of this id, for the owner's tools and imports.
 * created/updated 0 = now. */
enum fz_err	 doc_put(struct writer *, struct arena *, const struct doc_at *, const char *id,
		    const char *json, size_t len, int64_t created, int64_t updated,
		    struct why *) MUST_CHECK;

/* fields: JSON string or array; opts {unique,name}.  Idempotent. */
enum fz_err	 doc_index(struct writer *, struct arena *, const struct doc_at *,
		    const json_t *fields, const json_t *opts, const char **name, struct why *)
		    MUST_CHECK;
/* FZ_NOT_FOUND. */
enum fz_err	 doc_drop_index(struct writer *, struct arena *, const struct doc_at *,
		    const char *name, struct why *) MUST_CHECK;
/* *json: [{"name","fields","unique"}], with {"name","fields","search":true} for full text. */
enum fz_err	 doc_indexes(struct reader *, struct arena *, const struct doc_at *,
		    const char **json) MUST_CHECK;
enum fz_err	 doc_search_index(struct writer *, struct arena *, const struct doc_at *,
		    const json_t *fields, struct why *) MUST_CHECK;
/* out: [{"doc","score","highlight"?}], best first. */
enum fz_err	 doc_search(struct reader *, struct arena *, const struct doc_at *,
		    const char *text, const json_t *opts, struct doc_text *, struct why *)
		    MUST_CHECK;
/* *json: {"indexes":[..],"scan":bool} */
enum fz_err	 doc_explain(struct reader *, struct arena *, const struct doc_at *,
		    const json_t *query, const json_t *opts, const char **json, struct why *)
		    MUST_CHECK;

struct doc_collection {
	const char	*name;
	int64_t		 user;
	int64_t		 count;
	int64_t		 bytes;
	const char	*indexes;	/* as doc_indexes */
};
/* Of all users with space.user -1. */
enum fz_err	 doc_collections(struct reader *, struct arena *, struct space,
		    struct doc_collection **v, size_t *n) MUST_CHECK;
/* For exports: the next documents of a collection after rid, oldest first. */
struct doc_row {
	int64_t		 rid;
	const char	*id;
	const char	*json;		/* as stored */
	size_t		 len;
	int64_t		 created;
	int64_t		 updated;
};
enum fz_err	 doc_walk(struct reader *, struct arena *, const struct doc_at *, int64_t rid,
		    int64_t limit, struct doc_row **v, size_t *n) MUST_CHECK;

#endif
