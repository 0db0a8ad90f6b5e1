/*
 * All data of an app into another one that nobody uses yet: key-values, documents with
 * their indexes, blobs by reference; what users own stays theirs.  Variables are not
 * data: their values are secrets that somebody gave to one app.
 *
 * Thread contract: any thread that holds neither reader nor writer.
 */
#ifndef STORE_DATA_COPY_H
#define STORE_DATA_COPY_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct data_copy {
	int64_t	from;		/* apps */
	int64_t	to;
	/* copied */
	int64_t	kv;
	int64_t	docs;
	int64_t	objects;
};

/*
 * Many short transactions; raises *seq.  What is read is one moment's picture if it takes
 * less than LIMIT_READ_TX_MS, else it is right row by row.  Quotas are not asked.
 * FZ_DS_DUPLICATE when rows that changed meanwhile do not fit together; after a failure
 * the target holds a part.
 */
enum fz_err	 data_copy_run(struct store *, struct data_copy *, uint64_t *seq,
		    struct why *) MUST_CHECK;

#endif
