/*
 * Documents: JSON objects in collections of an app (docs/contract.md 5.7 is the
 * specification of queries, changes, options and errors).
 *
 * A document is stored without id, _createdAt and _updatedAt; every answer has them.
 * Documents, queries, changes and options come as JSON texts (UTF-8) and not as json_t:
 * a number a script wrote is kept and compared as it wrote it.  They are compiled into
 * small trees that know no SQL; what an index cannot answer is judged by the same matcher
 * on the document.  Nothing of a query ever becomes SQL text.
 *
 * A reason for people (why) comes with FZ_DS_BAD_QUERY, FZ_DS_BAD_UPDATE,
 * FZ_DS_DUPLICATE, FZ_LIMIT_EXCEEDED, FZ_VALIDATION_FAILED, FZ_QUOTA_EXCEEDED.
 * FZ_TIMEOUT when at->deadline passes.  A write that fails leaves nothing behind, also
 * inside a longer transaction.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_DOC_H
#define STORE_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/quota.h"
#include "store/space.h"
#include "store/store.h"

#define DOC_COLLECTION_MAX 128
#define DOC_COLLECTIONS_MAX 1000	/* of one space */
#define DOC_ID_MAX 512
#define DOC_BYTES_MAX (1024UL * 1024)
#define DOC_MANY_MAX 1000
#define DOC_INDEXES_MAX 16
#define DOC_INDEX_FIELDS_MAX 8
#define DOC_TERMS_MAX 64
#define DOC_DEPTH_MAX 8
#define DOC_IN_MAX 200
#define DOC_ROWS_MAX 10000
#define DOC_FOUND_MAX (16UL * 1024 * 1024)
#define DOC_CALL_MS 3000

/* What every call is about. */
struct doc_at {
	struct space		 space;
	const char		*collection;
	const struct quota	*quota;		/* for writes; NULL = no quota */
	int64_t			 now;		/* ms, for writes */
	int64_t			 deadline;	/* monotonic ms; 0 = DOC_CALL_MS */
	/*
	 * Only documents whose field "session" is this text exist for the call, and what
	 * it inserts gets it; NULL = all.
	 */
	const char		*session;
};

/* JSON text of an array of documents, or of one. */
struct doc_text {
	const char	*json;
	size_t		 len;
	size_t		 n;
	const char	*cursor;	/* NULL unless a limit cut the result */
};

/* json: the object's text.  *id: the document's own id, else a new UUID. */
enum fz_err	 doc_insert(struct writer *, struct arena *, const struct doc_at *,
		    const char *json, size_t len, const char **id, struct why *)
		    MUST_CHECK;
/* json: text of an array of objects; all or none.  *ids: JSON text of an array. */
enum fz_err	 doc_insert_many(struct writer *, struct arena *, const struct doc_at *,
		    const char *json, size_t len, const char **ids, struct why *)
		    MUST_CHECK;
/*
 * query, opts, changes: JSON texts ended by NUL.  query NULL = all; opts NULL = none,
 * else an object with limit offset order sort fields after.
 */
enum fz_err	 doc_find(struct reader *, struct arena *, const struct doc_at *,
		    const char *query, const char *opts, struct doc_text *, struct why *)
		    MUST_CHECK;
/* One object; FZ_NOT_FOUND. */
enum fz_err	 doc_find_one(struct reader *, struct arena *, const struct doc_at *,
		    const char *query, const char *opts, struct doc_text *, struct why *)
		    MUST_CHECK;
/* The same by id. */
enum fz_err	 doc_get(struct reader *, struct arena *, const struct doc_at *,
		    const char *id, const char *opts, struct doc_text *, struct why *)
		    MUST_CHECK;
enum fz_err	 doc_count(struct reader *, struct arena *, const struct doc_at *,
		    const char *query, int64_t *n, struct why *) MUST_CHECK;
enum fz_err	 doc_update(struct writer *, struct arena *, const struct doc_at *,
		    const char *query, const char *changes, int64_t *n, struct why *)
		    MUST_CHECK;
enum fz_err	 doc_delete(struct writer *, struct arena *, const struct doc_at *,
		    const char *query, int64_t *n, struct why *) MUST_CHECK;
enum fz_err	 doc_delete_oldest(struct writer *, struct arena *, const struct doc_at *,
		    int64_t keep, int64_t *n, struct why *) MUST_CHECK;
/* FZ_DS_BAD_QUERY when more than one matches. */
enum fz_err	 doc_upsert(struct writer *, struct arena *, const struct doc_at *,
		    const char *query, const char *changes, const char **id,
		    bool *inserted, struct why *) MUST_CHECK;
/* Replace or create the document of this id, for the owner's tools and imports; an id in
 * the text does not count.  created/updated 0 = now. */
enum fz_err	 doc_put(struct writer *, struct arena *, const struct doc_at *,
		    const char *id, const char *json, size_t len, int64_t created,
		    int64_t updated, struct why *) MUST_CHECK;
/* FZ_NOT_FOUND. */
enum fz_err	 doc_remove(struct writer *, struct arena *, const struct doc_at *,
		    const char *id, struct why *) MUST_CHECK;

/*
 * fields: JSON string or array of them; opts {unique,name}.  Idempotent; another index of
 * this name or fields is FZ_DS_BAD_QUERY.
 */
enum fz_err	 doc_index(struct writer *, struct arena *, const struct doc_at *,
		    const char *fields, const char *opts, const char **name, struct why *)
		    MUST_CHECK;
/* Is that index there already?  FZ_NOT_FOUND if it has to be made: then doc_index. */
enum fz_err	 doc_index_there(struct reader *, struct arena *, const struct doc_at *,
		    const char *fields, const char *opts, const char **name, struct why *)
		    MUST_CHECK;
/* FZ_NOT_FOUND.  "search" drops the full text. */
enum fz_err	 doc_drop_index(struct writer *, struct arena *, const struct doc_at *,
		    const char *name, struct why *) MUST_CHECK;
/* *json: [{"name","fields","unique"}], {"name","fields","search":true} for full text. */
enum fz_err	 doc_indexes(struct reader *, struct arena *, const struct doc_at *,
		    const char **json) MUST_CHECK;
enum fz_err	 doc_search_index(struct writer *, struct arena *, const struct doc_at *,
		    const char *fields, struct why *) MUST_CHECK;
enum fz_err	 doc_search_index_there(struct reader *, struct arena *,
		    const struct doc_at *, const char *fields, struct why *) MUST_CHECK;
/* opts {limit,offset,where,highlight}; [{"doc","score","highlight"?}], best first. */
enum fz_err	 doc_search(struct reader *, struct arena *, const struct doc_at *,
		    const char *text, const char *opts, struct doc_text *, struct why *)
		    MUST_CHECK;
/* *json: {"indexes":[..],"scan":bool} */
enum fz_err	 doc_explain(struct reader *, struct arena *, const struct doc_at *,
		    const char *query, const char *opts, const char **json, struct why *)
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
enum fz_err	 doc_walk(struct reader *, struct arena *, const struct doc_at *,
		    int64_t rid, int64_t limit, struct doc_row **v, size_t *n)
		    MUST_CHECK;
/* A user is gone: what its spaces hold is nobody's and goes with the next sweeps. */
enum fz_err	 doc_disown(struct writer *, int64_t user) MUST_CHECK;
/*
 * Remove collections of the apps in garbage_app and entries of dropped indexes, at most
 * about max rows; *removed 0 = nothing is left to do.
 */
enum fz_err	 doc_sweep(struct writer *, struct arena *, int64_t max, int64_t *removed)
		    MUST_CHECK;

#endif
