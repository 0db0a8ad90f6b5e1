/*
 * Collections: their row, their indexes, and the frame around every call.  Private to
 * store/.
 *
 * Thread contract: as the reader or writer given.
 */
#ifndef STORE_DOC_COLL_H
#define STORE_DOC_COLL_H

#include "store/doc.h"
#include "store/doc_ft.h"
#include "store/doc_key.h"
#include "store/usage.h"

struct doc_coll {
	int64_t		 id;
	int64_t		 count;
	int64_t		 bytes;
	int64_t		 last;		/* number of the newest document */
	struct doc_def	*def;
	size_t		 ndefs;
	struct doc_ft	*ft;		/* NULL = no full text */
};

/* FZ_NOT_FOUND; FZ_VALIDATION_FAILED for a name that is none. */
enum fz_err	 doc_coll_read(struct reader *, struct arena *, const struct doc_at *,
		    struct doc_coll *, struct why *) MUST_CHECK;
/* The same of a known row. */
enum fz_err	 doc_coll_indexes(struct reader *, struct arena *, struct doc_coll *)
		    MUST_CHECK;
/* *json as doc_indexes. */
enum fz_err	 doc_coll_describe(struct arena *, const struct doc_coll *,
		    const char **json) MUST_CHECK;

/* The time a call may take: its end, which every statement and every long loop obeys. */
struct doc_time {
	struct reader	*rd;
	int64_t		 until;		/* clock_mono_ms() */
	int64_t		 before;	/* the connection's own */
	unsigned	 steps;
};
void		 doc_time_start(struct doc_time *, struct reader *,
		    const struct doc_at *);
void		 doc_time_end(struct doc_time *);
/* In a loop: FZ_TIMEOUT when it is over. */
enum fz_err	 doc_time_check(struct doc_time *) MUST_CHECK;

/* One call that writes: what it changed is counted and written at its end. */
struct doc_write {
	struct writer	*w;
	struct reader	*rd;
	struct arena	*arena;		/* the caller's */
	struct arena	*scratch;	/* of one document */
	const struct doc_at *at;
	struct why	*why;
	struct doc_time	 time;
	struct doc_coll	 coll;
	bool		 there;		/* the collection's row exists */
	bool		 marked;	/* the savepoint is set */
	int64_t		 last;		/* of coll, as stored */
	struct usage_data had;		/* of the whole app, read when first needed */
	bool		 had_read;
	struct usage_data add;
	int64_t		 ft_docs;
	int64_t		 ft_words;
};
/*
 * Begin; doc_write_end follows in every case, and on failure takes back all of it.  A
 * collection that is absent is no error: there is false.
 */
enum fz_err	 doc_write_start(struct doc_write *, struct writer *, struct arena *,
		    const struct doc_at *, struct why *) MUST_CHECK;
enum fz_err	 doc_write_end(struct doc_write *, enum fz_err) MUST_CHECK;
/* Make the collection if it is not there. */
enum fz_err	 doc_write_make(struct doc_write *) MUST_CHECK;
/* May the app hold so many documents and bytes more?  FZ_QUOTA_EXCEEDED. */
enum fz_err	 doc_write_room(struct doc_write *, int64_t docs, int64_t bytes)
		    MUST_CHECK;

#endif
